"""Questions about given parameters: what a network predicts, and how steep the loss is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.problems.activations import sigmoid
from engine.problems.network import Buffers, Layers, Pass
from engine.problems.pieces import blocks, lanes_of_piece, rows_of_piece
from engine.training.loop import problem_of
from engine.work import finish

if TYPE_CHECKING:
    from engine.arrays import Array
    from engine.experiment import Experiment
    from engine.problems.specs import Network
    from engine.training.history import History


def predictions(network: Network, params: Array, inputs: Array) -> Array:
    """Return what a network predicts for any rows.

    Args:
        network: the problem of an experiment.
        params: ``(lanes, n_params)``.
        inputs: ``(rows, features)``, scaled as ``engine.data`` returns them.

    Returns:
        ``(lanes, outputs, rows)``: probabilities for a cross-entropy (a single output is that of
        class 1), otherwise the outputs themselves.
    """
    model = network.model
    rows = np.ones((len(inputs), inputs.shape[1] + network.bias))
    rows[:, : inputs.shape[1]] = inputs
    outputs = np.empty((len(params), model.layout.units[-1], len(inputs)))
    for part in blocks(len(inputs), rows_of_piece(model)):
        size = part.stop - part.start
        for lanes in blocks(len(params), lanes_of_piece(model, size)):
            here = np.empty((lanes.stop - lanes.start, model.layout.units[-1], size))
            layers = Layers(model, params[lanes], 1, Buffers(model, len(here), size))
            Pass(layers, rows[None, part], here).forward()
            outputs[lanes, :, part] = here
    if model.loss.name == "binary_cross_entropy":
        sigmoid(outputs, outputs)
    elif model.loss.name == "cross_entropy":
        outputs -= outputs.max(axis=1, keepdims=True)
        np.exp(outputs, out=outputs)
        outputs /= outputs.sum(axis=1, keepdims=True)
    return outputs


def gradient_norms(history: History) -> list[Array]:
    """Return the norms of the full training gradient at every run's ``params_steps``.

    They are computed from the recorded parameters, ``(seeds, snapshots)`` for each run; NaN after a
    seed has ended.
    """
    norms = []
    for run in history.runs:
        params = run.params.reshape(-1, run.params.shape[-1])
        gradient = training_gradients(history.experiment, params)
        with np.errstate(all="ignore"):  # a diverged lane has no gradient
            norms.append(np.linalg.norm(gradient, axis=1).reshape(run.params.shape[:2]))
    return norms


def training_gradients(experiment: Experiment, params: Array) -> Array:
    """Return the gradient of the training loss, including the l2 term, at given parameters.

    It is the gradient of all training rows, without noise, whatever batches a run uses.

    Args:
        experiment: the experiment with the problem and its data.
        params: ``(lanes, n_params)``.

    Returns:
        ``(lanes, n_params)``.
    """
    work = problem_of(experiment).evaluator(params).gradient()
    with np.errstate(all="ignore"):  # what overflows is a result
        return finish(work)
