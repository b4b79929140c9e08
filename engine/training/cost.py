"""What an experiment will cost, estimated before anything is allocated."""

from __future__ import annotations

import timeit
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval
from engine.problems.pieces import (
    HELD_BYTES,
    UPDATE_NUMBERS,
    batches_numbers,
    evaluator_numbers,
    held_bytes,
    is_large,
    lanes_of_piece,
    rows_of_piece,
)
from engine.rules import TypedRule
from engine.rules.schedules import Constant, ReduceOnPlateau
from engine.training.recording import PARAMS_NUMBERS, SERIES_POINTS
from engine.training.records import most_evaluated, most_recorded
from engine.training.updates import RATES_AT_ONCE

if TYPE_CHECKING:
    from engine.experiment import Experiment, Run

# Seconds on the machine where these were fitted; ``_slowness`` scales them to this machine.
_PER_LAYER: Final = 7e-6  # NumPy calls of one layer, forward and backward
_PER_RULE: Final = 6e-6
_PER_MATRIX: Final = 30e-6  # of a rule of layers, each of them
_PER_UPDATE: Final = 3e-6
_PER_LANE_AND_LAYER: Final = 0.13e-6
_PER_FLOP: Final = 1 / 2e10
_PER_ACTIVATION: Final = 4e-9
_PER_PARAMETER: Final = 5e-9
_PER_EVALUATION: Final = 120e-6
_PER_POINT: Final = 30e-9  # per point of a test function
_PER_VALUE: Final = 60e-9  # per number of the data, to draw, split and scale it
_SETUP: Final = 35e-3  # data, buffers and first calls
_REFERENCE_CALL: Final = 1.2e-6

PAUSE_SECONDS: Final = 0.02  # work between two yields; pieces are short enough to keep below 0.05
_SEGMENT_ITERATIONS: Final = 256
_UPDATE_ARRAYS: Final = 6  # temporary arrays, each as large as what is updated at once
_OBJECTS: Final = 2 << 20  # bytes of everything that is not an array


@dataclass(frozen=True)
class Cost:
    """What an experiment is expected to cost.

    Attributes:
        updates: parameter updates of all lanes together.
        rows: rows that go forward and backward, without evaluations; they count twice for a rule
            that takes two gradients per update.
        bytes: memory of the training, including its history.
        history_bytes: memory of the history.
        seconds: time on this machine, all runs together.
    """

    updates: int
    rows: int
    bytes: int
    history_bytes: int
    seconds: float

    def check_memory(self) -> None:
        """Raise ``InvalidInput`` if training or history would take more memory than allowed."""
        for name in ("bytes", "history_bytes"):
            if getattr(self, name) not in LIMITS[name]:
                raise InvalidInput("too_expensive", name, getattr(self, name), LIMITS[name])

    def check_time(self) -> None:
        """Raise ``InvalidInput`` if the training would take longer than the limit allows."""
        if self.seconds not in LIMITS["seconds"]:
            raise InvalidInput("too_expensive", "seconds", self.seconds, LIMITS["seconds"])


def estimate(experiment: Experiment) -> Cost:
    """Estimate what training an experiment costs, without making its data.

    Raises:
        InvalidInput: it needs more memory, or has a larger history, than the limits allow.
    """
    cost = cost_of(experiment, sum(_kept(experiment, run) for run in experiment.runs))
    cost.check_memory()
    return cost


def cost_of(experiment: Experiment, kept: int) -> Cost:
    """Return the cost of a training that records ``kept`` numbers."""
    n_seeds, n_params = len(experiment.seeds), experiment.problem.n_params
    updates = rows = numbers = taken_out = updated = 0
    seconds = _SETUP + data_seconds(experiment)
    for members in experiment.groups():
        runs = [experiment.runs[position] for position in members]
        total, is_watched = experiment.iterations(runs[0]), any(map(_watches, runs))
        evaluations = most_evaluated(experiment, runs[0], is_watched=is_watched)
        n_lanes = len(runs) * n_seeds
        gradients = sum(run.optimizer.gradients_per_update for run in runs) * n_seeds
        updates += total * n_lanes
        rows += experiment.counts(runs[0]).rows_seen(total) * gradients
        seconds += total * update_seconds(experiment, runs)
        seconds += evaluations * _evaluation_seconds(experiment, n_lanes)
        lanes = _lanes_numbers(experiment, runs)
        numbers += lanes + _group_numbers(experiment, runs)
        taken_out = max(taken_out, lanes)
        at_once = min(n_lanes * n_params, max(UPDATE_NUMBERS, n_params))
        updated = max(updated, at_once * max(map(_update_arrays, runs)))
    data, making = _data_numbers(experiment)
    # Three things are needed at different times, so only the largest counts: what is recorded is
    # copied at the end; the lanes of a group are copied when some of them are taken out; and an
    # update makes temporary arrays.
    numbers += max(kept, taken_out, updated)
    working = 8 * (data + max(making, numbers))
    return Cost(updates, rows, working + 8 * kept + _OBJECTS, 8 * kept, seconds)


