"""The largest curvature: exact where it is known, the largest and not the largest in size."""

import numpy as np
import pytest

from engine import Experiment, Function, Network, Run, largest_eigenvalues, training_gradients
from engine.landscape.curvature import (
    MOST_PRODUCTS,
    PRODUCTS,
    Hessians,
    gradients_needed,
    start_vector,
    top_eigenpairs,
)
from engine.problems.datasets import Line, Sine, TwoMoons
from engine.problems.functions import FUNCTIONS
from engine.rules import SGD
from engine.training.loop import problem_of
from engine.work import finish

RUNS = (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)


class Given:
    """Products of given matrices, one per lane, that are counted."""

    def __init__(self, *matrices):
        self.matrices, self.count = np.array(matrices), 0

    def __call__(self, vectors):
        self.count += 1
        yield
        return (self.matrices @ vectors[:, :, None])[:, :, 0]


def with_spectrum(values, seed=0):
    """A symmetric matrix with these eigenvalues, in random directions."""
    size = len(values)
    directions, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))
    return (directions * values) @ directions.T


def found(products, starts=None, seed=0):
    lanes, size = products.matrices.shape[:2]
    if starts is None:
        starts = np.tile(start_vector(size, seed, 0), (lanes, 1))
    with np.errstate(all="ignore"):
        return finish(top_eigenpairs(products, starts))


FALLING = 5 * 0.4 ** np.arange(60)  # as of the networks here: a few large ones, the rest small


# The Lanczos method


def test_it_finds_the_largest_eigenvalue_and_not_the_largest_in_size():
    spectrum = np.append(FALLING, -20.0)

    pair = found(Given(with_spectrum(spectrum)))

    assert pair.values[0] == pytest.approx(5, rel=1e-9)
    assert pair.residuals[0] < 1e-3


