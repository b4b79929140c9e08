"""Fits: what every run has learnt, epoch by epoch."""

import json

import numpy as np
import pytest

from charts.fits import Panel, fit_panels
from charts.theme import RunStyle
from comparison.fits import params_at
from engine import (
    Budget,
    Experiment,
    Network,
    Run,
    data,
    fit,
)
from engine.problems.datasets import Digits, Line, SingleRow
from engine.rules import SGD
from tests.driven import captions, chart, run, small, told
from tests.ui.compare.driven import page


def drawn(figure):
    """All numbers that a figure draws, trace by trace, as they are sent."""
    return [[trace.get(axis) for axis in ("x", "y", "z")] for trace in figure["data"]]


@pytest.mark.parametrize(
    "problem",
    [
        Network(dataset=SingleRow(), hidden=(2,), loss="mean_squared_error", validation_share=0.0),
        Network(dataset=Digits(), hidden=(2,), loss="cross_entropy"),
    ],
    ids=["two targets", "many features"],
)
def test_what_has_no_picture_is_explained(problem, show):
    runs = [Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")]
    show("fits")
    at = page(small(problem=problem, runs=runs, budget=Budget(amount=1)))

    assert "one or two features" in told(at)


def panels(history, epoch=None):
    """The panels of SGD and Adam at an epoch, or at the end."""
    found = []
    for style, one in zip([RunStyle("SGD", 0), RunStyle("Adam", 1)], history.runs, strict=True):
        at = -1 if epoch is None else list(one.params_steps).index(epoch * one.per_epoch)
        found.append(Panel(style, one.params[0, at]))
    experiment = history.experiment
    made = fit_panels(experiment.problem, data(experiment), found, "")
    return drawn(json.loads(made.figure.to_json()))


def clock(at):
    """What the clock is sent."""
    sent = [json.loads(part.proto.json) for part in at.get("bidi_component")]
    (player,) = [data for data in sent if "scenes" in data]
    return player


@pytest.mark.parametrize("seeds", [(0,), (7, 3)], ids=["one seed", "two seeds"])
def test_an_epoch_moves_all_panels(seeds, show):
    compared = small(seeds=seeds)
    history = fit(compared)
    show("fits")
    at = page(compared)

    seen = []
    for epoch in (5, 0, 2):
        run(at.number_input(key="fit-number").set_value(epoch))
        shown = drawn(chart(at, "fits"))
        assert shown == panels(history, epoch)
        assert clock(at)["step"] == epoch
        # The clock tells the epoch; which seed it is needs a word.
        assert ("Showing the runs of seed 7" in captions(at)) == (len(seeds) > 1)
        seen.append(shown)

    for number in (0, 3):  # the maps
        assert len({str(shown[number]) for shown in seen}) == len(seen)


@pytest.mark.parametrize(("typed", "shown"), [(2, 2), (3.4, 3), (0, 0)])
def test_a_number_typed_shows_the_nearest_epoch(typed, shown, show):
    show("fits")
    at = page(small())
    run(at.number_input(key="fit-number").set_value(typed))

    assert at.number_input(key="fit-number").value == clock(at)["step"] == shown
    assert at.number_input(key="fit-number").step == 1


def test_fits_stand_beside_the_loss_under_one_clock():
    at = page(small())

    assert drawn(chart(at, "fits")) == panels(fit(small()))
    assert [layer["key"] for layer in clock(at)["layers"]] == ["loss", "fits"]


def test_the_pictures_are_sent_once_they_are_played():
    """They are large, so a change of the comparison never sends them."""
    at = page(small())
    assert "titles" not in clock(at)["scenes"][1]
    at.session_state["fits-wanted"] = clock(at)["version"]
    assert len(clock(run(at))["scenes"][1]["titles"]) == 2

    run(at.number_input(key="learning_rate-number").set_value(0.25))
    assert "titles" not in clock(at)["scenes"][1]


def test_a_run_is_shown_until_it_diverges():
    line = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (3.0, 0.05)]
    compared = Experiment(problem=line, runs=runs, budget=Budget(amount=400))
    history = fit(compared)
    past, _ = history.runs
    ended = history.divergence(0, 0).step
    assert past.status == ("diverged",)

    steps = [int(step) for step in past.params_steps if step % past.per_epoch == 0]
    before = max(step for step in steps if step < ended)
    first = params_at(history, 0, 0)
    np.testing.assert_array_equal(first, past.params[0, 0])
    alive = params_at(history, 0, before // past.per_epoch)
    np.testing.assert_array_equal(alive, past.params[0, list(past.params_steps).index(before)])
    assert np.isfinite(alive).all()
    assert params_at(history, 0, ended / past.per_epoch) is None
    assert params_at(history, 0, 400) is None


def test_a_run_that_stopped_early_is_shown_where_it_ended():
    history = fit(small())
    np.testing.assert_array_equal(params_at(history, 0, 1_000), history.runs[0].params[0, -1])


def test_the_clock_fits_a_shorter_budget(show):
    show("fits")
    at = page(small())
    run(at.number_input(key="fit-number").set_value(4))
    run(at.number_input(key="budget-epochs-number").set_value(3))

    assert at.number_input(key="fit-number").value == clock(at)["step"] == 3


@pytest.mark.parametrize("amount", [5, 35])  # of 10 iterations an epoch
def test_the_end_of_a_training_within_an_epoch_is_shown(amount, show):
    compared = small(budget=Budget(amount=amount, unit="iterations"))
    show("fits")
    at = page(compared)

    assert drawn(chart(at, "fits")) == panels(fit(compared))
