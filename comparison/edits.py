"""Edits of a comparison: pure functions that take a document and return the edited one.

An edit returns a valid document, or raises ``InvalidInput`` with the first value that is wrong.
Settings that no longer fit, such as the loss after a change of the data set, are replaced, and a
notice says so. Remaining runs keep their names, colours and dashes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from comparison.careful import careful_runs
from comparison.document import Document, View, with_default_view
from comparison.offers import fitted
from comparison.pages import BackpropagationPage, RulePage, SurfacesPage, TrainingPage
from comparison.presets import (
    CAREFUL_RATES,
    COMPARE_PRESETS,
    FIRST_VIEWS,
    OPENING,
    RUNS_PRESETS,
    SPIRALS,
    SURFACE_PRESETS,
    SURFACES,
)
from comparison.words.names import listed, styles_of_any_setting
from comparison.words.settings import setting_words
from engine import Experiment, Function, Interval, InvalidInput, Network, Run
from engine.experiment import FORMAT_1_RUNS, misfit
from engine.problems.datasets import Spirals
from engine.problems.formula import Formula
from engine.problems.losses import LOSSES, usual_loss
from engine.rules import RULES, Adam
from engine.rules.wrappers import INNER
from language import _, ngettext
from language.labels import inline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from comparison.pages import AnyPage
    from engine.problems.datasets import OwnTable, Source
    from engine.problems.functions import AnyFunction
    from engine.rules import Rule, TypedRule
    from engine.rules.clipping import Clipping
    from engine.rules.schedules import ProgressUnit, Schedule


class Edited(NamedTuple):
    """A comparison after an edit.

    Attributes:
        document: a valid one, with the settings of the page on which it is shown.
        notices: what else was changed so that everything fits, in sentences for the reader.
        done: the id of the edit, for undo; "" for new values of some fields.
    """

    document: Document
    notices: tuple[str, ...] = ()
    done: str = ""


# Fields


def change(document: Document, /, **fields: Any) -> Edited:
    """Change fields of the experiment.

    Raises:
        InvalidInput: a value is wrong.
    """
    return _edited(document, document.experiment.model_copy(update=fields), document.view)


def change_view(document: Document, /, **fields: Any) -> Edited:
    """Change how the comparison is viewed; its training remains the same.

    Raises:
        InvalidInput: a value is wrong.
    """
    return _edited(document, document.experiment, document.view.model_copy(update=fields))


def change_problem(document: Document, /, **fields: Any) -> Edited:
    """Change fields of the problem.

    Raises:
        InvalidInput: a value is wrong.
    """
    return change(document, problem=document.experiment.problem.model_copy(update=fields))


def change_run(document: Document, index: int, /, **fields: Any) -> Edited:
    """Change fields of one run.

    Raises:
        InvalidInput: a value is wrong.
    """
    runs = list(document.experiment.runs)
    runs[index] = runs[index].model_copy(update=fields)
    return change(document, runs=tuple(runs))


def change_page(page: AnyPage, /, **fields: Any) -> AnyPage:
    """Change settings of a page.

    Raises:
        InvalidInput: a value is wrong.
    """
    return type(page).model_validate(page.model_dump() | fields)


# Runs


def add_run(document: Document) -> Edited:
    """Add a run of the first rule that has none yet and fits here, or else of Adam, and select it.

    Raises:
        InvalidInput: there are too many runs.
    """
    experiment = document.experiment
    used = {type(run.optimizer) for run in experiment.runs}
    size = experiment.runs[document.view.selected].batch_size
    runs = (
        Run(optimizer=rule(), learning_rate=rule.default_learning_rate, batch_size=size)
        for rule in (*(rule for rule in RULES if rule not in used), Adam)
    )
    run = next(run for run in runs if misfit(experiment.problem, run) is None)
    return _with_another(document, run, "add")


def duplicate_run(document: Document) -> Edited:
    """Add a copy of the selected run and select it.

    Raises:
        InvalidInput: there are too many runs.
    """
    return _with_another(document, document.experiment.runs[document.view.selected], "duplicate")


def _with_another(document: Document, run: Run, done: str) -> Edited:
    runs, view = (*document.experiment.runs, run), document.view
    free = next(number for number in range(len(runs)) if number not in view.numbers)
    update = {
        "names": (*view.names, ""),
        "numbers": (*view.numbers, free),
        "selected": len(runs) - 1,
    }
    experiment = document.experiment.model_copy(update={"runs": runs})
    return _edited(document, experiment, view.model_copy(update=update), done)


def use_rule(document: Document, rule: TypedRule, rate: float, page: TrainingPage) -> Edited:
    """Add a run of a typed rule, select it, and show it on the Compare page.

    A notice says that nothing has looked for its learning rate, whatever those beside it are.

    Args:
        document: as shown on the page of the rule.
        rule: with the values of its constants.
        rate: the learning rate of the run.
        page: settings of the Compare page.

    Raises:
        InvalidInput: there are too many runs.
    """
    size = document.experiment.runs[document.view.selected].batch_size
    run = Run(optimizer=rule, learning_rate=rate, batch_size=size)
    added = _with_another(document.on_page(page), run, "add")
    text = _(
        "The learning rate {rate} of {rule} is not tuned. The tab Find settings looks for a better"
        " one."
    ).format(rate=f"{rate:g}", rule=rule.title)
    return added._replace(notices=(*added.notices, text))


def try_with_schedule(document: Document, kind: type[Schedule]) -> Edited:
    """Add a copy of the selected run that has another schedule, and select it.

    Raises:
        InvalidInput: there are too many runs.
    """
    run = document.experiment.runs[document.view.selected]
    return _with_another(document, run.model_copy(update={"schedule": kind()}), "duplicate")


def remove_run(document: Document) -> Edited:
    """Remove the selected run.

    Raises:
        InvalidInput: it is the only one.
    """
    view, removed = document.view, document.view.selected

    def without(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return items[:removed] + items[removed + 1 :]

    update = {
        "names": without(view.names),
        "numbers": without(view.numbers),
        "hidden_runs": _but(view.hidden_runs, view.numbers[removed]),
        "selected": max(0, removed - 1),
    }
    runs = without(document.experiment.runs)
    experiment = document.experiment.model_copy(update={"runs": runs})
    return _edited(document, experiment, view.model_copy(update=update), "remove")


def hide_or_show_run(document: Document) -> Edited:
    """Leave the selected run out of the charts, or show it again; it is trained either way."""
    view = document.view
    number = view.numbers[view.selected]
    others = _but(view.hidden_runs, number)
    is_hidden = number in view.hidden_runs
    return change_view(document, hidden_runs=others if is_hidden else (*others, number))


def show_only_selected(document: Document) -> Edited:
    """Leave all runs but the selected one out of the charts."""
    view = document.view
    return change_view(document, hidden_runs=_but(view.numbers, view.numbers[view.selected]))


def show_all_runs(document: Document) -> Edited:
    """Show all runs in the charts."""
    return change_view(document, hidden_runs=())


def _but(numbers: tuple[int, ...], left_out: int) -> tuple[int, ...]:
    return tuple(number for number in numbers if number != left_out)


def rename_run(document: Document, index: int, name: str) -> Edited:
    """Give a run a name; an empty one stands for the automatic name.

    Raises:
        InvalidInput: the name is too long.
    """
    names = list(document.view.names)
    names[index] = name.strip()
    return change_view(document, names=tuple(names))


def choose_rule(document: Document, index: int, rule: type[Rule]) -> Edited:
    """Give a run another rule, with that rule's own hyperparameters and learning rate.

    A rule that needs all rows gets them, and a notice says so.

    Raises:
        InvalidInput: the rule makes no sense on this problem.
    """
    runs = list(document.experiment.runs)
    update = {"optimizer": rule(), "learning_rate": rule.default_learning_rate}
    runs[index] = runs[index].model_copy(update=update)
    return _with_fitted(document, runs)


def change_hyperparameter(document: Document, index: int, name: str, value: float | str) -> Edited:
    """Change a hyperparameter of a run's rule, or a choice that it offers.

    Where the learning rate was the usual one for an inner rule, that of the new one follows.

    Raises:
        InvalidInput: the value is not allowed.
    """
    run = document.experiment.runs[index]
    changed = type(run.optimizer)(**vars(run.optimizer) | {name: value})
    rate = run.learning_rate
    if rate == _usual_rate(run.optimizer):
        rate = _usual_rate(changed)
    return change_run(document, index, optimizer=changed, learning_rate=rate)


def _usual_rate(optimizer: Rule) -> float:
    """Return a rule's default learning rate; around another inner rule than usual, that rule's."""
    of, inner = type(optimizer), getattr(optimizer, "inner", "")
    if inner in INNER and inner != getattr(of(), "inner", ""):
        of = INNER[inner]
    return of.default_learning_rate


def choose_schedule(document: Document, index: int, kind: type[Schedule]) -> Edited:
    """Give a run another schedule, with that schedule's own numbers.

    Lengths in epochs are as long a share of the run as they are of the usual budget, where they
    would not end before the run does, or where there are no epochs.
    """
    experiment, schedule = document.experiment, kind()
    run = experiment.runs[index]
    epochs = experiment.counts(run).epochs(experiment.iterations(run))
    lengths = {name: getattr(schedule, name) for name in kind.lengths}
    fits = experiment.problem.has_rows and all(_last(one) < epochs for one in lengths.values())
    if schedule.unit == "epochs" and not fits:
        usual = Experiment().budget.amount
        shares = {
            name: _changed(one, lambda length: float(f"{length / usual:.4g}"))
            for name, one in lengths.items()
        }
        schedule = replace(cast("Any", schedule), unit="share", **shares)
    return change_run(document, index, schedule=schedule)


def _last(length: float | tuple[float, ...]) -> float:
    return length[-1] if isinstance(length, tuple) else length


def _changed(
    length: float | tuple[float, ...], change: Callable[[float], float]
) -> float | tuple[float, ...]:
    return tuple(map(change, length)) if isinstance(length, tuple) else change(length)


def change_schedule(document: Document, index: int, /, **fields: Any) -> Edited:
    """Change fields of a run's schedule.

    Raises:
        InvalidInput: a value is out of range.
    """
    schedule: Any = document.experiment.runs[index].schedule
    try:
        changed = replace(schedule, **fields)
    except InvalidInput as error:
        raise error.at(f"runs.{index}.schedule.{error.field}") from None
    return change_run(document, index, schedule=changed)


def count_schedule_in(document: Document, index: int, unit: ProgressUnit) -> Edited:
    """Count the lengths of a run's schedule in another unit; they remain about as long.

    Raises:
        InvalidInput: a length would be out of range.
    """
    experiment = document.experiment
    run = experiment.runs[index]
    updates = {
        "share": experiment.iterations(run),
        "epochs": experiment.counts(run).per_epoch,
        "updates": 1,
    }
    factor = updates[run.schedule.unit] / updates[unit]

    def counted(length: float) -> float:
        return (
            float(round(length * factor)) if unit == "updates" else float(f"{length * factor:.4g}")
        )

    fields: dict[str, Any] = {"unit": unit}
    for name in (*type(run.schedule).lengths, "warm_up"):
        fields[name] = _changed(getattr(run.schedule, name), counted)
    return change_schedule(document, index, **fields)


def choose_clipping(document: Document, index: int, kind: type[Clipping] | None) -> Edited:
    """Clip a run's gradients in another way, at the threshold that it has; None clips nothing."""
    present = document.experiment.runs[index].clipping
    if kind is None or present is None:
        return change_run(document, index, clipping=None if kind is None else kind())
    return change_run(document, index, clipping=kind(threshold=present.threshold))


