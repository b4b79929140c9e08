"""Curves along a training: one line per run, with a band over the seeds where there are several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import (
    ValueAxis,
    end_labels,
    label_room,
    plain,
    thinned,
    to_last_finite,
    value_axis,
)
from charts.theme import AROUND_PLOT, HEIGHT, Chart, layout, margin
from engine import Series, spread
from language import _, ngettext
from language.labels import inline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import History, RunHistory, Spread
    from engine.arrays import Array, Integers


def loss_curves(
    history: History, styles: Sequence[RunStyle], quantity: str, axis: str, *, log: bool
) -> Chart:
    """Return training, validation or batch loss of every run.

    A run that diverged is drawn to its last finite value. It ends in a cross or, if it left the
    picture, in a mark at the upper edge, and does not widen the axis beyond runs that did not
    diverge. Remarks say what a logarithmic axis cannot show and which runs have no point at all.
    """
    series = [getattr(run, quantity) for run in history.runs]
    return _curves(history, styles, series, quantity, axis, log=log)


def score_curves(history: History, styles: Sequence[RunStyle], axis: str) -> Chart:
    """Return accuracy or R^2 of every run, on the validation rows if there are any."""
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

    The last snapshot holds the end of every seed, so a seed that ended earlier has no value there.
    """
    reached = run.params_steps <= run.last_step[:, None]
    values = np.where(reached, values, np.nan)
    return Series(run.params_steps, values, values, values, values, values, width=1)


@dataclass(frozen=True, eq=False)
class _Line:
    """A run as it is drawn: the median of its seeds, their quartiles, how many diverged."""

    style: RunStyle
    x: Array
    y: Array
    band: tuple[Array, Array] | None = None
    diverged: int = 0

    @cached_property
    def finite(self) -> Array:
        """Return the heights up to the last one before the first that is not finite."""
        return to_last_finite(self.y)

    @property
    def is_complete(self) -> bool:
        """Tell whether there are points, and all of them are finite."""
        return len(self.finite) == len(self.y) > 0

    @property
    def x_of_end(self) -> float:
        """Return the horizontal position of the last finite point."""
        return float(self.x[len(self.finite) - 1])

    @property
    def drawn(self) -> Array:
        """Return all heights that are drawn, including those of the band."""
        y = self.finite
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
    if any(np.isnan(line.x).any() for line in lines):
        return _without_positions(lines, history, quantity, axis, log=log)
    return _draw(lines, len(history.experiment.seeds), quantity, axis, log=log)


def _draw(lines: list[_Line], n_seeds: int, quantity: str, axis: str, *, log: bool) -> Chart:
    complete = [line for line in lines if line.is_complete and line.diverged < n_seeds]
    broken = [line for line in lines if line.diverged and len(line.finite)]
    values = _value_axis(complete, broken, log=log)
    top = values.limits[1]
    above = [line for line in broken if values.place(float(line.finite[-1])) > top]
    inside = [line for line in broken if line not in above]
    ends = [(line.style, float(line.y[-1])) for line in complete]
    form = layout(
        HEIGHT,
        xaxis={"title": label("quantity", axis)},
        yaxis=value_axis(over_seeds(quantity, n_seeds), values.limits, log=values.log),
        margin=margin(right=label_room([style.name for style, _end in ends])),
        meta={"floor": values.floor},  # for the clock, which draws on this chart
        annotations=[
            *_labels(ends, values),
            *_marks_above(above, top, _middle(lines), n_seeds),
            *_cross_labels(inside, values, _middle(lines), n_seeds),
        ],
    )
    figure = go.Figure({"data": _traces(lines, inside, axis, values), "layout": form})
    remarks = (
        *values.remarks([(line.style.name, line.drawn) for line in lines], log=log),
        *without_points([line.style for line in lines if not len(line.y)]),
    )
    alt = _alt(ends, [line.style for line in lines if line.diverged], quantity, axis)
    return Chart(figure, _numbers(lines, quantity, axis), " ".join([alt, *remarks]), remarks)


def _value_axis(complete: list[_Line], broken: list[_Line], *, log: bool) -> ValueAxis:
    """Return the axis for the lines that did not diverge; if all did, for their finite parts."""
    ranged = [line.y for line in complete] or [line.finite for line in broken]
    bands = [quartile for line in complete for quartile in line.band or ()]
    return ValueAxis.over([*ranged, *bands], log=log)


def _traces(lines: list[_Line], inside: list[_Line], axis: str, values: ValueAxis) -> list[Mark]:
    """Return bands and lines, and a cross at the end of each line that diverged in the picture."""
    traces: list[Mark] = []
    for line in lines:
        y = line.finite
        if line.band is not None:
            traces.append(_band(line, len(y), values))
        traces.append(_trace(line, *thinned(line.x[: len(y)], y), axis, values))
    return traces + [
        marks.cross([line.x_of_end], values.drawn(line.finite[-1:]), line.style.colour)
        for line in inside
    ]


