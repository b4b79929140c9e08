"""What the dialogs of a page say of the chart that leaves."""

import json

import pytest

from comparison.pages import SurfacesPage, TrainingPage
from engine import Budget, Experiment, Function, Network, Run, fit
from engine.problems.datasets import Blobs
from engine.rules import SGD
from tests.driven import charts, first_run, linked, run

pytestmark = pytest.mark.usefixtures("nothing_waits")


def training(steps, seeds=1):
    runs = [Run(optimizer=SGD(), learning_rate=0.5, batch_size="all")]
    budget = Budget(amount=steps, unit="iterations")
    seeds = tuple(range(seeds))
    return Experiment(problem=Function(), runs=runs, budget=budget, seeds=seeds)


def opened(experiment, page):
    return first_run(link=linked(experiment, page))


def captions(at, key):
    """Open the dialog of a chart; what stands below its picture, line by line."""
    run(at.button(key=f"export-{key}").click())
    titles = [figure["layout"].get("title", {}).get("text", "") for figure in charts(at)]
    return " ".join(titles).replace("<br>", " ")


@pytest.mark.parametrize("key", ["surfaces-contour-0", "surfaces-relief-0"])
@pytest.mark.parametrize("panels", [False, True])
def test_a_surface_leaves_at_the_step_of_its_clock(key, panels):
    page = SurfacesPage(step=4.0, relief=True, panels=panels)

    assert "At step 4 of 20; later steps are faded" in captions(opened(training(20), page), key)


NEURON = Experiment(
    problem=Network(dataset=Blobs(rows=30, classes=2, features=1), hidden=()),
    runs=[Run(optimizer=SGD(), learning_rate=0.5, batch_size="all")],
    budget=Budget(amount=6),
)


@pytest.mark.parametrize(
    ("experiment", "surface"), [(training(6), "function"), (NEURON, "network")]
)
def test_every_chart_that_the_clock_moves_leaves_at_its_step(experiment, surface):
    at = opened(experiment, SurfacesPage(surface=surface, step=2.0, relief=True))
    (clock,) = (one for one in at.get("bidi_component") if "layers" in one.proto.json)
    layers = json.loads(clock.proto.json)["layers"]

    assert {"paths", "relief", "markers"} <= {layer["kind"] for layer in layers}
    for layer in layers:
        assert " step 2 of 6" in captions(at, layer["key"]), layer["key"]


def test_a_surface_at_the_end_leaves_whole():
    at = opened(training(20), SurfacesPage())

    assert "At step" not in captions(at, "surfaces-contour-0")


def test_the_picture_of_a_long_training_says_how_many_values_one_stands_for():
    long = training(900, seeds=30)
    width = fit(long).runs[0].training_loss.width

    assert width > 1
    said = captions(opened(long, TrainingPage()), "loss")
    assert f"One value per {width} evaluations, the last of each bin" in said


def test_the_dialog_says_whose_zoom_the_camera_takes():
    at = run(opened(training(20), TrainingPage()).button(key="export-loss").click())

    assert any("Zoom in here, and the camera saves that part" in text.value for text in at.caption)


def texts(at):
    return [
        field.value
        for field in (*at.text_input, *at.text_area)
        if field.label in {"Title", "Notes"}
    ]


def test_the_dialog_of_the_report_stays_when_the_page_runs_again():
    """A popover that is clicked away tells so, and the page runs again below the dialog."""
    at = run(opened(training(20), TrainingPage()).button(key="open-report").click())
    assert at.text_area(key="report-notes").value == ""

    run(at)
    at.text_area(key="report-notes").set_value("My notes")
    make = next(button for button in at.button if button.label == "Make the report")
    run(make.click())
    assert [button.label for button in at.button if "title or notes" in button.label]
    assert "My notes" in texts(at)

    run(at)
    assert "My notes" in texts(at)
    run(at.button(key="change-report").click())
    assert at.text_area(key="report-notes").value == "My notes"


def test_the_dialog_of_the_code_stays_when_the_page_runs_again_and_one_of_a_chart_takes_its_place():
    at = run(opened(training(20), TrainingPage()).button(key="open-code").click())
    assert at.selectbox(key="code-run")

    run(at)
    assert at.selectbox(key="code-run")
    run(at.button(key="export-loss").click())
    assert not [box for box in at.selectbox if box.key == "code-run"]
    assert any("Zoom in here, and the camera saves that part" in text.value for text in at.caption)
