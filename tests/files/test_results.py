"""The results table: the same values on the page and in files."""

import numpy as np
import pytest

from charts.theme import Look
from engine import Budget, Experiment, Function, Run, fit
from engine.optimizers import SGD, Adam
from files.results import details, ends, results_csv, status
from files.tables import read_csv
from tests.files.hostile import NAMES


@pytest.fixture(scope="module")
def history():
    runs = [
        Run(optimizer=Adam(), learning_rate=0.05),
        Run(optimizer=SGD(), learning_rate=0.1),
        Run(optimizer=SGD(), learning_rate=1e7),
    ]
    return fit(Experiment(runs=runs, budget=Budget(amount=3), seeds=(0, 1)))


def looks(history, names=NAMES):
    return [Look(name, number) for number, name in enumerate(names[: len(history.runs)])]


def test_the_file_has_the_values_of_the_table(history):
    table = read_csv(results_csv(history, looks(history)), ["run", "optimizer", "status"])

    assert table["number"] == [1, 2, 3]
    assert table["run"] == list(NAMES[:3])
    assert table["learning_rate"] == [0.05, 0.1, 1e7]
    for name, values in table.items():
        for position, value in enumerate(values):
            row = ends(history, position) | details(history, position)
            if name in row:
                np.testing.assert_equal(value, np.nan if row[name] is None else row[name])


def test_a_diverged_run_has_no_final_loss_and_is_counted(history):
    table = read_csv(results_csv(history, looks(history)), ["run", "optimizer", "status"])

    assert np.isnan(table["training_loss"][2])
    assert table["diverged_seeds"] == [0, 0, 2]
    assert table["status"] == ["budget", "budget", "diverged"]
    assert sum(table["best"]) == 1
    assert table["best"][2] == 0


def test_the_last_losses_are_medians_over_the_seeds(history):
    losses = [series[-1] for series in history.runs[0].training_loss.last]

    assert ends(history, 0)["training_loss"] == np.median(losses)


def test_words_for_what_became_of_a_run(history):
    best = history.best

    assert status(history, best).startswith("best")
    assert status(history, 2) == "2 of 2 diverged"


def test_a_test_function_has_no_score():
    history = fit(Experiment(problem=Function(), budget=Budget(amount=3)))

    assert list(ends(history, 0)) == ["training_loss"]
