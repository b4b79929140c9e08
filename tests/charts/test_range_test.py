"""A range test over the sweep of the same run, by its data and layout."""

import html
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from charts.range_test import range_test_chart
from charts.theme import COLOURS, DASHES, GREY, RunStyle
from engine import Budget, Experiment, Network, Run, range_test, rate_curves, rate_sweep, score
from engine.problems.datasets import Line
from engine.rules import SGD

LINE = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")  # 16 rows to train
RATES = (0.001, 0.01, 0.1, 10.0)  # the last is too high
STYLE = RunStyle("SGD", 0)


@cache
def trained(batch_size=4, seeds=(0, 1, 2), rates=RATES, ends=(1e-4, 100.0), problem=LINE):
    run = Run(optimizer=SGD(), learning_rate=0.5, batch_size=batch_size)
    experiment = Experiment(problem=problem, runs=(run,), budget=Budget(amount=50), seeds=seeds)
    (curve,) = rate_curves([score(rate_sweep(experiment, rates))])
    return range_test(experiment, 0, *ends, 100), curve


def chart(style=STYLE, **options):
    return range_test_chart(*trained(**options), style)


def lines(drawn):
    return {trace.name: trace for trace in drawn.figure.data if trace.name}


def raw(drawn):
    (thin,) = [t for t in drawn.figure.data if t.mode == "lines" and t.line.width == 1]
    return thin


def notes(drawn):
    return list(drawn.figure.layout.annotations)


def crosses(drawn):
    return [note for note in notes(drawn) if note.text == "✕"]


def top(drawn):
    """The upper end of the losses: the dotted line."""
    (line,) = [shape for shape in drawn.figure.layout.shapes if shape.type == "line"]
    return line.y0


def test_the_smoothed_losses_lie_over_the_raw_ones_and_both_end_where_they_leave_the_picture():
    test, _curve = trained()
    drawn = chart()
    line = lines(drawn)["SGD: range test"]

    np.testing.assert_array_equal(line.x, test.smoothed_rates)
    seen = np.where(test.smoothed <= top(drawn), test.smoothed, np.nan)
    np.testing.assert_array_equal(line.y, seen)
    np.testing.assert_array_equal(raw(drawn).x, test.rates)
    assert np.nanmax(raw(drawn).y) <= top(drawn)
    order = list(drawn.figure.data)
    assert order.index(raw(drawn)) < order.index(line)


def test_the_sweep_of_the_same_run_is_always_drawn_with_its_band_and_its_star():
    _test, curve = trained()
    drawn = chart()
    line = lines(drawn)["SGD: sweep"]
    (star,) = [t for t in drawn.figure.data if t.mode == "markers"]
    (band,) = [t for t in drawn.figure.data if t.fill == "toself"]

    assert line.mode == "lines+markers"
    assert tuple(line.x) == RATES
    np.testing.assert_array_equal(line.y, [*curve.losses[:3], np.nan])
    assert (star.x, star.y) == ((RATES[curve.best],), (curve.losses[curve.best],))
    np.testing.assert_allclose(band.y[:3], curve.quartiles[0][:3])
    assert drawn.figure.layout.xaxis.type == "log"


@pytest.mark.parametrize("number", range(24))
def test_the_two_lines_differ_in_colour_and_in_dash_whatever_the_run_looks_like(number):
    found = lines(chart(RunStyle("run", number)))
    tested, swept = found["run: range test"].line, found["run: sweep"].line

    assert (swept.color, swept.dash) == (COLOURS[number % 8], DASHES[number % 6])
    assert tested.color != swept.color
    assert tested.dash != swept.dash
    assert (tested.color == GREY) is (swept.color != GREY)


def test_each_line_has_its_name_beside_it_where_both_axes_have_it():
    test, curve = trained()
    drawn = chart()
    named = {note.text: note for note in notes(drawn) if note.name}
    leaders = [shape for shape in drawn.figure.layout.shapes if shape.type == "path"]
    seen = np.flatnonzero(test.smoothed <= top(drawn))[-1]

    assert list(named) == ["SGD: sweep", "SGD: range test"]
    rates = RATES[curve.best], test.smoothed_rates[seen]
    for note, leader, rate in zip(named.values(), leaders, rates, strict=True):
        assert note.x == pytest.approx(np.log10(rate))  # texts are put at powers of ten
        assert leader.xanchor == pytest.approx(rate)  # and shapes at values
    loss = curve.losses[curve.best]
    assert (10 ** named["SGD: sweep"].y, leaders[0].yanchor) == pytest.approx((loss, loss))


def test_a_test_that_left_the_picture_is_named_above_it_where_no_line_is():
    drawn, whole = chart(), chart(ends=(1e-4, 0.1), rates=RATES[:3])
    name, inside = (
        next(note for note in notes(one) if note.name and "range" in note.text)
        for one in (drawn, whole)
    )

    assert (name.yref, name.y) == ("paper", 1)
    assert name.yshift > 0
    assert drawn.figure.layout.margin.t > whole.figure.layout.margin.t
    assert inside.yref == "y"
    heights = [
        one.figure.layout.height - one.figure.layout.margin.t - one.figure.layout.margin.b
        for one in (drawn, whole)
    ]
    assert heights[0] == heights[1]


