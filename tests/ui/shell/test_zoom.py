"""Zooms that are kept: for as long as the axes mean the same, and of no nonsense that is told."""

import plotly.graph_objects as go
import pytest
import streamlit

import ui.shell.figure
import ui.shell.zoom
from comparison.document import Document, View, with_default_view
from engine import Budget, Experiment, Network, Run
from engine.problems.datasets import Spirals
from engine.rules import SGD
from tests.driven import COMPARE, first_run, run
from ui.shell.zoom import _valid

PART = {"xaxis": (1.0, 2.0)}
WHOLE = (0.0, 3.0)  # epochs
RUN = Run(optimizer=SGD(), learning_rate=0.5)
EXPERIMENT = Experiment(runs=(RUN,), budget=Budget(amount=3))


@pytest.fixture
def drawn(monkeypatch):
    """What is seen across of every chart that was drawn last, by its key."""
    draw, found = streamlit.plotly_chart, {}

    def note(figure, **options):
        found[options["key"]] = figure.layout.xaxis.range
        return draw(figure, **options)

    monkeypatch.setattr(streamlit, "plotly_chart", note)
    return found


@pytest.fixture
def at(drawn):
    """The page, after a zoom in its chart."""
    at = first_run(COMPARE, session={"document": with_default_view(EXPERIMENT)})
    assert drawn["chart-loss"] == WHOLE
    name = at.session_state["zoomed-charts"]["loss"]
    at.session_state["zooms"] = {name: PART}
    return at


@pytest.fixture
def page(at, drawn):
    """Function that shows another document or view on the page."""

    def show(experiment=EXPERIMENT, **view):
        at.session_state["document"] = Document(
            experiment=experiment, view=View(names=("",), numbers=(0,), **view)
        )
        run(at)
        return drawn["chart-loss"]

    return show


def changed(**fields):
    return EXPERIMENT.model_copy(update=fields)


@pytest.mark.parametrize(
    "experiment",
    [
        EXPERIMENT,
        changed(runs=(RUN.model_copy(update={"learning_rate": 0.25}),)),
        changed(budget=Budget(amount=4)),
        changed(problem=Network(hidden=(3,))),
    ],
)
def test_a_zoom_is_kept_when_a_number_changes(page, experiment):
    assert page(experiment) == PART["xaxis"]


@pytest.mark.parametrize(
    "view", [{"axis": "iterations"}, {"quantity": "batch_loss"}, {"log": False}]
)
def test_it_is_not_that_of_another_axis_and_is_back_with_the_old_one(page, view):
    assert page(**view) != PART["xaxis"]
    assert page() == PART["xaxis"]


def test_it_is_not_that_of_other_data(page):
    assert page(changed(problem=Network(dataset=Spirals()))) == WHOLE


def test_that_of_two_seeds_is_that_of_three_but_not_of_one(page, at):
    assert page(changed(seeds=(0, 1))) == WHOLE  # a median is not a run
    names = at.session_state["zoomed-charts"]
    two = names["loss"]

    page(changed(seeds=(0, 1, 2)))

    assert names["loss"] == two


def test_charts_whose_keys_differ_by_a_number_share_none(monkeypatch):
    monkeypatch.setattr(ui.shell.zoom, "document", lambda: with_default_view(EXPERIMENT))

    assert ui.shell.zoom._meaning(go.Figure(), "loss-0") != ui.shell.zoom._meaning(
        go.Figure(), "loss-1"
    )


def test_what_leaves_has_no_zoom(page, monkeypatch):
    left = {}
    monkeypatch.setattr(
        ui.shell.figure, "offer", lambda make, key, _said: left.update({key: make()})
    )

    assert page() == PART["xaxis"]
    assert left["loss"].figure.layout.xaxis.range == WHOLE


@pytest.mark.parametrize(
    "told",
    [
        {"title": [1, 2]},
        {"xaxis": [1, float("nan")]},
        {"xaxis": [1, float("inf")]},
        {"xaxis": [1, 1]},
    ],
)
def test_what_cannot_be_drawn_is_no_zoom(told):
    assert _valid(told) == {}


def test_axes_are_taken_by_their_names():
    assert _valid({"yaxis12": [3, 2]}) == {"yaxis12": (3.0, 2.0)}
