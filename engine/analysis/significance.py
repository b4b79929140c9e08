"""How sure a difference is: intervals, an exact test, and a mean that a few runs cannot move.

All of it is paired: a difference is between runs of the same seed, from the same start. It is 0
where both diverged, and infinite where one did (``engine.loss_differences``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import numpy as np

from engine.analysis.claims import CHANCE
from engine.analysis.samples import DIFFERENCES, FINITE, LOSSES, sample, table
from engine.analysis.statistics import median
from engine.errors import InvalidInput
from engine.limits import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.arrays import Array, Booleans

Statistic: TypeAlias = Literal["mean", "median", "interquartile_mean"]

RESAMPLES: Final = 10_000
VALUES: Final = Interval(1, 10_000)  # of all runs on all problems together
_TWO_OR_MORE: Final = Interval(2, VALUES.high)
FLIPPED: Final = Interval(1, 16)  # differences whose signs are flipped in all ways
_SEEDS: Final = Interval(0, 2**256 - 1)  # a SHA-256, too
_BLOCK: Final = 1_000_000  # resampled values at a time
_ROUNDING: Final = 1e-12  # of the largest sum: sums that are no further apart are a tie


@dataclass(frozen=True)
class ConfidenceInterval:
    """Where a quantity is likely to lie, judged by some values of it.

    Attributes:
        estimate: the quantity, of the values themselves.
        low: lower end; may be infinite.
        high: upper end; may be infinite.
        coverage: how often such an interval holds what it estimates. For "order_statistics" at
            least so often, whatever the distribution; for "student_t" so often if the values are
            normally distributed; for "percentile_bootstrap" only what it aims at: of few values it
            is too narrow.
        n: number of values that it rests on.
        method: how it was found.
    """

    estimate: float
    low: float
    high: float
    coverage: float
    n: int
    method: Literal["order_statistics", "student_t", "percentile_bootstrap"]


def median_interval(differences: object) -> ConfidenceInterval:
    """Return the median difference and the narrowest interval of the sign test around it.

    The interval reaches from the k-th lowest difference to the k-th highest one. It misses the
    median where fewer than k of n fair coins fall on one side, or on the other. k is as large as
    keeps that to ``CHANCE``; five differences or fewer do not reach this even with k = 1, and the
    coverage says what they reach: 0 for a single one.

    Args:
        differences: ``(n,)``; infinite where one of two runs diverged.

    Raises:
        InvalidInput: no differences or too many, not numbers, or NaN.
    """
    ordered = np.sort(sample("differences", differences, DIFFERENCES, VALUES))
    n = len(ordered)
    k, outside, ways = 1, 1, n  # of 2^n falls: with fewer than k heads, with k heads
    while 2 * (outside + ways) / 2**n <= CHANCE:
        k, outside, ways = k + 1, outside + ways, ways * (n - k) // (k + 1)
    return ConfidenceInterval(
        float(median(ordered)),
        float(ordered[k - 1]),
        float(ordered[n - k]),
        coverage=1 - 2 * outside / 2**n,
        n=n,
        method="order_statistics",
    )


def mean_interval(differences: object) -> ConfidenceInterval:
    """Return the mean difference and the interval of Student's t around it.

    Args:
        differences: ``(n,)``, 2 or more; all finite, since a run that diverged has no mean.

    Raises:
        InvalidInput: fewer than two differences or too many, not numbers, NaN or infinite.
    """
    values = sample("differences", differences, FINITE, _TWO_OR_MORE)
    n = len(values)
    mean = float(values.mean())
    reach = student_t(CHANCE, n - 1) * float(values.std(ddof=1)) / math.sqrt(n)
    return ConfidenceInterval(mean, mean - reach, mean + reach, 1 - CHANCE, n, "student_t")


def student_t(chance: float, freedom: int) -> float:
    """Return what Student's t exceeds in size with this probability.

    The probability of a smaller t is a finite sum of powers of cos a, where tan a = t / √freedom
    (Abramowitz and Stegun, 26.7.3 and 26.7.4); a is found by bisection.

    Args:
        chance: above 0 and below 1.
        freedom: degrees of freedom, 1 or more.
    """
    is_odd = freedom % 2
    steps = np.arange(1, (freedom - is_odd) // 2)
    factors = 2 * steps / (2 * steps + 1) if is_odd else (2 * steps - 1) / (2 * steps)

    def within(angle: float) -> float:
        sine, cosine = math.sin(angle), math.cos(angle)
        series = 1 + float(np.cumprod(factors * cosine**2).sum())
        if not is_odd:
            return sine * series
        return 2 / math.pi * (angle + (sine * cosine * series if freedom > 1 else 0))

    low, high = 0.0, math.pi / 2
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if within(middle) < 1 - chance else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def sign_flip_p(differences: object) -> float:
    """Return the exact two-sided p-value of the sign-flip test.

    If neither of two runs were better, every difference could as well have the other sign. p is the
    share of all 2^n choices of signs whose sum is at least as far from 0 as the sum that was found,
    and so at least 2 / 2^n: five seeds never reach 0.05. Infinite differences are taken to be
    equally large and larger than all others together.

    Args:
        differences: ``(n,)``, up to 16; infinite where one of two runs diverged.

    Raises:
        InvalidInput: no differences, more than 16, not numbers, or NaN.
    """
    values = sample("differences", differences, DIFFERENCES, FLIPPED)
    n = len(values)
    signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)  # the first row flips none
    is_infinite = np.isinf(values)
    finite = np.where(is_infinite, 0.0, values)
    net = signs @ np.where(is_infinite, np.sign(values), 0.0)  # of infinite differences
    rest = signs @ finite
    rest, net = np.where(net == 0, np.abs(rest), np.sign(net) * rest), np.abs(net)
    is_level = rest >= rest[0] - _ROUNDING * np.abs(finite).sum()
    is_as_far: Booleans = (net > net[0]) | (net == net[0]) & is_level
    return float(is_as_far.mean())


def holm(p_values: object) -> Array:
    """Return p-values adjusted for their number, in the order given, ``(n,)``.

    The lowest of n is multiplied by n, the next one by n - 1, and so on; none gets below one that
    was lower, nor above 1. Together they err as seldom as a single one would.

    Args:
        p_values: ``(n,)``, from 0 to 1.

    Raises:
        InvalidInput: none, not numbers, NaN, or outside this range.

    Source:
        Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    given = sample("p_values", p_values, Interval(0, 1))
    order = np.argsort(given, kind="stable")
    times = np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.maximum.accumulate(given[order] * times), 1)
    return adjusted


