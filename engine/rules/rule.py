"""The rules (optimizers), in order of increasing complexity.

A rule turns a gradient into a **direction**; the loop owns ``params -= learning_rate * schedule *
direction``. A rule is a frozen dataclass of scalars. ``stack`` puts several runs of one rule into
columns, and then the same formula moves all their lanes at once: every array is ``(lanes,
n_params)``, every hyperparameter ``(lanes, 1)`` or, where all lanes share it, ``(1, 1)``.

Each ``direction`` is the formula, in the order of its paper. It may update its own slots in place
and returns them; it never writes to ``grads`` or ``params``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields, replace
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    TypeVar,
    cast,
    get_args,
    get_type_hints,
)

import numpy as np
from pydantic import TypeAdapter, ValidationError

from engine.limits import Interval
from engine.spec import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array, State

Epsilon = Annotated[float, Interval(1e-16, 1, symbol=r"\epsilon", scale="log")]


class Rule(ABC):
    """What every rule has: a name, slots, and one method.

    Attributes:
        name: the id in files, links and the registry.
        title: the proper name, the same in every language.
        slots: the names of the arrays that the rule remembers; each starts at zero, shaped like
            the parameters.
        slot_symbols: what the slots are called in ``formula``, without the index of the step.
        needs: what ``direction`` asks for besides the gradient: ``"params"`` or nothing.
        default_learning_rate: the rate of a run that is added with it
            (``benchmarks/default_rates.py``).
        formula: the rule in LaTeX, as the page shows it.
        source: where the rule was published.
    """

    name: str
    title: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()
    slot_symbols: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    default_learning_rate: ClassVar[float]
    formula: ClassVar[str]
    source: ClassVar[str]

    @abstractmethod
    def direction(self, grads: Array, state: State, step: int) -> tuple[Array, State]:
        """Return the direction and the new state.

        Args:
            grads: gradient of the loss, ``(lanes, n_params)``; left as it is.
            state: one array per slot, ``(lanes, n_params)``, in the order of ``slots``.
            step: number of this update, from 1.
        """

    def corrected(self, state: State, step: int) -> State:
        """Return the new slots corrected for their start at zero; none if the rule does not."""
        return ()

    def scale(self, state: State, step: int) -> Array | float:
        """Return what the direction multiplies the gradient, or its running mean, by.

        From the new state, for each parameter. The **effective learning rate** of a parameter is
        the learning rate times this number: 1 unless the rule gives each parameter its own rate.
        """
        return 1.0


SomeRule = TypeVar("SomeRule", bound=Rule)


def hyperparameters(rule: type[Rule]) -> dict[str, Interval]:
    """Return the hyperparameters of a rule with their intervals, in the order of its fields."""
    return dict(_intervals(rule))


@cache
def _intervals(rule: type[Rule]) -> tuple[tuple[str, Interval], ...]:
    hints = get_type_hints(rule, include_extras=True)
    names = [field.name for field in fields(cast("Any", rule)) if field.name != "name"]
    return tuple((name, get_args(hints[name])[1]) for name in names)


def validated(rule: SomeRule) -> SomeRule:
    """Return an equal rule whose fields were checked; raises ``InvalidInput``."""
    given = vars(rule)
    try:
        return _adapter(type(rule)).validate_python(given)
    except ValidationError as error:
        raise refusal(error, given) from None


@cache
def _adapter(rule: type[SomeRule]) -> TypeAdapter[SomeRule]:
    return TypeAdapter(rule)


def stack(rules: Sequence[SomeRule]) -> SomeRule:
    """Return one rule whose hyperparameters are columns ``(lanes, 1)``, a row per given rule.

    One that all share is ``(1, 1)``, which is faster; arrays round the same at any length.
    """
    columns = {}
    for name in hyperparameters(type(rules[0])):
        column = [[getattr(rule, name)] for rule in rules]
        columns[name] = np.array(column[:1] if column.count(column[0]) == len(column) else column)
    return replace(cast("Any", rules[0]), **columns)
