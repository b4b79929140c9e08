"""What was made of the lines: the formula, what it remembers, and the way into the comparison."""

from __future__ import annotations

import streamlit as st

from comparison.edits import use_rule
from comparison.offers import may_add_run
from comparison.own_rules import first_rate, understood
from comparison.pages import TrainingPage
from comparison.words.rules import UPDATE, formula_of
from language import _
from ui.own_rule.settings import settings
from ui.own_rule.source import refusal
from ui.setup.rules import stacked
from ui.setup.typed import accept_rule
from ui.shell.navigation import open_edited
from ui.shell.store import document, page_settings
from ui.shell.text import escaped


def formula() -> None:
    """Show the rule as mathematics; say so where the lines that were typed are another one."""
    rule = settings().rule
    if refusal():
        st.warning(_("Below is still the last rule that was understood."))
    st.latex(stacked(UPDATE, formula_of(type(rule))))
    st.markdown(" ".join(understood(rule)))


def way_on() -> None:
    """Offer to add a run with the rule to the comparison, unless other lines were typed."""
    may_add, refused = may_add_run(document().experiment), refusal()
    st.button(
        _("Use it in the comparison"),
        key="rule-use",
        icon=":material/add:",
        on_click=_use,
        disabled=not may_add or bool(refused),
        help=escaped(refused) or None,
    )
    if refused:
        st.caption(_("What is not understood cannot be used."))
    elif may_add:
        st.caption(
            _("Adds a run to Compare. From then on the rule is in every menu of optimizers.")
        )
    else:
        st.caption(_("The comparison is full: remove a run on the Compare page first."))


def _use() -> None:
    if refusal():  # the click came together with the lines
        return
    rule = settings().rule
    accept_rule(type(rule))
    open_edited(use_rule, rule, first_rate(rule), page_settings(TrainingPage))
