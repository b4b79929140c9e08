"""Edits: pure, always valid or refused; what no longer fits is replaced, with a notice."""

from functools import partial
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparison import edits, offers
from comparison.document import Document, View, with_default_view
from comparison.edits import change, change_problem, change_run, change_view
from comparison.pages import BackpropagationPage, EpochsPage, SurfacesPage, TrainingPage
from comparison.presets import (
    CAREFUL_RATES,
    FIRST_VIEWS,
    OPENING,
    RUNS_PRESETS,
    SURFACE_PRESETS,
    SURFACES,
)
from comparison.words.names import run_styles
from engine import Budget, Experiment, Function, InvalidInput, Network, Run, fit
from engine.counts import Unit
from engine.limits import LIMITS
from engine.problems.activations import ACTIVATIONS
from engine.problems.datasets import (
    DATASETS,
    Airfoil,
    BreastCancer,
    Digits,
    Iris,
    Line,
    Penguins,
    SingleRow,
    Spirals,
    TwoMoons,
    generate,
)
from engine.problems.datasets.own import own_table
from engine.problems.datasets.splits import MarkedRows, StratifiedRows
from engine.problems.datasets.table import TABLES, table
from engine.problems.functions import FUNCTIONS
from engine.problems.losses import LOSSES
from engine.rules import RULES, SAM, SGD, Adam, choices, hyperparameters
from engine.rules.clipping import ClipNorm, ClipValue
from engine.rules.schedules import Constant, Cosine, Exponential, MultiStep, Step
from tests.strategies import documents, examples

FIRST = Document()
FUNCTION = Experiment(
    problem=Function(), runs=(Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)
)
ROWS = table(
    ["x", "kind", "y"],
    [[0.1 * row for row in range(12)], list("abcabcabcabc"), [float(row % 5) for row in range(12)]],
)
OWN = (
    own_table(ROWS, "numbers", (0,), 2, "regression"),
    own_table(ROWS, "three", (0, 2), 1, "classification", StratifiedRows()),
    own_table(ROWS, "texts", (0, 1), 2, "regression", MarkedRows(column=2, value="3", rows=1)),
)
SPECS = {dataset().name: dataset for dataset in DATASETS}
MOST_RUNS = int(LIMITS["runs"].high)
ON_A_NETWORK = {
    "data set": lambda pick: partial(edits.choose_dataset, dataset=pick(DATASETS)()),
    "loss": lambda pick: partial(edits.choose_loss, loss=pick(sorted(LOSSES))),
    "output": lambda pick: partial(change_problem, output_activation=pick(sorted(ACTIVATIONS))),
    "layers": lambda pick: partial(edits.change_layers, count=pick(range(6))),
    "units": lambda pick: (
        lambda now: edits.change_units(
            edits.change_layers(now, 2).document, 1, pick((0, 1, 8, 300))
        )
    ),
    "table": lambda pick: partial(
        edits.use_table,
        dataset=pick(OWN),
        validation_share=pick((0.0, 0.5)),
        standardize=pick((False, True)),
        standardize_targets=pick((False, True)),
    ),
    "rows": lambda pick: partial(change_problem, dataset=TwoMoons(rows=pick((2, 5, 60_000)))),
    "validation": lambda pick: partial(change_problem, validation_share=pick((0.0, 0.9, 1.0))),
}
ON_A_FUNCTION = {
    "noise": lambda pick: partial(change_problem, noise=pick((0.0, 0.5, -1.0))),
}
ANYWHERE = {
    "add": lambda _pick: edits.add_run,
    "duplicate": lambda _pick: edits.duplicate_run,
    "remove": lambda _pick: edits.remove_run,
    "reset": lambda _pick: edits.reset,
    "apply to all": lambda pick: partial(
        edits.apply_to_all, field=pick(("learning_rate", "batch_size", "optimizer"))
    ),
    "settings": lambda pick: partial(
        edits.take_settings,
        best={0: Run(optimizer=SGD(), learning_rate=0.2, batch_size=pick((1, 3, "all", 60_000)))},
    ),
    "runs preset": lambda pick: partial(edits.use_runs_preset, name=pick(("optimizers", "rates"))),
    "surface preset": lambda pick: partial(
        edits.use_surface_preset, name=pick(sorted(SURFACE_PRESETS))
    ),
    "surface": lambda pick: partial(edits.show_surface, kind=pick(sorted(SURFACES))),
    "rule": lambda pick: partial(edits.choose_rule, index=0, rule=pick(RULES)),
    "rate": lambda pick: lambda now: change_run(now, 0, learning_rate=pick((0.0, 0.1, 1e9))),
    "batch size": lambda pick: partial(
        edits.change_batch_size, index=0, size=pick((0, 1, 3, 70_000))
    ),
    "name": lambda pick: partial(edits.rename_run, index=0, name=pick((" mine ", "", "x" * 500))),
    "select": lambda pick: partial(change_view, selected=pick((0, 3, 11, 12))),
    "hide": lambda _pick: edits.hide_or_show_run,
    "alone": lambda _pick: edits.show_only_selected,
    "show all": lambda _pick: edits.show_all_runs,
    "budget": lambda pick: partial(edits.change_budget, amount=pick((0, 1, 10**12))),
    "unit": lambda pick: partial(edits.count_in, unit=pick(get_args(Unit))),
    "sampling": lambda pick: lambda now: change_run(now, 0, sampling=pick(("replacement",))),
    "patience": lambda pick: partial(edits.change_stopping, patience=pick((None, 0, 5))),
    "repeats": lambda pick: partial(edits.repeat, times=pick((0, 1, 5, 30, 31))),
    "first seed": lambda pick: partial(edits.change_first_seed, first=pick((-1, 0, 2**32 - 1))),
    "function": lambda pick: partial(change, problem=Function(function=pick(FUNCTIONS)())),
    "network": lambda _pick: partial(change, problem=Network()),
    "quantity": lambda pick: partial(change_view, quantity=pick(("validation_loss", "batch_loss"))),
    "opened": lambda _pick: edits.opened,
}
STARTS_ANEW = {"reset", "runs preset", "surface preset", "surface"}


