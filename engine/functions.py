"""The test functions and typed formulas, for notebooks; they are defined in ``engine.problems``."""

from engine.problems.formula import Formula
from engine.problems.function_of_two import FunctionOfTwo, Kind, StationaryPoint
from engine.problems.functions import (
    FUNCTIONS,
    AnyFunction,
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

__all__ = [
    "FUNCTIONS",
    "AnyFunction",
    "Beale",
    "Bends",
    "Booth",
    "Bowl",
    "Dip",
    "Formula",
    "FunctionOfTwo",
    "Himmelblau",
    "Kind",
    "Matyas",
    "Plateau",
    "Rastrigin",
    "Ravine",
    "Rosenbrock",
    "Saddle",
    "StationaryPoint",
    "StyblinskiTang",
    "ThreeHumpCamel",
    "Tug",
    "Twin",
]
