"""How the Sweep page is looked at."""

from __future__ import annotations

from comparison.pages import SweepPage
from ui.shell.store import page_settings


def settings() -> SweepPage:
    """Return the settings of the Sweep page."""
    return page_settings(SweepPage)
