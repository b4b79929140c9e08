"""What tests know of RAdam."""

import numpy as np

from tests.engine.rules.facts import Facts


def precision(length):
    return (length - 4) * (length - 2) / length


def by_hand(rule, stream):
    """The length of the average as two sums over the ages j of the squares, by beta2^j."""
    m = v = weights = lengths = 0.0
    for step, g in enumerate(stream, start=1):
        m = rule.beta1 * m + (1 - rule.beta1) * g
        v = rule.beta2 * v + (1 - rule.beta2) * g * g
        lengths = 1 + rule.beta2 * (lengths + 2 * weights)
        weights = 1 + rule.beta2 * weights
        length, longest = lengths / weights, 2 / (1 - rule.beta2) - 1
        r = (precision(np.maximum(length, 5)) / precision(np.maximum(longest, 5))) ** 0.5
        rectified = r * (1 - rule.beta2**step) ** 0.5 / (v**0.5 + rule.epsilon)
        yield m / (1 - rule.beta1**step) * np.where(length > 5, rectified, 1)


FACTS = Facts(
    by_hand=by_hand,
    first=1.0,
    bowl=(0.2, 266),
    rosenbrock=(0.002, 11_500),
    scaled=lambda seen: seen.corrected["first_moment"],
)
