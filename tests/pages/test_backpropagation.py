"""The Backpropagation page, driven without a browser."""

import json
import math
import re

import pytest

from comparison.document import with_default_view
from comparison.words.expressions import digits
from engine import Experiment, Function, Network
from engine.backprop.examples import EXAMPLES
from engine.formulas.graph import differentiate
from engine.problems.datasets import Digits, SingleRow, ThreePoints
from tests.driven import charts, first_run, plain, run
from tests.layout import place
from ui.backpropagation import words
from ui.backpropagation.tabs import TABS


def opened(example="apples", tab="meaning", locale="en-US", **page):
    """The page after its first run, opened by a link."""
    fields = {"example": example, "tab": tab, **page}
    defaults = {"example": "apples", "tab": "meaning"}
    link = {"format": "1", "page": "backpropagation"}
    for name, value in fields.items():
        if value != defaults.get(name):
            text = value if isinstance(value, str) else json.dumps(value)
            link[f"page.{name}"] = text
    return first_run(link=link, locale=locale)


def page(at):
    return at.session_state["page-settings"]["backpropagation"]


def text(at):
    """All that is written on the page."""
    parts = [*at.markdown, *at.caption, *at.warning, *at.info, *at.error, *at.latex]
    return plain(" ".join(part.value for part in parts))


def latex(at):
    return " ".join(part.value for part in at.latex)


def drawn(at):
    """The graph as it was sent to the browser."""
    return charts(at)[0]


def clock(at):
    """What the browser's clock was told."""
    found = [json.loads(part.proto.json) for part in at.get("bidi_component")]
    (told,) = [data for data in found if "last" in data]
    return told


def numbers(at):
    return at.dataframe[0].value


@pytest.mark.parametrize("example", [name for name in words.EXAMPLES if name != "own"])
def test_every_example_is_drawn_and_told(example):
    at = opened(example)
    assert at.title[0].value == "Backpropagation"
    assert words.STORIES[example] in [part.value for part in at.markdown]
    assert len(drawn(at)["frames"]) > 2
    variables = len(EXAMPLES[example].graph.inputs)
    (meanings,) = [part.value for part in at.markdown if part.value.startswith("- ")]
    assert len(meanings.splitlines()) == variables


@pytest.mark.parametrize("tab", TABS.table)
def test_every_tab_opens(tab):
    at = opened("square_of_sum", tab)
    assert page(at).tab == tab
    assert len(text(at)) > 300


def test_apples_in_words():
    at = opened()
    assert "One more apple raises the total by **110** won." in text(at)
    assert "the total rises by **2.2** won" in text(at)
    assert "the total rises by **200** won" in text(at)


def test_values_follow_a_slider():
    at = opened()
    run(at.number_input(key="backpropagation-apples-1-number").set_value(3.0))
    assert page(at).values == (100.0, 3.0, 1.1)
    assert "rises by **3.3** won" in text(at)
    run(at.button(key="backpropagation-values").click())
    assert page(at).values == ()
    assert "rises by **2.2** won" in text(at)


def test_the_picture_keeps_its_place_whatever_is_told_above_it():
    def picture(example):
        at = opened(example)
        return place(at.main, at.get("plotly_chart")[0])[:2]  # the fragment that holds it

    assert any(example not in words.SLIPS for example in EXAMPLES)
    assert len({picture(example) for example in ("apples", next(iter(words.SLIPS)))}) == 1


def test_a_slip_is_told_where_the_example_is():
    told = text(opened("sigmoid_network"))
    assert all(
        slip in told for slip in ("0.62534544", "0.574551290", "0.4254891 instead of 0.42548710")
    )
    assert "0.62534544" not in text(opened("softmax"))


def test_chain_rule_of_w5():
    at = opened("sigmoid_network", "chain")
    written = latex(at)
    assert r"0.3745129 \times 0.24444783 \times 0.53245431 = 0.04874559" in written
    # The first of them passes through four operations, which are written out below.
    assert r"1 \times 0.5 \times (-0.74902581) \times (-1) = 0.3745129" in written
    assert r"= 0.5745129 \cdot \left(1 - 0.5745129\right) = 0.24444783" in written
    table = numbers(at).set_index("Name")
    assert table.loc["o2", "Value"] == "0.62528223"
    assert table.loc["E", "Value"] == "0.095506"
    run(at.segmented_control(key="backpropagation-variable").set_value("w1"))
    assert page(at).variable == "w1"
    assert "2 paths lead back to it" in text(at)


