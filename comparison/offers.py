"""What can be offered for a comparison: runs, losses, axes and presets that fit it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from comparison.document import Quantity
from comparison.pages import EpochsPage, SweepPage
from comparison.presets import RUNS_PRESETS
from engine import LIMITS
from engine.problems.datasets.toy import Toy
from engine.problems.losses import LOSSES
from engine.problems.specs import LossName
from engine.rules.schedules import SCHEDULES, Constant, Plateau

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comparison.document import Document
    from engine import Experiment, Network
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
    return tuple(kind for kind in SCHEDULES if kind is not Plateau)


def losses(problem: Network) -> tuple[str, ...]:
    """Return the ids of the losses that suit the data."""
    classes = problem.dataset.n_classes
    return tuple(name for name in get_args(LossName) if LOSSES[name].suits(classes))


def quantities(experiment: Experiment) -> tuple[str, ...]:
    """Return the losses that can be drawn: no validation loss without validation rows."""
    has_validation = bool(experiment.problem.n_validation)
    return tuple(name for name in get_args(Quantity) if has_validation or name != "validation_loss")


def axes(document: Document) -> tuple[str, ...]:
    """Return the axes of a chart; rows seen only if there are rows, or a link asks for them."""
    rows = document.experiment.problem.has_rows or document.view.axis == "rows_seen"
    names = ("epochs", "iterations", "rows_seen", "seconds")
    return names if rows else tuple(name for name in names if name != "rows_seen")


def budget_units(experiment: Experiment) -> tuple[str, ...]:
    """Return the units of a budget; rows as for ``axes``."""
    rows = experiment.problem.has_rows or experiment.budget.unit == "rows_seen"
    return ("epochs", "iterations", "rows_seen") if rows else ("epochs", "iterations")


def shared_controls(document: Document) -> frozenset[Shared]:
    """Return which controls of what all runs share change something of what the page shows."""
    experiment, page = document.experiment, document.view.page
    problem = experiment.problem
    on_page = _ON_EPOCHS[page.tab] if isinstance(page, EpochsPage) else _ALL
    if isinstance(page, SweepPage):  # which has seeds of its own
        on_page -= {"repeats"}
    if problem.kind == "network":
        is_drawn = isinstance(problem.dataset, Toy) or problem.n_validation > 0
        return on_page - {"way_to_network"} - (set() if is_drawn else {"data_seed"})
    if isinstance(page, EpochsPage):  # which has nothing to show of a function
        return on_page & {"first_seed"} if page.tab == "rows" else frozenset({"way_to_network"})
    nothing_is_drawn = {"first_seed"} | ({"repeats"} if len(experiment.seeds) == 1 else set())
    return on_page - {"data_seed"} - (set() if problem.noise else nothing_is_drawn)
