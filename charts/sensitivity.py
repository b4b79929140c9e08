"""How much the result depends on the learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.curves import over_seeds
from charts.lines import (
    ALL_RUNS,
    ValueAxis,
    factor_text,
    hidden_words,
    hover_title,
    none_shown,
    plain,
    run_line,
    shown,
    value_axis,
)
from charts.theme import BORDER, HEIGHT, WARNING, Chart, layout, margin
from engine.analysis.rates import GOOD, good_rates
from language import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine.analysis.rates import RateCurve
    from engine.arrays import Array, Booleans

_AROUND_PLOT: Final = 110  # pixels of the height for legend, axis title and ticks, about
_MARK: Final = 15  # pixels that a mark above the line is high
_SHADE: Final = 0.08  # opacity where every run diverged
_CLEARLY: Final = 4.0  # times; more than the step between two rates
_STRIP: Final = 90  # pixels for the shares that diverged, below the losses
_GAP: Final = 0.06  # between them, as a share of the height


def rate_sensitivity(curves: Sequence[RateCurve], styles: Sequence[RunStyle]) -> Chart:
    """Return the final loss of every run against the learning rate: medians and quartiles of seeds.

    Rates at which every run diverged are shaded. A line marks the upper end of the loss axis.
    Above it, a cross stands for a run that diverged and a triangle for a higher loss. Where only
    some seeds diverged anywhere, their share is drawn below.

    Args:
        curves: result of ``engine.rate_curves``.
        styles: names, colours and dashes of the runs, in the same order.
    """
    seen, left_out = shown(styles), hidden_words(styles)
    if not seen:
        form = layout(HEIGHT, annotations=[none_shown()])
        return Chart(go.Figure({"data": [], "layout": form}), {}, " ".join(left_out), left_out)
    chart = _sensitivity([curves[n] for n in seen], [styles[n] for n in seen])
    alt = " ".join([chart.alt, *left_out])
    return chart._replace(alt=alt, remarks=(*chart.remarks, *left_out))


def _sensitivity(curves: Sequence[RateCurve], styles: Sequence[RunStyle]) -> Chart:
    one = curves[0].scores[0]
    scale = _loss_axis(curves, float(np.median(one.training_loss.first)))
    low, top = scale.limits
    seeds = max(curve.seeds for curve in curves)
    has_strip = seeds > 1 and any(curve.diverged.any() for curve in curves)
    height = HEIGHT + _STRIP if has_strip else HEIGHT
    row_height = _MARK / (HEIGHT - _AROUND_PLOT) * (top - low)
    above = marks_above(curves, styles, scale, row_height)
    shaded = _all_diverged(curves)
    border = [marks.level(scale.top, BORDER, dash="dot")] if above else []
    high = max((mark["y"] + row_height for mark in above), default=top)
    loss = "validation_loss" if one.validation_loss is not None else "training_loss"
    losses = value_axis(over_seeds(loss, seeds), (low, top), log=scale.log)
    strip, traces = _strip(curves, styles, height) if has_strip else ({}, [])
    form = layout(
        height,
        xaxis={"title": _("Learning rate"), "type": "log", "tickformat": "~g", "dtick": 1}
        | hover_title(_("Learning rate"), "~g")
        | ({"anchor": "y2"} if has_strip else {}),
        yaxis=losses | {"range": (low, high)} | ({"domain": strip["above"]} if has_strip else {}),
        showlegend=True,
        legend=marks.legend_above(),
        margin=margin(right=16, top=40),
        shapes=[*shaded, *border],
        annotations=above,
        **ALL_RUNS,
        **({"yaxis2": strip["axis"]} if has_strip else {}),
    )
    named = [(s.name, c.losses) for s, c in zip(styles, curves, strict=True)]
    below = scale.remarks(named, log=True)
    return Chart(
        go.Figure({"data": rate_lines(curves, styles, scale) + traces, "layout": form}),
        _numbers(curves, styles, loss),
        " ".join([_alt(curves, styles), *below]),
        (
            _("★ the best of the rates that were tried"),
            *([_("above the line: ▲ a higher loss, ✕ diverged")] if above else []),
            *([_("shaded: every run diverged")] if shaded else []),
            *_widths(curves, styles),
            *below,
        ),
    )


def _numbers(
    curves: Sequence[RateCurve], styles: Sequence[RunStyle], loss: str
) -> dict[str, Array]:
    """Return a row for every run and rate."""
    quartiles = [curve.quartiles for curve in curves]
    columns: dict[str, Array] = {
        "run": np.repeat([style.name for style in styles], [len(c.rates) for c in curves]),
        "learning_rate": np.concatenate([curve.rates for curve in curves]),
        loss: np.concatenate([curve.losses for curve in curves]),
    }
    if max(curve.seeds for curve in curves) > 1:
        columns["lower_quartile"] = np.concatenate([low for low, _high in quartiles])
        columns["upper_quartile"] = np.concatenate([high for _low, high in quartiles])
        columns["diverged_share"] = np.concatenate([curve.diverged for curve in curves])
    return columns


def _all_diverged(curves: Sequence[RateCurve]) -> list[Mark]:
    """Return the shade from the lowest rate from which on every run diverged, if there is one."""
    rates = sorted({rate for curve in curves for rate in curve.rates})
    alive = [
        rate
        for curve in curves
        for rate, loss in zip(curve.rates, curve.losses, strict=True)
        if np.isfinite(loss)
    ]
    beyond = [rate for rate in rates if not alive or rate > max(alive)]
    if not beyond:
        return []
    return [marks.region(beyond[0], rates[-1] * 2, WARNING) | {"opacity": _SHADE}]


def _loss_axis(curves: Sequence[RateCurve], start: float) -> ValueAxis:
    """Return the axis of losses that are not far above that of the start; higher ones failed."""
    losses = np.concatenate([[*curve.losses, *np.ravel(curve.quartiles)] for curve in curves])
    finite = losses[np.isfinite(losses)]
    return ValueAxis.over([np.append(finite[finite <= start + 2 * abs(start)], start)], log=True)


def rate_lines(
    curves: Sequence[RateCurve], styles: Sequence[RunStyle], scale: ValueAxis
) -> list[Mark]:
    """Return the band and the line of every run, with a star at its best rate."""
    traces: list[Mark] = []
    for style, curve in zip(styles, curves, strict=True):
        losses, rates = curve.losses, list(curve.rates)
        if curve.seeds > 1:
            traces.append(_band(curve, style, scale))
        y = np.where(_below(losses, scale), losses, np.nan)
        form = {"mode": "lines+markers", "marker": {"size": 6}}
        traces.append(run_line(rates, y, style) | scale.points(y) | form)
        best = curve.best
        if best is not None:
            star = marks.star([rates[best]], scale.drawn(losses[[best]]), style.colour, 12)
            traces.append(star | marks.SILENT | {"showlegend": False})
    return traces


def _band(curve: RateCurve, style: RunStyle, scale: ValueAxis) -> Mark:
    """Return the area between the quartiles; what lies above the axis ends at its upper end."""
    rates = np.array(curve.rates)
    low, high = (scale.drawn(np.minimum(part, scale.top)) for part in curve.quartiles)
    return marks.band((rates, low), (rates, high), style.colour) | {"showlegend": False}


def _below(losses: Array, scale: ValueAxis) -> Booleans:
    """Tell which losses lie below the upper end of the axis."""
    return losses <= scale.top


def _strip(
    curves: Sequence[RateCurve], styles: Sequence[RunStyle], height: int
) -> tuple[dict[str, Any], list[Mark]]:
    """Return the axes of the shares that diverged, below the losses, and a line for every run."""
    share = _STRIP / height
    axis = {
        "domain": (0, share - _GAP),
        "range": (-0.08, 1.08),
        "tickvals": (0, 1),
        "tickformat": ".0%",
        "title": _("Diverged"),
    }
    traces = [
        run_line(list(curve.rates), curve.diverged, style)
        | {
            "yaxis": "y2",
            "showlegend": False,
            "hovertemplate": "%{y:.0%}",
        }
        for style, curve in zip(styles, curves, strict=True)
    ]
    return {"axis": axis, "above": (share + _GAP, 1)}, traces


def marks_above(
    curves: Sequence[RateCurve], styles: Sequence[RunStyle], scale: ValueAxis, row_height: float
) -> list[Mark]:
    """Return marks above the upper end of the axis: triangles for losses, crosses for divergence.

    They stand one above the other where several runs leave the axis at the same rate.
    """
    above: list[Mark] = []
    for style, curve in zip(styles, curves, strict=True):
        others = [mark["x"] for mark in above]
        for rate, loss in zip(curve.rates, curve.losses, strict=True):
            if _below(loss, scale):
                continue
            x, is_finite = float(np.log10(rate)), bool(np.isfinite(loss))
            y = scale.limits[1] + row_height * (0.75 + others.count(x))
            hover = _("{run}: {loss}") if is_finite else _("{run} diverged")
            words = hover.format(run=plain(style.name), loss=f"{loss:.4g}")
            mark = marks.note("▲" if is_finite else "✕", x, y, style.colour, 15)
            above.append(mark | {"hovertext": words})
    return above


def _widths(curves: Sequence[RateCurve], styles: Sequence[RunStyle]) -> list[str]:
    """Return which run depends least on its rate and which most: how far its good rates reach."""
    ranges = {style.name: good for style, good in zip(styles, good_rates(curves), strict=True)}
    factors = {name: good[1] / good[0] for name, good in ranges.items() if good is not None}
    without = [name for name, good in ranges.items() if good is None]
    said = []
    if factors and without:
        text = _("no rate of {runs} ends with at most {good:g} times the lowest loss of all")
        said.append(text.format(runs=", ".join(without), good=GOOD))
    return [*said, *_least_and_most(factors)]


def _least_and_most(factors: Mapping[str, float]) -> list[str]:
    """Return whose good rates reach furthest and least far, by names of runs."""
    if len(factors) < 2:
        return []
    least, most = max(factors, key=factors.__getitem__), min(factors, key=factors.__getitem__)
    if factors[least] < _CLEARLY * factors[most]:
        text = _(
            "none of {runs} is clearly less sensitive than another: their good rates, which end"
            " with at most {good:g} times the lowest loss of all, span about as much"
        )
        return [text.format(runs=", ".join(factors), good=GOOD)]
    text = _(
        "least sensitive: {least}, which ends with at most {good:g} times the lowest loss of all at"
        " rates a factor of {wide} apart; most sensitive: {most}, a factor of {narrow}"
    )
    far = {"wide": factor_text(factors[least]), "narrow": factor_text(factors[most])}
    return [text.format(least=least, most=most, good=GOOD, **far)]


def _alt(curves: Sequence[RateCurve], styles: Sequence[RunStyle]) -> str:
    best = ", ".join(
        f"{style.name} {curve.rates[curve.best]:g}"
        for style, curve in zip(styles, curves, strict=True)
        if curve.best is not None
    )
    return _("Final loss against the learning rate, one line per run. Best rates: {best}.").format(
        best=best
    )
