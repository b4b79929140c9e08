"""How the Backpropagation page is looked at."""

from __future__ import annotations

from comparison.pages import BackpropagationPage
from ui.shell.store import page_settings


def settings() -> BackpropagationPage:
    """Return the settings of the Backpropagation page."""
    return page_settings(BackpropagationPage)
