"""Which runs are first, and which are told apart from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import paired_difference
from engine.analysis.claims import is_told_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array


@dataclass(frozen=True)
class Standing:
    """How runs stand beside each other, seed by seed, by something of which less is better.

    Attributes:
        first: the run with the lowest median, and those that are not told apart from it.
        higher: those that are.
        lost: those without a finite median: they diverged, or missed the target, in half of the
            seeds or more.
        unknown: those without a result.
        seeds: in how many seeds they are compared.
        is_exact: whether nothing is random, so that any difference is one.
    """

    first: tuple[int, ...]
    higher: tuple[int, ...]
    lost: tuple[int, ...]
    unknown: tuple[int, ...]
    seeds: int
    is_exact: bool


def standing(rows: Sequence[Array], *, is_exact: bool) -> Standing:
    """Return how runs stand, in the seeds in which all of them have a result.

    Args:
        rows: numbers of each run, ``(seeds,)``; +inf for the worst there is, NaN for none.
        is_exact: whether nothing is random.
    """
    every = np.array(rows)
    is_known = ~np.isnan(every).all(axis=1)
    known = np.flatnonzero(is_known)
    shared = every[known][:, ~np.isnan(every[known]).any(axis=0)]
    unknown = tuple(np.flatnonzero(~is_known).tolist())
    if not shared.size:
        return Standing((), (), (), tuple(range(len(rows))), 0, is_exact)
    medians = np.median(shared, axis=1)
    lost = tuple(known[np.isinf(medians)].tolist())
    best = int(np.argmin(medians))
    first: list[int] = []
    higher: list[int] = []
    for place in np.argsort(medians, kind="stable")[: len(known) - len(lost)].tolist():
        is_worse = medians[place] > medians[best]
        if not is_exact:
            is_worse = is_told_apart(paired_difference(shared[place], shared[best]))
        (higher if is_worse else first).append(int(known[place]))
    return Standing(tuple(first), tuple(higher), lost, unknown, shared.shape[1], is_exact)
