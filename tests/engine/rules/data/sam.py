"""What tests know of SAM."""

from operator import attrgetter

from tests.engine.rules.facts import Facts

# Across the valley of Rosenbrock's function its step never gets small: it stays on the sides.
FACTS = Facts(
    by_hand=None,
    first=1.0,
    bowl=(0.01, 800),
    rosenbrock=None,
    scaled=attrgetter("second_gradient"),
)
