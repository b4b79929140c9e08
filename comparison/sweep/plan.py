"""The plan of a sweep: the comparison with the page's axes, and which axes can be added."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from comparison.offers import has_batch_sizes, losses, schedules
from comparison.pages import SweepPage
from engine import LIMITS, Experiment, InvalidInput
from engine.limits import COORDINATE
from engine.problems.datasets import DATASETS
from engine.problems.formula import Formula
from engine.problems.specs import ActivationName, StartName
from engine.rules import RULES, choices, hyperparameters
from engine.rules.clipping import CLIPPINGS, THRESHOLD
from engine.rules.schedules import Constant, Cosine, intervals
from engine.spec import by_name, name_of
from sweeps.axes import ListAxis, RangeAxis, read_values, value_text, with_value
from sweeps.spec import SweepSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.document import Document
    from engine import Network, Run
    from engine.rules.schedules import Schedule
    from sweeps.axes import Axis

_RATES: Final = RangeAxis(field="learning_rate", low=1e-3, high=10.0, count=9, scale="log")
_LAYERS: Final = ((), (4,), (8,), (8, 8), (16, 16), (32, 32), (64, 64))
_DECAYS: Final = (0.0, 0.5, 0.9, 0.95, 0.99, 0.999)
# Fields of whole numbers, besides those of rules.
WHOLE: Final = frozenset(
    (
        "amount",
        "arms",
        "batch_size",
        "classes",
        "data_seed",
        "degree",
        "features",
        "grow",
        "noise_seed",
        "patience",
        "record_every",
        "rows",
    )
)
BUDGET: Final = "budget"


@dataclass(frozen=True)
class Offer:
    """A field that an axis may have.

    Attributes:
        first: the axis as it begins.
        choices: its values as an axis holds them, where they are some of few; none where it takes
            numbers.
    """

    first: Axis
    choices: tuple[Any, ...] = ()


def page_of(document: Document) -> SweepPage:
    """Return the settings of the Sweep page; its first ones where another page is shown."""
    page = document.view.page
    return fitting(page if isinstance(page, SweepPage) else SweepPage(), document.experiment)


def fitting(page: SweepPage, experiment: Experiment) -> SweepPage:
    """Return settings of the page; the first axes have the batch sizes that runs may have here."""
    if page.axes != SweepPage().axes:
        return page
    may_have = experiment.problem.has_rows and any(map(has_batch_sizes, experiment.runs))
    rows, (rates, sizes) = experiment.problem.training_rows, page.axes
    fit = [size for size in cast("ListAxis", sizes).values if size == "all" or size <= rows]
    if not may_have or len(fit) == 1:
        return page.model_copy(update={"axes": (rates,)})
    return page.model_copy(update={"axes": (rates, ListAxis(field="batch_size", values=fit))})


def sweep_of(document: Document) -> SweepSpec:
    """Return the sweep that a document plans.

    Raises:
        InvalidInput: an axis does not fit the comparison, or there are too many lanes.
    """
    page = page_of(document)
    first = min(document.experiment.seeds[0], int(LIMITS["seed"].high) - page.seeds + 1)
    seeds = tuple(range(first, first + page.seeds))
    return SweepSpec(
        experiment=document.experiment.model_copy(update={"seeds": seeds}),
        axes=(*page.axes, *_both_budgets(document)),
        design=page.design,
        targets=page.targets,
    )


def offers(experiment: Experiment) -> dict[str, Offer]:
    """Return the fields that an axis may have, in the order of a menu.

    Where a rule needs all rows, batches and noise are none of them.
    """
    problem = experiment.problem
    may_be_noisy = not any("all_rows" in run.optimizer.needs for run in experiment.runs)
    found = {"learning_rate": Offer(_RATES)}
    if problem.has_rows and may_be_noisy:
        sizes = [size for size in (8, 32) if size < problem.training_rows]
        found["batch_size"] = _numbers("batch_size", *sizes, "all")
    found |= _hyperparameters(experiment.runs)
    found |= _schedules(experiment) | _schedule_numbers(experiment)
    found |= _clipping(experiment.runs)
    if problem.kind == "network":
        found |= _of_network(experiment, problem)
        if may_be_noisy:
            found["sampling"] = _some("sampling", ("shuffled", "replacement"))
        found["last_batch"] = _some("last_batch", ("kept", "dropped"))
        found["data_seed"] = _numbers("data_seed", 0, 1, 2)
        return found
    if isinstance(problem.function, Formula):
        for name, value in problem.function.constants:
            field = f"problem.function.constants.{name}"
            tried = {value, *_half_and_double(value or 1.0)}
            found[field] = _numbers(field, *sorted(one for one in tried if one in COORDINATE))
    if may_be_noisy:
        found["problem.noise"] = _numbers("problem.noise", 0.0, 0.1, 1.0)
    return found


def further_offers(document: Document) -> dict[str, Offer]:
    """Return the fields of which a document's sweep has no axis yet."""
    taken = {axis.field for axis in page_of(document).axes}
    return {
        field: offer for field, offer in offers(document.experiment).items() if field not in taken
    }


