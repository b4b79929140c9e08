"""Derivatives in charts: influences as bars, errors of differences, what a whole gradient costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.lines import ValueAxis, end_labels, to_last_finite, value_axis, value_range
from charts.theme import COLOURS, Chart, RunStyle, axis, layout
from language import _
from language.labels import label
from language.names import in_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Array
    from engine.backprop.differences import ErrorCurve, NetworkCheck

_HEIGHT: Final = 380
_BAR: Final = 34  # pixels
_MARGINS: Final = 70
_AROUND: Final = 96  # of the bars, so that the axis' title has its place under a single one
_METHODS: Final = ("forward", "central", "complex")
_NUMBER: Final = 0.4  # of the bars' reach, for the number at the end of one
_LOWEST: Final = 1e-18  # where an error of exactly 0 is drawn


def influence_bars(slopes: Mapping[str, float], output: str, names: Mapping[str, str]) -> Chart:
    """Return the derivatives of the output by its variables as bars, in the formula's order."""
    titles = [in_html(name, names) for name in slopes]
    values = np.array(list(slopes.values()))
    reach = float(np.abs(values).max()) or 1.0
    low, high = min(0.0, values.min() / reach), max(0.0, values.max() / reach)
    room = _NUMBER * (high - low)
    figure = go.Figure(
        {
            "data": [
                {
                    "type": "bar",
                    "orientation": "h",
                    "x": values,
                    "y": titles,
                    "text": [f"{value:.5g}".replace("-", "−") for value in values],
                    "textposition": "outside",
                    "textfont": {"size": 12},
                    "cliponaxis": False,
                    "marker": {"color": [COLOURS[0 if value >= 0 else 1] for value in values]},
                    "hovertemplate": "%{y}: %{x:.10g}<extra></extra>",
                }
            ],
            "layout": layout(
                len(values) * _BAR + _AROUND,
                xaxis={
                    "title": _("Derivative of {output}").format(output=in_html(output, names)),
                    "range": [(low - room * (low < 0)) * reach, (high + room * (high > 0)) * reach],
                    "zeroline": True,
                    "zerolinecolor": "rgba(128, 128, 128, 0.8)",
                    "tickformat": "~g",
                },
                yaxis={
                    "autorange": "reversed",
                    "type": "category",
                    "showline": False,
                    "ticks": "",
                    "showgrid": False,  # the lines would run through the numbers
                },
                bargap=0.35,
                margin={"l": 8, "r": 24, "t": 8, "b": 8},
            ),
        }
    )
    listed = ", ".join(f"{names.get(name, name)} {slope:.5g}" for name, slope in slopes.items())
    text = _("Derivatives of {output} as bars: {slopes}.")
    return Chart(
        figure,
        {"variable": np.array(list(slopes)), "derivative": values},
        text.format(output=names.get(output, output), slopes=listed),
    )


def error_curves(curve: ErrorCurve, variable: str, names: Mapping[str, str]) -> Chart:
    """Return the error of every method against its step size, with truncation and rounding."""
    styles = {name: RunStyle(label("method", name), n) for n, name in enumerate(_METHODS)}
    drawn = {name: np.maximum(curve.errors[name], _LOWEST) for name in _METHODS}
    shown = {name: style for name, style in styles.items() if np.isfinite(drawn[name]).any()}
    limits = value_range(list(drawn.values()), log=True)
    traces: list[dict[str, Any]] = []
    for name, style in shown.items():
        for branch, dash in ((curve.truncation, "dash"), (curve.rounding, "dot")):
            if name in branch and np.any(branch[name] > 0):
                traces.append(_branch(curve.steps, branch[name], style, dash))
        traces.append(
            {
                "x": curve.steps,
                "y": drawn[name],
                "mode": "lines",
                "line": {"color": style.colour, "width": 2.5},
                "customdata": curve.errors[name],
                "hovertemplate": style.name
                + "<br>"
                + _("step {step}, error {error}").format(step="%{x:.2g}", error="%{customdata:.2g}")
                + "<extra></extra>",
            }
        )
    ends = [float(np.log10(drawn[name][np.isfinite(drawn[name])][0])) for name in shown]
    title = _("Error of the derivative by {variable}").format(variable=in_html(variable, names))
    figure = go.Figure(
        {
            "data": traces,
            "layout": layout(
                _HEIGHT,
                xaxis={
                    "title": _("Step size h"),
                    "type": "log",
                    "range": [-16.2, 0.1],
                    "dtick": 2,
                    "exponentformat": "power",
                },
                yaxis={
                    "title": title,
                    "type": "log",
                    "range": limits,
                    "dtick": 2,
                    "exponentformat": "power",
                },
                margin={"l": 8, "r": 150, "t": 12, "b": 8},
                annotations=end_labels(list(shown.values()), ends, limits, _HEIGHT - _MARGINS),
            ),
        }
    )
    lowest = {name: int(np.nanargmin(curve.errors[name])) for name in shown}
    best = ", ".join(
        _("{method} {error} at {step}").format(
            method=style.name,
            error=f"{curve.errors[name][lowest[name]]:.1e}",
            step=f"{curve.steps[lowest[name]]:.0e}",
        )
        for name, style in shown.items()
    )
    numbers = {"step": curve.steps}
    for ending, lines in (
        ("error", curve.errors),
        ("truncation", curve.truncation),
        ("rounding", curve.rounding),
    ):
        numbers |= {f"{name}_{ending}": lines[name] for name in _METHODS if name in lines}
    alt = _("Error of three difference formulas against the step size. Smallest errors: {best}.")
    said = []
    if any(np.any(curve.errors[name] == 0) for name in _METHODS):
        said.append(_("An error of exactly 0 is drawn at 10⁻¹⁸."))
    missing = ", ".join(style.name for name, style in styles.items() if name not in shown)
    if missing:
        text = _("No line: {methods}. Where it steps to, the formula has no finite value.")
        said.append(text.format(methods=missing))
    return Chart(figure, numbers, alt.format(best=best), tuple(said))


