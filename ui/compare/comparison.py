"""The training that all tabs of the Compare page show."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING

from ui.compare.settings import settings
from ui.shell.store import document, styles
from ui.shell.training import is_quick, outcome, with_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.delta_generator import DeltaGenerator

    from engine import History
    from ui.shell.training import Outcome


class Comparison:
    """The comparison on the page, trained when the open tab asks for it.

    Attributes:
        outcome: what there is to show; None before the training, and while that waits.
    """

    def __init__(self, status: DeltaGenerator) -> None:
        """Take the container that shows how far the training is."""
        self._status = status
        self.outcome: Outcome | None = None

    def train(self, draw: Callable[[History], None] = lambda _history: None) -> Outcome | None:
        """Return what there is to show, training for it if that is due.

        Args:
            draw: shows a history that is still growing.
        """
        with self._status:
            self.outcome = outcome(document().experiment, styles(), draw)
            if self.outcome is not None and not self.outcome.stale and _shows_seconds():
                history = with_seconds(self.outcome.history)
                self.outcome = replace(self.outcome, history=history)
        return self.outcome


def after_training(fill: Callable[[Outcome], None]) -> Callable[[Comparison], None]:
    """Make what shows an outcome a tab of the page, which waits for the training."""

    @wraps(fill)
    def filled(comparison: Comparison) -> None:
        shown = comparison.train()
        if shown is not None:
            fill(shown)

    return filled


def runs_alone() -> bool:
    """Tell whether the comparison may rerun without the rest of the page, which is faster.

    Streamlit never interrupts such a rerun, so nothing that takes long may be trained in it: no
    sweep of learning rates, no search for settings, no measurement, and no run alone to time it.
    """
    is_long = settings().tab in {"rates", "find", "sharpness"} or _shows_seconds()
    return is_quick(document().experiment) and not is_long


def _shows_seconds() -> bool:
    return document().view.axis == "seconds" or settings().tab == "details"
