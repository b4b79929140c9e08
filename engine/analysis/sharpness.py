"""Sharpness along a training: the largest curvature of the loss, beside the edge of stability.

Sharpness is the largest eigenvalue of the Hessian of the training loss as it is trained: of all
training rows, with the l2 term. The runs are trained once more, all lanes together, with the same
numbers as ever, and now and then the training pauses to measure.

Source:
    Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of
    stability, arXiv:2103.00065; Cohen et al. (2022), Adaptive gradient methods at the edge of
    stability, arXiv:2207.14484.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.analysis.theory import has_preconditioned_threshold, sharpness_threshold
from engine.landscape.curvature import (
    Hessians,
    gradients_needed,
    products_numbers,
    start_vector,
    top_eigenpairs,
)
from engine.limits import LIMITS
from engine.training.cost import Cost, cost_of, full_gradient_seconds
from engine.training.loop import Loop
from engine.training.recording import Judge, frozen
from engine.training.records import even_steps
from engine.work import finish

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from engine.arrays import Array, Booleans, Integers
    from engine.experiment import Experiment, Run
    from engine.landscape.curvature import TopEigenpairs
    from engine.problems.function_problem import FunctionProblem
    from engine.problems.network_problem import NetworkProblem
    from engine.problems.problem import Evaluation
    from engine.training.history import Status
    from engine.training.records import Due
    from engine.training.updates import Updates
    from engine.work import Work

EVERY: Final = LIMITS["epochs"]  # epochs from one measurement to the next
MEASUREMENTS: Final = 40  # of a run, unless the reader wants more or fewer
_QUANTITIES: Final = 4  # that are kept of every lane at every measurement


@dataclass(frozen=True, eq=False)
class RunSharpness:
    """The sharpness of one run; arrays are ``(points, seeds)`` unless something else is said.

    After a seed has ended, its entries are NaN. For a rule with a preconditioner P whose threshold
    is that of the preconditioned Hessian (``is_preconditioned``), H stands for P^(-1/2) H P^(-1/2)
    and the update for P^(1/2) update, the update in the same coordinates; before the first update
    there is no P, and nothing is measured.

    Attributes:
        steps: updates done at each measurement, ``(points,)``.
        values: largest eigenvalue of H.
        residuals: |H v - value v| / |value|, how exact value and eigenvector v are: see
            ``engine.landscape.curvature``.
        shares: (update . v)^2 / |update|^2 of the last update: its share along the eigenvector.
        training_loss: as in the history of the same training, bit by bit.
        thresholds: above which value the rule leaves a minimum at the learning rate of the last
            update (the first one, at step 0), ``(points,)``; None if none is known for the rule, or
            if gradients are clipped.
        is_preconditioned: whether H is preconditioned.
        last_step: where each seed ended, ``(seeds,)``.
        status: what ended each seed, ``(seeds,)``; "" while it runs.
        per_epoch: updates per epoch.
    """

    steps: Integers
    values: Array
    residuals: Array
    shares: Array
    training_loss: Array
    thresholds: Array | None
    is_preconditioned: bool
    last_step: Integers
    status: tuple[Status | str, ...]
    per_epoch: int

    @property
    def ratios(self) -> Array | None:
        """Return the values over the thresholds: 1 is the edge of stability; None without any."""
        return None if self.thresholds is None else self.values / self.thresholds[:, None]

    @property
    def later_half(self) -> Booleans:
        """Tell which points lie in the later half of the updates, ``(points,)``."""
        return 2 * self.steps > self.last_step.max()


@dataclass(frozen=True, eq=False)
class Sharpness:
    """The result of a measurement.

    Attributes:
        experiment: what was trained.
        every: epochs from one measurement to the next.
        runs: one for each run, in the experiment's order.
    """

    experiment: Experiment
    every: int
    runs: tuple[RunSharpness, ...]

    @property
    def nbytes(self) -> int:
        """Return the size of all arrays in bytes."""
        return sum(8 * _QUANTITIES * run.values.size + 16 * len(run.steps) for run in self.runs)


@dataclass(frozen=True)
class SharpnessProgress:
    """How far a measured training is.

    Attributes:
        updates: updates done, all lanes together.
        total: updates that the budget allows; fewer where runs end earlier.
        sharpness: returns what was measured up to now.
    """

    updates: int
    total: int
    sharpness: Callable[[], Sharpness]


@dataclass(frozen=True)
class SharpnessPrice:
    """What measuring costs.

    Attributes:
        measurements: of all lanes together, if none ends early.
        gradients: of all training rows, that they take: twenty each, unless a network has fewer
            than ten parameters, or a search needs more than ten products.
        training_gradients: of batches, that the training itself takes.
        cost: of training and measuring together.
    """

    measurements: int
    gradients: int
    training_gradients: int
    cost: Cost


def usual_every(experiment: Experiment) -> int:
    """Return how many epochs lie between two of about forty measurements of the longest run."""
    epochs = max(
        -(-experiment.iterations(run) // experiment.counts(run).per_epoch)
        for run in experiment.runs
    )
    return int(min(max(1, -(-epochs // MEASUREMENTS)), EVERY.high))


def measured_steps(experiment: Experiment, run: Run, every: int) -> Iterator[int]:
    """Yield the steps at which a run is measured: step 0, every so many epochs, and its last step.

    They are steps of the even grid, so an epoch that ends between two of them counts at the second.
    """
    apart, total = every * experiment.counts(run).per_epoch, experiment.iterations(run)
    if experiment.problem.kind == "function":  # whose grid has every step, perhaps millions
        yield from range(0, total, apart)
        yield total
        return
    due = 0
    for step in even_steps(experiment, run):
        if step >= due or step == total:
            yield step
            due = (step // apart + 1) * apart


def _points(experiment: Experiment, run: Run, every: int) -> int:
    """Return how many steps ``measured_steps`` yields."""
    if experiment.problem.kind == "function":
        return len(range(0, experiment.iterations(run), every)) + 1
    return sum(1 for _ in measured_steps(experiment, run, every))


def estimate_sharpness(experiment: Experiment, every: int) -> SharpnessPrice:
    """Estimate what measuring costs, before anything is allocated.

    Raises:
        InvalidInput: ``every`` is out of range, or it needs more memory than the limits allow.
    """
    EVERY.integer("every", every)
    n_seeds, n_params = len(experiment.seeds), experiment.problem.n_params
    needed = gradients_needed(n_params)
    measurements = taken = kept = numbers = 0
    seconds = 0.0
    for members in experiment.groups():
        runs = [experiment.runs[position] for position in members]
        points = _points(experiment, runs[0], every)
        n_lanes = len(runs) * n_seeds
        measurements += points * n_lanes
        kept += points * (_QUANTITIES * n_lanes + 2 * len(runs))
        numbers += products_numbers(experiment.problem, n_lanes)
        seconds += points * needed / 2 * full_gradient_seconds(experiment, 2 * n_lanes)
        gradients = sum(run.optimizer.gradients_per_update for run in runs)
        taken += experiment.iterations(runs[0]) * gradients * n_seeds
    training = cost_of(experiment, kept)
    cost = replace(training, bytes=training.bytes + 8 * numbers, seconds=training.seconds + seconds)
    cost.check_memory()
    return SharpnessPrice(measurements, measurements * needed, taken, cost)


def measuring_sharpness(
    experiment: Experiment, every: int
) -> Generator[SharpnessProgress, str | None, Sharpness]:
    """Train all runs of an experiment and measure their sharpness on the way.

    A generator that is driven like ``train``: it yields its progress at least every 50 ms of work.

    Args:
        experiment: what is trained.
        every: epochs from one measurement to the next; of a test function they are updates.

    Raises:
        InvalidInput: as ``estimate_sharpness`` does; nothing was allocated then.
    """
    estimate_sharpness(experiment, every)  # refuses it
    return _Measuring(experiment, every).result()


def measure_sharpness(experiment: Experiment, every: int) -> Sharpness:
    """Measure to the end; arguments and errors are those of ``measuring_sharpness``."""
    return finish(measuring_sharpness(experiment, every))


class _Meter(Judge):
    """Measures the lanes of a group."""

    def __init__(self, experiment: Experiment, members: list[int], every: int) -> None:
        super().__init__(experiment, members)
        self._runs = [experiment.runs[position] for position in members]
        steps = list(measured_steps(experiment, self._runs[0], every))
        self._places = {step: place for place, step in enumerate(steps)}
        self._measured = np.full((_QUANTITIES, len(steps), len(self.alive)), np.nan)
        self._rates = np.full((len(steps), len(self.alive)), np.nan)
        self._before = self.alive.copy()
        kinds = [has_preconditioned_threshold(run.optimizer) for run in self._runs]
        self._preconditioned = np.repeat(kinds, self._n_seeds)
        self._hessians: Hessians | None = None
        self._n_measured = 0

    def _follow(
        self, lanes: Integers, last_step: int, values: Callable[[], dict[str, Array]]
    ) -> None:
        """Keep nothing of iterations."""

    def _take_params(self, lanes: Integers, params: Array, *, is_recorded: bool) -> None:
        """Keep no parameters."""

    def evaluation(
        self,
        lanes: Integers,
        due: Due,
        params: Array,
        points: Array,
        evaluation: Evaluation,
        gradient_norm: Array | None,
    ) -> Work[None]:
        """Judge the lanes as every training does, and note which of them are measured here."""
        self._before = self.alive.copy()
        yield from super().evaluation(lanes, due, params, points, evaluation, gradient_norm)

    def _keep(self, step: int, values: dict[str, Array]) -> None:
        if step in self._places:
            self._measured[3, self._places[step]] = values["training_loss"]

    def _keep_ends(self, step: int, values: dict[str, Array], ended: Booleans) -> None:
        """Keep nothing between the steps of the grid."""

    def look(
        self,
        lanes: Integers,
        due: Due,
        updates: Updates[Any],
        problem: NetworkProblem | FunctionProblem,
    ) -> Work[None]:
        """Measure the lanes that came here and did not diverge."""
        if due.step not in self._places or not due.is_even:
            return
        came = self._before[lanes]
        measured = came & (self._status[lanes] != "diverged")
        if due.step == 0:
            measured &= ~self._preconditioned[lanes]
        rows, place = np.flatnonzero(measured), self._places[due.step]
        if len(rows):
            found, shares = yield from self._measure(lanes[rows], rows, updates, problem)
            self._measured[:3, place, lanes[rows]] = found.values, found.residuals, shares
        self._rates[place, lanes[came]] = updates.rates(max(due.step, 1))[came]

    def _measure(
        self,
        lanes: Integers,
        rows: Integers,
        updates: Updates[Any],
        problem: NetworkProblem | FunctionProblem,
    ) -> Work[tuple[TopEigenpairs, Array]]:
        """Return the most curved direction of some lanes, and the last update's share along it.

        Args:
            lanes: their numbers.
            rows: where they are in the updates.
            updates: of these and perhaps other lanes.
            problem: what is trained.
        """
        params, change = updates.points[rows], updates.changes[1, rows]
        roots = None
        if self._preconditioned[lanes].any():
            scales = updates.scales()[rows]
            roots = np.where(self._preconditioned[lanes, None], np.sqrt(scales), 1.0)
            change = change / roots
        seeds = self._experiment.seeds
        starts = [
            start_vector(params.shape[1], seeds[lane % self._n_seeds], updates.step)
            for lane in lanes
        ]
        products = self._products(problem, *params.shape).at(params, roots)
        found = yield from top_eigenpairs(products, np.array(starts))
        along, length = np.vecdot(change, found.vectors), np.vecdot(change, change)
        return found, np.where(length > 0, along**2 / length, np.nan)

    def _products(
        self, problem: NetworkProblem | FunctionProblem, n_lanes: int, n_params: int
    ) -> Hessians:
        """Return where products come from; the buffers are made anew when lanes have ended."""
        if self._hessians is None or n_lanes != self._n_measured:
            self._hessians = None  # its buffers make room for the new ones
            self._hessians, self._n_measured = Hessians(problem, n_lanes, n_params), n_lanes
        return self._hessians

    def sharpness(self, position: int) -> RunSharpness:
        """Return what was measured of the run at ``position`` in the group."""
        lanes = slice(position * self._n_seeds, (position + 1) * self._n_seeds)
        reached = ~np.isnan(self._rates[:, lanes]).all(axis=1)
        steps = np.array(list(self._places))[reached]
        values, residuals, shares, losses = self._measured[:, reached, lanes]
        return RunSharpness(
            steps=frozen(steps),
            values=frozen(values),
            residuals=frozen(residuals),
            shares=frozen(shares),
            training_loss=frozen(losses),
            thresholds=self._thresholds(self._runs[position], self._rates[reached, lanes]),
            is_preconditioned=bool(self._preconditioned[lanes.start]),
            last_step=frozen(self.last_step[lanes]),
            status=tuple(self._status[lanes].tolist()),
            per_epoch=self._counts.per_epoch,
        )

    def _thresholds(self, run: Run, rates: Array) -> Array | None:
        """Return the thresholds at the rates of the seeds, which are equal, ``(points,)``."""
        at_one = None if run.clipping is not None else sharpness_threshold(run.optimizer, 1.0)
        return None if at_one is None else frozen(at_one / np.nanmax(rates, axis=1))


class _Measuring(Loop[_Meter, SharpnessProgress]):
    """A training that measures."""

    def __init__(self, experiment: Experiment, every: int) -> None:
        super().__init__(experiment)
        self._every = every

    def recorder(self, members: list[int]) -> _Meter:
        return _Meter(self.experiment, members, self._every)

    def progress(self, done: int, total: int) -> SharpnessProgress:
        return SharpnessProgress(done, total, self._sharpness)

    def result(self) -> Generator[SharpnessProgress, str | None, Sharpness]:
        yield from self.run()
        return self._sharpness()

    def _sharpness(self) -> Sharpness:
        runs = {
            member: group.recorder.sharpness(position)
            for group in self.groups
            for position, member in enumerate(group.members)
        }
        ordered = tuple(runs[member] for member in range(len(runs)))
        return Sharpness(self.experiment, self._every, ordered)
