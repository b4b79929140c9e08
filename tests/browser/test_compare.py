"""The Compare page in a real browser: what reaches the screen, by mouse and by keyboard."""

import re
from itertools import pairwise
from urllib.parse import urlencode, urljoin

import pytest
from playwright.sync_api import expect

from comparison.document import Document, View
from engine import Experiment

FIRST_VIEW = ["SGD", "Momentum", "Adagrad", "Adam"]
TABS = ["Loss", "Score", "Norms", "Fits", "Learning-rate sensitivity", "Details"]
BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 30)"}
FOUR = "problem=function&run=sgd~0.9~all&run=sgd~0.1~all&run=adam~0.1~all&run=adagrad~1~all"
PICTURE = "![x](https://example.org/x.png)"


@pytest.fixture
def compare(visit):
    """Function that opens the page and waits until its table and its chart are drawn."""
    return lambda address="/", **options: drawn_whole(visit(address, **options))


@pytest.fixture
def first_view(share):
    """The page as it opens, for the tests that leave it so."""
    tab = drawn_whole(share())
    expect(tab).not_to_have_url(re.compile(r"\?"))  # the address of the first view is bare
    return tab


CHART = "document.querySelector('.st-key-chart-loss .js-plotly-plot')"


def seen_of(tab, key):
    """Left, right, lower and upper end of what a chart shows."""
    return tab.evaluate(
        """key => {
            const chart = document.querySelector(`.st-key-chart-${key} .js-plotly-plot`);
            const { xaxis, yaxis } = chart._fullLayout;
            return [...xaxis.range, ...yaxis.range];
        }""",
        key,
    )


def drag(tab, box, start, end):
    """Drag from one point of a box to another, in shares of its size."""
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    tab.mouse.move(*points[0])
    tab.mouse.down()
    tab.mouse.move(*points[1], steps=5)
    tab.mouse.up()


def wait_for_part(tab, part, sgd):
    """Wait for a chart that was drawn with this zoom, and whose first run has other values."""
    tab.wait_for_function(
        f"""([part, old]) => {{
            const {{ data, layout }} = {CHART} ?? {{}};
            const seen = [...(layout?.xaxis.range ?? []), ...(layout?.yaxis.range ?? [])];
            return layout?.xaxis.autorange === false && JSON.stringify(data[0].y) !== old
                && part.every((value, place) => Math.abs(value - seen[place]) < 1e-9);
        }}""",
        arg=[part, sgd],
    )


def drawn_whole(tab):
    expect(cell(tab, 0, 1)).not_to_be_empty()
    expect(labels_at_line_ends(tab).first).to_be_visible()
    return tab


def cell(tab, row, column):
    """One cell of the results: the table behind the canvas, for those who cannot see it.

    Columns: the line, the run, learning rate, batch size, training loss, validation loss, score,
    status.
    """
    return tab.get_by_test_id("stDataFrame").first.get_by_test_id(f"glide-cell-{column}-{row}")


def numbers(tab, rows=4):
    return [[cell(tab, row, column).text_content() for column in (4, 5, 6)] for row in range(rows)]


def expect_numbers(tab, wanted, first_row=0):
    for row, texts in enumerate(wanted, first_row):
        for column, text in zip((4, 5, 6), texts, strict=True):
            expect(cell(tab, row, column)).to_have_text(text)


def slider(tab, name):
    return tab.get_by_role("slider", name=name).first


def lines(tab, count=4):
    """Colours of the lines in the loss chart, sorted, without the edges of bands."""
    paths = chart(tab).locator('.cartesianlayer .js-line:not([style*="stroke-width: 0px"])')
    expect(paths).to_have_count(count)
    return sorted(paths.evaluate_all("paths => paths.map(path => path.style.stroke)"))


def chart(tab):
    return tab.get_by_test_id("stMain").locator(".js-plotly-plot").first


def labels_at_line_ends(tab):
    return chart(tab).locator(".annotation-text")


def test_the_first_view_is_there_without_a_click(first_view):
    tab = first_view
    expect(tab.get_by_role("heading", level=1)).to_have_text("Descent Lab")
    assert [cell(tab, row, 1).text_content() for row in range(4)] == FIRST_VIEW
    assert all(0 < float(number) < 1.5 for row in numbers(tab) for number in row)
    assert len(set(lines(tab))) == 4
    expect(labels_at_line_ends(tab)).to_have_count(4)
    assert sorted(labels_at_line_ends(tab).all_text_contents()) == sorted(FIRST_VIEW)
    picture = tab.get_by_role("figure", name=re.compile("Training loss against epochs"))
    expect(picture).to_be_visible()
    assert all(name in picture.get_attribute("aria-label") for name in FIRST_VIEW)


