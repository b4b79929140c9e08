"""Typed rules as code: a class for the scripts, and for those who take them home.

Nothing that a reader typed is copied: all is written anew from the graphs of the lines, with names
that are plain ones by construction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Final

from engine.rules.programs import DIRECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.formulas.graph import Graph
    from engine.rules import TypedRule
    from engine.rules.programs import Line, Program

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)  # how tightly the parts of an expression bind
_NOT_OURS: Final = frozenset(
    {"np", "torch", "math", "self", "state", "group", "loss", "closure", "p", "parts", "moment"}
    | {"learning_rate", "lr", "zip", "super", "max", "min", "abs", "float", "dict", "size", "step"}
)
_CLASSES: Final = frozenset({"Rule", "Slot", "Moment", "Layout", "Path", "True", "False", "None"})


def class_name(title: str) -> str:
    """Return a name for the class of a rule: its title, if that makes one."""
    name = "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", title))
    usable = name.isidentifier() and name not in _CLASSES
    return name if usable else "TypedRule"


# What code is made of


@dataclass(frozen=True)
class _Dialect:
    """How a library writes functions.

    Attributes:
        of_arrays: by operation, templates of functions of arrays.
        of_numbers: the same of single numbers, where it has them otherwise.
        norm: of an array.
        full: makes a number an array like the gradient.
    """

    of_arrays: Mapping[str, str]
    of_numbers: Mapping[str, str]
    norm: str
    full: str


_NAMES: Final = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_SAME: Final = tuple(
    "sqrt abs sign exp log sin cos tan asin acos atan sinh cosh tanh".split()  # noqa: SIM905
)
_NUMPY: Final = _Dialect(
    {name: f"np.{_NAMES.get(name, name)}({{0}})" for name in _SAME}
    | {
        "sigmoid": "1 / (1 + np.exp(-({0})))",
        "relu": "np.maximum({0}, 0.0)",
        "max": "np.maximum({0}, {1})",
        "min": "np.minimum({0}, {1})",
    },
    {},
    "np.linalg.norm({0}, axis=-1, keepdims=True)",
    "np.zeros_like(g) + ({0})",
)
_TORCH: Final = _Dialect(
    {name: f"torch.{name}({{0}})" for name in _SAME}
    | {
        "sigmoid": "torch.sigmoid({0})",
        "relu": "torch.relu({0})",
        "max": "torch.maximum({0}, {1})",
        "min": "torch.minimum({0}, {1})",
    },
    {name: f"math.{name}({{0}})" for name in _SAME}
    | {
        "abs": "abs({0})",
        "sign": "float(({0} > 0) - ({0} < 0))",
        "sigmoid": "1 / (1 + math.exp(-({0})))",
        "relu": "max({0}, 0.0)",
        "max": "max({0}, {1})",
        "min": "min({0}, {1})",
    },
    "torch.linalg.vector_norm({0})",
    "torch.zeros_like(g) + ({0})",
)

# Signs, how tightly their operands must bind, and how tightly the whole does.
_BETWEEN: Final = {
    "add": ("+", _SUM, _PRODUCT, _SUM),
    "subtract": ("-", _SUM, _PRODUCT, _SUM),
    "multiply": ("*", _PRODUCT, _SIGN, _PRODUCT),
    "divide": ("/", _PRODUCT, _SIGN, _PRODUCT),
    "power": ("**", _ATOM, _ATOM, _POWER),
}
_BOUNDS: Final = {"max": "min", "min": "max"}  # what an array is clamped by


class _Writer:
    """Writes the lines of a program in a dialect.

    Attributes:
        names: what the names of the program are called.
        arrays: names that are arrays; the others are single numbers.
    """

    def __init__(self, program: Program, dialect: _Dialect) -> None:
        self._program, self._dialect = program, dialect
        self.arrays = {"g", "params", *program.slots}
        own = [one.name for one in program.constants] + [line.name for line in program.lines]
        self.names = {name: name for name in ("g", "params", "t")}
        for name in own:
            free = name
            while free in _NOT_OURS or (free != name and free in own):
                free += "_"
            self.names[name] = free

    def lines(self) -> list[str]:
        """Return an assignment for each line of the program."""
        return [self._line(line) for line in self._program.lines]

    def _line(self, line: Line) -> str:
        text, _, is_array = self._part(line, line.graph.output)
        is_slot = line.name in self._program.slots
        is_copied = is_slot and not line.graph.nodes[line.graph.output].operands
        if is_copied or (not is_array and (is_slot or line.name == DIRECTION)):
            text, is_array = self._dialect.full.format(text), True
        if is_array:
            self.arrays.add(line.name)
        return f"{self.names[line.name]} = {text}"

    def _part(self, line: Line, number: int) -> tuple[str, int, bool]:
        """Return a node as code, how tightly it binds, and whether it is an array."""
        graph: Graph = line.graph
        node = graph.nodes[number]
        if node.operation == "input":
            of = line.norms.get(node.name)
            if of is not None:
                values = self.names[of]
                if of not in self.arrays:
                    values = self._dialect.full.format(values)
                return self._dialect.norm.format(values), _ATOM, True
            return self.names[node.name], _ATOM, node.name in self.arrays
        if node.operation == "constant":
            return _number(node.constant), _ATOM, False
        parts = [self._part(line, operand) for operand in node.operands]
        is_array = any(array for _, _, array in parts)
        text, tight = self._joined(node.operation, parts, is_array=is_array)
        return text, tight, is_array

    def _joined(
        self, operation: str, parts: Sequence[tuple[str, int, bool]], *, is_array: bool
    ) -> tuple[str, int]:
        first, last = parts[0], parts[-1]
        if operation in _BETWEEN:
            sign, left, right, tight = _BETWEEN[operation]
            return f"{_at_least(first, left)} {sign} {_at_least(last, right)}", tight
        if operation == "negate":
            return f"-{_at_least(first, _SIGN)}", _SIGN
        known = self._dialect.of_arrays
        if self._dialect is _TORCH and operation in _BOUNDS and first[2] != last[2]:
            array, bound = (first, last) if first[2] else (last, first)
            return f"{_at_least(array, _ATOM)}.clamp({_BOUNDS[operation]}={bound[0]})", _ATOM
        if not is_array:
            known = {**known, **self._dialect.of_numbers}
        text = known[operation].format(*(part for part, _, _ in parts))
        return text, _PRODUCT if operation == "sigmoid" else _ATOM


def _at_least(part: tuple[str, int, bool], tight: int) -> str:
    text, holds, _ = part
    return text if holds >= tight else f"({text})"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _assigned(names: Sequence[str], values: str) -> list[str]:
    """Return the line that takes some names apart; none without names."""
    left = f"{names[0]}," if len(names) == 1 else ", ".join(names)
    return [f"{left} = {values}"] if names else []


def _indented(lines: Sequence[str], depth: int) -> str:
    return "\n".join(f"{'    ' * depth}{line}" for line in lines)


# Scripts

_CLASS: Final = Template('''\
@final
@dataclass(frozen=True)
class $name(Rule):
    """$title, a rule that was typed in Descent Lab."""

$fields    slots: ClassVar = $slots

    def direction(self, moment, state):
        g, params, t = moment.grads, moment.params, np.float64(moment.step)
$lines
        return $direction, $new
''')


def script_class(rule: type[TypedRule]) -> str:
    """Return the class of a rule for a script that has the contract of rules."""
    program = rule.program
    writer = _Writer(program, _NUMPY)
    slots = [writer.names[name] for name in program.slots]
    lines = [
        *(f"{writer.names[one.name]} = self.{one.name}" for one in program.constants),
        *_assigned(slots, "state"),
        *writer.lines(),
    ]
    fields = "".join(f"    {one.name}: float = {one.value!r}\n" for one in program.constants)
    return _CLASS.substitute(
        name=class_name(rule.title),
        title=rule.title,
        fields=f"{fields}\n" if fields else "",
        slots=_tuple([f'Slot("{name}", "")' for name in program.slots]),
        lines=_indented(lines, 2),
        direction=writer.names[DIRECTION],
        new=_tuple(slots),
    )


# To take home

_IN_NUMPY: Final = Template('''\
import numpy as np


class $name:
    """$title, a rule that was typed in Descent Lab.

    Parameters and gradients are arrays of one shape, (parameters,) or (lanes, parameters).
    """

    def __init__(self, learning_rate=$rate$arguments):
        self.learning_rate = learning_rate
$kept        self.t, self.state = 0, None

    def step(self, params, g):
        """Return the parameters after an update along a gradient."""
        if self.state is None:
            self.state = $zeros
        self.t += 1
        t = np.float64(self.t)
$lines
        self.state = $new
        return params - self.learning_rate * $direction
''')


def numpy_code(rule: TypedRule, learning_rate: float) -> str:
    """Return a rule with its constants as a class in NumPy that needs nothing else."""
    program = rule.program
    writer = _Writer(program, _NUMPY)
    slots = [writer.names[name] for name in program.slots]
    lines = [
        *(f"{writer.names[one.name]} = self.{one.name}" for one in program.constants),
        *_assigned(slots, "self.state"),
        *writer.lines(),
    ]
    return _IN_NUMPY.substitute(
        name=class_name(rule.title),
        title=rule.title,
        rate=repr(learning_rate),
        arguments=_arguments(rule),
        kept="".join(f"        self.{name} = {name}\n" for name in rule.constants),
        zeros=_tuple(["np.zeros_like(g)"] * len(slots)),
        lines=_indented(lines, 2),
        new=_tuple(slots),
        direction=writer.names[DIRECTION],
    )


def _arguments(rule: TypedRule) -> str:
    return "".join(f", {name}={value!r}" for name, value in rule.constants.items())


_IN_TORCH: Final = Template('''\
${imports}import torch


class $name(torch.optim.Optimizer):
    """$title, a rule that was typed in Descent Lab."""

    def __init__(self, params, lr=$rate$arguments):
        super().__init__(params, {"lr": lr$defaults})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
$constants$each
        return loss
''')
_ALONE: Final = Template("""\
            for p in group["params"]:
                if p.grad is None:
                    continue
                g, params, state = p.grad, p, self.state[p]
                if not state:
                    state["t"] = 0
