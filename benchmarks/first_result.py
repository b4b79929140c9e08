"""From the start of a process to the first result, without a dashboard.

``seconds`` starts a fresh Python for one peer and stops the clock when it has printed its final
parameters. That process imports this module as a script: ours makes rows, weights and batches
itself and evaluates all rows after every epoch, as ``engine.fit`` does; a peer reads them from a
file and evaluates nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import workloads
from benchmarks.workloads import Array, Work


def seconds(module: str, work: Work) -> tuple[float, Array]:
    """Return the time from process start to the first result, and that result ``(runs, n_params)``.

    Args:
        module: the peer's module in this package.
        work: ``workloads.FIRST`` with its arrays.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "work.json")
        _write(work, file)
        command = [sys.executable, "-m", __name__, module, str(file)]  # inherits the one thread
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
            output = process.stdout.readline() if process.stdout else ""
            ended = time.perf_counter()
        if process.returncode != 0:
            raise RuntimeError(f"{module}: ended with exit status {process.returncode}")
    return ended - began, np.array(json.loads(output))


def _write(work: Work, file: Path) -> None:
    arrays = {
        "inputs": work.inputs.tolist(),
        "targets": work.targets.tolist(),
        "start": [[weights.tolist(), biases.tolist()] for weights, biases in work.start],
        "orders": work.orders.tolist(),
    }
    file.write_text(json.dumps(arrays), encoding="utf-8")


def _read(file: Path) -> Work:
    arrays = json.loads(file.read_text(encoding="utf-8"))
    start = [(np.array(weights), np.array(biases)) for weights, biases in arrays["start"]]
    inputs, targets, orders = (np.array(arrays[name]) for name in ("inputs", "targets", "orders"))
    return Work(workloads.FIRST, inputs, targets, start, orders)


def _params(module: str, file: Path) -> Array:
    """Train and return the final parameters ``(runs, n_params)``."""
    peer = import_module(f"benchmarks.{module}")
    if module == "ours":
        params: Array = peer.fit(workloads.FIRST).params
        return params
    training = peer.Training(_read(file))
    training.run()
    return training.answer().params


if __name__ == "__main__":
    print(json.dumps(_params(sys.argv[1], Path(sys.argv[2])).tolist()), flush=True)
