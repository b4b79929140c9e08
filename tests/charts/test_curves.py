"""The loss chart by its data and layout."""

import html
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from charts.curves import full_gradient_curves, loss_curves, norm_curves, score_curves
from charts.lines import POINTS, ValueAxis
from charts.theme import RunStyle
from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Run,
    Stopping,
    batches,
    fit,
    gradient_norms,
)
from engine.problems.datasets import Line, ThreePoints
from engine.problems.formula import Formula
from engine.problems.functions import Bowl, Ravine, Saddle
from engine.rules import RULES, SGD
from language import set_language
from language.labels import label

QUANTITIES = ("training_loss", "validation_loss", "batch_loss")
AXES = ("iterations", "epochs", "rows_seen", "gradients")
LINE = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")  # 16 rows to train
HOSTILE = [
    "<b>bold</b>",
    '<a href="https://example.org">link</a>',
    "$x^2$",
    "%{y} & %{x}",
    "a&lt;b",
]


OF_BATCHES = [rule for rule in RULES if not rule.needs]  # of any size, on any problem


@cache
def history(n_runs=7, rates=(0.05,), problem=LINE, amount=4):
    """Runs of every rule; batch sizes 1 to 4, of which 3 leaves a short last batch."""
    runs = [
        Run(
            optimizer=OF_BATCHES[number % len(OF_BATCHES)](),
            learning_rate=rates[number % len(rates)],
            batch_size=1 + number % 4 if problem.kind == "network" else "all",
        )
        for number in range(n_runs)
    ]
    return fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=amount)))


@cache
def with_a_diverged_run(epochs=200):
    """SGD at 3 overshoots further each time; a second run is fine."""
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (3.0, 0.05)]
    trained = fit(Experiment(problem=LINE, runs=runs, budget=Budget(amount=epochs)))
    assert [run.status[0] for run in trained.runs] == ["diverged", "budget"]
    return trained


def styles(trained, names=None):
    count = len(trained.runs)
    names = [f"Run {number}" for number in range(count)] if names is None else names
    return [RunStyle(name, number) for number, name in enumerate(names)]


def lines(chart):
    """The runs' own lines; crosses and bands have no name."""
    return [trace for trace in chart.figure.data if trace.name]


def crosses(chart):
    return [trace for trace in chart.figure.data if trace.marker.symbol == "x"]


def marks(chart):
    """What is written at the upper edge for runs that left the picture there."""
    return [one for one in chart.figure.layout.annotations if one.text.startswith("▲")]


def end_names(chart):
    notes = chart.figure.layout.annotations
    return [one.text for one in notes if not one.text.startswith("▲")]


def bands(chart):
    return [trace for trace in chart.figure.data if trace.fill == "toself"]


def of_run(chart, name, column):
    return chart.numbers[column][chart.numbers["run"] == name]


def texts(chart):
    """Everything in a figure that plotly draws as text."""
    figure = chart.figure
    for trace in figure.data:
        yield from (trace.name or "", *(trace.text or ()))
    yield from (annotation.text for annotation in figure.layout.annotations)


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("n_runs", [1, 7, 12])
def test_every_run_is_a_line_in_its_own_look(n_runs, quantity, axis, log):
    trained = history(n_runs)
    chart = loss_curves(trained, styles(trained), quantity, axis, log=log)

    drawn = [(line.name, line.line.color, line.line.dash) for line in lines(chart)]
    assert drawn == [(style.name, style.colour, style.dash) for style in styles(trained)]
    layout = chart.figure.layout
    titles = (layout.xaxis.title.text, layout.yaxis.title.text)
    assert titles == (label("quantity", axis), label("quantity", quantity))
    assert layout.yaxis.type == ("log" if log else "linear")
    assert sorted(one.text for one in layout.annotations) == sorted(
        style.name for style in styles(trained)
    )


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_numbers_are_the_whole_history_and_every_drawn_point_is_one_of_them(quantity, axis):
    trained = history(12)
    chart = loss_curves(trained, styles(trained), quantity, axis, log=True)

    assert list(chart.numbers) == ["run", axis, quantity]
    for run, style, line in zip(trained.runs, styles(trained), lines(chart), strict=True):
        expected = getattr(run, quantity).last[0]
        np.testing.assert_array_equal(expected, of_run(chart, style.name, quantity))
        rows = zip(*(of_run(chart, style.name, column) for column in (axis, quantity)), strict=True)
        assert set(zip(line.x, line.y, strict=True)) <= set(rows)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("axis", AXES)
