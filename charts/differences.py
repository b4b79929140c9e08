"""Derivatives: influences as bars, errors of finite differences, the cost of a whole gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import (
    End,
    Labels,
    ValueAxis,
    end_labels,
    to_last_finite,
    value_axis,
    value_range,
)
from charts.theme import (
    AROUND_PLOT,
    BAR,
    BAR_GAP,
    BLUE,
    NEGATIVE,
    POSITIVE,
    STRONG_BORDER,
    Chart,
    RunStyle,
    layout,
    margin,
)
from language import _
from language.labels import label
from language.names import in_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.marks import Mark
    from engine.arrays import Array
    from engine.backprop.differences import ErrorCurve, NetworkCheck

_HEIGHT: Final = 380
_AROUND_BARS: Final = 96  # pixels, so that the title of the axis fits below a single bar
_METHODS: Final = ("forward", "central", "complex")
_NUMBER: Final = 0.4  # room for the number at the end of a bar, as a share of the bars' length
_LOWEST: Final = 1e-18  # where an error of exactly 0 is drawn


def influence_bars(slopes: Mapping[str, float], output: str, names: Mapping[str, str]) -> Chart:
    """Return the derivatives of the output by its variables as bars, in the formula's order."""
    values = np.array(list(slopes.values()))
    bars = marks.lying_bars(
        values,
        [in_html(name, names) for name in slopes],
        [POSITIVE if value >= 0 else NEGATIVE for value in values],
        [f"{value:.5g}".replace("-", "−") for value in values],
        12,
    )
    form = layout(
        len(values) * BAR + _AROUND_BARS,
        xaxis={
            "title": _("Derivative of {output}").format(output=in_html(output, names)),
            "range": _bar_range(values),
            "zeroline": True,
            "zerolinecolor": STRONG_BORDER,
            "tickformat": "~g",
        },
        yaxis={
            "autorange": "reversed",
            "type": "category",
            "showline": False,
            "ticks": "",
            "showgrid": False,  # the lines would run through the numbers
        },
        bargap=BAR_GAP,
        margin=margin(right=24, top=8),
    )
    traces = [bars | {"hovertemplate": "%{y}: %{x:.10g}<extra></extra>"}]
    listed = ", ".join(f"{names.get(name, name)} {slope:.5g}" for name, slope in slopes.items())
    text = _("Derivatives of {output} as bars: {slopes}.")
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        {"variable": np.array(list(slopes)), "derivative": values},
        text.format(output=names.get(output, output), slopes=listed),
    )


def _bar_range(values: Array) -> list[float]:
    """Return the range of the axis of bars, with room for the number at the end of each."""
    longest = float(np.abs(values).max()) or 1.0
    low, high = min(0.0, values.min() / longest), max(0.0, values.max() / longest)
    room = _NUMBER * (high - low)
    return [(low - room * (low < 0)) * longest, (high + room * (high > 0)) * longest]


def error_curves(curve: ErrorCurve, variable: str, names: Mapping[str, str]) -> Chart:
    """Return the error of every method against its step size, with truncation and rounding."""
    styles = {name: RunStyle(label("method", name), n) for n, name in enumerate(_METHODS)}
    drawn = {name: np.maximum(curve.errors[name], _LOWEST) for name in _METHODS}
    shown = {name: style for name, style in styles.items() if np.isfinite(drawn[name]).any()}
    limits = value_range(list(drawn.values()), log=True)
    powers = {"type": "log", "dtick": 2, "exponentformat": "power"}
    title = _("Error of the derivative by {variable}").format(variable=in_html(variable, names))
    heights = [float(np.log10(drawn[name][np.isfinite(drawn[name])][0])) for name in shown]
    labels = _labels(list(shown.values()), heights, limits)
    form = layout(
        _HEIGHT,
        xaxis={"title": _("Step size h"), "range": [-16.2, 0.1], **powers},
        yaxis={"title": title, "range": limits, **powers},
        margin=margin(right=labels.room),
        annotations=labels.notes,
        shapes=labels.leaders,
    )
    traces = [
        trace
        for name, style in shown.items()
        for trace in (*_branches(curve, name, style), _error_line(curve, name, style, drawn[name]))
    ]
    alt = _("Error of three difference formulas against the step size. Smallest errors: {best}.")
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        _error_numbers(curve),
        alt.format(best=_smallest(curve, shown)),
        _error_remarks(curve, [style.name for name, style in styles.items() if name not in shown]),
    )


def _labels(
    styles: Sequence[RunStyle], heights: Sequence[float], limits: tuple[float, float]
) -> Labels:
    """Return the names right of the plot; heights and limits are powers of ten."""
    ends = [End(style, height) for style, height in zip(styles, heights, strict=True)]
    return end_labels(ends, limits, _HEIGHT - AROUND_PLOT, log=True)


def _branches(curve: ErrorCurve, name: str, style: RunStyle) -> list[Mark]:
    """Return thin lines for the two parts of a method's error, where they are known."""
    return [
        marks.line(curve.steps, part[name], style.colour, 1.2, dash) | marks.SILENT
        for part, dash in ((curve.truncation, "dash"), (curve.rounding, "dot"))
        if name in part and np.any(part[name] > 0)
    ]


