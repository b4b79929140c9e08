"""Backpropagation: where the gradient comes from, one node at a time."""

import streamlit as st

from language import _
from ui.backpropagation import words
from ui.backpropagation.picture import picture
from ui.backpropagation.settings import settings
from ui.backpropagation.source import source
from ui.backpropagation.tabs import TABS
from ui.shell.binding import draw_mark
from ui.shell.heading import heading
from ui.shell.locale import speak
from ui.shell.navigation import fragment, in_sidebar, work_on
from ui.shell.notices import show_notices
from ui.shell.share import share
from ui.shell.undo import undo_buttons
from ui.shell.zoom import keep_zooms


@fragment(in_sidebar)
def backpropagation() -> None:
    """Show the graph and the tabs; only the open one is computed."""
    with st.container():  # one block, so that what comes and goes in it moves nothing below
        with heading(_("Backpropagation")):
            undo_buttons()
            share()
        show_notices()
        st.markdown(_(words.STORIES[settings().example]))
        if settings().example in words.SLIPS:
            st.caption(_(words.SLIPS[settings().example]))
    picture()
    TABS.show()
    keep_zooms()
    draw_mark("page")


speak()
work_on("backpropagation")
with st.sidebar:
    source()
backpropagation()
