"""The Surfaces page in a real browser: the clock over the charts, clicks, zoom and camera."""

import re

import pytest
from playwright.sync_api import expect

TWO_RUNS = {
    "page": "surfaces",
    "problem": "function",
    "function": "ravine",
    "budget": 40,
    "unit": "iterations",
    "run": ["sgd~0.1~all", "sgd~0.5~all"],
}

RANGES = "gd => [gd._fullLayout.xaxis.range, gd._fullLayout.yaxis.range].flat()"
TURN_ON = """gd => {
    const scene = gd._fullLayout.scene._scene, {center, up} = scene.getCamera();
    scene.camera.lookAt([1.6, -1.2, 1], Object.values(center), Object.values(up));
}"""
# Clicks the next contour that is mounted in the moment in which plotly has drawn it.
CLICK_THE_NEXT_PICTURE = """([x, y]) => {
    const find = () => document.querySelector('.st-key-chart-surfaces-contour-0 .js-plotly-plot');
    const before = find();
    new MutationObserver((_, observer) => {
        const gd = find();
        if (!gd?._fullLayout || gd === before) return;
        observer.disconnect();
        const {xaxis, yaxis} = gd._fullLayout, box = gd.getBoundingClientRect();
        const event = {
            clientX: box.left + xaxis._offset + xaxis.d2p(x),
            clientY: box.top + yaxis._offset + yaxis.d2p(y),
        };
        gd.emit('plotly_click', {points: [{xaxis, yaxis}], event});
    }).observe(document.body, {childList: true, subtree: true});
}"""
EYE = "gd => Object.values(gd._fullLayout.scene._scene.getCamera().eye)"


@pytest.fixture
def surfaces(lead, idle):
    """Function that shows the page as it opens, or at a link, and the top of it."""

    def show(query=None):
        tab = lead("surfaces", query)
        tab.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        return with_clock(tab, idle)

    return show


@pytest.fixture
def ravine(surfaces):
    """The page as it opens."""
    return surfaces()


def with_clock(tab, idle):
    expect(clock(tab)).to_be_visible()
    expect(contour(tab).locator("canvas.clock-layer")).to_be_attached()
    idle(tab)
    return tab


def contour(tab):
    return tab.locator(".st-key-chart-surfaces-contour-0 .js-plotly-plot")


def clock(tab):
    return tab.get_by_role("group", name=re.compile("^(Player|재생기)$"))


def slider(tab):
    return tab.get_by_role("slider", name="Step", exact=True)


def told(tab):
    return clock(tab).locator("output")


def update_of(tab):
    return tab.get_by_text(re.compile(r"update \d+: from step"))


def ranges(tab):
    return contour(tab).evaluate(RANGES)


def wait_until_told(tab, chart, field, seen):
    """Wait until the page's address holds what the chart shows: it is told once the chart rests.

    Args:
        tab: the page.
        chart: the chart.
        field: name in the address.
        seen: script that returns the numbers of a chart.
    """
    tab.wait_for_function(
        """([gd, field, seen]) => {
            const told = JSON.parse(new URLSearchParams(location.search).get(field) || "[]");
            const shown = eval(seen)(gd);
            return told.length && shown.every((value, n) => Math.abs(value - told[n]) < 1e-3);
        }""",
        arg=[chart.element_handle(), field, seen],
    )


def wait_until_painted(tab, selector, least):
    """Wait until the clock has painted more than so many pixels over a chart."""
    tab.wait_for_function(
        """([selector, least]) => {
            const canvas = document.querySelector(`${selector} canvas.clock-layer`);
            if (!canvas?.width) return false;
            return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
                .filter((value, place) => place % 4 === 3 && value > 0).length > least;
        }""",
        arg=[selector, least],
    )


def click_at(tab, point):
    """Click a point of the contour, once it has answered the pointer there as a reader sees."""
    tab.mouse.move(*point)
    expect(contour(tab).locator(".hoverlayer .hovertext").first).to_be_visible()
    tab.mouse.click(*point)


def let_a_click_move_the_start(tab, idle):
    switch = tab.locator(".st-key-surfaces-clicks")
    switch.locator("input").set_checked(True, force=True)
    expect(tab).to_have_url(re.compile("page.clicks=true"))
    idle(tab)