def test_positions_are_counted_from_the_batches_themselves(axis, quantity):
    trained = history(4)
    chart = loss_curves(trained, styles(trained), quantity, axis, log=True)

    for number, (past, style) in enumerate(zip(trained.runs, styles(trained), strict=True)):
        sizes = [len(rows) for rows in batches(trained.experiment, number, seed=0)]
        rows_seen = np.concatenate([[0], np.cumsum(sizes)])
        per_epoch = len(sizes) / trained.experiment.budget.amount
        steps = getattr(past, quantity).steps
        expected = {
            "iterations": steps,
            "epochs": steps / per_epoch,
            "rows_seen": rows_seen[steps],
            "gradients": steps,  # one per update, as these rules take them
        }[axis]
        np.testing.assert_allclose(of_run(chart, style.name, axis), expected, rtol=1e-15)


def test_a_long_line_is_thinned_and_its_numbers_are_not():
    trained = history(2, problem=Function(), amount=3 * POINTS)
    chart = loss_curves(trained, styles(trained), "training_loss", "iterations", log=True)

    for line, style in zip(lines(chart), styles(trained), strict=True):
        assert len(line.x) <= POINTS
        assert len(of_run(chart, style.name, "training_loss")) == 3 * POINTS + 1


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_diverged_run_is_drawn_to_its_last_finite_value_and_marked_at_the_edge(quantity, log):
    trained = with_a_diverged_run()
    chart = loss_curves(trained, styles(trained), quantity, "iterations", log=log)

    steps, values = of_run(chart, "Run 0", "iterations"), of_run(chart, "Run 0", quantity)
    last = np.flatnonzero(np.isfinite(values))[-1]
    recorded = getattr(trained.runs[0], quantity).last[0]
    np.testing.assert_array_equal(recorded[: last + 1], values[: last + 1])
    line, (mark,) = lines(chart)[0], marks(chart)
    assert (line.x[-1], line.y[-1]) == (steps[last], values[last])
    assert np.isfinite(line.y).all()
    # It ends far above the other run, whose range the axis has.
    edge = chart.figure.layout.yaxis.range[1]
    assert (np.log10(values[last]) if log else values[last]) > edge
    (leader,) = [one for one in chart.figure.layout.shapes if one.name == "Run 0"]
    assert (mark.x, mark.yref, mark.y) == (steps[last], "paper", 1)  # above the plot
    assert (leader.xanchor, leader.line.color) == (steps[last], line.line.color)
    assert mark.text == f"▲ Run 0 diverged ({values[last]:.3g})"
    assert crosses(chart) == []


def test_what_diverges_late_is_told_towards_the_middle():
    early = with_a_diverged_run()
    past = early.runs[0]
    late = with_a_diverged_run(epochs=int(past.last_step[0]) // past.per_epoch + 1)
    anchors = [
        marks(loss_curves(one, styles(one), "training_loss", "epochs", log=True))[0].xanchor
        for one in (early, late)
    ]

    assert anchors == ["left", "right"]


@pytest.mark.parametrize("log", [True, False])
def test_a_diverged_run_that_stays_in_the_picture_ends_in_a_cross(log):
    """Where all diverge the picture is theirs; the one that came lower ends within it."""
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (3.0, 1e3)]
    trained = fit(Experiment(problem=LINE, runs=runs, budget=Budget(amount=200)))
    assert [run.status[0] for run in trained.runs] == ["diverged", "diverged"]
    chart = loss_curves(trained, styles(trained), "training_loss", "iterations", log=log)

    assert marks(chart) == []
    assert len(crosses(chart)) == 2
    for line, cross, style in zip(lines(chart), crosses(chart), styles(trained), strict=True):
        assert (cross.x[0], cross.y[0]) == (line.x[-1], line.y[-1])
        assert cross.marker.color == style.colour
    names = {note.text: note for note in chart.figure.layout.annotations}
    assert set(names) == {f"{style.name} diverged" for style in styles(trained)}


