"""Examples of formulas: each can be read, is differentiated rightly, and has its known minimum."""

from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest

from comparison.document import with_default_view
from comparison.formulas import EXAMPLES
from comparison.link import from_link, to_link
from comparison.surfaces import function_window
from engine import Experiment, Function, InvalidInput, Run
from engine.backprop.checks import check
from engine.problems.formula import Formula
from engine.rules import SGD

# As textbooks and collections of test functions have them; McCormick's is that of its usual domain.
MINIMA = {
    "dive": [(0.0, 0.0, 0.0)],
    "scratch": [(0.0, 0.0, 0.0)],
    "rosenbrock": [(1.0, 1.0, 0.0)],
    "two_valleys": [(-1.0, -1.0, -1.0), (1.0, 1.0, -1.0)],
    "monkey": [],
    "egg_box": [(-np.pi / 2, 0.0, -1.0), (np.pi / 2, np.pi, -1.0)],
    "kink": [(0.0, 0.0, 0.0)],
    "logarithm": [(1.0, 0.0, 1.0)],
    "himmelblau": [
        (3.0, 2.0, 0.0),
        (-2.805118, 3.131312, 0.0),
        (-3.779310, -3.283186, 0.0),
        (3.584428, -1.848126, 0.0),
    ],
    "beale": [(3.0, 0.5, 0.0)],
    "mccormick": [(-0.547198, -1.547198, -1.913223)],
    "goldstein_price": [(0.0, -1.0, 3.0), (-0.6, -0.4, 30.0), (1.8, 0.2, 84.0)],
    "ackley": [(0.0, 0.0, 0.0)],
}
EVERY = pytest.mark.parametrize("name", EXAMPLES)


def test_there_are_ten_and_the_minima_of_all_are_known():
    assert len(EXAMPLES) >= 10
    assert set(MINIMA) == set(EXAMPLES)


@EVERY
def test_the_gradient_at_the_start_is_right(name):
    found = check(EXAMPLES[name].formula, EXAMPLES[name].start)

    assert found.difference < {"complex": 1e-13, "central": 1e-9}[found.method]
    assert found.kinks == ()
    assert any(found.gradient)


def test_the_titles_that_show_a_formula_are_read_as_what_they_stand_for():
    points = np.random.default_rng(0).uniform(0.1, 3.0, size=(20, 2))
    shown = {
        name: example.title.rpartition(": ")[2]
        for name, example in EXAMPLES.items()
        if ": " in example.title
    }
    assert len(shown) == 7
    for name, title in shown.items():
        typed, meant = Formula(text=title), EXAMPLES[name].formula
        assert typed.constants == ()
        np.testing.assert_allclose(typed.value(points), meant.value(points), rtol=1e-12)


@EVERY
def test_its_known_minima_are_found(name):
    formula = EXAMPLES[name].formula
    found = [point for point in formula.stationary_points if point.kind == "minimum"]
    for x, y, value in MINIMA[name]:
        nearest = min(found, key=lambda point: np.hypot(point.x - x, point.y - y))

        np.testing.assert_allclose(nearest[:2], (x, y), atol=2e-6)
        assert formula.value(np.array([nearest[:2]]))[0] == pytest.approx(value, abs=1e-6)
    if not MINIMA[name]:
        assert found == []


@EVERY
def test_its_picture_holds_start_and_minima(name):
    example = EXAMPLES[name]
    window = function_window(Function(function=example.formula, start=example.start))
    for x, y in [example.start, *(point[:2] for point in MINIMA[name])]:
        assert window.x[0] < x < window.x[1]
        assert window.y[0] < y < window.y[1]


def test_a_link_holds_text_and_constants_whatever_their_names():
    text = "t = (a_1 - x)^2\nt + 학습*(y - x²)²/√(1 + abs(y))"
    formula = Formula(text=text, constants={"a_1": -2.5, "학습": 100.0})
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")
    document = with_default_view(Experiment(problem=Function(function=formula), runs=[run]))
    query = to_link(document)

    assert query["function"] == ["formula"]
    assert query["function.constants"] == ["a_1:-2.5~학습:100.0"]
    assert from_link(parse_qs(urlencode(query, doseq=True))) == (document, [])


@pytest.mark.parametrize("constants", ["a", "a:", "a:1:2", "a:1~a", "a:0x1", "~:", "a:nan", "b:1"])
def test_wrong_constants_of_a_link_are_refused(constants):
    query = {"problem": ["function"], "function": ["formula"], "function.text": ["a*x"]}
    with pytest.raises(InvalidInput):
        from_link(query | {"function.constants": [constants]})


def test_no_two_have_one_text():
    assert len({example.formula.text for example in EXAMPLES.values()}) == len(EXAMPLES)


def test_the_window_of_a_formula_does_not_grow_to_a_start_far_away():
    formula = Formula(text="x^2 + y^2")
    far = function_window(Function(function=formula, start=(1e6, 0.0)))
    beside = function_window(Function(function=formula, start=(7.0, 0.0)))

    assert (far.x, far.y) == formula.window
    assert beside.x[1] > 7
    assert beside.y == formula.window[1]
