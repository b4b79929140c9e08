"""Test functions: values, exact gradients, minima, curvature."""

from typing import get_args

import numpy as np
import pytest

from engine import Experiment, Function, Run, fit, minimize
from engine.functions import FUNCTIONS, AnyFunction, Bowl, Ravine, Rosenbrock
from engine.optimizers import SGD, Momentum

EVERY = pytest.mark.parametrize("function", [f() for f in FUNCTIONS], ids=lambda f: f.name)
POINTS = np.random.default_rng(0).normal(scale=3, size=(50, 2))


def hessian(function, point):
    offsets = 1e-5 * np.eye(2)
    above, below = function.gradient(point + offsets), function.gradient(point - offsets)
    return (above - below) / 2e-5


def test_every_function_is_in_the_union():
    assert get_args(get_args(AnyFunction)[0]) == FUNCTIONS


@EVERY
def test_gradient_by_complex_step(function):
    step = 1e-30
    for axis in range(2):
        moved = POINTS + 1j * step * np.eye(2)[axis]

        np.testing.assert_allclose(
            function.gradient(POINTS)[:, axis], function.value(moved).imag / step, rtol=1e-13
        )


@EVERY
def test_value_and_gradient_at_the_minimum_are_zero(function):
    minimum = np.array([function.minimum])

    assert function.value(minimum).tolist() == [0]
    assert not function.gradient(minimum).any()
    assert (function.value(POINTS) > 0).all()


@EVERY
def test_shapes(function):
    assert function.value(POINTS).shape == (50,)
    assert function.gradient(POINTS).shape == (50, 2)
    assert np.isfinite(function.value(np.array([function.start]))).all()


@EVERY
def test_points_are_lanes(function):
    for i in range(3):
        point = POINTS[i : i + 1]
        assert function.value(point)[0] == function.value(POINTS)[i]
        assert np.array_equal(function.gradient(point)[0], function.gradient(POINTS)[i])


def test_values_by_hand():
    point = np.array([[-7.0, 2.0]])

    assert Ravine().value(point).tolist() == [49 / 20 + 4]
    assert Bowl(condition=3).value(point).tolist() == [(49 + 12) / 2]
    assert Rosenbrock().value(point).tolist() == [64 + 100 * 47**2]


@pytest.mark.parametrize(
    ("function", "curvatures"),
    [
        (Ravine(), [0.1, 2]),
        (Bowl(condition=1), [1, 1]),
        (Bowl(condition=1000), [1, 1000]),
        (Rosenbrock(), [0.3994, 1001.6]),
    ],
)
def test_curvature_at_the_minimum(function, curvatures):
    found = np.linalg.eigvalsh(hessian(function, np.array(function.minimum)))

    np.testing.assert_allclose(found, curvatures, rtol=1e-4)


@pytest.mark.parametrize("condition", [1.0, 10.0, 1000.0])
def test_gradient_descent_at_its_best_rate_converges_as_theory_says(condition):
    """At rate 2 / (1 + kappa) every step shrinks the error by (kappa - 1) / (kappa + 1)."""
    rate = 2 / (1 + condition)

    path = minimize(Bowl(condition=condition).gradient, [1.0, 1.0], SGD(), rate, 100)

    shrink = (condition - 1) / (condition + 1)
    np.testing.assert_allclose(np.abs(path[-1]), shrink**100, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("share", "ends"), [(0.99, True), (1.01, False)])
def test_gradient_descent_is_stable_up_to_two_over_the_curvature(share, ends):
    path = minimize(Bowl(condition=50).gradient, [1.0, 1.0], SGD(), share * 2 / 50, 3000)

    assert (np.abs(path[-1, 1]) < 1) == ends


@pytest.mark.parametrize(("share", "ends"), [(0.99, True), (1.01, False)])
def test_heavy_ball_is_stable_up_to_two_plus_two_mu_over_the_curvature(share, ends):
    rate = share * (2 + 2 * 0.9) / 50

    path = minimize(Bowl(condition=50).gradient, [1.0, 1.0], Momentum(momentum=0.9), rate, 3000)

    assert (np.abs(path[-1, 1]) < 1) == ends


def test_heavy_ball_turns_at_the_root_of_mu():
    """Where its roots are complex the error shrinks by sqrt(mu) a step, not 2 sqrt(mu)."""
    path = minimize(lambda points: points, [1.0], Momentum(momentum=0.81), 0.1, 400)

    envelope = np.abs(path[300:400]).max() / np.abs(path[200:300]).max()
    assert envelope ** (1 / 100) == pytest.approx(0.9, rel=0.01)


def test_a_function_starts_where_it_is_told():
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)

    own = fit(Experiment(problem=Function(), runs=(run,))).runs[0]
    given = fit(Experiment(problem=Function(start=(1.0, -2.0)), runs=(run,))).runs[0]

    assert own.params[0, 0].tolist() == [-7, 2]
    assert given.params[0, 0].tolist() == [1, -2]
    assert given.training_loss.first[0, 0] == 1 / 20 + 4
