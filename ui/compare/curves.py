"""The tabs with a curve per run beside that of the loss: the score, and norms of vectors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from comparison.catalogue import NORMS, norms, score
from language import _
from language.labels import label
from ui.compare.comparison import after_training
from ui.compare.loss import axis_switch, remarks
from ui.compare.settings import settings
from ui.shell.binding import bound
from ui.shell.figure import figure
from ui.shell.store import document, set_page

if TYPE_CHECKING:
    from ui.shell.training import Outcome


@after_training
def score_tab(shown: Outcome) -> None:
    """Show accuracy or R^2."""
    if shown.history.experiment.problem.kind == "function":
        st.info(_("A test function has no rows that could be right or wrong."))
        return
    axis_switch()
    axis = document().view.axis
    remarks(figure(lambda: score(shown.history, shown.styles, axis), "score"))


@after_training
def norms_tab(shown: Outcome) -> None:
    """Show the norm of full gradient, batch gradient or update."""
    name = settings().norm
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        bound(
            st.segmented_control,
            _("Norm"),
            NORMS,
            format_func=partial(label, "quantity"),
            key="norm",
            shown=name,
            report=lambda chosen: set_page(norm=chosen),
            required=True,
            label_visibility="collapsed",
        )
        axis_switch()
    axis = document().view.axis
    remarks(figure(lambda: norms(shown.history, shown.styles, name, axis), name))
