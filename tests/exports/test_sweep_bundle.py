"""The bundle of a sweep: complete, checked, the same every time; its README trains it again."""

import hashlib
import json
import re
import shlex
from types import MappingProxyType

import numpy as np
import pytest

import comparison.sweep.catalogue
import descent_lab.sweep
from comparison.document import read_document
from comparison.pages import SweepPage
from comparison.sweep.catalogue import sweep_chart_title, sweep_charts
from comparison.sweep.contract import sweep_contract
from comparison.sweep.look import Look
from comparison.sweep.plan import sweep_of
from descent_lab.command import main
from exports.sweep.bundle import sweep_bundle
from language import set_language
from storage.writing import write_all
from sweeps.axes import ListAxis
from sweeps.lanes import no_lanes
from sweeps.spec import read_spec
from tests.exports.hostile import NAMES
from tests.sweeps.looked import (
    PAGE,
    all_rows,
    failed,
    finished,
    planned,
    unfinished,
    with_shards,
)
from tests.sweeps.small import Here

pytestmark = pytest.mark.usefixtures("nothing_drawn")
DOCUMENT = planned(names=NAMES[3:5])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sweep")


@pytest.fixture(scope="module")
def look(folder):
    return finished(folder, DOCUMENT)


@pytest.fixture(scope="module")
def made(look, folder):
    """One bundle for all that only look at it."""
    return MappingProxyType(sweep_bundle(look, folder, DOCUMENT))


def manifest(made):
    return json.loads(made["manifest.json"])


def text(made, name="README.md"):
    return made[name].decode()


def test_everything_is_there(made, look):
    assert set(made) == {
        "sweep.json",
        "experiment.json",
        "results.parquet",
        "results.csv",
        "workers.parquet",
        "settings.csv",
        "figures/plotly.min.js",
        *(f"figures/{name}.html" for name in sweep_charts(look)[0]),
        "README.md",
        "manifest.json",
    }
    assert list(sweep_charts(look)[0]) == ["map", "curves", "parallel", "price"]
    assert list(made)[-1] == "manifest.json"


def test_the_command_takes_the_specification(made, look):
    assert read_spec(made["sweep.json"]).key == look.spec.key


def test_the_page_comes_back(made, look):
    document = read_document(made["experiment.json"])

    assert document == DOCUMENT
    assert sweep_of(document).key == look.spec.key


def test_the_tables_are_those_of_the_command(made, folder):
    for name in ("results.parquet", "workers.parquet"):
        assert made[name] == (folder / name).read_bytes()


def test_the_manifest_has_the_sum_of_every_other_file(made):
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    del sums["manifest.json"]

    assert manifest(made)["files"] == sums


def test_the_manifest_says_what_it_is(made, look):
    said = manifest(made)
    equal, unequal = sweep_contract(look)

    assert said["contract"] == {"equal": equal, "unequal": unequal}
    assert said["lanes"] == {"all": 36, "done": 36, "diverged": 12, "failed": 0}
    assert [run["settings"] for run in said["runs"]] == [6, 6]
    assert said["seeds"] == [1, 2, 3]
    assert said["unfinished"] == []
    assert set(said["versions"]) >= {"python", "numpy", "pyarrow", "engine"}


def test_it_is_the_same_every_time_but_for_times(made, look, folder):
    again = sweep_bundle(look, folder, DOCUMENT)
    first, second = manifest(made), manifest(again)
    del first["times"], second["times"]

    assert first == second
    assert list(made) == list(again)
    assert [name for name in made if made[name] != again[name]] in ([], ["manifest.json"])


def test_the_command_of_the_readme_trains_it_again(made, tmp_path, monkeypatch):
    monkeypatch.setattr(descent_lab.sweep, "Local", lambda _workers, _tables: Here())
    (command,) = re.findall(r"(?m)^ {4}python -m descent_lab (.*)$", text(made))
    assert manifest(made)["reproduce"] == [f"python -m descent_lab {command}"]
    write_all(tmp_path, made)
    places = {"sweep.json": str(tmp_path / "sweep.json"), "DIR": str(tmp_path / "again")}

    assert main([places.get(word, word) for word in shlex.split(command)]) == 0

    assert (tmp_path / "again" / "results.parquet").read_bytes() == made["results.parquet"]


def test_the_readme_tells_the_best_setting_of_each_run(made, look):
    """Chosen on the first of three seeds, reported on the other two."""
    losses = look.lanes.scores["validation_loss_final"]
    table = [line for line in text(made).splitlines() if line.startswith("| ")][2:]

    assert len(table) == 2
    for run, line in enumerate(table):
        own = losses[6 * run : 6 * run + 6]
        reported = own[np.argmin(own[:, 0]), 1:]
        assert f"| {np.median(reported):.3g} (" in line
        assert "| η 0.1, B 8 |" in line
        assert line.endswith("| 0 / 2 | 6 | none |")
    assert "chosen on seed 1 and is reported on seeds 2, 3" in text(made)


def test_the_readme_names_every_column(made):
    columns = set(text(made, "results.csv").lstrip("\ufeff").split("\r\n", 1)[0].split(","))
    told = set(re.findall(r"`(\w+)`", text(made).split("## Columns")[1]))
    explained = re.compile(r"(training|validation)_(loss|score)_(first|final|best)|first_step_\d+")

    assert {name for name in columns - told if not explained.fullmatch(name)} == set()


