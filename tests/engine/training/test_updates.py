"""One update of all lanes: its order, its rate, and that nothing but it changes parameters."""

import numpy as np
import pytest

from engine import Budget, Experiment, Network, fit, inspect
from engine.arrays import Layout
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam, Momentum
from tests.engine.contract import (
    EVERY,
    Averaged,
    Listed,
    Slope,
    Summed,
    Uphill,
    run_of,
    take,
    updates_of,
)

LANES = [run_of(rule()) for rule in (SGD, SGD, Momentum, Adam, Adam, Averaged, Uphill, Uphill)]


def start(lanes=LANES, n_params=3):
    return np.random.default_rng(0).normal(size=(len(lanes), n_params))


def test_some_lanes_at_a_time_move_as_all_at_once(monkeypatch):
    at_once, in_parts = start(), start()
    whole = updates_of(LANES, at_once)
    monkeypatch.setattr("engine.problems.pieces.UPDATE_NUMBERS", 3)
    parts = updates_of(LANES, in_parts)
    moved = []
    for _ in range(4):
        take(whole)
        for piece in parts.pieces(0, 1):
            piece()
        moved.append([lanes.stop - lanes.start for lanes in parts.taking()])

    assert moved == [[1] * len(LANES)] * 4
    assert np.array_equal(in_parts, at_once)
    assert np.array_equal(parts.changes, whole.changes)
    assert parts.step == whole.step == 4


@pytest.mark.parametrize("done", range(5))
def test_an_update_that_is_dropped_half_way_leaves_no_trace(done):
    params, expected = start(), start()
    updates, undisturbed = updates_of(LANES, params), updates_of(LANES, expected)
    take(updates, 2)
    take(undisturbed, 2)
    before = params.copy()

    for piece, _ in zip(updates.pieces(0, 1), range(done), strict=False):
        piece()

    assert np.array_equal(params, before)
    assert updates.step == 2
    list(updates.report())
    list(undisturbed.report())
    assert np.array_equal(updates.points, undisturbed.points)
    take(updates)
    take(undisturbed)
    assert np.array_equal(params, expected)


def test_a_rule_that_looks_gets_the_gradient_of_there_and_the_others_that_of_here():
    params = start()
    updates = updates_of(LANES, params)
    begin = params.copy()

    take(updates)

    slope = np.cos(begin) + begin / 2
    assert np.array_equal(updates.changes[0], slope)
    np.testing.assert_array_equal(updates.changes[1, :3], 0.1 * slope[:3])
    there = begin[6:] + 0.05 * slope[6:] / np.linalg.norm(slope[6:], axis=1, keepdims=True)
    second = np.cos(there) + there / 2
    np.testing.assert_allclose(updates.changes[1, 6:], 0.1 * second, rtol=1e-12)
    assert np.array_equal(params, begin - updates.changes[1])


def test_second_gradients_are_made_for_the_lanes_that_look_alone():
    sizes = []

    class Counted(Slope):
        def __init__(self, params, grads):
            super().__init__(params, grads)
            sizes.append(len(params))

    updates_of(LANES, start(), Counted)

    assert sizes == [len(LANES), 2]


def test_rows_reach_the_second_gradient_too():
    loaded = []

    class Loading(Slope):
        def load(self, rows):
            loaded.append((len(self._params), rows))

    updates_of(LANES, start(), Loading).load("rows")

    assert loaded == [(len(LANES), "rows"), (2, "rows")]


def test_what_is_evaluated_are_the_parameters_themselves_unless_a_rule_says_otherwise():
    params = start()
    plain = updates_of([run_of(SGD()) for _ in LANES], params)
    take(plain)
    assert plain.points is params
    assert list(plain.report()) == []

    params = start()
    updates = updates_of(LANES, params)
    take(updates, 3)
    list(updates.report())

    others = [lane for lane, run in enumerate(LANES) if run.optimizer != Averaged()]
    assert np.array_equal(updates.points[others], params[others])
    assert (updates.points[5] != params[5]).all()


