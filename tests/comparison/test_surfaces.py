"""Which surface a comparison is seen on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import comparison.surfaces
from charts.theme import RunStyle
from comparison.pages import SurfacesPage
from comparison.scenes import scene_words
from comparison.surfaces import Wanted, computed, drawn_start, scenes
from comparison.words.errors import explain
from engine import (
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Run,
    Window,
    data,
    fit,
    parameter_names,
    training_losses,
    weights_plane,
)
from engine.problems.datasets import Blobs, Line, TwoMoons
from engine.problems.formula import Formula
from engine.problems.functions import Ravine
from engine.rules import SGD, Adam

RUNS = (
    Run(optimizer=SGD(), learning_rate=0.1, batch_size=10),
    Run(optimizer=Adam(), learning_rate=0.05, batch_size=10),
)
NETWORK = Experiment(
    problem=Network(dataset=TwoMoons(rows=40), hidden=(3,), validation_share=0.0),
    runs=RUNS,
    budget=Budget(amount=4),
)
LINE = NETWORK.model_copy(
    update={"problem": Network(dataset=Line(rows=30), hidden=(), loss="mean_squared_error")}
)
NEURON = NETWORK.model_copy(
    update={"problem": Network(dataset=Blobs(rows=30, classes=2, features=1), hidden=())}
)
FUNCTION = Experiment(
    problem=Function(),
    runs=[run.model_copy(update={"batch_size": "all"}) for run in RUNS],
    budget=Budget(amount=20, unit="iterations"),
)


def seen(experiment, selected=0, **page):
    history = fit(experiment)
    styles = [RunStyle(str(number), number) for number in range(len(history.runs))]
    return scenes(history, styles, SurfacesPage(**page), selected)


def test_a_function_is_seen_in_its_own_window_with_its_stationary_points():
    (only,) = seen(FUNCTION)

    (left, right), (bottom, top) = Ravine().window
    assert (only.field.x[0], only.field.x[-1]) == (left, right)
    assert (only.field.y[0], only.field.y[-1]) == (bottom, top)
    assert only.field.points == Ravine().stationary_points
    assert only.field.titles == ("x", "y")


def of_formula(text, start=None):
    problem = Function(function=Formula(text=text), start=start)
    return FUNCTION.model_copy(update={"problem": problem})


def test_the_points_of_a_formula_are_marked_as_found_and_its_start_is_in_the_picture():
    (only,) = seen(of_formula("x^2 + y^2", (7.0, 1.0)))

    assert only.field.found
    assert [point[:2] for point in only.field.points] == [(0, 0)]
    assert only.field.x[-1] > 7
    assert not seen(FUNCTION)[0].field.found


def test_gaps_of_a_function_are_told():
    told = "Where the picture is blank, the function has no value."

    assert told in scene_words(seen(of_formula("x - ln(x) + y^2", (1.5, 1.0)))[0])
    assert told not in scene_words(seen(of_formula("x^2 + y^2"))[0])
    assert told not in scene_words(seen(FUNCTION)[0])


def test_a_line_is_seen_over_its_weight_and_bias_in_a_window_of_round_numbers():
    (only,) = seen(LINE)

    assert only.field.titles == parameter_names(LINE.problem)
    for trail in only.trails:
        assert only.field.x[0] <= trail.x.min() <= trail.x.max() <= only.field.x[-1]
    width = only.field.x[-1] - only.field.x[0]
    step = 10.0 ** np.floor(np.log10(width)) / 20
    assert only.field.x[0] / step == pytest.approx(round(only.field.x[0] / step))


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_a_window_is_rounded_by_less_than_a_fifth_of_its_width(low, width):
    """From 9.9 to 10.1 wide, too: no power of ten makes it jump."""
    own = Window((low, low + width), (-width / 2, width / 2))
    rounded = comparison.surfaces._round([own])

    for before, after in ((own.x, rounded.x), (own.y, rounded.y)):
        slack = 1e-9 * (abs(low) + width)
        assert -slack <= before[0] - after[0] <= 0.2 * width + slack
        assert -slack <= after[1] - before[1] <= 0.2 * width + slack


def test_a_neuron_is_seen_under_both_losses_in_one_window():
    own, other = seen(NEURON)

    assert own.history.experiment == NEURON
    losses = {one.history.experiment.problem.loss for one in (own, other)}
    assert losses == {"binary_cross_entropy", "mean_squared_error"}
    np.testing.assert_array_equal(own.field.x, other.field.x)
    np.testing.assert_array_equal(own.clock.ticks, other.clock.ticks)


@pytest.mark.parametrize(
    "update",
    [
        {"l2": 0.01},
        {"loss": "half_mean_squared_error", "output_activation": "sigmoid"},
        {"loss": "half_sum_of_squares", "output_activation": "sigmoid", "l2": 0.01},
    ],
)
def test_the_other_loss_has_the_same_penalty_and_the_scale_of_the_own(update):
    problem = NEURON.problem.model_copy(update=update)
    own, other = seen(NEURON.model_copy(update={"problem": problem}))
    problems = {one.history.experiment.problem for one in (own, other)}

    assert own.history.experiment.problem == problem
    assert {one.l2 for one in problems} == {problem.l2}
    assert update.get("loss", "mean_squared_error") in {one.loss for one in problems}


def test_a_neuron_that_is_no_sigmoid_is_seen_alone():
    update = {"loss": "mean_squared_error", "output_activation": "tanh"}
    problem = NEURON.problem.model_copy(update=update)

    assert len(seen(NEURON.model_copy(update={"problem": problem}))) == 1


def test_the_minimum_of_a_line_is_marked_where_the_gradient_is_zero():
    """The normal equations know it as well."""
    (only,) = seen(LINE)
    rows = data(LINE)
    design = np.column_stack([rows.training_inputs, np.ones(len(rows.training_inputs))])
    expected = np.linalg.lstsq(design, rows.training_targets, rcond=None)[0].ravel()

    (point,) = only.field.points
    assert (point.kind, point.is_global) == ("minimum", True)
    assert (point.x, point.y) == pytest.approx(tuple(expected), rel=1e-10)


def test_a_sigmoid_has_no_minimum_that_is_known():
    assert [one.field.points for one in seen(NEURON)] == [(), ()]


def test_a_neuron_whose_other_training_waits_is_seen_alone():
    history = fit(NEURON)
    styles = [RunStyle("a", 0), RunStyle("b", 1)]

    assert len(scenes(history, styles, SurfacesPage(), 0, train=lambda _other: None)) == 1


def test_without_a_surface_there_is_no_scene():
    history = fit(NETWORK)
    styles = [RunStyle("a", 0), RunStyle("b", 1)]

    assert scenes(history, styles, SurfacesPage(), 0, compute=lambda _wanted: None) == []


@pytest.mark.parametrize("plane", ["principal", "random", "weights"])
def test_a_network_is_seen_on_the_chosen_plane_and_its_losses_are_real(plane):
    (only,) = seen(NETWORK, plane=plane, fineness=31)

    assert len(only.field.x) == len(only.field.y) == 31
    at = only.plane.origin + np.array([only.field.x[3], only.field.y[17]]) @ only.plane.directions
    loss = training_losses(NETWORK, at[None])[0]
    assert only.field.loss[17, 3] == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("selected", [0, 1])
def test_two_weights_are_seen_through_the_end_of_the_selected_run(selected):
    (only,) = seen(NETWORK, selected, plane="weights", weights=(2, 5), fineness=31)

    names = parameter_names(NETWORK.problem)
    assert only.field.titles == (names[2], names[5])
    assert only.distances[selected][-1] == pytest.approx(0, abs=1e-12)
    assert only.distances[1 - selected][-1] > 0.01


def test_fewer_rows_are_taken_where_the_page_says_so():
    assert not seen(NETWORK, rows=1_000)[0].surface.is_sampled
    assert seen(NETWORK, rows=10)[0].surface.n_rows == 10


def test_a_single_parameter_has_no_surface():
    problem = LINE.problem.model_copy(update={"bias": False})

    with pytest.raises(InvalidInput) as caught:
        seen(LINE.model_copy(update={"problem": problem}))
    assert (
        explain(caught.value) == "Number of parameters is 1. It must be in the range [2 … 250,000]."
    )


def test_what_would_take_too_long_is_refused():
    """60,000 rows of 784 numbers through 256 and 64 units, for 14,641 points."""
    data = Blobs(rows=60_000, features=784, classes=10)
    problem = Network(dataset=data, hidden=(256, 64), loss="cross_entropy")
    n_params = problem.n_params
    plane = weights_plane(np.zeros(n_params), 0, 1)
    window = Window((-1.0, 1.0), (-1.0, 1.0))

    with pytest.raises(InvalidInput, match="seconds"):
        computed(Wanted(Experiment(problem=problem), plane, window, None, 121))


def test_a_drawn_start_lies_in_the_window_and_is_another_one_for_every_seed():
    (left, right), (bottom, top) = FUNCTION.problem.function.window
    starts = [drawn_start(FUNCTION.problem, seed) for seed in range(20)]

    assert len(set(starts)) == 20
    assert all(left <= x <= right and bottom <= y <= top for x, y in starts)
    assert all((round(x, 2), round(y, 2)) == (x, y) for x, y in starts)
    assert all(max(map(abs, drawn_start(LINE.problem, seed))) <= 5 for seed in range(20))
