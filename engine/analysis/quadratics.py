"""Losses that are quadratic in all parameters: their curvatures and their lowest point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.problems.formula import Formula
from engine.problems.losses import LOSSES
from engine.problems.specs import Function
from engine.training.loop import problem_of
from engine.training.recording import frozen
from engine.work import finish

if TYPE_CHECKING:
    from engine.arrays import Array
    from engine.experiment import Experiment
    from engine.problems.specs import Network

_MOST_PARAMETERS: Final = 200
_POINTS: Final = 49  # of a test function, at which its curvatures are compared
_FLAT: Final = 1e-12  # of the largest curvature; below this there is nothing but rounding error


@dataclass(frozen=True, eq=False)
class Quadratic:
    """A quadratic loss.

    Attributes:
        curvatures: eigenvalues of its Hessian, rising and positive, ``(n_params,)``.
        minimum: the point where it is lowest, ``(n_params,)``.
    """

    curvatures: Array
    minimum: Array


def quadratic(experiment: Experiment) -> Quadratic | None:
    """Return curvatures and minimum of a quadratic training loss, or None.

    None means that the loss is not quadratic or has no minimum. A regression without hidden layers,
    with identity output and a squared error, is quadratic in its parameters, and so are some test
    functions. The gradient of a quadratic is linear, so the differences between the gradients at
    the unit vectors and at the origin give the Hessian, exactly apart from rounding.
    """
    problem = experiment.problem
    n_params = problem.n_params
    if n_params > _MOST_PARAMETERS or not _has_linear_gradient(problem):
        return None
    points = np.concatenate([np.zeros((1, n_params)), np.eye(n_params)])
    gradients = finish(problem_of(experiment).evaluator(points).gradient())
    hessian = gradients[1:] - gradients[0]
    hessian = (hessian + hessian.T) / 2
    curvatures = np.linalg.eigvalsh(hessian)
    if not curvatures[0] > _FLAT * curvatures[-1]:
        return None
    return Quadratic(frozen(curvatures), frozen(np.linalg.solve(hessian, -gradients[0])))


def _has_linear_gradient(problem: Network | Function) -> bool:
    if isinstance(problem, Function):
        function = problem.function
        if isinstance(function, Formula) and not function.graph.is_smooth:
            return False
        low, high = np.transpose(function.window)
        # Not on a grid: the curvatures of a wave may all be alike there.
        shares = np.random.default_rng(0).uniform(size=(_POINTS, 2))
        hessians = function.hessian(low + shares * (high - low))
        return bool(np.allclose(hessians, hessians[0], rtol=1e-12, atol=1e-12))
    is_squared = LOSSES[problem.loss].reads == "predictions"
    return not problem.hidden and problem.output_activation == "identity" and is_squared
