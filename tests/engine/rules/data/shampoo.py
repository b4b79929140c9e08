"""What tests know of Shampoo; its facts are in ``tests/engine/rules/test_kronecker.py``."""

from operator import attrgetter

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(1.0, 130),
    rosenbrock=(2.0, 7_500),
    scaled=attrgetter("direction"),
)
