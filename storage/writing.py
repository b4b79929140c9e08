"""Writing files so that a reader never finds half of one."""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_ENDING: Final = ".part"
_STALE_SECONDS: Final = 3600.0  # no writing takes that long: its process has ended
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


def write(path: Path, content: bytes) -> None:
    """Write a whole file: if the process is killed, either the old file or the new one remains.

    Args:
        path: path of the file; its folder exists.
        content: its whole content.

    Raises:
        OSError: no permission or no space; the old file is unchanged.
    """
    with whole(path) as file:
        file.write(content)


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Give an open file that takes its place when all of it is written, as in ``write``.

    The content goes to a temporary file beside it and is flushed to the disk, then renamed.
    Temporary files of killed processes are removed after an hour.
    """
    _sweep(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_ENDING}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write several whole files in the given order.

    Args:
        folder: created if it is missing.
        files: content by path below the folder.
    """
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, content)


def file_name(*parts: str) -> str:
    """Return a file name of at most 60 letters, digits, ``_`` and ``-``, whatever the text.

    It is never a path or the name of a device, and has no control characters.
    """
    return _UNSAFE.sub("-", "-".join(("descent-lab", *parts))).strip("-")[:60]


def _sweep(path: Path) -> None:
    for left in path.parent.glob(f".{_escaped(path.name)}.*{_ENDING}"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            left.unlink(missing_ok=True)


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _sync(folder: Path) -> None:
    """Flush a new name to the disk; Windows does this by itself and cannot open folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
