"""Curves along a training: one line per run, with a band over the seeds where there are several."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import (
    ALL_RUNS,
    End,
    ValueAxis,
    covered,
    end_labels,
    factor_text,
    hidden_words,
    hover_title,
    none_shown,
    plain,
    run_line,
    shown,
    thinned,
    to_last_finite,
    value_axis,
)
from charts.theme import AROUND_PLOT, HEIGHT, Chart, layout, margin
from engine import Series, spread
from engine.analysis.statistics import smoothed
from language import _, ngettext
from language.labels import inline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import History, RunHistory, Spread
    from engine.arrays import Array, Integers

_EDGE_WIDTH: Final = 1.0  # pixels of a line that marks an edge
_EDGE_DASH: Final = "dash"
_EDGE_APART: Final = 0.1  # of the axis, from which on line and edge are named each by itself


def loss_curves(
    history: History,
    styles: Sequence[RunStyle],
    quantity: str,
    axis: str,
    *,
    log: bool,
    smoothing: int = 1,
) -> Chart:
    """Return training, validation or batch loss of every run.

    With ``smoothing`` each point of a batch loss is the mean over so many iterations, for every
    seed before the median; the axis, a remark and the numbers say so.

    A run that diverged is drawn to its last finite value. It ends in a cross or, if it left the
    picture, in a mark at the upper edge, and does not widen the axis beyond runs that did not
    diverge. Remarks say what a logarithmic axis cannot show and which runs have no point at all.
    """
    series = [getattr(run, quantity) for run in history.runs]
    lines = _lines(history, styles, series, axis, smoothing)
    return _curves(history, styles, lines, quantity, axis, log=log)


def score_curves(history: History, styles: Sequence[RunStyle], axis: str) -> Chart:
    """Return accuracy or R^2 of every run, on the validation rows if there are any."""
    series = [run.validation_score or run.training_score for run in history.runs]
    lines, name = _lines(history, styles, series, axis), str(history.experiment.problem.score)
    return _curves(history, styles, lines, name, axis, log=False)


def norm_curves(history: History, styles: Sequence[RunStyle], quantity: str, axis: str) -> Chart:
    """Return the norm of the batch gradient or of the update of every run."""
    series = [getattr(run, quantity) for run in history.runs]
    lines = _lines(history, styles, series, axis)
    return _curves(history, styles, lines, quantity, axis, log=True)


def full_gradient_curves(
    history: History, styles: Sequence[RunStyle], norms: Sequence[Array], axis: str
) -> Chart:
    """Return the norm of the full training gradient at the recorded parameters of every run."""
    series = [_recorded(run, values) for run, values in zip(history.runs, norms, strict=True)]
    lines = _lines(history, styles, series, axis)
    return _curves(history, styles, lines, "full_gradient_norm", axis, log=True)


def measured_curves(
    history: History,
    styles: Sequence[RunStyle],
    measured: Sequence[tuple[Series, Array | None]],
    quantity: str,
    axis: str,
    *,
    log: bool,
) -> Chart:
    """Return a quantity that was measured along every run, perhaps beside an edge of its own.

    A run without a measurement has no line; the caller says why.

    Args:
        history: of the same runs.
        styles: of the runs.
        measured: for each run the quantity and, at each of its points, the height of an edge, drawn
            as a dashed line of the run's colour; None for a run without one.
        quantity: its id.
        axis: against what it is drawn.
        log: whether the value axis is logarithmic.
    """
    lines = _lines(history, styles, [series for series, _edge in measured], axis)
    edges = [measured[position][1] for position in shown(styles)]
    lines = [
        replace(line, edge=edge) for line, edge in zip(lines, edges, strict=True) if len(line.y)
    ]
    return _curves(history, styles, lines, quantity, axis, log=log)


def _recorded(run: RunHistory, values: Array) -> Series:
    """Return a quantity of the recorded parameters, ``(seeds, snapshots)``, along their steps.

    The last snapshot holds the end of every seed, so a seed that ended earlier has no value there.
    """
    reached = run.params_steps <= run.last_step[:, None]
    values = np.where(reached, values, np.nan)
    return Series(run.params_steps, values, values, values, values, values, width=1)


@dataclass(frozen=True, eq=False)
class _Line:
    """A run as it is drawn.

    Attributes:
        style: how it appears.
        x: its places across, ``(points,)``.
        y: the median of its seeds.
        band: their quartiles.
        diverged: how many of them did.
        seeds: how many there are.
        averaged: over how many iterations each point is a mean; 1 is none.
        raw: the median without that mean; None where it is the same.
        edge: heights of a line beside it that marks an edge; None where there is none.
    """

    style: RunStyle
    x: Array
    y: Array
    band: tuple[Array, Array] | None = None
    diverged: int = 0
    seeds: int = 1
    averaged: int = 1
    raw: Array | None = None
    edge: Array | None = None

    @cached_property
    def finite(self) -> Array:
        """Return the heights up to the last one before the first that is not finite."""
        return to_last_finite(self.y)

    @property
    def is_lost(self) -> bool:
        """Tell whether the line ends because the run diverged."""
        return self.diverged == self.seeds or (self.diverged > 0 and len(self.finite) < len(self.y))

    @property
    def end(self) -> tuple[float, float]:
        """Return the last finite point; there must be one."""
        return float(self.x[len(self.finite) - 1]), float(self.finite[-1])

    @property
    def drawn(self) -> Array:
        """Return all heights that are drawn, including those of the band."""
        y = self.finite
        return np.concatenate([y, *(quartile[: len(y)] for quartile in self.band or ())])


def _curves(
    history: History,
    styles: Sequence[RunStyle],
    lines: list[_Line],
    quantity: str,
    axis: str,
    *,
    log: bool,
) -> Chart:
    if any(np.isnan(line.x).any() for line in lines):
        return _without_positions(lines, history, quantity, axis, log=log)
    chart = _draw(lines, history, quantity, axis, log=log)
    if not shown(styles):
        chart.figure.add_annotation(none_shown())
    left_out = hidden_words(styles)
    alt = " ".join([chart.alt, *left_out])
    return chart._replace(alt=alt, remarks=(*chart.remarks, *left_out))


def _lines(
    history: History,
    styles: Sequence[RunStyle],
    series: Sequence[Series | None],
    axis: str,
    smoothing: int = 1,
) -> list[_Line]:
    """Return the lines of the runs that are shown and have the quantity."""
    lines = []
    for number, (run, style, recorded) in enumerate(zip(history.runs, styles, series, strict=True)):
        if recorded is None or style.hidden:
            continue
        x, raw, drawn, averaged = (
            positions(history, number, recorded.steps, axis),
            None,
            recorded,
            1,
        )
        if smoothing > 1:
            raw = spread(run, recorded).median
            drawn, averaged = smoothed(recorded, smoothing)
        over: Spread = spread(run, drawn)
        band = None if len(run.status) == 1 else (over.low, over.high)
        fate = run.status.count("diverged"), len(run.status)
        lines.append(_Line(style, x, over.median, band, *fate, averaged, raw))
    return lines


def _draw(lines: list[_Line], history: History, quantity: str, axis: str, *, log: bool) -> Chart:
    values = _value_axis(lines, log=log)
    across = _across(lines, history, axis)
    title = over_seeds(quantity, len(history.experiment.seeds))
    mean = _averaged(lines)
    if mean:
        title += "<br>" + _("mean of the last {count} iterations").format(count=mean)
    ended = [line for line in lines if len(line.finite)]
    ends = [end for line in ended for end in _ends(line, values)]
    plot = HEIGHT - AROUND_PLOT
    labels = end_labels(ends, values.limits, plot, log=values.log, across=across)
    form = layout(
        HEIGHT + labels.above,
        xaxis={"title": label("quantity", axis), "range": across}
        | hover_title(label("quantity", axis)),
        yaxis=value_axis(title, values.limits, log=values.log),
        margin=margin(right=labels.room, top=12 + labels.above),
        meta={"floor": values.floor},  # for the clock, which draws on this chart
        annotations=labels.notes,
        shapes=labels.leaders,
        **ALL_RUNS,
    )
    figure = go.Figure({"data": _traces(lines, values), "layout": form})
    remarks = (
        *_mean_words(mean),
        *values.remarks([(line.style.name, line.drawn) for line in lines], log=log),
        *without_points([line.style for line in lines if not len(line.y)]),
    )
    alt = _alt(lines, quantity, axis)
    return Chart(figure, _numbers(lines, quantity, axis), " ".join([alt, *remarks]), remarks)


def _averaged(lines: list[_Line]) -> str:
    """Return over how many iterations the points of lines are means; "" if they are not.

    The number differs where a point of a longer run stands for several iterations.
    """
    low, high = (pick([line.averaged for line in lines], default=1) for pick in (min, max))
    return "" if high == 1 else f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _mean_words(mean: str) -> tuple[str, ...]:
    text = _("Each point is the mean of the last {count} iterations, of fewer at the beginning.")
    return (text.format(count=mean),) if mean else ()


def _value_axis(lines: list[_Line], *, log: bool) -> ValueAxis:
    """Return the axis for the lines that did not diverge; if all did, for their finite parts."""
    alive = [line for line in lines if not line.is_lost]
    beside = [quartile for line in alive for quartile in line.band or ()]
    beside += [line.edge for line in lines if line.edge is not None]
    return ValueAxis.over([*(line.finite for line in alive or lines), *beside], log=log)


def _across(lines: list[_Line], history: History, axis: str) -> tuple[float, float]:
    """Return the range of the horizontal axis, from the start; its budget's while a run trains."""
    known = [np.zeros(1), *(line.x for line in lines)]
    if any("" in run.status for run in history.runs):
        for number, run in enumerate(history.experiment.runs):
            total = np.array([history.experiment.iterations(run)])
            known.append(positions(history, number, total, axis))
    return covered(known)


