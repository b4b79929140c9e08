"""Thinning, ranges, labels and names: what every chart of many runs shares."""

import html
import itertools

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from charts.lines import (
    POINTS,
    End,
    ValueAxis,
    covered,
    end_labels,
    plain,
    run_line,
    thinned,
    to_last_finite,
    value_axis,
    value_range,
)
from charts.theme import COLOURS, DASHES, RunStyle
from engine.limits import LIMITS

HEIGHT = 330  # pixels of a usual plot
MOST_RUNS = int(LIMITS["runs"].high)
FINITE = st.floats(-1e9, 1e9)


@st.composite
def curves(draw, most=3 * POINTS, *, gaps=False):
    """A curve of any length with a few extreme points and, if wanted, gaps."""
    length = draw(st.integers(1, most))
    y = np.random.default_rng(draw(st.integers(0, 99))).normal(size=length)
    places = st.integers(0, length - 1)
    for place, value in draw(st.dictionaries(places, FINITE, max_size=4)).items():
        y[place] = value
    if gaps:
        start = draw(places)
        y[start : start + draw(st.integers(0, length))] = np.nan
    return np.arange(length) / draw(st.sampled_from((1.0, 7.0))), y


@given(curves())
def test_thinning_keeps_ends_and_extremes_in_few_points(curve):
    x, y = curve
    few_x, few_y = thinned(x, y)

    assert len(few_x) == len(few_y) <= POINTS
    assert (few_x[0], few_y[0], few_x[-1], few_y[-1]) == (x[0], y[0], x[-1], y[-1])
    assert (few_y.min(), few_y.max()) == (y.min(), y.max())


@given(curves(gaps=True))
def test_thinning_invents_no_point_and_keeps_the_order(curve):
    x, y = curve
    few_x, few_y = thinned(x, y)

    assert (np.diff(few_x) > 0).all()
    np.testing.assert_array_equal(y[np.searchsorted(x, few_x)], few_y)
    if np.isfinite(y).any():
        assert (np.nanmin(few_y), np.nanmax(few_y)) == (np.nanmin(y), np.nanmax(y))


@given(curves(most=POINTS))
def test_a_short_line_is_drawn_as_it_is(curve):
    few_x, few_y = thinned(*curve)

    np.testing.assert_array_equal(curve[0], few_x)
    np.testing.assert_array_equal(curve[1], few_y)


def test_a_peak_of_one_point_survives_thinning():
    x, y = np.arange(100_000.0), np.zeros(100_000)
    y[54_321] = 7.0
    few_x, few_y = thinned(x, y)

    assert few_x[few_y == 7.0].tolist() == [54_321]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0]),
        ([1.0, np.nan, np.nan], [1.0]),
        ([1.0, 2.0, np.inf, 3.0], [1.0, 2.0]),
        ([-np.inf, 1.0], []),
        ([], []),
    ],
)
def test_a_line_ends_before_its_first_value_that_is_not_finite(values, expected):
    assert to_last_finite(np.array(values)).tolist() == expected


@given(st.lists(st.lists(FINITE, min_size=1, max_size=9), min_size=1, max_size=5))
def test_a_linear_range_holds_every_value_with_some_air(lines):
    low, high = value_range([np.array(line) for line in lines], log=False)

    values = [value for line in lines for value in line]
    assert low < min(values) <= max(values) < high
    # Not more than needed: a curve fills most of the height unless it is flat.
    assert high - low <= max(1.0, 1.1 * (max(values) - min(values)))


@given(st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=9))
def test_a_logarithmic_range_holds_every_positive_value_in_powers_of_ten(values):
    low, high = value_range([np.array([0.0, -1.0, *values])], log=True)

    assert low < np.log10(min(values)) <= np.log10(max(values)) < high


@given(st.floats(-1e300, 1e300))
@example(1e16)
@example(-1e17)
def test_a_value_that_never_changes_has_a_range_around_it_however_large(value):
    low, high = value_range([np.full(3, value)], log=False)

    assert low < value < high


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=9))
@example([0.0, 5e-324])
@example([1.0, -1e-12])
def test_every_value_has_its_place_on_an_axis_asked_to_be_logarithmic(values):
    values = np.array(values)
    axis = ValueAxis.over([values], log=True)
    low, high = axis.limits

    changes_sign = values.min() < -1e-9 * np.abs(values).max()
    assert axis.log == ((values > 0).any() and not changes_sign)
    places = np.array([axis.place(value) for value in values.tolist()])
    assert ((places > low) & (places < high)).all()
    drawn = axis.drawn(values)
    exact = values > 0 if axis.log else values > -np.inf
    np.testing.assert_array_equal(drawn[exact], values[exact])
    if axis.log:
        np.testing.assert_allclose(np.log10(drawn), places)
        assert (places[values <= 0] <= places.min()).all()
    said = axis.remarks([("A", values)], log=True)
    assert len(said) == ((values <= 0).any() or not axis.log)


