"""What can be offered for a comparison: runs, losses, axes and presets that fit it."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from comparison.document import Quantity
from comparison.presets import RUNS_PRESETS
from engine import LIMITS
from engine.problems.losses import LOSSES
from engine.problems.specs import LossName

if TYPE_CHECKING:
    from comparison.document import Document
    from engine import Experiment, Network


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
    if experiment.problem.has_rows:
        return ("learning_rate", "batch_size", "optimizer")
    return ("learning_rate", "optimizer")


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
