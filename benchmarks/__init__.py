"""The same work done by this engine and by what you would use instead, timed side by side."""

from __future__ import annotations

import os


def hold_to_one_thread() -> None:
    """Limit this process and those it starts to one thread and, where possible, one core.

    The comparison is about the work itself. Call this before NumPy or a peer is loaded: they read
    these variables only once.
    """
    for library in ("OPENBLAS", "OMP", "MKL", "VECLIB"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
