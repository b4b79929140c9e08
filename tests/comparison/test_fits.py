"""Fits, epoch by epoch: what a clock is sent, against the runs themselves."""

import base64

import numpy as np
import pytest

from charts.fits import CURVE, GRID, plane_of
from charts.theme import RunStyle
from comparison.catalogue import comparison_charts
from comparison.document import View
from comparison.fits import (
    fit_clock,
    fit_frame,
    fit_pictures,
    fit_slice,
    fit_ticks,
    fits,
    fits_alternative,
    fits_caption,
    fits_remarks,
    moving_heads,
    score_at,
    seen_features,
    shows_all,
)
from comparison.pages import TrainingPage
from engine import Budget, Experiment, Function, Network, Run, Stopping, data, fit, predictions
from engine.problems.datasets import (
    Blobs,
    BreastCancer,
    Digits,
    Iris,
    Line,
    Penguins,
    Sine,
    TwoMoons,
    generate,
)
from engine.rules import SGD, Adam
from tests.driven import small

STYLES = [RunStyle("SGD", 0), RunStyle("Adam", 1)]
SINE = Network(dataset=Sine(rows=60), hidden=(3,), loss="mean_squared_error")


def numbers(text, kind="<f4"):
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def test_a_caption_names_epoch_and_seed():
    history = fit(small(seeds=(4, 7)))

    assert fit_ticks(history)[-1] == 5
    assert fits_caption(history, 3.0) == "epoch 3, seed 4"


def test_at_equal_iterations_the_clock_counts_iterations():
    """A batch of one row is then nowhere near the epoch of a batch of all."""
    runs = [Run(optimizer=SGD(), learning_rate=0.05, batch_size=size) for size in (1, "all")]
    history = fit(Experiment(runs=runs, budget=Budget(amount=30, unit="iterations")))
    clock = fit_clock(history)

    assert clock.unit == "iterations"
    assert clock.ticks.tolist() == list(range(31))
    assert clock.lasts == (30, 30)
    assert fits_caption(history, 12.0) == "iteration 12"
    for number, run in enumerate(history.runs):
        assert list(run.params_steps[clock.records[number]]) == list(range(31))
        assert score_at(history, number, 12.0) == run.validation_score.last[0, 12]


@pytest.mark.parametrize("epochs", [1, 5, 60, 61, 200])
def test_the_clock_begins_at_the_start_and_ends_at_the_end(epochs):
    runs = (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)
    history = fit(Experiment(runs=runs, budget=Budget(amount=epochs)))
    ticks = fit_clock(history).ticks

    assert ticks[0] == 0
    assert ticks[-1] == epochs
    assert len(ticks) == epochs + 1 if epochs <= 60 else 2 < len(ticks) <= 62


def test_a_tick_between_those_of_the_clock_is_one_of_them_where_it_is_asked_for():
    runs = (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)
    history = fit(Experiment(runs=runs, budget=Budget(amount=100)))
    assert 11 not in fit_clock(history).ticks

    clock = fit_clock(history, 11.0)
    at = clock.at(11.0)
    assert clock.ticks[at] == 11
    assert history.runs[0].params_steps[clock.records[0][at]] == 11


def test_regions_are_the_predicted_classes_at_every_tick():
    history = fit(small())
    clock = fit_clock(history)
    sent = fit_pictures(history, STYLES, clock.ticks, fit_slice(history, ()))
    shades = numbers(sent["regions"], "u1").reshape(2, len(clock.ticks), GRID**2)
    points = plane_of(data(history.experiment)).points

    for run, own in zip(history.runs, shades, strict=True):
        for tick, picture in zip(clock.ticks, own, strict=True):
            at = list(run.params_steps).index(tick * run.per_epoch)
            found = predictions(history.experiment.problem, run.params[:, at], points)[0, 0]
            np.testing.assert_array_equal(picture >= 128, found > 0.5)


def test_curves_are_the_predictions_at_every_tick():
    history = fit(small(problem=SINE))
    clock = fit_clock(history)
    sent = fit_pictures(history, STYLES, clock.ticks, fit_slice(history, ()))
    line = numbers(fit_frame(history, STYLES, fit_slice(history, ()))["line"])
    curves = numbers(sent["curves"]).reshape(2, len(clock.ticks), len(line))
    run = history.runs[1]
    found = predictions(SINE, run.params[0], line[:, None].astype(float))[:, 0]

    assert curves[1] == pytest.approx(found, rel=1e-5, abs=1e-6)


def test_titles_tell_the_score_of_their_epoch():
    history = fit(small(seeds=(3, 4)))
    sent = fit_pictures(history, STYLES, fit_clock(history).ticks, fit_slice(history, ()))
    scores = history.runs[0].validation_score.last[0]

    assert sent["titles"][0] == [f"SGD  {score:.3g}" for score in scores]
    assert score_at(history, 0, 2.0) == scores[2]


