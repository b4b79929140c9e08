"""A fully connected network for many lanes at once: forward and backward, in reused buffers.

All parameters of a lane are one row of an array ``(lanes, n_params)``. Layer by layer this row
holds a matrix ``(units out, units in + 1)``, row by row. The last column is the bias; it multiplies
a constant one, an extra row of the activations. So no separate call adds a bias or sums its
gradient.

Activations are stored ``(units + 1, lanes, rows)``: the part without the constant row is
contiguous, so elementwise calls run through it at once, and transposed to ``(lanes, units + 1,
rows)`` it is what ``np.matmul`` needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Array, Layout
    from engine.problems.activations import Activation
    from engine.problems.losses import Loss


_FEW_ROWS: Final = 3
_FEW_NUMBERS: Final = 512


@dataclass(frozen=True)
class Model:
    """A layout, its functions and its loss."""

    layout: Layout
    activation: Activation
    output_activation: Activation
    loss: Loss
    l2: float = 0.0


class Layers:
    """Weights and activations of some lanes, for batches of one size: shared by passes.

    Lanes are ordered (run, seed); every run sees the same batch of a seed.

    Args:
        model: what is computed.
        params: ``(lanes, n_params)``, read by every pass.
        n_seeds: seeds per run; ``lanes`` is a multiple of it.
        buffers: for as many lanes; other layers may use them, too, between two passes.
    """

    def __init__(self, model: Model, params: Array, n_seeds: int, buffers: Buffers) -> None:
        layout = model.layout
        self.model, self.buffers = model, buffers
        self.grid = (len(params) // n_seeds, n_seeds)
        weights = layout.matrices(params)
        self.first = weights[0].reshape(*self.grid, *layout.shapes[0])
        self.weights = weights[1:]
        # Transposed, without the bias column: carries a gradient back to the layer below.
        self.back = [w[:, :, : w.shape[2] - layout.bias].transpose(0, 2, 1) for w in weights[1:]]

    def gridded(self, lanes: Array) -> Array:
        """Return ``(lanes, units, rows)`` as ``(runs, seeds, units, rows)``, a view."""
        return lanes.reshape(*self.grid, *lanes.shape[1:])


class Buffers:
    """Memory for the activations and gradients of one pass, allocated once.

    Blocks of lanes that use the same memory in turn find it in the processor's cache.
    """

    def __init__(self, model: Model, lanes: int, rows: int) -> None:
        units, bias = model.layout.units, model.layout.bias
        scratch = np.empty(max(units[1:-1], default=0) * lanes * rows)
        self.hidden = [_Units(n, lanes, rows, scratch, bias=bias) for n in units[1:-1]]
        self.output_grads = np.empty((lanes, units[-1], rows))
        self.output_scratch = np.empty((lanes, units[-1], rows))


def buffer_numbers(model: Model, lanes: int, rows: int) -> int:
    """Return how many numbers ``Buffers`` hold."""
    hidden, outputs = model.layout.units[1:-1], model.layout.units[-1]
    per_row = 2 * sum(hidden) + max(hidden, default=0) + len(hidden) * model.layout.bias
    return lanes * rows * (per_row + 2 * outputs)


class Pass:
    """Some lanes go forward and backward through one batch; all views are made here, once.

    Args:
        layers: weights and buffers.
        inputs: ``(seeds, rows, features + bias)``, the last column one where there are biases.
        outputs: ``(lanes, outputs, rows)``, written by ``forward``.
    """

    def __init__(self, layers: Layers, inputs: Array, outputs: Array) -> None:
        self._layers, self._inputs, self._outputs = layers, inputs, outputs
        hidden = layers.buffers.hidden
        self._inputs_turned = inputs.transpose(0, 2, 1)
        self._first_out = layers.gridded(hidden[0].lanes if hidden else outputs)
        above = [*(units.lanes for units in hidden[1:]), outputs]
        self._upward = [
            (units.values, weights, units.with_one, out)
            for units, weights, out in zip(hidden, layers.weights, above, strict=False)
        ]
        self._apply = layers.model.activation.apply
        self._apply_output = layers.model.output_activation.apply

    def forward(self) -> None:
        """Compute the network's outputs."""
        np.matmul(self._layers.first, self._inputs_turned, out=self._first_out)
        for values, weights, with_one, out in self._upward:
            self._apply(values, values)
            np.matmul(weights, with_one, out=out)
        self._apply_output(self._outputs, self._outputs)

    def aim(self, targets: Array, batch_size: int, matrices: list[Array]) -> None:
        """Set what ``backward`` computes.

        Args:
            targets: ``(seeds, outputs, rows)``.
            batch_size: rows of the whole batch; these may be a part of it.
            matrices: the gradient layer by layer, ``(lanes, units out, units in + bias)``, to be
                written.
        """
        layers, buffers = self._layers, self._layers.buffers
        grads = buffers.output_grads
        self._targets, self._batch_size = targets, batch_size
        self._grid_outputs, self._grid_grads = layers.gridded(self._outputs), layers.gridded(grads)
        self._downward = []
        for position in range(len(buffers.hidden) - 1, -1, -1):
            units = buffers.hidden[position]
            back = layers.back[position]
            carry = np.matmul if back.shape[2] > 1 else _carry_one
            matrix = matrices[position + 1]
            self._downward.append((units, grads, matrix, carry, back))
            grads = units.grad_lanes
        self._first_grads = layers.gridded(grads)
        self._first_matrix = matrices[0].reshape(layers.first.shape)

    def step(self) -> None:
        """Go forward and backward."""
        self.forward()
        self.backward()

    def total(self) -> Array:
        """Return the summed loss of the rows, ``(lanes,)``, after ``forward``."""
        totals = self._layers.model.loss.total(self._grid_outputs, self._targets)
        return totals.reshape(len(self._outputs))

    def backward(self) -> None:
        """Compute the gradient of the mean loss, after ``forward`` of the same rows."""
        buffers, model = self._layers.buffers, self._layers.model
        model.loss.gradient(self._grid_outputs, self._targets, self._batch_size, self._grid_grads)
        model.output_activation.backward(
            buffers.output_grads, self._outputs, buffers.output_scratch
        )
        for units, grads, matrix, carry, back in self._downward:
            np.matmul(grads, units.with_one_turned, out=matrix)
            carry(back, grads, out=units.grad_lanes)
            model.activation.backward(units.grads, units.values, units.scratch)
        np.matmul(self._first_grads, self._inputs, out=self._first_matrix)


