"""The marks that charts are built of."""

import re
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from charts import marks
from charts.theme import BLUE, HALO, INK, translucent

X, Y = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 7.0])

TRACES = {
    "line": marks.line(X, Y, BLUE, 3, "dot"),
    "band": marks.band((X, Y - 1), (X, Y + 1), BLUE),
    "dots": marks.dots(X, Y, [BLUE] * 3, 5, symbol="square", line=marks.edge(1)),
    "cross": marks.cross(X, Y, BLUE),
    "star": marks.star(X, Y, BLUE, 12),
    "texts": marks.texts(X, Y, "top center", BLUE, 12) | {"text": ["a", "b", "c"]},
    "bars": marks.bars(X, Y, [BLUE] * 3),
    "lying_bars": marks.lying_bars(X, ["a", "b", "c"], [BLUE] * 3, ["1", "2", "4"], 12),
    "tiles": marks.tiles(np.eye(3), INK),
}
SHAPES = {
    "upright": marks.upright(2, BLUE),
    "level": marks.level(2, BLUE),
    "region": marks.region(1, 2, BLUE),
}
NOTES = {"note": marks.note("text", 1, 2), "arrow": marks.arrow((1, 2), (3, 4), BLUE)}


@pytest.mark.parametrize("name", TRACES)
def test_plotly_takes_every_trace(name):
    (trace,) = go.Figure({"data": [TRACES[name]]}).data

    assert trace.type in {"scatter", "bar", "heatmap"}


@pytest.mark.parametrize("name", SHAPES)
def test_plotly_takes_every_shape(name):
    (shape,) = go.Figure({"layout": {"shapes": [SHAPES[name]]}}).layout.shapes

    assert shape.type in {"line", "rect"}


@pytest.mark.parametrize("name", NOTES)
def test_plotly_takes_every_annotation(name):
    (note,) = go.Figure({"layout": {"annotations": [NOTES[name]]}}).layout.annotations

    assert note.showarrow is (name == "arrow")


def test_a_band_runs_along_the_lower_line_and_back_along_the_upper():
    band = marks.band((X, Y - 1), (X[:2], Y[:2] + 1), BLUE)

    assert band["x"].tolist() == [1, 2, 4, 2, 1]
    assert band["y"].tolist() == [2, 4, 6, 6, 4]
    assert band["fillcolor"] == translucent(BLUE, 0.18)


@pytest.mark.parametrize("name", ["upright", "region"])
def test_some_shapes_reach_from_the_lower_to_the_upper_edge(name):
    shape = SHAPES[name]

    assert (shape["y0"], shape["y1"], shape["yref"]) == (0, 1, "paper")
    assert "xref" not in shape  # the axis


def test_a_level_reaches_from_the_left_to_the_right_edge():
    shape = SHAPES["level"]

    assert (shape["x0"], shape["x1"], shape["xref"]) == (0, 1, "paper")
    assert shape["y0"] == shape["y1"] == 2


def test_a_note_without_colour_has_that_of_the_page():
    (note,) = go.Figure({"layout": {"annotations": [NOTES["note"]]}}).layout.annotations

    assert note.font.color is None


def test_a_chart_puts_its_own_options_over_a_mark():
    mark = marks.line(X, Y, BLUE) | {"mode": "lines+markers"}

    assert mark["mode"] == "lines+markers"
    assert marks.line(X, Y, BLUE)["mode"] == "lines"


def test_dots_take_further_options_of_markers():
    marker = marks.dots(X, Y, BLUE, 5, opacity=0.7, line=marks.edge(2))["marker"]

    assert marker == {
        "color": BLUE,
        "size": 5,
        "opacity": 0.7,
        "line": {"color": HALO, "width": 2},
    }


def test_panels_are_counted_as_plotly_names_them():
    assert [marks.panel_suffix(number) for number in range(3)] == ["", "2", "3"]
    assert marks.on_axes(marks.panel_suffix(2)) == {"xaxis": "x3", "yaxis": "y3"}


@pytest.mark.parametrize("source", sorted(Path("charts").glob("*.py")), ids=str)
def test_no_chart_writes_a_mark_of_its_own(source):
    """What only one chart draws (contours, surfaces in three dimensions) is no mark."""
    own = re.findall(
        r'"type": "(?:scatter|bar|heatmap|rect|line)"|"showarrow": False',
        source.read_text("utf-8"),
    )

    assert (own != []) is (source.name == "marks.py")
