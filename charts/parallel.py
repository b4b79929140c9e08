"""Parallel coordinates: a line for each row through its values on upright axes, side by side.

A place on an axis is a share of it: 0 at the lower end, 1 at the upper. What has no such place has
one of its own: +inf lies above the axis, a value that is missing below it. Rows are filtered by
their values, never by their places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import plain, shortened, single
from charts.theme import (
    BAND,
    BLUE,
    BORDER,
    FADED,
    FAINTEST,
    GREY,
    STRONG_BORDER,
    WARNING,
    Chart,
    layout,
    margin,
    on_paper,
    translucent,
)
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from engine.arrays import Array, Booleans, Integers

Tick: TypeAlias = tuple[float, str]  # a place and what is written there

ABOVE: Final = 1.12  # height of the place for ∞
BELOW: Final = -0.12  # of that for no value
DIVERGED: Final = "∞"
MISSING: Final = "–"
_LEVELS: Final = 200  # different values at the most of an axis that is drawn value by value
_BINS: Final = (200, 100, 50, 25)  # of any other axis: the first with few enough segments
_SEGMENTS: Final = 20_000  # of a chart at the most
_SHADES: Final = 10
_FALL: Final = 5.0  # a power: how soon lines are fainter than the best ones
_TENTH: Final = 10  # the best rows are one of so many
_TICKS: Final = 6  # about, of an axis
_MANY_TICKS: Final = 14  # at the most, of a logarithmic axis
_FIGURES: Final = 4  # of a value on a logarithmic axis
_APART: Final = 0.045  # the least distance of two ticks
_FLOOR: Final = 0.04  # room below a logarithmic axis for values of 0 and below
_FINE: Final = 2_000  # places of an axis that a brush can have
_HEIGHT: Final = 460
_LETTERS: Final = 104  # of all titles, in one line
_WORD: Final = 16  # letters of a tick


@dataclass(frozen=True)
class Scale:
    """Where the values of a coordinate lie on its axis.

    Attributes:
        low: the value at the lower end; its logarithm to base ten on a logarithmic axis.
        high: that at the upper end, likewise.
        log: whether it is logarithmic.
        levels: the values, rising, where there are few different ones; else nothing.
        names: what the values are called, which are places in this list; may be empty.
    """

    low: float
    high: float
    log: bool
    levels: Array
    names: tuple[str, ...] = ()

    @classmethod
    def over(cls, values: Array, names: tuple[str, ...], *, log: bool) -> Scale:
        """Return the scale for some values; it is linear where none of them is above 0."""
        known = np.unique(values[np.isfinite(values)])
        levels = known if len(known) <= _LEVELS else known[:0]
        if names:
            return cls(-0.5, len(names) - 0.5, log=False, levels=levels, names=names)
        if not len(known):
            return cls(0.0, 0.0, log=False, levels=levels)
        above = known[known > 0]
        if not (log and len(above)):
            return cls(float(known[0]), float(known[-1]), log=False, levels=levels)
        low, high = float(np.log10(above[0])), float(np.log10(above[-1]))
        if len(above) < len(known):
            low -= _FLOOR * (high - low or 1.0)
        return cls(low, high, log=True, levels=levels)

    def places(self, values: Array) -> Array:
        """Return the places of values; +inf and NaN, which have none, stay what they are.

        On a logarithmic axis, values of 0 and below lie at the lower end.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            units = np.log10(np.maximum(values, 0.0)) if self.log else values
            half = self.high / 2 - self.low / 2  # the whole may be larger than any number
            places = (units / 2 - self.low / 2) / half if half > 0 else units * 0 + 0.5
        places = np.clip(places, 0.0, 1.0)
        places[np.isnan(values)] = np.nan
        places[values == np.inf] = np.inf
        return places

    def value(self, place: float) -> float:
        """Return the value at a place, with as many digits as a reader can point at."""
        units = self.low * (1 - place) + self.high * place
        if self.log:
            return float(f"{10.0**units:.{_FIGURES}g}")
        digits = self._digits(units)
        return units if digits is None else round(units, digits)

    def end_beyond(self, value: float, *, is_upper: bool) -> float:
        """Return a value with as many digits as ``value`` gives that is not inside of another one.

        A brush that ends there holds the other one, and ends there again when a browser tells it.

        Args:
            value: finite.
            is_upper: whether it shall not be below, else not above.
        """
        if self.log and value <= 0:
            return self.value(0.0)
        digits = self._digits(value)
        if digits is None:
            return value
        rounded = round(value, digits)
        if is_upper and rounded < value:
            return round(rounded + 10.0**-digits, digits)
        if not is_upper and rounded > value:
            return round(rounded - 10.0**-digits, digits)
        return rounded

    def _digits(self, value: float) -> int | None:
        """Return to how many decimals a value is rounded; None leaves it as it is."""
        if self.log:
            return _FIGURES - 1 - math.floor(math.log10(value))
        step = (self.high / 2 - self.low / 2) * 2 / _FINE
        return -math.floor(math.log10(step)) if 0 < step < np.inf else None

    def written(self, value: float) -> str:
        """Return a value in words or figures."""
        if self.names:
            return self.names[round(value)]
        return f"{value:.4g}" if self.log else f"{value:.6g}"

    def ticks(self) -> tuple[Tick, ...]:
        """Return a few values with their places, from the lower end up."""
        values = self._candidates()
        ticks: list[Tick] = []
        places = self.places(np.array(values, dtype=float))
        for value, place in zip(values, places, strict=True):
            if not ticks or place - ticks[-1][0] >= _APART:
                ticks.append((float(place), self.written(value)))
        return tuple(ticks)

    def _candidates(self) -> Sequence[float]:
        """Return the values to be written: the levels, where they are few, else round numbers."""
        if self.names:
            return range(len(self.names))
        if 0 < len(self.levels) <= 2 * _TICKS or self.low == self.high:
            return [float(value) for value in self.levels]
        low, high = self.low, self.high
        if not self.log:
            return _round_numbers(low, high)
        if high - low < 1:
            return _round_numbers(10.0**low, 10.0**high)
        finer = [
            digit * 10.0**power
            for power in range(math.floor(low), math.ceil(high) + 1)
            for digit in (1, 2, 5)
            if low <= math.log10(digit) + power <= high
        ]
        if len(finer) <= _MANY_TICKS:
            return finer
        every = math.ceil((high - low) / (_MANY_TICKS - 1))
        powers = range(math.ceil(low / every) * every, math.floor(high) + 1, every)
        return [10.0**power for power in powers]


