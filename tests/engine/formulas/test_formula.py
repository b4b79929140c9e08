"""Formulas: what is read, how it groups, and what is refused, where and with how little work."""

import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import LIMITS, InvalidInput
from engine.errors import CODES
from engine.formulas.formula import FUNCTIONS, parse
from engine.formulas.graph import OPERATIONS, differentiate
from tests.strategies import examples
from tests.work import FEW_CALLS, calls

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover


def value(formula, **point):
    graph = parse(formula)
    return differentiate(graph, point).values[graph.output]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a + b*c", 2 + 3 * 5),
        ("(a + b)*c", 25),
        ("a - b - c", -6),
        ("c / b / a", 5 / 3 / 2),
        ("a ^ b ^ a", 2**9),
        ("-a^2", -4),
        ("a^-1", 0.5),
        ("2^-a^2", 2**-4),
        ("+a", 2),
        ("a × b ÷ c", 6 / 5),
        ("a · b − c", 1),
        ("1.5e2*a + .5", 300.5),
        ("00.5*a + 0", 1),
        ("x007*b", 42),
        ("max(a, b) - min(a, c)", 1),
        ("a²", 4),
        ("-a²", -4),
        ("a⁻¹", 0.5),
        ("a²³", 2**23),
        ("a¹⁰ − b⁻²*9", 1023),
        ("(a + b)²", 25),
        ("b^a²", 3**4),
        ("a³ + b³ · c", 8 + 27 * 5),
        ("√(b²)", 3),
        ("√(b + 1)", 2),
        ("√ (b + 1)²", 4),
        ("2*√4*a", 8),
        ("√c0 + a", 5),
        ("-(√9)^a", -9),
        ("abs(a - b) + sign(-c)", 0),
        ("sqrt(4*a*a) + ln(e^b)", 7),
        ("s = a + b; t = s*s; t - s", 20),
        ("s = a + b\n\n  t = s*s  \r\n t - s", 20),
        ("사과 = a*b\n사과 + c", 11),
    ],
)
def test_formulas_group_as_in_mathematics(formula, expected):
    numbers = {"a": 2.0, "b": 3.0, "c": 5.0, "x007": 14.0, "c0": 9.0}
    names = parse(formula).inputs
    assert value(formula, **{name: numbers[name] for name in names}) == expected


@pytest.mark.parametrize(
    ("formula", "expected", "slope"),
    [
        ("e^x", math.exp(1.5), math.exp(1.5)),
        ("pi*x^2", math.pi * 2.25, 3 * math.pi),
        ("sin(π*x)", -1.0, 0.0),
        ("x^e", 1.5**math.e, math.e * 1.5 ** (math.e - 1)),
    ],
)
def test_e_and_pi_are_constants(formula, expected, slope):
    graph = parse(formula)
    derivatives = differentiate(graph, {"x": 1.5})

    assert graph.inputs == ("x",)
    assert derivatives.values[graph.output] == pytest.approx(expected)
    assert derivatives.gradients[graph.names["x"]] == pytest.approx(slope, abs=1e-12)


def test_a_name_that_a_line_gives_is_the_readers_own():
    assert value("sqrt = x^0.5; 2*sqrt", x=9.0) == 6.0
    assert value("abs = x - 3; abs(abs)", x=1.0) == 2.0
    assert value("e = x + 1; e^2", x=1.0) == 4.0
    assert parse("E*x + Tau").inputs == ("E", "x", "Tau")


def test_equal_parts_become_one_node():
    graph = parse("(x + y)*(x + y)")
    assert len(graph.operations) == 2
    assert graph.nodes[graph.output].operands == (2, 2)


def test_lines_name_their_results_and_the_last_is_the_output():
    graph = parse("t = x + y\nz = t^2")
    assert graph.inputs == ("x", "y")
    assert graph.nodes[graph.output].name == "z"
    assert parse("x + 1").nodes[-1].name == "y"
    assert parse("y + 1").nodes[-1].name == "f"
    assert parse("x").output == 0


def test_two_names_for_the_same_are_two_nodes():
    graph = parse("a = x*y; b = x*y; a + b")
    assert set(graph.names) == {"x", "y", "a", "b", "f"}
    assert graph.nodes[graph.output].operands == (graph.names["a"], graph.names["b"])
    assert value("a = x*y; b = x*y; a + b", x=2.0, y=3.0) == 12
    assert value("a = x*y; b = x*y; a + x*y", x=2.0, y=3.0) == 12


