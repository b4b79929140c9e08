"""Surfaces and paths as they are drawn: data and layout, not pixels."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.presentation import enlarged
from charts.surfaces import (
    Field,
    Trail,
    contour,
    exits,
    heights_of,
    levels,
    panels,
    relief,
    relief_heights,
    relief_levels,
    round_step,
)
from charts.theme import RunStyle
from engine.problems.formula import Formula
from engine.problems.functions import Ravine, Rosenbrock

SMALL = 21


def field_of(function, size=SMALL):
    (left, right), (bottom, top) = function.window
    x, y = np.linspace(left, right, size), np.linspace(bottom, top, size)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    loss = function.value(points).reshape(size, size)
    return Field(x, y, loss, points=function.stationary_points)


def test_a_found_point_says_so_and_is_hollow_and_a_gap_is_left_open():
    formula = Formula(text="x - ln(x) + y^2")
    field = replace(field_of(formula), found=True)
    chart = contour(field, [])
    drawn, marks = chart.figure.data

    assert list(marks.text) == ["Minimum, found by a search"]
    assert list(marks.marker.symbol) == ["star-open"]
    assert chart.numbers["kind"][-1] == "found minimum"
    assert np.isnan(np.array(drawn.z)).any()
    assert np.isfinite([drawn.zmin, drawn.zmax]).all()


def trail(name, number, points, function=None, diverged=None):
    x, y = np.array(points, dtype=float).T
    loss = (function or Ravine()).value(np.stack([x, y], axis=1))
    return Trail(
        RunStyle(name, number), x, y, loss, np.arange(len(x), dtype=float), "iterations", diverged
    )


@pytest.fixture
def ravine():
    return field_of(Ravine())


@pytest.fixture
def trails():
    return [
        trail("calm", 0, [(-7, 2), (-5, 1), (0, 0)]),
        trail("wild", 1, [(-7, 2), (-6, -4), (-5, 40), (-4, -400)], diverged=3),
    ]


def traces(chart, kind):
    return [one for one in chart.figure.data if one.type == kind]


def lines(chart):
    return [one for one in traces(chart, "scatter") if "lines" in one.mode]


def test_the_contour_shows_the_losses_at_their_coordinates(ravine, trails):
    (drawn,) = traces(contour(ravine, trails), "contour")

    np.testing.assert_array_equal(drawn.z, ravine.loss.astype("f4"))
    np.testing.assert_array_equal(drawn.x, ravine.x.astype("f4"))
    np.testing.assert_array_equal(drawn.y, ravine.y.astype("f4"))


def test_no_path_has_a_say_in_the_window(ravine, trails):
    figure = contour(ravine, trails).figure

    assert tuple(figure.layout.xaxis.range) == (ravine.x[0], ravine.x[-1])
    assert tuple(figure.layout.yaxis.range) == (ravine.y[0], ravine.y[-1])
    assert figure.layout.yaxis.maxallowed == ravine.y[-1]


def test_a_path_that_leaves_for_good_is_drawn_to_its_first_point_outside(ravine, trails):
    calm, wild = lines(contour(ravine, trails))

    assert list(calm.x) == [-7, -5, 0]
    assert list(wild.y) == [2, -4, 40]


def test_a_path_that_leaves_is_reported_with_its_step(ravine, trails):
    ((gone, tick),) = exits(trails, ravine)

    assert (gone.style.name, tick) == ("wild", 2)
    chart = contour(ravine, trails)
    assert "wild" in chart.alt.split("Outside the window:")[1]
    texts = [one.text for one in chart.figure.layout.annotations]
    assert "<b>wild</b> ↗ 2" in texts


def test_what_leaves_the_zoom_alone_is_not_said_to_leave(ravine, trails):
    """Name and sentence tell the same step, and no zoom changes it."""
    zoom = (-7.5, -5.5, -5.0, 3.0)
    ((gone, tick),) = exits(trails, ravine)
    for draw in (contour, panels):
        notes = draw(ravine, trails, zoom).figure.layout.annotations
        texts = [note.text.split("</span> ")[-1] for note in notes]
        assert texts == ["<b>calm</b>", f"<b>{gone.style.name}</b> ↗ {tick:g}"]


def test_a_path_that_comes_back_has_not_left(ravine):
    away = trail("back", 0, [(-7, 2), (-7, 30), (0, 0)])

    assert exits([away], ravine) == []
    assert list(lines(contour(ravine, [away]))[0].y) == [2, 30, 0]


def test_the_numbers_are_those_of_every_step_and_of_the_whole_surface(ravine, trails):
    numbers = contour(ravine, trails, window=(-1, 1, -1, 1)).numbers
    paths, surface = (numbers["kind"] == kind for kind in ("path", "surface"))

    assert list(numbers["run"][paths]) == ["calm"] * 3 + ["wild"] * 4
    assert list(numbers["y"][paths]) == [2, 1, 0, 2, -4, 40, -400]
    assert list(numbers["iterations"][paths]) == [0, 1, 2, 0, 1, 2, 3]
    losses = np.concatenate([one.loss for one in trails])
    np.testing.assert_array_equal(numbers["loss"][paths], losses)
    np.testing.assert_array_equal(numbers["loss"][surface], ravine.loss.ravel())
    assert surface.sum() == SMALL**2


def test_a_surface_without_paths_has_numbers(ravine):
    assert set(contour(ravine, []).numbers["kind"]) == {"surface", "minimum"}


def test_minima_are_marked(ravine, trails):
    (marks,) = [one for one in traces(contour(ravine, trails), "scatter") if one.mode == "markers"]

    assert (list(marks.x), list(marks.y)) == ([0], [0])
    assert list(marks.marker.symbol) == ["star"]
    assert list(marks.text) == ["Minimum"]


def test_levels_are_log_spaced_where_the_range_asks_for_it():
    assert not levels(field_of(Ravine()).loss).log
    scale = levels(field_of(Rosenbrock()).loss)
    assert scale.log
    assert scale.high == pytest.approx(np.log10(field_of(Rosenbrock()).loss.max()))
    assert scale.high - scale.low <= 6


@pytest.mark.parametrize("value", [0.0, 5e-324, -3.0, 1e16, -1e17, 1e300])
def test_a_level_surface_has_levels_however_large_it_is(value):
    for loss in (np.full((3, 3), value), np.array([[value, np.nextafter(value, np.inf)]])):
        scale = levels(loss)

        assert scale.low < scale.high
        assert scale.low + scale.step > scale.low
        assert 3 <= (scale.high - scale.low) / scale.step <= 15


def test_log_spaced_levels_keep_the_losses_for_the_pointer():
    field = field_of(Rosenbrock())
    (drawn,) = traces(contour(field, []), "contour")

    np.testing.assert_array_equal(np.asarray(drawn.customdata), field.loss.astype("f4"))
    assert "customdata" in drawn.hovertemplate
    shown = 10 ** np.asarray(drawn.colorbar.tickvals, dtype=float)
    np.testing.assert_allclose(shown, [float(text) for text in drawn.colorbar.ticktext])


def test_losses_below_zero_are_drawn_above_their_lowest():
    loss = np.array([[-78.0, -77.9], [-50.0, 900.0]])
    scale = levels(np.concatenate([np.full(50, -78.0 + 1e-3), loss.ravel()]))

    assert scale.log
    assert scale.base == -78
    assert np.all(np.diff(heights_of(np.array([-77.9, -50.0, 900.0]), scale)) > 0)


def test_a_surface_that_overflows_is_drawn_where_it_is_finite():
    field = field_of(Ravine())
    field.loss[0, 0], field.loss[0, 1] = np.inf, np.nan
    (drawn,) = traces(contour(field, []), "contour")

    assert np.isfinite(drawn.zmax)


def test_panels_share_one_window_and_one_colour_scale(ravine, trails):
    chart = panels(ravine, trails, (-8, 2, -3, 3))
    fields = traces(chart, "contour")

    assert len(fields) == len(lines(chart)) == 2
    assert len({(one.zmin, one.zmax) for one in fields}) == 1
    assert [one.showscale for one in fields] == [True, False]
    assert {one.xaxis for one in lines(chart)} == {"x", "x2"}
    assert tuple(chart.figure.layout.xaxis2.range) == (-8, 2)


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (6, 3), (8, 4)])
def test_panels_lie_in_full_rows_and_only_the_lowest_name_their_axis(
    ravine, trails, count, columns
):
    chart = panels(ravine, (trails * 4)[:count])
    axes = [chart.figure.layout[f"xaxis{number + 1 if number else ''}"] for number in range(count)]

    assert len({one.domain for one in axes}) == columns
    lowest = [False] * (count - columns) + [True] * columns
    assert [one.showticklabels for one in axes] == lowest
    assert [one.title.text is not None for one in axes] == lowest


def test_panels_lie_in_one_row_where_that_is_asked_for(ravine, trails):
    chart = panels(ravine, trails * 2, columns=4)
    axes = [chart.figure.layout[f"yaxis{number}"] for number in ("", 2, 3, 4)]

    assert len({one.domain for one in axes}) == 1


@given(st.floats(1e-9, 1e9))
def test_a_round_step_is_at_most_twice_what_was_asked_for(step):
    assert step <= round_step(step) <= 2 * step * (1 + 1e-12)
    assert float(f"{round_step(step):.0e}") == pytest.approx(round_step(step)) or (
        f"{round_step(step):.1e}".startswith("2.5")
    )


def test_the_relief_has_each_path_at_its_own_loss(ravine, trails):
    chart = relief(ravine, trails)
    (surface,) = traces(chart, "surface")
    calm, wild = traces(chart, "scatter3d")

    np.testing.assert_array_equal(surface.z, ravine.loss.astype("f4"))
    lift = 0.02 * (ravine.loss.max() - ravine.loss.min())
    assert np.all(np.abs(calm.z - trails[0].loss) < lift)
    assert np.isnan(wild.z[-1])


def test_the_relief_has_no_path_above_its_surface(ravine, trails):
    """As on a plane through a network, where a run's own loss is not the surface's."""
    (calm, _wild), highest = trails, ravine.loss.max()
    above = replace(calm, loss=np.array([5 * highest, highest, 0.0]))
    chart = relief(ravine, [above])
    (path,) = traces(chart, "scatter3d")

    for axis in (path.x, path.y, path.z):
        np.testing.assert_array_equal(np.isnan(axis), [True, False, False])
    assert path.z[1] == pytest.approx(chart.figure.layout.scene.zaxis.range[1])
    np.testing.assert_array_equal(np.isnan(relief_heights(above, ravine, None)), np.isnan(path.z))


def test_the_relief_takes_window_and_camera(ravine, trails):
    camera = (1, 2, 3, 0, 0, 0.5, 0, 0, 1)
    chart = relief(ravine, trails, (-8, 2, -3, 3), camera)
    (surface,) = traces(chart, "surface")

    assert chart.figure.layout.scene.camera.eye.to_plotly_json() == {"x": 1, "y": 2, "z": 3}
    assert surface.x[0] <= -8 < surface.x[1]
    assert surface.cmax == relief_levels(ravine, (-8, 2, -3, 3)).high


def test_names_lie_apart_and_off_the_paths(ravine):
    alike = [trail(f"run {number}", number, [(-7, 2), (0, 0)]) for number in range(4)]
    marks = contour(ravine, alike).figure.layout.annotations

    assert len({(mark.ax, mark.ay) for mark in marks}) == 4


def boxes(figure, plot):
    """The left, right, lower and upper edge of every name of a path, in pixels of a plot."""
    layout = figure.layout
    for note in layout.annotations:
        shares = [
            (at - low) / (high - low)
            for at, (low, high) in ((note.x, layout.xaxis.range), (note.y, layout.yaxis.range))
        ]
        x, y = (share * pixels for share, pixels in zip(shares, plot, strict=True))
        letters = note.text.removeprefix("<b>").removesuffix("</b>")
        wide, high = 0.58 * note.font.size * len(letters) / 2, 1.3 * note.font.size / 2
        middle = x + note.ax, y - note.ay
        yield (middle[0] - wide, middle[0] + wide, middle[1] - high, middle[1] + high), (x, y)


def apart(one, other):
    return one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]


CLOSE = ("SGD η 0.9", "SGD η 0.1", "Momentum μ 0.6", "Adam η 0.05")


@pytest.mark.parametrize("plot", [(240, 170), (262, 189), (470, 349)])
@pytest.mark.parametrize("far", [0.0, -4.0, 9.0])
def test_names_of_paths_meet_neither_each_other_nor_a_dot_nor_the_edge(ravine, plot, far):
    ends = [(far, 0.0), (far / 2, 0.3), (far + 0.2, -0.1), (0.5, 1.0)]
    paths = [
        trail(name, number, [(-7, 2), end])
        for number, (name, end) in enumerate(zip(CLOSE, ends, strict=True))
    ]
    figure = enlarged(contour(ravine, paths).figure)
    names, dots = zip(*boxes(figure, plot), strict=True)

    assert all(apart(*pair) for pair in itertools.combinations(names, 2))
    for left, right, low, high in names:
        assert left >= 0
        assert right <= plot[0]
        assert low >= 0
        assert high <= plot[1]
        for x, y in dots:
            assert apart((left, right, low, high), (x - 6, x + 6, y - 6, y + 6))


def heavy_ball(rate, mu, steps=60):
    """The points of a descent into the ravine x^2 / 20 + y^2."""
    at, velocity = np.array([-7.0, 2.0]), np.zeros(2)
    points = [at]
    for _step in range(steps):
        velocity = mu * velocity + at * [0.1, 2.0]
        at = at - rate * velocity
        points.append(at)
    return points


def test_no_line_to_a_name_crosses_another_name(ravine):
    rates = [(0.9, 0.0), (0.1, 0.0), (0.9, 0.6)]
    paths = [
        trail(name, number, heavy_ball(rate, mu))
        for number, (name, (rate, mu)) in enumerate(zip(CLOSE, rates, strict=False))
    ]
    figure = enlarged(contour(ravine, paths).figure)
    plot = (262, 189)
    names, dots = zip(*boxes(figure, plot), strict=True)

    for one, (x, y), note in zip(names, dots, figure.layout.annotations, strict=True):
        way = [(x + share * note.ax, y - share * note.ay) for share in np.linspace(0, 1, 30)]
        for other in set(names) - {one}:
            assert not any(other[0] < x < other[1] and other[2] < y < other[3] for x, y in way)


def test_no_dot_of_the_clock_lies_on_a_name(ravine):
    paths = [trail(name, n, [(-7, 2), (n / 2, 0.0)]) for n, name in enumerate(CLOSE)]
    names, dots = zip(*boxes(contour(ravine, paths).figure, (377, 314)), strict=True)

    for name in names:
        assert all(apart(name, (x - 6, x + 6, y - 6, y + 6)) for x, y in dots)


def test_a_name_is_shown_as_it_is(ravine):
    nasty = trail("<b>$x$</b>", 0, [(-7, 2), (0, 0)])

    assert "&lt;b&gt;" in contour(ravine, [nasty]).figure.layout.annotations[0].text


def test_in_three_dimensions_every_run_is_named(ravine, trails):
    figure = relief(ravine, trails).figure

    assert figure.layout.showlegend
    named = [trace.name for trace in figure.data if trace.type == "scatter3d"]
    assert named == ["calm", "wild"]
