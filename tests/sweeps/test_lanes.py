"""Looking at a sweep's folder: whatever is in it, and in whatever order it came."""

import shutil
import struct
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sweeps.lanes
from engine.experiment import Sweep
from engine.training.chunks import train_chunk
from engine.training.scores import score
from sweeps.chunking import Chunking
from sweeps.lanes import STATUSES, Watch, no_lanes
from sweeps.spec import SweepSpec
from sweeps.store import opened
from sweeps.tables import SCORES, failed_rows, rows
from tests.strategies import examples
from tests.sweeps.small import swept

SEEDS = (3, 1, 2)
TARGETS = (0.5, 0.05)
FIELDS = {
    "experiment": {
        "problem": {
            "kind": "network",
            "dataset": {"name": "line", "rows": 24},
            "loss": "mean_squared_error",
            "hidden": [2],
        },
        "runs": [
            {"optimizer": {"name": "sgd"}, "learning_rate": 0.1, "batch_size": 8},
            {"optimizer": {"name": "adam"}, "learning_rate": 0.1, "batch_size": 8},
        ],
        "budget": {"amount": 3},
        "seeds": SEEDS,
    },
    "axes": [
        {"field": "problem.validation_share", "values": [0.25, 0.0]},
        {"field": "learning_rate", "values": [0.1, 1e6]},
    ],
    "targets": TARGETS,
    "curve_points": 2,
}
# 2 rules x with and without validation rows x 2 rates = 8 settings with 3 seeds; sgd diverges.
SPEC = SweepSpec.model_validate(FIELDS)
FIRST_STEPS = [f"first_step_{number + 1}" for number in range(len(TARGETS))]


def other(**fields):
    """The sweep with another budget, seeds and so on."""
    return SweepSpec.model_validate(FIELDS | {"experiment": FIELDS["experiment"] | fields})


def results_and_failures(spec=SPEC):
    """A row for the result of each lane, and one for its failure, in the same order."""
    chunking = Chunking(spec)
    nothing = np.zeros((len(spec.settings), len(spec.experiment.seeds)), dtype=bool)
    chunks = list(chunking.chunks(nothing))
    trained = [rows(spec, chunk, train_chunk(chunking.text(chunk))) for chunk in chunks]
    failed = [failed_rows(spec, chunk, "no luck") for chunk in chunks]
    return pa.concat_tables(trained), pa.concat_tables(failed)


@pytest.fixture(scope="module")
def tables():
    return results_and_failures()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    path = tmp_path_factory.mktemp("finished")
    swept(path, spec=SPEC)
    return path


@pytest.fixture
def copied(finished, tmp_path):
    """A finished sweep that may be damaged."""
    return Path(shutil.copytree(finished, tmp_path / "copied"))


@pytest.fixture
def running(copied):
    """A sweep whose shards are there, each with a few lanes, and no final table."""
    table = pa.concat_tables(pq.read_table(shard) for shard in shards(copied))
    for old in [*shards(copied), copied / "results.parquet", copied / "workers.parquet"]:
        old.unlink()
    for number in range(4):
        write_shard(copied, number + 1, table.slice(number * 6, 6))
    return copied


def shards(path):
    return sorted((path / "rows").iterdir())


def write_shard(path, number, table):
    (path / "rows").mkdir(exist_ok=True)
    file = path / "rows" / f"{number:06d}.parquet"
    # So that a changed byte is a changed number.
    plain = {"compression": "none", "use_dictionary": False}
    pq.write_table(table, file, write_page_checksum=True, **plain)
    return file


def arrays(lanes):
    """All that lanes hold, by name."""
    return {
        "status": lanes.status,
        "last_step": lanes.last_step,
        **lanes.scores,
        **dict(zip(FIRST_STEPS, lanes.first_steps, strict=True)),
    }


def assert_same(lanes, expected):
    found = arrays(lanes)
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def of_rows(table):
    """What the rows say, lane by lane: a result stands for a failure."""
    shape = len(SPEC.settings), len(SEEDS)
    found = {"status": np.zeros(shape), "last_step": np.zeros(shape)}
    found |= {name: np.full(shape, np.nan) for name in (*SCORES, *FIRST_STEPS)}
    listed = sorted(table.to_pylist(), key=lambda row: row["status"] != "failed")
    for row in listed:
        at = row["setting"], SEEDS.index(row["seed"])
        found["status"][at] = STATUSES.index(row["status"])
        if row["status"] != "failed":
            found["last_step"][at] = row["last_step"]
            for name in SCORES:
                found[name][at] = np.nan if row[name] is None else row[name]
            for name in FIRST_STEPS:
                found[name][at] = np.inf if row[name] is None else row[name]
    return {
        name: values
        for name, values in found.items()
        if not np.isnan(values).all() or name.startswith(("training_loss", "first_step"))
    }


