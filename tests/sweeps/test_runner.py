"""A sweep from chunks to its table: the same bytes however it is cut, trained and disturbed."""

import json
import threading
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor

import pandas as pd
import pytest

import sweeps.chunking
from engine.training.chunks import OtherEngine, train_chunk
from sweeps.chunking import Chunking
from sweeps.runner import CrewGone, Runner
from sweeps.store import opened
from tests.sweeps.small import KILLERS, LANES, SPEC, Here, is_poisoned, result_bytes, swept


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The bytes of the table of a sweep that nothing disturbed."""
    path = tmp_path_factory.mktemp("undisturbed")
    swept(path)
    return result_bytes(path)


def lanes_of(text):
    chunk = json.loads(text)["experiment"]
    return len(chunk["runs"]) * len(chunk["seeds"])


def lanes_in(path):
    """The final table; empty places stay what they are in a column of integers."""
    whole = pd.read_parquet(path / "results.parquet", dtype_backend="numpy_nullable")
    return whole.set_index("key")


class Breaking(Here):
    """A crew like a pool of one process: when that is killed, all that it was given is lost."""

    def __init__(self, kills):
        super().__init__()
        self.kills = kills
        self.is_dead = threading.Event()
        self.process = ThreadPoolExecutor(1)

    def submit(self, text):
        self.texts.append(text)
        return self.process.submit(self.work, text)

    def work(self, text):
        if self.is_dead.is_set() or self.kills(text):
            self.is_dead.set()
            raise BrokenExecutor
        return train_chunk(text)

    def renew(self):
        super().renew()
        self.process.shutdown()
        self.is_dead.clear()
        self.process = ThreadPoolExecutor(1)

    def close(self):
        super().close()
        self.process.shutdown()


def test_every_lane_is_trained_once(tmp_path):
    crew = Here()

    state = swept(tmp_path, crew)

    assert sum(map(lanes_of, crew.texts)) == LANES
    assert (state.lanes, state.done, state.failed, state.seconds_left) == (LANES, LANES, 0, 0.0)
    assert crew.is_closed


@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize("at_once", [1, 7])
def test_the_table_does_not_depend_on_chunks_or_their_order(
    tmp_path, monkeypatch, undisturbed, most, at_once
):
    monkeypatch.setattr(sweeps.chunking, "_MOST", most)
    crew = Here(at_once=at_once)

    swept(tmp_path, crew)

    assert max(map(lanes_of, crew.texts)) <= most
    assert result_bytes(tmp_path) == undisturbed


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_sweep_that_is_stopped_goes_on_to_the_same_table(tmp_path, undisturbed, after):
    with opened(tmp_path, SPEC) as folder:
        nothing = folder.found().done
        states = Runner(folder, Chunking(SPEC), Here(at_once=1), nothing).states()
        for _ in range(after):
            next(states)
        states.close()
        kept = int(folder.found().done.sum())
    crew = Here()

    swept(tmp_path, crew)

    assert (kept > 0) == (after > 0)
    assert sum(map(lanes_of, crew.texts)) == LANES - kept
    assert result_bytes(tmp_path) == undisturbed


def test_a_finished_sweep_trains_nothing(tmp_path):
    swept(tmp_path)
    crew = Here()

    swept(tmp_path, crew)

    assert crew.texts == []


def test_a_worker_that_is_killed_once_costs_no_lane(tmp_path, undisturbed):
    killed = []

    def once(text):
        if not killed:
            killed.append(text)
            return True
        return False

    crew = Breaking(once)

    state = swept(tmp_path, crew)

    assert crew.renewed == 1
    assert state.failed == 0
    assert result_bytes(tmp_path) == undisturbed


def test_a_lane_that_kills_its_worker_is_named_and_its_neighbours_finish(tmp_path):
    state = swept(tmp_path, Breaking(is_poisoned))

    workers = pd.read_parquet(tmp_path / "workers.parquet").set_index("key")
    results = lanes_in(tmp_path)
    failed = results[results["status"] == "failed"]
    assert state.failed == len(failed) == KILLERS
    assert set(failed["learning_rate"]) == {1e6}
    assert set(failed["seed"]) == {1}
    assert set(workers.loc[failed.index, "failure"]) == {"killed its worker"}
    swept(tmp_path / "undisturbed")
    whole = lanes_in(tmp_path / "undisturbed")
    pd.testing.assert_frame_equal(results.drop(failed.index), whole.drop(failed.index))


def test_what_failed_is_trained_again_only_when_asked(tmp_path, undisturbed):
    swept(tmp_path, Breaking(is_poisoned))
    crew = Here()
    swept(tmp_path, crew)
    assert crew.texts == []

    state = swept(tmp_path, crew, retry=True)

    assert sum(map(lanes_of, crew.texts)) == KILLERS
    assert state.failed == 0
    assert result_bytes(tmp_path) == undisturbed


def test_a_lane_that_raises_is_isolated_with_what_it_raised(tmp_path):
    def train(text):
        if is_poisoned(text):
            raise MemoryError("too much")
        return train_chunk(text)

    state = swept(tmp_path, Here(train))

    workers = pd.read_parquet(tmp_path / "workers.parquet")
    assert state.failed == KILLERS
    assert workers["failure"].dropna().tolist() == ["MemoryError: too much"] * KILLERS


def test_where_nothing_can_be_trained_the_error_is_told(tmp_path):
    def train(_text):
        raise ModuleNotFoundError("No module named 'numpy'")

    with pytest.raises(ModuleNotFoundError, match="numpy"):
        swept(tmp_path, Here(train))


def test_a_worker_with_another_engine_ends_the_sweep_with_its_name(tmp_path):
    def train(text):
        if len(crew.texts) > 2:
            raise OtherEngine("far-1", 7)
        return train_chunk(text)

    crew = Here(train, at_once=1)
    with pytest.raises(OtherEngine) as caught:
        swept(tmp_path, crew)

    assert (caught.value.worker, caught.value.version) == ("far-1", 7)
    with opened(tmp_path, SPEC) as folder:
        assert folder.found().done.any()


def test_when_a_cluster_is_gone_what_came_back_is_kept(tmp_path, undisturbed):
    class Going(Here):
        def submit(self, text):
            future = super().submit(text)
            if len(self.texts) > 2:
                future = Future()
                future.cancel()
                future.set_running_or_notify_cancel()
            return future

    with pytest.raises(CrewGone):
        swept(tmp_path, Going(at_once=1))

    with opened(tmp_path, SPEC) as folder:
        assert folder.found().done.any()
    swept(tmp_path)
    assert result_bytes(tmp_path) == undisturbed


def test_progress_rises_to_the_end(tmp_path):
    with opened(tmp_path, SPEC) as folder:
        runner = Runner(folder, Chunking(SPEC), Here(at_once=1), folder.found().done)
        states = list(runner.states())

    done = [state.done for state in states]
    assert done == sorted(done)
    assert done[-1] == LANES
    assert all(state.seconds_left >= 0 for state in states)
    assert all(state.rate > 0 for state in states)
