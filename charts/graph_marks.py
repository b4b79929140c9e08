"""The marks of a computation graph: what every step shows, and what one step shows.

Edges, nodes and their names are the same at every step. Along the edges that are active, numbers
appear step by step: values above the edges on the way to the output, derivatives below them on the
way back, and their sums beside nodes that are used several times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from charts import marks
from charts.graph_sums import ABOVE_CIRCLE, CIRCLE, ROW, shared_boxes, sum_places
from charts.layered import is_operation
from charts.theme import DERIVATIVE, EDGE, ON_DARK, OPERAND, OPERATION, OUTPUT, RESULT_NAME, VALUE
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.graph_text import GraphText
    from charts.layered import Box, Drawing, Edge
    from charts.marks import Mark
    from engine.formulas.graph import Step

CHANGING: Final = (1, 4, 5, 6, 7, 8)  # the indices of the traces that a step changes
_HALF_BOX: Final = 13  # pixels from the middle of a box to its upper edge
_OFF: Final = 0.05  # rows between an edge and its numbers, so that the line touches none
_SUM: Final = 72  # pixels that a sum takes on the left of its node
_COLUMN: Final = 92  # pixels from one column to the next, about
_COLUMNS: Final = 6.5  # that fit the width, at least, so that a small graph is not torn apart


def traces_of(step: StepMarks, shown: Sequence[Mark]) -> list[Mark]:
    """Return all traces of a graph; ``shown`` is what ``step.shown`` returns for one of its steps.

    Those that steps change are at the indices ``CHANGING``.
    """
    drawing, text, changing = step.drawing, step.text, step.traces()
    active, *above = [trace | part for trace, part in zip(changing, shown, strict=True)]
    active["line"] = changing[0]["line"] | shown[0]["line"]
    return [_edges(drawing), active, _nodes(drawing, text), _result_names(drawing, text), *above]


def _edges(drawing: Drawing) -> Mark:
    """Return all edges, each with the head of an arrow where it meets its node."""
    x: list[float | None] = []
    y: list[float | None] = []
    sizes: list[float] = []
    standoff: list[float] = []
    for edge in drawing.edges:
        x += [*edge.x, None]
        y += [*edge.y, None]
        sizes += [0.0] * (len(edge.x) - 1) + [9.0, 0.0]
        standoff += [0.0] * (len(edge.x) - 1) + [_half_width(edge) + 1, 0.0]
    heads = {
        "symbol": "arrow",
        "angleref": "previous",
        "size": sizes,
        "standoff": standoff,
        "color": EDGE,
        "opacity": 1,
        "line": {"width": 0},
    }
    more = {"mode": "lines+markers", "marker": heads}
    return marks.line(x, y, EDGE, 1.5) | marks.SILENT | more


def _half_width(edge: Edge) -> float:
    """Return the pixels from the middle of an edge's node to its border."""
    return CIRCLE / 2 if edge.operation >= 0 else _HALF_BOX


