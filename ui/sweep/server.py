"""The sweeps of this server: its shelf, and what is known of their lanes, for all sessions."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import streamlit as st

from sweeps.lanes import Watch
from sweeps.shelf import Shelf, shelf_of

if TYPE_CHECKING:
    from sweeps.lanes import Lanes

_BYTES: Final = 512 << 20


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """Return the shelf; a thread starts what waits on it as long as the server lives."""
    kept = shelf_of(os.environ)
    threading.Thread(
        target=kept.keep, args=(threading.Event(),), name="sweeps", daemon=True
    ).start()
    return kept


class Watches:
    """Looks at the folders of sweeps; the least recently used go when the bytes are full.

    Args:
        shelf: the sweeps.
        capacity: bytes of lanes.
    """

    def __init__(self, shelf: Shelf, capacity: int) -> None:
        self._shelf, self._capacity = shelf, capacity
        self._kept: OrderedDict[str, tuple[Watch, int]] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, name: str) -> Lanes:
        """Return the lanes of a sweep that there are now.

        Args:
            name: its id.

        Raises:
            LookupError: the shelf has no such sweep.
        """
        with self._lock:
            watch, _ = self._kept.get(name) or (self._watch(name), 0)
        lanes = watch.look()
        with self._lock:
            self._kept[name] = watch, lanes.nbytes
            self._kept.move_to_end(name)
            while len(self._kept) > 1 and self._bytes() > self._capacity:
                self._kept.popitem(last=False)
        return lanes

    def _watch(self, name: str) -> Watch:
        spec = self._shelf.spec(name)
        if spec is None:
            raise LookupError(name)
        return Watch(self._shelf.folder(name), spec)

    def _bytes(self) -> int:
        return sum(size for _, size in self._kept.values())


@st.cache_resource(show_spinner=False)
def watches() -> Watches:
    """Return the looks at sweeps, for all sessions."""
    return Watches(shelf(), _BYTES)
