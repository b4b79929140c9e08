"""Files are written whole, and names of users never become paths."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.writing import file_name, write, write_all

# A small process whose children save a file and are killed on the way, at every moment there is:
# one child before its first call of the system, the next after it, and so on, until one gets to the
# end; and children that the kernel kills in the middle of the content, after so many bytes of it.
NURSERY = """
import io, itertools, json, os, resource, signal, sys
from pathlib import Path
from storage.writing import write

path, size = Path(sys.argv[1]), int(sys.argv[2])
seen = {"old": 0, "new": 0, "torn": 0, "halves": 0}


def killed_at_event(number):
    events = itertools.count()

    def look(_frame, event, called):
        if not event.startswith("c_"):
            return
        system = called.__module__ in {"posix", "_io"} or isinstance(called.__self__, io.IOBase)
        if system and next(events) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)


def killed_after_bytes(number):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))


def is_killed(prepare, number):
    old, new = b"A" * size, b"B" * size
    path.write_bytes(old)
    child = os.fork()
    if not child:
        prepare(number)
        write(path, new)
        sys.setprofile(None)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    content = path.read_bytes()
    seen["old" if content == old else "new" if content == new else "torn"] += 1
    for left in path.parent.glob(".saved.*"):
        seen["halves"] += 0 < left.stat().st_size < size
        left.unlink()
    return os.WIFSIGNALED(status)


seen["moments"] = next(n for n in itertools.count() if not is_killed(killed_at_event, n))
seen["within"] = sum(is_killed(killed_after_bytes, n) for n in (1, size // 2, size - 1))
print(json.dumps(seen))
"""
SIZE = 100_000


def test_what_is_written_is_read(tmp_path):
    write(tmp_path / "a.csv", b"old")
    write(tmp_path / "a.csv", b"new")

    assert (tmp_path / "a.csv").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_folders_are_made(tmp_path):
    write_all(tmp_path / "out", {"figures/loss.html": b"1", "manifest.json": b"2"})

    assert (tmp_path / "out" / "figures" / "loss.html").read_bytes() == b"1"
    assert (tmp_path / "out" / "manifest.json").read_bytes() == b"2"


@pytest.mark.skipif(os.name != "posix", reason="needs fork and SIGKILL")
def test_a_killed_process_leaves_the_old_file_or_the_new_one(tmp_path):
    command = [sys.executable, "-c", NURSERY, str(tmp_path / "saved"), str(SIZE)]

    seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert seen["torn"] == 0
    assert seen["moments"] > 20
    assert seen["old"] > 10  # killed before the new file had its name
    assert seen["new"] > 1  # and after
    assert seen["within"] == seen["halves"] == 3


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    write(tmp_path / "a", b"old")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_killed_processes_left_is_swept_when_it_is_old(tmp_path):
    old, fresh, other = (tmp_path / name for name in (".a.1.part", ".a.2.part", ".b.1.part"))
    for path in (old, fresh, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (0, 0))

    write(tmp_path / "a", b"whole")

    assert not old.exists()
    assert fresh.exists()
    assert other.exists()


@given(st.lists(st.text(max_size=200), max_size=3))
def test_a_file_name_is_no_path_whatever_is_given(parts):
    name = file_name(*parts)

    assert 0 < len(name) <= 60
    assert name.isascii()
    assert all(mark.isalnum() or mark in "_-" for mark in name)
    assert name.startswith("descent-lab")


@pytest.mark.parametrize(
    "hostile", ["../../etc/passwd", "C:\\x", "CON", "a\r\nb", "\u202egnp", "\0"]
)
def test_hostile_names_become_plain_ones(hostile):
    assert not set(file_name(hostile)) & set("/\\:.\r\n\0\u202e")
