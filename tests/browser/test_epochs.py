"""The Epochs page in a real browser: what reaches the screen, by mouse and by keyboard."""

import json

import pytest
from playwright.sync_api import expect

TABS = [
    "Counting",
    "Batch, mini-batch, stochastic",
    "Which rows, when",
    "Gradient noise",
    "Too few or too many epochs",
    "Batch size × learning rate",
]
SMALL = {"data.rows": "40", "hidden": "3", "budget": "4", "run": "sgd~0.5~10"}
WIDE = {"width": 1440, "height": 900}
LINE = {
    "data": "line",
    "data.rows": "40",
    "hidden": "",
    "loss": "mean_squared_error",
    "budget": "4",
    "run": "sgd~0.1~10",
}


@pytest.fixture
def epochs(lead):
    """Function that shows the page at a link."""

    def show(problem=SMALL, **settings):
        fields = {f"page.{name}": value for name, value in settings.items()}
        return lead("epochs", {**problem, "page": "epochs", **fields}, viewport=WIDE)

    return show


@pytest.fixture
def counting(epochs):
    """The page for tests that begin with an example of the count."""
    return epochs()


def cell(tab, row, column):
    """One cell of the counts. Columns: number, N, B, per epoch, last batch, epochs, in all."""
    return tab.get_by_test_id("stDataFrame").first.get_by_test_id(f"glide-cell-{column}-{row}")


def chart(tab, key):
    return tab.locator(f".st-key-chart-{key}")


def test_every_tab_is_drawn_and_says_what_it_shows_and_is_no_wider_than_the_window(epochs, idle):
    tab = epochs()
    for name in TABS:
        tab.get_by_role("tab", name=name, exact=True).click()
        idle(tab)
        charts = tab.locator('[class*="st-key-chart-epochs-"]')
        expect(charts.locator(".main-svg").first).to_be_visible()
        expect(tab.get_by_test_id("stException")).to_have_count(0)
        figures = charts.get_by_role("figure")
        assert figures.count() == charts.count()
        for number in range(figures.count()):
            assert len(figures.nth(number).get_attribute("aria-label")) > 40
        for width in (900, 1440):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.wait_for_function(f"() => document.documentElement.scrollWidth <= {width}")


def show_example(tab, name):
    tab.get_by_role("button", name="Examples").click()
    tab.get_by_role("menuitem", name=name).click()
    expect(tab.get_by_role("menuitem")).to_have_count(0)


def test_an_example_shows_its_figures_at_every_click(counting, idle):
    show_example(counting, "100 rows: 50, 50 epochs")
    expect(cell(counting, 0, 6)).to_have_text("100")
    idle(counting)
    show_example(counting, "60,000 rows: 128, kept or dropped")
    for (row, column), text in {(0, 3): "469", (1, 3): "468", (0, 4): "96", (0, 6): "9380"}.items():
        expect(cell(counting, row, column)).to_have_text(text)
    bars = chart(counting, "epochs-count")
    for figure in ("469", "468", "9,380", "9,360"):
        expect(bars.locator(".bartext", has_text=figure).first).to_be_visible()
    formula = counting.get_by_test_id("stMain").locator(".katex-html").first
    expect(formula).to_contain_text("468+1=469")


@pytest.mark.parametrize(
    ("size", "counts"),
    [(60_000, [1]), (128, [1, 20]), (128, [1, 20, 300, 4_000, 50, 2]), (1, [10_000, 9_000])],
)
def test_no_text_of_the_count_lies_on_another(epochs, size, counts):
    plan = {"rows": 60_000, "batch_size": size, "last_batch": "dropped", "sampling": "replacement"}
    plans = [{**plan, "epochs": count} for count in counts]
    tab = epochs(plans=json.dumps(plans), plan="0")

    for width in (1440, 900):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.wait_for_function(
            """() => document.querySelector('.st-key-chart-epochs-count .main-svg')
                ?.getBoundingClientRect().right <= document.documentElement.clientWidth"""
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


def test_a_batch_size_is_set_by_keyboard(counting):
    show_example(counting, "2,000 rows: 200")
    expect(cell(counting, 0, 2)).to_have_text("200")
    counting.get_by_role("slider", name="Batch size B").press("ArrowRight")

    expect(cell(counting, 0, 2)).to_have_text("256")
    expect(cell(counting, 0, 3)).to_have_text("8")
    expect(cell(counting, 0, 4)).to_have_text("208")


def test_a_batch_larger_than_the_rows_is_refused_by_its_field(counting):
    show_example(counting, "2,000 rows: 200")
    expect(cell(counting, 0, 2)).to_have_text("200")
    field = counting.get_by_role("spinbutton", name="Batch size B")
    field.fill("2001")
    field.press("Enter")

    expect(counting.get_by_test_id("stAlert")).to_contain_text("Batch size is 2001")
    expect(cell(counting, 0, 2)).to_have_text("200")


def test_the_straight_line_shows_curves_beside_paths(epochs):
    page = epochs(LINE, tab="batches", sizes='["all",10,1]')

    expect(chart(page, "epochs-batches").locator(".subplot.xy, .subplot.x4y4")).to_have_count(2)
    paths = chart(page, "epochs-paths")
    expect(paths.locator(".contourlayer path").first).to_be_attached()
    expect(paths.locator(".scatterlayer .js-line")).to_have_count(3)


def test_a_link_opens_its_tab_and_a_rerun_keeps_it(epochs, idle):
    page = epochs(tab="rows")
    selected = page.get_by_role("tab", selected=True)
    expect(selected).to_have_text("Which rows, when")

    page.get_by_test_id("stButtonGroup").get_by_text("5. 1,000 rows, B 300, dropped").click()
    idle(page)
    expect(page.get_by_text("except those of a dropped last batch")).to_be_visible()
    expect(selected).to_have_text("Which rows, when")
