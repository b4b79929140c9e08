"""The map over batch size and learning rate, and what its signs mean."""

from dataclasses import replace

import numpy as np
import pytest

from comparison.batch_map import batch_map, map_legend
from engine import Budget, Experiment, Network, Run, batch_rate_sweep, final_losses, score
from engine.problems.datasets import TwoMoons
from engine.rules import SGD

RATES = (0.01, 0.1, 1.0)


@pytest.fixture(scope="module", params=[(0,), (0, 1, 2)], ids=["one seed", "three seeds"])
def scores(request):
    problem = Network(dataset=TwoMoons(rows=20), hidden=(2,))
    runs = (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)
    compared = Experiment(problem=problem, runs=runs, budget=Budget(amount=3), seeds=request.param)
    return score(batch_rate_sweep(compared, 0, (4, "all"), RATES), (0.5,))


def with_diverged(scores, cells, seeds):
    """The same scores, with so many seeds of the first cells diverged."""
    runs = list(scores.runs)
    for cell in range(cells):
        status = ("diverged",) * seeds + runs[cell].status[seeds:]
        runs[cell] = replace(runs[cell], status=status)
    return replace(scores, runs=tuple(runs))


@pytest.mark.parametrize("quantity", ["final_loss", "iterations_to_target"])
def test_every_setting_has_its_cell(scores, quantity):
    chart = batch_map(scores, ("4", "all"), RATES, quantity, 0.5)
    columns = list(chart.numbers.values())

    assert all(len(column) == 6 for column in columns)
    if quantity == "final_loss":
        assert any(np.array_equal(column, final_losses(scores)) for column in columns)


def test_a_cell_whose_runs_diverged_has_the_sign_of_it(scores):
    chart = batch_map(with_diverged(scores, 2, 3), ("4", "all"), RATES, "final_loss", 0.5)
    signs = [note.text for note in chart.figure.layout.annotations]

    assert sum("✕" in sign for sign in signs) == 2


def test_the_legend_names_cells_in_which_only_some_seed_diverged(scores):
    one, two = (
        map_legend(with_diverged(scores, cells, 1), RATES, "final_loss", 0.5) for cells in (1, 2)
    )
    is_single = len(scores.experiment.seeds) == 1

    assert ("At least one seed diverged in 1 other cell." in one) is not is_single
    assert ("At least one seed diverged in 2 other cells." in two) is not is_single
    assert ("Medians of 3 seeds" in one) is not is_single


def test_the_legend_says_what_is_in_the_cells(scores):
    assert "Final validation loss" in map_legend(scores, RATES, "final_loss", 0.5)
    reached = map_legend(scores, RATES, "iterations_to_target", 0.5)
    assert "never reached the target. The full loss is evaluated at the end of every" in reached


def test_the_legend_says_where_the_lowest_lies_at_the_edge(scores):
    """Two moons of 15 rows in three epochs: the highest rate gets furthest."""
    legend = map_legend(scores, RATES, "final_loss", 0.5)
    assert "★ lies at the highest learning rate tried: a better one may lie beyond it." in legend
    chart = batch_map(scores, ("4", "all"), RATES, "final_loss", 0.5)
    assert chart.remarks == (legend,)

    fewer = with_diverged(scores, len(scores.runs), len(scores.experiment.seeds))
    assert "lies at" not in map_legend(fewer, RATES, "final_loss", 0.5)
