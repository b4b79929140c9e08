"""The training loop: it takes an experiment and returns its history.

Runs with the same batch size, sampling and last-batch rule form a group and step together; a run
that is repeated over seeds has one lane per seed. Lanes are ordered by rule, run and seed, and no
lane ever influences another.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import numpy as np

from engine.arrays import Layout, vector
from engine.counts import Counts
from engine.errors import InvalidInput
from engine.experiment import Experiment, Run
from engine.limits import LIMITS, Interval
from engine.problems.datasets.preparation import prepare
from engine.problems.function_problem import FunctionProblem
from engine.problems.network_problem import NetworkProblem
from engine.problems.pieces import UPDATE_NUMBERS
from engine.problems.specs import Function
from engine.rules import RULES, SGD, Rule, validated
from engine.rules.schedules import Constant, ReduceOnPlateau, Schedule
from engine.training.cost import PAUSE_SECONDS, data_seconds, estimate, segment_length
from engine.training.history import History
from engine.training.recording import Judge, Recorder
from engine.training.records import Due, due_steps
from engine.training.updates import Updates
from engine.work import Task, finish

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from engine.arrays import Array
    from engine.problems.pieces import Piece
    from engine.problems.problem import Batches
    from engine.training.history import RunHistory
    from engine.work import Result, Work


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        updates: updates done, all lanes together.
        total: updates that the budget allows; fewer where runs end earlier.
        history: returns the history up to now.
    """

    updates: int
    total: int
    history: Callable[[], History]


Training: TypeAlias = Generator[Progress, str | None, History]
Yielding: TypeAlias = Generator[Any, str | None, None]
Kept = TypeVar("Kept", bound=Judge)
Told = TypeVar("Told")


def train(experiment: Experiment, before: History | None = None) -> Training:
    """Train all runs of an experiment.

    Args:
        experiment: what is trained.
        before: an earlier history; runs that it has finished, of the same problem, budget and
            seeds, are taken over and not trained again. The result is the same, bit by bit.

    A generator: it yields its progress at least every 50 ms of work and returns the history.
    ``send("stop")`` asks it to end with what it has; it may yield a few times more while it
    evaluates where it stopped. Closing it drops everything.

    Raises:
        InvalidInput: more memory than the limits allow; nothing was allocated then.
    """
    estimate(experiment)  # refuses it
    known = {} if before is None else before.finished_runs(experiment)
    return _Training(experiment, known).result()


def fit(experiment: Experiment) -> History:
    """Train an experiment to its end and return the history; raises as ``train`` does."""
    return finish(train(experiment))


