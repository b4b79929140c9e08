"""What may be said about the runs of a training: which is best, and what that rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from engine.analysis.statistics import paired_differences

if TYPE_CHECKING:
    from engine.analysis.statistics import PairedDifference
    from engine.training.history import History

Verdict: TypeAlias = Literal["lowest", "best", "level", "unequal", "useless"]

CHANCE: Final = 0.05  # runs are told apart where chance alone would do it less often than that
FEWEST_SEEDS: Final = math.ceil(-math.log2(CHANCE))  # with fewer it cannot be so seldom


@dataclass(frozen=True)
class Claim:
    """What a comparison shows about its runs, by their final losses.

    Attributes:
        verdict: "best": one run is lower than every other, told apart over the seeds; "level":
            others are not told apart from the lowest; "lowest": the lowest of too few seeds to tell
            runs apart; "unequal": stopping rules ended runs at different times, so that budgets
            differ; "useless": not even the lowest is below its start and below a guess.
        lowest: positions of the runs with the lowest median, several if they tie.
        level: positions of the other runs that are not told apart from the first of these.
        seeds: how many seeds it rests on.
        is_exact: whether nothing is random, a function without noise: there a difference is one.
    """

    verdict: Verdict
    lowest: tuple[int, ...]
    level: tuple[int, ...]
    seeds: int
    is_exact: bool

    def holds_for(self, position: int) -> bool:
        """Tell whether a run is one of those that the verdict names."""
        if self.verdict in {"unequal", "useless"}:
            return False
        return position in self.lowest or (self.verdict == "level" and position in self.level)


def claim(history: History) -> Claim | None:
    """Return what the final losses of a training show.

    None where no run is ``lowest``: one run, a training that was stopped, or all diverged.
    """
    lowest = history.lowest
    if not lowest:
        return None
    problem = history.experiment.problem
    level: tuple[int, ...] = ()
    is_exact = problem.kind == "function" and not problem.noise
    if not is_exact:
        level = tuple(
            position
            for position, difference in enumerate(paired_differences(history, lowest[0]))
            if position not in lowest and not is_told_apart(difference)
        )
    seeds = len(history.experiment.seeds)
    verdict = _verdict(history, level, is_sure=is_exact or seeds >= FEWEST_SEEDS)
    return Claim(verdict, lowest, level, seeds, is_exact)


def seeds_in_order(history: History) -> int:
    """Return in how many seeds no run ends below one whose median final loss is lower."""
    finals = np.array([run.final_loss for run in history.runs])
    ordered = finals[np.argsort(np.median(finals, axis=1), kind="stable")]
    return int((ordered[:-1] <= ordered[1:]).all(axis=0).sum())


def _verdict(history: History, level: tuple[int, ...], *, is_sure: bool) -> Verdict:
    first = history.lowest[0]
    if not history.ended_alike:
        return "unequal"
    if is_no_better_than_guessing(history, first) or history.runs[first].is_worse_than_its_start:
        return "useless"
    if not is_sure:
        return "lowest"
    return "level" if level or len(history.lowest) > 1 else "best"


def is_told_apart(difference: PairedDifference) -> bool:
    """Tell whether a run is worse than the reference in more seeds than chance would make it.

    One-sided sign test: seeds in which neither is better say nothing, and where all others are
    coins, so few of them fall on "better" with a probability of at most ``CHANCE``.
    """
    coins = difference.better + difference.worse
    ways = sum(math.comb(coins, heads) for heads in range(difference.better + 1))
    return ways / 2**coins <= CHANCE


def is_no_better_than_guessing(history: History, position: int) -> bool:
    """Tell whether a run's median loss, without the L2 penalty, is not below that of a guess.

    The guess is the best constant prediction; see ``Guess``. On the training rows no network that
    ignores its inputs is below it; on the validation rows the run must be below it as well.
    """
    guess, run = history.guess, history.runs[position]
    if guess is None:
        return False
    l2 = getattr(history.experiment.problem, "l2", 0.0)
    last = np.where(run.diverged[:, None], 0.0, run.params[:, -1])  # there the loss is infinite
    penalty = l2 / 2 * np.vecdot(last, last)
    pairs = [(run.training_loss, guess.training_loss)]
    if run.validation_loss is not None and guess.validation_loss is not None:
        pairs.append((run.validation_loss, guess.validation_loss))
    return any(
        bool(np.median(run.at_end(series) - penalty) >= guessed) for series, guessed in pairs
    )
