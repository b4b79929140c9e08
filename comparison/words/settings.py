"""What a search for settings says: its plan, a row for every run, and one true answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charts.lines import factor_text
from comparison.words.names import listed
from comparison.words.results import written
from engine import FEWEST_SEEDS, Stopping
from engine.analysis.rates import GOOD
from engine.analysis.settings import (
    answer,
    first_rates,
    first_sizes,
    good_loss,
    is_exact,
    reporting_seeds,
    tuning_seeds,
)
from engine.rules.schedules import Constant
from language import _, ngettext
from language.labels import inline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from charts.theme import RunStyle
    from engine import Experiment, RateCurve, Run, RunHistory
    from engine.analysis.batch_sizes import BatchSize
    from engine.analysis.settings import Answer, Found
    from engine.arrays import Array
    from engine.counts import Unit
    from engine.training.history import History

Row = dict[str, str]


def question(experiment: Experiment) -> str:
    """Return what the button asks."""
    if experiment.problem.has_rows:
        return _("Which optimizer, which rate, which batch size for this data?")
    return _("Which optimizer, which learning rate for this function?")


def size_words(size: BatchSize) -> str:
    """Return a batch size as it stands in a table."""
    return _("all") if size == "all" else f"{size:,}"


def setting_words(experiment: Experiment, run: Run) -> str:
    """Return a run's rate and, where there are rows, its batch size."""
    rate = f"η {run.learning_rate:g}"
    return f"{rate}, B {size_words(run.batch_size)}" if experiment.problem.has_rows else rate


# Before the search


def plan_rows(experiment: Experiment, runs: Sequence[Run], names: Sequence[str]) -> list[Row]:
    """Return a row for every run: what is tried of it."""
    return [_plan_row(experiment, *one) for one in zip(runs, names, strict=True)]


def _plan_row(experiment: Experiment, run: Run, name: str) -> Row:
    rates, sizes = first_rates(run), first_sizes(experiment, run)
    text = _("{count} from {low:g} to {high:g}")
    row = {_("Run"): name}
    row[_("Learning rates")] = text.format(count=len(rates), low=rates[0], high=rates[-1])
    if experiment.problem.has_rows:
        row[_("Batch sizes")] = ", ".join(map(size_words, sizes))
    return row | {_("Tried"): f"{len(rates) * len(sizes)}"}


def plan_words(experiment: Experiment) -> list[str]:
    """Return how settings are chosen and reported."""
    if is_exact(experiment):
        said = [_("Nothing is random here: every setting is trained once.")]
    else:
        text = _(
            "Every setting is trained with the same budget on seeds {tuning}; each run's best one"
            " is then reported on seeds {reporting}, which had no say in the choice."
        )
        tuning, reporting = (
            ", ".join(map(str, seeds(experiment))) for seeds in (tuning_seeds, reporting_seeds)
        )
        said = [text.format(tuning=tuning, reporting=reporting)]
    if experiment.problem.has_rows and not experiment.problem.n_validation:
        text = _(
            "There are no validation rows, so the training loss decides: it does not tell how well"
            " new rows are predicted."
        )
        said.append(text)
    if any(run.schedule != Constant() for run in experiment.runs):
        said.append(
            _("Every run keeps its schedule, which then multiplies the rate that is tried.")
        )
    if any(run.clipping for run in experiment.runs):
        said.append(_("Runs that clip their gradients keep on doing so."))
    if experiment.stopping != Stopping():
        text = _(
            "Stopping rules are left out, so that budgets are equal; what is found holds for"
            " comparisons without them."
        )
        said.append(text)
    return said


def time_words(seconds: float) -> str:
    """Return how long a search takes."""
    text = _(
        "About {seconds:.0f} s. Where a best setting lies at the edge of what is tried, it is"
        " followed outwards: up to about {longer:.0f} s in all."
    )
    return text.format(seconds=max(seconds, 1), longer=1.5 * seconds + 2)


# After it


def rows_so_far(every: Sequence[Found], styles: Sequence[RunStyle], *, has_rows: bool) -> list[Row]:
    """Return a row for every run: its best setting up to now.

    Args:
        every: what the search found.
        styles: of its runs.
        has_rows: whether the problem has rows, and so batch sizes.
    """
    return [
        {_("Run"): style.name} | _setting(one, has_rows=has_rows) | {_("Tried"): f"{one.tried}"}
        for one, style in zip(every, styles, strict=True)
    ]


