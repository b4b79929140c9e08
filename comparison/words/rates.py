"""What a sweep of learning rates says of every run, and why its best rates may not be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charts.lines import factor_text
from comparison.words.results import written
from engine import distinct_runs
from engine.analysis.rates import GOOD, good_rates
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import Experiment, RateCurve


def rate_rows(curves: Sequence[RateCurve], styles: Sequence[RunStyle]) -> list[dict[str, str]]:
    """Return a row for every run: its best rate, and what that rests on."""
    return [
        _row(curve, style, good)
        for curve, style, good in zip(curves, styles, good_rates(curves), strict=True)
    ]


def good_words() -> str:
    """Return what good rates are."""
    text = _(
        "Rates around the best one that end with at most {factor:g} times the lowest loss of all"
        " runs."
    )
    return text.format(factor=GOOD)


def _row(curve: RateCurve, style: RunStyle, good: tuple[float, float] | None) -> dict[str, str]:
    best = curve.best
    row = {_("Run"): style.name, _("Best rate"): "–", _("Loss there"): "–"}
    row |= {_("Good rates"): "–", _("Diverged there"): "–", _("Note"): _edge_words(curve)}
    if best is None:
        return row
    scores = curve.scores[best]
    row[_("Best rate")] = f"{curve.rates[best]:g}"
    row[_("Loss there")] = _loss_words(curve, best)
    row[_("Diverged there")] = f"{scores.status.count('diverged')} / {len(scores.status)}"
    if good is not None:
        low, high = good
        text = _("{low:g} to {high:g} (× {factor})") if low < high else "{low:g}"
        row[_("Good rates")] = text.format(low=low, high=high, factor=factor_text(high / low))
    return row


def _loss_words(curve: RateCurve, best: int) -> str:
    """Return the median of the final loss at the best rate, and its quartiles over the seeds."""
    loss = written(float(curve.losses[best]))
    if len(curve.scores[best].status) == 1:
        return loss
    low, high = (written(float(ends[best])) for ends in curve.quartiles)
    return _("{loss} ({low} to {high})").format(loss=loss, low=low, high=high)


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
