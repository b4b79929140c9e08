"""The base of everything that a user can set: frozen, hashable, strict, with one kind of error."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from engine.errors import InvalidInput
from engine.limits import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = TypeVar("Kind")

_PLACE = re.compile(r"line (\d+) column (\d+)")
_REASONS = {"number out of range": "number", "recursion limit": "depth"}
_NOT_A_FIELD = re.compile(r"\W")  # pydantic names the branches of a union, e.g. "literal['all']"


class Spec(BaseModel):
    """A frozen description; raises ``InvalidInput`` where pydantic would raise its own error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        revalidate_instances="always",
        defer_build=True,  # most models of a union are never used in a process
        protected_namespaces=(),
    )

    def __init__(self, **fields: Any) -> None:
        """Validate the fields.

        Raises:
            InvalidInput: the first field that is wrong, with its value and limits.
        """
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise refusal(error, fields) from None

    # Without this mark pydantic would call __init__ for nested models too and lose the path of an
    # error.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pydantic reads it

    @classmethod
    def intervals(cls) -> dict[str, Interval]:
        """Return the fields that are numbers in an interval, in their order."""
        return {
            name: note
            for name, field in cls.model_fields.items()
            for note in field.metadata
            if isinstance(note, Interval)
        }

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Validate a dictionary or an instance; raises ``InvalidInput``."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise refusal(error, obj) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Validate JSON text; raises ``InvalidInput``, also for text that is not JSON."""
        return cls.model_validate(parse_json(json_data), **options)


def name_of(kind: type[Any]) -> str:
    """Return the id of a rule, a data set or a page in links and files: its field ``name``."""
    fields = getattr(kind, "model_fields", None)  # a rule is a dataclass, whose default is its own
    name: str = kind.name if fields is None else fields["name"].default
    return name


def by_name(kinds: Iterable[type[Kind]]) -> dict[str, type[Kind]]:
    """Return the classes of a registry by their names, in its order."""
    return {name_of(kind): kind for kind in kinds}


def parse_json(text: str | bytes | bytearray) -> Any:
    """Parse JSON text; raises ``InvalidInput`` for other text or a repeated key.

    NaN and infinities are accepted here, and refused where the field that holds them is known.
    """
    # A lone surrogate cannot be encoded.
    encoded = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        parsed = from_json(encoded)
    except TypeError:
        raise InvalidInput("wrong_type", "", text, "string") from None
    except ValueError as error:
        raise _not_json(bytes(encoded), str(error)) from None
    json.loads(encoded, object_pairs_hook=_distinct)  # from_json takes the last of equal keys
    return parsed


def _not_json(text: bytes, complaint: str) -> InvalidInput:
    """Return the error, with the text where the JSON is broken and its line and column from 1.

    The reason is "number" if one has too many digits, "depth" if brackets are nested too deeply.
    """
    position = _PLACE.search(complaint)
    line, column = (int(number) for number in position.groups()) if position else (1, 1)
    lines = text.decode("utf-8", "replace").split("\n")
    # The parser counts bytes.
    before = text.split(b"\n")[line - 1][: max(0, column - 1)].decode("utf-8", "replace")
    there = lines[line - 1][max(0, len(before) - 30) : len(before) + 30].strip()
    reason = next((reason for words, reason in _REASONS.items() if words in complaint), "")
    excerpt = there or "\n".join(lines).strip().split("\n")[-1][-30:]  # at the end of the file
    return InvalidInput("not_json", "", excerpt, (line, len(before) + 1, reason))


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object with a repeated key."""
    keys: set[str] = set()
    for key, _value in pairs:
        if key in keys:
            raise InvalidInput("duplicate_key", key, key)
        keys.add(key)


def refusal(error: ValidationError, given: object) -> InvalidInput:
    """Turn pydantic's first error into the engine's."""
    first, *others = error.errors(include_url=False)
    if others and _is_branch(first["loc"]) and not isinstance(first["input"], str):
        first = others[0]  # a union of names and numbers, and the value is not a name
    field = _path(first["loc"], given)
    kind, value, context = first["type"], first["input"], first.get("ctx", {})
    reason = context.get("error")
    if isinstance(reason, InvalidInput):
        return reason.at(".".join(part for part in (field, reason.field) if part))
    if kind in {"literal_error", "union_tag_invalid"}:
        choices = context.get("expected") or context["expected_tags"]
        if kind == "union_tag_invalid":
            field, value = f"{field}.{context['discriminator'].strip(chr(39))}", context["tag"]
        named = re.findall(r"'([^']*)'|\b(\d+)\b", choices)
        return InvalidInput("unknown_choice", field, value, tuple(map("".join, named)))
    if kind in {"too_short", "too_long", "string_too_long"}:
        low, high = context.get("min_length", 0), context.get("max_length", float("inf"))
        return InvalidInput("wrong_length", field, value, Interval(low, high))
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return InvalidInput("unknown_field", field, value)
    if kind in {"missing", "union_tag_not_found"}:
        return InvalidInput("missing", field, value)
    expected = kind.removesuffix("_type")
    if expected.startswith(("model", "dataclass")):
        expected = "object"  # in JSON; in Python the class itself
    return InvalidInput("wrong_type", field, value, expected)


def _path(location: tuple[int | str, ...], given: object) -> str:
    """Return the path in the input from pydantic's location, without tags and labels of unions."""
    parts: list[str] = []
    after_tag = True  # the input as a whole is not a union
    for position, part in enumerate(location):
        if isinstance(part, str) and _NOT_A_FIELD.search(part):
            continue
        after_tag = not after_tag and part == _tag(given)
        if after_tag:
            continue
        if isinstance(part, int) and isinstance(given, (list, tuple)):
            given = given[part] if part < len(given) else None
        elif isinstance(given, dict) and part in given:
            given = given[part]
        elif isinstance(part, str) and hasattr(given, part):
            given = getattr(given, part)
        elif position < len(location) - 1:
            continue
        parts.append(str(part))
    return ".".join(parts)


def _is_branch(location: tuple[int | str, ...]) -> bool:
    return bool(location) and _NOT_A_FIELD.search(str(location[-1])) is not None


def _tag(given: object) -> object:
    """Return the tag of a member of a union: its ``kind``, else its ``name``."""
    if isinstance(given, dict):
        return given.get("kind", given.get("name"))
    return getattr(given, "kind", getattr(given, "name", None))
