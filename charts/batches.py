"""Runs of different batch sizes: one loss, four ways to count how far they have come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.curves import positions, without_points
from charts.lines import ValueAxis, plain, thinned, to_last_finite, value_axis
from charts.theme import Chart, axis, layout
from engine import spread
from language import _, ngettext
from language.labels import inline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import History, RunHistory
    from engine.arrays import Array

AXES: Final = ("iterations", "epochs", "rows_seen", "seconds")
_HEIGHT: Final = 510
_SINGLE: Final = 420  # of one large chart
_LINEAR: Final = 20  # the longest run over the shortest up to which both can be seen on one scale


def loss_on_four_axes(
    history: History,
    styles: Sequence[RunStyle],
    quantity: str,
    axes: Sequence[str] = AXES,
    *,
    log: bool,
) -> Chart:
    """Return the same loss against iterations, epochs, rows and seconds, or one of them, large.

    Where one run is more than twenty times as long as another the axis is logarithmic, and step 0
    is not on it. Every line ends in a mark, where the run ended; a run that diverged for every seed
    ends in a cross and has no say in the range of the axis beside one that did not. What a
    logarithmic loss axis cannot show, and which run has no point at all, is said.
    """
    lines = [_median(history, number, quantity) for number in range(len(styles))]
    gone = [set(run.status) == {"diverged"} for run in history.runs]
    alive = [values for (_steps, values), lost in zip(lines, gone, strict=True) if not lost]
    scale = ValueAxis.over(alive or [values for _steps, values in lines], log=log)
    is_single = len(axes) == 1
    named = [
        replace(style, name=_named(style, run))
        for style, run in zip(styles, history.runs, strict=True)
    ]
    order = list(enumerate(lines))
    traces: list[dict[str, Any]] = []
    options: dict[str, Any] = {}
    numbers: dict[str, list[Array]] = {"run": []}
    notes: list[dict[str, Any]] = []
    for panel, name in enumerate(axes):
        suffix = "" if panel == 0 else str(panel + 1)
        left, bottom, width, height = _place(panel, is_single=is_single)
        ends = [
            float(positions(history, number, steps[-1:], name)[0])
            for number, (steps, _values) in order
            if len(steps)
        ]
        logarithmic = max(ends, default=0) > _LINEAR * min(ends, default=0) > 0
        title = label("quantity", name)
        options[f"xaxis{suffix}"] = axis(
            title=_("{quantity} (logarithmic)").format(quantity=title) if logarithmic else title,
            type="log" if logarithmic else "linear",
            dtick=1 if logarithmic else None,
            domain=[left, left + width],
            anchor=f"y{suffix}",
            tickformat="~g" if name == "seconds" else ",~g",
        )
        options[f"yaxis{suffix}"] = axis(
            **value_axis(
                _title(quantity, history) if panel % 2 == 0 else None, scale.limits, log=scale.log
            ),
            domain=[bottom, bottom + height],
            anchor=f"x{suffix}",
        )
        if np.isnan(ends).any():
            notes.append(_not_yet(left + width / 2, bottom + height / 2))
        for number, (style, (steps, values)) in enumerate(zip(named, lines, strict=True)):
            places = positions(history, number, steps, name)
            numbers.setdefault(name, []).append(places)
            begin = 1 if logarithmic and len(places) and places[0] == 0 else 0
            y = to_last_finite(values[begin:])
            x, y = thinned(places[begin : begin + len(y)], y)
            shown = {"x": x, **scale.points(y, "<br>%{x:.6~g}")}
            traces += _line(style, shown, suffix, first=panel == 0, diverged=gone[number])
    for style, (_steps, values) in zip(styles, lines, strict=True):
        numbers["run"].append(np.full(len(values), style.name))
        numbers.setdefault(quantity, []).append(values)
    form = layout(
        _SINGLE if is_single else _HEIGHT,
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 14}},
        margin={"l": 8, "r": 16, "t": 36, "b": 8},
        annotations=notes,
        **options,
    )
    figure = go.Figure({"data": traces, "layout": form})
    columns = {name: np.concatenate(parts) for name, parts in numbers.items()}
    known = [
        (style.name, to_last_finite(values))
        for style, (_steps, values) in zip(styles, lines, strict=True)
    ]
    empty = [style for style, (steps, _values) in zip(styles, lines, strict=True) if not len(steps)]
    said = *scale.words(known, log=log), *without_points(empty)
    alt = _alt(history, styles, lines, quantity, axes)
    return Chart(figure, columns, " ".join([alt, *said]), said)


def _place(panel: int, *, is_single: bool) -> tuple[float, float, float, float]:
    """Return left, bottom, width and height of a panel, in parts of the figure."""
    if is_single:
        return 0, 0, 1, 1
    return 0.54 * (panel % 2), 0.6 * (1 - panel // 2), 0.46, 0.4


def _median(history: History, number: int, quantity: str) -> tuple[Any, Array]:
    run = history.runs[number]
    series = getattr(run, quantity)
    return series.steps, spread(run, series).median


def _title(quantity: str, history: History) -> str:
    count = len(history.experiment.seeds)
    if count == 1:
        return label("quantity", quantity)
    median = ngettext("median of {count} seed", "median of {count} seeds", count)
    return f"{label('quantity', quantity)}<br>({median.format(count=count)})"


def _named(style: RunStyle, run: RunHistory) -> str:
    """Return what the legend calls a run: where some of its seeds diverged, it says so."""
    diverged, seeds = run.status.count("diverged"), len(run.status)
    if not diverged or seeds == 1:
        return style.name
    text = _("{run}: {count} of {seeds} diverged")
    return text.format(run=style.name, count=diverged, seeds=seeds)


def _not_yet(x: float, y: float) -> dict[str, Any]:
    return {
        "text": _("Not all runs have seconds: a training<br>goes on, or they vary too much."),
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": y,
        "showarrow": False,
    }


def _line(
    style: RunStyle, shown: dict[str, Any], suffix: str, *, first: bool, diverged: bool
) -> list[dict[str, Any]]:
    shared = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "legendgroup": style.name}
    end = {
        "symbol": "x" if diverged else "circle",
        "size": 9,
        "color": style.colour,
    }
    return [
        {
            "type": "scatter",
            **shown,
            "mode": "lines",
            "line": {"color": style.colour, "dash": style.dash, "width": 2},
            "name": plain(style.name),
            "showlegend": first,
            **shared,
        },
        {
            "type": "scatter",
            "x": shown["x"][-1:],
            "y": shown["y"][-1:],
            "mode": "markers",
            "marker": end,
            "showlegend": False,
            "hoverinfo": "skip",
            **shared,
        },
    ]


def _alt(
    history: History,
    styles: Sequence[RunStyle],
    lines: Sequence[tuple[Any, Array]],
    quantity: str,
    axes: Sequence[str],
) -> str:
    ends = []
    for number, (style, (steps, values)) in enumerate(zip(styles, lines, strict=True)):
        drawn = to_last_finite(values)
        if not len(drawn):
            continue  # which of them have no point is said apart
        rows = positions(history, number, steps[-1:], "rows_seen")
        text = _("{run}: {loss} after {iterations} iterations and {rows} rows")
        ends.append(
            text.format(
                run=style.name,
                loss=f"{drawn[-1]:.4g}",
                iterations=f"{int(steps[-1]):,}",
                rows=f"{int(rows[0]):,}",
            )
        )
    title = _("{quantity} against: {axes}.").format(
        quantity=label("quantity", quantity),
        axes=", ".join(inline("quantity", name) for name in axes),
    )
    return title + " " + "; ".join(ends) + "."
