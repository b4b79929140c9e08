"""The one schedule that looks at what the run does: it falls where the validation loss rests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple, final

import numpy as np

from engine.limits import LIMITS, Interval
from engine.rules.schedules.decays import Decay  # noqa: TC001 - pydantic reads it
from engine.rules.schedules.schedule import ProgressUnit, Schedule, WarmUp

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.rules.schedules.schedule import Clock

_EPOCHS = LIMITS["epochs"].high


class Watched(NamedTuple):
    """What a lane's schedule remembers of the validation losses.

    Attributes:
        factor: of the updates that follow.
        best: lowest loss that counted as better.
        bad: epochs since then, or since the last reduction.
        pause: epochs of the cooldown that are left.
    """

    factor: float = 1.0
    best: float = np.inf
    bad: int = 0
    pause: int = 0


@final
@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """Lower the rate whenever the validation loss has not improved for some epochs.

        better: m < best (1 - threshold)
        after more than ``patience`` epochs that are not better: f <- max(q f, least)

    Attributes:
        decay: q, what is left of the rate each time.
        patience: epochs without improvement that are borne; the next one lowers the rate.
        cooldown: epochs after a reduction that do not count.
        least: smallest factor.
        threshold: by which share a loss must lie below the best one.
        warm_up: w, how long the rate rises; epochs that end in it are not looked at.
        unit: of the warm-up. Everything else is counted in epochs.

    Note:
        This is PyTorch's ReduceLROnPlateau, which leaves out changes of a rate of less than 1e-8.
        Keras and optax lower the rate one epoch sooner. The validation loss includes the l2 term,
        it is looked at where every epoch ends, and it acts from the next update on.
    """

    decay: Decay = 0.1
    patience: Annotated[int, Interval(0, _EPOCHS, symbol="P")] = 10
    cooldown: Annotated[int, Interval(0, _EPOCHS, symbol="C")] = 0
    least: Annotated[float, Interval(1e-12, 1, symbol="l", scale="log")] = 1e-4
    threshold: Annotated[float, Interval(0, 1, open_high=True, symbol=r"\delta")] = 1e-4
    warm_up: WarmUp = 0.0
    unit: ProgressUnit = "epochs"
    name: Literal["plateau"] = "plateau"

    formula: ClassVar = (
        r"m_t < (1 - \delta) \, b: \quad b \leftarrow m_t, \quad a \leftarrow 0 \\"
        r" m_t \ge (1 - \delta) \, b: \quad a \leftarrow a + 1 \\"
        r" a > P: \quad f \leftarrow \max(q f, l), \quad a \leftarrow 0"
    )
    source: ClassVar = ""

    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return ones: what the losses do to them comes on top."""
        return np.ones(len(done))

    def watch(self, before: Watched, loss: float) -> Watched:
        """Return what is remembered after another epoch with this validation loss."""
        factor, best, bad, pause = before
        if loss < best * (1 - self.threshold):
            best, bad = loss, 0
        else:
            bad += 1
        if pause:
            bad, pause = 0, pause - 1
        if bad > self.patience:
            factor, bad, pause = max(factor * self.decay, self.least), 0, self.cooldown
        return Watched(factor, best, bad, pause)
