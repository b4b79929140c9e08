"""Where the nodes and edges of a computation graph go: columns by depth, edges nearly straight.

Every edge becomes a chain of points: one between its last two columns, where its numbers are
written, and one in each column and gap that it passes on its way. The points of a column keep a
distance from each other, so that nothing lies on top of anything else. To find the rows, every
point is moved towards the mean of its neighbours, and the points of a column are pushed apart as
little as needed, over and over.

It is written by hand because the numbers above and below every edge need room, which few libraries
give. Those that were looked at in 2026:

- Graphviz's dot has labels on edges. It is a program that must be installed beside Python, for the
  packages ``graphviz`` and ``pygraphviz`` too.
- NetworkX 3.6 can arrange nodes in layers (``multipartite_layout``, ``bfs_layout``) and returns
  positions of nodes only: edges are straight lines, through whatever lies between their ends.
- igraph 1.0 (``layout_sugiyama``) and fast-sugiyama 0.5 take spacings that are the same for all
  nodes, and no labels of edges.
- grandalf 0.8 takes the size of every node and routes edges, but knows no labels of edges, and on
  trial two edges of the example ``sigmoid_network`` ran through other nodes.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, count, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.formulas.graph import Graph

_SWEEPS: Final = 40
_WORK: Final = 80_000  # moves of points over all sweeps, at most
# Half of the room that a point keeps from its neighbours in a column, in rows.
_NODE, _SHARED, _LABEL, _BEND = 0.5, 0.68, 0.42, 0.16
_FLAT: Final = 0.2  # columns on either side of an edge's numbers within which it is level
_CLEAR: Final = 0.26  # columns around a node's middle within which an edge keeps off other nodes
_AIR: Final = 0.2  # rows above and below an edge within which it meets no other node there
_FAN: Final = 0.25  # rows by which an edge rises or falls there, at most


Rectangle = tuple[float, float, float, float]  # left and right in columns, low and high in rows


@dataclass(frozen=True)
class Box:
    """A node with its position; a constant has one box for every use.

    Attributes:
        node: its number in the graph; -1 for the box that shows the output.
        x: column, from 0.
        y: row, negative downwards.
    """

    node: int
    x: float
    y: float


@dataclass(frozen=True)
class Edge:
    """A value on its way into an operation.

    Attributes:
        node: number of the node whose value it is.
        operation: number of the node that uses it; -1 for the box that shows the output.
        index: which operand of the operation it is, from 0.
        x: columns of its points, from the middle of one node to the middle of the other.
        y: rows of its points; between the fourth and the third from the end the edge is level, with
            room for its numbers.
    """

    node: int
    operation: int
    index: int
    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def label(self) -> tuple[float, float]:
        """Return where its numbers are written."""
        return (self.x[-4] + self.x[-3]) / 2, self.y[-3]

    def between(self, left: float, right: float) -> list[tuple[float, float]]:
        """Return its points between two columns, and the next one on either side."""
        part = slice(max(0, bisect_right(self.x, left) - 1), bisect_left(self.x, right) + 1)
        return list(zip(self.x[part], self.y[part], strict=True))


@dataclass(frozen=True)
class Drawing:
    """All nodes and edges with their positions.

    Attributes:
        boxes: of inputs, operations, the output, and every use of a constant.
        edges: in the order of the operations and their operands; last the one to the output.
        columns: number of columns.
        rows: distance from the highest to the lowest point, in rows.
    """

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    columns: int
    rows: float


def is_operation(graph: Graph, node: int) -> bool:
    """Tell whether a node is an operation: neither an input nor a constant, nor -1, the output."""
    return node >= 0 and bool(graph.nodes[node].operands)


def is_written_inside(graph: Graph, operation: int, index: int) -> bool:
    """Tell whether an operand is written in the sign of its operation, like the 2 of a square."""
    node = graph.nodes[operation]
    is_exponent = node.operation == "power" and index == 1
    return is_exponent and graph.nodes[node.operands[index]].operation == "constant"


@lru_cache(maxsize=32)
def arrange(graph: Graph) -> Drawing:
    """Return the positions of all nodes and edges; they stay when the values of inputs change."""
    depths = _depths(graph)
    points = _Points()
    home: dict[int, int] = {}  # the point of every node that is drawn once
    for number, node in enumerate(graph.nodes):
        if node.operation != "constant":
            shared = node.operands and len(graph.uses[number]) > 1  # a sum stands beside it
            home[number] = points.add(2 * depths[number], _SHARED if shared else _NODE)
    end = points.add(2 * max(depths) + 2, _NODE)
    boxes = list(home.items())
    chains: list[tuple[int, int, int, list[int]]] = []
    for number in graph.operations:
        for index, operand in enumerate(graph.nodes[number].operands):
            if is_written_inside(graph, number, index):
                continue
            start = home.get(operand)
            if start is None:
                start = points.add(2 * depths[number] - 2, _NODE)
                boxes.append((operand, start))
            chains.append((operand, number, index, points.chain(start, home[number])))
    chains.append((graph.output, -1, 0, points.chain(home[graph.output], end)))
    boxes.append((-1, end))
    x, y = [column / 2 for column in points.columns], [_rounded(-row) for row in points.rows()]
    nodes: dict[float, list[float]] = {}  # the rows of the nodes of every column
    for _node, point in boxes:
        nodes.setdefault(x[point], []).append(y[point])
    ways = [_with_level([x[p] for p in way], [y[p] for p in way], nodes) for *_, way in chains]
    return Drawing(
        tuple(Box(node, x[point], y[point]) for node, point in boxes),
        tuple(
            Edge(node, number, index, *way)
            for (node, number, index, _chain), way in zip(chains, ways, strict=True)
        ),
        int(max(x)) + 1,
        max(y) - min(y),
    )


def _with_level(
    x: list[float], y: list[float], nodes: Mapping[float, Sequence[float]]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the points of an edge that is level around its last point but one and avoids nodes.

    Args:
        x: columns of a chain of points.
        y: rows of the same points.
        nodes: rows of the nodes of every column.
    """
    level = [(x[-2] - _FLAT, y[-2]), (x[-2] + _FLAT, y[-2])]
    way = [*zip(x[:-2], y[:-2], strict=True), *level, (x[-1], y[-1])]
    way.insert(1, _beside(way[0], way[1], nodes[x[0]]))
    way.insert(-1, _beside(way[-1], way[-2], nodes[x[-1]]))
    return tuple(_rounded(column) for column, _row in way), tuple(_rounded(row) for _x, row in way)


