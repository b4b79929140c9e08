"""Numerical derivatives to compare with backpropagation: error, calls and time."""

from __future__ import annotations

import math
import time
import timeit
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.formulas.graph import backward, forward
from engine.limits import LIMITS, Interval
from engine.problems.network_problem import NetworkProblem
from engine.problems.specs import Network
from engine.training.replay import data
from engine.work import finish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.arrays import Array
    from engine.experiment import Experiment
    from engine.formulas.graph import Graph

_EPS: Final = float(np.finfo(np.float64).eps)
_WIDTHS: Final = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4)
_REPEATS: Final = 5
_SECONDS: Final = 0.02  # for all timings of one call


@dataclass(frozen=True)
class Method:
    """A numerical derivative of a function of one number.

    Attributes:
        name: id.
        step: the usual step for numbers around 1.
        estimate: returns the derivative, given function, point and step; the step may be an array.
        calls_per_variable: calls of the function for each variable.
        calls_once: calls that all variables share.
    """

    name: str
    step: float
    estimate: Callable[[Callable[[Any], Any], float, Any], Any]
    calls_per_variable: int
    calls_once: int

    def calls(self, variables: int) -> int:
        """Return how often the function is called for a whole gradient."""
        return self.calls_once + self.calls_per_variable * variables


# The steps balance truncation against rounding: eps^(1/2) for forward, eps^(1/3) for central
# differences. A complex step subtracts nothing, so it can be arbitrarily small (Martins, Sturdza
# and Alonso, 2003, The complex-step derivative approximation).
METHODS: Final = {
    method.name: method
    for method in (
        Method("forward", _EPS ** (1 / 2), lambda f, x, h: (f(x + h) - f(x)) / h, 1, 1),
        Method("central", _EPS ** (1 / 3), lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h), 2, 0),
        Method("complex", 1e-20, lambda f, x, h: np.imag(f(x + 1j * h)) / h, 1, 0),
    )
}


@dataclass(frozen=True)
class Measured:
    """The gradient of a graph by one method.

    Attributes:
        name: id of the method, or "backpropagation".
        gradient: derivative by every variable.
        error: largest difference from backpropagation; NaN if the formula has no finite value at a
            point that the method steps to.
        forward_passes: forward passes through the whole graph.
        backward_passes: backward passes through it.
        seconds: processor time of the whole gradient on this machine, the best of several.
    """

    name: str
    gradient: dict[str, float]
    error: float
    forward_passes: int
    backward_passes: int
    seconds: float


def measure(graph: Graph, point: Mapping[str, float]) -> list[Measured]:
    """Return the gradient by backpropagation, then by every method at its usual step."""

    def back() -> dict[str, float]:
        _local, gradients = backward(graph, forward(graph, point))
        return {name: float(gradients[graph.names[name]]) for name in graph.inputs}

    exact = back()
    measured = [Measured("backpropagation", exact, 0.0, 1, 1, _seconds(back))]
    for method in METHODS.values():

        def differences(method: Method = method) -> dict[str, float]:
            with np.errstate(all="ignore"):
                return {
                    name: _finite(
                        method.estimate(_along(graph, point, name), point[name], method.step)
                    )
                    for name in graph.inputs
                }

        gradient = differences()
        error = float(np.max([abs(gradient[name] - exact[name]) for name in exact]))
        calls = method.calls(len(exact))
        measured.append(Measured(method.name, gradient, error, calls, 0, _seconds(differences)))
    return measured


def _finite(value: Any) -> float:
    """Return a number, or NaN for an infinite one, which is not a derivative."""
    return float(value) if np.isfinite(value) else math.nan


@dataclass(frozen=True)
class ErrorCurve:
    """How far numerical derivatives are from the exact one, step size by step size.

    Attributes:
        steps: ``(steps,)``, from 1 down to 1e-16.
        errors: error of every method, ``(steps,)``; not finite where the formula has no value.
        truncation: for forward and central differences, the next term of Taylor's series; a
            straight line in a log-log chart.
        rounding: for the same, the error in a value's last digit divided by the step.
    """

    steps: Array
    errors: dict[str, Array]
    truncation: dict[str, Array]
    rounding: dict[str, Array]


