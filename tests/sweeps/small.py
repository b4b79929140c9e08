"""A small sweep, crews that train it, and chunks that go wrong on purpose."""

import os
import signal
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

from engine.problems.datasets.own import own_table
from engine.problems.datasets.table import table
from engine.training.chunks import train_chunk
from sweeps.chunking import Chunking
from sweeps.runner import Runner
from sweeps.spec import SweepSpec
from sweeps.store import opened

# 2 rules x 3 rates x 2 batch sizes = 12 settings with 3 seeds: 36 lanes, of which 12 diverge.
SPEC = SweepSpec.model_validate(
    {
        "experiment": {
            "problem": {
                "kind": "network",
                "dataset": {"name": "line", "rows": 40},
                "loss": "mean_squared_error",
                "hidden": [3],
            },
            "runs": [
                {"optimizer": {"name": "sgd"}, "learning_rate": 0.1, "batch_size": 8},
                {"optimizer": {"name": "adam"}, "learning_rate": 0.1, "batch_size": 8},
            ],
            "budget": {"amount": 4},
            "seeds": [3, 1, 2],
        },
        "axes": [
            {"field": "learning_rate", "values": [0.01, 0.1, 1e6]},
            {"field": "batch_size", "values": [8, "all"]},
        ],
        "targets": [0.5],
        "curve_points": 3,
    }
)
# The same on a reader's table, whose rows every worker must be given.
TABLE = table(["x", "y"], [[row / 40 for row in range(40)], [row**2 / 900 for row in range(40)]])
ON_TABLE = SweepSpec.model_validate(
    SPEC.model_dump()
    | {
        "experiment": SPEC.experiment.model_dump()
        | {
            "problem": SPEC.experiment.problem.model_dump()
            | {"dataset": own_table(TABLE, "squares", (0,), 1, "regression").model_dump()}
        }
    }
)
LANES = 36
KILLERS = 1  # lanes that ``train_poisoned`` dies of


class Here:
    """A crew of this process: chunks are trained when they are handed in."""

    def __init__(self, train=train_chunk, at_once=3):
        self.train, self.at_once = train, at_once
        self.texts, self.renewed, self.is_closed = [], 0, False

    def submit(self, text):
        future = Future()
        self.texts.append(text)
        try:
            future.set_result(self.train(text))
        except Exception as error:  # noqa: BLE001 - as a pool does
            future.set_exception(error)
        return future

    def renew(self):
        self.renewed += 1

    def close(self):
        self.is_closed = True


def swept(path, crew=None, *, spec=SPEC, retry=False):
    """Train what a folder misses and finish it; return the last state."""
    with opened(Path(path), spec) as folder, closing(crew or Here()) as workers:
        found = folder.found()
        done = found.done if retry else found.done | found.failed
        runner = Runner(folder, Chunking(spec), workers, done)
        for _ in runner.states():
            pass
        folder.finish()
        return runner.state()


def result_bytes(path):
    """The bytes of the final table."""
    return (Path(path) / "results.parquet").read_bytes()


def is_poisoned(text):
    """Tell whether a chunk holds the lane that kills; a few others without it may as well."""
    signs = ('"sgd"', '"learning_rate":1000000.0', '"batch_size":"all"', '"seeds":[1]')
    return all(sign in text for sign in signs)


def train_poisoned(text):
    """Train a chunk, or die of one of its lanes."""
    if is_poisoned(text):
        os.kill(os.getpid(), signal.SIGKILL)
    return train_chunk(text)
