"""Schedules in other libraries, counted in updates.

A schedule without a form in some library is exported as a table of its factors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from engine.rules import SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSprop
from engine.rules.schedules import (
    Clock,
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    MultiStep,
    OneCycle,
    PolynomialDecay,
    ReduceOnPlateau,
    Step,
    Triangular,
    WarmRestarts,
    WarmUpStableDecay,
)
from language import N_

if TYPE_CHECKING:
    from engine.counts import Counts
    from engine.rules import Rule
    from engine.rules.schedules import Schedule

_MOST_CYCLES: Final = 40  # written out one by one


@dataclass(frozen=True)
class Whole:
    """A run's schedule in whole updates.

    Attributes:
        rate: the learning rate, as Python text.
        total: updates of the run.
        warm_up: updates of the warm-up.
        lengths: updates of each length of the schedule.
        share: of the unit that an update is.
    """

    rate: str
    total: int
    warm_up: int
    lengths: Mapping[str, tuple[int, ...]]
    share: float

    def times(self, factor: float) -> str:
        """Return the rate with a factor, as Python text."""
        return f"{factor!r} * {self.rate}" if factor else "0.0"

    def of(self, field: str) -> int:
        """Return a length."""
        return self.lengths[field][0]

    @property
    def rest(self) -> int:
        """Return what is left of ``length`` after the warm-up."""
        return max(1, self.of("length") - self.warm_up)

    @property
    def goes_on(self) -> bool:
        """Tell whether the run goes on after ``length``."""
        return self.total > self.of("length")


def whole(schedule: Schedule, rate: float, counts: Counts, total: int) -> Whole | None:
    """Return a schedule in whole updates; None where updates do not count alike.

    In epochs an update counts the rows of its batch. Of a step decay in whole epochs, which
    changes only between them, a short last batch counts as well as any other.
    """
    clock = Clock(counts, total, schedule.unit)
    counted = {
        field: tuple(max(1, clock.counted(one)) for one in _several(getattr(schedule, field)))
        for field in schedule.lengths
    }
    warm_up, size, updates = clock.counted(schedule.warm_up), 1, 1
    if schedule.unit == "epochs":
        size = counts.batch_size
        if counts.rest and counts.last_batch == "kept":
            if warm_up or not isinstance(schedule, (Step, MultiStep)):
                return None
            size, updates = counts.rows, counts.per_epoch
    if any(one % size for some in ((warm_up,), *counted.values()) for one in some):
        return None
    lengths = {
        field: tuple(one // size * updates for one in some) for field, some in counted.items()
    }
    return Whole(repr(rate), total, warm_up // size, lengths, size / clock.each)


def _several(value: float | tuple[float, ...]) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)


Form: TypeAlias = Callable[[Any, Whole], str | None]
"""Returns the code that makes a schedule, or None where these numbers have no equal form."""


class ScheduleForms(NamedTuple):
    """A schedule in other libraries.

    Attributes:
        pytorch: its form in ``torch.optim.lr_scheduler``, of an ``optimizer`` that there is.
        keras: likewise in ``keras.optimizers.schedules``, without a warm-up.
        optax: likewise in ``optax``.
        differences: why a library has no equal form, by the name of its attribute here.
    """

    pytorch: Form | None = None
    keras: Form | None = None
    optax: Form | None = None
    differences: Mapping[str, str] = MappingProxyType({})


def form(library: str, schedule: Schedule, numbers: Whole) -> str | None:
    """Return a schedule with its warm-up in a library; None if it has no equal one."""
    made = getattr(SCHEDULE_FORMS[type(schedule)], library)
    own = None if made is None else made(schedule, numbers)
    if own is None or not numbers.warm_up:
        return None if own is None else _MODULES[library] + own
    return _WARM[library](schedule, _MODULES[library] + own, numbers)


_MODULES: Final = {
    "pytorch": "torch.optim.lr_scheduler.",
    "keras": "keras.optimizers.schedules.",
    "optax": "optax.",
}


def _warm_pytorch(schedule: Schedule, own: str, n: Whole) -> str | None:
    if isinstance(schedule, (WarmRestarts, OneCycle, Triangular)):
        return None  # these set the rate when they are made, not when their time comes
    linear = (
        f"torch.optim.lr_scheduler.LinearLR(\n"
        f"    optimizer, start_factor=1 / {n.warm_up}, total_iters={max(n.warm_up - 1, 1)}\n)"
    )
    if isinstance(schedule, Constant):
        return linear
    return (
        f"torch.optim.lr_scheduler.SequentialLR(\n    optimizer,\n    [\n"
        f"{_indented(linear, 8)},\n{_indented(own, 8)},\n    ],\n    milestones=[{n.warm_up}],\n)"
    )


def _warm_optax(schedule: Schedule, own: str, n: Whole) -> str | None:
    linear = f"optax.linear_schedule({n.rate} / {n.warm_up}, {n.rate}, {n.warm_up - 1})"
    if isinstance(schedule, Constant):
        return linear
    parts = f"        {linear},\n{_indented(own, 8)},\n"
    return f"optax.join_schedules(\n    [\n{parts}    ],\n    [{n.warm_up}],\n)"


def _no_warm_up(_schedule: Schedule, _own: str, _n: Whole) -> str | None:
    """Return None: Keras' own warm-up begins with a rate of 0."""
    return None


