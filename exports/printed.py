"""Charts as files: for paper and slides, with explicit colours and the contract as caption."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal

import plotly.graph_objects as go
import plotly.io as pio

from charts.lines import plain, text_columns
from charts.theme import COLOURS, PAPER, PAPER_TEXT
from exports.markup import FONTS, drawn, inline_script, page, shared_script
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart

    Contract = tuple[Sequence[str], Sequence[str]]

Form = Literal["png", "svg", "pdf"]

WIDTH: Final = 900
_HEIGHT: Final = 450  # of a chart that names none

_AXIS: Final = 72  # pixels that ticks and title of a horizontal axis take
_TITLE_LINE: Final = 23  # pixels of each further line of such a title
_TITLE_LETTER: Final = 9.2  # pixels of a Latin letter in the title of an axis, in a wide font
_DEEP: Final = ("surface", "scatter3d")  # these have no axis below them
_CAPTION_SIZE: Final = 12
_CAPTION_LINE: Final = 16  # pixels from one line to the next
_CHARACTER: Final = 6.6  # pixels of a Latin one in the caption, in a wide font; Hangul takes two
_RENDER_SECONDS: Final = 60.0  # one call in a thousand never ends, and a second one does
_TRIES: Final = 2
_renderer: Final = threading.Lock()  # one Chrome at a time
_log: Final = logging.getLogger(__name__)


class CannotRender(RuntimeError):  # noqa: N818 - says what happened
    """A picture could not be drawn; the message says what to do, in the reader's language."""


@cache
def _template() -> go.layout.Template:
    """Return plotly's white theme with the house's colours; never the process's default."""
    template = go.layout.Template(pio.templates["plotly_white"])
    template.layout.colorway = COLOURS
    return template


def printed(chart: Chart, contract: Contract, width: int = 0, height: int = 0) -> go.Figure:
    """Return a chart as it is on screen, in the colours of paper, with caption and contract below.

    Args:
        chart: what is on screen; it stays as it is.
        contract: what is equal between the runs and what is not, in words.
        width: pixels; 0 is the chart's own, where it names one.
        height: pixels, caption included; 0 is the chart's own height and that of the caption.
    """
    figure = go.Figure(chart.figure)
    figure.layout.sliders = figure.layout.updatemenus = ()  # paper does not move
    width = width or figure.layout.width or WIDTH
    equal, unequal = contract
    remarks = [sentence.rstrip(".") for sentence in chart.remarks]  # there are dots between them
    lines = caption_lines(([*remarks, *equal], unequal), width)
    caption = _CAPTION_LINE * len(lines) + 10 if lines else 0
    height = height or (figure.layout.height or _HEIGHT) + caption
    is_flat = not any(trace.type in _DEEP for trace in figure.data)
    further = max((_lines(axis.title.text) - 1 for axis in figure.select_xaxes()), default=0)
    axes = _AXIS + _TITLE_LINE * further if is_flat else 0
    below = max(axes, figure.layout.margin.b or 0) + caption
    inside = height - below - (figure.layout.margin.t or 0)
    for axis in figure.select_yaxes():
        low, high = axis.domain or (0, 1)
        axis.title.text = _broken(axis.title.text, (high - low) * inside)
    figure.update_layout(
        template=_template(),
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        font={"family": FONTS, "color": PAPER_TEXT},
        width=width,
        height=height,
        margin={"b": below},
        # Not an annotation: those are placed by the axes, and three dimensions have none.
        title={
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
    )
    return figure


def _lines(title: str | None) -> int:
    return (title or "").count("<br>") + 1


def _broken(title: str | None, pixels: float) -> str | None:
    """Return the title of an upright axis in lines that are no longer than the axis."""
    if title is None or _TITLE_LETTER * text_columns(title) <= pixels or "<br>" in title:
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
    """Return the contract in lines that fit so many pixels, what is not equal in bold."""
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
        chart: what is shown.
        contract: becomes its caption.
        key: names it, in the file name that its camera button proposes too.
        source: JSON of the comparison that it shows, which the page carries along.
        shared: whether plotly.js lies beside it as a file, instead of in it.
    """
    script = shared_script() if shared else inline_script()
    figure = printed(chart, contract)
    moving = chart.figure.layout
    figure.layout.sliders, figure.layout.updatemenus = moving.sliders, moving.updatemenus
    body = drawn(figure, key, chart.alt) + experiment_text(source)
    return page(chart.alt, body, script)


def experiment_text(source: str) -> str:
    """Return markup that keeps the JSON of a comparison out of sight until it is asked for."""
    if not source:
        return ""
    title = _("The experiment, as a file that you can open in Descent Lab")
    return f"\n<details><summary>{escape(title)}</summary><pre>{escape(source)}</pre></details>"


def why_no_pictures() -> str | None:
    """Return what must be installed before pictures can be drawn here; None where they can."""
    if find_spec("kaleido") is None:
        return _("Install Kaleido: pip install kaleido")
    return (
        None
        if _browser()
        else _("Install Chrome or Chromium on the computer that runs the dashboard.")
    )


def _browser() -> str | None:
    """Return where a Chrome is; looked for each time, for it may be installed meanwhile."""
    from choreographer.browsers.chromium import Chromium  # noqa: PLC0415 - is optional

    path: str | None = Chromium.find_browser(skip_local=False)
    return path


def to_images(figures: Sequence[go.Figure], form: Form, scale: float = 1.0) -> list[bytes]:
    """Draw figures in a Chrome that is started for them and ended after them.

    Args:
        figures: as ``printed`` returns them, each with width and height.
        form: of the pictures.
        scale: pixels of a PNG per pixel of the figure.

    Raises:
        CannotRender: Kaleido or a Chrome is missing, or drawing failed or took too long.
    """
    missing = why_no_pictures()
    if missing:
        raise CannotRender(missing)
    seconds = _RENDER_SECONDS + len(figures)
    with _renderer, ThreadPoolExecutor(1) as thread:  # the caller may have a loop of its own
        for _try in range(_TRIES):
            try:
                return thread.submit(asyncio.run, _drawn(figures, form, scale, seconds)).result()
            except TimeoutError:
                continue
            except Exception as error:
                raise CannotRender(_("The picture could not be drawn. Try again.")) from error
    raise CannotRender(_("The picture took too long to draw. Try again."))


async def _drawn(
    figures: Sequence[go.Figure], form: Form, scale: float, seconds: float
) -> list[bytes]:
    from kaleido import Kaleido  # noqa: PLC0415 - is optional

    # Its pipe to the browser complains of half a message and goes on; what matters is raised.
    logging.getLogger("choreographer").setLevel(logging.CRITICAL)
    async with asyncio.timeout(seconds), Kaleido(timeout=seconds, mathjax=False) as kaleido:
        return [await kaleido.calc_fig(figure, _options(figure, form, scale)) for figure in figures]


def _options(figure: go.Figure, form: Form, scale: float) -> dict[str, Any]:
    width, height = figure.layout.width, figure.layout.height
    return {"format": form, "width": width, "height": height, "scale": scale}
