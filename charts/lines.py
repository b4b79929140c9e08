"""Lines of many runs in one figure: thinning, ranges and labels at the ends."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from charts.marks import line, note
from charts.theme import AROUND_PLOT, BORDER, HEIGHT, SAMPLES
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from charts.theme import RunStyle
    from engine.arrays import Array, Integers

POINTS: Final = 2_000  # of a drawn line; more than the pixels of a screen show
_LABEL: Final = 19  # pixels from one label to the next
_EDGE: Final = 3  # pixels between a label and the edges of the plot, which cut what leads to it
_LETTER: Final = 8.5  # pixels of a Latin letter in a label, about; Hangul takes two
_BESIDE: Final = 34  # pixels from the plot to a label right of it
_PAD: Final = 8  # pixels right of a label
_ROOM: Final = 216  # pixels that labels take at the most
_LONGEST: Final = 24  # letters of a name in or above the plot
_SHORTEST: Final = 6  # letters of a name that are left of it, however much is written beside it
_THICKEST: Final = 3  # pixels of a sample: its dashes must be told apart
_RIGHT: Final = 0.985  # share of the axis beyond which a line has not ended early
_MIDDLE: Final = 0.5  # share of the axis from which on names are written to the left
_FLAT: Final = 1e-12  # the least air, as a share of the values: a range must not drown in rounding
_ROUNDING: Final = 1e-9  # of the largest value: this little below 0 is no other sign
_BELOW: Final = 0.02  # air below the floor of a logarithmic axis, as a share of its height
_LEAST: Final = 5e-324  # the smallest number above 0 that a computer holds
# The layout in which the pointer tells the values of all lines at its place, the highest first.
ALL_RUNS: Final = {"hovermode": "x unified", "hoversort": "value descending"}


def hover_title(name: str, form: str = ".6~g") -> dict[str, Any]:
    """Return the options of a horizontal axis that say where the pointer is, above the values.

    Args:
        name: of the axis.
        form: how its numbers are written.
    """
    return {
        "unifiedhovertitle": {"text": f"{plain(name)} %{{x:{form}}}"},
        "spikethickness": 1,
        "spikedash": "dot",
        "spikecolor": BORDER,
    }


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


def covered(lines: Sequence[Array]) -> tuple[float, float]:
    """Return the range of a horizontal axis on which lines lie from edge to edge."""
    known = [x for x in lines if len(x)]
    low = min((float(x[0]) for x in known), default=0.0)
    high = max((float(x[-1]) for x in known), default=1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


@dataclass(frozen=True)
class ValueAxis:
    """Where values lie on the axis of a chart.

    A logarithmic one has no place for values of 0, nor of less by rounding: they are drawn on its
    floor.

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
        """Return the axis for some lines; it is linear where they fall below 0 or stay at it."""
        values = np.concatenate([*lines, np.empty(0)])
        values = values[np.isfinite(values)]
        if not log or (len(values) and (not (values > 0).any() or _falls_below_0(values))):
            return cls(value_range([values], log=False), log=False)
        low, high = value_range([values], log=True)
        floor = max(10.0**low, _LEAST)
        if (values <= 0).any():
            low -= _BELOW * (high - low)
        return cls((low, high), log=True, floor=floor)

    @property
    def top(self) -> float:
        """Return the value at its upper end."""
        return 10.0 ** self.limits[1] if self.log else self.limits[1]

    def drawn(self, values: Array) -> Array:
        """Return the heights at which values are drawn."""
        return np.where(values <= 0, self.floor, values) if self.log else values

    def place(self, value: float) -> float:
        """Return where a value lies in the units of ``limits``."""
        return float(np.log10(value if value > 0 else self.floor)) if self.log else value

    def points(self, values: Array) -> dict[str, Any]:
        """Return the heights of a trace, and a hover with the values themselves."""
        if not self.log or not (values <= 0).any():
            return {"y": values, "hovertemplate": "%{y:.4g}"}
        drawn = {"y": self.drawn(values), "customdata": values}
        return drawn | {"hovertemplate": "%{customdata:.4g}"}

    def remarks(self, lines: Sequence[tuple[str, Array]], *, log: bool) -> tuple[str, ...]:
        """Return sentences on what the axis cannot show as it is, if it was to be logarithmic.

        Args:
            lines: the name of every line and its values.
            log: whether a logarithmic axis was asked for.
        """
        if not log:
            return ()
        known = [(name, values[np.isfinite(values)]) for name, values in lines]
        if not self.log and any((values > 0).any() for _name, values in known):
            text = _("A logarithmic axis cannot show values below 0, so the axis is linear.")
            return (text,)
        if not self.log:
            return (_("No value here is above 0, so the axis is linear."),)
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