def without_points(styles: Sequence[RunStyle]) -> tuple[str, ...]:
    """Return a sentence that names the runs without a point, since they made no update."""
    if not styles:
        return ()
    text = _("Nothing to draw, because these runs ended where they began: {runs}.")
    return (text.format(runs=", ".join(style.name for style in styles)),)


def _without_positions(
    lines: list[_Line], history: History, quantity: str, axis: str, *, log: bool
) -> Chart:
    """Return a chart that says why it is empty: seconds have not been measured for every run."""
    why = _(
        "No times to show: training is still going on, or the runs take too long or vary too much"
        " to be timed."
    )
    title = over_seeds(quantity, len(history.experiment.seeds))
    values = ValueAxis.over([line.y for line in lines], log=log)
    form = layout(
        HEIGHT,
        xaxis={"title": label("quantity", axis), "showticklabels": False},
        yaxis=value_axis(title, values.limits, log=values.log),
        annotations=[marks.note(why, 0.5, 0.5) | {"xref": "paper", "yref": "paper"}],
    )
    alt = _("{quantity} against {axis}, without lines.").format(
        quantity=label("quantity", quantity), axis=inline("quantity", axis)
    )
    figure = go.Figure({"data": [], "layout": form})
    return Chart(figure, _numbers(lines, quantity, axis), f"{alt} {why}")


def over_seeds(quantity: str, n_seeds: int) -> str:
    """Return the name of a quantity as it is drawn: the median where there are several seeds."""
    if n_seeds == 1:
        return label("quantity", quantity)
    seeds = ngettext("median of {count} seed", "median of {count} seeds", n_seeds)
    return f"{label('quantity', quantity)} ({seeds.format(count=n_seeds)})"


def positions(history: History, number: int, steps: Integers, axis: str) -> Array:
    """Return the positions of a run's steps on an axis; NaN for seconds that were not measured."""
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


def _trace(line: _Line, x: Array, y: Array, axis: str, values: ValueAxis) -> Mark:
    drawn = marks.line(x, y, line.style.colour, dash=line.style.dash)
    more = {
        "mode": "lines" if len(x) > 1 else "markers",
        "name": plain(line.style.name),
        "marker": {"color": line.style.colour},
    }
    return drawn | values.points(y, f"<br>{label('quantity', axis)} %{{x:.6~g}}") | more


def _band(line: _Line, points: int, values: ValueAxis) -> Mark:
    """Return the area between the quartiles, up to where one of them is no longer finite."""
    low, high = line.band or (line.y, line.y)
    points = min(points, len(to_last_finite(low)), len(to_last_finite(high)))
    low_x, low_y = thinned(line.x[:points], low[:points])
    high_x, high_y = thinned(line.x[:points], high[:points])
    lower, upper = (low_x, values.drawn(low_y)), (high_x, values.drawn(high_y))
    return marks.band(lower, upper, line.style.colour)


def _diverged(line: _Line, n_seeds: int) -> str:
    name = plain(line.style.name)
    if n_seeds == 1:
        return _("{run} diverged").format(run=name)
    text = _("{run}: {count} of {seeds} diverged")
    return text.format(run=name, count=line.diverged, seeds=n_seeds)


def _cross_labels(
    broken: list[_Line], values: ValueAxis, middle: float, n_seeds: int
) -> list[Mark]:
    """Return the name of what diverged beside each cross, towards the middle of the chart."""
    styles = [line.style for line in broken]
    heights = [values.place(float(line.finite[-1])) for line in broken]
    labels = end_labels(styles, heights, values.limits, HEIGHT - AROUND_PLOT)
    for shown, line in zip(labels, broken, strict=True):
        is_right = line.x_of_end > middle
        shown |= {
            "text": _diverged(line, n_seeds),
            "x": line.x_of_end,
            "xref": "x",
            "xanchor": "right" if is_right else "left",
            "xshift": -9 if is_right else 9,
        }
    return labels


def _middle(lines: list[_Line]) -> float:
    """Return the middle of the horizontal axis."""
    return max((float(line.x[-1]) for line in lines if len(line.x)), default=0.0) / 2


def _marks_above(above: list[_Line], top: float, middle: float, n_seeds: int) -> list[Mark]:
    """Return a mark at the upper edge for each run that left the picture there and diverged."""
    return [
        marks.note(
            f"▲ {_diverged(line, n_seeds)} ({line.finite[-1]:.3g})",
            line.x_of_end,
            top,
            line.style.colour,
            13,
        )
        | {
            "xanchor": "right" if line.x_of_end > middle else "left",
            "yanchor": "top",
            "yshift": -18 * row,  # one below the other, since most leave early
        }
        for row, line in enumerate(above)
    ]


def _labels(ends: list[tuple[RunStyle, float]], values: ValueAxis) -> list[Mark]:
    heights = [values.place(end) for _style, end in ends]
    styles = [style for style, _end in ends]
    return end_labels(styles, heights, values.limits, HEIGHT - AROUND_PLOT)


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
        quantity=label("quantity", quantity), axis=inline("quantity", axis), ends=written or "–"
    )
    if diverged:
        names = ", ".join(style.name for style in diverged)
        text += " " + _("Diverged: {runs}.").format(runs=names)
    return text
