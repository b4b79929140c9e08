"""The same run with several batch sizes, alone or with several learning rates."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from engine.analysis.rates import further_rates
from engine.errors import InvalidInput
from engine.experiment import Experiment, Sweep, misfit
from engine.limits import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal, TypeAlias

    from engine.arrays import Array
    from engine.experiment import Run
    from engine.training.scores import Scores

    BatchSize: TypeAlias = int | Literal["all"]


def batch_size_runs(
    experiment: Experiment,
    position: int,
    sizes: Sequence[BatchSize],
    *,
    record_every: int | None = None,
) -> Experiment:
    """Return the comparison of one run with itself at several batch sizes.

    Args:
        experiment: gives the problem, the budget, the stopping rules and the seeds.
        position: position of the run in it.
        sizes: batch sizes, 1 to the training rows, or "all".
        record_every: as in ``Experiment``.

    Raises:
        InvalidInput: there is no such run, or a batch size does not fit its rule or the rows.
    """
    runs = [_run(experiment, position, size) for size in sizes]
    fields = {**experiment.model_dump(), "runs": runs, "record_every": record_every}
    with _of_run(position):
        return Experiment.model_validate(fields)


def batch_rate_sweep(
    experiment: Experiment, position: int, sizes: Sequence[BatchSize], rates: Sequence[float]
) -> Sweep:
    """Return the sweep of one run over every batch size and learning rate.

    Runs are ordered by ``sizes``, then by ``rates``. There are no stopping rules, so that all runs
    get the same budget.

    Raises:
        InvalidInput: there is no such run, or a batch size or rate does not fit.
    """
    runs = [
        _run(experiment, position, size).model_copy(update={"learning_rate": rate})
        for size in sizes
        for rate in rates
    ]
    fields = {**experiment.model_dump(), "runs": runs, "stopping": {}, "record_every": None}
    with _of_run(position):
        return Sweep.model_validate(fields)


def batch_size_ladder(rows: int) -> tuple[BatchSize, ...]:
    """Return 1, 4, 16, ... below the number of rows, and "all"."""
    powers = [4**power for power in range(rows.bit_length()) if 4**power < rows]
    return (*powers, "all")


def final_losses(sweep: Scores) -> Array:
    """Return each run's median final loss, ``(runs,)``; +inf if half of the seeds diverged."""
    return np.array([run.median_loss for run in sweep.runs])


def iterations_to(sweep: Scores, target: float) -> Array:
    """Return the median iterations to a training loss at or below a target, ``(runs,)``.

    Only recorded steps count (``engine.training.records``). +inf if half of the seeds never reached
    the target.

    Args:
        sweep: scores for which this target was given.
        target: a training loss.
    """
    position = sweep.targets.index(target)
    return np.array([np.median(run.first_steps[position]) for run in sweep.runs])


def edge_of_rates(values: Array, rates: Sequence[float]) -> Literal["low", "high"] | None:
    """Return at which end of the rates the lowest value lies: a lower one may lie beyond it.

    None if it lies between others, or equal ones do; if no value is finite; or where no further
    rate is allowed. Batch sizes have no such edge, since 1 and all rows are ends of their own.

    Args:
        values: of a sweep, ``(sizes, rates)``; +inf where a run diverged or has none.
        rates: rising learning rates.
    """
    lowest = values.min()
    if not np.isfinite(lowest):
        return None
    places = set(np.flatnonzero((values == lowest).any(axis=0)).tolist())
    if places <= {0} and further_rates(rates, "low"):
        return "low"
    return "high" if places <= {len(rates) - 1} and further_rates(rates, "high") else None


@contextmanager
def _of_run(position: int) -> Iterator[None]:
    """Name the run that the sizes are tried for in an error of any of its copies."""
    try:
        yield
    except InvalidInput as error:
        raise error.at(re.sub(r"^runs\.\d+", f"runs.{position}", error.field)) from None


def _run(experiment: Experiment, position: int, size: BatchSize) -> Run:
    """Return one of the runs with another batch size."""
    runs = experiment.runs
    if not 0 <= position < len(runs):
        raise InvalidInput("out_of_range", "run", position, Interval(0, len(runs) - 1))
    run = runs[position].model_copy(update={"batch_size": size})
    cause = misfit(experiment.problem, run)
    if cause is not None:
        raise InvalidInput("conflict", f"runs.{position}.optimizer", run.optimizer.name, cause)
    return run
