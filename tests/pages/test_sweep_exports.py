"""What leaves the Sweep page: files of the lanes that are there, and links that come back."""

import io
import json
import shutil
import zipfile
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet as pq
import pytest

import descent_lab.sweep
import ui.sweep.past
import ui.sweep.server
from comparison.link import to_link
from comparison.pages import SweepPage
from comparison.sweep.plan import page_of, sweep_of
from descent_lab.command import main
from exports.tables import read_csv
from sweeps.spec import read_spec
from tests.driven import first_run, plain, run, told
from tests.sweeps.looked import PAGE, all_rows, planned, unfinished, with_shards
from tests.sweeps.small import Here, swept

pytestmark = pytest.mark.usefixtures("nothing_waits", "nothing_drawn")
SWEEP = "pages/compare/sweep.py"
NAME = "A" * 22  # of the sweep on the shelf
TEXT = {"rule", "optimizer", "batch_size", "key", "status"}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The folder of a shelf that starts nothing."""
    monkeypatch.setenv("DESCENT_LAB_SWEEPS", str(tmp_path))
    monkeypatch.setattr("sweeps.shelf.Shelf.keep", lambda *_given: None)
    cached = (ui.sweep.server.shelf, ui.sweep.server.watches, ui.sweep.past._spec)
    for one in cached:
        one.clear()
    yield tmp_path
    for one in cached:
        one.clear()


def put(shelf, document):
    """Put the sweep of a document on the shelf; return the command's folder."""
    home = shelf / NAME
    home.mkdir()
    (home / "spec.json").write_text(sweep_of(document).model_dump_json())
    return home / "sweep"


@pytest.fixture
def document():
    """A document that shows the sweep on the shelf."""
    return planned(PAGE.model_copy(update={"sweep": NAME}))


@pytest.fixture
def folder(shelf, document):
    """The folder of a sweep on the shelf that has finished."""
    folder = put(shelf, document)
    swept(folder, spec=sweep_of(document))
    return folder


def opened(document, **page):
    """The page of a link to a document, with some settings of its own."""
    return first_run(SWEEP, link=to_link(with_view(document, page)))


def with_view(document, page):
    """A document with some settings of its page."""
    return document.on_page(SweepPage.model_validate(page_of(document).model_dump() | page))


def saved(at):
    """The link that the page offers, as a query."""
    (link,) = [code.value for code in at.code if "?" in code.value]
    return parse_qs(urlsplit(link).query, keep_blank_values=True)


def test_the_table_offers_all_lanes(folder, document, offered):
    opened(document, tab="table")

    parquet = offered["descent-lab-sweep-lanes.parquet"]()
    assert parquet == (folder / "results.parquet").read_bytes()
    lanes = read_csv(offered["descent-lab-sweep-lanes.csv"](), text=TEXT)
    assert lanes["key"] == pq.read_table(io.BytesIO(parquet))["key"].to_pylist()


def test_the_bundle_has_the_view_of_the_page(folder, document, offered):
    opened(document, across="batch_size", upwards="learning_rate")

    with zipfile.ZipFile(io.BytesIO(offered["descent-lab-sweep.zip"]())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files["results.parquet"] == (folder / "results.parquet").read_bytes()
    assert json.loads(files["manifest.json"])["lanes"]["done"] == 36
    assert b"Batch size across" in files["figures/map.html"]


def test_the_command_trains_the_specification(shelf, document, offered, tmp_path):
    put(shelf, document)
    opened(document)
    (tmp_path / "sweep.json").write_bytes(offered["sweep.json"]())

    assert read_spec((tmp_path / "sweep.json").read_bytes()) == sweep_of(document)
    assert main(["sweep", str(tmp_path / "sweep.json"), "--dry-run"]) == 0


def test_the_command_trains_what_was_saved_as_an_experiment(
    folder, document, offered, tmp_path, monkeypatch
):
    monkeypatch.setattr(descent_lab.sweep, "Local", lambda _workers, _tables: Here())
    opened(document)
    source = tmp_path / "experiment.json"
    source.write_text(offered["descent-lab.json"])

    assert main(["sweep", "--from", str(source), "--to", str(tmp_path / "to")]) == 0

    again = tmp_path / "to" / "results.parquet"
    assert again.read_bytes() == (folder / "results.parquet").read_bytes()


def test_what_was_saved_as_an_experiment_is_no_specification(tmp_path, document, capsys):
    source = tmp_path / "experiment.json"
    source.write_text(document.model_dump_json())

    assert main(["sweep", str(source), "--to", str(tmp_path / "to")]) == 2
    assert "give it with --from" in capsys.readouterr().err


def test_files_hold_what_has_come_since_the_page_was_drawn(shelf, document, offered):
    folder = put(shelf, document)
    unfinished(folder, document, lanes=20)
    opened(document, tab="table")
    with_shards(folder, document, [all_rows(document.model_dump_json())])

    lanes = read_csv(offered["descent-lab-sweep-lanes.csv"](), text=TEXT)

    assert len(lanes["key"]) == 36


@pytest.mark.usefixtures("shelf")
def test_before_it_is_started_there_is_the_specification_alone(offered):
    at = opened(planned())

    assert "sweep.json" in offered
    assert "descent-lab-sweep.zip" not in offered
    assert any("will be ready" in caption.value for caption in at.caption)


@pytest.mark.usefixtures("folder")
def test_a_report_has_the_title_and_the_notes_of_the_form(document, offered):
    at = opened(document)
    run(at.button(key="open-report").click())
    assert at.text_input(key="report-title").value == "A sweep of optimizers"
    at.text_input(key="report-title").input("Mine <b>")
    at.text_area(key="report-notes").input("note </script>")
    (make,) = [button for button in at.button if button.label == "Make the report"]
    run(make.click())

    content = offered["descent-lab-sweep-report.html"].decode()
    assert "<h1>Mine &lt;b&gt;</h1>" in content
    assert "note &lt;/script&gt;" in content
    assert "36 of 36 lanes" in content


VIEW = {
    "tab": "curves",
    "shown": "best_loss",
    "across": "run",
    "upwards": "learning_rate",
    "held": [{"field": "batch_size", "place": 1}],
    "setting": 3,
}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_opens_that_very_view_in_another_session(folder, document, is_there):
    link = saved(opened(document, **VIEW))
    if not is_there:
        shutil.rmtree(folder.parent)

    at = first_run(SWEEP, link=link)

    assert saved(at) == link
    assert to_link(with_view(document, VIEW)) == link
    assert ("This server does not have the sweep" in told(at)) is not is_there
    if is_there:
        keys = {one.key for one in at.get("plotly_chart")}
        assert {"chart-sweep-curves"} == {key for key in keys if key.startswith("chart-")}
        written = {plain(one.value) for one in at.markdown}
        assert "**SGD · Learning rate 0.1 · Batch size all**" in written
