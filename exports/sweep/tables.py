"""The tables of a sweep as files: a row for each lane, and a row for each setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from exports.tables import csv_of_parts
from sweeps.cells import quantities, summary
from sweeps.final import batches, tables_now
from sweeps.tables import setting_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from comparison.sweep.look import Look
    from sweeps.cells import Summary
    from sweeps.lanes import Lanes

_PART: Final = 20_000  # rows that are held as objects at a time


def lanes_parquet(folder: Path, lanes: Lanes) -> bytes:
    """Return a row for each lane that a look has seen, as the command's final table.

    Args:
        folder: of the sweep.
        lanes: what was seen there.

    Raises:
        RowsGone: some of them are there no longer.
        FolderRefused: two results of a lane differ.
    """
    return tables_now(folder, lanes).results


def lanes_csv(folder: Path, lanes: Lanes) -> bytes:
    """Return the same as CSV, as ``csv_of`` does."""
    return csv_of(lanes_parquet(folder, lanes))


def csv_of(parquet: bytes) -> bytes:
    """Return a table as CSV: as ``exports.tables.to_csv``, with spaces between several numbers."""
    return csv_of_parts(
        {name: [_cell(value) for value in batch[name].to_pylist()] for name in batch.schema.names}
        for batch in batches(parquet)
    )


def _cell(value: Any) -> Any:
    """Return a value as a cell: the numbers of a curve in one text, ``nan`` where there is none."""
    if not isinstance(value, list):
        return value
    return " ".join("nan" if number is None else repr(number) for number in value)


def settings_csv(look: Look) -> bytes:
    """Return a row for each setting: what it is, and where its lanes end.

    ``name`` is what the page calls its run. ``n`` seeds have a result, of which so many diverged,
    and ``failed`` could not be trained. Then there are median and quartiles of each quantity, with
    infinities for what diverged and for a target that was not reached; a cell is empty where no
    seed has a result.
    """
    found = {
        f"{name}_{target + 1}" if name.endswith("to_target") else name: summary(
            look.lanes, name, target
        )
        for name in quantities(look.lanes)
        for target in range(len(look.spec.targets) if name.endswith("to_target") else 1)
    }
    return csv_of_parts(_settings(look, found))


def _settings(look: Look, found: dict[str, Summary]) -> Iterator[dict[str, Any]]:
    """Yield the rows of so many settings at a time."""
    names = np.array([style.name for style in look.styles], dtype=object)
    lanes, count = look.lanes, len(look.spec.settings)
    every = found["final_loss"]
    for first in range(0, count, _PART):
        at = np.arange(first, min(first + _PART, count))
        columns: dict[str, Any] = {"setting": at, "name": names[look.dimensions[0].places[at]]}
        for name, values in setting_columns(look.spec.settings, at).items():
            columns[name] = values.to_pylist()
        columns["n"], columns["diverged"] = every.n[at], every.diverged[at]
        columns["failed"] = lanes.failed[at].sum(axis=1)
        for name, one in found.items():
            columns[f"{name}_median"] = one.median[at]
            columns[f"{name}_first_quartile"] = one.first_quartile[at]
            columns[f"{name}_third_quartile"] = one.third_quartile[at]
        yield columns
