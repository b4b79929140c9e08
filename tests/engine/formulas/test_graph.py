"""The computation graph against closed forms, complex steps, and the engine's own network."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import Experiment, InvalidInput, Network
from engine.backprop.examples import EXAMPLES
from engine.formulas.formula import parse
from engine.formulas.graph import (
    OPERATIONS,
    Factor,
    backward,
    chains,
    differentiate,
    forward,
    kinks,
    one_sided,
    taken_apart,
)
from engine.problems.datasets import Blobs, Line
from engine.problems.network_problem import NetworkProblem
from engine.training.replay import data
from tests.engine import plain
from tests.strategies import examples

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

FEW = examples(60)
# Closed forms of every operation's derivatives at (0.7, 1.3), from a table of derivatives.
A, B = 0.7, 1.3
SECH2 = 1 / math.cosh(A) ** 2
LOGISTIC = 1 / (1 + math.exp(-A))
TABLE = {
    "add": ("a + b", A + B, (1, 1)),
    "subtract": ("a - b", A - B, (1, -1)),
    "multiply": ("a * b", A * B, (B, A)),
    "divide": ("a / b", A / B, (1 / B, -A / B**2)),
    "power": ("a ^ b", A**B, (B * A ** (B - 1), A**B * math.log(A))),
    "negate": ("-a", -A, (-1,)),
    "exp": ("exp(a)", math.exp(A), (math.exp(A),)),
    "log": ("log(a)", math.log(A), (1 / A,)),
    "sin": ("sin(a)", math.sin(A), (math.cos(A),)),
    "cos": ("cos(a)", math.cos(A), (-math.sin(A),)),
    "tan": ("tan(a)", math.tan(A), (1 / math.cos(A) ** 2,)),
    "asin": ("asin(a)", math.asin(A), (1 / math.sqrt(1 - A * A),)),
    "acos": ("acos(a)", math.acos(A), (-1 / math.sqrt(1 - A * A),)),
    "atan": ("atan(a)", math.atan(A), (1 / (1 + A * A),)),
    "sinh": ("sinh(a)", math.sinh(A), (math.cosh(A),)),
    "cosh": ("cosh(a)", math.cosh(A), (math.sinh(A),)),
    "tanh": ("tanh(a)", math.tanh(A), (SECH2,)),
    "sqrt": ("sqrt(a)", math.sqrt(A), (0.5 / math.sqrt(A),)),
    "abs": ("abs(a)", A, (1,)),
    "sign": ("sign(a)", 1.0, (0,)),
    "sigmoid": ("sigmoid(a)", LOGISTIC, (LOGISTIC / (1 + math.exp(A)),)),
    "relu": ("relu(a)", A, (1,)),
    "max": ("max(a, b)", B, (0, 1)),
    "min": ("min(a, b)", A, (1, 0)),
}


def value_and_slopes(formula, **point):
    """The output's value and its derivatives by every variable."""
    graph = parse(formula)
    derivatives = differentiate(graph, point)
    slopes = {name: derivatives.gradients[graph.names[name]] for name in graph.inputs}
    return derivatives.values[graph.output], slopes


def test_the_table_has_every_operation():
    assert set(TABLE) == set(OPERATIONS)


@pytest.mark.parametrize("operation", TABLE)
def test_value_and_derivatives_have_closed_forms(operation):
    formula, value, slopes = TABLE[operation]
    point = {"a": A, "b": B} if len(slopes) == 2 else {"a": A}

    result, gradient = value_and_slopes(formula, **point)

    assert result == pytest.approx(value, rel=1e-15)
    assert list(gradient.values()) == pytest.approx(slopes, rel=1e-14)


# At a kink, and on its other side: value and derivatives.
KINKS = {
    "relu": (({"a": 0.0}, 0, [0]), ({"a": -1.0}, 0, [0])),
    "abs": (({"a": 0.0}, 0, [0]), ({"a": -3.0}, 3, [-1])),
    "sign": (({"a": 0.0}, 0, [0]), ({"a": -3.0}, -1, [0])),
    "max": (({"a": 2.0, "b": 2.0}, 2, [0.5, 0.5]), ({"a": 3.0, "b": 2.0}, 3, [1, 0])),
    "min": (({"a": 2.0, "b": 2.0}, 2, [0.5, 0.5]), ({"a": 3.0, "b": 2.0}, 2, [0, 1])),
}


