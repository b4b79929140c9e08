"""What happens at a step: the slope of one parameter, rates of each, fitted lines, two losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from charts.lines import (
    ValueAxis,
    end_labels,
    label_room,
    plain,
    single,
    spread_rows,
    thinned,
    value_axis,
    value_range,
)
from charts.theme import Chart, RunStyle, axis, layout
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.surfaces import Trail
    from engine import SigmoidLosses
    from engine.arrays import Array

_HEIGHT: Final = 400
_MARGINS: Final = 70
_GREY: Final = "#7f7f7f"
_ENTROPY: Final = "#0072b2"
_SQUARED: Final = "#d55e00"
_ROWS: Final = 400  # training rows drawn


def fitted_lines(
    inputs: Array,
    targets: Array,
    lines: Sequence[Array],
    styles: Sequence[RunStyle],
    at: Array,
    now: Sequence[Array] = (),
) -> Chart:
    """Return the training rows and, thin, the line or curve with which every run ended.

    Numbers without a run are those of the training rows.

    Args:
        inputs: ``(rows,)``.
        targets: ``(rows,)``; 0 and 1 for two classes.
        lines: of every run the prediction at ``at``.
        styles: names and colours of the runs.
        at: inputs, rising, ``(points,)``.
        now: of every run the prediction at the step that is looked at, drawn thick; none where a
            clock draws it.
    """
    low, high = float(targets.min()), float(targets.max())
    air = 0.15 * (high - low or 1.0)
    some = spread_rows(len(inputs), _ROWS)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": single(inputs[some]),
            "y": single(targets[some]),
            "mode": "markers",
            "marker": {"color": _GREY, "size": 6, "opacity": 0.75},
            "hovertemplate": "x %{x:.4~g}, y %{y:.4~g}<extra></extra>",
            "showlegend": False,
        }
    ]
    traces += [
        {
            "type": "scatter",
            "x": single(at),
            "y": single(line),
            "mode": "lines",
            "line": {"color": style.colour, "width": 1.2, "dash": "dot"},
            "opacity": 0.7,
            "name": plain(style.name),
            "hoverinfo": "skip",
        }
        for line, style in zip(lines, styles, strict=True)
    ]
    traces += [
        _plain_line(at.astype("f4"), line.astype("f4"), style.colour, 2.6) | {"showlegend": False}
        for line, style in zip(now, styles, strict=bool(now))
    ]
    form = layout(
        _HEIGHT,
        xaxis={"title": _("Input x"), "range": [float(at[0]), float(at[-1])]},
        yaxis={"title": _("Target y"), "range": [low - air, high + air]},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
    )
    gaps = np.full(len(inputs), np.nan), np.full(len(at) * len(styles), np.nan)
    numbers = {
        "run": np.repeat(
            [*(style.name for style in styles), ""], [*([len(at)] * len(styles)), len(inputs)]
        ),
        "x": np.concatenate([np.tile(at, len(styles)), inputs]),
        "prediction": np.concatenate([*lines, gaps[0]]),
        **({"prediction_at_step": np.concatenate([*now, gaps[0]])} if now else {}),
        "target": np.concatenate([gaps[1], targets]),
    }
    alt = _("The training rows, and what every run predicts at its end: {runs}.")
    names = ", ".join(style.name for style in styles)
    return Chart(go.Figure({"data": traces, "layout": form}), numbers, alt.format(runs=names))


class Tangent(NamedTuple):
    """A step seen along one parameter.

    Attributes:
        at: the parameter at the step.
        loss: there.
        slope: derivative of the loss there.
        after: the parameter after the update.
        loss_after: the loss at that value of the parameter, with the others as they were.
        followed: what the update followed instead, in words, and its slope; None where it is the
            slope of the loss.
    """

    at: float
    loss: float
    slope: float
    after: float
    loss_after: float
    followed: tuple[str, float] | None = None


def one_parameter(values: Array, losses: Array, step: Tangent, style: RunStyle, name: str) -> Chart:
    """Return the loss against one parameter, the tangent at a step, and where the step leads.

    A step that follows something else than the slope of the loss has that beside it, dotted.

    Args:
        values: of the parameter, rising, ``(points,)``.
        losses: with all other parameters as they are at the step, ``(points,)``.
        step: where the tangent touches, and the next value.
        style: name and colour of the run.
        name: what the parameter is called.
    """
    here, after, slope = (step.at, step.loss), (step.after, step.loss_after), step.slope
    width = float(values[-1] - values[0])
    reach = np.array([here[0] - 0.16 * width, here[0] + 0.16 * width])
    slopes = {"tangent": slope} | ({"followed": step.followed[1]} if step.followed else {})
    straight = {kind: here[1] + one * (reach - here[0]) for kind, one in slopes.items()}
    low, high = value_range([losses], log=False)
    traces: list[dict[str, Any]] = [
        _plain_line(values, losses, _GREY, 2.2),
        *(
            {
                **_plain_line(reach, line, style.colour, 2.2),
                "line": {"color": style.colour, "width": 2.2, "dash": dash},
                "hoverinfo": "skip",
            }
            for line, dash in zip(straight.values(), ("dash", "dot"), strict=False)
        ),
        _spot(here, style.colour, "circle", 12),
        _spot(after, style.colour, "circle-open", 12),
    ]
    arrow = {
        "x": after[0],
        "y": after[1],
        "ax": here[0],
        "ay": here[1],
        "axref": "x",
        "ayref": "y",
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": 1.6,
        "arrowcolor": style.colour,
        "standoff": 6,
        "startstandoff": 6,
    }
    said = {
        "x": here[0],
        "y": here[1],
        "text": _slope_words(step),
        "align": "left",
        "showarrow": False,
        # Downhill of the point and above it, where neither the curve nor its tangent is.
        "xanchor": "left" if slope <= 0 else "right",
        "xshift": 10 if slope <= 0 else -10,
        "yanchor": "bottom",
        "yshift": 5,
        "font": {"color": style.colour, "size": 13},
    }
    form = layout(
        _HEIGHT,
        xaxis={"title": plain(name), "range": [float(values[0]), float(values[-1])]},
        yaxis={"title": _("Loss"), "range": [low, high]},
        annotations=[arrow, said] if np.isfinite(after).all() else [said],
    )
    text = _(
        "Loss against {name} for {run}: slope {slope} at {here}; the step leads to {after}."
    ).format(
        name=name,
        run=style.name,
        slope=f"{slope:.4g}",
        here=f"{here[0]:.4g}",
        after=f"{after[0]:.4g}",
    )
    if step.followed:
        also = _("The update follows another slope, dotted: {name}, {slope}.")
        text += " " + also.format(name=step.followed[0], slope=f"{step.followed[1]:.4g}")
    lengths = [len(values), *(len(line) for line in straight.values()), 2]
    numbers = {
        "kind": np.repeat(["loss", *straight, "step"], lengths),
        name: np.concatenate([values, *[reach] * len(straight), [here[0], after[0]]]),
        "loss": np.concatenate([losses, *straight.values(), [here[1], after[1]]]),
    }
    return Chart(go.Figure({"data": traces, "layout": form}), numbers, text)


def _slope_words(step: Tangent) -> str:
    """Return the slope of the tangent, and below it that of the dotted line where there is one."""
    said = _("slope {slope}").format(slope=f"{step.slope:.3g}")
    if step.followed is None:
        return said
    name, slope = step.followed
    return said + "<br>" + _("dotted: {name}, {slope}").format(name=name, slope=f"{slope:.3g}")


def plane_distances(trails: Sequence[Trail], distances: Sequence[Array], unit: str) -> Chart:
    """Return how far every run's recorded parameters lie from the plane that is drawn."""
    text = _("Distance from the plane at every recorded step. At the end: {ends}.")
    return _over_time(
        [
            (trail.style, trail.style.colour, trail.style.dash, trail.ticks, own, trail.style.name)
            for trail, own in zip(trails, distances, strict=True)
        ],
        unit,
        _("Distance from the plane"),
        text,
    )


