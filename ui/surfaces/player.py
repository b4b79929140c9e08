"""The clock: play, pause, step, speed and scrub, drawn over the charts without a script run.

A component draws heads, tails, markers and fitted lines on canvases over the charts that are
already on the page. It sends an event to the script when the reader pauses, steps or lets go of the
slider, clicks a start point, double-clicks, or has moved zoom or camera.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import streamlit as st

from comparison.motion import first_speed, moving_runs, packed
from language import _
from ui.surfaces.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from comparison.scenes import Scene

_HERE: Final = Path(__file__).parent
_KEY: Final = "surfaces-player"
_BEGAN: Final = "surfaces-player-began"

_component = st.components.v2.component(
    "descent_clock",
    js=(_HERE / "player.js").read_text("utf-8"),
    css=(_HERE / "player.css").read_text("utf-8"),
)


class Layer(NamedTuple):
    """A chart that the clock draws on.

    Attributes:
        key: of the chart.
        kind: "paths", "markers", "curves" or "relief".
        scene: which of the scenes it shows.
        panels: of "paths": the runs of each panel.
        shape: of "curves": the activation whose curve they are.
    """

    key: str
    kind: str
    scene: int = 0
    panels: tuple[tuple[int, ...], ...] = ()
    shape: str = "identity"


class Drawing(NamedTuple):
    """The charts as they were drawn.

    Attributes:
        version: changes when a chart does, so that the clock looks for it anew.
        window: left, right, bottom and top that are seen at first; None is all of it.
        layers: the charts that the clock draws on.
    """

    version: str
    window: tuple[float, float, float, float] | None
    layers: tuple[Layer, ...]


class _Began(NamedTuple):
    """The tick at which the script last set the clock, and the step that the clock has sent since.

    Attributes:
        version: of the drawing.
        step: of the page, after the last event of the clock.
        tick: at which the clock was set.
        name: changes when the clock is set anew.
    """

    version: str
    step: float | None
    tick: int
    name: str


def player(
    scenes: Sequence[Scene],
    drawing: Drawing,
    step: float | None,
    *,
    clickable: bool,
    take: Callable[[str, dict[str, Any]], None],
) -> None:
    """Show the clock.

    Args:
        scenes: what is drawn; all follow the clock of the first.
        drawing: the charts.
        step: where the clock stands when the picture is new; None is at the end.
        clickable: whether a click on the surface is an event.
        take: called with the name of an event, "step", "clicked", "whole", "zoom" or "camera", and
            its values.
    """
    data = _message(scenes, drawing, clickable=clickable)
    began = st.session_state.get(_BEGAN)
    if began is None or (began.version, began.step) != (drawing.version, step):
        # The clock must not be set while it runs by itself, so what it is sent changes only with a
        # new picture, or with a step that is not its own.
        began = _Began(drawing.version, step, scenes[0].clock.at(step), uuid4().hex)
        st.session_state[_BEGAN] = began
    data |= {"step": began.tick, "began": began.name}
    events: dict[str, Any] = {
        f"on_{name}_change": partial(_take, name, began, take)
        for name in ("step", "clicked", "whole", "zoom", "camera")
    }
    _component(key=_KEY, data=data, **events)


def _take(name: str, began: _Began, take: Callable[[str, dict[str, Any]], None]) -> None:
    """Pass an event on, unless it belongs to a picture that is no longer on the page."""
    event = st.session_state.get(_KEY, {}).get(name)
    if event is None or event.get("version", began.version) != began.version:
        return
    take(name, dict(event))
    if name == "step":
        st.session_state[_BEGAN] = began._replace(step=settings().step)


def _message(scenes: Sequence[Scene], drawing: Drawing, *, clickable: bool) -> dict[str, Any]:
    """Return what the component is sent, ready for JSON."""
    clock = scenes[0].clock
    is_relief = any(layer.kind == "relief" for layer in drawing.layers)
    unit = _("Step {step} of {last}") if clock.unit == "iterations" else _("Epoch {step} of {last}")
    return {
        "version": drawing.version,
        "clickable": clickable,
        "speed": first_speed(clock),
        "layers": [layer._asdict() for layer in drawing.layers],
        "ticks": packed([clock.ticks]),
        "scenes": [moving_runs(scene, drawing.window, with_heights=is_relief) for scene in scenes],
        "texts": {
            "player": _("Player"),
            "play": _("Play"),
            "pause": _("Pause"),
            "first": _("To the start"),
            "back": _("One step back"),
            "forward": _("One step forward"),
            "last": _("To the end"),
            "step": _("Step"),
            "speed": _("Speed"),
            "each": _("{speed} steps/s"),
            "told": unit,
        },
    }
