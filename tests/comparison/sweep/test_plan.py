"""The plan of a sweep: any page gives a sweep or a reason, and whatever is offered fits."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.document import with_default_view
from comparison.pages import SweepPage
from comparison.presets import COMPARE_PRESETS, FIRST_VIEWS, SURFACE_PRESETS
from comparison.sweep.plan import (
    BUDGET,
    WHOLE,
    further_offers,
    leaves_out,
    list_text,
    may_have_both_budgets,
    offers,
    page_of,
    rescaled,
    sweep_of,
    typed_list,
    typed_targets,
)
from comparison.words.errors import explain
from comparison.words.fields import field_title, value_words
from engine import LIMITS, Budget, Experiment, Function, InvalidInput, Network, Run
from engine.experiment import misfit
from engine.problems.datasets import DATASETS, Line
from engine.problems.formula import Formula
from engine.problems.functions import FUNCTIONS
from engine.problems.losses import LOSSES
from engine.rules import LBFGS, RULES, Adam
from sweeps.axes import ListAxis, RangeAxis
from sweeps.spec import SweepSpec
from tests.comparison.sweep.looks import document as swept_document
from tests.strategies import documents, examples, experiments, sweep_axes


def experiment(problem, size="all"):
    """One run of every rule that fits, as many as there may be."""
    runs = [Run(optimizer=rule(), learning_rate=0.1, batch_size=size) for rule in RULES]
    fitting = [run for run in runs if misfit(problem, run) is None]
    most = int(LIMITS["runs"].high)
    return Experiment(problem=problem, runs=fitting[:most], budget=Budget(amount=2))


def network(dataset):
    loss = next(name for name, kind in LOSSES.items() if kind.suits(dataset.n_classes))
    return Network(dataset=dataset, loss=loss)


BASES = {
    **{kind().name: experiment(network(kind())) for kind in DATASETS},
    **{kind().name: experiment(Function(function=kind())) for kind in FUNCTIONS},
    "formula": experiment(Function(function=Formula(text="a*x^2 + b1*y^2 + c"))),
    **{f"view {name}": view.experiment for name, view in FIRST_VIEWS.items()},
    **{
        f"preset {name}": preset.document.experiment
        for name, preset in (COMPARE_PRESETS | SURFACE_PRESETS).items()
    },
}


def planned(base, *axes, **rest):
    return sweep_of(with_default_view(base).on_page(SweepPage(axes=axes, **rest)))


def reason(base, *axes, **rest):
    with pytest.raises(InvalidInput) as caught:
        planned(base, *axes, **rest)
    return explain(caught.value)


def fits(base):
    """Check that each offer, alone, makes a sweep, and that titles and values are words."""
    document = with_default_view(base)

    def alone(axis):
        return sweep_of(document.on_page(SweepPage(axes=(axis,))))

    for field, offer in offers(base).items():
        spec = alone(offer.first)
        assert len(spec.settings) > 1 or not isinstance(offer.first, RangeAxis)
        for choice in offer.choices:
            alone(ListAxis(field=field, values=(choice,)))
        words = [field_title(field)]
        words += [value_words(field, value) for value in offer.choices or _numbers(offer.first)]
        assert all(words)
        assert not any(set(text) & set('_{}[]"') for text in words), words


def _numbers(axis):
    return axis.values if isinstance(axis, ListAxis) else axis.grid


@pytest.mark.parametrize("name", BASES)
def test_whatever_is_offered_makes_a_sweep_when_it_is_added_alone(name):
    fits(BASES[name])


@given(base=experiments())
@examples(20)
def test_whatever_is_offered_for_any_comparison_makes_a_sweep(base):
    fits(base)


def test_an_axis_that_is_there_is_not_offered_again():
    document = with_default_view(Experiment())

    assert "learning_rate" not in further_offers(document.on_page(SweepPage()))
    assert "learning_rate" in further_offers(document.on_page(SweepPage(axes=())))


def test_hyperparameters_are_offered_with_the_value_that_is_set_among_others():
    momentum = offers(BASES["line"])["optimizer.momentum"].first

    assert 0.9 in momentum.values
    assert list(momentum.values) == sorted(momentum.values)


def test_every_constant_of_a_formula_is_offered_around_its_value():
    formula = Formula(text="a*x^2 + b*y^2", constants={"a": 3.0, "b": 0.0})
    found = offers(experiment(Function(function=formula)))

    assert found["problem.function.constants.a"].first.values == (1.5, 3.0, 6.0)
    assert found["problem.function.constants.b"].first.values == (0.0, 0.5, 2.0)


def test_a_setting_with_another_constant_is_the_experiment_with_it():
    run = Run(optimizer=Adam(), learning_rate=0.1, batch_size="all")
    base = experiment(Function(function=Formula(text="a*x^2 + y^2")))
    base = base.model_copy(update={"runs": (run,)})
    axis = ListAxis(field="problem.function.constants.a", values=(1.0, -2.5))
    settings = planned(base, axis).settings

    functions = [settings.experiment(index)["problem"]["function"] for index in range(2)]
    assert [function["constants"] for function in functions] == [{"a": 1.0}, {"a": -2.5}]
    unknown = ListAxis(field="problem.function.constants.z", values=(1,))
    assert "problem.function.constants.z" in reason(base, unknown)


def test_no_data_set_is_offered_that_has_fewer_rows_than_a_batch():
    large = experiment(network(DATASETS[2]()), size=32)

    choices = offers(large)["problem.dataset"].choices
    assert "single_row" not in choices
    assert "three_points" not in choices
    assert "digits" in choices


@pytest.mark.parametrize("problem", [Network(), Function()], ids=["network", "function"])
def test_neither_batches_nor_noise_are_offered_where_a_rule_needs_all_rows(problem):
    runs = [Run(optimizer=rule(), learning_rate=0.1, batch_size="all") for rule in (Adam, LBFGS)]
    both, adam = (offers(Experiment(problem=problem, runs=some)) for some in (runs, runs[:1]))

    noisy = {"batch_size", "sampling", "problem.noise"} & set(adam)
    assert noisy
    assert not noisy & set(both)


# The plan


def spec_or_reason(document):
    """The sweep that a document plans, or why there is none."""
    try:
        return sweep_of(document), ""
    except InvalidInput as error:
        return None, explain(error)


@given(document=documents(page=SweepPage))
@examples(60)
def test_any_document_gives_a_sweep_or_a_reason_in_words(document):
    page = page_of(document)
    spec, why_not = spec_or_reason(document)

    assert why_not or spec.axes[: len(page.axes)] == page.axes
    assert why_not or len(spec.experiment.seeds) == page.seeds
    assert why_not or spec.experiment.runs == document.experiment.runs


@given(axes=st.lists(sweep_axes(), max_size=3))
@examples(60)
def test_any_axes_give_a_sweep_or_a_reason_in_words(axes):
    document = with_default_view(Experiment()).on_page(SweepPage(axes=axes))
    spec, why_not = spec_or_reason(document)

    assert why_not or spec.lanes > 0


def test_the_seeds_begin_with_the_first_of_the_comparison():
    base = Experiment(seeds=(7, 3))
    last = Experiment(seeds=(int(LIMITS["seed"].high),))

    assert planned(base, seeds=3).experiment.seeds == (7, 8, 9)
    assert planned(last, seeds=2).experiment.seeds == (2**32 - 2, 2**32 - 1)


def test_another_page_plans_the_first_settings():
    document = with_default_view(Experiment())

    assert page_of(document) == SweepPage()


MANY = tuple(n / 1_001 for n in range(1_000))


def rates(*values, **rest):
    return ListAxis(field="learning_rate", values=values, **rest)


REFUSED = {
    "10^12 settings": (
        [
            rates(*(1 + n for n in MANY)),
            *(ListAxis(field=f"optimizer.{name}", values=MANY) for name in ("beta1", "beta2")),
            ListAxis(field="optimizer.epsilon", values=tuple(n + 1e-6 for n in MANY[:-2])),
        ],
        "Number of lanes is 11976000000000",
    ),
    "too many problems": (
        [ListAxis(field="problem.l2", values=MANY), ListAxis(field="data_seed", values=(1, 2, 3))],
        "Number of problems is 3000",
    ),
    "a value twice": ([rates(0.1, 0.1)], "contains a value twice"),
    "a value out of range": ([rates(0.1, 0.0)], "must be in the range"),
    "a word for a number": ([rates("fast")], "It must be a number"),
    "not a number": ([rates(math.nan)], "nan"),
    "a batch larger than the rows": ([ListAxis(field="batch_size", values=(8, 301))], "300"),
    "a broken batch": ([ListAxis(field="batch_size", values=(8.5,))], "a whole number"),
    "an end out of range": (
        [RangeAxis(field="learning_rate", low=1e-9, high=1.0)],
        "First value of axis 1",
    ),
    "more values than whole numbers": (
        [RangeAxis(field="batch_size", low=1, high=4, count=9)],
        "axis 1 is 9",
    ),
    "an axis twice": ([rates(0.1), rates(0.2)], "contains a value twice"),
    "a field of another problem": (
        [ListAxis(field="problem.noise", values=(0.1,))],
        "problem.noise",
    ),
    "a hyperparameter that no run has": (
        [ListAxis(field="optimizer.momentum", values=(0.1,))],
        "Nothing here has the field optimizer.momentum",
    ),
    "an unknown data set": ([ListAxis(field="problem.dataset", values=("moon",))], "moon"),
    "a rule that no run has": ([rates(0.1, rules=("adagrad",))], "adagrad"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_told_in_words(name):
    axes, said = REFUSED[name]
    run = Run(optimizer=Adam(), learning_rate=0.1, batch_size=8)

    assert said in reason(Experiment(runs=[run]), *axes)


@pytest.mark.parametrize(
    "fields",
    [
        {"low": 1.0, "high": 0.1},
        {"low": 0.0, "high": 1.0, "scale": "log"},
        {"low": 1.0, "high": 1.0},
        {"low": 0.1, "high": 1.0, "count": 1},
        {"low": math.nan, "high": 1.0},
        {"low": 0.1, "high": math.inf},
    ],
)
def test_ranges_that_lead_nowhere_are_refused_in_words(fields):
    with pytest.raises(InvalidInput) as caught:
        RangeAxis.model_validate({"field": "learning_rate", **fields})

    assert "value" in explain(caught.value).lower()


# Lists as text


def words():
    text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
    signs = st.sampled_from(("", "8", "a,b", "a;b", '"', "[", "]", "{", "log:1:2:3", "null", " x "))
    return text | signs


def listable():
    plain = st.none() | st.booleans() | st.integers(-(10**20), 10**20)
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    leaves = plain | numbers | words()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words(), inner, max_size=2),
        max_leaves=4,
    )


@given(values=st.lists(listable(), min_size=1, max_size=5))
@examples(200)
def test_any_list_is_written_so_that_it_is_read_again(values):
    axis = ListAxis(field="problem.dataset", values=tuple(values))

    assert json.dumps(typed_list(axis.field, list_text(axis))) == json.dumps(values)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1, 8, 32, all", (1, 8, 32, "all")),
        ("1;8 ;32", (1, 8, 32)),
        (" 1e-3,0.1, ", (0.001, 0.1)),
        ("[8], [8, 8], []", ([8], [8, 8], [])),
        ('{"name": "sine", "noise": 0.1}, line', ({"name": "sine", "noise": 0.1}, "line")),
        ("log:1e-4:1:9", ("log:1e-4:1:9",)),
        ("linear:", ("linear:",)),
        ("[" * 100_000, ("[" * 100_000,)),
    ],
    ids=lambda one: str(one)[:20],
)
def test_a_reader_s_list_is_read_as_it_is_meant(text, values):
    assert typed_list("batch_size", text) == values


@pytest.mark.parametrize("text", ["", " ", ",;, "])
def test_a_list_of_nothing_is_refused_in_words(text):
    with pytest.raises(InvalidInput) as caught:
        typed_list("batch_size", text)

    assert explain(caught.value).startswith("Batch size has 0 entries")


def test_targets_are_numbers_or_none():
    assert typed_targets(" 0.3; 0.1 ") == (0.3, 0.1)
    assert typed_targets(" ,; ") == ()
    for text in ("low", "true", "0.1, [1]"):
        with pytest.raises(InvalidInput):
            typed_targets(text)


# Scales


@given(
    low=st.floats(1e-6, 10),
    factor=st.floats(1.001, 1e4),
    count=st.integers(2, 20),
    scale=st.sampled_from(("linear", "log")),
)
@examples(50)
def test_a_range_keeps_its_ends_in_every_form(low, factor, count, scale):
    axis = RangeAxis(
        field="learning_rate", low=low, high=low * factor, count=count, scale=scale, rules=("sgd",)
    )
    for other in ("linear", "log", "list"):
        there = rescaled(axis, other)
        back = rescaled(there, scale)

        assert (back.low, back.high, back.rules) == (axis.low, axis.high, ("sgd",))
        assert back.scale == scale


@pytest.mark.parametrize(
    ("values", "scale", "low", "high"),
    [
        ((8, 32, "all"), "linear", 8, 32),
        ((0.0, 0.1, 1.0), "linear", 0, 1),
        ((0.0, 0.1, 1.0), "log", 0.1, 1),
        ((0.5,), "log", 0.5, 5),
        (("all",), "linear", 1, 10),
        ((-1.0,), "linear", -1, 0),
    ],
)
def test_a_list_becomes_the_range_of_its_numbers(values, scale, low, high):
    found = rescaled(ListAxis(field="batch_size", values=values), scale)

    assert (found.low, found.high, found.scale) == (low, high, scale)


def test_a_range_that_reaches_zero_has_no_logarithmic_form():
    axis = RangeAxis(field="optimizer.momentum", low=0.0, high=0.9)

    with pytest.raises(InvalidInput) as caught:
        rescaled(axis, "log")
    assert caught.value.field == "low"


@pytest.mark.parametrize("number", [10**400, math.nan, math.inf])
def test_numbers_that_are_no_ends_are_refused(number):
    with pytest.raises(InvalidInput):
        rescaled(ListAxis(field="learning_rate", values=(number, 0.1)), "linear")


@pytest.mark.parametrize("field", ["batch_size", "data_seed", "budget.amount"])
def test_a_range_of_whole_numbers_becomes_a_list_of_them(field):
    axis = RangeAxis(field=field, low=1, high=4, count=9)
    listed = rescaled(axis, "list")
    base = experiment(Network(dataset=Line(), loss="mean_squared_error"), size=32)

    assert listed.values == (1, 2, 3, 4)
    assert len(planned(base, listed).settings) == 4 * len(base.runs)


def test_whole_hyperparameters_are_offered_and_listed_as_whole_numbers():
    run = Run(optimizer=LBFGS(memory=5), learning_rate=0.1, batch_size="all")
    base = Experiment(problem=Function(), runs=[run])
    axis = RangeAxis(field="optimizer.memory", low=1, high=4, count=9)

    assert offers(base)["optimizer.memory"].first.values == (2, 5, 10)
    assert rescaled(axis, "list").values == (1, 2, 3, 4)
    assert len(planned(base, rescaled(axis, "list")).settings) == 4


def test_fields_of_whole_numbers_are_those_that_take_no_others():
    every = {
        path: base
        for base in (BASES[name] for name in BASES)
        for path in _paths(base.model_dump(mode="json"))
    }
    whole = set()
    for path, base in every.items():
        try:
            SweepSpec(experiment=base, axes=(ListAxis(field=path, values=(1.5,)),))
        except InvalidInput as error:
            if (error.code, error.limits) == ("wrong_type", "integer"):
                whole.add(path.rpartition(".")[2])

    assert whole | {"patience", "grow"} == WHOLE  # of stopping and of schedules


def _paths(fields, above=""):
    """The paths of all fields of an experiment that an axis may have."""
    fields = {**fields, **fields.pop("runs", [{}])[0]}
    for name, value in fields.items():
        if name not in {"runs", "seeds"}:
            yield f"{above}{name}"
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{name}.")


# Both budgets


def test_both_budgets_are_that_of_the_comparison_and_as_many_updates():
    document = swept_document("rates and batch sizes")
    page = page_of(document).model_copy(update={"both_budgets": True})
    experiment = document.experiment

    spec = sweep_of(document.on_page(page))

    assert may_have_both_budgets(document)
    assert spec.axes == (
        *page.axes,
        ListAxis(
            field=BUDGET,
            values=(
                {"amount": 2, "unit": "epochs"},
                {"amount": experiment.iterations(experiment.runs[0]), "unit": "iterations"},
            ),
        ),
    )
    assert len(spec.settings) == 2 * 16


def test_both_budgets_follow_the_comparison():
    document = swept_document("rates and batch sizes")
    page = page_of(document).model_copy(update={"both_budgets": True})
    longer = document.experiment.model_copy(update={"budget": Budget(amount=9)})

    spec = sweep_of(document.model_copy(update={"experiment": longer}).on_page(page))

    assert spec.axes[-1].values[0] == {"amount": 9, "unit": "epochs"}


@pytest.mark.parametrize(
    "base",
    [
        BASES["line"].model_copy(update={"budget": Budget(amount=9, unit="iterations")}),
        BASES["ravine"],
    ],
)
def test_equal_updates_are_no_offer_where_they_are_the_same_budget(base):
    assert not may_have_both_budgets(with_default_view(base))


@pytest.mark.parametrize(
    ("values", "scale", "lost"),
    [
        ((8, 32, "all"), "log", True),
        ((0.0, 0.001, 0.01), "log", True),
        ((0.0, 0.001, 0.01), "linear", False),
        ((0.1, 1.0), "log", False),
    ],
)
def test_values_without_a_place_in_a_range_are_known(values, scale, lost):
    before = ListAxis(field="problem.l2", values=values)

    assert leaves_out(before, rescaled(before, scale)) == lost
    assert not leaves_out(before, before)
