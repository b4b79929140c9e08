"""The variable by which two of the tabs differentiate."""

from __future__ import annotations

import streamlit as st

from language import _
from ui.backpropagation import words
from ui.backpropagation.settings import settings
from ui.shell.binding import bound
from ui.shell.store import set_page


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
    bound(
        st.segmented_control,
        _("Derivative with respect to"),
        inputs,
        format_func=lambda name: names.get(name, name),
        key=key,
        shown=variable,
        report=lambda name: set_page(variable=name),
        required=True,
    )
    return variable
