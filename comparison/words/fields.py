"""What the fields of a sweep and their values are called."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from comparison.words.budgets import budget_words
from comparison.words.clipping import clipping_sign
from comparison.words.functions import function_name, own_numbers
from comparison.words.names import choice_words, dataset_name, own_fields, symbol
from comparison.words.scheduled import schedule_sign
from engine import Budget, InvalidInput
from engine.problems.datasets import DATASETS, OwnTable
from engine.problems.formula import Formula
from engine.problems.functions import EVERY_FUNCTION
from engine.rules import RULES, hyperparameters, rule_class
from engine.rules.clipping import CLIPPINGS
from engine.rules.schedules import SCHEDULES
from engine.spec import by_name
from language import _, ngettext
from language.labels import LABELS, label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.rules import Rule
    from sweeps.dimensions import Dimension

# Fields whose values are ids, with the space of their labels.
_SPACES: Final = {
    "activation": "activation",
    "output_activation": "activation",
    "loss": "loss",
    "start": "start",
    "sampling": "sampling",
    "last_batch": "last_batch",
    "clipping": "clipping",
    "curve": "curve",
    "schedule": "schedule",
    "dataset": "dataset",
    "function": "function",
    "problem": "problem",
    "unit": "quantity",
}


def field_title(field: str) -> str:
    """Return what a field of an experiment is called, by its path; "run" is the optimizer."""
    if field == "run":
        return label("field", "optimizer")
    path = _thing(field)
    if path[-2:-1] == ["constants"]:
        return path[-1]
    if path[0] == "optimizer" and len(path) == 2:
        name = path[1]
        limits = next((hyperparameters(rule).get(name) for rule in having(name)), None)
        title = label("hyperparameter", name)
        sign = "" if limits is None else symbol(name, limits)
        return title if sign in {"", title} else f"{title} {sign}"
    if path[0] == "schedule" and len(path) == 2:
        return f"{label('field', 'schedule')}: {label('schedule_field', path[1])}"
    return label("field", path[-1])


def _thing(field: str) -> list[str]:
    """Return the path of a field, or of what it names."""
    path = field.split(".")
    return path[:-1] if path[-1] in {"name", "kind"} and len(path) > 1 else path


def having(hyperparameter: str) -> list[type[Rule]]:
    """Return the rules that have a hyperparameter or a choice."""
    return [rule for rule in RULES if hyperparameter in own_fields(rule)]


def value_words(field: str, value: object) -> str:
    """Return a value of a field as it stands in a table or on an axis.

    Args:
        field: its path.
        value: as an axis or a dimension of a sweep has it: what is no number and no word is a part
            of an experiment, or its JSON.
    """
    path = _thing(field)
    name = path[-1]
    if isinstance(value, (tuple, list, dict)):
        value = json.dumps(value)
    if value is None or value == "null":
        return _("none")
    if value == "all":
        return _("all")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return str(value) if name.endswith("seed") else f"{value:,}"
    return short(value) if isinstance(value, float) else _words(path, str(value))


def _words(path: Sequence[str], text: str) -> str:
    name, names = path[-1], _names(path)
    if text in names:
        return names[text]
    if path[0] == "optimizer" and len(path) == 2:
        return choice_words(text)
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    if name == "hidden" and isinstance(parsed, list):
        return "-".join(map(str, parsed)) or _("none")
    if isinstance(parsed, dict):
        return _part(name, parsed) or text
    return text


def _budget(parsed: dict[str, Any]) -> str:
    """Return a budget in words; "" where there is no such budget."""
    try:
        return budget_words(Budget.model_validate(parsed))
    except InvalidInput:
        return ""


def _clipping(parsed: dict[str, Any]) -> str:
    """Return a clipping by its sign; "" where there is no such clipping."""
    kind = by_name(CLIPPINGS).get(str(parsed.get("name")))
    try:
        return "" if kind is None else clipping_sign(kind(parsed["threshold"]))
    except KeyError:
        return label("clipping", str(parsed["name"]))


def _schedule(parsed: dict[str, Any]) -> str:
    """Return a schedule in short; "" where there is no such schedule."""
    kind: Any = by_name(SCHEDULES).get(str(parsed.get("name")))
    fields = {
        name: tuple(value) if isinstance(value, list) else value for name, value in parsed.items()
    }
    try:
        return "" if kind is None else schedule_sign(kind(**fields))
    except (InvalidInput, TypeError):
        return label("schedule", str(parsed["name"]))


def _formula(parsed: dict[str, Any]) -> str:
    """Return a formula with its constants; "" where there is no such formula."""
    try:
        formula = Formula.model_validate(parsed)
    except InvalidInput:
        return ""
    constants = ", ".join(f"{name} = {value}" for name, value in own_numbers(formula).items())
    return f"{function_name(formula)} ({constants})" if constants else function_name(formula)


def _constants(parsed: dict[str, Any]) -> str:
    """Return the values of a formula's constants."""
    words = [f"{name} = {value_words(name, value)}" for name, value in parsed.items()]
    return ", ".join(words) or _("none")


