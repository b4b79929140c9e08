"""Names of users without what cannot be seen, such as marks that turn text around."""

from __future__ import annotations

import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"  # they join letters of some scripts and parts of an emoji
_NEVER_SEEN: Final = {"Cc", "Cf", "Cs"}  # controls, formats such as text direction, lone surrogates


def cleaned(text: str) -> str:
    """Return text on one line without invisible characters.

    Pictures and tables cannot show controls, marks that change the direction of text or have no
    width, and code points that are not characters. A line break or a tab becomes a space.
    """
    spaced = "".join(" " if mark in "\t\n\r\v\f\x85\u2028\u2029" else mark for mark in text)
    return "".join(mark for mark in spaced if mark in _JOINERS or not _is_unseen(mark))


def _is_unseen(mark: str) -> bool:
    is_no_character = ord(mark) & 0xFFFE == 0xFFFE or "\ufdd0" <= mark <= "\ufdef"
    return is_no_character or unicodedata.category(mark) in _NEVER_SEEN
