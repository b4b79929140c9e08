"""The proof: which rule it is, two updates in numbers, and steps for gradients of any size."""

from __future__ import annotations

import streamlit as st

from comparison.own_rules import (
    directions_table,
    goes_uphill,
    is_finite_everywhere,
    likeness_words,
    likenesses_of,
    updates_table,
    updates_words,
    values_words,
)
from language import _
from ui.own_rule.settings import settings
from ui.own_rule.source import refusal
from ui.shell.tables import with_written_numbers


def verdict() -> None:
    """Say which rule of the house it is, or the nearest; nothing while the lines are refused."""
    if refusal():
        return
    rule = settings().rule
    show = st.success if likenesses_of(rule)[0].is_same else st.info
    show(likeness_words(rule))
    if goes_uphill(rule):
        st.warning(
            _(
                "The first step goes uphill: the direction is subtracted, so it must have the sign"
                " of the gradient."
            )
        )
    st.caption(values_words())


def numbers() -> None:
    """Show two updates, and the first direction for gradients of different sizes."""
    rule = settings().rule
    grid = st.grid(2, min_column_width=380, gap="large")
    with grid.cell():
        st.markdown("**" + _("Two updates in numbers") + "**")
        table = updates_table(rule)
        st.dataframe(
            with_written_numbers(table),
            width="stretch",
            height="content",
            key="rule-updates",
            alt=_("Every quantity of two updates, one column per parameter and update."),
        )
        st.caption(updates_words())
    with grid.cell():
        st.markdown("**" + _("From no gradient to a huge one") + "**")
        st.dataframe(
            directions_table(rule),
            width="stretch",
            height="content",
            hide_index=True,
            key="rule-directions",
            alt=_("The first direction for gradients of different sizes."),
        )
        if not is_finite_everywhere(rule):
            st.warning(
                _("For a gradient of some size the direction is not finite: such a run diverges.")
            )
