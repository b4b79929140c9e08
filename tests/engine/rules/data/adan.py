"""What tests know of Adan."""

from engine.rules import Adan
from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    m = v = n = 0.0
    last = None
    for step, g in enumerate(stream, start=1):
        change = 0.0 if last is None else g - last
        last = g
        m = rule.beta1 * m + (1 - rule.beta1) * g
        v = rule.beta2 * v + (1 - rule.beta2) * change
        n = rule.beta3 * n + (1 - rule.beta3) * (g + rule.beta2 * change) ** 2
        m_hat, v_hat = m / (1 - rule.beta1**step), v / (1 - rule.beta2**step)
        n_hat = n / (1 - rule.beta3**step)
        yield (m_hat + rule.beta2 * v_hat) / (n_hat**0.5 + rule.epsilon)


def ahead(seen):
    """The corrected mean of gradients and its expected change."""
    return seen.corrected["first_moment"] + Adan().beta2 * seen.corrected["mean_change"]


FACTS = Facts(
    by_hand=by_hand,
    first=1.0,
    bowl=(0.05, 1_016),
    rosenbrock=(0.005, 2_930),
    scaled=ahead,
    differs=True,
)
