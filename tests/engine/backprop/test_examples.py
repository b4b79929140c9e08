"""The worked examples, figure by figure, and that they train as they do by hand."""

from dataclasses import replace

import numpy as np
import pytest

from engine import InvalidInput, fit
from engine.backprop.examples import EXAMPLES, descend
from engine.formulas.formula import parse
from engine.formulas.graph import chains, differentiate

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

DIGITS = 5e-9  # eight decimals
NETWORK = EXAMPLES["sigmoid_network"]


def figures(name, **changed):
    """Value and derivative of every named number."""
    example = EXAMPLES[name]
    actual = differentiate(example.graph, {**example.point, **changed})
    return {
        label: (actual.values[number], actual.gradients[number])
        for label, number in example.graph.names.items()
    }


def derivatives(name, **changed):
    actual = figures(name, **changed)
    return {label: actual[label][1] for label in EXAMPLES[name].graph.inputs}


def test_line():
    assert figures("line") == {"x": (5, 2), "y": (20, 1)}


def test_two_apples():
    assert figures("apples")["total"] == (pytest.approx(220, abs=1e-12), 1)
    assert derivatives("apples") == pytest.approx({"apple_price": 2.2, "apples": 110, "tax": 200})


def test_two_apples_and_three_grapes():
    assert figures("apples_and_grapes")["total"][0] == pytest.approx(715, abs=1e-12)
    assert derivatives("apples_and_grapes") == pytest.approx(
        {"apple_price": 2.2, "apples": 110, "grape_price": 3.3, "grapes": 165, "tax": 650}
    )


@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (-3.0, 0.5), (2.0, -2.0)])
def test_square_of_a_sum(x, y):
    assert derivatives("square_of_sum", x=x, y=y) == pytest.approx(
        {"x": 2 * (x + y), "y": 2 * (x + y)}
    )


def test_one_weight():
    actual = figures("one_weight")
    assert [actual[name][0] for name in ("p1", "p2", "p3")] == [3, 6, 9]
    assert actual["MSE"][0] == pytest.approx(14 / 3, rel=1e-15)
    assert actual["w"][1] == pytest.approx(28 / 3, rel=1e-15)


def test_one_weight_goes_to_two():
    example = EXAMPLES["one_weight"]
    path = descend(
        example.graph, example.point, example.weights, example.learning_rate, 40
    ).weights[:, 0]
    # The error w - 2 shrinks by 1 - rate x 28/3 each step.
    factor = 1 - example.learning_rate * 28 / 3
    assert path == pytest.approx(2 + factor ** np.arange(41), rel=1e-13)
    assert path[-1] == pytest.approx(2, abs=1e-9)


def test_sigmoid_network_forward():
    values = {name: actual[0] for name, actual in figures("sigmoid_network").items()}
    expected = {
        "z1": 0.13,
        "z2": 0.23,
        "h1": 0.53245431,
        "h2": 0.55724785,
        "z3": 0.30028793,
        "z4": 0.51202998,
        "o1": 0.57451290,
        "o2": 0.62528223,
        "E": 0.09550600,
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected, abs=DIGITS)


def test_sigmoid_network_chain_of_w5():
    actual = differentiate(NETWORK.graph, NETWORK.point)
    (way,) = chains(NETWORK.graph, actual, "w5")
    number = NETWORK.graph.names
    pairs = [(number[of], number[by]) for of, by in (("E", "o1"), ("o1", "z3"), ("z3", "w5"))]
    assert [(factor.of, factor.by) for factor in way] == pairs
    factors = [factor.derivative for factor in way]
    assert factors == pytest.approx([0.37451290, 0.24444783, 0.53245431], abs=DIGITS)
    assert derivatives("sigmoid_network")["w5"] == pytest.approx(0.04874559, abs=DIGITS)


def test_a_hidden_weight_is_reached_through_both_outputs():
    actual = differentiate(NETWORK.graph, NETWORK.point)
    ways = list(chains(NETWORK.graph, actual, "w1"))
    assert {way[0].by for way in ways} == {NETWORK.graph.names["o1"], NETWORK.graph.names["o2"]}


def test_sigmoid_network_after_one_step():
    path = descend(NETWORK.graph, NETWORK.point, NETWORK.weights, 0.5, 1).weights
    new = dict(zip(NETWORK.weights, path[1], strict=True))
    assert new["w5"] == pytest.approx(0.22562721, abs=DIGITS)
    slopes = derivatives("sigmoid_network")
    assert new == pytest.approx({n: NETWORK.point[n] - 0.5 * slopes[n] for n in new}, rel=1e-15)


