"""Epochs: epochs, batches and iterations, counted, seen and at work."""

import streamlit as st

from language import _
from ui.epochs.sidebar import epochs_sidebar
from ui.epochs.tabs import TABS
from ui.shell.binding import draw_mark
from ui.shell.locale import speak
from ui.shell.navigation import fragment, in_sidebar, work_on
from ui.shell.notices import show_notices
from ui.shell.share import address, share
from ui.shell.undo import undo_buttons
from ui.shell.zoom import keep_zooms


@fragment(in_sidebar)
def epochs() -> None:
    """Show the tabs; only the open one is computed."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title(_("Epochs, batches, iterations"), anchor=False, width="stretch")
        undo_buttons()
        share()
    show_notices()
    TABS.show()
    keep_zooms()
    address()
    draw_mark("page")


speak()
work_on("epochs")
with st.sidebar:
    epochs_sidebar()
epochs()
