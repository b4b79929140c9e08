"""Every point of every chart is a row of the numbers that leave with it."""

import importlib
import inspect
import pkgutil
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import charts
from charts.batches import loss_on_four_axes
from charts.best_of import best_of_settings
from charts.counts import count_bars
from charts.curves import (
    full_gradient_curves,
    loss_curves,
    measured_curves,
    norm_curves,
    score_curves,
)
from charts.differences import descent_curve, error_curves, gradient_times, influence_bars
from charts.fits import Panel, fit_panels, slice_of
from charts.graph import graph_drawing
from charts.maps import DIVERGED, NEVER, batch_rate_map
from charts.noise import angles_against_size, gradient_cloud, variance_against_size
from charts.overfitting import two_losses as losses_of_epochs
from charts.parallel import Coordinate, parallel_coordinates
from charts.profiles import performance_profiles
from charts.range_test import range_test_chart
from charts.schedules import schedule_preview, with_factors
from charts.sensitivity import rate_sensitivity
from charts.sharpness import sharpness_chart
from charts.steps import (
    Tangent,
    effective_rates,
    fitted_lines,
    one_parameter,
    plane_distances,
    two_losses,
)
from charts.surfaces import Field, Trail, contour, heights_of, panels, relief, relief_levels
from charts.sweep_map import Side, Tiles, sweep_map
from charts.theme import Chart, RunStyle
from charts.timeline import rows_against_iterations, times_seen
from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Plan,
    Run,
    batch_gradients,
    batch_size_runs,
    best_of,
    data,
    fit,
    gradient_norms,
    measure_noise,
    measure_sharpness,
    performance_ratios,
    range_test,
    rate_curves,
    rate_sweep,
    score,
    sigmoid_losses,
)
from engine.analysis.overfitting import judged
from engine.backprop.differences import NetworkCheck, error_curve
from engine.backprop.examples import EXAMPLES
from engine.counts import Counts
from engine.formulas.formula import parse
from engine.formulas.graph import differentiate, steps
from engine.problems.datasets import Line, Sine
from engine.problems.functions import Ravine
from engine.rules import SGD, Adam
from engine.rules.schedules import Cosine
from engine.training.plans import timeline

RUNS = [
    Run(optimizer=Adam(), learning_rate=0.05),
    Run(optimizer=SGD(), learning_rate=0.1),
    Run(optimizer=SGD(), learning_rate=1e7),
]
EXPERIMENTS = {
    "one seed, one run diverges": Experiment(runs=RUNS, budget=Budget(amount=3)),
    "three seeds": Experiment(runs=RUNS, budget=Budget(amount=3), seeds=(0, 1, 2)),
    "a test function, summarised": Experiment(
        problem=Function(),
        runs=[run.model_copy(update={"batch_size": "all"}) for run in RUNS[:2]],
        budget=Budget(amount=900, unit="iterations"),
        seeds=tuple(range(30)),
    ),
}
LOOKS = [RunStyle(f"run {number}", number) for number in range(3)]
AXES = ("epochs", "iterations", "rows_seen", "gradients", "seconds")
CURVE = np.linspace(-2, 2, 41)


def rounded(value):
    """Numbers as single floats: some charts are sent in them."""
    return value if isinstance(value, str) else float(np.float32(value))


def pairs(*columns):
    """What is in these columns side by side; where something is missing there is no point."""
    found = zip(*(map(rounded, column) for column in columns), strict=True)
    return {point for point in found if "nan" not in map(str, point)}


def rows(chart, *names):
    return pairs(*(chart.numbers[name] for name in names))


def points(trace):
    return pairs(trace.x, trace.y)


def strays(chart, *columns):
    """The drawn points that are in no such pair of columns."""
    drawn = set().union(*map(points, chart.figure.data))
    assert drawn
    return drawn - set().union(*(rows(chart, *pair) for pair in columns))


