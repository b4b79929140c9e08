"""Charts as files, for paper and slides: with explicit colours, and the contract as caption."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import plotly.graph_objects as go
import plotly.io as pio

from charts.lines import plain, text_columns
from charts.theme import COLOURS, PAPER, PAPER_TEXT
from exports.markup import FONTS, drawn, inline_script, page, shared_script
from language import _

if TYPE_CHECKING:
    from charts.theme import Chart

Contract: TypeAlias = tuple[Sequence[str], Sequence[str]]  # what is equal, and what is not
Form = Literal["png", "svg", "pdf"]
Drawing = dict[str, Any]  # a figure as plotly.js takes it, of a fixed size

WIDTH: Final = 900
_HEIGHT: Final = 450  # of a chart that has none of its own

_MOVING: Final = ("sliders", "updatemenus")
_AXIS: Final = 72  # pixels for the ticks and the title of a horizontal axis
_TITLE_LINE: Final = 23  # pixels for each further line of such a title
_TITLE_LETTER: Final = 9.2  # pixels of a Latin letter in an axis title, in a wide font
_DEEP: Final = ("surface", "scatter3d")  # these have no axis below them
_CAPTION_SIZE: Final = 12
_CAPTION_LINE: Final = 16  # pixels from one line to the next
_CHARACTER: Final = 6.6  # pixels of a Latin one in the caption, in a wide font; Hangul counts twice
_RENDER_SECONDS: Final = 60.0  # one call in a thousand never ends; a second try does
_TRIES: Final = 2
_renderer: Final = threading.Lock()  # one Chrome at a time
_log: Final = logging.getLogger(__name__)


class CannotRender(RuntimeError):  # noqa: N818 - says what happened
    """A picture could not be drawn; the message says what to do, in the reader's language."""


@cache
def _template() -> dict[str, Any]:
    """Return plotly's white theme with our colours, never the default of the process."""
    template = go.layout.Template(pio.templates["plotly_white"])
    template.layout.colorway = COLOURS
    theme: dict[str, Any] = template.to_plotly_json()
    return theme


def printed(chart: Chart, contract: Contract, width: int = 0, height: int = 0) -> Drawing:
    """Return a chart in colours for paper, with its remarks and the contract below.

    It is plain: what ``go.Figure`` checks has been checked, and to do so again takes ten times as
    long as all that is done here.

    Args:
        chart: the chart on screen; it is not changed.
        contract: what is equal between the runs and what is not, in words.
        width: pixels; 0 is the chart's own width, if it has one.
        height: pixels, caption included; 0 is the chart's own height plus that of the caption.
    """
    drawing: Drawing = chart.figure.to_dict()
    layout = drawing["layout"]
    for moving in _MOVING:  # paper does not move
        layout.pop(moving, None)
    margin = layout.get("margin", {})
    width = width or layout.get("width", WIDTH)
    equal, unequal = contract
    remarks = [sentence.rstrip(".") for sentence in chart.remarks]  # dots separate them
    lines = caption_lines(([*remarks, *equal], unequal), width)
    caption = _CAPTION_LINE * len(lines) + 10 if lines else 0
    height = height or layout.get("height", _HEIGHT) + caption
    is_flat = not any(trace["type"] in _DEEP for trace in drawing["data"])
    titles = [axis.get("title", {}).get("text", "") for axis in _axes(layout, "xaxis")]
    further = max((title.count("<br>") for title in titles), default=0)
    axes = _AXIS + _TITLE_LINE * further if is_flat else 0
    below = max(axes, margin.get("b", 0)) + caption
    inside = height - below - margin.get("t", 0)
    for axis in _axes(layout, "yaxis"):
        low, high = axis.get("domain", (0, 1))
        title = axis.get("title", {})
        if "text" in title:
            title["text"] = _broken(title["text"], (high - low) * inside)
    drawing["layout"] = layout | {
        "template": _template(),
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "font": layout.get("font", {}) | {"family": FONTS, "color": PAPER_TEXT},
        "width": width,
        "height": height,
        "margin": margin | {"b": below},
        # Not an annotation: these are positioned by axes, which charts in three dimensions lack.
        "title": {
            "text": "<br>".join(lines),
            "font": {"size": _CAPTION_SIZE, "color": PAPER_TEXT},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": caption / height,
            "yref": "container",
            "yanchor": "top",
            "automargin": False,
            "pad": {"l": 10, "t": 0, "b": 0},
        },
    }
    return drawing


