"""How the Sweep page is looked at."""

from __future__ import annotations

from comparison.pages import SweepPage
from comparison.sweep.plan import fitting
from ui.shell.store import document, page_settings


def settings() -> SweepPage:
    """Return the settings of the Sweep page."""
    return fitting(page_settings(SweepPage), document().experiment)
