"""The tab that trains every rule of the comparison at nine learning rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from charts.sensitivity import rate_sensitivity
from charts.theme import RunStyle
from comparison.edits import change
from comparison.words.contract import contract
from engine import rate_sweep
from engine.analysis.rates import best_swept_rates
from language import _
from ui.compare.comparison import after_training
from ui.shell.figure import figure
from ui.shell.store import document, edit, styles
from ui.shell.text import escaped
from ui.shell.training import scored
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from engine import Experiment, Scores, Sweep
    from exports.printed import Contract
    from ui.shell.training import Outcome

# Nine rates, each half a power of ten above the one before.
SWEPT_RATES = tuple(float(f"{10 ** (power / 2):.3g}") for power in range(-7, 2))


@after_training
def rates_tab(_shown: Outcome) -> None:
    """Show the final loss of every rule against nine learning rates."""
    experiment = document().experiment
    st.caption(
        _(
            "Every optimizer in the comparison is trained at nine learning rates, with the other"
            " settings of its first run."
        )
    )
    sweep = rate_sweep(experiment, SWEPT_RATES)
    scores = scored(sweep, "sweep")
    if scores is None:
        return
    swept = _rule_styles(experiment)
    chart = figure(
        lambda: rate_sensitivity(scores, swept, SWEPT_RATES), "rates", _contract(experiment)
    )
    if chart is not None:
        st.caption(" · ".join(map(escaped, chart.remarks)))
    best = best_swept_rates(scores)
    why_not = _why_not(experiment, scores, len(swept), len(best))
    st.button(
        _("Use each optimizer's best of these 9"),
        key="use-best",
        on_click=_use_rates,
        args=(sweep, best),
        disabled=why_not is not None,
        help=why_not,
    )


def _rule_styles(experiment: Experiment) -> list[RunStyle]:
    """Return every rule's title with the colour of its first run."""
    firsts: dict[str, RunStyle] = {}
    for run, style in zip(experiment.runs, styles(), strict=True):
        firsts.setdefault(run.optimizer.title, RunStyle(run.optimizer.title, style.number))
    return list(firsts.values())


def _contract(experiment: Experiment) -> Contract:
    """Return the comparison's contract, with the swept rates in place of the runs' own."""
    equal, unequal = contract(experiment, tuned=False)  # its last sentence is about the rates
    return [*equal[:-1], _("every optimizer at nine learning rates")], unequal


def _why_not(experiment: Experiment, scores: Scores, n_rules: int, n_best: int) -> str | None:
    """Return why the best rates cannot be taken; None where they can."""
    if n_rules < len(experiment.runs):
        return _(
            "Several runs use the same optimizer: the best rate for the first may not be best for"
            " the others."
        )
    if n_best < n_rules:
        return _("An optimizer that diverged at all nine rates has no best rate.")
    if any({"", "stopped"} & set(run.status) for run in scores.runs):
        return _("Training at the nine rates has not finished.")
    return None


def _use_rates(sweep: Sweep, best: dict[str, float]) -> None:
    """Give every run its rule's best rate."""
    best_rates().remember(sweep, best)
    runs = document().experiment.runs
    edit(
        change,
        runs=tuple(
            run.model_copy(update={"learning_rate": best[run.optimizer.name]}) for run in runs
        ),
    )
