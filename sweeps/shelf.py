"""A server's sweeps: each in a folder of its own, trained one at a time by the command.

``<root>/<id>/spec.json`` is what was asked for, ``tables.json`` beside it the rows of readers'
tables, and ``<root>/<id>/sweep`` the command's folder. What is the case is read from the disk
alone, so nothing is lost when the server ends in any way. A sweep has an id that cannot be guessed:
whoever holds it may see, stop and remove it.

    queued            its place among those that wait: the lowest number is next
    asked-to-stop     somebody stopped it
    failed            the command cannot go on; its last words
    tries             how often it was started since it last got on
    retry             lanes that could not be trained are trained again, until it is finished

A mark that cannot be read is none: what is wrong with one sweep holds up no other.

One process keeps a shelf: it starts what is next. All others may add, read and stop.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import shutil
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from engine.errors import InvalidInput
from engine.limits import Interval
from storage.lock import LOCK_FILE, FolderInUse, is_locked, locked
from storage.writing import write
from sweeps.child import Child, last_words, without_place
from sweeps.chunking import Chunking
from sweeps.lanes import Watch
from sweeps.local import cores
from sweeps.spec import SPEC_BYTES, SweepSpec, read_spec
from sweeps.store import RESULTS_FILE, SPEC_FILE, STOP_FILE, WORKERS_FILE, holds, shard_count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from threading import Event

    from engine.problems.datasets.table import Table
    from sweeps.chunking import Size

_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_ID_BYTES: Final = 16
_REQUEST: Final = "spec.json"
_TABLES: Final = "tables.json"
_SWEEP: Final = "sweep"
_QUEUED: Final = "queued"
_ASKED_TO_STOP: Final = "asked-to-stop"
_FAILED: Final = "failed"
_TRIES: Final = "tries"
_RETRY: Final = "retry"
_REMOVED: Final = ".removed-"
_MOST_TRIES: Final = 4  # once, and three times again
_REFUSED: Final = 2  # exit statuses of the command
_STOPPED: Final = 3
_LOOK_SECONDS: Final = 0.5
_MEGABYTE: Final = 1_000_000
_VARIABLES: Final = {
    "DESCENT_LAB_SWEEP_MINUTES": Interval(0, 1e6, open_low=True),
    "DESCENT_LAB_SWEEP_MEGABYTES": Interval(0, 1e9, open_low=True),
    "DESCENT_LAB_SWEEP_WORKERS": Interval(1, 1_024),
}
Kind = Literal["waiting", "running", "stopped", "failed", "finished"]
_T = TypeVar("_T")
_log: Final = logging.getLogger(__name__)


def _others() -> int:
    """Return one core less than there are, which is the server's."""
    return max(1, cores() - 1)


@dataclass(frozen=True)
class Limits:
    """What a sweep may cost that is started on a page, and who trains it.

    Attributes:
        seconds: estimated time.
        bytes: estimated size of its folder.
        workers: how many processes train.
        cluster: the address of a Dask scheduler in their place, or None; it is the operator's.
    """

    seconds: float = 600.0
    bytes: int = 200 * _MEGABYTE
    workers: int = field(default_factory=_others)
    cluster: str | None = None

    def seconds_of(self, size: Size) -> float:
        """Return how long a sweep should take here."""
        return size.seconds / self.workers

    def check(self, size: Size) -> None:
        """Refuse a sweep that costs more.

        Raises:
            InvalidInput: "too_expensive", of "sweep_seconds" or "sweep_bytes".
        """
        amounts = {
            "sweep_seconds": (self.seconds_of(size), self.seconds),
            "sweep_bytes": (size.bytes, self.bytes),
        }
        for name, (amount, most) in amounts.items():
            if amount > most:
                raise InvalidInput("too_expensive", name, amount, Interval(0, most))


