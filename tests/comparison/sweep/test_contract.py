"""What is said to be equal between the settings of a sweep is equal between all of them."""

import numpy as np
import pytest

from comparison.document import with_default_view
from comparison.pages import SweepPage
from comparison.sweep.contract import sweep_contract
from comparison.sweep.look import Look
from comparison.sweep.plan import offers, sweep_of
from comparison.words.contract import equal_parts
from comparison.words.fields import field_title
from engine import Experiment, Network
from engine.experiment import Run
from engine.problems.datasets import TwoMoons
from engine.rules.clipping import ClipNorm
from sweeps.axes import RUN_FIELDS
from sweeps.lanes import no_lanes
from sweeps.spec import SweepSpec
from tests.comparison.sweep.looks import BOWL, LINE, SIZES, listed, look, spec
from tests.comparison.sweep.test_plan import BASES

WITH_NOISE = {**BOWL, "noise": 0.1}
PENALISED = Experiment(problem=Network(dataset=TwoMoons(rows=60), hidden=(2,), l2=0.1))


def said(sweep):
    view = with_default_view(sweep.experiment).view
    return sweep_contract(Look(no_lanes(sweep), view, SweepPage()))


def alone(sweep, setting):
    """The experiment of a setting."""
    settings = sweep.settings
    fields = {**settings.experiment(setting), "runs": [settings.run(setting)]}
    return Experiment.model_validate({**fields, "seeds": sweep.experiment.seeds})


def starts(experiment):
    """What decides with which parameters a run starts."""
    problem = experiment.problem
    if problem.kind == "function":
        return problem.function, problem.start
    shape = problem.dataset.n_features, problem.hidden, problem.dataset.n_outputs, problem.bias
    return shape, problem.start


def kinds(base):
    for field, offer in offers(base).items():
        axes = (offer.first,)
        yield field, sweep_of(with_default_view(base).on_page(SweepPage(axes=axes)))


@pytest.mark.parametrize(
    "base", [BASES["two_moons"], BASES["iris"], BASES["ravine"], PENALISED], ids=range(4)
)
def test_no_sentence_says_that_what_is_swept_is_equal(base):
    for field, sweep in kinds(base):
        equal, unequal = said(sweep)
        settings = [alone(sweep, at) for at in range(len(sweep.settings))]
        for sentence in equal[:-2]:  # the last two count settings and seeds
            same = {sentence in equal_parts(one).values() for one in settings}
            assert same == {True}, (field, sentence)
        assert any("same start" in text for text in equal) <= (len(set(map(starts, settings))) == 1)
        is_of_runs = field.split(".")[0] in RUN_FIELDS
        outside = [text for text in unequal if text.startswith("settings also differ in")]
        assert outside == ([] if is_of_runs else [f"settings also differ in: {field_title(field)}"])


@pytest.mark.parametrize(
    ("field", "values", "lost"),
    [
        ("problem.start", ["he", "zeros"], "same start"),
        ("problem.hidden", [[2], [3]], "same start"),
        ("problem.bias", [True, False], "same start"),
        ("problem.dataset.noise", [0.1, 0.2], "Straight line"),
        ("problem.validation_share", [0.25, 0.5], "Straight line"),
        ("data_seed", [0, 1], "Straight line"),
        ("sampling", ["shuffled", "replacement"], "same row order"),
        ("budget.amount", [1, 2], "same budget"),
        ("problem.l2", [0.1, 0.2], "L2 penalty"),
        ("stopping.gradient_norm", [0.1, 0.2], "same stopping rules"),
        ("clipping", [None, "norm"], "same gradient clipping"),
    ],
)
def test_what_is_swept_is_left_out_and_all_else_is_said(field, values, lost):
    problem = {**LINE, "l2": 0.5}
    equal, _unequal = said(spec(listed(field, *values), problem=problem))

    assert not any(lost in sentence for sentence in equal)
    assert len(equal) >= 4


