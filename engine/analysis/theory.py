"""What theory says about a rule on a quadratic, and near any minimum that is one.

f(x) = 1/2 x^T H x falls apart along the eigenvectors of H: in each of them a rule sees one
parameter and one curvature, an eigenvalue. SGD, Momentum and Nesterov are linear there, so that an
update is a matrix; its spectral radius is the factor by which the error shrinks, and stability asks
for a radius below one. The matrix is read off the rule itself, by giving it unit vectors.

Other rules are not linear: the answer for them is None, except for the threshold of Adam and
RMSprop with a frozen preconditioner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from engine.arrays import Layout
from engine.errors import InvalidInput
from engine.limits import Interval
from engine.rules import SGD, Adam, Momentum, Nesterov, RMSprop
from engine.rules.rule import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.arrays import Array
    from engine.problems.function_of_two import FunctionOfTwo, StationaryPoint
    from engine.rules import Rule

_LEAST_STEPS: Final = 10  # that a path needs for a rate
_FLOOR: Final = 1e-12  # relative; nearer to the minimum there is only rounding error


@dataclass(frozen=True)
class BestSetting:
    """The fastest a rule can be on a quadratic, whatever its start.

    Attributes:
        learning_rate: the best rate.
        momentum: the best momentum; None for a rule without it.
        convergence_rate: factor by which the error then shrinks per update, in the long run.
    """

    learning_rate: float
    momentum: float | None
    convergence_rate: float


def curvatures(function: FunctionOfTwo, point: StationaryPoint) -> Array:
    """Return the eigenvalues of the Hessian at a point, rising, ``(2,)``."""
    return np.linalg.eigvalsh(function.hessian(np.array([[point.x, point.y]])))[0]


def sharpness_threshold(optimizer: Rule, learning_rate: float) -> float | None:
    """Return the curvature above which a rule leaves a minimum at this learning rate.

    2 / eta for SGD, (2 + 2 mu) / eta for Momentum, (2 + 2 mu) / ((1 + 2 mu) eta) for Nesterov.

    For RMSprop and Adam the curvature is that of the preconditioned Hessian, D^(1/2) H D^(1/2) with
    D the diagonal of 1 / (sqrt(v_hat) + epsilon), and v_hat is taken as *frozen* where it is, with
    bias corrections of one: 2 / eta for RMSprop, (2 + 2 beta1) / ((1 - beta1) eta) for
    Adam, which is momentum on an average. In fact v_hat follows the gradients, and Adam drifts to
    where this threshold is just met.

    None for Adagrad, whose preconditioner never settles, and for AdamW, whose decay is not part of
    the Hessian.

    Source:
        Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of
        stability, arXiv:2103.00065, appendix B; Cohen et al. (2022), Adaptive gradient methods at
        the edge of stability, arXiv:2207.14484.
    """
    known = _THEORY.get(type(optimizer))
    return None if known is None else known.threshold(optimizer) / learning_rate


def has_preconditioned_threshold(optimizer: Rule) -> bool:
    """Tell whether ``sharpness_threshold`` is about the preconditioned Hessian."""
    known = _THEORY.get(type(optimizer))
    return known is not None and known.preconditioned


def largest_stable_rate(optimizer: Rule, curvatures: Sequence[float] | Array) -> float | None:
    """Return the learning rate above which a rule diverges on a quadratic; None if not linear.

    2 / lambda_max for SGD, (2 + 2 mu) / lambda_max for Momentum, (2 + 2 mu) / ((1 + 2 mu)
    lambda_max) for Nesterov.

    Args:
        optimizer: the rule with its momentum.
        curvatures: eigenvalues of the Hessian, all positive.

    Raises:
        InvalidInput: a curvature is not positive: there is no minimum.
    """
    values = _positive(curvatures)
    if _linear(type(optimizer)) is None:
        return None
    return sharpness_threshold(optimizer, float(values.max()))  # only eta lambda counts


def edge_formula(rule: type[Rule]) -> str | None:
    """Return ``largest_stable_rate`` as a formula; None if there is none."""
    linear = _linear(rule)
    return None if linear is None else linear.edge


def best_setting(rule: type[Rule], curvatures: Sequence[float] | Array) -> BestSetting | None:
    """Return the learning rate and momentum with which a rule is fastest; None if not linear.

    With kappa = lambda_max / lambda_min:

    - SGD: eta = 2 / (lambda_min + lambda_max), error times (kappa - 1) / (kappa + 1);
    - Momentum: eta = (2 / (sqrt lambda_min + sqrt lambda_max))^2, sqrt mu = the error's factor
      (sqrt kappa - 1) / (sqrt kappa + 1);
    - Nesterov: eta = 4 / (3 lambda_max + lambda_min), mu = (sqrt(3 kappa + 1) - 2) /
      (sqrt(3 kappa + 1) + 2), error times 1 - 2 / sqrt(3 kappa + 1).

    Args:
        rule: the class.
        curvatures: eigenvalues of the Hessian, all positive.

    Raises:
        InvalidInput: a curvature is not positive: there is no minimum.

    Source:
        Polyak (1964); Lessard, Recht and Packard (2016), Analysis and design of optimization
        algorithms via integral quadratic constraints, arXiv:1408.3595, proposition 1.
    """
    values = _positive(curvatures)
    linear = _linear(rule)
    return None if linear is None else linear.best(float(values.min()), float(values.max()))


def convergence_rate(
    optimizer: Rule, learning_rate: float, curvatures: Sequence[float] | Array
) -> float | None:
    """Return the factor by which the error changes per update in the long run; None if not linear.

    It is the largest absolute eigenvalue of the update's matrix over all curvatures: below one the
    rule converges, above one it diverges. The best setting of Momentum has a double eigenvalue, so
    a path there approaches its rate only slowly, as t rho^t.

    Args:
        optimizer: the rule with its momentum.
        learning_rate: its rate.
        curvatures: eigenvalues of the Hessian, all positive.

    Raises:
        InvalidInput: a curvature is not positive: there is no minimum.
    """
    values = _positive(curvatures)
    if _linear(type(optimizer)) is None:
        return None
    matrices, _ = _linear_update(optimizer, learning_rate, values)
    return float(np.abs(np.linalg.eigvals(matrices)).max())


def stationary_variance(
    optimizer: Rule, learning_rate: float, curvature: float, noise: float
) -> float | None:
    """Return the variance that a parameter keeps under gradient noise; None if not linear.

    This is where the variance settles on f(x) = curvature / 2 x^2 with independent noise on every
    gradient; infinite if the rule diverges. For SGD it is eta sigma^2 / (lambda (2 - eta lambda)),
    for Momentum eta sigma^2 (1 + mu) / (lambda (1 - mu) (2 (1 + mu) - eta lambda)); every rule
    solves the same equation, S = A S A^T + sigma^2 b b^T.

    Args:
        optimizer: the rule with its momentum.
        learning_rate: its rate.
        curvature: lambda, positive.
        noise: standard deviation sigma of the noise.

    Raises:
        InvalidInput: the curvature is not positive: there is no minimum.
    """
    values = _positive([curvature])
    if _linear(type(optimizer)) is None:
        return None
    matrices, pushes = _linear_update(optimizer, learning_rate, values)
    a, b = matrices[0], pushes[0]
    if np.abs(np.linalg.eigvals(a)).max() >= 1:
        return float("inf")
    equations = np.eye(a.size) - np.kron(a, a)
    return float(noise**2 * np.linalg.solve(equations, np.kron(b, b))[0])


def measured_rate(path: Array, minimum: Sequence[float] | Array) -> float | None:
    """Return the factor by which a path's distance from a minimum changed per step.

    It is the slope of a straight line through the logarithm of the distance over the second half of
    the path. Each distance covers two neighbouring steps, so that passing the minimum does not
    count as reaching it. The path ends where it is no longer finite, or so near that there is only
    rounding error. A path along one eigenvector of the Hessian shows only that direction's rate,
    and near critical damping a path approaches its rate too slowly for the last per cent.

    Args:
        path: ``(steps + 1, n_params)``.
        minimum: ``(n_params,)``.

    Returns:
        The factor; None if fewer than ten steps can be used.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging path is a result
        errors = np.linalg.norm(path - np.asarray(minimum), axis=1)
        distances = np.hypot(errors[1:], errors[:-1])
    floor = _FLOOR * (errors[0] + np.linalg.norm(minimum))
    ends = np.flatnonzero(~np.isfinite(distances) | (distances <= floor))
    known = distances[: ends[0]] if len(ends) else distances
    if len(known) < _LEAST_STEPS:
        return None
    half = np.log(known[len(known) // 2 :])
    steps = np.arange(len(half))
    return float(np.exp(np.polyfit(steps, half, 1)[0]))


def _positive(curvatures: Sequence[float] | Array) -> Array:
    values = np.asarray(curvatures, dtype=np.float64)
    for value in values:
        if not value > 0:
            allowed = Interval(0, float("inf"), open_low=True)
            raise InvalidInput("out_of_range", "curvatures", float(value), allowed)
    return values


def _linear_update(optimizer: Rule, learning_rate: float, curvatures: Array) -> tuple[Array, Array]:
    """Return what an update does to the state, and what a unit of extra gradient does.

    The state is the parameter and the rule's slots. Matrices ``(curvatures, k, k)`` and vectors
    ``(curvatures, k)``, k the number of these.
    """
    k = 1 + len(optimizer.slots)
    # The lanes are the unit vectors of the state, and a state of zeros whose gradient is one.
    units = np.vstack([np.eye(k), np.zeros(k)])
    states = np.tile(units, (len(curvatures), 1))
    params, slots = states[:, :1], tuple(states[:, i : i + 1].copy() for i in range(1, k))
    grads = np.repeat(curvatures, k + 1)[:, None] * params
    grads[k :: k + 1] = 1
    rates = np.full_like(params, learning_rate)
    moment = Moment(grads, params, Layout((1, 1), bias=False), 1, rates)
    direction, new_slots = optimizer.direction(moment, slots)
    new = np.hstack([params - learning_rate * direction, *new_slots])
    images = new.reshape(len(curvatures), k + 1, k)
    return images[:, :k].transpose(0, 2, 1), images[:, k]


def _best_sgd(low: float, high: float) -> BestSetting:
    return BestSetting(2 / (low + high), None, (high - low) / (high + low))


def _best_momentum(low: float, high: float) -> BestSetting:
    slow, fast = low**0.5, high**0.5
    rate = (fast - slow) / (fast + slow)
    return BestSetting((2 / (slow + fast)) ** 2, rate**2, rate)


def _best_nesterov(low: float, high: float) -> BestSetting:
    root = (3 * high / low + 1) ** 0.5
    return BestSetting(4 / (3 * high + low), (root - 2) / (root + 2), 1 - 2 / root)


class _Linear(NamedTuple):
    """What is known of a rule whose update of a quadratic is a matrix.

    Attributes:
        edge: the largest stable rate as a formula.
        best: returns the best setting between the smallest and the largest curvature.
    """

    edge: str
    best: Callable[[float, float], BestSetting]


class _Theory(NamedTuple):
    """What is known of a rule.

    Attributes:
        threshold: returns learning rate x curvature at which the rule turns unstable.
        linear: what follows if it is linear, else None.
        preconditioned: whether the curvature is that of the preconditioned Hessian, where ``scale``
            of the rule gives the preconditioner.
    """

    threshold: Callable[[Any], float]
    linear: _Linear | None = None
    preconditioned: bool = False


# A rule that is not here has no theory.
_THEORY: Final[dict[type[Rule], _Theory]] = {
    SGD: _Theory(lambda _rule: 2.0, _Linear("2/λmax", _best_sgd)),
    Momentum: _Theory(lambda rule: 2 + 2 * rule.momentum, _Linear("2(1 + μ)/λmax", _best_momentum)),
    Nesterov: _Theory(
        lambda rule: (2 + 2 * rule.momentum) / (1 + 2 * rule.momentum),
        _Linear("2(1 + μ)/((1 + 2μ) λmax)", _best_nesterov),
    ),
    RMSprop: _Theory(lambda _rule: 2.0, preconditioned=True),
    Adam: _Theory(lambda rule: (2 + 2 * rule.beta1) / (1 - rule.beta1), preconditioned=True),
}


def _linear(rule: type[Rule]) -> _Linear | None:
    known = _THEORY.get(rule)
    return None if known is None else known.linear
