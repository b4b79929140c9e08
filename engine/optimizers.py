"""The rules, for notebooks; their home is ``engine.rules``."""

from engine.rules import (
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    AnyOptimizer,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
    hyperparameters,
)

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "AnyOptimizer",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSprop",
    "hyperparameters",
]