def with_seconds(history):
    timed = [replace(run, seconds_per_update=n * 1e-5) for n, run in enumerate(history.runs, 1)]
    return replace(history, runs=tuple(timed))


@cache
def trained(name):
    return with_seconds(fit(EXPERIMENTS[name]))


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_curves(name, axis):
    history = trained(name)
    styles = LOOKS[: len(history.runs)]
    drawn = [
        *(
            loss_curves(history, styles, loss, axis, log=True)
            for loss in ("training_loss", "batch_loss")
        ),
        full_gradient_curves(history, styles, gradient_norms(history), axis),
        norm_curves(history, styles, "update_norm", axis),
    ]
    if history.experiment.problem.kind == "network":
        drawn.append(score_curves(history, styles, axis))
    for chart in drawn:
        x, *values = (column for column in chart.numbers if column != "run")
        assert x == axis
        assert not strays(chart, *((x, value) for value in values))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_sharpness(name):
    history, styles, axis = trained(name), LOOKS[: len(trained(name).runs)], "rows_seen"
    measured = measure_sharpness(history.experiment, 1 if history.runs[0].per_epoch > 1 else 60)

    for shown, log in [("sharpness", True), ("sharpness", False), ("step_share", False)]:
        chart = sharpness_chart(measured, history, styles, shown, axis, log=log)
        drawn = [column for column in chart.numbers if column not in {"run", axis}]
        assert drawn[0] == shown
        assert not strays(chart, *((axis, column) for column in drawn))


def test_a_measured_quantity_beside_its_edge():
    history, styles = trained("three seeds"), LOOKS[:3]
    series = [run.training_loss for run in history.runs]
    edges = [np.arange(1.0, len(one.steps) + 1) for one in series[:2]]

    chart = measured_curves(
        history,
        styles,
        list(zip(series, [*edges, None], strict=True)),
        "training_loss",
        "epochs",
        log=True,
    )

    drawn = ("training_loss", "lower_quartile", "upper_quartile", "edge")
    assert not strays(chart, *(("epochs", column) for column in drawn))
    assert np.isnan(chart.numbers["edge"]).sum() == len(series[2].steps)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_factors_below_losses(name):
    experiment = EXPERIMENTS[name]
    falling = experiment.runs[0].model_copy(update={"schedule": Cosine()})
    experiment = experiment.model_copy(update={"runs": (falling, *experiment.runs[1:])})
    history, styles = with_seconds(fit(experiment)), LOOKS[: len(experiment.runs)]
    for loss, axis in [("training_loss", "epochs"), ("batch_loss", "seconds")]:
        losses = loss_curves(history, styles, loss, axis, log=True)
        chart = with_factors(losses, history, styles, loss, axis)

        values = (column for column in chart.numbers if column not in {"run", axis})
        assert not strays(chart, *((axis, value) for value in values))
    preview = schedule_preview(experiment, falling, LOOKS[0])
    across = next(iter(preview.numbers))
    assert not strays(preview, (across, "schedule_factor"))


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_four_axes(seeds):
    sizes = ("all", 8, 1)
    line = Experiment(
        problem=Network(dataset=Line(rows=40), hidden=(), loss="mean_squared_error"),
        runs=[Run(optimizer=SGD(), learning_rate=0.05, batch_size=8)],
        budget=Budget(amount=6),
        seeds=seeds,
    )
    history = with_seconds(fit(batch_size_runs(line, 0, sizes)))
    chart = loss_on_four_axes(history, LOOKS, "training_loss", log=True)

    for panel, axis in enumerate(("iterations", "epochs", "rows_seen", "seconds")):
        known = rows(chart, axis, "training_loss")
        suffix = "x" if panel == 0 else f"x{panel + 1}"
        drawn = [trace for trace in chart.figure.data if trace.xaxis == suffix]
        zero = (chart.figure.layout[suffix.replace("x", "xaxis")].tickvals or [0])[0]
        assert len(drawn) == (12 if zero else 6)
        for trace in drawn:
            x = np.where(trace.x == zero, 0, trace.x)  # the mark of step 0 on a logarithmic axis
            assert pairs(x, trace.y)
            assert pairs(x, trace.y) <= known


