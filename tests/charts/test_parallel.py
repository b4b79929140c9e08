"""Parallel coordinates: places on axes, brushes, and segments that stand for rows, all of them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.parallel import (
    ABOVE,
    BELOW,
    Brush,
    Coordinate,
    Scale,
    best_tenth,
    kept,
    parallel_alt,
    parallel_coordinates,
    parallel_remarks,
    shade_colours,
    shade_opacities,
    shades,
)
from charts.theme import BLUE, GREY, WARNING

RULES = ("SGD", "Adam", "Momentum")
NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([math.inf, math.nan, 0.0, 1.0])
ENDS = st.none() | st.floats(-1e6, 1e6) | st.just(math.inf)
BRUSHES = st.lists(st.builds(Brush, st.sampled_from("xyz"), ENDS, ENDS), max_size=4)


@pytest.fixture
def sweep():
    """Four rows: one diverged, one without a momentum."""
    return [
        Coordinate("rule", "Optimizer", np.array([0.0, 1.0, 2.0, 2.0]), RULES),
        Coordinate("rate", "Learning rate", np.array([0.01, 0.1, 1.0, 10.0]), log=True),
        Coordinate("momentum", "Momentum", np.array([np.nan, 0.5, 0.9, 0.9])),
        Coordinate("loss", "Loss", np.array([0.02, 0.2, 2.0, np.inf]), log=True),
    ]


def scale(*values, names=(), log=False):
    return Scale.over(np.array(values, dtype=float), names, log=log)


def places(*values, log=False):
    return scale(*values, log=log).places(np.array(values, dtype=float)).tolist()


def segments(chart):
    """Left axis, left height, right height and colour of everything that is drawn."""
    found = []
    for trace in chart.figure.data:
        x, y = (np.reshape(values, (-1, 3)) for values in (trace.x, trace.y))
        assert np.isnan(y[:, 2]).all()
        assert (x[:, 1] == x[:, 0] + 1).all()
        colours = [trace.line.color] * len(x)
        found.extend(
            zip(x[:, 0].tolist(), y[:, 0].tolist(), y[:, 1].tolist(), colours, strict=True)
        )
    return found


# ---------------------------------------------------------------- brushes


def is_inside(row, brush):
    """What a brush means, for one row."""
    value = row[brush.field]
    if math.isnan(value) or (brush.low is not None and value < brush.low):
        return False
    return brush.high is None or value <= brush.high


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30), BRUSHES)
def test_rows_are_kept_that_lie_inside_all_brushes(values, brushes):
    columns = dict(zip("xy", np.array(values).T, strict=True))
    coordinates = [Coordinate(field, field, column) for field, column in columns.items()]
    own = [brush for brush in brushes if brush.field in columns]  # there is no axis z
    rows = [dict(zip("xy", pair, strict=True)) for pair in values]

    wanted = [all(is_inside(row, brush) for brush in own) for row in rows]
    assert kept(coordinates, brushes).tolist() == wanted


def test_an_open_upper_end_holds_infinity_and_no_brush_holds_what_is_missing():
    axis = Coordinate("loss", "Loss", np.array([1.0, 2.0, np.inf, np.nan]))

    def inside(low, high):
        return kept([axis], [Brush("loss", low, high)]).tolist()

    assert inside(1.5, None) == [False, True, True, False]
    assert inside(1.5, 2.0) == [False, True, False, False]
    assert inside(math.inf, None) == [False, False, True, False]
    assert inside(None, None) == [True, True, True, False]


# ---------------------------------------------------------------- places


def test_the_lowest_value_lies_at_the_lower_end_and_the_highest_at_the_upper():
    assert places(5, 10, 20) == pytest.approx([0, 1 / 3, 1])
    assert places(1e-4, 1e-2, 1, log=True) == pytest.approx([0, 0.5, 1])
    assert places(7, 7) == [0.5, 0.5]
    assert places(-1.7e308, 0, 1.7e308) == pytest.approx([0, 0.5, 1])


def test_infinity_and_what_is_missing_have_no_place_and_move_no_other():
    assert places(1, 2, math.inf, math.nan) == pytest.approx(
        [0, 1, math.inf, math.nan], nan_ok=True
    )


def test_values_of_0_and_below_lie_at_the_end_of_a_logarithmic_axis_apart_from_all_others():
    found = places(-3, 0, 1, 10, 100, log=True)

    assert found[:2] == [0, 0]
    assert 0 < found[2] < 0.1
    assert found[4] == 1


def test_without_values_above_0_an_axis_is_linear():
    assert places(-3, -2, -1, log=True) == pytest.approx([0, 0.5, 1])


def test_words_are_evenly_spaced_whichever_of_them_there_are():
    made = scale(0, 2, names=RULES)

    assert made.places(np.arange(3.0)).tolist() == pytest.approx([1 / 6, 3 / 6, 5 / 6])
    assert [text for _place, text in made.ticks()] == list(RULES)


@given(
    st.lists(st.floats(-1e300, 1e300) | st.floats(1e-300, 1e3), min_size=2, max_size=30),
    st.booleans(),
)
def test_places_rise_with_the_values(values, log):
    found = places(*sorted(values), log=log)

    assert all(0 <= place <= 1 for place in found)
    assert found == sorted(found)


@given(
    st.tuples(st.floats(1e-8, 1e8), st.floats(1e-8, 1e8)).filter(
        lambda ends: ends[0] < 0.9 * ends[1]
    ),
    st.floats(0, 1),
    st.booleans(),
)
def test_a_place_has_a_value_that_lies_there(ends, place, log):
    made = scale(*ends, log=log)
    spread = math.log10(ends[1] / ends[0])

    near = 0.001 if not log else max(0.001, 0.0005 / spread)  # four digits of the value
    assert made.places(np.array([made.value(place)]))[0] == pytest.approx(place, abs=near)


@given(st.lists(st.floats(-1e9, 1e9) | st.floats(1e-9, 1), min_size=1, max_size=400), st.booleans())
def test_ticks_are_few_lie_apart_and_tell_the_value_at_their_place(values, log):
    made = scale(*values, log=log)
    ticks = made.ticks()
    found = [place for place, _text in ticks]

    assert 1 <= len(ticks) <= 14
    assert all(0 <= place <= 1 for place in found)
    assert all(after - before >= 0.045 for before, after in pairwise(found))
    width = abs(made.high - made.low)
    for place, text in ticks:
        value = float(text)
        if value > 0 or not made.log:
            exact = 10 ** (made.low + place * width) if made.log else made.low + place * width
            assert value == pytest.approx(exact, rel=1e-3, abs=1e-5 * max(map(abs, values)))


@pytest.mark.parametrize(
    ("values", "log", "texts"),
    [
        (np.geomspace(1e-4, 10, 16), True, ["0.0001", "0.001", "0.01", "0.1", "1", "10"]),
        ([8, 16, 32, 64], True, ["8", "16", "32", "64"]),
        (np.linspace(0, 60, 500), False, ["0", "10", "20", "30", "40", "50", "60"]),
        (np.geomspace(2.1, 4.9, 500), True, ["2.5", "3", "3.5", "4", "4.5"]),
        (np.geomspace(0.09, 6, 500), True, ["0.1", "0.2", "0.5", "1", "2", "5"]),
        (np.geomspace(0.15, 30, 500), True, ["0.2", "0.5", "1", "2", "5", "10", "20"]),
        (np.geomspace(1e-3, 200, 500), True, ["0.001", "0.01", "0.1", "1", "10", "100"]),
        (np.geomspace(1e-9, 2e9, 500), True, [f"{10.0**power:.4g}" for power in range(-8, 9, 2)]),
        ([], False, []),
    ],
)
def test_ticks_are_values_that_there_are_or_round_numbers(values, log, texts):
    assert [text for _place, text in scale(*values, log=log).ticks()] == texts


# ---------------------------------------------------------------- the chart


@given(
    st.lists(
        st.tuples(*[st.sampled_from([0.0, 1.0, 3.0, math.inf, math.nan])] * 3),
        min_size=1,
        max_size=40,
    ),
    BRUSHES,
)
def test_what_is_drawn_are_the_rows_and_all_of_them(values, brushes):
    coordinates = [
        Coordinate(field, field, column)
        for field, column in zip("xyz", np.array(values).T, strict=True)
    ]
    drawn = [segment[:3] for segment in segments(parallel_coordinates(coordinates, brushes))]

    heights = [
        np.where(np.isnan(one.places), BELOW, np.minimum(one.places, ABOVE)).astype("f4").tolist()
        for one in coordinates
    ]
    wanted = {
        (left, heights[left][row], heights[left + 1][row])
        for left in (0, 1)
        for row in range(len(values))
    }
    assert len(drawn) == len(set(drawn))
    assert {(left, *np.float32(ends).tolist()) for left, *ends in drawn} == wanted


def test_many_rows_become_few_segments_and_none_is_further_off_than_half_a_bin():
    numbers = np.random.default_rng(1)
    coordinates = [Coordinate(field, field, numbers.normal(size=30_000)) for field in "abc"]
    chart = parallel_coordinates(coordinates, [])
    drawn = np.array([segment[:3] for segment in segments(chart)])

    assert 2_000 < len(drawn) <= 20_000
    for left in (0, 1):
        own = drawn[drawn[:, 0] == left][:, 1:]
        bins = len(np.unique(own[:, 0]))
        rows = np.stack([coordinates[left].places, coordinates[left + 1].places], axis=1)
        for row in rows[:200]:
            assert np.abs(own - row).max(axis=1).min() <= 0.5001 / (bins - 1)
    assert len(chart.numbers["a"]) == 30_000
    assert any("steps" in remark for remark in chart.remarks)


def test_a_segment_has_the_colour_of_its_lowest_row_and_one_of_diverged_rows_its_own():
    left = np.array([0.0, 0.0, 1.0, 2.0])
    loss = np.array([1.0, 2.0, np.inf, np.nan])
    coordinates = [
        Coordinate("a", "A", left),
        Coordinate("b", "B", np.zeros(4)),
        Coordinate("loss", "Loss", loss),
    ]
    drawn = {segment[:3]: segment[3] for segment in segments(parallel_coordinates(coordinates, []))}

    assert drawn[0, 0, 0.5] == drawn[1, 0.5, 0]
    assert drawn[1, 0.5, 1] not in {drawn[1, 0.5, 0], WARNING}
    assert drawn[0, 0.5, 0.5] == WARNING
    assert drawn[0, 1, 0.5] == GREY


def test_rows_beside_a_brush_stay_in_the_chart_below_the_others(sweep):
    plain = parallel_coordinates(sweep, [])
    brushed = parallel_coordinates(sweep, [Brush("rate", 0.1, 1.0)])
    faded = brushed.figure.data[0]

    assert {one[:3] for one in segments(plain)} == {one[:3] for one in segments(brushed)}
    assert faded.line.color not in {trace.line.color for trace in plain.figure.data}
    assert brushed.numbers["kept"].tolist() == [False, True, True, False]
    assert {one[:2] for one in segments(brushed) if one[3] == faded.line.color} >= {(1, 0), (1, 1)}


def test_the_numbers_are_the_values_of_all_rows_with_words_in_words(sweep):
    numbers = parallel_coordinates(sweep, []).numbers

    assert list(numbers) == ["rule", "rate", "momentum", "loss"]
    assert numbers["rule"].tolist() == ["SGD", "Adam", "Momentum", "Momentum"]
    np.testing.assert_array_equal(numbers["loss"], [0.02, 0.2, 2.0, np.inf])
    np.testing.assert_array_equal(numbers["momentum"], [np.nan, 0.5, 0.9, 0.9])


def test_extra_places_are_only_where_there_are_such_rows(sweep):
    notes = parallel_coordinates(sweep, []).figure.layout.annotations

    assert [note.x for note in notes if note.text == "∞"] == [3]
    assert [note.x for note in notes if note.text == "–"] == [2]


def coordinate(values, *, log=False):
    return Coordinate("loss", "Loss", np.array(values, dtype=float), log=log)


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.booleans())
def test_a_shade_is_the_share_of_finite_values_that_are_better(values, is_higher_better):
    found = shades(coordinate(values), 10, is_higher_better=is_higher_better)
    finite = [value for value in values if math.isfinite(value)]

    for value, shade in zip(values, found, strict=True):
        if math.isfinite(value):
            better = [one > value if is_higher_better else one < value for one in finite]
            assert shade == math.floor(10 * sum(better) / len(finite))
        else:
            assert shade == (11 if value == math.inf else 10)


def test_a_few_bad_rows_leave_the_shades_of_the_others_apart():
    near, far = np.linspace(0.15, 0.3, 98), [1e3, 1e6]
    found = shades(coordinate([*near, *far], log=True), 10)

    assert np.bincount(found).tolist() == [10] * 10


def test_the_best_shade_stands_out_and_each_further_one_is_fainter():
    opacities = np.array(shade_opacities(10))

    assert opacities[0] == 1
    assert (np.diff(opacities) < 0).all()
    assert np.argmin(np.diff(opacities)) == 0
    assert len(shade_colours(10)) == 12


# ---------------------------------------------------------------- the best tenth


@given(st.lists(NUMBERS, min_size=1, max_size=60), st.booleans(), st.booleans())
def test_the_best_tenth_are_the_best_rows_and_their_equals(values, log, is_higher_better):
    axis = coordinate(values, log=log)
    finite = sorted(filter(math.isfinite, values), reverse=is_higher_better)
    brush = best_tenth(axis, is_higher_better=is_higher_better)

    if not finite:
        assert brush is None
        return
    last = finite[math.ceil(len(finite) / 10) - 1]
    wanted = [
        math.isfinite(value) and (value >= last if is_higher_better else value <= last)
        for value in values
    ]
    assert kept([axis], [brush]).tolist() == wanted


@pytest.mark.parametrize("is_higher_better", [False, True])
@pytest.mark.parametrize("log", [False, True])
def test_of_many_values_the_best_tenth_ends_at_a_round_one_just_beyond(log, is_higher_better):
    values = np.random.default_rng(3).lognormal(-1.5, 0.5, 5_000)
    axis = coordinate(values, log=log)
    brush = best_tenth(axis, is_higher_better=is_higher_better)
    end = brush.low if is_higher_better else brush.high

    assert len(f"{end:.15g}".strip("0.")) <= 5
    assert 500 <= kept([axis], [brush]).sum() <= 510


def test_the_best_tenth_of_a_logarithmic_axis_may_be_values_of_0():
    axis = coordinate([0.0] * 100 + np.geomspace(0.1, 10, 300).tolist(), log=True)

    assert kept([axis], [best_tenth(axis)]).sum() == 100


def test_the_alternative_text_tells_rows_axes_divergence_and_brushes(sweep):
    brushes = [Brush("rule", 0.5, 2.0), Brush("rate", 0.1, None), Brush("loss", math.inf, None)]

    assert parallel_alt(sweep, []) == (
        "Parallel coordinates: 4 rows on 4 axes: Optimizer, Learning rate, Momentum, Loss."
        " 1 diverged."
    )
    assert parallel_alt(sweep, brushes).endswith(
        "Brushed: Optimizer Adam, Momentum, Learning rate ≥ 0.1, Loss ∞; 1 of 4 rows are inside."
    )


def test_remarks_explain_what_is_there_and_nothing_else(sweep):
    told = " ".join(parallel_remarks(sweep, []))
    plain = " ".join(parallel_remarks(sweep[:2], []))
    floored = Coordinate("loss", "Gap", np.array([0.0, 1.0, 2.0]), log=True)

    assert "∞" in told
    assert "– below" in told
    assert "∞" not in plain
    assert "–" not in plain
    assert "Brushed" not in told
    assert "lower end" in " ".join(parallel_remarks([floored], []))


def test_the_first_remark_tells_which_end_is_strongest(sweep):
    lowest, highest = (
        parallel_remarks(sweep, [], is_higher_better=is_higher) for is_higher in (False, True)
    )

    assert lowest[0] == "Colour by rank on Loss, the lowest strongest and on top."
    assert highest[0] == "Colour by rank on Loss, the highest strongest and on top."


@pytest.mark.parametrize(("is_higher_better", "best"), [(False, 0.0), (True, 1.0)])
def test_the_best_tenth_is_drawn_last_wider_and_in_full_colour(is_higher_better, best):
    axes = [coordinate(np.linspace(1, 2, 50)), coordinate(np.linspace(1, 2, 50))]
    chart = parallel_coordinates(axes, [], is_higher_better=is_higher_better)

    assert chart.figure.data[-1].line.color == BLUE
    assert [trace.line.width for trace in chart.figure.data] == [1] * 9 + [2]
    places = [one[1] for one in segments(chart) if one[3] == BLUE]
    assert sorted(abs(best - place) for place in places) == pytest.approx(np.arange(5) / 49)


@pytest.mark.parametrize("values", [[1.0, 2.0], [], [np.inf, np.inf], [np.nan]])
def test_a_chart_of_one_axis_or_of_no_rows_can_be_drawn(values):
    axis = Coordinate("loss", "Loss", np.array(values, dtype=float), log=True)

    assert parallel_coordinates([axis], []).figure.data == ()
    assert len(parallel_coordinates([axis, axis], []).numbers["loss"]) == len(values)
