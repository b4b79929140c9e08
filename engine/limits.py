"""Intervals of valid values, and the one table of limits.

An ``Interval`` is part of a field's ``Annotated`` type. Pydantic checks the field against it at the
boundary; sliders, the table of hyperparameters and the documentation read the same object.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

from pydantic import ValidationError
from pydantic_core import core_schema

from engine.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sized

    from pydantic import GetCoreSchemaHandler, ValidatorFunctionWrapHandler


@dataclass(frozen=True)
class Interval:
    """A range of finite numbers, and what a control for it needs.

    Attributes:
        low: smallest value; -inf for no bound.
        high: largest value; inf for no bound.
        open_low: ``low`` itself is excluded.
        open_high: ``high`` itself is excluded.
        symbol: the field's LaTeX symbol in formulas.
        scale: whether a slider is even in x, in log x, or in log (1 - x), for decays of averages.
    """

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False
    symbol: str = ""
    scale: Literal["linear", "log", "complement"] = "linear"

    def __str__(self) -> str:
        """Return the interval as it is written in mathematics, e.g. ``[0, 1)``."""
        left, right = "(" if self.open_low else "[", ")" if self.open_high else "]"
        return f"{left}{self.low:g}, {self.high:g}{right}"

    def __contains__(self, value: float) -> bool:
        """Tell whether a number lies in the interval; NaN never does."""
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)

    def integer(self, field: str, value: object) -> int:
        """Return an integer of the interval; raises ``InvalidInput`` for anything else."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidInput("wrong_type", field, value, "integer")
        if value not in self:
            raise InvalidInput("out_of_range", field, value, self)
        return value

    def __get_pydantic_core_schema__(
        self,
        source: type[Any],
        handler: GetCoreSchemaHandler,
    ) -> core_schema.CoreSchema:
        """Check the type (no booleans, no text), finiteness and range of an int or float field."""
        bounds: dict[str, Any] = {}
        if math.isfinite(self.low):
            bounds["gt" if self.open_low else "ge"] = source(self.low)
        if math.isfinite(self.high):
            bounds["lt" if self.open_high else "le"] = source(self.high)
        number = (
            core_schema.int_schema(strict=True, **bounds)
            if source is int
            else core_schema.float_schema(strict=True, allow_inf_nan=False, **bounds)
        )

        def check(value: object, inner: ValidatorFunctionWrapHandler) -> object:
            if not isinstance(value, (int, float)):  # NumPy's booleans turn into floats
                raise self._refusal("float_type", value, source)
            try:
                return inner(value) + source(0)  # -0.0 becomes 0.0: equal values have equal JSON
            except ValidationError as error:
                kind = error.errors(include_url=False)[0]["type"]
                raise self._refusal(kind, value, source) from None

        return core_schema.no_info_wrap_validator_function(check, number)

    def _refusal(self, kind: str, value: object, source: type[Any]) -> InvalidInput:
        bounded = math.isfinite(self.low) or math.isfinite(self.high)
        if isinstance(value, float) and not math.isfinite(value) and bounded:
            return InvalidInput("not_finite", "", value, self)
        if kind in {"float_type", "int_type", "int_from_float", "finite_number"}:
            return InvalidInput("wrong_type", "", value, "integer" if source is int else "number")
        return InvalidInput("out_of_range", "", value, self)


# The one table of limits. The documentation prints it; no limit is written down a second time.
LIMITS: Final[dict[str, Interval]] = {
    "rows": Interval(2, 60_000),
    "features": Interval(1, 784),
    "classes": Interval(2, 10),
    "table_columns": Interval(1, 200),
    "table_bytes": Interval(1, 10 * 1024**2),
    "cell_characters": Interval(0, 1_000),
    "text_characters": Interval(0, 131_072),
    "hidden_layers": Interval(0, 4),
    "units": Interval(1, 256),
    "parameters": Interval(1, 250_000),
    "learning_rate": Interval(1e-8, 1e7, symbol=r"\eta", scale="log"),
    "batch_size": Interval(1, 60_000),
    "epochs": Interval(1, 10_000),
    "iterations": Interval(1, 600_000_000),
    "rows_seen": Interval(1, 600_000_000),
    "gradients": Interval(1, 600_000_000),
    "runs": Interval(1, 12),
    "lanes": Interval(1, 2_000),
    "seeds": Interval(1, 30),
    "sweep_lanes": Interval(1, 100_000_000),
    "sweep_problems": Interval(1, 2_000),
    "random_settings": Interval(1, 100_000),
    "axes": Interval(0, 12),
    "axis_values": Interval(1, 1_000),
    "targets": Interval(0, 8),
    "curve_points": Interval(0, 64),
    "seed": Interval(0, 2**32 - 1),
    "start_values": Interval(1, 2_000),
    "grid": Interval(2, 241),
    "window": Interval(-1e15, 1e15),
    "counted_rows": Interval(1, 1_000_000_000),
    "counted_iterations": Interval(1, 1_000_000_000),
    "seconds": Interval(0, 60),
    "bytes": Interval(0, 2 * 1024**3),
    "history_bytes": Interval(0, 64 * 1024**2),
    "name_characters": Interval(0, 80),
    "formula_characters": Interval(1, 2_000),
    "formula_operations": Interval(0, 200),
    "formula_nesting": Interval(0, 50),
    "variables": Interval(1, 40),
    "updates": Interval(0, 10_000),
    "descent_work": Interval(0, 300_000),
    "difference_work": Interval(1, 400_000_000),
    "variable_characters": Interval(1, 20),
    "rule_characters": Interval(0, 2_000),
    "rule_lines": Interval(0, 40),
    "rule_constants": Interval(0, 12),
    "rule_slots": Interval(0, 8),
    "rule_numbers": Interval(-1e12, 1e12),
}


@dataclass(frozen=True)
class Length:
    """How many items a tuple may hold; part of its ``Annotated`` type."""

    interval: Interval

    def __get_pydantic_core_schema__(
        self,
        source: type[Any],
        handler: GetCoreSchemaHandler,
    ) -> core_schema.CoreSchema:
        """Count the items before checking them: a million wrong items are refused at once."""
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def _check(self, value: object) -> object:
        if not isinstance(value, str):
            check_length("", value, self.interval)
        return value


def check_length(field: str, values: object, lengths: Interval) -> None:
    """Raise ``InvalidInput`` unless the number of items is allowed; no item is checked."""
    length = length_of(field, values)
    if length not in lengths:
        raise InvalidInput("wrong_length", field, length, lengths)


def length_of(field: str, values: object) -> float:
    """Return the number of items, infinity if there are more than can be counted.

    Raises:
        InvalidInput: it has no length, like a generator, which may never end.
    """
    try:
        return len(cast("Sized", values))
    except TypeError:
        raise InvalidInput("wrong_type", field, values, "tuple") from None
    except OverflowError:
        return math.inf


Rows = Annotated[int, LIMITS["rows"]]
Features = Annotated[int, LIMITS["features"]]
Classes = Annotated[int, LIMITS["classes"]]
Units = Annotated[int, LIMITS["units"]]
LearningRate = Annotated[float, LIMITS["learning_rate"]]
Seed = Annotated[int, LIMITS["seed"]]
COORDINATE: Final = Interval(-1e6, 1e6)
Coordinate = Annotated[float, COORDINATE]
Share = Annotated[float, Interval(0, 0.9)]
Noise = Annotated[float, Interval(0, 10)]