def drag_a_zoom(tab):
    box = contour(tab).locator(".nsewdrag").first.bounding_box()
    tab.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    tab.mouse.up()


def number(tab, name):
    return tab.get_by_role("spinbutton", name=name)


def to_the_end(tab):
    tab.get_by_role("button", name="To the end").press("Space")
    expect(told(tab)).to_have_text("Step 40 of 40")


def test_the_first_view_says_why_momentum(surfaces):
    tab = surfaces()

    expect(tab.get_by_text("Ravine: why momentum helps")).to_be_visible()
    names = contour(tab).locator(".annotation-text").all_text_contents()
    assert sorted(names) == ["Momentum μ 0.6", "SGD η 0.1", "SGD η 0.9"]
    expect(told(tab)).to_have_text("Step 5 of 40")

    tab.set_viewport_size({"width": 900, "height": 900})
    tab.wait_for_function("one => one.clientWidth > 150", arg=slider(tab).element_handle())


def test_a_click_on_the_surface_is_the_start_of_all_runs_again_and_again(ravine, idle, place):
    tab = ravine
    let_a_click_move_the_start(tab, idle)
    for x, y in ((-5.0, -1.5), (1.0, 1.2)):
        before = number(tab, "Start x").input_value()
        expect(contour(tab)).to_have_count(1)
        click_at(tab, place(contour(tab), x, y))

        expect(number(tab, "Start x")).not_to_have_value(before)
        expect(contour(tab).locator("canvas.clock-layer")).to_have_count(1)
        idle(tab)
        assert float(number(tab, "Start x").input_value()) == pytest.approx(x, abs=0.1)
        assert float(number(tab, "Start y").input_value()) == pytest.approx(y, abs=0.1)
    first = contour(tab).evaluate(
        "gd => gd._fullData.filter(one => one.mode).slice(0, 3).map(one => [one.x[0], one.y[0]])"
    )
    assert all(start == pytest.approx([1.0, 1.2], abs=0.1) for start in first)


def test_a_double_click_shows_all_and_moves_no_start(surfaces, idle, place):
    """Plotly tells its readers to double-click; with the mode on as well."""
    tab = surfaces({**TWO_RUNS, "page.clicks": "true"})
    whole = ranges(tab)
    drag_a_zoom(tab)
    wait_until_told(tab, contour(tab), "page.window", RANGES)
    expect(tab.get_by_role("button", name="Whole surface")).to_be_visible()
    idle(tab)
    before = [number(tab, name).input_value() for name in ("Start x", "Start y")]
    tab.mouse.dblclick(*place(contour(tab), -2.0, 1.0))

    expect(tab).not_to_have_url(re.compile("page.window"))
    expect(tab.get_by_role("button", name="Whole surface")).to_have_count(0)
    tab.wait_for_function(
        """whole => {
            const gd = document.querySelector('.st-key-chart-surfaces-contour-0 .js-plotly-plot');
            const {xaxis, yaxis} = gd?._fullLayout ?? {};
            const now = xaxis ? [xaxis.range, yaxis.range].flat() : [];
            return now.length && now.every((value, n) => value === whole[n]);
        }""",
        arg=whole,
    )
    idle(tab)
    assert [number(tab, name).input_value() for name in ("Start x", "Start y")] == before

    click_at(tab, place(contour(tab), 1.0, 1.2))  # what was told before it is all there is
    expect(number(tab, "Start x")).not_to_have_value(before[0])
    assert float(number(tab, "Start x").input_value()) == pytest.approx(1.0, abs=0.1)


def test_a_click_is_heard_as_soon_as_the_picture_is_there(surfaces, idle):
    """A changed start takes the words of the preset away, and with them chart and clock."""
    tab = surfaces()
    let_a_click_move_the_start(tab, idle)
    tab.evaluate(CLICK_THE_NEXT_PICTURE, [2.0, 1.0])
    number(tab, "Start x").fill("-5")
    number(tab, "Start x").press("Enter")

    expect(number(tab, "Start y")).to_have_value("1")
    expect(number(tab, "Start x")).to_have_value("2")


