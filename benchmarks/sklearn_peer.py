"""scikit-learn's multi-layer perceptron, one run after another, as far as it does the same work.

It only does the runs of SGD and Momentum: it has no Adagrad or RMSprop, and its Adam puts epsilon
before the bias correction. It keeps the mean loss of an epoch instead of the loss of every batch
and evaluates no rows. It halves the squared error, so its learning rate is doubled. It shuffles in
its own way, so it gets the rows in the order of the batches: in one ``partial_fit`` or, if the last
batch of an epoch is short, in one per epoch, each of which checks its input for about a
millisecond.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks import workloads
from benchmarks.workloads import Answer

if TYPE_CHECKING:
    from benchmarks.workloads import Run, Work

RULES: Final = ("SGD", "Momentum")


def part_of(work: Work) -> Work | None:
    """Return the work without the runs that scikit-learn cannot do; None if nothing is left."""
    runs = tuple(run for run in work.case.runs if run.rule in RULES)
    if not runs or work.case.evaluates:
        return None
    return replace(work, case=replace(work.case, runs=runs))


class Training:
    """One training; see ``workloads.Training``."""

    def __init__(self, work: Work) -> None:
        targets = work.targets if work.targets.ndim == 1 else work.targets[:, 0]
        orders = work.orders
        if work.case.rows % work.case.batch_size == 0:
            orders = orders.reshape(1, -1)
        self._parts = [(work.inputs[order], targets[order]) for order in orders]
        self._models = [self._model(work, run, targets) for run in work.case.runs]

    def run(self) -> None:
        """Train one run after another."""
        for model in self._models:
            for inputs, targets in self._parts:
                model.partial_fit(inputs, targets)

    def answer(self) -> Answer:
        """Return the parameters as vectors."""
        layers = [zip(model.coefs_, model.intercepts_, strict=True) for model in self._models]
        params = [workloads.flat([(weights.T, b) for weights, b in layer]) for layer in layers]
        return Answer(np.array(params), losses=None)

    def _model(self, work: Work, run: Run, targets: np.ndarray) -> MLPClassifier | MLPRegressor:
        """Return a model at the given start."""
        model = _untrained(work, run)
        options = {} if isinstance(model, MLPRegressor) else {"classes": np.unique(targets)}
        rows = slice(work.case.batch_size)
        model.partial_fit(work.inputs[rows], targets[rows], **options)  # makes its arrays
        del model._optimizer  # noqa: SLF001 - and forgets that update
        for position, (weights, biases) in enumerate(work.start):
            model.coefs_[position][...] = weights.T
            model.intercepts_[position][...] = biases
        return model


def _untrained(work: Work, run: Run) -> MLPClassifier | MLPRegressor:
    regression = work.case.loss == "mean_squared_error"
    kind = MLPRegressor if regression else MLPClassifier
    return kind(
        hidden_layer_sizes=work.case.units[1:-1],
        activation="tanh",
        solver="sgd",
        alpha=0.0,
        batch_size=work.case.batch_size,
        learning_rate_init=run.learning_rate * (2 if regression else 1),
        momentum=workloads.MOMENTUM if run.rule == "Momentum" else 0.0,
        nesterovs_momentum=False,
        shuffle=False,
        random_state=0,
    )
