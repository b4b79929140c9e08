"""Types of arrays; docstrings name their axes: lanes, runs, seeds, rows, units, n_params."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # numpy.typing takes a tenth of NumPy's own time to import
    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"
Integers: TypeAlias = "NDArray[np.int64]"
Booleans: TypeAlias = "NDArray[np.bool_]"
State: TypeAlias = "tuple[Array, ...]"
