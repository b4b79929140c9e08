"""Which setting of a run is best on a problem, and on which seeds that was decided.

A winner looks better on the seeds on which it won than it is, so some seeds choose and the others
report.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.analysis.settings import is_exact
from sweeps.axes import RUN_FIELDS
from sweeps.cells import NONE, best_of_groups
from sweeps.edges import edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array, Integers
    from sweeps.spec import SweepSpec

_SPECS: Final = 16  # sweeps of which something is remembered


@dataclass(frozen=True)
class Split:
    """Which seeds choose the best settings, and which report how good these are.

    Attributes:
        choosing: positions of the seeds that choose.
        reporting: positions of the others; the same ones where there are no others.
    """

    choosing: tuple[int, ...]
    reporting: tuple[int, ...]

    @property
    def is_apart(self) -> bool:
        """Tell whether no seed does both."""
        return not set(self.choosing) & set(self.reporting)


def split(spec: SweepSpec, choosing: int) -> Split:
    """Return which seeds of a sweep choose, the first ones, and which report.

    One seed does both. So does the first one where nothing is random: all others equal it.

    Args:
        spec: the sweep.
        choosing: how many choose; 0 is half of them. At least one is left to report.
    """
    count = 1 if is_without_chance(spec) else len(spec.experiment.seeds)
    if count == 1:
        return Split((0,), (0,))
    first = min(choosing or count // 2, count - 1)
    return Split(tuple(range(first)), tuple(range(first, count)))


def is_without_chance(spec: SweepSpec) -> bool:
    """Tell whether nothing is random in a sweep: a test function, never with noise."""
    varied = {axis.field for axis in spec.axes}
    return is_exact(spec.experiment) and not varied & {"problem", "problem.noise"}


@dataclass(frozen=True, eq=False)
class Problems:
    """What is trained, for each combination of the values of the axes that are not of runs.

    Attributes:
        of: the position of each setting's problem, ``(settings,)``.
        firsts: the index of the first setting of each problem.
        fields: the values of each problem's axes, by their names.
    """

    of: Integers
    firsts: tuple[int, ...]
    fields: tuple[dict[str, Any], ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.firsts)


@lru_cache(maxsize=_SPECS)
def problems(spec: SweepSpec) -> Problems:
    """Return the problems of a sweep: one where no axis makes more."""
    settings = spec.settings
    axes = settings.problem_axes
    count = len(settings)
    if not axes:
        return Problems(np.zeros(count, dtype=np.int64), (0,), ({},))
    codes, firsts, of = np.unique(
        settings.codes(np.arange(count))[axes], axis=1, return_index=True, return_inverse=True
    )
    fields = tuple(
        {
            settings.axes[at].field: settings.levels[at][code]
            for at, code in zip(axes, own, strict=True)
        }
        for own in codes.T.tolist()
    )
    return Problems(of.ravel(), tuple(firsts.tolist()), fields)


@dataclass(frozen=True)
class Chosen:
    """The best setting of a run on a problem.

    Attributes:
        run: the position of the run among the variants.
        problem: the position of the problem.
        setting: its index; -1 where none is known, or every one diverged.
        among: how many settings it was chosen among: those of which no seed that chooses is
            missing.
        tried: how many settings the run has on this problem; 0 where its rule does not apply.
        edges: fields whose value is the first or last of those tried, though others beyond are
            allowed.
    """

    run: int
    problem: int
    setting: int
    among: int
    tried: int
    edges: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Tell whether there was anything to choose among."""
        return self.among > 0

    @property
    def all_diverged(self) -> bool:
        """Tell whether every setting it was chosen among diverged, in the median of the seeds."""
        return self.is_known and self.setting == NONE


def choose(spec: SweepSpec, losses: Array, seeds: Sequence[int]) -> list[list[Chosen]]:
    """Return the best setting of every run on every problem, by ``[problem][run]``.

    It has the lowest median of the loss over the seeds that choose, and is the first of equals. A
    setting of which one of them is missing takes no part.

    Args:
        spec: the sweep.
        losses: ``(settings, seeds)``; +inf where a lane diverged, NaN where there is no result.
        seeds: positions of those that choose.
    """
    settings, known = spec.settings, problems(spec)
    runs = len(settings.variants)
    indices = np.arange(len(settings))
    medians = np.median(losses[:, list(seeds)], axis=1)  # NaN where one is missing
    groups = known.of * runs + settings.variants_of(indices)
    count = len(known) * runs
    ends = np.where(np.isfinite(medians), medians, np.nan)
    best = best_of_groups(ends, indices, groups, count).tolist()
    among = np.bincount(groups[~np.isnan(medians)], minlength=count).tolist()
    tried = np.bincount(groups, minlength=count).tolist()
    found = [
        Chosen(
            run=at % runs,
            problem=at // runs,
            setting=best[at],
            among=among[at],
            tried=tried[at],
            edges=() if best[at] == NONE else _edges_of_runs(spec, best[at]),
        )
        for at in range(count)
    ]
    return [found[first : first + runs] for first in range(0, count, runs)]


def setting_values(spec: SweepSpec, setting: int) -> dict[str, Any]:
    """Return the values of a setting's axes of runs, by their fields."""
    settings = spec.settings
    codes: list[int] = settings.codes(np.array([setting]))[:, 0].tolist()
    return {
        axis.field: settings.levels[at][codes[at]]
        for at, axis in enumerate(settings.axes)
        if axis.is_of_runs and codes[at] != NONE
    }


def _edges_of_runs(spec: SweepSpec, setting: int) -> tuple[str, ...]:
    """Return the fields of runs in which a setting lies at an edge: problems are no choice."""
    return tuple(field for field in edges(spec, setting) if field.split(".")[0] in RUN_FIELDS)
