"""How the Compare page is looked at."""

from __future__ import annotations

from comparison.pages import TrainingPage
from ui.shell.store import page_settings


def settings() -> TrainingPage:
    """Return the settings of the Compare page."""
    return page_settings(TrainingPage)
