"""Gradient noise, against training's own gradients, brute force and the laws of sampling."""

import itertools

import numpy as np
import pytest

from engine import (
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Run,
    batch_gradients,
    data,
    fit,
    gradient_norms,
    initial_params,
    measure_noise,
    row_gradients,
)
from engine.analysis.noise import (
    DRAWS,
    draws_for,
    most_scattered,
    noisiest,
    predicted_variance,
)
from engine.problems.datasets import BreastCancer, Line, TwoMoons
from engine.rules import SGD

SAMPLINGS = ("shuffled", "replacement")


def experiment(**fields):
    problem = Network(
        **{"dataset": TwoMoons(rows=60, noise=0.2), "hidden": (4,), "l2": 0.1, **fields}
    )
    run = Run(optimizer=SGD(), learning_rate=0.5, batch_size="all")
    return Experiment(problem=problem, runs=(run,), budget=Budget(amount=3))


def test_a_single_row_has_no_noise():
    noise = measure_noise(np.array([[3.0, 4.0]]), "shuffled", 0)

    assert noise.sizes == (1,)
    assert noise.variance.tolist() == noise.predicted.tolist() == [0.0]


@pytest.fixture(scope="module")
def gradients():
    return row_gradients(experiment(), initial_params(experiment(), 0))


def test_the_mean_of_the_rows_is_the_full_gradient():
    history = fit(experiment())
    norms = gradient_norms(history)[0][0]

    for params, norm in zip(history.runs[0].params[0], norms, strict=True):
        mean = row_gradients(experiment(), params).mean(axis=0)
        assert np.linalg.norm(mean) == pytest.approx(norm, rel=1e-12)


@pytest.mark.parametrize("batch_size", [1, 7, 45])
def test_the_mean_of_a_batch_is_the_gradient_that_training_uses(batch_size):
    start = initial_params(experiment(), 0)
    rows = row_gradients(experiment(), start)
    run = Run(optimizer=SGD(), learning_rate=1.0, batch_size=batch_size)
    budget = Budget(amount=1, unit="iterations")
    one_step = fit(experiment().model_copy(update={"runs": (run,), "budget": budget}))

    update = start - one_step.runs[0].params[0, -1]
    (first,) = batch_gradients(rows, batch_size, "shuffled", 0, 1)
    np.testing.assert_allclose(first, update, atol=1e-14)


def test_every_block_of_rows_is_filled():
    many = experiment(dataset=TwoMoons(rows=3_000, noise=0.2), validation_share=0.0)
    start = initial_params(many, 0)
    rows = row_gradients(many, start)

    history = fit(many.model_copy(update={"budget": Budget(amount=1)}))
    assert rows.shape == (3_000, len(start))
    assert np.linalg.norm(rows.mean(axis=0)) == pytest.approx(
        history.runs[0].batch_gradient_norm.last[0, 0], rel=1e-12
    )


def test_batches_without_replacement_have_the_predicted_variance_exactly():
    """All 70 batches of 4 of 8 rows: their population variance is S^2 (N - B) / (B (N - 1))."""
    rows = np.random.default_rng(0).normal(size=(8, 3))
    means = np.array(
        [rows[list(batch)].mean(axis=0) for batch in itertools.combinations(range(8), 4)]
    )

    assert means.var(axis=0) == pytest.approx(predicted_variance(rows, 4, "shuffled"))


def test_batches_with_replacement_have_the_predicted_variance_exactly():
    """All 5^3 batches of 3 draws of 5 rows: their population variance is sigma^2 / B."""
    rows = np.random.default_rng(1).normal(size=(5, 2))
    draws = itertools.product(range(5), repeat=3)
    means = np.array([rows[list(batch)].mean(axis=0) for batch in draws])

    assert means.var(axis=0) == pytest.approx(predicted_variance(rows, 3, "replacement"))


def test_the_standard_error_is_that_of_all_batches():
    """All 4^3 batches: the deviation of their squared distance, over the root of the draws."""
    rows = np.random.default_rng(2).normal(size=(4, 3)) ** 3
    draws = itertools.product(range(4), repeat=2)
    means = np.array([rows[list(batch)].mean(axis=0) for batch in draws])
    squares = np.square(means - rows.mean(axis=0)).sum(axis=1)

    noise = measure_noise(rows, "replacement", 0)
    assert noise.sizes == (1, 2, 4)
    assert noise.standard_error[1] == pytest.approx(squares.std() / np.sqrt(draws_for(rows)))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 9])
@pytest.mark.parametrize("features", [1, 3, 20])
def test_the_standard_error_is_that_of_all_batches_without_replacement(count, features):
    """Every subset of the rows, for all batch sizes up to the whole."""
    rows = np.random.default_rng(3).normal(size=(count, features)) ** 3
    noise = measure_noise(rows, "shuffled", 0)

    for size, error in zip(noise.sizes, noise.standard_error, strict=True):
        means = np.array(
            [rows[list(batch)].mean(axis=0) for batch in itertools.combinations(range(count), size)]
        )
        squares = np.square(means - rows.mean(axis=0)).sum(axis=1)
        expected = squares.std() / np.sqrt(draws_for(rows))
        assert error == pytest.approx(expected, rel=1e-6, abs=1e-7 * np.square(rows).max())