def _end(line: _Line, values: ValueAxis) -> End:
    """Return where the name of a line lies, and what became of the run."""
    x, y = line.end
    place = values.place(y)
    words = _fate(line)
    if place > values.limits[1]:
        words = f"▲ {words} ({y:.3g})"
    return End(line.style, place, x, words)


def _ends(line: _Line, values: ValueAxis) -> list[End]:
    """Return where a line is named, and its edge: with it where both end at nearly one height."""
    end = _end(line, values)
    if line.edge is None:
        return [end]
    place, value = values.place(float(line.edge[-1])), factor_text(float(line.edge[-1]))
    low, high = values.limits
    if abs(place - end.y) < _EDGE_APART * (high - low):
        both = _("{line}, edge {value}").format(line=end.words, value=value)
        return [end._replace(words=both)]
    words = _("{run}: edge {value}").format(run="{run}", value=value)
    return [end, End(line.style, place, float(line.x[-1]), words, _EDGE_DASH)]


def _fate(line: _Line) -> str:
    """Return what is written at the end of a line: ``{run}``, and how many seeds diverged."""
    if not line.diverged:
        return "{run}"
    if line.seeds == 1:
        return _("{run} diverged")
    text = _("{run}: {count} of {seeds} diverged")
    return text.format(run="{run}", count=line.diverged, seeds=line.seeds)


