"""The factor of the learning rate below the losses: on the same axis, that of the updates."""

from functools import cache

import numpy as np
import pytest

from charts.schedules import schedule_preview
from charts.theme import AROUND_PLOT, HEIGHT, RunStyle
from charts.zoom import zoomed
from comparison.before import with_lines_before
from comparison.catalogue import losses
from engine import Budget, Experiment, Function, Network, Run, Stopping, fit, inspect
from engine.problems.datasets import TwoMoons
from engine.rules import SGD
from engine.rules.schedules import Constant, Cosine, ReduceOnPlateau, Step

STYLES = [RunStyle("falling", 0), RunStyle("even", 1)]


def trained(*schedules, amount=5, unit="epochs", seeds=(0, 1)):
    runs = [
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=10, schedule=one) for one in schedules
    ]
    problem = Network(dataset=TwoMoons(rows=40), hidden=(2,))
    budget = Budget(amount=amount, unit=unit)
    return fit(Experiment(problem=problem, runs=runs, budget=budget, seeds=seeds))


def drawn(history, styles=STYLES, quantity="training_loss", axis="epochs"):
    return losses(history, styles[: len(history.runs)], quantity, axis, log=True)


@cache
def falling():
    return trained(Cosine(), Constant())


def below(chart):
    return [trace for trace in chart.figure.data if trace.yaxis == "y2"]


def test_runs_without_a_schedule_have_the_chart_that_they_had():
    chart = drawn(trained(Constant()))

    assert below(chart) == []
    assert chart.figure.layout.height == HEIGHT
    assert "schedule_factor" not in chart.numbers


@pytest.mark.parametrize("axis", ["epochs", "iterations", "rows_seen"])
def test_the_factors_lie_below_the_losses_on_the_same_axis(axis):
    chart = drawn(falling(), axis=axis)
    form = chart.figure.layout
    cosine, even = below(chart)

    assert (cosine.name, even.name) == ("falling", "even")
    assert cosine.xaxis in {None, "x"}
    assert form.xaxis.anchor == "y2"
    assert form.yaxis2.domain[1] < form.yaxis.domain[0]
    (loss, *_) = [trace for trace in chart.figure.data if trace.name == "falling"]
    assert (cosine.x[0], cosine.x[-1]) == (loss.x[0], loss.x[-1])
    assert set(even.y) == {1.0}
    assert (np.diff(cosine.y[1:]) < 0).all()


def test_the_losses_have_as_much_room_as_before():
    form = drawn(falling()).figure.layout
    low, high = form.yaxis.domain
    above = form.margin.t - 12

    assert (form.height - AROUND_PLOT - above) * (high - low) == pytest.approx(HEIGHT - AROUND_PLOT)


@pytest.mark.parametrize("quantity", ["training_loss", "batch_loss"])
def test_numbers_have_the_factor_of_the_update_that_led_to_each_step(quantity):
    numbers = drawn(falling(), quantity=quantity, axis="iterations").numbers
    assert len({len(column) for column in numbers.values()}) == 1

    for run, step, factor in zip(
        numbers["run"], numbers["iterations"], numbers["schedule_factor"], strict=True
    ):
        position = ["falling", "even"].index(run)
        seen = inspect(falling().experiment, position, 0, max(int(step), 1))
        assert factor == pytest.approx(seen.learning_rate / 0.5, rel=1e-12)


def test_what_the_factors_are_is_said_and_told_to_those_who_do_not_see_them():
    chart = drawn(falling())

    assert any("multiplies its learning rate" in remark for remark in chart.remarks)
    assert "even 1" in chart.alt


def test_a_hidden_run_has_no_factor_and_none_are_drawn_where_all_are_hidden():
    hidden = [RunStyle("falling", 0, hidden=True), STYLES[1]]
    chart = drawn(falling(), hidden)

    assert [trace.name for trace in below(chart)] == ["even"]
    assert len(chart.numbers["schedule_factor"]) == len(chart.numbers["run"])
    assert below(drawn(falling(), [RunStyle(one.name, 0, hidden=True) for one in STYLES])) == []


def test_a_plateau_is_drawn_as_it_happened_or_not_at_all():
    plateau = ReduceOnPlateau(patience=0, decay=0.5, threshold=0.3)
    history = trained(plateau, seeds=(0,))
    happened = below(drawn(history))[0].y[-1]
    hardly = drawn(trained(plateau, amount=1_000, unit="iterations", seeds=(0,)))

    last = int(history.runs[0].last_step[0])
    assert happened == inspect(history.experiment, 0, 0, last).learning_rate / 0.5 < 1
    assert below(hardly) == []
    assert any("the factors of falling" in remark for remark in hardly.remarks)


def test_a_run_that_ended_where_it_began_has_no_factor():
    history = trained(Cosine(), seeds=(0,))
    stopped = history.experiment.model_copy(update={"stopping": Stopping(target_loss=100.0)})
    for quantity in ("training_loss", "batch_loss"):
        chart = drawn(fit(stopped), quantity=quantity)

        assert below(chart) == []
        assert not any("the factors of" in remark for remark in chart.remarks)


def test_a_zoomed_chart_keeps_names_at_the_ends_of_losses():
    chart = drawn(falling())
    part = {"yaxis": chart.figure.layout.yaxis.range}
    notes = {
        note.name: note.y for note in zoomed(chart.figure, part).layout.annotations if note.name
    }

    for note in chart.figure.layout.annotations:
        assert notes[note.name] == pytest.approx(note.y, abs=1e-6)


def test_lines_before_the_change_bring_no_panel_of_their_own():
    before, now = drawn(falling()), drawn(trained(Constant()))
    chart = with_lines_before(now, before, ["falling"])

    assert below(chart) == []
    assert len(below(with_lines_before(drawn(falling()), before, ["falling"]))) == 3


@pytest.mark.parametrize(
    "schedule", [Cosine(), Step(every=1.0), ReduceOnPlateau()], ids=lambda one: one.name
)
def test_a_preview_shows_the_factors_over_the_whole_budget(schedule):
    experiment = trained(schedule, amount=2).experiment
    chart = schedule_preview(experiment, experiment.runs[0], STYLES[0])
    counts, total = experiment.counts(experiment.runs[0]), 6

    factors = schedule.factors(np.arange(1, total + 1), counts, total)
    assert chart.numbers["schedule_factor"].tolist() == [factors[0], *factors]
    assert chart.numbers["epochs"].tolist() == (np.arange(7) / 3).tolist()
    assert bool(chart.remarks) == isinstance(schedule, ReduceOnPlateau)


def test_a_preview_of_a_function_counts_updates():
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all", schedule=Cosine())
    experiment = Experiment(problem=Function(), runs=[run], budget=Budget(amount=3))

    assert schedule_preview(experiment, run, STYLES[0]).numbers["iterations"].tolist() == [
        0,
        1,
        2,
        3,
    ]
