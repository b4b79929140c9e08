"""What stays as it is, and works, when there are ten more rules; ``tests/test_more_rules.py``."""

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

import exports.bundle
import ui.shell.training
import ui.surfaces.computing
from comparison.document import Document, read_document, with_default_view
from comparison.link import from_link, to_link
from comparison.pages import EpochsPage, SurfacesPage, TrainingPage
from comparison.words.names import run_names
from descent_lab.command import main
from engine import Budget, Experiment, Network, Run, fit
from engine.problems.datasets import TwoMoons
from engine.rules import RULES, SGD
from exports.bundle import bundle
from exports.printed import CannotRender
from exports.report import report
from exports.scripts import FRAMEWORKS
from ui.shell.session import PRESETS

ROOT = Path(__file__).parents[2]
SEVEN = ["SGD", "Momentum", "Nesterov", "Adagrad", "RMSprop", "Adam", "AdamW"]
FIRST, SECOND = (rule for rule in RULES if rule.title in {"Toy 0", "Toy 9"})
TOYS = Experiment(
    problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)),
    runs=[
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=10),
        Run(optimizer=FIRST(), learning_rate=0.1, batch_size=10),
        Run(
            optimizer=SECOND(toy_share=0.125, unnamed_share=0.75),
            learning_rate=0.1,
            batch_size="all",
        ),
    ],
    budget=Budget(amount=2),
)
TOYS_ALONE = TOYS.model_copy(update={"runs": TOYS.runs[1:]})


@pytest.fixture(autouse=True)
def nothing_waits_and_nothing_is_drawn(monkeypatch):
    def refuse(*_args):
        raise CannotRender("nothing to draw with")

    monkeypatch.setattr(exports.bundle, "to_images", refuse)
    monkeypatch.setattr(ui.shell.training, "AT_ONCE_SECONDS", 60.0)
    monkeypatch.setattr(ui.surfaces.computing, "AT_ONCE_SECONDS", 60.0)


def opened(experiment=None, page=None):
    at = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    at.context["locale"] = "en-US"
    if experiment is not None:
        shown = with_default_view(experiment)
        view = shown.view.model_copy(update={"page": page})
        for key, values in to_link(shown.model_copy(update={"view": view})).items():
            at.query_params[key] = values
    at.run()
    assert not at.exception
    return at


def chips(at):
    """What the runs are called on the page, in its first words."""
    options = at.pills(key="selected-run").options
    return [chip.split(") ")[-1].split(" · ")[0].replace("\\", "") for chip in options]


def test_the_registry_has_ten_more():
    assert [rule.title for rule in RULES] == [*SEVEN, *(f"Toy {n}" for n in range(10))]


def test_an_experiment_without_runs_is_what_it_was():
    assert [run.optimizer.title for run in Experiment().runs] == SEVEN
    assert to_link(Document()) == {"format": ["1"]}


@pytest.mark.parametrize("name", ["golden_links.json", "golden_files.json"])
def test_links_and_files_mean_what_they_meant(name):
    for golden in json.loads((ROOT / "tests" / "comparison" / name).read_text("utf-8")):
        expected = Document.model_validate(golden["document"])
        if "link" in golden:
            assert from_link(parse_qs(golden["link"], keep_blank_values=True)) == (expected, [])
        else:
            assert read_document(json.dumps(golden["file"])) == expected


def test_the_first_view_and_the_presets_are_what_they_were():
    at = opened()
    assert chips(at) == SEVEN

    names = {preset: chips(at.menu_button(key="preset").click(preset).run()) for preset in PRESETS}
    assert not at.exception
    assert names == {
        "optimizers": SEVEN,
        "rates": ["SGD"] * 5,
        "batches": ["SGD"] * 3,
        "momenta": [f"Momentum μ {share}" for share in ("0", "0.5", "0.9", "0.99")],
    }


def test_they_go_into_a_link_and_a_file_and_come_back():
    document = with_default_view(TOYS)

    assert from_link(to_link(document)) == (document, [])
    assert read_document(document.model_dump_json()) == document


def test_a_hyperparameter_without_a_symbol_is_named_by_its_words():
    assert run_names(TOYS.runs, ("",) * 3) == [
        "SGD",
        "Toy 0",
        "Toy 9 chi_9 0.125 unnamed share 0.75",
    ]


def test_the_bundle_says_of_every_library_that_it_has_no_translation():
    made = bundle(with_default_view(TOYS), fit(TOYS))
    left_out = json.loads(made["manifest.json"])["left_out"]

    for name, library in FRAMEWORKS.items():
        assert f"scripts/{name}_1.py" in made
        for number, rule in ((2, "Toy 0"), (3, "Toy 9")):
            assert left_out[f"scripts/{name}_{number}.py"] == (
                f"There is no translation of {rule} for {library.TITLE}."
            )


def test_the_report_has_their_formulas():
    page = report(with_default_view(TOYS), fit(TOYS), "", "").decode()

    assert "<h3>Toy 9</h3><math" in page
    assert "chi_9 = 0.125, unnamed share = 0.75" in page


def test_the_command_line_trains_them(tmp_path, capsys):
    (tmp_path / "toys.json").write_text(TOYS.model_dump_json(), "utf-8")

    assert main(["run", str(tmp_path / "toys.json"), "--to", str(tmp_path / "made")]) == 0
    assert "Toy 0: finished" in capsys.readouterr().out
    assert (tmp_path / "made" / "manifest.json").exists()


def test_the_page_has_their_sliders_and_says_that_there_is_no_script():
    at = opened(TOYS_ALONE, TrainingPage())
    assert {"toy share, chi_0", "unnamed share"} <= {field.label for field in at.number_input}

    at.button(key="open-code").click().run()
    assert not at.exception
    assert "There is no translation of Toy 0 for PyTorch." in [info.value for info in at.info]


@pytest.mark.parametrize("tab", ["step", "rates", "theory", "slice", "distance"])
def test_surfaces_show_them(tab):
    opened(TOYS_ALONE, SurfacesPage(surface="network", fineness=31, tab=tab))


@pytest.mark.parametrize("tab", ["batches", "noise", "overfitting", "map"])
def test_epochs_shows_them(tab):
    opened(TOYS_ALONE, EpochsPage(tab=tab, sizes=("all", 1)))