def _traces(lines: list[_Line], values: ValueAxis) -> list[Mark]:
    """Return bands and lines, and a cross at the end of each line that diverged in the picture."""
    traces: list[Mark] = []
    for line in lines:
        y = line.finite
        if line.edge is not None:
            traces.append(_beside(line, line.edge, values))
        if line.band is not None:
            traces.append(_band(line, len(y), values))
        traces.append(_trace(line, *thinned(line.x[: len(y)], y), values))
    lost = [line for line in lines if line.is_lost and len(line.finite)]
    return traces + [
        marks.cross([line.end[0]], values.drawn(line.finite[-1:]), line.style.colour)
        | {"cliponaxis": False}
        for line in lost
        if values.place(line.end[1]) <= values.limits[1]
    ]


def _beside(line: _Line, edge: Array, values: ValueAxis) -> Mark:
    drawn = marks.line(line.x, edge, line.style.colour, _EDGE_WIDTH, _EDGE_DASH)
    name = _("{run}: edge").format(run=plain(line.style.name))
    return drawn | values.points(edge) | {"name": name}


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
    if axis == "gradients":
        rule = history.experiment.runs[number].optimizer
        return np.multiply(steps, float(rule.gradients_per_update))
    if axis == "seconds":
        alone = np.nan if run.seconds_per_update is None else run.seconds_per_update
        return np.multiply(steps, alone)
    return steps.astype(float)


