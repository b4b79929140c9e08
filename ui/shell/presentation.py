"""Presentation: one chart and the slider that matters, large enough for the last row of a room."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.edits import change_view
from language import _
from ui.shell.store import document, edit, page_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streamlit.delta_generator import DeltaGenerator

_PAGES: Final = ("training", "surfaces", "epochs", "sweep")
_KEY: Final = "presentation"  # of the container that is presented


def is_presented() -> bool:
    """Tell whether the page is shown as a presentation; a link can say so."""
    return page_name() in _PAGES and document().view.presentation


@contextmanager
def presentation(head: Callable[[], None]) -> Iterator[None]:
    """Present what is drawn inside, below a line with the way out.

    Args:
        head: fills the rest of that line.
    """
    st.html(Path(__file__).parent / "presentation.css")  # hides all around it
    with st.container(key=_KEY, gap="small"):
        left, right = st.columns([5, 1], vertical_alignment="center")
        with left:
            head()
        with right:
            _leave_button()
        yield


def present_button() -> None:
    """Offer to begin the presentation."""
    st.button(
        _("Present"),
        key="present",
        icon=":material/slideshow:",
        help=_("Large type for a projector: the chart, and the slider of the selected run."),
        on_click=lambda: edit(change_view, presentation=True),
    )


def aside() -> DeltaGenerator:
    """Return a container for words above a chart; a presentation shows them below it."""
    return st.container(key="aside")


def _leave_button() -> None:
    """Offer to end the presentation."""
    st.button(
        _("Exit"),
        key="leave",
        icon=":material/close:",
        help=_("End the presentation (Esc)."),
        width="stretch",
        on_click=lambda: edit(change_view, presentation=False),
    )
