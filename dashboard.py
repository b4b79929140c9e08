"""Descent Lab: the router. Page config, style, navigation and language; nothing else."""

from pathlib import Path

import streamlit as st

from language import _
from ui.shell.locale import language_switch, mark_document, speak

st.set_page_config(page_title="Descent Lab", page_icon="📉", layout="wide")
st.html(Path(__file__).parent / "ui/shell/style.css")
speak()
with st.sidebar:
    language_switch()
    mark_document()

# The first visitor's browser fetches what draws charts while the pages are imported.
from ui.shell.navigation import MENU  # noqa: E402 - see above

page = st.navigation(
    [
        st.Page(entry.script, title=_(entry.title), url_path=name, default=name == "training")
        for name, entry in MENU.items()
    ],
    position="top",
)
page.run()
