"""The command line: trains a comparison without the dashboard and writes its bundle."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from comparison.document import FILE_BYTES, Document, read_document
from comparison.words.errors import explain
from comparison.words.names import cleaned, run_styles
from comparison.words.remarks import stopped_words
from comparison.words.results import status
from engine import InvalidInput, estimate, timed, train
from engine.work import Task
from exports.bundle import bundle
from exports.writing import write_all
from language import LANGUAGES, SOURCE_LANGUAGE, _, set_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine import Experiment, History

DONE: Final = 0
DIVERGED: Final = 1
REFUSED: Final = 2
STOPPED: Final = 3
_BAR: Final = 30
_DRAW_SECONDS: Final = 0.1

_ABOUT: Final = """\
Descent Lab without the dashboard.

  run     train an experiment and write its bundle: results and histories as CSV, interactive
          charts, the rows, the start and the batches, scripts that replay every run in PyTorch,
          Keras and Optax, and a manifest with the SHA-256 of each file
  schema  print the JSON schema of an experiment file
"""
_RUN: Final = """\
Train an experiment and write its bundle to a folder: the very files that the page's "Bundle" button
puts into a zip, but for times and drawn SVG.

EXPERIMENT is a file that the dashboard saved, or the JSON of an experiment alone:

  {"problem": {"kind": "network", "dataset": {"name": "spirals", "arms": 3},
               "hidden": [16, 16], "loss": "cross_entropy"},
   "runs": [{"optimizer": {"name": "adam"}, "learning_rate": 0.01, "batch_size": 32}],
   "budget": {"amount": 100, "unit": "epochs"}, "seeds": [0, 1, 2]}

What is left out of it has the default of the dashboard's first view. "python -m descent_lab schema"
says what there is.
"""
_STATUS: Final = """\
exit status:
  0  done
  1  a run diverged, and --strict was given; the bundle is written all the same
  2  bad input: one line says which file and field
  3  stopped by Ctrl-C or SIGTERM: in the training, and the bundle holds what was reached; asked
     for again or after the training, and there is none
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for and return the exit status."""
    given = _parser().parse_args(arguments)
    if given.command == "schema":
        print(json.dumps(Document.model_json_schema(), indent=2))  # noqa: T201 - its output
        return DONE
    set_language(given.language)
    try:
        return _run(given.experiment, given.to, strict=given.strict, limited=not given.no_limit)
    except InvalidInput as error:
        why = explain(error)
        if error.code == "too_expensive" and error.field == "seconds":
            why += " " + _("To train it all the same, add --no-limit.")
        return _refuse(f"{given.experiment}: {error.field or 'file'}: {why}")
    except KeyboardInterrupt:
        print(file=sys.stderr)  # noqa: T201 - after the terminal's own ^C
        return STOPPED
    except OSError as error:
        return _refuse(f"{error.filename or given.to}: {error.strerror or error}")


def _run(path: Path, folder: Path, *, strict: bool, limited: bool) -> int:
    document = _read(path)
    cost = estimate(document.experiment)
    if limited:
        cost.check_time()
    folder.mkdir(parents=True, exist_ok=True)  # before the work, not after it
    if any(folder.iterdir()):
        text = _("The folder is not empty, and files of two bundles would mix. Name another one.")
        return _refuse(f"{folder}: {text}")
    history = timed(_trained(document.experiment))
    seen = sys.stderr.isatty()
    if seen:  # the charts take their time
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
        return read_document(file.read(FILE_BYTES + 1))  # never more than what may be there


def _trained(experiment: Experiment) -> History:
    """Train to the end, or until asked to stop, with a progress bar on a terminal."""
    training, seen, drawn = Task(train(experiment)), sys.stderr.isatty(), 0.0
    with _hearing() as asked:
        while training.go_on("stop" if training.progress and asked.is_set() else None):
            progress = training.progress
            if seen and progress and time.monotonic() - drawn > _DRAW_SECONDS:
                drawn = time.monotonic()
                _show(bar(progress.updates / progress.total))
    if seen:
        _show("")
    return training.result


@contextmanager
def _hearing() -> Iterator[threading.Event]:
    """Hear Ctrl-C and SIGTERM: the event is set by the first, and the second ends the program."""
    asked = threading.Event()

    def ask(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        if sys.stderr.isatty():
            _show("")  # the bar gives way
        text = _("Stopping: the bundle will hold what was reached. Once more ends at once.")
        print(cleaned(text), file=sys.stderr)  # noqa: T201 - its output

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(line: str) -> None:
    """Put a line in the place of the one that was shown before it; "" takes that one away."""
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


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m descent_lab", description=_ABOUT, formatter_class=raw
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="train and write the bundle",
        description=_RUN,
        epilog=_STATUS,
        formatter_class=raw,
    )
    run.add_argument("experiment", type=Path, metavar="EXPERIMENT", help="a JSON file")
    run.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the bundle; made where it is missing, refused where it holds anything",
    )
    run.add_argument(
        "--language",
        choices=tuple(LANGUAGES),
        default=SOURCE_LANGUAGE,
        help="of captions, run names and notes (default: en)",
    )
    run.add_argument("--strict", action="store_true", help="exit with 1 if a run diverged")
    run.add_argument(
        "--no-limit", action="store_true", help="also train what is estimated to take over 60 s"
    )
    commands.add_parser("schema", help="print the JSON schema of an experiment file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
