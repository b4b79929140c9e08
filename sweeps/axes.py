"""Axes: which fields of an experiment take which values."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeAlias

import numpy as np
from pydantic import Discriminator, Tag, field_validator, model_validator

from engine.errors import InvalidInput
from engine.experiment import Experiment, Run
from engine.limits import LIMITS, Interval, Length
from engine.rules import RULES
from engine.rules.schedules import Constant
from engine.rules.typed import TYPED
from engine.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Array

Fields: TypeAlias = "dict[str, Any]"  # a part of an experiment, as in its JSON

RUN_FIELDS: Final = tuple(Run.model_fields)
# Fields that are left out of a run's JSON where they have these values.
LEFT_OUT: Final[Mapping[str, Any]] = MappingProxyType(
    {"schedule": asdict(Constant()), "clipping": None}
)
PROBLEM_FIELDS: Final = tuple(
    name for name in Experiment.model_fields if name not in {"runs", "seeds"}
)
_RULE_NAMES: Final = (*(rule.name for rule in RULES), TYPED)
_ANY: Final = Interval(-math.inf, math.inf)
_SIGNS: Final = frozenset('[]{}",;')  # that mean something in a list of values
_DIGITS: Final = 12  # of the values of a range: enough, and 0.001 stays 0.001


class _Axis(Spec):
    """What all axes have.

    Attributes:
        field: the path of a field, as in an experiment file: ``learning_rate``,
            ``optimizer.momentum``, ``problem.dataset.noise``. A field of a run is set in all runs
            that have it.
        rules: the rules whose runs it is for; none means all. Fields outside of runs have none.
    """

    field: str
    rules: tuple[str, ...] = ()

    @field_validator("field")
    @classmethod
    def _is_a_field(cls, path: str) -> str:
        known = (*RUN_FIELDS, *PROBLEM_FIELDS)
        if path.split(".", maxsplit=1)[0] not in known:
            raise InvalidInput("unknown_choice", "", path, known)
        return path

    @field_validator("rules")
    @classmethod
    def _are_rules(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for place, name in enumerate(names):
            if name not in _RULE_NAMES:
                raise InvalidInput("unknown_choice", str(place), name, _RULE_NAMES)
        return names

    @model_validator(mode="after")
    def _rules_are_of_runs(self) -> Self:
        if self.rules and not self.is_of_runs:
            raise InvalidInput("conflict", "rules", self.rules, ("field", self.field))
        return self

    @property
    def path(self) -> list[str]:
        """Return the names on the way to the field."""
        return self.field.split(".")

    @property
    def is_of_runs(self) -> bool:
        """Tell whether it is a field of a run, not of what all runs share."""
        return self.path[0] in RUN_FIELDS

    def suits(self, run: Fields) -> bool:
        """Tell whether a run has the field, and a rule that the axis is for."""
        *above, name = self.path
        part = value_at(run, above)
        if self.is_of_runs and above and not (isinstance(part, dict) and name in part):
            return False
        return not self.rules or run["optimizer"]["name"] in self.rules


class ListAxis(_Axis):
    """A field and its values.

    Attributes:
        values: as in an experiment file, at least one. The name of a rule, a schedule, a clipping,
            a data set or a test function stands for it with its default settings.
    """

    values: Annotated[tuple[Any, ...], Length(LIMITS["axis_values"])]


class RangeAxis(_Axis):
    """A numeric field and the values between two ends.

    Attributes:
        low: the first value; above 0 on a logarithmic scale.
        high: the last value, above ``low``.
        count: how many values, both ends included, 2 or more; a quasi-random sweep has its own.
        scale: whether the values are even in x or in log x.
    """

    low: Annotated[float, _ANY]
    high: Annotated[float, _ANY]
    count: Annotated[int, Interval(2, LIMITS["axis_values"].high)] = 2
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.scale == "log" and self.low <= 0:
            raise InvalidInput(
                "out_of_range",
                "low",
                self.low,
                Interval(0, math.inf, open_low=True, open_high=True),
            )
        if self.high <= self.low:
            above = Interval(self.low, math.inf, open_low=True, open_high=True)
            raise InvalidInput("out_of_range", "high", self.high, above)
        return self

    def at(self, shares: Array) -> list[float]:
        """Return the values at shares of the way from low to high, rounded to twelve digits."""
        if self.scale == "log":
            low, high = math.log(self.low), math.log(self.high)
            between = np.exp(low + (high - low) * shares)
        else:
            between = self.low + (self.high - self.low) * shares
        rounded = [
            min(max(self.low, float(f"{value:.{_DIGITS}g}")), self.high) for value in between
        ]
        ends = {0.0: self.low, 1.0: self.high}
        return [ends.get(share, one) for share, one in zip(shares.tolist(), rounded, strict=True)]

    @property
    def grid(self) -> list[float]:
        """Return its values."""
        return self.at(np.linspace(0, 1, self.count))


def _form(axis: object) -> str:
    is_range = isinstance(axis, RangeAxis)
    if isinstance(axis, dict):
        is_range = bool({"low", "high", "count", "scale"} & set(axis)) and "values" not in axis
    return "a range" if is_range else "a list"


Axis: TypeAlias = Annotated[
    Annotated[ListAxis, Tag("a list")] | Annotated[RangeAxis, Tag("a range")],
    Discriminator(_form),
]


def value_at(fields: Mapping[str, Any], path: list[str]) -> Any:
    """Return the value at a path; None where there is no such field."""
    value: Any = fields
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def value_of_run(run: Fields, path: list[str]) -> Any:
    """Return the value at a path of a run, whose JSON may leave it out; None where there is none.

    What is inside a part that is left out is not there.
    """
    return value_at({**LEFT_OUT, **run} if len(path) == 1 else run, path)


def with_value(fields: Fields, path: list[str], value: Any) -> Fields:
    """Return the fields with another value at a path; the given ones are left alone."""
    name, *rest = path
    present = fields.get(name)
    part = present if isinstance(present, dict) else {}
    if rest:
        value = with_value(part, rest, value)
    elif isinstance(value, str) and (part or name in LEFT_OUT):  # the name alone
        value = {"kind" if "kind" in part else "name": value}
    return {**fields, name: value}


def placed(error: InvalidInput, axis: Axis, place: str) -> InvalidInput:
    """Return an error that the value of an axis gives rise to, with its place in the sweep.

    It stays as it is where it is about another field, or about two that do not go together.

    Args:
        error: as validation raises it.
        axis: whose value it may be about.
        place: where this value is in the sweep: ``axes.0.values.2``.
    """
    inside = error.field.removeprefix(axis.field)
    if axis.field.startswith(f"{error.field}.") or (error.code == "unknown_field" and not inside):
        number = place.split(".")[1]
        return InvalidInput("unknown_field", f"axes.{number}.field", axis.field)
    if error.code == "conflict" or inside == error.field or inside[:1] not in {"", "."}:
        return error
    return error.at(place + inside)


def read_axis(text: str) -> Fields:
    """Return an axis from a line: ``learning_rate=log:1e-4:1:9`` or ``batch_size=1,8,32,all``.

    A range is ``log`` or ``linear``, its ends and how many values. A list holds numbers, words or
    whatever JSON has: ``problem.hidden=[8],[8,8]``.

    Raises:
        InvalidInput: it has no ``=``, or a range without its three numbers.
    """
    field, sign, values = text.partition("=")
    if not sign:
        raise InvalidInput("wrong_type", "axes", text, "axis")
    scale, *numbers = values.split(":")
    if scale in {"log", "linear"}:
        try:
            low, high, count = (json.loads(number) for number in numbers)
        except (ValueError, RecursionError):
            raise InvalidInput("wrong_type", "axes", text, "axis") from None
        return {"field": field, "low": low, "high": high, "count": count, "scale": scale}
    return {"field": field, "values": read_values(values)}


def read_values(text: str) -> list[Any]:
    """Return the values of a list, with commas or semicolons between them: ``1, 8, all``.

    A word is itself; one that looks like something else is in quotes.
    """
    entries = _listed(text) if text.strip(" ,;") else []
    return [_word(entry.strip()) for entry in entries]


def _listed(text: str) -> list[str]:
    """Return the entries of a list, parted outside of all brackets and quotes."""
    entries, depth, is_quoted, is_escaped = [""], 0, False, False
    for character in text.strip(" ,;"):
        if is_quoted:
            is_quoted = character != '"' or is_escaped
            is_escaped = character == "\\" and not is_escaped
        else:
            is_quoted = character == '"'
            depth += (character in "[{") - (character in "]}")
        if character in ",;" and not depth and not is_quoted:
            entries.append("")
        else:
            entries[-1] += character
    return entries


def _word(text: str) -> Any:
    """Return what JSON makes of a value of a list, else the word itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def value_text(value: Any) -> str:
    """Return a value as it stands in a list that ``read_values`` reads."""
    if isinstance(value, str) and not _SIGNS & set(value) and read_values(value) == [value]:
        return value
    return json.dumps(value, ensure_ascii=False)
