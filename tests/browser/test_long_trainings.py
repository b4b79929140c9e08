"""Trainings that take a while: started by a click, stopped, gone on with, given way, left alone.

That a training gave way is seen in what it left undone: its settings have no result yet, and the
page offers to train them.
"""

import re

from playwright.sync_api import expect

# Some 17 seconds of work on a usual machine: a third of what may be asked for, so that a slow one
# still takes it, and far more than the page needs to give way.
LONG = "/?budget=10000&run=sgd~0.01~8&run=adam~0.001~8"


# As long: 84 trainings at settings that are looked through.
SEARCH = "/?budget=1500&run=sgd~0.01~8&run=adam~0.001~8"


def train(tab):
    """Begin the training; the click waits for the button."""
    train_button(tab).click()
    expect(stop_button(tab)).to_be_visible()


def bar_of(tab):
    return tab.get_by_text(re.compile(r"Training: \d+%"))


def train_button(tab):
    """It is there for a long training that has no result."""
    return tab.get_by_role("button", name=re.compile("^Train"))


def stop_button(tab):
    """The page's own; Streamlit shows one of its name in the header while a script runs."""
    return tab.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True)


def table(tab):
    return tab.get_by_test_id("stDataFrame").first


def test_a_long_training_is_started_stopped_and_gone_on_with(visit):
    tab = visit(LONG)

    train(tab)
    expect(bar_of(tab)).to_be_visible()
    expect(train_button(tab)).to_have_count(0)
    expect(tab.get_by_test_id("stBaseButton-header")).to_be_hidden()  # Streamlit's own would freeze
    stop_button(tab).click()
    resume = tab.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_visible()
    expect(tab.get_by_text(re.compile(r"^You stopped the training at \d+%"))).to_be_visible()
    expect(table(tab).get_by_test_id("glide-cell-7-0")).to_have_text("stopped by you")

    resume.click()
    expect(stop_button(tab)).to_be_visible()


def test_a_search_takes_two_clicks_grows_and_is_stopped(visit):
    tab = visit(SEARCH)
    tab.get_by_role("tab", name="Find settings").click()
    question = tab.get_by_role("button", name=re.compile("^.*Which optimizer, which rate"))
    question.click()

    expect(bar_of(tab)).to_be_visible()
    expect(question).to_have_count(0)  # at once, not when the search has ended
    expect(table(tab).get_by_test_id("glide-cell-1-1")).to_have_text("Adam")
    stop_button(tab).click()
    expect(tab.get_by_text(re.compile(r"^You stopped the training at \d+%"))).to_be_visible()
    expect(tab.get_by_role("button", name="Take all", exact=True)).to_be_disabled()

    tab.get_by_role("button", name="Resume", exact=True).click()
    expect(stop_button(tab)).to_be_visible()


def test_another_setting_gives_way_at_once(visit):
    tab = visit(LONG)
    train(tab)
    expect(bar_of(tab)).to_be_visible()
    field = tab.get_by_role("spinbutton", name="Epochs")
    field.fill("3")
    field.press("Enter")
    expect(table(tab).get_by_test_id("glide-cell-4-1")).not_to_be_empty()
    expect(stop_button(tab)).to_have_count(0)

    field.fill("10000")
    field.press("Enter")
    expect(train_button(tab)).to_be_visible()  # what gave way had not come to its end


def test_the_language_changes_without_losing_a_training(visit):
    tab = visit(LONG)
    train(tab)
    bar = bar_of(tab)
    expect(bar).to_be_visible()
    before = int(re.search(r"(\d+)%", bar.text_content()).group(1))

    tab.get_by_text("한국어", exact=True).click()

    korean = tab.get_by_text(re.compile(r"학습 중: \d+%"))
    expect(korean).to_be_visible()
    assert int(re.search(r"(\d+)%", korean.text_content()).group(1)) >= before


def test_a_closed_tab_leaves_its_place_to_the_next(visit):
    first, second, third = visit(LONG), visit(LONG), visit(LONG.replace("10000", "9999"))
    train(first)
    train(second)
    train_button(third).click()
    waiting = third.get_by_text(re.compile("Waiting"))
    # It need not wait where there are more cores.
    expect(waiting.or_(bar_of(third)).first).to_be_visible()

    first.close()
    second.close()

    expect(bar_of(third)).to_be_visible()
    field = third.get_by_role("spinbutton", name="Epochs")
    field.fill("10000")
    field.press("Enter")
    expect(train_button(third)).to_be_visible()  # neither of the two came to its end


def test_fast_clicking_ends_in_one_state_and_others_are_served(visit):
    tab, other = visit(), visit()
    slider = tab.get_by_role("slider", name="Learning rate").first
    first = slider.get_attribute("aria-valuetext")  # the address of the first view is bare
    expect(table(tab).get_by_test_id("glide-cell-4-0")).not_to_be_empty()
    slider.focus()

    for turn in range(24):
        slider.press("ArrowLeft" if turn % 12 < 7 else "ArrowRight")
        if turn == 12:
            other.get_by_role("button", name="This run", exact=True).click()
    other.get_by_role("menuitem", name="Duplicate", exact=True).click()
    expect(table(other).get_by_test_id("glide-cell-4-4")).not_to_be_empty()
    tab.wait_for_function(
        """first => {
            const one = (selector) => document.querySelector(selector);
            const rate = one('.st-key-learning_rate-number input')?.value;
            const told = /run=sgd~([^~]+)~/.exec(location.search)?.[1] ?? first;
            return one('[data-testid="stApp"]').dataset.testScriptState === 'notRunning'
                && one('.st-key-learning_rate-slider input')?.ariaValueText === rate
                && Number(told) === Number(rate);
        }""",
        arg=first,
    )
    expect(tab.get_by_test_id("stException")).to_have_count(0)
