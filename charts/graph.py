"""A computation graph: values above the edges, derivatives below them, one step after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from charts.layered import arrange, is_written_inside
from charts.theme import COLOURS, Chart, layout
from language import _
from language.names import in_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.layered import Drawing, Edge
    from engine.graph import Derivatives, Graph

SIGNS: Final = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "power": "^",
    "negate": "−",
    "sigmoid": "σ",
    "relu": "ReLU",
}
DERIVATIVE: Final = COLOURS[1]
_FORWARD: Final = COLOURS[0]
_OPERAND: Final = "#6b6b6b"
_OUTPUT: Final = "#00795c"
_ROW: Final = 54  # pixels
_CIRCLE: Final = 34
_CONTROLS: Final = 150  # caption above, buttons and slider below
_COLUMNS: Final = 6.5  # at least so many fit the width, so that a small graph is not torn apart


class Step(NamedTuple):
    """A moment of the two passes.

    Attributes:
        kind: the inputs are there; an operation has its value; the output's derivative is 1; an
            operation has handed its derivative back.
        node: number of the operation; -1 for the first and the third kind.
    """

    kind: Literal["given", "forward", "start", "backward"]
    node: int = -1


def steps(graph: Graph) -> list[Step]:
    """Return all moments in order: forward node by node, then back."""
    back = [number for number in reversed(graph.operations) if graph.varies[number]]
    return [
        Step("given"),
        *(Step("forward", number) for number in graph.operations),
        Step("start"),
        *(Step("backward", number) for number in back),
    ]


def graph_drawing(graph: Graph, found: Derivatives, step: int, names: Mapping[str, str]) -> Chart:
    """Return the graph at one step, with a frame for every step.

    Args:
        graph: what is drawn.
        found: its values and derivatives.
        step: position among ``steps`` of what is shown first.
        names: what variables are called instead of their own names.
    """
    moments = steps(graph)
    picture = _Picture(graph, found, arrange(graph), names)
    frames = [picture.frame(moments, position) for position in range(len(moments))]
    first = frames[step]
    drawing = picture.drawing
    width = max(drawing.columns + 0.4, _COLUMNS)
    middle = (drawing.columns - 1) / 2
    height = round(max(drawing.rows, 1) * _ROW) + 70
    figure = go.Figure(
        {
            "data": picture.traces(first["data"]),
            "frames": frames,
            "layout": layout(
                height + _CONTROLS,
                xaxis={"visible": False, "range": [middle - width / 2, middle + width / 2]},
                yaxis={"visible": False, "range": [-drawing.rows - 0.7, 0.7]},
                margin={"l": 4, "r": 4, "t": 64, "b": 84},
                dragmode="pan",
                annotations=picture.boxes(),
                updatemenus=[_buttons()],
                sliders=[_slider(len(moments), step)],
            )
            | first["layout"],
        }
    )
    return Chart(figure, _numbers(graph, found), _alt(graph, found, names))


@dataclass(frozen=True)
class _Picture:
    graph: Graph
    found: Derivatives
    drawing: Drawing
    names: Mapping[str, str]

    def traces(self, shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return all traces, with what a frame shows in those that change."""
        changing = [
            self._active_edges(),
            self._halo(),
            self._labels("top center", None),
            self._labels("bottom center", DERIVATIVE),
            self._sums(),
        ]
        active, *others = [trace | part for trace, part in zip(changing, shown, strict=True)]
        return [self._edges(), active, self._nodes(), self._results(), *others]

    def _edges(self) -> dict[str, Any]:
        x: list[float | None] = []
        y: list[float | None] = []
        sizes: list[float] = []
        standoff: list[float] = []
        for edge in self.drawing.edges:
            x += [*edge.x, None]
            y += [*edge.y, None]
            sizes += [0.0] * (len(edge.x) - 1) + [9.0, 0.0]
            standoff += [0.0] * (len(edge.x) - 1) + [self._half_width(edge) + 1, 0.0]
        return {
            "type": "scatter",
            "x": x,
            "y": y,
            "mode": "lines+markers",
            "line": {"color": "#8a8a8a", "width": 1.5},
            "marker": {
                "symbol": "arrow",
                "angleref": "previous",
                "size": sizes,
                "standoff": standoff,
                "color": "#8a8a8a",
            },
            "hoverinfo": "skip",
        }

    def _half_width(self, edge: Edge) -> float:
        return _CIRCLE / 2 if edge.operation >= 0 else self._box_width(-1) / 2

    def _nodes(self) -> dict[str, Any]:
        boxes = self.drawing.boxes
        circles = [bool(box.node >= 0 and self.graph.nodes[box.node].operands) for box in boxes]
        return {
            "type": "scatter",
            "x": [box.x for box in boxes],
            "y": [box.y for box in boxes],
            "mode": "markers+text",
            "marker": {
                "symbol": ["circle" if circle else "square" for circle in circles],
                "size": [_CIRCLE if circle else 20 for circle in circles],
                "color": [
                    _FORWARD if circle else self._box_colour(box.node)
                    for circle, box in zip(circles, boxes, strict=True)
                ],
                "line": {"width": 0},
            },
            "text": [self._inside(box.node) for box in boxes],
            "textfont": {
                "color": "#ffffff",
                "size": [self._text_size(box.node) for box in boxes],
            },
            "hovertext": [self._hover(box.node) for box in boxes],
            "hovertemplate": "%{hovertext}<extra></extra>",
        }

    def _results(self) -> dict[str, Any]:
        """Return the names that the formula gives to results, above their operations."""
        named = [
            box
            for box in self.drawing.boxes
            if box.node >= 0
            and box.node != self.graph.output
            and self.graph.nodes[box.node].operands
            and self.graph.nodes[box.node].name
        ]
        return {
            "type": "scatter",
            "x": [box.x for box in named],
            "y": [box.y for box in named],
            "mode": "text",
            "text": [f"<b>{self._name(box.node)}</b><br> " for box in named],
            "textposition": "top center",
            "textfont": {"size": 13},
            "hoverinfo": "skip",
            "cliponaxis": False,
        }

    def boxes(self) -> list[dict[str, Any]]:
        """Return the boxes of inputs, constants and the output, sized in pixels."""
        return [
            {
                "type": "rect",
                "xref": "x",
                "yref": "y",
                "xsizemode": "pixel",
                "ysizemode": "pixel",
                "xanchor": box.x,
                "yanchor": box.y,
                "x0": -self._box_width(box.node) / 2,
                "x1": self._box_width(box.node) / 2,
                "y0": -13,
                "y1": 13,
                "fillcolor": self._box_colour(box.node),
                "line": {"width": 0},
                "layer": "below",
            }
            for box in self.drawing.boxes
            if box.node < 0 or not self.graph.nodes[box.node].operands
        ]

    def _box_colour(self, node: int) -> str:
        return _OUTPUT if node < 0 else _OPERAND

    def _box_width(self, node: int) -> float:
        text = self._inside(node).replace("<sub>", "").replace("</sub>", "")
        return 14.0 + sum(13 if ord(mark) > 0x1100 else 7.6 for mark in text)

    def _inside(self, number: int) -> str:
        """Return what is written in a node: a sign, a name or a number."""
        node = self.graph.nodes[number if number >= 0 else self.graph.output]
        if number < 0 or node.operation == "input":
            return in_html(node.name, self.names)
        if node.operation == "constant":
            return f"{node.constant:.6g}"
        sign = SIGNS.get(node.operation, node.operation)
        if node.operation == "power" and is_written_inside(self.graph, number, 1):
            sign += f"{self.graph.nodes[node.operands[1]].constant:.4g}"
        return sign

    def _text_size(self, number: int) -> int:
        is_circle = number >= 0 and bool(self.graph.nodes[number].operands)
        return 13 if not is_circle else 18 if len(self._inside(number)) == 1 else 11

    def _name(self, number: int) -> str:
        return in_html(self.graph.nodes[number].name, self.names)

    def _hover(self, number: int) -> str:
        number = number if number >= 0 else self.graph.output
        node, value = self.graph.nodes[number], self.found.values[number]
        lines = [_("value {value}").format(value=f"{value:.10g}")]
        if node.name:
            lines.insert(0, f"<b>{self._name(number)}</b>")
        if self.graph.varies[number]:
            arrived = " + ".join(
                f"{product:.6g}" for product in _arrivals(self.graph, self.found, number)
            )
            text = _("derivative {derivative}")
            line = text.format(derivative=f"{self.found.gradients[number]:.10g}")
            lines.append(line + (f" = {arrived}" if "+" in arrived else ""))
        return "<br>".join(lines)

    def frame(self, moments: Sequence[Step], position: int) -> dict[str, Any]:
        """Return what a step shows: numbers so far, the sums, what is being done."""
        past = moments[: position + 1]
        has_value = {moment.node for moment in past if moment.kind == "forward"}
        handed = {moment.node for moment in past if moment.kind == "backward"}
        started = any(moment.kind == "start" for moment in past)
        moment = moments[position]
        values, derivatives = [], []
        for edge in self.drawing.edges:
            known = not self.graph.nodes[edge.node].operands or edge.node in has_value
            values.append(_short(self.found.values[edge.node]) if known else "")
            arrived = started if edge.operation < 0 else edge.operation in handed
            derivatives.append(self._product(edge) if arrived else "")
        return {
            "name": str(position),
            "data": [
                self._active_edges(moment),
                self._halo(moment),
                self._labels(values, "top center", None),
                self._labels(derivatives, "bottom center", DERIVATIVE),
                self._sums(handed),
            ],
            "layout": {
                "annotations": [
                    _caption(
                        self._sentence(moment),
                        _("Step {step} of {last}").format(step=position, last=len(moments) - 1),
                    )
                ]
            },
        }

    def _product(self, edge: Edge) -> str:
        if edge.operation < 0:
            return "1"
        if not self.graph.varies[edge.node]:
            return ""
        local = self.found.local[edge.operation][edge.place]
        return _short(local * self.found.gradients[edge.operation])

    def _labels(self, texts: list[str], position: str, colour: str | None) -> dict[str, Any]:
        edges = self.drawing.edges
        return {
            "type": "scatter",
            "x": [edge.x[edge.label] for edge in edges],
            "y": [edge.y[edge.label] for edge in edges],
            "mode": "text",
            "text": texts,
            "textposition": position,
            "textfont": {"size": 13} | ({"color": colour} if colour else {}),
            "hoverinfo": "skip",
            "cliponaxis": False,
        }

    def _active_edges(self, moment: Step) -> dict[str, Any]:
        x: list[float | None] = []
        y: list[float | None] = []
        for edge in self.drawing.edges:
            into = edge.operation == moment.node and moment.kind in {"forward", "backward"}
            is_output = moment.kind == "start" and edge.operation < 0
            carries = moment.kind != "backward" or self.graph.varies[edge.node]
            if (into and carries and moment.node >= 0) or is_output:
                x += [*edge.x, None]
                y += [*edge.y, None]
        going_back = moment.kind in {"start", "backward"}
        return {
            "type": "scatter",
            "x": x or [None],
            "y": y or [None],
            "mode": "lines",
            "line": {"color": DERIVATIVE if going_back else _FORWARD, "width": 3.5},
            "hoverinfo": "skip",
        }

    def _halo(self, moment: Step) -> dict[str, Any]:
        here = [box for box in self.drawing.boxes if box.node == moment.node and box.node >= 0]
        going_back = moment.kind == "backward"
        return {
            "type": "scatter",
            "x": [box.x for box in here] or [None],
            "y": [box.y for box in here] or [None],
            "mode": "markers",
            "marker": {
                "symbol": "circle-open",
                "size": _CIRCLE + 10,
                "color": DERIVATIVE if going_back else _FORWARD,
                "line": {"width": 3},
            },
            "hoverinfo": "skip",
        }

    def _sums(self, handed: set[int]) -> dict[str, Any]:
        """Return, below every number that is used several times, the sum of what has arrived."""
        x, y, texts = [], [], []
        for box in self.drawing.boxes:
            uses = self.graph.uses[box.node] if box.node >= 0 else ()
            if len(uses) < 2 or not self.graph.varies[box.node]:
                continue
            done = [
                self.found.local[user][place] * self.found.gradients[user]
                for user, place in uses
                if user in handed
            ]
            x.append(box.x)
            y.append(box.y)
            texts.append(f" <br>Σ {_short(sum(done))}" if len(done) == len(uses) else "")
        return {
            "type": "scatter",
            "x": x or [None],
            "y": y or [None],
            "mode": "text",
            "text": texts,
            "textposition": "bottom center",
            "textfont": {"size": 13, "color": DERIVATIVE},
            "hoverinfo": "skip",
            "cliponaxis": False,
        }

    def _sentence(self, moment: Step) -> str:
        if moment.kind == "given":
            return _("The inputs are given.")
        if moment.kind == "start":
            name = self._name(self.graph.output)
            return _("Back from the output: ∂{name}/∂{name} = 1").format(name=name)
        node = self.graph.nodes[moment.node]
        result = self._name(moment.node) or self._inside(moment.node)
        if moment.kind == "forward":
            operands = [_short(self.found.values[operand]) for operand in node.operands]
            value = _short(self.found.values[moment.node])
            return f"{result}:  {written_out(node.operation, operands)} = {value}"
        incoming = self.found.gradients[moment.node]
        products = [
            f"{_short(local)} × {_short(incoming)} = {_short(local * incoming)}"
            for operand, local in zip(node.operands, self.found.local[moment.node], strict=True)
            if self.graph.varies[operand]
        ]
        text = _("{result}:  local derivative × incoming gradient:  {products}")
        return text.format(result=result, products=" ;  ".join(products))