def minimize(  # noqa: PLR0913 - the last three are for few rules, by their names
    gradient: Callable[[Array], Array],
    start: Array,
    optimizer: Rule,
    learning_rate: float,
    steps: int,
    *,
    shape: tuple[int, int] | None = None,
    schedule: Schedule | None = None,
    hessian: Callable[[Array], Array] | None = None,
) -> Array:
    """Follow a rule down any function whose gradient you have.

    Args:
        gradient: a function from points ``(1, n_params)`` to gradients of the same shape; a rule
            that takes two gradients per update calls it twice.
        start: finite numbers, ``(n_params,)``, at most as many as a network may have parameters.
        optimizer: the rule; its hyperparameters are checked.
        learning_rate: multiplies the direction; it has the limits of a run's learning rate.
        steps: number of updates, at least 0; the iterates must fit into the memory of a training.
        shape: the parameters are a matrix with so many rows and columns, for rules of matrices;
            None for one row.
        schedule: multiplies the learning rate; its epochs are updates, and so are shares of
            ``steps``. None leaves it constant.
        hessian: returns the Hessians ``(1, n_params, n_params)`` of such points, for rules that
            need them.

    Returns:
        The iterates ``(steps + 1, n_params)``, beginning with the start. For a rule that reports
        other points than its parameters, such as an average, they are those points.

    Raises:
        InvalidInput: ``optimizer`` is not a rule; a hyperparameter, the learning rate or the number
            of steps is out of range; the schedule falls to 0, or watches a validation loss, which
            there is none of; the start is not made of finite numbers, or not as many as the
            matrix has; a rule needs a Hessian and none is given; or the gradient has another shape
            than its point.
    """
    Interval(0, LIMITS["iterations"].high).integer("steps", steps)
    if not isinstance(optimizer, Rule):
        names = tuple(rule.name for rule in RULES)
        raise InvalidInput("unknown_choice", "optimizer", optimizer, names)
    rule = validated(optimizer)
    given: Any = vars(schedule) if isinstance(schedule, Schedule) else schedule
    given = Constant() if given is None else given
    run = Run(optimizer=SGD(), learning_rate=learning_rate, schedule=given)
    params = vector("start", start, LIMITS["parameters"])[None]
    if not np.isfinite(params).all():
        any_number = Interval(-math.inf, math.inf, open_low=True, open_high=True)
        raise InvalidInput("not_finite", "start", start, any_number)
    if 8 * (steps + 1) * params.size not in LIMITS["bytes"]:
        raise InvalidInput("too_expensive", "bytes", 8 * (steps + 1) * params.size, LIMITS["bytes"])
    if "hessian" in rule.needs and hessian is None:
        raise InvalidInput("missing", "hessian", None)
    counts = Counts(1, 1)
    _check_schedule(run.schedule, counts, steps)
    lane = run.model_copy(update={"optimizer": rule})
    layout = _matrix(params.shape[1], shape)
    make = partial(_GivenGradient, gradient, hessian)
    updates = Updates([lane], params, layout, make, counts, steps)
    iterates = np.empty((steps + 1, params.shape[1]))
    iterates[0], points = params[0], updates.points
    with np.errstate(all="ignore"):  # a diverging path is a result
        for step in range(1, steps + 1):
            for piece in updates.pieces(0, 1):
                piece()
            updates.take()
            if points is not params:
                for _ in updates.report():
                    pass
            iterates[step] = points[0]
    return iterates


def _check_schedule(schedule: Schedule, counts: Counts, steps: int) -> None:
    """Refuse a schedule that falls to 0 within these steps, or that watches what is not there."""
    if isinstance(schedule, ReduceOnPlateau):
        raise InvalidInput("conflict", "schedule", schedule.name, ("problem", "function"))
    try:
        schedule.check(counts, steps)
    except InvalidInput as error:
        raise error.at(f"schedule.{error.field}") from None


def _matrix(numbers: int, shape: Any) -> Layout:
    """Return the layout of so many parameters, all of them one matrix."""
    if shape is None:
        shape = (1, numbers)
    sizes: Sequence[Any] = shape if isinstance(shape, tuple) else ()
    if len(sizes) != 2:
        raise InvalidInput("wrong_type", "shape", shape, "two whole numbers")
    rows, columns = (Interval(1, LIMITS["parameters"].high).integer("shape", n) for n in sizes)
    if rows * columns != numbers:
        needed = Interval(rows * columns, rows * columns)
        raise InvalidInput("wrong_length", "start", numbers, needed)
    return Layout((columns, rows), bias=False)


class _GivenGradient:
    """Gradients from the function that ``minimize`` was given."""

    def __init__(
        self,
        gradient: Callable[[Array], Array],
        hessian: Callable[[Array], Array] | None,
        params: Array,
        grads: Array,
    ) -> None:
        self.hessian = None if hessian is None else partial(self._checked_hessian, hessian)
        self._gradient, self._params, self._grads = gradient, params, grads
        self._pieces = [self._call]

    def load(self, _rows: Any) -> None:
        """Do nothing, for a function has no rows."""

    def pieces(self, _position: int, _size: int) -> list[Piece]:
        return self._pieces

    def _call(self) -> None:
        gradient = np.asarray(self._gradient(self._params))
        if gradient.shape != self._grads.shape:  # NumPy would spread a single number over all
            allowed = f"array {self._grads.shape}"
            raise InvalidInput("wrong_type", "gradient", gradient.shape, allowed)
        self._grads[:] = gradient

    def _checked_hessian(self, given: Callable[[Array], Array], params: Array) -> Array:
        hessian = np.asarray(given(params))
        allowed = (*params.shape, params.shape[1])
        if hessian.shape != allowed or hessian.dtype.kind not in "fiu":
            raise InvalidInput("wrong_type", "hessian", hessian.shape, f"array {allowed}")
        return hessian


