"""Loss surfaces and the paths on them: from above, one panel per run, and in three dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import plain, single, text_columns
from charts.theme import (
    CONTOURS,
    HEIGHT,
    LOSS,
    RELIEF,
    RELIEF_CONTOURS,
    SCENE_GRID,
    STATIONARY_POINT,
    STATIONARY_POINT_EDGE,
    Chart,
    axis,
    layout,
    margin,
)
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine.arrays import Array
    from engine.problems.function_of_two import StationaryPoint

_PANEL: Final = 250  # pixels that a run's panel is high
_PANEL_GRID: Final = 61  # points a side of the surface in a panel, at most
_RELIEF_GRID: Final = 101  # points a side of the surface in three dimensions, at most
_LEVELS: Final = 15
_LOG_FROM: Final = 12.0  # levels are log-spaced from this ratio of the highest loss to the median
_DECADES: Final = 6.0  # that log-spaced levels span at most
_FLAT: Final = 1e-12  # a smaller range, as a share of the losses, is rounding: the surface is level
_LEAST: Final = 1e-300  # the same for losses of 0
_MARKED: Final = 160  # points up to which a path shows every one
_NAME: Final = 13  # pixels of the type of a name
_DOT: Final = 8  # pixels around the end of a path that the clock's dot takes
_ROUNDS: Final = 2  # in which each name is placed, for the first one knows nothing of the others
_CELL: Final = 3  # pixels of the side of a square in which the points of paths count once
_MANY: Final = 100_000  # such squares; a plot is never so high
_PLOT: Final = 400  # pixels that the plot is wide, about
# Where a name may lie relative to the end of its path, in pixels, the nearest first.
_OFFSETS: Final = [
    np.array([1.7 * distance * np.cos(angle), distance * np.sin(angle)])
    for distance in (22, 34, 48, 66, 88, 112)
    for angle in np.radians([30, -30, 90, -90, 150, -150, 0, 60, -60, 120, -120, 180])
]
_SYMBOLS: Final = {"minimum": "star", "saddle": "x", "maximum": "triangle-up"}
_CROWD: Final = 12  # stationary points; where there are more, only the minima are marked


@dataclass(frozen=True, eq=False)
class Field:
    """The loss over a window of two coordinates.

    Attributes:
        x: the first coordinate, rising, ``(columns,)``.
        y: the second coordinate, rising, ``(rows,)``.
        loss: at each point of the grid, ``(rows, columns)``.
        titles: what the coordinates are called.
        points: the stationary points that are known, or were found.
        found: whether a search found them, so that nobody knows of others.
    """

    x: Array
    y: Array
    loss: Array
    titles: tuple[str, str] = ("x", "y")
    points: tuple[StationaryPoint, ...] = ()
    found: bool = False


@dataclass(frozen=True, eq=False)
class Trail:
    """The path of one run over a field.

    Attributes:
        style: the run's name and colour.
        x: the first coordinate, ``(points,)``.
        y: the second coordinate, ``(points,)``.
        loss: the run's own loss at each point, ``(points,)``.
        ticks: when the run was at each point, ``(points,)``.
        unit: of the ticks, "iterations" or "epochs"; the same for all trails of a chart.
        diverged: the tick at which the run diverged, or None.
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
        base: what is subtracted from a loss before the logarithm.
        low: the height with the lowest colour: a loss, or the logarithm of one above the base.
        high: the height with the highest colour.
        step: from one contour line to the next.
    """

    log: bool
    base: float
    low: float
    high: float
    step: float


def levels(loss: Array) -> Levels:
    """Return evenly spaced levels, or log-spaced ones if most losses are far below the highest."""
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
    """Return the lowest of 1, 2, 2.5 or 5 times a power of ten that is ``step`` or above.

    It is at most twice ``step``, which must be above 0.
    """
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= step)


def relief_heights(
    trail: Trail, field: Field, window: tuple[float, float, float, float] | None
) -> Array:
    """Return the heights at which ``relief`` draws the points of a path; NaN outside the picture.

    On a plane through a network, a run's own loss may lie far above the highest of the surface.
    """
    scale = relief_levels(field, window)
    heights = heights_of(trail.loss, scale)
    inside = _inside(trail, _window(_relief_part(field, window))) & (heights <= scale.high)
    return np.where(inside, heights, np.nan)


def relief_levels(field: Field, window: tuple[float, float, float, float] | None) -> Levels:
    """Return the levels that ``relief`` draws with."""
    return levels(_relief_part(field, window).loss)


def _relief_part(field: Field, window: tuple[float, float, float, float] | None) -> Field:
    return _thinned(_part(field, window or _window(field)), _RELIEF_GRID)


def heights_of(loss: Array, scale: Levels) -> Array:
    """Return the heights of losses: themselves, or their logarithms above the base."""
    if not scale.log:
        return loss
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log10(loss - scale.base)
    return np.maximum(heights, scale.low)  # the base itself has no logarithm


def contour(
    field: Field,
    trails: Sequence[Trail],
    window: tuple[float, float, float, float] | None = None,
    height: int = HEIGHT,
) -> Chart:
    """Return the surface from above with every run's path.

    Args:
        field: the surface.
        trails: of the runs; they do not change the window.
        window: left, right, bottom and top of what is seen; None shows all of the surface.
        height: pixels.
    """
    seen = window or _window(field)
    scale = levels(_part(field, seen).loss)
    traces = [_contours(field, scale, "", bar=True)]
    traces += [_path(trail, field, "") for trail in trails]
    traces += _stationary(field, "")
    form = layout(
        height,
        xaxis=_axis(field, 0, seen[:2]),
        yaxis=_axis(field, 1, seen[2:]),
        margin=margin(top=16),
        annotations=_labels(trails, field, seen, height),
        dragmode="zoom",
    )
    figure = go.Figure({"data": traces, "layout": form})
    return Chart(figure, _numbers(trails, field), _alt(trails, field))


def panels(
    field: Field,
    trails: Sequence[Trail],
    window: tuple[float, float, float, float] | None = None,
    columns: int | None = None,
) -> Chart:
    """Return one panel per run, all in the same window and on one colour scale.

    Args:
        field: as for ``contour``.
        trails: as for ``contour``.
        window: as for ``contour``.
        columns: panels side by side, at most; None chooses two to four.
    """
    if columns is None:
        columns = 2 if len(trails) == 4 else 4 if len(trails) > 6 else 3
    columns = min(len(trails), columns)
    rows = math.ceil(len(trails) / columns)
    seen = window or _window(field)
    scale = levels(_part(field, seen).loss)
    coarse = _thinned(field, _PANEL_GRID)
    traces: list[Mark] = []
    form: dict[str, Any] = {"annotations": []}
    for number, trail in enumerate(trails):
        suffix = marks.panel_suffix(number)
        column, row = number % columns, number // columns
        traces.append(_contours(coarse, scale, suffix, bar=number == 0))
        traces.append(_path(trail, field, suffix))
        traces += _stationary(field, suffix)
        gap, title = 0.012, 0.1 / rows
        is_lowest = number + columns >= len(trails)
        form[f"xaxis{suffix}"] = axis(
            **_axis(field, 0, seen[:2], title=is_lowest),
            domain=[column / columns + gap, (column + 1) / columns - gap],
            anchor=f"y{suffix}",
            matches=None if number == 0 else "x",
            showticklabels=is_lowest,  # else they would lie on the title below
            ticklabeloverflow="hide past domain",  # or on those of the next panel
        )
        form[f"yaxis{suffix}"] = axis(
            **_axis(field, 1, seen[2:], title=column == 0),
            domain=[1 - (row + 1) / rows + 0.07 / rows, 1 - row / rows - title],
            anchor=f"x{suffix}",
            matches=None if number == 0 else "y",
            showticklabels=column == 0,
        )
        form["annotations"].append(_panel_title(trail, suffix, field))
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
        field: the surface.
        trails: of the runs, drawn where they lie in the window.
        window: left, right, bottom and top of what is seen; None shows all of the surface.
        camera: eye, centre and up, three numbers each; None looks from the front left.
    """
    part = _relief_part(field, window)
    scale = levels(part.loss)
    lift = 0.015 * (scale.high - scale.low)  # a line in the surface itself would flicker
    traces = [_relief_surface(part, scale)]
    traces += [_relief_path(trail, relief_heights(trail, field, window) + lift) for trail in trails]
    form = layout(
        HEIGHT,
        scene=_scene(field.titles, scale, scale.high + lift, camera),
        margin=margin(0, 0, 28, 0),
        showlegend=True,
        legend=marks.legend_above() | {"y": 1},
    )
    figure = go.Figure({"data": traces, "layout": form})
    alt = _("The same surface in three dimensions.") + " " + _alt(trails, field)
    return Chart(figure, _numbers(trails, field), alt)


