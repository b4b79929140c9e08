"""What a finished sweep answers: each run's best setting, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from engine.limits import LIMITS
from engine.rules import RULES, hyperparameters
from engine.spec import by_name

if TYPE_CHECKING:
    from pathlib import Path

    from engine.arrays import Array
    from sweeps.axes import Axis
    from sweeps.settings import Settings, Variant
    from sweeps.spec import SweepSpec


@dataclass(frozen=True, eq=False)
class BestSetting:
    """The setting at which a run ends lowest.

    Attributes:
        rule: the name of the run's rule.
        setting: the values of its axes, by their fields; empty if it diverged at every setting.
        losses: the final validation (or training) losses there, ``(seeds,)``; +inf where it
            diverged.
        tried: how many settings the run has.
        edges: fields whose best value is the first or last of those tried, though others beyond
            are allowed.
    """

    rule: str
    setting: dict[str, Any]
    losses: Array
    tried: int
    edges: tuple[str, ...]


def best_settings(spec: SweepSpec, results: Path) -> list[BestSetting]:
    """Return the best setting of every run, by the median of the final loss over the seeds.

    A setting of which a lane could not be trained is none. Losses of several problems say nothing
    about each other, so there is no answer where axes make more than one.

    Args:
        spec: the sweep.
        results: its final table.
    """
    settings = spec.settings
    if settings.problem_axes:
        return []
    with results.open("rb") as file:
        table = pq.read_table(file, columns=["validation_loss_final", "training_loss_final"])
    losses = table["validation_loss_final"]
    if losses.null_count == len(losses):
        losses = table["training_loss_final"]
    every = losses.to_numpy().reshape(len(settings), -1)
    return [_best(settings, variant, every) for variant in settings.variants]


def _best(settings: Settings, variant: Variant, every: Array) -> BestSetting:
    own = every[variant.first : variant.first + variant.size]
    medians = np.median(own, axis=1)  # NaN where a lane is missing
    medians[np.isnan(medians)] = np.inf
    place = int(np.argmin(medians))
    rule = variant.run["optimizer"]["name"]
    if np.isinf(medians[place]):
        return BestSetting(rule, {}, own[place], variant.size, ())
    codes = settings.codes(np.array([variant.first + place]))[:, 0].tolist()
    values = {settings.axes[at].field: settings.levels[at][codes[at]] for at in variant.axes}
    edges = tuple(
        settings.axes[at].field
        for at in variant.axes
        if is_at_edge(settings.axes[at], settings.levels[at], values, rule)
    )
    return BestSetting(rule, values, own[place], variant.size, edges)


def is_at_edge(axis: Axis, levels: list[Any], values: dict[str, Any], rule: str) -> bool:
    """Tell whether a number is the lowest or highest that was tried, and others beyond it exist."""
    value = values[axis.field]
    numbers = [level for level in levels if isinstance(level, (int, float))]
    if len(numbers) < 2 or value not in numbers:
        return False
    name = axis.path[-1]
    allowed = LIMITS.get(name)
    if axis.path[0] == "optimizer":
        allowed = hyperparameters(by_name(RULES)[rule])[name]
    low = value == min(numbers) and (allowed is None or value > allowed.low)
    has_all = "all" in levels  # no batch is larger
    high = value == max(numbers) and not has_all and (allowed is None or value < allowed.high)
    return low or high
