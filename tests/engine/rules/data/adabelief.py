"""What tests know of AdaBelief."""

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    m = s = 0.0
    for step, g in enumerate(stream, start=1):
        m = rule.beta1 * m + (1 - rule.beta1) * g
        s = rule.beta2 * s + (1 - rule.beta2) * (g - m) * (g - m) + rule.epsilon
        m_hat, s_hat = m / (1 - rule.beta1**step), s / (1 - rule.beta2**step)
        yield m_hat / (s_hat**0.5 + rule.epsilon)


FACTS = Facts(
    by_hand=by_hand,
    first=1 / 0.9,
    bowl=(0.1, 206),
    rosenbrock=(0.02, 4_610),
    scaled=lambda seen: seen.corrected["first_moment"],
)
