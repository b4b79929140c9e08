"""What tests know of Lion."""

import numpy as np

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    m = 0.0
    for g in stream:
        yield np.sign(rule.beta1 * m + (1 - rule.beta1) * g)
        m = rule.beta2 * m + (1 - rule.beta2) * g


def mixed(seen):
    rule = seen.optimizer
    return rule.beta1 * seen.slots_before["first_moment"] + (1 - rule.beta1) * seen.gradient


FACTS = Facts(
    by_hand=by_hand,
    first=1.0,
    bowl=(0.002, 3_600),
    rosenbrock=(0.001, 4_500),
    scaled=lambda seen: np.sign(mixed(seen)),
)
