"""Words of functions: names without signs of markup, formulas in LaTeX, what was found."""

import re

from hypothesis import given

from comparison.formulas import EXAMPLES
from comparison.words.functions import (
    check_words,
    found_words,
    function_lines,
    function_name,
    own_numbers,
)
from comparison.words.mathml import mathml
from engine.backprop.checks import check
from engine.problems.formula import Formula
from engine.problems.functions import Bowl
from tests.strategies import formulas


def test_a_formula_is_its_own_name():
    assert function_name(Formula(text="0.1*x**2 + 2*y")) == "f(x, y) = 0.1·x^2 + 2·y"
    assert function_name(Formula(text="t = x - 1\nz = t^2 + y")) == "f(x, y) = t^2 + y; t = x - 1"


def test_a_long_formula_is_cut_as_a_name():
    name = function_name(Formula(text=" + ".join(["x"] * 60)))

    assert len(name) < 80
    assert name.endswith("…")


@given(formulas())
def test_nothing_in_a_name_is_a_sign_of_markdown_or_html(formula):
    assert re.search(r"[*~$:\[\]<>`#|\\&\"'!]", function_name(formula)) is None


def test_a_function_of_the_house_has_its_label_and_numbers():
    assert function_name(Bowl()) == "Bowl of chosen condition number"
    assert own_numbers(Bowl()) == {"Condition number": "10"}
    assert own_numbers(Formula(text="b*x + a*y", constants={"b": -2.5})) == {"a": "1", "b": "-2.5"}


def test_lines_before_the_last_are_named():
    assert function_lines(Formula(text="t_1 = x - 1\nt_1^2 + y")) == [
        "t_{1} = x - 1",
        "f(x, y) = t_{1}^{2} + y",
    ]
    assert function_lines(Formula(text="x^2")) == ["f(x, y) = x^{2}"]
    assert function_lines(Bowl()) == [f"f(x, y) = {Bowl().formula}"]


@given(formulas())
def test_every_formula_is_drawn_in_a_report(formula):
    drawn = mathml(r" \\ ".join(function_lines(formula)))

    assert drawn.count("<mtr>") == len(function_lines(formula))


def test_every_example_is_drawn_in_a_report():
    for example in EXAMPLES.values():
        assert "<math" in mathml(r" \\ ".join(function_lines(example.formula)))


def test_what_was_found_is_not_said_to_be_known():
    one = found_words(Formula(text="(x - 1)^2 + (y + 2.5)^2"))
    two = found_words(EXAMPLES["two_valleys"].formula)

    assert one == "A search found 1 minimum: (1, −2.5). There may be others."
    assert two.startswith("A search found 2 minima, the lowest at (−1, −1), (1, 1).")
    tilted = found_words(Formula(text="x^4 + y^4 - 4*x*y + x/1000"))
    assert "the lowest at (−1, −1)." in tilted
    many = found_words(Formula(text="cos(pi*x) + cos(pi*y)"))
    assert "A search found 16 minima; the lowest 16 are equally low, such as (" in many
    assert "found no minimum" in found_words(Formula(text="exp(-x) + y^2"))
    assert "falls on and on" in found_words(Formula(text="x^2 - y^2"))
    assert "no point where the formula has a value" in found_words(Formula(text="ln(-1 - x^2)"))


def test_a_check_tells_its_method_and_the_kink():
    smooth, kinked = Formula(text="x^2 + y"), Formula(text="y + abs(x)")

    assert "complex step: relative difference 0" in check_words(check(smooth, (1.0, 2.0)))
    assert "central differences" in check_words(check(kinked, (1.0, 2.0)))
    assert check_words(check(kinked, (0.0, 2.0))) == (
        "Not differentiable at the start: abs, character 5 of the formula, has a kink here."
        " Slopes left and right: ∂f/∂x −1 and 1, ∂f/∂y 1 and 1. Runs follow (0, 1)."
    )
