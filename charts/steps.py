"""What happens at a step: fitted lines, slopes, effective rates, distances, two losses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import (
    ALL_RUNS,
    End,
    ValueAxis,
    covered,
    end_labels,
    hover_title,
    plain,
    single,
    spread_rows,
    thinned,
    value_axis,
    value_range,
)
from charts.theme import (
    AROUND_PLOT,
    BLUE,
    DASHES,
    GREY,
    HEIGHT,
    ROWS,
    VERMILLION,
    Chart,
    RunStyle,
    axis,
    layout,
    margin,
)
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from charts.surfaces import Trail
    from engine import SigmoidLosses
    from engine.arrays import Array

_ENTROPY: Final = BLUE
_SQUARED: Final = VERMILLION
_ROWS: Final = 400  # training rows drawn


def fitted_lines(
    inputs: Array,
    targets: Array,
    lines: Sequence[Array],
    styles: Sequence[RunStyle],
    at: Array,
    now: Sequence[Array] = (),
) -> Chart:
    """Return the training rows and, as thin lines, what every run predicted when it ended.

    Numbers without a run belong to the training rows.

    Args:
        inputs: of the training rows, ``(rows,)``.
        targets: ``(rows,)``; 0 and 1 for two classes.
        lines: what every run predicts for the inputs ``at``, ``(points,)``.
        styles: names and colours of the runs.
        at: inputs, rising, ``(points,)``.
        now: what every run predicted at the step on show, drawn thick; none where a clock draws it.
    """
    low, high = float(targets.min()), float(targets.max())
    air = 0.15 * (high - low or 1.0)
    form = layout(
        HEIGHT,
        xaxis={"title": _("Input x"), "range": [float(at[0]), float(at[-1])]},
        yaxis={"title": _("Target y"), "range": [low - air, high + air]},
        showlegend=True,
        legend=marks.legend_above(),
        margin=margin(top=36),
    )
    traces = [
        _row_dots(inputs, targets),
        *(_line_of_end(at, line, style) for line, style in zip(lines, styles, strict=True)),
        *(
            _plain_line(at.astype("f4"), line.astype("f4"), style.colour, 2.6)
            | {"showlegend": False}
            for line, style in zip(now, styles, strict=bool(now))
        ),
    ]
    alt = _("The training rows and what each run predicts at the end: {runs}.")
    names = ", ".join(style.name for style in styles)
    figure = go.Figure({"data": traces, "layout": form})
    return Chart(
        figure, _line_numbers((inputs, targets), lines, styles, at, now), alt.format(runs=names)
    )


def _line_numbers(
    rows: tuple[Array, Array],
    lines: Sequence[Array],
    styles: Sequence[RunStyle],
    at: Array,
    now: Sequence[Array],
) -> dict[str, Array]:
    """Return the points of every run's line, then the training rows, which have no run."""
    inputs, targets = rows
    no_row, no_line = np.full(len(inputs), np.nan), np.full(len(at) * len(styles), np.nan)
    return {
        "run": np.repeat(
            [*(style.name for style in styles), ""], [*([len(at)] * len(styles)), len(inputs)]
        ),
        "x": np.concatenate([np.tile(at, len(styles)), inputs]),
        "prediction": np.concatenate([*lines, no_row]),
        **({"prediction_at_step": np.concatenate([*now, no_row])} if now else {}),
        "target": np.concatenate([no_line, targets]),
    }


def _row_dots(inputs: Array, targets: Array) -> Mark:
    some = spread_rows(len(inputs), _ROWS)
    hover = {"hovertemplate": "x %{x:.4~g}, y %{y:.4~g}<extra></extra>", "showlegend": False}
    return marks.dots(single(inputs[some]), single(targets[some]), ROWS, 6, opacity=0.75) | hover


def _line_of_end(at: Array, line: Array, style: RunStyle) -> Mark:
    """Return the thin line with which a run ended."""
    drawn = marks.line(single(at), single(line), style.colour, 1.2, "dot") | marks.SILENT
    return drawn | {"opacity": 0.7, "name": plain(style.name)}


class Tangent(NamedTuple):
    """A step seen along one parameter.

    Attributes:
        at: the parameter before the update.
        loss: the loss at that value.
        slope: the derivative of the loss by the parameter there.
        after: the parameter after the update.
        loss_after: the loss at that value, with all other parameters as they were.
        followed: what the update followed instead of the slope of the loss, in words, and its
            slope; None if it followed that slope.
    """

    at: float
    loss: float
    slope: float
    after: float
    loss_after: float
    followed: tuple[str, float] | None = None


