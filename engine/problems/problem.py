"""Problems at work: losses and gradients of many lanes, on batches and on all rows.

Two kinds share one interface. ``batches`` gives the gradients of a segment of iterations,
``evaluator`` the full losses. Work is cut into pieces that take a few milliseconds each: blocks of
lanes that fit the cache, and blocks of rows whose size depends on the network alone, so that no
lane's numbers depend on how many others there are. No array holds all lanes and all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np

from engine.counts import noise_generator, row_order, start_generator
from engine.problems.network import Buffers, Layers, Pass, buffer_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.arrays import Array, Integers
    from engine.counts import Counts, Sampling
    from engine.problems.datasets.preparation import Data
    from engine.problems.network import Model
    from engine.problems.specs import Function, Network
    from engine.work import Work

    SeedsRows: TypeAlias = Integers | Sequence[Integers]  # row numbers, of each seed as many

# A piece of work: lanes so many that their activations fit the second-level cache, rows so many
# that one lane takes some 20 ms. Measured: 35 lanes of 500 rows take 1.4 times as long in one
# block as in blocks of 1 MiB.
_CACHE_BYTES: Final = 1 << 20
_PIECE_FLOPS: Final = 1e8
_PIECE_ROWS: Final = 4096
# Rows and outputs that are held of a segment of iterations, or of the seeds of a large batch.
HELD_BYTES: Final = 1 << 22
UPDATE_NUMBERS: Final = 1 << 18  # parameters that are updated at once
_LOSS_ARRAYS: Final = 5  # as large as the outputs, for a moment, while losses are summed

Piece: TypeAlias = Callable[[], None]


@dataclass(frozen=True)
class Evaluation:
    """All rows at one step; each array is ``(lanes,)``, scores NaN where outputs are not finite."""

    training_loss: Array
    validation_loss: Array | None = None
    training_score: Array | None = None
    validation_score: Array | None = None


class Batches(Protocol):
    """The batches of a segment of consecutive iterations, for the lanes of a group."""

    def load(self, rows: Any) -> None:
        """Take the rows of the segment, as ``epochs`` yielded them: of each seed as many."""

    def pieces(self, position: int, size: int) -> Iterable[Piece]:
        """Return the work that fills the gradients for the batch at ``position``, ``size`` rows."""

    def losses(self, count: int, last_size: int) -> Array:
        """Return the batch losses ``(lanes, count)``; the last batch has ``last_size`` rows."""


class Evaluator(Protocol):
    """Losses and gradients on all rows."""

    def evaluate(self) -> Work[Evaluation]:
        """Return losses and scores."""

    def gradient(self) -> Work[Array]:
        """Return the full training gradient, ``(lanes, n_params)``."""


class FunctionProblem:
    """A test function: one row, its gradient is exact but for the noise that is asked for."""

    def __init__(self, spec: Function) -> None:
        self.spec, self.function = spec, spec.function
        self._start = np.array(spec.function.start if spec.start is None else spec.start)

    def start(self, seed: int) -> Array:
        """Return the starting point, ``(2,)``."""
        return self._start.copy()

    def epochs(self, counts: Counts, seed: int, sampling: Sampling) -> Iterator[Array]:
        """Yield the noise of each epoch's only gradient, ``(1, 2)``; without noise ``(1, 0)``."""
        generator = noise_generator(self.spec.noise_seed, seed)
        nothing = np.empty((1, 0))
        while True:
            noise = self.spec.noise
            yield noise * generator.standard_normal((1, 2)) if noise else nothing

    def batches(
        self, params: Array, grads: Array, n_seeds: int, batch_size: int, longest: int
    ) -> Batches:
        """Return the gradients of ``longest`` iterations at the most."""
        return _FunctionBatches(self, params, grads, n_seeds, longest)

    def evaluator(self, params: Array) -> Evaluator:
        """Return the losses of these lanes."""
        return _FunctionEvaluator(self, params)


