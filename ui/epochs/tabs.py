"""The tabs of the Epochs page: one idea each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from language import N_, _
from ui.epochs.batches import batches_tab, map_tab
from ui.epochs.count import count_tab
from ui.epochs.noise import noise_tab
from ui.epochs.overfitting import overfitting_tab
from ui.epochs.rows import rows_tab
from ui.session import set_page, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TITLES: Final = {
    "count": N_("The count"),
    "batches": N_("Batch, mini-batch, stochastic"),
    "rows": N_("Which rows, when"),
    "noise": N_("Gradient noise"),
    "overfitting": N_("Too few, too many epochs"),
    "map": N_("Batch size × learning rate"),
}
FILL: Final[Mapping[str, Callable[[], None]]] = {
    "count": count_tab,
    "batches": batches_tab,
    "rows": rows_tab,
    "noise": noise_tab,
    "overfitting": overfitting_tab,
    "map": map_tab,
}
_KEY: Final = "epochs-tab"


def open_tabs() -> dict[str, Any]:
    """Return the tabs by their ids; the settings say which one is open."""
    titles = {_(title): name for name, title in TITLES.items()}
    opened = settings().tab
    st.session_state[_KEY] = _(TITLES[opened])
    tabs = st.tabs(
        list(titles),
        key=_KEY,
        on_change=lambda: set_page(tab=titles[st.session_state[_KEY]]),
    )
    return dict(zip(TITLES, tabs, strict=True))