@pytest.mark.parametrize("line", ["b = a", "b = (a)", "c = a; b = c"])
def test_another_name_for_a_result_is_the_same_node(line):
    graph = parse(f"a = x*y; {line}; a + b")
    assert graph.nodes[graph.output].operands == (graph.names["a"],) * 2


def test_every_function_is_an_operation():
    assert {operation for operation, _operands in FUNCTIONS.values()} <= set(OPERATIONS)


def test_a_function_may_have_several_names():
    for name, other in {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}.items():
        assert value(f"{name}(x)", x=0.5) == value(f"{other}(x)", x=0.5)


# What is typed without signs, and the same with them.
UNWRITTEN = {
    "4x": "4*x",
    "4 x": "4*x",
    "2(x + 1)": "2*(x + 1)",
    "(x)(y)": "x*y",
    "(x + 1)y": "(x + 1)*y",
    "x y": "x*y",
    "b(y - x²)²": "b*(y - x^2)^2",
    "x(1 - y)": "x*(1 - y)",
    "sin(x)cos(y)": "sin(x)*cos(y)",
    "2sin(x)": "2*sin(x)",
    "x²y": "x^2*y",
    "x^2y": "x^2*y",
    "x⁻¹(y + 1)": "x^(-1)*(y + 1)",
    "2√x√(y)": "2*sqrt(x)*sqrt(y)",
    "|x| + 2|y|": "abs(x) + 2*abs(y)",
    "|x||y|": "abs(x)*abs(y)",
    "|-x|²y": "abs(x)^2*y",
    "2e3x": "2000*x",
    "1e-3x": "0.001*x",
    "2e^-x": "2*e^(-x)",
    "2pi x": "2*pi*x",
    "-x²y": "-(x^2)*y",
    "x/2 + 3y": "x/2 + 3*y",
    "x/2*3y": "x/2*3*y",
    "(x/2)y": "(x/2)*y",
    "x/(2y)": "x/(2*y)",
    "total = 2x + y\n3total(x - y)": "total = 2*x + y\n3*total*(x - y)",
}


@pytest.mark.parametrize(("text", "written"), UNWRITTEN.items())
def test_a_product_and_bars_need_no_sign(text, written):
    point = {"x": 1.25, "y": 2.5, "b": 3.0}
    known = {name: point[name] for name in parse(written).inputs}
    assert value(text, **known) == value(written, **known)


def test_a_word_of_the_letters_of_variables_is_a_product():
    graph = parse("x⁴ − 4xy² + 1", "xy")
    assert graph.inputs == ("x", "y")
    known = differentiate(graph, {"x": 2.0, "y": 3.0})
    assert known.values[graph.output] == 2**4 - 4 * 2 * 9 + 1
    assert parse("4xy").inputs == ("xy",)
    assert parse("xy = 3x + y\nxy²", "xy").inputs == ("x", "y")
    assert parse("4axy", "xy").inputs == ("axy",)


@pytest.mark.parametrize(
    ("text", "place"), [("1/xy", (4, "y")), ("e^xy", (3, "xy")), ("2**-xy", (5, "xy"))]
)
def test_a_word_that_is_divided_by_or_an_exponent_is_not_clear(text, place):
    with pytest.raises(InvalidInput) as caught:
        parse(text, "xy")
    assert (caught.value.value, caught.value.limits) == (place, "clear_product")


