"""The range test of a learning rate: the loss along one short training whose rate grows.

It trains by itself, from the starts and with the batches of a run, so that nothing of the
comparison is touched.

Source:
    Smith (2017), Cyclical learning rates for training neural networks, arXiv:1506.01186, section
    3.3. There the rate grows linearly and accuracy is read; the geometric growth, which gives every
    decade as many updates, and the loss of each batch before its update are those of Howard and
    Gugger (2020), fastai: a layered API for deep learning, arXiv:2002.04688.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.analysis.inspection import paced
from engine.analysis.statistics import trailing_mean
from engine.errors import InvalidInput
from engine.experiment import Budget, Stopping, Sweep
from engine.limits import LIMITS, Interval
from engine.rules.schedules import Constant
from engine.training.cost import cost_of
from engine.training.history import worst_loss
from engine.training.loop import making
from engine.training.recording import frozen
from engine.training.updates import Updates
from engine.work import finish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.analysis.inspection import Replaying
    from engine.arrays import Array, Integers
    from engine.counts import Counts
    from engine.experiment import Experiment, Run
    from engine.problems.function_problem import FunctionProblem
    from engine.problems.network_problem import NetworkProblem
    from engine.problems.problem import Batches
    from engine.training.cost import Cost
    from engine.work import Work

UPDATES: Final = Interval(2, 1_000)  # of a range test
_WINDOWS: Final = 20  # half a window is the updates divided by this
_CLEARLY: Final = 4.0  # standard errors by which a loss must fall if it is to be no noise
_DEVIATION: Final = 0.6745  # median of |z| of a standard normal z


@dataclass(frozen=True, eq=False)
class RangeTest:
    """The losses of a run whose rate grows, up to where every seed has diverged.

    A seed has diverged where its loss or a parameter is not finite, or where its loss is above 1e6
    times (1 + |its training loss at the start|). From there on its loss counts as +inf.

    Attributes:
        run: the run, as ``RateCurve`` has it, with no schedule; its own rate means nothing.
        rates: rate of each update, rising, ``(updates,)``.
        losses: loss of its batch before the update, ``(updates, seeds)``.
        diverged_at: rate of the update at which a seed was found to have diverged, ``(seeds,)``;
            NaN where it never did.
        window: updates that a smoothed loss is a mean of, an odd number: 1 for a run without noise,
            which needs none, else about a tenth of the updates.
    """

    run: Run
    rates: Array
    losses: Array
    diverged_at: Array
    window: int

    @cached_property
    def median(self) -> Array:
        """Return the median over the seeds, ``(updates,)``; +inf where half diverged."""
        return np.asarray(np.median(self.losses, axis=1))

    @cached_property
    def smoothed(self) -> Array:
        """Return the median over the seeds of their means over the window around each update.

        The window lies evenly around the update, so that nothing is read at too high a rate. Only
        whole windows count: ``(updates - window + 1,)``, perhaps none.
        """
        means = trailing_mean(self.losses.T, self.window)[:, self.window - 1 :]
        return np.asarray(np.median(means, axis=0))

    @property
    def smoothed_rates(self) -> Array:
        """Return the rates of the updates that ``smoothed`` has a value of."""
        half = self.window // 2
        return self.rates[half : len(self.rates) - half]

    @property
    def breaks_at(self) -> float | None:
        """Return from which rate on the smoothed loss stays above its first value.

        It does so at the latest where half of the seeds have diverged, even if no window is whole
        by then. None if it ends no higher than its first value.
        """
        means = self.smoothed
        if not len(means) or np.isinf(means[0]) or means[-1] <= means[0]:
            return self.half_diverged_at
        last_low = np.flatnonzero(means <= means[0])[-1]
        return float(self.smoothed_rates[last_low + 1])

    @property
    def half_diverged_at(self) -> float | None:
        """Return the rate at which half of the seeds have diverged; None if fewer did."""
        middle = np.sort(self.diverged_at)[(len(self.diverged_at) - 1) // 2]  # NaN comes last
        return None if np.isnan(middle) else float(middle)

    @property
    def rises_from(self) -> float | None:
        """Return the rate of the update that leaves the lowest smoothed loss.

        After it the smoothed loss is never as low again. On a quadratic without noise, the largest
        stable rate lies between this rate and that of the update before. None where the loss is
        lowest at the end, so that it does not rise.
        """
        means = self.smoothed
        if not len(means) or not np.isfinite(means.min()):
            return None
        lowest = int(np.flatnonzero(means == means.min())[-1])
        return None if lowest == len(means) - 1 else float(self.smoothed_rates[lowest])

    @property
    def steepest(self) -> float | None:
        """Return the rate around which the smoothed loss falls fastest, against log rate.

        A fall is from the lowest smoothed loss so far to that of the window that begins where its
        own ends, so it compares different updates; what comes back after a rise is none. All steps
        of log rate are equal. None if no fall is above 0, or if the largest one is within four
        standard errors of what noise does, which is estimated from neighbouring losses.
        """
        means = self.smoothed
        if len(means) <= self.window or not np.isfinite(means[0]):
            return None
        falls = np.minimum.accumulate(means)[: -self.window] - means[self.window :]
        place = int(np.argmax(falls))
        if not falls[place] > _CLEARLY * self._standard_error:
            return None
        return float(self.rates[place + self.window - 1])

    @property
    def _standard_error(self) -> float:
        """Return that of a difference between neighbouring windows; 0 for a run without noise.

        It comes from the median distance between neighbouring losses up to the lowest smoothed one,
        for what a high rate does beyond is no noise of batches.
        """
        if self.window == 1:
            return 0.0
        falling = self.median[: int(np.argmin(self.smoothed)) + self.window]
        deviation = float(np.median(np.abs(np.diff(falling)))) / (_DEVIATION * math.sqrt(2))
        return deviation * math.sqrt(2 / self.window)


@dataclass(frozen=True)
class _Growing:
    """What multiplies the lowest rate: the ratio of the ends to a power that grows evenly to 1.

    ``Updates`` asks it as it asks a schedule; it is none, for no run of an experiment may have it.
    """

    ratio: float
    updates: int

    def factors(self, steps: Integers, _counts: Counts, _total: int) -> Array:
        """Return the factors of some updates, from 1 to the ratio."""
        powers = ((steps - 1) / (self.updates - 1)).tolist()
        return np.array([self.ratio**power for power in powers])


def range_testing(
    experiment: Experiment, run: int, low: float, high: float, updates: int
) -> Replaying[RangeTest]:
    """Train one run, all seeds side by side, while its rate grows geometrically.

    Update i of 0, 1, ... has the rate low (high / low)^(i / (updates - 1)). Everything else is that
    of the run: its starts, its batches, and what its rule remembers from update to update.

    A generator: it yields the number of updates done, at least every 50 ms of work, and returns the
    test. Closing it drops everything.

    Args:
        experiment: what the run is part of; it is left alone.
        run: position of the run.
        low: rate of the first update.
        high: rate of the last update.
        updates: how many there are, unless every seed diverges before.

    Raises:
        InvalidInput: there is no such run, a rate or the updates are out of range, the rates do not
            rise, or it needs more memory than the limits allow.
    """
    allowed = LIMITS["learning_rate"]
    low = _rate("low", low, allowed)
    high = _rate("high", high, Interval(low, allowed.high, open_low=True))
    estimate_range_test(experiment, run, updates).check_memory()
    training = _Training(experiment, experiment.runs[run], (low, high), updates)
    return paced(lambda: training.step, training.result())


def range_test(
    experiment: Experiment, run: int, low: float, high: float, updates: int
) -> RangeTest:
    """Return a range test; arguments and errors are those of ``range_testing``."""
    return finish(range_testing(experiment, run, low, high, updates))


def estimate_range_test(experiment: Experiment, run: int, updates: int) -> Cost:
    """Estimate what a range test costs if no seed diverges; arguments as for ``range_testing``.

    Raises:
        InvalidInput: there is no such run, or the updates are out of range.
    """
    position = Interval(0, len(experiment.runs) - 1).integer("run", run)
    budget = Budget(amount=UPDATES.integer("updates", updates), unit="iterations")
    alone = Sweep(
        problem=experiment.problem,
        runs=(experiment.runs[position].model_copy(update={"schedule": Constant()}),),
        budget=budget,
        stopping=Stopping(),
        data_seed=experiment.data_seed,
        seeds=experiment.seeds,
        looks=1,
    )
    return cost_of(alone, updates * (len(experiment.seeds) + 1))


def _rate(field: str, value: object, allowed: Interval) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInput("wrong_type", field, value, "number")
    if not math.isfinite(value):
        raise InvalidInput("not_finite", field, value, allowed)
    if value not in allowed:
        raise InvalidInput("out_of_range", field, value, allowed)
    return float(value)


class _Training:
    """The training of a range test.

    Attributes:
        step: number of updates taken.
    """

    def __init__(
        self, experiment: Experiment, run: Run, ends: tuple[float, float], updates: int
    ) -> None:
        growing = _Growing(ends[1] / ends[0], updates)
        fields = {"learning_rate": ends[0], "schedule": growing}
        self.step = 0
        self._experiment, self._run = experiment, run.model_copy(update=fields)
        counts = experiment.counts(run)
        self._rates = ends[0] * growing.factors(np.arange(1, updates + 1), counts, updates)

    def result(self) -> Work[RangeTest]:
        """Train to the end."""
        total, experiment = len(self._rates), self._experiment
        problem = yield from making(experiment)
        updates = self._updates(problem)
        highest = yield from _highest(problem, updates)
        losses = np.full((total, len(highest)), np.inf)
        diverged_at = np.full(len(highest), np.nan)
        alive = np.ones(len(highest), dtype=bool)
        for rows in islice(self._rows(problem), total):
            loss = yield from _losses_before(updates, rows)
            known = alive & np.isfinite(loss) & (loss <= highest)
            losses[self.step, known] = loss[known]
            still = known & np.isfinite(updates.params).all(axis=1)
            diverged_at[alive & ~still] = self._rates[self.step]
            alive, self.step = still, updates.step
            if not alive.any():
                break
        return RangeTest(
            run=self._run.model_copy(update={"learning_rate": 1.0, "schedule": Constant()}),
            rates=frozen(self._rates[: self.step]),
            losses=frozen(losses[: self.step]),
            diverged_at=frozen(diverged_at),
            window=1 if experiment.is_full_batch(self._run) else 2 * (total // _WINDOWS) + 1,
        )

    def _updates(self, problem: NetworkProblem | FunctionProblem) -> Updates[Batches]:
        """Return the updates of a lane for each seed, at its start."""
        experiment, counts = self._experiment, self._experiment.counts(self._run)
        seeds = experiment.seeds

        def make(params: Array, grads: Array) -> Batches:
            return problem.batches(params, grads, len(seeds), counts.batch_size, longest=1)

        starts, lanes = np.stack([problem.start(seed) for seed in seeds]), [self._run] * len(seeds)
        layout, total = experiment.problem.layout, len(self._rates)
        return Updates(lanes, starts, layout, make, counts, total)

    def _rows(self, problem: NetworkProblem | FunctionProblem) -> Iterator[list[Any]]:
        """Yield the rows of each update, an array for each seed, without end."""
        run, counts = self._run, self._experiment.counts(self._run)
        epochs = [problem.epochs(counts, seed, run.sampling) for seed in self._experiment.seeds]
        size = counts.batch_size
        for orders in zip(*epochs, strict=True):
            for position in range(counts.per_epoch):
                yield [order[position * size : (position + 1) * size] for order in orders]


def _highest(problem: NetworkProblem | FunctionProblem, updates: Updates[Batches]) -> Work[Array]:
    """Return above which loss each lane, which is at its start, has diverged, ``(lanes,)``."""
    evaluation = yield from problem.evaluator(updates.params).evaluate()
    highest: Array = worst_loss(evaluation.training_loss)
    return highest


def _losses_before(updates: Updates[Batches], rows: list[Any]) -> Work[Array]:
    """Take an update with these rows and return their losses before it, ``(lanes,)``."""
    updates.load(rows)
    for piece in updates.pieces(0, len(rows[0])):
        piece()
        yield
    losses = updates.batches.losses(1, len(rows[0]))[:, 0].copy()
    for _lanes in updates.taking():
        yield
    return losses
