"""Shampoo and SOAP: closed forms by singular values, axes, and lanes that are no longer finite."""

import numpy as np
import pytest

from engine import minimize
from engine.arrays import Layout
from engine.rules import SOAP, Shampoo
from tests.engine.contract import moment_of, zeros
from tests.engine.rules.test_layers import directions, first, orthogonal, random

SHAPES = pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3), (1, 4), (5, 1)])


@SHAPES
def test_the_first_direction_of_shampoo_is_orthogonal(shape):
    gradient = random(*shape)

    direction = first(Shampoo(epsilon=1e-12), gradient)

    np.testing.assert_allclose(direction, orthogonal(gradient), rtol=0, atol=1e-10)


@SHAPES
def test_a_constant_gradient_gives_shampoo_one_over_the_root_of_the_step(shape):
    gradient = random(*shape)

    found = directions(Shampoo(epsilon=1e-12), np.repeat(gradient[None], 30, axis=0))

    roots = np.sqrt(np.arange(1, 31))[:, None, None]
    np.testing.assert_allclose(roots * found, orthogonal(gradient)[None] + 0 * found, atol=1e-10)


def test_shampoo_of_one_number_is_adagrad():
    stream = random(20, 1, 1)
    expected = stream / np.sqrt(np.cumsum(stream**2, axis=0) + 1e-6)

    np.testing.assert_allclose(directions(Shampoo(), stream), expected, rtol=1e-12)


def test_epsilon_of_shampoo_stands_beside_both_matrices():
    gradient = random(2, 3)
    left = gradient @ gradient.T + 0.3 * np.eye(2)
    right = gradient.T @ gradient + 0.3 * np.eye(3)

    actual = first(Shampoo(epsilon=0.3), gradient)

    power = np.linalg.matrix_power
    for side, matrix in ((0, left), (1, right)):  # the fourth power of a fourth root
        values, vectors = np.linalg.eigh(matrix)
        root = vectors @ np.diag(values**0.25) @ vectors.T
        np.testing.assert_allclose(power(root, 4), matrix, rtol=1e-12, atol=1e-12)
        actual = root @ actual if side == 0 else actual @ root
    np.testing.assert_allclose(actual, gradient, rtol=1e-11)


@SHAPES
def test_the_first_update_of_soap_only_finds_its_axes(shape):
    rule, gradient = SOAP(weight_decay=0.5), random(*shape)
    layout = Layout((shape[1], shape[0]), bias=False)
    params = np.ones((1, layout.n_params))

    direction, state = rule.direction(
        moment_of(gradient.reshape(1, -1), params, layout=layout), zeros(rule, layout)
    )

    m, v, left, right, a, b = (slot[0] for slot in state)
    assert not direction.any()
    assert not m.any()
    assert not v.any()
    for mean, axes, full in (
        (left.reshape(shape[:1] * 2), a.reshape(shape[:1] * 2), gradient @ gradient.T),
        (right.reshape(shape[1:] * 2), b.reshape(shape[1:] * 2), gradient.T @ gradient),
    ):
        np.testing.assert_allclose(mean, 0.05 * full, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(axes.T @ axes, np.eye(len(axes)), atol=1e-13)
        curvatures = np.diag(axes.T @ mean @ axes)
        np.testing.assert_allclose(axes @ np.diag(curvatures) @ axes.T, mean, atol=1e-13)
        assert (np.diff(curvatures) <= 1e-15).all()


@pytest.mark.parametrize("frequency", [1, 3, 10])
@SHAPES
def test_a_constant_gradient_gives_soap_an_orthogonal_direction_from_the_second_step_on(
    shape, frequency
):
    gradient = random(*shape)
    constant = np.repeat(gradient[None], 15, axis=0)

    found = directions(SOAP(frequency=frequency, epsilon=1e-9), constant)

    assert not found[0].any()
    np.testing.assert_allclose(found[1:], orthogonal(gradient) + 0 * found[1:], atol=1e-6)


def test_the_axes_of_soap_are_renewed_every_few_updates_and_stay_orthonormal():
    rule, layout, gradients = SOAP(frequency=3), Layout((3, 4), bias=False), random(10, 1, 12)
    state, axes = zeros(rule, layout), []
    for step, gradient in enumerate(gradients, start=1):
        _, state = rule.direction(moment_of(gradient, step=step, layout=layout), state)
        axes.append(state[4].reshape(4, 4).copy())

    changed = [step for step in range(2, 11) if not np.array_equal(axes[step - 2], axes[step - 1])]
    assert changed == [4, 7, 10]
    for one in axes:
        np.testing.assert_allclose(one.T @ one, np.eye(4), atol=1e-13)


def test_decay_of_soap_shrinks_what_its_step_has_left():
    start, rate, stream = np.arange(1.0, 7.0), 0.1, random(2, 1, 6)

    def path(rule):
        left = iter(stream)
        return minimize(lambda _at: next(left), start, rule, rate, 2, shape=(2, 3))

    plain, decayed = path(SOAP()), path(SOAP(weight_decay=0.3))

    assert np.array_equal(decayed[1], start)
    np.testing.assert_allclose(decayed[2], plain[2] * (1 - rate * 0.3), rtol=1e-12)


def test_rounding_chooses_the_axes_that_the_first_gradient_leaves_open():
    """A last digit is enough where a layer has more columns than its gradient directions."""
    for shape, is_certain in (((1, 4), False), ((3, 3), True)):
        gradients = random(3, *shape)
        other = gradients.copy()
        other[0] *= 1 + np.linspace(-1, 1, gradients[0].size).reshape(shape) * 1e-15

        apart = np.abs(directions(SOAP(), gradients) - directions(SOAP(), other)).max()

        assert (apart < 1e-9) == is_certain


@pytest.mark.parametrize("rule", [Shampoo(), SOAP(frequency=1)], ids=lambda rule: rule.name)
def test_a_lane_that_is_no_longer_finite_leaves_the_others_as_they_are(rule):
    """It raises nothing: that run has diverged."""
    layout = Layout((3, 2))
    gradients = random(4, 3, 8)
    gradients[1:, 1] = np.array([np.inf, np.nan, 1.0])[:, None]
    together, alone = zeros(rule, layout, 3), zeros(rule, layout)
    with np.errstate(all="ignore"):
        for step, gradient in enumerate(gradients, start=1):
            direction, together = rule.direction(
                moment_of(gradient, step=step, layout=layout), together
            )
            single, alone = rule.direction(moment_of(gradient[2:], step=step, layout=layout), alone)
            assert np.array_equal(direction[2:], single)

    assert np.isnan(direction[1]).all()
    assert np.isfinite(direction[[0, 2]]).all()
