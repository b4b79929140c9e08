"""Losses against 60 digits, at the ends of float64, and by hand.

Overflow is allowed only where the true value is above float64's largest number or below its
smallest normal one; the training loop ignores those warnings.
"""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.problems.losses import LOSSES
from tests.engine import plain

EPS = np.finfo(np.float64).eps
BINARY, CROSS = LOSSES["binary_cross_entropy"], LOSSES["cross_entropy"]
MARGINS = np.concatenate(
    [
        np.linspace(-700, 700, 281),
        np.geomspace(1e-300, 700, 60),
        -np.geomspace(1e-300, 700, 60),
        [0.0, -0.0, 5e-324, -5e-324],
    ]
)
EXTREME = (0.0, -0.0, 5e-324, -5e-324, 1e-308, 800.0, -800.0, 1e308, -1e308, 1.7e308)
EVERY_LOSS = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(60):
        yield


def total_of_a_row(loss, outputs, target):
    return loss.total(np.array(outputs, dtype=float)[:, None], np.array(target)[:, None])


def gradient_of_a_row(loss, outputs, target):
    outputs = np.array(outputs, dtype=float)[:, None]
    out = np.empty_like(outputs)
    loss.gradient(outputs, np.array(target, dtype=float)[:, None], 1, out)
    return out[:, 0]


def relative_error(actual, exact):
    """In units of eps."""
    return float(abs((mpmath.mpf(float(actual)) - exact) / exact)) / EPS


def powers_of(logits):
    """exp(z - largest z); the difference is rounded, as it must be, and the rest is exact."""
    return [mpmath.exp(mpmath.mpf(z - max(logits))) for z in logits]


# Against 60 digits


@pytest.mark.parametrize("target", [1.0, -1.0])
def test_binary_cross_entropy_and_its_gradient_to_four_eps(target):
    with np.errstate(all="raise", under="ignore"):
        losses = BINARY.total(MARGINS[:, None, None], np.array([[target]]))
        gradients = np.empty((len(MARGINS), 1, 1))
        BINARY.gradient(MARGINS[:, None, None], np.array([[target]]), 1, gradients)

    for z, loss, gradient in zip(MARGINS, losses, gradients[:, 0, 0], strict=True):
        margin = target * mpmath.mpf(float(z))
        assert relative_error(loss, mpmath.log1p(mpmath.exp(-margin))) <= 4
        assert relative_error(gradient, -target / (1 + mpmath.exp(margin))) <= 4


@given(st.lists(st.floats(-700, 700), min_size=2, max_size=10), st.data())
def test_cross_entropy_to_four_eps(logits, data):
    true = data.draw(st.integers(0, len(logits) - 1))

    with np.errstate(all="raise", under="ignore"):
        actual = total_of_a_row(CROSS, logits, np.eye(len(logits))[true])

    powers = powers_of(logits)
    others = mpmath.fsum(power / powers[true] for k, power in enumerate(powers) if k != true)
    exact = mpmath.log1p(others)
    assert relative_error(actual, exact) <= 4


@pytest.mark.parametrize("gap", [1e-3, 1.0, 20.0, 40.0, 300.0, 700.0])
def test_cross_entropy_of_a_sure_and_right_answer_keeps_its_digits(gap):
    exact = mpmath.log1p(2 * mpmath.exp(-mpmath.mpf(gap)))

    assert relative_error(total_of_a_row(CROSS, [gap, 0, 0], [1, 0, 0]), exact) <= 4


@given(st.lists(st.floats(-700, 700), min_size=2, max_size=10), st.data())
def test_gradient_of_cross_entropy_is_softmax_minus_target(logits, data):
    true = data.draw(st.integers(0, len(logits) - 1))

    with np.errstate(all="raise", under="ignore"):
        actual = gradient_of_a_row(CROSS, logits, np.eye(len(logits))[true])

    powers = powers_of(logits)
    for k in range(len(powers)):
        if k == true:
            exact = -mpmath.fsum(power for j, power in enumerate(powers) if j != true)
        else:
            exact = powers[k]
        exact /= mpmath.fsum(powers)
        if abs(exact) > 1e-300:
            assert relative_error(actual[k], exact) <= 6
        else:
            assert abs(actual[k]) <= 2e-300
    assert abs(actual.sum()) <= 4 * EPS


