"""A rule's formula with numbers: every line holds as arithmetic."""

import math
import re

import numpy as np
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
    text = re.sub(r"\\operatorname\{(\w+)\}", r"\1", text).replace("{", "(").replace("}", ")")
    text = re.sub(r"\\(frac|sqrt|max|min)", r"\1", re.sub(r"\|([^|]*)\|", r"abs(\1)", text))
    return eval(text, {"frac": over, "sqrt": math.sqrt, "sign": np.sign})  # noqa: S307 - own text


def over(above):
    """What divides a number by another one: a fraction is written as ``over(above)(below)``."""
    return lambda below: above / below


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_line_in_numbers_is_right(rule):
    for lines in lines_of(rule):
        assert len(lines) == rule.formula.count("=")
        for line in lines:
            *_symbols, filled, value = line.split(" = ")
            if re.search(r"[a-z]_", filled) is None:
                assert value_of(filled) == pytest.approx(value_of(value), rel=2e-3)


def ends_in_a_number(line):
    return re.fullmatch(r"-?[\d.]+( \\cdot 10\^\{-?\d+\})?", line.split(" = ")[-1]) is not None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_symbol_is_left_among_the_numbers(rule):
    """But for those of quantities that the formula names and nobody records."""
    for lines in lines_of(rule):
        unknown = [line.split(" = ")[0] for line in lines if not ends_in_a_number(line)]
        for line in lines:
            *_symbols, filled, _value = line.split(" = ")
            left = re.sub(r"\\\|.*?\\\||\\operatorname\{\w+\}", "", filled)
            left = re.sub(r"\\(frac|sqrt|left|right|cdot|max|min|,)", "", left)
            for symbol in unknown:
                left = left.replace(symbol, "")
            if len(line.split(" = ")) > 3:
                assert not re.search(r"[A-Za-z]", left), line


def test_a_negative_number_stands_in_brackets():
    terms = (Term("s_t", 4.25), Term("s_{t-1}", -2.0), Term("g_t", -2.5))

    assert worked("s_t = s_{t-1} + g_t^2", terms) == [
        r"s_t = s_{t-1} + g_t^2 = {\left(-2\right)} + {\left(-2.5\right)}^2 = 4.25"
    ]


def test_a_norm_is_of_all_parameters_and_keeps_its_symbols():
    terms = (Term("d_t", 0.5), Term("g_t", 3.0), Term("c", 2.0))

    norms = r"\|c\,g_t\|_2 + \left\|g_t\right\|"
    (line,) = worked(rf"d_t = \frac{{c\,g_t}}{{{norms}}}", terms)

    assert line.endswith(rf" = \frac{{{{2}} \cdot {{3}}}}{{{norms}}} = 0.5")


def test_an_index_is_no_number():
    (line,) = worked("d_t = g_t^t c_t c_{t-1}", (Term("t", 3.0), Term("g_t", 2.0)))

    assert line == "d_t = g_t^t c_t c_{t-1} = {2}^{3} c_t c_{t-1}"


def test_a_start_has_no_numbers_but_its_own():
    assert worked(r"s_0 = 1 \qquad d_t = s_t", (Term("s_t", 2.0), Term("d_t", 2.0))) == [
        "s_0 = 1",
        "d_t = s_t = 2",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (-1.23456789, "-1.2346"), (1e-10, r"1 \cdot 10^{-10}"), (3.0, "3")],
)
def test_numbers_are_written_without_computer_notation(value, text):
    assert number(value) == text
