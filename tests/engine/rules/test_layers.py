"""Rules of whole layers: what they do to the matrix of a layer, and where a norm is zero."""

from itertools import product

import numpy as np
import pytest

from engine import Experiment, Function, InvalidInput, Network, Run, minimize
from engine.arrays import Layout
from engine.rules import LAMB, LARS, RULES, SOAP, Adafactor, Muon, Shampoo
from tests.engine.contract import moment_of, zeros

LAYERS = [rule for rule in RULES if "layers" in rule.needs]
LAYOUT = Layout((3, 4, 2))
OF_LAYERS = pytest.mark.parametrize("rule", LAYERS, ids=lambda rule: rule.name)


def directions(rule, gradients, params=None):
    """Directions of a rule on one layer's gradients, ``(steps, out, in)``, at parameters."""
    rows, columns = gradients.shape[1:]
    layout = Layout((columns, rows), bias=False)
    state, found = zeros(rule, layout), []
    at = None if params is None else np.reshape(params, (1, -1))
    for step, gradient in enumerate(gradients, start=1):
        moment = moment_of(gradient.reshape(1, -1), at, step, layout=layout)
        direction, state = rule.direction(moment, state)
        found.append(direction.reshape(rows, columns).copy())
    return np.array(found)


def first(rule, gradient, params=None):
    return directions(rule, np.asarray(gradient)[None], params)[0]


def rotation(size, seed):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size))).Q


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def orthogonal(gradient):
    """The matrix with the same singular vectors whose singular values are all 1."""
    u, _, vt = np.linalg.svd(gradient, full_matrices=False)
    return u @ vt


# All of them


def test_these_are_the_rules_of_layers():
    assert [Muon, LAMB, LARS, Shampoo, SOAP, Adafactor] == LAYERS
    assert {rule.couples for rule in LAYERS} == {"matrix"}


@OF_LAYERS
def test_a_function_of_two_parameters_has_no_layers(rule):
    run = Run(optimizer=rule(), learning_rate=0.1, batch_size="all")
    Experiment(problem=Network(), runs=[run])

    with pytest.raises(InvalidInput) as refused:
        Experiment(problem=Function(), runs=[run])

    assert (refused.value.code, refused.value.field) == ("conflict", "runs.0.optimizer")
    assert refused.value.limits == ("problem", "function")


@OF_LAYERS
@pytest.mark.parametrize("zero", ["gradients", "parameters", "both"])
def test_nothing_is_divided_by_zero(rule, zero):
    gradients = random(5, 4, 3) * (zero == "parameters")
    params = random(4, 3, seed=1) * (zero == "gradients")

    found = directions(rule(), gradients, params)

    assert np.isfinite(found).all()
    assert found.any() == (zero == "parameters")


@OF_LAYERS
def test_the_bias_is_a_column_of_its_layer_like_any_other(rule):
    """The same numbers with and without biases: the last input stands for a constant 1."""
    gradients, params = random(4, 1, 22), random(1, 22, seed=1)
    found = []
    for layout in (Layout((3, 4), bias=True), Layout((4, 4), bias=False)):
        state = zeros(rule, layout)
        for step, gradient in enumerate(gradients, start=1):
            moment = moment_of(gradient[:, :16], params[:, :16], step, layout=layout)
            direction, state = rule().direction(moment, state)
        found.append(direction)

    assert np.array_equal(*found)


@pytest.mark.parametrize(
    ("rule", "shape"),
    [
        *product((Muon(), Shampoo()), ((4, 3), (3, 4), (3, 3))),
        (SOAP(), (3, 3)),  # of others the first gradient does not fix all axes
    ],
)
def test_directions_turn_with_the_gradient(rule, shape):
    """Units and inputs may be mixed by any rotation."""
    gradients = random(6, *shape)
    left, right = rotation(shape[0], 1), rotation(shape[1], 2)
    turned = directions(rule, left @ gradients @ right)

    np.testing.assert_allclose(turned, left @ directions(rule, gradients) @ right, atol=1e-11)