def settings_rows(
    every: Sequence[Found], styles: Sequence[RunStyle], history: History, *, has_rows: bool
) -> list[Row]:
    """Return a row for every run: its best setting, and what that rests on.

    Args:
        every: what the search found.
        styles: of its runs.
        history: of ``engine.analysis.settings.reporting``.
        has_rows: whether the problem has rows, and so batch sizes.
    """
    runs = dict(zip(reported(every), history.runs, strict=True))
    stands = dict(zip(reported(every), standings(answer(history)), strict=True))
    level = good_loss(every)
    rows = []
    for position, (one, style) in enumerate(zip(every, styles, strict=True)):
        run = runs.get(position)
        row = {_("Run"): style.name, _("Standing"): stands.get(position, "–")}
        row |= _setting(one, has_rows=has_rows)
        row[_("Final loss")] = "–" if run is None else loss_words(run.final_loss)
        row[_("Diverged")] = "–" if run is None else _diverged(run)
        row[_("Good rates")] = "–" if one.best is None else _good_rates(one.best, level)
        if has_rows:
            row[_("Good batches")] = ", ".join(map(size_words, one.good_sizes(level))) or "–"
        rows.append(row | {_("Tried"): f"{one.tried}", _("Edge"): edge_words(one)})
    return rows


def reported(every: Sequence[Found]) -> list[int]:
    """Return the positions of the runs that have a best setting, which a report is about."""
    return [position for position, one in enumerate(every) if one.setting is not None]


def standings(found: Answer) -> list[str]:
    """Return what every run is beside the others, in the answer's order."""
    said = dict.fromkeys(found.higher, _("higher")) | dict.fromkeys(found.diverged, _("diverged"))
    said |= dict.fromkeys(found.first, _("tie") if found.level else _("lowest"))
    return [said[position] for position in sorted(said)]


def _setting(one: Found, *, has_rows: bool) -> Row:
    """Return the best setting of a run."""
    setting = one.setting
    row = {_("Best rate"): "–" if setting is None else f"{setting.learning_rate:g}"}
    if has_rows:
        row[_("Best batch")] = "–" if setting is None else size_words(setting.batch_size)
    return row


def _diverged(run: RunHistory) -> str:
    return f"{int(run.diverged.sum())} / {len(run.status)}"


def loss_words(losses: Array) -> str:
    """Return the median of some final losses, and their quartiles."""
    median = _short(float(np.median(losses)))
    if len(losses) == 1:
        return median
    low = _short(float(np.quantile(losses, 0.25, method="lower")))
    high = _short(float(np.quantile(losses, 0.75, method="higher")))
    return _("{loss} ({low} to {high})").format(loss=median, low=low, high=high)


def _good_rates(curve: RateCurve, level: float) -> str:
    good = curve.up_to(level)
    if good is None:
        return "–"
    low, high = good
    text = _("{low:g} to {high:g} (× {factor})") if low < high else "{low:g}"
    return text.format(low=low, high=high, factor=factor_text(high / low))


def edge_words(one: Found) -> str:
    """Return at which edge of what was tried the best setting lies."""
    if one.best is None:
        return _("diverged at every setting")
    words = []
    if one.edge == "low":
        words.append(_("lowest rate"))
    elif one.edge == "high":
        words.append(_("highest rate"))
    if one.is_smallest_batch:
        words.append(_("smallest batch"))
    return ", ".join(words) or _("none")


def answer_words(
    found: Answer, names: Sequence[str], losses: Sequence[float], experiment: Experiment
) -> list[str]:
    """Return what the best settings show, in sentences that follow from the numbers.

    Args:
        found: what they show.
        names: of the runs that have a best setting, in the answer's order.
        losses: their median final losses.
        experiment: the comparison of these runs.
    """
    if found.best is None:
        return [_("At its best setting every run diverged in at least half of the seeds.")]
    best, *level = (names[one] for one in found.first)
    if not found.has_learnt:
        text = _("No run learnt anything: even {best} does not end below its start and a guess.")
        return [text.format(best=best)]
    if len(names) == 1:
        return [_one_run(found, best, losses[found.best])]
    higher = [names[one] for one in found.higher]
    place = _("On this data") if experiment.problem.has_rows else _("On this function")
    said = [_first(found, place, [best, *level], higher)]
    if level and higher:
        said.append(_others(found, best, higher))
    said += _longer(found, best, names, losses, experiment.budget.unit)
    if found.diverged:
        text = _("Diverged in at least half of the seeds: {runs}.")
        said.append(text.format(runs=listed([names[one] for one in found.diverged])))
    return said


def _one_run(found: Answer, name: str, loss: float) -> str:
    if found.is_exact:
        return _("{run} ends at a loss of {loss}.").format(run=name, loss=_short(loss))
    text = _("{run} ends at a loss of {loss}, the median of {seeds} seeds.")
    return text.format(run=name, loss=_short(loss), seeds=found.seeds)


