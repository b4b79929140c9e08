"""Rows that were typed into an editor, read by the same checks as a file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from comparison.tables.reading import Reading, read
from engine.limits import Interval, check_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.tables.reading import Understood

TYPED_ROWS: Final = Interval(2, 50)


def typed(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Understood:
    """Return the table of rows that were typed.

    Args:
        names: of the columns.
        rows: the cells of each row: numbers, texts, or None; rows without any value are skipped.

    Raises:
        InvalidInput: there are too few or too many rows, or one has more cells than there are
            names; the line of an error counts the names as the first.
    """
    filled = [["" if cell is None else str(cell) for cell in row] for row in rows]
    filled = [row for row in filled if any(map(str.strip, row))]
    check_length("rows", filled, TYPED_ROWS)
    content = io.StringIO()
    csv.writer(content, delimiter="\t").writerows([names, *filled])
    how = Reading(encoding="utf-8", delimiter="\t", header=True)
    return read(content.getvalue().encode("utf-8", "replace"), how)