def test_sigmoid_network_fits_its_targets():
    path = descend(NETWORK.graph, NETWORK.point, NETWORK.weights, 0.5, 1_000).weights
    after = dict(zip(NETWORK.weights, path[-1].tolist(), strict=True))
    actual = figures("sigmoid_network", **after)
    assert actual["o1"][0] == pytest.approx(0.2, abs=2e-5)
    assert actual["o2"][0] == pytest.approx(0.4, abs=2e-5)


@pytest.mark.parametrize(
    ("variant", "value", "slopes"),
    [
        ("below", 0, (0, 0, 0)),
        ("at", 0, (0, 0, 0)),
        ("above", 1, (1, 2, 1)),
    ],
)
def test_relu_neuron_around_its_kink(variant, value, slopes):
    change = EXAMPLES["relu_neuron"].variants[variant]
    assert figures("relu_neuron", **change)["a"][0] == value
    assert tuple(derivatives("relu_neuron", **change).values()) == slopes


@pytest.mark.parametrize("logits", [(1.0, 2.0, 0.5), (-3.0, 0.0, 4.0)])
@pytest.mark.parametrize("target", [0, 1, 2])
def test_softmax_with_cross_entropy_is_p_minus_t(logits, target):
    one_hot = {f"t{number + 1}": float(number == target) for number in range(3)}
    change = dict(zip(("z1", "z2", "z3"), logits, strict=True)) | one_hot
    actual = figures("softmax", **change)
    shares = np.exp(logits) / np.exp(logits).sum()
    assert actual["L"][0] == pytest.approx(-np.log(shares[target]), rel=1e-13)
    assert [actual[f"z{n}"][1] for n in (1, 2, 3)] == pytest.approx(
        shares - np.eye(3)[target], abs=1e-14
    )


@UNTRACED
@pytest.mark.parametrize("name", ["one_weight", "sigmoid_network"])
def test_an_example_trains_as_it_does_by_hand(name):
    example = EXAMPLES[name]
    weights = tuple(example.point[weight] for weight in example.weights)
    experiment = example.experiment(weights, example.learning_rate)
    by_hand = descend(example.graph, example.point, example.weights, example.learning_rate, 1_000)
    history = fit(experiment)
    run = history.runs[0]
    actual = differentiate(example.graph, example.point)
    assert run.training_loss.first[0, 0] == pytest.approx(actual.values[example.graph.output])
    assert run.params[0] == pytest.approx(by_hand.weights[run.params_steps], rel=1e-11)
    losses = by_hand.losses[run.training_loss.steps]
    assert len(losses) == 201
    assert run.training_loss.last[0] == pytest.approx(losses, rel=1e-9, abs=1e-15)
    assert by_hand.ended is None
    assert example.network == example.network.model_copy(update={"start": weights})


def test_a_rate_too_large_diverges_by_the_law_of_trainings():
    example = EXAMPLES["one_weight"]
    descent = descend(example.graph, example.point, example.weights, 1.0, 1_000)
    # The error w - 2 is multiplied by 1 - 28/3 each step: the loss of step t is 14/3 (25/3)^2t,
    # and that of step 4 is the first above 10^6 (1 + 14/3).
    assert (descent.diverged, descent.ended) == (True, None)
    assert descent.losses == pytest.approx(14 / 3 * (25 / 3) ** (2.0 * np.arange(4)))
    run = fit(example.experiment((3.0,), 1.0)).runs[0]
    assert (run.status[0], run.last_step[0]) == ("diverged", 5)  # the next evaluation


# A network with biases that is worked through in print (M. Mazur, A step by step backpropagation
# example): its biases are in the formula and shared within a layer, and stay as they are.
MAZUR = """h1 = sigmoid(w1*i1 + w2*i2 + b1)
h2 = sigmoid(w3*i1 + w4*i2 + b1)
o1 = sigmoid(w5*h1 + w6*h2 + b2)
o2 = sigmoid(w7*h1 + w8*h2 + b2)
E = (t1 - o1)²/2 + (t2 - o2)²/2"""
START = {"i1": 0.05, "i2": 0.1, "b1": 0.35, "b2": 0.6, "t1": 0.01, "t2": 0.99}
WEIGHTS = tuple(f"w{n}" for n in range(1, 9))
START |= dict(zip(WEIGHTS, (0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55), strict=True))


