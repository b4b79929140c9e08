"""Pages, driven without a browser."""

import json
import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from comparison.document import with_default_view
from comparison.link import to_link
from engine import Budget, Experiment, Run
from engine.rules import SGD, Adam

ROOT = Path(__file__).parents[1]
ROUTER = "dashboard.py"
COMPARE = "pages/compare/training.py"
SURFACES = "pages/compare/surfaces.py"
EPOCHS = "pages/compare/epochs.py"


def first_run(script=ROUTER, link=None, session=None, **context):
    """A page after its first run, opened by a link or in a session that has values."""
    at = AppTest.from_file(str(ROOT / script), default_timeout=120)
    for key, value in ({"locale": "en-US"} | context).items():
        at.context[key] = value
    for key, values in (link or {}).items():
        at.query_params[key] = values
    for key, value in (session or {}).items():
        at.session_state[key] = value
    return run(at)


def run(page_or_widget):
    """Run the script, after a change of a widget if one is given."""
    at = page_or_widget.run()
    assert not at.exception
    return at


def linked(experiment, page):
    """The link to an experiment as a page with these settings shows it."""
    shown = with_default_view(experiment)
    view = shown.view.model_copy(update={"page": page})
    return to_link(shown.model_copy(update={"view": view}))


def small(**fields):
    """A comparison of two runs that trains in no time."""
    runs = [Run(optimizer=SGD(), learning_rate=0.5), Run(optimizer=Adam(), learning_rate=0.01)]
    return Experiment(**{"runs": runs, "budget": Budget(amount=5), **fields})


def plain(text):
    """A text without the backslashes that keep it from being Markdown."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def told(at):
    """What the reader is told in boxes."""
    return plain(" ".join(box.value for box in (*at.warning, *at.error, *at.info)))


def captions(at):
    return plain(" ".join(caption.value for caption in at.caption))


def charts(at):
    """The page's figures as the browser gets them."""
    return [json.loads(one.proto.spec) for one in at.get("plotly_chart")]


def chart(at, key):
    """A chart's figure as the browser gets it."""
    (found,) = [one for one in at.get("plotly_chart") if one.key == f"chart-{key}"]
    return json.loads(found.proto.spec)


def clock(at):
    """What the clock of the page is sent."""
    sent = [json.loads(part.proto.json) for part in at.get("bidi_component")]
    (player,) = [data for data in sent if "scenes" in data]
    return player
