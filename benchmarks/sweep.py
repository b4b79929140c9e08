"""What a large sweep takes: ``python -m benchmarks.sweep [SETTINGS]``.

The default network is trained for 600 updates with five seeds at so many settings of each of its
seven runs, by a process for each core; then a folder of a million lanes is opened again. For a
quiet machine: it prints what it measured, and promises nothing.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from engine.training.chunks import ChunkResult
from sweeps.chunking import Chunk, Chunking
from sweeps.spec import SweepSpec
from sweeps.store import Folder, opened
from sweeps.tables import SCORES, rows

_SETTINGS: Final = 3_000  # of each of seven runs, with five seeds: 105,000 lanes
_MILLION: Final = 29_000  # a million
_SHARDS: Final = 800


def _spec(settings: int) -> SweepSpec:
    """Return a sweep with about so many settings of each run."""
    few = min(settings, 1_000)
    rates = {"field": "learning_rate", "low": 1e-4, "high": 1, "count": few, "scale": "log"}
    decays = {"field": "problem.l2", "values": np.linspace(0, 0.01, settings // few).tolist()}
    fields = {"experiment": {"seeds": range(5)}, "axes": [rates, decays]}
    return SweepSpec.model_validate(fields)


def _trained(folder: Path, spec: SweepSpec) -> None:
    """Train a sweep by the command, and tell what it took."""
    cores = len(os.sched_getaffinity(0))
    size = Chunking(spec).size
    file = folder / "spec.json"
    file.write_text(spec.model_dump_json())
    command = [sys.executable, "-m", "descent_lab", "sweep", file, "--to", folder / "sweep"]
    began = time.perf_counter()
    subprocess.run(command, check=True)  # noqa: S603 - our own command
    took = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    held = (folder / "sweep" / "results.parquet").stat().st_size
    print(f"{size.lanes:,} lanes × {size.updates // size.lanes} updates on {cores} cores")
    print(f"  {took:.0f} s; estimated {size.seconds / cores:.0f} s")
    print(f"  {size.lanes / took / cores:,.0f} lanes/s and core")
    print(f"  {1e6 * (used.ru_utime + used.ru_stime) / size.updates:.2f} µs/update, all processes")
    print(f"  {used.ru_maxrss / 1e3:.0f} MB: the largest process")
    print(f"  {held / size.lanes:.0f} bytes/lane in results.parquet")


def _filled(folder: Folder, spec: SweepSpec) -> None:
    """Write made-up results of all lanes."""
    draw = np.random.default_rng(0)
    for seed in range(len(spec.experiment.seeds)):
        order = draw.permutation(len(spec.settings))
        for part in np.array_split(order, _SHARDS // len(spec.experiment.seeds)):
            count = len(part)
            result = ChunkResult(
                scores={name: draw.random(count) for name in SCORES}
                | {"last_step": np.full(count, 600)},
                first_steps=np.empty((count, 0)),
                curve=np.empty((count, 0)),
                status=["budget"] * count,
                seconds=1.0,
                worker="made up",
                numpy=np.__version__,
                processor="none",
            )
            folder.append([rows(spec, Chunk(part, seed, 0, 0.0), result)])


def _opened_again(path: Path, spec: SweepSpec) -> None:
    """Find what a folder holds, in a process of its own, and tell what it took."""
    script = (
        "import resource, sys, time; from pathlib import Path; from sweeps.spec import SweepSpec;"
        "from sweeps.chunking import Chunking; from sweeps.store import opened;"
        "began = time.perf_counter();"
        "spec = SweepSpec.model_validate_json(sys.stdin.read());"
        "chunking = Chunking(spec);"
        "folder = opened(Path(sys.argv[1]), spec);"
        "done = int(folder.__enter__().found().done.sum());"
        "took = time.perf_counter() - began;"
        "held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3;"
        "print(f'{done:,} lanes are there: opened again in {took:.1f} s, with {held:.0f} MB')"
    )
    command = [sys.executable, "-c", script, path]
    subprocess.run(command, input=spec.model_dump_json(), text=True, check=True)  # noqa: S603


def main() -> None:
    """Train a sweep, and open a larger one."""
    settings = int(sys.argv[1]) if len(sys.argv) > 1 else _SETTINGS
    with tempfile.TemporaryDirectory() as folder:
        _trained(Path(folder), _spec(settings))
        million = _spec(_MILLION)
        with opened(Path(folder) / "million", million) as made:
            _filled(made, million)
        _opened_again(Path(folder) / "million", million)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
