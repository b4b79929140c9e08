"""The map over batch size and learning rate."""

import numpy as np
import pytest

from charts.maps import DIVERGED, NEVER, batch_rate_map
from tests.charts.test_theme import contrast

VALUES = np.array([[0.5, 0.25, np.inf], [0.125, 3.0, np.inf]])
WENT = np.array([[False, False, True], [False, False, True]])
SIZES, RATES = ("1", "all"), (0.01, 0.1, 1.0)


def cells(chart):
    """The text of every cell by row and column."""
    return {(int(note.y), int(note.x)): note.text for note in chart.figure.layout.annotations}


def shade_at(scale, share):
    """The colour of a scale at a share of its length: plotly blends red, green and blue apart."""
    places, colours = zip(*scale, strict=True)
    blended = [
        np.interp(share, places, [int(colour[start : start + 2], 16) for colour in colours])
        for start in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(channel):02x}" for channel in blended)


def test_every_cell_has_its_value_and_its_shade():
    chart = batch_rate_map(VALUES, WENT, SIZES, RATES, "final_loss")
    (trace,) = chart.figure.data

    assert cells(chart)[0, 0] == "0.5"
    assert cells(chart)[1, 1] == "3"
    shades = np.array(trace.z, dtype=float)
    np.testing.assert_allclose(shades[:, :2], np.log10(VALUES[:, :2]))
    assert chart.numbers["final_loss"].tolist() == VALUES.ravel().tolist()
    assert chart.numbers["batch_size"].tolist() == ["1", "1", "1", "all", "all", "all"]
    assert chart.numbers["learning_rate"].tolist() == list(RATES) * 2


@pytest.mark.parametrize("lowest", [0.1, 0.0])
def test_every_number_has_a_contrast_of_4_5_on_its_shade_and_cells_alike_look_alike(lowest):
    values = np.geomspace(lowest or 1e-3, 10.0, 100).reshape(10, 10)
    values[0, 0] = lowest
    ten = [str(number) for number in range(10)]
    figure = batch_rate_map(values, values < 0, ten, range(10), "final_loss").figure
    (trace,) = figure.data

    shades = np.array(trace.z, dtype=float)
    shares = (shades - shades.min()) / np.ptp(shades)  # as plotly spreads a scale
    for note in figure.layout.annotations:
        share = shares[int(note.y), int(note.x)]
        assert contrast(note.font.color, shade_at(trace.colorscale, share)) >= 4.5
    assert len({note.font.color for note in figure.layout.annotations}) == 1


def test_diverged_cells_have_a_sign_of_their_own_and_no_shade():
    chart = batch_rate_map(VALUES, WENT, SIZES, RATES, "final_loss")

    assert cells(chart)[0, 2] == cells(chart)[1, 2] == DIVERGED
    assert np.isnan(np.array(chart.figure.data[0].z, dtype=float)[:, 2]).all()
    assert "2 diverged" in chart.alt


def test_a_diverged_cell_is_never_the_best():
    values = np.where(WENT, 0.001, VALUES)
    chart = batch_rate_map(values, WENT, SIZES, RATES, "final_loss")

    assert np.isnan(np.array(chart.figure.data[0].z, dtype=float)[WENT]).all()
    assert "★" in cells(chart)[1, 0]
    assert sum("★" in text for text in cells(chart).values()) == 1
    assert "0.125 at batch size all and learning rate 0.01" in chart.alt


def test_a_target_never_reached_differs_from_divergence():
    steps = np.array([[1_200.0, np.inf, np.inf], [40.0, np.inf, np.inf]])
    chart = batch_rate_map(steps, WENT, SIZES, RATES, "iterations_to_target")

    assert cells(chart)[0, 0] == "1,200"
    assert cells(chart)[0, 1] == NEVER
    assert cells(chart)[0, 2] == DIVERGED


def test_where_all_diverged_there_is_no_best():
    all_went = np.ones_like(WENT)
    chart = batch_rate_map(np.full_like(VALUES, np.inf), all_went, SIZES, RATES, "final_loss")

    assert set(cells(chart).values()) == {DIVERGED}
    assert "Lowest" not in chart.alt


def test_names_that_look_like_numbers_stay_names():
    axis = batch_rate_map(VALUES, WENT, SIZES, RATES, "final_loss").figure.layout

    assert axis.xaxis.ticktext == ("0.01", "0.1", "1")
    assert axis.yaxis.ticktext == SIZES
