"""What tests know of Lookahead."""

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(0.1, 250),
    rosenbrock=(0.01, 6_000),
    scaled=lambda seen: seen.slots_after["first_moment"] / (1 - 0.9**seen.step),
)
