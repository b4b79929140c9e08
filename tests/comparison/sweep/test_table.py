"""The table of a sweep: a row for each setting, the best first, opened to its lanes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from comparison.sweep.look import Look
from comparison.sweep.table import lanes_table, settings_table
from sweeps.cells import summary, values
from sweeps.lanes import STATUSES, no_lanes
from tests.comparison.sweep.looks import SPECS, lanes, listed, look, spec
from tests.comparison.sweep.test_charts import without


def test_the_best_come_first_then_what_diverged_then_what_is_not_trained():
    seen = replace(look("one run"), lanes=without(lanes("one run"), [1]))
    table = settings_table(seen)
    medians = table["Final validation loss"].to_numpy()

    assert table.index.tolist()[-1] == 1
    assert np.isnan(medians[-1])
    assert np.isposinf(medians[-2])
    assert (np.diff(medians[:-2]) >= 0).all()


def test_of_scores_the_highest_comes_first_and_what_diverged_behind_all_others():
    table = settings_table(look("classes", shown="final_score"))
    scores = table["Final accuracy"].to_numpy()

    assert scores[0] == scores.max()
    assert np.isneginf(scores[-2:]).all()


@pytest.mark.parametrize("name", SPECS)
def test_a_row_has_the_numbers_of_its_setting(name):
    seen = look(name, tab="table")
    table, found = settings_table(seen), summary(seen.lanes, "final_loss")

    # Of several problems one is shown at a time.
    assert sorted(table.index) == np.flatnonzero(seen.is_kept).tolist()
    for setting, row in table.iterrows():
        assert row[seen.quantity_title] == found.median[setting]
        assert row["n"] == len(SPECS[name].experiment.seeds)
        assert row["Diverged"] == seen.lanes.diverged[setting].sum()


def test_numbers_are_numbers_and_words_have_the_order_of_the_axis():
    table = settings_table(look("rates and batch sizes"))

    assert table["Learning rate"].dtype == float
    assert list(table["Batch size"].cat.categories) == ["4", "all"]
    assert table["Batch size"].cat.ordered
    assert list(table["Optimizer"].cat.categories) == ["SGD", "Adam"]


def test_a_field_that_a_run_lacks_is_empty():
    table = settings_table(look("a field of some rules"))
    is_empty = table["Momentum μ"].isna()

    assert set(table["Optimizer"][is_empty]) == {"SGD"}
    assert set(table["Optimizer"][~is_empty]) == {"Momentum"}


@pytest.mark.parametrize("names", [("–", "—"), ("Optimizer", "n"), ("1", "1.0")])
def test_runs_may_have_any_names(names):
    seen = look("rates and batch sizes")
    view = seen.view.model_copy(update={"names": names})

    table = settings_table(Look(seen.lanes, view, seen.page))

    assert set(table["Optimizer"]) == set(names)


def test_fields_of_one_title_have_a_column_each():
    budgets = [{"amount": 1}, {"amount": 1, "unit": "iterations"}]
    two = spec(listed("budget", *budgets), listed("budget.amount", 1, 2))
    seen = Look(no_lanes(two), look("one run").view, look("one run").page)

    titles = [title for title in settings_table(seen).columns if title.startswith("Budget")]
    assert len(titles) == 2


def test_the_table_of_lanes_is_the_lanes():
    seen = look("rates and batch sizes")
    table = lanes_table(seen, 3)

    losses = values(seen.lanes, "final_loss")[3]
    assert table["Seed"].tolist() == [0, 1, 2]
    assert table["Final validation loss"].tolist() == losses.tolist()
    assert table["Final training loss"].tolist() == (
        seen.lanes.scores["training_loss_final"][3].tolist()
    )
    assert table["Last update"].tolist() == seen.lanes.last_step[3].tolist()
    assert table["Status"].tolist() == ["finished"] * 3


def test_the_table_of_lanes_says_what_became_of_each():
    own = lanes("all diverge")
    status = own.status.copy()
    status[0] = [0, STATUSES.index("failed"), status[0, 2]]
    seen = replace(look("all diverge"), lanes=replace(own, status=status))

    assert lanes_table(seen, 0)["Status"].tolist() == [
        "not trained yet",
        "could not be trained",
        "diverged",
    ]
    assert isinstance(lanes_table(seen, 0), pd.DataFrame)
