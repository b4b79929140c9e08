"""What tests know of Adamax."""

import numpy as np

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    m = u = 0.0
    for step, g in enumerate(stream, start=1):
        m = rule.beta1 * m + (1 - rule.beta1) * g
        u = np.maximum(rule.beta2 * u, abs(g) + rule.epsilon)
        yield m / (1 - rule.beta1**step) / u


FACTS = Facts(
    by_hand=by_hand,
    first=1.0,
    bowl=(2.0, 176),
    rosenbrock=(0.2, 4_038),
    scaled=lambda seen: seen.corrected["first_moment"],
)
