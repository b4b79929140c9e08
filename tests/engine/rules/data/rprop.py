"""What tests know of Rprop."""

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(0.1, 60),
    rosenbrock=(0.002, 3_500),
    scaled=lambda seen: seen.slots_after["last_sign"],
)