def problem_of(experiment: Experiment) -> NetworkProblem | FunctionProblem:
    """Return the problem, with its data, ready to be computed."""
    spec = experiment.problem
    if isinstance(spec, Function):
        return FunctionProblem(spec)
    data = prepare(
        spec.dataset,
        experiment.data_seed,
        spec.validation_share,
        standardize=spec.standardize,
        standardize_targets=spec.standardize_targets,
    )
    return NetworkProblem(spec, data)


def making(experiment: Experiment) -> Work[NetworkProblem | FunctionProblem]:
    """Make the problem; large data are made in another thread while this one gives way."""
    if data_seconds(experiment) < PAUSE_SECONDS:
        return problem_of(experiment)
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        future = pool.submit(problem_of, experiment)
        while not future.done():
            wait([future], timeout=PAUSE_SECONDS)
            yield
        return future.result()
    finally:
        pool.shutdown(wait=False)


class Loop(ABC, Generic[Kept, Told]):
    """One training: its groups of lanes, its clock, and whether it was asked to stop.

    A subclass decides what is recorded and what is reported as progress.
    """

    def __init__(self, experiment: Experiment, left_out: Container[int] = ()) -> None:
        """Take an experiment, and the positions of runs that are not trained."""
        self.experiment = experiment
        self.groups: list[_Group[Kept]] = []
        self.stopping = False
        self._began = self._paused = time.perf_counter()
        groups = ([one for one in group if one not in left_out] for group in experiment.groups())
        self._members = [members for members in groups if members]
        updates = (experiment.iterations(experiment.runs[one]) for one in chain(*self._members))
        self._total = sum(updates) * len(experiment.seeds)

    @abstractmethod
    def recorder(self, members: list[int]) -> Kept:
        """Return a new recorder for the runs of a group."""

    @abstractmethod
    def progress(self, done: int, total: int) -> Told:
        """Return the progress to report when ``done`` of ``total`` updates are done."""

    def run(self) -> Generator[Told, str | None, NetworkProblem | FunctionProblem]:
        """Train all runs and return the problem."""
        problem = yield from self.paced(making(self.experiment))
        self.groups = [
            _Group(self, problem, members, self.recorder(members)) for members in self._members
        ]
        for group in self.groups:
            yield from group.begin()
        while any(group.is_alive for group in self.groups) and not self.stopping:
            for group in self.groups:
                yield from group.epoch()
        for group in self.groups:
            yield from group.finish()
        return problem

    def pause(self) -> Generator[Told, str | None, None]:
        """Give way if it is time to."""
        if time.perf_counter() - self._paused < PAUSE_SECONDS:
            return
        done = sum(int(group.recorder.last_step.sum()) for group in self.groups)
        command = yield self.progress(done, self._total)
        if command == "stop":
            self.stopping = True
        self._paused = time.perf_counter()

    def paced(self, work: Work[Result]) -> Generator[Told, str | None, Result]:
        """Do some work piece by piece, giving way in between, and return its result.

        Overflow and NaN of a diverging lane are results, found at recorded steps: no warning is
        due. The setting surrounds each piece, never a yield, for a generator may be resumed in
        another context.
        """
        task = Task(work)
        while True:
            with np.errstate(all="ignore"):
                is_going_on = task.go_on()
            if not is_going_on:
                return task.result
            yield from self.pause()


