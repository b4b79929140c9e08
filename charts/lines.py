"""Lines of many runs in one figure: thinning, ranges and labels at the ends."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from charts.marks import note
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine.arrays import Array, Integers

POINTS: Final = 2_000  # of a drawn line; more than the pixels of a screen show
_LABEL_GAP: Final = 0.058  # between two labels, as a share of the axis' height
_LETTER: Final = 8.0  # pixels of a Latin letter in a label, about; Hangul takes two
_ROOM: Final = (60, 200)  # pixels that labels take at the least and at the most
_FLAT: Final = 1e-12  # the least air, as a share of the values: a range must not drown in rounding
_BELOW: Final = 0.02  # air below the floor of a logarithmic axis, as a share of its height
_LEAST: Final = 5e-324  # the smallest number above 0 that a computer holds


def thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Return at most ``POINTS`` points of a line: its ends, and the extremes of each stretch."""
    if len(x) <= POINTS:
        return x, y
    stretches = np.array_split(np.arange(len(x)), POINTS // 2 - 1)
    kept = {0, len(x) - 1}
    for stretch in stretches:
        values = y[stretch]
        if np.isfinite(values).any():
            kept |= {int(stretch[np.nanargmin(values)]), int(stretch[np.nanargmax(values)])}
    positions = np.array(sorted(kept))
    return x[positions], y[positions]


def single(values: Array) -> Array:
    """Return numbers as single floats; one beyond their range becomes the largest they hold."""
    most = np.finfo("f4").max
    return np.clip(values, -most, most).astype("f4")


def spread_rows(count: int, most: int) -> Integers:
    """Return the indices of at most ``most`` rows, evenly spread, for generated rows are sorted."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))


def to_last_finite(y: Array) -> Array:
    """Return the values before the first that is not finite."""
    broken = np.flatnonzero(~np.isfinite(y))
    return y[: broken[0]] if len(broken) else y


def value_range(lines: Sequence[Array], *, log: bool) -> tuple[float, float]:
    """Return the range of a value axis, with some air; in powers of ten for a logarithmic one."""
    values = np.concatenate([*lines, np.empty(0)])
    values = values[np.isfinite(values) & ((values > 0) if log else True)]
    if not len(values):
        return (-1.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if log:
        low, high = float(np.log10(low)), float(np.log10(high))
    air = max(0.04 * (high - low) or 0.5, _FLAT * max(-low, high))
    return low - air, high + air


@dataclass(frozen=True)
class ValueAxis:
    """Where values lie on the axis of a chart.

    A logarithmic one has no place for values of 0 and below: they are drawn on its floor.

    Attributes:
        limits: its range; in powers of ten on a logarithmic one.
        log: whether it is logarithmic.
        floor: the value at which values of 0 and below are drawn on a logarithmic one.
    """

    limits: tuple[float, float]
    log: bool
    floor: float = 0.0

    @classmethod
    def over(cls, lines: Sequence[Array], *, log: bool) -> ValueAxis:
        """Return the axis for some lines; it is linear where none of them rises above 0."""
        values = np.concatenate([*lines, np.empty(0)])
        values = values[np.isfinite(values)]
        if not log or (len(values) and not (values > 0).any()):
            return cls(value_range([values], log=False), log=False)
        low, high = value_range([values], log=True)
        floor = max(10.0**low, _LEAST)
        if (values <= 0).any():
            low -= _BELOW * (high - low)
        return cls((low, high), log=True, floor=floor)

    def drawn(self, values: Array) -> Array:
        """Return the heights at which values are drawn."""
        return np.where(values <= 0, self.floor, values) if self.log else values

    def place(self, value: float) -> float:
        """Return where a value lies in the units of ``limits``."""
        return float(np.log10(value if value > 0 else self.floor)) if self.log else value

    def points(self, values: Array, more: str = "") -> dict[str, Any]:
        """Return the heights of a trace, and a hover with the values themselves and ``more``."""
        if not self.log or not (values <= 0).any():
            return {"y": values, "hovertemplate": "%{y:.4g}" + more}
        drawn = {"y": self.drawn(values), "customdata": values}
        return drawn | {"hovertemplate": "%{customdata:.4g}" + more}

    def remarks(self, lines: Sequence[tuple[str, Array]], *, log: bool) -> tuple[str, ...]:
        """Return sentences on what the axis cannot show as it is, if it was to be logarithmic.

        Args:
            lines: the name of every line and its values.
            log: whether a logarithmic axis was asked for.
        """
        if not log:
            return ()
        if not self.log:
            return (_("No value here is above 0, so the axis is linear."),)
        known = [(name, values[np.isfinite(values)]) for name, values in lines]
        below = [(name, float(values.min())) for name, values in known if (values <= 0).any()]
        if not below:
            return ()
        text = _(
            "A logarithmic axis cannot show values of 0 or below, so these are drawn at its lower"
            " edge: {lines}."
        )
        one = _("{name} down to {value}")
        written = (one.format(name=name, value=f"{low:.4g}") for name, low in below)
        return (text.format(lines=", ".join(written)),)


def value_axis(title: str | None, limits: tuple[float, float], *, log: bool) -> dict[str, Any]:
    """Return the options of a value axis.

    A logarithmic one has ticks at 1, 2 and 5 for up to three decades, and at powers of ten beyond
    that, 12 at most. Over less than half a decade there may be no such tick, so Plotly chooses.
    Small powers are written as powers, since nobody counts the zeros of 0.000001.
    """
    options: dict[str, Any] = {"title": title, "range": limits, "tickformat": "~g"}
    if not log:
        return options | {"type": "linear"}
    decades = limits[1] - limits[0]
    ticks = None if decades < 0.5 else "D2" if decades < 3 else math.ceil(decades / 12)
    options |= {"type": "log", "dtick": ticks}
    if decades >= 3 and limits[0] < -5:
        options |= {"tickformat": None, "exponentformat": "power"}
        options |= {"tickfont": {"size": 11}}  # Plotly draws powers a quarter larger
    return options


def end_labels(
    styles: Sequence[RunStyle],
    ends: Sequence[float],
    limits: tuple[float, float],
    height: float,
) -> list[dict[str, Any]]:
    """Return a name beside the end of each line, in their order, moved apart where they overlap.

    Args:
        styles: names and colours of the lines.
        ends: last value of each line, in the units of the axis (powers of ten if logarithmic).
        limits: range of the value axis in the same units.
        height: of the plot in pixels, to turn a move into pixels.
    """
    return [
        note(plain(shortened(style.name, (_ROOM[1] - 16) / _LETTER)), 1, end, style.colour, 13)
        | {
            "hovertext": plain(style.name),
            "xref": "paper",
            "xanchor": "left",
            "xshift": 6,
            "yref": "y",
            "yanchor": "middle",
            **position,
        }
        for style, end, position in zip(styles, ends, apart(ends, limits, height), strict=True)
    ]


def apart(
    ends: Sequence[float], limits: tuple[float, float], height: float
) -> list[dict[str, float]]:
    """Return where each label of ``end_labels`` lies, moved apart where they would overlap.

    Args:
        ends: as for ``end_labels``.
        limits: as for ``end_labels``.
        height: as for ``end_labels``.

    Returns:
        For each label its height in the units of the axis, and its shift in pixels.
    """
    span = limits[1] - limits[0]
    places = np.clip([(end - limits[0]) / span for end in ends], 0, 1)
    order = np.argsort(places, kind="stable")
    moved = np.empty(len(places))
    moved[order] = _apart(places[order])
    return [
        {"y": limits[0] + span * float(place), "yshift": float(to - place) * height}
        for place, to in zip(places, moved, strict=True)
    ]


def label_room(names: Sequence[str]) -> int:
    """Return how many pixels ``end_labels`` need right of the plot; longer names are shortened."""
    widest = max((text_columns(name) for name in names), default=0)
    return int(np.clip(16 + _LETTER * widest, *_ROOM))


def shortened(name: str, most: float) -> str:
    """Return a name at most ``most`` Latin letters wide: what does not fit becomes an ellipsis."""
    if text_columns(name) <= most:
        return name
    kept = ""
    for letter in name:
        if text_columns(kept + letter) > most - 1:
            break
        kept += letter
    return kept + "…"


def factor_text(factor: float) -> str:
    """Return a factor as it is said: 3.16, 316 or 10,000."""
    return f"{factor:.3g}" if factor < 100 else f"{factor:,.0f}"


def text_columns(text: str) -> int:
    """Return how many Latin letters a text is wide: Hangul takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _apart(places: Array) -> Array:
    """Return rising places, a label's height apart, each moved as little as needed.

    Neighbours that would overlap form a block around the mean of their own places (least squares
    in a given order: pooling of adjacent violators).
    """
    blocks: list[list[float]] = []  # of places, each minus the height of the labels below it
    for index, place in enumerate(places):
        blocks.append([float(place) - index * _LABEL_GAP])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    moved = np.concatenate([np.full(len(block), np.mean(block)) for block in blocks] or [places])
    top = 1 - _LABEL_GAP * (len(places) - 1)  # the highest place that the first one may have
    return np.clip(moved, 0, max(top, 0)) + _LABEL_GAP * np.arange(len(places))


def plain(text: str) -> str:
    """Return a text so that plotly shows it as it is, not as tags, links, TeX or templates."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("$", "\uff04")
        .replace("%{", "%\u200b{")
    )
