"""The variable by which two of the tabs differentiate."""

from __future__ import annotations

import streamlit as st

from language import _
from ui.backpropagation import words
from ui.shell.session import set_page, settings


def variable_choice(key: str) -> str:
    """Choose the variable and return it.

    Args:
        key: of the widget.
    """
    page, names = settings(), words.names()
    inputs = page.graph.inputs
    # Of the 2-2-2 network it is w5, which the text about the example follows.
    first = "w5" if page.example == "sigmoid_network" else inputs[0]
    variable: str = page.variable or first
    st.session_state[key] = variable
    st.segmented_control(
        _("Derivative by"),
        inputs,
        format_func=lambda name: names.get(name, name),
        key=key,
        required=True,
        on_change=lambda: set_page(variable=st.session_state[key]),
    )
    return variable
