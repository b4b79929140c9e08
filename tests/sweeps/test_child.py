"""The process that trains: what it inherits from a server, and what it does not."""

import json
import os
import sys
from pathlib import Path

import pytest

import sweeps.child
from sweeps.child import LOG_FILE, Child, last_words

# Tells what it finds: the words it was given, and where and how it runs.
TELLS = """
import json, os, sys
print(json.dumps({
    "words": sys.argv[1:],
    "environment": sorted(os.environ),
    "folder": os.getcwd(),
    "nice": os.getpriority(os.PRIO_PROCESS, 0),
    "leads": os.getsid(0) == os.getpid(),
    "handles": sorted(os.listdir("/proc/self/fd")),
    "input": sys.stdin.read(),
}))
print("the reason", file=sys.stderr)
"""


NICER = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
WAITS = f"import os\nwhile os.getpriority(os.PRIO_PROCESS, 0) < {NICER}: pass\n"


def told(home, monkeypatch, *words):
    """What a process tells that a server starts with some words, when it has begun to give way."""
    monkeypatch.setattr(sweeps.child, "_COMMAND", ("-c", WAITS + TELLS))
    child = Child("name", home, words)
    assert child._process.wait() == child.poll() == 0
    return json.loads((home / LOG_FILE).read_text())


def test_it_is_given_the_words_of_the_command(tmp_path, monkeypatch):
    words = (tmp_path / "spec.json", "--to", tmp_path)

    assert told(tmp_path, monkeypatch, *words)["words"] == ["sweep", *map(str, words)]


def test_it_gives_way_and_stays_when_a_terminal_is_closed(tmp_path, monkeypatch):
    seen = told(tmp_path, monkeypatch)

    assert seen["nice"] == NICER
    assert seen["leads"]
    assert seen["input"] == ""


def test_it_inherits_no_open_files(tmp_path, monkeypatch):
    with (tmp_path / "own").open("w"):
        seen = told(tmp_path, monkeypatch)

    assert seen["handles"] == ["0", "1", "2", "3"]  # the last one is that of the list itself


def test_it_knows_nothing_of_streamlit(tmp_path, monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "8600")
    monkeypatch.setenv("DASK_TEMPORARY_DIRECTORY", str(tmp_path))

    names = told(tmp_path, monkeypatch)["environment"]

    assert [name for name in names if "STREAMLIT" in name] == []
    assert {"PATH", "DASK_TEMPORARY_DIRECTORY"} <= set(names)


def test_in_a_checkout_it_finds_the_rooms_wherever_the_server_runs(tmp_path, monkeypatch):
    root = Path.cwd()
    monkeypatch.chdir(tmp_path)

    assert told(tmp_path, monkeypatch)["folder"] == str(root)


def test_its_last_words_are_those_of_its_errors(tmp_path, monkeypatch):
    assert last_words(tmp_path) == ""

    told(tmp_path, monkeypatch)

    assert last_words(tmp_path) == "the reason"


@pytest.mark.parametrize("script", ["", "print('36 lanes')"])
def test_a_command_that_gives_no_reason_has_no_last_words(tmp_path, monkeypatch, script):
    monkeypatch.setattr(sweeps.child, "_COMMAND", ("-c", script))
    Child("name", tmp_path, ())._process.wait()

    assert last_words(tmp_path) == ""


def test_of_endless_errors_the_end_is_read(tmp_path):
    (tmp_path / "errors.txt").write_bytes(b"\xff" * 100_000 + b"\nthe reason\n\n")

    assert last_words(tmp_path) == "the reason"


def test_a_kill_ends_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps.child, "_COMMAND", ("-c", "while True: pass"))
    child = Child("name", tmp_path, ())
    assert child.poll() is None

    child.kill()

    assert child.poll() == -9


def test_an_interpreter_that_is_gone_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))

    with pytest.raises(FileNotFoundError):
        Child("name", tmp_path, ())


def test_its_last_words_do_not_say_where_the_folder_lies(tmp_path):
    home = tmp_path / "secret/A1"
    home.mkdir(parents=True)
    (home / "errors.txt").write_text(f"{home}/sweep/rows: Permission denied ({home})\n")

    assert last_words(home) == "sweep/rows: Permission denied (A1)"
