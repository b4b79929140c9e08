"""The rules (optimizers), in order of increasing complexity: gradients in, a direction out.

``RULES`` is the registry, and ``AnyRule`` the type of a field that takes any of them.
"""

from typing import TYPE_CHECKING, Annotated, Final, Union

from pydantic import Field

from engine.rules.adam_variants import Adamax, AMSGrad, NAdam, RAdam
from engine.rules.adaptive import Adadelta, Adagrad, Adam, AdamW, RMSprop
from engine.rules.averages import AveragedSGD, ScheduleFreeAdamW, ScheduleFreeSGD
from engine.rules.kronecker import SOAP, Shampoo
from engine.rules.layers import LAMB, LARS, Adafactor, Muon
from engine.rules.momentum import QHM, SGD, Momentum, Nesterov
from engine.rules.prodigy import Prodigy
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
from engine.rules.second_moments import AdaBelief, Adan, Yogi
from engine.rules.second_order import LBFGS, Newton
from engine.rules.signs import Lion, Rprop, Signum
from engine.rules.wrappers import INNER, SAM, Lookahead

__all__ = [
    "INNER",
    "LAMB",
    "LARS",
    "LBFGS",
    "QHM",
    "RULES",
    "SAM",
    "SGD",
    "SOAP",
    "AMSGrad",
    "AdaBelief",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Adan",
    "AnyRule",
    "AveragedSGD",
    "Epsilon",
    "Lion",
    "Lookahead",
    "Moment",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "Newton",
    "Prodigy",
    "RAdam",
    "RMSprop",
    "Rprop",
    "Rule",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "Shampoo",
    "Signum",
    "Slot",
    "Yogi",
    "choices",
    "hyperparameters",
    "stack",
    "structure",
    "validated",
]

RULES: Final = (
    *(SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW),
    *(AMSGrad, NAdam, RAdam, Adamax, Adadelta, Lion, Signum, QHM, AdaBelief, Yogi, Adan),
    *(Rprop, ScheduleFreeSGD, ScheduleFreeAdamW, AveragedSGD, Lookahead, SAM),
    *(Muon, LAMB, LARS, Prodigy, Shampoo, SOAP, Adafactor, LBFGS, Newton),
)

if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = Annotated[Union[RULES], Field(discriminator="name")]  # noqa: UP007 - of a tuple
