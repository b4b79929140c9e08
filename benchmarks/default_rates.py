"""Each rule's default learning rate: the best of a sweep on the default problem.

A rule that makes no sense on a network, such as Newton's, has no sweep: its class says why its rate
is what it is.

Run ``python -m benchmarks.default_rates`` with ids of rules, or without for all. The rates are in
``engine/rules`` as ``default_learning_rate``, and a test compares them with this sweep.

Every rule trains the default network at every rate of the 1-2-5 series from 1e-4 to 10, over
five seeds. A seed's score is its mean validation loss over the last quarter of the epochs, so that
a rate is not rewarded for ending in a chance dip; a diverged seed counts as infinitely bad. The
best rate has the lowest median score. Batches have 32 rows; a rule that needs all rows has them
all.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine import Experiment, Run, fit
from engine.experiment import misfit
from engine.limits import LIMITS
from engine.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.rules import Rule

RATES = (*(float(f"{digit}e{power}") for power in range(-4, 1) for digit in (1, 2, 5)), 10.0)
SEEDS = (0, 1, 2, 3, 4)


def is_swept(rule: type[Rule]) -> bool:
    """Tell whether a rule can train the default problem."""
    return misfit(Experiment().problem, _run(rule, 1.0)) is None


def sweep(
    rules: Sequence[type[Rule]] = RULES, rates: Sequence[float] = RATES
) -> dict[str, dict[float, float]]:
    """Return the median score for every rule and rate."""
    pairs = [(rule, rate) for rule in rules for rate in rates]
    size = int(LIMITS["runs"].high)
    medians: dict[str, dict[float, float]] = {rule().name: {} for rule in rules}
    for start in range(0, len(pairs), size):
        chosen = pairs[start : start + size]
        runs = tuple(_run(rule, rate) for rule, rate in chosen)
        history = fit(Experiment(runs=runs, seeds=SEEDS))
        for (rule, rate), run in zip(chosen, history.runs, strict=True):
            if run.validation_loss is None:
                raise RuntimeError("the default problem has validation rows")
            losses = run.validation_loss.last
            scores = losses[:, losses.shape[1] * 3 // 4 :].mean(axis=1)
            scores[run.diverged] = np.inf
            medians[rule().name][rate] = float(np.median(scores))
    return medians


def _run(rule: type[Rule], rate: float) -> Run:
    batch_size: Literal["all"] | int = "all" if "all_rows" in rule.needs else 32
    return Run(optimizer=rule(), learning_rate=rate, batch_size=batch_size)


if __name__ == "__main__":
    swept = [rule for rule in RULES if is_swept(rule)]
    wanted = [rule for rule in swept if rule.name in sys.argv[1:]] or swept
    for name, losses in sweep(wanted).items():
        best = min(losses, key=losses.__getitem__)
        row = "  ".join(f"{rate:g}: {loss:.3f}" for rate, loss in losses.items())
        print(f"{name}: best {best:g}\n  {row}")
