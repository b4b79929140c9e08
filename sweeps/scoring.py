"""How good the runs of a sweep are: each at its chosen setting, on the seeds that report.

Losses and times are +inf where a lane diverged or missed its target, and NaN where there is no
result yet; what is not known takes no part, and the numbers say how many seeds they rest on.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np

from engine import (
    best_of,
    holm,
    loss_differences,
    median_interval,
    paired_difference,
    performance_ratios,
    sign_flip_p,
    speedup,
    time_to_target,
)
from engine.analysis.claims import CHANCE
from engine.analysis.samples import COUNTS
from engine.analysis.significance import FLIPPED
from sweeps.cells import update_counts, values
from sweeps.choosing import choose, is_without_chance, problems, split
from sweeps.standing import standing

if TYPE_CHECKING:
    from engine import (
        BestOf,
        ConfidenceInterval,
        PairedDifference,
        PerformanceRatios,
        Speedup,
        TimeToTarget,
    )
    from engine.arrays import Array
    from sweeps.cells import Quantity
    from sweeps.choosing import Chosen, Problems, Split
    from sweeps.lanes import Lanes
    from sweeps.spec import SweepSpec
    from sweeps.standing import Standing

Unit: TypeAlias = Literal["epochs", "updates", "gradients"]
UNITS: Final[tuple[Unit, ...]] = ("epochs", "updates", "gradients")
NEAR: Final = 0.1  # of the lowest loss: what ends less above it is worth as much
_DRAWS: Final = 24  # numbers of settings for which the price of tuning is computed, at the most


@dataclass(frozen=True, eq=False)
class Report:
    """What a run reached on a problem at its chosen setting.

    Attributes:
        chosen: that setting; where all diverged, so did every seed here.
        losses: final losses, ``(reporting seeds,)``.
        starts: losses before the first update, likewise.
        times: when each target was reached first, by unit, ``(targets, reporting seeds)``.
        budgets: how long each lane was allowed to take, by unit.
    """

    chosen: Chosen
    losses: Array
    starts: Array
    times: dict[Unit, Array]
    budgets: dict[Unit, float]

    @property
    def known(self) -> Array:
        """Return the final losses of the seeds that are there."""
        return self.losses[~np.isnan(self.losses)]

    @property
    def median(self) -> float:
        """Return the median of the final loss; NaN where no seed is there."""
        return float(np.median(self.known)) if len(self.known) else np.nan

    @property
    def has_learnt(self) -> bool:
        """Tell whether the final loss is below that of the start, in the median of the seeds."""
        return len(self.known) > 0 and bool(self.median < np.nanmedian(self.starts))


@dataclass(frozen=True, eq=False)
class Scoring:
    """All reports of a sweep, and what they rest on.

    Attributes:
        spec: the sweep.
        split: which seeds chose, and which report.
        problems: what was trained.
        reports: by ``[problem][run]``.
    """

    spec: SweepSpec
    split: Split
    problems: Problems
    reports: tuple[tuple[Report, ...], ...]

    @property
    def unit(self) -> Unit:
        """Return the unit in which all settings of a problem have the same budget."""
        units: dict[str, Unit] = {"iterations": "updates", "gradients": "gradients"}
        return units.get(self.spec.experiment.budget.unit, "epochs")

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return the units in which times differ: gradients where some run takes two an update."""
        variants = self.spec.settings.variants
        alike = all(variant.gradients_per_update == 1 for variant in variants)
        return tuple(unit for unit in UNITS if not (alike and unit == "gradients"))


# The last scoring of lanes: several parts of a page ask for the same.
_KNOWN: Final[WeakKeyDictionary[Lanes, tuple[int, Scoring]]] = WeakKeyDictionary()


def scoring(lanes: Lanes, choosing: int) -> Scoring:
    """Return what every run reached on every problem.

    Args:
        lanes: of a sweep, as far as they are trained.
        choosing: how many seeds choose; see ``split``.
    """
    known = _KNOWN.get(lanes)
    if known is None or known[0] != choosing:
        known = choosing, _scored(lanes, choosing)
        _KNOWN[lanes] = known
    return known[1]


def _scored(lanes: Lanes, choosing: int) -> Scoring:
    spec, parts = lanes.spec, split(lanes.spec, choosing)
    losses = values(lanes, "final_loss")
    chosen = choose(spec, losses, parts.choosing)
    seeds = list(parts.reporting)
    starts = np.where(lanes.done, lanes.scores.get(f"{lanes.loss}_first", np.nan), np.nan)
    every = _Every(
        losses[:, seeds],
        starts[:, seeds],
        {unit: _all_times(lanes, unit)[:, :, seeds] for unit in UNITS},
    )
    reports = tuple(tuple(_report(spec, one, every) for one in row) for row in chosen)
    return Scoring(spec, parts, problems(spec), reports)


