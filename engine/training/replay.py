"""What you need to replay a run elsewhere: its rows, its start, its batches and its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.arrays import vector
from engine.counts import row_order
from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval
from engine.problems.datasets.preparation import Data, prepare
from engine.problems.specs import Network
from engine.training.loop import problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.arrays import Array, Integers
    from engine.experiment import Experiment, Run


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
    """Return the parameters from which every run of a seed starts, ``(n_params,)``.

    Raises:
        InvalidInput: ``seed`` is not a valid seed.
    """
    return problem_of(experiment).start(LIMITS["seed"].integer("seed", seed))


def batches(experiment: Experiment, run: int, seed: int) -> Iterator[Integers]:
    """Yield the row numbers of every update within a run's budget.

    Args:
        experiment: what is trained.
        run: position of the run, from 0.
        seed: the seed itself.

    Raises:
        InvalidInput: there is no such run, or ``seed`` is not a valid seed.
    """
    position = Interval(0, len(experiment.runs) - 1).integer("run", run)
    seed = LIMITS["seed"].integer("seed", seed)
    return _batches(experiment, experiment.runs[position], seed)


def _batches(experiment: Experiment, spec: Run, seed: int) -> Iterator[Integers]:
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

    A network without biases gets zeros. ``params`` is ``(n_params,)``; the result holds copies.

    Raises:
        InvalidInput: the problem is a test function, or ``params`` has another length.
    """
    spec = _network(experiment)
    values = vector("params", params, Interval(spec.n_params, spec.n_params))
    return [
        (matrix[:, :-1].copy(), matrix[:, -1].copy())
        if spec.bias
        else (matrix.copy(), np.zeros(len(matrix)))
        for matrix in spec.layout.matrices(values)
    ]


def _network(experiment: Experiment) -> Network:
    if not isinstance(experiment.problem, Network):
        raise InvalidInput("conflict", "problem", experiment.problem.kind, ("kind", "network"))
    return experiment.problem
