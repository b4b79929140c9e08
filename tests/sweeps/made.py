"""Sweeps whose lanes are made by hand: what was trained is whatever a test says."""

from dataclasses import replace

import numpy as np

from sweeps.lanes import STATUSES, no_lanes
from sweeps.spec import SweepSpec

BUDGET = 50  # epochs, of one update each
RULES = ("sgd", "momentum", "nesterov", "adam")


def spec(runs=2, rates=(0.1, 1.0), seeds=6, problems=1, targets=(), budgets=(), **fields):
    """A sweep of some rules over rates: a setting for each rate, with an update an epoch.

    Further settings are of other problems, whose penalties differ, or whose budgets.
    """
    axes = [{"field": "learning_rate", "values": list(rates)}]
    if problems > 1:
        axes.append({"field": "problem.l2", "values": [at / 100 for at in range(problems)]})
    if budgets:
        axes.append({"field": "budget.amount", "values": list(budgets)})
    experiment = {
        "problem": {
            "kind": "network",
            "dataset": {"name": "line", "rows": 40},
            "loss": "mean_squared_error",
            "hidden": [],
        },
        "runs": [
            {"optimizer": {"name": rule}, "learning_rate": 0.1, "batch_size": "all"}
            for rule in RULES[:runs]
        ],
        "budget": {"amount": BUDGET},
        "seeds": list(range(10, 10 + seeds)),
    }
    return SweepSpec.model_validate(
        {"experiment": experiment | fields, "axes": axes, "targets": list(targets)}
    )


def made(sweep, losses, times=None, start=1.0):
    """Lanes with these final losses, ``(settings, seeds)``, and times to all targets.

    A loss of infinity is a lane that diverged, NaN one that is not trained yet.
    """
    losses = np.array(losses, dtype=float)
    lanes = no_lanes(sweep)
    status = np.full(lanes.status.shape, STATUSES.index("budget"))
    status[np.isinf(losses)] = STATUSES.index("diverged")
    status[np.isnan(losses)] = 0
    first_steps = lanes.first_steps.copy()
    if times is not None:
        first_steps[:] = np.array(times, dtype=float)
    loss = "validation_loss" if sweep.experiment.problem.n_validation else "training_loss"
    first = np.where(np.isnan(losses), np.nan, start)
    scores = {f"{name}_final": losses for name in {loss, "training_loss"}}
    scores |= {f"{name}_first": first for name in {loss, "training_loss"}}
    return replace(lanes, status=status, scores=scores, first_steps=first_steps)