@dataclass(frozen=True)
class Status:
    """How it stands with a sweep.

    Attributes:
        kind: "stopped": somebody stopped it; "failed": it could not go on.
        ahead: how many sweeps come before it while it waits, with the one that is running.
        told: why it failed, in the command's last words; "" if its process was killed again and
            again.
        is_stopping: it is running, and was asked to stop.
        is_retried: lanes that could not be trained are trained again.
    """

    kind: Kind
    ahead: int = 0
    told: str = ""
    is_stopping: bool = False
    is_retried: bool = False


class Shelf:
    """The sweeps of a server.

    Sessions may share it and call anything at the same time. What is done to a sweep that is not
    there does nothing; what is asked of one raises ``KeyError``.

    Attributes:
        root: its folder.
        limits: what a sweep may cost.
    """

    def __init__(self, root: Path, limits: Limits) -> None:
        """Take a folder, which is made when the first sweep is added."""
        self.root, self.limits = root.absolute(), limits
        self._lock = ExitStack()
        self._is_keeper = False
        self._child: Child | None = None
        self._logged: set[tuple[str, type[Exception]]] = set()

    def add(self, spec: SweepSpec, tables: Sequence[Table] = ()) -> str:
        """Put a sweep at the end of the queue and return its id.

        Args:
            spec: the sweep.
            tables: whose rows it is trained on; they are kept as long as the sweep is.

        Raises:
            InvalidInput: it would cost more than the limits allow.
            OSError: it cannot be written.
        """
        self.limits.check(Chunking(spec).size)
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = secrets.token_urlsafe(_ID_BYTES)
        home = self._home(name)
        home.mkdir()
        try:
            self._put_last(name)
            if tables:
                text = f"[{', '.join(table.text for table in tables)}]"
                write(home / _TABLES, text.encode("utf-8", "surrogatepass"))
            write(home / _REQUEST, spec.model_dump_json().encode())  # now it is there
        except OSError:
            shutil.rmtree(home, ignore_errors=True)
            raise
        return name

    def has(self, name: str) -> bool:
        """Tell whether there is a sweep of an id."""
        try:
            return bool(_ID.fullmatch(name)) and (self._home(name) / _REQUEST).is_file()
        except OSError:  # nobody may look
            return False

    def spec(self, name: str) -> SweepSpec | None:
        """Return the sweep of an id; None if there is none, or none that this version can read."""
        if not self.has(name):
            return None
        try:
            with (self._home(name) / _REQUEST).open("rb") as file:
                return read_spec(file.read(SPEC_BYTES + 1))
        except (OSError, InvalidInput):
            return None

    def folder(self, name: str) -> Path:
        """Return the command's folder of a sweep, which there may not be yet.

        Raises:
            KeyError: there is no such sweep.
        """
        return self._found(name) / _SWEEP

    def began(self, name: str) -> datetime:
        """Return when a sweep was added.

        Raises:
            KeyError: there is no such sweep.
        """
        try:
            seconds = (self._found(name) / _REQUEST).stat().st_mtime
        except FileNotFoundError:
            raise KeyError(name) from None
        return datetime.fromtimestamp(seconds, UTC)

    def status(self, name: str) -> Status:
        """Return how it stands with a sweep; one whose folder cannot be looked at has failed.

        Raises:
            KeyError: there is no such sweep.
        """
        home = self._found(name)
        try:
            return self._status(name)
        except OSError as error:
            if not self.has(name):  # it was removed
                raise KeyError(name) from None
            return Status("failed", told=without_place(error.strerror or str(error), home))

    def _status(self, name: str) -> Status:
        home, kind = self._home(name), self._kind(name)
        if kind == "finished":
            return Status(kind)
        return Status(
            kind,
            ahead=self._ahead(name) if kind == "waiting" else 0,
            told=_read(home / _FAILED) if kind == "failed" else "",
            is_stopping=kind == "running" and (home / _ASKED_TO_STOP).exists(),
            is_retried=(home / _RETRY).exists(),
        )

    def stop(self, name: str) -> None:
        """Stop a sweep that waits, at once, or one that is running, within some seconds."""
        if self.has(name) and self._kind(name) in {"waiting", "running"}:
            with suppress(FileNotFoundError):  # it was removed
                write(self._home(name) / _ASKED_TO_STOP, b"")
            self._pass_on(name)

    def resume(self, name: str) -> None:
        """Put a sweep that was stopped or has failed at the end of the queue.

        So is a finished one of which lanes cannot be read any more: they are trained again.

        Raises:
            FolderRefused: it is finished, and was trained by an engine with other numbers.
            FolderInUse: it is finished, but somebody works on it.
            OSError: the shelf cannot be written.
        """
        if not self.has(name):
            return
        home = self._home(name)
        if _is_finished(home / _SWEEP):
            spec = self.spec(name)
            if spec is not None and Watch(home / _SWEEP, spec).look().unreadable:
                self._begin_anew(name, is_retried=False)
        elif any((home / mark).exists() for mark in (_ASKED_TO_STOP, _FAILED)):
            self._queue(name)

    def retry(self, name: str) -> None:
        """Have those lanes of a finished sweep trained again that could not be trained.

        Raises:
            FolderRefused: it was trained by an engine with other numbers.
            FolderInUse: somebody works on it.
            OSError: the shelf cannot be written.
        """
        if self.has(name) and _is_finished(self._home(name) / _SWEEP):
            self._begin_anew(name, is_retried=True)

    def _let_go(self, name: str) -> None:
        """End the command of a finished sweep, which may still be telling what came of it.

        Raises:
            FolderInUse: it is not finished, or another command is at work.
        """
        child, folder = self._child, self._home(name) / _SWEEP
        if child is not None and child.name == name:
            if not _is_finished(folder):
                raise FolderInUse
            child.kill()
        if is_locked(folder):
            raise FolderInUse

    def _begin_anew(self, name: str, *, is_retried: bool) -> None:
        """Put a finished sweep at the end of the queue: its tables will be made anew."""
        home, spec = self._home(name), self.spec(name)
        if spec is None:
            return
        self._let_go(name)
        holds(home / _SWEEP, spec)  # else the command would refuse it, and its tables be lost
        with suppress(FileNotFoundError):  # it was removed
            if is_retried:
                write(home / _RETRY, b"")
            else:
                (home / _RETRY).unlink(missing_ok=True)
        self._queue(name)
        for table in (RESULTS_FILE, WORKERS_FILE):  # without them it is not finished
            (home / _SWEEP / table).unlink(missing_ok=True)

    def _queue(self, name: str) -> None:
        with suppress(FileNotFoundError):  # it was removed
            self._put_last(name)
        # The command's file comes last: as long as the mark is there, a keeper puts it there again.
        for mark in (_TRIES, _FAILED, _ASKED_TO_STOP, f"{_SWEEP}/{STOP_FILE}"):
            (self._home(name) / mark).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Remove a sweep with all that it has trained.

        Raises:
            FolderInUse: it is running.
            OSError: it cannot be removed.
        """
        if not self.has(name):
            return
        self._let_go(name)
        left = self.root / f"{_REMOVED}{name}"
        with suppress(FileNotFoundError):  # another session was faster
            self._home(name).rename(left)  # now it is not there
            shutil.rmtree(left, ignore_errors=True)  # who keeps the shelf next removes the rest

    def keep(self, until: Event) -> None:
        """Start one sweep after the other until an event is set; the work of a thread.

        Where another process keeps the shelf, this one takes over when that is gone.
        """
        told = ""
        while not until.is_set():
            try:
                self.look_once()
                told = ""
            except Exception as error:  # noqa: BLE001 - its thread is the only one
                if str(error) != told:  # once, not twice a second
                    _log.exception("Sweeps in %s cannot be kept now", self.root)
                told = str(error)
            until.wait(_LOOK_SECONDS)
        self.close()

    def look_once(self) -> None:
        """See what has become of the sweep that is running, and start the next if there is none.

        Raises:
            OSError: the shelf cannot be read or written.
        """
        if not self._keeps():
            return
        if self._child is not None:
            self._of_one(self._look_after_child, self._child.name)
        kinds = self._kinds()
        for name, kind in kinds.items():
            if kind == "running":
                self._of_one(self._remind, name)
        if self._child is None and "running" not in kinds.values():
            any(self._of_one(self._start, name) for name in self._queue_of(kinds))

    def close(self) -> None:
        """Let another process keep the shelf; a sweep that is running goes on."""
        self._lock.close()
        self._is_keeper = False

    def _keeps(self) -> bool:
        """Tell whether this process keeps the shelf, which it does from the first time it can."""
        if self._is_keeper and not (self.root / LOCK_FILE).exists():  # the shelf was removed
            self.close()
        if not self._is_keeper and self.root.is_dir():
            with suppress(FolderInUse):
                self._lock.enter_context(locked(self.root))
                self._is_keeper = True
                for left in self.root.glob(f"{_REMOVED}*"):  # by a process that was killed
                    shutil.rmtree(left, ignore_errors=True)
        return self._is_keeper

    def _of_one(self, act: Callable[[str], _T], name: str) -> _T | None:
        """Do something with one sweep; whatever is wrong with it is logged once, and is no result.

        All others go on.
        """
        try:
            return act(name)
        except Exception as error:  # noqa: BLE001 - see above
            if (name, type(error)) not in self._logged:
                _log.exception("The sweep %s cannot be kept now", name)
            self._logged.add((name, type(error)))
            return None

    def _look_after_child(self, name: str) -> None:
        """Note why the command failed, if it has; the rest can be seen."""
        child = self._child
        if child is None:
            return
        home, status = self._home(name), child.poll()
        if not (home / _REQUEST).exists():  # removed by another process before it had begun
            self._child = None
            child.kill()
            shutil.rmtree(home, ignore_errors=True)
        elif status is not None:
            self._child = None
            if status >= 0 and status != _STOPPED and not self._is_explained(name):
                self._fail(name, last_words(home))

    def _remind(self, name: str) -> None:
        """Ask a command to stop that may have begun since: it removes what it finds then."""
        if (self._home(name) / _ASKED_TO_STOP).exists():
            self._pass_on(name)

    def _is_explained(self, name: str) -> bool:
        """Tell whether it is seen why a command ended: done, stopped, or another works there."""
        home = self._home(name)
        return (
            _is_finished(home / _SWEEP)
            or (home / _ASKED_TO_STOP).exists()
            or is_locked(home / _SWEEP)
        )

    def _start(self, name: str) -> bool:
        """Start the command, unless it has been started too often without getting on."""
        home = self._home(name)
        shards, (before, tries) = shard_count(home / _SWEEP), _tries(home)
        tries = 0 if shards > before else tries
        if tries >= _MOST_TRIES:
            self._fail(name, last_words(home))
            return False
        where: tuple[str, ...] = ("--workers", str(self.limits.workers))
        if self.limits.cluster:
            where = ("--cluster", self.limits.cluster)
        if (home / _TABLES).exists():
            where += ("--data", str(home / _TABLES))
        if (home / _RETRY).exists():
            where += ("--retry",)
        try:
            write(home / _TRIES, json.dumps([shards, tries + 1]).encode())
            self._child = Child(name, home, (home / _REQUEST, "--to", home / _SWEEP, *where))
        except OSError as error:  # a full disk; or it was removed
            self._fail(name, error.strerror or str(error))
        return self._child is not None

    def _fail(self, name: str, told: str) -> None:
        home = self._home(name)
        with suppress(FileNotFoundError):  # it was removed
            try:
                write(home / _FAILED, told.encode())
            except OSError:  # a full disk takes a name all the same
                write(home / _FAILED, b"")

    def _pass_on(self, name: str) -> None:
        """Ask the command to stop, if it is at work."""
        folder = self._home(name) / _SWEEP
        if (folder / SPEC_FILE).exists() and not _is_finished(folder):
            with suppress(FileNotFoundError):  # it was removed
                (folder / STOP_FILE).touch()

    def _kind(self, name: str) -> Kind:
        home = self._home(name)
        if _is_finished(home / _SWEEP):
            return "finished"
        if self._is_running(name):
            return "running"
        if (home / _ASKED_TO_STOP).exists():
            return "stopped"
        return "failed" if (home / _FAILED).exists() else "waiting"

    def _is_running(self, name: str) -> bool:
        child = self._child
        return (child is not None and child.name == name) or is_locked(self._home(name) / _SWEEP)

    def _ahead(self, name: str) -> int:
        kinds = self._kinds()
        running = list(kinds.values()).count("running")
        return running + self._queue_of(kinds | {name: "waiting"}).index(name)

    def _queue_of(self, kinds: Mapping[str, str]) -> list[str]:
        """Return the ids of the sweeps that wait, the next one first."""
        waiting = [name for name, kind in kinds.items() if kind == "waiting"]
        return sorted(waiting, key=lambda name: (_number_in(self._home(name) / _QUEUED), name))

    def _put_last(self, name: str) -> None:
        write(self._home(name) / _QUEUED, str(time.time_ns()).encode())

    def _kinds(self) -> dict[str, Kind]:
        """Return how it stands with each sweep whose folder can be looked at."""
        names = [path.name for path in self.root.iterdir() if self.has(path.name)]
        kinds = {name: self._of_one(self._kind, name) for name in names}
        return {name: kind for name, kind in kinds.items() if kind is not None}

    def _found(self, name: str) -> Path:
        if not self.has(name):
            raise KeyError(name)
        return self._home(name)

    def _home(self, name: str) -> Path:
        return self.root / name


def shelf_of(environment: Mapping[str, str]) -> Shelf:
    """Return the shelf that the operator's variables ask for.

    Raises:
        InvalidInput: a variable is wrong; the field is its name.
    """
    minutes, megabytes, workers = (_number(environment, name) for name in _VARIABLES)
    default = Limits()
    limits = Limits(
        seconds=default.seconds if minutes is None else 60 * minutes,
        bytes=default.bytes if megabytes is None else int(_MEGABYTE * megabytes),
        workers=default.workers if workers is None else int(workers),
        cluster=environment.get("DASK_SCHEDULER_ADDRESS") or None,
    )
    root = environment.get("DESCENT_LAB_SWEEPS") or "~/.descent-lab/sweeps"
    try:
        return Shelf(Path(root).expanduser(), limits)
    except RuntimeError:  # nobody's home is known
        raise InvalidInput("missing", "DESCENT_LAB_SWEEPS", None) from None


def _number(environment: Mapping[str, str], name: str) -> float | None:
    """Return the number in a variable; None if it is not set."""
    text, interval = environment.get(name), _VARIABLES[name]
    if not text:
        return None
    is_whole = name == "DESCENT_LAB_SWEEP_WORKERS"
    try:
        number = int(text) if is_whole else float(text)
    except ValueError:
        raise InvalidInput("wrong_type", name, text, "integer" if is_whole else "number") from None
    if number not in interval:
        raise InvalidInput("out_of_range", name, number, interval)
    return number


def _is_finished(folder: Path) -> bool:
    """Tell whether the final tables are there, which are written whole."""
    return all((folder / name).exists() for name in (RESULTS_FILE, WORKERS_FILE))


def _tries(home: Path) -> tuple[int, int]:
    """Return how many shards there were when the command was last started, and how often."""
    try:
        shards, times = json.loads(_read(home / _TRIES))
    except (ValueError, TypeError, RecursionError):
        return 0, 0
    is_whole = isinstance(shards, int) and isinstance(times, int)
    return (shards, times) if is_whole else (0, 0)


def _number_in(path: Path) -> int:
    """Return the number in a file, 0 where there is none."""
    try:
        return int(_read(path))
    except ValueError:
        return 0


def _read(path: Path) -> str:
    """Return the text of a file, "" where there is none that can be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