def may_have_both_budgets(document: Document) -> bool:
    """Tell whether a budget of equal updates would be another one, and no axis is of it yet."""
    fields = {axis.path[0] for axis in page_of(document).axes}
    experiment = document.experiment
    return (
        experiment.problem.has_rows
        and experiment.budget.unit != "iterations"
        and BUDGET not in fields
    )


def _both_budgets(document: Document) -> tuple[Axis, ...]:
    """Return the axis of the budget and of one that gives all runs as many updates, if asked for.

    These are those that the first run makes within the budget.
    """
    experiment = document.experiment
    if not (page_of(document).both_budgets and may_have_both_budgets(document)):
        return ()
    updates = {"amount": experiment.iterations(experiment.runs[0]), "unit": "iterations"}
    both = (experiment.budget.model_dump(mode="json"), updates)
    return (ListAxis(field=BUDGET, values=both),)


def plan_of(document: Document, spec: SweepSpec) -> dict[str, Any]:
    """Return the settings of the page that plan a sweep.

    Args:
        document: with the base of the sweep as its experiment.
        spec: the sweep.
    """
    fields: dict[str, Any] = {
        "axes": spec.axes,
        "seeds": len(spec.experiment.seeds),
        "design": spec.design,
        "targets": spec.targets,
        "both_budgets": False,
    }
    if not spec.axes or spec.axes[-1].field != BUDGET:
        return fields
    switched = fields | {"axes": spec.axes[:-1], "both_budgets": True}
    page = page_of(document).model_copy(update=switched)
    is_same = sweep_of(document.on_page(page)).key == spec.key
    return switched if is_same else fields


def _hyperparameters(runs: Sequence[Run]) -> dict[str, Offer]:
    found: dict[str, Offer] = {}
    for rule in dict.fromkeys(type(run.optimizer) for run in runs):
        for name in choices(rule):
            field = f"optimizer.{name}"
            words = _common_words(runs, name)
            if words:
                found[field] = _some(field, words)
    every = [hyperparameters(type(run.optimizer)) for run in runs]
    for run, own in zip(runs, every, strict=True):
        for name, interval in own.items():
            field, value = f"optimizer.{name}", getattr(run.optimizer, name)
            others = _DECAYS if interval.scale == "complement" else _around(value)
            common = [intervals[name] for intervals in every if name in intervals]
            allowed = {one for one in (value, *others) if all(one in each for each in common)}
            if field not in found and allowed:
                found[field] = _numbers(field, *sorted(allowed))
    return found


def _common_words(runs: Sequence[Run], name: str) -> tuple[str, ...]:
    """Return the words that every rule with this choice has, those of the runs first."""
    offered = [choices(type(run.optimizer)).get(name) for run in runs]
    first, *others = [words for words in offered if words is not None]
    common = [word for word in first if all(word in words for words in others)]
    own = [getattr(run.optimizer, name, None) for run in runs]
    return tuple(dict.fromkeys([*(word for word in own if word in common), *common]))