def test_a_slider_moved_by_keyboard_changes_numbers_of_its_run_alone(first_view):
    tab = first_view
    before = numbers(tab)
    slider(tab, "Learning rate").focus()
    tab.keyboard.press("ArrowLeft")

    expect(cell(tab, 0, 4)).not_to_have_text(before[0][0])
    expect_numbers(tab, before[1:], first_row=1)
    tab.get_by_role("button", name="Reset", exact=True).click()
    expect(cell(tab, 0, 4)).to_have_text(before[0][0])


def test_a_reload_keeps_what_was_set_and_going_back_skips_no_page(compare, idle):
    tab = compare()
    assert "?" not in tab.url
    first = numbers(tab)
    slider(tab, "Learning rate").press("ArrowRight")
    expect(tab).to_have_url(re.compile(r"run=sgd~(?!3\.16)"))
    expect(cell(tab, 0, 4)).not_to_have_text(first[0][0])
    idle(tab)
    before = numbers(tab)

    tab.reload()
    expect_numbers(tab, before)
    tab.get_by_role("link", name="Epochs", exact=True).click()
    expect(tab.get_by_role("heading", name="Epochs, batches, iterations")).to_be_visible()
    tab.go_back()
    expect_numbers(tab, before)


def rate(tab):
    return tab.get_by_role("spinbutton", name="Learning rate η").first


def change_rate(tab, value):
    rate(tab).fill(value)
    rate(tab).press("Enter")
    expect(rate(tab)).to_have_value(value)


def runs(tab):
    return tab.get_by_test_id("stMain").get_by_test_id("stButtonGroup").first.get_by_role("radio")