def _relief_surface(part: Field, scale: Levels) -> Mark:
    return {
        "type": "surface",
        "x": single(part.x),
        "y": single(part.y),
        "z": single(heights_of(part.loss, scale)),
        "cmin": scale.low,
        "cmax": scale.high,
        "colorscale": RELIEF,
        "showscale": False,
        "lighting": {"ambient": 0.75, "diffuse": 0.45, "specular": 0.05, "roughness": 0.9},
        "contours": {
            "z": {"show": True, "color": RELIEF_CONTOURS, "width": 1, **_contour_levels(scale)}
        },
        "hoverinfo": "skip",
    }


def _relief_path(trail: Trail, z: Array) -> Mark:
    """Return a path in three dimensions; it is interrupted where its height is NaN."""
    inside = np.isfinite(z)
    x, y = (single(np.where(inside, values, np.nan)) for values in (trail.x, trail.y))
    drawn = marks.line(x, y, trail.style.colour, 5) | marks.SILENT
    return drawn | {"type": "scatter3d", "z": single(z), "name": plain(trail.style.name)}


def _scene(
    titles: tuple[str, str], scale: Levels, top: float, camera: Sequence[float] | None
) -> dict[str, Any]:
    """Return the axes of three dimensions; the vertical one reaches up to ``top``."""
    grid = {
        "gridcolor": SCENE_GRID,
        "showbackground": False,
        "zeroline": False,
        "tickfont": {"size": 11},
    }
    return {
        "xaxis": grid | {"title": _scene_title(titles[0])},
        "yaxis": grid | {"title": _scene_title(titles[1])},
        "zaxis": grid
        | {"title": _scene_title(_("Loss")), "range": [scale.low, top]}
        | _loss_ticks(scale),
        "aspectmode": "manual",
        "aspectratio": {"x": 1.1, "y": 1.1, "z": 0.7},
        "camera": _camera(camera),
    }


