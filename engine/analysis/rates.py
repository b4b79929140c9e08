"""How runs do at many learning rates: which is best, is it inside, and how many are good."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from engine.limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array
    from engine.experiment import Run
    from engine.training.scores import RunScores, Scores

GOOD: Final = 2.0  # a loss up to this many times the lowest is good


@dataclass(frozen=True, eq=False)
class RateCurve:
    """A run at rising learning rates.

    Attributes:
        run: the run; its own learning rate means nothing.
        rates: the rates, rising.
        scores: how it did at each of them.
    """

    run: Run
    rates: tuple[float, ...]
    scores: tuple[RunScores, ...]

    @cached_property
    def losses(self) -> Array:
        """Return the median final loss at each rate, ``(rates,)``; +inf if half diverged."""
        return np.array([one.median_loss for one in self.scores])

    @property
    def quartiles(self) -> tuple[Array, Array]:
        """Return lower and upper quartile over the seeds, observed values, ``(rates,)`` each."""
        finals = [one.final_loss for one in self.scores]  # in a sweep under way, of other seeds
        low = np.array([np.quantile(losses, 0.25, method="lower") for losses in finals])
        return low, np.array([np.quantile(losses, 0.75, method="higher") for losses in finals])

    @property
    def seeds(self) -> int:
        """Return with how many seeds it was tried at the rate with the most of them."""
        return max(len(one.status) for one in self.scores)

    @property
    def diverged(self) -> Array:
        """Return the share of seeds that diverged at each rate, ``(rates,)``."""
        return np.array([one.status.count("diverged") / len(one.status) for one in self.scores])

    @property
    def best(self) -> int | None:
        """Return the position of the lowest loss, the first of several; None if all diverged."""
        losses = self.losses
        place = int(np.argmin(losses))
        return place if np.isfinite(losses[place]) else None

    @property
    def edge(self) -> Literal["low", "high"] | None:
        """Return at which end of the rates the best one lies; a better one may lie beyond it.

        None if it lies between others, or where no further rate is allowed.
        """
        if self.best == 0 and further_rates(self.rates, "low"):
            return "low"
        last = len(self.rates) - 1
        return "high" if self.best == last and further_rates(self.rates, "high") else None

    def up_to(self, loss: float) -> tuple[float, float] | None:
        """Return the lowest and highest rate around the best one at which no loss is above this.

        None if even the best one is.
        """
        best = self.best
        if best is None or self.losses[best] > loss:
            return None
        is_good = self.losses <= loss
        low = high = best
        while low > 0 and is_good[low - 1]:
            low -= 1
        while high < len(is_good) - 1 and is_good[high + 1]:
            high += 1
        return self.rates[low], self.rates[high]


def good_rates(curves: Sequence[RateCurve]) -> list[tuple[float, float] | None]:
    """Return from which to which rate each run ends with up to ``GOOD`` times the lowest loss.

    The lowest loss is that of all runs at all rates: a run that is bad at every rate depends on
    none, which is no virtue. None for such a run; for every run if the lowest loss is not above 0,
    so that it has no multiples, or if ``GOOD`` times it is no less than the loss of the start.
    """
    lowest = min(float(curve.losses.min()) for curve in curves)
    start = float(np.median(curves[0].scores[0].training_loss.first))
    if not 0 < GOOD * lowest < start:
        return [None] * len(curves)
    return [curve.up_to(GOOD * lowest) for curve in curves]


def rate_curves(sweeps: Sequence[Scores]) -> list[RateCurve]:
    """Return a curve for every run of some sweeps, whose rates are put together.

    Args:
        sweeps: scores of ``engine.rate_sweep``, of one experiment or of some of its runs.
    """
    found: dict[Run, dict[float, RunScores]] = {}
    for sweep in sweeps:
        for scores, spec in zip(sweep.runs, sweep.experiment.runs, strict=True):
            run = spec.model_copy(update={"learning_rate": 1.0})
            found.setdefault(run, {})[spec.learning_rate] = scores
    curves = []
    for run, at in found.items():
        rates = tuple(sorted(at))
        curves.append(RateCurve(run, rates, tuple(at[rate] for rate in rates)))
    return curves


def half_decades(first: int, last: int) -> tuple[float, ...]:
    """Return the rates 10^(n / 2) for n from ``first`` to ``last``, rounded to three digits."""
    return tuple(float(f"{10 ** (power / 2):.3g}") for power in range(first, last + 1))


def further_rates(rates: Sequence[float], edge: Literal["low", "high"]) -> tuple[float, ...]:
    """Return the next two half decades beyond some rates that are allowed, perhaps none."""
    allowed = LIMITS["learning_rate"]
    power = round(2 * math.log10(rates[0] if edge == "low" else rates[-1]))
    more = (
        half_decades(power - 2, power - 1) if edge == "low" else half_decades(power + 1, power + 2)
    )
    return tuple(rate for rate in more if rate in allowed)


def with_best_rates(runs: Sequence[Run], curves: Sequence[RateCurve]) -> tuple[Run, ...]:
    """Return the runs, each at the best rate of its curve; every curve must have one."""
    best = {curve.run: curve.rates[curve.best] for curve in curves if curve.best is not None}
    return tuple(
        run.model_copy(
            update={"learning_rate": best[run.model_copy(update={"learning_rate": 1.0})]}
        )
        for run in runs
    )