def experiment(edited):
    return edited.document.experiment


def known(document):
    """What a reader knows the runs by: their names, by number."""
    return dict(zip(document.view.numbers, document.view.names, strict=True))


@given(documents(), st.data())
@settings(examples(100))
def test_any_edit_of_any_document_gives_a_valid_one_or_a_refusal(document, data):
    document = edits.opened(document).document
    is_network = document.experiment.problem.kind == "network"
    offered = ANYWHERE | (ON_A_NETWORK if is_network else ON_A_FUNCTION)
    name = data.draw(st.sampled_from(sorted(offered)))
    edit = offered[name](lambda among: data.draw(st.sampled_from(tuple(among))))
    try:
        after = edit(document).document
    except InvalidInput:
        return

    assert Document.model_validate(after.model_dump()) == after
    assert after.view.quantity in offers.quantities(after.experiment)
    if name not in STARTS_ANEW:
        renamed = {document.view.numbers[0]} if name == "name" else set()
        both = known(document).keys() & known(after).keys() - renamed
        assert {n: known(after)[n] for n in both} == {n: known(document)[n] for n in both}
        removed = known(document).keys() - known(after).keys()
        assert len(removed) == (name == "remove")


def test_a_change_is_taken_and_changes_nothing_else():
    edited = change(FIRST, budget=Budget(amount=5))

    assert experiment(edited) == FIRST.experiment.model_copy(update={"budget": Budget(amount=5)})
    assert edited.document.view == FIRST.view
    assert (edited.notices, edited.done) == ((), "")


def test_a_run_is_changed_alone():
    runs = experiment(change_run(FIRST, 2, learning_rate=0.00123, batch_size=300)).runs

    assert (runs[2].learning_rate, runs[2].batch_size) == (0.00123, 300)
    assert runs[:2] + runs[3:] == FIRST.experiment.runs[:2] + FIRST.experiment.runs[3:]


