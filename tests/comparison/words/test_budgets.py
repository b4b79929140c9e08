"""A budget in words."""

import pytest

from comparison.words.budgets import budget_words
from engine import Budget


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [
        (1, "epochs", "1 epoch"),
        (60, "epochs", "60 epochs"),
        (1, "iterations", "1 iteration"),
        (12_000, "iterations", "12,000 iterations"),
        (1, "rows_seen", "1 row seen"),
        (1_000, "rows_seen", "1,000 rows seen"),
    ],
)
def test_a_budget_is_an_amount_of_a_unit(amount, unit, words):
    assert budget_words(Budget(amount=amount, unit=unit)) == words
