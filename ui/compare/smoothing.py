"""Over how many iterations the batch loss is averaged."""

from __future__ import annotations

from typing import Final

import streamlit as st

from comparison.edits import change_view
from language import _
from language.labels import label
from ui.shell.binding import bound
from ui.shell.store import document, edit

_STOPS: Final = (1, 5, 20, 50, 100)  # a link may ask for any other number


def smoothing_choice() -> None:
    """Choose over how many iterations the batch loss is averaged; only that loss is."""
    view = document().view
    if view.quantity != "batch_loss":
        return
    bound(
        st.selectbox,
        label("field", "smoothing"),
        sorted({*_STOPS, view.smoothing}),
        format_func=_name,
        key="smoothing",
        shown=view.smoothing,
        report=lambda count: edit(change_view, smoothing=count),
        among=sorted({*_STOPS, view.smoothing}),
        label_visibility="collapsed",
        width=230,
    )


def _name(iterations: int) -> str:
    if iterations == 1:
        return _("not smoothed")
    return _("mean of {count} iterations").format(count=f"{iterations:,}")
