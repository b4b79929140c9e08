"""A rule that a reader typed works wherever one of the registry does."""

from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest

from comparison.document import read_document, with_default_view
from comparison.link import to_link
from comparison.pages import EpochsPage, SurfacesPage, SweepPage, TrainingPage
from comparison.sweep import plan
from comparison.words.errors import explain
from comparison.words.fields import field_title, value_words
from comparison.words.results import details, settings
from descent_lab.command import main
from engine import Budget, Experiment, InvalidInput, Network, Run, fit
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam, typed_rule
from exports.bundle import bundle
from exports.report import report
from sweeps.axes import ListAxis
from sweeps.settings import Settings
from sweeps.spec import SweepSpec
from tests.driven import captions, first_run, linked, run
from tests.engine.rules import own

pytestmark = pytest.mark.usefixtures("nothing_waits", "nothing_drawn")
MINE, OTHER = typed_rule("Mine (1)", own.ADAM), typed_rule("Coupled", own.MANY)
WHOLE = Experiment(
    problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)),
    runs=[
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=10),
        Run(optimizer=MINE(beta1=0.8), learning_rate=0.05, batch_size=10),
        Run(optimizer=OTHER(), learning_rate=0.05, batch_size="all"),
    ],
    budget=Budget(amount=2),
)
DOCUMENT = with_default_view(WHOLE)


def test_bundle_and_report_have_its_formula_values_and_scripts():
    history = fit(WHOLE)
    files = bundle(DOCUMENT, history)
    page = report(DOCUMENT, history, "", "").decode()

    assert read_document(files["experiment.json"]) == DOCUMENT
    assert b"class TypedRule(Rule):" not in files["scripts/pytorch_2.py"]
    assert b"class Mine1(Rule):" in files["scripts/pytorch_2.py"]
    assert "<h3>Mine (1)</h3><math" in page
    assert "A rule that a reader typed." in page
    assert "β₁ = 0.8" in page
    assert settings(history, 1, full=True)["β₁"] == 0.8
    assert details(history, 1)["iterations_in_all"] == 6


def test_the_command_line_trains_it_and_knows_its_schema(tmp_path, capsys):
    (tmp_path / "own.json").write_text(WHOLE.model_dump_json(), "utf-8")

    assert main(["run", str(tmp_path / "own.json"), "--to", str(tmp_path / "made")]) == 0
    assert "Mine (1)" in capsys.readouterr().out
    assert main(["schema"]) == 0
    assert '"const": "typed"' in capsys.readouterr().out


def test_its_constants_are_axes_of_a_sweep():
    document = DOCUMENT.on_page(SweepPage())
    offered = plan.offers(WHOLE)

    assert offered["optimizer.beta1"].first.values[0] < 0.8
    assert "optimizer.title" not in offered
    assert field_title("optimizer.q") == "q"
    spec = SweepSpec(experiment=document.experiment, axes=[offered["optimizer.clip"].first])
    assert [variant.size for variant in spec.settings.variants] == [1, 1, 2]
    assert plan.rescaled(offered["optimizer.clip"].first, "linear").count == 2


def test_it_is_a_value_of_an_axis_of_rules():
    values = ["adam", Run(optimizer=MINE(), learning_rate=1.0).model_dump()["optimizer"]]
    axis = ListAxis(field="optimizer", values=values)
    alone = WHOLE.model_copy(update={"runs": WHOLE.runs[:1]})
    spec = SweepSpec(experiment=alone, axes=[axis])

    assert isinstance(spec.settings, Settings)
    runs = [Run.model_validate(spec.settings.run(at)) for at in range(len(spec.settings))]
    assert [type(one.optimizer) for one in runs] == [Adam, MINE]
    assert value_words("optimizer", values[1]) == "Mine (1)"


def test_the_command_sweeps_it_in_other_processes(tmp_path, capsys):
    axes = [ListAxis(field="optimizer.beta1", values=(0.5, 0.8))]
    spec = SweepSpec(experiment=WHOLE.model_copy(update={"runs": WHOLE.runs[1:2]}), axes=axes)
    (tmp_path / "sweep.json").write_text(spec.model_dump_json(), "utf-8")
    command = ["sweep", str(tmp_path / "sweep.json"), "--to", str(tmp_path / "made")]

    assert main(command) == 0
    assert "Mine (1)" in capsys.readouterr().out
    table = pq.read_table(tmp_path / "made" / "results.parquet").to_pylist()
    loss = {row["optimizer.beta1"]: row["training_loss_final"] for row in table}
    alone = fit(spec.experiment).runs[0].training_loss.last[0, -1]
    np.testing.assert_array_equal(loss[0.8], alone)


def test_compare_shows_its_sliders_formula_and_code():
    at = first_run(link=linked(WHOLE.model_copy(update={"runs": WHOLE.runs[1:]}), TrainingPage()))

    assert at.selectbox(key="optimizer").value == f"typed\nMine (1)\n{own.ADAM}"
    assert at.number_input(key="typed-beta1-number").value == 0.8
    assert any(r"\sqrt" in part.value for part in at.latex)
    run(at.number_input(key="typed-beta1-number").set_value(0.6))
    assert at.session_state["document"].experiment.runs[0].optimizer == MINE(beta1=0.6)
    run(at.selectbox(key="optimizer").set_value("adam"))
    assert at.session_state["document"].experiment.runs[0].optimizer == Adam()


@pytest.mark.parametrize("tab", ["step", "rates", "theory", "slice", "distance"])
def test_surfaces_show_it(tab):
    shown = SurfacesPage(surface="network", fineness=31, tab=tab)
    at = first_run(link=linked(WHOLE.model_copy(update={"runs": WHOLE.runs[1:]}), shown))

    if tab == "step":
        (table,) = [one.value for one in at.dataframe if "Direction" in one.value.index]
        assert "Effective learning rate" not in table.index
        assert {"m", "v"} <= set(table.index)
    if tab == "rates":
        assert "of a typed rule it is not known what multiplies the gradient" in captions(at)


@pytest.mark.parametrize("tab", ["batches", "map"])
def test_epochs_shows_it(tab):
    alone = WHOLE.model_copy(update={"runs": WHOLE.runs[1:2]})
    first_run(link=linked(alone, EpochsPage(tab=tab, sizes=("all", 1))))


def test_the_plan_of_a_sweep_shows_it():
    axes = (ListAxis(field="optimizer.beta1", values=(0.5, 0.8), rules=("typed",)),)
    at = first_run(link=linked(WHOLE, SweepPage(axes=axes)))

    assert at.multiselect(key="axis-rules-0-optimizer.beta1").value == ["typed"]


def test_a_rule_that_is_too_long_for_a_link_goes_into_a_file():
    names = ["g", *(f"a_name_of_20_letters{number}"[-20:] for number in range(10, 35))]
    lines = [f"{new} = {old} + {old}" for old, new in pairwise(names)]
    rule = typed_rule("Long", "\n".join([*lines, f"direction = {names[-1]}"]))
    runs = [Run(optimizer=rule(), learning_rate=0.1, batch_size=10)] * 2
    document = with_default_view(WHOLE.model_copy(update={"runs": runs}))
    with pytest.raises(InvalidInput) as error:
        to_link(document)

    assert "the limit is 2,000" in explain(error.value)
    assert read_document(document.model_dump_json()) == document
