"""The first view's rates come from a sweep, not from taste."""

import pytest

from benchmarks.default_rates import RATES, SEEDS, is_swept, sweep
from engine.rules import RULES, Newton

SWEPT = [rule for rule in RULES if is_swept(rule)]


# What it trains is covered by others, and tracing makes it three times as long.
@pytest.mark.no_cover
@pytest.mark.parametrize("rule", SWEPT, ids=lambda rule: rule().name)
def test_no_rate_near_the_default_learning_rate_is_better(rule):
    """Two rates to each side; ``python -m benchmarks.default_rates`` tries all of them."""
    place = RATES.index(rule.default_learning_rate)
    losses = sweep([rule], RATES[max(place - 2, 0) : place + 3])[rule().name]

    assert len(losses) > 2
    assert len(SEEDS) == 5
    # Another processor rounds otherwise and may swap two rates of nearly equal score.
    assert losses[rule.default_learning_rate] <= 1.05 * min(losses.values())
    assert 1e-4 < rule.default_learning_rate < 10.0  # the best lies inside the swept range


def test_a_rule_that_cannot_train_the_default_problem_has_no_sweep():
    assert set(RULES) - set(SWEPT) == {rule for rule in RULES if "hessian" in rule.needs}
    assert Newton.default_learning_rate == 1.0  # the full step
