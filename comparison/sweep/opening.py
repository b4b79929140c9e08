"""Ways from a sweep to a comparison: one setting, or each run's best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from comparison.document import View, with_default_view
from comparison.edits import opened
from comparison.pages import TrainingPage
from comparison.rates import Tuned
from comparison.sweep.plan import page_of
from comparison.words.fields import field_title
from engine import LIMITS, Experiment, Run
from language import _
from sweeps.cells import NONE
from sweeps.dimensions import dimension
from sweeps.edges import edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.document import Document
    from comparison.edits import Edited
    from comparison.sweep.look import Look
    from engine.arrays import Integers
    from sweeps.spec import SweepSpec

_RATE: Final = "learning_rate"


def with_sweep(document: Document, name: str, spec: SweepSpec) -> Edited:
    """Show a sweep that was started before, with its base as the comparison.

    Args:
        document: the one on show, whose view is kept where the base is the same.
        name: the id of the sweep.
        spec: the sweep.
    """
    seeds, first = document.experiment.seeds, spec.experiment.seeds[:1]
    base = spec.experiment.model_copy(update={"seeds": seeds if seeds[:1] == first else first})
    made = document if base.runs == document.experiment.runs else with_default_view(base)
    page = page_of(document).model_copy(
        update={
            "sweep": name,
            "axes": spec.axes,
            "seeds": len(spec.experiment.seeds),
            "design": spec.design,
            "targets": spec.targets,
            "setting": None,
            "held": (),
            "brushes": (),
        }
    )
    return opened(made.model_copy(update={"experiment": base}).on_page(page), done="sweep")


def experiment_of(look: Look, settings: Sequence[int]) -> Experiment:
    """Return the comparison of some settings of one problem, with the seeds of the sweep."""
    spec = look.spec
    fields = spec.settings.experiment(settings[0])
    runs = [spec.settings.run(setting) for setting in settings]
    return Experiment.model_validate({**fields, "runs": runs, "seeds": spec.experiment.seeds})


def with_settings(document: Document, look: Look, settings: Sequence[int]) -> Edited:
    """Open a comparison of some settings on the Compare page, with their names and colours.

    Args:
        document: the one on show, whose view is kept as far as it can be.
        look: how the sweep is looked at.
        settings: of one problem, each of another run or a single one.
    """
    experiment = experiment_of(look, settings)
    styles = [look.styles[run] for run in look.dimensions[0].places[list(settings)].tolist()]
    view = View(
        names=tuple(style.name if len(settings) > 1 else "" for style in styles),
        numbers=tuple(style.number for style in styles),
        quantity=document.view.quantity,
        axis=document.view.axis,
        log=document.view.log,
        page=TrainingPage(),
    )
    made = document.model_copy(update={"experiment": experiment, "view": view})
    notice = _("Opened from the sweep: {settings}. Undo takes you back.").format(
        settings="; ".join(map(look.setting_words, settings))
    )
    return opened(made, done="settings", notices=[notice])


@dataclass(frozen=True)
class Best:
    """Each run's best setting, as far as it may be used.

    Attributes:
        settings: one for each run that has any.
        why_not: why they cannot be compared; None where they can.
    """

    settings: tuple[int, ...]
    why_not: str | None


def best_of_each(look: Look) -> Best:
    """Return each run's best setting, and whether all can be one comparison."""
    found = tuple(setting for setting in look.best_of_runs().tolist() if setting != NONE)
    medians = look.summary.median[list(found)]
    finite = tuple(np.array(found, dtype=int)[np.isfinite(medians)].tolist())
    if not finite:
        return Best((), _nothing_finite(look))
    if not look.lanes.is_whole:
        return Best(finite, _unfinished(look))
    if len(finite) not in LIMITS["runs"]:
        text = _(
            "A comparison has at most {count} runs. Open single settings instead: click a cell, a"
            " point or a row."
        )
        return Best(finite, text.format(count=int(LIMITS["runs"].high)))
    settings = look.spec.settings
    codes = settings.codes(np.array(finite))[settings.problem_axes]
    if codes.size and (codes != codes[:, :1]).any():
        text = _(
            "The best settings are of several problems. Hold these at one value above the map, or"
            " brush one in the parallel coordinates: {fields}."
        )
        fields = ", ".join(field_title(settings.axes[at].field) for at in settings.problem_axes)
        return Best(finite, text.format(fields=fields))
    return Best(finite, None)


def _nothing_finite(look: Look) -> str:
    """Return that no setting has a finite value, and what can be done."""
    if not look.is_kept.any():
        return _("No setting passes through all brushes. Widen one of them.")
    if look.lanes.unreadable:
        return _("Some lanes cannot be read, and no other setting has a finite value.")
    if _has_ended(look):
        return _("No setting has a finite value, and some lanes could not be trained.")
    if not look.lanes.is_whole:
        return _("No setting has ended with a finite value yet.")
    if look.quantity.endswith("target"):
        return _("No setting reaches the target. Choose a higher one, or train for longer.")
    return _("Every setting diverged. Sweep lower learning rates.")


def _unfinished(look: Look) -> str:
    """Return that better settings may come, and what can be done."""
    if look.lanes.unreadable:
        return _(
            "Some lanes cannot be read, and a better setting may be among them. Let the sweep go"
            " on, or open single settings: click a cell, a point or a row."
        )
    if _has_ended(look):
        return _(
            "Some lanes could not be trained, and a better setting may be among them. Open single"
            " settings instead: click a cell, a point or a row."
        )
    return _(
        "The sweep has not finished: a better setting may still come. Wait for its end, or open"
        " single settings: click a cell, a point or a row."
    )


def _has_ended(look: Look) -> bool:
    """Tell whether every lane was tried, and some could not be trained."""
    lanes = look.lanes
    return bool((lanes.done | lanes.failed).all() and lanes.failed.any())


def claims(look: Look, chosen: Sequence[int]) -> list[tuple[Run, Tuned]]:
    """Return of which settings the contract of a comparison may say that they are a run's best.

    They are the best of a whole sweep over learning rates, or over these and batch sizes, by the
    final loss, and their rate is not at the edge of those tried.

    Args:
        look: how the sweep is looked at.
        chosen: settings.
    """
    spec = look.spec
    swept = {axis.field for axis in spec.axes} - {"optimizer"}
    rates = dimension(spec, _RATE)
    if rates is None or not swept <= {_RATE, "batch_size"} or not look.lanes.is_whole:
        return []
    runs, found = look.dimensions[0].places, []
    for setting in chosen:
        own = np.flatnonzero(runs == runs[setting])
        medians = look.final_losses[own]
        is_best = np.isfinite(medians.min()) and own[np.argmin(medians)] == setting
        has_rates = len(set(rates.numbers[own].tolist())) > 1
        if is_best and has_rates and _RATE not in edges(spec, setting):
            found.append(_claim(spec, setting, own))
    return found


def _claim(spec: SweepSpec, setting: int, own: Integers) -> tuple[Run, Tuned]:
    """Return the run of a setting, and among which settings of that run it was found."""
    run = Run.model_validate(spec.settings.run(setting))
    table, places = spec.settings.column("batch_size", own)
    sizes = {table[place] for place in np.unique(places).tolist()}
    has_sizes = len(sizes) > 1
    tuned = Tuned(
        len(own),
        spec.experiment.seeds,
        batch_sizes=has_sizes,
        most=len(own),
        is_smallest_batch=has_sizes and run.batch_size == min(sizes - {"all"}, default=None),
    )
    return run, tuned
