"""The command ``sweep`` as a process of its own, which outlives the one that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG_FILE: Final = "log.txt"
_ERRORS_FILE: Final = "errors.txt"
_ENDING: Final = 4_096  # bytes of a file in which its last line is looked for
_OF_STREAMLIT: Final = ("STREAMLIT_", "MPLBACKEND")
_NICE: Final = 10
_COMMAND: Final = ("-m", "descent_lab")
_IS_INSTALLED: Final = not __name__.startswith("sweeps.")


class Child:
    """A process that trains a sweep.

    Attributes:
        name: which sweep.
    """

    def __init__(self, name: str, home: Path, words: Iterable[str | Path]) -> None:
        """Start it.

        Args:
            name: which sweep.
            home: where its output goes.
            words: what the command is given.

        Raises:
            OSError: it cannot be started, or nothing can be written there.
        """
        self.name = name
        # In a checkout the rooms are found from its own folder alone.
        folder = home if _IS_INSTALLED else Path(__file__).parents[1]
        own = {key: text for key, text in os.environ.items() if not key.startswith(_OF_STREAMLIT)}
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS
            flags |= subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        with (home / LOG_FILE).open("wb") as log, (home / _ERRORS_FILE).open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - this project's own command
                [sys.executable, *_COMMAND, "sweep", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=errors,
                cwd=folder,
                env=own,
                start_new_session=True,
                creationflags=flags,
            )
        _be_nice(self._process.pid)

    def poll(self) -> int | None:
        """Return the exit status, or None as long as it works."""
        return self._process.poll()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


def last_words(home: Path) -> str:
    """Return the last line that a command wrote apart from its results, or "".

    It does not say where the folder of the sweep lies.
    """
    try:
        with (home / _ERRORS_FILE).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _ENDING))
            lines = file.read().decode("utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return without_place(last, home)


def without_place(text: str, home: Path) -> str:
    """Return a text in which no path says where the folder of a sweep lies."""
    return text.replace(f"{home}{os.sep}", "").replace(str(home), home.name)


def _be_nice(number: int) -> None:
    """Let a process give way to others, and all that it starts."""
    if sys.platform == "win32":
        return  # it was started so
    with suppress(OSError):  # it may have ended
        nice = os.getpriority(os.PRIO_PROCESS, number) + _NICE
        os.setpriority(os.PRIO_PROCESS, number, nice)
    with suppress(OSError):  # where Linux weighs sessions, niceness counts only within each
        Path(f"/proc/{number}/autogroup").write_text(str(_NICE), encoding="ascii")