def _falls_below_0(values: Array) -> bool:
    """Tell whether finite values fall below 0 by more than rounding."""
    return bool(values.min() < -_ROUNDING * np.abs(values).max())


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


def shown(styles: Sequence[RunStyle]) -> list[int]:
    """Return the positions of the runs that charts draw."""
    return [position for position, style in enumerate(styles) if not style.hidden]


def hidden_words(styles: Sequence[RunStyle]) -> tuple[str, ...]:
    """Return a sentence that names the runs that a chart leaves out on demand; else nothing."""
    names = [style.name for style in styles if style.hidden]
    return (_("Hidden: {runs}.").format(runs=", ".join(names)),) if names else ()


def none_shown() -> dict[str, Any]:
    """Return what a chart says in its middle where all runs are hidden."""
    return note(_("All runs are hidden."), 0.5, 0.5) | {"xref": "paper", "yref": "paper"}


def _emphasised(text: str, style: RunStyle) -> str:
    """Return a text about a run, bold if the run is selected."""
    return f"<b>{text}</b>" if style.selected else text


def run_line(x: Any, y: Any, style: RunStyle) -> dict[str, Any]:
    """Return the line of a run in its look, with its name; the selected one lies on top."""
    on_top = {"zorder": 1} if style.selected else {}
    drawn = line(x, y, style.colour, style.width, style.dash)
    return drawn | {"name": plain(style.name)} | on_top


class End(NamedTuple):
    """Where a line ends, for the name that is written there.

    Attributes:
        style: of the line.
        y: height of its end, in the units of the axis (powers of ten if logarithmic).
        x: where it ends across; None for the right edge of the plot.
        words: what is written, with the name at ``{run}``.
        dash: of the line, where it is not that of the style.
    """

    style: RunStyle
    y: float
    x: float | None = None
    words: str = "{run}"
    dash: str = ""

    def text(self, *, is_beside: bool) -> str:
        """Return what is written; where it is too long, the name is shortened."""
        most = float(_LONGEST)
        if is_beside:
            rest = text_columns(self.words.format(run=""))
            most = max((_ROOM - _BESIDE - _PAD) / _LETTER - rest, _SHORTEST)
        return self.words.format(run=shortened(self.style.name, most))


class Labels(NamedTuple):
    """The names of lines beside their ends.

    Attributes:
        notes: the texts, in the order of the lines.
        leaders: a short sample of each line that leads from its end to its name.
        room: pixels that names right of the plot take.
        above: pixels that names of lines which left the plot at the top take above it.
    """

    notes: list[dict[str, Any]]
    leaders: list[dict[str, Any]]
    room: int
    above: int


class Place(NamedTuple):
    """Where a name lies.

    Attributes:
        note: plotly's options of the text.
        leader: plotly's options of the line that leads to it.
    """

    note: dict[str, Any]
    leader: dict[str, Any]


def end_labels(
    ends: Sequence[End],
    limits: tuple[float, float],
    height: float,
    *,
    log: bool = False,
    across: tuple[float, float] = (0.0, 1.0),
    log_across: bool = False,
) -> Labels:
    """Return the names of lines: right of the plot, or in it where a line ends early.

    A line that left the plot at the top has its name above it. Names have the page's colour, since
    few colours of lines can be read as text on both pages; a leader shows which line is meant.

    Args:
        ends: of the lines.
        limits: range of the value axis, in powers of ten if it is logarithmic.
        height: of the plot in pixels.
        log: whether the value axis is logarithmic.
        across: range of the other axis, in powers of ten if it is logarithmic, as are the ends.
        log_across: whether the other axis is logarithmic.
    """
    heights = [(end.y, end.x) for end in ends]
    form = {"log": log, "log_across": log_across}
    places = placed(heights, limits, height, across=across, **form)
    beside = [place.note["xref"] == "paper" for place in places]
    texts = [end.text(is_beside=one) for end, one in zip(ends, beside, strict=True)]
    notes, leaders = [], []
    for end, place, text in zip(ends, places, map(plain, texts), strict=True):
        style, name = end.style, plain(end.style.name)  # the name is that of the line
        written = note(_emphasised(text, style), 1, 0, size=13)
        notes.append(written | {"name": name, "hovertext": name} | place.note)
        leaders.append(_sample(style, end.dash or style.dash) | {"name": name} | place.leader)
    rows = sum(place.note["yref"] == "paper" for place in places)
    widths = [text_columns(text) for text, one in zip(texts, beside, strict=True) if one]
    room = min(_BESIDE + _PAD + round(_LETTER * max(widths)), _ROOM) if widths else _PAD
    return Labels(notes, leaders, room, rows * _LABEL)


