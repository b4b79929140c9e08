"""How the work on a problem is cut into pieces that take a few milliseconds each.

Blocks of lanes fit the cache, and no number depends on them. The size of blocks of rows depends on
the network alone, so that no lane's numbers depend on how many other lanes there are. At the end:
how many numbers the buffers of these pieces hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias

from engine.problems.network import buffer_numbers

if TYPE_CHECKING:
    from engine.counts import Counts
    from engine.problems.network import Model

# The activations of a piece's lanes fit the second-level cache, and its rows take one lane some
# 20 ms. Measured: 35 lanes of 500 rows take 1.4 times as long in one block as in blocks of 1 MiB.
_CACHE_BYTES: Final = 1 << 20
_PIECE_FLOPS: Final = 1e8
_PIECE_ROWS: Final = 4096
# How much is held of the rows and outputs of a segment, or of the rows of a large batch.
HELD_BYTES: Final = 1 << 22
UPDATE_NUMBERS: Final = 1 << 18  # parameters that are updated at once
_LOSS_ARRAYS: Final = 5  # arrays as large as the outputs that summing losses needs for a moment

Piece: TypeAlias = Callable[[], None]


def blocks(count: int, size: int) -> list[slice]:
    """Cut ``count`` items into slices of ``size``; the last may be shorter."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def rows_of_piece(model: Model) -> int:
    """Return how many rows a lane takes at once.

    It depends on the network alone, because it decides how sums round.
    """
    return max(1, min(_PIECE_ROWS, int(_PIECE_FLOPS / (6 * model.layout.n_params))))


def lanes_of_piece(model: Model, rows: int) -> int:
    """Return how many lanes are computed together; no result depends on it."""
    bytes_per_lane = 8 * 2 * rows * sum(model.layout.units[1:])
    return max(1, _CACHE_BYTES // bytes_per_lane)


def held_bytes(model: Model, batch_size: int, n_seeds: int, n_lanes: int) -> int:
    """Return the bytes of a batch's rows for all seeds, and of its outputs for all lanes."""
    units = model.layout.units
    per_row = n_seeds * (units[0] + units[-1] + 1) + n_lanes * units[-1]
    return 8 * batch_size * per_row


def is_large(model: Model, batch_size: int, n_seeds: int, n_lanes: int) -> bool:
    """Tell whether a batch is too large to be held, or to go through a lane, at once."""
    held = held_bytes(model, batch_size, n_seeds, n_lanes)
    return batch_size > rows_of_piece(model) or held > HELD_BYTES


@dataclass(frozen=True)
class LargeCut:
    """How a large batch is cut.

    Attributes:
        rows: rows per block.
        lanes: each block of seeds with the blocks of its lanes.
    """

    rows: int
    lanes: list[tuple[slice, list[slice]]]

    @property
    def most_seeds(self) -> int:
        """Return how many seeds the largest block has."""
        return max(seeds.stop - seeds.start for seeds, _ in self.lanes)

    @property
    def most_lanes(self) -> int:
        """Return how many lanes the largest block has."""
        return max(part.stop - part.start for _, parts in self.lanes for part in parts)


def large_cut(model: Model, batch_size: int, n_seeds: int, n_lanes: int) -> LargeCut:
    """Return how a large batch is cut; only the cut of its rows can change a result."""
    rows = min(batch_size, rows_of_piece(model))
    fitting = max(1, HELD_BYTES // held_bytes(model, rows, 1, 0))  # seeds
    at_once = lanes_of_piece(model, rows)
    if fitting < n_seeds:
        at_once = min(at_once, fitting)
    parts = lane_blocks(n_lanes, n_seeds, at_once)
    grouped = groupby(parts, key=lambda part: (part[1].start, part[1].stop))
    return LargeCut(
        rows, [(slice(*seeds), [lanes for lanes, _ in same]) for seeds, same in grouped]
    )


def lane_blocks(n_lanes: int, n_seeds: int, at_once: int) -> list[tuple[slice, slice]]:
    """Cut lanes, ordered (run, seed), into blocks; return the lanes and the seeds of each.

    A block is some runs with all their seeds or, if these are too many, some seeds of one run.
    """
    if at_once >= n_seeds:
        size = at_once // n_seeds * n_seeds
        return [(lanes, slice(0, n_seeds)) for lanes in blocks(n_lanes, size)]
    return [
        (slice(first + seeds.start, first + seeds.stop), seeds)
        for seeds in blocks(n_seeds, at_once)
        for first in range(0, n_lanes, n_seeds)
    ]


def param_blocks(n_lanes: int, n_params: int, operations: float = 0.0) -> list[slice]:
    """Cut lanes into blocks whose update takes a few milliseconds.

    Args:
        n_lanes: how many lanes there are.
        n_params: parameters of a lane.
        operations: what an update of a lane costs beyond some operations for each of them.
    """
    most = UPDATE_NUMBERS // n_params
    return blocks(n_lanes, max(1, min(most, int(_PIECE_FLOPS / max(operations, 1.0)))))


def batches_numbers(model: Model, counts: Counts, n_seeds: int, n_lanes: int, longest: int) -> int:
    """Return how many numbers the batches of a group hold, including temporary arrays."""
    size, last = counts.batch_size, counts.last_batch_size
    if is_large(model, size, n_seeds, n_lanes):
        cut = large_cut(model, size, n_seeds, n_lanes)
        held = held_bytes(model, cut.rows, cut.most_seeds, 0) // 8
        held += 2 * cut.most_lanes * model.layout.n_params + 2 * n_lanes
        lanes = {part.stop - part.start for _, parts in cut.lanes for part in parts}
        rows = {*_lengths(size, cut.rows), *_lengths(last, cut.rows)}
        return held + _passes_numbers(model, lanes, rows)
    held = longest * (held_bytes(model, size, n_seeds, n_lanes) // 8 + n_lanes)
    summed = _LOSS_ARRAYS * longest * n_lanes * size * model.layout.units[-1]
    buffers = 0
    for rows_of_batch in {size, last}:
        parts = lane_blocks(n_lanes, n_seeds, lanes_of_piece(model, rows_of_batch))
        for lanes_of_block in {part.stop - part.start for part, _ in parts}:
            buffers += buffer_numbers(model, lanes_of_block, rows_of_batch)
    return held + summed + buffers + n_lanes * last * model.layout.units[-1]


def evaluator_numbers(model: Model, n_training: int, n_validation: int, n_lanes: int) -> int:
    """Return how many numbers an evaluator holds, including temporary arrays."""
    block = min(rows_of_piece(model), n_training + n_validation)
    lanes = _lengths(n_lanes, lanes_of_piece(model, block))
    rows = {*_lengths(n_training, block), *_lengths(n_validation, block)}
    return max(lanes) * model.layout.n_params + _passes_numbers(model, lanes, rows)


def _passes_numbers(model: Model, lanes: set[int], rows: set[int]) -> int:
    """Return how many numbers buffers and outputs of every size hold, and the largest's losses."""
    n_outputs = model.layout.units[-1]
    buffers = sum(
        buffer_numbers(model, some, each) + some * each * n_outputs
        for some in lanes
        for each in rows
    )
    return buffers + _LOSS_ARRAYS * max(lanes) * max(rows) * n_outputs


def _lengths(count: int, size: int) -> set[int]:
    """Return the different sizes of ``blocks``."""
    return {part.stop - part.start for part in blocks(count, size)}
