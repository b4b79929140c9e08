"""Each run's best setting in a sweep, as a file tells it, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from comparison.sweep.charts import held_words
from comparison.words.fields import field_title, value_words
from comparison.words.sweeps import chosen_words
from language import _
from sweeps.answers import is_at_edge
from sweeps.cells import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.sweep.look import Look

Row = dict[str, Any]
_NOTHING: Final = "–"


@dataclass(frozen=True)
class BestTable:
    """Each run's best setting.

    Attributes:
        title: by what it is the best, and among which settings.
        runs: positions of the runs of the rows.
        rows: by the titles of their columns; none where there is no answer.
        remarks: how far that can be trusted, or why there is no answer.
    """

    title: str
    runs: tuple[int, ...]
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]


def best_table(look: Look) -> BestTable:
    """Return each run's best setting by the quantity shown, among the settings that are kept.

    Numbers of several problems say nothing about each other, so there is no answer while a field
    that makes more than one is held at no value.
    """
    held = held_words(look)
    title = " · ".join(
        [_("Each run's best: {quantity}").format(quantity=look.quantity_title), *held]
    )
    problems = _free_problem_fields(look)
    if problems:
        text = _(
            "The settings are of several problems, whose numbers say nothing about each other. Hold"
            " these at one value, above the map: {fields}."
        )
        return BestTable(title, (), (), (text.format(fields=", ".join(problems)),))
    best = look.best_of_runs()
    runs = tuple(np.flatnonzero(best != NONE).tolist())
    if not runs:
        return BestTable(title, (), (), (_("Nothing is trained yet."),))
    rows = tuple(_row(look, run, int(best[run])) for run in runs)
    return BestTable(title, runs, rows, tuple(_remarks(look, rows)))


def _free_problem_fields(look: Look) -> list[str]:
    settings = look.spec.settings
    fields = {settings.axes[at].field for at in settings.problem_axes} - set(look.held)
    return [
        field_title(one.field)
        for one in look.dimensions[1:]
        if one.field in fields and len(one) > 1
    ]


def _row(look: Look, run: int, setting: int) -> Row:
    """Return a run's best setting; without values where all of its settings diverged."""
    found = look.summary
    is_finite = bool(np.isfinite(found.median[setting]))
    values = _values(look, setting) if is_finite else {}
    row: Row = {_("Run"): look.styles[run].name}
    for one in look.dimensions[1:]:
        row[field_title(one.field)] = _words(one.field, values.get(one.field))
    row[look.quantity_title] = float(found.median[setting])
    if len(look.spec.experiment.seeds) > 1:
        row[_("First quartile")] = float(found.lower[setting])
        row[_("Third quartile")] = float(found.upper[setting])
    row["n"] = int(found.n[setting])
    row[_("Diverged")] = int(found.diverged[setting])
    kept = look.is_kept & (look.dimensions[0].places == run)
    row[_("Best of")] = int(np.count_nonzero(kept & (found.n > 0)))
    row[_("At the edge")] = ", ".join(_edges(look, run, values)) or _NOTHING
    return row


def _values(look: Look, setting: int) -> dict[str, Any]:
    """Return the values of a setting's axes by their fields."""
    settings = look.spec.settings
    codes = settings.codes(np.array([setting]))[:, 0].tolist()
    return {
        axis.field: settings.levels[at][code]
        for at, (axis, code) in enumerate(zip(settings.axes, codes, strict=True))
        if code != NONE
    }


def _words(field: str, value: Any) -> Any:
    """Return a value for a table: numbers stay numbers."""
    if value is None:
        return _NOTHING
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number else value_words(field, value)


def _edges(look: Look, run: int, values: dict[str, Any]) -> list[str]:
    """Return the fields of which a better value may lie beyond those that were tried."""
    settings = look.spec.settings
    variant = settings.variants[run]
    return [
        field_title(axis.field)
        for axis, levels in ((settings.axes[at], settings.levels[at]) for at in variant.axes)
        if axis.field in values
        and axis.field not in look.held
        and is_at_edge(axis, levels, values, variant.run["optimizer"]["name"])
    ]


def _remarks(look: Look, rows: Sequence[Row]) -> list[str]:
    told = [chosen_words(len(look.spec.experiment.seeds), len(rows))]
    if any(row[_("At the edge")] != _NOTHING for row in rows):
        told.append(_("At an edge of what was tried a better setting may lie beyond."))
    return told
