"""The factor of the learning rate: below a chart of losses, on the same axis, and by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.curves import positions
from charts.lines import POINTS, hover_title, run_line
from charts.theme import AROUND_PLOT, Chart, layout, margin
from engine.analysis.schedules import schedule_factors
from engine.rules.schedules import ReduceOnPlateau
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import Experiment, History
    from engine.arrays import Array, Integers
    from engine.experiment import Run

_STRIP: Final = 90  # pixels of the factors below the losses
_GAP: Final = 18  # of these, between them
_PREVIEW: Final = 130  # pixels of the height of a schedule by itself
_FACTORS: Final = {"range": (-0.08, 1.08), "tickvals": (0, 0.5, 1)}
# Over a step of the axis an update has one factor: that of the step at which it ends.
_STAIRS: Final = {"line": {"shape": "vh"}, "hovertemplate": "%{y:.4g}"}


def with_factors(
    chart: Chart, history: History, styles: Sequence[RunStyle], quantity: str, axis: str
) -> Chart:
    """Return a chart of losses with the factors of the learning rates below it, on the same axis.

    Of several seeds it is the median, as of the losses. A row of the numbers has the factor of the
    update that led to its step, that of step 0 the one of the first update; between the recorded
    steps there are rows without a loss.

    Args:
        chart: result of ``loss_curves`` of the same runs.
        history: of the comparison.
        styles: of the runs.
        quantity: the loss that it shows.
        axis: what it is drawn against.
    """
    series = [getattr(run, quantity) for run in history.runs]  # None without validation rows
    runs = [at for at, style in enumerate(styles) if not style.hidden and series[at] is not None]
    if not runs or chart.figure.layout.xaxis.range is None:
        return chart
    steps = {at: _some(int(history.runs[at].last_step.max())) for at in runs}
    factors = {at: _factors(history, at, steps[at]) for at in runs}
    known = [at for at in runs if not np.isnan(factors[at]).all()]
    moved = [at for at in runs if history.runs[at].last_step.any()]
    unknown = [styles[at].name for at in moved if at not in known]
    traces = [
        _line(positions(history, at, steps[at], axis), factors[at], styles[at]) | {"yaxis": "y2"}
        for at in known
    ]
    remarks = [_("Below the losses: by what each run's schedule multiplies its learning rate.")]
    if unknown:
        text = _(
            "Not drawn, because not every end of an epoch was recorded: the factors of {runs}."
        )
        remarks.append(text.format(runs=", ".join(unknown)))
    ends = ", ".join(f"{styles[at].name} {factors[at][-1]:.4g}" for at in known)
    said = _("At the end these factors are: {ends}.").format(ends=ends or "–")
    recorded = {at: series[at].steps for at in runs}
    numbers = _numbers(chart, history, styles, recorded, steps, axis)
    alt = " ".join([chart.alt, *remarks, said])
    return Chart(_below(chart.figure, traces), numbers, alt, (*chart.remarks, *remarks))


def _below(losses: go.Figure, traces: Sequence[Mark]) -> go.Figure:
    """Return a figure with a panel below its own, which keeps its height."""
    figure = go.Figure(losses)
    height, above = figure.layout.height, figure.layout.margin.t - margin()["t"]
    plot = height - AROUND_PLOT - above + _STRIP
    figure.update_layout(
        height=height + _STRIP,
        xaxis={"anchor": "y2"},
        yaxis={"domain": (_STRIP / plot, 1)},
        yaxis2=layout(0, yaxis=_FACTORS | {"title": _("Factor")})["yaxis"]
        | {"domain": (0, (_STRIP - _GAP) / plot)},
    )
    figure.add_traces(traces)
    return figure


def _some(total: int) -> Integers:
    """Return step 0 and the numbers of all updates, or of many of them, the last one included."""
    steps: Integers = np.unique(np.linspace(0, total, min(total + 1, POINTS)).astype(int))
    return steps


def _factors(history: History, at: int, steps: Integers) -> Array:
    """Return the factor of the update that led to each step, of step 0 that of the first update.

    The median over the seeds; NaN where it is not known.
    """
    factors = schedule_factors(history, at, np.maximum(steps, 1))
    if factors is None:
        return np.full(len(steps), np.nan)
    median, taken = np.full(len(steps), np.nan), np.isfinite(factors).any(axis=0)
    median[taken] = np.nanmedian(factors[:, taken], axis=0)
    return median


def _numbers(
    chart: Chart,
    history: History,
    styles: Sequence[RunStyle],
    recorded: Mapping[int, Integers],
    drawn: Mapping[int, Integers],
    axis: str,
) -> dict[str, Array]:
    """Return the numbers of losses with a column of factors, and rows for steps between.

    Args:
        chart: of the losses.
        history: of the comparison.
        styles: of the runs.
        recorded: the steps of each run's losses, in the order of the rows.
        drawn: the steps at which each run's factor is drawn.
        axis: what both are drawn against.
    """
    columns: dict[str, list[Array]] = {name: [] for name in (*chart.numbers, "schedule_factor")}
    first = 0
    for at, own in recorded.items():
        further = np.setdiff1d(drawn[at], own)
        steps = np.concatenate([own, further])
        order = np.argsort(steps, kind="stable")
        for name, column in chart.numbers.items():
            values = column[first : first + len(own)]
            if name == "run":
                between = np.full(len(further), styles[at].name)
            elif name == axis:
                between = positions(history, at, further, axis)
            else:
                between = np.full(len(further), np.nan)
            columns[name].append(np.concatenate([values, between])[order])
        columns["schedule_factor"].append(_factors(history, at, steps)[order])
        first += len(own)
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def _line(x: Array, y: Array, style: RunStyle) -> dict[str, Any]:
    drawn = run_line(x, y, style)
    return drawn | _STAIRS | {"line": drawn["line"] | _STAIRS["line"]}


def schedule_preview(experiment: Experiment, run: Run, style: RunStyle) -> Chart:
    """Return the factors of a run over its budget, before it is trained.

    One that watches the validation loss is drawn as if that never rested, and a remark says so.

    Args:
        experiment: what is compared.
        run: one of its runs.
        style: of the run.
    """
    counts, total = experiment.counts(run), experiment.iterations(run)
    steps = _some(total)
    y = run.schedule.factors(np.maximum(steps, 1), counts, total)
    axis = "epochs" if experiment.problem.has_rows else "iterations"
    x = steps / (counts.per_epoch if axis == "epochs" else 1)
    form = layout(
        _PREVIEW,
        xaxis={"title": label("quantity", axis)} | hover_title(label("quantity", axis)),
        yaxis=_FACTORS | {"title": _("Factor")},
        margin=margin(top=8),
        hovermode="x unified",
    )
    remarks: tuple[str, ...] = ()
    if isinstance(run.schedule, ReduceOnPlateau):
        text = _("The factor falls where the validation loss no longer does, at an unknown time.")
        remarks = (text,)
    figure = go.Figure({"data": [_line(x, y, style)], "layout": form})
    alt = _("The factor of the learning rate over the budget, from {first} to {last}.")
    said = alt.format(first=f"{y[0]:.4g}", last=f"{y[-1]:.4g}")
    return Chart(figure, {axis: x, "schedule_factor": y}, " ".join([said, *remarks]), remarks)
