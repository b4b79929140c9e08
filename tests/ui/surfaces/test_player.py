"""What is sent for the clock to draw."""

import base64

import numpy as np
import pytest

from charts.surfaces import relief_heights
from engine import Function
from engine.problems.functions import Rosenbrock
from tests.scenes import ravine, seen
from ui.surfaces.player import Drawing, Layer, _message


def numbers(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def test_what_is_sent_are_the_points_at_every_tick():
    made = seen(ravine(0.5, 0.1))
    layers = (Layer("a", "paths", panels=((0, 1),)), Layer("b", "relief"))
    sent = _message([made], Drawing("v", (-7.5, 1.0, -2.0, 2.0), layers), clickable=True)
    (own,) = sent["scenes"]

    assert numbers(own["x"]).reshape(2, 21)[1] == pytest.approx(made.trails[1].x, rel=1e-6)
    assert sent["version"] == "v"
    assert sent["layers"][0]["panels"] == ((0, 1),)


def test_heights_are_those_of_the_relief_as_it_was_drawn():
    bent = ravine(0.001).model_copy(update={"problem": Function(function=Rosenbrock())})
    made, window = seen(bent), (5.0, 8.0, -3.0, 3.0)
    sent = _message([made], Drawing("v", window, (Layer("a", "relief"),)), clickable=True)
    (trail,) = made.trails
    heights, whole = (relief_heights(trail, made.field, part) for part in (window, None))

    sent_heights = numbers(sent["scenes"][0]["height"])
    assert sent_heights == pytest.approx(heights, rel=1e-6, nan_ok=True)
    assert not np.allclose(heights, whole, rtol=1e-3)


def test_in_three_dimensions_no_height_is_sent_of_what_lies_outside_the_window():
    """From (-7, 2) at a rate of 1.2 y swings out further and further."""
    made, window = seen(ravine(1.2)), (-8.0, 2.0, -4.0, 4.0)
    sent = _message([made], Drawing("v", window, (Layer("a", "relief"),)), clickable=True)
    (trail,), heights = made.trails, numbers(sent["scenes"][0]["height"])

    np.testing.assert_array_equal(np.isnan(heights), np.abs(trail.y) > 4)
    assert 0 < np.isnan(heights).sum() < len(heights)


def test_heights_are_sent_only_for_three_dimensions():
    sent = _message(
        [seen(ravine(0.5))], Drawing("v", None, (Layer("a", "paths"),)), clickable=False
    )

    assert sent["scenes"][0]["height"] == ""
