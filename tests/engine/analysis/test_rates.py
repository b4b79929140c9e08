"""Many learning rates: curves, the best rate, whether it lies inside, how far good ones reach."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engine import LIMITS, Budget, Experiment, Network, Run, rate_curves, rate_sweep, score
from engine.analysis.rates import (
    RateCurve,
    further_rates,
    good_rates,
    half_decades,
    with_best_rates,
)
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam

RATES = (0.001, 0.1, 1.0)
COMPARED = Experiment(
    problem=Network(dataset=TwoMoons(rows=20), hidden=(2,)),
    runs=[Run(optimizer=rule(), learning_rate=0.1, batch_size="all") for rule in (SGD, Adam)],
    budget=Budget(amount=5),
    seeds=range(4),
)


@pytest.fixture(scope="module")
def sweep():
    return score(rate_sweep(COMPARED, RATES))


def curve(sweep, losses, rates=RATES):
    """The first run of a sweep, with other losses."""
    scores = []
    for loss in losses:
        summary = replace(sweep.runs[0].validation_loss, final=np.full(4, loss))
        status = ("budget" if math.isfinite(loss) else "diverged",) * 4
        scores.append(replace(sweep.runs[0], validation_loss=summary, status=status))
    return RateCurve(COMPARED.runs[0], rates, tuple(scores))


def test_every_run_has_a_curve_of_its_medians_and_quartiles(sweep):
    curves = rate_curves([sweep])

    assert [type(one.run.optimizer) for one in curves] == [SGD, Adam]
    for number, one in enumerate(curves):
        assert one.rates == RATES
        finals = np.sort([run.final_loss for run in sweep.runs[3 * number :][:3]], axis=1)
        np.testing.assert_array_equal(one.losses, np.median(finals, axis=1))
        np.testing.assert_array_equal(one.quartiles[0], finals[:, 0])  # of four: the first
        np.testing.assert_array_equal(one.quartiles[1], finals[:, 3])  # observed ones


def test_rates_of_which_fewer_seeds_are_trained_have_quartiles_too(sweep):
    (one, *_others) = rate_curves([sweep])
    first = one.scores[0]
    loss = replace(first.validation_loss, final=first.validation_loss.final[:1])
    fewer = replace(first, validation_loss=loss)
    partial = replace(one, scores=(fewer, *one.scores[1:]))

    for own, every in zip(partial.quartiles, one.quartiles, strict=True):
        assert own[0] == first.final_loss[0]
        np.testing.assert_array_equal(own[1:], every[1:])


def test_sweeps_of_one_run_are_put_together_in_the_order_of_their_rates(sweep):
    part = COMPARED.model_copy(update={"runs": COMPARED.runs[1:]})
    more = score(rate_sweep(part, (10.0, 0.01)))
    first, second = rate_curves([sweep, more])

    assert (first.rates, second.rates) == (RATES, (0.001, 0.01, 0.1, 1.0, 10.0))
    assert second.scores[1] is more.runs[1]
    whole = score(rate_sweep(part, second.rates))
    np.testing.assert_array_equal(second.losses, [run.median_loss for run in whole.runs])


def test_the_best_rate_has_the_lowest_loss_and_a_run_that_always_diverged_has_none(sweep):
    assert curve(sweep, [3, 1, 2]).best == 1
    assert curve(sweep, [1, 1, 2]).best == 0
    assert curve(sweep, [math.inf] * 3).best is None
    np.testing.assert_array_equal(curve(sweep, [1, 2, math.inf]).diverged, [0, 0, 1])


def test_a_best_rate_at_the_edge_is_told_unless_nothing_beyond_is_allowed(sweep):
    limits = LIMITS["learning_rate"]

    assert curve(sweep, [3, 1, 2]).edge is None
    assert curve(sweep, [1, 2, 3]).edge == "low"
    assert curve(sweep, [3, 2, 1]).edge == "high"
    assert curve(sweep, [3, 2, 1], (1.0, 2.0, limits.high)).edge is None
    assert curve(sweep, [1, 2, 3], (limits.low, 1.0, 2.0)).edge is None
    assert curve(sweep, [math.inf] * 3).edge is None


def test_good_rates_lie_around_the_best_and_end_with_at_most_twice_the_lowest_loss_of_all(sweep):
    rates = (0.01, 0.1, 1.0, 10.0, 100.0)
    losses = [
        [0.9, 0.2, 0.1, 0.15, 0.9],
        [0.15, 0.9, 0.11, 0.9, 0.15],  # what is beyond is apart
        [0.12, 0.2, 0.21, 0.9, math.inf],
        [0.3, 0.21, 0.3, 0.3, 0.3],  # bad everywhere
        [math.inf] * 5,
    ]
    curves = [curve(sweep, row, rates) for row in losses]

    assert good_rates(curves) == [(0.1, 10.0), (1.0, 1.0), (0.01, 0.1), None, None]


@pytest.mark.parametrize("losses", [[0.6, 0.5, 0.6], [0.0, -1.0, 0.0], [math.inf] * 3])
def test_without_a_loss_far_below_the_start_and_above_zero_no_rate_is_good(sweep, losses):
    """The start has about 0.69."""
    assert good_rates([curve(sweep, losses)]) == [None]


def test_half_decades_are_half_a_power_of_ten_apart_and_go_on_beyond_both_ends():
    rates = half_decades(-7, 1)

    assert (len(rates), rates[0], rates[-1]) == (9, 0.000316, 3.16)
    assert further_rates(rates, "low") == (0.0000316, 0.0001)
    assert further_rates(rates, "high") == (10.0, 31.6)
    assert further_rates((*rates, 10.0, 31.6), "high") == (100.0, 316.0)


@pytest.mark.parametrize("edge", ["low", "high"])
def test_no_rate_beyond_the_limits_is_tried(edge):
    rates = (1.0,)
    while more := further_rates(rates, edge):
        rates = tuple(sorted((*rates, *more)))

    limits = LIMITS["learning_rate"]
    assert all(rate in limits for rate in rates)
    assert (rates[0] < 4 * limits.low) if edge == "low" else (rates[-1] > limits.high / 4)


def test_every_run_takes_the_best_rate_of_its_own_curve(sweep):
    curves = rate_curves([sweep])
    runs = with_best_rates(COMPARED.runs, curves)

    for run, before, one in zip(runs, COMPARED.runs, curves, strict=True):
        assert run.learning_rate == one.rates[one.best]
        assert run.model_copy(update={"learning_rate": 0.1}) == before
