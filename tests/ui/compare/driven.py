"""The Compare page, driven without a browser."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from comparison.document import with_default_view
from engine import (
    Budget,
    Experiment,
    Run,
)
from engine.rules import SGD, Adam

PAGE = str(Path(__file__).parents[3] / "pages" / "compare" / "training.py")


def page(shown=None, link=None, session=None):
    """The Compare page after its first run."""
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.context["locale"] = "en-US"
    at.context["url"] = "http://127.0.0.1:1/?old=1"
    for key, values in (link or {}).items():
        at.query_params[key] = values
    for key, value in (session or {}).items():
        at.session_state[key] = value
    if shown is not None:
        opened = with_default_view(shown) if isinstance(shown, Experiment) else shown
        at.session_state["document"] = opened
    return run(at)


def run(page_or_widget):
    at = page_or_widget.run()
    assert not at.exception
    return at


def small(**fields):
    """A comparison of two runs that trains in no time."""
    runs = [Run(optimizer=SGD(), learning_rate=0.5), Run(optimizer=Adam(), learning_rate=0.01)]
    return Experiment(**{"runs": runs, "budget": Budget(amount=5), **fields})


def document(at):
    return at.session_state["document"]


def chart(at, key):
    """A chart's figure as the browser gets it."""
    (found,) = [one for one in at.get("plotly_chart") if one.key == f"chart-{key}"]
    return json.loads(found.proto.spec)


def drawn(figure):
    """All numbers that a figure draws, trace by trace, as they are sent."""
    return [[trace.get(axis) for axis in ("x", "y", "z")] for trace in figure["data"]]


def told(at):
    return " ".join(box.value for box in (*at.warning, *at.error, *at.info))


def captions(at):
    return " ".join(caption.value for caption in at.caption)
