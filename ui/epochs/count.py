"""The count: settings side by side, the formula with the numbers put in, bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from charts.counts import count_bars, plan_name
from comparison.pages import PLANS
from engine import LIMITS, Interval, Plan
from engine.counts import activations_held
from language import N_, _
from ui.epochs.switches import NO_ROWS
from ui.shell.controls import choice, number
from ui.shell.figure import figure
from ui.shell.session import document, set_page, settings, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine import Experiment

EXAMPLES: Final[Mapping[str, tuple[str, tuple[Plan, ...]]]] = {
    "thousand": (
        N_("1,000 rows: all, 100, 1"),
        tuple(Plan(rows=1_000, batch_size=size, epochs=50) for size in (1_000, 100, 1)),
    ),
    "sixty-thousand": (
        N_("60,000 rows: 100, 1"),
        tuple(Plan(rows=60_000, batch_size=size) for size in (100, 1)),
    ),
    "two-thousand": (N_("2,000 rows: 200"), (Plan(rows=2_000, batch_size=200, epochs=50),)),
    "hundred": (N_("100 rows: 50, 50 epochs"), (Plan(rows=100, batch_size=50, epochs=50),)),
    "remainder": (
        N_("1,000 rows: 300, kept or dropped"),
        tuple(
            Plan(rows=1_000, batch_size=300, epochs=10, last_batch=last)
            for last in ("kept", "dropped")
        ),
    ),
    "sixty-thousand-remainder": (
        N_("60,000 rows: 128, kept or dropped"),
        tuple(
            Plan(rows=60_000, batch_size=128, epochs=20, last_batch=last)
            for last in ("kept", "dropped")
        ),
    ),
}
_BATCH_SIZES: Final = (1, 2, 4, 8, 16, 32, 50, 64, 100, 128, 200, 256, 300, 512, 1_000, 2_000)
_SHORT: Final = {
    "shuffled": N_("shuffled"),
    "replacement": N_("with repl."),
    "kept": N_("kept"),
    "dropped": N_("dropped"),
}
_BYTES: Final = 8  # of a number of double precision


def count_tab() -> None:
    """Show how many iterations a setting makes."""
    plan_picker(editable=True)
    _editor()
    page = settings()
    plan = page.plans[page.plan]
    grid = st.grid(2, min_column_width=330)
    for formula in _formulas(plan):
        with grid.cell():
            st.latex(formula)
    said = [_("counted from rows, batch size and epochs; nothing was trained")]
    figure(lambda: count_bars(page.plans), "epochs-count", (said, []))
    _table(page.plans)
    st.caption(
        _(
            'Texts use "iteration" for either count: the updates within one epoch, or those of the'
            " whole training. Here both are named."
        )
    )


def _examples() -> None:
    titles = {name: _(title) for name, (title, _plans) in EXAMPLES.items()}
    titles["own"] = _("From the comparison")
    st.menu_button(
        _("Examples"),
        list(titles),
        format_func=titles.__getitem__,
        key="epochs-example",
        on_click=lambda: _take(st.session_state["epochs-example"]),
    )


def plan_picker(*, editable: bool) -> None:
    """Offer the settings; the chosen one is in the editor, the formula and the timeline."""
    page = settings()
    st.session_state["epochs-plan"] = page.plan
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.pills(
            _("Settings"),
            range(len(page.plans)),
            format_func=lambda place: f"{place + 1}. {plan_name(page.plans[place])}",
            key="epochs-plan",
            required=True,
            wrap=True,
            on_change=lambda: set_page(plan=st.session_state["epochs-plan"]),
        )
        if editable:
            full, single = len(page.plans) >= PLANS.high, len(page.plans) == 1
            st.button(_("Add"), key="epochs-add", on_click=_add, disabled=full)
            st.button(_("Remove"), key="epochs-remove", on_click=_remove, disabled=single)
            _examples()


def _editor() -> None:
    page = settings()
    plan = page.plans[page.plan]
    grid = st.grid(8, min_column_width=100, vertical_alignment="bottom")
    rows, size, epochs, sampling, last = (grid.cell(column_span=width) for width in (2, 2, 2, 1, 1))
    with rows:
        number(
            "rows",
            plan.rows,
            LIMITS["rows"],
            "epochs-rows",
            lambda value: _change(rows=value),
            title=_("Training rows N"),
        )
    with size:
        number(
            "batch_size",
            plan.batch_size,
            Interval(1, plan.rows),
            "epochs-batch-size",
            lambda value: _change(batch_size=value),
            title=_("Batch size B"),
            stops=(*_BATCH_SIZES, plan.rows),
        )
    with epochs:
        number(
            "epochs",
            plan.epochs,
            LIMITS["epochs"],
            "epochs-epochs",
            lambda value: _change(epochs=value),
            title=_("Epochs E"),
        )
    with sampling:
        choice(
            _("Sampling"),
            plan.sampling,
            ("shuffled", "replacement"),
            "epochs-sampling",
            lambda name: _change(sampling=name),
            names=lambda name: _(_SHORT[name]),
        )
    with last:
        choice(
            _("Last batch"),
            plan.last_batch,
            ("kept", "dropped"),
            "epochs-last-batch",
            lambda name: _change(last_batch=name),
            names=lambda name: _(_SHORT[name]),
        )


def _change(**fields: Any) -> None:
    """Change the chosen setting; its batch size must go on fitting its rows."""
    page = settings()
    plans = [plan.model_dump() for plan in page.plans]
    plans[page.plan] |= fields
    set_page(plans=plans)


def _add() -> None:
    page = settings()
    set_page(plans=(*page.plans, page.plans[page.plan]), plan=len(page.plans))


def _remove() -> None:
    page = settings()
    plans = page.plans[: page.plan] + page.plans[page.plan + 1 :]
    set_page(plans=plans, plan=max(0, page.plan - 1))


def _take(name: str) -> None:
    """Count an example's settings, or the comparison's own runs."""
    if name == "own":
        _take_own()
    else:
        set_page(plans=EXAMPLES[name][1], plan=0)


def _take_own() -> None:
    """Count the comparison's own runs, and say where the count is not theirs."""
    experiment = document().experiment
    if experiment.problem.kind == "function":
        tell(NO_ROWS)
        return
    plans = own_plans(experiment)
    different = tuple(dict.fromkeys(plans))
    set_page(plans=different[: int(PLANS.high)], plan=0)
    if len(different) not in PLANS:
        tell(N_("Not all different runs fit side by side: the first of them are counted."))
    made = [experiment.iterations(run) for run in experiment.runs]
    if made != [plan.iterations for plan in plans]:
        tell(
            N_(
                "Settings count whole epochs: where the budget of the comparison is something else,"
                " the nearest allowed number of epochs is used."
            )
        )


