"""Prodigy: the distance that it finds, and what it does not depend on."""

import numpy as np
import pytest

from engine import minimize
from engine.problems.functions import Ravine
from engine.rules import Prodigy
from tests.engine.contract import Stream, run_of, take, updates_of

START = np.array([[-7.0, 2.0]])


class Slope:
    """The gradient of a function, times a number."""

    def __init__(self, function, params, grads, factor=1.0):
        self._function, self._params, self._grads = function, params, grads
        self._factor = factor

    def load(self, rows):
        pass

    def pieces(self, _position, _size):
        slope = self._function.gradient
        return [lambda: np.copyto(self._grads, self._factor * slope(self._params))]


def distances(rule, steps, learning_rate=1.0):
    """The estimate after every update on the ravine."""
    params = START.copy()
    updates = updates_of([run_of(rule, learning_rate)], params, lambda *at: Slope(Ravine(), *at))
    found = []
    for step in range(1, steps + 1):
        take(updates)
        _, state = updates.seen(0, step)
        found.append(state[-1][0, 0])
    return np.array(found)


def test_the_distance_grows_as_recorded_and_never_above_that_to_the_minimum():
    found = distances(Prodigy(), 60)

    assert found[0] == 1e-6
    expected = {5: 3.45e-5, 10: 0.00387, 15: 0.432, 20: 1.0594, 60: 1.0594}
    for step, distance in expected.items():
        assert found[step - 1] == pytest.approx(distance, rel=2e-3)
    assert (np.diff(found) >= 0).all()
    assert found[-1] <= np.abs(START).max()


@pytest.mark.parametrize("rate", [0.1, 1.0, 3.0])
def test_the_distance_never_falls_and_begins_at_its_first_value(rate):
    found = distances(Prodigy(d0=1e-3), 80, rate)

    assert found[0] == 1e-3
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_the_size_of_gradients_does_not_matter(factor):
    paths = [
        minimize(
            lambda at, f=f: f * Ravine().gradient(at), START[0], Prodigy(epsilon=1e-16), 1.0, 25
        )
        for f in (1.0, factor)
    ]

    np.testing.assert_allclose(paths[1], paths[0], rtol=1e-8)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_without_a_gradient_so_far_it_stays_and_then_sets_out(decay):
    stream = np.zeros((6, 1, 2))
    stream[3:] = [1.0, -2.0]
    params = START.copy()
    updates = updates_of(
        [run_of(Prodigy(weight_decay=decay), 1.0)], params, lambda _, grads: Stream(stream, grads)
    )
    for step in range(1, 7):
        take(updates)
        assert np.isfinite(params).all()
        assert np.array_equal(params, START) == (step <= 3)


def test_on_a_slope_without_an_end_the_distance_grows_without_bound():
    path = minimize(np.ones_like, [0.0], Prodigy(), 1.0, 200)[:, 0]

    steps = path[:-1] - path[1:]
    assert steps[-1] > 1e3
    assert (np.diff(steps) > 0).all()


def test_lanes_estimate_their_distances_apart():
    rules = [Prodigy(), Prodigy(d0=1e-2), Prodigy()]
    together = np.concatenate([START, START, 3 * START])
    take(
        updates_of(
            [run_of(rule, 1.0) for rule in rules], together, lambda *at: Slope(Ravine(), *at)
        ),
        20,
    )

    for lane, start in enumerate([START, START, 3 * START]):
        single = start.copy()
        take(updates_of([run_of(rules[lane], 1.0)], single, lambda *at: Slope(Ravine(), *at)), 20)
        assert np.array_equal(together[lane], single[0])
