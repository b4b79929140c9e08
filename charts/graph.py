"""A computation graph: values above the edges, derivatives below them, one step after another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.layered import arrange, crosses, is_written_inside, overlap
from charts.theme import COLOURS, Chart, layout
from engine.formulas.graph import Step, steps
from language import _
from language.names import in_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.layered import Box, Drawing, Edge, Rectangle
    from engine.formulas.graph import Derivatives, Graph

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
_EDGE: Final = "#8a8a8a"
_NAME: Final = "#767676"
_VALUE: Final = "#1b80c4"
_RAIL: Final = "#a9b1bb"
_LINES: Final[dict[str, Any]] = {"mode": "lines", "hoverinfo": "skip"}
_SENTENCE: Final[dict[str, Any]] = {
    "x": [0],
    "y": [1],
    "xaxis": "x2",
    "yaxis": "y2",
    "mode": "text",
    "textposition": "top right",
    "hoverinfo": "skip",
    "cliponaxis": False,
}
# Columns beyond which a graph needs room, numbers have three digits, every column keeps its width.
_WIDE, _DENSE, _LONG = 5, 9, 12
_ROW: Final = 54  # pixels
_CIRCLE: Final = 34
_ABOVE, _BELOW = 58, 84  # pixels for the sentence, and for buttons and slider
_FRAME: Final = {"visible": False, "range": [0, 1], "fixedrange": True}
_AT_ONCE: Final[dict[str, Any]] = {
    "mode": "immediate",
    "frame": {"duration": 0, "redraw": True},
    "transition": {"duration": 0},  # nothing slides
}
_CHANGING: Final = (1, 4, 5, 6, 7, 8)  # the traces that a step changes
_ABOVE_CIRCLE: Final = 30  # pixels up to the middle of a name
_HALF_BOX: Final = 13
_SUM: Final = 72  # pixels that a sum takes on the left of its node
_OFF: Final = 0.05  # rows between an edge and its numbers, so that the line touches none
# Where a sum may stand: pixels above its node, and on which side its text ends or begins.
_PLACES: Final = ((-27, "left"), (-27, "center"), (27, "left"), (46, "center"), (-27, "right"))
_COLUMN: Final = 92  # pixels, about
_NARROW: Final = 80  # pixels, at the least
_FULL: Final = 84  # pixels, where there are many
_CONSTANTS: Final = {math.e: "e", math.pi: "π"}
_DIGIT: Final = 5.5
_COLUMNS: Final = 6.5  # at least so many fit the width, so that a small graph is not torn apart


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
    parts = [picture.part(moments, position) for position in range(len(moments))]
    start = moments.index(Step("start"))
    drawing = picture.drawing
    rows = max(drawing.rows, 1.0) + 1.4
    figure = go.Figure(
        {
            "data": picture.traces(parts[step]),
            "frames": [_frame(parts, position, start) for position in range(len(parts))],
            "layout": layout(
                round(rows * _ROW) + _ABOVE + _BELOW,
                width=drawing.columns * _FULL if drawing.columns > _DENSE else None,
                xaxis={"visible": False, "range": picture.reach},
                yaxis={"visible": False, "range": [0.7 - rows, 0.7]},
                xaxis2=_FRAME | {"overlaying": "x"},
                yaxis2=_FRAME | {"overlaying": "y"},
                margin={"l": 4, "r": 4, "t": _ABOVE, "b": _BELOW},
                dragmode="pan",
                annotations=picture.boxes(),
                updatemenus=[_buttons()],
                sliders=[_slider(len(moments), step)],
            ),
        }
    )
    return Chart(figure, _numbers(graph, found, drawing.edges), _alt(graph, found, names))


def _frame(parts: Sequence[Sequence[dict[str, Any]]], position: int, start: int) -> dict[str, Any]:
    """Return a frame: only what differs from the one before both passes, or before its own.

    All numbers in every frame would be megabytes for a graph of hundreds of operations.
    """
    base = 0 if position < start else start - 1
    changed = [
        (trace, part)
        for trace, part, before in zip(_CHANGING, parts[position], parts[base], strict=True)
        if position == 0 or part != before
    ]
    return {
        "name": str(position),
        "baseframe": str(base) if position else None,
        "data": [part for _trace, part in changed],
        "traces": [trace for trace, _part in changed],
    }


@dataclass(frozen=True)
class _Picture:
    graph: Graph
    found: Derivatives
    drawing: Drawing
    names: Mapping[str, str]

    def traces(self, part: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return all traces, with what a step shows in those that change."""
        changing = [
            _LINES,
            {"mode": "markers", "hoverinfo": "skip"},
            self._labels("top center"),
            self._labels("bottom center"),
            self._sums(),
            _SENTENCE,
        ]
        active, *above = [trace | shown for trace, shown in zip(changing, part, strict=True)]
        active["line"] = {"width": 3.5} | part[0]["line"]
        return [self._edges(), active, self._nodes(), self._results(), *above]

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
            "x": x,
            "y": y,
            "mode": "lines+markers",
            "line": {"color": _EDGE, "width": 1.5},
            "marker": {
                "symbol": "arrow",
                "angleref": "previous",
                "size": sizes,
                "standoff": standoff,
                "color": _EDGE,
                "opacity": 1,
                "line": {"width": 0},
            },
            "hoverinfo": "skip",
        }

    def _half_width(self, edge: Edge) -> float:
        return _CIRCLE / 2 if edge.operation >= 0 else _HALF_BOX

    def _nodes(self) -> dict[str, Any]:
        """Return the circles of the operations; over the boxes points that tell their values."""
        boxes = self.drawing.boxes
        circles = [self._is_operation(box.node) for box in boxes]
        signs = [self._inside(box.node) if c else "" for box, c in zip(boxes, circles, strict=True)]
        return {
            "x": [box.x for box in boxes],
            "y": [box.y for box in boxes],
            "mode": "markers+text",
            "marker": {
                "size": [_CIRCLE if circle else 1 for circle in circles],
                "color": _FORWARD,
                "opacity": 1,
                "line": {"width": 0},
            },
            "text": signs,
            "textfont": {
                "color": "#ffffff",
                "size": [18 if len(sign) == 1 else 12 for sign in signs],
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
            "x": [box.x for box in named],
            "y": [box.y + _ABOVE_CIRCLE / _ROW for box in named],
            "mode": "text",
            "text": [f"<b>{self._name(box.node)}</b>" for box in named],
            "textposition": "middle center",
            "textfont": {"size": 13, "color": _NAME},
            "hoverinfo": "skip",
            "cliponaxis": False,
        }

    def boxes(self) -> list[dict[str, Any]]:
        """Return the boxes of inputs, constants and the output."""
        return [
            {
                "text": self._inside(box.node),
                "x": box.x,
                "y": box.y,
                # A long name grows away from the numbers beside it.
                "xanchor": "left" if box.node < 0 else "right",
                "xshift": -_HALF_BOX if box.node < 0 else _HALF_BOX,
                "showarrow": False,
                "bgcolor": _OUTPUT if box.node < 0 else _OPERAND,
                "borderpad": 5,
                "font": {"color": "#ffffff", "size": 13},
                "hovertext": self._hover(box.node),
            }
            for box in self.drawing.boxes
            if not self._is_operation(box.node)
        ]

    def _is_operation(self, node: int) -> bool:
        return node >= 0 and bool(self.graph.nodes[node].operands)

    @property
    def reach(self) -> tuple[float, float]:
        """Return the ends of the horizontal axis: room for names on either side."""
        first = [self._inside(box.node) for box in self.drawing.boxes if box.x == 0]
        sums = [_SUM for box in self._shared if box.x == 0]
        left = max([*map(_pixels, first), *sums]) / _COLUMN
        right = self.drawing.columns - 1 + _pixels(self._inside(-1)) / _COLUMN
        missing = max(0.0, _COLUMNS - (left + right))
        return -left - missing / 2, right + missing / 2

    def _inside(self, number: int) -> str:
        """Return what is written in a node: a sign, a name or a number."""
        node = self.graph.nodes[number if number >= 0 else self.graph.output]
        if number < 0 or node.operation == "input":
            return in_html(node.name, self.names)
        if node.operation == "constant":
            return _written(node.constant, 6)
        sign = SIGNS.get(node.operation, node.operation)
        if node.operation == "power" and is_written_inside(self.graph, number, 1):
            sign += _written(self.graph.nodes[node.operands[1]].constant, 4)
        return sign

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

    def part(self, moments: Sequence[Step], position: int) -> list[dict[str, Any]]:
        """Return what a step shows: numbers so far, the sums, what is being done."""
        past = moments[: position + 1]
        has_value = {moment.node for moment in past if moment.kind == "forward"}
        handed = {moment.node for moment in past if moment.kind == "backward"}
        if any(moment.kind == "start" for moment in past):
            handed.add(-1)
        values = [
            text if not self._is_operation(edge.node) or edge.node in has_value else ""
            for edge, (text, _product) in zip(self.drawing.edges, self._written, strict=True)
        ]
        derivatives = [
            product if edge.operation in handed else ""
            for edge, (_value, product) in zip(self.drawing.edges, self._written, strict=True)
        ]
        moment = moments[position]
        counter = _("Step {step} of {last}").format(step=position, last=len(moments) - 1)
        return [
            self._active_edges(moment),
            self._halo(moment),
            {"text": values},
            {"text": derivatives},
            {"text": self._sums_so_far(handed)},
            {
                "text": [f"<b>{counter}</b><br>{self._sentence(moment)}"],
                "textfont": {"size": 14, "color": DERIVATIVE if -1 in handed else _VALUE},
            },
        ]

    @cached_property
    def _written(self) -> list[tuple[str, str]]:
        """Return what is written above every edge, and below it."""
        return [
            (self._short(self.found.values[edge.node]), self._product(edge))
            for edge in self.drawing.edges
        ]

    def _product(self, edge: Edge) -> str:
        if edge.operation < 0:
            return "1"
        if not self.graph.varies[edge.node]:
            return ""
        local = self.found.local[edge.operation][edge.place]
        return self._short(local * self.found.gradients[edge.operation])

    def _labels(self, position: str) -> dict[str, Any]:
        places = [edge.label for edge in self.drawing.edges]
        off = -_OFF if position == "bottom center" else _OFF
        font = {
            "size": 12 if self._is_dense else 14,
            "color": DERIVATIVE if position == "bottom center" else _VALUE,
        }
        return {
            "x": [x for x, _y in places],
            "y": [y + off for _x, y in places],
            "mode": "text",
            "textposition": position,
            "textfont": font,
            "hoverinfo": "skip",
            "cliponaxis": False,
        }

    def _active_edges(self, moment: Step) -> dict[str, Any]:
        """Return the edges through which a step's numbers run."""
        x: list[float | None] = [None]
        y: list[float | None] = [None]
        going_back = moment.kind in {"start", "backward"}
        for edge in self.drawing.edges:
            carries = not going_back or self.graph.varies[edge.node]
            if moment.kind != "given" and edge.operation == moment.node and carries:
                x += [*edge.x, None]
                y += [*edge.y, None]
        return {"x": x, "y": y, "line": {"color": DERIVATIVE if going_back else _FORWARD}}

    def _halo(self, moment: Step) -> dict[str, Any]:
        here = [box for box in self.drawing.boxes if box.node == moment.node >= 0]
        return {
            "x": [box.x for box in here] or [None],
            "y": [box.y for box in here] or [None],
            "marker": {
                "symbol": "circle-open",
                "size": _CIRCLE + 7,
                "color": DERIVATIVE if moment.kind == "backward" else _FORWARD,
                "line": {"width": 3},
            },
        }

    @cached_property
    def _shared(self) -> list[Box]:
        """Return the numbers that are used several times."""
        return [
            box
            for box in self.drawing.boxes
            if box.node >= 0 and self.graph.varies[box.node] and len(self.graph.uses[box.node]) > 1
        ]

    def _sums(self) -> dict[str, Any]:
        places = self._sum_places()
        return {
            "x": [box.x for box in self._shared] or [None],
            "y": [box.y + up / _ROW for box, (up, _side) in zip(self._shared, places, strict=True)]
            or [None],
            "mode": "text",
            "textposition": [f"middle {side}" for _up, side in places] or "middle left",
            "textfont": {"size": 12 if self._is_dense else 13, "color": DERIVATIVE},
            "hoverinfo": "skip",
            "cliponaxis": False,
        }

    def _sum_places(self) -> list[tuple[int, str]]:
        """Return for every shared number the first of the places that hides the least."""
        taken = self._texts()
        chosen = []
        for box in self._shared:
            rectangles = [self._sum_rectangle(box, place) for place in _PLACES]
            left, right = min(area[0] for area in rectangles), max(area[1] for area in rectangles)
            lines = [edge.between(left, right) for edge in self.drawing.edges]
            hidden = [
                10 * sum(overlap(rectangle, other) for other in taken)
                + sum(crosses(rectangle, line) for line in lines)
                for rectangle in rectangles
            ]
            best = hidden.index(min(hidden))
            chosen.append(_PLACES[best])
            taken.append(rectangles[best])
        return chosen

    def _sum_rectangle(self, box: Box, place: tuple[int, str]) -> Rectangle:
        up, side = place
        width = _DIGIT * (2 + len(self._short(self.found.gradients[box.node]))) / _NARROW
        left = {"left": -width, "center": -width / 2, "right": 0.0}[side]
        middle = box.y + up / _ROW
        return (box.x + left, box.x + left + width, middle - 8 / _ROW, middle + 8 / _ROW)

    def _texts(self) -> list[Rectangle]:
        """Return what the numbers of the edges, the nodes and the names of results cover."""
        texts = []
        for edge, written in zip(self.drawing.edges, self._written, strict=True):
            x, y = edge.label
            half = _DIGIT / 2 * max(map(len, written)) / _NARROW
            texts.append((x - half, x + half, y - 18 / _ROW, y + 18 / _ROW))
        half = _CIRCLE / 2
        for box in self.drawing.boxes:
            has_name = self._is_operation(box.node) and self.graph.nodes[box.node].name
            above = _ABOVE_CIRCLE + 7 if has_name else half
            x, y = half / _NARROW, box.y
            texts.append((box.x - x, box.x + x, y - half / _ROW, y + above / _ROW))
        return texts

    def _sums_so_far(self, handed: set[int]) -> list[str]:
        """Return for every shared number the sum of what its uses hand back, once all have."""
        texts = []
        for box in self._shared:
            users = {user for user, _place in self.graph.uses[box.node]}
            total = self._short(self.found.gradients[box.node])
            texts.append(f"Σ {total}" if users <= handed else "")
        return texts

    @property
    def _is_dense(self) -> bool:
        return self.drawing.columns > _DENSE

    def _short(self, value: float) -> str:
        """Return a number for an edge; all digits are in the box that the mouse opens."""
        return f"{value + 0.0:.{3 if self._is_dense else 5}g}".replace("-", "−")

    def _sentence(self, moment: Step) -> str:
        if moment.kind == "given":
            return _("The inputs are given.")
        if moment.kind == "start":
            name = self._name(self.graph.output)
            return _("Back from the output: ∂{name}/∂{name} = 1").format(name=name)
        node = self.graph.nodes[moment.node]
        here = self._name(moment.node) or self._inside(moment.node)
        if moment.kind == "forward":
            operands = [self._short(self.found.values[operand]) for operand in node.operands]
            value = self._short(self.found.values[moment.node])
            return f"{here}:   {written_out(node.operation, operands)} = {value}"
        incoming = self.found.gradients[moment.node]
        products = [
            f"{self._short(local)} × {self._short(incoming)} = {self._short(local * incoming)}"
            for operand, local in zip(node.operands, self.found.local[moment.node], strict=True)
            if self.graph.varies[operand]
        ]
        text = _("{here}:   local derivative × incoming gradient   {products}")
        return text.format(here=here, products="   ·   ".join(products))


def is_wide(graph: Graph) -> bool:
    """Tell whether a graph has so many columns that a narrow page must not squeeze it."""
    return arrange(graph).columns > _WIDE


def long_width(graph: Graph) -> int | None:
    """Return the pixels of a graph of so many columns that no page may squeeze it, else None."""
    columns = arrange(graph).columns
    return columns * _FULL if columns > _LONG else None


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


def _pixels(name: str) -> float:
    """Return about how far a box with a name reaches from its place."""
    shown = name.replace("<sub>", "").replace("</sub>", "")
    return 24 + sum(13 if ord(mark) > 0x1100 else 7.6 for mark in shown)


def _bracketed(operand: str) -> str:
    return f"({operand})" if operand.startswith("−") else operand


def _arrivals(graph: Graph, found: Derivatives, number: int) -> list[float]:
    """Return what every use of a number hands back to it."""
    return [found.local[user][place] * found.gradients[user] for user, place in graph.uses[number]]


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
        "bgcolor": "#e8e8e8",
        "bordercolor": _RAIL,
        "font": {"color": "#222222"},
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
        "bgcolor": _RAIL,
        "activebgcolor": _FORWARD,
        "bordercolor": _OPERAND,
        "ticklen": 0,
        "steps": [
            {"label": str(position), "method": "animate", "args": [[str(position)], _AT_ONCE]}
            for position in range(count)
        ],
    }


def _numbers(graph: Graph, found: Derivatives, edges: Sequence[Edge]) -> dict[str, Any]:
    """Return what every edge carries forth and back; the output's edge is used by nothing, -1.

    A node that is used several times has as many rows, and its derivative is the sum of what
    they hand back.
    """
    nodes = [edge.node for edge in edges]
    local = [found.local[at.operation][at.place] if at.operation >= 0 else 1.0 for at in edges]
    after = [found.gradients[at.operation] if at.operation >= 0 else 1.0 for at in edges]
    return {
        "node": np.array(nodes),
        "operation": np.array([graph.nodes[node].operation for node in nodes]),
        "name": np.array([graph.nodes[node].name for node in nodes]),
        "value": np.array([found.values[node] for node in nodes]),
        "used_by": np.array([edge.operation for edge in edges]),
        "local_derivative": np.array(local),
        "handed_back": np.array(local) * np.array(after),
        "derivative": np.array([found.gradients[node] for node in nodes]),
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


def _written(constant: float, digits: int) -> str:
    """Return a constant as it is known, else its digits."""
    return _CONSTANTS.get(constant, f"{constant:.{digits}g}")
