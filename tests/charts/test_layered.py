"""Where the nodes of a graph go: columns by depth, everything drawn once, nothing on top of it."""

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charts.layered import arrange
from engine.examples import EXAMPLES
from engine.formula import parse

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
    assert all(edge.place == 0 for edge in arrange(graph).edges if edge.operation == 6)


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
        assert edge.y[-2] == edge.y[-3]  # level under the numbers


@settings(max_examples=60, deadline=None)
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
