"""Charts of derivatives by their data: bars, error curves, times, descent."""

import numpy as np
import pytest

from charts.differences import descent_curve, error_curves, gradient_times, influence_bars
from engine.backprop.differences import NetworkCheck, error_curve
from engine.formulas.formula import parse


def test_influences_are_bars_in_the_order_of_the_formula():
    chart = influence_bars({"a": 2.2, "b": -110.0}, "total", {"total": "To pay"})
    (bars,) = chart.figure.data
    assert list(bars.x) == [2.2, -110]
    assert list(bars.y) == ["a", "b"]
    assert list(bars.text) == ["2.2", "−110"]
    assert bars.marker.color[0] != bars.marker.color[1]
    low, high = chart.figure.layout.xaxis.range
    room = (high - low) / 5  # for the number at the end of a bar
    assert low < -110 - room
    assert high > 2.2 + room
    assert "To pay" in chart.alt
    assert "b -110" in chart.alt


def test_bars_without_any_influence():
    chart = influence_bars({"a": 0.0}, "y", {})
    low, high = chart.figure.layout.xaxis.range
    assert low <= 0 <= high


def curve(formula="exp(x)"):
    return error_curve(parse(formula), {"x": 1.0}, "x")


def test_errors_with_their_branches():
    measured = curve()
    chart = error_curves(measured, "x", {})
    dashes = [trace.line.dash for trace in chart.figure.data]
    assert dashes == ["dash", "dot", None, "dash", "dot", None, None]
    forward = chart.figure.data[2]
    assert forward.y == pytest.approx(np.maximum(measured.errors["forward"], 1e-18))
    assert [note.text for note in chart.figure.layout.annotations] != []
    assert chart.numbers["central_error"] is measured.errors["central"]
    assert {len(column) for column in chart.numbers.values()} == {129}
    assert "Complex step" in chart.alt


def test_where_errors_of_zero_are_drawn_is_said():
    assert error_curves(curve("3*x"), "x", {}).remarks == (
        "An error of exactly 0 is drawn at 10⁻¹⁸.",
    )
    inexact = curve()
    inexact.errors.update({name: values + 1e-17 for name, values in inexact.errors.items()})
    assert error_curves(inexact, "x", {}).remarks == ()


def test_a_straight_line_has_no_truncation_branch():
    dashes = [trace.line.dash for trace in error_curves(curve("3*x"), "x", {}).figure.data]
    assert dashes == ["dot", None, "dot", None, None]


def test_steps_without_a_value_are_left_out():
    measured = error_curve(parse("log(x)"), {"x": 0.5}, "x")
    chart = error_curves(measured, "x", {})
    assert np.isnan(chart.figure.data[-3].y[0]) or np.isnan(chart.figure.data[-2].y[0])
    assert all(np.isfinite(chart.figure.layout.yaxis.range))


@pytest.mark.parametrize(
    ("formula", "x", "lines"),
    [("x^1.5", 0.0, ["Forward difference", "Complex step"]), ("(-x)^1.5", 0.0, ["Complex step"])],
)
def test_a_method_without_a_value_has_no_line_and_is_named(formula, x, lines):
    chart = error_curves(error_curve(parse(formula), {"x": x}, "x"), "x", {})
    assert [note.text for note in chart.figure.layout.annotations] == lines
    assert sum(trace.line.dash is None for trace in chart.figure.data) == len(lines)
    assert "Central difference" in chart.remarks[-1]
    assert "no finite value" in chart.remarks[-1]
    assert "Central difference" not in chart.alt
    assert np.isnan(chart.numbers["central_error"]).all()


def check(parameters, back, central):
    nothing = np.zeros(parameters)
    return NetworkCheck(parameters, 10, nothing, nothing, 2 * parameters, back, central)


def test_times_are_milliseconds_against_parameters():
    chart = gradient_times([check(7, 1e-4, 2e-3), check(105, 2e-4, 4e-2)])
    back, central = chart.figure.data
    assert list(back.x) == [7, 105]
    assert back.y == pytest.approx([0.1, 0.2])
    assert central.y == pytest.approx([2, 40])
    assert chart.numbers["central_difference_ms"] == pytest.approx([2, 40])
    assert "105 parameters" in chart.alt
    assert "40 ms" in chart.alt


def test_descent():
    chart = descent_curve(np.array([4.0, 2.0, 1.0]), "MSE")
    (line,) = chart.figure.data
    assert list(line.x) == [0, 1, 2]
    assert list(line.y) == [4, 2, 1]
    assert chart.figure.layout.yaxis.type == "log"
    assert "from 4 to 1" in chart.alt
    assert chart.remarks == ()


def test_a_result_that_falls_below_zero_has_a_linear_axis():
    chart = descent_curve(np.array([4.0, 0.0, -2.0]), "f")
    (line,) = chart.figure.data
    assert list(line.y) == [4, 0, -2]
    assert chart.figure.layout.yaxis.type == "linear"
    assert chart.remarks == ()


def test_a_loss_of_exactly_zero_is_drawn_at_the_lower_edge_and_said():
    chart = descent_curve(np.array([4.0, 0.5, 0.0, 0.0]), "MSE")
    (line,) = chart.figure.data
    (sentence,) = chart.remarks
    low, high = chart.figure.layout.yaxis.range

    assert sentence.endswith("MSE down to 0.")
    assert list(line.y[:2]) == [4, 0.5]
    assert low < np.log10(line.y[2]) < low + 0.05 * (high - low)
    assert list(line.customdata) == list(chart.numbers["loss"]) == [4, 0.5, 0, 0]
