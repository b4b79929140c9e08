"""What is sent for the clock to draw."""

import base64

import numpy as np
import pytest

from charts.surfaces import heights_of, relief_levels
from engine import (
    Function,
)
from engine.functions import Rosenbrock
from language import set_language
from tests.scenes import ravine, seen
from ui.player import Drawing, Layer, _message


@pytest.fixture(autouse=True)
def english():
    set_language("en")


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
    heights, whole = (
        heights_of(made.trails[0].loss, relief_levels(made.field, part)) for part in (window, None)
    )

    assert relief_levels(made.field, window).log != relief_levels(made.field, None).log
    assert numbers(sent["scenes"][0]["height"]) == pytest.approx(heights, rel=1e-6)
    assert heights[0] != pytest.approx(whole[0], rel=1e-3)


def test_heights_are_sent_only_for_three_dimensions():
    sent = _message(
        [seen(ravine(0.5))], Drawing("v", None, (Layer("a", "paths"),)), clickable=False
    )

    assert sent["scenes"][0]["height"] == ""
