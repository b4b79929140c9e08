"""What tests know of Prodigy."""

from tests.engine.rules.facts import Facts


def scaled(seen):
    """The mean of the gradients, in which each weighs as the distance of its time over this one."""
    before, after = seen.slots_before["distance"], seen.slots_after["distance"]
    if seen.step == 1:
        before = seen.optimizer.d0
    return seen.slots_after["first_moment"] * before / after**2


FACTS = Facts(
    by_hand=None,
    first=1e-6 * 0.1 / (0.001**0.5 + 1e-8),
    bowl=(0.5, 240),
    rosenbrock=(0.02, 2_200),
    scaled=scaled,
)
