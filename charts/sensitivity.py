"""How much the result depends on the learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.curves import over_seeds
from charts.lines import ValueAxis, plain, value_axis
from charts.theme import BORDER, HEIGHT, WARNING, Chart, layout, margin
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import Scores
    from engine.arrays import Array, Booleans

_AROUND_PLOT: Final = 110  # pixels of the height for legend, axis title and ticks, about
_MARK: Final = 15  # pixels that a mark above the line is high
_SHADE: Final = 0.08  # opacity where every rule diverged


def rate_sensitivity(sweep: Scores, styles: Sequence[RunStyle], rates: Sequence[float]) -> Chart:
    """Return the final loss of every rule against the learning rate; its median over the seeds.

    Rates at which every rule diverged are shaded. A line marks the upper end of the loss axis.
    Above it, a cross stands for a run that diverged and a triangle for a higher loss.

    Args:
        sweep: the scores of ``engine.rate_sweep``: rule by rule, every rate.
        styles: names, colours and dashes of the rules, in the same order.
        rates: the rates, rising.
    """
    losses = np.array([run.median_loss for run in sweep.runs])
    table = losses.reshape(len(styles), len(rates))
    scale = _loss_axis(table, float(np.median(sweep.runs[0].training_loss.first)))
    low, top = scale.limits
    row_height = _MARK / (HEIGHT - _AROUND_PLOT) * (top - low)
    above = _marks_above(styles, rates, table, scale, row_height)
    first_diverged = _first_all_diverged(table, rates)
    shaded = [] if first_diverged is None else [_all_diverged(first_diverged, rates[-1] * 2)]
    border = [marks.level(10**top if scale.log else top, BORDER, dash="dot")] if above else []
    high = max((mark["y"] + row_height for mark in above), default=top)
    loss = "validation_loss" if sweep.runs[0].validation_loss is not None else "training_loss"
    title = over_seeds(loss, len(sweep.experiment.seeds))
    form = layout(
        HEIGHT,
        xaxis={"title": _("Learning rate"), "type": "log", "tickformat": "~g", "dtick": 1},
        yaxis=value_axis(title, (low, top), log=scale.log) | {"range": (low, high)},
        showlegend=True,
        legend=marks.legend_above(),
        margin=margin(right=16, top=40),
        shapes=[*shaded, *border],
        annotations=above,
    )
    below = scale.remarks([(s.name, row) for s, row in zip(styles, table, strict=True)], log=True)
    return Chart(
        go.Figure({"data": _traces(styles, rates, table, scale), "layout": form}),
        {
            "rule": np.repeat([style.name for style in styles], len(rates)),
            "learning_rate": np.tile(rates, len(styles)),
            loss: losses,
        },
        " ".join([_alt(styles, rates, table), *below]),
        (
            _("★ the optimizer's best rate"),
            *([_("above the line: ▲ a higher loss, ✕ diverged")] if above else []),
            *([_("shaded: every optimizer diverged")] if shaded else []),
            *below,
        ),
    )


def _all_diverged(first: float, end: float) -> Mark:
    return marks.region(first, end, WARNING) | {"opacity": _SHADE}


def _loss_axis(table: Array, start: float) -> ValueAxis:
    """Return the axis of losses that are not far above that of the start; higher ones failed."""
    finite = table[np.isfinite(table)]
    return ValueAxis.over([np.append(finite[finite <= start + 2 * abs(start)], start)], log=True)


def _traces(
    styles: Sequence[RunStyle], rates: Sequence[float], table: Array, scale: ValueAxis
) -> list[Mark]:
    """Return the line of every rule, with a star at its best rate."""
    traces: list[Mark] = []
    for style, row in zip(styles, table, strict=True):
        y = np.where(_below(row, scale), row, np.nan)
        hover = f"<br>{_('Learning rate')} %{{x:g}}"
        line = marks.line(list(rates), y, style.colour, dash=style.dash) | scale.points(y, hover)
        form = {"mode": "lines+markers", "marker": {"size": 6}}
        traces.append(line | form | {"name": plain(style.name)})
        best = int(np.argmin(row))
        if np.isfinite(row[best]):
            star = marks.star([rates[best]], scale.drawn(row[[best]]), style.colour, 12)
            traces.append(star | marks.SILENT | {"showlegend": False})
    return traces


def _below(losses: Array, scale: ValueAxis) -> Booleans:
    """Tell which losses lie below the upper end of the axis."""
    top = 10 ** scale.limits[1] if scale.log else scale.limits[1]
    return losses <= top


def _marks_above(
    styles: Sequence[RunStyle],
    rates: Sequence[float],
    table: Array,
    scale: ValueAxis,
    row_height: float,
) -> list[Mark]:
    """Return marks above the upper end of the axis: triangles for losses, crosses for divergence.

    They stand one above the other where several rules leave the axis at the same rate.
    """
    above: list[Mark] = []
    for style, row in zip(styles, table, strict=True):
        others = [mark["x"] for mark in above]
        for rate, loss in zip(rates, row, strict=True):
            if _below(loss, scale):
                continue
            x, is_finite = float(np.log10(rate)), bool(np.isfinite(loss))
            y = scale.limits[1] + row_height * (0.75 + others.count(x))
            hover = _("{run}: {loss}") if is_finite else _("{run} diverged")
            words = hover.format(run=plain(style.name), loss=f"{loss:.4g}")
            mark = marks.note("▲" if is_finite else "✕", x, y, style.colour, 15)
            above.append(mark | {"hovertext": words})
    return above


def _first_all_diverged(table: Array, rates: Sequence[float]) -> float | None:
    """Return the lowest rate from which every rule diverges; None if one survives the highest."""
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
    return _(
        "Final loss against the learning rate, one line per optimizer. Best rates: {best}."
    ).format(best=best)
