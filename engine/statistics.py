"""Several seeds of a run: medians, bands and paired differences. A diverged seed counts as +inf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Array
    from engine.history import History, RunHistory, Series


@dataclass(frozen=True, eq=False)
class Spread:
    """A quantity over the seeds, at each of its points.

    Attributes:
        low: lower quartile, an observed value, ``(points,)``.
        median: +inf where half of the seeds have diverged.
        high: upper quartile, an observed value.
    """

    low: Array
    median: Array
    high: Array


def spread(run: RunHistory, series: Series) -> Spread:
    """Return median and quartiles over the seeds that trained that far or have diverged.

    A single seed is what it is.
    """
    if len(series.last) == 1:
        return Spread(series.last[0], series.last[0], series.last[0])
    values = series.last.copy()
    for seed, (status, last) in enumerate(zip(run.status, run.last_step, strict=True)):
        if status == "diverged":
            values[seed, series.steps >= last] = np.inf
    low, median, high = np.full((3, values.shape[1]), np.nan)
    known = ~np.isnan(values).all(axis=0)  # some quantities are measured at some steps only
    measured = values[:, known]
    # Observed values, not interpolated ones: between a number and +inf there is nothing.
    low[known] = np.nanquantile(measured, 0.25, axis=0, method="lower")
    median[known] = np.nanmedian(measured, axis=0)
    high[known] = np.nanquantile(measured, 0.75, axis=0, method="higher")
    return Spread(low, median, high)


@dataclass(frozen=True)
class PairedDifference:
    """How one run's final loss compares with another's over the same seeds.

    Attributes:
        median: of (run - reference), seed by seed; +inf or NaN where seeds diverged.
        low: smallest difference.
        high: largest difference.
        better: seeds in which the run is below the reference.
        seeds: seeds in all.
    """

    median: float
    low: float
    high: float
    better: int
    seeds: int


def paired_differences(history: History, reference: int) -> list[PairedDifference]:
    """Return every run's final loss against the run at ``reference``, seed by seed."""
    base = history.runs[reference].final_loss
    results = []
    for run in history.runs:
        with np.errstate(invalid="ignore"):  # both diverged: inf - inf says nothing
            differences = run.final_loss - base
            median = float(np.median(differences))
        results.append(
            PairedDifference(
                median,
                float(np.min(differences)),
                float(np.max(differences)),
                int((run.final_loss < base).sum()),
                len(base),
            )
        )
    return results