def alone(setting, seeds=SEEDS):
    """The scores of a setting that is trained by itself."""
    settings = SPEC.settings
    fields = {**settings.experiment(setting), "runs": [settings.run(setting)], "seeds": seeds}
    return score(Sweep.model_validate(fields), TARGETS).runs[0]


# What a look finds


@examples(40)
@given(data=st.data())
def test_any_order_of_rows_in_any_shards_ends_as_the_final_table(tables, finished, data):
    every = pa.concat_tables(tables)
    lanes = len(tables[0])
    some = st.lists(st.integers(0, 2 * lanes - 1), max_size=20)
    order = data.draw(st.permutations([*range(lanes), *data.draw(some)]))
    cuts = sorted({0, len(order), *data.draw(st.lists(st.integers(0, len(order)), max_size=6))})
    with TemporaryDirectory() as folder:
        watch, earlier = Watch(Path(folder), SPEC), []
        for number, (first, last) in enumerate(pairwise(cuts)):
            write_shard(Path(folder), number, every.take(pa.array(order[first:last])))
            if data.draw(st.booleans()):
                found = watch.look()
                earlier.append((found, of_rows(every.take(pa.array(order[:last])))))

        assert_same(watch.look(), of_rows(pq.read_table(finished / "results.parquet")))
        for found, expected in earlier:
            assert_same(found, expected)


def test_a_number_is_that_of_the_lane_when_it_is_trained_alone(finished):
    lanes = Watch(finished, SPEC).look()

    for setting in range(len(SPEC.settings)):
        for seed, value in enumerate(SEEDS):
            own, at = alone(setting, [value]), (setting, seed)
            is_diverged = own.status == ("diverged",)
            assert STATUSES[lanes.status[at]] == own.status[0]
            assert lanes.diverged[at] == is_diverged
            assert lanes.last_step[at] == own.last_step[0]
            assert lanes.first_steps[:, *at].tolist() == own.first_steps[:, 0].tolist()
            for quantity in ("training_loss", "validation_loss"):
                summary = getattr(own, quantity)
                found = [lanes.scores[f"{quantity}_{part}"][at] for part in ("first", "final")]
                expected = [np.nan, np.nan]
                if summary is not None:
                    expected = [summary.first[0], np.inf if is_diverged else summary.final[0]]
                np.testing.assert_array_equal(found, expected)
    assert lanes.is_whole
    assert 0 < lanes.diverged.sum() < SPEC.lanes


def test_scores_of_a_setting_are_those_of_a_scoring(finished):
    lanes = Watch(finished, SPEC).look()

    for setting in range(len(SPEC.settings)):
        found, expected = lanes.run_scores(setting), alone(setting)
        assert found.status == expected.status
        assert found.final_loss.tolist() == expected.final_loss.tolist()
        assert found.median_loss == expected.median_loss
        assert found.last_step.tolist() == expected.last_step.tolist()
        assert found.first_steps.tolist() == expected.first_steps.tolist()
        assert (found.validation_loss is None) == (expected.validation_loss is None)
        assert (found.validation_score is None) == (expected.validation_score is None)
        assert found.training_loss.first.tolist() == expected.training_loss.first.tolist()


def test_scores_of_a_setting_are_of_the_seeds_that_are_trained(tables, tmp_path):
    results, failures = tables
    first = results.filter(pa.array(np.isin(results["seed"], SEEDS[:1])))
    last = results.filter(pa.array(np.isin(results["seed"], SEEDS[2:])))
    write_shard(tmp_path, 1, pa.concat_tables([last, failures, first]))
    lanes = Watch(tmp_path, SPEC).look()

    assert lanes.failed.tolist() == [[False, True, False]] * len(SPEC.settings)
    for setting in range(len(SPEC.settings)):
        found, expected = lanes.run_scores(setting), alone(setting, [SEEDS[0], SEEDS[2]])
        assert found.status == expected.status
        assert found.final_loss.tolist() == expected.final_loss.tolist()


def test_before_anything_is_trained_there_are_lanes_without_results(tmp_path):
    lanes = Watch(tmp_path / "not there", SPEC).look()

    assert_same(lanes, arrays(no_lanes(SPEC)))
    assert not lanes.done.any()
    assert not lanes.failed.any()
    assert lanes.run_scores(0).status == ()
    assert lanes.unreadable == ()


