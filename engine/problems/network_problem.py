"""Networks at work: losses and gradients of many lanes, on batches and on all rows.

No array holds all lanes and all rows: ``engine.problems.pieces`` says how the work is cut.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from engine.counts import row_order, start_generator
from engine.problems.network import Buffers, Layers, Pass
from engine.problems.pieces import (
    blocks,
    is_large,
    lane_blocks,
    lanes_of_piece,
    large_cut,
    param_blocks,
    rows_of_piece,
)
from engine.problems.problem import Evaluation, Guess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.arrays import Array, Integers
    from engine.counts import Counts, Sampling
    from engine.problems.datasets.preparation import Data
    from engine.problems.network import Model
    from engine.problems.pieces import Piece
    from engine.problems.problem import Batches, Evaluator
    from engine.problems.specs import Network
    from engine.work import Work

    SeedsRows: TypeAlias = Integers | Sequence[Integers]  # row numbers, equally many of each seed


class NetworkProblem:
    """A network on the rows of a data set.

    Attributes:
        model: the layers, their functions and the loss.
        inputs: ``(rows, features + bias)``: training rows first, then validation; the last column
            is one.
        targets: ``(rows, outputs)``, encoded for the loss.
        classes: ``(rows,)``, class numbers; None for regression.
        n_training: number of training rows.
    """

    def __init__(self, spec: Network, data: Data) -> None:
        self.spec = spec
        self.model: Model = spec.model
        self.n_training, n_features = data.training_inputs.shape
        rows = self.n_training + len(data.validation_inputs)
        self.inputs = np.ones((rows, n_features + spec.bias))
        self.inputs[: self.n_training, :n_features] = data.training_inputs
        self.inputs[self.n_training :, :n_features] = data.validation_inputs
        targets = np.concatenate([data.training_targets, data.validation_targets])
        self.classes = None
        if spec.dataset.task == "classification":
            self.classes = targets.astype(np.int64)
            targets = self.model.loss.encode(self.classes, spec.dataset.n_classes)
        self.targets: Array = targets

    def start(self, seed: int) -> Array:
        """Return a seed's initial weights, ``(n_params,)``.

        "he": normal with variance 2 / units in (He et al., 2015). "glorot": uniform within
        sqrt(6 / (units in + units out)) (Glorot and Bengio, 2010). Both start biases at zero.
        "uniform": every parameter uniform within 0.5.
        """
        if isinstance(self.spec.start, tuple):
            return np.array(self.spec.start)
        generator = start_generator(seed)
        params = np.zeros(self.spec.n_params)
        for matrix in self.spec.layout.matrices(params):
            out, n_in = matrix.shape[0], matrix.shape[1] - self.spec.bias
            weights = matrix[:, :n_in]
            if self.spec.start == "he":
                weights[:] = generator.normal(scale=np.sqrt(2 / n_in), size=weights.shape)
            elif self.spec.start == "glorot":
                limit = np.sqrt(6 / (n_in + out))
                weights[:] = generator.uniform(-limit, limit, size=weights.shape)
            elif self.spec.start == "uniform":
                matrix[:] = generator.uniform(-0.5, 0.5, size=matrix.shape)
        return params

    def hits(self, outputs: Array, rows: slice) -> Array:
        """Return the number of right classes, or the sum of squared errors, ``(lanes,)``.

        NaN where an output is not finite: it has neither a class nor an error.
        """
        if self.classes is None:
            hits = np.square(outputs - self.targets[rows].T).sum(axis=(1, 2))
        else:
            hits = (self.model.loss.classes(outputs) == self.classes[rows]).sum(axis=1)
        return np.where(np.isfinite(outputs).all(axis=(1, 2)), hits, np.nan)

    def score(self, hits: Array, rows: slice) -> Array:
        """Return accuracy or R^2 from the hits of ``rows``; NaN where a hit is.

        R^2 is also NaN if all targets are equal.
        """
        if self.classes is not None:
            return hits / (rows.stop - rows.start)
        targets = self.targets[rows]
        spread = np.square(targets - targets.mean(axis=0)).sum()
        return 1 - hits / spread if spread > 0 else np.full(len(hits), np.nan)

    def guess(self) -> Guess:
        """Return what the best constant prediction on the training rows reaches."""
        training = slice(0, self.n_training)
        constant = self.model.loss.constant(self.targets[training])
        loss, score = self._constant(constant, training)
        validation = slice(self.n_training, len(self.targets))
        if validation.start == validation.stop:
            return Guess(loss, None, score, None)
        validation_loss, validation_score = self._constant(constant, validation)
        return Guess(loss, validation_loss, score, validation_score)

    def _constant(self, outputs: Array, rows: slice) -> tuple[float, float]:
        """Return loss and score of the same outputs ``(outputs,)`` for all rows."""
        targets = self.targets[rows].T
        everywhere = np.broadcast_to(outputs[:, None], (1, *targets.shape))
        with np.errstate(over="ignore"):  # a class that no training row has
            loss = self.model.loss.total(everywhere, targets) / targets.shape[1]
        return float(loss[0]), float(self.score(self.hits(everywhere, rows), rows)[0])

    def epochs(self, counts: Counts, seed: int, sampling: Sampling) -> Iterator[Integers]:
        """Yield the row numbers of one epoch after another, ``(rows,)`` each."""
        return row_order(counts.rows, seed, sampling)

    def batches(
        self, params: Array, grads: Array, n_seeds: int, batch_size: int, longest: int
    ) -> Batches:
        """Return the gradients of at most ``longest`` iterations; of one if the batch is large."""
        if is_large(self.model, batch_size, n_seeds, len(params)):
            return _LargeBatches(self, params, grads, n_seeds, batch_size)
        return _NetworkBatches(self, params, grads, n_seeds, batch_size, longest)

    def evaluator(self, params: Array) -> Evaluator:
        """Return the losses of these lanes on all rows."""
        return _NetworkEvaluator(self, params)


class _NetworkBatches:
    """Buffers for a segment: its rows, and its outputs until losses are computed from them."""

    hessian = None  # rules that need one are for test functions

    def __init__(
        self,
        problem: NetworkProblem,
        params: Array,
        grads: Array,
        n_seeds: int,
        batch_size: int,
        longest: int,
    ) -> None:
        self._problem, self._model = problem, problem.model
        self._params, self._grads = params, grads
        self._n_seeds, self._batch_size = n_seeds, batch_size
        lanes, n_outputs = len(params), problem.targets.shape[1]
        self._inputs = np.empty((n_seeds, longest * batch_size, problem.inputs.shape[1]))
        self._targets = np.empty((n_seeds, longest * batch_size, n_outputs))
        self._outputs = np.empty((longest, lanes, n_outputs, batch_size))
        self._short_outputs = np.empty((lanes, n_outputs, 0))
        self._squares = np.zeros((longest, lanes))  # of the parameters, for l2
        self._buffers: dict[tuple[int, int], Buffers] = {}
        self._layers: dict[tuple[int, int], Layers] = {}
        self._pieces: dict[tuple[int, int], list[Piece]] = {}

    def load(self, rows: SeedsRows) -> None:
        _take(self._problem.inputs, rows, self._inputs)
        _take(self._problem.targets, rows, self._targets)

    def pieces(self, position: int, size: int) -> list[Piece]:
        key = (position, size)
        if key not in self._pieces:
            self._pieces[key] = self._make_pieces(position, size)
        return self._pieces[key]

    def _make_pieces(self, position: int, size: int) -> list[Piece]:
        if size < self._batch_size and self._short_outputs.shape[2] != size:
            self._short_outputs = np.empty((*self._short_outputs.shape[:2], size))
        outputs = self._outputs[position] if size == self._batch_size else self._short_outputs
        start = position * self._batch_size
        rows = slice(start, start + size)
        at_once = lanes_of_piece(self._model, size)
        pieces: list[Piece] = [
            self._pass(lanes, seeds, rows, outputs).step
            for lanes, seeds in lane_blocks(len(self._params), self._n_seeds, at_once)
        ]
        if self._model.l2:
            squares = self._squares[position]
            pieces += _penalties(self._model, self._params, self._grads, squares)
        return pieces

    def _pass(self, lanes: slice, seeds: slice, rows: slice, outputs: Array) -> Pass:
        """Return the pass of some lanes through the rows of their seeds."""
        size = rows.stop - rows.start
        work = Pass(self._layers_of(lanes, seeds, size), self._inputs[seeds, rows], outputs[lanes])
        targets = self._targets[seeds, rows].transpose(0, 2, 1)
        work.aim(targets, size, self._model.layout.matrices(self._grads[lanes]))
        return work

    def _layers_of(self, lanes: slice, seeds: slice, rows: int) -> Layers:
        """Return the layers of some lanes; blocks of equal size share their buffers."""
        key, size = (lanes.start, rows), (lanes.stop - lanes.start, rows)
        if key not in self._layers:
            if size not in self._buffers:
                self._buffers[size] = Buffers(self._model, *size)
            n_seeds, buffers = seeds.stop - seeds.start, self._buffers[size]
            self._layers[key] = Layers(self._model, self._params[lanes], n_seeds, buffers)
        return self._layers[key]

    def losses(self, count: int, last_size: int) -> Array:
        whole = count if last_size == self._batch_size else count - 1
        losses = np.empty((count, len(self._params)))
        if whole:
            outputs = self._outputs[:whole]
            losses[:whole] = self._totals(outputs, 0, self._batch_size) / self._batch_size
        if whole < count:
            outputs = self._short_outputs[None]
            losses[whole:] = self._totals(outputs, whole * self._batch_size, last_size) / last_size
        return (losses + self._model.l2 / 2 * self._squares[:count]).T

    def _totals(self, outputs: Array, start: int, size: int) -> Array:
        """Return the summed losses of consecutive batches, ``(batches, lanes)``."""
        count, lanes, n_outputs, _ = outputs.shape
        targets = self._targets[:, start : start + count * size]
        targets = targets.reshape(self._n_seeds, count, size, n_outputs).transpose(1, 0, 3, 2)
        grid = (count, lanes // self._n_seeds, self._n_seeds, n_outputs, size)
        totals = self._model.loss.total(outputs.reshape(grid), targets[:, None])
        return totals.reshape(count, lanes)


class _LargeBatches:
    """A batch that is too large to be held for all lanes and seeds, or to be one piece of work.

    It goes through small buffers: the rows of some seeds at a time, and some lanes of these seeds.
    So no buffer grows with the lanes or the rows, except for one number per lane, the loss so far.
    """

    hessian = None

    def __init__(
        self, problem: NetworkProblem, params: Array, grads: Array, n_seeds: int, batch_size: int
    ) -> None:
        self._problem, self._model = problem, problem.model
        self._params, self._grads = params, grads
        self._rows: SeedsRows = ()
        self._totals, self._squares = np.zeros(len(params)), np.zeros(len(params))
        cut = large_cut(self._model, batch_size, n_seeds, len(params))
        self._rows_at_once, self._lanes = cut.rows, cut.lanes
        shape = (cut.most_seeds, cut.rows)
        self._inputs = np.empty((*shape, problem.inputs.shape[1]))
        self._targets = np.empty((*shape, problem.targets.shape[1]))
        self._block = np.empty((2, cut.most_lanes, params.shape[1]))  # parameters, gradients
        self._buffers: dict[tuple[int, int], tuple[Buffers, Array]] = {}
        self._passes: dict[tuple[int, int, int], Pass] = {}

    def load(self, rows: SeedsRows) -> None:
        self._rows = rows

    def pieces(self, position: int, size: int) -> Iterable[Piece]:
        self._totals[:] = 0
        for seeds, blocks_of_lanes in self._lanes:
            for rows in blocks(size, self._rows_at_once):
                yield partial(self._take, seeds, rows)
                for lanes in blocks_of_lanes:
                    yield partial(self._add, lanes, seeds, rows, size)
        if self._model.l2:
            yield from _penalties(self._model, self._params, self._grads, self._squares)

    def _take(self, seeds: slice, rows: slice) -> None:
        numbers = [order[rows] for order in self._rows[seeds]]
        _take(self._problem.inputs, numbers, self._inputs[: len(numbers)])
        _take(self._problem.targets, numbers, self._targets[: len(numbers)])

    def _add(self, lanes: slice, seeds: slice, rows: slice, size: int) -> None:
        """Add the gradient and loss of some lanes on some rows of a batch of ``size`` rows."""
        count, n_seeds = lanes.stop - lanes.start, seeds.stop - seeds.start
        params, grads = self._block[:, :count]
        np.copyto(params, self._params[lanes])
        work = self._pass(count, n_seeds, rows.stop - rows.start, size)
        work.step()
        self._totals[lanes] += work.total()
        if rows.start == 0:
            np.copyto(self._grads[lanes], grads)
        else:
            self._grads[lanes] += grads

    def _pass(self, count: int, n_seeds: int, rows: int, size: int) -> Pass:
        """Return the pass of the block's lanes through the rows that were taken."""
        key = (count, rows, size)
        if key not in self._passes:
            params, grads = self._block[:, :count]
            if key[:2] not in self._buffers:
                outputs = np.empty((count, self._targets.shape[2], rows))
                self._buffers[key[:2]] = Buffers(self._model, count, rows), outputs
            buffers, outputs = self._buffers[key[:2]]
            layers = Layers(self._model, params, n_seeds, buffers)
            work = Pass(layers, self._inputs[:n_seeds, :rows], outputs)
            targets = self._targets[:n_seeds, :rows].transpose(0, 2, 1)
            work.aim(targets, size, self._model.layout.matrices(grads))
            self._passes[key] = work
        return self._passes[key]

    def losses(self, count: int, last_size: int) -> Array:
        return (self._totals / last_size + self._model.l2 / 2 * self._squares)[:, None]


