"""The contract of what a page compares, with what server and session know of its learning rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.words.contract import contract
from ui.shell.store import past
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from engine import Experiment
    from exports.printed import Contract


def terms(experiment: Experiment) -> Contract:
    """Return what is equal between the runs, and what is not.

    Args:
        experiment: the comparison on show, or what a page makes of it.
    """
    return contract(experiment, tuned=best_rates().tried(experiment), past=past())