def _first(found: Answer, place: str, first: Sequence[str], higher: Sequence[str]) -> str:
    """Return which runs end lowest."""
    if found.is_exact:
        text = _("{place} {best} ends lowest; nothing here is random.")
        if len(first) > 1:
            text = _("{place} {runs} end equally low; nothing here is random.")
    elif len(first) > 1:
        text = ngettext(
            "{place} {runs} cannot be told apart with {seeds} seed.",
            "{place} {runs} cannot be told apart with {seeds} seeds.",
            found.seeds,
        )
    elif not higher:
        text = _("{place} {best} ends lowest.")
    elif found.is_sure:
        text = _("{place} {best} ends lowest, told apart over {seeds} seeds from {others}.")
    else:
        text = _("{place} {best} ends lowest: below {others} in each of {seeds} seeds.")
    others = listed(higher) if higher else ""
    return text.format(
        place=place, best=first[0], runs=listed(first), others=others, seeds=found.seeds
    )


def _others(found: Answer, best: str, higher: Sequence[str]) -> str:
    """Return which runs end above the lowest of those that tie."""
    if found.is_exact:
        text = ngettext("{runs} ends higher.", "{runs} end higher.", len(higher))
    elif found.is_sure:
        text = ngettext(
            "{runs} ends above {best}, told apart over {seeds} seeds.",
            "{runs} end above {best}, told apart over {seeds} seeds.",
            len(higher),
        )
    else:
        text = ngettext(
            "{runs} ends above {best} in each of {seeds} seeds.",
            "{runs} end above {best} in each of {seeds} seeds.",
            len(higher),
        )
    return text.format(runs=listed(higher), best=best, seeds=found.seeds)


def _longer(
    found: Answer, best: str, names: Sequence[str], losses: Sequence[float], unit: Unit
) -> Iterator[str]:
    """Yield how much longer than the best a run takes to the loss with which it ends."""
    text = {
        "epochs": _(
            "{run} needs {times} × as many epochs as {best} to reach its final loss of {loss}."
        ),
        "iterations": _(
            "{run} needs {times} × as many iterations as {best} to reach its final loss of {loss}."
        ),
        "rows_seen": _(
            "{run} needs {times} × as many rows as {best} to reach its final loss of {loss}."
        ),
        "gradients": _(
            "{run} needs {times} × as many gradients as {best} to reach its final loss of {loss}."
        ),
    }[unit]
    for position, times in found.times.items():
        loss = _short(losses[position])
        yield text.format(run=names[position], times=f"{times:.2g}", best=best, loss=loss)


def _short(loss: float) -> str:
    return written(loss, digits=3)


def caution(found: Answer) -> list[str]:
    """Return what more is needed to tell runs apart; nothing where that is done."""
    if found.is_sure or found.best is None or not found.has_learnt:
        return []
    text = _(
        "{seeds} seeds prove no difference: take the settings, and repeat the comparison with"
        " {fewest} seeds or more."
    )
    return [text.format(seeds=found.seeds, fewest=FEWEST_SEEDS)]


def columns_help(experiment: Experiment) -> dict[str, str]:
    """Return what the columns mean, by their titles."""
    loss = "validation_loss" if experiment.problem.n_validation else "training_loss"
    text = _("Final {loss} of the best setting on the seeds of the report: median and quartiles.")
    good = _(
        "Rates around the best one that end with at most {factor:g} times the lowest loss of all"
        " runs, at the best batch size and on the seeds of the choice."
    )
    sizes = _("Batch sizes that end as low at a rate of their own.")
    return {
        _("Standing"): _(
            "By the final loss on the seeds of the report. A tie: not told apart from the lowest."
        ),
        _("Final loss"): text.format(loss=inline("quantity", loss)),
        _("Diverged"): _("Seeds of the report that diverged at the best setting."),
        _("Good rates"): good.format(factor=GOOD),
        _("Good batches"): sizes,
        _("Tried"): _("Settings: pairs of a rate and a batch size."),
        _("Edge"): _("A better setting may lie beyond an edge of what was tried."),
    }


def why_not_take(experiment: Experiment, every: Sequence[Found], *, is_whole: bool) -> str | None:
    """Return why settings cannot be taken; None where they can."""
    if len(every) < len(experiment.runs):
        return _(
            "Some runs differ in their learning rate or batch size alone: with the best ones they"
            " would be the same."
        )
    return None if is_whole else _("The search has not finished.")


def why_not_again(experiment: Experiment, best: Mapping[int, Run]) -> str | None:
    """Return why some best settings cannot be taken; None where they can.

    Args:
        experiment: the comparison.
        best: by positions of its runs.
    """
    if not best:
        return _("A run that diverged at every setting has no best one.")
    for position, run in best.items():
        own = experiment.runs[position]
        same_rows = experiment.counts(own).batch_size == experiment.counts(run).batch_size
        if own.learning_rate != run.learning_rate or not same_rows:
            return None
    return _("The comparison has these settings already.")
