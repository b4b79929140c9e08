"""What the schedules of a training did: the factor of every update, seed by seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.rules.schedules import Plateau, Watched

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.counts import Counts
    from engine.training.history import History, RunHistory


def schedule_factors(history: History, position: int, steps: Integers) -> Array | None:
    """Return the factors of some updates of a run, ``(seeds, updates)``.

    NaN beyond the end of a seed. The factor of a schedule that watches the validation loss is
    what followed from the recorded losses; None where not every end of an epoch was recorded.

    Args:
        history: of the comparison.
        position: of the run.
        steps: numbers of the updates, from 1.
    """
    experiment, run = history.experiment, history.runs[position]
    spec = experiment.runs[position]
    counts, total = experiment.counts(spec), experiment.iterations(spec)
    factors = np.tile(spec.schedule.factors(steps, counts, total), (len(run.status), 1))
    if isinstance(spec.schedule, Plateau):
        watched = _watched(run, spec.schedule, counts, total, steps)
        if watched is None:
            return None
        factors *= watched
    return np.where(steps <= run.last_step[:, None], factors, np.nan)


def _watched(
    run: RunHistory, schedule: Plateau, counts: Counts, total: int, steps: Integers
) -> Array | None:
    """Return what the validation losses made of the factors, ``(seeds, updates)``."""
    losses = run.validation_loss
    if losses is None:
        return None
    ends = np.arange(run.per_epoch, int(run.last_step.max()) + 1, run.per_epoch)
    at = np.searchsorted(losses.steps, ends)
    if (at >= len(losses.steps)).any() or (losses.steps[at] != ends).any():
        return None
    factors = np.ones((len(run.status), len(steps)))
    for seed, last in enumerate(run.last_step):
        seen = Watched()
        for end, loss in zip(ends, losses.last[seed, at], strict=True):
            if end >= last or not schedule.is_warm(int(end), counts, total):
                continue
            seen = schedule.watch(seen, float(loss))
            factors[seed, steps > end] = seen.factor
    return factors