def _rounded(coordinate: float) -> float:
    """Return a coordinate to a tenth of a pixel; more digits would be most of a large figure."""
    return round(coordinate, 3)


def _beside(
    node: tuple[float, float], other: tuple[float, float], rows: Sequence[float]
) -> tuple[float, float]:
    """Return the point beside a node at which an edge to another point leaves or enters it.

    It lies on the straight line, or near the node's own row where that line would run behind
    another node of the column; ``rows`` are those of all its nodes.
    """
    (x, row), (far, level) = node, other
    low, high = sorted((row, level))
    rise = (level - row) * _CLEAR / abs(far - x)
    if any(low - _AIR < one < high + _AIR for one in rows if one != row):
        rise = min(max(level - row, -_FAN), _FAN)
    return x + math.copysign(_CLEAR, far - x), row + rise


def _depths(graph: Graph) -> list[int]:
    """Return every node's column: an operation right of its operands, an input left of its uses."""
    depths = [0] * len(graph.nodes)
    for number in graph.operations:
        depths[number] = 1 + max(depths[operand] for operand in graph.nodes[number].operands)
    for number, uses in enumerate(graph.uses):
        if not graph.nodes[number].operands and uses:
            depths[number] = min(depths[user] for user, _place in uses) - 1
    return depths


