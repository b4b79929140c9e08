"""A rule as lines of text: what it remembers, its constants, and the direction it gives.

A line is a constant with its value and interval, ``beta1 = 0.9 in [0, 1)``, or ``name =
expression``; the last one is ``direction = …``. Expressions are those of ``engine.formulas`` over
``g`` (the gradient), ``params``, ``t`` (the number of the update, from 1), constants and names of
lines, and may take the Euclidean norm of a named quantity over a whole lane, ``norm(g)``. A name
that is read before its line is a **slot**: it is remembered from one update to the next and starts
at zero. So lines stand in the order of the paper: above its line a slot has its old value, below
its new one.

A constant without an interval, ``beta1 = 0.9``, gets the usual one of its name if its value lies
there: [0, 1) for beta, momentum, decay, rho, mu and gamma, [1e-16, 1] for epsilon and eps, [0, 1]
for weight_decay and lam. Any other one reaches from 0 to ten times its value, and that of 0 to 1.
Names may be spelled as in papers (``engine.rules.spelling``). The canonical text of a program has
plain names and all intervals, so that its meaning rests on no table.

Nothing is ever evaluated as Python: ``parse_program`` makes graphs, and ``Program`` computes them.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from engine.arrays import Layout
from engine.errors import InvalidInput
from engine.formulas.formula import CONSTANTS, FUNCTIONS, parse
from engine.formulas.graph import OPERATIONS
from engine.formulas.signs import LETTER, WORDLIKE
from engine.limits import LIMITS, Interval
from engine.rules.rule import Moment, Rule
from engine.rules.spelling import GREEK, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.arrays import Array, State
    from engine.formulas.graph import Graph
    from engine.rules.spelling import Index

DIRECTION: Final = "direction"
GIVEN: Final = ("g", "params", "t")
# What the page calls otherwise: the direction d, the rate eta, its factor f, the parameters theta.
_TAKEN: Final = frozenset(
    {*GIVEN, *FUNCTIONS, *CONSTANTS, "norm", "in", "d", "f", "eta", "theta", "slots"}
    | {"learning_rate", "lr", "self", "state", "step"}  # and of exported code
)
# A constant becomes a field of a rule, which has these already.
_FIELDS: Final = frozenset(
    {*dir(Rule), *Rule.__annotations__, "inner", "program", "text", "constants"}
    | {"Slot", "super", "field"}  # and what exported code calls
) - {DIRECTION}
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_WORD: Final = re.compile(rf"{LETTER}{WORDLIKE}*")  # a number may stand right before it
_ASSIGNED: Final = re.compile(r"\s*(?P<name>[^\s=]+)\s*=\s*(?P<side>.*\S)?")
_CONSTANT: Final = re.compile(r"(?P<number>.*?)\s+in\b\s*(?P<interval>.*)\Z")
_NUMBER: Final = r"[+-]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})(?:[eE][+-]?\d{1,3})?"
_INTERVAL: Final = re.compile(
    rf"(?P<left>[\[(])\s*(?P<low>{_NUMBER})\s*,\s*(?P<high>{_NUMBER})\s*(?P<right>[\])])\Z"
)
# The usual intervals of constants by their names.
_USUAL: Final = (
    (re.compile(r"(beta|momentum|decay|rho|mu|gamma)\d*\Z"), Interval(0, 1, open_high=True)),
    (re.compile(r"eps(ilon)?\d*\Z"), Interval(1e-16, 1)),
    (re.compile(r"(weight_decay|lam)\d*\Z"), Interval(0, 1)),
)
_WIDE: Final = 10  # times its value, the interval of any other constant
# An update of the parameters themselves, and what stands for the learning rate.
_STEP: Final = re.compile(r"params\s*[-−+*/]?=")
_RATES: Final = frozenset({"eta", "lr", "learning_rate"})
_NORM: Final = re.compile(r"\bnorm\s*\(\s*(?P<of>[A-Za-z]\w*)\s*\)")
_NORM_NAME: Final = re.compile(r"norm_\w*_\Z")  # what stands for a norm while it is read
_QUICK: Final = frozenset(
    {"add", "subtract", "multiply", "divide", "negate", "sqrt", "abs", "sign", "relu", "max", "min"}
)
_SLOW: Final = 10  # quick operations take as long as another one
_FREE: Final = 200  # quick operations of usual rules, which no estimate counts


def _power(a: Any, b: Any) -> Any:
    """Return a^b; NumPy takes short cuts for one number, and must not for one of an array alone."""
    return np.power(a, b) if isinstance(b, float) else OPERATIONS["power"].value(a, b)


# The operations of formulas, without what they do for complex numbers.
_COMPUTED: Final[Mapping[str, Callable[..., Any]]] = {
    **{name: operation.value for name, operation in OPERATIONS.items()},
    "power": _power,
    "abs": np.abs,
    "sign": np.sign,
    "max": np.maximum,
    "min": np.minimum,
}


class Constant(NamedTuple):
    """A number that a reader of the rule may change.

    Attributes:
        name: its name.
        value: at first.
        interval: what it may be.
    """

    name: str
    value: float
    interval: Interval


@dataclass(frozen=True)
class Line:
    """An assignment.

    Attributes:
        name: what is assigned to.
        graph: of its right side.
        norms: the inputs of the graph that are norms, each with the name of what it is the norm of.
        place: of the name: line, column, both from 1, and the name.
    """

    name: str
    graph: Graph
    norms: Mapping[str, str]
    place: tuple[tuple[int, int], str]

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Return the names that the line reads."""
        names = (self.norms.get(name, name) for name in self.graph.inputs)
        return tuple(dict.fromkeys(names))

    @cached_property
    def _last_uses(self) -> tuple[tuple[int, ...], ...]:
        """Return, for every node, the operands that nothing needs after it."""
        last = {
            operand: at for at, node in enumerate(self.graph.nodes) for operand in node.operands
        }
        last.pop(self.graph.output, None)
        done: list[list[int]] = [[] for _ in self.graph.nodes]
        for operand, at in last.items():
            done[at].append(operand)
        return tuple(map(tuple, done))

    @cached_property
    def arrays(self) -> int:
        """Return how many arrays the line holds at most while it is computed."""
        held = most = 0
        for node, done in zip(self.graph.nodes, self._last_uses, strict=True):
            held += bool(node.operands)
            most = max(most, held)
            held -= sum(bool(self.graph.nodes[operand].operands) for operand in done)
        return most

    def value(self, known: Mapping[str, Any], shape: tuple[int, ...]) -> Any:
        """Return what is assigned, given the value of every name; ``shape`` is that of a lane."""
        values: list[Any] = []
        for node, done in zip(self.graph.nodes, self._last_uses, strict=True):
            if node.operation == "input":
                of = self.norms.get(node.name)
                values.append(known[node.name] if of is None else _norm(known[of], shape))
            elif node.operation == "constant":
                values.append(node.constant)
            else:
                operands = [values[operand] for operand in node.operands]
                values.append(_COMPUTED[node.operation](*operands))
                for operand in done:
                    values[operand] = None  # large arrays of a long line
        return values[self.graph.output]


