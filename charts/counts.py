"""How many iterations: bars for an epoch and for all epochs, one per plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from charts.theme import COLOURS, Chart, axis, layout
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.plans import Plan

_BAR = 30  # pixels a plan
_LINEAR = 20  # the largest count over the smallest up to which lengths can be compared


def plan_name(plan: Plan) -> str:
    """Return a plan in short: rows, batch size, and what is not usual about it."""
    parts = [_("{rows} rows, B {size}").format(rows=f"{plan.rows:,}", size=f"{plan.batch_size:,}")]
    if plan.counts.rest and plan.last_batch == "dropped":
        parts.append(_("dropped"))
    if plan.sampling == "replacement":
        parts.append(_("with replacement"))
    return ", ".join(parts)


def count_bars(plans: Sequence[Plan]) -> Chart:
    """Return iterations per epoch and iterations in all, side by side, a bar per plan.

    An axis is logarithmic where the largest count is more than twenty times the smallest.
    """
    names = [f"{number}. {plan_name(plan)}" for number, plan in enumerate(plans, start=1)]
    counted = {
        "iterations_per_epoch": [plan.counts.per_epoch for plan in plans],
        "iterations_in_all": [plan.iterations for plan in plans],
    }
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(plans))]
    traces: list[dict[str, Any]] = []
    options: dict[str, Any] = {}
    for number, (quantity, values) in enumerate(counted.items()):
        suffix = "" if number == 0 else "2"
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": values,
                "y": names,
                "text": [f"{value:,}" for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "textfont": {"size": 15, "color": colours},
                "marker": {"color": colours},
                "hovertemplate": "%{y}: %{x:,}<extra></extra>",
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
            }
        )
        options[f"xaxis{suffix}"] = _values(label(quantity), values, left=0.54 * number)
    shared = {"autorange": "reversed", "ticks": "", "showline": False, "showgrid": False}
    options["yaxis"] = axis(**shared)
    options["yaxis2"] = axis(**shared, matches="y", anchor="x2", showticklabels=False)
    figure = go.Figure(
        {"data": traces, "layout": layout(_BAR * len(plans) + 76, bargap=0.35, **options)}
    )
    alt = _("Iterations per epoch and in all, one bar per setting: {counts}.").format(
        counts="; ".join(
            _("{name}: {per_epoch} per epoch, {in_all} in all").format(
                name=name, per_epoch=f"{per_epoch:,}", in_all=f"{in_all:,}"
            )
            for name, per_epoch, in_all in zip(names, *counted.values(), strict=True)
        )
    )
    columns = {"setting": names, **counted}
    return Chart(figure, {name: np.array(values) for name, values in columns.items()}, alt)


def _values(title: str, values: Sequence[int], left: float) -> dict[str, Any]:
    low, high = min(values), max(values)
    logarithmic = high > _LINEAR * low
    if logarithmic:  # a bar of 1 begins half a decade below, so that it can be seen
        limits = [-0.5, np.log10(high) * 1.22]
        title = _("{quantity} (logarithmic)").format(quantity=title)
    else:
        limits = [0, high * 1.22]  # with room for the number behind the bar
    return axis(
        title=title,
        type="log" if logarithmic else "linear",
        range=limits,
        dtick=max(1, round(np.log10(high) / 3)) if logarithmic else None,
        tickformat=",d",
        domain=[left, left + 0.46],
    )
