"""Epochs: epochs, batches and iterations, counted, seen and at work."""

import streamlit as st

from language import _
from ui.epochs.sidebar import epochs_sidebar
from ui.epochs.tabs import TABS
from ui.shell.binding import draw_mark
from ui.shell.heading import heading
from ui.shell.locale import speak
from ui.shell.navigation import fragment, in_sidebar, work_on
from ui.shell.notices import show_notices
from ui.shell.presentation import is_presented, present_button, presentation
from ui.shell.share import address, share
from ui.shell.undo import undo_buttons
from ui.shell.zoom import keep_zooms


@fragment(in_sidebar)
def epochs() -> None:
    """Show the tabs; only the open one is computed."""
    if is_presented():
        with presentation(title):
            TABS.fill()
            finish()
        return
    with heading(_("Epochs, batches, iterations")):
        undo_buttons()
        present_button()
        share()
    show_notices()
    TABS.show()
    finish()


def title() -> None:
    """Show what the page is about."""
    st.title(_("Epochs, batches, iterations"), anchor=False, width="stretch")


def finish() -> None:
    """Keep zooms and the address, after all that is shown."""
    keep_zooms()
    address()
    draw_mark("page")


speak()
work_on("epochs")
with st.sidebar:
    epochs_sidebar()
epochs()
