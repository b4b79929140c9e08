"""When a run's losses on all rows are computed, and which of these evaluations are recorded.

What is recorded is even in the unit in which the budget is counted, so that runs that are compared
have equally many points whatever their batch size. The grid depends on the budget and on the
batches of the run alone, never on other runs.
"""

from __future__ import annotations

from heapq import merge
from itertools import groupby, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.experiment import Experiment, Run

EVEN_PARTS: Final = 200  # of a budget in iterations or rows


class Due(NamedTuple):
    """A step at which all rows are evaluated.

    Attributes:
        step: the step.
        is_even: whether it is on the even grid.
        is_recorded: whether it is recorded; if not, patience alone looks at it.
    """

    step: int
    is_even: bool
    is_recorded: bool


def even_parts(experiment: Experiment) -> int:
    """Return into how many equal parts the grid divides the budget.

    A budget in epochs: its epochs. One in iterations or rows: min(amount, 200), so that the grid
    does not depend on how many iterations an epoch has. A test function has no rows, so each of its
    iterations is an epoch, and every one is recorded. A sweep may ask for fewer: ``Sweep.looks``.
    """
    budget = experiment.budget
    if experiment.problem.kind == "function":
        return budget.amount
    usual = budget.amount if budget.unit == "epochs" else min(budget.amount, EVEN_PARTS)
    return usual if experiment.fewer_looks is None else min(usual, experiment.fewer_looks)


def part_size(experiment: Experiment) -> float:
    """Return how much of the budget, in its unit, lies between two steps of the grid."""
    return experiment.budget.amount / even_parts(experiment)


def even_steps(experiment: Experiment, run: Run) -> Iterator[int]:
    """Yield the grid of a run: step 0, then the first step that reaches each part of the budget.

    Strictly rising up to the run's last step. There are fewer steps than parts where a batch holds
    more rows than a part.
    """
    counts, budget, parts = experiment.counts(run), experiment.budget, even_parts(experiment)
    last = 0
    yield last
    for part in range(1, parts + 1):
        step = counts.iterations(-(-part * budget.amount // parts), budget.unit)
        if step > last:
            yield step
            last = step


def due_steps(experiment: Experiment, run: Run) -> Iterator[Due]:
    """Yield the steps at which a run is evaluated, from step 0 to the last of its budget.

    These are the even grid, what ``Experiment.record_every`` asks for, and where patience counts
    epochs that are not on the grid, their ends.
    """
    total = experiment.iterations(run)
    streams = [zip(even_steps(experiment, run), repeat("even"))]
    if experiment.record_every is not None:
        streams.append(zip(range(0, total + 1, experiment.record_every), repeat("asked")))
    if looks_between(experiment):
        per_epoch = experiment.counts(run).per_epoch
        streams.append(zip(range(0, total + 1, per_epoch), repeat("epoch")))
    for step, causes in groupby(merge(*streams), key=itemgetter(0)):
        named = {cause for _step, cause in causes}
        yield Due(step, "even" in named, named != {"epoch"})


def looks_between(experiment: Experiment) -> bool:
    """Tell whether patience looks at epochs that may end between the steps of the grid."""
    is_epochs = experiment.budget.unit == "epochs" or experiment.problem.kind == "function"
    return experiment.stopping.patience is not None and not is_epochs


def most_recorded(experiment: Experiment, run: Run) -> int:
    """Return the largest number of evaluations that are recorded of a run."""
    total = experiment.iterations(run)
    even = 1 + min(even_parts(experiment), total)
    extra = 0 if experiment.record_every is None else total // experiment.record_every
    ends = len(experiment.seeds) if looks_between(experiment) else 0
    return min(1 + even + extra + ends, total + 1)  # 1 more where the training is stopped


def most_evaluated(experiment: Experiment, run: Run, *, is_watched: bool = False) -> int:
    """Return the largest number of evaluations of a run, recorded or not.

    ``is_watched`` says that a schedule watches the validation loss at the end of every epoch.
    """
    total, looks = experiment.iterations(run), 0
    if is_watched or looks_between(experiment):
        looks = total // experiment.counts(run).per_epoch
    return min(most_recorded(experiment, run) + looks, total + 1)
