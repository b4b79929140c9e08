"""How the Epochs page is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from comparison.pages import EpochsPage, usual_plans
from ui.shell.store import document, page_settings

if TYPE_CHECKING:
    from engine import Plan

_ROWS: Final = 1_000  # of a comparison without any


def settings() -> EpochsPage:
    """Return the settings of the Epochs page."""
    return page_settings(EpochsPage)


def plans() -> tuple[Plan, ...]:
    """Return what is counted: the reader's settings, or the usual ones of the training rows."""
    problem = document().experiment.problem
    return settings().plans or usual_plans(problem.training_rows if problem.has_rows else _ROWS)
