"""The curvature of the training loss: its Hessian in given directions, and the steepest of them.

A product of the Hessian with a vector is a difference of two gradients, so for every lane it is two
lanes more. The gradients are those of all training rows, with the l2 term, whatever batches a run
uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from engine.counts import direction_generator
from engine.problems.pieces import evaluator_numbers, param_blocks
from engine.training.loop import problem_of
from engine.work import finish

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.arrays import Array, Booleans
    from engine.experiment import Experiment
    from engine.problems.function_problem import FunctionProblem
    from engine.problems.network_problem import NetworkProblem
    from engine.problems.specs import Function, Network
    from engine.work import Work

Products: TypeAlias = "Callable[[Array], Work[Array]]"
"""Products of the matrix of each lane with a vector ``(lanes, n)``, likewise."""

STEP: Final = 1e-6  # of the differences, as a share of 1 + |params|: errors of 1e-10 to 1e-9
PRODUCTS: Final = 10  # of the Lanczos method; with fewer parameters the matrix is known exactly
MOST_PRODUCTS: Final = 30
_SETTLED: Final = 1e-6  # relative change of an eigenvalue that no longer changes
_RESIDUAL: Final = 1e-3  # relative to the eigenvalue
_NOTHING_LEFT: Final = 1e-12  # a remainder this small, relative to the matrix, is rounding


@dataclass(frozen=True, eq=False)
class TopEigenpairs:
    """The largest eigenvalue of one matrix per lane: not the largest in absolute value.

    Attributes:
        values: the eigenvalues, ``(lanes,)``; NaN where a matrix is not finite.
        vectors: their eigenvectors, of length 1, ``(lanes, n)``; NaN likewise.
        residuals: |A v - value v| / |value|, ``(lanes,)``: how far each pair is from being exact.
            Where two eigenvalues are nearly equal the value is much more exact than the vector.
    """

    values: Array
    vectors: Array
    residuals: Array


class Hessians:
    """Products of the Hessians of the training loss, at points that may change, with vectors.

    H v = (g(p + h v) - g(p - h v)) / (2 h) with h = 1e-6 (1 + |p|) / |v|, for which the errors of
    the difference and of rounding are about equally small.

    Args:
        problem: with its data.
        n_lanes: how many points there are at once.
        n_params: length of a point.
    """

    def __init__(
        self, problem: NetworkProblem | FunctionProblem, n_lanes: int, n_params: int
    ) -> None:
        self._points = np.empty((2, n_lanes, n_params))
        self._evaluator = problem.evaluator(self._points.reshape(2 * n_lanes, n_params))

    def at(self, params: Array, roots: Array | None = None) -> Products:
        """Return the products at some points.

        Args:
            params: ``(lanes, n_params)``.
            roots: positive numbers r ``(lanes, n_params)``: then they are products of diag(r) H
                diag(r), the Hessian in the coordinates params / r. None for H itself.
        """

        def product(vectors: Array) -> Work[Array]:
            directions = vectors if roots is None else roots * vectors
            steps = STEP * (1 + _norms(params)) / _norms(directions)
            moves = steps * directions
            self._points[0], self._points[1] = params + moves, params - moves
            gradients = yield from self._evaluator.gradient()
            ahead, behind = gradients.reshape(self._points.shape)
            found: Array = (ahead - behind) / (2 * steps)
            return found if roots is None else roots * found

        return product


def _norms(vectors: Array) -> Array:
    """Return the length of each vector, ``(lanes, 1)``."""
    return np.sqrt(np.vecdot(vectors, vectors))[:, None]


def gradients_needed(n_params: int) -> int:
    """Return how many gradients of all training rows one eigenvalue takes, if it settles soon."""
    return 2 * min(n_params, PRODUCTS)


def products_numbers(problem: Network | Function, n_lanes: int) -> int:
    """Return how many numbers products and search hold at once for some lanes."""
    n_params = problem.n_params
    numbers = n_lanes * n_params * (12 + min(n_params, MOST_PRODUCTS))
    if problem.kind == "function":
        return numbers
    return numbers + evaluator_numbers(problem.model, problem.training_rows, 0, 2 * n_lanes)


def start_vector(n_params: int, seed: int, step: int) -> Array:
    """Return a random direction ``(n_params,)`` from which eigenvalues are looked for.

    It has a new one for every step: the last eigenvector would be a bad one wherever another
    eigenvalue has overtaken its own.
    """
    return direction_generator(seed, step).standard_normal(n_params)


def top_eigenpairs(products: Products, starts: Array) -> Work[TopEigenpairs]:
    """Find the largest eigenvalue of one symmetric matrix per lane.

    By the Lanczos method with full reorthogonalisation: ten products, and up to thirty for lanes
    whose value has not settled by then (it changed by less than 1e-6 twice, and the residual is
    below 1e-3 of it). Up to ten dimensions all columns of the matrix are computed instead. No lane
    influences another.

    Args:
        products: with the matrices.
        starts: vectors to begin with, ``(lanes, n)``, not zero.

    Source:
        Parlett (1980), The symmetric eigenvalue problem, chapter 13.
    """
    if starts.shape[1] <= PRODUCTS:
        return (yield from _exact(products, *starts.shape))
    return (yield from _lanczos(products, starts))


def _exact(products: Products, n_lanes: int, size: int) -> Work[TopEigenpairs]:
    """Compute every matrix, column by column, and its eigenvalues."""
    matrices = np.empty((n_lanes, size, size))
    for column in range(size):
        unit = np.zeros((n_lanes, size))
        unit[:, column] = 1.0
        matrices[:, :, column] = yield from products(unit)
    values, vectors = np.full(n_lanes, np.nan), np.full((n_lanes, size), np.nan)
    residuals = np.full(n_lanes, np.nan)
    for lane in np.flatnonzero(np.isfinite(matrices).all(axis=(1, 2))):
        matrix = (matrices[lane] + matrices[lane].T) / 2
        every, directions = np.linalg.eigh(matrix)
        values[lane], vectors[lane] = every[-1], directions[:, -1]
        residuals[lane] = _relative(matrix @ vectors[lane] - every[-1] * vectors[lane], every[-1])
    return TopEigenpairs(values, vectors, residuals)


def _relative(remainder: Array, value: float) -> float:
    return float(np.linalg.norm(remainder)) / max(abs(value), np.finfo(float).tiny)


def _lanczos(products: Products, starts: Array) -> Work[TopEigenpairs]:
    """Follow every lane until it has settled."""
    method = _Lanczos(*starts.shape)
    vectors = starts / _norms(starts)
    while not method.is_settled.all():
        images = yield from products(vectors)
        vectors = yield from method.take(vectors, images)
    return TopEigenpairs(method.values, method.vectors, method.residuals)


class _Lanczos:
    """The Lanczos method for one matrix per lane.

    Attributes:
        values: their largest Ritz values, ``(lanes,)``.
        vectors: the Ritz vectors of the lanes that have settled, ``(lanes, n)``.
        residuals: as in ``TopEigenpairs``.
        is_settled: which lanes are final, ``(lanes,)``.
    """

    def __init__(self, n_lanes: int, size: int) -> None:
        most = min(MOST_PRODUCTS, size)
        self.values, self.residuals = np.full((2, n_lanes), np.nan)
        self.vectors = np.full((n_lanes, size), np.nan)
        self.is_settled = np.zeros(n_lanes, dtype=bool)
        self._basis = np.zeros((n_lanes, most, size))
        self._matrices = np.zeros((n_lanes, most, most))  # in the basis: tridiagonal
        self._settled_for = np.zeros(n_lanes, dtype=int)
        self._count = 0

    def take(self, vectors: Array, images: Array) -> Work[Array]:
        """Take the next basis vectors and their images; return the vectors to go on with."""
        broken = ~self.is_settled & ~np.isfinite(images).all(axis=1)
        self.values[broken] = self.residuals[broken] = np.nan
        self.is_settled |= broken
        going = ~self.is_settled
        place, self._count = self._count, self._count + 1
        self._basis[:, place] = vectors
        self._matrices[:, place, place] = np.where(going, np.vecdot(vectors, images), 0.0)
        remainders = np.where(going[:, None], images, 0.0)
        for lanes in param_blocks(len(vectors), self._count * vectors.shape[1]):
            for _twice in range(2):  # which is enough: Parlett, section 6.9
                remainders[lanes] -= self._within(remainders[lanes], lanes)
            yield
        left = _norms(remainders)[:, 0]
        self._judge(left, going)
        if self._count < len(self._basis[0]):
            self._matrices[:, place, place + 1] = self._matrices[:, place + 1, place] = left
        going = ~self.is_settled
        return np.where(going[:, None], remainders / np.where(going, left, 1.0)[:, None], vectors)

    def _within(self, vectors: Array, lanes: slice) -> Array:
        """Return the part of some lanes' vectors that lies in the space of their bases."""
        known = self._basis[lanes, : self._count]
        shares = known @ vectors[:, :, None]
        found: Array = (shares.transpose(0, 2, 1) @ known)[:, 0]
        return found

    def _judge(self, left: Array, going: Booleans) -> None:
        """Compute the Ritz pairs of the lanes that are going on, and which of them are final."""
        every, weights = np.linalg.eigh(self._matrices[:, : self._count, : self._count])
        values, tops = every[:, -1], weights[:, :, -1]
        sizes = np.maximum(np.abs(values), np.finfo(float).tiny)
        is_same = np.abs(values - self.values) <= _SETTLED * sizes
        self._settled_for = np.where(is_same, self._settled_for + 1, 0)
        residuals = left * np.abs(tops[:, -1]) / sizes
        self.values[going], self.residuals[going] = values[going], residuals[going]
        is_good = (self._settled_for > 1) & (residuals < _RESIDUAL) & (self._count >= PRODUCTS)
        is_whole = left <= _NOTHING_LEFT * np.abs(every[:, [0, -1]]).max(axis=1)
        final = going & (is_good | is_whole | (self._count == len(self._basis[0])))
        for lane in np.flatnonzero(final):
            self.vectors[lane] = tops[lane] @ self._basis[lane, : self._count]
        self.is_settled |= final


def largest_eigenvalues(experiment: Experiment, params: Array, seed: int = 0) -> TopEigenpairs:
    """Return the largest eigenvalue of the Hessian of the training loss at given parameters.

    Args:
        experiment: the experiment with the problem and its data.
        params: ``(lanes, n_params)``.
        seed: of the random directions in which the search begins.
    """
    problem = problem_of(experiment)
    hessians = Hessians(problem, *params.shape)
    starts = np.tile(start_vector(params.shape[1], seed, 0), (len(params), 1))
    with np.errstate(all="ignore"):  # what overflows is a result
        return finish(top_eigenpairs(hessians.at(params), starts))
