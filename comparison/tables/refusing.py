"""The one way in which a file is refused for not being a table."""

from __future__ import annotations

from typing import Any, Final

from comparison.words.cleaned import cleaned
from engine import InvalidInput

_SHOWN: Final = 40  # characters


def refused(
    reason: str, line: int = 0, column: int = 0, text: str = "", **facts: Any
) -> InvalidInput:
    """Return the error for a file that is no table.

    Args:
        reason: an id of ``comparison.words.tables.REASONS``.
        line: of the file, from 1; 0 for the file as a whole.
        column: the cell of the line, from 1; of an encoding the character; 0 for the whole line.
        text: what stands there; the error holds the beginning of it.
        facts: numbers that the reason's sentence tells.
    """
    limits = (line, column, reason, tuple(facts.items()))
    return InvalidInput("not_a_table", "table", shortened(text), limits)


def shortened(text: str) -> str:
    """Return the beginning of a text as it is quoted in a sentence: clean, on one line, short."""
    shown = cleaned(text[: 4 * _SHOWN]).strip()
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
