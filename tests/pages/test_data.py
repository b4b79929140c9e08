"""The page Your data, driven without a browser: a table is brought, checked, and trained on."""

import json

import pytest

from comparison.document import read_saved, saved_text, with_default_view
from comparison.link import to_link
from comparison.pages import EpochsPage, SurfacesPage, SweepPage, TrainingPage
from comparison.presets import FIRST_VIEWS
from engine import Budget, Experiment, Network, Run
from engine.problems.datasets.own import own_table
from engine.problems.datasets.table import TABLES, table
from engine.rules import SGD
from tests.driven import charts, first_run, linked, plain, run, told

PEOPLE = "height;sex;mass\n1,6;f;55\n1,7;m;70\n1,5;f;\n1,8;m;80\n1,65;f;61\n1,9;m;91\n1,55;f;52\n"


def opened(**link):
    return first_run(link={"format": "1", "page": "data", **link})


def paste(at, text):
    """The page after a text was pasted and read."""
    at.text_area(key="pasted-table").set_value(text)
    return run(at.button(key="read-pasted").click())


@pytest.fixture(scope="module")
def pasted():
    """The page with a table at hand, as a script that runs once more for every test."""
    return paste(opened(**{"page.tab": "paste"}), PEOPLE)


def text(at):
    return plain(" ".join(part.value for part in (*at.markdown, *at.caption, *at.success)))


def document(at):
    return at.session_state["document"]


def test_what_was_understood_is_told(pasted):
    assert "UTF-8, semicolon, decimal comma, first line as names: 7 rows, 3 columns" in text(pasted)
    assert "Missing values: “mass” 1." in told(pasted)
    assert "6 training rows and 0 validation rows: 3 inputs" in text(pasted)
    assert "1 row is left out" in text(pasted)
    shown = pasted.dataframe[0].value
    assert shown["height"].tolist() == [1.6, 1.7, 1.5, 1.8, 1.65]


def test_a_bad_table_is_refused_and_the_last_one_stays(pasted):
    at = paste(pasted, "x,y\n1,2\n3,4,5\n")

    assert "Line 3" in told(at)
    assert "7 rows, 3 columns" in text(at)
    at = paste(at, "a,b\nc,d\n")  # names, for both lines are texts
    assert "say so" in told(at)
    at = run(at.selectbox(key="refused-header").select_index(1))
    assert "2 rows, 2 columns" in text(at)
    at = paste(at, PEOPLE)
    assert "7 rows, 3 columns" in text(at)


def test_target_inputs_and_reading_can_be_changed(pasted):
    at = run(pasted.selectbox(key="table-target").select(1))
    assert "2 inputs, 2 classes in order of appearance: f and m" in text(at)
    at = run(at.multiselect(key="table-inputs-1").set_value([0]))
    assert "1 input, 2 classes" in text(at)
    at = run(at.selectbox(key="table-target").select(2))
    at = run(at.selectbox(key="table-decimal").select("."))
    assert "“height”: " in told(at) or "height" in text(at)
    at = run(at.selectbox(key="table-decimal").select(","))
    assert "decimal comma" in text(at)


def test_a_column_may_mark_the_validation_rows(pasted):
    at = run(pasted.selectbox(key="table-target").select(2))
    at = run(at.multiselect(key="table-inputs-2").set_value([0]))
    at = run(at.selectbox(key="table-split").select("marked"))
    assert "2 inputs" not in text(at)
    assert "3 training rows and 3 validation rows" in text(at)
    at = run(at.selectbox(key="table-mark-value").select("f"))
    assert "3 training rows and 3 validation rows" in text(at)  # one of the f lacks its mass
    run(at.selectbox(key="table-split").select("random"))


def test_a_table_is_trained_on_undone_and_leads_back():
    at = paste(opened(**{"page.tab": "paste"}), PEOPLE)
    at = run(at.button(key="use-table").click())

    problem = document(at).experiment.problem
    assert (problem.dataset.title, problem.dataset.rows) == ("Pasted table", 6)
    assert problem.standardize
    assert problem.standardize_targets
    assert {run.learning_rate for run in document(at).experiment.runs} == {0.1, 0.01}
    assert "careful learning rates" in told(at)
    assert at.selectbox(key="dataset").value == "own"
    at = run(at.button(key="undo").click())
    assert document(at).experiment.problem.dataset.name == "two_moons"
    at = run(at.button(key="redo").click())
    assert document(at).experiment.problem == problem
    at = run(at.button(key="to-own-table").click())
    assert "7 rows, 3 columns" in text(at)
    assert at.button(key="use-table")


CORNERS = table(["a", "b", "y"], [[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]])


def logic():
    dataset = own_table(CORNERS, "corners.csv", (0, 1), 2, "classification")
    problem = Network(dataset=dataset, validation_share=0.0)
    runs = (Run(optimizer=SGD(), learning_rate=0.5, batch_size="all"),)
    return with_default_view(Experiment(problem=problem, runs=runs, budget=Budget(amount=2)))


