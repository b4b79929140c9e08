"""How much the outcome depends on the learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from charts.lines import log_ticks, plain, value_range
from charts.theme import Chart, layout
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Look
    from engine import History
    from engine.arrays import Array

_HEIGHT = 400


def rate_sensitivity(sweep: History, looks: Sequence[Look], rates: Sequence[float]) -> Chart:
    """Return the final loss of every rule against the learning rate, the diverged region shaded.

    At the upper edge a cross stands for a run that diverged, a triangle for a loss above the edge.

    Args:
        sweep: of ``engine.rate_sweep``: rule by rule, every rate.
        looks: of the rules, in the same order.
        rates: the rates, rising.
    """
    losses = np.array([np.median(run.final_loss) for run in sweep.runs])
    table = losses.reshape(len(looks), len(rates))
    finite = table[np.isfinite(table)]
    start = float(np.median(sweep.runs[0].training_loss.first[:, 0]))
    # The loss of the start bounds the picture: what is far above it has failed.
    limits = value_range([np.append(finite[finite <= 3 * start], start)], log=True)
    traces: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    for look, row in zip(looks, table, strict=True):
        traces.append(
            {
                "type": "scatter",
                "x": list(rates),
                "y": np.where(np.isfinite(row), row, np.nan),
                "mode": "lines+markers",
                "name": plain(look.name),
                "line": {"color": look.colour, "dash": look.dash, "width": 2},
                "marker": {"size": 6},
                "hovertemplate": f"%{{y:.4g}}<br>{label('learning_rate')} %{{x:g}}",
            }
        )
        best = int(np.argmin(row))
        if np.isfinite(row[best]):
            traces.append(_best_mark(look, rates[best], float(row[best])))
        marks += _edge_marks(look, rates, row, limits[1], marks)
    first = _first_all_diverged(table, rates)
    if first is not None:
        shapes.append(_shaded(first, rates[-1] * 2))
    loss = "validation_loss" if sweep.runs[0].validation_loss is not None else "training_loss"
    form = layout(
        _HEIGHT,
        xaxis={"title": label("learning_rate"), "type": "log", "tickformat": "~g", "dtick": 1},
        yaxis={
            "title": label(loss),
            "type": "log",
            "range": limits,
            "tickformat": "~g",
            "dtick": log_ticks(limits),
        },
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        shapes=shapes,
        annotations=marks,
    )
    figure = go.Figure({"data": traces, "layout": form})
    return Chart(
        figure,
        {
            "rule": np.repeat([look.name for look in looks], len(rates)),
            "learning_rate": np.tile(rates, len(looks)),
            loss: losses,
        },
        _alt(looks, rates, table),
    )


def _shaded(left: float, right: float) -> dict[str, Any]:
    """Shade the rates at which every rule has diverged."""
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": left,
        "x1": right,
        "y0": 0,
        "y1": 1,
        "fillcolor": "#d55e00",
        "opacity": 0.08,
        "line": {"width": 0},
    }


def _best_mark(look: Look, rate: float, loss: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [rate],
        "y": [loss],
        "mode": "markers",
        "marker": {"color": look.colour, "size": 12, "symbol": "star"},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _edge_marks(
    look: Look, rates: Sequence[float], row: Array, top: float, others: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Mark at the upper edge what has no place below it: losses far above, and diverged runs."""
    marks = []
    for rate, loss in zip(rates, row, strict=True):
        if np.isfinite(loss) and np.log10(loss) <= top:
            continue
        x = float(np.log10(rate))
        hover = _("{run} diverged") if not np.isfinite(loss) else _("{run}: {loss}")
        marks.append(
            {
                "text": "▲" if np.isfinite(loss) else "✕",
                "hovertext": hover.format(run=plain(look.name), loss=f"{loss:.4g}"),
                "x": x,
                "y": top,
                "yanchor": "top",
                # One below the other where several rules leave at the same rate.
                "yshift": -15 * sum(mark["x"] == x for mark in others),
                "showarrow": False,
                "font": {"color": look.colour, "size": 15},
            }
        )
    return marks


def _first_all_diverged(table: Array, rates: Sequence[float]) -> float | None:
    """Return the rate from which on every rule has diverged."""
    alive = np.flatnonzero(np.isfinite(table).any(axis=0))
    if len(alive) and alive[-1] == len(rates) - 1:
        return None
    return float(rates[alive[-1] + 1]) if len(alive) else float(rates[0])


def _alt(looks: Sequence[Look], rates: Sequence[float], table: Array) -> str:
    best = ", ".join(
        f"{look.name} {rates[int(np.argmin(row))]:g}"
        for look, row in zip(looks, table, strict=True)
        if np.isfinite(row).any()
    )
    return _("Final loss against the learning rate, one line per rule. Best rates: {best}.").format(
        best=best
    )
