"""Record the numbers that the engine's version stands for: python -m tests.engine.record_golden.

Results are kept by keys that hold the version, so numbers may only change together with it.
"""

import json
import math
import sys
from pathlib import Path

from engine import Budget, Experiment, Function, Run, score
from engine.experiment import FORMAT_1_RUNS
from engine.problems.functions import Rosenbrock
from engine.rules import SGD, Adam
from engine.version import VERSION

FILE = Path(__file__).with_name("golden.json")
# NumPy's products may be summed in another order on another processor.
TOLERANCE = 1e-9
EXPERIMENTS = {
    "network": Experiment(runs=FORMAT_1_RUNS, budget=Budget(amount=3)),
    "function": Experiment(
        problem=Function(function=Rosenbrock(), noise=0.1),
        runs=[
            Run(optimizer=SGD(), learning_rate=0.001, batch_size="all"),
            Run(optimizer=Adam(), learning_rate=0.1, batch_size="all"),
        ],
        budget=Budget(amount=50),
    ),
}


def measured():
    """Return the version, and the final losses of each rule as the engine computes them now."""
    losses = {
        f"{name}.{run.optimizer.name}.{kind}": float(getattr(scores, kind).final[0])
        for name, experiment in EXPERIMENTS.items()
        for run, scores in zip(experiment.runs, score(experiment).runs, strict=True)
        for kind in ("training_loss", "validation_loss")
        if getattr(scores, kind) is not None
    }
    return {"version": VERSION, "losses": losses}


def changed(before, now):
    """Return the names of the losses that are not what they were."""
    both = before["losses"].keys() & now["losses"].keys()
    pairs = {name: (before["losses"][name], now["losses"][name]) for name in sorted(both)}
    return [
        name
        for name, (one, other) in pairs.items()
        if not math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=0)
    ]


def record(file, now):
    """Write the numbers to the file.

    Raises:
        SystemExit: they changed, and the version did not.
    """
    if file.exists():
        before = json.loads(file.read_text("utf-8"))
        if (names := changed(before, now)) and now["version"] <= before["version"]:
            sys.exit(f"Raise VERSION in engine/version.py: {', '.join(names)} changed.")
    file.write_text(json.dumps(now, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    record(FILE, measured())