def test_playing_moves_the_heads_and_tells_the_step_once_it_pauses(ravine):
    tab = ravine
    runs = tab.get_by_test_id("stApp")
    tab.get_by_role("button", name="To the start").click()
    expect(update_of(tab)).to_contain_text("update 1: from step 0")
    clock(tab).get_by_role("combobox", name="Speed").select_option("2")  # so that it lasts
    tab.get_by_role("button", name="Play", exact=True).click()
    expect(told(tab)).to_have_text(re.compile(r"^Step ([3-9]|\d\d) of 40$"))
    expect(runs).to_have_attribute("data-test-script-state", "notRunning")
    expect(update_of(tab)).to_contain_text("update 1")  # the script has heard nothing yet
    wait_until_painted(tab, ".st-key-chart-surfaces-contour-0", 500)
    wait_until_painted(tab, ".st-key-chart-surfaces-loss", 100)

    tab.get_by_role("button", name="Pause", exact=True).click()
    step = int(re.search(r"\d+", told(tab).text_content())[0])
    assert step < 40  # it was paused on its way
    expect(update_of(tab)).to_contain_text(f"from step {step} to step {step + 1}")
    expect(told(tab)).to_have_text(f"Step {step} of 40")


def test_the_clock_is_worked_by_keyboard_and_redraws_the_canvas_alone(ravine):
    tab = ravine
    to_the_end(tab)
    contour(tab).evaluate("gd => { gd.dataset.mine = 'yes'; }")
    slider(tab).focus()
    tab.keyboard.press("Home")
    expect(told(tab)).to_have_text("Step 0 of 40")
    expect(update_of(tab)).to_contain_text("update 1: from step 0")
    for _press in range(3):
        tab.keyboard.press("ArrowRight")
    expect(update_of(tab)).to_contain_text("update 4: from step 3")
    assert slider(tab).get_attribute("aria-valuetext") == "Step 3 of 40"

    tab.get_by_role("button", name="One step forward").focus()
    tab.keyboard.press("Enter")
    expect(update_of(tab)).to_contain_text("update 5: from step 4")
    to_the_end(tab)
    assert contour(tab).get_attribute("data-mine") == "yes"


def test_zoom_survives_a_slider(surfaces):
    tab = surfaces()
    whole = ranges(tab)
    drag_a_zoom(tab)
    zoomed = ranges(tab)
    assert zoomed != whole
    wait_until_told(tab, contour(tab), "page.window", RANGES)
    contour(tab).evaluate("gd => { gd.dataset.old = 'yes'; }")

    tab.get_by_role("slider", name="Learning rate").first.focus()
    tab.keyboard.press("ArrowLeft")
    expect(tab.locator(".st-key-chart-surfaces-contour-0 [data-old]")).to_have_count(0)
    expect(contour(tab).locator("canvas.clock-layer")).to_be_attached()
    assert ranges(tab) == pytest.approx(zoomed, rel=1e-6)


def test_the_camera_survives_a_slider(surfaces):
    tab = surfaces({**TWO_RUNS, "page.relief": "true"})
    relief = tab.locator(".st-key-chart-surfaces-relief-0 .js-plotly-plot")
    expect(relief.locator("canvas.clock-layer")).to_be_attached()
    before = relief.evaluate(EYE)
    relief.scroll_into_view_if_needed()
    box = relief.bounding_box()
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.55 * box["height"], steps=8)
    tab.mouse.up()
    wait_until_told(tab, relief, "page.camera", EYE)
    assert relief.evaluate(EYE) != pytest.approx(before, abs=0.05)
    relief.evaluate(TURN_ON)  # as after a quick drag, of whose end plotly says nothing
    wait_until_told(tab, relief, "page.camera", EYE)
    turned = relief.evaluate(EYE)
    assert turned == pytest.approx([1.6, -1.2, 1], abs=0.01)
    relief.evaluate("gd => { gd.dataset.old = 'yes'; }")

    tab.get_by_role("slider", name="Learning rate").first.focus()
    tab.keyboard.press("ArrowLeft")
    expect(tab.locator(".st-key-chart-surfaces-relief-0 [data-old]")).to_have_count(0)
    expect(relief.locator("canvas.clock-layer")).to_be_attached()
    assert relief.evaluate(EYE) == pytest.approx(turned, abs=1e-3)


