"""What tests know of Schedule-Free AdamW."""

import numpy as np

from tests.engine.rules.facts import Facts


def unscaled(seen):
    """The direction without the root that every gradient is divided by."""
    root = np.sqrt(seen.corrected["second_moment"]) + seen.optimizer.epsilon
    return seen.direction * root


FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(0.5, 200),
    rosenbrock=(0.05, 9_200),
    scaled=unscaled,
)
