"""The folder of a sweep: what it takes, what it refuses, and what it goes on from."""

import errno
import json
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sweeps.store
from engine.training.chunks import train_chunk
from engine.version import VERSION
from storage.lock import FolderInUse
from sweeps.chunking import Chunking
from sweeps.spec import SweepSpec
from sweeps.store import FolderRefused, failures, opened
from sweeps.tables import failed_rows, rows
from tests.sweeps.small import LANES, SPEC, result_bytes, swept


def chunks(spec=SPEC):
    """All chunks with their rows."""
    chunking = Chunking(spec)
    nothing = np.zeros((len(spec.settings), len(spec.experiment.seeds)), dtype=bool)
    for chunk in chunking.chunks(nothing):
        yield chunk, rows(spec, chunk, train_chunk(chunking.text(chunk)))


def refusal(path, spec=SPEC):
    with pytest.raises(FolderRefused) as caught, opened(path, spec) as folder:
        folder.found()
    return caught.value


def test_a_new_folder_holds_nothing(tmp_path):
    with opened(tmp_path / "made" / "for" / "it", SPEC) as folder:
        found = folder.found()

    assert found.done.shape == (12, 3)
    assert not found.done.any()
    assert not found.failed.any()
    assert found.broken == ()
    assert not folder.is_finished


def test_what_was_appended_is_done_when_the_folder_is_opened_again(tmp_path):
    (first, table), (second, other), *_ = chunks()
    with opened(tmp_path, SPEC) as folder:
        folder.append([table, other])

    with opened(tmp_path, SPEC) as folder:
        done = folder.found().done

    expected = np.zeros((12, 3), dtype=bool)
    for chunk in (first, second):
        expected[chunk.settings, chunk.seed] = True
    assert done.tolist() == expected.tolist()


def test_the_final_table_is_sorted_and_has_a_row_for_each_lane(tmp_path):
    swept(tmp_path)

    table = pd.read_parquet(tmp_path / "results.parquet")
    assert list(zip(table["setting"], table["seed"], strict=True)) == [
        (setting, seed) for setting in range(12) for seed in (1, 2, 3)
    ]
    assert table["key"].is_unique
    assert table["rule"].tolist() == ["sgd"] * 18 + ["adam"] * 18
    assert table["run"].tolist() == [1] * 18 + [2] * 18
    assert table["batch_size"].tolist() == (["8"] * 3 + ["all"] * 3) * 6
    assert table["learning_rate"].tolist()[:18:6] == [0.01, 0.1, 1e6]


def test_diverged_lanes_are_rows_with_infinite_losses_and_no_scores(tmp_path):
    swept(tmp_path)

    table = pd.read_parquet(tmp_path / "results.parquet")
    lost = table[table["status"] == "diverged"]
    assert lost["learning_rate"].tolist() == [1e6] * 12
    for quantity in ("training_loss", "validation_loss"):
        assert np.isposinf(lost[[f"{quantity}_final", f"{quantity}_best"]]).all(axis=None)
        assert np.isfinite(lost[f"{quantity}_first"]).all()
    assert lost[["training_score_final", "validation_score_best"]].isna().all(axis=None)
    assert np.isfinite(table["validation_loss_final"]).sum() == LANES - 12


def test_an_unreached_target_is_an_empty_place(tmp_path):
    swept(tmp_path)

    table = pd.read_parquet(tmp_path / "results.parquet")
    reached = table["first_step_1"].notna()
    assert (table.loc[reached, "training_loss_best"] <= 0.5).all()
    assert (table.loc[~reached, "training_loss_best"] > 0.5).all()
    assert set(table.loc[reached, "first_step_1"]) <= {1, 2, 3, 4, 8, 12, 16}


def test_workers_tell_who_trained_each_lane(tmp_path):
    swept(tmp_path)

    workers = pd.read_parquet(tmp_path / "workers.parquet")
    results = pd.read_parquet(tmp_path / "results.parquet")
    assert workers["key"].tolist() == results["key"].tolist()
    assert set(workers["numpy"]) == {np.__version__}
    assert (workers["chunk_seconds"] > 0).all()
    assert set(workers["mark"]) == {""}
    assert workers["failure"].isna().all()