@pytest.mark.parametrize(
    "rule",
    [Muon(), LAMB(epsilon=1e-16), LARS(), Adafactor(), Shampoo(epsilon=1e-16), SOAP(epsilon=1e-16)],
    ids=lambda rule: rule.name,
)
def test_the_size_of_gradients_does_not_matter(rule):
    gradients, params = random(6, 3, 3), random(3, 3, seed=1)

    larger = directions(rule, 1e3 * gradients, params)

    np.testing.assert_allclose(larger, directions(rule, gradients, params), rtol=1e-7)


# Muon


def image(share):
    """What becomes of a singular value that is this share of the norm."""
    return first(Muon(), np.diag([np.sqrt(1 - share**2), share]))[1, 1]


def test_the_image_of_a_singular_value_lies_about_one():
    images = np.array([image(share) for share in np.geomspace(0.002, 0.7, 400)])
    larger = np.array([image(share) for share in np.geomspace(0.01, 0.7, 400)])

    assert images.min() >= 0.6818
    assert images.max() <= 1.2024
    assert images.max() > 1.19
    assert larger.min() == pytest.approx(0.6818, abs=1e-3)
    assert larger.max() == pytest.approx(1.1344, abs=1e-3)


def test_a_gradient_that_is_nearly_singular_is_not_made_orthogonal():
    assert image(1e-9) / 1e-9 == pytest.approx(484.876, abs=1e-3)
    assert image(1e-3) < 0.485
    assert image(1e-4) < 0.05


@pytest.mark.parametrize("gradient", [[[3.0, -4.0, 12.0]], np.outer([1.0, 2.0], [3.0, -1.0, 0.5])])
def test_a_single_row_and_a_matrix_of_rank_one_get_a_fixed_length(gradient):
    direction = first(Muon(), gradient)

    assert np.linalg.norm(direction) == pytest.approx(0.696436, abs=5e-7)
    expected = np.asarray(gradient) / np.linalg.norm(gradient)
    np.testing.assert_allclose(direction, 0.696436 * expected, rtol=1e-6, atol=1e-15)


def test_a_layer_with_more_rows_than_columns_has_a_longer_step():
    wide = random(2, 8)

    np.testing.assert_allclose(first(Muon(), wide.T), 2 * first(Muon(), wide).T, atol=1e-15)


def test_decay_of_muon_shrinks_parameters_by_its_share_alone():
    path = minimize(np.zeros_like, np.ones(6), Muon(weight_decay=0.1), 0.5, 20, shape=(2, 3))

    np.testing.assert_allclose(path[:, 0], 0.95 ** np.arange(21), rtol=1e-14)


# LAMB and LARS


def test_lamb_moves_every_layer_by_the_rate_times_its_norm():
    rng = np.random.default_rng(0)
    rule, state = LAMB(weight_decay=0.1), zeros(LAMB, LAYOUT, 2)
    for step in range(1, 6):
        sizes = 10.0 ** rng.integers(-6, 6, LAYOUT.n_params)
        params = rng.normal(size=(2, LAYOUT.n_params)) * [[1.0], [30.0]]
        moment = moment_of(rng.normal(size=params.shape) * sizes, params, step, layout=LAYOUT)
        direction, state = rule.direction(moment, state)
        for d, p in zip(LAYOUT.matrices(direction), LAYOUT.matrices(params), strict=True):
            np.testing.assert_allclose(
                np.linalg.norm(d, axis=(1, 2)), np.linalg.norm(p, axis=(1, 2)), rtol=1e-12
            )


