"""What runs are called: all different, and by what sets them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.document import with_default_view
from comparison.edits import change_view
from comparison.pages import SurfacesPage
from comparison.words.names import (
    column_words,
    problem_words,
    run_names,
    run_styles,
    styles_of_any_rate,
    symbol,
)
from engine import Experiment, Function, Interval, Network, Run
from engine.problems.datasets import DATASETS, Airfoil, Line, Penguins, TwoMoons
from engine.problems.functions import FUNCTIONS
from engine.rules import SGD, Adam, Momentum
from engine.rules.clipping import ClipNorm, ClipValue
from engine.rules.schedules import Constant, Cosine, Step
from language.labels import label
from tests.strategies import examples, runs

GIVEN = st.sampled_from(["", "", "Adam", "Adam (2)", "mine", "<b>"])


def automatic(*compared):
    return run_names(compared, [""] * len(compared))


@examples(40)
@given(st.lists(st.tuples(runs(Network()), GIVEN), min_size=1, max_size=12))
def test_no_two_runs_have_the_same_name(compared):
    names = run_names([run for run, _ in compared], [name for _, name in compared])

    assert len(names) == len(set(names)) == len(compared)
    assert all(names)


@examples(40)
@given(st.lists(runs(Network()), min_size=1, max_size=12))
def test_an_automatic_name_begins_with_the_rules_own(compared):
    for run, name in zip(compared, automatic(*compared), strict=True):
        assert name.split(" ")[0] == run.optimizer.title.split(" ")[0]


def test_rules_that_appear_once_need_no_more_than_their_name():
    runs = Experiment().runs

    assert automatic(*runs) == [run.optimizer.title for run in runs]


def test_a_clipped_run_says_so_by_itself_and_beside_others():
    adam = Run(optimizer=Adam(), learning_rate=0.1, clipping=ClipNorm(1.0))
    others = [adam.model_copy(update={"clipping": one}) for one in (None, ClipValue(0.25))]

    assert automatic(adam) == ["Adam ‖g‖ ≤ 1"]
    assert automatic(adam, *others) == ["Adam ‖g‖ ≤ 1", "Adam", "Adam |gᵢ| ≤ 0.25"]


def test_a_schedule_is_told_by_itself_and_told_apart_from_others():
    adam = Run(optimizer=Adam(), learning_rate=0.1)
    runs = [
        adam.model_copy(update={"schedule": schedule})
        for schedule in (Constant(), Cosine(), Step(), Step(every=5.0))
    ]

    assert automatic(runs[1]) == ["Adam cosine"]
    assert automatic(*runs) == [
        "Adam",
        "Adam cosine",
        "Adam step n 20 epochs",
        "Adam step n 5 epochs",
    ]


def test_runs_of_one_rule_are_named_by_what_differs():
    rates = [Run(optimizer=Adam(), learning_rate=rate) for rate in (0.1, 0.003)]
    sizes = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=size) for size in (1, 32)]
    momenta = [Run(optimizer=Momentum(share), learning_rate=0.1) for share in (0.0, 0.99)]

    assert automatic(*rates) == ["Adam η 0.1", "Adam η 0.003"]
    assert automatic(*sizes) == ["SGD B 1", "SGD B 32"]
    assert [name.split()[-1] for name in automatic(*momenta)] == ["0", "0.99"]


def test_a_hyperparameter_that_is_not_the_rules_default_is_in_the_name():
    runs = [
        Run(optimizer=rule, learning_rate=0.1) for rule in (SGD(), Momentum(0.6), Adam(beta1=0.8))
    ]

    assert automatic(*runs) == ["SGD", "Momentum μ 0.6", "Adam β₁ 0.8"]


def test_a_run_of_another_rule_changes_no_name():
    rates = [Run(optimizer=Adam(), learning_rate=rate) for rate in (0.1, 0.003)]
    other = Run(optimizer=SGD(), learning_rate=7.0, batch_size=1)

    assert automatic(*rates, other)[:2] == automatic(*rates)


def test_equal_runs_are_numbered():
    run = Run(optimizer=Adam(), learning_rate=0.1)
    names = automatic(run, run, run)

    assert names[0] == "Adam"
    assert all(name.startswith("Adam ") for name in names[1:])


@pytest.mark.parametrize(
    ("latex", "written"),
    [(r"\beta_1", "β₁"), (r"\mu", "μ"), (r"\nu", "ν"), (r"\gamma_2", "γ₂"), ("k", "k")],
)
def test_any_letter_of_greek_is_a_symbol_in_names(latex, written):
    assert symbol("nothing", Interval(0, 1, symbol=latex)) == written


def test_a_hyperparameter_without_symbol_or_label_has_its_own_words():
    assert symbol("look_ahead", Interval(0, 1)) == "look ahead"


@given(st.text(min_size=1, max_size=80))
def test_a_given_name_counts_as_it_is(name):
    run = Run(optimizer=Adam(), learning_rate=0.1)

    assert run_names([run], [name]) == [name]


def test_every_problem_is_put_in_words():
    for dataset in (spec() for spec in DATASETS):
        losses = {"regression": "mean_squared_error", "classification": "cross_entropy"}
        words = problem_words(Network(dataset=dataset, loss=losses[dataset.task]))
        assert words["Data set"] == label("dataset", dataset.name)
        assert words["Network"].startswith(f"{dataset.n_features}-8-8-")
    for function in (spec() for spec in FUNCTIONS):
        words = problem_words(Function(function=function))
        assert words["Test function"] == label("function", function.name)
        assert words["Start"] == ", ".join(f"{value:g}" for value in function.start)


def test_what_is_not_usual_about_a_network_is_said():
    network = Network(
        dataset=Penguins(),
        loss="mean_squared_error",
        hidden=(),
        bias=False,
        l2=0.01,
        standardize=True,
        start=(0.0,) * 3,
    )

    assert problem_words(network) == {
        "Data set": "Palmer penguins",
        "Validation share": "0.25",
        "Inputs": "standardised using the training rows",
        "Network": "3-1, without biases",
        "Loss function": "Mean squared error",
        "L2 penalty λ": "0.01",
        "Starting weights": "as given",
    }


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\mu", "μ"),
        (r"\beta_1", "β₁"),
        (r"\eta_-", "η₋"),
        ("d_0", "d₀"),
        ("", "weight decay"),
    ],
)
def test_a_hyperparameter_is_named_by_its_symbol_or_its_words(latex, text):
    assert symbol("weight_decay", Interval(0, 1, symbol=latex)).lower() == text


def looked_at(page=None, **view):
    """The first comparison with SGD at two rates and Adam, as it is looked at."""
    runs = [Run(optimizer=SGD(), learning_rate=rate) for rate in (0.1, 0.3)]
    runs.append(Run(optimizer=Adam(), learning_rate=0.01))
    document = change_view(with_default_view(Experiment(runs=runs)), **view).document
    return document if page is None else document.on_page(page)


def test_a_run_appears_as_it_is_looked_at():
    one, two, three = run_styles(looked_at(selected=1, hidden_runs=(2,)))

    assert [style.selected for style in (one, two, three)] == [False, True, False]
    assert [style.hidden for style in (one, two, three)] == [False, False, True]


def test_a_lone_run_does_not_stand_out():
    alone = with_default_view(Experiment(runs=[Run(optimizer=SGD(), learning_rate=0.1)]))

    assert not run_styles(alone)[0].selected


def test_surfaces_shows_all_runs_alike():
    styles = run_styles(looked_at(SurfacesPage(), selected=1, hidden_runs=(2,)))

    assert not any(style.selected or style.hidden for style in styles)
    assert [style.number for style in styles] == [0, 1, 2]


@pytest.mark.parametrize(
    ("hidden", "expected"), [((), [False, False]), ((0,), [False, False]), ((0, 1), [True, False])]
)
def test_runs_that_differ_in_their_rate_alone_are_hidden_together(hidden, expected):
    styles = styles_of_any_rate(looked_at(selected=1, hidden_runs=hidden))

    assert [style.name for style in styles] == ["SGD", "Adam"]
    assert [style.selected for style in styles] == [True, False]
    assert [style.hidden for style in styles] == expected


class Own(Line):
    """Data with names that somebody gave."""

    @property
    def feature_names(self):
        return ("chord", "<b>\u202etall_\nones</b>", "x" * 10_000)


def test_a_column_is_called_by_its_label_or_as_it_was_named():
    assert column_words(Airfoil(), "chord") == "chord length (m)"
    assert column_words(TwoMoons(), "x1") == "x1"
    chord, hostile, endless = (column_words(Own(), name) for name in Own().feature_names)

    assert chord == "chord"  # another's label is not its own
    assert hostile == "<b>tall_ ones</b>"
    assert endless == "x" * 39 + "…"
