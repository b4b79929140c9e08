"""Trainings that take a while: started by a click, stopped, gone on with, given way, left alone."""

import http.client
import re
import time
from contextlib import closing
from urllib.parse import urlsplit

from playwright.sync_api import expect

# Some ten seconds of work on two cores, well below the limit of a minute.
LONG = "/?budget=10000&run=sgd~0.01~32&run=adam~0.001~32"


def visit(tab, url):
    tab.goto(url)
    tab.get_by_role("button", name=re.compile("^Train")).wait_for(timeout=60_000)
    return tab


def train(tab):
    tab.get_by_role("button", name=re.compile("^Train")).click()
    expect(stop_button(tab)).to_be_visible()


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


def test_a_long_training_is_started_stopped_and_gone_on_with(page, app_url):
    tab = visit(page, app_url + LONG)

    train(tab)
    expect(tab.get_by_text(re.compile(r"Training: \d+%"))).to_be_visible(timeout=30_000)
    stop_button(tab).click()
    resume = tab.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_visible()
    expect(table(tab).get_by_test_id("glide-cell-5-0")).to_have_text("stopped by you")

    resume.click()
    expect(stop_button(tab)).to_be_visible()


def test_another_setting_gives_way_at_once(page, app_url):
    tab = visit(page, app_url + LONG)
    train(tab)
    field = tab.get_by_role("spinbutton", name="Epochs")

    field.fill("3")
    field.press("Enter")

    expect(table(tab).get_by_test_id("glide-cell-2-1")).not_to_be_empty(timeout=10_000)
    expect(stop_button(tab)).to_have_count(0)


def test_the_language_changes_without_losing_a_training(page, app_url):
    tab = visit(page, app_url + LONG)
    train(tab)
    bar = tab.get_by_text(re.compile(r"Training: \d+%"))
    expect(bar).to_be_visible(timeout=30_000)
    before = int(re.search(r"(\d+)%", bar.text_content()).group(1))

    tab.get_by_text("한국어", exact=True).click()

    korean = tab.get_by_text(re.compile(r"\d+%")).first
    expect(korean).to_be_visible(timeout=30_000)
    assert int(re.search(r"(\d+)%", korean.text_content()).group(1)) >= before
    expect(tab.get_by_role("button", name=re.compile("^Train"))).to_have_count(0)


def test_a_closed_tab_leaves_its_place_to_the_next(new_page, app_url):
    first, second, third = new_page(), new_page(), new_page()
    for tab in (first, second):
        train(visit(tab, app_url + LONG))
    tab = visit(third, app_url + LONG + "&data_seed=5")
    tab.get_by_role("button", name=re.compile("^Train")).click()
    waiting = tab.get_by_text(re.compile("Waiting"))
    bar = tab.get_by_text(re.compile(r"Training: \d+%"))
    expect(waiting.or_(bar).first).to_be_visible(timeout=30_000)

    first.close()
    second.close()

    expect(bar).to_be_visible(timeout=10_000)


def test_fast_clicking_does_no_harm_to_others(page, app_url, idle):
    page.goto(app_url)
    idle(page)
    slider = page.get_by_role("slider", name="Learning rate").first
    slider.focus()

    answers = []
    for turn in range(60):
        slider.press("ArrowLeft" if turn % 20 < 10 else "ArrowRight")
        if turn % 6 == 0:
            answers.append(healthy_within(app_url))

    assert max(answers) < 2  # idle: 0.01; a loaded machine adds its own
    idle(page)
    expect(table(page).get_by_test_id("glide-cell-2-0")).not_to_be_empty()
    expect(page.get_by_test_id("stException")).to_have_count(0)