def change_threshold(document: Document, index: int, threshold: float) -> Edited:
    """Change the threshold of a run's clipping.

    Raises:
        InvalidInput: the value is out of range.
    """
    clipping = document.experiment.runs[index].clipping
    changed = None if clipping is None else replace(clipping, threshold=threshold)
    return change_run(document, index, clipping=changed)


def change_batch_size(document: Document, index: int, size: int) -> Edited:
    """Change the batch size of a run; as many as there are rows becomes "all".

    Raises:
        InvalidInput: there are fewer rows, or the run's rule needs all of them.
    """
    rows = document.experiment.problem.training_rows
    return change_run(document, index, batch_size="all" if size == rows else size)


def apply_to_all(document: Document, field: str) -> Edited:
    """Give every run the selected run's value of a field, such as its learning rate.

    Runs whose rule needs all rows have them nevertheless, and a notice says so.
    """
    value = getattr(document.experiment.runs[document.view.selected], field)
    runs = [run.model_copy(update={field: value}) for run in document.experiment.runs]
    return _with_fitted(document, runs, "apply_to_all")


def _with_fitted(document: Document, runs: Sequence[Run], done: str = "") -> Edited:
    """Return the document with other runs, which get what their rules need."""
    experiment = document.experiment.model_copy(update={"runs": tuple(runs)})
    experiment, notices = _fitted(experiment)
    edited = _edited(document, experiment, document.view, done)
    return edited._replace(notices=(*notices, *edited.notices))