def _error_line(curve: ErrorCurve, name: str, style: RunStyle, heights: Array) -> Mark:
    words = _("step {step}, error {error}").format(step="%{x:.2g}", error="%{customdata:.2g}")
    return marks.line(curve.steps, heights, style.colour, 2.5) | {
        "customdata": curve.errors[name],
        "hovertemplate": f"{style.name}<br>{words}<extra></extra>",
    }


def _smallest(curve: ErrorCurve, shown: Mapping[str, RunStyle]) -> str:
    """Return the smallest error of every method, and the step size at which it has it."""
    lowest = {name: int(np.nanargmin(curve.errors[name])) for name in shown}
    return ", ".join(
        _("{method} {error} at {step}").format(
            method=style.name,
            error=f"{curve.errors[name][lowest[name]]:.1e}",
            step=f"{curve.steps[lowest[name]]:.0e}",
        )
        for name, style in shown.items()
    )


def _error_numbers(curve: ErrorCurve) -> dict[str, Array]:
    numbers = {"step": curve.steps}
    for ending, lines in (
        ("error", curve.errors),
        ("truncation", curve.truncation),
        ("rounding", curve.rounding),
    ):
        numbers |= {f"{name}_{ending}": lines[name] for name in _METHODS if name in lines}
    return numbers


def _error_remarks(curve: ErrorCurve, missing: Sequence[str]) -> tuple[str, ...]:
    """Return what the chart cannot show: errors of 0, and methods without any finite value."""
    remarks = []
    if any(np.any(curve.errors[name] == 0) for name in _METHODS):
        remarks.append(_("An error of exactly 0 is drawn at 10⁻¹⁸."))
    if missing:
        text = _(
            "No line for {methods}: the formula has no finite value at the points it steps to."
        )
        remarks.append(text.format(methods=", ".join(missing)))
    return tuple(remarks)


def gradient_times(checks: Sequence[NetworkCheck]) -> Chart:
    """Return the time of a whole gradient against the number of parameters, both ways."""
    parameters = np.array([check.parameters for check in checks])
    milliseconds = [
        np.array([check.backward_seconds for check in checks]) * 1e3,
        np.array([check.central_seconds for check in checks]) * 1e3,
    ]
    styles = [RunStyle(_("Backpropagation"), 0), RunStyle(_("Central difference"), 1)]
    limits = value_range(milliseconds, log=True)
    labels = _labels(styles, [float(np.log10(values[-1])) for values in milliseconds], limits)
    title = _("Milliseconds for the gradient")
    form = layout(
        _HEIGHT,
        xaxis={"title": _("Parameters"), "type": "log", "dtick": "D2", "tickformat": ",d"},
        yaxis={"title": title, "type": "log", "range": limits, "tickformat": "~g"},
        margin=margin(right=labels.room),
        annotations=labels.notes,
        shapes=labels.leaders,
    )
    traces = [
        _time_line(parameters, values, style)
        for style, values in zip(styles, milliseconds, strict=True)
    ]
    alt = _(
        "Time of a whole gradient against the number of parameters. At {parameters} parameters:"
        " backpropagation {back} ms, central differences {central} ms."
    ).format(
        parameters=f"{checks[-1].parameters:,}",
        back=f"{checks[-1].backward_seconds * 1e3:.3g}",
        central=f"{checks[-1].central_seconds * 1e3:.3g}",
    )
    numbers = {
        f"{name}_ms": times
        for name, times in zip(("backpropagation", "central_difference"), milliseconds, strict=True)
    }
    figure = go.Figure({"data": traces, "layout": form})
    return Chart(figure, {"parameters": parameters} | numbers, alt)


def _time_line(parameters: Array, milliseconds: Array, style: RunStyle) -> Mark:
    words = _("{parameters} parameters: {time} ms").format(parameters="%{x:,}", time="%{y:.3g}")
    return marks.line(parameters, milliseconds, style.colour) | {
        "mode": "lines+markers",
        "marker": {"size": 8},
        "hovertemplate": f"{style.name}<br>{words}<extra></extra>",
    }


def descent_curve(losses: Array, output: str) -> Chart:
    """Return the loss after every update of gradient descent; one that falls below 0 has no log."""
    finite = to_last_finite(losses)
    updates = np.arange(len(finite))
    log = bool((finite >= 0).all())
    scale = ValueAxis.over([finite], log=log)
    words = _("{output} {value} after {count} updates").format(
        output=output, value="%{customdata:.8g}", count="%{x}"
    )
    trace = marks.line(updates, scale.drawn(finite), BLUE) | {
        "mode": "lines+markers" if len(finite) <= 30 else "lines",
        "customdata": finite,
        "hovertemplate": words + "<extra></extra>",
    }
    form = layout(
        _HEIGHT - 60,
        xaxis={
            "title": _("Updates"),
            "tickformat": ",d",
            "dtick": None if len(finite) > 12 else 1 if len(finite) <= 6 else 2,
        },
        yaxis=value_axis(output, scale.limits, log=scale.log),
    )
    figure = go.Figure({"data": [trace], "layout": form})
    text = _("{output} against the updates of gradient descent: from {first} to {last}.")
    alt = text.format(output=output, first=f"{finite[0]:.6g}", last=f"{finite[-1]:.6g}")
    remarks = scale.remarks([(output, finite)], log=log)
    return Chart(figure, {"update": updates, "loss": finite}, " ".join([alt, *remarks]), remarks)
