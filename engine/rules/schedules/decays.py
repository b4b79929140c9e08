"""Schedules that only fall, and the constant one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

import numpy as np

from engine.errors import InvalidInput
from engine.limits import Interval
from engine.limits import Length as Items
from engine.rules.schedules.schedule import LENGTHS, Length, ProgressUnit, Schedule, WarmUp

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.rules.schedules.schedule import Clock

Decay = Annotated[float, Interval(1e-6, 1, open_high=True, symbol="q")]
End = Annotated[float, Interval(0, 1, symbol="e")]
Every = Annotated[float, Interval(0, 600_000_000, open_low=True, symbol="n")]
Milestone = Annotated[float, Interval(0, 600_000_000, open_low=True, symbol="m")]


@final
@dataclass(frozen=True)
class Constant(Schedule):
    """Leave the learning rate as it is, after the warm-up if there is one.

        f = 1

    Attributes:
        unit: of the warm-up.
    """

    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "updates"
    name: Literal["constant"] = "constant"

    formula: ClassVar = "f = 1"
    source: ClassVar = ""

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return ones."""
        return np.ones(len(done))


@final
@dataclass(frozen=True)
class Step(Schedule):
    """Multiply the rate by the same number again and again, always after the same time.

        f = q^floor(k / n)

    Attributes:
        every: n, how long the rate stays as it is.
        decay: q, what is left of the rate each time.

    Note:
        PyTorch's StepLR and the staircases of optax and Keras are equal.
    """

    every: Every = 20.0
    decay: Decay = 0.5
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "epochs"
    name: Literal["step"] = "step"

    formula: ClassVar = r"f = q^{\lfloor k / n \rfloor}"
    source: ClassVar = ""
    lengths: ClassVar = ("every",)
    falls_to: ClassVar = "decay"

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return the powers of the decay."""
        return powers(self.decay, done // self._length("every", clock))


@final
@dataclass(frozen=True)
class MultiStep(Schedule):
    """Multiply the rate by the same number at each of some given times.

        f = q^(number of m_i <= k)

    Attributes:
        milestones: m_i, times that rise, at most twelve.
        decay: q, what is left of the rate each time.

    Raises:
        InvalidInput: the milestones do not rise.

    Note:
        PyTorch's MultiStepLR and optax are equal; Keras' PiecewiseConstantDecay keeps the old rate
        for one more update.

    Source:
        He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition,
        arXiv:1512.03385, section 4.2.
    """

    milestones: Annotated[tuple[Milestone, ...], Items(Interval(1, 12))] = (30.0, 45.0)
    decay: Decay = 0.1
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "epochs"
    name: Literal["multi_step"] = "multi_step"

    formula: ClassVar = r"f = q^c, \quad c = \sum_i [m_i \le k]"
    source: ClassVar = "He et al. (2016), arXiv:1512.03385"
    lengths: ClassVar = ("milestones",)

    def __post_init__(self) -> None:
        """Refuse lengths that make no sense in the unit, and milestones that do not rise."""
        super().__post_init__()
        pairs = zip(self.milestones, self.milestones[1:], strict=False)
        for position, (before, after) in enumerate(pairs, start=1):
            if after <= before:
                allowed = Interval(before, LENGTHS[self.unit].high, open_low=True)
                raise InvalidInput("out_of_range", f"milestones.{position}", after, allowed)

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return the powers of the decay."""
        milestones = [max(1, clock.counted(one)) for one in self.milestones]
        passed = np.searchsorted(milestones, done, side="right")
        return powers(self.decay, passed)


