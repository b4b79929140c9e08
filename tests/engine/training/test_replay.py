"""What is needed to do a run again elsewhere; here it is done, in plain NumPy."""

import itertools

import numpy as np
import pytest

from engine import (
    LIMITS,
    Budget,
    Experiment,
    Function,
    Interval,
    InvalidInput,
    Network,
    Run,
    batches,
    data,
    fit,
    initial_params,
    layers,
)
from engine.counts import row_order
from engine.problems.datasets import Blobs, Line, TwoMoons
from engine.problems.functions import Rosenbrock
from engine.rules import SGD, Adam, Momentum
from tests.engine import plain

NETWORK = Network(dataset=TwoMoons(rows=50), hidden=(4, 3), l2=0.05)
RUNS = (
    Run(optimizer=SGD(), learning_rate=0.3, batch_size=7),
    Run(optimizer=Momentum(momentum=0.8), learning_rate=0.05, batch_size=7, last_batch="dropped"),
    Run(optimizer=SGD(), learning_rate=0.3, batch_size="all", sampling="replacement"),
)
EXPERIMENT = Experiment(problem=NETWORK, runs=RUNS, budget=Budget(amount=3), seeds=(5, 2))


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("seed", EXPERIMENT.seeds)
def test_a_run_done_again_by_hand_ends_at_the_same_parameters(position, seed):
    run = EXPERIMENT.runs[position]
    momentum = getattr(run.optimizer, "momentum", 0.0)
    rows = data(EXPERIMENT)
    params, velocity = initial_params(EXPERIMENT, seed), 0.0
    for batch in batches(EXPERIMENT, position, seed):
        targets = plain.one_hot(rows.training_targets[batch], 1)

        def loss(points, inputs=rows.training_inputs[batch], targets=targets):
            return plain.loss(NETWORK.layout.units, NETWORK, points, inputs, targets)

        velocity = momentum * velocity + plain.complex_gradient(loss, params)
        params = params - run.learning_rate * velocity

    history = fit(EXPERIMENT).runs[position]

    actual = history.params[EXPERIMENT.seeds.index(seed), -1]
    np.testing.assert_allclose(actual, params, rtol=1e-11)


def test_batches_are_the_row_order_cut_by_the_batch_size():
    for position, (size, sampling) in enumerate(
        [(7, "shuffled"), (7, "shuffled"), (37, "replacement")]
    ):
        stream = row_order(37, 5, sampling)
        for epoch in range(3):
            order = next(stream)
            whole = len(order) // size if position == 1 else -(-len(order) // size)
            expected = [order[i * size : (i + 1) * size].tolist() for i in range(whole)]
            actual = [batch.tolist() for batch in batches(EXPERIMENT, position, 5)]
            assert actual[epoch * whole : (epoch + 1) * whole] == expected


def test_runs_of_a_seed_read_the_same_rows():
    runs = tuple(
        Run(optimizer=rule(), learning_rate=0.1, batch_size=size)
        for rule in (SGD, Adam)
        for size in (1, 5, "all")
    )
    experiment = Experiment(problem=NETWORK, runs=runs, budget=Budget(amount=2))

    orders = {
        tuple(itertools.chain.from_iterable(b.tolist() for b in batches(experiment, position, 0)))
        for position in range(len(runs))
    }
    assert len(orders) == 1


@pytest.mark.parametrize(
    ("amount", "unit"), [(1, "iterations"), (5, "iterations"), (50, "rows_seen")]
)
def test_batches_end_with_the_budget(amount, unit):
    experiment = EXPERIMENT.model_copy(update={"budget": Budget(amount=amount, unit=unit)})

    for position, run in enumerate(experiment.runs):
        assert len(list(batches(experiment, position, 0))) == experiment.iterations(run)


def test_initial_parameters_depend_on_the_seed_alone():
    other = EXPERIMENT.model_copy(update={"runs": RUNS[:1], "data_seed": 9})

    assert np.array_equal(initial_params(EXPERIMENT, 3), initial_params(other, 3))
    assert not np.array_equal(initial_params(EXPERIMENT, 3), initial_params(EXPERIMENT, 4))
    assert initial_params(
        Experiment(problem=Function(function=Rosenbrock()), runs=[RUNS[2]]), 3
    ).tolist() == [
        -1.2,
        1,
    ]


