"""Problems at work: losses and gradients of many lanes, on batches and on all rows.

Two kinds share one interface. ``batches`` gives the gradients of a segment of iterations,
``evaluator`` the full losses. Work is cut into pieces that take a few milliseconds each: blocks of
lanes that fit the cache, and blocks of rows whose size depends on the network alone, so that no
lane's numbers depend on how many others there are.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar

import numpy as np

from engine.counts import noise_generator, row_order, start_generator
from engine.network import Buffers, Layers, Pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.arrays import Array, Integers
    from engine.counts import Counts, Sampling
    from engine.datasets.preparation import Data
    from engine.experiment import Function, Network
    from engine.network import Model

# A piece of work: lanes so many that their activations fit the second-level cache, rows so many
# that one lane takes some 20 ms. Measured: 35 lanes of 500 rows take 1.4 times as long in one
# block as in blocks of 1 MiB.
_CACHE_BYTES: Final = 1 << 20
_PIECE_FLOPS: Final = 1e8
_PIECE_ROWS: Final = 4096

Piece: TypeAlias = Callable[[], None]
Result = TypeVar("Result")
Work: TypeAlias = Generator[None, None, Result]  # yields after each piece, returns its result


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
        """Take the rows of the segment, ``(seeds, rows)``, as ``epochs`` yielded them."""

    def pieces(self, position: int, size: int) -> list[Piece]:
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

    def load(self, rows: Array) -> None:
        self._noise = rows

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
        parts = (data.training_inputs, data.validation_inputs)
        rows = sum(len(part) for part in parts)
        self.inputs = np.ones((rows, data.training_inputs.shape[1] + spec.bias))
        self.inputs[:, : data.training_inputs.shape[1]] = np.concatenate(parts)
        targets = np.concatenate([data.training_targets, data.validation_targets])
        self.classes = None
        if spec.dataset.task == "classification":
            self.classes = targets.astype(np.int64)
            targets = self.model.loss.encode(self.classes, spec.dataset.n_classes)
        self.targets: Array = targets
        self.n_training = len(data.training_inputs)

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
        """Return the gradients of ``longest`` iterations at the most."""
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
        # A batch of several blocks of rows is not copied whole: each block takes its own rows.
        self._is_whole = batch_size <= rows_of_piece(self._model)
        held = longest * batch_size if self._is_whole else rows_of_piece(self._model)
        self._inputs = np.empty((n_seeds, held, problem.inputs.shape[1]))
        self._rows = np.empty((n_seeds, 0), dtype=np.int64)
        self._targets = np.empty((n_seeds, longest * batch_size, problem.targets.shape[1]))
        lanes, n_outputs = len(params), problem.targets.shape[1]
        self._outputs = np.empty((longest, lanes, n_outputs, batch_size))
        self._short_outputs = np.empty((lanes, n_outputs, 0))
        self._squares = np.zeros((longest, lanes))  # of the parameters, for the l2 term of the loss
        self._buffers: dict[tuple[int, int], Buffers] = {}
        self._layers: dict[tuple[int, int], Layers] = {}
        self._pieces: dict[tuple[int, int], list[Piece]] = {}

    def load(self, rows: Integers) -> None:
        self._rows = rows
        if self._is_whole:
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
        pieces: list[Piece] = [
            self._piece(start, rows, lanes, outputs, size)
            for rows in blocks(size, rows_of_piece(self._model))
            for lanes in self._lane_blocks(min(size, rows_of_piece(self._model)))
        ]
        if self._model.l2:
            pieces.append(self._penalty(position))
        return pieces

    def _lane_blocks(self, rows: int) -> list[slice]:
        runs = max(lanes_of_piece(self._model, rows) // self._n_seeds, 1)
        return blocks(len(self._params), runs * self._n_seeds)

    def _piece(self, start: int, rows: slice, lanes: slice, outputs: Array, size: int) -> Piece:
        """Return forward and backward of some lanes through some rows of a batch of ``size``."""
        layers = self._layers_of(lanes, rows.stop - rows.start)
        here = slice(start + rows.start, start + rows.stop)
        inputs = self._inputs[:, here if self._is_whole else slice(0, rows.stop - rows.start)]
        grads = self._grads[lanes]
        first = rows.start == 0
        written = grads if first else np.empty_like(grads)
        work = Pass(layers, inputs, outputs[lanes, :, rows])
        targets = self._targets[:, here].transpose(0, 2, 1)
        work.aim(targets, size, self._model.layout.matrices(written))
        if first and self._is_whole:
            return work.step

        def piece() -> None:
            if not self._is_whole:
                _take(self._problem.inputs, self._rows[:, here], inputs)
            work.step()
            if not first:
                np.add(grads, written, out=grads)

        return piece

    def _layers_of(self, lanes: slice, rows: int) -> Layers:
        """Return some lanes' layers; blocks of equal size share their buffers."""
        key, size = (lanes.start, rows), (lanes.stop - lanes.start, rows)
        if key not in self._layers:
            if size not in self._buffers:
                self._buffers[size] = Buffers(self._model, *size)
            buffers = self._buffers[size]
            self._layers[key] = Layers(self._model, self._params[lanes], self._n_seeds, buffers)
        return self._layers[key]

    def _penalty(self, position: int) -> Piece:
        """Return the l2 term, whose gradient is l2 x the parameters."""

        def piece() -> None:
            np.vecdot(self._params, self._params, out=self._squares[position])
            np.add(self._grads, self._model.l2 * self._params, out=self._grads)

        return piece

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


def _take(source: Array, rows: Integers, out: Array) -> None:
    """Copy the numbered rows of each seed, ``(seeds, rows)``, to the beginning of ``out``."""
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


def blocks(count: int, size: int) -> list[slice]:
    """Cut ``count`` things into slices of ``size``; the last may be shorter."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]
