"""Files are written whole, and names of users never become paths."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.writing import file_name, write, write_all

# A small process that has as many children as asked for, one after the other. Each saves a file
# again and again, every time full of another letter, and is killed at a random moment of the first
# few saves. How often that is in the middle of one depends on the disk: a few times is asked for.
NURSERY = """
import json, os, random, signal, sys, time
from pathlib import Path
from files.writing import write

path, kills, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
chance, torn, letters, halves = random.Random(0), 0, set(), 0
durations = []
for _ in range(5):
    began = time.perf_counter()
    write(path, b"A" * size)
    durations.append(time.perf_counter() - began)
kill = 0
while kill < kills or (halves <= 5 and kill < 20 * kills):
    kill += 1
    child = os.fork()
    if not child:
        for number in range(10**9):
            write(path, bytes([65 + (kill + number) % 26]) * size)
    time.sleep(chance.uniform(0, 3 * min(durations)))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    content = path.read_bytes()
    torn += len(content) != size or len(set(content)) != 1
    letters |= set(content)
    for left in path.parent.glob(".saved.*"):
        halves += left.stat().st_size < size
        left.unlink()
print(json.dumps({"torn": torn, "letters": len(letters), "halves": halves}))
"""
KILLS = 200
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
    command = [sys.executable, "-c", NURSERY, str(tmp_path / "saved"), str(KILLS), str(SIZE)]

    seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert seen["torn"] == 0
    assert seen["letters"] > 5  # it did write
    assert seen["halves"] > 5  # and was killed in the middle of it


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