@pytest.mark.parametrize("bias", [True, False])
def test_layers_are_weights_out_by_in_and_biases(bias):
    network = Network(dataset=Blobs(features=3), hidden=(4,), loss="cross_entropy", bias=bias)
    experiment = Experiment(problem=network)
    params = np.arange(float(network.n_params))

    actual = layers(experiment, params)

    for (weights, biases), (expected, offsets) in zip(
        actual, plain.layers((3, 4, 3), bias, params), strict=True
    ):
        assert np.array_equal(weights, expected)
        assert np.array_equal(biases, offsets)
        weights[:] = biases[:] = -1
    assert params.tolist() == list(range(network.n_params))  # what came out were copies


def test_data_are_what_the_network_sees():
    network = Network(
        dataset=Line(rows=48), loss="mean_squared_error", standardize=True, standardize_targets=True
    )
    rows = data(Experiment(problem=network, data_seed=3))

    assert rows.training_inputs.shape == (36, 1)
    assert rows.validation_targets.shape == (12, 1)
    assert rows.training_inputs.mean() == pytest.approx(0, abs=1e-15)
    assert rows.training_targets.std() == pytest.approx(1, rel=1e-14)


NO_SEEDS = [
    (-1, "out_of_range"),
    (2**32, "out_of_range"),
    ("a", "wrong_type"),
    (True, "wrong_type"),
    (1.5, "wrong_type"),
    (None, "wrong_type"),
]


@pytest.mark.parametrize(("seed", "code"), NO_SEEDS)
def test_what_is_no_seed_is_refused_at_once(seed, code):
    limits = LIMITS["seed"] if code == "out_of_range" else "integer"
    for ask in (lambda: initial_params(EXPERIMENT, seed), lambda: batches(EXPERIMENT, 0, seed)):
        with pytest.raises(InvalidInput) as caught:
            ask()
        error = caught.value
        assert (error.code, error.field, error.value) == (code, "seed", seed)
        assert error.limits == limits


@pytest.mark.parametrize(
    ("run", "code"),
    [(-1, "out_of_range"), (3, "out_of_range"), ("a", "wrong_type"), (True, "wrong_type")],
)
def test_what_is_no_run_is_refused_at_once(run, code):
    with pytest.raises(InvalidInput) as caught:
        batches(EXPERIMENT, run, 0)

    assert (caught.value.code, caught.value.field, caught.value.value) == (code, "run", run)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (np.zeros(3), "wrong_length"),
        (np.zeros(NETWORK.n_params + 1), "wrong_length"),
        ((), "wrong_length"),
        (range(10**9), "wrong_length"),
        (np.zeros((2, NETWORK.n_params)), "wrong_type"),
        (None, "wrong_type"),
        ("a", "wrong_type"),
        (["a"] * NETWORK.n_params, "wrong_type"),
        ([[1.0], [1.0, 2.0]], "wrong_type"),
    ],
)
def test_parameters_of_another_network_have_no_layers(params, code):
    with pytest.raises(InvalidInput) as caught:
        layers(EXPERIMENT, params)

    error = caught.value
    assert (error.code, error.field) == (code, "params")
    if code == "wrong_length":
        assert error.value == len(params)
        assert error.limits == Interval(NETWORK.n_params, NETWORK.n_params)


def test_where_a_run_diverged_has_layers_too():
    (weights, _biases), *_others = layers(EXPERIMENT, np.full(NETWORK.n_params, np.nan))

    assert np.isnan(weights).all()


def test_a_test_function_has_neither_data_nor_layers():
    experiment = Experiment(problem=Function(), runs=[RUNS[2]])

    for ask in (lambda: data(experiment), lambda: layers(experiment, np.zeros(2))):
        with pytest.raises(InvalidInput) as caught:
            ask()
        error = caught.value
        assert (error.code, error.field, error.value) == ("conflict", "problem", "function")
