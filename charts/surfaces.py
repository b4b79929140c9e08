"""Loss surfaces and the paths on them: from above, one panel per run, and in three dimensions.

A surface is drawn in one hue, pale where the loss is low, over whatever the page's background is:
so the order of the levels is plain in light and dark, and the runs' colours stand out on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from charts.lines import plain, single
from charts.theme import Chart, axis, layout
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine.arrays import Array
    from engine.problems.functions import StationaryPoint

HEIGHT: Final = 400
_PANEL: Final = 250  # pixels of a run's panel
_PANEL_GRID: Final = 61  # points a side that a panel needs at the most
_RELIEF_GRID: Final = 101  # and the surface in three dimensions
_LEVELS: Final = 15
_LOG_FROM: Final = 12.0  # levels are log-spaced where the highest is so many times the median
_DECADES: Final = 6.0  # that log-spaced levels span at the most
_FLAT: Final = 1e-12  # of the losses' size: what differs by less is level, but for rounding
_LEAST: Final = 1e-300  # likewise
_MARKED: Final = 160  # a path of no more steps shows every one
_LABEL: Final = 17  # pixels that a name is high
_PLOT: Final = 400  # pixels that the plot is wide, about
# Where a name may lie from the end of its path, the nearest first.
_MOVES: Final = [
    np.array([1.7 * distance * np.cos(angle), distance * np.sin(angle)])
    for distance in (22, 34, 48, 66, 88, 112)
    for angle in np.radians([30, -30, 90, -90, 150, -150, 0, 60, -60, 120, -120, 180])
]
# One hue, thicker where the loss is higher. Its lowest level is the page itself.
_TINT: Final = [
    [0.0, "rgba(88, 112, 158, 0.02)"],
    [0.25, "rgba(88, 112, 158, 0.11)"],
    [0.5, "rgba(86, 106, 152, 0.21)"],
    [0.75, "rgba(84, 98, 146, 0.33)"],
    [1.0, "rgba(80, 88, 140, 0.47)"],
]
# In three dimensions light falls on the surface: colours of their own, legible on both pages.
_RELIEF: Final = [
    [0.0, "#eef2f8"],
    [0.25, "#cfd9e8"],
    [0.5, "#adbdd6"],
    [0.75, "#8b9fc2"],
    [1.0, "#6b80ab"],
]
_LINES: Final = "rgba(110, 122, 150, 0.55)"
_SYMBOLS: Final = {"minimum": "star", "saddle": "x", "maximum": "triangle-up"}
_CROWD: Final = 12  # of stationary points; of more only the minima are marked
_POINT: Final = {"color": "#e8ac00", "line": {"color": "#6b5200", "width": 1.2}}


@dataclass(frozen=True, eq=False)
class Field:
    """The loss over a window of two coordinates.

    Attributes:
        x: ``(columns,)``, rising.
        y: ``(rows,)``, rising.
        loss: ``(rows, columns)``.
        titles: what the coordinates are called.
        points: stationary points that are known.
    """

    x: Array
    y: Array
    loss: Array
    titles: tuple[str, str] = ("x", "y")
    points: tuple[StationaryPoint, ...] = ()


@dataclass(frozen=True, eq=False)
class Trail:
    """The way of one run over a field.

    Attributes:
        style: its name and colour.
        x: ``(points,)``.
        y: ``(points,)``.
        loss: the run's own loss at each point, ``(points,)``.
        ticks: when it was at each point, ``(points,)``.
        unit: of the ticks, "iterations" or "epochs"; the same for all trails of a chart.
        diverged: the tick at which it diverged, or None.
    """

    style: RunStyle
    x: Array
    y: Array
    loss: Array
    ticks: Array
    unit: str
    diverged: float | None = None


class Levels(NamedTuple):
    """How losses become colours.

    Attributes:
        log: whether levels are log-spaced above ``base``.
        base: what is subtracted before the logarithm.
        low: what is drawn in the lowest colour: a loss, or the power of ten of one above the base.
        high: what is drawn in the highest.
        step: from one line to the next.
    """

    log: bool
    base: float
    low: float
    high: float
    step: float


def levels(loss: Array) -> Levels:
    """Return evenly spaced levels, or log-spaced ones where most of the surface is far below."""
    known = loss[np.isfinite(loss)]
    if not len(known):
        return Levels(log=False, base=0.0, low=0.0, high=1.0, step=0.1)
    low, high = float(known.min()), float(known.max())
    base = min(low, 0.0)
    above = known - base
    middle = float(np.median(above))
    if middle <= 0 or high - base < _LOG_FROM * middle:
        size = max(-low, high)
        if high - low <= max(_FLAT * size, _LEAST):
            high = low + max(1.0, _FLAT * size)
        step = round_step((high - low) / _LEVELS)
        return Levels(log=False, base=0.0, low=low, high=high, step=step)
    top = math.log10(high - base)
    bottom = max(math.log10(float(above[above > 0].min())), top - _DECADES)
    step = 0.25 if top - bottom > 2.5 else 0.125
    return Levels(log=True, base=base, low=bottom, high=top, step=step)


def round_step(step: float) -> float:
    """Return the next number, ``step`` or above, of 1, 2, 2.5 or 5 times a power of ten.

    It is at most twice ``step``, which must be above 0.
    """
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= step)


def relief_heights(
    trail: Trail, field: Field, window: tuple[float, float, float, float] | None
) -> Array:
    """Return how high ``relief`` draws the points of a path; NaN outside of what it shows.

    On a plane through a network a run's own loss may lie far above the surface's highest.
    """
    scale = relief_levels(field, window)
    heights = heights_of(trail.loss, scale)
    inside = _inside(trail, _window(_relief_part(field, window))) & (heights <= scale.high)
    return np.where(inside, heights, np.nan)


def relief_levels(field: Field, window: tuple[float, float, float, float] | None) -> Levels:
    """Return the levels with which ``relief`` draws."""
    return levels(_relief_part(field, window).loss)


def _relief_part(field: Field, window: tuple[float, float, float, float] | None) -> Field:
    return _thinned(_part(field, window or _window(field)), _RELIEF_GRID)


def heights_of(loss: Array, scale: Levels) -> Array:
    """Return what is drawn for losses: themselves, or powers of ten above the base."""
    if not scale.log:
        return loss
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log10(loss - scale.base)
    return np.maximum(heights, scale.low)  # the base itself has no logarithm; hover says its loss


def contour(
    field: Field,
    trails: Sequence[Trail],
    window: tuple[float, float, float, float] | None = None,
    height: int = HEIGHT,
) -> Chart:
    """Return the surface from above with every run's path.

    Args:
        field: what is drawn.
        trails: of the runs; none has a say in the window.
        window: left, right, bottom and top that are seen; None is all of it.
        height: pixels.
    """
    seen = window or _window(field)
    scale = levels(_part(field, seen).loss)
    traces = [_field(field, scale, "", bar=True)]
    traces += [_line(trail, field, "") for trail in trails]
    traces += _stationary(field, "")
    form = layout(
        height,
        xaxis=_axis(field, 0, seen[:2]),
        yaxis=_axis(field, 1, seen[2:]),
        margin={"l": 8, "r": 8, "t": 16, "b": 8},
        annotations=_labels(trails, field, seen, height),
        dragmode="zoom",
    )
    figure = go.Figure({"data": traces, "layout": form})
    return Chart(figure, _numbers(trails, field), _alt(trails, field))


def panels(
    field: Field,
    trails: Sequence[Trail],
    window: tuple[float, float, float, float] | None = None,
) -> Chart:
    """Return one panel per run, all in the same window and on one colour scale."""
    columns = min(len(trails), 4 if len(trails) > 6 else 3)
    rows = math.ceil(len(trails) / columns)
    seen = window or _window(field)
    scale = levels(_part(field, seen).loss)
    coarse = _thinned(field, _PANEL_GRID)
    traces: list[dict[str, Any]] = []
    form: dict[str, Any] = {"annotations": []}
    for number, trail in enumerate(trails):
        suffix = "" if number == 0 else str(number + 1)
        column, row = number % columns, number // columns
        traces.append(_field(coarse, scale, suffix, bar=number == 0))
        traces.append(_line(trail, field, suffix))
        traces += _stationary(field, suffix)
        gap, title = 0.012, 0.1 / rows
        form[f"xaxis{suffix}"] = axis(
            **_axis(field, 0, seen[:2], title=row == rows - 1 or number + columns >= len(trails)),
            domain=[column / columns + gap, (column + 1) / columns - gap],
            anchor=f"y{suffix}",
            matches=None if number == 0 else "x",
        )
        form[f"yaxis{suffix}"] = axis(
            **_axis(field, 1, seen[2:], title=column == 0),
            domain=[1 - (row + 1) / rows + 0.07 / rows, 1 - row / rows - title],
            anchor=f"x{suffix}",
            matches=None if number == 0 else "y",
            showticklabels=column == 0,
        )
        form["annotations"].append(_panel_title(trail, suffix, field))
    form["xaxis"], form["yaxis"] = form.pop("xaxis"), form.pop("yaxis")
    height = _PANEL * rows if rows > 1 else HEIGHT - 60
    figure = go.Figure({"data": traces, "layout": layout(height + 40, **form)})
    return Chart(figure, _numbers(trails, field), _alt(trails, field))


def relief(
    field: Field,
    trails: Sequence[Trail],
    window: tuple[float, float, float, float] | None = None,
    camera: Sequence[float] | None = None,
) -> Chart:
    """Return the surface in three dimensions with every run's path at its own loss.

    Args:
        field: what is drawn.
        trails: of the runs, drawn where they lie in the window.
        window: left, right, bottom and top that are seen; None is all of it.
        camera: eye, centre and up, three numbers each; None looks from the front left.
    """
    part = _relief_part(field, window)
    scale = levels(part.loss)
    traces: list[dict[str, Any]] = [
        {
            "type": "surface",
            "x": single(part.x),
            "y": single(part.y),
            "z": single(heights_of(part.loss, scale)),
            "cmin": scale.low,
            "cmax": scale.high,
            "colorscale": _RELIEF,
            "showscale": False,
            "lighting": {"ambient": 0.75, "diffuse": 0.45, "specular": 0.05, "roughness": 0.9},
            "contours": {
                "z": {
                    "show": True,
                    "color": "rgba(70, 84, 120, 0.6)",
                    "width": 1,
                    "start": math.ceil(scale.low / scale.step) * scale.step,
                    "end": scale.high,
                    "size": scale.step,
                }
            },
            "hoverinfo": "skip",
        }
    ]
    lift = 0.015 * (scale.high - scale.low)  # a line in the surface itself would flicker
    for trail in trails:
        z = relief_heights(trail, field, window) + lift
        inside = np.isfinite(z)
        traces.append(
            {
                "type": "scatter3d",
                "x": single(np.where(inside, trail.x, np.nan)),
                "y": single(np.where(inside, trail.y, np.nan)),
                "z": single(z),
                "mode": "lines",
                "line": {"color": trail.style.colour, "width": 5},
                "name": plain(trail.style.name),
                "hoverinfo": "skip",
            }
        )
    grid = {
        "gridcolor": "rgba(128, 128, 128, 0.3)",
        "showbackground": False,
        "zeroline": False,
        "tickfont": {"size": 11},
    }
    ticks = _bar_ticks(scale)
    scene: dict[str, Any] = {
        "xaxis": {**grid, "title": _scene_title(field.titles[0])},
        "yaxis": {**grid, "title": _scene_title(field.titles[1])},
        "zaxis": {
            **grid,
            "title": _scene_title(_("Loss")),
            "tickvals": ticks["tickvals"],
            "ticktext": ticks["ticktext"],
            "range": [scale.low, scale.high + lift],
        },
        "aspectmode": "manual",
        "aspectratio": {"x": 1.1, "y": 1.1, "z": 0.7},
        "camera": _camera(camera),
    }
    form = layout(
        HEIGHT,
        scene=scene,
        margin={"l": 0, "r": 0, "t": 28, "b": 0},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
    )
    figure = go.Figure({"data": traces, "layout": form})
    alt = _("The same surface in three dimensions.") + " " + _alt(trails, field)
    return Chart(figure, _numbers(trails, field), alt)


def leavings(trails: Sequence[Trail], field: Field) -> list[tuple[Trail, float]]:
    """Return the paths that leave the surface for good, each with the tick at which it does.

    That depends on no zoom.
    """
    gone = []
    for trail in trails:
        outside = ~_inside(trail, _window(field))
        if len(outside) and outside[-1]:
            inside = np.flatnonzero(~outside)
            gone.append((trail, float(trail.ticks[inside[-1] + 1 if len(inside) else 0])))
    return gone


def _window(field: Field) -> tuple[float, float, float, float]:
    return (
        float(field.x[0]),
        float(field.x[-1]),
        float(field.y[0]),
        float(field.y[-1]),
    )


def _part(field: Field, seen: tuple[float, float, float, float]) -> Field:
    """Return what is seen of a field, the points just outside included."""

    def span(points: Array, low: float, high: float) -> slice:
        first = int(np.searchsorted(points, low, side="right")) - 1
        last = int(np.searchsorted(points, high, side="left"))
        return slice(max(0, first), last + 1)

    columns, rows = span(field.x, *seen[:2]), span(field.y, *seen[2:])
    x, y, loss = field.x[columns], field.y[rows], field.loss[rows, columns]
    return Field(x, y, loss, field.titles, field.points) if loss.size else field


def _thinned(field: Field, size: int) -> Field:
    """Return every so many points, ``size`` a side at the most."""
    every = math.ceil(max(len(field.x), len(field.y)) / size)
    x, y, loss = field.x[::every], field.y[::every], field.loss[::every, ::every]
    return Field(x, y, loss, field.titles, field.points)


def _inside(trail: Trail, window: tuple[float, float, float, float]) -> Any:
    left, right, bottom, top = window
    with np.errstate(invalid="ignore"):
        return (trail.x >= left) & (trail.x <= right) & (trail.y >= bottom) & (trail.y <= top)


def _axis(
    field: Field, number: int, seen: tuple[float, ...], *, title: bool = True
) -> dict[str, Any]:
    low, high = _window(field)[2 * number : 2 * number + 2]
    return {
        "title": field.titles[number] if title else None,
        "range": list(seen),
        "minallowed": low,
        "maxallowed": high,
        "showgrid": False,
        "tickformat": "~g",
    }


def _field(field: Field, scale: Levels, suffix: str, *, bar: bool) -> dict[str, Any]:
    """Return the contour itself."""
    trace: dict[str, Any] = {
        "type": "contour",
        "x": single(field.x),
        "y": single(field.y),
        "z": single(heights_of(field.loss, scale)),
        "zmin": scale.low,
        "zmax": scale.high,
        "colorscale": _TINT,
        "showscale": bar,
        "contours": {
            "coloring": "heatmap",
            "start": math.ceil(scale.low / scale.step) * scale.step,
            "end": scale.high,
            "size": scale.step,
        },
        "autocontour": False,
        "line": {"color": _LINES, "width": 0.7},
        "hovertemplate": _hover(field, "%{customdata:.4g}" if scale.log else "%{z:.4g}"),
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
    }
    if scale.log:
        trace["customdata"] = single(field.loss)
    if bar:
        trace["colorbar"] = {
            "title": {"text": _("Loss"), "side": "top"},
            "thickness": 10,
            "tickfont": {"size": 12},
            "outlinewidth": 0,
            "len": 0.98,
            **_bar_ticks(scale),
        }
    return trace


def _bar_ticks(scale: Levels) -> dict[str, Any]:
    """Return ticks that say losses, also where powers of ten are drawn."""
    if scale.log:
        places: list[float] = list(range(math.ceil(scale.low), math.floor(scale.high) + 1))
        losses = [scale.base + 10.0**place for place in places]
    else:
        wide = round_step((scale.high - scale.low) / 5)
        first = math.ceil(scale.low / wide)
        places = [number * wide for number in range(first, math.floor(scale.high / wide) + 1)]
        losses = places
    return {"tickvals": places, "ticktext": [f"{loss:.4g}" for loss in losses]}


def _hover(field: Field, loss: str) -> str:
    x, y = (plain(title) for title in field.titles)
    return f"{x} %{{x:.4~g}}, {y} %{{y:.4~g}}<br>{_('Loss')} {loss}<extra></extra>"


def _drawn(trail: Trail, field: Field) -> slice:
    """Return the points up to the first one outside for good."""
    inside = np.flatnonzero(_inside(trail, _window(field)))
    return slice(0, int(inside[-1]) + 2 if len(inside) else 0)


def _line(trail: Trail, field: Field, suffix: str) -> dict[str, Any]:
    part = _drawn(trail, field)
    shown = len(trail.x[part])
    return {
        "type": "scatter",
        "x": single(trail.x[part]),
        "y": single(trail.y[part]),
        "customdata": np.stack([trail.ticks[part], trail.loss[part]], axis=1),
        "mode": "lines+markers" if shown <= _MARKED else "lines",
        "line": {"color": trail.style.colour, "width": 2.2},
        "marker": {"color": trail.style.colour, "size": 4.5},
        "name": plain(trail.style.name),
        "hovertemplate": _hover(field, "%{customdata[1]:.4g}").replace(
            "<extra></extra>", "<br>%{customdata[0]:,~g}"
        ),
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
    }


def _stationary(field: Field, suffix: str) -> list[dict[str, Any]]:
    """Return the marks of minima, saddles and maxima; local minima are hollow."""
    if not field.points:
        return []
    marked = [
        point for point in field.points if point.kind == "minimum" or len(field.points) <= _CROWD
    ]
    names = {
        ("minimum", True): _("Minimum"),
        ("minimum", False): _("Local minimum"),
        ("saddle", False): _("Saddle point"),
        ("maximum", False): _("Local maximum"),
    }
    symbols = [
        _SYMBOLS[point.kind] + ("" if point.is_global or point.kind != "minimum" else "-open")
        for point in marked
    ]
    return [
        {
            "type": "scatter",
            "x": [point.x for point in marked],
            "y": [point.y for point in marked],
            "mode": "markers",
            "marker": {
                **_POINT,
                "symbol": symbols,
                "size": [13 if point.is_global else 9 for point in marked],
            },
            "text": [names[point.kind, point.is_global] for point in marked],
            "hovertemplate": "%{text}<br>%{x:.4~g}, %{y:.4~g}<extra></extra>",
            "xaxis": f"x{suffix}",
            "yaxis": f"y{suffix}",
        }
    ]


def _labels(
    trails: Sequence[Trail],
    field: Field,
    window: tuple[float, float, float, float],
    height: int,
) -> list[dict[str, Any]]:
    """Return every run's name near the end of its path, with a thin line to it.

    Each takes the place around its end, of those near by, that covers the least of paths and of
    names.
    """
    size = np.array([_PLOT, height - 80.0])
    origin = np.array([window[0], window[2]])
    scale = size / (np.array([window[1], window[3]]) - origin)
    ways = [_pixels(trail, window, origin, scale) for trail in trails]
    crowd = np.concatenate([*ways, np.empty((0, 2))])
    boxes: list[Array] = []
    labels = []
    for trail, way in zip(trails, ways, strict=True):
        if not len(way):
            continue
        text = _named(trail, field)
        extent = np.array([7.8 * len(text.replace("<b>", "").replace("</b>", "")) + 6, _LABEL])
        last = np.flatnonzero(_inside(trail, window))[-1]
        end = (np.array([trail.x[last], trail.y[last]]) - origin) * scale
        move = min(_MOVES, key=lambda move: _cover(end + move, extent, crowd, boxes, size))
        boxes.append(np.concatenate([end + move - extent / 2, end + move + extent / 2]))
        labels.append(
            {
                "text": text,
                "x": float(trail.x[last]),
                "y": float(trail.y[last]),
                "ax": float(move[0]),
                "ay": float(-move[1]),
                "showarrow": True,
                "arrowhead": 0,
                "arrowwidth": 1,
                "standoff": 5,
                "arrowcolor": trail.style.colour,
                "font": {"color": trail.style.colour, "size": 13},
            }
        )
    return labels


def _pixels(
    trail: Trail, window: tuple[float, float, float, float], origin: Array, scale: Array
) -> Array:
    """Return points a few pixels apart along a path, in pixels, ``(points, 2)``."""
    points = np.stack([trail.x, trail.y], axis=1)[_inside(trail, window)][:2_000]
    if not len(points):
        return np.empty((0, 2))
    shares = np.linspace(0, 1, 6)[:, None, None]
    between = points[:-1] + shares * (points[1:] - points[:-1])
    return (np.concatenate([between.reshape(-1, 2), points[-1:]]) - origin) * scale


def _cover(
    middle: Array, extent: Array, crowd: Array, boxes: Sequence[Array], size: Array
) -> float:
    """Return how much a name would cover: points of paths, other names, and the edge of all."""
    low, high = middle - extent / 2, middle + extent / 2
    covered = float(((crowd > low) & (crowd < high)).all(axis=1).sum())
    for box in boxes:
        shared = np.minimum(high, box[2:]) - np.maximum(low, box[:2])
        covered += 1e3 * float(np.prod(np.maximum(shared, 0)) > 0)
    return covered + 1e4 * float((low < 0).any() or (high > size).any())


def _named(trail: Trail, field: Field) -> str:
    """Return a run's name in bold, and the tick at which it left the surface."""
    left = "".join(f" ↗ {tick:,.6g}" for _trail, tick in leavings([trail], field))
    return f"<b>{plain(trail.style.name)}</b>{left}"


