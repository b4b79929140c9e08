"""Careful learning rates for a formula, which nobody has tried any rate on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine import LIMITS, Run
from engine.rules import SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSprop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.problems.formula import Formula
    from engine.rules import Rule

# Rules whose steps are as long as the gradient, and rules whose steps are as long as the rate.
_BY_GRADIENT: Final = (SGD, Momentum, Nesterov)
_BY_RATE: Final = (Adagrad, RMSprop, Adam, AdamW)
_OF_EDGE: Final = 0.5  # over the largest curvature; SGD diverges from 2
_OF_SIDE: Final = 0.05  # of the longer side of the window: how far the first step may go
_BETWEEN: Final = np.linspace(0.0, 1.0, 9)[:, None]


def careful_runs(
    runs: Sequence[Run], formula: Formula, start: tuple[float, float]
) -> tuple[Run, ...]:
    """Return the runs with rates for a formula, as far from each other as they were.

    The largest rate of SGD and of rules with momentum is half of one over the largest curvature
    between the start and the nearest minimum that was found, and lower where the first step would
    be longer than a twentieth of the window. That is also the largest rate of Adam and its like,
    whose steps are about as long as the rate. Other rules keep theirs.
    """
    longest = _OF_SIDE * max(high - low for low, high in formula.window)
    scaled = _with_top(runs, _BY_GRADIENT, _rate_by_gradient(formula, start, longest))
    return tuple(_with_top(scaled, _BY_RATE, longest))


def _rate_by_gradient(formula: Formula, start: tuple[float, float], longest: float) -> float:
    """Return a rate for SGD; NaN where nothing is known at the start."""
    minima = [point[:2] for point in formula.stationary_points if point.kind == "minimum"]
    nearest = min(
        minima, key=lambda point: float(np.hypot(*np.subtract(point, start))), default=start
    )
    way = np.array(start) + _BETWEEN * np.subtract(nearest, start)
    _value, gradient, hessian = formula.expansion(way)
    is_known = np.isfinite(hessian).all(axis=(1, 2))
    curvatures = np.abs(np.linalg.eigvalsh(hessian[is_known]))
    with np.errstate(divide="ignore"):
        edge = np.divide(_OF_EDGE, curvatures.max(initial=0.0))
        return float(np.minimum(edge, np.divide(longest, np.linalg.norm(gradient[0]))))


def _with_top(runs: Sequence[Run], kinds: tuple[type[Rule], ...], top: float) -> list[Run]:
    """Return the runs; the rates of some rules are scaled so that this is the largest."""
    rates = [run.learning_rate for run in runs if type(run.optimizer) in kinds]
    if not rates or not np.isfinite(top):
        return list(runs)
    limits = LIMITS["learning_rate"]

    def scaled(run: Run) -> Run:
        rate = float(f"{run.learning_rate * (top / max(rates)):.2g}")
        return run.model_copy(update={"learning_rate": min(max(rate, limits.low), limits.high)})

    return [scaled(run) if type(run.optimizer) in kinds else run for run in runs]
