"""How long rules take to reach a target on many problems: profiles, scores, and what a miss costs.

A time counts whatever the budget counts. It is +inf where the target was missed: a miss is never
left out of a share. A problem is void if a rule was there at step 0, before its first update: its
target measures nothing. Void problems are named and count for no rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.analysis.samples import TIMES, pair, sample, table
from engine.errors import InvalidInput
from engine.limits import Interval

if TYPE_CHECKING:
    from engine.arrays import Array, Booleans

MOST: Final = 4.0  # a rule that takes this many times as long as the fastest scores nothing
_BUDGETS: Final = Interval(0, math.inf, open_low=True, open_high=True)
_RATIOS: Final = Interval(1, math.inf)


@dataclass(frozen=True, eq=False)
class PerformanceProfile:
    """The share of problems that a rule solves within each multiple of the shortest time.

    A step function: 0 below the first ratio, then each share from its ratio up to the next one.

    Attributes:
        ratios: where it rises, ``(steps,)``; none if the rule solves no problem.
        shares: its value from there on, ``(steps,)``; the last one is the share of problems that
            the rule solves at all.
    """

    ratios: Array
    shares: Array

    def at(self, ratio: float) -> float:
        """Return the share of problems solved within ``ratio`` times the shortest time."""
        (known,) = sample("ratio", [ratio], _RATIOS)
        place = int(np.searchsorted(self.ratios, known, side="right"))
        return float(self.shares[place - 1]) if place else 0.0


@dataclass(frozen=True, eq=False)
class PerformanceRatios:
    """How many times as long each rule takes as the fastest rule of the same problem.

    They depend on which rules are compared: one more rule can turn round the order of two others.

    Attributes:
        ratios: ``(rules, scored problems)``, 1 for every rule that ties for the shortest time; +inf
            where a rule missed the target, hence for all rules where all missed it.
        scored: positions of the problems that are not void, ``(scored problems,)``; all shares are
            shares of these.
        void: positions of the void problems.
        missed: positions of the scored problems whose target every rule missed.
    """

    ratios: Array
    scored: tuple[int, ...]
    void: tuple[int, ...]
    missed: tuple[int, ...]

    @cached_property
    def profiles(self) -> tuple[PerformanceProfile, ...]:
        """Return the performance profile of each rule."""
        return tuple(_profile(ratios) for ratios in self.ratios)

    @cached_property
    def scores(self) -> Array:
        """Return the benchmark score of each rule, from 0 to 1, ``(rules,)``.

        It is the mean of the performance profile over ratios from 1 to ``MOST``. A problem adds
        (MOST - r) / (MOST - 1) to that of a rule with ratio r, and 0 from ``MOST`` on, so that no
        integral is computed.
        """
        return np.clip((MOST - self.ratios) / (MOST - 1), 0, 1).mean(axis=1)


def performance_ratios(times: object) -> PerformanceRatios:
    """Return how the times of some rules compare, problem by problem.

    Args:
        times: ``(rules, problems)``, 0 or more; +inf where the target was missed.

    Raises:
        InvalidInput: empty or ragged, not numbers, NaN or negative, or all problems are void.

    Source:
        Dolan and Moré (2002), Benchmarking optimization software with performance profiles.
    """
    given = table("times", times, TIMES)
    is_void = _void("times", given)
    known = given[:, ~is_void]
    shortest = known.min(axis=0)
    is_met = np.isfinite(shortest)
    ratios = np.full_like(known, np.inf)  # infinity over infinity, too
    np.divide(known, shortest, out=ratios, where=is_met)
    scored = np.flatnonzero(~is_void)
    return PerformanceRatios(
        ratios,
        scored=tuple(scored.tolist()),
        void=tuple(np.flatnonzero(is_void).tolist()),
        missed=tuple(scored[~is_met].tolist()),
    )


def _profile(ratios: Array) -> PerformanceProfile:
    rises, counts = np.unique(ratios[np.isfinite(ratios)], return_counts=True)
    return PerformanceProfile(rises, np.cumsum(counts) / len(ratios))


def _void(field: str, times: Array) -> Booleans:
    """Tell which problems are void, ``(problems,)``; raises ``InvalidInput`` if all of them are."""
    is_void: Booleans = (times == 0).any(axis=0)
    if is_void.all():
        raise InvalidInput("out_of_range", field, 0.0, Interval(0, math.inf, open_low=True))
    return is_void


@dataclass(frozen=True)
class Speedup:
    """How many times as fast a rule is as another one, over some problems.

    No third rule enters.

    Attributes:
        ratio: geometric mean of reference time / time over the scored problems, above 1 if the rule
            is faster; a miss counts as the problem's budget and one more, so that it is a bound
            rather than a measured time.
        scored: positions of the problems that are not void.
        void: positions of the void problems.
        missed: positions of the scored problems that the rule missed.
        reference_missed: positions of those that the reference missed; where both missed, the ratio
            is 1.
    """

    ratio: float
    scored: tuple[int, ...]
    void: tuple[int, ...]
    missed: tuple[int, ...]
    reference_missed: tuple[int, ...]


def speedup(times: object, reference: object, budgets: object) -> Speedup:
    """Return how many times as fast a rule is as a reference.

    Args:
        times: those of the rule, ``(problems,)``, up to the budgets; +inf where it missed.
        reference: those of the rule it is compared with, ``(problems,)``.
        budgets: how long both were allowed to take, ``(problems,)``, above 0 and in the unit of the
            times.

    Raises:
        InvalidInput: empty or of unequal lengths, not numbers, NaN, negative or above the budget,
            or all problems are void.
    """
    both = pair(("times", "reference"), (times, reference), (TIMES, TIMES))
    _, allowed = pair(("times", "budgets"), (times, budgets), (TIMES, _BUDGETS))
    for field, given in zip(("times", "reference"), both, strict=True):
        _check_budgets(field, given, allowed)
    is_void = _void("times", np.array(both))
    own, other = (np.where(np.isinf(given), allowed + 1, given)[~is_void] for given in both)
    missed, reference_missed = (
        tuple(np.flatnonzero(np.isinf(g) & ~is_void).tolist()) for g in both
    )
    return Speedup(
        math.exp(float(np.mean(np.log(other) - np.log(own)))),
        scored=tuple(np.flatnonzero(~is_void).tolist()),
        void=tuple(np.flatnonzero(is_void).tolist()),
        missed=missed,
        reference_missed=reference_missed,
    )


def _check_budgets(field: str, times: Array, budgets: Array) -> None:
    """Raise ``InvalidInput`` if a target was met after the budget was used up."""
    for place in np.flatnonzero(np.isfinite(times) & (times > budgets))[:1].tolist():
        allowed = Interval(0, float(budgets[place]))
        raise InvalidInput("out_of_range", f"{field}.{place}", float(times[place]), allowed)


@dataclass(frozen=True)
class TimeToTarget:
    """How often and how soon runs with one budget reach a target; no number hides the misses.

    Attributes:
        runs: number of runs.
        met: number of runs that reached it.
        median: median time, a miss being +inf.
        expected: expected running time: the time of all runs, a miss taking its whole budget,
            divided by the number that reached it. So long it takes, with a new run after each miss,
            until one reaches it; +inf if none does.
    """

    runs: int
    met: int
    median: float
    expected: float

    @property
    def share(self) -> float:
        """Return the share of runs that reached the target."""
        return self.met / self.runs


def time_to_target(times: object, budget: float) -> TimeToTarget:
    """Return how often and how soon runs reached a target.

    Args:
        times: ``(runs,)``, 0 to the budget; +inf where the target was missed.
        budget: how long every run was allowed to take, above 0 and in the unit of the times.

    Raises:
        InvalidInput: empty, not numbers, NaN, negative or above the budget.
    """
    given = sample("times", times, TIMES)
    (allowed,) = sample("budget", [budget], _BUDGETS)
    _check_budgets("times", given, np.full_like(given, allowed))
    met = int(np.isfinite(given).sum())
    spent = float(np.minimum(given, allowed).sum())
    expected = spent / met if met else math.inf
    return TimeToTarget(len(given), met, float(np.median(given)), expected)
