"""Charts for a projector: the same lines and numbers, larger."""

import math
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from charts.counts import count_bars
from charts.lines import End, end_labels, value_axis
from charts.presentation import enlarged
from charts.surfaces import Field, contour
from charts.theme import RunStyle, layout
from comparison.catalogue import losses
from comparison.fits import fit_slice, fits
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
        fits(history, STYLES, 5.0, fit_slice(history, ())),
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
        ("훈련 손실", 1.0, "훈련 손실"),
        ("훈련 손실 (시드 5개의 중앙값)", 1.0, "훈련 손실<br>(시드 5개의 중앙값)"),
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


@pytest.mark.parametrize("decades", [0.6, 1.0, 1.6, 2.0, 2.9, 3.0, 5.0, 9.0, 12.0, 30.0, 300.0])
def test_labels_of_a_logarithmic_axis_do_not_touch_on_a_low_screen(decades):
    form = {"yaxis": value_axis("Loss", (-decades, 0.0), log=True)}
    axis = enlarged(go.Figure(layout=form)).layout.yaxis

    ticks = (
        [math.log10(digit) for digit in (1, 2, 5, 10)] if axis.dtick == "D2" else [0, axis.dtick]
    )
    plot = 130  # pixels of its height, where a chart of 224 has a title below
    nearest = plot * min(later - one for one, later in pairwise(ticks)) / decades
    powers = axis.exponentformat == "power"  # plotly draws them a quarter larger
    assert nearest >= axis.tickfont.size * (1.25 if powers else 1)


def test_ticks_of_a_panel_go_by_the_height_of_the_panel():
    half = value_axis("Loss", (-8.0, 0.0), log=True) | {"domain": [0.0, 0.45]}
    whole = value_axis("Loss", (-8.0, 0.0), log=True)

    dticks = [
        enlarged(go.Figure(layout={"yaxis": one})).layout.yaxis.dtick for one in (half, whole)
    ]
    assert dticks[0] > dticks[1] > 1


def test_names_of_lines_that_end_early_do_not_meet_on_a_low_screen():
    ends = [End(RunStyle(f"Run {n}", n), 0.2 * n, 0.3) for n in range(5)]
    labels = end_labels(ends, (0.0, 1.0), 330)
    axes = {"xaxis": {"range": (0.0, 1.0)}, "yaxis": {"range": (0.0, 1.0)}}
    form = layout(400, annotations=labels.notes, shapes=labels.leaders, **axes)
    shown = enlarged(go.Figure(layout=form)).layout

    places = sorted(170 * note.y + note.yshift for note in shown.annotations)
    assert min(later - one for one, later in pairwise(places)) >= 16
    for name, leader in zip(shown.annotations, shown.shapes, strict=True):
        assert leader.path.endswith(f",{name.yshift:.1f}")


def test_names_that_find_no_room_lie_below_the_plot_not_above_the_picture():
    ends = [End(RunStyle(f"Run {n}", n), 0.5) for n in range(12)]
    labels = end_labels(ends, (0.0, 1.0), 330)
    form = {"yaxis": {"range": (0.0, 1.0)}, "annotations": labels.notes, "shapes": labels.leaders}
    shown = enlarged(go.Figure(layout=form)).layout

    places = sorted(170 * note.y + note.yshift for note in shown.annotations)
    assert places[-1] <= 170
    assert min(later - one for one, later in pairwise(places)) >= 16


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


@pytest.mark.parametrize("highest", [3.0, 1e9])
def test_the_bar_of_colours_of_a_surface_can_be_read(highest):
    x = np.linspace(0.0, 1.0, 9)
    field = Field(x, x, np.exp(np.log(highest) * np.add.outer(x, x)))
    (trace,) = enlarged(contour(field, []).figure).data

    assert min(trace.colorbar.tickfont.size, trace.colorbar.title.font.size) >= 16
    ticks = trace.colorbar.tickvals
    nearest = min(later - one for one, later in pairwise(ticks)) / (trace.zmax - trace.zmin)
    assert nearest * 130 >= 16  # pixels of the bar
    assert len(ticks) == len(trace.colorbar.ticktext)
