"""How other libraries compute a typed formula: its graph, written out line by line.

Lines are made of the operations and numbers of the graph; no character of the reader's text, nor a
name in it, is part of them.
"""

from __future__ import annotations

from string import Template
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.formulas.graph import forward

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.problems.formula import Formula

# Each operation on a and b; $np is a module with NumPy's names. Of equal numbers, PyTorch and JAX
# must give max and min the mean of both slopes; a sigmoid must not overflow on the way back.
OPERATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "add": "$a + $b",
        "subtract": "$a - $b",
        "multiply": "$a * $b",
        "divide": "$a / $b",
        "power": "$a ** $b",
        "negate": "-$a",
        "exp": "$np.exp($a)",
        "log": "$np.log($a)",
        "sin": "$np.sin($a)",
        "cos": "$np.cos($a)",
        "tan": "$np.tan($a)",
        "asin": "$np.arcsin($a)",
        "acos": "$np.arccos($a)",
        "atan": "$np.arctan($a)",
        "sinh": "$np.sinh($a)",
        "cosh": "$np.cosh($a)",
        "tanh": "$np.tanh($a)",
        "sqrt": "$np.sqrt($a)",
        "abs": "$np.abs($a)",
        "sign": "$np.sign($a)",
        "sigmoid": "(1 + $np.tanh($a / 2)) / 2",
        "relu": "$np.where($a > 0, $a, 0 * $a)",
        "max": "($np.where($a > $b, $a, $b) + $np.where($b > $a, $b, $a)) / 2",
        "min": "($np.where($a < $b, $a, $b) + $np.where($b < $a, $b, $a)) / 2",
    }
)
_MOST: Final = 100  # a whole exponent up to here is written as one, for which libraries have a way


def formula_lines(function: Formula, module: str) -> str:
    """Return the lines that compute ``value`` of a formula at x and y.

    Args:
        function: the formula.
        module: the script's module with NumPy's names.
    """
    graph = function.graph
    terms = _numbers(function)
    terms |= {graph.names[axis]: axis for axis in ("x", "y") if axis in graph.inputs}
    lines: list[str] = []
    for number in graph.operations:
        if number in terms:
            continue
        node = graph.nodes[number]
        a, b = (terms[node.operands[at]] for at in (0, -1))
        terms[number] = f"t{len(lines) + 1}"
        expression = Template(OPERATIONS[node.operation]).substitute(a=a, b=b, np=module)
        lines.append(f"{terms[number]} = {expression}")
    return "\n".join([*lines, f"value = {terms[graph.output]}", ""])


def _numbers(function: Formula) -> dict[int, str]:
    """Return the nodes that are the same wherever x and y are, as Python reads them."""
    graph = function.graph
    at = {"x": 1.0, "y": 1.0, **dict(function.constants)}
    moves: list[bool] = []
    for node in graph.nodes:
        is_axis = node.operation == "input" and node.name in {"x", "y"}
        moves.append(is_axis or any(moves[operand] for operand in node.operands))
    return {
        number: _written(float(value))
        for number, value in enumerate(forward(graph, at))
        if not moves[number]
    }


def _written(value: float) -> str:
    """Return a number as Python reads it, in brackets if it has a sign."""
    is_whole = value.is_integer() and abs(value) <= _MOST
    text = str(int(value)) if is_whole else repr(value)
    if text in {"nan", "inf", "-inf"}:
        return f'float("{text}")'
    return f"({text})" if text.startswith("-") else text
