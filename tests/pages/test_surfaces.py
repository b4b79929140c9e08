"""The Surfaces page, driven without a browser."""

import base64
import dataclasses
import json
import re
from itertools import product

import numpy as np
import pytest

import ui.shell.driver
import ui.shell.training
import ui.surfaces.computing
from comparison.document import with_default_view
from comparison.pages import SurfacesPage
from comparison.presets import FUNCTION_VIEW, LINE_VIEW, SURFACE_PRESETS
from engine import Budget, Experiment, Function, Network, Run, estimate_surface, fit, inspect
from engine.problems.datasets import Line, SingleRow
from engine.problems.functions import FUNCTIONS, Saddle
from engine.problems.losses import LOSSES
from engine.rules import LBFGS, RULES, SAM, SGD, Adam, ScheduleFreeSGD
from language.labels import label
from tests.driven import SURFACES, charts, first_run, run, told
from tests.engine.rules.facts import fits, fitted
from tests.layout import place
from ui.surfaces.theory import nearby

pytestmark = pytest.mark.usefixtures("nothing_waits")
PLAYER = "surfaces-player"
OF_FUNCTIONS = [rule for rule in RULES if fits(rule, FUNCTION_VIEW.problem)]


@pytest.fixture
def page():
    return first_run(SURFACES)


def experiment(at):
    if "surface-document" not in at.session_state:
        return FUNCTION_VIEW
    return at.session_state["surface-document"].experiment


def settings(at):
    return at.session_state["page-settings"]["surfaces"]


def message(at):
    """What the clock gets."""
    sent = [json.loads(part.proto.json) for part in at.get("bidi_component")]
    (player,) = [data for data in sent if "scenes" in data]
    return player


def clock(at):
    """The part of the page that is the clock."""
    return next(
        part for part in at.get("bidi_component") if "scenes" in json.loads(part.proto.json)
    )


def points(at):
    """Points along an axis of the surface."""
    x = charts(at)[0]["data"][0]["x"]
    return len(numbers(x["bdata"]))


def numbers(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def open_preset(at, name):
    return run(at.menu_button(key="preset").click(name))


def test_the_words_of_a_preset_stay_when_it_is_changed_and_the_clock_keeps_its_place(page):
    before = place(page.main, clock(page))
    text = SURFACE_PRESETS["ravine"].text
    assert any(text in part.value for part in page.markdown)
    run(page.number_input(key="surfaces-start-0-number").set_value(-5.0))

    (said,) = [part.value for part in page.markdown if text in part.value]
    assert said.endswith("not all of this need hold any more.**")
    assert place(page.main, clock(page)) == before


def test_the_first_view_is_the_ravine_with_its_sentences(page):
    assert any("why momentum" in text.value for text in page.markdown)
    assert told(page) == ""
    kinds = [trace["type"] for trace in charts(page)[0]["data"]]
    assert kinds == ["contour", "scatter", "scatter", "scatter", "scatter"]


@pytest.mark.parametrize("name", SURFACE_PRESETS)
def test_every_preset_draws_and_says_what_there_is_to_see(page, name):
    at = open_preset(page, name)
    preset = SURFACE_PRESETS[name]

    assert any(preset.text in text.value for text in at.markdown)
    assert len(charts(at)) >= 2
    assert len(message(at)["scenes"][0]["runs"]) == len(preset.experiment.runs)
    assert told(at) == ""


def test_the_clock_gets_the_paths_that_were_computed(page):
    sent, history = message(page), fit(SURFACE_PRESETS["ravine"].experiment)
    ticks = numbers(sent["ticks"])
    x = numbers(sent["scenes"][0]["x"]).reshape(3, len(ticks))
    loss = numbers(sent["scenes"][0]["loss"]).reshape(3, len(ticks))

    np.testing.assert_array_equal(ticks, np.arange(41))
    for run_history, own_x, own_loss in zip(history.runs, x, loss, strict=True):
        np.testing.assert_array_equal(own_x, run_history.params[0, :, 0].astype("f4"))
        np.testing.assert_array_equal(own_loss, run_history.training_loss.last[0].astype("f4"))


def test_the_ravine_opens_where_velocity_cancels_across_and_adds_up_along(page):
    """The next step of momentum, against the one that SGD would take by the same gradient."""
    opened = SURFACE_PRESETS["ravine"].document
    run_of_it, step = opened.view.selected, int(opened.view.page.step)
    seen = inspect(opened.experiment, run_of_it, 0, step + 1)
    by_gradient = opened.experiment.runs[run_of_it].learning_rate * np.abs(seen.gradient)

    assert np.abs(seen.update[0]) > 3 * by_gradient[0]
    assert np.abs(seen.update[1]) < 0.6 * by_gradient[1]
    assert page.pills(key="selected-run").value == run_of_it
    assert message(page)["step"] == step


def test_the_ravine_says_its_momentum_in_the_name_of_the_run(page):
    assert charts(page)[0]["data"][3]["name"] == "Momentum μ 0.6"


def test_a_preset_leaves_the_way_of_drawing(page):
    run(page.toggle(key="surfaces-panels").set_value(True))
    run(page.toggle(key="surfaces-relief").set_value(True))
    open_preset(page, "rates")

    assert (settings(page).panels, settings(page).relief) == (True, True)
    assert settings(page).window == SURFACE_PRESETS["rates"].page.window
    kinds = [trace["type"] for trace in charts(page)[0]["data"]]
    assert kinds.count("contour") == 4
    assert charts(page)[1]["data"][0]["type"] == "surface"


def test_only_the_cross_entropy_leaves_where_it_is_confident_and_wrong(page):
    sent = message(open_preset(page, "losses"))
    moved = [
        np.ptp(numbers(scene["y"]).reshape(len(scene["runs"]), -1), axis=1)
        for scene in sent["scenes"]
    ]

    assert (moved[0] > 5).all()  # the comparison's own, the cross-entropy
    assert (moved[1] < 0.5).all()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one().name)
