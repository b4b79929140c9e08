"""The one door through which every chart reaches a page, and a file."""

from __future__ import annotations

import contextvars
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import plotly.graph_objects as go
import streamlit as st

from charts.presentation import enlarged
from comparison.attempts import attempt
from exports.markup import camera
from exports.printed import CannotRender, printed, to_html, to_images, why_no_pictures
from exports.tables import to_csv, to_parquet
from language import _, current_language, set_language
from storage.writing import file_name
from ui.shell.binding import reporting
from ui.shell.locale import speak
from ui.shell.presentation import is_presented
from ui.shell.store import document, whole_document
from ui.shell.terms import terms
from ui.shell.zoom import with_zoom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from charts.theme import Chart
    from exports.printed import Contract, Drawing, Form

    Made = TypeVar("Made")

DIALOG: Final = "dialog"  # which one stays open while the page runs
_FORMS: Final[tuple[Form, ...]] = ("png", "svg", "pdf")
_SIZES: Final = (300, 3_000)  # pixels of a picture's side


def figure(
    make: Callable[[], Chart],
    key: str,
    caption: Contract | None = None,
    pick: Callable[[int], object] | None = None,
) -> Chart | None:
    """Show a chart, with a button that offers it as a picture, as a page and as numbers.

    Args:
        make: draws it; where that fails, a sentence takes its place and the page goes on.
        key: names it, on the page and in the names of its files.
        caption: of its files: what is equal between the runs it shows and what is not. None takes
            the contract of the page's comparison.
        pick: called with the ``customdata`` of a point that the reader clicks; None where a click
            does nothing.

    Returns:
        The chart; None where there is only the sentence.
    """
    chart = sketch(make, key, zoom=key, pick=pick)
    if chart is not None:
        offer(lambda: chart, key, caption)
    return chart


def sketch(
    make: Callable[[], Chart],
    key: str,
    zoom: str | None = None,
    pick: Callable[[int], object] | None = None,
    **settings: object,
) -> Chart | None:
    """Show a chart without a button: of a training under way, or of earlier settings.

    Args:
        make: as for ``figure``.
        key: as for ``figure``.
        zoom: the key of the chart whose zoom it shares; None where no zoom is kept.
        pick: as for ``figure``.
        settings: of plotly, beyond those of every chart.

    Returns:
        As ``figure``.
    """
    chart = attempt(make, key)
    if isinstance(chart, str):
        st.error(chart)
        return None
    shown = chart.figure if zoom is None else with_zoom(chart.figure, zoom)
    form: dict[str, Any] = {
        "width": "stretch",
        "height": "stretch" if is_presented() else "content",
        "key": f"chart-{key}",
        "alt": chart.alt,
        # No camera: its picture would have the colours of the screen and no caption.
        "config": camera(key) | {"modeBarButtonsToRemove": ["toImage"], **settings},
    }
    drawn = enlarged(shown) if is_presented() else shown
    if pick is None:
        st.plotly_chart(drawn, **form)
    else:
        reporting(
            st.plotly_chart,
            drawn,
            event="select",
            report=partial(_picked, pick),
            selection_mode="points",
            **form,
        )
    return chart


def _picked(pick: Callable[[int], object], chosen: Mapping[str, Any]) -> None:
    """Pass on the point that was clicked; a click beside all points picks nothing."""
    points = chosen["selection"]["points"]
    if points and points[0].get("customdata") is not None:
        value = points[0]["customdata"]
        pick(int(value[0] if isinstance(value, list) else value))


def offer(make: Callable[[], Chart], key: str, caption: Contract | None = None) -> None:
    """Show the button that offers a chart as a picture, as a page and as numbers.

    Args:
        make: draws the chart as its files have it.
        key: as for ``figure``.
        caption: as for ``figure``.
    """
    if st.button(
        _("Export chart"),
        icon=":material/download:",
        type="tertiary",
        key=f"export-{key}",
        on_click=close_dialog,
    ):
        if caption is None:
            caption = terms(document().experiment)
        chart = attempt(make, key)
        if isinstance(chart, str):
            st.error(chart)
        else:
            st.dialog(_("Export chart"), width="large")(_export)(chart, key, caption)


def close_dialog() -> None:
    """Close the dialog that stays open while the page runs: only one may be open."""
    st.session_state.pop(DIALOG, None)