@pytest.mark.parametrize("start", SPECS)
def test_every_data_set_follows_on_every_other(start):
    for name, dataset in SPECS.items():
        before = edits.choose_dataset(FIRST, SPECS[start]()).document

        for edited in (
            edits.choose_dataset(before, dataset()),
            change_problem(before, dataset=dataset(), standardize_targets=True),
        ):
            assert experiment(edited).problem.dataset.name == name
            assert Document.model_validate(edited.document.model_dump()) == edited.document


@pytest.mark.parametrize(
    ("dataset", "loss"),
    [
        (Iris(), "cross_entropy"),
        (Line(), "mean_squared_error"),
        (TwoMoons(), "binary_cross_entropy"),
    ],
)
def test_a_loss_that_does_not_suit_the_data_is_replaced_with_a_notice(dataset, loss):
    edited = change_problem(FIRST, dataset=dataset)

    assert experiment(edited).problem.loss == loss
    assert ("loss" in " ".join(edited.notices)) == (loss != FIRST.experiment.problem.loss)


def test_what_does_not_suit_is_named_with_what_took_its_place():
    (notice,) = change_problem(FIRST, dataset=Line()).notices

    assert "from binary cross-entropy to mean squared error" in notice


def test_a_data_set_is_chosen_with_the_loss_that_is_usual_for_its_task():
    line = edits.choose_dataset(FIRST, Line())
    assert (experiment(line).problem.loss, line.notices) == ("mean_squared_error", ())
    halved = change_problem(line.document, loss="half_sum_of_squares", output_activation="tanh")

    kept = experiment(edits.choose_dataset(halved.document, SingleRow())).problem
    assert (kept.loss, kept.output_activation) == ("half_sum_of_squares", "tanh")
    changed = experiment(edits.choose_dataset(halved.document, Iris())).problem
    assert (changed.loss, changed.output_activation) == ("cross_entropy", "identity")


def test_spirals_bring_what_learns_them_but_take_nothing_that_a_reader_has_set():
    small = edits.choose_dataset(FIRST, Spirals())
    assert experiment(small).problem.hidden == (32, 32)
    assert experiment(small).budget.amount == 200
    assert experiment(small).runs == FIRST.experiment.runs

    large = change(
        change_problem(FIRST, hidden=(64, 64), activation="tanh").document,
        budget=Budget(amount=300),
    )
    chosen = edits.choose_dataset(large.document, Spirals())
    assert experiment(chosen).problem.hidden == (64, 64)
    assert experiment(chosen).problem.activation == "tanh"
    assert experiment(chosen).budget.amount == 300
    assert chosen.notices == ()


def test_a_table_is_trained_on_as_was_asked_and_the_opening_runs_get_careful_rates():
    edited = edits.use_table(
        OPENING.document,
        OWN[0],
        validation_share=0.5,
        standardize=True,
        standardize_targets=False,
    )

    problem = experiment(edited).problem
    assert (problem.dataset, problem.validation_share, problem.loss) == (
        OWN[0],
        0.5,
        "mean_squared_error",
    )
    assert (problem.standardize, problem.standardize_targets) == (True, False)
    assert {run.batch_size for run in experiment(edited).runs} == {"all"}
    assert edited.document.view.page == TrainingPage()
    assert "careful" in edited.notices[0]


def test_rates_that_were_set_stay_on_a_table():
    mine = edits.change_run(OPENING.document, 0, learning_rate=0.123, batch_size=4).document

    edited = edits.use_table(
        mine, OWN[0], validation_share=0.0, standardize=True, standardize_targets=True
    )

    assert experiment(edited).runs[0].learning_rate == 0.123
    assert experiment(edited).runs[0].batch_size == 4


@pytest.mark.parametrize("dataset", [Penguins(), Airfoil(), Iris(), BreastCancer()])
def test_careful_rates_learn_and_do_not_diverge_where_data_are_standardised(dataset):
    inputs, targets = generate(dataset, 0)
    rows = table(
        [*(f"x{place}" for place in range(inputs.shape[1])), "y"],
        [
            *inputs.T.tolist(),
            [f"c{one}" for one in targets] if targets.ndim == 1 else targets[:, 0].tolist(),
        ],
    )
    own = own_table(rows, "", tuple(range(inputs.shape[1])), inputs.shape[1], dataset.task)
    TABLES.keep("test", rows)
    edited = edits.use_table(
        Document(),
        own,
        validation_share=0.25,
        standardize=True,
        standardize_targets=dataset.task == "regression",
    )
    short = experiment(edits.change(edited.document, budget=Budget(amount=20)))
    assert {type(run.optimizer) for run in short.runs} == set(CAREFUL_RATES)

    for run in fit(short).runs:
        assert "diverged" not in run.status
        assert run.training_loss.final[0] < run.training_loss.first[0, 0]
    TABLES.forget("test")