def test_the_problem_as_a_whole_makes_none_of_its_parts_equal():
    problems = [LINE, {**LINE, "dataset": {"name": "sine", "rows": 24}}]
    equal, unequal = said(spec(listed("problem", *problems)))

    assert equal == [
        "same budget: 2 epochs",
        "3 seeds",
        "2 settings of each run",
        "map, curves and table: seeds 0–2 both choose and report",
    ]
    assert unequal == ["settings also differ in: Problem"]


@pytest.mark.parametrize("field", ["problem.start", "problem.function"])
def test_a_function_has_the_same_start_where_that_is_not_swept(field):
    values = {"problem.start": [[1, 1], [2, 2]], "problem.function": ["booth", "matyas"]}[field]
    swept = said(spec(listed(field, *values), problem=BOWL, seeds=[0]))[0]
    fixed = said(spec(listed("learning_rate", 0.1, 0.2), problem=BOWL, seeds=[0]))[0]

    assert not any("same start" in sentence for sentence in swept)
    assert fixed[0] == "Saddle x² − y², same start"


def test_an_axis_of_one_value_is_equal_and_what_is_said_is_that_value():
    equal, unequal = said(spec(listed("problem.dataset", {"name": "sine", "rows": 40})))

    assert equal[0] == "Sine, data seed 0: 30 training and 10 validation rows"
    assert unequal == []


def test_batch_sizes_are_unequal_as_the_budget_is():
    epochs = said(spec(SIZES))[1]
    iterations = said(spec(SIZES, listed("budget", {"amount": 3, "unit": "iterations"})))[1]
    both = said(spec(SIZES, listed("budget", {"amount": 1}, {"amount": 3, "unit": "iterations"})))[
        1
    ]

    assert epochs == ["batch sizes differ: smaller batches get more updates"]
    assert iterations == ["batch sizes differ: equal iterations are not equal rows"]
    assert both[0] == "batch sizes differ: each budget is equal in one unit alone"


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("clipping", [None, "norm"], "only some runs clip"),
        ("clipping", ["value", "norm"], "in another way"),
        ("clipping.threshold", [1.0, 2.0], "in another way"),
    ],
)
def test_clipping_in_several_ways_is_unequal(field, values, words):
    base = spec(runs=["sgd"]).experiment
    clipped = base.runs[0].model_copy(update={"clipping": ClipNorm(3.0)})
    (part,) = said(
        SweepSpec(
            experiment=base.model_copy(update={"runs": (clipped,)}), axes=[listed(field, *values)]
        )
    )[1]

    assert part.startswith("gradient clipping differs")
    assert words in part


def test_ways_of_cutting_rows_are_unequal():
    unequal = said(spec(listed("sampling", "shuffled", "replacement")))[1]
    dropped = said(spec(listed("last_batch", "kept", "dropped")))[1]  # 18 rows, batches of 8

    assert unequal == ["sampling differs: the runs do not see the same rows"]
    assert dropped == ["some runs drop rows at the end of an epoch"]


def test_the_settings_of_each_run_are_counted():
    assert "8 settings of each run" in sweep_contract(look("rates and batch sizes"))[0]
    assert (
        "settings of the runs: SGD 4, Momentum 8"
        in sweep_contract(look("a field of some rules"))[0]
    )
    assert "1 setting of each run" in sweep_contract(look("no axes"))[0]


def test_the_seeds_are_named():
    assert (
        "map, curves and table: seeds 0–2 both choose and report"
        in sweep_contract(look("no axes"))[0]
    )
    assert (
        "map, curves and table: seed 5 both chooses and reports"
        in sweep_contract(look("one seed"))[0]
    )


def test_more_runs_than_a_comparison_may_have_are_counted_all_the_same():
    sweep = spec(
        listed("optimizer", *({"name": "momentum", "momentum": m} for m in np.arange(20) / 20)),
        runs=["sgd"],
    )

    assert "1 setting of each run" in said(sweep)[0]
    assert isinstance(Run.model_validate(sweep.settings.run(0)), Run)
