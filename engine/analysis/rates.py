"""Which learning rate of a sweep did best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.training.scores import Scores


def best_swept_rates(sweep: Scores) -> dict[str, float]:
    """Return each rule's learning rate with the lowest final loss, by the rule's name.

    A rule that diverged at every rate is left out. If losses tie, the first rate counts.

    Args:
        sweep: scores of an ``engine.rate_sweep``.
    """
    best: dict[str, tuple[float, float]] = {}
    for run, spec in zip(sweep.runs, sweep.experiment.runs, strict=True):
        loss, name = run.median_loss, spec.optimizer.name
        if loss < best.get(name, (math.inf, 0.0))[0]:
            best[name] = (loss, spec.learning_rate)
    return {name: rate for name, (_loss, rate) in best.items()}