def test_the_books_figure_has_its_panels_in_any_case():
    shown = edits.use_surface_preset(FIRST_VIEWS["surfaces"], "four").document
    assert shown.view.page.panels


@pytest.mark.parametrize(
    ("dataset", "inputs", "targets"),
    [(TwoMoons(), False, False), (Digits(), True, False), (Penguins(), True, True)],
)
def test_measurements_are_standardised(dataset, inputs, targets):
    problem = experiment(edits.choose_dataset(FIRST, dataset)).problem

    assert (problem.standardize, problem.standardize_targets) == (inputs, targets)


def test_the_sigmoid_within_the_cross_entropy_stays_as_the_outputs():
    squared = edits.choose_loss(FIRST, "mean_squared_error")
    assert experiment(squared).problem.output_activation == "sigmoid"

    back = edits.choose_loss(squared.document, "binary_cross_entropy")
    assert experiment(back) == FIRST.experiment


def test_larger_batch_sizes_than_rows_become_all_and_are_named():
    before = change_run(change_run(FIRST, 0, batch_size=1).document, 1, batch_size=300).document
    edited = change_problem(before, dataset=TwoMoons(rows=40, noise=0.2))

    assert [run.batch_size for run in experiment(edited).runs] == [1, *["all"] * 6]
    assert edited.notices == (
        "There are only 30 training rows. These batch sizes now use all rows: 32, 300.",
    )


def test_of_one_row_it_is_said_in_the_singular():
    edited = change_problem(
        FIRST, dataset=SingleRow(), loss="half_sum_of_squares", hidden=(), validation_share=0.0
    )

    assert edited.notices == (
        "There is only 1 training row. These batch sizes now use all rows: 32.",
    )


def test_a_batch_size_that_the_rows_allow_stays():
    edited = change_problem(FIRST, validation_share=0.9)

    assert experiment(edited).problem.training_rows == 40
    assert {run.batch_size for run in experiment(edited).runs} == {32}
    assert edited.notices == ()


def test_a_batch_size_that_somebody_chose_is_refused_not_replaced():
    with pytest.raises(InvalidInput) as refused:
        change_run(FIRST, 0, batch_size=301)

    assert (refused.value.field, refused.value.value) == ("runs.0.batch_size", 301)


def test_without_validation_rows_the_training_loss_is_drawn_with_a_notice():
    before = change_view(FIRST, quantity="validation_loss").document
    edited = change_problem(before, validation_share=0.0)

    assert edited.document.view.quantity == "training_loss"
    assert edited.notices == ("There are no validation rows, so the training loss is shown.",)
    assert change_problem(FIRST, validation_share=0.0).notices == ()


def test_a_comparison_is_opened_with_a_loss_that_there_is():
    asked = View(quantity="validation_loss")
    network = Network(validation_share=0.0)
    edited = edits.opened(Document(experiment=Experiment(problem=network), view=asked))

    assert edited.document.view.quantity == "training_loss"
    assert len(edited.notices) == 1


def test_start_values_of_another_network_are_dropped_with_a_notice():
    start = (0.0,) * FIRST.experiment.problem.n_params
    before = change_problem(FIRST, start=start).document
    assert before.experiment.problem.start == start
    edited = change_problem(before, hidden=(3,))

    assert experiment(edited).problem.start == "glorot"
    assert len(edited.notices) == 1


def test_a_run_that_is_added_takes_the_first_free_number():
    before = edits.remove_run(change_view(FIRST, selected=2).document).document
    assert before.view.numbers == (0, 1, 3, 4, 5, 6)
    after = edits.add_run(before).document

    assert after.view.numbers == (0, 1, 3, 4, 5, 6, 2)
    assert after.view.selected == 6
    assert type(after.experiment.runs[6].optimizer) is type(Experiment().runs[2].optimizer)


