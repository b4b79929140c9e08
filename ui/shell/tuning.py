"""Which learning rates were found to be the best of a sweep: what the contract may claim.

A claim is never stored with a comparison, where a link or a file could make it up: it holds for
settings that were swept here and whose best rates a reader took.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import streamlit as st

if TYPE_CHECKING:
    from engine import Experiment, Run, Sweep

_MOST: Final = 1_000  # runs that are remembered


class BestRates:
    """The best rate of each run that was swept, by all its settings; the oldest are forgotten."""

    def __init__(self) -> None:
        self._rates: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, sweep: Sweep, best: dict[str, float]) -> None:
        """Take the best rates that a sweep found when it was trained to its end.

        Args:
            sweep: of ``engine.rate_sweep``.
            best: by the name of the rule, as far as it has a best one.
        """
        with self._lock:
            for run in sweep.runs:
                if run.learning_rate == best.get(run.optimizer.name):
                    key = _settings(sweep, run)
                    self._rates[key] = run.learning_rate
                    self._rates.move_to_end(key)
            while len(self._rates) > _MOST:
                self._rates.popitem(last=False)

    def are_used(self, experiment: Experiment) -> bool:
        """Tell whether every run of a comparison has the rate that was found for its settings."""
        with self._lock:
            return bool(self._rates) and all(
                self._rates.get(_settings(experiment, run)) == run.learning_rate
                for run in experiment.runs
            )


def _settings(experiment: Experiment, run: Run) -> str:
    """Return all that decides how a run does, but for its rate; other runs have no part in it."""
    alone = run.model_copy(update={"learning_rate": 1.0})
    return experiment.model_copy(update={"runs": (alone,)}).key


@st.cache_resource(show_spinner=False)
def best_rates() -> BestRates:
    """Return what this server remembers, for all its sessions."""
    return BestRates()
