"""Numerical differentiation: what its errors must be, what it costs, and whom it agrees with."""

import numpy as np
import pytest

from engine import LIMITS, Experiment, Function, InvalidInput, Network
from engine.backprop.differences import METHODS, check_network, error_curve, measure, width_ladder
from engine.backprop.examples import EXAMPLES
from engine.formulas.formula import parse
from engine.problems.datasets import Blobs, Digits, SingleRow

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover


def at(curve, name, step):
    return curve.errors[name][np.argmin(np.abs(np.log(curve.steps / step)))]


def test_calls_of_a_whole_gradient():
    assert {name: method.calls(8) for name, method in METHODS.items()} == {
        "forward": 9,
        "central": 16,
        "complex": 8,
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_all_methods_agree_with_backpropagation(name):
    example = EXAMPLES[name]
    back, *others = measure(example.graph, example.point)
    scale = max(1.0, *map(abs, back.gradient.values()), *map(abs, example.point.values()))
    largest = {"forward": 3e-8 * scale**2, "central": 1e-9 * scale**2, "complex": 1e-13 * scale}
    assert (back.forward_passes, back.backward_passes, back.error) == (1, 1, 0)
    for actual in others:
        assert actual.error <= largest[actual.name]
        assert actual.forward_passes == METHODS[actual.name].calls(len(example.point))
        assert actual.backward_passes == 0
    assert all(actual.seconds > 0 for actual in (back, *others))


def test_errors_are_differences_from_backpropagation():
    back, forward, *_rest = measure(parse("x^3"), {"x": 2.0})
    assert back.gradient == {"x": 12.0}
    assert forward.error == abs(forward.gradient["x"] - 12.0)
    assert forward.error > 0


def test_truncation_and_rounding_make_a_v():
    """exp at 1: f'' = f''' = e, so the errors are known from Taylor's series."""
    curve = error_curve(parse("exp(x)"), {"x": 1.0}, "x")
    assert at(curve, "forward", 1e-3) == pytest.approx(np.e / 2 * 1e-3, rel=1e-3)
    assert at(curve, "central", 1e-3) == pytest.approx(np.e / 6 * 1e-6, rel=1e-3)
    assert curve.truncation["forward"] == pytest.approx(np.e / 2 * curve.steps, rel=1e-6)
    assert curve.truncation["central"] == pytest.approx(np.e / 6 * curve.steps**2, rel=1e-6)
    unit = np.finfo(float).eps / 2
    assert curve.rounding["forward"] == pytest.approx(2 * unit * np.e / curve.steps)
    assert curve.rounding["central"] == pytest.approx(unit * np.e / curve.steps)
    for name in ("forward", "central"):
        best = curve.steps[np.argmin(curve.errors[name])]
        assert METHODS[name].step / 100 < best < METHODS[name].step * 100
        assert at(curve, name, 1e-15) > 1e4 * curve.errors[name].min()


def test_a_complex_step_has_no_rounding_branch():
    curve = error_curve(parse("exp(x)*sin(x)"), {"x": 1.0}, "x")
    assert curve.errors["complex"][curve.steps < 1e-8].max() <= 1e-15


def test_steps_that_leave_the_domain_have_no_error():
    curve = error_curve(parse("log(x)"), {"x": 0.5}, "x")
    assert np.isnan(curve.errors["central"][0])
    assert np.isfinite(curve.errors["central"][curve.steps < 0.4]).all()


@pytest.mark.parametrize(
    ("formula", "x", "without"),
    [
        ("x^1.5", 0.0, {"central"}),
        ("log(x)", 1e-17, {"central"}),
        ("(-x)^1.5", 0.0, {"forward", "central"}),
        ("sigmoid(x)", -1000.0, set()),
        ("tanh(x)", -1000.0, set()),
        ("exp(x)", 709.5, set()),
    ],
)
def test_a_method_has_no_value_where_the_formula_has_none_beside_the_point(formula, x, without):
    graph = parse(formula)
    curve = error_curve(graph, {"x": x}, "x")
    assert {name for name, errors in curve.errors.items() if np.isnan(errors).all()} == without
    _back, *others = measure(graph, {"x": x})
    assert {actual.name for actual in others if np.isnan(actual.gradient["x"])} == without
    assert {actual.name for actual in others if np.isnan(actual.error)} == without


def test_one_variable_without_a_value_is_an_error_without_a_value():
    _back, _forward, central, _complex = measure(parse("y + log(x)"), {"x": 1e-17, "y": 1.0})
    assert np.isnan(central.error)
    assert central.gradient["y"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("formula", "x"), [("1/x", METHODS["central"].step), ("exp(x)", 709.782712)]
)
def test_an_infinite_difference_is_no_value(formula, x):
    _back, forward, central, complex_step = measure(parse(formula), {"x": x})
    assert np.isnan(central.gradient["x"])
    assert np.isnan(central.error)
    assert np.isfinite([forward.error, complex_step.error]).all()


def test_saturated_sigmoids_are_measured():
    example = EXAMPLES["sigmoid_network"]
    for name in ("w1", "w5"):
        curve = error_curve(example.graph, example.point | {"w1": -5000.0}, name)
        assert all(np.isfinite(errors).all() for errors in curve.errors.values())


def test_a_variable_without_a_say_has_no_error():
    curve = error_curve(parse("a = 2*x; y + 1"), {"x": 1.0, "y": 2.0}, "x")
    assert all((errors == 0).all() for errors in curve.errors.values())


def test_a_network_by_both_ways():
    experiment = Experiment()
    actual = check_network(experiment)
    assert actual.parameters == experiment.problem.n_params == 105
    assert (actual.rows, actual.forward_passes) == (300, 210)
    assert actual.backward.shape == actual.central.shape == (105,)
    assert 0 < actual.difference < 1e-8
    assert min(actual.central_seconds, actual.backward_seconds) > 0


def test_a_network_by_both_ways_with_a_penalty_and_a_start_of_its_own():
    network = EXAMPLES["sigmoid_network"].network.model_copy(update={"l2": 0.1})
    actual = check_network(Experiment(problem=network))
    example = EXAMPLES["sigmoid_network"]
    back = measure(example.graph, example.point)[0].gradient
    expected = [back[name] + 0.1 * example.point[name] for name in example.weights]
    assert actual.backward == pytest.approx(expected, rel=1e-12)
    assert actual.central == pytest.approx(expected, rel=1e-8)


@UNTRACED
def test_fewer_rows_are_taken_where_all_would_take_too_long():
    experiment = Experiment(problem=Network(dataset=Digits(), hidden=(16,), loss="cross_entropy"))
    parameters = experiment.problem.n_params
    actual = check_network(experiment)
    assert actual.rows == LIMITS["difference_work"].high // (2 * parameters**2)
    assert 0 < actual.rows < experiment.problem.training_rows
    assert actual.difference < 1e-6


def test_a_network_too_large_and_a_function_are_refused():
    large = Network(dataset=Blobs(features=784, classes=3), hidden=(256,), loss="cross_entropy")
    with pytest.raises(InvalidInput) as caught:
        check_network(Experiment(problem=large))
    assert (caught.value.code, caught.value.field) == ("out_of_range", "parameters")
    for ask in (check_network, width_ladder):
        with pytest.raises(InvalidInput) as caught:
            ask(Experiment(problem=Function()))
        assert caught.value.code == "conflict"


def test_ladder_of_widths():
    ladder = width_ladder(Experiment())
    assert [step.problem.hidden for step in ladder] == [(1, 1), (2, 2), (4, 4), (8, 8), (16, 16)]
    single = Experiment(problem=EXAMPLES["sigmoid_network"].network)
    assert all(step.problem.start == "glorot" for step in width_ladder(single))
    linear = Experiment(problem=Network(dataset=SingleRow(), hidden=(), loss="half_sum_of_squares"))
    assert width_ladder(linear)[0].problem.hidden == (1,)