def test_no_name_is_markup(made):
    for name in made:
        if name.endswith(".html"):
            assert text(made, name).count("<script") == text(made, name).count("</script>") == 3
            assert not re.search(r"<(img|a|span)\b", text(made, name))
    assert "<script>" not in text(made)
    assert "\\<script\\>" in text(made)


def test_the_language_is_that_of_the_reader(look, folder):
    set_language("ko")
    made = sweep_bundle(look, folder, DOCUMENT)

    assert manifest(made)["language"] == "ko"
    assert manifest(made)["reproduce"][0].endswith("--language ko")
    assert '<html lang="ko">' in text(made, "figures/map.html")


def test_an_unfinished_sweep_is_said_in_manifest_readme_and_captions(tmp_path):
    look = unfinished(tmp_path, DOCUMENT, lanes=20)
    made = sweep_bundle(look, tmp_path, DOCUMENT)

    (said,) = manifest(made)["unfinished"]
    assert said.startswith("The sweep has not finished: 20 of 36 lanes, ")
    assert f"**{said}**" in text(made)
    assert "byte for byte" not in text(made)
    assert text(made, "results.csv").count("\r\n") == 21
    for name in made:
        if name.endswith(".html"):
            page = text(made, name).replace(r"\u003cbr\u003e", " ")
            assert "The sweep has not finished: 20" in page


def test_what_is_trained_meanwhile_changes_nothing(tmp_path):
    look = unfinished(tmp_path, DOCUMENT, lanes=20)
    before = sweep_bundle(look, tmp_path, DOCUMENT)
    with_shards(tmp_path, DOCUMENT, [all_rows(DOCUMENT.model_dump_json())])
    after = sweep_bundle(look, tmp_path, DOCUMENT)

    assert {name for name in before if before[name] != after[name]} <= {"manifest.json"}


def test_before_anything_is_trained_the_plan_is_there(tmp_path):
    look = Look(no_lanes(sweep_of(DOCUMENT)), DOCUMENT.view, PAGE)
    made = sweep_bundle(look, tmp_path, DOCUMENT)

    assert "results.parquet" not in made
    left_out = manifest(made)["left_out"]
    nothing = {path for path, why in left_out.items() if why == "Nothing is trained yet."}
    charts = {f"figures/{name}.html" for name in ("curves", "parallel", "profiles", "price")}
    assert nothing == charts | {"results.parquet", "results.csv", "workers.parquet"}
    assert read_spec(made["sweep.json"]).key == look.spec.key


def test_lanes_that_are_gone_are_said(tmp_path):
    look = unfinished(tmp_path / "sweep", DOCUMENT)
    made = sweep_bundle(look, tmp_path / "another", DOCUMENT)

    assert "can no longer be read" in manifest(made)["left_out"]["results.csv"]
    assert "settings.csv" in made


def test_lanes_that_failed_are_said(tmp_path):
    made = sweep_bundle(failed(tmp_path), tmp_path, planned())

    (said,) = manifest(made)["unfinished"]
    assert said == "Some lanes have no result: 35 of 36 lanes, 11 diverged, 1 could not be trained."
    assert manifest(made)["lanes"]["failed"] == 1


def test_a_chart_that_fails_is_missed_and_named(look, folder, monkeypatch, caplog):
    def broken(*_args, **_options):
        raise ValueError("math domain error")

    monkeypatch.setattr(comparison.sweep.catalogue, "coordinates_chart", broken)
    made = sweep_bundle(look, folder, DOCUMENT)

    assert "figures/parallel.html" not in made
    assert "could not be drawn" in manifest(made)["left_out"]["figures/parallel.html"]
    assert "figures/curves.html" in made
    caplog.clear()


def test_without_an_axis_of_rates_there_are_no_curves(tmp_path):
    page = SweepPage(axes=(ListAxis(field="optimizer.beta1", values=(0.5, 0.9)),), seeds=1)
    document = planned(page)
    made = sweep_bundle(finished(tmp_path, document), tmp_path, document)

    assert "add an axis of it" in manifest(made)["left_out"]["figures/curves.html"]


def test_over_several_problems_there_are_profiles(tmp_path):
    rates = ListAxis(field="learning_rate", values=(0.1, 0.2))
    problems = ListAxis(field="problem.l2", values=(0.0, 0.001))
    document = planned(SweepPage(axes=(rates, problems), targets=(1.0,), seeds=2))
    look = finished(tmp_path, document)
    made = sweep_bundle(look, tmp_path, document)

    charts, missing = sweep_charts(look)
    assert set(charts) == {"map", "curves", "parallel", "profiles", "price"}
    assert set(missing) == {"range_test"}
    assert {f"figures/{name}.html" for name in charts} <= set(made)
    page = text(made, "figures/profiles.html").replace(r"\u003cbr\u003e", " ")
    assert "chosen on seed 1 and is reported on seed 2" in page


def test_every_chart_has_a_title(look):
    charts, missing = sweep_charts(look)
    titles = [sweep_chart_title(name) for name in (*charts, *missing)]

    assert len(set(titles)) == len(titles) == 6
