"""Controls that several tabs of the Epochs page share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from language import _
from language.labels import label
from ui.runs import run_editor, run_strip
from ui.session import document, has_validation_rows, look_at, notices, set_page, settings
from ui.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence


def show_notices() -> None:
    """Tell what was refused or changed."""
    for notice in notices():
        st.warning(escaped(notice))


def has_no_rows() -> bool:
    """Tell whether there is nothing to cut into batches, and say so."""
    if document().experiment.problem.kind != "function":
        return False
    st.info(_("A test function has no rows: choose data and a network in the sidebar."))
    return True


def run_choice() -> None:
    """Choose the run whose rule and rate are used, and change them."""
    run_strip()
    run_editor()


def page_switch(title: str, field: str, options: Sequence[str]) -> None:
    """Choose one of a few ids of the page's settings."""
    key = f"epochs-{field}"
    st.session_state[key] = getattr(settings(), field)
    st.segmented_control(
        title,
        options,
        format_func=label,
        key=key,
        required=True,
        on_change=lambda: set_page(**{field: st.session_state[key]}),
    )


def loss_switches() -> None:
    """Choose which loss is drawn, and how."""
    now = document()
    losses = ["training_loss", "batch_loss"]
    if has_validation_rows(now.experiment):
        losses.insert(1, "validation_loss")
    st.session_state["epochs-quantity"] = now.view.quantity
    st.segmented_control(
        label("loss"),
        losses,
        format_func=label,
        key="epochs-quantity",
        required=True,
        on_change=lambda: look_at(quantity=st.session_state["epochs-quantity"]),
    )
    log_switch()


def log_switch() -> None:
    """Choose a logarithmic loss axis."""
    st.session_state["epochs-log"] = document().view.log
    st.toggle(
        _("Logarithmic"),
        key="epochs-log",
        on_change=lambda: look_at(log=st.session_state["epochs-log"]),
    )
