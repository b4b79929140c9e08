"""The Backpropagation page in a real browser: the graph plays, scrubs, follows, is carried on."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

APPLES_LAST = "2 × 1.1 = 2.2"


@pytest.fixture
def opened(visit):
    """Function that opens the page with settings of its own."""

    def open_page(**settings):
        fields = {f"page.{name}": value for name, value in settings.items()}
        address = f"/?{urlencode({'format': '1', 'page': 'backpropagation', **fields})}"
        tab = visit(address)
        expect(tab.get_by_role("heading", level=1)).to_have_text("Backpropagation")
        expect(graph(tab)).to_be_visible()
        return tab

    return open_page


def graph(tab):
    return tab.locator(".st-key-chart-backpropagation .js-plotly-plot")


def sentence(tab):
    """What the picture says of its step: the last of its texts."""
    return graph(tab).locator(".textpoint").last


def numbers(tab):
    return graph(tab).locator(".textpoint").all_text_contents()


def test_the_graph_shows_every_number(opened):
    tab = opened()
    expect(sentence(tab)).to_contain_text(APPLES_LAST)
    assert {"220", "2.2", "110", "200", "1"} <= set(numbers(tab))
    boxes = graph(tab).locator(".annotation-text").all_text_contents()
    assert boxes == ["Price of an apple", "Apples", "Tax factor", "To pay"]
    picture = tab.get_by_role("figure", name=re.compile("Computation graph with 2 operations"))
    expect(picture).to_be_visible()


def test_the_graph_plays_and_pauses_without_a_rerun(opened):
    tab = opened(step="0")
    tab.evaluate(
        """() => { window.reruns = 0; new MutationObserver(() => window.reruns++).observe(
            document.querySelector('[data-testid="stApp"]'),
            {attributeFilter: ['data-test-script-state']}) }"""
    )
    expect(sentence(tab)).to_contain_text("Step 0 of 5")
    graph(tab).locator(".updatemenu-button").first.click()
    expect(sentence(tab)).to_contain_text("100 × 2 = 200")
    expect(sentence(tab)).to_contain_text(APPLES_LAST, timeout=20_000)
    rail = graph(tab).locator(".slider-rail-touch-rect").bounding_box()
    tab.mouse.click(rail["x"] + 2, rail["y"] + rail["height"] / 2)
    expect(sentence(tab)).to_contain_text("Step 0 of 5")
    assert tab.evaluate("window.reruns") == 0


def test_the_step_is_reached_by_keyboard(opened):
    tab = opened(step="0")
    field = tab.get_by_label("Step, 0 to 5")
    field.focus()
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Enter")
    expect(sentence(tab)).to_contain_text("100 × 2 = 200")
    tab.get_by_role("button", name="Back done").press("Enter")
    expect(sentence(tab)).to_contain_text(APPLES_LAST)
    expect(tab.get_by_text("A multiplication swaps its inputs")).to_be_visible()


def test_everything_follows_a_slider(opened):
    tab = opened()
    slider = tab.get_by_role("slider", name="Apples").first
    slider.focus()
    tab.keyboard.press("ArrowRight")
    expect(graph(tab).get_by_text("330", exact=True)).to_be_visible()
    expect(tab.get_by_text("3.3 won more are to pay")).to_be_visible()


def test_a_wrong_formula_is_explained_and_the_graph_stays(opened):
    tab = opened()
    field = tab.get_by_role("textbox", name="Formula")
    field.fill("__import__(x)")
    field.press("Control+Enter")
    expect(tab.get_by_text("character 1, at __import__")).to_be_visible()
    assert "220" in numbers(tab)
    field.fill("x*y + x")
    field.press("Control+Enter")
    expect(graph(tab).locator(".annotation-text")).to_have_text(["x", "y", "f"])


def test_a_large_graph_keeps_its_size_on_a_narrow_page(opened):
    tab = opened(example="sigmoid_network")
    tab.set_viewport_size({"width": 900, "height": 900})
    expect(graph(tab)).to_have_css("width", "1000px")
    frame = tab.locator(".st-key-backpropagation-wide")
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")


@pytest.mark.parametrize(
    ("button", "heading"),
    [("Compare optimizers on it", "Descent Lab"), ("See it on the loss surface", "Surfaces")],
)
def test_the_network_goes_on_to_another_page(opened, button, heading):
    tab = opened(example="sigmoid_network", tab="descent")
    tab.get_by_role("button", name=button).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(heading)
    expect(tab.get_by_text("One row with two targets").first).to_be_visible()