def test_every_function_can_be_chosen(page, function):
    run(page.selectbox(key="function").set_value(function().name))

    assert experiment(page).problem == Function(function=function())
    assert charts(page)[0]["data"][0]["type"] == "contour"


def test_start_fields_and_chance_move_the_start(page):
    run(page.number_input(key="surfaces-start-0-number").set_value(3.0))
    assert experiment(page).problem.start == (3.0, 2.0)

    starts = [(3.0, 2.0)]
    for _click in range(2):
        run(page.button(key="surfaces-draw").click())
        starts.append(experiment(page).problem.start)
        assert starts[-1][0] == page.number_input(key="surfaces-start-0-number").value
    assert len(set(starts)) == 3
    run(page.button(key="undo").click())
    assert experiment(page).problem.start == starts[1]


def test_a_click_moves_the_start_only_while_that_is_switched_on(page):
    assert message(page)["clickable"] is False
    run(page.toggle(key="surfaces-clicks").set_value(True))
    assert message(page)["clickable"] is True


def test_the_clock_goes_where_the_page_says_without_another_picture(page):
    before = message(page)
    run(page)
    assert message(page)["began"] == before["began"]
    style = SurfacesPage(window=SURFACE_PRESETS["ravine"].page.window, step=17.0)
    page.session_state["page-settings"] = {"surfaces": style}
    run(page)
    moved = message(page)
    assert (before["step"], moved["step"]) == (5, 17)
    assert moved["began"] != before["began"]
    assert moved["version"] == before["version"]

    run(page.button(key="reset").click())
    assert message(page)["step"] == 5


def test_undo_shows_the_window_from_before(page):
    open_preset(page, "rates")
    assert settings(page).window == (-8.0, 2.0, -4.0, 4.0)
    assert charts(page)[0]["layout"]["yaxis"]["range"] == [-4.0, 4.0]
    version = message(page)["version"]
    run(page.button(key="undo").click())

    assert charts(page)[0]["layout"]["yaxis"]["range"] == [-2.6, 2.6]
    assert message(page)["version"] != version


def test_a_start_out_of_range_is_explained_and_the_picture_stays(page):
    before = charts(page)
    run(page.number_input(key="surfaces-start-0-number").set_value(1e9))

    assert "Start x is 1000000000. It must be in the range" in told(page)
    assert charts(page) == before


