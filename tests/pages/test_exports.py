"""Every chart of every page can be taken away."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import ui.shell.driver
import ui.shell.training
from comparison.document import with_default_view
from comparison.link import to_link
from comparison.pages import BackpropagationPage, EpochsPage, SurfacesPage, TrainingPage
from comparison.presets import FUNCTION_VIEW
from engine import Budget, Experiment, Network, Run
from engine.problems.datasets import Blobs, Line, TwoMoons
from engine.rules import SGD, Adam
from language import set_language

ROOT = Path(__file__).parents[2]
RUNS = (
    Run(optimizer=SGD(), learning_rate=0.5, batch_size=10),
    Run(optimizer=Adam(), learning_rate=0.05, batch_size=10),
)
NETWORK = Experiment(
    problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)), runs=RUNS, budget=Budget(amount=2)
)
STRAIGHT = NETWORK.model_copy(
    update={"problem": Network(dataset=Line(rows=20), hidden=(), loss="mean_squared_error")}
)
NEURON = NETWORK.model_copy(
    update={"problem": Network(dataset=Blobs(rows=30, classes=2, features=1), hidden=())}
)
SHOWN = {
    "loss": (NETWORK, TrainingPage()),
    **{f"epochs {tab}": (NETWORK, EpochsPage(tab=tab)) for tab in ("count", "rows", "noise")},
    **{f"epochs {tab}": (NETWORK, EpochsPage(tab=tab)) for tab in ("overfitting", "map")},
    "epochs batches": (STRAIGHT, EpochsPage(tab="batches", sizes=("all", 1))),
    **{
        f"surface {tab}": (FUNCTION_VIEW, SurfacesPage(tab=tab, relief=True))
        for tab in ("rates", "slice")
    },
    "surface wrong": (NEURON, SurfacesPage(tab="wrong")),
    "surface distance": (NETWORK, SurfacesPage(tab="distance", panels=True, fineness=31)),
    **{
        f"graph {tab}": (NETWORK, BackpropagationPage(tab=tab, updates=3))
        for tab in ("meaning", "descent", "differences", "network")
    },
}


@pytest.fixture(autouse=True)
def english():
    set_language("en")


@pytest.fixture(autouse=True)
def nothing_waits(monkeypatch):
    """Whether work waits for a click depends on the machine; here none does."""
    monkeypatch.setattr(ui.shell.driver, "AT_ONCE_SECONDS", 60.0)


def run(page_or_widget):
    at = page_or_widget.run()
    assert not at.exception
    return at


def opened(experiment, page):
    at = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    at.context["locale"] = "en-US"
    shown = with_default_view(experiment)
    view = shown.view.model_copy(update={"page": page})
    for key, values in to_link(shown.model_copy(update={"view": view})).items():
        at.query_params[key] = values
    return run(at)


@pytest.mark.parametrize("name", SHOWN)
def test_every_chart_opens_its_dialog(name):
    at = opened(*SHOWN[name])
    keys = [button.key for button in at.button if button.label == "Export chart"]

    assert keys
    for key in keys:
        run(at.button(key=key).click())
        files = {button.label for button in at.get("download_button")}
        assert {"Interactive page (HTML)", "Numbers (CSV)", "Numbers (Parquet)"} <= files
