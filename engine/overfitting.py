"""Too few and too many epochs: the best epoch, and where patience would have stopped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.errors import InvalidInput
from engine.experiment import Experiment
from engine.limits import LIMITS, Interval

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.history import RunHistory

Verdict: TypeAlias = Literal[
    "underfits",  # the level still falls over the last quarter: more epochs may help
    "overfits",  # from its lowest the level rises, that of the training loss goes on falling
    "worsens",  # both have risen: the run gets worse, which is no overfitting
    "levels_off",  # no change that counts, single epochs stay near the level
    "goes_up_and_down",  # no change that counts, single epochs lie far from the level
    "diverged",
]
# A change of the level counts when it is more than this share of what training had gained, or of
# the level itself where that is small; and more than twice the noise.
_OF_GAIN: Final = 0.03
_OF_LEVEL: Final = 0.2
_FAR: Final = 0.1  # of the level; single epochs that typically lie further off go up and down
_SHORTEST, _LONGEST = 3, 201  # epochs of a running median, of which it takes a tenth
_DEVIATIONS: Final = 1.4826  # of normal noise: standard deviations in a median absolute deviation


@dataclass(frozen=True, eq=False)
class Epochs:
    """A run's losses, epoch by epoch, and what they say.

    Losses of single epochs go up and down, so the verdict compares levels: the running median of
    the validation loss, over a tenth of the epochs. But for the end it is the loss itself where
    that only falls or only rises; single spikes leave it alone.

    Attributes:
        epochs: 0, 1, ...
        training: loss of the training rows, ``(epochs,)``.
        validation: loss of the validation rows, ``(epochs,)``.
        best: the epoch of the lowest validation loss, the first of equals.
        verdict: what became of the run.
        level: running median of the validation loss, up to the last finite epoch.
        window: epochs of the running median, odd.
        noise: how far the validation loss of a single epoch lies from the level: standard
            deviation, from the median of the second half of the run.
        near: the first and the last epoch with a level like the lowest; the best is between them.
    """

    epochs: Integers
    training: Array
    validation: Array
    best: int
    verdict: Verdict
    level: Array
    window: int
    noise: float
    near: tuple[int, int]


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
    counts, budget = experiment.counts(run), experiment.budget
    epochs = experiment.iterations(run) // counts.per_epoch
    if epochs < 1:  # counted in iterations or rows
        rows = (counts.per_epoch - 1) * counts.batch_size + 1
        least = {"iterations": counts.per_epoch, "rows_seen": rows}[budget.unit]
        limits = Interval(least, LIMITS[budget.unit].high)
        raise InvalidInput("out_of_range", budget.unit, budget.amount, limits)
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
    losses = judged(run.training_loss.last[0], watched.last[0])
    return replace(losses, verdict="diverged") if run.status[0] == "diverged" else losses


def judged(training: Array, validation: Array) -> Epochs:
    """Return what the losses of epoch 0, 1, ... say, up to the first that is not finite.

    Args:
        training: loss of the training rows, ``(epochs,)``.
        validation: loss of the validation rows, likewise; finite at epoch 0.
    """
    finite = np.logical_and.accumulate(np.isfinite(training) & np.isfinite(validation))
    watched, count = validation[finite], int(finite.sum())
    window = min(max(count // 10, _SHORTEST), _LONGEST, (count - 1) // 2) | 1
    training_level, level = (
        _running_median(losses[finite], window) for losses in (training, validation)
    )
    noise = _DEVIATIONS * float(np.median(np.abs(watched - level)[count // 2 :]))
    lowest, best = int(np.argmin(level)), int(np.argmin(watched))
    gain = max(float(watched[0] - level[lowest]), 0.0)
    counts = max(min(_OF_GAIN * gain, _OF_LEVEL * float(level[lowest])), 2 * noise)
    quarter = min(max(count // 4, window), count - 1)
    verdict: Verdict
    if level[-1] - level[lowest] > counts:
        falls = training_level[-1] < training_level[lowest]
        verdict = "overfits" if falls else "worsens"
    elif level[-1 - quarter] - level[-1] > counts:
        verdict = "underfits"
    else:
        verdict = "goes_up_and_down" if noise > _FAR * level[-1] else "levels_off"
    alike = np.flatnonzero(level <= level[lowest] + counts)
    near = min(best, int(alike[0])), max(best, int(alike[-1]))
    epochs = np.arange(len(validation))
    return Epochs(epochs, training, validation, best, verdict, level, window, noise, near)


def _running_median(values: Array, window: int) -> Array:
    """Return the median of the epochs around each: fewer at the beginning, the last ones alike.

    So a short fall at the beginning is kept, and the end is as steady as any other level.
    """
    half = window // 2
    begin = [np.median(values[: 2 * epoch + 1]) for epoch in range(half)]
    whole = np.median(sliding_window_view(values, window), axis=1)
    return np.concatenate([begin, whole, np.full(half, whole[-1])])


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
