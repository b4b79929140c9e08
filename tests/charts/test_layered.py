"""Where the nodes of a graph go: columns by depth, everything drawn once, nothing on top of it."""

import math
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.layered import arrange, crosses, overlap
from engine.backprop.examples import EXAMPLES
from engine.formulas.formula import parse
from tests.strategies import examples

ROOM = 0.3  # rows that two things in one column are apart at least


def columns(drawing):
    """What lies in each column: the middles of nodes, and the edges' numbers."""
    found = {}
    for box in drawing.boxes:
        found.setdefault(box.x, []).append(box.y)
    for edge in drawing.edges:
        x, y = edge.label
        found.setdefault(x, []).append(y)
    return found


@st.composite
def graphs(draw):
    """A graph of up to twelve lines, each joining two earlier results or variables."""
    names, lines = ["x", "y", "z"], []
    for number in range(draw(st.integers(1, 12))):
        one, other = (draw(st.sampled_from(names)) for _ in range(2))
        sign = draw(st.sampled_from(["+", "-", "*", "^2 *", "+ 3 *"]))
        lines.append(f"n{number} = {one} {sign} {other}")
        names.append(f"n{number}")
    return parse("\n".join(lines))


ALL = pytest.mark.parametrize("name", EXAMPLES)


@ALL
def test_values_flow_from_left_to_right(name):
    graph = EXAMPLES[name].graph
    places = {box.node: box.x for box in arrange(graph).boxes}
    for number in graph.operations:
        operands = [operand for operand in graph.nodes[number].operands if operand in places]
        assert all(places[operand] < places[number] for operand in operands)
    assert places[-1] == max(places.values()) == places[graph.output] + 1


@ALL
def test_every_result_once_and_a_constant_for_every_use(name):
    graph = EXAMPLES[name].graph
    drawn = Counter(box.node for box in arrange(graph).boxes)
    for number, node in enumerate(graph.nodes):
        if node.operation != "constant":
            assert drawn[number] == 1
    assert drawn[-1] == 1


def test_constants_are_drawn_at_each_use_and_an_exponent_inside_its_sign():
    graph = parse("2*x + 2*y + x^2")
    drawn = Counter(box.node for box in arrange(graph).boxes)
    (two,) = (n for n, node in enumerate(graph.nodes) if node.operation == "constant")
    assert drawn[two] == 2
    assert all(edge.index == 0 for edge in arrange(graph).edges if edge.operation == 6)


def test_edges_end_where_their_nodes_are():
    graph = EXAMPLES["sigmoid_network"].graph
    drawing = arrange(graph)
    places = {}
    for box in drawing.boxes:
        places.setdefault(box.node, []).append((box.x, box.y))
    for edge in drawing.edges:
        assert (edge.x[0], edge.y[0]) in places[edge.node]
        assert (edge.x[-1], edge.y[-1]) in places[edge.operation]
        assert all(left < right for left, right in pairwise(edge.x))
        assert edge.y[-3] == edge.y[-4]  # level under the numbers
        assert edge.x[-4] < edge.label[0] < edge.x[-3]


@examples(60)
@given(graphs())
def test_nothing_lies_on_top_of_anything(graph):
    for places in columns(arrange(graph)).values():
        for lower, upper in pairwise(sorted(places)):
            assert upper - lower > ROOM


def test_a_chain_is_a_straight_line():
    drawing = arrange(parse("sin(cos(exp(x)))"))
    assert {round(box.y, 9) for box in drawing.boxes} == {0.0}
    assert drawing.columns == 5


def test_a_tree_is_balanced_around_its_root():
    drawing = arrange(parse("(a + b) * (c + d)"))
    ys = {box.node: box.y for box in drawing.boxes}
    graph = parse("(a + b) * (c + d)")
    middle = ys[graph.output]
    mirrored = sorted(middle - y for y in ys.values())
    assert mirrored == pytest.approx(sorted(y - middle for y in ys.values()), abs=0.05)


def test_the_deepest_formula_is_arranged():
    assert arrange(parse("-" * 200 + "x")).columns == 202
    assert math.isfinite(arrange(parse("x" + " + x" * 200)).rows)