def test_fits_of_a_plane():
    history = trained("one seed, one run diverges")
    problem = history.experiment.problem
    shown = [
        Panel(*pair) for pair in zip(LOOKS, (run.params[0, 1] for run in history.runs), strict=True)
    ]
    chart = fit_panels(problem, slice_of(data(history.experiment), (0, 1)), shown, "epoch 1")
    known, seen = rows(chart, "x", "y"), set()
    for trace in chart.figure.data:
        if trace.type == "heatmap":
            x, y = np.meshgrid(trace.x, trace.y)
            assert set(zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)) <= known
        else:
            assert points(trace) <= known
        seen.add(trace.type)

    assert seen == {"heatmap", "scatter"}


def test_fits_of_a_curve():
    problem = Network(dataset=Sine(), loss="mean_squared_error")
    history = fit(Experiment(problem=problem, runs=RUNS[:2], budget=Budget(amount=1)))
    shown = [
        Panel(*pair)
        for pair in zip(LOOKS[:2], (run.params[0, -1] for run in history.runs), strict=True)
    ]
    chart = fit_panels(problem, slice_of(data(history.experiment), (0,)), shown, "epoch 1")

    assert not strays(chart, ("x", "prediction"), ("x", "target"))


def test_sensitivity():
    rates = (0.01, 0.1, 1e7)
    sweep = score(rate_sweep(Experiment(runs=RUNS[:2], budget=Budget(amount=2)), rates))

    assert not strays(
        rate_sensitivity(rate_curves([sweep]), LOOKS[:2]), ("learning_rate", "validation_loss")
    )


@pytest.mark.parametrize("size", [32, "all"])
def test_range_test(size):
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=size)]
    experiment = Experiment(runs=runs, budget=Budget(amount=2))
    (curve,) = rate_curves([score(rate_sweep(experiment, (0.01, 0.1, 1e7)))])
    chart = range_test_chart(range_test(experiment, 0, 1e-3, 1e6, 100), curve, LOOKS[0])

    losses = [name for name in chart.numbers if "loss" in name or "mean" in name]
    assert len(losses) == (3 if size == 32 else 2)  # without noise there is no mean
    assert not strays(chart, *(("learning_rate", name) for name in losses))
    assert set(chart.numbers["kind"]) == {"range_test", "sweep"}


@pytest.fixture
def ravine():
    function = Ravine()
    (left, right), (bottom, top) = function.window
    x, y = np.linspace(left, right, 150), np.linspace(bottom, top, 140)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return Field(
        x, y, function.value(grid).reshape(140, 150), ("w", "b"), function.stationary_points
    )


@pytest.fixture
def trails():
    """One that stays and one that leaves."""
    ways = ([(-7, 2), (-5, 1), (0, 0)], [(-7, 2), (-6, -4), (-5, 40), (-4, -400)])
    return [
        Trail(
            style, x, y, Ravine().value(np.stack([x, y], axis=1)), np.arange(len(x)) / 4, "epochs"
        )
        for style, (x, y) in zip(
            LOOKS, (np.array(way, dtype=float).T for way in ways), strict=False
        )
    ]


@pytest.mark.parametrize("draw", [contour, panels])
def test_surfaces_from_above(draw, ravine, trails):
    chart = draw(ravine, trails)
    known, places = rows(chart, "w", "b", "loss"), rows(chart, "w", "b")
    losses = {place[:2]: place[2] for place in known}
    fields = [trace for trace in chart.figure.data if trace.type == "contour"]
    for trace in fields:
        grid = zip(np.tile(trace.x, len(trace.y)), np.repeat(trace.y, len(trace.x)), strict=True)
        drawn = [losses[rounded(x), rounded(y)] for x, y in grid]
        np.testing.assert_array_equal(np.ravel(trace.z), np.array(drawn, dtype="f4"))
    for trace in chart.figure.data:
        assert trace in fields or points(trace) <= places

    assert len(fields) == (1 if draw is contour else 2)
    assert set(chart.numbers["kind"]) == {"path", "surface", "minimum"}
    assert list(chart.numbers)[2] == "epochs"