def test_names_of_runs_that_diverge_together_lie_apart_and_point_to_the_middle():
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (900.0, 1e3, 1.1e3)]
    trained = fit(Experiment(problem=LINE, runs=runs, budget=Budget(amount=200)))
    chart = loss_curves(trained, styles(trained), "training_loss", "iterations", log=True)

    low, high = chart.figure.layout.yaxis.range
    notes = chart.figure.layout.annotations
    pixels = sorted((note.y - low) / (high - low) * 330 + note.yshift for note in notes)
    assert np.diff(pixels).min() > 15
    assert {note.xref for note in notes} == {"paper"}  # their crosses end the axis


def test_runs_that_left_the_picture_are_named_in_rows_above_a_plot_as_high_as_ever():
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (3.0, 4.0, 0.05)]
    trained = fit(Experiment(problem=LINE, runs=runs, budget=Budget(amount=200)))
    chart = loss_curves(trained, styles(trained), "training_loss", "iterations", log=True)
    usual = loss_curves(history(2), styles(history(2)), "training_loss", "epochs", log=True)

    first, second = sorted(marks(chart), key=lambda mark: mark.yshift)
    assert 0 < first.yshift <= second.yshift - first.font.size
    layout, without = chart.figure.layout, usual.figure.layout
    assert second.yshift < layout.margin.t
    assert layout.height - layout.margin.t == without.height - without.margin.t


def test_a_run_with_some_diverged_seeds_has_one_name_at_the_end_of_its_median():
    trained = over_seeds()
    status = ("diverged", *trained.runs[0].status[1:])
    runs = (replace(trained.runs[0], status=status), trained.runs[1])
    chart = loss_curves(
        replace(trained, runs=runs), styles(trained), "training_loss", "epochs", log=True
    )

    assert end_names(chart) == ["Run 0: 1 of 10 diverged"]
    assert crosses(chart) == []


def test_a_run_that_ends_early_is_named_where_it_ends():
    trained = of_one_row(3 / 28, 0.01)
    stopped = replace(trained.runs[0].training_loss, steps=trained.runs[0].training_loss.steps[:9])
    stopped = replace(stopped, last=trained.runs[0].training_loss.last[:, :9])
    runs = (replace(trained.runs[0], training_loss=stopped), trained.runs[1])
    chart = loss_curves(
        replace(trained, runs=runs), styles(trained), "training_loss", "iterations", log=False
    )

    early, late = chart.figure.layout.annotations
    assert (early.text, early.xref, early.x) == ("Run 0", "x", 8)
    assert (late.text, late.xref, late.x) == ("Run 1", "paper", 1)
    assert chart.figure.layout.xaxis.range == (0, 60)


def test_a_training_under_way_has_the_axis_of_its_budget():
    trained = history(2, amount=4)
    going = replace(
        trained,
        runs=tuple(replace(run, status=("",)) for run in trained.runs),
        experiment=trained.experiment.model_copy(update={"budget": Budget(amount=10)}),
    )

    for now, end in ((trained, 4), (going, 10)):
        chart = loss_curves(now, styles(now), "training_loss", "epochs", log=True)
        assert chart.figure.layout.xaxis.range == (0, end)


