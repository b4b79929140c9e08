"""Gradients against a plain forward pass: by complex steps, or differences away from kinks."""

import numpy as np
import pytest

from engine import Network
from engine.problems import pieces
from engine.problems.activations import ACTIVATIONS
from engine.problems.datasets import Blobs, Line
from engine.problems.datasets.preparation import prepare
from engine.problems.network_problem import NetworkProblem
from engine.work import finish
from tests.engine import plain
from tests.strategies import SQUARED

# Weights so small that no unit saturates: 1 - f^2 of a tanh near 1 keeps few digits, everywhere.
SCALE = 0.5
KINKED = {"relu", "leaky_relu"}
HIDDEN = ((), (3,), (4, 3), (3, 2, 4), (2, 3, 2, 3))
TWO_CLASSES = Blobs(rows=12, classes=2, features=3, noise=0.7)
THREE_CLASSES = Blobs(rows=12, classes=3, features=2, noise=0.7)
# Loss, data set (three outputs for a squared error), output activation.
HEADS = [
    *((loss, THREE_CLASSES, output) for loss in SQUARED for output in ACTIVATIONS),
    ("mean_squared_error", TWO_CLASSES, "sigmoid"),
    ("half_sum_of_squares", Line(rows=12), "identity"),
    ("binary_cross_entropy", TWO_CLASSES, "identity"),
    ("cross_entropy", TWO_CLASSES, "identity"),
    ("cross_entropy", THREE_CLASSES, "identity"),
]
EVERY_HEAD = pytest.mark.parametrize(
    ("loss", "dataset", "output"), HEADS, ids=lambda v: getattr(v, "name", v)
)
EVERY_SMOOTH_HEAD = pytest.mark.parametrize(
    ("loss", "dataset", "output"),
    [head for head in HEADS if head[2] not in KINKED],
    ids=lambda v: getattr(v, "name", v),
)


def network(loss, dataset, output, **fields):
    return Network(
        dataset=dataset, loss=loss, output_activation=output, validation_share=0, **fields
    )


def problem_of(spec):
    data = prepare(
        spec.dataset, 0, spec.validation_share, standardize=False, standardize_targets=False
    )
    return NetworkProblem(spec, data), data


def plain_targets(spec, data):
    n_outputs = spec.layout.units[-1]
    if spec.dataset.task == "regression":
        return data.training_targets
    return plain.one_hot(data.training_targets, n_outputs)


def batch_gradients(problem, params, rows, longest=1):
    """Gradients and batch losses of ``params`` (lanes, n_params) on ``rows`` (seeds, B)."""
    grads = np.full_like(params, np.nan)
    work = problem.batches(params, grads, len(rows), rows.shape[1], longest)
    work.load(rows)
    for piece in work.pieces(0, rows.shape[1]):
        piece()
    return grads, work.losses(1, rows.shape[1])[:, 0]


def full_gradient(problem, params):
    return finish(problem.evaluator(params).gradient())


def evaluation(problem, params):
    return finish(problem.evaluator(params).evaluate())


def expected_gradient(spec, data, params, rows):
    inputs, targets = data.training_inputs[rows], plain_targets(spec, data)[rows]
    units = spec.layout.units

    def loss(points):
        return plain.loss(units, spec, points, inputs, targets)

    if not KINKED & {spec.activation, spec.output_activation}:
        return plain.complex_gradient(loss, params)
    return plain.central_gradient(loss, params)


def is_usable(spec, data, params):
    """Tell whether no sum is near a kink, and no row is dead in a whole layer."""
    _, sums = plain.outputs(spec.layout.units, spec, params, data.training_inputs)
    names = [spec.activation] * len(spec.hidden) + [spec.output_activation]
    kinked = [z for z, name in zip(sums, names, strict=True) if name in KINKED]
    return all((np.abs(z) > 1e-4).all() and (z > 0).any(axis=1).all() for z in kinked)


