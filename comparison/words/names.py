"""The names of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from charts.lines import shortened
from charts.theme import RunStyle
from comparison.pages import SurfacesPage
from comparison.words.cleaned import cleaned
from comparison.words.clipping import clipping_sign
from comparison.words.functions import function_name, own_numbers
from comparison.words.mathml import plain_symbol
from comparison.words.scheduled import schedule_sign
from engine.problems.datasets import OwnTable
from engine.problems.datasets.splits import MarkedRows
from engine.rules import RULES, choices, hyperparameters
from engine.rules.schedules import Constant
from engine.rules.typed import TYPED
from language import N_, _
from language.labels import LABELS, label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from comparison.document import Document
    from engine import Function, Interval, Network, Run
    from engine.problems.datasets import Source
    from engine.problems.functions import AnyFunction
    from engine.rules import Rule
    from engine.spec import Spec

_COLUMN_LETTERS: Final = 40  # of a name that a reader gave


_SPLITS: Final = {
    "random": N_("any rows, by the data seed"),
    "stratified": N_("the same share of each class, by the data seed"),
    "last": N_("the last rows"),
}


_TITLES: Final[Mapping[str, str]] = {rule.name: rule.title for rule in RULES}


def run_styles(document: Document) -> list[RunStyle]:
    """Return how every run of a comparison appears on its page.

    A lone run does not stand out. Surfaces shows all runs alike: the clock draws on its charts, and
    a picture there would begin anew with every look at another run.
    """
    view = document.view
    names = run_names(document.experiment.runs, view.names)
    if isinstance(view.page, SurfacesPage):
        return [RunStyle(*one) for one in zip(names, view.numbers, strict=True)]
    return [
        RunStyle(
            name,
            number,
            selected=position == view.selected and len(names) > 1,
            hidden=number in view.hidden_runs,
        )
        for position, (name, number) in enumerate(zip(names, view.numbers, strict=True))
    ]


def styles_of_any_rate(document: Document) -> list[RunStyle]:
    """Return the styles of ``engine.distinct_runs``: no name of ours tells a learning rate.

    Runs that differ in nothing else are one: selected if one of them is, hidden if all are.
    """
    return _styles_of_any(document, {"learning_rate": 1.0})


def styles_of_any_setting(document: Document) -> list[RunStyle]:
    """Return the same of runs that differ in more than learning rate and batch size."""
    return _styles_of_any(document, {"learning_rate": 1.0, "batch_size": "all"})


def _styles_of_any(document: Document, plain: Mapping[str, Any]) -> list[RunStyle]:
    """Return the styles of runs that differ when all have these values in common."""
    runs = [run.model_copy(update=plain) for run in document.experiment.runs]
    firsts = [runs.index(run) for run in dict.fromkeys(runs)]
    names = run_names([runs[n] for n in firsts], [document.view.names[n] for n in firsts])
    styles = run_styles(document)
    merged = []
    for name, first in zip(names, firsts, strict=True):
        alike = [style for style, run in zip(styles, runs, strict=True) if run == runs[first]]
        selected = any(style.selected for style in alike) and len(firsts) > 1
        hidden = all(style.hidden for style in alike)
        merged.append(RunStyle(name, styles[first].number, selected, hidden))
    return merged


def run_names(runs: Sequence[Run], given: Sequence[str]) -> list[str]:
    """Return a name for every run, all different.

    A given name is kept; "" asks for the automatic one: the rule's, with what distinguishes the run
    from others of the rule and from the rule's defaults, its schedule, and the clipping of its
    gradients.
    """
    names = [name or _automatic(run, runs) for run, name in zip(runs, given, strict=True)]
    taken: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in taken:
            number += 1
            unique = f"{name} ({number})"
        taken.append(unique)
    return taken


def _automatic(run: Run, runs: Sequence[Run]) -> str:
    alike = [other for other in runs if type(other.optimizer) is type(run.optimizer)]
    rules = [type(run.optimizer)(), *(other.optimizer for other in alike)]
    details = [
        own_words(run.optimizer, name)
        for name in own_fields(type(run.optimizer))
        if len({getattr(rule, name) for rule in rules}) > 1
    ]
    if run.schedule != Constant():  # these two are told whatever the others do
        details.append(schedule_sign(run.schedule, [other.schedule for other in alike]))
    if run.clipping is not None:
        details.append(clipping_sign(run.clipping))
    if len({other.learning_rate for other in alike}) > 1:
        details.append(f"η {run.learning_rate:g}")
    if len({other.batch_size for other in alike}) > 1:
        size = _("all") if run.batch_size == "all" else run.batch_size
        details.append(f"B {size}")
    return " ".join([run.optimizer.title, *details])


def own_fields(rule: type[Rule]) -> dict[str, str]:
    """Return what a rule is set by, choices before numbers, each with its symbol or label."""
    chosen = {name: label("hyperparameter", name) for name in choices(rule)}
    return chosen | {name: symbol(name, one) for name, one in hyperparameters(rule).items()}


def own_words(optimizer: Rule, name: str) -> str:
    """Return the value of one of ``own_fields`` in short: with its symbol, or a choice alone."""
    value = own_value(optimizer, name)
    is_choice = name in choices(type(optimizer))
    return f"({value})" if is_choice else f"{own_fields(type(optimizer))[name]} {value}"


def own_value(optimizer: Rule, name: str) -> str:
    """Return the value of one of ``own_fields`` in words."""
    value = getattr(optimizer, name)
    return choice_words(value) if isinstance(value, str) else f"{value:g}"


def choice_words(word: str) -> str:
    """Return what a word that a rule offers is called: a rule has its title."""
    return _TITLES.get(word, word.replace("_", " "))


def rule_title(name: str) -> str:
    """Return what a rule is called by its name; all typed rules have one."""
    return _("typed rules") if name == TYPED else _TITLES[name]


def symbol(name: str, interval: Interval) -> str:
    r"""Return the symbol of a hyperparameter in plain text, or its label if it has none.

    The symbol is a letter with or without an index: ``\beta_1`` becomes β₁, ``\Delta_{\min}`` Δmin.
    """
    return plain_symbol(interval.symbol) or label("hyperparameter", name)


def column_words(dataset: Source, name: str) -> str:
    """Return what a feature or a target of a data set is called, with its unit.

    One without a label keeps its own name, which may be any text.
    """
    column = f"{dataset.name}.{name}"
    if column in LABELS["column"]:
        return label("column", column)
    return shortened(cleaned(name), _COLUMN_LETTERS)


def listed(names: Sequence[str]) -> str:
    """Return some names in one phrase."""
    if len(names) == 1:
        return names[0]
    return _("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])


def problem_words(problem: Network | Function) -> dict[str, str]:
    """Return what is trained on which data: settings by their names on the page."""
    if problem.kind == "function":
        start = problem.function.start if problem.start is None else problem.start
        words = {_("Test function"): function_name(problem.function)}
        words |= own_numbers(problem.function)
        return words | {_("Start"): ", ".join(f"{value:g}" for value in start)}
    words = {_("Data set"): dataset_name(problem.dataset)}
    if isinstance(problem.dataset, OwnTable):
        words |= _table_words(problem.dataset)
    else:
        words |= _own(problem.dataset)
    words[_("Validation share")] = f"{problem.validation_share:g}"
    if problem.standardize:
        words[_("Inputs")] = _("standardised using the training rows")
    if problem.standardize_targets:
        words[_("Targets")] = _("standardised using the training rows")
    words[_("Network")] = "-".join(map(str, problem.layout.units))
    if not problem.bias:
        words[_("Network")] += ", " + _("without biases")
    if problem.hidden:
        words[_("Activation")] = label("activation", problem.activation)
    if problem.output_activation != "identity":
        words[_("Output activation")] = label("activation", problem.output_activation)
    words[_("Loss function")] = label("loss", problem.loss)
    if problem.l2:
        words[_("L2 penalty") + " λ"] = f"{problem.l2:g}"
    drawn = problem.start if isinstance(problem.start, str) else None
    words[_("Starting weights")] = _("as given") if drawn is None else label("start", drawn)
    return words


def dataset_name(dataset: Source) -> str:
    """Return what a data set is called; a reader's table as its reader called it."""
    if isinstance(dataset, OwnTable):
        return cleaned(dataset.title).strip() or _("Your table")
    return label("dataset", dataset.name)


