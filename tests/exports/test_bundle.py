"""The bundle: complete, checked, the same every time, and of names that lead nowhere."""

import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import PurePosixPath
from types import MappingProxyType

import numpy as np
import pytest

import exports.bundle
from comparison.document import Document, View, read_document, with_default_view
from comparison.pages import SurfacesPage
from comparison.rates import Tuned
from comparison.surfaces import scenes
from comparison.words.names import run_styles
from engine import Budget, Experiment, Function, Network, Run, Stopping, fit, train
from engine.problems.datasets import Blobs
from engine.rules import SGD, Adam
from exports.bundle import bundle, zipped
from language import set_language
from tests.exports.hostile import NAMES

pytestmark = pytest.mark.usefixtures("nothing_drawn")
SURFACE = Experiment(
    problem=Function(),
    runs=[Run(optimizer=rule, learning_rate=0.1, batch_size="all") for rule in (SGD(), Adam())],
    budget=Budget(amount=20, unit="iterations"),
)


@pytest.fixture(scope="module")
def document():
    experiment = Experiment(budget=Budget(amount=2))
    return Document(experiment=experiment, view=View(names=NAMES[:7]))


@pytest.fixture(scope="module")
def history(document):
    return fit(document.experiment)


@pytest.fixture(scope="module")
def made(document, history):
    """One bundle for all that only look at it."""
    return MappingProxyType(bundle(document, history))


def manifest(made):
    return json.loads(made["manifest.json"])


def test_everything_is_there(made):
    assert list(made)[-1] == "manifest.json"
    assert {
        "experiment.json",
        "results.csv",
        "histories.csv",
        "data.csv",
        "start.csv",
        "batches.csv",
        "figures/plotly.min.js",
        "figures/loss.html",
        "figures/score.html",
        "figures/fits.html",
        "figures/full_gradient_norm.html",
        "figures/batch_gradient_norm.html",
        "figures/update_norm.html",
        "scripts/pytorch_7.py",
        "scripts/keras_1.py",
        "scripts/optax_7.py",
    } <= set(made)


def test_the_experiment_comes_back(made, document):
    assert read_document(made["experiment.json"]) == document


def test_the_manifest_has_the_sum_of_every_other_file(made):
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    del sums["manifest.json"]

    assert manifest(made)["files"] == sums


def test_the_manifest_says_what_was_done_and_what_is_missing(made, document, history):
    said = manifest(made)

    assert said["seeds"] == [0]
    assert said["data_seed"] == 0
    assert said["digest"] == history.digest()
    assert [run["name"] for run in said["runs"]] == list(document.view.names)
    assert "same start, same row order" in said["contract"]["equal"]
    assert set(said["versions"]) >= {"python", "numpy", "plotly"}
    assert said["left_out"]["figures/*.svg"] == "nothing to draw with"
    assert "scripts/keras_4.py" not in said["left_out"]
    assert said["times"]["seconds_last_training"] == history.seconds


def test_it_is_the_same_every_time_but_for_times(made, document):
    again = bundle(document, fit(document.experiment))
    first, second = manifest(made), manifest(again)
    del first["times"], second["times"]

    assert first == second
    assert made.keys() == again.keys()
    assert [name for name in made if made[name] != again[name]] in ([], ["manifest.json"])


