"""The tables of a sweep: CSV and Parquet agree, nothing that diverged becomes a number."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from comparison.pages import SweepPage
from exports.sweep.tables import csv_of, lanes_csv, lanes_parquet, settings_csv
from exports.tables import csv_of_parts, read_csv, to_csv
from sweeps.axes import ListAxis
from tests.exports.hostile import NAMES
from tests.sweeps.looked import failed, finished, planned, unfinished

TEXT = {"rule", "optimizer", "batch_size", "key", "status", "curve", "curve_steps", "name"}
STATES = {"finished": finished, "unfinished": unfinished, "failed": failed}


@pytest.fixture(scope="module", params=STATES)
def seen(request, tmp_path_factory):
    """A sweep in each state: its folder, and how it is looked at."""
    folder = tmp_path_factory.mktemp(request.param)
    return folder, STATES[request.param](folder)


def cells(content):
    """The cells of a CSV file as they stand there, by row and column."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_holds_what_parquet_holds(seen, monkeypatch):
    folder, look = seen
    monkeypatch.setattr("sweeps.final._PART", 7)  # so that it comes in several parts
    table = pq.read_table(io.BytesIO(lanes_parquet(folder, look.lanes))).to_pydict()

    found = read_csv(lanes_csv(folder, look.lanes), text=TEXT)

    assert list(found) == list(table)
    for name, column in table.items():
        if name in TEXT:
            assert found[name] == [value or "" for value in column]
        else:
            expected = [np.nan if value is None else value for value in column]
            np.testing.assert_array_equal(found[name], expected, err_msg=name)


def test_what_has_no_number_is_empty_and_what_diverged_is_infinite(seen):
    folder, look = seen

    for row in cells(lanes_csv(folder, look.lanes)):
        ended = row["status"]
        loss, score = row["validation_loss_final"], row["validation_score_final"]
        assert (loss == "inf") == (ended == "diverged")
        assert (loss == "") == (ended == "failed")
        assert (score == "") == (ended in {"diverged", "failed"})
        assert "0" not in (loss, score)
        assert row["training_loss_first"] or ended == "failed"


def test_numbers_of_a_curve_stand_in_one_cell_and_come_back():
    curves = [[0.1 + 0.2, np.inf, None], [-1.5, 5e-324], None]
    content = io.BytesIO()
    pq.write_table(pa.table({"curve": curves}), content)

    (found,) = read_csv(csv_of(content.getvalue()), text=["curve"]).values()

    np.testing.assert_array_equal(np.array(found[0].split(), float), [0.1 + 0.2, np.inf, np.nan])
    np.testing.assert_array_equal(np.array(found[1].split(), float), [-1.5, 5e-324])
    assert found[2] == ""


def test_parts_make_the_table_that_they_are_parts_of():
    rows = {"run": ["a", "=b", "c"], "loss": [1.0, np.nan, np.inf]}

    parts = [{name: column[at : at + 1] for name, column in rows.items()} for at in range(3)]

    assert csv_of_parts(parts) == to_csv(rows)


def test_a_row_for_each_setting_has_what_numpy_makes_of_its_lanes(seen):
    _, look = seen
    lanes = look.lanes

    found = read_csv(settings_csv(look), text=TEXT)

    assert found["setting"] == list(range(12))
    for setting in range(12):
        done = lanes.done[setting]
        losses = lanes.scores["validation_loss_final"][setting, done]
        assert found["n"][setting] == done.sum()
        assert found["failed"][setting] == lanes.failed[setting].sum()
        assert found["diverged"][setting] == np.isinf(losses).sum()
        names = [f"final_loss_{part}" for part in ("median", "first_quartile", "third_quartile")]
        expected = [np.nan] * 3
        if done.any():
            low, high = np.floor((done.sum() - 1) / 4), np.ceil((done.sum() - 1) * 3 / 4)
            ordered = np.sort(losses)
            expected = [np.median(losses), ordered[int(low)], ordered[int(high)]]
        np.testing.assert_array_equal([found[name][setting] for name in names], expected)


def test_settings_come_in_parts(seen, monkeypatch):
    _, look = seen
    whole = settings_csv(look)
    monkeypatch.setattr("exports.sweep.tables._PART", 5)

    assert settings_csv(look) == whole


def test_a_target_that_was_not_reached_is_infinite(tmp_path):
    look = finished(tmp_path)

    found = read_csv(settings_csv(look), text=TEXT)

    steps = look.lanes.first_steps[0]
    expected = np.median(steps, axis=1)
    assert np.isinf(expected).any()
    np.testing.assert_array_equal(found["updates_to_target_1_median"], expected)


def test_no_cell_is_run_by_a_spreadsheet(tmp_path):
    look = finished(tmp_path, planned(names=NAMES[:2]))

    names = {row["name"] for row in cells(settings_csv(look))}

    assert names == {f"'{NAMES[0]}", NAMES[1]}


def test_a_value_that_is_no_number_is_text(tmp_path):
    page = SweepPage(axes=(ListAxis(field="problem.hidden", values=([], [3])),), seeds=1)
    look = finished(tmp_path, planned(page))

    found = read_csv(lanes_csv(tmp_path, look.lanes), text=TEXT | {"problem.hidden"})

    assert found["problem.hidden"] == ["[]", "[3]"] * 2
