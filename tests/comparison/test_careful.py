"""Careful rates: what they follow from, and that untouched runs stay in the picture with them."""

import numpy as np
import pytest

from comparison.careful import careful_runs
from comparison.edits import change_constant, change_formula, change_run, choose_function
from comparison.formulas import EXAMPLES
from comparison.presets import SURFACE_PRESETS
from engine import Run, fit
from engine.problems.formula import Formula
from engine.rules import SGD, Adam, Momentum, Newton

FIRST = SURFACE_PRESETS["ravine"].document


def rates(document):
    return [run.learning_rate for run in document.experiment.runs]


def test_rates_follow_from_the_curvature_and_the_window_and_keep_their_order():
    runs = [
        Run(optimizer=rule, learning_rate=rate, batch_size="all")
        for rule, rate in ((SGD(), 0.8), (SGD(), 0.2), (Momentum(), 0.4), (Adam(), 3.0))
    ]
    runs.append(Run(optimizer=Newton(), learning_rate=1.0, batch_size="all"))
    bowl = Formula(text="x^2/2 + 5y^2")  # whose largest curvature is 10

    careful = careful_runs(runs, bowl, (0.5, 0.1))
    assert [run.learning_rate for run in careful] == [0.05, 0.013, 0.025, 0.5, 1.0]
    assert [run.optimizer for run in careful] == [run.optimizer for run in runs]


def test_a_steep_start_makes_the_first_step_shorter():
    (run,) = careful_runs(
        [Run(optimizer=SGD(), learning_rate=1.0, batch_size="all")],
        Formula(text="9x + y^2"),
        (1.0, 0.0),
    )
    assert run.learning_rate == pytest.approx(0.05 * 10 / 9, rel=0.05)


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {"monkey"}))  # which falls for ever
def test_the_first_sight_of_an_example_stays_in_its_window(name):
    example = EXAMPLES[name]
    edited = choose_function(FIRST, example.formula, example.start)
    sides = np.column_stack([np.array(example.formula.window), example.start])
    for run in fit(edited.document.experiment).runs:
        assert (sides.min(axis=1) <= run.params).all()
        assert (run.params <= sides.max(axis=1)).all()
    assert "careful" in edited.notices[-1]


def test_runs_that_were_set_keep_their_rates():
    touched = change_run(FIRST, 1, learning_rate=0.25).document
    edited = choose_function(touched, EXAMPLES["rosenbrock"].formula)

    assert rates(edited.document) == [0.9, 0.25, 0.9]
    assert edited.notices == ()


def test_careful_rates_follow_the_text_and_not_a_constant():
    first = choose_function(FIRST, Formula(text="x² + a y²")).document
    steeper = change_formula(first, "x² + 50a y²").document
    moved = change_constant(steeper, "a", 0.5)

    x, y = steeper.experiment.problem.start
    steepness = np.hypot(2 * x, 100 * y) / 2  # a twentieth of the window is 0.5
    assert rates(steeper)[0] == pytest.approx(0.25 / steepness, rel=0.05)
    assert rates(steeper)[0] < rates(first)[0]
    assert (rates(moved.document), moved.notices) == (rates(steeper), ())
    assert change_formula(first, first.experiment.problem.function.text).notices == ()
