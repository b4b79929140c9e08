"""JAX: all runs at once as lanes, one compiled ``lax.scan`` over the updates of an epoch.

The strongest peer. Parameters of all lanes are one array ``(lanes, n_params)``, activations
``(lanes, units, rows)``; forward and backward are written out, since ``vmap`` of ``grad`` runs up
to twice as long on these sizes. The batches are gathered beforehand, outside the measured time.
"""

from __future__ import annotations

from functools import cache, partial
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks import workloads
from benchmarks.workloads import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.workloads import Case, Work

    Batch = tuple[jax.Array, jax.Array]  # inputs (rows, features), targets (outputs, rows)
    State = tuple[jax.Array, ...]

jax.config.update("jax_enable_x64", val=True)

_SLOTS: Final = {"SGD": 0, "Momentum": 1, "Adagrad": 1, "RMSprop": 1, "Adam": 2}


class Training:
    """One training; see ``workloads.Training``."""

    def __init__(self, work: Work) -> None:
        self._case = work.case
        start = jnp.tile(workloads.flat(work.start), (len(work.case.runs), 1))
        self._arguments = start, _epochs(work), _batch(work, np.arange(work.case.rows))

    def run(self) -> None:
        """Train all runs; the first training of a case compiles it."""
        self._results = jax.block_until_ready(_compiled(self._case)(*self._arguments))

    def answer(self) -> Answer:
        """Return NumPy's arrays."""
        params, losses, evaluations = (np.asarray(part) for part in self._results)
        return Answer(params, losses.T, evaluations.T if self._case.evaluates else None)


@cache
def _compiled(case: Case) -> Callable[..., tuple[jax.Array, jax.Array, jax.Array]]:
    return jax.jit(partial(_train, case))


def _batch(work: Work, rows: np.ndarray) -> Batch:
    """Gather rows; leading axes of ``rows`` remain leading axes."""
    targets = work.targets
    if work.case.loss == "cross_entropy":
        targets = np.eye(work.case.units[-1])[targets]
    return jnp.array(work.inputs[rows]), jnp.array(np.moveaxis(targets[rows], -1, -2))


