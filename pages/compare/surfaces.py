"""Surfaces."""

import streamlit as st

from language import _
from ui.locale import speak
from ui.session import work_on

speak()
work_on("surfaces")
st.title(_("Surfaces"), anchor=False)
