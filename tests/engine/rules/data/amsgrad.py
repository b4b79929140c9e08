"""What tests know of AMSGrad."""

import numpy as np

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    m = v = w = 0.0
    for step, g in enumerate(stream, start=1):
        m = rule.beta1 * m + (1 - rule.beta1) * g
        v = rule.beta2 * v + (1 - rule.beta2) * g * g
        w = np.maximum(w, v)
        m_hat, w_hat = m / (1 - rule.beta1**step), w / (1 - rule.beta2**step)
        yield m_hat / (w_hat**0.5 + rule.epsilon)


FACTS = Facts(
    by_hand=by_hand,
    first=1.0,
    bowl=(0.2, 204),
    rosenbrock=(0.5, 1_126),
    scaled=lambda seen: seen.corrected["first_moment"],
)
