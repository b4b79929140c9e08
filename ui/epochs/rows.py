"""Which rows, when: the timeline, and how often each row was used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from charts.counts import plan_name
from charts.timeline import WINDOW, rows_against_iterations, times_seen
from engine import Interval, timeline
from engine.counts import unseen_share
from engine.training.plans import EPOCHS
from language import _
from ui.epochs.count import plan_picker
from ui.epochs.settings import settings
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.store import document, set_page

if TYPE_CHECKING:
    from engine import Plan


def rows_tab() -> None:
    """Show which rows every update of a setting uses."""
    plan_picker(editable=False)
    page = settings()
    plan, seed = page.plans[page.plan], document().experiment.seeds[0]
    last_first = max(1, plan.rows - WINDOW + 1)
    first_row = min(page.first_row, last_first)
    grid = st.grid(3, min_column_width=300)
    left, right = grid.cell(column_span=2), grid.cell()
    used = timeline(plan.counts, plan.sampling, seed, page.epochs_shown)
    said = [plan_name(plan), _("row order of seed {seed}").format(seed=seed)], list[str]()
    with left:
        figure(lambda: rows_against_iterations(used, first_row), "epochs-timeline", said)
        text = _(
            "Rows {first} to {last} of {rows} and every use of them; epochs shown: {epochs}. A line"
            " through an epoch: the row is left out of it; a grey edge: the row is in the batch"
            " more than once. Row order of seed {seed}, the one that every training reads."
        )
        st.caption(
            text.format(
                first=f"{first_row:,}",
                last=f"{min(first_row + WINDOW - 1, plan.rows):,}",
                rows=f"{plan.rows:,}",
                epochs=page.epochs_shown,
                seed=seed,
            )
        )
    with right:
        number(
            "epochs_shown",
            page.epochs_shown,
            EPOCHS,
            "epochs-shown",
            lambda value: set_page(epochs_shown=value),
            title=_("Epochs shown"),
            stops=range(1, 6),
            bounded=True,
        )
        if last_first > 1:
            number(
                "first_row",
                first_row,
                Interval(1, last_first),
                "epochs-first-row",
                lambda value: set_page(first_row=value),
                title=_("First row shown"),
                bounded=True,
            )
        figure(lambda: times_seen(used), "epochs-times", said)
        st.caption(_seen_sentence(plan))
        if plan.sampling == "replacement":
            drawn, n = used.counts.rows_per_epoch, plan.rows
            share = unseen_share(used.counts, plan.sampling)
            st.latex(
                r"\left(1 - \tfrac{1}{N}\right)^{D}"
                rf" = \left(1 - \tfrac{{1}}{{{_tex(n)}}}\right)^{{{_tex(drawn)}}}"
                rf" = {100 * share:.1f}\,\%"
            )


def _seen_sentence(plan: Plan) -> str:
    """Return how often an epoch uses a row."""
    if plan.sampling == "replacement":
        return _(
            "Drawn with replacement: in an epoch of D draws a row may come up several times or"
            " never. Grey marks: what chance lets expect. Never, by the D rows drawn in an epoch:"
        )
    if plan.counts.rows_per_epoch < plan.rows:
        return _("A shuffled pass uses every row once, except those of a dropped last batch.")
    return _("A shuffled pass uses every row exactly once in every epoch, in a new order.")


def _tex(value: int) -> str:
    return f"{value:,}".replace(",", "{,}")