def exits(trails: Sequence[Trail], field: Field) -> list[tuple[Trail, float]]:
    """Return the paths that leave the surface for good, each with the tick at which it does.

    The zoom plays no part in it.
    """
    leaving = []
    for trail in trails:
        outside = ~_inside(trail, _window(field))
        if len(outside) and outside[-1]:
            inside = np.flatnonzero(~outside)
            leaving.append((trail, float(trail.ticks[inside[-1] + 1 if len(inside) else 0])))
    return leaving


def _window(field: Field) -> tuple[float, float, float, float]:
    return (
        float(field.x[0]),
        float(field.x[-1]),
        float(field.y[0]),
        float(field.y[-1]),
    )


def _part(field: Field, seen: tuple[float, float, float, float]) -> Field:
    """Return the part of a field that is seen, including the points just outside."""

    def span(points: Array, low: float, high: float) -> slice:
        first = int(np.searchsorted(points, low, side="right")) - 1
        last = int(np.searchsorted(points, high, side="left"))
        return slice(max(0, first), last + 1)

    columns, rows = span(field.x, *seen[:2]), span(field.y, *seen[2:])
    x, y, loss = field.x[columns], field.y[rows], field.loss[rows, columns]
    return replace(field, x=x, y=y, loss=loss) if loss.size else field


def _thinned(field: Field, size: int) -> Field:
    """Return a field of at most ``size`` points a side, evenly spaced."""
    every = math.ceil(max(len(field.x), len(field.y)) / size)
    x, y, loss = field.x[::every], field.y[::every], field.loss[::every, ::every]
    return replace(field, x=x, y=y, loss=loss)


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


def _contours(field: Field, scale: Levels, suffix: str, *, bar: bool) -> Mark:
    """Return the surface from above, in colours and contour lines."""
    loss = "%{customdata:.4g}" if scale.log else "%{z:.4g}"
    return {
        "type": "contour",
        "x": single(field.x),
        "y": single(field.y),
        "z": single(heights_of(field.loss, scale)),
        "customdata": single(field.loss) if scale.log else None,
        "zmin": scale.low,
        "zmax": scale.high,
        "colorscale": LOSS,
        "showscale": bar,
        "colorbar": _loss_bar(scale) if bar else None,
        "contours": {"coloring": "heatmap", **_contour_levels(scale)},
        "autocontour": False,
        "line": {"color": CONTOURS, "width": 0.7},
        "hovertemplate": _hover(field, loss),
        **marks.on_axes(suffix),
    }


