"""A folder that one process at a time writes to."""

import subprocess
import sys

import pytest

from storage.lock import FolderInUse, is_locked, locked

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


def test_a_folder_is_free_before_and_after_it_was_locked(tmp_path):
    assert not is_locked(tmp_path)
    with locked(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


def test_another_process_is_kept_out_until_the_holder_is_killed(tmp_path):
    with holder(tmp_path) as process:
        with pytest.raises(FolderInUse), locked(tmp_path):
            pass
        assert is_locked(tmp_path)
        process.kill()
        process.wait()

        assert not is_locked(tmp_path)
        with locked(tmp_path):
            pass


def test_asking_takes_nothing(tmp_path):
    is_locked(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), locked(tmp_path / "missing"):
        pass