def _epochs(work: Work) -> list[Batch]:
    """Gather the batches of all epochs, ``(epochs, batches, ...)``, and the short last ones."""
    orders, size = work.orders, work.case.batch_size
    whole = work.case.rows // size * size
    shape = (len(orders), whole // size, size)
    parts = [orders[:, :whole].reshape(shape)]
    if whole < work.case.rows:
        parts.append(orders[:, None, whole:])
    return [_batch(work, part) for part in parts]


def _train(
    case: Case,
    start: jax.Array,
    epochs: list[Batch],
    everything: Batch,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Train all lanes.

    Args:
        case: what is computed; static for the compiler.
        start: ``(lanes, n_params)``.
        epochs: the batches, see ``_epochs``.
        everything: all rows, for the evaluations.

    Returns:
        Final parameters ``(lanes, n_params)``, losses of batches ``(updates, lanes)`` and
        evaluations ``(epochs, lanes)``.
    """
    lanes = len(case.runs)
    rates = jnp.array([[run.learning_rate] for run in case.runs])
    groups = [(rule, len(list(runs))) for rule, runs in groupby(run.rule for run in case.runs)]
    ends = np.cumsum([size for _, size in groups])[:-1]

    def update(carry: tuple, batch: Batch) -> tuple[tuple, jax.Array]:
        params, states, step = carry
        losses, grads = _losses_and_grads(case, params, *batch)
        directions, states = zip(
            *(
                _direction(rule, part, state, step)
                for (rule, _), part, state in zip(
                    groups, jnp.split(grads, ends), states, strict=True
                )
            ),
            strict=True,
        )
        return (params - rates * jnp.concatenate(directions), states, step + 1), losses

    def epoch(carry: tuple, batches: list[Batch]) -> tuple[tuple, tuple[jax.Array, jax.Array]]:
        losses = []
        for part in batches:
            carry, part_losses = lax.scan(update, carry, part)
            losses.append(part_losses)
        evaluation = jnp.zeros(0)
        if case.evaluates:
            outputs = _forward(case, carry[0], everything[0])[-1]
            evaluation, _ = _losses_and_output_grads(case, outputs, everything[1])
        return carry, (jnp.concatenate(losses), evaluation)

    n_params = start.shape[1]
    states = tuple(
        tuple(jnp.zeros((size, n_params)) for _ in range(_SLOTS[rule])) for rule, size in groups
    )
    (params, _, _), (losses, evaluations) = lax.scan(epoch, (start, states, 1.0), epochs)
    return params, losses.reshape(-1, lanes), evaluations


def _layers(case: Case, params: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
    """Return weights ``(lanes, out, in)`` and biases ``(lanes, out, 1)``, layer by layer."""
    layers, position = [], 0
    for n_in, n_out in pairwise(case.units):
        weights = params[:, position : position + n_out * n_in]
        position += n_out * n_in
        biases = params[:, position : position + n_out]
        position += n_out
        layers.append((weights.reshape(-1, n_out, n_in), biases[:, :, None]))
    return layers


def _forward(case: Case, params: jax.Array, inputs: jax.Array) -> list[jax.Array]:
    """Return hidden activations and outputs, ``(lanes, units, rows)`` each."""
    (weights, biases), *others = _layers(case, params)
    activations = [jnp.einsum("loi,bi->lob", weights, inputs) + biases]
    for weights, biases in others:
        activations[-1] = jnp.tanh(activations[-1])
        activations.append(weights @ activations[-1] + biases)
    return activations


def _losses_and_grads(
    case: Case,
    params: jax.Array,
    inputs: jax.Array,
    targets: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Return the loss ``(lanes,)`` and gradient ``(lanes, n_params)`` of a batch."""
    *hidden, outputs = _forward(case, params, inputs)
    losses, deltas = _losses_and_output_grads(case, outputs, targets)
    grads: list[jax.Array] = []
    for (weights, _), below in zip(_layers(case, params)[:0:-1], hidden[::-1], strict=True):
        grads = [_flat(deltas @ below.transpose(0, 2, 1)), deltas.sum(2), *grads]
        deltas = (weights.transpose(0, 2, 1) @ deltas) * (1 - below * below)
    grads = [_flat(jnp.einsum("lob,bi->loi", deltas, inputs)), deltas.sum(2), *grads]
    return losses, jnp.concatenate(grads, axis=1)


def _losses_and_output_grads(
    case: Case,
    outputs: jax.Array,
    targets: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Return the mean loss ``(lanes,)`` and its gradient for outputs ``(lanes, outputs, rows)``."""
    rows = outputs.shape[2]
    match case.loss:
        case "mean_squared_error":
            errors = outputs - targets
            return (errors**2).mean((1, 2)), errors * (2 / errors[0].size)
        case "binary_cross_entropy":
            losses = jnp.maximum(outputs, 0) - outputs * targets
            losses += jnp.log1p(jnp.exp(-jnp.abs(outputs)))
            return losses.mean((1, 2)), (jax.nn.sigmoid(outputs) - targets) / rows
        case "cross_entropy":
            logs = jax.nn.log_softmax(outputs, axis=1)
            return -(logs * targets).sum((1, 2)) / rows, (jnp.exp(logs) - targets) / rows


def _flat(matrices: jax.Array) -> jax.Array:
    return matrices.reshape(len(matrices), -1)


def _direction(
    rule: str,
    grads: jax.Array,
    state: State,
    step: float | jax.Array,
) -> tuple[jax.Array, State]:
    """Return the direction and the new state for the lanes of one rule."""
    match rule:
        case "Momentum":
            velocity = workloads.MOMENTUM * state[0] + grads
            return velocity, (velocity,)
        case "Adagrad":
            squares = state[0] + grads**2
            return grads / (jnp.sqrt(squares) + workloads.EPSILON_OF_ADAGRAD), (squares,)
        case "RMSprop":
            square = workloads.DECAY * state[0] + (1 - workloads.DECAY) * grads**2
            return grads / (jnp.sqrt(square) + workloads.EPSILON), (square,)
        case "Adam":
            beta1, beta2 = workloads.BETA1, workloads.BETA2
            first = beta1 * state[0] + (1 - beta1) * grads
            second = beta2 * state[1] + (1 - beta2) * grads**2
            corrected = jnp.sqrt(second / (1 - beta2**step)) + workloads.EPSILON
            return first / (1 - beta1**step) / corrected, (first, second)
        case _:
            return grads, state
