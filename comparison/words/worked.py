r"""A rule's formula with the numbers of one step, as LaTeX.

It reads the formulas of ``engine.rules``: equations separated by ``\qquad`` or ``\\``, with the
symbols of ``engine.analysis.inspection``. Norms and products of whole vectors, ``\|…\|`` and
``\langle … \rangle``, stay in symbols: no number of one parameter stands for them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.analysis.inspection import Term

_APART: Final = re.compile(r"\\qquad|\\\\")
_VECTORS: Final = r"\\\|.*?\\\||\\langle.*?\\rangle"
_JOINED: Final = re.compile(r"(?<=\ue001)(?:\\,|\s)*(?=\ue000)")
_MARKS: Final = str.maketrans("", "", "\ue000\ue001")


def worked(formula: str, terms: Sequence[Term]) -> list[str]:
    """Return each equation of a formula in symbols, in numbers, and with its value.

    Args:
        formula: as in ``Rule.formula``.
        terms: symbols and values of one parameter at one step.
    """
    values = {term.symbol: term.value for term in terms}
    lines = []
    for equation in _APART.split(formula):
        left, right = (side.strip() for side in equation.split("=", 1))
        parts = [left, right]
        if right not in values:
            parts.append(_filled(right, values))
        if left in values:  # a formula may name quantities that are not recorded
            parts.append(number(values[left]))
        lines.append(" = ".join(parts))
    return lines


def number(value: float) -> str:
    """Return a number in LaTeX, with five digits."""
    text = f"{value:.5g}"
    if "e" not in text:
        return text
    digits, power = text.split("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}"


def _filled(side: str, values: dict[str, float]) -> str:
    """Return one side of an equation with numbers instead of symbols."""
    symbols = sorted(values, key=len, reverse=True)
    named = (rf"(?<![A-Za-z\\_]){re.escape(symbol)}(?![A-Za-z])" for symbol in symbols)

    def number_of(match: re.Match[str]) -> str:
        known = values.get(match[0])
        return match[0] if known is None else _marked(known, side[match.end() :])

    # Numbers get a private mark on either side, so that a sign can be put between neighbours.
    filled = re.sub("|".join((_VECTORS, *named)), number_of, side)
    return _JOINED.sub(r" \\cdot ", filled).translate(_MARKS)


def _marked(value: float, rest: str) -> str:
    text = number(value)
    is_power = rest.startswith("^")
    if value < 0 or (is_power and not text.replace(".", "").isdigit()):
        text = rf"\left({text}\right)"
    return f"\ue000{{{text}}}\ue001"
