"""One update of one run, taken apart: the run is trained again, alone, up to that step.

A lane's numbers depend on no other lane, so what is seen here is what was trained, bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from engine.arrays import Layout
from engine.errors import InvalidInput
from engine.limits import Interval
from engine.rules import Moment, TypedRule, hyperparameters, stack
from engine.rules.programs import DIRECTION, symbol
from engine.rules.schedules import Constant
from engine.training.loop import making
from engine.training.recording import frozen
from engine.training.updates import Updates
from engine.work import Result, Task, Work, finish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.arrays import Array, Integers, State
    from engine.experiment import Experiment
    from engine.problems.problem import Batches
    from engine.rules import Rule

_PAUSE_SECONDS: Final = 0.02  # work between two yields; pieces are short enough to keep below 0.05
_MOST_POINTS: Final = 1_000  # of the learning rates over a whole run

Replaying: TypeAlias = Generator[int, None, Result]


class Term(NamedTuple):
    """A symbol of a rule's formula, in LaTeX, and the number that it stands for."""

    symbol: str
    value: float


@dataclass(frozen=True, eq=False)
class StepInspection:
    """What one update did; every array is ``(n_params,)``, except slots with a size of their own.

    Attributes:
        optimizer: the rule.
        step: number of the update, from 1.
        learning_rate: the factor of the direction, learning rate x schedule factor.
        schedule_factor: that of the schedule; None where the learning rate is constant.
        before: parameters before the update.
        gradient: gradient of the batch at these parameters, including noise and the l2 term, before
            it is clipped.
        clipped_gradient: what clipping leaves of it; None where the run clips nothing.
        second_gradient: gradient of the same batch where the rule looks, clipped where the run
            clips; None if it takes none.
        slots_before: what the rule remembered before the update, by the names of its slots.
        slots_after: what it remembers after the update.
        corrected: the new slots corrected for their start at zero; empty if the rule corrects none.
        effective_learning_rate: the learning rate times what the rule multiplies each parameter's
            gradient, or the running mean of its gradients, by. For SGD, Momentum and Nesterov it is
            the learning rate itself. It does not include decoupled weight decay.
        direction: the direction that the rule returned.
        update: learning rate x direction.
        after: parameters after the update: before - update.
    """

    optimizer: Rule
    step: int
    learning_rate: float
    schedule_factor: float | None
    before: Array
    gradient: Array
    clipped_gradient: Array | None
    second_gradient: Array | None
    slots_before: dict[str, Array]
    slots_after: dict[str, Array]
    corrected: dict[str, Array]
    effective_learning_rate: Array
    direction: Array
    update: Array
    after: Array

    @property
    def norms(self) -> dict[str, float]:
        """Return the Euclidean norms of the gradient, new slots, direction and update, by name."""
        vectors = {
            "gradient": self.gradient,
            **self.slots_after,
            "direction": self.direction,
            "update": self.update,
        }
        with np.errstate(over="ignore"):  # of a diverging run
            return {name: float(np.linalg.norm(vector)) for name, vector in vectors.items()}

    def terms(self, parameter: int) -> tuple[Term, ...]:
        """Return the numbers behind the rule's formula for one parameter, in reading order.

        They are the hyperparameters, the step, the slots before and after, the gradient as the rule
        sees it (clipped, where the run clips), the second one if there is one, the corrected slots,
        what the other lines of a typed rule give, and the direction; then those of ``eta = eta_0
        f_t``, the rate of this update if there is a schedule, and of ``theta_t = theta_{t-1} - eta
        d_t``. Slots without a number for a single parameter are left out.

        Args:
            parameter: position of the parameter in a lane.

        Raises:
            InvalidInput: there is no such parameter.
        """
        _check("parameter", parameter, Interval(0, len(self.before) - 1))
        optimizer = self.optimizer
        symbols = {slot.name: slot.symbol for slot in optimizer.slots}
        seen = self.gradient if self.clipped_gradient is None else self.clipped_gradient
        factor, rate = self.schedule_factor, {}
        if factor is not None:
            rate = {r"\eta_0": self.learning_rate / factor, "f_t": factor}

        def numbers(slots: dict[str, Array], symbol: str) -> dict[str, float]:
            terms = {symbol.format(symbols[name]): slot for name, slot in slots.items()}
            known = {term: slot for term, slot in terms.items() if self._is_of_parameters(slot)}
            return {term: self.at(slot, parameter) for term, slot in known.items()}

        values = {
            **{
                interval.symbol: getattr(optimizer, name)
                for name, interval in hyperparameters(type(optimizer)).items()
            },
            "t": self.step,
            **numbers(self.slots_before, "{}_{{t-1}}"),
            **numbers(self.slots_after, "{}_t"),
            "g_t": seen[parameter],  # also where a slot keeps the last gradient taken
            **({} if self.second_gradient is None else {"h_t": self.second_gradient[parameter]}),
            **numbers(self.corrected, r"\hat {}_t"),
            **self._lines(seen, parameter),
            "d_t": self.direction[parameter],
            **rate,
            r"\eta": self.learning_rate,
            r"\theta_{t-1}": self.before[parameter],
            r"\theta_t": self.after[parameter],
        }
        return tuple(Term(symbol, float(value)) for symbol, value in values.items())

    def _lines(self, seen: Array, parameter: int) -> dict[str, float]:
        """Return what the lines of a typed rule give that are no slots, by their symbols."""
        rule = self.optimizer
        if not isinstance(rule, TypedRule):
            return {}
        layout, rate = Layout((len(seen), 1), bias=False), np.array([[self.learning_rate]])
        moment = Moment(seen[None], self.before[None], layout, self.step, rate)
        slots = tuple(slot[None] for slot in self.slots_before.values())
        known = rule.program.values(rule.constants, moment, slots)
        others = [line.name for line in rule.program.lines]
        for name in (*rule.program.slots, DIRECTION):
            others.remove(name)
        return {
            f"{symbol(name)}_t": np.broadcast_to(known[name], moment.grads.shape)[0, parameter]
            for name in others
        }

    def at(self, values: Array, parameter: int) -> float:
        """Return the number of an array of this inspection for one parameter.

        A slot of one number per lane has it for every parameter; NaN for a slot of another size of
        its own, which has none for a single one.
        """
        if len(values) == 1:
            return float(values[0])
        return float(values[parameter]) if self._is_of_parameters(values) else np.nan

    def _is_of_parameters(self, values: Array) -> bool:
        """Tell whether an array of this inspection has numbers for single parameters, or for all.

        A slot with a size of its own has none, be it as large as the parameters by chance.
        """
        own = [slot.name for slot in self.optimizer.slots if slot.size is not None]
        slots = [held[name] for held in (self.slots_before, self.slots_after) for name in own]
        return len(values) == 1 or not any(values is slot for slot in slots)


