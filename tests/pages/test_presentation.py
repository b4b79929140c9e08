"""Presentation: the chart and the slider that matters, and a way out."""

import json

import pytest

from charts.presentation import FONT
from comparison.document import with_default_view
from comparison.link import to_link
from comparison.pages import EpochsPage, SurfacesPage, TrainingPage
from comparison.presets import FUNCTION_VIEW
from engine import Budget
from tests.driven import captions, chart, clock, first_run, run, small

pytestmark = pytest.mark.usefixtures("nothing_waits")


def presented(page, experiment=None):
    """A page that a link opens as a presentation."""
    shown = with_default_view(experiment or small()).on_page(page)
    view = shown.view.model_copy(update={"presentation": True})
    return first_run(link=to_link(shown.model_copy(update={"view": view})))


def drawn(at):
    """The charts of the page, without the picture of the rows in the sidebar."""
    return [
        json.loads(one.proto.spec)
        for one in at.get("plotly_chart")
        if (one.key or "").startswith("chart-")
    ]


@pytest.mark.parametrize("tab", ["loss", "score", "norms"])
def test_a_presentation_of_compare_is_the_open_chart_with_its_slider(tab):
    at = presented(TrainingPage(tab=tab))

    (shown,) = drawn(at)
    assert shown["data"]
    assert shown["layout"]["font"]["size"] == FONT
    assert at.select_slider(key="learning_rate-slider").value == 0.5
    assert "same budget: 5 epochs" in captions(at)
    assert not at.get("tab")
    assert not [button for button in at.button if button.key in {"add", "present"}]


def test_presented_fits_fill_the_screen_with_large_titles():
    at = presented(TrainingPage(tab="fits"))
    panels = clock(at)["panels"]

    assert "100vh" in panels["row"]
    assert float(panels["font"].removesuffix("rem")) * 16 >= FONT
    assert at.select_slider(key="learning_rate-slider").value == 0.5


def test_a_presentation_says_what_its_chart_of_sharpness_leaves_out():
    at = presented(TrainingPage(tab="sharpness"), small(budget=Budget(amount=10)))

    assert len(drawn(at)) == 1
    assert "Above it, a run cannot stay at a minimum." in captions(at)


def test_the_slider_moves_the_presented_chart():
    at = presented(TrainingPage())
    before = chart(at, "loss")["data"]
    run(at.select_slider(key="learning_rate-slider").set_value(0.1))

    assert chart(at, "loss")["data"] != before


SHOWN = {
    "batches": {"learning_rate-slider", "epochs-unit"},
    "count": {"epochs-rows-slider", "epochs-batch-size-slider", "epochs-epochs-slider"},
    "rows": {"epochs-sampling", "epochs-last-batch", "epochs-shown-slider"},
    "noise": {"epochs-point", "epochs-noise-size-slider"},
    "overfitting": {"learning_rate-slider", "epochs-patience-slider"},  # below the chart
    "map": {"epochs-unit", "epochs-shown"},
}


@pytest.mark.parametrize("tab", SHOWN)
def test_a_presentation_of_epochs_is_the_open_tab_with_one_line_of_controls(tab):
    at = presented(EpochsPage(tab=tab))
    controls = ("select_slider", "selectbox", "segmented_control", "button_group", "multiselect")
    keys = {one.key for kind in controls for one in at.main.get(kind)}

    assert {one["layout"]["font"]["size"] for one in drawn(at)} == {FONT}
    assert keys == SHOWN[tab]


@pytest.mark.parametrize(("runs", "panels"), [(3, 3), (4, 4), (5, 1)])
def test_a_presented_surface_has_a_row_of_panels_or_one_picture(runs, panels):
    spec = FUNCTION_VIEW.runs[0]
    several = tuple(
        spec.model_copy(update={"learning_rate": 0.1 * (1 + number)}) for number in range(runs)
    )
    experiment = FUNCTION_VIEW.model_copy(update={"runs": several})
    at = presented(SurfacesPage(panels=True), experiment)
    surface = chart(at, "surfaces-contour-0")
    fields = [one for one in surface["data"] if one["type"] == "contour"]
    (layer,) = [one for one in clock(at)["layers"] if one["kind"] == "paths"]

    assert surface["layout"]["font"]["size"] == FONT
    assert len(fields) == len(layer["panels"]) == panels


def test_the_presentation_ends_where_it_began():
    at = presented(TrainingPage(tab="score"))
    run(at.button(key="leave").click())

    assert at.session_state["compare-tab"] == "Score"
    assert at.button(key="present")
    run(at.button(key="present").click())
    assert at.button(key="leave")
