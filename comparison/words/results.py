"""Where every run ended: the numbers in the results table, for pages and files alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import paired_differences
from language import _
from language.labels import inline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import History, PairedDifference, RunHistory

Row = dict[str, Any]


def ends(history: History, position: int) -> Row:
    """Return a run's last losses and score, as medians over its seeds, by ids of columns."""
    run = history.runs[position]
    row: Row = {"training_loss": run.median_at_end(run.training_loss)}
    if run.validation_loss is not None:
        row["validation_loss"] = run.median_at_end(run.validation_loss)
    score = run.validation_score or run.training_score
    if score is not None:
        row[str(history.experiment.problem.score)] = run.median_at_end(score)
    return row


def details(history: History, position: int) -> Row:
    """Return a run's best loss and its counts, as medians over its seeds.

    The best loss and the counts stand even if a seed diverged later.
    """
    run, spec = history.runs[position], history.experiment.runs[position]
    watched = run.validation_loss or run.training_loss
    values = np.where(np.isfinite(watched.minimum), watched.minimum, np.inf)
    best = np.argmin(values, axis=1)
    last = float(np.median(run.last_step))
    return {
        "best_loss": float(np.median(values.min(axis=1))),
        "best_epoch": float(np.median(watched.steps[best])) / run.per_epoch,
        "epochs": last / run.per_epoch,
        "iterations_per_epoch": run.per_epoch,
        "iterations_in_all": last,
        "rows_seen": float(np.median(run.rows_seen)),
        **_overshoot(history, run),
        "batch_size": history.experiment.counts(spec).batch_size,
    }


def status(history: History, position: int) -> str:
    """Return in words how a run ended."""
    run = history.runs[position]
    words = []
    if is_best(history, position):
        words.append(_("best") if len(history.lowest) == 1 else _("best (tie)"))
    diverged, seeds = run.status.count("diverged"), len(run.status)
    first = history.divergence(position, 0)
    if seeds == 1 and first is not None:
        text = _("diverged at step {step}") if first.is_exact else _("diverged by step {step}")
        return text.format(step=f"{first.step:,}")
    if diverged:
        words.append(_("{count} of {seeds} diverged").format(count=diverged, seeds=seeds))
    # A seed without a status has not ended: the reader stopped the training.
    others = sorted({name or "stopped" for name in run.status} - {"budget", "diverged"})
    words += [label("status", name) for name in others]
    if run.is_worse_than_its_start and diverged < seeds:
        words.append(_("worse than start"))
    return ", ".join(words)


def result_remarks(history: History) -> list[str]:
    """Return remarks for the reader of the results: how many seeds, and what best means."""
    remarks = []
    seeds = len(history.experiment.seeds)
    if seeds > 1:
        remarks.append(_("Medians of {count} seeds.").format(count=seeds))
    if any(run.diverged.any() for run in history.runs):
        remarks.append(
            _(
                "A diverged seed counts as infinitely bad: its loss is infinite, and it"
                " has no score."
            )
        )
    if history.best is not None:
        tied = len(history.lowest)
        text = _("Best: the lowest final {loss} at equal budgets.")
        if tied > 1:
            text = _("Best: {count} runs tie for the lowest final {loss} at equal budgets.")
        remarks.append(text.format(count=tied, loss=_watched_loss(history)))
    elif history.lowest:
        text = _("No run is called best, because stopping rules ended the runs at different times.")
        remarks.append(text)
    return remarks


def is_best(history: History, position: int) -> bool:
    """Tell whether a run is best, alone or in a tie."""
    return history.best is not None and position in history.lowest


def _watched_loss(history: History) -> str:
    """Return the name of the loss that decides which run is best."""
    name = "training_loss" if history.runs[0].validation_loss is None else "validation_loss"
    return inline("quantity", name)


def paired(history: History, styles: Sequence[RunStyle]) -> tuple[str, list[Row]] | None:
    """Return a sentence and a table: every run against the lowest one, seed by seed.

    None if there is only one seed, or no run is lowest.
    """
    if not history.lowest or len(history.experiment.seeds) == 1:
        return None
    reference, names = history.lowest[0], [style.name for style in styles]
    rows: list[Row] = [
        {
            _("Run"): names[position],
            _("Median difference"): difference.median,
            _("Smallest"): difference.low,
            _("Largest"): difference.high,
            _("Better in"): f"{difference.better} / {difference.seeds}",
            _("Worse in"): f"{difference.worse} / {difference.seeds}",
            _("Equal in"): _equal_words(difference),
        }
        for position, difference in enumerate(paired_differences(history, reference))
        if position != reference
    ]
    text = _(
        "Final {loss} minus that of {best}, over the same {count} seeds: above 0 is worse."
    ).format(
        loss=_watched_loss(history), best=names[reference], count=len(history.experiment.seeds)
    )
    if any(run.diverged.any() for run in history.runs):
        text += " " + _(
            "A diverged seed counts as infinite; a seed that diverged in both runs counts as equal."
        )
    return text, rows


def _equal_words(difference: PairedDifference) -> str:
    """Return in how many seeds neither run is better, and in how many because both diverged."""
    text = f"{difference.equal} / {difference.seeds}"
    if difference.both_diverged:
        both = _("both diverged: {count}").format(count=difference.both_diverged)
        text += f" ({both})"
    return text


def written(value: float | None, digits: int = 4) -> str:
    """Return a number for a table, rounded to some digits; whole numbers are not rounded.

    A missing value, None or NaN, is a dash.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.{digits}g}"


def _overshoot(history: History, run: RunHistory) -> Row:
    """Return the rows beyond a budget of rows: a run ends at the step that reaches it."""
    budget = history.experiment.budget
    if budget.unit != "rows_seen":
        return {}
    return {"rows_over_budget": max(0, int(run.rows_seen[0]) - budget.amount)}
