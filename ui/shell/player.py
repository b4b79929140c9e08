"""The clock: play, pause, step, speed and scrub, drawn over the charts without a script run.

A component draws heads, tails, markers and fitted lines on canvases over the charts that are on the
page, and fits on panels of its own. It sends an event to the script when the reader pauses,
steps or lets go of the slider, clicks a start point, double-clicks, has moved zoom or camera, or
plays fits that it has not been sent yet.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import streamlit as st

from comparison.motion import first_speed, packed
from language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from comparison.scenes import Clock

_HERE: Final = Path(__file__).parent
_EVENTS: Final = ("step", "clicked", "whole", "zoom", "camera", "fits")

_component = st.components.v2.component(
    "descent_clock",
    js="".join((_HERE / name).read_text("utf-8") for name in ("player.js", "fits.js")),
    css=(_HERE / "player.css").read_text("utf-8"),
)


class Layer(NamedTuple):
    """A chart that the clock draws on.

    Attributes:
        key: of the chart.
        kind: "paths", "markers", "curves", "relief" or "heads".
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
        layers: the charts that the clock draws on.
        clickable: whether a click on the surface is an event.
        panels: of fits, above the clock, ready for JSON: see ``fits.js``.
    """

    version: str
    layers: tuple[Layer, ...]
    clickable: bool = False
    panels: Mapping[str, Any] | None = None


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
    key: str,
    clock: Clock,
    scenes: Sequence[Mapping[str, Any]],
    drawing: Drawing,
    step: Callable[[], float | None],
    take: Callable[[str, dict[str, Any]], None],
) -> None:
    """Show the clock.

    Args:
        key: names it.
        clock: the steps that can be shown; all scenes follow it.
        scenes: what moves, ready for JSON: see ``comparison.motion``.
        drawing: the charts.
        step: returns where the page's clock stands; None is at the end.
        take: called with the name of an event, one of ``_EVENTS``, and its values.
    """
    data = _message(clock, scenes, drawing)
    began: _Began | None = st.session_state.get(f"{key}-began")
    if began is None or (began.version, began.step) != (drawing.version, step()):
        # The clock must not be set while it runs by itself, so what it is sent changes only with a
        # new picture, or with a step that is not its own.
        began = _Began(drawing.version, step(), clock.at(step()), uuid4().hex)
        st.session_state[f"{key}-began"] = began
    data |= {"step": began.tick, "began": began.name}

    def hear(name: str) -> None:
        event = st.session_state.get(key, {}).get(name)
        if event is None or event.get("version", began.version) != began.version:
            return  # it belongs to a picture that is no longer on the page
        take(name, dict(event))
        if name == "step":
            st.session_state[f"{key}-began"] = began._replace(step=step())

    events: dict[str, Any] = {f"on_{name}_change": partial(hear, name) for name in _EVENTS}
    _component(key=key, data=data, **events)


def _message(clock: Clock, scenes: Sequence[Mapping[str, Any]], drawing: Drawing) -> dict[str, Any]:
    """Return what the component is sent, ready for JSON."""
    unit = _("Step {step} of {last}") if clock.unit == "iterations" else _("Epoch {step} of {last}")
    return {
        "version": drawing.version,
        "clickable": drawing.clickable,
        "panels": drawing.panels,
        "speed": first_speed(clock),
        "layers": [layer._asdict() for layer in drawing.layers],
        "ticks": packed([clock.ticks]),
        "scenes": list(scenes),
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
