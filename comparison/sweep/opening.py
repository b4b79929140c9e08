"""Ways from a sweep to a comparison: one setting, or each run's best."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from comparison.document import View, with_default_view
from comparison.edits import opened
from comparison.pages import TrainingPage
from comparison.rates import Tuned
from comparison.sweep.plan import page_of, plan_of
from comparison.sweep.scores import or_first
from comparison.words.fields import field_title
from comparison.words.seeds import named_seeds
from engine import FEWEST_SEEDS, LIMITS, Experiment, Run
from language import _
from sweeps.cells import NONE
from sweeps.choosing import is_without_chance
from sweeps.dimensions import dimension
from sweeps.edges import edges
from sweeps.scoring import scoring

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
    made = made.model_copy(update={"experiment": base})
    plan = plan_of(made.on_page(page_of(document)), spec)
    anew = {"sweep": name, "setting": None, "held": (), "brushes": ()}
    page = page_of(document).model_copy(update=plan | anew)
    return opened(made.on_page(page), done="sweep")


def experiment_of(
    look: Look, settings: Sequence[int], seeds: Sequence[int] | None = None
) -> Experiment:
    """Return the comparison of some settings of one problem, with the seeds of the sweep or others.

    Args:
        look: how the sweep is looked at.
        settings: of one problem.
        seeds: those of the comparison; None for those of the sweep.
    """
    spec = look.spec
    fields = spec.settings.experiment(settings[0])
    runs = [spec.settings.run(setting) for setting in settings]
    own = spec.experiment.seeds if seeds is None else tuple(seeds)
    return Experiment.model_validate({**fields, "runs": runs, "seeds": own})


def with_settings(
    document: Document,
    look: Look,
    settings: Sequence[int],
    seeds: Sequence[int],
    chosen_on: Sequence[int] = (),
) -> Edited:
    """Open a comparison of some settings on the Compare page, with their names and colours.

    It shows the loss that was swept.

    Args:
        document: the one on show, whose view is kept as far as it can be.
        look: how the sweep is looked at.
        settings: of one problem, each of another run or a single one.
        seeds: those of the comparison.
        chosen_on: the seeds by which the settings were chosen, if they were.
    """
    experiment = experiment_of(look, settings, seeds)
    styles = [look.styles[run] for run in look.dimensions[0].places[list(settings)].tolist()]
    view = View(
        names=tuple(style.name if len(settings) > 1 else "" for style in styles),
        numbers=tuple(style.number for style in styles),
        quantity="validation_loss" if experiment.problem.n_validation else "training_loss",
        axis=document.view.axis,
        log=document.view.log,
        page=TrainingPage(),
    )
    made = document.model_copy(update={"experiment": experiment, "view": view})
    words = "; ".join(map(look.setting_words, settings))
    said = [_("Opened from the sweep: {settings}.").format(settings=words)]
    if chosen_on and not set(chosen_on) & set(seeds):
        text = _("Chosen on {choosing}; shown here on {seeds}, which had no say in it.")
        said.append(text.format(choosing=named_seeds(chosen_on), seeds=named_seeds(seeds)))
    notice = " ".join([*said, _("Undo takes you back.")])
    return opened(made, done="settings", notices=[notice])


@dataclass(frozen=True)
class Best:
    """A setting of each run, as far as these may be compared.

    Attributes:
        settings: one for each run that has any.
        why_not: why they cannot be compared; None where they can.
        chosen_on: the seeds by which they were chosen.
        seeds: those on which they are compared: others, unless nothing is random, or one seed is
            all there is.
    """

    settings: tuple[int, ...]
    why_not: str | None
    chosen_on: tuple[int, ...]
    seeds: tuple[int, ...]


def best_of_each(look: Look) -> Best:
    """Return each run's best setting by the quantity shown, and whether all can be compared.

    All seeds of the sweep chose it, so it is compared on fresh ones.
    """
    found = np.array([setting for setting in look.best_of_runs().tolist() if setting != NONE], int)
    finite = tuple(found[np.isfinite(look.summary.median[found])].tolist())
    seeds = look.spec.experiment.seeds
    if is_without_chance(look.spec):
        return Best(finite, _why_not(look, finite), seeds[:1], seeds[:1])
    return Best(finite, _why_not(look, finite), seeds, fresh_seeds(seeds))


def chosen_of_each(look: Look) -> Best:
    """Return the settings that the scores are of, on the problem shown, for the seeds that report.

    They are those of ``sweeps.choosing.choose``: what is held, brushed or shown on a map does not
    matter.
    """
    found = scoring(look.lanes, look.page.choosing)
    problem = or_first(look.page.problem, len(found.problems))
    chosen = (report.chosen.setting for report in found.reports[problem])
    settings = tuple(setting for setting in chosen if setting != NONE)
    seeds, parts = look.spec.experiment.seeds, found.split
    return Best(
        settings,
        _why_no_scores(look, settings),
        tuple(seeds[at] for at in parts.choosing),
        tuple(seeds[at] for at in parts.reporting),
    )


def fresh_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    """Return as many seeds that follow the last of some, at least as many as tell runs apart.

    Where the largest seed there is would be passed, they are the lowest ones that are free.
    """
    count = max(len(seeds), FEWEST_SEEDS)
    first = max(seeds) + 1
    if first + count - 1 > LIMITS["seed"].high:
        first = 0
    free = (seed for seed in range(first, first + count + len(seeds)) if seed not in seeds)
    return tuple(islice(free, count))


def _why_no_scores(look: Look, settings: Sequence[int]) -> str | None:
    """Return why the settings that the scores are of cannot be compared; None where they can."""
    if not settings:
        return _never_finite(look)
    return _unfinished(look) if not look.lanes.is_whole else _too_many(settings)


def _why_not(look: Look, settings: Sequence[int]) -> str | None:
    """Return why the best settings cannot be compared; None where they can."""
    if not settings:
        return _nothing_finite(look)
    if not look.lanes.is_whole:
        return _unfinished(look)
    return _too_many(settings) or _several_problems(look, settings)


def _too_many(settings: Sequence[int]) -> str | None:
    """Return that a comparison cannot hold so many runs."""
    if len(settings) not in LIMITS["runs"]:
        text = _(
            "A comparison has at most {count} runs. Open single settings instead: click a cell, a"
            " point or a row."
        )
        return text.format(count=int(LIMITS["runs"].high))
    return None


def _several_problems(look: Look, chosen: Sequence[int]) -> str | None:
    """Return that settings are of several problems, and what makes them those of one."""
    settings = look.spec.settings
    codes = settings.codes(np.array(chosen))[settings.problem_axes]
    if codes.size and (codes != codes[:, :1]).any():
        text = _(
            "The best settings are of several problems. Hold these at one value above the map, or"
            " brush one in the parallel coordinates: {fields}."
        )
        fields = ", ".join(field_title(settings.axes[at].field) for at in settings.problem_axes)
        return text.format(fields=fields)
    return None


def _nothing_finite(look: Look) -> str:
    """Return that no setting has a finite value, and what can be done."""
    if not look.is_kept.any():
        return _("No setting passes through all brushes. Widen one of them.")
    if look.lanes.unreadable:
        return _("Some lanes cannot be read, and no other setting has a finite value.")
    if _has_ended(look):
        return _("No setting has a finite value, and some lanes could not be trained.")
    if look.lanes.is_whole and look.quantity.endswith("target"):
        return _("No setting reaches the target. Choose a higher one, or train for longer.")
    return _never_finite(look)


def _never_finite(look: Look) -> str:
    if not look.lanes.is_whole:
        return _("No setting has ended with a finite value yet.")
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
