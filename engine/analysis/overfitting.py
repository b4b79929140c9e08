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
    from engine.arrays import Array, Booleans, Integers
    from engine.training.history import RunHistory

Verdict: TypeAlias = Literal[
    "underfits",  # the level still falls over the last quarter: more epochs may help
    "overfits",  # the level rises after its minimum, while that of the training loss keeps falling
    "worsens",  # both have risen or are above their start, which is not overfitting
    "levels_off",  # no change that counts; single epochs are near the level
    "goes_up_and_down",  # no change that counts; single epochs are far from the level
    "diverged",
]
# A change of the level counts if it is more than this share of what training had gained, or of the
# level itself where that is small, and more than noise can explain.
_OF_GAIN: Final = 0.03
_OF_LEVEL: Final = 0.2
_ERRORS: Final = 4.0  # standard errors of a difference: the lowest of many levels is this far off
# Standard deviations: a start that is one draw of the same noise is seldom further below it.
_BELOW: Final = 3.0
_FAR: Final = 0.1  # of the level; single epochs that are typically further off go up and down
_SHORTEST, _LONGEST = 5, 201  # epochs of a running median, which takes a tenth of all
# For normal noise: the upper quartile of absolute deviations in standard deviations; the standard
# error of a median in those of a mean.
_DEVIATIONS: Final = 0.8693
_OF_MEDIAN: Final = 1.2533


@dataclass(frozen=True, eq=False)
class Epochs:
    """A run's losses, epoch by epoch, and what they show.

    Losses of single epochs go up and down, so the verdict compares levels: the running median of
    the validation loss over a tenth of the epochs. Where the loss only falls or only rises, this
    is the loss itself, except near the end; single spikes do not change it. Noise is relative: a
    loss that is ten times as high scatters ten times as far.

    Attributes:
        epochs: 0, 1, ...
        training: loss on the training rows, ``(epochs,)``.
        validation: loss on the validation rows, ``(epochs,)``.
        best: the epoch with the lowest validation loss, the first if several tie.
        verdict: what the losses show.
        level: running median of the validation loss, up to the last finite epoch.
        window: epochs of the running median, an odd number.
        noise: standard deviation of single epochs around the last level, from the upper quartile
            of the second half of the run.
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

    So every epoch is recorded, and no stopping rule hides what would have come later.

    Raises:
        InvalidInput: there is no such run, there are no validation rows, or the budget has less
            than one epoch or more epochs than the limits allow.
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
    if epochs < 1:  # counted in something smaller
        least = {
            "iterations": counts.per_epoch,
            "rows_seen": (counts.per_epoch - 1) * counts.batch_size + 1,
            "gradients": counts.per_epoch * run.optimizer.gradients_per_update,
        }[budget.unit]
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
    """Return the losses of the run of ``alone_to_the_end`` and what they show."""
    watched = run.validation_loss or run.training_loss
    losses = judged(run.training_loss.last[0], watched.last[0])
    return replace(losses, verdict="diverged") if run.status[0] == "diverged" else losses


def judged(training: Array, validation: Array) -> Epochs:
    """Return what the losses of epoch 0, 1, ... show, up to the first that is not finite.

    Args:
        training: loss on the training rows, ``(epochs,)``.
        validation: loss on the validation rows, likewise; finite at epoch 0.
    """
    finite = np.logical_and.accumulate(np.isfinite(training) & np.isfinite(validation))
    trained, watched, count = training[finite], validation[finite], int(finite.sum())
    window = min(max(count // 10, _SHORTEST), _LONGEST, (count - 1) // 2) | 1
    training_level, level = _running_median(trained, window), _running_median(watched, window)
    noise = _noise(watched, level, window)
    errors = _OF_MEDIAN * noise / np.sqrt(_epochs_of_medians(count, window))
    doubts = _ERRORS * np.hypot(errors, errors[-1])
    since_start = _BELOW * float(np.hypot(noise, errors[-1]))
    lowest, best = int(np.argmin(_logarithm(level) + doubts)), int(np.argmin(watched))
    gain = max(float(watched[0] - level[lowest]), 0.0)
    least = min(_OF_GAIN * gain, _OF_LEVEL * float(level[lowest]))

    def is_above(high: Array, low: Array, doubt: float) -> Booleans:
        return (high - low > least) & (_logarithm(high) - _logarithm(low) > doubt)

    before = count - 1 - min(max(count // 4, window), count - 1)
    verdict: Verdict
    if is_above(level[-1], level[lowest], doubts[lowest]):
        falls = training_level[-1] < training_level[lowest]
        verdict = "overfits" if falls else "worsens"
    elif training_level[-1] > trained[0] and is_above(level[-1], watched[0], since_start):
        verdict = "worsens"
    elif is_above(level[before], level[-1], doubts[before]):
        verdict = "underfits"
    else:
        verdict = "goes_up_and_down" if noise > _FAR else "levels_off"
    alike = np.flatnonzero(~is_above(level, level[lowest], doubts[lowest] / 2))
    near = min(best, int(alike[0])), max(best, int(alike[-1]))
    epochs, scatter = np.arange(len(validation)), noise * float(level[-1])
    return Epochs(epochs, training, validation, best, verdict, level, window, scatter, near)


def _noise(losses: Array, level: Array, window: int) -> float:
    """Return how far single epochs are from full medians in the second half, as a logarithm."""
    later = slice(len(losses) // 2, len(losses) - window // 2)
    off = np.abs(_logarithm(losses[later]) - _logarithm(level[later]))
    return _DEVIATIONS * float(np.quantile(off, 0.75))


def _running_median(values: Array, window: int) -> Array:
    """Return the median of the epochs around each; fewer at the beginning, the same at the end.

    So a short fall at the beginning is kept, and the end is as steady as any other level.
    """
    half = window // 2
    begin = [np.median(values[:epochs]) for epochs in _epochs_of_medians(half, window)]
    whole = np.median(sliding_window_view(values, window), axis=1)
    return np.concatenate([begin, whole, np.full(half, whole[-1])])


def _epochs_of_medians(count: int, window: int) -> Integers:
    """Return how many epochs each running median covers: 1, 3, 5, ... up to the window."""
    return np.minimum(2 * np.arange(count) + 1, window)


def _logarithm(losses: Array) -> Array:
    """Return the logarithm of losses, which are not negative; a loss of 0 has a finite one, too."""
    return np.log(np.maximum(losses, np.finfo(float).tiny))


def patience_stop(validation: Array, patience: int) -> int | None:
    """Return the epoch at which the patience rule would have ended the run; None if never.

    This is the rule of ``Stopping.patience``: the validation loss has not improved for this many
    epochs. Epoch 1 is the first that counts.

    Args:
        validation: loss on the validation rows at epoch 0, 1, ..., ``(epochs,)``.
        patience: epochs without improvement.
    """
    trained = validation[1:]
    lowest = np.minimum.accumulate(np.concatenate([[np.inf], trained[:-1]]))
    epochs = np.arange(1, len(validation))
    last_improved = np.maximum.accumulate(np.where(trained < lowest, epochs, 1))
    waited = np.flatnonzero(epochs - last_improved >= patience)
    return int(epochs[waited[0]]) if len(waited) else None
