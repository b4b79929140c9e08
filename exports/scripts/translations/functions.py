"""How other libraries write a test function: a row each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.problems.functions import (
    Beale,
    Bends,
    Booth,
    Bowl,
    Dip,
    Himmelblau,
    Matyas,
    Plateau,
    Rastrigin,
    Ravine,
    Rosenbrock,
    Saddle,
    StyblinskiTang,
    ThreeHumpCamel,
    Tug,
    Twin,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.problems.function_of_two import FunctionOfTwo

# The value of a test function at x and y; $np is a module with NumPy's names.
VALUES: Final[Mapping[type[FunctionOfTwo], str]] = MappingProxyType(
    {
        Ravine: "x ** 2 / 20 + y ** 2",
        Bowl: "(x ** 2 + $condition * y ** 2) / 2",
        Booth: "(x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2",
        Matyas: "0.26 * (x ** 2 + y ** 2) - 0.48 * x * y",
        Saddle: "x ** 2 - y ** 2",
        Plateau: "1 - $np.exp(-x ** 2 / 8 - y ** 2 / 2)",
        Dip: "x ** 2 / 20 + y ** 2 / 2 - 0.35 * $np.exp(-2 * (x + 3) ** 2 - 2 * y ** 2)",
        Bends: (
            "12.5 * x ** 2 - 12 * $np.where(x > 1, x - 1, 0) ** 2"
            " + 12 * $np.where(x > 2, x - 2, 0) ** 2 + 5 * y ** 2"
        ),
        Tug: (
            "x / 3 + 5 * $np.where(x > 1, x - 1, 0) ** 2"
            " + 5 * $np.where(x < -1, x + 1, 0) ** 2 + y ** 2 / 2"
        ),
        Rosenbrock: "(1 - x) ** 2 + 100 * (y - x ** 2) ** 2",
        Beale: (
            "(1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2"
        ),
        Himmelblau: "(x ** 2 + y - 11) ** 2 + (x + y ** 2 - 7) ** 2",
        ThreeHumpCamel: "2 * x ** 2 - 1.05 * x ** 4 + x ** 6 / 6 + x * y + y ** 2",
        StyblinskiTang: ("(x ** 4 - 16 * x ** 2 + 5 * x) / 2 + (y ** 4 - 16 * y ** 2 + 5 * y) / 2"),
        Rastrigin: (
            "20 + x ** 2 - 10 * $np.cos(2 * $np.pi * x) + y ** 2 - 10 * $np.cos(2 * $np.pi * y)"
        ),
        Twin: "(1 - x ** 2 * y ** 2) ** 2 / 2",
    }
)
