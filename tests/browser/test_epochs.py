"""The Epochs page in a real browser: what reaches the screen, by mouse and by keyboard."""

import json
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import expect

TABS = [
    "The count",
    "Batch, mini-batch, stochastic",
    "Which rows, when",
    "Gradient noise",
    "Too few, too many epochs",
    "Batch size × learning rate",
]
SMALL = {"data.rows": "40", "hidden": "3", "budget": "4", "run": "sgd~0.5~10"}
LINE = {
    "data": "line",
    "data.rows": "40",
    "hidden": "",
    "loss": "mean_squared_error",
    "budget": "4",
    "run": "sgd~0.1~10",
}


@pytest.fixture
def visit(app_url, idle):
    """Function that opens the page in a tab, which must stay quiet and ask no other host."""
    seen = []

    def open_page(tab, problem=SMALL, /, **settings):
        host = urlsplit(app_url).netloc
        tab.on("console", lambda line: seen.append(line.text) if line.type == "error" else None)
        tab.on("pageerror", lambda error: seen.append(str(error)))
        tab.on("request", lambda request: _note_foreign(request.url, host, seen))
        fields = {f"page.{name}": value for name, value in settings.items()}
        tab.goto(f"{app_url}?{urlencode({**problem, 'page': 'epochs', **fields})}")
        idle(tab)
        return tab

    yield open_page
    assert seen == []


def _note_foreign(address, host, seen):
    scheme, netloc = urlsplit(address)[:2]
    if scheme not in {"data", "blob"} and netloc != host:
        seen.append(address)


def cell(tab, row, column):
    """One cell of the counts. Columns: number, N, B, per epoch, last batch, epochs, in all."""
    return tab.get_by_test_id("stDataFrame").first.get_by_test_id(f"glide-cell-{column}-{row}")


def chart(tab, key):
    return tab.locator(f".st-key-chart-{key}")


def test_every_tab_is_reached_and_drawn(page, visit, idle):
    visit(page)
    for name in TABS:
        page.get_by_role("tab", name=name, exact=True).click()
        idle(page)
        expect(page.locator('[class*="st-key-chart-epochs-"] .main-svg').first).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_an_example_shows_its_figures(page, visit):
    visit(page)
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("menuitem", name="60,000 rows: 128, kept or dropped").click()

    expect(page.get_by_role("menuitem")).to_have_count(0)
    expect(cell(page, 0, 3)).to_have_text("469")
    expect(cell(page, 1, 3)).to_have_text("468")
    expect(cell(page, 0, 4)).to_have_text("96")
    expect(cell(page, 0, 6)).to_have_text("9380")
    bars = chart(page, "epochs-count")
    for figure in ("469", "468", "9,380", "9,360"):
        expect(bars.locator(".bartext", has_text=figure).first).to_be_visible()
    expect(page.get_by_test_id("stMain").locator(".katex-html").first).to_contain_text("468+1=469")


def test_the_examples_open_at_every_click(page, visit, idle):
    visit(page)
    for name in ("2,000 rows: 200", "100 rows: 50, 50 epochs"):
        page.get_by_role("button", name="Examples").click()
        page.get_by_role("menuitem", name=name).click()
        idle(page)
        expect(page.get_by_role("menuitem")).to_have_count(0)
    expect(cell(page, 0, 6)).to_have_text("100")


@pytest.mark.parametrize(
    ("size", "epochs"),
    [(60_000, [1]), (128, [1, 20]), (128, [1, 20, 300, 4_000, 50, 2]), (1, [10_000, 9_000])],
)
def test_no_text_of_the_count_lies_on_another(new_page, visit, size, epochs):
    tab = new_page(viewport={"width": 1440, "height": 900})
    plan = {"rows": 60_000, "batch_size": size, "last_batch": "dropped", "sampling": "replacement"}
    plans = [{**plan, "epochs": count} for count in epochs]
    visit(tab, plans=json.dumps(plans), plan="0")

    for width in (1440, 900):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.wait_for_function(
            """() => document.querySelector('.st-key-chart-epochs-count .main-svg')
                .getBoundingClientRect().right <= document.documentElement.clientWidth"""
        )
        assert _clashes(tab, 2 * 2 + 2 + 3 * len(plans)) == []


