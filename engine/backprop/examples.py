"""Worked examples of backpropagation, small enough to follow with pencil and paper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.experiment import Budget, Experiment, Run
from engine.formulas.formula import parse
from engine.formulas.graph import backward, differentiate, forward
from engine.problems.datasets import SingleRow, ThreePoints
from engine.problems.specs import Network
from engine.rules import SGD, Adam, Momentum
from engine.training.history import worst_loss
from engine.training.loop import minimize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.arrays import Array
    from engine.formulas.graph import Graph


class Example:
    """A formula, a point, and for a network the weights that are learnt.

    Attributes:
        name: id.
        formula: text for ``engine.formulas.formula.parse``.
        point: value of every variable.
        weights: the variables that are learnt, in the order of the network's parameters.
        learning_rate: learning rate of gradient descent on them.
        network: the same network as a problem to train; None where nothing is learnt.
        variants: by id, other values of some variables that show another side of the example.
    """

    def __init__(
        self,
        name: str,
        formula: str,
        point: Mapping[str, float],
        learning_rate: float = 0.1,
        network: Network | None = None,
        variants: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    ) -> None:
        self.name, self.formula, self.point = name, formula, dict(point)
        self.learning_rate, self.network, self.variants = learning_rate, network, variants
        self.weights = tuple(name for name in point if name.startswith("w")) if network else ()

    @cached_property
    def graph(self) -> Graph:
        """Return the formula's graph."""
        return parse(self.formula)

    def experiment(self, weights: tuple[float, ...], learning_rate: float) -> Experiment:
        """Return the example as a comparison: the same gradient descent, Momentum and Adam.

        The data are the example's; all runs start at its ``weights``.

        Raises:
            InvalidInput: "conflict" for an example in which nothing is learnt.
        """
        if self.network is None:
            raise InvalidInput("conflict", "example", self.name, ("problem", "network"))
        network = self.network.model_copy(update={"start": weights})
        runs = (
            Run(optimizer=SGD(), learning_rate=learning_rate, batch_size="all"),
            Run(optimizer=Momentum(), learning_rate=learning_rate, batch_size="all"),
            Run(optimizer=Adam(), learning_rate=0.1, batch_size="all"),
        )
        return Experiment(
            problem=network, runs=runs, budget=Budget(amount=1_000, unit="iterations")
        )


@dataclass(frozen=True)
class Descent:
    """Gradient descent on some variables of a graph.

    Attributes:
        weights: ``(updates + 1, weights)``, the start first; it ends with the last point at which
            the formula has a value and a derivative, or before it diverges.
        losses: ``(updates + 1,)``, the values of the output.
        slopes: ``(updates + 1, weights)``, its derivatives by the weights.
        ended: why it ended before all updates were taken: "no_value" or "no_derivative" of the next
            point, as ``differentiate`` says; None if it did not, or diverged.
        diverged: whether it ended because the loss of the next point is above ``worst_loss``.
    """

    weights: Array
    losses: Array
    slopes: Array
    ended: InvalidInput | None
    diverged: bool


def descend(
    graph: Graph,
    point: Mapping[str, float],
    weights: tuple[str, ...],
    learning_rate: float,
    updates: int,
) -> Descent:
    """Follow gradient descent with the gradients of backpropagation.

    Args:
        graph: its output is minimised.
        point: the values of all inputs at the start, where there are value and derivative.
        weights: names of the inputs that move; the others stay where they are.
        learning_rate: as for ``minimize``.
        updates: how many are taken, at least 0.

    Raises:
        InvalidInput: as ``minimize``, or as ``differentiate`` at the start.
    """
    numbers = [graph.names[name] for name in weights]

    def at(params: Iterable[Any]) -> dict[str, Any]:
        return {**point, **dict(zip(weights, params, strict=True))}

    def gradient(params: Array) -> Array:
        values = forward(graph, at(params[0].tolist()))
        _local, gradients = backward(graph, values)
        return np.array([[gradients[number] for number in numbers]])

    start = np.array([point[name] for name in weights])
    path = minimize(gradient, start, SGD(), learning_rate, updates)
    values = forward(graph, at(path.T))
    local, gradients = backward(graph, values)
    every = [*values, *gradients, *(slope for slopes in local for slope in slopes)]
    good = np.all([np.broadcast_to(np.isfinite(one), len(path)) for one in every], axis=0)
    losses = np.broadcast_to(values[graph.output], len(path))
    stays = good & ~(losses > worst_loss(losses[0]))
    length = len(path) if stays.all() else int(np.argmin(stays))
    diverged = length < len(path) and bool(good[length])
    ended = None if length == len(path) or diverged else _refusal(graph, at(path[length]))
    if ended is not None and length == 0:
        raise ended
    slopes = np.array([np.broadcast_to(gradients[number], len(path)) for number in numbers]).T
    return Descent(path[:length], losses[:length], slopes[:length], ended, diverged)


