"""A server's sweeps: one at a time, in their order, whatever happens to the server."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sweeps.child
import sweeps.shelf
from engine import InvalidInput
from storage.lock import FolderInUse, is_locked, locked
from sweeps.chunking import Chunking
from sweeps.lanes import Watch
from sweeps.shelf import Limits, Shelf, Status, shelf_of
from sweeps.store import FolderRefused
from tests.descent_lab.test_sweep import DRIVER, LONG
from tests.sweeps.small import ON_TABLE, SPEC, TABLE, result_bytes, swept

# A server that keeps a shelf until it is killed.
SERVER = """
import sys
from pathlib import Path
from threading import Event
import sweeps.child
from sweeps.shelf import Limits, Shelf
sweeps.child._COMMAND, sweeps.child._NICE = ("-c", sys.argv[2]), 0
Shelf(Path(sys.argv[1]), Limits(workers=1)).keep(Event())
"""


class Command:
    """A command that does what a test says."""

    def __init__(self, name, home, words):
        self.name, self.home, self.words, self.status = name, home, words, None
        (home / "errors.txt").write_bytes(b"")
        (home / "sweep/rows").mkdir(parents=True, exist_ok=True)
        (home / "sweep/sweep.json").write_text(SPEC.key)
        (home / "sweep/stop").unlink(missing_ok=True)

    def writes_rows(self):
        number = 1 + len(list((self.home / "sweep/rows").iterdir()))
        (self.home / f"sweep/rows/{number:06d}.parquet").touch()

    def finishes(self):
        for name in ("results", "workers"):
            (self.home / f"sweep/{name}.parquet").touch()
        self.ends(0)

    def ends(self, status, told=""):
        (self.home / "errors.txt").write_text(told)
        self.status = status

    def poll(self):
        return self.status

    def kill(self):
        self.status = -9


@pytest.fixture
def commands(monkeypatch):
    """The commands that were started, the last one at the end; none of them is a process."""
    started = []

    def start(*given):
        started.append(Command(*given))
        return started[-1]

    monkeypatch.setattr(sweeps.shelf, "Child", start)
    monkeypatch.setattr("storage.lock._PATIENCE_SECONDS", 0.0)
    return started


@pytest.fixture
def shelf(tmp_path):
    """A shelf whose folder is not there yet."""
    made = Shelf(tmp_path / "shelf", Limits(workers=1))
    yield made
    made.close()


def kinds(shelf, names):
    return [shelf.status(name).kind for name in names]


# What it holds


def test_a_sweep_is_found_by_its_id(shelf):
    before = datetime.now(UTC).timestamp()
    name = shelf.add(SPEC)

    assert shelf.spec(name) == SPEC
    assert before - 1 < shelf.began(name).timestamp() <= datetime.now(UTC).timestamp()
    assert shelf.status(name) == Status("waiting", ahead=0)
    assert shelf.folder(name).relative_to(shelf.root).parts == (name, "sweep")


def test_rows_of_a_readers_table_are_kept_for_the_command_as_long_as_the_sweep(shelf, commands):
    name = shelf.add(ON_TABLE, [TABLE])
    shelf.look_once()

    (command,) = commands
    words = list(map(str, command.words))
    file = Path(words[words.index("--data") + 1])
    assert json.loads(file.read_text()) == [TABLE.as_json()]
    assert file.parent == shelf.root / name
    command.finishes()
    shelf.look_once()
    shelf.remove(name)
    assert not file.exists()


def test_nobody_else_may_look_into_its_folder(shelf):
    shelf.add(SPEC)

    assert shelf.root.stat().st_mode & 0o777 == 0o700


def test_ids_cannot_be_guessed(shelf):
    names = {shelf.add(SPEC) for _ in range(10)}

    assert len(names) == 10
    assert {len(name) for name in names} == {22}  # 128 bits, six to a letter


def test_what_one_session_adds_all_see(shelf):
    name = shelf.add(SPEC)

    other = Shelf(shelf.root, shelf.limits)
    assert other.spec(name) == SPEC
    assert other.status(name) == shelf.status(name)


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """A shelf with a sweep, and one beside it with a name of the right length."""
    root = tmp_path_factory.mktemp("beside")
    outside = root / ("x" * 22)
    outside.mkdir()
    (outside / "spec.json").write_text(SPEC.model_dump_json())
    shelf = Shelf(root / "shelf", Limits())
    shelf.add(SPEC)
    return shelf, outside


@given(text=st.text() | st.text("AZaz09_-", min_size=22, max_size=22))
@example("")
@example(".")
@example("..")
@example("../" + "x" * 22)
@example("CON")
@example("nul.txt")
@example("x" * 22 + "\n")
@example("\0" * 22)
@example("/" * 22)
@example("x" * 10_000)
def test_what_is_no_id_is_no_sweep(beside, text):
    shelf, outside = beside
    for name in (text, f"{next(shelf.root.iterdir()).name}{text} ", f"{outside}{text}"):
        assert shelf.spec(name) is None
        for asked in (shelf.folder, shelf.began, shelf.status):
            with pytest.raises(KeyError):
                asked(name)
        for done in (shelf.stop, shelf.resume, shelf.remove):
            done(name)

    assert [path.name for path in outside.iterdir()] == ["spec.json"]


def test_a_sweep_of_a_later_version_is_none(shelf):
    name = shelf.add(SPEC)
    (shelf.root / name / "spec.json").write_text('{"format": 1000}')

    assert shelf.spec(name) is None


# Limits


@pytest.mark.parametrize(
    ("limits", "field"),
    [({"seconds": 1e-3}, "sweep_seconds"), ({"bytes": 100}, "sweep_bytes")],
)
def test_what_costs_too_much_is_refused_and_leaves_nothing(tmp_path, limits, field):
    shelf = Shelf(tmp_path / "shelf", Limits(**limits))

    with pytest.raises(InvalidInput) as caught:
        shelf.add(SPEC)

    (limit,) = limits.values()
    assert (caught.value.code, caught.value.field) == ("too_expensive", field)
    assert caught.value.value > limit == caught.value.limits.high
    assert not shelf.root.exists()


def test_workers_share_the_time(tmp_path):
    size = Chunking(SPEC).size
    limits = Limits(seconds=size.seconds / 3, workers=4)

    assert limits.seconds_of(size) == size.seconds / 4
    assert Shelf(tmp_path, limits).add(SPEC)
    with pytest.raises(InvalidInput):
        Limits(seconds=size.seconds / 3, workers=2).check(size)


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_the_server(monkeypatch, cores, workers):
    monkeypatch.setattr(sweeps.shelf, "cores", lambda: cores)

    assert Limits().workers == workers


def test_without_variables_a_user_has_a_folder_and_the_limits_of_a_page(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    shelf = shelf_of({})

    assert shelf.root == tmp_path / ".descent-lab/sweeps"
    assert shelf.limits == Limits(seconds=600, bytes=200_000_000, cluster=None)
    assert not shelf.root.exists()


def test_the_operator_may_set_all_of_them(tmp_path):
    shelf = shelf_of(
        {
            "DESCENT_LAB_SWEEPS": str(tmp_path),
            "DESCENT_LAB_SWEEP_MINUTES": "0.5",
            "DESCENT_LAB_SWEEP_MEGABYTES": "3",
            "DESCENT_LAB_SWEEP_WORKERS": "7",
            "DASK_SCHEDULER_ADDRESS": "tcp://host:8786",
        }
    )

    assert shelf.root == tmp_path
    assert shelf.limits == Limits(30.0, 3_000_000, 7, "tcp://host:8786")


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("DESCENT_LAB_SWEEP_MINUTES", "ten", "wrong_type"),
        ("DESCENT_LAB_SWEEP_MINUTES", "nan", "out_of_range"),
        ("DESCENT_LAB_SWEEP_MINUTES", "inf", "out_of_range"),
        ("DESCENT_LAB_SWEEP_MINUTES", "0", "out_of_range"),
        ("DESCENT_LAB_SWEEP_MEGABYTES", "-1", "out_of_range"),
        ("DESCENT_LAB_SWEEP_MEGABYTES", "1e300", "out_of_range"),
        ("DESCENT_LAB_SWEEP_WORKERS", "1.5", "wrong_type"),
        ("DESCENT_LAB_SWEEP_WORKERS", "0", "out_of_range"),
        ("DESCENT_LAB_SWEEP_WORKERS", "9" * 5_000, "wrong_type"),
    ],
)
def test_a_wrong_variable_is_named(name, text, code):
    with pytest.raises(InvalidInput) as caught:
        shelf_of({name: text})

    assert (caught.value.code, caught.value.field) == (code, name)


def test_a_variable_without_text_is_not_set():
    names = ["SWEEPS", "SWEEP_MINUTES", "SWEEP_MEGABYTES", "SWEEP_WORKERS"]
    empty = {f"DESCENT_LAB_{name}": "" for name in names} | {"DASK_SCHEDULER_ADDRESS": ""}

    assert shelf_of(empty).limits == shelf_of({}).limits


def test_where_nobodys_home_is_known_the_folder_must_be_named(monkeypatch):
    def unknown(_path):
        raise RuntimeError

    monkeypatch.setattr(Path, "expanduser", unknown)

    with pytest.raises(InvalidInput, match="DESCENT_LAB_SWEEPS: missing"):
        shelf_of({})


# The queue


def test_one_sweep_after_the_other_in_the_order_in_which_they_were_added(shelf, commands):
    names = [shelf.add(SPEC) for _ in range(3)]
    shelf.look_once()
    assert [shelf.status(name) for name in names] == [
        Status("running"),
        Status("waiting", ahead=1),
        Status("waiting", ahead=2),
    ]

    for done in range(3):
        commands[-1].finishes()
        shelf.look_once()
        assert kinds(shelf, names[: done + 1]) == ["finished"] * (done + 1)

    assert [command.name for command in commands] == names


def test_the_command_is_told_what_where_and_by_whom(shelf, commands):
    name = shelf.add(SPEC)
    shelf.look_once()

    home = shelf.root / name
    assert commands[0].words == (home / "spec.json", "--to", shelf.folder(name), "--workers", "1")


def test_a_cluster_stands_in_place_of_workers(tmp_path, commands):
    shelf = Shelf(tmp_path, Limits(workers=1, cluster="tcp://host:8786"))
    shelf.add(SPEC)
    shelf.look_once()

    assert commands[0].words[-2:] == ("--cluster", "tcp://host:8786")
    shelf.close()


def test_a_sweep_that_waits_is_stopped_at_once_and_resumed_at_the_end(shelf, commands):
    first, second, third = (shelf.add(SPEC) for _ in range(3))
    shelf.look_once()

    shelf.stop(second)
    assert kinds(shelf, (second, third)) == ["stopped", "waiting"]
    assert shelf.status(third).ahead == 1

    shelf.resume(second)
    assert shelf.status(second).ahead == 2
    for _ in range(3):
        commands[-1].finishes()
        shelf.look_once()
    assert [command.name for command in commands] == [first, third, second]


def test_a_sweep_that_is_running_is_asked_to_stop_by_a_file(shelf, commands):
    first, second = shelf.add(SPEC), shelf.add(SPEC)
    shelf.look_once()

    shelf.stop(first)
    assert shelf.status(first) == Status("running", is_stopping=True)
    assert (shelf.folder(first) / "stop").exists()

    commands[0].ends(3, "Stopped.")
    shelf.look_once()
    assert shelf.status(first) == Status("stopped")
    assert kinds(shelf, (first, second)) == ["stopped", "running"]

    shelf.resume(first)
    assert not (shelf.folder(first) / "stop").exists()
    assert shelf.status(first) == Status("waiting", ahead=1)


def test_a_command_that_began_after_it_was_asked_is_asked_again(shelf, commands):
    """It removes what it finds in its folder, which may be from before."""
    name = shelf.add(SPEC)
    shelf.look_once()
    shelf.stop(name)
    (shelf.folder(name) / "stop").unlink()

    shelf.look_once()

    assert (shelf.folder(name) / "stop").exists()
    assert len(commands) == 1


def test_to_stop_what_is_done_changes_nothing(shelf, commands):
    name = shelf.add(SPEC)
    shelf.look_once()
    commands[0].finishes()
    shelf.look_once()

    shelf.stop(name)

    assert shelf.status(name) == Status("finished")


def test_to_resume_what_nobody_stopped_keeps_its_place(shelf):
    first, second = shelf.add(SPEC), shelf.add(SPEC)

    shelf.resume(first)

    assert [shelf.status(name).ahead for name in (first, second)] == [0, 1]


def test_a_sweep_that_is_running_cannot_be_removed(shelf, commands):
    name, other = shelf.add(SPEC), shelf.add(SPEC)
    shelf.look_once()
    with pytest.raises(FolderInUse):
        shelf.remove(name)

    commands[0].finishes()
    shelf.look_once()
    shelf.remove(name)
    shelf.remove(name)

    assert shelf.spec(name) is None
    assert [path.name for path in shelf.root.iterdir() if path.is_dir()] == [other]


def cut(file):
    """Leave half of a file."""
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


@pytest.fixture
def finished(shelf):
    """The id of a sweep that is trained."""
    name = shelf.add(SPEC)
    swept(shelf.folder(name))
    return name


def test_to_resume_a_finished_sweep_changes_nothing(shelf, finished):
    before = result_bytes(shelf.folder(finished))

    shelf.resume(finished)

    assert shelf.status(finished) == Status("finished")
    assert result_bytes(shelf.folder(finished)) == before


def test_a_finished_sweep_that_cannot_be_read_is_trained_again(shelf, finished, commands):
    folder = shelf.folder(finished)
    before = result_bytes(folder)
    for file in (*folder.glob("rows/*.parquet"), folder / "results.parquet"):
        cut(file)

    shelf.resume(finished)
    assert shelf.status(finished) == Status("waiting")
    shelf.look_once()
    assert [command.name for command in commands] == [finished]
    swept(folder)  # as the command does

    assert result_bytes(folder) == before
    assert Watch(folder, SPEC).look().unreadable == ()
    commands[0].ends(0)
    shelf.look_once()
    assert shelf.status(finished) == Status("finished")


def test_where_the_tables_are_whole_damaged_rows_lose_nothing(shelf, finished):
    for file in shelf.folder(finished).glob("rows/*.parquet"):
        cut(file)

    shelf.resume(finished)

    assert shelf.status(finished) == Status("finished")


def test_a_finished_sweep_at_which_somebody_works_keeps_its_tables(shelf, finished):
    with locked(shelf.folder(finished)), pytest.raises(FolderInUse):
        shelf.retry(finished)

    assert result_bytes(shelf.folder(finished))


@pytest.mark.parametrize("act", ["remove", "retry"])
def test_a_command_that_still_tells_what_came_of_a_finished_sweep_is_in_nobodys_way(
    shelf, commands, act
):
    name, other = shelf.add(SPEC), shelf.add(SPEC)
    shelf.look_once()
    commands[0].finishes()
    commands[0].status = None  # it has written all, and has not ended

    getattr(shelf, act)(name)
    assert commands[0].status == -9
    for _ in range(2):
        shelf.look_once()
        commands[-1].finishes()

    assert [command.name for command in commands[:2]] == [name, other]
    assert shelf.has(name) is (act == "retry")
    assert (commands[-1].name == name) is (act == "retry")


def test_a_finished_sweep_of_another_engine_keeps_its_tables(shelf, finished):
    folder = shelf.folder(finished)
    held = json.loads((folder / "sweep.json").read_bytes())
    (folder / "sweep.json").write_text(json.dumps(held | {"engine": held["engine"] + 1}))

    with pytest.raises(FolderRefused, match="other_engine"):
        shelf.retry(finished)

    assert shelf.status(finished) == Status("finished")
    assert result_bytes(folder)


def test_lanes_that_could_not_be_trained_are_tried_again_once(shelf, commands):
    name = shelf.add(SPEC)
    shelf.look_once()
    assert "--retry" not in commands[0].words
    commands[0].finishes()
    shelf.look_once()

    shelf.retry(name)
    assert shelf.status(name) == Status("waiting", is_retried=True)
    shelf.look_once()
    assert commands[1].words[-1] == "--retry"
    assert shelf.status(name) == Status("running", is_retried=True)
    commands[1].finishes()
    commands[1].ends(1)
    for _ in range(3):
        shelf.look_once()

    assert shelf.status(name) == Status("finished")
    assert len(commands) == 2


def test_a_server_that_is_started_again_still_tries_them(shelf, commands):
    name = shelf.add(SPEC)
    shelf.look_once()
    commands[0].finishes()
    shelf.look_once()
    shelf.retry(name)
    shelf.close()

    other = Shelf(shelf.root, shelf.limits)
    other.look_once()

    assert commands[1].words[-1] == "--retry"
    other.close()


def test_only_a_finished_sweep_is_tried_again(shelf, commands):
    name = shelf.add(SPEC)
    shelf.retry(name)
    shelf.retry("A" * 22)
    shelf.look_once()

    assert "--retry" not in commands[0].words


# What is damaged, or not to be written


@pytest.mark.parametrize("mark", ["queued", "tries", "failed"])
@given(content=st.binary())
@example(b"x\0")
@example(b"\xff\xfe")
@example(b"9" * 5_000)
@example(b"[")
@example(b"[" * 100_000)
@example(b"null")
@example(b"[1, 2, 3]")
@example(b'["a", {}]')
@example(b"[NaN, 1e999]")
def test_a_mark_that_cannot_be_read_stops_no_sweep(mark, content):
    with TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patched:
        started = []
        patched.setattr(
            sweeps.shelf, "Child", lambda *given: started.append(given[0]) or Command(*given)
        )
        shelf = Shelf(Path(root), Limits(workers=1))
        damaged, other = shelf.add(SPEC), shelf.add(SPEC)
        (shelf.root / damaged / mark).write_bytes(content)
        for name in (damaged, other):
            assert shelf.status(name).kind in {"waiting", "failed"}

        shelf.look_once()
        shelf._child.finishes()
        shelf.look_once()
        shelf.close()

        assert other in started


@pytest.mark.parametrize("mark", ["queued", "tries", "failed"])
def test_a_folder_in_the_place_of_a_mark_stops_no_sweep(shelf, commands, mark):
    damaged, other = shelf.add(SPEC), shelf.add(SPEC)
    (shelf.root / damaged / mark).unlink(missing_ok=True)
    (shelf.root / damaged / mark).mkdir()

    for _ in range(3):
        shelf.look_once()
        if commands:
            commands[-1].finishes()

    assert other in [command.name for command in commands]
    assert shelf.status(damaged).kind in {"failed", "finished"}


def test_what_goes_wrong_with_one_sweep_is_logged_once_and_the_others_go_on(
    shelf, commands, monkeypatch, caplog
):
    first, second = shelf.add(SPEC), shelf.add(SPEC)
    start = shelf._start

    def strange(name):
        if name == first:
            raise RuntimeError("strange")
        return start(name)

    monkeypatch.setattr(shelf, "_start", strange)
    for _ in range(3):
        shelf.look_once()

    assert [command.name for command in commands] == [second]
    assert [record.exc_info[0] for record in caplog.records] == [RuntimeError]


def test_a_sweep_that_cannot_be_looked_at_is_in_nobodys_way(shelf, commands, monkeypatch):
    closed, other = shelf.add(SPEC), shelf.add(SPEC)
    look = sweeps.shelf.is_locked

    def refused(folder):
        if folder == shelf.folder(closed):
            raise PermissionError(errno.EACCES, "Permission denied")
        return look(folder)

    monkeypatch.setattr(sweeps.shelf, "is_locked", refused)

    assert shelf.status(closed) == Status("failed", told="Permission denied")
    assert shelf.status(other) == Status("waiting")
    shelf.look_once()
    assert [command.name for command in commands] == [other]


def test_the_end_of_a_command_is_seen_where_no_mark_can_be_written(shelf, commands, monkeypatch):
    first, second = shelf.add(SPEC), shelf.add(SPEC)
    shelf.look_once()
    write = sweeps.shelf.write

    def full(path, content):
        if path.parent.name == first:
            raise OSError(errno.EROFS, "Read-only file system")
        write(path, content)

    monkeypatch.setattr(sweeps.shelf, "write", full)
    commands[0].ends(2, "Reason.")
    shelf.look_once()

    assert [command.name for command in commands] == [first, second]


def test_a_sweep_that_cannot_be_written_leaves_nothing(shelf, monkeypatch):
    def full(_path, _content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sweeps.shelf, "write", full)

    with pytest.raises(OSError, match="No space left"):
        shelf.add(SPEC)

    assert list(shelf.root.iterdir()) == []


def test_a_file_in_the_place_of_the_shelf_has_no_sweeps(tmp_path):
    (tmp_path / "shelf").touch()
    shelf = Shelf(tmp_path / "shelf", Limits())

    shelf.look_once()

    assert not shelf.has("A" * 22)
    assert shelf.spec("A" * 22) is None
    with pytest.raises(FileExistsError):
        shelf.add(SPEC)


def test_a_sweep_whose_folder_is_removed_is_there_no_longer(shelf):
    name = shelf.add(SPEC)
    assert shelf.has(name)

    shutil.rmtree(shelf.root / name)

    assert not shelf.has(name)
    with pytest.raises(KeyError):
        shelf.status(name)


# What ends a command


def test_what_it_refuses_is_not_started_again_until_it_is_resumed(shelf, commands):
    name, other = shelf.add(SPEC), shelf.add(SPEC)
    shelf.look_once()
    commands[0].ends(2, "Something\nThe folder holds another sweep.\n")
    shelf.look_once()
    shelf.look_once()

    assert shelf.status(name) == Status("failed", told="The folder holds another sweep.")
    assert [command.name for command in commands] == [name, other]

    shelf.resume(name)
    commands[1].finishes()
    shelf.look_once()
    assert [command.name for command in commands] == [name, other, name]
    assert shelf.status(name) == Status("running")


@pytest.mark.parametrize(("status", "told"), [(-9, ""), (-15, ""), (3, "No space left on device")])
def test_what_ends_before_its_time_is_started_again_three_times(shelf, commands, status, told):
    name = shelf.add(SPEC)
    for _ in range(4):
        shelf.look_once()
        assert shelf.status(name) == Status("running")
        commands[-1].ends(status, told)

    shelf.look_once()

    assert shelf.status(name) == Status("failed", told=told)
    assert len(commands) == 4
    shelf.resume(name)
    shelf.look_once()
    assert len(commands) == 5


def test_what_gets_on_is_started_again_as_often_as_need_be(shelf, commands):
    name = shelf.add(SPEC)
    for turn in range(12):
        shelf.look_once()
        if turn % 3 == 0:
            commands[-1].writes_rows()
        commands[-1].ends(-9)
    shelf.look_once()

    assert len(commands) == 13
    assert shelf.status(name) == Status("running")


def test_a_sweep_with_lanes_that_could_not_be_trained_is_finished(shelf, commands):
    name = shelf.add(SPEC)
    shelf.look_once()
    commands[0].finishes()
    commands[0].ends(1)
    shelf.look_once()

    assert shelf.status(name) == Status("finished")


def test_an_end_without_tables_is_none(shelf, commands):
    name = shelf.add(SPEC)
    shelf.look_once()
    commands[0].ends(1, "Traceback\n  line\nValueError: strange\n")
    shelf.look_once()

    assert shelf.status(name) == Status("failed", told="ValueError: strange")


def test_a_command_that_finds_another_at_work_has_not_failed(shelf, commands):
    """A server was killed while a command that it had started was not yet at work."""
    name = shelf.add(SPEC)
    shelf.look_once()
    with locked(shelf.folder(name)):
        commands[0].ends(2, "Another process is working on this folder.")
        shelf.look_once()

        assert shelf.status(name) == Status("running")
    assert shelf.status(name) == Status("waiting")


def test_where_no_process_can_be_started_the_next_one_is_tried(shelf, monkeypatch):
    def none(*_given):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    names = [shelf.add(SPEC) for _ in range(2)]
    monkeypatch.setattr(sweeps.shelf, "Child", none)

    shelf.look_once()

    assert [shelf.status(name) for name in names] == [
        Status("failed", told="Cannot allocate memory")
    ] * 2


def test_a_full_disk_still_takes_the_mark_of_a_failure(shelf, commands, monkeypatch):
    name = shelf.add(SPEC)
    shelf.look_once()
    write = sweeps.shelf.write

    def full(path, content):
        if content:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(sweeps.shelf, "write", full)
    commands[0].ends(2, "Reason.")
    shelf.look_once()

    assert shelf.status(name) == Status("failed")


# Several servers


def test_only_one_process_keeps_a_shelf_until_it_is_gone(shelf, commands):
    first, second = shelf.add(SPEC), shelf.add(SPEC)
    other = Shelf(shelf.root, shelf.limits)
    shelf.look_once()
    other.look_once()
    assert [command.name for command in commands] == [first]
    assert kinds(other, (first, second)) == ["waiting", "waiting"]

    with locked(shelf.folder(first)):  # as the command does in time
        assert kinds(other, (first, second)) == ["running", "waiting"]
        shelf.close()
        other.look_once()
        assert len(commands) == 1
        assert other.status(second).ahead == 1
        with pytest.raises(FolderInUse):
            other.remove(first)

    other.look_once()
    assert [command.name for command in commands] == [first, first]  # nobody stopped it
    other.close()


def test_what_another_server_removes_before_it_has_begun_is_ended(shelf, commands):
    name, second = shelf.add(SPEC), shelf.add(SPEC)
    shelf.look_once()

    Shelf(shelf.root, shelf.limits).remove(name)
    (shelf.root / name / "sweep").mkdir(parents=True)  # it had read what to do
    shelf.look_once()

    assert commands[0].status == -9
    assert commands[1].name == second
    assert not (shelf.root / name).exists()


def test_its_loop_survives_whatever_is_wrong(shelf, monkeypatch, caplog):
    ended, looks = threading.Event(), []

    def look():
        looks.append(len(looks))
        if len(looks) == 3:
            ended.set()
        raise ValueError("strange")

    monkeypatch.setattr(sweeps.shelf, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(shelf, "look_once", look)

    shelf.keep(ended)

    assert looks == [0, 1, 2]
    assert len(caplog.records) == 1


def test_a_shelf_that_is_removed_and_made_again_is_kept_again(shelf, commands, caplog):
    shelf.stop(shelf.add(SPEC))
    shelf.look_once()
    shutil.rmtree(shelf.root)
    shelf.look_once()

    name = shelf.add(SPEC)
    shelf.look_once()

    assert [command.name for command in commands] == [name]
    assert is_locked(shelf.root)
    assert not caplog.records


def test_what_a_killed_server_had_begun_to_remove_is_removed(shelf):
    shelf.stop(shelf.add(SPEC))
    (shelf.root / ".removed-x/sweep").mkdir(parents=True)

    shelf.look_once()

    assert not (shelf.root / ".removed-x").exists()


def test_nothing_is_made_where_nothing_was_added(shelf):
    shelf.look_once()

    assert not shelf.root.exists()


def test_its_loop_goes_on_after_an_error_that_is_told_once(shelf, monkeypatch, caplog):
    ended, looks = threading.Event(), []

    def look():
        looks.append(len(looks))
        if len(looks) == 3:
            ended.set()
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sweeps.shelf, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(shelf, "look_once", look)

    shelf.keep(ended)

    assert looks == [0, 1, 2]
    assert [record.exc_info[1].errno for record in caplog.records] == [errno.EIO]


def test_when_its_loop_ends_another_may_keep_it(shelf, commands, monkeypatch):
    ended = threading.Event()
    look = shelf.look_once

    def last():
        look()
        ended.set()

    monkeypatch.setattr(shelf, "look_once", last)
    shelf.add(SPEC)

    shelf.keep(ended)

    assert len(commands) == 1
    assert not is_locked(shelf.root)


# Real processes


@pytest.fixture
def small_chunks(monkeypatch):
    """Lets the command write a shard for each ten lanes, so that it can be disturbed.

    It would give way to all that runs beside it.
    """
    monkeypatch.setattr(sweeps.child, "_COMMAND", ("-c", DRIVER))
    monkeypatch.setattr(sweeps.child, "_NICE", 0)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    swept(folder, spec=LONG)
    return result_bytes(folder)


def until(is_so, look=lambda: None):
    """Look again and again until something is so."""
    while not is_so():
        look()
        time.sleep(0.01)  # the processes need the cores


def until_rows(shelf, name, count=1):
    def is_so():
        assert shelf.status(name).kind in {"waiting", "running"}
        return len(list(shelf.folder(name).glob("rows/[0-9]*.parquet"))) >= count

    until(is_so, shelf.look_once)


def until_kind(shelf, name, kind):
    def is_so():
        found = shelf.status(name)
        assert found.kind != "failed", found
        return found.kind == kind

    until(is_so, shelf.look_once)


def workers_of(process):
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
            yield int(child)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.skipif(sys.platform != "linux", reason="finds workers in /proc")
def test_a_killed_worker_and_a_killed_command_change_no_byte(shelf, undisturbed):
    name = shelf.add(LONG)
    until_rows(shelf, name)
    command = shelf._child._process
    for worker in workers_of(command.pid):
        os.kill(worker, signal.SIGKILL)
    until_rows(shelf, name, 3)
    command.kill()
    until_kind(shelf, name, "finished")

    assert shelf._child is None or shelf._child._process.pid != command.pid
    assert result_bytes(shelf.folder(name)) == undisturbed
    until(lambda: shelf._child is None, shelf.look_once)  # nothing is left of it


@pytest.mark.usefixtures("small_chunks")
def test_a_server_that_is_killed_and_started_again_changes_no_byte(shelf, undisturbed):
    name = shelf.add(LONG)
    with ExitStack() as servers:
        server = servers.enter_context(
            subprocess.Popen([sys.executable, "-c", SERVER, shelf.root, DRIVER])
        )
        servers.callback(server.kill)
        until(lambda: list(shelf.folder(name).glob("rows/[0-9]*.parquet")))
    assert shelf.status(name) == Status("running")  # though its server is gone

    shelf.look_once()
    assert shelf._child is None
    shelf.stop(name)
    until_kind(shelf, name, "stopped")
    kept = len(list(shelf.folder(name).glob("rows/[0-9]*.parquet")))
    assert 0 < kept < 41

    shelf.resume(name)
    until_kind(shelf, name, "finished")
    assert result_bytes(shelf.folder(name)) == undisturbed
    until(lambda: shelf._child is None, shelf.look_once)


@pytest.mark.usefixtures("small_chunks")
def test_the_command_refuses_in_words_that_a_reader_is_shown(shelf):
    name = shelf.add(SPEC)
    shelf.folder(name).mkdir()
    (shelf.folder(name) / "thesis.tex").touch()
    until(lambda: shelf.status(name).kind == "failed", shelf.look_once)

    assert shelf.status(name).told.startswith("sweep: The folder holds other files")
