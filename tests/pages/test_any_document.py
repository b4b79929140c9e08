"""Whatever a link or file may hold, its page opens, and so does what a reader does there next."""

import os

import pytest
import streamlit
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st

from comparison import edits
from comparison.pages import BackpropagationPage, EpochsPage, SurfacesPage, TrainingPage
from tests.driven import first_run, run
from tests.strategies import documents, small_experiments

SCRIPTS = {
    TrainingPage: "pages/compare/training.py",
    SurfacesPage: "pages/compare/surfaces.py",
    EpochsPage: "pages/compare/epochs.py",
    BackpropagationPage: "pages/learn/backpropagation.py",
}
pytestmark = pytest.mark.usefixtures("nothing_waits")
# "make documents" opens more; a failure is shown as it was found: a smaller one takes minutes.
COUNT = int(os.environ.get("DOCUMENTS", "120")) // len(SCRIPTS)
PHASES = (Phase.explicit, Phase.generate)


KEPT = ("document", "surface-document", "page-settings", "notices")


@pytest.fixture
def ways(monkeypatch):
    """The scripts of pages that a page has led to; one alone cannot go there."""
    taken = []

    def go(script):
        taken.append(script)
        streamlit.stop()

    monkeypatch.setattr(streamlit, "switch_page", go)
    return taken


def kept(document):
    """A session that holds a document, as after its link or file was opened."""
    page = document.view.page
    document = edits.opened(document).document
    own = page.name == "surfaces" and page.surface == "function"
    return {
        "document": document,
        **({"surface-document": document} if own else {}),
        "page-settings": {page.name: page},
        "notices": [],
    }


def fine(at):
    """The page, if no chart of it has failed."""
    assert not [box.value for box in at.error if "could not be drawn" in box.value]
    return at


def zoom_everywhere(at):
    """Whatever is drawn next has a zoom."""
    has_charts = "zoomed-charts" in at.session_state
    names = at.session_state["zoomed-charts"].values() if has_charts else ()
    part = {"xaxis": (0.1, 0.7), "yaxis": (-1.0, 1.0), "yaxis2": (0.0, 1.0)}
    at.session_state["zooms"] = dict.fromkeys(names, part)


def controls(at):
    """What a reader may click, choose or move."""
    kinds = (at.button, at.toggle, at.selectbox, at.select_slider, at.button_group)
    return [one for kind in kinds for one in kind if not one.disabled] + [*at.menu_button]


def use(draw, control):
    """Use a control in some way."""
    if control.type == "button":
        return control.click()
    if control.type == "menu_button":
        return control.click(draw(st.sampled_from(control.options)))
    if control.type == "toggle":
        return control.set_value(not control.value)
    chosen = draw(st.sampled_from(control.options))
    if control.type == "select_slider":
        chosen = type(control.value)(chosen.replace(",", ""))
    return control.set_value(chosen)


@pytest.mark.parametrize("page", SCRIPTS, ids=lambda page: page.model_fields["name"].default)
def test_any_document_opens_and_can_be_driven(page, ways):
    @settings(max_examples=COUNT, phases=PHASES)
    @given(documents(small_experiments(), page), st.data())
    def drive(document, data):
        note(document.model_dump_json())
        ways.clear()
        at = fine(first_run(SCRIPTS[page], session=kept(document)))
        zoom_everywhere(at)
        control = data.draw(st.sampled_from(controls(at)))
        fine(run(use(data.draw, control)))
        if ways:
            there = {name: at.session_state[name] for name in KEPT if name in at.session_state}
            fine(first_run(ways[-1], session=there))

    drive()