def _names(path: Sequence[str]) -> dict[str, str]:
    """Return what the ids are called that a field may have."""
    if path[-1] == "optimizer":
        return {rule.name: rule.title for rule in RULES}
    space: Any = "progress_unit" if path == ["schedule", "unit"] else _SPACES.get(path[-1])
    return {} if space is None else {one: label(space, one) for one in LABELS[space]}


def _part(name: str, parsed: dict[str, Any]) -> str:
    """Return a part of an experiment, with the settings that it does not have by itself.

    A problem is called by its data or its function, schedules and clippings are told in short.
    """
    in_short = _IN_SHORT.get("formula" if parsed.get("name") == "formula" else name)
    if in_short is not None:
        return in_short(parsed)
    for inside in ("dataset", "function"):
        if name == "problem" and inside in parsed:
            return _part(inside, parsed[inside])
    kind = _kind(name, parsed)
    if kind is None:
        is_own = name == "dataset" and parsed.get("name") == "own"
        return dataset_name(OwnTable.model_validate(parsed)) if is_own else ""
    plain = kind()
    own = {
        field: value
        for field, value in parsed.items()
        if field != "name" and value != getattr(plain, field, None)
    }
    paths = {f"{name}.{one}": value for one, value in own.items()}
    words = [f"{field_title(path)} {value_words(path, value)}" for path, value in paths.items()]
    title = kind.title if name == "optimizer" else _names([name])[parsed["name"]]
    return f"{title} ({', '.join(words)})" if words else title


def _kind(name: str, parsed: dict[str, Any]) -> Any:
    """Return the class of a part of an experiment; None where there is no such class."""
    if name == "optimizer":
        try:
            return rule_class(parsed)
        except (KeyError, InvalidInput):
            return None
    kinds = {"dataset": DATASETS, "function": EVERY_FUNCTION}.get(name, ())
    return by_name(kinds).get(str(parsed.get("name")))


_IN_SHORT: Final[Mapping[str, Callable[[dict[str, Any]], str]]] = {
    "schedule": _schedule,
    "budget": _budget,
    "clipping": _clipping,
    "constants": _constants,
    "formula": _formula,
}


def place_words(dimension: Dimension, names: Sequence[str] = ()) -> list[str]:
    """Return what the places of a dimension are called.

    Args:
        dimension: of a sweep.
        names: of the runs, for their dimension.
    """
    if dimension.field == "run":
        return list(names)
    if dimension.edges is not None:
        ends = [short(float(edge)) for edge in dimension.edges]
        return [f"{low}–{high}" for low, high in pairwise(ends)]
    words = [value_words(dimension.field, value) for value in dimension.values]
    if len(set(words)) < len(words):  # of more digits, or with settings that no word is said of
        return [str(value) for value in dimension.values]
    return words


def short(value: float) -> str:
    """Return a number with three digits."""
    return f"{value:.3g}"


def settings_count(count: int) -> str:
    """Return how many settings there are."""
    return ngettext("{count} setting", "{count} settings", count).format(count=f"{count:,}")