class _FunctionBatches:
    def __init__(
        self, problem: FunctionProblem, params: Array, grads: Array, n_seeds: int, longest: int
    ) -> None:
        self._function, self._params, self._grads = problem.function, params, grads
        self._by_seed = grads.reshape(-1, n_seeds, 2)
        self._noise = np.empty((n_seeds, 0, 0))
        self._values = np.empty((longest, len(params)))

    def load(self, rows: Sequence[Array]) -> None:
        self._noise = np.stack(rows)

    def pieces(self, position: int, size: int) -> list[Piece]:
        def piece() -> None:
            self._values[position] = self._function.value(self._params)
            self._grads[:] = self._function.gradient(self._params)
            if self._noise.shape[2]:
                self._by_seed += self._noise[:, position]

        return [piece]

    def losses(self, count: int, last_size: int) -> Array:
        return self._values[:count].T


class _FunctionEvaluator:
    def __init__(self, problem: FunctionProblem, params: Array) -> None:
        self._function, self._params = problem.function, params

    def evaluate(self) -> Work[Evaluation]:
        yield
        return Evaluation(self._function.value(self._params))

    def gradient(self) -> Work[Array]:
        yield
        return self._function.gradient(self._params)


class NetworkProblem:
    """A network on the rows of a data set.

    Attributes:
        model: the layers, their functions and the loss.
        inputs: ``(rows, features + bias)``: training rows first, then validation; the last column
            is one.
        targets: ``(rows, outputs)``, as the loss wants them.
        classes: ``(rows,)`` class numbers; None for a regression.
        n_training: training rows.
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
        """Return right classes, or for a regression the sum of squared errors, ``(lanes,)``.

        NaN where an output is not finite: a class or an error of that is none.
        """
        if self.classes is None:
            hits = np.square(outputs - self.targets[rows].T).sum(axis=(1, 2))
        else:
            hits = (self.model.loss.classes(outputs) == self.classes[rows]).sum(axis=1)
        return np.where(np.isfinite(outputs).all(axis=(1, 2)), hits, np.nan)

    def score(self, hits: Array, rows: slice) -> Array:
        """Return accuracy or R^2 from the hits of ``rows``; NaN where they are.

        R^2 is NaN as well if all targets are equal.
        """
        if self.classes is not None:
            return hits / (rows.stop - rows.start)
        targets = self.targets[rows]
        spread = np.square(targets - targets.mean(axis=0)).sum()
        return 1 - hits / spread if spread > 0 else np.full(len(hits), np.nan)

    def epochs(self, counts: Counts, seed: int, sampling: Sampling) -> Iterator[Integers]:
        """Yield the row numbers of one epoch after another, ``(rows,)`` each."""
        return row_order(counts.rows, seed, sampling)

    def batches(
        self, params: Array, grads: Array, n_seeds: int, batch_size: int, longest: int
    ) -> Batches:
        """Return the gradients of ``longest`` iterations at the most; a large batch is alone."""
        if is_large(self.model, batch_size, n_seeds, len(params)):
            return _LargeBatches(self, params, grads, n_seeds, batch_size)
        return _NetworkBatches(self, params, grads, n_seeds, batch_size, longest)

    def evaluator(self, params: Array) -> Evaluator:
        """Return the losses of these lanes on all rows."""
        return _NetworkEvaluator(self, params)


class _NetworkBatches:
    """Buffers of a segment: its rows, and the outputs of its batches until losses are asked for."""

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
        self._squares = np.zeros((longest, lanes))  # of the parameters, for the l2 term of the loss
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
        """Return the way of some lanes through their seeds' rows."""
        size = rows.stop - rows.start
        work = Pass(self._layers_of(lanes, seeds, size), self._inputs[seeds, rows], outputs[lanes])
        targets = self._targets[seeds, rows].transpose(0, 2, 1)
        work.aim(targets, size, self._model.layout.matrices(self._grads[lanes]))
        return work

    def _layers_of(self, lanes: slice, seeds: slice, rows: int) -> Layers:
        """Return some lanes' layers; blocks of equal size share their buffers."""
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
    """A batch that is too large to be held for all lanes and seeds, or to be a piece of work.

    It goes through small buffers: some seeds' rows at a time, and some lanes of these seeds. So no
    buffer grows with the lanes or the rows, but for a number per lane: the loss so far.
    """

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
                    yield partial(self._learn, lanes, seeds, rows, size)
        if self._model.l2:
            yield from _penalties(self._model, self._params, self._grads, self._squares)

    def _take(self, seeds: slice, rows: slice) -> None:
        numbers = [order[rows] for order in self._rows[seeds]]
        _take(self._problem.inputs, numbers, self._inputs[: len(numbers)])
        _take(self._problem.targets, numbers, self._targets[: len(numbers)])

    def _learn(self, lanes: slice, seeds: slice, rows: slice, size: int) -> None:
        """Add what some lanes learn from some rows of a batch of ``size``."""
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
        """Return the way of the lanes in the block through the rows that were taken."""
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
    """Return the l2 term, whose gradient is l2 x the parameters; ``squares`` is ``(lanes,)``."""

    def piece(lanes: slice) -> None:
        np.vecdot(params[lanes], params[lanes], out=squares[lanes])
        np.add(grads[lanes], model.l2 * params[lanes], out=grads[lanes])

    return [partial(piece, lanes) for lanes in param_blocks(*params.shape)]


