"""The first view's rates come from a sweep, not from taste."""

from benchmarks.default_rates import RATES, SEEDS, sweep
from engine.optimizers import OPTIMIZERS


def test_default_learning_rates_are_the_best_of_the_sweep():
    medians = sweep()

    assert len(RATES) == 16
    assert len(SEEDS) == 5
    for rule in OPTIMIZERS:
        losses = medians[rule().name]
        # Another processor rounds otherwise and may swap two rates of nearly equal score.
        assert losses[rule.default_learning_rate] <= 1.05 * min(losses.values())
        assert 1e-4 < rule.default_learning_rate < 10.0  # the best lies inside the swept range
