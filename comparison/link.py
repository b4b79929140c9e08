"""A comparison as a link: a flat code of what differs from the defaults.

It has one short key per field, and ids are never translated. Defaults belong to the format version,
so an old link keeps its meaning.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args, get_origin
from urllib.parse import urlencode

from comparison.document import Document
from comparison.pages import PAGES
from engine import Function, InvalidInput
from engine.experiment import FORMAT
from engine.limits import Interval
from engine.problems.datasets import DATASETS, RETIRED, OwnTable
from engine.problems.datasets.splits import Position
from engine.problems.functions import EVERY_FUNCTION
from engine.rules import RULES, rule_class
from engine.rules.clipping import CLIPPINGS
from engine.rules.schedules import SCHEDULES, Constant
from engine.rules.typed import TYPED
from engine.spec import Spec, by_name, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LINK_CHARACTERS: Final = 2_000


@dataclass(frozen=True)
class _Field:
    """A field in a link: its path in the document, and how its text is read."""

    path: str
    read: Callable[[str], Any]


def _whole(text: str) -> int:
    if re.fullmatch(r"-?[0-9]+", text) is None:  # Python also takes 1_0 and other scripts' digits
        raise InvalidInput("wrong_type", "", text, "integer")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text if text.isascii() and "_" not in text else "")
    except ValueError:
        raise InvalidInput("wrong_type", "", text, "number") from None


def _tuple_of(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    return lambda text: tuple(read(part) for part in text.split("_")) if text else ()


def _flag(text: str) -> bool:
    if text not in {"0", "1"}:
        raise InvalidInput("wrong_type", "", text, "flag")
    return text == "1"


def _start(text: str) -> Any:
    return text if text[:1].isalpha() else _tuple_of(_number)(text)


def _batch_size(text: str) -> Any:
    return text if text == "all" else _whole(text)


def _json(text: str) -> Any:
    try:
        return parse_json(text)
    except InvalidInput:
        raise InvalidInput("wrong_type", "", text, "json") from None


def _constants(text: str) -> dict[str, float]:
    """Return values by name from ``a:1.5~b:2``: an underscore may be part of a name."""
    pairs = (part.partition(":") for part in text.split("~") if part)
    return {name: _number(value) for name, _sign, value in pairs}


# How the text of a field of a data set, a function or a rule is read, by its type.
_BY_TYPE: Final[Mapping[type, Callable[[str], Any]]] = {int: _whole, float: _number, str: str}


# The code of format 1. No key ever gets a new meaning.
_FIELDS: Final[Mapping[str, _Field]] = {
    "problem": _Field("experiment.problem.kind", str),
    "data": _Field("experiment.problem.dataset.name", str),
    "function": _Field("experiment.problem.function.name", str),
    "validation": _Field("experiment.problem.validation_share", _number),
    "standardize": _Field("experiment.problem.standardize", _flag),
    "standardize_targets": _Field("experiment.problem.standardize_targets", _flag),
    "hidden": _Field("experiment.problem.hidden", _tuple_of(_whole)),
    "activation": _Field("experiment.problem.activation", str),
    "output": _Field("experiment.problem.output_activation", str),
    "bias": _Field("experiment.problem.bias", _flag),
    "loss": _Field("experiment.problem.loss", str),
    "l2": _Field("experiment.problem.l2", _number),
    "start": _Field("experiment.problem.start", _start),
    "noise": _Field("experiment.problem.noise", _number),
    "noise_seed": _Field("experiment.problem.noise_seed", _whole),
    "budget": _Field("experiment.budget.amount", _whole),
    "unit": _Field("experiment.budget.unit", str),
    "target": _Field("experiment.stopping.target_loss", _number),
    "gradient": _Field("experiment.stopping.gradient_norm", _number),
    "patience": _Field("experiment.stopping.patience", _whole),
    "every": _Field("experiment.record_every", _whole),
    "data_seed": _Field("experiment.data_seed", _whole),
    "seeds": _Field("experiment.seeds", _tuple_of(_whole)),
    "colours": _Field("view.numbers", _tuple_of(_whole)),
    "selected": _Field("view.selected", _whole),
    "hidden_runs": _Field("view.hidden_runs", _tuple_of(_whole)),
    "show": _Field("view.quantity", str),
    "axis": _Field("view.axis", str),
    "log": _Field("view.log", _flag),
    "present": _Field("view.presentation", _flag),
    "smoothing": _Field("view.smoothing", _whole),
    "page": _Field("view.page.name", str),
}
_IGNORED: Final = ("tuned",)  # keys of format 1 that no longer mean anything
# Fields of a data set, a function or a page have their own names after "data." and so on.
_OWNERS: Final = {
    "data": "experiment.problem.dataset",
    "function": "experiment.problem.function",
    "page": "view.page",
}
_SPECS: Final[Mapping[str, tuple[type[Spec], ...]]] = {
    "data": (*DATASETS, OwnTable),
    "function": EVERY_FUNCTION,
    "page": PAGES,
}
# Parts of a run with fields of their own: ``schedule:cosine~schedule.end:0.1``.
_PARTS: Final[Mapping[str, tuple[type[Any], ...]]] = {
    "schedule": SCHEDULES,
    "clipping": CLIPPINGS,
}
_RUN_FIELDS: Final[Mapping[str, Callable[[str], Any]]] = {
    "learning_rate": _number,
    "batch_size": _batch_size,
    "sampling": str,
    "last_batch": str,
}


def to_link(document: Document) -> dict[str, list[str]]:
    """Return the query of a link: keys in a fixed order, each with its values.

    Raises:
        InvalidInput: the link would be too long for a browser's address line.
    """
    shown, default = document.model_dump(), Document().model_dump()
    # A function has its own fields; if it shares one with the network, the network's counts.
    default["experiment"]["problem"] = {
        **Function().model_dump(),
        **default["experiment"]["problem"],
    }
    query: dict[str, list[str]] = {"format": [str(document.format)]}
    for key, field in _FIELDS.items():
        value = _at(shown, field.path)
        if value is not None and value != _at(default, field.path):
            query[key] = [_written(value)]
    for owner, path in _OWNERS.items():
        spec = _at(shown, path)
        if spec is not None:
            plain = _plain(owner, spec["name"])
            if _at(default, path) is not None and _at(default, path)["name"] == spec["name"]:
                plain = _at(default, path)
            query |= {
                f"{owner}.{name}": [_own_text(owner, value)]
                for name, value in spec.items()
                if name != "name" and value != plain[name]
            }
    if shown["experiment"]["runs"] != default["experiment"]["runs"]:
        query["run"] = [_run_code(run) for run in shown["experiment"]["runs"]]
    if any(document.view.names):
        query["name"] = list(document.view.names)
    length = len(urlencode(query, doseq=True))
    if length > LINK_CHARACTERS:
        raise InvalidInput("too_expensive", "link", length, Interval(0, LINK_CHARACTERS))
    return query


def from_link(query: Mapping[str, Sequence[str]]) -> tuple[Document, list[str]]:
    """Return the comparison in a link's query, and the unknown keys.

    Raises:
        InvalidInput: a value is wrong; then nothing of the link is used.
    """
    version = query.get("format", [str(FORMAT)])[-1]
    if version != str(FORMAT):
        raise InvalidInput("unknown_choice", "format", version, (str(FORMAT),))
    tree = Document().model_dump()
    _start_from(tree, query)
    unknown = [key for key, values in query.items() if not _apply(tree, key, values)]
    runs = len(tree["experiment"]["runs"])
    if "name" not in query:
        tree["view"]["names"] = ("",) * runs
    if "colours" not in query:
        tree["view"]["numbers"] = tuple(range(runs))
    return Document.model_validate(tree), unknown


def _apply(tree: dict[str, Any], key: str, values: Sequence[str]) -> bool:
    """Put a link's field into the tree; return whether its key is known there."""
    if len(values) > 1 and key not in {"run", "name"} and key in _FIELDS:
        raise InvalidInput("duplicate_key", key, key)
    if key in _FIELDS:
        field = _FIELDS[key]
        _set(tree, field.path, _read(key, values[-1], field.read))
        return True
    if key == "run":
        tree["experiment"]["runs"] = [_run(code) for code in values]
        return True
    if key == "name":
        tree["view"]["names"] = tuple(values)
        return True
    if key in _IGNORED:
        return True
    owner, _, name = key.partition(".")
    spec = _at(tree, _OWNERS[owner]) if owner in _OWNERS else None
    if spec is None or name not in spec:
        return key == "format"
    spec[name] = _read(key, values[-1], _own_reader(owner, spec["name"], name))
    return True