def test_a_duplicate_is_equal_and_selected():
    after = edits.duplicate_run(change_view(FIRST, selected=5).document).document

    assert after.experiment.runs[7] == after.experiment.runs[5]
    assert after.view.selected == 7


def test_the_last_run_stays_and_there_are_never_more_than_allowed():
    single = Document(
        experiment=Experiment(runs=(Run(optimizer=SGD(), learning_rate=0.1),)),
        view=View(names=("",), numbers=(3,)),
    )
    assert not offers.may_remove_run(single.experiment)
    with pytest.raises(InvalidInput):
        edits.remove_run(single)

    now = single
    while offers.may_add_run(now.experiment):
        now = edits.duplicate_run(now).document
    assert len(now.experiment.runs) == MOST_RUNS
    with pytest.raises(InvalidInput):
        edits.duplicate_run(now)


def test_all_rows_are_all_whatever_becomes_of_them():
    edited = edits.change_batch_size(FIRST, 0, 300)

    assert experiment(edited).runs[0].batch_size == "all"


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_comes_with_its_own_numbers_and_each_can_be_changed(rule):
    now = with_default_view(FUNCTION) if "hessian" in rule.needs else FIRST
    chosen = edits.choose_rule(now, 0, rule).document
    run = chosen.experiment.runs[0]
    assert (run.optimizer, run.learning_rate) == (rule(), rule.default_learning_rate)

    values = {name: words[-1] for name, words in choices(rule).items()}
    for name, interval in hyperparameters(rule).items():
        low = type(getattr(rule(), name))(interval.low)
        if interval.open_low:
            with pytest.raises(InvalidInput):
                edits.change_hyperparameter(chosen, 0, name, low)
        else:
            values[name] = low
    for name, value in values.items():
        edited = edits.change_hyperparameter(chosen, 0, name, value)
        assert getattr(experiment(edited).runs[0].optimizer, name) == value


def test_a_schedule_comes_with_its_own_numbers_and_each_can_be_changed():
    chosen = edits.choose_schedule(FIRST, 1, Step).document
    other = edits.change_schedule(chosen, 1, every=5.0, decay=0.1)

    assert chosen.experiment.runs[1].schedule == Step()
    assert chosen.experiment.runs[0].schedule == Constant()
    assert experiment(other).runs[1].schedule == Step(every=5.0, decay=0.1)
    for fields, field in (({"decay": 2.0}, "decay"), ({"every": 1e9}, "every")):
        with pytest.raises(InvalidInput) as error:
            edits.change_schedule(chosen, 1, **fields)
        assert error.value.field.endswith(f"runs.1.schedule.{field}")


def test_lengths_in_epochs_become_shares_where_they_would_not_fit():
    budget = FIRST.experiment.budget.model_copy(update={"amount": 20})
    short = change(FIRST, budget=budget).document
    ravine = SURFACES["function"]

    for document in (short, ravine):
        chosen = edits.choose_schedule(document, 0, MultiStep).document
        assert chosen.experiment.runs[0].schedule == MultiStep((0.5, 0.75), unit="share")


def test_an_inner_rule_brings_its_learning_rate_unless_another_was_set():
    def inner(document, name):
        return edits.change_hyperparameter(document, 0, "inner", name).document

    chosen = edits.choose_rule(FIRST, 0, SAM).document
    rates = [
        document.experiment.runs[0].learning_rate
        for document in (chosen, inner(chosen, "adam"), inner(inner(chosen, "adam"), "sgd"))
    ]
    own = change_run(chosen, 0, learning_rate=0.3).document

    defaults = (SAM.default_learning_rate, Adam.default_learning_rate)
    assert rates == [*defaults, defaults[0]]
    assert inner(own, "adam").experiment.runs[0].learning_rate == 0.3