def test_what_is_not_finite_has_no_place_and_is_not_said():
    axis = ValueAxis.over([np.array([1.0, np.inf, np.nan])], log=True)

    assert np.isnan(axis.drawn(np.array([np.nan]))).all()
    assert axis.remarks([("A", np.array([1.0, -np.inf, np.nan]))], log=True) == ()
    assert axis.remarks([("A", np.array([-2.0, 1.0]))], log=False) == ()


@pytest.mark.parametrize("log", [True, False])
def test_values_that_are_not_finite_have_no_say_in_the_range(log):
    broken = np.array([np.nan, np.inf, 2.0, -np.inf, 3.0])

    assert value_range([broken], log=log) == value_range([np.array([2.0, 3.0])], log=log)


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("lines", [[], [np.empty(0)], [np.full(3, np.nan)]])
def test_without_a_value_there_is_still_a_range(lines, log):
    low, high = value_range(lines, log=log)

    assert np.isfinite([low, high]).all()
    assert low < high


@pytest.mark.parametrize(
    ("limits", "ticks", "is_power"),
    [
        ((-0.4, 0), None, False),
        ((-2, 0), "D2", False),
        ((-4, 2), 1, False),
        ((-8, 1), 1, True),
        ((-30, 1), 3, True),
    ],
)
def test_a_logarithmic_axis_has_at_most_12_powers_and_small_ones_are_written_so(
    limits, ticks, is_power
):
    axis = value_axis("Loss", limits, log=True)

    assert (axis["type"], axis["range"], axis["dtick"]) == ("log", limits, ticks)
    assert (axis.get("exponentformat") == "power") == is_power
    assert (axis["tickformat"] == "~g") != is_power


def test_a_linear_axis_chooses_its_own_ticks():
    axis = value_axis("Loss", (-8, 1), log=False)

    assert axis["type"] == "linear"
    assert "dtick" not in axis


def at_the_edge(heights):
    return [End(RunStyle(f"run {n}", n), height) for n, height in enumerate(heights)]


def pixels(note, limits):
    """How high the middle of a label lies above the lower edge of the plot."""
    if note["yref"] == "paper":
        return HEIGHT + note["yshift"]
    return HEIGHT * (note["y"] - limits[0]) / (limits[1] - limits[0]) + note["yshift"]


def box(note, limits, width):
    """The left, right, lower and upper edge of a label on a plot of this width, in pixels."""
    at = note["x"] * width + note["xshift"]  # the axis goes from 0 to 1
    long = 7 * len(note["text"])
    left = at if note["xanchor"] == "left" else at - long
    middle = pixels(note, limits)
    return left, left + long, middle - 8, middle + 8


@given(
    st.lists(FINITE, min_size=1, max_size=MOST_RUNS),
    st.tuples(FINITE, st.floats(1e-3, 1e9)),
)
def test_labels_lie_inside_and_never_overlap(ends, low_and_span):
    low, span = low_and_span
    assume(span > 1e-8 * abs(low))  # float64 itself cannot tell pixels apart beyond that
    limits = low, low + span
    labels = end_labels(at_the_edge(ends), limits, HEIGHT)

    heights = sorted(pixels(one, limits) for one in labels.notes)
    size = max(one["font"]["size"] for one in labels.notes)
    assert heights[0] > -0.01
    assert heights[-1] < HEIGHT + 0.01
    assert (np.diff(heights) > 1.3 * size).all()  # a line of text


@given(
    st.lists(st.tuples(st.floats(-0.5, 2.0), st.floats(0.0, 1.0)), min_size=1, max_size=MOST_RUNS),
    st.sampled_from((400, 700, 1_200)),
)
@example([(0.3, 0.4)] * 4 + [(1.5, 0.1)] * 4 + [(0.3, 1.0)] * 4, 400)
@example([(1.0, 0.1), (1.0, 0.1), (1.1, 0.1), (1.2, 0.1)], 400)
def test_names_at_ends_early_late_and_above_the_plot_never_overlap(ends, width):
    named = [End(RunStyle(f"run {n}", n), y, x) for n, (y, x) in enumerate(ends)]
    limits = (0.0, 1.0)
    labels = end_labels(named, limits, HEIGHT, across=(0.0, 1.0))

    boxes = [box(note, limits, width) for note in labels.notes]
    for (left, right, low, high), other in itertools.combinations(boxes, 2):
        assert right <= other[0] or other[1] <= left or high <= other[2] or other[3] <= low
    for (y, x), note in zip(ends, labels.notes, strict=True):
        is_above = note["yref"] == "paper"
        assert is_above == (y > 1.0)
        if is_above:
            assert pixels(note, limits) + 8 <= HEIGHT + labels.above + 12  # of the margin
        assert note["x"] == (1 if note["xref"] == "paper" else x)
        assert (note["xref"] == "x") == (is_above or x <= 0.985)


