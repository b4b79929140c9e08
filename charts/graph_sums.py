"""Where the sums of derivatives stand in a graph: beside their nodes, hiding as little as they can.

A node that is used several times has a sum: its derivative is the sum over its uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from charts.layered import crosses, is_operation, overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.graph_text import GraphText
    from charts.layered import Box, Drawing, Rectangle

ROW: Final = 54  # pixels from one row of the graph to the next
CIRCLE: Final = 34  # pixels across the circle of an operation
ABOVE_CIRCLE: Final = 30  # pixels up to the middle of the name above a circle
# Where a sum may stand: pixels above its node, and on which side of it.
_PLACES: Final = ((-27, "left"), (-27, "center"), (27, "left"), (46, "center"), (-27, "right"))
_NARROW: Final = 80  # pixels from one column to the next, at least
_DIGIT: Final = 5.5  # pixels that a digit is wide


def shared_boxes(drawing: Drawing, text: GraphText) -> list[Box]:
    """Return the boxes of nodes that are used several times and have a derivative."""
    graph = text.graph
    return [
        box
        for box in drawing.boxes
        if box.node >= 0 and graph.varies[box.node] and len(graph.uses[box.node]) > 1
    ]


def sum_places(
    shared: Sequence[Box], drawing: Drawing, text: GraphText
) -> list[tuple[Box, float, str]]:
    """Return every shared box with the row of its sum, and on which side of it the sum stands.

    Of the places around its node, each sum takes the first that hides the least.
    """
    taken = _texts(drawing, text)
    chosen = []
    for box in shared:
        rectangles = [_sum_rectangle(box, place, text) for place in _PLACES]
        left, right = min(area[0] for area in rectangles), max(area[1] for area in rectangles)
        lines = [edge.between(left, right) for edge in drawing.edges]
        hidden = [
            10 * sum(overlap(rectangle, other) for other in taken)
            + sum(crosses(rectangle, line) for line in lines)
            for rectangle in rectangles
        ]
        best = hidden.index(min(hidden))
        up, side = _PLACES[best]
        chosen.append((box, box.y + up / ROW, side))
        taken.append(rectangles[best])
    return chosen


def _sum_rectangle(box: Box, place: tuple[int, str], text: GraphText) -> Rectangle:
    up, side = place
    width = _DIGIT * (2 + len(text.total(box.node))) / _NARROW
    left = {"left": -width, "center": -width / 2, "right": 0.0}[side]
    middle = box.y + up / ROW
    return (box.x + left, box.x + left + width, middle - 8 / ROW, middle + 8 / ROW)


def _texts(drawing: Drawing, text: GraphText) -> list[Rectangle]:
    """Return what is covered by the numbers of edges, the nodes and the names of results."""
    covered = []
    for edge in drawing.edges:
        x, y = edge.label
        half = _DIGIT / 2 * max(len(text.value(edge)), len(text.derivative(edge))) / _NARROW
        covered.append((x - half, x + half, y - 18 / ROW, y + 18 / ROW))
    half = CIRCLE / 2
    for box in drawing.boxes:
        has_name = is_operation(text.graph, box.node) and text.graph.nodes[box.node].name
        above = ABOVE_CIRCLE + 7 if has_name else half
        x, y = half / _NARROW, box.y
        covered.append((box.x - x, box.x + x, y - half / ROW, y + above / ROW))
    return covered
