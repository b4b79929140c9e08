"""What a table may be used for: inputs, target and task, and columns that give the target away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from comparison.tables.refusing import refused
from engine import LIMITS
from engine.problems.datasets.table import Numbers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from engine.problems.datasets.source import Task
    from engine.problems.datasets.table import Column, Table

MOST_CATEGORIES: Final = 20  # of texts that are offered as inputs
_STRAIGHT: Final = 0.999999  # correlation from which a column is told to follow the target
_ENUMERATED: Final = 5  # rows from which numbers in steps of one count them
_FEW_TEXTS: Final = 3  # that are an input in any case
_ROWS_OF_A_TEXT: Final = 4  # on average, for more of them to be an input at first
_ROWS_OF_A_CLASS: Final = 10  # on average, for whole numbers to be classes


class Suggested(NamedTuple):
    """What a table is used for as long as its reader says nothing else.

    Attributes:
        features: the places of the inputs.
        target: the place of what is predicted.
        task: "classification" or "regression".
    """

    features: tuple[int, ...]
    target: int
    task: Task


def suggest(table: Table) -> Suggested:
    """Return the last column that can be a target, its task, and all other usable columns.

    Raises:
        InvalidInput: "not_a_table": no column can be a target, or none is left for the inputs.
    """
    tasks = [task_of(column) for column in table.columns]
    counting = [bool(counts_rows(column)) for column in table.columns]
    able = [place for place, task in enumerate(tasks) if task is not None]
    usable = [place for place, column in enumerate(table.columns) if _is_input(column)]
    names = {place for place in usable if _names_rows(table.columns[place])}
    chosen = [place for place in able if not counting[place]] or able
    if not chosen:
        raise refused("no_target", most=int(LIMITS["classes"].high))
    target = chosen[-1]
    others = [place for place in usable if place != target]
    telling = [place for place in others if not counting[place]]
    features = [place for place in telling if place not in names] or telling or others
    if not features:
        raise refused("no_features", name=table.names[target], most=MOST_CATEGORIES)
    return Suggested(tuple(features), target, tasks[target] or "regression")


def task_of(column: Column) -> Task | None:
    """Return the task for a column as the target; None if it can be none.

    Texts are classes if there are 2 to 10 different ones. So are numbers with two different values,
    and up to ten whole numbers that each stand in ten rows on average.
    """
    different = _distinct(column)
    count = len(different)
    if count < 2:
        return None
    if not isinstance(column, Numbers):
        return "classification" if count in LIMITS["classes"] else None
    is_whole = bool((different == np.round(different)).all())
    is_often = _known(column).sum() >= _ROWS_OF_A_CLASS * count
    few = count == 2 or (count in LIMITS["classes"] and is_whole and is_often)
    return "classification" if few else "regression"


def _names_rows(column: Column) -> bool:
    """Tell whether texts hardly repeat, as people's names do: little is learnt from each."""
    if isinstance(column, Numbers):
        return False
    count = len(column.categories)
    return count > _FEW_TEXTS and _ROWS_OF_A_TEXT * count > len(column.missing)


def _is_input(column: Column) -> bool:
    count = len(_distinct(column))
    return count >= 2 and (isinstance(column, Numbers) or count <= MOST_CATEGORIES)


def counts_rows(column: Column) -> str:
    """Return why a column is a name of the rows and nothing that one learns from; "" if it is not.

    Returns:
        "counting" for integers in steps of one, each once; "all_different" for texts that are.
    """
    rows = len(column.missing)
    if rows < _ENUMERATED or column.missing.any() or len(_distinct(column)) < rows:
        return ""
    if not isinstance(column, Numbers):
        return "all_different"
    ordered = np.sort(column.values)
    is_counting = (ordered[1:] == ordered[:-1] + 1.0).all() and float(ordered[0]).is_integer()
    return "counting" if is_counting else ""


def giveaways(table: Table, features: Sequence[int], target: int) -> list[tuple[int, str]]:
    """Return inputs that give the target away, and those that only name the rows.

    Args:
        table: the values.
        features: the places of the inputs.
        target: the place of the target.

    Returns:
        Place and reason: "equal" to the target; "one_to_one": each of its values goes with one of
        the target's; "straight": the target lies on a straight line over it; or a reason of
        ``counts_rows``.
    """
    found = ((place, _giveaway(table, place, target)) for place in features)
    return [(place, why) for place, why in found if why]


def _giveaway(table: Table, place: int, target: int) -> str:
    column, aim = table.columns[place], table.columns[target]
    both = _known(column) & _known(aim)
    if both.sum() < 2:
        return ""
    ours, theirs = _values(column)[both], _values(aim)[both]
    if type(column) is type(aim) and (ours == theirs).all():
        return "equal"
    if _is_one_to_one(ours, theirs):
        return "one_to_one"
    if isinstance(column, Numbers) and isinstance(aim, Numbers) and _is_straight(ours, theirs):
        return "straight"
    return counts_rows(column)


def _is_one_to_one(ours: Any, theirs: Any) -> bool:
    """Tell whether values go in pairs; of values that hardly ever repeat this says nothing."""
    _, first = np.unique(ours, return_inverse=True)
    _, second = np.unique(theirs, return_inverse=True)
    count = int(first.max()) + 1
    if count != second.max() + 1 or not 2 <= count <= len(ours) // 2:
        return False
    return len(np.unique(first * count + second)) == count


def _is_straight(ours: Any, theirs: Any) -> bool:
    """Tell whether numbers lie on a straight line, whatever their size."""
    if len(ours) < 3:  # two points always do
        return False
    centred = [_centred(values) for values in (ours, theirs)]
    lengths = [float(np.linalg.norm(values)) for values in centred]
    if not all(lengths):
        return False
    return bool(abs(centred[0] @ centred[1]) >= _STRAIGHT * lengths[0] * lengths[1])


def _centred(values: Any) -> Any:
    """Return numbers around 0 of about unit size, so that no product overflows."""
    scaled = values / (np.abs(values).max() or 1.0)
    centred = scaled - scaled.mean()
    return centred / (np.abs(centred).max() or 1.0)


def _known(column: Column) -> Any:
    return ~column.missing


def _values(column: Column) -> Any:
    """Return the values that are compared: numbers, or texts by themselves."""
    if isinstance(column, Numbers):
        return column.values
    return np.array([*column.categories, ""], dtype=object)[column.codes]


def _distinct(column: Column) -> Any:
    if isinstance(column, Numbers):
        return np.unique(column.values[_known(column)])
    return column.categories
