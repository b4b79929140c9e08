"""What tests know of Inertia: what ``tests/engine/rules/data/inertia.py`` would have."""

from tests.engine.rules.facts import Facts


def by_hand(rule, stream):
    u = 0.0
    for g in stream:
        u = rule.inertness * u + (1 - rule.inertness) * g
        yield u


FACTS = Facts(
    by_hand=by_hand,
    first=0.5,
    bowl=(0.15, 300),
    rosenbrock=(0.0015, 20_000),
    scaled=lambda seen: seen.slots_after["mean_so_far"],
)
