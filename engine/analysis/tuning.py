"""The price of tuning: how good the best setting is when only so many are tried."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.analysis.samples import LOSSES, sample
from engine.limits import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class BestOf:
    """The lowest loss of some settings that are drawn from those that were tried.

    Attributes:
        drawn: how many settings are drawn, none of them twice.
        tried: how many there are to draw from.
        diverged: how many of these diverged.
        mean: expected lowest loss; +inf if no more are drawn than diverged.
        low: lower quartile of the lowest loss, the loss of a setting.
        median: median of it; halfway between two losses where it lies between them.
        high: upper quartile of it, the loss of a setting.
        all_diverged: probability that all that are drawn diverged.
    """

    drawn: int
    tried: int
    diverged: int
    mean: float
    low: float
    median: float
    high: float
    all_diverged: float


def best_of(losses: object, drawn: int) -> BestOf:
    """Return how low the lowest loss is of so many settings, drawn without replacement.

    Of N losses in rising order, the i-th is the lowest of k in C(N - i, k - 1) of C(N, k) draws.
    These are counted in whole numbers, so that a large N costs no digits. The mean is unbiased;
    that of draws with replacement is too high.

    Args:
        losses: one for each setting that was tried, ``(settings,)``; +inf where it diverged. For a
            score, which should be high, give and read it with the opposite sign.
        drawn: k, from 1 to the number of settings.

    Raises:
        InvalidInput: no losses, not numbers, NaN or -inf, or k is no such number.

    Source:
        Tang et al. (2020), Showing your work doesn't always work, on the estimate of Dodge et al.
        (2019), Show your work: improved reporting of experimental results.
    """
    ordered: list[float] = np.sort(sample("losses", losses, LOSSES)).tolist()
    tried, diverged = len(ordered), ordered.count(math.inf)
    k = Interval(1, tried).integer("drawn", drawn)
    draws = math.comb(tried, k)
    low, median, high = _quartiles(ordered, k, draws)
    return BestOf(
        drawn=k,
        tried=tried,
        diverged=diverged,
        mean=_mean(ordered, k, draws) if k > diverged else math.inf,
        low=low,
        median=median,
        high=high,
        all_diverged=math.comb(diverged, k) / draws,
    )


def _quartiles(ordered: Sequence[float], k: int, draws: int) -> tuple[float, float, float]:
    """Return the quartiles of the lowest loss, those of ``Spread`` for a single setting."""
    n = len(ordered)
    # At most (1 - i / n)^k < exp(-k i / n) of the draws hold none of the first i: soon below 1/4.
    places = range(min(n, math.ceil(1.4 * n / k) + 1))

    def quarters(place: int) -> int:
        """Return 4 times the number of draws that hold a loss at this place or before it."""
        return 4 * (draws - math.comb(n - 1 - place, k))

    low = bisect_left(places, draws, key=quarters)
    lower = bisect_left(places, 2 * draws, key=quarters)
    upper = bisect_right(places, 2 * draws, key=quarters)
    high = bisect_right(places, 3 * draws, key=quarters)
    return ordered[low], (ordered[lower] + ordered[upper]) / 2, ordered[high]


def _mean(ordered: Sequence[float], k: int, draws: int) -> float:
    """Return the expected lowest loss of k settings, more than diverged."""
    ways = math.comb(len(ordered) - 1, k - 1)
    terms = []
    for place, loss in enumerate(ordered):
        share = ways / draws
        if share == 0:  # as for all that diverged
            break
        terms.append(share * loss)
        above = len(ordered) - 1 - place
        ways = ways * (above - k + 1) // above if above else 0
    return math.fsum(terms)
