"""The version of the engine stands for its numbers: where these change, it has to be raised."""

import json

import pytest

from engine.experiment import FORMAT_1_RUNS
from engine.version import VERSION
from tests.engine.record_golden import FILE, TOLERANCE, changed, measured, record

NAMES = [run.optimizer.name for run in FORMAT_1_RUNS]


@pytest.fixture(scope="module")
def now():
    return measured()


def other(numbers, factor=1.0, version=VERSION):
    losses = {name: loss * factor for name, loss in numbers["losses"].items()}
    return {"version": version, "losses": losses}


def test_the_engine_gives_the_numbers_that_its_version_stands_for(now):
    """Raise VERSION and run ``python -m tests.engine.record_golden`` where they change on purpose.

    What was kept under the old numbers is then not mixed with the new ones.
    """
    golden = json.loads(FILE.read_text("utf-8"))

    assert golden["version"] == VERSION
    assert now["losses"] == pytest.approx(golden["losses"], rel=TOLERANCE, abs=0)


def test_every_rule_has_a_golden_number(now):
    assert {name for name in NAMES if f"network.{name}.training_loss" in now["losses"]} == set(
        NAMES
    )
    assert {"function.sgd.training_loss", "function.adam.training_loss"} <= set(now["losses"])


def test_other_numbers_are_not_recorded_under_the_same_version(now, tmp_path):
    file = tmp_path / "golden.json"
    record(file, now)
    before = file.read_text("utf-8")

    for version in (VERSION, VERSION - 1):
        with pytest.raises(SystemExit, match=r"Raise VERSION .*network\.adam\."):
            record(file, other(now, 1 + 1e-8, version))
    assert file.read_text("utf-8") == before


def test_other_numbers_are_recorded_under_a_higher_version(now, tmp_path):
    file = tmp_path / "golden.json"
    record(file, now)
    record(file, other(now, 2.0, VERSION + 1))

    assert json.loads(file.read_text("utf-8")) == other(now, 2.0, VERSION + 1)


def test_numbers_of_further_rules_are_recorded_under_the_same_version(now, tmp_path):
    file = tmp_path / "golden.json"
    record(file, now)
    more = {"version": VERSION, "losses": {**now["losses"], "network.new.training_loss": 1.0}}
    record(file, more)

    assert json.loads(file.read_text("utf-8")) == more


def test_the_last_bits_of_another_processor_are_no_change(now):
    assert changed(now, other(now, 1 + 1e-10)) == []
    assert changed(now, other(now, 1 + 1e-8)) == sorted(now["losses"])