@pytest.mark.parametrize("operation", KINKS)
def test_derivatives_at_a_kink_and_on_its_other_side(operation):
    for point, value, slopes in KINKS[operation]:
        result, gradient = value_and_slopes(TABLE[operation][0], **point)
        assert (result, list(gradient.values())) == (value, slopes)


@pytest.mark.parametrize("operation", TABLE)
def test_a_graph_knows_whether_it_has_kinks_and_whether_a_point_lies_on_one(operation):
    formula = TABLE[operation][0]
    graph = parse(formula)
    assert graph.is_smooth == (operation not in KINKS)
    if operation in KINKS:
        (at, *_rest), (beyond, *_rest) = KINKS[operation]
        assert kinks(graph, forward(graph, at)) == (graph.output,)
        assert kinks(graph, forward(graph, beyond)) == ()


def test_a_kink_is_found_with_its_place_at_any_of_many_points():
    graph = parse("x^2 + abs(x - 1) + relu(2) + sign(0)")
    assert kinks(graph, forward(graph, {"x": np.array([0.0, 2.0])})) == ()
    (number,) = kinks(graph, forward(graph, {"x": np.array([0.0, 1.0])}))
    assert graph.nodes[number].place == (7, "abs")
    assert parse("x*sign(2) + max(1, 3)").is_smooth


def test_a_derivative_by_a_constant_is_not_computed(monkeypatch):
    power = OPERATIONS["power"]
    by_base_only = replace(power, derivatives=(power.derivatives[0], None))
    monkeypatch.setitem(OPERATIONS, "power", by_base_only)
    graph = parse("x^3")
    _local, gradients = backward(graph, forward(graph, {"x": 2.0}))

    assert gradients[graph.names["x"]] == 12


# For lanes: where every operation has a value, at kinks and short cuts of powers too.
DOMAINS = {
    "log": (0.01, 5),
    "sqrt": (0, 5),
    "asin": (-1, 1),
    "acos": (-1, 1),
    "power": (0, 5),
}


def lanes_of(operation):
    """130 points of an operation's operands, and its graph."""
    graph = parse(TABLE[operation][0])
    low, high = DOMAINS.get(operation, (-5, 5))
    rng = np.random.default_rng(7)
    a, b = rng.uniform(low, high, 130), rng.uniform(-3, 3, 130)
    a[[10, 64]], b[[10, 11]], b[40:50] = 0.0, 0.0, [2, 2, 0.5, 0.5, -1, -1, 3, 1, 0, 1]
    if operation in {"max", "min"}:
        a[20:24] = b[20:24]
    return graph, {name: {"a": a, "b": b}[name] for name in graph.inputs}


def passes(graph, point, shape):
    """All values and gradients as one array, of shape (numbers, lanes)."""
    values = forward(graph, point)
    local, gradients = backward(graph, values)
    numbers = [*values, *gradients, *(slope for slopes in local for slope in slopes)]
    return np.array([np.broadcast_to(number, shape) for number in numbers])


@pytest.mark.parametrize("operation", TABLE)
@pytest.mark.parametrize("lanes", [1, 2, 3, 7, 64])
def test_a_lane_has_the_same_bits_alone_and_together(operation, lanes):
    graph, point = lanes_of(operation)
    together = passes(graph, point, (130,))
    for start in range(0, 130 - lanes, lanes):
        part = {name: values[start : start + lanes] for name, values in point.items()}
        strided = {name: np.repeat(values, 3)[::3] for name, values in part.items()}
        expected = together[:, start : start + lanes].tobytes()
        assert passes(graph, part, (lanes,)).tobytes() == expected
        assert passes(graph, strided, (lanes,)).tobytes() == expected


@pytest.mark.parametrize("operation", TABLE)
def test_an_array_has_the_bits_of_its_numbers(operation):
    graph, point = lanes_of(operation)
    together = passes(graph, point, (130,))
    for lane in range(0, 130, 3):
        alone = {name: float(values[lane]) for name, values in point.items()}
        assert passes(graph, alone, (1,)).tobytes() == together[:, lane : lane + 1].tobytes()


