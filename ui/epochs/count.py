"""The count: the formula with a setting's numbers put in, and all settings as bars and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from charts.counts import count_bars
from engine import LIMITS
from engine.counts import activations_held
from language import _
from ui.epochs.plans import plan_editor, plan_picker
from ui.epochs.settings import settings
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.notices import state
from ui.shell.presentation import aside, is_presented
from ui.shell.store import document, set_page

if TYPE_CHECKING:
    from engine import Experiment, Plan

_ITERATIONS: Final = tuple(digit * 10**power for power in range(1, 7) for digit in (1, 2, 5))
_FORMULA: Final = 240  # pixels that one has at least, side by side
_BYTES: Final = 8  # of a number of double precision


def count_tab() -> None:
    """Show how many iterations a setting makes."""
    if not is_presented():
        plan_picker(editable=True)
    plan_editor()
    page = settings()
    plan = page.plans[page.plan]
    with aside():
        st.markdown(_definitions(plan))
        grid = st.grid(2, min_column_width=_FORMULA)
        for formula in _formulas(plan):
            with grid.cell():
                st.latex(formula)
        if not is_presented():
            _backwards(plan, page.iterations)
        caption = state(([_("Counted from rows, batch size and epochs; nothing was trained")], []))
    figure(lambda: count_bars(page.plans), "epochs-count", caption)
    _table(page.plans)
    st.caption(
        _(
            'Textbooks use "iteration" for two counts: the updates within one epoch, or those of'
            " the whole training. Here each has its own name."
        )
    )


def _definitions(plan: Plan) -> str:
    """Return what batch, iteration and epoch are, in the setting's numbers."""
    text = _(
        "A **batch** is the {size} rows whose mean gradient makes one update. An **iteration** is"
        " one update of the parameters. An **epoch** is one pass over the {rows} training rows:"
        " here {per_epoch} iterations."
    )
    if plan.sampling == "replacement":
        text = _(
            "A **batch** is the {size} rows whose mean gradient makes one update. An **iteration**"
            " is one update of the parameters. An **epoch** is as many iterations as one pass over"
            " the {rows} training rows would take, here {per_epoch}; the rows are drawn with"
            " replacement."
        )
    return text.format(
        size=f"{plan.batch_size:,}", rows=f"{plan.rows:,}", per_epoch=f"{plan.counts.per_epoch:,}"
    )


def _backwards(plan: Plan, iterations: int | None) -> None:
    """Turn a number of iterations into epochs."""
    count = plan.iterations if iterations is None else iterations
    grid = st.grid(2, min_column_width=_FORMULA, vertical_alignment="center")
    with grid.cell():
        number(
            "iterations",
            count,
            LIMITS["counted_iterations"],
            "epochs-iterations",
            lambda value: set_page(iterations=value),
            title=_("The other way round: iterations"),
            stops=_ITERATIONS,
        )
    with grid.cell():
        st.latex(_epochs_formula(plan, count))


def _epochs_formula(plan: Plan, iterations: int) -> str:
    """Return how many epochs some iterations are, in LaTeX."""
    per_epoch = plan.counts.per_epoch
    whole, rest = divmod(iterations, per_epoch)
    division = rf"\tfrac{{{_tex(iterations)}}}{{{_tex(per_epoch)}}}"
    result = f"= {_tex(whole)}"
    if rest:
        epochs = round(iterations / per_epoch, 4)
        sign = "=" if epochs * per_epoch == iterations else r"\approx"
        decimal = f"{sign} {epochs:,}".replace(",", "{,}")
        result = rf"= {_tex(whole)} + \tfrac{{{_tex(rest)}}}{{{_tex(per_epoch)}}} {decimal}"
    title = _text(_("Epochs"))
    return f"{title} = {division} {result}"


def _formulas(plan: Plan) -> list[str]:
    """Return the formulas of a setting with its numbers put in."""
    counts = plan.counts
    kept = counts.last_batch == "kept"
    left, right = (r"\lceil", r"\rceil") if kept else (r"\lfloor", r"\rfloor")
    n, b, whole = (_tex(value) for value in (plan.rows, plan.batch_size, counts.whole_batches))
    per_epoch, epochs = _tex(counts.per_epoch), _tex(plan.epochs)
    sum_of_batches = rf" = {whole} + 1" if counts.rest and kept else ""
    titles = (_("Iterations per epoch"), _("Iterations in all"), _("Rows seen"))
    each, all_of_them, seen = map(_text, titles)
    formulas = [
        (
            rf"{each} = \left{left} \tfrac{{N}}{{B}} \right{right}"
            rf" = \left{left} \tfrac{{{n}}}{{{b}}} \right{right}{sum_of_batches} = {per_epoch}"
        ),
        (
            rf"{all_of_them} = {per_epoch} \times {epochs}"
            rf" = {_tex(plan.iterations)}"
        ),
        (
            rf"{seen} = {_tex(counts.rows_per_epoch)} \times {epochs}"
            rf" = {_tex(plan.rows_seen)}"
        ),
    ]
    if counts.rest:
        rows = _text(_("Rows in the last batch") if kept else _("Rows dropped every epoch"))
        formulas.insert(1, rf"{rows} = {n} - {whole} \times {b} = {_tex(counts.rest)}")
    return formulas


def _tex(value: int) -> str:
    return f"{value:,}".replace(",", "{,}")


def _text(words: str) -> str:
    return rf"\text{{{words}}}"


def _table(plans: tuple[Plan, ...]) -> None:
    """List the counts of every setting, with the activations of the comparison's network."""
    units = _hidden_and_output_units(document().experiment)
    table = pd.DataFrame([_row(number, plan, units) for number, plan in enumerate(plans, start=1)])
    st.dataframe(
        table,
        width="stretch",
        hide_index=True,
        key="epochs-counts",
        column_config={
            name: st.column_config.NumberColumn(format="localized") for name in table.columns
        },
        alt=_("The counts for each setting."),
    )
    if units:
        st.caption(_activation_words(plans[min(settings().plan, len(plans) - 1)], units))
    else:
        st.caption(
            _(
                "Activations are only counted for a network, and the comparison uses a"
                " test function."
            )
        )


def _row(number: int, plan: Plan, units: int) -> dict[str, Any]:
    """Return the counts of a setting by the titles of the table's columns."""
    row: dict[str, Any] = {
        "": number,
        "N": plan.rows,
        "B": plan.batch_size,
        _("Iterations per epoch"): plan.counts.per_epoch,
        _("Last batch"): plan.counts.last_batch_size,
        _("Epochs"): plan.epochs,
        _("Iterations in all"): plan.iterations,
        _("Rows seen"): plan.rows_seen,
    }
    if units:
        row[_("Activations held")] = activations_held(plan.batch_size, units)
    return row


def _activation_words(plan: Plan, units: int) -> str:
    """Return what one update of a setting holds in memory, with the numbers put in."""
    held = activations_held(plan.batch_size, units)
    text = _(
        "Activations held for one update: 2 × B × units = 2 × {size} × {units} = {held} numbers"
        " ({bytes} kB), forward and backward, for the {units} hidden and output units of the"
        " comparison's network, not counting parameters."
    )
    return text.format(
        size=f"{plan.batch_size:,}",
        units=units,
        held=f"{held:,}",
        bytes=f"{held * _BYTES / 1_000:,.1f}",
    )


def _hidden_and_output_units(experiment: Experiment) -> int:
    """Return how many units keep activations; 0 for a test function."""
    problem = experiment.problem
    return 0 if problem.kind == "function" else sum(problem.layout.units[1:])
