"""Work in pieces: generators that give way after each piece and return a result.

The only module that knows how a generator ends. Code that drives one wraps it in a ``Task``.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeAlias, TypeVar

Result = TypeVar("Result")
Told = TypeVar("Told")
Work: TypeAlias = Generator[None, None, Result]  # yields after each piece, returns its result


class Task(Generic[Told, Result]):
    """Work that its owner drives piece by piece.

        while task.go_on():
            show(task.progress)
        use(task.result)

    Attributes:
        progress: what the work yielded last; None before its first piece.
        result: what the work returned, once ``go_on`` has returned False.
    """

    result: Result

    def __init__(self, work: Generator[Told, Any, Result]) -> None:
        self._work = work
        self.progress: Told | None = None

    def go_on(self, command: object = None) -> bool:
        """Do the next piece and return whether more is left.

        Args:
            command: sent to the work, such as ``"stop"``; a generator accepts none before its first
                piece.
        """
        try:
            self.progress = self._work.send(command)
        except StopIteration as end:
            self.result = end.value
            return False
        return True

    def close(self) -> None:
        """Drop the work and what it has done so far."""
        self._work.close()


def finish(work: Generator[Any, Any, Result]) -> Result:
    """Do the work to its end and return its result."""
    task = Task(work)
    while task.go_on():
        pass
    return task.result
