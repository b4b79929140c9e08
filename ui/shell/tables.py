"""Tables of numbers, written as everywhere in the product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comparison.words.results import written

if TYPE_CHECKING:
    import pandas as pd


def with_written_numbers(table: pd.DataFrame) -> Any:
    """Return a table that shows its numbers as ``written`` says; they sort as numbers."""

    def shown(number: Any) -> str:
        return written(number)

    return table.style.format(shown, subset=table.select_dtypes("number").columns)
