"""What the canvas of parallel coordinates is sent, and what of its events reaches the page."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

import ui.sweep.parallel
from charts.parallel import Brush, Coordinate, kept
from ui.sweep.parallel import parallel_canvas

AXES = [
    Coordinate("rate", "Learning rate", np.array([0.01, 0.1, 1.0]), log=True),
    Coordinate("loss", "Loss", np.array([0.5, np.inf, np.nan]), log=True),
]


@pytest.fixture
def canvas(monkeypatch):
    """A session, what was sent last, and functions that draw and tell events."""
    state, sent, reports = {}, {}, []
    monkeypatch.setattr(ui.sweep.parallel, "st", SimpleNamespace(session_state=state))
    monkeypatch.setattr(ui.sweep.parallel, "_component", lambda **given: sent.update(given))

    def draw(brushes=(), coordinates=AXES, **options):
        parallel_canvas(coordinates, brushes, reports.append, "sweep", "what it shows", **options)
        return sent["data"]

    def tell(name, **event):
        state["sweep"] = {name: event} if event else {}
        sent[f"on_{name}_change"]()

    return SimpleNamespace(draw=draw, tell=tell, reports=reports)


def test_all_that_is_sent_is_json_without_special_numbers(canvas):
    data = canvas.draw([Brush("loss", np.inf, None)])

    json.dumps(data, allow_nan=False)
    assert data["alt"] == "what it shows"
    assert data["key"] == "sweep"
    assert [axis["title"] for axis in data["axes"]] == ["Learning rate", "Loss"]
    assert data["brushes"] == {"loss": [2.0, None]}


@pytest.mark.parametrize(("is_higher_better", "rate"), [(False, 0.01), (True, 1.0)])
def test_the_best_tenth_is_that_of_the_last_axis_at_its_best_end(canvas, is_higher_better, rate):
    tenth = canvas.draw(coordinates=AXES[::-1], is_higher_better=is_higher_better)["tenth"]
    canvas.tell("brushed", brushes={"rate": tenth}, version="?", number=1)

    ((brush,),) = canvas.reports
    assert kept(AXES, [brush]).tolist() == (AXES[0].values == rate).tolist()


def test_without_a_finite_value_there_is_no_best_tenth(canvas):
    axis = Coordinate("loss", "Loss", np.array([np.inf, np.nan]), log=True)

    assert canvas.draw(coordinates=[axis])["tenth"] is None


def test_a_brush_is_reported_once_in_values(canvas):
    canvas.draw()
    canvas.tell("brushed", brushes={"rate": [0.5, None]}, version="?", number=1)

    assert canvas.reports == [[Brush("rate", 0.1, None)]]


def test_a_message_without_an_event_changes_nothing(canvas):
    canvas.draw()
    canvas.tell("brushed")

    assert canvas.reports == []


def test_rows_that_the_browser_holds_are_not_sent_again_until_it_asks(canvas):
    rows = canvas.draw()["rows"]
    assert rows["places"]
    assert canvas.draw()["rows"] == rows  # nobody knows yet that they have arrived

    canvas.tell("brushed", brushes={}, version=rows["version"], number=1)
    after = canvas.draw()["rows"]
    assert after["version"] == rows["version"]
    assert "places" not in after
    assert "shades" not in after

    canvas.tell("lacks", version=rows["version"])
    assert canvas.draw()["rows"] == rows


def test_other_rows_are_sent_at_once(canvas):
    first = canvas.draw()["rows"]
    canvas.tell("brushed", brushes={}, version=first["version"], number=1)
    other = canvas.draw(coordinates=AXES[::-1])["rows"]

    assert other["places"]
    assert other["version"] != first["version"]


def test_the_browser_learns_which_of_its_events_the_picture_follows(canvas):
    assert canvas.draw()["heard"] == 0
    canvas.tell("brushed", brushes={}, version="?", number=3)

    assert canvas.draw()["heard"] == 3
