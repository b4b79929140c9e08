"""The sidebar of the Epochs page: what all runs share, where the open tab depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from language import N_, _
from ui.epochs.settings import settings
from ui.setup.sidebar import sidebar

if TYPE_CHECKING:
    from collections.abc import Mapping

# Tabs with settings of their own.
_NOTES: Final[Mapping[str, str]] = {
    "count": N_(
        "This tab counts settings of its own. On the other tabs, the comparison's data, network"
        " and budget stand here."
    ),
    "rows": N_(
        "This tab shows one of the settings that the first tab counts. Of the comparison it takes"
        " only the first seed, which decides the order of the rows."
    ),
}


def epochs_sidebar() -> None:
    """Offer what all runs share, or say why the open tab does not need it."""
    note = _NOTES.get(settings().tab)
    if note is not None:
        st.caption(_(note))
    sidebar()
