"""What tests know of Yogi."""

import numpy as np

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    m = v = 0.0
    for step, g in enumerate(stream, start=1):
        m = rule.beta1 * m + (1 - rule.beta1) * g
        v = v - (1 - rule.beta2) * np.sign(v - g * g) * g * g
        m_hat, v_hat = m / (1 - rule.beta1**step), v / (1 - rule.beta2**step)
        yield m_hat / (v_hat**0.5 + rule.epsilon)


FACTS = Facts(
    by_hand=by_hand,
    first=1 / 1.001,
    bowl=(1.0, 204),
    rosenbrock=(0.5, 1_136),
    scaled=lambda seen: seen.corrected["first_moment"],
)
