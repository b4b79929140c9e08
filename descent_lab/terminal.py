"""How the command speaks: lines, a progress bar, exit statuses, and how it is stopped."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

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
        show("")  # the bar gives way
        warn(answer)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_watched() -> bool:
    """Tell whether messages go to a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def show(line: str) -> None:
    """Replace the line that was shown last on a terminal; "" removes it."""
    if is_watched():
        _say(f"\r\033[K{cleaned(line)}", sys.stderr)


def bar(share: float) -> str:
    """Return a progress bar."""
    done = int(share * _BAR)
    return f"[{'#' * done}{'.' * (_BAR - done)}] {share:4.0%}"


def tell(line: str) -> None:
    """Print a line."""
    _say(f"{cleaned(line)}\n", sys.stdout)


def warn(line: str) -> None:
    """Print a line apart from the results."""
    _say(f"{cleaned(line)}\n", sys.stderr)


def refuse(line: str) -> int:
    """Print why nothing was done, and return the exit status."""
    warn(line)
    return REFUSED


def _say(text: str, stream: TextIO | None) -> None:
    """Write a text with what letters the stream has; work goes on where nobody reads it."""
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except OSError:  # nothing can be said there, not even when the program ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
