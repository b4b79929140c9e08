"""Which learning rates were found to be the best of a sweep: what the contract may claim.

A claim is never stored with a comparison, where a link or a file could make it up: it holds for
settings that were swept here and whose best rates a reader took.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.presets import OPENING, OPENING_RATES
from comparison.rates import Tuned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import Experiment, RateCurve, Run

_MOST: Final = 1_000  # runs that are remembered


class BestRates:
    """The best rate of each run that was swept, by all its settings; the oldest are forgotten.

    With each goes how many rates were tried, and with which seeds. Those of the opening view are
    known from the start: a test holds them against their sweep.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[str, tuple[float, Tuned]] = OrderedDict()
        self._lock = threading.Lock()
        opening = OPENING.experiment
        for run in opening.runs:
            tuned = Tuned(len(OPENING_RATES), opening.seeds)
            self._found[_settings(opening, run)] = run.learning_rate, tuned

    def remember(self, experiment: Experiment, curves: Sequence[RateCurve]) -> None:
        """Take the best rates that sweeps found when they were trained to their end.

        A rate at the edge of what was tried is not taken: a better one may lie beyond it.

        Args:
            experiment: what was swept.
            curves: of its runs.
        """
        with self._lock:
            for curve in curves:
                if curve.best is None or curve.edge is not None:
                    continue
                key = _settings(experiment, curve.run)
                tuned = Tuned(len(curve.rates), experiment.seeds)
                self._found[key] = curve.rates[curve.best], tuned
                self._found.move_to_end(key)
            while len(self._found) > _MOST:
                self._found.popitem(last=False)

    def tried(self, experiment: Experiment) -> Tuned | None:
        """Return of which rates every run of a comparison has the best; None if one has not.

        Of several answers it is the weakest. Seeds may be others than those compared: good rates
        are found on some and reported on others.
        """
        found = []
        with self._lock:
            for run in experiment.runs:
                rate, tuned = self._found.get(_settings(experiment, run), (None, None))
                if tuned is None or rate != run.learning_rate:
                    return None
                found.append(tuned)
        return min(found, key=lambda tuned: (tuned.rates, len(tuned.seeds)))


def _settings(experiment: Experiment, run: Run) -> str:
    """Return all that decides how a run does, but for rate and seeds; other runs do not."""
    alone = run.model_copy(update={"learning_rate": 1.0})
    return experiment.model_copy(update={"runs": (alone,), "seeds": (0,)}).key


@st.cache_resource(show_spinner=False)
def best_rates() -> BestRates:
    """Return what this server remembers, for all its sessions."""
    return BestRates()