@pytest.mark.parametrize(
    ("schedule", "unit", "expected"),
    [
        # 60 epochs of 10 updates
        (Cosine(warm_up=0.1), "epochs", Cosine(length=60.0, warm_up=6.0, unit="epochs")),
        (Cosine(warm_up=0.1), "updates", Cosine(length=600.0, warm_up=60.0, unit="updates")),
        (Step(every=15.0), "share", Step(every=0.25, unit="share")),
        (MultiStep(), "updates", MultiStep(milestones=(300.0, 450.0), unit="updates")),
        (Exponential(), "updates", Exponential(unit="updates")),
    ],
)
def test_lengths_remain_about_as_long_in_another_unit(schedule, unit, expected):
    some = edits.change_run(FIRST, 0, schedule=schedule).document

    assert experiment(edits.count_schedule_in(some, 0, unit)).runs[0].schedule == expected


def test_a_length_that_a_unit_has_no_room_for_is_refused():
    some = edits.change_run(FIRST, 0, schedule=Step(every=90.0)).document

    with pytest.raises(InvalidInput) as error:
        edits.count_schedule_in(some, 0, "share")
    assert error.value.field == "runs.0.schedule.every"


def test_another_schedule_is_tried_beside_the_run_that_is_selected():
    some = edits.change_view(FIRST, selected=1).document
    tried = edits.try_with_schedule(some, Cosine)

    *before, added = experiment(tried).runs
    assert tuple(before) == some.experiment.runs
    assert added == some.experiment.runs[1].model_copy(update={"schedule": Cosine()})
    assert tried.document.view.selected == len(before)


def test_clipping_is_chosen_for_one_run_and_keeps_its_threshold_where_it_changes():
    chosen = edits.choose_clipping(FIRST, 1, ClipNorm).document
    other = edits.change_threshold(chosen, 1, 0.25).document

    assert [run.clipping for run in chosen.experiment.runs[:3]] == [None, ClipNorm(1.0), None]
    assert experiment(edits.choose_clipping(other, 1, ClipValue)).runs[1].clipping == ClipValue(
        0.25
    )
    assert experiment(edits.choose_clipping(other, 1, None)).runs == FIRST.experiment.runs
    with pytest.raises(InvalidInput) as error:
        edits.change_threshold(chosen, 1, 0.0)
    assert error.value.field.endswith("runs.1.clipping.threshold")


def test_seeds_that_are_there_already_stay():
    some = change(FIRST, seeds=(7, 1, 9)).document

    assert experiment(edits.repeat(some, 2)).seeds == (7, 1)
    assert experiment(edits.repeat(some, 6)).seeds == (7, 1, 9, 0, 2, 3)
    assert experiment(edits.change_first_seed(some, 4)).seeds == (4, 5, 6)


def test_new_layers_have_eight_units():
    assert experiment(edits.change_layers(FIRST, 4)).problem.hidden == (8, 8, 8, 8)
    assert experiment(edits.change_layers(FIRST, 1)).problem.hidden == (8,)
    assert experiment(edits.change_layers(FIRST, 0)).problem.hidden == ()
    assert experiment(edits.change_units(FIRST, 1, 3)).problem.hidden == (8, 3)


@pytest.mark.parametrize("unit", ["epochs", "iterations", "rows_seen"])
def test_counted_in_another_unit_the_budget_is_as_long_for_the_first_run(unit):
    now = experiment(edits.count_in(FIRST, unit))

    assert now.budget.unit == unit
    assert now.iterations(now.runs[0]) == FIRST.experiment.iterations(FIRST.experiment.runs[0])


@pytest.mark.parametrize(("name", "count"), [("optimizers", 7), ("rates", 5), ("momenta", 4)])
def test_a_preset_replaces_the_runs_alone(name, count):
    before = change(FIRST, budget=Budget(amount=3)).document
    edited = edits.use_runs_preset(before, name)

    assert len(experiment(edited).runs) == count
    assert experiment(edited).model_copy(update={"runs": before.experiment.runs}) == (
        before.experiment
    )
    assert edited.done == "runs"


@pytest.mark.parametrize("rate", [LIMITS["learning_rate"].low, LIMITS["learning_rate"].high])
def test_five_rates_lie_around_the_rules_own_whatever_the_run_has(rate):
    edited = edits.use_runs_preset(change_run(FIRST, 0, learning_rate=rate).document, "rates")

    assert [run.learning_rate for run in experiment(edited).runs] == [0.06, 0.2, 0.6, 2.0, 6.0]