@pytest.mark.parametrize("gap", [5.0, 20.0, 37.0, 40.0, 300.0, 700.0])
def test_gradient_of_a_sure_and_right_answer_keeps_its_digits(gap):
    """p - 1 has 8 digits at a gap of 20, and none from 37 on."""
    exact = 1 / (1 + mpmath.exp(mpmath.mpf(gap)))

    actual = gradient_of_a_row(CROSS, [gap, 0.0], [1, 0])

    assert relative_error(actual[0], -exact) <= 4
    assert relative_error(actual[1], exact) <= 4


def test_no_probability_is_clipped():
    """A clip at 1e-15 says 34.5 where 50 and 500 are right."""
    assert total_of_a_row(BINARY, [-50.0], [1.0]) == 50
    assert total_of_a_row(CROSS, [0, 500.0], [1, 0]) == 500


# At the ends of float64


@pytest.mark.parametrize("z", EXTREME)
@pytest.mark.parametrize("target", [1.0, -1.0])
def test_binary_cross_entropy_of_any_finite_logit_is_finite(z, target):
    with np.errstate(all="raise", under="ignore"):
        loss = total_of_a_row(BINARY, [z], [target])
    with np.errstate(all="ignore"):
        gradient = gradient_of_a_row(BINARY, [z], [target])

    assert np.isfinite(loss)
    assert loss >= 0
    assert np.isfinite(gradient).all()
    assert np.sign(gradient[0]) in {0, -target}


@pytest.mark.parametrize("z", EXTREME)
@pytest.mark.parametrize("other", EXTREME)
def test_cross_entropy_of_any_finite_logits_is_finite(z, other):
    for true in (0, 1):
        # Two logits may lie further apart than float64 reaches.
        apart = math.isinf(z - other)
        with np.errstate(all="raise", under="ignore", over="ignore" if apart else "raise"):
            loss = total_of_a_row(CROSS, [z, other], np.eye(2)[true])
            gradient = gradient_of_a_row(CROSS, [z, other], np.eye(2)[true])

        assert np.isfinite(loss)
        assert loss >= 0
        assert np.isfinite(gradient).all()
        assert -1 <= gradient[true] <= 0 <= gradient[1 - true] <= 1


@EVERY_LOSS
def test_what_is_not_finite_stays_visible(loss):
    with np.errstate(all="ignore"):
        for bad in (np.nan, np.inf):
            assert not np.isfinite(total_of_a_row(loss, [bad, 0.0, 1.0], [-1.0, 1.0, 0.0]))


# By hand


def test_three_squared_errors_by_hand():
    outputs, targets = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])
    squares = 1 + 4 + 4 + 16

    actual = {name: loss.total(outputs, targets) for name, loss in LOSSES.items()}

    assert actual["mean_squared_error"] == squares / 2
    assert actual["half_mean_squared_error"] == squares / 4
    assert actual["half_sum_of_squares"] == squares / 2


def test_gradients_of_the_squared_errors_differ_by_their_scaling():
    outputs, targets = [1.0, 3.0], [0.0, 1.0]

    assert gradient_of_a_row(LOSSES["mean_squared_error"], outputs, targets).tolist() == [1, 2]
    assert gradient_of_a_row(LOSSES["half_mean_squared_error"], outputs, targets).tolist() == [
        0.5,
        1,
    ]
    assert gradient_of_a_row(LOSSES["half_sum_of_squares"], outputs, targets).tolist() == [1, 2]


def test_undecided_answers_cost_the_logarithm_of_the_choices():
    assert total_of_a_row(BINARY, [0.0], [1.0]) == pytest.approx(np.log(2), rel=1e-15)
    assert total_of_a_row(CROSS, [3.0] * 7, np.eye(7)[2]) == pytest.approx(np.log(7), rel=1e-15)


@EVERY_LOSS
def test_value_is_that_of_the_plain_formula(loss):
    rng = np.random.default_rng(0)
    n_outputs = 1 if loss is BINARY else 4
    outputs, classes = rng.normal(size=(2, n_outputs, 9)), rng.integers(max(n_outputs, 2), size=9)
    plain_targets = plain.one_hot(classes, n_outputs)
    targets = loss.encode(classes, max(n_outputs, 2)).T

    expected = plain.LOSSES[loss.name](outputs.transpose(0, 2, 1), plain_targets).sum(axis=(1, 2))

    np.testing.assert_allclose(loss.total(outputs, targets), expected, rtol=1e-14)


