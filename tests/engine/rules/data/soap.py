"""What tests know of SOAP; its facts are in ``tests/engine/rules/test_kronecker.py``."""

from operator import attrgetter

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=0.0,
    bowl=(0.03, 650),
    rosenbrock=(0.01, 1_000),
    scaled=attrgetter("direction"),
)
