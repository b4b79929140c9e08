"""Mini-batch gradients around the full gradient: where they lie, how far, in which direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import single, spread_rows, value_axis, value_range
from charts.theme import (
    BLUE,
    CLEAR,
    HIGHLIGHT,
    PALE_ROWS,
    VERMILLION,
    Chart,
    layout,
    margin,
)
from language import _
from language.labels import inline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.marks import Mark
    from engine.analysis.noise import Noise
    from engine.arrays import Array
    from engine.counts import Sampling

_HEIGHT: Final = 420
_ROWS: Final = 1_000  # single rows drawn in the cloud
_STYLES: Final[Mapping[Sampling, tuple[str, str, str]]] = {
    "shuffled": (BLUE, "solid", "circle"),
    "replacement": (VERMILLION, "dash", "diamond"),
}
_POINT: Final = "%{x:.4g}, %{y:.4g}"
_VALUE: Final = "%{y:.4g}"


def gradient_cloud(rows: Array, batches: Array, names: Sequence[str], batch_size: int) -> Chart:
    """Return mini-batch gradients of two parameters around the full gradient.

    The axes span the gradients of all single rows, whatever the batch size, so that the cloud can
    be seen to shrink as batches grow.

    Args:
        rows: gradients of the rows, ``(N, 2)``.
        batches: gradients of mini-batches, ``(draws, 2)``.
        names: of the two parameters.
        batch_size: rows of a mini-batch.
    """
    full = rows.mean(axis=0)
    some = rows[spread_rows(len(rows), _ROWS)]
    size = f"{batch_size:,}"
    traces = [
        _cloud(some, PALE_ROWS, 4, _("single rows")),
        _cloud(batches, BLUE, 6, _("batches of {size}").format(size=size)),
        marks.star([full[0]], [full[1]], HIGHLIGHT, 16, line=marks.edge(1))
        | {"name": _("full gradient"), "hovertemplate": _POINT},
    ]
    x, y = (value_range([rows[:, column]], log=False) for column in (0, 1))
    form = layout(
        _HEIGHT,
        xaxis={"title": names[0], "range": x, "tickformat": "~g"},
        yaxis={"title": names[1], "range": y, "tickformat": "~g"},
        showlegend=True,
        legend=marks.legend_above(),
        margin=margin(top=40),
    )
    kinds = ["row"] * len(rows) + ["batch"] * len(batches) + ["full"]
    points = np.concatenate([rows, batches, full[None]])
    alt = _(
        "{draws} gradients of batches of {size} around the full gradient ({x}, {y}),"
        " over the gradients of single rows."
    ).format(draws=len(batches), size=size, x=f"{full[0]:.4g}", y=f"{full[1]:.4g}")
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        {"kind": np.array(kinds), "x": points[:, 0], "y": points[:, 1]},
        alt,
    )


def _cloud(points: Array, colour: str, size: int, name: str) -> Mark:
    x, y = single(points[:, 0]), single(points[:, 1])
    return marks.dots(x, y, colour, size, opacity=0.7) | {"name": name, "hovertemplate": _POINT}


def variance_against_size(measured: Mapping[Sampling, Noise]) -> Chart:
    """Return measured variances as marks over the laws, each with a band of two standard errors.

    A logarithmic axis cannot show a variance of 0: a remark says so, and the numbers have it.
    """
    laws = {sampling: _law_band(noise) for sampling, noise in measured.items()}
    traces = [
        trace
        for sampling, noise in measured.items()
        for trace in _variances(sampling, noise, laws[sampling])
    ]
    limits = value_range([trace["y"] for trace in traces if "name" in trace], log=True)
    form = layout(
        _HEIGHT,
        xaxis=_size_axis(),
        yaxis=value_axis(_("Variance of the gradient, all parameters"), limits, log=True),
        showlegend=True,
        # The lines fall from left to right: the upper right corner is free.
        legend={"x": 1, "xanchor": "right", "y": 1, "bgcolor": CLEAR},
    )
    remarks = _zero_remarks(measured)
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        _variance_numbers(measured, laws),
        " ".join([_variance_alt(measured), *remarks]),
        remarks,
    )


def _law_band(noise: Noise) -> tuple[Array, Array]:
    """Return two standard errors below and above the law, kept above 0 for the logarithm."""
    law, error = noise.predicted, 2 * noise.standard_error
    return np.maximum(law - error, law / 10), law + error


def _variances(sampling: Sampling, noise: Noise, law: tuple[Array, Array]) -> list[Mark]:
    """Return the band of a law, its line, and what was measured; without variances of 0."""
    colour, dash, symbol = _STYLES[sampling]
    drawn = noise.predicted > 0
    sizes = np.array(noise.sizes)[drawn]
    low, high = ((sizes, bound[drawn]) for bound in law)
    measured = _("measured, {sampling}").format(sampling=inline("sampling", sampling))
    return [
        marks.band(low, high, colour) | {"showlegend": False},
        marks.line(sizes, noise.predicted[drawn], colour, dash=dash)
        | {"name": _law(sampling), "hovertemplate": _VALUE},
        marks.dots(sizes, noise.variance[drawn], colour, 9, symbol=symbol)
        | {"name": measured, "showlegend": False, "hovertemplate": _VALUE},
    ]


def _variance_numbers(
    measured: Mapping[Sampling, Noise], laws: Mapping[Sampling, tuple[Array, Array]]
) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {}
    for sampling, noise in measured.items():
        low, high = laws[sampling]
        for name, values in (
            ("sampling", np.full(len(noise.sizes), sampling)),
            ("batch_size", np.array(noise.sizes)),
            ("measured_variance", noise.variance),
            ("predicted_variance", noise.predicted),
            ("standard_error", noise.standard_error),
            ("band_from", low),
            ("band_to", high),
        ):
            columns.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def _zero_remarks(measured: Mapping[Sampling, Noise]) -> tuple[str, ...]:
    """Return a sentence with the batch sizes at which the variance is 0, if there are any."""
    sizes = {
        size
        for noise in measured.values()
        for size, law in zip(noise.sizes, noise.predicted, strict=True)
        if not law > 0
    }
    if not sizes:
        return ()
    text = _("A logarithmic axis cannot show a variance of 0: B = {sizes}.")
    return (text.format(sizes=", ".join(f"{size:,}" for size in sorted(sizes))),)


def _law(sampling: Sampling) -> str:
    """Return the name of a kind of sampling with its law, for the legend."""
    if sampling == "shuffled":
        return _("shuffled") + ": S²(N − B) / (B(N − 1))"
    return _("with replacement") + ": σ² / B"


def _variance_alt(measured: Mapping[Sampling, Noise]) -> str:
    parts = []
    for sampling, noise in measured.items():
        within = np.abs(noise.variance - noise.predicted) <= 2 * noise.standard_error + 1e-12
        text = _("{law}: {within} of {sizes} measured values within two standard errors")
        parts.append(
            text.format(law=_law(sampling), within=int(within.sum()), sizes=len(noise.sizes))
        )
    title = _("Variance of mini-batch gradients against batch size.")
    return title + " " + "; ".join(parts) + "."


def angles_against_size(noise: Noise) -> Chart:
    """Return the angle to the full gradient, by batch size: median and quartiles of the draws."""
    sizes = np.array(noise.sizes)
    low, median, high = noise.angle_quartiles
    known = ~np.isnan(median)
    x = sizes[known]
    traces = [
        marks.band((x, low[known]), (x, high[known]), BLUE),
        marks.line(x, median[known], BLUE)
        | {"mode": "lines+markers", "hovertemplate": "%{y:.1f}°", "name": ""},
    ]
    form = layout(
        _HEIGHT,
        xaxis=_size_axis(),
        yaxis={
            "title": _("Angle to the full gradient"),
            "range": [0, 180],
            "tickvals": [0, 45, 90, 135, 180],
            "ticksuffix": "°",
        },
        # Above 90°, a step against the gradient goes uphill.
        shapes=[marks.level(90, HIGHLIGHT, 1.5, "dot")],
    )
    alt = _("Angle between mini-batch and full gradient. Median: {angles}.").format(
        angles=", ".join(
            f"B {size:,}: {angle:.0f}°"
            for size, angle in zip(sizes[known], median[known], strict=True)
        )
    )
    columns = {"batch_size": sizes, "lower_quartile": low, "median": median, "upper_quartile": high}
    return Chart(go.Figure({"data": traces, "layout": form}), columns, alt)


def _size_axis() -> dict[str, Any]:
    return {"title": _("Batch size"), "type": "log", "tickformat": "~g", "dtick": 1}