PRODUCT = r"\left(\text{Price of an apple} \cdot \text{Apples}\right)"


def test_the_chain_rule_of_the_apples_is_a_product():
    written = latex(opened("apples", "chain"))
    assert rf"\frac{{\partial \text{{To pay}}}}{{\partial {PRODUCT}}}" in written
    assert rf"\frac{{\partial {PRODUCT}}}{{\partial \text{{Price of an apple}}}}" in written
    assert r"1.1 \times 2 = 2.2" in written


@pytest.mark.parametrize("example", [name for name in words.EXAMPLES if name != "own"])
def test_every_chain_has_factors_whose_product_is_right(example):
    at = opened(example, "chain")
    graph = EXAMPLES[example].graph
    chosen = at.segmented_control(key="backpropagation-variable").value
    products = re.findall(r"&= ([-()\d. \\a-z]*\\times[^&]*?) = (-?[\d.]+)(?:\s|\\|$)", latex(at))
    assert products
    for factors, product in products:
        numbers = [float(factor.strip("() ")) for factor in factors.split(r"\times")]
        assert math.prod(numbers) == pytest.approx(float(product), abs=3e-8)
    slope = differentiate(graph, EXAMPLES[example].point).gradients[graph.names[chosen]]
    assert f"= {digits(slope)}" in latex(at)


def test_what_leads_straight_on_is_no_tautology():
    at = opened("own", "chain", formula="t = x*y\nf = t + x", values=[2.0, 3.0])
    written = latex(at)
    assert r"\left.\frac{\partial f}{\partial x}\right|_{\text{direct}} &= 1" in written
    assert r"\frac{\partial f}{\partial x} &= 1 + 3 = 4" in written or (
        r"\frac{\partial f}{\partial x} &= 3 + 1 = 4" in written
    )


def test_very_many_ways_are_counted_not_written():
    lines = ["a0 = x + y", "b0 = x - y"]
    lines += [f"a{n} = a{n - 1} + b{n - 1}\nb{n} = a{n - 1} - b{n - 1}" for n in range(1, 5)]
    at = opened("own", "chain", formula="\n".join([*lines, "c = a4 + b4"]), values=[1.0, 2.0])
    assert "More than 6 paths lead through" in text(at)
    assert "add up to $8$" in text(at)


def test_one_step_of_all_eight_weights():
    at = opened("sigmoid_network", "descent")
    table = numbers(at).set_index("Weight")
    assert list(table.index) == [f"w{number}" for number in range(1, 9)]
    assert "b ← b − η · ∂E/∂b" in text(at)  # in print b is also found in the place of the rate
    assert table.loc["w5", "After one more update"] == "0.22562721"
    run(at.number_input(key="backpropagation-updates-number").set_value(1))
    assert numbers(at).set_index("Weight").loc["w5", "Now"] == "0.22562721"
    run(at.number_input(key="backpropagation-updates-number").set_value(1_000))
    assert "o1 = 0.2000170" in text(at)


def test_one_weight_goes_to_two():
    at = opened("one_weight", "descent", updates=100)
    assert numbers(at).loc[0, "Now"] == "2"
    assert "MSE is now 0" in text(at)
    assert "at its lower edge: MSE down to 0." in text(at)
    assert "lower edge" not in text(opened("one_weight", "descent", updates=10))


def test_a_rate_too_large_diverges_and_says_so():
    at = opened("one_weight", "descent", updates=1_000, learning_rate=1.0)
    assert "Diverged: after 3 updates, one more makes MSE larger than 5666666.7," in text(at)
    assert "after these updates" not in text(at)


# A network with biases, worked through in print; all numbers are those of the engine's test.
MAZUR = """h1 = sigmoid(w1*i1 + w2*i2 + b1)
h2 = sigmoid(w3*i1 + w4*i2 + b1)
o1 = sigmoid(w5*h1 + w6*h2 + b2)
o2 = sigmoid(w7*h1 + w8*h2 + b2)
E = (t1 - o1)²/2 + (t2 - o2)²/2"""
MAZUR_VALUES = [0.15, 0.05, 0.2, 0.1, 0.35, 0.25, 0.3, 0.4, 0.45, 0.6, 0.5, 0.55, 0.01, 0.99]
WEIGHTS = [f"w{number}" for number in range(1, 9)]


