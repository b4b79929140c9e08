"""The engine of Descent Lab: optimizers compared from the same start with the same batches.

``Experiment`` says what is trained, ``train`` trains it step by step, ``fit`` to its end, and
``History`` is what there is to see. ``minimize`` follows a rule on any gradient. ``data``,
``initial_params``, ``batches`` and ``layers`` give what a replay elsewhere needs. NumPy, pydantic
and the standard library are all it imports.
"""

from engine import datasets, functions, optimizers
from engine.cost import Cost, estimate
from engine.errors import InvalidInput
from engine.experiment import (
    Budget,
    Experiment,
    Function,
    Network,
    Run,
    Stopping,
    Sweep,
    rate_sweep,
)
from engine.history import History, RunHistory, Series
from engine.limits import LIMITS, Interval
from engine.probes import gradient_norms, predictions
from engine.replay import batches, data, initial_params, layers
from engine.statistics import PairedDifference, Spread, paired_differences, spread
from engine.training import Progress, fit, minimize, train

__all__ = [
    "LIMITS",
    "Budget",
    "Cost",
    "Experiment",
    "Function",
    "History",
    "Interval",
    "InvalidInput",
    "Network",
    "PairedDifference",
    "Progress",
    "Run",
    "RunHistory",
    "Series",
    "Spread",
    "Stopping",
    "Sweep",
    "batches",
    "data",
    "datasets",
    "estimate",
    "fit",
    "functions",
    "gradient_norms",
    "initial_params",
    "layers",
    "minimize",
    "optimizers",
    "paired_differences",
    "predictions",
    "rate_sweep",
    "spread",
    "train",
]
