"""A range test of the learning rate, over what the same run reaches at each rate by itself."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.curves import over_seeds
from charts.lines import (
    ALL_RUNS,
    End,
    ValueAxis,
    end_labels,
    hover_title,
    plain,
    run_line,
    value_axis,
)
from charts.sensitivity import marks_above, rate_lines
from charts.theme import AROUND_PLOT, BAND, BORDER, HEIGHT, Chart, layout, margin, translucent
from language import _, ngettext

if TYPE_CHECKING:
    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import RangeTest, RateCurve
    from engine.arrays import Array

_MARK: Final = 15  # pixels that a mark above the line is high
_TOP: Final = 12  # pixels above the plot, where no name is
_AIR: Final = 0.03  # left and right of the lines, as a share of the axis
_RAW: Final = 1.0  # pixels of the losses that are not smoothed
_FAINT: Final = 2 * BAND  # their opacity
_GREYS: Final = (7, 15, 4)  # styles of what is not a run; the last is ochre, for a grey run


def range_test_chart(test: RangeTest, curve: RateCurve, style: RunStyle) -> Chart:
    """Return the loss along a range test, over the final losses of the same run at each rate.

    A line marks the upper end of the loss axis, as in the chart of the sweep. Above it, a cross
    stands for what diverged and a triangle for a higher loss.

    Args:
        test: result of ``engine.range_test``.
        curve: of the same run, from ``engine.rate_curves``. A range test is never drawn without it,
            for by itself it seems to tell the best rate, which it does not.
        style: name, colour and dash of the run; the range test has a colour and a dash of its own.
    """
    line = _line(test, style)
    scale = _loss_axis(test, curve, line)
    low, top = scale.limits
    row = _MARK / (HEIGHT - AROUND_PLOT) * (top - low)
    above = _above(test, curve, (style, line.style), scale, row)
    high = max((mark["y"] + row for mark in above), default=top)
    border = [marks.level(scale.top, BORDER, dash="dot")] if above else []
    across = _across(test, curve)
    ends = [end for end in (_end_of_curve(curve, style, scale), line.end(scale)) if end is not None]
    labels = end_labels(
        ends, (low, high), HEIGHT - AROUND_PLOT, log=scale.log, across=across, log_across=True
    )
    rates = {"title": _("Learning rate"), "type": "log", "tickformat": "~g", "dtick": 1}
    form = layout(
        HEIGHT + labels.above,
        xaxis=rates | {"range": across} | hover_title(_("Learning rate"), ".3~g"),
        yaxis=value_axis(_title(curve), (low, top), log=scale.log) | {"range": (low, high)},
        margin=margin(right=labels.room, top=_TOP + labels.above),
        shapes=[*border, *labels.leaders],
        annotations=[*above, *labels.notes],
        **ALL_RUNS,
    )
    named = [(_sweep(style), curve.losses), (line.name, line.losses)]
    below = scale.remarks(named, log=True)
    return Chart(
        go.Figure({"data": _traces(test, curve, style, line, scale), "layout": form}),
        _numbers(test, curve),
        " ".join([_alt(test, curve, style), *below]),
        (*_remarks(test, curve), *_above_words(above), *below),
    )


class _Line(NamedTuple):
    """The line of a range test.

    Attributes:
        style: how it appears.
        rates: its places across.
        losses: its heights; smoothed, if there is a whole window.
    """

    style: RunStyle
    rates: Array
    losses: Array

    @property
    def name(self) -> str:
        """Return what it is called."""
        return _("{run}: range test").format(run=self.style.name)

    def seen(self, scale: ValueAxis) -> Array:
        """Return its heights with gaps where they lie above the axis."""
        return np.where(self.losses <= scale.top, self.losses, np.nan)

    def end(self, scale: ValueAxis) -> End | None:
        """Return where its name is written, at the last point that is seen; None without one.

        Where it left the axis at the top, that is above the plot, beside all lines.
        """
        y = self.seen(scale)
        seen = np.flatnonzero(np.isfinite(y))
        if not len(seen):
            return None
        last = seen[-1]
        place = scale.place(float(y[last])) if last == len(y) - 1 else math.inf
        return End(self.style, place, float(np.log10(self.rates[last])), _("{run}: range test"))


def _line(test: RangeTest, style: RunStyle) -> _Line:
    """Return the line of a range test, in a look that the run does not have."""
    looks = [replace(style, number=number) for number in _GREYS]
    look = next(one for one in looks if one.colour != style.colour and one.dash != style.dash)
    if len(test.smoothed):
        return _Line(look, test.smoothed_rates, test.smoothed)
    return _Line(look, test.rates, test.median)


def _sweep(style: RunStyle) -> str:
    return _("{run}: sweep").format(run=style.name)


def _end_of_curve(curve: RateCurve, style: RunStyle, scale: ValueAxis) -> End | None:
    """Return where the name of the sweep is written, at its star; None without one in sight.

    Its last point often lies among those of the range test.
    """
    best = curve.best
    if best is None or curve.losses[best] > scale.top:
        return None
    y, x = scale.place(float(curve.losses[best])), float(np.log10(curve.rates[best]))
    return End(style, y, x, _("{run}: sweep"))


def _loss_axis(test: RangeTest, curve: RateCurve, line: _Line) -> ValueAxis:
    """Return the axis of losses that are not far above that of the start; higher ones failed."""
    start = float(np.median(curve.scores[0].training_loss.first))
    losses = np.concatenate([curve.losses, *curve.quartiles, line.losses, test.median])
    seen = losses[np.isfinite(losses) & (losses <= start + 2 * abs(start))]
    return ValueAxis.over([np.append(seen, start)], log=True)


def _across(test: RangeTest, curve: RateCurve) -> tuple[float, float]:
    """Return the range of the rates, in powers of ten."""
    ends = np.log10([test.rates[0], test.rates[-1], curve.rates[0], curve.rates[-1]])
    low, high = float(ends.min()), float(ends.max())
    air = _AIR * (high - low) or 0.5
    return low - air, high + air


def _traces(
    test: RangeTest, curve: RateCurve, style: RunStyle, line: _Line, scale: ValueAxis
) -> list[Mark]:
    """Return the losses of the range test, raw and smoothed, and the sweep with its star."""
    traces: list[Mark] = []
    if line.losses is not test.median and test.window > 1:
        raw = np.where(test.median <= scale.top, test.median, np.nan)
        faint = translucent(line.style.colour, _FAINT)
        thin = marks.line(test.rates, raw, faint, _RAW) | scale.points(raw)
        traces.append(thin | marks.SILENT | {"hovertemplate": None})
    y = line.seen(scale)
    named = {"name": plain(line.name)}
    traces.append(run_line(line.rates, y, line.style) | scale.points(y) | named)
    swept = rate_lines([curve], [style], scale)
    own = {"name": plain(_sweep(style))}
    return traces + [trace | (own if "name" in trace else {}) for trace in swept]


def _above(
    test: RangeTest,
    curve: RateCurve,
    styles: tuple[RunStyle, RunStyle],
    scale: ValueAxis,
    row: float,
) -> list[Mark]:
    """Return the marks above the axis: those of the sweep, and over them where the test broke."""
    own, other = styles
    above = marks_above([curve], [own], scale, row)
    if test.half_diverged_at is None:
        return above
    y = scale.limits[1] + row * (1.75 if above else 0.75)
    cross = marks.note("✕", float(np.log10(test.half_diverged_at)), y, other.colour, 15)
    words = _("{run}: the range test diverged at {rate}")
    said = words.format(run=plain(own.name), rate=f"{test.half_diverged_at:.3g}")
    return [*above, cross | {"hovertext": said}]


def _numbers(test: RangeTest, curve: RateCurve) -> dict[str, Array]:
    """Return a row for every update of the range test and every rate of the sweep."""
    updates, rates = len(test.rates), len(curve.rates)
    means = np.full(updates, np.nan)
    half = test.window // 2
    means[half : half + len(test.smoothed)] = test.smoothed
    tested = {"batch_loss": test.median, f"mean_of_{test.window}_around": means}
    swept: dict[str, Any] = {_loss_of(curve): curve.losses}
    if curve.seeds > 1:
        swept["lower_quartile"], swept["upper_quartile"] = curve.quartiles
        swept["diverged_share"] = curve.diverged
    if test.window == 1:
        tested = {"batch_loss": test.median}
    nothing, without = np.full(rates, np.nan), np.full(updates, np.nan)
    return {
        "kind": np.repeat(["range_test", "sweep"], [updates, rates]),
        "learning_rate": np.concatenate([test.rates, curve.rates]),
        **{name: np.concatenate([values, nothing]) for name, values in tested.items()},
        **{name: np.concatenate([without, values]) for name, values in swept.items()},
    }


def _title(curve: RateCurve) -> str:
    """Return the title of the axis, which two kinds of losses share."""
    if _loss_of(curve) == "validation_loss":
        return _("Loss (range test: of batches; sweep: validation)")
    return _("Loss (range test: of batches; sweep: training)")


def _loss_of(curve: RateCurve) -> str:
    """Return which loss the sweep ends with."""
    has_validation = curve.scores[0].validation_loss is not None
    return "validation_loss" if has_validation else "training_loss"


def _remarks(test: RangeTest, curve: RateCurve) -> list[str]:
    """Return what each line is, and what a range test cannot tell."""
    loss, updates = over_seeds("batch_loss", test.losses.shape[1]), len(test.rates)
    text = ngettext(
        "range test: {loss}, before each of {count} update whose rate grows from {low} to {high}",
        "range test: {loss}, before each of {count} updates whose rate grows from {low} to {high}",
        updates,
    )
    ends = {"low": f"{test.rates[0]:.3g}", "high": f"{test.rates[-1]:.3g}"}
    said = [text.format(loss=loss, count=f"{updates:,}", **ends)]
    if test.window > 1 and len(test.smoothed):
        mean = _(
            "its line: the mean of {count} updates around each, seed by seed; thin: without it"
        )
        said.append(mean.format(count=test.window))
    loss = over_seeds(_loss_of(curve), curve.seeds)
    text = _("sweep: {loss}, at the end of a whole training at each rate")
    said.append(text.format(loss=loss))
    if curve.seeds > 1:
        said.append(_("its band: the quartiles of its seeds"))
    if curve.best is not None:
        said.append(_("★ the best of the rates that were tried"))
    why = _(
        "a range test is one short training whose rate never stays, so it shows where training"
        " breaks, not which rate ends lowest"
    )
    return [*said, why]


def _above_words(above: list[Mark]) -> tuple[str, ...]:
    return (_("above the line: ▲ a higher loss, ✕ diverged"),) if above else ()


def _alt(test: RangeTest, curve: RateCurve, style: RunStyle) -> str:
    lowest, breaks = (
        "–" if rate is None else f"{rate:.3g}" for rate in (test.rises_from, test.breaks_at)
    )
    best = "–" if curve.best is None else f"{curve.rates[curve.best]:g}"
    text = _(
        "Loss of {run} against the learning rate: along a range test, and at the end of a sweep."
        " The range test is lowest at {lowest} and breaks at {breaks}. Best rate of the sweep:"
        " {best}."
    )
    return text.format(run=style.name, lowest=lowest, breaks=breaks, best=best)
