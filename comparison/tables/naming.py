"""Names of columns: visible, short and no two alike, with a count of what was changed for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from comparison.tables.columns import tidied
from comparison.tables.spreadsheets import restored
from engine import LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST: Final = int(LIMITS["name_characters"].high)


@dataclass(frozen=True)
class Names:
    """The names of all columns.

    Attributes:
        names: no two alike.
        empty: columns without a name in the file; they are called x and their number.
        repeated: names that appeared before; they got a number.
        cut: names that were too long.
        cleaned: names that lost spaces around them, or characters that cannot be seen.
    """

    names: tuple[str, ...]
    empty: int = 0
    repeated: int = 0
    cut: int = 0
    cleaned: int = 0


def named(given: Sequence[str]) -> Names:
    """Return names for columns.

    Args:
        given: what the file calls them; "" for no name.
    """
    bare = [restored(name) for name in given]
    tidy = [tidied(name) for name in bare]
    wanted = [name[:_MOST] or f"x{number}" for number, name in enumerate(tidy, 1)]
    names: dict[str, None] = {}
    for name in wanted:
        names[_free(name, names)] = None
    return Names(
        tuple(names),
        empty=tidy.count(""),
        repeated=sum(name != want for name, want in zip(names, wanted, strict=True)),
        cut=sum(len(name) > _MOST for name in tidy),
        cleaned=sum(name != text for name, text in zip(tidy, bare, strict=True)),
    )


def _free(name: str, taken: dict[str, None]) -> str:
    """Return the name, with a number if it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        ending = f" ({number})"
        free = name[: _MOST - len(ending)] + ending
    return free