def test_a_run_that_has_diverged_says_so():
    line = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (3.0, 0.05)]
    history = fit(Experiment(problem=line, runs=runs, budget=Budget(amount=40)))
    ticks = fit_clock(history).ticks
    sent = fit_pictures(history, STYLES, ticks, fit_slice(history, ()))
    lost, well = sent["titles"]

    assert lost[-1] == "SGD has diverged"
    assert well[-1].startswith("Adam  ")
    # From there on it has no picture.
    assert sent["known"] == [lost.index("SGD has diverged"), len(ticks)]
    assert len(numbers(sent["curves"])) == sum(sent["known"]) * CURVE


def test_runs_that_are_all_hidden_have_no_pictures():
    for problem in (SINE, Network(hidden=(2,))):
        history = fit(small(problem=problem))
        hidden = [RunStyle("SGD", 0, hidden=True), RunStyle("Adam", 1, hidden=True)]
        sent = fit_pictures(history, hidden, [0.0], fit_slice(history, ()))

        assert sent["titles"] == sent["known"] == []


def test_runs_that_have_all_diverged_have_no_pictures():
    runs = [Run(optimizer=SGD(), learning_rate=1e7, batch_size=4)]
    problem = Network(dataset=TwoMoons(rows=40), loss="mean_squared_error", activation="relu")
    history = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=20)))
    sent = fit_pictures(history, STYLES[:1], [20.0], fit_slice(history, ()))

    assert sent == {"titles": [["SGD has diverged"]], "known": [0], "regions": ""}


@pytest.mark.parametrize(
    ("problem", "kinds"), [(Network(dataset=TwoMoons(rows=60)), {0, 1}), (SINE, {0})]
)
def test_a_frame_has_all_rows_within_its_window(problem, kinds):
    history = fit(small(problem=problem))
    frame, rows = fit_frame(history, STYLES, fit_slice(history, ())), data(history.experiment)
    inputs = (rows.training_inputs, rows.validation_inputs)
    left, right, _bottom, _top = frame["window"]

    for text, known in zip(frame["rows"], inputs, strict=True):
        x, _y, kind = numbers(text).reshape(3, -1)
        assert x == pytest.approx(known[:, 0], rel=1e-6)
        assert set(kind) <= kinds
    assert left < inputs[0][:, 0].min() < inputs[0][:, 0].max() < right
    assert len(frame["palette"]) == len(kinds)


@pytest.mark.parametrize("axis", ["epochs", "iterations", "rows_seen"])
def test_heads_lie_on_the_lines_of_the_loss(axis):
    runs = [
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=30),
        Run(optimizer=Adam(), learning_rate=0.01, batch_size=100),
    ]
    problem = Network(dataset=TwoMoons(rows=400))
    history = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=4), seeds=(0, 1, 2)))
    clock = fit_clock(history)
    sent = moving_heads(history, STYLES, clock, View(axis=axis))
    x, loss = (numbers(sent[name]).reshape(2, -1) for name in ("x", "loss"))
    unit = {"epochs": (1, 1), "iterations": (10, 3), "rows_seen": (300, 300)}[axis]

    for number, run in enumerate(history.runs):
        assert x[number] == pytest.approx(clock.ticks * unit[number])
        assert loss[number] == pytest.approx(np.median(run.training_loss.last, axis=0), rel=1e-6)


def test_a_run_that_ended_where_it_began_has_no_batch_loss_for_its_head():
    run = Run(optimizer=SGD(), learning_rate=0.5, batch_size=30)
    experiment = Experiment(runs=(run,), stopping=Stopping(target_loss=100.0))
    history = fit(experiment)
    sent = moving_heads(history, STYLES[:1], fit_clock(history), View(quantity="batch_loss"))

    assert np.isnan(numbers(sent["loss"])).all()


# Data of more features than are seen

IRIS = Network(dataset=Iris(), hidden=(3,), loss="cross_entropy", standardize=True)
PENGUINS = Network(
    dataset=Penguins(),
    hidden=(),
    loss="mean_squared_error",
    standardize=True,
    standardize_targets=True,
)
SINGLE = Network(dataset=Blobs(rows=40, features=1), loss="cross_entropy")


