"""Test functions of two parameters: what a rule does without data.

Points are lanes, ``(lanes, 2)``. Each function is a frozen description with its value and exact
gradient.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import numpy as np
from pydantic import Field

from engine.arrays import Array  # noqa: TC001 - pydantic reads annotations of Spec classes
from engine.limits import Interval
from engine.spec import Spec


class Ravine(Spec):
    """f(x, y) = x^2 / 20 + y^2, a bowl twenty times as steep in y as in x.

    The example of the book "Deep Learning from Scratch", from (-7, 2).
    """

    name: Literal["ravine"] = "ravine"

    formula: ClassVar = r"\tfrac{x^2}{20} + y^2"
    start: ClassVar = (-7.0, 2.0)
    minimum: ClassVar = (0.0, 0.0)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return x**2 / 20 + y**2

    def gradient(self, points: Array) -> Array:
        """Return (x / 10, 2 y), ``(lanes, 2)``."""
        return points * np.array([0.1, 2.0])


class Bowl(Spec):
    """f(x, y) = (x^2 + condition y^2) / 2, a quadratic of chosen condition number.

    Attributes:
        condition: largest over smallest eigenvalue of the Hessian.
    """

    condition: Annotated[float, Interval(1, 1e6, symbol=r"\kappa", scale="log")] = 10.0
    name: Literal["bowl"] = "bowl"

    formula: ClassVar = r"\tfrac12\left(x^2 + \kappa\,y^2\right)"
    start: ClassVar = (-4.0, 1.0)
    minimum: ClassVar = (0.0, 0.0)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (x**2 + self.condition * y**2) / 2

    def gradient(self, points: Array) -> Array:
        """Return (x, condition y), ``(lanes, 2)``."""
        return points * np.array([1.0, self.condition])


class Rosenbrock(Spec):
    """f(x, y) = (1 - x)^2 + 100 (y - x^2)^2, a bent valley (Rosenbrock, 1960)."""

    name: Literal["rosenbrock"] = "rosenbrock"

    formula: ClassVar = r"(1 - x)^2 + 100\,(y - x^2)^2"
    start: ClassVar = (-1.2, 1.0)
    minimum: ClassVar = (1.0, 1.0)

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        x, y = points.T
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def gradient(self, points: Array) -> Array:
        """Return the gradient, ``(lanes, 2)``."""
        x, y = points.T
        inner = y - x**2
        return np.stack([-2 * (1 - x) - 400 * x * inner, 200 * inner], axis=1)


FUNCTIONS: Final = (Ravine, Bowl, Rosenbrock)

AnyFunction = Annotated[Ravine | Bowl | Rosenbrock, Field(discriminator="name")]
