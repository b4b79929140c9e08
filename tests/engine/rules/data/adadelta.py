"""What tests know of Adadelta."""

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    v = x = 0.0
    for g in stream:
        v = rule.decay * v + (1 - rule.decay) * g * g
        direction = (x + rule.epsilon) ** 0.5 / (v + rule.epsilon) ** 0.5 * g
        x = rule.decay * x + (1 - rule.decay) * direction * direction
        yield direction


FACTS = Facts(
    by_hand=by_hand,
    first=(1e-6 / (0.1 + 1e-6)) ** 0.5,
    bowl=(0.5, 2_602),
    rosenbrock=(0.025, 13_000),
)
