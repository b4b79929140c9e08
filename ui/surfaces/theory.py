"""What theory says about the runs near a minimum, beside what they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from engine import theory
from engine.optimizers import SGD, Momentum
from engine.quadratics import quadratic
from language import _
from language.labels import label
from ui.session import document

if TYPE_CHECKING:
    from engine import Experiment
    from engine.arrays import Array
    from files.scenes import Scene


@dataclass(frozen=True, eq=False)
class Nearby:
    """The loss near a minimum.

    Attributes:
        curvatures: eigenvalues of the Hessian there, rising.
        minimum: where it is.
        is_exact: whether the whole loss is quadratic, not only near the minimum.
    """

    curvatures: Array
    minimum: Array
    is_exact: bool


def nearby(experiment: Experiment) -> Nearby | None:
    """Return the quadratic that a problem is, or is near its first minimum; None without one."""
    found = quadratic(experiment)
    if found is not None:
        return Nearby(found.curvatures, found.minimum, is_exact=True)
    problem = experiment.problem
    if problem.kind != "function" or not problem.function.minima:
        return None
    lowest = problem.function.minima[0]
    bends = theory.curvatures(problem.function, lowest)
    if not bends[0] > 0:
        return None
    return Nearby(bends, np.array([lowest.x, lowest.y]), is_exact=False)


def edge_line() -> None:
    """Mark the edge of stability at the learning-rate control of the selected run."""
    experiment = document().experiment
    run = experiment.runs[document().view.selected]
    near = nearby(experiment)
    if near is None:
        return
    edge = theory.largest_stable_rate(run.optimizer, near.curvatures)
    if edge is None:
        return
    share = run.learning_rate / edge
    colour = "red" if share > 1 else "orange" if share > 0.9 else "green"
    text = _("η = {rate} is {share} of the edge of stability, {formula} = {edge}")
    formula = "2/λmax" if isinstance(run.optimizer, SGD) else "2(1 + μ)/λmax"
    if not isinstance(run.optimizer, (SGD, Momentum)):
        formula = "2(1 + μ)/((1 + 2μ) λmax)"
    said = text.format(
        rate=f"{run.learning_rate:g}", share=f"{share:.0%}", formula=formula, edge=f"{edge:.4g}"
    )
    _left, under_slider = st.columns([1, 5])
    under_slider.caption(f":{colour}[{_bar(share)}] {said}")


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
    near = nearby(experiment)
    if near is None:
        st.info(
            _("Theory knows this problem only where it has a minimum with curvature all around.")
        )
        return
    low, high = float(near.curvatures[0]), float(near.curvatures[-1])
    text = _(
        "Curvatures (eigenvalues of the Hessian) at the minimum: {low} to {high}, condition number"
        " {condition}."
    )
    said = text.format(low=f"{low:.4g}", high=f"{high:.4g}", condition=f"{high / low:.4g}")
    if not near.is_exact:
        said += " " + _("The loss is quadratic only near the minimum, and the theory holds there.")
    st.caption(said)
    rows = []
    for position, (run, look) in enumerate(zip(experiment.runs, scene.looks, strict=True)):
        predicted = theory.convergence_rate(run.optimizer, run.learning_rate, near.curvatures)
        best = theory.best_setting(type(run.optimizer), near.curvatures)
        rows.append(
            {
                label("run"): look.name,
                label("learning_rate"): run.learning_rate,
                _("Largest stable"): theory.largest_stable_rate(run.optimizer, near.curvatures),
                _("Best rate"): best and best.learning_rate,
                _("Best momentum"): best and best.momentum,
                _("Best factor per step"): best and best.convergence_rate,
                _("Predicted factor per step"): predicted,
                _("Measured factor per step"): _measured(scene, position, near),
            }
        )
    table = pd.DataFrame(rows)
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
            "Each step multiplies the distance from the minimum by the factor, in the long run;"
            " above 1 it grows. Rules that scale each parameter are not linear: no prediction."
        )
    )


def _measured(scene: Scene, position: int, near: Nearby) -> Any:
    """Return the measured factor, where every step was recorded."""
    run = scene.history.runs[position]
    steps = run.params_steps
    if len(steps) < 2 or not np.array_equal(steps, np.arange(len(steps))):
        return None
    return theory.measured_rate(run.params[0], near.minimum)