def test_validation_loss_is_compared_where_there_are_validation_rows(finished, tmp_path):
    without = SweepSpec.model_validate(FIELDS | {"axes": []}).model_dump()
    without["experiment"]["problem"]["validation_share"] = 0.0
    spec = SweepSpec.model_validate(without)
    swept(tmp_path, spec=spec)

    assert Watch(finished, SPEC).look().loss == "validation_loss"
    assert Watch(tmp_path, spec).look().loss == "training_loss"


def test_nothing_of_a_look_can_be_changed(running):
    watch = Watch(running, SPEC)

    for lanes in (no_lanes(SPEC), watch.look()):
        for values in (*arrays(lanes).values(), lanes.first_steps):
            with pytest.raises(ValueError, match="read-only"):
                values[...] = 7


# What cannot be read


def cut(file):
    file.write_bytes(file.read_bytes()[:-200])


def emptied(file):
    file.write_bytes(b"")


def changed_number(file):
    number = pq.read_table(file)["training_loss_first"][0].as_py()
    own, other = struct.pack("<d", number), struct.pack("<d", number / 2)
    content = file.read_bytes()
    assert own in content
    file.write_bytes(content.replace(own, other))


def no_letters(file):
    file.write_bytes(file.read_bytes().replace(b"curve", b"curv\xff"))


def no_table(file):
    file.write_text("dear diary")


def other_columns(file):
    pq.write_table(pq.read_table(file).drop_columns(["training_loss_best"]), file)


def with_column(file, name, values):
    table = pq.read_table(file)
    column = pa.array([values] * len(table), table.schema.field(name).type)
    pq.write_table(table.set_column(table.column_names.index(name), name, column), file)


def other_type(file):
    table = pq.read_table(file)
    place = table.column_names.index("setting")
    pq.write_table(table.set_column(place, "setting", table["setting"].cast(pa.string())), file)


def unknown_setting(file):
    with_column(file, "setting", 8)


def unknown_seed(file):
    with_column(file, "seed", 4)


def unknown_status(file):
    with_column(file, "status", "")


def no_status(file):
    with_column(file, "status", None)


def of_another_sweep(file):
    pq.write_table(results_and_failures(other(budget={"amount": 4}))[0].slice(0, 6), file)


FAULTS = (
    cut,
    emptied,
    changed_number,
    no_letters,
    no_table,
    other_columns,
    other_type,
    unknown_setting,
    unknown_seed,
    unknown_status,
    no_status,
    of_another_sweep,
)


@pytest.mark.parametrize("damage", FAULTS)
def test_a_shard_that_cannot_be_read_is_named_until_it_is_mended(running, finished, damage):
    shard = shards(running)[1]
    content = shard.read_bytes()
    rest = [pq.read_table(file) for file in shards(running) if file != shard]
    damage(shard)
    watch = Watch(running, SPEC)

    for _ in range(2):
        lanes = watch.look()
        assert lanes.unreadable == (shard.name,)
        assert_same(lanes, of_rows(pa.concat_tables(rest)))
    shard.write_bytes(content)

    assert watch.look().unreadable == ()
    assert_same(watch.look(), arrays(Watch(finished, SPEC).look()))
    assert lanes.unreadable == (shard.name,)


@pytest.mark.parametrize(
    ("name", "value"),
    [("setting", 8), ("setting", -1), ("seed", 0), ("seed", 4), ("status", ""), ("status", None)],
)
def test_one_row_of_another_sweep_among_many_is_enough(tables, tmp_path, name, value):
    many = pa.concat_tables([tables[0]] * 20)
    column = many[name].to_pylist()
    column[1] = value
    place = many.schema.get_field_index(name)
    changed = many.set_column(place, name, pa.array(column, many.schema.field(name).type))
    write_shard(tmp_path, 1, changed)

    lanes = Watch(tmp_path, SPEC).look()

    assert lanes.unreadable == ("000001.parquet",)
    assert not lanes.done.any()


