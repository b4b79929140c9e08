"""Runs a sweep: hands chunks to workers, keeps what comes back, and isolates a lane that kills.

No result is lost but those of the chunks in training: a folder holds every other one within a
second.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from engine.training.chunks import OtherEngine
from sweeps.tables import failed_rows, rows

if TYPE_CHECKING:
    from collections.abc import Generator
    from concurrent.futures import Future

    import pyarrow as pa

    from engine.arrays import Booleans
    from engine.training.chunks import ChunkResult
    from sweeps.chunking import Chunk, Chunking
    from sweeps.store import Folder

_LOOK_SECONDS: Final = 0.2
_SHARD_SECONDS: Final = 1.0


class Crew(Protocol):
    """Who trains chunks: processes of this machine, or a cluster."""

    @property
    def at_once(self) -> int:
        """Return how many chunks to hand in at a time."""

    def submit(self, text: str) -> Future[ChunkResult]:
        """Hand in a chunk; raises ``BrokenExecutor`` if workers were killed."""

    def renew(self) -> None:
        """Start other workers after some were killed."""

    def close(self) -> None:
        """Let the workers go at once."""


class CrewGone(Exception):  # noqa: N818 - says what happened
    """The cluster does not answer, or no longer; the argument says why, if that is known."""


@dataclass(frozen=True)
class State:
    """How far a sweep is.

    Attributes:
        lanes: how many it has.
        done: how many are in the folder, with those that failed.
        failed: how many could not be trained.
        rate: lanes per second since this process began.
        seconds_left: an estimate that the chunks so far have corrected; None before the first.
    """

    lanes: int
    done: int
    failed: int
    rate: float
    seconds_left: float | None


class Runner:
    """One process's work on a sweep."""

    def __init__(self, folder: Folder, chunking: Chunking, crew: Crew, done: Booleans) -> None:
        """Take a folder, the chunks, who trains them, and which lanes need no training."""
        self._folder, self._chunking, self._crew = folder, chunking, crew
        self._chunks = chunking.chunks(done)
        self._lanes, self._done, self._failed = done.size, int(done.sum()), 0
        self._left = sum(chunk.seconds for chunk in chunking.chunks(done))
        self._trained, self._errors, self._seconds = 0, 0, 0.0
        self._in_training: dict[Future[ChunkResult], Chunk] = {}
        self._suspects: deque[Chunk] = deque()  # one of them may have killed its worker
        self._waiting: deque[Chunk] = deque()
        self._accused: set[tuple[int, int]] = set()  # lanes whose worker was killed once
        self._tables: list[pa.Table] = []
        self._began = self._written = time.monotonic()

    def states(self) -> Generator[State, None, None]:
        """Train what is missing, telling several times a second how far it is.

        Closing it, as any error, keeps all results that have come back.

        Raises:
            OSError: the folder cannot be written to.
            CrewGone: the cluster no longer answers.
            OtherEngine: a worker has another version of the engine.
            Exception: what every chunk raised so far, where none came back.
        """
        try:
            while self._fill():
                self._collect()
                self._write(_SHARD_SECONDS)
                yield self.state()
        finally:
            self._write(0.0)

    def _fill(self) -> bool:
        """Hand in chunks, a suspect alone; return whether there is anything to wait for."""
        try:
            if self._suspects:
                if not self._in_training:
                    self._submit(self._suspects[0])
                    self._suspects.popleft()
                return True
            while len(self._in_training) < self._crew.at_once:
                chunk = self._waiting[0] if self._waiting else next(self._chunks, None)
                if chunk is None:
                    break
                if not self._waiting:
                    self._waiting.append(chunk)
                self._submit(chunk)
                self._waiting.popleft()
        except BrokenExecutor:  # known before any result tells: nothing was taken
            self._take_back()
        return bool(self._in_training or self._suspects or self._waiting)

    def _submit(self, chunk: Chunk) -> None:
        self._in_training[self._crew.submit(self._chunking.text(chunk))] = chunk

    def _collect(self) -> None:
        """Take the chunks that have ended."""
        ended, _ = wait(self._in_training, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
        for future in ended:
            if future.cancelled():
                raise CrewGone
            error = future.exception()
            if isinstance(error, BrokenExecutor):
                self._take_back()
                return
            chunk = self._in_training.pop(future)
            if error is None:
                self._keep(rows(self._folder.spec, chunk, future.result()), chunk)
            elif isinstance(error, OtherEngine):
                raise error
            else:
                self._divide(chunk, error)

    def _divide(self, chunk: Chunk, error: BaseException) -> None:
        """Look for the lane in which an error was raised, unless it seems to be in every one."""
        self._errors += 1
        if not self._trained and self._errors > self._crew.at_once:
            raise error
        if len(chunk.settings) > 1:
            self._waiting.extend(chunk.halves())
        else:
            self._fail(chunk, f"{type(error).__name__}: {error}")

    def _take_back(self) -> None:
        """Start other workers; of what was in training any may have killed one."""
        lost = list(self._in_training.values())
        self._in_training.clear()
        self._crew.renew()
        if len(lost) > 1:
            self._suspects.extend(lost)
        elif lost and len(lost[0].settings) > 1:
            self._suspects.extendleft(reversed(lost[0].halves()))
        elif lost:
            self._accuse(lost[0])

    def _accuse(self, chunk: Chunk) -> None:
        """Try a lane again whose worker was killed, for others may have done that; then name it."""
        lane = int(chunk.settings[0]), chunk.seed
        if lane in self._accused:
            self._fail(chunk, "killed its worker")
        else:
            self._accused.add(lane)
            self._suspects.appendleft(chunk)

    def _fail(self, chunk: Chunk, reason: str) -> None:
        self._failed += 1
        self._keep(failed_rows(self._folder.spec, chunk, reason), chunk)

    def _keep(self, table: pa.Table, chunk: Chunk) -> None:
        self._tables.append(table)
        self._trained += len(chunk.settings)
        self._seconds += chunk.seconds

    def _write(self, seconds: float) -> None:
        """Write a shard of what has come back, unless one was written so short ago."""
        if self._tables and time.monotonic() - self._written >= seconds:
            self._folder.append(self._tables)
            self._tables = []
            self._written = time.monotonic()

    def state(self) -> State:
        """Return how far it is."""
        took = time.monotonic() - self._began
        left = None
        if self._seconds:
            left = max(0.0, self._left - self._seconds) * took / self._seconds
        done = self._done + self._trained
        rate = self._trained / took if took else 0.0
        return State(self._lanes, done, self._failed, rate, left)
