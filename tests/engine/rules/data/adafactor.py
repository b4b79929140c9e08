"""What tests know of Adafactor; its facts are in ``tests/engine/rules/test_layers.py``."""

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=0.001,
    bowl=(0.3, 230),
    rosenbrock=None,
)
