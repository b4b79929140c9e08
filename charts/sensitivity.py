"""How much the outcome depends on the learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from charts.curves import over_seeds
from charts.lines import ValueAxis, plain, value_axis
from charts.theme import Chart, layout
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import Scores
    from engine.arrays import Array, Booleans

_HEIGHT = 400
_MARGINS = 110  # of the plot, above and below, roughly: legend, axis title and ticks
_MARK = 15  # pixels that a mark above the line is high


def rate_sensitivity(sweep: Scores, styles: Sequence[RunStyle], rates: Sequence[float]) -> Chart:
    """Return the final loss of every rule against the learning rate.

    Where every rule diverged it is shaded. Of several seeds it is the median.

    Above a line at the upper end of the axis lie those that have no place below it: a cross stands
    for a run that diverged, a triangle for a loss that is higher.

    Args:
        sweep: scores of ``engine.rate_sweep``: rule by rule, every rate.
        styles: of the rules, in the same order.
        rates: the rates, rising.
    """
    losses = np.array([run.median_loss for run in sweep.runs])
    table = losses.reshape(len(styles), len(rates))
    finite = table[np.isfinite(table)]
    start = float(np.median(sweep.runs[0].training_loss.first))
    # The loss of the start bounds the picture: what is far above it has failed.
    seen = finite[finite <= start + 2 * abs(start)]
    scale = ValueAxis.over([np.append(seen, start)], log=True)
    low, top = scale.limits
    row_height = _MARK / (_HEIGHT - _MARGINS) * (top - low)
    traces: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    for style, row in zip(styles, table, strict=True):
        traces.append(
            {
                "type": "scatter",
                "x": list(rates),
                **scale.points(
                    np.where(_below(row, scale), row, np.nan),
                    f"<br>{_('Learning rate')} %{{x:g}}",
                ),
                "mode": "lines+markers",
                "name": plain(style.name),
                "line": {"color": style.colour, "dash": style.dash, "width": 2},
                "marker": {"size": 6},
            }
        )
        best = int(np.argmin(row))
        if np.isfinite(row[best]):
            traces.append(_best_mark(style, rates[best], scale.drawn(row[[best]])))
        marks += _marks_above(style, rates, row, scale, row_height, marks)
    first = _first_all_diverged(table, rates)
    if first is not None:
        shapes.append(_shaded(first, rates[-1] * 2))
    high = top
    if marks:
        high = max(mark["y"] for mark in marks) + row_height
        shapes.append(_border(10**top if scale.log else top))
    loss = "validation_loss" if sweep.runs[0].validation_loss is not None else "training_loss"
    title = over_seeds(loss, len(sweep.experiment.seeds))
    form = layout(
        _HEIGHT,
        xaxis={"title": _("Learning rate"), "type": "log", "tickformat": "~g", "dtick": 1},
        yaxis=value_axis(title, (low, top), log=scale.log) | {"range": (low, high)},
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        shapes=shapes,
        annotations=marks,
    )
    figure = go.Figure({"data": traces, "layout": form})
    named = [(style.name, row) for style, row in zip(styles, table, strict=True)]
    below = scale.words(named, log=True)
    return Chart(
        figure,
        {
            "rule": np.repeat([style.name for style in styles], len(rates)),
            "learning_rate": np.tile(rates, len(styles)),
            loss: losses,
        },
        " ".join([_alt(styles, rates, table), *below]),
        (
            _("★ the rule's best rate"),
            *([_("above the line: ▲ a higher loss, ✕ diverged")] if marks else []),
            *([_("shaded: every rule diverged")] if first is not None else []),
            *below,
        ),
    )


def _below(losses: Array, scale: ValueAxis) -> Booleans:
    """Tell which losses have a place below the upper end of the axis."""
    top = 10 ** scale.limits[1] if scale.log else scale.limits[1]
    return losses <= top


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


def _best_mark(style: RunStyle, rate: float, height: Array) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [rate],
        "y": height,
        "mode": "markers",
        "marker": {"color": style.colour, "size": 12, "symbol": "star"},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _border(height: float) -> dict[str, Any]:
    """Return the line above which heights are no losses."""
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": height,
        "y1": height,
        "line": {"color": "rgba(128, 128, 128, 0.7)", "width": 1, "dash": "dot"},
    }


def _marks_above(
    style: RunStyle,
    rates: Sequence[float],
    row: Array,
    scale: ValueAxis,
    row_height: float,
    others: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Mark what has no place below the top: losses far above, and diverged runs."""
    marks = []
    top = scale.limits[1]
    for rate, loss, is_below in zip(rates, row, _below(row, scale), strict=True):
        if is_below:
            continue
        x = float(np.log10(rate))
        hover = _("{run} diverged") if not np.isfinite(loss) else _("{run}: {loss}")
        marks.append(
            {
                "text": "▲" if np.isfinite(loss) else "✕",
                "hovertext": hover.format(run=plain(style.name), loss=f"{loss:.4g}"),
                "x": x,
                # One above the other where several rules leave at the same rate.
                "y": top + row_height * (0.75 + sum(mark["x"] == x for mark in others)),
                "showarrow": False,
                "font": {"color": style.colour, "size": 15},
            }
        )
    return marks


def _first_all_diverged(table: Array, rates: Sequence[float]) -> float | None:
    """Return the rate from which on every rule has diverged."""
    alive = np.flatnonzero(np.isfinite(table).any(axis=0))
    if len(alive) and alive[-1] == len(rates) - 1:
        return None
    return float(rates[alive[-1] + 1]) if len(alive) else float(rates[0])


def _alt(styles: Sequence[RunStyle], rates: Sequence[float], table: Array) -> str:
    best = ", ".join(
        f"{style.name} {rates[int(np.argmin(row))]:g}"
        for style, row in zip(styles, table, strict=True)
        if np.isfinite(row).any()
    )
    return _("Final loss against the learning rate, one line per rule. Best rates: {best}.").format(
        best=best
    )
