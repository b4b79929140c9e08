"""Runs with different batch sizes: one loss against four measures of progress."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.curves import positions, without_points
from charts.lines import (
    ALL_RUNS,
    ValueAxis,
    hover_title,
    plain,
    thinned,
    to_last_finite,
    value_axis,
)
from charts.theme import Chart, axis, layout, margin
from engine import spread
from language import _, ngettext
from language.labels import inline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import History, RunHistory
    from engine.arrays import Array

AXES: Final = ("iterations", "epochs", "rows_seen", "seconds")
_HEIGHT: Final = 510
_SINGLE: Final = 420  # of one large chart
_LINEAR: Final = 20  # ratio of the longest run to the shortest up to which an axis is linear
_BEFORE: Final = 0.09  # of a logarithmic axis lie between step 0 and the first position above it
_AIR: Final = 0.03  # of such an axis at both of its edges


def loss_on_four_axes(
    history: History,
    styles: Sequence[RunStyle],
    quantity: str,
    axes: Sequence[str] = AXES,
    *,
    log: bool,
) -> Chart:
    """Return the same loss against iterations, epochs, rows and seconds, or one of them, large.

    Where one run is more than twenty times as long as another the axis is logarithmic. Step 0 then
    has a mark at its left edge, which a dotted line joins to the first point. Every line ends in a
    mark, where the run ended. A run that diverged for every seed ends in a cross and does not widen
    the loss axis beyond runs that did not. Remarks say where step 0 is, what a
    logarithmic loss axis cannot show and which runs have no point at all.
    """
    runs = [_run(history, number, style, quantity) for number, style in enumerate(styles)]
    alive = [run.values for run in runs if not run.is_lost]
    scale = ValueAxis.over(alive or [run.values for run in runs], log=log)
    is_single = len(axes) == 1
    panels = [
        _panel(number, name, history, runs, is_single=is_single) for number, name in enumerate(axes)
    ]
    titles = itertools.cycle([_title(quantity, history), None])  # those on the right have none
    form = layout(
        _SINGLE if is_single else _HEIGHT,
        showlegend=True,
        legend=marks.legend_above() | {"font": {"size": 14}},
        margin=margin(right=16, top=36),
        annotations=[note for panel in panels for note in panel.notes()],
        **ALL_RUNS,
    )
    for panel, title in zip(panels, titles, strict=False):
        form |= panel.axes(scale, title)
    traces = [trace for panel in panels for trace in panel.traces(runs, scale)]
    known = [(run.style.name, to_last_finite(run.values)) for run in runs]
    empty = [run.style for run in runs if not len(run.steps)]
    remarks = (
        *scale.remarks(known, log=log),
        *without_points(empty),
        *_words_of_zero(panels),
    )
    alt = _alt(history, runs, quantity, axes)
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        _numbers(runs, panels, quantity),
        " ".join([alt, *remarks]),
        remarks,
    )


class _Run(NamedTuple):
    """A run as it is drawn.

    Attributes:
        style: its name, colour and dash.
        legend: its name in the legend.
        steps: at which it was recorded.
        values: the median over its seeds at each step.
        is_lost: whether it diverged for every seed.
    """

    style: RunStyle
    legend: str
    steps: Any
    values: Array
    is_lost: bool


def _run(history: History, number: int, style: RunStyle, quantity: str) -> _Run:
    run = history.runs[number]
    series = getattr(run, quantity)
    return _Run(
        style,
        _legend(style, run),
        series.steps,
        spread(run, series).median,
        set(run.status) == {"diverged"},
    )


class _Panel(NamedTuple):
    """One of the axes against which the loss is drawn.

    Attributes:
        name: of the axis, one of ``AXES``.
        suffix: what the names of its axes end in for plotly.
        box: left, bottom, width and height in parts of the figure.
        positions: of every run, where its steps lie on the axis.
    """

    name: str
    suffix: str
    box: tuple[float, float, float, float]
    positions: list[Array]

    @property
    def ends(self) -> list[float]:
        """Return where the runs that have points end."""
        return [float(own[-1]) for own in self.positions if len(own)]

    @property
    def is_logarithmic(self) -> bool:
        """Tell whether the lengths of the runs are too different for one linear axis."""
        return max(self.ends, default=0) > _LINEAR * min(self.ends, default=0) > 0

    @property
    def has_mark_of_zero(self) -> bool:
        """Tell whether step 0 is marked at the edge, for want of a place on the axis."""
        begins = any(len(own) and own[0] == 0 for own in self.positions)
        return self.is_logarithmic and begins

    @property
    def decades(self) -> tuple[float, float]:
        """Return the powers of ten of the first position above 0 and of the last one."""
        above = [own[own > 0] for own in self.positions]
        return (
            float(np.log10(min(own.min() for own in above if len(own)))),
            float(np.log10(max(self.ends))),
        )

    @property
    def place_of_zero(self) -> float:
        """Return where step 0 is marked on a logarithmic axis."""
        low, high = self.decades
        return float(10 ** (low - _BEFORE * (high - low)))

    def across(self) -> dict[str, Any]:
        """Return scale, range and ticks of the horizontal axis."""
        plain_form = "~g" if self.name == "seconds" else ",~g"
        if not self.is_logarithmic:
            return {"type": "linear", "tickformat": plain_form}
        if not self.has_mark_of_zero:
            return {"type": "log", "dtick": 1, "tickformat": plain_form}
        low, high = self.decades
        begin, air = np.log10(self.place_of_zero), _AIR * (high - low)
        powers = range(math.ceil(low), math.floor(high) + 1)
        return {
            "type": "log",
            "range": [begin - air, high + air],
            "tickvals": [self.place_of_zero, *(10.0**power for power in powers)],
            "ticktext": ["0", *(f"{10.0**power:,.15g}" for power in powers)],
        }

    def axes(self, scale: ValueAxis, title: str | None) -> dict[str, Any]:
        """Return the options of both axes; the title is that of the loss."""
        left, bottom, width, height = self.box
        named = label("quantity", self.name)
        if self.is_logarithmic:
            named = _("{quantity} (logarithmic)").format(quantity=named)
        return {
            f"xaxis{self.suffix}": axis(
                title=named,
                domain=[left, left + width],
                anchor=f"y{self.suffix}",
                **self.across(),
                **hover_title(label("quantity", self.name)),
            ),
            f"yaxis{self.suffix}": axis(
                **value_axis(title, scale.limits, log=scale.log),
                domain=[bottom, bottom + height],
                anchor=f"x{self.suffix}",
            ),
        }

    def traces(self, runs: Sequence[_Run], scale: ValueAxis) -> list[Mark]:
        """Return every run's line with a mark at its end, and at step 0 on a logarithmic axis."""
        traces: list[Mark] = []
        for run, x in zip(runs, self.positions, strict=True):
            begin = 1 if self.has_mark_of_zero and len(x) and x[0] == 0 else 0
            y = to_last_finite(run.values)
            if begin and len(y):
                traces += self._beginning(run, x[:2], y[:2], scale)
            drawn_x, drawn_y = thinned(x[begin : len(y)], y[begin:])
            line = marks.line(drawn_x, drawn_y, run.style.colour, dash=run.style.dash)
            line |= scale.points(drawn_y)
            shared = marks.on_axes(self.suffix) | {"legendgroup": run.legend}
            named = {"name": plain(run.legend), "showlegend": not self.suffix}
            symbol = "x" if run.is_lost else "circle"
            end = marks.dots(line["x"][-1:], line["y"][-1:], run.style.colour, 9, symbol=symbol)
            traces += [line | named | shared, end | marks.SILENT | {"showlegend": False} | shared]
        return traces

    def _beginning(self, run: _Run, x: Array, y: Array, scale: ValueAxis) -> list[Mark]:
        """Return the mark of a run's step 0, and a dotted line to its next point if it has one."""
        drawn_x, heights = np.concatenate([[self.place_of_zero], x[1:]]), scale.drawn(y)
        shared = marks.on_axes(self.suffix) | {"legendgroup": run.legend, "showlegend": False}
        start = marks.dots(drawn_x[:1], heights[:1], run.style.colour, 7, symbol="circle")
        start |= {"customdata": y[:1], "hovertemplate": "%{customdata:.4g}<br>0"}
        start["name"] = plain(run.legend)
        joined = marks.line(drawn_x, heights, run.style.colour, 1, "dot") | marks.SILENT
        return [joined | shared, start | shared] if len(y) > 1 else [start | shared]

    def notes(self) -> list[Mark]:
        """Return a text if runs have no position, as is the case while seconds are not measured."""
        if not np.isnan(self.ends).any():
            return []
        left, bottom, width, height = self.box
        why = _("Some runs are not timed: training is<br>still going on, or timings vary too much.")
        note = marks.note(why, left + width / 2, bottom + height / 2)
        return [note | {"xref": "paper", "yref": "paper"}]


