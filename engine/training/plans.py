"""Which rows are used when: the batches of a plan, from the same stream of rows as a training."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final, Self

import numpy as np
from pydantic import model_validator

from engine.counts import Counts, LastBatch, Sampling, row_order
from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval
from engine.spec import Spec

if TYPE_CHECKING:
    from engine.arrays import Integers
    from engine.experiment import Experiment

EPOCHS: Final = Interval(1, 5)  # of a timeline; more would be too small to see
DRAWN_ROWS: Final = Interval(1, LIMITS["rows"].high)  # of a timeline: those of a training


class Plan(Spec):
    """A way to go through the training rows, for counting.

    Attributes:
        rows: training rows N.
        batch_size: rows per batch B, 1 to N.
        epochs: number of epochs.
        sampling: a new permutation of all rows every epoch, or independent draws with replacement.
        last_batch: whether the short batch at the end of an epoch is kept or dropped.
    """

    rows: Annotated[int, LIMITS["counted_rows"]] = 1_000
    batch_size: Annotated[int, LIMITS["counted_rows"]] = 100
    epochs: Annotated[int, LIMITS["epochs"]] = 1
    sampling: Sampling = "shuffled"
    last_batch: LastBatch = "kept"

    @model_validator(mode="after")
    def _batch_fits(self) -> Self:
        Counts(self.rows, self.batch_size)
        return self

    @property
    def counts(self) -> Counts:
        """Return how the rows are cut into batches."""
        return Counts(self.rows, self.batch_size, self.last_batch)

    @property
    def iterations(self) -> int:
        """Return how many iterations all epochs take."""
        return self.counts.iterations(self.epochs, "epochs")

    @property
    def rows_seen(self) -> int:
        """Return how many rows all iterations use."""
        return self.counts.rows_seen(self.iterations)


def plans_of(experiment: Experiment) -> tuple[Plan, ...]:
    """Return the plan of every run, with the budget rounded to whole epochs within the limits.

    Args:
        experiment: one whose problem has rows.
    """
    plans: list[Plan] = []
    for run in experiment.runs:
        counts = experiment.counts(run)
        epochs = max(1, round(counts.epochs(experiment.iterations(run))))
        plans.append(
            Plan(
                rows=counts.rows,
                batch_size=counts.batch_size,
                epochs=min(epochs, int(LIMITS["epochs"].high)),
                sampling=run.sampling,
                last_batch=run.last_batch,
            )
        )
    return tuple(plans)


@dataclass(frozen=True, eq=False)
class Timeline:
    """The rows of some epochs, in the order in which they are used.

    Attributes:
        counts: how they are cut into batches.
        sampling: how they were drawn.
        rows: row numbers from 0, ``(epochs, rows per epoch)``.
        iterations: the update that uses each row, counted from 1 over all epochs, likewise.
    """

    counts: Counts
    sampling: Sampling
    rows: Integers
    iterations: Integers

    @property
    def times_seen(self) -> Integers:
        """Return how often every row was used in every epoch, ``(epochs, N)``."""
        rows = self.counts.rows
        return np.array([np.bincount(used, minlength=rows) for used in self.rows])


def timeline(counts: Counts, sampling: Sampling, seed: int, epochs: int) -> Timeline:
    """Return which rows the first epochs use, and when.

    The rows are those of ``engine.batches``: the stream that every training of the seed reads.

    Raises:
        InvalidInput: the number of epochs is out of range, or there are more rows than a training
            may have.
    """
    if epochs not in EPOCHS:
        raise InvalidInput("out_of_range", "epochs", epochs, EPOCHS)
    if counts.rows not in DRAWN_ROWS:
        raise InvalidInput("out_of_range", "rows", counts.rows, DRAWN_ROWS)
    used = counts.rows_per_epoch
    orders = islice(row_order(counts.rows, seed, sampling), epochs)
    rows = np.stack([order[:used] for order in orders])
    within = np.arange(used) // counts.batch_size + 1
    iterations = within + counts.per_epoch * np.arange(epochs)[:, None]
    return Timeline(counts, sampling, rows, iterations)
