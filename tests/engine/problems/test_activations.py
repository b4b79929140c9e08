"""Activations against 60 digits, at the ends of float64, and their derivatives."""

import mpmath
import numpy as np
import pytest

from engine.problems.activations import ACTIVATIONS, LEAK
from tests.engine import plain

EPS = np.finfo(np.float64).eps
EVERY = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
POINTS = np.concatenate(
    [
        np.linspace(-700, 700, 281),
        np.geomspace(1e-300, 700, 60),
        -np.geomspace(1e-300, 700, 60),
        [0.0, -0.0, 5e-324, -5e-324],
    ]
)
EXTREME = np.array([0.0, -0.0, 5e-324, -5e-324, 709.0, -709.0, 710.0, -710.0, 1e308, -1e308])


def apply(activation, z):
    out = np.empty_like(z)
    activation.apply(z, out)
    return out


def derivative(activation, z):
    """f'(z) as backward gives it."""
    grad = np.ones_like(z)
    activation.backward(grad, apply(activation, z), np.empty_like(z))
    return grad


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(60):
        yield


@pytest.mark.parametrize(
    ("name", "exact"), [("sigmoid", lambda z: 1 / (1 + mpmath.exp(-z))), ("tanh", mpmath.tanh)]
)
def test_smooth_activation_to_four_eps(name, exact):
    with np.errstate(all="raise", under="ignore"):
        actual = apply(ACTIVATIONS[name], POINTS)

    for z, value in zip(POINTS, actual, strict=True):
        right = exact(mpmath.mpf(float(z)))
        assert abs(mpmath.mpf(float(value)) - right) <= 4 * EPS * abs(right)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("sigmoid", lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2),
        ("tanh", lambda z: mpmath.sech(z) ** 2),
    ],
)
def test_derivative_of_a_smooth_activation(name, exact):
    """It comes from the rounded output, to an eps of 1: in saturation few digits are left."""
    with np.errstate(all="raise", under="ignore"):
        actual = derivative(ACTIVATIONS[name], POINTS)

    for z, value in zip(POINTS, actual, strict=True):
        assert abs(mpmath.mpf(float(value)) - exact(mpmath.mpf(float(z)))) <= 2 * EPS


@EVERY
def test_any_finite_input_gives_a_finite_output_without_a_warning(activation):
    with np.errstate(all="raise", under="ignore"):
        values, slopes = apply(activation, EXTREME), derivative(activation, EXTREME)

    assert np.isfinite(values).all()
    assert np.isfinite(slopes).all()
    assert (slopes >= 0).all()
    assert (np.diff(apply(activation, np.sort(EXTREME))) >= 0).all()


def test_sigmoid_saturates_at_0_and_1():
    actual = apply(ACTIVATIONS["sigmoid"], np.array([-1e308, 0.0, 1e308]))

    assert actual.tolist() == [pytest.approx(0, abs=2e-308), 0.5, 1.0]


@EVERY
def test_what_is_not_finite_stays_visible(activation):
    assert np.isnan(apply(activation, np.array([np.nan]))).all()


@EVERY
def test_value_is_that_of_the_plain_formula(activation):
    z = np.random.default_rng(0).normal(size=(3, 4, 5))

    np.testing.assert_allclose(
        apply(activation, z), plain.ACTIVATIONS[activation.name](z), rtol=1e-15
    )


@EVERY
def test_output_may_be_written_over_the_input(activation):
    z = np.random.default_rng(1).normal(size=(3, 4))
    expected = apply(activation, z)

    activation.apply(z, z)

    assert np.array_equal(z, expected)


@EVERY
def test_backward_multiplies_what_comes_from_above(activation):
    z = np.random.default_rng(2).normal(size=(3, 4))
    above = np.random.default_rng(3).normal(size=(3, 4))
    grad = above.copy()

    activation.backward(grad, apply(activation, z), np.empty_like(z))

    np.testing.assert_allclose(grad, above * derivative(activation, z), rtol=1e-15)


@EVERY
def test_output_is_left_as_it_is_by_backward(activation):
    output = apply(activation, np.random.default_rng(4).normal(size=5))
    before = output.copy()

    activation.backward(np.ones(5), output, np.empty(5))

    assert np.array_equal(output, before)


def test_slopes_of_the_kinked_activations():
    z = np.array([-2.0, -0.0, 0.0, 3.0])

    assert apply(ACTIVATIONS["relu"], z).tolist() == [0, 0, 0, 3]
    assert derivative(ACTIVATIONS["relu"], z).tolist() == [0, 0, 0, 1]
    assert apply(ACTIVATIONS["leaky_relu"], z).tolist() == [-0.02, 0, 0, 3]
    assert derivative(ACTIVATIONS["leaky_relu"], z).tolist() == [LEAK, LEAK, LEAK, 1]
    assert derivative(ACTIVATIONS["identity"], z).tolist() == [1, 1, 1, 1]
