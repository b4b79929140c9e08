"""The charts of a sweep show the numbers of its lanes."""

from dataclasses import replace

import numpy as np
import pytest

from comparison.sweep import charts
from comparison.sweep.charts import curves_chart, map_chart, rate_curves_of
from comparison.words.sweeps import chosen_words
from sweeps.cells import values
from sweeps.lanes import STATUSES
from tests.comparison.sweep.looks import SPECS, lanes, look


def truth(seen, quantity="final_loss"):
    """The median of every setting over the seeds that are trained, and how many these are."""
    every = values(seen.lanes, quantity, seen.target)
    with np.errstate(invalid="ignore"):
        medians = [
            np.median(row[~np.isnan(row)]) if (~np.isnan(row)).any() else np.nan for row in every
        ]
    return np.array(medians)


def without(own, settings, seeds=(0, 1, 2)):
    """Lanes of which some are not trained yet."""
    status = own.status.copy()
    scores = {name: column.copy() for name, column in own.scores.items()}
    for setting in settings:
        status[setting, list(seeds)] = 0
        for column in scores.values():
            column[setting, list(seeds)] = np.nan
    return replace(own, status=status, scores=scores)


@pytest.mark.parametrize("x", ["learning_rate", "batch_size", "run"])
@pytest.mark.parametrize("shown", ["final_loss", "final_score", "updates_to_target"])
def test_every_cell_shows_its_best_setting(x, shown):
    seen = look("rates and batch sizes", across=x, upwards="run", shown=shown)
    medians, numbers = truth(seen, shown), map_chart(seen).numbers
    across, upwards = seen.sides
    settings = numbers["setting"]

    for cell, setting in enumerate(settings):
        row, column = divmod(cell, len(across))
        own = np.flatnonzero((across.places == column) & (upwards.places == row))
        best = max(medians[own]) if shown == "final_score" else min(medians[own])
        assert setting in own
        assert numbers[seen.quantity_title][cell] == medians[setting] == best
        assert numbers["n"][cell] == 3
        assert numbers["diverged"][cell] == seen.lanes.diverged[setting].sum()
        assert numbers["settings"][cell] == len(own)


def test_brushes_and_held_fields_leave_their_settings_out_of_the_cells():
    held = [{"field": "batch_size", "place": 1}]
    brushes = [{"field": "learning_rate", "low": 0.05, "high": 1}]
    numbers = map_chart(look("rates and batch sizes", held=held, brushes=brushes)).numbers

    spec = SPECS["rates and batch sizes"].settings
    shown = [spec.run(setting) for setting in numbers["setting"] if setting >= 0]
    assert {(run["batch_size"], run["learning_rate"]) for run in shown} == {
        ("all", 0.1),
        ("all", 0.5),
    }


def test_what_is_held_is_said_under_the_map_and_in_its_alternative_text():
    chart = map_chart(look("rates and batch sizes", held=[{"field": "batch_size", "place": 1}]))

    assert "Batch size: all" in chart.remarks
    assert "Batch size: all" in chart.alt


@pytest.mark.parametrize(
    ("name", "is_said"),
    [("rates and batch sizes", True), ("one seed", True), ("one value", False)],
)
def test_it_is_said_that_the_best_was_chosen_on_the_seeds_that_it_is_shown_with(name, is_said):
    assert (chosen_words() in map_chart(look(name)).remarks) == is_said


def test_where_nothing_is_best_nothing_was_chosen():
    assert chosen_words() not in map_chart(look("all diverge")).remarks


EDGES = "it lies at the edge of what was tried: a better one may lie beyond"


def test_an_arrow_is_drawn_at_the_edge_of_a_rule_s_own_rates_inside_the_map():
    chart = map_chart(look("other rates for another rule"))
    rings = chart.figure.layout.shapes

    notes = [note for note in chart.figure.layout.annotations if "→" in note.text]
    assert EDGES in chart.remarks
    assert [round(note.x) for note in notes] == [round((rings[0].x0 + rings[0].x1) / 2)] == [3]


def test_an_end_that_no_experiment_may_pass_gets_no_arrow():
    seen = look("a field of some rules", across="optimizer.momentum", upwards="run")
    chart = map_chart(seen)

    assert "Momentum μ: 0," in chart.alt  # the lowest there is
    assert EDGES not in chart.remarks


def test_fields_that_the_map_does_not_show_make_no_arrow():
    seen = look("other rates for another rule", across="batch_size", upwards="run")

    assert EDGES not in map_chart(seen).remarks


def test_a_sweep_without_axes_is_a_map_of_one_row_of_runs():
    chart = map_chart(look("no axes"))

    assert chart.numbers["Optimizer"].tolist() == ["SGD", "Adam"]
    assert chart.figure.layout.yaxis.title.text == ""
    assert len(chart.figure.data[-1].x) == 2


def test_a_partial_sweep_shows_what_it_has():
    own = without(lanes("one run"), [0], seeds=(1, 2))
    seen = replace(look("one run"), lanes=without(own, [2]))
    numbers = map_chart(seen).numbers

    assert numbers["n"].tolist() == [1, 3, 0, 3]
    assert numbers["Final validation loss"][0] == values(own, "final_loss")[0, 0]
    assert np.isnan(numbers["Final validation loss"][2])
    assert "2 cells are not complete yet" in map_chart(seen).remarks


