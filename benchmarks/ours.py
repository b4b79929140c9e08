"""This engine doing the work of the peers; the work itself is also prepared here.

Unless the case asks for them, there are no full evaluations: the evaluator is replaced by one that
computes nothing. Batch losses and the two norms of every update are recorded; no other peer records
the norms.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

import engine
from benchmarks import workloads
from benchmarks.workloads import Answer, Work
from engine.problems.problem import Evaluation
from engine.training.loop import _Group, _Training, problem_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from benchmarks.workloads import Case, Rule
    from engine import Experiment, History

_RULES: Final[dict[Rule, engine.rules.Rule]] = {
    "SGD": engine.rules.SGD(),
    "Momentum": engine.rules.Momentum(workloads.MOMENTUM),
    "Adagrad": engine.rules.Adagrad(workloads.EPSILON_OF_ADAGRAD),
    "RMSprop": engine.rules.RMSprop(workloads.DECAY, workloads.EPSILON),
    "Adam": engine.rules.Adam(workloads.BETA1, workloads.BETA2, workloads.EPSILON),
}


def experiment(case: Case) -> Experiment:
    """Return the case as an experiment; not validated, because 35 runs are too many."""
    match case.dataset:
        case "two_moons":
            dataset = engine.problems.datasets.TwoMoons(rows=case.rows)
        case "line":
            dataset = engine.problems.datasets.Line(rows=case.rows)
        case "blobs":
            classes, features = case.units[-1], case.units[0]
            dataset = engine.problems.datasets.Blobs(
                rows=case.rows, classes=classes, features=features
            )
    network = engine.Network(
        dataset=dataset,
        validation_share=0.0,
        hidden=case.units[1:-1],
        activation="tanh",
        loss=case.loss,
        start="glorot",
    )
    runs = tuple(
        engine.Run(
            optimizer=_RULES[run.rule],
            learning_rate=run.learning_rate,
            batch_size=case.batch_size,
        )
        for run in case.runs
    )
    budget = engine.Budget(unit="epochs", amount=case.epochs)
    return engine.Experiment.model_construct(problem=network, runs=runs, budget=budget)


def work(case: Case) -> Work:
    """Return the case with the engine's rows, initial weights and batches."""
    spec = experiment(case)
    data = engine.data(spec)
    targets = data.training_targets
    if case.loss == "binary_cross_entropy":
        targets = targets.astype(np.float64)[:, None]
    start = engine.layers(spec, engine.initial_params(spec, seed=0))
    orders = np.concatenate(list(engine.batches(spec, 0, seed=0))).reshape(case.epochs, case.rows)
    return Work(case, data.training_inputs, targets, start, orders)


def fit(case: Case) -> Answer:
    """Train a case as a user would."""
    return _answer(case, engine.fit(experiment(case)))


class Training:
    """One training; see ``workloads.Training``."""

    def __init__(self, work: Work) -> None:
        self._case = work.case
        spec = experiment(work.case)
        problem = problem_of(spec)
        if not work.case.evaluates:
            problem.evaluator = _NoEvaluator  # type: ignore[method-assign]  # for this one object
        self._training = _Training(spec)
        self._groups = [
            _Group(self._training, problem, runs, self._training.recorder(runs))
            for runs in spec.groups()
        ]
        self._training.groups = self._groups  # the history is made from them

    def run(self) -> None:
        """Train all runs; unlike ``engine.fit``, no run is timed alone afterwards."""
        for group in self._groups:
            _exhaust(group.begin())
            while group.is_alive:
                _exhaust(group.epoch())
        self._history = self._training.history()

    def answer(self) -> Answer:
        """Return parameters and losses in the form of the peers."""
        return _answer(self._case, self._history)


def _answer(case: Case, history: History) -> Answer:
    """Return the parts of a history that are compared."""
    spec, runs = history.experiment, history.runs
    return Answer(
        np.array([workloads.flat(engine.layers(spec, run.params[0, -1])) for run in runs]),
        np.array([run.batch_loss.last[0] for run in runs]),
        np.array([run.training_loss.last[0, 1:] for run in runs]) if case.evaluates else None,
    )


class _NoEvaluator:
    """Replaces the evaluator of a group of lanes."""

    def __init__(self, params: workloads.Array) -> None:
        self._nothing = Evaluation(np.zeros(len(params)))

    def evaluate(self) -> Generator[None, None, Evaluation]:
        """Compute nothing."""
        return self._nothing
        yield  # makes it a generator


def _exhaust(generator: Generator) -> None:
    deque(generator, maxlen=0)
