"""Scores: the numbers of a history's ends and bests, without the history."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import (
    LIMITS,
    Budget,
    Experiment,
    InvalidInput,
    Network,
    Run,
    Stopping,
    Sweep,
    estimate,
    estimate_scores,
    fit,
    rate_sweep,
    score,
    scoring,
)
from engine.problems.datasets import BreastCancer, Digits, TwoMoons
from engine.rules import SGD, Adam
from engine.training.records import even_steps
from engine.training.scores import curve_steps
from engine.work import finish
from tests.strategies import examples, small_experiments

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

TARGETS = (0.05, 0.3, 1.0, 1e9)
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
QUANTITIES = ("training_loss", "validation_loss", "training_score", "validation_score")


def expected(series, quantity):
    """First, final and best of a whole series; NaN stands after a seed's end."""
    known = [row[~np.isnan(row)] for row in series.last]
    best = min if quantity.endswith("loss") else max
    final = [row[-1] if len(row) else np.nan for row in known]
    return series.last[:, 0], final, [best(row, default=np.nan) for row in known]


@UNTRACED
@examples(60)
@given(small_experiments())
def test_scores_are_those_of_the_history_bit_by_bit(experiment):
    history = fit(experiment)

    scores = score(experiment, TARGETS)

    assert scores.experiment == experiment
    for run, whole in zip(scores.runs, history.runs, strict=True):
        for quantity in QUANTITIES:
            actual, series = getattr(run, quantity), getattr(whole, quantity)
            assert (actual is None) == (series is None)
            if series is not None:
                for one, other in zip(
                    (actual.first, actual.final, actual.best),
                    expected(series, quantity),
                    strict=True,
                ):
                    assert np.array_equal(one, other, equal_nan=True), quantity
        assert np.array_equal(run.final_loss, whole.final_loss, equal_nan=True)
        assert np.array_equal(run.last_step, whole.last_step)
        assert run.status == whole.status


@UNTRACED
@examples(30)
@given(small_experiments())
def test_first_steps_are_the_first_evaluations_at_or_below_each_target(experiment):
    history = fit(experiment)

    scores = score(experiment, TARGETS)

    for run, whole in zip(scores.runs, history.runs, strict=True):
        losses, steps = whole.training_loss.last, whole.training_loss.steps
        first = [
            [min(steps[row <= target], default=np.inf) for row in losses] for target in TARGETS
        ]
        assert run.first_steps.tolist() == first


@UNTRACED
@examples(60)
@given(small_experiments(), st.integers(0, 64))
def test_a_curve_is_the_loss_of_the_history_at_its_steps_bit_by_bit(experiment, points):
    """NaN stands after a seed's end; a history has no more steps where all seeds ended."""
    history = fit(experiment)

    scores = score(experiment, TARGETS, points)

    for one, run, whole in zip(experiment.runs, scores.runs, history.runs, strict=True):
        judged = whole.validation_loss or whole.training_loss
        steps = curve_steps(experiment, one, points)
        columns = dict(zip(judged.steps.tolist(), judged.last.T, strict=True))
        ended = np.full(len(experiment.seeds), np.nan)
        expected = np.array([columns.get(step, ended) for step in steps])
        assert np.array_equal(
            run.curve, expected.reshape(len(steps), len(experiment.seeds)), equal_nan=True
        )
        for step, values in zip(steps, run.curve, strict=True):
            assert np.isnan(values[step > run.last_step]).all()


@UNTRACED
@examples(60)
@given(small_experiments(), st.integers(0, 64))
def test_a_curve_has_at_most_so_many_points_spread_over_the_budget(experiment, points):
    for run in experiment.runs:
        steps, grid = curve_steps(experiment, run, points), list(even_steps(experiment, run))

        assert len(steps) == min(points, len(grid))
        assert steps == sorted(set(steps) & set(grid))
        assert steps[:1] == [0] * (points > 0)
        if points > 1:
            assert steps[-1] == experiment.iterations(run)
            gaps = np.diff([grid.index(step) for step in steps])
            assert gaps.max() - gaps.min() <= 1