def _round_numbers(low: float, high: float) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten."""
    rough = (high / 2 - low / 2) / _TICKS * 2
    if not 0 < rough < np.inf:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((digit * power for digit in (1, 2, 5) if digit * power >= rough), 10 * power)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [number * step for number in range(first, last + 1)]


@dataclass(frozen=True, eq=False)
class Coordinate:
    """An axis and the values of all rows on it.

    Attributes:
        field: its id, used in brushes.
        title: what it is called.
        values: numbers, ``(rows,)``; +inf has diverged, NaN says that the row has no such value.
        names: what the values are called, where they are places in a list of words.
        log: whether its own scale is logarithmic.
    """

    field: str
    title: str
    values: Array
    names: tuple[str, ...] = ()
    log: bool = False

    @cached_property
    def scale(self) -> Scale:
        """Return where its values lie."""
        return Scale.over(self.values, self.names, log=self.log)

    @cached_property
    def places(self) -> Array:
        """Return the place of every row; see ``Scale.places``."""
        return self.scale.places(self.values)

    @cached_property
    def n_diverged(self) -> int:
        """Return how many rows lie above the axis."""
        return int((self.values == np.inf).sum())

    @cached_property
    def n_missing(self) -> int:
        """Return how many rows lie below the axis."""
        return int(np.isnan(self.values).sum())


@dataclass(frozen=True)
class Brush:
    """A part of an axis. It holds no row that has no such value.

    Attributes:
        field: of the axis.
        low: the lowest value in it; None leaves it open.
        high: the highest value in it; None leaves it open, and then ∞ is in it as well.
    """

    field: str
    low: float | None
    high: float | None


def kept(coordinates: Sequence[Coordinate], brushes: Sequence[Brush]) -> Booleans:
    """Return which rows are inside all brushes, ``(rows,)``.

    Args:
        coordinates: the axes.
        brushes: parts of them; one of a field that is not among them leaves out nothing.
    """
    inside = np.ones(len(coordinates[0].values) if coordinates else 0, dtype=bool)
    fields = {coordinate.field: coordinate for coordinate in coordinates}
    for brush in brushes:
        if brush.field not in fields:
            continue
        values = fields[brush.field].values
        inside &= ~np.isnan(values)
        if brush.low is not None:
            inside &= values >= brush.low
        if brush.high is not None:
            inside &= values <= brush.high
    return inside


def shades(coordinate: Coordinate, count: int, *, is_higher_better: bool = False) -> Integers:
    """Return the number of every row's colour in ``shade_colours``, by its rank on an axis.

    A rank is the share of the finite values that are better, so equal values have equal ones. A few
    values far from all others move no rank but their own.

    Args:
        coordinate: the axis.
        count: of the shades of finite values.
        is_higher_better: whether the first shade is that of the highest value, else of the lowest.
    """
    values = coordinate.values
    known = np.isfinite(values)
    losses = -values[known] if is_higher_better else values[known]
    n_better = np.searchsorted(np.sort(losses), losses, side="left")
    numbers = np.full(len(values), count)
    numbers[known] = n_better * count // max(len(losses), 1)
    numbers[values == np.inf] = count + 1
    return numbers


def best_tenth(coordinate: Coordinate, *, is_higher_better: bool = False) -> Brush | None:
    """Return the part of an axis that holds the best tenth of its finite values; None without any.

    It holds what equals the last of them, too.

    Args:
        coordinate: the axis.
        is_higher_better: whether the highest values are the best, else the lowest.
    """
    scale, known = coordinate.scale, np.sort(coordinate.values[np.isfinite(coordinate.values)])
    if not len(known):
        return None
    last = math.ceil(len(known) / _TENTH)
    end = float(known[-last] if is_higher_better else known[last - 1])
    if not len(scale.levels):
        end = scale.end_beyond(end, is_upper=not is_higher_better)
    if not is_higher_better:
        return Brush(coordinate.field, None, end)
    top = float(known[-1]) if coordinate.n_diverged else None
    return Brush(coordinate.field, end, top)


def shade_opacities(count: int) -> list[float]:
    """Return how opaque each shade is, the strongest first.

    It is one hue over the page, so that the order is plain in light and dark. The first ones differ
    most, so that the best rows stand out.
    """
    worse = np.linspace(1.0, 0.0, count) ** _FALL
    return [float(one) for one in FAINTEST + (1 - FAINTEST) * worse]


def shade_colours(count: int) -> list[str]:
    """Return a colour for each shade, the strongest first, for no value, and for diverged rows."""
    return [*(translucent(BLUE, one) for one in shade_opacities(count)), GREY, WARNING]


def parallel_coordinates(
    coordinates: Sequence[Coordinate],
    brushes: Sequence[Brush],
    colour_by: int = -1,
    *,
    is_higher_better: bool = False,
) -> Chart:
    """Return a line for each row through its values on all axes; those beside the brushes fade.

    Rows that share their places on two neighbouring axes are one segment between these.

    Args:
        coordinates: the axes, from left to right; at least one.
        brushes: parts of axes.
        colour_by: the axis that gives the rows their colours.
        is_higher_better: whether the highest value on it is the best, else the lowest.
    """
    inside = kept(coordinates, brushes)
    colours = [on_paper(BLUE, opacity) for opacity in shade_opacities(_SHADES)]
    colours += [GREY, WARNING]
    groups = shades(coordinates[colour_by], _SHADES, is_higher_better=is_higher_better)
    groups[~inside] = len(colours)  # below all others
    bins, parts = _few_segments(coordinates, groups)
    traces = [
        _segments(parts, number, colour)
        for number, colour in reversed(list(enumerate([*colours, on_paper(GREY, FADED)])))
        if any((part[:, 3] == number).any() for part in parts)
    ]
    shapes, notes = [], []
    for number, coordinate in enumerate(coordinates):
        shapes.append(_upright(number, coordinate))
        notes.extend(_written(number, coordinate, _LETTERS // len(coordinates)))
        own = [brush for brush in brushes if brush.field == coordinate.field]
        shapes.extend(_area(number, coordinate, brush) for brush in own)
    hidden = {"visible": False, "fixedrange": True}
    figure = go.Figure(
        {
            "data": traces,
            "layout": layout(
                _HEIGHT,
                margin=margin(top=30),
                shapes=shapes,
                annotations=notes,
                xaxis=hidden | {"range": [-0.3, len(coordinates) - 0.55]},
                yaxis=hidden | {"range": [BELOW - 0.06, ABOVE + 0.06]},
            ),
        }
    )
    numbers = {coordinate.field: _column(coordinate) for coordinate in coordinates}
    return Chart(
        figure,
        numbers | ({"kept": inside} if brushes else {}),
        parallel_alt(coordinates, brushes, colour_by),
        (
            *parallel_remarks(coordinates, brushes, colour_by, is_higher_better=is_higher_better),
            *_bin_words(coordinates, bins),
        ),
    )


def parallel_alt(
    coordinates: Sequence[Coordinate], brushes: Sequence[Brush], colour_by: int = -1
) -> str:
    """Return the alternative text of parallel coordinates; the arguments are those of the chart."""
    count = len(coordinates[0].values)
    shown = _("Parallel coordinates: {rows} rows on {count} axes: {axes}.").format(
        rows=f"{count:,}",
        count=len(coordinates),
        axes=", ".join(coordinate.title for coordinate in coordinates),
    )
    diverged = _("{count} diverged.").format(count=f"{coordinates[colour_by].n_diverged:,}")
    return " ".join([shown, diverged, *_brush_words(coordinates, brushes)])


def parallel_remarks(
    coordinates: Sequence[Coordinate],
    brushes: Sequence[Brush],
    colour_by: int = -1,
    *,
    is_higher_better: bool = False,
) -> tuple[str, ...]:
    """Return what is to be said of parallel coordinates: colours, extra places, brushes.

    The arguments are those of the chart.
    """
    by = coordinates[colour_by]
    text = (
        _("Colour by rank on {axis}, the highest strongest and on top.")
        if is_higher_better
        else _("Colour by rank on {axis}, the lowest strongest and on top.")
    )
    words = [text.format(axis=by.title)]
    if any(coordinate.n_diverged for coordinate in coordinates):
        words.append(_("∞ above an axis: the row has no finite value there, as after divergence."))
    if by.n_diverged:
        text = _("Rows with ∞ on {axis} have a colour of their own.")
        words.append(text.format(axis=by.title))
    if any(coordinate.n_missing for coordinate in coordinates):
        words.append(_("– below an axis: the row has no such value."))
    floored = [one.title for one in coordinates if one.scale.log and (one.values <= 0).any()]
    if floored:
        text = _("Values of 0 and below lie at the lower end of a logarithmic axis: {axes}.")
        words.append(text.format(axes=", ".join(floored)))
    return *words, *_brush_words(coordinates, brushes)


def _brush_words(coordinates: Sequence[Coordinate], brushes: Sequence[Brush]) -> tuple[str, ...]:
    """Return a sentence on what is brushed, and how many rows that leaves."""
    fields = {coordinate.field: coordinate for coordinate in coordinates}
    parts = [
        f"{fields[brush.field].title} {range_words(fields[brush.field], brush)}"
        for brush in brushes
        if brush.field in fields
    ]
    if not parts:
        return ()
    inside = kept(coordinates, brushes)
    text = _("Brushed: {parts}; {count} of {rows} rows are inside.")
    return (
        text.format(parts=", ".join(parts), count=f"{inside.sum():,}", rows=f"{len(inside):,}"),
    )


def range_words(coordinate: Coordinate, brush: Brush) -> str:
    """Return the part of an axis that is brushed, in words."""
    scale = coordinate.scale
    if scale.names:
        inside = [name for place, name in enumerate(scale.names) if _holds(brush, float(place))]
        return ", ".join(inside) or MISSING
    low, high = (
        DIVERGED if end == np.inf else scale.written(end) if end is not None else ""
        for end in (brush.low, brush.high)
    )
    if brush.low == np.inf:
        return DIVERGED
    if low and high:
        return low if low == high else f"{low} – {high}"
    return f"≥ {low}" if low else f"≤ {high}" if high else _("all values")


def _holds(brush: Brush, value: float) -> bool:
    above = brush.low is None or value >= brush.low
    return above and (brush.high is None or value <= brush.high)


def _heights(coordinate: Coordinate, bins: int) -> Array:
    """Return the heights of all rows; of an axis with many values they are those of bins."""
    places = coordinate.places
    heights = np.where(np.isnan(places), BELOW, np.minimum(places, ABOVE))
    if len(coordinate.scale.levels):
        return heights
    known = np.isfinite(places)
    heights[known] = np.rint(places[known] * (bins - 1)) / (bins - 1)
    return heights


def _few_segments(coordinates: Sequence[Coordinate], groups: Integers) -> tuple[int, list[Array]]:
    """Return the number of bins, and the segments from each axis to the next.

    A segment is a row of left axis, left height, right height, and the lowest of the groups of the
    rows that it stands for.
    """
    order = np.argsort(groups, kind="stable")
    for bins in _BINS:
        heights = [_heights(coordinate, bins)[order] for coordinate in coordinates]
        parts = [
            _between(number, heights[number], heights[number + 1], groups[order])
            for number in range(len(heights) - 1)
        ]
        if sum(map(len, parts)) <= _SEGMENTS:
            break
    return bins, parts


def _between(number: int, left: Array, right: Array, groups: Integers) -> Array:
    """Return the different segments between two axes; groups rise."""
    lefts, from_left = np.unique(left, return_inverse=True)
    rights, from_right = np.unique(right, return_inverse=True)
    found, first = np.unique(from_left * len(rights) + from_right, return_index=True)
    ends = lefts[found // max(len(rights), 1)], rights[found % max(len(rights), 1)]
    return np.stack([np.full(len(found), number), *ends, groups[first]], axis=1).astype(float)


def _segments(parts: Sequence[Array], group: int, colour: str) -> Mark:
    """Return the segments of one group as one trace."""
    own = np.concatenate([part[part[:, 3] == group] for part in parts])
    gap = np.full(len(own), np.nan)
    x = np.stack([own[:, 0], own[:, 0] + 1, gap], axis=1).ravel()
    y = np.stack([own[:, 1], own[:, 2], gap], axis=1).ravel()
    width = 2 if group == 0 else 1  # the best tenth
    return marks.line(single(x), single(y), colour, width) | marks.SILENT


def _upright(number: int, coordinate: Coordinate) -> Mark:
    """Return the line of an axis."""
    return marks.upright(number, STRONG_BORDER, 1.5) | {
        "yref": "y",
        "y0": BELOW if coordinate.n_missing else 0,
        "y1": ABOVE if coordinate.n_diverged else 1,
    }


def _written(number: int, coordinate: Coordinate, letters: int) -> list[Mark]:
    """Return the title of an axis, of so many letters at most, and what is written beside it."""
    ticks = list(coordinate.scale.ticks())
    ticks += [(ABOVE, DIVERGED)] if coordinate.n_diverged else []
    ticks += [(BELOW, MISSING)] if coordinate.n_missing else []
    beside = {"xanchor": "left", "xshift": 3, "borderpad": 0}
    notes = []
    for place, text in ticks:
        written = marks.note(plain(shortened(text, _WORD)), number, place, size=12) | beside
        written["font"]["shadow"] = "auto"  # lines pass below it
        notes.append(written)
    title = plain(shortened(coordinate.title, letters))
    above = {"yref": "paper", "yanchor": "bottom", "yshift": 4}
    return [*notes, marks.note(f"<b>{title}</b>", number, 1, size=13) | above]


def _area(number: int, coordinate: Coordinate, brush: Brush) -> Mark:
    """Return the brushed part of an axis."""
    scale = coordinate.scale
    low, high = (
        open_end if end is None else float(scale.places(np.array([end]))[0])
        for end, open_end in ((brush.low, 0.0), (brush.high, ABOVE if coordinate.n_diverged else 1))
    )
    return marks.region(number - 0.05, number + 0.05, translucent(BLUE, BAND)) | {
        "yref": "y",
        "y0": min(low, ABOVE) - 0.015,
        "y1": min(high, ABOVE) + 0.015,
        "line": {"width": 1, "color": BORDER},
    }


def _column(coordinate: Coordinate) -> Any:
    """Return the values as they leave: words where they are words."""
    if not coordinate.names:
        return coordinate.values
    known = np.isfinite(coordinate.values)
    places = np.where(known, coordinate.values, 0).astype(int)
    return np.where(known, np.array(coordinate.names)[places], "")


def _bin_words(coordinates: Sequence[Coordinate], bins: int) -> tuple[str, ...]:
    """Return how rows became lines."""
    words = [_("Rows that share two neighbouring places are one line between them.")]
    if any(not len(one.scale.levels) and np.isfinite(one.values).any() for one in coordinates):
        text = _("An axis with more than {levels} different values is drawn in {bins} steps.")
        words.append(text.format(levels=_LEVELS, bins=bins))
    return (*words, _("The numbers of this chart are those of all rows."))