def _update_arrays(run: Run) -> int:
    """Return how many temporary arrays an update of a rule makes at most."""
    rule = run.optimizer
    return max(_UPDATE_ARRAYS, rule.program.arrays if isinstance(rule, TypedRule) else 0)


def _watches(run: Run) -> bool:
    return isinstance(run.schedule, ReduceOnPlateau)


def _kept(experiment: Experiment, run: Run) -> int:
    """Return how many numbers the history of a run holds."""
    n_seeds, n_params = len(experiment.seeds), experiment.problem.n_params
    total, records = experiment.iterations(run), most_recorded(experiment, run)
    snapshots = max(2, PARAMS_NUMBERS // (n_seeds * n_params))
    kept = min(snapshots, 1 + records) * (n_seeds * n_params + 1)
    capacity = SERIES_POINTS // n_seeds
    points = 3 * min(total, capacity) + 5 * min(records, capacity)
    return kept + points * (n_seeds + 1)  # and their steps


def _lanes_numbers(experiment: Experiment, runs: list[Run]) -> int:
    """Return how many numbers an update of a group's lanes reads and writes."""
    layout, n_seeds = experiment.problem.layout, len(experiment.seeds)
    slots = sum(slot.numbers(layout) for run in runs for slot in run.optimizer.slots)
    vectors = 3 * len(runs)  # parameters, gradients, updates
    vectors += 2 * len(_looking(runs))  # points of second gradients, and these gradients
    if not all(run.optimizer.reports_its_params for run in runs):
        vectors += len(runs)  # points that are evaluated
    rates = 0
    if any(run.schedule != Constant() for run in runs):
        rates = RATES_AT_ONCE * len(runs)
    return n_seeds * (slots + vectors * layout.n_params + rates)


def _looking(runs: list[Run]) -> list[Run]:
    """Return the runs whose updates take a second gradient."""
    return [run for run in runs if run.optimizer.gradients_per_update == 2]


def _group_numbers(experiment: Experiment, runs: list[Run]) -> int:
    """Return how many numbers the buffers of a group of runs hold."""
    problem, n_seeds = experiment.problem, len(experiment.seeds)
    n_lanes, n_params = len(runs) * n_seeds, experiment.problem.n_params
    longest = segment_length(experiment, runs)
    numbers = 2 * n_lanes * n_params + 6 * longest * n_lanes  # last parameters; norms and losses
    if problem.kind == "function":
        return numbers
    counts, n_rows = experiment.counts(runs[0]), problem.dataset.n_rows
    n_validation = n_rows - problem.training_rows
    for _, same in groupby(_looking(runs), lambda run: type(run.optimizer)):
        lanes = len(list(same)) * n_seeds
        numbers += batches_numbers(problem.model, counts, n_seeds, lanes, longest)
    return (
        numbers
        + n_seeds * counts.rows  # the order of an epoch
        + batches_numbers(problem.model, counts, n_seeds, n_lanes, longest)
        + evaluator_numbers(problem.model, problem.training_rows, n_validation, n_lanes)
    )


def _data_numbers(experiment: Experiment) -> tuple[int, int]:
    """Return how many numbers the data hold, and how many more it takes to make them."""
    problem = experiment.problem
    if problem.kind == "function":
        return 0, 0
    n_rows, n_features = problem.dataset.n_rows, problem.dataset.n_features
    return n_rows * (n_features + problem.layout.units[-1] + 2), n_rows * (n_features + 3)


def estimate_surface(experiment: Experiment, size: int, n_rows: int | None = None) -> Cost:
    """Estimate what a surface of ``size`` x ``size`` points costs, without making the data.

    A surface takes no updates. Its ``rows`` go forward only, and its ``history_bytes`` are the
    bytes of the surface.

    Args:
        experiment: the experiment whose loss is drawn.
        size: points along each axis.
        n_rows: number of training rows to use; None means all.

    Raises:
        InvalidInput: the size or the rows are out of range.
    """
    if size not in LIMITS["grid"]:
        raise InvalidInput("out_of_range", "size", size, LIMITS["grid"])
    most = experiment.problem.training_rows
    if n_rows is not None and not 1 <= n_rows <= most:
        raise InvalidInput("out_of_range", "n_rows", n_rows, Interval(1, most))
    points, taken = size**2, most if n_rows is None else n_rows
    kept = 8 * points + 16 * size + 24 * experiment.problem.n_params
    # The points, their coordinates and their losses; the data as for a training; the buffers.
    working = 8 * (10 * points + 3 * _values(experiment)) + _surface_buffers(experiment, taken)
    seconds = data_seconds(experiment) + _forward_seconds(experiment, points, taken)
    return Cost(0, points * taken, kept + working, kept, seconds)


def _surface_buffers(experiment: Experiment, n_rows: int) -> int:
    """Return the bytes of a block of lanes, and of a second one for the lanes left over."""
    problem = experiment.problem
    if problem.kind == "function":
        return 1 << 20
    model = problem.model
    rows = min(n_rows, rows_of_piece(model))
    lanes = 2 * lanes_of_piece(model, rows)
    per_lane = 3 * rows * sum(out + 1 for out in problem.layout.units[1:]) + 4 * problem.n_params
    taken = 8 * n_rows * (problem.layout.units[0] + 1 + problem.layout.units[-1])
    return 2 * (8 * lanes * per_lane + taken)


def update_seconds(experiment: Experiment, runs: list[Run]) -> float:
    """Estimate the time of one update of a group's runs, with all seeds."""
    looking = _looking(runs)
    rules, second = ({type(run.optimizer) for run in some} for some in (runs, looking))
    calls = len(rules) * _PER_RULE + _PER_UPDATE
    layout = experiment.problem.layout
    matrices = sum(rule.couples == "matrix" for rule in rules) * len(layout.shapes)
    operations = sum(run.optimizer.operations(layout) for run in runs) * len(experiment.seeds)
    calls += matrices * _PER_MATRIX + operations * _PER_FLOP
    seconds = _slowness() * calls + _gradient_seconds(experiment, runs, 1)
    return seconds + _gradient_seconds(experiment, looking, len(second))


def _gradient_seconds(experiment: Experiment, runs: list[Run], passes: int) -> float:
    """Estimate the time to compute the batch gradients of some runs in this many passes."""
    if experiment.problem.kind == "network" and not runs:
        return 0.0
    batch_size = experiment.counts(runs[0]).batch_size if runs else 1
    return _passes_seconds(experiment, len(runs) * len(experiment.seeds), batch_size, passes)


def full_gradient_seconds(experiment: Experiment, n_lanes: int) -> float:
    """Estimate the time to compute the gradients of some lanes on all training rows."""
    rows = experiment.problem.training_rows
    return _slowness() * _PER_EVALUATION + _passes_seconds(experiment, n_lanes, rows, 1)


def _passes_seconds(experiment: Experiment, n_lanes: int, n_rows: int, passes: int) -> float:
    """Estimate the time of passes forward and backward, of some lanes and rows in all."""
    problem = experiment.problem
    if problem.kind == "function":
        return _slowness() * passes * 2 * _PER_LAYER
    units, n_params = problem.layout.units, problem.n_params
    n_layers = len(units) - 1
    per_row = 6 * n_params * _PER_FLOP + sum(units[1:]) * _PER_ACTIVATION
    per_lane = n_layers * _PER_LANE_AND_LAYER + n_rows * per_row + n_params * _PER_PARAMETER
    return _slowness() * (passes * n_layers * _PER_LAYER + n_lanes * per_lane)


def segment_length(experiment: Experiment, runs: list[Run]) -> int:
    """Return how many iterations a group takes before it checks the clock again."""
    counts, n_seeds = experiment.counts(runs[0]), len(experiment.seeds)
    lanes = [len(some) * n_seeds for some in (runs, _looking(runs)) if some]
    held = 8 * sum(lanes)
    if experiment.problem.kind == "network":
        model = experiment.problem.model
        held = sum(held_bytes(model, counts.batch_size, n_seeds, n_lanes) for n_lanes in lanes)
        if is_large(model, counts.batch_size, n_seeds, lanes[0]):
            return 1
    fitting = HELD_BYTES // (held + 16 * lanes[0])
    quick = int(PAUSE_SECONDS / update_seconds(experiment, runs))
    return max(1, min(fitting, quick, counts.per_epoch, _SEGMENT_ITERATIONS))


def data_seconds(experiment: Experiment) -> float:
    """Estimate the time to make, split and scale the rows."""
    return _slowness() * _PER_VALUE * _values(experiment)


def _values(experiment: Experiment) -> int:
    problem = experiment.problem
    if problem.kind == "function":
        return 0
    return problem.dataset.n_rows * (problem.dataset.n_features + 2)


def _evaluation_seconds(experiment: Experiment, n_lanes: int) -> float:
    problem = experiment.problem
    n_rows = 1 if problem.kind == "function" else problem.dataset.n_rows
    return _forward_seconds(experiment, n_lanes, n_rows)


def _forward_seconds(experiment: Experiment, n_lanes: int, n_rows: int) -> float:
    """Estimate the time to compute the losses of some lanes on some rows."""
    problem = experiment.problem
    if problem.kind == "function":
        return _slowness() * (_PER_EVALUATION + n_lanes * _PER_POINT)
    activations = sum(problem.layout.units[1:]) * _PER_ACTIVATION / 2
    per_row = 2 * problem.n_params * _PER_FLOP + activations
    return _slowness() * (_PER_EVALUATION + n_lanes * n_rows * per_row)


@lru_cache(maxsize=1)
def _slowness() -> float:
    """Return how many times longer than the reference this machine takes for a small product."""
    a, b = np.ones((5, 8, 9)), np.ones((5, 9, 1))
    out = np.empty((5, 8, 1))
    best = min(timeit.repeat(lambda: np.matmul(a, b, out=out), number=100, repeat=5)) / 100
    return best / _REFERENCE_CALL