def inspecting(experiment: Experiment, run: int, seed: int, step: int) -> Replaying[StepInspection]:
    """Train one run again up to a step, and take that update apart.

    A generator: it yields the number of updates done, at least every 50 ms of work, and returns the
    inspection. Closing it drops everything. A run that ended before its budget can be followed
    beyond its end.

    Args:
        experiment: what is trained.
        run: position of the run.
        seed: the seed itself, as in ``engine.batches``.
        step: number of the update, 1 to the iterations of the budget.

    Raises:
        InvalidInput: there is no such run or step.
    """
    _check_run(experiment, run)
    _check("step", step, Interval(1, experiment.iterations(experiment.runs[run])))
    replay = _Replay(experiment, run, seed)
    return paced(lambda: replay.step, _inspected(replay, step))


def inspect(experiment: Experiment, run: int, seed: int, step: int) -> StepInspection:
    """Return one update taken apart; arguments and errors are those of ``inspecting``."""
    return finish(inspecting(experiment, run, seed, step))


def following_learning_rates(
    experiment: Experiment,
    run: int,
    seed: int,
    parameters: Sequence[int],
    last_step: int | None = None,
) -> Replaying[tuple[Integers, Array]]:
    """Train one run again, and follow the effective learning rates of some parameters.

    A generator like ``inspecting``; it returns the steps ``(points,)`` and the rates ``(points,
    parameters)``. Of more than a thousand steps it keeps every n-th, and always the first and the
    last.

    Args:
        experiment: what is trained.
        run: position of the run.
        seed: the seed itself.
        parameters: positions of the parameters in a lane.
        last_step: the step at which the run ended; None follows it to the end of its budget.

    Raises:
        InvalidInput: there is no such run, parameter or step.
    """
    _check_run(experiment, run)
    total = experiment.iterations(experiment.runs[run])
    if last_step is None:
        last_step = total
    _check("last_step", last_step, Interval(1, total))
    for position, parameter in enumerate(parameters):
        allowed = Interval(0, experiment.problem.n_params - 1)
        _check(f"parameters.{position}", parameter, allowed)
    replay = _Replay(experiment, run, seed)
    return paced(lambda: replay.step, _followed(replay, list(parameters), last_step))