def lengthen(figure: go.Figure, limits: tuple[float, float]) -> None:
    """Give a chart of ``HEIGHT`` a longer value axis, in place: names that lay apart would meet."""
    axis = figure.layout.yaxis
    if limits == tuple(axis.range):
        return
    axis.range = limits
    if axis.type == "log":
        ticks = value_axis(None, limits, log=True)
        axis.update({key: ticks.get(key) for key in ("dtick", "tickformat", "exponentformat")})
    respaced(figure, HEIGHT - AROUND_PLOT, _LABEL)


def respaced(figure: go.Figure, height: float, label: float) -> None:
    """Move the names beside the ends of lines apart for another height, in place.

    On a higher plot they lie further apart, on a lower one they would meet.

    Args:
        figure: with labels of ``end_labels``.
        height: of the lowest plot, in pixels.
        label: pixels from one label to the next.
    """
    limits, across = figure.layout.yaxis.range, figure.layout.xaxis.range
    if limits is None:
        return
    for xref in ("paper", "x"):
        notes, leaders = (
            [one for one in marks if one.name and (one.xref, one.yref) == (xref, "y")]
            for marks in (figure.layout.annotations, figure.layout.shapes)
        )
        places = [None if xref == "paper" else one.x for one in notes]
        shares = [_share(x, across or (0.0, 1.0)) for x in places]
        moves = _moves([one.y for one in notes], shares, limits, height, label)
        for one, leader, x, share, (y, move) in zip(
            notes, leaders, places, shares, moves, strict=True
        ):
            one.yshift = move
            leader.path = _beside(x, share, y, move, log=False, log_across=False).leader["path"]