def test_the_pointer_tells_the_values_of_all_runs_at_its_place():
    trained = over_seeds()
    chart = loss_curves(trained, styles(trained), "training_loss", "epochs", log=True)

    assert chart.figure.layout.hovermode == "x unified"
    assert chart.figure.layout.xaxis.unifiedhovertitle.text == "Epochs %{x:.6~g}"
    told = [trace.name for trace in chart.figure.data if trace.hoverinfo != "skip"]
    assert told == ["Run 0", "Run 1"]  # and no band or cross
    assert {line.hovertemplate for line in lines(chart)} == {"%{y:.4g}"}


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_diverged_run_does_not_stretch_the_range(quantity, log):
    trained = with_a_diverged_run()
    alone = fit(
        Experiment(problem=LINE, runs=trained.experiment.runs[1:], budget=Budget(amount=200))
    )
    beside = loss_curves(trained, styles(trained), quantity, "epochs", log=log)
    without = loss_curves(alone, styles(trained)[1:], quantity, "epochs", log=log)

    assert beside.figure.layout.yaxis.range == without.figure.layout.yaxis.range
    assert end_names(beside) == ["Run 1"]


@pytest.mark.parametrize("log", [True, False])
def test_a_comparison_in_which_all_diverge_is_drawn(log):
    trained = history(2, rates=(1e7,), amount=30)
    chart = loss_curves(trained, styles(trained), "training_loss", "epochs", log=log)

    assert {run.status[0] for run in trained.runs} == {"diverged"}
    assert len(crosses(chart)) == 2
    assert np.isfinite(chart.figure.layout.yaxis.range).all()
    assert "nan" not in chart.alt
    assert "inf" not in chart.alt


def test_a_chart_of_nothing_above_zero_has_a_linear_axis_and_says_so():
    trained = history(1, problem=Function(function=Ravine(), start=(0.0, 0.0)), amount=3)
    chart = loss_curves(trained, styles(trained), "training_loss", "epochs", log=True)

    assert chart.figure.layout.yaxis.type == "linear"
    assert end_names(chart) == ["Run 0"]
    assert list(lines(chart)[0].y) == [0.0] * 4
    assert chart.remarks == ("No value here is above 0, so the axis is linear.",)
    assert of_run(chart, "Run 0", "training_loss").tolist() == [0.0] * 4
    asked = loss_curves(trained, styles(trained), "training_loss", "epochs", log=False)
    assert asked.remarks == ()


def test_a_loss_that_changes_its_sign_has_a_linear_axis_and_shows_its_lowest_value():
    formula = Formula(text="x^4 + y^4 - 4*x*y + 1")
    trained = history(1, problem=Function(function=formula, start=(-0.5, 1.5)), amount=60)
    chart = loss_curves(trained, styles(trained), "training_loss", "epochs", log=True)
    low, high = chart.figure.layout.yaxis.range

    assert chart.figure.layout.yaxis.type == "linear"
    assert low < lines(chart)[0].y.min() < 0 < lines(chart)[0].y.max() < high
    assert chart.remarks == (
        "A logarithmic axis cannot show values below 0, so the axis is linear.",
    )


def test_a_value_below_0_by_rounding_leaves_an_axis_logarithmic():
    assert ValueAxis.over([np.array([3.0, 1e-5, -4e-16])], log=True).log
    assert not ValueAxis.over([np.array([3.0, 1e-5, -4e-3])], log=True).log


def of_one_row(*rates):
    """Runs on y = w x through one point of three; at its best rate SGD arrives after one step."""
    problem = Network(
        dataset=ThreePoints(),
        validation_share=0.0,
        hidden=(),
        bias=False,
        loss="mean_squared_error",
        start=(3.0,),
    )
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in rates]
    return fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=60, unit="iterations")))


