"""Backpropagation."""

import streamlit as st

from language import _
from ui.locale import speak
from ui.session import work_on

speak()
work_on("backpropagation")
st.title(_("Backpropagation"), anchor=False)
