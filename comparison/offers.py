"""What can be offered for a comparison: runs, rules, losses, axes and presets that fit it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from comparison.document import Quantity
from comparison.pages import EpochsPage, SweepPage
from comparison.presets import RUNS_PRESETS
from engine import LIMITS
from engine.counts import Unit
from engine.experiment import misfit
from engine.problems.datasets import OwnTable
from engine.problems.datasets.toy import Toy
from engine.problems.losses import LOSSES
from engine.problems.specs import LossName
from engine.rules import RULES, TypedRule
from engine.rules.rule import Family
from engine.rules.schedules import SCHEDULES, Constant, ReduceOnPlateau
from engine.spec import name_of
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comparison.document import Document
    from engine import Experiment, Function, Network, Run
    from engine.rules import Rule
    from engine.rules.schedules import Schedule

Shared: TypeAlias = Literal[
    "problem", "way_to_network", "budget", "stopping", "repeats", "data_seed", "first_seed"
]
"""A group of the controls of what all runs share; the way to a network leads from a function."""

_ALL: Final[frozenset[Shared]] = frozenset(get_args(Shared))
# What is shown on a tab of the Epochs page depends on these only: the first two count settings of
# their own, and some train without stopping rules, or look at the first seed alone.
_ON_EPOCHS: Final[Mapping[str, frozenset[Shared]]] = {
    "count": frozenset(),
    "rows": frozenset({"first_seed"}),
    "batches": _ALL,
    "noise": _ALL - {"repeats"},
    "overfitting": _ALL - {"repeats", "stopping"},
    "map": _ALL - {"stopping"},
}


def may_add_run(experiment: Experiment) -> bool:
    """Tell whether a run can be added."""
    return len(experiment.runs) + 1 in LIMITS["runs"]


def may_remove_run(experiment: Experiment) -> bool:
    """Tell whether a run can be removed: the last one cannot."""
    return len(experiment.runs) > 1


def runs_presets(experiment: Experiment) -> dict[str, str]:
    """Return the titles of the presets for which there are enough rows, by id, to be translated."""
    rows = experiment.problem.training_rows
    return {
        name: preset.title for name, preset in RUNS_PRESETS.items() if rows >= preset.fewest_rows
    }


def rules_by_family(typed: Iterable[type[TypedRule]] = ()) -> tuple[type[Rule], ...]:
    """Return all rules in the order of the menu: family by family, within each as in ``RULES``.

    Args:
        typed: rules that readers typed, which are in no registry.
    """
    families = get_args(Family)
    rules: list[type[Rule]] = [*RULES, *dict.fromkeys(typed)]
    return tuple(sorted(rules, key=lambda rule: families.index(rule.family)))


def typed_rules(experiment: Experiment) -> list[type[TypedRule]]:
    """Return the rules of an experiment that readers typed, each once."""
    rules = (type(run.optimizer) for run in experiment.runs)
    return list(dict.fromkeys(rule for rule in rules if issubclass(rule, TypedRule)))


def menu_id(rule: type[Rule]) -> str:
    """Return what a menu knows a rule by: its name, and of a typed one all that it consists of."""
    own = (rule.title, rule.program.text) if issubclass(rule, TypedRule) else ()
    return "\n".join((name_of(rule), *own))


def menu_names(rules: Sequence[type[Rule]]) -> dict[str, str]:
    """Return what a menu calls rules, by ``menu_id``: title and family, by which one finds them.

    All are different.
    """
    names: dict[str, str] = {}
    for rule in rules:
        family = label("family", rule.family)
        name, number = f"{rule.title} · {family}", 1
        while name in names.values():
            number += 1
            name = f"{rule.title} ({number}) · {family}"
        names[menu_id(rule)] = name
    return names


def fitted(problem: Network | Function, run: Run) -> Run:
    """Return a run with what its rule needs, as far as the run itself has it: all rows, shuffled.

    What else is in the way of the rule (``engine.experiment.misfit``) is shared by all runs.
    """
    cause = misfit(problem, run)
    if cause is None or cause[0] not in {"batch_size", "sampling"}:
        return run
    return run.model_copy(update={"batch_size": "all", "sampling": "shuffled"})


def has_batch_sizes(run: Run) -> bool:
    """Tell whether a run can be trained with other batch sizes than all rows."""
    return "all_rows" not in run.optimizer.needs


def fields_for_all(experiment: Experiment) -> tuple[str, ...]:
    """Return the fields of a run that can be copied to all runs."""
    fields = ["learning_rate"]
    if experiment.problem.has_rows:
        fields.append("batch_size")
    fields.append("optimizer")
    if any(run.schedule != Constant() for run in experiment.runs):
        fields.append("schedule")
    if any(run.clipping for run in experiment.runs):
        fields.append("clipping")
    return tuple(fields)


def schedules(experiment: Experiment) -> tuple[type[Schedule], ...]:
    """Return the schedules that a run may have: one watches validation rows."""
    if experiment.problem.n_validation:
        return SCHEDULES
    return tuple(kind for kind in SCHEDULES if kind is not ReduceOnPlateau)


def losses(problem: Network) -> tuple[str, ...]:
    """Return the ids of the losses that suit the data."""
    classes = problem.dataset.n_classes
    return tuple(name for name in get_args(LossName) if LOSSES[name].suits(classes))


def quantities(experiment: Experiment) -> tuple[str, ...]:
    """Return the losses that can be drawn: no validation loss without validation rows."""
    has_validation = bool(experiment.problem.n_validation)
    return tuple(name for name in get_args(Quantity) if has_validation or name != "validation_loss")


def axes(document: Document) -> tuple[str, ...]:
    """Return the axes of a chart.

    Rows seen only if there are rows, gradients only if some run takes two per update, or else if a
    link asks for them.
    """
    return (*_counted(document.experiment, document.view.axis), "seconds")


def budget_units(experiment: Experiment) -> tuple[str, ...]:
    """Return the units of a budget; rows and gradients as for ``axes``."""
    return _counted(experiment, experiment.budget.unit)


def _counted(experiment: Experiment, now: str) -> tuple[str, ...]:
    """Return in what updates can be counted, what is in force now among it."""
    left_out = set()
    if not experiment.problem.has_rows:
        left_out.add("rows_seen")
    if all(run.optimizer.gradients_per_update == 1 for run in experiment.runs):
        left_out.add("gradients")
    return tuple(unit for unit in get_args(Unit) if unit not in left_out - {now})


def _draws_validation(problem: Network) -> bool:
    """Tell whether it is a matter of chance which rows are held back."""
    dataset = problem.dataset
    is_fixed = isinstance(dataset, OwnTable) and dataset.split.name in {"last", "marked"}
    return problem.n_validation > 0 and not is_fixed


def shared_controls(document: Document) -> frozenset[Shared]:
    """Return which controls of what all runs share change something of what the page shows."""
    experiment, page = document.experiment, document.view.page
    problem = experiment.problem
    on_page = _ON_EPOCHS[page.tab] if isinstance(page, EpochsPage) else _ALL
    if isinstance(page, SweepPage):  # which has seeds of its own
        on_page -= {"repeats"}
    if problem.kind == "network":
        is_drawn = isinstance(problem.dataset, Toy) or _draws_validation(problem)
        return on_page - {"way_to_network"} - (set() if is_drawn else {"data_seed"})
    if isinstance(page, EpochsPage):  # which has nothing to show of a function
        return on_page & {"first_seed"} if page.tab == "rows" else frozenset({"way_to_network"})
    nothing_is_drawn = {"first_seed"} | ({"repeats"} if len(experiment.seeds) == 1 else set())
    return on_page - {"data_seed"} - (set() if problem.noise else nothing_is_drawn)
