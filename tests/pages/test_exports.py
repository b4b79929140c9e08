"""Every chart of every page can be taken away, and so can everything at once."""

import io
import json
import zipfile

import pytest

from comparison.pages import BackpropagationPage, EpochsPage, SurfacesPage, TrainingPage
from comparison.presets import FUNCTION_VIEW
from descent_lab.command import main
from engine import Budget, Experiment, Network, Run
from engine.problems.datasets import Blobs, Line, TwoMoons
from engine.rules import SGD, Adam
from tests.driven import first_run, linked, run
from tests.exports.hostile import NAMES

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
    "sharpness": (NETWORK, TrainingPage(tab="sharpness")),
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


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize("name", ["loss", "surface slice"])
def test_the_command_makes_the_bundle_again(name, offered, tmp_path):
    experiment, page = SHOWN[name]
    names = NAMES[1 : 1 + len(experiment.runs)]
    first_run(link=linked(experiment, page) | {"name": list(names)})
    with zipfile.ZipFile(io.BytesIO(offered["descent-lab-bundle.zip"]())) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    source = tmp_path / "experiment.json"
    source.write_bytes(files["experiment.json"])

    assert main(["run", str(source), "--to", str(tmp_path / "again")]) == 0

    again = {entry: (tmp_path / "again" / entry).read_bytes() for entry in files}
    ours, theirs = (json.loads(made.pop("manifest.json")) for made in (files, again))
    assert again == files
    assert names[0].encode() in files["results.csv"]
    del ours["times"], theirs["times"]
    assert ours == theirs
