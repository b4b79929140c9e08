"""The computation graph by its data and layout: numbers on edges, step by step."""

import re

import pytest

from charts.graph import graph_drawing, is_wide, long_width
from engine.backprop.examples import EXAMPLES
from engine.formulas.formula import parse
from engine.formulas.graph import differentiate, steps

VALUES, DERIVATIVES, SUMS, SENTENCE = 5, 6, 7, 8  # traces that hold numbers


def chart(name="apples", step=None, names=None, **changed):
    example = EXAMPLES[name]
    found = differentiate(example.graph, {**example.point, **changed})
    last = len(steps(example.graph)) - 1
    return graph_drawing(example.graph, found, last if step is None else step, names or {})


def shown(drawn, trace):
    return [text for text in drawn.figure.data[trace].text if text]


def frame(drawn, step):
    """What changes at a step, trace by trace: with its base, as Plotly puts them together."""
    one = drawn.figure.frames[step]
    base = frame(drawn, int(one.baseframe)) if one.baseframe else {}
    return base | dict(zip(one.traces, one.data, strict=True))


def at_step(drawn, step, trace):
    """What is written in a trace at a step."""
    return [text for text in frame(drawn, step)[trace].text if text]


def test_all_numbers_of_two_apples():
    drawn = chart()
    assert sorted(shown(drawn, VALUES), key=float) == ["1.1", "2", "100", "200", "220"]
    assert sorted(shown(drawn, DERIVATIVES), key=float) == ["1", "1.1", "2.2", "110", "200"]


def test_derivatives_lie_below_the_values_of_their_edges():
    drawn = chart()
    values, derivatives = drawn.figure.data[VALUES], drawn.figure.data[DERIVATIVES]
    assert list(values.x) == list(derivatives.x)
    assert all(above > below for above, below in zip(values.y, derivatives.y, strict=True))
    assert (values.textposition, derivatives.textposition) == ("top center", "bottom center")
    pairs = set(zip(values.text, derivatives.text, strict=True))
    assert pairs == {("100", "2.2"), ("2", "110"), ("200", "1.1"), ("1.1", "200"), ("220", "1")}


def test_values_appear_going_forward_and_derivatives_going_back():
    drawn = chart()
    numbers = [
        (len(at_step(drawn, step, VALUES)), len(at_step(drawn, step, DERIVATIVES)))
        for step in range(6)
    ]
    assert numbers == [(3, 0), (4, 0), (5, 0), (5, 1), (5, 3), (5, 5)]
    assert len(drawn.figure.frames) == 6


def test_each_step_is_told_in_numbers():
    drawn = chart()
    told = [frame(drawn, step)[SENTENCE].text[0] for step in range(6)]
    assert "100 × 2 = 200" in told[1]
    assert "200 × 1.1 = 220" in told[2]
    assert "∂total/∂total = 1" in told[3]
    assert "1.1 × 1 = 1.1" in told[4]
    assert "200 × 1 = 200" in told[4]
    assert "2 × 1.1 = 2.2" in told[5]
    assert "100 × 1.1 = 110" in told[5]
    assert [text.split("<br>")[0] for text in told][1] == "<b>Step 1 of 5</b>"


@pytest.mark.parametrize("step", range(6))
def test_the_first_picture_is_that_of_its_step(step):
    drawn = chart(step=step)
    for position, part in frame(drawn, step).items():
        trace = drawn.figure.data[position]
        assert list(trace.text or ()) == list(part.text or ())
        assert part.x is None or list(trace.x) == list(part.x)
    assert drawn.figure.layout.sliders[0].active == step


def test_a_frame_repeats_nothing_of_its_base():
    frames = chart("sigmoid_network").figure.frames
    going_back = next(frame for frame in frames if "∂E/∂E" in frame.data[-1].text[0])
    start = frames.index(going_back)
    assert not [frame.name for frame in frames[1:start] if DERIVATIVES in frame.traces]
    assert not [frame.name for frame in frames[start:] if VALUES in frame.traces]
    # What a base leaves out is taken from the first, and the order of all traces with it.
    assert len(frames[0].traces) == 6
    assert {frame.baseframe for frame in frames[start:]} == {str(start - 1)}


def test_slider_and_buttons_play_the_frames():
    drawn = chart()
    names = [frame.name for frame in drawn.figure.frames]
    steps_of_slider = drawn.figure.layout.sliders[0].steps
    assert [list(step.args[0]) for step in steps_of_slider] == [[name] for name in names]
    play, pause = drawn.figure.layout.updatemenus[0].buttons
    assert (play.args[0], list(pause.args[0])) == (None, [None])
    moves = [play.args[1], pause.args[1], *(step.args[1] for step in steps_of_slider)]
    assert all(move["frame"]["redraw"] for move in moves)
    assert all(move["transition"]["duration"] == 0 for move in moves)


