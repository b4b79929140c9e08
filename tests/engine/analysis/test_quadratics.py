"""Quadratic losses: curvatures and minimum against closed forms."""

import numpy as np
import pytest

from engine import Experiment, Function, Network, Run
from engine.analysis.quadratics import quadratic
from engine.problems.datasets import Line, ThreePoints, TwoMoons
from engine.problems.functions import FUNCTIONS, Booth, Bowl, Matyas, Ravine
from engine.rules import SGD
from engine.training.replay import data

RUNS = (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)


def of(problem):
    return quadratic(Experiment(problem=problem, runs=RUNS))


@pytest.mark.parametrize(
    ("function", "curvatures", "minimum"),
    [
        (Ravine(), (0.1, 2.0), (0.0, 0.0)),
        (Bowl(condition=50.0), (1.0, 50.0), (0.0, 0.0)),
        (Booth(), (2.0, 18.0), (1.0, 3.0)),
        (Matyas(), (0.04, 1.0), (0.0, 0.0)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_quadratic_functions_are_known(function, curvatures, minimum):
    actual = of(Function(function=function))

    np.testing.assert_allclose(actual.curvatures, curvatures, rtol=1e-12)
    np.testing.assert_allclose(actual.minimum, minimum, atol=1e-12)


def test_no_other_function_is_taken_for_a_quadratic():
    others = [one for one in FUNCTIONS if one not in {Ravine, Bowl, Booth, Matyas}]

    assert len(others) == len(FUNCTIONS) - 4
    assert [of(Function(function=one())) for one in others] == [None] * len(others)


@pytest.mark.parametrize(
    ("loss", "factor"), [("mean_squared_error", 2.0), ("half_mean_squared_error", 1.0)]
)
def test_a_line_has_the_curvatures_of_its_rows_and_its_least_squares_minimum(loss, factor):
    problem = Network(dataset=Line(rows=30, noise=0.3), validation_share=0.0, hidden=(), loss=loss)
    rows = data(Experiment(problem=problem, runs=RUNS))
    design = np.column_stack([rows.training_inputs[:, 0], np.ones(30)])
    actual = of(problem)

    expected = np.linalg.eigvalsh(factor * design.T @ design / 30)
    np.testing.assert_allclose(actual.curvatures, expected, rtol=1e-12)
    best = np.linalg.lstsq(design, rows.training_targets.ravel(), rcond=None)[0]
    np.testing.assert_allclose(actual.minimum, best, rtol=1e-10)


def test_the_penalty_bends_every_direction_by_its_weight():
    problem = Network(
        dataset=ThreePoints(), validation_share=0.0, hidden=(), loss="mean_squared_error"
    )
    plain, penalised = of(problem), of(problem.model_copy(update={"l2": 0.5}))

    np.testing.assert_allclose(penalised.curvatures, plain.curvatures + 0.5, rtol=1e-12)


@pytest.mark.parametrize(
    "fields",
    [
        {"hidden": (3,), "loss": "mean_squared_error"},
        {"hidden": (), "loss": "binary_cross_entropy"},
        {"hidden": (), "loss": "mean_squared_error", "output_activation": "sigmoid"},
    ],
    ids=["hidden layer", "cross-entropy", "sigmoid"],
)
def test_other_networks_are_not_quadratic(fields):
    assert of(Network(dataset=TwoMoons(rows=20), validation_share=0.0, **fields)) is None