def test_what_a_rule_has_before_it_can_be_read_lane_by_lane():
    params = np.zeros((3, 2))
    lanes = [run_of(rule) for rule in (SGD(), Momentum(), Adam())]
    updates = updates_of(lanes, params)

    take(updates)

    slope = [1.0, 1.0]  # cos 0
    assert updates.seen(0, 1)[1] == ()
    moment, (velocity,) = updates.seen(1, 1)
    assert (moment.step, moment.rate.tolist()) == (1, [[0.1]])
    assert moment.grads.tolist() == velocity.tolist() == [slope]
    assert moment.params.tolist() == [[-0.1, -0.1]]
    velocity[:] = moment.params[:] = moment.grads[:] = moment.rate[:] = 7  # they are copies
    assert updates.seen(1, 1)[1][0].tolist() == [slope]
    assert params[1].tolist() == [-0.1, -0.1]
    first, second = updates.seen(2, 1)[1]
    np.testing.assert_allclose(first, [[0.1, 0.1]], rtol=1e-15)
    np.testing.assert_allclose(second, [[0.001, 0.001]], rtol=1e-12)
    with pytest.raises(IndexError):
        updates.seen(3, 1)


# Schedules


FACTORS = (1.0, 0.5, 0.25, 2.0, 0.125, 0.75)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.name)
def test_the_factor_reaches_the_update_and_what_the_rule_sees(rule):
    """A rate that somebody changes by hand before every update does the same."""
    layout = Layout((2, 1), bias=True)
    scheduled, by_hand = start(LANES[:2]), start(LANES[:2])
    runs = [run_of(rule(), 0.2, Listed(FACTORS)), run_of(rule(), 0.3)]
    updates = updates_of(runs, scheduled, layout=layout)
    others = updates_of([run_of(rule(), 0.2), run_of(rule(), 0.3)], by_hand, layout=layout)
    for step, factor in enumerate(FACTORS, start=1):
        others._rates[0] = 0.2 * factor

        take(updates)
        take(others)

        assert np.array_equal(scheduled, by_hand)
        assert updates.seen(0, step)[0].rate.item() == 0.2 * factor
        assert updates.seen(1, step)[0].rate.item() == 0.3


def test_a_factor_of_one_changes_no_bit():
    runs = [run_of(SGD(), 0.3), run_of(Summed(), 0.1)]
    plain, ones = start(runs), start(runs)
    take(updates_of(runs, plain), 6)
    listed = [run.model_copy(update={"schedule": Listed((1.0,) * 6)}) for run in runs]
    take(updates_of(listed, ones), 6)

    assert np.array_equal(plain, ones)


def test_a_schedule_is_trained_and_inspected_alike_and_moves_no_other_run():
    problem = Network(dataset=TwoMoons(rows=40), hidden=(3,))
    runs = [run_of(SGD(), 0.5, batch_size=8), run_of(Adam(), 0.05, batch_size=8)]
    listed = runs[0].model_copy(update={"schedule": Listed(FACTORS)})
    budget = Budget(amount=6, unit="iterations")
    experiment = Experiment(problem=problem, runs=runs, budget=budget, record_every=1)
    scheduled = experiment.model_copy(update={"runs": (listed, runs[1])})

    plain, history = fit(experiment), fit(scheduled)

    assert history.runs[1].digest() == plain.runs[1].digest()
    for step, factor in enumerate(FACTORS, start=1):
        seen = inspect(scheduled, 0, 0, step)
        assert seen.learning_rate == 0.5 * factor
        assert np.array_equal(seen.after, history.runs[0].params[0, step])
        assert np.array_equal(seen.update, 0.5 * factor * seen.gradient)
    assert not np.array_equal(history.runs[0].params, plain.runs[0].params)
