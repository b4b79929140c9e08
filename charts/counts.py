"""How many iterations there are: bars for one epoch and for all epochs, one per plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.theme import BAR, BAR_GAP, COLOURS, Chart, axis, layout
from language import _, ngettext
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from engine.training.plans import Plan

_LEAST: Final = 68  # pixels that plotly gives a plot at least, whatever its axes need
_AXES: Final = 100  # pixels of the numbers and the title below the bars, and of the margins
_PANEL: Final = 170  # pixels of one axis in a narrow window
_DIGIT: Final = 9  # pixels of a digit in the number behind a bar
_STEPS: Final = 3  # at most, between the ticks of an axis up to the largest count
_DENSE: Final = 0.6  # share of the axis that long numbers must leave free if it has all its ticks
_LINEAR: Final = 20  # ratio of the largest count to the smallest up to which an axis is linear


def plan_name(plan: Plan) -> str:
    """Return a plan in a few words: rows, batch size, and what is unusual about it."""
    return ", ".join([_size(plan), *_unusual(plan)])


def _size(plan: Plan) -> str:
    text = ngettext("{rows} row, B {size}", "{rows} rows, B {size}", plan.rows)
    return text.format(rows=f"{plan.rows:,}", size=f"{plan.batch_size:,}")


def _unusual(plan: Plan) -> list[str]:
    parts = []
    if plan.counts.rest and plan.last_batch == "dropped":
        parts.append(_("dropped"))
    if plan.sampling == "replacement":
        parts.append(_("with replacement"))
    return parts


def count_bars(plans: Sequence[Plan]) -> Chart:
    """Return iterations per epoch and in all, side by side, with a bar for every plan.

    An axis is logarithmic where the largest count is more than twenty times the smallest.
    """
    names = [f"{number}. {plan_name(plan)}" for number, plan in enumerate(plans, start=1)]
    counted = {
        "iterations_per_epoch": [plan.counts.per_epoch for plan in plans],
        "iterations_in_all": [plan.iterations for plan in plans],
    }
    colours = [COLOURS[index % len(COLOURS)] for index in range(len(plans))]
    traces: list[Mark] = []
    options: dict[str, Any] = {}
    for number, (quantity, values) in enumerate(counted.items()):
        suffix = marks.panel_suffix(number)
        texts = [f"{value:,}" for value in values]
        hover = {"hovertemplate": "%{y}: %{x:,}<extra></extra>"}
        bars = marks.lying_bars(values, names, colours, texts, 15)
        traces.append(bars | hover | marks.on_axes(suffix))
        options[f"xaxis{suffix}"] = _values(label("quantity", quantity), values, left=0.54 * number)
    shared = {"autorange": "reversed", "ticks": "", "showline": False, "showgrid": False}
    lines = [_two_lines(number, plan) for number, plan in enumerate(plans, start=1)]
    options["yaxis"] = axis(**shared, tickvals=names, ticktext=lines)
    options["yaxis2"] = axis(**shared, matches="y", anchor="x2", showticklabels=False)
    height = max(BAR * len(plans), _LEAST) + _AXES
    figure = go.Figure({"data": traces, "layout": layout(height, bargap=BAR_GAP, **options)})
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


def _two_lines(number: int, plan: Plan) -> str:
    """Return a plan's name in two lines, since a narrow window has no room for it in one."""
    unusual = ", ".join(_unusual(plan))
    first = f"{number}. {_size(plan)}"
    return f"{first},<br>{unusual}" if unusual else first


def _values(title: str, values: Sequence[int], left: float) -> dict[str, Any]:
    """Return an axis of counts with room behind the longest bar for its number."""
    low, high = min(values), max(values)
    free = 1 - (_DIGIT * len(f"{high:,}") + _DIGIT) / _PANEL
    dense = free > _DENSE
    logarithmic = high > _LINEAR * low
    if logarithmic:  # a bar of 1 begins half a decade below, so that it can be seen
        begin = -0.5
        limits = [begin, begin + (np.log10(high) - begin) / free]
        decades = len(str(high)) - 1
        steps = _STEPS if dense else _STEPS - 1
        ticks = [10**power for power in range(0, decades + 1, -(-decades // steps))]
        # In two lines, for two titles side by side in a narrow window.
        title = _("{quantity} (logarithmic)").format(quantity=title).replace(" (", "<br>(")
    else:
        limits = [0, high / free]
        whole = range(0, high + 1, _whole_step(high))
        ticks = list(whole) if dense else [whole[0], whole[-1]]
    return axis(
        title=title,
        type="log" if logarithmic else "linear",
        range=limits,
        tickvals=ticks,
        ticktext=[f"{tick:,}" if dense else _short(tick) for tick in ticks],
        tickangle=0,
        domain=[left, left + 0.46],
    )


def _short(tick: int) -> str:
    if tick < 10_000:
        return f"{tick:,}"
    return f"{tick // 1_000}k" if tick < 1_000_000 else f"{tick / 1_000_000:g}M"


def _whole_step(high: int) -> int:
    """Return 1, 2 or 5 times a power of ten, so that few ticks lead to a count."""
    steps = (digit * 10**power for power in range(len(str(high))) for digit in (1, 2, 5))
    return next(step for step in steps if _STEPS * step >= high)
