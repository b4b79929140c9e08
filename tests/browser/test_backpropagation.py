"""The Backpropagation page in a real browser: the graph plays, scrubs, follows, is carried on."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

APPLES_LAST = "2 × 1.1 = 2.2"


@pytest.fixture
def opened(lead):
    """Function that shows the page with settings of its own."""

    def show(**settings):
        fields = {f"page.{name}": value for name, value in settings.items()}
        tab = lead("backpropagation", {"format": "1", "page": "backpropagation", **fields})
        expect(tab.get_by_role("heading", level=1)).to_have_text("Backpropagation")
        expect(graph(tab)).to_be_visible()
        return tab

    return show


@pytest.fixture
def apples(share):
    """Function that shows the first example at a step, on a page that the tests share."""

    def at_step(step):
        tab = share("/?format=1&page=backpropagation")
        expect(graph(tab)).to_be_visible()
        # Typed, and not by the buttons, since the one of the step on show is disabled.
        step_field(tab).fill(str(step))
        step_field(tab).press("Enter")
        expect(step_field(tab)).to_have_value(str(step))
        expect(sentence(tab)).to_contain_text(f"Step {step} of 5")
        expect(words(tab)).to_have_css("opacity", "1")
        return tab

    return at_step


def graph(tab):
    return tab.locator(".st-key-chart-backpropagation .js-plotly-plot")


def sentence(tab):
    """What the picture says of its step: the last of its texts."""
    return graph(tab).locator(".textpoint").last


def numbers(tab):
    return graph(tab).locator(".textpoint").all_text_contents()


def test_the_graph_shows_every_number(apples):
    tab = apples(5)
    expect(sentence(tab)).to_contain_text(APPLES_LAST)
    assert {"220", "2.2", "110", "200", "1"} <= set(numbers(tab))
    boxes = graph(tab).locator(".annotation-text").all_text_contents()
    assert boxes == ["Price of an apple", "Apples", "Tax factor", "To pay"]
    picture = tab.get_by_role("figure", name=re.compile("Computation graph with 2 operations"))
    expect(picture).to_be_visible()


def step_field(tab):
    return tab.get_by_role("spinbutton", name="Step, 0 to")


def words(tab):
    """What is written of the step, below the picture."""
    return tab.locator(".st-key-backpropagation-words")


def count_reruns(tab):
    tab.evaluate(
        """() => { window.reruns = 0; new MutationObserver(() => window.reruns++).observe(
            document.querySelector('[data-testid="stApp"]'),
            {attributeFilter: ['data-test-script-state']}) }"""
    )


def test_the_page_follows_play_to_its_end_without_a_rerun_per_frame(apples):
    tab = apples(0)
    count_reruns(tab)
    # What a frame finds is noted when it is drawn: the next one comes soon.
    graph(tab).evaluate(
        """chart => chart.on('plotly_animatingframe', ({name}) => {
            const words = document.querySelector('.st-key-backpropagation-words');
            if (name === '4') window.atStep4 = [window.reruns, words.style.opacity];
        })"""
    )
    graph(tab).locator(".updatemenu-button").first.click()
    expect(sentence(tab)).to_contain_text(APPLES_LAST)
    expect(step_field(tab)).to_have_value("5")
    expect(words(tab)).to_contain_text("A multiplication swaps its inputs")
    expect(words(tab)).to_have_css("opacity", "1")
    assert tab.evaluate("window.atStep4") == [0, "0.35"]  # the words told of another step


def test_the_page_follows_a_pause_by_mouse_and_by_keyboard(opened):
    """In a graph of many steps, so that there is time to pause."""
    tab = opened(example="sigmoid_network", step="0")
    play, pause = (graph(tab).get_by_role("button", name=name) for name in ("Play", "Pause"))
    play.click()
    expect(sentence(tab)).to_contain_text(re.compile(r"Step [1-9]\d* of"))
    pause.click()
    expect(step_field(tab)).not_to_have_value("0")
    reached = int(step_field(tab).input_value())
    expect(sentence(tab)).to_contain_text(f"Step {reached} of")
    play.press("Enter")
    expect(sentence(tab)).not_to_contain_text(f"Step {reached} of")
    tab.keyboard.press("Space")  # the focus has stayed where it was: play again is pause
    expect(step_field(tab)).not_to_have_value(str(reached))
    expect(sentence(tab)).to_contain_text(f"Step {step_field(tab).input_value()} of")


def test_the_page_follows_the_pictures_slider_when_it_is_let_go(apples):
    tab = apples(5)
    rail = graph(tab).locator(".slider-rail-touch-rect").bounding_box()
    height = rail["y"] + rail["height"] / 2
    tab.mouse.move(rail["x"] + rail["width"] - 12, height)
    tab.mouse.down()
    count_reruns(tab)
    tab.mouse.move(rail["x"] + rail["width"] / 2, height, steps=5)
    tab.mouse.move(rail["x"] + 12, height, steps=5)
    expect(sentence(tab)).to_contain_text("Step 0 of 5")
    expect(words(tab)).to_have_css("opacity", "0.35")
    assert tab.evaluate("window.reruns") == 0
    tab.mouse.up()
    expect(step_field(tab)).to_have_value("0")
    expect(words(tab)).to_contain_text("The inputs are given")


def test_the_picture_follows_the_field_and_keeps_its_zoom(opened):
    tab = opened(step="1")
    expect(sentence(tab)).to_contain_text("Step 1 of 5")
    picture = graph(tab).element_handle()
    box = graph(tab).locator(".nsewdrag").first.bounding_box()
    tab.mouse.move(box["x"] + 300, box["y"] + 20)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 360, box["y"] + 40, steps=4)
    tab.mouse.up()
    reach = "chart => chart._fullLayout.xaxis.range[0]"
    moved = picture.evaluate(reach)
    step_field(tab).fill("3")
    step_field(tab).press("Enter")
    expect(sentence(tab)).to_contain_text("Step 3 of 5")
    tab.get_by_role("button", name="Forward done").click()
    expect(sentence(tab)).to_contain_text("Step 2 of 5")
    expect(step_field(tab)).to_have_value("2")
    assert picture.evaluate("chart => chart.isConnected")
    assert picture.evaluate(reach) == moved


def test_play_begins_at_the_step_on_show(apples):
    tab = apples(3)
    expect(sentence(tab)).to_contain_text("Step 3 of 5")
    seen = """chart => { window.seen = []; chart.on('plotly_animatingframe',
        event => window.seen.push(event.name)) }"""
    graph(tab).evaluate(seen)
    graph(tab).locator(".updatemenu-button").first.click()
    expect(step_field(tab)).to_have_value("5")
    assert tab.evaluate("window.seen") == ["4", "5"]


def test_a_new_picture_stands_at_the_pages_step(apples):
    tab = apples(0)
    step_field(tab).fill("2")
    step_field(tab).press("Enter")
    expect(sentence(tab)).to_contain_text("Step 2 of 5")
    tab.get_by_role("link", name="Epochs").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text(["Epochs"])
    tab.get_by_role("link", name="Backpropagation").click()
    expect(sentence(tab)).to_contain_text("Step 2 of 5")
    expect(step_field(tab)).to_have_value("2")


@pytest.mark.parametrize(
    ("example", "width"), [("one_weight", 1440), ("sigmoid_network", 900), ("softmax", 900)]
)
def test_no_number_lies_on_another(opened, example, width):
    tab = opened(example=example)
    tab.set_viewport_size({"width": width, "height": 1400})
    expect(sentence(tab)).to_contain_text("local derivative")
    hidden = graph(tab).evaluate(
        """chart => {
            const lines = [...chart.querySelectorAll('.textpoint text, .annotation-text-g')]
                .flatMap(text => { const found = [...text.querySelectorAll('tspan.line')];
                                   return found.length ? found : [text] })
                .filter(text => text.textContent.trim());
            const boxes = lines.map(line => ({text: line.textContent,
                ...line.getBoundingClientRect().toJSON()}));
            const air = 3; // above and below the digits of a line
            return boxes.flatMap((one, n) => boxes.slice(n + 1).filter(other =>
                one.left < other.right && other.left < one.right
                && one.top + air < other.bottom - air && other.top + air < one.bottom - air
            ).map(other => [one.text, other.text]));
        }"""
    )
    assert hidden == []


def test_the_step_is_reached_by_keyboard(apples):
    tab = apples(0)
    field = tab.get_by_label("Step, 0 to 5")
    field.focus()
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Enter")
    expect(sentence(tab)).to_contain_text("100 × 2 = 200")
    tab.get_by_role("button", name="Back done").press("Enter")
    expect(sentence(tab)).to_contain_text(APPLES_LAST)
    expect(tab.get_by_text("A multiplication swaps its inputs")).to_be_visible()


def test_everything_follows_a_slider(apples):
    tab = apples(5)
    slider = tab.get_by_role("slider", name="Apples").first
    slider.focus()
    tab.keyboard.press("ArrowRight")
    expect(graph(tab).get_by_text("330", exact=True)).to_be_visible()
    expect(tab.get_by_text("the total rises by 3.3 won")).to_be_visible()
    tab.keyboard.press("ArrowLeft")
    expect(graph(tab).get_by_text("220", exact=True)).to_be_visible()


def test_another_formula_is_shown_at_its_own_end(opened):
    """The picture of the one before is still there when the page has the new one already."""
    tab = opened()
    expect(sentence(tab)).to_contain_text("Step 5 of 5")
    field = tab.get_by_role("textbox", name="Formula")
    field.fill("a = x*y\nb = a + x\nL = log(b) * a")
    field.press("Control+Enter")

    expect(sentence(tab)).to_contain_text("Step 9 of 9")
    expect(tab.get_by_role("spinbutton", name="Step, 0 to 9")).to_have_value("9")
    expect(tab).not_to_have_url(re.compile("page.step"))


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


def test_a_long_graph_scrolls_and_its_circles_keep_apart(opened):
    tab = opened(example="own", formula="sin(" * 30 + "x" + ")" * 30)
    circles = (
        graph(tab)
        .locator(".points path")
        .evaluate_all(
            "points => points.map(point => point.getBoundingClientRect())"
            ".filter(box => box.width > 30).map(box => [box.left, box.right])"
        )
    )
    assert len(circles) >= 30
    ends = sorted({tuple(map(round, circle)) for circle in circles})
    operations = [end for end in ends if end[1] - end[0] < 40]  # without the ring around one
    assert all(one[1] + 20 < other[0] for one, other in pairwise(operations))
    tab.get_by_role("button", name="Forward done").click()  # the frame follows to its end
    tab.wait_for_function(
        "() => document.querySelector('.st-key-backpropagation-wide')?.scrollLeft > 1000"
    )
    tab.get_by_role("textbox", name="Formula").fill("x*y")
    tab.get_by_role("textbox", name="Formula").press("Control+Enter")
    expect(graph(tab).locator(".annotation-text")).to_have_text(["x", "y", "f"])
    assert graph(tab).bounding_box()["width"] < 1_400  # as wide as the page


def test_a_large_graph_keeps_its_size_on_a_narrow_page(opened):
    tab = opened(example="sigmoid_network")
    tab.set_viewport_size({"width": 900, "height": 900})
    expect(graph(tab)).to_have_css("width", "1000px")
    frame = tab.locator(".st-key-backpropagation-wide")
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    assert frame.evaluate("frame => frame.scrollLeft") == 0
    tab.get_by_role("button", name="Forward done").click()  # at the right of the picture
    tab.wait_for_function(
        "() => document.querySelector('.st-key-backpropagation-wide')?.scrollLeft > 100"
    )


@pytest.mark.parametrize(
    ("button", "heading"),
    [
        (("Compare optimizers on this example"), "Descent Lab"),
        ("See it on the loss surface", "Surfaces"),
    ],
)
def test_the_network_goes_on_to_another_page(visit, button, heading):
    tab = visit("/?page=backpropagation&page.example=sigmoid_network&page.tab=descent")
    tab.get_by_role("button", name=button).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text([heading])
    expect(tab.get_by_text("One row with two targets").first).to_be_visible()
