"""Epochs, batches and iterations: the arithmetic, in one place for training and pages alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.arrays import Integers

Sampling: TypeAlias = Literal["shuffled", "replacement"]
LastBatch: TypeAlias = Literal["kept", "dropped"]
Unit: TypeAlias = Literal["epochs", "iterations", "rows_seen"]

# Second entropy word of every random stream, so that no two streams of one seed are alike
# (0 and 1 belong to the data: rows and split).
_START_STREAM = 2
_ORDER_STREAMS: dict[Sampling, int] = {"shuffled": 3, "replacement": 4}


def start_generator(seed: int) -> np.random.Generator:
    """Return the generator of a seed's initial weights."""
    return np.random.default_rng([seed, _START_STREAM])


@dataclass(frozen=True)
class Counts:
    """How rows are cut into batches.

    Attributes:
        rows: training rows N.
        batch_size: rows of a batch B, 1 to N.
        last_batch: whether the short batch at the end of an epoch is kept or dropped.
    """

    rows: int
    batch_size: int
    last_batch: LastBatch = "kept"

    @property
    def per_epoch(self) -> int:
        """Return iterations per epoch: ceil(N / B), floor(N / B) if the short batch is dropped."""
        whole, rest = divmod(self.rows, self.batch_size)
        return whole + (rest > 0 and self.last_batch == "kept")

    @property
    def last_batch_size(self) -> int:
        """Return the rows of an epoch's last batch."""
        if self.last_batch == "dropped":
            return self.batch_size
        return self.rows - (self.per_epoch - 1) * self.batch_size

    @property
    def rows_per_epoch(self) -> int:
        """Return the rows that an epoch's batches hold together."""
        return min(self.per_epoch * self.batch_size, self.rows)

    def rows_seen(self, iterations: int) -> int:
        """Return the rows that so many iterations used."""
        epochs, rest = divmod(iterations, self.per_epoch)
        return epochs * self.rows_per_epoch + rest * self.batch_size

    def epochs(self, iterations: int) -> float:
        """Return how many epochs so many iterations are."""
        return iterations / self.per_epoch

    def iterations(self, amount: int, unit: Unit) -> int:
        """Return the iterations of a budget; rows end at the first step that reaches them."""
        if unit == "epochs":
            return amount * self.per_epoch
        if unit == "iterations":
            return amount
        epochs, rest = divmod(amount, self.rows_per_epoch)
        return epochs * self.per_epoch + min(-(-rest // self.batch_size), self.per_epoch)


def row_order(rows: int, seed: int, sampling: Sampling) -> Iterator[Integers]:
    """Yield the row numbers of one epoch after another, ``(rows,)`` each.

    Every run of a seed reads the same stream and cuts it by its own batch size: a new permutation
    of all rows per epoch, or as many independent draws.
    """
    generator = np.random.default_rng([seed, _ORDER_STREAMS[sampling]])
    while True:
        if sampling == "shuffled":
            yield generator.permutation(rows)
        else:
            yield generator.integers(rows, size=rows)
