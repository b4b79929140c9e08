"""Rules that ask for more than gradients, wherever they are met; ``tests/test_a_new_rule.py``."""

from typing import get_args
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest

from charts.curves import positions
from comparison import edits, offers
from comparison.document import Document, View, with_default_view
from comparison.link import from_link, to_link
from comparison.pages import EpochsPage, SurfacesPage, SweepPage, TrainingPage
from comparison.sweep import plan
from comparison.words.budgets import budget_words, favours
from comparison.words.contract import contract
from comparison.words.errors import explain
from comparison.words.fields import value_words
from comparison.words.names import run_names
from comparison.words.remarks import evaluation_words, reported_words
from comparison.words.results import details, result_remarks, settings
from engine import (
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Run,
    batch_rate_sweep,
    batch_size_runs,
    fit,
)
from engine.analysis.overfitting import alone_to_the_end
from engine.analysis.settings import estimate_search, first_sizes, first_sweep, found, next_sweep
from engine.problems.datasets import TwoMoons
from engine.rules import RULES, SGD
from engine.rules.rule import Family
from engine.training.records import due_steps, even_steps
from engine.training.scores import score
from exports.bundle import bundle
from exports.report import report
from exports.tables import read_csv
from language.labels import label
from sweeps.axes import ListAxis, RangeAxis
from sweeps.cells import update_counts
from sweeps.chunking import Chunking
from sweeps.scoring import Scoring
from sweeps.spec import SweepSpec
from tests.driven import captions, first_run, linked, plain, run, told

pytestmark = pytest.mark.usefixtures("nothing_waits", "nothing_drawn")
BY_NAME = {rule.name: rule for rule in RULES}
STEADY, LAYERED, CURVED, TWICE, LAGGING = (
    BY_NAME[name] for name in ("steady", "layered", "curved", "twice", "lagging")
)
MOONS = Network(dataset=TwoMoons(rows=40), hidden=(3,))  # 30 training rows
INNER = label("hyperparameter", "inner")
PLAIN = Run(optimizer=SGD(), learning_rate=0.5, batch_size=10)
NOISY = Function(noise=0.5)


def of(*rules, problem=MOONS, budget=Budget(amount=2)):  # noqa: B008 - it is frozen
    """A comparison of rules as it is shown first, each with batches of ten rows where it may."""
    size = min(10, problem.training_rows)
    runs = [
        offers.fitted(problem, PLAIN.model_copy(update={"optimizer": rule(), "batch_size": size}))
        for rule in rules
    ]
    return with_default_view(Experiment(problem=problem, runs=runs, budget=budget))


def refusal(edit, *args, **kwargs):
    """What a reader is told of an edit that is refused."""
    with pytest.raises(InvalidInput) as refused:
        edit(*args, **kwargs)
    return explain(refused.value)


def first(edited):
    return edited.document.experiment.runs[0]


# What a rule needs


def test_the_menu_has_one_family_after_the_other_and_misses_no_rule():
    listed = offers.rules_by_family()
    families = [rule.family for rule in listed]

    assert set(listed) == set(RULES)
    assert families == sorted(families, key=get_args(Family).index)


def test_a_rule_of_all_rows_gets_them_and_a_notice_says_so():
    drawn = edits.change_run(of(SGD), 0, sampling="replacement").document
    edited = edits.choose_rule(drawn, 0, STEADY)

    assert (first(edited).batch_size, first(edited).sampling) == ("all", "shuffled")
    (notice,) = edited.notices
    assert notice.startswith("Steady works only with the gradient of all rows, so its batch size")
    again = edits.choose_rule(edited.document, 0, STEADY)
    assert again.notices == ()


@pytest.mark.parametrize(
    ("rule", "problem", "reason"),
    [
        (LAYERED, Function(), "Layered (run 1) works on the layers of a network"),
        (CURVED, MOONS, "Curved (run 1) follows the Hessian, which only test functions have here."),
        (STEADY, NOISY, "Steady (run 1) works only with gradients without noise, and all runs"),
    ],
)
def test_a_rule_that_makes_no_sense_here_is_refused_with_the_way_out(rule, problem, reason):
    said = refusal(edits.choose_rule, of(SGD, problem=problem), 0, rule)

    assert said.startswith(reason)
    assert "hoose another optimizer" in said


