"""A folder that one process at a time writes to."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_FILE: Final = "lock"
_PATIENCE_SECONDS: Final = 0.5  # who only asks whether a folder is in use holds it for far less
_AGAIN_SECONDS: Final = 0.01


class FolderInUse(Exception):  # noqa: N818 - says what is the case
    """Another process writes to the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a folder.

    The lock is the system's own: it ends with the process, however that ends. An empty file of the
    folder bears it.

    Raises:
        FolderInUse: another process holds it.
        OSError: the folder cannot be written to.
    """
    handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        last = time.monotonic() + _PATIENCE_SECONDS
        while not _take(handle):
            if time.monotonic() > last:
                raise FolderInUse
            time.sleep(_AGAIN_SECONDS)
        yield
    finally:
        os.close(handle)


def is_locked(folder: Path) -> bool:
    """Tell whether a process holds a folder; nothing is made where there is none.

    Raises:
        OSError: the folder cannot be read.
    """
    try:
        handle = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _take(handle, shared=True)
    finally:
        os.close(handle)


def _take(handle: int, *, shared: bool = False) -> bool:
    """Take a lock if it is free; it can be shared, except on Windows."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError as error:
        if isinstance(error, BlockingIOError | PermissionError):
            return False
        raise
    return True
