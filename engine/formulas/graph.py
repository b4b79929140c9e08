"""A computation graph of numbers: values flow forward, derivatives flow back (reverse mode).

Each operation states its value and its local derivatives side by side. Going forward, every node
keeps its value. Going back, a node passes its own gradient times the local derivative to each
operand, and an operand that is used several times adds these up. That is the whole chain rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np

from engine.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# A float, a complex number (for the complex step), or an array of either (many points at once).
Value = Any


@dataclass(frozen=True)
class Operation:
    """What a node computes.

    Attributes:
        name: id.
        value: returns the value, given the operands.
        derivatives: for each operand, a function that returns the derivative by it, given the value
            and the operands.
    """

    name: str
    value: Callable[..., Value]
    derivatives: tuple[Callable[..., Value], ...]


def _sigmoid(a: Value) -> Value:
    """Return 1 / (1 + exp(-a)) without overflow, also for complex numbers."""
    is_negative = np.real(a) < 0
    power = np.exp(_choose(a, -a, is_negative))
    return _choose(power, 1.0, is_negative) / (1 + power)


# NumPy takes these short cuts for one exponent, and not for an array of it.
_SHORTER: Final[dict[complex, Callable[[Value], Value]]] = {
    2: np.square,
    0.5: np.sqrt,
    -1: lambda a: np.divide(1, a),
}


def _power(a: Value, b: Value) -> Value:
    """Return a^b, with the same bits whether the exponent is one number or an array of it."""
    if np.ndim(b) == 0:
        shorter = _SHORTER.get(complex(b))
        return np.power(a, b) if shorter is None else shorter(a)
    result = np.power(a, b)
    for exponent, shorter in _SHORTER.items():
        if (b == exponent).any():
            result = np.where(b == exponent, shorter(a), result)
    return result


def _slope_by_base(_y: Value, a: Value, b: Value) -> Value:
    """Return b a^(b-1), or its limit 0 where a factor is infinite."""
    return _choose(0.0, b * _power(a, b - 1), b == 0)


def _slope_by_exponent(y: Value, a: Value, b: Value) -> Value:
    """Return a^b ln a, or its limit 0 where a factor is infinite."""
    return _choose(0.0, y * np.log(a), (a == 0) & (np.real(b) >= 0))


def _larger(a: Value, b: Value) -> Value:
    """Return 1 where a is larger, 0 where b is, one half where they are equal."""
    return np.heaviside(np.real(a) - np.real(b), 0.5)


def _choose(a: Value, b: Value, condition: Value) -> Value:
    if isinstance(condition, bool | np.bool_):  # one point; NumPy would take ten times as long
        return a if condition else b
    return np.where(condition, a, b)


def _arc_slope(a: Value) -> Value:
    """Return the derivative of the arcsine."""
    return np.divide(1, np.sqrt((1 - a) * (1 + a)))


# At a kink the derivative is a choice. ReLU: 0, as in PyTorch and Keras; max and min of equal
# numbers: one half each, as in PyTorch; the absolute value of 0: 0, as in PyTorch. The sign has the
# derivative 0 everywhere, at its jump too, as in PyTorch. The derivatives of 0^0 are 0, as in
# PyTorch. The square root of 0 has no derivative: PyTorch says infinity.
OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation("add", lambda a, b: a + b, (lambda *_: 1.0, lambda *_: 1.0)),
        Operation("subtract", lambda a, b: a - b, (lambda *_: 1.0, lambda *_: -1.0)),
        Operation("multiply", lambda a, b: a * b, (lambda _, a, b: b, lambda _, a, b: a)),
        Operation(
            "divide",
            np.divide,
            (lambda _, a, b: np.divide(1, b), lambda y, a, b: np.divide(-y, b)),
        ),
        Operation("power", _power, (_slope_by_base, _slope_by_exponent)),
        Operation("negate", lambda a: -a, (lambda _, a: -1.0,)),
        Operation("exp", np.exp, (lambda y, a: y,)),
        Operation("log", np.log, (lambda _, a: np.divide(1, a),)),
        Operation("sin", np.sin, (lambda _, a: np.cos(a),)),
        Operation("cos", np.cos, (lambda _, a: -np.sin(a),)),
        Operation("tan", np.tan, (lambda y, a: 1 + y * y,)),
        Operation("asin", np.arcsin, (lambda _, a: _arc_slope(a),)),
        Operation("acos", np.arccos, (lambda _, a: -_arc_slope(a),)),
        Operation("atan", np.arctan, (lambda _, a: np.divide(1, 1 + a * a),)),
        Operation("sinh", np.sinh, (lambda _, a: np.cosh(a),)),
        Operation("cosh", np.cosh, (lambda _, a: np.sinh(a),)),
        Operation("tanh", np.tanh, (lambda y, a: 1 - y * y,)),
        Operation("sqrt", np.sqrt, (lambda y, a: np.divide(0.5, y),)),
        Operation("sigmoid", _sigmoid, (lambda y, a: y * (1 - y),)),
        Operation(
            "relu",
            lambda a: _choose(a, 0 * a, np.real(a) > 0),
            (lambda _, a: np.heaviside(np.real(a), 0.0),),
        ),
        Operation(
            "abs",
            lambda a: a * np.sign(np.real(a)),
            (lambda _, a: np.sign(np.real(a)),),
        ),
        Operation("sign", lambda a: np.sign(np.real(a)), (lambda _, a: 0.0,)),
        Operation(
            "max",
            lambda a, b: _choose(a, b, (np.real(a) >= np.real(b)) | np.isnan(a)),
            (lambda _, a, b: _larger(a, b), lambda _, a, b: _larger(b, a)),
        ),
        Operation(
            "min",
            lambda a, b: _choose(a, b, (np.real(a) <= np.real(b)) | np.isnan(a)),
            (lambda _, a, b: _larger(b, a), lambda _, a, b: _larger(a, b)),
        ),
    )
}

# Operations with a kink, and the sign with its jump: where the two numbers are equal.
_KINKS: Final[dict[str, Callable[..., Value]]] = {
    "relu": lambda a: a == 0,
    "abs": lambda a: a == 0,
    "sign": lambda a: a == 0,
    "max": np.equal,
    "min": np.equal,
}


@dataclass(frozen=True)
class Node:
    """A number in the graph.

    Attributes:
        operation: "input", "constant", or a key of ``OPERATIONS``.
        operands: numbers of the nodes that it is computed from.
        name: the name of an input, or the formula's name for the result; else "".
        constant: the value of a constant.
        place: where it is in the formula: its first character, from 1, and the word there.
    """

    operation: str
    operands: tuple[int, ...] = ()
    name: str = ""
    constant: float = 0.0
    place: tuple[int, str] = (1, "")


@dataclass(frozen=True)
class Graph:
    """Nodes in an order where each comes after its operands.

    Attributes:
        nodes: every different subexpression.
        output: number of the node whose derivatives are wanted.
    """

    nodes: tuple[Node, ...]
    output: int

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of the variables, in the order of the formula."""
        return tuple(node.name for node in self.nodes if node.operation == "input")

    @cached_property
    def operations(self) -> tuple[int, ...]:
        """Return the numbers of the nodes that compute something, in forward order."""
        return tuple(number for number, node in enumerate(self.nodes) if node.operands)

    @cached_property
    def names(self) -> dict[str, int]:
        """Return the number of every named node."""
        return {node.name: number for number, node in enumerate(self.nodes) if node.name}

    @cached_property
    def varies(self) -> tuple[bool, ...]:
        """Tell for every node whether it depends on an input: constants need no derivative."""
        varies: list[bool] = []
        for node in self.nodes:
            above = any(varies[operand] for operand in node.operands)
            varies.append(node.operation == "input" or above)
        return tuple(varies)

    @cached_property
    def is_smooth(self) -> bool:
        """Tell whether no operation on an input has a kink or a jump, wherever the inputs are."""
        pairs = zip(self.nodes, self.varies, strict=True)
        return not any(varies and node.operation in _KINKS for node, varies in pairs)

    @cached_property
    def uses(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Return where every node is used: numbers of operations, and as which operand."""
        uses: list[list[tuple[int, int]]] = [[] for _node in self.nodes]
        for number, node in enumerate(self.nodes):
            for position, operand in enumerate(node.operands):
                uses[operand].append((number, position))
        return tuple(map(tuple, uses))


@dataclass(frozen=True)
class Derivatives:
    """Values and derivatives at a point.

    Attributes:
        values: the value of every node.
        local: the derivative of every node by each operand; 0 for a constant, to which nothing
            flows back.
        gradients: the derivative of the output by every node.
    """

    values: tuple[float, ...]
    local: tuple[tuple[float, ...], ...]
    gradients: tuple[float, ...]


def forward(graph: Graph, point: Mapping[str, Value]) -> list[Value]:
    """Return the value of every node; a value may be an array of many points.

    Each point gets the bits that it gets alone. Where no input with an array leads to a node, its
    value is one number, which broadcasts; undefined values are infinite or NaN.

    Args:
        graph: the formula; all of its inputs need values.
        point: floats, or arrays whose shapes broadcast, by the names of the inputs. Complex numbers
            give complex steps, right wherever the operations are smooth.
    """
    values: list[Value] = []
    with np.errstate(all="ignore"):  # see ``differentiate``
        for node in graph.nodes:
            if node.operation == "input":
                values.append(point[node.name])
            elif node.operation == "constant":
                values.append(node.constant)
            else:
                operands = [values[operand] for operand in node.operands]
                values.append(OPERATIONS[node.operation].value(*operands))
    return values


def backward(graph: Graph, values: Sequence[Value]) -> tuple[list[tuple[Value, ...]], list[Value]]:
    """Return the local derivatives and the gradient of every node, given all values.

    As in ``forward``, what is the same at all points may be one number, which broadcasts: 1.0 of
    the output by itself; always 0.0 by a constant, or by an input that no operation uses.

    Args:
        graph: the formula.
        values: result of ``forward``.
    """
    nodes, varies = graph.nodes, graph.varies
    local: list[tuple[Value, ...]] = [() for _node in nodes]
    gradients: list[Value] = [0.0 for _node in nodes]
    gradients[graph.output] = 1.0
    with np.errstate(all="ignore"):
        for number in reversed(graph.operations):
            operands, arriving = nodes[number].operands, gradients[number]
            given = values[number], *[values[operand] for operand in operands]
            derivatives = OPERATIONS[nodes[number].operation].derivatives
            local[number] = tuple(
                [
                    derivative(*given) if varies[operand] else 0.0
                    for operand, derivative in zip(operands, derivatives, strict=True)
                ]
            )
            for operand, derivative in zip(operands, local[number], strict=True):
                if varies[operand]:
                    gradients[operand] = gradients[operand] + arriving * derivative
    return local, gradients


def differentiate(graph: Graph, point: Mapping[str, float]) -> Derivatives:
    """Return every value, local derivative and gradient at a point.

    Raises:
        InvalidInput: "no_value" or "no_derivative" for the first node without one, with where it is
            in the formula and the reason.
    """
    values = [float(value) for value in forward(graph, point)]
    for number in graph.operations:
        if not math.isfinite(values[number]):
            raise _refusal("no_value", graph, values, number)
    slopes, gradients = backward(graph, values)
    local = tuple(tuple(map(float, derivatives)) for derivatives in slopes)
    for number in graph.operations:
        if not all(map(math.isfinite, local[number])):
            raise _refusal("no_derivative", graph, values, number)
    for number in reversed(graph.operations):  # products that overflow, where they begin
        arrived = [gradients[operand] for operand in graph.nodes[number].operands]
        if not all(map(math.isfinite, arrived)):
            raise _refusal("no_derivative", graph, values, number)
    return Derivatives(tuple(values), local, tuple(map(float, gradients)))


def _refusal(code: str, graph: Graph, values: Sequence[float], number: int) -> InvalidInput:
    node = graph.nodes[number]
    return InvalidInput(code, "formula", node.place, _reason(graph, values, number))


def _reason(graph: Graph, values: Sequence[float], number: int) -> str:
    """Return why an operation has no finite value or derivative."""
    node = graph.nodes[number]
    first, last = values[node.operands[0]], values[node.operands[-1]]
    holds = {
        ("divide", "zero_division"): last == 0,
        ("log", "log_domain"): first <= 0,
        ("power", "power_domain"): first == 0 or (first < 0 and not math.isinf(values[number])),
        ("sqrt", "sqrt_domain"): first < 0,
        ("sqrt", "vertical"): first == 0,
        ("asin", "arc_domain"): abs(first) > 1,
        ("asin", "vertical"): abs(first) == 1,
        ("acos", "arc_domain"): abs(first) > 1,
        ("acos", "vertical"): abs(first) == 1,
    }
    reasons = (
        reason for (operation, reason), so in holds.items() if so and operation == node.operation
    )
    return next(reasons, "overflow")


def kinks(graph: Graph, values: Sequence[Value]) -> tuple[int, ...]:
    """Return the numbers of the operations whose derivative is a choice at these values.

    Each is an operation on an input, with a kink or a jump where its operand is exactly 0 or its
    operands are equal, at any of the points. ``Node.place`` says where it is in the formula.

    Args:
        graph: the formula.
        values: result of ``forward``.
    """
    return tuple(
        number
        for number in graph.operations
        if graph.varies[number] and _is_on_kink(graph.nodes[number], values)
    )


def _is_on_kink(node: Node, values: Sequence[Value]) -> bool:
    meets = _KINKS.get(node.operation)
    return meets is not None and bool(np.any(meets(*(values[at] for at in node.operands))))


def one_sided(graph: Graph, derivatives: Derivatives, name: str) -> tuple[float, float]:
    """Return the slopes of the output along a variable, left and right of the point.

    Both are the derivative unless an operation on the way has a kink there. Where the output jumps,
    as the sign of 0 does, the slope is infinite.

    Args:
        graph: the formula.
        derivatives: result of ``differentiate`` at the point.
        name: name of the variable.
    """
    left = _change_beside(graph, derivatives, name, -1.0)
    return 0.0 - left, _change_beside(graph, derivatives, name, 1.0)


def _change_beside(graph: Graph, derivatives: Derivatives, name: str, direction: float) -> float:
    """Return by how much the output changes for a small step of a variable, per length."""
    changes = [0.0] * len(graph.nodes)
    changes[graph.names[name]] = direction
    beside = list(derivatives.values)  # just beside the point; differs from it after a jump
    for number in graph.operations:
        node, local = graph.nodes[number], derivatives.local[number]
        moved = [changes[operand] for operand in node.operands]
        if _is_on_kink(node, beside):
            beside[number], changes[number] = _from_kink(node, beside, moved)
            continue
        operands = [beside[operand] for operand in node.operands]
        if operands != [derivatives.values[operand] for operand in node.operands]:
            with np.errstate(all="ignore"):
                operation = OPERATIONS[node.operation]
                beside[number] = float(operation.value(*operands))
                local = tuple(slope(beside[number], *operands) for slope in operation.derivatives)
        products = zip(local, moved, strict=True)
        changes[number] = float(sum(slope * step for slope, step in products if step))
    jump = beside[graph.output] - derivatives.values[graph.output]
    return math.copysign(math.inf, jump) if jump else changes[graph.output]


def _from_kink(node: Node, values: Sequence[float], moved: Sequence[float]) -> tuple[float, float]:
    """Return value and change of an operation just beside its kink."""
    if node.operation == "sign":
        return float(np.sign(moved[0])), 0.0
    change = {
        "relu": lambda: max(moved[0], 0.0),
        "abs": lambda: abs(moved[0]),
        "max": lambda: max(moved),
        "min": lambda: min(moved),
    }[node.operation]()
    return float(OPERATIONS[node.operation].value(*(values[at] for at in node.operands))), change


class Factor(NamedTuple):
    """The derivative of one number by another, on the way back.

    Attributes:
        of: number of a node.
        by: number of a node below it.
        derivative: its value.
    """

    of: int
    by: int
    derivative: float


Way = tuple[Factor, ...]


def chains(graph: Graph, derivatives: Derivatives, name: str) -> Iterator[Way]:
    """Yield every way from the output back to a variable, as the factors of its product.

    The derivative of the output by the variable is the sum of these products over all ways: the
    chain rule as one writes it by hand, from name to name. There may be very many ways.

    Args:
        graph: its output must be named.
        derivatives: result of ``differentiate`` at the point.
        name: name of the variable.
    """
    named = sorted(graph.names.values())
    factors = {number: _to_names(graph, derivatives, number) for number in named}
    return _ways(factors, graph.output, graph.names[name])


def taken_apart(graph: Graph, derivatives: Derivatives, factor: Factor) -> Iterator[Way]:
    """Yield every way inside a factor of ``chains``, operation by operation.

    The factor is the sum of the products of local derivatives over these ways. If an operation uses
    an operand twice, there are two ways.

    Args:
        graph: the formula.
        derivatives: result of ``differentiate`` at the point.
        factor: a factor from ``chains``.
    """
    factors = {
        number: [
            Factor(number, operand, derivative)
            for operand, derivative in zip(node.operands, derivatives.local[number], strict=True)
        ]
        for number, node in enumerate(graph.nodes)
        if number == factor.of or not node.name
    }
    return _ways(factors, factor.of, factor.by)


def _ways(factors: Mapping[int, Sequence[Factor]], start: int, end: int) -> Iterator[Way]:
    """Yield every way from one number down to another, given the factors that lead on from each."""
    leading: dict[int, list[Factor]] = {end: []}  # for every number that leads to the end
    for number in sorted(factors):
        kept = [factor for factor in factors[number] if factor.by in leading]
        if kept:
            leading[number] = kept

    def walk(at: int) -> Iterator[Way]:
        if at == end:
            yield ()
        for factor in leading[at]:
            for rest in walk(factor.by):
                yield factor, *rest

    if start in leading:
        yield from walk(start)


def _to_names(graph: Graph, derivatives: Derivatives, start: int) -> list[Factor]:
    """Return the derivatives of a node by the nearest named nodes below it."""
    gradients = {start: 1.0}
    reached: list[Factor] = []
    for number in range(start, -1, -1):
        node = graph.nodes[number]
        if number not in gradients:
            continue
        if node.name and number != start:
            reached.append(Factor(start, number, gradients[number]))
            continue
        for operand, derivative in zip(node.operands, derivatives.local[number], strict=True):
            so_far = gradients.get(operand, 0.0)
            gradients[operand] = so_far + gradients[number] * derivative
    return reached[::-1]


class Step(NamedTuple):
    """A moment of the two passes.

    Attributes:
        kind: "given": the inputs have values; "forward": an operation has its value; "start": the
            output's derivative is 1; "backward": an operation has passed its derivative back.
        node: number of the operation; -1 for "given" and "start".
    """

    kind: Literal["given", "forward", "start", "backward"]
    node: int = -1


def steps(graph: Graph) -> list[Step]:
    """Return all moments in order: forward node by node, then back."""
    back = [number for number in reversed(graph.operations) if graph.varies[number]]
    return [
        Step("given"),
        *(Step("forward", number) for number in graph.operations),
        Step("start"),
        *(Step("backward", number) for number in back),
    ]
