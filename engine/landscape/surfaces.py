"""The loss on a plane and the runs' paths over it: every point of a grid is a lane.

A surface has thousands of lanes and only needs their training loss. They are computed and dropped
block by block, so that memory does not grow with the grid.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from engine.errors import InvalidInput
from engine.experiment import Experiment
from engine.landscape.planes import recorded_params
from engine.limits import Interval
from engine.problems.activations import ACTIVATIONS
from engine.problems.losses import LOSSES
from engine.problems.network import Buffers, Layers, Pass
from engine.problems.network_problem import NetworkProblem
from engine.problems.pieces import blocks, lanes_of_piece, rows_of_piece
from engine.problems.specs import Network
from engine.training.cost import estimate_surface
from engine.training.loop import making, problem_of
from engine.training.recording import frozen
from engine.work import Task

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.landscape.planes import Plane, Window
    from engine.problems.function_problem import FunctionProblem
    from engine.problems.network import Model
    from engine.training.history import History

# Points along an axis, from the coarsest to the finest grid. Every second point of a size is one of
# the size before, so it need not be computed again.
GRID_SIZES: Final = (31, 61, 121)

_PAUSE_SECONDS: Final = 0.02  # work between two yields; a block is short enough to keep below 0.05
_FUNCTION_LANES: Final = 4096
_SAMPLE_STREAM: Final = 6  # the second entropy word of a subsample; 0 to 5 have other uses

Lanes: TypeAlias = Callable[[slice], "Array"]  # the parameters of some lanes, (lanes, n_params)


@dataclass(frozen=True, eq=False)
class Surface:
    """The training loss, including the l2 term, on a grid in a plane.

    Attributes:
        plane: the plane.
        x: coordinates along the first direction, ``(nx,)``, rising.
        y: coordinates along the second, ``(ny,)``.
        losses: ``(ny, nx)``; may be infinite or NaN.
        n_rows: number of training rows in each mean.
        is_sampled: whether these are only some of the training rows.
    """

    plane: Plane
    x: Array
    y: Array
    losses: Array
    n_rows: int
    is_sampled: bool


@dataclass(frozen=True)
class SurfaceProgress:
    """How many of the points are done."""

    points: int
    total: int


Computation: TypeAlias = Generator[SurfaceProgress, None, Surface]


def surface(
    experiment: Experiment,
    plane: Plane,
    window: Window,
    size: int = GRID_SIZES[0],
    n_rows: int | None = None,
    known: Surface | None = None,
) -> Computation:
    """Compute the training loss on a grid.

    A generator: it yields its progress at least every 50 ms of work and returns the surface.
    Closing it drops everything. No loss depends on which others are computed with it.

    Args:
        experiment: gives the problem and its data; its runs do not matter.
        plane: the plane.
        window: the part of it.
        size: points along each axis.
        n_rows: use only this many training rows, drawn by ``data_seed``; None uses all.
        known: a surface of the same problem and data; if plane and rows are also the same, its
            points are not computed again.

    Raises:
        InvalidInput: before anything is allocated: the plane has another number of parameters, the
            size or the rows are out of range, or it would take too much memory.
    """
    n_params = experiment.problem.n_params
    if len(plane.origin) != n_params:
        needed = Interval(n_params, n_params)
        raise InvalidInput("wrong_length", "plane.origin", len(plane.origin), needed)
    estimate_surface(experiment, size, n_rows).check_memory()
    grid = _Grid(plane, *window.axes(size))
    return _computed(experiment, grid, n_rows, known)


def training_losses(experiment: Experiment, params: Array, n_rows: int | None = None) -> Array:
    """Return the training loss ``(lanes,)``, including l2, of parameters ``(lanes, n_params)``.

    It is computed without a pause, for a curve or a few points; ``n_rows`` as in ``surface``.
    """
    estimate_surface(experiment, 2, n_rows)
    losses = np.empty(len(params))
    with np.errstate(all="ignore"):  # what overflows is a result
        rows = _sample(experiment, n_rows)
        for _ in _losses(problem_of(experiment), rows, lambda part: params[part], losses):
            pass
    return losses


@dataclass(frozen=True, eq=False)
class Path:
    """A run's way across a plane, at the steps where its parameters were recorded.

    Attributes:
        steps: the steps with finite parameters, ``(points,)``.
        coordinates: the nearest point of the plane, ``(points, 2)``.
        distances: distance from the plane, ``(points,)``.
        losses: the run's own training loss, not that of the surface below it, ``(points,)``.
    """

    steps: Integers
    coordinates: Array
    distances: Array
    losses: Array


def path(history: History, plane: Plane, run: int, seed: int = 0) -> Path:
    """Return a run's path; that of a diverging run ends with its last finite parameters.

    The losses are the recorded ones. If the series holds bins instead of every value, they are
    computed again from the parameters, which gives the same numbers.

    Args:
        history: the recorded training.
        plane: the plane under the path.
        run: position of the run.
        seed: position of the seed.
    """
    steps, params = recorded_params(history.runs[run], seed)
    series = history.runs[run].training_loss
    if series.width == 1:
        losses = series.last[seed, np.searchsorted(series.steps, steps)]
    else:
        losses = training_losses(history.experiment, params)
    return Path(
        frozen(steps),
        frozen(plane.coordinates(params)),
        frozen(plane.distances(params)),
        frozen(losses),
    )


class _Grid:
    """The points of a surface, and which of them are done."""

    def __init__(self, plane: Plane, x: Array, y: Array) -> None:
        self.plane, self.x, self.y = plane, x, y
        self.losses = np.empty((len(y), len(x)))
        self.is_done = np.zeros(self.losses.shape, dtype=bool)

    def take(self, known: Surface) -> None:
        """Take over the losses of known points."""
        _, columns, known_columns = np.intersect1d(self.x, known.x, return_indices=True)
        _, rows, known_rows = np.intersect1d(self.y, known.y, return_indices=True)
        self.losses[np.ix_(rows, columns)] = known.losses[np.ix_(known_rows, known_columns)]
        self.is_done[np.ix_(rows, columns)] = True

    def missing(self) -> Array:
        """Return the coordinates of the other points, ``(points, 2)``, row by row."""
        rows, columns = np.nonzero(~self.is_done)
        return np.stack([self.x[columns], self.y[rows]], axis=1)


def _computed(
    experiment: Experiment, grid: _Grid, n_rows: int | None, known: Surface | None
) -> Computation:
    total = grid.losses.size
    data = Task(making(experiment))
    while data.go_on():
        yield SurfaceProgress(0, total)
    problem = data.result
    rows = _sample(experiment, n_rows)
    taken = experiment.problem.training_rows if rows is None else len(rows)
    if known is not None and known.n_rows == taken and _is_same(known.plane, grid.plane):
        grid.take(known)
    points = grid.missing()
    losses = np.empty(len(points))
    work = _losses(problem, rows, lambda part: grid.plane.params(points[part]), losses)
    done, paused = 0, time.perf_counter()
    while done < len(points):
        # What overflows is a result. The setting never surrounds a yield, for a generator may be
        # resumed in another context.
        with np.errstate(all="ignore"):
            done = next(work)
        if time.perf_counter() - paused > _PAUSE_SECONDS:
            yield SurfaceProgress(total - len(points) + done, total)
            paused = time.perf_counter()
    grid.losses[~grid.is_done] = losses
    is_sampled = rows is not None
    return Surface(
        grid.plane, frozen(grid.x), frozen(grid.y), frozen(grid.losses), taken, is_sampled
    )


def _is_same(one: Plane, other: Plane) -> bool:
    return np.array_equal(one.origin, other.origin) and np.array_equal(
        one.directions, other.directions
    )


def _sample(experiment: Experiment, n_rows: int | None) -> Integers | None:
    """Return the numbers of the training rows to use, rising; None for all of them."""
    most = experiment.problem.training_rows
    if n_rows is None or n_rows == most:
        return None
    generator = np.random.default_rng([experiment.data_seed, _SAMPLE_STREAM])
    return np.sort(generator.choice(most, n_rows, replace=False))


def _losses(
    problem: NetworkProblem | FunctionProblem, rows: Integers | None, lanes: Lanes, out: Array
) -> Iterator[int]:
    """Write the losses of lanes, ``(lanes,)``, block by block; yield how many are done."""
    if isinstance(problem, NetworkProblem):
        yield from _network_losses(problem, rows, lanes, out)
        return
    for part in blocks(len(out), _FUNCTION_LANES):
        out[part] = problem.function.value(lanes(part))
        yield part.stop


def _network_losses(
    problem: NetworkProblem, rows: Integers | None, lanes: Lanes, out: Array
) -> Iterator[int]:
    model, n_training = problem.model, problem.n_training
    inputs, targets = problem.inputs[:n_training], problem.targets[:n_training]
    if rows is not None:
        inputs, targets = inputs[rows], targets[rows]
    inputs = np.ascontiguousarray(inputs.T).T  # in the order in which the first product reads them
    # Nothing goes backward, so a lane needs half of the buffers that it has in a training.
    size = 2 * lanes_of_piece(model, min(len(inputs), rows_of_piece(model)))
    forward = None
    for part in blocks(len(out), size):
        count = part.stop - part.start
        if forward is None or len(forward.params) != count:
            forward = _Forward(model, count, inputs, targets)
        np.copyto(forward.params, lanes(part))
        totals = np.zeros(count)
        for step, outputs, wanted in forward.parts:
            step.forward()
            totals += model.loss.total(outputs, wanted)
            yield part.start
        out[part] = totals / len(inputs)
        if model.l2:
            out[part] += model.l2 / 2 * np.vecdot(forward.params, forward.params)
        yield part.stop


class _Forward:
    """A block of lanes and its forward passes through the rows, with buffers made once.

    Attributes:
        params: ``(lanes, n_params)``, to be filled.
        parts: for each block of rows the pass, its outputs ``(lanes, outputs, rows)``, and targets.
    """

    def __init__(self, model: Model, count: int, inputs: Array, targets: Array) -> None:
        self.params = np.empty((count, model.layout.n_params))
        self.parts: list[tuple[Pass, Array, Array]] = []
        layers_by_size: dict[int, tuple[Layers, Array]] = {}
        for rows in blocks(len(inputs), rows_of_piece(model)):
            size = rows.stop - rows.start
            if size not in layers_by_size:
                outputs = np.empty((count, targets.shape[1], size))
                layers = Layers(model, self.params, 1, Buffers(model, count, size))
                layers_by_size[size] = layers, outputs
            layers, outputs = layers_by_size[size]
            wanted = np.ascontiguousarray(targets[rows].T)
            self.parts.append((Pass(layers, inputs[None, rows], outputs), outputs, wanted))


@dataclass(frozen=True, eq=False)
class SigmoidLosses:
    """Both losses of a sigmoid on one row of class 1, and their slopes at the logit.

    Far below zero the prediction is confident and wrong: there the slope of the cross-entropy is
    -1, and that of the squared error vanishes.

    Attributes:
        logits: z, ``(points,)``.
        probabilities: p = sigmoid(z), the predicted probability of class 1.
        cross_entropy: -log p.
        cross_entropy_slope: d/dz = p - 1.
        squared_error: (p - 1)^2.
        squared_error_slope: d/dz = 2 (p - 1) p (1 - p).
    """

    logits: Array
    probabilities: Array
    cross_entropy: Array
    cross_entropy_slope: Array
    squared_error: Array
    squared_error_slope: Array


def sigmoid_losses(logits: Array) -> SigmoidLosses:
    """Return both losses at some logits, computed as in a training."""
    z = np.asarray(logits, dtype=np.float64).reshape(-1, 1, 1)
    p, sigmoid = np.empty_like(z), ACTIVATIONS["sigmoid"]
    sigmoid.apply(z, p)
    squared, entropy = LOSSES["mean_squared_error"], LOSSES["binary_cross_entropy"]
    slopes = np.empty((2, *z.shape))
    wanted = {loss: loss.encode(np.array([1]), 2).T for loss in (squared, entropy)}
    squared.gradient(p, wanted[squared], 1, slopes[0])
    sigmoid.backward(slopes[0], p, np.empty_like(p))
    entropy.gradient(z, wanted[entropy], 1, slopes[1])
    return SigmoidLosses(
        frozen(z.ravel()),
        frozen(p.ravel()),
        frozen(entropy.total(z, wanted[entropy])),
        frozen(slopes[1].ravel()),
        frozen(squared.total(p, wanted[squared])),
        frozen(slopes[0].ravel()),
    )


def under_both_losses(experiment: Experiment) -> tuple[Experiment, Experiment]:
    """Return the experiment with squared error and with cross-entropy of the same sigmoid output.

    The first has a sigmoid output and a squared error, on the scale of the experiment's loss if
    that is one, or the mean; in the second the sigmoid is part of the loss, which reads the logit.
    The same parameters predict the same in both, and the l2 term is the same.

    Raises:
        InvalidInput: the problem is not a network for two classes with one output.
    """
    network = experiment.problem
    if not isinstance(network, Network):
        raise InvalidInput("conflict", "problem", network.kind, ("kind", "network"))
    if network.dataset.task != "classification" or network.dataset.n_classes != 2:
        name = network.dataset.name
        raise InvalidInput("conflict", "loss", "binary_cross_entropy", ("dataset", name))
    fields = network.model_dump()
    is_squared = LOSSES[network.loss].reads == "predictions"
    scale = network.loss if is_squared else "mean_squared_error"
    squared = {**fields, "loss": scale, "output_activation": "sigmoid"}
    entropy = {**fields, "loss": "binary_cross_entropy", "output_activation": "identity"}
    whole = experiment.model_dump()
    return (
        Experiment.model_validate({**whole, "problem": squared}),
        Experiment.model_validate({**whole, "problem": entropy}),
    )
