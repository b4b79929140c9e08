"""Which learning rate of a sweep did best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.training.scores import Scores


def best_swept_rates(sweep: Scores) -> dict[str, float]:
    """Return the learning rate with the lowest final loss of every rule, by the rule's name.

    A rule that diverged at every rate has none. Of equal losses the first counts.

    Args:
        sweep: scores of ``engine.rate_sweep``.
    """
    best: dict[str, tuple[float, float]] = {}
    for run, spec in zip(sweep.runs, sweep.experiment.runs, strict=True):
        loss, name = run.median_loss, spec.optimizer.name
        if loss < best.get(name, (math.inf, 0.0))[0]:
            best[name] = (loss, spec.learning_rate)
    return {name: rate for name, (_loss, rate) in best.items()}
