"""Parallel coordinates for a canvas of the browser: rows packed as places, brushes there and back.

The browser knows places on axes alone, finer than its pixels. What a reader brushes becomes values
here, and rows are filtered by their values.
"""

from __future__ import annotations

import base64
import math
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from charts.parallel import Brush, best_tenth, kept, shade_colours, shades

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.parallel import Coordinate
    from engine.arrays import Array

_SHADES: Final = 50
_UPPER: Final = 65_533  # stands for the upper end of an axis
_ABOVE: Final = 65_534  # for +inf
_BELOW: Final = 65_535  # for no value
_BEYOND: Final = 2.0  # a place that stands for +inf in a brush
_NEAR: Final = 1e-9  # places that are the same


def parallel_axes(coordinates: Sequence[Coordinate]) -> list[dict[str, Any]]:
    """Return what is written on the axes, ready for JSON."""
    return [
        {
            "field": coordinate.field,
            "title": coordinate.title,
            "low": coordinate.scale.low,
            "high": coordinate.scale.high,
            "log": coordinate.scale.log,
            "ticks": coordinate.scale.ticks(),
            "levels": _levels(coordinate),
            "above": coordinate.n_diverged > 0,
            "below": coordinate.n_missing > 0,
        }
        for coordinate in coordinates
    ]


def _levels(coordinate: Coordinate) -> list[tuple[float, str]]:
    """Return the values at which a brush can begin and end, with their places; may be empty."""
    scale = coordinate.scale
    places = scale.places(scale.levels)
    return [
        (float(place), scale.written(float(value)))
        for place, value in zip(places, scale.levels, strict=True)
    ]


def parallel_rows(
    coordinates: Sequence[Coordinate], colour_by: int = -1, *, is_higher_better: bool = False
) -> dict[str, Any]:
    """Return all rows, ready for JSON: their places on every axis, their colours, and a version.

    The version is another one whenever the rows are.

    Args:
        coordinates: the axes; at least one.
        colour_by: the axis that gives the rows their colours.
        is_higher_better: whether the highest value on it is the best, else the lowest.
    """
    places = np.concatenate([_codes(coordinate.places) for coordinate in coordinates])
    ranks = shades(coordinates[colour_by], _SHADES, is_higher_better=is_higher_better)
    numbers = ranks.astype(np.uint8)
    names = " ".join(coordinate.field for coordinate in coordinates)
    told = blake2b(names.encode(), digest_size=16)
    told.update(places.tobytes())
    told.update(numbers.tobytes())
    return {
        "version": told.hexdigest(),
        "count": len(numbers),
        "places": _text(places),
        "shades": _text(numbers),
        "colours": shade_colours(_SHADES),
    }


def _codes(places: Array) -> Any:
    """Return places as whole numbers of 16 bits."""
    codes = np.full(len(places), _BELOW)
    known = np.isfinite(places)
    codes[known] = np.rint(places[known] * _UPPER)
    codes[places == np.inf] = _ABOVE
    return codes.astype("<u2")


def _text(numbers: Any) -> str:
    return base64.b64encode(numbers.tobytes()).decode()


def parallel_brushes(coordinates: Sequence[Coordinate], brushes: Sequence[Brush]) -> dict[str, Any]:
    """Return the brushes as places, by field, and the rows inside them, ready for JSON.

    An open end is None; ∞ as the lower end is a place of 2. Rows are bits, eight in a byte, the
    first in the highest; there are none where nothing is brushed.
    """
    fields = {coordinate.field: coordinate for coordinate in coordinates}
    own = [brush for brush in brushes if brush.field in fields]
    inside = kept(coordinates, own)
    return {
        "brushes": {
            brush.field: [_place(fields[brush.field], end) for end in (brush.low, brush.high)]
            for brush in own
        },
        "kept": _text(np.packbits(inside)) if own else "",
    }


def parallel_tenth(
    coordinates: Sequence[Coordinate], *, is_higher_better: bool = False
) -> list[float | None] | None:
    """Return both ends of the best tenth of the last axis as places; None where it has no value."""
    brush = best_tenth(coordinates[-1], is_higher_better=is_higher_better)
    if brush is None:
        return None
    return [_place(coordinates[-1], end) for end in (brush.low, brush.high)]


def _place(coordinate: Coordinate, end: float | None) -> float | None:
    if end is None:
        return None
    return min(float(coordinate.scale.places(np.array([end]))[0]), _BEYOND)


def told_brushes(coordinates: Sequence[Coordinate], told: Mapping[str, Any]) -> list[Brush]:
    """Return the brushes that a browser tells as places, in the order of the axes.

    On an axis with few different values they begin and end at one of these.

    Args:
        coordinates: the axes.
        told: both ends by field, as ``parallel_brushes`` has them; what makes no sense is left out.
    """
    brushes = []
    for coordinate in coordinates:
        ends = told.get(coordinate.field)
        if isinstance(ends, list) and len(ends) == 2 and all(map(_is_place, ends)):
            brush = _brush(coordinate, *ends)
            if brush is not None:
                brushes.append(brush)
    return brushes


def _is_place(end: Any) -> bool:
    is_number = isinstance(end, (int, float)) and not isinstance(end, bool)
    return end is None or (is_number and math.isfinite(end))


def _brush(coordinate: Coordinate, low: float | None, high: float | None) -> Brush | None:
    """Return the brush between two places; None where it would hold no value."""
    if low is not None and low > 1 + _NEAR:
        return Brush(coordinate.field, math.inf, None)
    if low is not None and high is not None and high < low:
        return None
    if len(coordinate.scale.levels):
        return _among_levels(coordinate, low, high)
    scale = coordinate.scale
    bottom = None if low is None or low <= 0 else scale.value(low)
    top = None if high is None else scale.value(high)
    if high is not None and high >= 1:  # what lies higher is ∞
        known = coordinate.values[np.isfinite(coordinate.values)]
        top = float(known.max()) if coordinate.n_diverged and len(known) else None
    return Brush(coordinate.field, bottom, top)


def _among_levels(coordinate: Coordinate, low: float | None, high: float | None) -> Brush | None:
    """Return a brush that begins and ends at values that there are."""
    places = coordinate.scale.places(coordinate.scale.levels)
    begin = -_NEAR if low is None else low - _NEAR
    end = _BEYOND if high is None else high + _NEAR
    inside = coordinate.scale.levels[(places >= begin) & (places <= end)]
    if not len(inside):
        return None
    return Brush(
        coordinate.field,
        None if low is None else float(inside[0]),
        None if high is None else float(inside[-1]),
    )
