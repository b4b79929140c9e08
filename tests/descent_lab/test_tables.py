"""Commands on readers' tables: rows come with --data, or with the experiment's file."""

import json

import pandas as pd
import pytest

from comparison.document import saved_text, with_default_view
from descent_lab.command import main
from engine import Budget, Experiment, Network, Run, fit
from engine.problems.datasets.own import own_table
from engine.problems.datasets.table import TABLES, table
from engine.rules import SGD

pytestmark = pytest.mark.usefixtures("nothing_drawn")
CORNERS = table(
    ["a", "b", "y"], [[0, 0, 1, 1, 0.5], [0, 1, 0, 1, 0.25], ["no", "yes", "yes", "no", "no"]]
)
DATASET = own_table(CORNERS, "corners.csv", (0, 1), 2, "classification")
EXPERIMENT = Experiment(
    problem=Network(dataset=DATASET, validation_share=0.0, hidden=(3,)),
    runs=(Run(optimizer=SGD(), learning_rate=0.5, batch_size=2),),
    budget=Budget(amount=2),
)


@pytest.fixture(autouse=True)
def nothing_kept():
    yield
    TABLES.forget("command")


@pytest.fixture
def source(tmp_path):
    """The file of the experiment without rows."""
    file = tmp_path / "experiment.json"
    file.write_text(saved_text(with_default_view(EXPERIMENT)))
    return str(file)


def run(source, to, *words):
    return main(["run", source, "--to", str(to), *words])


def test_a_bundle_holds_the_table_and_its_own_command_trains_the_same(tmp_path, source):
    data = tmp_path / "mine.csv"
    data.write_bytes(b"a,b,y\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n.5,.25,no\n")
    assert run(source, tmp_path / "first", "--data", str(data)) == 0
    TABLES.forget("command")

    first = tmp_path / "first"
    table_file = first / "table.csv"
    assert "--data table.csv" in json.loads((first / "manifest.json").read_text())["reproduce"][0]
    assert run(str(first / "experiment.json"), tmp_path / "again", "--data", str(table_file)) == 0

    assert (tmp_path / "again/histories.csv").read_bytes() == (first / "histories.csv").read_bytes()
    assert pd.read_csv(table_file, encoding="utf-8-sig")["y"].tolist() == [
        *("no", "yes", "yes", "no", "no")
    ]


def test_a_file_that_carries_the_rows_needs_nothing_else(tmp_path):
    file = tmp_path / "whole.json"
    file.write_text(saved_text(with_default_view(EXPERIMENT), [CORNERS]), encoding="utf-8")

    assert run(str(file), tmp_path / "out") == 0

    TABLES.keep("command", CORNERS)
    digest = fit(EXPERIMENT).digest()
    assert json.loads((tmp_path / "out/manifest.json").read_text())["digest"] == digest


def test_without_its_rows_an_experiment_is_refused_with_the_way_out(tmp_path, source, capsys):
    assert run(source, tmp_path / "out") == 2

    told = capsys.readouterr().err
    assert "corners.csv" in told
    assert "--data FILE" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b,y\n0,0,no\n0,1,yes\n", "other values"),
        (b"a,b,y\n0,0\n0,1,yes\n", "Line"),
        (b"PK\x03\x04....", "zip archive"),
        (b'{"names": ["a"], "columns": [[1]]}', "columns"),
        (b'[{"names": 1}]', "object"),
        (b"", "empty"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path, source, capsys, content, words):
    data = tmp_path / "wrong.csv"
    data.write_bytes(content)

    assert run(source, tmp_path / "out", "--data", str(data)) == 2

    told = capsys.readouterr().err
    assert told.startswith(f"{data}: ")
    assert words.lower() in told.lower()


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_of_a_sweep_get_the_rows(tmp_path, source, workers):
    data = tmp_path / "tables.json"
    data.write_text(json.dumps([CORNERS.as_json()]))
    words = ["--axis", "learning_rate=0.1,1", "--seeds", "2", "--workers", str(workers)]

    assert (
        main(
            ["sweep", "--from", source, *words, "--to", str(tmp_path / "out"), "--data", str(data)]
        )
        == 0
    )

    results = pd.read_parquet(tmp_path / "out/results.parquet")
    TABLES.keep("command", CORNERS)
    for seed, rate in ((0, 0.1), (1, 1.0)):
        alone = EXPERIMENT.model_copy(
            update={
                "seeds": (seed,),
                "runs": (EXPERIMENT.runs[0].model_copy(update={"learning_rate": rate}),),
            }
        )
        row = results[(results["seed"] == seed) & (results["learning_rate"] == rate)].iloc[0]
        assert row["training_loss_final"] == fit(alone).runs[0].training_loss.final[0]


def test_a_sweep_without_the_rows_is_refused(tmp_path, source, capsys):
    words = ["--axis", "learning_rate=0.1,1", "--to", str(tmp_path / "out")]

    assert main(["sweep", "--from", source, *words]) == 2

    assert "--data FILE" in capsys.readouterr().err
