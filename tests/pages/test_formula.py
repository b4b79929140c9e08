"""A formula that a reader types, on the Surfaces page."""

import numpy as np
import pytest

from comparison.formulas import EXAMPLES
from engine.problems.formula import Formula
from tests.driven import SURFACES, charts, first_run, run, told

pytestmark = pytest.mark.usefixtures("nothing_waits")


def problem(at):
    return at.session_state["surface-document"].experiment.problem


def type_in(at, text):
    return run(at.text_area(key="formula-text").set_value(text))


def said(at):
    return " ".join(part.value for part in (*at.caption, *at.warning))


def test_a_typed_formula_takes_the_place_of_an_example_and_a_wrong_one_does_not():
    at = first_run(SURFACES)
    run(at.selectbox(key="function").set_value("formula"))
    first = EXAMPLES["dive"]
    assert (problem(at).function, problem(at).start) == (first.formula, first.start)
    assert at.selectbox(key="formula-example").value == "dive"
    assert "A search found 1 minimum" in said(at)
    assert "complex step" in said(at)

    type_in(at, "f(x, y) = (x - a)^2 + b*y^4")
    typed = Formula(text="(x - a)^2 + b*y^4")
    assert (problem(at).function, problem(at).start) == (typed, typed.start)
    assert at.selectbox(key="formula-example").value == "own"
    assert any("b \\cdot y^{4}" in one.value for one in at.latex)
    assert charts(at)[0]["data"][0]["type"] == "contour"

    run(at.number_input(key="formula-constant-b-number").set_value(2.5))
    assert dict(problem(at).function.constants) == {"a": 1.0, "b": 2.5}
    assert problem(at).start == typed.start

    for wrong in ("(x - a)^2 + b*y^", "<script>x</script>", "x" * 10_000, "a + b"):
        type_in(at, wrong)
        assert at.text_area(key="formula-text").value == wrong
        assert "still in force" in said(at)
        assert dict(problem(at).function.constants) == {"a": 1.0, "b": 2.5}

    type_in(at, "(x - a)^2 + c*y^2")
    assert "still in force" not in said(at)
    assert dict(problem(at).function.constants) == {"a": 1.0, "c": 1.0}
    run(at.button(key="undo").click())
    assert dict(problem(at).function.constants) == {"a": 1.0, "b": 2.5}
    assert at.text_area(key="formula-text").value == "(x - a)^2 + b*y^4"
    assert told(at) == ""


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_drawn(name):
    at = first_run(SURFACES)
    run(at.selectbox(key="function").set_value("formula"))
    run(at.selectbox(key="formula-example").set_value(name))

    assert problem(at).function == EXAMPLES[name].formula
    assert at.selectbox(key="formula-example").value == name
    assert charts(at)[0]["data"][0]["type"] == "contour"


def test_kinks_and_gaps_are_told_where_they_are():
    at = first_run(SURFACES)
    run(at.selectbox(key="function").set_value("formula"))
    type_in(at, "abs(x) + ln(y)")
    assert "central differences" in said(at)
    assert "Where the picture is blank" in said(at)

    run(at.number_input(key="surfaces-start-0-number").set_value(0.0))
    assert "Not differentiable at the start" in said(at)
    run(at.number_input(key="surfaces-start-1-number").set_value(-1.0))
    assert "no value here" in said(at)
    assert np.isfinite(problem(at).start).all()
