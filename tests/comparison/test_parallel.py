"""Rows packed for the canvas, and brushes: from values to places and back, exactly."""

import base64
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.parallel import Brush, Coordinate, best_tenth, kept
from comparison.parallel import (
    parallel_axes,
    parallel_brushes,
    parallel_rows,
    parallel_tenth,
    told_brushes,
)

RATES = np.array([0.001, 0.01, 0.1, 1.0])
LOSS = Coordinate("loss", "Loss", np.append(np.geomspace(0.1, 10, 300), [np.inf, np.nan]), log=True)
RATE = Coordinate("rate", "Rate", np.resize(RATES, 302), log=True)
AXES = [RATE, LOSS]


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_rows_are_places_in_whole_numbers_finer_than_any_screen():
    rows = parallel_rows(AXES)
    rates, losses = unpacked(rows["places"], "<u2").reshape(2, -1)

    np.testing.assert_allclose(rates[:4] / 65_533, [0, 1 / 3, 2 / 3, 1], atol=1e-5)
    np.testing.assert_allclose(losses[:300] / 65_533, np.linspace(0, 1, 300), atol=1e-5)
    assert losses[300:].tolist() == [65_534, 65_535]
    assert rows["count"] == 302


def test_every_row_has_a_colour_and_the_lowest_loss_the_first():
    rows = parallel_rows(AXES)
    numbers = unpacked(rows["shades"], np.uint8)

    assert numbers[0] == 0
    assert (np.diff(numbers[:300].astype(int)) >= 0).all()
    assert numbers.max() == len(rows["colours"]) - 1 == numbers[300]


def test_where_higher_is_better_the_highest_has_the_first_colour():
    rows = parallel_rows(AXES, is_higher_better=True)
    numbers = unpacked(rows["shades"], np.uint8)

    assert numbers[299] == 0
    assert (np.diff(numbers[:300].astype(int)) <= 0).all()
    assert rows["version"] != parallel_rows(AXES)["version"]


@given(
    st.lists(st.floats(1e-6, 1e6) | st.just(math.inf), min_size=1, max_size=400),
    st.booleans(),
    st.booleans(),
)
def test_the_best_tenth_comes_back_from_the_browser_as_it_was(values, log, is_higher_better):
    axis = Coordinate("loss", "Loss", np.array(values), log=log)
    places = parallel_tenth([RATE, axis], is_higher_better=is_higher_better)
    brush = best_tenth(axis, is_higher_better=is_higher_better)

    if brush is None:
        assert places is None
        return
    sent = json.loads(json.dumps(places, allow_nan=False))
    (told,) = told_brushes([axis], {"loss": sent})
    assert kept([axis], [told]).tolist() == kept([axis], [brush]).tolist()


def test_the_version_is_that_of_the_rows():
    other = Coordinate("loss", "Loss", LOSS.values[::-1].copy(), log=True)

    assert parallel_rows(AXES)["version"] == parallel_rows(list(AXES))["version"]
    assert parallel_rows(AXES)["version"] != parallel_rows([RATE, other])["version"]
    assert parallel_rows(AXES)["version"] != parallel_rows(AXES[::-1])["version"]
    assert parallel_rows(AXES)["version"] != parallel_rows(AXES, 0)["version"]


def test_axes_say_what_is_written_on_them_and_where_a_brush_can_end():
    rate, loss = parallel_axes(AXES)

    assert [text for _place, text in rate["levels"]] == ["0.001", "0.01", "0.1", "1"]
    assert loss["levels"] == []
    assert (rate["above"], rate["below"], loss["above"], loss["below"]) == (
        False,
        False,
        True,
        True,
    )


@given(st.sampled_from(RATES), st.sampled_from(RATES), st.booleans(), st.booleans())
def test_a_brush_at_values_that_there_are_comes_back_as_it_was(one, other, no_low, no_high):
    low, high = sorted([one, other])
    brush = Brush("rate", None if no_low else low, None if no_high else high)
    sent = json.loads(json.dumps(parallel_brushes(AXES, [brush])["brushes"], allow_nan=False))

    assert told_brushes(AXES, sent) == [brush]


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_brush_keeps_the_rows_that_lie_between_its_ends_on_the_screen(one, other):
    low, high = sorted([one, other])
    brushes = told_brushes(AXES, {"loss": [low, high]})

    inside = kept(AXES, brushes)
    places = LOSS.places
    assert len(brushes) == 1
    assert not inside[300:].any()  # neither ∞ nor what is missing
    surely = (places >= low + 0.001) & (places <= high - 0.001)
    never = (places < low - 0.001) | (places > high + 0.001)
    assert inside[surely].all()
    assert not inside[never].any()


def test_values_that_single_floats_do_not_tell_apart_are_told_apart_by_a_brush():
    near = np.array([1.0, 1.0 + 1e-12, 2.0])
    axis = Coordinate("x", "X", near)
    (brush,) = told_brushes([axis], {"x": [float(axis.places[1]), None]})

    assert kept([axis], [brush]).tolist()[2]
    assert kept([axis], [Brush("x", near[1], None)]).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("told", "inside"),
    [
        ([2.0, None], [False] * 300 + [True, False]),
        ([None, 1], [True] * 300 + [False, False]),
        ([None, None], [True] * 300 + [True, False]),
        ([0, 1], [True] * 300 + [False, False]),
    ],
)
def test_infinity_is_brushed_at_its_own_place_alone(told, inside):
    assert kept(AXES, told_brushes(AXES, {"loss": told})).tolist() == inside


def test_the_upper_end_of_an_axis_without_infinity_is_open():
    axis = Coordinate("x", "X", np.linspace(0, 1, 500))

    assert told_brushes([axis], {"x": [0.5, 1]}) == [Brush("x", 0.5, None)]


def test_a_brush_between_two_values_that_there_are_holds_none_and_is_none():
    assert told_brushes(AXES, {"rate": [0.4, 0.5]}) == []


@pytest.mark.parametrize(
    "told",
    [
        {"other": [0, 1]},
        {"loss": [0.5]},
        {"loss": "01"},
        {"loss": ["0", 1]},
        {"loss": [True, None]},
        {"loss": [math.nan, 1]},
        {"loss": [0.6, 0.5]},
    ],
)
def test_what_makes_no_sense_is_no_brush(told):
    assert told_brushes(AXES, told) == []


def test_rows_inside_are_sent_as_bits_where_something_is_brushed():
    sent = parallel_brushes(AXES, [Brush("rate", 0.05, None)])

    found = np.unpackbits(unpacked(sent["kept"], np.uint8))[:302]
    assert found.astype(bool).tolist() == (RATE.values > 0.05).tolist()
    assert parallel_brushes(AXES, [])["kept"] == ""
