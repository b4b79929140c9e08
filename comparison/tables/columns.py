"""From the cells of a column to its values, and what is told of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from comparison.tables import numerals
from comparison.tables.refusing import shortened
from comparison.tables.spreadsheets import restored
from comparison.words.cleaned import cleaned
from engine.problems.datasets.table import Column, Numbers, numbers, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array

_EXAMPLES: Final = 3
_CATEGORIES: Final = 12
_LOOKED_AT: Final = 100  # odd cells, to say what they look like


@dataclass(frozen=True)
class ColumnFacts:
    """What is told of a column.

    Attributes:
        name: as in the table.
        kind: n for numbers, t for texts.
        missing: rows without a value.
        distinct: different values.
        duplicate_of: the place of an earlier column with the same values; None if there is none.
        low: smallest number; None for texts, and where all are missing. So are the next two.
        median: the middle number.
        high: largest number.
        categories: the first different texts with their counts, in order of appearance.
        rounded: integers beyond 2^53 that lost digits.
        odd: cells that are neither numbers nor missing. In a column of numbers, which the reader
            asked for, they count as missing.
        numeric: cells that are numbers.
        examples: the first odd cells, each with its line in the file and the beginning of its text.
        look: what most of them look like: an id of ``numerals.look``.
        cleaned: texts that lost spaces around them, or characters that cannot be seen.
        restored: texts that lost the apostrophe that keeps spreadsheets from running them.
    """

    name: str
    kind: str
    missing: int = 0
    distinct: int = 0
    duplicate_of: int | None = None
    low: float | None = None
    median: float | None = None
    high: float | None = None
    categories: tuple[tuple[str, int], ...] = ()
    rounded: int = 0
    odd: int = 0
    numeric: int = 0
    examples: tuple[tuple[int, str], ...] = ()
    look: str = ""
    cleaned: int = 0
    restored: int = 0

    @property
    def constant(self) -> bool:
        """Tell whether the column has at most one value, and so tells nothing."""
        return self.distinct <= 1


@dataclass(frozen=True, eq=False)
class Parsed:
    """The cells of a column, tried as numbers.

    Attributes:
        cells: its texts.
        values: ``(cells,)``, NaN for cells that are missing or no numbers.
        odd: the places of cells that are neither numbers nor missing.
    """

    cells: Sequence[str]
    values: Array
    odd: list[int]

    @property
    def is_numeric(self) -> bool:
        """Tell whether there are numbers, and nothing else than numbers and missing values."""
        return not self.odd and bool((~np.isnan(self.values)).any())

    @property
    def kind(self) -> str:
        """Return n for numbers, t for texts; words for missing values alone are texts."""
        return "n" if self.is_numeric or not "".join(self.cells).strip() else "t"

    def after(self, rows: int) -> Parsed:
        """Return the column without its first rows."""
        odd = [place - rows for place in self.odd if place >= rows]
        return Parsed(self.cells[rows:], self.values[rows:], odd)


def parsed(cells: Sequence[str], decimal: str) -> Parsed:
    """Return the cells of a column, tried as numbers; the first may be a name."""
    first = numerals.number(cells[0], decimal)
    values, odd = numerals.parsed(cells[1:], decimal)
    places = [place + 1 for place in odd]
    if first is None:
        return Parsed(cells, np.concatenate([[np.nan], values]), [0, *places])
    return Parsed(cells, np.concatenate([[first], values]), places)


def column_of(
    name: str, column: Parsed, kind: str, lines: Sequence[int]
) -> tuple[Column, ColumnFacts]:
    """Return a column of a table, and what is told of it.

    Args:
        name: of the column.
        column: its cells.
        kind: n for numbers, t for texts.
        lines: the line of the file of each row.
    """
    facts = ColumnFacts(
        name,
        kind,
        odd=len(column.odd),
        numeric=int((~np.isnan(column.values)).sum()),
        examples=tuple(
            (lines[place], shortened(column.cells[place])) for place in column.odd[:_EXAMPLES]
        ),
        look=_look(column),
    )
    return _of_numbers(column, facts) if kind == "n" else _of_texts(column, facts)


def _of_numbers(column: Parsed, facts: ColumnFacts) -> tuple[Column, ColumnFacts]:
    made = numbers(column.values)
    known = made.values[~made.missing]
    facts = replace(
        facts,
        missing=len(made.values) - known.size,
        distinct=int(np.unique(known).size),
        rounded=numerals.rounded(column.cells, column.values),
    )
    if known.size:
        low, high = float(known.min()), float(known.max())
        facts = replace(facts, low=low, median=_median(known), high=high)
    return made, facts


def _median(values: Array) -> float:
    """Return the middle number; NumPy's own overflows between two of the largest ones."""
    middle = np.sort(values)[[(len(values) - 1) // 2, len(values) // 2]]
    return float(middle[0] / 2 + middle[1] / 2)


def _of_texts(column: Parsed, facts: ColumnFacts) -> tuple[Column, ColumnFacts]:
    counts = Counter(column.cells)
    tidy = {cell: text for cell in counts if (text := tidied(restored(cell))) != cell}
    made = texts([tidy.get(cell, cell) for cell in column.cells] if tidy else column.cells)
    protected = [cell for cell in tidy if restored(cell) != cell]
    unclean = [cell for cell, text in tidy.items() if restored(cell) != text]
    rows = np.bincount(made.codes[~made.missing], minlength=len(made.categories)).tolist()
    return made, replace(
        facts,
        missing=int(made.missing.sum()),
        distinct=len(made.categories),
        categories=tuple(zip(made.categories, rows, strict=True))[:_CATEGORIES],
        cleaned=sum(counts[cell] for cell in unclean),
        restored=sum(counts[cell] for cell in protected),
    )


def tidied(text: str) -> str:
    """Return a text on one line without characters that cannot be seen, and spaces around it."""
    return text.strip() if text.isprintable() else cleaned(text).strip()


def _look(column: Parsed) -> str:
    """Return what most of the odd cells look like."""
    some = [column.cells[place] for place in column.odd[:_LOOKED_AT]]
    ((look, _count),) = Counter(map(numerals.look, some)).most_common(1) or [("", 0)]
    return look


def duplicates(columns: Sequence[Column]) -> list[int | None]:
    """Return for each column the place of an earlier one with the same values, else None."""
    places: dict[object, int] = {}
    found: list[int | None] = []
    for place, column in enumerate(columns):
        key: object = (
            column.values.tobytes()
            if isinstance(column, Numbers)
            else (column.codes.tobytes(), column.categories)
        )
        earlier = places.setdefault(key, place)
        found.append(None if earlier == place else earlier)
    return found
