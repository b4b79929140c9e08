"""Where every run ended: the numbers of the results table, for pages and files alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import paired_differences
from files.tables import to_csv
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Look
    from engine import History, RunHistory, Series

Row = dict[str, Any]


def ends(history: History, position: int) -> Row:
    """Return the last losses and score of a run, medians over its seeds, by the ids of columns."""
    run = history.runs[position]
    row: Row = {"training_loss": _median(run, run.training_loss)}
    if run.validation_loss is not None:
        row["validation_loss"] = _median(run, run.validation_loss)
    score = run.validation_score or run.training_score
    if score is not None:
        row[str(history.experiment.problem.score)] = _median(run, score)
    return row


def details(history: History, position: int) -> Row:
    """Return a run's best loss and its counts, medians over its seeds."""
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
    """Return in words what became of a run."""
    run = history.runs[position]
    words = [_("best")] if history.best == position else []
    diverged, seeds = run.status.count("diverged"), len(run.status)
    if diverged == seeds == 1:
        return _("diverged at step {step}").format(step=f"{int(run.last_step[0]):,}")
    if diverged:
        words.append(_("{count} of {seeds} diverged").format(count=diverged, seeds=seeds))
    # A seed without a status has not ended: the reader stopped the training.
    others = sorted({name or "stopped" for name in run.status} - {"budget", "diverged"})
    words += [label(name) for name in others]
    if run.is_worse_than_its_start and diverged < seeds:
        words.append(_("worse than start"))
    return ", ".join(words)


def said_of_results(history: History) -> list[str]:
    """Return what a reader of the results must know: over how many seeds, and what best means."""
    said = []
    seeds = len(history.experiment.seeds)
    if seeds > 1:
        said.append(_("Medians of {count} seeds.").format(count=seeds))
    if history.best is not None:
        text = _("Best: the lowest final {loss} of equal budgets.")
        said.append(text.format(loss=_watched_loss(history)))
    return said


def _watched_loss(history: History) -> str:
    """Return in words the loss that decides which run is best."""
    name = "training_loss" if history.runs[0].validation_loss is None else "validation_loss"
    return label(name).lower()


def paired(history: History, looks: Sequence[Look]) -> tuple[str, list[Row]] | None:
    """Return every run against the best one, seed by seed, after a sentence that says so.

    None where there is one seed, or no run is best.
    """
    reference = history.best
    if reference is None or len(history.experiment.seeds) == 1:
        return None
    names = [look.name for look in looks]
    rows: list[Row] = [
        {
            _("Run"): names[position],
            _("Median difference"): difference.median,
            _("Smallest"): difference.low,
            _("Largest"): difference.high,
            _("Better in"): f"{difference.better} / {difference.seeds}",
        }
        for position, difference in enumerate(paired_differences(history, reference))
        if position != reference
    ]
    text = _(
        "Final {loss} minus that of {best}, over the same {count} seeds: above 0 is worse."
    ).format(
        loss=_watched_loss(history), best=names[reference], count=len(history.experiment.seeds)
    )
    if any("diverged" in run.status for run in history.runs):
        text += " " + _("A diverged seed counts as infinite.")
    return text, rows


def results_csv(history: History, looks: Sequence[Look]) -> bytes:
    """Return the results table as a file: a row per run, ids for all that is not a number."""
    rows = []
    for position, (run, look) in enumerate(zip(history.runs, looks, strict=True)):
        spec = history.experiment.runs[position]
        rows.append(
            {
                "number": position + 1,
                "run": look.name,
                "optimizer": spec.optimizer.name,
                "learning_rate": spec.learning_rate,
                **ends(history, position),
                **details(history, position),
                "best": int(history.best == position),
                "seeds": len(run.status),
                "diverged_seeds": run.status.count("diverged"),
                "worse_than_its_start": int(run.is_worse_than_its_start),
                "status": " ".join(sorted({name or "stopped" for name in run.status})),
            }
        )
    return to_csv({name: [row[name] for row in rows] for name in rows[0]})


def _median(run: RunHistory, series: Series) -> float | None:
    """Return the median over the seeds of the last value; a diverged run has none."""
    values = series.final[np.array(run.status) != "diverged"]
    return float(np.median(values)) if len(values) > len(run.status) / 2 else None


def _overshoot(history: History, run: RunHistory) -> Row:
    """Return the rows beyond a budget of rows: a run ends at the step that reaches it."""
    budget = history.experiment.budget
    if budget.unit != "rows_seen":
        return {}
    return {"rows_over_budget": max(0, int(run.rows_seen[0]) - budget.amount)}
