"""How far a sweep is, and the buttons that stop it and let it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.words.sweeps import lanes_words, shelf_words, unreadable_words
from language import _
from ui.shell.text import escaped
from ui.sweep.server import shelf

if TYPE_CHECKING:
    from sweeps.lanes import Lanes
    from sweeps.shelf import Status

_SECONDS = 1.0  # between two looks at a folder


def redrawn(name: str | None) -> float | None:
    """Return after how many seconds the results are drawn again; None where nothing will change."""
    if name is None or shelf().spec(name) is None:
        return None
    return _SECONDS if shelf().status(name).kind in {"waiting", "running"} else None


def status_line(name: str, status: Status, lanes: Lanes) -> None:
    """Show how far a sweep is."""
    if status.kind == "finished":
        return
    done = int(lanes.done.sum() + lanes.failed.sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(
            done / lanes.status.size,
            f"{shelf_words(status)} · {lanes_words(lanes)}",
            width="stretch",
        )
        if status.kind in {"waiting", "running"}:
            st.button(
                _("Stop"),
                key="sweep-stop",
                icon=":material/stop:",
                on_click=shelf().stop,
                args=(name,),
                disabled=status.is_stopping,
            )
        else:
            st.button(
                _("Go on"),
                key="sweep-resume",
                icon=":material/play_arrow:",
                on_click=shelf().resume,
                args=(name,),
            )
    if status.kind == "failed":
        st.error(escaped(status.told) or _("The process was killed again and again."))
    if lanes.unreadable:
        st.warning(unreadable_words(lanes.unreadable))