def test_it_finds_the_largest_of_a_matrix_that_only_bends_down():
    assert found(Given(with_spectrum(-1 - FALLING))).values[0] == pytest.approx(-1, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_ten_products_are_enough_where_the_spectrum_falls_fast(seed):
    products = Given(with_spectrum(FALLING))

    pair = found(products, seed=seed)

    assert products.count == PRODUCTS
    assert pair.values[0] == pytest.approx(5, rel=1e-6)


def test_two_eigenvalues_that_nearly_merge_are_told_apart():
    """Here the power method is off by 0.7 % after a hundred products."""
    spectrum = np.concatenate([[5.013, 4.976], FALLING / 5])

    pair = found(Given(with_spectrum(spectrum)))

    assert pair.values[0] == pytest.approx(5.013, rel=1e-6)


def test_it_goes_on_while_a_value_has_not_settled_and_says_how_far_it_is_from_exact():
    close = Given(with_spectrum(np.linspace(0, 1, 400)))

    pair = found(close)

    assert PRODUCTS < close.count <= MOST_PRODUCTS
    image = close.matrices[0] @ pair.vectors[0] - pair.values[0] * pair.vectors[0]
    assert pair.residuals[0] == pytest.approx(np.linalg.norm(image) / pair.values[0], rel=1e-6)


def test_the_vector_is_the_eigenvector():
    matrix = with_spectrum(FALLING)

    pair = found(Given(matrix))

    exact = np.linalg.eigh(matrix)[1][:, -1]
    assert abs(pair.vectors[0] @ exact) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(pair.vectors[0]) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("size", [1, 2, PRODUCTS])
def test_a_small_matrix_is_known_exactly(size):
    spectrum = np.arange(size) - 3.0
    products = Given(with_spectrum(spectrum))

    assert found(products).values[0] == pytest.approx(spectrum[-1], rel=1e-13, abs=1e-13)
    assert products.count == size
    assert gradients_needed(size) == 2 * size


@pytest.mark.parametrize("factor", [0.0, 3.0])
@pytest.mark.parametrize("size", [4, 40])
def test_all_directions_may_be_alike(factor, size):
    pair = found(Given(factor * np.eye(size)))

    assert pair.values[0] == pytest.approx(factor, abs=1e-12)
    assert pair.residuals[0] < 1e-9


def test_lanes_are_found_alone_to_the_same_bits():
    matrices = [with_spectrum(FALLING * scale, seed) for seed, scale in enumerate((1, 30, 1e-9))]
    matrices.append(with_spectrum(np.linspace(0, 1, 60), 9))  # takes more products

    together = found(Given(*matrices))

    for lane, matrix in enumerate(matrices):
        alone = found(Given(matrix))
        assert alone.values[0] == together.values[lane]
        np.testing.assert_array_equal(alone.vectors[0], together.vectors[lane])


def test_a_matrix_that_is_not_finite_has_no_eigenvalue_and_disturbs_no_other():
    broken = np.full((60, 60), np.nan)

    pair = found(Given(broken, with_spectrum(FALLING)))

    assert np.isnan([pair.values[0], pair.residuals[0]]).all()
    assert pair.values[1] == pytest.approx(5, rel=1e-6)


def test_the_search_begins_anew_at_every_step():
    first, again, later, other = (
        start_vector(50, seed, step) for seed, step in [(0, 0), (0, 0), (0, 1), (1, 0)]
    )
    np.testing.assert_array_equal(first, again)
    assert abs(first @ later) < 0.5 * np.linalg.norm(first) * np.linalg.norm(later)
    assert not np.array_equal(first, other)


# Hessians of problems


def hessian(experiment, params):
    """All second derivatives at a point, column by column, from gradients."""
    step, size = 1e-5, len(params)
    moved = params + step * np.concatenate([np.eye(size), -np.eye(size)])
    ahead, behind = np.split(training_gradients(experiment, moved), 2)
    columns = (ahead - behind) / (2 * step)
    return (columns + columns.T) / 2


@pytest.mark.parametrize("function", [f() for f in FUNCTIONS], ids=lambda function: function.name)
def test_a_test_function_has_the_curvature_of_its_hessian(function):
    points = np.array([[0.7, -0.4], [1.3, 0.9], [2.1, 0.2]])
    experiment = Experiment(problem=Function(function=function), runs=RUNS)

    pair = largest_eigenvalues(experiment, points)

    every = np.linalg.eigvalsh(function.hessian(points))
    size = np.abs(every).max(axis=1)
    assert (np.abs(pair.values - every[:, -1]) < 1e-8 * size).all()


@pytest.mark.parametrize("l2", [0.0, 0.25])
def test_a_straight_line_has_the_curvature_of_its_rows_and_l2_adds_its_own(l2):
    """The mean of squares: H = 2/N sum of (x, 1) (x, 1)^T, plus l2."""
    network = Network(
        dataset=Line(), hidden=(), loss="mean_squared_error", validation_share=0.0, l2=l2
    )
    experiment = Experiment(problem=network, runs=RUNS)
    rows = problem_of(experiment).inputs

    pair = largest_eigenvalues(experiment, np.array([[3.0, -1.0], [0.1, 0.2]]))

    exact = np.linalg.eigvalsh(2 * rows.T @ rows / len(rows))[-1] + l2
    np.testing.assert_allclose(pair.values, exact, rtol=1e-8)


@pytest.mark.parametrize(
    ("dataset", "loss"),
    [
        (Sine(rows=40), "half_mean_squared_error"),
        (TwoMoons(rows=40), "binary_cross_entropy"),
        (TwoMoons(rows=40), "cross_entropy"),
    ],
    ids=["half_mean_squared_error", "binary_cross_entropy", "cross_entropy"],
)
def test_a_network_has_the_curvature_of_its_training_rows(dataset, loss):
    network = Network(dataset=dataset, hidden=(5, 4), loss=loss, l2=0.01)
    experiment = Experiment(problem=network, runs=RUNS)
    params = np.random.default_rng(1).normal(size=(3, network.n_params)) / 2

    pair = largest_eigenvalues(experiment, params)

    for lane, point in enumerate(params):
        exact = np.linalg.eigvalsh(hessian(experiment, point))[-1]
        assert pair.values[lane] == pytest.approx(exact, rel=1e-6)


def test_products_can_be_taken_in_coordinates_of_another_scale():
    experiment = Experiment(
        problem=Network(dataset=Sine(rows=30), hidden=(3,), loss="mean_squared_error"), runs=RUNS
    )
    params = np.random.default_rng(2).normal(size=10)
    roots, vector = np.random.default_rng(3).uniform(0.5, 2, (2, 10))

    products = Hessians(problem_of(experiment), 1, 10).at(params[None], roots[None])

    scaled = np.diag(roots) @ hessian(experiment, params) @ np.diag(roots)
    np.testing.assert_allclose(
        finish(products(vector[None]))[0], scaled @ vector, rtol=1e-6, atol=1e-8
    )
