"""The picture of the Surfaces page: contours, loss curves, and the clock that moves over them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st

from charts.surfaces import exits
from comparison.catalogue import (
    at_step,
    fitted,
    fitted_at_step,
    has_fitted_lines,
    losses,
    losses_at_step,
    seen_window,
    surface_from_above,
    surface_in_relief,
)
from comparison.edits import change_view, move_start
from comparison.motion import moving_runs, prediction_curve
from engine.problems.losses import LOSSES
from language import _, current_language
from language.labels import label
from ui.shell.binding import bound
from ui.shell.figure import offer, sketch
from ui.shell.navigation import let_it_be_sent
from ui.shell.player import Drawing, Layer, player
from ui.shell.presentation import is_presented
from ui.shell.store import document, edit, set_page
from ui.shell.text import escaped
from ui.surfaces.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.theme import Chart
    from comparison.scenes import Scene
    from engine import Function, Network

_DRAWN = "surfaces-drawn"
_IN_A_ROW = 4  # panels of a presentation, whose screen is low
_SEEN = {"zoom": "window", "camera": "camera"}  # events of the clock, and the settings they change


def view_switches() -> None:
    """Choose how the surface is drawn."""
    style = settings()
    key = "surface-switches"
    with st.container(key=key, horizontal=True, vertical_alignment="center", gap="medium"):
        _toggle(_("One panel per run"), "panels", value=style.panels)
        _toggle(_("In three dimensions"), "relief", value=style.relief)
        bound(
            st.toggle,
            _("Logarithmic loss axis"),
            key="surfaces-log",
            shown=document().view.log,
            report=lambda on: edit(change_view, log=on),
        )
        if document().experiment.problem.n_params == 2:
            _toggle(_("Click to move the start"), "clicks", value=style.clicks)
        if style.window is not None:
            st.button(_("Whole surface"), key="surfaces-whole", on_click=_show_all)


def _show_all() -> None:
    """Show all of the surface; draw it anew, even if its zoom has not reached the script yet."""
    set_page(window=None)
    st.session_state.pop(_DRAWN, None)


@dataclass(frozen=True)
class _Drawn:
    """The charts as they were drawn: the same objects as long as nothing in them changes.

    While a chart stays, the browser moves its zoom and camera and sends them to the script. Where
    the page wants others than it has been sent, the chart is drawn anew.

    Attributes:
        shown: changes when something else than zoom and camera does.
        seen: window and camera of the page's settings, as the charts have them.
        window: left, right, bottom and top that were seen at first; None is all of it.
        drawing: what the clock draws on.
        charts: what draws each layer of the drawing, once.
    """

    shown: str
    seen: tuple[object, object]
    window: tuple[float, float, float, float] | None
    drawing: Drawing
    charts: tuple[Callable[[], Chart], ...]


def picture(scenes: Sequence[Scene]) -> None:
    """Show the charts and the clock; the first scene is that of the comparison itself."""
    drawn = _drawn(scenes)
    layers = drawn.drawing.layers
    is_relief = any(layer.kind == "relief" for layer in layers)
    player(
        "surfaces-player",
        scenes[0].clock,
        [moving_runs(scene, drawn.window, with_heights=is_relief) for scene in scenes],
        drawn.drawing._replace(
            clickable=settings().clicks and scenes[0].history.experiment.problem.n_params == 2
        ),
        lambda: settings().step,
        _takes(scenes),
    )
    wide = [len(layer.panels) > 1 for layer in layers]
    wide[-1] = sum(1 + is_wide for is_wide in wide) % 2 == 1
    grid = st.grid(2, min_column_width=380)
    for layer, make, is_wide in zip(layers, drawn.charts, wide, strict=True):
        with grid.cell(column_span=1 + is_wide):
            if len(scenes) > 1:
                st.caption(f"**{label('loss', scenes[layer.scene].loss)}**")
            # The clock draws on these two, and takes a double-click itself.
            moves = layer.kind in {"paths", "relief"}
            chart = (
                sketch(make, layer.key, doubleClick=False)
                if moves
                else sketch(make, layer.key, layer.key)
            )
            if chart is not None:
                offer(_exported(layer.kind, chart, scenes[layer.scene]), layer.key)
                if layer.kind == "markers" and chart.remarks:
                    st.caption(" ".join(map(escaped, chart.remarks)))
        if layer is layers[0]:
            let_it_be_sent()
    for scene in scenes:
        _runs_that_left(scene, named=len(scenes) > 1)
    problem = scenes[0].history.experiment.problem
    if len(scenes) == 1 and _is_no_sigmoid(problem):
        st.caption(
            _(
                "Only a sigmoid output can have its squared error shown beside a cross-entropy."
                " Choose the output activation Sigmoid to see both."
            )
        )


def _exported(kind: str, chart: Chart, scene: Scene) -> Callable[[], Chart]:
    """Return what draws the chart of a layer for its files: where the clock stands."""
    step = settings().step
    if kind == "curves":
        return partial(fitted_at_step, scene, step)
    return partial(losses_at_step if kind == "markers" else at_step, chart, scene, step)


def _drawn(scenes: Sequence[Scene]) -> _Drawn:
    """Draw the charts, unless they are drawn already."""
    style, view = settings(), document().view
    problems = tuple(scene.history.experiment.problem for scene in scenes)
    asked = style.panels, style.relief, view.log, view.presentation
    shown = scenes[0].version(*asked, problems, current_language())
    drawn: _Drawn | None = st.session_state.get(_DRAWN)
    seen = style.window, style.camera
    if drawn is None or (drawn.shown, drawn.seen) != (shown, seen):
        layers, charts = zip(*_charts(scenes), strict=True)
        drawing = Drawing(uuid4().hex, layers)
        makers = tuple(cache(partial(_marked, make, drawing.version)) for make in charts)
        drawn = _Drawn(shown, seen, seen_window(style), drawing, makers)
        st.session_state[_DRAWN] = drawn
    return drawn


def _marked(make: Callable[[], Chart], version: str) -> Chart:
    """Draw a chart. The browser goes by the mark: what is drawn anew loses its zoom."""
    chart = make()
    chart.figure.update_layout(uirevision=version)
    return chart


def _charts(scenes: Sequence[Scene]) -> list[tuple[Layer, Callable[[], Chart]]]:
    """Return the layers of the clock and what draws each.

    A presentation has room for a row of panels; more runs share one picture.
    """
    style, view, columns = settings(), document().view, None
    if is_presented():
        columns = _IN_A_ROW
        fits = len(scenes[0].styles) <= columns
        style = style.model_copy(update={"panels": style.panels and fits})
    charts: list[tuple[Layer, Callable[[], Chart]]] = []
    for number, scene in enumerate(scenes):
        runs = tuple(range(len(scene.styles)))
        shown = tuple((run,) for run in runs) if style.panels else (runs,)
        layer = Layer(f"surfaces-contour-{number}", "paths", number, shown)
        charts.append((layer, partial(surface_from_above, scene, style, columns)))
    if style.relief:
        charts += [
            (
                Layer(f"surfaces-relief-{number}", "relief", number),
                partial(surface_in_relief, scene, style),
            )
            for number, scene in enumerate(scenes)
        ]
    main = scenes[0]
    if has_fitted_lines(main.history.experiment.problem):
        layer = Layer(
            "surfaces-rows", "curves", shape=prediction_curve(main.history.experiment.problem)
        )
        charts.append((layer, partial(fitted, main)))
    curves = partial(
        losses, main.history, main.styles, "training_loss", main.clock.unit, log=view.log
    )
    return [*charts, (Layer("surfaces-loss", "markers"), curves)]


def _takes(scenes: Sequence[Scene]) -> Callable[[str, dict[str, Any]], None]:
    """Return what takes the events of the clock."""
    main = scenes[0]

    def take(name: str, event: dict[str, Any]) -> None:
        if name == "step":
            tick = min(int(event["step"]), len(main.clock.ticks) - 1)
            is_last = tick == len(main.clock.ticks) - 1
            set_page(step=None if is_last else float(main.clock.ticks[tick]))
        elif name == "clicked":
            edit(move_start, *main.point_at(float(event["x"]), float(event["y"])))
        elif name == "whole":
            _show_all()
        else:
            _take_what_is_seen(**{_SEEN[name]: tuple(float(one) for one in event[_SEEN[name]])})

    return take


def _take_what_is_seen(**moved: tuple[float, ...]) -> None:
    """Take the zoom or camera of the charts on the page, which need not be drawn anew."""
    set_page(**moved)
    style = settings()
    drawn = replace(st.session_state[_DRAWN], seen=(style.window, style.camera))
    st.session_state[_DRAWN] = drawn


def _is_no_sigmoid(problem: Network | Function) -> bool:
    """Tell whether two parameters separate two classes by something else than a sigmoid."""
    if problem.n_params != 2 or problem.kind == "function" or problem.dataset.n_classes != 2:
        return False
    return LOSSES[problem.loss].reads == "predictions" and problem.output_activation != "sigmoid"


def _runs_that_left(scene: Scene, *, named: bool) -> None:
    """Say which runs have left the surface for good, and when."""
    runs = exits(scene.trails, scene.field)
    if not runs:
        return
    unit = _("step {step}") if scene.clock.unit == "iterations" else _("epoch {step}")
    parts = []
    for trail, tick in runs:
        text = _("{run} leaves the surface at {when}")
        if trail.diverged is not None:
            text = _("{run} leaves the surface at {when} and has diverged")
        parts.append(text.format(run=trail.style.name, when=unit.format(step=f"{tick:,.6g}")))
    where = f"{label('loss', scene.loss)}: " if named else ""
    st.caption("↗ " + where + " · ".join(parts) + ".")


def _toggle(title: str, field: str, *, value: bool) -> None:
    bound(
        st.toggle,
        title,
        key=f"surfaces-{field}",
        shown=value,
        report=lambda on: set_page(**{field: on}),
    )
