"""Versions of a comparison: what undo, redo and the browser's history return to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from comparison.document import Document

KEPT: Final = 50  # a version is some kilobytes
# Changes, by the ids of ``comparison.edits``, that leave no run of the comparison before.
_WHOLE: Final = frozenset({"", "demonstration", "opened", "preset", "reset", "runs", "surface"})


@dataclass(frozen=True)
class Version:
    """A comparison at one moment.

    Attributes:
        number: unique in the session.
        document: the comparison, with the settings of the page on which it was seen last.
        change: the id of the change that led to it; "" for the first.
    """

    number: int
    document: Document
    change: str


class Versions:
    """The versions of one comparison, the oldest first; one of them is on show.

    Args:
        first: the comparison as it is.
        numbers: gives every version of the session its number.
    """

    def __init__(self, first: Document, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self._line = [Version(next(numbers), first, "")]
        self._left: list[Version] = []  # undone, and then another change was made
        self._at = 0
        self._control: Hashable = None  # whose next change belongs to the version on show

    @property
    def shown(self) -> Version:
        """Return the version on show."""
        return self._line[self._at]

    @property
    def last_whole(self) -> Version:
        """Return the version, up to the one on show, that was taken as a whole last."""
        until = reversed(self._line[: self._at + 1])
        return next((one for one in until if one.change in _WHOLE), self._line[0])

    @property
    def until_shown(self) -> tuple[Version, ...]:
        """Return the versions that led to the one on show, and that one, the oldest first."""
        return tuple(self._line[: self._at + 1])

    @property
    def undone(self) -> Version | None:
        """Return the version that redo would show."""
        return self._line[self._at + 1] if self._at + 1 < len(self._line) else None

    @property
    def has_older(self) -> bool:
        """Tell whether there is something to undo."""
        return self._at > 0

    def keep(self, document: Document) -> None:
        """Update the version on show: the comparison is looked at in another way."""
        self._line[self._at] = replace(self.shown, document=document)

    def add(self, document: Document, change: str, control: Hashable = None) -> None:
        """Show a new version; another change of the same control belongs to the last one.

        Args:
            document: the comparison from now on.
            change: the id of the change that led to it.
            control: the fields that a control changes; None for a click.
        """
        if control is not None and control == self._control:
            self.keep(document)
            return
        later = self._at + 1
        self._left = [*self._left, *self._line[later:]][-KEPT:]
        self._line[later:] = [Version(next(self._numbers), document, change)]
        del self._line[:-KEPT]
        self._at = len(self._line) - 1
        self._control = control

    def undo(self) -> Version:
        """Show the version before; the first one stays."""
        return self._show(max(0, self._at - 1))

    def redo(self) -> Version:
        """Show the version that was undone last, if there is one."""
        return self._show(min(len(self._line) - 1, self._at + 1))

    def go_to(self, number: int) -> Version | None:
        """Show the version with a number; return None if it is no longer kept."""
        for index, version in enumerate(self._line):
            if version.number == number:
                return self._show(index)
        for version in self._left:
            if version.number == number:
                self.add(version.document, version.change)
                return self.shown
        return None

    def _show(self, index: int) -> Version:
        self._at = index
        self._control = None
        return self.shown


def differences(before: Any, after: Any, path: str = "") -> tuple[str, ...]:
    """Return the dotted paths at which two dumps of a document differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(key, before.get(key), after.get(key)) for key in before | after]
    elif isinstance(before, tuple) and isinstance(after, tuple) and len(before) == len(after):
        pairs = [(str(index), *pair) for index, pair in enumerate(zip(before, after, strict=True))]
    else:
        return (path,) if before != after else ()
    return tuple(
        difference
        for key, old, new in pairs
        for difference in differences(old, new, f"{path}.{key}" if path else key)
    )
