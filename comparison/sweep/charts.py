"""The charts of a sweep: from its lanes and the settings of the page to what is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from charts.range_test import range_test_chart
from charts.sensitivity import rate_sensitivity
from charts.sweep_map import Side, Tiles, best_cell, sweep_map
from comparison.sweep.look import is_of_problem
from comparison.sweep.opening import experiment_of
from comparison.words.fields import field_title
from comparison.words.range_test import replaced_words
from comparison.words.sweeps import chosen_words
from engine import RateCurve
from engine.experiment import Run
from language import _, ngettext
from sweeps.cells import NONE, best_of_groups, cells
from sweeps.dimensions import dimension
from sweeps.edges import edges

if TYPE_CHECKING:
    from charts.sweep_map import Apart, Edge
    from charts.theme import Chart, RunStyle
    from comparison.sweep.look import Look
    from engine import Experiment, RangeTest
    from engine.arrays import Booleans, Integers
    from sweeps.dimensions import Dimension

RATE: Final = "learning_rate"
_NO_SIDE: Final = Side("", ("",))  # of a map of one row


def map_chart(look: Look) -> Chart:
    """Return the map over the two fields of the page."""
    look = look.on_tab("map")
    across, upwards = look.sides
    higher = look.is_higher_better
    found = cells(look.summary, upwards, across, look.is_kept, higher=higher)
    tiles = Tiles(
        values=found.median,
        n=found.n,
        diverged=found.diverged,
        settings=found.setting,
        among=found.among,
        seeds=len(look.spec.experiment.seeds),
        higher=higher,
        start=look.start,
        apart=_apart(across, upwards),
    )
    best = best_cell(tiles)
    chart = sweep_map(
        tiles,
        _side(look, across),
        _NO_SIDE if upwards is across else _side(look, upwards),
        look.quantity_title,
        edges=() if best is None else _edges(look, int(found.setting[best])),
        picked=look.page.setting,
    )
    further = list(held_words(look))
    if best is not None and found.trained.sum() > 1:
        further.append(chosen_words())
    return chart._replace(remarks=(*chart.remarks, *further), alt=" ".join([chart.alt, *further]))


def _apart(across: Dimension, upwards: Dimension) -> Apart:
    """Return which cells of a map cannot be held against each other."""
    columns, rows = is_of_problem(across.field), is_of_problem(upwards.field)
    if columns and rows:
        return "cells"
    return "columns" if columns else "rows" if rows else ""


def _side(look: Look, dimension: Dimension) -> Side:
    return Side(field_title(dimension.field), look.names(dimension), dimension.is_ordered)


def _edges(look: Look, setting: int) -> list[Edge]:
    """Return at which sides of the map a setting lies at an edge of what was tried."""
    found = edges(look.spec, setting)
    across, upwards = look.sides
    names: tuple[tuple[Dimension, dict[str, Edge]], ...] = (
        (across, {"low": "left", "high": "right"}),
        (upwards, {"low": "down", "high": "up"}),
    )
    return [
        sides[found[one.field]] for one, sides in names if one.field in found and one.is_ordered
    ]


def held_words(look: Look) -> tuple[str, ...]:
    """Return at which values the fields are held that are not shown."""
    return tuple(
        f"{field_title(one.field)}: {look.names(one)[look.held[one.field]]}"
        for one in look.others
        if one.field in look.held
    )


@dataclass(frozen=True, eq=False)
class Curves:
    """The final loss of each run against the learning rate.

    Attributes:
        curves: of the runs that are trained at some rate.
        runs: the positions of these runs among those of the sweep.
        settings: the setting at each rate of each curve.
    """

    curves: list[RateCurve]
    runs: list[int]
    settings: list[list[int]]


def rate_curves_of(look: Look) -> Curves:
    """Return each run's curve: at every rate the best of its kept settings, by the final loss."""
    look = look.on_tab("curves")
    rates = dimension(look.spec, RATE)
    found = Curves([], [], [])
    if rates is None:
        return found
    for position, variant in enumerate(look.spec.settings.variants):
        indices = np.flatnonzero(look.is_kept & (look.dimensions[0].places == position))
        best = _best_at_rates(look, rates, indices)
        chosen = best[best != NONE]
        if not len(chosen):
            continue
        chosen = chosen[np.argsort(rates.numbers[chosen])]
        curve = RateCurve(
            Run.model_validate(variant.run),
            tuple(rates.numbers[chosen].tolist()),
            tuple(look.lanes.run_scores(setting) for setting in chosen.tolist()),
        )
        found.curves.append(curve)
        found.runs.append(position)
        found.settings.append(chosen.tolist())
    return found


