"""The one door of charts, driven without a browser."""

import csv
import io
import re
import threading

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

import ui.compare.loss
import ui.shell.figure
import ui.surfaces.picture
from charts.theme import Chart
from comparison.catalogue import comparison_charts
from comparison.document import Document, View, read_document
from comparison.words.names import run_styles
from engine import Budget, Experiment, Run, fit
from engine.rules import SGD, Adam
from exports.printed import CannotRender
from exports.tables import read_csv
from language import _, current_language, set_language
from tests.driven import COMPARE, SURFACES, first_run, run
from tests.exports.hostile import NAMES
from ui.shell.figure import later

SENTENCE = (
    "Something went wrong in Descent Lab: this chart could not be drawn. Everything else is"
    " complete."
)


def comparison(names=("", "")):
    runs = [Run(optimizer=SGD(), learning_rate=0.5), Run(optimizer=Adam(), learning_rate=0.01)]
    view = View(names=names, numbers=(0, 1))
    return Document(experiment=Experiment(runs=runs, budget=Budget(amount=3)), view=view)


def page(document, locale="en-US"):
    return first_run(COMPARE, session={"document": document}, locale=locale)


def exported(document, locale="en-US"):
    """The page with the dialog of its first chart open."""
    return run(page(document, locale).button(key="export-loss").click())


def test_a_chart_that_fails_is_one_sentence_and_the_page_goes_on(monkeypatch, caplog):
    def broken(*_args, **_options):
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr(ui.compare.loss, "losses", broken)
    at = page(comparison())

    assert [box.value for box in at.error] == [SENTENCE]
    assert "chart-loss" not in [one.key for one in at.get("plotly_chart")]
    assert list(at.dataframe[0].value["Run"]) == ["SGD", "Adam"]
    (record,) = (one for one in caplog.records if one.name == "comparison.attempts")
    assert record.exc_info[0] is ZeroDivisionError  # what happened is in the log, in full
    caplog.clear()


def test_a_chart_that_fails_on_its_way_out_says_so_and_stays_on_the_page(monkeypatch, caplog):
    """What leaves may be another chart than the one on the page, as where a clock stands."""

    def broken(*_args):
        raise IndexError("index 0 is out of bounds")

    monkeypatch.setattr(ui.surfaces.picture, "at_step", broken)
    at = first_run(SURFACES)
    run(at.button(key="export-surfaces-contour-0").click())

    assert SENTENCE in [box.value for box in at.error]
    assert len(at.get("plotly_chart")) == 2  # the surface and the losses
    assert "Width in pixels" not in [field.label for field in at.number_input]
    caplog.clear()


def test_nothing_is_made_before_it_is_asked_for(monkeypatch, offered):
    def refuse(*_args, **_options):
        raise AssertionError("made too early")

    for name in ("printed", "to_html", "to_csv", "to_parquet", "to_images"):
        monkeypatch.setattr(ui.shell.figure, name, refuse)
    page(comparison())

    assert set(offered) == {"descent-lab.json", "descent-lab-bundle.zip"}


def test_the_dialog_offers_page_and_numbers(offered):
    exported(comparison())

    assert {f"descent-lab-loss.{kind}" for kind in ("html", "csv", "parquet")} <= set(offered)


def test_the_screen_has_no_camera_and_the_preview_has_one():
    at = exported(comparison())
    screen, preview = (chart.proto.config for chart in at.get("plotly_chart")[-2:])

    configs = sorted((chart.proto.config for chart in at.get("plotly_chart")), key=len)
    assert any('"modeBarButtonsToRemove": ["toImage"]' in config for config in configs)
    assert any('"filename": "descent-lab-loss"' in config for config in (screen, preview))


def test_the_numbers_are_those_of_the_screen(offered):
    document = comparison(NAMES[:2])
    exported(document)
    history = fit(document.experiment)
    chart = comparison_charts(history, run_styles(document), document.view)[0]["loss"]

    table = read_csv(offered["descent-lab-loss.csv"](), ["run"])
    frame = pd.read_parquet(io.BytesIO(offered["descent-lab-loss.parquet"]()))
    for name, column in chart.numbers.items():
        np.testing.assert_array_equal(table[name], column)
        np.testing.assert_array_equal(frame[name].to_numpy(), column)


def test_a_spreadsheet_runs_no_name(offered):
    exported(comparison(NAMES[:2]))
    content = offered["descent-lab-loss.csv"]().decode("utf-8-sig")

    runs = {row["run"] for row in csv.DictReader(io.StringIO(content, newline=""))}
    assert runs == {f"'{NAMES[0]}", NAMES[1]}


