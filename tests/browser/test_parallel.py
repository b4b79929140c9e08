"""Parallel coordinates of 100,000 rows on their canvas: drawn, brushed by mouse and by keyboard."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from charts.theme import BLUE, WARNING
from tests.browser.conftest import _server
from tests.browser.rules import broken_rules

ROWS = 100_000
SCRIPT = "tests/browser/parallel_page.py"


@pytest.fixture(scope="module")
def script_server(tmp_path_factory):
    log = tmp_path_factory.mktemp("parallel") / "log"
    with _server(log, SCRIPT) as url:
        yield url, log


@pytest.fixture
def app_url(script_server):
    """Address of a page with this picture alone, in place of the dashboard."""
    url, log = script_server
    before = log.stat().st_size
    yield url
    assert "Traceback" not in log.read_bytes()[before:].decode()


@pytest.fixture
def tab(share, idle):
    """The page without a brush, of which nothing has been told."""
    tab = share()
    tab.get_by_role("button", name="Start anew").click()
    expect(tab.get_by_text("0 reports", exact=True)).to_be_visible()
    expect(brushes(tab)).to_have_text("[]")
    expect(tab.locator(".parallel canvas.all")).not_to_have_class(re.compile("faded"))
    idle(tab)
    drawn(tab)
    return tab


def drawn(tab):
    """Wait until nothing is left to be drawn."""
    expect(tab.locator(".parallel")).to_have_attribute("aria-busy", "false")


def axis(tab, name):
    return tab.locator(".parallel").get_by_role("group", name=name)


def brushes(tab):
    return tab.get_by_test_id("stText").first


def drag(tab, name, begin, end):
    """Press at one share of an axis's height from its top, and let go at another."""
    box = axis(tab, name).bounding_box()
    x = box["x"] + box["width"] / 2
    tab.mouse.move(x, box["y"] + begin * box["height"])
    tab.mouse.down()
    tab.mouse.move(x, box["y"] + end * box["height"], steps=6)
    tab.mouse.up()


def pixels(tab, name):
    """The pixels of a canvas, red, green, blue and opacity, ``(height, width, 4)``."""
    height, width, values = tab.locator(f".parallel canvas.{name}").evaluate(
        """canvas => {
            const {height, width} = canvas, ink = canvas.getContext("2d");
            return [height, width, Array.from(ink.getImageData(0, 0, width, height).data)];
        }"""
    )
    return np.reshape(values, (height, width, 4))


def shares(picture, colour):
    """How much of the opaque part of a picture is of about this colour."""
    wanted = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    inked = picture[picture[..., 3] > 40]
    return (np.abs(inked[:, :3] - wanted) < 12).all(axis=1).mean()


def test_all_rows_are_drawn_and_diverged_ones_lead_to_their_own_place(tab):
    picture = pixels(tab, "all")
    height, width = picture.shape[:2]
    last_gap = picture[:, round(0.82 * width) :]

    assert (picture[..., 3] > 0).mean() > 0.3
    assert (picture[..., 3] > 0).any(axis=0).all()  # every column, from the first axis to the last
    above = last_gap[: round(0.08 * height)]
    assert shares(above, WARNING) > 0.95
    assert shares(last_gap[round(0.5 * height) :], BLUE) > 0.95
    assert not pixels(tab, "part")[..., 3].any()
    name = re.compile(r"^Parallel coordinates: 100,000 rows on 6 axes: Optimizer, .* diverged\.$")
    expect(tab.get_by_role("img", name=name)).to_be_visible()


def test_a_brush_is_told_once_on_release_and_the_rows_beside_it_fade(tab):
    drag(tab, "Validation loss", 0.85, 0.6)

    expect(brushes(tab)).to_have_text(re.compile(r"^\[\('loss', [\d.]+, [\d.]+\)\]$"))
    expect(tab.get_by_text("1 reports", exact=True)).to_be_visible()
    kept = re.match(r"\d+", tab.get_by_text(re.compile(r"^\d+ kept$")).text_content())[0]
    assert 0 < int(kept) < ROWS
    expect(tab.locator(".parallel output")).to_have_text(f"{int(kept):,} of 100,000 rows")
    drawn(tab)
    expect(tab.locator(".parallel canvas.all")).to_have_class(re.compile("faded"))
    part, whole = pixels(tab, "part")[..., 3] > 0, pixels(tab, "all")[..., 3] > 0
    assert 0 < part.sum() < whole.sum()
    assert not part[: round(0.05 * len(part))].any()  # nothing leads to ∞

    drag(tab, "Learning rate", 0.45, 0.95)
    expect(brushes(tab)).to_have_text(re.compile(r"^\[\('rate', None, 0\.\d+\), \('loss', .*\)\]$"))
    tab.get_by_role("button", name="Undo").click()
    expect(brushes(tab)).to_have_text(re.compile(r"^\[\('loss', [^(]*\)\]$"))
    expect(axis(tab, "Learning rate")).not_to_have_class(re.compile("brushed"))
    expect(axis(tab, "Validation loss")).to_have_class(re.compile("brushed"))

    tab.get_by_role("button", name="Clear").click()
    expect(brushes(tab)).to_have_text("[]")
    expect(tab.locator(".parallel canvas.all")).not_to_have_class(re.compile("faded"))


