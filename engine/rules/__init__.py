"""The rules (optimizers), in order of increasing complexity: gradients in, a direction out.

``RULES`` is the registry, and ``AnyRule`` the type of a field that takes any of them.
"""

from typing import TYPE_CHECKING, Annotated, Final, Union

from pydantic import Field

from engine.rules.adaptive import Adagrad, Adam, AdamW, RMSprop
from engine.rules.kronecker import SOAP, Shampoo
from engine.rules.layers import LAMB, LARS, Adafactor, Muon
from engine.rules.momentum import SGD, Momentum, Nesterov
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

__all__ = [
    "LAMB",
    "LARS",
    "RULES",
    "SGD",
    "SOAP",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "AnyRule",
    "Epsilon",
    "Moment",
    "Momentum",
    "Muon",
    "Nesterov",
    "RMSprop",
    "Rule",
    "Shampoo",
    "Slot",
    "choices",
    "hyperparameters",
    "stack",
    "structure",
    "validated",
]

RULES: Final = (
    *(SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW),
    *(Muon, LAMB, LARS, Shampoo, SOAP, Adafactor),  # they see the matrices of layers
)

if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = Annotated[Union[RULES], Field(discriminator="name")]  # noqa: UP007 - of a tuple