@pytest.mark.parametrize("start", ["here", "nan_2", "1"])
def test_a_link_with_a_start_that_is_no_point_is_explained(start):
    link = {"page": "surfaces", "problem": "function", "start": start, "run": "sgd~0.1~all"}
    at = first_run(SURFACES, link)

    assert "could not be opened" in told(at)
    assert charts(at)[0]["data"][0]["type"] == "contour"


def test_a_diverging_path_is_told_and_does_not_rescale_the_picture(page):
    before = charts(page)[0]["layout"]["xaxis"]["range"]
    run(page.number_input(key="learning_rate-number").set_value(5.0))

    assert charts(page)[0]["layout"]["xaxis"]["range"] == before
    assert any("leaves the surface at step" in one.value for one in page.caption)


def test_one_panel_per_run_and_three_dimensions(page):
    run(page.toggle(key="surfaces-panels").set_value(True))
    assert [one["type"] for one in charts(page)[0]["data"]].count("contour") == 3

    run(page.toggle(key="surfaces-relief").set_value(True))
    assert charts(page)[1]["data"][0]["type"] == "surface"
    assert settings(page).relief


@pytest.mark.parametrize("kind", ["line", "neuron"])
def test_a_line_and_a_neuron_have_data_beside_their_surface(page, kind):
    run(page.selectbox(key="surfaces-kind").set_value(kind))

    assert experiment(page).problem.n_params == 2
    kinds = [layer["kind"] for layer in message(page)["layers"]]
    assert kinds.count("paths") == (1 if kind == "line" else 2)
    assert "curves" in kinds
    assert page.number_input(key="surfaces-start-1-number").label == "Start b"


def test_a_single_parameter_has_no_surface_and_a_way_out(page):
    problem = LINE_VIEW.problem.model_copy(update={"bias": False, "start": "glorot"})
    page.session_state["document"] = with_default_view(
        LINE_VIEW.model_copy(update={"problem": problem})
    )
    page.session_state["page-settings"] = {"surfaces": SurfacesPage(surface="network")}
    run(page)

    assert told(page).startswith("A surface needs two parameters")
    run(page.toggle(key="bias").set_value(True))
    assert told(page) == ""
    assert charts(page)[0]["data"][0]["type"] == "contour"


def test_both_losses_stay_side_by_side_whatever_the_scale_and_the_penalty(page):
    run(page.selectbox(key="surfaces-kind").set_value("neuron"))
    run(page.number_input(key="l2-number").set_value(0.01))
    assert len(message(page)["scenes"]) == 2

    run(page.selectbox(key="loss").set_value("half_mean_squared_error"))
    assert experiment(page).problem.output_activation == "sigmoid"
    assert len(message(page)["scenes"]) == 2

    run(page.selectbox(key="output_activation").set_value("tanh"))
    assert len(message(page)["scenes"]) == 1
    assert any("Only a sigmoid output" in one.value for one in page.caption)


def test_no_loss_makes_the_neuron_another_network(page):
    run(page.selectbox(key="surfaces-kind").set_value("neuron"))
    for loss in list(LOSSES):
        if label("loss", loss) not in page.selectbox(key="loss").options:
            assert loss == "cross_entropy"  # of two outputs
            continue
        run(page.selectbox(key="loss").set_value(loss))
        assert page.selectbox(key="surfaces-kind").value == "neuron"
        assert experiment(page).problem.loss == loss


def slice_of(parameter, step, run_of_it=0):
    """The chart of one parameter of runs on a straight line, of single rows and of all."""
    line = Network(dataset=Line(), hidden=(), loss="mean_squared_error")
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=size) for size in (1, "all")]
    compared = Experiment(problem=line, runs=runs, budget=Budget(amount=5))
    page = SurfacesPage(surface="network", step=step, tab="slice")
    shown = with_default_view(compared, run_of_it)
    session = {"document": shown, "page-settings": {"surfaces": page}, "notices": []}
    at = first_run(SURFACES, session=session)
    if parameter:
        run(at.segmented_control(key="surfaces-slice").set_value(parameter))
    return at


