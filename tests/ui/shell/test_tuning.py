"""Which rates were found to be the best: a claim of settings, and of no others."""

from dataclasses import replace

import pytest

from comparison.rates import Tuned
from engine import Budget, Experiment, Network, Run, rate_curves, rate_sweep, score
from engine.analysis.rates import with_best_rates
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam
from ui.shell import tuning
from ui.shell.tuning import BestRates

COMPARED = Experiment(
    problem=Network(dataset=TwoMoons(rows=40), hidden=(2,)),
    runs=[
        Run(optimizer=SGD(), learning_rate=0.5, batch_size="all"),
        Run(optimizer=Adam(), learning_rate=0.01, batch_size="all"),
    ],
    budget=Budget(amount=2),
)


FIVE = Tuned(5, (0,))
RATES = (1e-6, 0.01, 0.1, 1.0, 1e6)  # the best of them is none at the edge


@pytest.fixture(scope="module")
def curves():
    return rate_curves([score(rate_sweep(COMPARED, RATES))])


@pytest.fixture
def known(curves):
    found = BestRates()
    found.remember(COMPARED, curves)
    return found


def tuned(curves, experiment=COMPARED):
    return experiment.model_copy(update={"runs": with_best_rates(experiment.runs, curves)})


def test_rates_that_were_found_are_used_where_all_runs_have_them(known, curves):
    assert known.tried(tuned(curves)) == FIVE
    assert known.tried(COMPARED) is None
    assert BestRates().tried(tuned(curves)) is None


@pytest.mark.parametrize(
    "other",
    [
        {"budget": Budget(amount=3)},
        {"data_seed": 1},
        {"problem": COMPARED.problem.model_copy(update={"l2": 0.1})},
        {"record_every": 1},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_rates_found_for_other_settings_are_none_of_these(other, known, curves):
    assert known.tried(tuned(curves, COMPARED.model_copy(update=other))) is None


def test_no_run_is_spoken_for_by_another(known, curves):
    """Each of them has its own best; which stand beside it does not matter."""
    first, second = tuned(curves).runs
    other = second.model_copy(update={"batch_size": 5})

    assert known.tried(COMPARED.model_copy(update={"runs": (second, first)})) == FIVE
    assert known.tried(COMPARED.model_copy(update={"runs": (second,)})) == FIVE
    assert known.tried(COMPARED.model_copy(update={"runs": (first, other)})) is None


def test_a_run_that_diverged_at_every_rate_has_none(curves):
    first, second = curves
    gone = tuple(replace(one, status=("diverged",)) for one in first.scores)
    found = BestRates()
    found.remember(COMPARED, [replace(first, scores=gone), second])

    assert found.tried(tuned(curves)) is None
    assert found.tried(COMPARED.model_copy(update={"runs": tuned(curves).runs[1:]})) == FIVE


def test_rates_found_with_some_seeds_are_told_of_others_with_these_seeds(known, curves):
    assert known.tried(tuned(curves, COMPARED.model_copy(update={"seeds": (1, 2)}))) == FIVE


def test_what_was_found_long_ago_is_forgotten(known, curves, monkeypatch):
    monkeypatch.setattr(tuning, "_MOST", 2)
    later = COMPARED.model_copy(update={"data_seed": 5})
    found = rate_curves([score(rate_sweep(later, RATES))])
    known.remember(later, found)

    assert known.tried(tuned(curves)) is None
    assert known.tried(tuned(found, later)) == Tuned(5, (0,))


def test_a_rate_at_the_edge_of_what_was_tried_is_not_taken_for_the_best(curves):
    first, second = curves
    rates, scores = first.rates[: first.best + 1], first.scores[: first.best + 1]
    found = BestRates()
    found.remember(COMPARED, [replace(first, rates=rates, scores=scores), second])

    assert found.tried(tuned(curves)) is None
    assert found.tried(COMPARED.model_copy(update={"runs": tuned(curves).runs[1:]})) == FIVE
