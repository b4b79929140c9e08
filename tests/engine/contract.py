"""Small rules that ask for all that the contract offers, and ways to follow rules by hand.

They stand for rules of papers (SAM, Polyak's average, Muon, AdaGrad-Norm), each the shortest that
still needs its part of the contract.
"""

from dataclasses import dataclass
from itertools import product
from typing import Annotated, ClassVar, Literal

import numpy as np

from engine import Run
from engine.arrays import Layout
from engine.counts import Counts
from engine.limits import Interval
from engine.rules import RULES, SGD, Moment, Rule, Slot, choices, hyperparameters, structure
from engine.rules.schedules import Constant, Schedule
from engine.training.updates import Updates

Share = Annotated[float, Interval(0, 1, open_high=True, symbol="s")]


@dataclass(frozen=True)
class Uphill(Rule):
    """SAM over Momentum: the gradient that counts is taken a radius uphill of the parameters."""

    radius: Annotated[float, Interval(0, 10, symbol=r"\rho")] = 0.05
    momentum: Share = 0.5
    name: Literal["uphill"] = "uphill"

    title: ClassVar = "Uphill"
    slots: ClassVar = (Slot("velocity", "v"),)
    couples: ClassVar = "lane"

    def direction(self, moment, state):
        (velocity,) = state
        velocity *= self.momentum
        velocity += moment.grads
        return velocity, state

    def looks_at(self, moment, state):  # noqa: ARG002 - the signature of all
        norms = np.linalg.norm(moment.grads, axis=1, keepdims=True)
        return moment.params + self.radius * moment.grads / (norms + 1e-12)


@dataclass(frozen=True)
class Averaged(Rule):
    """SGD whose reported point is the mean of its iterates, the start left out."""

    name: Literal["averaged"] = "averaged"

    title: ClassVar = "Averaged"
    slots: ClassVar = (Slot("offset", "o"),)

    def direction(self, moment, state):
        (offset,) = state
        offset += moment.rate * moment.grads
        offset *= 1 - 1 / moment.step
        return moment.grads, state

    def evaluated(self, moment, state):
        return moment.params + state[0]


@dataclass(frozen=True)
class Whitened(Rule):
    """Of every layer's mean gradient M, over the rows' sizes so far: (2 - M M^T) M, for small M."""

    momentum: Share = 0.9
    name: Literal["whitened"] = "whitened"

    title: ClassVar = "Whitened"
    slots: ClassVar = (
        Slot("mean", "m"),
        Slot("rows", "r", lambda layout: sum(out for out, _ in layout.shapes)),
    )
    couples: ClassVar = "matrix"

    def direction(self, moment, state):
        mean, rows = state
        mean *= self.momentum
        mean += (1 - self.momentum) * moment.grads
        direction, start = np.empty_like(mean), 0
        pairs = zip(
            *map(moment.layout.matrices, (moment.grads, mean, direction)),
            strict=True,
        )
        for grads, matrix, out in pairs:
            sizes = rows[:, start : start + out.shape[1]]
            sizes += np.square(grads).sum(axis=2)
            start += out.shape[1]
            x = matrix / (1 + np.sqrt(sizes.sum(axis=1)))[:, None, None]
            out[:] = 2 * x - x @ x.transpose(0, 2, 1) @ x
        return direction, state


@dataclass(frozen=True)
class Summed(Rule):
    """AdaGrad-Norm: one number per lane sums the squared norms of its gradients."""

    epsilon: Annotated[float, Interval(1e-16, 1, symbol=r"\epsilon", scale="log")] = 1e-8
    name: Literal["summed"] = "summed"

    title: ClassVar = "Summed"
    slots: ClassVar = (Slot("sum", "s", lambda _layout: 1),)
    couples: ClassVar = "lane"

    def direction(self, moment, state):
        (total,) = state
        total += np.vecdot(moment.grads, moment.grads)[:, None]
        return moment.grads * self.scale(moment, state), state

    def scale(self, moment, state):  # noqa: ARG002 - the signature of all
        return 1 / (np.sqrt(state[0]) + self.epsilon)


DEMANDING = (Uphill, Averaged, Whitened, Summed)
EVERY = (*RULES, *DEMANDING)


@dataclass(frozen=True)
class Listed(Schedule):
    """A schedule of given factors, one per update; the last one holds."""

    values: tuple[float, ...]
    warm_up: float = 0.0
    unit: Literal["updates"] = "updates"
    name: Literal["listed"] = "listed"

    def shape(self, done, clock):  # noqa: ARG002 - the signature of all
        return np.array(self.values)[np.minimum(done, len(self.values) - 1)]


