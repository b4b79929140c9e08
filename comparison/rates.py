"""For which problem the learning rates of a comparison were set, as far as its past tells.

It is derived from the versions of a session whenever it is said, and never stored: a link or a file
could claim anything.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from engine import Function, Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import Experiment, Run

Part: TypeAlias = Literal["data", "network", "loss"]

# The changes that bring a whole comparison, with rates that were chosen for its problem.
_WHOLE: Final = {"demonstration", "preset", "reset", "surface"}
_MEANT: Final = {*_WHOLE, "apply_to_all", "settings"}  # those by which rates are set on purpose


class Past(NamedTuple):
    """A comparison at one moment.

    Attributes:
        experiment: what was compared.
        change: the id of the change that led to it, or the path of a field; "" for the first.
    """

    experiment: Experiment
    change: str


class Tuned(NamedTuple):
    """What every run of a comparison has the best rate of, or the best rate and batch size.

    Attributes:
        tried: how many rates, or settings of both, were tried of every run, or more.
        seeds: with which each was tried.
        batch_sizes: whether batch sizes were tried as well.
        most: how many settings of both were tried of the run that was tried most.
        is_smallest_batch: whether a run's best batch size is the smallest of those tried.
    """

    tried: int
    seeds: tuple[int, ...]
    batch_sizes: bool = False
    most: int = 0
    is_smallest_batch: bool = False


class SetFor(NamedTuple):
    """The problems other than the one compared for which learning rates were set.

    Attributes:
        problems: one or more, all different.
        partly: whether that is so for some of the runs only.
    """

    problems: tuple[Network | Function, ...]
    partly: bool


def rates_set_for(experiment: Experiment, past: Sequence[Past]) -> SetFor | None:
    """Return for which other problems the rates were set; None if for this one, or if none knows.

    A rate was set where the reader changed it last, or for the problem of the preset that brought
    both. Runs that came with their rules' default rates, from a menu, a link or a file, have those
    of the first view's problem, for which they were tuned. Runs that differ in their rate alone are
    left out: there the rates are what is compared.

    Args:
        experiment: what is compared.
        past: the versions up to the one on show, the oldest first.
    """
    set_at = {run: _set_at(run, past) for run in experiment.runs}
    others = {}
    for run in _told_apart_by_more_than_rates(experiment.runs):
        place = set_at[run]
        together = [other for other, its in set_at.items() if its == place]
        problem = _set_on(together, Past(experiment, "") if place is None else past[place])
        if differing(problem, experiment.problem):
            others[run] = problem
    if not others:
        return None
    is_partly = any(run not in others for run in experiment.runs)
    return SetFor(tuple(dict.fromkeys(others.values())), is_partly)


def differing(one: Network | Function, other: Network | Function) -> frozenset[Part]:
    """Return the parts in which two problems differ, of those that good learning rates depend on.

    Not so the rows that are held out, where the runs start on a test function, and its noise.
    """
    return frozenset(
        part for part, values in _parts(one).items() if values != _parts(other).get(part, values)
    )


def _parts(problem: Network | Function) -> dict[Part, object]:
    if isinstance(problem, Function):
        return {"data": problem.function}
    return {
        "data": (problem.dataset, problem.standardize, problem.standardize_targets),
        "network": (
            problem.hidden,
            problem.activation,
            problem.output_activation,
            problem.bias,
            problem.start,
        ),
        "loss": (problem.loss, problem.l2),
    }


def _told_apart_by_more_than_rates(runs: Sequence[Run]) -> list[Run]:
    """Return the runs without those that differ from another in their learning rate alone."""
    different = dict.fromkeys(runs)
    alike = Counter(map(_at_rate_1, different))
    return [run for run in different if alike[_at_rate_1(run)] == 1]


def _at_rate_1(run: Run) -> Run:
    return run.model_copy(update={"learning_rate": 1.0})


def _set_at(run: Run, past: Sequence[Past]) -> int | None:
    """Return the version since which there has been this rate of this rule; None if it is new."""
    place = None
    for position in range(len(past) - 1, -1, -1):
        if not any(
            one.learning_rate == run.learning_rate and type(one.optimizer) is type(run.optimizer)
            for one in past[position].experiment.runs
        ):
            break
        place = position
        if past[position].change in _WHOLE:
            break
    return place


def _set_on(runs: Sequence[Run], since: Past) -> Network | Function:
    """Return the problem on which rates were set that came together.

    Args:
        runs: those that have their rates since then.
        since: the version that brought them.
    """
    was_meant = since.change.endswith("learning_rate") or since.change in _MEANT
    defaults = all(run.learning_rate == run.optimizer.default_learning_rate for run in runs)
    return Network() if defaults and not was_meant else since.experiment.problem
