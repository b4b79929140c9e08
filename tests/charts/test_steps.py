"""Charts of single steps: tangents, rates, distances, fitted lines, two losses."""

import numpy as np
import pytest

from charts.steps import (
    Tangent,
    effective_rates,
    fitted_lines,
    one_parameter,
    plane_distances,
    two_losses,
)
from charts.surfaces import Trail
from charts.theme import RunStyle
from engine import sigmoid_losses

A, B = RunStyle("A", 0), RunStyle("B", 1)


def test_the_tangent_touches_the_curve_and_has_its_slope():
    values = np.linspace(-3, 3, 61)
    step = Tangent(at=2.0, loss=4.0, slope=4.0, after=1.2, loss_after=1.44)
    chart = one_parameter(values, values**2, step, A, "w")
    curve, tangent, here, after = chart.figure.data

    np.testing.assert_array_equal(curve.y, values**2)
    assert np.diff(tangent.y)[0] / np.diff(tangent.x)[0] == pytest.approx(4.0)
    assert np.interp(2.0, tangent.x, tangent.y) == pytest.approx(4.0)
    assert (here.x[0], here.y[0], after.x[0], after.y[0]) == (2.0, 4.0, 1.2, 1.44)
    assert "slope 4 at 2" in chart.alt
    kinds = chart.numbers["kind"]
    np.testing.assert_array_equal(chart.numbers["loss"][kinds == "loss"], values**2)
    assert chart.numbers["w"][kinds == "step"].tolist() == [2.0, 1.2]


@pytest.mark.parametrize(("at", "side"), [(2.0, "right"), (-2.0, "left")])
def test_the_slope_is_said_downhill_where_neither_curve_nor_tangent_is(at, side):
    values = np.linspace(-4, 4, 81)
    step = Tangent(at=at, loss=4.0, slope=2 * at, after=0.6 * at, loss_after=0.36 * at**2)
    said = one_parameter(values, values**2, step, A, "w").figure.layout.annotations[-1]

    assert said.xanchor == side
    assert said.xshift * at < 0
    assert said.yshift > 0


def test_what_the_update_follows_stands_dotted_beside_the_tangent():
    values = np.linspace(-3, 3, 61)
    step = Tangent(2.0, 4.0, 4.0, 2.3, 5.29, followed=("slope of the mini-batch", -3.0))
    chart = one_parameter(values, values**2, step, A, "w")
    _curve, tangent, followed, *_ends = chart.figure.data

    assert (tangent.line.dash, followed.line.dash) == ("dash", "dot")
    for line, slope in ((tangent, 4.0), (followed, -3.0)):
        assert np.diff(line.y)[0] / np.diff(line.x)[0] == pytest.approx(slope)
        assert np.interp(2.0, line.x, line.y) == pytest.approx(4.0)
    said = chart.figure.layout.annotations[-1].text
    assert said == "slope 4<br>dotted: slope of the mini-batch, -3"
    assert "slope 4 at 2" in chart.alt
    assert "slope of the mini-batch, -3." in chart.alt


def test_a_step_to_infinity_has_no_arrow():
    values = np.linspace(-1, 1, 11)
    step = Tangent(0.5, 0.25, 1.0, np.inf, np.inf)

    assert len(one_parameter(values, values**2, step, A, "w").figure.layout.annotations) == 1


def test_every_rate_has_its_own_line_and_name():
    ticks = np.arange(1.0, 5.0)
    rates = np.stack([1 / ticks, 2 / ticks], axis=1)
    chart = effective_rates([(A, ticks, rates), (B, ticks, 10 * rates)], ["x", "y"], "iterations")

    assert [line.name for line in chart.figure.data] == ["A x", "A y", "B x", "B y"]
    np.testing.assert_allclose(chart.figure.data[3].y, 20 / ticks)
    named = {mark.text: mark.y for mark in chart.figure.layout.annotations}
    assert named["A x"] < named["A y"] < named["B x"] < named["B y"]
    assert len({len(column) for column in chart.numbers.values()}) == 1


def test_distances_are_those_given():
    trail = Trail(A, np.zeros(3), np.zeros(3), np.ones(3), np.arange(3.0), "epochs")
    chart = plane_distances([trail], [np.array([0.0, 1.0, 2.0])], "iterations")

    (line,) = chart.figure.data
    assert list(line.customdata) == [0, 1, 2]
    assert list(line.y[1:]) == [1, 2]
    assert chart.remarks[0].endswith("A down to 0.")  # it is drawn at the lower edge
    assert "At the end: A 2." in chart.alt


def test_fitted_lines_do_not_move_the_data_out_of_sight():
    inputs, targets = np.linspace(-1, 1, 9), np.linspace(0, 2, 9)
    at = np.linspace(-1.1, 1.1, 5)
    chart = fitted_lines(inputs, targets, [100 * at, at], [A, B], at)

    np.testing.assert_allclose(chart.figure.layout.yaxis.range, [-0.3, 2.3])
    np.testing.assert_allclose(chart.figure.data[1].y, 100 * at, rtol=1e-6)
    assert list(chart.numbers["run"]) == ["A"] * 5 + ["B"] * 5 + [""] * 9


def test_confident_and_wrong_is_steep_for_one_loss_and_flat_for_the_other():
    chart = two_losses(sigmoid_losses(np.linspace(-12, 12, 49)))
    squared, entropy, squared_slope, entropy_slope = chart.figure.data

    assert squared_slope.y[0] < 1e-4
    assert entropy_slope.y[0] > 0.999
    assert entropy.y[0] > 11 > squared.y[0]
    assert (squared_slope.xaxis, entropy_slope.xaxis) == ("x2", "x2")
