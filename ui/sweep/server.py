"""The sweeps of this server: its shelf, and what is known of their lanes, for all sessions."""

from __future__ import annotations

import os
import threading

import streamlit as st

from sweeps.lanes import Watch
from sweeps.shelf import Shelf, shelf_of

_WATCHED = 6  # sweeps whose lanes are held in memory


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """Return the shelf; a thread starts what waits on it as long as the server lives."""
    kept = shelf_of(os.environ)
    threading.Thread(
        target=kept.keep, args=(threading.Event(),), name="sweeps", daemon=True
    ).start()
    return kept


@st.cache_resource(show_spinner=False, max_entries=_WATCHED)
def watch(name: str) -> Watch:
    """Return the look at the folder of a sweep on the shelf, by its id."""
    kept = shelf()
    spec = kept.spec(name)
    if spec is None:
        raise LookupError(name)
    return Watch(kept.folder(name), spec)