def test_runs_with_equal_batches_have_their_curves_at_equal_steps():
    experiment = Experiment()

    assert len({tuple(curve_steps(experiment, run, 64)) for run in experiment.runs}) == 1


@pytest.mark.parametrize(("points", "most"), [(0, 0.25e3), (64, 0.8e3)])
def test_a_lane_leaves_some_hundred_bytes(points, most):
    experiment = Experiment(budget=Budget(amount=100, unit="iterations"), seeds=(0, 1))

    scores = score(experiment, TARGETS, points)

    assert [len(run.curve) for run in scores.runs] == [points] * 7
    assert scores.nbytes / 14 <= most
    assert scores.nbytes <= estimate_scores(experiment, TARGETS, points).history_bytes


def test_nothing_can_be_written_to():
    experiment = Experiment(runs=Experiment().runs[:1], budget=Budget(amount=1))
    (run,) = score(experiment, (0.1,), 2).runs

    for array in (run.training_loss.best, run.first_steps, run.curve, run.last_step):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_stopped_scoring_ends_with_what_it_has(monkeypatch):
    monkeypatch.setattr("engine.training.loop.PAUSE_SECONDS", 1e-12)
    monkeypatch.setattr("engine.training.cost.PAUSE_SECONDS", 1e-12)
    experiment = Experiment(runs=Experiment().runs[:2])
    work = scoring(experiment)
    progress = next(progress for progress in work if progress.updates)
    so_far = progress.scores()
    work.send("stop")
    scores = finish(work)

    assert progress.total == 2 * experiment.iterations(experiment.runs[0])
    assert so_far.runs[0].status == ("",)
    assert [run.status for run in scores.runs] == [("stopped",)] * 2
    assert 0 < scores.runs[0].last_step[0] < experiment.iterations(experiment.runs[0])


def test_stopping_rules_end_lanes_as_in_a_training():
    experiment = Experiment(
        runs=Experiment().runs[-2:], stopping=Stopping(target_loss=0.3), seeds=(0, 1)
    )

    scores = score(experiment, (0.3,))

    for run in scores.runs:
        assert run.status == ("target_loss",) * 2
        assert run.first_steps[0].tolist() == run.last_step.tolist()


@pytest.mark.parametrize("dataset", [Digits(), BreastCancer()], ids=lambda data: data.name)
def test_a_sweep_of_seven_rules_nine_rates_and_ten_seeds_is_not_refused(dataset):
    loss = "cross_entropy" if dataset.n_classes > 2 else "binary_cross_entropy"
    problem = Network(dataset=dataset, loss=loss, standardize=True)
    sweep = rate_sweep(Experiment(problem=problem, seeds=range(10)), RATES)
    assert len(sweep.runs) * len(sweep.seeds) == 630

    cost = estimate_scores(sweep, TARGETS)

    cost.check_memory()
    cost.check_time()
    with pytest.raises(InvalidInput) as caught:  # its history would be larger than any may be
        estimate(sweep)
    assert caught.value.field == "history_bytes"


def test_what_is_too_large_is_refused_before_it_is_begun():
    runs = [Run(optimizer=Adam(), learning_rate=0.01)] * 66
    problem = Network(dataset=Digits(), hidden=(256, 256), loss="cross_entropy")
    sweep = Sweep(problem=problem, runs=runs, seeds=range(30))

    tracemalloc.start()
    with pytest.raises(InvalidInput) as caught:
        scoring(sweep)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (caught.value.code, caught.value.field) == ("too_expensive", "bytes")
    assert caught.value.limits == LIMITS["bytes"]
    assert peak < 1e6


@UNTRACED
def test_scores_take_no_more_memory_than_was_estimated():
    problem = Network(dataset=TwoMoons(rows=80), hidden=(8,))
    runs = [Run(optimizer=SGD(), learning_rate=0.01 * (1 + at)) for at in range(40)]
    sweep = Sweep(problem=problem, runs=runs, budget=Budget(amount=3), seeds=range(30))
    cost = estimate_scores(sweep)

    tracemalloc.start()
    scores = score(sweep)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < cost.bytes < 3 * peak
    assert scores.nbytes <= cost.history_bytes < 0.2e3 * len(runs) * 30
