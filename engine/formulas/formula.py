"""Formulas with named variables: from text to a computation graph.

A line is ``name = expression`` or, the last one, a bare expression; lines end at a line break or a
semicolon, and the last line is the output. Names that no line defines are the variables, apart from
the constants e and pi; a name that looks like a constant or function is refused. A line may give
such a name a meaning of its own for the lines below it. Python's ``ast`` reads the text, the graph
is made from a whitelist of its nodes, and nothing is ever evaluated.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, count
from typing import Final

from engine.errors import InvalidInput
from engine.formulas.graph import Graph, Node
from engine.formulas.signs import (
    LETTER,
    WORDLIKE,
    count_operations,
    in_python,
    place,
    unexpected,
)
from engine.formulas.unwritten import unwritten
from engine.limits import LIMITS

# Functions that can be called: the operation of each, and its number of operands.
FUNCTIONS: Final = {
    "exp": ("exp", 1),
    "log": ("log", 1),
    "ln": ("log", 1),
    "sqrt": ("sqrt", 1),
    "abs": ("abs", 1),
    "sign": ("sign", 1),
    "sin": ("sin", 1),
    "cos": ("cos", 1),
    "tan": ("tan", 1),
    "asin": ("asin", 1),
    "acos": ("acos", 1),
    "atan": ("atan", 1),
    "arcsin": ("asin", 1),
    "arccos": ("acos", 1),
    "arctan": ("atan", 1),
    "sinh": ("sinh", 1),
    "cosh": ("cosh", 1),
    "tanh": ("tanh", 1),
    "sigmoid": ("sigmoid", 1),
    "relu": ("relu", 1),
    "max": ("max", 2),
    "min": ("min", 2),
}
CONSTANTS: Final = {"e": math.e, "pi": math.pi, "π": math.pi}
# Functions and constants of other languages, which nobody means as variables.
_ELSEWHERE: Final = re.compile(
    r"(a|arc)?(sin|cos|tan)h?|cbrt|ceil|floor|inf(inity)?|log\d+p?|nan|soft(max|plus)",
    re.IGNORECASE,
)
_BINARY: Final = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
}
_LINE: Final = re.compile(r"[^\n;]+")
_NAMED: Final = re.compile(rf"\s*({LETTER}{WORDLIKE}*)\s*=")
_NAME: Final = re.compile(r"[^\W\d_]\w*\Z")
_LAST_WORD: Final = re.compile(r"(\w+)\s*\Z")


@lru_cache(maxsize=64)
def parse(text: str, letters: str = "") -> Graph:
    """Return the graph of a formula; equal subexpressions become one node.

    Two lines with the same expression and different names remain two nodes.

    Args:
        text: the formula.
        letters: variables of one letter; a word of nothing else is a product of them, unless a
            line defines it.

    Raises:
        InvalidInput: "out_of_range" for a formula that is too long or has too many operations;
            "unexpected" with the number of the character, from 1, the text there, and what was
            expected.
    """
    builder = _Builder(text, _unwritten(text, letters))
    lines = [line for line in _LINE.finditer(text) if line[0].strip()]
    if not lines:
        raise InvalidInput("unexpected", "formula", (1, ""), "operand")
    for line in lines:
        output = builder.read_line(line.start(), line[0], last=line is lines[-1])
    graph = Graph(tuple(builder.nodes), output)
    if not graph.inputs:
        raise unexpected(text, lines[0].start(), "variable")
    if len(graph.inputs) not in LIMITS["variables"]:
        beyond = graph.inputs[int(LIMITS["variables"].high)]
        place = graph.nodes[graph.names[beyond]].place
        raise InvalidInput("unexpected", "formula", place, "fewer_variables")
    return graph


def _unwritten(text: str, letters: str) -> dict[int, str]:
    """Return what is unwritten, after a check of characters, brackets and number of operations."""
    if len(text) > LIMITS["formula_characters"].high:
        raise InvalidInput(
            "out_of_range", "formula_characters", len(text), LIMITS["formula_characters"]
        )
    _check_brackets(text)
    operations = count_operations(text)
    _check_operations(operations)
    found = unwritten(text, FUNCTIONS, CONSTANTS, letters)
    _check_operations(operations + len(re.findall(r"[*(]", "".join(found.values()))))
    return found


def _check_operations(operations: int) -> None:
    if operations > LIMITS["formula_operations"].high:
        raise InvalidInput(
            "out_of_range", "formula_operations", operations, LIMITS["formula_operations"]
        )


def _check_brackets(text: str) -> None:
    depth = 0
    for position, mark in enumerate(text):
        depth += (mark == "(") - (mark == ")")
        if depth and mark in "\n;":
            raise unexpected(text, position, "closed_line")
        if depth < 0:
            raise unexpected(text, position, "operation")
        if depth not in LIMITS["formula_nesting"]:
            raise unexpected(text, position, "fewer_brackets")
    if depth:
        raise InvalidInput("unexpected", "formula", (len(text) + 1, ""), "closing_bracket")


@dataclass
class _Builder:
    """The nodes so far, with the tables to look them up."""

    text: str
    unwritten: dict[int, str]
    nodes: list[Node] = field(default_factory=list)
    known: dict[tuple[object, ...], int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def read_line(self, start: int, line: str, *, last: bool) -> int:
        """Add a line's nodes and return the number of its result."""
        named = _NAMED.match(line)
        if named is None and not last:
            raise unexpected(self.text, start, "named_line")
        begin = named.end() if named else 0
        begin += len(line[begin:]) - len(line[begin:].lstrip())
        expression = _Expression(self, start + begin, line[begin:].rstrip())
        number = expression.read()
        name = unicodedata.normalize("NFKC", named[1]) if named else self._free_name()
        if named and (name in self.names or keyword.iskeyword(name)):
            raise unexpected(self.text, start + named.start(1), "new_name")
        node = self.nodes[number]
        if not node.name:
            self.nodes[number] = replace(node, name=name)
        elif named and node.operands and line[begin:].strip(" \t\r()") not in self.names:
            number = len(self.nodes)  # an earlier line has the same expression and keeps its name
            self.nodes.append(replace(node, name=name))
        self.names[name] = number
        return number

    def _free_name(self) -> str:
        """Return a name for a result to which the formula gives none."""
        candidates = chain(("y", "f"), (f"f{number}" for number in count(1)))
        return next(name for name in candidates if name not in self.names)

    def add(self, node: Node) -> int:
        """Return the number of the node; an equal one is reused."""
        key = (node.operation, node.operands, node.name, node.constant)
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(node)
        return self.known[key]


