"""Surfaces inside a page: kept in the session, coarse first, interruptible.

The computation of a surface is a generator. It waits in the session while Streamlit reruns the
page: the same surface goes on where it was, another one closes it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.words.errors import explain
from engine import GRID_SIZES, InvalidInput, estimate_surface, surface
from language import _

if TYPE_CHECKING:
    from comparison.surfaces import Wanted
    from engine import Surface
    from engine.landscape.surfaces import Computation, SurfaceProgress

AT_ONCE_SECONDS: Final = 2.0  # a longer computation waits for a click
_UNSEEN_SECONDS: Final = 0.4  # a shorter one shows no progress
_KEPT: Final = 12
_SURFACES: Final = "surfaces"
_PENDING: Final = "surface-pending"


@dataclass
class _Pending:
    """A computation that has not ended."""

    key: tuple[object, ...]
    size: int
    computation: Computation
    seconds: float
    progress: SurfaceProgress | None = None
    paused: bool = False


def known(wanted: Wanted) -> Surface | None:
    """Return the finest surface that is there already."""
    kept = _kept()
    for size in sorted(GRID_SIZES, reverse=True):
        if size <= wanted.size and (wanted.key, size) in kept:
            kept.move_to_end((wanted.key, size))
            return kept[wanted.key, size]
    return None


def coarse(wanted: Wanted) -> Surface | None:
    """Return a surface to look at: one that is there, else the coarsest; None if that waits."""
    found = known(wanted)
    return found if found is not None else _computed(wanted, GRID_SIZES[0], None)


def refined(wanted: Wanted, rough: Surface) -> Surface | None:
    """Return the surface in its wanted size; None while the reader has stopped it."""
    found = rough
    for size in GRID_SIZES:
        if len(found.x) < size <= wanted.size:
            finer = _computed(wanted, size, found)
            if finer is None:
                return None
            found = finer
    return found


def _kept() -> OrderedDict[tuple[object, int], Surface]:
    return st.session_state.setdefault(_SURFACES, OrderedDict())


def _computed(wanted: Wanted, size: int, rough: Surface | None) -> Surface | None:
    """Compute a surface, with progress and a button to stop it where it takes long."""
    pending: _Pending | None = st.session_state.get(_PENDING)
    if pending is not None and (pending.key, pending.size) != (wanted.key, size):
        pending.computation.close()
        del st.session_state[_PENDING]
        pending = None
    try:
        if pending is None:
            pending = _begin(wanted, size, rough)
        if pending is None:
            return None
        done = _go_on(pending)
    except InvalidInput as error:
        st.session_state.pop(_PENDING, None)
        st.error(explain(error))
        return None
    if done is not None:
        kept = _kept()
        kept[wanted.key, size] = done
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return done


def _begin(wanted: Wanted, size: int, rough: Surface | None) -> _Pending | None:
    """Begin a computation, a long one only when the reader asks for it."""
    cost = estimate_surface(wanted.experiment, size, wanted.rows)
    cost.check_time()
    if cost.seconds > AT_ONCE_SECONDS:
        text = _("Compute the surface, {size} × {size} points (about {seconds:.0f} s)")
        place = st.empty()
        text = text.format(size=size, seconds=cost.seconds)
        if not place.button(text, key=f"surfaces-begin-{size}"):
            return None
        place.empty()
    work = surface(wanted.experiment, wanted.plane, wanted.window, size, wanted.rows, rough)
    pending = _Pending(wanted.key, size, work, cost.seconds)
    st.session_state[_PENDING] = pending
    return pending


def _go_on(pending: _Pending) -> Surface | None:
    """Drive a computation to its end, or to where the reader stopped it."""
    stop = st.empty()
    if pending.seconds > AT_ONCE_SECONDS:
        title = _("Resume") if pending.paused else _("Stop")
        stop.button(title, key="surfaces-stop", on_click=_toggle_pause, args=(pending,))
    if pending.paused:
        return None
    bar, shown = st.empty(), time.perf_counter()
    while True:
        try:
            pending.progress = next(pending.computation)
        except StopIteration as end:
            bar.empty()
            stop.empty()
            del st.session_state[_PENDING]
            done: Surface = end.value
            return done
        except Exception:
            del st.session_state[_PENDING]  # a broken computation is not gone on with
            raise
        if pending.seconds > _UNSEEN_SECONDS and time.perf_counter() - shown > 0.1:
            shown = time.perf_counter()
            share = pending.progress.points / pending.progress.total
            bar.progress(share, _("Surface: {share:.0%}").format(share=share))
        else:
            st.session_state.get(_PENDING)  # here Streamlit may interrupt


def _toggle_pause(pending: _Pending) -> None:
    pending.paused = not pending.paused
