"""Which rates were found to be the best: a claim of settings, and of no others."""

from dataclasses import replace

import pytest

from comparison.rates import Tuned
from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Run,
    Stopping,
    rate_curves,
    rate_sweep,
    score,
)
from engine.analysis.rates import with_best_rates
from engine.analysis.settings import first_sweep, found
from engine.problems.datasets import TwoMoons
from engine.problems.functions import Bowl
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


# Rates and batch sizes


@pytest.fixture(scope="module")
def every():
    """Of each run a best setting that lies at no edge of the rates."""
    return found(COMPARED, [score(first_sweep(COMPARED))])


def taken(every, experiment=COMPARED, **fields):
    runs = tuple(one.setting.model_copy(update=fields) for one in every)
    return experiment.model_copy(update={"runs": runs})


@pytest.fixture
def searched_here(every):
    assert [one.edge for one in every] == [None, None]
    known = BestRates()
    known.remember_settings(COMPARED, every)
    return known


def test_settings_that_were_found_are_claimed_with_their_number_and_seeds(searched_here, every):
    claim = searched_here.tried(taken(every))

    assert claim.batch_sizes
    assert (claim.tried, claim.most, claim.seeds) == (14, 14, (1000, 1001))
    assert claim.is_smallest_batch is any(one.is_smallest_batch for one in every)
    assert searched_here.tried(COMPARED) is None
    assert BestRates().tried(taken(every)) is None


def test_the_seeds_compared_are_the_readers(searched_here, every):
    seeds = {"seeds": (5, 6, 7)}
    assert searched_here.tried(taken(every, COMPARED.model_copy(update=seeds))) is not None


@pytest.mark.parametrize(
    "other",
    [
        {"budget": Budget(amount=3)},
        {"data_seed": 1},
        {"problem": COMPARED.problem.model_copy(update={"l2": 0.1})},
        {"stopping": Stopping(target_loss=0.1)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_settings_found_for_another_comparison_are_none_of_this(other, searched_here, every):
    assert searched_here.tried(taken(every, COMPARED.model_copy(update=other))) is None


def test_a_batch_size_belongs_to_what_was_tuned(searched_here, every):
    assert searched_here.tried(taken(every, batch_size=5)) is None


def test_all_rows_are_all_rows_however_they_are_written(every):
    rows = COMPARED.problem.training_rows
    whole = [one for one in every if one.setting.batch_size == "all"]
    whole = whole or [replace(every[0], curves=every[0].curves[-1:])]
    known = BestRates()
    known.remember_settings(COMPARED, whole)

    assert known.tried(taken(whole, batch_size=rows)) == known.tried(taken(whole)) is not None


def test_runs_of_which_one_was_tried_more_often_tell_both_numbers(every):
    first, second = every
    known = BestRates()
    known.remember_settings(COMPARED, [first, replace(second, curves=(second.best,))])
    claim = known.tried(taken(every))

    assert (claim.tried, claim.most) == (7, 14)


def test_a_setting_at_the_edge_of_the_rates_is_not_claimed(every):
    first, second = every
    best = first.best
    edge = replace(best, rates=best.rates[: best.best + 1], scores=best.scores[: best.best + 1])
    known = BestRates()
    known.remember_settings(COMPARED, [replace(first, curves=(edge,)), second])

    assert known.tried(taken(every)) is None
    assert known.tried(COMPARED.model_copy(update={"runs": taken(every).runs[1:]})) is not None


def test_of_a_function_rates_alone_are_claimed():
    bowl = Experiment(
        problem=Function(function=Bowl(condition=1.0)),
        runs=[Run(optimizer=SGD(), learning_rate=0.3, batch_size="all")],
        budget=Budget(amount=5, unit="iterations"),
    )
    every = found(bowl, [score(first_sweep(bowl))])
    known = BestRates()
    known.remember_settings(bowl, every)

    assert known.tried(taken(every, bowl)) == Tuned(7, (0,))


def of_a_sweep(*runs, sizes=False):
    """Claims that these runs are the best of seven settings with two seeds."""
    tuned = Tuned(7, (4, 2), batch_sizes=sizes, most=7)
    return [(run, tuned) for run in runs], tuned


def test_the_best_rates_of_a_sweep_hold_for_its_problem_whatever_the_seeds():
    claims, tuned = of_a_sweep(*COMPARED.runs)
    known = BestRates()
    known.remember_sweep(COMPARED, claims)

    assert known.tried(COMPARED) == tuned
    assert known.tried(COMPARED.model_copy(update={"seeds": (9,)})) == tuned
    assert known.tried(COMPARED.model_copy(update={"budget": Budget(amount=3)})) is None


def test_a_sweep_claims_nothing_of_runs_that_it_does_not_name():
    claims, tuned = of_a_sweep(COMPARED.runs[0])
    known = BestRates()
    known.remember_sweep(COMPARED, claims)

    assert known.tried(COMPARED) is None
    assert known.tried(COMPARED.model_copy(update={"runs": COMPARED.runs[:1]})) == tuned


def test_another_rate_than_that_of_the_sweep_is_not_its_best():
    claims, _tuned = of_a_sweep(*COMPARED.runs)
    known = BestRates()
    known.remember_sweep(COMPARED, claims)
    other = COMPARED.runs[0].model_copy(update={"learning_rate": 0.4})

    assert known.tried(COMPARED.model_copy(update={"runs": (other, COMPARED.runs[1])})) is None


def test_a_sweep_over_batch_sizes_claims_rate_and_batch_size_together():
    claims, tuned = of_a_sweep(*COMPARED.runs, sizes=True)
    known = BestRates()
    known.remember_sweep(COMPARED, claims)
    smaller = [run.model_copy(update={"batch_size": 5}) for run in COMPARED.runs]

    assert known.tried(COMPARED) == tuned
    assert known.tried(COMPARED.model_copy(update={"runs": tuple(smaller)})) is None


def test_the_latest_sweep_is_believed():
    claims, _tuned = of_a_sweep(*COMPARED.runs)
    known = BestRates()
    known.remember_sweep(COMPARED, claims)
    faster = [run.model_copy(update={"learning_rate": 0.7}) for run in COMPARED.runs]
    known.remember_sweep(COMPARED, of_a_sweep(*faster)[0])

    assert known.tried(COMPARED) is None
    assert known.tried(COMPARED.model_copy(update={"runs": tuple(faster)})) is not None
