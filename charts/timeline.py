"""Which rows are used when, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.theme import COLOURS, Chart, layout
from engine.counts import seen_shares, unseen_share
from language import _

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.training.plans import Timeline

WINDOW: Final = 40  # rows in the picture; more could not be told apart
_HEIGHT: Final = 470
_HISTOGRAM: Final = 250
_TIMES: Final = 5  # columns of the histogram
_TICKS: Final = 12  # iterations or rows up to which each has its number
_LEFT_OUT: Final = "#d55e00"
_EDGE: Final = "#7f7f7f"
_MARK: Final = 0.35  # columns from the middle of a bar to its edge
_TEXT: Final = 11  # pixels: "36.7%" six times side by side in a third of the page


def rows_against_iterations(timeline: Timeline, first_row: int) -> Chart:
    """Return when each of some consecutive rows is used: a mark where it is in the batch.

    A row that is in a batch more than once has a mark with an edge, and how often in the numbers. A
    row that an epoch leaves out has a line through that epoch, and no iteration in the numbers.

    Args:
        timeline: of ``engine.training.plans.timeline``.
        first_row: number of the first row of the window, from 1.
    """
    counts, epochs = timeline.counts, len(timeline.rows)
    last_row = min(first_row + WINDOW - 1, counts.rows)
    inside = (timeline.rows >= first_row - 1) & (timeline.rows < last_row)
    used = np.stack([timeline.iterations[inside], timeline.rows[inside] + 1])
    (iterations, rows), times = np.unique(used, axis=1, return_counts=True)
    epoch = (iterations - 1) // counts.per_epoch + 1
    unseen = timeline.times_seen[:, first_row - 1 : last_row] == 0
    total = counts.per_epoch * epochs
    narrow = max(1.0, min(9.0, 620 / total - 1))
    left_out = np.nonzero(unseen)[0] + 1, np.nonzero(unseen)[1] + first_row
    left_out_x, left_out_y = _through(*left_out, counts.per_epoch)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": left_out_x,
            "y": left_out_y,
            "mode": "lines",
            "line": {"color": _LEFT_OUT, "width": 1.5},
            "opacity": 0.75,
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "x": iterations,
            "y": rows,
            "mode": "markers",
            "marker": {
                "symbol": "square",
                "size": max(4.0, narrow),
                "color": [COLOURS[(number - 1) % 3 * 2] for number in epoch],
                "line": {"color": _EDGE, "width": np.where(times > 1, 2, 0)},
            },
            "customdata": np.stack([epoch, times], axis=1),
            "hovertemplate": _(
                "row %{y:,}<br>iteration %{x:,}<br>epoch %{customdata[0]}"
                "<br>times in the batch: %{customdata[1]}"
            )
            + "<extra></extra>",
        },
    ]
    borders = counts.per_epoch * np.arange(epochs + 1) + 0.5
    figure = go.Figure(
        {
            "data": traces,
            "layout": layout(
                _HEIGHT,
                xaxis={
                    "title": _("Iterations"),
                    "range": [0.5 - 0.01 * total, total + 0.5 + 0.01 * total],
                    "tickformat": ",d",
                    "dtick": 1 if total <= _TICKS else None,
                    "showgrid": False,
                },
                yaxis={
                    "title": _("Row"),
                    "range": [last_row + 0.8, first_row - 0.8],
                    "tickformat": ",d",
                    "dtick": 1 if last_row - first_row < _TICKS else None,
                    "showgrid": False,
                },
                margin={"l": 8, "r": 8, "t": 30, "b": 8},
                shapes=[_border(float(place)) for place in borders],
                annotations=[
                    _epoch_title(number + 1, float(borders[number : number + 2].mean()))
                    for number in range(epochs)
                ],
            ),
        }
    )
    return Chart(
        figure,
        {
            "row": np.concatenate([rows, left_out[1]]),
            "iteration": np.concatenate([iterations, np.full(len(left_out[1]), np.nan)]),
            "epoch": np.concatenate([epoch, left_out[0]]),
            "times": np.concatenate([times, np.zeros(len(left_out[0]), int)]),
        },
        _("Rows {first} to {last} of {rows} against iterations; epochs shown: {epochs}.").format(
            first=f"{first_row:,}", last=f"{last_row:,}", rows=f"{counts.rows:,}", epochs=epochs
        )
        + " "
        + _(
            "A mark where a row is in the batch; {count} times a row is left out of an epoch."
        ).format(count=len(left_out[1])),
    )


def _through(epoch: Integers, row: Integers, per_epoch: int) -> tuple[Array, Array]:
    """Return lines, separated by NaN, through the epochs that leave a row out."""
    nothing = np.full(len(epoch), np.nan)
    x = np.stack([(epoch - 1) * per_epoch + 0.6, epoch * per_epoch + 0.4, nothing], axis=1)
    y = np.stack([row, row, nothing], axis=1)
    return x.ravel(), y.ravel()


def _border(place: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": place,
        "x1": place,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": "rgba(128, 128, 128, 0.8)", "width": 1, "dash": "dot"},
    }


def _epoch_title(number: int, place: float) -> dict[str, Any]:
    return {
        "text": _("Epoch {number}").format(number=number),
        "x": place,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 13},
    }


def times_seen(timeline: Timeline) -> Chart:
    """Return how often rows were used in an epoch: counted bars, and what is expected of them."""
    seen = timeline.times_seen
    most = max(int(seen.max()), 2)
    columns = min(most, _TIMES)
    shares = np.bincount(np.minimum(seen, columns).ravel(), minlength=columns + 1) / seen.size
    expected = seen_shares(timeline.counts, timeline.sampling, most)
    if most > columns:  # the last column stands for all that are seen as often or more
        expected = np.append(expected[:columns], max(0.0, 1 - expected[:columns].sum()))
    names = [str(times) for times in range(columns + 1)]
    if most > columns:
        names[-1] = _("{times} or more").format(times=columns)
    places = np.arange(columns + 1)
    traces = [
        {
            "type": "bar",
            "x": places,
            "y": shares,
            "marker": {"color": [_LEFT_OUT, *[COLOURS[0]] * columns]},
            "hovertemplate": "%{y:.2%}<extra></extra>",
        },
        {
            "type": "scatter",
            "x": np.add.outer(places, [-_MARK, 0, _MARK, np.nan]).ravel(),
            "y": np.repeat(expected, 4),
            "mode": "lines",
            "line": {"width": 2.5, "color": _EDGE},
            "hovertemplate": _("expected %{y:.2%}") + "<extra></extra>",
        },
        {
            "type": "scatter",
            "x": places,
            "y": np.maximum(shares, expected),  # above the mark, which would strike it through
            "text": [f"{share:.1%}" if share else "0" for share in shares],
            "mode": "markers+text",
            "marker": {"size": 5, "opacity": 0},  # keeps the text clear of the mark
            "textposition": "top center",
            "textfont": {"size": _TEXT},
            "cliponaxis": False,
            "hoverinfo": "skip",
        },
    ]
    figure = go.Figure(
        {
            "data": traces,
            "layout": layout(
                _HISTOGRAM,
                xaxis={
                    "title": _("Times used in an epoch"),
                    "range": [-0.5, columns + 0.5],
                    "tickvals": places,
                    "ticktext": names,
                    "showgrid": False,
                },
                yaxis={
                    "title": _("Share of the rows"),
                    "tickformat": ".0%",
                    "range": [0, max(shares.max(), expected.max()) * 1.16],
                    "showgrid": False,  # every bar has its number
                },
                bargap=1 - 2 * _MARK,
                margin={"l": 8, "r": 8, "t": 16, "b": 8},
            ),
        }
    )
    alt = _("How often rows were used in an epoch. Never: {seen}, expected {expected}.").format(
        seen=f"{shares[0]:.1%}", expected=f"{unseen_share(timeline.counts, timeline.sampling):.1%}"
    )
    return Chart(
        figure, {"times": np.array(names), "share": shares, "expected_share": expected}, alt
    )
