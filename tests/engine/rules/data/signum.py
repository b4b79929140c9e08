"""What tests know of Signum."""

import numpy as np

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    m = 0.0
    for g in stream:
        m = rule.momentum * m + (1 - rule.momentum) * g
        yield np.sign(m)


FACTS = Facts(
    by_hand=by_hand,
    first=1.0,
    bowl=(0.002, 3_000),
    rosenbrock=(0.0001, 34_000),
    scaled=lambda seen: np.sign(seen.slots_after["first_moment"]),
)
