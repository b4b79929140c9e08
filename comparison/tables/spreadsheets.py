"""Cells that a spreadsheet would run: they get an apostrophe in front, which reading removes."""

from __future__ import annotations

from typing import Final

_RUN_BY_SPREADSHEETS: Final = "=+-@\t\r\n\0＝＋－＠"
_OVERLOOKED: Final = "\ufeff \u00a0\u3000\u200b"  # a spreadsheet may drop these in front of a cell


def defused(text: str) -> str:
    """Return text that a spreadsheet shows instead of running it; ``restored`` undoes this."""
    return f"'{text}" if _would_run(text) else text


def restored(text: str) -> str:
    """Return the text that ``defused`` was given."""
    return text[1:] if text.startswith("'") and _would_run(text) else text


def _would_run(text: str) -> bool:
    # Apostrophes in front are skipped, too, so that "'=x", which needs none, differs from "=x".
    return text.lstrip(_OVERLOOKED + "'")[:1] in set(_RUN_BY_SPREADSHEETS)