def test_lamb_of_one_layer_is_adam_of_another_length():
    gradients, params = random(5, 4, 3), random(4, 3, seed=1)
    m = v = 0.0
    for step, (g, actual) in enumerate(
        zip(gradients, directions(LAMB(weight_decay=0.2), gradients, params), strict=True), 1
    ):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        u = m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.999**step)) + 1e-6) + 0.2 * params
        np.testing.assert_allclose(
            actual, np.linalg.norm(params) / np.linalg.norm(u) * u, rtol=1e-12
        )


def test_lars_begins_with_a_share_of_every_layer():
    params, gradients = random(1, LAYOUT.n_params), random(1, LAYOUT.n_params, seed=1)
    gradients[:, 16:] *= 1e6

    direction, _ = LARS(trust=0.02).direction(
        moment_of(gradients, params, layout=LAYOUT), zeros(LARS, LAYOUT)
    )

    for d, p, g in zip(*map(LAYOUT.matrices, (direction, params, gradients)), strict=True):
        assert np.linalg.norm(d) == pytest.approx(0.02 * np.linalg.norm(p), rel=1e-12)
        np.testing.assert_allclose(d / np.linalg.norm(d), g / np.linalg.norm(g), rtol=1e-12)


def test_where_a_norm_is_zero_the_ratio_is_one():
    gradient, nothing = random(2, 3), np.zeros((2, 3))

    np.testing.assert_allclose(first(LAMB(), gradient), np.sign(gradient), rtol=1e-4)
    np.testing.assert_array_equal(first(LARS(), gradient, nothing), gradient)
    np.testing.assert_allclose(first(LARS(weight_decay=0.5), nothing, gradient), 0.5 * gradient)


# Adafactor


@pytest.mark.parametrize(
    "gradient",
    [[[3.0, -1e-3, 50.0, 2.0]], [[3.0], [-1e-3], [50.0]], np.outer([1.0, -2.0], [3.0, -1.0, 0.5])],
    ids=["row", "column", "rank one"],
)
def test_where_squares_are_a_product_the_first_direction_is_the_sign_as_large_as_the_layer(
    gradient,
):
    params = 3.0 + random(*np.shape(gradient))
    expected = np.sign(gradient) * np.sqrt(np.mean(params**2))

    np.testing.assert_allclose(first(Adafactor(), gradient, params), expected, rtol=1e-12)


@pytest.mark.parametrize("is_column", [False, True], ids=["row", "column"])
def test_a_single_row_or_column_has_the_mean_square_of_each_parameter(is_column):
    """The form for vectors of the paper's algorithm 5, in plain numbers, small gradients too."""
    gradients, params = random(8, 1, 5) * 1e-10, random(1, 5, seed=1)
    shape = (5, 1) if is_column else (1, 5)
    actual = directions(Adafactor(), gradients.reshape(8, *shape), params.reshape(shape))
    v = 0.0
    for step, g in enumerate(gradients, start=1):
        beta = 1 - step**-0.8
        v = beta * v + (1 - beta) * g**2
        u = g / np.sqrt(v)
        size = max(1e-3, np.sqrt(np.mean(params**2)))
        expected = size * u / max(1, np.sqrt(np.mean(u**2)))
        np.testing.assert_allclose(actual[step - 1].ravel(), expected.ravel(), rtol=1e-9)


def test_no_step_of_adafactor_is_larger_than_its_clip():
    """After small gradients a large one would be, by the root of what is new in the mean."""
    gradients, params = random(6, 4, 3), np.full((4, 3), 0.5)
    gradients[-1] *= 1e3
    free, held, halved = (
        np.sqrt(np.mean(directions(Adafactor(clip=clip), gradients, params)[-1] ** 2)) / 0.5
        for clip in (10.0, 1.5, 1.0)
    )

    assert free == pytest.approx(6**0.4, rel=0.2)
    assert (held, halved) == (pytest.approx(1.5), pytest.approx(1.0))


def test_adafactor_remembers_a_number_per_row_and_column():
    assert [slot.numbers(LAYOUT) for slot in Adafactor.slots] == [4 + 2, 4 + 5]
