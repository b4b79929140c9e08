"""The Sweep page in a real browser: started, watched, clicked, and found again."""

import json
import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.rules import broken_rules

TABS = ["Map", "Curves", "Parallel coordinates", "Table", "Scores", "Range test"]
SMALL = {
    "data": "line",
    "data.rows": "40",
    "hidden": "3",
    "loss": "mean_squared_error",
    "budget": "4",
    "run": ["sgd~0.5~10", "adam~0.05~10"],
}
AXES = [
    {"field": "learning_rate", "values": [0.01, 0.1, 1e6]},
    {"field": "batch_size", "values": [8, "all"]},
]
WIDE = {"width": 1440, "height": 900}


def address(**settings):
    fields = {"axes": json.dumps(AXES), "seeds": 2, **settings}
    page = {f"page.{name}": value for name, value in fields.items()}
    return f"/?{urlencode({**SMALL, 'page': 'sweep', **page}, doseq=True)}"


@pytest.fixture
def swept(share, idle):
    """A page whose sweep has ended, for tests that only look, or open its address themselves."""
    tab = share(address(), viewport=WIDE)
    if tab.get_by_role("button", name="Start the sweep").count():
        started(tab, idle)
    tab.get_by_role("tab", name="Map", exact=True).click()
    expect(tab).not_to_have_url(re.compile(r"page\.tab"))
    expect(chart(tab, "sweep-map")).to_be_visible()
    return tab


def started(tab, idle):
    """Start the sweep and wait for its end."""
    tab.get_by_role("button", name="Start the sweep").click()
    # A button with help is there twice, once for a phone.
    expect(tab.locator(".st-key-sweep-use-best button").first).to_be_enabled()
    idle(tab)


def chart(tab, key):
    return tab.locator(f".st-key-chart-{key}")


def test_a_started_sweep_fills_its_map_and_ends(swept, drawn):
    (_cells, _diverged, points) = drawn(chart(swept, "sweep-map").locator(".js-plotly-plot"))

    assert len(points["x"]) == 6  # two runs at three rates
    expect(swept.get_by_text("24 lanes")).to_have_count(0)  # it is no longer under way
    expect(swept.get_by_text("the best of its settings, up to 2")).to_be_visible()


def test_every_tab_is_drawn_breaks_no_rule_and_is_no_wider_than_the_window(swept, idle):
    broken = {}
    for name in TABS:
        swept.get_by_role("tab", name=name, exact=True).click()
        idle(swept)
        expect(swept.get_by_role("tab", name=name, exact=True)).to_have_attribute(
            "aria-selected", "true"
        )
        assert swept.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), (
            name
        )
        broken |= {(name, rule): found for rule, found in broken_rules(swept).items()}
    assert broken == {}


def test_a_click_on_a_cell_shows_its_setting_and_opens_it_in_compare(swept, visit, place):
    tab = visit(swept.url, viewport=WIDE)
    plot = chart(tab, "sweep-map").locator(".js-plotly-plot")

    tab.mouse.click(*place(plot, 1, 0))

    expect(tab.get_by_text("SGD · Learning rate 0.1")).to_be_visible()
    tab.get_by_role("button", name="Open in Compare").click()
    expect(tab.get_by_role("heading", name="Descent Lab")).to_be_visible()
    expect(tab.get_by_text("Opened from the sweep: SGD")).to_be_visible()
    expect(tab.get_by_role("spinbutton", name="Learning rate η")).to_have_value("0.1")


def test_a_sweep_is_found_again_in_another_tab(swept, visit):
    visit(swept.url, viewport=WIDE)  # from then on it is the reader's own
    other = visit("/sweep", viewport=WIDE)

    other.get_by_role("button", name="Your sweeps (1)").click()
    other.get_by_role("button", name="Straight line · 2 runs · Learning rate").click()

    expect(other.locator(".st-key-sweep-use-best button").first).to_be_enabled()
    expect(other.get_by_role("button", name="Start the sweep")).to_have_count(0)


def test_a_sweep_is_removed_at_a_second_click(visit, idle):
    tab = visit(address(seeds=4), viewport=WIDE)
    started(tab, idle)
    tab.get_by_role("button", name="Your sweeps (1)").click()
    bin_of_it = tab.locator("[class*=st-key-remove-sweep-] button").first
    expect(bin_of_it).to_be_visible()
    idle(tab)

    bin_of_it.click()
    tab.get_by_role("button", name="Keep it").click()
    expect(tab.get_by_role("button", name="Really remove?")).to_have_count(0)
    idle(tab)
    bin_of_it.click()
    tab.get_by_role("button", name="Really remove?").click()

    expect(tab.get_by_role("button", name="Your sweeps (0)")).to_be_disabled()
    expect(tab.get_by_role("button", name="Start the sweep")).to_be_enabled()


def test_what_is_brushed_filters_the_table(swept, idle):
    swept.get_by_role("tab", name="Parallel coordinates", exact=True).click()
    swept.get_by_role("slider", name="Learning rate, to").press("ArrowDown")
    idle(swept)
    swept.get_by_role("tab", name="Table", exact=True).click()

    expect(swept.get_by_text("8 of 12 settings")).to_be_visible()

    swept.get_by_role("tab", name="Parallel coordinates", exact=True).click()
    swept.get_by_role("button", name="Clear", exact=True).click()
    expect(swept).not_to_have_url(re.compile(r"page\.brushes"))