def own_plans(experiment: Experiment) -> tuple[Plan, ...]:
    """Return the setting of every run of a comparison, to the nearest epoch."""
    plans: list[Plan] = []
    for run in experiment.runs:
        counts = experiment.counts(run)
        epochs = max(1, round(counts.epochs(experiment.iterations(run))))
        plans.append(
            Plan(
                rows=counts.rows,
                batch_size=counts.batch_size,
                epochs=min(epochs, int(LIMITS["epochs"].high)),
                sampling=run.sampling,
                last_batch=run.last_batch,
            )
        )
    return tuple(plans)


def _formulas(plan: Plan) -> list[str]:
    """Return the formulas of a setting with its numbers put in."""
    counts = plan.counts
    kept = counts.last_batch == "kept"
    left, right = (r"\lceil", r"\rceil") if kept else (r"\lfloor", r"\rfloor")
    n, b, whole = (_tex(value) for value in (plan.rows, plan.batch_size, counts.whole_batches))
    per_epoch, epochs = _tex(counts.per_epoch), _tex(plan.epochs)
    sum_of_batches = rf" = {whole} + 1" if counts.rest and kept else ""
    formulas = [
        (
            rf"{_text(_('Iterations per epoch'))} = \left{left} \tfrac{{N}}{{B}} \right{right}"
            rf" = \left{left} \tfrac{{{n}}}{{{b}}} \right{right}{sum_of_batches} = {per_epoch}"
        ),
        (
            rf"{_text(_('Iterations in all'))} = {per_epoch} \times {epochs}"
            rf" = {_tex(plan.iterations)}"
        ),
        (
            rf"{_text(_('Rows seen'))} = {_tex(counts.rows_per_epoch)} \times {epochs}"
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
    units = hidden_and_output_units(document().experiment)
    rows = []
    for place, plan in enumerate(plans, start=1):
        counts = plan.counts
        row: dict[str, Any] = {
            "": place,
            "N": plan.rows,
            "B": plan.batch_size,
            _("Iterations per epoch"): counts.per_epoch,
            _("Last batch"): counts.last_batch_size,
            _("Epochs"): plan.epochs,
            _("Iterations in all"): plan.iterations,
            _("Rows seen"): plan.rows_seen,
        }
        if units:
            row[_("Activations held")] = activations_held(plan.batch_size, units)
        rows.append(row)
    table = pd.DataFrame(rows)
    st.dataframe(
        table,
        width="stretch",
        hide_index=True,
        key="epochs-counts",
        column_config={
            name: st.column_config.NumberColumn(format="localized") for name in table.columns
        },
        alt=_("The counts of every setting."),
    )
    if not units:
        st.caption(_("Activations are counted for a network; the comparison is a test function."))
    else:
        plan = plans[min(settings().plan, len(plans) - 1)]
        held = activations_held(plan.batch_size, units)
        text = _(
            "Activations held for one update: 2 × B × units = 2 × {size} × {units} = {held} numbers"
            " ({bytes} kB), forward and backward, for the {units} hidden and output units of the"
            " comparison's network; parameters apart."
        )
        st.caption(
            text.format(
                size=f"{plan.batch_size:,}",
                units=units,
                held=f"{held:,}",
                bytes=f"{held * _BYTES / 1_000:,.1f}",
            )
        )


def hidden_and_output_units(experiment: Experiment) -> int:
    """Return how many units keep activations; 0 for a test function."""
    problem = experiment.problem
    return 0 if problem.kind == "function" else sum(problem.layout.units[1:])