def test_a_zip_of_the_same_files_is_the_same_zip(made):
    assert zipped(made) == zipped(made)
    with zipfile.ZipFile(io.BytesIO(zipped(made))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == made


def test_no_name_is_a_path(made):
    for name in made:
        path = PurePosixPath(name)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert re.fullmatch(r"[a-z0-9_./]+|README\.md", name)


def test_no_cell_is_run_by_a_spreadsheet(made):
    for name in ("results.csv", "histories.csv"):
        for row in csv.DictReader(io.StringIO(made[name].decode("utf-8-sig"), newline="")):
            assert row["run"].lstrip()[0] not in "=+-@"


def test_no_name_is_markup(made):
    for name, content in made.items():
        if name.endswith(".html"):
            page = content.decode()
            assert page.count("<script") == page.count("</script>") == 3
            assert not re.search(r"<(img|a|span)\b", page)


def test_the_language_is_that_of_the_reader(document, history):
    set_language("ko")
    made = bundle(document, history)

    assert manifest(made)["language"] == "ko"
    assert '<html lang="ko">' in made["figures/loss.html"].decode()


def test_a_test_function_has_neither_rows_nor_batches_nor_fits():
    document = with_default_view(Experiment(problem=Function(), budget=Budget(amount=5)))
    made = bundle(document, fit(document.experiment))

    assert "start.csv" in made
    assert not {"data.csv", "batches.csv", "figures/fits.html", "figures/score.html"} & set(made)


def test_what_is_too_large_is_left_out_and_said(monkeypatch):
    monkeypatch.setattr(exports.replay, "NUMBERS", 500)
    problem = Network(dataset=Blobs(rows=400), loss="cross_entropy")
    document = with_default_view(Experiment(problem=problem, budget=Budget(amount=2)))
    made = bundle(document, fit(document.experiment))

    assert "data.csv" not in made
    left_out = manifest(made)["left_out"]
    assert {"data.csv", "batches.csv"} <= set(left_out)
    assert not [name for name in made if name.startswith("scripts/")]
    for framework in ("pytorch", "optax"):
        assert "would need data.csv" in left_out[f"scripts/{framework}_1.py"]
    assert "scripts/pytorch" not in "".join(manifest(made)["reproduce"])
    readme = made["README.md"].decode().split("## Left out")[0]
    assert not [word for word in ("PyTorch", "script", "By default") if word in readme]


def test_a_stopped_training_is_said_in_manifest_readme_and_captions():
    document = with_default_view(Experiment(budget=Budget(amount=1_000)))
    total = document.experiment.iterations(document.experiment.runs[0])
    training = train(document.experiment)
    history = next(progress.history() for progress in training if progress.updates)
    step = int(history.runs[0].last_step[0])
    made = bundle(document, history)
    said = f"Training was stopped before the budget was used up: step {step:,} of {total:,} "

    assert 0 < step < total
    first, second = manifest(made)["unfinished"]
    assert first.startswith(said)
    assert second == (
        "The command line always trains and computes to the end, so its files will differ."
    )
    run = manifest(made)["runs"][0]
    assert (run["status"], run["last_step"], run["iterations"]) == (["stopped"], [step], total)
    readme = made["README.md"].decode()
    assert f"**{first}**" in readme
    assert f"**{second}**" in readme
    assert "the same files" not in readme
    for name, content in made.items():
        if name.endswith(".html"):
            # Captions are wrapped, anywhere between two words.
            assert said[:24] in content.decode().replace(r"\u003cbr\u003e", " "), name


def test_a_training_to_its_end_has_no_such_remark(made):
    assert manifest(made)["unfinished"] == []
    assert "the same files again, apart from times and rendered SVG" in made["README.md"].decode()
    assert "histories.csv" not in manifest(made)["left_out"]


def test_values_that_stand_for_several_are_said():
    run = Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")
    budget, seeds = Budget(amount=500), tuple(range(30))
    document = with_default_view(
        Experiment(problem=Function(), runs=[run], budget=budget, seeds=seeds)
    )
    history = fit(document.experiment)
    made = bundle(document, history)
    width = history.runs[0].batch_loss.width
    said = (
        f"One value per {width} updates, the last of each bin, so peaks in between are not shown."
        " The history keeps the first, lowest, mean, highest and last value."
    )

    assert width > 1
    assert said in manifest(made)["left_out"]["histories.csv"]
    assert said in made["README.md"].decode()
    caption = made["figures/update_norm.html"].decode().replace(r"\u003cbr\u003e", " ")
    assert said.rstrip(".") in caption
    assert f"One value per {width} evaluations" in made["figures/loss.html"].decode()


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (None, {"rates", "sharpness"}),
        (SurfacesPage(), {"rates", "sharpness", "one_parameter", "two_losses"}),
    ],
)
def test_charts_of_the_pages_that_are_left_out_are_named(page, names):
    problem = Network(dataset=Blobs(rows=30, classes=2, features=1), hidden=())
    document = with_default_view(
        SURFACE.model_copy(update={"problem": problem, "budget": Budget(amount=2)})
    )
    if page is not None:
        view = document.view.model_copy(update={"page": page})
        document = document.model_copy(update={"view": view})
    made = bundle(document, fit(document.experiment))

    assert ("figures/fitted_lines.html" in made) is (page is not None)
    left_out = manifest(made)["left_out"]
    assert {name for name in left_out if name.startswith("figures/")} == {
        "figures/*.svg",
        *(f"figures/{name}.html" for name in names),
    }