def effective_learning_rates(
    experiment: Experiment,
    run: int,
    seed: int,
    parameters: Sequence[int],
    last_step: int | None = None,
) -> tuple[Integers, Array]:
    """Return steps and rates; arguments and errors are those of ``following_learning_rates``."""
    return finish(following_learning_rates(experiment, run, seed, parameters, last_step))


def followed_gradients(experiment: Experiment, run: int, seed: int) -> tuple[Array, Array]:
    """Return the gradient of every update of a run, and the parameters before it.

    Both are ``(updates, n_params)``; they end before the first update that is not finite.

    Args:
        experiment: what is trained.
        run: position of the run.
        seed: the seed itself.

    Raises:
        InvalidInput: there is no such run.
    """
    _check_run(experiment, run)
    replay = _Replay(experiment, run, seed)
    return finish(paced(lambda: replay.step, _gradients(replay)))


def _check_run(experiment: Experiment, run: int) -> None:
    _check("run", run, Interval(0, len(experiment.runs) - 1))


def _check(field: str, value: int, allowed: Interval) -> None:
    if value not in allowed:
        raise InvalidInput("out_of_range", field, value, allowed)


class _Replay:
    """A run with one seed, trained again as a lone lane.

    Attributes:
        run: the run.
        rule: its rule, with hyperparameters as columns.
        step: number of updates taken.
        total: updates that the budget gives it.
        updates: its updates, once it has begun.
    """

    updates: Updates[Batches]

    def __init__(self, experiment: Experiment, run: int, seed: int) -> None:
        self._experiment, self._seed = experiment, seed
        self.run = experiment.runs[run]
        self.rule = stack([self.run.optimizer])
        self.step = 0
        self.total = experiment.iterations(self.run)

    def begin(self) -> Work[None]:
        """Make the data and set the lane to its start."""
        experiment, run = self._experiment, self.run
        problem = yield from making(experiment)
        self._counts = experiment.counts(run)
        self._epochs = problem.epochs(self._counts, self._seed, run.sampling)

        def make(params: Array, grads: Array) -> Batches:
            return problem.batches(params, grads, 1, self._counts.batch_size, longest=1)

        params, layout = problem.start(self._seed)[None], experiment.problem.layout
        self.updates = Updates([run], params, layout, make, self._counts, self.total)
        if self.updates.watches:
            self._evaluator = problem.evaluator(self.updates.points)

    def prepare(self) -> Work[None]:
        """Ready the next update, piece by piece."""
        position, size = self.step % self._counts.per_epoch, self._counts.batch_size
        if position == 0:
            if self.step and self.updates.watches:
                yield from self._watch()
            self._order = next(self._epochs)
        rows = self._order[None, position * size : (position + 1) * size]
        self.updates.load(rows)
        for piece in self.updates.pieces(0, rows.shape[1]):
            piece()
            yield

    def _watch(self) -> Work[None]:
        """Show the validation loss to the schedule, at the end of an epoch."""
        yield from self.updates.report()
        evaluation = yield from self._evaluator.evaluate()
        if evaluation.validation_loss is not None:
            self.updates.watch(evaluation.validation_loss)

    def take(self) -> None:
        """Take the update that is ready."""
        self.updates.take()
        self.step = self.updates.step

    def rated(self) -> Array:
        """Take the update that is ready; return its effective learning rates, ``(n_params,)``."""
        before, _ = self.updates.seen(0, self.step + 1)
        self.take()
        _, state = self.updates.seen(0, self.step)
        return np.broadcast_to(before.rate * self.rule.scale(before, state), before.params.shape)[0]


