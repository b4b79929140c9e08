"""Replay exported runs elsewhere: do the scripts of a bundle give the engine's losses?

Trains small comparisons of every rule on every loss, activation and test function, writes their
bundles, and runs the scripts of one library with this Python, which must have it::

    pip install torch
    python -m tests.reference.replays pytorch

A script itself compares its losses with the recorded ones and fails where one of the first
ones departs by more than 1e-9; the first one that does at all is reported. ``make test-torch`` does
this for PyTorch in an environment of its own.

The rules that have a form there are replayed a second time without it, by their formula in NumPy.
"""

from __future__ import annotations

import io
import runpy
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from comparison.document import Document, with_default_view
from engine import Budget, Experiment, Function, Network, Run, fit, minimize
from engine.problems.datasets import Blobs, Line, Sine, SingleRow, TwoMoons
from engine.problems.functions import FUNCTIONS, Rosenbrock
from engine.rules import typed_rule
from engine.rules.clipping import CLIPPINGS, ClipNorm
from exports.bundle import bundle
from exports.scripts import FRAMEWORKS
from exports.scripts.translations import TRANSLATIONS
from exports.scripts.translations.translation import Translation
from exports.scripts.typed import class_name, torch_code
from storage.writing import write_all
from tests.engine.rules import own
from tests.engine.rules.facts import portions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.rules import Rule

_RATE: Final = 0.01  # stable for every rule on everything below
_EPOCHS: Final = Budget(amount=12)
_FORMULAS: Final = {rule: Translation(certain=one.certain) for rule, one in TRANSLATIONS.items()}
_UPDATES: Final = Budget(amount=120, unit="iterations")


def comparisons() -> Iterator[tuple[str, Experiment]]:
    """Yield what is replayed, with what it is called."""
    yield "first view", Experiment()
    moons, blobs, line = TwoMoons(rows=200), Blobs(rows=200, classes=4), Line(rows=100)
    networks = {
        "sigmoid, l2, batches with replacement": Network(
            dataset=moons, activation="sigmoid", l2=0.01
        ),
        "leaky ReLU, no biases, four classes": Network(
            dataset=blobs, activation="leaky_relu", bias=False, loss="cross_entropy"
        ),
        "ReLU, one-hot targets, sigmoid outputs": Network(
            dataset=blobs, activation="relu", loss="mean_squared_error", output_activation="sigmoid"
        ),
        "two classes, one squared output": Network(dataset=moons, loss="half_mean_squared_error"),
        "two classes, two logits": Network(dataset=moons, loss="cross_entropy", hidden=()),
        "straight line, standardised": Network(
            dataset=line,
            hidden=(),
            loss="half_sum_of_squares",
            standardize=True,
            standardize_targets=True,
        ),
        "sine, tanh outputs": Network(
            dataset=Sine(rows=100), loss="mean_squared_error", output_activation="tanh"
        ),
    }
    for name, network in networks.items():
        sampling = "replacement" if "replacement" in name else "shuffled"
        yield from _compared(name, network, _EPOCHS, batch_size=16, sampling=sampling)
    row = Network(
        dataset=SingleRow(),
        hidden=(2,),
        activation="sigmoid",
        output_activation="sigmoid",
        bias=False,
        loss="half_sum_of_squares",
        validation_share=0.0,
    )
    # Later, where the slope is all but 0, last digits grow in rules that divide by its size.
    short = Budget(amount=50, unit="iterations")
    yield from _compared("one row with two targets", row, short, batch_size="all")
    for kind in CLIPPINGS:
        cut = {"batch_size": 16, "clipping": kind(0.02)}
        yield from _compared(f"clipped by {kind().name}", Network(dataset=moons), _EPOCHS, **cut)
    noisy = Function(noise=0.5, noise_seed=3)
    yield from _compared("noisy gradients", noisy, _UPDATES, batch_size="all")
    clipped = {"batch_size": "all", "clipping": ClipNorm(0.5)}
    yield from _compared("noisy gradients, clipped", noisy, _UPDATES, **clipped)
    for function in FUNCTIONS:
        problem = Function(function=function())
        name = f"function {function().name}"
        yield from _compared(name, problem, _UPDATES, batch_size="all", learning_rate=1e-4)


