"""The settings of the Sweep page: what a link may say, and what is refused before anything."""

import pytest
from hypothesis import given

from comparison.pages import BackpropagationPage, Brush, Held, SweepPage
from comparison.words.errors import explain
from engine import InvalidInput
from engine.limits import LIMITS
from sweeps.cells import NONE
from tests.strategies import examples, sweep_pages

AXIS = {"field": "learning_rate", "values": [0.1]}


def refusal(make, **fields):
    with pytest.raises(InvalidInput) as caught:
        make.model_validate(fields)
    return caught.value


def test_the_first_plan_is_of_rates_and_batch_sizes():
    page = SweepPage()

    assert [axis.field for axis in page.axes] == ["learning_rate", "batch_size"]
    assert (page.across, page.upwards, page.setting) == ("learning_rate", "run", None)


@given(page=sweep_pages())
@examples(60)
def test_any_settings_come_back_from_their_json(page):
    assert SweepPage.model_validate_json(page.model_dump_json()) == page


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"tab": "none"}, "unknown_choice", "tab"),
        ({"seeds": 0}, "out_of_range", "seeds"),
        ({"seeds": 31}, "out_of_range", "seeds"),
        ({"axes": [AXIS] * 13}, "wrong_length", "axes"),
        ({"axes": [{"field": "speed", "values": [1]}]}, "unknown_choice", "axes.0.field"),
        ({"axes": [{**AXIS, "values": []}]}, "wrong_length", "axes.0.values"),
        ({"axes": [{**AXIS, "values": [1] * 1_001}]}, "wrong_length", "axes.0.values"),
        ({"targets": [0.1] * 9}, "wrong_length", "targets"),
        ({"targets": ["low"]}, "wrong_type", "targets.0"),
        ({"target": 8}, "out_of_range", "target"),
        ({"setting": NONE}, "out_of_range", "setting"),
        ({"design": {"kind": "quasi_random", "settings": 0}}, "out_of_range", "design.settings"),
        ({"held": [{"field": "run", "place": -1}]}, "out_of_range", "held.0.place"),
        ({"brushes": [{"field": "run", "low": float("nan")}]}, "not_finite", "brushes.0.low"),
        ({"brushes": [{"field": "run", "diverged": 1}]}, "wrong_type", "brushes.0.diverged"),
        ({"p_values": "yes"}, "wrong_type", "p_values"),
        ({"speed": 1}, "unknown_field", "speed"),
    ],
    ids=str,
)
def test_what_no_page_may_say_is_refused_with_its_field_and_in_words(fields, code, field):
    error = refusal(SweepPage, **fields)

    assert (error.code, error.field) == (code, field)
    assert explain(error)


def test_a_field_has_a_name_of_limited_length():
    for make in (Held, Brush):
        assert explain(refusal(make, field="x" * 81, place=0))
        make.model_validate({"field": "x" * 80} | ({"place": 0} if make is Held else {}))
    assert explain(refusal(SweepPage, across="x" * 81))


def test_there_is_a_place_for_every_value_of_an_axis_and_a_brush_for_every_axis():
    most = int(LIMITS["axes"].high)
    fields = [f"problem.l2{number}" for number in range(most + 2)]
    page = SweepPage(
        held=[{"field": field, "place": 1_000} for field in fields[: most + 1]],
        brushes=[{"field": field} for field in fields],
    )

    assert len(page.held) == most + 1
    assert len(page.brushes) == most + 2


def test_an_open_brush_has_no_ends():
    assert Brush(field="run") == Brush(field="run", low=None, high=None, diverged=False)


OWN = {"example": "own", "formula": "a = x^2 + y\nc = 2*3\nb = a/2 + c"}


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"minimised": "x"}, "unknown_choice", "minimised"),  # it can only be chosen
        ({"minimised": "c"}, "unknown_choice", "minimised"),  # it never changes
        ({"minimised": "z"}, "unknown_choice", "minimised"),
        ({"minimised": 3}, "wrong_type", "minimised"),
        ({"moved": ["a"]}, "unknown_choice", "moved"),
        ({"moved": ["x", "x"]}, "duplicate", "moved"),
        ({"moved": ["x"] * 41}, "wrong_length", "moved"),
        ({"moved": "x"}, "wrong_type", "moved"),
        ({"moved": ["x" * 10_000]}, "wrong_length", "moved.0"),
        ({"updates": 10_001}, "out_of_range", "updates"),
        ({"formula": "x" + " + x" * 200, "updates": 1_501}, "out_of_range", "updates"),
    ],
    ids=str,
)
def test_what_descent_may_not_be_told_is_refused(fields, code, field):
    error = refusal(BackpropagationPage, **OWN | fields)

    assert (error.code, error.field) == (code, field)
    assert explain(error)


def test_a_formula_minimises_its_last_line_unless_told_otherwise():
    page = BackpropagationPage(**OWN)
    assert page.outputs == ("a", "b")
    assert page.graph.nodes[page.graph.output].name == "b"
    assert (page.learnt, page.rate) == ((), 0.1)
    other = BackpropagationPage(**OWN, minimised="a", moved=("y",))
    assert other.graph.nodes[other.graph.output].name == "a"
    assert other.graph.nodes == page.graph.nodes
    assert other.learnt == ("y",)


def test_an_example_minimises_its_own_loss():
    page = BackpropagationPage(example="sigmoid_network", minimised="h1", moved=("x1",))
    assert page.graph.nodes[page.graph.output].name == "E"
    assert page.learnt == tuple(f"w{number}" for number in range(1, 9))
    assert page.rate == 0.5


def test_a_large_graph_takes_fewer_updates_and_as_many_as_ever():
    sums = BackpropagationPage(example="own", formula="x" + " + x" * 200, updates=1_000)
    assert sums.possible_updates.high == 1_500
    assert BackpropagationPage(**OWN).possible_updates.high == 10_000
