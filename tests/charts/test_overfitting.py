"""Two losses of one run, and the epochs that matter."""

import numpy as np
import pytest

from charts.overfitting import two_losses
from engine.overfitting import Epochs
from language import set_language


@pytest.fixture(autouse=True)
def english():
    set_language("en")


def overfitting(verdict="overfits", epochs=100):
    steps = np.arange(epochs + 1)
    validation = 0.3 + ((steps - 40) / 100) ** 2
    return Epochs(steps, np.exp(-steps / 30), validation, 40, verdict)


def texts(chart):
    drawn = [text for trace in chart.figure.data for text in trace.text or ()]
    return drawn + [note.text for note in chart.figure.layout.annotations]


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
    assert "best epoch 40" in texts(chart)


def test_under_and_overfitting_are_named_where_they_are():
    chart = two_losses(overfitting(), None, log=True)

    spans = [(shape.x0, shape.x1) for shape in chart.figure.layout.shapes]
    assert spans == [(0, 40), (40, 100)]
    assert any("underfitting" in text for text in texts(chart))
    assert any("overfitting" in text and "under" not in text for text in texts(chart))


@pytest.mark.parametrize("verdict", ["levels_off", "underfits", "diverged"])
def test_what_does_not_overfit_is_not_said_to(verdict):
    chart = two_losses(overfitting(verdict), None, log=True)

    assert not any(text.startswith("overfitting") for text in texts(chart))
    assert len(chart.figure.layout.shapes) == 1


def test_patience_is_marked_where_it_would_have_stopped():
    chart = two_losses(overfitting(), 52, log=True)

    assert "patience stops at 52" in texts(chart)
    assert "epoch 52" in chart.alt
    assert "Patience" not in two_losses(overfitting(), None, log=True).alt


def test_a_diverged_run_is_drawn_to_its_last_finite_value():
    losses = overfitting("diverged")
    training = np.where(losses.epochs > 60, np.inf, losses.training)
    chart = two_losses(
        Epochs(losses.epochs, training, losses.validation, 40, "diverged"), None, log=True
    )

    assert max(chart.figure.data[0].x) == 60
    assert np.isfinite(chart.figure.layout.yaxis.range).all()