def _panel_title(trail: Trail, suffix: str, field: Field) -> dict[str, Any]:
    return {
        "text": _named(trail, field),
        "xref": f"x{suffix} domain",
        "yref": f"y{suffix} domain",
        "x": 0,
        "y": 1.01,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"color": trail.style.colour, "size": 13},
    }


def _scene_title(text: str) -> dict[str, Any]:
    """Return the title of an axis in three dimensions, where a large one leaves the picture."""
    return {"text": text, "font": {"size": 12}}


def _camera(camera: Sequence[float] | None) -> dict[str, dict[str, float]]:
    given = camera or (-0.95, -1.6, 1.4, 0.0, 0.0, -0.18, 0.0, 0.0, 1.0)
    parts = ("eye", "center", "up")
    return {
        part: dict(zip("xyz", given[3 * number : 3 * number + 3], strict=True))
        for number, part in enumerate(parts)
    }


def _numbers(trails: Sequence[Trail], field: Field) -> dict[str, Array]:
    """Return every point of every path with its run's own loss, then those without a run.

    Those are the points of the surface, and the stationary points.
    """
    columns, rows = np.meshgrid(field.x, field.y)
    marks = field.points
    unit = trails[0].unit if trails else "iterations"
    lengths = [len(trail.x) for trail in trails]
    others = field.loss.size + len(marks)
    parts: dict[str, list[Any]] = {
        "kind": [
            np.repeat(["path", "surface"], [sum(lengths), field.loss.size]),
            [point.kind for point in marks],
        ],
        "run": [np.repeat([*(trail.style.name for trail in trails), ""], [*lengths, others])],
        unit: [*(trail.ticks for trail in trails), np.full(others, np.nan)],
        field.titles[0]: [*(trail.x for trail in trails), columns.ravel(), [at.x for at in marks]],
        field.titles[1]: [*(trail.y for trail in trails), rows.ravel(), [at.y for at in marks]],
        "loss": [
            *(trail.loss for trail in trails),
            field.loss.ravel(),
            np.full(len(marks), np.nan),
        ],
    }
    return {name: np.concatenate(part) for name, part in parts.items()}


def _alt(trails: Sequence[Trail], field: Field) -> str:
    """Return where every path ends and at which loss."""
    text = _("Loss over {x} and {y} with the path of every run. At the end: {ends}.").format(
        x=field.titles[0],
        y=field.titles[1],
        ends=", ".join(
            f"{trail.style.name} ({trail.x[-1]:.4g}, {trail.y[-1]:.4g}), {trail.loss[-1]:.4g}"
            for trail in trails
            if len(trail.x)
        )
        or "–",
    )
    gone = leavings(trails, field)
    if gone:
        text += " " + _("Out of the window: {runs}.").format(
            runs=", ".join(trail.style.name for trail, _tick in gone)
        )
    return text
