r"""A rule's formula with the numbers of one step put in, as LaTeX.

Reads the formulas of ``engine.rules``: equations apart by ``\qquad`` or ``\\``, in the symbols
of ``engine.analysis.inspection``.
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
        formula: as ``Rule.formula`` has it.
        terms: symbols and values of one parameter at one step.
    """
    values = {term.symbol: term.value for term in terms}
    lines = []
    for equation in _APART.split(formula):
        left, right = (side.strip() for side in equation.split("=", 1))
        parts = [left, right]
        if right not in values:
            parts.append(_filled(right, values))
        if left in values:  # a formula may name what nobody records
            parts.append(number(values[left]))
        lines.append(" = ".join(parts))
    return lines


def number(value: float) -> str:
    """Return a number in LaTeX, five digits of it."""
    text = f"{value:.5g}"
    if "e" not in text:
        return text
    digits, power = text.split("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}"


def _filled(side: str, values: dict[str, float]) -> str:
    """Return one side of an equation with numbers for symbols."""
    symbols = sorted(values, key=len, reverse=True)
    pattern = "|".join(rf"(?<![A-Za-z\\]){re.escape(symbol)}(?![A-Za-z])" for symbol in symbols)
    # A number between two private marks, so that numbers side by side get a sign between them.
    filled = re.sub(pattern, lambda found: _marked(values[found[0]], side[found.end() :]), side)
    return _JOINED.sub(r" \\cdot ", filled).translate(_MARKS)


def _marked(value: float, rest: str) -> str:
    text = number(value)
    is_power = rest.startswith("^")
    if value < 0 or (is_power and not text.replace(".", "").isdigit()):
        text = rf"\left({text}\right)"
    return f"\ue000{{{text}}}\ue001"
