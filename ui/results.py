"""What came out: the contract, the table, the paired differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from charts.contract import contract
from engine import paired_differences
from language import _
from language.labels import label
from ui.session import document, notices
from ui.text import escaped, line_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Look
    from engine import History, RunHistory, Series


def contract_line() -> None:
    """State once what is equal between the runs, in bold what is not, and what was just changed."""
    now = document()
    equal, unequal = contract(now.experiment, tuned=now.view.tuned)
    st.caption(" · ".join([*equal, *(f"**{sentence}**" for sentence in unequal)]))
    for notice in notices():
        st.warning(escaped(notice))


def results_table(history: History, looks: Sequence[Look], *, full: bool) -> None:
    """Show where every run ended; ``full`` adds counts and times."""
    best = history.best
    rows = []
    for position, (run, look) in enumerate(zip(history.runs, looks, strict=True)):
        row: dict[str, Any] = {"": line_sample(look), _("Run"): look.name}
        row |= _ends(history, run)
        if full:
            row |= _details(history, position)
        row[_("Status")] = _status(run, best=position == best)
        rows.append(row)
    table = pd.DataFrame(rows)
    small = {
        name: st.column_config.NumberColumn(format="%.4g", width=80)
        for name in table.columns
        if pd.api.types.is_numeric_dtype(table[name])
    }
    st.dataframe(
        table,
        width="stretch",
        hide_index=True,
        key=f"results-{full}",
        column_config={"": st.column_config.ImageColumn(width=30), **small},
        placeholder="–",
        alt=_("Results, one row per run."),
    )
    if best is not None:
        watched = "training_loss" if history.runs[0].validation_loss is None else "validation_loss"
        text = _("Best: the lowest final {loss} of equal budgets.")
        st.caption(text.format(loss=label(watched).lower()))
    if full:
        text = _(
            "All runs together took {seconds:.2f} s."
            " Seconds alone are estimated from timed updates;"
            " they do not carry over to other machines or larger problems."
        )
        st.caption(text.format(seconds=history.seconds))


def paired_table(history: History, looks: Sequence[Look]) -> None:
    """Compare every run with the best one, seed by seed."""
    reference = history.best
    if reference is None or len(history.experiment.seeds) == 1:
        return
    names = [look.name for look in looks]
    rows = [
        {
            _("Run"): name,
            _("Median difference"): difference.median,
            _("Smallest"): difference.low,
            _("Largest"): difference.high,
            _("Better in"): f"{difference.better} / {difference.seeds}",
        }
        for name, difference in zip(names, paired_differences(history, reference), strict=True)
        if name != names[reference]
    ]
    text = _(
        "Final loss minus that of {best}, over the same {count} seeds."
        " A diverged seed counts as infinite."
    )
    st.caption(text.format(best=escaped(names[reference]), count=len(history.experiment.seeds)))
    st.dataframe(pd.DataFrame(rows), width="stretch", hide_index=True, key="paired")


def _ends(history: History, run: RunHistory) -> dict[str, Any]:
    ends = {label("training_loss"): _median(run, run.training_loss)}
    if run.validation_loss is not None:
        ends[label("validation_loss")] = _median(run, run.validation_loss)
    score = run.validation_score or run.training_score
    if score is not None:
        ends[label(history.experiment.problem.score)] = _median(run, score)
    return ends


def _median(run: RunHistory, series: Series) -> float | None:
    """Return the median over the seeds of the last value; a diverged run has none."""
    values = series.final[np.array(run.status) != "diverged"]
    return float(np.median(values)) if len(values) > len(run.status) / 2 else None


def _details(history: History, position: int) -> dict[str, Any]:
    run, spec = history.runs[position], history.experiment.runs[position]
    watched = run.validation_loss or run.training_loss
    values = np.where(np.isfinite(watched.minimum), watched.minimum, np.inf)
    best = np.argmin(values, axis=1)
    last = float(np.median(run.last_step))
    return {
        _("Best loss"): float(np.median(values.min(axis=1))),
        _("at epoch"): float(np.median(watched.steps[best])) / run.per_epoch,
        label("epochs"): last / run.per_epoch,
        _("Iterations per epoch"): run.per_epoch,
        _("Iterations in all"): last,
        label("rows_seen"): float(np.median(run.rows_seen)),
        **_overshoot(history, run),
        _("Seconds alone"): run.seconds_alone,
        label("batch_size"): history.experiment.counts(spec).batch_size,
    }


def _overshoot(history: History, run: RunHistory) -> dict[str, int]:
    """Return the rows beyond a budget of rows: a run ends at the step that reaches it."""
    budget = history.experiment.budget
    if budget.unit != "rows_seen":
        return {}
    return {_("Rows over the budget"): max(0, int(run.rows_seen[0]) - budget.amount)}


def _status(run: RunHistory, *, best: bool) -> str:
    words = [_("best")] if best else []
    diverged, seeds = run.status.count("diverged"), len(run.status)
    if diverged == seeds == 1:
        return _("diverged at iteration {step}").format(step=f"{int(run.last_step[0]):,}")
    if diverged:
        words.append(_("{count} of {seeds} diverged").format(count=diverged, seeds=seeds))
    # A seed without a status has not ended: the reader stopped the training.
    others = sorted({status or "stopped" for status in run.status} - {"budget", "diverged"})
    words += [label(status) for status in others]
    if run.is_worse_than_its_start and diverged < seeds:
        words.append(_("worse than its start"))
    return ", ".join(words)