def _all_times(lanes: Lanes, unit: Unit) -> Array:
    """Return the times of all lanes, ``(targets, settings, seeds)``."""
    count = len(lanes.spec.targets)
    quantity: Quantity = "epochs_to_target" if unit == "epochs" else "updates_to_target"
    found = [values(lanes, quantity, target) for target in range(count)]
    times = np.array(found).reshape(count, *lanes.status.shape)
    return (
        times * lanes.spec.settings.gradients_per_update[:, None] if unit == "gradients" else times
    )


class _Every(NamedTuple):
    """What all settings reached, on the seeds that report; fields as those of ``Report``."""

    losses: Array
    starts: Array
    times: dict[Unit, Array]


def _report(spec: SweepSpec, chosen: Chosen, every: _Every) -> Report:
    per_epoch, in_all = update_counts(spec)
    at = chosen.setting if chosen.setting >= 0 else _first_setting(spec, chosen)
    updates = float(in_all[at])
    budgets: dict[Unit, float] = {
        "epochs": updates / float(per_epoch[at]),
        "updates": updates,
        "gradients": updates * float(spec.settings.gradients_per_update[at]),
    }
    if chosen.setting >= 0:
        own = {unit: times[:, at] for unit, times in every.times.items()}
        return Report(chosen, every.losses[at], every.starts[at], own, budgets)
    nothing = np.inf if chosen.all_diverged else np.nan
    losses = np.full(every.losses.shape[1], nothing)
    own = {unit: np.full((len(spec.targets), len(losses)), nothing) for unit in UNITS}
    return Report(chosen, losses, every.starts[at], own, budgets)


def _first_setting(spec: SweepSpec, chosen: Chosen) -> int:
    """Return the first setting of a run on a problem; of any run where its rule does not apply."""
    variant = spec.settings.variants[chosen.run]
    own = problems(spec).of[variant.first : variant.first + variant.size]
    found = np.flatnonzero(own == chosen.problem)
    if not len(found):
        return problems(spec).firsts[chosen.problem]
    return variant.first + int(found[0])


# Who is first


def loss_standing(found: Scoring, problem: int) -> Standing:
    """Return how the runs stand by their final losses on a problem."""
    rows = [report.losses for report in found.reports[problem]]
    return standing(rows, is_exact=is_without_chance(found.spec))


def time_standing(found: Scoring, problem: int, target: int) -> Standing:
    """Return how the runs stand by the time they took to a target, in the unit of the budget."""
    rows = [report.times[found.unit][target] for report in found.reports[problem]]
    return standing(rows, is_exact=is_without_chance(found.spec))


# Times


def target_times(report: Report, unit: Unit, target: int) -> TimeToTarget | None:
    """Return how often and how soon a run reached a target; None where no seed is there."""
    times = report.times[unit][target]
    known = times[~np.isnan(times)]
    return time_to_target(known, report.budgets[unit]) if len(known) else None


@dataclass(frozen=True, eq=False)
class Profile:
    """How the times of all runs compare, problem by problem.

    Attributes:
        ratios: of the problems that are known; None where each of them is void.
        problems: positions of the problems that are known: those of which every run has a median.
        void: positions of those whose target was reached before the first update, in the median of
            a run: it measures nothing.
        missed: positions of those whose target every run missed.
    """

    ratios: PerformanceRatios | None
    problems: tuple[int, ...]
    void: tuple[int, ...]
    missed: tuple[int, ...]


def profile(found: Scoring, target: int) -> Profile:
    """Return how the times of all runs to a target compare: medians over the seeds that report."""
    times = _median_times(found, target)
    known = np.flatnonzero(~np.isnan(times).any(axis=0))
    own = times[:, known]
    is_void = (own == 0).any(axis=0)
    if is_void.all():
        places = tuple(known.tolist())
        return Profile(None, places, places, ())
    ratios = performance_ratios(own)
    return Profile(
        ratios,
        problems=tuple(known.tolist()),
        void=tuple(known[list(ratios.void)].tolist()),
        missed=tuple(known[list(ratios.missed)].tolist()),
    )


def _median_times(found: Scoring, target: int) -> Array:
    """Return the median time of each run on each problem, ``(runs, problems)``; NaN for none."""

    def median(report: Report) -> float:
        time = target_times(report, found.unit, target)
        return np.nan if time is None else time.median

    return np.array([[median(report) for report in row] for row in found.reports]).T


def speedups(found: Scoring, target: int, reference: int) -> list[Speedup | None]:
    """Return how many times as fast each run is as the reference, over the problems.

    None where no problem is known of both, or each of these is void.

    Args:
        found: what the runs reached.
        target: the position of the target.
        reference: the position of the run that others are compared with.
    """
    times = _median_times(found, target)
    budgets = np.array([[one.budgets[found.unit] for one in row] for row in found.reports]).T
    compared: list[Speedup | None] = []
    for own, allowed in zip(times, budgets, strict=True):
        pair = np.array([own, times[reference]])
        known = ~np.isnan(pair).any(axis=0)
        if (pair[:, known] == 0).any(axis=0).all():
            compared.append(None)
            continue
        most = np.maximum(allowed, budgets[reference])  # they are equal, but for rounding
        compared.append(speedup(pair[0, known], pair[1, known], most[known]))
    return compared