def draw_params(spec, data, lanes, rng):
    """Parameters (lanes, n_params) where differences may be taken."""
    actual = []
    while len(actual) < lanes:
        params = rng.normal(scale=SCALE, size=spec.n_params)
        if is_usable(spec, data, params):
            actual.append(params)
    return np.array(actual)


@EVERY_HEAD
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_of_every_depth_with_and_without_bias_and_penalty(
    loss, dataset, output, activation
):
    tolerance = 1e-6 if KINKED & {activation, output} else 1e-13
    rng = np.random.default_rng(5)
    for hidden in HIDDEN:
        for bias in (True, False):
            for l2 in (0.0, 0.3):
                fields = {"hidden": hidden, "activation": activation, "bias": bias, "l2": l2}
                spec = network(loss, dataset, output, **fields)
                problem, data = problem_of(spec)
                # Two runs of three seeds; every seed has a batch of its own.
                params = draw_params(spec, data, 6, rng)
                rows = np.array([rng.permutation(12)[:5] for _ in range(3)])

                actual, _ = batch_gradients(problem, params, rows)

                for lane in range(6):
                    expected = expected_gradient(spec, data, params[lane], rows[lane % 3])
                    assert plain.relative_error(actual[lane], expected) <= tolerance, fields


@pytest.mark.parametrize("loss", ["half_mean_squared_error", "cross_entropy"])
def test_gradient_of_thirty_seeds_at_once(loss):
    spec = network(loss, THREE_CLASSES, "identity", hidden=(5, 4), activation="tanh", l2=0.01)
    problem, data = problem_of(spec)
    rng = np.random.default_rng(6)
    params = rng.normal(scale=SCALE, size=(60, spec.n_params))
    rows = rng.integers(12, size=(30, 4))

    actual, _ = batch_gradients(problem, params, rows)

    for lane in range(60):
        expected = expected_gradient(spec, data, params[lane], rows[lane % 30])
        assert plain.relative_error(actual[lane], expected) <= 1e-13


@EVERY_SMOOTH_HEAD
@pytest.mark.parametrize("hidden", [(), (4,), (3, 2)])
def test_batch_of_one_row(loss, dataset, output, hidden):
    spec = network(loss, dataset, output, hidden=hidden, activation="sigmoid", l2=0.1)
    problem, data = problem_of(spec)
    rng = np.random.default_rng(7)
    params = rng.normal(scale=SCALE, size=(6, spec.n_params))
    rows = np.array([[3], [0], [11]])

    actual, losses = batch_gradients(problem, params, rows)

    for lane in range(6):
        row = rows[lane % 3]
        expected = expected_gradient(spec, data, params[lane], row)
        value = plain.loss(
            spec.layout.units,
            spec,
            params[lane],
            data.training_inputs[row],
            plain_targets(spec, data)[row],
        )
        assert plain.relative_error(actual[lane], expected) <= 1e-13
        assert losses[lane] == pytest.approx(value, rel=1e-13)


@EVERY_SMOOTH_HEAD
def test_full_gradient_and_loss(loss, dataset, output):
    spec = network(loss, dataset, output, hidden=(4, 3), activation="tanh", l2=0.2)
    problem, data = problem_of(spec)
    rng = np.random.default_rng(8)
    params = rng.normal(scale=SCALE, size=(4, spec.n_params))
    everything = np.arange(12)

    actual = full_gradient(problem, params)
    losses = evaluation(problem, params).training_loss

    for lane in range(4):
        expected = expected_gradient(spec, data, params[lane], everything)
        value = plain.loss(
            spec.layout.units, spec, params[lane], data.training_inputs, plain_targets(spec, data)
        )
        assert plain.relative_error(actual[lane], expected) <= 1e-13
        assert losses[lane] == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize("rows_of_piece", [1, 5, 12])