def one_parameter(values: Array, losses: Array, step: Tangent, style: RunStyle, name: str) -> Chart:
    """Return the loss against one parameter, the tangent at a step, and where the step leads.

    If the update follows something else than the slope of the loss, a dotted line shows that too.

    Args:
        values: of the parameter, rising, ``(points,)``.
        losses: with all other parameters as they are before the update, ``(points,)``.
        step: where the tangent touches, and where the update leads.
        style: name and colour of the run.
        name: what the parameter is called.
    """
    here, after = (step.at, step.loss), (step.after, step.loss_after)
    slopes = {"tangent": step.slope} | ({"followed": step.followed[1]} if step.followed else {})
    reach = step.at + 0.16 * float(values[-1] - values[0]) * np.array([-1, 1])
    straight = {kind: step.loss + slope * (reach - step.at) for kind, slope in slopes.items()}
    traces = [
        _plain_line(values, losses, GREY, 2.2),
        *(
            marks.line(reach, line, style.colour, 2.2, dash) | marks.SILENT
            for line, dash in zip(straight.values(), ("dash", "dot"), strict=False)
        ),
        _spot(here, style.colour, "circle"),
        _spot(after, style.colour, "circle-open"),
    ]
    annotations = [_slope_note(step)]
    if np.isfinite(after).all():
        annotations.insert(0, marks.arrow(here, after, style.colour))
    form = layout(
        HEIGHT,
        xaxis={"title": plain(name), "range": [float(values[0]), float(values[-1])]},
        yaxis={"title": _("Loss"), "range": list(value_range([losses], log=False))},
        annotations=annotations,
    )
    lengths = [len(values), *(len(line) for line in straight.values()), 2]
    numbers = {
        "kind": np.repeat(["loss", *straight, "step"], lengths),
        name: np.concatenate([values, *[reach] * len(straight), [step.at, step.after]]),
        "loss": np.concatenate([losses, *straight.values(), [step.loss, step.loss_after]]),
    }
    figure = go.Figure({"data": traces, "layout": form})
    return Chart(figure, numbers, _alt_of_step(step, style, name))


def _alt_of_step(step: Tangent, style: RunStyle, name: str) -> str:
    text = _(
        "Loss against {name} for {run}: slope {slope} at {here}; the step leads to {after}."
    ).format(
        name=name,
        run=style.name,
        slope=f"{step.slope:.4g}",
        here=f"{step.at:.4g}",
        after=f"{step.after:.4g}",
    )
    if step.followed is None:
        return text
    also = _("The update follows a different slope, shown dotted: {name}, {slope}.")
    return text + " " + also.format(name=step.followed[0], slope=f"{step.followed[1]:.4g}")


def _slope_note(step: Tangent) -> Mark:
    """Return the slope in words, downhill of the point and above it, off curve and tangent."""
    falls = step.slope <= 0
    return marks.note(_slope_words(step), step.at, step.loss, size=13) | {
        "align": "left",
        "xanchor": "left" if falls else "right",
        "xshift": 10 if falls else -10,
        "yanchor": "bottom",
        "yshift": 5,
    }


def _slope_words(step: Tangent) -> str:
    """Return the slope of the tangent and, on a line of its own, that of the dotted line if any."""
    words = _("slope {slope}").format(slope=f"{step.slope:.3g}")
    if step.followed is None:
        return words
    name, slope = step.followed
    return words + "<br>" + _("dotted: {name}, {slope}").format(name=name, slope=f"{slope:.3g}")


def plane_distances(trails: Sequence[Trail], distances: Sequence[Array], unit: str) -> Chart:
    """Return the distance of every run's recorded parameters from the plane that is drawn."""
    text = _("Distance from the plane at every recorded step. At the end: {ends}.")
    lines = [
        _TimeLine(trail.style, trail.style.dash, trail.ticks, own, trail.style.name)
        for trail, own in zip(trails, distances, strict=True)
    ]
    return _over_time(lines, unit, _("Distance from the plane"), text)


def effective_rates(
    rates: Sequence[tuple[RunStyle, Array, Array]], names: Sequence[str], unit: str
) -> Chart:
    """Return the effective learning rate of parameters over the whole run.

    Args:
        rates: of every run its style, ticks ``(points,)`` and rates ``(points, parameters)``.
        names: of the parameters; the first is drawn solid, the others dashed and dotted.
        unit: "iterations" or "epochs".
    """
    dashes = DASHES[:4]
    lines = [
        _TimeLine(
            style,
            dashes[column % len(dashes)],
            ticks,
            values[:, column],
            f"{style.name} {name}",
        )
        for style, ticks, values in rates
        for column, name in enumerate(names)
    ]
    text = _("Effective learning rate of each parameter over the run. At the end: {ends}.")
    return _over_time(lines, unit, _("Effective learning rate"), text)


