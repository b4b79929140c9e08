"""What a range test says, and how its rates compare with the best one of the sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from charts.lines import factor_text
from language import _, ngettext

if TYPE_CHECKING:
    from engine import RangeTest, RateCurve

_SAME: Final = 1.05  # times; less is no difference that could be seen


def range_test_words(test: RangeTest, curve: RateCurve) -> list[str]:
    """Return sentences on where the loss falls, where it breaks, and where the sweep is best.

    Args:
        test: result of ``engine.range_test``.
        curve: of the same run, from ``engine.rate_curves``.
    """
    return [*_falls(test), *_lowest(test), *_breaks(test), *_diverged(test), _best(test, curve)]


def _falls(test: RangeTest) -> list[str]:
    if test.steepest is None:
        return [_("Along the range test, no fall of the loss stands out.")]
    text = _("Along the range test, the loss falls fastest around a rate of {rate}.")
    return [text.format(rate=_written(test.steepest))]


def _lowest(test: RangeTest) -> list[str]:
    if test.rises_from is not None:
        text = _("It is lowest at {rate}, and not as low again.")
        return [text.format(rate=_written(test.rises_from))]
    if test.breaks_at is not None:  # before any loss could be smoothed
        return []
    text = _("It is lowest at its highest rates, up to {rate}: higher ones may break it.")
    return [text.format(rate=_written(float(test.rates[-1])))]


def _breaks(test: RangeTest) -> list[str]:
    if test.breaks_at is not None:
        text = _("It breaks at {rate}: from there on, the loss stays above that of its beginning.")
        return [text.format(rate=_written(test.breaks_at))]
    text = _("It does not break: at {rate}, the loss is still no higher than at its beginning.")
    return [text.format(rate=_written(float(test.rates[-1])))]


def _diverged(test: RangeTest) -> list[str]:
    """Return how many seeds diverged, and at which rates."""
    gone = test.diverged_at[~np.isnan(test.diverged_at)]
    if not len(gone):
        return []
    low, high = _written(float(gone.min())), _written(float(gone.max()))
    where = low if low == high else _("{low} to {high}").format(low=low, high=high)
    seeds = len(test.diverged_at)
    if seeds == 1:
        return [_("It diverged at {rate}.").format(rate=where)]
    text = ngettext(
        "{count} of {seeds} seeds diverged, at {rate}.",
        "{count} of {seeds} seeds diverged, at {rate}.",
        len(gone),
    )
    return [text.format(count=len(gone), seeds=seeds, rate=where)]


def _best(test: RangeTest, curve: RateCurve) -> str:
    """Return the best rate of the sweep, and how far it is from where the range test breaks."""
    best = curve.best
    if best is None:
        return _("The sweep has no best rate: the run diverged at each of them.")
    rate = curve.rates[best]
    text = {
        None: _("The sweep's best rate is {rate}"),
        "low": _("The sweep's best rate is {rate}, at the edge of what was tried"),
        "high": _("The sweep's best rate is {rate}, at the edge of what was tried"),
    }[curve.edge]
    said = text.format(rate=_written(rate))
    if test.breaks_at is None:
        return f"{said}."
    return f"{said}: {_apart(rate, test.breaks_at)}"


def _apart(rate: float, breaks: float) -> str:
    """Return how a rate compares with the one at which the range test breaks."""
    factor = factor_text(max(rate / breaks, breaks / rate))
    if max(rate, breaks) < _SAME * min(rate, breaks):
        return _("about where the range test breaks.")
    if rate < breaks:
        return _("{factor} times lower than where the range test breaks.").format(factor=factor)
    return _("{factor} times higher than where the range test breaks.").format(factor=factor)


def _written(rate: float) -> str:
    return f"{rate:.3g}"
