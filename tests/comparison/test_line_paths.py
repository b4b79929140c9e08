"""Paths of several batch sizes over the two parameters of a straight line."""

import numpy as np
import pytest

from charts.theme import RunStyle
from comparison.line_paths import compared_sizes, is_line, line_paths, line_surface
from engine import Budget, Experiment, Function, Network, Run, fit
from engine.problems.datasets import Line, TwoMoons
from engine.rules import SGD


def line(amount=3, **fields):
    problem = Network(dataset=Line(rows=40), hidden=(), loss="mean_squared_error", **fields)
    runs = (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=amount))


def test_only_a_line_with_two_parameters_is_one():
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")

    assert is_line(line())
    assert not is_line(line(bias=False))
    assert not is_line(Experiment(problem=Function(), runs=(run,)))
    assert not is_line(Experiment(problem=Network(dataset=TwoMoons()), runs=(run,)))


@pytest.mark.parametrize(("amount", "every"), [(10, 1), (66, 1), (67, 2), (1_000, 15)])
def test_at_most_two_thousand_updates_of_the_smallest_batch_are_recorded(amount, every):
    compared = compared_sizes(line(amount), 0, ("all", 8, 1))  # 30 rows, so 30 updates an epoch

    assert [run.batch_size for run in compared.runs] == ["all", 8, 1]
    assert compared.record_every == every


def test_other_problems_are_recorded_as_usual():
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")
    moons = Experiment(problem=Network(dataset=TwoMoons(rows=40)), runs=(run,))

    assert compared_sizes(moons, 0, ("all", 8)).record_every is None


def test_the_largest_batch_is_drawn_last_and_every_path_as_it_was_trained():
    history = fit(compared_sizes(line(), 0, ("all", 8, 1)))
    styles = [RunStyle(name, number) for number, name in enumerate(("all", "eight", "one"))]
    numbers = line_paths(history, styles, line_surface(history)).numbers
    names = list(dict.fromkeys(numbers["run"].tolist()))

    assert [name for name in names if name] == ["one", "eight", "all"]
    drawn = np.stack([numbers["w"], numbers["b"]], axis=1)[numbers["run"] == "eight"]
    np.testing.assert_allclose(drawn, history.runs[1].params[0], rtol=1e-12, atol=1e-15)
