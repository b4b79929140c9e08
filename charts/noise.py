"""Mini-batch gradients around the full gradient: where they lie, how far, in which direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.lines import single, spread_rows, value_axis, value_range
from charts.theme import COLOURS, Chart, layout
from language import _
from language.labels import inline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.analysis.noise import Noise
    from engine.arrays import Array
    from engine.counts import Sampling

_HEIGHT: Final = 420
_ROWS: Final = 1_000  # single rows drawn in the cloud
_LOOKS: Final[Mapping[Sampling, tuple[str, str, str]]] = {
    "shuffled": (COLOURS[0], "solid", "circle"),
    "replacement": (COLOURS[1], "dash", "diamond"),
}
_BAND: Final[Mapping[Sampling, str]] = {
    "shuffled": "rgba(0, 114, 178, 0.18)",
    "replacement": "rgba(213, 94, 0, 0.18)",
}
_PALE: Final = "rgba(127, 127, 127, 0.55)"


def gradient_cloud(rows: Array, batches: Array, names: Sequence[str], batch_size: int) -> Chart:
    """Return mini-batch gradients of two parameters around the full gradient.

    The axes hold the gradients of all single rows, whatever the batch size: so the cloud is seen to
    shrink as batches grow.

    Args:
        rows: gradients of the rows, ``(N, 2)``.
        batches: gradients of mini-batches, ``(draws, 2)``.
        names: of the two parameters.
        batch_size: rows of a mini-batch.
    """
    full = rows.mean(axis=0)
    some = rows[spread_rows(len(rows), _ROWS)]
    traces = [
        _dots(some, _PALE, 4, _("single rows")),
        _dots(batches, COLOURS[0], 6, _("batches of {size}").format(size=f"{batch_size:,}")),
        {
            "type": "scatter",
            "x": [full[0]],
            "y": [full[1]],
            "mode": "markers",
            "marker": {
                "symbol": "star",
                "size": 16,
                "color": COLOURS[1],
                "line": {"color": "white", "width": 1},
            },
            "name": _("full gradient"),
            "hovertemplate": "%{x:.4g}, %{y:.4g}",
        },
    ]
    x, y = (value_range([rows[:, column]], log=False) for column in (0, 1))
    form = layout(
        _HEIGHT,
        xaxis={"title": names[0], "range": x, "tickformat": "~g"},
        yaxis={"title": names[1], "range": y, "tickformat": "~g"},
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
    )
    kinds = ["row"] * len(rows) + ["batch"] * len(batches) + ["full"]
    points = np.concatenate([rows, batches, full[None]])
    alt = _(
        "{draws} gradients of batches of {size} around the full gradient ({x}, {y}),"
        " over the gradients of single rows."
    ).format(draws=len(batches), size=f"{batch_size:,}", x=f"{full[0]:.4g}", y=f"{full[1]:.4g}")
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        {"kind": np.array(kinds), "x": points[:, 0], "y": points[:, 1]},
        alt,
    )


def _dots(points: Array, colour: str, size: int, name: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": single(points[:, 0]),
        "y": single(points[:, 1]),
        "mode": "markers",
        "marker": {"size": size, "color": colour, "opacity": 0.7},
        "name": name,
        "hovertemplate": "%{x:.4g}, %{y:.4g}",
    }


def variance_against_size(measured: Mapping[Sampling, Noise]) -> Chart:
    """Return measured variances as marks over the laws, which have a band of two standard errors.

    A variance of 0 has no place on a logarithmic axis; it is said, and in the numbers.
    """
    traces: list[dict[str, Any]] = []
    columns: dict[str, list[Any]] = {}
    for sampling, noise in measured.items():
        colour, dash, symbol = _LOOKS[sampling]
        drawn = noise.predicted > 0
        sizes = np.array(noise.sizes)[drawn]
        law, error = noise.predicted, 2 * noise.standard_error
        low, high = np.maximum(law - error, law / 10), law + error  # zero has no logarithm
        traces += [
            {
                "type": "scatter",
                "x": np.concatenate([sizes, sizes[::-1]]),
                "y": np.concatenate([low[drawn], high[drawn][::-1]]),
                "mode": "lines",
                "line": {"width": 0},
                "fill": "toself",
                "fillcolor": _BAND[sampling],
                "hoverinfo": "skip",
                "showlegend": False,
            },
            {
                "type": "scatter",
                "x": sizes,
                "y": law[drawn],
                "mode": "lines",
                "line": {"color": colour, "dash": dash, "width": 2},
                "name": _law(sampling),
                "hovertemplate": "%{y:.4g}",
            },
            {
                "type": "scatter",
                "x": sizes,
                "y": noise.variance[drawn],
                "mode": "markers",
                "marker": {"color": colour, "symbol": symbol, "size": 9},
                "name": _("measured, {sampling}").format(sampling=inline("sampling", sampling)),
                "showlegend": False,
                "hovertemplate": "%{y:.4g}",
            },
        ]
        columns.setdefault("sampling", []).append(np.full(len(noise.sizes), sampling))
        for name, values in (
            ("batch_size", np.array(noise.sizes)),
            ("measured_variance", noise.variance),
            ("predicted_variance", law),
            ("standard_error", noise.standard_error),
            ("band_from", low),
            ("band_to", high),
        ):
            columns.setdefault(name, []).append(values)
    limits = value_range([trace["y"] for trace in traces if "name" in trace], log=True)
    form = layout(
        _HEIGHT,
        xaxis={"title": _("Batch size"), "type": "log", "tickformat": "~g", "dtick": 1},
        yaxis=value_axis(_("Variance of the gradient, all parameters"), limits, log=True),
        showlegend=True,
        # The lines fall from left to right: the upper right corner is free.
        legend={"x": 1, "xanchor": "right", "y": 1, "bgcolor": "rgba(0,0,0,0)"},
    )
    none = sorted(
        {
            size
            for noise in measured.values()
            for size, law in zip(noise.sizes, noise.predicted, strict=True)
            if not law > 0
        }
    )
    said = (_nothing_words(none),) if none else ()
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        {name: np.concatenate(parts) for name, parts in columns.items()},
        " ".join([_variance_alt(measured), *said]),
        said,
    )


def _nothing_words(sizes: Sequence[int]) -> str:
    text = _("A variance of 0 has no place on a logarithmic axis: B = {sizes}.")
    return text.format(sizes=", ".join(f"{size:,}" for size in sizes))


def _law(sampling: Sampling) -> str:
    """Return the law of a sampling with its name, for a legend."""
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
    """Return the angle to the full gradient: median and quartiles of the draws, by batch size."""
    sizes = np.array(noise.sizes)
    low, median, high = noise.angle_quartiles
    known = ~np.isnan(median)
    traces = [
        {
            "type": "scatter",
            "x": np.concatenate([sizes[known], sizes[known][::-1]]),
            "y": np.concatenate([low[known], high[known][::-1]]),
            "mode": "lines",
            "line": {"width": 0},
            "fill": "toself",
            "fillcolor": _BAND["shuffled"],
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "x": sizes[known],
            "y": median[known],
            "mode": "lines+markers",
            "line": {"color": COLOURS[0], "width": 2},
            "hovertemplate": "%{y:.1f}°",
            "name": "",
        },
    ]
    form = layout(
        _HEIGHT,
        xaxis={"title": _("Batch size"), "type": "log", "tickformat": "~g", "dtick": 1},
        yaxis={
            "title": _("Angle to the full gradient"),
            "range": [0, 180],
            "tickvals": [0, 45, 90, 135, 180],
            "ticksuffix": "°",
        },
        shapes=[_right_angle()],
    )
    alt = _("Angle between mini-batch and full gradient. Median: {angles}.").format(
        angles=", ".join(
            f"B {size:,}: {angle:.0f}°"
            for size, angle in zip(sizes[known], median[known], strict=True)
        )
    )
    columns = {"batch_size": sizes, "lower_quartile": low, "median": median, "upper_quartile": high}
    return Chart(go.Figure({"data": traces, "layout": form}), columns, alt)


def _right_angle() -> dict[str, Any]:
    """Return the line above which a step against the gradient goes uphill."""
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 90,
        "y1": 90,
        "line": {"color": COLOURS[1], "width": 1.5, "dash": "dot"},
    }
