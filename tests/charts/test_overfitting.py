"""Two losses of one run, and the epochs that matter."""

import re
from dataclasses import replace

import numpy as np
import pytest

from charts.overfitting import two_losses
from engine.analysis.overfitting import judged


def overfitting(epochs=100):
    """A run that is best at epoch 40 and near it from 33 to 47."""
    steps = np.arange(epochs + 1)
    return judged(np.exp(-steps / 30), 0.3 + ((steps - 40) / 100) ** 2)


def called(verdict):
    return replace(overfitting(), verdict=verdict)


def texts(chart):
    drawn = [text for trace in chart.figure.data for text in trace.text or ()]
    notes = [note.text for note in chart.figure.layout.annotations]
    return drawn + [re.sub("</?span[^>]*>", "", note) for note in notes]


def shaded(chart):
    return [(one.x0, one.x1) for one in chart.figure.layout.shapes if one.type == "rect"]


@pytest.mark.parametrize("log", [True, False])
def test_both_losses_are_drawn_and_named_at_their_ends(log):
    chart = two_losses(overfitting(), None, log=log)

    training, validation = chart.figure.data[:2]
    np.testing.assert_array_equal(training.y, overfitting().training)
    np.testing.assert_array_equal(validation.y, overfitting().validation)
    assert {"Training loss", "Validation loss"} <= set(texts(chart))
    assert chart.figure.layout.yaxis.type == ("log" if log else "linear")
    assert list(chart.numbers) == ["epoch", "training_loss", "validation_loss"]


def test_the_best_epoch_is_marked_on_the_validation_loss():
    chart = two_losses(overfitting(), None, log=True)

    (mark,) = [trace for trace in chart.figure.data if trace.marker.symbol == "star"]
    assert (mark.x[0], mark.y[0]) == (40, 0.3)
    assert "★ best epoch 40" in texts(chart)


def test_under_and_overfitting_are_named_where_they_are():
    """Not where the loss is near its lowest."""
    chart = two_losses(overfitting(), None, log=True)

    assert shaded(chart) == [(0, 33), (47, 100)]
    assert {"underfitting", "overfitting"} <= set(texts(chart))


@pytest.mark.parametrize("verdict", ["levels_off", "goes_up_and_down", "worsens"])
def test_what_does_not_overfit_is_not_said_to(verdict):
    chart = two_losses(called(verdict), None, log=True)

    assert "overfitting" not in texts(chart)
    assert shaded(chart) == [(0, 33)]


def test_a_run_that_still_falls_underfits_all_along():
    assert shaded(two_losses(called("underfits"), None, log=True)) == [(0, 100)]


def test_what_is_lowest_from_the_beginning_underfits_nowhere():
    rising = 0.3 + np.arange(101) / 100
    chart = two_losses(judged(rising[::-1], rising), None, log=True)

    assert "underfitting" not in texts(chart)
    assert "overfitting" in texts(chart)


def test_patience_is_marked_where_it_would_have_stopped():
    chart = two_losses(overfitting(), 52, log=True)

    assert "■ patience stops at 52" in texts(chart)
    assert "epoch 52" in chart.alt
    assert "Patience" not in two_losses(overfitting(), None, log=True).alt


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("stop", [0, 39, 40, 41, 100])
def test_no_name_lies_over_a_line_or_another_name(log, stop):
    """Epochs are named above the plot, each in its row; regions in a strip that no line reaches."""
    losses = overfitting()
    chart = two_losses(losses, stop, log=log)
    layout = chart.figure.layout
    names = [note for note in layout.annotations if note.yref == "paper"]

    assert all("text" not in (trace.mode or "") for trace in chart.figure.data)
    above = [note for note in names if note.yanchor == "bottom"]
    assert [note.y for note in above] == [1, 1]
    assert abs(above[0].yshift - above[1].yshift) >= 20
    assert layout.margin.t >= max(note.yshift for note in above) + 20
    low, high = layout.yaxis.range
    highest = max(losses.training.max(), losses.validation.max())
    free = (high - (np.log10(highest) if log else highest)) / (high - low)
    assert free * (layout.height - layout.margin.t - 50) >= 24
    uprights = [one.x0 for one in layout.shapes if one.type == "line"]
    assert uprights == [40, stop]


@pytest.mark.parametrize(("epoch", "anchor"), [(0, "left"), (50, "center"), (100, "right")])
def test_a_name_stays_in_the_picture(epoch, anchor):
    chart = two_losses(overfitting(), epoch, log=True)
    (name,) = [note for note in chart.figure.layout.annotations if "patience" in note.text]

    assert (name.x, name.xanchor) == (epoch, anchor)


def test_a_diverged_run_is_drawn_to_its_last_finite_value():
    losses = overfitting()
    training = np.where(losses.epochs > 60, np.inf, losses.training)
    diverged = replace(judged(training, losses.validation), verdict="diverged")
    chart = two_losses(diverged, None, log=True)

    assert max(chart.figure.data[0].x) == 60
    assert np.isfinite(chart.figure.layout.yaxis.range).all()
    assert shaded(chart) == []


def test_a_loss_that_reaches_zero_keeps_line_name_and_mark_at_the_lower_edge():
    steps = np.arange(41)
    validation = np.maximum(0.4 - steps / 50, 0) + np.maximum(steps - 30, 0) / 50
    chart = two_losses(judged(np.exp(-steps / 30), validation), None, log=True)
    _training, line, star = chart.figure.data
    low, high = chart.figure.layout.yaxis.range

    assert len(line.y) == 41
    assert list(line.customdata) == list(validation)
    assert low < np.log10(line.y[20]) < low + 0.05 * (high - low)
    assert star.y[0] == line.y[20]
    assert {"Training loss", "Validation loss"} <= set(texts(chart))
    assert chart.remarks[0].endswith("Validation loss down to 0.")
    assert chart.remarks[0] in chart.alt
    assert two_losses(overfitting(), None, log=True).remarks == ()
