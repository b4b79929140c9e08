"""A table as CSV, and a table that is known by its digest read from a file."""

from __future__ import annotations

import csv
import io
import math
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING

from comparison.tables import numerals
from comparison.tables.reading import DECIMALS, read
from comparison.tables.spreadsheets import defused, restored
from engine import LIMITS, InvalidInput
from engine.problems.datasets.table import Numbers, Table, numbers, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from comparison.tables.reading import Reading
    from engine.problems.datasets.table import Column


def written(table: Table) -> bytes:
    """Return a table as CSV: UTF-8 with a byte order mark, commas, names, every digit of numbers.

    A missing value is an empty cell. Text that a spreadsheet would run has an apostrophe in front,
    which reading removes again.
    """
    content = io.BytesIO()
    text = io.TextIOWrapper(content, "utf-8-sig", "replace", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defused(name) for name in table.names])
    writer.writerows(zip(*map(_cells, table.columns), strict=True))
    text.flush()
    return content.getvalue()


def _cells(column: Column) -> Iterable[str]:
    if isinstance(column, Numbers):
        return map(_digits, column.values.tolist())
    categories = [*map(defused, column.categories), ""]  # -1 is the last
    return [categories[code] for code in column.codes.tolist()]


def _digits(value: float) -> str:
    """Return all digits of a number, no longer than it was written: 3, not 3.0; "" for NaN."""
    if math.isnan(value):
        return ""
    return repr(value).removesuffix(".0")


def read_known(raw: bytes, kinds: str, digest: str) -> Table:
    """Return the table of a digest from a file: one of ours, or the one that it once was read from.

    Args:
        raw: the content of the file.
        kinds: of the columns, as ``Table.kinds``.
        digest: of the table, as ``Table.digest``.

    Raises:
        InvalidInput: "other_values": however the file is read, its values are others; or it is no
            table at all.
    """
    ours = _as_written(raw, kinds)
    if ours is not None and ours.digest == digest:
        return ours
    found = read(raw)
    for table in (found.table, *_other_readings(raw, replace(found.how, kinds=kinds))):
        if table.digest == digest:
            return table
    raise InvalidInput("other_values", "table", found.table.digest, digest)


def _other_readings(raw: bytes, how: Reading) -> Iterator[Table]:
    """Yield the table with these kinds, with and without names, with point and with comma."""
    decimals = sorted(DECIMALS, key=lambda decimal: decimal != how.decimal)
    for header, decimal in product((how.header, not how.header), decimals):
        with suppress(InvalidInput):
            yield read(raw, replace(how, header=header, decimal=decimal)).table


def _as_written(raw: bytes, kinds: str) -> Table | None:
    """Return the table of a file that ``written`` made; None for another file.

    Nothing is tidied here: a table that an experiment's file brought may hold any texts.
    """
    if len(raw) > LIMITS["table_bytes"].high:
        return None
    most = int(LIMITS["rows"].high) + 1  # with the names
    try:
        content = io.StringIO(raw.decode("utf-8-sig"), newline="")
        rows = list(islice(csv.reader(content, strict=True), most + 1))
        columns = list(zip(*rows, strict=True))
    except (ValueError, csv.Error):
        return None
    if len(columns) != len(kinds) or not 3 <= len(rows) <= most:
        return None
    names = tuple(restored(name) for name, *_cells in columns)
    return Table(
        names,
        tuple(_column(column[1:], kind) for column, kind in zip(columns, kinds, strict=True)),
    )


def _column(cells: Sequence[str], kind: str) -> Column:
    if kind == "t":
        return texts(map(restored, cells))
    values, _odd = numerals.parsed(cells, ".")
    return numbers(values)
