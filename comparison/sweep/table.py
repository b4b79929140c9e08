"""The table of a sweep: a row for each setting, opened to its lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from comparison.words.fields import field_title
from language import _
from language.labels import label
from sweeps.cells import values
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
    codes = lanes.status[setting].tolist()
    columns: dict[str, Any] = {
        label("field", "seed"): list(lanes.spec.experiment.seeds),
        look.quantity_title: values(lanes, look.quantity, look.target)[setting],
    }
    for name, title in _lane_columns(look).items():
        if name in lanes.scores and title not in columns:
            columns[title] = lanes.scores[name][setting]
    columns[_("Last update")] = lanes.last_step[setting]
    columns[_("Status")] = [status_words(STATUSES[code]) for code in codes]
    return pd.DataFrame(columns)


def _lane_columns(look: Look) -> dict[str, str]:
    loss = look.lanes.loss
    return {
        f"{loss}_first": _("Loss at the start"),
        f"{loss}_final": _("Final loss"),
        f"{loss}_best": _("Best loss"),
        f"{loss.removesuffix('loss')}score_final": _("Final score"),
    }


def status_words(status: str) -> str:
    """Return what ended a lane."""
    if not status:
        return _("not trained yet")
    return _("could not be trained") if status == "failed" else label("status", status)