@pytest.mark.parametrize("axis", ["iterations", "rows_seen"])
def test_runs_that_reach_exactly_zero_keep_line_and_name_at_the_lower_edge(axis):
    trained = of_one_row(3 / 28, 0.05, 0.01)
    assert [run.final_loss[0] == 0 for run in trained.runs] == [True, True, False]
    chart = loss_curves(trained, styles(trained), "training_loss", axis, log=True)
    low, high = chart.figure.layout.yaxis.range

    assert end_names(chart) == ["Run 0", "Run 1", "Run 2"]
    for number, line in enumerate(lines(chart)):
        losses = of_run(chart, f"Run {number}", "training_loss")
        assert len(line.y) == len(losses) == 61
        assert (line.y[losses > 0] == losses[losses > 0]).all()
        edge = np.log10(line.y[losses == 0])
        assert ((edge > low) & (edge < low + 0.05 * (high - low))).all()
        if (losses == 0).any():  # the pointer is told the loss, not its place
            assert list(line.customdata) == list(losses)
            assert "customdata" in line.hovertemplate
    (sentence,) = chart.remarks
    assert sentence.endswith("at its lower edge: Run 0 down to 0, Run 1 down to 0.")
    assert chart.alt.endswith(sentence)
    assert chart.figure.layout.meta["floor"] == pytest.approx(min(lines(chart)[0].y))


def test_losses_below_zero_are_drawn_where_they_are():
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in (0.1, 0.01)]
    trained = fit(
        Experiment(
            problem=Function(function=Saddle()),
            runs=runs,
            budget=Budget(amount=40, unit="iterations"),
        )
    )
    chart = loss_curves(trained, styles(trained), "training_loss", "iterations", log=True)
    losses = of_run(chart, "Run 0", "training_loss")

    assert losses[0] > 0 > losses[-1]
    assert end_names(chart) == ["Run 0", "Run 1"]
    assert len(lines(chart)[0].y) == 41
    np.testing.assert_array_equal(lines(chart)[0].y, losses)
    linear = loss_curves(trained, styles(trained), "training_loss", "iterations", log=False)
    assert linear.remarks == ()
    np.testing.assert_array_equal(lines(linear)[0].y, losses)


def test_a_run_that_ends_where_it_starts_has_no_batch_loss_and_is_named():
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=4)]
    stopping = Stopping(target_loss=1e9)
    trained = fit(Experiment(problem=LINE, runs=runs, stopping=stopping, budget=Budget(amount=2)))
    chart = loss_curves(trained, styles(trained), "batch_loss", "epochs", log=True)

    assert len(lines(chart)[0].y) == 0
    assert chart.remarks == ("Nothing to draw, because these runs ended where they began: Run 0.",)
    assert chart.remarks[0] in chart.alt


@pytest.mark.parametrize("log", [True, False])
def test_a_huge_loss_that_hardly_changes_is_drawn(log):
    start = (-422159.1203496192, -445766.5991066991)
    problem = Function(function=Bowl(condition=466078.7191459465), start=start)
    runs = [Run(optimizer=SGD(), learning_rate=0.001, batch_size="all")]
    trained = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=1)))
    chart = loss_curves(trained, styles(trained), "batch_loss", "iterations", log=log)
    low, high = chart.figure.layout.yaxis.range

    value = lines(chart)[0].y[0]
    assert value > 1e16
    assert low < (np.log10(value) if log else value) < high


def test_without_validation_rows_there_is_no_validation_loss_to_draw():
    problem = LINE.model_copy(update={"validation_share": 0.0})
    trained = history(2, problem=problem)

    assert (
        loss_curves(trained, styles(trained), "validation_loss", "epochs", log=True).figure.data
        == ()
    )


@pytest.mark.parametrize("rates", [(0.05,), (3.0,)], ids=["fine", "diverged"])
def test_a_hostile_name_is_shown_as_the_text_it_is(rates):
    trained = history(len(HOSTILE), rates=rates, amount=200)
    chart = loss_curves(trained, styles(trained, HOSTILE), "training_loss", "epochs", log=True)

    for text in texts(chart):
        assert not set("<>$") & set(text)
        assert "%{" not in text
    names = [html.unescape(line.name).replace("\uff04", "$") for line in lines(chart)]
    assert [name.replace("\u200b", "") for name in names] == HOSTILE
    assert list(dict.fromkeys(chart.numbers["run"])) == HOSTILE


