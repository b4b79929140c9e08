"""The data sets, in order of increasing complexity, and their rows.

A data set is a frozen description. ``generate`` makes its rows in their original order;
``engine.problems.datasets.preparation`` splits and standardises them.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

import numpy as np
from pydantic import BeforeValidator, Field

from engine.errors import InvalidInput
from engine.limits import LIMITS
from engine.problems.datasets.own import OwnTable
from engine.problems.datasets.real import Airfoil, BreastCancer, Digits, Iris, Penguins
from engine.problems.datasets.source import Drawn, Source
from engine.problems.datasets.toy import (
    Blobs,
    Chebyshev,
    Circles,
    Line,
    Polynomial,
    Sine,
    SingleRow,
    Spirals,
    ThreePoints,
    TwoMoons,
    Xor,
)

DATASETS: Final[tuple[type[Source], ...]] = (
    ThreePoints,
    SingleRow,
    Line,
    Sine,
    Polynomial,
    Chebyshev,
    Blobs,
    TwoMoons,
    Circles,
    Xor,
    Spirals,
    Iris,
    BreastCancer,
    Digits,
    Penguins,
    Airfoil,
)

# Data sets that are no longer here, each with its successor. Links and files that ask for one are
# refused: its rows cannot be shown, and those of another data set are not what was meant.
RETIRED: Final = {"diabetes": "penguins"}


def _not_retired(given: Any) -> Any:
    """Refuse a data set that is no longer here; anything else is left to the union."""
    name = given.get("name") if isinstance(given, dict) else None
    if isinstance(name, str) and name in RETIRED:
        raise InvalidInput("retired", "name", name, RETIRED[name])
    return given


Dataset: TypeAlias = Annotated[
    ThreePoints
    | SingleRow
    | Line
    | Sine
    | Polynomial
    | Chebyshev
    | Blobs
    | TwoMoons
    | Circles
    | Xor
    | Spirals
    | Iris
    | BreastCancer
    | Digits
    | Penguins
    | Airfoil
    | OwnTable,
    Field(discriminator="name"),
    BeforeValidator(_not_retired),
]


def generate(dataset: Source, data_seed: int) -> Drawn:
    """Make the rows of a data set in their original order.

    Args:
        dataset: the description.
        data_seed: seeds the random rows; measured data are the same for every seed.

    Returns:
        Read-only inputs ``(rows, features)``, float64, and read-only targets: classes ``(rows,)``,
        int64, counted from 0, or numbers ``(rows, outputs)``, float64.

    Raises:
        InvalidInput: ``data_seed`` is not a valid seed.
    """
    LIMITS["seed"].integer("data_seed", data_seed)
    drawn = dataset.draw(np.random.default_rng([data_seed, 0]))
    for array in drawn:
        array.flags.writeable = False
    return drawn


__all__ = [
    "DATASETS",
    "RETIRED",
    "Airfoil",
    "Blobs",
    "BreastCancer",
    "Chebyshev",
    "Circles",
    "Dataset",
    "Digits",
    "Iris",
    "Line",
    "OwnTable",
    "Penguins",
    "Polynomial",
    "Sine",
    "SingleRow",
    "Source",
    "Spirals",
    "ThreePoints",
    "TwoMoons",
    "Xor",
    "generate",
]
