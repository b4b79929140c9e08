"""Print one table: this engine beside what you would use instead, all measured in one run.

    python -m benchmarks
    python -m benchmarks --only "batch 32" --repeats 9

Ends with an error, before any table, if a peer's parameters differ from ours: then it did other
work.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from benchmarks import first_result, jax_peer, ours, pytorch_peer, sklearn_peer, surface, timing
from benchmarks.timing import Peer, Timing
from benchmarks.workloads import CASES, FIRST, LARGE, SURFACE, Case

OURS: Final = Peer("ours", "ours", ours.Training)
PYTORCH: Final = Peer("PyTorch", "pytorch_peer", pytorch_peer.Training)
JAX: Final = Peer("JAX", "jax_peer", jax_peer.Training)
SKLEARN: Final = Peer("scikit-learn", "sklearn_peer", sklearn_peer.Training, sklearn_peer.part_of)

LARGE_SECONDS: Final = 0.1
FIRST_SECONDS: Final = 0.3
SURFACE_SIZE: Final = 101

HEADER: Final = (
    "work",
    "ours",
    "PyTorch",
    "is × ours",
    "wanted",
    "JAX",
    "is × ours",
    "compiles in",
    "scikit-learn",
    "is × ours",
    "evaluating: ours",
    "PyTorch is × ours",
    "JAX is × ours",
)


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="cases with this in their title")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="turns of each peer")
    options = parser.parse_args()
    if options.only in SURFACE.title:
        print(_surface(options.repeats), end="\n\n")
    rows = []
    for case in CASES:
        if options.only in case.title:
            print(case.title, file=sys.stderr)
            rows.append(_row(case, options.repeats))
    if rows:
        print(_conditions(options.repeats), end="\n\n")
        print(_markdown([HEADER, *rows]), end="\n\n")
    if not options.only:
        print(_whole_training(options.repeats))
        print(_first_results(options.repeats))


def _row(case: Case, repeats: int) -> tuple[str, ...]:
    """Measure a case and return its row of the table."""
    timings = timing.measure(OURS, [PYTORCH, JAX, SKLEARN], ours.work(case), repeats)
    evaluating = ("", "", "")
    if case.also_evaluated:
        work = ours.work(replace(case, evaluates=True))
        also = timing.measure(OURS, [PYTORCH, JAX], work, repeats)
        evaluating = (_time(also, OURS), _ratio(also, PYTORCH), _ratio(also, JAX))
    compilation = timings[JAX.name].first - timings[JAX.name].median
    return (
        case.title,
        _time(timings, OURS),
        _time(timings, PYTORCH),
        _ratio(timings, PYTORCH),
        _wanted(case, timings),
        _time(timings, JAX),
        _ratio(timings, JAX),
        f"{compilation:.1f} s",
        _time(timings, SKLEARN),
        _ratio(timings, SKLEARN),
        *evaluating,
    )


def _time(timings: dict[str, Timing], peer: Peer) -> str:
    return f"{_digits(timings[peer.name].microseconds)} µs" if peer.name in timings else ""


def _ratio(timings: dict[str, Timing], peer: Peer) -> str:
    return _digits(_times_ours(timings, peer)) if peer.name in timings else ""


def _digits(number: float) -> str:
    """Return three significant digits, never with an exponent."""
    return f"{number:#.3g}".rstrip(".") if number < 999 else f"{number:,.0f}"


def _times_ours(timings: dict[str, Timing], peer: Peer) -> float:
    return timings[peer.name].microseconds / timings[OURS.name].microseconds


def _wanted(case: Case, timings: dict[str, Timing]) -> str:
    """Return the case's aims, and whether they were met."""
    aims = []
    if case.times_pytorch is not None:
        met = _times_ours(timings, PYTORCH) >= case.times_pytorch
        aims.append(f"PyTorch ≥ {case.times_pytorch:g}{_verdict(met=met)}")
    if case.times_jax is not None:
        met = 1 / _times_ours(timings, JAX) <= case.times_jax
        aims.append(f"JAX ≥ {1 / case.times_jax:g}{_verdict(met=met)}")
    return ", ".join(aims)


def _verdict(*, met: bool) -> str:
    return "" if met else " MISSED"


def _conditions(repeats: int) -> str:
    """Return the conditions on which the numbers depend."""
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "torch", "jax", "scikit-learn")
    )
    return (
        "µs per parameter update of one run, median of "
        f"{repeats} interleaved turns; the final parameters of all agree to {timing.TOLERANCE:g}.\n"
        f"float64, one thread, {platform.machine()}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, {libraries}.\n"
        "scikit-learn: the runs of SGD and Momentum only. "
        "Evaluating: the loss of all rows after every epoch, too."
    )


def _markdown(rows: list[tuple[str, ...]]) -> str:
    """Return a table whose first row is the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def _whole_training(repeats: int) -> str:
    """Time ``engine.fit`` on many rows, including its data, evaluations and history."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        ours.fit(LARGE)
        seconds.append(time.perf_counter() - began)
    median = statistics.median(seconds)
    verdict = _verdict(met=median <= LARGE_SECONDS)
    return (
        f"{LARGE.title}, as a whole (data, evaluations, history): {median:.3f} s; "
        f"wanted ≤ {LARGE_SECONDS} s{verdict}"
    )


def _surface(repeats: int) -> str:
    """Time the loss on a plane."""
    seconds = surface.seconds(SURFACE, SURFACE_SIZE, repeats)
    first = seconds["ours"]
    times = ", ".join(f"{name} {value:.3f} s" for name, value in seconds.items())
    is_met = first <= surface.TIMES_JAX * seconds["JAX"]
    is_met = is_met and seconds["PyTorch"] >= surface.TIMES_PYTORCH * first
    return (
        f"{SURFACE.title}, {SURFACE_SIZE} x {SURFACE_SIZE} points, {SURFACE.rows} rows: {times}; "
        f"wanted: at most {surface.TIMES_JAX:g} x JAX's vmap, "
        f"PyTorch's vmap at least {surface.TIMES_PYTORCH:g} x ours{_verdict(met=is_met)}"
    )


def _first_results(repeats: int) -> str:
    """Time fresh processes, in turn."""
    work = ours.work(FIRST)
    seconds: dict[str, list[float]] = {peer.name: [] for peer in (OURS, PYTORCH, JAX)}
    for _ in range(repeats):
        for peer in (OURS, PYTORCH, JAX):
            took, params = first_result.seconds(peer.module, work)
            if peer is OURS:
                expected = params
            timing.compare(f"{peer.name}, first result", params, expected)
            seconds[peer.name].append(took)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    first = medians[OURS.name]
    verdict = _verdict(met=first <= min(FIRST_SECONDS, *medians.values()))
    times = ", ".join(f"{name} {median:.2f} s" for name, median in medians.items())
    return (
        f"{FIRST.title}, from the start of a process to the first result: {times}; "
        f"wanted: ours first, and ≤ {FIRST_SECONDS} s{verdict}"
    )