def test_a_leader_goes_from_the_end_of_its_line_to_its_name_in_the_look_of_the_line():
    styles = [RunStyle("A", 0), RunStyle("B", 1, selected=True)]
    ends = [End(styles[0], -1.0, 0.2), End(styles[1], -1.0)]
    labels = end_labels(ends, (-2.0, 0.0), HEIGHT, log=True)

    for style, note, leader in zip(styles, labels.notes, labels.leaders, strict=True):
        assert (leader["name"], leader["line"]["color"]) == (note["name"], style.colour)
        # Shapes take values where annotations take powers of ten.
        assert leader["yanchor"] == pytest.approx(10.0 ** note["y"])
        assert (leader["xanchor"], leader["xref"]) == (note["x"], note["xref"])
        last_x, last_y = (float(part) for part in leader["path"].split("L")[-1].split(","))
        assert 0 < note["xshift"] - last_x < 6
        assert last_y == pytest.approx(note["yshift"], abs=0.1)
    assert labels.leaders[0]["line"]["dash"] == "solid"
    assert labels.leaders[1]["line"]["dash"] == "8px,4px"


def test_a_name_has_the_colour_of_the_page_and_is_bold_where_it_is_selected():
    ends = [End(RunStyle("A", 0), 0.2), End(RunStyle("B", 1, selected=True), 0.4)]
    notes = end_labels(ends, (0.0, 1.0), HEIGHT).notes

    assert [note["text"] for note in notes] == ["A", "<b>B</b>"]
    assert all(note["font"]["color"] is None for note in notes)


def test_the_selected_line_is_wide_and_lies_on_top():
    one, other = (run_line([0, 1], [1, 2], RunStyle("A", 3, selected=s)) for s in (True, False))

    assert one["line"]["width"] > 1.5 * other["line"]["width"]
    assert one["zorder"] > other.get("zorder", 0)
    assert (one["line"]["color"], one["line"]["dash"]) == (COLOURS[3], DASHES[3])


@given(st.permutations(range(MOST_RUNS)), st.floats(0, 0.2))
def test_labels_stand_in_the_order_of_their_lines(order, distance):
    ends = [0.1 + distance * place for place in order]
    labels = end_labels(at_the_edge(ends), (0.0, 3.0), HEIGHT)

    by_height = sorted(labels.notes, key=lambda one: pixels(one, (0.0, 3.0)))
    heights = [ends[int(one["text"].removeprefix("run "))] for one in by_height]
    assert heights == sorted(heights)


def test_a_label_with_room_stays_at_its_line():
    low, high = end_labels(at_the_edge([1.0, 9.0]), (0.0, 10.0), HEIGHT).notes

    assert (low["y"], high["y"]) == pytest.approx((1.0, 9.0))
    assert (low["yshift"], high["yshift"]) == pytest.approx((0, 0))


@given(st.text(alphabet=st.sampled_from("a <>/&;$%{}y\\^_ltg:#=\"'")))
@example("%{y}")
@example("<b>$x$</b> &amp;")
def test_a_name_is_plain_text_for_plotly(text):
    safe = plain(text)

    assert not set("<>$") & set(safe)
    assert "%{" not in safe
    # What the reader sees is what was written, but for look-alikes.
    assert html.unescape(safe).replace("\uff04", "$").replace("\u200b", "") == text


def room(*names):
    return end_labels([End(RunStyle(name, 0), 0.0) for name in names], (0.0, 1.0), 300).room


def test_there_is_room_for_the_longest_name_and_more_is_shortened():
    long = "a name that nobody would read to its end"

    assert room() < room("SGD") < room("SGD", "Momentum 0.99") < room(long) <= 216
    assert room("모멘텀") == room("abcdef")
    (first, second) = end_labels(
        [End(RunStyle("SGD", 0), 0.0), End(RunStyle(long, 1), 1.0)], (0.0, 1.0), 300
    ).notes
    assert first["text"] == "SGD"
    assert second["text"].endswith("…")
    assert long.startswith(second["text"][:-1])
    assert second["hovertext"] == long


def test_what_became_of_a_run_is_never_cut_off_its_name():
    style = RunStyle("a name that nobody would read to its end", 1)
    (note,) = end_labels([End(style, 0.5, words="{run}: 2 of 5 diverged")], (0.0, 1.0), 300).notes

    assert note["text"].endswith("…: 2 of 5 diverged")


@given(st.lists(st.lists(FINITE, max_size=5).map(sorted), max_size=4))
def test_lines_cover_their_axis_from_edge_to_edge(lines):
    low, high = covered([np.array(line) for line in lines])

    values = [value for line in lines for value in line]
    assert low < high
    if len(set(values)) > 1:
        assert (low, high) == (min(values), max(values))
