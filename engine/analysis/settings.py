"""A search for settings: every rule at several rates and batch sizes, on equal terms.

Settings are chosen on some seeds and reported on others, for the seeds on which a winner was chosen
flatter it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from engine.analysis.claims import FEWEST_SEEDS, is_no_better_than_guessing, is_told_apart
from engine.analysis.rates import GOOD, further_rates, half_decades, rate_curves
from engine.analysis.statistics import paired_differences
from engine.errors import InvalidInput
from engine.experiment import Experiment, Sweep
from engine.limits import LIMITS
from engine.training.cost import estimate
from engine.training.scores import estimate_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.analysis.batch_sizes import BatchSize
    from engine.analysis.rates import RateCurve
    from engine.experiment import Run
    from engine.training.history import History
    from engine.training.scores import Scores

TURNS: Final = 3  # times that settings at an edge are followed outwards
_BELOW, _ABOVE = 4, 2  # half decades around the default rate of a rule; small batches want less
_SIZES: Final = (8, 32)  # and all rows
_SMALLER: Final = 4  # times smaller is the next batch size that is tried
_TUNING_FROM: Final = 1_000  # seeds that no repetition of a comparison comes to by itself
_TUNING_SEEDS: Final = 2
_REPORTING_SEEDS: Final = 3
_FOLLOWED: Final = 0.5  # of the updates of the first sweep; what follows takes no more, or
_ANYWAY: Final = 2e7  # updates of single parameters, which take no time
_LOOKS: Final = 20  # at all rows while settings are tried: only where they end is asked
_CLEARLY: Final = 1.5  # times as long; less is not worth a sentence


def searched(experiment: Experiment) -> Experiment:
    """Return what a search is about: runs that differ in more than rate and batch size.

    Each has rate 1 and all rows, and keeps its schedule and its clipping. There are no stopping
    rules, so that budgets are equal, and the seeds are those on which settings are chosen.
    """
    runs = dict.fromkeys(_at(run, "all", 1.0) for run in experiment.runs)
    fields = {**experiment.model_dump(), "runs": tuple(runs), "stopping": {}, "record_every": None}
    return Experiment.model_validate({**fields, "seeds": tuning_seeds(experiment)})


def tuning_seeds(experiment: Experiment) -> tuple[int, ...]:
    """Return the seeds on which settings are chosen: none that is compared.

    Where nothing is random one is enough, and it is the first that is compared.
    """
    if is_exact(experiment):
        return experiment.seeds[:1]
    return _free_seeds(experiment, _TUNING_FROM, _TUNING_SEEDS)


def reporting_seeds(experiment: Experiment) -> tuple[int, ...]:
    """Return the seeds on which the chosen settings are reported: the first ones compared.

    Where these are too few, further ones follow; none of them is a tuning seed.
    """
    if is_exact(experiment):
        return experiment.seeds[:1]
    own = experiment.seeds[:_REPORTING_SEEDS]
    return (*own, *_free_seeds(experiment, 0, _REPORTING_SEEDS - len(own)))


def _free_seeds(experiment: Experiment, first: int, count: int) -> tuple[int, ...]:
    numbers = range(first, first + count + len(experiment.seeds))
    return tuple(seed for seed in numbers if seed not in experiment.seeds)[:count]


def is_exact(experiment: Experiment) -> bool:
    """Tell whether nothing is random: a function without noise."""
    return experiment.problem.kind == "function" and not experiment.problem.noise


def has_a_best(experiment: Experiment) -> bool:
    """Tell whether there may be a lowest loss to end at: some functions fall for ever."""
    return experiment.problem.kind == "network" or experiment.problem.function.bounded is not False


def first_sizes(experiment: Experiment, run: Run) -> tuple[BatchSize, ...]:
    """Return the batch sizes that are tried of a run: all rows, and 8 and 32 where they are fewer.

    Of a rule that needs all rows there is nothing else to try.
    """
    rows = experiment.problem.training_rows
    return (*(size for size in _SIZES if size < rows and not _needs_all_rows(run)), "all")


def _needs_all_rows(run: Run) -> bool:
    return "all_rows" in run.optimizer.needs


def first_rates(run: Run) -> tuple[float, ...]:
    """Return seven rates, half a power of ten apart, around the default of the run's rule."""
    power = round(2 * math.log10(run.optimizer.default_learning_rate))
    rates = half_decades(power - _BELOW, power + _ABOVE)
    return tuple(rate for rate in rates if rate in LIMITS["learning_rate"])


def first_sweep(experiment: Experiment) -> Sweep:
    """Return the sweep of every run over seven rates and up to three batch sizes."""
    about = searched(experiment)
    return _sweep(
        about,
        [
            _at(run, size, rate)
            for run in about.runs
            for size in first_sizes(experiment, run)
            for rate in first_rates(run)
        ],
    )


