"""Which charts a sweep has: one list for its bundle and its report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from comparison.attempts import attempt
from comparison.sweep.charts import RATE, curves_chart, map_chart, rate_curves_of
from comparison.words.sweeps import unfinished_words
from language import _
from sweeps.dimensions import dimension

if TYPE_CHECKING:
    from collections.abc import Callable

    from charts.theme import Chart
    from comparison.sweep.look import Look


def sweep_charts(look: Look) -> tuple[dict[str, Chart], dict[str, str]]:
    """Return the charts of a sweep as the page shows them, by their ids.

    Each says in its caption where the sweep has not finished.

    Returns:
        The charts, and a sentence for each chart that is missing.
    """
    makers: dict[str, Callable[[], Chart]] = {"map": partial(map_chart, look)}
    missing = {}
    curves = rate_curves_of(look)
    if curves.curves:
        makers["curves"] = partial(curves_chart, look, curves)
    else:
        missing["curves"] = _no_curves(look)
    attempts = {name: attempt(make, name) for name, make in makers.items()}
    unfinished = unfinished_words(look.lanes)
    charts = {
        name: chart._replace(remarks=(*chart.remarks, *unfinished))
        for name, chart in attempts.items()
        if not isinstance(chart, str)
    }
    failed = {name: why for name, why in attempts.items() if isinstance(why, str)}
    return charts, missing | failed


def _no_curves(look: Look) -> str:
    """Return why there are no curves against the learning rate."""
    if dimension(look.spec, RATE) is None:
        return _("The curves are drawn against the learning rate: add an axis of it.")
    return _("Nothing is trained yet.")


def sweep_chart_title(name: str) -> str:
    """Return what a chart of a sweep is called, by its id."""
    return {"map": _("Map"), "curves": _("Curves")}[name]
