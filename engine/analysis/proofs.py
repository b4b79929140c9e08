"""What shows that a typed rule does what it is meant to: numbers to check by hand, and likenesses.

Two updates along known gradients; the first direction for gradients of very different sizes; and
which rule of the registry gives the same directions along the same gradients, of three problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.analysis.inspection import followed_gradients
from engine.arrays import Layout
from engine.experiment import Budget, Experiment, Run
from engine.problems.datasets import TwoMoons
from engine.problems.functions import Bowl, Rosenbrock
from engine.problems.specs import Function, Network
from engine.rules import RULES, hyperparameters
from engine.rules.rule import Moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Array, State
    from engine.rules import Rule, TypedRule

START: Final = (1.0, -1.0)
GRADIENTS: Final = ((0.5, -2.0), (1.0, 0.0))  # of two parameters, in two updates
SIZES: Final = (0.0, 1e-12, 1e-6, 1.0, 1e6, 1e12)  # of gradients
SAME: Final = 1e-12  # of the largest direction: so far do equal rules differ by rounding
_RATE: Final = 0.01
_UPDATES: Final = 50
_PROBLEMS: Final = (
    Function(function=Bowl()),
    Function(function=Rosenbrock()),
    Network(dataset=TwoMoons(rows=40), hidden=(4,)),
)


@dataclass(frozen=True, eq=False)
class TypedUpdate:
    """One update of a typed rule on two parameters.

    Attributes:
        gradient: along which it goes.
        before: the slots before it, by name.
        lines: what every line gives, by name, the direction last.
    """

    gradient: Array
    before: Mapping[str, Array]
    lines: Mapping[str, Array]


def two_updates(rule: TypedRule) -> tuple[TypedUpdate, ...]:
    """Return two updates along ``GRADIENTS``, from slots of zero and parameters at ``START``.

    The learning rate is 1: the parameters of the second one are ``START`` minus the direction.
    """
    params, state = np.array([START]), _zeros(rule, np.array([START]))
    seen = []
    for step, gradient in enumerate(GRADIENTS, 1):
        moment = _moment(np.array([gradient]), params, step, 1.0)
        known = rule.program.values(rule.constants, moment, state)
        before = {name: slot[0] for name, slot in zip(rule.program.slots, state, strict=True)}
        values = {
            line.name: np.array(np.broadcast_to(known[line.name], params.shape)[0])
            for line in rule.program.lines
        }
        seen.append(TypedUpdate(np.array(gradient), before, values))
        direction, state = rule.direction(moment, state)
        with np.errstate(all="ignore"):
            params = params - direction
    return tuple(seen)


def first_directions(rule: TypedRule) -> list[float]:
    """Return the first direction of one parameter for a gradient of each of ``SIZES``."""
    found = []
    for size in SIZES:
        moment = _moment(np.array([[size]]), np.zeros((1, 1)), 1, _RATE)
        direction, _ = rule.direction(moment, _zeros(rule, moment.params))
        found.append(float(direction[0, 0]))
    return found


def _zeros(rule: Rule, params: Array) -> State:
    layout = Layout((params.shape[1], 1), bias=False)
    return tuple(np.zeros((1, slot.numbers(layout))) for slot in rule.slots)


def _moment(grads: Array, params: Array, step: int, rate: float) -> Moment:
    layout = Layout((params.shape[1], 1), bias=False)
    return Moment(grads, params, layout, step, np.array([[rate]]))


@dataclass(frozen=True)
class Likeness:
    """How like a rule of the registry a typed one is.

    Attributes:
        rule: of the registry, with the values of the constants that are called as its own.
        shared: the names of those.
        difference: the largest one between two directions, over the larger one of the two.
        parts_at: the first update at which they are not the same, from 1, and the problem there, 0
            for a bowl, 1 for Rosenbrock, 2 for a network; None if they are.
        directions: of the typed rule and of this one, there, for the parameter where they differ
            most; none if they do not.
        points_the_same_way: whether all directions differ in their length alone.
    """

    rule: Rule
    shared: tuple[str, ...]
    difference: float
    parts_at: tuple[int, int] | None
    directions: tuple[float, ...]
    points_the_same_way: bool

    @property
    def is_same(self) -> bool:
        """Tell whether the two rules are the same but for rounding."""
        return self.parts_at is None


def likenesses(rule: TypedRule) -> list[Likeness]:
    """Return the rules of the registry that give the same directions, or else the nearest one.

    The gradients are those that the typed rule meets in fifty updates on each of three problems.
    Rules that couple parameters, take a second gradient or report other points are left out.
    """
    streams = [_stream(rule, problem) for problem in _PROBLEMS]
    own = [_directions(rule, *stream) for stream in streams]
    found: list[tuple[float, Likeness]] = []
    for kind in RULES:
        if not _is_comparable(kind):
            continue
        shared = _shared(rule, kind)
        other = kind(**{name: rule.constants[name] for name in shared})
        theirs = [_directions(other, *stream) for stream in streams]
        found.append(_compared(other, shared, own, theirs))
    same = [likeness for _, likeness in found if likeness.is_same]
    return same or [min(found, key=lambda one: one[0])[1]]


def _shared(rule: TypedRule, kind: type[Rule]) -> tuple[str, ...]:
    """Return the constants of a typed rule that another one has, too, and that may be so there."""
    own, plain = rule.constants, kind()
    return tuple(
        name
        for name, interval in hyperparameters(kind).items()
        if isinstance(getattr(plain, name), float) and own.get(name, np.nan) in interval
    )


def _is_comparable(kind: type[Rule]) -> bool:
    """Tell whether a rule is one formula for each parameter, as most typed ones are."""
    rule = kind()
    alone = kind.couples == "nothing" and not kind.needs
    return alone and rule.gradients_per_update == 1 and rule.reports_its_params


def _stream(rule: TypedRule, problem: Network | Function) -> tuple[Array, Array]:
    """Return the gradients that a rule meets, and the parameters there, ``(updates, n_params)``."""
    run = Run(optimizer=rule, learning_rate=_RATE, batch_size="all")
    budget = Budget(amount=_UPDATES, unit="iterations")
    return followed_gradients(Experiment(problem=problem, runs=(run,), budget=budget), 0, 0)


def _directions(rule: Rule, gradients: Array, points: Array) -> Array:
    """Return a rule's directions along some gradients, ``(updates, n_params)``."""
    directions, state = np.empty_like(gradients), _zeros(rule, points)
    with np.errstate(all="ignore"):
        for at, (gradient, params) in enumerate(zip(gradients, points, strict=True)):
            moment = _moment(gradient[None], params[None], at + 1, _RATE)
            directions[at], state = rule.direction(moment, state)
    return directions


