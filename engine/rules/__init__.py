"""The rules (optimizers), in order of increasing complexity: gradients in, a direction out.

``RULES`` is the registry, and ``AnyRule`` the type of a field that takes any of them.
"""

from typing import TYPE_CHECKING, Annotated, Final, Union

from pydantic import Field

from engine.rules.adaptive import Adagrad, Adam, AdamW, RMSprop
from engine.rules.averages import AveragedSGD, ScheduleFreeAdamW, ScheduleFreeSGD
from engine.rules.momentum import QHM, SGD, Momentum, Nesterov
from engine.rules.rule import (
    Epsilon,
    Moment,
    Rule,
    Slot,
    choices,
    hyperparameters,
    stack,
    structure,
    validated,
)
from engine.rules.signs import Lion, Rprop, Signum

__all__ = [
    "QHM",
    "RULES",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "AnyRule",
    "AveragedSGD",
    "Epsilon",
    "Lion",
    "Moment",
    "Momentum",
    "Nesterov",
    "RMSprop",
    "Rprop",
    "Rule",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "Signum",
    "Slot",
    "choices",
    "hyperparameters",
    "stack",
    "structure",
    "validated",
]

RULES: Final = (
    SGD,
    Momentum,
    Nesterov,
    Adagrad,
    RMSprop,
    Adam,
    AdamW,
    Lion,
    Signum,
    QHM,
    Rprop,
    ScheduleFreeSGD,
    ScheduleFreeAdamW,
    AveragedSGD,
)

if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = Annotated[Union[RULES], Field(discriminator="name")]  # noqa: UP007 - of a tuple
