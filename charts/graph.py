"""A computation graph: values above the edges, derivatives below them, one step after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.graph_marks import CHANGING, StepMarks, boxes_of, reach_of, traces_of
from charts.graph_sums import ROW
from charts.graph_text import GraphText
from charts.layered import arrange
from charts.theme import BUTTON, BUTTON_TEXT, OPERAND, OPERATION, RAIL, Chart, layout, margin
from engine.formulas.graph import Step, steps
from language import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.layered import Edge
    from charts.marks import Mark
    from engine.formulas.graph import Derivatives, Graph

# Columns beyond which a graph needs room, numbers have three digits, every column keeps its width.
_WIDE, _DENSE, _LONG = 5, 9, 12
_FULL: Final = 84  # pixels of a column where there are many
_ABOVE, _BELOW = 58, 84  # pixels for the sentence, and for buttons and slider
_FRAME: Final = {"visible": False, "range": [0, 1], "fixedrange": True}
_AT_ONCE: Final[dict[str, Any]] = {
    "mode": "immediate",
    "frame": {"duration": 0, "redraw": True},
    "transition": {"duration": 0},  # nothing slides
}


def graph_drawing(
    graph: Graph, derivatives: Derivatives, step: int, names: Mapping[str, str]
) -> Chart:
    """Return the graph at one step, with a frame for every step.

    Args:
        graph: what is drawn.
        derivatives: the values and derivatives of its nodes.
        step: index in ``steps`` of the step that is shown first.
        names: what variables are called instead of their own names.
    """
    moments, drawing = steps(graph), arrange(graph)
    text = GraphText(graph, derivatives, names, is_dense=drawing.columns > _DENSE)
    step_marks = StepMarks(drawing, text, moments)
    shown = [step_marks.shown(position) for position in range(len(moments))]
    start = moments.index(Step("start"))
    rows = max(drawing.rows, 1.0) + 1.4
    figure = go.Figure(
        {
            "data": traces_of(step_marks, shown[step]),
            "frames": [_frame(shown, position, start) for position in range(len(shown))],
            "layout": layout(
                round(rows * ROW) + _ABOVE + _BELOW,
                width=drawing.columns * _FULL if drawing.columns > _DENSE else None,
                xaxis={"visible": False, "range": reach_of(drawing, text)},
                yaxis={"visible": False, "range": [0.7 - rows, 0.7]},
                xaxis2=_FRAME | {"overlaying": "x"},
                yaxis2=_FRAME | {"overlaying": "y"},
                margin=margin(4, 4, _ABOVE, _BELOW),
                dragmode="pan",
                annotations=boxes_of(drawing, text),
                updatemenus=[_buttons()],
                sliders=[_slider(len(moments), step)],
            ),
        }
    )
    numbers = _numbers(graph, derivatives, drawing.edges)
    return Chart(figure, numbers, _alt(graph, derivatives, names))


def _frame(shown: Sequence[Sequence[Mark]], position: int, start: int) -> dict[str, Any]:
    """Return a frame with only what differs from its base frame.

    The base of a step forward is the beginning, that of a step back is the end of the way forward.
    All numbers in every frame would be megabytes for a graph of hundreds of operations.
    """
    base = 0 if position < start else start - 1
    changed = [
        (trace, part)
        for trace, part, before in zip(CHANGING, shown[position], shown[base], strict=True)
        if position == 0 or part != before
    ]
    return {
        "name": str(position),
        "baseframe": str(base) if position else None,
        "data": [part for _trace, part in changed],
        "traces": [trace for trace, _part in changed],
    }


def is_wide(graph: Graph) -> bool:
    """Tell whether a graph has so many columns that a narrow page must not squeeze it."""
    return arrange(graph).columns > _WIDE


def long_width(graph: Graph) -> int | None:
    """Return the pixels of a graph of so many columns that no page may squeeze it, else None."""
    columns = arrange(graph).columns
    return columns * _FULL if columns > _LONG else None


def _buttons() -> dict[str, Any]:
    play = _AT_ONCE | {"frame": {"duration": 900, "redraw": True}, "fromcurrent": True}
    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 22, "r": 8},
        "bgcolor": BUTTON,
        "bordercolor": RAIL,
        "font": {"color": BUTTON_TEXT},
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, play]},
            {"label": "❚❚", "method": "animate", "args": [[None], _AT_ONCE]},
        ],
    }


def _slider(count: int, step: int) -> dict[str, Any]:
    return {
        "active": step,
        "x": 0,
        "len": 1,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 10, "l": 104},
        "currentvalue": {"visible": False},
        "bgcolor": RAIL,
        "activebgcolor": OPERATION,
        "bordercolor": OPERAND,
        "ticklen": 0,
        "steps": [
            {"label": str(position), "method": "animate", "args": [[str(position)], _AT_ONCE]}
            for position in range(count)
        ],
    }


def _numbers(graph: Graph, derivatives: Derivatives, edges: Sequence[Edge]) -> dict[str, Any]:
    """Return what every edge carries forward and back; the output's edge is used by -1, nothing.

    A node that is used several times has as many rows; its derivative is the sum of their
    ``handed_back``.
    """
    nodes = [edge.node for edge in edges]
    local = [
        derivatives.local[at.operation][at.index] if at.operation >= 0 else 1.0 for at in edges
    ]
    after = [derivatives.gradients[at.operation] if at.operation >= 0 else 1.0 for at in edges]
    return {
        "node": np.array(nodes),
        "operation": np.array([graph.nodes[node].operation for node in nodes]),
        "name": np.array([graph.nodes[node].name for node in nodes]),
        "value": np.array([derivatives.values[node] for node in nodes]),
        "used_by": np.array([edge.operation for edge in edges]),
        "local_derivative": np.array(local),
        "handed_back": np.array(local) * np.array(after),
        "derivative": np.array([derivatives.gradients[node] for node in nodes]),
    }


def _alt(graph: Graph, derivatives: Derivatives, names: Mapping[str, str]) -> str:
    output = graph.nodes[graph.output].name
    slopes = ", ".join(
        f"{names.get(name, name)} {derivatives.gradients[graph.names[name]]:.4g}"
        for name in graph.inputs
    )
    text = _(
        "Computation graph with {count} operations. {output} is {value}. Its derivatives: {slopes}."
    )
    return text.format(
        count=len(graph.operations),
        output=names.get(output, output),
        value=f"{derivatives.values[graph.output]:.6g}",
        slopes=slopes,
    )
