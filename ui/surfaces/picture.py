"""The picture of the Surfaces page: contour, loss curves, and the clock that moves over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from charts.curves import loss_curves
from charts.surfaces import contour, leavings, panels, relief
from engine import Window, default_window, exact_plane
from language import _, current_language
from ui.figure import figure
from ui.player import Layer, player
from ui.session import change_problem, document, set_page, settings
from ui.surfaces.computing import Wanted, coarse, refined
from ui.surfaces.scene import Scene, scene

if TYPE_CHECKING:
    from engine import Surface
    from ui.training import Outcome

_DRAWN = "surfaces-drawn"


def exact_scene(shown: Outcome) -> Scene | None:
    """Return the scene of a problem with two parameters."""
    history = shown.history
    plane = exact_plane(history.experiment.problem)
    window = Window(*history.experiment.problem.function.window)
    wanted = Wanted(history.experiment, plane, window, None, 121)
    rough = coarse(wanted)
    if rough is None:
        return None
    fine: Surface = refined(wanted, rough) or rough
    return scene(history, shown.looks, fine)


def picture(now: Scene) -> None:
    """Show the charts and the clock."""
    look = settings()
    version = now.version(look.panels, look.relief, current_language(), document().view.log)
    charts = _charts(now, version)
    grid = st.grid(2, min_column_width=380)
    for key, chart in charts.items():
        with grid.cell():
            figure(chart, f"surfaces-{key}")
    runs = tuple(range(len(now.looks)))
    each = tuple((run,) for run in runs)
    layers = [Layer("surfaces-contour", "paths", each if look.panels else (runs,))]
    layers += [Layer("surfaces-loss", "markers")]
    if look.relief:
        layers.append(Layer("surfaces-relief", "relief"))
    player(now, layers, version, look.step, clickable=True, tell=_hear(now))
    _leavings(now)


def _charts(now: Scene, version: str) -> dict[str, Any]:
    """Return the charts, the same objects as long as nothing in them changes.

    Zoom and camera are the chart's own while it stays; they are given to the next one.
    """
    drawn = st.session_state.get(_DRAWN)
    if drawn is not None and drawn[0] == version:
        return drawn[1]
    look = settings()
    charts = {
        "contour": panels(now.field, now.trails)
        if look.panels
        else contour(now.field, now.trails, look.window)
    }
    if look.relief:
        charts["relief"] = relief(now.field, now.trails, look.camera)
    view = document().view
    charts["loss"] = loss_curves(
        now.history, now.looks, "training_loss", now.clock.unit, log=view.log
    )
    st.session_state[_DRAWN] = (version, charts)
    return charts


def _hear(now: Scene) -> Any:
    """Return what takes what the clock tells."""

    def tell(name: str, told: dict[str, Any]) -> None:
        if name == "step":
            tick = int(told["step"])
            is_last = tick == len(now.clock.ticks) - 1
            set_page(step=None if is_last else float(now.clock.ticks[tick]))
        elif name == "clicked":
            start = (_rounded(told["x"], now.field.x), _rounded(told["y"], now.field.y))
            change_problem(start=start)
        elif name == "zoom":
            set_page(window=tuple(float(value) for value in told["window"]))
        else:
            set_page(camera=tuple(float(value) for value in told["camera"]))

    return tell


def _rounded(value: float, axis: Any) -> float:
    """Return a clicked coordinate to a thousandth of the window."""
    width = float(axis[-1] - axis[0])
    return float(f"{value:.{max(0, 3 - len(str(int(width))))}f}")


def _leavings(now: Scene) -> None:
    """Say which runs left the window for good, and when."""
    gone = leavings(now.trails, now.field)
    if not gone:
        return
    unit = _("step {step}") if now.clock.unit == "iterations" else _("epoch {step}")
    parts = []
    for trail, tick in gone:
        text = _("{run} leaves the picture at {when}")
        if trail.diverged is not None:
            text = _("{run} leaves the picture at {when} and has diverged")
        parts.append(text.format(run=trail.look.name, when=unit.format(step=f"{tick:,.6g}")))
    st.caption("↗ " + " · ".join(parts) + ".")