def test_the_alternative_text_says_what_where_and_how_it_ended():
    trained = history(7)
    alt = loss_curves(trained, styles(trained), "batch_loss", "rows_seen", log=True).alt

    assert "Batch loss" in alt
    assert "rows seen" in alt
    for run, style in zip(trained.runs, styles(trained), strict=True):
        assert f"{style.name} {run.batch_loss.final[0]:.4g}" in alt


def test_texts_are_in_the_readers_language():
    set_language("ko")
    trained = with_a_diverged_run()
    chart = loss_curves(trained, styles(trained), "training_loss", "epochs", log=True)

    layout = chart.figure.layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("에포크", "훈련 손실")
    assert marks(chart)[0].text.startswith("▲ Run 0 발산 (")
    assert "훈련 손실" in chart.alt


def test_a_figure_goes_through_json_as_it_is():
    trained = with_a_diverged_run()
    chart = loss_curves(trained, styles(trained), "training_loss", "epochs", log=True)

    figure = json.loads(chart.figure.to_json())
    assert len(figure["data"]) == 2


@cache
def over_seeds():
    """Ten starts of one run that is fine and of one that always diverges."""
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (0.05, 3.0)]
    seeds = tuple(range(10))
    return fit(Experiment(problem=LINE, runs=runs, budget=Budget(amount=200), seeds=seeds))


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_several_seeds_are_a_median_in_a_band_of_quartiles(quantity):
    trained = over_seeds()
    chart = loss_curves(trained, styles(trained), quantity, "iterations", log=True)

    every = getattr(trained.runs[0], quantity).last
    median = of_run(chart, "Run 0", quantity)
    low, high = (of_run(chart, "Run 0", f"{side}_quartile") for side in ("lower", "upper"))
    np.testing.assert_allclose(median, np.median(every, axis=0), rtol=1e-15)
    assert (low <= median).all()
    assert (median <= high).all()
    # At least a quarter of the seeds lie at or beyond each end.
    assert ((every <= low).mean(axis=0) >= 0.25).all()
    assert ((every >= high).mean(axis=0) >= 0.25).all()
    band = bands(chart)[0]
    assert set(np.concatenate([low, high])) >= set(band.y)
    assert "10" in chart.figure.layout.yaxis.title.text


def test_diverged_seeds_are_counted():
    trained = over_seeds()
    chart = loss_curves(trained, styles(trained), "training_loss", "epochs", log=True)

    (mark,) = marks(chart)
    assert "10 of 10 diverged" in mark.text
    assert end_names(chart) == ["Run 0"]


def test_one_seed_has_no_band():
    trained = history(7)

    assert bands(loss_curves(trained, styles(trained), "training_loss", "epochs", log=True)) == []


def test_seconds_are_those_of_the_run_alone():
    trained = history(7)
    runs = [
        replace(run, seconds_per_update=1e-5 * number) for number, run in enumerate(trained.runs, 1)
    ]
    trained = replace(trained, runs=tuple(runs))
    chart = loss_curves(trained, styles(trained), "training_loss", "seconds", log=True)

    for run, style in zip(trained.runs, styles(trained), strict=True):
        seconds = of_run(chart, style.name, "seconds")
        assert (seconds[0], seconds[-1]) == pytest.approx((0, run.seconds_alone))
        assert (np.diff(seconds) > 0).all()


@pytest.mark.parametrize("log", [True, False])
def test_without_seconds_nothing_is_drawn_over_them(log):
    trained = history(2)
    chart = loss_curves(trained, styles(trained), "training_loss", "seconds", log=log)

    assert chart.figure.data == ()
    (note,) = chart.figure.layout.annotations
    assert note.text.startswith("No times to show: training is still going on")
    assert note.text in chart.alt
    assert "At the end" not in chart.alt
    assert np.isnan(chart.numbers["seconds"]).all()
    assert np.isfinite(chart.numbers["training_loss"]).all()
    layout = chart.figure.layout
    assert layout.yaxis.type == ("log" if log else "linear")
    assert layout.xaxis.title.text == "Seconds if trained alone"