def _norm(values: Any, shape: tuple[int, ...]) -> Array:
    """Return the Euclidean norm of each lane, ``(lanes, 1)``, without overflow."""
    full = np.ascontiguousarray(np.broadcast_to(values, shape))
    largest = np.maximum(np.abs(full).max(axis=1, keepdims=True), np.finfo(float).tiny)
    norms: Array = largest * np.sqrt(((full / largest) ** 2).sum(axis=1, keepdims=True))
    return norms


@dataclass(frozen=True, eq=False)
class Program:
    """A rule that was typed, read and checked.

    Attributes:
        text: its lines, each without spaces around it.
        constants: in the order of the text.
        slots: names of what it remembers, in the order of their lines.
        lines: the assignments, the direction last.
    """

    text: str
    constants: tuple[Constant, ...]
    slots: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def couples(self) -> bool:
        """Tell whether the coordinates of a lane hear of each other, by a norm."""
        return any(line.norms for line in self.lines)

    def values(self, constants: Mapping[str, Any], moment: Moment, state: State) -> dict[str, Any]:
        """Return the value of every name after an update; slots have their new ones."""
        known: dict[str, Any] = {
            "g": moment.grads,
            "params": moment.params,
            "t": float(moment.step),
            **constants,
            **dict(zip(self.slots, state, strict=True)),
        }
        with np.errstate(all="ignore"):  # a run that diverges is a result
            for line in self.lines:
                known[line.name] = line.value(known, moment.grads.shape)
        return known

    def direction(
        self, constants: Mapping[str, Any], moment: Moment, state: State
    ) -> tuple[Array, State]:
        """Return the direction, ``(lanes, n_params)``, and the new slots; arguments stay."""
        known, shape = self.values(constants, moment, state), moment.grads.shape
        new = tuple(self._slot(name, known[name], shape) for name in self.slots)
        return _full(known[DIRECTION], shape), new

    def _slot(self, name: str, value: Any, shape: tuple[int, ...]) -> Array:
        """Return a slot's new value as an array that is nobody else's."""
        line = self.at[name]
        is_computed = bool(line.graph.nodes[line.graph.output].operands)
        full = _full(value, shape)
        return full if is_computed and full is value else np.array(full)

    @cached_property
    def at(self) -> dict[str, Line]:
        """Return the lines by their names."""
        return {line.name: line for line in self.lines}

    @cached_property
    def arrays(self) -> int:
        """Return how many arrays an update holds at most: of all lines, and within a line."""
        return len(self.lines) + max(line.arrays for line in self.lines)

    @cached_property
    def operations(self) -> float:
        """Return what an update of a parameter costs beyond that of a usual rule."""
        graphs = [line.graph for line in self.lines]
        kinds = [graph.nodes[at].operation for graph in graphs for at in graph.operations]
        counted = sum(1 if kind in _QUICK else _SLOW for kind in kinds)
        return 10.0 * max(0, counted - _FREE)