def _carry_one(back: Array, grads: Array, out: Array) -> None:
    """Do ``np.matmul`` for a single unit, which needs no sum; BLAS is slow at that.

    Which of the two ways is faster depends on the size; both round alike.
    """
    if grads.size > _FEW_NUMBERS:
        np.einsum("lio,lor->lir", back, grads, out=out)
    else:
        np.multiply(back, grads, out=out)


class _Units:
    """Buffers of one hidden layer, and the views of them that the passes need.

    Up to three rows are stored ``(lanes, units + 1, rows)`` instead: BLAS rounds the product of a
    single unit with so few rows differently when they are not contiguous, and then a lane's numbers
    would depend on the number of lanes.
    """

    def __init__(self, units: int, lanes: int, rows: int, scratch: Array, *, bias: bool) -> None:
        lane_axis = 0 if rows <= _FEW_ROWS else 1
        lanes_first = lane_axis == 0
        shape = (lanes, units) if lanes_first else (units, lanes)
        store = np.ones((lanes, units + bias, rows) if lanes_first else (units + bias, lanes, rows))
        self.values = store[:, :units] if lanes_first else store[:units]
        self.grads = np.empty((*shape, rows))
        self.scratch = scratch[: units * lanes * rows].reshape(*shape, rows)
        self.with_one = np.moveaxis(store, lane_axis, 0)
        self.with_one_turned = self.with_one.transpose(0, 2, 1)
        self.lanes = np.moveaxis(self.values, lane_axis, 0)
        self.grad_lanes = np.moveaxis(self.grads, lane_axis, 0)
