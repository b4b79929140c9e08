"""The loss on a plane: by this engine, by jitted JAX's ``vmap`` and by PyTorch's ``vmap``.

All compute the loss at the same points of the same plane, of the same network on the same rows.
Peers are measured twice: as people write it, with all points at once, and in blocks of points that
fit the cache, which neither does by itself.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import jax
import jax.numpy as jnp
import numpy as np
import torch

import engine
from benchmarks import ours, timing, workloads

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.workloads import Array, Case

TIMES_JAX: Final = 1.1  # how many times longer than compiled JAX it may take
TIMES_PYTORCH: Final = 2.5
_BLOCK: Final = 64  # the quickest of 16, 64, 128 and 256 for both peers
_WINDOW: Final = engine.Window((-1.0, 1.0), (-1.0, 1.0))


@dataclass(frozen=True)
class Slice:
    """Points of a plane, with the network and the rows; parameters as in ``workloads``.

    Attributes:
        units: inputs, hidden units (tanh) layer by layer, one output.
        origin: ``(n_params,)``.
        directions: ``(2, n_params)``.
        points: ``(points, 2)``.
        inputs: ``(rows, features)``.
        targets: ``(rows,)``, 0 or 1.
    """

    units: tuple[int, ...]
    origin: Array
    directions: Array
    points: Array
    inputs: Array
    targets: Array


def seconds(case: Case, size: int, repeats: int) -> dict[str, float]:
    """Return everybody's median time for ``size`` x ``size`` points of a random plane.

    Raises:
        Disagreement: a peer's losses differ from ours.
    """
    experiment = ours.experiment(case)
    origin = engine.initial_params(experiment, seed=0)
    plane = engine.random_plane(experiment.problem, origin, seed=0)
    part = _slice(case, experiment, plane, size)
    peers: dict[str, Callable[[], Array]] = {
        "ours": lambda: _ours(experiment, plane, size),
        "JAX": _jax(part, None),
        "PyTorch": _pytorch(part, None),
        "JAX in blocks": _jax(part, _BLOCK),
        "PyTorch in blocks": _pytorch(part, _BLOCK),
    }
    expected = peers["ours"]()
    for name, losses in peers.items():  # the first call compiles
        timing.compare(f"{name}, surface: losses", losses(), expected)
    times: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(repeats):
        for name, losses in peers.items():
            began = time.perf_counter()
            losses()
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def _slice(case: Case, experiment: engine.Experiment, plane: engine.Plane, size: int) -> Slice:
    x, y = _WINDOW.axes(size)
    data = engine.data(experiment)

    def flat(params: Array) -> Array:
        return workloads.flat(engine.layers(experiment, params))

    return Slice(
        case.units,
        flat(plane.origin),
        np.array([flat(direction) for direction in plane.directions]),
        np.stack([part.ravel() for part in np.meshgrid(x, y)], axis=1),
        data.training_inputs,
        data.training_targets.astype(np.float64),
    )


def _ours(experiment: engine.Experiment, plane: engine.Plane, size: int) -> Array:
    """Return the losses; this includes making the rows."""
    return engine.finish(engine.surface(experiment, plane, _WINDOW, size)).losses.ravel()


def _jax(part: Slice, block: int | None) -> Callable[[], Array]:
    origin, (first, second) = jnp.array(part.origin), jnp.array(part.directions)
    arguments = jnp.array(part.points), jnp.array(part.inputs), jnp.array(part.targets)

    def loss(point: jax.Array, inputs: jax.Array, targets: jax.Array) -> jax.Array:
        values, layers = inputs, _layers(part, origin + point[0] * first + point[1] * second)
        for weights, biases in layers[:-1]:
            values = jnp.tanh(values @ weights.T + biases)
        weights, biases = layers[-1]
        logits = (values @ weights.T + biases)[:, 0]
        losses = jnp.maximum(logits, 0) - logits * targets
        return (losses + jnp.log1p(jnp.exp(-jnp.abs(logits)))).mean()

    def in_blocks(points: jax.Array, inputs: jax.Array, targets: jax.Array) -> jax.Array:
        return jax.lax.map(lambda point: loss(point, inputs, targets), points, batch_size=block)

    compiled = jax.jit(in_blocks if block else jax.vmap(loss, (0, None, None)))
    return lambda: np.asarray(compiled(*arguments))


def _pytorch(part: Slice, block: int | None) -> Callable[[], Array]:
    origin, (first, second) = torch.tensor(part.origin), torch.tensor(part.directions)
    points, inputs = torch.tensor(part.points), torch.tensor(part.inputs)
    targets = torch.tensor(part.targets)

    def loss(point: torch.Tensor) -> torch.Tensor:
        values, layers = inputs, _layers(part, origin + point[0] * first + point[1] * second)
        for weights, biases in layers[:-1]:
            values = torch.tanh(values @ weights.T + biases)
        weights, biases = layers[-1]
        logits = (values @ weights.T + biases)[:, 0]
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)

    mapped = torch.func.vmap(loss, chunk_size=block)

    @torch.no_grad()
    def losses() -> Array:
        return mapped(points).numpy()

    return losses


def _layers(part: Slice, params: jax.Array | torch.Tensor) -> list[tuple]:
    """Return weights ``(out, in)`` and biases ``(out,)``, layer by layer."""
    layers, position = [], 0
    for n_in, n_out in pairwise(part.units):
        weights = params[position : position + n_out * n_in].reshape(n_out, n_in)
        position += n_out * n_in
        layers.append((weights, params[position : position + n_out]))
        position += n_out
    return layers