def _compared(
    rule: Rule, shared: tuple[str, ...], own: Sequence[Array], theirs: Sequence[Array]
) -> tuple[float, Likeness]:
    """Return how far the directions of two rules are apart in angle, and how like they are."""
    turned, difference, parts = 0.0, 0.0, []
    with np.errstate(all="ignore"):
        for problem, (a, b) in enumerate(zip(own, theirs, strict=True)):
            largest = np.maximum(np.abs(a).max(axis=1), np.abs(b).max(axis=1))
            gap = np.abs(a - b).max(axis=1) / np.where(largest > 0, largest, 1.0)
            gap = np.where(np.isfinite(gap), gap, 1.0)
            lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
            cosines = np.vecdot(a, b) / lengths
            cosines = np.where(np.isfinite(cosines), cosines, gap <= SAME)
            turned = max(turned, float(1 - cosines.mean())) if len(a) else turned
            difference = max(difference, float(gap.max(initial=0.0)))
            parts += [(int(at) + 1, problem) for at in np.flatnonzero(gap > SAME)[:1]]
    first = min(parts, default=None)
    directions: tuple[float, ...] = ()
    if first is not None:
        a, b = (stream[first[1]][first[0] - 1] for stream in (own, theirs))
        at = int(np.nanargmax(np.abs(np.nan_to_num(a - b, nan=np.inf))))
        directions = float(a[at]), float(b[at])
    is_parallel = turned < 1e-9
    likeness = Likeness(rule, shared, difference, first, directions, is_parallel)
    return round(turned, 9), likeness
