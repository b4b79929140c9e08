"""Charts for a projector: the same lines and numbers, larger."""

from itertools import pairwise

import plotly.graph_objects as go
import pytest

from charts.counts import count_bars
from charts.presentation import enlarged
from charts.theme import RunStyle
from comparison.catalogue import losses
from comparison.fits import fits
from engine import Plan, Run, fit
from engine.rules import SGD
from tests.driven import small

STYLES = [RunStyle("SGD", 0), RunStyle("Adam", 1)]


@pytest.fixture(scope="module")
def history():
    return fit(small())


def sizes(figure):
    """The size of every text that names one, and of the common text."""
    yield figure.layout.font.size
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        yield from (axis.tickfont.size, axis.title.font.size)
    yield from (note.font.size for note in figure.layout.annotations)


def test_every_text_can_be_read_from_the_last_row(history):
    for chart in (
        losses(history, STYLES, "training_loss", "epochs", log=True),
        fits(history, STYLES, 5.0),
    ):
        assert min(sizes(enlarged(chart.figure))) >= 16


def test_lines_are_thicker_and_draw_the_same(history):
    chart = losses(history, STYLES, "training_loss", "epochs", log=True)
    large = enlarged(chart.figure)

    for thin, thick in zip(chart.figure.data, large.data, strict=True):
        assert thick.line.width > thin.line.width
        assert (thick.x == thin.x).all()
        assert (thick.y == thin.y).all()


def test_the_height_is_that_of_the_screen_and_the_chart_itself_stays(history):
    chart = losses(history, STYLES, "training_loss", "epochs", log=True)
    before = chart.figure.to_json()

    assert enlarged(chart.figure).layout.height is None
    assert chart.figure.to_json() == before


@pytest.mark.parametrize(
    ("title", "share", "broken"),
    [
        ("Training loss", 1.0, "Training loss"),
        ("Training loss (median of 5 seeds)", 1.0, "Training loss<br>(median of 5 seeds)"),
        (
            "Variance of the gradient, all parameters",
            1.0,
            "Variance of the gradient,<br>all parameters",
        ),
        ("Principal component 2", 1.0, "Principal component 2"),
        ("Principal component 2", 0.45, "Principal<br>component 2"),
        ("Schrittweite", 0.2, "Schrittweite"),
        ("Iterations in all<br>(logarithmic)", 1.0, "Iterations in all<br>(logarithmic)"),
        ("Loss of the rows<br>(median)", 0.45, "Loss of the<br>rows<br>(median)"),
    ],
)
def test_the_title_of_an_axis_is_broken_where_it_is_longer_than_the_axis(title, share, broken):
    figure = go.Figure(layout={"yaxis": {"title": {"text": title}, "domain": [0.0, share]}})
    assert enlarged(figure).layout.yaxis.title.text == broken


@pytest.mark.parametrize("log", [False, True])
def test_names_of_lines_that_end_close_together_do_not_meet_on_a_low_screen(log):
    runs = [Run(optimizer=SGD(), learning_rate=0.1 + number / 1e6) for number in range(7)]
    styles = [RunStyle(f"Run {number}", number) for number in range(7)]
    close = losses(fit(small(runs=runs)), styles, "training_loss", "epochs", log=log)
    layout = enlarged(close.figure).layout
    low, high = layout.yaxis.range

    for plot in (180, 400, 700):  # pixels of its height
        names = [note for note in layout.annotations if note.xref == "paper"]
        places = sorted(plot * (note.y - low) / (high - low) + note.yshift for note in names)
        assert len(places) == 7
        assert min(later - one for one, later in pairwise(places)) >= 16  # pixels of the type
    for name, leader in zip(names, layout.shapes, strict=True):
        assert leader.path.endswith(f"L30,{name.yshift:.1f}")


def test_names_of_bars_take_one_line_and_their_numbers_have_the_size_of_the_type():
    plan = {"rows": 1_000, "batch_size": 300, "last_batch": "dropped"}
    plans = [Plan(**plan), Plan(**plan, sampling="replacement")]
    figure = enlarged(count_bars(plans).figure)

    assert figure.layout.yaxis.ticktext == (
        "1. 1,000 rows, B 300, dropped",
        "2. 1,000 rows, B 300, dropped, with replacement",
    )
    for trace in figure.data:
        assert trace.textfont.size >= 16
        assert trace.constraintext == "none"  # else plotly shrinks it to the height of its bar
