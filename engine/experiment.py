"""What is trained: a frozen, hashable, fully validated description without arrays."""

from __future__ import annotations

import json
import math
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from engine.counts import Counts, LastBatch, Sampling, Unit
from engine.errors import InvalidInput
from engine.limits import (
    LIMITS,
    Interval,
    LearningRate,
    Length,
    Seed,
    check_length,
)
from engine.problems.datasets import OwnTable
from engine.problems.specs import Function, Network
from engine.rules import (
    RULES,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    AnyRule,
    Momentum,
    Nesterov,
    RMSprop,
    TypedRule,
)
from engine.rules.clipping import AnyClipping  # noqa: TC001 - pydantic reads it
from engine.rules.schedules import AnySchedule, Constant, ReduceOnPlateau
from engine.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.rules import Rule

# The version of the canonical JSON. The defaults below belong to it, so that old links keep their
# meaning.
FORMAT: Final = 1


class Run(Spec):
    """What the user compares: a rule, its learning rate, and how its batches are made.

    Attributes:
        optimizer: the rule with its hyperparameters.
        learning_rate: what the direction is multiplied by.
        batch_size: rows per batch, 1 to the number of training rows, or "all".
        sampling: a new permutation of all rows every epoch, or independent draws with replacement.
        last_batch: whether the short batch at the end of an epoch is kept or dropped.
        schedule: what the learning rate is multiplied by, update by update.
        clipping: what is done to every gradient before the rule sees it; None leaves it.

    The defaults of the last two are left out of JSON, so that keys, links and files are those of a
    version without them.
    """

    optimizer: AnyRule
    learning_rate: LearningRate
    batch_size: Literal["all"] | Annotated[int, LIMITS["batch_size"]] = 32
    sampling: Sampling = "shuffled"
    last_batch: LastBatch = "kept"
    schedule: Annotated[AnySchedule, Field(exclude_if=lambda value: value == Constant())] = (
        Constant()
    )
    clipping: Annotated[AnyClipping | None, Field(exclude_if=lambda value: value is None)] = None

    @field_validator("optimizer", mode="before")
    @classmethod
    def _is_known(cls, value: object) -> object:
        """Refuse an unknown rule with the list of those that exist."""
        names = tuple(rule.name for rule in RULES)
        if isinstance(value, str) and value not in names:
            raise InvalidInput("unknown_choice", "", value, names)
        return value


class Budget(Spec):
    """How long every run trains.

    Attributes:
        amount: how many units.
        unit: epochs, iterations (updates), rows seen, or gradients taken, of which some rules take
            two per update; a budget of rows ends at the first step that reaches it, one of
            gradients at the last step within it, and no sooner than at the first.
    """

    amount: Annotated[int, Interval(-math.inf, math.inf)] = 60  # the unit decides what is allowed
    unit: Unit = "epochs"

    @model_validator(mode="after")
    def _amount_fits_unit(self) -> Self:
        if self.amount not in LIMITS[self.unit]:
            raise InvalidInput("out_of_range", "amount", self.amount, LIMITS[self.unit])
        return self


class Stopping(Spec):
    """What ends a run before its budget; None switches a rule off.

    Attributes:
        target_loss: end at the first recorded step whose training loss is at or below this.
        gradient_norm: end at the first step of the even grid (``Experiment.record_every``) where
            the norm of the full training gradient is at or below this.
        patience: end when the validation loss, including the l2 term, has not improved for this
            many epochs. Epoch 1 is the first that counts, as in Keras and PyTorch Lightning: the
            untrained network sets no record. Epochs that end between recorded steps are looked at
            as well, but recorded only where they end a seed of the run.
    """

    target_loss: Annotated[float, Interval(-1e12, 1e12)] | None = None
    gradient_norm: Annotated[float, Interval(0, 1e12)] | None = None
    patience: Annotated[int, LIMITS["epochs"]] | None = None


# The runs of an experiment, a link or a file that names none. Every number is written out: when
# rules are added or their defaults change, what was shared before still means this.
FORMAT_1_RUNS: Final = (
    Run(optimizer=SGD(), learning_rate=2.0, batch_size=32),
    Run(optimizer=Momentum(momentum=0.9), learning_rate=0.1, batch_size=32),
    Run(optimizer=Nesterov(momentum=0.9), learning_rate=0.1, batch_size=32),
    Run(optimizer=Adagrad(epsilon=1e-10), learning_rate=0.5, batch_size=32),
    Run(optimizer=RMSprop(decay=0.9, epsilon=1e-8), learning_rate=0.01, batch_size=32),
    Run(optimizer=Adam(beta1=0.9, beta2=0.999, epsilon=1e-8), learning_rate=0.05, batch_size=32),
    Run(
        optimizer=AdamW(beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01),
        learning_rate=0.05,
        batch_size=32,
    ),
)


