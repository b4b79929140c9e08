"""Curves along a training: one line per run, with a band over the seeds where there are several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from charts.lines import (
    ValueAxis,
    end_labels,
    label_room,
    plain,
    thinned,
    to_last_finite,
    value_axis,
)
from charts.theme import Chart, layout
from engine import Series, spread
from language import _, ngettext
from language.labels import inline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import History, RunHistory, Spread
    from engine.arrays import Array, Integers

_HEIGHT = 400
_MARGINS = 70  # of the plot, above and below, roughly: axis title and ticks


def loss_curves(
    history: History, styles: Sequence[RunStyle], quantity: str, axis: str, *, log: bool
) -> Chart:
    """Return training, validation or batch loss of every run.

    A run that diverged is drawn to its last finite value and ends in a cross, or where it left the
    picture in a mark at the upper edge; it has no say in the axis' range beside one that did not.
    What a logarithmic axis cannot show, and which run has no point at all, is said.
    """
    series = [getattr(run, quantity) for run in history.runs]
    return _curves(history, styles, series, quantity, axis, log=log)


def score_curves(history: History, styles: Sequence[RunStyle], axis: str) -> Chart:
    """Return accuracy or R^2 of every run, of the validation rows where there are any."""
    series = [run.validation_score or run.training_score for run in history.runs]
    return _curves(history, styles, series, str(history.experiment.problem.score), axis, log=False)


def norm_curves(history: History, styles: Sequence[RunStyle], quantity: str, axis: str) -> Chart:
    """Return the norm of the batch gradient or of the update of every run."""
    series = [getattr(run, quantity) for run in history.runs]
    return _curves(history, styles, series, quantity, axis, log=True)


def full_gradient_curves(
    history: History, styles: Sequence[RunStyle], norms: Sequence[Array], axis: str
) -> Chart:
    """Return the norm of the full training gradient at the recorded parameters of every run."""
    series = [_recorded(run, values) for run, values in zip(history.runs, norms, strict=True)]
    return _curves(history, styles, series, "full_gradient_norm", axis, log=True)


def _recorded(run: RunHistory, values: Array) -> Series:
    """Return a quantity of the recorded parameters, ``(seeds, snapshots)``, along their steps.

    The last snapshot holds where each seed ended: no place for one that ended before its step.
    """
    reached = run.params_steps <= run.last_step[:, None]
    values = np.where(reached, values, np.nan)
    return Series(run.params_steps, values, values, values, values, values, width=1)


@dataclass(frozen=True)
class _Line:
    style: RunStyle
    x: Array
    y: Array
    band: tuple[Array, Array] | None = None
    diverged: int = 0

    @property
    def drawn(self) -> Array:
        """Return all heights that are drawn, those of the band among them."""
        y = to_last_finite(self.y)
        return np.concatenate([y, *(quartile[: len(y)] for quartile in self.band or ())])


def _curves(
    history: History,
    styles: Sequence[RunStyle],
    series: Sequence[Series | None],
    quantity: str,
    axis: str,
    *,
    log: bool,
) -> Chart:
    lines = []
    for number, (run, style, drawn) in enumerate(zip(history.runs, styles, series, strict=True)):
        if drawn is None:
            continue
        x = positions(history, number, drawn.steps, axis)
        seeds: Spread = spread(run, drawn)
        band = None if len(run.status) == 1 else (seeds.low, seeds.high)
        lines.append(_Line(style, x, seeds.median, band, run.status.count("diverged")))
    return _draw(lines, history, quantity, axis, log=log)


def _draw(lines: list[_Line], history: History, quantity: str, axis: str, *, log: bool) -> Chart:
    if any(np.isnan(line.x).any() for line in lines):
        return _without_places(lines, history, quantity, axis, log=log)
    # Plain dictionaries, checked once with the figure: trace by trace takes ten times as long.
    traces: list[dict[str, Any]] = []
    n_seeds = len(history.experiment.seeds)
    shown = []
    bands: list[Array] = []  # of the runs that are shown to their end
    crossed = []
    for line in lines:
        y = to_last_finite(line.y)
        if line.diverged and len(y):
            crossed.append((line, len(y) - 1))
        if len(y) == len(line.y) and len(y) and line.diverged < n_seeds:
            shown.append((line.style, y))
            bands += line.band or ()
    ranged = shown or [(line.style, line.y[: last + 1]) for line, last in crossed]
    values = ValueAxis.over([*(y for _look, y in ranged), *bands], log=log)
    for line in lines:
        y = to_last_finite(line.y)
        if line.band is not None:
            traces.append(_band(line, len(y), values))
        traces.append(_trace(line, *thinned(line.x[: len(y)], y), axis, values))
    top = values.limits[1]
    above = [(line, last) for line, last in crossed if values.place(float(line.y[last])) > top]
    inside = [end for end in crossed if end not in above]
    traces += [_cross(*end, values) for end in inside]
    ends = [(style, float(y[-1])) for style, y in shown]
    form = layout(
        _HEIGHT,
        xaxis={"title": label("quantity", axis)},
        yaxis=value_axis(over_seeds(quantity, n_seeds), values.limits, log=values.log),
        margin={"l": 8, "r": label_room([style.name for style, _end in ends]), "t": 12, "b": 8},
        meta={"floor": values.floor},  # where the clock finds what is drawn on it
        annotations=[
            *_labels(ends, values),
            *_marks(above, top, _middle(lines), n_seeds),
            *_cross_labels(inside, values, _middle(lines), n_seeds),
        ],
    )
    figure = go.Figure({"data": traces, "layout": form})
    said = (
        *values.words([(line.style.name, line.drawn) for line in lines], log=log),
        *without_points([line.style for line in lines if not len(line.y)]),
    )
    alt = _alt(ends, [line.style for line in lines if line.diverged], quantity, axis)
    return Chart(figure, _numbers(lines, quantity, axis), " ".join([alt, *said]), said)


def without_points(styles: Sequence[RunStyle]) -> tuple[str, ...]:
    """Return which runs have no point of a quantity of updates, having made none."""
    if not styles:
        return ()
    text = _("Ended where it began, so that there is nothing to draw: {runs}.")
    return (text.format(runs=", ".join(style.name for style in styles)),)


def _without_places(
    lines: list[_Line], history: History, quantity: str, axis: str, *, log: bool
) -> Chart:
    """Say why nothing is drawn on an axis that is known only when it was measured."""
    said = _("No seconds: a training goes on, or its runs take too long or vary too much for it.")
    title = over_seeds(quantity, len(history.experiment.seeds))
    values = ValueAxis.over([line.y for line in lines], log=log)
    note = {"text": said, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False}
    form = layout(
        _HEIGHT,
        xaxis={"title": label("quantity", axis), "showticklabels": False},
        yaxis=value_axis(title, values.limits, log=values.log),
        annotations=[note],
    )
    alt = _("{quantity} against {axis}, without lines.").format(
        quantity=label("quantity", quantity), axis=inline("quantity", axis)
    )
    figure = go.Figure({"data": [], "layout": form})
    return Chart(figure, _numbers(lines, quantity, axis), f"{alt} {said}")


def over_seeds(quantity: str, n_seeds: int) -> str:
    """Return what a quantity is called where it is drawn: of several seeds it is the median."""
    if n_seeds == 1:
        return label("quantity", quantity)
    seeds = ngettext("median of {count} seed", "median of {count} seeds", n_seeds)
    return f"{label('quantity', quantity)} ({seeds.format(count=n_seeds)})"


def positions(history: History, number: int, steps: Integers, axis: str) -> Array:
    """Return where the steps of a run lie on an axis; NaN for seconds that were not measured."""
    run = history.runs[number]
    if axis == "epochs":
        return np.divide(steps, run.per_epoch)
    if axis == "rows_seen":
        counts = history.experiment.counts(history.experiment.runs[number])
        return np.array([counts.rows_seen(int(step)) for step in steps], dtype=float)
    if axis == "seconds":
        alone = np.nan if run.seconds_per_update is None else run.seconds_per_update
        return np.multiply(steps, alone)
    return steps.astype(float)


def _trace(line: _Line, x: Array, y: Array, axis: str, values: ValueAxis) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        **values.points(y, f"<br>{label('quantity', axis)} %{{x:.6~g}}"),
        "mode": "lines" if len(x) > 1 else "markers",
        "name": plain(line.style.name),
        "line": {"color": line.style.colour, "dash": line.style.dash, "width": 2},
        "marker": {"color": line.style.colour},
    }


def _band(line: _Line, points: int, values: ValueAxis) -> dict[str, Any]:
    """Return the area between the quartiles; a diverged one ends it."""
    low, high = line.band or (line.y, line.y)
    points = min(points, len(to_last_finite(low)), len(to_last_finite(high)))
    x, low_y = thinned(line.x[:points], low[:points])
    high_x, high_y = thinned(line.x[:points], high[:points])
    return {
        "type": "scatter",
        "x": np.concatenate([x, high_x[::-1]]),
        "y": values.drawn(np.concatenate([low_y, high_y[::-1]])),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": f"rgba{(*_rgb(line.style.colour), 0.18)}",
        "hoverinfo": "skip",
    }


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _diverged(line: _Line, n_seeds: int) -> str:
    name = plain(line.style.name)
    if n_seeds == 1:
        return _("{run} diverged").format(run=name)
    text = _("{run}: {count} of {seeds} diverged")
    return text.format(run=name, count=line.diverged, seeds=n_seeds)


def _cross(line: _Line, last: int, values: ValueAxis) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [line.x[last]],
        "y": values.drawn(line.y[last : last + 1]),
        "mode": "markers",
        "marker": {"symbol": "x", "color": line.style.colour, "size": 9},
        "hoverinfo": "skip",
    }


def _cross_labels(
    ends: list[tuple[_Line, int]], values: ValueAxis, middle: float, n_seeds: int
) -> list[dict[str, Any]]:
    """Return what diverged beside its cross: towards the middle, none on top of another."""
    styles = [line.style for line, _last in ends]
    heights = [values.place(float(line.y[last])) for line, last in ends]
    labels = end_labels(styles, heights, values.limits, _HEIGHT - _MARGINS)
    for shown, (line, last) in zip(labels, ends, strict=True):
        is_right = line.x[last] > middle
        shown |= {
            "text": _diverged(line, n_seeds),
            "x": float(line.x[last]),
            "xref": "x",
            "xanchor": "right" if is_right else "left",
            "xshift": -9 if is_right else 9,
        }
    return labels


def _middle(lines: list[_Line]) -> float:
    """Return the middle of what the lines cover across."""
    return max((float(line.x[-1]) for line in lines if len(line.x)), default=0.0) / 2


def _marks(
    ends: list[tuple[_Line, int]], top: float, middle: float, n_seeds: int
) -> list[dict[str, Any]]:
    """Return a mark at the upper edge for each run that left the picture there and diverged."""
    return [
        {
            "text": f"▲ {_diverged(line, n_seeds)} ({line.y[last]:.3g})",
            "x": float(line.x[last]),
            "y": top,
            "xanchor": "right" if line.x[last] > middle else "left",
            "yanchor": "top",
            "yshift": -18 * row,  # one below the other: most leave early
            "showarrow": False,
            "font": {"color": line.style.colour, "size": 13},
        }
        for row, (line, last) in enumerate(ends)
    ]


def _labels(ends: list[tuple[RunStyle, float]], values: ValueAxis) -> list[dict[str, Any]]:
    places = [values.place(end) for _look, end in ends]
    return end_labels([style for style, _end in ends], places, values.limits, _HEIGHT - _MARGINS)


def _numbers(lines: list[_Line], quantity: str, axis: str) -> dict[str, Array]:
    """Return the undecimated values: a row per point of every line."""
    columns: dict[str, list[Array]] = {"run": [], axis: [], quantity: []}
    for line in lines:
        columns["run"].append(np.full(len(line.x), line.style.name))
        columns[axis].append(line.x)
        columns[quantity].append(line.y)
        if line.band is not None:
            for name, values in zip(("lower_quartile", "upper_quartile"), line.band, strict=True):
                columns.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in columns.items() if parts}


def _alt(
    ends: list[tuple[RunStyle, float]], diverged: list[RunStyle], quantity: str, axis: str
) -> str:
    ordered = sorted(ends, key=lambda end: end[1])
    written = ", ".join(f"{style.name} {end:.4g}" for style, end in ordered)
    text = _("{quantity} against {axis}, one line per run. At the end: {ends}.").format(
        quantity=label("quantity", quantity),
        axis=inline("quantity", axis),
        ends=written or "–",
    )
    if diverged:
        names = ", ".join(style.name for style in diverged)
        text += " " + _("Diverged: {runs}.").format(runs=names)
    return text