$zeros                state["t"] += 1
                t = state["t"]
$lines
                p.sub_(group["lr"] * $direction)""")
_TOGETHER: Final = Template("""\
            # A norm is that of all parameters of the group: they are one vector here.
            parts = [p for p in group["params"] if p.grad is not None]
            if parts:
                params = torch.cat([p.flatten() for p in parts])
                g = torch.cat([p.grad.flatten() for p in parts])
                state = self.state[parts[0]]
                if not state:
                    state["t"] = 0
$zeros                state["t"] += 1
                t = state["t"]
$lines
                step = (group["lr"] * $direction).split([p.numel() for p in parts])
                for p, size in zip(parts, step):
                    p.sub_(size.view_as(p))""")


def torch_code(rule: TypedRule, learning_rate: float) -> str:
    """Return a rule with its constants as an optimizer of PyTorch."""
    program = rule.program
    writer = _Writer(program, _TORCH)
    slots = {name: writer.names[name] for name in program.slots}
    lines = [
        *(f'{own} = state["{name}"]' for name, own in slots.items()),
        *writer.lines(),
        *(f'state["{name}"] = {own}' for name, own in slots.items()),
    ]
    constants = [f'{writer.names[name]} = group["{name}"]' for name in rule.constants]
    zeros = "".join(
        f'{"    " * 5}state["{name}"] = torch.zeros_like(g)\n' for name in program.slots
    )
    each = _TOGETHER if program.couples else _ALONE
    body = each.substitute(
        zeros=zeros, lines=_indented(lines, 4), direction=writer.names[DIRECTION]
    )
    return _IN_TORCH.substitute(
        imports="import math\n\n" if "math." in body else "",
        name=class_name(rule.title),
        title=rule.title,
        rate=repr(learning_rate),
        arguments=_arguments(rule),
        defaults="".join(f', "{name}": {name}' for name in rule.constants),
        constants=_indented(constants, 3) + "\n" if constants else "",
        each=body,
    )


CODE: Final[Mapping[str, tuple[str, Callable[[TypedRule, float], str]]]] = {
    "numpy": ("NumPy", numpy_code),
    "pytorch": ("PyTorch", torch_code),
}
