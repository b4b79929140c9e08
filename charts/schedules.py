"""The factor of the learning rate: below a chart of losses, on the same axis, and by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.curves import positions
from charts.lines import POINTS, hover_title, run_line
from charts.theme import AROUND_PLOT, Chart, layout, margin
from engine.analysis.schedules import schedule_factors
from engine.rules.schedules import Plateau
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    update that led to its step; that of step 0 is none.

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
    traces, ends, unknown = [], [], []
    for at in runs:
        drawn = _drawn(history, at, styles[at], axis)
        if drawn is None:
            unknown.append(styles[at].name)
        elif len(drawn["y"]):
            traces.append(drawn)
            ends.append(f"{styles[at].name} {drawn['y'][-1]:.4g}")
    figure = go.Figure(chart.figure)
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
    remarks = [_("Below the losses: by what each run's schedule multiplies its learning rate.")]
    if unknown:
        text = _(
            "Not drawn, because not every end of an epoch was recorded: the factors of {runs}."
        )
        remarks.append(text.format(runs=", ".join(unknown)))
    said = _("At the end these factors are: {ends}.").format(ends=", ".join(ends) or "–")
    numbers = dict(chart.numbers)
    numbers["schedule_factor"] = np.concatenate(
        [_of_steps(history, at, series[at].steps) for at in runs]
    )
    alt = " ".join([chart.alt, *remarks, said])
    return Chart(figure, numbers, alt, (*chart.remarks, *remarks))


def _drawn(history: History, at: int, style: RunStyle, axis: str) -> Mark | None:
    """Return the line of a run's factors; None where they are not known."""
    last = int(history.runs[at].last_step.max())
    steps = _some(last)
    factors = schedule_factors(history, at, steps)
    if factors is None:
        return None
    x = positions(history, at, np.concatenate([steps[:1] - 1, steps]), axis)
    y = np.nanmedian(factors, axis=0) if last else np.empty(0)
    return _line(x, np.concatenate([y[:1], y]), style) | {"yaxis": "y2"}


def _some(total: int) -> Integers:
    """Return the numbers of all updates, or of many of them, the first and the last included."""
    steps: Integers = np.unique(np.linspace(1, total, min(total, POINTS)).astype(int))
    return steps


def _line(x: Array, y: Array, style: RunStyle) -> dict[str, Any]:
    drawn = run_line(x, y, style)
    return drawn | _STAIRS | {"line": drawn["line"] | _STAIRS["line"]}


def _of_steps(history: History, at: int, steps: Integers) -> Array:
    """Return the factor of the update that led to each step; NaN where it is not known."""
    factors = schedule_factors(history, at, np.maximum(steps, 1))
    if factors is None:
        return np.full(len(steps), np.nan)
    taken = np.isfinite(factors).any(axis=0) & (steps > 0)
    median = np.full(len(steps), np.nan)
    median[taken] = np.nanmedian(factors[:, taken], axis=0)
    return median


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
    factors = run.schedule.factors(steps, counts, total)
    axis = "epochs" if experiment.problem.has_rows else "iterations"
    x = np.concatenate([[0], steps]) / (counts.per_epoch if axis == "epochs" else 1)
    y = np.concatenate([factors[:1], factors])
    form = layout(
        _PREVIEW,
        xaxis={"title": label("quantity", axis)} | hover_title(label("quantity", axis)),
        yaxis=_FACTORS | {"title": _("Factor")},
        margin=margin(top=8),
        hovermode="x unified",
    )
    remarks: tuple[str, ...] = ()
    if isinstance(run.schedule, Plateau):
        remarks = (_("It falls where the validation loss rests, which nobody knows beforehand."),)
    figure = go.Figure({"data": [_line(x, y, style)], "layout": form})
    alt = _("The factor of the learning rate over the budget, from {first} to {last}.")
    said = alt.format(first=f"{y[0]:.4g}", last=f"{y[-1]:.4g}")
    return Chart(figure, {axis: x, "schedule_factor": y}, " ".join([said, *remarks]), remarks)
