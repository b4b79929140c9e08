"""The Compare page, driven without a browser."""

from comparison.document import with_default_view
from engine import Experiment
from tests.driven import COMPARE, first_run


def page(shown=None, link=None, session=None):
    """The Compare page after its first run."""
    session = dict(session or {})
    if shown is not None:
        opened = with_default_view(shown) if isinstance(shown, Experiment) else shown
        session["document"] = opened
    return first_run(COMPARE, link, session, url="http://127.0.0.1:1/?old=1")


def document(at):
    return at.session_state["document"]
