"""Arrays: their types, and how one is taken from outside.

Docstrings name their axes: lanes, runs, seeds, rows, units, n_params.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from engine.errors import InvalidInput
from engine.limits import length_of

if TYPE_CHECKING:  # it takes a tenth of NumPy's own time to import
    from numpy.typing import NDArray

    from engine.limits import Interval

Array: TypeAlias = "NDArray[np.float64]"
Integers: TypeAlias = "NDArray[np.int64]"
Booleans: TypeAlias = "NDArray[np.bool_]"
State: TypeAlias = "tuple[Array, ...]"


def vector(field: str, values: object, lengths: Interval) -> Array:
    """Return a copy of as many numbers as allowed, ``(n,)``.

    Raises:
        InvalidInput: anything else; what is too long is refused before it fills an array.
    """
    length = length_of(field, values)
    if length > lengths.high:
        raise InvalidInput("wrong_length", field, length, lengths)
    try:
        given = np.asarray(values)
    except ValueError:  # lists of unequal lengths
        raise InvalidInput("wrong_type", field, values, "tuple") from None
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iuf"):
        raise InvalidInput("wrong_type", field, values, "tuple")
    if length not in lengths:
        raise InvalidInput("wrong_length", field, length, lengths)
    return np.array(given, dtype=np.float64)
