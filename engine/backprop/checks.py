"""The gradient of a typed function at a point, beside a second way to compute it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backprop.differences import METHODS
from engine.formulas.graph import differentiate, kinks, one_sided
from engine.problems.formula import AXES

if TYPE_CHECKING:
    from engine.problems.formula import Formula


@dataclass(frozen=True)
class Check:
    """A gradient from the graph, and from values of the function alone.

    Attributes:
        method: "complex" where the formula is smooth, else "central"; keys of ``METHODS``.
        gradient: (df/dx, df/dy) by backpropagation.
        estimate: the same by the method; NaN where it steps to a point without a value.
        kinks: places in the text, as in ``Node.place``, of operations with a kink at the point.
        sides: the slopes left and right of the point along each axis, different at a kink.
    """

    method: str
    gradient: tuple[float, float]
    estimate: tuple[float, float]
    kinks: tuple[tuple[int, str], ...]
    sides: tuple[tuple[float, float], tuple[float, float]]

    @property
    def difference(self) -> float:
        """Return the largest difference, as a share of the larger slope; 0 where all are 0."""
        differences = np.abs(np.subtract(self.gradient, self.estimate))
        size = np.abs([*self.gradient, *self.estimate]).max()
        return float(differences.max() / size) if size else 0.0


def check(function: Formula, point: tuple[float, float]) -> Check:
    """Return the gradient at a point, computed twice.

    Raises:
        InvalidInput: "no_value" or "no_derivative", as ``differentiate`` does.
    """
    graph, x, y = function.graph, *point
    at = {"x": float(x), "y": float(y), **dict(function.constants)}
    derivatives = differentiate(graph, at)
    used = [axis for axis in AXES if axis in graph.inputs]
    gradient = {axis: derivatives.gradients[graph.names[axis]] for axis in used}
    sides = {axis: one_sided(graph, derivatives, axis) for axis in used}
    method = METHODS["complex" if graph.is_smooth else "central"]
    estimate = {}
    for place, axis in enumerate(AXES):

        def along(moved: Any, axis: str = axis) -> Any:
            where = dict(zip(AXES, point, strict=True)) | {axis: moved}
            return function.value(np.array([[where["x"], where["y"]]]))[0]

        step = method.step * max(1.0, abs(point[place]))
        estimate[axis] = float(method.estimate(along, point[place], step))
    return Check(
        method.name,
        (gradient.get("x", 0.0), gradient.get("y", 0.0)),
        (estimate["x"], estimate["y"]),
        tuple(graph.nodes[number].place for number in kinks(graph, derivatives.values)),
        (sides.get("x", (0.0, 0.0)), sides.get("y", (0.0, 0.0))),
    )