@pytest.mark.parametrize("hidden", [(), (4, 3)])
@pytest.mark.parametrize("l2", [0.0, 0.2])
def test_blocks_of_rows_and_lanes_give_the_same_gradient(monkeypatch, rows_of_piece, hidden, l2):
    spec = network("cross_entropy", THREE_CLASSES, "identity", hidden=hidden, l2=l2)
    problem, _ = problem_of(spec)
    rng = np.random.default_rng(9)
    params = rng.normal(scale=SCALE, size=(6, spec.n_params))
    rows = np.array([rng.permutation(12) for _ in range(2)])
    whole, whole_losses = batch_gradients(problem, params, rows)
    whole_full, whole_evaluation = full_gradient(problem, params), evaluation(problem, params)

    monkeypatch.setattr(pieces, "_PIECE_ROWS", rows_of_piece)
    monkeypatch.setattr(pieces, "_CACHE_BYTES", 1)
    grads = np.full_like(params, np.nan)
    work = problem.batches(params, grads, 2, 12, 1)
    work.load(rows)
    done = [piece() for piece in work.pieces(0, 12)]

    # Every lane by itself; where the rows are cut, each block is taken once for a seed's 3 lanes.
    n_blocks = -(-12 // rows_of_piece)
    assert len(done) == (6 if n_blocks == 1 else 2 * n_blocks * (1 + 3)) + (l2 > 0)
    losses = work.losses(1, 12)[:, 0]
    np.testing.assert_allclose(losses, whole_losses, rtol=1e-13, atol=0)
    assert plain.relative_error(grads, whole) <= 1e-13
    assert plain.relative_error(full_gradient(problem, params), whole_full) <= 1e-13
    np.testing.assert_allclose(
        evaluation(problem, params).training_loss, whole_evaluation.training_loss, rtol=1e-13
    )


def test_blocks_of_lanes_change_no_bit(monkeypatch):
    spec = network("cross_entropy", THREE_CLASSES, "identity", hidden=(4, 3), l2=0.1)
    problem, _ = problem_of(spec)
    rng = np.random.default_rng(10)
    params = rng.normal(scale=SCALE, size=(9, spec.n_params))
    rows = np.array([rng.permutation(12)[:7] for _ in range(3)])
    whole, whole_losses = batch_gradients(problem, params, rows)
    whole_full, whole_evaluation = full_gradient(problem, params), evaluation(problem, params)

    monkeypatch.setattr(pieces, "_CACHE_BYTES", 1)
    actual, losses = batch_gradients(problem, params, rows)

    assert np.array_equal(actual, whole)
    assert np.array_equal(losses, whole_losses)
    assert np.array_equal(full_gradient(problem, params), whole_full)
    assert np.array_equal(evaluation(problem, params).training_loss, whole_evaluation.training_loss)


def test_a_wrong_penalty_of_one_part_in_ten_thousand_would_show():
    """PyTorch's default tolerances let it pass; these must not."""
    spec = network("mean_squared_error", Line(rows=12), "identity", hidden=(3,), l2=0.1)
    wrong = spec.model_copy(update={"l2": 0.1 * (1 + 1e-4)})
    problem, data = problem_of(spec)
    params = np.random.default_rng(11).normal(scale=SCALE, size=(1, spec.n_params))
    rows = np.arange(12)[None]

    actual, _ = batch_gradients(problem, params, rows)

    assert (
        plain.relative_error(actual[0], expected_gradient(wrong, data, params[0], rows[0])) > 1e-8
    )


def test_parameters_are_only_read():
    spec = network("cross_entropy", THREE_CLASSES, "identity", hidden=(4,), l2=0.1)
    problem, _ = problem_of(spec)
    params = np.random.default_rng(12).normal(scale=SCALE, size=(4, spec.n_params))
    before = params.copy()

    batch_gradients(problem, params, np.zeros((2, 3), dtype=int))
    full_gradient(problem, params)
    evaluation(problem, params)

    assert np.array_equal(params, before)