class _Points:
    """Points in columns, and which of them are joined."""

    def __init__(self) -> None:
        self.columns: list[int] = []
        self._rooms: list[float] = []
        self._left: list[list[int]] = []
        self._right: list[list[int]] = []

    def add(self, column: int, room: float) -> int:
        """Return the number of a new point."""
        self.columns.append(column)
        self._rooms.append(room)
        self._left.append([])
        self._right.append([])
        return len(self.columns) - 1

    def chain(self, start: int, end: int) -> list[int]:
        """Join two points through a new point in every column between them; return all of them."""
        last = self.columns[end] - 1
        between = [
            self.add(column, _LABEL if column == last else _BEND)
            for column in range(self.columns[start] + 1, last + 1)
        ]
        chain = [start, *between, end]
        for one, other in pairwise(chain):
            self._right[one].append(other)
            self._left[other].append(one)
        return chain

    def rows(self) -> list[float]:
        """Return a row for every point, 0 for the highest."""
        rows = self._first_rows()
        by_column: list[list[int]] = [[] for _column in range(max(self.columns) + 1)]
        for point, column in enumerate(self.columns):
            by_column[column].append(point)
        for sweep in range(max(2, min(_SWEEPS, _WORK // len(rows)))):
            for members in by_column if sweep % 2 else reversed(by_column):
                wanted = {point: self._wanted(point, rows) for point in members}
                members.sort(key=lambda point: (wanted[point], rows[point]))
                rooms = [self._rooms[point] for point in members]
                moved = _apart([wanted[point] for point in members], rooms)
                for point, row in zip(members, moved, strict=True):
                    rows[point] = row
        highest = min(rows)
        return [row - highest for row in rows]

    def _wanted(self, point: int, rows: list[float]) -> float:
        """Return the mean of the rows to the left and of those to the right."""
        sides = [
            _mean([rows[other] for other in side])
            for side in (self._left[point], self._right[point])
            if side
        ]
        return _mean(sides) if sides else rows[point]

    def _first_rows(self) -> list[float]:
        """Return rows in the order in which the formula is read, from the output back."""
        rows: dict[int, float] = {}
        free = count()
        for last in sorted(range(len(self.columns)), key=self.columns.__getitem__, reverse=True):
            waiting = [] if last in rows else [last]
            while waiting:
                point = waiting[-1]
                unknown = [other for other in self._left[point] if other not in rows]
                if unknown:
                    waiting.append(unknown[0])
                    continue
                before = [rows[other] for other in self._left[point]]
                rows[point] = _mean(before) if before else float(next(free))
                waiting.pop()
        return [rows[point] for point in range(len(self.columns))]


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Tell whether two rectangles overlap."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def crosses(area: Rectangle, line: Sequence[tuple[float, float]]) -> bool:
    """Tell whether a line of points runs through a rectangle (Liang and Barsky's clipping)."""
    return any(overlap(area, _around(*ends)) and _cuts(area, *ends) for ends in pairwise(line))


def _around(one: tuple[float, float], other: tuple[float, float]) -> Rectangle:
    (x, y), (next_x, next_y) = one, other
    return min(x, next_x), max(x, next_x), min(y, next_y), max(y, next_y)


def _cuts(area: Rectangle, one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether a part of the straight line between two points lies in a rectangle."""
    enters, leaves = 0.0, 1.0  # as shares of the line
    for axis, (low, high) in enumerate((area[:2], area[2:])):
        way = other[axis] - one[axis]
        if way == 0:
            continue  # the line lies between the two edges, since the rectangles overlap
        near, far = sorted(((low - one[axis]) / way, (high - one[axis]) / way))
        enters, leaves = max(enters, near), min(leaves, far)
    return enters < leaves


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _apart(wanted: list[float], rooms: list[float]) -> list[float]:
    """Return rising rows with room between them, each moved as little as needed.

    Neighbours that would overlap form a block around the mean of their wanted rows (least squares
    in a given order: pooling of adjacent violators).

    Args:
        wanted: the rows in which the points would be without neighbours, in their order.
        rooms: half of the room that each point keeps from its neighbours.
    """
    offsets = [0.0, *accumulate(above + below for above, below in pairwise(rooms))]
    blocks: list[tuple[float, int]] = []  # sum and number of the rows in each
    for row, offset in zip(wanted, offsets, strict=True):
        total, size = row - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / size:
            before = blocks.pop()
            total, size = total + before[0], size + before[1]
        blocks.append((total, size))
    moved = [total / size for total, size in blocks for _row in range(size)]
    return [row + offset for row, offset in zip(moved, offsets, strict=True)]
