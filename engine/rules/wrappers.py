"""Rules around another rule, which is chosen by its id and has its default hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, TypeAlias, final

import numpy as np

from engine.limits import Interval
from engine.rules import adam_variants, adaptive, momentum, second_moments, signs
from engine.rules.rule import Rule, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Array, State
    from engine.rules.rule import Moment

# Those whose rules may stand inside another one.
_MODULES: Final = (momentum, adaptive, adam_variants, second_moments, signs)


def _stands_alone(rule: type[Rule]) -> bool:
    """Tell whether a rule asks for one gradient of one coordinate, and for nothing else."""
    plain = rule.looks_at is Rule.looks_at and rule.evaluated is Rule.evaluated
    return plain and rule.couples == "nothing" and not rule.needs


INNER: Final[Mapping[str, type[Rule]]] = MappingProxyType(
    {
        found.name: found
        for module in _MODULES
        for found in vars(module).values()
        if isinstance(found, type) and found.__module__ == module.__name__
        if issubclass(found, Rule) and _stands_alone(found)
    }
)
"""The rules that may stand inside another one, by their ids."""

if TYPE_CHECKING:
    Inner: TypeAlias = str
else:
    Inner = Literal[tuple(INNER)]


@final
@dataclass(frozen=True)
class Lookahead(Rule):
    """Let another rule run ahead for k updates, then go only a share of the way that it went.

        q_t = direction of the inner rule
        a_t = o_{t-1} - eta q_t, how far it is from where it last set out
        d_t = q_t,                          o_t = a_t   unless k divides t
        d_t = q_t + (1 - alpha) a_t / eta,  o_t = 0     at every k-th update

    Attributes:
        inner: the rule that runs ahead.
        period: k, its updates before a share of the way is kept.
        share: alpha, that share; with 1 it is the inner rule.

    Note:
        The inner rule forgets nothing where it is set back (optax and pytorch_optimizer, which keep
        the slow weights themselves; o is fast - slow). The paper also tries to reset or to
        interpolate the inner state. PyTorch and Keras have no Lookahead.

    Source:
        Zhang, Lucas, Hinton and Ba (2019), Lookahead optimizer: k steps forward, 1 step back,
        algorithm 1.
    """

    inner: Inner = "adam"
    period: Annotated[int, Interval(1, 100, symbol="k")] = 5
    share: Annotated[float, Interval(0, 1, symbol=r"\alpha")] = 0.5
    name: Literal["lookahead"] = "lookahead"

    title: ClassVar = "Lookahead"
    family: ClassVar = "wrappers"
    default_learning_rate: ClassVar = 0.1
    formula: ClassVar = (
        r"q_t = \operatorname{inner}(g_t) \qquad a_t = o_{t-1} - \eta\,q_t \qquad"
        r" \chi_t = [k\,|\,t] \\"
        r"d_t = q_t + \chi_t\,(1-\alpha)\,a_t / \eta \qquad o_t = (1-\chi_t)\,a_t"
    )
    source: ClassVar = "Zhang, Lucas, Hinton & Ba (2019), algorithm 1, arXiv:1907.08610"

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return those of the inner rule, and how far it has run ahead."""
        return (*INNER[self.inner]().slots, Slot("lead", "o"))

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the inner direction, and at every k-th update part of the way back."""
        *inner, lead = state
        direction, new = INNER[self.inner]().direction(moment, tuple(inner))
        lead -= moment.rate * direction
        if moment.step % self.period == 0:
            direction = direction + (1 - self.share) * lead / moment.rate
            lead[:] = 0
        return direction, (*new, lead)

    def scale(self, moment: Moment, state: State) -> Array | float:
        """Return that of the inner rule."""
        return INNER[self.inner]().scale(moment, state[:-1])


@final
@dataclass(frozen=True)
class SAM(Rule):
    """Give another rule the gradient of a point uphill, where a sharp minimum is steep.

        e_t = rho g_t / (||g_t|| + 1e-12)
        h_t = gradient of the same batch at theta_{t-1} + e_t
        d_t = direction of the inner rule for h_t

    Attributes:
        inner: the rule that is given the second gradient.
        radius: rho, how far uphill it is taken; with 0 it is the inner rule at twice the price.

    Note:
        The norm is that of all parameters together, and 1e-12 keeps the division finite
        (pytorch_optimizer; the authors' code has no such number, optax neither). PyTorch and Keras
        have no SAM.

    Source:
        Foret, Kleiner, Mobahi and Neyshabur (2021), Sharpness-aware minimization for efficiently
        improving generalization, algorithm 1.
    """

    inner: Inner = "sgd"
    radius: Annotated[float, Interval(0, 10, symbol=r"\rho")] = 0.05
    name: Literal["sam"] = "sam"

    title: ClassVar = "SAM"
    family: ClassVar = "wrappers"
    couples: ClassVar = "lane"
    default_learning_rate: ClassVar = 1.0
    formula: ClassVar = (
        r"e_t = \rho\,\frac{g_t}{\|g_t\| + 10^{-12}} \qquad"
        r" h_t = \nabla L(\theta_{t-1} + e_t) \qquad d_t = \operatorname{inner}(h_t)"
    )
    source: ClassVar = "Foret, Kleiner, Mobahi & Neyshabur (2021), arXiv:2010.01412"

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return those of the inner rule."""
        return INNER[self.inner]().slots

    def looks_at(self, moment: Moment, state: State) -> Array:
        """Return the points a radius uphill."""
        norms = np.sqrt(np.vecdot(moment.grads, moment.grads))[:, None]
        return moment.params + self.radius * moment.grads / (norms + 1e-12)

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the direction of the inner rule."""
        return INNER[self.inner]().direction(moment, state)

    def corrected(self, moment: Moment, state: State) -> State:
        """Return what the inner rule corrects."""
        return INNER[self.inner]().corrected(moment, state)

    def scale(self, moment: Moment, state: State) -> Array | float:
        """Return that of the inner rule."""
        return INNER[self.inner]().scale(moment, state)