def test_a_run_far_outside_is_not_drawn_over_the_legend_of_three_dimensions(surfaces):
    """At a rate of 1.15 SGD jumps across the ravine to thousands of times the zoomed height."""
    far = {"budget": 60, "run": ["sgd~0.5~all", "sgd~1.15~all"]}
    zoom = {"page.relief": "true", "page.window": "[-8,2,-4,4]"}
    tab = surfaces({**TWO_RUNS, **far, **zoom})
    relief = tab.locator(".st-key-chart-surfaces-relief-0 .js-plotly-plot")
    expect(relief.locator("canvas.clock-layer")).to_be_attached()
    number_of_pixels = """(gd) => {
        const canvas = gd.querySelector('canvas.clock-layer'), top = gd._fullLayout?.margin.t;
        if (!canvas?.width || !top) return [0, 0];  // not drawn yet
        const count = (from, rows) => canvas.getContext('2d')
            .getImageData(0, from, canvas.width, rows).data
            .filter((value, place) => place % 4 === 3 && value > 0).length;
        return [count(0, top), count(top, canvas.height - top)];
    }"""
    tab.wait_for_function(f"gd => ({number_of_pixels})(gd)[1] > 500", arg=relief.element_handle())
    above, drawn = relief.evaluate(number_of_pixels)

    assert drawn > 500
    assert above == 0


def test_the_marker_of_a_loss_below_zero_is_at_the_end_of_its_line(surfaces):
    """A logarithmic axis could not show it; on the saddle the first run ends below 0."""
    saddle = {"function": "saddle", "run": ["sgd~0.1~all", "sgd~0.01~all"]}
    tab = surfaces({**TWO_RUNS, **saddle})
    losses = tab.locator(".st-key-chart-surfaces-loss .js-plotly-plot")
    expect(losses.locator("canvas.clock-layer")).to_be_attached()
    colour_there = """(gd) => {
        const canvas = gd.querySelector('canvas.clock-layer'), layout = gd._fullLayout;
        if (!canvas?.width || !gd._fullData?.length) return [];  // not drawn yet
        const {xaxis, yaxis, width} = layout, scale = canvas.width / width;
        const last = Array.from(gd._fullData[0].y).at(-1);
        // Its middle lies on the edge of the plot; this is just inside.
        const place = [xaxis._offset + xaxis.d2p(40) - 2, yaxis._offset + yaxis.d2p(last)];
        const [x, y] = place.map((pixels) => Math.round(pixels * scale));
        return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data];
    }"""
    first = [0x00, 0x72, 0xB2, 255]
    script = f"gd => String(({colour_there})(gd)) === '{','.join(map(str, first))}'"
    tab.wait_for_function(script, arg=losses.element_handle())

    assert losses.evaluate(colour_there) == first


def test_a_parameter_chosen_below_is_an_axis_of_the_plane_of_two_weights(surfaces):
    network = {"hidden": "2", "budget": 3, "run": "sgd~0.1~all", "page.surface": "network"}
    tab = surfaces({"page": "surfaces", **network, "page.plane": "weights"})
    tab.set_viewport_size({"width": 1280, "height": 2400})  # to scroll would close the list
    below = tab.locator(".st-key-surfaces-seen-1").get_by_role("combobox")
    expect(below).to_be_in_viewport()
    below.press("ArrowDown")
    tab.get_by_role("option", name="b1[0]", exact=True).click()

    expect(contour(tab).locator(".ytitle")).to_have_text(["b1[0]"])
    expect(tab.locator(".st-key-surfaces-plane-1 input")).to_have_value("b1[0]")


def test_surface_and_language_are_switched(visit, idle):
    tab = with_clock(visit("/surfaces"), idle)
    kind = tab.get_by_role("combobox", name="Surface")
    kind.click()
    tab.get_by_role("option", name="Straight line", exact=True).click()
    expect(tab.locator(".st-key-chart-surfaces-rows")).to_be_visible()
    expect(contour(tab).locator(".xtitle")).to_have_text(["w"])
    idle(tab)
    wait_until_painted(tab, ".st-key-chart-surfaces-rows", 300)

    tab.get_by_text("한국어", exact=True).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text([re.compile("곡면")])
    expect(tab.get_by_role("group", name="Player", exact=True)).to_have_count(0)
    expect(tab.get_by_role("group", name="재생기", exact=True)).to_have_count(1)
    expect(told(tab)).to_have_text([re.compile("60")])