def _full(value: Any, shape: tuple[int, ...]) -> Array:
    """Return a value for every parameter of every lane."""
    if np.shape(value) == shape:
        full: Array = value
        return full
    return np.broadcast_to(np.asarray(value, dtype=np.float64), shape)


# Reading


def parse_program(text: object) -> Program:
    """Return the program of a text.

    Raises:
        InvalidInput: "wrong_type" for what is no text; "out_of_range" for a text that is too long;
            "unexpected" with ``((line, column), text there)``, line and column from 1, and what
            was expected, also where a line is not finite with a gradient of zero. The field is
            "text".
    """
    if not isinstance(text, str):
        raise InvalidInput("wrong_type", "text", text, "string")
    _check_size("rule_characters", len(text))
    return _parsed(text)


@lru_cache(maxsize=64)
def _parsed(text: str) -> Program:
    pieces = list(_pieces(text))
    _check_size("rule_lines", len(pieces))
    program = _Reading(pieces).program()
    _check_finite(program)
    return program


def _check_finite(program: Program) -> None:
    """Check that two updates along a gradient of zero are finite: a rule must be able to rest.

    Raises:
        InvalidInput: "unexpected" with the place of the first line that is not.
    """
    params, layout = np.array([[0.5, -2.0]]), Layout((2, 1), bias=False)
    constants = {one.name: one.value for one in program.constants}
    state: State = tuple(np.zeros_like(params) for _ in program.slots)
    for step in (1, 2):
        moment = Moment(np.zeros_like(params), params, layout, step, np.ones((1, 1)))
        known = program.values(constants, moment, state)
        for line in program.lines:
            if not np.isfinite(known[line.name]).all():
                raise InvalidInput("unexpected", "text", line.place, "finite_at_rest")
        _, state = program.direction(constants, moment, state)


def _check_size(name: str, size: int) -> None:
    if size not in LIMITS[name]:
        raise InvalidInput("out_of_range", name, size, LIMITS[name])


class _Piece(NamedTuple):
    """A line in plain names, without spaces around it.

    Attributes:
        typed: the line as it was typed.
        text: the line.
        line: its number, from 1.
        start: the column in which it begins, from 1.
        origins: where in it each of the characters of ``text`` and its end were typed, from 0.
        indices: of updates, which were typed below names.
    """

    typed: str
    text: str
    line: int
    start: int
    origins: tuple[int, ...]
    indices: tuple[Index, ...]

    def refusal(self, position: int, word: str, expected: str) -> InvalidInput:
        place = (self.line, self.start + self.origins[position])
        return InvalidInput("unexpected", "text", (place, word), expected)

    def at(self, position: int, expected: str) -> InvalidInput:
        """Return the error for what is at a position, from 0."""
        word = re.compile(r"\w+|\S").search(self.text, position)
        if word is None:
            return self.refusal(len(self.text), "", expected)
        typed = self.typed[self.origins[word.start()] : self.origins[word.end()]]
        return self.refusal(word.start(), typed, expected)


