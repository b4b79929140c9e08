"""What theory says about the runs near a minimum, beside what they did."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from engine import initial_params, recorded_params, theory
from engine.analysis.quadratics import quadratic
from engine.rules.schedules import Constant
from language import _
from ui.shell.store import document
from ui.shell.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.scenes import Scene
    from engine import Experiment, Run
    from engine.arrays import Array
    from ui.shell.training import Outcome


@dataclass(frozen=True, eq=False)
class Nearby:
    """The loss near a minimum.

    Attributes:
        curvatures: eigenvalues of the Hessian there, rising.
        minimum: where it is.
        is_exact: whether the whole loss is quadratic, not only near the minimum.
        is_known: whether the minimum is known, not found by a search.
    """

    curvatures: Array
    minimum: Sequence[float] | Array
    is_exact: bool
    is_known: bool = True


def nearby(experiment: Experiment, ends: Sequence[Array]) -> list[Nearby | None]:
    """Return the quadratic that a problem is, or is near the minimum nearest to each run's end."""
    found = quadratic(experiment)
    if found is not None:
        return [Nearby(found.curvatures, found.minimum, is_exact=True)] * len(ends)
    return [_nearest(experiment, end) for end in ends]


def _nearest(experiment: Experiment, end: Array) -> Nearby | None:
    """Return the minimum nearest to an end; None where it is flat, or there is none."""
    problem = experiment.problem
    if problem.kind != "function":
        return None
    minima = [point for point in problem.function.stationary_points if point.kind == "minimum"]
    if not minima:
        return None
    nearest = min(minima, key=lambda point: math.dist((point.x, point.y), end))
    bends = theory.curvatures(problem.function, nearest)
    if not bends[0] > 0:
        return None
    is_known = problem.function.is_known
    return Nearby(bends, (nearest.x, nearest.y), is_exact=False, is_known=is_known)


def edge_line(shown: Outcome | None) -> None:
    """Mark the edge of stability at the learning-rate control of the selected run.

    Args:
        shown: what was trained; while that waits, the run is where it starts.
    """
    experiment, position = document().experiment, document().view.selected
    run = experiment.runs[position]
    if shown is None or shown.stale:
        end = initial_params(experiment, experiment.seeds[0])
    else:
        end = recorded_params(shown.history.runs[position])[1][-1]
    (near,) = nearby(experiment, [end])
    if near is None:
        return
    edge = theory.largest_stable_rate(run.optimizer, near.curvatures)
    if edge is None:
        return
    _left, under_slider = st.columns([1, 5])
    if _is_steady(run) and experiment.is_full_batch(run):
        under_slider.caption(_verdict(run, edge))
    else:
        under_slider.caption(_no_verdict(experiment, run, edge))


def _verdict(run: Run, edge: float) -> str:
    """Return how near to the edge of stability a rate is, with a colour and a picture."""
    share = run.learning_rate / edge
    colour = "red" if share > 1 else "orange" if share > 0.9 else "green"
    text = _("η = {rate} is {share} of the edge of stability, {formula} = {edge}")
    said = text.format(
        rate=f"{run.learning_rate:g}",
        share=f"{share:.0%}",
        formula=theory.edge_formula(type(run.optimizer)),
        edge=f"{edge:.4g}",
    )
    return f":{colour}[{_bar(share)}] {said}"


def _no_verdict(experiment: Experiment, run: Run, edge: float) -> str:
    """Return the edge of full-batch descent for a run that is something else."""
    text = {
        "steady": _(
            "η = {rate}. The edge of stability, {formula} = {edge}, is that of a constant learning"
            " rate without clipping. This run has a schedule or clips its gradients."
        ),
        "function": _(
            "η = {rate}. The edge of stability, {formula} = {edge}, is that of full-batch descent."
            " This run has noisy gradients, and may leave the minimum even below it."
        ),
        "network": _(
            "η = {rate}. The edge of stability, {formula} = {edge}, is that of full-batch descent."
            " This run uses mini-batches, and may diverge even below it."
        ),
    }[experiment.problem.kind if _is_steady(run) else "steady"]
    return text.format(
        rate=f"{run.learning_rate:g}",
        formula=theory.edge_formula(type(run.optimizer)),
        edge=f"{edge:.4g}",
    )


def _is_steady(run: Run) -> bool:
    """Tell whether every update of a run has the same rate, on the gradient as it is."""
    return run.schedule == Constant() and run.clipping is None


