"""Tabs: the page's settings hold which one is open, and only that one is drawn."""

import pytest
from streamlit.testing.v1 import AppTest

from comparison.pages import TrainingPage

# A page with three tabs, of which the last is there for large numbers only.
THREE_TABS = """
import streamlit as st
from ui.shell.locale import speak
from ui.shell.navigation import work_on
from ui.shell.tabs import Tab, Tabs

def show(name):
    return lambda number: st.text(f"{name} of {number}")

speak()
work_on("training")
Tabs(
    "three-tabs",
    {
        "loss": Tab("Loss", show("loss")),
        "score": Tab("Score", show("score")),
        "norms": Tab("Norms", show("norms"), lambda number: number > 9),
    },
).show(st.session_state["number"])
"""


def opened(tab, number=10, locale="en-US"):
    at = AppTest.from_string(THREE_TABS)
    at.context["locale"] = locale
    at.session_state["number"] = number
    at.session_state["page-settings"] = {"training": TrainingPage(tab=tab)}
    at.run()
    assert not at.exception
    return at


def titles(at):
    return [tab.label for tab in at.tabs]


@pytest.mark.parametrize("tab", ["loss", "score", "norms"])
def test_only_the_open_tab_is_filled_with_what_the_page_gives(tab):
    at = opened(tab)

    assert titles(at) == ["Loss", "Score", "Norms"]
    assert [text.value for text in at.text] == [f"{tab} of 10"]


def test_a_tab_that_does_not_apply_is_left_out_and_the_first_is_open_instead():
    at = opened("norms", number=9)

    assert titles(at) == ["Loss", "Score"]
    assert [text.value for text in at.text] == ["loss of 9"]


def test_a_tab_stays_open_in_another_language():
    at = opened("score", locale="ko-KR")

    assert titles(at) != ["Loss", "Score", "Norms"]
    assert [text.value for text in at.text] == ["score of 10"]
