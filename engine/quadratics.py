"""Losses that are quadratic in all parameters: their curvatures and their lowest point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.experiment import Function
from engine.losses import LOSSES
from engine.probes import training_gradients
from engine.recording import frozen

if TYPE_CHECKING:
    from engine.arrays import Array
    from engine.experiment import Experiment

_MOST_PARAMETERS: Final = 200
_FLAT: Final = 1e-12  # of the largest curvature; below, rounding is what is seen


@dataclass(frozen=True, eq=False)
class Quadratic:
    """A quadratic loss.

    Attributes:
        curvatures: eigenvalues of its Hessian, rising, ``(n_params,)``; all positive.
        minimum: where it is lowest, ``(n_params,)``.
    """

    curvatures: Array
    minimum: Array


def quadratic(experiment: Experiment) -> Quadratic | None:
    """Return what a quadratic training loss looks like; None where it is none or has no minimum.

    A regression without hidden layers, with the identity and a squared error, is quadratic in its
    parameters, and so are some test functions. The Hessian is read off the gradient, which is
    linear: its differences from the origin along the axes are exact but for rounding.
    """
    problem = experiment.problem
    n_params = problem.n_params
    if n_params > _MOST_PARAMETERS:
        return None
    if isinstance(problem, Function):
        points = np.concatenate([np.zeros((1, 2)), np.eye(2), [[3.0, -2.0]]])
        gradients = problem.function.gradient(points)
    else:
        is_linear = not problem.hidden and problem.output_activation == "identity"
        if not is_linear or LOSSES[problem.loss].reads != "predictions":
            return None
        points = np.concatenate([np.zeros((1, n_params)), np.eye(n_params)])
        gradients = training_gradients(experiment, points)
    offset, hessian = gradients[0], gradients[1 : n_params + 1] - gradients[0]
    if isinstance(problem, Function) and not np.allclose(
        gradients[-1], offset + points[-1] @ hessian, rtol=1e-9, atol=1e-9
    ):
        return None
    hessian = (hessian + hessian.T) / 2
    curvatures = np.linalg.eigvalsh(hessian)
    if not curvatures[0] > _FLAT * curvatures[-1]:
        return None
    return Quadratic(frozen(curvatures), frozen(np.linalg.solve(hessian, -offset)))
