"""Typed formulas as functions: what they mean, exact derivatives, and what a search finds."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine import Budget, Experiment, Function, InvalidInput, Run, fit
from engine.problems import finding
from engine.problems.formula import Formula
from engine.problems.functions import (
    Beale,
    Bends,
    Booth,
    Bowl,
    Dip,
    Himmelblau,
    Matyas,
    Plateau,
    Rastrigin,
    Ravine,
    Rosenbrock,
    Saddle,
    StyblinskiTang,
    ThreeHumpCamel,
    Twin,
)
from engine.rules import SGD, Adagrad, Adam, Momentum, Newton, RMSprop
from tests.strategies import examples, formulas

# Functions of the house as a reader would type them.
TYPED = {
    Ravine(): Formula(text="x²/20 + y²"),
    Bowl(condition=30.0): Formula(text="(x^2 + k*y^2)/2", constants={"k": 30.0}),
    Booth(): Formula(text="u = x + 2*y - 7\nv = 2*x + y - 5\nu^2 + v^2"),
    Matyas(): Formula(text="0.26*(x^2 + y^2) - 0.48*x*y"),
    Saddle(): Formula(text="x^2 - y^2"),
    Plateau(): Formula(text="1 - exp(-x^2/8 - y^2/2)"),
    Dip(): Formula(text="x^2/20 + y^2/2 - 0.35*exp(-2*(x + 3)^2 - 2*y^2)"),
    Bends(): Formula(text="25/2*x^2 - 12*max(x - 1, 0)^2 + 12*max(x - 2, 0)^2 + 5*y^2"),
    Rosenbrock(): Formula(text="(a - x)^2 + b*(y - x^2)^2", constants={"b": 100.0}),
    Beale(): Formula(
        text="(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
    ),
    Himmelblau(): Formula(text="f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2"),
    ThreeHumpCamel(): Formula(text="2*x^2 - 1.05*x^4 + x^6/6 + x*y + y^2"),
    StyblinskiTang(): Formula(text="(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2"),
    Rastrigin(): Formula(text="20 + x^2 - 10*cos(2*π*x) + y^2 - 10*cos(2*π*y)"),
    Twin(): Formula(text="(1 - x^2*y^2)^2/2"),
}
EVERY = pytest.mark.parametrize(("known", "typed"), TYPED.items(), ids=lambda one: one.name)
POINTS = np.random.default_rng(0).normal(scale=2, size=(40, 2))


def refusal(**fields):
    with pytest.raises(InvalidInput) as caught:
        Formula(**fields)
    return caught.value


def stationary(formula, kind="minimum"):
    return [(point.x, point.y) for point in formula.stationary_points if point.kind == kind]


# What a text means


def test_a_formula_is_kept_without_what_means_nothing():
    formula = Formula(text="\r\n  t = x - 1 \r\n\n f(x, y) = t^2 + y  ")

    assert formula.text == "t = x - 1\nt^2 + y"
    assert formula == Formula(text="t = x - 1\nt^2 + y")


def test_every_other_name_is_a_constant_in_the_order_of_names():
    formula = Formula(text="b*x + a*y + c", constants={"c": 2.5, "b": -1.0})

    assert formula.constants == (("a", 1.0), ("b", -1.0), ("c", 2.5))
    assert formula.model_dump()["constants"] == {"a": 1.0, "b": -1.0, "c": 2.5}


def test_the_word_xy_is_a_product_unless_it_was_given_a_value():
    points = np.array([[2.0, 3.0]])

    assert Formula(text="4xy").constants == ()
    assert Formula(text="4xy").value(points) == 24
    assert Formula(text="4*xy + x", constants={"xy": 0.5}).value(points) == 4
    assert Formula(text="xy = x + y; 2xy").value(points) == 10
    assert refusal(text="f(x, y) = 1/xy").value == (14, "y")


def test_equal_formulas_have_equal_keys():
    one = Formula(text="a*x + b*y", constants={"b": 1, "a": 2.0})
    other = Formula(text=" a*x + b*y\n", constants=[("a", 2.0)])

    assert one == other
    assert hash(one) == hash(other)
    assert one.model_dump_json() == other.model_dump_json()


@given(formulas())
def test_a_formula_comes_back_from_json(formula):
    fields = json.loads(formula.model_dump_json())

    assert Formula.model_validate(fields) == formula
    assert Formula.model_validate(formula.model_dump()).model_dump() == formula.model_dump()


def test_a_name_is_one_however_its_letters_are_composed():
    assert Formula(text="가*x", constants={"\u1100\u1161": 2.0}).constants == (("가", 2.0),)


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("x +", (4, ""), "operand_or_operation"),
        ("f(x, y) = x +* y", (14, "*"), "operand_or_operation"),
        ("", (1, ""), "operand"),
        ("a*b", (2, "*"), "x_or_y"),
        ("t = x*y\na", (9, "a"), "x_or_y"),
        ("x = 3\n2*x", (1, "x"), "variable"),
        ("<b>x</b>", (1, "<"), "character"),
        ("__import__('os')", (12, "'"), "character"),
        ("x.real", (2, "."), "operation"),
        ("(lambda: x)()", (8, ":"), "character"),
        ("g(x, y) = x\ny", (11, "x"), "named_line"),
        ("1" * 400 + "*x", (1, "1" * 400), "finite_number"),
        ("(" * 60 + "x" + ")" * 60, (51, "("), "fewer_brackets"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_place(text, place, expected):
    error = refusal(text=text)

    assert (error.code, error.field) == ("unexpected", "text")
    assert (error.value, error.limits) == (place, expected)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("x" * 1_000_000, "text.formula_characters", 1_000_000),
        ("x" + "+x" * 300, "text.formula_operations", 300),
        ("x" + "^2" * 300, "text.formula_operations", 300),
    ],
)
def test_a_text_that_is_too_long_is_refused_with_the_limit(text, field, value):
    error = refusal(text=text)

    assert (error.code, error.field, error.value) == ("out_of_range", field, value)


@pytest.mark.parametrize("text", [None, 5, b"x", ["x"], True])
def test_only_text_is_a_formula(text):
    assert (refusal(text=text).code, refusal(text=text).limits) == ("wrong_type", "string")


@pytest.mark.parametrize(
    ("constants", "code", "field"),
    [
        ({"c": 1.0}, "unknown_field", "constants.c"),
        ({"x": 1.0}, "unknown_field", "constants.x"),
        ({"a": "1"}, "wrong_type", "constants.a"),
        ({"a": True}, "wrong_type", "constants.a"),
        ({"a": None}, "wrong_type", "constants.a"),
        ({"a": float("nan")}, "not_finite", "constants.a"),
        ({"a": -1.1e6}, "out_of_range", "constants.a"),
        ({5: 1.0}, "wrong_type", "constants"),
        (5, "wrong_type", "constants"),
        ("a", "wrong_type", "constants"),
        ([1, 2], "wrong_type", "constants"),
        ([("a", 1.0, 2.0)], "wrong_type", "constants"),
        ({f"a{number}": 1.0 for number in range(100_000)}, "wrong_length", "constants"),
    ],
)
def test_wrong_constants_are_refused(constants, code, field):
    error = refusal(text="a*x + y", constants=constants)

    assert (error.code, error.field) == (code, field)


def test_in_an_experiment_the_field_has_its_whole_path():
    function = {"name": "formula", "text": "a*x + @"}
    with pytest.raises(InvalidInput) as caught:
        Experiment.model_validate({"problem": {"kind": "function", "function": function}})

    assert caught.value.field == "problem.function.text"


# Numbers


@EVERY
def test_values_and_derivatives_are_those_of_the_same_function_of_the_house(known, typed):
    close = {"rtol": 1e-12, "atol": 1e-12 * np.abs(known.value(POINTS)).max()}

    np.testing.assert_allclose(typed.value(POINTS), known.value(POINTS), **close)
    np.testing.assert_allclose(typed.gradient(POINTS), known.gradient(POINTS), **close)
    np.testing.assert_allclose(typed.hessian(POINTS), known.hessian(POINTS), **close)


@given(formulas(), st.integers(1, 40))
@settings(examples(40))
def test_a_lane_has_the_same_bits_alone_and_among_others(formula, count):
    points = np.random.default_rng(count).normal(scale=2, size=(count, 2))
    for compute in (formula.value, formula.gradient, formula.hessian):
        together = compute(points)
        alone = np.concatenate([compute(points[lane : lane + 1]) for lane in range(count)])

        assert together.tobytes() == alone.tobytes()


@given(formulas())
def test_a_gradient_is_a_central_difference_away_from_kinks_and_gaps(formula):
    assume(all(abs(value) <= 100 for _name, value in formula.constants))
    points = np.random.default_rng(0).uniform(0.4, 1.6, size=(20, 2))
    step = 1e-5
    for axis in (0, 1):
        move = step * np.eye(2)[axis]
        rise = formula.value(points + move) - formula.value(points - move)
        expected = rise / (2 * step)
        scale = 1 + np.abs(formula.hessian(points)).max(axis=(1, 2)) + np.abs(expected)

        is_known = np.isfinite(expected)
        difference = np.abs(formula.gradient(points)[:, axis] - expected) / scale
        assert (difference[is_known] < 1e-3).mean() > 0.9  # a kink may lie between


def test_where_there_is_no_value_there_are_no_derivatives_either():
    formula = Formula(text="ln(x) + y^2")
    points = np.array([[-1.0, 2.0], [1.0, 2.0]])

    assert np.isnan(formula.value(points)).tolist() == [True, False]
    assert np.isnan(formula.gradient(points)).tolist() == [[True, True], [False, False]]
    np.testing.assert_allclose(formula.hessian(points)[1], [[-1, 0], [0, 2]], atol=1e-15)
    assert np.isnan(formula.hessian(points)[0]).all()


def test_what_has_no_value_is_not_hidden_by_a_larger_number():
    formula = Formula(text="max(ln(x), 0) + min(0, ln(x)) + y")

    assert np.isnan(formula.value(np.array([[-1.0, 0.0]]))).all()


def test_a_formula_of_x_alone_is_flat_in_y():
    formula = Formula(text="(x - 1)^2")

    assert formula.gradient(np.array([[3.0, 5.0]])).tolist() == [[4.0, 0.0]]
    assert formula.hessian(np.array([[3.0, 5.0]])).tolist() == [[[2.0, 0.0], [0.0, 0.0]]]


# At work


def end(formula, start, optimizer, rate, steps):
    """Where a run ends, and how."""
    run = Run(optimizer=optimizer, learning_rate=rate, batch_size="all")
    problem = Function(function=formula, start=start)
    budget = Budget(amount=steps, unit="iterations")
    (ended,) = fit(Experiment(problem=problem, runs=[run], budget=budget)).runs
    return ended.params[0, -1], ended.status[0]


@pytest.mark.parametrize(
    ("optimizer", "rate", "published"),
    [
        (SGD(), 0.4, (-0.943467, -0.000073)),
        (SGD(), 0.6, (-0.387814, -1673.365109)),
        (Momentum(momentum=0.5), 0.6, (0.007188, 0.002553)),
        (Momentum(momentum=0.25), 0.6, (-0.126340, -0.186632)),
        (Adagrad(), 0.4, (-2.382563, -0.158591)),
        (RMSprop(), 0.4, (-0.010599, 0.0)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_course_s_printed_numbers_come_out(optimizer, rate, published):
    """Zhang et al., Dive into Deep Learning, chapter 12: 20 steps on 0.1 x^2 + 2 y^2."""
    place, status = end(Formula(text="0.1*x^2 + 2*y^2"), (-5.0, -2.0), optimizer, rate, 20)

    # Its epsilon stands inside of the root of RMSprop, 1e-6.
    np.testing.assert_allclose(place, published, rtol=1e-5, atol=1e-6)
    assert status == "budget"


def test_a_run_that_enters_a_gap_diverges():
    _place, status = end(Formula(text="x - ln(x) + y^2"), (0.05, 1.0), SGD(), 0.9, 40)
    jumped, lost = end(Formula(text="√x + y^2"), (1.0, 1.0), SGD(), 10.0, 40)

    assert status == "budget"
    assert lost == "diverged"
    assert jumped[0] < 0


def test_runs_are_bit_equal_to_the_same_run_alone():
    problem = Function(function=TYPED[Rosenbrock()], start=(-1.2, 1.0), noise=0.1)
    rules = [(SGD(), 1e-3), (Momentum(), 1e-3), (Adam(), 0.1)]
    runs = [Run(optimizer=rule, learning_rate=rate, batch_size="all") for rule, rate in rules]
    fields = {"problem": problem, "budget": Budget(amount=30, unit="iterations"), "seeds": (0, 4)}
    together = fit(Experiment(runs=runs, **fields))
    for position, run in enumerate(runs):
        alone = fit(Experiment(runs=[run], **fields))

        assert together.runs[position].digest() == alone.runs[0].digest()


def test_newtons_rule_has_the_hessian_and_meets_the_minimum_of_a_quadratic_at_once():
    place, _status = end(Formula(text="(x - 3)^2 + x*y + y^2"), (5.0, 5.0), Newton(), 1.0, 60)

    np.testing.assert_allclose(place, [4.0, -2.0], atol=1e-6)


# What a search finds


@EVERY
def test_every_known_minimum_is_found(known, typed):
    (left, right), (low, high) = typed.window
    for point in known.stationary_points:
        if point.kind == "minimum" and left < point.x < right and low < point.y < high:
            found = np.array(stationary(typed)).reshape(-1, 2)

            assert np.abs(found - (point.x, point.y)).max(axis=1).min() < 1e-6


@EVERY
def test_nothing_is_found_that_is_not_there(known, typed):
    for point in typed.stationary_points:
        at = np.array([[point.x, point.y]])
        curvatures = np.linalg.eigvalsh(known.hessian(at))[0]

        np.testing.assert_allclose(known.gradient(at), 0, atol=1e-8 * np.abs(curvatures).max())
        assert (
            np.sign(curvatures).tolist()
            in {
                "minimum": [[1, 1]],
                "saddle": [[-1, 1]],
                "maximum": [[-1, -1]],
            }[point.kind]
        )
        assert not point.is_global


@EVERY
def test_minima_come_first_and_the_lowest_of_them_at_the_beginning(known, typed):
    kinds = [point.kind for point in typed.stationary_points]
    heights = known.value(np.array(stationary(typed)).reshape(-1, 2))

    assert kinds[: len(heights)] == ["minimum"] * len(heights)
    assert (np.diff(heights) >= -1e-9 * np.abs(heights).max(initial=1)).all()


@given(formulas())
@settings(examples(25))
def test_start_and_points_lie_in_the_window_and_the_start_has_a_slope(formula):
    (left, right), (low, high) = formula.window
    for x, y in [formula.start, *(point[:2] for point in formula.stationary_points)]:
        assert left <= x <= right
        assert low <= y <= high
    slopes = formula.gradient(np.array([formula.start]))

    assert (np.isfinite(slopes).all() and slopes.any()) or not formula.gradient(
        np.random.default_rng(0).uniform((left, low), (right, high), (200, 2))
    ).any()


@pytest.mark.parametrize(
    ("text", "kind", "points"),
    [
        ("abs(x) + abs(y)", "minimum", [(0, 0)]),
        ("abs(x - 0.3) + 2*abs(y + 1.7) + 0.1*x^2", "minimum", [(0.3, -1.7)]),
        ("√(x^2 + y^2)", "minimum", [(0, 0)]),
        ("max(abs(x), abs(y - 1))", "minimum", [(0, 1)]),
        ("abs(x*y - 1) + abs(x - y)", "minimum", [(-1, -1), (1, 1)]),
        ("abs(x - y) + (x - 1)^2", "minimum", [(1, 1)]),
        ("-abs(x) - abs(y - 1)", "maximum", [(0, 1)]),
        ("abs(x)^1.5 - y^2", "saddle", [(0, 0)]),
        ("x^4 + y^4 + 7", "minimum", [(0, 0)]),
        ("x^3 - 3*x*y^2", "saddle", [(0, 0)]),
        ("x - ln(x) + y^2", "minimum", [(1, 0)]),
        ("(x - 20)^2 + (y + 13)^2", "minimum", [(20, -13)]),
        ("(x - 0.01)^2 + (y - 0.02)^2", "minimum", [(0.01, 0.02)]),
        ("-(x - 1)^2 - y^2", "maximum", [(1, 0)]),
        ("x^4 + y^4 - 4*x*y + 1", "minimum", [(-1, -1), (1, 1)]),
        ("x + y", "minimum", []),
        ("exp(-x) + y^2", "minimum", []),
        ("x^2", "minimum", []),
        ("(x + y)^2", "minimum", []),
        ("(x*y - 1)^2", "minimum", []),
        ("x - x + 3", "minimum", []),
    ],
)
def test_single_points_are_found_and_curves_are_not_listed(text, kind, points):
    found = stationary(Formula(text=text), kind)

    assert len(found) == len(points)
    for point, expected in zip(sorted(found), points, strict=True):
        np.testing.assert_allclose(point, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("x^x", []),
        ("x^y", [(1, 0, "saddle")]),
        ("x^x + y^y", [(1 / np.e, 1 / np.e, "minimum")]),
        ("x*ln(x) + y^2", [(1 / np.e, 0, "minimum")]),
        ("x - 0.001*ln(x) + y^2", [(0.001, 0, "minimum")]),
        ("√x + y^2", []),
        ("x*√x + y^2", []),
        ("x^1.5 + y^2", []),
        ("x^2.5 + y^2", []),
        ("(x - 0.3)^1.5 + y^2", []),
        ("(x - 0.3)^2.5 + y^2", []),
        ("(x - 0.3)^3.5 + y^2", []),
        ("ln(x) + y^2", []),
        ("asin(x) + y^2", []),
        ("1/(x*y)", []),
        ("tan(x) + y^2", []),
        (
            "x + 1/x + y + 4/y",
            [(1, 2, "minimum"), (-1, -2, "maximum"), (-1, 2, "saddle"), (1, -2, "saddle")],
        ),
    ],
)
def test_where_f_ends_there_is_no_stationary_point(text, points):
    found = sorted(Formula(text=text).stationary_points)

    assert [at.kind for at in found] == [kind for _x, _y, kind in sorted(points)]
    for at, (x, y, _kind) in zip(found, sorted(points), strict=True):
        np.testing.assert_allclose(at[:2], (x, y), atol=1e-6)


@pytest.mark.parametrize(
    "text",
    ["x^2 + y^2 + sign(x)", "relu(x) + y^2 - x^2", "1/(3 + abs(x)) + x^2/20 + y^2/20"],
)
def test_a_slope_that_was_chosen_at_a_kink_makes_no_stationary_point(text):
    assert all(at[:2] != (0, 0) for at in Formula(text=text).stationary_points)


@pytest.mark.parametrize(
    ("text", "bounded"),
    [
        ("x^2 - y^2", False),
        ("x + y", False),
        ("x^3 - 3*x*y^2", False),
        ("-ln(x) + y^2", False),
        ("-exp(x)", False),
        ("-exp(x^2)", False),
        ("ln(x*y)", None),
        ("-1/x^2 + y^2", None),
        ("sin(x + y) + (x - y)^2 - 1.5*x + 2.5*y + 1", False),
        ("x^2 + y^2", None),
        ("exp(-x) + y^2", None),
        ("1/x + y^2", None),
        ("-1/(1 + x^2 + y^2)", None),
        ("sin(x)*cos(y)", None),
    ],
)
def test_a_function_is_said_to_fall_on_only_where_it_was_seen_to(text, bounded):
    assert Formula(text=text).bounded is bounded


def test_a_formula_without_any_value_is_shown_and_has_a_start():
    formula = Formula(text="ln(-1 - x^2)")

    assert not formula.found.has_values
    assert formula.stationary_points == ()
    assert formula.start == (1.0, 1.0)


def test_the_window_holds_what_was_found_and_leaves_out_what_has_no_value():
    assert Formula(text="(x - 20)^2 + y^2").window == ((-40, 40), (-40, 40))
    assert Formula(text="0.1*x^2 + 2*y^2").window == ((-5, 5), (-5, 5))
    (left, right), (low, high) = Formula(text="x - ln(x) + y^2").window

    assert -1 < left < 0 < right
    assert (low, high) == (-2, 2)


def test_the_search_takes_a_bounded_number_of_looks(monkeypatch):
    looks = []
    value = Formula.value
    monkeypatch.setattr(Formula, "value", lambda self, at: looks.append(len(at)) or value(self, at))
    dear = Formula(text="+".join(f"sin({n}*x + {n % 7}*y)*{n}" for n in range(1, 34)))
    cheap = Formula(text="(a - x)^2 + 93*(y - x^2)^2")
    for formula in (dear, cheap):
        looks.clear()
        finding.found.cache_clear()
        _ = formula.found

        assert sum(looks) * len(formula.graph.operations) < 4_000_000
        assert len(looks) * len(formula.graph.operations) < 10_000


GOLDSTEIN_PRICE = """a = 19 - 14*x + 3*x^2 - 14*y + 6*x*y + 3*y^2
b = 18 - 32*x + 12*x^2 + 48*y - 36*x*y + 27*y^2
(1 + (x + y + 1)^2*a)*(30 + (2*x - 3*y)^2*b)"""


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (GOLDSTEIN_PRICE, 24),
        ("√x + y^2", 12),
        ("x^y", 20),
        ("1/(x*y)", 60),
        ("abs(x) + abs(y)", 6),
    ],
    ids=["Goldstein-Price", "root", "power", "pole", "kink"],
)
def test_a_search_takes_no_turns_that_lead_nowhere(monkeypatch, text, most):
    turns = []
    expansion = Formula.expansion
    monkeypatch.setattr(Formula, "expansion", lambda *of: turns.append(of) or expansion(*of))
    finding.found.cache_clear()
    _ = Formula(text=text).found

    assert 0 < len(turns) <= most


# What follows from it


def history(text):
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in (0.01, 0.02)]
    problem = Function(function=Formula(text=text), start=(1.0, 0.5))
    return fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=5, unit="iterations")))


def test_no_run_is_the_lowest_where_the_function_falls_on():
    assert history("x^2 + y^2").lowest == (1,)
    assert history("x^2 - y^2").lowest == ()
