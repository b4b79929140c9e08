"""What tests know of QHM."""

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    m = 0.0
    for g in stream:
        m = rule.momentum * m + (1 - rule.momentum) * g
        yield rule.nu * m + (1 - rule.nu) * g


def mixed(seen):
    nu = seen.optimizer.nu
    return nu * seen.slots_after["first_moment"] + (1 - nu) * seen.gradient


FACTS = Facts(
    by_hand=by_hand,
    first=0.37,
    bowl=(0.15, 150),
    rosenbrock=(0.005, 4_400),
    scaled=mixed,
)
