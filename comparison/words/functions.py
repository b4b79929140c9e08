r"""What a function of two parameters is called, and what it is in LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from comparison.words.expressions import expression
from engine.problems.formula import Formula
from language import _, ngettext
from language.labels import label
from language.names import in_latex

if TYPE_CHECKING:
    from engine.backprop.checks import Check
    from engine.problems.function_of_two import StationaryPoint
    from engine.problems.functions import AnyFunction

_LEFT_SIDE: Final = "f(x, y) = "
_NAMED: Final = 4  # places of minima that are equally low
_EQUAL: Final = 1e-9  # of what f falls from its start: a smaller difference is rounding
_LONG: Final = 60  # characters, from which a formula is cut as a name


def function_name(function: AnyFunction) -> str:
    """Return what a function is called; a formula is its own name, cut if it is long.

    Nothing in it is a sign of Markdown or HTML.
    """
    if not isinstance(function, Formula):
        return label("function", function.name)
    text = function.text.replace("**", "^").replace("*", "·").replace("|", "∣")
    text = text.replace(";", "\n")
    *named, last = (line.strip() for line in text.split("\n") if line.strip())
    line = "; ".join([last.rpartition("=")[2].strip(), *named])
    return _LEFT_SIDE + (line if len(line) <= _LONG else f"{line[: _LONG - 1].rstrip()}…")


def function_lines(function: AnyFunction) -> list[str]:
    """Return a function in LaTeX, f(x, y) last, after what a formula names before."""
    if not isinstance(function, Formula):
        return [_LEFT_SIDE + function.formula]
    graph = function.graph
    named = [
        f"{in_latex(name, {})} = {expression(graph, number, {})}"
        for name, number in graph.names.items()
        if graph.nodes[number].operands and number != graph.output
    ]
    return [*named, _LEFT_SIDE + expression(graph, graph.output, {})]


def found_words(function: Formula) -> str:
    """Return what a search found out about a formula."""
    if not function.found.has_values:
        return _("A search found no point where the formula has a value.")
    minima = [point for point in function.stationary_points if point.kind == "minimum"]
    lowest = _lowest(function, minima)
    text = ngettext(
        "A search found {count} minimum: {places}. There may be others.",
        "A search found {count} minima, the lowest at {places}. There may be others.",
        len(minima),
    )
    if not minima:
        text = _("A search found no minimum. There may be one all the same.")
    elif len(lowest) > _NAMED:
        text = _(
            "A search found {count} minima; the lowest {equal} are equally low, such as {places}."
            " There may be others."
        )
    places = ", ".join(_place(point) for point in lowest[:_NAMED])
    said = text.format(count=len(minima), equal=len(lowest), places=places)
    if function.bounded is False:
        said += " " + _("Far out, f falls on and on: it seems to have no lowest value.")
    return said


def _lowest(function: Formula, minima: list[StationaryPoint]) -> list[StationaryPoint]:
    """Return the minima at which f is as low as at the first, to rounding."""
    heights = function.value(np.array([*[(point.x, point.y) for point in minima], function.start]))
    size = max(abs(heights[0]), abs(heights[-1] - heights[0]))
    return [
        point
        for point, height in zip(minima, heights, strict=False)
        if height - heights[0] <= _EQUAL * size
    ]


def _place(point: StationaryPoint) -> str:
    x, y = (f"{value:.4g}".replace("-", "−") for value in (point.x, point.y))
    return f"({x}, {y})"


def check_words(found: Check) -> str:
    """Return how well the gradient of a graph agrees with a second method."""
    text = {
        "complex": _(
            "The gradient at the start, checked by a complex step: relative difference"
            " {difference}."
        ),
        "central": _(
            "The gradient at the start, checked by central differences: relative difference"
            " {difference}."
        ),
    }[found.method]
    if not found.kinks:
        return text.format(difference=f"{found.difference:.2g}")
    position, there = found.kinks[0]
    text = _(
        "Not differentiable at the start: {there}, character {position} of the formula, has a kink"
        " here. Slopes left and right: ∂f/∂x {x_left} and {x_right}, ∂f/∂y {y_left} and {y_right}."
        " Runs follow ({x}, {y})."
    )
    (x_left, x_right), (y_left, y_right) = found.sides
    slopes = {"x_left": x_left, "x_right": x_right, "y_left": y_left, "y_right": y_right}
    slopes |= dict(zip(("x", "y"), found.gradient, strict=True))
    numbers = {name: f"{value + 0.0:.4g}".replace("-", "−") for name, value in slopes.items()}
    return text.format(there=there, position=position, **numbers)


def own_numbers(function: AnyFunction) -> dict[str, str]:
    """Return the numbers of a function by their labels; the constants of a formula by name."""
    if isinstance(function, Formula):
        return {name: f"{value:g}" for name, value in function.constants}
    values = function.model_dump(exclude={"name"})
    return {label("field", name): f"{value:g}" for name, value in values.items()}
