"""Trainings that keep only scores: where each lane began, where it ended, and its best.

There are no parameters, and at most a few points of one curve, so a sweep of many lanes fits where
histories would not. The numbers are those in the history of the same training, bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.training.cost import Cost, cost_of
from engine.training.loop import Loop
from engine.training.recording import Judge, evaluated, frozen
from engine.training.records import even_steps
from engine.work import finish

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from engine.arrays import Array, Booleans, Integers
    from engine.experiment import Experiment, Run
    from engine.training.history import Status


@dataclass(frozen=True, eq=False)
class Summary:
    """What is kept of one quantity of the full evaluations.

    Attributes:
        first: its value at step 0, ``(seeds,)``.
        final: its last value that is a number, ``(seeds,)``.
        best: the lowest loss or the highest score of all recorded evaluations, ``(seeds,)``.
    """

    first: Array
    final: Array
    best: Array


@dataclass(frozen=True, eq=False)
class RunScores:
    """How one run went, for every seed.

    Attributes:
        training_loss: on all training rows.
        validation_loss: on the validation rows; None if there are none.
        training_score: accuracy or R^2 on the training rows; None for a test function.
        validation_score: the same on the validation rows.
        first_steps: first recorded step whose training loss is at or below each target,
            ``(targets, seeds)``; +inf if there is none.
        curve: the validation (or training) loss at ``curve_steps``, ``(points, seeds)``; NaN after
            a seed's end.
        last_step: where each seed ended, ``(seeds,)``.
        status: what ended each seed, ``(seeds,)``; "" while it runs.
    """

    training_loss: Summary
    validation_loss: Summary | None
    training_score: Summary | None
    validation_score: Summary | None
    first_steps: Array
    curve: Array
    last_step: Integers
    status: tuple[Status | Literal[""], ...]

    @property
    def final_loss(self) -> Array:
        """Return each seed's last validation (or training) loss; +inf where it diverged."""
        losses = (self.validation_loss or self.training_loss).final
        return np.where(np.array(self.status) == "diverged", np.inf, losses)

    @property
    def median_loss(self) -> float:
        """Return the median of ``final_loss``; +inf if half of the seeds diverged."""
        return float(np.median(self.final_loss))


@dataclass(frozen=True, eq=False)
class Scores:
    """The result of a scoring.

    Attributes:
        experiment: what was trained.
        targets: the given targets of the training loss.
        runs: one for each run, in the experiment's order.
    """

    experiment: Experiment
    targets: tuple[float, ...]
    runs: tuple[RunScores, ...]

    @property
    def nbytes(self) -> int:
        """Return the size of all arrays in bytes."""
        ends = _numbers_of_a_lane(self.experiment) + len(self.targets)
        return sum(8 * len(run.status) * (ends + len(run.curve)) for run in self.runs)


@dataclass(frozen=True)
class ScoringProgress:
    """How far a scoring is.

    Attributes:
        updates: updates done, all lanes together.
        total: updates that the budget allows; fewer where runs end earlier.
        scores: returns the scores up to now.
    """

    updates: int
    total: int
    scores: Callable[[], Scores]


def estimate_scores(
    experiment: Experiment, targets: tuple[float, ...] = (), points: int = 0
) -> Cost:
    """Estimate what scoring an experiment costs; ``history_bytes`` are those of the scores.

    Raises:
        InvalidInput: it needs more memory than the limits allow.
    """
    lanes = len(experiment.runs) * len(experiment.seeds)
    kept = _numbers_of_a_lane(experiment) + len(targets) + points
    cost = cost_of(experiment, lanes * kept)
    cost.check_memory()
    return cost


def scoring(
    experiment: Experiment, targets: tuple[float, ...] = (), points: int = 0
) -> Generator[ScoringProgress, str | None, Scores]:
    """Train all runs of an experiment and keep their scores.

    A generator that is driven like ``train``.

    Args:
        experiment: what is trained.
        targets: training losses; the scores hold when each lane first was at or below them.
        points: the largest number of points of a curve, 0 for none.

    Raises:
        InvalidInput: more memory than the limits allow; nothing was allocated then.
    """
    estimate_scores(experiment, targets, points)  # refuses it
    return _Scoring(experiment, targets, points).result()


def score(experiment: Experiment, targets: tuple[float, ...] = (), points: int = 0) -> Scores:
    """Score an experiment to its end; arguments and errors are those of ``scoring``."""
    return finish(scoring(experiment, targets, points))


