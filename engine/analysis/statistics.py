"""Several seeds of a run: medians, bands and paired differences.

A diverged seed counts as infinitely bad: a loss of +inf, a score of -inf.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Array
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
    values = run.counted(series)
    parts = np.full((3, values.shape[1]), np.nan)
    known = ~np.isnan(values).all(axis=0)  # some quantities are not measured at every step
    measured = values[:, known]
    # Observed values, not interpolated ones: there is nothing between a number and infinity.
    parts[0, known] = np.nanquantile(measured, 0.25, axis=0, method="lower")
    parts[1, known] = np.nanmedian(measured, axis=0)
    parts[2, known] = np.nanquantile(measured, 0.75, axis=0, method="higher")
    parts[np.isneginf(parts)] = np.nan  # no score
    return Spread(*parts)


@dataclass(frozen=True)
class PairedDifference:
    """How one run's final loss compares with another's over the same seeds.

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


def paired_differences(history: History, reference: int) -> list[PairedDifference]:
    """Return every run's final loss against the run at ``reference``, seed by seed."""
    return [_difference(run, history.runs[reference]) for run in history.runs]


def _difference(run: RunHistory, reference: RunHistory) -> PairedDifference:
    losses, base = run.final_loss, reference.final_loss
    both = run.diverged & reference.diverged
    differences = np.zeros(len(base))
    np.subtract(losses, base, out=differences, where=~both)
    with np.errstate(invalid="ignore"):  # halfway between -inf and +inf is 0
        median = float(np.median(differences))
    return PairedDifference(
        0.0 if np.isnan(median) else median,
        float(differences.min()),
        float(differences.max()),
        better=int((losses < base).sum()),
        worse=int((losses > base).sum()),
        both_diverged=int(both.sum()),
        seeds=len(base),
    )