@pytest.mark.parametrize(
    ("rows", "mini_batch"), [(2_000, 32), (64, 32), (63, 32), (40, 16), (30, 8), (4, 2), (3, 2)]
)
def test_a_mini_batch_lies_between_one_row_and_all(rows, mini_batch):
    line = Network(dataset=Line(rows=rows), loss="mean_squared_error", validation_share=0.0)
    runs = (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),)
    document = Document(
        experiment=Experiment(problem=line, runs=runs), view=View(names=("",), numbers=(0,))
    )
    assert "batches" in offers.runs_presets(document.experiment)
    edited = edits.use_runs_preset(document, "batches")

    assert [run.batch_size for run in experiment(edited).runs] == ["all", mini_batch, 1]
    assert 1 < mini_batch < rows


@pytest.mark.parametrize(
    "problem", [Function(), Network(dataset=Line(rows=2), loss="mean_squared_error")]
)
def test_without_three_rows_there_is_nothing_to_cut_into_mini_batches(problem):
    now = change(FIRST, problem=problem).document

    assert list(offers.runs_presets(now.experiment)) == ["optimizers", "rates", "momenta"]
    for name in offers.runs_presets(now.experiment):
        assert edits.use_runs_preset(now, name).notices == ()


def test_all_presets_are_offered_where_there_are_rows():
    assert list(offers.runs_presets(FIRST.experiment)) == list(RUNS_PRESETS)


@pytest.mark.parametrize("field", ["learning_rate", "batch_size", "optimizer"])
def test_all_runs_are_given_the_selected_ones_value(field):
    now = change_view(change_run(FIRST, 5, batch_size=7).document, selected=5).document
    values = {getattr(run, field) for run in experiment(edits.apply_to_all(now, field)).runs}

    assert values == {getattr(now.experiment.runs[5], field)}
    assert field in offers.fields_for_all(now.experiment)


def test_a_name_is_given_without_blanks_around_it():
    edited = edits.rename_run(FIRST, 1, "  mine ")

    assert edited.document.view.names == ("", "mine", "", "", "", "", "")


@pytest.mark.parametrize("page", [TrainingPage(tab="fits"), EpochsPage(patience=3)])
def test_reset_is_the_first_view_of_the_page(page):
    looked_at = change(FIRST, data_seed=3).document.on_page(page)

    assert edits.reset(looked_at).document == FIRST_VIEWS[page.name]


def test_reset_of_an_example_leaves_the_comparison_alone():
    now = change(FIRST, data_seed=3).document.on_page(BackpropagationPage(example="line"))
    after = edits.reset(now).document

    assert after == now.on_page(BackpropagationPage())


def test_reset_of_a_networks_surface_stays_at_the_network():
    now = change(FIRST, data_seed=3).document
    after = edits.reset(now.on_page(SurfacesPage(surface="network", fineness=31))).document

    assert after == FIRST_VIEWS["training"].on_page(SurfacesPage(surface="network"))


@pytest.mark.parametrize("name", SURFACE_PRESETS)
def test_a_surface_preset_is_drawn_in_as_many_ways_as_the_picture_before(name):
    now = FIRST.on_page(SurfacesPage(relief=True, panels=True))
    page = edits.use_surface_preset(now, name).document.view.page

    preset = SURFACE_PRESETS[name].document.view.page
    assert page == preset.model_copy(update={"relief": True, "panels": True})


@pytest.mark.parametrize("kind", SURFACES)
def test_another_surface_keeps_how_the_page_is_looked_at(kind):
    now = FIRST.on_page(SurfacesPage(surface="network", relief=True, window=(0, 1, 0, 1)))
    after = edits.show_surface(now, kind).document

    assert after.experiment == SURFACES[kind].experiment
    assert (after.view.page.surface, after.view.page.relief) == ("function", True)
    assert after.view.page.window == SURFACES[kind].view.page.window


