"""How long runs take if trained alone: measured on demand, in turns, with an uncertainty.

Seconds are processor time of the training thread, so that other work on the machine counts little.
Runs of the same rule that cut their batches alike take equally long and are timed once.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from engine.experiment import Budget, Stopping
from engine.limits import LIMITS
from engine.training.cost import estimate
from engine.training.loop import train
from engine.work import Task, finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.experiment import Experiment, Run
    from engine.rules import Rule
    from engine.training.history import History

_TURN_SECONDS: Final = 0.01  # of each kind: enough epochs to be compared with a single one
_LONGEST_SECONDS: Final = 0.5  # estimated for one epoch; a longer one is not timed
_ALL_SECONDS: Final = 6.0  # on the clock; after that nothing more is timed
_MOST_EPOCHS: Final = LIMITS["epochs"].high
_FEWEST_TURNS: Final = 5
_MOST_TURNS: Final = 25
_SURE: Final = 0.1  # of the median: turns that agree this well are enough
_USELESS: Final = 0.25  # of the median: turns that differ by more say nothing

_Kind: TypeAlias = "tuple[type[Rule], int, str, str]"
_Timing: TypeAlias = Generator[None, None, float]


def time_alone(history: History) -> Generator[None, None, History]:
    """Return the history with the seconds of its runs; a generator that yields between pieces.

    A run is trained alone with its first seed, for one epoch and for more. The difference, divided
    by the updates in between, is the time of an update, with an evaluation every epoch. All kinds
    of runs take turns until the turns agree or time is up, and the median counts. Runs with a long
    epoch, or whose turns never agree, get no seconds.

    Args:
        history: a training that has ended.
    """
    experiment = history.experiment
    kinds = {_kind(experiment, run): run for run in experiment.runs}
    short = {
        kind: _Alone(experiment, run)
        for kind, run in kinds.items()
        if estimate(_epochs(experiment, run, 1)).seconds <= _LONGEST_SECONDS
    }
    taken = yield from _turns(list(short.values()))
    measured = dict(zip(short, map(_middle, taken), strict=True))
    runs = []
    for run, spec in zip(history.runs, experiment.runs, strict=True):
        seconds, spread = measured.get(_kind(experiment, spec), (None, None))
        runs.append(replace(run, seconds_per_update=seconds, seconds_spread=spread))
    return replace(history, runs=tuple(runs), is_timed=True)


def timed(history: History) -> History:
    """Return the history with the seconds of its runs: ``time_alone`` without interruptions.

    A history that has them, or whose training did not end by itself, is returned as it is.
    """
    if not can_be_timed(history):
        return history
    return finish(time_alone(history))


def can_be_timed(history: History) -> bool:
    """Tell whether a training ended by itself and its runs have not been timed yet."""
    is_whole = not any({"", "stopped"} & set(run.status) for run in history.runs)
    return is_whole and not history.is_timed


def _turns(runs: Sequence[_Alone]) -> Generator[None, None, list[list[float]]]:
    """Let the runs take turns; return for each run the time of an update in every turn."""
    taken: list[list[float]] = [[] for _run in runs]
    began = time.perf_counter()
    while runs and len(taken[-1]) < _MOST_TURNS:
        for run, turns in zip(runs, taken, strict=True):
            turns.append((yield from run.update_seconds()))
            if time.perf_counter() - began > _ALL_SECONDS:
                return taken
        if len(taken[0]) >= _FEWEST_TURNS and all(map(_agree, taken)):
            break
    return taken


def _agree(taken: Sequence[float]) -> bool:
    low, middle, high = np.quantile(taken, (0.25, 0.5, 0.75))
    return bool(high - low <= 2 * _SURE * middle)


def _middle(taken: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the median and half the distance of the quartiles; None where they say nothing."""
    if len(taken) < _FEWEST_TURNS:
        return None, None
    low, middle, high = np.quantile(taken, (0.25, 0.5, 0.75)).tolist()
    spread = (high - low) / 2
    return (middle, spread) if spread <= _USELESS * middle else (None, None)


def _kind(experiment: Experiment, run: Run) -> _Kind:
    """Return what decides how long an update takes."""
    counts = experiment.counts(run)
    return type(run.optimizer), counts.batch_size, run.sampling, run.last_batch


def _epochs(experiment: Experiment, run: Run, epochs: int) -> Experiment:
    """Return a run alone for some epochs, at so small a rate that it goes through all of them."""
    slow = run.model_copy(update={"learning_rate": LIMITS["learning_rate"].low})
    norm = None if experiment.stopping.gradient_norm is None else 0.0  # takes time as well
    return experiment.model_copy(
        update={
            "runs": (slow,),
            "seeds": experiment.seeds[:1],
            "budget": Budget(amount=epochs),
            "stopping": Stopping(gradient_norm=norm),
        }
    )


class _Alone:
    """One run, ready to be timed."""

    def __init__(self, experiment: Experiment, run: Run) -> None:
        self._experiment, self._run = experiment, run
        self._per_epoch = experiment.counts(run).per_epoch
        self._epochs = 1
        self._is_found = False

    def update_seconds(self) -> _Timing:
        """Return the time of an update, measured over as many epochs as take long enough."""
        once = yield from self._seconds(1)
        more = yield from self._seconds(1 + self._epochs)
        while (
            not self._is_found and more - once < _TURN_SECONDS and 4 * self._epochs < _MOST_EPOCHS
        ):
            self._epochs *= 4
            more = yield from self._seconds(1 + self._epochs)
        self._is_found = True
        return (more - once) / (self._epochs * self._per_epoch)

    def _seconds(self, epochs: int) -> _Timing:
        """Train for some epochs and return the processor time that this took."""
        training = Task(train(_epochs(self._experiment, self._run, epochs)))
        used, is_going_on = 0.0, True
        while is_going_on:
            began = time.thread_time()
            is_going_on = training.go_on()
            used += time.thread_time() - began
            if is_going_on:
                yield
        return used
