"""A table from the bytes of a file, with all that was understood and counted on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from comparison.tables import numerals
from comparison.tables.cells import split
from comparison.tables.columns import ColumnFacts, column_of, duplicates, parsed
from comparison.tables.decoding import decoded
from comparison.tables.naming import Names, named
from comparison.tables.refusing import refused
from engine import LIMITS, Interval, InvalidInput
from engine.problems.datasets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.tables.cells import Cells
    from comparison.tables.columns import Parsed

DECIMALS: Final = (".", ",")


@dataclass(frozen=True)
class Reading:
    """How a file is read; None for what is to be found out.

    Attributes:
        encoding: one of ``decoding.ENCODINGS``.
        delimiter: one of ``cells.DELIMITERS``.
        decimal: what stands before decimals, one of ``DECIMALS``.
        header: whether the first line holds the names of the columns.
        kinds: a letter for each column: n for numbers, t for texts.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    kinds: str | None = None


@dataclass(frozen=True, eq=False)
class Understood:
    """A table, and what is told of how it was read.

    Attributes:
        table: its values.
        how: all that was used to read it; nothing in it is None.
        columns: what is told of each column.
        names: the names, and what was changed about them.
        blank: lines without any value, which were skipped.
        dropped: columns at the end without a name and values, which were dropped: delimiters ended
            each line.
        header_assumed: whether all cells are texts, so that only custom says that names come first.
    """

    table: Table
    how: Reading
    columns: tuple[ColumnFacts, ...]
    names: Names
    blank: int
    dropped: int
    header_assumed: bool


DETECTED: Final = Reading()


def read(raw: bytes, how: Reading = DETECTED) -> Understood:
    """Return the table in a CSV file, or in text that was copied from a spreadsheet.

    Args:
        raw: the content of the file.
        how: what is known of it; all else is found out.

    Raises:
        InvalidInput: "not_a_table" with line, column and reason; or a field of ``how`` is wrong.
    """
    text, encoding = decoded(raw, how.encoding)
    cells = split(text, how.delimiter)
    filled, delimiter = _filled(cells), cells.delimiter
    del text, cells  # they take much more memory than the table
    lines = filled.lines
    decimal = _decimal(how, filled.columns)
    tried = [parsed(column, decimal) for column in filled.columns]
    header = _has_header(tried, lines) if how.header is None else how.header
    _check_rows(len(lines) - header, lines[-1])
    names = named([column.cells[0] if header else "" for column in tried])
    bodies = [column.after(int(header)) for column in tried]
    kinds = _kinds(how, bodies)
    made = [
        column_of(name, body, kind, lines[header:])
        for name, body, kind in zip(names.names, bodies, kinds, strict=True)
    ]
    table = Table(names.names, tuple(column for column, _facts in made))
    return Understood(
        table,
        Reading(encoding, delimiter, decimal, header, kinds),
        _with_duplicates(table, [facts for _column, facts in made]),
        names if header else Names(names.names),
        blank=filled.blank,
        dropped=filled.dropped,
        header_assumed=header
        and how.header is None
        and not any(facts.numeric for _column, facts in made),
    )


@dataclass(frozen=True)
class _Filled:
    """Rows and columns in which something stands: their lines and cells, and what is left out."""

    lines: list[int]
    columns: list[list[str]]
    blank: int
    dropped: int


def _filled(cells: Cells) -> _Filled:
    """Return a file's columns without rows, and columns at the end, in which nothing stands.

    Raises:
        InvalidInput: nothing is left, or there are too many columns.
    """
    kept = [place for place, row in enumerate(cells.rows) if "".join(row).strip()]
    if not kept:
        raise refused("empty")
    lines = [cells.lines[place] for place in kept]
    columns = [list(column) for column in zip(*(cells.rows[place] for place in kept), strict=True)]
    width = len(columns)
    while not "".join(columns[-1]).strip():
        columns.pop()
    most = LIMITS["table_columns"].high
    if len(columns) > most:
        raise refused("columns", lines[0], columns=len(columns), most=int(most))
    return _Filled(lines, columns, cells.blank + len(cells.rows) - len(kept), width - len(columns))


def _decimal(how: Reading, columns: Sequence[Sequence[str]]) -> str:
    if how.decimal is None:
        return numerals.decimal_of(columns)
    if how.decimal not in DECIMALS:
        raise InvalidInput("unknown_choice", "decimal", how.decimal, DECIMALS)
    return how.decimal


def _has_header(columns: Sequence[Parsed], lines: Sequence[int]) -> bool:
    """Tell whether the first row holds names: a text above numbers, or no number at all.

    Raises:
        InvalidInput: the first row is a title, and the names are below it.
    """
    if _has_title(columns):
        title = "".join(column.cells[0] for column in columns)
        raise refused("title", lines[0], 0, title, names=lines[1])
    if any(0 in column.odd[:1] and column.after(1).is_numeric for column in columns):
        return True
    return not any(column.values[0] == column.values[0] for column in columns)


def _has_title(columns: Sequence[Parsed]) -> bool:
    """Tell whether a single cell stands above a full row of names."""
    filled = [column for column in columns if column.cells[0].strip()]
    named = all(1 in column.odd[:2] for column in columns)
    return (
        len(filled) == 1 < len(columns)
        and named
        and any(column.after(2).is_numeric for column in columns)
    )


def _check_rows(rows: int, last_line: int) -> None:
    limits = LIMITS["rows"]
    if rows < limits.low:
        raise refused("few_rows", last_line, rows=rows, least=int(limits.low))
    if rows > limits.high:
        raise refused("rows", last_line, most=int(limits.high))


def _kinds(how: Reading, columns: Sequence[Parsed]) -> str:
    if how.kinds is None:
        return "".join(column.kind for column in columns)
    if len(how.kinds) != len(columns):
        limits = Interval(len(columns), len(columns))
        raise InvalidInput("wrong_length", "kinds", len(how.kinds), limits)
    if not set(how.kinds) <= {"n", "t"}:
        raise InvalidInput("unknown_choice", "kinds", how.kinds, ("n", "t"))
    return how.kinds


def _with_duplicates(table: Table, facts: Sequence[ColumnFacts]) -> tuple[ColumnFacts, ...]:
    earlier = duplicates(table.columns)
    return tuple(
        replace(one, duplicate_of=place) for one, place in zip(facts, earlier, strict=True)
    )