def test_back_and_forward_step_through_comparisons(compare, idle):
    tab = compare()
    change_rate(tab, "0.4")
    expect(tab).to_have_url(re.compile("run=sgd~0.4"))
    change_rate(tab, "0.5")  # the same control: one step back for both
    expect(tab).to_have_url(re.compile("run=sgd~0.5"))
    tab.get_by_role("button", name="Presets").click()
    tab.get_by_role("menuitem", name="On this data: five learning rates").click()
    expect(runs(tab)).to_have_count(5)
    expect(tab).to_have_url(re.compile("run=sgd~0.06"))

    tab.go_back()
    expect(runs(tab)).to_have_count(4)
    expect(rate(tab)).to_have_value("0.5")
    tab.go_back()
    expect(rate(tab)).to_have_value("3.16")
    expect(tab).not_to_have_url(re.compile(r"\?"))
    expect(tab.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    tab.go_forward()
    expect(rate(tab)).to_have_value("0.5")
    tab.go_forward()
    expect(runs(tab)).to_have_count(5)
    expect(rate(tab)).to_have_value("0.06")
    idle(tab)
    tab.get_by_role("heading", level=1).click()
    tab.keyboard.press("Control+z")
    expect(runs(tab)).to_have_count(4)
    expect(rate(tab)).to_have_value("0.5")  # until then the browser sends the value of before
    idle(tab)
    tab.keyboard.press("Control+Shift+z")
    expect(runs(tab)).to_have_count(5)


def test_back_leads_through_pages_and_reloads(compare, idle):
    tab = compare()
    change_rate(tab, "0.5")
    expect(tab).to_have_url(re.compile("run=sgd~0.5"))
    change_number = tab.get_by_role("spinbutton", name="Epochs")
    change_number.fill("50")
    change_number.press("Enter")
    expect(tab).to_have_url(re.compile("budget=50"))
    tab.get_by_role("link", name="Epochs", exact=True).click()
    expect(tab.get_by_role("heading", name="Epochs, batches, iterations")).to_be_visible()
    idle(tab)
    tab.reload()
    expect(tab.get_by_role("heading", name="Epochs, batches, iterations")).to_be_visible()
    idle(tab)

    tab.go_back()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Descent Lab")
    expect(rate(tab)).to_have_value("0.5")
    expect(change_number).to_have_value("50")
    tab.wait_for_function("!window.comparisonPlace.asked")  # the step has been answered
    idle(tab)
    tab.go_back()
    expect(change_number).to_have_value("100")
    expect(rate(tab)).to_have_value("0.5")


def test_a_comparison_too_long_for_a_link_comes_back(compare, idle):
    names = tuple("학습률" * 20 for _run in Experiment().runs)
    saved = Document(view=View(names=names)).model_dump_json().encode()
    tab = compare()
    tab.get_by_role("button", name="Share", exact=True).click()
    file = {"name": "descent-lab.json", "mimeType": "application/json", "buffer": saved}
    tab.locator('input[type="file"]').set_input_files(file)
    expect(runs(tab).filter(has_text="학습률")).to_have_count(7)
    tab.keyboard.press("Escape")
    idle(tab)
    change_rate(tab, "0.5")
    expect(runs(tab).first).to_contain_text("η 0.5")
    idle(tab)
    tab.go_back()
    expect(rate(tab)).to_have_value("2")
    expect(runs(tab).filter(has_text="학습률")).to_have_count(7)
    idle(tab)

    tab.reload()
    expect(runs(tab).filter(has_text="학습률")).to_have_count(7)


def test_a_reload_of_one_page_keeps_the_comparisons_of_the_others(compare, idle):
    tab = compare()
    change_rate(tab, "0.5")
    expect(tab).to_have_url(re.compile("run=sgd~0.5"))
    tab.get_by_role("link", name="Surfaces", exact=True).click()
    start = tab.get_by_role("spinbutton", name="Start x")
    expect(start).to_have_value("-7")
    idle(tab)
    tab.reload()
    expect(start).to_have_value("-7")
    idle(tab)
    expect(tab).to_have_url(re.compile(r"/surfaces$"))
    tab.wait_for_function("window.comparisonPlace?.number && !window.comparisonPlace.asked")
    idle(tab)

    tab.get_by_role("link", name="Compare", exact=True).click()
    expect(rate(tab)).to_have_value("0.5")


def test_a_refused_link_stays_in_the_address_until_something_else_is_shown(compare):
    tab = compare("/?budget=3000000&run=adam~0.5~32")
    expect(tab.get_by_text(re.compile("could not be opened"))).to_contain_text("3000000")
    expect(tab).to_have_url(re.compile("budget=3000000&run=adam"))

    slider(tab, "Learning rate").press("ArrowRight")
    expect(tab).to_have_url(re.compile("run=sgd~"))


def test_a_number_typed_in_the_sidebar_retrains_all_runs(first_view):
    tab = first_view
    before = numbers(tab)
    field = tab.get_by_role("spinbutton", name="Epochs").first
    field.fill("7")
    field.press("Enter")

    expect(tab.get_by_text("same budget: 7 epochs")).to_be_visible()
    for row in range(4):
        expect(cell(tab, row, 4)).not_to_have_text(before[row][0])
    expect(slider(tab, "Epochs")).to_have_attribute("aria-valuetext", "7")
    tab.get_by_role("button", name="Reset", exact=True).click()
    expect_numbers(tab, before)


def test_the_language_is_switched_and_the_numbers_stay(first_view, idle):
    tab = first_view
    before = numbers(tab)
    tab.get_by_text("한국어", exact=True).click()

    expect(slider(tab, "학습률")).to_be_visible()
    expect(chart(tab).locator(".xtitle")).to_have_text("에포크")
    idle(tab)
    expect_numbers(tab, before)
    field = tab.get_by_role("spinbutton", name="에포크").first
    field.fill("-1")
    field.press("Enter")  # what answers it runs before the page has spoken
    expect(tab.get_by_text("학습량 값이 -1")).to_be_visible()
    tab.get_by_text("English", exact=True).click()
    expect(slider(tab, "Learning rate")).to_be_visible()
    tab.get_by_role("button", name="Reset", exact=True).click()  # takes the notice away
    expect(tab.get_by_test_id("stAlert")).to_have_count(0)


def test_the_chosen_language_is_still_there_after_a_reload(compare):
    tab = compare()
    tab.get_by_text("한국어", exact=True).click()
    expect(tab.locator("html")).to_have_attribute("lang", "ko")
    tab.reload()
    expect(slider(tab, "학습률")).to_be_visible()


def test_axis_and_quantity_are_switched_and_the_numbers_stay(first_view, idle):
    tab = first_view
    before = numbers(tab)
    tab.get_by_role("button", name="Against epochs").click()
    tab.get_by_role("radio", name="Iterations", exact=True).click()
    expect(chart(tab).locator(".xtitle")).to_have_text("Iterations")
    tab.keyboard.press("Escape")

    tab.get_by_text("Validation loss", exact=True).first.click()
    expect(chart(tab).locator(".ytitle")).to_have_text(re.compile("^Validation loss"))
    idle(tab)
    expect_numbers(tab, before)
    tab.get_by_role("button", name="Reset", exact=True).click()
    expect(chart(tab).locator(".xtitle")).to_have_text("Epochs")
    expect(chart(tab).locator(".ytitle")).to_have_text(re.compile("^Training loss"))

    # The closed popover still holds the old axis, and the browser sends it with the next change.
    slider(tab, "Learning rate").focus()
    tab.keyboard.press("ArrowLeft")
    expect(cell(tab, 0, 4)).not_to_have_text(before[0][0])
    idle(tab)
    expect(chart(tab).locator(".xtitle")).to_have_text("Epochs")
    tab.get_by_role("button", name="Reset", exact=True).click()
    expect(cell(tab, 0, 4)).to_have_text(before[0][0])


def fits(tab):
    """The panels of fits; what is drawn on one, and the titles of all."""
    return tab.locator(".st-key-fits-player .panels")


def drawn_fit(tab, other="", *, is_other=False):
    """The first picture, once it is not the given one, or is it."""
    return tab.locator(".st-key-fits-player").evaluate(
        """(player, [other, isOther]) => new Promise((resolve) => {
            const look = () => {
                const roots = [...player.querySelectorAll("*")].map((one) => one.shadowRoot);
                const picture = roots.find(Boolean)?.querySelector("canvas")?.toDataURL();
                if (picture && (picture === other) === isOther) resolve(picture);
                else requestAnimationFrame(look);
            };
            look();
        })""",
        [other, is_other],
    )


def test_fits_play_beside_the_loss_and_a_change_shows_those_of_the_end(first_view, idle):
    tab = first_view
    title = fits(tab).locator(".score").first
    end, end_picture = title.text_content(), drawn_fit(tab)
    tab.get_by_role("button", name="To the start").click()
    expect(tab.get_by_text("Epoch 0 of 100")).to_be_visible()
    expect(title).not_to_have_text(end)  # what the script sent
    idle(tab)
    start = drawn_fit(tab, end_picture)

    tab.get_by_role("button", name="Play").click()
    begun = title.text_content()
    expect(title).not_to_have_text(begun)  # the clock draws them
    tab.get_by_role("button", name="Pause").click()
    idle(tab)
    assert drawn_fit(tab) not in {start, end_picture}
    tab.get_by_role("button", name="To the end").click()
    expect(title).to_have_text(end)
    drawn_fit(tab, end_picture, is_other=True)

    slider(tab, "Learning rate").focus()
    tab.keyboard.press("ArrowLeft")
    drawn_fit(tab, end_picture)  # of the run that was changed
    idle(tab)
    expect(tab.get_by_text("Epoch 100 of 100")).to_be_visible()
    tab.get_by_role("button", name="Reset", exact=True).click()
    expect(title).to_have_text(end)


def test_on_a_narrow_page_the_chart_comes_before_the_text_and_no_score_is_cut(first_view):
    tab = first_view
    window = tab.viewport_size
    for width in (900, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        scores = fits(tab).locator(".score")
        expect(scores).to_have_count(4)
        tab.wait_for_function(
            """() => {
                const one = (key) => document.querySelector(`.st-key-${key}`);
                const top = (key) => one(key)?.getBoundingClientRect().top;
                return top('chart-loss') < Math.min(top('preset-text'), innerHeight);
            }"""
        )
        cut = scores.evaluate_all("all => all.some(one => one.scrollWidth > one.clientWidth + 1)")
        assert not cut
    tab.set_viewport_size(window)


@pytest.mark.parametrize(("width", "most"), [(1440, 0), (390, 0.36)])
def test_the_chart_is_on_the_first_screen_under_one_line_of_actions(first_view, width, most):
    """At 1,440 pixels all of it, with the clock; on a phone most of it."""
    tab = first_view
    window = tab.viewport_size
    tab.set_viewport_size({"width": width, "height": 900 if width > 500 else 844})
    tab.wait_for_function(
        """most => {
            const box = (key) => document.querySelector(key)?.getBoundingClientRect();
            const chart = box('.st-key-chart-loss');
            const [first, last] = ['preset', 'share'].map((key) => box(`.st-key-${key}`)?.top);
            return first === last && chart.bottom - innerHeight <= most * chart.height;
        }""",
        arg=most,
    )
    if not most:
        expect(tab.locator(".st-key-fits-player")).to_be_in_viewport(ratio=1)
    tab.set_viewport_size(window)


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("/?present=1&page=epochs&page.tab=noise", "epochs-cloud"),
        (f"/?present=1&page=surfaces&page.panels=true&{FOUR}", "surfaces-contour-0"),
    ],
)
def test_a_presentation_has_its_chart_below_one_line_of_controls(visit, idle, link, key):
    tab = visit(link)
    tab.set_viewport_size({"width": 853, "height": 480})  # 1280 x 720 at 150 %
    idle(tab)
    expect(tab.locator(f".st-key-chart-{key}")).to_be_in_viewport(ratio=1)
    slider = tab.get_by_test_id("stMain").get_by_test_id("stSlider").first
    expect(slider).to_be_in_viewport(ratio=1)


