"""Schedules that rise as well as fall, or hold before they fall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, final

import numpy as np

from engine.errors import InvalidInput
from engine.limits import Interval
from engine.rules.schedules.decays import End, half_wave, powers
from engine.rules.schedules.schedule import Length, ProgressUnit, Schedule, WarmUp

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.counts import Counts
    from engine.rules.schedules.schedule import Clock

_FINEST: Final = 100_000_000  # in longer cycles 1 + cos would round to 0 before their end


@final
@dataclass(frozen=True)
class WarmRestarts(Schedule):
    """Fall along half a wave of a cosine again and again, each time from the start, and longer.

        f = e + (1 - e) (1 + cos(pi j / n_i)) / 2, j updates into cycle i of n_i = n m^i

    Attributes:
        first: n, how long the first cycle is.
        grow: m, by how much each cycle is longer than the one before.
        end: e, the factor where a cycle ends, which no update has: the next cycle begins.

    Note:
        PyTorch's CosineAnnealingWarmRestarts, optax' sgdr_schedule without its warm-ups and Keras'
        CosineDecayRestarts are equal.

    Source:
        Loshchilov and Hutter (2017), SGDR: Stochastic gradient descent with warm restarts,
        arXiv:1608.03983, equation 5.
    """

    first: Annotated[float, Interval(0, 600_000_000, open_low=True, symbol="n")] = 10.0
    grow: Annotated[int, Interval(1, 10, symbol="m")] = 2
    end: End = 0.0
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "epochs"
    name: Literal["warm_restarts"] = "warm_restarts"

    formula: ClassVar = r"n_i = n \, m^i \\ f = e + (1 - e) \, \frac{1 + \cos(\pi j / n_i)}{2}"
    source: ClassVar = "Loshchilov and Hutter (2017), arXiv:1608.03983"
    lengths: ClassVar = ("first",)
    falls_to: ClassVar = "end"

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return half a wave in every cycle."""
        first = self._length("first", clock)
        if self.grow == 1:
            return half_wave(done % first, first, self.end)
        starts, lengths = [0], [first]
        while starts[-1] + lengths[-1] <= done.max(initial=0):
            starts.append(starts[-1] + lengths[-1])
            lengths.append(lengths[-1] * self.grow)
        cycle = np.searchsorted(starts, done, side="right") - 1
        return half_wave(done - np.array(starts)[cycle], np.array(lengths)[cycle], self.end)

    def check(self, counts: Counts, total: int) -> None:
        """Raise ``InvalidInput`` if the factor of an update would be 0."""
        super().check(counts, total)
        if self.end == 0 and max(total, counts.rows_seen(total)) > _FINEST:
            raise InvalidInput("out_of_range", "end", self.end, Interval(0, 1, open_low=True))