@pytest.mark.parametrize("exponent", [2.0, 0.5, -1.0, 3.0, 0.0, 1.7])
def test_a_power_has_the_same_bits_for_one_exponent_and_an_array_of_it(exponent):
    base = np.random.default_rng(3).uniform(0.1, 5, 2_000)
    graph, constant = parse("x^n"), parse(f"x^({exponent})")
    every = forward(graph, {"x": base, "n": np.full(2_000, exponent)})[graph.output]
    one = forward(graph, {"x": base, "n": exponent})[graph.output]
    fixed = forward(constant, {"x": base})[constant.output]
    assert every.tobytes() == one.tobytes() == fixed.tobytes()
    assert every == pytest.approx(base**exponent, rel=1e-14)


SMOOTH_ALONE = sorted(set(TABLE) - set(KINKS))


@pytest.mark.parametrize("operation", SMOOTH_ALONE)
def test_derivatives_of_lanes_are_complex_steps(operation):
    graph, point = lanes_of(operation)
    point = {name: np.abs(values) / 6 + 0.1 for name, values in point.items()}
    _local, gradients = backward(graph, forward(graph, point))
    for name in graph.inputs:
        moved = forward(graph, point | {name: point[name] + 1e-30j})[graph.output]
        slopes = np.broadcast_to(gradients[graph.names[name]], (130,))
        assert np.imag(moved) / 1e-30 == pytest.approx(slopes, rel=1e-12)


@pytest.mark.parametrize("operation", ["abs", "relu", "max", "min", "sign"])
def test_kinks_have_complex_steps_away_from_them(operation):
    for a in (-1.5, 1.5):
        point = {"a": a, "b": 0.25}
        graph = parse(TABLE[operation][0])
        _local, gradients = backward(graph, forward(graph, point))
        moved = forward(graph, point | {"a": a + 1e-30j})[graph.output]
        assert np.imag(moved) / 1e-30 == gradients[graph.names["a"]]


def test_a_number_used_twice_adds_up_what_arrives():
    assert value_and_slopes("x*y + x", x=3.0, y=5.0) == (18.0, {"x": 6.0, "y": 3.0})


def test_a_constant_gets_no_derivative():
    graph = parse("2*x + 10")
    derivatives = differentiate(graph, {"x": 5.0})
    constants = [n for n, node in enumerate(graph.nodes) if node.operation == "constant"]
    assert [derivatives.gradients[number] for number in constants] == [0.0, 0.0]


def test_derivatives_by_constants_and_unused_inputs_are_plain_zeros():
    graph = parse("unused = x + 1; y^2*1e300*1e300*0 + 3*y")
    values = forward(graph, {"x": np.ones(3), "y": np.ones(3)})
    local, gradients = backward(graph, values)
    for number, node in enumerate(graph.nodes):
        if node.operation == "constant" or node.name == "x":
            assert np.ndim(gradients[number]) == 0
            assert gradients[number] == 0.0
        for operand, slope in zip(node.operands, local[number], strict=True):
            assert graph.nodes[operand].operation != "constant" or slope == 0.0


def test_a_negative_base_with_a_constant_exponent_has_a_derivative():
    assert value_and_slopes("x^3", x=-2.0) == (-8.0, {"x": 12.0})
    assert value_and_slopes("x^2", x=0.0) == (0.0, {"x": 0.0})


@pytest.mark.parametrize(
    ("formula", "point", "value", "slopes"),
    [
        ("x^0", {"x": 0.0}, 1, {"x": 0}),
        ("x^1", {"x": 0.0}, 0, {"x": 1}),
        ("x^y", {"x": 0.0, "y": 0.0}, 1, {"x": 0, "y": 0}),
        ("x^y", {"x": 0.0, "y": 2.0}, 0, {"x": 0, "y": 0}),
        ("x^y", {"x": 0.0, "y": 1.0}, 0, {"x": 1, "y": 0}),
    ],
)
def test_powers_of_zero_have_the_derivatives_of_pytorch(formula, point, value, slopes):
    assert value_and_slopes(formula, **point) == (value, slopes)


@pytest.mark.parametrize("x", [-1e4, -745.5, -30.0, 30.0, 1e4])
def test_a_sigmoid_far_out_has_a_complex_step(x):
    value = forward(parse("sigmoid(x)"), {"x": x + 1e-20j})[-1]
    expected = math.exp(-abs(x)) / (1 + math.exp(-abs(x))) ** 2
    assert value.imag / 1e-20 == pytest.approx(expected, rel=1e-13, abs=1e-300)
    assert value.real == pytest.approx(math.exp(min(x, 0)) / (1 + math.exp(-abs(x))), rel=1e-15)


