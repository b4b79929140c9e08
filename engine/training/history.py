"""The result of a training: frozen, read-only, bounded.

There is one ``RunHistory`` per run, since runs with different batch sizes have different numbers of
iterations. Its first axis is the seed. After a seed has ended, its entries are NaN.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.arrays import Array, Booleans, Integers
    from engine.experiment import Experiment
    from engine.problems.problem import Guess

Status: TypeAlias = Literal[
    "budget",  # the budget is used up
    "target_loss",
    "gradient_norm",
    "patience",
    "diverged",
    "stopped",  # by the code that drives the training
]

SUMMARIES: Final = ("first", "minimum", "mean", "maximum", "last")
_DIVERGED: Final = 1e6  # a loss above this many times (1 + |loss of step 0|) has diverged


def worst_loss(first: Any) -> Any:
    """Return the largest loss of a run that has not diverged, from its losses of step 0."""
    return _DIVERGED * (1 + np.abs(first))


@dataclass(frozen=True, eq=False)
class Series:
    """A quantity, step by step.

    Where not every value fits, a point is a bin of equally many values, summed up by five numbers.

    Attributes:
        steps: step of each point's last value, ``(points,)``.
        first: first value of each point, ``(seeds, points)``.
        minimum: smallest value.
        mean: mean value.
        maximum: largest value.
        last: last value.
        width: values per point; 1 means that every value is kept, and the five are one array.
        worst: how a diverged seed counts: +inf for a loss or a norm, -inf for a score.
    """

    steps: Integers
    first: Array
    minimum: Array
    mean: Array
    maximum: Array
    last: Array
    width: int
    worst: float = np.inf

    @property
    def final(self) -> Array:
        """Return each seed's last value, ``(seeds,)``; NaN where there is none."""
        known = ~np.isnan(self.last)
        if not known.shape[1]:
            return np.full(len(known), np.nan)
        position = self.last.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        return self.last[np.arange(len(self.last)), position]


class Divergence(NamedTuple):
    """When a seed diverged, as far as it is known.

    Attributes:
        step: the first recorded step that shows it.
        is_exact: whether it is the very first; otherwise a step between records may have been.
    """

    step: int
    is_exact: bool


