"""Too few and too many epochs: the best epoch, and where patience would have stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from engine.errors import InvalidInput
from engine.experiment import Experiment
from engine.limits import LIMITS, Interval

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.history import RunHistory

Verdict: TypeAlias = Literal[
    "underfits",  # the validation loss is lowest at the last epoch: more epochs may help
    "overfits",  # after the best epoch the training loss goes on falling, the validation loss rises
    "levels_off",  # neither
    "diverged",
]
# A rise of the validation loss counts when it undoes this share of what training had gained.
_RISE: Final = 0.05
# Losses of single epochs jump about: medians of a tenth of the epochs are compared.
_STRETCH: Final = 10


@dataclass(frozen=True, eq=False)
class Epochs:
    """A run's losses, epoch by epoch.

    Attributes:
        epochs: 0, 1, ...
        training: loss of the training rows, ``(epochs,)``.
        validation: loss of the validation rows, ``(epochs,)``.
        best: the epoch of the lowest validation loss, the first of equals.
        verdict: what became of the run.
    """

    epochs: Integers
    training: Array
    validation: Array
    best: int
    verdict: Verdict


def alone_to_the_end(experiment: Experiment, position: int) -> Experiment:
    """Return one run with the first seed, for all epochs of the budget, without stopping rules.

    So every epoch is recorded and nothing hides what would have come later.

    Raises:
        InvalidInput: there is no such run, there are no validation rows, or the budget is less than
            an epoch or more epochs than the limits allow.
    """
    runs = experiment.runs
    if not 0 <= position < len(runs):
        raise InvalidInput("out_of_range", "run", position, Interval(0, len(runs) - 1))
    run, problem = runs[position], experiment.problem
    if problem.kind == "function":
        raise InvalidInput("conflict", "problem", problem.kind, ("kind", "network"))
    if problem.training_rows == problem.dataset.n_rows:
        limits = Interval(0, 0.9, open_low=True)
        raise InvalidInput("out_of_range", "validation_share", problem.validation_share, limits)
    epochs = experiment.iterations(run) // experiment.counts(run).per_epoch
    if epochs not in LIMITS["epochs"]:
        raise InvalidInput("out_of_range", "epochs", epochs, LIMITS["epochs"])
    fields = {
        **experiment.model_dump(),
        "runs": (run,),
        "budget": {"amount": epochs, "unit": "epochs"},
        "stopping": {},
        "record_every": None,
        "seeds": experiment.seeds[:1],
    }
    return Experiment.model_validate(fields)


def epoch_losses(run: RunHistory) -> Epochs:
    """Return the losses of a run of ``alone_to_the_end`` and what they say."""
    watched = run.validation_loss or run.training_loss
    training, validation = run.training_loss.last[0], watched.last[0]
    best = int(np.argmin(np.where(np.isfinite(validation), validation, np.inf)))
    epochs = run.training_loss.steps // run.per_epoch
    verdict = _verdict(training, validation, best, diverged=run.status[0] == "diverged")
    return Epochs(epochs, training, validation, best, verdict)


def _verdict(training: Array, validation: Array, best: int, *, diverged: bool) -> Verdict:
    if diverged:
        return "diverged"
    if best == len(validation) - 1:
        return "underfits"
    stretch = -(-len(validation) // _STRETCH)
    start = max(0, best - stretch // 2)
    around, end = slice(start, start + stretch), slice(-stretch, None)
    rise = np.median(validation[end]) - np.median(validation[around])
    fall = np.median(training[around]) - np.median(training[end])
    if fall > 0 and rise > _RISE * (validation[0] - validation[best]):
        return "overfits"
    return "levels_off"


def patience_stop(validation: Array, patience: int) -> int | None:
    """Return the epoch at which the patience rule would have ended the run; None if never.

    The rule of ``Stopping.patience``: the validation loss has not improved for so many epochs.

    Args:
        validation: loss at epoch 0, 1, ..., ``(epochs,)``.
        patience: epochs without improvement.
    """
    lowest = np.minimum.accumulate(validation)
    improved = np.concatenate([[True], validation[1:] < lowest[:-1]])
    epochs = np.arange(len(validation))
    last_improved = np.maximum.accumulate(np.where(improved, epochs, 0))
    waited = np.flatnonzero(epochs - last_improved >= patience)
    return int(waited[0]) if len(waited) else None
