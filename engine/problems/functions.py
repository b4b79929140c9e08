"""Test functions of two parameters: what a rule does without data.

Points are lanes, ``(lanes, 2)``. Each function is a frozen description with its value, its exact
gradient and its Hessian; all three take complex points too. What is known about a function is
beside it: where the gradient vanishes at single points, and whether there is a lowest value at all.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import numpy as np
from pydantic import Field

from engine.arrays import Array  # noqa: TC001 - pydantic reads annotations of Spec classes
from engine.limits import Interval
from engine.problems.formula import Formula
from engine.problems.function_of_two import Kind, KnownFunction, StationaryPoint


def _symmetric(xx: Array, xy: Array, yy: Array) -> Array:
    """Return the matrices with these entries, ``(lanes, 2, 2)``."""
    return np.stack([xx, xy, xy, yy], axis=1).reshape(-1, 2, 2)


def _above(x: Array, bend: float) -> Array:
    """Return by how much numbers are above a bend, ``(lanes,)``; 0 below it."""
    return np.where(x.real > bend, x - bend, 0)


def _constant(points: Array, xx: float, xy: float, yy: float) -> Array:
    """Return the same matrix for every point, ``(lanes, 2, 2)``."""
    return np.tile(np.array([[xx, xy], [xy, yy]]), (len(points), 1, 1))


def _separable(
    lows: tuple[float, ...], highs: tuple[float, ...], lowest: float
) -> tuple[StationaryPoint, ...]:
    """Return the stationary points of g(x) + g(y) from the minima and the maxima of g."""
    kinds = {**dict.fromkeys(lows, "low"), **dict.fromkeys(highs, "high")}
    names: dict[tuple[str, str], Kind] = {("low", "low"): "minimum", ("high", "high"): "maximum"}
    return tuple(
        StationaryPoint(x, y, names.get((kinds[x], kinds[y]), "saddle"), x == y == lowest)
        for x in sorted(kinds)
        for y in sorted(kinds)
    )


def _roots_of_rastrigin(most: int) -> tuple[float, ...]:
    """Return where x + 10 pi sin(2 pi x) is zero near 0, 1/2, 1, ... ``most`` / 2, by Newton."""
    near = np.arange(most + 1) / 2
    for _ in range(10):  # it converges after five
        slope = near + 10 * np.pi * np.sin(2 * np.pi * near)
        near -= slope / (1 + 20 * np.pi**2 * np.cos(2 * np.pi * near))
    return tuple(float(x) for x in near)


class Ravine(KnownFunction):
    """f(x, y) = x^2 / 20 + y^2, a bowl twenty times as steep in y as in x.

    The example of the book "Deep Learning from Scratch", from (-7, 2).
    """

    name: Literal["ravine"] = "ravine"

    formula: ClassVar = r"\tfrac{x^2}{20} + y^2"
    start: ClassVar = (-7.0, 2.0)
    window: ClassVar = ((-10.0, 10.0), (-5.0, 5.0))
    stationary_points: ClassVar = (StationaryPoint(0.0, 0.0, "minimum", is_global=True),)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return x**2 / 20 + y**2

    def gradient(self, points: Array) -> Array:
        """Return (x / 10, 2 y), ``(lanes, 2)``."""
        return points * np.array([0.1, 2.0])

    def hessian(self, points: Array) -> Array:
        """Return diag(1 / 10, 2), ``(lanes, 2, 2)``."""
        return _constant(points, 0.1, 0.0, 2.0)


class Bowl(KnownFunction):
    """f(x, y) = (x^2 + condition y^2) / 2, a quadratic of chosen condition number.

    Attributes:
        condition: largest over smallest eigenvalue of the Hessian.
    """

    condition: Annotated[float, Interval(1, 1e6, symbol=r"\kappa", scale="log")] = 10.0
    name: Literal["bowl"] = "bowl"

    formula: ClassVar = r"\tfrac12\left(x^2 + \kappa\,y^2\right)"
    start: ClassVar = (-4.0, 1.0)
    window: ClassVar = ((-5.0, 5.0), (-2.5, 2.5))
    stationary_points: ClassVar = (StationaryPoint(0.0, 0.0, "minimum", is_global=True),)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (x**2 + self.condition * y**2) / 2

    def gradient(self, points: Array) -> Array:
        """Return (x, condition y), ``(lanes, 2)``."""
        return points * np.array([1.0, self.condition])

    def hessian(self, points: Array) -> Array:
        """Return diag(1, condition), ``(lanes, 2, 2)``."""
        return _constant(points, 1.0, 0.0, self.condition)


class Booth(KnownFunction):
    """f(x, y) = (x + 2 y - 7)^2 + (2 x + y - 5)^2, a bowl whose axes are the diagonals."""

    name: Literal["booth"] = "booth"

    formula: ClassVar = r"(x + 2\,y - 7)^2 + (2\,x + y - 5)^2"
    start: ClassVar = (-8.0, 6.0)
    window: ClassVar = ((-10.0, 10.0), (-10.0, 10.0))
    stationary_points: ClassVar = (StationaryPoint(1.0, 3.0, "minimum", is_global=True),)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        first, second = x + 2 * y - 7, 2 * x + y - 5
        return np.stack([2 * first + 4 * second, 4 * first + 2 * second], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, the same everywhere, ``(lanes, 2, 2)``."""
        return _constant(points, 10.0, 8.0, 10.0)