def test_accuracy_is_that_of_the_validation_rows():
    trained = fit(Experiment(budget=Budget(amount=2)))
    chart = score_curves(trained, styles(trained), "epochs")

    assert chart.figure.layout.yaxis.title.text == "Accuracy"
    assert chart.figure.layout.yaxis.type == "linear"
    for run, style in zip(trained.runs, styles(trained), strict=True):
        expected = run.validation_score.last[0]
        np.testing.assert_array_equal(expected, of_run(chart, style.name, "accuracy"))


@pytest.mark.parametrize("quantity", ["batch_gradient_norm", "update_norm"])
def test_norms_are_drawn_as_recorded(quantity):
    trained = history(7)
    chart = norm_curves(trained, styles(trained), quantity, "iterations")

    assert chart.figure.layout.yaxis.type == "log"
    for run, style in zip(trained.runs, styles(trained), strict=True):
        expected = getattr(run, quantity).last[0]
        np.testing.assert_array_equal(expected, of_run(chart, style.name, quantity))


def test_full_gradients_stand_where_the_parameters_were_recorded():
    trained = history(7)
    norms = gradient_norms(trained)
    chart = full_gradient_curves(trained, styles(trained), norms, "iterations")

    for run, expected, style in zip(trained.runs, norms, styles(trained), strict=True):
        steps = of_run(chart, style.name, "iterations")
        assert steps.tolist() == run.params_steps.tolist()
        np.testing.assert_array_equal(expected[0], of_run(chart, style.name, "full_gradient_norm"))


@cache
def ending_apart():
    """A run whose seeds reach a target loss at different epochs, and one that diverges."""
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (0.02, 3.0)]
    trained = fit(
        Experiment(
            problem=LINE,
            runs=runs,
            budget=Budget(amount=200),
            stopping=Stopping(target_loss=0.2),
            seeds=tuple(range(5)),
        )
    )
    first, second = trained.runs
    assert set(first.status) == {"target_loss"}
    assert len(set(first.last_step.tolist())) > 2
    assert set(second.status) == {"diverged"}
    return trained


def test_full_gradients_of_several_seeds_are_their_median_in_a_band():
    trained = ending_apart()
    norms = gradient_norms(trained)
    chart = full_gradient_curves(trained, styles(trained), norms, "iterations")

    run = trained.runs[0]
    expected = [  # of the seeds that trained that far
        norms[0][run.last_step >= step, place] for place, step in enumerate(run.params_steps)
    ]
    found = {
        name: of_run(chart, "Run 0", name)
        for name in ("full_gradient_norm", "lower_quartile", "upper_quartile")
    }
    medians = [np.median(values) for values in expected]
    np.testing.assert_allclose(found["full_gradient_norm"], medians, rtol=1e-15)
    for place, values in enumerate(expected):
        low, high = found["lower_quartile"][place], found["upper_quartile"][place]
        assert {low, high} <= set(values.tolist())
        assert low <= found["full_gradient_norm"][place] <= high
    assert len(bands(chart)) == 2
    assert chart.figure.layout.yaxis.title.text.endswith("(median of 5 seeds)")
    assert len(marks(chart)) + len(crosses(chart)) == 1  # the run that diverged


def test_a_full_gradient_of_one_seed_ends_where_the_seed_did():
    trained = with_a_diverged_run()
    norms = gradient_norms(trained)
    chart = full_gradient_curves(trained, styles(trained), norms, "iterations")

    for run, values, style in zip(trained.runs, norms, styles(trained), strict=True):
        np.testing.assert_array_equal(of_run(chart, style.name, "full_gradient_norm"), values[0])
        assert of_run(chart, style.name, "iterations")[-1] == run.last_step[0]


