"""``run``: trains a comparison without the dashboard and writes its bundle."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from comparison.document import FILE_BYTES, read_saved
from comparison.words.errors import explain
from comparison.words.names import run_styles
from comparison.words.remarks import stopped_words
from comparison.words.results import status
from descent_lab.tables import DataRefused, bring, data_hint
from descent_lab.terminal import DONE, STOPPED, bar, refuse, show, stop_signal, tell
from engine import InvalidInput, estimate, timed, train
from engine.work import Task
from exports.bundle import bundle
from language import _, set_language
from storage.writing import write_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from comparison.document import Document
    from engine import Experiment, History
    from engine.problems.datasets.table import Table

DIVERGED: Final = 1
_DRAW_SECONDS: Final = 0.1


def run(
    path: Path,
    folder: Path,
    data: Sequence[Path] = (),
    *,
    language: str,
    strict: bool,
    limited: bool,
) -> int:
    """Train the experiment of a file, write its bundle and return the exit status.

    Args:
        path: a file from the dashboard, or the JSON of an experiment alone.
        folder: where the bundle goes; created if it is missing.
        data: files with readers' tables.
        language: code of the language in which everything is written.
        strict: whether a diverged run is an error.
        limited: whether to refuse a training that takes too long.
    """
    set_language(language)
    try:
        return _bundled(path, folder, data, strict=strict, limited=limited)
    except DataRefused as error:
        return refuse(error.why)
    except InvalidInput as error:
        why = explain(error)
        if error.code == "too_expensive" and error.field == "seconds":
            why += " " + _("To train it anyway, add --no-limit.")
        why = f"{why} {data_hint(error)}".rstrip()
        return refuse(f"{path}: {error.field or 'file'}: {why}")
    except KeyboardInterrupt:
        print(file=sys.stderr)  # noqa: T201 - after the terminal's own ^C
        return STOPPED
    except OSError as error:
        return refuse(f"{error.filename or folder}: {error.strerror or error}")


def _bundled(path: Path, folder: Path, data: Sequence[Path], *, strict: bool, limited: bool) -> int:
    document, carried = _read(path)
    bring(document.experiment.tables, data, carried)
    cost = estimate(document.experiment)
    if limited:
        cost.check_time()
    folder.mkdir(parents=True, exist_ok=True)  # fails before the work, not after it
    if any(folder.iterdir()):
        text = _(
            "The folder is not empty, and files from two bundles would get mixed up. Choose"
            " another folder."
        )
        return refuse(f"{folder}: {text}")
    history = timed(_trained(document.experiment))
    show(_("Writing {folder}").format(folder=folder))  # the charts take a while
    write_all(folder, bundle(document, history))
    show("")
    for position, style in enumerate(run_styles(document)):
        end = status(history, position) or _("finished")
        tell(f"{style.name}: {end}")
    if stopped_words(history):
        return STOPPED
    diverged = any("diverged" in run.status for run in history.runs)
    return DIVERGED if strict and diverged else DONE


def _read(path: Path) -> tuple[Document, tuple[Table, ...]]:
    with path.open("rb") as file:
        return read_saved(file.read(FILE_BYTES + 1))  # no more than the limit allows


def _trained(experiment: Experiment) -> History:
    """Train to the end, or until asked to stop, with a progress bar on a terminal."""
    training, drawn = Task(train(experiment)), 0.0
    text = _(
        "Stopping: the bundle will contain the results so far. Interrupt again to quit at once."
    )
    with stop_signal(text) as asked:
        while training.go_on("stop" if training.progress and asked.is_set() else None):
            progress = training.progress
            if progress and time.monotonic() - drawn > _DRAW_SECONDS:
                drawn = time.monotonic()
                show(bar(progress.updates / progress.total))
    show("")
    return training.result
