"""Sharpness lies beside the edge of its run, in its colour, and the chart says what it is."""

from functools import cache

import numpy as np
import pytest

from charts.curves import loss_curves
from charts.sharpness import aligned, sharpness_chart
from charts.theme import RunStyle
from engine import Budget, Experiment, Function, Network, Run, fit, measure_sharpness
from engine.problems.datasets import Line
from engine.problems.functions import Bowl
from engine.rules import SGD, Adagrad, Adam, Momentum

RULES = (SGD(), Momentum(0.9), Adam(), Adagrad())
STYLES = [RunStyle(rule.title, number) for number, rule in enumerate(RULES)]


@cache
def measured(seeds=(0,), rate=0.05):
    network = Network(dataset=Line(rows=40), hidden=(3,), loss="mean_squared_error")
    runs = tuple(Run(optimizer=rule, learning_rate=rate, batch_size="all") for rule in RULES)
    experiment = Experiment(problem=network, runs=runs, budget=Budget(amount=20), seeds=seeds)
    return measure_sharpness(experiment, 5), fit(experiment)


def chart(shown="sharpness", styles=STYLES, **fields):
    return sharpness_chart(*measured(**fields), styles, shown, "epochs", log=True)


def on_bowl(*rates):
    """SGD at some rates where the curvature is 9, under the names of the styles."""
    runs = tuple(Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in rates)
    problem = Function(function=Bowl(condition=9.0))
    experiment = Experiment(problem=problem, runs=runs, budget=Budget(amount=60, unit="iterations"))
    results = measure_sharpness(experiment, 1), fit(experiment)
    return sharpness_chart(*results, STYLES[: len(runs)], "sharpness", "iterations", log=True)


def traces(drawn, name):
    return [trace for trace in drawn.figure.data if trace.name == name]


def test_a_run_has_a_line_and_its_edge_is_thin_and_dashed_in_its_colour():
    drawn = chart()

    for rule, style, edge in zip(RULES[:2], STYLES, (2 / 0.05, 3.8 / 0.05), strict=False):
        (line,), (beside,) = traces(drawn, rule.title), traces(drawn, f"{rule.title}: edge")
        assert line.x.tolist() == beside.x.tolist() == [0, 5, 10, 15, 20]
        assert line.line.color == beside.line.color == style.colour
        assert (beside.line.dash, beside.line.width < line.line.width) == ("dash", True)
        np.testing.assert_allclose(beside.y, edge)


def test_an_edge_is_named_with_its_value_and_with_its_run_where_both_end_alike():
    far = [note.text for note in chart().figure.layout.annotations]
    near = [note.text for note in on_bowl(0.2, 0.01).figure.layout.annotations]

    assert {"SGD", "SGD: edge 40", "Momentum", "Momentum: edge 76", "Adagrad"} <= set(far)
    assert near == ["SGD, edge 10", "Momentum", "Momentum: edge 200"]


def test_a_run_without_a_known_edge_has_its_line_alone_and_the_chart_says_so():
    drawn = chart()

    assert traces(drawn, "Adagrad")
    assert not traces(drawn, "Adagrad: edge")
    assert [remark for remark in drawn.remarks if "Adagrad" in remark]
    edges = drawn.numbers["edge"][drawn.numbers["run"] == "Adagrad"]
    assert np.isnan(edges).all()


def test_a_preconditioned_run_begins_with_its_first_update():
    (line,) = traces(chart(), "Adam")

    assert line.x.tolist() == [5, 10, 15, 20]
    assert [remark for remark in chart().remarks if "Adam" in remark]


def test_the_share_of_the_step_lies_on_a_linear_axis_without_edges():
    drawn = chart("step_share")

    assert drawn.figure.layout.yaxis.type == "linear"
    assert len(drawn.figure.data) == len(RULES)
    for trace in drawn.figure.data:
        assert 5 in trace.x
        assert 0 not in trace.x  # no update has led to the start
        assert ((np.array(trace.y) >= 0) & (np.array(trace.y) <= 1)).all()


def test_a_hidden_run_takes_its_edge_along():
    hidden = [RunStyle("SGD", 0, hidden=True), *STYLES[1:]]

    drawn = chart(styles=hidden)

    assert not traces(drawn, "SGD")
    assert not traces(drawn, "SGD: edge")
    assert traces(drawn, "Momentum: edge")


def test_several_seeds_have_a_median_and_a_band():
    drawn = chart(seeds=(0, 1, 2))

    results, _ = measured(seeds=(0, 1, 2))
    (line,) = traces(drawn, "SGD")
    np.testing.assert_allclose(line.y, np.median(results.runs[0].values, axis=1), rtol=1e-12)
    assert {"lower_quartile", "upper_quartile"} <= set(drawn.numbers)


def test_a_run_that_diverged_ends_in_a_cross():
    drawn = on_bowl(3.0)

    assert [trace for trace in drawn.figure.data if trace.marker.symbol == "x"]
    assert [n for n in drawn.figure.layout.annotations if n.text == "SGD diverged"]


@pytest.mark.parametrize("shown", ["sharpness", "step_share"])
def test_the_alternative_text_says_all_that_the_remarks_say(shown):
    drawn = chart(shown)

    assert all(remark in drawn.alt for remark in drawn.remarks)
    assert [remark for remark in drawn.remarks if "5 epochs" in remark]


def test_a_run_that_ended_before_a_measurement_is_said_to_have():
    """Adam has no preconditioner before its first update, and here no measurement after it."""
    runs = tuple(
        Run(optimizer=rule, learning_rate=rate, batch_size="all")
        for rule, rate in ((SGD(), 0.1), (Adam(), 1e7))
    )
    problem = Function(function=Bowl(condition=9.0))
    experiment = Experiment(problem=problem, runs=runs, budget=Budget(amount=9, unit="iterations"))
    results = measure_sharpness(experiment, 9), fit(experiment)

    drawn = sharpness_chart(*results, STYLES[:2], "sharpness", "iterations", log=True)

    assert "Ended before there was anything to measure: Momentum." in drawn.remarks
    assert set(drawn.numbers["run"]) == {"SGD"}
    assert not any("where they began" in remark for remark in drawn.remarks)


def test_charts_that_lie_above_one_another_leave_the_same_room_beside_their_plots():
    _results, history = measured()
    loss = loss_curves(history, STYLES, "training_loss", "epochs", log=True)
    before = loss.figure.layout.margin.r

    above, below = aligned(chart(), loss)

    sides = [(one.figure.layout.margin.l, one.figure.layout.margin.r) for one in (above, below)]
    assert sides[0] == sides[1]
    assert sides[0][1] >= before
