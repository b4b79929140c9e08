r"""A rule's formula with the numbers of one step, as LaTeX.

It reads the formulas of ``engine.rules``: equations separated by ``\qquad`` or ``\\``, with the
symbols of ``engine.analysis.inspection``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.analysis.inspection import Term

_APART: Final = re.compile(r"\\qquad|\\\\")
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
    pattern = "|".join(rf"(?<![A-Za-z\\]){re.escape(symbol)}(?![A-Za-z])" for symbol in symbols)
    # Numbers get a private mark on either side, so that a sign can be put between neighbours.
    filled = re.sub(pattern, lambda match: _marked(values[match[0]], side[match.end() :]), side)
    return _JOINED.sub(r" \\cdot ", filled).translate(_MARKS)


def _marked(value: float, rest: str) -> str:
    text = number(value)
    is_power = rest.startswith("^")
    if value < 0 or (is_power and not text.replace(".", "").isdigit()):
        text = rf"\left({text}\right)"
    return f"\ue000{{{text}}}\ue001"
