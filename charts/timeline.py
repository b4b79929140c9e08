"""Which rows are used when, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.theme import COLOURS, GREY, STRONG_BORDER, WARNING, Chart, layout, margin
from engine.counts import seen_shares, unseen_share
from language import _

if TYPE_CHECKING:
    from charts.marks import Mark
    from engine.arrays import Array, Integers
    from engine.training.plans import Timeline

WINDOW: Final = 40  # rows in the picture; more could not be distinguished
_HEIGHT: Final = 470
_HISTOGRAM: Final = 250
_TIMES: Final = 5  # columns of the histogram
_TICKS: Final = 12  # iterations or rows, up to which each has its number
_HALF_BAR: Final = 0.35  # columns from the middle of a bar to its edge
_TEXT: Final = 11  # pixels: "36.7%" must fit six times side by side in a third of the page


def rows_against_iterations(timeline: Timeline, first_row: int) -> Chart:
    """Return when each of some consecutive rows is used: a mark where it is in the batch.

    A row that is in a batch more than once has a mark with an edge; the numbers say how often. A
    row that an epoch leaves out has a line through that epoch, and no iteration in the numbers.

    Args:
        timeline: as ``engine.training.plans.timeline`` returns it.
        first_row: number of the first row of the window, counted from 1.
    """
    counts, epochs = timeline.counts, len(timeline.rows)
    last_row = min(first_row + WINDOW - 1, counts.rows)
    uses = _uses(timeline, first_row, last_row)
    left_out = _left_out(timeline, first_row, last_row)
    total = counts.per_epoch * epochs
    borders = counts.per_epoch * np.arange(epochs + 1) + 0.5
    form = layout(
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
        margin=margin(top=30),
        shapes=[marks.upright(float(x), STRONG_BORDER, dash="dot") for x in borders],
        annotations=[
            _epoch_title(number + 1, float(borders[number : number + 2].mean()))
            for number in range(epochs)
        ],
    )
    traces = [_left_out_lines(left_out, counts.per_epoch), _use_marks(uses, total)]
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        {
            "row": np.concatenate([uses.rows, left_out.rows]),
            "iteration": np.concatenate([uses.iterations, np.full(len(left_out.rows), np.nan)]),
            "epoch": np.concatenate([uses.epochs, left_out.epochs]),
            "times": np.concatenate([uses.times, np.zeros(len(left_out.rows), int)]),
        },
        _alt((first_row, last_row, counts.rows), epochs, len(left_out.rows)),
    )


def _alt(window: tuple[int, int, int], epochs: int, left_out: int) -> str:
    first, last, rows = (f"{row:,}" for row in window)
    shown = _("Rows {first} to {last} of {rows} against iterations; epochs shown: {epochs}.")
    marked = _("A mark shows that a row is in the batch; rows left out of an epoch: {count}.")
    written = shown.format(first=first, last=last, rows=rows, epochs=epochs)
    return written + " " + marked.format(count=left_out)


class _Uses(NamedTuple):
    """Rows in batches: each row, its iteration and epoch, and how often it is in that batch."""

    rows: Integers
    iterations: Integers
    epochs: Integers
    times: Integers


class _LeftOut(NamedTuple):
    """Rows that are not used in an epoch: each row and its epoch."""

    rows: Integers
    epochs: Integers


def _uses(timeline: Timeline, first_row: int, last_row: int) -> _Uses:
    inside = (timeline.rows >= first_row - 1) & (timeline.rows < last_row)
    used = np.stack([timeline.iterations[inside], timeline.rows[inside] + 1])
    (iterations, rows), times = np.unique(used, axis=1, return_counts=True)
    return _Uses(rows, iterations, (iterations - 1) // timeline.counts.per_epoch + 1, times)


def _left_out(timeline: Timeline, first_row: int, last_row: int) -> _LeftOut:
    epochs, rows = np.nonzero(timeline.times_seen[:, first_row - 1 : last_row] == 0)
    return _LeftOut(rows + first_row, epochs + 1)


def _use_marks(uses: _Uses, total: int) -> Mark:
    """Return a square for every use, with an edge where a row is in the batch more than once."""
    drawn = marks.dots(
        uses.iterations,
        uses.rows,
        [COLOURS[(epoch - 1) % 3 * 2] for epoch in uses.epochs],
        max(4.0, min(9.0, 620 / total - 1)),
        symbol="square",
        line={"color": GREY, "width": np.where(uses.times > 1, 2, 0)},
    )
    hover = _(
        "row %{y:,}<br>iteration %{x:,}<br>epoch %{customdata[0]}"
        "<br>times in the batch: %{customdata[1]}"
    )
    return drawn | {
        "customdata": np.stack([uses.epochs, uses.times], axis=1),
        "hovertemplate": hover + "<extra></extra>",
    }


def _left_out_lines(left_out: _LeftOut, per_epoch: int) -> Mark:
    """Return lines, separated by NaN, through the epochs that leave a row out."""
    gap = np.full(len(left_out.rows), np.nan)
    begin, end = (left_out.epochs - 1) * per_epoch + 0.6, left_out.epochs * per_epoch + 0.4
    x = np.stack([begin, end, gap], axis=1).ravel()
    y = np.stack([left_out.rows, left_out.rows, gap], axis=1).ravel()
    return marks.line(x, y, WARNING, 1.5) | marks.SILENT | {"opacity": 0.75}


def _epoch_title(number: int, x: float) -> Mark:
    title = marks.note(_("Epoch {number}").format(number=number), x, 1, size=13)
    return title | {"yref": "paper", "yanchor": "bottom"}


def times_seen(timeline: Timeline) -> Chart:
    """Return how often rows were used in an epoch: bars of counts, and the expected shares."""
    seen = timeline.times_seen
    most = max(int(seen.max()), 2)
    columns = min(most, _TIMES)
    shares = np.bincount(np.minimum(seen, columns).ravel(), minlength=columns + 1) / seen.size
    expected = seen_shares(timeline.counts, timeline.sampling, most)
    if most > columns:  # the last column holds all rows that are seen that often or more
        expected = np.append(expected[:columns], max(0.0, 1 - expected[:columns].sum()))
    names = [str(times) for times in range(columns + 1)]
    if most > columns:
        names[-1] = _("{times} or more").format(times=columns)
    form = layout(
        _HISTOGRAM,
        xaxis={
            "title": _("Times used in an epoch"),
            "range": [-0.5, columns + 0.5],
            "tickvals": np.arange(columns + 1),
            "ticktext": names,
            "showgrid": False,
        },
        yaxis={
            "title": _("Share of the rows"),
            "tickformat": ".0%",
            "range": [0, max(shares.max(), expected.max()) * 1.16],
            "showgrid": False,  # every bar has its number
        },
        bargap=1 - 2 * _HALF_BAR,
        margin=margin(top=16),
    )
    alt = _(
        "How often each row was used in an epoch. Never used: {seen}, expected {expected}."
    ).format(
        seen=f"{shares[0]:.1%}", expected=f"{unseen_share(timeline.counts, timeline.sampling):.1%}"
    )
    return Chart(
        go.Figure({"data": _shares_and_expected(shares, expected), "layout": form}),
        {"times": np.array(names), "share": shares, "expected_share": expected},
        alt,
    )


def _shares_and_expected(shares: Array, expected: Array) -> list[Mark]:
    """Return bars, a level line across each for what is expected, and the numbers above both."""
    x = np.arange(len(shares))
    bars = marks.bars(x, shares, [WARNING, *[COLOURS[0]] * (len(shares) - 1)])
    levels = marks.line(
        np.add.outer(x, [-_HALF_BAR, 0, _HALF_BAR, np.nan]).ravel(),
        np.repeat(expected, 4),
        GREY,
        2.5,
    )
    # Invisible dots keep the numbers clear of the levels, which would strike them through.
    numbers = marks.dots(x, np.maximum(shares, expected), None, 5, opacity=0)
    return [
        bars | {"hovertemplate": "%{y:.2%}<extra></extra>"},
        levels | {"hovertemplate": _("expected %{y:.2%}") + "<extra></extra>"},
        numbers
        | marks.SILENT
        | {
            "mode": "markers+text",
            "text": [f"{share:.1%}" if share else "0" for share in shares],
            "textposition": "top center",
            "textfont": {"size": _TEXT},
            "cliponaxis": False,
        },
    ]