def written_out(operation: str, operands: Sequence[str]) -> str:
    """Return an operation with its operands as it is written by hand."""
    sign = SIGNS.get(operation, operation)
    if operation == "power":
        return f"{_bracketed(operands[0])}^{_bracketed(operands[1])}"
    if operation == "negate":
        return f"−{_bracketed(operands[0])}"
    if operation in {"add", "subtract", "multiply", "divide"}:
        return f"{operands[0]} {sign} {_bracketed(operands[1])}"
    return f"{sign}({', '.join(operands)})"


def _bracketed(operand: str) -> str:
    return f"({operand})" if operand.startswith("−") else operand


def _arrivals(graph: Graph, found: Derivatives, number: int) -> list[float]:
    """Return what every use of a number hands back to it."""
    return [found.local[user][place] * found.gradients[user] for user, place in graph.uses[number]]


def _short(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _caption(sentence: str, counter: str) -> dict[str, Any]:
    return {
        "text": f"<b>{counter}</b>   {sentence}",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 12,
        "align": "left",
        "showarrow": False,
        "font": {"size": 14},
    }


def _buttons() -> dict[str, Any]:
    play = {"frame": {"duration": 900, "redraw": True}, "fromcurrent": True}
    stop = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}}
    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 22, "r": 8},
        "bgcolor": "#e8e8e8",
        "font": {"color": "#222222"},
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, play | {"mode": "immediate"}]},
            {"label": "❚❚", "method": "animate", "args": [[None], stop]},
        ],
    }


