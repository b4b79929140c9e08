"""What stays as it is, and works, when there are more rules; ``tests/test_a_new_rule.py``."""

import ast
import json
from urllib.parse import parse_qs

import numpy as np
import pytest

from comparison.document import Document, read_document, with_default_view
from comparison.link import from_link, to_link
from comparison.pages import EpochsPage, SurfacesPage, TrainingPage
from comparison.presets import RUNS_PRESETS
from comparison.words.names import run_names
from descent_lab.command import main
from docs.reference import text
from engine import Budget, Experiment, Network, Run, fit, inspect
from engine.problems.datasets import TwoMoons
from engine.rules import RULES, SGD
from exports.bundle import bundle
from exports.report import report
from exports.scripts import FRAMEWORKS
from tests.driven import ROOT, first_run, linked, run

pytestmark = pytest.mark.usefixtures("nothing_waits", "nothing_drawn")
SEVEN = ["SGD", "Momentum", "Nesterov", "Adagrad", "RMSprop", "Adam", "AdamW"]
INERTIA, TOY = (rule for rule in RULES if rule.title in {"Inertia", "Toy 9"})
NEW = Experiment(
    problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)),
    runs=[
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=10),
        Run(optimizer=INERTIA(), learning_rate=0.1, batch_size=10),
        Run(optimizer=TOY(unnamed_share=0.75), learning_rate=0.1, batch_size="all"),
    ],
    budget=Budget(amount=2),
)
NEW_ALONE = NEW.model_copy(update={"runs": NEW.runs[1:]})


def chips(at):
    """What the runs are called on the page, in its first words."""
    options = at.pills(key="selected-run").options
    return [chip.split(") ")[-1].split(" · ")[0].replace("\\", "") for chip in options]


def test_the_registry_has_more_than_an_experiment_can_have_runs():
    titles = [rule.title for rule in RULES]

    assert titles[-11:] == ["Inertia", *(f"Toy {n}" for n in range(10))]
    assert titles[:7] == SEVEN


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
    assert chips(first_run()) == ["SGD", "Momentum", "Adagrad", "Adam"]
    at = first_run(link={"format": "1"})
    assert chips(at) == SEVEN

    names = {
        preset: chips(at.menu_button(key="preset").click(preset).run()) for preset in RUNS_PRESETS
    }
    assert not at.exception
    assert names == {
        "optimizers": SEVEN,
        "rates": ["SGD"] * 5,
        "batches": ["SGD"] * 3,
        "momenta": [f"Momentum μ {share}" for share in ("0", "0.5", "0.9", "0.99")],
    }


def test_they_go_into_a_link_and_a_file_and_come_back():
    document = with_default_view(NEW)

    assert from_link(to_link(document)) == (document, [])
    assert read_document(document.model_dump_json()) == document


def test_a_hyperparameter_without_a_symbol_is_named_by_its_words():
    twice = [NEW.runs[2].model_copy(update={"optimizer": TOY()}), NEW.runs[2]]

    assert run_names(twice, ("",) * 2) == ["Toy 9 unnamed share 0.25", "Toy 9 unnamed share 0.75"]


def test_the_bundle_has_their_scripts_which_say_that_there_is_no_translation():
    made = bundle(with_default_view(NEW), fit(NEW))

    assert not any(name.startswith("scripts/") for name in left_out(made))
    for name, framework in FRAMEWORKS.items():
        library = framework.LIBRARY.title
        script = made[f"scripts/{name}_2.py"].decode()
        words = " ".join(ast.get_docstring(ast.parse(script)).split())
        assert f"There is no translation of Inertia for {library}." in words
        assert "class Inertia(Rule):" in script
        assert "rule = Inertia(inertness=0.5)" in script
    assert "pip install torch numpy" in made["README.md"].decode()


def left_out(made):
    return json.loads(made["manifest.json"])["left_out"]


def test_the_report_has_their_formulas():
    page = report(with_default_view(NEW), fit(NEW), "", "").decode()

    assert "<h3>Inertia</h3><math" in page
    assert "χ = 0.5" in page
    assert "unnamed share = 0.75" in page


def test_the_command_line_trains_them(tmp_path, capsys):
    (tmp_path / "new.json").write_text(NEW.model_dump_json(), "utf-8")

    assert main(["run", str(tmp_path / "new.json"), "--to", str(tmp_path / "made")]) == 0
    assert "Inertia: finished" in capsys.readouterr().out
    assert (tmp_path / "made" / "manifest.json").exists()


def test_the_schema_knows_them(capsys):
    assert main(["schema"]) == 0
    assert "inertness" in capsys.readouterr().out


def test_the_reference_is_written_with_them():
    assert "### Inertia (`inertia`)" in text()
    assert "| `inertness` | χ | 0 to below 1 | 0.5 |" in text()


def test_inspection_sees_what_the_rule_remembers():
    seen = inspect(NEW, 1, 0, 4)

    assert list(seen.slots_after) == ["mean_so_far"]
    np.testing.assert_allclose(seen.update, 0.1 * seen.slots_after["mean_so_far"])


def test_the_page_offers_them_in_its_menu():
    at = first_run()
    run(at.selectbox(key="optimizer").set_value("inertia"))

    assert at.number_input(key="learning_rate-number").value == INERTIA.default_learning_rate


def test_the_page_has_their_sliders_and_says_that_the_script_has_the_formula():
    at = first_run(link=linked(NEW_ALONE, TrainingPage()))
    assert "inertness, χ" in {field.label for field in at.number_input}

    run(at.button(key="open-code").click())
    (remark,) = [info.value for info in at.info if "translation" in info.value]
    assert remark.startswith("There is no translation of Inertia for PyTorch. The script computes")
    assert any("class Inertia(Rule):" in code.value for code in at.code)


@pytest.mark.parametrize("tab", ["step", "rates", "theory", "slice", "distance"])
def test_surfaces_show_them(tab):
    first_run(link=linked(NEW_ALONE, SurfacesPage(surface="network", fineness=31, tab=tab)))


@pytest.mark.parametrize("tab", ["batches", "noise", "overfitting", "map"])
def test_epochs_shows_them(tab):
    first_run(link=linked(NEW_ALONE, EpochsPage(tab=tab, sizes=("all", 1))))