def next_sweep(experiment: Experiment, sweeps: Sequence[Scores]) -> Sweep | None:
    """Return what is to be tried beyond the edges of what has been; None if there is nothing.

    Every batch size is followed to rates beyond, also where all of them diverged, and every run
    whose best batch size is the smallest one to a smaller one. All that follows the first sweep
    takes at most half its updates, unless it is nothing beside what a machine does in a second or
    two. Smaller batches, which take most, are left out first, and for all runs alike.

    Args:
        experiment: whose settings are looked for.
        sweeps: what has been tried to its end: the first sweep, then those that followed.
    """
    about, every = searched(experiment), found(experiment, sweeps)
    rates, sizes = list(_rates_beyond(every)), list(_sizes_beyond(about, every))
    used = [estimate_scores(sweep.experiment).updates for sweep in sweeps]
    left = max(_FOLLOWED * used[0], _ANYWAY / about.problem.n_params) - sum(used[1:])
    for runs in ([*rates, *sizes], rates):
        if runs and estimate_scores(sweep := _sweep(about, runs)).updates <= left:
            return sweep
    return None


def estimate_search(experiment: Experiment) -> float:
    """Estimate the seconds of a search, without what is tried beyond edges.

    Raises:
        InvalidInput: it takes more memory or time than the limits allow.
    """
    about = searched(experiment)
    first = estimate_scores(first_sweep(experiment))
    longest = [_at(run, first_sizes(experiment, run)[0], 1.0) for run in about.runs]
    report = estimate(_reported(experiment, longest))
    for cost in (first, report):
        cost.check_time()
    return first.seconds + report.seconds


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found for one run.

    Attributes:
        run: the run at rate 1 with all rows, which both mean nothing.
        curves: how it did, a curve for each batch size, the largest batch last.
        rows: how many there are in a batch of all.
    """

    run: Run
    curves: tuple[RateCurve, ...]
    rows: int

    @cached_property
    def best(self) -> RateCurve | None:
        """Return the curve of the best batch size; None if the run diverged at every setting."""
        lowest = min(self.curves, key=_lowest)
        return None if lowest.best is None else lowest

    @property
    def setting(self) -> Run | None:
        """Return the run at its best rate and batch size."""
        best = self.best
        if best is None or best.best is None:
            return None
        return best.run.model_copy(update={"learning_rate": best.rates[best.best]})

    @property
    def tried(self) -> int:
        """Return at how many settings it was trained."""
        return sum(len(curve.rates) for curve in self.curves)

    @property
    def edge(self) -> Literal["low", "high"] | None:
        """Return at which end of the rates of its batch size the best setting lies."""
        return None if self.best is None else self.best.edge

    @property
    def is_smallest_batch(self) -> bool:
        """Tell whether a batch smaller than the best one could be tried, and was not."""
        if _needs_all_rows(self.run):
            return False
        smallest = self.curves[0]
        size = smallest.run.batch_size
        return self.best is smallest and (self.rows if size == "all" else size) > 1

    def good_sizes(self, loss: float) -> tuple[BatchSize, ...]:
        """Return the batch sizes that reach a loss at one of their rates."""
        return tuple(curve.run.batch_size for curve in self.curves if _lowest(curve) <= loss)


def found(experiment: Experiment, sweeps: Sequence[Scores]) -> list[Found]:
    """Return what some sweeps of a search found for every run that it is about."""
    about = searched(experiment)
    rows = about.problem.training_rows
    curves = sorted(
        rate_curves(sweeps),
        key=lambda curve: rows if curve.run.batch_size == "all" else curve.run.batch_size,
    )
    return [
        Found(run, tuple(one for one in curves if _at(one.run, "all", 1.0) == run), rows)
        for run in about.runs
    ]


def good_loss(every: Sequence[Found]) -> float:
    """Return the loss up to which a setting is good: ``GOOD`` times the lowest of all.

    -inf where no setting is: see ``good_rates``.
    """
    curves = [curve for one in every for curve in one.curves]
    good = GOOD * min(map(_lowest, curves))
    start = float(np.median(curves[0].scores[0].training_loss.first))
    return good if 0 < good < start else -math.inf


def reporting(experiment: Experiment, every: Sequence[Found]) -> Experiment | None:
    """Return the comparison of the best settings on the reporting seeds; None if there are none."""
    runs = [one.setting for one in every if one.setting is not None]
    return _reported(experiment, runs) if runs else None


@dataclass(frozen=True)
class Answer:
    """What the best settings show of their runs, by positions in their comparison.

    Attributes:
        best: the run with the lowest median final loss, the first of several; None if all diverged.
        level: the others that are not told apart from it.
        higher: those that end above it in every seed, or enough of them to tell them apart.
        diverged: those that diverged in at least half of the seeds.
        times: how many times as long as the best each of the higher ones takes to the loss with
            which it ends, where it is clearly longer.
        has_learnt: whether the best ends below its start and below a guess.
        seeds: how many seeds it rests on.
        is_exact: whether nothing is random.
    """

    best: int | None
    level: tuple[int, ...]
    higher: tuple[int, ...]
    diverged: tuple[int, ...]
    times: dict[int, float]
    has_learnt: bool
    seeds: int
    is_exact: bool

    @property
    def first(self) -> tuple[int, ...]:
        """Return the best and those level with it."""
        return () if self.best is None else (self.best, *self.level)

    @property
    def is_sure(self) -> bool:
        """Tell whether there are enough seeds to tell runs apart."""
        return self.is_exact or self.seeds >= FEWEST_SEEDS


def answer(history: History) -> Answer:
    """Return what the training of a comparison of best settings shows."""
    experiment = history.experiment
    medians = np.array([run.median_loss for run in history.runs])
    diverged = tuple(np.flatnonzero(~np.isfinite(medians)).tolist())
    seeds, exact = len(experiment.seeds), is_exact(experiment)
    best = int(np.argmin(medians))
    if best in diverged:
        return Answer(None, (), (), diverged, {}, has_learnt=False, seeds=seeds, is_exact=exact)
    higher = tuple(
        position
        for position, difference in enumerate(paired_differences(history, best))
        if position not in diverged
        and (is_told_apart(difference) or difference.worse == difference.seeds)
    )
    level = tuple(set(range(len(medians))) - {best, *higher, *diverged})
    return Answer(
        best,
        tuple(sorted(level)),
        higher,
        diverged,
        dict(_times(history, best, higher)),
        has_learnt=not (
            is_no_better_than_guessing(history, best) or history.runs[best].is_worse_than_its_start
        ),
        seeds=seeds,
        is_exact=exact,
    )


def _times(history: History, best: int, higher: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Yield each of the higher runs that takes clearly longer than the best, and how many times."""
    for position in higher:
        loss = history.runs[position].median_loss
        own, its = (_until(history, one, loss) for one in (position, best))
        if its > 0 and own >= _CLEARLY * its:
            yield position, own / its


