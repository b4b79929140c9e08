"""How far mini-batch gradients are from the full gradient, measured and predicted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.counts import Sampling, row_order
from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval
from engine.problems.network_problem import NetworkProblem
from engine.problems.pieces import blocks, lanes_of_piece
from engine.problems.specs import Network
from engine.training.replay import data

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.experiment import Experiment

DRAWS: Final = Interval(30, 400)
_WORK: Final = 1e8  # numbers to read for one measurement, in less than a second


@dataclass(frozen=True, eq=False)
class Noise:
    """How mini-batch gradients scatter around the full one, for rising batch sizes.

    Attributes:
        sizes: batch sizes, ``(sizes,)``.
        variance: mean squared distance of a mini-batch gradient from the full one, over the draws,
            ``(sizes,)``; the sum of the variances of all parameters.
        predicted: its expected value, from the rows' gradients, ``(sizes,)``.
        standard_error: standard error of ``variance`` over the draws, ``(sizes,)``.
        angles: angle between each mini-batch gradient and the full one in degrees, ``(sizes,
            draws)``; NaN where one of them is zero.
    """

    sizes: tuple[int, ...]
    variance: Array
    predicted: Array
    standard_error: Array
    angles: Array

    @property
    def angle_quartiles(self) -> Array:
        """Return the lower quartile, median and upper quartile of the angles, ``(3, sizes)``."""
        quartiles = np.full((3, len(self.sizes)), np.nan)
        known = ~np.isnan(self.angles).all(axis=1)
        if known.any():
            quartiles[:, known] = np.nanquantile(self.angles[known], (0.25, 0.5, 0.75), axis=1)
        return quartiles


def row_gradients(experiment: Experiment, params: Array) -> Array:
    """Return the gradient of every training row's loss, ``(N, n_params)``.

    Their mean is the full gradient, and the mean over a batch's rows is the batch's gradient; each
    includes the l2 term.

    Args:
        experiment: one whose problem has rows.
        params: ``(n_params,)``.

    Raises:
        InvalidInput: the problem is a test function, which has no rows; or there are more rows and
            parameters than fit the memory of a history.
    """
    spec = experiment.problem
    if not isinstance(spec, Network):
        raise InvalidInput("conflict", "problem", spec.kind, ("kind", "network"))
    needed = 8 * spec.training_rows * spec.n_params
    if needed not in LIMITS["history_bytes"]:
        raise InvalidInput("too_expensive", "bytes", needed, LIMITS["history_bytes"])
    problem = NetworkProblem(spec, data(experiment))
    gradients = np.zeros((spec.training_rows, spec.n_params))
    rows = np.arange(spec.training_rows)
    with np.errstate(all="ignore"):  # a diverged run has no gradient
        for part in blocks(len(rows), max(64, lanes_of_piece(spec.model, 1))):
            count = part.stop - part.start
            lanes = np.tile(params, (count, 1))  # a row is a batch of one of its own seed
            batch = problem.batches(lanes, gradients[part], count, 1, 1)
            batch.load(rows[part, None])
            for piece in batch.pieces(0, 1):
                piece()
    return gradients


def batch_gradients(
    gradients: Array, batch_size: int, sampling: Sampling, seed: int, draws: int
) -> Array:
    """Return the gradients of the first batch of each of some epochs, ``(draws, n_params)``.

    Args:
        gradients: result of ``row_gradients``.
        batch_size: rows per batch, 1 to N.
        sampling: how the stream of rows is drawn.
        seed: seed of the stream.
        draws: number of epochs.
    """
    orders = islice(row_order(len(gradients), seed, sampling), draws)
    return np.array([gradients[order[:batch_size]].mean(axis=0) for order in orders])


def predicted_variance(gradients: Array, batch_size: int, sampling: Sampling) -> Array:
    """Return the expected variance of a mini-batch gradient, ``(n_params,)``.

    With S^2 the population variance of the rows' gradients: S^2 / B for independent draws, and
    S^2 (N - B) / (B (N - 1)) for B different rows, which is 0 when the batch is all of them.

    Source:
        Cochran (1977), Sampling Techniques, theorem 2.2, there with the divisor N - 1.
    """
    spread, rows = gradients.var(axis=0), len(gradients)
    if sampling == "replacement" or rows == 1:  # a single row has no spread
        return spread / batch_size
    return spread * _finite_share(rows, batch_size) / batch_size


def _finite_share(rows: int, batch_size: int | Integers) -> float | Array:
    """Return (N - B) / (N - 1): the share of a variance that remains if no row is drawn twice."""
    return (rows - batch_size) / (rows - 1)


def measure_noise(gradients: Array, sampling: Sampling, seed: int) -> Noise:
    """Draw mini-batches of 1, 2, 4, ... and all rows, and measure how their gradients scatter.

    The batches of one draw are the beginnings of one epoch's stream of rows. There are as many
    draws as can be read in a second, but at least 30.
    """
    rows = len(gradients)
    sizes = (*(2**power for power in range(rows.bit_length()) if 2**power < rows), rows)
    full = gradients.mean(axis=0)
    starts = np.array([0, *sizes[:-1]])
    counts = np.array(sizes)[:, None]
    squares, angles = [], []
    draws = draws_for(gradients)
    for order in islice(row_order(rows, seed, sampling), draws):
        sums = np.add.reduceat(gradients[order], starts, axis=0).cumsum(axis=0)
        means = sums / counts
        squares.append(np.square(means - full).sum(axis=1))
        angles.append(_angles(means, full))
    return Noise(
        sizes,
        np.array(squares).mean(axis=0),
        np.array([predicted_variance(gradients, size, sampling).sum() for size in sizes]),
        _deviations(gradients, counts[:, 0], sampling) / np.sqrt(draws),
        np.array(angles).T,
    )


def _deviations(gradients: Array, sizes: Integers, sampling: Sampling) -> Array:
    """Return the standard deviations of the squared distances from the full gradient, ``(sizes,)``.

    They are computed from the rows themselves: a few rows may carry most of the spread, and draws
    that miss them would seem more certain than they are. The deviations g of the rows sum to 0. Let
    F = sum |g|^4, L = sum |g|^2 and T = sum of (g_i g_j)^2 over all pairs. The sum s of B of them,
    drawn independently, has

        N E|s|^4 = B F + B (B - 1) (L^2 + 2 T) / N

    and drawn without replacement, with p_k the chance that k given rows are all among the B,

        E|s|^4 = p_1 F + p_2 (L^2 + 2 T - 7 F) + p_3 (12 F - 2 L^2 - 4 T) + p_4 (L^2 + 2 T - 6 F)

    by the patterns in which four indices can coincide. In that case the sum of the other N - B rows
    is as long, so the smaller of the two numbers is used.
    """
    rows = len(gradients)
    centred = gradients - gradients.mean(axis=0)
    lengths = np.vecdot(centred, centred)
    products = centred @ centred.T if gradients.shape[1] > rows else centred.T @ centred
    single, pairs = np.square(lengths).sum(), lengths.sum() ** 2 + 2 * np.square(products).sum()
    if sampling == "replacement":
        second = sizes * lengths.mean()
        fourth = sizes * (single + (sizes - 1) * pairs / rows) / rows
    else:
        drawn = np.minimum(sizes, rows - sizes)
        # From fewer than k rows no k can be drawn: p_k has a factor 0, as has what divides it.
        factors = [(drawn - k) / max(rows - k, 1) for k in range(4)]
        one, two, three, four = np.maximum(np.cumprod(factors, axis=0), 0)
        second = (one - two) * lengths.sum()
        fourth = one * single + two * (pairs - 7 * single)
        fourth += three * (12 * single - 2 * pairs) + four * (pairs - 6 * single)
    return np.sqrt(np.maximum(fourth - second**2, 0)) / sizes**2.0


def noisiest(gradients: Array) -> tuple[int, ...]:
    """Return the two parameters whose gradients scatter most, in different directions.

    The first has the largest variance; the second has the largest variance that does not follow
    from the first's. A single parameter is returned alone.
    """
    centred = gradients - gradients.mean(axis=0)
    squares = np.square(centred).sum(axis=0)
    first = int(np.argmax(squares))
    if len(squares) == 1:
        return (first,)
    left = squares.copy()
    if squares[first] > 0:
        left -= (centred.T @ centred[:, first]) ** 2 / squares[first]
    left[first] = -1
    return first, int(np.argmax(left))


def most_scattered(gradients: Array, count: int) -> list[int]:
    """Return the positions of the parameters whose gradients scatter most, in falling order.

    Args:
        gradients: result of ``row_gradients``.
        count: the largest number of positions to return.
    """
    order: list[int] = np.argsort(-gradients.var(axis=0), kind="stable")[:count].tolist()
    return order


def draws_for(gradients: Array) -> int:
    """Return how many draws ``measure_noise`` makes."""
    return int(np.clip(_WORK / gradients.size, DRAWS.low, DRAWS.high))


def _angles(means: Array, full: Array) -> Array:
    """Return the angles to the full gradient in degrees, ``(sizes,)``."""
    with np.errstate(invalid="ignore", divide="ignore"):  # a zero gradient has no direction
        lengths = np.linalg.norm(means, axis=1) * np.linalg.norm(full)
        cosines = np.clip(means @ full / lengths, -1, 1)
    return np.degrees(np.arccos(cosines))
