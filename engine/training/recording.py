"""Record what happens to the lanes of a group, within bounds, and decide when a lane ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from engine.problems.pieces import param_blocks
from engine.training.history import SUMMARIES, RunHistory, Series, worst_loss
from engine.training.records import looks_between, most_recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.arrays import Array, Booleans, Integers
    from engine.experiment import Experiment
    from engine.problems.function_problem import FunctionProblem
    from engine.problems.network_problem import NetworkProblem
    from engine.problems.problem import Evaluation
    from engine.training.history import Status
    from engine.training.records import Due
    from engine.training.updates import Updates
    from engine.work import Work

# How many numbers a run may keep, all seeds together, so that 12 runs stay below 64 MiB: this many
# points in each of 8 series, with their steps, and this many parameters.
SERIES_POINTS: Final = 12_000
PARAMS_NUMBERS: Final = 500_000


class Judge(ABC):
    """Decides when the lanes of a group end, and why; a subclass decides what is recorded.

    Lanes are numbered as they were when the group began. In the methods, ``lanes`` holds the number
    of each given row.

    Attributes:
        alive: ``(lanes,)``, whether each lane still trains.
        last_step: ``(lanes,)``, the last step of each lane.
    """

    def __init__(self, experiment: Experiment, members: list[int]) -> None:
        run = experiment.runs[members[0]]
        self._experiment, self._counts = experiment, experiment.counts(run)
        self._n_seeds = len(experiment.seeds)
        n_lanes = len(members) * self._n_seeds
        self._total = experiment.iterations(run)
        self.alive = np.ones(n_lanes, dtype=bool)
        self.last_step = np.zeros(n_lanes, dtype=np.int64)
        self._status = np.full(n_lanes, "", dtype="<U13")
        self._worst_loss = np.full(n_lanes, np.inf)
        self._best_validation = np.full(n_lanes, np.inf)
        self._best_epoch = np.zeros(n_lanes, dtype=np.int64)

    def iterations(
        self, lanes: Integers, last_step: int, values: Callable[[], dict[str, Array]]
    ) -> None:
        """Record the iterations up to ``last_step``; ``values`` returns ``(lanes, k)`` arrays."""
        self._follow(lanes, last_step, values)
        self.last_step[self.alive] = last_step

    def evaluation(
        self,
        lanes: Integers,
        due: Due,
        params: Array,
        points: Array,
        evaluation: Evaluation,
        gradient_norm: Array | None,
    ) -> Work[None]:
        """Take a full evaluation, and end the lanes for which it is the last.

        One that is not to be recorded is kept of the lanes that it ends.

        Args:
            lanes: numbers of the lanes.
            due: the step, and whether it is recorded.
            params: ``(lanes, n_params)``; a lane diverges when any of them is not finite.
            points: where the lanes were evaluated, ``(lanes, n_params)``, and what is recorded: the
                parameters themselves unless a rule reports other points. A lane diverges here, too.
            evaluation: losses and scores at ``points``.
            gradient_norm: norm of the full training gradient there, ``(lanes,)``, or None.
        """
        values = {
            name: self._of_all(lanes, value)
            for name, value in {**vars(evaluation), "gradient_norm": gradient_norm}.items()
            if value is not None
        }
        finite = np.zeros(len(self.alive), dtype=bool)
        for part in param_blocks(*params.shape):
            if part.start:
                yield
            finite[lanes[part]] = np.isfinite(params[part]).all(axis=1)
            if points is not params:
                finite[lanes[part]] &= np.isfinite(points[part]).all(axis=1)
            self._take_params(lanes[part], points[part], is_recorded=due.is_recorded)
        if due.is_recorded:
            self._keep(due.step, values)
        before = self.alive.copy()
        self._judge(due, finite, values)
        ended = before & ~self.alive
        if ended.any() and not due.is_recorded:
            self._keep_ends(due.step, values, ended)

    def look(  # noqa: B027 - most recorders need none of it
        self,
        lanes: Integers,
        due: Due,
        updates: Updates[Any],
        problem: NetworkProblem | FunctionProblem,
    ) -> Work[None] | None:
        """See the updates of the lanes after an evaluation; None from those that need not.

        Args:
            lanes: as for ``evaluation``.
            due: likewise.
            updates: of these lanes; they are left as they are.
            problem: what is trained.
        """

    @abstractmethod
    def _follow(
        self, lanes: Integers, last_step: int, values: Callable[[], dict[str, Array]]
    ) -> None:
        """Record iterations; ``values`` is computed only if it is called."""

    @abstractmethod
    def _take_params(self, lanes: Integers, params: Array, *, is_recorded: bool) -> None:
        """Take what some lanes report; earlier records are left alone until they are kept."""

    @abstractmethod
    def _keep(self, step: int, values: dict[str, Array]) -> None:
        """Record an evaluation; ``values`` cover all lanes, with NaN where a lane has ended."""

    @abstractmethod
    def _keep_ends(self, step: int, values: dict[str, Array], ended: Booleans) -> None:
        """Record an evaluation because of the lanes that it ended; ``ended`` is ``(lanes,)``."""

    def _judge(self, due: Due, finite: Booleans, values: dict[str, Array]) -> None:
        """End lanes; divergence is checked first, so that no other rule hides it."""
        stopping, step = self._experiment.stopping, due.step
        training_loss = values["training_loss"]
        validation_loss = values.get("validation_loss", training_loss)
        if step == 0:
            self._worst_loss = worst_loss(training_loss)
        finite = finite & np.isfinite(training_loss) & np.isfinite(validation_loss)
        self._end("diverged", ~(finite & (training_loss <= self._worst_loss)))
        if stopping.target_loss is not None and due.is_recorded:
            self._end("target_loss", training_loss <= stopping.target_loss)
        if stopping.gradient_norm is not None and "gradient_norm" in values:
            self._end("gradient_norm", values["gradient_norm"] <= stopping.gradient_norm)
        epoch, rest = divmod(step, self._counts.per_epoch)
        if stopping.patience is not None and rest == 0 and epoch:  # from epoch 1, as in libraries
            better = validation_loss < self._best_validation
            self._best_validation = np.where(better, validation_loss, self._best_validation)
            self._best_epoch[better] = epoch
            self._end("patience", epoch - self._best_epoch >= stopping.patience)
        self._end("budget", np.full(len(self.alive), step == self._total))

    def _end(self, status: Status, lanes: Booleans) -> None:
        ending = self.alive & lanes
        self._status[ending] = status
        self.alive &= ~ending

    def stop(self) -> None:
        """End every living lane at its present step."""
        self._end("stopped", np.ones(len(self.alive), dtype=bool))

    def _of_all(self, lanes: Integers, values: Array) -> Array:
        """Return values for all lanes, with NaN where a lane has ended."""
        if len(lanes) == len(self.alive) and self.alive.all():
            return values.copy()
        everything = np.full((len(self.alive), *values.shape[1:]), np.nan)
        everything[lanes] = values
        everything[~self.alive] = np.nan
        return everything


class Recorder(Judge):
    """Records what a history needs of a group's lanes, whether they have ended or not."""

    def __init__(self, experiment: Experiment, members: list[int]) -> None:
        super().__init__(experiment, members)
        run, n_lanes = experiment.runs[members[0]], len(self.alive)
        recorded = most_recorded(experiment, run)
        capacity = SERIES_POINTS // self._n_seeds
        self._per_iteration = {
            name: SeriesRecorder(n_lanes, self._total, capacity)
            for name in ("batch_loss", "batch_gradient_norm", "update_norm")
        }
        # Lanes that are always recorded together: a run each where runs may end between the steps
        # of the grid.
        self._shares = [slice(0, n_lanes)]
        if looks_between(experiment):
            self._shares = [self._lanes(position) for position in range(len(members))]
        self._per_record = [
            {
                name: SeriesRecorder(lanes.stop - lanes.start, recorded, capacity)
                for name in evaluated(experiment)
            }
            for lanes in self._shares
        ]
        snapshots = max(2, PARAMS_NUMBERS // (self._n_seeds * experiment.problem.n_params))
        self._stride = max(1, -(-recorded // (snapshots - 1)))
        self._records = 0
        self._recorded_steps = [0] * len(self._shares)
        kept = -(-recorded // self._stride)
        self._params = np.empty((kept, n_lanes, experiment.problem.n_params))
        self._params_steps: list[int] = []
        # Where each lane was last recorded, and a second array that collects the next record.
        self._final, self._next_final = np.empty((2, n_lanes, experiment.problem.n_params))

    def _follow(
        self, lanes: Integers, last_step: int, values: Callable[[], dict[str, Array]]
    ) -> None:
        for name, recorded in values().items():
            steps = np.arange(last_step - recorded.shape[1] + 1, last_step + 1)
            self._per_iteration[name].append(steps, self._of_all(lanes, recorded))

    @property
    def _is_snapshot(self) -> bool:
        """Tell whether the next evaluation's parameters are kept even when others follow."""
        return self._records % self._stride == 0

    def _take_params(self, lanes: Integers, params: Array, *, is_recorded: bool) -> None:
        self._next_final[lanes] = params
        if is_recorded and self._is_snapshot:
            self._params[len(self._params_steps), lanes] = params

    def _keep(self, step: int, values: dict[str, Array]) -> None:
        for share in range(len(self._shares)):
            self._append(share, step, values)
        dead = ~self.alive
        self._next_final[dead] = self._final[dead]
        self._final, self._next_final = self._next_final, self._final
        if self._is_snapshot:
            self._params[len(self._params_steps), dead] = np.nan
            self._params_steps.append(step)
        self._records += 1

    def _keep_ends(self, step: int, values: dict[str, Array], ended: Booleans) -> None:
        """Record the runs whose seeds ended here; a run has one series for all of its seeds."""
        training = self.alive | ended
        for share, lanes in enumerate(self._shares):
            if ended[lanes].any():
                self._append(share, step, values)
                taken = training[lanes]
                self._final[lanes][taken] = self._next_final[lanes][taken]

    def _append(self, share: int, step: int, values: dict[str, Array]) -> None:
        """Append an evaluation to the series of some lanes that are recorded together."""
        lanes, steps = self._shares[share], np.array([step])
        unknown = np.full(lanes.stop, np.nan)
        for name, recorder in self._per_record[share].items():
            recorder.append(steps, values.get(name, unknown)[lanes, None])
        self._recorded_steps[share] = step

    def _lanes(self, position: int) -> slice:
        """Return the lanes of a run."""
        return slice(position * self._n_seeds, (position + 1) * self._n_seeds)

    def history(self, position: int) -> RunHistory:
        """Return the history, up to now, of the run at ``position`` in the group."""
        lanes = self._lanes(position)
        last_steps = self.last_step[lanes]
        last = int(np.max(last_steps))
        series = {
            name: recorder.series(lanes, last) for name, recorder in self._per_iteration.items()
        }
        share = min(position, len(self._shares) - 1)
        begin = self._shares[share].start
        rows = slice(lanes.start - begin, lanes.stop - begin)
        for name, recorder in self._per_record[share].items():
            series[name] = recorder.series(rows, last)
        for name in series.keys() & {"training_score", "validation_score"}:
            series[name] = replace(series[name], worst=-np.inf)
        # Other runs of the group may still train, so everything after this run's end is left out.
        # Living lanes may have moved since the last record, which has the last snapshot.
        recorded = min(last, self._recorded_steps[share])
        steps = [step for step in self._params_steps if step < recorded]
        parts = [self._params[: len(steps), lanes]]
        if self._records:
            steps.append(recorded)
            parts.append(self._final[None, lanes])
        params = np.empty((self._n_seeds, len(steps), self._final.shape[1]))
        np.concatenate(parts, out=params.transpose(1, 0, 2))
        params.setflags(write=False)
        return RunHistory(
            batch_loss=series["batch_loss"],
            batch_gradient_norm=series["batch_gradient_norm"],
            update_norm=series["update_norm"],
            training_loss=series["training_loss"],
            validation_loss=series.get("validation_loss"),
            training_score=series.get("training_score"),
            validation_score=series.get("validation_score"),
            gradient_norm=series.get("gradient_norm"),
            params=params,
            params_steps=frozen(np.array(steps, dtype=np.int64)),
            last_step=frozen(last_steps),
            status=tuple(self._status[lanes].tolist()),
            per_epoch=self._counts.per_epoch,
            rows_seen=frozen(np.array([self._counts.rows_seen(int(step)) for step in last_steps])),
        )


def evaluated(experiment: Experiment) -> list[str]:
    """Return the names of the series that full evaluations of this experiment fill."""
    problem = experiment.problem
    names = ["training_loss"]
    if problem.kind == "network":
        names.append("training_score")
        if problem.training_rows < problem.dataset.n_rows:
            names += ["validation_loss", "validation_score"]
    if experiment.stopping.gradient_norm is not None:
        names.append("gradient_norm")
    return names


class SeriesRecorder:
    """Takes values in blocks and keeps all of them, or five numbers per bin if they are too many.

    Args:
        n_seeds: rows of every block.
        expected: the largest number of values to come, per seed.
        capacity: the largest number of values to keep, per seed.
    """

    def __init__(self, n_seeds: int, expected: int, capacity: int) -> None:
        self.width = 1
        if expected > capacity:
            self.width = -(-expected // max(capacity // len(SUMMARIES), 1))
        points = -(-expected // self.width)
        kept = len(SUMMARIES) if self.width > 1 else 1
        self._kept = np.empty((kept, n_seeds, points))
        self._steps = np.empty(points, dtype=np.int64)
        self._points = 0
        self._pending_values = np.empty((n_seeds, 0))
        self._pending_steps = np.empty(0, dtype=np.int64)

    def append(self, steps: Integers, values: Array) -> None:
        """Take ``values`` ``(seeds, k)`` of ``steps`` ``(k,)``."""
        if self.width == 1:
            end = self._points + len(steps)
            self._steps[self._points : end] = steps
            self._kept[0, :, self._points : end] = values
            self._points = end
            return
        values = np.concatenate([self._pending_values, values], axis=1)
        steps = np.concatenate([self._pending_steps, steps])
        whole = len(steps) // self.width
        self._points = self._summarise(steps, values, whole, self._points)
        self._pending_values = values[:, whole * self.width :]
        self._pending_steps = steps[whole * self.width :]

    def _summarise(self, steps: Integers, values: Array, whole: int, position: int) -> int:
        bins = values[:, : whole * self.width].reshape(len(values), whole, self.width)
        end = position + whole
        self._kept[:, :, position:end] = _summaries(bins)
        self._steps[position:end] = steps[self.width - 1 : whole * self.width : self.width]
        return end

    def series(self, rows: slice, last: int) -> Series:
        """Return the series of some rows up to step ``last``; the last bin may be shorter."""
        kept, steps = self._kept[:, rows, : self._points], self._steps[: self._points]
        if len(self._pending_steps):
            missing = self.width - len(self._pending_steps)
            padded = np.pad(
                self._pending_values[rows], ((0, 0), (0, missing)), constant_values=np.nan
            )
            rest = _summaries(padded[:, None, :])
            kept = np.concatenate([kept, rest], axis=2)
            steps = np.append(steps, self._pending_steps[-1])
        points = int(steps.searchsorted(last)) + 1
        kept, steps = kept[:, :, :points], np.minimum(steps[:points], last)
        arrays = [frozen(array) for array in kept]
        summaries = arrays * (len(SUMMARIES) // len(arrays))
        first, minimum, mean, maximum, last_ones = summaries
        return Series(frozen(steps), first, minimum, mean, maximum, last_ones, self.width)


def _summaries(bins: Array) -> Array:
    """Return the five numbers of each bin of ``(seeds, bins, width)``, without NaN.

    Values are NaN after a seed's end and at recorded steps where a quantity is not measured.
    """
    known = ~np.isnan(bins)
    firsts = known.argmax(axis=2)[:, :, None]
    ends = bins.shape[2] - 1 - known[:, :, ::-1].argmax(axis=2)[:, :, None]
    counts = np.maximum(known.sum(axis=2), 1)
    with np.errstate(over="ignore"):  # a diverging lane's losses may add up to infinity
        means = np.where(known, bins, 0.0).sum(axis=2) / counts
    lowest = np.min(np.where(known, bins, np.inf), axis=2)
    highest = np.max(np.where(known, bins, -np.inf), axis=2)
    for summary in (lowest, means, highest):
        summary[~known.any(axis=2)] = np.nan
    first = np.take_along_axis(bins, firsts, axis=2)[:, :, 0]
    last = np.take_along_axis(bins, ends, axis=2)[:, :, 0]
    return np.stack([first, lowest, means, highest, last])  # in the order of SUMMARIES


Kept = TypeVar("Kept", bound=np.ndarray[Any, Any])


def frozen(array: Kept) -> Kept:
    """Return a read-only copy."""
    copy = array.copy()
    copy.setflags(write=False)
    return copy
