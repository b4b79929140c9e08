"""What the words say of others that have rules of layers, against their recorded answers."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engine import minimize
from engine.rules import LAMB, LARS, SOAP, Adafactor, Muon, Shampoo

FILE = Path(__file__).parents[2] / "reference" / "rules.json"


@cache
def recorded():
    return json.loads(FILE.read_text("utf-8"))


def answer(rule, form, size="4x3", **settings):
    """A recorded answer: gradients and start, the rate, and the other form's points by step."""
    stream = recorded()["streams"][f"matrix {size}"]
    for entry in recorded()["entries"]:
        wanted = {**entry["hyperparameters"], **settings} == entry["hyperparameters"]
        if entry["rule"] == rule and entry["problem"] == f"matrix {size}" and wanted:
            for result in entry["results"]:
                if form in result["form"]:
                    points = {int(step): np.array(point) for step, point in result["at"].items()}
                    return stream, entry["learning_rate"], points
    raise LookupError(form)


def ours(rule, stream, rate):
    """The points of the rule here, by step."""
    gradients, start = iter(np.array(stream["gradients"])), np.array(stream["start"])
    steps = len(stream["gradients"])
    path = minimize(
        lambda _at: next(gradients).reshape(1, -1),
        start.ravel(),
        rule,
        rate,
        steps,
        shape=start.shape,
    )
    return path.reshape(-1, *start.shape)


def theirs(step, stream):
    """The points of another form; ``step`` takes the point and the gradient."""
    path = [np.array(stream["start"])]
    for gradient in np.array(stream["gradients"]):
        path.append(step(path[-1], gradient))
    return path


def difference(points, path):
    """The largest difference at recorded steps, relative to 1 + the size."""
    return max(
        float((np.abs(path[step] - point) / (1 + np.abs(point))).max())
        for step, point in points.items()
    )


@pytest.mark.parametrize("size", ["4x3", "3x3"])
def test_a_muon_in_16_bits_differs_by_some_thousandths(size):
    stream, rate, points = answer("muon", "as shipped", size, nesterov=True)

    assert 0.003 < difference(points, ours(Muon(), stream, rate)) < 0.0095


@pytest.mark.parametrize("size", ["4x3", "3x3"])
def test_the_rate_of_muon_in_keras_is_0_2_times_the_root_of_the_columns_here(size):
    stream, rate, points = answer("muon", "keras", size, nesterov=True)
    columns = np.shape(stream["start"])[1]

    converted = ours(Muon(), stream, rate * 0.2 * columns**0.5)

    assert difference(points, converted) < 1e-7  # it computes in 32 bits


def test_muon_in_optax_corrects_both_parts_for_their_start():
    stream, rate, points = answer("muon", "optax", nesterov=True)

    assert 0.01 < difference(points, ours(Muon(), stream, rate)) < 0.02


def test_a_lamb_without_corrections_begins_with_a_step_ten_times_as_long():
    stream, rate, points = answer("lamb", "pytorch_optimizer", weight_decay=0.0)
    start = np.array(stream["start"])

    first = np.linalg.norm(points[1] - start) / np.linalg.norm(start)

    assert first == pytest.approx(10 * rate)
    assert difference(points, ours(LAMB(), stream, rate)) > 0.4


@pytest.mark.parametrize("size", ["4x3", "3x3"])
def test_a_lars_that_divides_by_the_norm_of_the_sum_is_another_one_with_decay(size):
    stream, rate, points = answer("lars", "optax", size)
    v = 0.0

    def step(at, g):
        nonlocal v
        g = g + 0.05 * at
        v = 0.9 * v + 0.02 * np.linalg.norm(at) / np.linalg.norm(g) * g
        return at - v

    assert rate == 1.0
    assert difference(points, theirs(step, stream)) < 1e-12
    here = ours(LARS(trust=0.02, weight_decay=0.05), stream, rate)
    assert 0.14 < difference(points, here) < 0.27  # and 0.17 at a step that is not recorded


@pytest.mark.parametrize("size", ["4x3", "3x3"])
def test_shampoo_with_square_roots_and_a_half_changed_gradient_is_another_one(size):
    stream, rate, points = answer("shampoo", "torch-optimizer", size, epsilon=1e-6)
    left, right = (1e-6 * np.eye(n) for n in np.shape(stream["start"]))

    def root(matrix):
        values, vectors = np.linalg.eigh(matrix)
        return vectors @ np.diag(values**-0.5) @ vectors.T

    def step(at, g):
        nonlocal left, right
        left = left + g @ g.T
        g = root(left) @ g
        right = right + g.T @ g
        return at - rate * g @ root(right)

    assert difference(points, theirs(step, stream)) < 1e-10
    assert 0.075 < difference(points, ours(Shampoo(), stream, rate)) < 0.115


@pytest.mark.parametrize("size", ["4x3", "3x3"])
def test_soap_that_renews_its_axes_in_32_bits_differs_in_the_seventh_digit(size):
    stream, rate, points = answer("soap", "as shipped", size)

    assert 5e-8 < difference(points, ours(SOAP(), stream, rate)) < 1e-7


def test_adafactor_with_its_paper_s_epsilon_is_the_same_to_the_last_digits():
    stream, rate, points = answer("adafactor", "added to the squares (paper)")

    assert difference(points, ours(Adafactor(), stream, rate)) < 1e-14