def _inspected(replay: _Replay, step: int) -> Work[StepInspection]:
    """Take ``step`` updates, and take the last one apart."""
    yield from replay.begin()
    while True:
        yield from replay.prepare()
        if replay.step == step - 1:
            break
        replay.take()
    rule, updates = replay.rule, replay.updates
    before, state = updates.seen(0, step)
    used = tuple(slot.copy() for slot in state)  # a rule may write to these
    direction, _ = rule.direction(before, used)
    direction, rates = direction.copy(), replay.rated()
    after, new = updates.seen(0, step)
    gradient, update = updates.changes
    run, rate = replay.run, float(before.rate[0, 0])
    clipping = run.clipping

    def named(slots: State) -> dict[str, Array]:
        names = [slot.name for slot in rule.slots]
        return {name: frozen(slot[0]) for name, slot in zip(names, slots, strict=False)}

    return StepInspection(
        optimizer=run.optimizer,
        step=step,
        learning_rate=rate,
        schedule_factor=None if run.schedule == Constant() else rate / run.learning_rate,
        before=frozen(before.params[0]),
        gradient=frozen(gradient[0]),
        clipped_gradient=None if clipping is None else frozen(clipping.clipped(gradient)[0]),
        second_gradient=frozen(before.grads[0]) if rule.gradients_per_update == 2 else None,
        slots_before=named(state),
        slots_after=named(new),
        corrected=named(rule.corrected(after, new)),
        effective_learning_rate=frozen(rates),
        direction=frozen(direction[0]),
        update=frozen(update[0]),
        after=frozen(after.params[0]),
    )


def _gradients(replay: _Replay) -> Work[tuple[Array, Array]]:
    """Take all updates, and keep the gradients and the parameters before them."""
    yield from replay.begin()
    gradients, points = [], []
    for _ in range(replay.total):
        yield from replay.prepare()
        gradient, params = replay.updates.changes[0, 0], replay.updates.params[0]
        if not (np.isfinite(gradient).all() and np.isfinite(params).all()):
            break
        gradients.append(gradient.copy())
        points.append(params.copy())
        replay.take()
    shape = len(gradients), len(replay.updates.params[0])
    return np.array(gradients).reshape(shape), np.array(points).reshape(shape)


def _followed(
    replay: _Replay, parameters: list[int], last_step: int
) -> Work[tuple[Integers, Array]]:
    """Take all updates, and keep the effective learning rates of some parameters."""
    every = -(-last_step // _MOST_POINTS)
    kept = range(1, last_step + 1, every)
    steps = np.unique([*kept, last_step])
    rates = np.empty((len(steps), len(parameters)))
    yield from replay.begin()
    for position, step in enumerate(steps):
        while replay.step < step - 1:
            yield from replay.prepare()
            replay.take()
        yield from replay.prepare()
        rates[position] = replay.rated()[parameters]
    return frozen(steps), frozen(rates)


def paced(taken: Callable[[], int], work: Work[Result]) -> Replaying[Result]:
    """Do some work, giving way when it is time to, and return its result.

    What it yields is the number of updates done, which ``taken`` returns. Overflow and NaN of a
    diverging run are results. The setting never surrounds a yield, for a generator may be resumed
    in another context.
    """
    paused, task = time.perf_counter(), Task(work)
    while True:
        with np.errstate(all="ignore"):
            is_going_on = task.go_on()
        if not is_going_on:
            return task.result
        if time.perf_counter() - paused > _PAUSE_SECONDS:
            yield taken()
            paused = time.perf_counter()
