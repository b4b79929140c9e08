r"""A rule's formula with the numbers of one step, as LaTeX.

It reads the formulas of ``engine.rules``: equations separated by ``\qquad`` or ``\\``, with the
symbols of ``engine.analysis.inspection``. Symbols without a number stay as they are, and so do
those within norms, ``\|x\|``, which are of all parameters together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.analysis.inspection import Term

_APART: Final = re.compile(r"\\qquad|\\\\")
_JOINED: Final = re.compile(r"(?<=\ue001)(?:\\,|\s)*(?=\ue000)")
_NO_INDEX: Final = r"(?<![A-Za-z\\_])(?<!_\{)"
_NORM: Final = r"\\\|.*?\\\|"
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
        filled = _filled(right, values)
        if right not in values and filled != right:
            parts.append(filled)
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
    pattern = "|".join(rf"{_NO_INDEX}{re.escape(symbol)}(?![A-Za-z])" for symbol in symbols)

    # Numbers get a private mark on either side, so that a sign can be put between neighbours.
    def written(match: re.Match[str]) -> str:
        is_symbol = match[0] in values
        return _marked(values[match[0]], side[match.end() :]) if is_symbol else match[0]

    filled = re.sub(f"{_NORM}|{pattern}", written, side)
    return _JOINED.sub(r" \\cdot ", filled).translate(_MARKS)


def _marked(value: float, rest: str) -> str:
    text = number(value)
    is_power = rest.startswith("^")
    if value < 0 or (is_power and not text.replace(".", "").isdigit()):
        text = rf"\left({text}\right)"
    return f"\ue000{{{text}}}\ue001"
