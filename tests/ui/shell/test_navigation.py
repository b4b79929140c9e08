"""Ways between pages: links and files lead to theirs, and nothing stale stays beside a change."""

from types import SimpleNamespace

import pytest
import streamlit

from comparison.document import Document, View
from comparison.edits import change, change_problem, change_run, change_view, move_start
from comparison.pages import EpochsPage
from comparison.presets import FIRST_VIEWS
from engine import Budget, Experiment, Run
from engine.rules import SGD, Adam
from ui.shell.navigation import (
    all_but,
    fragment,
    in_sidebar,
    let_it_be_sent,
    open_document,
    open_first_view,
    work_on,
)
from ui.shell.store import current_page, document, edit, notices, set_page


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """A session of its own, without a link."""
    monkeypatch.setattr(streamlit, "session_state", {})


@pytest.fixture
def linked(monkeypatch):
    """Function that starts the session anew from a link."""

    class Query(dict):
        def get_all(self, key):
            return self[key]

    def open_with(at="training", **query):
        monkeypatch.setattr(streamlit, "session_state", {})
        monkeypatch.setattr(streamlit, "query_params", Query(query))
        work_on(at)
        return document()

    return open_with


def test_parts_of_a_link_that_mean_nothing_are_named_and_counted(linked):
    linked(**{f"key{number}": ["1"] for number in range(60)})

    (notice,) = notices()
    assert "ignored: key0, key1, key2, key3, key4 and 55 more." in notice


def test_a_link_is_opened(linked):
    opened = linked(run=["adam~0.00123~300"], budget=["7"])

    assert opened.experiment.runs == (Run(optimizer=Adam(), learning_rate=0.00123, batch_size=300),)
    assert opened.experiment.budget == Budget(amount=7)
    assert notices() == []


def test_a_link_to_a_loss_that_there_is_not_shows_another_and_says_so(linked):
    opened = linked(show=["validation_loss"], validation=["0.0"])

    assert opened.view.quantity == "training_loss"
    assert notices() == ["There are no validation rows, so the training loss is shown."]


def test_a_broken_link_opens_the_first_view_and_says_what_was_wrong(linked):
    opened = linked(run=["sgd~-1.0~32"])

    assert opened.experiment == FIRST_VIEWS["training"].experiment
    assert "-1" in notices()[0]
    assert "Learning rate of run 1" in notices()[0]


def test_parts_of_a_link_that_mean_nothing_are_named(linked):
    opened = linked(run=["sgd~0.5~32"], utm_source=["mail"])

    assert opened.experiment.runs == (Run(optimizer=SGD(), learning_rate=0.5),)
    assert "utm_source" in notices()[0]


def test_a_link_without_a_word_about_a_comparison_opens_the_first_view(linked):
    assert linked(utm_source=["mail"]).experiment == FIRST_VIEWS["training"].experiment
    assert "utm_source" in notices()[0]

    assert linked(format=["1"]).experiment == Experiment()
    assert notices() == []


class LedElsewhereError(Exception):
    """Streamlit ends the script here and runs another page's."""


@pytest.fixture
def switched(monkeypatch):
    """The scripts that the session was led to."""
    scripts = []

    def switch(script):
        scripts.append(script)
        raise LedElsewhereError

    monkeypatch.setattr(streamlit, "switch_page", switch)
    return scripts


def test_an_opened_comparison_leads_to_its_page(switched):
    work_on("training")
    document()
    opened = Document(view=View(page=EpochsPage()), experiment=Experiment(data_seed=5))
    open_document(opened)

    with pytest.raises(LedElsewhereError):
        work_on("training")
    assert switched == ["pages/compare/epochs.py"]
    work_on("epochs")
    assert document().experiment.data_seed == 5


def test_a_link_leads_to_its_page(linked, switched):
    with pytest.raises(LedElsewhereError):
        linked(page=["surfaces"])
    assert switched == ["pages/compare/surfaces.py"]


def test_a_link_that_names_no_page_is_for_the_page_at_its_address(linked):
    linked(at="epochs", data_seed=["5"])

    assert document().experiment.data_seed == 5
    assert current_page() == EpochsPage()


