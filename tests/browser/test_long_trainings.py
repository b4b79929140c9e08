"""Trainings that take a while: started by a click, stopped, gone on with, given way, left alone."""

import http.client
import re
import time
from contextlib import closing
from statistics import median
from urllib.parse import urlsplit

from playwright.sync_api import expect

# Some 17 seconds of work on a usual machine: a third of what may be asked for, so that a slow one
# still takes it, and far more than the page needs to give way.
LONG = "/?budget=10000&run=sgd~0.01~8&run=adam~0.001~8"


def train(tab):
    """Begin the training; the click waits for the button."""
    tab.get_by_role("button", name=re.compile("^Train")).click()
    expect(stop_button(tab)).to_be_visible()


def bar_of(tab):
    return tab.get_by_text(re.compile(r"Training: \d+%"))


def before_the_end(*tabs):
    """Milliseconds in which a training that nobody stops cannot end: a third of what it says.

    Without neighbours and without drawing it is faster, but not three times as fast.
    """
    left = []
    for tab in tabs:
        expect(bar_of(tab)).to_have_text(re.compile(r"Training: [1-9]\d%"))  # it knows its pace
        left.append(float(re.search(r"([\d.]+) s left", bar_of(tab).text_content())[1]))
    return 1000 * min(left) / 3


def stop_button(tab):
    """The page's own; Streamlit shows one of its name in the header while a script runs."""
    return tab.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True)


def table(tab):
    return tab.get_by_test_id("stDataFrame").first


def healthy_within(url):
    """Seconds until the server answers its health check."""
    began = time.monotonic()
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        connection.request("GET", "/_stcore/health")
        assert connection.getresponse().status == http.client.OK
    return time.monotonic() - began


def test_a_long_training_is_started_stopped_and_gone_on_with(visit):
    tab = visit(LONG)

    train(tab)
    expect(bar_of(tab)).to_be_visible()
    train_button = tab.get_by_role("button", name=re.compile("^Train"))
    expect(train_button).to_have_count(0, timeout=before_the_end(tab))
    expect(tab.get_by_test_id("stBaseButton-header")).to_be_hidden()  # Streamlit's own would freeze
    stop_button(tab).click()
    resume = tab.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_visible()
    expect(tab.get_by_text(re.compile(r"^Stopped by you at \d+% of the training"))).to_be_visible()
    expect(table(tab).get_by_test_id("glide-cell-5-0")).to_have_text("stopped by you")

    resume.click()
    expect(stop_button(tab)).to_be_visible()


def test_another_setting_gives_way_at_once(visit):
    tab = visit(LONG)
    train(tab)
    field = tab.get_by_role("spinbutton", name="Epochs")

    field.fill("3")
    soon = before_the_end(tab)
    field.press("Enter")

    expect(table(tab).get_by_test_id("glide-cell-2-1")).not_to_be_empty(timeout=soon)
    expect(stop_button(tab)).to_have_count(0)


def test_the_language_changes_without_losing_a_training(visit):
    tab = visit(LONG)
    train(tab)
    bar = bar_of(tab)
    expect(bar).to_be_visible()
    before = int(re.search(r"(\d+)%", bar.text_content()).group(1))

    tab.get_by_text("한국어", exact=True).click()

    korean = tab.get_by_text(re.compile(r"\d+%")).first
    expect(korean).to_be_visible()
    assert int(re.search(r"(\d+)%", korean.text_content()).group(1)) >= before
    expect(tab.get_by_role("button", name=re.compile("^Train"))).to_have_count(0)


def test_a_closed_tab_leaves_its_place_to_the_next(visit):
    first, second = visit(LONG), visit(LONG)
    train(first)
    train(second)
    third = visit(LONG + "&data_seed=5")
    third.get_by_role("button", name=re.compile("^Train")).click()
    waiting = third.get_by_text(re.compile("Waiting"))
    expect(
        waiting.or_(bar_of(third)).first
    ).to_be_visible()  # it need not wait where there are more cores

    soon = before_the_end(first, second)
    first.close()
    second.close()

    expect(bar_of(third)).to_be_visible(timeout=soon)


def test_fast_clicking_does_no_harm_to_others(visit, app_url, idle):
    tab = visit()
    slider = tab.get_by_role("slider", name="Learning rate").first
    slider.focus()

    answers = []
    for turn in range(40):
        slider.press("ArrowLeft" if turn % 20 < 10 else "ArrowRight")
        if turn % 4 == 0:
            answers.append(healthy_within(app_url))

    # A hundredth of a second when idle. One slow answer is the machine's, slow answers are ours.
    assert median(answers) < 1
    idle(tab)
    expect(table(tab).get_by_test_id("glide-cell-2-0")).not_to_be_empty()
    expect(tab.get_by_test_id("stException")).to_have_count(0)