def _fitted(experiment: Experiment) -> tuple[Experiment, tuple[str, ...]]:
    """Return an experiment whose runs have what their rules need, and a notice of what changed."""
    runs = tuple(fitted(experiment.problem, run) for run in experiment.runs)
    changed = [new for old, new in zip(experiment.runs, runs, strict=True) if new != old]
    if not changed:
        return experiment, ()
    titles = dict.fromkeys(run.optimizer.title for run in changed)
    text = ngettext(
        "{rules} works only with the gradient of all rows, so its batch size is now all rows, in a"
        " shuffled pass.",
        "{rules} work only with the gradient of all rows, so their batch size is now all rows, in a"
        " shuffled pass.",
        len(titles),
    )
    notice = text.format(rules=listed(list(titles)))
    return experiment.model_copy(update={"runs": runs}), (notice,)


def take_settings(document: Document, best: Mapping[int, Run]) -> Edited:
    """Give some runs the learning rates and batch sizes that were found to be best, and say so.

    Args:
        document: the comparison, whose runs differ in more than these.
        best: by positions of its runs, the same runs with other rates and batch sizes.
    """
    names = [style.name for style in styles_of_any_setting(document)]
    runs = list(document.experiment.runs)
    for position, run in best.items():
        update: dict[str, Any] = {"learning_rate": run.learning_rate}
        if document.experiment.problem.has_rows:
            update["batch_size"] = run.batch_size
        runs[position] = runs[position].model_copy(update=update)
    taken = ", ".join(
        f"{names[position]} ({setting_words(document.experiment, run)})"
        for position, run in best.items()
    )
    notice = _("Best settings taken: {runs}. Undo takes them back.").format(runs=taken)
    experiment = document.experiment.model_copy(update={"runs": tuple(runs)})
    edited = _edited(document, experiment, document.view, "settings")
    return edited._replace(notices=(*edited.notices, notice))