def _refusal(graph: Graph, point: Mapping[str, float]) -> InvalidInput:
    """Return why a point has no value or no derivative."""
    try:
        differentiate(graph, point)
    except InvalidInput as error:
        return error
    # A weight is infinite, and no operation on it is.
    return InvalidInput("no_value", "formula", graph.nodes[graph.output].place, "overflow")


_NETWORK: Final = """\
z1 = w1*x1 + w2*x2
z2 = w3*x1 + w4*x2
h1 = sigmoid(z1)
h2 = sigmoid(z2)
z3 = w5*h1 + w6*h2
z4 = w7*h1 + w8*h2
o1 = sigmoid(z3)
o2 = sigmoid(z4)
E = 0.5*(t1 - o1)^2 + 0.5*(t2 - o2)^2"""
_SOFTMAX: Final = """\
e1 = exp(z1)
e2 = exp(z2)
e3 = exp(z3)
s = e1 + e2 + e3
p1 = e1 / s
p2 = e2 / s
p3 = e3 / s
L = -(t1*log(p1) + t2*log(p2) + t3*log(p3))"""
_REGRESSION: Final = """\
p1 = w*x1
p2 = w*x2
p3 = w*x3
MSE = ((p1 - t1)^2 + (p2 - t2)^2 + (p3 - t3)^2) / 3"""

EXAMPLES: Final = {
    example.name: example
    for example in (
        Example("line", "y = 2*x + 10", {"x": 5.0}),
        Example(
            "apples",
            "total = apple_price * apples * tax",
            {"apple_price": 100.0, "apples": 2.0, "tax": 1.1},
        ),
        Example(
            "apples_and_grapes",
            "total = (apple_price*apples + grape_price*grapes) * tax",
            {
                "apple_price": 100.0,
                "apples": 2.0,
                "grape_price": 150.0,
                "grapes": 3.0,
                "tax": 1.1,
            },
        ),
        Example("square_of_sum", "t = x + y\nz = t^2", {"x": 1.0, "y": 2.0}),
        Example(
            "one_weight",
            _REGRESSION,
            {"w": 3.0, "x1": 1.0, "x2": 2.0, "x3": 3.0, "t1": 2.0, "t2": 4.0, "t3": 6.0},
            learning_rate=0.05,
            network=Network(
                dataset=ThreePoints(),
                validation_share=0.0,
                hidden=(),
                bias=False,
                loss="mean_squared_error",
                start=(3.0,),
            ),
        ),
        Example(
            "sigmoid_network",
            _NETWORK,
            {
                "x1": 0.2,
                "x2": 0.5,
                "w1": 0.4,
                "w2": 0.1,
                "w3": 0.4,
                "w4": 0.3,
                "w5": 0.25,
                "w6": 0.3,
                "w7": 0.7,
                "w8": 0.25,
                "t1": 0.2,
                "t2": 0.4,
            },
            learning_rate=0.5,
            network=Network(
                dataset=SingleRow(),
                validation_share=0.0,
                hidden=(2,),
                activation="sigmoid",
                output_activation="sigmoid",
                bias=False,
                loss="half_sum_of_squares",
                start=(0.4, 0.1, 0.4, 0.3, 0.25, 0.3, 0.7, 0.25),
            ),
        ),
        Example(
            "relu_neuron",
            "z = w*x + b\na = relu(z)",
            {"w": 2.0, "x": 1.0, "b": -1.0},
            variants={"below": {"b": -3.0}, "at": {"b": -2.0}, "above": {"b": -1.0}},
        ),
        Example(
            "softmax",
            _SOFTMAX,
            {"z1": 1.0, "z2": 2.0, "z3": 0.5, "t1": 0.0, "t2": 1.0, "t3": 0.0},
        ),
    )
}
