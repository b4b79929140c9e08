"""What the browser keeps of a comparison, and what it gives back."""

import json

import pytest
import streamlit

from comparison.document import Document, View
from comparison.edits import use_runs_preset
from ui.shell import navigation, share, store

LONG = Document(view=View(names=("학습률" * 20,) * 7))


@pytest.fixture(autouse=True)
def page(monkeypatch):
    """The Compare page of a session of its own."""
    monkeypatch.setattr(streamlit, "session_state", {})
    navigation.work_on("training")


def told(**entry):
    """The browser's history has led to an entry."""
    plain = {"name": "1", "number": "", "query": "", "comparison": "", "works": ""}
    streamlit.session_state[share._ADDRESS] = {"went": plain | entry}
    share._go()


@pytest.mark.parametrize("document", [Document(), LONG], ids=["link", "too long for one"])
def test_a_comparison_comes_back_from_its_text(document):
    assert share._from_text(share._as_text(document)) == document


def test_an_entry_leads_to_its_version_and_is_answered_once():
    name = store.version_name()
    store.edit(use_runs_preset, "rates")
    told(number=name)
    assert store.is_first_view()

    store.redo()
    told(number=name)
    assert len(store.document().experiment.runs) == 5


def test_an_entry_of_another_session_leads_to_its_link():
    told(number="gone.3", query="?format=1&budget=7")
    assert store.document().experiment.budget.amount == 7
    store.undo()
    assert store.is_first_view()


def test_an_entry_without_a_link_holds_the_comparison():
    told(comparison=LONG.model_dump_json())
    assert store.document().view.names == LONG.view.names


def test_a_bare_entry_of_another_session_is_the_first_view_and_can_be_taken_back():
    store.edit(use_runs_preset, "rates")
    told(number="gone.1")
    assert store.is_first_view()
    store.undo()
    assert len(store.document().experiment.runs) == 5


def test_a_wrong_entry_is_explained_and_nothing_is_lost():
    store.edit(use_runs_preset, "rates")
    told(query="?format=1&budget=-7")
    assert len(store.document().experiment.runs) == 5
    assert "-7" in store.notices()[0]


def test_what_is_damaged_is_left_out_and_said():
    kept = {"surface-document": "?format=1&page=surfaces&budget=no", "document": "?data_seed=5"}
    navigation.work_on("surfaces")
    told(number=store.version_name(), works=json.dumps(kept))
    assert "no" in store.notices()[0]
    navigation.work_on("training")
    assert store.document().experiment.data_seed == 5