def test_the_figures_of_the_surfaces_page_are_in_its_bundle():
    shown = with_default_view(SURFACE)
    page = SurfacesPage(relief=True)
    document = shown.model_copy(update={"view": shown.view.model_copy(update={"page": page})})
    history = fit(document.experiment)
    made = bundle(document, history)
    styles = run_styles(document)

    assert {f"figures/{name}.html" for name in ("surface", "relief", "loss")} <= set(made)
    assert "figures/effective_learning_rate.html" in made
    assert "figures/plane_distance.html" not in made  # all of the problem is in the plane
    assert b'"title":{"text":"Iterations"}' in made["figures/loss.html"]
    again = bundle(document, history, scenes(history, styles, page, 0))
    assert {name for name in made if made[name] != again[name]} <= {"manifest.json"}


def test_a_surface_that_cannot_be_made_is_missed_and_its_reason_said():
    """The runs diverge in their first steps: no plane goes through one point."""
    shown = with_default_view(
        Experiment(
            problem=Network(hidden=(2,), activation="relu"),
            runs=[Run(optimizer=SGD(), learning_rate=1e7)],
            budget=Budget(amount=1),
        )
    )
    update = {"page": SurfacesPage(surface="network")}
    document = shown.model_copy(update={"view": shown.view.model_copy(update=update)})
    made = bundle(document, fit(document.experiment))

    assert "figures/surface.html" not in made
    assert manifest(made)["left_out"]["figures/surface.html"]
    assert "figures/loss.html" in made


def test_the_readme_names_what_is_there_and_why_something_is_not(made):
    text = made["README.md"].decode()

    for name in ("experiment.json", "batches.csv", "scripts/", "manifest.json"):
        assert f"- `{name}`: " in text
    assert "noise.csv" not in text
    assert "python scripts/pytorch_1.py" in text
    assert "`figures/rates.html`: " in text


def test_the_readme_tells_which_run_a_script_is_and_how_to_run_it():
    rules = [SGD(), SGD(), Adam()]
    sizes = [8, 16, 8]
    runs = [
        Run(optimizer=rule, learning_rate=0.1, batch_size=size)
        for rule, size in zip(rules, sizes, strict=True)
    ]
    experiment = Experiment(runs=runs, budget=Budget(amount=1), seeds=(3, 5))
    view = View(names=("A\n*b*", "Wide", "Adam"), numbers=(0, 1, 2))
    document = Document(experiment=experiment, view=view)
    text = bundle(document, fit(experiment))["README.md"].decode()

    assert "1. A \\*b\\* (`batches` = 1)\n2. Wide (`batches` = 2)\n3. Adam (`batches` = 1)" in text
    assert "python scripts/pytorch_1.py 5" in text
    assert "pip install . -c requirements.txt" in text
    assert re.search(r"Made with descent-lab [\d.]+, python [\d.]+, numpy ", text)
    assert f"numpy {np.__version__}" in text


def test_runs_that_take_no_step_leave_a_surface_without_rates():
    at_once = SURFACE.model_copy(update={"stopping": Stopping(target_loss=1e6)})
    shown = with_default_view(at_once)
    view = shown.view.model_copy(update={"page": SurfacesPage()})
    history = fit(at_once)
    assert not any(run.last_step.any() for run in history.runs)
    made = bundle(shown.model_copy(update={"view": view}), history)

    assert "figures/surface.html" in made
    assert "figures/effective_learning_rate.html" not in made


def test_the_contract_claims_best_rates_only_where_they_were_found(document, history, made):
    swept = bundle(document, history, tuned=Tuned(9, (0,)))

    for files_of_one, claim in ((swept, "each run's best of 9 tried"), (made, "as set")):
        said = json.loads(files_of_one["manifest.json"])["contract"]["equal"]
        assert f"learning rates: {claim}" in said or f"learning rates {claim}" in said
        drawn = files_of_one["figures/loss.html"].decode()
        assert claim in re.sub(r"<br>|\\u003cbr\\u003e", " ", drawn)
    assert swept["experiment.json"] == made["experiment.json"]