def sides(formula, **point):
    """The slopes left and right of the point by every variable."""
    graph = parse(formula)
    derivatives = differentiate(graph, point)
    return {name: one_sided(graph, derivatives, name) for name in graph.inputs}


@pytest.mark.parametrize(
    ("formula", "point", "slopes"),
    [
        ("relu(x)", {"x": 0.0}, {"x": (0, 1)}),
        ("relu(-3*x)", {"x": 0.0}, {"x": (-3, 0)}),
        ("relu(w*x + b)", {"w": 2.0, "x": 1.0, "b": -2.0}, {"w": (0, 1), "x": (0, 2), "b": (0, 1)}),
        ("max(x, y)", {"x": 1.0, "y": 1.0}, {"x": (0, 1), "y": (0, 1)}),
        ("min(x, 2*y)", {"x": 2.0, "y": 1.0}, {"x": (1, 0), "y": (2, 0)}),
        ("max(x, -x) + x", {"x": 0.0}, {"x": (0, 2)}),
        ("relu(x) - relu(-x)", {"x": 0.0}, {"x": (1, 1)}),
        ("relu(x) + x*y", {"x": 3.0, "y": 5.0}, {"x": (6, 6), "y": (3, 3)}),
        ("relu(x) + y", {"x": 0.0, "y": 5.0}, {"x": (0, 1), "y": (1, 1)}),
        ("2*abs(x)", {"x": 0.0}, {"x": (-2, 2)}),
        ("abs(x - y)", {"x": 1.0, "y": 1.0}, {"x": (-1, 1), "y": (-1, 1)}),
        ("x*sign(x)", {"x": 0.0}, {"x": (-1, 1)}),
        ("sign(x)^2*x + sign(-x)*x^2", {"x": 0.0}, {"x": (1, 1)}),
    ],
)
def test_slopes_on_either_side_of_a_kink(formula, point, slopes):
    assert sides(formula, **point) == slopes
    graph, step = parse(formula), 1e-7
    for name, (left, right) in slopes.items():
        moved = [
            forward(graph, {**point, name: point[name] + by})[graph.output]
            for by in (-step, 0.0, step)
        ]
        assert (moved[1] - moved[0]) / step == pytest.approx(left, abs=1e-6)
        assert (moved[2] - moved[1]) / step == pytest.approx(right, abs=1e-6)


def test_a_jump_is_infinitely_steep_on_both_sides():
    assert sides("sign(x)", x=0.0) == {"x": (math.inf, math.inf)}
    assert sides("3 - sign(x) + y", x=0.0, y=1.0) == {"x": (-math.inf, -math.inf), "y": (1, 1)}
    assert sides("1/(1 + sign(x))", x=0.0) == {"x": (-math.inf, -math.inf)}
    assert sides("sign(x)", x=2.0) == {"x": (0, 0)}


# Published examples: CS231n's sigmoid neuron, rounded there to two digits, and micrograd's README.
def test_sigmoid_neuron_of_cs231n():
    value, slopes = value_and_slopes(
        "sigmoid(w0*x0 + w1*x1 + w2)", w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0
    )
    assert value == pytest.approx(0.7310586, abs=5e-8)
    rounded = {name: round(slope, 1) for name, slope in slopes.items()}
    assert rounded == {"w0": -0.2, "x0": 0.4, "w1": -0.4, "x1": -0.6, "w2": 0.2}


def test_expression_of_micrograd():
    formula = """
        c0 = a + b
        d0 = a*b + b^3
        c1 = c0 + c0 + 1
        c2 = c1 + 1 + c1 + (-a)
        d1 = d0 + d0*2 + relu(b + a)
        d2 = d1 + 3*d1 + relu(b - a)
        e = c2 - d2
        f = e^2
        g = f/2 + 10/f
    """
    value, slopes = value_and_slopes(formula, a=-4.0, b=2.0)
    assert value == pytest.approx(24.7041, abs=5e-5)
    assert slopes == pytest.approx({"a": 138.8338, "b": 645.5773}, abs=5e-5)


