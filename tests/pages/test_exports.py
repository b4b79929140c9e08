"""Every chart of every page can be taken away."""

import pytest

from comparison.pages import BackpropagationPage, EpochsPage, SurfacesPage, TrainingPage
from comparison.presets import FUNCTION_VIEW
from engine import Budget, Experiment, Network, Run
from engine.problems.datasets import Blobs, Line, TwoMoons
from engine.rules import SGD, Adam
from tests.driven import first_run, linked, run

pytestmark = pytest.mark.usefixtures("nothing_waits")
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


@pytest.mark.parametrize("name", SHOWN)
def test_every_chart_opens_its_dialog(name):
    at = first_run(link=linked(*SHOWN[name]))
    keys = [button.key for button in at.button if button.label == "Export chart"]

    assert keys
    for key in keys:
        run(at.button(key=key).click())
        files = {button.label for button in at.get("download_button")}
        assert {"Interactive page (HTML)", "Numbers (CSV)", "Numbers (Parquet)"} <= files