# What all runs share


def choose_dataset(document: Document, dataset: Source) -> Edited:
    """Train on another data set, with its usual loss and standardisation.

    If the task remains the same, so does the loss, provided that it suits the data. Spirals are
    given a network and a budget with which they can be learnt.
    """
    before = _network(document)
    problem = before.model_copy(
        update={
            "dataset": dataset,
            "standardize": dataset.measured,
            "standardize_targets": dataset.spread_targets,
        }
    )
    loss = usual_loss(dataset.n_classes)
    if dataset.task != before.dataset.task and loss != before.loss:
        problem = problem.model_copy(update={"loss": loss, "output_activation": "identity"})
    if isinstance(dataset, Spirals):
        return _for_spirals(document, problem)
    return change(document, problem=problem)


def use_table(
    document: Document,
    dataset: OwnTable,
    *,
    validation_share: float,
    standardize: bool,
    standardize_targets: bool,
) -> Edited:
    """Train on a reader's table, scaled and split as is asked for.

    Runs that nobody has set, whose rates are those for other data, get careful rates, and
    batches of 32 rows or all. Others keep what was set for them.

    Args:
        document: the comparison.
        dataset: of the table.
        validation_share: share of the rows that are held back.
        standardize: whether inputs are scaled by the training rows.
        standardize_targets: whether targets are.

    Raises:
        InvalidInput: a value is wrong.
    """
    experiment = document.experiment
    chosen = choose_dataset(document, dataset)
    edited = change_problem(
        chosen.document,
        validation_share=validation_share,
        standardize=standardize,
        standardize_targets=standardize_targets,
    )
    notices = (*chosen.notices, *edited.notices)
    if experiment.runs in (OPENING.experiment.runs, FORMAT_1_RUNS):
        rows = edited.document.experiment.problem.training_rows
        size: Literal["all"] | int = 32 if rows >= 2 * 32 else "all"
        runs = tuple(
            run.model_copy(
                update={"learning_rate": CAREFUL_RATES[type(run.optimizer)], "batch_size": size}
            )
            for run in experiment.runs
        )
        edited = change(edited.document, runs=runs)
        text = _(
            "The runs have careful learning rates, for nobody knows the right ones for your data"
            " yet. The tab Find settings looks for better ones."
        )
        notices = (text,)
    return Edited(edited.document.on_page(TrainingPage()), notices, "table")


