"""Looking at trained parameters: predictions anywhere, and the steepness along the way."""

import numpy as np
import pytest

from engine import Budget, Experiment, Function, Network, Run, Stopping, data, fit
from engine.analysis.probes import gradient_norms, predictions, training_gradients
from engine.landscape.surfaces import training_losses
from engine.problems import pieces
from engine.problems.datasets import Blobs, Line, TwoMoons
from engine.problems.functions import Bowl
from engine.rules import SGD, Adam
from tests.engine import plain

NETWORKS = {
    "logit": Network(dataset=TwoMoons(), hidden=(5, 3)),
    "softmax": Network(dataset=Blobs(), hidden=(4,), loss="cross_entropy", activation="relu"),
    "numbers": Network(dataset=Line(), hidden=(), loss="mean_squared_error", bias=False),
    "sigmoid": Network(
        dataset=TwoMoons(), hidden=(3,), loss="half_sum_of_squares", output_activation="sigmoid"
    ),
}
EVERY_NETWORK = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def expected_predictions(network, params, inputs):
    outputs, _ = plain.outputs(network.layout.units, network, params, inputs)
    if network.loss == "binary_cross_entropy":
        return plain.sigmoid(outputs).T
    if network.loss == "cross_entropy":
        powers = np.exp(outputs)
        return (powers / powers.sum(axis=1, keepdims=True)).T
    return outputs.T


@EVERY_NETWORK
@pytest.mark.parametrize("piece", [None, 3])
def test_predictions_are_those_of_the_plain_network(monkeypatch, network, piece):
    if piece:
        monkeypatch.setattr(pieces, "_PIECE_ROWS", piece)
        monkeypatch.setattr(pieces, "_CACHE_BYTES", 1)
    rng = np.random.default_rng(0)
    params = rng.normal(size=(4, network.n_params))
    inputs = rng.normal(size=(10, network.dataset.n_features))

    actual = predictions(network, params, inputs)

    for lane in range(4):
        expected = expected_predictions(network, params[lane], inputs)
        np.testing.assert_allclose(actual[lane], expected, rtol=1e-12)


def test_probabilities_of_any_logit_are_probabilities():
    network = Network(dataset=Blobs(), hidden=(), loss="cross_entropy")
    params = np.random.default_rng(1).normal(scale=1e4, size=(5, network.n_params))

    actual = predictions(network, params, np.random.default_rng(2).normal(size=(20, 2)))

    assert (actual >= 0).all()
    np.testing.assert_allclose(actual.sum(axis=1), 1, rtol=1e-12)


@EVERY_NETWORK
def test_gradient_norms_along_the_way(network):
    runs = [
        Run(optimizer=Adam(), learning_rate=0.05, batch_size=32),
        Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),
    ]
    experiment = Experiment(problem=network, runs=runs, budget=Budget(amount=3), seeds=(0, 1))
    history = fit(experiment)
    asked = fit(experiment.model_copy(update={"stopping": Stopping(gradient_norm=0.0)}))

    actual = gradient_norms(history)

    for norms, run, recorded in zip(actual, history.runs, asked.runs, strict=True):
        assert norms.shape == (2, len(run.params_steps))
        np.testing.assert_allclose(norms, recorded.gradient_norm.last, rtol=1e-12)


def test_gradient_norms_of_a_function_and_after_the_end():
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=1) for rate in (0.1, 30.0)]
    history = fit(Experiment(problem=Function(), runs=runs, budget=Budget(amount=20)))

    calm, diverged = gradient_norms(history)

    assert calm[0, 0] == pytest.approx(np.hypot(0.7, 4))
    assert (np.diff(calm[0]) < 0).all()
    assert diverged.shape == (1, len(history.runs[1].params_steps))
    assert diverged[0, -1] > 1e3


@EVERY_NETWORK
def test_the_gradient_of_the_training_loss_is_what_its_differences_say(network):
    network = network.model_copy(update={"l2": 0.3})
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)
    experiment = Experiment(problem=network, runs=[run])
    params = np.random.default_rng(3).normal(size=(2, network.n_params))

    actual = training_gradients(experiment, params)

    for place in range(network.n_params):
        step = np.zeros(network.n_params)
        step[place] = 1e-5
        slope = training_losses(experiment, params + step) - training_losses(
            experiment, params - step
        )
        np.testing.assert_allclose(actual[:, place], slope / 2e-5, rtol=1e-4, atol=1e-8)


def test_the_gradient_of_a_noisy_function_is_that_of_its_loss():
    problem = Function(function=Bowl(condition=4.0), noise=3.0)
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")]
    at = np.array([[2.0, -1.0]])

    actual = training_gradients(Experiment(problem=problem, runs=runs), at)

    np.testing.assert_array_equal(actual, problem.function.gradient(at))


def test_predictions_of_the_training_rows_give_the_score():
    network = NETWORKS["softmax"]
    experiment = Experiment(problem=network, budget=Budget(amount=2))
    rows = data(experiment)
    run = fit(experiment).runs[5]

    actual = predictions(network, run.params[:, -1], rows.validation_inputs)

    right = (actual[0].argmax(axis=0) == rows.validation_targets).mean()
    assert right == run.validation_score.final[0]
