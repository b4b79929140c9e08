"""How far a sweep is, and the buttons that stop it and let it go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.words.sweeps import (
    failed_words,
    lanes_words,
    left_words,
    shelf_words,
    unreadable_words,
)
from language import _
from sweeps.store import failures
from ui.shell.text import escaped
from ui.sweep.server import on_shelf, paces, shelf, watches

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweeps.lanes import Lanes
    from sweeps.shelf import Kind, Status

_SECONDS: Final = 1.0  # between two looks at a folder


def kind_of(name: str | None) -> Kind | None:
    """Return how it stands with a sweep; None where there is none, or none any more."""
    try:
        return None if name is None else shelf().status(name).kind
    except KeyError:
        return None


def redrawn(name: str | None) -> float | None:
    """Return after how many seconds the results are drawn again; None where nothing will change."""
    return _SECONDS if kind_of(name) in {"waiting", "running"} else None


def seen(name: str) -> tuple[Status, Lanes]:
    """Return how it stands with a sweep, and its lanes.

    Where it has just been removed, the page is drawn anew, without it.
    """
    try:
        return shelf().status(name), watches().look(name)
    except LookupError:
        st.rerun()


def status_line(name: str, status: Status, lanes: Lanes) -> None:
    """Show how far a sweep is, what is missing of it, and what can be done."""
    if status.kind == "finished":
        _finished(name, lanes)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        _progress(name, status, lanes)
        if status.kind in {"waiting", "running"}:
            _button(_("Stop"), "stop", shelf().stop, name, disabled=status.is_stopping)
        else:
            _button(_("Go on"), "play_arrow", shelf().resume, name)
    if status.kind == "failed":
        st.error(escaped(status.told) or _("The process was killed again and again."))
    if lanes.unreadable:
        st.warning(escaped(unreadable_words(lanes.unreadable)))


def _progress(name: str, status: Status, lanes: Lanes) -> None:
    done, all_lanes = int(lanes.done.sum()), lanes.status.size
    if not status.is_retried:
        done += int(lanes.failed.sum())
    words = [shelf_words(status), lanes_words(lanes)]
    if status.kind == "running":
        left = paces().seconds_left(name, done, all_lanes - done, time.monotonic())
        if left is not None and not status.is_stopping:
            words.append(left_words(left))
    else:
        paces().forget(name)
    st.progress(done / all_lanes, " · ".join(words), width="stretch")


def _finished(name: str, lanes: Lanes) -> None:
    """Say what a finished sweep misses, and offer to train that again."""
    count = int(lanes.failed.sum())
    if lanes.unreadable:
        st.warning(escaped(unreadable_words(lanes.unreadable)))
        _button(_("Go on"), "play_arrow", shelf().resume, name)
    elif count:
        st.warning(escaped(failed_words(count, failures(shelf().folder(name)))))
        _button(_("Try them again"), "refresh", shelf().retry, name)


def _button(
    title: str, icon: str, act: Callable[[str], None], name: str, *, disabled: bool = False
) -> None:
    st.button(
        title,
        key=f"sweep-{act.__name__}",
        icon=f":material/{icon}:",
        on_click=on_shelf,
        args=(act, name),
        disabled=disabled,
    )