def test_the_standard_error_of_all_rows_but_one_is_that_of_single_rows():
    """The mean of all others is the mean less a share of the one that is left out."""
    rows = np.random.default_rng(4).normal(size=(9, 2)) ** 3
    left = np.square(rows - rows.mean(axis=0)).sum(axis=1) / 8**2

    noise = measure_noise(rows, "shuffled", 0)
    assert noise.sizes[-2:] == (8, 9)
    assert noise.standard_error[-2] == pytest.approx(left.std() / np.sqrt(draws_for(rows)))


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("seed", range(3))
def test_measured_and_predicted_agree_within_sampling_error(gradients, sampling, seed):
    noise = measure_noise(gradients, sampling, seed)
    off = np.abs(noise.variance - noise.predicted)

    # Nine sizes or so, three seeds: four standard errors are passed once in a thousand runs.
    assert (off <= 4 * noise.standard_error + 1e-12).all()
    assert (noise.standard_error[:-1] < 0.25 * noise.predicted[:-1]).all()


def test_the_wrong_law_is_seen_to_be_wrong(gradients):
    """At three quarters of the rows the two laws differ by far more than sampling error."""
    shuffled = measure_noise(gradients, "shuffled", 0)
    wrong = np.array(
        [predicted_variance(gradients, size, "replacement").sum() for size in shuffled.sizes]
    )

    assert np.abs(shuffled.variance - wrong)[-2] > 10 * shuffled.standard_error[-2]


def test_all_rows_without_replacement_are_the_full_gradient(gradients):
    noise = measure_noise(gradients, "shuffled", 0)

    assert noise.sizes[-1] == len(gradients) == 45
    assert noise.predicted[-1] == noise.standard_error[-1] == 0
    assert noise.variance[-1] == pytest.approx(0, abs=1e-25)
    assert noise.angles[-1] == pytest.approx(0, abs=1e-3)


def test_angles_are_those_of_the_batches(gradients):
    noise = measure_noise(gradients, "shuffled", 3)
    full = gradients.mean(axis=0)
    draws = noise.angles.shape[1]

    of_four = batch_gradients(gradients, 4, "shuffled", 3, draws)
    for angle, batch in zip(noise.angles[2], of_four, strict=True):
        cosine = batch @ full / np.linalg.norm(batch) / np.linalg.norm(full)
        assert angle == pytest.approx(np.degrees(np.arccos(cosine)), abs=1e-6)


def test_larger_batches_point_more_nearly_along_the_full_gradient(gradients):
    medians = np.median(measure_noise(gradients, "shuffled", 0).angles, axis=1)

    assert (np.diff(medians) < 0).all()


def test_a_gradient_of_zero_has_no_angle():
    noise = measure_noise(np.zeros((4, 2)), "shuffled", 0)

    assert np.isnan(noise.angles).all()
    assert noise.variance.tolist() == [0, 0, 0]


def test_the_same_seed_gives_the_same_noise(gradients):
    first, second = (measure_noise(gradients, "replacement", 9) for _again in range(2))

    np.testing.assert_array_equal(first.variance, second.variance)


def test_draws_become_fewer_as_rows_become_more():
    assert draws_for(np.empty((300, 105))) == DRAWS.high
    assert draws_for(np.empty((60_000, 100))) == DRAWS.low


def test_the_noisiest_pair_points_in_different_directions():
    generator = np.random.default_rng(0)
    first, other = generator.normal(size=(2, 500))
    columns = np.stack([0.1 * other, 3 * first, 2.9 * first, other], axis=1)

    assert noisiest(columns) == (1, 3)
    assert noisiest(columns[:, :1]) == (0,)
    assert len(set(noisiest(np.zeros((5, 3))))) == 2


def test_a_regression_has_the_gradient_of_its_loss():
    """For the loss (w x + b - y)^2 of a row the gradient is 2 (w x + b - y) (x, 1)."""
    line = experiment(dataset=Line(rows=20), hidden=(), loss="mean_squared_error", l2=0.0)
    w, b = 0.5, -0.25
    rows = row_gradients(line, np.array([w, b]))

    inputs, targets = data(line).training_inputs[:, 0], data(line).training_targets[:, 0]
    errors = 2 * (w * inputs + b - targets)
    np.testing.assert_allclose(rows, np.stack([errors * inputs, errors], axis=1), rtol=1e-12)


def test_a_test_function_has_no_rows():
    with pytest.raises(InvalidInput) as refused:
        row_gradients(Experiment(problem=Function()), np.zeros(2))

    assert refused.value.code == "conflict"


def test_more_gradients_than_fit_are_refused_before_they_are_made():
    large = Network(dataset=BreastCancer(), hidden=(256, 256), standardize=True)
    experiment = Experiment(problem=large)

    with pytest.raises(InvalidInput) as refused:
        row_gradients(experiment, np.zeros(large.n_params))

    assert (refused.value.code, refused.value.field) == ("too_expensive", "bytes")
    assert refused.value.value == 8 * large.training_rows * large.n_params


def test_the_most_scattered_parameters_come_first_and_equal_ones_in_order():
    gradients = np.array([[0.0, 1.0, 5.0, 1.0], [0.0, -1.0, 1.0, -1.0]])

    assert most_scattered(gradients, 3) == [2, 1, 3]
    assert most_scattered(gradients, 9) == [2, 1, 3, 0]
