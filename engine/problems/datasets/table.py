"""Tables that readers bring: their values, by which they are named, and where a process keeps them.

A table is not part of an experiment, which has no arrays: the experiment names it by its digest,
the SHA-256 of its values, and whoever trains has it among ``TABLES``.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval, check_length

if TYPE_CHECKING:
    from engine.arrays import Array, Integers


_NAMES: Final = Interval(1, LIMITS["name_characters"].high)
_WHOLE: Final = 1e15  # larger whole numbers are written with an exponent


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts.

    Attributes:
        codes: ``(rows,)``, the place of each row's text among ``categories``; -1 where it has none.
        categories: every different text, in order of appearance.
    """

    codes: Integers
    categories: tuple[str, ...]

    @property
    def missing(self) -> Any:
        """Return where a text is missing, ``(rows,)``."""
        return self.codes < 0

    def head(self, rows: int | None = None) -> list[str | None]:
        """Return the values of the first rows, or of all; None for a missing one."""
        texts = [*self.categories, None]  # -1 is the last
        return [texts[code] for code in self.codes[:rows].tolist()]

    def equal(self, text: str) -> Any:
        """Return where the text is this one, ``(rows,)``."""
        code = self.categories.index(text) if text in self.categories else len(self.categories)
        return self.codes == code


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers.

    Attributes:
        values: ``(rows,)``, finite, or NaN where one is missing.
    """

    values: Array

    @property
    def missing(self) -> Any:
        """Return where a number is missing, ``(rows,)``."""
        return np.isnan(self.values)

    def head(self, rows: int | None = None) -> list[float | None]:
        """Return the values of the first rows, or of all; None for a missing one."""
        missing = self.missing[:rows].tolist()
        values = self.values[:rows].tolist()
        return [None if gone else value for value, gone in zip(values, missing, strict=True)]

    def equal(self, text: str) -> Any:
        """Return where the number is written like this (``written``), ``(rows,)``."""
        try:
            number = float(text)
        except ValueError:
            number = np.nan
        return self.values == number

    @staticmethod
    def written(value: float) -> str:
        """Return a number as the name of a class: whole ones without a decimal point."""
        return repr(int(value)) if value.is_integer() and abs(value) < _WHOLE else repr(value)


Column: TypeAlias = Numbers | Texts


@dataclass(frozen=True, eq=False)
class Table:
    """What a reader brought, decoded: named columns of numbers or texts, all of one length.

    Attributes:
        names: of the columns, no two alike.
        columns: in the order of the names.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def n_rows(self) -> int:
        """Return the number of rows, those with missing values included."""
        return len(self.columns[0].missing)

    @property
    def kinds(self) -> str:
        """Return a letter for each column: n for numbers, t for texts."""
        return "".join("n" if isinstance(column, Numbers) else "t" for column in self.columns)

    @property
    def size(self) -> int:
        """Return about how many bytes the table takes."""
        names = sum(50 + 4 * len(name) for name in self.names)
        return names + sum(
            column.values.nbytes
            if isinstance(column, Numbers)
            else column.codes.nbytes + sum(50 + 4 * len(text) for text in column.categories)
            for column in self.columns
        )

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of names and values, in hexadecimal: equal tables have equal ones."""
        digest = hashlib.sha256(b"%d rows, %s:" % (self.n_rows, self.kinds.encode()))
        for name, column in zip(self.names, self.columns, strict=True):
            texts = (name,) if isinstance(column, Numbers) else (name, *column.categories)
            for text in texts:
                encoded = text.encode("utf-8", "surrogatepass")
                digest.update(b"%d:" % len(encoded) + encoded)
            if isinstance(column, Numbers):
                values = np.where(column.missing, np.nan, column.values + 0.0)  # one NaN, no -0.0
                digest.update(b"n" + values.astype("<f8").tobytes())
            else:
                digest.update(b"t" + column.codes.astype("<i8").tobytes())
        return digest.hexdigest()

    @cached_property
    def text(self) -> str:
        """Return the JSON of ``as_json``; it is kept with the table."""
        return json.dumps(self.as_json(), ensure_ascii=False)

    def as_json(self) -> dict[str, Any]:
        """Return the table for a file: a list for each column, null for a missing value."""
        return {"names": list(self.names), "columns": [column.head() for column in self.columns]}


def numbers(values: Any) -> Numbers:
    """Return a column of numbers; raises ``InvalidInput`` for an infinite one."""
    array = np.array(values, dtype=np.float64) + 0.0
    if np.isinf(array).any():
        worst = array[np.isinf(array)][0]
        raise InvalidInput("not_finite", "", float(worst), Interval(-np.inf, np.inf))
    array.flags.writeable = False
    return Numbers(array)


def texts(values: Any) -> Texts:
    """Return a column of texts, None or "" where one is missing."""
    places: dict[str, int] = {}
    codes = [places.setdefault(text, len(places)) if text else -1 for text in values]
    array = np.array(codes, dtype=np.int64)
    array.flags.writeable = False
    return Texts(array, tuple(places))


def table(names: Any, columns: Any) -> Table:
    """Return a table of lists, as ``Table.as_json`` writes them.

    Args:
        names: of the columns.
        columns: for each a list of numbers, or a list of texts; None for a missing value. A column
            without any value is one of numbers.

    Raises:
        InvalidInput: too many or unequally long columns, another type, or two equal names.
    """
    check_length("names", names, LIMITS["table_columns"])
    check_length("columns", columns, Interval(len(names), len(names)))
    for place, name in enumerate(names):
        if not isinstance(name, str) or not _is_text(name):
            raise InvalidInput("wrong_type", f"names.{place}", name, "string")
        check_length(f"names.{place}", name, _NAMES)
    if len(set(names)) < len(names):
        raise InvalidInput("duplicate", "names", tuple(names))
    lengths = LIMITS["rows"]
    made: list[Column] = []
    for place, values in enumerate(columns):
        field = f"columns.{place}"
        if not isinstance(values, (list, tuple)):
            raise InvalidInput("wrong_type", field, values, "tuple")
        check_length(field, values, lengths)
        lengths = Interval(len(values), len(values))
        made.append(_column(field, values))
    return Table(tuple(names), tuple(made))


def _column(field: str, values: Any) -> Column:
    is_text = any(isinstance(value, str) for value in values)
    fit = _is_cell if is_text else _is_number
    for row, value in enumerate(values):
        fits = fit(value)
        if value is not None and not fits:
            expected = "string" if is_text else "number"
            raise InvalidInput("wrong_type", f"{field}.{row}", value, expected)
    if is_text:
        return texts(values)
    try:
        return numbers([np.nan if value is None else value for value in values])
    except InvalidInput as error:
        raise error.at(field) from None
    except OverflowError:
        allowed = Interval(-np.inf, np.inf)
        raise InvalidInput(
            "out_of_range", field, "more digits than a number has", allowed
        ) from None


def _is_cell(value: object) -> bool:
    return isinstance(value, str) and len(value) in LIMITS["text_characters"] and _is_text(value)


def _is_text(value: str) -> bool:
    """Tell whether it can be written: half of a character that takes two cannot."""
    return not any("\ud800" <= mark <= "\udfff" for mark in value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Kept(NamedTuple):
    """A table that an owner keeps, and what it was called."""

    title: str
    table: Table


@dataclass
class Tables:
    """Where a process keeps tables: a share of the memory for each owner, and a limit for all.

    Equal tables of several owners take the memory once.

    Attributes:
        share: bytes that one owner may keep.
        most: bytes that all may keep together.
    """

    share: int
    most: int
    _tables: dict[str, Table] = field(default_factory=dict)
    _titles: dict[str, dict[str, str]] = field(default_factory=dict)  # by owner, then by digest
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def keep(self, owner: str, table: Table, title: str = "") -> None:
        """Keep a table for an owner, under the title that it was given last.

        Raises:
            InvalidInput: "too_expensive": the owner's share, or the memory for all, is used up.
        """
        digest = table.digest
        with self._lock:
            titles = self._titles.get(owner, {})
            if digest not in titles:
                own = table.size + sum(self._tables[one].size for one in titles)
                _check("tables", own, self.share)
            if digest not in self._tables:
                _check("all_tables", table.size + sum(map(_size, self._tables.values())), self.most)
            self._tables.setdefault(digest, table)
            self._titles.setdefault(owner, {})[digest] = title

    def get(self, digest: str, title: str = "") -> Table:
        """Return the table of a digest.

        Args:
            digest: its name.
            title: what it was called.

        Raises:
            InvalidInput: "not_here": nobody keeps it.
        """
        with self._lock:
            if digest not in self._tables:
                raise InvalidInput("not_here", "data", (title, digest))
            return self._tables[digest]

    def owned(self, owner: str) -> tuple[Kept, ...]:
        """Return the tables of an owner, the oldest first."""
        with self._lock:
            titles = self._titles.get(owner, {})
            return tuple(Kept(title, self._tables[digest]) for digest, title in titles.items())

    def holds(self, owner: str, digest: str) -> bool:
        """Tell whether an owner keeps the table of a digest."""
        with self._lock:
            return digest in self._titles.get(owner, {})

    def drop(self, owner: str, digest: str) -> None:
        """Forget one table of an owner; nothing happens if there is none."""
        with self._lock:
            self._titles.get(owner, {}).pop(digest, None)
            if not any(digest in titles for titles in self._titles.values()):
                self._tables.pop(digest, None)

    def forget(self, owner: str) -> None:
        """Forget all tables of an owner."""
        with self._lock:
            for digest in tuple(self._titles.get(owner, {})):
                self.drop(owner, digest)
            self._titles.pop(owner, None)


def _size(table: Table) -> int:
    return table.size


def _check(field: str, size: int, most: int) -> None:
    if size > most:
        raise InvalidInput("too_expensive", field, size, Interval(0, most))


# The tables of this process.
TABLES: Final = Tables(share=64 * 2**20, most=512 * 2**20)