def test_a_link_says_what_it_needs_and_opens_once_the_table_is_there():
    at = first_run(link=to_link(logic()))

    assert "“corners.csv” (4 rows used, SHA-256 " + CORNERS.digest[:12] in told(at)
    at = first_run(link={**to_link(logic()), "page": "data", "page.tab": "paste"})
    at = paste(at, "a,b,y\n0,0,1\n0,1,0\n")
    assert "another one" in text(at)
    at = paste(at, "a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    assert "This is the table" in text(at)
    at = run(at.button(key="open-waiting").click())
    assert document(at).experiment == logic().experiment
    assert at.selectbox(key="dataset").value == "own"


@pytest.mark.parametrize(
    ("field", "value"), [("data.rows", "3"), ("data.kinds", "nnt"), ("data.classes", '["1","0"]')]
)
def test_a_link_that_describes_another_table_is_refused(field, value, monkeypatch):
    monkeypatch.setattr("ui.shell.brought.reader", lambda: "test")
    TABLES.keep("test", CORNERS)

    at = first_run(link={**to_link(logic()), field: [value]})

    assert "could not be opened" in told(at)
    assert document(at).experiment == FIRST_VIEWS["training"].experiment


def test_a_link_to_surfaces_waits_for_its_table_and_can_be_left():
    at = first_run(link={**to_link(logic()), "page": "surfaces", "page.surface": "network"})
    assert "“corners.csv”" in told(at)
    at = run(at.button(key="start-anew").click())
    assert "“corners.csv”" not in told(at)


def test_a_table_that_was_used_is_not_removed():
    at = paste(opened(**{"page.tab": "paste"}), PEOPLE)
    at = run(at.button(key="use-table").click())
    at = run(at.button(key="to-own-table").click())
    at = paste(at, "a,b\n1,2\n3,5\n2,7\n")

    assert at.button(key="remove-table-0").disabled
    at = run(at.button(key="show-table-0").click())
    assert "7 rows, 3 columns" in text(at)


def test_what_is_typed_is_told_like_a_file():
    names = "a, a, b"
    at = opened(**{"page.tab": "type"})
    at = run(at.text_input(key="typed-names").set_value(names))

    assert at.session_state["typed-names"] == names
    at = run(at.button(key="read-typed").click())
    assert "tab, decimal point, first line as names: 4 rows, 3 columns" in text(at)


HOSTILE = "<img src=x onerror=alert(1)> $x$ %{y} ![](https://example.org/a.png) **b**"
ROWS = table(
    [f"{HOSTILE} 1", f"{HOSTILE} 2", "text", HOSTILE],
    [
        [0.1 * row for row in range(12)],
        [(row * 5) % 12 / 4 for row in range(12)],
        [("one", f"two {HOSTILE}")[row % 2] for row in range(12)],
        [(f"no {HOSTILE}", "yes")[row * 5 % 3 == 0] for row in range(12)],
    ],
)
PAGES = {
    "loss": TrainingPage(),
    "fits": TrainingPage(tab="fits"),
    "details": TrainingPage(tab="details"),
    "batches": EpochsPage(tab="batches", sizes=("all", 2)),
    "noise": EpochsPage(tab="noise"),
    "rows": EpochsPage(tab="rows"),
    "surface": SurfacesPage(surface="network", fineness=31),
    "sweep": SweepPage(),
}


CASES = [
    *((page, task, (0, 1, 2)) for page in PAGES for task in ("classification", "regression")),
    # Fits and surfaces depend on how many inputs there are.
    *((page, "classification", (0, 1)) for page in ("loss", "fits", "surface")),
    *((page, "classification", (0,)) for page in ("loss", "fits", "surface")),
    *((page, "regression", (0,)) for page in ("loss", "fits", "surface")),
]


@pytest.mark.parametrize(("page", "task", "columns"), CASES)
def test_every_page_shows_a_comparison_on_a_table(page, task, columns, monkeypatch):
    monkeypatch.setattr("ui.shell.brought.reader", lambda: "test")
    TABLES.keep("test", ROWS)
    target = 3 if task == "classification" else 1
    columns = tuple(place for place in columns if place != target)
    dataset = own_table(ROWS, HOSTILE[:80], columns, target, task)
    loss = "binary_cross_entropy" if task == "classification" else "mean_squared_error"
    problem = Network(dataset=dataset, loss=loss, hidden=(2,))
    runs = (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)
    experiment = Experiment(problem=problem, runs=runs, budget=Budget(amount=2))

    at = first_run(link=linked(experiment, PAGES[page]))

    assert [error.value for error in at.error] == []
    shown = " ".join(part.value for part in (*at.markdown, *at.caption, *at.warning))
    assert "<img" not in shown.replace("\\<img", "")
    assert "![" not in shown.replace("\\!\\[", "")
    assert "<img" not in json.dumps(charts(at))


def test_whoever_does_without_the_table_begins_anew():
    at = first_run(link=to_link(logic()))
    at = run(at.button(key="start-anew").click())

    assert document(at).experiment == FIRST_VIEWS["training"].experiment
    assert not told(at)


def test_a_file_carries_the_rows():
    saved = saved_text(logic(), [CORNERS])

    whole, tables = read_saved(saved)
    assert whole == logic()
    assert [one.digest for one in tables] == [CORNERS.digest]
    assert not TABLES.holds("nobody", CORNERS.digest)
