"""What tests know of Schedule-Free SGD."""

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(0.5, 160),
    rosenbrock=(0.005, 13_000),
    scaled=lambda seen: seen.direction,
)