def _for_spirals(document: Document, problem: Network) -> Edited:
    """Train on spirals, which small networks and few epochs do not learn.

    The runs of the opening view, which nobody has set, get rates for spirals; others keep theirs.
    """
    able, experiment = SPIRALS.problem, document.experiment
    fields: dict[str, Any] = {"problem": problem}
    notices = []
    if isinstance(able, Network) and problem.n_params < able.n_params:
        update = {"hidden": able.hidden, "activation": able.activation}
        fields["problem"] = problem.model_copy(update=update)
        notices.append(_("For spirals the network now has two hidden layers of 32 ReLU units."))
    if experiment.runs == OPENING.experiment.runs:
        fields["runs"] = SPIRALS.runs
        text = _(
            "The runs are now {rules}, with batches of 32 rows and learning rates for spirals."
        )
        rules = ", ".join(run.optimizer.title for run in SPIRALS.runs)
        notices.append(text.format(rules=rules))
    budget = experiment.budget
    if budget.unit == "epochs" and budget.amount < SPIRALS.budget.amount:
        fields["budget"] = SPIRALS.budget
        notices.append(_("The budget is now 200 epochs: spirals take long to learn."))
    edited = change(document, **fields)
    said = (" ".join(notices),) if notices else ()
    return edited._replace(notices=(*edited.notices, *said))


def choose_loss(document: Document, loss: str) -> Edited:
    """Minimise another loss; the sigmoid in a cross-entropy becomes the output activation."""
    problem = _network(document)
    output: str = problem.output_activation
    if LOSSES[loss].reads == "logits":
        output = "identity"
    elif problem.loss == "binary_cross_entropy":
        output = "sigmoid"
    return change_problem(document, loss=loss, output_activation=output)


def change_layers(document: Document, count: int) -> Edited:
    """Give the network this many hidden layers; new ones have 8 units."""
    hidden = (*_network(document).hidden, *(8 for _layer in range(count)))
    return change_problem(document, hidden=hidden[:count])


def change_units(document: Document, layer: int, units: int) -> Edited:
    """Give a hidden layer this many units.

    Raises:
        InvalidInput: there are too few or too many units.
    """
    hidden = list(_network(document).hidden)
    hidden[layer] = units
    return change_problem(document, hidden=tuple(hidden))


def _network(document: Document) -> Network:
    """Return the network that is trained; the default one if a test function is minimised."""
    problem = document.experiment.problem
    return problem if isinstance(problem, Network) else Network()


