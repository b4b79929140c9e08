"""The one way in which a widget shows a value and passes on what a reader makes of it.

A widget holds nothing of its own: whenever it is drawn it is given the value that is in force, and
what a reader chooses is reported, so that the next drawing shows what has become of it.

Every message of the browser carries what all widgets show. After a quick second click on Undo it
still carries what they showed before the first one took effect: echoes, which Streamlit takes for
changes. To tell them from changes, a counter grows whenever a widget is given another value than it
had. The counter is drawn behind the widgets, in a field that nobody sees, so it comes back with
every message and says which values the browser had drawn by then. A widget that shows one of the
values that it may still have had was not touched.

A closed popover keeps what its widgets showed when it was open, whatever they are given meanwhile.
So it has a counter of its own, which comes back as old as they are: ``folded``.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_GIVEN: Final = "given-values"  # by key of a widget: pairs of the counter and a value
_COUNTER: Final = "given-values-counter"
_MARKS: Final = "drawn-marks"  # names of the places with a field that holds the counter
_FOLDS: Final = "folded-widgets"  # the popover of each widget that is in one, by key
_fold: ContextVar[str] = ContextVar("fold", default="")  # the popover that is being filled
_MOST: Final = 10  # values of a widget that are remembered


def bound(
    widget: Callable[..., Any],
    *args: Any,
    key: str,
    shown: object,
    report: Callable[[Any], object],
    among: Sequence[object] | None = None,
    **settings: Any,
) -> Any:
    """Draw a widget that shows a value, and return what Streamlit returns.

    A ``st.select_slider`` is given the value as its default as well. Where the browser sends a
    label that is no option any more, Streamlit takes the default for it, else the first option.

    Args:
        widget: a function of Streamlit, such as ``st.toggle``.
        args: what it is called with, its title first.
        key: names the widget.
        shown: the value in force.
        report: called with what the reader chose; not with None, which an emptied field gives.
        among: if given, nothing else is reported: where the language has just changed, the browser
            sends a label in the old one.
        settings: further keywords of the widget.
    """
    _give(key, shown)
    st.session_state.setdefault(_FOLDS, {})[key] = _fold.get()
    st.session_state[key] = shown
    return widget(*args, key=key, on_change=_hear, args=(key, report, among), **settings)


def reporting(
    widget: Callable[..., Any],
    *args: Any,
    key: str,
    report: Callable[[Any], object],
    event: str = "change",
    **settings: Any,
) -> Any:
    """Draw a widget that cannot be given a value, such as an upload; otherwise as ``bound``.

    Args:
        widget: as for ``bound``.
        args: as for ``bound``.
        key: as for ``bound``.
        report: as for ``bound``.
        event: what Streamlit calls what the reader does: "change", or "select" in a table.
        settings: as for ``bound``.
    """
    if event == "select":  # such a callback is given no arguments
        return widget(*args, key=key, on_select=partial(_pass_on, key, report), **settings)
    return widget(*args, key=key, on_change=_pass_on, args=(key, report), **settings)


@contextmanager
def folded(name: str, title: str, **settings: Any) -> Iterator[None]:
    """Draw a popover, to be filled with widgets.

    Args:
        name: names it.
        title: of its button.
        settings: further keywords of ``st.popover``.
    """
    with st.popover(title, **settings):
        before = _fold.set(name)
        try:
            yield
            _draw_counter(name)
        finally:
            _fold.reset(before)


def draw_mark(name: str) -> None:
    """Draw the counter, after widgets and before anything that takes long.

    It is drawn whether that is to be done or not: only a field that the browser knows comes back.

    Args:
        name: of this place; a page may have several.
    """
    st.session_state.setdefault(_MARKS, set()).add(name)
    _draw_counter(name)


def _draw_counter(name: str) -> None:
    key = _counter_key(name)
    st.session_state[key] = str(st.session_state.get(_COUNTER, 0))
    st.text_input(key, key=key, label_visibility="collapsed")


def _counter_key(name: str) -> str:
    return f"drawn-mark-{name}"  # hidden by style.css


def _give(key: str, value: object) -> None:
    """Note that a widget is given a value."""
    given = st.session_state.setdefault(_GIVEN, {}).setdefault(key, [])
    if given and given[-1][1] == value:
        return
    st.session_state[_COUNTER] = st.session_state.get(_COUNTER, 0) + 1
    given.append((st.session_state[_COUNTER], value))
    del given[:-_MOST]


def _pass_on(key: str, report: Callable[[Any], object]) -> None:
    chosen = st.session_state.get(key)
    if chosen is not None:
        report(chosen)


def _hear(key: str, report: Callable[[Any], object], among: Sequence[object] | None) -> None:
    """Report what a reader chose; an echo, or no choice at all, is left to the next drawing.

    Nothing is chosen where Streamlit has forgotten the widget, which the page no longer shows: a
    late message may still hold it.
    """
    chosen = st.session_state.get(key)
    if chosen is None or (among is not None and chosen not in among) or _is_echo(key, chosen):
        return
    given, drawn = st.session_state[_GIVEN][key], _drawn(key)
    undrawn = [pair for pair in given if pair[0] > drawn]
    given[:] = [*undrawn, (given[-1][0], chosen)]
    report(chosen)


def _is_echo(key: str, shown: object) -> bool:
    """Tell whether a widget shows what it was given, and not yet what it was given last."""
    given, drawn = st.session_state[_GIVEN][key], _drawn(key)
    if given[-1][0] <= drawn:
        return False
    oldest = max((counter for counter, _value in given if counter <= drawn), default=0)
    return any(value == shown for counter, value in given if counter >= oldest)


def _drawn(key: str) -> float:
    """Return the counter up to which the browser has drawn a widget; infinity if not told."""
    fold = st.session_state.get(_FOLDS, {}).get(key)
    names = {fold} if fold else st.session_state.get(_MARKS, set())
    marks = (st.session_state.get(_counter_key(name), "") for name in names)
    return max((int(mark) for mark in marks if mark.isdecimal()), default=math.inf)
