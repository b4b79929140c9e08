"""Columns of numbers and names as CSV and Parquet, and back from CSV.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@``. Such text gets an
apostrophe in front, which ``read_csv`` removes again; numbers are left alone.
"""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from comparison.tables.spreadsheets import defused, restored

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from engine.arrays import Array

    Columns = Mapping[str, Sequence[Any] | Array]


def to_csv(columns: Columns) -> bytes:
    """Return a table as CSV: UTF-8 with a byte order mark, a header, every digit of every number.

    A missing value (NaN, None) is an empty cell. Infinities are ``inf`` and ``-inf``; true and
    false are 1 and 0. Without the mark, Excel would read the file in the machine's own encoding and
    garble a name with η.

    Args:
        columns: columns of equal length by name: text, numbers, or true and false.
    """
    return csv_of_parts([columns])


def csv_of_parts(parts: Iterable[Columns]) -> bytes:
    """Return a table that comes in parts as CSV, so that one part is held in memory at a time.

    Args:
        parts: some rows each, all with the same columns, as for ``to_csv``; there is at least one.
    """
    content = io.BytesIO()
    text = io.TextIOWrapper(content, "utf-8-sig", "replace", newline="")
    # Lines end as RFC 4180 demands; with a line feed alone Python 3.11 would not
    # quote a carriage return in a cell.
    writer = csv.writer(text, lineterminator="\r\n")
    for place, columns in enumerate(parts):
        if place == 0:
            writer.writerow([defused(name) for name in columns])
        writer.writerows(zip(*(_cells(column) for column in columns.values()), strict=True))
    text.flush()
    return content.getvalue()


def _cells(column: Sequence[Any] | Array) -> Iterable[Any]:
    values = column.tolist() if isinstance(column, np.ndarray) else list(column)
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    return int(value) if isinstance(value, (bool, np.bool_)) else value


def read_csv(content: bytes, text: Collection[str] = ()) -> dict[str, list[Any]]:
    """Return the columns that ``to_csv`` was given, with 1 and 0 for true and false.

    Args:
        content: content of the file.
        text: names of the columns that hold text; all others hold numbers, NaN where a cell is
            empty.

    Raises:
        ValueError: a cell in a column of numbers is not a number, or a row has too many or too few
            cells.
    """
    # StringIO without translation: a line break inside a cell is left alone.
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    names = [restored(name) for name in next(rows)]
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row in rows:
        for name, cell in zip(names, row, strict=True):
            columns[name].append(restored(cell) if name in text else _number(cell))
    return columns


def _number(cell: str) -> float | int:
    if not cell:
        return math.nan
    try:
        return int(cell)
    except ValueError:
        return float(cell)


def to_parquet(columns: Columns) -> bytes:
    """Return a table as Parquet: every bit of every number, text as it is."""
    content = io.BytesIO()
    pd.DataFrame({name: np.asarray(column) for name, column in columns.items()}).to_parquet(content)
    return content.getvalue()
