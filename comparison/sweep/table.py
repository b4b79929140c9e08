"""The table of a sweep: a row for each setting, opened to its lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from comparison.sweep.look import quantity_title
from comparison.words.fields import field_title
from language import _
from language.labels import label
from sweeps.cells import quantities, values
from sweeps.lanes import STATUSES

if TYPE_CHECKING:
    from comparison.sweep.look import Look
    from engine.arrays import Array, Integers
    from sweeps.dimensions import Dimension


def settings_table(look: Look) -> pd.DataFrame:
    """Return a row for each kept setting, the best first; its index are the settings.

    Settings of which nothing is trained yet come last. What diverged is infinite.
    """
    found = look.summary
    indices = np.flatnonzero(look.is_kept)
    standing = -found.median[indices] if look.is_higher_better else found.median[indices]
    indices = indices[np.lexsort((indices, standing))]  # NaN comes last
    columns: dict[str, Any] = {}
    for one in look.dimensions:
        title = field_title(one.field)
        if title in columns:  # a budget, and its amount
            title = f"{title} ({len(columns) + 1})"
        columns[title] = _column(look, one, indices)
    columns[look.quantity_title] = found.median[indices]
    if len(look.spec.experiment.seeds) > 1:
        columns[_("First quartile")] = found.first_quartile[indices]
        columns[_("Third quartile")] = found.third_quartile[indices]
    columns["n"] = found.n[indices]
    columns[_("Diverged")] = found.diverged[indices]
    return pd.DataFrame(columns, index=indices)


def _column(look: Look, dimension: Dimension, indices: Integers) -> Any:
    """Return a field of settings: numbers where all are, so that they sort as numbers."""
    numbers: Array = dimension.numbers[indices]
    if dimension.has_numbers_only or dimension.edges is not None:
        return numbers
    # A place of -1 is none.
    return pd.Categorical.from_codes(
        dimension.places[indices], pd.Index(look.names(dimension)), ordered=True
    )


def lanes_table(look: Look, setting: int) -> pd.DataFrame:
    """Return a row for each seed of a setting."""
    lanes = look.lanes
    columns: dict[str, Any] = {label("field", "seed"): list(lanes.spec.experiment.seeds)}
    first = lanes.scores.get(f"{lanes.loss}_first")
    if first is not None:
        columns[_("Loss at the start")] = first[setting]
    for name in quantities(lanes):
        for target in range(len(lanes.spec.targets) if name.endswith("target") else 1):
            title = quantity_title(lanes, name, target)
            columns[title] = values(lanes, name, target)[setting]
    columns[_("Last update")] = lanes.last_step[setting]
    columns[_("Status")] = [status_words(STATUSES[code]) for code in lanes.status[setting].tolist()]
    return pd.DataFrame(columns)


def status_words(status: str) -> str:
    """Return what ended a lane."""
    if not status:
        return _("not trained yet")
    return _("could not be trained") if status == "failed" else label("status", status)