def move_start(document: Document, x: float, y: float) -> Edited:
    """Make all runs start at a point."""
    problem = document.experiment.problem.model_copy(update={"start": (x, y)})
    experiment = document.experiment.model_copy(update={"problem": problem})
    return _edited(document, experiment, document.view, "start")


def choose_function(
    document: Document, function: AnyFunction, start: tuple[float, float] | None = None
) -> Edited:
    """Minimise another function, from its own start if none is given; noise remains.

    The start of a formula was found by a search. It is written out, so that a link means the same
    point whatever a later search finds. Runs that nobody has set, whose rates are those for
    another function, get careful rates for a formula.
    """
    edited = _with_function(document, function, start)
    preset = _runs_of_a_preset(document.experiment)
    problem = edited.document.experiment.problem
    if preset is None or not isinstance(function, Formula) or not isinstance(problem, Function):
        return edited
    runs = careful_runs(preset, function, problem.start or function.start)
    if runs == document.experiment.runs:
        return edited
    text = _(
        "The runs have careful learning rates, from how steep and curved the formula is near its"
        " start. Nobody knows the right ones yet."
    )
    careful = change(edited.document, runs=runs)
    return careful._replace(notices=(*edited.notices, *careful.notices, text))


def _runs_of_a_preset(experiment: Experiment) -> tuple[Run, ...] | None:
    """Return the runs of the preset that these are, perhaps with careful rates; else None."""
    presets = [preset.experiment.runs for preset in (*SURFACE_PRESETS.values(), OPENING)]
    problem = experiment.problem
    before = problem.function if isinstance(problem, Function) else None
    for runs in presets:
        if experiment.runs == runs:
            return runs
        if isinstance(problem, Function) and isinstance(before, Formula):
            start = problem.start or before.start
            if experiment.runs == careful_runs(runs, before, start):
                return runs
    return None


def _with_function(
    document: Document, function: AnyFunction, start: tuple[float, float] | None
) -> Edited:
    """Minimise another function with the same runs."""
    before = document.experiment.problem
    problem = before if isinstance(before, Function) else Function()
    if start is None and isinstance(function, Formula):
        start = function.start
    return change(
        document, problem=problem.model_copy(update={"function": function, "start": start})
    )


def change_formula(document: Document, text: str) -> Edited:
    """Minimise a formula; its constants keep the values that they have.

    Raises:
        InvalidInput: it cannot be read.
    """
    before, formula = _formula(document), Formula(text=text)
    kept = {name: value for name, value in before.constants if name in dict(formula.constants)}
    return choose_function(document, Formula(text=text, constants=kept))


def change_constant(document: Document, name: str, value: float) -> Edited:
    """Change a constant of the formula; runs start where they did.

    Raises:
        InvalidInput: the value is out of range.
    """
    problem, before = document.experiment.problem, _formula(document)
    constants = dict(before.constants) | {name: value}
    start = problem.start if isinstance(problem, Function) and problem.start else before.start
    return _with_function(document, Formula(text=before.text, constants=constants), start)


def _formula(document: Document) -> Formula:
    """Return the formula that is minimised; the default one if there is none."""
    problem = document.experiment.problem
    if isinstance(problem, Function) and isinstance(problem.function, Formula):
        return problem.function
    return Formula()


def count_in(document: Document, unit: str) -> Edited:
    """Count the budget in another unit; for the first run it remains about as long.

    Charts against the old unit are drawn against the new one: only there are all runs equally long.

    Raises:
        InvalidInput: the budget would be out of range.
    """
    experiment = document.experiment
    run = experiment.runs[0]
    counts, total = experiment.counts(run), experiment.iterations(run)
    amounts = {
        "epochs": max(1, round(counts.epochs(total))),
        "iterations": total,
        "rows_seen": counts.rows_seen(total),
        "gradients": total * run.optimizer.gradients_per_update,
    }
    edited = change_budget(document, amount=amounts[unit], unit=unit)
    if document.view.axis != experiment.budget.unit:
        return edited
    return edited._replace(document=change_view(edited.document, axis=unit).document)


