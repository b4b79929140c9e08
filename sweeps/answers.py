"""What a finished sweep answers: each run's best setting, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sweeps.choosing import choose, setting_values
from sweeps.store import read_columns

if TYPE_CHECKING:
    from pathlib import Path

    from engine.arrays import Array
    from sweeps.choosing import Chosen
    from sweeps.spec import SweepSpec


@dataclass(frozen=True, eq=False)
class BestSetting:
    """The setting at which a run ends lowest.

    Attributes:
        setting: the values of its axes, by their fields; empty if it diverged at every setting.
        losses: the final validation (or training) losses there, ``(seeds,)``; +inf where it
            diverged.
        tried: how many settings the run has.
        edges: fields whose best value is the first or last of those tried, though others beyond
            are allowed.
    """

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
        table = read_columns(file, ("validation_loss_final", "training_loss_final"))
    losses = table["validation_loss_final"]
    if losses.null_count == len(losses):
        losses = table["training_loss_final"]
    every = losses.to_numpy().reshape(len(settings), -1)
    (chosen,) = choose(spec, every, range(every.shape[1]))
    return [_best(spec, one, every) for one in chosen]


def _best(spec: SweepSpec, chosen: Chosen, every: Array) -> BestSetting:
    if chosen.setting < 0:
        return BestSetting({}, np.full(every.shape[1], np.inf), chosen.tried, ())
    values = setting_values(spec, chosen.setting)
    return BestSetting(values, every[chosen.setting], chosen.tried, chosen.edges)