@pytest.mark.parametrize(
    ("problem", "chosen", "seen"),
    [
        (IRIS, (), (0, 1)),
        (IRIS, (3, 2), (3, 2)),
        (IRIS, (3,), (0, 1)),
        (IRIS, (3, 4), (0, 1)),  # there is no fifth feature
        (PENGUINS, (), (0,)),
        (PENGUINS, (2,), (2,)),
        (PENGUINS, (2, 0), (2,)),
        (PENGUINS, (783,), (0,)),
        (SINE, (5,), (0,)),
        (SINGLE, (1, 0), (0,)),
        (Network(), (1, 0), (0, 1)),
    ],
)
def test_what_is_chosen_is_seen_where_the_data_have_it_and_more(problem, chosen, seen):
    assert seen_features(problem, chosen) == seen


def test_fits_of_all_features_are_told_from_slices():
    assert shows_all(Network())
    assert shows_all(SINE)
    for problem in (IRIS, PENGUINS, Function(), Network(dataset=Digits(), loss="cross_entropy")):
        assert not shows_all(problem)


@pytest.mark.parametrize("problem", [Network(), SINE])
def test_of_fits_of_all_features_nothing_more_is_said(problem):
    history = fit(small(problem=problem))
    said = fits_remarks(history, STYLES, fit_slice(history, (1, 0)))

    assert len(said) == 2  # which marks are what, and what the number is


def test_a_caption_tells_axes_and_medians_in_the_units_of_the_data():
    history = fit(small(problem=IRIS))
    across, upwards, held, apart, *_marks = fits_remarks(
        history, STYLES, fit_slice(history, (2, 0))
    )
    rows = generate(Iris(), 0)[0][data(history.experiment).training_indices]
    low, high, medians = rows.min(axis=0), rows.max(axis=0), np.median(rows, axis=0)

    assert across == f"Across: petal length (cm), {low[2]:g} to {high[2]:g}."
    assert upwards == f"Upwards: sepal length (cm), {low[0]:g} to {high[0]:g}."
    assert held == (
        "All else is held at the medians of the training rows:"
        f" sepal width (cm) = {medians[1]:g}, petal width (cm) = {medians[3]:g}."
    )
    assert "values of their own" in apart


def test_a_caption_of_curves_tells_the_target():
    problem = PENGUINS.model_copy(update={"validation_share": 0.0})
    history = fit(small(problem=problem))
    said = fits_remarks(history, STYLES, fit_slice(history, (2,)))

    assert said[0] == "Across: flipper length (mm), 172 to 231."
    assert said[1] == "Upwards: body mass (g), 2,700 to 6,300."
    assert "near the curve" in said[3]


def test_of_many_medians_the_first_ones_are_told():
    history = fit(small(problem=Network(dataset=BreastCancer(), standardize=True)))
    (held,) = [
        one for one in fits_remarks(history, STYLES, fit_slice(history, ())) if "medians" in one
    ]

    assert held.count(" = ") == 8
    assert held.endswith("and 20 more.")


def test_the_chart_and_the_clock_show_the_same_choice():
    history = fit(small(problem=PENGUINS, seeds=(3, 4)))
    tick = fit_ticks(history)[-1]
    cut = fit_slice(history, (2,))
    chart = fits(history, STYLES, tick, cut)
    curves = numbers(fit_pictures(history, STYLES, [tick], cut)["curves"]).reshape(2, CURVE)
    line = numbers(fit_frame(history, STYLES, cut)["line"])

    for name, sent in zip(("SGD", "Adam"), curves, strict=True):
        own = chart.numbers["run"] == name
        np.testing.assert_allclose(chart.numbers["prediction"][own], sent, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(chart.numbers["x"][own], line, rtol=1e-6)
    assert chart.alt == fits_alternative(history, STYLES, tick, cut)
    assert "flipper length (mm)" in chart.alt
    assert set(fits_remarks(history, STYLES, cut)) < set(chart.remarks)
    assert chart.remarks[0].endswith("seed 3")
    assert "standardised, as the network sees them" in chart.remarks[-1]


def test_a_slice_leaves_out_what_has_diverged_or_is_hidden():
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=32) for rate in (1e7, 0.1)]
    history = fit(small(problem=PENGUINS, runs=runs))
    cut, ticks = fit_slice(history, (1,)), fit_ticks(history)

    assert fit_pictures(history, STYLES, ticks, cut)["known"] == [1, len(ticks)]
    hidden = [STYLES[0], RunStyle("Adam", 1, hidden=True)]
    assert fit_pictures(history, hidden, ticks, cut)["known"] == [1]


@pytest.mark.parametrize(
    ("chosen", "name"), [((), "sepal length"), ((3, 2), "petal width"), ((9, 0), "sepal length")]
)
def test_bundle_and_report_show_the_features_of_the_page(chosen, name):
    history = fit(small(problem=IRIS))
    page = TrainingPage(features=chosen)
    shown = View(names=("", ""), numbers=(0, 1), page=page)
    charts, _failed = comparison_charts(history, STYLES, shown)

    assert f"Across: {name}" in " ".join(charts["fits"].remarks)
