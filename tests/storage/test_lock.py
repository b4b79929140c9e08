"""A folder that one process at a time writes to."""

import fcntl
import os
import subprocess
import sys

import pytest

from storage.lock import LOCK_FILE, FolderInUse, is_locked, locked

# Holds a folder until it is killed.
HOLDER = """
import sys
from pathlib import Path
from storage.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, folder], stdin=-1, stdout=-1, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_folder_is_free_again_when_its_holder_lets_go(tmp_path):
    with locked(tmp_path), pytest.raises(FolderInUse), locked(tmp_path):
        pass

    with locked(tmp_path):
        assert (tmp_path / LOCK_FILE).read_bytes() == b""


def test_another_process_is_kept_out_until_the_holder_is_killed(tmp_path):
    with holder(tmp_path) as process:
        with pytest.raises(FolderInUse), locked(tmp_path):
            pass
        process.kill()
        process.wait()

        with locked(tmp_path), pytest.raises(FolderInUse), locked(tmp_path):
            pass


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), locked(tmp_path / "missing"):
        pass


def test_whether_a_folder_is_held_can_be_asked(tmp_path):
    with locked(tmp_path):
        assert is_locked(tmp_path)

    assert not is_locked(tmp_path)


def test_a_killed_holder_holds_nothing(tmp_path):
    with holder(tmp_path) as process:
        assert is_locked(tmp_path)
        process.kill()
        process.wait()

        assert not is_locked(tmp_path)


def test_to_ask_makes_nothing(tmp_path):
    assert not is_locked(tmp_path)
    assert not is_locked(tmp_path / "missing")

    assert list(tmp_path.iterdir()) == []


def asking(folder):
    """The handle of somebody who has asked and has not let go yet."""
    handle = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def test_who_asks_keeps_nobody_out(tmp_path, monkeypatch):
    handle = asking(tmp_path)
    monkeypatch.setattr("time.sleep", lambda _seconds: os.close(handle))

    with locked(tmp_path):
        assert is_locked(tmp_path)


def test_who_asks_is_no_holder_for_others_who_ask(tmp_path):
    handle = asking(tmp_path)

    assert not is_locked(tmp_path)
    os.close(handle)