def _clashes(tab, fewest):
    """The texts of the count that lie on each other, in pairs; all of them lie in the window."""
    texts = chart(tab, "epochs-count").locator(
        ".xtick text, .x2tick text, .ytick text, .xtitle, .x2title, .bartext"
    )
    boxes = [texts.nth(place).bounding_box() for place in range(texts.count())]
    right = tab.evaluate("document.documentElement.clientWidth")
    assert len(boxes) >= fewest
    assert max(box["x"] + box["width"] for box in boxes) <= right
    return [
        (texts.nth(one).text_content(), texts.nth(other).text_content())
        for other, second in enumerate(boxes)
        for one, first in enumerate(boxes[:other])
        if _overlap(first, second)
    ]


def _overlap(first, second):
    """Whether two boxes share more than the pixel that glyphs do not fill."""
    return all(
        min(first[start] + first[length], second[start] + second[length])
        - max(first[start], second[start])
        > 1
        for start, length in (("x", "width"), ("y", "height"))
    )


def test_a_batch_size_is_set_by_keyboard(page, visit):
    visit(page, plans=json.dumps([{"rows": 1_000, "batch_size": 100}]), plan="0")
    slider = page.get_by_role("slider", name="Batch size B")
    slider.focus()
    slider.press("ArrowRight")

    expect(cell(page, 0, 2)).to_have_text("128")
    expect(cell(page, 0, 3)).to_have_text("8")
    expect(cell(page, 0, 4)).to_have_text("104")


def test_a_batch_larger_than_the_rows_is_refused_by_its_field(page, visit):
    visit(page, plans=json.dumps([{"rows": 1_000, "batch_size": 100}]), plan="0")
    field = page.get_by_role("spinbutton", name="Batch size B")
    field.fill("1001")
    field.press("Enter")

    expect(page.get_by_test_id("stAlert")).to_contain_text("Batch size is 1001")
    expect(cell(page, 0, 2)).to_have_text("100")


def test_the_straight_line_shows_curves_beside_paths(page, visit):
    visit(page, LINE, tab="batches", sizes='["all",10,1]')

    expect(chart(page, "epochs-batches").locator(".subplot.xy, .subplot.x4y4")).to_have_count(2)
    paths = chart(page, "epochs-paths")
    expect(paths.locator(".contourlayer path").first).to_be_attached()
    expect(paths.locator(".scatterlayer .js-line")).to_have_count(3)


def test_a_link_opens_its_tab_and_a_rerun_keeps_it(page, visit, idle):
    visit(page, tab="rows")
    selected = page.get_by_role("tab", selected=True)
    expect(selected).to_have_text("Which rows, when")

    page.get_by_test_id("stButtonGroup").get_by_text("5. 1,000 rows, B 300, dropped").click()
    idle(page)
    expect(page.get_by_text("except those of a dropped last batch")).to_be_visible()
    expect(selected).to_have_text("Which rows, when")


def test_every_chart_says_what_it_shows(page, visit, idle):
    visit(page)
    for name in TABS:
        page.get_by_role("tab", name=name, exact=True).click()
        idle(page)
        shown = page.locator('[class*="st-key-chart-epochs-"]')
        expect(shown.first).to_be_visible()
        figures = shown.get_by_role("figure")
        assert figures.count() == shown.count()
        for number in range(figures.count()):
            assert len(figures.nth(number).get_attribute("aria-label")) > 40


def test_nothing_is_wider_than_the_window(new_page, visit, idle):
    tab = visit(new_page(viewport={"width": 1440, "height": 900}))
    for name in TABS:
        tab.get_by_role("tab", name=name, exact=True).click()
        idle(tab)
        for width in (900, 1440):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.wait_for_function(f"() => document.documentElement.scrollWidth <= {width}")