def _panel(
    number: int, name: str, history: History, runs: Sequence[_Run], *, is_single: bool
) -> _Panel:
    box = (0.54 * (number % 2), 0.6 * (1 - number // 2), 0.46, 0.4)
    own = [positions(history, index, run.steps, name) for index, run in enumerate(runs)]
    return _Panel(name, marks.panel_suffix(number), (0, 0, 1, 1) if is_single else box, own)


def _words_of_zero(panels: Sequence[_Panel]) -> tuple[str, ...]:
    """Return where step 0 is drawn if an axis has no place for it."""
    if not any(panel.has_mark_of_zero for panel in panels):
        return ()
    return (
        _(
            "A logarithmic axis has no place for 0, so step 0, where all runs begin, is a dot at"
            " the left edge."
        ),
    )


def _numbers(runs: Sequence[_Run], panels: Sequence[_Panel], quantity: str) -> dict[str, Array]:
    """Return the undecimated values: a row per point of every line."""
    columns = {"run": [np.full(len(run.values), run.style.name) for run in runs]}
    columns |= {panel.name: panel.positions for panel in panels}
    columns[quantity] = [run.values for run in runs]
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def _title(quantity: str, history: History) -> str:
    count = len(history.experiment.seeds)
    if count == 1:
        return label("quantity", quantity)
    median = ngettext("median of {count} seed", "median of {count} seeds", count)
    return f"{label('quantity', quantity)}<br>({median.format(count=count)})"


def _legend(style: RunStyle, run: RunHistory) -> str:
    """Return the name of a run in the legend, with how many of its seeds diverged, if any did."""
    diverged, seeds = run.status.count("diverged"), len(run.status)
    if not diverged or seeds == 1:
        return style.name
    text = _("{run}: {count} of {seeds} diverged")
    return text.format(run=style.name, count=diverged, seeds=seeds)


def _alt(history: History, runs: Sequence[_Run], quantity: str, axes: Sequence[str]) -> str:
    ends = []
    for number, run in enumerate(runs):
        drawn = to_last_finite(run.values)
        if not len(drawn):
            continue  # a remark names those without a point
        rows = positions(history, number, run.steps[-1:], "rows_seen")
        text = _("{run}: {loss} after {iterations} iterations and {rows} rows")
        ends.append(
            text.format(
                run=run.style.name,
                loss=f"{drawn[-1]:.4g}",
                iterations=f"{int(run.steps[-1]):,}",
                rows=f"{int(rows[0]):,}",
            )
        )
    title = _("{quantity} against: {axes}.").format(
        quantity=label("quantity", quantity),
        axes=", ".join(inline("quantity", name) for name in axes),
    )
    return title + " " + "; ".join(ends) + "."
