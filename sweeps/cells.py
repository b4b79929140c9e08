"""What a sweep shows: a number for every setting, and the best setting in each cell of a map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from engine.experiment import Sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Array, Booleans, Integers
    from sweeps.dimensions import Dimension
    from sweeps.lanes import Lanes
    from sweeps.spec import SweepSpec

Quantity: TypeAlias = Literal[
    "final_loss",
    "final_training_loss",
    "best_loss",
    "final_score",
    "epochs_to_target",
    "updates_to_target",
]
NONE: Final = -1  # stands for a setting where there is none
_SPECS: Final = 16  # sweeps of which something is remembered


def quantities(lanes: Lanes) -> tuple[Quantity, ...]:
    """Return the quantities that the lanes have."""
    found: list[Quantity] = ["final_loss"]
    if lanes.loss == "validation_loss":
        found.append("final_training_loss")
    found.append("best_loss")
    if "training_score_final" in lanes.scores:
        found.append("final_score")
    if lanes.spec.targets:
        found += ["epochs_to_target", "updates_to_target"]
    return tuple(found)


def values(lanes: Lanes, quantity: Quantity, target: int = 0) -> Array:
    """Return a quantity of every lane, ``(settings, seeds)``; NaN where there is no result.

    Losses and times are +inf where a lane diverged or never reached the target; a score is -inf
    where it diverged, which has none.

    Args:
        lanes: of a sweep.
        quantity: final and best losses are of validation rows where there are any, and so is the
            final score.
        target: the position of the target, for times.
    """
    if quantity in {"epochs_to_target", "updates_to_target"}:
        steps = np.where(lanes.done, lanes.first_steps[target], np.nan)
        steps[lanes.diverged] = np.inf
        if quantity == "epochs_to_target":
            steps /= update_counts(lanes.spec)[0][:, None]
        return steps
    names = {
        "final_loss": ("validation_loss_final", "training_loss_final"),
        "final_training_loss": ("training_loss_final",),
        "best_loss": ("validation_loss_best", "training_loss_best"),
        "final_score": ("validation_score_final", "training_score_final"),
    }[quantity]
    found = np.full(lanes.status.shape, np.nan)
    for name in names:  # a setting without validation rows has the training loss
        if name in lanes.scores:
            found = np.where(np.isnan(found), lanes.scores[name], found)
    found[lanes.diverged] = -np.inf if quantity == "final_score" else np.inf
    return found


@lru_cache(maxsize=_SPECS)
def update_counts(spec: SweepSpec) -> tuple[Integers, Integers]:
    """Return how many updates each setting makes in an epoch and in all, ``(settings,)`` each."""
    settings = spec.settings
    indices = np.arange(len(settings))
    _, firsts, of = np.unique(
        settings.kinds(indices), axis=1, return_index=True, return_inverse=True
    )
    counts = []
    for place in firsts.tolist():
        text = settings.experiment_text(indices[place : place + 1], spec.experiment.seeds[0])
        one = Sweep.model_validate_json(text)
        counts.append((one.counts(one.runs[0]).per_epoch, one.iterations(one.runs[0])))
    per_epoch, in_all = np.array(counts)[of.ravel()].T
    return per_epoch, in_all


@dataclass(frozen=True, eq=False)
class Summary:
    """A quantity of every setting over the seeds that are trained, ``(settings,)`` each.

    Attributes:
        median: NaN where no seed is trained.
        first_quartile: the first quartile, an observed value.
        third_quartile: the third quartile, an observed value.
        n: how many seeds are trained.
        diverged: how many of them diverged.
    """

    median: Array
    first_quartile: Array
    third_quartile: Array
    n: Integers
    diverged: Integers


def summary(lanes: Lanes, quantity: Quantity, target: int = 0) -> Summary:
    """Return medians and quartiles over the seeds, as in ``engine.analysis.statistics.spread``.

    What diverged counts as the worst there is.
    """
    ordered = np.sort(values(lanes, quantity, target), axis=1)  # NaN comes last
    last = np.maximum(np.count_nonzero(~np.isnan(ordered), axis=1) - 1, 0)
    rows = np.arange(len(ordered))
    low, high = ordered[rows, last // 2], ordered[rows, -(-last // 2)]
    return Summary(
        median=(low + high) / 2,
        # Observed values, not interpolated ones: there is nothing between a number and infinity.
        first_quartile=ordered[rows, last // 4],
        third_quartile=ordered[rows, -(-3 * last // 4)],
        n=lanes.done.sum(axis=1),
        diverged=lanes.diverged.sum(axis=1),
    )


def is_higher_better(quantity: Quantity) -> bool:
    """Tell whether more of a quantity is better: it is a score."""
    return quantity == "final_score"


@dataclass(frozen=True, eq=False)
class Cells:
    """A map: in each cell the best of the settings that belong there, ``(rows, columns)`` each.

    Attributes:
        setting: the index of that setting; -1 where none is trained.
        median: its median; NaN where none is trained.
        n: how many of its seeds are trained.
        diverged: how many of them diverged.
        among: how many settings belong to the cell.
        trained: how many of those have a seed that is trained.
    """

    setting: Integers
    median: Array
    n: Integers
    diverged: Integers
    among: Integers
    trained: Integers


def cells(
    found: Summary, rows: Dimension, columns: Dimension, kept: Booleans, *, higher: bool = False
) -> Cells:
    """Return a map over two dimensions.

    Args:
        found: the quantity that is shown.
        rows: of the map; the dimension of the columns makes a map of one row.
        columns: of the map.
        kept: which settings take part, ``(settings,)``.
        higher: whether more is better.
    """
    is_line = rows.field == columns.field
    shape = 1 if is_line else len(rows), len(columns)
    row_places = np.minimum(rows.places, 0) if is_line else rows.places
    indices = np.flatnonzero(kept & (row_places >= 0) & (columns.places >= 0))
    of = row_places[indices] * len(columns) + columns.places[indices]
    setting = best_of_groups(found.median, indices, of, shape[0] * shape[1], higher=higher)
    is_known = setting != NONE
    trained = np.bincount(of[found.n[indices] > 0], minlength=setting.size)

    def taken(numbers: Array | Integers, nothing: float) -> Array:
        chosen: Array = np.where(is_known, numbers[setting], nothing).reshape(shape)
        return chosen

    return Cells(
        setting=setting.reshape(shape),
        median=taken(found.median, np.nan),
        n=taken(found.n, 0).astype(np.int64),
        diverged=taken(found.diverged, 0).astype(np.int64),
        among=np.bincount(of, minlength=setting.size).reshape(shape),
        trained=trained.reshape(shape),
    )


def best_of_groups(
    medians: Array, indices: Integers, of: Integers, groups: int, *, higher: bool = False
) -> Integers:
    """Return the index of the best setting of each group, the first of equals; -1 where none is.

    Args:
        medians: of all settings; NaN where none is known.
        indices: settings that take part.
        of: the group of each.
        groups: how many there are.
        higher: whether more is better.
    """
    standing = -medians[indices] if higher else medians[indices]
    order = np.lexsort((indices, standing, of))  # NaN comes last
    order = order[~np.isnan(standing[order])]
    best = np.full(groups, NONE)
    sorted_groups = of[order]
    firsts = np.flatnonzero(np.diff(sorted_groups, prepend=-1))
    best[sorted_groups[firsts]] = indices[order[firsts]]
    return best


def held_back(dims: tuple[Dimension, ...], held: Mapping[str, int]) -> Booleans:
    """Tell which settings have the values at which dimensions are held, ``(settings,)``.

    A setting that has no such field is not held by it.

    Args:
        dims: those of the sweep.
        held: the place of a dimension, by its field.
    """
    kept = np.ones(len(dims[0].places), dtype=bool)
    for one in dims:
        if one.field in held:
            kept &= (one.places == held[one.field]) | (one.places == NONE)
    return kept
