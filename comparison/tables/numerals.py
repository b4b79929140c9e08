"""Which cells are numbers, with a point or a comma for decimals, and which are missing."""

from __future__ import annotations

import math
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array

# What stands for a missing value in a column of numbers, in small letters or capitals.
MISSING: Final = frozenset(
    {"", "NA", "N/A", "#N/A", "NaN", "null", "None", "-", "–", "—", ".", "?", "없음", "결측"}
)
_MISSING: Final = re.compile("|".join(map(re.escape, MISSING)), re.IGNORECASE)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER: Final = re.compile("[0-9]+")
_NOT_OF_A_NUMBER: Final = re.compile(r"[^0-9eE+\-. ]")
_COMMA_TO_POINT: Final = str.maketrans(",.", ".,")  # so that a point is none in such a column
_WITH_COMMA: Final = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_WITH_POINT: Final = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+")
_LOOKED_AT: Final = 1_000  # cells of a column, to find the decimal sign
_EXACT: Final = 2.0**53  # below it every integer is a number of its own
# Why a cell that people take for a number is none here; the first that fits.
_LOOKS: Final = (
    (
        "grouped",
        re.compile(r"[+-]?[0-9]{1,3}(?:([,.' \u00a0])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?"),
    ),
    ("decimal", re.compile(r"[+-]?[0-9]*[.,][0-9]+(?:[eE][+-]?[0-9]+)?")),
    ("percent", re.compile(r"[+-]?[0-9.,]+ ?[%％]")),
    ("money", re.compile(r"[+-]?[$€£¥₩] ?[0-9.,]+|[+-]?[0-9.,]+ ?(?:[$€£¥₩]|원)")),
    ("date", re.compile(r"[0-9]{1,4}([-/.])[ ]?[0-9]{1,2}\1[ ]?[0-9]{1,4}.*")),
    (
        "infinite",
        re.compile(r"[+-]?(?:inf|infinity|∞|[0-9]+\.?[0-9]*[eE]\+?[0-9]+)", re.IGNORECASE),
    ),
)


def parsed(cells: Sequence[str], decimal: str) -> tuple[Array, list[int]]:
    """Return the numbers of cells, and the places of cells that are neither numbers nor missing.

    A number is as Python reads it, in ASCII digits: 1, +1.5, −2, .5, 1e3, with spaces around it.

    Args:
        cells: the cells of a column.
        decimal: what stands before the decimals, "." or ",".

    Returns:
        Numbers ``(cells,)``, NaN for cells that are missing or no numbers; and places from 0.
    """
    values = _plain(cells, decimal)
    if values is not None:
        return values, []
    known = {cell: number(cell, decimal) for cell in set(cells)}
    found = [known[cell] for cell in cells]
    odd = [place for place, value in enumerate(found) if value is None]
    return np.array([math.nan if value is None else value for value in found]), odd


def _plain(cells: Sequence[str], decimal: str) -> Array | None:
    """Return the numbers of cells if all are plain ones, which is quickly found out; else None."""
    joined = "".join(cells)
    if decimal == ",":
        if "." in joined:
            return None
        joined, cells = joined.replace(",", "."), [cell.replace(",", ".") for cell in cells]
    if _NOT_OF_A_NUMBER.search(joined):
        return None
    try:
        values = np.array(list(map(float, cells)))
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def number(cell: str, decimal: str = ".") -> float | None:
    """Return the number of a cell, NaN where it is missing, None where it is no number."""
    text = cell.strip().replace("\u2212", "-")
    swapped = text.translate(_COMMA_TO_POINT) if decimal == "," else text
    if _NUMBER.fullmatch(swapped):
        value = float(swapped)
        return value if math.isfinite(value) else None
    return math.nan if _MISSING.fullmatch(text) else None


def is_number_like(cell: str) -> bool:
    """Tell whether a cell is a number, with a point or with a comma."""
    text = cell.strip()
    return bool(_NUMBER.fullmatch(text) or _WITH_COMMA.fullmatch(text))


def decimal_of(columns: Sequence[Sequence[str]]) -> str:
    """Return what stands before decimals: a comma where more cells say so than a point.

    A comma before three digits may also stand between thousands, so it says nothing.
    """
    commas = sum(_is_comma(cell) for cells in columns for cell in _with(",", cells))
    if not commas:
        return "."
    points = sum(
        bool(_WITH_POINT.fullmatch(cell)) for cells in columns for cell in _with(".", cells)
    )
    return "," if commas > points else "."


def _with(sign: str, cells: Sequence[str]) -> list[str]:
    """Return the first cells of a column in which a sign stands, without spaces around them."""
    if sign not in "".join(cells):
        return []
    return [cell.strip() for cell in islice((cell for cell in cells if sign in cell), _LOOKED_AT)]


def _is_comma(cell: str) -> bool:
    return bool(_WITH_COMMA.fullmatch(cell)) and not _GROUPED.fullmatch(cell)


def rounded(cells: Sequence[str], values: Array) -> int:
    """Return how many integers lost digits: beyond 2^53 not each is a number of its own.

    Args:
        cells: the cells of a column.
        values: their numbers, ``(cells,)``.
    """
    beyond = np.flatnonzero(np.abs(values) >= _EXACT).tolist()
    texts = [cells[place].strip().lstrip("+-\u22120") for place in beyond]
    sizes = np.abs(values[beyond]).tolist()
    return sum(
        _INTEGER.fullmatch(text) is not None and int(text) != int(size)
        for text, size in zip(texts, sizes, strict=True)
    )


def look(cell: str) -> str:
    """Return what a cell that is no number looks like, as an id; "" for a text like any other."""
    text = cell.strip()[:40].replace("\u2212", "-")
    return next((name for name, pattern in _LOOKS if pattern.fullmatch(text)), "")