def test_a_presentation_fits_a_projector_and_leaves_the_page_as_it_was(visit, idle):
    tab = visit("/?present=1&budget=5")
    tab.set_viewport_size({"width": 853, "height": 480})  # 1280 x 720 at 150 %
    idle(tab)
    sidebar = tab.get_by_test_id("stSidebar")
    expect(chart(tab)).to_be_in_viewport(ratio=1)
    expect(tab.locator(".st-key-learning_rate-slider")).to_be_in_viewport(ratio=1)
    expect(sidebar).to_be_hidden()

    tab.set_viewport_size({"width": 1280, "height": 720})
    tab.get_by_role("button", name="Exit", exact=True).click()
    expect(sidebar).to_be_visible()
    tab.get_by_role("button", name="Present", exact=True).click()
    expect(sidebar).to_be_hidden()
    expect(tab.get_by_role("button", name="Exit", exact=True)).to_be_visible()
    tab.keyboard.press("Escape")
    expect(sidebar).to_be_visible()


def test_a_run_is_added_and_removed_and_no_other_changes_its_colour(first_view, idle):
    tab = first_view
    colours = lines(tab)
    tab.get_by_role("button", name="This run", exact=True).click()
    tab.get_by_role("menuitem", name="Duplicate", exact=True).click()
    expect(labels_at_line_ends(tab)).to_have_count(5)
    idle(tab)
    assert set(lines(tab, 5)) > set(colours)

    tab.get_by_role("button", name="This run", exact=True).click()
    tab.get_by_role("menuitem", name="Remove", exact=True).click()
    expect(labels_at_line_ends(tab)).to_have_count(4)
    idle(tab)
    assert lines(tab) == colours
    tab.get_by_role("button", name="Reset", exact=True).click()
    expect(tab).not_to_have_url(re.compile(r"\?"))  # the first run is the chosen one again