def test_a_demonstration_replaces_the_comparison_and_says_so():
    alone = Experiment(runs=(Run(optimizer=Adam(), learning_rate=0.1),))
    edited = edits.demonstrate(
        FIRST.on_page(EpochsPage(tab="overfitting")), alone, "Replaced.", patience=50
    )

    assert experiment(edited) == alone
    assert edited.document.view.page == EpochsPage(tab="overfitting", patience=50)
    assert (edited.notices, edited.done) == (("Replaced.",), "demonstration")


def test_a_page_is_changed_or_refused():
    assert edits.change_page(SurfacesPage(), relief=True) == SurfacesPage(relief=True)
    with pytest.raises(InvalidInput):
        edits.change_page(SurfacesPage(), surface="moon")


def test_charts_follow_the_unit_that_is_equal():
    counted = edits.count_in(FIRST, "iterations").document
    assert counted.view.axis == "iterations"
    assert edits.count_in(counted, "rows_seen").document.view.axis == "rows_seen"

    seconds = edits.change_view(FIRST, axis="seconds").document
    assert edits.count_in(seconds, "iterations").document.view.axis == "seconds"


def select(document, position):
    return change_view(document, selected=position).document


def hidden_names(document):
    return [style.name for style in run_styles(document) if style.hidden]


def test_a_run_is_hidden_and_shown_again_and_keeps_training():
    before = select(Document(), 3)
    hidden = edits.hide_or_show_run(before).document

    assert hidden_names(hidden) == ["Adagrad"]
    assert hidden.experiment == before.experiment
    assert edits.hide_or_show_run(hidden).document == before


def test_one_run_is_shown_alone_and_then_all():
    alone = edits.show_only_selected(select(Document(), 3)).document

    assert [style.name for style in run_styles(alone) if not style.hidden] == ["Adagrad"]
    assert hidden_names(edits.show_all_runs(alone).document) == []


def test_a_removed_run_is_not_hidden_and_the_others_stay_so():
    document = change_view(Document(), hidden_runs=(5, 3)).document

    removed = edits.remove_run(select(document, 3)).document
    assert hidden_names(removed) == ["Adam"]
    added = edits.add_run(removed).document  # it takes the number that is free again
    assert hidden_names(added) == ["Adam"]
    assert hidden_names(edits.duplicate_run(select(added, 4)).document) == ["Adam"]


def test_a_preset_shows_all_its_runs():
    document = change_view(Document(), hidden_runs=(0, 1, 6)).document

    assert hidden_names(edits.use_runs_preset(document, "rates").document) == []


def test_a_number_that_no_run_has_cannot_be_hidden():
    with pytest.raises(InvalidInput) as refused:
        change_view(Document(), hidden_runs=(7,))

    assert refused.value.field == "view.hidden_runs"


def test_best_settings_replace_rate_and_batch_size_of_their_runs_and_say_so():
    runs = (
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=32),
        Run(optimizer=Adam(beta1=0.8), learning_rate=0.01, batch_size=16),
    )
    now = with_default_view(Experiment(runs=runs, seeds=(3, 4)))
    now = edits.rename_run(now, 0, "mine").document
    best = {
        0: Run(optimizer=SGD(), learning_rate=1.0, batch_size="all"),
        1: runs[1].model_copy(update={"learning_rate": 0.1, "batch_size": 8}),
    }
    edited = edits.take_settings(now, best)

    assert experiment(edited).runs == tuple(best.values())
    assert experiment(edited).seeds == (3, 4)
    assert edited.done == "settings"
    assert edited.notices == (
        "Best settings taken: mine (η 1, B all), Adam β₁ 0.8 (η 0.1, B 8). Undo takes them back.",
    )
    one = edits.take_settings(now, {1: best[1]})
    assert experiment(one).runs == (runs[0], best[1])


def test_of_a_function_the_rate_alone_is_taken():
    runs = (Run(optimizer=SGD(), learning_rate=0.5, batch_size=1),)
    now = with_default_view(Experiment(problem=Function(), runs=runs))
    best = {0: Run(optimizer=SGD(), learning_rate=1.0, batch_size="all")}
    edited = edits.take_settings(now, best)

    assert experiment(edited).runs == (runs[0].model_copy(update={"learning_rate": 1.0}),)
    assert "(η 1)" in edited.notices[0]