def moved(at):
    return at.multiselect(key="backpropagation-moved")


def updates(at):
    return at.number_input(key="backpropagation-updates-number")


def test_a_network_of_ones_own_learns():
    at = opened("own", "descent", formula=MAZUR, values=MAZUR_VALUES)
    assert "Choose the variables that may move" in text(at)
    assert moved(at).value == []

    run(moved(at).set_value(WEIGHTS))
    run(at.number_input(key="backpropagation-rate-number").set_value(0.5))
    table = numbers(at).set_index("Weight")
    assert list(table.index) == WEIGHTS
    assert table.loc["w5", "Derivative"] == "0.08216704"
    assert table.loc["w5", "One more update"] == "0.4 − 0.5 · 0.08216704"
    assert table.loc["w5", "After one more update"] == "0.35891648"
    assert table.loc["w7", "One more update"] == "0.5 − 0.5 · (-0.02260254)"
    assert "b ← b" not in text(at)

    run(updates(at).set_value(1))
    assert "E is now 0.29102777." in text(at)
    assert clock(at)["version"].count("0.3589164") == 1  # the graph shows the weight after it
    assert len(charts(at)) == 2  # the graph and the curve
    assert page(at).moved == tuple(WEIGHTS)


def test_any_line_is_minimised_and_the_graph_begins_there():
    at = opened("own", "descent", formula="a = (x - 2)^2\nb = 3*a + y", moved=["y", "x"])
    table = numbers(at).set_index("Weight")
    assert table.loc["x", "Derivative"] == "-6"
    run(at.selectbox(key="backpropagation-minimised").set_value("a"))
    table = numbers(at).set_index("Weight")
    assert (table.loc["x", "Derivative"], table.loc["y", "Derivative"]) == ("-2", "0")
    assert "a is now 1." in text(at)
    assert page(at).minimised == "a"
    run(at.selectbox(key="backpropagation-minimised").set_value("b"))
    assert page(at).minimised == ""


def test_a_result_below_zero_is_minimised_on_a_linear_axis():
    at = opened("own", "descent", formula="x^2 - 9", moved=["x"], updates=20)
    assert charts(at)[-1]["layout"]["yaxis"]["type"] == "linear"
    assert "logarithmic" not in text(at)


@pytest.mark.parametrize(
    ("formula", "rate", "told"),
    [
        ("sqrt(x)", 1.0, "ended after 1 of 9 updates. At the next point: Formula, character 1, at"),
        ("sqrt(x)", 2.0, "no derivative here, because the function is infinitely steep here."),
        ("x^4", 1e7, "Diverged: after 0 updates, one more makes"),
        ("-x^4", 1e7, "the numbers are larger than a computer can hold."),
    ],
)
def test_descent_that_ends_early_says_why_and_the_last_point_stays(formula, rate, told):
    at = opened("own", "descent", formula=formula, moved=["x"], updates=9, learning_rate=rate)
    assert told in text(at)
    assert "after these updates" not in text(at)
    assert numbers(at).loc[0, "At the start"] == "1"


def test_another_formula_keeps_what_still_moves():
    at = opened("sigmoid_network", "descent")
    formula = EXAMPLES["sigmoid_network"].formula.replace("w8", "v")
    run(at.text_area(key="backpropagation-formula").set_value(formula))
    assert page(at).moved == tuple(f"w{number}" for number in range(1, 8))
    assert page(at).learning_rate == 0.5
    run(moved(at).set_value([]))
    run(at.text_area(key="backpropagation-formula").set_value("x^2"))
    assert (page(at).moved, page(at).learning_rate) == ((), None)


def test_steps_forward_and_back_in_numbers():
    at = opened()
    field = at.number_input(key="backpropagation-step")
    assert field.value == 5
    run(field.set_value(1))
    assert r"100 \cdot 2 = 200" in latex(at)
    run(at.number_input(key="backpropagation-step").set_value(2))
    assert r"\text{To pay} = " in latex(at)
    run(at.number_input(key="backpropagation-step").set_value(4))
    assert "multiplication swaps its inputs" in text(at)
    assert page(at).step == 4
    assert clock(at)["step"] == 4
    run(at.button(key="backpropagation-to-inputs").click())
    assert page(at).step == 0


