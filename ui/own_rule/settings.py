"""How the page of a rule of one's own is looked at."""

from __future__ import annotations

from comparison.pages import RulePage
from ui.shell.store import page_settings


def settings() -> RulePage:
    """Return the settings of the page."""
    return page_settings(RulePage)