def _start_from(tree: dict[str, Any], query: Mapping[str, Sequence[str]]) -> None:
    """Put the defaults of the named problem, data set or function into the tree."""
    kind = query.get("problem", ["network"])[-1]
    if kind == "function":
        tree["experiment"]["problem"] = {"kind": "function", "start": None}
    foreign = "data" if kind == "function" else "function"
    for owner, path in _OWNERS.items():
        if owner in query and owner != foreign:
            _set(tree, path, _plain(owner, query[owner][-1]))


def _plain(owner: str, name: str) -> dict[str, Any]:
    """Return the fields of a data set, a function or a page; None where one has no default."""
    specs = by_name(_SPECS[owner])
    if owner == "data" and name in RETIRED:
        raise InvalidInput("retired", owner, name, RETIRED[name])
    if name not in specs:
        raise InvalidInput("unknown_choice", owner, name, tuple(specs))
    return dict.fromkeys(specs[name].model_fields) | specs[name].model_construct().model_dump()


def _own_reader(owner: str, spec: str, name: str) -> Callable[[str], Any]:
    """Return how the text of a field of a data set, a function or a page is read."""
    kind = by_name(_SPECS[owner])[spec].model_fields[name].annotation
    if kind is str or (get_origin(kind) is Literal and isinstance(get_args(kind)[0], str)):
        return str
    if owner == "page":
        return _json
    if owner == "function" and name == "constants":
        return _constants
    if kind == tuple[Position, ...]:
        return _tuple_of(_whole)
    return _BY_TYPE.get(cast("type", kind), _json)


