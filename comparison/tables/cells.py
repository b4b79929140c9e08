"""From text to cells: the delimiter, and rows of which each has as many cells as the first."""

from __future__ import annotations

import csv
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
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_ENDS: Final = re.compile(r"[\r\n]*")
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
    source = _Lines(body)
    for line, row in _numbered(source, delimiter, 1 if told else 0):
        _check_size(row, line, len(rows))
        if rows and len(row) != len(rows[0]):
            raise _ragged(rows, lines, row, line)
        rows.append([short.setdefault(cell, cell) if len(cell) < 4 else cell for cell in row])
        lines.append(line)
    return Cells(rows, lines, delimiter, source.blank)


class _Lines:
    """The lines of a text, one after the other.

    Attributes:
        text: all of it.
        start: where the next line begins, from 0.
        taken: lines before it.
        blank: those of them that were skipped.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.start = self.taken = self.blank = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._next(_LINE):
            self.taken += 1
            yield line

    def skip_blank(self) -> None:
        """Skip lines without any character in one go: there may be millions."""
        ends = self._next(_ENDS)
        count = ends.count("\n") + ends.count("\r") - ends.count("\r\n")
        self.taken += count
        self.blank += count

    def _next(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.start)
        self.start = found.end() if found else self.start
        return found[0] if found else ""


def _numbered(lines: _Lines, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins; raises ``InvalidInput`` at a wrong quote."""
    # A space before a quotation mark is nobody's data, and several in line are one delimiter.
    spaced = delimiter == " " or f'{delimiter} "' in lines.text
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=spaced)
    while True:
        lines.skip_blank()
        line, start = lines.taken + 1 + skipped, lines.start
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise _unreadable(str(error), line, lines.text[start:], delimiter) from None
        if row is None:
            return
        yield line, row


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
    text = text.lstrip("\r\n")
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
        rows.extend(row for _line, row in islice(_numbered(_Lines(text), delimiter, 0), _LOOKED_AT))
    counts = Counter(map(len, rows)).most_common(1)
    if not counts or counts[0][0] == 1:
        return 0.0, 0.0
    cells = [cell for row in rows for cell in row]
    return counts[0][1] / len(rows), sum(map(is_number_like, cells)) / len(cells)