def _compared(
    name: str,
    problem: Network | Function,
    budget: Budget,
    learning_rate: float = _RATE,
    **cut: object,
) -> Iterator[tuple[str, Experiment]]:
    """Yield experiments of all rules."""
    all_rows = {"batch_size": "all", "sampling": "shuffled"}
    for rules in portions(problem):
        runs = [
            Run(
                optimizer=rule(),
                learning_rate=learning_rate,
                **(cut | all_rows if "all_rows" in rule.needs else cut),
            )
            for rule in rules
        ]
        yield name, Experiment(problem=problem, runs=runs, budget=budget, seeds=(0, 4))


def replayed(script: Path, seed: int) -> tuple[bool, list[str]]:
    """Run a script; return whether it found the engine's losses, and what it said."""
    output, given = io.StringIO(), sys.argv
    sys.argv = [str(script), str(seed)]
    try:
        with redirect_stdout(output):
            runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        return not end.code, output.getvalue().splitlines()
    finally:
        sys.argv = given
    return False, ["the script did not compare"]


def main(framework: str) -> int:
    """Replay everything in one library; print a line per script; return 1 where one departs."""
    equal = [
        one
        for name, experiment in comparisons()
        for translations in (TRANSLATIONS, _FORMULAS)
        for one in _replay_all(framework, name, experiment, translations)
    ]
    departing = equal.count(False)
    if framework == "pytorch":
        equal += _typed_optimizers()
    print(f"{len(equal)} scripts, {departing} depart within their first 100 updates")  # noqa: T201
    return int(departing > 0 or not equal)


def _typed_optimizers() -> Iterator[bool]:
    """Yield whether typed rules as optimizers of PyTorch end where the engine does."""
    import torch  # noqa: PLC0415 - in an environment of its own

    for name, text in vars(own).items():
        if not name.isupper() or name == "BETAS":
            continue
        rule = typed_rule(name.capitalize(), text)()
        path = minimize(Rosenbrock().gradient, [-1.0, 1.5], rule, 1e-3, 200)
        space: dict[str, Any] = {}
        exec(torch_code(rule, 1e-3), space)  # noqa: S102 - it is ours
        point = torch.tensor([-1.0, 1.5], dtype=torch.float64, requires_grad=True)
        optimizer = space[class_name(rule.title)]([point])
        for _ in range(200):
            point.grad = torch.tensor(Rosenbrock().gradient(point.detach().numpy()[None])[0])
            optimizer.step()
        equal = bool(abs(point.detach().numpy() - path[-1]).max() < 1e-9)
        print(f"{'equal' if equal else 'DEPARTS'}  typed {name}", flush=True)  # noqa: T201
        yield equal


def _replay_all(
    framework: str, name: str, experiment: Experiment, translations: Mapping[type[Rule], Any]
) -> Iterator[bool]:
    """Replay every run of an experiment; yield whether each gave the engine's losses."""
    document: Document = with_default_view(experiment)
    with tempfile.TemporaryDirectory() as folder:
        with mock.patch("exports.scripts.replay.TRANSLATIONS", translations):
            write_all(Path(folder), bundle(document, fit(experiment)))
        for script in sorted(Path(folder, "scripts").glob(f"{framework}_*.py")):
            equal, output = replayed(script, experiment.seeds[-1])
            how = " (formulas)" if translations is _FORMULAS else ""
            words = f"{'equal' if equal else 'DEPARTS'}  {name}{how}: {'; '.join(output)}"
            print(words, flush=True)  # noqa: T201
            yield equal


if __name__ == "__main__":
    (wanted,) = sys.argv[1:] or ["pytorch"]
    if wanted not in FRAMEWORKS:
        sys.exit(f"choose one of {', '.join(FRAMEWORKS)}")
    sys.exit(main(wanted))