@final
@dataclass(frozen=True)
class Exponential(Schedule):
    """Multiply the rate by the same number in every unit of time, evenly in between.

        f = q^k, with k in the unit

    Attributes:
        decay: q, what is left after one unit: an update, an epoch or the whole run.

    Note:
        PyTorch's ExponentialLR, optax and Keras are equal where all count updates.
    """

    decay: Annotated[float, Interval(1e-6, 1, open_high=True, symbol="q", scale="complement")] = (
        0.95
    )
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "epochs"
    name: Literal["exponential"] = "exponential"

    formula: ClassVar = "f = q^k"
    source: ClassVar = ""
    falls_to: ClassVar = "decay"

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return the powers of the decay."""
        return powers(self.decay, done / clock.each)


@final
@dataclass(frozen=True)
class InverseTime(Schedule):
    """Divide the rate by a number that grows evenly: fast at first, then ever more slowly.

        f = 1 / (1 + q k / n)

    Attributes:
        every: n, the time in which the divisor grows by q.
        decay: q, the growth of the divisor in a time of n.

    Note:
        Keras' InverseTimeDecay is equal; PyTorch and optax have none.

    Source:
        Robbins and Monro (1951), A stochastic approximation method, Annals of Mathematical
        Statistics 22(3): steps like 1 / k are small enough in the end, and reach everywhere.
    """

    every: Every = 10.0
    decay: Annotated[float, Interval(1e-6, 1e6, symbol="q", scale="log")] = 1.0
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "epochs"
    name: Literal["inverse_time"] = "inverse_time"

    formula: ClassVar = r"f = \frac{1}{1 + q k / n}"
    source: ClassVar = "Robbins and Monro (1951), doi:10.1214/aoms/1177729586"
    lengths: ClassVar = ("every",)

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return one over the divisors."""
        return np.asarray(1 / (1 + self.decay * done / self._length("every", clock)))


@final
@dataclass(frozen=True)
class PolynomialDecay(Schedule):
    """Fall to an end value along a straight line, or along a power of it.

        f = e + (1 - e) (1 - min(k, N) / N)^p

    Attributes:
        power: p, the power; 1 is a straight line.
        end: e, the factor that the update after the last of N would have; above 0 if the run is
            longer.
        length: N and the warm-up together; the last value holds after it.

    Note:
        optax, Keras and PyTorch's LinearLR (p = 1) and PolynomialLR (e = 0) are equal.

    Raises:
        InvalidInput: the warm-up is not shorter than the length.
    """

    power: Annotated[float, Interval(0.1, 10, symbol="p")] = 1.0
    end: End = 0.0
    length: Length = 1.0
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "share"
    name: Literal["polynomial"] = "polynomial"

    formula: ClassVar = r"f = e + (1 - e) \left(1 - \frac{\min(k, N)}{N}\right)^p"
    source: ClassVar = ""
    lengths: ClassVar = ("length",)
    falls_to: ClassVar = "end"

    def __post_init__(self) -> None:
        """Refuse lengths that make no sense."""
        super().__post_init__()
        self._fits_warm_up(self.length)

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return the powers of what is left."""
        length = self._rest(clock)
        left = 1 - np.minimum(done, length) / length
        return np.asarray(self.end + (1 - self.end) * left**self.power)


@final
@dataclass(frozen=True)
class Cosine(Schedule):
    """Fall to an end value along half a wave of a cosine: slowly, fast, slowly.

        f = e + (1 - e) (1 + cos(pi min(k, N) / N)) / 2

    Attributes:
        end: e, the factor that the update after the last of N would have; above 0 if the run is
            longer.
        length: N and the warm-up together; the last value holds after it.

    Note:
        PyTorch's CosineAnnealingLR, optax and Keras are equal up to N; after it PyTorch's rises
        again, where the others hold the end value as here.

    Raises:
        InvalidInput: the warm-up is not shorter than the length.

    Source:
        Loshchilov and Hutter (2017), SGDR: Stochastic gradient descent with warm restarts,
        arXiv:1608.03983, equation 5, without restarts.
    """

    end: End = 0.0
    length: Length = 1.0
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "share"
    name: Literal["cosine"] = "cosine"

    formula: ClassVar = r"f = e + (1 - e) \, \frac{1 + \cos(\pi \min(k, N) / N)}{2}"
    source: ClassVar = "Loshchilov and Hutter (2017), arXiv:1608.03983"
    lengths: ClassVar = ("length",)
    falls_to: ClassVar = "end"

    def __post_init__(self) -> None:
        """Refuse lengths that make no sense."""
        super().__post_init__()
        self._fits_warm_up(self.length)

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return half a wave."""
        length = self._rest(clock)
        return half_wave(np.minimum(done, length), length, self.end)


def powers(base: float, exponents: Array | Integers) -> Array:
    """Return powers, each rounded as Python does it, which is the same on every processor."""
    return np.array([base**exponent for exponent in exponents.tolist()], dtype=float)


def half_wave(done: Array | Integers, length: Array | float, end: float) -> Array:
    """Return values that fall from 1 at 0 to ``end`` at ``length``, along a cosine."""
    return np.asarray(end + (1 - end) * (1 + np.cos(np.pi * done / length)) / 2)
