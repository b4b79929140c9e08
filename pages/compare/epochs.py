"""Epochs: epochs, batches and iterations, counted, seen and at work."""

import streamlit as st

from language import _
from ui.epochs.tabs import FILL, open_tabs
from ui.locale import fragment, speak
from ui.results import show_notices
from ui.session import follow, work_on
from ui.share import address, share
from ui.sidebar import sidebar


@fragment
def epochs() -> None:
    """Show the tabs; only the open one is computed."""
    follow()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title(_("Epochs, batches, iterations"), anchor=False, width="stretch")
        share()
    show_notices()
    for name, tab in open_tabs().items():
        if tab.open:
            with tab:
                FILL[name]()
    address()


speak()
work_on("epochs")
with st.sidebar:
    sidebar()
epochs()
