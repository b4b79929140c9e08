"""Writing files so that a reader never finds half of one."""

from __future__ import annotations

import os
import re
import secrets
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ENDING: Final = ".part"
_STALE_SECONDS: Final = 3600.0  # no writing takes that long: its process is gone
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


def write(path: Path, content: bytes) -> None:
    """Write a file whole: a process killed on the way leaves the old one or the new one.

    The content goes to a temporary file beside it, to the disk, and only then under its name. What
    killed processes have left behind for more than an hour is removed.

    Args:
        path: where; its folder exists.
        content: all of the file.

    Raises:
        OSError: no permission, no room; the old file is as it was.
    """
    _sweep(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_ENDING}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write several files, each of them whole, in the given order.

    Args:
        folder: made where it is missing.
        files: content by path below the folder.
    """
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, content)


def file_name(*parts: str) -> str:
    """Return a file name made of at most 60 letters, digits, ``_`` and ``-``, whatever is given.

    No path, no control character and no name of a device can come of it.
    """
    return _UNSAFE.sub("-", "-".join(("descent-lab", *parts))).strip("-")[:60]


def _sweep(path: Path) -> None:
    for left in path.parent.glob(f".{_escaped(path.name)}.*{_ENDING}"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            left.unlink(missing_ok=True)


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _sync(folder: Path) -> None:
    """Bring a new name to the disk; Windows does so by itself and cannot open folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
