"""A sweep as parallel coordinates, and which settings pass through what its reader brushes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from charts.parallel import Brush, Coordinate, kept, parallel_coordinates
from comparison.words.fields import field_title
from sweeps.cells import held_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart
    from comparison.sweep.look import Look
    from engine.arrays import Array, Booleans
    from sweeps.dimensions import Dimension


def coordinates(look: Look, rows: Booleans) -> list[Coordinate]:
    """Return an axis for each field in which settings differ, and one for the quantity shown.

    Args:
        look: how the sweep is looked at.
        rows: which settings are shown, ``(settings,)``.
    """
    fields = [one for one in look.dimensions if len(one) > 1 and one.field not in look.held]
    return [*(_field(look, one, rows) for one in fields), _quantity(look, rows)]


def _field(look: Look, one: Dimension, rows: Booleans) -> Coordinate:
    title = field_title(one.field)
    if one.has_numbers_only:
        return Coordinate(one.field, title, one.numbers[rows], log=one.log)
    places = np.where(one.places < 0, np.nan, one.places)
    return Coordinate(one.field, title, places[rows], tuple(look.names(one)))


def _quantity(look: Look, rows: Booleans) -> Coordinate:
    """Return the axis of the quantity; a setting that diverged has no score."""
    medians: Array = look.summary.median[rows]
    if look.is_higher_better:
        medians = np.where(np.isinf(medians), np.nan, medians)
    name = f"{look.quantity}.{look.target}" if look.quantity.endswith("target") else look.quantity
    return Coordinate(name, look.quantity_title, medians, log=not look.is_higher_better)


def trained(look: Look) -> Booleans:
    """Tell which settings of the problem have a seed that is trained, ``(settings,)``."""
    is_trained: Booleans = (look.summary.n > 0) & held_back(look.dimensions, look.held)
    return is_trained


def brushes(look: Look) -> list[Brush]:
    """Return what is brushed on the axes that there are."""
    fields = {one.field for one in coordinates(look, np.zeros(len(look.summary.n), dtype=bool))}
    return [
        Brush(one.field, math.inf if one.diverged else one.low, one.high)
        for one in look.page.brushes
        if one.field in fields
    ]


def brushed(look: Look) -> Booleans:
    """Tell which settings pass through all brushes, ``(settings,)``."""
    every = np.ones(len(look.summary.n), dtype=bool)
    found = brushes(look)
    return kept(coordinates(look, every), found) if found else every


def kept_by_page(told: Sequence[Brush]) -> tuple[dict[str, object], ...]:
    """Return brushes as the settings of the page hold them."""
    return tuple(
        {
            "field": one.field,
            "low": None if one.low == math.inf else one.low,
            "high": one.high,
            "diverged": one.low == math.inf,
        }
        for one in told
    )


def coordinates_chart(look: Look) -> Chart:
    """Return the parallel coordinates as files have them."""
    look = look.on_tab("parallel")
    return parallel_coordinates(
        coordinates(look, trained(look)), brushes(look), is_higher_better=look.is_higher_better
    )
