"""What the project promises about speed, measured: ``python -m benchmarks.limits``.

It prints every promise with its limit and the measurement, and exits with 1 if one is broken. No
test does this, because other work on the machine only ever adds to a measurement and must not fail
a test. Here the smallest of several measurements counts.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import engine
from charts.fits import Panel, fit_panels, slice_of
from charts.theme import RunStyle
from comparison.formulas import EXAMPLES
from engine import Budget, Experiment, Function, Network, Run, Sweep
from engine.formulas.formula import parse
from engine.problems.datasets import Blobs, Chebyshev, Digits, TwoMoons, generate, real
from engine.problems.finding import found
from engine.problems.formula import Formula
from engine.problems.functions import Rosenbrock
from engine.rules import RULES, SGD, Adam
from engine.training.chunks import train_chunk
from sweeps.chunking import Chunking
from sweeps.spec import SweepSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_MEASUREMENTS: Final = 5
_WINDOW: Final = engine.Window((-1.0, 1.0), (-1.0, 1.0))
_LARGEST: Final = Network(
    dataset=Blobs(rows=60_000, features=784, classes=10), hidden=(200, 200), loss="cross_entropy"
)
_WIDE: Final = Network(dataset=Digits(), hidden=(256, 256), loss="cross_entropy", activation="relu")
_TEN_CLASSES: Final = Network(dataset=Blobs(classes=10), hidden=(9,), loss="cross_entropy")
_FORMULAS: Final = (
    "x" * 10_000,
    "(" * 2_000,
    "-" * 1_999 + "x",
    "not " * 499 + "x",
    "x if " * 300,
    "f(" * 900,
    "x" + " + x" * 201,
)
_FIELDS: Final[tuple[dict[str, Any], ...]] = (
    {"seeds": range(10**9)},
    {"runs": [Run(optimizer=SGD(), learning_rate=0.1)] * 1_000},
    {"problem": {"kind": "network", "hidden": [10**9]}},
    {"budget": {"amount": 1e300}},
)


@dataclass(frozen=True)
class Promise:
    """A limit that may not be exceeded.

    Attributes:
        what: in words.
        limit: the most that is allowed.
        measure: returns what is measured, in the unit of the limit.
        unit: ``ms``, or ``times`` for a ratio.
    """

    what: str
    limit: float
    measure: Callable[[], float]
    unit: str = "ms"


def _least(work: Callable[[], object], measurements: int = _MEASUREMENTS) -> float:
    """Return the smallest processor time of some work in milliseconds."""
    times = []
    for _ in range(measurements):
        began = time.process_time()
        work()
        times.append(1e3 * (time.process_time() - began))
    return min(times)


def _refused(make: Callable[[], object]) -> float:
    def refused() -> None:
        try:
            make()
        except engine.InvalidInput:
            return
        raise RuntimeError("this should have been refused")

    return _least(refused)


def _formulas() -> float:
    return max(_refused(partial(parse, formula)) for formula in _FORMULAS)


def _typed_functions() -> float:
    """Return how long the dearest example takes from its text to window, start and minima."""

    def make(text: str) -> None:
        parse.cache_clear()
        found.cache_clear()
        _ = Formula(text=text).found

    return max(_least(partial(make, one.formula.text)) for one in EXAMPLES.values())


def _experiments() -> float:
    return max(_refused(partial(Experiment, **fields)) for fields in _FIELDS)


def _estimate() -> float:
    runs = [Run(optimizer=rule(), learning_rate=0.1, batch_size=1) for rule in RULES[:7]]
    experiment = Experiment(problem=_LARGEST, runs=runs, budget=Budget(amount=10_000))
    return _least(lambda: engine.estimate(experiment))


def _digits() -> float:
    def read() -> None:
        real._read.cache_clear()  # noqa: SLF001 - the first reading is the promise
        generate(Digits(), 0)

    return _least(read)


def _panels() -> float:
    runs = [Run(optimizer=rule(), learning_rate=0.05, batch_size=16) for rule in (RULES * 2)[-12:]]
    experiment = Experiment(problem=_TEN_CLASSES, runs=runs, budget=Budget(amount=3))
    shown = [
        Panel(RunStyle(f"Run {number}", number), run.params[0, -1])
        for number, run in enumerate(engine.fit(experiment).runs)
    ]
    cut = slice_of(engine.data(experiment), (0, 1))
    return _least(lambda: fit_panels(_TEN_CLASSES, cut, shown, "epoch 3"))


def _pause(work: Generator[object, Any, object]) -> float:
    """Return the median time between two pauses; a rare stall says little about the code."""
    moments = [time.perf_counter()]
    moments += [time.perf_counter() for _pause in work]
    return 1e3 * statistics.median(np.diff(moments))


def _training_pause() -> float:
    runs = [Run(optimizer=rule(), learning_rate=0.01, batch_size="all") for rule in (SGD, Adam)]
    return _pause(engine.train(Experiment(problem=_WIDE, runs=runs, budget=Budget(amount=20))))


def _sharp() -> Experiment:
    """Return 4,000 steps of a network of 321 parameters, at the edge of stability."""
    network = Network(
        dataset=Chebyshev(),
        validation_share=0.0,
        hidden=(16, 16),
        loss="half_mean_squared_error",
    )
    run = Run(optimizer=SGD(), learning_rate=0.4, batch_size="all")
    budget = Budget(amount=4_000, unit="iterations")
    return Experiment(problem=network, runs=[run], budget=budget)


def _sharpness() -> float:
    return _least(lambda: engine.measure_sharpness(_sharp(), 100))


def _sharpness_seconds() -> float:
    estimated = engine.estimate_sharpness(_sharp(), 10).cost.seconds
    return _apart(1e3 * estimated, _least(lambda: engine.measure_sharpness(_sharp(), 10)))


def _sharpness_pause() -> float:
    runs = [Run(optimizer=rule(), learning_rate=0.01, batch_size="all") for rule in (SGD, Adam)]
    experiment = Experiment(problem=_WIDE, runs=runs, budget=Budget(amount=4))
    return _pause(engine.measuring_sharpness(experiment, 1))


def _surface(experiment: Experiment, size: int) -> Generator[object, Any, object]:
    start = engine.initial_params(experiment, seed=0)
    plane = engine.Plane(start, np.eye(len(start))[:2])
    return engine.surface(experiment, plane, _WINDOW, size)


def _surface_pause() -> float:
    return _pause(_surface(Experiment(problem=Network(hidden=(32, 32))), 121))


def _apart(estimated: float, taken: float) -> float:
    return max(estimated / taken, taken / estimated)


@cache
def _trained() -> tuple[Experiment, ...]:
    run = Run(optimizer=Adam(), learning_rate=0.01, batch_size=1)
    iterations = Budget(amount=3_000, unit="iterations")
    function = Experiment(problem=Function(), runs=[run], budget=iterations)
    return Experiment(budget=Budget(amount=150)), function


def _training_seconds() -> float:
    return max(
        _apart(1e3 * engine.estimate(experiment).seconds, _least(partial(engine.fit, experiment)))
        for experiment in _trained()
    )


def _surface_seconds() -> float:
    run = Run(optimizer=SGD(), learning_rate=1e-3, batch_size=1)
    function = Experiment(problem=Function(function=Rosenbrock()), runs=[run])
    ratios = []
    for experiment in (Experiment(problem=Network(dataset=TwoMoons(), hidden=(4, 3))), function):
        taken = _least(lambda experiment=experiment: list(_surface(experiment, 121)))
        # What a surface takes besides its points is not estimated.
        ratios.append(_apart(1e3 * engine.estimate_surface(experiment, 121).seconds + 2, taken))
    return max(ratios)


def _lanes(count: int) -> Sweep:
    runs = [Run(optimizer=RULES[n % 7](), learning_rate=1e-4 * 1.02**n) for n in range(count)]
    return Sweep(runs=runs)


def _many_lanes() -> float:
    """Return the cost of a lane among 256 over that of one among 35, measured in turns."""
    few, many = [], []
    for _ in range(_MEASUREMENTS):
        few.append(_least(partial(engine.score, _lanes(35)), 1) / 35)
        many.append(_least(partial(engine.score, _lanes(256)), 1) / 256)
    return min(many) / min(few)


def _sweep_seconds() -> float:
    rates = {"field": "learning_rate", "low": 1e-4, "high": 1, "count": 70, "scale": "log"}
    chunking = Chunking(SweepSpec.model_validate({"axes": [rates]}))
    chunk = next(chunking.chunks(np.zeros((490, 1), dtype=bool)))
    taken = _least(partial(train_chunk, chunking.text(chunk)), 3)
    return _apart(1e3 * chunk.seconds, taken)


PROMISES: Final = (
    Promise("a hostile formula is refused", 50, _formulas),
    Promise("a typed function is ready for its surface", 50, _typed_functions),
    Promise("an impossible experiment is refused", 50, _experiments),
    Promise("the largest experiment is estimated", 50, _estimate),
    Promise("the digits are read", 200, _digits),
    Promise(
        "the largest blobs are made",
        10_000,
        lambda: _least(lambda: generate(_LARGEST.dataset, 0), 1),
    ),
    Promise("twelve fit panels are drawn", 150, _panels),
    Promise("a long training gives way", 50, _training_pause),
    Promise("a surface gives way", 50, _surface_pause),
    Promise("4,000 steps with 40 measurements", 1_000, _sharpness),
    Promise("measuring sharpness gives way", 50, _sharpness_pause),
    Promise("estimated and real time of measuring", 20, _sharpness_seconds, "times"),
    Promise("estimated and real time of a training", 20, _training_seconds, "times"),
    Promise("estimated and real time of a surface", 20, _surface_seconds, "times"),
    Promise("a lane among 256, over one among 35", 1.1, _many_lanes, "times"),
    Promise("estimated and real time of a sweep", 1.5, _sweep_seconds, "times"),
)


def main() -> None:
    """Measure every promise and print the table."""
    broken = False
    print(f"{'':<40}{'limit':>14}{'measured':>16}")
    for promise in PROMISES:
        measured = promise.measure()
        kept = measured <= promise.limit
        broken |= not kept
        print(
            f"{promise.what:<40}{promise.limit:>8g} {promise.unit:<5}{measured:>10.3g} "
            f"{promise.unit:<5} {'kept' if kept else 'BROKEN'}",
            flush=True,
        )
    sys.exit(broken)


if __name__ == "__main__":
    main()
