"""Epochs."""

import streamlit as st

from language import _
from ui.locale import speak
from ui.session import work_on

speak()
work_on("epochs")
st.title(_("Epochs"), anchor=False)
