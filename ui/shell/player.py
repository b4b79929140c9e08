"""The clock: play, pause, step, speed and scrub, drawn over the charts without a script run.

A component draws heads, tails, markers and fitted lines on canvases over the charts that are
already on the page. The script hears of it when the reader pauses, steps or lets go of the slider,
when the reader clicks a start point or double-clicks, and when zoom or camera have been moved.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from uuid import uuid4

import numpy as np
import streamlit as st

from charts.surfaces import relief_heights
from comparison.pages import SurfacesPage
from language import _
from ui.shell.store import page_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from comparison.scenes import Scene
    from engine.arrays import Array

_HERE: Final = Path(__file__).parent
_KEY: Final = "surfaces-player"
_BEGAN: Final = "surfaces-player-began"
_SPEEDS: Final = (1, 2, 5, 10, 20, 50, 100)
_WHOLE: Final = 8.0  # seconds that the whole way takes at first, about

_component = st.components.v2.component(
    "descent_clock",
    js=(_HERE / "player.js").read_text("utf-8"),
    css=(_HERE / "player.css").read_text("utf-8"),
)


Window: TypeAlias = tuple[float, float, float, float]  # left, right, bottom and top


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
    window: Window | None
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
                st.session_state[_BEGAN] = began._replace(step=page_settings(SurfacesPage).step)

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
    per_second = (len(clock.ticks) - 1) / _WHOLE
    unit = _("Step {step} of {last}") if clock.unit == "iterations" else _("Epoch {step} of {last}")
    data: dict[str, Any] = {
        "version": drawing.version,
        "clickable": clickable,
        "speed": min(_SPEEDS, key=lambda speed: abs(np.log(speed / max(per_second, 0.5)))),
        "layers": [layer._asdict() for layer in drawing.layers],
        "ticks": _packed([clock.ticks]),
        "scenes": [_numbers(scene, drawing.window, with_heights=is_relief) for scene in scenes],
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


def _numbers(scene: Scene, window: Window | None, *, with_heights: bool) -> dict[str, Any]:
    """Return the runs of a scene: colours, and where they are at every tick."""
    heights: list[Array] = []
    if with_heights:
        heights = [
            relief_heights(trail, scene.field, window)[places]
            for trail, places in zip(scene.trails, scene.clock.places, strict=True)
        ]
    return {
        "runs": [
            {"colour": style.colour, "last": last}
            for style, last in zip(scene.styles, scene.clock.lasts, strict=True)
        ],
        "x": _packed(_at_ticks(scene, "x")),
        "y": _packed(_at_ticks(scene, "y")),
        "loss": _packed(_at_ticks(scene, "loss")),
        "height": _packed(heights),
    }


def _at_ticks(scene: Scene, name: str) -> list[Any]:
    """Return a coordinate or the loss of every run at every tick."""
    return [
        getattr(trail, name)[places]
        for trail, places in zip(scene.trails, scene.clock.places, strict=True)
    ]


def _packed(arrays: Sequence[Any]) -> str:
    """Return float32 numbers, one array after the other, as text."""
    with np.errstate(over="ignore"):  # beyond float32 is beyond the picture
        joined = np.concatenate([*arrays, np.empty(0)]).astype("<f4")
    return base64.b64encode(joined.tobytes()).decode()
