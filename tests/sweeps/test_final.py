"""The final tables at any moment: those of the command, of the lanes that were seen."""

import io
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comparison.sweep.plan import sweep_of
from sweeps.final import RowsGone, batches, tables_now
from sweeps.store import FolderRefused
from tests.sweeps.looked import all_rows, failed, finished, looked, planned, unfinished, with_shards
from tests.sweeps.small import swept

DOCUMENT = planned()
LANES = 36


def frame(content):
    return pd.read_parquet(io.BytesIO(content))


def lanes_of(content):
    """The rows of a table as dictionaries."""
    return pq.read_table(io.BytesIO(content)).to_pylist()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sweep that has finished: its folder, and how it is looked at."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, finished(folder)


def test_a_sweep_that_has_finished_gives_the_files_of_the_command(whole):
    folder, look = whole

    tables = tables_now(folder, look.lanes)

    assert tables.results == (folder / "results.parquet").read_bytes()
    assert tables.workers == (folder / "workers.parquet").read_bytes()


def test_a_sweep_with_lanes_that_failed_does_so_too(tmp_path):
    look = failed(tmp_path)

    tables = tables_now(tmp_path, look.lanes)

    assert look.lanes.failed.sum() == 1
    assert tables.results == (tmp_path / "results.parquet").read_bytes()
    assert frame(tables.workers)["failure"].notna().sum() == 1


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_lanes_so_far_are_those_of_the_final_table(tmp_path, whole, data):
    """However their rows lie in shards, and however often."""
    rows = all_rows(DOCUMENT.model_dump_json())
    picked = data.draw(st.lists(st.integers(0, LANES - 1), min_size=1, max_size=LANES))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(picked)), max_size=3)) | {len(picked)})
    parts, first = [], 0
    for end in cuts:
        parts.append(rows.take(pa.array(picked[first:end])))
        first = end
    folder = tmp_path / "sweep"
    shutil.rmtree(folder, ignore_errors=True)
    with_shards(folder, DOCUMENT, parts)

    found = lanes_of(tables_now(folder, looked(folder).lanes).results)

    keys = set(rows["key"].take(pa.array(picked)).to_pylist())
    every = lanes_of((whole[0] / "results.parquet").read_bytes())
    assert found == [lane for lane in every if lane["key"] in keys]


def test_lanes_that_came_after_the_look_are_left_out(tmp_path):
    look = unfinished(tmp_path, lanes=20)
    before = tables_now(tmp_path, look.lanes)
    with_shards(tmp_path, DOCUMENT, [all_rows(DOCUMENT.model_dump_json())])

    assert tables_now(tmp_path, look.lanes) == before
    assert len(frame(before.results)) == 20
    swept(tmp_path, spec=sweep_of(DOCUMENT))
    assert tables_now(tmp_path, look.lanes) == before


def test_a_lane_that_had_failed_at_the_look_has_failed_in_its_table(tmp_path):
    look = failed(tmp_path)
    swept(tmp_path, spec=sweep_of(DOCUMENT), retry=True)

    found = frame(tables_now(tmp_path, look.lanes).results)

    assert list(found["status"]).count("failed") == 1
    assert len(found) == LANES
    assert (
        list(frame(tables_now(tmp_path, looked(tmp_path).lanes).results)["status"]).count("failed")
        == 0
    )


@pytest.mark.parametrize("name", ["results.parquet", "workers.parquet"])
def test_a_damaged_table_is_made_again_from_the_shards(whole, tmp_path, name):
    folder = tmp_path / "sweep"
    shutil.copytree(whole[0], folder)
    content = bytearray((folder / name).read_bytes())
    content[100] ^= 255
    (folder / name).write_bytes(content)

    found = lanes_of(tables_now(folder, whole[1].lanes).results)

    assert found == lanes_of((whole[0] / "results.parquet").read_bytes())


def test_a_shard_that_cannot_be_read_is_passed_over(tmp_path):
    unfinished(tmp_path, lanes=20)
    (tmp_path / "rows" / "000002.parquet").write_bytes(b"no table")
    look = looked(tmp_path)

    assert look.lanes.unreadable == ("000002.parquet",)
    assert len(frame(tables_now(tmp_path, look.lanes).results)) == 20


def test_lanes_that_are_gone_are_missed(tmp_path):
    look = unfinished(tmp_path / "sweep", lanes=20)
    shutil.rmtree(tmp_path / "sweep")

    with pytest.raises(RowsGone):
        tables_now(tmp_path / "sweep", look.lanes)


def test_two_results_of_a_lane_that_differ_are_refused(tmp_path):
    rows = all_rows(DOCUMENT.model_dump_json()).slice(0, 1)
    place = rows.column_names.index("training_loss_final")
    other = rows.set_column(place, rows.schema[place], pa.array([123.0]))
    with_shards(tmp_path, DOCUMENT, [rows, other])

    with pytest.raises(FolderRefused):
        tables_now(tmp_path, looked(tmp_path).lanes)


def test_rows_come_in_parts_and_all_of_them(whole, monkeypatch):
    monkeypatch.setattr("sweeps.final._PART", 7)
    parts = list(batches((whole[0] / "results.parquet").read_bytes()))

    assert max(map(len, parts)) == 7
    keys = np.concatenate([part["key"].to_pylist() for part in parts])
    assert len(set(keys)) == LANES