def test_the_page_of_a_chart_carries_its_experiment(offered):
    document = comparison()
    exported(document)
    content = offered["descent-lab-loss.html"]().decode()

    (text,) = re.findall(r"<pre>(.*?)</pre>", content, re.DOTALL)
    assert read_document(text.replace("&quot;", '"')).experiment == document.experiment


def test_every_picture_carries_the_contract():
    at = exported(comparison())
    figures = [chart.proto.spec for chart in at.get("plotly_chart")]

    assert sum("same start, same row order" in figure for figure in figures) == 1


# The dialog's content as a page: without a browser there are no reruns of a part.
DIALOG = """
import plotly.graph_objects as go
from charts.theme import Chart
from ui.shell.figure import _export

chart = Chart(go.Figure({"data": [{"y": [1, 2]}]}), {"x": [0, 1], "y": [1, 2]}, "Two points.")
_export(chart, "two", (["the same start"], []))
"""


def test_a_picture_is_drawn_at_the_chosen_size_and_offered(monkeypatch, offered):
    drawn = []

    def draw(drawings, form, scale):
        layout = drawings[0]["layout"]
        drawn.extend([layout["width"], layout["height"], form, scale])
        return [b"picture"]

    monkeypatch.setattr(ui.shell.figure, "why_no_pictures", lambda: None)
    monkeypatch.setattr(ui.shell.figure, "to_images", draw)
    at = run(AppTest.from_string(DIALOG))
    at.number_input(key="export-width-two").set_value(1_600)
    run(at.number_input(key="export-height-two").set_value(950))
    run(at.button(key="export-draw-two").click())

    assert drawn == [1_600, 950, "png", 2]
    assert offered["descent-lab-two.png"] == b"picture"


def test_a_picture_that_cannot_be_drawn_says_so(monkeypatch):
    def fail(*_args):
        raise CannotRender("The picture took too long to draw.")

    monkeypatch.setattr(ui.shell.figure, "why_no_pictures", lambda: None)
    monkeypatch.setattr(ui.shell.figure, "to_images", fail)
    at = run(AppTest.from_string(DIALOG))
    run(at.button(key="export-draw-two").click())

    assert [error.value for error in at.error] == ["The picture took too long to draw."]


def test_where_nothing_can_draw_the_reader_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(ui.shell.figure, "why_no_pictures", lambda: "Install Kaleido")
    at = exported(comparison())

    assert any("Install Kaleido" in caption.value for caption in at.caption)
    assert not [button for button in at.button if button.key == "export-draw-loss"]


def test_a_download_speaks_the_language_of_its_page():
    set_language("ko")
    make = later(lambda: (current_language(), _("Training loss")))
    set_language("en")
    said = []
    thread = threading.Thread(target=lambda: said.extend([make(), current_language()]))
    thread.start()
    thread.join()

    assert said == [("ko", "훈련 손실"), "en"]
    assert current_language() == "en"


# Points that are picked


@pytest.fixture
def clicked(monkeypatch):
    """Function that draws a chart whose points can be picked, and clicks on some of them."""
    reports = []
    monkeypatch.setattr(
        ui.shell.figure, "reporting", lambda *_drawn, report, **_form: reports.append(report)
    )

    def click(*points):
        picked = []
        trace = {"type": "scatter", "x": [1], "y": [1], "customdata": [7]}
        chart = Chart(go.Figure(data=[trace]), {}, "", ())
        ui.shell.figure.sketch(lambda: chart, "map", pick=picked.append)
        reports[-1]({"selection": {"points": list(points)}})
        return picked

    return click


@pytest.mark.parametrize(
    ("points", "picked"),
    [
        ([{"x": 1, "customdata": 7}], [7]),
        ([{"x": 1, "customdata": [7]}], [7]),
        ([{"x": 1, "customdata": 0}], [0]),
        ([{"x": 1, "customdata": 7}, {"x": 1, "customdata": 8}], [7]),
        ([{"x": 1}], []),
        ([{"x": 1, "customdata": None}], []),
        ([], []),
    ],
    ids=str,
)
def test_a_click_on_a_point_picks_what_the_point_stands_for(clicked, points, picked):
    assert clicked(*points) == picked


def test_a_chart_whose_points_stand_for_nothing_reports_none(monkeypatch):
    def never(*_drawn, **_form):
        raise AssertionError

    drawn = []
    monkeypatch.setattr(ui.shell.figure, "reporting", never)
    monkeypatch.setattr(
        ui.shell.figure.st, "plotly_chart", lambda *_one, **form: drawn.append(form)
    )
    ui.shell.figure.sketch(lambda: Chart(go.Figure(), {}, "said", ()), "plain")

    assert drawn[0]["alt"] == "said"
    assert "on_select" not in drawn[0]