def test_the_axis_names_both_losses():
    alone = chart(problem=LINE.model_copy(update={"validation_share": 0.0}), seeds=(0,))

    titles = [one.figure.layout.yaxis.title.text for one in (chart(), alone)]
    assert titles == [
        "Loss (range test: of batches; sweep: validation)",
        "Loss (range test: of batches; sweep: training)",
    ]


def test_a_cross_stands_where_half_of_the_seeds_diverged_over_that_of_the_sweep():
    test, _curve = trained()
    swept, tested = crosses(chart())

    assert 10**swept.x == pytest.approx(RATES[3])
    assert 10**tested.x == pytest.approx(test.half_diverged_at)
    assert np.log10(top(chart())) < swept.y < tested.y < chart().figure.layout.yaxis.range[1]
    assert tested.hovertext == f"SGD: the range test diverged at {test.half_diverged_at:.3g}"
    assert "above the line: ▲ a higher loss, ✕ diverged" in chart().remarks


def test_without_divergence_there_is_no_cross_and_no_border():
    drawn = chart(rates=RATES[:3], ends=(1e-4, 0.1))

    assert crosses(drawn) == []
    assert [shape for shape in drawn.figure.layout.shapes if shape.type == "line"] == []
    assert not [remark for remark in drawn.remarks if "above the line" in remark]


def test_a_run_without_noise_has_one_line_of_its_test():
    test, _curve = trained(batch_size="all", seeds=(0,))
    drawn = chart(batch_size="all", seeds=(0,))

    assert test.window == 1
    assert [trace for trace in drawn.figure.data if trace.line.width == 1] == []
    np.testing.assert_array_equal(lines(drawn)["SGD: range test"].x, test.rates)
    assert "thin" not in " ".join(drawn.remarks)


def test_the_axes_hold_both_lines():
    test, curve = trained()
    low, high = (10.0**end for end in chart().figure.layout.xaxis.range)

    assert low < min(test.rates[0], curve.rates[0])
    assert max(test.rates[-1], curve.rates[-1]) < high


def test_a_test_that_breaks_at_once_is_drawn_without_a_smoothed_line():
    drawn = chart(ends=(50.0, 100.0))
    test, _curve = trained(ends=(50.0, 100.0))

    assert len(test.smoothed) == 0
    assert len(crosses(drawn)) == 2
    np.testing.assert_array_equal(lines(drawn)["SGD: range test"].x, test.rates)


def test_a_sweep_in_which_all_diverged_is_drawn_without_a_star():
    drawn = chart(rates=(10.0, 100.0))

    assert [t for t in drawn.figure.data if t.mode == "markers"] == []
    assert [note.text for note in notes(drawn) if note.name] == ["SGD: range test"]
    assert np.isfinite(drawn.figure.layout.yaxis.range).all()
    assert "Best rate of the sweep: –" in drawn.alt
    assert not [remark for remark in drawn.remarks if "★" in remark]


def test_what_is_said_names_both_losses_the_window_and_what_a_range_test_cannot_tell():
    said = chart().remarks

    updates = len(trained()[0].rates)
    assert said[0].startswith(
        f"range test: Batch loss (median of 3 seeds), before each of {updates} updates"
    )
    assert said[1].startswith("its line: the mean of 11 updates around each, seed by seed")
    assert said[2].startswith("sweep: Validation loss (median of 3 seeds)")
    assert "where training breaks, not which rate ends lowest" in " ".join(said)
    alone = chart(problem=LINE.model_copy(update={"validation_share": 0.0}), seeds=(0,)).remarks
    assert "sweep: Training loss, at the end" in " ".join(alone)
    assert "quartiles" not in " ".join(alone)


def test_the_numbers_are_a_row_for_every_update_and_every_rate():
    test, curve = trained()
    numbers = chart().numbers

    assert list(numbers) == [
        "kind",
        "learning_rate",
        "batch_loss",
        "mean_of_11_around",
        "validation_loss",
        "lower_quartile",
        "upper_quartile",
        "diverged_share",
    ]
    tested = numbers["kind"] == "range_test"
    np.testing.assert_array_equal(numbers["batch_loss"][tested], test.median)
    np.testing.assert_array_equal(numbers["validation_loss"][~tested], curve.losses)
    assert np.isnan(numbers["batch_loss"][~tested]).all()
    means = numbers["mean_of_11_around"]
    np.testing.assert_array_equal(
        means[np.isin(numbers["learning_rate"], test.smoothed_rates) & tested], test.smoothed
    )


def test_a_hostile_name_is_shown_as_the_text_it_is():
    name = "<b>bold</b> $x$ %{y}"
    found = list(lines(chart(replace(STYLE, name=name))))

    for text in found:
        assert not set("<>$") & set(text)
        assert "%{" not in text
        shown = html.unescape(text).replace("\uff04", "$").replace("\u200b", "")
        assert shown in {f"{name}: range test", f"{name}: sweep"}