def _branch(steps: Array, values: Array, style: RunStyle, dash: str) -> dict[str, Any]:
    return {
        "x": steps,
        "y": values,
        "mode": "lines",
        "line": {"color": style.colour, "width": 1.2, "dash": dash},
        "hoverinfo": "skip",
    }


def gradient_times(checks: Sequence[NetworkCheck]) -> Chart:
    """Return the time of a whole gradient against the number of parameters, both ways."""
    parameters = np.array([check.parameters for check in checks])
    milliseconds = [
        np.array([check.backward_seconds for check in checks]) * 1e3,
        np.array([check.central_seconds for check in checks]) * 1e3,
    ]
    styles = [RunStyle(_("Backpropagation"), 0), RunStyle(_("Central difference"), 1)]
    limits = value_range(milliseconds, log=True)
    traces = [
        {
            "x": parameters,
            "y": values,
            "mode": "lines+markers",
            "line": {"color": style.colour, "width": 2},
            "marker": {"size": 8},
            "hovertemplate": style.name
            + "<br>"
            + _("{parameters} parameters: {time} ms").format(parameters="%{x:,}", time="%{y:.3g}")
            + "<extra></extra>",
        }
        for style, values in zip(styles, milliseconds, strict=True)
    ]
    ends = [float(np.log10(values[-1])) for values in milliseconds]
    figure = go.Figure(
        {
            "data": traces,
            "layout": layout(
                _HEIGHT,
                xaxis={"title": _("Parameters"), "type": "log", "dtick": "D2", "tickformat": ",d"},
                yaxis=axis(
                    title=_("Milliseconds for the gradient"),
                    type="log",
                    range=limits,
                    tickformat="~g",
                ),
                margin={"l": 8, "r": 150, "t": 12, "b": 8},
                annotations=end_labels(styles, ends, limits, _HEIGHT - _MARGINS),
            ),
        }
    )
    last = checks[-1]
    alt = _(
        "Time of a whole gradient against the number of parameters. At {parameters} parameters:"
        " backpropagation {back} ms, central differences {central} ms."
    ).format(
        parameters=f"{last.parameters:,}",
        back=f"{last.backward_seconds * 1e3:.3g}",
        central=f"{last.central_seconds * 1e3:.3g}",
    )
    numbers = dict(zip(("backpropagation_ms", "central_difference_ms"), milliseconds, strict=True))
    return Chart(figure, {"parameters": parameters} | numbers, alt)


def descent_curve(losses: Array, output: str) -> Chart:
    """Return the loss after every update of gradient descent."""
    shown = to_last_finite(losses)
    updates = np.arange(len(shown))
    scale = ValueAxis.over([shown], log=True)
    told = _("{output} {value} after {count} updates").format(
        output=output, value="%{customdata:.8g}", count="%{x}"
    )
    figure = go.Figure(
        {
            "data": [
                {
                    "x": updates,
                    "y": scale.drawn(shown),
                    "mode": "lines+markers" if len(shown) <= 30 else "lines",
                    "line": {"color": COLOURS[0], "width": 2},
                    "customdata": shown,
                    "hovertemplate": told + "<extra></extra>",
                }
            ],
            "layout": layout(
                _HEIGHT - 60,
                xaxis={
                    "title": _("Updates"),
                    "tickformat": ",d",
                    "dtick": None if len(shown) > 12 else 1 if len(shown) <= 6 else 2,
                },
                yaxis=value_axis(output, scale.limits, log=scale.log),
            ),
        }
    )
    text = _("{output} against the updates of gradient descent: from {first} to {last}.")
    alt = text.format(output=output, first=f"{shown[0]:.6g}", last=f"{shown[-1]:.6g}")
    said = scale.words([(output, shown)], log=True)
    return Chart(figure, {"update": updates, "loss": shown}, " ".join([alt, *said]), said)
