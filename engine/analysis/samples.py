"""What scores are computed from: losses and times, each of which must mean something.

+inf is a value here: a run that diverged, or one that missed its target.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from engine.arrays import vector
from engine.errors import InvalidInput
from engine.limits import Interval, check_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array

COUNTS: Final = Interval(1, 100_000)  # of values in a sample
LOSSES: Final = Interval(-math.inf, math.inf, open_low=True)  # +inf: it diverged
DIFFERENCES: Final = Interval(-math.inf, math.inf)
FINITE: Final = Interval(-math.inf, math.inf, open_low=True, open_high=True)
TIMES: Final = Interval(0, math.inf)  # +inf: the target was missed


def sample(field: str, values: object, allowed: Interval, counts: Interval = COUNTS) -> Array:
    """Return a copy of the numbers, ``(n,)``.

    Raises:
        InvalidInput: not numbers, not as many as allowed, or one that is not allowed, such as NaN.
    """
    numbers = vector(field, values, counts)
    for place, number in enumerate(numbers.tolist()):
        if number not in allowed:
            code = "out_of_range" if math.isfinite(number) else "not_finite"
            raise InvalidInput(code, f"{field}.{place}", number, allowed)
    return numbers


def table(field: str, values: object, allowed: Interval) -> Array:
    """Return a copy of the numbers, ``(rows, columns)``.

    Raises:
        InvalidInput: as for ``sample``, or rows of unequal lengths.
    """
    check_length(field, values, COUNTS)
    rows: list[Array] = []
    for place, row in enumerate(cast("Sequence[object]", values)):
        counts = Interval(len(rows[0]), len(rows[0])) if rows else COUNTS
        rows.append(sample(f"{field}.{place}", row, allowed, counts))
    return np.array(rows)


def pair(
    fields: tuple[str, str], values: tuple[object, object], allowed: tuple[Interval, Interval]
) -> tuple[Array, Array]:
    """Return copies of two samples of one length, ``(n,)`` each.

    Raises:
        InvalidInput: as for ``sample``, or unequal lengths.
    """
    first = sample(fields[0], values[0], allowed[0])
    alike = Interval(len(first), len(first))
    return first, sample(fields[1], values[1], allowed[1], alike)
