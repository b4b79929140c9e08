"""How the outcome depends on batch size and learning rate together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import plotly.graph_objects as go

from charts.theme import Chart, layout
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array, Booleans

_CELL: Final = 52
# One hue from pale to dark, dark is good; legible numbers on every shade, on white and on black.
_SCALE: Final = [[0.0, "#08519c"], [0.5, "#6baed6"], [1.0, "#deebf7"]]
_DARK: Final = 0.25  # of the scale, up to which white is read better than black
DIVERGED: Final = "✕"
NEVER: Final = "–"
Quantity = Literal["final_loss", "iterations_to_target"]


def batch_rate_map(
    values: Array,
    diverged: Booleans,
    sizes: Sequence[str],
    rates: Sequence[float],
    quantity: Quantity,
) -> Chart:
    """Return a cell per batch size and learning rate; diverged cells have a sign of their own.

    Args:
        values: final losses or iterations to a target, ``(sizes, rates)``; +inf is none.
        diverged: which cells diverged, likewise.
        sizes: what the batch sizes are called, in the order of the rows.
        rates: learning rates, in the order of the columns.
        quantity: what the values are.
    """
    known = np.isfinite(values) & ~diverged & (values > 0)
    shades = np.full(values.shape, np.nan)
    shades[known] = np.log10(values[known])
    columns = [f"{rate:g}" for rate in rates]
    best = np.unravel_index(np.argmin(np.where(diverged, np.inf, values)), values.shape)
    has_best = bool(np.isfinite(values[best]) and not diverged[best])
    traces: list[dict[str, Any]] = [
        {
            "type": "heatmap",
            "z": shades,
            "colorscale": _SCALE,
            "showscale": False,
            "xgap": 2,
            "ygap": 2,
            "hoverinfo": "skip",
        }
    ]
    low, high = (np.nanmin(shades), np.nanmax(shades)) if known.any() else (0.0, 0.0)
    none = np.isfinite(values) & ~diverged & (values <= 0)  # no logarithm, and lower than all
    shades[none], known = low, known | none
    threshold = float(low + _DARK * (high - low))
    annotations = [
        _cell(
            column,
            row,
            _text(float(values[row, column]), quantity, diverged=bool(diverged[row, column])),
            dark=bool(shades[row, column] <= threshold) if known[row, column] else None,
            best=has_best and (row, column) == tuple(map(int, best)),
        )
        for row in range(len(sizes))
        for column in range(len(rates))
    ]
    form = layout(
        _CELL * len(sizes) + 70,
        xaxis=_named(_("Learning rate"), columns),
        yaxis=_named(_("Batch size"), sizes),
        annotations=annotations,
    )
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        {
            "batch_size": np.repeat(list(sizes), len(rates)),
            "learning_rate": np.tile(rates, len(sizes)),
            quantity: values.ravel(),
            "diverged": diverged.ravel(),
        },
        _alt(values, diverged, sizes, columns, quantity, best if has_best else None),
    )


def _text(value: float, quantity: Quantity, *, diverged: bool) -> str:
    if diverged:
        return DIVERGED
    if not np.isfinite(value):
        return NEVER
    return f"{value:,.0f}" if quantity == "iterations_to_target" else f"{value:.3g}"


def _named(title: str, names: Sequence[str]) -> dict[str, Any]:
    """Return an axis of cells; names that look like numbers must not be taken for places."""
    return {
        "title": title,
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "range": [-0.5, len(names) - 0.5],
        "showgrid": False,
    }


def _cell(x: int, y: int, text: str, *, dark: bool | None, best: bool) -> dict[str, Any]:
    font: dict[str, Any] = {"size": 14}
    if dark is not None:
        font["color"] = "#ffffff" if dark else "#0b1016"
    elif text == DIVERGED:
        font = {"size": 18, "color": "#d55e00"}
    return {
        "x": x,
        "y": y,
        "text": f"<b>★ {text}</b>" if best else text,
        "showarrow": False,
        "font": font,
    }


def _alt(
    values: Array,
    diverged: Booleans,
    sizes: Sequence[str],
    rates: Sequence[str],
    quantity: Quantity,
    best: tuple[Any, ...] | None,
) -> str:
    text = _("{quantity} for {sizes} batch sizes and {rates} learning rates; {count} diverged.")
    written = text.format(
        quantity=label("quantity", quantity),
        sizes=len(sizes),
        rates=len(rates),
        count=int(diverged.sum()),
    )
    if best is None:
        return written
    row, column = best
    lowest = _("Lowest: {value} at batch size {size} and learning rate {rate}.").format(
        value=f"{values[row, column]:.4g}", size=sizes[row], rate=rates[column]
    )
    return f"{written} {lowest}"
