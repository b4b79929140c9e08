"""Undo and redo: what a reader has made is never lost by a click."""

from __future__ import annotations

from typing import Final

import streamlit as st

from language import N_, _
from language.labels import LABELS
from ui.shell.store import redo, undo, versions

# What a click does, by the ids of ``comparison.edits``.
_DONE: Final = {
    "add": N_("added run"),
    "apply_to_all": N_("applied to all runs"),
    "duplicate": N_("copied run"),
    "demonstration": N_("demonstration"),
    "opened": N_("opened comparison"),
    "preset": N_("preset"),
    "remove": N_("removed run"),
    "reset": N_("Reset"),
    "runs": N_("preset"),
    "settings": N_("best settings"),
    "surface": N_("another surface"),
    "sweep": N_("opened sweep"),
    "table": N_("own table"),
}
# Fields by what their controls are called. A start is one of weights or of a test function's point.
_FIELDS: Final = {
    **LABELS["hyperparameter"],
    **LABELS["field"],
    "start": N_("Start"),
    "unit": N_("Budget"),
}


def undo_buttons() -> None:
    """Offer to take the last change back, and to make it again."""
    kept, undone = versions(), versions().undone
    st.button(
        _("Undo"),
        key="undo",
        type="tertiary",
        icon=":material/undo:",
        help=_("Undo: {change} (Ctrl + Z)").format(change=change_words(kept.shown.change))
        if kept.has_older
        else _("There is nothing to undo."),
        on_click=undo,
        disabled=not kept.has_older,
    )
    st.button(
        _("Redo"),
        key="redo",
        type="tertiary",
        icon=":material/redo:",
        help=_("There is nothing to redo.")
        if undone is None
        else _("Redo: {change} (Ctrl + Shift + Z)").format(change=change_words(undone.change)),
        on_click=redo,
        disabled=undone is None,
    )


def change_words(change: str) -> str:
    """Return what a change is called: what was done, or the field at the end of a path."""
    if change in _DONE:
        return _(_DONE[change])
    parts = reversed(change.split("."))
    titles = (_FIELDS.get(part) for part in parts)
    return _(next((title for title in titles if title), N_("setting")))
