"""What a range test says, and the rate it suggests beside the best one of the sweep.

The rate that is read off a range test is that of the steepest fall of the loss. Another habit, a
tenth of the rate at which the loss is lowest, is not followed here.

Source:
    The rate of the steepest fall is ``lr_steep`` of fastai's ``lr_find``, and what the finders of
    PyTorch Lightning and of pytorch-lr-finder suggest. Smith (2017), arXiv:1506.01186, reads two
    bounds instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from comparison.words.scheduled import schedule_sign
from engine.rules.schedules import Constant
from language import _, ngettext

if TYPE_CHECKING:
    from engine import RangeTest, RateCurve, Run

_SAME: Final = 1.05  # times; less is no difference that could be seen


def range_test_words(test: RangeTest, curve: RateCurve) -> list[str]:
    """Return sentences on where the loss falls, where it breaks, and what follows for the rate.

    The last one is the conclusion.

    Args:
        test: result of ``engine.range_test``.
        curve: of the same run, from ``engine.rate_curves``.
    """
    return [_falls(test), *_lowest(test), _breaks(test), *_diverged(test), _concluded(test, curve)]


def replaced_words(run: Run) -> list[str]:
    """Return that a range test leaves a run's schedule aside; nothing where there is none."""
    if run.schedule == Constant():
        return []
    text = _(
        "The run's schedule ({sign}) is left aside here, for the growing rate takes its place; the"
        " sweep's trainings have it."
    )
    return [text.format(sign=schedule_sign(run.schedule))]


def _falls(test: RangeTest) -> str:
    if test.steepest is None:
        return _("Along the range test, no fall of the loss stands out.")
    text = _("Along the range test, the loss falls fastest around {rate}.")
    return text.format(rate=_about(test.steepest))


def _lowest(test: RangeTest) -> list[str]:
    if test.rises_from is not None:
        return [_("It is lowest at {rate}.").format(rate=_written(test.rises_from))]
    if test.breaks_at is not None:  # before any loss could be smoothed
        return []
    text = _("It is lowest at the highest rates, up to {rate}.")
    return [text.format(rate=_written(float(test.rates[-1])))]


def _breaks(test: RangeTest) -> str:
    if test.breaks_at is not None:
        text = _("From {rate} on, it stays above its first value.")
        return text.format(rate=_written(test.breaks_at))
    text = _("At {rate}, it is still no higher than at first.")
    return text.format(rate=_written(float(test.rates[-1])))


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


def _concluded(test: RangeTest, curve: RateCurve) -> str:
    """Return the rate that the range test alone suggests, beside the best one of the sweep."""
    best = None if curve.best is None else float(curve.rates[curve.best])
    edge = "" if curve.edge is None else " " + _("That is the edge of what was tried.")
    if test.steepest is None:
        if best is None:
            return _(
                "A range test alone suggests no rate, and whole trainings diverged at every rate."
            )
        text = _("A range test alone suggests no rate; whole trainings were lowest at {rate}.")
        return text.format(rate=_written(best)) + edge
    suggested = _about(test.steepest)
    if best is None:
        text = _(
            "A range test alone would have suggested about {suggested}; whole trainings"
            " diverged at every rate."
        )
        return text.format(suggested=suggested)
    if max(best, test.steepest) < _SAME * min(best, test.steepest):
        text = _(
            "A range test alone would have suggested about {suggested}, and whole trainings were"
            " lowest there, too."
        )
        return text.format(suggested=suggested) + edge
    text = _(
        "A range test alone would have suggested about {suggested}; whole trainings were lowest at"
        " {rate}."
    )
    return text.format(suggested=suggested, rate=_written(best)) + edge


def _about(rate: float) -> str:
    return f"{rate:.2g}"


def _written(rate: float) -> str:
    return f"{rate:.3g}"