class RerunError(Exception):
    """Streamlit ends the script and begins it anew."""


@pytest.fixture
def fragment_rerun(monkeypatch):
    """Function that runs the page with a fragment, does something, and reruns the fragment alone.

    Returns whether the fragment asked for the whole page, and how often it was filled.
    """

    def rerun():
        raise RerunError

    def drive(page, around, do):
        parts, filled, every = [], [], []

        def note(part, run_every):
            every.append(run_every)

            def begin(*args):
                parts.append(lambda: part(*args))
                part(*args)

            return begin

        monkeypatch.setattr(streamlit, "fragment", note)
        monkeypatch.setattr(streamlit, "rerun", rerun)
        monkeypatch.setattr(streamlit, "switch_page", list)
        work_on(page)
        fragment(around)(lambda: filled.append(True))()
        assert every == [None]  # it is not drawn again by itself
        do()
        try:
            parts[-1]()
        except RerunError:
            return True, len(filled)
        return False, len(filled)

    return drive


@pytest.mark.parametrize(
    ("page", "do"),
    [
        ("epochs", lambda: edit(change, budget=Budget(amount=7, unit="iterations"))),
        ("epochs", lambda: set_page(tab="rows")),
        ("training", lambda: edit(change, data_seed=3)),
        ("training", lambda: edit(change_problem, hidden=(3,))),
        ("training", open_first_view),
        ("training", lambda: open_document(Document(view=View(page=EpochsPage())))),
        ("surfaces", lambda: edit(move_start, 1.0, 2.0)),
        ("surfaces", lambda: set_page(surface="network")),
        ("backpropagation", lambda: set_page(example="one_weight")),
        ("backpropagation", lambda: set_page(values=(1.0, 2.0, 3.0))),
    ],
)
def test_what_the_sidebar_shows_is_never_changed_without_it(fragment_rerun, page, do):
    assert fragment_rerun(page, in_sidebar, do) == (True, 1)


@pytest.mark.parametrize(
    ("page", "do"),
    [
        ("training", lambda: edit(change_run, 0, learning_rate=0.5)),
        ("training", lambda: edit(change_view, axis="iterations")),
        ("training", lambda: set_page(tab="fits")),
        ("epochs", lambda: set_page(iterations=7)),
        ("surfaces", lambda: set_page(step=3.0)),
        ("backpropagation", lambda: set_page(tab="chain")),
    ],
)
def test_what_the_sidebar_does_not_show_leaves_it_alone(fragment_rerun, page, do):
    assert fragment_rerun(page, in_sidebar, do) == (False, 2)


def test_a_part_of_a_fragment_may_change_its_own_settings_alone(fragment_rerun):
    around = all_but("step")

    assert fragment_rerun("surfaces", around, lambda: set_page(step=3.0)) == (False, 2)
    assert fragment_rerun("surfaces", around, lambda: set_page(relief=True)) == (True, 1)
    assert fragment_rerun("surfaces", around, lambda: edit(change_view, log=False)) == (True, 1)


def test_a_fragment_is_drawn_again_as_often_as_is_said_when_it_is_drawn(monkeypatch):
    asked, seconds = [], [1.0, None]

    def note(part, run_every):
        asked.append(run_every)
        return part

    monkeypatch.setattr(streamlit, "fragment", note)
    drawn = []
    part = fragment(lambda: None, every=lambda: seconds.pop(0))(lambda: drawn.append(True))

    assert asked == []
    part()
    part()
    assert (asked, len(drawn)) == ([1.0, None], 2)


@pytest.mark.parametrize(("fragments", "pauses"), [(["one"], 1), ([], 0), (None, 0)])
def test_only_a_fragment_that_runs_alone_waits_for_its_chart_to_be_sent(
    monkeypatch, fragments, pauses
):
    taken = []
    context = SimpleNamespace(fragment_ids_this_run=fragments)
    monkeypatch.setattr("ui.shell.navigation.get_script_run_ctx", lambda: context)
    monkeypatch.setattr("ui.shell.navigation.time.sleep", taken.append)
    let_it_be_sent()

    assert len(taken) == pauses
