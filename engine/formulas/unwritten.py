"""Products without a sign and bars, as people write them: 4x, 2(x + 1), x y, sin(x)cos(y), |x|.

They are read from left to right, as if the sign were there, so that x^2y is x²·y. After a division
that would surprise somebody, whatever is done: there, and in an exponent of glued letters, the
sign or brackets must be written.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from engine.formulas.signs import LETTER, WORDLIKE, unexpected

if TYPE_CHECKING:
    from collections.abc import Collection

_TOKEN: Final = re.compile(
    rf"(?P<name>({LETTER}|_){WORDLIKE}*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<power>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)"
    r"|(?P<mark>\*\*|\n|\S)"
)
_SHORT: Final = re.compile(rf"{LETTER}\d*")
_ASSIGNED: Final = re.compile(r"\s*=")
_PADDED: Final = re.compile(r"0+[1-9]\d*\Z")  # 007, which Python does not read
_ZERO: Final = re.compile(r"0+\Z")
_DIVISIONS, _PRODUCTS, _POWERS = frozenset("/÷"), frozenset("*×·⋅"), frozenset(("^", "**"))


def unwritten(
    text: str, functions: Collection[str], constants: Collection[str], letters: str = ""
) -> dict[int, str]:
    """Return what must be put before characters in Python's spelling, by their positions from 0.

    Args:
        text: a formula, whose brackets are closed.
        functions: names that are called.
        constants: names that are no variables.
        letters: variables of one letter; a word of nothing else is their product, unless a line
            defines it.

    Raises:
        InvalidInput: "unexpected" for a product or bars that could be read in two ways, and for
            what Python reads otherwise or not at all: some numbers, and lambda.
    """
    return _Scan(text, functions, constants, letters).scan()


class _Scan:
    """The tokens of a formula from left to right."""

    def __init__(
        self, text: str, functions: Collection[str], constants: Collection[str], letters: str
    ) -> None:
        self._text, self._functions, self._letters = text, functions, set(letters)
        self._known = set(constants)
        self._before: dict[int, str] = {}
        self._divided = [False]  # whether a product is behind a division, for every open bracket
        self._bar: tuple[int, int] | None = None  # position and brackets of an open bar
        self._last: re.Match[str] | None = None  # the token before, in its line
        self._is_complete = False  # whether an operand ends there
        self._is_raised = False  # whether the last sign was that of a power

    def scan(self) -> dict[int, str]:
        for token in _TOKEN.finditer(self._text):
            if token["name"]:
                self._name(token)
            elif token["number"]:
                self._number(token)
            elif token["power"]:
                self._is_complete = True
            else:
                self._mark(token)
            self._last = None if token[0] in {"\n", ";"} else token
        self._end_line()
        return self._before

    def _name(self, token: re.Match[str]) -> None:
        name, start = unicodedata.normalize("NFKC", token[0]), token.start()
        if name == "lambda":
            raise unexpected(self._text, start, "lambda")
        if keyword.iskeyword(name):
            self._check_apart(token)
            self._is_complete = False
            return
        if self._last is None and _ASSIGNED.match(self._text, token.end()):
            self._known.add(name)
        is_glued = len(token[0]) > 1 and set(token[0]) <= self._letters and name not in self._known
        if is_glued and self._is_raised and not self._is_complete:  # e^xy
            raise unexpected(self._text, start, "clear_product")
        self._multiply(token)
        for position in range(start + 1, token.end() if is_glued else 0):
            self._put_product(position)
        self._is_complete = name not in self._functions

    def _number(self, token: re.Match[str]) -> None:
        if _PADDED.match(token[0]):
            raise unexpected(self._text, token.start(), "number_without_zeros")
        self._is_complete = True

    def _mark(self, token: re.Match[str]) -> None:
        mark = token[0]
        if mark == "(":
            self._open(token)
        elif mark == ")":
            self._close()
        elif mark == "|":
            self._bars(token)
        elif mark == "√":
            self._multiply(token)
            self._is_complete = False
        else:
            self._operate(mark)

    def _operate(self, mark: str) -> None:
        if mark in {"\n", ";"}:
            self._end_line()
        elif mark in _DIVISIONS:
            self._divided[-1] = True
        elif mark not in _POWERS and (self._is_complete or mark in _PRODUCTS):  # no sign of -x
            self._divided[-1] = False
        self._is_raised = mark in _POWERS or (self._is_raised and not self._is_complete)
        self._is_complete = False

    def _open(self, token: re.Match[str]) -> None:
        if self._last is None or not self._last["name"] or self._may_multiply(self._last["name"]):
            self._multiply(token)
        self._divided.append(False)
        self._is_complete = self._is_raised = False

    def _may_multiply(self, word: str) -> bool:
        """Tell whether a name before a bracket is a factor; a long one may be a function."""
        name = unicodedata.normalize("NFKC", word)
        is_word_of_letters = set(word) <= self._letters
        return is_word_of_letters or name in self._known or _SHORT.fullmatch(word) is not None

    def _close(self) -> None:
        self._divided.pop()
        if self._bar is not None and self._bar[1] > len(self._divided) - 1:
            raise unexpected(self._text, self._bar[0], "absolute_value")
        self._is_complete = True

    def _bars(self, token: re.Match[str]) -> None:
        """Begin an absolute value, or end the one that is open; none lies in another."""
        if self._bar is None:
            self._multiply(token)
            self._bar = token.start(), len(self._divided)
            self._before[token.start()] = self._before.get(token.start(), "") + "abs("
            self._divided.append(False)
            self._is_complete = False
            return
        if not self._is_complete or self._bar[1] != len(self._divided) - 1:
            raise unexpected(self._text, token.start(), "absolute_value")
        self._divided.pop()
        self._bar = None
        self._before[token.start()] = ")"

    def _end_line(self) -> None:
        if self._bar is not None:
            raise unexpected(self._text, self._bar[0], "absolute_value")
        self._divided[-1] = False

    def _multiply(self, token: re.Match[str]) -> None:
        """Put a sign before a token if the one before it is a factor."""
        if self._is_complete:
            self._check_apart(token)
            self._put_product(token.start())

    def _put_product(self, position: int) -> None:
        if self._divided[-1]:
            raise unexpected(self._text, position, "clear_product")
        self._before[position] = "*"

    def _check_apart(self, token: re.Match[str]) -> None:
        """Refuse what Python reads as one with the number before it, or the root above it."""
        last = self._last
        if last is None or not last["number"] or last.end() != token.start() or not token["name"]:
            return
        is_root = self._text[: last.start()].rstrip().endswith("√")  # √2x
        is_other = not re.match(LETTER, token[0]) or keyword.iskeyword(token[0])  # 1_000
        if is_root or is_other or _ZERO.match(last[0]):  # 0x10
            raise unexpected(self._text, token.start(), "operation")
