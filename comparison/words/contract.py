"""The comparison contract: what is equal between the runs, and what breaks fairness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.rates import differing, rates_set_for
from comparison.words.budgets import budget_words
from comparison.words.clipping import clipping_sign
from comparison.words.functions import function_name
from comparison.words.names import dataset_name, listed, split_words
from comparison.words.remarks import reporting_averages
from comparison.words.scheduled import schedule_sign
from comparison.words.seeds import seeds_words
from engine import Stopping, Sweep
from engine.problems.datasets import OwnTable
from engine.rules.schedules import Constant
from language import _, ngettext
from language.labels import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.rates import Past, Tuned
    from engine import Experiment, Function, Network


def contract(
    experiment: Experiment, *, tuned: Tuned | None, past: Sequence[Past] = ()
) -> tuple[list[str], list[str]]:
    """Return what is equal between the runs, and what is not: two lists of short sentences.

    The last of what is equal is about the learning rates.

    Args:
        experiment: what is compared.
        tuned: of which rates or settings every run has the best; None means rates as set.
        past: the versions that led to it, which tell for what they were set.
    """
    equal = [*equal_parts(experiment).values(), _rates(experiment, tuned=tuned, past=past)]
    return equal, list(unequal_parts(experiment).values())


def equal_parts(experiment: Experiment) -> dict[str, str]:
    """Return what is equal between the runs, but for their rates, by what the sentences are about.

    Args:
        experiment: what is compared.
    """
    problem = experiment.problem
    parts = {}
    if problem.kind == "network":
        text = _("{data}, data seed {seed}: {training} training and {validation} validation rows")
        rows = problem.training_rows
        parts["data"] = text.format(
            data=dataset_name(problem.dataset),
            seed=experiment.data_seed,
            training=f"{rows:,}",
            validation=f"{problem.dataset.n_rows - rows:,}",
        )
        if isinstance(problem.dataset, OwnTable) and problem.n_validation:
            text = _("validation rows: {which}")
            parts["split"] = text.format(which=split_words(problem.dataset))
        parts["start"] = _start(experiment)
        if problem.l2:
            text = _("all losses, validation included, contain the L2 penalty (λ = {l2:g})")
            parts["l2"] = text.format(l2=problem.l2)
    else:
        name = function_name(problem.function)
        parts["data"] = _("{function}, same start").format(function=name)
        if problem.function.pushes:
            parts["pushes"] = _("slopes that change from step to step, the same for all runs")
        if problem.noise:
            text = _("same gradient noise (standard deviation {noise:g}, seed {seed})")
            parts["noise"] = text.format(noise=problem.noise, seed=problem.noise_seed)
    amount = budget_words(experiment.budget)
    parts["budget"] = _("same budget: {amount}").format(amount=amount)
    if experiment.stopping != Stopping():
        parts["stopping"] = _("same stopping rules, which may end a run before its budget")
    clippings = {run.clipping for run in experiment.runs}
    if len(clippings) == 1 and (clipping := experiment.runs[0].clipping) is not None:
        text = _("same gradient clipping: {sign}")
        parts["clipping"] = text.format(sign=clipping_sign(clipping))
    schedules = {run.schedule for run in experiment.runs}
    if len(schedules) == 1 and (schedule := experiment.runs[0].schedule) != Constant():
        parts["schedule"] = _("same schedule: {sign}").format(sign=schedule_sign(schedule))
    count = len(experiment.seeds)
    parts["seeds"] = ngettext("{count} seed", "{count} seeds", count).format(count=count)
    return parts


def _rates(experiment: Experiment, *, tuned: Tuned | None, past: Sequence[Past]) -> str:
    """Return where the learning rates come from."""
    if isinstance(experiment, Sweep):
        return _("learning rates as shown on the axis")
    if tuned is not None and tuned.batch_sizes:
        return _settings(tuned)
    if tuned is not None:
        text = _("learning rates: each run's best of {count} tried")
        if tuned.seeds != experiment.seeds:
            text = ngettext(
                "learning rates: each run's best of {count} tried with {seeds} seed",
                "learning rates: each run's best of {count} tried with {seeds} seeds",
                len(tuned.seeds),
            )
        return text.format(count=tuned.tried, seeds=len(tuned.seeds))
    set_for = rates_set_for(experiment, past)
    if set_for is None:
        return _("learning rates as set")
    text = _("learning rates as set for {problem}")
    if set_for.partly:
        text = _("some learning rates as set for {problem}")
    words = {_problem(one, experiment.problem) for one in set_for.problems}
    return text.format(problem=words.pop() if len(words) == 1 else _("other problems"))


def _settings(tuned: Tuned) -> str:
    """Return from how many settings rates and batch sizes were chosen, and on which seeds."""
    text = ngettext(
        "learning rates and batch sizes: each run's best of {count} settings, chosen on seed"
        " {seeds}",
        "learning rates and batch sizes: each run's best of {count} settings, chosen on seeds"
        " {seeds}",
        len(tuned.seeds),
    )
    if tuned.is_smallest_batch:
        text += _(", the smallest batches tried among them")
    count = f"{tuned.tried}" if tuned.tried == tuned.most else f"{tuned.tried}–{tuned.most}"
    return text.format(count=count, seeds=seeds_words(tuned.seeds))


def _problem(other: Network | Function, problem: Network | Function) -> str:
    """Return what another problem is called, by what it differs in."""
    name, present = (
        function_name(one.function)
        if one.kind == "function"
        else dataset_name(one.dataset)
        if isinstance(one.dataset, OwnTable)
        else inline("dataset", one.dataset.name)
        for one in (other, problem)
    )
    if name != present:
        return name
    if other.kind == "function":
        return _("other numbers of the function")
    parts = differing(other, problem)
    return {
        frozenset({"data"}): _("other settings of the data"),
        frozenset({"network"}): _("another network"),
        frozenset({"loss"}): _("another loss"),
    }.get(parts, _("other settings of data, network and loss"))


def _start(experiment: Experiment) -> str:
    """Return what all runs start with, and how it is made."""
    samplings = {run.sampling for run in experiment.runs}
    if len(samplings) > 1:
        return _("same start")
    if samplings == {"replacement"}:
        return _("same start, same rows drawn with replacement")
    return _("same start, same row order")


def unequal_parts(experiment: Experiment) -> dict[str, str]:
    """Return what is not equal between the runs, by the field in which they differ."""
    parts = {}
    counts = [experiment.counts(run) for run in experiment.runs]
    if len({count.batch_size for count in counts}) > 1:
        parts["batch_size"] = _("batch sizes differ: smaller batches get more updates")
        if experiment.budget.unit == "iterations":
            parts["batch_size"] = _("batch sizes differ: equal iterations are not equal rows")
    if len({run.sampling for run in experiment.runs}) > 1:
        parts["sampling"] = _("sampling differs: the runs do not see the same rows")
    if len({count.rows_per_epoch for count in counts}) > 1:
        parts["last_batch"] = _("some runs drop rows at the end of an epoch")
    if len({run.optimizer.gradients_per_update for run in experiment.runs}) > 1:
        parts["gradients"] = _unequal_gradients(experiment)
    averaged = reporting_averages(experiment)
    if averaged:
        text = ngettext(
            "losses and pictures of {rules} are those of the average that it reports",
            "losses and pictures of {rules} are those of the averages that they report",
            len(averaged),
        )
        parts["reported"] = text.format(rules=listed(list(averaged)))
    if len({run.schedule for run in experiment.runs}) > 1:
        parts["schedule"] = _("schedules differ: learning rates do not change alike")
    clippings = {run.clipping for run in experiment.runs}
    if len(clippings) > 1:
        parts["clipping"] = _("gradient clipping differs: some runs clip gradients in another way")
        if None in clippings:
            parts["clipping"] = _("gradient clipping differs: only some runs clip their gradients")
    return parts


def _unequal_gradients(experiment: Experiment) -> str:
    """Return what it means that some rules take two gradients per update and others one."""
    rules = dict.fromkeys(
        run.optimizer.title for run in experiment.runs if run.optimizer.gradients_per_update > 1
    )
    text = {
        "epochs": ngettext(
            "{rules} takes two gradients per update: equal epochs are not equal gradients",
            "{rules} take two gradients per update: equal epochs are not equal gradients",
            len(rules),
        ),
        "iterations": ngettext(
            "{rules} takes two gradients per update: equal iterations are not equal gradients",
            "{rules} take two gradients per update: equal iterations are not equal gradients",
            len(rules),
        ),
        "rows_seen": ngettext(
            "{rules} takes two gradients per update: equal rows are not equal gradients",
            "{rules} take two gradients per update: equal rows are not equal gradients",
            len(rules),
        ),
        "gradients": ngettext(
            "{rules} takes two gradients per update, and so makes half as many updates",
            "{rules} take two gradients per update, and so make half as many updates",
            len(rules),
        ),
    }[experiment.budget.unit]
    return text.format(rules=listed(list(rules)))
