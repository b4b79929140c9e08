"""What a widget shows is what is in force; what a browser still shows is no change."""

from contextlib import contextmanager

import pytest
import streamlit

from comparison.document import with_default_view
from engine import Budget, Experiment, Run
from engine.rules import SGD
from tests.driven import COMPARE, first_run, run
from ui.shell.binding import bound, draw_mark, folded

SHORT = with_default_view(
    Experiment(
        runs=(Run(optimizer=SGD(), learning_rate=0.5, batch_size=32),), budget=Budget(amount=2)
    )
)


@pytest.fixture
def browser(monkeypatch):
    """A browser with one widget, which draws what it is given when it is told to."""

    class Browser:
        def __init__(self):
            self.shown = {}  # what the browser has drawn, by key
            self.reported = []

        def script(self, value, **options):
            """The script draws the widget with a value, which the browser has not yet drawn."""

            def widget(*_args, on_change, args, **_settings):
                self.hear = lambda: on_change(*args)

            def take(chosen):
                self.reported.append(chosen)

            bound(widget, "Rate", key="rate", shown=value, report=take, **options)
            draw_mark("page")
            self.given = dict(streamlit.session_state)

        def draw(self):
            for key in ("rate", "drawn-mark-page"):
                self.shown[key] = self.given[key]

        def send(self, **chosen):
            """A message, with what the reader has changed."""
            self.shown |= chosen
            changed = self.shown["rate"] != streamlit.session_state["rate"]
            streamlit.session_state.update(self.shown)
            if changed:  # to Streamlit
                self.hear()

    monkeypatch.setattr(streamlit, "session_state", {})
    monkeypatch.setattr(streamlit, "text_input", lambda *_args, **_settings: None)
    one = Browser()
    one.script(0.5)
    one.draw()
    return one


def test_what_is_chosen_is_reported(browser):
    browser.send(rate=0.1)

    assert browser.reported == [0.1]


def test_an_echo_of_the_value_before_is_not(browser):
    browser.script(0.2)
    browser.send()

    assert browser.reported == []


def test_an_echo_is_told_from_the_same_value_chosen_anew(browser):
    browser.script(0.2)
    browser.draw()
    browser.send(rate=0.5)

    assert browser.reported == [0.5]


def test_a_change_before_the_new_value_is_drawn_is_reported(browser):
    browser.script(0.2)
    browser.send(rate=0.3)

    assert browser.reported == [0.3]


def test_quick_changes_to_and_fro_are_all_reported(browser):
    for value in (0.1, 0.5, 0.1, 0.5):
        browser.send(rate=value)
        browser.script(value)  # and nothing is drawn

    assert browser.reported == [0.1, 0.5, 0.1, 0.5]


def test_after_several_values_at_once_any_of_them_may_be_an_echo(browser):
    browser.script(0.2)
    browser.draw()
    browser.script(0.3)
    browser.script(0.4)
    browser.send(rate=0.3)  # what is drawn before the mark that comes with it
    assert browser.reported == []

    browser.send(rate=0.5)  # given and drawn long ago
    assert browser.reported == [0.5]


def test_a_refused_value_is_given_back_and_may_be_tried_again(browser):
    for _attempt in range(2):
        browser.send(rate=-1.0)
        browser.script(0.5)
        browser.draw()

    assert browser.reported == [-1.0, -1.0]


def test_a_browser_that_does_not_tell_what_it_has_drawn_is_believed(browser):
    browser.script(0.2)
    browser.shown["drawn-mark-page"] = "mine"
    browser.send()

    assert browser.reported == [0.5]


def test_an_emptied_field_and_a_word_of_another_language_are_no_choice(browser):
    browser.send(rate=None)
    browser.script("sgd", among=["sgd", "adam"])
    browser.draw()
    browser.send(rate="아담")

    assert browser.reported == []


def shown_values(at):
    kinds = (at.number_input, at.select_slider, at.toggle, at.selectbox, at.text_input)
    return [(control, control.value) for kind in kinds for control in kind]


@pytest.mark.parametrize("undone", [1, 2])
def test_undo_clicked_again_before_the_browser_has_drawn_takes_back_one_more_change(undone):
    at = first_run(COMPARE, session={"document": SHORT})
    run(at.number_input("data_seed-number").set_value(7))
    run(at.number_input("learning_rate-number").set_value(0.25))
    run(at.number_input("batch_size-number").set_value(4))
    old, values = at._tree, shown_values(at)
    for _click in range(undone):
        run(at.button("undo").click())

    # The next click comes with what all controls showed before the first.
    at._tree = old
    for control, value in values:
        control.set_value(value)
    run(at.button("undo").click())

    now = at.session_state["document"].experiment
    assert (now.runs[0].batch_size, now.runs[0].learning_rate) == (32, 0.5)
    assert now.data_seed == {1: 7, 2: 0}[undone]


def test_a_late_message_about_a_widget_that_is_forgotten_changes_nothing(browser):
    """As after Back, when Streamlit has dropped a widget of the page before."""
    browser.script(0.5)
    del streamlit.session_state["rate"]
    browser.hear()

    assert browser.reported == []


@contextmanager
def _popover(*_args, **_settings):
    yield


def test_a_widget_in_a_closed_popover_takes_nothing_back(monkeypatch):
    """It still holds what it showed when the popover was open, and sends it with every message."""
    state, reported, hear = {}, [], []

    def script(value):
        def widget(*_args, on_change, args, **_settings):
            hear[:] = [lambda: on_change(*args)]

        with folded("more", "More"):
            bound(widget, "Rate", key="rate", shown=value, report=reported.append)
        draw_mark("page")

    def send(rate, inside, page):
        streamlit.session_state |= {
            "rate": rate,
            "drawn-mark-more": inside,
            "drawn-mark-page": page,
        }
        hear[0]()

    monkeypatch.setattr(streamlit, "session_state", state)
    monkeypatch.setattr(streamlit, "text_input", lambda *_args, **_settings: None)
    monkeypatch.setattr(streamlit, "popover", _popover)
    script(0.5)
    opened = state["drawn-mark-more"]
    send(0.7, opened, opened)  # the reader chooses
    assert reported == [0.7]
    script(0.7)
    script(0.5)  # taken back, while the popover is closed
    page = state["drawn-mark-page"]

    send(0.7, opened, page)
    assert reported == [0.7]
    script(0.5)
    send(0.7, state["drawn-mark-more"], state["drawn-mark-page"])  # opened again, chosen again
    assert reported == [0.7, 0.7]
