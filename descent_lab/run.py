"""``run``: trains a comparison without the dashboard and writes its bundle."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from comparison.document import FILE_BYTES, read_document
from comparison.words.cleaned import cleaned
from comparison.words.errors import explain
from comparison.words.names import run_styles
from comparison.words.remarks import stopped_words
from comparison.words.results import status
from engine import InvalidInput, estimate, timed, train
from engine.work import Task
from exports.bundle import bundle
from exports.writing import write_all
from language import _, set_language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from comparison.document import Document
    from engine import Experiment, History

DONE: Final = 0
DIVERGED: Final = 1
REFUSED: Final = 2
STOPPED: Final = 3
_BAR: Final = 30
_DRAW_SECONDS: Final = 0.1


def run(path: Path, folder: Path, *, language: str, strict: bool, limited: bool) -> int:
    """Train the experiment of a file, write its bundle and return the exit status.

    Args:
        path: a file from the dashboard, or the JSON of an experiment alone.
        folder: where the bundle goes; created if it is missing.
        language: code of the language in which everything is written.
        strict: whether a diverged run is an error.
        limited: whether to refuse a training that takes too long.
    """
    set_language(language)
    try:
        return _bundled(path, folder, strict=strict, limited=limited)
    except InvalidInput as error:
        why = explain(error)
        if error.code == "too_expensive" and error.field == "seconds":
            why += " " + _("To train it anyway, add --no-limit.")
        return _refuse(f"{path}: {error.field or 'file'}: {why}")
    except KeyboardInterrupt:
        print(file=sys.stderr)  # noqa: T201 - after the terminal's own ^C
        return STOPPED
    except OSError as error:
        return _refuse(f"{error.filename or folder}: {error.strerror or error}")


def _bundled(path: Path, folder: Path, *, strict: bool, limited: bool) -> int:
    document = _read(path)
    cost = estimate(document.experiment)
    if limited:
        cost.check_time()
    folder.mkdir(parents=True, exist_ok=True)  # fails before the work, not after it
    if any(folder.iterdir()):
        text = _(
            "The folder is not empty, and files from two bundles would get mixed up. Choose"
            " another folder."
        )
        return _refuse(f"{folder}: {text}")
    history = timed(_trained(document.experiment))
    seen = sys.stderr.isatty()
    if seen:  # the charts take a while
        _show(_("Writing {folder}").format(folder=folder))
    write_all(folder, bundle(document, history))
    if seen:
        _show("")
    for position, style in enumerate(run_styles(document)):
        end = status(history, position) or _("finished")
        _tell(f"{style.name}: {end}")
    if stopped_words(history):
        return STOPPED
    diverged = any("diverged" in run.status for run in history.runs)
    return DIVERGED if strict and diverged else DONE


def _read(path: Path) -> Document:
    with path.open("rb") as file:
        return read_document(file.read(FILE_BYTES + 1))  # no more than the limit allows


def _trained(experiment: Experiment) -> History:
    """Train to the end, or until asked to stop, with a progress bar on a terminal."""
    training, seen, drawn = Task(train(experiment)), sys.stderr.isatty(), 0.0
    with _stop_signal() as asked:
        while training.go_on("stop" if training.progress and asked.is_set() else None):
            progress = training.progress
            if seen and progress and time.monotonic() - drawn > _DRAW_SECONDS:
                drawn = time.monotonic()
                _show(bar(progress.updates / progress.total))
    if seen:
        _show("")
    return training.result


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """Handle Ctrl-C and SIGTERM: the first sets the event, a second one ends the program."""
    asked = threading.Event()

    def ask(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        if sys.stderr.isatty():
            _show("")  # the bar gives way
        text = _(
            "Stopping: the bundle will contain the results so far. Interrupt again to quit at once."
        )
        print(cleaned(text), file=sys.stderr)  # noqa: T201 - its output

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(line: str) -> None:
    """Replace the line that was shown last; "" removes it."""
    sys.stderr.write(f"\r\033[K{cleaned(line)}")
    sys.stderr.flush()


def bar(share: float) -> str:
    """Return a progress bar."""
    done = int(share * _BAR)
    return f"[{'#' * done}{'.' * (_BAR - done)}] {share:4.0%}"


def _tell(line: str) -> None:
    print(cleaned(line))  # noqa: T201 - its output


def _refuse(line: str) -> int:
    print(cleaned(line), file=sys.stderr)  # noqa: T201 - its output
    return REFUSED
