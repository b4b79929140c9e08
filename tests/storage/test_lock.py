"""A folder that one process at a time writes to."""

import subprocess
import sys

import pytest

from storage.lock import LOCK_FILE, FolderInUse, locked

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