# Differences


@dataclass(frozen=True)
class Compared:
    """How a run's final loss compares with that of the reference, seed by seed.

    Attributes:
        difference: the median difference, wins, ties and losses.
        interval: around the median.
        p: the exact p-value of the sign-flip test; None where it was not asked for, or there are
            too many seeds for it.
        adjusted: the same adjusted for all runs that were tested (Holm).
    """

    difference: PairedDifference
    interval: ConfidenceInterval
    p: float | None = None
    adjusted: float | None = None

    @property
    def has_interval(self) -> bool:
        """Tell whether the interval is as sure as an interval should be."""
        return self.interval.coverage >= 1 - CHANCE


def differences(
    found: Scoring, problem: int, reference: int, *, tested: bool = False
) -> list[Compared | None]:
    """Return how every run compares with the reference on a problem.

    None for the reference itself, and where the two have no seed in common.

    Args:
        found: what the runs reached.
        problem: the position of the problem.
        reference: the position of the run that others are compared with.
        tested: whether p-values are asked for.
    """
    row = found.reports[problem]
    pairs = [_pair(report.losses, row[reference].losses) for report in row]
    pairs[reference] = None
    tests: dict[int, float] = {}
    if tested:
        tests = {
            at: sign_flip_p(loss_differences(*pair))
            for at, pair in enumerate(pairs)
            if pair is not None and len(pair[0]) in FLIPPED
        }
    levels = holm([*tests.values()]).tolist() if tests else []
    adjusted = dict(zip(tests, levels, strict=True))
    return [
        None
        if pair is None
        else Compared(
            paired_difference(*pair),
            median_interval(loss_differences(*pair)),
            tests.get(at),
            adjusted.get(at),
        )
        for at, pair in enumerate(pairs)
    ]


def _pair(losses: Array, reference: Array) -> tuple[Array, Array] | None:
    """Return the losses of two runs in the seeds that both have; None where there are none."""
    both = ~np.isnan(losses) & ~np.isnan(reference)
    return (losses[both], reference[both]) if both.any() else None


def lowest_p(seeds: int) -> float:
    """Return the lowest p-value that so many seeds can have: where one run is better in all."""
    return sign_flip_p(np.ones(seeds))


def fewest_for_interval() -> int:
    """Return the fewest seeds whose differences have an interval that is sure enough."""
    seeds = 1
    while median_interval(np.zeros(seeds)).coverage < 1 - CHANCE:
        seeds += 1
    return seeds


# The price of tuning


def price_of_tuning(lanes: Lanes, run: int, problem: int) -> list[BestOf]:
    """Return how low the best of k settings of a run is, for a few k from 1 to all of them.

    A setting's loss is its median over all seeds; one of which a seed is missing takes no part.
    Nothing is returned where no setting is whole, or where there are too many to count the draws.

    Args:
        lanes: of a sweep.
        run: the position of the run among the variants.
        problem: the position of the problem.
    """
    medians = _tried(lanes, run, problem)
    if len(medians) not in COUNTS:
        return []
    return [best_of(medians, drawn) for drawn in _ladder(len(medians))]


def settings_needed(lanes: Lanes, run: int, problem: int) -> int | None:
    """Return of how many settings the best comes near the lowest of all, in the median of draws.

    It is near where it is higher by at most a share of ``NEAR``. None where ``price_of_tuning`` has
    nothing, or every setting diverged.
    """
    medians = _tried(lanes, run, problem)
    if len(medians) not in COUNTS or np.isinf(medians).all():
        return None
    lowest = float(medians.min())
    near = lowest + NEAR * abs(lowest)
    drawn = range(1, len(medians) + 1)  # the more are drawn, the lower the median ends
    return drawn[bisect_left(drawn, -near, key=lambda count: -best_of(medians, count).median)]


def _tried(lanes: Lanes, run: int, problem: int) -> Array:
    """Return the losses of the settings of a run that are whole: medians over all seeds."""
    variant = lanes.spec.settings.variants[run]
    own = slice(variant.first, variant.first + variant.size)
    is_here = problems(lanes.spec).of[own] == problem
    medians = np.median(values(lanes, "final_loss")[own][is_here], axis=1)
    tried: Array = medians[~np.isnan(medians)]
    return tried


def _ladder(count: int) -> list[int]:
    """Return whole numbers from 1 to a count, few and about equally far apart in their ratios."""
    return np.unique(np.round(np.geomspace(1, count, _DRAWS)).astype(int)).tolist()
