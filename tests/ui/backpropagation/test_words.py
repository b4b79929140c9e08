"""The words of the Backpropagation page: a rule for every operation, derivatives in sentences."""

import math

from engine.formulas.graph import OPERATIONS
from ui.backpropagation.words import RULES, meaning


def test_every_operation_has_its_rule():
    assert set(RULES) == set(OPERATIONS)


def test_a_jump_is_no_slope():
    sentence = meaning("x", "y", 0.0, (math.inf, math.inf))
    assert "jumps" in sentence
    assert "inf" not in sentence
