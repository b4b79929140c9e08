"""What is equal between the settings of a sweep, and what is not: the caption of all it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from comparison.words.contract import equal_parts, unequal_parts
from comparison.words.fields import field_title, settings_count
from engine.experiment import Run
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.sweep.look import Look
    from sweeps.spec import SweepSpec


# What a sentence of the contract is about, by the beginnings of the fields that would change it.
_ABOUT: Final = {
    "data": ("data_seed", "problem.dataset", "problem.validation_share", "problem.function"),
    "start": ("sampling",),
    "l2": ("problem.l2",),
    "noise": ("problem.noise",),
    "budget": ("budget",),
    "stopping": ("stopping",),
}


def sweep_contract(look: Look) -> tuple[list[str], list[str]]:
    """Return what is equal between the settings of a sweep, and what is not.

    How many settings each run has, and which seeds choose and report, is said as well.
    """
    spec, settings = look.spec, look.spec.settings
    runs = tuple(Run.model_validate(variant.run) for variant in settings.variants)
    experiment = spec.experiment.model_copy(update={"runs": runs})
    swept = [one.field for one in look.dimensions[1:] if len(one) > 1]
    equal = [
        sentence
        for part, sentence in equal_parts(experiment).items()
        if not any(field.startswith(_ABOUT.get(part, ())) for field in swept)
    ]
    unequal = unequal_parts(experiment)
    if "batch_size" in swept:
        unequal.append(_smaller_batches(spec, swept))
    outside = [settings.axes[at].field for at in settings.problem_axes]
    if outside:
        text = _("settings also differ in: {fields}")
        unequal.append(text.format(fields=", ".join(map(field_title, outside))))
    return [*equal, _tried(look), _seed_words(spec)], list(dict.fromkeys(unequal))


def _smaller_batches(spec: SweepSpec, swept: Sequence[str]) -> str:
    """Return what the budget gives to small batches."""
    if "budget" in swept:
        return _("batch sizes differ: each budget is equal in one unit alone")
    if spec.experiment.budget.unit == "iterations":
        return _("batch sizes differ: equal iterations are not equal rows")
    return _("batch sizes differ: smaller batches get more updates")


def _tried(look: Look) -> str:
    """Return how many settings each run has."""
    sizes = [variant.size for variant in look.spec.settings.variants]
    if len(set(sizes)) == 1:
        return _("{settings} of each run").format(settings=settings_count(sizes[0]))
    counts = ", ".join(
        f"{style.name} {size:,}" for style, size in zip(look.styles, sizes, strict=True)
    )
    return _("settings of the runs: {counts}").format(counts=counts)


def _seed_words(spec: SweepSpec) -> str:
    seeds = ", ".join(map(str, spec.experiment.seeds))
    text = ngettext(
        "map, curves and table: seed {seeds} both chooses and reports",
        "map, curves and table: seeds {seeds} both choose and report",
        len(spec.experiment.seeds),
    )
    return text.format(seeds=seeds)
