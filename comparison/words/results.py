"""Where every run ended: the numbers in the results table, for pages and files alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from comparison.words.clipping import clipping_sign
from comparison.words.names import choice_words, own_fields
from comparison.words.remarks import reported_words
from comparison.words.scheduled import schedule_sign
from engine import FEWEST_SEEDS, claim, is_no_better_than_guessing, paired_differences
from engine.analysis.claims import seeds_in_order
from engine.rules.schedules import Constant
from language import _
from language.labels import inline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import Claim, History, PairedDifference, Run, RunHistory
    from language.labels import Space

Row = dict[str, Any]


def settings(history: History, position: int, *, full: bool) -> Row:
    """Return what a run was trained with, by the titles of columns; they sort as they should.

    Args:
        history: of the comparison.
        position: of the run.
        full: whether to list what most comparisons leave alone: the rule's own numbers, sampling,
            the last batch; otherwise only where the runs differ in them. Schedules and clipping
            are always listed where a run has them.
    """
    runs = history.experiment.runs
    run, has_rows = runs[position], history.experiment.problem.has_rows
    row: Row = {_("Optimizer"): run.optimizer.title} if full else {}
    row[_("Learning rate")] = run.learning_rate
    for name, title in _own_numbers(runs, full=full).items():
        value = getattr(run.optimizer, name, None)
        row[title] = choice_words(value) if isinstance(value, str) else value
    if has_rows:
        row[label("field", "batch_size")] = history.experiment.counts(run).batch_size
    for name in ("sampling", "last_batch") if has_rows else ():
        if full or len({getattr(other, name) for other in runs}) > 1:
            row[label("field", name)] = label(cast("Space", name), getattr(run, name))
    if any(other.schedule != Constant() for other in runs):
        row[label("field", "schedule")] = schedule_sign(run.schedule)
    if any(other.clipping for other in runs):
        sign = _("none") if run.clipping is None else clipping_sign(run.clipping)
        row[label("field", "clipping")] = sign
    return row


def _own_numbers(runs: Sequence[Run], *, full: bool) -> dict[str, str]:
    """Return what the runs' rules are set by, with symbols or labels as titles.

    Unless all are wanted, they are those that tell runs of a rule apart, or are not its default.
    """
    found: dict[str, str] = {}
    for run in runs:
        kind = type(run.optimizer)
        rules = [kind(), *(other.optimizer for other in runs if type(other.optimizer) is kind)]
        found |= {
            name: title
            for name, title in own_fields(kind).items()
            if full or len({getattr(rule, name) for rule in rules}) > 1
        }
    return found


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
        **_gradients(history, spec, last),
        **_overshoot(history, run),
        "batch_size": history.experiment.counts(spec).batch_size,
    }


def status(history: History, position: int) -> str:
    """Return in words how a run ended."""
    run = history.runs[position]
    words = _claim_words(history, position)
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
    if not math.isfinite(run.median_loss):
        return ", ".join(words)
    if run.is_worse_than_its_start:
        words.append(_("worse than start"))
    elif is_no_better_than_guessing(history, position):
        words.append(_("no better than guessing"))
    return ", ".join(words)


def _claim_words(history: History, position: int) -> list[str]:
    """Return what a run is called if it is one of those that the claim is about."""
    made = claim(history)
    if made is None or not made.holds_for(position):
        return []
    if made.verdict == "best":
        return [_("best")]
    if made.verdict == "level":
        return [_("among the best")]
    return [_("lowest here") if len(made.lowest) == 1 else _("lowest here (tie)")]


def result_remarks(history: History, *, is_tuned: bool) -> list[str]:
    """Return remarks for the reader of the results: what may be said, and what it rests on.

    Args:
        history: a training that has ended.
        is_tuned: whether every run has the best of several rates.
    """
    remarks = []
    seeds = len(history.experiment.seeds)
    if seeds > 1:
        remarks.append(_("Medians of {count} seeds.").format(count=seeds))
    remarks += reported_words(history.experiment)
    if any(run.diverged.any() for run in history.runs):
        remarks.append(
            _(
                "A diverged seed counts as infinitely bad: its loss is infinite, and it"
                " has no score."
            )
        )
    made = claim(history)
    if made is not None:
        remarks += [_verdict(history, made), *_order(history, made)]
        rules = {type(run.optimizer) for run in history.experiment.runs}
        if made.verdict not in {"unequal", "useless"} and len(rules) > 1 and not is_tuned:
            remarks.append(
                _(
                    "The learning rates are as set; rates tuned for this problem may change the"
                    " order."
                )
            )
    return remarks + _guess(history)


def _verdict(history: History, made: Claim) -> str:
    """Return the verdict as a sentence that says what it rests on."""
    seeds, loss = made.seeds, _watched_loss(history)
    count = len(made.lowest) + len(made.level)
    if made.verdict == "unequal":
        return _("No run is called best, because stopping rules ended the runs at different times.")
    if made.verdict == "useless":
        return _("No run is called best, because none learnt anything.")
    if made.is_exact:
        text = _("Best: the lowest final {loss} at equal budgets; nothing here is random.")
        if made.verdict == "level":
            text = _(
                "Among the best: {count} runs tie for the lowest final {loss} at equal budgets."
            )
    elif made.verdict == "best":
        text = _(
            "Best: a lower final {loss} at equal budgets than every other run, told apart over"
            " {seeds} seeds."
        )
    elif made.verdict == "level":
        text = _(
            "Among the best: {count} runs that {seeds} seeds do not tell apart by their final"
            " {loss} at equal budgets."
        )
    elif seeds == 1:
        text = _(
            "Lowest here: the lowest final {loss} at equal budgets. Another seed may change the"
            " order; from {fewest} seeds on, runs can be told apart."
        )
    else:
        text = _(
            "Lowest here: the lowest median final {loss} at equal budgets. Runs can be told apart"
            " from {fewest} seeds on."
        )
    takes = {run.optimizer.gradients_per_update for run in history.experiment.runs}
    if len(takes) > 1 and history.experiment.budget.unit != "gradients":
        text += " " + _("Equal budgets are not equal gradients here.")
    return text.format(loss=loss, seeds=seeds, count=count, fewest=FEWEST_SEEDS)


def _order(history: History, made: Claim) -> list[str]:
    """Return in how many seeds the runs end in the order of their medians."""
    if made.verdict == "unequal" or made.seeds == 1 or len(history.runs) <= 2 or made.is_exact:
        return []
    text = _("In {count} of {seeds} seeds the runs end in the same order as in these medians.")
    return [text.format(count=seeds_in_order(history), seeds=made.seeds)]


def _guess(history: History) -> list[str]:
    """Return what guessing reaches, to measure the runs by."""
    guess, problem = history.guess, history.experiment.problem
    if guess is None or problem.kind == "function":
        return []
    is_validated = guess.validation_loss is not None
    loss = guess.validation_loss if is_validated else guess.training_loss
    score = guess.validation_score if is_validated else guess.training_score
    if problem.dataset.task == "classification":
        text = _(
            "Guessing, which is to predict the class shares for every row, has a {loss_name} of"
            " {loss} and an accuracy of {score}."
        )
    else:
        text = _(
            "Guessing, which is to predict the mean target for every row, has a {loss_name} of"
            " {loss} and an R² of {score}."
        )
    named = {"loss_name": _watched_loss(history), "loss": written(loss), "score": written(score)}
    remarks = [text.format(**named)]
    if problem.l2:
        remarks.append(_("The L2 penalty is not part of that."))
    return remarks


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


def _gradients(history: History, run: Run, updates: float) -> Row:
    """Return how many gradients a run took, where some run takes two per update."""
    each = [one.optimizer.gradients_per_update for one in history.experiment.runs]
    return {} if max(each) == 1 else {"gradients": updates * run.optimizer.gradients_per_update}


def _overshoot(history: History, run: RunHistory) -> Row:
    """Return the rows beyond a budget of rows: a run ends at the step that reaches it."""
    budget = history.experiment.budget
    if budget.unit != "rows_seen":
        return {}
    return {"rows_over_budget": max(0, int(run.rows_seen[0]) - budget.amount)}
