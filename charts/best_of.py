"""The price of tuning: how low a run ends when only so many of its settings are tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import (
    ALL_RUNS,
    End,
    ValueAxis,
    end_labels,
    hidden_words,
    hover_title,
    none_shown,
    run_line,
    shown,
    value_axis,
)
from charts.theme import AROUND_PLOT, HEIGHT, Chart, layout, margin
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import BestOf
    from engine.arrays import Array, Integers

_STRIP: Final = 90  # pixels for the probability that all diverged, below the losses
_GAP: Final = 0.06  # between them, as a share of the height


@dataclass(frozen=True, eq=False)
class _Price:
    """The best of some settings of a run, as it is drawn; arrays are ``(numbers of settings,)``.

    Attributes:
        style: how the run appears.
        drawn: how many settings are drawn.
        low: lower quartile of the lowest loss.
        median: median of it.
        high: upper quartile of it.
        all_diverged: probability that all that are drawn diverged.
        tried: how many settings there are to draw from.
    """

    style: RunStyle
    drawn: Integers
    low: Array
    median: Array
    high: Array
    all_diverged: Array
    tried: int

    @property
    def is_finite(self) -> Any:
        """Tell where the median is finite: from a number of settings on."""
        return np.isfinite(self.median)


def best_of_settings(
    prices: Sequence[Sequence[BestOf]], styles: Sequence[RunStyle], loss: str
) -> Chart:
    """Return the lowest loss of k settings against k: its median, and a band between quartiles.

    A line begins where its median is finite. Where settings diverged anywhere, the probability that
    all of k did is drawn below.

    Args:
        prices: of each run, by rising numbers of settings; empty where nothing is known.
        styles: names, colours and dashes of the runs, in the same order.
        loss: its id, "validation_loss" or "training_loss".
    """
    seen, left_out = shown(styles), hidden_words(styles)
    if not seen:
        form = layout(HEIGHT, annotations=[none_shown()])
        return Chart(go.Figure({"data": [], "layout": form}), {}, " ".join(left_out), left_out)
    chart = _drawn([_price(prices[n], styles[n]) for n in seen if prices[n]], loss)
    alt = " ".join([chart.alt, *left_out])
    return chart._replace(alt=alt, remarks=(*chart.remarks, *left_out))


def _price(steps: Sequence[BestOf], style: RunStyle) -> _Price:
    def column(name: str) -> Array:
        return np.array([getattr(one, name) for one in steps])

    low, median, high, share = map(column, ("low", "median", "high", "all_diverged"))
    drawn = np.array([one.drawn for one in steps])
    return _Price(style, drawn, low, median, high, share, steps[0].tried)


def _drawn(prices: Sequence[_Price], loss: str) -> Chart:
    scale = _loss_axis(prices)
    has_strip = any(one.all_diverged.any() for one in prices)
    height = HEIGHT + _STRIP if has_strip else HEIGHT
    floor = _STRIP / height + _GAP if has_strip else 0.0
    plot = (1 - floor) * (height - AROUND_PLOT)
    labels = end_labels(_ends(prices, scale), scale.limits, plot, log=scale.log)
    most = max((one.tried for one in prices), default=1)
    form = layout(
        height,
        xaxis=_settings_axis(most) | ({"anchor": "y2"} if has_strip else {}),
        yaxis=value_axis(_title(loss), scale.limits, log=scale.log) | {"domain": (floor, 1)},
        margin=margin(right=labels.room),
        annotations=labels.notes,
        shapes=labels.leaders,
        **ALL_RUNS,
        **({"yaxis2": _strip_axis(floor - _GAP)} if has_strip else {}),
    )
    traces = [trace for one in prices for trace in _traces(one, scale)]
    if has_strip:
        traces += [_all_diverged(one) for one in prices]
    below = scale.remarks([(one.style.name, one.median) for one in prices], log=True)
    remarks = (*_remarks(prices), *below)
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        _numbers(prices, loss) if prices else {},
        " ".join([_alt(prices, loss), *remarks]),
        remarks,
    )


def _title(loss: str) -> str:
    return _("{loss} of the best").format(loss=label("quantity", loss))


def _loss_axis(prices: Sequence[_Price]) -> ValueAxis:
    """Return the axis for all medians, and for the quartiles beside them where they are finite."""
    parts = [part for one in prices for part in (one.low, one.median, one.high)]
    return ValueAxis.over(parts, log=True)


def _ends(prices: Sequence[_Price], scale: ValueAxis) -> list[End]:
    """Return where lines end; where they do not end together, with how many settings there are."""
    is_equal = len({one.tried for one in prices}) == 1
    text = "{run}" if is_equal else _("{run}, best of {count}")
    return [
        End(
            one.style,
            scale.place(float(one.median[-1])),
            words=text.format(run="{run}", count=f"{one.tried:,}"),
        )
        for one in prices
        if one.is_finite[-1]
    ]


def _settings_axis(most: int) -> dict[str, Any]:
    title = _("Settings that are tried")
    end = float(np.log10(most)) or 1.0
    ticks = [digit * 10**power for power in range(9) for digit in (1, 2, 5)]
    return {
        "title": title,
        "type": "log",
        "range": (0, end),
        "tickvals": [tick for tick in ticks if tick <= max(most, 10)],
        "tickformat": "~s" if most >= 10_000 else "~g",
    } | hover_title(title, ",d")


def _strip_axis(top: float) -> dict[str, Any]:
    """Return the axis of the probabilities that all diverged, below the losses."""
    return {
        "domain": (0, top),
        "zeroline": False,
        "range": (-0.08, 1.08),
        "tickvals": (0, 1),
        "tickformat": ".0%",
        "title": _("All diverged"),
    }


def _traces(price: _Price, scale: ValueAxis) -> list[Mark]:
    """Return the band and the line of a run, from where they are finite."""
    # All quartiles fall while more settings are drawn: what is finite once stays so.
    is_banded = np.isfinite(price.high)
    x = price.drawn[is_banded].astype(float)
    low, high = price.low[is_banded], price.high[is_banded]
    band = marks.band((x, scale.drawn(low)), (x, scale.drawn(high)), price.style.colour)
    x, y = price.drawn[price.is_finite], price.median[price.is_finite]
    form = {"mode": "lines+markers", "marker": {"size": 5}}
    return [band, run_line(x, y, price.style) | scale.points(y) | form]


def _all_diverged(price: _Price) -> Mark:
    drawn = run_line(price.drawn, price.all_diverged, price.style)
    return drawn | {"yaxis": "y2", "hovertemplate": "%{y:.1%}"}


def _numbers(prices: Sequence[_Price], loss: str) -> dict[str, np.ndarray[Any, Any]]:
    """Return a row for every run and number of settings."""
    counts = [len(one.drawn) for one in prices]
    return {
        "run": np.repeat([one.style.name for one in prices], counts),
        "settings": np.concatenate([one.drawn for one in prices]),
        "of": np.repeat([one.tried for one in prices], counts),
        loss: np.concatenate([one.median for one in prices]),
        "lower_quartile": np.concatenate([one.low for one in prices]),
        "upper_quartile": np.concatenate([one.high for one in prices]),
        "all_diverged": np.concatenate([one.all_diverged for one in prices]),
    }


def _remarks(prices: Sequence[_Price]) -> tuple[str, ...]:
    """Return what the lines are, and where they have no finite median."""
    said = [_("Lines: median of the lowest loss; bands: its quartiles.")]
    starts = {
        one.style.name: int(one.drawn[one.is_finite][0]) for one in prices if one.is_finite.any()
    }
    late = {name: start for name, start in starts.items() if start > 1}
    if late:
        text = _("{run} at {count} settings")
        written = ", ".join(text.format(run=run, count=count) for run, count in late.items())
        text = _(
            "A line begins where fewer than half of the draws hold nothing but settings that"
            " diverged: {runs}."
        )
        said.append(text.format(runs=written))
    never = [one.style.name for one in prices if not one.is_finite.any()]
    if never:
        text = _("Without a line, because even the best of all settings diverged: {runs}.")
        said.append(text.format(runs=", ".join(never)))
    if len({one.tried for one in prices}) > 1:
        text = _("The runs have unequal numbers of settings: {counts}.")
        counts = ", ".join(f"{one.style.name} {one.tried:,}" for one in prices)
        said.append(text.format(counts=counts))
    return tuple(said)


def _alt(prices: Sequence[_Price], loss: str) -> str:
    text = _("{run} {first} with 1, {last} with {count}")
    written = [
        text.format(
            run=one.style.name,
            first=_number(one.median[0]),
            last=_number(one.median[-1]),
            count=f"{one.tried:,}",
        )
        for one in prices
    ]
    text = _("{loss} of the best of some settings against their number, one line per run: {runs}.")
    return text.format(loss=label("quantity", loss), runs=", ".join(written) or "–")


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "∞"
