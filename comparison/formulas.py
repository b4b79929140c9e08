"""Formulas to begin with, of courses and books."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.problems.formula import Formula
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping


class Example(NamedTuple):
    """A formula to begin with.

    Attributes:
        title: in English, to be translated where it is shown.
        formula: with the values of its constants.
        start: where runs start.
    """

    title: str
    formula: Formula
    start: tuple[float, float]


EXAMPLES: Final[Mapping[str, Example]] = MappingProxyType(
    {
        "dive": Example(
            N_("Dive into Deep Learning: 0.1x² + 2y²"),
            Formula(text="0.1*x^2 + 2*y^2"),
            (-5.0, -2.0),
        ),
        "scratch": Example(
            N_("Deep Learning from Scratch: x²/20 + y²"),
            Formula(text="x^2/20 + y^2"),
            (-7.0, 2.0),
        ),
        "rosenbrock": Example(
            N_("Rosenbrock, a and b to choose"),
            Formula(text="(a - x)^2 + b*(y - x^2)^2", constants={"a": 1.0, "b": 100.0}),
            (-1.2, 1.0),
        ),
        "two_valleys": Example(
            N_("Two valleys: x⁴ + y⁴ − 4xy + 1"),
            Formula(text="x^4 + y^4 - 4*x*y + 1"),
            (-0.5, 1.5),
        ),
        "monkey": Example(
            N_("Monkey saddle: x³ − 3xy²"),
            Formula(text="x^3 - 3*x*y^2"),
            (1.5, 0.001),
        ),
        "egg_box": Example(
            N_("Egg box: sin(x) cos(y)"),
            Formula(text="sin(x)*cos(y)"),
            (0.5, 1.0),
        ),
        "kink": Example(
            N_("A kink: |x| + |y|"),
            Formula(text="abs(x) + abs(y)"),
            (-3.0, 1.7),
        ),
        "logarithm": Example(
            N_("A logarithm: x − ln(x) + y²"),
            Formula(text="x - ln(x) + y^2"),
            (3.0, 1.5),
        ),
        "himmelblau": Example(
            N_("Himmelblau"),
            Formula(text="(x^2 + y - 11)^2 + (x + y^2 - 7)^2"),
            (0.0, -1.0),
        ),
        "beale": Example(
            N_("Beale"),
            Formula(text="(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2"),
            (1.0, 1.0),
        ),
        "mccormick": Example(
            N_("McCormick"),
            Formula(text="sin(x + y) + (x - y)^2 - 1.5*x + 2.5*y + 1"),
            (2.0, 3.0),
        ),
        "goldstein_price": Example(
            N_("Goldstein–Price"),
            Formula(
                text=(
                    "a = 19 - 14*x + 3*x^2 - 14*y + 6*x*y + 3*y^2\n"
                    "b = 18 - 32*x + 12*x^2 + 48*y - 36*x*y + 27*y^2\n"
                    "(1 + (x + y + 1)^2*a)*(30 + (2*x - 3*y)^2*b)"
                )
            ),
            (0.5, -0.5),
        ),
        "ackley": Example(
            N_("Ackley"),
            Formula(
                text=(
                    "-20*exp(-0.2*sqrt((x^2 + y^2)/2))"
                    " - exp((cos(2*pi*x) + cos(2*pi*y))/2) + e + 20"
                )
            ),
            (-2.6, 1.4),
        ),
    }
)