@dataclass(frozen=True, eq=False)
class RunHistory:
    """How one run went, for every seed.

    Attributes:
        batch_loss: at iteration t, the loss of its batch at the parameters of step t - 1.
        batch_gradient_norm: norm of that batch's gradient.
        update_norm: norm of the update, learning rate x direction.
        training_loss: on all training rows at the recorded steps: step 0, the even grid of the
            budget (``Experiment.record_every``), and where a seed ended.
        validation_loss: the same on the validation rows; None if there are none.
        training_score: accuracy or R^2 on the training rows; None for a test function.
        validation_score: the same on the validation rows.
        gradient_norm: norm of the full training gradient on the even grid; None unless a stopping
            rule needs it.
        params: parameters at ``params_steps``, ``(seeds, snapshots, n_params)``; the last snapshot
            is where each seed ended.
        params_steps: ``(snapshots,)``.
        last_step: where each seed ended, ``(seeds,)``.
        status: what ended each seed, ``(seeds,)``; "" while it runs.
        per_epoch: iterations per epoch.
        rows_seen: rows that each seed's updates used, ``(seeds,)``.
        seconds_per_update: time of an update if the run is trained alone, with an evaluation every
            epoch; None if it was not measured: see ``engine.timed``. Not part of the result: never
            compared, never hashed.
        seconds_spread: its uncertainty, half the distance between the quartiles of the turns.
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
    seconds_per_update: float | None = None
    seconds_spread: float | None = None

    @property
    def seconds_alone(self) -> float | None:
        """Return how long the run takes if trained alone with one seed.

        The median over its seeds, in seconds. None if it was not measured.
        """
        return self._of_updates(self.seconds_per_update)

    @property
    def seconds_alone_spread(self) -> float | None:
        """Return the uncertainty of ``seconds_alone``."""
        return self._of_updates(self.seconds_spread)

    def _of_updates(self, seconds: float | None) -> float | None:
        return None if seconds is None else seconds * float(np.median(self.last_step))

    @property
    def diverged(self) -> Booleans:
        """Tell which seeds diverged, ``(seeds,)``."""
        return np.array(self.status) == "diverged"

    def at_end(self, series: Series) -> Array:
        """Return each seed's last value, ``(seeds,)``; the worst one where it diverged."""
        return np.where(self.diverged, series.worst, series.final)

    def counted(self, series: Series) -> Array:
        """Return the last value of each point, ``(seeds, points)``, the worst once it diverged."""
        is_over = self.diverged[:, None] & (series.steps >= self.last_step[:, None])
        return np.where(is_over, series.worst, series.last)

    def median_at_end(self, series: Series) -> float:
        """Return the median of ``at_end``: +inf for a loss if half of the seeds diverged.

        For a score it is NaN then.
        """
        value = float(np.median(self.at_end(series)))
        return np.nan if value == -np.inf else value

    @property
    def final_loss(self) -> Array:
        """Return each seed's last validation (or training) loss; +inf where it diverged."""
        return self.at_end(self.validation_loss or self.training_loss)

    @property
    def median_loss(self) -> float:
        """Return the median of ``final_loss``; +inf if half of the seeds diverged."""
        return float(np.median(self.final_loss))

    @property
    def is_worse_than_its_start(self) -> bool:
        """Tell whether the median training loss ended above where it began."""
        begin = np.median(self.training_loss.first[:, 0])
        return bool(self.median_at_end(self.training_loss) > begin)

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
        seconds: wall time of the training, without the runs that were taken over from an earlier
            one; never compared, never hashed.
        is_timed: whether its runs were timed.
        guess: what the best constant prediction reaches; None for a test function, and before the
            end.
    """

    experiment: Experiment
    runs: tuple[RunHistory, ...]
    seconds: float
    is_timed: bool = False
    guess: Guess | None = None

    @property
    def nbytes(self) -> int:
        """Return the size of all arrays in bytes."""
        return sum(array.nbytes for run in self.runs for array in run.arrays())

    def finished_runs(self, experiment: Experiment) -> dict[int, RunHistory]:
        """Return the runs of another experiment that were trained to their end here, by position.

        There are none where anything but the runs differs. No run ever influences another, so
        training them again would give the same bits.
        """
        own = self.experiment
        if own.model_copy(update={"runs": experiment.runs}) != experiment:
            return {}
        finished = {
            run: history
            for run, history in zip(own.runs, self.runs, strict=True)
            if not {"stopped", ""} & set(history.status)
        }
        return {
            position: replace(finished[run], seconds_per_update=None, seconds_spread=None)
            for position, run in enumerate(experiment.runs)
            if run in finished
        }

    def divergence(self, position: int, seed: int) -> Divergence | None:
        """Return when a seed of a run diverged, None if it did not.

        All rows are only evaluated at recorded steps, and there a seed ends. The loss of a batch
        may show it earlier: the mean loss of N training rows is at least 1/N of it.

        Args:
            position: position of the run.
            seed: position of the seed.
        """
        run, rows = self.runs[position], self.experiment.problem.training_rows
        if run.status[seed] != "diverged":
            return None
        last, evaluations, batches = int(run.last_step[seed]), run.training_loss, run.batch_loss
        if evaluations.width > 1:  # the order of the values in a bin is not kept
            return Divergence(last, is_exact=False)
        in_order = int(evaluations.steps[evaluations.steps < last].max(initial=0))
        bound = worst_loss(float(evaluations.first[seed, 0]))
        # The loss of iteration t is that at the parameters of step t - 1.
        begins = np.concatenate([[0], batches.steps[:-1]])
        beyond = ~(batches.maximum[seed] / rows <= bound) & (begins > in_order) & (begins < last)
        if beyond.any():
            last = min(int(batches.steps[beyond.argmax()]), last) - 1
        return Divergence(last, is_exact=in_order >= last - 1)

    @property
    def lowest(self) -> tuple[int, ...]:
        """Return the positions of the runs with the lowest median final loss, several if they tie.

        It is empty where the word means nothing: there is only one run, all runs diverged, the
        function falls for ever, or the training was stopped.
        """
        problem = self.experiment.problem
        if problem.kind == "function" and problem.function.bounded is False:
            return ()
        if len(self.runs) == 1 or any({"stopped", ""} & set(run.status) for run in self.runs):
            return ()
        medians = np.array([run.median_loss for run in self.runs])
        low = medians.min()
        return tuple(np.flatnonzero(medians == low).tolist()) if np.isfinite(low) else ()

    @property
    def ended_alike(self) -> bool:
        """Tell whether all seeds that did not diverge used up the same share of the budget."""
        shares: set[float] = set()
        for position, run in enumerate(self.runs):
            total = self.experiment.iterations(self.experiment.runs[position])
            shares.update((run.last_step[~run.diverged] / total).tolist())
        return len(shares) <= 1

    def digest(self) -> str:
        """Return the SHA-256 of all runs."""
        return hashlib.sha256("".join(run.digest() for run in self.runs).encode()).hexdigest()
