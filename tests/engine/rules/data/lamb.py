"""What tests know of LAMB; its facts are in ``tests/engine/rules/test_layers.py``."""

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(0.1, 170),
    rosenbrock=None,
    scaled=lambda seen: seen.corrected["first_moment"],
)