def _penalties(model: Model, params: Array, grads: Array, squares: Array) -> list[Piece]:
    """Return the work that adds the l2 term's gradient and fills ``squares``, ``(lanes,)``."""

    def piece(lanes: slice) -> None:
        np.vecdot(params[lanes], params[lanes], out=squares[lanes])
        np.add(grads[lanes], model.l2 * params[lanes], out=grads[lanes])

    return [partial(piece, lanes) for lanes in param_blocks(*params.shape)]


class _NetworkEvaluator:
    """Losses on all rows, block by block; every lane sees the same rows.

    Each block of lanes is copied to one small buffer, so that any number of lanes (a surface has
    thousands) shares the buffers of one pass.
    """

    def __init__(self, problem: NetworkProblem, params: Array) -> None:
        self._problem, self._model, self._params = problem, problem.model, params
        rows, n_training = len(problem.inputs), problem.n_training
        block = min(rows_of_piece(self._model), rows)
        self._training = blocks(n_training, block)
        self._validation = [
            slice(n_training + part.start, n_training + part.stop)
            for part in blocks(rows - n_training, block)
        ]
        self._lanes = blocks(len(params), lanes_of_piece(self._model, block))
        self._block = np.empty_like(params[self._lanes[0]])
        self._layers: dict[tuple[int, int], tuple[Layers, Array]] = {}

    def evaluate(self) -> Work[Evaluation]:
        training_loss, training_score = yield from self._measure(self._training)
        if not self._validation:
            return Evaluation(training_loss, None, training_score, None)
        validation_loss, validation_score = yield from self._measure(self._validation)
        return Evaluation(training_loss, validation_loss, training_score, validation_score)

    def _measure(self, parts: list[slice]) -> Work[tuple[Array, Array]]:
        """Return loss and score on some rows, ``(lanes,)`` each."""
        problem = self._problem
        totals, hits = np.zeros(len(self._params)), np.zeros(len(self._params))
        for rows in parts:
            targets = problem.targets[rows].T
            for lanes in self._lanes:
                work, outputs = self._pass(lanes, rows)
                work.forward()
                totals[lanes] += self._model.loss.total(outputs, targets)
                hits[lanes] += problem.hits(outputs, rows)
                yield
        everything = slice(parts[0].start, parts[-1].stop)
        losses = totals / (everything.stop - everything.start)
        if self._model.l2:
            losses += self._model.l2 / 2 * np.vecdot(self._params, self._params)
        return losses, problem.score(hits, everything)

    def gradient(self) -> Work[Array]:
        problem = self._problem
        total = self._model.l2 * self._params
        part = np.empty_like(self._block)
        for rows in self._training:
            targets = problem.targets[None, rows].transpose(0, 2, 1)
            for lanes in self._lanes:
                work, outputs = self._pass(lanes, rows)
                grads = part[: len(outputs)]
                work.aim(targets, problem.n_training, self._model.layout.matrices(grads))
                work.step()
                total[lanes] += grads
                yield
        return total

    def _pass(self, lanes: slice, rows: slice) -> tuple[Pass, Array]:
        """Return a pass of some lanes, and its outputs ``(lanes, outputs, rows)``."""
        key = (lanes.stop - lanes.start, rows.stop - rows.start)
        block = self._block[: key[0]]
        if key not in self._layers:
            outputs = np.empty((key[0], self._problem.targets.shape[1], key[1]))
            buffers = Buffers(self._model, *key)
            self._layers[key] = Layers(self._model, block, 1, buffers), outputs
        np.copyto(block, self._params[lanes])
        layers, outputs = self._layers[key]
        return Pass(layers, self._problem.inputs[None, rows], outputs), outputs


def _take(source: Array, rows: SeedsRows, out: Array) -> None:
    """Copy each seed's rows to the beginning of ``out``, ``(seeds, rows, ...)``."""
    for numbers, copies in zip(rows, out, strict=True):
        # All numbers are in range; mode="clip" saves NumPy a buffered copy.
        np.take(source, numbers, 0, copies[: len(numbers)], mode="clip")