def run_of(rule, learning_rate=0.1, schedule=Constant(), **fields):  # noqa: B008 - it is frozen
    """A run, of a rule and with a schedule that need not be registered."""
    run = Run(optimizer=SGD(), learning_rate=learning_rate, **fields)
    return run.model_copy(update={"optimizer": rule, "schedule": schedule})


class Stream:
    """Gradients that are given update by update, ``(steps, lanes, n_params)``, for any rows."""

    def __init__(self, stream, grads):
        self._stream, self._grads = iter(stream), grads

    def load(self, rows):
        pass

    def pieces(self, _position, _size):
        return [lambda: np.copyto(self._grads, next(self._stream))]


class Slope:
    """The gradient of sin(x) + x^2 / 4 in every coordinate, so that it matters where it is taken.

    The coordinates of a lane have gradients of their own, as rules have nothing to couple then.
    """

    def __init__(self, params, grads):
        self._params, self._grads = params, grads

    @staticmethod
    def hessian(points):
        return (0.5 - np.sin(points))[:, :, None] * np.eye(points.shape[1])

    def load(self, rows):
        pass

    def pieces(self, _position, _size):
        return [lambda: np.copyto(self._grads, np.cos(self._params) + self._params / 2)]


def updates_of(runs, params, make=Slope, layout=None, counts=Counts(1, 1), total=100):  # noqa: B008
    """Updates of one run per lane."""
    layout = layout or Layout((params.shape[1], 1), bias=False)
    return Updates(runs, params, layout, make, counts, total)


def take(updates, steps=1):
    """Take so many updates."""
    for _ in range(steps):
        for piece in updates.pieces(0, 1):
            piece()
        updates.take()


def follow(rules, stream, start, learning_rates):
    """Parameters (steps + 1, lanes, n_params) of some rules on ``stream`` (steps, lanes, n_params).

    ``learning_rates`` is one for all, or ``(steps,)``: a schedule.
    """
    params = np.array(start, dtype=float)
    if np.ndim(learning_rates):
        rate = {"learning_rate": 1.0, "schedule": Listed(tuple(learning_rates))}
    else:
        rate = {"learning_rate": learning_rates}
    runs = [run_of(rule, **rate) for rule in rules]
    updates = updates_of(runs, params, lambda _params, grads: Stream(stream, grads))
    actual = [params.copy()]
    for _ in stream:
        take(updates)
        actual.append(params.copy())
    return np.array(actual)


def zeros(rule, layout, lanes=1):
    """The state of a rule, or of a class with its defaults, before its first update."""
    rule = rule() if isinstance(rule, type) else rule
    return tuple(np.zeros((lanes, slot.numbers(layout))) for slot in rule.slots)


def moment_of(grads, params=None, step=1, rate=0.1, layout=None):
    """A moment, at zero and of one row unless something else is said."""
    params = np.zeros_like(grads) if params is None else params
    layout = layout or Layout((grads.shape[1], 1), bias=False)
    hessian = np.tile(np.eye(grads.shape[1]), (len(grads), 1, 1))
    return Moment(grads, params, layout, step, np.full((len(grads), 1), rate), hessian)


def ends(rule):
    """A rule at every combination of its intervals' ends: of an open end the number next to it.

    Of a choice it has its first and its last word.
    """
    actual = {name: (words[0], words[-1]) for name, words in choices(rule).items()}
    for name, interval in hyperparameters(rule).items():
        low = np.nextafter(interval.low, np.inf) if interval.open_low else interval.low
        high = np.nextafter(interval.high, -np.inf) if interval.open_high else interval.high
        kind = type(getattr(rule(), name))
        actual[name] = (kind(low), kind(high))
    made = [rule(**dict(zip(actual, values, strict=True))) for values in product(*actual.values())]
    return sorted(made, key=lambda one: str(structure(one)))


def directions(rule, stream):
    """Directions (steps, n_params) of one rule on gradients (steps, n_params), at zero."""
    actual, state = [], zeros(rule, Layout((stream.shape[1], 1), bias=False))
    for step, grads in enumerate(stream, start=1):
        direction, state = rule.direction(moment_of(grads[None], step=step), state)
        actual.append(direction[0].copy())
    return np.array(actual)
