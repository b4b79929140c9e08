"""Inertia, a rule for tests alone: its class, written as CONTRIBUTING asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

from engine.limits import Interval
from engine.rules.rule import Rule, Slot

if TYPE_CHECKING:
    from engine.arrays import Array, State
    from engine.rules.rule import Moment


@final
@dataclass(frozen=True)
class Inertia(Rule):
    """Follow the mean of past gradients.

        u_t = chi u_{t-1} + (1 - chi) g_t
        d_t = u_t

    Attributes:
        inertness: chi, the share of the old mean kept each step.

    Source:
        Nobody (2000), A rule for tests.
    """

    inertness: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\chi", scale="complement")
    ] = 0.5
    name: Literal["inertia"] = "inertia"

    title: ClassVar = "Inertia"
    family: ClassVar = "averages"
    slots: ClassVar = (Slot("mean_so_far", "u"),)
    default_learning_rate: ClassVar = 2.0
    formula: ClassVar = r"u_t = \chi\,u_{t-1} + (1-\chi)\,g_t \qquad d_t = u_t"
    source: ClassVar = "Nobody (2000)"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the mean of past gradients."""
        (mean,) = state
        mean *= self.inertness
        mean += (1 - self.inertness) * moment.grads
        return mean, state