@EVERY_LOSS
def test_total_of_a_lane_does_not_depend_on_how_many_there_are(loss):
    rng = np.random.default_rng(1)
    n_outputs = 1 if loss is BINARY else 3
    outputs = rng.normal(size=(4, 5, n_outputs, 11))
    targets = loss.encode(rng.integers(max(n_outputs, 2), size=11), max(n_outputs, 2)).T

    together = loss.total(outputs, targets)

    assert together.shape == (4, 5)
    for i in range(4):
        for j in range(5):
            assert loss.total(outputs[i, j].copy(), targets) == together[i, j]


@EVERY_LOSS
def test_mean_over_exact_counts(loss):
    """The sum over 10,000 rows is right to the last digits: no running mean, no one-pass tricks."""
    rng = np.random.default_rng(2)
    n_outputs = 1 if loss is BINARY else 3
    outputs = 10 * rng.normal(size=(n_outputs, 10_000))
    targets = loss.encode(rng.integers(max(n_outputs, 2), size=10_000), max(n_outputs, 2)).T
    rows = [loss.total(outputs[:, i : i + 1], targets[:, i : i + 1]) for i in range(10_000)]

    assert loss.total(outputs, targets) == pytest.approx(
        float(mpmath.fsum(map(float, rows))), rel=1e-12
    )


@EVERY_LOSS
def test_gradient_is_divided_by_the_rows_of_the_whole_batch(loss):
    outputs = np.array([[0.5, -1.0, 2.0]])
    targets = np.array([[1.0, -1.0, 1.0]])
    one, many = np.empty_like(outputs), np.empty_like(outputs)

    loss.gradient(outputs, targets, 1, one)
    loss.gradient(outputs, targets, 8, many)

    np.testing.assert_allclose(8 * many, one, rtol=1e-15)


# Classes


def test_encodings():
    classes = np.array([0, 2, 1])

    assert LOSSES["mean_squared_error"].encode(classes, 3).tolist() == [
        [1, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
    ]
    assert CROSS.encode(classes, 3).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert LOSSES["mean_squared_error"].encode(classes % 2, 2).tolist() == [[0], [0], [1]]
    assert CROSS.encode(classes % 2, 2).tolist() == [[1, 0], [1, 0], [0, 1]]
    assert BINARY.encode(classes % 2, 2).tolist() == [[-1], [-1], [1]]


def test_units_of_the_output_layer():
    assert [loss.n_outputs(2) for loss in LOSSES.values()] == [1, 1, 1, 1, 2]
    assert [LOSSES[n].n_outputs(5) for n in ("mean_squared_error", "cross_entropy")] == [5, 5]


def test_predicted_classes():
    three = np.array([[[0.1, 5.0], [0.3, -1.0], [0.2, 4.0]]])
    one = np.array([[[-0.1, 0.2, 0.6]]])

    assert CROSS.classes(three).tolist() == [[1, 0]]
    assert LOSSES["mean_squared_error"].classes(three).tolist() == [[1, 0]]
    assert BINARY.classes(one).tolist() == [[0, 1, 1]]
    assert LOSSES["mean_squared_error"].classes(one).tolist() == [[0, 0, 1]]


@EVERY_LOSS
@given(data=st.data())
def test_no_constant_has_a_lower_loss_than_the_best_one(loss, data):
    """Its gradient, summed over the rows, is 0; every loss is convex in the outputs."""
    n_classes = data.draw(st.integers(2, 4)) if loss.suits(3) else 2
    classes = [*range(n_classes), *data.draw(st.lists(st.integers(0, n_classes - 1), max_size=9))]
    targets = loss.encode(np.array(classes), n_classes)
    outputs = np.repeat(loss.constant(targets)[None, :, None], len(classes), axis=2)
    gradient = np.empty_like(outputs)
    loss.gradient(outputs, targets.T, len(classes), gradient)

    np.testing.assert_allclose(gradient.sum(axis=2), 0, atol=1e-14)


def test_a_class_without_rows_costs_no_row_that_is_there():
    for name, targets in (
        ("cross_entropy", np.eye(3)[[0, 1, 1]]),
        ("binary_cross_entropy", np.ones((4, 1))),
    ):
        loss = LOSSES[name]
        outputs = np.repeat(loss.constant(targets)[None, :, None], len(targets), axis=2)

        assert np.isfinite(outputs).all()
        expected = 0 if name == "binary_cross_entropy" else math.log(3) + 2 * math.log(1.5)
        np.testing.assert_allclose(loss.total(outputs, targets.T), expected, atol=1e-15)


@EVERY_LOSS
def test_formula_is_given(loss):
    assert loss.formula
    assert loss.reads == ("logits" if loss in {BINARY, CROSS} else "predictions")