def change_budget(document: Document, /, **fields: Any) -> Edited:
    """Change how long every run trains.

    Raises:
        InvalidInput: a value is wrong.
    """
    return change(document, budget=document.experiment.budget.model_copy(update=fields))


def change_stopping(document: Document, /, **fields: Any) -> Edited:
    """Change what ends a run earlier.

    Raises:
        InvalidInput: a value is wrong.
    """
    return change(document, stopping=document.experiment.stopping.model_copy(update=fields))


def repeat(document: Document, times: int) -> Edited:
    """Train every run with this many seeds, and keep those that it has.

    Raises:
        InvalidInput: there are too few or too many seeds.
    """
    kept = document.experiment.seeds[:times]
    free = [seed for seed in range(times) if seed not in kept]
    return change(document, seeds=(*kept, *free[: times - len(kept)]))


def change_first_seed(document: Document, first: int) -> Edited:
    """Train every run with as many seeds as before, starting from another one.

    Raises:
        InvalidInput: a seed is out of range.
    """
    return change(document, seeds=tuple(range(first, first + len(document.experiment.seeds))))


# Whole comparisons


def use_runs_preset(document: Document, name: str) -> Edited:
    """Replace the runs by those of a preset; data, network and budget remain.

    Raises:
        InvalidInput: the rule of the selected run needs all rows, and the preset others.
    """
    experiment, view = document.experiment, document.view
    selected = experiment.runs[view.selected]
    runs = RUNS_PRESETS[name].runs(experiment, selected)
    for run in runs:
        cause = misfit(experiment.problem, run)
        if cause is not None:
            field = f"runs.{view.selected}.optimizer"
            raise InvalidInput("conflict", field, selected.optimizer.name, cause)
    update = {
        "names": ("",) * len(runs),
        "numbers": tuple(range(len(runs))),
        "selected": 0,
        "hidden_runs": (),
    }
    experiment = experiment.model_copy(update={"runs": runs})
    return _edited(document, experiment, view.model_copy(update=update), "runs")


def use_preset(_document: Document, name: str) -> Edited:
    """Show a preset of the Compare page, whatever was there before."""
    return opened(COMPARE_PRESETS[name].document, "preset")


def use_surface_preset(document: Document, name: str) -> Edited:
    """Show a preset of the Surfaces page, with or without panels and relief as before.

    A preset that lives by its panels has them in any case.
    """
    preset, page = SURFACE_PRESETS[name].document, _surfaces_page(document)
    own = _surfaces_page(preset)
    style = {"panels": own.panels or page.panels, "relief": page.relief}
    return opened(preset.on_page(own.model_copy(update=style)), "preset")


def show_surface(document: Document, kind: str) -> Edited:
    """Show a surface of another kind on the Surfaces page, starting with its first view.

    Args:
        document: as shown on the Surfaces page.
        kind: an id of ``SURFACES``.
    """
    first = SURFACES[kind]
    page = _surfaces_page(first)
    update = {"surface": "function", "window": page.window, "step": page.step, "tab": "step"}
    shown = _surfaces_page(document).model_copy(update=update)
    return opened(first.on_page(shown), "surface")


def _surfaces_page(document: Document) -> SurfacesPage:
    page = document.view.page
    return page if isinstance(page, SurfacesPage) else SurfacesPage()


def demonstrate(document: Document, experiment: Experiment, notice: str, /, **page: Any) -> Edited:
    """Replace the whole comparison by an experiment of one run, and say so.

    Args:
        document: as shown on a page, which remains open.
        experiment: what is compared from now on.
        notice: a sentence for the reader.
        page: settings of the page that go with the experiment.
    """
    settings = document.view.page.model_copy(update=page)
    shown = with_default_view(experiment).on_page(settings)
    return opened(shown, "demonstration", (notice,))


