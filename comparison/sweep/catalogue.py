"""Which charts a sweep has: one list for its bundle and its report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

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
from language import N_, _
from sweeps.dimensions import dimension
from sweeps.scoring import price_of_tuning, profile, scoring, settings_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from charts.theme import Chart
    from comparison.sweep.look import Look

_NOTHING: Final = N_("Nothing is trained yet.")


def sweep_charts(look: Look) -> tuple[dict[str, Chart], dict[str, str]]:
    """Return the charts of a sweep as the page shows them, by their ids.

    Each says in its caption where the sweep has not finished.

    Returns:
        The charts, and a sentence for each chart that is missing.
    """
    made = {name: attempt(partial(make, look), name) for name, (_title, make) in _CHARTS.items()}
    unfinished = unfinished_words(look.lanes)
    charts = {
        name: _with_remarks(chart, *unfinished)
        for name, chart in made.items()
        if not isinstance(chart, str)
    }
    return charts, {name: why for name, why in made.items() if isinstance(why, str)}


def sweep_chart_title(name: str) -> str:
    """Return what a chart of a sweep is called, by its id."""
    return _(_CHARTS[name][0])


def _curves(look: Look) -> Chart | str:
    if dimension(look.spec, RATE) is None:
        return _("The curves are drawn against the learning rate: add an axis of it.")
    found = rate_curves_of(look)
    return curves_chart(look, found) if found.curves else _(_NOTHING)


def _parallel(look: Look) -> Chart | str:
    return coordinates_chart(look) if look.lanes.done.any() else _(_NOTHING)


def _profiles(look: Look) -> Chart | str:
    """Return how the times to the target of the page compare over all problems."""
    if not look.spec.targets:
        return no_targets_words()
    if not look.lanes.done.any():
        return _(_NOTHING)
    found = scoring(look.lanes, look.page.choosing)
    profiles = profile(found, or_first(look.page.target, len(look.spec.targets)))
    why_not = why_no_profile(found, profiles)
    if profiles.ratios is None or why_not is not None:
        return why_not or _(_NOTHING)
    return _with_remarks(performance_profiles(profiles.ratios, look.styles), *split_words(found))


def _price(look: Look) -> Chart | str:
    """Return how low the best of some settings ends, on the problem of the page."""
    if not look.lanes.done.any():
        return _(_NOTHING)
    found = scoring(look.lanes, look.page.choosing)
    problem = or_first(look.page.problem, len(found.problems))
    prices = [price_of_tuning(look.lanes, run, problem) for run in range(len(look.styles))]
    needed = [settings_needed(look.lanes, run, problem) for run in range(len(look.styles))]
    said = price_words(found, prices, needed, [style.name for style in look.styles])
    if not any(prices):
        return " ".join(said)
    chart = best_of_settings(prices, look.styles, look.lanes.loss)
    return _with_remarks(chart, *filter(None, [problem_names(found.problems)[problem]]), *said)


def _range_test(_look: Look) -> str:
    return _("It is a training of its own: save it from its tab.")


def _with_remarks(chart: Chart, *remarks: str) -> Chart:
    """Return a chart with further remarks in its caption."""
    return chart._replace(remarks=(*chart.remarks, *remarks))


# What each is called, and what makes it, or says why it is missing.
_CHARTS: Final[Mapping[str, tuple[str, Callable[[Look], Chart | str]]]] = {
    "map": (N_("Map"), map_chart),
    "curves": (N_("Curves"), _curves),
    "parallel": (N_("Parallel coordinates"), _parallel),
    "profiles": (N_("Over all problems"), _profiles),
    "price": (N_("Price of tuning"), _price),
    "range_test": (N_("Range test"), _range_test),
}
