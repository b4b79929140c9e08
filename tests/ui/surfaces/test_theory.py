"""Which minimum theory speaks of."""

import numpy as np
import pytest

from engine import Budget, Experiment, Function, Network, Run, fit, theory
from engine.problems.datasets import Line
from engine.problems.formula import Formula
from engine.problems.functions import Dip, Himmelblau, Saddle
from engine.rules import SGD, Momentum
from ui.surfaces.theory import nearby


def trained(function, rules, start=None, steps=200):
    runs = tuple(Run(optimizer=rule, learning_rate=rate, batch_size="all") for rule, rate in rules)
    problem = Function(function=function, start=start)
    return fit(
        Experiment(problem=problem, runs=runs, budget=Budget(amount=steps, unit="iterations"))
    )


def near_the_ends(history):
    return nearby(history.experiment, [run.params[0, -1] for run in history.runs])


def test_the_minimum_is_the_one_where_the_run_ended():
    """Himmelblau has four; from (-3, -3) it leads to the third in the list."""
    history = trained(Himmelblau(), [(SGD(), 0.01)], start=(-3.0, -3.0))
    (near,) = near_the_ends(history)

    np.testing.assert_allclose(near.minimum, history.runs[0].params[0, -1], atol=1e-6)


def test_the_rate_predicted_there_is_the_rate_measured():
    """A small learning rate leaves the fast direction behind soon, so that one rate is seen."""
    history = trained(Himmelblau(), [(SGD(), 0.001)], start=(-3.0, -3.0))
    (near,) = near_the_ends(history)

    predicted = theory.convergence_rate(SGD(), 0.001, near.curvatures)
    measured = theory.measured_rate(history.runs[0].params[0], near.minimum)
    assert measured == pytest.approx(predicted, rel=0.01)


def test_each_run_has_its_own_and_a_local_one_counts():
    history = trained(Dip(), [(SGD(), 0.05), (Momentum(), 0.05)], steps=150)
    in_the_dip, at_the_bottom = near_the_ends(history)

    minima = [point for point in Dip().stationary_points if point.kind == "minimum"]
    local, lowest = sorted(minima, key=lambda point: point.is_global)
    assert tuple(in_the_dip.minimum) == (local.x, local.y)
    assert tuple(at_the_bottom.minimum) == (lowest.x, lowest.y)


def test_without_a_minimum_there_is_nothing_to_say():
    history = trained(Saddle(), [(SGD(), 0.05)], steps=10)

    assert near_the_ends(history) == [None]


def test_a_minimum_of_a_formula_was_found_and_is_not_known():
    typed = Formula(text="(x^2 + y - 11)^2 + (x + y^2 - 7)^2")
    (found,) = near_the_ends(trained(typed, [(SGD(), 0.01)], start=(-3.0, -3.0)))
    (known,) = near_the_ends(trained(Himmelblau(), [(SGD(), 0.01)], start=(-3.0, -3.0)))

    assert (found.is_known, known.is_known) == (False, True)
    np.testing.assert_allclose(found.minimum, known.minimum, atol=1e-9)
    np.testing.assert_allclose(found.curvatures, known.curvatures, rtol=1e-9)


def test_a_typed_quadratic_is_one_and_what_only_looks_like_one_is_not():
    def near(text):
        (one,) = near_the_ends(trained(Formula(text=text), [(SGD(), 0.01)], start=(0.5, 1.0)))
        return one

    assert near("(x - 1)^2 + 5*x*y + 10*y^2").is_exact
    assert not near("x^2 + y^2 + abs(x - 1)").is_exact  # the same curvatures at all other points
    assert not near("x^2 + y^2 - cos(2*pi*x)").is_exact  # the same at all whole numbers


def test_a_line_has_one_minimum_for_all_runs():
    problem = Network(dataset=Line(), hidden=(), loss="mean_squared_error")
    first, second = nearby(Experiment(problem=problem), [np.zeros(2), np.ones(2)])

    assert first.is_exact
    np.testing.assert_array_equal(first.minimum, second.minimum)