def _trace(line: _Line, x: Array, y: Array, values: ValueAxis) -> Mark:
    form = {
        "mode": "lines" if len(x) > 1 else "markers",
        "marker": {"color": line.style.colour},
    }
    return run_line(x, y, line.style) | values.points(y) | form


def _band(line: _Line, points: int, values: ValueAxis) -> Mark:
    """Return the area between the quartiles, up to where one of them is no longer finite."""
    low, high = line.band or (line.y, line.y)
    points = min(points, len(to_last_finite(low)), len(to_last_finite(high)))
    low_x, low_y = thinned(line.x[:points], low[:points])
    high_x, high_y = thinned(line.x[:points], high[:points])
    lower, upper = (low_x, values.drawn(low_y)), (high_x, values.drawn(high_y))
    return marks.band(lower, upper, line.style.colour)


def _numbers(lines: list[_Line], quantity: str, axis: str) -> dict[str, Array]:
    """Return the undecimated values: a row per point of every line.

    Where means are drawn, they and their quartiles have columns that say so, beside the values.
    """
    mean = _averaged(lines).replace(",", "").replace("–", "_to_")
    drawn, ending = (f"mean_of_last_{mean}", f"_of_mean_of_last_{mean}") if mean else (quantity, "")
    columns: dict[str, list[Array]] = {"run": [], axis: [], quantity: [], drawn: []}
    has_edge = any(line.edge is not None for line in lines)
    for line in lines:
        columns["run"].append(np.full(len(line.x), line.style.name))
        columns[axis].append(line.x)
        if line.raw is not None:
            columns[quantity].append(line.raw)
        columns[drawn].append(line.y)
        if has_edge:
            edge = np.full(len(line.x), np.nan) if line.edge is None else line.edge
            columns.setdefault("edge", []).append(edge)
        if line.band is not None:
            for side, values in zip(("lower", "upper"), line.band, strict=True):
                columns.setdefault(f"{side}_quartile{ending}", []).append(values)
    return {name: np.concatenate(parts) for name, parts in columns.items() if parts}


def _alt(lines: list[_Line], quantity: str, axis: str) -> str:
    ends = [(line.style, line.end[1]) for line in lines if len(line.finite) and not line.is_lost]
    ordered = sorted(ends, key=lambda end: end[1])
    written = ", ".join(f"{style.name} {end:.4g}" for style, end in ordered)
    text = _("{quantity} against {axis}, one line per run. At the end: {ends}.").format(
        quantity=label("quantity", quantity), axis=inline("quantity", axis), ends=written or "–"
    )
    diverged = [line.style.name for line in lines if line.diverged]
    if diverged:
        text += " " + _("Diverged: {runs}.").format(runs=", ".join(diverged))
    return text
