"""The sweeps of this server: its shelf, and what is known of their lanes, for all sessions."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.words.sweeps import no_shelf_words, refused_words, running_words, unwritable_words
from engine import InvalidInput
from storage.lock import FolderInUse
from sweeps.lanes import Watch
from sweeps.shelf import Shelf, shelf_of
from sweeps.store import FolderRefused
from ui.shell.brought import tables_of
from ui.shell.locale import speak
from ui.shell.store import refuse, set_page, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweeps.lanes import Lanes
    from sweeps.spec import SweepSpec

_BYTES: Final = 512 << 20
_PACES: Final = 200  # sweeps whose pace is known
_SURE_SECONDS: Final = 3.0  # before which a pace says little
_GAP_SECONDS: Final = 30.0  # between two looks, after which a pace is another one


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """Return the shelf; a thread starts what waits on it as long as the server lives.

    Raises:
        InvalidInput: a variable of the operator is wrong; ``why_no_shelf`` says which.
    """
    kept = shelf_of(os.environ)
    threading.Thread(
        target=kept.keep, args=(threading.Event(),), name="sweeps", daemon=True
    ).start()
    return kept


def why_no_shelf() -> str | None:
    """Return why no sweep can be started on this server; None where it can."""
    try:
        shelf()
    except InvalidInput as error:
        return no_shelf_words(error)
    return None


def put_on_shelf(spec: SweepSpec) -> str | None:
    """Start a sweep and return its id; None where that is refused, of which the reader is told."""
    speak()  # a widget's callback runs before its page has set the language
    try:
        return shelf().add(spec, tables_of(spec))
    except InvalidInput as error:
        refuse(error)
    except OSError as error:
        _say(unwritable_words(error))
    return None


def on_shelf(act: Callable[[str], None], name: str) -> None:
    """Do something with a sweep; where that is not possible, the reader is told why.

    Args:
        act: one of the shelf's own methods.
        name: the id of the sweep.
    """
    speak()  # as above
    try:
        act(name)
    except FolderInUse:
        _say(running_words())
    except FolderRefused as error:
        _say(refused_words(error))
    except OSError as error:
        _say(unwritable_words(error))


def _say(sentence: str) -> None:
    """Have a sentence stand in place of the notices about earlier changes."""
    set_page()
    tell(sentence)


class Paces:
    """How long sweeps still take, by what was seen of them; the time is always given.

    A pace is that since the first of the looks that came one soon after the other.
    """

    def __init__(self) -> None:
        self._looks: OrderedDict[str, tuple[float, int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def seconds_left(self, name: str, done: int, left: int, now: float) -> float | None:
        """Note a look at a sweep that is running, and return how long the rest takes.

        Args:
            name: its id.
            done: how many lanes are done.
            left: how many are not.
            now: when it was looked at, in seconds.

        Returns:
            The seconds; None as long as there is no pace to tell.
        """
        with self._lock:
            began, before, last = self._looks.pop(name, (now, done, now))
            if done < before or now - last > _GAP_SECONDS:
                began, before = now, done
            self._looks[name] = began, before, now
            while len(self._looks) > _PACES:
                self._looks.popitem(last=False)
        if now - began < _SURE_SECONDS or done == before:
            return None
        return left * (now - began) / (done - before)

    def forget(self, name: str) -> None:
        """Begin anew with a sweep, which is not running now."""
        with self._lock:
            self._looks.pop(name, None)


@st.cache_resource(show_spinner=False)
def paces() -> Paces:
    """Return the paces of sweeps, for all sessions."""
    return Paces()


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
            if not self._shelf.has(name):
                self._kept.pop(name, None)
                raise LookupError(name)
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
