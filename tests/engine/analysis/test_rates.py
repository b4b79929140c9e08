"""The best learning rates of a sweep."""

from dataclasses import replace

import pytest

from engine import Budget, Experiment, Network, Run, rate_sweep, score
from engine.analysis.rates import best_swept_rates
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam

RATES = (0.001, 0.1, 1.0)


@pytest.fixture(scope="module")
def sweep():
    runs = [Run(optimizer=rule(), learning_rate=0.1, batch_size="all") for rule in (SGD, Adam)]
    problem = Network(dataset=TwoMoons(rows=20), hidden=(2,))
    return score(rate_sweep(Experiment(problem=problem, runs=runs, budget=Budget(amount=5)), RATES))


def test_every_rule_has_the_rate_of_its_lowest_final_loss(sweep):
    losses = [run.median_loss for run in sweep.runs]
    lowest = [min(range(3), key=losses[3 * rule : 3 * rule + 3].__getitem__) for rule in (0, 1)]

    assert best_swept_rates(sweep) == {"sgd": RATES[lowest[0]], "adam": RATES[lowest[1]]}


def test_a_rule_that_diverged_at_every_rate_has_no_best_one(sweep):
    diverged = [replace(run, status=("diverged",)) for run in sweep.runs[:3]]

    assert list(best_swept_rates(replace(sweep, runs=(*diverged, *sweep.runs[3:])))) == ["adam"]
