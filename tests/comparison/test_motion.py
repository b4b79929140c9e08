"""What moves over the charts: how fast at first, and by which curve a line predicts."""

import numpy as np
import pytest

from comparison.motion import first_speed, prediction_curve
from comparison.scenes import Clock
from engine import Function, Network
from engine.problems.datasets import Blobs, Line


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