def error_curve(graph: Graph, point: Mapping[str, float], name: str) -> ErrorCurve:
    """Return the errors of the derivative by one variable for all step sizes."""
    function, x = _along(graph, point, name), point[name]
    steps = np.logspace(0, -16, 129)

    def slope(values: Any) -> Any:
        _local, gradients = backward(graph, forward(graph, {**point, name: values}))
        return gradients[graph.names[name]]

    exact = float(slope(x))
    with np.errstate(all="ignore"):
        errors = {
            method.name: np.abs(method.estimate(function, x, steps) - exact) + 0 * steps
            for method in METHODS.values()
        }
        second = abs(float(np.imag(slope(x + 1e-20j)) / 1e-20))
        apart = 1e-4 * max(1.0, abs(x))
        change = slope(x + apart + 1e-20j) - slope(x - apart + 1e-20j)
        third = abs(float(np.imag(change) / 1e-20 / (2 * apart)))
        digit = _EPS / 2 * abs(float(np.real(function(x))))
        truncation = {"forward": second / 2 * steps, "central": third / 6 * steps**2}
        rounding = {"forward": 2 * digit / steps, "central": digit / steps}
    return ErrorCurve(steps, errors, truncation, rounding)


def _along(graph: Graph, point: Mapping[str, float], name: str) -> Callable[[Any], Any]:
    """Return the graph as a function of one variable."""
    return lambda value: forward(graph, {**point, name: value})[graph.output]


def _seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes: the best of several timings if it is quick."""
    timer = timeit.Timer(work, timer=time.thread_time)  # not the time of other work on the machine
    once = min(timer.repeat(2, 1))  # the first call may be slower
    if once > _SECONDS:
        return once
    number = max(1, int(_SECONDS / _REPEATS / once))
    return min(timer.repeat(_REPEATS, number)) / number


@dataclass(frozen=True)
class NetworkCheck:
    """The gradient of a network's loss by backpropagation and by central differences.

    Attributes:
        parameters: number P of parameters; all of them are compared.
        rows: number of training rows in the mean loss.
        backward: ``(parameters,)``.
        central: ``(parameters,)``.
        forward_passes: forward passes for the central differences, 2 P.
        backward_seconds: time of one pass forward and back.
        central_seconds: time of the forward passes, computed many at a time.
    """

    parameters: int
    rows: int
    backward: Array
    central: Array
    forward_passes: int
    backward_seconds: float
    central_seconds: float

    @property
    def difference(self) -> float:
        """Return the largest difference, relative to the largest derivative."""
        largest = float(np.abs(self.backward).max())
        return float(np.abs(self.backward - self.central).max()) / (largest or 1.0)


def check_network(experiment: Experiment) -> NetworkCheck:
    """Compare both for all parameters of an experiment's network, at the start of its first seed.

    Uses the training rows, or as many of the first as the limit on work allows.

    Raises:
        InvalidInput: "conflict" for a test function, "too_expensive" for a network too large even
            for a single row.
    """
    spec = _network(experiment)
    most = LIMITS["difference_work"].high
    rows = int(min(spec.training_rows, most // (2 * spec.n_params**2)))
    if rows < 1:
        limit = Interval(1, int((most / 2) ** 0.5))
        raise InvalidInput("out_of_range", "parameters", spec.n_params, limit)
    drawn = data(experiment)
    problem = NetworkProblem(
        spec,
        replace(
            drawn,
            training_inputs=drawn.training_inputs[:rows],
            training_targets=drawn.training_targets[:rows],
            validation_inputs=drawn.validation_inputs[:0],
            validation_targets=drawn.validation_targets[:0],
        ),
    )
    start = problem.start(experiment.seeds[0])

    def back() -> Array:
        return finish(problem.evaluator(start[None]).gradient())[0]

    def central() -> Array:
        step = METHODS["central"].step
        lanes = np.concatenate(
            [start + step * np.eye(len(start)), start - step * np.eye(len(start))]
        )
        losses = finish(problem.evaluator(lanes).evaluate()).training_loss
        return (losses[: len(start)] - losses[len(start) :]) / (2 * step)

    return NetworkCheck(
        len(start), rows, back(), central(), 2 * len(start), _seconds(back), _seconds(central)
    )


def width_ladder(experiment: Experiment) -> list[Experiment]:
    """Return the experiment with wider and wider hidden layers, doubled each time.

    A network without hidden layers gets one. The ladder ends before the check would have to leave
    out training rows.

    Raises:
        InvalidInput: "conflict" for a test function.
    """
    spec = _network(experiment)
    ladder: dict[int, Network] = {}
    for factor in _WIDTHS:
        hidden = tuple(max(1, round(units * factor)) for units in spec.hidden or (8,))
        start = "glorot" if isinstance(spec.start, tuple) else spec.start
        network = spec.model_copy(update={"hidden": hidden, "start": start})
        work = 2 * network.n_params**2 * network.training_rows
        if max(hidden) in LIMITS["units"] and work in LIMITS["difference_work"]:
            ladder[network.n_params] = network
    return [experiment.model_copy(update={"problem": network}) for network in ladder.values()]


def _network(experiment: Experiment) -> Network:
    spec = experiment.problem
    if not isinstance(spec, Network):
        raise InvalidInput("conflict", "problem", spec.kind, ("kind", "network"))
    return spec