UNEXPECTED = [
    ("", (1, ""), "operand"),
    (" \n;", (1, ""), "operand"),
    ("x +", (4, ""), "operand_or_operation"),
    ("x + * y", (5, "*"), "operand_or_operation"),
    ("(x + 1", (7, ""), "closing_bracket"),
    ("x + 1)", (6, ")"), "operation"),
    ("(x +\n y)", (7, "y"), "closed_line"),
    ("t = (x + y\n", (12, ""), "closed_line"),
    ("max(x; y)", (6, ";"), "closed_line"),
    ("(" * 60 + "x" + ")" * 60, (51, "("), "fewer_brackets"),
    ("y + " + "x" * 21, (5, "x" * 21), "shorter_name"),
    (" + ".join(f"x{n:02}" for n in range(42)), (241, "x40"), "fewer_variables"),
    ("007*x", (1, "007"), "number_without_zeros"),
    ("x + 01", (5, "01"), "number_without_zeros"),
    ("x . real", (3, "."), "operation"),
    ("x, y", (2, ","), "operation"),
    ("x == y", (4, "="), "operand_or_operation"),
    ("x // y", (3, "/"), "operation"),
    ("x if x else y", (3, "if"), "operation"),
    ("not x", (1, "not"), "operand"),
    ("x^2 + lambda*y^2", (7, "lambda"), "lambda"),
    ("x + 2lambda", (6, "lambda"), "lambda"),
    ("lambda = 3; lambda*x", (1, "lambda"), "lambda"),
    ("True + x", (1, "True"), "operand"),
    ("None", (1, "None"), "operand"),
    ("1e999*x", (1, "1e999"), "finite_number"),
    ("9" * 400 + "*x", (1, "9" * 400), "finite_number"),
    ("3 + 4", (1, "3"), "variable"),
    ("foo(x)", (1, "foo"), "function"),
    ("x*foo(2)", (3, "foo"), "function"),
    ("exp", (1, "exp"), "brackets"),
    ("x + ln", (5, "ln"), "brackets"),
    ("sqrt*x", (1, "sqrt"), "brackets"),
    ("sin²(x)", (1, "sin²"), "brackets"),
    ("2*sin x", (3, "sin"), "brackets"),
    ("사과 + ln", (6, "ln"), "brackets"),
    ("max x, y", (1, "max"), "brackets"),
    ("x + Sqrt", (5, "Sqrt"), "known_name"),
    ("asinh(x)", (1, "asinh"), "function"),
    ("Pi*x", (1, "Pi"), "known_name"),
    ("x*Sin", (3, "Sin"), "known_name"),
    ("inf + x", (1, "inf"), "known_name"),
    ("log10(x)", (1, "log10"), "function"),
    ("x² = 4", (4, "="), "operand_or_operation"),
    ("²", (1, "²"), "operand_or_operation"),
    ("x + ³", (5, "³"), "operand_or_operation"),
    ("x²^3", (2, "²"), "superscript"),
    ("x² ** 3", (2, "²"), "superscript"),
    ("x⁻", (2, "⁻"), "superscript"),
    ("x²⁻¹", (2, "²"), "superscript"),
    ("x⁰²", (2, "⁰²"), "superscript"),
    ("xⁿ", (2, "ⁿ"), "superscript"),
    ("√", (1, "√"), "root"),
    ("√√x", (1, "√"), "root"),
    ("√-x", (1, "√"), "root"),
    ("√x²", (1, "√"), "root"),
    ("√x^2", (1, "√"), "root"),
    ("√sin(x)", (1, "√"), "root"),
    ("√(x", (4, ""), "closing_bracket"),
    ("√2x", (3, "x"), "operation"),
    ("exp()", (1, "exp"), "one_argument"),
    ("1 + max(x)", (5, "max"), "two_arguments"),
    ("relu(x, out=x)", (1, "relu"), "one_argument"),
    ("relu(*x)", (6, "*"), "operand"),
    ("x[0]", (2, "["), "character"),
    ("'x'", (1, "'"), "character"),
    ("lambda: x", (7, ":"), "character"),
    ("x\0", (2, "\0"), "character"),
    ("x\n= 3", (1, "x"), "named_line"),
    ("x + 1\ny + 2", (1, "x"), "named_line"),
    ("a = x; a = 2*a", (8, "a"), "new_name"),
    ("b = a + x; a = 2*x", (12, "a"), "new_name"),
    ("if = x", (1, "if"), "new_name"),
    ("__import__('os')", (12, "'"), "character"),
    ("__import__(os)", (1, "__import__"), "function"),
    ("__import__", (1, "__import__"), "operand"),
    ("x.__class__", (2, "."), "operation"),
    ("not " * 400 + "x", (1, "not"), "operand"),
    ("x 2", (3, "2"), "operand_or_operation"),
    ("a × (b ÷ 사과) × y 2", (18, "2"), "operand_or_operation"),
    ("x²2", (3, "2"), "operation"),
    ("sin√x", (4, "√"), "operation"),
    ("0x10 + y", (2, "x10"), "operation"),
    ("1_000*x", (2, "_000"), "operation"),
    ("x + 2if y", (6, "if"), "operation"),
    ("2x + sin x", (6, "sin"), "brackets"),
    ("4x²y + y +", (11, ""), "operand_or_operation"),
    ("2x(y + z)*foo(x)", (11, "foo"), "function"),
    ("1/2x", (4, "x"), "clear_product"),
    ("a/b(c)", (4, "("), "clear_product"),
    ("y + 1 ÷ -2 (x + 1)", (12, "("), "clear_product"),
    ("1/|x|y", (6, "y"), "clear_product"),
    ("||x| + y|", (2, "|"), "absolute_value"),
    ("|x + |y||", (6, "|"), "absolute_value"),
    ("|(x|)", (4, "|"), "absolute_value"),
    ("(|x)|", (2, "|"), "absolute_value"),
    ("|x\n+ y|", (1, "|"), "absolute_value"),
    ("x + |y", (5, "|"), "absolute_value"),
]


