"""Descent Lab: the router. Page config, navigation and language; nothing else."""

import streamlit as st

from language import _
from ui.locale import language_switch, speak

st.set_page_config(page_title="Descent Lab", page_icon="📉", layout="wide")
speak()
page = st.navigation(
    [st.Page("pages/compare/training.py", title=_("Compare"), default=True)],
    position="hidden",
)
with st.sidebar:
    language_switch()
page.run()