_WARM: Final[Mapping[str, Callable[[Schedule, str, Whole], str | None]]] = {
    "pytorch": _warm_pytorch,
    "keras": _no_warm_up,
    "optax": _warm_optax,
}


def _indented(lines: str, spaces: int) -> str:
    return "\n".join(" " * spaces + line for line in lines.splitlines())


def _multi_step_in_optax(schedule: MultiStep, n: Whole) -> str | None:
    milestones = n.lengths["milestones"]
    if len(set(milestones)) < len(milestones):
        return None  # its keys are distinct
    scales = ", ".join(f"{one}: {schedule.decay!r}" for one in milestones)
    return f"piecewise_constant_schedule({n.rate}, {{{scales}}})"


def _polynomial_in_pytorch(schedule: PolynomialDecay, n: Whole) -> str | None:
    if schedule.end == 0:
        return f"PolynomialLR(optimizer, total_iters={n.rest}, power={schedule.power!r})"
    if schedule.power == 1:
        end = f"end_factor={schedule.end!r}, total_iters={n.rest}"
        return f"LinearLR(optimizer, start_factor=1.0, {end})"
    return None


def _cosine_in_pytorch(schedule: Cosine, n: Whole) -> str | None:
    if n.goes_on:
        return None
    return f"CosineAnnealingLR(optimizer, {n.rest}, eta_min={n.times(schedule.end)})"


def _restarts_in_optax(schedule: WarmRestarts, n: Whole) -> str | None:
    lengths = [n.of("first")]
    while sum(lengths) < n.total and len(lengths) <= _MOST_CYCLES:
        lengths.append(lengths[-1] * schedule.grow)
    if len(lengths) > _MOST_CYCLES:
        return None
    starts = list(accumulate(lengths))[:-1]
    end = f"alpha={schedule.end!r}"
    cycles = f"[optax.cosine_decay_schedule({n.rate}, length, {end}) for length in {lengths}]"
    return f"join_schedules(\n    {cycles},\n    {starts},\n)"


def _one_cycle_in_pytorch(schedule: OneCycle, n: Whole) -> str | None:
    if n.goes_on or schedule.rise * n.rest == 1:  # an error after its end, or 0 / 0
        return None
    curve = {"cosine": '"cos"', "linear": '"linear"'}[schedule.curve]
    return (
        f"OneCycleLR(\n    optimizer,\n    max_lr={n.rate},\n    total_steps={n.rest},\n"
        f"    pct_start={schedule.rise!r},\n    div_factor={schedule.start_divisor!r},\n"
        f"    final_div_factor={schedule.end_divisor!r},\n"
        f"    anneal_strategy={curve},\n    cycle_momentum=False,\n)"
    )


def _triangular_in_pytorch(schedule: Triangular, n: Whole) -> str | None:
    modes = {1.0: '"triangular"', 0.5: '"triangular2"'}
    if schedule.shrink not in modes:
        return None
    return (
        f"CyclicLR(\n    optimizer,\n    base_lr={n.times(schedule.low)},\n"
        f"    max_lr={n.rate},\n    step_size_up={n.of('half_cycle')},\n"
        f"    mode={modes[schedule.shrink]},\n    cycle_momentum=False,\n)"
    )


def _stable_in_optax(schedule: WarmUpStableDecay, n: Whole) -> str | None:
    if n.goes_on or schedule.curve == "root":
        return None
    cooldown = min(n.of("cooldown"), n.rest)
    fall = f"optax.linear_schedule({n.rate}, 0.0, {cooldown})"
    if schedule.curve == "cosine":
        fall = f"optax.cosine_decay_schedule({n.rate}, {cooldown})"
    constant = f"optax.constant_schedule({n.rate})"
    return f"join_schedules([{constant}, {fall}], [{n.rest - cooldown}])"


_LATER: Final = N_("Keras changes the rate at a milestone one update later.")
_SINGLE: Final = N_("Keras computes its cosine with 32 bits, so that the rates are not equal.")
_NO_TIME: Final = N_("{library} has no decay by inverse time.")
_POWER: Final = N_("PyTorch has an end value for straight lines only.")
_RISES: Final = N_("After its end, PyTorch's cosine rises again.")
_ONE_LATER: Final = N_("Optax reaches the end of a cycle one update after the last.")
_NO_CYCLE: Final = N_("{library} has no such cycle.")
_NO_STABLE: Final = N_("{library} has no schedule with a stable phase.")
_WATCHES: Final = N_(
    "The schedule follows the validation loss, so what it did in this training is repeated."
)