def _pieces(text: str) -> Iterator[_Piece]:
    """Yield the lines of a text that hold anything; a semicolon ends one as well."""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        start = 0
        for part in line.split(";"):
            stripped = part.strip()
            if stripped:
                plain, first = spelled(stripped), start + part.index(stripped) + 1
                yield _Piece(stripped, plain.text, number, first, plain.origins, plain.indices)
            start += len(part) + 1


@dataclass
class _Reading:
    """What has been read so far."""

    pieces: list[_Piece]
    constants: list[Constant] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    sides: list[tuple[_Piece, int]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    canonical: list[str] = field(default_factory=list)

    def program(self) -> Program:
        if not self.pieces:
            raise InvalidInput("unexpected", "text", ((1, 1), ""), "direction_line")
        for piece in self.pieces:
            self._read(piece)
        if DIRECTION not in self.names:
            last = self.pieces[-1]
            raise last.refusal(len(last.text), "", "direction_line")
        slots = self._slots()
        _check_size("rule_constants", len(self.constants))
        _check_size("rule_slots", len(slots))
        operations = sum(len(line.graph.operations) for line in self.lines)
        if operations > LIMITS["formula_operations"].high:
            raise InvalidInput(
                "out_of_range", "formula_operations", operations, LIMITS["formula_operations"]
            )
        text = "\n".join(self.canonical)
        _check_size("rule_characters", len(text))
        return Program(text, tuple(self.constants), slots, tuple(self.lines))

    def _read(self, piece: _Piece) -> None:
        """Read a line."""
        if _STEP.match(piece.text):
            raise piece.at(0, "direction_instead")
        if DIRECTION in self.names:
            raise piece.at(0, "direction_last")
        assigned = _ASSIGNED.match(piece.text)
        if assigned is None:
            raise piece.at(0, "assignment")
        name, side = assigned["name"], assigned["side"] or ""
        self._check_name(piece, name)
        self.names.add(name)
        text, start = piece.text, assigned.start("side") if side else len(piece.text)
        if name != DIRECTION and re.fullmatch(_NUMBER, side):
            text = f"{text} in {_usual(name, float(side))}"
        self.canonical.append(text)
        constant = _CONSTANT.match(text, start)
        if constant is not None:
            self.constants.append(self._constant(piece, assigned, constant))
            return
        graph, norms = _expression(piece, side, start)
        place = (piece.line, piece.start), name
        self.lines.append(Line(name, graph, norms, place))
        self.sides.append((piece, start))

    def _check_name(self, piece: _Piece, name: str) -> None:
        if not _NAME.match(name) or keyword.iskeyword(name):
            raise piece.refusal(0, name[:40], "plain_name")
        if len(name) > LIMITS["variable_characters"].high:
            raise piece.refusal(0, name[:40], "shorter_name")
        if name in _RATES:
            raise piece.at(0, "rate_outside")
        if name in self.names or name in _TAKEN or name in _FIELDS or _NORM_NAME.match(name):
            raise piece.at(0, "new_name")

    def _constant(
        self, piece: _Piece, assigned: re.Match[str], constant: re.Match[str]
    ) -> Constant:
        """Return a constant with its interval."""
        name, start = assigned["name"], assigned.start("side")
        if name == DIRECTION:
            raise piece.at(start, "operand")
        if re.fullmatch(_NUMBER, constant["number"]) is None:
            raise piece.at(start, "constant")
        interval = _INTERVAL.match(constant["interval"])
        if interval is None:
            raise piece.at(constant.start("interval"), "interval")
        value, low, high = map(float, (constant["number"], interval["low"], interval["high"]))
        if not (low < high and max(-low, high) in LIMITS["rule_numbers"]):
            raise piece.at(constant.start("interval"), "rising_interval")
        ends = {"open_low": interval["left"] == "(", "open_high": interval["right"] == ")"}
        allowed = Interval(low, high, **ends, symbol=symbol(name, index=True), scale="linear")
        if value not in allowed:
            raise piece.at(start, "inside_interval")
        return Constant(name, value + 0.0, _scaled(allowed, value))

    def _slots(self) -> tuple[str, ...]:
        """Return the names that are read before their lines; refuse those that have none."""
        constants = {constant.name for constant in self.constants}
        done: set[str] = set()
        slots: set[str] = set()
        for line, (piece, start) in zip(self.lines, self.sides, strict=True):
            for name in line.reads:
                if name in _RATES:
                    raise piece.at(_found(name, piece, start), "rate_outside")
                if name == DIRECTION or not (name in self.names or name in GIVEN):
                    raise piece.at(_found(name, piece, start), "known_quantity")
                if name not in constants and name not in GIVEN and name not in done:
                    slots.add(name)
            self._check_indices(piece, done | constants)
            done.add(line.name)
        return tuple(line.name for line in self.lines if line.name in slots)

    def _check_indices(self, piece: _Piece, done: set[str]) -> None:
        """Check that indices of updates mean what the order of lines does.

        ``m_t`` is the new value, so it stands at the left or below its line; ``m_{t-1}`` is the
        old one, and stands in its line or above it.
        """
        for index in piece.indices:
            is_new = index.name in done or index.position == 0
            if index.name == "g" and index.update != "t":
                raise piece.at(index.position, "gradient_before")
            if index.name in GIVEN:
                continue
            if index.update != ("t" if is_new else "t-1"):
                raise piece.at(index.position, "index_of_place")


def _found(name: str, piece: _Piece, start: int) -> int:
    """Return where a name stands in a line, at or after a position."""
    words = _WORD.finditer(piece.text, start)
    return next((word.start() for word in words if word[0] == name), start)


def _usual(name: str, value: float) -> Interval:
    """Return the interval of a constant that has none of its own."""
    for names, interval in _USUAL:
        if names.match(name) and value in interval:
            return interval
    if value == 0:
        return Interval(0, 1)
    most = LIMITS["rule_numbers"]
    return Interval(max(most.low, min(0, _WIDE * value)), min(most.high, max(0, _WIDE * value)))


def _expression(piece: _Piece, side: str, start: int) -> tuple[Graph, dict[str, str]]:
    """Return the graph of a right side, and which of its inputs are norms of what."""
    norms: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        """Return the norm as a name of equal length, so that places stay."""
        name = re.sub(r"\W", "_", found[0])  # which nobody can type: see ``_check_name``
        norms[name] = found["of"]
        return name

    if "=" in side:
        raise piece.at(start + side.index("="), "operation")
    text = _NORM.sub(named, side)
    if "norm" in re.findall(r"[A-Za-z]+", text):
        found = re.search(r"\bnorm\b", text)
        if found is not None:
            raise piece.at(start + found.start(), "named_norm")
    try:
        graph = parse(text)
    except InvalidInput as error:
        if error.code != "unexpected":
            raise
        position: int = error.value[0]  # type: ignore[index]  # of a formula
        expected = "quantity" if error.limits == "variable" else str(error.limits)
        raise piece.at(start + position - 1, expected) from None
    return graph, norms


def _scaled(interval: Interval, value: float) -> Interval:
    """Return an interval whose slider suits the value: fine near 1 for decays, powers for small."""
    low, high = interval.low, interval.high
    scale: Any = "linear"
    if (low, high, interval.open_high) == (0, 1, True) and value >= 0.5:
        scale = "complement"
    elif 0 < value < high / 20 and (low > 0 or (low == 0 and interval.open_low)):
        scale = "log"
    return replace(interval, scale=scale)


# Names in print


def symbol(name: str, *, index: bool = False) -> str:
    r"""Return a name in LaTeX: ``beta1`` is ``\beta_1`` with an index, ``m_hat`` is ``\hat m``.

    Only a name that nothing else is written below, as t below that of a slot, may have an index.
    """
    if name.endswith("_hat") and not index:
        return rf"\hat {symbol(name.removesuffix('_hat'))}"
    parts = re.findall(r"[A-Za-z]+|\d+", name)
    letters, *digits = [_letters(part) for part in parts]
    if index and len(digits) == 1 and digits[0].isdigit():
        return f"{letters}_{digits[0]}" if len(digits[0]) == 1 else f"{letters}_{{{digits[0]}}}"
    return letters + "".join(digits)


def _letters(part: str) -> str:
    if part == "lam":
        return r"\lambda"
    if part in GREEK:
        return rf"\{part}"
    return part if len(part) == 1 or part.isdigit() else rf"\operatorname{{{part}}}"
