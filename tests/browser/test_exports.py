"""What leaves the dashboard, downloaded in a real browser and opened."""

import hashlib
import io
import json
import os
import re
import zipfile
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import expect

from charts.theme import Chart
from comparison.words.contract import contract
from engine import Budget, Experiment
from exports.printed import printed, to_images, why_no_pictures
from exports.tables import read_csv
from language import set_language
from tests.exports.hostile import NAMES

ROOT = Path(__file__).parents[2]
RULES = ["sgd~0.5~32", "adam~0.05~32"]
SURFACE = {
    "page": "surfaces",
    "problem": "function",
    "budget": "30",
    "unit": "iterations",
    "run": ["sgd~0.5~all", "momentum~0.1~all"],
}


@pytest.fixture
def draws():
    """Kaleido and a Chrome are part of the development environment."""
    missing = why_no_pictures()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    if missing:
        pytest.skip(missing)


@pytest.fixture
def shown(share):
    """Function that opens a small comparison of two runs, for tests that change nothing in it."""

    def visit(names=("First", "Second"), **more):
        tab = share(small(names, **more))
        close = tab.get_by_role("dialog").get_by_role("button", name="Close")
        if close.count():  # of the test before
            close.click()
        expect(tab.get_by_role("dialog")).to_have_count(0)
        expect(tab.get_by_test_id("stMain").locator(".js-plotly-plot").first).to_be_visible()
        return tab

    return visit


def small(names=(), **more):
    query = {"format": ["1"], "budget": ["3"], "run": RULES, "name": list(names), **more}
    return f"/?{urlencode(query, doseq=True)}"


