"""Descent Lab: the router. Page config, navigation and language; nothing else."""

import streamlit as st

from language import _
from ui.locale import language_switch, speak
from ui.menu import MENU

st.set_page_config(page_title="Descent Lab", page_icon="📉", layout="wide")
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
page.run()