def _axes(layout: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [axis for name, axis in layout.items() if name.startswith(kind)]


def _broken(title: str, pixels: float) -> str:
    """Return the title of a vertical axis, broken into lines that fit along it."""
    if _TITLE_LETTER * text_columns(title) <= pixels or "<br>" in title:
        return title
    lines = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _TITLE_LETTER * text_columns(longer) > pixels:
            lines.append(word)
        else:
            lines[-1] = longer
    return "<br>".join(lines)


def caption_lines(contract: Contract, width: int) -> list[str]:
    """Return the contract in lines of this many pixels, with what is not equal in bold."""
    equal, unequal = contract
    marked = [(sentence, False) for sentence in equal] + [(sentence, True) for sentence in unequal]
    words: list[tuple[str, bool]] = []
    for position, (sentence, bold) in enumerate(marked):
        words += [("·", False)] if position else []
        words += [(word, bold) for word in sentence.split()]
    lines, used = [""], 0.0
    for word, bold in words:
        space = _CHARACTER * (1 + text_columns(word))
        if lines[-1] and used + space > width - 30:
            lines.append("")
            used = 0.0
        text = f"<b>{plain(word)}</b>" if bold else plain(word)
        lines[-1] += f" {text}" if lines[-1] else text
        used += space
    return lines if words else []


def to_html(
    chart: Chart, contract: Contract, key: str, source: str = "", *, shared: bool = False
) -> bytes:
    """Return an interactive page with one chart.

    Args:
        chart: the chart.
        contract: its caption.
        key: its id, also used in the file name that its camera button suggests.
        source: JSON of the comparison, which is included in the page.
        shared: whether plotly.js is a file beside the page instead of inside it.
    """
    script = shared_script() if shared else inline_script()
    drawing = printed(chart, contract)
    on_screen = chart.figure.layout.to_plotly_json()
    drawing["layout"] |= {name: on_screen[name] for name in _MOVING if name in on_screen}
    body = drawn(drawing, key, chart.alt) + experiment_text(source)
    return page(chart.alt, body, script)


def experiment_text(source: str) -> str:
    """Return markup that hides the JSON of a comparison until the reader opens it."""
    if not source:
        return ""
    return folded_text(_("The experiment, as a file that you can open in Descent Lab"), source)


def folded_text(title: str, text: str) -> str:
    """Return markup that hides a text until the reader opens it by its title."""
    return f"\n<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"


def why_no_pictures() -> str | None:
    """Return what must be installed before pictures can be drawn here; None if they can."""
    if find_spec("kaleido") is None:
        return _("Install Kaleido: pip install kaleido")
    return (
        None
        if _browser()
        else _("Install Chrome or Chromium on the computer that runs the dashboard.")
    )


def _browser() -> str | None:
    """Return where a Chrome is; looked up each time, as it may be installed meanwhile."""
    from choreographer.browsers.chromium import Chromium  # noqa: PLC0415 - is optional

    path: str | None = Chromium.find_browser(skip_local=False)
    return path


def to_images(drawings: Sequence[Drawing], form: Form, scale: float = 1.0) -> list[bytes]:
    """Draw charts in a Chrome that is started for them and ended afterwards.

    Args:
        drawings: results of ``printed``.
        form: format of the pictures.
        scale: pixels of a PNG per pixel of the figure.

    Raises:
        CannotRender: Kaleido or a Chrome is missing, or drawing failed or took too long.
    """
    missing = why_no_pictures()
    if missing:
        raise CannotRender(missing)
    seconds = _RENDER_SECONDS + len(drawings)
    with _renderer, ThreadPoolExecutor(1) as thread:  # the caller may have its own event loop
        for _try in range(_TRIES):
            try:
                return thread.submit(asyncio.run, _drawn(drawings, form, scale, seconds)).result()
            except TimeoutError:
                continue
            except Exception as error:
                raise CannotRender(_("The picture could not be drawn. Try again.")) from error
    raise CannotRender(_("The picture took too long to draw. Try again."))


async def _drawn(
    drawings: Sequence[Drawing], form: Form, scale: float, seconds: float
) -> list[bytes]:
    from kaleido import Kaleido  # noqa: PLC0415 - is optional

    # Its pipe to the browser warns of partial messages and goes on; real errors are raised.
    logging.getLogger("choreographer").setLevel(logging.CRITICAL)
    async with asyncio.timeout(seconds), Kaleido(timeout=seconds, mathjax=False) as kaleido:
        return [await kaleido.calc_fig(one, _options(one, form, scale)) for one in drawings]


def _options(drawing: Drawing, form: Form, scale: float) -> dict[str, Any]:
    size = {name: drawing["layout"][name] for name in ("width", "height")}
    return {"format": form, "scale": scale} | size
