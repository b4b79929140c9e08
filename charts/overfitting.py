"""Training and validation loss of one run, with the epochs that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from charts.lines import ValueAxis, end_labels, thinned, to_last_finite, value_axis
from charts.theme import COLOURS, Chart, RunStyle, layout
from language import _

if TYPE_CHECKING:
    from engine.analysis.overfitting import Epochs

_HEIGHT: Final = 450
_TOP: Final = 44  # pixels above the plot: two names of epochs, one over the other
_MARGINS: Final = _TOP + 50
_NAMES: Final = 0.09  # of the value axis, above the lines: names of regions
_EDGE: Final = 0.15  # of the axis, where a name would leave the picture
_UNDER: Final = "rgba(160, 116, 10, 0.10)"
_OVER: Final = "rgba(213, 94, 0, 0.10)"


def two_losses(losses: Epochs, stop: int | None, *, log: bool) -> Chart:
    """Return training and validation loss, the best epoch, and where patience would have stopped.

    Epochs whose level has not yet come near its lowest are shaded as too few; those whose level has
    risen from it as too many, where the run overfits.

    Args:
        losses: of ``engine.analysis.overfitting.epoch_losses``.
        stop: the epoch of the patience rule, None where it would not have stopped.
        log: whether the loss axis is logarithmic.
    """
    styles = (RunStyle(_("Training loss"), 0), RunStyle(_("Validation loss"), 1))
    lines = [to_last_finite(losses.training), to_last_finite(losses.validation)]
    values = ValueAxis.over(lines, log=log)
    low, high = values.limits
    limits = low, high + _NAMES * (high - low)
    traces: list[dict[str, Any]] = []
    ends: list[tuple[RunStyle, float]] = []
    for style, line in zip(styles, lines, strict=True):
        x, y = thinned(losses.epochs[: len(line)].astype(float), line)
        traces.append(
            {
                "type": "scatter",
                "x": x,
                **values.points(y, f"<br>{_('Epochs')} %{{x}}"),
                "mode": "lines",
                "line": {"color": style.colour, "dash": style.dash, "width": 2.5},
                "name": style.name,
            }
        )
        if len(line):
            ends.append((style, values.place(float(line[-1]))))
    last = int(losses.epochs[-1])
    shapes, notes = _regions(losses, last)
    marked = [(losses.best, "star", "★", _("best epoch {epoch}"))]
    if stop is not None:
        marked.append((stop, "square", "■", _("patience stops at {epoch}")))
    for row, (epoch, symbol, sign, text) in enumerate(marked):
        traces.append(_mark(epoch, losses, symbol, values))
        shapes.append(_upright(epoch))
        notes.append(_name(epoch, last, row, f"{sign} {text.format(epoch=f'{epoch:,}')}"))
    figure = go.Figure(
        {
            "data": traces,
            "layout": layout(
                _HEIGHT,
                xaxis={"title": _("Epochs"), "range": [0, last * 1.01], "tickformat": ",d"},
                yaxis=value_axis(_("Loss"), limits, log=values.log),
                margin={"l": 8, "r": 130, "t": _TOP, "b": 8},
                shapes=shapes,
                annotations=[*notes, *_end_names(ends, limits)],
            ),
        }
    )
    numbers = {
        "epoch": losses.epochs,
        "training_loss": losses.training,
        "validation_loss": losses.validation,
    }
    named = [(style.name, line) for style, line in zip(styles, lines, strict=True)]
    said = values.words(named, log=log)
    return Chart(figure, numbers, " ".join([_alt(losses, stop), *said]), said)


def _end_names(
    ends: list[tuple[RunStyle, float]], limits: tuple[float, float]
) -> list[dict[str, Any]]:
    styles, places = [style for style, _place in ends], [place for _look, place in ends]
    return end_labels(styles, places, limits, _HEIGHT - _MARGINS)


def _mark(epoch: int, losses: Epochs, symbol: str, values: ValueAxis) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [epoch],
        **values.points(losses.validation[[epoch]], "<extra></extra>"),
        "mode": "markers",
        "marker": {"symbol": symbol, "size": 14, "color": COLOURS[1]},
        "cliponaxis": False,
    }


def _upright(epoch: int) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": epoch,
        "x1": epoch,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": COLOURS[1], "width": 1, "dash": "dot"},
        "layer": "below",
    }


def _name(epoch: int, last: int, row: int, text: str) -> dict[str, Any]:
    """Return the name of an epoch, above the plot; each has a row of its own."""
    share = epoch / max(last, 1)
    return {
        "text": text,
        "x": epoch,
        "xanchor": "left" if share < _EDGE else "right" if share > 1 - _EDGE else "center",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": row * _TOP / 2,
        "showarrow": False,
        "font": {"size": 14, "color": COLOURS[1]},
    }


def _regions(losses: Epochs, last: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the shaded epochs with their names, which stand above the lines."""
    regions = []
    if losses.verdict != "diverged":
        few = last if losses.verdict == "underfits" else losses.near[0]
        regions.append((0, few, _UNDER, _("underfitting")))
    if losses.verdict == "overfits":
        regions.append((losses.near[1], last, _OVER, _("overfitting")))
    shapes, notes = [], []
    for left, right, colour, text in regions:
        if left == right:
            continue
        shapes.append(
            {
                "type": "rect",
                "x0": left,
                "x1": right,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "fillcolor": colour,
                "line": {"width": 0},
                "layer": "below",
            }
        )
        at_left = left == 0
        notes.append(
            {
                "text": text,
                "x": left if at_left else right,
                "xanchor": "left" if at_left else "right",
                "y": 1,
                "yref": "paper",
                "yanchor": "top",
                "showarrow": False,
                "font": {"size": 14},
            }
        )
    return shapes, notes


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
