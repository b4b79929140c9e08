"""A part of a chart: axes cut to it, and names beside the ends of the lines that are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.lines import placed, value_axis
from charts.theme import AROUND_PLOT, layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Array

    Limits = tuple[float, float]

_SAMPLES: Final = 500  # of a line across the part; a screen shows few more
_EVERYWHERE: Final = (-np.inf, np.inf)


def zoomed(figure: go.Figure, part: Mapping[str, Limits]) -> go.Figure:
    """Return a new figure that shows a part of another one.

    A name beside the end of a line moves to where the line ends in the part; the name of a line
    that is not in the part is left out.

    Args:
        figure: may have names beside the ends of its lines, from ``charts.lines.end_labels``.
        part: the limits of each axis that is cut, by plotly's name for it ("xaxis", "yaxis2"), in
            the units of the axis: powers of ten on a logarithmic one. Axes that the figure lacks
            are ignored, since it may have had more panels before.
    """
    shown = go.Figure(figure)
    part = {name: limits for name, limits in part.items() if name in shown.layout}
    for name, limits in part.items():
        axis = shown.layout[name]
        axis.update(range=limits, autorange=False)
        if name.startswith("yaxis") and axis.type == "log":  # ticks depend on the length
            ticks = value_axis(None, limits, log=True)
            axis.update({key: ticks.get(key) for key in ("dtick", "tickformat", "exponentformat")})
    if {"xaxis", "yaxis"} & set(part):
        _name_ends(shown, part.get("xaxis"), part.get("yaxis"))
    return shown


def _name_ends(figure: go.Figure, across: Limits | None, up: Limits | None) -> None:
    """Move the names of a figure's lines, and what leads to them, to their ends in the part."""
    up = figure.layout.yaxis.range if up is None else up
    if up is None:
        return
    lines = {
        trace.name: trace
        for trace in figure.data
        if trace.type == "scatter" and trace.yaxis in {None, "y"}  # not in a panel below
    }
    leaders = {shape.name: shape for shape in figure.layout.shapes if shape.name in lines}
    across = figure.layout.xaxis.range if across is None else across
    labels, ends, others = [], [], []
    for note in figure.layout.annotations:
        if note.name not in leaders or note.yref == "paper":
            others.append(note)
            continue
        trace = lines[note.name]
        x, y = _on_axis(figure, "xaxis", trace.x), _on_axis(figure, "yaxis", trace.y)
        end = _end(x, y, _EVERYWHERE if across is None else across, up)
        if end is None:
            del leaders[note.name]
        else:
            labels.append(note)
            is_known = across is not None and figure.layout.xaxis.type != "log"
            ends.append(end if is_known else (end[0], None))
    height, log = _height(figure), figure.layout.yaxis.type == "log"
    places = placed(ends, up, height, log=log, across=across or (0.0, 1.0))
    for note, place in zip(labels, places, strict=True):
        note.update(place.note)
        leaders[note.name].update(place.leader)
    figure.layout.annotations = [*labels, *others]
    shapes = [shape for shape in figure.layout.shapes if shape.name not in lines]
    figure.layout.shapes = [*shapes, *leaders.values()]


def _height(figure: go.Figure) -> float:
    """Return the pixels of a figure's plot from its lower to its upper edge, about."""
    usual = layout(0)["margin"]["t"]
    whole = float(figure.layout.height - AROUND_PLOT - (figure.layout.margin.t - usual))
    low, high = figure.layout.yaxis.domain or (0, 1)
    return whole * (high - low)


def _on_axis(figure: go.Figure, name: str, values: Any) -> Array:
    """Return values in the units of an axis."""
    values = np.asarray(values, float)
    if figure.layout[name].type != "log":
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(values)


def _end(x: Array, y: Array, across: Limits, up: Limits) -> tuple[float, float | None] | None:
    """Return the height at which a line ends in a part, and where; None if it is not in it.

    A line that leaves the part ends at that edge, and is named right of the plot.
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return None
    x, y = x[known], y[known]
    left, right = max(across[0], x[0]), min(across[1], x[-1])
    if left > right:
        return None
    samples = np.union1d(np.linspace(left, right, _SAMPLES), x[(x >= left) & (x <= right)])
    heights = np.interp(samples, x, y)
    inside = np.flatnonzero((heights >= up[0]) & (heights <= up[1]))
    if not len(inside):
        return None
    last = min(inside[-1] + 1, len(heights) - 1)
    is_its_end = samples[last] == x[-1] and up[0] <= heights[last] <= up[1]
    return float(np.clip(heights[last], *up)), float(x[-1]) if is_its_end else None
