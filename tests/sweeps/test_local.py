"""Processes that train chunks: they end with their owner, and know nothing of a page."""

import os
import select
import signal
import subprocess
import sys
from contextlib import closing

import pandas as pd
import pytest

import sweeps.local
from sweeps.local import Local
from tests.sweeps.small import KILLERS, result_bytes, swept, train_poisoned

# Starts two workers, tells their processes, and waits.
OWNER = """
import sys
from sweeps.local import Local

if __name__ == "__main__":
    crew = Local(2)
    print(*crew._pool._processes, flush=True)
    sys.stdin.read()
"""
LOADED = """
import sys
from sweeps.local import Local
from tests.sweeps.loaded import loaded

if __name__ == "__main__":
    crew = Local(1)
    found = crew._pool.submit(loaded).result()
    crew.close()
    print(*found)
"""


def test_processes_give_the_table_of_one_process_for_any_number_of_them(tmp_path):
    swept(tmp_path / "here")

    for workers in (1, 2):
        swept(tmp_path / str(workers), Local(workers))
        assert result_bytes(tmp_path / str(workers)) == result_bytes(tmp_path / "here")


def test_a_lane_that_kills_its_process_is_isolated(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps.local, "train_chunk", train_poisoned)

    state = swept(tmp_path, Local(1))

    results = pd.read_parquet(tmp_path / "results.parquet")
    assert state.failed == (results["status"] == "failed").sum() == KILLERS
    assert (results["status"] != "failed").sum() == state.lanes - KILLERS


def test_processes_that_are_killed_are_replaced(tmp_path):
    swept(tmp_path / "here")
    crew = Local(2)
    for process in list(crew._pool._processes):
        os.kill(process, signal.SIGKILL)

    state = swept(tmp_path / "killed", crew)

    assert state.failed == 0
    assert result_bytes(tmp_path / "killed") == result_bytes(tmp_path / "here")


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="watches processes by pidfd")
def test_they_end_within_five_seconds_when_their_owner_is_killed():
    with subprocess.Popen([sys.executable, "-c", OWNER], stdin=-1, stdout=-1, text=True) as owner:
        workers = [os.pidfd_open(int(process)) for process in owner.stdout.readline().split()]
        owner.kill()
    ends = select.poll()
    for worker in workers:
        ends.register(worker, select.POLLIN)

    assert len(workers) == 2
    for _ in workers:
        ((worker, _event), *_others) = ends.poll(5_000)
        ends.unregister(worker)
        os.close(worker)


def test_no_worker_loads_what_pages_and_tables_need():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], stdout=-1, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == []


def test_closing_ends_them():
    with closing(Local(2)) as crew:
        processes = list(crew._pool._processes)
        assert len(processes) == 2

    assert not any(map(is_alive, processes))
