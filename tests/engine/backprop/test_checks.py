"""The gradient of a typed formula is held against a second method."""

import math

import pytest
from hypothesis import given

from engine import InvalidInput
from engine.backprop.checks import check
from engine.problems.formula import Formula
from tests.strategies import formulas


def test_a_smooth_formula_is_checked_by_a_complex_step():
    found = check(Formula(text="a*x^2 + sin(y)", constants={"a": 3.0}), (2.0, 0.5))

    assert found.method == "complex"
    assert found.gradient == pytest.approx((12.0, math.cos(0.5)), rel=1e-15)
    assert found.estimate == pytest.approx((12.0, math.cos(0.5)), rel=1e-15)
    assert found.difference < 1e-15
    assert found.kinks == ()


def test_one_with_kinks_is_checked_by_central_differences():
    found = check(Formula(text="abs(x)*y + max(y, 0)"), (-2.0, 3.0))

    assert found.method == "central"
    assert found.gradient == (-3.0, 3.0)
    assert 0 < found.difference < 1e-9
    assert found.kinks == ()


def test_on_a_kink_both_slopes_are_told_and_where_it_is():
    found = check(Formula(text="y^2 + abs(x)"), (0.0, 1.0))

    assert found.kinks == ((7, "abs"),)
    assert found.sides == ((-1.0, 1.0), (2.0, 2.0))
    assert found.gradient == (0.0, 2.0)


def test_a_variable_that_is_not_in_the_formula_has_no_slope():
    found = check(Formula(text="x^2"), (3.0, 5.0))

    assert (found.gradient, found.estimate) == ((6.0, 0.0), (6.0, 0.0))
    assert found.sides == ((6.0, 6.0), (0.0, 0.0))


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("ln(x) + y", "no_value", "log_domain"),
        ("1/x + y", "no_value", "zero_division"),
        ("√x + y", "no_derivative", "vertical"),
        ("exp(exp(y + 1000)) + x", "no_value", "overflow"),
    ],
)
def test_where_there_is_nothing_to_compare_the_reason_is_told(text, code, reason):
    with pytest.raises(InvalidInput) as caught:
        check(Formula(text=text), (0.0, 1.0))

    assert (caught.value.code, caught.value.limits) == (code, reason)


@given(formulas())
def test_both_methods_agree_at_any_start_away_from_kinks(formula):
    try:
        found = check(formula, (0.7, 1.3))
    except InvalidInput:
        return
    assert found.kinks or not found.difference > 1e-4
