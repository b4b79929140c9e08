"""The numbers on show: the values of the graph, its derivatives, and how far descent has gone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from engine.backprop.examples import EXAMPLES, descend
from engine.formulas.graph import differentiate, one_sided
from language import _
from ui.backpropagation import words
from ui.backpropagation.settings import settings

if TYPE_CHECKING:
    from charts.theme import Chart
    from engine.backprop.examples import Descent
    from engine.formulas.graph import Graph
    from exports.printed import Contract


def descent() -> Descent | None:
    """Return gradient descent as far as it was taken; None where nothing moves."""
    page = settings()
    if not page.learnt:
        return None
    return _descent(page.graph, tuple(page.point.items()), page.learnt, page.rate, page.updates)


@lru_cache(maxsize=8)
def _descent(
    graph: Graph,
    point: tuple[tuple[str, float], ...],
    learnt: tuple[str, ...],
    rate: float,
    updates: int,
) -> Descent:
    return descend(graph, dict(point), learnt, rate, updates)


def shown_point() -> dict[str, float]:
    """Return the values of the variables: the chosen ones, moved by the updates."""
    page, path = settings(), descent()
    point: dict[str, float] = page.point
    if path is None:
        return point
    return point | dict(zip(page.learnt, path.weights[-1].tolist(), strict=True))


def figures() -> dict[str, tuple[float, float]]:
    """Return the value of every named number, and the derivative of the output by it."""
    graph = settings().graph
    found = differentiate(graph, shown_point())
    return {
        name: (found.values[number], found.gradients[number])
        for name, number in graph.names.items()
    }


def sides() -> dict[str, tuple[float, float]]:
    """Return the slopes of the output left and right of every variable's value."""
    graph = settings().graph
    found = differentiate(graph, shown_point())
    return {name: one_sided(graph, found, name) for name in graph.inputs}


def output() -> str:
    """Return the name of the output."""
    graph = settings().graph
    name: str = graph.nodes[graph.output].name
    return name


def formula() -> str:
    """Return the formula of the example, or the reader's own."""
    page = settings()
    text: str = page.formula if page.example == "own" else EXAMPLES[page.example].formula
    return text


def caption() -> Contract:
    """Return the caption of an exported chart: formula, values, and how they came about."""
    names = words.names()
    titles = {name: f"{name} ({names[name]})" if name in names else name for name in shown_point()}
    values = ", ".join(f"{titles[name]} = {value:.8g}" for name, value in shown_point().items())
    page, path = settings(), descent()
    if path is None or len(path.losses) == 1:
        return [*formula().splitlines(), values], []
    text = _("After {count} updates of gradient descent on {variables}; learning rate {rate}")
    learnt = text.format(
        count=f"{len(path.losses) - 1:,}", variables=", ".join(page.learnt), rate=f"{page.rate:.8g}"
    )
    return [*formula().splitlines(), learnt, values], []


def remarks(chart: Chart | None) -> None:
    """Say below a chart what it leaves out."""
    for sentence in chart.remarks if chart is not None else ():
        st.caption(sentence)