def test_a_smoothed_batch_loss_is_the_median_of_the_means_of_its_seeds_and_says_so():
    trained = over_seeds()
    chart = loss_curves(
        trained, styles(trained), "batch_loss", "iterations", log=True, smoothing=20
    )

    every = trained.runs[0].batch_loss.last
    held = np.minimum(np.arange(1, every.shape[1] + 1), 20)
    means = np.array([np.convolve(row, np.ones(20))[: len(row)] for row in every]) / held
    drawn = of_run(chart, "Run 0", "mean_of_last_20")
    np.testing.assert_allclose(drawn, np.median(means, axis=0), rtol=1e-9)
    np.testing.assert_allclose(of_run(chart, "Run 0", "batch_loss"), np.median(every, axis=0))
    assert set(lines(chart)[0].y) <= set(drawn)
    assert "lower_quartile_of_mean_of_last_20" in chart.numbers
    title = chart.figure.layout.yaxis.title.text
    assert title == "Batch loss (median of 10 seeds)<br>mean of the last 20 iterations"
    assert "Each point is the mean of the last 20 iterations" in " ".join(chart.remarks)


def test_hidden_runs_have_no_line_no_name_and_no_say_in_the_axes():
    trained = history(3)
    every = styles(trained)
    looks = [every[0], replace(every[1], hidden=True), every[2]]
    chart = loss_curves(trained, looks, "training_loss", "epochs", log=True)
    without = replace(trained, runs=trained.runs[::2])
    alone = loss_curves(without, every[::2], "training_loss", "epochs", log=True)

    assert [line.name for line in lines(chart)] == end_names(chart) == ["Run 0", "Run 2"]
    assert set(chart.numbers["run"]) == {"Run 0", "Run 2"}
    assert chart.figure.layout.yaxis.range == alone.figure.layout.yaxis.range
    assert chart.remarks == ("Hidden: Run 1.",)
    assert chart.alt.endswith("Hidden: Run 1.")


def test_a_chart_whose_runs_are_all_hidden_says_so():
    trained = history(2)
    looks = [replace(style, hidden=True) for style in styles(trained)]
    chart = loss_curves(trained, looks, "batch_loss", "epochs", log=True, smoothing=5)

    assert chart.figure.data == ()
    assert end_names(chart) == ["All runs are hidden."]
    assert chart.remarks == ("Hidden: Run 0, Run 1.",)


def test_the_selected_run_stands_out_and_stays_in_its_place():
    trained = history(3)
    every = styles(trained)
    looks = [every[0], replace(every[1], selected=True), every[2]]
    chart = loss_curves(trained, looks, "training_loss", "epochs", log=True)

    assert [line.name for line in lines(chart)] == ["Run 0", "Run 1", "Run 2"]
    assert [line.zorder for line in lines(chart)] == [None, 1, None]
    assert "<b>Run 1</b>" in end_names(chart)
    assert set(chart.numbers["run"]) == {"Run 0", "Run 1", "Run 2"}


def test_a_name_that_others_push_up_does_not_meet_the_one_above_it():
    """Names are set apart in pixels, for a plot as high as it is drawn: 318 pixels in a browser."""
    rates = [*(0.1 + number / 1e6 for number in range(11)), 0.03]
    runs = [Run(optimizer=SGD(), learning_rate=rate) for rate in rates]
    styles = [RunStyle(f"Run {number}", number) for number in range(12)]
    history = fit(Experiment(runs=runs, budget=Budget(amount=2)))
    layout = loss_curves(history, styles, "training_loss", "epochs", log=True).figure.layout

    low, high = layout.yaxis.range
    names = [note for note in layout.annotations if note.xref == "paper"]
    places = sorted(318 * (note.y - low) / (high - low) + note.yshift for note in names)
    assert len(places) == 12
    assert np.diff(places).min() >= 18.9
