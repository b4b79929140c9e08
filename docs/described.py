"""Docstrings, types and values in the words of the reference."""

from __future__ import annotations

import inspect
import math
import re
import typing
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Discriminator, Tag

from engine.limits import Interval, Length
from engine.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator


def prose(thing: object) -> str:
    """Return the paragraphs of a docstring without its formula, which the reference draws."""
    paragraphs = _parts(thing)[""].strip("\n").split("\n\n")
    return "\n\n".join(plain(words) for words in paragraphs if not words.startswith("    "))


def note(thing: object) -> str:
    """Return the note of a docstring; "" where there is none."""
    return plain(_parts(thing).get("Note", ""))


def attributes(kind: type) -> dict[str, str]:
    """Return what the docstrings of a class and its bases say of each attribute."""
    told: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        written_there = inspect.cleandoc(_parts(base).get("Attributes", ""))
        found = re.findall(r"^(\w+): (.*(?:\n .*)*)", written_there, re.MULTILINE)
        told |= {name: plain(words) for name, words in found}
    return told


def _parts(thing: object) -> dict[str, str]:
    """Return the parts of a docstring by their titles; what stands before them has none."""
    first, *others = re.split(r"^(\w+):\n", inspect.getdoc(thing) or "", flags=re.MULTILINE)
    return {"": first, **dict(zip(others[::2], others[1::2], strict=True))}


def plain(words: str) -> str:
    """Return words of a docstring in one line, with code as Markdown has it."""
    return " ".join(words.replace("``", "`").split()).replace("None ", "none ")


def sentence(words: str) -> str:
    """Return words with a capital in front."""
    return words[:1].upper() + words[1:]


def fields(spec: type[Spec]) -> Iterator[tuple[str, ...]]:
    """Yield the fields of a description: name, what is allowed, default, meaning."""
    types, told = typing.get_type_hints(spec, include_extras=True), attributes(spec)
    for name, field in spec.model_fields.items():
        if name != "name":
            yield f"`{name}`", _allowed(types[name]), written(field.default), sentence(told[name])


def _allowed(kind: Any) -> str:
    """Return in words what a field takes."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in inner)
    if origin in {Union, UnionType}:
        return " or ".join(map(_allowed, inner))
    if origin is tuple:
        return _allowed(inner[0])
    if origin is Annotated:
        return _annotated(inner[0], inner[1])
    if isinstance(kind, type) and issubclass(kind, Spec):
        return "objects of " + ", ".join(f"`{name}`" for name in kind.model_fields)
    return {type(None): "none", bool: "`true`, `false`"}[kind]


def _annotated(kind: Any, remark: Any) -> str:
    if isinstance(remark, Interval):
        return span(remark)
    if isinstance(remark, Length):
        return f"{span(remark.interval)} of: {_allowed(kind)}"
    if isinstance(remark, (Discriminator, Tag)) or remark.discriminator is not None:
        return _allowed(kind)  # which of several it is
    (length,) = remark.metadata  # of a text
    return f"text of up to {length.max_length:,} characters"


def span(interval: Interval) -> str:
    """Return an interval in words."""
    if interval.low == interval.high:
        return _number(interval.low)
    if math.isinf(interval.low) and math.isinf(interval.high):
        return "any number"
    low = "above " * interval.open_low + _number(interval.low)
    return f"{low} to {'below ' * interval.open_high}{_number(interval.high)}"


def written(value: Any) -> str:
    """Return a default value."""
    if isinstance(value, tuple):
        return ", ".join(map(written, value)) or "none"
    if isinstance(value, Spec):
        return "{" + ", ".join(f"{name} {one}" for name, one in value.model_dump().items()) + "}"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"`{'; '.join(value.splitlines())}`" if value else "empty"
    return "none" if value is None else _number(value)


def _number(value: float) -> str:
    return f"{value:,.10g}"