@pytest.fixture
def opened(new_page, tmp_path):
    """Function that opens a page from the disk, without a network; it must ask for nothing."""
    asked, alarms = [], []

    def visit(content, name="page.html"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        tab = new_page(offline=True)
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
        tab.on("pageerror", lambda error: alarms.append(str(error)))
        tab.on("console", lambda line: alarms.append(line.text) if line.type == "error" else None)
        tab.goto(path.as_uri())
        expect(tab.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        return tab

    yield visit
    assert alarms == []
    assert all(url.startswith(("file://", "blob:", "data:")) for url in asked), asked


def saved(page, name):
    """What a download button saves."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def open_dialog(page, idle):
    page.get_by_role("button", name="Export chart").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".js-plotly-plot")).to_be_visible()
    idle(page)
    return dialog


def show_as(dialog, form):
    """Choose a form and wait for its picture: the old one stays a while beside the new choice."""
    dialog.get_by_role("radio", name=form).click()
    titles = {"PNG": "Download plot as a PNG", "SVG": "Download plot"}
    for name, title in titles.items():
        expect(dialog.locator(f'[data-title="{title}"]')).to_have_count(int(name == form))


def open_popover(page):
    page.get_by_test_id("stPopoverButton").filter(has_text="Share").click()


def taken_by_camera(page, dialog):
    with page.expect_download() as waiting:
        dialog.locator('[data-title^="Download plot"]').click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def words(root):
    return " ".join("".join(root.itertext()).split())


def test_the_camera_saves_png_and_svg_with_the_contract(shown, idle):
    page = shown()
    dialog = open_dialog(page, idle)

    show_as(dialog, "PNG")
    name, png = taken_by_camera(page, dialog)
    assert name == "descent-lab-loss.png"
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    assert picture.width == 1_800
    assert picture.getpixel((3, 3)) == (255, 255, 255)

    show_as(dialog, "SVG")
    name, svg = taken_by_camera(page, dialog)
    assert name == "descent-lab-loss.svg"
    root = ET.fromstring(svg)  # noqa: S314 - our own picture
    assert root.get("width") == "900"
    assert "same start, same row order" in words(root)
    assert "rgb(26, 26, 26)" in svg.decode()  # the letters of paper


def test_zooming_in_the_preview_zooms_what_the_camera_takes(shown, idle):
    page = shown()
    dialog = open_dialog(page, idle)
    show_as(dialog, "SVG")
    expect(dialog.get_by_text("Zoom in here, and the camera saves that part")).to_be_visible()
    ticks, drag = dialog.locator(".xtick text"), dialog.locator(".nsewdrag").first
    expect(ticks).to_have_text(["0", "0.5", "1", "1.5", "2", "2.5", "3"])
    before = ticks.all_text_contents()
    drag.hover()  # waits until it is at rest
    plot = drag.bounding_box()
    page.mouse.move(plot["x"] + 0.3 * plot["width"], plot["y"] + 0.2 * plot["height"])
    page.mouse.down()
    page.mouse.move(plot["x"] + 0.5 * plot["width"], plot["y"] + 0.8 * plot["height"], steps=5)
    page.mouse.up()
    expect(ticks.first).not_to_have_text(before[0])

    _name, svg = taken_by_camera(page, dialog)
    root = ET.fromstring(svg)  # noqa: S314 - our own picture
    taken = [words(tick) for tick in root.iter() if tick.get("class") == "xtick"]
    assert sorted(taken) == sorted(ticks.all_text_contents())  # on screen the old ones come first
    assert before[-1] not in taken


def test_a_stopped_training_leaves_with_the_step_it_reached(visit, idle):
    runs = ["sgd~0.5~4", "adam~0.05~4"]
    page = visit(small(budget=["6000"], run=runs))
    page.get_by_role("button", name="Train (about").click()
    expect(page.get_by_test_id("stMain").locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    idle(page)
    open_popover(page)
    page.get_by_role("button", name="Report …").click()
    page.get_by_role("button", name="Make the report").click()
    _name, content = saved(page, "Save the report (HTML)")

    step = re.search(r"budget was used up: step ([\d,]+) of 450,000", content.decode())[1]
    assert 0 < int(step.replace(",", "")) < 450_000


def test_the_preview_is_paper_on_a_dark_screen(visit, idle):
    page = visit(small(), color_scheme="dark")
    dialog = open_dialog(page, idle)

    tick = dialog.locator(".xtick text").first
    expect(tick).to_have_css("fill", "rgb(26, 26, 26)")
    expect(dialog.locator(".main-svg").first).to_have_css("background-color", "rgb(255, 255, 255)")


def test_a_page_opens_offline_and_its_numbers_are_those_of_the_files(shown, idle, opened):
    page = shown()
    open_dialog(page, idle)
    names = ("Interactive page (HTML)", "Numbers (CSV)", "Numbers (Parquet)")
    (html_name, html), (csv_name, csv), (_name, parquet) = (saved(page, name) for name in names)

    assert (html_name, csv_name) == ("descent-lab-loss.html", "descent-lab-loss.csv")
    tab = opened(html)
    assert sorted(tab.locator(".annotation-text").all_text_contents()) == ["First", "Second"]
    drawn = tab.evaluate(
        "() => [...document.querySelector('.js-plotly-plot')._fullData].map(t => [...t.y])"
    )
    table = read_csv(csv, ["run"])
    assert [value for line in drawn for value in line] == table["training_loss"]
    frame = pd.read_parquet(io.BytesIO(parquet))
    np.testing.assert_array_equal(frame["training_loss"], table["training_loss"])
    assert tab.locator('[data-title^="Share"]').count() == 0


def test_names_stay_text_in_every_export(shown, idle, opened):
    page = shown(NAMES[1:3])
    open_dialog(page, idle)
    tab = opened(saved(page, "Interactive page (HTML)")[1])

    shown_names = tab.locator(".annotation-text").all_text_contents()
    assert len(shown_names) == 2
    for text in shown_names:  # long names have no room beside the chart
        assert text.endswith("…")
        assert any(name.startswith(text[:-1]) for name in NAMES[1:3])
    assert tab.locator("img, a[href^=http], iframe").count() == 0


def test_the_report_holds_what_was_just_typed_and_opens_offline_and_prints(shown, opened):
    page = shown(NAMES[1:3])
    open_popover(page)
    page.get_by_role("button", name="Report …").click()
    page.get_by_role("textbox", name="Notes").fill("\n".join(NAMES))
    page.get_by_role("button", name="Make the report").click()  # at once, as a reader does
    name, content = saved(page, "Save the report (HTML)")
    page.keyboard.press("Escape")  # the button that had the focus is gone
    expect(page.get_by_role("dialog")).to_have_count(0)

    assert name == "descent-lab-report.html"
    tab = opened(content)
    expect(tab.locator(".notes")).to_contain_text("../../etc/passwd")
    assert tab.locator(".js-plotly-plot").count() == 7
    assert tab.locator("img, a[href], iframe").count() == 0
    assert tab.locator("math").first.bounding_box()["height"] > 10
    pages = pypdfium2.PdfDocument(tab.pdf(prefer_css_page_size=True, format="A4"))
    inked = [np.asarray(sheet.render().to_pil().convert("L")) < 128 for sheet in pages]
    assert 3 < len(inked) < 12
    assert all(sheet.sum() > 200 for sheet in inked)  # no empty page
    assert not any(sheet[:, -10:].any() for sheet in inked)  # nothing runs over the edge
    pages.close()


def test_no_report_misses_what_was_typed_before_the_click(shown):
    page = shown()
    open_popover(page)
    page.get_by_role("button", name="Report …").click()
    page.get_by_role("textbox", name="Title").fill("Three times")
    for turn in range(3):  # as long every time: not to be taken for the same file
        page.get_by_role("textbox", name="Notes").fill(f"Notes {turn}")
        page.get_by_role("button", name="Make the report").click()
        content = saved(page, "Save the report (HTML)")[1].decode()
        assert "<h1>Three times</h1>" in content
        assert f'<p class="notes">Notes {turn}</p>' in content

        page.get_by_role("button", name="Change title or notes").click()
        expect(page.get_by_role("textbox", name="Notes")).to_be_enabled()
        expect(page.get_by_role("textbox", name="Notes")).to_have_value(f"Notes {turn}")


def test_the_bundle_is_whole_and_opens_offline(shown, opened, tmp_path):
    page = shown(NAMES[:2], **SURFACE, **{"page.relief": "true"})
    open_popover(page)
    name, content = saved(page, "Bundle (zip)")

    assert name == "descent-lab-bundle.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
        archive.extractall(tmp_path / "bundle")
    manifest = json.loads(files["manifest.json"])
    assert manifest["files"] == {
        entry: hashlib.sha256(data).hexdigest()
        for entry, data in files.items()
        if entry != "manifest.json"
    }
    tab = opened(files["figures/surface.html"], "bundle/figures/surface.html")
    expect(tab.locator(".annotation-text").first).to_be_visible()
    tab = opened(files["figures/relief.html"], "bundle/figures/relief.html")
    tab.screenshot()  # once it is on the screen, a browser may empty a canvas
    paper = pypdfium2.PdfDocument(tab.pdf())
    red, _green, blue = np.moveaxis(np.asarray(paper[0].render().to_pil().convert("RGB")), 2, 0)
    assert (blue.astype(int) - red > 20).sum() > 5_000  # the surface is printed
    paper.close()
    for entry, data in files.items():
        if entry.endswith(".svg"):
            assert "same start" in words(ET.fromstring(data))  # noqa: S314 - our own picture


def test_every_run_is_offered_as_code(shown, idle):
    page = shown()
    open_popover(page)
    page.get_by_role("button", name="Code …").click()
    idle(page)

    name, script = saved(page, "Save the script")
    assert name == "pytorch_1.py"
    assert b"torch.optim.SGD(params, lr=0.5)" in script


@pytest.mark.usefixtures("draws")
def test_pdf_is_drawn_by_the_server(shown, idle):
    page = shown()
    dialog = open_dialog(page, idle)
    dialog.get_by_role("radio", name="PDF").click()
    dialog.get_by_role("button", name="Draw PDF").click()
    expect(dialog.get_by_role("button", name="Save PDF")).to_be_visible()
    name, pdf = saved(page, "Save PDF")

    assert name == "descent-lab-loss.pdf"
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    assert "same start" in document[0].get_textpage().get_text_range()
    assert (np.asarray(document[0].render().to_pil().convert("L")) < 128).sum() > 500
    document.close()


@pytest.mark.usefixtures("draws")
def test_pictures_have_the_asked_size_and_show_korean():
    experiment = Experiment(budget=Budget(amount=2))
    set_language("ko")
    try:
        said = contract(experiment, tuned=None)
    finally:
        set_language("en")
    line = {"type": "scatter", "y": [1, 2], "name": "한국어"}
    drawing = printed(Chart(go.Figure({"data": [line]}), {}, ""), said, 640, 400)
    svg, same = to_images([drawing, drawing], "svg")
    (png,) = to_images([drawing], "png", 2)

    root = ET.fromstring(svg)  # noqa: S314 - our own picture
    assert (root.get("width"), root.get("height")) == ("640", "400")
    assert "두 반달" in "".join(root.itertext())
    assert ET.fromstring(same).get("width") == "640"  # noqa: S314 - our own picture
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    assert picture.size == (1_280, 800)
    assert picture.getpixel((2, 2)) == (255, 255, 255)
    grey = np.asarray(picture.convert("L"))
    assert (grey < 128).sum() > 500  # dark letters and lines on white
    assert np.median(grey) == 255