class _NetworkEvaluator:
    """All rows, in blocks; every lane sees the same rows.

    A block of lanes is copied to one small buffer, so that any number of lanes (a surface has
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
        """Return loss and score of some rows, ``(lanes,)`` each."""
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
        """Return a pass that holds some lanes, and its outputs ``(lanes, outputs, rows)``."""
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
    """Copy the numbered rows of each seed to the beginning of ``out``, ``(seeds, rows, ...)``."""
    for numbers, copies in zip(rows, out, strict=True):
        # The numbers are in range; mode="clip" spares NumPy a buffered copy.
        np.take(source, numbers, 0, copies[: len(numbers)], mode="clip")


def rows_of_piece(model: Model) -> int:
    """Return how many rows a lane takes at once.

    It depends on the network alone, for it decides how sums round.
    """
    return max(1, min(_PIECE_ROWS, int(_PIECE_FLOPS / (6 * model.layout.n_params))))


def lanes_of_piece(model: Model, rows: int) -> int:
    """Return how many lanes are worked on together; no number depends on it."""
    bytes_per_lane = 8 * 2 * rows * sum(model.layout.units[1:])
    return max(1, _CACHE_BYTES // bytes_per_lane)


def held_bytes(model: Model, batch_size: int, n_seeds: int, n_lanes: int) -> int:
    """Return the bytes of a batch's rows for all seeds, and of its outputs for all lanes."""
    units = model.layout.units
    per_row = n_seeds * (units[0] + units[-1] + 1) + n_lanes * units[-1]
    return 8 * batch_size * per_row


def is_large(model: Model, batch_size: int, n_seeds: int, n_lanes: int) -> bool:
    """Tell whether a batch is more than is held at once, or more rows than a lane takes at once."""
    held = held_bytes(model, batch_size, n_seeds, n_lanes)
    return batch_size > rows_of_piece(model) or held > HELD_BYTES


@dataclass(frozen=True)
class LargeCut:
    """How a large batch is cut.

    Attributes:
        rows: of a block.
        lanes: for each block of seeds the blocks of its lanes.
    """

    rows: int
    lanes: list[tuple[slice, list[slice]]]

    @property
    def most_seeds(self) -> int:
        """Return the seeds of the largest block."""
        return max(seeds.stop - seeds.start for seeds, _ in self.lanes)

    @property
    def most_lanes(self) -> int:
        """Return the lanes of the largest block."""
        return max(part.stop - part.start for _, parts in self.lanes for part in parts)