def test_what_a_rule_needs_is_not_taken_from_it():
    steady = of(SGD, STEADY)
    replacement = refusal(edits.change_run, steady, 1, sampling="replacement")
    quiet = of(STEADY, problem=Function())

    assert refusal(edits.change_batch_size, steady, 1, 8) == (
        "Steady (run 2) works only with the gradient of all rows, so its batch size cannot be 8."
        " Take all rows, or choose another optimizer."
    )
    assert "rows that are drawn with replacement leave some out" in replacement
    assert "share the noise of 0.5. Set it to 0" in refusal(edits.change_problem, quiet, noise=0.5)
    assert edits.change_batch_size(steady, 1, 30).document == steady


def test_a_rule_that_is_given_to_all_runs_gets_all_rows_everywhere():
    steady = edits.change_view(of(SGD, STEADY), selected=1).document
    edited = edits.apply_to_all(steady, "optimizer")

    assert [run.batch_size for run in edited.document.experiment.runs] == ["all", "all"]
    assert len(edited.notices) == 1


def test_a_batch_size_for_all_runs_leaves_all_rows_to_those_that_need_them():
    edited = edits.apply_to_all(of(SGD, STEADY), "batch_size")

    assert [run.batch_size for run in edited.document.experiment.runs] == [10, "all"]
    assert "Steady" in edited.notices[0]


def test_more_rows_and_data_instead_of_a_function_are_all_taken():
    counted = edits.change_run(of(STEADY), 0, batch_size=30).document
    more = edits.change_problem(counted, dataset=TwoMoons(rows=80))
    run = PLAIN.model_copy(update={"optimizer": STEADY(), "batch_size": 1})
    on_function = with_default_view(Experiment(problem=Function(), runs=[run]))
    network = edits.change(on_function, problem=Network())

    for edited in (more, network):
        assert first(edited).batch_size == "all"
        assert "all rows" in edited.notices[0]


def test_data_are_refused_while_a_run_follows_a_hessian():
    curved = of(SGD, CURVED, problem=Function())

    assert "Curved (run 2)" in refusal(edits.choose_dataset, curved, TwoMoons())
    assert "Curved (run 2)" in refusal(edits.change, curved, problem=Network())


def test_a_run_is_added_with_a_rule_that_fits(monkeypatch):
    monkeypatch.setattr(edits, "RULES", (SGD, STEADY, CURVED, LAYERED, TWICE))
    added = edits.add_run(of(SGD)).document.experiment.runs[-1]

    assert (added.optimizer, added.batch_size) == (LAYERED(), 10)


def test_three_batch_sizes_of_a_rule_of_all_rows_are_refused():
    now = edits.change_view(of(SGD, STEADY), selected=1).document

    assert refusal(edits.use_runs_preset, now, "batches").startswith("Steady (run 2) works only")


@pytest.mark.parametrize("made", [batch_size_runs, lambda *all: batch_rate_sweep(*all, [0.1])])
def test_pages_of_batch_sizes_name_the_run_that_allows_no_other(made):
    said = refusal(made, of(SGD, STEADY).experiment, 1, ("all", 8, 1))

    assert said.startswith("Steady (run 2) works only")
    assert "cannot be 8" in said


def test_a_search_for_settings_tries_a_rule_of_all_rows_with_all_rows_alone():
    experiment = of(SGD, STEADY).experiment
    plain, steady = experiment.runs
    sweep = first_sweep(experiment)
    known = score(sweep)

    assert first_sizes(experiment, plain) == (8, "all")
    assert first_sizes(experiment, steady) == ("all",)
    assert estimate_search(experiment) > 0
    assert not found(experiment, [known])[1].is_smallest_batch
    further = next_sweep(experiment, [known])
    assert all(run.batch_size == "all" for run in further.runs if run.optimizer == STEADY())


