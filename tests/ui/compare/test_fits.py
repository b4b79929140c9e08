"""Fits: what every run has learnt, epoch by epoch."""

import json

import numpy as np
import pytest

from charts.theme import RunStyle
from comparison.edits import change_view
from comparison.fits import fit_pictures, fit_slice, params_at
from comparison.link import to_link
from engine import (
    Budget,
    Experiment,
    Network,
    Run,
    fit,
)
from engine.problems.datasets import Digits, Iris, Line, Penguins, SingleRow
from engine.rules import SGD
from tests.driven import captions, clock, run, small, told
from tests.ui.compare.driven import page


@pytest.mark.parametrize(
    "problem",
    [
        Network(dataset=SingleRow(), hidden=(2,), loss="mean_squared_error", validation_share=0.0),
        Network(dataset=Digits(), hidden=(2,), loss="cross_entropy"),
    ],
    ids=["two targets", "images"],
)
def test_what_has_no_picture_is_explained(problem, show):
    runs = [Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")]
    show("fits")
    at = page(small(problem=problem, runs=runs, budget=Budget(amount=1)))

    assert "no fits for images" in told(at)


STYLES = [RunStyle("SGD", 0, selected=True), RunStyle("Adam", 1)]
LARGE = "clamp(210px, 100vh - 32rem, 420px)"


def pictures(history, ticks, features=()):
    return fit_pictures(history, STYLES, ticks, fit_slice(history, features))


@pytest.mark.parametrize("seeds", [(0,), (7, 3)], ids=["one seed", "two seeds"])
def test_an_epoch_moves_all_panels(seeds, show):
    compared = small(seeds=seeds)
    history = fit(compared)
    show("fits")
    at = page(compared)

    seen = []
    for epoch in (5, 0, 2):
        run(at.number_input(key="fit-number").set_value(epoch))
        sent = clock(at)
        assert sent["panels"]["still"] == pictures(history, [epoch])
        assert sent["step"] == epoch
        assert f"epoch {epoch}" in sent["panels"]["alt"]
        # The clock tells the epoch; which seed it is needs a word.
        assert ("Showing the runs of seed 7" in captions(at)) == (len(seeds) > 1)
        seen.append(sent["panels"]["still"]["regions"])

    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(("typed", "shown"), [(2, 2), (3.4, 3), (0, 0)])
def test_a_number_typed_shows_the_nearest_epoch(typed, shown, show):
    show("fits")
    at = page(small())
    run(at.number_input(key="fit-number").set_value(typed))

    assert at.number_input(key="fit-number").value == clock(at)["step"] == shown
    assert at.number_input(key="fit-number").step == 1


def test_fits_stand_beside_the_loss_under_one_clock():
    at = page(small())
    sent = clock(at)

    assert sent["panels"]["still"] == pictures(fit(small()), [5])
    assert [layer["key"] for layer in sent["layers"]] == ["loss"]


def test_the_pictures_of_all_epochs_are_sent_once_they_are_played():
    """They are large, so a change of the comparison never sends them."""
    at = page(small())
    assert clock(at)["panels"]["moving"] is None
    at.session_state["fits-wanted"] = clock(at)["version"]
    moving = clock(run(at))["panels"]["moving"]
    assert moving == pictures(fit(small()), range(6))

    run(at.number_input(key="learning_rate-number").set_value(0.25))
    assert clock(at)["panels"]["moving"] is None


def test_a_hidden_run_has_no_panel():
    at = page(small())
    hidden = change_view(at.session_state["document"], hidden_runs=(0,)).document
    at.session_state["document"] = hidden
    panels = clock(run(at))["panels"]

    assert [run["colour"] for run in panels["runs"]] == [STYLES[1].colour]
    assert len(panels["still"]["titles"]) == 1
    assert panels["across"] == 1
    assert "SGD" in panels["alt"]  # it says who is hidden


def test_the_exported_chart_shows_the_same_step(show):
    show("fits")
    at = page(small())
    run(at.number_input(key="fit-number").set_value(2))
    run(at.button("export-fits").click())

    (preview,) = at.get("plotly_chart")[-1:]
    titles = [note["text"] for note in json.loads(preview.proto.spec)["layout"]["annotations"]]
    for (shown,) in clock(at)["panels"]["still"]["titles"]:
        assert any(shown in title for title in titles)


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

    assert clock(at)["panels"]["still"] == pictures(fit(compared), [amount])


@pytest.mark.parametrize(
    ("count", "across", "row"), [(1, 1, LARGE), (2, 2, LARGE), (4, 4, "210px"), (7, 4, "210px")]
)
def test_panels_fill_the_page_and_one_or_two_are_large(count, across, row, show):
    runs = [Run(optimizer=SGD(), learning_rate=0.1 * (1 + number)) for number in range(count)]
    show("fits")
    panels = clock(page(small(runs=runs)))["panels"]

    assert (panels["across"], panels["row"]) == (across, row)


def test_a_reader_chooses_the_features_and_clock_caption_export_and_link_follow(show):
    problem = Network(dataset=Iris(), hidden=(2,), loss="cross_entropy", standardize=True)
    compared = small(problem=problem)
    history = fit(compared)
    show("fits")
    at = page(compared)
    across, upwards = (at.selectbox(key=f"fit-feature-{axis}") for axis in (0, 1))
    assert (across.label, across.value, upwards.label, upwards.value) == ("Across", 0, "Upwards", 1)
    assert across.options == ["sepal length (cm)", "petal length (cm)", "petal width (cm)"]
    assert clock(at)["panels"]["still"] == pictures(history, [5])

    run(across.set_value(3))
    panels = clock(at)["panels"]
    assert panels["still"] == pictures(history, [5], (3, 1)) != pictures(history, [5])
    assert "Across: petal width (cm)" in panels["alt"]
    assert "sepal length (cm) = " in captions(at)
    assert to_link(at.session_state["document"].on_page(settings_of(at)))["page.features"] == [
        "[3,1]"
    ]
    run(at.button("export-fits").click())
    (preview,) = at.get("plotly_chart")[-1:]
    assert preview.proto.alt == panels["alt"]

    run(at.selectbox(key="fit-feature-0").set_value(0))
    assert settings_of(at).features == ()  # a link need not say what is usual


def settings_of(at):
    return at.session_state["page-settings"]["training"]


def test_where_all_features_are_seen_there_is_nothing_to_choose(show):
    show("fits")
    at = page(small())

    assert [one.key for one in at.selectbox if one.key.startswith("fit-feature")] == []


def test_a_curve_is_drawn_over_one_feature_and_the_loss_stands_alone(show):
    problem = Network(dataset=Penguins(), hidden=(), loss="mean_squared_error", standardize=True)
    at = page(small(problem=problem))
    assert not [part for part in at.get("bidi_component") if "panels" in part.proto.json]

    show("fits")
    shown = page(small(problem=problem))
    assert [one.value for one in shown.selectbox if one.key.startswith("fit-feature")] == [0]
    assert "curves" in clock(shown)["panels"]["still"]
