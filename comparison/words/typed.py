r"""A typed rule as mathematics: its lines in LaTeX, with the step below slots and lines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comparison.words.expressions import expression
from engine.rules.programs import DIRECTION, symbol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.formulas.graph import Graph
    from engine.rules.programs import Line, Program

_FIRST_MARK = 0xE100  # private characters stand for symbols until an expression is written


def typed_formula(program: Program) -> str:
    """Return the lines of a program as equations, as ``Rule.formula`` has them."""
    known = {"g": "g_t", "params": r"\theta_{t-1}", "t": "t"}
    known |= {one.name: one.interval.symbol for one in program.constants}
    known |= {name: f"{symbol(name)}_{{t-1}}" for name in program.slots}
    equations = []
    for line in program.lines:
        right = _right(line, known)
        known[line.name] = "d_t" if line.name == DIRECTION else f"{symbol(line.name)}_t"
        equations.append(f"{known[line.name]} = {right}")
    return r" \\ ".join(equations)


def _right(line: Line, known: Mapping[str, str]) -> str:
    """Return the right side of a line."""
    marks = {name: chr(_FIRST_MARK + at) for at, name in enumerate(line.graph.inputs)}
    text = expression(_marked(line.graph, marks), line.graph.output, {})
    for name, mark in marks.items():
        of = line.norms.get(name)
        text = text.replace(mark, known[name] if of is None else rf"\|{known[of]}\|")
    return text


def _marked(graph: Graph, marks: Mapping[str, str]) -> Graph:
    """Return a graph whose inputs are called by single marks, and its other nodes by nothing."""
    nodes = tuple(replace(node, name=marks.get(node.name, "")) for node in graph.nodes)
    return replace(graph, nodes=nodes)