def _place(optimizer: Rule) -> tuple[int, str, str]:
    """Return by what lanes are sorted: places in ``RULES``, typed rules last by their texts."""
    if isinstance(optimizer, TypedRule):
        return len(RULES), optimizer.text, optimizer.title
    return RULES.index(type(optimizer)), "", ""


def _format_1_runs(fields: dict[str, Any]) -> tuple[Run, ...]:
    """Return ``FORMAT_1_RUNS``, with all rows as the batch where there are fewer than a batch."""
    problem = fields.get("problem")
    if problem is None or problem.training_rows >= 32:
        return FORMAT_1_RUNS
    return tuple(run.model_copy(update={"batch_size": "all"}) for run in FORMAT_1_RUNS)


class Experiment(Spec):
    """A problem, its runs, the budget, the stopping rules and the seeds.

    The default belongs to format 1; the dashboard opens with ``comparison.presets.OPENING``.

    Attributes:
        problem: what is minimised.
        runs: what is compared, 1 to 12.
        budget: how long every run trains.
        stopping: what ends a run earlier.
        record_every: also evaluate all rows every so many iterations. None: only on an even grid,
            which depends on the budget and the batches of a run alone: the ends of all epochs, or
            of a budget in iterations or rows the first steps that reach each of 200 equal parts
            (each iteration or row if there are fewer). Of a test function it is every step.
        data_seed: seeds the rows and the split.
        seeds: each gives initial weights and an order of rows, the same for all runs.
    """

    problem: Annotated[Network | Function, Field(discriminator="kind")] = Network()
    runs: Annotated[tuple[Run, ...], Length(LIMITS["runs"])] = Field(default_factory=_format_1_runs)
    budget: Budget = Budget()
    stopping: Stopping = Stopping()
    record_every: Annotated[int, LIMITS["iterations"]] | None = None
    data_seed: Seed = 0
    seeds: Annotated[tuple[Seed, ...], Length(LIMITS["seeds"])] = (0,)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        rows = self.problem.training_rows
        for position, run in enumerate(self.runs):
            if run.batch_size != "all" and run.batch_size > rows:
                field = f"runs.{position}.batch_size"
                raise InvalidInput("out_of_range", field, run.batch_size, Interval(1, rows))
            cause = misfit(self.problem, run)
            if cause is not None:
                field = f"runs.{position}.optimizer"
                raise InvalidInput("conflict", field, run.optimizer.name, cause)
            self._check_schedule(run, f"runs.{position}.schedule")
        if len(set(self.seeds)) < len(self.seeds):
            raise InvalidInput("duplicate", "seeds", self.seeds)
        if self.stopping.patience is not None and not self.problem.n_validation:
            patience, cause = self.stopping.patience, self._no_validation
            raise InvalidInput("conflict", "stopping.patience", patience, cause)
        return self

    def _check_schedule(self, run: Run, field: str) -> None:
        """Refuse a schedule that falls to 0, or watches validation rows that there are not."""
        schedule = run.schedule
        if isinstance(schedule, ReduceOnPlateau) and not self.problem.n_validation:
            raise InvalidInput("conflict", field, schedule.name, self._no_validation)
        if schedule == Constant():
            return
        try:
            schedule.check(self.counts(run), self.iterations(run))
        except InvalidInput as error:
            raise error.at(f"{field}.{error.field}") from None

    @property
    def _no_validation(self) -> tuple[str, object]:
        """Return the setting for which there are no validation rows."""
        if isinstance(self.problem, Network):
            return "validation_share", self.problem.validation_share
        return "problem", "function"

    @property
    def tables(self) -> tuple[OwnTable, ...]:
        """Return the data set, if its rows are those of a reader's table; else nothing."""
        dataset = self.problem.dataset if isinstance(self.problem, Network) else None
        return (dataset,) if isinstance(dataset, OwnTable) else ()

    def counts(self, run: Run) -> Counts:
        """Return how a run's batches are cut from the training rows."""
        rows = self.problem.training_rows
        return Counts(rows, rows if run.batch_size == "all" else run.batch_size, run.last_batch)

    def iterations(self, run: Run) -> int:
        """Return how many iterations the budget gives a run."""
        return self.iterations_of(run, self.budget.amount)

    def iterations_of(self, run: Run, amount: int) -> int:
        """Return how many iterations a part of the budget, in its unit, gives a run."""
        if self.budget.unit == "gradients":
            return max(1, amount // run.optimizer.gradients_per_update)
        return self.counts(run).iterations(amount, self.budget.unit)

    def is_full_batch(self, run: Run) -> bool:
        """Tell whether a run's updates follow the gradient of all rows, without noise."""
        if self.problem.kind == "function":
            return not self.problem.is_disturbed
        counts = self.counts(run)
        return run.sampling == "shuffled" and counts.batch_size == counts.rows

    def groups(self) -> list[list[int]]:
        """Return the positions of runs that step together, each list in the order of the rules.

        They cut the rows in the same way, equal batch size, sampling and last-batch rule, and take
        equally many iterations.
        """

        def cut(position: int) -> tuple[int, str, str, int]:
            run = self.runs[position]
            batch_size = self.counts(run).batch_size
            return batch_size, run.sampling, run.last_batch, self.iterations(run)

        def cut_and_rule(position: int) -> tuple[tuple[int, str, str, int], tuple[int, str, str]]:
            return cut(position), _place(self.runs[position].optimizer)

        ordered = sorted(range(len(self.runs)), key=cut_and_rule)
        return [list(members) for _, members in groupby(ordered, cut)]

    @property
    def fewer_looks(self) -> int | None:
        """Return into how many parts a sweep cuts the budget; None for as many as is usual."""
        return None

    @property
    def key(self) -> str:
        """Return the canonical JSON with its format version: the key of all that is computed."""
        return json.dumps(
            {"format": FORMAT, "experiment": self.model_dump(mode="json")},
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )


class Sweep(Experiment):
    """An experiment of many runs, made to find good settings; it is trained like any other.

    Attributes:
        runs: what is compared; at most 2,000 lanes, counting all seeds.
        looks: into how many equal parts the grid of ``record_every`` cuts the budget of a network,
            where that is fewer; None for all. Final losses do not depend on it, but a loss that
            diverges between two looks and comes back has not diverged.
    """

    runs: Annotated[tuple[Run, ...], Length(LIMITS["lanes"])] = Field(
        default_factory=_format_1_runs
    )
    looks: Annotated[
        Annotated[int, Interval(1, 200)] | None, Field(exclude_if=lambda value: value is None)
    ] = None

    @property
    def fewer_looks(self) -> int | None:
        """Return ``looks``."""
        return self.looks

    @model_validator(mode="after")
    def _lanes_fit(self) -> Self:
        lanes = len(self.runs) * len(self.seeds)
        if lanes not in LIMITS["lanes"]:
            raise InvalidInput("out_of_range", "runs", lanes, LIMITS["lanes"])
        return self


def misfit(problem: Network | Function, run: Run) -> tuple[str, object] | None:
    """Return the field, with its value, for which a run's rule makes no sense; None if it does.

    ``needs`` of the rule says what it makes no sense without.
    """
    return next(_misfits(problem, run), None)


def _misfits(problem: Network | Function, run: Run) -> Iterator[tuple[str, object]]:
    needs = run.optimizer.needs
    if "layers" in needs and problem.kind == "function":
        yield "problem", "function"
    if "hessian" in needs and problem.kind == "network":
        yield "problem", "network"
    if "all_rows" not in needs:
        return
    if problem.kind == "function":
        if problem.noise:
            yield "noise", problem.noise
        if problem.function.pushes:
            yield "function", problem.function.name
        return
    if run.batch_size != "all" and run.batch_size < problem.training_rows:
        yield "batch_size", run.batch_size
    if run.sampling != "shuffled":
        yield "sampling", run.sampling


def distinct_runs(runs: Sequence[Run]) -> list[Run]:
    """Return the first of the runs that differ in their learning rate alone, each with rate 1."""
    return list(dict.fromkeys(run.model_copy(update={"learning_rate": 1.0}) for run in runs))


def rate_sweep(experiment: Experiment, rates: tuple[float, ...]) -> Sweep:
    """Return the sweep that trains every run of an experiment at every rate.

    Runs that differ in their learning rate alone are one.

    Raises:
        InvalidInput: no rates, too many lanes, or a rate out of range.
    """
    check_length("rates", rates, LIMITS["lanes"])
    runs = [
        run.model_copy(update={"learning_rate": rate})
        for run in distinct_runs(experiment.runs)
        for rate in rates
    ]
    return Sweep.model_validate({**experiment.model_dump(), "runs": runs})


__all__ = ["Budget", "Experiment", "Function", "Network", "Run", "Stopping", "Sweep"]