def _nodes(drawing: Drawing, text: GraphText) -> Mark:
    """Return the circles of operations, and invisible points over the boxes for their hovers."""
    boxes = drawing.boxes
    circles = [is_operation(text.graph, box.node) for box in boxes]
    signs = [text.inside(box.node) if c else "" for box, c in zip(boxes, circles, strict=True)]
    points = marks.dots(
        [box.x for box in boxes],
        [box.y for box in boxes],
        OPERATION,
        [CIRCLE if circle else 1 for circle in circles],
        opacity=1,
        line={"width": 0},
    )
    return points | {
        "mode": "markers+text",
        "text": signs,
        "textfont": {"color": ON_DARK, "size": [18 if len(sign) == 1 else 12 for sign in signs]},
        "hovertext": [text.hover(box.node) for box in boxes],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _result_names(drawing: Drawing, text: GraphText) -> Mark:
    """Return the names that the formula gives to results, above their operations."""
    graph = text.graph
    named = [
        box
        for box in drawing.boxes
        if is_operation(graph, box.node) and box.node != graph.output and graph.nodes[box.node].name
    ]
    x, y = [box.x for box in named], [box.y + ABOVE_CIRCLE / ROW for box in named]
    names = [f"<b>{text.name(box.node)}</b>" for box in named]
    return marks.texts(x, y, "middle center", RESULT_NAME, 13) | {"text": names}


def boxes_of(drawing: Drawing, text: GraphText) -> list[Mark]:
    """Return the boxes of inputs, constants and the output, as annotations."""
    return [
        marks.note(text.inside(box.node), box.x, box.y, ON_DARK, 13)
        | {
            # A long name grows away from the numbers beside it.
            "xanchor": "left" if box.node < 0 else "right",
            "xshift": -_HALF_BOX if box.node < 0 else _HALF_BOX,
            "bgcolor": OUTPUT if box.node < 0 else OPERAND,
            "borderpad": 5,
            "hovertext": text.hover(box.node),
        }
        for box in drawing.boxes
        if not is_operation(text.graph, box.node)
    ]


def reach_of(drawing: Drawing, text: GraphText) -> tuple[float, float]:
    """Return the ends of the horizontal axis in columns, with room for names on either side."""
    first = [_pixels(text.inside(box.node)) for box in drawing.boxes if box.x == 0]
    sums = [_SUM for box in shared_boxes(drawing, text) if box.x == 0]
    left = max([*first, *sums]) / _COLUMN
    right = drawing.columns - 1 + _pixels(text.inside(-1)) / _COLUMN
    missing = max(0.0, _COLUMNS - (left + right))
    return -left - missing / 2, right + missing / 2


def _pixels(name: str) -> float:
    """Return about how many pixels a box with a name takes on one side."""
    shown = name.replace("<sub>", "").replace("</sub>", "")
    return 24 + sum(13 if ord(letter) > 0x1100 else 7.6 for letter in shown)


@dataclass(frozen=True)
class StepMarks:
    """The marks that change from step to step.

    Attributes:
        drawing: where nodes and edges are.
        text: what is written.
        moments: all steps.
    """

    drawing: Drawing
    text: GraphText
    moments: Sequence[Step]

    def traces(self) -> list[Mark]:
        """Return the traces that steps change, without what a step shows in them."""
        sums = self._sums
        return [
            marks.line([None], [None], EDGE, 3.5) | marks.SILENT,
            marks.dots([None], [None], OPERATION, CIRCLE + 7) | marks.SILENT,
            self._numbers("top center", _OFF, VALUE),
            self._numbers("bottom center", -_OFF, DERIVATIVE),
            marks.texts(
                [box.x for box, _row, _side in sums] or [None],
                [row for _box, row, _side in sums] or [None],
                [f"middle {side}" for _box, _row, side in sums] or "middle left",
                DERIVATIVE,
                12 if self.text.is_dense else 13,
            ),
            marks.texts([0], [1], "top right", VALUE, 14) | {"xaxis": "x2", "yaxis": "y2"},
        ]

    def shown(self, position: int) -> list[Mark]:
        """Return what a step shows in each of these traces."""
        moment, past = self.moments[position], self.moments[: position + 1]
        has_value = {moment.node for moment in past if moment.kind == "forward"}
        has_derivative = {moment.node for moment in past if moment.kind == "backward"}
        if any(moment.kind == "start" for moment in past):
            has_derivative.add(-1)
        values = [
            value if not is_operation(self.text.graph, edge.node) or edge.node in has_value else ""
            for edge, (value, _derivative) in zip(self.drawing.edges, self._written, strict=True)
        ]
        derivatives = [
            derivative if edge.operation in has_derivative else ""
            for edge, (_value, derivative) in zip(self.drawing.edges, self._written, strict=True)
        ]
        colour = DERIVATIVE if -1 in has_derivative else VALUE
        return [
            self._active_edges(moment),
            self._halo(moment),
            {"text": values},
            {"text": derivatives},
            {"text": self._sums_so_far(has_derivative)},
            {"text": [self._sentence(position)], "textfont": {"size": 14, "color": colour}},
        ]

    def _sentence(self, position: int) -> str:
        text = _("Step {step} of {last}")
        counter = text.format(step=position, last=len(self.moments) - 1)
        return f"<b>{counter}</b><br>{self.text.sentence(self.moments[position])}"

    @cached_property
    def _written(self) -> list[tuple[str, str]]:
        """Return what is written above every edge, and below it."""
        return [(self.text.value(edge), self.text.derivative(edge)) for edge in self.drawing.edges]

    @cached_property
    def _sums(self) -> list[tuple[Box, float, str]]:
        return sum_places(shared_boxes(self.drawing, self.text), self.drawing, self.text)

    def _numbers(self, position: str, off: float, colour: str) -> Mark:
        at = [edge.label for edge in self.drawing.edges]
        x, y = [x for x, _y in at], [y + off for _x, y in at]
        return marks.texts(x, y, position, colour, 12 if self.text.is_dense else 14)

    def _active_edges(self, moment: Step) -> Mark:
        """Return the edges that carry the numbers of a step."""
        x: list[float | None] = [None]
        y: list[float | None] = [None]
        is_back = moment.kind in {"start", "backward"}
        for edge in self.drawing.edges:
            carries = not is_back or self.text.graph.varies[edge.node]
            if moment.kind != "given" and edge.operation == moment.node and carries:
                x += [*edge.x, None]
                y += [*edge.y, None]
        return {"x": x, "y": y, "line": {"color": DERIVATIVE if is_back else OPERATION}}

    def _halo(self, moment: Step) -> Mark:
        """Return the ring around the node that a step computes."""
        here = [box for box in self.drawing.boxes if box.node == moment.node >= 0]
        return {
            "x": [box.x for box in here] or [None],
            "y": [box.y for box in here] or [None],
            "marker": {
                "symbol": "circle-open",
                "size": CIRCLE + 7,
                "color": DERIVATIVE if moment.kind == "backward" else OPERATION,
                "line": {"width": 3},
            },
        }

    def _sums_so_far(self, has_derivative: set[int]) -> list[str]:
        """Return for every shared node its sum, once all of its uses have contributed."""
        texts = []
        for box, _row, _side in self._sums:
            users = {user for user, _place in self.text.graph.uses[box.node]}
            texts.append(f"Σ {self.text.total(box.node)}" if users <= has_derivative else "")
        return texts