@examples(100)
@given(data=st.data())
def test_whatever_byte_is_changed_no_number_is(tables, data):
    with TemporaryDirectory() as folder:
        table = tables[0].slice(0, 3)
        shard = write_shard(Path(folder), 1, table)
        content = bytearray(shard.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        shard.write_bytes(content)
        lanes = Watch(Path(folder), SPEC).look()

    expected = arrays(no_lanes(SPEC)) if lanes.unreadable else of_rows(table)
    assert_same(lanes, expected)


def test_a_shard_that_the_system_does_not_give_is_named(running, monkeypatch):
    locked, opening = shards(running)[0], Path.open

    def refuse(path, *args, **kwargs):
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return opening(path, *args, **kwargs)

    watch = Watch(running, SPEC)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        assert watch.look().unreadable == (locked.name,)
        assert watch.look().done.sum() == SPEC.lanes - 6

    assert watch.look().unreadable == ()
    assert watch.look().is_whole


# What is read, and how often


@pytest.fixture
def read(monkeypatch):
    """Names of the files that were read."""
    names, reading = [], sweeps.lanes._read

    def listed(file, spec):
        names.append(file.name)
        return reading(file, spec)

    monkeypatch.setattr(sweeps.lanes, "_read", listed)
    return names


def test_a_shard_is_read_once(running, read):
    watch = Watch(running, SPEC)
    names = [shard.name for shard in shards(running)]

    first = watch.look()

    assert watch.look() is first
    assert read == names


def test_a_finished_sweep_is_read_from_its_final_table_once(finished, read):
    watch = Watch(finished, SPEC)

    first = watch.look()

    assert watch.look() is first
    assert read == ["results.parquet"]


def test_a_sweep_that_was_watched_to_its_end_is_not_read_again(running, read):
    watch = Watch(running, SPEC)
    before = watch.look()
    with opened(running, SPEC) as folder:
        folder.finish()

    assert watch.look() is before
    assert len(read) == 4


def test_failed_lanes_of_a_finished_sweep_are_found_when_they_are_trained_again(
    tables, finished, tmp_path
):
    results, failures = tables
    with opened(tmp_path, SPEC) as folder:
        folder.append([failures])
        folder.finish()
    watch = Watch(tmp_path, SPEC)
    before = watch.look()
    assert before.failed.all()
    with opened(tmp_path, SPEC) as folder:
        folder.append([results.slice(0, 5)])
    between = watch.look()
    swept(tmp_path, spec=SPEC, retry=True)

    assert between.done.sum() == 5
    assert watch.look().is_whole
    assert_same(watch.look(), arrays(Watch(finished, SPEC).look()))


def test_shards_stand_for_a_final_table_that_is_damaged(copied, finished):
    cut(copied / "results.parquet")

    lanes = Watch(copied, SPEC).look()

    assert_same(lanes, arrays(Watch(finished, SPEC).look()))
    assert lanes.unreadable == ()


def test_a_damaged_final_table_is_named_where_shards_do_not_stand_for_it(copied):
    table = copied / "results.parquet"
    content = table.read_bytes()
    cut(table)
    write_shard(copied, 1, pq.read_table(shards(copied)[0]).slice(0, 5))
    for shard in shards(copied)[1:]:
        shard.unlink()
    watch = Watch(copied, SPEC)

    for _ in range(2):
        assert watch.look().unreadable == ("results.parquet",)
        assert watch.look().done.sum() == 5
    table.write_bytes(content)

    assert watch.look().is_whole
    assert watch.look().unreadable == ()


@pytest.mark.parametrize("which", ["running", "copied"])
def test_a_folder_that_was_removed_holds_nothing_and_is_read_when_it_is_made_anew(which, request):
    path = request.getfixturevalue(which)
    table = pq.read_table(shards(path)[0])
    watch = Watch(path, SPEC)
    whole = watch.look()
    shutil.rmtree(path)

    assert whole.is_whole
    assert not watch.look().done.any()
    path.mkdir()
    write_shard(path, 1, table.slice(0, 3))
    assert watch.look().done.sum() == 3


def test_a_folder_made_anew_between_two_looks_is_read_anew(running):
    table = pq.read_table(shards(running)[0])
    watch = Watch(running, SPEC)
    watch.look()
    for shard in shards(running):
        shard.unlink()
    write_shard(running, 1, table.slice(0, 2))

    assert watch.look().done.sum() == 2


def test_several_threads_look_at_once(tables, finished, tmp_path):
    watch = Watch(tmp_path, SPEC)
    expected = of_rows(pq.read_table(finished / "results.parquet"))

    with ThreadPoolExecutor(4) as pool:
        for number in range(8):
            write_shard(tmp_path, number, tables[0].slice(number * 3, 3))
            looks = list(pool.map(lambda _: watch.look(), range(4)))
            for lanes in looks:
                assert lanes is looks[0]
                assert lanes.done.sum() == 3 * number + 3

    assert_same(watch.look(), expected)
