"""The Compare page by keyboard alone: everything is reached, seen to be reached, and works."""

import re

import pytest
from playwright.sync_api import expect

TAB_PRESSES = 120  # more than the page has stops
AIR = 8  # pixels around an element, where a focus ring may be
SKIP = "Skip to main content"
IS_FOCUSED = "element => element === document.activeElement"


@pytest.fixture
def tab(share):
    """The page as it opens, from its first stop on; nothing but the keyboard may touch it then."""
    tab = share()
    if "?" in tab.url:  # the test before has changed something
        tab.get_by_role("button", name="Reset", exact=True).click()
        expect(tab).not_to_have_url(re.compile(r"\?"))
    tab.get_by_role("tab", name="Loss", exact=True).click()
    expect(cell(tab, 0, 1)).not_to_be_empty()
    expect(tab.get_by_role("figure", name=re.compile("^Training loss"))).to_be_visible()
    go_to(tab, tab.get_by_role("link", name=SKIP))
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("main")).to_be_focused()
    return tab


def cell(tab, row, column):
    """One cell of the results: the table behind the canvas, for those who cannot see it."""
    return tab.get_by_test_id("stDataFrame").first.get_by_test_id(f"glide-cell-{column}-{row}")


def losses(tab):
    return [cell(tab, row, 4).text_content() for row in range(4)]


def go_to(tab, wanted, key="Tab"):
    """Press a key until the wanted element has the focus, and see that it shows."""
    for _ in range(TAB_PRESSES):
        tab.keyboard.press(key)
        if wanted.evaluate(IS_FOCUSED):
            assert_focus_shows(tab, wanted)
            return
    pytest.fail(f"{key} never reaches {wanted}")


def assert_focus_shows(tab, element):
    """The picture of the element and its surroundings is another one without the focus."""
    focused = picture(tab, element)
    element.evaluate("element => element.blur()")
    bare = picture(tab, element)
    element.evaluate("element => element.focus()")

    assert focused != bare


def picture(tab, element):
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    clip = {
        "x": max(0, box["x"] - AIR),
        "y": max(0, box["y"] - AIR),
        "width": box["width"] + 2 * AIR,
        "height": box["height"] + 2 * AIR,
    }
    return tab.screenshot(clip=clip, animations="disabled")


def chip(tab, name):
    return tab.get_by_role("radio", name=re.compile(rf"^\s*{name} ·"))


def test_a_run_is_chosen_and_edited_by_keyboard(tab, idle):
    before = losses(tab)
    go_to(tab, chip(tab, "SGD"))
    go_to(tab, chip(tab, "Momentum"), "ArrowRight")
    tab.keyboard.press("Space")
    expect(chip(tab, "Momentum")).to_be_checked()
    expect(tab.get_by_role("combobox", name="Optimizer")).to_have_value("Momentum · SGD family")
    idle(tab)
    assert losses(tab) == before  # another run in the editor trains nothing

    rule = tab.get_by_role("combobox", name="Optimizer")
    go_to(tab, rule)
    tab.keyboard.press("ArrowDown")
    expect(tab.get_by_role("option", name="Nesterov · SGD family")).to_be_visible()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(cell(tab, 1, 4)).not_to_have_text(before[1])
    idle(tab)
    other = losses(tab)
    assert [one for one in range(4) if other[one] != before[one]] == [1]

    rate = tab.get_by_role("slider", name="Learning rate").first
    at_first = rate.get_attribute("aria-valuetext")
    go_to(tab, rate)
    tab.keyboard.press("ArrowLeft")
    expect(cell(tab, 1, 4)).not_to_have_text(other[1])
    expect(rate).not_to_have_attribute("aria-valuetext", at_first)
    idle(tab)
    assert losses(tab)[2:] == before[2:]
    tab.keyboard.press("ArrowRight")
    expect(cell(tab, 1, 4)).to_have_text(other[1])


def test_a_tab_is_opened_by_keyboard(tab, idle):
    first, second = (tab.get_by_role("tab", name=name, exact=True) for name in ("Loss", "Score"))
    go_to(tab, first)
    tab.keyboard.press("ArrowRight")

    panel = tab.get_by_role("tabpanel", name="Score", exact=True)
    expect(panel.get_by_role("figure")).to_be_visible()
    expect(second).to_have_attribute("aria-selected", "true")
    expect(first).to_have_attribute("aria-selected", "false")

    # Streamlit 1.67 disables its tabs for a moment of the rerun, if the parts of its answer arrive
    # apart, and then the tab has lost the focus; but the reader's place is kept.
    idle(tab)
    tab.keyboard.press("Tab")
    go_to(tab, second, "Shift+Tab")


def test_share_is_opened_and_closed_by_keyboard(tab, idle):
    share = tab.get_by_role("button", name=re.compile("^Share"))
    save = tab.get_by_role("button", name="Save experiment")
    go_to(tab, share)
    for key in ("Enter", "Space"):
        expect(save).to_have_count(0)
        tab.keyboard.press(key)

        expect(tab.get_by_text(re.compile("format=1"))).to_be_visible()
        go_to(tab, tab.get_by_role("button", name="Copy to clipboard"))
        go_to(tab, save)
        tab.keyboard.press("Escape")
        expect(save).to_have_count(0)
        expect(share).to_be_focused()
        idle(tab)  # what was just closed opens again when the page has heard of it


def test_the_keyboard_goes_all_the_way_round(tab):
    go_to(tab, tab.get_by_role("link", name=SKIP))
    # As a long page is after a while: its first buttons lie below the bar of pages.
    tab.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 58)")
    go_to(tab, tab.get_by_role("button", name="Add", exact=True))
