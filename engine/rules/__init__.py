"""The rules (optimizers), in order of increasing complexity: gradients in, a direction out.

``RULES`` is the registry, and ``AnyRule`` the type of a field that takes any of them.
"""

from typing import Annotated, Final

from pydantic import Field

from engine.rules.adaptive import Adagrad, Adam, AdamW, RMSprop
from engine.rules.momentum import SGD, Momentum, Nesterov
from engine.rules.rule import Epsilon, Moment, Rule, Slot, hyperparameters, stack, validated

__all__ = [
    "RULES",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "AnyRule",
    "Epsilon",
    "Moment",
    "Momentum",
    "Nesterov",
    "RMSprop",
    "Rule",
    "Slot",
    "hyperparameters",
    "stack",
    "validated",
]

RULES: Final = (SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW)

AnyRule = Annotated[
    SGD | Momentum | Nesterov | Adagrad | RMSprop | Adam | AdamW,
    Field(discriminator="name"),
]