@final
@dataclass(frozen=True)
class OneCycle(Schedule):
    """Rise to the full rate, then fall far below where it began, all in one run.

        u = rho N - 1,
        f rises from 1 / D at k = 0 to 1 at k = u, and falls to 1 / (D F) at k = N - 1

    Attributes:
        rise: ρ, the share of N in which the rate rises.
        start_divisor: D; the first factor is 1 / D.
        end_divisor: F; the last factor is 1 / (D F).
        curve: half a wave of a cosine or a straight line, up and down.
        length: N and the warm-up together; the last value holds after it.
        warm_up: w, before the rise and all the way up to 1; a one-cycle needs none.

    Note:
        PyTorch's OneCycleLR without its cycle of the momentum, which is an error after N. optax and
        fastai reach the end one update after the last. Where rho N is at most 1, nothing rises.

    Raises:
        InvalidInput: the warm-up is not shorter than the length.

    Source:
        Smith and Topin (2019), Super-convergence: very fast training of neural networks using large
        learning rates, arXiv:1708.07120. There the rate falls back to its start first.
    """

    rise: Annotated[float, Interval(0.01, 0.99, symbol=r"\rho")] = 0.3
    start_divisor: Annotated[float, Interval(1, 1e4, symbol="D", scale="log")] = 25.0
    end_divisor: Annotated[float, Interval(1, 1e8, symbol="F", scale="log")] = 1e4
    curve: Literal["cosine", "linear"] = "cosine"
    length: Length = 1.0
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "share"
    name: Literal["one_cycle"] = "one_cycle"

    formula: ClassVar = (
        r"u = \rho N - 1 \\ k \le u: \quad f = \frac{1}{D} \rightarrow 1 \\"
        r" u < k < N: \quad f = 1 \rightarrow \frac{1}{D F}"
    )
    source: ClassVar = "Smith and Topin (2019), arXiv:1708.07120"
    lengths: ClassVar = ("length",)

    def __post_init__(self) -> None:
        """Refuse lengths that make no sense."""
        super().__post_init__()
        self._fits_warm_up(self.length)

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return the rise and the fall."""
        length = self._rest(clock)
        top, low = self.rise * length - 1, 1 / self.start_divisor
        reached = np.minimum(done, length - 1)
        rising = self._between(low, 1.0, reached / top) if top > 0 else np.ones(len(done))
        falling = (reached - top) / max(length - 1 - top, 1e-300)  # of 1 where nothing is left
        down = self._between(1.0, low / self.end_divisor, falling)
        return np.where(reached <= top, rising, down)

    def _between(self, start: float, end: float, share: Array) -> Array:
        """Return what lies this share of the way between two values."""
        if self.curve == "linear":
            return np.asarray((end - start) * share + start)
        return np.asarray(end + (start - end) / 2.0 * (np.cos(np.pi * share) + 1))


@final
@dataclass(frozen=True)
class Triangular(Schedule):
    """Rise and fall along straight lines, again and again.

        f = l + (1 - l) s^c (1 - |k / h - 2 c - 1|), in cycle c = floor(k / (2 h))

    Attributes:
        low: l, where each cycle begins and ends.
        half_cycle: h, how long the rate rises, and then falls.
        shrink: s, what is left of the height from cycle to cycle: 1 is *triangular* in PyTorch, and
            1/2 is *triangular2*.
        warm_up: w, before the first rise and all the way up to 1; cycles need none.

    Note:
        PyTorch's CyclicLR without its cycle of the momentum is equal.

    Source:
        Smith (2017), Cyclical learning rates for training neural networks, arXiv:1506.01186.
    """

    low: Annotated[float, Interval(1e-6, 1, symbol="l", scale="log")] = 0.1
    half_cycle: Annotated[float, Interval(0, 600_000_000, open_low=True, symbol="h")] = 5.0
    shrink: Annotated[float, Interval(0.1, 1, symbol="s")] = 1.0
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "epochs"
    name: Literal["triangular"] = "triangular"

    formula: ClassVar = (
        r"c = \lfloor k / (2 h) \rfloor \\ f = l + (1 - l) \, s^c (1 - | k / h - 2 c - 1 |)"
    )
    source: ClassVar = "Smith (2017), arXiv:1506.01186"
    lengths: ClassVar = ("half_cycle",)

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return the triangles."""
        half = self._length("half_cycle", clock)
        cycle = done // (2 * half)
        height = 1 - np.abs(done / half - 2 * cycle - 1)
        return np.asarray(self.low + (1 - self.low) * powers(self.shrink, cycle) * height)


@final
@dataclass(frozen=True)
class WarmUpStableDecay(Schedule):
    """Warm up, hold the full rate, and fall in the last part of the run.

        f = 1 up to k = N - c, then 1 - p, 1 - sqrt(p) or (1 + cos(pi p)) / 2,
        with p = (k - N + c) / c

    Attributes:
        cooldown: c, how long the rate falls at the end.
        curve: along a straight line, the square root or half a wave of a cosine.
        length: N and the warm-up together; the last value holds after it.

    Note:
        pytorch-optimizer's get_wsd_schedule warms up from 0, so that its first update does nothing;
        the rest is equal. 0 would be reached one update after the last.

    Raises:
        InvalidInput: warm-up and cooldown together are longer than the length.

    Source:
        Hu et al. (2024), MiniCPM: unveiling the potential of small language models with scalable
        training strategies, arXiv:2404.06395; the square root is of Hägele et al. (2024), Scaling
        laws and compute-optimal training beyond fixed training durations, arXiv:2405.18392.
    """

    cooldown: Annotated[float, Interval(0, 600_000_000, open_low=True, symbol="c")] = 0.2
    curve: Literal["linear", "root", "cosine"] = "linear"
    length: Length = 1.0
    warm_up: WarmUp = 0.05
    unit: ProgressUnit = "share"
    name: Literal["warm_up_stable_decay"] = "warm_up_stable_decay"

    formula: ClassVar = (
        r"p = \frac{k - N + c}{c} \\ k < N - c: \quad f = 1 \\"
        r" k \ge N - c: \quad f = 1 - p, \quad 1 - \sqrt{p}, \quad \frac{1 + \cos(\pi p)}{2}"
    )
    source: ClassVar = "Hu et al. (2024), arXiv:2404.06395"
    lengths: ClassVar = ("cooldown", "length")
    falls_to: ClassVar = "curve"

    def __post_init__(self) -> None:
        """Refuse lengths that make no sense."""
        super().__post_init__()
        self._fits_warm_up(self.length)
        if self.cooldown + self.warm_up > self.length * (1 + 1e-12):  # 0.7 + 0.3 may be above 1
            allowed = Interval(0, self.length - self.warm_up, open_low=True)
            raise InvalidInput("out_of_range", "cooldown", self.cooldown, allowed)

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return ones, then the fall."""
        length = self._rest(clock)
        cooldown = min(self._length("cooldown", clock), length)
        reached = np.minimum(done, length - 1)
        share = np.maximum(reached - (length - cooldown), 0) / cooldown
        if self.curve == "linear":
            return np.asarray(1 - share)
        if self.curve == "root":
            return np.asarray(1 - np.sqrt(share))
        return half_wave(share, 1.0, 0.0)