def test_the_page_says_what_was_set_and_why_a_rule_was_refused():
    at = first_run(link=linked(of(SGD).experiment, TrainingPage()))
    run(at.selectbox(key="optimizer").set_value("steady"))
    assert at.select_slider(key="batch_size-slider").value == 30
    assert "Steady works only with the gradient of all rows" in told(at)

    run(at.selectbox(key="optimizer").set_value("curved"))
    assert at.selectbox(key="optimizer").value == "steady"
    assert "follows the Hessian" in told(at)
    assert "Twice · Wrappers" in at.selectbox(key="optimizer").options


@pytest.mark.parametrize("tab", ["batches", "map"])
def test_epochs_say_that_there_are_no_other_batch_sizes(tab):
    at = first_run(link=linked(of(STEADY).experiment, EpochsPage(tab=tab)))

    assert "all rows, so there are no batch sizes to compare" in told(at)
    assert not at.error
    assert at.selectbox(key="epochs-run").options == ["Steady"]


# Choices and whole numbers


def test_a_choice_and_a_whole_number_are_set_on_the_page():
    at = first_run(link=linked(of(TWICE).experiment, TrainingPage()))
    assert at.selectbox(key="twice-inner").options == ["SGD", "Adam"]

    run(at.selectbox(key="twice-inner").set_value("adam"))
    run(at.number_input(key="twice-period-number").set_value(7))
    assert at.session_state["document"].experiment.runs[0].optimizer == TWICE("adam", 7)
    (chip,) = at.pills(key="selected-run").options
    assert "Twice (Adam) k 7" in plain(chip)


def test_a_slider_of_any_number_above_0_has_powers_of_ten_around_its_value():
    at = first_run(link=linked(of(TWICE).experiment, TrainingPage()))
    stops = at.select_slider(key="twice-radius-slider").options

    assert [float(stop) for stop in stops] == [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]


def test_runs_are_told_apart_by_choices_everywhere():
    experiment = of(TWICE, TWICE).experiment
    other = experiment.runs[1].model_copy(update={"optimizer": TWICE("adam")})
    experiment = experiment.model_copy(update={"runs": (experiment.runs[0], other)})
    document, history = with_default_view(experiment), fit(experiment)

    assert run_names(experiment.runs, ("", "")) == ["Twice (SGD)", "Twice (Adam)"]
    assert from_link(parse_qs(urlencode(to_link(document), doseq=True))) == (document, [])
    assert [settings(history, at, full=False)[INNER] for at in (0, 1)] == ["SGD", "Adam"]
    assert f"{INNER} = Adam, k = 5" in report(document, history, "", "").decode()
    assert value_words("optimizer.inner", "adam") == "Adam"
    changed = value_words("optimizer", {"name": "twice", "inner": "adam", "period": 5})
    assert changed == f"Twice ({INNER} Adam)"


def test_choices_and_whole_numbers_are_axes_of_a_sweep():
    document = of(SGD, TWICE).on_page(SweepPage())
    offered = plan.offers(document.experiment)
    inner, period = offered["optimizer.inner"], offered["optimizer.period"]

    assert inner.choices == ("sgd", "adam")
    assert period.first.values == (2, 5, 10)
    assert plan.rescaled(plan.rescaled(period.first, "linear"), "list").values == (2, 6, 10)
    spec = SweepSpec(experiment=document.experiment, axes=[inner.first, period.first])
    assert [variant.size for variant in spec.settings.variants] == [1, 6]
    whole = RangeAxis(field="optimizer.period", low=1, high=4, count=4)
    steps = SweepSpec(experiment=document.experiment, axes=[whole])
    assert steps.settings.levels == [[1, 2, 3, 4]]


# Gradients


