"""Epochs, batches and iterations: one arithmetic for training and pages alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np

from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.arrays import Array, Integers

Sampling: TypeAlias = Literal["shuffled", "replacement"]
LastBatch: TypeAlias = Literal["kept", "dropped"]
Number = TypeVar("Number", int, "Integers")
Unit: TypeAlias = Literal["epochs", "iterations", "rows_seen", "gradients"]

# The second entropy word of each random stream, so that no two streams of a seed are alike
# (0 and 1 belong to the data: rows and split).
_START_STREAM = 2
_ORDER_STREAMS: dict[Sampling, int] = {"shuffled": 3, "replacement": 4}
_NOISE_STREAM = 7  # 5 and 6 are random planes and subsamples of surfaces


def start_generator(seed: int) -> np.random.Generator:
    """Return the generator of a seed's initial weights."""
    return np.random.default_rng([seed, _START_STREAM])


def noise_generator(noise_seed: int, seed: int) -> np.random.Generator:
    """Return the generator of a seed's gradient noise."""
    return np.random.default_rng([seed, _NOISE_STREAM, noise_seed])


@dataclass(frozen=True)
class Counts:
    """How rows are cut into batches.

    Attributes:
        rows: training rows N.
        batch_size: rows per batch B, 1 to N.
        last_batch: whether the short batch at the end of an epoch is kept or dropped.

    Raises:
        InvalidInput: no rows, more than the limits allow, or a batch that is larger than the data.
    """

    rows: int
    batch_size: int
    last_batch: LastBatch = "kept"

    def __post_init__(self) -> None:
        """Refuse values that would give a wrong count."""
        for field, most in (("rows", LIMITS["counted_rows"].high), ("batch_size", self.rows)):
            value, allowed = getattr(self, field), Interval(1, most)
            if value not in allowed:
                raise InvalidInput("out_of_range", field, value, allowed)

    @property
    def whole_batches(self) -> int:
        """Return how many batches of full size fit into an epoch: floor(N / B)."""
        return self.rows // self.batch_size

    @property
    def rest(self) -> int:
        """Return how many rows are left after the whole batches: N mod B."""
        return self.rows % self.batch_size

    @property
    def per_epoch(self) -> int:
        """Return iterations per epoch: ceil(N / B), floor(N / B) if the short batch is dropped."""
        return self.whole_batches + (self.rest > 0 and self.last_batch == "kept")

    @property
    def last_batch_size(self) -> int:
        """Return the number of rows in an epoch's last batch."""
        if self.last_batch == "dropped":
            return self.batch_size
        return self.rows - (self.per_epoch - 1) * self.batch_size

    @property
    def rows_per_epoch(self) -> int:
        """Return how many rows all batches of an epoch hold together."""
        return min(self.per_epoch * self.batch_size, self.rows)

    def rows_seen(self, iterations: Number) -> Number:
        """Return how many rows these iterations used; of an array, an array."""
        epochs, rest = divmod(iterations, self.per_epoch)
        return epochs * self.rows_per_epoch + rest * self.batch_size

    def epochs(self, iterations: int) -> float:
        """Return how many epochs these iterations make."""
        return iterations / self.per_epoch

    def iterations(self, amount: int, unit: Unit) -> int:
        """Return the iterations of a budget; a budget of rows ends at the step that reaches it.

        One of gradients is that of a rule that takes one per update.
        """
        if unit == "epochs":
            return amount * self.per_epoch
        if unit in {"iterations", "gradients"}:
            return amount
        epochs, rest = divmod(amount, self.rows_per_epoch)
        return epochs * self.per_epoch + min(-(-rest // self.batch_size), self.per_epoch)


def activations_held(batch_size: int, units: int) -> int:
    """Return how many numbers one update holds besides the parameters: 2 x B x units.

    Every hidden and output unit keeps a value per row in the forward pass, and gets a gradient per
    row in the backward pass.
    """
    return 2 * batch_size * units


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


def unseen_share(counts: Counts, sampling: Sampling) -> float:
    """Return the share of rows that an epoch is expected to leave out.

    Each of D draws with replacement misses a row with probability 1 - 1/N, so (1 - 1/N)^D of the
    rows are never drawn: 1/e = 37 % for D = N. A shuffled pass leaves out the dropped batch only.
    """
    drawn = counts.rows_per_epoch
    if sampling == "shuffled":
        return 1 - drawn / counts.rows
    return float((1 - 1 / counts.rows) ** drawn)


def seen_shares(counts: Counts, sampling: Sampling, most: int) -> Array:
    """Return the expected share of rows that an epoch uses 0, 1, ... ``most`` times.

    With replacement the count is binomial: each of D draws hits a row with probability 1/N.
    """
    shares = np.zeros(most + 1)
    unseen = unseen_share(counts, sampling)
    if sampling == "shuffled":
        shares[0] = unseen
        if most:
            shares[1] = 1 - unseen
        return shares
    if counts.rows == 1:  # every draw picks the only row
        shares[counts.rows_per_epoch : counts.rows_per_epoch + 1] = 1
        return shares
    times = np.arange(most)
    # P(k + 1) / P(k) = (D - k) / (k + 1) / (N - 1)
    ratios = (counts.rows_per_epoch - times) / ((times + 1) * (counts.rows - 1))
    return unseen * np.concatenate([[1.0], np.cumprod(np.maximum(ratios, 0))])
