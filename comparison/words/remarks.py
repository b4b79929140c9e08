"""What was left out or cut short, in words: for captions, bundles and reports."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from comparison.words.names import listed
from engine import GRID_SIZES
from engine.rules import TypedRule
from engine.training.records import part_size
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.pages import AnyPage
    from comparison.scenes import Scene
    from engine import Experiment, History

_OF_UPDATES: Final = (
    "batch_loss",
    "batch_gradient_norm",
    "update_norm",
)  # others: of evaluations


def unfinished(history: History, scenes: Sequence[Scene], page: AnyPage) -> list[str]:
    """Return remarks on what the reader stopped early, which the command line never does."""
    remarks = list(stopped_words(history))
    for scene in scenes:
        remarks += [*coarse_words(scene, page), *stopped_words(scene.history)]
    if remarks:
        remarks.append(
            _("The command line always trains and computes to the end, so its files will differ.")
        )
    return list(dict.fromkeys(remarks))  # the first scene shows the same history


def stopped_words(history: History) -> tuple[str, ...]:
    """Return at which steps the reader stopped a training; nothing if it ended by itself."""
    ends: dict[tuple[int, int], list[str]] = {}
    runs = zip(history.runs, history.experiment.runs, strict=True)
    for number, (run, spec) in enumerate(runs, 1):
        seeds = zip(run.last_step.tolist(), run.status, strict=True)
        # A seed without a status has not ended.
        steps = [step for step, status in seeds if status in {"", "stopped"}]
        if steps:
            end = max(steps), history.experiment.iterations(spec)
            ends.setdefault(end, []).append(str(number))
    if not ends:
        return ()
    text = _("step {step} of {total} (run {runs})")
    parts = [
        text.format(step=f"{step:,}", total=f"{total:,}", runs=", ".join(numbers))
        for (step, total), numbers in ends.items()
    ]
    text = _("Training was stopped before the budget was used up: {ends}.")
    return (text.format(ends="; ".join(parts)),)


def coarse_words(scene: Scene, page: AnyPage) -> tuple[str, ...]:
    """Return how many points a surface has if the reader stopped a finer one; else nothing."""
    size, wanted = len(scene.surface.x), GRID_SIZES[-1]
    if scene.history.experiment.problem.n_params > 2 and page.name == "surfaces":
        wanted = page.fineness
    if size == wanted:
        return ()
    text = _("The surface was stopped at {size} × {size} of {wanted} × {wanted} points.")
    return (text.format(size=size, wanted=wanted),)


def thinning_words(history: History) -> tuple[str, ...]:
    """Return that medians cover fewer seeds where some ended earlier; else nothing.

    Diverged seeds are not left out: they count as infinitely bad.
    """
    ended = any(len(set(run.last_step[~run.diverged].tolist())) > 1 for run in history.runs)
    text = _(
        "Medians are over the seeds that are still training: once a stopping rule has ended a"
        " seed, the line goes on without it. The table uses the last loss of every seed."
    )
    return (text,) if ended else ()


def no_rates_words(experiment: Experiment) -> list[str]:
    """Return of which runs no effective learning rates are known: no line of text says them."""
    rules = [run.optimizer for run in experiment.runs if isinstance(run.optimizer, TypedRule)]
    if not rules:
        return []
    text = _("{rules}: of a typed rule it is not known what multiplies the gradient.")
    return [text.format(rules=listed(list(dict.fromkeys(rule.title for rule in rules))))]


def reported_words(experiment: Experiment, quantity: str = "") -> tuple[str, ...]:
    """Return which rules report another point than their parameters; nothing if none does.

    Args:
        experiment: what is trained.
        quantity: the series that is drawn; those of updates are of the parameters nevertheless.
    """
    rules = list(reporting_averages(experiment))
    if not rules:
        return ()
    text = ngettext(
        "{rules}: losses, scores and pictures are those of the average that it reports, not of the"
        " parameters at which its gradients are taken.",
        "{rules}: losses, scores and pictures are those of the averages that they report, not of"
        " the parameters at which their gradients are taken.",
        len(rules),
    )
    if quantity in _OF_UPDATES:
        text = ngettext(
            "{rules}: batches, their gradients and updates are seen at its parameters, not at the"
            " average that it reports.",
            "{rules}: batches, their gradients and updates are seen at their parameters, not at the"
            " averages that they report.",
            len(rules),
        )
    return (text.format(rules=listed(rules)),)


def reporting_averages(experiment: Experiment) -> dict[str, None]:
    """Return the titles of the rules that report another point than their parameters, in order."""
    rules = (run.optimizer for run in experiment.runs)
    return dict.fromkeys(rule.title for rule in rules if not rule.reports_its_params)


def seconds_words(history: History, axis: str) -> tuple[str, ...]:
    """Return what an axis of seconds shows, with its uncertainty; nothing for another axis."""
    known = [
        run.seconds_spread / run.seconds_per_update
        for run in history.runs
        if run.seconds_per_update and run.seconds_spread is not None
    ]
    if axis != "seconds" or not known:
        return ()
    text = _(
        "Seconds are the processor time that a run takes when trained alone with one seed, updates"
        " and an evaluation every epoch included: medians of repeated timings on this machine,"
        " accurate to ± {share:.0%}."
    )
    return (text.format(share=max(known)),)


def evaluation_words(experiment: Experiment) -> str:
    """Return at which steps the loss on all rows is known: whatever is reached is seen there."""
    unit, part = experiment.budget.unit, part_size(experiment)
    if experiment.problem.kind == "function" or (unit != "epochs" and part == 1):
        return _("The full loss is evaluated after every iteration.")
    count = f"{part:,.0f}" if part == int(part) else f"{int(part):,}–{math.ceil(part):,}"
    text = {
        "epochs": _("The full loss is evaluated at the end of every epoch."),
        "iterations": _("The full loss is evaluated every {count} iterations."),
        "rows_seen": _(
            "The full loss is evaluated every {count} rows, or after every iteration if a batch"
            " has more rows."
        ),
        "gradients": _(
            "The full loss is evaluated every {count} gradients, or after every iteration if an"
            " update takes more."
        ),
    }[unit]
    return text.format(count=count)


def bin_words(history: History, *quantities: str) -> tuple[str, ...]:
    """Return how many values of a long training one point represents; nothing if all are kept.

    The point is the last of them, on a chart as in a column "value".

    Args:
        history: the history with the series.
        quantities: names of series; those that a run does not have are skipped.
    """
    remarks = []
    for of_updates, text in (
        (
            True,
            _(
                "One value per {n} updates, the last of each bin, so peaks in between are not"
                " shown. The history keeps the first, lowest, mean, highest and last value."
            ),
        ),
        (
            False,
            _(
                "One value per {n} evaluations, the last of each bin, so peaks in between are not"
                " shown. The history keeps the first, lowest, mean, highest and last value."
            ),
        ),
    ):
        names = [name for name in quantities if (name in _OF_UPDATES) is of_updates]
        every = [getattr(run, name) for run in history.runs for name in names]
        widths = {series.width for series in every if series is not None}
        if max(widths, default=1) > 1:
            low, high = min(widths), max(widths)
            remarks.append(text.format(n=f"{low:,}" if low == high else f"{low:,}–{high:,}"))
    return tuple(remarks)