def test_every_tab_opens(first_view):
    tab = first_view
    for name in [*TABS[1:], TABS[0]]:
        tab.get_by_role("tab", name=name, exact=True).click()
        panel = tab.get_by_role("tabpanel", name=name, exact=True)

        expect(panel.locator(".js-plotly-plot, canvas").first).to_be_visible()
    expect(tab.get_by_test_id("stException")).to_have_count(0)


def test_a_link_is_the_first_thing_that_a_fresh_server_opens(compare, fresh_app_url):
    query = urlencode({"run": ["adam~0.00123~299", "sgd~1.0~all"], "budget": 7}, doseq=True)
    tab = compare(urljoin(fresh_app_url, f"/?{query}"))

    expect(tab.get_by_text("English", exact=True)).to_be_visible()  # the router was there
    expect(tab.get_by_role("spinbutton", name="Learning rate")).to_have_value("0.00123")
    expect(tab.get_by_role("spinbutton", name="Batch size")).to_have_value("299")
    assert [cell(tab, row, 1).text_content() for row in range(2)] == ["Adam", "SGD"]


def test_a_page_that_is_the_first_thing_a_fresh_server_shows(new_page, fresh_app_url):
    """Streamlit says at first that there is no such page, since no router has run; we take it back.

    `visit` would hear that on the console.
    """
    tab = new_page(locale="ko-KR")
    tab.goto(urljoin(fresh_app_url, "/epochs"))

    expect(tab.get_by_role("heading", level=1)).to_have_text(["에포크, 배치, 이터레이션"])
    expect(tab.get_by_role("dialog")).to_have_count(0)
    expect(tab.locator("html")).to_have_attribute("lang", "ko")


