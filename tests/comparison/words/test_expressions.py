"""Graphs as LaTeX, and numbers with the digits of print."""

import pytest

from comparison.words.expressions import (
    digits,
    expression,
    latex_digits,
    lettered,
    lines,
    local_with_values,
    ratio,
    symbol,
    with_values,
)
from comparison.words.mathml import mathml
from engine.backprop.examples import EXAMPLES
from engine.formulas.formula import parse
from engine.formulas.graph import OPERATIONS, differentiate


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        ("a + b*c", r"a + b \cdot c"),
        ("(a + b)*c", r"\left(a + b\right) \cdot c"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("a - b - c", "a - b - c"),
        ("(a + b)/c", r"\frac{a + b}{c}"),
        ("(a/b)^2", r"\left(\frac{a}{b}\right)^{2}"),
        ("-a^2", "-a^{2}"),
        ("(-a)^2", r"\left(-a\right)^{2}"),
        ("-(a + b)", r"-\left(a + b\right)"),
        ("a*(-b)", r"a \cdot \left(-b\right)"),
        ("exp(-a)", "e^{-a}"),
        ("exp(a)^2", r"\left(e^{a}\right)^{2}"),
        ("max(a, sigmoid(b))", r"\max\left(a,\,\sigma\left(b\right)\right)"),
        ("√(a + 1)^2", r"\sqrt{a + 1}^{2}"),
        ("abs(a - b)^2", r"\left|a - b\right|^{2}"),
        ("sign(a)*tan(b)", r"\operatorname{sign}\left(a\right) \cdot \tan\left(b\right)"),
        ("relu(w1*x)", r"\operatorname{ReLU}\left(w_{1} \cdot x\right)"),
        ("apple_price*h_12", r"\text{apple\_price} \cdot h_{12}"),
    ],
)
def test_an_expression_reads_as_it_groups(formula, latex):
    graph = parse(formula)
    assert expression(graph, graph.output, {}) == latex


def calling(operation):
    """A formula with an operation of one operand, or of two."""
    takes_two = operation in {"add", "subtract", "multiply", "divide", "power", "max", "min"}
    signs = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "^"}
    if operation in signs:
        return f"a {signs[operation]} b"
    return "-a" if operation == "negate" else f"{operation}({'a, b' if takes_two else 'a'})"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_written_in_latex_and_drawn(operation):
    graph = parse(calling(operation))
    assert graph.nodes[graph.output].operation == operation
    values = differentiate(graph, {"a": 0.5, "b": 0.25}).values
    assert mathml(expression(graph, graph.output, {})).startswith("<math")
    assert mathml(with_values(graph, graph.output, values)).startswith("<math")
    for position in range(len(graph.nodes[graph.output].operands)):
        assert mathml(local_with_values(graph, graph.output, position, values)).endswith("</math>")


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        ("sqrt(a)", r"\frac{1}{2 \cdot 0.70710678}"),
        ("tan(a)", "1 + 0.54630249^{2}"),
        ("asin(-a)", r"\frac{1}{\sqrt{1 - \left(-0.5\right)^{2}}}"),
        ("acos(a)", r"-\frac{1}{\sqrt{1 - 0.5^{2}}}"),
        ("atan(a)", r"\frac{1}{1 + 0.5^{2}}"),
        ("sinh(a)", r"\cosh 0.5"),
        ("cosh(a)", r"\sinh 0.5"),
        ("abs(a)", ""),
        ("sign(a)", ""),
    ],
)
def test_how_the_derivative_of_a_function_is_computed(formula, written):
    graph = parse(formula)
    values = differentiate(graph, {"a": 0.5}).values
    assert local_with_values(graph, graph.output, 0, values) == written


def test_lines_of_a_network():
    written = lines(EXAMPLES["sigmoid_network"].graph, {})
    assert written[0] == r"z_{1} = w_{1} \cdot x_{1} + w_{2} \cdot x_{2}"
    assert written[2] == r"z_{2} = w_{3} \cdot x_{1} + w_{4} \cdot x_{2}" or len(written) == 9
    assert len(written) == 9


def test_names_take_the_place_of_expressions():
    graph = parse("t = x + y\nz = t^2")
    assert expression(graph, graph.output, {}) == "t^{2}"
    assert symbol(graph, graph.names["t"], {}) == "t"
    assert symbol(parse("(x + y)*2"), 2, {}) == "x + y"
    assert lines(graph, {"x": "Apples"})[0] == r"t = \text{Apples} + y"


def test_numbers_in_the_place_of_operands():
    graph = parse("a*b")
    found = differentiate(graph, {"a": -2.0, "b": 0.5})
    assert with_values(graph, graph.output, found.values) == r"\left(-2\right) \cdot 0.5"


@pytest.mark.parametrize(
    ("number", "text", "latex"),
    [
        (0.532454306387, "0.53245431", "0.53245431"),
        (220.00000000000003, "220", "220"),
        (100.0, "100", "100"),
        (0.0, "0", "0"),
        (-0.0, "0", "0"),
        (-0.37451290, "-0.3745129", "-0.3745129"),
        (1.25e-7, "1.25e-07", r"1.25 \cdot 10^{-7}"),
        (3.0e12, "3e+12", r"3 \cdot 10^{12}"),
    ],
)
def test_digits_of_print(number, text, latex):
    assert digits(number) == text
    assert latex_digits(number) == latex


def test_a_derivative_of_an_expression_has_brackets():
    graph = parse("total = price * apples * tax")
    product = graph.nodes[graph.output].operands[0]
    assert ratio(graph, graph.output, product, {"total": "To pay"}) == (
        r"\frac{\partial \text{To pay}}"
        r"{\partial \left(\text{price} \cdot \text{apples}\right)}"
    )


def test_long_expressions_get_letters():
    graph = parse("E = 0.5*(t - o)^2")
    unnamed = [number for number in graph.operations if not graph.nodes[number].name]
    short, letters = lettered(graph, unnamed)
    assert [expression(short, number, {}) for number in letters] == [r"\left(t - o\right)^{2}"]
    assert expression(short, short.output, {}) == r"0.5 \cdot u_{1}"
    assert graph.nodes[letters[0]].name == ""  # the graph itself is as it was


def test_letters_are_free_ones():
    graph = parse("y = exp(u1 + v)*2 + q_2")
    short, letters = lettered(graph, graph.operations)
    assert [short.nodes[number].name for number in letters] == ["r1", "r2"]


@pytest.mark.parametrize(
    ("formula", "place", "latex"),
    [
        ("sigmoid(a)", 0, r"0.11920292 \cdot \left(1 - 0.11920292\right)"),
        ("tanh(a)", 0, r"1 - \left(-0.96402758\right)^{2}"),
        ("a^2", 0, r"2 \cdot \left(-2\right)"),
        ("a^3", 0, r"3 \cdot {\left(-2\right)}^{2}"),
        ("b^a", 1, r"0.0625 \cdot \ln 4"),
        ("b/a", 0, r"\frac{1}{\left(-2\right)}"),
        ("b/a", 1, r"-\frac{4}{\left(-2\right)^{2}}"),
        ("log(b)", 0, r"\frac{1}{4}"),
        ("cos(b)", 0, r"-\sin 4"),
        ("a*b", 0, ""),  # the other's value is there at once
        ("zero^2", 0, ""),
    ],
)
def test_a_local_derivative_is_computed_in_numbers(formula, place, latex):
    graph = parse(formula)
    point = {"a": -2.0, "b": 4.0, "zero": 0.0}
    found = differentiate(graph, {name: point[name] for name in graph.inputs})
    assert local_with_values(graph, graph.output, place, found.values) == latex