def large_cut(model: Model, batch_size: int, n_seeds: int, n_lanes: int) -> LargeCut:
    """Return how a large batch is cut; only the rows matter to any number."""
    rows = min(batch_size, rows_of_piece(model))
    fitting = max(1, HELD_BYTES // held_bytes(model, rows, 1, 0))  # seeds
    at_once = lanes_of_piece(model, rows)
    if fitting < n_seeds:
        at_once = min(at_once, fitting)
    parts = lane_blocks(n_lanes, n_seeds, at_once)
    grouped = groupby(parts, key=lambda part: (part[1].start, part[1].stop))
    return LargeCut(
        rows, [(slice(*seeds), [lanes for lanes, _ in same]) for seeds, same in grouped]
    )


def lane_blocks(n_lanes: int, n_seeds: int, at_once: int) -> list[tuple[slice, slice]]:
    """Cut lanes, ordered (run, seed), into blocks; return the lanes and the seeds of each.

    A block is some runs with all seeds, or where these are too many some seeds of one run.
    """
    if at_once >= n_seeds:
        size = at_once // n_seeds * n_seeds
        return [(lanes, slice(0, n_seeds)) for lanes in blocks(n_lanes, size)]
    return [
        (slice(first + seeds.start, first + seeds.stop), seeds)
        for seeds in blocks(n_seeds, at_once)
        for first in range(0, n_lanes, n_seeds)
    ]


def param_blocks(n_lanes: int, n_params: int) -> list[slice]:
    """Cut lanes into blocks of so many parameters that an update of them takes milliseconds."""
    return blocks(n_lanes, max(1, UPDATE_NUMBERS // n_params))


def batches_numbers(model: Model, counts: Counts, n_seeds: int, n_lanes: int, longest: int) -> int:
    """Return how many numbers the batches of a group hold, and use for a moment."""
    size, last = counts.batch_size, counts.last_batch_size
    if is_large(model, size, n_seeds, n_lanes):
        cut = large_cut(model, size, n_seeds, n_lanes)
        held = held_bytes(model, cut.rows, cut.most_seeds, 0) // 8
        held += 2 * cut.most_lanes * model.layout.n_params + 2 * n_lanes
        lanes = {part.stop - part.start for _, parts in cut.lanes for part in parts}
        rows = {*_lengths(size, cut.rows), *_lengths(last, cut.rows)}
        return held + _passes_numbers(model, lanes, rows)
    held = longest * (held_bytes(model, size, n_seeds, n_lanes) // 8 + n_lanes)
    summed = _LOSS_ARRAYS * longest * n_lanes * size * model.layout.units[-1]
    made = 0
    for rows_of_batch in {size, last}:
        parts = lane_blocks(n_lanes, n_seeds, lanes_of_piece(model, rows_of_batch))
        for lanes_of_block in {part.stop - part.start for part, _ in parts}:
            made += buffer_numbers(model, lanes_of_block, rows_of_batch)
    return held + summed + made + n_lanes * last * model.layout.units[-1]


def evaluator_numbers(model: Model, n_training: int, n_validation: int, n_lanes: int) -> int:
    """Return how many numbers an evaluator holds, and uses for a moment."""
    block = min(rows_of_piece(model), n_training + n_validation)
    lanes = _lengths(n_lanes, lanes_of_piece(model, block))
    rows = {*_lengths(n_training, block), *_lengths(n_validation, block)}
    return max(lanes) * model.layout.n_params + _passes_numbers(model, lanes, rows)


def _passes_numbers(model: Model, lanes: set[int], rows: set[int]) -> int:
    """Return the numbers of buffers and outputs of every size, and of the losses of the largest."""
    n_outputs = model.layout.units[-1]
    made = sum(
        buffer_numbers(model, some, each) + some * each * n_outputs
        for some in lanes
        for each in rows
    )
    return made + _LOSS_ARRAYS * max(lanes) * max(rows) * n_outputs


def _lengths(count: int, size: int) -> set[int]:
    """Return the sizes of ``blocks``."""
    return {part.stop - part.start for part in blocks(count, size)}


def blocks(count: int, size: int) -> list[slice]:
    """Cut ``count`` things into slices of ``size``; the last may be shorter."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]