def later(make: Callable[[], Made]) -> Callable[[], Made]:
    """Return a function that makes a download at the click on it, in the language of this run.

    Streamlit calls it in a thread of its own: all that it needs must be in its closure.
    """
    language = current_language()

    def made() -> Made:
        set_language(language)
        return make()

    return lambda: contextvars.Context().run(made)


def _export(chart: Chart, key: str, caption: Contract) -> None:
    """Fill the dialog; it runs again, alone, at each change in it."""
    speak()
    form, width, height, scale = _picture_controls(chart, key, caption)
    drawing = printed(chart, caption, width, height)
    picture = "svg" if form == "svg" else "png"
    settings = camera(key, picture, width=width, height=height, scale=scale)
    st.plotly_chart(
        go.Figure(drawing),  # Streamlit takes a plain one for none where it has no lines
        width="content",
        theme=None,
        key=f"export-preview-{key}",
        alt=chart.alt,
        config=settings | {"displayModeBar": form != "pdf"},
    )
    if form != "pdf":
        text = _("The camera above the picture saves what you see here, as {form}.")
        zoom = _(
            "Zoom in here, and the camera saves that part. A zoom on the page does not carry over."
        )
        st.caption(f":material/photo_camera: {text.format(form=form.upper())} {zoom}")
    _server_picture(drawing, form, scale, key)
    _files(chart, key, caption)


def _picture_controls(chart: Chart, key: str, caption: Contract) -> tuple[Form, int, int, int]:
    """Choose a picture's form, its width and height in pixels, and how often a PNG has each."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        form = st.segmented_control(
            _("Picture"),
            _FORMS,
            default=_FORMS[0],
            format_func=str.upper,
            key=f"export-form-{key}",
            required=True,
        )
        usual = printed(chart, caption)["layout"]["width"]
        width = _pixels(_("Width in pixels"), usual, f"export-width-{key}")
        usual = printed(chart, caption, width)["layout"]["height"]
        height = _pixels(_("Height in pixels"), usual, f"export-height-{key}")
        scale = 1
        if form == "png":
            scale = st.segmented_control(
                _("Resolution"),
                (1, 2, 3),
                default=2,
                format_func=lambda times: f"{times} ×",
                key=f"export-scale-{key}",
                required=True,
            )
    return form, width, height, scale


def _files(chart: Chart, key: str, caption: Contract) -> None:
    """Offer the chart as an interactive page, and the numbers behind it."""
    source = whole_document().for_files().model_dump_json(indent=2)
    files = (
        (_("Interactive page (HTML)"), "html", lambda: to_html(chart, caption, key, source)),
        (_("Numbers (CSV)"), "csv", lambda: to_csv(chart.numbers)),
        (_("Numbers (Parquet)"), "parquet", lambda: to_parquet(chart.numbers)),
    )
    offer_files(files, key)


def offer_files(files: Iterable[tuple[str, str, Callable[[], bytes]]], name: str) -> None:
    """Offer files side by side, each of which is made at the click on it.

    Args:
        files: what each is called on the page, the ending of its name, and what makes it.
        name: of all of them, before the ending.
    """
    with st.container(horizontal=True):
        for title, ending, make in files:
            st.download_button(
                title,
                later(make),
                file_name=f"{file_name(name)}.{ending}",
                mime="application/octet-stream",
                on_click="ignore",
                key=f"export-{ending}-{name}",
            )


def _pixels(title: str, usual: int, key: str) -> int:
    low, high = min(_SIZES[0], usual), max(_SIZES[1], usual)  # a chart has the size it needs
    return int(st.number_input(title, low, high, usual, step=50, key=key, width=160))


def _server_picture(drawing: Drawing, form: Form, scale: int, key: str) -> None:
    """Offer the picture as the server's own browser draws it."""
    missing = why_no_pictures()
    if missing:
        text = _("PDF, and pictures drawn by the server: {reason}").format(reason=missing)
        st.caption(text)
        return
    if not st.button(_("Draw {form}").format(form=form.upper()), key=f"export-draw-{key}"):
        return
    try:
        with st.spinner(_("Drawing …")):
            (picture,) = to_images([drawing], form, scale)
    except CannotRender as reason:
        st.error(str(reason))
        return
    st.download_button(
        _("Save {form}").format(form=form.upper()),
        picture,
        file_name=f"{file_name(key)}.{form}",
        mime="application/octet-stream",
        on_click="ignore",
        key=f"export-picture-{key}",
    )
