"""The final tables of a sweep at any moment, whoever works on its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sweeps.lanes import STATUSES
from sweeps.store import (
    RESULTS_FILE,
    WORKERS_FILE,
    WRITTEN,
    read_shard,
    shards_in,
    without_twins,
)
from sweeps.tables import result_table, row_schema, worker_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.arrays import Integers
    from sweeps.lanes import Lanes

_PART: Final = 20_000  # rows that are held as objects at a time


class RowsGone(LookupError):  # noqa: N818 - says what happened
    """Lanes that were in a folder cannot be read there any more."""


class Tables(NamedTuple):
    """The final tables as Parquet.

    Attributes:
        results: a row for each lane.
        workers: who trained it.
    """

    results: bytes
    workers: bytes


def tables_now(path: Path, lanes: Lanes) -> Tables:
    """Return the tables of the lanes that a look has seen: once it is finished, those of the sweep.

    Lanes that came since are left out, so that the tables agree with all else that the look shows.

    Args:
        path: the folder of the sweep.
        lanes: what was seen there.

    Raises:
        RowsGone: some of them are there no longer.
        FolderRefused: two results of a lane differ.
    """
    written = _written(path, lanes)
    if written is not None:
        return written
    rows = _rows(path, lanes)
    if len(rows) < np.count_nonzero(lanes.status):
        raise RowsGone
    return Tables(_parquet(result_table(lanes.spec, rows)), _parquet(worker_table(rows)))


def _written(path: Path, lanes: Lanes) -> Tables | None:
    """Return the tables that a sweep ended with; None where they are not those of the lanes.

    They are not while lanes that failed are trained again.
    """
    order = np.argsort(lanes.spec.experiment.seeds)
    try:
        tables = Tables(*((path / name).read_bytes() for name in (RESULTS_FILE, WORKERS_FILE)))
        ends = [_codes(batch) for batch in batches(tables.results)]
        all(map(len, batches(tables.workers)))  # raises where it is damaged
    except (pa.ArrowException, OSError):
        return None
    is_same = np.array_equal(np.concatenate([[], *ends]), lanes.status[:, order].ravel())
    return tables if is_same else None


def _rows(path: Path, lanes: Lanes) -> pa.Table:
    """Return the rows of lanes, sorted by setting and seed, from the shards that can be read."""
    schema, known = row_schema(lanes.spec), np.array(lanes.spec.experiment.seeds)
    order = np.argsort(known)
    tables = [schema.empty_table()]
    for shard in shards_in(path):
        if shard.name in lanes.unreadable:
            continue
        try:
            table = read_shard(shard)
        except (pa.ArrowException, OSError):
            continue
        if table.schema != schema:
            continue
        places = order[np.searchsorted(known, table["seed"].to_numpy(), sorter=order)]
        seen = lanes.status[table["setting"].to_numpy(), places]
        tables.append(table.filter(pa.array(seen == _codes(table))))
    return without_twins(pa.concat_tables(tables))


def _codes(rows: pa.Table | pa.RecordBatch) -> Integers:
    """Return the number of what ended each row, as in ``Lanes.status``."""
    codes = pc.index_in(rows["status"], pa.array(STATUSES))
    return codes.to_numpy(zero_copy_only=False) if isinstance(codes, pa.Array) else codes.to_numpy()


def batches(parquet: bytes) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a Parquet file, so many at a time; their checksums are compared."""
    file = pq.ParquetFile(pa.BufferReader(parquet), page_checksum_verification=True)
    yield from file.iter_batches(batch_size=_PART)


def _parquet(table: pa.Table) -> bytes:
    content = pa.BufferOutputStream()
    pq.write_table(table, content, **WRITTEN)
    made: bytes = content.getvalue().to_pybytes()
    return made