def test_surfaces_in_three_dimensions(ravine, trails):
    chart = relief(ravine, trails)
    surface, *paths = chart.figure.data
    known = {place[:2]: place[2] for place in rows(chart, "w", "b", "loss")}
    levels = relief_levels(ravine, None)
    for row, y in enumerate(surface.y):
        losses = np.array([known[rounded(x), rounded(y)] for x in surface.x])
        np.testing.assert_allclose(surface.z[row], heights_of(losses, levels), rtol=1e-6)
    assert paths
    for path in paths:
        assert points(path) <= set(known)


def test_lines_over_their_rows():
    inputs = np.linspace(-1, 1, 9)
    at = np.linspace(-1.1, 1.1, 5)
    chart = fitted_lines(inputs, inputs**2, [at, 2 * at], LOOKS[:2], at)

    assert not strays(chart, ("x", "prediction"), ("x", "target"))


def test_lines_at_a_step_over_those_of_the_end():
    inputs = np.linspace(-1, 1, 9)
    at = np.linspace(-1.1, 1.1, 5)
    now = [at - 3, at - 4]
    chart = fitted_lines(inputs, inputs**2, [at, 2 * at], LOOKS[:2], at, now)

    columns = ("prediction", "target", "prediction_at_step")
    assert not strays(chart, *(("x", column) for column in columns))
    assert rows(chart, "x", "prediction_at_step") == pairs([*at, *at], np.concatenate(now))


@pytest.mark.parametrize("end", [1.2, np.inf])
@pytest.mark.parametrize("followed", [None, ("slope of the mini-batch", -1.0)])
def test_one_parameter(end, followed):
    step = Tangent(1.5, 2.25, 3.0, end, end**2, followed)
    chart = one_parameter(CURVE, CURVE**2, step, LOOKS[0], "w")

    assert not strays(chart, ("w", "loss"))
    kinds = {"loss", "tangent", "step"} | ({"followed"} if followed else set())
    assert set(chart.numbers["kind"]) == kinds


def test_distances_and_rates_over_the_run(trails):
    distances = [np.arange(1.0, len(trail.x) + 1) for trail in trails]
    rates = [(LOOKS[0], np.arange(3.0), np.ones((3, 2)))]

    assert not strays(plane_distances(trails, distances, "epochs"), ("epochs", "value"))
    assert not strays(effective_rates(rates, ["x", "y"], "iterations"), ("iterations", "value"))


def test_two_losses():
    chart = two_losses(sigmoid_losses(CURVE))
    sizes = [
        f"{loss}{part}"
        for loss in ("squared_error", "cross_entropy")
        for part in ("", "_slope_size")
    ]

    assert not strays(chart, *(("probability", size) for size in sizes))


def test_count():
    plans = [Plan(rows=1_000, batch_size=300, epochs=50), Plan(rows=1_000, batch_size=1, epochs=50)]
    per_epoch, in_all = (count_bars(plans).figure.data, count_bars(plans))

    assert points(per_epoch[0]) == rows(in_all, "iterations_per_epoch", "setting")
    assert points(per_epoch[1]) == rows(in_all, "iterations_in_all", "setting")


def test_timeline():
    used = timeline(Counts(20, 6, "dropped"), "replacement", 1, 2)
    chart = rows_against_iterations(used, 1)
    through, marks = chart.figure.data
    left_out = np.isnan(chart.numbers["iteration"])
    epochs, own = chart.numbers["epoch"][left_out], chart.numbers["row"][left_out]

    assert points(marks) == rows(chart, "iteration", "row")
    ends = {(3 * (epoch - 1) + 0.6, row) for epoch, row in zip(epochs, own, strict=True)}
    ends |= {(3 * epoch + 0.4, row) for epoch, row in zip(epochs, own, strict=True)}
    assert points(through) == {(rounded(x), rounded(y)) for x, y in ends}
    assert len(own)