def test_a_step_moves_the_picture_and_sends_no_other():
    at = opened("apples", step=2)
    before = drawn(at)
    assert before["layout"]["sliders"][0]["active"] == 2
    run(at.number_input(key="backpropagation-step").set_value(4))
    assert drawn(at) == before  # the browser keeps its zoom, and the clock moves it
    run(at.number_input(key="backpropagation-apples-1-number").set_value(3.0))
    assert drawn(at)["layout"]["sliders"][0]["active"] == clock(at)["step"] == 4


def test_what_is_exported_is_the_step_on_show():
    at = opened("apples", step=0)
    run(at.number_input(key="backpropagation-step").set_value(4))
    run(at.button(key="export-backpropagation").click())
    charts = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    (preview,) = [chart for chart in charts if "title" in chart["layout"]]
    assert "Step 4 of 5" in preview["data"][-1]["text"][0]
    assert "apple_price (Price of an apple) = 100" in preview["layout"]["title"]["text"]


def test_a_large_graph_leaves_as_wide_as_its_numbers_need():
    at = opened("sigmoid_network")
    run(at.button(key="export-backpropagation").click())
    width = at.number_input(key="export-width-backpropagation").value
    assert width >= 80 * 12  # a column of numbers, twelve times


def test_a_sum_is_told_when_all_have_arrived():
    at = opened("one_weight", step=25)
    assert r"\sum" in latex(at)  # of w, at the last of its three uses
    for step in (23, 24):
        run(at.number_input(key="backpropagation-step").set_value(step))
        assert r"\sum" not in latex(at)


@pytest.mark.parametrize("formula", ["x", "y = x"])
@pytest.mark.parametrize("tab", ["meaning", "chain", "differences"])
def test_a_formula_without_an_operation(formula, tab):
    at = opened("own", tab, formula=formula)

    assert at.get("plotly_chart")
    assert at.number_input(key="backpropagation-step").max == 1


def test_a_formula_of_ones_own():
    at = opened()
    run(at.text_area(key="backpropagation-formula").set_value("t = x*y\nsin(t) + x"))
    assert (page(at).example, page(at).formula) == ("own", "t = x*y\nsin(t) + x")
    assert page(at).values == (1.0, 1.0)
    assert len(at.number_input) == 3  # two values and the step


def test_a_formula_begins_where_it_has_a_value():
    at = opened()
    run(at.text_area(key="backpropagation-formula").set_value("log(x - 1)"))
    assert page(at).values == (2.0,)
    assert not at.warning


WRONG = [
    ("x +", "at its end"),
    ("foo(x)", "character 1, at foo"),
    ("1/(x - x)", "character 2, at /: there is no value here, because it divides by zero"),
    ("exp(x)^(9^9^9)", "too large"),
    ("9**9**9*x", "too large"),
    ("__import__('os')", "character 12"),
    ("(" * 60 + "x" + ")" * 60, "character 51, at (: brackets can be nested at most 50 deep"),
    ("x" * 21, "a name can have at most 20 characters"),
    ("(x +\n y)", "character 7, at y: a closing bracket is missing before it"),
    ("007*x", "character 1, at 007: a number must not start with extra zeros"),
    ("x" * 10_000, "10000"),
    ("", "at its end"),
]


def test_a_wrong_formula_is_explained_and_the_last_graph_stays():
    at = opened("square_of_sum")
    before = drawn(at)
    for formula, told in WRONG:
        run(at.text_area(key="backpropagation-formula").set_value(formula))
        assert told in text(at)
        assert page(at).example == "square_of_sum"
        assert drawn(at)["data"] == before["data"]
        assert at.text_area(key="backpropagation-formula").value == formula  # to be put right
    run(at.text_area(key="backpropagation-formula").set_value("x^2"))
    assert not at.warning
    assert page(at).formula == "x^2"