def split_words(dataset: OwnTable) -> str:
    """Return how the validation rows of a reader's table are chosen."""
    if isinstance(dataset.split, MarkedRows):
        text = _("those with “{value}” in column {column}")
        value = cleaned(dataset.split.value)
        return text.format(value=value, column=dataset.split.column + 1)
    return _(_SPLITS[dataset.split.name])


def _table_words(dataset: OwnTable) -> dict[str, str]:
    """Return what is read of a reader's table: columns by their numbers, for it may not be here."""
    columns = ", ".join(str(place + 1) for place in dataset.columns)
    words = {
        "SHA-256": dataset.digest,
        _("Rows used"): f"{dataset.rows:,}",
        _("Input columns"): columns,
        _("Target column"): str(dataset.target_column + 1),
    }
    if dataset.task == "classification":
        words[_("Classes")] = ", ".join(map(cleaned, dataset.classes))
    return words | {_("Validation rows"): split_words(dataset)}


def pushes_words(function: AnyFunction) -> str:
    """Return how the slopes of a function change from step to step; "" where they do not."""
    if not function.pushes:
        return ""
    text = _(
        "The slope changes from step to step: in turn, {pushes} is added to (∂f/∂x, ∂f/∂y), which"
        " makes nothing in the mean. The loss shown is f itself."
    )
    pushes = ", ".join(f"({x:+.4g}, {y:+.4g})" for x, y in function.pushes)
    return text.format(pushes=pushes.replace("-", "−").replace("+0", "0"))


def _own(spec: Spec) -> dict[str, str]:
    """Return the settings of a data set or a function."""
    values = spec.model_dump(exclude={"name"})
    return {label("field", name): f"{value:g}" for name, value in values.items()}
