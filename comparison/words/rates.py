"""What a sweep of learning rates says of every run, and why its best rates may not be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.words.results import written
from engine import distinct_runs
from engine.analysis.rates import GOOD
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import Experiment, RateCurve


def rate_rows(curves: Sequence[RateCurve], styles: Sequence[RunStyle]) -> list[dict[str, str]]:
    """Return a row for every run: its best rate, and what that rests on."""
    return [_row(curve, style) for curve, style in zip(curves, styles, strict=True)]


def _row(curve: RateCurve, style: RunStyle) -> dict[str, str]:
    best, good = curve.best, curve.good()
    row = {_("Run"): style.name, _("Best rate"): "–", _("Loss there"): "–"}
    reach = _("Rates with at most {factor:g} × that loss").format(factor=GOOD)
    row |= {reach: "–", _("Diverged there"): "–", _("Note"): _edge_words(curve)}
    if best is None:
        return row
    scores = curve.scores[best]
    row[_("Best rate")] = f"{curve.rates[best]:g}"
    row[_("Loss there")] = written(float(curve.losses[best]))
    row[_("Diverged there")] = f"{scores.status.count('diverged')} / {len(scores.status)}"
    if good is not None:
        low, high = good
        text = _("{low:g} to {high:g} (× {factor:.3g})") if low < high else "{low:g}"
        row[reach] = text.format(low=low, high=high, factor=high / low)
    return row


def _edge_words(curve: RateCurve) -> str:
    """Return what limits the claim that a rate is the best."""
    if curve.best is None:
        return _("diverged at every rate")
    if curve.edge is not None:
        return _("at the edge of what was tried: the best may lie beyond")
    return _("the best of {count}").format(count=len(curve.rates))


def why_no_best_rates(experiment: Experiment, curves: Sequence[RateCurve]) -> str | None:
    """Return why the best rates cannot be taken; None where they can."""
    if len(distinct_runs(experiment.runs)) < len(experiment.runs):
        return _(
            "Some runs differ in their learning rate alone: with the best rate they would be the"
            " same."
        )
    if any({"", "stopped"} & set(one.status) for curve in curves for one in curve.scores):
        return _("Training at the nine rates has not finished.")
    if any(curve.best is None for curve in curves):
        return _("A run that diverged at every rate has no best one.")
    return None
