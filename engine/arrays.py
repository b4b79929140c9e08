"""Arrays: their types, where each layer lies in a lane, and how input becomes an array.

Docstrings name their axes: lanes, runs, seeds, rows, units, n_params.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
class Layout:
    """Where each layer's matrix lies in a lane.

    Attributes:
        units: inputs, hidden units layer by layer, outputs.
        bias: whether each layer has a bias, the last column of its matrix.
    """

    units: tuple[int, ...]
    bias: bool = True

    @cached_property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Return ``(units out, units in + bias)`` of every layer."""
        return tuple(
            (out, n_in + self.bias) for n_in, out in zip(self.units, self.units[1:], strict=False)
        )

    @cached_property
    def n_params(self) -> int:
        """Return the number of parameters of a lane."""
        return sum(rows * columns for rows, columns in self.shapes)

    def matrices(self, params: Array) -> list[Array]:
        """Return each layer's ``(..., units out, units in + bias)``, views of ``params``."""
        views, start = [], 0
        for rows, columns in self.shapes:
            part = params[..., start : start + rows * columns]
            views.append(part.reshape(*params.shape[:-1], rows, columns))
            start += rows * columns
        return views


def vector(field: str, values: object, lengths: Interval) -> Array:
    """Return a copy of the numbers, ``(n,)``.

    Raises:
        InvalidInput: not numbers, or not as many as allowed; input that is too long is refused
            before it fills an array.
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
