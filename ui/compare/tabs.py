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
from comparison.words.contract import contract
from engine import rate_sweep
from language import N_, _
from language.labels import label
from ui.shell.figure import figure, sketch
from ui.shell.results import paired_table, results_table
from ui.shell.session import (
    change,
    change_view,
    document,
    has_validation_rows,
    set_page,
    settings,
    styles,
)
from ui.shell.text import escaped
from ui.shell.training import scored
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.theme import Chart
    from comparison.document import Document
    from engine import Experiment, History, Scores, Sweep
    from ui.shell.training import Outcome

TITLES = {
    "loss": N_("Loss"),
    "score": N_("Score"),
    "norms": N_("Norms"),
    "fits": N_("Fits"),
    "rates": N_("Learning-rate sensitivity"),
    "details": N_("Details"),
}
_AXES = ("epochs", "iterations", "rows_seen", "seconds")
# Nine rates, each half a power of ten above the one before.
SWEPT_RATES = tuple(float(f"{10 ** (power / 2):.3g}") for power in range(-7, 2))


def view_switches() -> None:
    """Choose which loss is drawn, against what, and how."""
    now = document()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _switch(_("Loss"), "quantity", _losses(now.experiment), now.view.quantity)
        _switch(_("Axis"), "axis", _axes(now), now.view.axis)
        st.session_state["log"] = now.view.log
        st.toggle(
            _("Logarithmic"), key="log", on_change=lambda: change_view(log=st.session_state["log"])
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
    st.session_state["norm"] = name
    st.segmented_control(
        _("Norm"),
        NORMS,
        format_func=partial(label, "quantity"),
        key="norm",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: set_page(norm=st.session_state["norm"]),
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
    wanted = epochs[-1] if settings().epoch is None else settings().epoch
    epoch = _nearest(epochs, wanted)
    if len(epochs) > 1:
        slider, field = st.columns([5, 1], vertical_alignment="bottom")
        st.session_state["fit-epoch"] = st.session_state["fit-number"] = epoch
        slider.select_slider(
            _("Epoch"),
            epochs,
            key="fit-epoch",
            format_func=lambda value: f"{value:.6g}",
            on_change=_take_fit,
            args=("fit-epoch", epochs),
        )
        field.number_input(
            _("Epoch"),
            epochs[0],
            epochs[-1],
            step=float(np.diff(epochs).max()),  # a smaller one might be drawn back
            key="fit-number",
            format="%.6g",
            label_visibility="collapsed",
            on_change=_take_fit,
            args=("fit-number", epochs),
        )
    if len(epochs) == 1 or len(shown.history.experiment.seeds) > 1:
        st.caption(fits_caption(shown.history, epoch))
    figure(lambda: fits(shown.history, shown.styles, epoch), "fits")


def _take_fit(key: str, epochs: Sequence[float]) -> None:
    """Show the kept epoch nearest to the one chosen; the last is the last of any budget."""
    epoch = _nearest(epochs, st.session_state[key])
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
    change(
        runs=tuple(
            run.model_copy(update={"learning_rate": best[run.optimizer.name]}) for run in runs
        )
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


def _axes(now: Document) -> tuple[str, ...]:
    """Return the axes that there are: a test function has no rows, whatever a link asks for."""
    if now.experiment.problem.kind == "network" or now.view.axis == "rows_seen":
        return _AXES
    return tuple(axis for axis in _AXES if axis != "rows_seen")


def _losses(experiment: Experiment) -> tuple[str, ...]:
    """Return the losses that there are: no validation loss without validation rows."""
    if has_validation_rows(experiment):
        return ("training_loss", "validation_loss", "batch_loss")
    return ("training_loss", "batch_loss")


def _switch(title: str, field: str, options: Sequence[str], value: str) -> None:
    st.session_state[field] = value
    st.segmented_control(
        title,
        options,
        format_func=partial(label, "quantity"),
        key=field,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: change_view(**{field: st.session_state[field]}),
    )
