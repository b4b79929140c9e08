"""A function of x and y that a reader typed: derivatives from its graph, all else by a search."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, NamedTuple

import numpy as np
from pydantic import (
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_serializer,
    field_validator,
)

from engine.arrays import Array  # noqa: TC001 - pydantic reads annotations of Spec classes
from engine.errors import InvalidInput
from engine.formulas.formula import parse
from engine.formulas.graph import Graph, backward, forward
from engine.limits import COORDINATE, LIMITS, Coordinate, Interval, check_length
from engine.problems.finding import Found, found
from engine.problems.function_of_two import FunctionOfTwo, Side, StationaryPoint
from engine.spec import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

AXES: Final = ("x", "y")
_LETTERS: Final = "".join(AXES)
_COMPLEX_STEP: Final = 1e-30
# The left side of "f(x, y) = …", which is how one writes it; a formula begins after it.
_LEFT_SIDE: Final = re.compile(
    r"^[ \t]*[^\W\d_]\w*[ \t]*\([ \t]*x[ \t]*,[ \t]*y[ \t]*\)[ \t]*=", re.MULTILINE
)
_NUMBER: Final[TypeAdapter[float]] = TypeAdapter(Coordinate)
_AS_OBJECT: Final = {
    "type": "object",
    "additionalProperties": {
        "type": "number",
        "minimum": COORDINATE.low,
        "maximum": COORDINATE.high,
    },
}


class Expansion(NamedTuple):
    """A function around some points.

    Attributes:
        value: f, ``(lanes,)``.
        gradient: ``(lanes, 2)``.
        hessian: ``(lanes, 2, 2)``.
    """

    value: Array
    gradient: Array
    hessian: Array


class Formula(FunctionOfTwo):
    """A formula of x and y, or of one of them.

    Where it has no value, as the logarithm of a negative number, values and derivatives are NaN. At
    a kink the gradient is what ``engine.formulas.graph`` chooses.

    Attributes:
        text: lines for ``engine.formulas.formula.parse``, without spaces around them; the left side
            of "f(x, y) = …" is left out. The word xy is x times y.
        constants: the values of all other names in it, by name and in their order; in JSON an
            object. One that is not given is 1.

    Raises:
        InvalidInput: as ``parse``; "unexpected" with "x_or_y" where the result depends on neither;
            "unknown_field" for the value of a name that is not in the text.
    """

    name: Literal["formula"] = "formula"
    text: Annotated[str, Field(strict=True)] = "0.1*x^2 + 2*y^2"
    constants: Annotated[
        tuple[tuple[str, float], ...], Field(validate_default=True), WithJsonSchema(_AS_OBJECT)
    ] = ()

    is_known: ClassVar = False

    @field_validator("text")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        formula = _without_left_side(text)
        try:
            graph = parse(formula, _LETTERS)
        except InvalidInput as error:
            raise error.at("" if error.code == "unexpected" else error.field) from None
        if not _depends(graph):
            place = graph.nodes[graph.output].place
            raise InvalidInput("unexpected", "", place, "x_or_y")
        lines = (line.strip() for line in formula.split("\n"))
        return "\n".join(line for line in lines if line)

    @field_validator("constants", mode="before")
    @classmethod
    def _has_all(cls, given: object, info: ValidationInfo) -> tuple[tuple[str, float], ...]:
        if "text" not in info.data:  # which is refused first
            return ()
        values = _by_name(given)
        names = _constants(parse(info.data["text"], _letters(values)))
        for name, value in values.items():
            if name not in names:
                raise InvalidInput("unknown_field", name, value)
        return tuple((name, _number(name, values.get(name, 1.0))) for name in names)

    @field_serializer("constants")
    def _as_object(self, constants: tuple[tuple[str, float], ...]) -> dict[str, float]:
        return dict(constants)

    @property
    def graph(self) -> Graph:
        """Return the graph of the text; its inputs are x, y and the constants."""
        return parse(self.text, _letters(dict(self.constants)))

    @property
    def found(self) -> Found:
        """Return what a search found; made once for a formula and its constants."""
        return found(self)

    @property
    def start(self) -> tuple[float, float]:
        """Return a point of the window with a slope."""
        return self.found.start

    @property
    def window(self) -> tuple[Side, Side]:
        """Return a part in which the found points lie."""
        return self.found.window

    @property
    def stationary_points(self) -> tuple[StationaryPoint, ...]:
        """Return those that were found in the window; none is said to be global."""
        return self.found.points

    @property
    def bounded(self) -> bool | None:
        """Return False where f was found to fall on and on; otherwise nobody knows."""
        return self.found.bounded

    def point(self, points: Array) -> dict[str, Any]:
        """Return what each name stands for: arrays of the lanes, and the constants."""
        x, y = np.ascontiguousarray(points.T)  # strides would change the bits
        return {"x": x, "y": y, **dict(self.constants)}

    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""
        return _lanes(forward(self.graph, self.point(points))[self.graph.output], points)

    def gradient(self, points: Array) -> Array:
        """Return (df/dx, df/dy), ``(lanes, 2)``."""
        graph = self.graph
        values = forward(graph, self.point(points))
        _local, slopes = backward(graph, values)
        gradient = np.zeros(points.shape, dtype=points.dtype)
        for column, axis in enumerate(AXES):
            if axis in graph.inputs:
                gradient[:, column] = slopes[graph.names[axis]]
        gradient[~np.isfinite(_lanes(values[graph.output], points))] = np.nan
        return gradient

    def hessian(self, points: Array) -> Array:
        """Return the second derivatives, ``(lanes, 2, 2)``, symmetric; points are real."""
        return self.expansion(points).hessian

    def expansion(self, points: Array) -> Expansion:
        """Return value and derivatives, the second ones by a complex step of the gradient."""
        value = self.value(points)
        steps = 1j * _COMPLEX_STEP * np.eye(2)
        lanes = (points[None] + steps[:, None]).reshape(-1, 2)
        columns = self.gradient(lanes).reshape(2, -1, 2)
        hessian = np.moveaxis(columns.imag / _COMPLEX_STEP, 0, 2)
        hessian = (hessian + hessian.transpose(0, 2, 1)) / 2
        gradient = columns[0].real.copy()
        is_gap = ~np.isfinite(value)
        gradient[is_gap], hessian[is_gap] = np.nan, np.nan
        return Expansion(value, gradient, hessian)


def _without_left_side(text: str) -> str:
    """Return a text with spaces for the left side, so that all else keeps its place."""
    if len(text) not in LIMITS["formula_characters"]:
        return text  # which is refused
    return _LEFT_SIDE.sub(lambda side: " " * len(side[0]), text)


def _depends(graph: Graph) -> bool:
    """Tell whether the result is computed from x or y."""
    needed = {graph.output}
    for number in range(graph.output, -1, -1):
        if number in needed:
            needed.update(graph.nodes[number].operands)
    return any(axis in graph.inputs and graph.names[axis] in needed for axis in AXES)


def _letters(constants: Iterable[str]) -> str:
    """Return the letters of which words are products; none if such a word has a value of its own.

    Formulas of older links may have it.
    """
    return "" if any(set(name) <= set(AXES) for name in constants) else _LETTERS


def _constants(graph: Graph) -> Sequence[str]:
    return sorted(name for name in graph.inputs if name not in AXES)


def _by_name(given: object) -> dict[str, object]:
    """Return given values by the names as a graph has them."""
    if not isinstance(given, (Mapping, list, tuple)):
        raise InvalidInput("wrong_type", "", given, "object")
    check_length("", given, Interval(0, LIMITS["variables"].high))
    pairs = given.items() if isinstance(given, Mapping) else given
    try:
        return {unicodedata.normalize("NFKC", name): value for name, value in pairs}
    except (TypeError, ValueError):
        raise InvalidInput("wrong_type", "", given, "object") from None


def _number(name: str, value: object) -> float:
    try:
        return _NUMBER.validate_python(value)
    except ValidationError as error:
        raise refusal(error, value).at(name) from None


def _lanes(values: Any, points: Array) -> Array:
    """Return values of a node for all lanes; a number is the same for all."""
    lanes = np.empty(len(points), dtype=points.dtype)
    lanes[:] = values
    return lanes