def titled(
    text: str, style: RunStyle, left: float, top: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a text above a panel, in the page's colour, and a sample of its run's line before it.

    Args:
        text: as plotly takes it.
        style: of the run.
        left: edge of the panel, a share of the figure.
        top: edge of the panel, likewise.
    """
    paper = {"xref": "paper", "yref": "paper"}
    written = note(_emphasised(text, style), left, top, size=13) | paper
    before = {"xsizemode": "pixel", "xanchor": left, "ysizemode": "pixel", "yanchor": top}
    return (
        written | {"xanchor": "left", "xshift": 28, "yanchor": "bottom"},
        _sample(style, style.dash) | paper | before | {"path": "M2,10 L26,10"},
    )


def _sample(style: RunStyle, dash: str) -> dict[str, Any]:
    """Return a short line in the look of a run, without its place."""
    pixels = ",".join(f"{part}px" for part in SAMPLES[dash].split()) or "solid"
    look = {"color": style.colour, "width": min(style.width, _THICKEST), "dash": pixels}
    return {"type": "path", "line": look}


def placed(
    ends: Sequence[tuple[float, float | None]],
    limits: tuple[float, float],
    height: float,
    *,
    log: bool,
    across: tuple[float, float],
    log_across: bool = False,
) -> list[Place]:
    """Return where each label of ``end_labels`` lies, moved apart where they would overlap.

    Labels in the plot have a row each, so that they cannot meet on however narrow a screen.

    Args:
        ends: height of each end, and where it is across; the rest as for ``end_labels``.
        limits: as for ``end_labels``.
        height: as for ``end_labels``.
        log: as for ``end_labels``.
        across: as for ``end_labels``.
        log_across: as for ``end_labels``.
    """
    shares = [_share(x, across) for _y, x in ends]
    above = [n for n, (y, x) in enumerate(ends) if x is not None and y > limits[1]]
    beside = [n for n, share in enumerate(shares) if share > _RIGHT and n not in above]
    inside = [n for n in range(len(ends)) if n not in {*above, *beside}]
    places: dict[int, Place] = {}
    # From below: no leader crosses a name that is written on the same side of the plot.
    upwards = sorted(above, key=lambda n: (shares[n] <= _MIDDLE, abs(shares[n] - _MIDDLE)))
    for row, number in enumerate(upwards):
        places[number] = _above(ends[number][1], shares[number], row, log_across=log_across)
    for column in (beside, inside):
        heights = [ends[n][0] for n in column]
        moves = _moves(heights, [shares[n] for n in column], limits, height)
        for number, (y, move) in zip(column, moves, strict=True):
            x = None if column is beside else ends[number][1]
            form = {"log": log, "log_across": log_across}
            places[number] = _beside(x, shares[number], y, move, **form)
    return [places[number] for number in range(len(ends))]


def _share(x: float | None, across: tuple[float, float]) -> float:
    """Return where a place lies across: 0 at the left edge of the plot, 1 at the right one."""
    return 1.0 if x is None else (x - across[0]) / (across[1] - across[0])


def _moves(
    ends: Sequence[float],
    shares: Sequence[float],
    limits: tuple[float, float],
    height: float,
    label: float = _LABEL,
) -> list[tuple[float, float]]:
    """Return the end of each line within the limits, and how many pixels its label lies above."""
    span = limits[1] - limits[0]
    places = np.clip([(end - limits[0]) / span for end in ends], 0, 1)
    wanted = np.array(
        [
            place + _offset(share) / height
            for place, share in zip(places.tolist(), shares, strict=True)
        ]
    )
    order = np.argsort(wanted, kind="stable")
    moved = np.empty(len(places))
    moved[order] = _apart(wanted[order], label / height, _EDGE / height)
    return [
        (limits[0] + span * float(place), float(to - place) * height)
        for place, to in zip(places, moved, strict=True)
    ]


def _offset(share: float) -> float:
    """Return how many pixels above the end of its line a label should lie.

    What is written over a line that ends late lies below it, for most lines fall.
    """
    return 0.0 if share > _RIGHT else 9.0 if share <= _MIDDLE else -17.0


def _beside(
    x: float | None, share: float, y: float, move: float, *, log: bool, log_across: bool
) -> Place:
    """Return a label beside the end of a line: right of the plot if ``x`` is None."""
    side = 1 if x is None or share <= _MIDDLE else -1
    turn, end = (9, 30) if x is None else (9, 16)
    across = {"xref": "paper" if x is None else "x"}
    at = 1 if x is None else x
    return Place(
        across
        | {
            "x": at,
            "xanchor": "left" if side > 0 else "right",
            "xshift": side * (end + 4),
            "y": y,
            "yref": "y",
            "yanchor": "middle",
            "yshift": move,
        },
        across
        | {
            "xsizemode": "pixel",
            "xanchor": at if x is None else _value(x, log=log_across),
            "yref": "y",
            "ysizemode": "pixel",
            "yanchor": _value(y, log=log),
            "path": f"M{3 * side},0 L{turn * side},{move:.1f} L{end * side},{move:.1f}",
        },
    )


def _value(place: float, *, log: bool) -> float:
    """Return the value at a place of an axis: shapes are put at values, texts at places."""
    return 10.0**place if log else place


def _above(x: float | None, share: float, row: int, *, log_across: bool) -> Place:
    """Return a label above the plot, towards its middle, with a line from where the run left it."""
    side, up = 1 if share <= _MIDDLE else -1, 15 + _LABEL * row
    return Place(
        {
            "x": x,
            "xref": "x",
            "xanchor": "left" if side > 0 else "right",
            "xshift": side * 28,
            "y": 1,
            "yref": "paper",
            "yanchor": "middle",
            "yshift": up,
        },
        {
            "xref": "x",
            "xsizemode": "pixel",
            "xanchor": x if x is None else _value(x, log=log_across),
            "yref": "paper",
            "ysizemode": "pixel",
            "yanchor": 1,
            "path": f"M0,0 L0,{up} L{24 * side},{up}",
        },
    )


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


def _apart(places: Array, gap: float, edge: float) -> Array:
    """Return rising places, a label's height apart, each moved as little as needed.

    Neighbours that would overlap form a block around the mean of their own places (least squares
    in a given order: pooling of adjacent violators). Where there is no room for all, the lowest lie
    below the plot: above it the picture ends sooner.
    """
    blocks: list[list[float]] = []  # of places, each minus the height of the labels below it
    for index, place in enumerate(places):
        blocks.append([float(place) - index * gap])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    moved = np.concatenate([np.full(len(block), np.mean(block)) for block in blocks] or [places])
    top = 1 - edge - gap * (len(places) - 1)  # the highest place that the first one may have
    return np.clip(moved, min(edge, top), top) + gap * np.arange(len(places))


def plain(text: str) -> str:
    """Return a text so that plotly shows it as it is, not as tags, links, TeX or templates."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("$", "\uff04")
        .replace("%{", "%\u200b{")
    )