def _until(history: History, position: int, loss: float) -> float:
    """Return how much of the budget's unit a run takes until its median loss is that low.

    As far as it is recorded; +inf if it never is.
    """
    run = history.runs[position]
    series = run.validation_loss or run.training_loss
    reached = np.flatnonzero(np.median(run.counted(series), axis=0) <= loss)
    if not len(reached):
        return math.inf
    step, experiment = int(series.steps[reached[0]]), history.experiment
    spec = experiment.runs[position]
    counts = experiment.counts(spec)
    return {
        "epochs": counts.epochs(step),
        "iterations": step,
        "rows_seen": counts.rows_seen(step),
        "gradients": step * spec.optimizer.gradients_per_update,
    }[experiment.budget.unit]


def _rates_beyond(every: Sequence[Found]) -> Iterator[Run]:
    """Yield the settings beyond the rates of every batch size whose best one is at the end.

    Where all of them diverged, lower ones are tried.
    """
    for curve in (curve for one in every for curve in one.curves):
        edge = "low" if curve.best is None else curve.edge
        if edge is not None:
            for rate in further_rates(curve.rates, edge):
                yield curve.run.model_copy(update={"learning_rate": rate})


def _sizes_beyond(about: Experiment, every: Sequence[Found]) -> Iterator[Run]:
    """Yield the settings of smaller batches, whose best rates are the same or lower."""
    for one in every:
        setting = one.setting
        if setting is None or not one.is_smallest_batch:
            continue
        size = max(1, about.counts(setting).batch_size // _SMALLER)
        power = round(2 * math.log10(setting.learning_rate))
        for rate in half_decades(power - 2, power):
            if rate in LIMITS["learning_rate"] and _may_train(about, _at(setting, size, rate)):
                yield _at(setting, size, rate)


def _may_train(about: Experiment, run: Run) -> bool:
    """Tell whether a run's schedule stays above 0, for small batches make more updates."""
    try:
        run.schedule.check(about.counts(run), about.iterations(run))
    except InvalidInput:
        return False
    return True


def _lowest(curve: RateCurve) -> float:
    return float(curve.losses.min())


def _at(run: Run, size: BatchSize, rate: float) -> Run:
    return run.model_copy(update={"batch_size": size, "learning_rate": rate})


def _sweep(about: Experiment, runs: Sequence[Run]) -> Sweep:
    return Sweep.model_validate({**about.model_dump(), "runs": runs, "looks": _LOOKS})


def _reported(experiment: Experiment, runs: Sequence[Run]) -> Experiment:
    fields = {**searched(experiment).model_dump(), "seeds": reporting_seeds(experiment)}
    return Experiment.model_validate({**fields, "runs": runs})