@pytest.mark.parametrize(
    ("formula", "told"), [("x +", "at its end"), ("log(0*x)", "only defined for numbers above 0")]
)
def test_an_error_stays_as_long_as_its_formula(formula, told):
    at = opened("apples")
    run(at.text_area(key="backpropagation-formula").set_value(formula))
    run(at.number_input(key="backpropagation-apples-1-number").set_value(3.0))
    assert page(at).values == (100.0, 3.0, 1.1)
    assert told in text(at)
    assert at.text_area(key="backpropagation-formula").value == formula
    run(at.selectbox(key="backpropagation-example").set_value("line"))
    assert told not in text(at)


def test_a_value_without_a_result_is_refused_and_the_old_one_stays():
    at = opened("own", formula="1/x", values=[2.0])
    run(at.number_input(key="backpropagation-own-0-number").set_value(0.0))
    assert "divides by zero" in text(at)
    assert page(at).values == (2.0,)


def test_the_sides_of_a_kink():
    at = opened("relu_neuron")
    run(at.segmented_control(key="backpropagation-variant").set_value("below"))
    assert page(at).values == (2.0, 1.0, -3.0)
    assert text(at).count("does not change") == 3
    run(at.segmented_control(key="backpropagation-variant").set_value("at"))
    assert "does not change" not in text(at)
    assert (
        "If **x** falls a little, **a** has the slope **0**; if it grows, **2**."
        " By convention the derivative is set to **0**."
    ) in text(at)


def test_a_jump_has_no_slope_in_words():
    at = opened("own", formula="sign(x) + y", values=[0.0, 1.0])
    assert "**f** jumps here" in text(at)
    assert "inf" not in text(at)


def test_the_errors_at_a_jump_are_explained():
    at = opened("own", "differences", formula="sign(x) + y", values=[0.0, 1.0])
    assert "There is a jump here in x:" in text(at)


def test_a_tie_is_a_kink_in_words():
    at = opened("own", formula="max(x, y)", values=[1.0, 1.0])
    assert "0.5 times as much" not in text(at)
    assert text(at).count("it grows, **1**. By convention the derivative is set to **0.5**") == 2


def test_the_errors_at_a_kink_are_explained():
    at = opened("own", "differences", formula="relu(x) + y", values=[0.0, 1.0])
    assert "There is a kink here in x:" in text(at)
    assert "does not shrink with the step" in text(at)
    assert "straight line in this variable" not in text(at)
    run(at.segmented_control(key="backpropagation-differences-variable").set_value("y"))
    assert "does not shrink with the step" not in text(at)
    assert "kink" not in text(opened("own", "differences", formula="relu(x)", values=[1.0]))


@pytest.mark.parametrize(
    ("example", "settings", "missing"),
    [
        ("own", {"formula": "x^1.5", "values": [0.0]}, 1),
        ("own", {"formula": "log(x)", "values": [1e-17]}, 1),
        ("own", {"formula": "(-x)^1.5", "values": [0.0]}, 2),
        ("own", {"formula": "sigmoid(x)", "values": [-1000.0]}, 0),
        ("sigmoid_network", {"values": [-5000.0, 0.2, 0.1, 0.5, *[0.4] * 8]}, 0),
    ],
)
def test_methods_without_a_value_are_told_in_words(example, settings, missing):
    at = opened(example, "differences", **settings)
    table = numbers(at)
    assert list(table["Largest error"]).count("no value") == missing
    assert (table.iloc[:, -1] == "no value").sum() == missing
    assert "nan" not in table.to_string().lower()
    assert ("No value: the formula itself" in text(at)) == (missing > 0)
    assert ("No line for " in text(at)) == (missing > 0)


def test_the_rule_of_a_power_names_its_exponent():
    at = opened("own", formula="2^x", values=[3.0], step=3)
    assert "aⁿ·ln a with respect to the exponent" in text(at)
    assert "= 5.54517744" in latex(at)


def test_zero_to_the_zero():
    at = opened("own", formula="x^0 + y", values=[0.0, 1.0])
    assert not at.warning
    assert "A small change in **x** does not change" in text(at)


