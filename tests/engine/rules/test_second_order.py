"""L-BFGS and Newton: where they land in one step, and where they should not be trusted."""

import numpy as np
import pytest

from engine import Budget, Experiment, Function, InvalidInput, Network, Run, fit, minimize
from engine.problems.datasets import TwoMoons
from engine.problems.functions import Bowl, Ravine, Saddle
from engine.rules import LBFGS, Newton
from tests.engine.contract import follow, moment_of, run_of, take, updates_of, zeros

# L-BFGS


@pytest.mark.parametrize("curvature", [0.3, 1.0, 40.0])
def test_in_one_variable_the_second_update_lands_on_the_minimum(curvature):
    path = minimize(lambda x: curvature * x, [3.0], LBFGS(), 1.0, 2)[:, 0]

    first = curvature * 3.0
    assert path[1] == pytest.approx(3.0 - min(1, 1 / first) * first, rel=1e-14)
    assert abs(path[2]) < 1e-14


def two_loops(grads, pairs):
    """The direction by the inverse Hessian that the pairs build up, as a whole matrix."""
    size = len(grads)
    if not pairs:
        return grads
    step, change = pairs[-1]
    inverse = step @ change / (change @ change) * np.eye(size)
    for step, change in pairs:
        weight = 1 / (step @ change)
        v = np.eye(size) - weight * np.outer(change, step)
        inverse = v.T @ inverse @ v + weight * np.outer(step, step)
    return inverse @ grads


@pytest.mark.parametrize("memory", [1, 2, 10])
def test_the_direction_is_that_of_the_matrix_of_the_last_pairs(memory):
    rng = np.random.default_rng(4)
    root = rng.normal(size=(5, 5))
    hessian, start = root @ root.T + np.eye(5), rng.normal(size=5)
    path = minimize(lambda at: at @ hessian, start, LBFGS(memory=memory), 0.3, 7)

    pairs, grads = [], path @ hessian
    for step in range(1, 7):
        pairs.append((path[step] - path[step - 1], grads[step] - grads[step - 1]))
        pairs = pairs[-memory:]
        expected = path[step] - 0.3 * two_loops(grads[step], pairs)
        np.testing.assert_allclose(path[step + 1], expected, rtol=1e-8, atol=1e-10)


def test_a_pair_of_negative_curvature_is_left_out():
    """Where the curve bends downwards the step is that of the pairs before, or the gradient."""
    stream = np.array([[[1.0, 0.0]], [[2.0, 0.0]], [[0.5, 0.1]]])  # it rises, going downhill
    path = follow([LBFGS()], stream, np.zeros((1, 2)), 0.1)[:, 0]

    np.testing.assert_allclose(path[1] - path[2], 0.1 * stream[1, 0], rtol=1e-15)
    step, change = path[2] - path[1], stream[2, 0] - stream[1, 0]
    assert step @ change > 1e-10
    expected = path[2] - 0.1 * two_loops(stream[2, 0], [(step, change)])
    np.testing.assert_allclose(path[3], expected, rtol=1e-12)


def test_lanes_keep_their_own_pairs():
    """One of the lanes leaves a pair out, another one takes it."""
    rng = np.random.default_rng(5)
    stream, start = rng.normal(size=(12, 5, 3)), rng.normal(size=(5, 3))

    together = follow([LBFGS(memory=3)] * 5, stream, start, 0.1)

    kept = []
    for lane in range(5):
        alone = follow([LBFGS(memory=3)], stream[:, lane : lane + 1], start[lane : lane + 1], 0.1)
        assert np.array_equal(together[:, lane], alone[:, 0])
        steps, changes = np.diff(alone[:-1, 0], axis=0), np.diff(stream[:, lane], axis=0)
        kept.append(tuple(np.vecdot(steps, changes) > 1e-10))
    assert len(set(kept)) > 1


def test_l_bfgs_is_refused_where_updates_follow_some_of_the_rows():
    network = Network(dataset=TwoMoons(rows=40))
    for problem, size, field in ((network, 8, "batch_size"), (Function(noise=0.1), "all", "noise")):
        run = Run(optimizer=LBFGS(), learning_rate=0.5, batch_size=size)
        with pytest.raises(InvalidInput) as caught:
            Experiment(problem=problem, runs=(run,))
        assert (caught.value.code, caught.value.limits[0]) == ("conflict", field)


# Newton


@pytest.mark.parametrize("rate", [0.25, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("function", [Ravine(), Bowl(condition=1e4)], ids=lambda one: one.name)
def test_on_a_quadratic_every_step_leaves_the_same_share_of_the_error(rate, function):
    start = np.array([-7.0, 2.0])
    path = minimize(function.gradient, start, Newton(), rate, 12, hessian=function.hessian)

    expected = start * (1 - rate) ** np.arange(13)[:, None]
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-14)


def test_a_saddle_attracts_newton():
    saddle = Saddle()
    path = minimize(saddle.gradient, [3.0, 2.0], Newton(), 0.5, 40, hessian=saddle.hessian)

    assert np.abs(path[-1]).max() < 1e-11


def test_a_singular_hessian_ends_its_own_lane_alone():
    grads = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    moment = moment_of(grads)
    moment.hessian = np.array([[[2.0, 0], [0, 4.0]], [[1.0, 1], [1, 1.0]], [[0.0, 0], [0, 0.0]]])

    direction, _ = Newton().direction(moment, ())

    assert direction[0].tolist() == [0.5, 0.5]
    assert np.isnan(direction[1:]).all()


def test_a_hessian_that_is_not_finite_raises_nothing():
    moment = moment_of(np.ones((2, 2)))
    moment.hessian = np.array([np.full((2, 2), np.nan), np.eye(2)])

    with np.errstate(invalid="ignore"):  # as every training has it
        direction, _ = Newton().direction(moment, ())

    assert not np.isfinite(direction[0]).any()
    assert direction[1].tolist() == [1.0, 1.0]


def test_a_run_at_a_singular_hessian_has_diverged_and_its_neighbours_go_on():
    class Flat:
        """A bowl that loses its curvature, but not its slope, where x is negative."""

        @staticmethod
        def hessian(points):
            return np.where(points[:, :1, None] > 0, np.eye(2), np.zeros((2, 2)))

        def __init__(self, params, grads):
            self._params, self._grads = params, grads

        def load(self, rows):
            pass

        def pieces(self, _position, _size):
            return [lambda: np.copyto(self._grads, self._params)]

    params = np.array([[1.0, 1.0], [-1.0, 1.0]])
    take(updates_of([run_of(Newton(), 0.5)] * 2, params, Flat), 3)

    assert params[0].tolist() == [0.125, 0.125]
    assert np.isnan(params[1]).all()


def test_newton_is_refused_on_a_network_and_remembers_nothing():
    run = Run(optimizer=Newton(), learning_rate=1.0, batch_size="all")
    with pytest.raises(InvalidInput) as caught:
        Experiment(problem=Network(dataset=TwoMoons(rows=40)), runs=(run,))
    (trained,) = fit(
        Experiment(problem=Function(), runs=(run,), budget=Budget(amount=1, unit="iterations"))
    ).runs

    assert (caught.value.code, caught.value.field) == ("conflict", "runs.0.optimizer")
    assert zeros(Newton, None) == ()
    np.testing.assert_allclose(trained.params[0, -1], [0.0, 0.0], atol=1e-14)
