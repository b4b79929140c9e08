"""The cases as data, with the input and the output of every peer.

All peers do the same work in float64: the same rows, initial weights and batches, and the same
mixture of rules with the same formulas, recording the loss of every batch. Arrays are ``(rows,
features)``; a run's parameters are one vector, layer by layer, weights ``(out, in)`` row by row and
then biases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Layers: TypeAlias = Sequence[tuple[Array, Array]]
Rule: TypeAlias = Literal["SGD", "Momentum", "Adagrad", "RMSprop", "Adam"]

MOMENTUM: Final = 0.9
DECAY: Final = 0.9  # of RMSprop
BETA1: Final = 0.9
BETA2: Final = 0.999
EPSILON: Final = 1e-8  # of RMSprop and Adam
EPSILON_OF_ADAGRAD: Final = 1e-10


@dataclass(frozen=True)
class Run:
    """A rule and its learning rate; the rule's other hyperparameters are the constants above."""

    rule: Rule
    learning_rate: float


@dataclass(frozen=True)
class Case:
    """Some work.

    Attributes:
        title: what the table calls it.
        dataset: a data set of the engine.
        rows: number of its training rows.
        units: inputs, hidden units (tanh) layer by layer, outputs.
        loss: mean loss over the rows of a batch, on the last layer's linear outputs.
        batch_size: rows per update.
        runs: the runs, all trained on the same batches.
        epochs: passes over the rows, each in its own order.
        evaluates: whether the loss on all rows is also computed after every epoch.
        also_evaluated: whether the table has a second measurement, with ``evaluates``.
        times_pytorch: how many times faster than PyTorch the engine should be.
        times_jax: how many times longer than compiled JAX it may take.
    """

    title: str
    dataset: Literal["two_moons", "line", "blobs"]
    rows: int
    units: tuple[int, ...]
    loss: Literal["binary_cross_entropy", "cross_entropy", "mean_squared_error"]
    batch_size: int
    runs: tuple[Run, ...]
    epochs: int
    evaluates: bool = False
    also_evaluated: bool = False
    times_pytorch: float | None = None
    times_jax: float | None = None

    @property
    def updates(self) -> int:
        """Return the number of parameter updates of all runs."""
        return len(self.runs) * self.epochs * ceil(self.rows / self.batch_size)


@dataclass(frozen=True)
class Work:
    """A case with its arrays.

    Attributes:
        case: the work to do.
        inputs: ``(rows, features)``.
        targets: ``(rows, 1)``, or class numbers ``(rows,)`` for the cross-entropy.
        start: weights ``(out, in)`` and biases ``(out,)``, layer by layer, where every run begins.
        orders: ``(epochs, rows)``, the rows in the order of each epoch; batches are cut from it.
    """

    case: Case
    inputs: Array
    targets: NDArray[np.float64] | NDArray[np.int64]
    start: Layers
    orders: NDArray[np.int64]


@dataclass(frozen=True)
class Answer:
    """The result of a peer.

    Attributes:
        params: final parameters, ``(runs, n_params)``.
        losses: loss of every batch before its update, ``(runs, updates)``; None if a peer does not
            keep it.
        evaluations: loss on all rows after every epoch, ``(runs, epochs)``, if the case asks for
            it.
    """

    params: Array
    losses: Array | None
    evaluations: Array | None = None


class Training(Protocol):
    """One training by one peer; it runs only once.

    Its constructor converts the arrays to the peer's own, which is not timed.
    """

    def __init__(self, work: Work) -> None: ...

    def run(self) -> None:
        """Train every run from start to end; this is timed."""

    def answer(self) -> Answer:
        """Return the result, after ``run``."""


def flat(layers: Layers) -> Array:
    """Return the parameters of one run as a vector ``(n_params,)``."""
    return np.concatenate([np.ravel(part) for layer in layers for part in layer])


# The lowest of seven rates; the highest is ten times as high. No run is chaotic at these: at higher
# rates the last digit, in which no two libraries agree, grows to a visible difference within a few
# hundred updates.
_LOWEST_RATES: Final[dict[Rule, float]] = {
    "SGD": 0.005,
    "Momentum": 0.0005,
    "Adagrad": 0.002,
    "RMSprop": 0.0002,
    "Adam": 0.0002,
}
_MULTIPLES: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)

THIRTY_FIVE_RUNS: Final = tuple(
    Run(rule, lowest * multiple)
    for rule, lowest in _LOWEST_RATES.items()
    for multiple in _MULTIPLES
)
FIVE_RUNS: Final = THIRTY_FIVE_RUNS[3 :: len(_MULTIPLES)]  # each rule with its middle rate
EIGHT_RUNS: Final = tuple(
    Run("SGD", rate) for rate in (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05)
)

_BATCH_1: Final = Case(
    title="2-8-8-1, batch 1, 5 runs",
    dataset="two_moons",
    rows=500,
    units=(2, 8, 8, 1),
    loss="binary_cross_entropy",
    batch_size=1,
    runs=FIVE_RUNS,
    epochs=4,
    times_pytorch=20,
)
_BATCH_32: Final = replace(
    _BATCH_1,
    title="2-8-8-1, batch 32, 5 runs",
    batch_size=32,
    epochs=40,
    also_evaluated=True,
    times_pytorch=16,
)
# A single run on many rows; the whole training must take no more than a tenth of a second.
LARGE: Final = Case(
    title="2-8-1, batch 100, 60,000 rows, 1 run",
    dataset="two_moons",
    rows=60_000,
    units=(2, 8, 1),
    loss="binary_cross_entropy",
    batch_size=100,
    runs=(Run("Adam", 0.001),),
    epochs=1,
)
# The loss of this case is computed on a plane; nothing is trained.
SURFACE: Final = replace(_BATCH_1, title="2-8-8-1, surface", runs=())
# This case is trained from the start of a process.
FIRST: Final = replace(_BATCH_32, title="2-8-8-1, batch 32, 5 runs, 100 epochs", epochs=100)

CASES: Final = (
    _BATCH_1,
    replace(
        _BATCH_1,
        title="2-8-8-1, batch 1, 35 runs",
        runs=THIRTY_FIVE_RUNS,
        epochs=1,
        times_pytorch=100,
    ),
    _BATCH_32,
    replace(
        _BATCH_32,
        title="2-8-8-1, batch 32, 35 runs",
        runs=THIRTY_FIVE_RUNS,
        epochs=20,
        times_pytorch=45,
        times_jax=2,
    ),
    replace(
        _BATCH_1,
        title="2-8-8-1, full batch of 500, 35 runs",
        batch_size=500,
        runs=THIRTY_FIVE_RUNS,
        epochs=40,
        times_pytorch=9,
    ),
    Case(
        title="y = wx + b, batch 1, 8 runs",
        dataset="line",
        rows=100,
        units=(1, 1),
        loss="mean_squared_error",
        batch_size=1,
        runs=EIGHT_RUNS,
        epochs=20,
        times_pytorch=100,
    ),
    Case(
        title="784-64-10, batch 100, 5 runs",
        dataset="blobs",
        rows=2_000,
        units=(784, 64, 10),
        loss="cross_entropy",
        batch_size=100,
        runs=FIVE_RUNS,
        epochs=2,
        times_pytorch=1,
    ),
    LARGE,
)
