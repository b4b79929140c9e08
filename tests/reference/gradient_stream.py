"""A fixed stream of gradients that any rule can be fed, step by step.

It is made of seeded uniform numbers and single rounded operations, so that every machine gets the
same bits (``Generator.uniform`` is not used: a compiler may fuse its multiplication and addition);
``SHA256`` says which.

The gradients do not depend on the parameters: an error of the last digit stays one of the last
digit, and rules can be compared at 1e-13, where in a closed loop such errors grow to percents.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

STEPS: Final = 1_000
RECORDED_STEPS: Final = (1, 2, 3, 10, 100, 500, 1_000)

# Columns 0-3 keep one magnitude each, column 4 changes its own at every step, column 5 is mostly 0.
SCALES: Final = (1e-6, 1e-3, 1.0, 1e3)
# Four parameters start at zero: they are the sum of their updates. Two give weight decay its due.
START: Final = (0.0, 0.0, 0.0, 0.0, -1.5, -0.75)

# Of every rule. With it 1 - rate x weight decay rounds so well that AdamW's forms stay 1e-14 apart.
LEARNING_RATE: Final = 0.01

SHA256: Final = "bb3d65877d04d8fbb29dac0662ea3235348fe50c6cb75c2c618581673db1fd64"


def gradients() -> np.ndarray:
    """Return the stream, ``(steps, n_params)``, float64, read-only.

    A third of the gradients is negative, so that all sums grow, away from zero: the relative error
    of a parameter says something at every step.
    """
    rng = np.random.default_rng(0)
    stream = 1.5 * rng.random((STEPS, len(START))) - 0.5
    stream[:, :4] *= SCALES
    stream[:, 4] *= np.ldexp(1.0, rng.integers(-20, 11, STEPS))  # 1e-6 to 1e3, exact powers of two
    stream[rng.random(stream.shape) < 0.05] = 0.0
    stream[rng.random(STEPS) < 0.9, 5] = 0.0
    stream[:5, 5] = 0.0  # nothing accumulated yet: 0 / (0 + epsilon)
    stream.flags.writeable = False
    return stream


def fingerprint(stream: np.ndarray) -> str:
    """Return the SHA-256 of the stream's little-endian bytes, row by row."""
    return hashlib.sha256(np.ascontiguousarray(stream, dtype="<f8").tobytes()).hexdigest()
