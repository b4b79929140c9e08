"""A rule's formula with numbers: every line holds as arithmetic."""

import math
import re

import pytest

from comparison.words.worked import number, worked
from engine import Budget, Experiment, Function, Run, inspect
from engine.analysis.inspection import Term
from engine.rules import RULES

STEP = 3


def lines_of(rule):
    runs = (Run(optimizer=rule(), learning_rate=0.1, batch_size="all"),)
    experiment = Experiment(
        problem=Function(), runs=runs, budget=Budget(amount=5, unit="iterations")
    )
    seen = inspect(experiment, 0, 0, STEP)
    return [worked(rule.formula, seen.terms(parameter)) for parameter in (0, 1)]


def value_of(latex):
    """What a side of an equation in numbers comes to."""
    text = re.sub(r"\\left|\\right", "", latex)
    text = text.replace(r"\cdot", "*").replace(r"\,", "*").replace("^", "**")
    text = text.replace(r"\sqrt", "math.sqrt").replace("{", "(").replace("}", ")")
    text = re.sub(r"\\(max|min)", r"\1", re.sub(r"\|([^|]*)\|", r"abs(\1)", text))
    if text.startswith(r"\frac"):
        above, below = re.match(r"\\frac\((\(*[^()]*\)*)\)\((.*)$", text).groups()
        text = f"({above})/({below}"
    return eval(text, {"math": math})  # noqa: S307 - own text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_line_in_numbers_is_right(rule):
    for lines in lines_of(rule):
        assert len(lines) == rule.formula.count("=")
        for line in lines:
            *_symbols, filled, value = line.split(" = ")
            if re.search(r"[a-z]_", filled) is None:
                assert value_of(filled) == pytest.approx(value_of(value), rel=2e-3)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_symbol_is_left_among_the_numbers(rule):
    for lines in lines_of(rule):
        for line in lines:
            *_symbols, filled, _value = line.split(" = ")
            left = re.sub(r"\\(frac|sqrt|left|right|cdot|max|min|,)", "", filled)
            if len(line.split(" = ")) > 3:
                assert not re.search(r"[A-Za-z]", left), line


def test_a_negative_number_stands_in_brackets():
    terms = (Term("s_t", 4.25), Term("s_{t-1}", -2.0), Term("g_t", -2.5))

    assert worked("s_t = s_{t-1} + g_t^2", terms) == [
        r"s_t = s_{t-1} + g_t^2 = {\left(-2\right)} + {\left(-2.5\right)}^2 = 4.25"
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (-1.23456789, "-1.2346"), (1e-10, r"1 \cdot 10^{-10}"), (3.0, "3")],
)
def test_numbers_are_written_without_computer_notation(value, text):
    assert number(value) == text