def _contour_levels(scale: Levels) -> dict[str, float]:
    """Return where contour lines begin and end, and from one to the next."""
    start = math.ceil(scale.low / scale.step) * scale.step
    return {"start": start, "end": scale.high, "size": scale.step}


def _loss_bar(scale: Levels) -> dict[str, Any]:
    """Return the bar that says which loss has which colour."""
    return {
        "title": {"text": _("Loss"), "side": "top"},
        "thickness": 10,
        "tickfont": {"size": 12},
        "outlinewidth": 0,
        "len": 0.98,
        **_loss_ticks(scale),
    }


def _loss_ticks(scale: Levels) -> dict[str, Any]:
    """Return ticks labelled with losses, even where powers of ten are drawn."""
    if scale.log:
        heights: list[float] = list(range(math.ceil(scale.low), math.floor(scale.high) + 1))
        losses = [scale.base + 10.0**height for height in heights]
    else:
        wide = round_step((scale.high - scale.low) / 5)
        first = math.ceil(scale.low / wide)
        heights = [number * wide for number in range(first, math.floor(scale.high / wide) + 1)]
        losses = heights
    return {"tickvals": heights, "ticktext": [f"{loss:.4g}" for loss in losses]}


def _hover(field: Field, loss: str) -> str:
    x, y = (plain(title) for title in field.titles)
    title = _("Loss")
    return f"{x} %{{x:.4~g}}, {y} %{{y:.4~g}}<br>{title} {loss}<extra></extra>"


def _drawn(trail: Trail, field: Field) -> slice:
    """Return the points up to the first one after which the path stays outside."""
    inside = np.flatnonzero(_inside(trail, _window(field)))
    return slice(0, int(inside[-1]) + 2 if len(inside) else 0)


def _path(trail: Trail, field: Field, suffix: str) -> Mark:
    part = _drawn(trail, field)
    x, y, colour = single(trail.x[part]), single(trail.y[part]), trail.style.colour
    hover = _hover(field, "%{customdata[1]:.4g}")
    return (
        marks.line(x, y, colour, 2.2)
        | {
            "customdata": np.stack([trail.ticks[part], trail.loss[part]], axis=1),
            "mode": "lines+markers" if len(x) <= _MARKED else "lines",
            "marker": {"color": colour, "size": 4.5},
            "name": plain(trail.style.name),
            "hovertemplate": hover.replace("<extra></extra>", "<br>%{customdata[0]:,~g}"),
        }
        | marks.on_axes(suffix)
    )


def _stationary(field: Field, suffix: str) -> list[Mark]:
    """Return the marks of minima, saddles and maxima; local and found minima are hollow."""
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
    if field.found:
        names = {
            ("minimum", False): _("Minimum, found by a search"),
            ("saddle", False): _("Saddle point, found by a search"),
            ("maximum", False): _("Local maximum, found by a search"),
        }
    points = marks.dots(
        [point.x for point in marked],
        [point.y for point in marked],
        STATIONARY_POINT,
        [13 if point.is_global else 9 for point in marked],
        symbol=[
            _SYMBOLS[point.kind] + ("" if point.is_global or point.kind != "minimum" else "-open")
            for point in marked
        ],
        line={"color": STATIONARY_POINT_EDGE, "width": 1.2},
    )
    hover = {
        "text": [names[point.kind, point.is_global] for point in marked],
        "hovertemplate": "%{text}<br>%{x:.4~g}, %{y:.4~g}<extra></extra>",
    }
    return [points | hover | marks.on_axes(suffix)]


def _labels(
    trails: Sequence[Trail],
    field: Field,
    window: tuple[float, float, float, float],
    height: int,
) -> list[Mark]:
    """Return every run's name near the end of its path, with a thin line to it."""
    seen = [(trail, _inside(trail, window)) for trail in trails]
    named = [(trail, trail.x[part], trail.y[part]) for trail, part in seen if part.any()]
    ways = [_way(x, y, window) for _trail, x, y in named]
    texts = [_named(trail, field) for trail, _x, _y in named]
    moves = _moves(texts, ways, [(_PLOT, height - 80)], _NAME)
    return [
        _pointer(text, (float(x[-1]), float(y[-1])), move, trail)
        for text, (trail, x, y), move in zip(texts, named, moves, strict=True)
    ]


