"""Which rates were found to be the best: a claim of settings, and of no others."""

from dataclasses import replace

import pytest

from engine import Budget, Experiment, Network, Run, rate_sweep, score
from engine.analysis.rates import best_swept_rates
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam
from ui.shell import tuning
from ui.shell.tuning import BestRates

COMPARED = Experiment(
    problem=Network(dataset=TwoMoons(rows=20), hidden=(2,)),
    runs=[
        Run(optimizer=SGD(), learning_rate=0.5, batch_size="all"),
        Run(optimizer=Adam(), learning_rate=0.01, batch_size="all"),
    ],
    budget=Budget(amount=2),
)


@pytest.fixture(scope="module")
def sweep():
    return score(rate_sweep(COMPARED, (0.01, 0.1, 1.0)))


@pytest.fixture
def known(sweep):
    found = BestRates()
    found.remember(sweep.experiment, best_swept_rates(sweep))
    return found


def tuned(sweep, experiment=COMPARED):
    best = best_swept_rates(sweep)
    return experiment.model_copy(
        update={
            "runs": tuple(
                run.model_copy(update={"learning_rate": best[run.optimizer.name]})
                for run in experiment.runs
            )
        }
    )


def test_rates_that_were_found_are_used_where_all_runs_have_them(known, sweep):
    assert known.are_used(tuned(sweep))
    assert not known.are_used(COMPARED)
    assert not BestRates().are_used(tuned(sweep))


@pytest.mark.parametrize(
    "other",
    [
        {"budget": Budget(amount=3)},
        {"seeds": (1,)},
        {"data_seed": 1},
        {"problem": COMPARED.problem.model_copy(update={"l2": 0.1})},
        {"record_every": 1},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_rates_found_for_other_settings_are_none_of_these(other, known, sweep):
    assert not known.are_used(tuned(sweep, COMPARED.model_copy(update=other)))


def test_no_run_is_spoken_for_by_another(known, sweep):
    """Each of them has its own best; which stand beside it does not matter."""
    first, second = tuned(sweep).runs
    other = second.model_copy(update={"batch_size": 5})

    assert known.are_used(COMPARED.model_copy(update={"runs": (second, first)}))
    assert known.are_used(COMPARED.model_copy(update={"runs": (second,)}))
    assert not known.are_used(COMPARED.model_copy(update={"runs": (first, other)}))


def test_a_rule_that_diverged_at_every_rate_has_none(sweep):
    diverged = [replace(one, status=("diverged",)) for one in sweep.runs[:3]]
    partly = replace(sweep, runs=(*diverged, *sweep.runs[3:]))
    found = BestRates()
    found.remember(partly.experiment, best_swept_rates(partly))

    assert not found.are_used(tuned(sweep))
    assert found.are_used(COMPARED.model_copy(update={"runs": tuned(sweep).runs[1:]}))


def test_what_was_found_long_ago_is_forgotten(known, sweep, monkeypatch):
    monkeypatch.setattr(tuning, "_MOST", 2)
    later = score(rate_sweep(COMPARED.model_copy(update={"seeds": (5,)}), (0.1,)))
    known.remember(later.experiment, best_swept_rates(later))

    assert not known.are_used(tuned(sweep))
    assert known.are_used(later.experiment)
