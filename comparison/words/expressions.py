r"""A computation graph as mathematics: its lines in LaTeX, its numbers with printed digits."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final

from language.names import in_latex

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.formulas.graph import Graph

_SUM, _PRODUCT, _POWER, _ATOM = range(1, 5)  # how tightly the parts of an expression bind
_CALLS: Final = {
    "log": r"\log",
    "sin": r"\sin",
    "cos": r"\cos",
    "tan": r"\tan",
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
    "sinh": r"\sinh",
    "cosh": r"\cosh",
    "tanh": r"\tanh",
    "sign": r"\operatorname{sign}",
    "sigmoid": r"\sigma",
    "relu": r"\operatorname{ReLU}",
    "max": r"\max",
    "min": r"\min",
}
_CONSTANTS: Final = {math.e: "e", math.pi: r"\pi"}


def lines(graph: Graph, names: Mapping[str, str]) -> list[str]:
    """Return every named result with its expression, in the order of the formula."""
    return [
        f"{in_latex(name, names)} = {expression(graph, number, names)}"
        for name, number in graph.names.items()
        if graph.nodes[number].operands
    ]


def symbol(graph: Graph, number: int, names: Mapping[str, str]) -> str:
    """Return the name of a node, or its expression if it has none."""
    name = graph.nodes[number].name
    return in_latex(name, names) if name else expression(graph, number, names)


def expression(graph: Graph, number: int, names: Mapping[str, str]) -> str:
    """Return the expression of a node over named ones."""
    node = graph.nodes[number]
    if not node.operands:
        return _written(graph, number, names)[0]
    parts = [_written(graph, operand, names) for operand in node.operands]
    return _joined(node.operation, parts)[0]


def ratio(graph: Graph, of: int, by: int, names: Mapping[str, str]) -> str:
    """Return the derivative of a node by another as a fraction, with expressions in brackets."""
    parts = []
    for number in (of, by):
        text = symbol(graph, number, names)
        parts.append(text if graph.nodes[number].name else rf"\left({text}\right)")
    return rf"\frac{{\partial {parts[0]}}}{{\partial {parts[1]}}}"


def lettered(graph: Graph, numbers: Collection[int]) -> tuple[Graph, list[int]]:
    """Return the graph with letters for long expressions, and the nodes that got one.

    Args:
        graph: the formula; it is not changed.
        numbers: numbers of nodes; those without a name that are more than one operation on named
            ones are called u1, u2, … in forward order, or by another free letter.
    """
    nodes, named = list(graph.nodes), []
    letter = next(
        letter * times
        for times in count(1)
        for letter in "uvqrkgabcdefhlmnopstwxyz"
        if not any(name.startswith(letter * times) for name in graph.names)
    )
    for number in sorted(numbers):
        operands = [graph.nodes[operand] for operand in graph.nodes[number].operands]
        if not graph.nodes[number].name and any(at.operands and not at.name for at in operands):
            named.append(number)
            nodes[number] = replace(nodes[number], name=f"{letter}{len(named)}")
    return replace(graph, nodes=tuple(nodes)), named


def with_values(graph: Graph, number: int, values: Sequence[float]) -> str:
    """Return an operation with numbers instead of its operands."""
    node = graph.nodes[number]
    parts = [
        (latex_digits(values[operand]), _SUM if values[operand] < 0 else _ATOM)
        for operand in node.operands
    ]
    return _joined(node.operation, parts)[0]


def local_with_values(graph: Graph, number: int, position: int, values: Sequence[float]) -> str:
    """Return how the local derivative by an operand is computed, in numbers.

    It is "" if nothing is left to compute: a value of the forward pass, or 1, 0 or -1.
    """
    node = graph.nodes[number]
    y = latex_digits(values[number])
    a, b = (_bracketed(values[node.operands[at]]) for at in (0, -1))
    base, exponent = (values[node.operands[at]] for at in (0, -1))
    if node.operation == "power":
        if base == 0:
            return ""  # a convention, or nothing
        if position == 1:
            return rf"{_bracketed(values[number])} \cdot \ln {a}"
        raised = a if exponent == 2 else f"{{{a}}}^{{{latex_digits(exponent - 1)}}}"
        return rf"{latex_digits(exponent)} \cdot {raised}"
    if node.operation == "divide":
        return (rf"\frac{{1}}{{{b}}}", rf"-\frac{{{a}}}{{{b}^{{2}}}}")[position]
    return {
        "log": rf"\frac{{1}}{{{a}}}",
        "sin": rf"\cos {a}",
        "cos": rf"-\sin {a}",
        "tan": rf"1 + {_bracketed(values[number])}^{{2}}",
        "asin": rf"\frac{{1}}{{\sqrt{{1 - {a}^{{2}}}}}}",
        "acos": rf"-\frac{{1}}{{\sqrt{{1 - {a}^{{2}}}}}}",
        "atan": rf"\frac{{1}}{{1 + {a}^{{2}}}}",
        "sinh": rf"\cosh {a}",
        "cosh": rf"\sinh {a}",
        "sqrt": rf"\frac{{1}}{{2 \cdot {y}}}",
        "tanh": rf"1 - {_bracketed(values[number])}^{{2}}",
        "sigmoid": rf"{y} \cdot \left(1 - {y}\right)",
    }.get(node.operation, "")


def _bracketed(value: float) -> str:
    """Return a number in brackets if it needs them beside other signs."""
    text = latex_digits(value)
    return rf"\left({text}\right)" if value < 0 or "cdot" in text else text


def aligned(rows: Sequence[str], gap: str = "0em") -> str:
    """Return equations below each other, aligned at &, with space between them."""
    between = rf" \\[{gap}] "
    return rf"\begin{{aligned}}{between.join(rows)}\end{{aligned}}"


def digits(value: float) -> str:
    """Return a number to eight decimals, as printed worked examples do."""
    usual = value == 0 or 1e-4 <= abs(value) < 1e6
    text = f"{value + 0.0:.8f}" if usual else f"{value:.8g}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def latex_digits(value: float) -> str:
    """Return the same for LaTeX, with powers of ten written out."""
    digit, _sign, power = digits(value).partition("e")
    return rf"{digit} \cdot 10^{{{int(power)}}}" if power else digit


def _written(graph: Graph, number: int, names: Mapping[str, str]) -> tuple[str, int]:
    """Return a node as an operand, and how tightly it binds."""
    node = graph.nodes[number]
    if node.name:
        return in_latex(node.name, names), _ATOM
    if node.operation == "constant":
        return _CONSTANTS.get(node.constant, f"{node.constant:.10g}"), _ATOM
    parts = [_written(graph, operand, names) for operand in node.operands]
    return _joined(node.operation, parts)


def _joined(operation: str, parts: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """Return an operation with its operands, and how tightly it binds."""
    if operation in _CALLS:
        inside = ",\\,".join(text for text, _tight in parts)
        return rf"{_CALLS[operation]}\left({inside}\right)", _ATOM
    first, last = parts[0], parts[-1]
    factor = _at_least(last, _PRODUCT)
    return {
        "add": (f"{first[0]} + {factor}", _SUM),
        "subtract": (f"{first[0]} - {factor}", _SUM),
        "negate": (f"-{factor}", _SUM),
        "multiply": (rf"{_at_least(first, _PRODUCT)} \cdot {factor}", _PRODUCT),
        "divide": (rf"\frac{{{first[0]}}}{{{last[0]}}}", _POWER),
        "power": (f"{_at_least(first, _ATOM)}^{{{last[0]}}}", _POWER),
        "exp": (f"e^{{{first[0]}}}", _POWER),
        "sqrt": (rf"\sqrt{{{first[0]}}}", _ATOM),
        "abs": (rf"\left|{first[0]}\right|", _ATOM),
    }[operation]


def _at_least(part: tuple[str, int], tight: int) -> str:
    text, holds = part
    return text if holds >= tight else rf"\left({text}\right)"
