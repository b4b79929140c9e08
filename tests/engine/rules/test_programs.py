"""What lines of a rule mean, and what is refused, and where."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.words.errors import explain
from engine import InvalidInput
from engine.limits import LIMITS, Interval
from engine.rules import typed_rule
from engine.rules.programs import parse_program, symbol
from tests.engine.contract import directions, moment_of
from tests.engine.rules import own

# Short as it is typed, and longer than a rule may be in plain names.
LONG_WHEN_PLAIN = "υυ = 1;" + ";".join(f"a{n} = g" + "^υυ" * 6 for n in range(30))
LONG_WHEN_PLAIN += ";direction = g"


def refused(text):
    with pytest.raises(InvalidInput) as error:
        typed_rule("Mine", text)
    assert explain(error.value)
    return error.value


def place(text):
    """Where a text is refused, and what was expected there."""
    error = refused(text)
    assert (error.code, error.field) == ("unexpected", "text")
    (line_and_column, word) = error.value
    return *line_and_column, word, error.limits


def alone(text, *gradients, **constants):
    """The directions along gradients of one parameter."""
    rule = typed_rule("Mine", text)(**constants)
    return directions(rule, np.array([[one] for one in gradients])).ravel().tolist()


def test_what_is_read_before_its_line_is_remembered_and_starts_at_zero():
    assert parse_program("c = c + 1\nu = 2*g\ndirection = u*c").slots == ("c",)
    assert alone("c = c + 1\ndirection = g*c", 1, 1, 1) == [1, 2, 3]


def test_a_slot_is_old_above_its_line_and_new_below():
    text = "a = 10*m\nm = m + g\ndirection = a + m"

    assert alone(text, 1, 2) == [1, 10 + 3]


def test_a_slot_that_is_only_copied_stays_what_it_was():
    assert alone("d1 = last\nlast = g\ndirection = d1", 5, 6, 7) == [0, 5, 6]


def test_slots_are_not_written_to_by_who_gave_their_values():
    program = parse_program("d1 = last + m\nlast = g\nm = params\ndirection = d1")
    grads = np.ones((2, 3))
    zeros = (np.zeros((2, 3)), np.zeros((2, 3)))
    _, state = program.direction({}, moment_of(grads), zeros)
    grads[:] = 7

    assert (state[0] == 1).all()


def test_t_counts_from_1_and_lines_end_at_semicolons_too():
    assert alone(" direction = g*t ;;\r\n", 1, 1) == [1, 2]
    assert parse_program("m = m+g;direction = m\r\n").text == "m = m+g\ndirection = m"


def test_constants_have_intervals_symbols_and_sliders_that_suit_them():
    rule = parse_program(
        "beta1 = 0.9 in [0, 1)\nepsilon = 1e-8 in (0,1]\nc=-2 in [-3,4)\n"
        "direction = g*beta1 + c*epsilon"
    )

    assert [(one.name, one.value, one.interval) for one in rule.constants] == [
        ("beta1", 0.9, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")),
        ("epsilon", 1e-8, Interval(0, 1, open_low=True, symbol=r"\epsilon", scale="log")),
        ("c", -2, Interval(-3, 4, open_high=True, symbol="c")),
    ]


@pytest.mark.parametrize(
    ("name", "value", "interval"),
    [
        ("beta", "0.9", "[0, 1)"),
        ("beta2", "0.999", "[0, 1)"),
        ("momentum", "0", "[0, 1)"),
        ("μ", "0.9", "[0, 1)"),
        ("ρ", "0.9", "[0, 1)"),
        ("decay", "0.9", "[0, 1)"),
        ("ε", "1e-8", "[1e-16, 1]"),
        ("eps", "1e-8", "[1e-16, 1]"),
        ("λ", "0.01", "[0, 1]"),
        ("weight_decay", "0.01", "[0, 1]"),
        ("beta", "1", "[0, 10]"),
        ("c", "0.5", "[0, 5]"),
        ("c", "-.25", "[-2.5, 0]"),
        ("c", "0", "[0, 1]"),
        ("c", "-0", "[0, 1]"),
        ("c", "1e12", "[0, 1e+12]"),
        ("c", "1e-8", "[0, 1e-07]"),
        ("betamax", "0.5", "[0, 5]"),
    ],
)
def test_a_constant_without_an_interval_gets_one_that_is_written_out(name, value, interval):
    program = parse_program(f"{name} = {value}\ndirection = g*{name}")
    (constant,) = program.constants

    assert str(constant.interval) == interval
    assert constant.value == float(value)
    assert program.text.splitlines()[0] == f"{constant.name} = {value} in {interval}"
    assert parse_program(program.text).constants == program.constants


def test_a_paper_is_read_as_it_stands():
    paper = (
        "β₁ = 0.9\nβ₂ = 0.999\nε = 1e-8\n"
        "m_t ← β₁·m_{t−1} + (1 − β₁)·g_t\n"
        "v_t = \\beta_2*v_{t-1} + (1 - \\beta_2)*g_t²\n"
        "m̂_t = m_t/(1 - β_1^t)\n"
        "v̂_t = v_t/(1 - β_2^t)\n"
        "direction = m̂_t/(√(v̂_t) + ε)"
    )
    stream = np.random.default_rng(0).normal(size=(5, 3))

    np.testing.assert_array_equal(
        directions(typed_rule("Paper", paper)(), stream),
        directions(typed_rule("Mine", own.ADAM)(), stream),
    )


def test_parameters_and_the_old_value_are_read_as_papers_write_them():
    assert alone("direction = g + 0*θ_{t-1} + 0*θ_t", 1, 2) == [1, 2]
    assert alone("u = m_{t-1}\nm_t = m_{t-1} + g\ndirection = u + 10*m_t", 1, 2) == [10, 31]
    assert symbol("lam") == r"\lambda"


def test_a_norm_is_that_of_a_lane_without_overflow():
    program, constants = parse_program("n = norm(g)\ndirection = g/(n + 1e-300)"), {}
    grads = np.array([[3.0, 4.0], [3e200, 4e200], [0.0, 0.0]])
    direction, _ = program.direction(constants, moment_of(grads), ())

    assert program.couples
    np.testing.assert_allclose(direction, [[0.6, 0.8], [0.6, 0.8], [0, 0]], rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "plain", "indexed"),
    [
        ("m", "m", "m"),
        ("beta1", r"\beta1", r"\beta_1"),
        ("v_hat", r"\hat v", r"\operatorname{v}"),
        ("clip", r"\operatorname{clip}", r"\operatorname{clip}"),
        ("a12", "a12", "a_{12}"),
    ],
)
def test_names_in_latex(name, plain, indexed):
    assert symbol(name) == plain
    if name != "v_hat":
        assert symbol(name, index=True) == indexed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (1, 1, "", "direction_line")),
        (" \n ; ", (1, 1, "", "direction_line")),
        ("m = 0.9*m + g", (1, 14, "", "direction_line")),
        ("direction = g\nm = g", (2, 1, "m", "direction_last")),
        ("direction = g\ndirection = g", (2, 1, "direction", "direction_last")),
        ("g", (1, 1, "g", "assignment")),
        ("m = m + g\n  m = 2*m\ndirection = m", (2, 3, "m", "new_name")),
        ("m = m + g; m = 2*m\ndirection = m", (1, 12, "m", "new_name")),
        ("g = 2*g\ndirection = g", (1, 1, "g", "new_name")),
        ("sqrt = g\ndirection = g", (1, 1, "sqrt", "new_name")),
        ("slots = 1 in [0, 2]\ndirection = g*slots", (1, 1, "slots", "new_name")),
        ("__class__ = g\ndirection = g", (1, 1, "__class__", "plain_name")),
        ("if = g\ndirection = g", (1, 1, "if", "plain_name")),
        ("Δ = 0.9 in [0, 1)\ndirection = g*Δ", (1, 1, "Δ", "plain_name")),
        ("a b = g\ndirection = g", (1, 1, "a", "assignment")),
        ("beta = 0.9 in\ndirection = beta*g", (1, 14, "", "interval")),
        ("β₁ = 0.9 in 5\ndirection = g", (1, 13, "5", "interval")),
        ("c = 1e13\ndirection = c*g", (1, 5, "1e13", "inside_interval")),
        ("c = 1e999\ndirection = c*g", (1, 5, "1e999", "inside_interval")),
        ("beta = 0.9 in [0, 1\ndirection = beta*g", (1, 15, "[", "interval")),
        ("beta = 0.9 in [0, 1, 2]\ndirection = beta*g", (1, 15, "[", "interval")),
        ("beta = 0.9 in [1, 0)\ndirection = beta*g", (1, 15, "[", "rising_interval")),
        ("beta = 0.9 in [0, 1e300)\ndirection = beta*g", (1, 15, "[", "rising_interval")),
        ("beta = 1 in [0, 1)\ndirection = beta*g", (1, 8, "1", "inside_interval")),
        ("beta = 1e999 in [0, 1)\ndirection = beta*g", (1, 8, "1e999", "inside_interval")),
        ("beta = nan in [0, 1)\ndirection = beta*g", (1, 8, "nan", "constant")),
        ("beta = 1+1 in [0, 3)\ndirection = beta*g", (1, 8, "1", "constant")),
        ("direction = 1 in [0, 1]", (1, 13, "1", "operand")),
        ("params = params - lr*g", (1, 1, "params", "direction_instead")),
        ("direction = g; theta = theta - g", (1, 16, "theta", "direction_instead")),
        ("θ_{t+1} = θ_t - η*g", (1, 1, "θ_{t+1}", "direction_instead")),
        ("params -= g", (1, 1, "params", "direction_instead")),
        ("direction = 0.1*β*η*g", (1, 17, "β", "known_quantity")),
        ("direction = g*η", (1, 15, "η", "rate_outside")),
        ("lr = 0.1\ndirection = lr*g", (1, 1, "lr", "rate_outside")),
        ("m_t = 0.9*m_t + g\ndirection = m", (1, 11, "m_t", "index_of_place")),
        ("m_{t+1} = 0.9*m_t + g\ndirection = m", (1, 1, "m_{t+1}", "index_of_place")),
        ("m_{t-1} = 0.9*m + g\ndirection = m", (1, 1, "m_{t-1}", "index_of_place")),
        ("m_t = 0.9*m_t-1 + g\ndirection = m", (1, 11, "m_t-1", "index_of_place")),
        ("m = m + g\ndirection = g + m_{t-1}", (2, 17, "m_{t-1}", "index_of_place")),
        ("u = m_t\nm = m + g\ndirection = u", (1, 5, "m_t", "index_of_place")),
        ("β_t = 0.9; direction = β_{t-1}*g", (1, 24, "β_{t-1}", "index_of_place")),
        ("direction = g + g_{t-1}", (1, 17, "g_{t-1}", "gradient_before")),
        ("direction = q_t*g", (1, 13, "q_t", "known_quantity")),
        ("direction = q*g", (1, 13, "q", "known_quantity")),
        ("q2 = 1\ndirection = q2*g + 2q*g", (2, 21, "q", "known_quantity")),
        ("direction = g + 0.5λ*g", (1, 20, "λ", "known_quantity")),
        ("direction = direction + g", (1, 13, "direction", "known_quantity")),
        ("direction = norm(q)*g", (1, 18, "q", "known_quantity")),
        ("direction = g - norm(g - 1)", (1, 17, "norm", "named_norm")),
        ("direction = norm", (1, 13, "norm", "named_norm")),
        ("m = m + g\ndirection = 3", (2, 13, "3", "quantity")),
        ("m = v = g\ndirection = m", (1, 7, "=", "operation")),
        ("m = g 2\ndirection = m", (1, 7, "2", "operand_or_operation")),
        ("direction = g +", (1, 16, "", "operand_or_operation")),
        ("direction = (g", (1, 15, "", "closing_bracket")),
        ("direction = g.__class__", (1, 14, ".", "operation")),
        ("direction = __import__('os')", (1, 24, "'", "character")),
        ("direction = <b>g</b>", (1, 13, "<", "character")),
        ("direction = g if g else g", (1, 15, "if", "operation")),
        ("direction = lambda: g", (1, 19, ":", "character")),
        ("direction = [g]", (1, 13, "[", "character")),
        ("direction = g\0", (1, 14, "\0", "character")),
        ("v = v + g^2\ndirection = g/sqrt(v)", (2, 1, "direction", "finite_at_rest")),
        ("\n; v = v + g^2;direction = g/sqrt(v)", (2, 15, "direction", "finite_at_rest")),
        ("norm_g_ = g\ndirection = g", (1, 1, "norm_g_", "new_name")),
        ("direction = g/(t - 1)", (1, 1, "direction", "finite_at_rest")),
        ("l = ln(abs(g))\ndirection = g*l", (1, 1, "l", "finite_at_rest")),
    ],
)
def test_what_is_wrong_is_refused_with_line_and_column(text, expected):
    assert place(text) == expected


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("g" * 1_000_000, "out_of_range", "rule_characters"),
        ("direction = " + "9" * 1_000_000, "out_of_range", "rule_characters"),
        ("\n".join(f"a{n} = g" for n in range(200)), "out_of_range", "rule_lines"),
        ("m = m+g\n" * 200, "out_of_range", "rule_lines"),
        (
            "".join(f"c{n} = 1 in [0, 2];" for n in range(13)) + "direction = g",
            "out_of_range",
            "rule_constants",
        ),
        (
            "".join(f"a{n} = a{n} + g;" for n in range(9)) + "direction = g",
            "out_of_range",
            "rule_slots",
        ),
        ("direction = g" + "+g" * 300, "out_of_range", "formula_operations"),
        (
            ";".join(f"a{n} = g{'+g' * 9}" for n in range(30)) + ";direction = g",
            "out_of_range",
            "formula_operations",
        ),
        ("direction = " + "(" * 60 + "g" + ")" * 60, "unexpected", "text"),
        ("direction = " + "not " * 400 + "g", "unexpected", "text"),
        ("direction = g*" + "9" * 1_900, "unexpected", "text"),
        ("x" * 1_999 + "=", "unexpected", "text"),
        (" in " * 490, "unexpected", "text"),
        ("=" * 1_999, "unexpected", "text"),
        ("norm(" * 390, "unexpected", "text"),
        ("υ" * 300 + " = g; direction = g", "unexpected", "text"),
        (LONG_WHEN_PLAIN, "out_of_range", "rule_characters"),
        ("_t" * 999, "unexpected", "text"),
        ("m" + "\u0302" * 1_999, "unexpected", "text"),
        ("\\" * 2_000, "unexpected", "text"),
        (5, "wrong_type", "text"),
        (None, "wrong_type", "text"),
        (["direction = g"], "wrong_type", "text"),
    ],
    ids=range(23),
)
def test_a_hostile_text_is_refused_before_it_is_read(text, code, field):
    error = refused(text)

    assert (error.code, error.field) == (code, field)


@pytest.mark.parametrize("deep", ["direction = g" + "^g" * 150, "direction = " + "-" * 190 + "g"])
def test_what_is_deep_and_within_the_limits_is_a_rule(deep):
    assert len(parse_program(deep).lines) == 1


def test_texts_of_the_limits_are_taken():
    constants = "".join(f"c{n} = 1 in [0, 2];" for n in range(12))
    slots = "".join(f"a{n} = a{n} + c{n}*g;" for n in range(8))
    program = parse_program(f"{constants}{slots}direction = a0")

    assert len(program.constants) in LIMITS["rule_constants"]
    assert len(program.slots) == LIMITS["rule_slots"].high


@given(
    st.text(st.sampled_from("gmvt01.eE+-*/^()=,[] \n;norminparmsdct_βλθ₁ₜ{}\\←\u0302"), max_size=80)
)
def test_any_text_is_a_rule_or_is_refused_in_words(text):
    made = made_of(text)

    if isinstance(made, InvalidInput):
        assert explain(made)
    else:
        assert parse_program(made.program.text).text == made.program.text


def made_of(text):
    """The rule of a text, or why there is none."""
    try:
        return typed_rule("Mine", text)
    except InvalidInput as error:
        return error


def test_all_that_a_text_may_have_is_what_numpy_makes_of_it():
    rng = np.random.default_rng(0)
    stream = rng.normal(size=(5, 3))
    found = directions(typed_rule("Mine", own.MANY)(), stream)
    last, a = np.zeros(3), np.zeros(3)
    for t, g in enumerate(stream, 1):
        last = g
        u = g * min(1, 2 / (np.linalg.norm(g) + 1e-9)) + 0.1 * last
        a = 0.9 * a + np.abs(u) ** 1.5
        shrunk = np.exp(-np.linalg.norm(a) / (1 + t))
        expected = np.sign(u) * np.sqrt(a) + np.tanh(u) * shrunk
        expected -= np.maximum(u, -0.5) * np.maximum(u, 0)
        np.testing.assert_allclose(found[t - 1], expected, rtol=1e-13)