def test_a_network_with_biases_that_stay():
    graph = parse(MAZUR)
    descent = descend(graph, START, WEIGHTS, 0.5, 10_000)

    assert descent.losses[0] == pytest.approx(0.298371109, abs=5e-10)
    slopes = dict(zip(WEIGHTS, descent.slopes[0], strict=True))
    assert slopes["w5"] == pytest.approx(0.08216704, abs=5e-9)
    assert slopes["w1"] == pytest.approx(0.00043857, abs=5e-9)
    printed = [0.14978072, 0.19956143, 0.24975114, 0.29950229]
    printed += [0.35891648, 0.40866619, 0.51130127, 0.56137012]
    assert descent.weights[1] == pytest.approx(printed, abs=5e-9)
    assert descent.losses[1] == pytest.approx(0.29102777, abs=5e-9)
    assert descent.losses[-1] == pytest.approx(3.5102e-5, abs=5e-10)
    last = dict(zip(WEIGHTS, descent.weights[-1].tolist(), strict=True))
    values = differentiate(graph, START | last).values
    assert values[graph.names["o1"]] == pytest.approx(0.015914, abs=5e-6)
    assert values[graph.names["o2"]] == pytest.approx(0.984064, abs=5e-6)


def test_biases_that_move_are_shared_by_their_layer():
    moving = descend(parse(MAZUR), START, (*WEIGHTS, "b1", "b2"), 0.5, 1)
    deltas = 0.13849856 - 0.03809824  # of the two outputs, in print
    assert moving.slopes[0, -1] == pytest.approx(deltas, abs=1e-8)
    assert moving.losses[1] < 0.29102777  # which is where the biases stay


def test_any_output_is_minimised_over_any_variables():
    formula = parse("a = (x - 2)^2 + y; b = 3*a + z")
    graph = replace(formula, output=formula.names["a"])
    descent = descend(graph, {"x": 0.0, "y": 1.0, "z": 5.0}, ("x", "z"), 0.25, 2)
    assert descent.weights.tolist() == [[0, 5], [1, 5], [1.5, 5]]
    assert descent.slopes.tolist() == [[-4, 0], [-2, 0], [-1, 0]]
    assert descent.losses.tolist() == [5, 2, 1.25]


def test_an_output_that_no_weight_reaches_stays():
    formula = parse("a = y^2; x + a")
    graph = replace(formula, output=formula.names["a"])
    descent = descend(graph, {"x": 1.0, "y": 3.0}, ("x",), 0.5, 3)
    assert descent.losses.tolist() == [9] * 4
    assert descent.slopes.tolist() == [[0]] * 4


@pytest.mark.parametrize(
    ("formula", "start", "rate", "points", "code", "reason"),
    [
        ("sqrt(x)", 1.0, 1.0, [1, 0.5], "no_value", "sqrt_domain"),
        ("sqrt(x)", 1.0, 2.0, [1], "no_derivative", "vertical"),
        ("x^2/2 + 1/x", 1.0, 1.0, [1, 1], None, None),
        ("x + 0/x", 1.0, 1.0, [1], "no_value", "zero_division"),
        ("ln(x)", 1.0, 2.0, [1], "no_value", "log_domain"),
        ("x^2", 1e150, 1e7, [1e150], "no_value", "overflow"),
        ("y*tanh(x)", 0.0, 1e7, [0], "no_value", "overflow"),
        ("x^2", 0.0, 0.1, [0, 0], None, None),
        ("-x^2", 1.0, 1e7, [1, 1 + 2e7], None, None),
    ],
)
def test_descent_ends_at_the_last_point_with_a_derivative(
    formula, start, rate, points, code, reason
):
    graph = parse(formula)
    others = dict.fromkeys(graph.inputs, -1e305)
    descent = descend(graph, others | {"x": start}, ("x",), rate, len(points))
    ended = descent.ended
    assert descent.weights[: len(points), 0].tolist() == points
    if code is None:
        assert ended is None
    else:
        assert (ended.code, ended.limits) == (code, reason)
        assert len(descent.weights) == len(descent.losses) == len(descent.slopes) == len(points)


def test_a_start_without_a_derivative_is_refused():
    with pytest.raises(InvalidInput) as caught:
        descend(parse("sqrt(x)"), {"x": 0.0}, ("x",), 0.1, 5)
    assert (caught.value.code, caught.value.limits) == ("no_derivative", "vertical")


def test_an_example_without_weights_cannot_be_trained():
    with pytest.raises(InvalidInput) as caught:
        EXAMPLES["apples"].experiment((), 0.1)
    assert caught.value.code == "conflict"
