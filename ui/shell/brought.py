"""The tables that a reader brought: kept for this reader alone, and forgotten with the sessions.

The browser keeps a name for its reader, which nobody else knows: so a reload, or a second tab,
finds the tables again. When the last session of a reader is gone, so are the tables.
"""

from __future__ import annotations

import re
import secrets
import threading
import weakref
from collections import Counter
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

import streamlit as st

from engine.errors import InvalidInput
from engine.problems.datasets.table import TABLES

if TYPE_CHECKING:
    from comparison.document import Document
    from engine import Experiment
    from engine.problems.datasets import OwnTable
    from engine.problems.datasets.table import Kept, Table
    from sweeps.spec import SweepSpec

COOKIE: Final = "descent_reader"
_PRESENCE: Final = "reader"
_BYTES: Final = 16
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{22}")  # what comes of so many


class _Presence:
    """A session of a reader; it ends with the session's state.

    Attributes:
        reader: the reader's name.
        used: the digests of the tables that its comparisons have used, which undo may need.
    """

    def __init__(self, reader: str) -> None:
        self.reader = reader
        self.used: set[str] = set()


class _Sessions:
    """How many sessions each reader has."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._there: WeakSet[_Presence] = WeakSet()
        self._lock = threading.Lock()

    def begin(self, reader: str) -> _Presence:
        presence = _Presence(reader)
        with self._lock:
            self._counts[reader] += 1
            self._there.add(presence)
        weakref.finalize(presence, self._end, reader)
        return presence

    def used(self, reader: str) -> set[str]:
        """Return the tables that any session of a reader has used."""
        with self._lock:
            own = [one.used for one in self._there if one.reader == reader]
        return set().union(*own)

    def _end(self, reader: str) -> None:
        with self._lock:
            self._counts[reader] -= 1
            is_gone = self._counts[reader] <= 0
            if is_gone:
                del self._counts[reader]
        if is_gone:
            TABLES.forget(reader)


@st.cache_resource(show_spinner=False)
def _sessions() -> _Sessions:
    return _Sessions()


def reader() -> str:
    """Return the name under which this reader's tables are kept."""
    if _PRESENCE not in st.session_state:
        known = str(st.context.cookies.get(COOKIE, ""))
        name = known if _NAME.fullmatch(known) else secrets.token_urlsafe(_BYTES)
        st.session_state[_PRESENCE] = _sessions().begin(name)
    name = st.session_state[_PRESENCE].reader
    return str(name)


def name_to_keep() -> str:
    """Return what the browser keeps of the reader's name: nothing before a table was brought."""
    return reader() if brought() else ""


def bring(table: Table, title: str) -> None:
    """Keep a table.

    Raises:
        InvalidInput: there is no more room for this reader, or for all.
    """
    TABLES.keep(reader(), table, title)


def brought() -> tuple[Kept, ...]:
    """Return the reader's tables, the oldest first."""
    return TABLES.owned(reader())


def is_used(digest: str) -> bool:
    """Tell whether a comparison of the reader, here or in another tab, has used a table."""
    return digest in _sessions().used(reader())


def remove(digest: str) -> None:
    """Forget one of the reader's tables."""
    TABLES.drop(reader(), digest)


def checked(document: Document) -> Document:
    """Return a comparison from outside.

    Raises:
        InvalidInput: it describes a table otherwise than the one that this reader has.
    """
    if not lacking(document.experiment):
        for one in document.experiment.tables:
            one.check()
    return document


def lacking(experiment: Experiment | SweepSpec) -> tuple[OwnTable, ...]:
    """Return the data sets whose tables this reader has not brought."""
    found = tuple(one for one in experiment.tables if not TABLES.holds(reader(), one.digest))
    presence: _Presence | None = st.session_state.get(_PRESENCE)
    if presence is not None:
        presence.used.update(one.digest for one in experiment.tables)
    return found


def tables_of(experiment: Experiment | SweepSpec) -> tuple[Table, ...]:
    """Return the tables of an experiment or a sweep.

    Raises:
        InvalidInput: "not_here": this reader has not brought one of them.
    """
    for one in lacking(experiment):
        raise InvalidInput("not_here", "data", (one.title, one.digest))
    return tuple(one.table for one in experiment.tables)


def tables_here(experiment: Experiment | SweepSpec) -> tuple[Table, ...]:
    """Return the tables of an experiment or a sweep, unless this reader lacks one."""
    return () if lacking(experiment) else tables_of(experiment)
