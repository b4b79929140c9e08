"""The lines of a comparison before it was changed, faint behind those of now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charts.lines import lengthen, plain
from language import _

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from charts.theme import Chart, RunStyle
    from engine import Experiment, Function, History, Network

_FAINT = 0.35  # opacity
_WIDTH = 1.5  # pixels
_BEHIND = -1  # in the order of lines, where the others have 0 or more


def changed_runs(
    before: History, looks: Sequence[RunStyle], now: Experiment, styles: Sequence[RunStyle]
) -> list[int]:
    """Return which runs of an earlier comparison are worth a faint line: those that were changed.

    A run is the same as long as it keeps its colour and its rule. A longer budget is no change: the
    old line is its beginning. Nothing is returned where losses cannot be compared, because the data
    or the loss function are others, or where the old lines would not end on the new axis.

    Args:
        before: the earlier comparison, trained.
        looks: the styles of its runs.
        now: what is compared now.
        styles: of the runs of now.
    """
    then = before.experiment
    is_longer = then.budget.unit != now.budget.unit or then.budget.amount > now.budget.amount
    if is_longer or not are_comparable(then.problem, now.problem):
        return []
    shared = {"runs": then.runs[:1], "budget": then.budget}
    is_all_new = then.model_copy(update=shared) != now.model_copy(update=shared)
    runs_now = {
        look.number: run for look, run in zip(styles, now.runs, strict=True) if not look.hidden
    }
    changed = []
    for position, (look, run) in enumerate(zip(looks, then.runs, strict=True)):
        is_there = runs_now.get(look.number)
        if is_there is None or type(is_there.optimizer) is not type(run.optimizer):
            continue
        if is_all_new or is_there != run:
            changed.append(position)
    return changed


def are_comparable(before: Network | Function, now: Network | Function) -> bool:
    """Tell whether losses on two problems can be compared: same data, and the same loss of them."""
    return _what_is_lost(before) == _what_is_lost(now)


def _what_is_lost(problem: Network | Function) -> object:
    if problem.kind == "function":
        return problem.function
    return problem.dataset, problem.loss, problem.l2


def with_lines_before(chart: Chart, earlier: Chart, names: Collection[str]) -> Chart:
    """Add lines of an earlier chart behind those of a new one, and a remark that says so.

    Args:
        chart: of now.
        earlier: the same chart of the earlier comparison.
        names: of the earlier runs whose lines are drawn.
    """
    shown = {plain(name) for name in names}
    panels = {None, "y", *(["y2"] if "yaxis2" in chart.figure.layout else [])}
    faint = [
        _faded(trace)
        for trace in earlier.figure.data
        if trace.name in shown and trace.yaxis in panels
    ]
    if not faint:
        return chart
    chart.figure.add_traces(faint)
    own, old = chart.figure.layout.yaxis, earlier.figure.layout.yaxis
    if own.range and old.range and own.type == old.type:
        low, high = zip(own.range, old.range, strict=True)
        lengthen(chart.figure, (min(low), max(high)))
    remark = _("Faint: before the change.")
    return chart._replace(remarks=(*chart.remarks, remark), alt=f"{chart.alt} {remark}")


def _faded(trace: Any) -> dict[str, Any]:
    line = trace.to_plotly_json()
    line["line"] = line.get("line", {}) | {"width": _WIDTH}
    silent = {"hoverinfo": "skip", "hovertemplate": None, "name": None}
    return line | silent | {"opacity": _FAINT, "zorder": _BEHIND}
