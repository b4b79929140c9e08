"""Signs as people type them, in Python's spelling, and places in a formula."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

# Signs that Python writes differently. A superscript is a power; a root takes what follows.
_PYTHON: Final = {"^": "**", "×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-", "|": ""}
_RAISED: Final = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
_FOREIGN: Final = re.compile(r"[^\w+\-*/^().,= \t\r\n;√×·⋅÷−–⁻|]")
_OF_OTHERS: Final = re.compile(r"[^\W\d_a-zA-Z가-힣⁰¹²³⁴⁵⁶⁷⁸⁹]")
_OPERATION: Final = re.compile(r"[+\-*/(√^×·⋅÷−–]|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
# A letter, digit or _ that is no superscript, and the same without digits and _.
WORDLIKE: Final = r"[^\W⁰¹²³⁴⁵⁶⁷⁸⁹]"
LETTER: Final = r"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹]"
_POWERS: Final = re.compile(r"(?P<power>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)\s*(?P<next>\*\*|.?)")
_WHOLE: Final = re.compile(r"⁻?(⁰|[¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]*)")
_IN_WORDS: Final = re.compile(r"\w")
_ROOTS: Final = re.compile(
    rf"(?P<before>[\w.)⁻]\s*)?(?P<root>√)\s*"
    rf"((?P<bracket>\()|(?P<under>({WORDLIKE}|\.)+)(?P<more>\s*[(^]|\s*\*\*|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻])?)?"
)
_WORD: Final = re.compile(r"\w+|\S")


def unexpected(text: str, position: int, expected: str) -> InvalidInput:
    """Return the error for a place in a formula, with what was expected there."""
    return InvalidInput("unexpected", "formula", place(text, position), expected)


def place(text: str, position: int) -> tuple[int, str]:
    """Return a place for readers: the number of the character, from 1, and the text there."""
    word = _WORD.search(text, position)
    if word is None:
        return len(text) + 1, ""
    return word.start() + 1, word[0]


def count_operations(text: str) -> int:
    """Return how many signs of operations a text has, at least; it is not parsed for this.

    Raises:
        InvalidInput: "unexpected" for a sign that no formula has.
    """
    foreign = _FOREIGN.search(text)
    if foreign is not None:
        raise unexpected(text, foreign.start(), "character")
    for raised in _OF_OTHERS.finditer(text):  # a letter in superscript, which Python reads as one
        if unicodedata.decomposition(raised[0]).startswith("<super>"):
            raise unexpected(text, raised.start(), "superscript")
    return len(_OPERATION.findall(text))


def in_python(text: str, start: int, end: int, unwritten: Mapping[int, str]) -> list[str]:
    """Return a part of a formula in Python's spelling, a piece for every character.

    Args:
        text: the formula.
        start: where the part begins, from 0.
        end: where it ends.
        unwritten: what is put before characters, by their positions.

    Raises:
        InvalidInput: "unexpected" for a superscript or a root that could be read in two ways.
    """
    pieces = [_PYTHON.get(mark, _RAISED.get(mark, mark)) for mark in text[start:end]]
    for power in _POWERS.finditer(text, start, end):
        if not _WHOLE.fullmatch(power["power"]) or power["next"] in {"^", "**"}:
            raise unexpected(text, power.start(), "superscript")
        follows = power["next"] == "√" or _IN_WORDS.match(power["next"])
        if follows and power.start("next") not in unwritten:  # x²2
            raise unexpected(text, power.start("next"), "operation")
        pieces[power.start() - start] = f"**{pieces[power.start() - start]}"
    for root in _ROOTS.finditer(text, start, end):
        if root["before"] and root.start("root") not in unwritten:  # sin√x
            raise unexpected(text, root.start("root"), "operation")
        if not (root["bracket"] or root["under"]) or root["more"]:
            raise unexpected(text, root.start("root"), "root")
        pieces[root.start("root") - start] = "sqrt(" if root["under"] else "sqrt"
        if root["under"]:
            pieces[root.end("under") - start - 1] += ")"
    return [unwritten.get(position, "") + piece for position, piece in enumerate(pieces, start)]