class Matyas(KnownFunction):
    """f(x, y) = 0.26 (x^2 + y^2) - 0.48 x y, a ravine along the diagonal."""

    name: Literal["matyas"] = "matyas"

    formula: ClassVar = r"0.26\,(x^2 + y^2) - 0.48\,x\,y"
    start: ClassVar = (-8.0, -3.0)
    window: ClassVar = ((-10.0, 10.0), (-10.0, 10.0))
    stationary_points: ClassVar = (StationaryPoint(0.0, 0.0, "minimum", is_global=True),)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return 0.26 * (x**2 + y**2) - 0.48 * x * y

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        return np.stack([0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, the same everywhere, ``(lanes, 2, 2)``."""
        return _constant(points, 0.52, -0.48, 0.52)


class Saddle(KnownFunction):
    """f(x, y) = x^2 - y^2: down to the saddle along x, and endlessly down along y.

    The start is beside the ridge; on it, no rule would ever leave it.
    """

    name: Literal["saddle"] = "saddle"

    formula: ClassVar = r"x^2 - y^2"
    start: ClassVar = (-1.5, 0.001)
    window: ClassVar = ((-2.0, 2.0), (-2.0, 2.0))
    stationary_points: ClassVar = (StationaryPoint(0.0, 0.0, "saddle"),)
    bounded: ClassVar = False

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return x**2 - y**2

    def gradient(self, points: Array) -> Array:
        """Return (2 x, -2 y), ``(lanes, 2)``."""
        return points * np.array([2.0, -2.0])

    def hessian(self, points: Array) -> Array:
        """Return diag(2, -2), ``(lanes, 2, 2)``."""
        return _constant(points, 2.0, 0.0, -2.0)


class Plateau(KnownFunction):
    """f(x, y) = 1 - exp(-x^2 / 8 - y^2 / 2), a hole in a plain where the gradient almost vanishes.

    Made for the Surfaces page. Far out the function is flat to any precision, so a rule whose step
    is proportional to the gradient hardly moves.
    """

    name: Literal["plateau"] = "plateau"

    formula: ClassVar = r"1 - \exp\left(-\tfrac{x^2}{8} - \tfrac{y^2}{2}\right)"
    start: ClassVar = (-6.0, 2.0)
    window: ClassVar = ((-8.0, 8.0), (-4.0, 4.0))
    stationary_points: ClassVar = (StationaryPoint(0.0, 0.0, "minimum", is_global=True),)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return 1 - np.exp(-(x**2) / 8 - y**2 / 2)

    def gradient(self, points: Array) -> Array:
        """Return (x / 4, y) times the depth exp(...), ``(lanes, 2)``."""
        x, y = points.T
        depth = np.exp(-(x**2) / 8 - y**2 / 2)
        return np.stack([x / 4 * depth, y * depth], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, y = points.T
        depth = np.exp(-(x**2) / 8 - y**2 / 2)
        return _symmetric((1 / 4 - x**2 / 16) * depth, -x * y / 4 * depth, (1 - y**2) * depth)


class Dip(KnownFunction):
    """f(x, y) = x^2 / 20 + y^2 / 2 - 0.35 exp(-2 ((x + 3)^2 + y^2)), a bowl with a dip in its wall.

    Made for the Surfaces page. From (-6, 1) plain gradient descent rolls into the dip and remains
    there; with momentum 0.9 and rates from 0.05 to 0.8 it rolls through to the bottom of the bowl.
    """

    name: Literal["dip"] = "dip"

    formula: ClassVar = (
        r"\tfrac{x^2}{20} + \tfrac{y^2}{2} - 0.35\,\exp\left(-2\,(x + 3)^2 - 2\,y^2\right)"
    )
    start: ClassVar = (-6.0, 1.0)
    window: ClassVar = ((-7.0, 4.0), (-2.75, 2.75))
    stationary_points: ClassVar = (
        StationaryPoint(-6.396639229088133e-07, 0.0, "minimum", is_global=True),
        StationaryPoint(-2.7814047560285133, 0.0, "minimum"),
        StationaryPoint(-2.0221016410406434, 0.0, "saddle"),
    )

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return x**2 / 20 + y**2 / 2 - 0.35 * np.exp(-2 * (x + 3) ** 2 - 2 * y**2)

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        depth = 1.4 * np.exp(-2 * (x + 3) ** 2 - 2 * y**2)
        return np.stack([x / 10 + (x + 3) * depth, y + y * depth], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, y = points.T
        depth = 1.4 * np.exp(-2 * (x + 3) ** 2 - 2 * y**2)
        return _symmetric(
            1 / 10 + (1 - 4 * (x + 3) ** 2) * depth,
            -4 * (x + 3) * y * depth,
            1 + (1 - 4 * y**2) * depth,
        )


class Bends(KnownFunction):
    """A slope in x that bends twice, on which heavy ball with its best setting runs in a circle.

    df/dx = 25 x below 1, x + 24 from 1 to 2, 25 x - 24 above; to this 5 y^2 is added. f is strongly
    convex with curvatures of x between 1 and 25. Momentum with mu = 4/9 at the rate 1/9 is the best
    there is on a quadratic with these curvatures; from x between about 3.07 and 3.46 it ends in a
    cycle of three points here.

    Source:
        Lessard, Recht and Packard (2016), Analysis and design of optimization algorithms via
        integral quadratic constraints, section 4.6, arXiv:1408.3595.
    """

    name: Literal["bends"] = "bends"

    formula: ClassVar = (
        r"\tfrac{25}{2}x^2 - 12\,\max\left(x - 1, 0\right)^2"
        r" + 12\,\max\left(x - 2, 0\right)^2 + 5y^2"
    )
    start: ClassVar = (3.3, 1.0)
    window: ClassVar = ((-3.0, 4.0), (-1.75, 1.75))
    stationary_points: ClassVar = (StationaryPoint(0.0, 0.0, "minimum", is_global=True),)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return 12.5 * x**2 - 12 * _above(x, 1) ** 2 + 12 * _above(x, 2) ** 2 + 5 * y**2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        return np.stack([25 * x - 24 * _above(x, 1) + 24 * _above(x, 2), 10 * y], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``; at a bend that of the left side."""
        x, y = points.T
        bent = 25 - 24.0 * (x.real > 1) + 24.0 * (x.real > 2)
        return _symmetric(bent, 0 * y, 10 + 0 * y)


class Tug(KnownFunction):
    """f(x, y) = x / 3 + 5 max(|x| - 1, 0)^2 + y^2 / 2, whose slope in x changes at every step.

    In turn the gradient of x has 3, -1 and -1 in place of 1/3: one step pulls hard downhill, two
    pull uphill. SGD follows the mean. Adam with beta1 = 0 and beta2 = 1 / (1 + 3^2) makes the hard
    pull about as short as the others, and walks uphill; AMSGrad does not.

    Source:
        Reddi, Kale and Kumar (2018), On the convergence of Adam and beyond, theorem 1 with C = 3,
        arXiv:1904.09237. There x stays within [-1, 1]; here walls hold it.
    """

    name: Literal["tug"] = "tug"

    formula: ClassVar = r"\tfrac{x}{3} + 5\,\max\left(|x| - 1, 0\right)^2 + \tfrac{y^2}{2}"
    start: ClassVar = (0.0, 1.0)
    window: ClassVar = ((-2.0, 2.0), (-1.25, 1.25))
    stationary_points: ClassVar = (StationaryPoint(-31 / 30, 0.0, "minimum", is_global=True),)
    pushes: ClassVar = ((8 / 3, 0.0), (-4 / 3, 0.0), (-4 / 3, 0.0))

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return x / 3 + 5 * (_above(x, 1) ** 2 + _above(-x, 1) ** 2) + y**2 / 2

    def gradient(self, points: Array) -> Array:
        """Return the gradient without what is added in turn, ``(lanes, 2)``."""
        x, y = points.T
        return np.stack([1 / 3 + 10 * (_above(x, 1) - _above(-x, 1)), y], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``; at a wall that of the inside."""
        x, y = points.T
        return _symmetric(10.0 * (np.abs(x.real) > 1), 0 * y, 1 + 0 * y)


class Rosenbrock(KnownFunction):
    """f(x, y) = (1 - x)^2 + 100 (y - x^2)^2, a bent valley (Rosenbrock, 1960)."""

    name: Literal["rosenbrock"] = "rosenbrock"

    formula: ClassVar = r"(1 - x)^2 + 100\,(y - x^2)^2"
    start: ClassVar = (-1.2, 1.0)
    window: ClassVar = ((-2.0, 2.0), (-1.0, 3.0))
    stationary_points: ClassVar = (StationaryPoint(1.0, 1.0, "minimum", is_global=True),)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        inner = y - x**2
        return np.stack([-2 * (1 - x) - 400 * x * inner, 200 * inner], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, y = points.T
        return _symmetric(2 - 400 * (y - 3 * x**2), -400 * x, 200.0 + 0 * x)


class Beale(KnownFunction):
    """f(x, y) = (1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2 (Beale, 1958).

    A curved valley with steep corners.
    """

    name: Literal["beale"] = "beale"

    formula: ClassVar = r"(1.5 - x + x\,y)^2 + (2.25 - x + x\,y^2)^2 + (2.625 - x + x\,y^3)^2"
    start: ClassVar = (1.0, 1.5)
    window: ClassVar = ((-4.5, 4.5), (-4.5, 4.5))
    stationary_points: ClassVar = (
        StationaryPoint(3.0, 0.5, "minimum", is_global=True),
        StationaryPoint(0.0, 1.0, "saddle"),
        StationaryPoint(0.10053793732415836, -2.644513585023125, "saddle"),
    )

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
        by_x = a * (y - 1) + b * (y**2 - 1) + c * (y**3 - 1)
        by_y = x * (a + 2 * b * y + 3 * c * y**2)
        return np.stack([2 * by_x, 2 * by_y], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, y = points.T
        a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
        slope = a + 2 * b * y + 3 * c * y**2
        mixed = (y - 1) + 2 * y * (y**2 - 1) + 3 * y**2 * (y**3 - 1)
        return _symmetric(
            2 * ((y - 1) ** 2 + (y**2 - 1) ** 2 + (y**3 - 1) ** 2),
            2 * (slope + x * mixed),
            2 * x * (2 * b + 6 * c * y + x * (1 + 4 * y**2 + 9 * y**4)),
        )


class Himmelblau(KnownFunction):
    """f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2, four equal minima (Himmelblau, 1972)."""

    name: Literal["himmelblau"] = "himmelblau"

    formula: ClassVar = r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2"
    start: ClassVar = (0.0, 0.0)
    window: ClassVar = ((-5.5, 5.5), (-5.5, 5.5))
    stationary_points: ClassVar = (
        StationaryPoint(3.0, 2.0, "minimum", is_global=True),
        StationaryPoint(-2.805118086952745, 3.131312518250573, "minimum", is_global=True),
        StationaryPoint(-3.779310253377747, -3.2831859912861696, "minimum", is_global=True),
        StationaryPoint(3.5844283403304917, -1.8481265269644036, "minimum", is_global=True),
        StationaryPoint(-3.0730257507643897, -0.08135304428796751, "saddle"),
        StationaryPoint(-0.12796134673068008, -1.9537149802445763, "saddle"),
        StationaryPoint(0.08667750455539636, 2.884254701174776, "saddle"),
        StationaryPoint(3.385154183607021, 0.07385187983774928, "saddle"),
        StationaryPoint(-0.2708445906673476, -0.9230385564799815, "maximum"),
    )

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        first, second = x**2 + y - 11, x + y**2 - 7
        return np.stack([4 * x * first + 2 * second, 2 * first + 4 * y * second], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, y = points.T
        first, second = x**2 + y - 11, x + y**2 - 7
        return _symmetric(4 * first + 8 * x**2 + 2, 4 * (x + y), 2 + 4 * second + 8 * y**2)


class ThreeHumpCamel(KnownFunction):
    """f(x, y) = 2 x^2 - 1.05 x^4 + x^6 / 6 + x y + y^2, three valleys, the lowest in the middle."""

    name: Literal["three_hump_camel"] = "three_hump_camel"

    formula: ClassVar = r"2\,x^2 - 1.05\,x^4 + \tfrac{x^6}{6} + x\,y + y^2"
    start: ClassVar = (-2.0, -1.0)
    window: ClassVar = ((-2.5, 2.5), (-2.5, 2.5))
    stationary_points: ClassVar = (
        StationaryPoint(0.0, 0.0, "minimum", is_global=True),
        StationaryPoint(-1.7475523458302888, 0.8737761729151444, "minimum"),
        StationaryPoint(1.7475523458302888, -0.8737761729151444, "minimum"),
        StationaryPoint(-1.07054229182366, 0.53527114591183, "saddle"),
        StationaryPoint(1.07054229182366, -0.53527114591183, "saddle"),
    )

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        return np.stack([4 * x - 4.2 * x**3 + x**5 + y, x + 2 * y], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, _ = points.T
        return _symmetric(4 - 12.6 * x**2 + 5 * x**4, 1.0 + 0 * x, 2.0 + 0 * x)


class StyblinskiTang(KnownFunction):
    """f(x, y) = (x^4 - 16 x^2 + 5 x + y^4 - 16 y^2 + 5 y) / 2, four valleys of unequal depth.

    Styblinski and Tang (1990), Experiments in nonconvex optimization, Neural Networks 3.
    """

    name: Literal["styblinski_tang"] = "styblinski_tang"

    formula: ClassVar = (
        r"\tfrac12\left(x^4 - 16\,x^2 + 5\,x\right) + \tfrac12\left(y^4 - 16\,y^2 + 5\,y\right)"
    )
    start: ClassVar = (0.5, -0.5)
    window: ClassVar = ((-4.0, 4.0), (-4.0, 4.0))
    stationary_points: ClassVar = _separable(
        # The roots of 4 x^3 - 32 x + 5.
        lows=(-2.903534027771177, 2.746802770990837),
        highs=(0.1567312567803401,),
        lowest=-2.903534027771177,
    )

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (x**4 - 16 * x**2 + 5 * x) / 2 + (y**4 - 16 * y**2 + 5 * y) / 2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        return 2 * points**3 - 16 * points + 2.5

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, y = points.T
        return _symmetric(6 * x**2 - 16, 0 * x, 6 * y**2 - 16)


_ROOTS: Final = _roots_of_rastrigin(4)


class Rastrigin(KnownFunction):
    """f(x, y) = 20 + x^2 - 10 cos(2 pi x) + y^2 - 10 cos(2 pi y), a bowl full of dips.

    Rastrigin (1974). The window holds the 25 dips around the middle.
    """

    name: Literal["rastrigin"] = "rastrigin"

    formula: ClassVar = r"20 + x^2 - 10\,\cos(2\,\pi\,x) + y^2 - 10\,\cos(2\,\pi\,y)"
    start: ClassVar = (-1.8, 1.3)
    window: ClassVar = ((-2.25, 2.25), (-2.25, 2.25))
    stationary_points: ClassVar = _separable(
        lows=(*(-x for x in _ROOTS[2::2]), *_ROOTS[::2]),
        highs=(*(-x for x in _ROOTS[1::2]), *_ROOTS[1::2]),
        lowest=0.0,
    )

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return 20 + x**2 - 10 * np.cos(2 * np.pi * x) + y**2 - 10 * np.cos(2 * np.pi * y)

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        return 2 * points + 20 * np.pi * np.sin(2 * np.pi * points)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, y = (2 + 40 * np.pi**2 * np.cos(2 * np.pi * points)).T
        return _symmetric(x, 0 * x, y)


class Twin(KnownFunction):
    """f(x, y) = (1 - x^2 y^2)^2 / 2, the twin with two parameters of a deep linear network.

    The network has a unit per layer, two layers of weight x and two of weight y; its row is 1 -> 1.
    Every point with x y = 1 or x y = -1 is a minimum, and they are not equally sharp: the largest
    eigenvalue of the Hessian there is 4 (x^2 + y^2), at least 8. So the learning rate decides where
    on the curve gradient descent can stay. On the axes the gradient vanishes as well.
    """

    name: Literal["twin"] = "twin"

    formula: ClassVar = r"\tfrac12\left(1 - x^2\,y^2\right)^2"
    start: ClassVar = (2.6, 0.2)
    window: ClassVar = ((1.0, 4.0), (0.05, 1.05))
    stationary_points: ClassVar = ()

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (1 - x**2 * y**2) ** 2 / 2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        missing = 1 - x**2 * y**2
        return np.stack([-2 * x * y**2 * missing, -2 * x**2 * y * missing], axis=1)

    def hessian(self, points: Array) -> Array:
        """Return the Hessian, ``(lanes, 2, 2)``."""
        x, y = points.T
        square = x**2 * y**2
        return _symmetric(
            y**2 * (6 * square - 2), 4 * x * y * (2 * square - 1), x**2 * (6 * square - 2)
        )


# Those of the house; a formula is typed by a reader.
FUNCTIONS: Final = (
    Ravine,
    Bowl,
    Booth,
    Matyas,
    Saddle,
    Plateau,
    Dip,
    Bends,
    Tug,
    Rosenbrock,
    Beale,
    Himmelblau,
    ThreeHumpCamel,
    StyblinskiTang,
    Rastrigin,
    Twin,
)
EVERY_FUNCTION: Final = (*FUNCTIONS, Formula)

AnyFunction = Annotated[
    Ravine
    | Bowl
    | Booth
    | Matyas
    | Saddle
    | Plateau
    | Dip
    | Bends
    | Tug
    | Rosenbrock
    | Beale
    | Himmelblau
    | ThreeHumpCamel
    | StyblinskiTang
    | Rastrigin
    | Twin
    | Formula,
    Field(discriminator="name"),
]