def test_what_arrives_at_a_softmax_holds_for_all_targets():
    at = opened("softmax", "chain", variable="z1", values=[1.0, 0.7, 2.0, 0.2, 0.5, 0.4])
    graph = EXAMPLES["softmax"].graph
    found = differentiate(graph, page(at).point)
    shares = {name: found.values[graph.names[name]] for name in ("p1", "p2", "p3")}
    point = page(at).point
    total = point["t1"] + point["t2"] + point["t3"]
    assert total != 1
    for number in "123":
        arrived = found.gradients[graph.names[f"z{number}"]]
        assert arrived == pytest.approx(shares[f"p{number}"] * total - point[f"t{number}"])
    assert "p·Σt − t in general" in text(at)


def test_methods_agree():
    at = opened("sigmoid_network", "differences")
    table = numbers(at).set_index("Method")
    assert list(table["Forward passes"]) == [1, 13, 24, 12]
    assert list(table["Backward passes"]) == [1, 0, 0, 0]
    assert set(table["w5"]) == {"0.04874559"}
    assert "dashed lines" in text(at)
    assert "straight line in this variable" in text(opened("apples", "differences"))


def test_the_network_of_the_compare_page():
    at = opened("apples", "network")
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["Parameters"] == "105"
    assert shown["Forward passes instead of one backward"] == "210"
    assert float(shown["Largest relative difference"]) < 1e-8
    assert "300 of 300 training rows" in text(at)


def test_a_ladder_with_one_step_is_explained(monkeypatch):
    shown = with_default_view(Experiment())
    monkeypatch.setattr("ui.backpropagation.network.document", lambda: shown)
    monkeypatch.setattr("ui.backpropagation.network.width_ladder", lambda experiment: [experiment])
    at = opened("apples", "network")
    assert "at least two networks" in text(at)
    assert len(at.get("plotly_chart")) == 1
    monkeypatch.undo()
    at = opened("apples", "network")
    assert "at least two networks" not in text(at)
    assert len(at.get("plotly_chart")) == 2


def test_a_network_too_large_has_a_way_out(monkeypatch):
    network = Network(dataset=Digits(), hidden=(256,), loss="cross_entropy")
    shown = with_default_view(Experiment(problem=network))
    monkeypatch.setattr("ui.backpropagation.network.document", lambda: shown)
    (told,) = opened("apples", "network").error
    assert "19210" in told.value
    assert "Choose a smaller network on the Compare page." in told.value


def test_a_test_function_has_no_network(monkeypatch):
    monkeypatch.setattr("ui.backpropagation.network.document", lambda: with_default_view(FUNCTION))
    assert "has a test function at the moment" in text(opened("apples", "network"))


FUNCTION = Experiment(problem=Function())


@pytest.mark.parametrize(
    ("example", "data", "weights"),
    [
        ("one_weight", ThreePoints(), (3.0,)),
        ("sigmoid_network", SingleRow(), (0.4, 0.1, 0.4, 0.3, 0.25, 0.3, 0.7, 0.25)),
    ],
)
def test_an_example_becomes_an_experiment(example, data, weights):
    to = "training" if example == "one_weight" else "surfaces"
    at = opened(example, "descent")
    run(at.button(key=f"backpropagation-to-{to}").click())
    problem = at.session_state["document"].experiment.problem
    assert (problem.dataset, problem.start) == (data, weights)
    assert at.session_state["document"].experiment.runs[0].learning_rate == (
        EXAMPLES[example].learning_rate
    )
    assert at.session_state["page"] == to


def test_one_weight_has_no_surface():
    button = opened("one_weight", "descent").button(key="backpropagation-to-surfaces")
    assert button.disabled
    assert "needs two weights" in button.help
    button = opened("sigmoid_network", "descent").button(key="backpropagation-to-surfaces")
    assert not button.disabled
    assert not button.help


def test_changed_weights_come_along():
    at = opened("one_weight", "descent", values=[5.0, 1.0, 2.0, 4.0, 3.0, 2.0, 6.0])
    point = page(at).point
    run(at.button(key="backpropagation-to-training").click())
    assert at.session_state["document"].experiment.problem.start == (point["w"],)


def test_the_page_speaks_korean():
    at = opened("relu_neuron", locale="ko-KR")
    shown = [at.title[0].value, *(tab.label for tab in at.tabs)]
    shown += [part.value for part in (*at.markdown, *at.caption)]
    assert [part for part in shown if not re.search("[가-힣]", part)] == []