def interquartile_mean(losses: object) -> float:
    """Return the mean of the middle half of all values.

    Of n values ⌊n / 4⌋ are dropped at each end, so that it is +inf only if more diverged.

    Args:
        losses: ``(runs, problems)``, made comparable between problems; +inf where a run diverged.
            For a score, which should be high, give and read it with the opposite sign.

    Raises:
        InvalidInput: no values, ragged, not numbers, NaN or -inf.

    Source:
        Agarwal et al. (2021), Deep reinforcement learning at the edge of the statistical precipice.
    """
    return float(_interquartile_mean(table("losses", losses, LOSSES).ravel()))


def bootstrap_interval(values: object, statistic: Statistic, seed: int) -> ConfidenceInterval:
    """Return a statistic of all values with the interval of the percentile bootstrap.

    Runs are drawn again with replacement, for each problem apart, ``RESAMPLES`` times. The ends are
    values of the statistic that were drawn. Of few values the interval is too narrow, around a mean
    of 6 by 30 %: between two runs ``median_interval`` and ``mean_interval`` are better.

    Args:
        values: ``(runs, problems)``, all rows of one length; +inf where a run diverged. Only a
            median takes -inf, too.
        statistic: what is computed from all values together.
        seed: of the draws, 0 or more: the same seed gives the same interval.

    Raises:
        InvalidInput: no values or too many, ragged, not numbers, NaN or -inf, no such statistic, or
            no such seed.
    """
    if statistic not in get_args(Statistic):  # unhashable ones, too
        raise InvalidInput("unknown_choice", "statistic", statistic, get_args(Statistic))
    of = _STATISTICS[statistic]
    given = table("values", values, DIFFERENCES if statistic == "median" else LOSSES)
    n = given.size
    if n not in VALUES:
        raise InvalidInput("wrong_length", "values", n, VALUES)
    generator = np.random.default_rng(_SEEDS.integer("seed", seed))
    found = np.empty(RESAMPLES)
    block = max(_BLOCK // n, 1)
    for start in range(0, RESAMPLES, block):
        count = min(block, RESAMPLES - start)
        drawn = generator.integers(len(given), size=(count, *given.shape))
        resampled = given[drawn, np.arange(given.shape[1])]
        found[start : start + count] = of(resampled.reshape(count, n))
    found.sort()
    low, high = (math.ceil(RESAMPLES * share) - 1 for share in (CHANCE / 2, 1 - CHANCE / 2))
    estimate = float(of(given.ravel()))
    ends = float(found[low]), float(found[high])
    return ConfidenceInterval(estimate, *ends, 1 - CHANCE, n, "percentile_bootstrap")


def _interquartile_mean(values: Array) -> Array:
    """Return the interquartile mean of each last axis."""
    dropped = values.shape[-1] // 4
    ordered = np.sort(values, axis=-1)
    return ordered[..., dropped : values.shape[-1] - dropped].mean(axis=-1)


def _mean(values: Array) -> Array:
    return values.mean(axis=-1)


_STATISTICS: Final[dict[str, Callable[[Array], Array]]] = {
    "mean": _mean,
    "median": median,
    "interquartile_mean": _interquartile_mean,
}