def two_losses(curves: SigmoidLosses) -> Chart:
    """Return squared error and cross-entropy side by side: loss, and slope at the logit."""
    p = curves.probabilities
    squared, entropy = label("loss", "mean_squared_error"), label("loss", "binary_cross_entropy")
    numbers = {
        "probability": p,
        "squared_error": curves.squared_error,
        "cross_entropy": curves.cross_entropy,
        "squared_error_slope_size": np.abs(curves.squared_error_slope),
        "cross_entropy_slope_size": np.abs(curves.cross_entropy_slope),
    }
    traces: list[Mark] = []
    for suffix, ending in (("", ""), ("2", "_slope_size")):
        for name, colour in (("squared_error", _SQUARED), ("cross_entropy", _ENTROPY)):
            line = _plain_line(p, numbers[name + ending], colour, 2.6)
            traces.append(line | marks.on_axes(suffix))
    across = _("Predicted probability of the true class")
    form = layout(
        HEIGHT - 40,
        xaxis={"title": across, "range": [0, 1], "domain": [0, 0.46]},
        yaxis={"title": _("Loss"), "range": [0, 5]},
        xaxis2=axis(title=across, range=[0, 1], domain=[0.56, 1], anchor="y2"),
        yaxis2=axis(title=_("Size of the slope at the logit"), range=[0, 1.08], anchor="x2"),
        annotations=[
            _line_name(entropy, 0.12, 2.9, _ENTROPY, ""),
            _line_name(squared, 0.01, 0.2, _SQUARED, ""),
            _line_name(entropy, 0.42, 0.72, _ENTROPY, "2"),
            _line_name(squared, 0.2, 0.17, _SQUARED, "2"),
        ],
    )
    alt = _(
        "Loss and its slope at the logit against the predicted probability of the true class. Near"
        " 0, where the prediction is confident and wrong, the cross-entropy is large and its slope"
        " has size 1, while the squared error is near 1 and its slope vanishes."
    )
    return Chart(go.Figure({"data": traces, "layout": form}), numbers, alt)


class _TimeLine(NamedTuple):
    """A quantity of a run over the whole training.

    Attributes:
        style: whose number and colour the line has.
        dash: of the line.
        ticks: iterations or epochs, rising, ``(points,)``.
        values: at each tick, ``(points,)``.
        name: what stands beside the end of the line.
    """

    style: RunStyle
    dash: str
    ticks: Array
    values: Array
    name: str


def _over_time(lines: Sequence[_TimeLine], unit: str, title: str, text: str) -> Chart:
    """Return lines over the clock on a logarithmic axis, named at their ends."""
    scale = ValueAxis.over([line.values for line in lines], log=True)
    last = [(line, np.flatnonzero(np.isfinite(line.values))[-1:]) for line in lines]
    ended = [(line, int(position[0])) for line, position in last if len(position)]
    ends = [
        End(
            replace(line.style, name=line.name),
            scale.place(float(line.values[at])),
            float(line.ticks[at]),
            dash=line.dash,
        )
        for line, at in ended
    ]
    across = covered([line.ticks for line in lines])
    plot = HEIGHT - AROUND_PLOT
    labels = end_labels(ends, scale.limits, plot, log=scale.log, across=across)
    name = label("quantity", unit)
    form = layout(
        HEIGHT,
        xaxis={"title": name, "range": across} | hover_title(name),
        yaxis=value_axis(title, scale.limits, log=scale.log),
        margin=margin(right=labels.room),
        annotations=labels.notes,
        shapes=labels.leaders,
        **ALL_RUNS,
    )
    traces = []
    for line in lines:
        x, y = thinned(line.ticks, line.values)
        drawn = marks.line(x, y, line.style.colour, dash=line.dash) | {"name": plain(line.name)}
        traces.append(drawn | scale.points(y))
    numbers = {
        "run": np.concatenate([np.full(len(line.ticks), line.name) for line in lines]),
        unit: np.concatenate([line.ticks for line in lines]),
        "value": np.concatenate([line.values for line in lines]),
    }
    written = ", ".join(f"{line.name} {line.values[at]:.4g}" for line, at in ended) or "–"
    remarks = scale.remarks([(line.name, line.values) for line in lines], log=True)
    alt = " ".join([text.format(ends=written), *remarks])
    return Chart(go.Figure({"data": traces, "layout": form}), numbers, alt, remarks)


def _plain_line(x: Array, y: Array, colour: str, width: float) -> Mark:
    hover = {"hovertemplate": "%{x:.4~g}: %{y:.4g}<extra></extra>"}
    return marks.line(x, y, colour, width) | hover


def _spot(at: tuple[float, float], colour: str, symbol: str) -> Mark:
    spot = marks.dots([at[0]], [at[1]], colour, 12, symbol=symbol, line={"width": 2})
    return spot | marks.SILENT


def _line_name(text: str, x: float, y: float, colour: str, suffix: str) -> Mark:
    place = {"xref": f"x{suffix}", "yref": f"y{suffix}", "xanchor": "left"}
    return marks.note(f"{marks.coloured('■', colour)} {text}", x, y, size=13) | place
