"""What is needed to replay a run elsewhere: its rows, its start, its batches, its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.counts import row_order
from engine.datasets.preparation import Data, prepare
from engine.errors import InvalidInput
from engine.experiment import Experiment, Network
from engine.limits import Interval
from engine.training import problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.arrays import Array, Integers


def data(experiment: Experiment) -> Data:
    """Return the training and validation rows of an experiment, as the network sees them.

    Raises:
        InvalidInput: the problem is a test function, which has no rows.
    """
    spec = _network(experiment)
    return prepare(
        spec.dataset,
        experiment.data_seed,
        spec.validation_share,
        standardize=spec.standardize,
        standardize_targets=spec.standardize_targets,
    )


def initial_params(experiment: Experiment, seed: int) -> Array:
    """Return where every run of a seed starts, ``(n_params,)``."""
    return problem_of(experiment).start(seed)


def batches(experiment: Experiment, run: int, seed: int) -> Iterator[Integers]:
    """Yield the training rows of every update that the budget gives the run at ``run``."""
    if not 0 <= run < len(experiment.runs):
        raise InvalidInput("out_of_range", "run", run, Interval(0, len(experiment.runs) - 1))
    spec = experiment.runs[run]
    counts = experiment.counts(spec)
    remaining = experiment.iterations(spec)
    for order in row_order(counts.rows, seed, spec.sampling):
        for position in range(min(counts.per_epoch, remaining)):
            yield order[position * counts.batch_size : (position + 1) * counts.batch_size]
        remaining -= counts.per_epoch
        if remaining <= 0:
            return


def layers(experiment: Experiment, params: Array) -> list[tuple[Array, Array]]:
    """Return weights ``(units out, units in)`` and biases ``(units out,)``, layer by layer.

    Without biases those are zeros. ``params`` is ``(n_params,)``; what is returned are copies.
    """
    spec = _network(experiment)
    return [
        (matrix[:, :-1].copy(), matrix[:, -1].copy())
        if spec.bias
        else (matrix.copy(), np.zeros(len(matrix)))
        for matrix in spec.layout.matrices(np.asarray(params))
    ]


def _network(experiment: Experiment) -> Network:
    if not isinstance(experiment.problem, Network):
        raise InvalidInput("conflict", "problem", experiment.problem.kind, ("kind", "network"))
    return experiment.problem