def straight(at):
    """The slopes of the straight lines of the chart of one parameter, by their dash."""
    chart = slice_chart(at)
    drawn = [trace for trace in chart["data"] if trace.get("line", {}).get("dash")]
    ends = {trace["line"]["dash"]: (plotted(trace["x"]), plotted(trace["y"])) for trace in drawn}
    return {dash: np.diff(y)[0] / np.diff(x)[0] for dash, (x, y) in ends.items()}


def slice_chart(at):
    (found,) = (one for one in at.get("plotly_chart") if one.key == "chart-surfaces-slice")
    return json.loads(found.proto.spec)


def plotted(values):
    """The numbers of a trace, as plotly sends them."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
    return np.array(values)


@pytest.mark.parametrize(
    ("parameter", "step", "slope", "batch"),
    # Gradients of the mean squared error on the same rows; an epoch of single rows has 150 updates.
    [(0, 0.0, -2.607, -0.769), (1, 0.0, -2.244, 1.402), (1, 1.0, 0.057, -0.634)],
)
def test_the_tangent_is_that_of_the_curve_and_the_batch_has_its_own_line(
    parameter, step, slope, batch
):
    at = slice_of(parameter, step)
    chart = slice_chart(at)

    assert straight(at) == pytest.approx({"dash": slope, "dot": batch}, abs=5e-4)
    curve = chart["data"][0]
    x, y = plotted(curve["x"]), plotted(curve["y"])
    (here,) = chart["data"][3]["x"]
    assert np.interp(here, x[1:-1], np.gradient(y, x)[1:-1]) == pytest.approx(slope, abs=0.01)
    assert any("slope of the mini-batch" in one.value for one in at.caption)


def test_a_full_batch_follows_the_slope_of_the_loss_alone():
    at = slice_of(0, 0.0, run_of_it=1)

    assert straight(at) == pytest.approx({"dash": -2.607}, abs=5e-4)
    assert not any("mini-batch" in one.value for one in at.caption)


def test_the_slope_of_a_noisy_function_is_that_of_its_loss(page):
    noisy = FUNCTION_VIEW.problem.model_copy(update={"noise": 3.0})
    compared = FUNCTION_VIEW.model_copy(update={"problem": noisy})
    page.session_state["surface-document"] = with_default_view(compared)
    page.session_state["page-settings"] = {"surfaces": SurfacesPage(step=0.0, tab="slice")}
    run(page)

    start = np.array([[-7.0, 2.0]])
    followed = inspect(compared, 0, 0, 1).gradient[0]
    slopes = straight(page)
    assert slopes["dash"] == pytest.approx(noisy.function.gradient(start)[0, 0])
    assert slopes["dot"] == pytest.approx(followed)
    assert abs(followed - slopes["dash"]) > 0.1
    assert any("noisy slope" in one.value for one in page.caption)


def test_the_theory_marks_the_edge_at_the_learning_rate(page):
    run(page.pills(key="selected-run").set_value(0))
    assert any("edge of stability" in one.value for one in page.caption)
    run(page.number_input(key="learning_rate-number").set_value(1.1))

    assert any("110%" in one.value and ":red[" in one.value for one in page.caption)


@pytest.mark.parametrize("rate", ["0.8", "5.0"])
def test_a_run_that_follows_batches_gets_no_verdict_and_no_prediction(page, rate):
    """At 80 % of the edge single rows diverge on this line, though full-batch descent does not."""
    line = Network(dataset=Line(), hidden=(), loss="mean_squared_error")
    runs = [Run(optimizer=SGD(), learning_rate=float(rate), batch_size=size) for size in (1, "all")]
    compared = Experiment(problem=line, runs=runs, budget=Budget(amount=10))
    page.session_state["surface-document"] = with_default_view(compared)
    page.session_state["page-settings"] = {"surfaces": SurfacesPage(tab="theory")}
    run(page)
    said = [one.value for one in page.caption]
    single, full = (page.dataframe[0].value.iloc[place] for place in (0, 1))

    (edge,) = (text for text in said if "2/λmax" in text)
    assert not re.search(r":(green|orange|red)\[|%|●", edge)
    assert f"η = {float(rate):g}" in edge
    assert "full-batch descent" in edge
    assert f"{single['Largest stable']:.4g}" in edge
    assert np.isnan(single["Predicted factor per step"])
    assert full["Predicted factor per step"] > 0
    (label_of_it,) = (text for text in said if "there is no prediction" in text)
    assert "SGD B 1" in label_of_it
    assert "SGD B all" not in label_of_it

    run(page.pills(key="selected-run").set_value(1))
    (edge,) = (one.value for one in page.caption if "2/λmax" in one.value)
    assert (":red[" if rate == "5.0" else ":green[") in edge


def test_noise_takes_the_verdict_away(page):
    run(page.pills(key="selected-run").set_value(0))
    assert any(":orange[" in one.value or ":green[" in one.value for one in page.caption)
    run(page.number_input(key="gradient-noise-number").set_value(0.1))

    (edge,) = (one.value for one in page.caption if "2/λmax" in one.value)
    assert ":" not in edge.replace("full-batch", "")
    assert "noisy gradients" in edge


def test_the_theory_is_of_the_minimum_where_the_run_ended(page):
    run(page.selectbox(key="function").set_value("himmelblau"))
    run(page.pills(key="selected-run").set_value(0))
    run(page.number_input(key="surfaces-start-0-number").set_value(-3.0))
    run(page.number_input(key="surfaces-start-1-number").set_value(-3.0))
    page.session_state["page-settings"] = {"surfaces": SurfacesPage(tab="theory")}
    run(page.number_input(key="learning_rate-number").set_value(0.01))

    row = page.dataframe[0].value.iloc[0]
    assert row["Nearest minimum"] == "(-3.779, -3.283)"
    (at_the_end,) = nearby(experiment(page), [np.array([-3.779, -3.283])])
    assert row["Largest stable"] == pytest.approx(2 / at_the_end.curvatures[-1])
    edge = f"{row['Largest stable']:.4g}"
    assert any("edge of stability" in one.value and edge in one.value for one in page.caption)


def test_a_network_lies_on_a_plane_with_its_distances(page):
    run(page.selectbox(key="surfaces-kind").set_value("network"))
    text = " ".join(one.value for one in page.caption)
    assert "slice through the space of 33 parameters" in text
    assert "of the variance of" in text

    for plane in ("weights", "random"):
        run(page.selectbox(key="surfaces-plane").set_value(plane))
        assert settings(page).plane == plane
        assert charts(page)[0]["data"][0]["type"] == "contour"


@pytest.fixture
def surfaces_take_long(monkeypatch):
    def long(*given):
        return dataclasses.replace(estimate_surface(*given), seconds=59.0)

    monkeypatch.setattr(ui.surfaces.computing, "estimate_surface", long)


@pytest.mark.usefixtures("surfaces_take_long")
def test_a_long_surface_waits_for_a_click_and_comes_coarse_first(page):
    run(page.selectbox(key="surfaces-kind").set_value("network"))
    assert "contour" not in {one["data"][0]["type"] for one in charts(page)}

    run(page.button(key="surface-31-begin").click())
    assert points(page) == 31
    assert "61 × 61" in page.button(key="surface-61-begin").label

    run(page.button(key="surface-61-begin").click())
    assert points(page) == 61


@pytest.mark.usefixtures("surfaces_take_long")
def test_a_surface_that_was_stopped_leaves_the_coarse_one_and_goes_on(page, monkeypatch):
    run(page.selectbox(key="surfaces-kind").set_value("network"))
    run(page.button(key="surface-31-begin").click())
    began = ui.surfaces.computing._begin

    def stopped(*given):
        pending = began(*given)
        if pending is not None:
            pending.paused = True
        return pending

    monkeypatch.setattr(ui.surfaces.computing, "_begin", stopped)
    run(page.button(key="surface-61-begin").click())
    assert points(page) == 31
    assert page.button(key="surface-61-stop").label == "Resume"

    run(page.button(key="surface-61-stop").click())
    assert points(page) == 61


def test_a_subsample_of_rows_is_named(page):
    page.session_state["page-settings"] = {"surfaces": SurfacesPage(surface="network", rows=100)}
    run(page)

    assert any("100 of the 300 training rows" in one.value for one in page.caption)


@pytest.mark.parametrize(
    ("plane", "tab"), [("principal", "step"), ("random", "rates"), ("weights", "slice")]
)
def test_the_two_parameters_are_chosen_where_they_are_shown(page, plane, tab):
    shown = SurfacesPage(surface="network", plane=plane, tab=tab, fineness=31)
    page.session_state["page-settings"] = {"surfaces": shown}
    run(page)
    run(page.selectbox(key="surfaces-seen-1").set_value(7))

    assert settings(page).weights == (0, 7)
    assert ("surfaces-plane-0" in [one.key for one in page.selectbox]) == (plane == "weights")
    if tab == "step":
        assert list(page.dataframe[0].value) == ["W1[0,0]", "W1[2,1]", "Norm"]
    if plane == "weights":
        assert charts(page)[0]["layout"]["yaxis"]["title"]["text"] == "W1[2,1]"


def test_a_parameter_cannot_be_chosen_twice(page):
    run(page.selectbox(key="surfaces-kind").set_value("network"))
    first, second = (page.selectbox(key=f"surfaces-seen-{place}").options for place in (0, 1))

    assert "W1[0,1]" not in first
    assert "W1[0,0]" not in second
    assert len(first) == len(second) == 32


def test_a_link_with_one_parameter_twice_is_explained():
    link = {"page": "surfaces", "page.surface": "network", "page.weights": "[3,3]"}
    at = first_run(SURFACES, link)

    assert "twice" in told(at)


@pytest.mark.parametrize(
    "window", ["[1,1,0,2]", "[2,1,0,2]", "[0,2,5,-5]", "[1,1.0000000000000002,0,2]"]
)
def test_a_link_with_a_window_through_which_nothing_is_seen_is_explained(window):
    at = first_run(SURFACES, {"page": "surfaces", "page.window": window})

    assert "Window is" in told(at)
    assert "this is the default view" in told(at)


@pytest.mark.parametrize("dataset", [SingleRow(), Line(rows=20)])
def test_rows_that_were_chosen_for_other_data_do_no_harm(page, dataset):
    few = Network(dataset=dataset, hidden=(2,), loss="mean_squared_error", validation_share=0.0)
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")]
    page.session_state["document"] = with_default_view(
        Experiment(problem=few, runs=runs, budget=Budget(amount=3))
    )
    shown = SurfacesPage(surface="network", rows=100, fineness=31)
    page.session_state["page-settings"] = {"surfaces": shown}
    run(page)

    offered = [one for one in page.select_slider if one.key == "surfaces-rows-slider"]
    assert [one.value for one in offered] == ([] if dataset.n_rows == 1 else [20])
    assert charts(page)[0]["data"][0]["type"] == "contour"


@pytest.mark.parametrize(
    ("before", "key", "value"),
    [
        ({}, "surfaces-plane", "random"),
        ({"plane": "weights"}, "surfaces-plane-0", 4),
        ({"plane": "weights"}, "surfaces-seen-0", 4),
    ],
)
def test_another_plane_is_seen_as_a_whole(page, before, key, value):
    zoomed = SurfacesPage(surface="network", fineness=31, window=(-0.1, 0.1, 0.0, 0.1), **before)
    page.session_state["page-settings"] = {"surfaces": zoomed}
    run(page)
    run(page.selectbox(key=key).set_value(value))

    assert settings(page).window is None
    drawn, x = charts(page)[0], charts(page)[0]["data"][0]["x"]
    assert drawn["layout"]["xaxis"]["range"] == pytest.approx(numbers(x["bdata"])[[0, -1]])


def test_other_parameters_in_the_tabs_leave_the_zoom(page):
    window = (-0.1, 0.1, 0.0, 0.1)
    zoomed = SurfacesPage(surface="network", fineness=31, window=window)
    page.session_state["page-settings"] = {"surfaces": zoomed}
    run(page)
    run(page.selectbox(key="surfaces-seen-0").set_value(4))

    assert settings(page).window == window


def test_another_seed_of_the_directions_is_seen_as_a_whole(page):
    zoomed = SurfacesPage(
        surface="network", plane="random", fineness=31, window=(-0.1, 0.1, 0, 0.1)
    )
    page.session_state["page-settings"] = {"surfaces": zoomed}
    run(page)
    run(page.number_input(key="surfaces-plane-seed-number").set_value(5))

    assert settings(page).window is None


def test_a_saddle_opens_with_every_run_named_and_what_is_below_zero_said(page):
    """Its loss falls below 0, which the logarithmic axis of the default cannot show."""
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in (0.1, 0.03)]
    compared = Experiment(
        problem=Function(function=Saddle()),
        runs=runs,
        budget=Budget(amount=100, unit="iterations"),
    )
    page.session_state["surface-document"] = with_default_view(compared)
    page.session_state["page-settings"] = {"surfaces": SurfacesPage()}
    run(page)
    drawn = charts(page)[-1]
    names = ["SGD η 0.1", "SGD η 0.03"]

    assert [trace["name"] for trace in drawn["data"]] == names
    assert [one["text"] for one in drawn["layout"]["annotations"]] == names
    assert all(len(plotted(trace["y"])) == 101 for trace in drawn["data"])
    assert any("the axis is linear" in one.value for one in page.caption)
    assert drawn["layout"]["yaxis"]["type"] == "linear"


def test_eight_runs_of_five_hundred_steps_send_at_most_500_kb(page):
    many = SURFACE_PRESETS["rates"].experiment
    runs = tuple(
        many.runs[0].model_copy(update={"learning_rate": 0.01 * number}) for number in range(1, 9)
    )
    budget = many.budget.model_copy(update={"amount": 500})
    page.session_state["surface-document"] = with_default_view(
        many.model_copy(update={"runs": runs, "budget": budget})
    )
    run(page)
    sent = sum(len(one.proto.spec) for one in page.get("plotly_chart"))
    sent += len(page.get("bidi_component")[0].proto.json)

    assert len(message(page)["scenes"][0]["runs"]) == 8
    assert sent <= 500_000


@pytest.mark.parametrize(
    ("tab", "rule"),
    [
        *(("step", rule) for rule in OF_FUNCTIONS),
        *product(["rates", "theory", "slice"], [SGD, Adam, SAM, ScheduleFreeSGD, LBFGS]),
    ],
)
def test_every_tab_is_there_for_every_rule(tab, rule):
    alone = FUNCTION_VIEW.model_copy(update={"runs": FUNCTION_VIEW.runs[:1]})
    kept = {
        "surface-document": with_default_view(fitted(alone, rule())),
        "page-settings": {"surfaces": SurfacesPage(tab=tab, step=7.0)},
    }
    page = first_run(SURFACES, session=kept)

    if tab == "step":
        seen = inspect(experiment(page), 0, 0, 8)
        table = page.dataframe[0].value
        assert table.loc["Gradient", "x"] == seen.gradient[0]
        assert table.loc["Update, subtracted", "y"] == seen.update[1]
        assert any(rule().formula.split("=")[0].strip() in one.value for one in page.latex)
    elif tab == "theory":
        assert len(page.dataframe[0].value) == 1
    else:
        assert len(charts(page)) == 3


def test_everything_is_there_in_korean():
    at = first_run(SURFACES, locale="ko-KR")

    assert message(at)["texts"]["play"] != "Play"


def test_what_is_shown_as_a_whole_again_is_another_chart_to_the_browser(page):
    """The zoom is the browser's: the figure before it and after it would be the same."""
    run(page.menu_button(key="preset").click("dip"))
    assert settings(page).window is None
    before = charts(page)[0]
    style = settings(page)
    for window in ((0.0, 1.0, 0.0, 1.0), None):
        page.session_state["page-settings"] = {
            "surfaces": style.model_copy(update={"window": window})
        }
        run(page)
    after = charts(page)[0]

    assert after["layout"].pop("uirevision") != before["layout"].pop("uirevision")
    assert after == before
