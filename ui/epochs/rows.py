"""Which rows, when: the timeline, and how often each row was used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from charts.counts import plan_name
from charts.timeline import WINDOW, rows_against_iterations, times_seen
from engine import Interval, timeline
from engine.counts import unseen_share
from engine.training.plans import DRAWN_ROWS, EPOCHS
from language import _
from ui.epochs.plans import last_batch_choice, plan_picker, sampling_choice
from ui.epochs.settings import settings
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.notices import state
from ui.shell.presentation import aside, is_presented
from ui.shell.store import document, set_page

if TYPE_CHECKING:
    from engine import Plan


def rows_tab() -> None:
    """Show which rows every update of a setting uses."""
    if not is_presented():
        plan_picker(editable=False)
    page = settings()
    plan, seed = page.plans[page.plan], document().experiment.seeds[0]
    if plan.rows not in DRAWN_ROWS:
        text = _(
            "This setting has {rows} rows, and at most {most} can be drawn one by one. Choose"
            " another setting above; the count of this one is on the first tab."
        )
        st.info(text.format(rows=f"{plan.rows:,}", most=f"{DRAWN_ROWS.high:,.0f}"))
        return
    last_first = max(1, plan.rows - WINDOW + 1)
    first_row = min(page.first_row, last_first)
    _controls(page.epochs_shown, first_row, last_first)
    used = timeline(plan.counts, plan.sampling, seed, page.epochs_shown)
    order = _("row order of seed {seed}").format(seed=seed)
    with aside():
        caption = state(([plan_name(plan), order, _("nothing was trained")], []))
    grid = st.grid(3, min_column_width=300)
    left, right = grid.cell(column_span=2), grid.cell()
    with left:
        figure(lambda: rows_against_iterations(used, first_row), "epochs-timeline", caption)
        st.caption(_timeline_words(plan, first_row, page.epochs_shown, seed))
    with right:
        figure(lambda: times_seen(used), "epochs-times", caption)
        st.caption(_times_words(plan))
        if plan.sampling == "replacement":
            st.latex(_unseen_formula(plan))


def _controls(epochs: int, first_row: int, last_first: int) -> None:
    """Choose how rows are drawn, how many epochs the timeline shows, and which of the rows."""
    grid = st.grid(6, min_column_width=100, vertical_alignment="bottom")
    with grid.cell():
        sampling_choice()
    with grid.cell():
        last_batch_choice()
    with grid.cell(column_span=2):
        number(
            "epochs_shown",
            epochs,
            EPOCHS,
            "epochs-shown",
            lambda value: set_page(epochs_shown=value),
            title=_("Epochs shown"),
            stops=range(1, 6),
            bounded=True,
        )
    if last_first > 1 and not is_presented():
        with grid.cell(column_span=2):
            number(
                "first_row",
                first_row,
                Interval(1, last_first),
                "epochs-first-row",
                lambda value: set_page(first_row=value),
                title=_("First row shown"),
                bounded=True,
            )


def _timeline_words(plan: Plan, first_row: int, epochs: int, seed: int) -> str:
    """Return which part of the rows and epochs the timeline shows, and how to read it."""
    text = _(
        "Rows {first} to {last} of {rows} and every use of them; epochs shown: {epochs}. A line"
        " through an epoch means that the row is left out of it; a grey edge means that the row is"
        " in the batch more than once. The row order is that of seed {seed}, which every training"
        " uses."
    )
    return text.format(
        first=f"{first_row:,}",
        last=f"{min(first_row + WINDOW - 1, plan.rows):,}",
        rows=f"{plan.rows:,}",
        epochs=epochs,
        seed=seed,
    )


def _times_words(plan: Plan) -> str:
    """Return how often an epoch uses a row."""
    if plan.sampling == "replacement":
        return _(
            "Drawn with replacement: in an epoch of D draws, a row may come up several times or"
            " never. Grey marks show what to expect by chance. The chance that a row is never"
            " used, with D rows drawn in an epoch:"
        )
    if plan.counts.rows_per_epoch < plan.rows:
        return _("A shuffled pass uses every row once, except those of a dropped last batch.")
    return _("A shuffled pass uses every row exactly once in every epoch, in a new order.")


def _unseen_formula(plan: Plan) -> str:
    """Return the chance that draws with replacement never use a row in an epoch, in LaTeX."""
    share = unseen_share(plan.counts, plan.sampling)
    n, draws = _tex(plan.rows), _tex(plan.counts.rows_per_epoch)
    return (
        r"\left(1 - \tfrac{1}{N}\right)^{D}"
        rf" = \left(1 - \tfrac{{1}}{{{n}}}\right)^{{{draws}}}"
        rf" = {100 * share:.1f}\,\%"
    )


def _tex(value: int) -> str:
    return f"{value:,}".replace(",", "{,}")
