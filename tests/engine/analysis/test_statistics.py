"""Several seeds: medians and bands of what was observed; a diverged seed counts as infinite."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Budget, Experiment, Function, Network, Run, Stopping, fit
from engine.analysis.statistics import paired_differences, smoothed, spread, trailing_mean
from engine.problems.datasets import Line, TwoMoons
from engine.problems.functions import Rosenbrock
from engine.rules import SGD, Adam
from engine.training.history import Series

INF = np.inf


def series_of(values, steps=None):
    values = np.array(values, dtype=float)
    steps = np.arange(values.shape[1]) if steps is None else np.array(steps)
    return Series(steps, values, values, values, values, values, 1)


def trained(seeds, **fields):
    experiment = Experiment(
        problem=Network(dataset=TwoMoons(rows=40, noise=0.3), hidden=(3,)),
        runs=[
            Run(optimizer=Adam(), learning_rate=0.05, batch_size=8),
            Run(optimizer=SGD(), learning_rate=0.5, batch_size=8),
        ],
        budget=Budget(amount=4),
        seeds=seeds,
    )
    return fit(experiment.model_copy(update=fields))


def with_losses(run, finals, statuses=None):
    """The run with other final losses and endings at step 1."""
    values = series_of([[1.0, final] for final in finals])
    return dataclasses.replace(
        run,
        training_loss=values,
        validation_loss=values,
        status=tuple(statuses or ["budget"] * len(finals)),
        last_step=np.ones(len(finals), dtype=int),
    )


def test_one_seed_has_no_band():
    run = trained((0,)).runs[0]

    actual = spread(run, run.training_loss)

    for part in (actual.low, actual.median, actual.high):
        assert np.array_equal(part, run.training_loss.last[0])


def test_median_and_quartiles_of_the_seeds():
    run = with_losses(trained(range(5)).runs[0], [3, 1, 5, 2, 4])

    actual = spread(run, run.training_loss)

    assert (actual.low[1], actual.median[1], actual.high[1]) == (2, 3, 4)
    assert (actual.low[0], actual.median[0], actual.high[0]) == (1, 1, 1)


def test_quartiles_are_observed_values():
    run = with_losses(trained(range(4)).runs[0], [1, 2, 10, 20])

    actual = spread(run, run.training_loss)

    assert actual.low[1] in {1, 2}
    assert actual.high[1] in {10, 20}
    assert actual.median[1] == 6


def test_a_diverged_seed_is_infinite_from_its_end_on():
    values = series_of([[1.0, 9.0, np.nan, np.nan], [1.0, 2, 3, 4], [1.0, 3, 4, 5]])
    run = dataclasses.replace(
        trained(range(3)).runs[0],
        status=("diverged", "budget", "budget"),
        last_step=np.array([1, 3, 3]),
    )

    actual = spread(run, values)

    assert actual.median.tolist() == [1, 3, 4, 5]
    assert actual.high.tolist() == [1, INF, INF, INF]


def test_half_of_the_seeds_diverged_make_the_median_infinite():
    statuses = ["diverged", "diverged", "budget", "budget"]
    run = with_losses(trained(range(4)).runs[0], [7, 7, 1, 2], statuses)

    actual = spread(run, run.training_loss)

    assert actual.median.tolist() == [1, INF]
    assert actual.low[1] == 1


def test_a_seed_that_met_its_target_is_left_out_after_it():
    run = dataclasses.replace(
        trained(range(2)).runs[0],
        status=("target_loss", "budget"),
        last_step=np.array([1, 2]),
    )

    actual = spread(run, series_of([[4.0, 2.0, np.nan], [4.0, 3.0, 1.0]]))

    assert actual.median.tolist() == [4, 2.5, 1]


def test_spread_of_a_quantity_that_is_known_at_some_steps_is_silent():
    history = trained(range(3), record_every=2, stopping=Stopping(gradient_norm=0.0))

    actual = spread(history.runs[0], history.runs[0].gradient_norm)

    known = ~np.isnan(history.runs[0].gradient_norm.last[0])
    assert not known.all()
    assert np.array_equal(~np.isnan(actual.median), known)


def test_paired_differences_are_seed_by_seed():
    history = trained(range(3))
    runs = (with_losses(history.runs[0], [3, 1, 5]), with_losses(history.runs[1], [1, 2, 4]))

    this, other = paired_differences(dataclasses.replace(history, runs=runs), 1)

    assert (this.median, this.low, this.high, this.seeds) == (1, -1, 2, 3)
    assert (this.better, this.worse, this.equal, this.both_diverged) == (1, 2, 0, 0)
    assert (other.median, other.low, other.high) == (0, 0, 0)
    assert (other.better, other.worse, other.equal) == (0, 0, 3)


@pytest.mark.parametrize("n_seeds", [2, 3])
def test_differences_of_diverged_seeds_are_infinite_and_silent(n_seeds):
    history = trained(range(n_seeds))
    diverged = ["diverged", *["budget"] * (n_seeds - 1)]
    runs = (
        with_losses(history.runs[0], [1.0] * n_seeds, diverged),
        with_losses(history.runs[1], [2.0] * n_seeds, diverged[::-1]),
    )

    this, _ = paired_differences(dataclasses.replace(history, runs=runs), 1)

    assert this.high == INF
    assert this.low == -INF
    assert (this.better, this.worse, this.equal) == (n_seeds - 1, 1, 0)
    assert this.median == {2: 0.0, 3: -1.0}[n_seeds]  # of -inf, +inf and of -inf, -1, +inf


def test_a_seed_that_diverged_in_both_runs_is_a_tie_and_told():
    history = trained(range(5))
    diverged = ["diverged", "diverged", "budget", "budget", "budget"]
    runs = (
        with_losses(history.runs[0], [1.0, 7.0, 1.0, 3.0, 2.0], diverged),
        with_losses(history.runs[1], [2.0, 5.0, 2.0, 2.0, 2.0], diverged),
    )

    this, itself = paired_differences(dataclasses.replace(history, runs=runs), 1)

    assert (this.median, this.low, this.high) == (0, -1, 1)  # of 0, 0, -1, 1, 0
    assert (this.better, this.worse, this.equal, this.both_diverged) == (1, 1, 3, 2)
    assert (itself.median, itself.equal, itself.both_diverged) == (0, 5, 2)


def test_a_diverged_seed_counts_as_the_lowest_score():
    """As +inf it would lift the median of what should be high."""
    run = dataclasses.replace(
        with_losses(trained(range(4)).runs[0], [7, 1, 1, 1], ["diverged", *["budget"] * 3]),
        validation_score=(
            dataclasses.replace(series_of([[0.5, 0.9]] + [[0.5, 0.8]] * 3), worst=-INF)
        ),
    )
    score = run.validation_score

    assert spread(run, score).median.tolist() == [0.5, 0.8]
    assert spread(run, score).high.tolist() == [0.5, 0.8]
    assert np.isnan(spread(run, score).low[1])
    assert run.median_at_end(score) == 0.8

    diverged = dataclasses.replace(run, status=("diverged", "diverged", "budget", "budget"))
    assert np.isnan(diverged.median_at_end(score))
    assert np.isnan(spread(diverged, score).median[1])


def test_scores_of_a_training_know_what_is_bad():
    run = trained((0,)).runs[0]

    assert run.training_score.worst == run.validation_score.worst == -INF
    assert {
        series.worst
        for series in (run.training_loss, run.validation_loss, run.batch_loss, run.update_norm)
    } == {INF}


def test_training_with_a_diverging_run_gives_finite_bands_for_the_other():
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=1) for rate in (1e-4, 1.0)]
    history = fit(
        Experiment(
            problem=Function(function=Rosenbrock()),
            runs=runs,
            budget=Budget(amount=30, unit="iterations"),
            seeds=(0, 1, 2),
        )
    )

    calm, diverged = (spread(run, run.training_loss) for run in history.runs)

    assert np.isfinite(calm.high).all()
    assert diverged.median[-1] == INF
    assert np.isfinite(diverged.median[:-1]).all()


def test_spread_leaves_the_history_as_it_is():
    history = fit(
        Experiment(
            problem=Network(dataset=Line(), hidden=(), loss="mean_squared_error"),
            runs=[Run(optimizer=SGD(), learning_rate=3.0, batch_size="all")],
            seeds=(0, 1),
        )
    )
    before = history.digest()

    spread(history.runs[0], history.runs[0].training_loss)
    paired_differences(history, 0)

    assert history.digest() == before


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    st.integers(1, 70),
)
def test_a_trailing_mean_is_a_convolution_with_a_window_that_fills(values, count):
    every = np.array([values, values[::-1]])

    sums = [np.convolve(row, np.ones(count))[: len(values)] for row in every]
    held = np.convolve(np.ones(len(values)), np.ones(count))[: len(values)]
    np.testing.assert_allclose(trailing_mean(every, count), sums / held, rtol=1e-9, atol=1e-6)


def test_a_trailing_mean_loses_no_digit_of_what_comes_after_a_huge_value():
    values = np.array([[1e16, 1.0, 2.0, 3.0, 4.0, 5.0]])

    assert trailing_mean(values, 2)[0, 2:].tolist() == [1.5, 2.5, 3.5, 4.5]


def test_what_is_not_finite_spreads_to_every_mean_that_holds_it_and_no_further():
    values = np.array([[1.0, INF, 3.0, 4.0, 5.0, np.nan, np.nan]])

    np.testing.assert_array_equal(
        trailing_mean(values, 2)[0], [1.0, INF, INF, 3.5, 4.5, np.nan, np.nan]
    )


def test_a_smoothed_series_counts_a_diverged_seed_as_infinite():
    values = series_of([[1.0, 9.0, np.nan, np.nan], [1.0, 2, 3, 4], [1.0, 3, 4, 5]])
    run = dataclasses.replace(
        trained(range(3)).runs[0],
        status=("diverged", "budget", "budget"),
        last_step=np.array([2, 3, 3]),
    )
    series, count = smoothed(values, 2)

    assert count == 2
    assert spread(run, series).median.tolist() == [1.0, 2.0, 3.5, 4.5]
    assert spread(run, series).high.tolist()[2:] == [INF, INF]


def test_bins_are_averaged_whole():
    last, mean = np.array([[8.0, 8.0, 8.0]]), np.array([[1.0, 3.0, 5.0]])
    binned = Series(np.array([7, 14, 21]), last, last, mean, last, last, width=7)

    series, count = smoothed(binned, 10)  # two bins hold ten updates
    assert count == 14
    assert series.last.tolist() == [[1.0, 2.0, 4.0]]
    series, count = smoothed(binned, 5)
    assert (count, series.last.tolist()) == (7, [[1.0, 3.0, 5.0]])
