"""A data set of a reader's own table: which of its columns are inputs, and what is predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from engine.errors import InvalidInput
from engine.limits import LIMITS, Features, Interval, Length, Rows
from engine.problems.datasets.source import Drawn, Source, Task
from engine.problems.datasets.splits import AnySplit, Candidates, MarkedRows, Position, RandomRows
from engine.problems.datasets.table import TABLES, Numbers

if TYPE_CHECKING:
    from engine.arrays import Array, Booleans, Integers
    from engine.problems.datasets.table import Column, Table

ClassName = Annotated[str, Field(max_length=int(LIMITS["cell_characters"].high))]


class OwnTable(Source):
    """Rows of a table that a reader brought; they are not part of it, its digest names them.

    What must be known without the rows is written down here, and compared with the table when the
    rows are drawn. Rows without a value in a column that is used are left out. A column of texts
    becomes one input for each of its texts, 1 where a row has it and else 0; these inputs come
    after the numbers.

    Attributes:
        digest: SHA-256 of the table's values (``Table.digest``).
        title: what the table was called; nothing depends on it.
        kinds: of its columns (``Table.kinds``).
        rows: how many rows are used.
        columns: positions of the columns that are inputs, from 0, rising.
        width: inputs of a row.
        target_column: position of the column that is predicted; never among the inputs.
        task: whether it holds numbers to predict or classes.
        classes: their names in order of appearance; none for regression.
        split: how the validation rows are chosen.
    """

    measured: ClassVar[bool] = True
    spread_targets: ClassVar[bool] = True

    name: Literal["own"] = "own"
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    title: Annotated[str, Field(max_length=int(LIMITS["name_characters"].high))] = ""
    kinds: Annotated[str, Field(pattern=r"^[nt]{1,200}$")]
    rows: Rows
    columns: Annotated[tuple[Position, ...], Length(LIMITS["table_columns"])]
    width: Features
    target_column: Position
    task: Task  # type: ignore[misc]  # the others have one task each
    classes: tuple[ClassName, ...] = ()
    split: AnySplit = RandomRows()

    @classmethod
    def intervals(cls) -> dict[str, Interval]:
        """Return nothing: none of its numbers is set by itself."""
        return {}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        inside = Interval(0, len(self.kinds) - 1)
        for place in self._reads:
            if place not in inside:
                field = "target_column" if place == self.target_column else "columns"
                raise InvalidInput("out_of_range", field, place, inside)
        if tuple(sorted(set(self.columns))) != self.columns:
            raise InvalidInput("duplicate", "columns", self.columns)
        if self.target_column in self.columns:
            raise InvalidInput(
                "conflict", "target_column", self.target_column, ("columns", self.columns)
            )
        self._check_task()
        if isinstance(self.split, MarkedRows):
            _check_marked(self.split.rows, self.rows)
        return self

    def _check_task(self) -> None:
        if self.task == "classification":
            if len(self.classes) not in LIMITS["classes"]:
                raise InvalidInput("wrong_length", "classes", len(self.classes), LIMITS["classes"])
        elif self.classes or self.kinds[self.target_column] == "t":
            raise InvalidInput("conflict", "task", self.task, ("target_column", self.target_column))
        elif self.split.name == "stratified":
            raise InvalidInput("conflict", "split", self.split.name, ("task", self.task))

    @property
    def table(self) -> Table:
        """Return the table; raises ``InvalidInput`` "not_here" if nobody keeps it."""
        return TABLES.get(self.digest, self.title)

    def check(self) -> None:
        """Compare the description with the table.

        Raises:
            InvalidInput: "not_here": nobody keeps the table; "conflict": it is not as described.
        """
        table = self.table
        if table.kinds != self.kinds:
            raise InvalidInput("conflict", "kinds", self.kinds, ("data", self.title))
        described = own_table(
            table, self.title, self.columns, self.target_column, self.task, self.split
        )
        for name, value in described:
            if getattr(self, name) != value:
                raise InvalidInput("conflict", name, getattr(self, name), ("data", self.title))

    @property
    def n_rows(self) -> int:
        """Return the number of rows that are used."""
        return self.rows

    @property
    def n_features(self) -> int:
        """Return the number of inputs per row."""
        return self.width

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Return the names of the inputs; those of texts with the text after the column's name."""
        table = self.table
        names: list[str] = []
        for place in self._ordered:
            column = table.columns[place]
            if isinstance(column, Numbers):
                names.append(table.names[place])
            else:
                names += [f"{table.names[place]}: {text}" for text in column.categories]
        return tuple(names)

    @property
    def target_names(self) -> tuple[str, ...]:
        """Return the name of the target; none for classification."""
        return (self.table.names[self.target_column],) if self.task == "regression" else ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the names of the classes."""
        return self.classes

    def n_validation(self, share: float) -> int:
        """Return how many rows are held back."""
        return self.split.count(self.rows, share)

    def draw(self, rng: np.random.Generator) -> Drawn:  # noqa: ARG002 - nothing here is random
        """Return the rows.

        Raises:
            InvalidInput: as ``check``.
        """
        self.check()
        table = self.table
        used = _used(table, self._reads)
        parts = [_inputs(table.columns[place], used) for place in self._ordered]
        inputs = np.concatenate(parts, axis=1)
        target = table.columns[self.target_column]
        if self.task == "classification":
            return inputs, _classes(target, used)[0]
        return inputs, np.ascontiguousarray(_values(target)[used][:, None])

    def validation(
        self, rng: np.random.Generator, targets: Array | Integers, n_validation: int
    ) -> Integers:
        """Return which rows are held back, rising."""
        classes = targets if self.task == "classification" else np.zeros(self.rows, np.int64)
        marks = np.zeros(self.rows, np.bool_)
        if isinstance(self.split, MarkedRows):
            table = self.table
            marks = self.split.marks(table)[_used(table, self._reads)]
        chosen: Integers = self.split.choose(
            Candidates(rng, n_validation, classes.astype(np.int64), marks)
        )
        return chosen

    @property
    def _ordered(self) -> list[int]:
        """Return the positions of the inputs in their order: numbers come before texts."""
        return sorted(self.columns, key=lambda place: self.kinds[place] == "t")

    @property
    def _reads(self) -> tuple[int, ...]:
        """Return the positions of all columns whose values are needed."""
        marked = (self.split.column,) if isinstance(self.split, MarkedRows) else ()
        return (*self.columns, self.target_column, *marked)


def own_table(
    table: Table,
    title: str,
    columns: tuple[int, ...],
    target: int,
    task: Task,
    split: AnySplit | None = None,
) -> OwnTable:
    """Return the data set of a table and a choice of columns.

    Args:
        table: what the reader brought.
        title: what it was called.
        columns: positions of the inputs.
        target: position of what is predicted.
        task: how it is read; texts are always classes.
        split: how validation rows are chosen; the count of marked ones is found here.

    Raises:
        InvalidInput: too few rows are whole, too many classes or inputs, or no such column.
    """
    inside = Interval(0, len(table.names) - 1)
    marked = (split.column,) if isinstance(split, MarkedRows) else ()
    for place in (*columns, target, *marked):
        if place not in inside:
            raise InvalidInput("out_of_range", "columns", place, inside)
    used = _used(table, (*columns, target, *marked))
    rows = int(used.sum())
    if rows not in LIMITS["rows"]:
        raise InvalidInput("out_of_range", "rows", rows, LIMITS["rows"])
    if isinstance(split, MarkedRows):
        count = int((split.marks(table) & used).sum())
        _check_marked(count, rows)
        split = split.model_copy(update={"rows": count})
    return OwnTable(
        digest=table.digest,
        title=title,
        kinds=table.kinds,
        rows=rows,
        columns=columns,
        width=sum(_width(table.columns[place]) for place in columns),
        target_column=target,
        task=task,
        classes=_classes(table.columns[target], used)[1] if task == "classification" else (),
        split=RandomRows() if split is None else split,
    )


def _check_marked(count: int, rows: int) -> None:
    if not 0 < count < rows:
        raise InvalidInput("out_of_range", "split", count, Interval(1, rows - 1))


def _used(table: Table, places: tuple[int, ...]) -> Booleans:
    """Return the rows that have a value in each of these columns, ``(rows,)``."""
    used: Booleans = np.ones(table.n_rows, np.bool_)
    for place in places:
        used &= ~table.columns[place].missing
    return used


def _values(column: Column) -> Array:
    if not isinstance(column, Numbers):
        raise InvalidInput("conflict", "task", "regression", ("target_column", "texts"))
    return column.values


def _width(column: Column) -> int:
    return 1 if isinstance(column, Numbers) else len(column.categories)


def _inputs(column: Column, used: Booleans) -> Array:
    """Return the inputs of a column, ``(used rows, inputs)``."""
    if isinstance(column, Numbers):
        return column.values[used][:, None]
    return (column.codes[used][:, None] == np.arange(len(column.categories))).astype(np.float64)


def _classes(column: Column, used: Booleans) -> tuple[Integers, tuple[str, ...]]:
    """Return the class of each used row, and the classes' names in order of appearance.

    Raises:
        InvalidInput: there are too many, or only one.
    """
    values = column.values[used] if isinstance(column, Numbers) else column.codes[used]
    found, first, codes = np.unique(values, return_index=True, return_inverse=True)
    if len(found) not in LIMITS["classes"]:
        raise InvalidInput("wrong_length", "classes", len(found), LIMITS["classes"])
    order = np.argsort(first)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    names = [
        column.written(value) if isinstance(column, Numbers) else column.categories[value]
        for value in found[order].tolist()
    ]
    return places[codes.reshape(-1)], tuple(names)