def reset(document: Document) -> Edited:
    """Return to the first view of the page, its settings included."""
    page = document.view.page
    first = FIRST_VIEWS[page.name]
    if isinstance(page, (BackpropagationPage, RulePage)):  # which do not show the comparison
        first = document.on_page(first.view.page)
    elif isinstance(page, SurfacesPage) and page.surface == "network":
        first = FIRST_VIEWS["training"].on_page(SurfacesPage(surface="network"))
    return Edited(first, done="reset")


def opened(document: Document, done: str = "opened", notices: Iterable[str] = ()) -> Edited:
    """Open a whole comparison.

    Args:
        document: the comparison, from a file or a link or made here.
        done: the id of this edit, as in ``Edited``.
        notices: sentences for the reader; those about changes made here are added.
    """
    view, changed = _drawable(document.view, document.experiment)
    return Edited(document.model_copy(update={"view": view}), (*changed, *notices), done)


def _edited(document: Document, experiment: Experiment, view: View, done: str = "") -> Edited:
    """Return a valid document with another experiment and view, adapted to each other.

    Raises:
        InvalidInput: a value is wrong.
    """
    before = document.experiment.problem
    problem, notices = _adapted(experiment.problem)
    experiment = experiment.model_copy(update={"problem": problem})
    if problem.training_rows < before.training_rows:
        experiment, removed = _without_large_batches(experiment)
        notices += removed
    if problem != before:
        experiment, changed = _fitted(experiment)
        notices += changed
    view, changed = _drawable(view, experiment)
    _check_batch_sizes(experiment)
    fields = {"experiment": experiment.model_dump(), "view": view.model_dump()}
    return Edited(Document.model_validate(fields), (*notices, *changed), done)


def _adapted(problem: Network | Function) -> tuple[Network | Function, tuple[str, ...]]:
    """Return the problem adapted to its data, and notices of what was replaced."""
    if not isinstance(problem, Network):
        return problem, ()
    adapted, notices = problem.adapted(), []
    if adapted.loss != problem.loss:
        text = _("The loss was changed from {old} to {new}, which fits the data.")
        old, new = (inline("loss", loss) for loss in (problem.loss, adapted.loss))
        notices.append(text.format(old=old, new=new))
    if adapted.start != problem.start:
        notices.append(
            _(
                "The starting weights no longer fit the network, so it now starts from"
                " Glorot weights."
            )
        )
    return adapted, tuple(notices)


def _without_large_batches(experiment: Experiment) -> tuple[Experiment, tuple[str, ...]]:
    """Return the experiment with "all" for batches larger than the data, and notices of it."""
    rows = experiment.problem.training_rows

    def is_too_large(run: Run) -> bool:
        return run.batch_size != "all" and run.batch_size > rows

    large = sorted({run.batch_size for run in experiment.runs if is_too_large(run)})
    runs = tuple(
        run.model_copy(update={"batch_size": "all"}) if is_too_large(run) else run
        for run in experiment.runs
    )
    experiment = experiment.model_copy(update={"runs": runs})
    if not large or not experiment.problem.has_rows:
        return experiment, ()
    text = ngettext(
        "There is only {rows} training row. These batch sizes now use all rows: {sizes}.",
        "There are only {rows} training rows. These batch sizes now use all rows: {sizes}.",
        rows,
    )
    sizes = ", ".join(f"{size:,}" for size in large)
    return experiment, (text.format(rows=f"{rows:,}", sizes=sizes),)


def _drawable(view: View, experiment: Experiment) -> tuple[View, tuple[str, ...]]:
    """Return the view with a loss that exists, and a notice if it is another one."""
    if view.quantity != "validation_loss" or experiment.problem.n_validation:
        return view, ()
    notice = _("There are no validation rows, so the training loss is shown.")
    return view.model_copy(update={"quantity": "training_loss"}), (notice,)


def _check_batch_sizes(experiment: Experiment) -> None:
    """Refuse a batch size outside the range that these rows allow."""
    allowed = Interval(1, experiment.problem.training_rows)
    for index, run in enumerate(experiment.runs):
        if run.batch_size != "all" and run.batch_size not in allowed:
            field = f"runs.{index}.batch_size"
            raise InvalidInput("out_of_range", field, run.batch_size, allowed)