def _schedules(experiment: Experiment) -> dict[str, Offer]:
    """Return the offers of schedules: those that the runs have, then all others."""
    runs = experiment.runs
    own, plain = [run.schedule for run in runs], [kind() for kind in schedules(experiment)]
    offered = tuple(
        json.loads(json.dumps(asdict(cast("Any", one))))
        for one in dict.fromkeys([*own, Constant(), Cosine(), *plain])
        if all(_may_have(experiment, run, one) for run in runs)
    )
    return {"schedule": _some("schedule", offered)} if offered else {}


def _schedule_numbers(experiment: Experiment) -> dict[str, Offer]:
    """Return the offers of single numbers of the schedules of runs, where every run can have them.

    Not of a warm-up where some runs have a constant rate, nor of milestones.
    """
    found: dict[str, Offer] = {}
    for one in dict.fromkeys(run.schedule for run in experiment.runs):
        for name in intervals(type(one), one.unit):
            value, field = getattr(one, name), f"schedule.{name}"
            having = [run for run in experiment.runs if name in vars(run.schedule)]
            if isinstance(value, tuple) or any(run.schedule == Constant() for run in having):
                continue
            tried = sorted({value, *_half_and_double(value)})
            fit = [n for n in tried if all(_may_be(experiment, run, name, n) for run in having)]
            if fit and field not in found:
                found[field] = _numbers(field, *fit)
    return found


