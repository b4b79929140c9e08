"""Planes through the space of parameters.

A network has many parameters, a picture has two axes. A plane is a point and two directions, and a
picture shows the loss on this slice. A path lies in it only where its distances are zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval
from engine.problems.specs import Function, Network
from engine.training.recording import frozen

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.training.history import History, RunHistory

# The second entropy word of random directions; 0 to 4 belong to rows, split, starts and orders.
_DIRECTION_STREAM: Final = 5
# A principal plane needs the products of all pairs of parameters or of all pairs of points,
# whichever are fewer. If both are more than this, points are left out.
_MOST_POINTS: Final = 300
_PARALLEL: Final = 1e-12  # below this squared sine of their angle, directions span no plane
_MARGIN: Final = 0.15
_NARROWEST: Final = 0.05
_FINEST: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Plane:
    """A point and two directions; a point of the plane is origin + x first + y second.

    Attributes:
        origin: ``(n_params,)``.
        directions: ``(2, n_params)``, of any length, at any angle except 0.

    Raises:
        InvalidInput: the directions are zero or parallel, or hold numbers that are not finite.
    """

    origin: Array
    directions: Array

    def __post_init__(self) -> None:
        """Make the arrays read-only, and refuse directions that span no plane."""
        for name in ("origin", "directions"):
            array = frozen(np.asarray(getattr(self, name), dtype=np.float64))
            if not np.isfinite(array).all():
                wrong = float(array[~np.isfinite(array)][0])
                raise InvalidInput("not_finite", f"plane.{name}", wrong, LIMITS["window"])
            object.__setattr__(self, name, array)
        sine = _squared_sine(self.directions)
        if not sine > _PARALLEL:
            allowed = Interval(_PARALLEL, 1, open_low=True)
            raise InvalidInput("out_of_range", "plane.directions", sine, allowed)

    def params(self, points: Array) -> Array:
        """Return the parameters ``(points, n_params)`` at coordinates ``(points, 2)``: lanes."""
        x, y = np.asarray(points)[:, :1], np.asarray(points)[:, 1:]
        return self.origin + x * self.directions[0] + y * self.directions[1]

    def coordinates(self, params: Array) -> Array:
        """Return the coordinates ``(..., 2)`` of the nearest points to ``(..., n_params)``.

        Computed by least squares, since the directions need not be orthogonal. NaN or infinite
        where the parameters are.
        """
        with np.errstate(all="ignore"):  # a diverged path overflows
            along = (params - self.origin) @ self.directions.T
            return along @ np.linalg.inv(self.directions @ self.directions.T)

    def distances(self, params: Array) -> Array:
        """Return how far ``(..., n_params)`` lie from the plane, ``(...)``; NaN where unknown."""
        with np.errstate(all="ignore"):
            residual = params - self.origin
            residual = residual - self.coordinates(params) @ self.directions
            return np.sqrt(np.vecdot(residual, residual))


def _squared_sine(directions: Array) -> float:
    """Return the squared sine of the angle between two directions; 0 if one of them is zero."""
    largest = np.abs(directions).max(axis=1, keepdims=True)
    if not largest.all():
        return 0.0
    scaled = directions / largest
    (a, b), (_, c) = scaled @ scaled.T
    return float(1 - b * b / (a * c))


@dataclass(frozen=True, eq=False)
class PrincipalPlane(Plane):
    """The plane that keeps most of the variance of the runs' recorded parameters.

    Attributes:
        explained: share of the variance along each direction, ``(2,)``, in falling order; zeros if
            nothing moved.
        n_points: number of recorded parameter vectors that it was fitted to.
        every: only every so many recorded steps of a run were used, and its last; 1 means all.
        left_out: positions of the runs that diverged and were not used: their last steps alone
            would decide the plane.
    """

    explained: Array
    n_points: int
    every: int
    left_out: tuple[int, ...]


def principal_plane(history: History, seed: int = 0) -> PrincipalPlane:
    """Return the plane of the two leading principal components of all runs together.

    Every recorded vector of parameters counts once; the origin is their mean. The directions are
    orthonormal, with the sign that makes their largest component positive. Seeds are not mixed,
    because the differences between their starts would outweigh every descent.

    Args:
        history: the recorded training.
        seed: position of the seed to use.

    Raises:
        InvalidInput: all runs diverged, or there are fewer than two parameters.

    Source:
        Li et al. (2018), arXiv 1712.09913, section 7: there for the epochs of one run, as
        differences from the last; here the runs share one plane, and its origin is the mean.
    """
    kept, left_out = _calm(history, seed)
    n_params = history.experiment.problem.n_params
    if n_params < 2:
        raise InvalidInput("out_of_range", "n_params", n_params, Interval(2, math.inf))
    if not kept:
        raise InvalidInput("conflict", "plane", "principal", ("status", "diverged"))
    paths = [recorded_params(run, seed)[1] for run in kept]
    n_all = sum(map(len, paths))
    every = 1 if min(n_params, n_all) <= _MOST_POINTS else -(-n_all // _MOST_POINTS)
    if every > 1:
        paths = [np.concatenate([path[:-1:every], path[-1:]]) for path in paths]
    points = np.concatenate(paths)
    origin = points.mean(axis=0)
    directions, variances = _leading(points - origin)
    total = np.square(points - origin).sum()
    explained = variances / total if total > 0 else np.zeros(2)
    return PrincipalPlane(origin, directions, frozen(explained), len(points), every, left_out)


def _leading(centred: Array) -> tuple[Array, Array]:
    """Return the two leading right singular vectors ``(2, n_params)`` and squared values ``(2,)``.

    Long and wide points are turned first, so that the small side of the triangle is decomposed.
    Two rows of zeros stand in for a second point if there is only one.
    """
    padded = np.concatenate([centred, np.zeros((2, centred.shape[1]))])
    if len(padded) > padded.shape[1]:
        padded = np.asarray(np.linalg.qr(padded, mode="r"))
    _, values, rows = np.linalg.svd(padded, full_matrices=False)
    directions = rows[:2]
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[[0, 1], largest])
    return directions * signs[:, None], np.square(values[:2])


def random_plane(network: Network, origin: Array, seed: int) -> Plane:
    """Return a plane along two random directions, each scaled unit by unit.

    A direction is drawn from the normal distribution. Then the weights that come into a unit are
    scaled to the norm of the same weights in ``origin``, so that a step of 1 changes every unit by
    as much as its own size. Biases do not move.

    Args:
        network: the problem of an experiment.
        origin: ``(n_params,)``, the parameters in the middle.
        seed: seed of the directions.

    Raises:
        InvalidInput: the seed is out of range, or so few weights are not zero that the two
            directions are parallel.

    Source:
        Li et al. (2018), arXiv 1712.09913, section 4: a filter of a fully connected layer is the
        weights that generate one neuron. The paper does not mention biases; its authors' code
        leaves them out of random directions (``ignore="biasbn"``), and so do we: a single number
        that is scaled to its own size has no random direction.
    """
    if seed not in LIMITS["seed"]:
        raise InvalidInput("out_of_range", "seed", seed, LIMITS["seed"])
    generator = np.random.default_rng([seed, _DIRECTION_STREAM])
    directions = generator.normal(size=(2, network.n_params))
    layout = network.layout
    matrices = zip(layout.matrices(directions), layout.matrices(np.asarray(origin)), strict=True)
    for drawn, given in matrices:
        n_in = drawn.shape[2] - layout.bias
        weights, wanted = drawn[:, :, :n_in], given[:, :n_in]
        norms = np.linalg.norm(wanted, axis=1) / np.linalg.norm(weights, axis=2)
        weights *= norms[:, :, None]
        drawn[:, :, n_in:] = 0
    return Plane(np.asarray(origin), directions)


def weights_plane(origin: Array, first: int, second: int) -> Plane:
    """Return the plane whose axes are two parameters; coordinates are their values.

    Args:
        origin: ``(n_params,)``, the values of the other parameters.
        first: position of the parameter along x.
        second: position of the parameter along y.

    Raises:
        InvalidInput: there is no such parameter, or both are the same.
    """
    for field, position in (("first", first), ("second", second)):
        if not 0 <= position < len(origin):
            allowed = Interval(0, len(origin) - 1)
            raise InvalidInput("out_of_range", f"plane.{field}", position, allowed)
    if first == second:
        raise InvalidInput("duplicate", "plane.second", second)
    base = np.array(origin, dtype=np.float64)
    base[[first, second]] = 0
    directions = np.zeros((2, len(base)))
    directions[[0, 1], [first, second]] = 1
    return Plane(base, directions)


def exact_plane(problem: Network | Function) -> Plane:
    """Return the plane of a problem with two parameters, which is the whole space.

    Raises:
        InvalidInput: there are not exactly two parameters.
    """
    if problem.n_params != 2:
        raise InvalidInput("out_of_range", "n_params", problem.n_params, Interval(2, 2))
    return weights_plane(np.zeros(2), 0, 1)


def parameter_names(problem: Network | Function) -> tuple[str, ...]:
    """Return the names of the parameters, in their order in a lane.

    They are x and y for a test function, w and b for a straight line or a neuron with one input.
    Otherwise "W1[2,0]" is the weight to unit 2 from input 0 of the first layer, and "b1[2]" that
    unit's bias: layers are counted from 1, units from 0, as in ``engine.layers``.
    """
    if isinstance(problem, Function):
        return ("x", "y")
    if problem.layout.units == (1, 1):
        return ("w", "b") if problem.bias else ("w",)
    names = []
    for layer, (n_out, columns) in enumerate(problem.layout.shapes, start=1):
        for unit in range(n_out):
            names += [f"W{layer}[{unit},{column}]" for column in range(columns - problem.bias)]
            names += [f"b{layer}[{unit}]"] * problem.bias
    return tuple(names)


@dataclass(frozen=True)
class Window:
    """The part of a plane that is shown.

    Attributes:
        x: lowest and highest coordinate along the first direction.
        y: the same along the second.

    Raises:
        InvalidInput: a bound is not finite, or the lower is not below the higher.
    """

    x: tuple[float, float]
    y: tuple[float, float]

    def __post_init__(self) -> None:
        """Refuse bounds that are not a rectangle."""
        allowed = LIMITS["window"]
        for field in ("x", "y"):
            low, high = getattr(self, field)
            for bound in (low, high):
                if not math.isfinite(bound):
                    raise InvalidInput("not_finite", f"window.{field}", bound, allowed)
                if bound not in allowed:
                    raise InvalidInput("out_of_range", f"window.{field}", bound, allowed)
            if not low < high:
                above = Interval(low, allowed.high, open_low=True)
                raise InvalidInput("out_of_range", f"window.{field}", high, above)

    def axes(self, size: int) -> tuple[Array, Array]:
        """Return ``size`` evenly spaced coordinates along each axis, including both ends.

        Every second one of 2 n - 1 points is exactly one of n points.
        """
        return np.linspace(*self.x, size), np.linspace(*self.y, size)


def default_window(plane: Plane, history: History, seed: int = 0) -> Window:
    """Return a window that holds all paths, with a margin around them.

    Runs that diverged or ended above their first loss do not count, so that none of them can shrink
    the others to a dot. If all did, those that did not diverge count; if all diverged, their common
    start does, with 1 to either side. An axis along which little moves gets a twentieth of the
    other's width.
    """
    kept, _ = _calm(history, seed)
    shown = [run for run in kept if not _ended_above_its_start(run, seed)] or kept
    paths = [recorded_params(run, seed)[1] for run in shown]
    if not kept:
        paths = [recorded_params(run, seed)[1][:1] for run in history.runs]
    points = np.concatenate(paths)
    everywhere = plane.coordinates(points if len(points) else plane.origin[None])
    low, high = everywhere.min(axis=0), everywhere.max(axis=0)
    half = (1 + 2 * _MARGIN) * (high - low) / 2
    half = np.maximum(half, _NARROWEST * half.max()) if half.any() else np.ones(2)
    middle = (low + high) / 2
    half = np.maximum(half, _FINEST * np.abs(middle))
    x, y = ((float(m - h), float(m + h)) for m, h in zip(middle, half, strict=True))
    return Window(x, y)


def _calm(history: History, seed: int) -> tuple[list[RunHistory], tuple[int, ...]]:
    """Return the runs with points that did not diverge, and the positions of those that did."""
    n_seeds = len(history.experiment.seeds)
    if not 0 <= seed < n_seeds:
        raise InvalidInput("out_of_range", "seed", seed, Interval(0, n_seeds - 1))
    diverged = [run.status[seed] == "diverged" for run in history.runs]
    kept = [
        run
        for run, is_gone in zip(history.runs, diverged, strict=True)
        if not is_gone and run.params.shape[1]
    ]
    return kept, tuple(int(position) for position in np.flatnonzero(diverged))


def _ended_above_its_start(run: RunHistory, seed: int) -> bool:
    losses = run.training_loss
    return bool(losses.final[seed] > losses.first[seed, 0])


def recorded_params(run: RunHistory, seed: int = 0) -> tuple[Integers, Array]:
    """Return the steps ``(points,)`` and parameters ``(points, n_params)`` recorded of one seed.

    Parameters that are not finite, or come after the seed's end, are left out.
    """
    params = run.params[seed]
    finite = np.isfinite(params).all(axis=1)
    return run.params_steps[finite], params[finite]