@pytest.mark.parametrize(("formula", "place", "expected"), UNEXPECTED)
def test_an_error_names_the_place_and_what_was_expected(formula, place, expected):
    with pytest.raises(InvalidInput) as caught:
        parse(formula)
    error = caught.value
    assert (error.code, error.value, error.limits) == ("unexpected", place, expected)


@pytest.mark.parametrize(
    ("formula", "field", "size"),
    [
        ("x" * 10_000, "formula_characters", 10_000),
        ("-" * 1_000 + "x", "formula_operations", 1_000),
        ("x²+" * 101 + "x", "formula_operations", 202),
        ("x" + "+√x" * 101, "formula_operations", 202),
        ("x" + " + x" * 201, "formula_operations", 201),
        ("x" + " x" * 201, "formula_operations", 201),
        ("|x|" * 101, "formula_operations", 201),
    ],
)
def test_too_much_is_refused(formula, field, size):
    with pytest.raises(InvalidInput) as caught:
        parse(formula)
    assert (caught.value.code, caught.value.field, caught.value.value) == (
        "out_of_range",
        field,
        size,
    )
    assert caught.value.limits == LIMITS[field]


def test_the_longest_and_deepest_that_is_allowed():
    assert value("-" * 200 + "x", x=3.0) == 3
    assert value("x" + " + x" * 200, x=1.0) == 201
    assert value("sin(" * 50 + "x" + ")" * 50, x=0.0) == 0


HOSTILE = [*(formula for formula, *_rest in UNEXPECTED), "9**9**9*x", "x" * 10_000, "(" * 2_000]
HOSTILE += [
    "x" * 1_000_000,
    "9" * 1_000_000 + "*x",
    "9^9^9^9^x",
    "x" + "²" * 1_998,
    "√" * 1_999 + "x",
]
HOSTILE += ["<script>alert(x)</script>", "<b>x</b>", "x.__class__.__mro__", "((((", "²" * 1_999]
HOSTILE += ["x " * 1_000, "|x" * 1_000, "1/xy" * 500, "2x(" * 600, "x|" * 999]
HOSTILE += ["x = 1;" * 333, "a²;" * 666, "abs(" * 49 + "x" + "²)" * 49 + "^9^9^9^9"]
HOSTILE += ["-" * 1_999 + "x", "not " * 499 + "x", "x if " * 300, "f(" * 900, "lambda " * 200]


def test_hostile_input_is_answered_with_little_work():
    def answer(formula):
        try:
            graph = parse(formula)
            differentiate(graph, dict.fromkeys(graph.inputs, 1.0))
        except InvalidInput as error:
            assert error.code in CODES  # noqa: PT017 - the next line is the point
        else:
            pytest.fail(formula)

    for formula in HOSTILE:
        assert calls(partial(answer, formula)) < FEW_CALLS, formula


@UNTRACED
@examples(200)
@given(st.text("xy12+-*/^(),.=_;|\n ×÷²√sinexp[]{}'\"\\#@:é사²\u2028", max_size=30))
def test_any_text_is_a_graph_or_an_explained_error(formula):
    try:
        graph = parse(formula)
    except InvalidInput as error:
        assert error.code in CODES  # noqa: PT017
        if error.code == "unexpected":
            position, text = error.value
            assert formula[position - 1 :].startswith(text)
    else:
        assert set(graph.inputs) <= set(graph.names)