def test_a_hostile_link_fetches_nothing_and_is_shown_as_text(compare):
    query = [("run", "sgd~0.5~32"), ("run", "sgd~1.0~32"), ("name", PICTURE), ("name", "<b>b</b>")]
    query += [(PICTURE, "1"), ("seeds", "0_1")]
    tab = compare(f"/?{urlencode(query)}")

    expect(tab.get_by_text(re.compile("were not recognised"))).to_contain_text("![x]")
    expect(labels_at_line_ends(tab)).to_have_count(2)
    texts = set(labels_at_line_ends(tab).all_text_contents())
    assert texts == {f"{PICTURE[:19]}…", "<b>b</b>"}  # that of the selected run is bold, and wide
    tab.get_by_role("tab", name="Details", exact=True).click()
    expect(tab.get_by_text(re.compile("over the same 2 seeds"))).to_be_visible()
    assert tab.locator('img[src^="http"]').count() == 0
    assert tab.locator('a[href*="example.org"]').count() == 0


def test_the_chart_ends_where_the_table_says_and_tells_what_is_under_the_mouse(
    first_view, drawn, place
):
    tab = first_view
    traces = {trace["name"]: trace for trace in drawn(chart(tab)) if trace["name"] in FIRST_VIEW}
    ends = [traces[name]["y"][-1] for name in FIRST_VIEW]
    assert ends == [float(row[0]) for row in numbers(tab)]

    adam = traces["Adam"]
    middle = len(adam["x"]) // 2
    tab.mouse.move(*place(chart(tab), adam["x"][middle], adam["y"][middle]))
    expect(chart(tab).locator(".hoverlayer")).to_contain_text(f"{adam['y'][middle]:.4g}")


def test_a_zoom_stays_while_numbers_change_and_a_double_click_takes_it_back(compare, idle):
    tab = compare()
    whole = seen_of(tab, "loss")
    box = tab.locator(".st-key-chart-loss .nsewdrag").bounding_box()

    drag(tab, box, (0.2, 0.1), (0.5, 0.6))
    part = seen_of(tab, "loss")
    assert whole[0] < part[0] < part[1] < whole[1]
    wait_for_part(tab, part, sgd=None)
    idle(tab)
    first = tab.evaluate(f"JSON.stringify({CHART}.data[0].y)")

    tab.get_by_role("slider", name="Learning rate").first.press("ArrowRight")
    wait_for_part(tab, part, sgd=first)

    idle(tab)  # until then charts of earlier runs may be there as well
    tab.locator(".st-key-chart-loss .nsewdrag").dblclick()
    tab.wait_for_function(f"{CHART}?.layout.xaxis.autorange !== false")
    assert seen_of(tab, "loss")[:2] == whole[:2]


def test_the_chart_reads_on_both_backgrounds(first_view):
    tab = first_view
    app, tick = tab.get_by_test_id("stApp"), chart(tab).locator(".xtick text").first
    fill = "text => getComputedStyle(text).fill"
    on_light = tick.evaluate(fill)
    for scheme in ("dark", "light"):
        tab.emulate_media(color_scheme=scheme)
        expect(app).to_have_css("background-color", BACKGROUNDS[scheme])
        if scheme == "dark":
            expect(tick).not_to_have_css("fill", on_light)
        else:
            expect(tick).to_have_css("fill", on_light)

        # Found and read in one step: a chart that is drawn anew meanwhile would have no fill.
        shown = tab.wait_for_function(
            f"() => {{ const tick = {CHART}?.querySelector('.xtick text');"
            " return tick && getComputedStyle(tick).fill; }"
        ).json_value()
        assert contrast(BACKGROUNDS[scheme], shown) >= 3
        assert all(contrast(BACKGROUNDS[scheme], colour) >= 3 for colour in lines(tab))


def luminance(colour):
    """Relative luminance of rgb(…) as WCAG 2 defines it."""
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_labels_at_line_ends_do_not_overlap(compare):
    runs = [("run", f"adam~{0.05 + number / 1e4:g}~32") for number in range(12)]
    tab = compare(f"/?{urlencode([*runs, ('budget', 20)])}")
    expect(labels_at_line_ends(tab)).to_have_count(12)

    boxes = sorted(
        (label.bounding_box() for label in labels_at_line_ends(tab).all()), key=lambda box: box["y"]
    )
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"] + 2