def effective_rates(
    rates: Sequence[tuple[RunStyle, Array, Array]], names: Sequence[str], unit: str
) -> Chart:
    """Return the effective learning rate of parameters over the whole run.

    Args:
        rates: of every run its look, ticks ``(points,)`` and rates ``(points, parameters)``.
        names: of the parameters; the first is drawn solid, the others dashed and dotted.
        unit: "iterations" or "epochs".
    """
    dashes = ("solid", "dash", "dot", "dashdot")
    lines = [
        (
            style,
            style.colour,
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
    """Return loss and slope at the logit of squared error and cross-entropy, side by side."""
    p = curves.probabilities
    squared, entropy = label("loss", "mean_squared_error"), label("loss", "binary_cross_entropy")
    numbers = {
        "probability": p,
        "squared_error": curves.squared_error,
        "cross_entropy": curves.cross_entropy,
        "squared_error_slope_size": np.abs(curves.squared_error_slope),
        "cross_entropy_slope_size": np.abs(curves.cross_entropy_slope),
    }
    traces: list[dict[str, Any]] = []
    for suffix, ending in (("", ""), ("2", "_slope_size")):
        for name, colour in (("squared_error", _SQUARED), ("cross_entropy", _ENTROPY)):
            y = numbers[name + ending]
            traces.append(
                _plain_line(p, y, colour, 2.6) | {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
            )
    across = _("Predicted probability of the true class")
    form = layout(
        _HEIGHT - 40,
        xaxis={"title": across, "range": [0, 1], "domain": [0, 0.46]},
        yaxis={"title": _("Loss"), "range": [0, 5]},
        xaxis2=axis(title=across, range=[0, 1], domain=[0.56, 1], anchor="y2"),
        yaxis2=axis(title=_("Slope at the logit, its size"), range=[0, 1.08], anchor="x2"),
        annotations=[
            _said(entropy, 0.12, 2.9, _ENTROPY, ""),
            _said(squared, 0.01, 0.2, _SQUARED, ""),
            _said(entropy, 0.42, 0.72, _ENTROPY, "2"),
            _said(squared, 0.2, 0.17, _SQUARED, "2"),
        ],
    )
    alt = _(
        "Loss and its slope at the logit against the predicted probability of the true class."
        " Confident and wrong, near 0, the cross-entropy is large and its slope of size 1;"
        " the squared error is near 1 and its slope vanishes."
    )
    return Chart(go.Figure({"data": traces, "layout": form}), numbers, alt)


def _over_time(
    lines: Sequence[tuple[RunStyle, str, str, Array, Array, str]], unit: str, title: str, text: str
) -> Chart:
    """Return lines over the clock on a logarithmic axis, named at their ends."""
    scale = ValueAxis.over([values for *_rest, values, _name in lines], log=True)
    traces = []
    ends: list[tuple[RunStyle, float, str]] = []
    for style, colour, dash, ticks, values, name in lines:
        x, y = thinned(ticks, values)
        traces.append(
            _plain_line(x, y, colour, 2)
            | {
                "line": {"color": colour, "width": 2, "dash": dash},
                "name": plain(name),
                **scale.points(y, f"<br>{label('quantity', unit)} %{{x:.6~g}}"),
            }
        )
        known = values[np.isfinite(values)]
        if len(known):
            ends.append((style, float(known[-1]), name))
    places = [scale.place(end) for _look, end, _name in ends]
    named = [RunStyle(name, style.number) for style, _end, name in ends]
    labels = end_labels(named, places, scale.limits, _HEIGHT - _MARGINS)
    form = layout(
        _HEIGHT,
        xaxis={"title": label("quantity", unit)},
        yaxis=value_axis(title, scale.limits, log=scale.log),
        margin={"l": 8, "r": label_room([style.name for style in named]), "t": 12, "b": 8},
        annotations=labels,
    )
    numbers = {
        "run": np.concatenate([np.full(len(line[3]), line[5]) for line in lines]),
        unit: np.concatenate([line[3] for line in lines]),
        "value": np.concatenate([line[4] for line in lines]),
    }
    written = ", ".join(f"{name} {end:.4g}" for _look, end, name in ends) or "–"
    said = scale.words([(name, values) for *_rest, values, name in lines], log=True)
    alt = " ".join([text.format(ends=written), *said])
    return Chart(go.Figure({"data": traces, "layout": form}), numbers, alt, said)


def _plain_line(x: Array, y: Array, colour: str, width: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": colour, "width": width},
        "hovertemplate": "%{x:.4~g}: %{y:.4g}<extra></extra>",
    }


def _spot(at: tuple[float, float], colour: str, symbol: str, size: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [at[0]],
        "y": [at[1]],
        "mode": "markers",
        "marker": {"color": colour, "symbol": symbol, "size": size, "line": {"width": 2}},
        "hoverinfo": "skip",
    }


def _said(text: str, x: float, y: float, colour: str, suffix: str) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": f"x{suffix}",
        "yref": f"y{suffix}",
        "xanchor": "left",
        "showarrow": False,
        "font": {"color": colour, "size": 13},
    }
