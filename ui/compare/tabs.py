"""The charts of a comparison, in tabs that are drawn only while they are open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from charts.sensitivity import rate_sensitivity
from charts.theme import RunStyle
from comparison.catalogue import (
    NORMS,
    can_be_drawn,
    fit_epochs,
    fits,
    fits_caption,
    losses,
    norms,
    score,
)
from comparison.edits import change, change_view
from comparison.offers import axes, quantities
from comparison.words.contract import contract
from engine import rate_sweep
from language import N_, _
from language.labels import label
from ui.compare.settings import settings
from ui.shell.binding import bound
from ui.shell.figure import figure, sketch
from ui.shell.results import paired_table, results_table
from ui.shell.store import document, edit, set_page, styles
from ui.shell.text import escaped
from ui.shell.training import scored
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.theme import Chart
    from engine import History, Scores, Sweep
    from ui.shell.training import Outcome

TITLES = {
    "loss": N_("Loss"),
    "score": N_("Score"),
    "norms": N_("Norms"),
    "fits": N_("Fits"),
    "rates": N_("Learning-rate sensitivity"),
    "details": N_("Details"),
}
# Nine rates, each half a power of ten above the one before.
SWEPT_RATES = tuple(float(f"{10 ** (power / 2):.3g}") for power in range(-7, 2))


def view_switches() -> None:
    """Choose which loss is drawn, against what, and how."""
    now = document()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _switch(_("Loss"), "quantity", quantities(now.experiment), now.view.quantity)
        _switch(_("Axis"), "axis", axes(now), now.view.axis)
        bound(
            st.toggle,
            _("Logarithmic"),
            key="log",
            shown=now.view.log,
            report=lambda on: edit(change_view, log=on),
        )


def growing_chart(
    history: History, run_styles: Sequence[RunStyle], before: Outcome | None
) -> Chart:
    """Return the loss chart of a training under way, over the dimmed lines of the last result."""
    chart = loss_chart(history, run_styles)
    if before is not None:
        old = loss_chart(before.history, before.styles).figure
        dimmed = [trace.update(opacity=0.2, hoverinfo="skip") for trace in old.data]
        chart.figure.add_traces(dimmed)
    return chart


def loss_chart(history: History, run_styles: Sequence[RunStyle]) -> Chart:
    """Return the loss chart as the view asks for it."""
    view = document().view
    return losses(history, run_styles, view.quantity, view.axis, log=view.log)


def loss_tab(shown: Outcome, place: Any, table: Any) -> None:
    """Fill the first tab: the chart and the table."""

    def make() -> Chart:
        chart = loss_chart(shown.history, shown.styles)
        if shown.stale:
            chart.figure.update_traces(opacity=0.3)
        return chart

    with place.container():
        _captioned(sketch(make, "loss", "loss") if shown.stale else figure(make, "loss"))
    with table:
        results_table(shown.history, shown.styles, full=False)


def _captioned(chart: Chart | None) -> None:
    """Say below a chart what it does not show of all."""
    if chart is not None and chart.said:
        st.caption(" ".join(map(escaped, chart.said)))


def score_tab(shown: Outcome) -> None:
    """Show accuracy or R^2."""
    if shown.history.experiment.problem.kind == "function":
        st.info(_("A test function has no rows that could be right or wrong."))
        return
    axis = document().view.axis
    _captioned(figure(lambda: score(shown.history, shown.styles, axis), "score"))


def norms_tab(shown: Outcome) -> None:
    """Show the norm of full gradient, batch gradient or update."""
    name = settings().norm
    bound(
        st.segmented_control,
        _("Norm"),
        NORMS,
        format_func=label,
        key="norm",
        shown=name,
        report=lambda chosen: set_page(norm=chosen),
        required=True,
        label_visibility="collapsed",
    )
    axis = document().view.axis
    _captioned(figure(lambda: norms(shown.history, shown.styles, name, axis), name))


def fits_tab(shown: Outcome) -> None:
    """Show what every run has learnt at one epoch; the slider moves all panels."""
    problem = shown.history.experiment.problem
    if not can_be_drawn(problem):
        st.info(_("Fits can be drawn for data of one or two features."))
        return
    epochs = fit_epochs(shown.history)
    wanted = settings().epoch
    epoch = epochs[-1] if wanted is None else _nearest(epochs, wanted)
    if len(epochs) > 1:
        slider, field = st.columns([5, 1], vertical_alignment="bottom")
        take = partial(_take_fit, epochs)
        bound(
            slider.select_slider,
            _("Epoch"),
            epochs,
            epoch,
            key="fit-epoch",
            shown=epoch,
            report=take,
            format_func=lambda value: f"{value:.6g}",
        )
        bound(
            field.number_input,
            _("Epoch"),
            epochs[0],
            epochs[-1],
            step=float(np.diff(epochs).max()),  # a smaller one might be drawn back
            key="fit-number",
            shown=epoch,
            report=take,
            format="%.6g",
            label_visibility="collapsed",
        )
    if len(epochs) == 1 or len(shown.history.experiment.seeds) > 1:
        st.caption(fits_caption(shown.history, epoch))
    figure(lambda: fits(shown.history, shown.styles, epoch), "fits")


def _take_fit(epochs: Sequence[float], chosen: float) -> None:
    """Show the kept epoch nearest to the one chosen; the last is the last of any budget."""
    epoch = _nearest(epochs, chosen)
    set_page(epoch=None if epoch == epochs[-1] else epoch)


def _nearest(epochs: Sequence[float], wanted: float) -> float:
    return min(epochs, key=lambda epoch: abs(epoch - wanted))


def rates_tab(_shown: Outcome) -> None:
    """Show the final loss of every rule against nine learning rates."""
    experiment = document().experiment
    st.caption(
        _(
            "Every rule of the comparison is trained at nine learning rates,"
            " with its first run's other settings."
        )
    )
    sweep = rate_sweep(experiment, SWEPT_RATES)
    scores = scored(sweep, "sweep")
    if scores is None:
        return
    firsts: dict[str, RunStyle] = {}
    for run, style in zip(experiment.runs, styles(), strict=True):
        firsts.setdefault(run.optimizer.title, RunStyle(run.optimizer.title, style.number))
    equal, unequal = contract(experiment, tuned=False)  # its last sentence is about the rates
    said = ([*equal[:-1], _("every rule at nine learning rates")], unequal)
    swept = list(firsts.values())
    chart = figure(lambda: rate_sensitivity(scores, swept, SWEPT_RATES), "rates", said)
    if chart is not None:
        st.caption(" · ".join(map(escaped, chart.said)))
    best = best_swept_rates(scores)
    why_not = None
    if len(firsts) < len(experiment.runs):
        why_not = _(
            "Several runs have the same rule: the best rate of the first need not be the others'."
        )
    elif len(best) < len(firsts):
        why_not = _("A rule that diverged at all nine rates has no best one.")
    elif any({"", "stopped"} & set(run.status) for run in scores.runs):
        why_not = _("The nine rates have not been trained to the end.")
    st.button(
        _("Use each rule's best of these 9"),
        key="use-best",
        on_click=_use_rates,
        args=(sweep, best),
        disabled=why_not is not None,
        help=why_not,
    )


def best_swept_rates(sweep: Scores) -> dict[str, float]:
    """Return for every rule of a sweep the rate of its lowest final loss, if it did not diverge."""
    best: dict[str, tuple[float, float]] = {}
    for run, spec in zip(sweep.runs, sweep.experiment.runs, strict=True):
        loss, name = run.median_loss, spec.optimizer.name
        if loss < best.get(name, (np.inf, 0.0))[0]:
            best[name] = (loss, spec.learning_rate)
    return {name: rate for name, (_loss, rate) in best.items()}


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


def details_tab(shown: Outcome) -> None:
    """Show every number of the results, and paired differences over several seeds."""
    results_table(shown.history, shown.styles, full=True)
    paired_table(shown.history, shown.styles)


FILL: dict[str, Callable[[Outcome], None]] = {
    "score": score_tab,
    "norms": norms_tab,
    "fits": fits_tab,
    "rates": rates_tab,
    "details": details_tab,
}


def _switch(title: str, field: str, options: Sequence[str], value: str) -> None:
    bound(
        st.segmented_control,
        title,
        options,
        format_func=label,
        key=field,
        shown=value,
        report=lambda chosen: edit(change_view, **{field: chosen}),
        required=True,
        label_visibility="collapsed",
    )
