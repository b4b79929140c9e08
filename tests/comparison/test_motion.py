"""What moves over the charts: where, how fast at first, and by which curve a line predicts."""

import base64

import numpy as np
import pytest

from charts.surfaces import relief_heights
from comparison.motion import first_speed, moving_runs, packed_bytes, prediction_curve
from comparison.scenes import Clock
from engine import Function, Network
from engine.problems.datasets import Blobs, Line
from engine.problems.functions import Rosenbrock
from tests.scenes import ravine, seen


def numbers(text, kind="<f4"):
    return np.frombuffer(base64.b64decode(text), dtype=kind)


@pytest.mark.parametrize(("ticks", "speed"), [(2, 1), (17, 2), (41, 5), (501, 50), (5_001, 100)])
def test_the_whole_way_takes_about_eight_seconds(ticks, speed):
    clock = Clock("iterations", np.arange(float(ticks)), (), (), 1)

    assert first_speed(clock) == speed


def test_a_neuron_predicts_by_a_sigmoid_whichever_loss_reads_it():
    blobs = {"dataset": Blobs(classes=2, features=1), "hidden": ()}
    logits = Network(**blobs, loss="binary_cross_entropy")
    squared = Network(**blobs, loss="mean_squared_error", output_activation="sigmoid")

    assert prediction_curve(logits) == prediction_curve(squared) == "sigmoid"
    line = Network(dataset=Line(), hidden=(), loss="mean_squared_error")
    assert prediction_curve(line) == prediction_curve(Function()) == "identity"


def test_runs_move_along_their_recorded_points():
    made = seen(ravine(0.5, 0.1))
    sent = moving_runs(made, None, with_heights=False)

    assert numbers(sent["x"]).reshape(2, 21)[1] == pytest.approx(made.trails[1].x, rel=1e-6)
    assert sent["height"] == ""  # those are sent only for three dimensions


def test_heights_are_those_of_the_relief_as_it_was_drawn():
    bent = ravine(0.001).model_copy(update={"problem": Function(function=Rosenbrock())})
    made, window = seen(bent), (5.0, 8.0, -3.0, 3.0)
    sent = moving_runs(made, window, with_heights=True)
    (trail,) = made.trails
    heights, whole = (relief_heights(trail, made.field, part) for part in (window, None))

    assert numbers(sent["height"]) == pytest.approx(heights, rel=1e-6, nan_ok=True)
    assert not np.allclose(heights, whole, rtol=1e-3)


def test_in_three_dimensions_no_height_is_sent_of_what_lies_outside_the_window():
    """From (-7, 2) at a rate of 1.2 y swings out further and further."""
    made = seen(ravine(1.2))
    sent = moving_runs(made, (-8.0, 2.0, -4.0, 4.0), with_heights=True)
    (trail,), heights = made.trails, numbers(sent["height"])

    np.testing.assert_array_equal(np.isnan(heights), np.abs(trail.y) > 4)
    assert 0 < np.isnan(heights).sum() < len(heights)


def test_bytes_come_one_array_after_the_other():
    text = packed_bytes([np.array([[0.0, 1.0]]), np.array([254.0, 255.0])])

    assert numbers(text, "u1").tolist() == [0, 1, 254, 255]
