"""Descent Lab: the router. Page config, style, navigation and language; nothing else."""

from pathlib import Path
from typing import Any

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

sections: dict[str, list[Any]] = {}
for name, entry in MENU.items():
    page = st.Page(entry.script, title=_(entry.title), url_path=name, default=name == "training")
    sections.setdefault(_(entry.section) if entry.section else "", []).append(page)
st.navigation(sections, position="top").run()
