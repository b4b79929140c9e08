"""The tab that trains every run of the comparison at nine learning rates, or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from charts.sensitivity import rate_sensitivity
from comparison.edits import change
from comparison.words.contract import contract
from comparison.words.names import styles_of_any_rate
from comparison.words.rates import why_no_best_rates
from engine import rate_curves, rate_sweep
from engine.analysis.rates import further_rates, half_decades, with_best_rates
from language import _
from ui.compare.comparison import after_training
from ui.shell.figure import figure
from ui.shell.store import document, edit
from ui.shell.tables import rate_table
from ui.shell.text import escaped
from ui.shell.training import scored
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import Experiment, RateCurve, Scores
    from exports.printed import Contract
    from ui.shell.training import Outcome

# Nine rates, each half a power of ten above the one before.
SWEPT_RATES = half_decades(-7, 1)
_FURTHER: Final = 3  # times that a run whose best rate lies at the edge is tried beyond it


@after_training
def rates_tab(_shown: Outcome) -> None:
    """Show the final loss of every run against the learning rate, and what may be said of it."""
    experiment = document().experiment
    st.caption(
        _(
            "Every run is trained at nine learning rates. Where the best of them lies at the edge,"
            " the run is tried beyond it."
        )
    )
    sweeps = _swept(experiment)
    if not sweeps:
        return
    curves, swept = rate_curves(sweeps), styles_of_any_rate(document())
    chart = figure(lambda: rate_sensitivity(curves, swept), "rates", _contract(experiment))
    if chart is not None:
        st.caption(" · ".join(map(escaped, chart.remarks)))
    rate_table(curves, swept, "best-rates")
    why_not = why_no_best_rates(experiment, curves) or _why_not_again(experiment, curves)
    st.button(
        _("Use each run's best rate"),
        key="use-best",
        on_click=_use_rates,
        args=(experiment, curves),
        disabled=why_not is not None,
        help=why_not,
    )


def _swept(experiment: Experiment) -> list[Scores]:
    """Return the scores of all sweeps that have been trained: the nine rates, then those beyond."""
    first = scored(rate_sweep(experiment, SWEPT_RATES), "sweep")
    sweeps = [] if first is None else [first]
    for turn in range(_FURTHER if sweeps else 0):
        if not all(map(_is_whole, sweeps)):
            break  # the reader stopped it
        curves = rate_curves(sweeps)
        for edge in ("low", "high"):
            at_edge = [curve for curve in curves if curve.edge == edge]
            if not at_edge:
                continue
            part = experiment.model_copy(update={"runs": tuple(curve.run for curve in at_edge)})
            beyond = further_rates(at_edge[0].rates, edge)  # all have been tried as far
            more = scored(rate_sweep(part, beyond), f"sweep-{edge}-{turn}")
            if more is None:
                return sweeps
            sweeps.append(more)
    return sweeps


def _is_whole(scores: Scores) -> bool:
    return not any({"", "stopped"} & set(run.status) for run in scores.runs)


def _contract(experiment: Experiment) -> Contract:
    """Return the comparison's contract, with the swept rates in place of the runs' own."""
    equal, unequal = contract(experiment, tuned=None)  # its last sentence is about the rates
    return [*equal[:-1], _("every run at nine learning rates or more")], unequal


def _why_not_again(experiment: Experiment, curves: Sequence[RateCurve]) -> str | None:
    """Return that the best rates are those of now, where they are known to be."""
    are_used = with_best_rates(experiment.runs, curves) == experiment.runs
    if are_used and best_rates().tried(experiment) is not None:
        return _("Every run has its best rate already.")
    return None


def _use_rates(experiment: Experiment, curves: Sequence[RateCurve]) -> None:
    """Give every run its best rate."""
    best_rates().remember(experiment, curves)
    edit(change, runs=with_best_rates(document().experiment.runs, curves))
