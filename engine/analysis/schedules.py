"""What the schedules of a training did: the factor of every update, seed by seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.rules.schedules import ReduceOnPlateau, Watched

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
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
    if isinstance(spec.schedule, ReduceOnPlateau):
        if not _is_known(run):
            return None
        factors *= watched_factors(history, position, steps)
    return np.where(steps <= run.last_step[:, None], factors, np.nan)


def _is_known(run: RunHistory) -> bool:
    """Tell whether the validation loss was recorded where every epoch ended."""
    ends = np.arange(run.per_epoch, int(run.last_step.max()) + 1, run.per_epoch)
    return run.validation_loss is not None and bool(np.isin(ends, run.validation_loss.steps).all())


def watched_factors(history: History, position: int, steps: Integers) -> Array:
    """Return what the recorded validation losses made of some updates' factors.

    ``(seeds, updates)``; ones unless the run's schedule watches them. The factor in which a seed
    ended goes on for ever.

    Args:
        history: of the comparison.
        position: of the run.
        steps: numbers of the updates, from 1.
    """
    experiment, run = history.experiment, history.runs[position]
    spec, losses = experiment.runs[position], run.validation_loss
    factors = np.ones((len(run.status), len(steps)))
    if not isinstance(spec.schedule, ReduceOnPlateau) or losses is None:
        return factors
    counts, total = experiment.counts(spec), experiment.iterations(spec)
    ends = [
        (at, step)
        for at, step in enumerate(losses.steps.tolist())
        if step and step % run.per_epoch == 0 and spec.schedule.is_warm(step, counts, total)
    ]
    for seed, last in enumerate(run.last_step):
        seen = Watched()
        for at, step in ends:
            if step <= last:
                seen = spec.schedule.watch(seen, float(losses.last[seed, at]))
                factors[seed, steps > step] = seen.factor
    return factors
