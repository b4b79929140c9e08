"""What a reader makes of a table before anything is trained on it: inputs, target, validation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from comparison.tables.describing import MOST_CATEGORIES, counts_rows, suggest, task_of
from comparison.tables.reading import DETECTED, read
from comparison.words.cleaned import cleaned
from engine.limits import LIMITS
from engine.problems.datasets.own import own_table
from engine.problems.datasets.splits import (
    LastRows,
    MarkedRows,
    RandomRows,
    StratifiedRows,
)
from engine.problems.datasets.table import Numbers

if TYPE_CHECKING:
    from comparison.tables.reading import Reading, Understood
    from engine import Network
    from engine.problems.datasets import OwnTable
    from engine.problems.datasets.source import Task
    from engine.problems.datasets.splits import AnySplit
    from engine.problems.datasets.table import Column, Table

SHARE: Final = 0.25
MARKS: Final = 20  # different values of a column that may mark the validation rows
_VALIDATION: Final = re.compile(
    r"val(id(ation)?)?|te?st(ing)?|hold[ -]?out|eval(uation)?|검증|시험|테스트|평가", re.IGNORECASE
)
_FEW: Final = 20  # rows of which none are held back at first


@dataclass(frozen=True, eq=False)
class Draft:
    """A table with a choice of what is done with it.

    Attributes:
        table: the values.
        title: what it was called.
        columns: places of the inputs, rising.
        target: place of what is predicted.
        task: how the target is read.
        split: how the validation rows are chosen.
        share: share of the rows that are held back.
        standardize: whether inputs are scaled by the training rows.
        standardize_targets: whether the targets of a regression are.
        raw: what was read, for another reading; empty where the rows came from elsewhere.
        understood: what is told of how it was read; None likewise.
        asked: what its reader has said of how it is read.
    """

    table: Table
    title: str
    columns: tuple[int, ...]
    target: int
    task: Task
    split: AnySplit
    share: float
    standardize: bool
    standardize_targets: bool
    raw: bytes = b""
    understood: Understood | None = None
    asked: Reading = DETECTED

    @property
    def dataset(self) -> OwnTable:
        """Return the data set; raises ``InvalidInput`` where the choice does not fit the table."""
        return own_table(self.table, self.title, self.columns, self.target, self.task, self.split)

    @property
    def left_out(self) -> int:
        """Return how many rows are left out, for they lack a value that is needed."""
        return self.table.n_rows - self.dataset.rows


def begun(table: Table, title: str) -> Draft:
    """Return the usual choice for a table.

    Raises:
        InvalidInput: "not_a_table": nothing in it can be predicted, or from nothing.
    """
    columns, target, task = suggest(table)
    most = int(LIMITS["name_characters"].high)
    return Draft(
        table,
        cleaned(title).strip()[:most],
        columns,
        target,
        task,
        split=RandomRows(),
        share=SHARE if table.n_rows >= _FEW else 0.0,
        standardize=True,
        standardize_targets=task == "regression",
    )


def read_as(raw: bytes, title: str, asked: Reading = DETECTED) -> Draft:
    """Return the usual choice for the table in a file; raises ``InvalidInput`` as ``read`` does."""
    understood = read(raw, asked)
    return replace(of_typed(understood, title), raw=raw, asked=asked)


def of_typed(understood: Understood, title: str) -> Draft:
    """Return the usual choice for a table that was typed, with what is told of it."""
    return replace(begun(understood.table, title), understood=understood)


def of_problem(problem: Network, dataset: OwnTable) -> Draft:
    """Return what a network is trained on; raises ``InvalidInput`` if the table is not here."""
    return Draft(
        dataset.table,
        dataset.title,
        dataset.columns,
        dataset.target_column,
        dataset.task,
        dataset.split,
        problem.validation_share,
        problem.standardize,
        problem.standardize_targets,
    )


def with_target(draft: Draft, place: int) -> Draft:
    """Predict another column: with its usual task, and from all inputs but itself."""
    columns = tuple(one for one in draft.columns if one != place)
    if _joins(draft.table.columns[draft.target]):
        columns = tuple(sorted({*columns, draft.target} - {place}))
    task = task_of(draft.table.columns[place]) or "regression"
    return with_task(replace(draft, columns=columns, target=place), task)


def _joins(column: Column) -> bool:
    """Tell whether a column that was the target becomes an input."""
    few = isinstance(column, Numbers) or len(column.categories) <= MOST_CATEGORIES
    return few and not counts_rows(column)


def with_task(draft: Draft, task: Task) -> Draft:
    """Read the target as numbers or as classes; only classes have shares."""
    is_stratified = isinstance(draft.split, StratifiedRows)
    split = RandomRows() if is_stratified and task == "regression" else draft.split
    return replace(draft, task=task, split=split, standardize_targets=task == "regression")


def tasks(draft: Draft) -> tuple[Task, ...]:
    """Return how the target may be read: texts are classes, and so are few numbers."""
    if not isinstance(draft.table.columns[draft.target], Numbers):
        return ("classification",)
    count = len(values(draft, draft.target))
    return ("regression", "classification") if count in LIMITS["classes"] else ("regression",)


def splits(draft: Draft) -> tuple[str, ...]:
    """Return the names of the ways in which the validation rows may be chosen."""
    stratified = ("stratified",) if draft.task == "classification" else ()
    marked = ("marked",) if marking(draft) else ()
    return ("random", *stratified, "last", *marked)


def marking(draft: Draft) -> tuple[int, ...]:
    """Return the places of the columns that may mark the validation rows."""
    return tuple(
        place
        for place in range(len(draft.table.names))
        if place != draft.target and 2 <= len(values(draft, place)) <= MARKS
    )


def values(draft: Draft, place: int) -> tuple[str, ...]:
    """Return the different values of a column as texts, in order of appearance."""
    column = draft.table.columns[place]
    if not isinstance(column, Numbers):
        return column.categories
    known = column.values[~column.missing].tolist()
    return tuple(dict.fromkeys(map(column.written, known)))


def first_rows(table: Table, count: int) -> tuple[list[Any], ...]:
    """Return the first values of every column; None for a missing one."""
    return tuple(column.head(count) for column in table.columns)


def with_split(draft: Draft, name: str) -> Draft:
    """Choose the validation rows in another way."""
    if name == "marked":
        places = marking(draft)
        said = [place for place in places if _validation_value(draft, place)]
        unused = [place for place in places if place not in draft.columns]
        return with_mark(draft, next(iter([*said, *unused, *places])))
    plain: dict[str, AnySplit] = {
        "random": RandomRows(),
        "stratified": StratifiedRows(),
        "last": LastRows(),
    }
    return replace(draft, split=plain[name])


def with_mark(draft: Draft, place: int, value: str = "") -> Draft:
    """Hold back the rows that have a value in a column, which is then no input.

    Args:
        draft: what was chosen so far.
        place: of the column.
        value: "" for the one that says so, such as "test", else the rarest.
    """
    columns = tuple(one for one in draft.columns if one != place)
    value = value or _validation_value(draft, place) or _rarest(draft, place)
    split = MarkedRows(column=place, value=value, rows=1)
    return replace(draft, columns=columns, split=split)


def _validation_value(draft: Draft, place: int) -> str:
    """Return the value of a column that says that rows are for validation; "" if none does."""
    return next((one for one in values(draft, place) if _VALIDATION.fullmatch(one.strip())), "")


def _rarest(draft: Draft, place: int) -> str:
    column = draft.table.columns[place]
    return min(values(draft, place), key=lambda value: int(column.equal(value).sum()))