def respaced(figure: go.Figure, plots: Sequence[tuple[float, float]]) -> None:
    """Move the names of paths for other sizes of the plot and of their type, in place.

    Args:
        figure: that of ``contour``; one without names of paths stays as it is.
        plots: width and height in pixels of each plot that the names have to suit.
    """
    lines = {trace.name: trace for trace in figure.data if trace.type == "scatter"}
    notes = [one for one in figure.layout.annotations if one.showarrow and one.name in lines]
    if not notes:
        return
    window = (*figure.layout.xaxis.range, *figure.layout.yaxis.range)
    ways = [_way(lines[one.name].x, lines[one.name].y, window) for one in notes]
    moves = _moves([one.text for one in notes], ways, plots, notes[0].font.size)
    for one, (across, up) in zip(notes, moves, strict=True):
        one.update(ax=float(across), ay=-float(up))


def _moves(
    texts: Sequence[str],
    ways: Sequence[Array],
    plots: Sequence[tuple[float, float]],
    size: float,
) -> list[Array]:
    """Return how many pixels each name lies from the end of its path.

    Of the places around that end, each name takes the one that covers the least of paths, of the
    dots at their ends, and of other names and the lines to them.

    Args:
        texts: the names.
        ways: their paths, in shares of the plot.
        plots: sizes that the plot may have, in pixels.
        size: pixels of the type.
    """
    places = [_Places.of(ways, np.array(plot)) for plot in plots]
    moves: dict[int, Array] = {}
    for number in [*range(len(texts))] * _ROUNDS:
        letters = text_columns(texts[number].replace("<b>", "").replace("</b>", ""))
        extent = size * np.array([0.6 * letters + 0.5, 1.3])

        def cover(move: Array, number: int = number, extent: Array = extent) -> float:
            return sum(place.cover(number, move, extent) for place in places)

        move = min((offset * size / _NAME for offset in _OFFSETS), key=cover)
        for place in places:
            place.take(number, move, extent)
        moves[number] = move
    return list(moves.values())


@dataclass
class _Places:
    """What lies on a plot of one size, in pixels, while its names are placed one by one.

    Attributes:
        size: of the plot.
        ends: of the paths.
        crowd: points of paths, one for each small square that has any.
        dots: boxes around the ends of paths.
        names: boxes of the names that have their place, by the number of the path.
        leaders: points of the lines that lead to them, likewise.
    """

    size: Array
    ends: list[Array]
    crowd: Array
    dots: list[Array]
    names: dict[int, Array]
    leaders: dict[int, Array]

    @classmethod
    def of(cls, ways: Sequence[Array], size: Array) -> _Places:
        """Return a plot with paths alone, given in shares of it."""
        ends = [way[-1] * size for way in ways]
        cells = np.round(np.concatenate([np.empty((0, 2)), *ways]) * size / _CELL).astype(int)
        columns, rows = np.divmod(np.unique(cells @ [_MANY, 1]), _MANY)
        crowd = np.stack([columns, rows], axis=1) * float(_CELL)
        dots = [_box(end, np.full(2, 2.0 * _DOT)) for end in ends]
        return cls(size, ends, crowd, dots, {}, {})

    def cover(self, number: int, move: Array, extent: Array) -> float:
        """Return how much a name would cover, and how much of the other names its line would."""
        box = _box(self.ends[number] + move, extent)
        names = [name for other, name in self.names.items() if other != number]
        leaders = [points for other, points in self.leaders.items() if other != number]
        crossed = sum(_within(points, box) for points in leaders)
        crossed += sum(_within(self._leader(number, move), name) for name in names)
        covered = sum(_overlap(box, other) for other in (*self.dots, *names))
        outside = (box[:2] < 0).any() or (box[2:] > self.size).any()
        return _within(self.crowd, box) + 1e2 * crossed + 1e3 * covered + 1e4 * float(outside)

    def take(self, number: int, move: Array, extent: Array) -> None:
        """Give a name its place."""
        self.names[number] = _box(self.ends[number] + move, extent)
        self.leaders[number] = self._leader(number, move)

    def _leader(self, number: int, move: Array) -> Array:
        return self.ends[number] + np.linspace(0, 1, 12)[:, None] * move


