"""The reader's sweeps: whose ids this browser knows, and which of them is on show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.sweep.opening import with_sweep
from comparison.words.sweeps import axes_words, began_words, shelf_words
from language import _
from ui.shell.binding import folded
from ui.shell.navigation import open_edited
from ui.shell.store import set_page
from ui.shell.text import escaped
from ui.sweep.planned import planned
from ui.sweep.server import on_shelf, shelf, why_no_shelf
from ui.sweep.settings import settings

if TYPE_CHECKING:
    from sweeps.spec import SweepSpec

_COOKIE: Final = "descent_sweeps"
_OWN: Final = "own-sweeps"  # ids, the oldest first
_LIST: Final = "list-of-sweeps"  # whether it is open
_REMOVED: Final = "removed-sweeps"
_TO_REMOVE: Final = "sweep-to-remove"  # of which the reader is asked
_MOST: Final = 50  # ids that a cookie has room for
_SHOWN: Final = 12  # in the list

_component = st.components.v2.component(
    "descent_sweeps", js=(Path(__file__).parent / "past.js").read_text("utf-8")
)


def own_sweeps() -> list[str]:
    """Return the ids of the reader's sweeps that are on the shelf, the newest first."""
    ids = _ids()
    return [name for name in reversed(ids) if spec_of(name) is not None]


def remember(name: str) -> None:
    """Count a sweep among the reader's own."""
    ids = _ids()
    if name in ids:
        ids.remove(name)
    ids.append(name)


def keep_ids() -> None:
    """Have the browser keep the ids."""
    data = {
        "cookie": _COOKIE,
        "ids": _ids()[-_MOST:],
        "removed": st.session_state.get(_REMOVED, []),
        "most": _MOST,
    }
    with st.container(key="own-sweeps-cookie"):
        _component(key="own-sweeps-component", data=data)


def shown_sweep() -> str | None:
    """Return the id of the sweep that the page plans, where it has been started; else None.

    The id that the page holds comes first: it may be that of a link, and is the reader's own from
    then on.
    """
    wanted = planned().spec
    if wanted is None:
        return None
    named = settings().sweep
    if named and _is(named, wanted):
        remember(named)
        return named
    return next((name for name in own_sweeps() if _is(name, wanted)), None)


def is_elsewhere() -> bool:
    """Tell whether the page names a sweep that this server does not have."""
    return bool(settings().sweep) and spec_of(settings().sweep) is None


def list_of_sweeps() -> None:
    """Offer the reader's sweeps, to look at again and to remove."""
    names = own_sweeps()
    title = _("Your sweeps ({count})").format(count=len(names))
    # With a state of its own, so that it closes when one of them is opened.
    with folded("own-sweeps", title, disabled=not names, key=_LIST, on_change="rerun"):
        for name in names[:_SHOWN]:
            _entry(name)
        if len(names) > _SHOWN:
            st.caption(_("The latest {count} of {all}.").format(count=_SHOWN, all=len(names)))


def _entry(name: str) -> None:
    spec = spec_of(name)
    try:
        status, began = shelf().status(name), shelf().began(name)
    except KeyError:  # it has just been removed
        return
    if spec is None:
        return
    words, act = st.columns([5, 1], vertical_alignment="center")
    with words:
        st.button(
            escaped(axes_words(spec)),
            key=f"open-sweep-{name}",
            type="tertiary",
            on_click=_open,
            args=(name, spec),
        )
        st.caption(f"{began_words(began)} · {shelf_words(status)}")
    act.button(
        "",
        icon=":material/delete:",
        key=f"remove-sweep-{name}",
        type="tertiary",
        help=_("Remove this sweep and its results from the server"),
        on_click=_ask,
        args=(name,),
        disabled=status.kind == "running",
    )
    if st.session_state.get(_TO_REMOVE) == name and status.kind != "running":
        with st.container(horizontal=True):
            st.button(
                _("Really remove?"), key=f"really-remove-{name}", on_click=_remove, args=(name,)
            )
            st.button(_("Keep it"), key=f"keep-sweep-{name}", on_click=_ask, args=(None,))


def _open(name: str, spec: SweepSpec) -> None:
    """Show a sweep, with its base as the comparison and its axes in the plan."""
    _ask(None)
    st.session_state[_LIST] = False
    open_edited(with_sweep, name, spec)


def _ask(name: str | None) -> None:
    """Ask whether a sweep is to be removed; None asks nothing any more."""
    st.session_state[_TO_REMOVE] = name


def _remove(name: str) -> None:
    """Remove a sweep, unless the shelf refuses."""
    _ask(None)
    on_shelf(shelf().remove, name)
    if shelf().has(name):
        return
    st.session_state.setdefault(_REMOVED, []).append(name)
    ids = _ids()
    if name in ids:
        ids.remove(name)
    _spec.clear(name)
    if settings().sweep == name:
        set_page(sweep="")


def spec_of(name: str) -> SweepSpec | None:
    """Return the sweep of an id; None where the shelf has none of it, or has it no longer."""
    is_there = why_no_shelf() is None and shelf().has(name)
    return _spec(name) if is_there else None


@st.cache_resource(show_spinner=False, max_entries=200)
def _spec(name: str) -> SweepSpec | None:
    """Return the sweep of an id, which is read once."""
    return shelf().spec(name)


def _is(name: str, wanted: SweepSpec) -> bool:
    found = spec_of(name)
    return found is not None and found.key == wanted.key


def _ids() -> list[str]:
    if _OWN not in st.session_state:
        held = (st.context.cookies.get(_COOKIE) or "").split(".")
        st.session_state[_OWN] = [name for name in held if name][-_MOST:]
    ids: list[str] = st.session_state[_OWN]
    return ids
