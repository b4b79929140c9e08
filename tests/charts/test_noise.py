"""Gradient noise: the cloud, the variances over their laws, the angles."""

import numpy as np
import pytest

from charts.noise import angles_against_size, gradient_cloud, variance_against_size
from engine import batch_gradients, measure_noise

ROWS = np.random.default_rng(3).normal(size=(90, 4)) + np.array([1, 0, 0, 0])


def named(chart, name):
    (trace,) = [trace for trace in chart.figure.data if trace.name == name]
    return trace


@pytest.mark.parametrize("size", [1, 8, 90])
def test_the_cloud_lies_around_the_full_gradient(size):
    batches = batch_gradients(ROWS, size, "shuffled", 0, 50)[:, :2]
    chart = gradient_cloud(ROWS[:, :2], batches, ("w", "b"), size)

    full = named(chart, "full gradient")
    assert (full.x[0], full.y[0]) == pytest.approx(tuple(ROWS[:, :2].mean(axis=0)))
    cloud = named(chart, f"batches of {size}")
    np.testing.assert_allclose(cloud.x, batches[:, 0], rtol=1e-6)
    kinds = chart.numbers["kind"]
    assert [(kinds == kind).sum() for kind in ("row", "batch", "full")] == [90, 50, 1]
    layout = chart.figure.layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("w", "b")


def test_the_axes_hold_every_single_row_whatever_the_batch_size():
    ranges = []
    for size in (1, 64):
        batches = batch_gradients(ROWS, size, "shuffled", 0, 50)[:, :2]
        layout = gradient_cloud(ROWS[:, :2], batches, ("w", "b"), size).figure.layout
        ranges.append((layout.xaxis.range, layout.yaxis.range))

    assert ranges[0] == ranges[1]
    (left, right), (bottom, top) = ranges[0]
    assert left < ROWS[:, 0].min() < ROWS[:, 0].max() < right
    assert bottom < ROWS[:, 1].min() < ROWS[:, 1].max() < top


def test_a_large_data_set_is_thinned_in_the_picture_alone():
    many = np.random.default_rng(0).normal(size=(5_000, 2))
    chart = gradient_cloud(many, many[:9], ("w", "b"), 1)

    assert len(named(chart, "single rows").x) <= 1_000
    assert (chart.numbers["kind"] == "row").sum() == 5_000


def test_measured_variances_are_marks_over_their_laws():
    measured = {
        sampling: measure_noise(ROWS, sampling, 0) for sampling in ("shuffled", "replacement")
    }
    chart = variance_against_size(measured)

    laws = {
        "shuffled": "shuffled: S²(N − B) / (B(N − 1))",
        "replacement": "with replacement: σ² / B",
    }
    for sampling, law in laws.items():
        noise = measured[sampling]
        rows = chart.numbers["sampling"] == sampling
        np.testing.assert_array_equal(chart.numbers["measured_variance"][rows], noise.variance)
        np.testing.assert_array_equal(chart.numbers["predicted_variance"][rows], noise.predicted)
        line = named(chart, law)
        drawn = noise.predicted > 0
        np.testing.assert_array_equal(line.y, noise.predicted[drawn])
        assert f"{law}: " in chart.alt
    assert chart.figure.layout.xaxis.type == chart.figure.layout.yaxis.type == "log"


def test_a_variance_of_zero_is_said_and_in_the_numbers():
    noise = measure_noise(ROWS, "shuffled", 0)
    chart = variance_against_size({"shuffled": noise})

    assert noise.sizes[-1] == 90
    assert all(max(trace.x) < 90 for trace in chart.figure.data)
    assert chart.numbers["batch_size"][-1] == 90
    for trace in chart.figure.data:
        assert (np.array(trace.y) > 0).all()
    assert chart.remarks == ("A logarithmic axis cannot show a variance of 0: B = 90.",)
    assert chart.alt.endswith(chart.remarks[0])
    assert (
        variance_against_size({"replacement": measure_noise(ROWS, "replacement", 0)}).remarks == ()
    )


def test_angles_are_median_and_quartiles_by_batch_size():
    noise = measure_noise(ROWS, "replacement", 0)
    chart = angles_against_size(noise)

    assert chart.numbers["batch_size"].tolist() == list(noise.sizes)
    np.testing.assert_allclose(chart.numbers["median"], np.median(noise.angles, axis=1))
    assert (chart.numbers["lower_quartile"] <= chart.numbers["median"]).all()
    assert f"B 1: {np.median(noise.angles[0]):.0f}°" in chart.alt
    assert chart.figure.layout.shapes[0].y0 == 90


def test_gradients_of_zero_can_be_drawn():
    noise = measure_noise(np.zeros((8, 2)), "shuffled", 0)

    assert np.isnan(angles_against_size(noise).numbers["median"]).all()
    assert variance_against_size({"shuffled": noise}).numbers["measured_variance"].sum() == 0