NAMES = ("x", "y", "z")
VARIABLES = st.sampled_from(NAMES)
NUMBERS = st.floats(0.25, 4).map(lambda number: f"{number:.3f}")
SMOOTH = ("exp", "sin", "cos", "tanh", "sigmoid")


def combined(parts):
    binary = st.tuples(parts, st.sampled_from("+-*"), parts).map(lambda p: "({} {} {})".format(*p))
    calls = st.tuples(st.sampled_from(SMOOTH), parts).map(lambda p: "{}({})".format(*p))
    quotient = st.tuples(parts, parts).map(lambda p: "({} / (2 + ({})^2))".format(*p))
    logarithm = parts.map(lambda part: f"log(1 + ({part})^2)")
    power = st.tuples(parts, NUMBERS).map(lambda p: "(1 + ({})^2)^{}".format(*p))
    negated = parts.map(lambda part: f"(-{part})")
    rectified = st.tuples(parts, parts).map(lambda p: "(relu({}) + relu(-{}))".format(*p))
    extreme = st.tuples(st.sampled_from(("max", "min")), parts, parts)
    larger = extreme.map(lambda p: "{}({}, {})".format(*p))
    return st.one_of(binary, calls, quotient, logarithm, power, negated, rectified, larger)


def is_near_a_kink(graph, values):
    """Whether rounding could put a value on the other side of a kink, or it lies on one."""
    for number in graph.operations:
        node = graph.nodes[number]
        operands = [values[operand] for operand in node.operands]
        apart = {"relu": lambda a: a, "max": lambda a, b: a - b, "min": lambda a, b: a - b}
        if node.operation in apart and abs(apart[node.operation](*operands)) < 1e-9:
            return True
    return False


EXPRESSIONS = st.recursive(VARIABLES | NUMBERS, combined, max_leaves=10)
POINTS = st.tuples(*[st.floats(-2, 2)] * 3).map(lambda p: dict(zip(NAMES, p, strict=True)))


@UNTRACED
@examples(200)
@given(EXPRESSIONS, POINTS)
def test_random_expressions_agree_with_python_and_with_the_complex_step(expression, point):
    graph = parse(f"{expression} + 0*x")
    try:
        derivatives = differentiate(graph, point)
    except InvalidInput as refused:
        assert refused.limits == "overflow"  # noqa: PT017 - the expressions have no other hole
        return
    assume(max(map(abs, derivatives.values)) < 1e6)
    assume(not is_near_a_kink(graph, derivatives.values))
    functions = {name: getattr(math, name) for name in ("exp", "sin", "cos", "tanh", "log")}
    functions["sigmoid"] = lambda a: 1 / (1 + math.exp(-a))
    functions |= {"relu": lambda a: max(a, 0.0), "max": max, "min": min}
    expected = eval(expression.replace("^", "**"), functions, dict(point))  # noqa: S307 - ours

    assert derivatives.values[graph.output] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    scale = max(
        1.0, *map(abs, derivatives.gradients), *(abs(d) for e in derivatives.local for d in e)
    )
    for name in graph.inputs:
        moved = forward(graph, {**point, name: point[name] + 1e-20j})[graph.output]
        slope = derivatives.gradients[graph.names[name]]
        assert abs(np.imag(moved) / 1e-20 - slope) <= 1e-13 * scale
        assert one_sided(graph, derivatives, name) == pytest.approx(
            (slope, slope), abs=1e-13 * scale
        )


def as_formula(network, inputs, targets):
    """A network's loss over some rows as the text of a formula of its parameters."""
    activation = {"identity": "({})"}
    lines, losses = [], []
    for row, (values, target) in enumerate(zip(inputs, targets, strict=True)):
        units = [f"({float(value)!r})" for value in values]
        numbers = iter(range(network.n_params))
        sizes = network.layout.units[1:]
        for layer, size in enumerate(sizes):
            last = layer == len(sizes) - 1
            kind = network.output_activation if last else network.activation
            call = activation.get(kind, kind + "({})")
            sums = []
            for unit in range(size):
                terms = [f"p{next(numbers)}*{value}" for value in units]
                terms += [f"p{next(numbers)}"] if network.bias else []
                lines.append(f"z{row}l{layer}u{unit} = " + call.format(" + ".join(terms)))
                sums.append(f"z{row}l{layer}u{unit}")
            units = sums
        if network.loss == "cross_entropy":
            total = " + ".join(f"exp({unit})" for unit in units)
            (right,) = (unit for unit, t in zip(units, target, strict=True) if t == 1)
            losses.append(f"-log(exp({right}) / ({total}))")
        else:
            pairs = zip(units, target, strict=True)
            losses += [f"({unit} - ({float(t)!r}))^2" for unit, t in pairs]
    weight = {
        "mean_squared_error": len(losses),
        "half_sum_of_squares": 2 * len(inputs),
        "cross_entropy": len(inputs),
    }
    return "\n".join([*lines, f"E = ({' + '.join(losses)}) / {weight[network.loss]}"])