def test_times_seen():
    chart = times_seen(timeline(Counts(500, 100), "replacement", 0, 4))

    names = dict(enumerate(chart.numbers["times"]))
    bars, marks, _texts = chart.figure.data
    shares, expected = chart.numbers["share"], chart.numbers["expected_share"]
    assert [(names[place], share) for place, share in zip(bars.x, bars.y, strict=True)] == list(
        zip(chart.numbers["times"], shares, strict=True)
    )
    ends = np.array(marks.x).reshape(-1, 4)[:, :3]
    np.testing.assert_allclose(ends.mean(axis=1), bars.x)
    np.testing.assert_array_equal(np.array(marks.y)[::4], expected)


NOISY_ROWS = np.random.default_rng(3).normal(size=(90, 4)) + np.array([1, 0, 0, 0])


def test_gradient_noise():
    batches = batch_gradients(NOISY_ROWS, 8, "shuffled", 0, 50)[:, :2]
    noises = {way: measure_noise(NOISY_ROWS, way, 0) for way in ("shuffled", "replacement")}
    variances = ("measured_variance", "predicted_variance", "band_from", "band_to")
    angles = ("lower_quartile", "median", "upper_quartile")

    assert not strays(gradient_cloud(NOISY_ROWS[:, :2], batches, ("w", "b"), 8), ("x", "y"))
    assert not strays(variance_against_size(noises), *(("batch_size", one) for one in variances))
    assert not strays(
        angles_against_size(noises["shuffled"]), *(("batch_size", one) for one in angles)
    )


def test_epochs_that_overfit():
    epochs = np.arange(101)
    validation = 0.3 + ((epochs - 40) / 100) ** 2
    chart = losses_of_epochs(judged(np.exp(-epochs / 30), validation), 52, log=True)

    assert not strays(chart, ("epoch", "training_loss"), ("epoch", "validation_loss"))


def test_map():
    values = np.array([[0.5, 0.25, np.inf], [0.125, 3.0, np.inf]])
    went = np.array([[False, False, True], [False, False, False]])
    chart = batch_rate_map(values, went, ("1", "all"), (0.01, 0.1, 1.0), "final_loss")
    (cells,) = chart.figure.data

    np.testing.assert_array_equal(
        10 ** np.array(cells.z, dtype=float).ravel()[[0, 1, 3, 4]],
        chart.numbers["final_loss"][[0, 1, 3, 4]],
    )
    for note in chart.figure.layout.annotations:
        number = int(note.y) * 3 + int(note.x)
        text = re.sub("</?b>|★ ", "", note.text)
        if chart.numbers["diverged"][number]:
            assert text == DIVERGED
        elif np.isinf(chart.numbers["final_loss"][number]):
            assert text == NEVER
        else:
            assert float(text) == chart.numbers["final_loss"][number]


def test_parallel_coordinates():
    """Between the first axis and the second lie the values, where both run from 0 to 1."""
    values = np.random.default_rng(2).integers(0, 5, (2, 60)) / 4
    names = ("left", "right")
    chart = parallel_coordinates(
        [Coordinate(name, name, own) for name, own in zip(names, values, strict=True)], []
    )
    ends = {
        (rounded(left), rounded(right))
        for trace in chart.figure.data
        for left, right, _gap in np.reshape(trace.y, (-1, 3))
    }

    assert ends == rows(chart, *names)
    assert len(ends) < 60


