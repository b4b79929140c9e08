"""Which charts a sweep has: one list for its bundle and its report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from charts.best_of import best_of_settings
from charts.profiles import performance_profiles
from comparison.attempts import attempt
from comparison.sweep.charts import RATE, curves_chart, map_chart, rate_curves_of
from comparison.sweep.coordinates import coordinates_chart
from comparison.sweep.scores import or_first
from comparison.words.scores import (
    no_targets_words,
    price_words,
    problem_names,
    split_words,
    why_no_profile,
)
from comparison.words.sweeps import unfinished_words
from language import _
from sweeps.dimensions import dimension
from sweeps.scoring import price_of_tuning, profile, scoring

if TYPE_CHECKING:
    from collections.abc import Callable

    from charts.theme import Chart
    from comparison.sweep.look import Look
    from sweeps.scoring import Scoring

    Makers = dict[str, Callable[[], Chart]]
    Missing = dict[str, str]


def sweep_charts(look: Look) -> tuple[dict[str, Chart], dict[str, str]]:
    """Return the charts of a sweep as the page shows them, by their ids.

    Each says in its caption where the sweep has not finished.

    Returns:
        The charts, and a sentence for each chart that is missing.
    """
    makers: Makers = {"map": partial(map_chart, look)}
    missing: Missing = {}
    _add_curves(look, makers, missing)
    if look.lanes.done.any():
        makers["parallel"] = partial(coordinates_chart, look)
        found = scoring(look.lanes, look.page.choosing)
        _add_profiles(look, found, makers, missing)
        _add_price(look, found, makers, missing)
    else:
        missing |= dict.fromkeys(("parallel", "profiles", "price"), _nothing())
    missing["range_test"] = _("It is a training of its own: save it from its tab.")
    unfinished = tuple(unfinished_words(look.lanes))
    charts = {}
    for name, make in makers.items():
        chart = attempt(make, name)
        if isinstance(chart, str):
            missing[name] = chart
        else:
            charts[name] = _with_remarks(chart, *unfinished)
    return charts, missing


def sweep_chart_title(name: str) -> str:
    """Return what a chart of a sweep is called, by its id."""
    return {
        "map": _("Map"),
        "curves": _("Curves"),
        "parallel": _("Parallel coordinates"),
        "profiles": _("Over all problems"),
        "price": _("Price of tuning"),
        "range_test": _("Range test"),
    }[name]


def _add_curves(look: Look, makers: Makers, missing: Missing) -> None:
    curves = rate_curves_of(look)
    if curves.curves:
        makers["curves"] = partial(curves_chart, look, curves)
    elif dimension(look.spec, RATE) is None:
        missing["curves"] = _("The curves are drawn against the learning rate: add an axis of it.")
    else:
        missing["curves"] = _nothing()


def _add_profiles(look: Look, found: Scoring, makers: Makers, missing: Missing) -> None:
    """Add the times to the target over all problems."""
    if not look.spec.targets:
        missing["profiles"] = no_targets_words()
        return
    profiles = profile(found, or_first(look.page.target, len(look.spec.targets)))
    ratios, why_not = profiles.ratios, why_no_profile(found, profiles)
    if ratios is None or why_not is not None:
        missing["profiles"] = why_not or _nothing()
    else:
        makers["profiles"] = lambda: _with_remarks(
            performance_profiles(ratios, look.styles), *split_words(found)
        )


def _add_price(look: Look, found: Scoring, makers: Makers, missing: Missing) -> None:
    """Add how low the best of some settings ends, on the problem of the page."""
    problem = or_first(look.page.problem, len(found.problems))
    prices = [price_of_tuning(look.lanes, run, problem) for run in range(len(look.styles))]
    said = price_words(found, prices)
    name = problem_names(found.problems)[problem]
    if any(prices):
        makers["price"] = lambda: _with_remarks(
            best_of_settings(prices, look.styles, look.lanes.loss), *filter(None, [name]), *said
        )
    else:
        missing["price"] = " ".join(said)


def _with_remarks(chart: Chart, *remarks: str) -> Chart:
    """Return a chart with further remarks in its caption."""
    return chart._replace(remarks=(*chart.remarks, *remarks))


def _nothing() -> str:
    return _("Nothing is trained yet.")