def _half_and_double(value: float) -> tuple[float, ...]:
    """Return half and twice a number of a schedule; of 0, what a warm-up may be."""
    if isinstance(value, int):
        return (value // 2, 2 * value)
    return (value / 2, 2 * value) if value else (0.05, 0.1)


def _may_be(experiment: Experiment, run: Run, name: str, value: float) -> bool:
    """Tell whether a number of a run's schedule may be another one."""
    if value not in intervals(type(run.schedule), run.schedule.unit)[name]:
        return False
    try:
        changed = replace(cast("Any", run.schedule), **{name: value})
    except InvalidInput:
        return False
    return _may_have(experiment, run, changed)


def _may_have(experiment: Experiment, run: Run, schedule: Schedule) -> bool:
    """Tell whether a run may have a schedule."""
    try:
        schedule.check(experiment.counts(run), experiment.iterations(run))
    except InvalidInput:
        return False
    return True


def _clipping(runs: Sequence[Run]) -> dict[str, Offer]:
    """Return the offers of ways to clip gradients, and of thresholds where runs clip."""
    plain = tuple({"name": name_of(kind), "threshold": 1.0} for kind in CLIPPINGS)
    own = (asdict(run.clipping) for run in runs if run.clipping is not None)
    offered = (None, *plain, *(one for one in own if one not in plain))
    found = {"clipping": _some("clipping", offered)}
    thresholds = {run.clipping.threshold for run in runs if run.clipping is not None}
    if thresholds:
        tried = {*thresholds, *_around(min(thresholds))}
        values = sorted(value for value in tried if value in THRESHOLD)
        found["clipping.threshold"] = _numbers("clipping.threshold", *values)
    return found


def _around(value: float) -> tuple[float, ...]:
    """Return a smaller and a larger value: whole numbers around a whole number."""
    if isinstance(value, int):
        return (value // 2, value * 2)
    if value <= 0:
        return (1e-4, 1e-3, 1e-2)
    return tuple(float(f"{one:.12g}") for one in (value / 10, value * 10))


def _of_network(experiment: Experiment, problem: Network) -> dict[str, Offer]:
    own = problem.dataset  # with the settings that it has
    others = [name for name in by_name(DATASETS) if name != own.name]
    found = _fitting(experiment, "problem.dataset", (own.model_dump(mode="json"), *others))
    if hasattr(problem.dataset, "noise"):
        found["problem.dataset.noise"] = _numbers("problem.dataset.noise", 0.0, 0.1, 0.2, 0.4)
    found |= _fitting(experiment, "problem.hidden", _LAYERS, begins_with=1)
    found["problem.activation"] = _some("problem.activation", get_args(ActivationName))
    found |= _fitting(experiment, "problem.loss", losses(problem))
    found["problem.l2"] = _numbers("problem.l2", 0.0, 1e-4, 1e-3, 1e-2)
    found["problem.start"] = _some("problem.start", get_args(StartName))
    return found


def _fitting(
    experiment: Experiment, field: str, choices: tuple[Any, ...], begins_with: int = 0
) -> dict[str, Offer]:
    """Return the offer of those choices that fit the rest of an experiment, if there are any.

    It begins with three of them, from a place on where there are so many.
    """
    fields = experiment.model_dump(mode="json")
    fitting = []
    for choice in choices:
        try:
            Experiment.model_validate(with_value(fields, field.split("."), choice))
        except InvalidInput:
            continue
        fitting.append(choice)
    if not fitting:
        return {}
    first = min(begins_with, max(0, len(fitting) - 3))
    chosen = fitting[first : first + 3]
    return {field: Offer(ListAxis(field=field, values=chosen), tuple(fitting))}


def _some(field: str, choices: tuple[Any, ...]) -> Offer:
    """Return the offer of an axis that begins with the first three of some choices."""
    return Offer(ListAxis(field=field, values=choices[:3]), choices)


def _numbers(field: str, *values: object) -> Offer:
    return Offer(ListAxis(field=field, values=values))


# Lists of numbers as text


def list_text(axis: ListAxis) -> str:
    """Return the values of a list as a reader types them: ``1, 8, all``."""
    return ", ".join(map(value_text, axis.values))


def typed_list(field: str, text: str) -> tuple[Any, ...]:
    """Return the values of a list that a reader typed.

    Raises:
        InvalidInput: there is none.
    """
    values = tuple(read_values(text))
    if not values:
        raise InvalidInput("wrong_length", field, 0, LIMITS["axis_values"])
    return values


def targets_text(targets: Sequence[float]) -> str:
    """Return target losses as a reader types them, with all their digits."""
    return ", ".join(map(value_text, targets))


def typed_targets(text: str) -> tuple[float, ...]:
    """Return the target losses that a reader typed, with commas between them; none of nothing.

    Raises:
        InvalidInput: one is no number.
    """
    if not text.strip(" ,;"):
        return ()
    values = typed_list("targets", text)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidInput("wrong_type", "targets", value, "number")
    return tuple(map(float, values))


def rescaled(axis: Axis, scale: str) -> Axis:
    """Return an axis in another form, from its lowest number to its highest.

    Args:
        axis: of numbers.
        scale: "list", "linear" or "log".

    Raises:
        InvalidInput: the ends do not allow it.
    """
    if isinstance(axis, RangeAxis):
        if scale == "list":
            return ListAxis(field=axis.field, rules=axis.rules, values=_listed(axis))
        return RangeAxis.model_validate(axis.model_dump() | {"scale": scale})
    if scale == "list":
        return axis
    numbers = [value for value in axis.values if type(value) in {int, float}]
    usable = [value for value in numbers if value > 0] if scale == "log" else numbers
    low, high = min(usable, default=1), max(usable, default=1)
    if high <= low:
        high = low * 10 if low > 0 else low + 1
    ends = {"low": low, "high": high, "count": max(2, len(usable)), "scale": scale}
    return RangeAxis.model_validate({"field": axis.field, "rules": axis.rules, **ends})


def _listed(axis: RangeAxis) -> tuple[float, ...]:
    """Return the values of a range, whole numbers where its field has no others."""
    if _is_whole(axis.path):
        return tuple(dict.fromkeys(map(round, axis.grid)))
    return tuple(axis.grid)


def _is_whole(path: Sequence[str]) -> bool:
    """Tell whether the field at a path holds whole numbers."""
    if path[0] != "optimizer":
        return path[-1] in WHOLE
    values = [getattr(rule, path[-1]) for rule in RULES if path[-1] in hyperparameters(rule)]
    return bool(values) and all(isinstance(value, int) for value in values)


def leaves_out(before: Axis, after: Axis) -> bool:
    """Tell whether a range that took the place of a list has no place for some of its values."""
    if not (isinstance(before, ListAxis) and isinstance(after, RangeAxis)):
        return False
    numbers = [value for value in before.values if isinstance(value, (int, float))]
    inside = [value for value in numbers if after.low <= value <= after.high]
    return len(inside) < len(before.values)
