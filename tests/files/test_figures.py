"""The charts of a comparison, and that every point of them is a row of their numbers."""

import numpy as np
import pytest

from charts.sensitivity import rate_sensitivity
from charts.theme import Look
from engine import Budget, Experiment, Function, Network, Run, fit, rate_sweep
from engine.datasets import Blobs, Iris, Line
from engine.optimizers import SGD, Adam
from files.document import View, with_default_view
from files.figures import can_be_drawn, chart_title, comparison_charts, fit_epochs, fits

RUNS = [
    Run(optimizer=Adam(), learning_rate=0.05),
    Run(optimizer=SGD(), learning_rate=0.1),
    Run(optimizer=SGD(), learning_rate=1e7),
]
EXPERIMENTS = {
    "one seed, one run diverges": Experiment(runs=RUNS, budget=Budget(amount=3)),
    "three seeds": Experiment(runs=RUNS, budget=Budget(amount=3), seeds=(0, 1, 2)),
    "a curve": Experiment(
        problem=Network(dataset=Line(), loss="mean_squared_error"),
        runs=RUNS[:2],
        budget=Budget(amount=3),
    ),
    "a test function, summarised": Experiment(
        problem=Function(),
        runs=[run.model_copy(update={"batch_size": "all"}) for run in RUNS[:2]],
        budget=Budget(amount=900, unit="iterations"),
        seeds=tuple(range(30)),
    ),
}


def charts(experiment, **view):
    history = fit(experiment)
    looks = [Look(f"run {number}", number) for number in range(len(history.runs))]
    shown = View(names=("",) * len(looks), numbers=tuple(range(len(looks))), **view)
    return comparison_charts(history, looks, shown)


def rows(numbers, *names):
    """Every combination of these columns, as single floats: some charts are sent in them."""
    return set(zip(*(np.float32(numbers[name]).tolist() for name in names), strict=True))


def points(trace, y):
    return set(zip(np.float32(trace.x).tolist(), np.float32(y).tolist(), strict=True))


@pytest.mark.parametrize("axis", ["epochs", "iterations", "rows_seen"])
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_point_of_a_curve_is_a_row_of_its_numbers(name, axis):
    drawn = charts(EXPERIMENTS[name], axis=axis, quantity="batch_loss")
    drawn.pop("fits", None)
    for chart in drawn.values():
        x, y, *quartiles = (column for column in chart.numbers if column != "run")
        known = set().union(*(rows(chart.numbers, x, column) for column in (y, *quartiles)))
        assert x == axis
        for trace in chart.figure.data:
            assert points(trace, trace.y) <= known


def test_every_point_of_the_fits_is_a_row_of_their_numbers():
    chart = charts(EXPERIMENTS["one seed, one run diverges"])["fits"]
    grid, seen = rows(chart.numbers, "x", "y"), set()
    for trace in chart.figure.data:
        if trace.type == "heatmap":
            x, y = np.meshgrid(trace.x, trace.y)
            assert set(zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)) <= grid
        else:
            assert points(trace, trace.y) <= grid
        seen.add(trace.type)
    assert seen == {"heatmap", "scatter"}


def test_every_point_of_a_fitted_curve_is_a_row_of_its_numbers():
    chart = charts(EXPERIMENTS["a curve"])["fits"]
    known = rows(chart.numbers, "x", "prediction") | rows(chart.numbers, "x", "target")

    for trace in chart.figure.data:
        assert points(trace, trace.y) <= known


def test_every_point_of_the_sensitivity_is_a_row_of_its_numbers():
    sweep = fit(rate_sweep(Experiment(runs=RUNS[:2], budget=Budget(amount=2)), (0.01, 0.1, 1e7)))
    chart = rate_sensitivity(sweep, [Look("Adam", 0), Look("SGD", 1)], (0.01, 0.1, 1e7))
    known = rows(chart.numbers, "learning_rate", "validation_loss")
    diverged = {rate for rate, loss in known if np.isinf(loss)}

    for trace in chart.figure.data:
        for rate, loss in points(trace, trace.y):
            # A diverged rate is a cross at the edge, or a gap: its loss is infinite.
            assert (rate, loss) in known or rate in diverged


def test_the_charts_follow_the_view():
    drawn = charts(
        EXPERIMENTS["three seeds"], quantity="validation_loss", axis="rows_seen", log=False
    )

    assert list(drawn["loss"].numbers)[1:3] == ["rows_seen", "validation_loss"]
    assert drawn["loss"].figure.layout.yaxis.type == "linear"


@pytest.mark.parametrize(
    ("problem", "drawn"),
    [
        (Network(), True),
        (Network(dataset=Line(), loss="mean_squared_error"), True),
        (Network(dataset=Iris(), loss="cross_entropy"), False),
        (Network(dataset=Blobs(features=3), loss="cross_entropy"), False),
        (Function(), False),
    ],
)
def test_fits_are_drawn_where_a_plane_or_a_line_shows_them(problem, drawn):
    assert can_be_drawn(problem) is drawn
    assert (
        "fits"
        in charts(
            Experiment(
                problem=problem,
                budget=Budget(amount=1),
                runs=[Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")],
            )
        )
    ) is drawn


def test_fits_name_epoch_and_seed():
    history = fit(EXPERIMENTS["three seeds"])
    looks = [Look(str(number), number) for number in range(3)]

    assert fit_epochs(history)[-1] == 3
    assert fits(history, looks, 3.0)[1] == "epoch 3, seed 0"


def test_charts_have_titles():
    document = with_default_view(EXPERIMENTS["one seed, one run diverges"])
    drawn = charts(document.experiment)

    titles = [chart_title(name, document) for name in drawn]
    assert titles[0] == "Training loss"
    assert len(set(titles)) == len(titles) == 6