class _Training(Loop[Recorder, Progress]):
    """A training that records a history; runs that are known are not trained."""

    def __init__(self, experiment: Experiment, known: Mapping[int, RunHistory]) -> None:
        super().__init__(experiment, known)
        self._known = known

    def recorder(self, members: list[int]) -> Recorder:
        return Recorder(self.experiment, members)

    def progress(self, done: int, total: int) -> Progress:
        return Progress(done, total, self.history)

    def result(self) -> Training:
        problem = yield from self.run()
        runs = dict(self._known)
        for member, history in self._run_histories():
            runs[member] = history
            yield from self.pause()
        return replace(self._history(runs), guess=problem.guess())

    def history(self) -> History:
        """Return the history up to now."""
        return self._history({**self._known, **dict(self._run_histories())})

    def _run_histories(self) -> Iterator[tuple[int, RunHistory]]:
        for group in self.groups:
            for position, member in enumerate(group.members):
                yield member, group.recorder.history(position)

    def _history(self, runs: dict[int, RunHistory]) -> History:
        ordered = tuple(runs[member] for member in range(len(runs)))
        return History(self.experiment, ordered, time.perf_counter() - self._began)


class _Group(Generic[Kept]):
    """Lanes that step together: runs with the same batch size, sampling and last-batch rule.

    A lane that has ended is still updated until the end of the epoch, but nothing of it is
    recorded; then runs and seeds without a living lane are taken out.
    """

    def __init__(
        self,
        training: Loop[Kept, Any],
        problem: NetworkProblem | FunctionProblem,
        members: list[int],
        recorder: Kept,
    ) -> None:
        experiment = training.experiment
        run = experiment.runs[members[0]]
        self.members, self.recorder = members, recorder
        self._training, self._problem = training, problem
        self._runs = [experiment.runs[position] for position in members]
        self._counts, self._total = experiment.counts(run), experiment.iterations(run)
        self._dues = due_steps(experiment, run)
        self._due = next(self._dues)
        self._measures_norm = experiment.stopping.gradient_norm is not None
        self._orders = [
            problem.epochs(self._counts, seed, run.sampling) for seed in experiment.seeds
        ]
        self._recorded_step = self._evaluated_step = -1
        n_seeds = len(experiment.seeds)
        self._lanes = np.arange(len(members) * n_seeds).reshape(len(members), n_seeds)
        self._longest = segment_length(experiment, self._runs)
        self._arrange(np.empty((self._lanes.size, experiment.problem.n_params)))

    @property
    def is_alive(self) -> bool:
        """Tell whether any lane still trains."""
        return bool(self.recorder.alive.any())

    def _arrange(self, params: Array) -> None:
        """Make the updates and buffers of the lanes, which are at ``params`` now."""
        n_seeds, size = self._lanes.shape[1], self._counts.batch_size
        lanes = [run for run in self._runs for _ in range(n_seeds)]

        def make(params: Array, grads: Array) -> Batches:
            return self._problem.batches(params, grads, n_seeds, size, self._longest)

        layout = self._training.experiment.problem.layout
        self._updates = Updates(lanes, params, layout, make, self._counts, self._total)
        self._evaluator = self._problem.evaluator(self._updates.points)
        self._squares = np.empty((self._longest, 2, len(params)))

    def begin(self) -> Yielding:
        """Set every lane to its start and record step 0."""
        by_seed = self._updates.params.reshape(*self._lanes.shape, -1)
        for position, seed in enumerate(self._training.experiment.seeds):
            by_seed[:, position] = self._problem.start(seed)
            yield from self._training.pause()
        yield from self._training.paced(self._record())

    def epoch(self) -> Yielding:
        """Train the living lanes for one epoch."""
        if not self.is_alive:
            return
        orders = [next(stream) for stream in self._orders]
        yield from self._training.pause()
        size, per_epoch = self._counts.batch_size, self._counts.per_epoch
        position = 0
        while position < per_epoch and self.is_alive:
            count = self._segment_end(position) - position
            rows = [order[position * size : (position + count) * size] for order in orders]
            yield from self._training.paced(self._segment(rows, count))
            if self._training.stopping:
                return
            position += count
            if self._updates.step == self._due.step:
                yield from self._training.paced(self._record())
        if position == per_epoch and self._updates.watches:
            yield from self._training.paced(self._watch())
        self._compact()

    def finish(self) -> Yielding:
        """Evaluate where a stopped training is, end its lanes there, and free the buffers."""
        if self.is_alive:
            step = self._updates.step
            if self._recorded_step < step:
                is_even = self._due.step == step and self._due.is_even
                self._due = Due(step, is_even, is_recorded=True)
                yield from self._training.paced(self._record())
            self.recorder.stop()
        del self._updates, self._evaluator  # their buffers are no longer needed

    def _segment_end(self, position: int) -> int:
        """Return where the segment from ``position`` ends.

        That is at an evaluation, at the end of the epoch, or with full buffers.
        """
        due = position + self._due.step - self._updates.step
        return min(self._counts.per_epoch, position + self._longest, due)

    def _segment(self, rows: Sequence[Any], count: int) -> Work[None]:
        """Take ``count`` updates with these rows, one array per seed, and record them."""
        size, updates = self._counts.batch_size, self._updates
        last_size = len(rows[0]) - (count - 1) * size
        is_long = updates.params.size > UPDATE_NUMBERS
        updates.load(rows)
        for position in range(count):
            is_last = position == count - 1
            for piece in updates.pieces(position, last_size if is_last else size):
                piece()
                if self._longest == 1:  # a single update fills the segment: it may be a long one
                    yield
                    if self._training.stopping:
                        return  # the unfinished update is dropped
            squares = self._squares[position]
            if is_long:
                for lanes in updates.taking():
                    changes = updates.changes[:, lanes]
                    np.vecdot(changes, changes, out=squares[:, lanes])
                    yield
            else:
                updates.take()
                np.vecdot(updates.changes, updates.changes, out=squares)
        values = partial(self._values, count, last_size)
        self.recorder.iterations(self._lanes.ravel(), updates.step, values)
        yield

    def _values(self, count: int, last_size: int) -> dict[str, Array]:
        """Return what is recorded of the last ``count`` iterations, ``(lanes, count)`` each."""
        norms = np.sqrt(self._squares[:count].transpose(1, 2, 0))
        return {
            "batch_loss": self._updates.batches.losses(count, last_size),
            "batch_gradient_norm": norms[0],
            "update_norm": norms[1],
        }

    def _record(self) -> Work[None]:
        """Evaluate all rows at this step, which is due."""
        updates, due = self._updates, self._due
        yield from updates.report()
        evaluation = yield from self._evaluator.evaluate()
        self._evaluated_step, self._evaluation = updates.step, evaluation
        norms = None
        if self._measures_norm and due.is_even:
            gradient = yield from self._evaluator.gradient()
            norms = np.linalg.norm(gradient, axis=1)
        lanes, params = self._lanes.ravel(), (updates.params, updates.points)
        yield from self.recorder.evaluation(lanes, due, *params, evaluation, norms)
        yield from self.recorder.look(lanes, due, updates, self._problem) or ()
        if due.is_recorded:
            self._recorded_step = due.step
        self._due = next(self._dues, due)

    def _watch(self) -> Work[None]:
        """Show the validation losses to the schedules that watch them, at the end of an epoch.

        Where this step is not recorded nothing else looks at it, so that no run hears of others.
        """
        updates = self._updates
        if self._evaluated_step != updates.step:
            yield from updates.report()
            self._evaluation = yield from self._evaluator.evaluate()
        if self._evaluation.validation_loss is not None:
            updates.watch(self._evaluation.validation_loss)

    def _compact(self) -> None:
        """Take out the runs and the seeds that have no living lane."""
        alive = self.recorder.alive[self._lanes]
        runs, seeds = np.flatnonzero(alive.any(axis=1)), np.flatnonzero(alive.any(axis=0))
        if alive.shape == (len(runs), len(seeds)) or not alive.any():
            return
        kept = np.arange(alive.size).reshape(alive.shape)[np.ix_(runs, seeds)].ravel()
        before = self._updates
        del self._evaluator  # its buffers make room for the new ones
        self._lanes = self._lanes[np.ix_(runs, seeds)]
        self._runs = [self._runs[position] for position in runs]
        self._orders = [self._orders[position] for position in seeds]
        self._arrange(before.params[kept])
        self._updates.go_on(before, kept)
