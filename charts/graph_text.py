"""What is written in a computation graph: signs, names, numbers, and a sentence for each step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from charts.layered import is_written_inside
from language import _
from language.names import in_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.layered import Edge
    from engine.formulas.graph import Derivatives, Graph, Step

SIGNS: Final = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "power": "^",
    "negate": "−",
    "sqrt": "√",
    "sigmoid": "σ",
    "relu": "ReLU",
}
_CONSTANTS: Final = {math.e: "e", math.pi: "π"}


@dataclass(frozen=True)
class GraphText:
    """The texts of a graph.

    Attributes:
        graph: whose texts they are.
        derivatives: the values and derivatives of its nodes.
        names: what variables are called instead of their own names.
        is_dense: whether numbers have three digits instead of five.
    """

    graph: Graph
    derivatives: Derivatives
    names: Mapping[str, str]
    is_dense: bool

    def inside(self, number: int) -> str:
        """Return what is written in a node, by its number: a sign, a name or a number."""
        node = self.graph.nodes[number if number >= 0 else self.graph.output]
        if number < 0 or node.operation == "input":
            return in_html(node.name, self.names)
        if node.operation == "constant":
            return _constant(node.constant, 6)
        sign = SIGNS.get(node.operation, node.operation)
        if node.operation == "power" and is_written_inside(self.graph, number, 1):
            sign += _constant(self.graph.nodes[node.operands[1]].constant, 4)
        return sign

    def name(self, number: int) -> str:
        """Return the name of a node; empty if it has none."""
        return in_html(self.graph.nodes[number].name, self.names)

    def hover(self, number: int) -> str:
        """Return name, value and derivative of a node with more digits, for the mouse over it."""
        number = number if number >= 0 else self.graph.output
        node, value = self.graph.nodes[number], self.derivatives.values[number]
        lines = [_("value {value}").format(value=f"{value:.10g}")]
        if node.name:
            lines.insert(0, f"<b>{self.name(number)}</b>")
        if self.graph.varies[number]:
            terms = " + ".join(f"{product:.6g}" for product in self._contributions(number))
            text = _("derivative {derivative}")
            line = text.format(derivative=f"{self.derivatives.gradients[number]:.10g}")
            lines.append(line + (f" = {terms}" if "+" in terms else ""))
        return "<br>".join(lines)

    def value(self, edge: Edge) -> str:
        """Return what is written above an edge: the value that it carries."""
        return self._short(self.derivatives.values[edge.node])

    def derivative(self, edge: Edge) -> str:
        """Return what is written below an edge: its derivative; empty where nothing varies."""
        if edge.operation < 0:
            return "1"
        if not self.graph.varies[edge.node]:
            return ""
        local = self.derivatives.local[edge.operation][edge.index]
        return self._short(local * self.derivatives.gradients[edge.operation])

    def total(self, number: int) -> str:
        """Return the derivative of a node: the sum over the edges that leave it."""
        return self._short(self.derivatives.gradients[number])

    def sentence(self, moment: Step) -> str:
        """Return what is being computed at a step."""
        if moment.kind == "given":
            return _("The inputs are given.")
        if moment.kind == "start":
            name = self.name(self.graph.output)
            return _("Back from the output: ∂{name}/∂{name} = 1").format(name=name)
        node = self.graph.nodes[moment.node]
        here = self.name(moment.node) or self.inside(moment.node)
        if moment.kind == "forward":
            operands = [self._short(self.derivatives.values[operand]) for operand in node.operands]
            value = self._short(self.derivatives.values[moment.node])
            return f"{here}:   {written_out(node.operation, operands)} = {value}"
        incoming = self.derivatives.gradients[moment.node]
        local = self.derivatives.local[moment.node]
        products = [
            f"{self._short(slope)} × {self._short(incoming)} = {self._short(slope * incoming)}"
            for operand, slope in zip(node.operands, local, strict=True)
            if self.graph.varies[operand]
        ]
        text = _("{here}:   local derivative × incoming gradient   {products}")
        return text.format(here=here, products="   ·   ".join(products))

    def _contributions(self, number: int) -> list[float]:
        """Return what every use of a node contributes to its derivative."""
        local, gradients = self.derivatives.local, self.derivatives.gradients
        return [local[user][place] * gradients[user] for user, place in self.graph.uses[number]]

    def _short(self, value: float) -> str:
        """Return a number with few digits; the hover has more of them."""
        return f"{value + 0.0:.{3 if self.is_dense else 5}g}".replace("-", "−")


def written_out(operation: str, operands: Sequence[str]) -> str:
    """Return an operation with its operands as it is written by hand."""
    sign = SIGNS.get(operation, operation)
    if operation == "power":
        return f"{_bracketed(operands[0])}^{_bracketed(operands[1])}"
    if operation == "negate":
        return f"−{_bracketed(operands[0])}"
    if operation == "abs":
        return f"|{operands[0]}|"
    if operation in {"add", "subtract", "multiply", "divide"}:
        return f"{operands[0]} {sign} {_bracketed(operands[1])}"
    return f"{sign}({', '.join(operands)})"


def _bracketed(operand: str) -> str:
    return f"({operand})" if operand.startswith("−") else operand


def _constant(value: float, digits: int) -> str:
    """Return the sign of a well-known constant, otherwise its digits."""
    return _CONSTANTS.get(value, f"{value:.{digits}g}")
