"""Processes of this machine that train chunks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.problems.datasets.table import TABLES
from engine.training.chunks import train_chunk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from multiprocessing.connection import Connection

    from engine.problems.datasets.table import Table
    from engine.training.chunks import ChunkResult


class Local:
    """A pool of processes, each of which trains a chunk with one thread.

    They end within a second when this process closes it, or ends in any way: each watches its end
    of a pipe, whose other end this process alone holds.
    """

    def __init__(self, workers: int, tables: Sequence[Table] = ()) -> None:
        """Start so many processes, each with the rows of these tables."""
        self._workers, self._tables = workers, tuple(tables)
        self._start()

    @property
    def at_once(self) -> int:
        """Return how many chunks to hand in at a time, so that one is waiting for each worker."""
        return 2 * self._workers

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        watched, self._held = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            self._workers, mp_context=context, initializer=_begin, initargs=(watched, self._tables)
        )
        self._watched = watched
        # A process starts with each thing that is submitted until there are enough. All do so here:
        # they take over that Ctrl-C, which is for their owner, is ignored; and a pool that has just
        # been broken could not start one.
        others = set(multiprocessing.active_children())
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with suppress(BrokenExecutor):  # ``submit`` will tell
                for _ in range(self._workers):
                    self._pool.submit(os.getpid)
        finally:
            signal.signal(signal.SIGINT, before)
        self._processes = set(multiprocessing.active_children()) - others

    def submit(self, text: str) -> Future[ChunkResult]:
        """Hand in a chunk.

        Raises:
            BrokenExecutor: a process was killed; ``renew`` starts others.
        """
        return self._pool.submit(train_chunk, text)

    def renew(self) -> None:
        """Start other processes in place of those that were killed."""
        self.close()
        self._start()

    def close(self) -> None:
        """End the processes at once, whatever state they are in."""
        for process in self._processes:
            process.kill()
        self._held.close()
        self._pool.shutdown(cancel_futures=True)
        self._watched.close()


def _begin(held: Connection, tables: Sequence[Table]) -> None:
    """Keep tables for all chunks, and end this process when its owner is gone."""
    for table in tables:
        TABLES.keep(table.digest, table)

    def watch() -> None:
        held.poll(None)  # nothing is ever sent: it returns when the other end is closed
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