def _pointer(text: str, at: tuple[float, float], move: Array, trail: Trail) -> Mark:
    """Return a text ``move`` pixels away from a point, with a thin line to the point."""
    return marks.note(text, *at, size=_NAME) | {
        "name": plain(trail.style.name),  # that of the line
        "ax": float(move[0]),
        "ay": float(-move[1]),
        "showarrow": True,
        "arrowhead": 0,
        "arrowwidth": 1,
        "standoff": 5,
        "arrowcolor": trail.style.colour,
    }


def _way(x: Any, y: Any, window: tuple[float, float, float, float]) -> Array:
    """Return points close together along a path, in shares of the plot; the last is its end."""
    low, high = np.array(window[::2]), np.array(window[1::2])
    points = np.stack([x, y], axis=1).astype(float)
    with np.errstate(invalid="ignore"):
        points = points[((points >= low) & (points <= high)).all(axis=1)]
    first = points[:2_000]
    shares = np.linspace(0, 1, 6)[:, None, None]
    between = first[:-1] + shares * (first[1:] - first[:-1])
    return (np.concatenate([between.reshape(-1, 2), points[-1:]]) - low) / (high - low)


def _box(middle: Array, extent: Array) -> Array:
    """Return the left, lower, right and upper edge of a rectangle."""
    return np.concatenate([middle - extent / 2, middle + extent / 2])


def _within(points: Array, box: Array) -> int:
    """Return how many points lie in a box."""
    return int(((points > box[:2]) & (points < box[2:])).all(axis=1).sum())


def _overlap(one: Array, other: Array) -> bool:
    """Tell whether two boxes share more than an edge."""
    return bool((np.minimum(one[2:], other[2:]) > np.maximum(one[:2], other[:2])).all())


def _named(trail: Trail, field: Field) -> str:
    """Return a run's name in bold, and the tick at which it left the surface."""
    left = "".join(f" ↗ {tick:,.6g}" for _trail, tick in exits([trail], field))
    return f"<b>{plain(trail.style.name)}</b>{left}"


def _panel_title(trail: Trail, suffix: str, field: Field) -> Mark:
    text = f"{marks.coloured('●', trail.style.colour)} {_named(trail, field)}"
    return marks.note(text, 0, 1.01, size=13) | {
        "xref": f"x{suffix} domain",
        "yref": f"y{suffix} domain",
        "xanchor": "left",
        "yanchor": "bottom",
    }


def _scene_title(text: str) -> dict[str, Any]:
    """Return the title of an axis in three dimensions, small so that it stays in the picture."""
    return {"text": text, "font": {"size": 12}}


def _camera(camera: Sequence[float] | None) -> dict[str, dict[str, float]]:
    given = camera or (-0.95, -1.6, 1.4, 0.0, 0.0, -0.18, 0.0, 0.0, 1.0)
    parts = ("eye", "center", "up")
    return {
        part: dict(zip("xyz", given[3 * number : 3 * number + 3], strict=True))
        for number, part in enumerate(parts)
    }


def _numbers(trails: Sequence[Trail], field: Field) -> dict[str, Array]:
    """Return every point of every path with its run's own loss, then points without a run.

    These are the points of the surface and the stationary points.
    """
    columns, rows = np.meshgrid(field.x, field.y)
    points = field.points
    unit = trails[0].unit if trails else "iterations"
    lengths = [len(trail.x) for trail in trails]
    others = field.loss.size + len(points)
    parts: dict[str, list[Any]] = {
        "kind": [
            np.repeat(["path", "surface"], [sum(lengths), field.loss.size]),
            [f"found {point.kind}" if field.found else point.kind for point in points],
        ],
        "run": [np.repeat([*(trail.style.name for trail in trails), ""], [*lengths, others])],
        unit: [*(trail.ticks for trail in trails), np.full(others, np.nan)],
        field.titles[0]: [*(trail.x for trail in trails), columns.ravel(), [at.x for at in points]],
        field.titles[1]: [*(trail.y for trail in trails), rows.ravel(), [at.y for at in points]],
        "loss": [
            *(trail.loss for trail in trails),
            field.loss.ravel(),
            np.full(len(points), np.nan),
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
    leaving = exits(trails, field)
    if leaving:
        text += " " + _("Outside the window: {runs}.").format(
            runs=", ".join(trail.style.name for trail, _tick in leaving)
        )
    return text
