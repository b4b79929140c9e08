"""Which settings were found to be the best of a sweep: what the contract may claim.

A claim is never stored with a comparison, where a link or a file could make it up: it holds for
settings that were swept here and whose best ones a reader took.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.presets import COMPARE_PRESETS
from comparison.rates import Tuned
from engine.analysis.settings import searched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine import Experiment, RateCurve, Run
    from engine.analysis.settings import Found

_MOST: Final = 1_000  # claims that are remembered


class BestRates:
    """The best rate of each run that was swept, by all its settings; the oldest are forgotten.

    Likewise the best pair of rate and batch size. With each goes how many were tried, and with
    which seeds. The rates of presets that were tried are known from the start: tests hold them
    against their sweeps.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[str, tuple[tuple[float, ...], Tuned]] = OrderedDict()
        self._lock = threading.Lock()
        for preset in COMPARE_PRESETS.values():
            for run in preset.experiment.runs if preset.tried else ():
                tuned = Tuned(preset.tried, preset.experiment.seeds)
                self._keep(_rate_of(preset.experiment, run), tuned)

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
                best = curve.run.model_copy(update={"learning_rate": curve.rates[curve.best]})
                self._keep(_rate_of(experiment, best), Tuned(len(curve.rates), experiment.seeds))

    def remember_settings(self, experiment: Experiment, every: Sequence[Found]) -> None:
        """Take the best settings that a search found when it was trained to its end.

        Those at the edge of the rates are left out, as in ``remember``.

        Args:
            experiment: whose settings were looked for.
            every: what was found for its runs.
        """
        about = searched(experiment)
        self.remember(about, [one.best for one in every if one.best is not None])
        if not about.problem.has_rows:
            return  # and so no batch sizes
        with self._lock:
            for one in every:
                if one.setting is not None and one.edge is None:
                    tuned = Tuned(
                        one.tried,
                        about.seeds,
                        batch_sizes=True,
                        most=one.tried,
                        is_smallest_batch=one.is_smallest_batch,
                    )
                    self._keep(_setting_of(about, one.setting), tuned)

    def remember_sweep(self, experiment: Experiment, claims: Sequence[tuple[Run, Tuned]]) -> None:
        """Take what a finished sweep found to be the best of some runs.

        Args:
            experiment: their problem and budget.
            claims: result of ``comparison.sweep.opening.claims``.
        """
        with self._lock:
            for run, tuned in claims:
                claim = _setting_of if tuned.batch_sizes else _rate_of
                self._keep(claim(experiment, run), tuned)

    def tried(self, experiment: Experiment) -> Tuned | None:
        """Return of which settings, or else rates, every run of a comparison has the best.

        None if a run has not. Of several answers it is the weakest. Seeds may be others than those
        compared: good rates are found on some and reported on others.
        """
        return self._weakest(experiment, _setting_of) or self._weakest(experiment, _rate_of)

    def _keep(self, claim: tuple[str, tuple[float, ...]], tuned: Tuned) -> None:
        key, values = claim
        self._found[key] = values, tuned
        self._found.move_to_end(key)
        while len(self._found) > _MOST:
            self._found.popitem(last=False)

    def _weakest(
        self,
        experiment: Experiment,
        claim: Callable[[Experiment, Run], tuple[str, tuple[float, ...]]],
    ) -> Tuned | None:
        found = []
        with self._lock:
            for run in experiment.runs:
                key, values = claim(experiment, run)
                best, tuned = self._found.get(key, (None, None))
                if tuned is None or best != values:
                    return None
                found.append(tuned)
        weakest = min(found, key=lambda tuned: (tuned.tried, len(tuned.seeds)))
        return weakest._replace(
            most=max(tuned.most for tuned in found),
            is_smallest_batch=any(tuned.is_smallest_batch for tuned in found),
        )


def _rate_of(experiment: Experiment, run: Run) -> tuple[str, tuple[float, ...]]:
    """Return all that decides how a run does, but for rate and seeds; and its rate."""
    alone = run.model_copy(update={"learning_rate": 1.0})
    return _alone(experiment, alone), (run.learning_rate,)


def _setting_of(experiment: Experiment, run: Run) -> tuple[str, tuple[float, ...]]:
    """Return the same, but for the batch size as well; and rate and batch size."""
    alone = run.model_copy(update={"learning_rate": 1.0, "batch_size": "all"})
    setting = run.learning_rate, float(experiment.counts(run).batch_size)
    return f"settings {_alone(experiment, alone)}", setting


def _alone(experiment: Experiment, run: Run) -> str:
    """Return the key of a run's own training; other runs do not decide how it does."""
    return experiment.model_copy(update={"runs": (run,), "seeds": (0,)}).key


@st.cache_resource(show_spinner=False)
def best_rates() -> BestRates:
    """Return what this server remembers, for all its sessions."""
    return BestRates()
