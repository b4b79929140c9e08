"""What is equal between the settings of a sweep, and what is not: the caption of all it shows."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from comparison.words.contract import equal_parts, unequal_parts
from comparison.words.fields import field_title, settings_count
from comparison.words.seeds import seeds_words
from comparison.words.sweeps import not_applicable_words
from engine.experiment import Experiment, Run
from language import _, ngettext
from sweeps.axes import LEFT_OUT, RUN_FIELDS, with_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comparison.sweep.look import Look
    from sweeps.settings import Settings
    from sweeps.spec import SweepSpec


# What a sentence of the contract is about: the fields that would make it untrue.
_ABOUT: Final = {
    "data": ("data_seed", "problem.dataset", "problem.validation_share", "problem.function"),
    "start": (
        "sampling",
        "data_seed",
        "problem.dataset",
        "problem.validation_share",
        "problem.hidden",
        "problem.bias",
        "problem.start",
    ),
    "l2": ("problem.l2",),
    "noise": ("problem.noise", "problem.noise_seed"),
    "budget": ("budget",),
    "stopping": ("stopping",),
    "clipping": ("clipping",),
    "schedule": ("schedule",),
}
_CUTS: Final = ("batch_size", "sampling", "last_batch")  # fields that decide which rows are seen


def sweep_contract(look: Look) -> tuple[list[str], list[str]]:
    """Return what is equal between the settings of a sweep, and what is not.

    How many settings each run has, and which seeds choose and report, is said as well.
    """
    spec = look.spec
    swept = [one.field for one in look.dimensions[1:] if len(one.values) > 1]
    experiment = _first(spec)
    equal = [
        sentence
        for part, sentence in equal_parts(experiment).items()
        if not any(_overlap(field, about) for field in swept for about in _about(part, experiment))
    ]
    unequal = unequal_parts(experiment)
    if "batch_size" in unequal and any(_overlap(field, "budget") for field in swept):
        unequal["batch_size"] = _("batch sizes differ: each budget is equal in one unit alone")
    if "gradients" in unequal and any(_overlap(field, "budget") for field in swept):
        unequal["gradients"] = _("some runs take two gradients per update")
    outside = [field for field in swept if field.split(".")[0] not in RUN_FIELDS]
    if outside:
        text = _("settings also differ in: {fields}")
        unequal["others"] = text.format(fields=", ".join(map(field_title, outside)))
    said = [_tried(look), *not_applicable_words(spec), _seed_words(spec)]
    return [*equal, *said], list(unequal.values())


def _first(spec: SweepSpec) -> Experiment:
    """Return the first problem of a sweep, with runs that differ in all that breaks fairness."""
    settings = spec.settings
    fields = {**settings.experiment(0), "runs": [settings.run(0)], "seeds": spec.experiment.seeds}
    runs = (*_cuts(settings), *_parts(settings))
    return Experiment.model_validate(fields).model_copy(update={"runs": runs})


def _parts(settings: Settings) -> Iterator[Run]:
    """Yield runs with two values of each axis of a part that runs may lack, as of clipping."""
    for variant in settings.variants:
        for at in variant.axes:
            axis = settings.axes[at]
            for value in settings.levels[at][:2] if axis.path[0] in LEFT_OUT else ():
                yield Run.model_validate(with_value(variant.run, axis.path, value))


def _cuts(settings: Settings) -> Iterator[Run]:
    """Yield a run for every way in which rows are cut."""
    for variant in settings.variants:
        run = Run.model_validate(variant.run)
        own = [at for at in variant.axes if settings.axes[at].field in _CUTS]
        for values in product(*(dict.fromkeys(settings.levels[at]) for at in own)):
            names = (settings.axes[at].field for at in own)
            yield run.model_copy(update=dict(zip(names, values, strict=True)))


def _about(part: str, experiment: Experiment) -> tuple[str, ...]:
    """Return the fields that would make a sentence untrue."""
    if part == "data" and experiment.problem.kind == "function":  # it speaks of the start as well
        return (*_ABOUT[part], "problem.start")
    return _ABOUT.get(part, ())


def _overlap(field: str, about: str) -> bool:
    """Tell whether a field is another one, within it or around it."""
    return f"{field}.".startswith(f"{about}.") or about.startswith(f"{field}.")


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
    seeds = spec.experiment.seeds
    text = ngettext(
        "map, curves and table: seed {seeds} both chooses and reports",
        "map, curves and table: seeds {seeds} both choose and report",
        len(seeds),
    )
    return text.format(seeds=seeds_words(seeds))