def test_operands_are_read_from_top_to_bottom():
    graph = parse("(a - b) * (c - d)")
    ys = {graph.nodes[box.node].name: box.y for box in arrange(graph).boxes}
    assert ys["a"] > ys["b"] > ys["c"] > ys["d"]


def test_a_constant_lies_where_the_formula_has_it():
    graph = parse("2*x + 3*y")
    boxes = {
        graph.nodes[box.node].name or graph.nodes[box.node].constant: box.y
        for box in arrange(graph).boxes
        if box.x == 0
    }
    assert sorted(boxes, key=boxes.get, reverse=True) == [2.0, "x", 3.0, "y"]


def row_at(edge, x):
    """Where an edge runs at a column between its ends."""
    return float(np.interp(x, edge.x, edge.y))


def crossings(drawing):
    """How often two edges change sides, looked at in forty places of what they share."""
    found = 0
    for one, other in combinations(drawing.edges, 2):
        start, end = max(one.x[0], other.x[0]), min(one.x[-1], other.x[-1])
        if end > start:
            places = np.linspace(start, end, 82)[1:-1:2]
            sides = np.sign([row_at(one, x) - row_at(other, x) for x in places])
            found += np.count_nonzero(np.diff(sides))
    return found


@ALL
def test_no_edge_runs_behind_a_node_of_another(name):
    graph = EXAMPLES[name].graph
    drawing = arrange(graph)
    half_x, half_y = 0.2, 0.3  # of a circle, in columns and rows
    for edge in drawing.edges:
        line = list(zip(edge.x, edge.y, strict=True))
        others = [box for box in drawing.boxes if box.node not in {edge.node, edge.operation}]
        for box in others:
            area = (box.x - half_x, box.x + half_x, box.y - half_y, box.y + half_y)
            assert not crosses(area, line)


@pytest.mark.parametrize(
    ("formula", "most"),
    [
        ("(a*b + c*d)*e", 0),
        ("2*x + 3*y*sin(x) + exp(-z)*x", 1),
        ("a = x*y; b = a + x; c = sin(b)*a; d = c*x + y; d*b", 1),
    ],
)
def test_few_edges_cross(formula, most):
    assert crossings(arrange(parse(formula))) <= most


AREA = (0.0, 2.0, 0.0, 1.0)  # left, right, low, high


@pytest.mark.parametrize(
    ("line", "runs_through"),
    [
        ([(-1, 0.5), (3, 0.5)], True),  # level
        ([(1, -5), (1, 5)], True),  # upright
        ([(-1, -1), (3, 2)], True),
        ([(0.5, 0.5), (0.6, 0.6)], True),  # all of it inside
        ([(-1, 0.5), (-0.5, 0.5), (-0.5, 3)], False),
        ([(-1, 0.9), (0.4, 2)], False),  # past the corner
        ([(-1, 1.5), (3, 1.5)], False),
        ([(-1, 1), (3, 1)], False),  # along the edge
    ],
)
def test_a_line_through_a_rectangle(line, runs_through):
    assert crosses(AREA, line) is runs_through
    assert crosses(AREA, line[::-1]) is runs_through


@pytest.mark.parametrize(
    ("other", "common"),
    [
        ((1.0, 3.0, 0.5, 2.0), True),
        ((0.5, 0.6, 0.5, 0.6), True),
        ((2.0, 3.0, 0.0, 1.0), False),
        ((0.0, 2.0, 1.0, 2.0), False),
    ],
)
def test_rectangles_that_cover_something_in_common(other, common):
    assert overlap(AREA, other) is overlap(other, AREA) is common


def test_shared_results_have_room_for_their_sum():
    graph = parse("a = exp(x)\nb = exp(y)\na*b + a/b")
    boxes = {box.node: box for box in arrange(graph).boxes}
    a, b = (boxes[graph.names[name]] for name in "ab")
    assert a.x == b.x
    assert abs(a.y - b.y) >= 1.36


@given(graphs(), st.floats(-1, 12), st.floats(0.01, 2), st.floats(-12, 1), st.floats(0.01, 2))
@examples(50)
def test_part_of_an_edge_crosses_what_all_of_it_does(graph, left, width, low, height):
    area = (left, left + width, low, low + height)
    for edge in arrange(graph).edges:
        whole = list(zip(edge.x, edge.y, strict=True))
        assert crosses(area, edge.between(left, left + width)) == crosses(area, whole)
