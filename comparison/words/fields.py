"""What the fields of a sweep and their values are called."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from comparison.words.budgets import budget_words
from comparison.words.names import symbol
from engine import Budget
from engine.rules import RULES, hyperparameters
from engine.spec import by_name
from language import _, ngettext
from language.labels import LABELS, label

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "dataset": "dataset",
    "function": "function",
}


def field_title(field: str) -> str:
    """Return what a field of an experiment is called, by its path; "run" is the optimizer."""
    if field == "run":
        return label("field", "optimizer")
    path = field.split(".")
    if path[0] == "optimizer" and len(path) == 2:
        name = path[1]
        limits = next((hyperparameters(rule)[name] for rule in having(name)), None)
        title = label("hyperparameter", name)
        sign = "" if limits is None else symbol(name, limits)
        return title if sign in {"", title} else f"{title} {sign}"
    return label("field", path[-1])


def having(hyperparameter: str) -> list[type[Rule]]:
    """Return the rules that have a hyperparameter."""
    return [rule for rule in RULES if hyperparameter in hyperparameters(rule)]


def value_words(field: str, value: object) -> str:
    """Return a value of a field as it stands in a table or on an axis.

    Args:
        field: its path.
        value: as an axis or a dimension of a sweep has it: what is no number and no word is a part
            of an experiment, or its JSON.
    """
    if isinstance(value, (tuple, list, dict)):
        value = json.dumps(value)
    if value == "all":
        return _("all")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (int, float)):
        return f"{value:,}" if isinstance(value, int) else short(value)
    return _words(field.rsplit(".", maxsplit=1)[-1], str(value))


def _words(name: str, text: str) -> str:
    space: Any = _SPACES.get(name)
    if space is not None and text in LABELS[space]:
        return label(space, text)
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    if name == "hidden" and isinstance(parsed, list):
        return "-".join(map(str, parsed)) or _("none")
    if name == "budget" and isinstance(parsed, dict):
        return budget_words(Budget.model_validate(parsed))
    if isinstance(parsed, dict) and isinstance(parsed.get("name"), str):
        return _named(space, parsed)
    return text


def _named(space: Any, parsed: dict[str, Any]) -> str:
    """Return a data set, a function or a rule with the settings that it does not have by itself."""
    name = parsed["name"]
    if space is not None and name in LABELS[space]:
        return label(space, name)
    rules = by_name(RULES)
    return rules[name].title if name in rules else name


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
    if len(set(words)) < len(words):  # data sets of one name with other settings
        return [str(value) for value in dimension.values]
    return words


def short(value: float) -> str:
    """Return a number with three digits."""
    return f"{value:.3g}"


def settings_count(count: int) -> str:
    """Return how many settings there are."""
    return ngettext("{count} setting", "{count} settings", count).format(count=f"{count:,}")