def test_gradients_are_offered_where_some_run_takes_two_or_a_link_asks_for_them():
    asked = with_default_view(of(SGD).experiment.model_copy(update={"budget": in_gradients(9)}))

    assert "gradients" not in offers.budget_units(of(SGD).experiment)
    assert "gradients" not in offers.axes(of(SGD))
    assert "gradients" in offers.budget_units(of(SGD, TWICE).experiment)
    assert offers.axes(of(SGD, TWICE))[-2:] == ("gradients", "seconds")
    assert "gradients" in offers.budget_units(asked.experiment)
    assert "gradients" in offers.axes(Document(view=View(axis="gradients")))


def in_gradients(amount):
    return Budget(amount=amount, unit="gradients")


def test_a_budget_in_gradients_is_as_long_for_the_first_run():
    edited = edits.count_in(of(TWICE, SGD), "gradients").document

    assert edited.experiment.budget == in_gradients(12)  # two epochs of three batches
    assert edited.view.axis == "gradients"
    assert [edited.experiment.iterations(one) for one in edited.experiment.runs] == [6, 12]
    assert budget_words(edited.experiment.budget) == "12 gradients"


@pytest.mark.parametrize("amount", [1, 2, 7, 200, 401])
@pytest.mark.parametrize("problem", [MOONS, Function()])
def test_all_runs_are_looked_at_after_equally_many_gradients(amount, problem):
    experiment = of(SGD, TWICE, problem=problem, budget=in_gradients(amount)).experiment
    once, twice = (list(even_steps(experiment, one)) for one in experiment.runs)

    assert (once[-1], twice[-1]) == (amount, max(1, amount // 2))
    assert all(np.diff(once) > 0)
    assert all(np.diff(twice) > 0)
    assert set(twice) == {0} | {max(1, step // 2) for step in once[1:]}
    for run_of in experiment.runs:
        assert [due.step for due in due_steps(experiment, run_of)] == list(
            even_steps(experiment, run_of)
        )


def test_curves_against_gradients_end_where_the_budget_does():
    experiment = of(SGD, TWICE, budget=in_gradients(10)).experiment
    history = fit(experiment)
    ends = [
        positions(history, at, one.training_loss.steps, "gradients")
        for at, one in enumerate(history.runs)
    ]

    assert [own[-1] for own in ends] == [10, 10]
    assert [details(history, at)["gradients"] for at in (0, 1)] == [10, 10]
    assert [details(history, at)["iterations_in_all"] for at in (0, 1)] == [10, 5]
    assert "gradients" not in details(fit(of(SGD).experiment), 0)


@pytest.mark.parametrize(
    ("budget", "meaning"),
    [
        (Budget(amount=2), "equal epochs are not equal gradients"),
        (Budget(amount=9, unit="iterations"), "equal iterations are not equal gradients"),
        (Budget(amount=99, unit="rows_seen"), "equal rows are not equal gradients"),
        (in_gradients(9), "and so makes half as many updates"),
    ],
)
def test_the_contract_says_that_gradients_are_not_equal(budget, meaning):
    mixed, alone = (of(*rules, budget=budget).experiment for rules in ((SGD, TWICE), (TWICE,)))
    told_of = [sentence for sentence in contract(mixed, tuned=None)[1] if "gradients" in sentence]

    (sentence,) = told_of
    assert sentence.startswith("Twice takes two gradients per update")
    assert sentence.endswith(meaning)
    assert contract(alone, tuned=None)[1] == []


def test_a_budget_in_gradients_has_words_everywhere():
    experiment = of(SGD, SGD, budget=in_gradients(400)).experiment
    sizes = batch_size_runs(experiment, 0, ("all", 10))
    short = of(TWICE, budget=in_gradients(5)).experiment

    assert "Equal gradients favour large batches" in favours(sizes)
    assert evaluation_words(experiment).startswith("The full loss is evaluated every 2 gradients")
    with pytest.raises(InvalidInput) as refused:
        alone_to_the_end(short, 0)
    assert (refused.value.field, refused.value.limits.low) == ("gradients", 6)
    assert alone_to_the_end(short.model_copy(update={"budget": in_gradients(6)}), 0)


def test_the_page_counts_in_gradients():
    at = first_run(link=linked(of(SGD, TWICE).experiment, TrainingPage()))
    run(at.selectbox(key="budget-unit").set_value("gradients"))

    assert at.number_input(key="budget-gradients-number").value == 6
    assert at.segmented_control(key="axis").value == "gradients"
    assert "Twice takes two gradients per update" in captions(at)


def test_epochs_keep_gradients_equal():
    experiment = of(TWICE, budget=in_gradients(6)).experiment
    at = first_run(link=linked(experiment, EpochsPage(tab="batches", sizes=("all", 10))))

    assert at.segmented_control(key="epochs-unit").value == "gradients"


def test_lanes_of_a_chunk_take_equally_many_updates_of_a_budget_in_gradients():
    experiment = of(SGD, TWICE, LAGGING, budget=in_gradients(8)).experiment
    axis = ListAxis(field="learning_rate", values=(0.1, 0.2))
    spec = SweepSpec(experiment=experiment, axes=[axis])
    chunks = list(Chunking(spec).chunks(np.zeros((6, 1), dtype=bool)))

    assert sorted(sorted(one.settings.tolist()) for one in chunks) == [[0, 1, 4, 5], [2, 3]]
    assert Chunking(spec).size.updates == 2 * (8 + 4 + 8)


def test_times_of_a_sweep_are_told_in_the_unit_of_its_budget():
    def scoring(*rules, budget):
        spec = SweepSpec(experiment=of(*rules, budget=budget).experiment, axes=())
        return Scoring(spec, None, None, ())

    mixed = scoring(SGD, TWICE, budget=in_gradients(8))
    assert (mixed.unit, mixed.units) == ("gradients", ("epochs", "updates", "gradients"))
    assert mixed.spec.settings.gradients_per_update.tolist() == [1, 2]
    assert update_counts(mixed.spec)[1].tolist() == [8, 4]
    plain = scoring(SGD, budget=Budget(amount=8, unit="iterations"))
    assert (plain.unit, plain.units) == ("updates", ("epochs", "updates"))


# The reported point


def test_what_an_average_reports_is_said_wherever_its_losses_are():
    document = of(SGD, LAGGING)
    experiment, history = document.experiment, fit(document.experiment)
    (words,) = reported_words(experiment)
    (of_batches,) = reported_words(experiment, "batch_loss")
    made = bundle(document, history)
    page = report(document, history, "", "").decode()

    assert words.startswith("Lagging: losses, scores and pictures are those of the average that it")
    assert of_batches.startswith("Lagging: batches, their gradients and updates are seen at its")
    assert (
        "losses and pictures of Lagging are those of the average that it reports"
        in (contract(experiment, tuned=None)[1])
    )
    assert words in result_remarks(history, is_tuned=False)
    assert words in page
    for sentence in (words, of_batches):
        assert sentence in made["README.md"].decode()
    columns = read_csv(made["results.csv"], {"run", "optimizer", "claim", "status", "losses_of"})
    assert columns["losses_of"] == ["parameters", "reported_average"]


def test_nothing_of_that_is_said_of_other_rules():
    document = of(SGD, TWICE)
    made = bundle(document, fit(document.experiment))

    assert reported_words(document.experiment) == ()
    assert b"losses_of" not in made["results.csv"]
    assert b"reports" not in made["README.md"]


@pytest.mark.parametrize(
    ("quantity", "said"),
    [("training_loss", "those of the average"), ("batch_loss", "seen at its parameters")],
)
def test_the_page_says_of_which_point_the_curves_are(quantity, said):
    shown = linked(of(LAGGING).experiment, TrainingPage())
    at = first_run(link={**shown, "show": [quantity]})

    assert said in captions(at)


@pytest.mark.parametrize("tab", ["step", "slice"])
def test_an_update_is_not_where_the_average_is(tab):
    shown = SurfacesPage(surface="network", fineness=31, tab=tab)
    at = first_run(link=linked(of(LAGGING).experiment, shown))

    assert "not at the average that it reports" in captions(at)