def _best_at_rates(look: Look, rates: Dimension, indices: Integers) -> Integers:
    """Return the best setting at every rate, by the median of the final loss."""
    medians = look.final_losses
    return best_of_groups(medians, indices, rates.places[indices], len(rates))


def curves_chart(look: Look, found: Curves) -> Chart:
    """Return the final loss against the learning rate; a point's ``customdata`` is its setting."""
    look = look.on_tab("curves")
    styles = [look.styles[position] for position in found.runs]
    chart = rate_sensitivity(found.curves, styles)
    lines = [trace for trace in chart.figure.data if trace.mode == "lines+markers"]
    for line, settings in zip(lines, found.settings, strict=True):
        line.customdata = settings
    chart.figure.update_traces(unselected_marker_opacity=1, selector={"mode": "lines+markers"})
    remarks = [*chart.remarks, *_best_over(look), *held_words(look), *_partial(look, found)]
    return chart._replace(remarks=tuple(remarks))


def _partial(look: Look, found: Curves) -> list[str]:
    """Return at how many points some seeds are missing, which the others may stand for badly."""
    settings = [setting for own in found.settings for setting in own]
    count = int((look.summary.n[settings] < len(look.spec.experiment.seeds)).sum())
    if not count:
        return []
    text = ngettext(
        "{count} point is not complete yet", "{count} points are not complete yet", count
    )
    return [text.format(count=count)]


def _best_over(look: Look) -> list[str]:
    """Return over which fields each point shows the best."""
    names = [
        field_title(one.field)
        for one in look.dimensions[1:]
        if one.field != RATE and len(one) > 1 and one.field not in look.held
    ]
    if not names:
        return []
    return [_("at every rate the best of: {fields}").format(fields=", ".join(names))]


@dataclass(frozen=True, eq=False)
class Tested:
    """A run whose learning rate is tested, and how the sweep did at constant rates.

    Attributes:
        experiment: the run alone, at its best setting, with the seeds of the sweep.
        low: the lowest rate of the sweep.
        high: the highest one.
        curve: its settings that differ from the best in the rate alone.
        style: of the run.
    """

    experiment: Experiment
    low: float
    high: float
    curve: RateCurve
    style: RunStyle


def tested(look: Look, position: int) -> Tested | None:
    """Return what a range test of a run is about; None where it has no rates or no best setting.

    Args:
        look: how the sweep is looked at.
        position: of the run among those of the sweep.
    """
    look = look.on_tab("curves")
    rates = dimension(look.spec, RATE)
    own = np.flatnonzero(look.is_kept & (look.dimensions[0].places == position))
    if rates is None or not len(own) or not np.isfinite(look.final_losses[own]).any():
        return None
    best = int(own[np.nanargmin(look.final_losses[own])])
    others = [one for one in look.dimensions if one is not rates]
    is_alike = np.all([_is_same(one, own, best) for one in others], axis=0)
    alike = own[is_alike & (look.summary.n[own] > 0) & ~np.isnan(rates.numbers[own])]
    alike = alike[np.argsort(rates.numbers[alike])]
    numbers = rates.numbers[alike].tolist()
    if len(set(numbers)) < 2:
        return None
    experiment = experiment_of(look, [best])
    curve = RateCurve(
        experiment.runs[0],
        tuple(numbers),
        tuple(look.lanes.run_scores(setting) for setting in alike.tolist()),
    )
    return Tested(experiment, numbers[0], numbers[-1], curve, look.styles[position])


def range_chart(look: Look, test: RangeTest, about: Tested) -> Chart:
    """Return a range test over the sweep's curve of the same run, and what is held in both.

    That the run's schedule is left aside is among the remarks.
    """
    chart = range_test_chart(test, about.curve, about.style)
    aside = replaced_words(about.experiment.runs[0])
    return chart._replace(remarks=(*chart.remarks, *held_words(look.on_tab("curves")), *aside))


def _is_same(one: Dimension, settings: Integers, best: int) -> Booleans:
    """Tell which settings have the value of the best; those of one bin may differ."""
    is_same: Booleans = one.places[settings] == one.places[best]
    if one.edges is not None:
        is_same &= one.numbers[settings] == one.numbers[best]
    return is_same
