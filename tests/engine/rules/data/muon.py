"""What tests know of Muon; its facts are in ``tests/engine/rules/test_layers.py``."""

from operator import attrgetter

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=0.696436,
    bowl=(0.005, 2_700),
    rosenbrock=(0.003, 3_300),
    scaled=attrgetter("direction"),
)
