"""What a search finds out about a function that nobody knows: where to look, and what is there.

Everything is deterministic, and its work is bounded in operations, never in seconds. What it finds
is there, to rounding; what it does not find may be there all the same.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.problems.function_of_two import Kind, Side, StationaryPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array, Booleans
    from engine.problems.formula import Formula

# Half the sides of the squares around the origin that are looked at, until one has a minimum.
_REACHES: Final = (5.0, 50.0, 500.0, 0.5)
_SIDE: Final = 41  # points a side of their grids; odd, so that the origin is one of them
_MOST: Final = (8, 32)  # points of a grid to begin at, at least and at most
_LISTED: Final = 60  # stationary points, the lowest first
_LOOKS: Final = 200  # squares times operations of a formula, about
_WORK: Final = 900  # turns times operations, and points times operations
_TURNS: Final = (5, 24)  # of Newton's method, at least and at most
_PATIENCE: Final = 10  # turns, after which a few that go on are not waited for
_MOST_OF: Final = 0.6  # the share that is not a few
_STUCK: Final = 1e-3  # of a step of Newton's: if even that leads nowhere, nothing will
_POLE: Final = 1e6  # times the rise of all values over a cell: only a pole is so steep
_LEAST: Final = 1e-40  # a smaller slope or curvature is rounding
_SLOW: Final = 8  # points from which minima are looked for where Newton's method did not arrive
_CONVERGED: Final = 1e-7  # of the reach: a shorter step of Newton's has arrived
_APART: Final = 1e-3  # of a grid's spacing; points that are nearer are one
_SINGULAR: Final = 1e-6  # of the larger curvature: a smaller one may be rounding, or none
_KINK: Final = (4e-2, 1e2)  # ``_Around.share`` at kinks; where f is smooth 1e-3, at jumps 1e3
_EXTREMES: Final[tuple[Kind, ...]] = ("minimum", "maximum")
_BESIDE: Final = 0.25  # of a grid's spacing: a step along a direction without curvature
_EQUAL: Final = 1e-13  # of the size of values: smaller differences are rounding
# Of a grid's spacing: radii around a point. The first is longer than what Newton's method may be
# away from a border where f ends, and on it a slope of any size tells.
_RINGS: Final = (1e-5, 1e-2, 1e-1)
_SHORTER: Final = 0.5 ** np.arange(-1, 3)  # of a step downhill: lengths that are tried together
_AROUND: Final = np.array(
    [(x, y) for x in (-2, -1, 0, 1, 2) for y in (-2, -1, 0, 1, 2) if np.gcd(x, y) == 1], dtype=float
)
_UNIT: Final = _AROUND / np.linalg.norm(_AROUND, axis=1, keepdims=True)
_FAR: Final = 10.0 ** np.arange(2, 7)
_NEAR: Final = 10.0 ** np.arange(-2, 2)
_FALLS: Final = 0.9  # of the fall over one power of ten that the next one must have
_SHARES: Final = ((0.2, 0.72), (0.3, 0.2), (0.78, 0.66), (0.62, 0.3), (0.44, 0.86), (0.9, 0.12))


class Found(NamedTuple):
    """What a search found.

    Attributes:
        start: a point of the window with a slope, if there is one.
        window: what is worth looking at, ``((x low, x high), (y low, y high))``.
        points: single stationary points in the window, minima and maxima at kinks among them; none
            at a border, where f has values on one side only.
        bounded: False if f falls on and on as far as 10^6 in some direction, else None.
        has_values: whether f is finite anywhere in the window.
    """

    start: tuple[float, float]
    window: tuple[Side, Side]
    points: tuple[StationaryPoint, ...]
    bounded: bool | None
    has_values: bool


@lru_cache(maxsize=256)
def found(function: Formula) -> Found:
    """Return what a search finds."""
    with np.errstate(all="ignore"):
        return _found(function)


def _found(function: Formula) -> Found:
    squares = []
    minima: list[StationaryPoint] = []
    operations = max(len(function.graph.operations), 1)
    for reach in _REACHES[: max(1, _LOOKS // operations)]:
        square = _Square(function, reach)
        if not square.is_finite.any():
            continue
        squares.append(square)
        minima = square.minima(and_flat=len(squares) == 1)
        if minima:
            break
    if not squares:
        side = (-_REACHES[0], _REACHES[0])
        return Found((1.0, 1.0), (side, side), (), None, has_values=False)
    square = squares[-1 if minima else 0]
    points = square.in_order([*minima, *square.others(minima)])[:_LISTED]
    window = square.window(points)
    (left, right), (bottom, top) = window
    inside = tuple(at for at in points if left <= at.x <= right and bottom <= at.y <= top)
    lowest = float(np.min(square.values[square.is_finite]))
    bounded = False if _falls_on(function, lowest) else None
    return Found(_start(function, window), window, inside, bounded, has_values=True)


class _Around(NamedTuple):
    """What a function does on small rings around some points, ``(points, rings, directions)``.

    Attributes:
        higher: by how much its values are higher than at the point.
        rounding: up to which they may be equal.
    """

    higher: Array
    rounding: Array

    @property
    def has_values(self) -> Booleans:
        """Tell where f has a value everywhere on the smallest ring."""
        is_finite: Booleans = np.isfinite(self.higher[:, 0])
        return np.all(is_finite, axis=1)

    @property
    def share(self) -> Array:
        """Return changes on the smallest ring: 1 if they are in proportion to those on the next."""
        changes = np.max(np.abs(self.higher) - self.rounding, axis=2)
        share: Array = changes[:, 0] / changes[:, 1] * (_RINGS[1] / _RINGS[0])
        return share

    def kind(self, at: int, first: int) -> Kind | None:
        """Return what a point is by the rings from one on; None if some values are equal."""
        higher, rounding = self.higher[at, first:], self.rounding[at, first:]
        up, down = higher > rounding, higher < -rounding
        if up.all() or down.all():
            return "minimum" if up.all() else "maximum"
        return "saddle" if up.any() and down.any() else None


class _Square:
    """The values of a function on a grid around the origin."""

    def __init__(self, function: Formula, reach: float) -> None:
        self.function, self.reach = function, reach
        self.axis = np.linspace(-reach, reach, _SIDE)
        self.cell = 2 * reach / (_SIDE - 1)
        grid = np.stack(np.meshgrid(self.axis, self.axis), axis=-1)
        self.grid = grid
        self.values = function.value(grid.reshape(-1, 2)).reshape(_SIDE, _SIDE)
        self.is_finite = np.isfinite(self.values)
        rise = np.ptp(self.values[self.is_finite]) if self.is_finite.any() else 0.0
        self.steepest = _POLE * rise / self.cell
        self.flat: Array | None = None
        operations = len(function.graph.operations)
        self.turns = int(np.clip(_WORK // max(operations, 1), *_TURNS))
        self.most = int(np.clip(_WORK // max(operations, 1), *_MOST))

    def minima(self, *, and_flat: bool) -> list[StationaryPoint]:
        """Return minima in the square; some are at kinks.

        If ``others`` will be asked for too, both are looked for in the same turns.
        """
        lowest = self._lowest(self.values)
        flattest = self._flattest() if and_flat else lowest[:0]
        downhill = np.arange(len(lowest) + len(flattest)) < len(lowest)
        points, is_there = self._polished(np.concatenate([lowest, flattest]), downhill)
        if and_flat:
            self.flat = points[is_there & ~downhill]
        points, is_there = points[downhill], is_there[downhill]
        listed = _minima(self._judged(points[is_there]))
        if is_there.all():
            return listed
        lower = self._descended(points[~is_there])
        points, is_there = self._polished(lower, np.ones(len(lower), bool), _TURNS[0])
        kinks = lower[~is_there]
        further = self._judged(points[is_there]) + self._at_kinks(kinks, self._around(kinks))
        return listed + [at for at in _minima(further) if self._is_new((at.x, at.y), listed)]

    def others(self, known: list[StationaryPoint]) -> list[StationaryPoint]:
        """Return further stationary points in the square."""
        if self.flat is None:
            flattest = self._flattest()
            points, is_there = self._polished(flattest, np.zeros(len(flattest), dtype=bool))
            self.flat = points[is_there]
        return [at for at in self._judged(self.flat) if self._is_new((at.x, at.y), known)]

    def in_order(self, points: list[StationaryPoint]) -> tuple[StationaryPoint, ...]:
        """Return minima first, the lowest of them at the beginning."""
        heights = self.function.value(np.array([at[:2] for at in points]).reshape(-1, 2))
        is_other = np.array([at.kind != "minimum" for at in points], dtype=bool)
        return tuple(points[at] for at in np.lexsort((heights, is_other)))

    def _is_new(self, point: Sequence[float], known: list[StationaryPoint]) -> bool:
        return all(math.dist(point[:2], one[:2]) > self.cell / 10 for one in known)

    def _flattest(self) -> Array:
        """Return the points of the grid that none of its neighbours is less steep than."""
        slopes = self.function.gradient(self.grid.reshape(-1, 2))
        return self._lowest(np.square(slopes).sum(axis=1).reshape(_SIDE, _SIDE))

    def _lowest(self, values: Array) -> Array:
        """Return the points of the grid that none of its neighbours is below, the lowest first."""
        filled: Array = np.where(np.isfinite(values), values, np.inf)
        middle: Array = filled[1:-1, 1:-1]
        is_low: Booleans = middle < np.inf
        is_level: Booleans = np.ones(middle.shape, dtype=bool)
        for down in (0, 1, 2):
            for right in (0, 1, 2):
                neighbour = filled[down : down + _SIDE - 2, right : right + _SIDE - 2]
                is_low = is_low & (middle <= neighbour)
                is_level = is_level & (middle == neighbour)
        is_low = is_low & ~is_level
        order = np.argsort(middle[is_low], kind="stable")[: self.most]
        return self.grid[1:-1, 1:-1][is_low][order]

    def _polished(
        self, points: Array, downhill: Booleans, turns: int | None = None
    ) -> tuple[Array, Booleans]:
        """Follow Newton's method to where the slope vanishes; tell which points arrived.

        Some points go downhill only.
        """
        if not len(points):
            return points, np.zeros(0, dtype=bool)
        share = np.ones(len(points))
        value, step, length = self._newton(points, downhill)
        for turn in range(turns or self.turns):
            is_over = (length <= _CONVERGED * self.reach) | (share < _STUCK) | ~self._holds(points)
            is_over |= np.isinf(length)
            shares = [is_over[group].mean() for group in (downhill, ~downhill) if group.any()]
            if min(shares) >= (_MOST_OF if turn >= _PATIENCE else 1):
                break
            tried = points - share[:, None] * step
            there, next_step, next_length = self._newton(tried, downhill)
            is_better = np.where(downhill, there <= value, next_length < length)
            share = np.where(is_better, np.minimum(1, 2 * share), share / 4)
            points = np.where(is_better[:, None], tried, points)
            step = np.where(is_better[:, None], next_step, step)
            value = np.where(is_better, there, value)
            length = np.where(is_better, next_length, length)
        is_there = length <= _CONVERGED * self.reach
        points = np.where(is_there[:, None], points - step, points)  # twice as many digits
        return points, is_there & self._holds(points)

    def _holds(self, points: Array) -> Booleans:
        """Tell which points lie in the square."""
        return np.max(np.abs(points), axis=1, initial=0.0) <= self.reach

    def _newton(self, points: Array, downhill: Booleans) -> tuple[Array, Array, Array]:
        """Return values, steps no longer than a cell, and how long they would have been."""
        value, gradient, hessian = self.function.expansion(points)
        size = np.max(np.abs(hessian), axis=(1, 2)) + np.max(np.abs(gradient), axis=1)
        is_known = np.isfinite(size) & (np.max(np.abs(gradient), axis=1) <= self.steepest)
        curvatures, axes = np.linalg.eigh(np.where(is_known[:, None, None], hessian, 0.0))
        size = np.abs(curvatures)
        floor = np.maximum(1e-12 * size.max(axis=1, keepdims=True), _LEAST)
        bends = np.where((size < floor) | downhill[:, None], np.maximum(size, floor), curvatures)
        along = np.where(is_known[:, None], gradient, 0.0)[:, None] @ axes
        step = (axes @ (along[:, 0] / bends)[:, :, None])[:, :, 0]
        length = np.where(is_known, np.hypot(*step.T), np.inf)
        step *= np.minimum(1, self.cell / np.where(length > 0, length, 1))[:, None]
        return np.where(np.isnan(value), np.inf, value), np.nan_to_num(step), length

    def _judged(self, points: Array) -> list[StationaryPoint]:
        """Return what points without a slope are: a slope that was chosen at a kink is none."""
        if not len(points):
            return []
        around = self._around(points)
        if self.function.graph.is_smooth:
            return self._smooth(points, around, around.has_values)
        smooth = self._smooth(points, around, around.has_values & ~(around.share > _KINK[0]))
        return smooth + self._at_kinks(points, around)

    def _smooth(self, points: Array, around: _Around, among: Booleans) -> list[StationaryPoint]:
        """Return stationary points with their kinds; none on a curve of them."""
        if not among.any():
            return []
        _value, slopes, hessians = self.function.expansion(points)
        curvatures, axes = np.linalg.eigh(np.nan_to_num(hessians))
        usual = np.abs(around.higher[:, -1]).max(axis=1) / (self.cell * _RINGS[-1]) ** 2
        size = np.abs(curvatures)
        is_singular = size.min(axis=1) <= _SINGULAR * np.maximum(size.max(axis=1), usual)
        steepness = np.abs(np.nan_to_num(slopes)).max(axis=1)
        listed: list[StationaryPoint] = []
        for at in self._apart(points, steepness, among & ~is_singular, _APART * self.cell):
            low, high = curvatures[at]
            kind: Kind = "minimum" if low > 0 else "maximum" if high < 0 else "saddle"
            listed.append(self._point(points[at], kind))
        alone = self._apart(points, steepness, among & is_singular, self.cell / 2)
        flat = axes[np.arange(len(points)), :, size.argmin(axis=1)]
        for at, is_single in zip(alone, self._single(points[alone], flat[alone]), strict=True):
            kind_there = around.kind(at, first=1) if is_single else None
            if kind_there is not None:
                listed.append(self._point(points[at], kind_there))
        return listed

    def _single(self, points: Array, directions: Array) -> Booleans:
        """Tell from which points a step along a flat direction leads back, not along a curve."""
        step = _BESIDE * self.cell * directions
        beside = np.concatenate([points + step, points - step])
        back, _is_there = self._polished(beside, np.zeros(len(beside), dtype=bool))
        gone = np.linalg.norm(back.reshape(2, -1, 2) - points, axis=2).max(axis=0)
        single: Booleans = gone < _BESIDE / 2 * self.cell
        return single

    def _point(self, point: Array, kind: Kind) -> StationaryPoint:
        x, y = np.where(np.abs(point) < 1e-9 * self.reach, 0.0, point)
        return StationaryPoint(float(x), float(y), kind)

    def _around(self, points: Array) -> _Around:
        """Return what values on rings around points tell."""
        here = self.function.value(points)[:, None, None]
        rings = (self.cell * np.array(_RINGS))[:, None, None] * _UNIT
        there = self.function.value((points[:, None, None] + rings).reshape(-1, 2))
        there = there.reshape(len(points), *rings.shape[:2])
        return _Around(there - here, _EQUAL * np.maximum(np.abs(here), np.abs(there)))

    def _descended(self, points: Array) -> Array:
        """Follow ever smaller steps downhill, from some points where Newton's method fails."""
        points = points[self._holds(points)][:_SLOW]
        steps, value = np.full(len(points), self.cell), self.function.value(points)
        lanes = np.arange(len(points))
        moves = (_SHORTER[:, None, None] * _UNIT).reshape(-1, 2)
        lengths = np.repeat(_SHORTER, len(_UNIT))
        for _turn in range(self.turns // 2 if len(points) else 0):
            tried = points[:, None] + steps[:, None, None] * moves
            values = self.function.value(tried.reshape(-1, 2)).reshape(len(points), -1)
            values = np.where(np.isnan(values), np.inf, values)
            best = values.argmin(axis=1)
            is_lower = values[lanes, best] < value
            points = np.where(is_lower[:, None], tried[lanes, best], points)
            value = np.where(is_lower, values[lanes, best], value)
            steps *= np.where(is_lower, lengths[best], _SHORTER[-1] / 4)
        rounded = np.round(points, 6 - round(np.log10(self.reach)))
        is_round = self.function.value(rounded) <= value
        return np.where(is_round[:, None], rounded, points)

    def _at_kinks(self, points: Array, around: _Around) -> list[StationaryPoint]:
        """Return which points are minima or maxima at kinks: around them f has a slope."""
        is_kink = (around.share > _KINK[0]) & (around.share < _KINK[1]) & around.has_values
        is_kink = is_kink & self._holds(points)
        kept = self._apart(points, self.function.value(points), is_kink, _APART * self.cell)
        kinds = [(at, around.kind(at, first=0)) for at in kept]
        return [self._point(points[at], kind) for at, kind in kinds if kind in _EXTREMES]

    def _apart(self, points: Array, order: Array, among: Booleans, distance: float) -> list[int]:
        """Return the numbers of points that are so far from each other, the first in an order."""
        kept: list[int] = []
        for at in np.argsort(order, kind="stable").tolist():
            if among[at] and all(math.dist(points[at], points[one]) > distance for one in kept):
                kept.append(at)
        return kept

    def window(self, points: Sequence[StationaryPoint]) -> tuple[Side, Side]:
        """Return a square around the origin and the points, as far as there are values."""
        reach = max((abs(value) for point in points for value in point[:2]), default=0.0)
        half = self.reach
        if reach > self.reach / 100:
            half = min(_round_up(2 * reach), self.reach)
        sides = []
        for axis in (0, 1):
            has_values = self.axis[self.is_finite.any(axis=axis)]
            low, high = float(has_values[0]), float(has_values[-1])
            air = 2 * self.cell
            sides.append(
                (
                    max(-half, low - air),
                    min(half, high + air),
                )
            )
        return sides[0], sides[1]


def _minima(points: Sequence[StationaryPoint]) -> list[StationaryPoint]:
    return [at for at in points if at.kind == "minimum"]


def _round_up(value: float) -> float:
    """Return the lowest of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is no lower."""
    power = 10.0 ** np.floor(np.log10(value))
    steps = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return float(next(step * power for step in steps if step * power >= value * (1 - 1e-6)))


def _falls_on(function: Formula, lowest: float) -> bool:
    """Tell whether f falls as much over every further power of ten, below all that was seen.

    Where it is minus infinity far out it has fallen too far for a number, unless it is all along,
    as a logarithm is on an axis.
    """
    near = function.value((_NEAR[:, None, None] / 2 * _AROUND).reshape(-1, 2))
    points = _FAR[:, None, None] / 2 * _AROUND
    values = function.value(points.reshape(-1, 2)).reshape(len(_FAR), -1)
    falls = values[:-1] - values[1:]
    goes_on = (falls[-1] > 0) & (falls[-1] >= _FALLS * falls[-2]) & (falls[-2] > 0)
    has_value = np.isfinite(np.vstack([near.reshape(len(_NEAR), -1), values])).any(axis=0)
    is_endless = goes_on | (np.isneginf(values[-1]) & has_value)
    return bool((is_endless & (values[-1] < lowest)).any())


def _start(function: Formula, window: tuple[Side, Side]) -> tuple[float, float]:
    """Return the first of some points of the window that has a slope, with few digits."""
    low, high = np.transpose(window)
    shares = np.array(
        [*_SHARES, *np.stack(np.meshgrid(*[np.linspace(0.1, 0.9, 9)] * 2), -1).reshape(-1, 2)]
    )
    digits = 2 - int(np.floor(np.log10((high - low).max() / 2)))
    points = np.round(low + shares * (high - low), max(digits, 0))
    slopes = function.gradient(points)
    usable = np.isfinite(slopes).all(axis=1) & (slopes != 0).any(axis=1)
    x, y = points[int(usable.argmax())]
    return float(x), float(y)