# Curves


def test_each_point_of_a_curve_is_the_best_of_the_other_kept_fields():
    seen = look("rates and batch sizes")
    medians = truth(seen)
    found = rate_curves_of(seen)

    assert found.runs == [0, 1]
    for position, curve, settings in zip(found.runs, found.curves, found.settings, strict=True):
        assert curve.rates == (0.01, 0.1, 0.5, 1e6)
        for rate, loss, setting in zip(curve.rates, curve.losses, settings, strict=True):
            rates = seen.dimensions[1].numbers
            own = np.flatnonzero((seen.dimensions[0].places == position) & (rates == rate))
            assert loss == medians[setting] == medians[own].min()


def test_the_points_of_a_curve_carry_their_settings_and_say_over_what_they_are_the_best():
    seen = look("rates and batch sizes")
    found = rate_curves_of(seen)
    chart = curves_chart(seen, found)

    lines = [trace for trace in chart.figure.data if trace.mode == "lines+markers"]
    assert [list(line.customdata) for line in lines] == found.settings
    assert "at every rate the best of: Batch size" in chart.remarks


def test_curves_follow_what_is_held():
    held = [{"field": "batch_size", "place": 1}]
    seen = look("rates and batch sizes", held=held)
    found = rate_curves_of(seen)

    sizes = {seen.spec.settings.run(one)["batch_size"] for own in found.settings for one in own}
    assert sizes == {"all"}
    assert "Batch size: all" in curves_chart(seen, found).remarks


def test_a_run_that_never_ends_finite_has_a_curve_without_a_best():
    seen = look("all diverge")
    found = rate_curves_of(seen)

    assert [curve.best for curve in found.curves] == [None, None]
    curves_chart(seen, found)


def test_a_run_without_a_trained_setting_has_no_curve():
    own = lanes("one seed")
    adam = np.flatnonzero(look("one seed").dimensions[0].places == 1)
    seen = replace(look("one seed"), lanes=without(own, adam, seeds=(0,)))
    found = rate_curves_of(seen)

    assert found.runs == [0]
    (line,) = [
        trace for trace in curves_chart(seen, found).figure.data if trace.mode == "lines+markers"
    ]
    assert line.name == "SGD"


def test_one_rate_is_a_curve_of_one_point():
    found = rate_curves_of(look("one value"))

    assert [curve.rates for curve in found.curves] == [(0.1,)]


def test_a_sweep_over_other_fields_has_no_curves():
    assert rate_curves_of(look("problems")).curves == []


def test_seeds_that_are_missing_at_some_rates_leave_the_others():
    seen = replace(look("one run"), lanes=without(lanes("one run"), [1], seeds=(0,)))
    found = rate_curves_of(seen)

    chart = curves_chart(seen, found)
    assert [len(one.status) for one in found.curves[0].scores] == [3, 2, 3, 3]
    assert "1 point is not complete yet" in chart.remarks
    finals = values(seen.lanes, "final_loss")[1, 1:]
    assert chart.numbers["lower_quartile"][1] == min(finals)
    assert chart.numbers["upper_quartile"][1] == max(finals)


# Range tests


@pytest.mark.parametrize("name", SPECS)
def test_a_tested_curve_differs_in_the_rate_alone(name):
    seen = look(name)
    for position in range(len(seen.styles)):
        found = charts.tested(seen, position)
        if found is None:
            continue
        medians = truth(seen)
        own = np.flatnonzero(seen.dimensions[0].places == position)
        best = own[np.nanargmin(medians[own])]
        run = seen.spec.settings.run(int(best))
        same = [
            setting
            for setting in own.tolist()
            if {**seen.spec.settings.run(setting), "learning_rate": 0}
            == {**run, "learning_rate": 0}
            and seen.spec.settings.experiment(setting) == seen.spec.settings.experiment(int(best))
        ]
        rates = [seen.spec.settings.run(setting)["learning_rate"] for setting in same]
        assert found.experiment.runs[0].model_dump(mode="json") == run
        assert list(found.curve.rates) == sorted(rates)
        assert (found.low, found.high) == (min(rates), max(rates))
        assert found.curve.losses.tolist() == [medians[same[at]] for at in np.argsort(rates)]


@pytest.mark.parametrize("name", ["one value", "all diverge", "no axes", "problems"])
def test_without_rates_that_differ_alone_or_a_best_setting_there_is_nothing_to_test(name):
    assert charts.tested(look(name), 0) is None


def test_a_lane_that_could_not_be_trained_is_no_result():
    own = lanes("one run")
    status = own.status.copy()
    status[1] = STATUSES.index("failed")
    scores = {name: np.where(status == 1, np.nan, column) for name, column in own.scores.items()}
    seen = replace(look("one run"), lanes=replace(own, status=status, scores=scores))

    assert map_chart(seen).numbers["n"].tolist() == [3, 0, 3, 3]
    assert 0.1 not in rate_curves_of(seen).curves[0].rates
