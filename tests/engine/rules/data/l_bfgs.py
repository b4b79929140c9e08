"""What tests know of L-BFGS."""

from operator import attrgetter

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(1.0, 10),
    rosenbrock=(0.5, 110),
    scaled=attrgetter("direction"),
)
