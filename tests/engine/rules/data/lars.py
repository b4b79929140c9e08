"""What tests know of LARS; its facts are in ``tests/engine/rules/test_layers.py``."""

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(1.0, 1_200),
    rosenbrock=(1.0, 4_200),
    scaled=lambda seen: seen.slots_after["velocity"],
)