def _own_text(owner: str, value: Any) -> str:
    """Return the text of such a field."""
    is_plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if owner == "function" or (owner == "data" and (is_plain or _are_whole(value))):
        return _written(value)
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _are_whole(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, int) for part in value) and value != ()


def _run_code(run: dict[str, Any]) -> str:
    """Return a run as ``rule~rate~batch``, then ``field:value`` for all that is not the default."""
    optimizer = dict(run["optimizer"])
    plain = vars(rule_class(optimizer)())
    name = optimizer.pop("name")
    parts = [name, _written(run["learning_rate"]), _written(run["batch_size"])]
    if name == TYPED:  # its text has none of the signs that part the code; a title has none at all
        title, text = optimizer.pop("title"), optimizer.pop("text")
        parts += [f"title:{title}", f"text:{text.replace(chr(10), ';')}"]
    parts += [f"{key}:{_written(value)}" for key, value in optimizer.items() if value != plain[key]]
    for key, value in (("sampling", "shuffled"), ("last_batch", "kept")):
        if run[key] != value:
            parts.append(f"{key}:{run[key]}")
    for key, kinds in _PARTS.items():
        parts += _part_code(key, run.get(key), kinds)
    return "~".join(parts)


def _part_code(key: str, part: dict[str, Any] | None, kinds: tuple[type[Any], ...]) -> list[str]:
    """Return a part of a run by its name, then what differs from its defaults; nothing if absent.

    The constant schedule without a warm-up is absent as well.
    """
    if part is None or part == vars(Constant()):
        return []
    plain = vars(by_name(kinds)[part["name"]]())
    own = [
        f"{key}.{name}:{_written(value)}" for name, value in part.items() if value != plain[name]
    ]
    return [f"{key}:{part['name']}", *own]


def _run(code: str) -> dict[str, Any]:
    name, *rest = code.split("~")
    if len(rest) < 2:
        raise InvalidInput("wrong_type", "run", code, "rule~rate~batch size")
    rate, size, *more = rest
    run: dict[str, Any] = {
        "optimizer": {"name": name},
        "learning_rate": _read("run", rate, _number),
        "batch_size": _read("run", size, _batch_size),
    }
    for part in sorted(more, key=lambda part: "." in part.partition(":")[0]):
        key, _, text = part.partition(":")
        owner, _, field = key.partition(".")
        if key in _RUN_FIELDS:
            run[key] = _read("run", text, _RUN_FIELDS[key])
        elif key in _PARTS:
            run[key] = {"name": text}
        elif owner in _PARTS:
            if owner not in run:
                raise InvalidInput("unknown_field", key, text)
            kind = by_name(_PARTS[owner]).get(run[owner]["name"])
            run[owner][field] = _read("run", text, _reader(kind, field))
        elif name == TYPED and key in {"title", "text"}:
            run["optimizer"][key] = text.replace(";", "\n")
        else:
            run["optimizer"][key] = _read("run", text, _reader(by_name(RULES).get(name), key))
    return run


def _reader(kind: type[Any] | None, field: str) -> Callable[[str], Any]:
    """Return how the text of a field is read; validation refuses what does not exist."""
    default = 0.0 if kind is None else vars(kind()).get(field, 0.0)
    return _tuple_of(_number) if isinstance(default, tuple) else _BY_TYPE[type(default)]


def _read(key: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except InvalidInput as error:
        raise error.at(key) from None


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (tuple, list)):
        return "_".join(_written(part) for part in value)
    if isinstance(value, dict):
        return "~".join(f"{name}:{_written(part)}" for name, part in value.items())
    return repr(value) if isinstance(value, float) else str(value)


def _at(tree: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path, None if there is none."""
    for part in path.split("."):
        if part not in tree:
            return None
        tree = tree[part]
    return tree


def _set(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        tree = tree.setdefault(part, {})
    tree[last] = value
