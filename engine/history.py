"""What a training leaves behind: frozen, read-only, bounded.

One ``RunHistory`` per run, since runs of different batch sizes have different numbers of
iterations. Within it the first axis is the seed. After a seed has ended its entries are NaN.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.arrays import Array, Integers
    from engine.experiment import Experiment

Status: TypeAlias = Literal[
    "budget",  # the budget is used up
    "target_loss",
    "gradient_norm",
    "patience",
    "diverged",
    "stopped",  # by whoever drives the training
]

SUMMARIES: Final = ("first", "minimum", "mean", "maximum", "last")


@dataclass(frozen=True, eq=False)
class Series:
    """A quantity along the steps.

    Where every value would not fit there are five numbers per bin of equally many values.

    Attributes:
        steps: step of each point, of its last value where points are bins, ``(points,)``.
        first: first value of each point, ``(seeds, points)``.
        minimum: smallest value.
        mean: mean value.
        maximum: largest value.
        last: last value.
        width: values per point; 1 means that nothing was summarised and that the five are one
            array.
    """

    steps: Integers
    first: Array
    minimum: Array
    mean: Array
    maximum: Array
    last: Array
    width: int

    @property
    def final(self) -> Array:
        """Return each seed's last value, ``(seeds,)``; NaN where there is none."""
        known = ~np.isnan(self.last)
        if not known.shape[1]:
            return np.full(len(known), np.nan)
        position = self.last.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        return self.last[np.arange(len(self.last)), position]


@dataclass(frozen=True, eq=False)
class RunHistory:
    """How one run went, for every seed.

    Attributes:
        batch_loss: at iteration t the loss of its batch at the parameters of step t - 1.
        batch_gradient_norm: norm of that batch's gradient.
        update_norm: norm of the update, learning rate x direction.
        training_loss: of all training rows, at step 0, every epoch, every ``record_every`` and the
            last.
        validation_loss: the same of the validation rows; None where there are none.
        training_score: accuracy or R^2 of the training rows; None for a test function.
        validation_score: the same of the validation rows.
        gradient_norm: norm of the full training gradient at epochs; None unless it is a stopping
            rule.
        params: parameters at ``params_steps``, ``(seeds, snapshots, n_params)``; the last snapshot
            is where each seed ended.
        params_steps: ``(snapshots,)``.
        last_step: where each seed ended, ``(seeds,)``.
        status: what ended each seed, ``(seeds,)``; "" while it runs.
        per_epoch: iterations per epoch.
        rows_seen: rows that each seed's updates used, ``(seeds,)``.
        seconds_per_update: what an update would take if the run were trained alone, estimated
            after the training; None before. Not part of the result: never compared, never hashed.
    """

    batch_loss: Series
    batch_gradient_norm: Series
    update_norm: Series
    training_loss: Series
    validation_loss: Series | None
    training_score: Series | None
    validation_score: Series | None
    gradient_norm: Series | None
    params: Array
    params_steps: Integers
    last_step: Integers
    status: tuple[Status | Literal[""], ...]
    per_epoch: int
    rows_seen: Integers
    seconds_per_update: float | None

    @property
    def seconds_alone(self) -> float | None:
        """Return what the run would take if trained alone: its own updates, not the budget's.

        With several seeds those of the one that went on longest. None before the end.
        """
        if self.seconds_per_update is None:
            return None
        return self.seconds_per_update * int(np.max(self.last_step))

    @property
    def final_loss(self) -> Array:
        """Return each seed's last validation (else training) loss; +inf where it diverged."""
        losses = (self.validation_loss or self.training_loss).final
        return np.where(np.array(self.status) == "diverged", np.inf, losses)

    @property
    def is_worse_than_its_start(self) -> bool:
        """Tell whether the median training loss ended above where it began."""
        diverged = np.array(self.status) == "diverged"
        last = np.where(diverged, np.inf, self.training_loss.final)
        return bool(np.median(last) > np.median(self.training_loss.first[:, 0]))

    def arrays(self) -> Iterator[Array | Integers]:
        """Yield every array of the result, in a fixed order."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Series):
                yield value.steps
                summaries = SUMMARIES if value.width > 1 else ("last",)
                yield from (getattr(value, name) for name in summaries)
            elif isinstance(value, np.ndarray):
                yield value

    def digest(self) -> str:
        """Return the SHA-256 of the whole result, bit by bit; equal digests mean equal runs."""
        sha = hashlib.sha256(repr((self.status, self.per_epoch)).encode())
        for array in self.arrays():
            sha.update(repr(array.shape).encode())
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()


@dataclass(frozen=True, eq=False)
class History:
    """The result of an experiment.

    Attributes:
        experiment: what was trained.
        runs: one history per run, in the experiment's order.
        seconds: wall time of the whole training, all runs together; never compared, never hashed.
    """

    experiment: Experiment
    runs: tuple[RunHistory, ...]
    seconds: float

    @property
    def nbytes(self) -> int:
        """Return the bytes of all arrays."""
        return sum(array.nbytes for run in self.runs for array in run.arrays())

    @property
    def best(self) -> int | None:
        """Return the position of the run with the lowest median final loss.

        None where nothing can be best: there is one run alone, all runs diverged, the function has
        no lowest value, or the training was stopped and budgets differ.
        """
        problem = self.experiment.problem
        if problem.kind == "function" and not problem.function.bounded:
            return None
        if len(self.runs) == 1 or any(
            "stopped" in run.status or "" in run.status for run in self.runs
        ):
            return None
        medians = [float(np.median(run.final_loss)) for run in self.runs]
        best = int(np.argmin(medians))
        return best if np.isfinite(medians[best]) else None

    def digest(self) -> str:
        """Return the SHA-256 of all runs."""
        return hashlib.sha256("".join(run.digest() for run in self.runs).encode()).hexdigest()