def test_lanes_of_another_numpy_or_processor_are_marked(tmp_path):
    (chunk, table), *others = chunks()
    changed = table.set_column(table.column_names.index("numpy"), "numpy", [["0.1"] * len(table)])
    with opened(tmp_path, SPEC) as folder:
        folder.append([changed, *(other for _, other in others)])
        folder.finish()

    workers = pd.read_parquet(tmp_path / "workers.parquet")
    marked = workers[workers["mark"] == "other numpy"]
    assert sorted(marked["setting"]) == sorted(chunk.settings.tolist())
    assert set(workers["mark"]) == {"", "other numpy"}


def test_a_shard_that_was_cut_off_is_put_aside_and_its_lanes_are_trained_again(tmp_path):
    swept(tmp_path / "whole")
    swept(tmp_path / "cut")
    (shard, *_) = sorted((tmp_path / "cut" / "rows").iterdir())
    content = shard.read_bytes()
    shard.write_bytes(content[: len(content) // 2])

    with opened(tmp_path / "cut", SPEC) as folder:
        found = folder.found()
    assert found.broken == (shard.name,)
    assert not found.done.all()
    swept(tmp_path / "cut")

    assert result_bytes(tmp_path / "cut") == result_bytes(tmp_path / "whole")
    assert (shard.parent / f"{shard.name}.broken").stat().st_size == len(content) // 2


def test_a_shard_that_was_never_finished_is_removed(tmp_path):
    with opened(tmp_path, SPEC) as folder:
        left = tmp_path / "rows" / ".000001.parquet.0123456789abcdef.part"
        left.write_bytes(b"half")
        assert not folder.found().done.any()

    assert not left.exists()


def test_the_same_result_twice_is_one(tmp_path):
    swept(tmp_path / "once")
    with opened(tmp_path / "twice", SPEC) as folder:
        for _, table in chunks():
            folder.append([table])
            folder.append([table])
        assert folder.found().done.all()
        folder.finish()

    assert result_bytes(tmp_path / "twice") == result_bytes(tmp_path / "once")


def test_a_second_result_with_other_bits_stops_with_both(tmp_path):
    (_, table), *_ = chunks()
    losses = table["validation_loss_final"].to_numpy()
    other = pa.array(np.nextafter(losses, np.inf))
    column = table.column_names.index("validation_loss_final")
    with opened(tmp_path, SPEC) as folder:
        folder.append([table])
        folder.append([table.set_column(column, "validation_loss_final", other)])

    error = refusal(tmp_path)

    assert error.code == "contradiction"
    one, two = error.detail
    assert one["key"] == two["key"]
    assert {one["validation_loss_final"], two["validation_loss_final"]} <= {
        *losses.tolist(),
        *other.to_pylist(),
    }
    assert one["validation_loss_final"] != two["validation_loss_final"]


def test_a_failed_lane_is_a_row_until_it_is_trained(tmp_path):
    (chunk, table), *others = chunks()
    with opened(tmp_path, SPEC) as folder:
        folder.append([failed_rows(SPEC, chunk, "no luck"), *(other for _, other in others)])
        found = folder.found()
        folder.finish()
        results = pd.read_parquet(folder.results)
        diverging = sum(SPEC.settings.run(at)["learning_rate"] == 1e6 for at in chunk.settings)
        assert folder.counts() == (LANES, 12 - diverging, len(chunk.settings))

        folder.append([table])
        assert folder.found().done.all()
        folder.finish()

    assert sorted(np.flatnonzero(found.failed[:, chunk.seed])) == sorted(chunk.settings)
    failed = results[results["status"] == "failed"]
    assert len(failed) == len(chunk.settings)
    assert failed["validation_loss_final"].isna().all()
    swept(tmp_path / "undisturbed")
    assert result_bytes(tmp_path) == result_bytes(tmp_path / "undisturbed")


def test_another_process_that_works_on_the_folder_is_named(tmp_path):
    with opened(tmp_path, SPEC), pytest.raises(FolderInUse), opened(tmp_path, SPEC):
        pass


def test_a_file_stop_is_heard_unless_it_was_there_before(tmp_path):
    with opened(tmp_path, SPEC) as folder:
        (tmp_path / "stop").touch()
        assert folder.is_asked_to_stop

    with opened(tmp_path, SPEC) as folder:
        assert not folder.is_asked_to_stop


def test_a_file_stop_of_a_process_at_work_is_left_to_it(tmp_path):
    with opened(tmp_path, SPEC) as folder:
        (tmp_path / "stop").touch()
        with pytest.raises(FolderInUse), opened(tmp_path, SPEC):
            pass

        assert folder.is_asked_to_stop


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("dear")

    assert refusal(tmp_path).code == "not_empty"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("content", ["", "not JSON", "[]", '{"other": 1}', "3"])
def test_a_file_of_the_same_name_is_no_sweep(tmp_path, content):
    (tmp_path / "sweep.json").write_text(content)

    assert refusal(tmp_path).code == "not_empty"
    assert (tmp_path / "sweep.json").read_text() == content


def test_another_sweep_is_refused(tmp_path):
    with opened(tmp_path, SPEC):
        pass

    assert refusal(tmp_path, SPEC.model_copy(update={"targets": (0.4,)})).code == "other_sweep"


def test_an_older_engines_folder_is_refused(tmp_path):
    with opened(tmp_path, SPEC):
        pass
    file = tmp_path / "sweep.json"
    held = json.loads(file.read_text())
    file.write_text(json.dumps({**held, "engine": VERSION - 1}))

    assert refusal(tmp_path).code == "other_engine"


def test_rows_of_another_sweep_are_refused_by_the_name_of_their_shard(tmp_path):
    longer = json.loads(SPEC.model_dump_json())
    longer["experiment"]["budget"]["amount"] = 5
    swept(tmp_path / "other", spec=SweepSpec.model_validate(longer))
    with opened(tmp_path / "own", SPEC):
        pass
    (shard, *_) = (tmp_path / "other" / "rows").iterdir()
    shard.rename(tmp_path / "own" / "rows" / "000007.parquet")

    error = refusal(tmp_path / "own")

    assert (error.code, error.detail) == ("other_rows", "000007.parquet")


def test_a_lane_takes_less_than_a_quarter_of_a_kilobyte_without_a_curve(tmp_path):
    fields = {"field": "learning_rate", "low": 0.001, "high": 1, "count": 500, "scale": "log"}
    spec = json.loads(SPEC.model_dump_json()) | {"axes": [fields], "curve_points": 0}
    whole = SweepSpec.model_validate(spec)

    swept(tmp_path, spec=whole)

    assert len(result_bytes(tmp_path)) <= 250 * whole.lanes
    assert pq.read_metadata(tmp_path / "results.parquet").num_rows == whole.lanes == 3_000


def test_a_table_that_is_sorted_part_by_part_holds_the_same_rows(tmp_path, monkeypatch):
    swept(tmp_path / "at once")
    monkeypatch.setattr(sweeps.store, "_PART", 7)

    swept(tmp_path / "in parts")

    once, parts = (
        pq.read_table(tmp_path / name / "results.parquet") for name in ("at once", "in parts")
    )
    assert pq.read_metadata(tmp_path / "in parts" / "results.parquet").num_row_groups == 6
    assert parts.equals(once)


def test_what_a_killed_process_was_sorting_is_removed(tmp_path):
    with opened(tmp_path, SPEC) as folder:
        (tmp_path / "sorting-x1").mkdir()
        (tmp_path / "sorting-x1" / "0").touch()
        folder.found()

    assert not (tmp_path / "sorting-x1").exists()


def test_a_shard_with_a_changed_byte_is_put_aside_wherever_the_byte_is(tmp_path):
    swept(tmp_path / "whole")
    swept(tmp_path / "changed")
    (shard, *_) = sorted((tmp_path / "changed" / "rows").iterdir())
    content = bytearray(shard.read_bytes())
    column = pq.read_metadata(shard).row_group(0).column(len(SPEC.targets) + 8)
    content[column.dictionary_page_offset or column.data_page_offset + 40] ^= 0xFF
    shard.write_bytes(content)

    with opened(tmp_path / "changed", SPEC) as folder:
        assert folder.found().broken == (shard.name,)
    swept(tmp_path / "changed")

    assert result_bytes(tmp_path / "changed") == result_bytes(tmp_path / "whole")


@pytest.mark.parametrize("name", ["results.parquet", "workers.parquet"])
def test_a_final_table_that_is_missing_or_damaged_is_not_whole(tmp_path, name):
    swept(tmp_path)
    content = (tmp_path / name).read_bytes()
    with opened(tmp_path, SPEC) as folder:
        assert folder.is_finished
        for damaged in (content[:-9], content[: len(content) // 2], b"x"):
            (tmp_path / name).write_bytes(damaged)
            assert not folder.is_finished
        (tmp_path / name).unlink()
        assert not folder.is_finished


@pytest.mark.parametrize("content", [None, "", "{", '{"engine": 1}'])
def test_rows_without_a_readable_specification_are_left_alone(tmp_path, content):
    swept(tmp_path)
    file = tmp_path / "sweep.json"
    file.unlink()
    if content is not None:
        file.write_text(content)

    assert refusal(tmp_path).code == "no_spec"
    assert (tmp_path / "results.parquet").exists()


def test_a_specification_that_was_only_written_otherwise_is_the_same(tmp_path):
    swept(tmp_path)
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps(json.loads(file.read_text()), indent=2))

    with opened(tmp_path, SPEC) as folder:
        assert folder.found().done.all()


def test_the_steps_of_a_curve_are_beside_it(tmp_path):
    swept(tmp_path)

    table = pd.read_parquet(tmp_path / "results.parquet")
    steps = {size: own["curve_steps"].map(tuple) for size, own in table.groupby("batch_size")}
    assert set(steps["8"]) == {(0, 8, 16)}
    assert set(steps["all"]) == {(0, 2, 4)}
    assert (table["curve"].map(len) == table["curve_steps"].map(len)).all()
    ended = table[table["status"] == "budget"]
    assert (ended["curve"].map(lambda curve: curve[-1]) == ended["validation_loss_final"]).all()


def test_the_curve_of_a_diverged_lane_ends_at_infinity(tmp_path):
    swept(tmp_path)

    table = pd.read_parquet(tmp_path / "results.parquet")
    lost = table[table["status"] == "diverged"]["curve"]
    assert all(np.isposinf(curve[-1]) for curve in lost)


def test_a_folder_whose_name_is_no_text_is_as_good_as_any(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9 \xff")

    swept(path)
    with opened(path, SPEC) as folder:
        assert folder.found().done.all()
        assert folder.is_finished


def test_what_the_system_cannot_read_now_is_not_put_aside(tmp_path, monkeypatch):
    swept(tmp_path)
    before = sorted(path.name for path in (tmp_path / "rows").iterdir())

    def fail(shard):
        raise OSError(errno.EIO, "Input/output error", str(shard))

    monkeypatch.setattr(sweeps.store, "read_shard", fail)
    with pytest.raises(OSError, match="Input/output"), opened(tmp_path, SPEC) as folder:
        folder.found()

    assert sorted(path.name for path in (tmp_path / "rows").iterdir()) == before


def test_files_and_folders_that_are_no_shards_are_left_alone(tmp_path):
    with opened(tmp_path, SPEC):
        pass
    (tmp_path / "rows" / "9lives.txt").touch()
    (tmp_path / "rows" / "notes").touch()
    (tmp_path / "rows" / "000003.parquet").mkdir()

    swept(tmp_path)
    swept(tmp_path / "undisturbed")

    assert result_bytes(tmp_path) == result_bytes(tmp_path / "undisturbed")
    assert (tmp_path / "rows" / "9lives.txt").exists()


def test_a_shard_that_is_damaged_while_others_are_trained_is_named(tmp_path):
    swept(tmp_path)
    with opened(tmp_path, SPEC) as folder:
        folder.found()
        (shard, *_) = folder.shards
        shard.write_bytes(shard.read_bytes()[:-100])

        with pytest.raises(FolderRefused) as caught:
            folder.finish()
    assert (caught.value.code, caught.value.detail) == ("damaged", shard.name)

    swept(tmp_path)  # as when it goes on
    with opened(tmp_path, SPEC) as folder:
        assert folder.is_finished


def test_why_lanes_failed_is_counted_by_its_reasons(tmp_path):
    with opened(tmp_path, SPEC) as folder:
        for number, (chunk, _table) in enumerate(chunks()):
            folder.append([failed_rows(SPEC, chunk, "odd" if number else "killed its worker")])
        folder.finish()
    first = next(chunks())[0]

    killed = len(first.settings)
    assert failures(tmp_path) == {"killed its worker": killed, "odd": LANES - killed}


def test_where_nothing_failed_or_can_be_read_there_are_no_reasons(tmp_path):
    swept(tmp_path)
    assert failures(tmp_path) == {}

    (tmp_path / "workers.parquet").write_bytes(b"PAR1")
    assert failures(tmp_path) == {}
    assert failures(tmp_path / "nowhere") == {}
