"""The rules, for notebooks; their home is ``engine.rules``."""

from engine.rules import (
    RULES,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    AnyRule,
    Momentum,
    Nesterov,
    RMSprop,
    Rule,
    hyperparameters,
)

OPTIMIZERS = RULES

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "AnyRule",
    "Momentum",
    "Nesterov",
    "RMSprop",
    "Rule",
    "hyperparameters",
]
