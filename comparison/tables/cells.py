"""From text to cells: the delimiter, and rows of which each has as many cells as the first."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from comparison.tables.numerals import is_number_like
from comparison.tables.refusing import refused
from engine import LIMITS, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS: Final = ("\t", ";", ",", " ")  # the least likely inside of a cell first
_LOOKED_AT: Final = 100  # rows, to find the delimiter
_CHARACTERS: Final = 100_000  # that hold them, for short rows
_SEPARATOR: Final = re.compile(r"sep=([,;\t])(\r\n|\r|\n)", re.IGNORECASE)  # Excel's own first line


@dataclass(frozen=True)
class Cells:
    """The cells of a file.

    Attributes:
        rows: the cells of each row, equally many; lines without any character are no rows.
        lines: the line of the file on which each row begins, from 1.
        delimiter: what stands between two cells.
        blank: lines without any character.
    """

    rows: list[list[str]]
    lines: list[int]
    delimiter: str
    blank: int


def split(text: str, delimiter: str | None = None) -> Cells:
    """Return the cells of a text.

    Args:
        text: the content of a file; its first line may be Excel's ``sep=;``.
        delimiter: one of ``DELIMITERS`` if it is known; else it is found.

    Raises:
        InvalidInput: a row has more or fewer cells than the first, a quotation mark is not closed,
            or there are too many rows or columns.
    """
    if delimiter not in {None, *DELIMITERS}:
        raise InvalidInput("unknown_choice", "delimiter", delimiter, DELIMITERS)
    told = _SEPARATOR.match(text)
    body = text[told.end() :] if told else text
    if delimiter is None:
        delimiter = told[1] if told else _detected(body)
    rows: list[list[str]] = []
    lines: list[int] = []
    short: dict[str, str] = {}  # a text of two digits takes more memory than a number: kept once
    blank = 0
    for line, row in _numbered(body, delimiter, 1 if told else 0):
        if not row:
            blank += 1
            continue
        _check_size(row, line, len(rows))
        if rows and len(row) != len(rows[0]):
            raise _ragged(rows, lines, row, line)
        rows.append([short.setdefault(cell, cell) if len(cell) < 4 else cell for cell in row])
        lines.append(line)
    return Cells(rows, lines, delimiter, blank)


def _numbered(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins; raises ``InvalidInput`` at a wrong quote."""
    # A space before a quotation mark is nobody's data, and several in line are one delimiter.
    spaced = delimiter == " " or f'{delimiter} "' in text
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=spaced
    )
    before = 0
    try:
        for row in reader:
            yield before + 1 + skipped, row
            before = reader.line_num
    except csv.Error as error:
        rest = io.StringIO(text, newline="")
        for _line in islice(rest, before):
            pass
        raise _unreadable(str(error), before + 1 + skipped, rest.read(), delimiter) from None


def _unreadable(complaint: str, line: int, text: str, delimiter: str) -> InvalidInput:
    """Return the refusal of the row with which a text begins; the parser complains about it."""
    start = text.partition("\n")[0]
    if "field larger" in complaint:
        return refused("long_cell", line, 0, start, most=csv.field_size_limit())
    reason = "open_quote" if "unexpected end" in complaint else "after_quote"
    return refused(reason, line, _good_cells(text, delimiter) + 1, start)


def _good_cells(text: str, delimiter: str) -> int:
    """Return how many cells at the beginning of a text are quoted rightly."""
    quoted = r' *"[^"]*(?:""[^"]*)*"'
    cell = re.compile(rf'(?:{quoted}|[^"{delimiter}\r\n][^{delimiter}\r\n]*|){delimiter}')
    place = count = 0
    while found := cell.match(text, place):
        place, count = found.end(), count + 1
    return count


def _check_size(row: list[str], line: int, rows: int) -> None:
    columns, most = LIMITS["table_columns"].high, LIMITS["rows"].high
    if len(row) > columns + 1:  # a delimiter may end every row
        raise refused("columns", line, 0, row[0], columns=len(row), most=columns)
    if rows > most:  # one of them may hold the names
        raise refused("rows", line, most=most)


def _ragged(rows: list[list[str]], lines: list[int], row: list[str], line: int) -> InvalidInput:
    """Return the refusal of a row with more or fewer cells than the first."""
    first, count = rows[0], len(row)
    if len(rows) == 1 and len(first) < count:  # a title above the names, or one name too few
        text = " | ".join(first)
        return refused("first_cells", lines[0], 0, text, cells=len(first), next_cells=count)
    text = " | ".join(row)
    return refused("cells", line, 0, text, cells=count, expected=len(first))


def _detected(text: str) -> str:
    """Return the delimiter that makes rows of equally many cells, and numbers of most of them.

    Where none does, there is one column, and a delimiter that does not occur.
    """
    start = text[:_CHARACTERS]
    if len(text) > len(start):  # whole lines, and at least one
        start = start[: start.rfind("\n") + 1] or text[: text.find("\n") + 1] or text
    fitness = {delimiter: _fitness(start, delimiter) for delimiter in DELIMITERS[:-1]}
    best = max(fitness, key=lambda delimiter: fitness[delimiter])
    if fitness[best] > (0.0, 0.0):
        return best
    if _fitness(start, " ")[1] > 0.5:  # between words are spaces, too
        return " "
    return next((delimiter for delimiter in (",", ";", "\t") if delimiter not in text), ",")


def _fitness(text: str, delimiter: str) -> tuple[float, float]:
    """Return which part of the rows has the usual number of cells, and of the cells is numbers."""
    rows: list[list[str]] = []
    with suppress(InvalidInput):
        for _line, row in islice(_numbered(text, delimiter, 0), _LOOKED_AT):
            rows += [row] if row else []
    counts = Counter(map(len, rows)).most_common(1)
    if not counts or counts[0][0] == 1:
        return 0.0, 0.0
    cells = [cell for row in rows for cell in row]
    return counts[0][1] / len(rows), sum(map(is_number_like, cells)) / len(cells)