def test_a_fan_out_is_a_sum_once_all_have_arrived():
    drawn = chart("one_weight")
    assert "Σ 9.3333" in shown(drawn, SUMS)[0]
    sums = [at_step(drawn, step, SUMS) for step in range(len(drawn.figure.frames))]
    first = next(step for step, texts in enumerate(sums) if texts)
    graph = EXAMPLES["one_weight"].graph
    users = {user for user, _place in graph.uses[graph.names["w"]]}
    handed = {moment.node for moment in steps(graph)[: first + 1] if moment.kind == "backward"}
    assert users <= handed
    assert sums[first - 1] == []


def test_constants_have_a_value_and_no_derivative():
    drawn = chart("line")
    pairs = zip(drawn.figure.data[VALUES].text, drawn.figure.data[DERIVATIVES].text, strict=True)
    assert set(pairs) == {("2", ""), ("5", "2"), ("10", ""), ("10", "1"), ("20", "1")}


def test_operations_are_circles_and_operands_boxes():
    drawn = chart("apples_and_grapes")
    nodes = drawn.figure.data[2]
    assert sorted(sign for sign in nodes.text if sign) == ["+", "×", "×", "×"]
    boxes = [box.text for box in drawn.figure.layout.annotations]
    assert boxes == ["apple_price", "apples", "grape_price", "grapes", "tax", "total"]


def test_variables_have_an_index_or_a_name_of_their_own():
    assert "w<sub>5</sub>" in [
        box.text for box in chart("sigmoid_network").figure.layout.annotations
    ]
    boxes = chart(names={"tax": "Tax factor"}).figure.layout.annotations
    assert "Tax factor" in [box.text for box in boxes]


def test_negative_zero_is_zero():
    drawn = chart("softmax")
    assert not [text for text in shown(drawn, DERIVATIVES) if re.fullmatch("−0", text)]


def test_a_large_graph_has_short_numbers_and_all_digits_under_the_mouse():
    assert is_wide(EXAMPLES["sigmoid_network"].graph)
    assert not is_wide(EXAMPLES["apples"].graph)
    drawn = chart("sigmoid_network")
    assert "0.0487" in shown(drawn, DERIVATIVES)
    digits = f"{0.3745129029117749 * 0.24444782729966041 * 0.5324543063873187:.10g}"
    (box,) = [box for box in drawn.figure.layout.annotations if box.text == "w<sub>5</sub>"]
    assert f"derivative {digits}" in box.hovertext


def test_a_column_keeps_its_width_however_many_there_are():
    assert long_width(EXAMPLES["sigmoid_network"].graph) is None  # on any page that shows 1,000
    for depth in (11, 30, 150):
        graph = parse("-" * depth + "x")  # a column for each, the input and the output
        found = differentiate(graph, {"x": 1.0})
        low, high = graph_drawing(graph, found, 0, {}).figure.layout.xaxis.range
        assert long_width(graph) / (high - low) > 75  # pixels; a circle has 34


def test_numbers_behind_the_picture():
    drawn = chart()
    assert {len(column) for column in drawn.numbers.values()} == {5}
    table = dict(zip(drawn.numbers["name"], drawn.numbers["derivative"], strict=True))
    assert (table["apple_price"], table["apples"], table["tax"]) == (2.2, 110.00000000000001, 200)


def test_alternative_text():
    alt = chart(names={"total": "To pay"}).alt
    assert "2 operations" in alt
    assert "To pay is 220" in alt
    assert "tax 200" in alt


@pytest.mark.parametrize("formula", ["x", "x + 2*3", "unused = x*y\nx + 1", "-" * 200 + "x"])
def test_unusual_graphs_are_drawn(formula):
    graph = parse(formula)
    found = differentiate(graph, dict.fromkeys(graph.inputs, 1.0))
    drawn = graph_drawing(graph, found, 0, {})
    assert len(drawn.figure.frames) == len(steps(graph))


@pytest.mark.parametrize(
    ("formula", "inside", "written"),
    [
        ("√(x)", "√", "√(4) = 2"),
        ("abs(-x)", "abs", "|−4| = 4"),
        ("sign(x)", "sign", "sign(4) = 1"),
        ("atan(x)", "atan", "atan(4) = 1.3258"),
        ("ln(x)", "log", "log(4) = 1.3863"),
    ],
)
def test_functions_stand_in_their_circles_and_sentences(formula, inside, written):
    graph = parse(formula)
    moments = steps(graph)
    step = max(n for n, moment in enumerate(moments) if moment.kind == "forward")
    drawn = graph_drawing(graph, differentiate(graph, {"x": 4.0}), step, {})
    assert drawn.numbers["operation"][-1] == graph.nodes[graph.output].operation
    texts = [text for trace in drawn.figure.data for text in trace.text or ()]
    assert inside in texts
    assert any(written in text for text in texts)