def test_a_button_keeps_the_best_tenth_and_is_told_once(tab):
    drag(tab, "Learning rate", 0.45, 0.95)
    expect(tab.get_by_text("1 reports", exact=True)).to_be_visible()
    button = tab.get_by_role("button", name="Best tenth")
    button.click()
    expect(brushes(tab)).to_have_text(re.compile(r"^\[\('rate'.*\), \('loss', None, 0\.\d+\)\]$"))
    button.click()  # it is in force: nothing is told
    axis(tab, "Learning rate").dblclick(position={"x": 19, "y": 200})

    expect(brushes(tab)).to_have_text(re.compile(r"^\[\('loss', None, 0\.\d+\)\]$"))
    expect(tab.get_by_text("3 reports", exact=True)).to_be_visible()
    told = tab.get_by_role("img").get_attribute("aria-label")
    n_finite = ROWS - int(re.search(r"([\d,]+) diverged", told)[1].replace(",", ""))
    kept = re.match(r"\d+", tab.get_by_text(re.compile(r"^\d+ kept$")).text_content())[0]
    assert 0.1 <= int(kept) / n_finite < 0.1005


@pytest.mark.parametrize("width", [700, 1100])
def test_words_that_wrap_leave_room_to_what_follows(visit, width):
    tab = visit(viewport={"width": width, "height": 900})
    drawn(tab)
    for name in ("Best tenth", "Clear"):
        hint = tab.locator(".parallel .hint").bounding_box()
        button = tab.get_by_role("button", name=name).bounding_box()
        below = brushes(tab).bounding_box()["y"]
        assert below - max(one["y"] + one["height"] for one in (hint, button)) >= 12
        tab.get_by_role("button", name="Best tenth").click()
        expect(tab.get_by_text("1 reports", exact=True)).to_be_visible()


def test_infinity_is_brushed_at_its_place_and_a_double_click_clears(tab):
    drag(tab, "Validation loss", 0.0, 0.04)
    expect(brushes(tab)).to_have_text("[('loss', inf, None)]")

    axis(tab, "Validation loss").dblclick(position={"x": 19, "y": 200})
    expect(brushes(tab)).to_have_text("[]")


def test_an_axis_is_brushed_by_keyboard_and_keeps_the_focus(tab, idle):
    low, high = (tab.get_by_role("slider", name=f"Learning rate, {end}") for end in ("from", "to"))
    expect(high).to_have_attribute("aria-valuetext", "4.642")
    high.focus()
    tab.keyboard.press("ArrowUp")  # it is at the upper end: nothing changes, and nothing is told
    tab.keyboard.press("ArrowDown")
    expect(brushes(tab)).to_have_text(re.compile(r"^\[\('rate', None, 2\.154\d+\)\]$"))
    expect(high).to_have_attribute("aria-valuetext", "2.154")
    idle(tab)
    expect(high).to_be_focused()

    low.focus()
    tab.keyboard.press("PageUp")
    expect(brushes(tab)).to_have_text(re.compile(r"^\[\('rate', 0\.0046\d+, 2\.154\d+\)\]$"))
    tab.keyboard.press("Shift+ArrowUp")
    expect(brushes(tab)).to_have_text(re.compile(r"^\[\('rate', 0\.01, None\)\]$"))
    tab.keyboard.press("Escape")
    expect(brushes(tab)).to_have_text("[]")
    expect(low).to_be_focused()
    expect(tab.get_by_text("4 reports", exact=True)).to_be_visible()


def test_a_page_that_has_lost_the_rows_asks_for_them(tab):
    drag(tab, "Optimizer", 0.3, 0.6)
    expect(tab.get_by_text("1 reports", exact=True)).to_be_visible()
    drawn(tab)
    tab.evaluate("window.parallelRows.clear()")

    tab.get_by_role("button", name="Undo").click()
    expect(brushes(tab)).to_have_text("[]")
    tab.wait_for_function("() => window.parallelRows.size === 1")
    expect(tab.locator(".parallel canvas.all")).not_to_have_class(re.compile("faded"))


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_picture_breaks_no_rule_of_axe(visit, color_scheme):
    tab = visit(color_scheme=color_scheme)
    drawn(tab)
    drag(tab, "Seconds", 0.5, 0.8)
    expect(tab.get_by_text("1 reports", exact=True)).to_be_visible()

    assert broken_rules(tab) == {}


def test_on_a_narrow_page_the_axes_scroll_and_the_page_does_not(visit):
    tab = visit(viewport={"width": 390, "height": 800})
    drawn(tab)
    wide, page = (
        tab.locator(where).evaluate("one => [one.scrollWidth, one.clientWidth]")
        for where in (".parallel .frame", "body")
    )

    assert wide[0] > wide[1]
    assert page[0] <= page[1]