def _bar(share: float) -> str:
    """Return the rate on a line that ends at the edge, in signs."""
    place = min(round(10 * share), 12)
    marks = ["─"] * 13
    marks[10] = "┃"
    marks[place] = "●"
    return "".join(marks)


def theory_tab(scene: Scene) -> None:
    """Show curvatures, the edge, the best setting, and predicted beside measured rates."""
    experiment = scene.history.experiment
    ends = [recorded_params(run)[1][-1] for run in scene.history.runs]
    nears = nearby(experiment, ends)
    known = {tuple(near.minimum): near for near in nears if near is not None}
    if not known:
        st.info(
            _(
                "The theory applies only to problems that have a minimum with curvature in every"
                " direction."
            )
        )
        return
    for near in known.values():
        st.caption(_curvature_words(near))
    if not all(near.is_exact for near in known.values()):
        st.caption(
            _(
                "The loss is quadratic only near a minimum, and that is where the theory holds."
                " For each run, it is applied at the minimum nearest to where the run ended."
            )
        )
    table = pd.DataFrame([_row(scene, position, near) for position, near in enumerate(nears)])
    st.dataframe(
        table,
        width="stretch",
        hide_index=True,
        key="surfaces-theory",
        placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(format="%.4g")
            for name in table.columns
            if pd.api.types.is_numeric_dtype(table[name])
        },
        alt=_("Theory and measurement, one row per run."),
    )
    st.caption(
        _(
            "In the long run, each step multiplies the distance from the minimum by this factor;"
            " above 1 the distance grows. Optimizers that scale each parameter are not linear, so"
            " nothing is predicted for them."
        )
    )
    others = [
        style.name
        for style, run in zip(scene.styles, experiment.runs, strict=True)
        if not (experiment.is_full_batch(run) and _is_steady(run))
    ]
    if others:
        text = _(
            "The largest stable and the best settings are those of full-batch descent at a constant"
            " rate. These runs have mini-batches, noise, a schedule or clipping, for which there is"
            " no prediction: {runs}."
        )
        st.caption(text.format(runs=escaped(", ".join(others))))


def _curvature_words(near: Nearby) -> str:
    low, high = float(near.curvatures[0]), float(near.curvatures[-1])
    numbers = {"low": f"{low:.4g}", "high": f"{high:.4g}", "condition": f"{high / low:.4g}"}
    if near.is_exact:
        text = _(
            "Curvatures (eigenvalues of the Hessian) at the minimum: {low} to {high}, condition"
            " number {condition}."
        )
        return text.format(**numbers)
    text = _(
        "Curvatures (eigenvalues of the Hessian) at the minimum {place}: {low} to {high}, condition"
        " number {condition}."
    )
    if not near.is_known:
        text = _(
            "Curvatures (eigenvalues of the Hessian) at the minimum {place}, which a search found:"
            " {low} to {high}, condition number {condition}."
        )
    return text.format(place=_place(near), **numbers)


def _place(near: Nearby) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in near.minimum) + ")"


def _row(scene: Scene, position: int, near: Nearby | None) -> dict[str, Any]:
    """Return what theory and measurement say of a run, under the titles of the table."""
    run = scene.history.experiment.runs[position]
    row = {_("Run"): scene.styles[position].name, _("Learning rate"): run.learning_rate}
    if near is None:
        return row
    if not near.is_exact:
        row[_("Nearest minimum")] = _place(near)
    predicted = None
    if _is_steady(run) and scene.history.experiment.is_full_batch(run):
        predicted = theory.convergence_rate(run.optimizer, run.learning_rate, near.curvatures)
    best = theory.best_setting(type(run.optimizer), near.curvatures)
    return row | {
        _("Largest stable"): theory.largest_stable_rate(run.optimizer, near.curvatures),
        _("Best rate"): best and best.learning_rate,
        _("Best momentum"): best and best.momentum,
        _("Best factor per step"): best and best.convergence_rate,
        _("Predicted factor per step"): predicted,
        _("Measured factor per step"): _measured(scene, position, near),
    }


def _measured(scene: Scene, position: int, near: Nearby) -> Any:
    """Return the measured factor, where every step was recorded."""
    run = scene.history.runs[position]
    steps = run.params_steps
    if len(steps) < 2 or steps.tolist() != list(range(len(steps))):
        return None
    return theory.measured_rate(run.params[0], near.minimum)