def _slider(count: int, step: int) -> dict[str, Any]:
    jump = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}}
    return {
        "active": step,
        "x": 0.12,
        "len": 0.88,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 10},
        "currentvalue": {"visible": False},
        "ticklen": 0,
        "steps": [
            {"label": str(position), "method": "animate", "args": [[str(position)], jump]}
            for position in range(count)
        ],
    }


def _numbers(graph: Graph, found: Derivatives) -> dict[str, Any]:
    """Return value and derivative of every node."""
    return {
        "node": np.arange(len(graph.nodes)),
        "operation": np.array([node.operation for node in graph.nodes]),
        "name": np.array([node.name for node in graph.nodes]),
        "value": np.array(found.values),
        "derivative": np.array(found.gradients),
    }


def _alt(graph: Graph, found: Derivatives, names: Mapping[str, str]) -> str:
    output = graph.nodes[graph.output].name
    slopes = ", ".join(
        f"{names.get(name, name)} {found.gradients[graph.names[name]]:.4g}" for name in graph.inputs
    )
    text = _(
        "Computation graph with {count} operations. {output} is {value}. Its derivatives: {slopes}."
    )
    return text.format(
        count=len(graph.operations),
        output=names.get(output, output),
        value=f"{found.values[graph.output]:.6g}",
        slopes=slopes,
    )
