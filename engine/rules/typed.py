"""Rules that readers type: a class for each text, made from its program.

A typed rule is a rule like any other, with a field for each of its constants; its JSON has the
text as well, so that links and files hold it by content. ``typed_rule`` makes the class, and the
same text and title always have the same class as long as a rule of it exists.
"""

from __future__ import annotations

import math
import re
from dataclasses import field, make_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal
from weakref import WeakValueDictionary

from engine.errors import InvalidInput
from engine.rules.programs import Program, parse_program, symbol
from engine.rules.rule import Rule, Slot, validated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Array, Layout, State
    from engine.rules.rule import Moment

TYPED: Final = "typed"
# Letters and digits of any language, and signs that mean nothing in Markdown, HTML or LaTeX.
_TITLE: Final = re.compile(r"[^\W_](?:[^\W_]|[ \-+(),']|(?<=\d)\.(?=\d)){0,39}\Z")


class TypedRule(Rule):
    """A rule that a reader typed; ``typed_rule`` makes its class.

    Attributes:
        title: the reader's name for it, 1 to 40 characters.
        text: its lines.
        program: what they say.
    """

    name: Literal["typed"]
    text: str

    family: ClassVar = "own"
    program: ClassVar[Program]
    default_learning_rate: ClassVar = 0.01
    formula: ClassVar = ""  # above the engine, from the program
    source: ClassVar = ""

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return what the lines say."""
        return self.program.direction(self.constants, moment, state)

    @property
    def constants(self) -> dict[str, Any]:
        """Return the values of the constants by their names."""
        return {one.name: getattr(self, one.name) for one in self.program.constants}

    def scale(self, moment: Moment, state: State) -> float:
        """Return that it is not known: no line says what multiplies the gradient, or its mean."""
        return math.nan

    def operations(self, layout: Layout) -> float:
        """Return those of a text that is longer than usual rules."""
        return self.program.operations * layout.n_params


_classes: WeakValueDictionary[tuple[str, str], type[TypedRule]] = WeakValueDictionary()


def typed_rule(title: object, text: object) -> type[TypedRule]:
    """Return the class of a typed rule.

    Raises:
        InvalidInput: the title is no name, or ``parse_program`` refuses the text.
    """
    if not isinstance(title, str) or not _TITLE.match(title) or title != title.strip():
        raise InvalidInput("wrong_type", "title", title, "title")
    return _class(title, parse_program(text).text)


@lru_cache(maxsize=32)
def _class(title: str, text: str) -> type[TypedRule]:
    """Return the class of a title and a canonical text: the one that there is, or a new one."""
    found = _classes.get((title, text))
    if found is None:
        found = _made(title, parse_program(text))
        found = _classes.setdefault((title, text), found)
    return found


def _made(title: str, program: Program) -> type[TypedRule]:
    fields: list[tuple[str, Any, Any]] = [
        (one.name, Annotated[float, one.interval], field(default=one.value))
        for one in program.constants
    ]
    fixed = {"name": TYPED, "title": title, "text": program.text}
    fields += [(name, Literal[value], field(default=value)) for name, value in fixed.items()]
    space = {
        "program": program,
        "slots": tuple(Slot(name, symbol(name)) for name in program.slots),
        "couples": "lane" if program.couples else "nothing",
        "__module__": __name__,
        "__doc__": "A rule that a reader typed.",
    }
    made: type[TypedRule] = make_dataclass(
        "Typed", fields, bases=(TypedRule,), namespace=space, frozen=True
    )
    return made


def read_typed(fields: Mapping[str, Any]) -> TypedRule:
    """Return the rule of its JSON.

    Raises:
        InvalidInput: something is missing, or wrong.
    """
    for name in ("title", "text"):
        if name not in fields:
            raise InvalidInput("missing", name, None)
    kind = typed_rule(fields["title"], fields["text"])
    known = {one.name for one in kind.program.constants}
    for name in fields:
        if name not in known | {"name", "title", "text"}:
            raise InvalidInput("unknown_field", str(name), fields[name])
    given = {name: value for name, value in fields.items() if name in known}
    return validated(kind(**given))