@st.composite
def small_networks(draw):
    loss = draw(st.sampled_from(["mean_squared_error", "half_sum_of_squares", "cross_entropy"]))
    data_sets = [Blobs(rows=3, classes=3, features=2), Line(rows=2)]
    outputs = ["identity", "sigmoid"]
    if loss == "cross_entropy":  # it takes classes, and the softmax is its own
        data_sets, outputs = data_sets[:1], outputs[:1]
    return Network(
        dataset=draw(st.sampled_from(data_sets)),
        validation_share=0.0,
        hidden=draw(st.lists(st.integers(1, 2), max_size=2)),
        activation=draw(st.sampled_from(["sigmoid", "tanh", "relu"])),
        output_activation=draw(st.sampled_from(outputs)),
        bias=draw(st.booleans()),
        loss=loss,
        start="uniform",
    )


@UNTRACED
@FEW
@given(small_networks(), st.integers(0, 10**6))
def test_gradients_are_those_of_the_engine(network, seed):
    experiment = Experiment(problem=network)
    rows = data(experiment)
    inputs = rows.training_inputs[:2]
    targets = rows.training_targets[:2]
    problem = NetworkProblem(network, rows)
    start = problem.start(seed)
    grads = np.empty((1, network.n_params))
    work = problem.batches(start[None], grads, 1, 2, 1)
    work.load(np.array([[0, 1]]))
    for piece in work.pieces(0, 2):
        piece()
    if network.dataset.task == "classification":
        targets = plain.one_hot(targets, network.layout.units[-1])

    value, slopes = value_and_slopes(
        as_formula(network, inputs, targets),
        **{f"p{number}": float(weight) for number, weight in enumerate(start)},
    )

    assert value == pytest.approx(work.losses(1, 2)[0, 0], rel=1e-12)
    expected = np.array([slopes[f"p{number}"] for number in range(network.n_params)])
    assert np.abs(expected - grads[0]).max() <= 1e-12 * max(1.0, np.abs(expected).max())


def test_the_chain_rule_from_name_to_name():
    graph = parse("t = x + y\nz = t^2")
    derivatives = differentiate(graph, {"x": 1.0, "y": 2.0})
    z, t, x = (graph.names[name] for name in "ztx")
    assert list(chains(graph, derivatives, "x")) == [(Factor(z, t, 6.0), Factor(t, x, 1.0))]


def test_a_factor_taken_apart_operation_by_operation():
    graph = parse("total = price * apples * tax")
    derivatives = differentiate(graph, {"price": 100.0, "apples": 2.0, "tax": 1.1})
    ((factor,),) = chains(graph, derivatives, "price")
    (way,) = taken_apart(graph, derivatives, factor)
    assert [step.derivative for step in way] == [1.1, 2.0]
    assert [graph.nodes[step.of].operation for step in way] == ["multiply", "multiply"]


def test_an_operand_used_twice_is_two_ways():
    graph = parse("x*x")
    derivatives = differentiate(graph, {"x": 3.0})
    ((factor,),) = chains(graph, derivatives, "x")
    assert [way[0].derivative for way in taken_apart(graph, derivatives, factor)] == [3.0, 3.0]
    assert factor.derivative == 6.0


