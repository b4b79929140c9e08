"""What tests know of NAdam."""

from engine.rules import NAdam
from tests.engine.rules.facts import Facts


def momentum(rule, step):
    return rule.beta1 * (1 - 0.96 ** (step * rule.momentum_decay) / 2)


def by_hand(rule, stream):
    m = v = 0.0
    product = momentum(rule, 1) ** 0
    for step, g in enumerate(stream, start=1):
        m = rule.beta1 * m + (1 - rule.beta1) * g
        v = rule.beta2 * v + (1 - rule.beta2) * g * g
        mu, mu_next = momentum(rule, step), momentum(rule, step + 1)
        product = product * mu
        ahead = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (1 - product)
        yield ahead / ((v / (1 - rule.beta2**step)) ** 0.5 + rule.epsilon)


def ahead(seen):
    """The mean one step ahead, without a slot: 1 less the product of all momenta."""
    rule, product = NAdam(), 1.0
    for step in range(1, seen.step + 1):
        product *= momentum(rule, step)
    mu, mu_next = momentum(rule, seen.step), momentum(rule, seen.step + 1)
    ahead = mu_next * seen.slots_after["first_moment"] / (1 - product * mu_next)
    return ahead + (1 - mu) * seen.gradient / (1 - product)


FACTS = Facts(
    by_hand=by_hand,
    first=1.0564518,
    bowl=(0.2, 116),
    rosenbrock=(0.005, 7_500),
    scaled=ahead,
)
