"""How the Surfaces page is looked at."""

from __future__ import annotations

from comparison.pages import SurfacesPage
from ui.shell.store import page_settings


def settings() -> SurfacesPage:
    """Return the settings of the Surfaces page."""
    return page_settings(SurfacesPage)
