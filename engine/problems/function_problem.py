"""Test functions at work: losses and gradients of many lanes."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from engine.counts import noise_generator
from engine.problems.problem import Evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.arrays import Array
    from engine.counts import Counts, Sampling
    from engine.problems.pieces import Piece
    from engine.problems.problem import Batches, Evaluator
    from engine.problems.specs import Function
    from engine.work import Work


class FunctionProblem:
    """A test function: it has one row, and its gradient is exact, apart from any added noise."""

    def __init__(self, spec: Function) -> None:
        self.spec, self.function = spec, spec.function
        self._start = np.array(spec.function.start if spec.start is None else spec.start)

    def start(self, seed: int) -> Array:
        """Return the starting point, ``(2,)``."""
        return self._start.copy()

    def guess(self) -> None:
        """Return None: nothing is predicted."""
        return

    def epochs(self, counts: Counts, seed: int, sampling: Sampling) -> Iterator[Array]:
        """Yield what is added to each epoch's only gradient, ``(1, 2)``; ``(1, 0)`` for nothing."""
        return disturbances(self.spec, seed)

    def batches(
        self, params: Array, grads: Array, n_seeds: int, batch_size: int, longest: int
    ) -> Batches:
        """Return the gradients of at most ``longest`` iterations."""
        return _FunctionBatches(self, params, grads, n_seeds, longest)

    def evaluator(self, params: Array) -> Evaluator:
        """Return the losses of these lanes."""
        return _FunctionEvaluator(self, params)


def disturbances(spec: Function, seed: int) -> Iterator[Array]:
    """Yield what is added to one gradient after another, ``(1, 2)``; ``(1, 0)`` for nothing.

    The noise, which is drawn for a seed, and the function's own pushes.
    """
    generator = noise_generator(spec.noise_seed, seed)
    nothing = np.empty((1, 0))
    pushes = cycle(np.array(spec.function.pushes or [(0.0, 0.0)])[:, None])
    while True:
        push = next(pushes)
        if spec.noise:
            yield spec.noise * generator.standard_normal((1, 2)) + push
        else:
            yield push if spec.is_disturbed else nothing


class _FunctionBatches:
    def __init__(
        self, problem: FunctionProblem, params: Array, grads: Array, n_seeds: int, longest: int
    ) -> None:
        self._function, self._params, self._grads = problem.function, params, grads
        self.hessian = problem.function.hessian
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