def _is_meant_otherwise(name: str) -> bool:
    """Tell whether an unknown name looks like a constant or function, of ours or of others."""
    looks_known = len(name) > 1 and name.lower() in {*FUNCTIONS, *CONSTANTS}  # E is a variable
    return looks_known or _ELSEWHERE.fullmatch(name) is not None


class _Expression:
    """One expression, with a map from Python's offsets to the reader's characters."""

    def __init__(self, builder: _Builder, start: int, text: str) -> None:
        self._builder = builder
        self._starts: list[int] = []  # for every byte that Python reads
        pieces = in_python(builder.text, start, start + len(text), builder.unwritten)
        for position, piece in enumerate(pieces):
            self._starts += [start + position] * len(piece.encode())
        self._starts.append(start + len(text))
        self._python = "".join(pieces)

    def read(self) -> int:
        try:
            tree = ast.parse(self._python, mode="eval")
        except SyntaxError as error:
            # Python counts characters from 1, and says 0 for the end.
            before = self._python[: error.offset - 1] if error.offset else self._python
            word = _LAST_WORD.search(before)
            if word is not None and word[1] in FUNCTIONS:  # sin x
                raise self._unexpected(len(before[: word.start()].encode()), "brackets") from None
            raise self._unexpected(len(before.encode()), "operand_or_operation") from None
        except (RecursionError, MemoryError, ValueError):  # such as a thousand times "not"
            raise self._unexpected(0, "operand") from None
        return self._node(tree.body)

    def _node(self, tree: ast.expr) -> int:
        """Add the nodes of a part of the expression and return its number."""
        if isinstance(tree, ast.Constant):
            return self._constant(tree)
        if isinstance(tree, ast.Name):
            return self._variable(tree)
        if isinstance(tree, ast.BinOp) and type(tree.op) in _BINARY:
            operands = (tree.left, tree.right)
            return self._operation(_BINARY[type(tree.op)], operands, self._sign(tree))
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            return self._operation("negate", (tree.operand,), tree.col_offset)
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.UAdd):
            return self._node(tree.operand)
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            return self._call(tree, tree.func.id)
        raise self._not_allowed(tree)

    def _constant(self, tree: ast.Constant) -> int:
        if type(tree.value) not in {int, float}:
            raise self._unexpected(tree.col_offset, "operand")
        try:
            value = float(tree.value)  # type: ignore[arg-type]
        except OverflowError:
            value = math.inf
        if math.isinf(value):
            raise self._unexpected(tree.col_offset, "finite_number")
        return self._builder.add(
            Node("constant", constant=value, place=self._place(tree.col_offset))
        )

    def _variable(self, tree: ast.Name) -> int:
        if tree.id in self._builder.names:
            return self._builder.names[tree.id]
        if tree.id in CONSTANTS:
            value, place = CONSTANTS[tree.id], self._place(tree.col_offset)
            return self._builder.add(Node("constant", constant=value, place=place))
        if tree.id in FUNCTIONS:
            raise self._unexpected(tree.col_offset, "brackets")
        if not _NAME.match(tree.id):
            raise self._unexpected(tree.col_offset, "operand")
        if _is_meant_otherwise(tree.id):
            raise self._unexpected(tree.col_offset, "known_name")
        if len(tree.id) > LIMITS["variable_characters"].high:
            raise self._unexpected(tree.col_offset, "shorter_name")
        number = self._builder.add(Node("input", name=tree.id, place=self._place(tree.col_offset)))
        self._builder.names[tree.id] = number
        return number

    def _call(self, tree: ast.Call, name: str) -> int:
        if name not in FUNCTIONS:
            raise self._unexpected(tree.col_offset, "function")
        operation, operands = FUNCTIONS[name]
        if len(tree.args) != operands or tree.keywords:
            expected = "one_argument" if operands == 1 else "two_arguments"
            raise self._unexpected(tree.col_offset, expected)
        return self._operation(operation, tuple(tree.args), tree.col_offset)

    def _operation(self, name: str, operands: tuple[ast.expr, ...], sign: int) -> int:
        numbers = []
        for operand in operands:
            numbers.append(self._node(operand))  # noqa: PERF401 - one call deep, not two
        return self._builder.add(Node(name, tuple(numbers), place=self._place(sign)))

    def _sign(self, tree: ast.BinOp) -> int:
        """Return where the operation's sign is: after its left side and its brackets."""
        return self._after(tree.left)

    def _after(self, tree: ast.expr) -> int:
        """Return the offset of what follows a part and the brackets around it."""
        end = tree.end_col_offset or 0
        following = self._python.encode()[end:]
        return end + len(following) - len(following.lstrip(b" \t\r)"))

    def _place(self, offset: int) -> tuple[int, str]:
        return place(self._builder.text, self._starts[min(offset, len(self._starts) - 1)])

    def _not_allowed(self, tree: ast.AST) -> InvalidInput:
        """Return the error for syntax that Python knows and a formula does not."""
        offset = getattr(tree, "col_offset", 0)
        parts = [part for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr)]
        first = min(parts, key=lambda part: part.col_offset, default=None)
        if first is None or first.col_offset > offset:
            return self._unexpected(offset, "operand")
        return self._unexpected(self._after(first), "operation")

    def _unexpected(self, offset: int, expected: str) -> InvalidInput:
        return InvalidInput("unexpected", "formula", self._place(offset), expected)