def curve_steps(experiment: Experiment, run: Run, points: int) -> list[int]:
    """Return the steps of a curve: at most so many of the even grid, evenly spread over it.

    With two points or more the first is step 0 and the last the end of the budget. They depend on
    the budget and the batches of the run alone.
    """
    if not points:
        return []
    count = sum(1 for _ in even_steps(experiment, run))
    places = set(np.linspace(0, count - 1, min(points, count)).round().astype(int).tolist())
    return [step for place, step in enumerate(even_steps(experiment, run)) if place in places]


def _numbers_of_a_lane(experiment: Experiment) -> int:
    """Return how many numbers are kept for a lane, apart from targets and curve."""
    return len(fields(Summary)) * len(evaluated(experiment)) + 2


class _ScoreRecorder(Judge):
    """Keeps what the scores of a group's lanes need."""

    def __init__(
        self, experiment: Experiment, members: list[int], targets: tuple[float, ...], points: int
    ) -> None:
        super().__init__(experiment, members)
        n_lanes = len(self.alive)
        names = [name for name in evaluated(experiment) if name != "gradient_norm"]
        self._summaries = {name: Summary(*np.full((3, n_lanes), np.nan)) for name in names}
        self._targets = np.array(targets)[:, None]
        self._first_steps = np.full((len(targets), n_lanes), np.inf)
        steps = curve_steps(experiment, experiment.runs[members[0]], points)
        self._places = {step: place for place, step in enumerate(steps)}
        self._curve = np.full((len(steps), n_lanes), np.nan)

    def _follow(
        self,
        lanes: Integers,
        last_step: int,
        values: Callable[[], dict[str, Array]],
    ) -> None:
        """Keep nothing of iterations."""

    def _take_params(self, lanes: Integers, params: Array, *, is_recorded: bool) -> None:
        """Keep no parameters."""

    def _keep(self, step: int, values: dict[str, Array]) -> None:
        for name, summary in self._summaries.items():
            latest = values[name]
            known = ~np.isnan(latest)
            if step == 0:
                summary.first[:] = latest
            summary.final[known] = latest[known]
            better = np.fmin if name.endswith("loss") else np.fmax
            better(summary.best, latest, out=summary.best)
        reached = np.isinf(self._first_steps) & (values["training_loss"] <= self._targets)
        self._first_steps[reached] = step
        if step in self._places:
            judged = values.get("validation_loss", values["training_loss"])
            self._curve[self._places[step]] = judged

    def _keep_ends(self, step: int, values: dict[str, Array], ended: Booleans) -> None:
        own = {name: np.where(ended, value, np.nan) for name, value in values.items()}
        self._keep(step, own)

    def scores(self, position: int) -> RunScores:
        """Return the scores of the run at ``position`` in the group."""
        lanes = slice(position * self._n_seeds, (position + 1) * self._n_seeds)
        of = {
            name: Summary(*(frozen(getattr(kept, field.name)[lanes]) for field in fields(kept)))
            for name, kept in self._summaries.items()
        }
        return RunScores(
            training_loss=of["training_loss"],
            validation_loss=of.get("validation_loss"),
            training_score=of.get("training_score"),
            validation_score=of.get("validation_score"),
            first_steps=frozen(self._first_steps[:, lanes]),
            curve=frozen(self._curve[:, lanes]),
            last_step=frozen(self.last_step[lanes]),
            status=tuple(self._status[lanes].tolist()),
        )


class _Scoring(Loop[_ScoreRecorder, ScoringProgress]):
    """A training that keeps scores."""

    def __init__(self, experiment: Experiment, targets: tuple[float, ...], points: int) -> None:
        super().__init__(experiment)
        self._targets, self._points = targets, points

    def recorder(self, members: list[int]) -> _ScoreRecorder:
        return _ScoreRecorder(self.experiment, members, self._targets, self._points)

    def progress(self, done: int, total: int) -> ScoringProgress:
        return ScoringProgress(done, total, self._scores)

    def result(self) -> Generator[ScoringProgress, str | None, Scores]:
        yield from self.run()
        return self._scores()

    def _scores(self) -> Scores:
        runs = {
            member: group.recorder.scores(position)
            for group in self.groups
            for position, member in enumerate(group.members)
        }
        ordered = tuple(runs[member] for member in range(len(runs)))
        return Scores(self.experiment, self._targets, ordered)