SCHEDULE_FORMS: Final[Mapping[type[Schedule], ScheduleForms]] = MappingProxyType(
    {
        Constant: ScheduleForms(
            pytorch=lambda _, n: f"ConstantLR(optimizer, factor=1.0, total_iters={n.total})",
            optax=lambda _, n: f"constant_schedule({n.rate})",
        ),
        Step: ScheduleForms(
            pytorch=lambda s, n: f"StepLR(optimizer, {n.of('every')}, gamma={s.decay!r})",
            keras=lambda s, n: (
                f"ExponentialDecay({n.rate}, {n.of('every')}, {s.decay!r}, staircase=True)"
            ),
            optax=lambda s, n: (
                f"exponential_decay({n.rate}, {n.of('every')}, {s.decay!r}, staircase=True)"
            ),
        ),
        MultiStep: ScheduleForms(
            pytorch=lambda s, n: (
                f"MultiStepLR(optimizer, {list(n.lengths['milestones'])}, gamma={s.decay!r})"
            ),
            optax=_multi_step_in_optax,
            differences={"keras": _LATER},
        ),
        Exponential: ScheduleForms(
            pytorch=lambda s, n: f"ExponentialLR(optimizer, gamma={s.decay**n.share!r})",
            keras=lambda s, n: f"ExponentialDecay({n.rate}, 1, {s.decay**n.share!r})",
            optax=lambda s, n: f"exponential_decay({n.rate}, 1, {s.decay**n.share!r})",
        ),
        InverseTime: ScheduleForms(
            keras=lambda s, n: f"InverseTimeDecay({n.rate}, {n.of('every')}, {s.decay!r})",
            differences={"pytorch": _NO_TIME, "optax": _NO_TIME},
        ),
        PolynomialDecay: ScheduleForms(
            pytorch=_polynomial_in_pytorch,
            keras=lambda s, n: (
                f"PolynomialDecay({n.rate}, {n.rest}, {n.times(s.end)}, power={s.power!r})"
            ),
            optax=lambda s, n: (
                f"polynomial_schedule({n.rate}, {n.times(s.end)}, {s.power!r}, {n.rest})"
            ),
            differences={"pytorch": _POWER},
        ),
        Cosine: ScheduleForms(
            pytorch=_cosine_in_pytorch,
            optax=lambda s, n: f"cosine_decay_schedule({n.rate}, {n.rest}, alpha={s.end!r})",
            differences={"pytorch": _RISES, "keras": _SINGLE},
        ),
        WarmRestarts: ScheduleForms(
            pytorch=lambda s, n: (
                f"CosineAnnealingWarmRestarts(\n    optimizer, {n.of('first')}, T_mult={s.grow},"
                f" eta_min={n.times(s.end)}\n)"
            ),
            optax=_restarts_in_optax,
            differences={"keras": _SINGLE},
        ),
        OneCycle: ScheduleForms(
            pytorch=_one_cycle_in_pytorch,
            differences={"keras": _NO_CYCLE, "optax": _ONE_LATER},
        ),
        Triangular: ScheduleForms(
            pytorch=_triangular_in_pytorch,
            differences={"keras": _NO_CYCLE, "optax": _NO_CYCLE},
        ),
        WarmUpStableDecay: ScheduleForms(
            optax=_stable_in_optax,
            differences={"pytorch": _NO_STABLE, "keras": _NO_STABLE},
        ),
        ReduceOnPlateau: ScheduleForms(
            differences=dict.fromkeys(("pytorch", "keras", "optax"), _WATCHES),
        ),
    }
)

# Rules whose optimizer in a library multiplies the direction by the rate of the same update, as
# here, so that a schedule does the same to both. Keras keeps the rate inside the velocity.
_ADAPTIVE: Final[frozenset[type[Rule]]] = frozenset({SGD, Adagrad, RMSprop, Adam, AdamW})
RATE_OUTSIDE: Final[Mapping[str, frozenset[type[Rule]]]] = MappingProxyType(
    {
        "pytorch": _ADAPTIVE | {Momentum, Nesterov},
        "keras": _ADAPTIVE,
        "optax": _ADAPTIVE | {Momentum, Nesterov},
    }
)
RATE_INSIDE: Final = N_(
    "{library} keeps the learning rate inside what {rule} remembers, so that it takes another path"
    " as soon as the rate changes."
)
RATE_UNKNOWN: Final = N_("Under a schedule, {library} need not do what {rule} does here.")
