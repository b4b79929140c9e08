"""Several seeds of a run: medians, bands and paired differences.

A diverged seed counts as infinitely bad: a loss of +inf, a score of -inf.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.analysis.samples import LOSSES, pair

if TYPE_CHECKING:
    from engine.arrays import Array, Booleans
    from engine.training.history import History, RunHistory, Series


@dataclass(frozen=True, eq=False)
class Spread:
    """A quantity over the seeds, at each of its points.

    Attributes:
        low: lower quartile, an observed value, ``(points,)``.
        median: median over the seeds; +inf where half of them have diverged.
        high: upper quartile, an observed value.

    For a score they are NaN where a diverged seed would make them -inf.
    """

    low: Array
    median: Array
    high: Array


def spread(run: RunHistory, series: Series) -> Spread:
    """Return median and quartiles over the seeds that trained that far or have diverged.

    For a single seed, all three are its value.
    """
    if len(series.last) == 1:
        return Spread(series.last[0], series.last[0], series.last[0])
    # Some quantities are not measured at every step: NaN, which comes last.
    ordered = np.sort(run.counted(series), axis=0)
    known = np.count_nonzero(~np.isnan(ordered), axis=0)
    last, points = np.maximum(known - 1, 0), np.arange(ordered.shape[1])
    # Observed values, not interpolated ones: there is nothing between a number and infinity.
    low, high = ordered[last // 4, points], ordered[-(-3 * last // 4), points]
    median = (ordered[last // 2, points] + ordered[-(-last // 2), points]) / 2
    parts = np.stack([low, median, high])
    parts[np.isneginf(parts)] = np.nan  # no score
    return Spread(*parts)


def smoothed(series: Series, iterations: int) -> tuple[Series, int]:
    """Return a series of updates with the mean of the last ones at each point, seed by seed.

    Early points have the mean of all values so far. Where one point stands for several updates, it
    is their mean that is averaged, over as many whole points as hold so many updates. NaN and
    infinity spread to every mean that holds them; a seed without a value has no mean.

    Args:
        series: a quantity of every update, such as the loss of its batch.
        iterations: updates to average over, 1 or more.

    Returns:
        The series, ``(seeds, points)`` as before, and how many updates a mean is over.
    """
    points = -(-iterations // series.width)
    means = trailing_mean(series.last if series.width == 1 else series.mean, points)
    drawn = replace(series, first=means, minimum=means, mean=means, maximum=means, last=means)
    return drawn, points * series.width


def trailing_mean(values: Array, count: int) -> Array:
    """Return the mean of each value and those before it, ``count`` in all, or as many as there are.

    No sum is taken from another one: where a loss falls from 1e9 to 1e-9 no digit is lost.

    Args:
        values: ``(rows, points)``.
        count: 1 or more.
    """
    rows, points = values.shape
    blocks = -(-points // count)
    padded = np.zeros((rows, blocks * count))
    padded[:, :points] = values
    parts = padded.reshape(rows, blocks, count)
    with np.errstate(over="ignore", invalid="ignore"):  # a huge sum is infinite, as what diverges
        sums = np.cumsum(parts, axis=2)  # from the beginning of each block
        rest = np.cumsum(parts[:, :, ::-1], axis=2)[:, :, ::-1]  # to the end of each block
        sums[:, 1:, :-1] += rest[:, :-1, 1:]
        held = np.minimum(np.arange(1, points + 1), count)
        means: Array = sums.reshape(rows, -1)[:, :points] / held
    return means


@dataclass(frozen=True)
class PairedDifference:
    """How one run's loss compares with another's over the same seeds.

    A seed that diverged in only one of the two is infinitely worse there; if it diverged in both,
    the difference is 0.

    Attributes:
        median: median of (run - reference) over the seeds; 0 if half of them are infinitely above
            and half infinitely below.
        low: smallest difference.
        high: largest difference.
        better: number of seeds in which the run is below the reference.
        worse: number in which it is above.
        both_diverged: number that diverged in both.
        seeds: number of all seeds.
    """

    median: float
    low: float
    high: float
    better: int
    worse: int
    both_diverged: int
    seeds: int

    @property
    def equal(self) -> int:
        """Return in how many seeds neither is better, including those that diverged in both."""
        return self.seeds - self.better - self.worse

    @property
    def improvement(self) -> float:
        """Return the paired probability of improvement: the share of better seeds.

        A seed in which neither is better counts as half a better one.
        """
        return (self.better + self.equal / 2) / self.seeds


def paired_differences(history: History, reference: int) -> list[PairedDifference]:
    """Return every run's final loss against the run at ``reference``, seed by seed."""
    base = history.runs[reference].final_loss
    return [_compared(run.final_loss, base) for run in history.runs]


def paired_difference(losses: object, reference: object) -> PairedDifference:
    """Return how the losses of a run compare with those of a reference, seed by seed.

    Args:
        losses: one for each seed, ``(seeds,)``; +inf where the run diverged.
        reference: those of the reference in the same seeds.

    Raises:
        InvalidInput: no losses or unequal numbers of them, not numbers, NaN or -inf.
    """
    return _compared(*pair(("losses", "reference"), (losses, reference), (LOSSES, LOSSES)))


def loss_differences(losses: object, reference: object) -> Array:
    """Return run - reference in every seed, ``(seeds,)``; arguments as ``paired_difference``.

    +inf where only the run diverged, -inf where only the reference did, 0 where both did.
    """
    return _differences(*pair(("losses", "reference"), (losses, reference), (LOSSES, LOSSES)))


def median(values: Array) -> Array:
    """Return the median of each last axis; halfway between -inf and +inf is 0."""
    with np.errstate(invalid="ignore"):
        middle = np.asarray(np.median(values, axis=-1))
    return np.where(np.isnan(middle), 0.0, middle)


def _differences(losses: Array, base: Array) -> Array:
    differences = np.zeros(len(base))
    np.subtract(losses, base, out=differences, where=~_both_diverged(losses, base))
    return differences


def _both_diverged(losses: Array, base: Array) -> Booleans:
    return np.isinf(losses) & np.isinf(base)


def _compared(losses: Array, base: Array) -> PairedDifference:
    differences = _differences(losses, base)
    return PairedDifference(
        float(median(differences)),
        float(differences.min()),
        float(differences.max()),
        better=int((losses < base).sum()),
        worse=int((losses > base).sum()),
        both_diverged=int(_both_diverged(losses, base).sum()),
        seeds=len(base),
    )
