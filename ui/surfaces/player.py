"""The clock: play, pause, step, speed and scrub, drawn over the charts without a script run.

A component draws heads, tails, markers and fitted lines on canvases over the charts that are
already on the page. The script hears of it when the reader pauses, steps or lets go of the slider,
when the reader clicks a start point or double-clicks, and when zoom or camera have been moved.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import streamlit as st

from comparison.motion import first_speed, moving_runs, packed
from language import _
from ui.shell.session import settings

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
        window: left, right, bottom and top that were seen at first; None is all of it.
        layers: the charts that the clock draws on.
    """

    version: str
    window: tuple[float, float, float, float] | None
    layers: tuple[Layer, ...]


class _Began(NamedTuple):
    """Where the clock was set, and how far it has told since.

    Attributes:
        version: of the drawing.
        step: of the page, as the clock told it last.
        tick: at which the clock was set.
        name: of this setting.
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
    tell: Callable[[str, dict[str, Any]], None],
) -> None:
    """Show the clock.

    Args:
        scenes: what is drawn; all follow the clock of the first.
        drawing: the charts.
        step: where the clock stands when the picture is new; None is at the end.
        clickable: whether a click on the surface is told.
        tell: called with "step", "clicked", "whole", "zoom" or "camera" and what was told.
    """
    version = drawing.version
    data = _message(scenes, drawing, clickable=clickable)
    began = st.session_state.get(_BEGAN)
    if began is None or (began.version, began.step) != (version, step):
        # What the clock is told must not change while it runs by itself: it is set by a new
        # picture, and by a step that it has not told itself.
        began = _Began(version, step, scenes[0].clock.at(step), uuid4().hex)
        st.session_state[_BEGAN] = began
    data |= {"step": began.tick, "began": began.name}

    def report(name: str) -> Callable[[], None]:
        def heard() -> None:
            told = st.session_state[_KEY][name]
            if told is None or told.get("version", version) != version:
                return  # of a picture that is there no more
            tell(name, dict(told))
            if name == "step":
                st.session_state[_BEGAN] = began._replace(step=settings().step)

        return heard

    _component(
        key=_KEY,
        data=data,
        on_step_change=report("step"),
        on_clicked_change=report("clicked"),
        on_whole_change=report("whole"),
        on_zoom_change=report("zoom"),
        on_camera_change=report("camera"),
    )


def _message(scenes: Sequence[Scene], drawing: Drawing, *, clickable: bool) -> dict[str, Any]:
    clock = scenes[0].clock
    is_relief = any(layer.kind == "relief" for layer in drawing.layers)
    unit = _("Step {step} of {last}") if clock.unit == "iterations" else _("Epoch {step} of {last}")
    data: dict[str, Any] = {
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
            "forward": _("One step on"),
            "last": _("To the end"),
            "step": _("Step"),
            "speed": _("Speed"),
            "each": _("{speed} steps/s"),
            "told": unit,
        },
    }
    return data
