"""How the result depends on batch size and learning rate together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.theme import LOW_IS_DARK, ON_PALE, WARNING, Chart, layout
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from engine.arrays import Array, Booleans

_CELL: Final = 52  # pixels that a cell is high
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
    """Return a cell for each batch size and learning rate; those that diverged show a cross.

    Args:
        values: final losses or iterations to a target, ``(sizes, rates)``; +inf for none.
        diverged: which cells diverged, ``(sizes, rates)``.
        sizes: what the batch sizes are called, in the order of the rows.
        rates: learning rates, in the order of the columns.
        quantity: what the values are.
    """
    columns = [f"{rate:g}" for rate in rates]
    shades = _shades(values, diverged)
    best = _best(values, diverged)
    form = layout(
        _CELL * len(sizes) + 70,
        xaxis=_named(_("Learning rate"), columns),
        yaxis=_named(_("Batch size"), sizes),
        annotations=[
            _cell(
                column,
                row,
                _text(float(values[row, column]), quantity, diverged=bool(diverged[row, column])),
                shaded=bool(np.isfinite(shades[row, column])),
                best=(row, column) == best,
            )
            for row in range(len(sizes))
            for column in range(len(rates))
        ],
    )
    cells = marks.tiles(shades, LOW_IS_DARK) | {"xgap": 2, "ygap": 2}
    return Chart(
        go.Figure({"data": [cells], "layout": form}),
        {
            "batch_size": np.repeat(list(sizes), len(rates)),
            "learning_rate": np.tile(rates, len(sizes)),
            quantity: values.ravel(),
            "diverged": diverged.ravel(),
        },
        _alt(values, diverged, sizes, columns, quantity, best),
    )


def _shades(values: Array, diverged: Booleans) -> Array:
    """Return what becomes the colour of each cell: the logarithm of its value.

    NaN leaves a cell without colour.
    """
    finite = np.isfinite(values) & ~diverged
    shades = np.full(values.shape, np.nan)
    positive = finite & (values > 0)
    shades[positive] = np.log10(values[positive])
    # What has no logarithm is lower than all others.
    shades[finite & (values <= 0)] = np.nanmin(shades) if positive.any() else 0.0
    return shades


def _best(values: Array, diverged: Booleans) -> tuple[int, int] | None:
    """Return row and column of the lowest value; None where every cell diverged or has none."""
    lowest = np.argmin(np.where(diverged, np.inf, values))
    row, column = (int(index) for index in np.unravel_index(lowest, values.shape))
    has_best = np.isfinite(values[row, column]) and not diverged[row, column]
    return (row, column) if has_best else None


def _text(value: float, quantity: Quantity, *, diverged: bool) -> str:
    if diverged:
        return DIVERGED
    if not np.isfinite(value):
        return NEVER
    return f"{value:,.0f}" if quantity == "iterations_to_target" else f"{value:.3g}"


def _named(title: str, names: Sequence[str]) -> dict[str, Any]:
    """Return an axis of cells; plotly must not take names that look like numbers for positions."""
    return {
        "title": title,
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "range": [-0.5, len(names) - 0.5],
        "showgrid": False,
    }


def _cell(x: int, y: int, text: str, *, shaded: bool, best: bool) -> Mark:
    """Return the text of a cell; one that is not shaded shows the page."""
    shown = f"<b>★ {text}</b>" if best else text
    if shaded:
        return marks.note(shown, x, y, ON_PALE, 14)
    if text == DIVERGED:
        return marks.note(shown, x, y, WARNING, 18)
    return marks.note(shown, x, y, size=14)


def _alt(
    values: Array,
    diverged: Booleans,
    sizes: Sequence[str],
    rates: Sequence[str],
    quantity: Quantity,
    best: tuple[int, int] | None,
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
