"""The comparison contract: what is equal between the runs, and what breaks fairness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import Stopping, Sweep
from language import _, ngettext
from language.labels import label

if TYPE_CHECKING:
    from engine import Budget, Experiment


def contract(experiment: Experiment, *, tuned: int) -> tuple[list[str], list[str]]:
    """Return what is equal between the runs, and what is not: two lists of short sentences.

    Every run has the best of ``tuned`` learning rates, or of more; 0 means rates as set.
    """
    return _equal(experiment, tuned=tuned), _unequal(experiment)


def _equal(experiment: Experiment, *, tuned: int) -> list[str]:
    problem = experiment.problem
    sentences = []
    if problem.kind == "network":
        text = _("{data}, data seed {seed}: {training} training and {validation} validation rows")
        rows = problem.training_rows
        sentences.append(
            text.format(
                data=label("dataset", problem.dataset.name),
                seed=experiment.data_seed,
                training=f"{rows:,}",
                validation=f"{problem.dataset.n_rows - rows:,}",
            )
        )
        sentences.append(_start(experiment))
        if problem.l2:
            text = _("all losses, validation included, contain the L2 penalty (λ = {l2:g})")
            sentences.append(text.format(l2=problem.l2))
    else:
        name = label("function", problem.function.name)
        sentences.append(_("{function}, same start").format(function=name))
        if problem.noise:
            text = _("same gradient noise (standard deviation {noise:g}, seed {seed})")
            sentences.append(text.format(noise=problem.noise, seed=problem.noise_seed))
    sentences.append(_("same budget: {amount}").format(amount=_amount(experiment.budget)))
    if experiment.stopping != Stopping():
        sentences.append(_("same stopping rules, which may end a run before its budget"))
    count = len(experiment.seeds)
    sentences.append(ngettext("{count} seed", "{count} seeds", count).format(count=count))
    if isinstance(experiment, Sweep):
        sentences.append(_("learning rates as shown on the axis"))
    elif tuned:
        sentences.append(_("learning rates: each run's best of {count} tried").format(count=tuned))
    else:
        sentences.append(_("learning rates as set"))
    return sentences


def _start(experiment: Experiment) -> str:
    """Return what all runs start with, and how it is made."""
    samplings = {run.sampling for run in experiment.runs}
    if len(samplings) > 1:
        return _("same start")
    if samplings == {"replacement"}:
        return _("same start, same rows drawn with replacement")
    return _("same start, same row order")


def _amount(budget: Budget) -> str:
    amount = budget.amount
    text = {
        "epochs": ngettext("{count} epoch", "{count} epochs", amount),
        "iterations": ngettext("{count} iteration", "{count} iterations", amount),
        "rows_seen": ngettext("{count} row seen", "{count} rows seen", amount),
    }[budget.unit]
    return text.format(count=f"{amount:,}")


def _unequal(experiment: Experiment) -> list[str]:
    sentences = []
    counts = [experiment.counts(run) for run in experiment.runs]
    if len({count.batch_size for count in counts}) > 1:
        unit = experiment.budget.unit
        if unit == "iterations":
            sentences.append(_("batch sizes differ: equal iterations are not equal rows"))
        else:
            sentences.append(_("batch sizes differ: smaller batches get more updates"))
    if len({run.sampling for run in experiment.runs}) > 1:
        sentences.append(_("sampling differs: the runs do not see the same rows"))
    if len({count.rows_per_epoch for count in counts}) > 1:
        sentences.append(_("some runs drop rows at the end of an epoch"))
    return sentences