@pytest.mark.parametrize("name", EXAMPLES)
def test_graph(name):
    """What is written on the edges and below shared nodes, to the digits that are shown."""
    example = EXAMPLES[name]
    found = differentiate(example.graph, example.point)
    chart = graph_drawing(example.graph, found, len(steps(example.graph)) - 1, {})
    values, handed, sums = (chart.figure.data[place].text for place in (-4, -3, -2))
    numbers = chart.numbers

    def written(number):
        return float(number.replace("−", "-"))

    for text, value in zip(values, numbers["value"], strict=True):
        assert written(text) == pytest.approx(value, rel=5e-3)
    for text, value in zip(handed, numbers["handed_back"], strict=True):
        assert not text or written(text) == pytest.approx(value, rel=5e-3, abs=1e-12)
    totals = {float(f"{value:.3g}") for value in numbers["derivative"]}
    for text in sums:
        assert not text or float(f"{written(text.split()[-1]):.3g}") in totals
    for node in set(numbers["node"]):
        own = numbers["node"] == node
        assert numbers["handed_back"][own].sum() == pytest.approx(numbers["derivative"][own][0])


def test_derivatives():
    curve = error_curve(parse("exp(x)"), {"x": 1.0}, "x")
    errors = error_curves(curve, "x", {})
    nothing = np.zeros(7)
    checks = [NetworkCheck(7, 10, nothing, nothing, 14, 1e-4, 2e-3)]
    influences = influence_bars({"a": 2.2, "b": -110.0}, "y", {})
    lines = [("step", column) for column in errors.numbers if column != "step"]

    foot = 1e-18  # an error of exactly 0 has no logarithm, and is drawn there
    zeros = {
        (step, rounded(foot)) for pair in lines for step, error in rows(errors, *pair) if error == 0
    }
    assert strays(errors, *lines) <= zeros
    assert not strays(influences, ("derivative", "variable"))
    assert not strays(descent_curve(np.array([4.0, 2.0, 1.0]), "MSE"), ("update", "loss"))
    assert not strays(
        gradient_times(checks),
        ("parameters", "backpropagation_ms"),
        ("parameters", "central_difference_ms"),
    )


def test_profiles():
    times = [[10, 20, 30, 40], [20, 10, 60, np.inf], [10, 100, 15, 50]]

    chart = performance_profiles(performance_ratios(times), LOOKS)

    assert not strays(chart, ("factor", "share_of_problems"))


def test_price_of_tuning():
    losses = [[0.1, 0.2, 0.3, 0.4, 1.0], [0.1, 0.2, 0.3, np.inf, np.inf], [0.2]]
    prices = [[best_of(own, k) for k in range(1, len(own) + 1)] for own in losses]

    chart = best_of_settings(prices, LOOKS, "training_loss")

    drawn = ("training_loss", "lower_quartile", "upper_quartile", "all_diverged")
    assert not strays(chart, *(("settings", column) for column in drawn))


def test_map_of_a_sweep():
    values = np.array([[0.3, 0.1, np.inf], [0.2, np.nan, 0.4]])
    n = np.array([[2, 3, 3], [3, 0, 3]])
    settings = np.array([[0, 1, 2], [3, -1, 5]])
    tiles = Tiles(values, n, np.where(np.isinf(values), n, 0), settings, np.ones_like(n), 3)
    across, upwards = Side("Rate", ("0.1", "1", "10")), Side("Run", ("a", "b"))
    chart = sweep_map(tiles, across, upwards, "Loss")

    points = chart.figure.data[-1]
    drawn = {
        (upwards.names[row], across.names[column], setting)
        for row, column, setting in zip(points.y, points.x, points.customdata, strict=True)
    }
    columns = (chart.numbers[name] for name in ("Run", "Rate", "setting"))
    assert drawn == {row for row in zip(*columns, strict=True) if row[2] >= 0}


def test_no_chart_is_left_out():
    modules = [
        importlib.import_module(f"charts.{module.name}")
        for module in pkgutil.iter_modules(charts.__path__)
    ]
    drawing = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_")
        and inspect.signature(function).return_annotation in {"Chart", Chart}
    }

    assert drawing <= set(filter(inspect.isfunction, globals().values()))
    assert len(drawing) > 20
