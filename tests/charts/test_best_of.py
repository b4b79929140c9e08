"""The price of tuning: medians, bands, and the probability that all diverged."""

import math

import numpy as np

from charts.best_of import best_of_settings
from charts.theme import RunStyle
from engine import best_of

INF = math.inf
LOSSES = {"A": (0.1, 0.2, 0.3, 0.4, 1.0), "B": (0.1, 0.2, 0.3, INF, INF)}
STYLES = [RunStyle(name, number) for number, name in enumerate(LOSSES)]


def price(losses):
    return [best_of(losses, drawn) for drawn in range(1, len(losses) + 1)]


def drawn(*losses, styles=STYLES):
    return best_of_settings([price(own) for own in losses], styles, "validation_loss")


def lines(chart, axis="y"):
    """The lines of an axis by the names of their runs, without bands."""
    return {
        trace.name: trace
        for trace in chart.figure.data
        if trace.name and (trace.yaxis or "y") == axis
    }


def test_each_line_is_the_published_median_of_the_best():
    chart = drawn(*LOSSES.values())

    assert np.allclose(lines(chart)["B"].y, [0.3, 0.2, 0.1, 0.1, 0.1])
    assert lines(chart)["B"].x.tolist() == [1, 2, 3, 4, 5]


def test_a_line_begins_where_its_median_is_finite_and_a_remark_says_why():
    chart = drawn(LOSSES["A"], (0.1, INF, INF, INF, INF))

    line = lines(chart)["B"]
    assert line.x.tolist() == [3, 4, 5]
    assert "B at 3 settings." in " ".join(chart.remarks)
    assert chart.numbers["validation_loss"].tolist()[5:7] == [INF, INF]


def test_the_probability_that_all_diverged_is_drawn_below():
    below = lines(drawn(*LOSSES.values()), "y2")

    assert below["A"].y.tolist() == [0] * 5
    assert np.allclose(below["B"].y, [2 / 5, 1 / 10, 0, 0, 0])


def test_where_nothing_diverged_nothing_is_drawn_below():
    chart = drawn(LOSSES["A"], LOSSES["A"])

    assert lines(chart, "y2") == {}
    assert "yaxis2" not in chart.figure.layout


def test_a_band_lies_between_the_quartiles():
    steps = price(LOSSES["A"])
    band = drawn(LOSSES["A"], styles=STYLES[:1]).figure.data[0]

    half = len(steps)
    assert band.fill == "toself"
    assert band.y[:half].tolist() == [one.low for one in steps]
    assert band.y[half:].tolist() == [one.high for one in reversed(steps)]


def test_a_run_whose_every_setting_diverged_has_no_line_and_is_named():
    chart = drawn(LOSSES["A"], (INF, INF))

    assert lines(chart)["B"].x.size == 0
    assert "even the best of all settings diverged: B." in " ".join(chart.remarks)
    assert [note.text for note in chart.figure.layout.annotations] == ["A, best of 5"]


def test_unequal_numbers_of_settings_are_told():
    chart = drawn(LOSSES["A"], (0.1, 0.2))

    assert "A 5, B 2" in " ".join(chart.remarks)
    assert [note.text for note in chart.figure.layout.annotations] == [
        "A, best of 5",
        "B, best of 2",
    ]


def test_equal_numbers_need_no_words():
    notes = drawn(*LOSSES.values()).figure.layout.annotations

    assert [note.text for note in notes] == ["A", "B"]


def test_a_run_without_a_price_is_left_out():
    chart = best_of_settings([price(LOSSES["A"]), []], STYLES, "training_loss")

    assert set(lines(chart)) == {"A"}
    assert chart.numbers["run"].tolist() == ["A"] * 5


def test_a_hidden_run_is_left_out_and_named():
    chart = drawn(*LOSSES.values(), styles=[STYLES[0], RunStyle("B", 1, hidden=True)])

    assert set(lines(chart)) == {"A"}
    assert chart.remarks[-1] == "Hidden: B."


def test_where_all_are_hidden_the_chart_says_so():
    chart = drawn(LOSSES["A"], styles=[RunStyle("A", 0, hidden=True)])

    assert [note.text for note in chart.figure.layout.annotations] == ["All runs are hidden."]


def test_a_single_setting_is_a_price_too():
    chart = drawn((0.5,), styles=STYLES[:1])

    assert lines(chart)["A"].y.tolist() == [0.5]
    assert chart.figure.layout.xaxis.range == (0, 1)


def test_the_alternative_text_tells_the_ends():
    assert "A 0.3 with 1, 0.1 with 5" in drawn(*LOSSES.values()).alt
    assert "B ∞ with 1" in drawn(LOSSES["A"], (0.1, INF, INF)).alt
