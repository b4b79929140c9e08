"""How the Epochs page is looked at."""

from __future__ import annotations

from comparison.pages import EpochsPage
from ui.shell.store import page_settings


def settings() -> EpochsPage:
    """Return the settings of the Epochs page."""
    return page_settings(EpochsPage)
