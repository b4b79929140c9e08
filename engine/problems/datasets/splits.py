"""How the validation rows of a reader's table are chosen."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from pydantic import Field

from engine.limits import LIMITS, Interval
from engine.problems.datasets.source import validation_rows
from engine.spec import Spec

if TYPE_CHECKING:
    from engine.arrays import Booleans, Integers
    from engine.problems.datasets.table import Table

Position = Annotated[int, Interval(0, LIMITS["table_columns"].high - 1)]


class Candidates(NamedTuple):
    """What validation rows are chosen from.

    Attributes:
        rng: the only source of randomness.
        n: how many are to be held back.
        classes: the class of each row, or for regression all 0, ``(rows,)``.
        marks: which rows a column marks, ``(rows,)``.
    """

    rng: np.random.Generator
    n: int
    classes: Integers
    marks: Booleans


class Split(Spec):
    """A way to choose the validation rows.

    Attributes:
        name: the id in files and links.
    """

    name: str

    def count(self, n_rows: int, share: float) -> int:
        """Return how many rows are held back; ``share`` is asked for."""
        return validation_rows(n_rows, share)

    @abstractmethod
    def choose(self, rows: Candidates) -> Any:
        """Return the validation rows, rising, ``(n,)``."""


class RandomRows(Split):
    """Any rows, as for every other data set; a larger share holds back the same ones and more."""

    name: Literal["random"] = "random"

    def choose(self, rows: Candidates) -> Any:
        """Return the first rows of a permutation."""
        return np.sort(rows.rng.permutation(len(rows.classes))[: rows.n])


class StratifiedRows(Split):
    """Random rows of each class, as many as is its share of all rows.

    Where shares are no whole numbers, the largest remainders get one row more, the earlier class
    first (Hamilton's method).
    """

    name: Literal["stratified"] = "stratified"

    def choose(self, rows: Candidates) -> Any:
        """Return the first rows of each class in a permutation."""
        order = rows.rng.permutation(len(rows.classes))
        exact = np.bincount(rows.classes) * rows.n / len(order)
        wanted = np.floor(exact).astype(np.int64)
        rest = np.argsort(wanted - exact, kind="stable")[: rows.n - int(wanted.sum())]
        wanted[rest] += 1
        parts = [order[rows.classes[order] == one][:count] for one, count in enumerate(wanted)]
        return np.sort(np.concatenate(parts))


class LastRows(Split):
    """The last rows of the table: for rows in the order of time."""

    name: Literal["last"] = "last"

    def choose(self, rows: Candidates) -> Any:
        """Return the last rows."""
        return np.arange(len(rows.classes) - rows.n, len(rows.classes))


class MarkedRows(Split):
    """The rows that have a certain value in a column of the table.

    Attributes:
        column: its position, from 0.
        value: the text there, or the number as Python writes it.
        rows: how many rows have it, of those that are used.
    """

    name: Literal["marked"] = "marked"
    column: Position
    value: Annotated[str, Field(max_length=int(LIMITS["cell_characters"].high))]
    rows: Annotated[int, LIMITS["batch_size"]]

    def count(self, n_rows: int, share: float) -> int:  # noqa: ARG002 - they are marked
        """Return how many rows have the value; ``share`` is not asked for."""
        return self.rows

    def choose(self, rows: Candidates) -> Any:
        """Return the marked rows."""
        return np.flatnonzero(rows.marks)

    def marks(self, table: Table) -> Booleans:
        """Return which rows of the table have the value, ``(rows,)``."""
        return table.columns[self.column].equal(self.value)


AnySplit: TypeAlias = Annotated[
    RandomRows | StratifiedRows | LastRows | MarkedRows, Field(discriminator="name")
]
