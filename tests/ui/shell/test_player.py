"""What is sent for the clock to draw."""

from comparison.motion import moving_runs
from tests.scenes import ravine, seen
from ui.shell.player import Drawing, Layer, _message


def test_what_is_sent_are_the_charts_and_what_moves_on_them():
    made = seen(ravine(0.5, 0.1))
    layers = (Layer("a", "paths", panels=((0, 1),)), Layer("b", "relief"))
    moving = moving_runs(made, None, with_heights=False)
    sent = _message(made.clock, [moving], Drawing("v", layers, clickable=True))

    assert sent["scenes"] == [moving]
    assert sent["version"] == "v"
    assert sent["layers"][0]["panels"] == ((0, 1),)
    assert sent["clickable"]
