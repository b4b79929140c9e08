"""The search for settings: what is tried, what is found where that is known, what it shows."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engine import (
    LIMITS,
    Budget,
    Experiment,
    Function,
    Interval,
    InvalidInput,
    Network,
    RateCurve,
    Run,
    Stopping,
    estimate,
    estimate_scores,
    fit,
    score,
)
from engine.analysis import settings
from engine.analysis.settings import (
    TURNS,
    answer,
    estimate_search,
    first_rates,
    first_sizes,
    first_sweep,
    found,
    good_loss,
    has_a_best,
    next_sweep,
    reporting,
    reporting_seeds,
    searched,
    tuning_seeds,
)
from engine.problems.datasets import Line, TwoMoons
from engine.problems.functions import Bowl, Saddle
from engine.rules import RULES, SGD, Adam, Momentum

SGD_RUN = Run(optimizer=SGD(), learning_rate=0.7, batch_size="all")
# Four updates per epoch with batches of 8, 16 with 2, 32 with 1: the line has no noise.
LINE = Experiment(
    problem=Network(
        dataset=Line(rows=32, noise=0.0),
        validation_share=0.0,
        hidden=(),
        loss="mean_squared_error",
    ),
    runs=[SGD_RUN],
    budget=Budget(amount=3),
)
MOONS = Experiment(
    problem=Network(dataset=TwoMoons(rows=60), hidden=(3,)),
    runs=[
        SGD_RUN,
        Run(optimizer=Momentum(momentum=0.0), learning_rate=0.1, batch_size=4),
        Run(optimizer=Adam(), learning_rate=0.1, batch_size=4),
    ],
    budget=Budget(amount=3),
    seeds=(0, 1, 2, 3, 4),
)


def bowl(condition, steps, *runs):
    return Experiment(
        problem=Function(function=Bowl(condition=condition)),
        runs=runs or [SGD_RUN],
        budget=Budget(amount=steps, unit="iterations"),
    )


def search(experiment):
    """All that is found."""
    sweeps = [score(first_sweep(experiment))]
    for _turn in range(TURNS):
        beyond = next_sweep(experiment, sweeps)
        if beyond is None:
            break
        sweeps.append(score(beyond))
    return found(experiment, sweeps)


# What is tried


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2, 3, 4), (1000, 7), tuple(range(30))])
def test_settings_are_chosen_on_seeds_that_are_neither_compared_nor_reported(seeds):
    experiment = Experiment(seeds=seeds)
    tuning, report = tuning_seeds(experiment), reporting_seeds(experiment)

    assert (len(set(tuning)), len(set(report))) == (2, 3)
    assert not set(tuning) & {*seeds, *report}
    assert report[: len(seeds)] == seeds[:3]


def test_where_nothing_is_random_one_seed_is_enough():
    assert tuning_seeds(bowl(2.0, 5)) == reporting_seeds(bowl(2.0, 5)) == (0,)
    noisy = Experiment(
        problem=Function(noise=0.1), runs=[SGD_RUN], budget=Budget(amount=5, unit="iterations")
    )
    assert len(tuning_seeds(noisy)) == 2


@pytest.mark.parametrize(
    ("rows", "sizes"), [(2, ("all",)), (8, ("all",)), (9, (8, "all")), (33, (8, 32, "all"))]
)
def test_no_batch_is_larger_than_the_rows(rows, sizes):
    problem = Network(dataset=TwoMoons(rows=rows), validation_share=0.0)
    assert first_sizes(Experiment(problem=problem, runs=[SGD_RUN]), SGD_RUN) == sizes


def test_a_function_has_rates_alone():
    assert first_sizes(bowl(2.0, 5), SGD_RUN) == ("all",)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_tried_at_seven_rates_around_its_default(rule):
    rates = first_rates(Run(optimizer=rule(), learning_rate=1.0))

    assert len(rates) == 7
    assert rates[1] < rule.default_learning_rate < rates[-2]
    np.testing.assert_allclose(np.diff(np.log10(rates)), 0.5, atol=1e-3)


def test_every_run_is_tried_at_equally_many_settings_with_an_equal_budget():
    stopped = MOONS.model_copy(update={"stopping": Stopping(target_loss=0.5), "record_every": 2})
    sweep = first_sweep(stopped)

    for run in MOONS.runs:
        own = [one for one in sweep.runs if one.optimizer == run.optimizer]
        assert len(own) == len(set(own)) == 7 * len(first_sizes(MOONS, run))
    assert sweep == first_sweep(MOONS)
    assert (sweep.budget, sweep.stopping) == (MOONS.budget, Stopping())


def test_runs_that_differ_in_rate_or_batch_size_alone_are_one():
    runs = [SGD_RUN, SGD_RUN.model_copy(update={"batch_size": 3, "learning_rate": 9.0})]

    assert len(searched(MOONS.model_copy(update={"runs": tuple(runs)})).runs) == 1


# What is found


def test_the_rate_that_ends_a_quadratic_in_one_step_is_found():
    """On x²/2 + y²/2 a step of rate 1 lands in the minimum."""
    (one,) = search(bowl(1.0, 5))

    assert (one.setting.learning_rate, one.setting.batch_size) == (1.0, "all")
    assert (one.edge, one.is_smallest_batch, one.tried) == (None, False, 7)


def test_rates_that_all_diverge_are_followed_downwards():
    """With curvature 100 rates up to 2 / 100 converge; the lowest of the seven is 0.0316."""
    (one,) = search(bowl(100.0, 60))

    assert one.setting.learning_rate == 0.01
    assert (one.edge, one.tried) == (None, 9)


def test_a_best_rate_at_the_edge_is_followed_until_it_lies_inside():
    """In five updates with all rows Adam still gains at ten times its rate."""
    small = Network(dataset=TwoMoons(rows=60), hidden=(3,), activation="sigmoid")
    experiment = Experiment(problem=small, runs=MOONS.runs[2:], budget=Budget(amount=5))
    first = found(experiment, [score(first_sweep(experiment))])[0]
    followed = search(experiment)[0]
    at_edge = [curve for curve in first.curves if curve.edge is not None]

    assert at_edge
    for curve in at_edge:
        (same,) = [one for one in followed.curves if one.run == curve.run]
        assert set(curve.rates) < set(same.rates)
        assert same.losses.min() <= curve.losses.min()
    assert followed.tried > first.tried


def test_a_best_batch_size_at_the_edge_is_followed_down_to_a_single_row():
    """Without noise in the data more updates are better, and an epoch of single rows has most."""
    (one,) = search(LINE)

    assert one.setting.batch_size == 1
    assert [curve.run.batch_size for curve in one.curves] == [1, 2, 8, "all"]
    assert not one.is_smallest_batch  # there is none beyond


def test_what_is_found_is_the_lowest_of_all_that_was_trained():
    every = search(MOONS)

    for one in every:
        runs = [
            curve.run.model_copy(update={"learning_rate": rate})
            for curve in one.curves
            for rate in curve.rates
        ]
        alone = searched(MOONS)
        medians = [
            np.median(fit(alone.model_copy(update={"runs": (run,)})).runs[0].final_loss)
            for run in runs
        ]
        assert one.setting == runs[int(np.argmin(medians))]


def test_a_batch_that_costs_too_much_is_not_followed_and_the_edge_is_told(monkeypatch):
    monkeypatch.setattr(settings, "_FOLLOWED", 0.0)
    monkeypatch.setattr(settings, "_ANYWAY", 0.0)
    (one,) = search(LINE)

    assert one.is_smallest_batch
    assert one.setting.batch_size == 8
    assert one.tried == 14


def of_losses(losses, batch_size=8):
    """A curve of a run at as many rates, with these final losses on its two seeds."""
    sweep = score(first_sweep(LINE))
    scores = []
    for pair in losses:
        summary = replace(sweep.runs[0].training_loss, final=np.array(pair))
        status = tuple("budget" if math.isfinite(loss) else "diverged" for loss in pair)
        scores.append(replace(sweep.runs[0], training_loss=summary, status=status))
    run = SGD_RUN.model_copy(update={"batch_size": batch_size, "learning_rate": 1.0})
    rates = tuple(0.1 * 10**position for position in range(len(losses)))
    return RateCurve(run, rates, tuple(scores))


def test_a_setting_of_which_one_seed_diverged_is_never_best():
    curve = of_losses([(0.001, math.inf), (0.5, 0.6), (0.7, 0.7)])
    one = settings.Found(SGD_RUN, (curve,), 32)

    assert one.setting.learning_rate == 1.0


def test_a_run_that_diverged_everywhere_has_no_best_setting():
    one = settings.Found(SGD_RUN, (of_losses([(math.inf, math.inf)] * 2),), 32)

    assert (one.best, one.setting, one.edge) == (None, None, None)


def test_good_settings_end_with_at_most_twice_the_lowest_loss_of_all():
    """The start has a loss of about 1 or more."""
    small, large = of_losses([(0.04, 0.04), (0.1, 0.1)]), of_losses([(0.05, 0.11)], "all")
    far = settings.Found(SGD_RUN, (of_losses([(0.3, 0.3)], "all"),), 32)
    one = settings.Found(SGD_RUN, (small, large), 32)

    assert good_loss([one, far]) == pytest.approx(0.08)
    assert one.good_sizes(good_loss([one, far])) == (8, "all")
    assert far.good_sizes(good_loss([one, far])) == ()


def test_no_setting_is_good_where_the_lowest_loss_is_that_of_the_start():
    one = settings.Found(SGD_RUN, (of_losses([(50.0, 50.0)]),), 32)

    assert good_loss([one]) == -math.inf


def test_the_best_settings_are_reported_on_the_seeds_of_the_report():
    every = search(MOONS)
    report = reporting(MOONS, every)

    assert report.runs == tuple(one.setting for one in every)
    assert (report.seeds, report.budget, report.problem) == ((0, 1, 2), MOONS.budget, MOONS.problem)


# What it shows


def test_momentum_without_momentum_is_a_tie_with_sgd():
    runs = [Run(optimizer=rule, learning_rate=0.5, batch_size=8) for rule in (SGD(), Momentum(0.0))]
    shown = answer(fit(MOONS.model_copy(update={"runs": tuple(runs), "seeds": (0, 1, 2)})))

    assert (shown.best, shown.level, shown.higher, shown.times) == (0, (1,), (), {})
    assert not shown.is_sure


def test_what_is_higher_in_every_seed_is_told_from_what_ties():
    """A rate of 1e-6 learns nothing in three epochs."""
    runs = [SGD_RUN, SGD_RUN.model_copy(update={"learning_rate": 1e-6}), SGD_RUN]
    shown = answer(fit(MOONS.model_copy(update={"runs": tuple(runs), "seeds": (0, 1, 2)})))

    assert (shown.best, shown.level, shown.higher) == (0, (2,), (1,))


def test_on_a_quadratic_the_times_are_those_of_its_closed_form():
    """|x| falls by 1 - η per step: 100 steps at 0.0316 are as low as 5 at 0.5."""
    experiment = bowl(
        1.0, 100, *(SGD_RUN.model_copy(update={"learning_rate": rate}) for rate in (0.0316, 0.5))
    )
    shown = answer(fit(experiment))

    assert (shown.best, shown.higher, shown.is_exact) == (1, (0,), True)
    assert shown.times == {0: 100 / math.ceil(100 * math.log(1 - 0.0316) / math.log(1 - 0.5))}


def test_epochs_and_rows_are_counted_by_the_batches_of_each_run():
    runs = (SGD_RUN, SGD_RUN.model_copy(update={"batch_size": 1}))
    for budget in (Budget(amount=20), Budget(amount=20 * 32, unit="rows_seen")):
        experiment = LINE.model_copy(update={"runs": runs, "budget": budget})
        history = fit(experiment)
        shown = answer(history)
        slow, fast = (run.training_loss for run in history.runs)
        reached = np.flatnonzero(fast.last[0] <= slow.last[0, -1])[0]
        updates = int(fast.steps[reached])

        assert shown.best == 1
        assert shown.times[0] == pytest.approx(20 * 32 / updates)


def test_a_run_that_diverged_in_most_seeds_is_never_best_nor_level():
    runs = [SGD_RUN, SGD_RUN.model_copy(update={"learning_rate": 1e6})]
    shown = answer(fit(LINE.model_copy(update={"runs": tuple(runs), "budget": Budget(amount=50)})))

    assert (shown.best, shown.level, shown.higher, shown.diverged) == (0, (), (), (1,))


def test_where_all_diverged_nothing_is_best():
    runs = (SGD_RUN.model_copy(update={"learning_rate": 1e6}),)
    shown = answer(fit(LINE.model_copy(update={"runs": runs, "budget": Budget(amount=50)})))

    assert (shown.best, shown.first, shown.diverged) == (None, (), (0,))


def test_what_ends_above_its_start_has_learnt_nothing():
    worse = SGD_RUN.model_copy(update={"learning_rate": 1.1})
    runs = (worse, worse.model_copy(update={"learning_rate": 1.2}))
    experiment = LINE.model_copy(update={"runs": runs, "budget": Budget(amount=5)})
    history = fit(experiment)

    assert all(run.is_worse_than_its_start for run in history.runs)
    assert not answer(history).has_learnt
    assert answer(fit(experiment.model_copy(update={"runs": (SGD_RUN,)}))).has_learnt


def test_a_function_that_falls_for_ever_has_no_best():
    falling = bowl(1.0, 5).model_copy(update={"problem": Function(function=Saddle())})

    assert has_a_best(bowl(1.0, 5))
    assert has_a_best(LINE)
    assert not has_a_best(falling)


# What it costs


def test_the_time_is_that_of_the_choice_and_the_report():

    smallest = [run.model_copy(update={"batch_size": 8}) for run in searched(MOONS).runs]
    report = MOONS.model_copy(update={"runs": tuple(smallest), "seeds": (0, 1, 2)})
    both = estimate_scores(first_sweep(MOONS)).seconds + estimate(report).seconds

    assert estimate_search(MOONS) == pytest.approx(both)


@pytest.mark.parametrize("limit", ["seconds", "bytes"])
def test_a_search_beyond_the_limits_is_refused_before_it_begins(limit, monkeypatch):
    monkeypatch.setitem(LIMITS, limit, Interval(0, 1e-9))

    with pytest.raises(InvalidInput) as refused:
        estimate_search(MOONS)
    assert (refused.value.code, refused.value.field) == ("too_expensive", limit)


def test_settings_are_looked_at_less_often_than_what_is_compared():
    """It takes a third of the time away, and no number that is asked for."""
    long = MOONS.model_copy(update={"budget": Budget(amount=100)})
    usual = first_sweep(long).model_copy(update={"looks": None})

    assert estimate_scores(first_sweep(long)).seconds < 0.8 * estimate_scores(usual).seconds
