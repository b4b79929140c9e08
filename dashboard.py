"""Descent Lab: the router. Page config, style, navigation and language; nothing else."""

from pathlib import Path

import streamlit as st

from language import _
from ui.shell.locale import language_switch, mark_document, speak
from ui.shell.navigation import MENU

st.set_page_config(page_title="Descent Lab", page_icon="📉", layout="wide")
st.html(Path(__file__).parent / "ui/shell/style.css")
speak()
page = st.navigation(
    [
        st.Page(entry.script, title=_(entry.title), url_path=name, default=name == "training")
        for name, entry in MENU.items()
    ],
    position="top",
)
with st.sidebar:
    language_switch()
    mark_document()
page.run()
