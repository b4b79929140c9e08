"""Readers' tables: each reader has their own, as long as one of their sessions is there."""

import gc

import pytest
import streamlit as st

from engine import Experiment, InvalidInput, Network
from engine.problems.datasets.own import own_table
from engine.problems.datasets.table import TABLES, table
from ui.shell.brought import bring, brought, lacking, name_to_keep, reader, tables_of

ROWS = table(["x", "y"], [[1.0, 2.0, 3.0], [1.0, 0.0, 1.0]])
OWN = own_table(ROWS, "mine", (0,), 1, "regression")
EXPERIMENT = Experiment(
    problem=Network(dataset=OWN, validation_share=0.0, loss="mean_squared_error"),
)


class Cookies:
    """The browser of a reader."""

    def __init__(self, **cookies):
        self.cookies = cookies


@pytest.fixture
def sessions(monkeypatch):
    """Lets a test be in one session or another."""

    def enter(state, **cookies):
        monkeypatch.setattr(st, "session_state", state)
        monkeypatch.setattr(st, "context", Cookies(**cookies))

    enter({})
    return enter


def test_another_reader_does_not_get_the_rows_by_their_digest(sessions):
    sessions({})
    bring(ROWS, "mine")
    assert lacking(EXPERIMENT) == ()
    assert tables_of(EXPERIMENT) == (ROWS,)
    mine = st.session_state

    sessions({})
    assert lacking(EXPERIMENT) == (OWN,)
    with pytest.raises(InvalidInput) as refused:
        tables_of(EXPERIMENT)
    assert refused.value.code == "not_here"
    assert mine  # the first session is still there


def test_the_browser_keeps_the_name_of_a_reader_and_a_reload_finds_the_tables(sessions):
    first = {}
    sessions(first)
    assert name_to_keep() == ""  # nothing to find again yet
    bring(ROWS, "mine")
    name = name_to_keep()

    sessions({}, descent_reader=name)
    assert reader() == name
    assert [kept.title for kept in brought()] == ["mine"]


@pytest.mark.parametrize("forged", ["", "short", "x" * 23, "../../etc/passwd______", "가" * 22])
def test_a_name_that_is_none_of_ours_is_not_taken(sessions, forged):
    sessions({}, descent_reader=forged)

    assert reader() != forged


def test_tables_are_forgotten_with_the_last_session_of_their_reader(sessions):
    first, second = {}, {}
    sessions(first)
    bring(ROWS, "mine")
    name = reader()
    sessions(second, descent_reader=name)
    reader()

    first.clear()
    gc.collect()
    assert TABLES.holds(name, ROWS.digest)
    second.clear()
    gc.collect()
    assert not TABLES.holds(name, ROWS.digest)
