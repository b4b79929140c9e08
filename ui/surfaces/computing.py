"""Surfaces inside a page: kept in the session, coarse first, interruptible."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.words.errors import explain
from engine import GRID_SIZES, InvalidInput, estimate_surface, surface
from language import _
from ui.shell.driver import begin, drive, may_be_stopped, stop_button, waiting

if TYPE_CHECKING:
    from comparison.surfaces import Wanted
    from engine import Surface
    from engine.landscape.surfaces import SurfaceProgress
    from ui.shell.driver import Pending

_UNSEEN_SECONDS: Final = 0.4  # of work, by the clock: a shorter one shows no progress
_DRAW_SECONDS: Final = 0.1  # between two drawings of the bar
_KEPT: Final = 12
_SURFACES: Final = "surfaces"


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
    slot = f"surface-{size}"
    pending = waiting(slot, wanted.key)
    try:
        if pending is None:
            pending = _begin(slot, wanted, size, rough)
        done = None if pending is None else _go_on(slot, pending)
    except InvalidInput as error:
        st.error(explain(error))
        return None
    if done is not None:
        kept = _kept()
        kept[wanted.key, size] = done
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return done


def _begin(
    slot: str, wanted: Wanted, size: int, rough: Surface | None
) -> Pending[SurfaceProgress, Surface] | None:
    """Begin a computation; None while a long one waits for a click."""
    cost = estimate_surface(wanted.experiment, size, wanted.rows)
    offer = _("Compute the surface, {size} × {size} points (about {seconds:.0f} s)")
    return begin(
        slot,
        wanted.key,
        cost,
        lambda: surface(wanted.experiment, wanted.plane, wanted.window, size, wanted.rows, rough),
        offer.format(size=size, seconds=cost.seconds),
    )


def _go_on(slot: str, pending: Pending[SurfaceProgress, Surface]) -> Surface | None:
    """Drive a computation to its end; None while the reader has stopped it."""
    stop = st.empty()
    if pending.paused:
        with stop:
            stop_button(pending, slot)
        return None
    bar, shown, may_stop = st.empty(), time.perf_counter(), False

    def show() -> None:
        nonlocal shown, may_stop
        if not may_stop and may_be_stopped(pending):
            may_stop = True
            with stop:
                stop_button(pending, slot)
        progress = pending.task.progress
        if progress is None or pending.worked <= _UNSEEN_SECONDS:
            return
        if time.perf_counter() - shown > _DRAW_SECONDS:
            shown = time.perf_counter()
            share = progress.points / progress.total
            bar.progress(share, _("Surface: {share:.0%}").format(share=share))

    done = drive(pending, slot, show)
    bar.empty()
    stop.empty()
    return done
