"""Where a surface comes from: a test function, a line, a neuron, or the Compare page's network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine import Budget, Experiment, Network, Run
from engine.datasets import Blobs, Line
from engine.optimizers import SGD, Adam, Momentum
from language import N_

if TYPE_CHECKING:
    from engine import Function

KINDS: Final = {
    "function": N_("Test function"),
    "line": N_("Straight line"),
    "neuron": N_("One neuron"),
    "network": N_("Network of the Compare page"),
}

LINE_VIEW: Final = Experiment(
    problem=Network(
        dataset=Line(rows=40, noise=0.3),
        validation_share=0.0,
        hidden=(),
        loss="mean_squared_error",
        start=(-2.0, 3.0),
    ),
    runs=(
        Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),
        Run(optimizer=SGD(), learning_rate=0.95, batch_size="all"),
        Run(optimizer=Momentum(), learning_rate=0.1, batch_size="all"),
    ),
    budget=Budget(amount=60),
)
NEURON_VIEW: Final = Experiment(
    problem=Network(
        dataset=Blobs(rows=40, noise=0.8, classes=2, features=1),
        validation_share=0.0,
        hidden=(),
        loss="binary_cross_entropy",
        start=(-4.0, 4.0),
    ),
    runs=(
        Run(optimizer=SGD(), learning_rate=1.0, batch_size="all"),
        Run(optimizer=Momentum(), learning_rate=0.3, batch_size="all"),
        Run(optimizer=Adam(), learning_rate=0.3, batch_size="all"),
    ),
    budget=Budget(amount=80),
)


def kind_of(problem: Network | Function) -> str:
    """Return "function", "line" or "neuron" for a problem of the page's own, else "network"."""
    if problem.kind == "function":
        return "function"
    if problem.n_params != 2 or problem.layout.units != (1, 1):
        return "network"
    return "line" if problem.dataset.task == "regression" else "neuron"
