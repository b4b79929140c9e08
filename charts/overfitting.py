"""Training and validation loss of one run, with the epochs that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from charts import marks
from charts.lines import (
    ALL_RUNS,
    End,
    ValueAxis,
    end_labels,
    hover_title,
    thinned,
    to_last_finite,
    value_axis,
)
from charts.theme import HIGHLIGHT, OVERFITTING, UNDERFITTING, Chart, RunStyle, layout, margin
from language import _

if TYPE_CHECKING:
    from charts.marks import Mark
    from engine.analysis.overfitting import Epochs
    from engine.arrays import Array

_HEIGHT: Final = 450
_TOP: Final = 44  # pixels above the plot: two names of epochs, one over the other
_AROUND_PLOT: Final = _TOP + 70
_NAMES: Final = 0.09  # room above the lines for names of regions, as a share of the value axis
_EDGE: Final = 0.15  # share of the axis at either end where a name would leave the picture


def two_losses(losses: Epochs, stop: int | None, *, log: bool) -> Chart:
    """Return training and validation loss, the best epoch, and where patience would have stopped.

    Epochs at which the loss has not yet come near its lowest level are shaded as underfitting;
    those at which it has risen from that level again as overfitting.

    Args:
        losses: as ``engine.analysis.overfitting.epoch_losses`` returns them.
        stop: the epoch at which the patience rule would have stopped, or None.
        log: whether the loss axis is logarithmic.
    """
    styles = (RunStyle(_("Training loss"), 0), RunStyle(_("Validation loss"), 1))
    lines = [to_last_finite(losses.training), to_last_finite(losses.validation)]
    values = ValueAxis.over(lines, log=log)
    low, high = values.limits
    limits = low, high + _NAMES * (high - low)
    last = int(losses.epochs[-1])
    named = [(style, line) for style, line in zip(styles, lines, strict=True) if len(line)]
    ends = [
        End(style, values.place(float(line[-1])), float(losses.epochs[len(line) - 1]))
        for style, line in named
    ]
    across = (0.0, last * 1.01)
    plot = _HEIGHT - _AROUND_PLOT
    labels = end_labels(ends, limits, plot, log=values.log, across=across)
    epochs = _marked_epochs(losses, stop)
    regions = _regions(losses, last)
    form = layout(
        _HEIGHT,
        xaxis={"title": _("Epochs"), "range": across, "tickformat": ",d"}
        | hover_title(_("Epochs"), ",d"),
        yaxis=value_axis(_("Loss"), limits, log=values.log),
        margin=margin(right=labels.room, top=_TOP),
        shapes=[
            *(_region(left, right, fill) for left, right, fill, _text in regions),
            *(_upright(epoch) for epoch, _symbol, _text in epochs),
            *labels.leaders,
        ],
        annotations=[
            *(_region_name(left, right, text) for left, right, _fill, text in regions),
            *(_name(epoch, last, row, text) for row, (epoch, _s, text) in enumerate(epochs)),
            *labels.notes,
        ],
        **ALL_RUNS,
    )
    traces = [_line(style, line, losses, values) for style, line in zip(styles, lines, strict=True)]
    traces += [_mark(epoch, losses, symbol, values) for epoch, symbol, _text in epochs]
    remarks = values.remarks([(styles[0].name, lines[0]), (styles[1].name, lines[1])], log=log)
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        _numbers(losses),
        " ".join([_alt(losses, stop), *remarks]),
        remarks,
    )


def _numbers(losses: Epochs) -> dict[str, Any]:
    return {
        "epoch": losses.epochs,
        "training_loss": losses.training,
        "validation_loss": losses.validation,
    }


def _line(style: RunStyle, losses_of_epochs: Array, losses: Epochs, values: ValueAxis) -> Mark:
    x, y = thinned(losses.epochs[: len(losses_of_epochs)].astype(float), losses_of_epochs)
    drawn = marks.line(x, y, style.colour, 2.5, style.dash) | {"name": style.name}
    return drawn | values.points(y)


def _marked_epochs(losses: Epochs, stop: int | None) -> list[tuple[int, str, str]]:
    """Return the epochs that have a mark: each with plotly's symbol and its name."""
    best = _("best epoch {epoch}").format(epoch=f"{losses.best:,}")
    marked = [(losses.best, "star", f"{marks.coloured('★', HIGHLIGHT)} {best}")]
    if stop is not None:
        stopped = _("patience stops at {epoch}").format(epoch=f"{stop:,}")
        marked.append((stop, "square", f"{marks.coloured('■', HIGHLIGHT)} {stopped}"))
    return marked


def _mark(epoch: int, losses: Epochs, symbol: str, values: ValueAxis) -> Mark:
    y = losses.validation[[epoch]]
    drawn = marks.dots([epoch], values.drawn(y), HIGHLIGHT, 14, symbol=symbol)
    return drawn | marks.SILENT | {"cliponaxis": False}


def _upright(epoch: int) -> Mark:
    return marks.upright(epoch, HIGHLIGHT, dash="dot") | {"layer": "below"}


def _name(epoch: int, last: int, row: int, text: str) -> Mark:
    """Return the name of an epoch, above the plot; each has a row of its own."""
    share = epoch / max(last, 1)
    return marks.note(text, epoch, 1, size=14) | {
        "xanchor": "left" if share < _EDGE else "right" if share > 1 - _EDGE else "center",
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": row * _TOP / 2,
    }


def _regions(losses: Epochs, last: int) -> list[tuple[int, int, str, str]]:
    """Return the shaded epochs: first, last, colour and name of each region."""
    regions = []
    if losses.verdict != "diverged":
        few = last if losses.verdict == "underfits" else losses.near[0]
        regions.append((0, few, UNDERFITTING, _("underfitting")))
    if losses.verdict == "overfits":
        regions.append((losses.near[1], last, OVERFITTING, _("overfitting")))
    return [region for region in regions if region[0] != region[1]]


def _region(left: int, right: int, fill: str) -> Mark:
    return marks.region(left, right, fill) | {"layer": "below"}


def _region_name(left: int, right: int, text: str) -> Mark:
    """Return the name of a region, above the lines at its outer edge."""
    at_left = left == 0
    return marks.note(text, left if at_left else right, 1, size=14) | {
        "xanchor": "left" if at_left else "right",
        "yref": "paper",
        "yanchor": "top",
    }


def _alt(losses: Epochs, stop: int | None) -> str:
    text = _(
        "Training and validation loss against epochs. Lowest validation loss {loss} at epoch"
        " {best}; at epoch {last} it is {end}, the training loss {training}."
    ).format(
        loss=f"{losses.validation[losses.best]:.4g}",
        best=losses.best,
        last=int(losses.epochs[-1]),
        end=f"{losses.validation[-1]:.4g}",
        training=f"{losses.training[-1]:.4g}",
    )
    if stop is not None:
        text += " " + _("Patience would have stopped at epoch {epoch}.").format(epoch=stop)
    return text
