"""What tests know of Newton's rule."""

from operator import attrgetter

from tests.engine.rules.facts import Facts

FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(1.0, 2),
    rosenbrock=(1.0, 10),
    scaled=attrgetter("direction"),
)
