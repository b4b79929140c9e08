"""Rules for tests alone that ask for more than gradients, each in one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

import numpy as np

from engine.limits import Interval
from engine.rules.rule import Rule, Slot

if TYPE_CHECKING:
    from engine.arrays import Array, State
    from engine.rules.rule import Moment


class _Plain(Rule):
    """SGD; what is asked for is not used."""

    family: ClassVar = "second_order"
    default_learning_rate: ClassVar = 0.1
    formula: ClassVar = r"d_t = g_t"
    source: ClassVar = "Nobody (2000)"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient."""
        return moment.grads, state


@final
@dataclass(frozen=True)
class Steady(_Plain):
    """A rule that makes sense with the gradient of all rows alone."""

    name: Literal["steady"] = "steady"

    title: ClassVar = "Steady"
    needs: ClassVar = frozenset({"all_rows"})


@final
@dataclass(frozen=True)
class Layered(_Plain):
    """A rule of the layers of a network."""

    name: Literal["layered"] = "layered"

    title: ClassVar = "Layered"
    family: ClassVar = "layers"
    needs: ClassVar = frozenset({"layers"})


@final
@dataclass(frozen=True)
class Curved(_Plain):
    """A rule that follows the Hessian of a test function."""

    name: Literal["curved"] = "curved"

    title: ClassVar = "Curved"
    needs: ClassVar = frozenset({"hessian"})


@final
@dataclass(frozen=True)
class Twice(_Plain):
    """A rule that takes two gradients per update, with fields of every kind.

    Attributes:
        inner: a rule that it could be around.
        period: a whole number.
        radius: any number above 0.
    """

    inner: Literal["sgd", "adam"] = "sgd"
    period: Annotated[int, Interval(1, 100, symbol="k")] = 5
    radius: Annotated[float, Interval(0, 1, open_low=True, symbol=r"\rho", scale="log")] = 0.01
    name: Literal["twice"] = "twice"

    title: ClassVar = "Twice"
    family: ClassVar = "wrappers"

    def looks_at(self, moment: Moment, state: State) -> Array:
        """Return the parameters themselves: the second gradient is the first."""
        del state
        return moment.params


@final
@dataclass(frozen=True)
class Lagging(_Plain):
    """A rule that reports the mean of its iterates."""

    name: Literal["lagging"] = "lagging"

    title: ClassVar = "Lagging"
    family: ClassVar = "averages"
    slots: ClassVar = (Slot("offset", "o"),)

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient."""
        (offset,) = state
        offset += moment.rate * moment.grads
        offset *= 1 - 1 / moment.step
        return moment.grads, state

    def evaluated(self, moment: Moment, state: State) -> Array:
        """Return the mean."""
        return np.add(moment.params, state[0])


DEMANDING = (Steady, Layered, Curved, Twice, Lagging)
