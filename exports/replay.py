"""The files for a replay elsewhere: rows, start, batches, and the recorded histories."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine import batches, data, initial_params, layers
from engine.analysis.schedules import watched_factors
from engine.problems.function_problem import disturbances
from engine.rules.schedules import Constant, ReduceOnPlateau
from engine.training.history import SUMMARIES, Series
from engine.training.recording import SERIES_POINTS
from engine.training.records import most_recorded
from exports.tables import to_csv
from language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from charts.theme import RunStyle
    from engine import Experiment, History, Run, RunHistory
    from engine.arrays import Array

NUMBERS: Final = 2_000_000  # in one file; nobody would read more, and writing them takes long


def data_csv(experiment: Experiment) -> bytes | None:
    """Return the rows as the network sees them; None if there are none, or too many numbers."""
    problem = experiment.problem
    if problem.kind == "function" or no_rows(experiment):
        return None
    rows = data(experiment)
    inputs = np.concatenate([rows.training_inputs, rows.validation_inputs])
    targets = np.concatenate([rows.training_targets, rows.validation_targets])
    parts = ["training"] * len(rows.training_inputs) + ["validation"] * len(rows.validation_inputs)
    columns: dict[str, Any] = {"part": parts}
    columns |= {f"input_{k + 1}": column for k, column in enumerate(inputs.T)}
    if problem.dataset.task == "classification":
        columns["class"] = targets
    else:
        columns |= {f"target_{k + 1}": column for k, column in enumerate(targets.T)}
    return to_csv(columns)


def no_rows(experiment: Experiment) -> str | None:
    """Return why the rows of a data set are not written; None if they are."""
    problem = experiment.problem
    if problem.kind == "function" or problem.dataset.n_rows * problem.dataset.n_features <= NUMBERS:
        return None
    text = _("More than {most:,} numbers; the experiment recreates them from its data seed.")
    return text.format(most=NUMBERS)


def start_csv(experiment: Experiment) -> bytes:
    """Return where the runs start: a row per parameter, a column per seed of ``replay_seeds``."""
    seeds = replay_seeds(experiment)
    starts = {seed: initial_params(experiment, seed) for seed in seeds}
    if experiment.problem.kind == "function":
        columns: dict[str, Any] = {"parameter": ["x", "y"]}
    else:
        columns = _parameters(experiment, bias=experiment.problem.bias)
    return to_csv(columns | {f"seed_{seed}": starts[seed] for seed in seeds})


def _parameters(experiment: Experiment, *, bias: bool) -> dict[str, list[Any]]:
    """Return layer, unit and input of every parameter in the order of a lane, all from 1."""
    columns: dict[str, list[Any]] = {"layer": [], "unit": [], "input": []}
    places = initial_params(experiment, 0)
    for number, (weights, _biases) in enumerate(layers(experiment, places), 1):
        units, inputs = weights.shape
        names = [*range(1, inputs + 1), *(["bias"] if bias else [])]
        columns["layer"] += [number] * (units * len(names))
        columns["unit"] += [unit for unit in range(1, units + 1) for _name in names]
        columns["input"] += names * units
    return columns


def replay_seeds(experiment: Experiment) -> tuple[int, ...]:
    """Return the seeds that can be replayed: all, or for large networks only the first ones."""
    return experiment.seeds[: max(1, NUMBERS // experiment.problem.n_params)]


def batches_csv(experiment: Experiment) -> tuple[bytes, bool]:
    """Return the training rows of every update, and whether all updates are included.

    Runs that cut the rows alike share their batches; the column ``batches`` numbers these groups
    from 1, in the order of ``Experiment.groups``. Rows are counted from 0, as in ``data_csv``.
    """
    groups, seeds = experiment.groups(), replay_seeds(experiment)
    share = NUMBERS // (len(groups) * len(seeds))
    columns: dict[str, list[Any]] = {"batches": [], "seed": [], "iteration": [], "rows": []}
    complete = True
    for number, members in enumerate(groups, 1):
        run = experiment.runs[members[0]]
        most = max(1, share // experiment.counts(run).batch_size)
        complete = complete and experiment.iterations(run) <= most
        for seed in seeds:
            drawn = zip(range(1, most + 1), batches(experiment, members[0], seed), strict=False)
            for iteration, rows in drawn:
                columns["batches"].append(number)
                columns["seed"].append(seed)
                columns["iteration"].append(iteration)
                columns["rows"].append(" ".join(map(str, rows.tolist())))
    return to_csv(columns), complete


def noise_csv(experiment: Experiment) -> bytes | None:
    """Return what is added to the gradient of a test function, update by update.

    None where nothing is: it has no noise, and no pushes of its own.
    """
    problem = experiment.problem
    if problem.kind == "network" or not problem.is_disturbed:
        return None
    most = noise_updates(experiment)
    drawn = {
        seed: np.concatenate(list(islice(disturbances(problem, seed), most)))
        for seed in experiment.seeds
    }
    return to_csv(
        {
            "seed": np.repeat(experiment.seeds, most),
            "iteration": np.tile(np.arange(1, most + 1), len(experiment.seeds)),
            "noise_x": np.concatenate([noise[:, 0] for noise in drawn.values()]),
            "noise_y": np.concatenate([noise[:, 1] for noise in drawn.values()]),
        }
    )


def noise_updates(experiment: Experiment) -> int:
    """Return the updates whose noise is written: all, or for long trainings only the first ones."""
    updates = max(experiment.iterations(run) for run in experiment.runs)
    return min(updates, NUMBERS // (2 * len(experiment.seeds)))


def factors_csv(history: History) -> bytes | None:
    """Return the factors of every schedule, update by update; None if no rate changes.

    Those of a schedule that follows the validation loss are of a seed each.
    """
    experiment = history.experiment
    columns: dict[str, list[Any]] = {"number": [], "seed": [], "iteration": [], "factor": []}
    for number, run in enumerate(experiment.runs, 1):
        if run.schedule == Constant() or unknown_factors(experiment, run):
            continue
        steps = np.arange(1, min(experiment.iterations(run), factor_updates(experiment)) + 1)
        counts, total = experiment.counts(run), experiment.iterations(run)
        factors = run.schedule.factors(steps, counts, total)
        tables = {"all": factors}
        if isinstance(run.schedule, ReduceOnPlateau):
            watched = watched_factors(history, number - 1, steps)
            tables = {
                str(seed): factors * own
                for seed, own in zip(experiment.seeds, watched, strict=True)
            }
        for seed, column in tables.items():
            columns["number"] += [number] * len(steps)
            columns["seed"] += [seed] * len(steps)
            columns["iteration"] += steps.tolist()
            columns["factor"] += column.tolist()
    return to_csv(columns) if columns["number"] else None


def unknown_factors(experiment: Experiment, run: Run) -> str | None:
    """Return why the factors of a schedule are not written; None if they are, or there is none."""
    if not isinstance(run.schedule, ReduceOnPlateau):
        return None
    kept = SERIES_POINTS // len(experiment.seeds)
    if experiment.budget.unit == "epochs" and most_recorded(experiment, run) <= kept:
        return None
    return _(
        "The schedule follows the validation loss at the end of every epoch, and not all of these"
        " losses were recorded. Count the budget in epochs, or choose another schedule."
    )


def factor_updates(experiment: Experiment) -> int:
    """Return the updates whose factors are written: all, or of long trainings only the first."""
    tables = sum(
        len(experiment.seeds) if isinstance(run.schedule, ReduceOnPlateau) else 1
        for run in experiment.runs
    )
    return NUMBERS // tables


def histories_csv(history: History, styles: Sequence[RunStyle]) -> bytes:
    """Return every recorded series of every run and seed.

    ``value`` is the value at ``step``. If a row stands for several steps, ``step`` is the last of
    them, ``steps`` is their number, and ``first``, ``minimum``, ``mean`` and ``maximum`` summarise
    their values.
    """
    names = ("number", "run", "seed", "quantity", "step", "steps", "value", *SUMMARIES[:-1])
    columns: dict[str, list[Any]] = {name: [] for name in names}
    seeds = history.experiment.seeds
    for number, (run, style) in enumerate(zip(history.runs, styles, strict=True), 1):
        for quantity, series in recorded(run):
            for position, seed in enumerate(seeds):
                points = len(series.steps)
                for name, value in zip(
                    names[:4], (number, style.name, seed, quantity), strict=True
                ):
                    columns[name] += [value] * points
                columns["step"] += series.steps.tolist()
                columns["steps"] += [series.width] * points
                columns["value"] += series.last[position].tolist()
                for name in SUMMARIES[:-1]:
                    columns[name] += _summary(series, name, position).tolist()
    return to_csv(columns)


def recorded(run: RunHistory) -> Iterator[tuple[str, Series]]:
    """Yield every series of a run with its name."""
    for name, value in vars(run).items():
        if isinstance(value, Series):
            yield name, value


def _summary(series: Series, name: str, position: int) -> Array:
    """Return one summary of a seed; nothing if every row is one value."""
    values: Array = getattr(series, name)[position]
    return values if series.width > 1 else np.full_like(values, np.nan)