@pytest.mark.parametrize(
    "formula",
    [
        *(example.formula for example in EXAMPLES.values()),
        "a = x*y\nb = a*x + sin(a)\nc = b*a + b*x - exp(b)\nc*b/(1 + a^2) + x*x",
        "t = x*y\nx*x*u + sin(t)*exp(x) + t",
    ],
)
def test_every_factor_is_the_sum_of_the_local_products_inside_it(formula):
    graph = parse(formula)
    derivatives = differentiate(graph, {name: 0.4 + n / 7 for n, name in enumerate(graph.inputs)})
    for name in graph.inputs:
        ways = list(chains(graph, derivatives, name))
        total = sum(math.prod(factor.derivative for factor in way) for way in ways)
        assert total == pytest.approx(
            derivatives.gradients[graph.names[name]], rel=1e-13, abs=1e-15
        )
        for factor in {factor for way in ways for factor in way}:
            inner = list(taken_apart(graph, derivatives, factor))
            for way in inner:  # every step is one operation, and only the ends have names
                assert all(step.by in graph.nodes[step.of].operands for step in way)
                assert not any(graph.nodes[step.by].name for step in way[:-1])
            product = sum(math.prod(step.derivative for step in way) for way in inner)
            assert product == pytest.approx(factor.derivative, rel=1e-13, abs=1e-15)


def test_several_ways_add_up_to_the_derivative():
    graph = parse("a = x*y\nb = a + x\nc = a*b + sin(b)*x")
    derivatives = differentiate(graph, {"x": 0.7, "y": 1.9})
    ways = list(chains(graph, derivatives, "x"))
    products = [math.prod(factor.derivative for factor in way) for way in ways]
    assert len(ways) == 4
    assert sum(products) == pytest.approx(derivatives.gradients[graph.names["x"]], rel=1e-14)


def test_very_many_ways_are_not_walked_to_their_end():
    lines = ["a0 = x + y", "b0 = x - y"]
    lines += [f"a{n} = a{n - 1} + b{n - 1}\nb{n} = a{n - 1} - b{n - 1}" for n in range(1, 40)]
    graph = parse("\n".join([*lines, "c = a39 + b39"]))
    derivatives = differentiate(graph, {"x": 1.0, "y": 2.0})
    assert len(next(chains(graph, derivatives, "x"))) == 41


def test_a_name_that_leads_nowhere_has_no_way():
    graph = parse("unused = 2*x\nz = y + 1")
    derivatives = differentiate(graph, {"x": 1.0, "y": 2.0})
    assert list(chains(graph, derivatives, "x")) == []
    assert derivatives.gradients[graph.names["x"]] == 0


@pytest.mark.parametrize(
    ("formula", "code", "place", "reason"),
    [
        ("1 + x/(x - x)", "no_value", (6, "/"), "zero_division"),
        ("x / 0", "no_value", (3, "/"), "zero_division"),
        ("2*log(x - 1)", "no_value", (3, "log"), "log_domain"),
        ("(-x)^0.5", "no_value", (5, "^"), "power_domain"),
        ("(-1e200*x)^2", "no_value", (11, "^"), "overflow"),
        ("exp(1000*x)", "no_value", (1, "exp"), "overflow"),
        ("9**9**9*x", "no_value", (2, "*"), "overflow"),
        ("sqrt(x - 2)", "no_value", (1, "sqrt"), "sqrt_domain"),
        ("2*√(x - 2)", "no_value", (3, "√"), "sqrt_domain"),
        ("sqrt(x - 1)", "no_derivative", (1, "sqrt"), "vertical"),
        ("(x - 1)*sqrt(x - 1)", "no_derivative", (9, "sqrt"), "vertical"),
        ("asin(2*x)", "no_value", (1, "asin"), "arc_domain"),
        ("arccos(-x)", "no_derivative", (1, "arccos"), "vertical"),
        ("ln(x - 1)", "no_value", (1, "ln"), "log_domain"),
        ("cosh(1000*x)", "no_value", (1, "cosh"), "overflow"),
        ("(x - 1)^0.5", "no_derivative", (8, "^"), "power_domain"),
        ("x^0.5*0 + (x - x)^0.5", "no_derivative", (18, "^"), "power_domain"),
        ("1e200*((1e-150*x)*1e300) * 0", "no_value", (6, "*"), "overflow"),
        ("1e200*(1e200*(x - 1))", "no_derivative", (13, "*"), "overflow"),
    ],
)
def test_a_point_without_value_or_derivative_is_named(formula, code, place, reason):
    with pytest.raises(InvalidInput) as caught:
        differentiate(parse(formula), {"x": 1.0})
    assert (caught.value.code, caught.value.limits) == (code, reason)
    assert caught.value.value == place
