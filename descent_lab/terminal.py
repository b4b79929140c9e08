"""How the command speaks: lines, a progress bar, exit statuses, and how it is stopped."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from comparison.words.cleaned import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterator

DONE: Final = 0
REFUSED: Final = 2
STOPPED: Final = 3
_BAR: Final = 30


@contextmanager
def stop_signal(answer: str) -> Iterator[threading.Event]:
    """Handle Ctrl-C and SIGTERM: the first sets the event and is answered, a second ends all."""
    asked = threading.Event()

    def ask(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        if sys.stderr.isatty():
            show("")  # the bar gives way
        print(cleaned(answer), file=sys.stderr)  # noqa: T201 - its output

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show(line: str) -> None:
    """Replace the line that was shown last; "" removes it."""
    sys.stderr.write(f"\r\033[K{cleaned(line)}")
    sys.stderr.flush()


def bar(share: float) -> str:
    """Return a progress bar."""
    done = int(share * _BAR)
    return f"[{'#' * done}{'.' * (_BAR - done)}] {share:4.0%}"


def tell(line: str) -> None:
    """Print a line."""
    print(cleaned(line))  # noqa: T201 - its output


def refuse(line: str) -> int:
    """Print why nothing was done, and return the exit status."""
    print(cleaned(line), file=sys.stderr)  # noqa: T201 - its output
    return REFUSED
