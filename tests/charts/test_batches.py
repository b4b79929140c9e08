"""One loss on four axes."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from charts.batches import AXES, loss_on_four_axes
from charts.theme import RunStyle
from engine import Budget, Experiment, Network, Run, Stopping, batch_size_runs, fit
from engine.problems.datasets import Line, ThreePoints
from engine.rules import SGD
from language.labels import label

SIZES = ("all", 8, 1)
LOOKS = [RunStyle(f"B {size}", number) for number, size in enumerate(SIZES)]


@cache
def trained(rate=0.05, seeds=(0,), unit="epochs", amount=6):
    problem = Network(dataset=Line(rows=40), hidden=(), loss="mean_squared_error")
    run = Run(optimizer=SGD(), learning_rate=rate)
    budget = Budget(amount=amount, unit=unit)
    experiment = Experiment(
        problem=problem,
        runs=(run.model_copy(update={"batch_size": 8}),),
        budget=budget,
        seeds=seeds,
    )
    history = fit(batch_size_runs(experiment, 0, SIZES))
    timed = [replace(run, seconds_per_update=n * 1e-5) for n, run in enumerate(history.runs, 1)]
    return replace(history, runs=tuple(timed))


def lines(chart, panel):
    suffix = "x" if panel == 0 else f"x{panel + 1}"
    drawn = [t for t in chart.figure.data if t.mode == "lines" and t.xaxis == suffix]
    return [t for t in drawn if t.name]  # without what joins them to step 0


def test_the_same_loss_is_drawn_on_four_axes():
    chart = loss_on_four_axes(trained(), LOOKS, "training_loss", log=True)

    layout = chart.figure.layout
    axes = (layout.xaxis, layout.xaxis2, layout.xaxis3, layout.xaxis4)
    for axis, name in zip(axes, AXES, strict=True):
        assert axis.title.text.startswith(label("quantity", name))
    for panel in range(4):
        drawn = lines(chart, panel)
        assert [line.name for line in drawn] == ["B all", "B 8", "B 1"]
        for line, run in zip(drawn, trained().runs, strict=True):
            assert set(line.y) <= set(run.training_loss.last[0])


def test_the_ends_are_those_of_the_budget():
    """Six epochs of 30 rows: 6, 24 and 180 iterations, 180 rows each."""
    chart = loss_on_four_axes(trained(), LOOKS, "training_loss", log=True)

    ends = [[float(line.x[-1]) for line in lines(chart, panel)] for panel in range(3)]
    assert ends == [[6, 24, 180], [6, 6, 6], [180, 180, 180]]
    seconds = [float(line.x[-1]) for line in lines(chart, 3)]
    assert seconds == pytest.approx([run.seconds_alone for run in trained().runs])


def test_runs_of_very_different_length_get_a_logarithmic_axis_that_says_so():
    layout = loss_on_four_axes(trained(), LOOKS, "training_loss", log=True).figure.layout

    assert (layout.xaxis.type, layout.xaxis2.type) == ("log", "linear")
    assert "logarithmic" in layout.xaxis.title.text


def test_step_0_is_at_the_edge_of_a_logarithmic_axis_where_all_lines_begin():
    chart = loss_on_four_axes(trained(), LOOKS, "training_loss", log=True)

    layout, first = chart.figure.layout, trained().runs[0].training_loss.first[0, 0]
    zero = layout.xaxis.tickvals[0]
    assert layout.xaxis.ticktext == ("0", "1", "10", "100")
    assert np.log10(zero) > layout.xaxis.range[0]
    begins = [t for t in chart.figure.data if t.xaxis == "x" and t.x[0] == zero]
    dots = [trace for trace in begins if trace.mode == "markers"]
    assert [(trace.name, float(trace.y[0])) for trace in dots] == [
        (style.name, first) for style in LOOKS
    ]
    joined = [trace for trace in begins if trace.mode == "lines"]
    for trace, line in zip(joined, lines(chart, 0), strict=True):
        assert (trace.x[-1], trace.y[-1]) == (line.x[0], line.y[0])
        assert line.x[0] > zero
    assert "step 0, where all runs begin, is a dot at the left edge" in chart.alt
    assert layout.xaxis2.tickvals is None  # six epochs of every run: linear, and 0 is on it
    assert lines(chart, 1)[0].x[0] == 0


def test_a_loss_without_step_0_has_no_mark_of_it():
    chart = loss_on_four_axes(trained(), LOOKS, "batch_loss", log=True)

    assert chart.figure.layout.xaxis.type == "log"
    assert chart.figure.layout.xaxis.tickvals is None
    assert chart.remarks == ()
    assert len(chart.figure.data) == 4 * 2 * len(LOOKS)


def test_at_equal_iterations_every_line_has_equally_many_points_and_begins_at_0():
    history = trained(unit="iterations", amount=180)
    chart = loss_on_four_axes(history, LOOKS, "training_loss", log=True)

    for panel, axis in ((0, "linear"), (1, "log")):
        layout = chart.figure.layout[f"xaxis{panel + 1}" if panel else "xaxis"]
        assert layout.type == axis
        assert {len(line.x) for line in lines(chart, panel)} == {181 - panel}


def test_the_numbers_hold_step_0_and_every_value():
    chart = loss_on_four_axes(trained(), LOOKS, "training_loss", log=True)

    for style, run in zip(LOOKS, trained().runs, strict=True):
        rows = chart.numbers["run"] == style.name
        np.testing.assert_array_equal(
            chart.numbers["training_loss"][rows], run.training_loss.last[0]
        )
        assert chart.numbers["iterations"][rows][0] == 0
    assert {*AXES, "run", "training_loss"} == set(chart.numbers)


def test_a_diverged_run_ends_in_a_cross_and_has_no_say_in_the_range():
    history = trained(rate=1.0, amount=60)
    assert "diverged" in {run.status[0] for run in history.runs}
    chart = loss_on_four_axes(history, LOOKS, "training_loss", log=True)

    symbols = {trace.marker.symbol for trace in chart.figure.data if trace.mode == "markers"}
    assert "x" in symbols
    assert np.isfinite(chart.figure.layout.yaxis.range).all()


def test_several_seeds_are_their_median():
    history = trained(seeds=(0, 1, 2))
    chart = loss_on_four_axes(history, LOOKS, "training_loss", log=True)

    rows = chart.numbers["run"] == "B 1"
    np.testing.assert_allclose(
        chart.numbers["training_loss"][rows],
        np.median(history.runs[2].training_loss.last, axis=0),
    )


def test_the_alternative_text_says_how_far_each_run_came():
    alt = loss_on_four_axes(trained(), LOOKS, "training_loss", log=True).alt

    assert "180 iterations and 180 rows" in alt
    assert "6 iterations and 180 rows" in alt


def test_a_seed_that_diverged_is_told_and_takes_no_run_off_the_picture():
    history = trained(seeds=(0, 1, 2))
    first = replace(history.runs[0], status=("budget", "diverged", "budget"))
    history = replace(history, runs=(first, *history.runs[1:]))
    chart = loss_on_four_axes(history, LOOKS, "training_loss", log=True)

    assert lines(chart, 0)[0].name == "B all: 1 of 3 diverged"
    assert chart.figure.layout.yaxis.title.text == "Training loss<br>(median of 3 seeds)"
    symbols = {trace.marker.symbol for trace in chart.figure.data if trace.mode == "markers"}
    assert symbols == {"circle"}


def test_seconds_are_not_drawn_before_they_are_known():
    history = trained()
    unknown = tuple(replace(run, seconds_per_update=None) for run in history.runs)
    chart = loss_on_four_axes(replace(history, runs=unknown), LOOKS, "training_loss", log=True)

    assert all(np.isnan(np.array(line.x, float)).all() for line in lines(chart, 3))
    (note,) = chart.figure.layout.annotations
    assert "Some runs are not timed" in note.text


def test_one_axis_is_one_large_chart_by_the_same_rule():
    chart = loss_on_four_axes(trained(), LOOKS, "training_loss", ("iterations",), log=True)

    layout = chart.figure.layout
    assert (layout.xaxis.type, layout.xaxis.domain, layout.yaxis.domain) == ("log", (0, 1), (0, 1))
    assert {trace.xaxis for trace in chart.figure.data} == {"x"}
    assert set(chart.numbers) == {"run", "iterations", "training_loss"}
    assert chart.alt.startswith("Training loss against: iterations.")


def test_where_every_run_diverged_the_range_is_that_of_all():
    history = trained(rate=1.0, amount=60)
    runs = tuple(replace(run, status=("diverged",)) for run in history.runs)
    chart = loss_on_four_axes(replace(history, runs=runs), LOOKS, "training_loss", log=True)

    low, high = chart.figure.layout.yaxis.range
    values = np.concatenate([line.y for line in lines(chart, 0)])
    assert low < np.log10(values.min()) < np.log10(values.max()) < high


@pytest.mark.parametrize("axes", [AXES, ("iterations",)])
def test_runs_that_end_where_they_start_have_no_batch_loss_and_are_named(axes):
    """Their target is met before the first update; the training loss has that one point."""
    problem = Network(dataset=Line(rows=40), hidden=(), loss="mean_squared_error")
    runs = (Run(optimizer=SGD(), learning_rate=0.05, batch_size=8),)
    stopping = Stopping(target_loss=1e9)
    met = Experiment(problem=problem, runs=runs, budget=Budget(amount=3), stopping=stopping)
    history = fit(batch_size_runs(met, 0, SIZES))
    chart = loss_on_four_axes(history, LOOKS, "batch_loss", axes, log=True)

    assert all(len(trace.x) == 0 for trace in chart.figure.data)
    assert chart.remarks == (
        "Nothing to draw, because these runs ended where they began: B all, B 8, B 1.",
    )
    assert chart.remarks[0] in chart.alt
    training = loss_on_four_axes(history, LOOKS, "training_loss", axes, log=True)
    assert training.remarks == ()
    assert all(len(trace.x) == 1 for trace in training.figure.data)


def test_a_loss_of_exactly_zero_is_drawn_at_the_lower_edge_and_said():
    problem = Network(
        dataset=ThreePoints(),
        validation_share=0.0,
        hidden=(),
        bias=False,
        loss="mean_squared_error",
        start=(3.0,),
    )
    runs = tuple(
        Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in (3 / 28, 0.01)
    )
    history = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=9)))
    chart = loss_on_four_axes(history, LOOKS[:2], "training_loss", ("iterations",), log=True)
    zero, other = lines(chart, 0)
    low, high = chart.figure.layout.yaxis.range

    assert list(zero.customdata[1:]) == [0] * 9
    assert low < np.log10(zero.y[-1]) < np.log10(min(other.y)) < high
    assert chart.remarks[0].endswith("B all down to 0.")
    assert chart.remarks[0] in chart.alt
