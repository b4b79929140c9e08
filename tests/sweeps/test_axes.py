"""Axes: their values, the runs that have them, how they are written, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import LIMITS, Experiment, Interval, InvalidInput
from engine.problems.datasets import BreastCancer, Digits, TwoMoons
from engine.rules import RULES, SGD, Adam, Momentum
from sweeps.axes import PROBLEM_FIELDS, RUN_FIELDS, RangeAxis, read_axis
from sweeps.spec import SweepSpec
from tests.strategies import examples

BOTH = (True, False)
NAN, INF = float("nan"), float("inf")
RULE_NAMES = (*(rule.name for rule in RULES), "typed")
OF_THE_BASE = tuple(run.optimizer.name for run in Experiment().runs)
SGD_RUN = {"optimizer": {"name": "sgd"}, "learning_rate": 0.1}
MOMENTUM_RUN = {"optimizer": {"name": "momentum", "momentum": 0.9}, "learning_rate": 0.1}
ABOVE_0 = Interval(0, INF, open_low=True, open_high=True)


def listed(field, *values, **fields):
    return {"field": field, "values": values, **fields}


def ranged(field, low, high, count=2, **fields):
    return {"field": field, "low": low, "high": high, "count": count, **fields}


def sweep(*axes, **fields):
    return SweepSpec(axes=axes, **fields)


def levels(*axes, **fields):
    return sweep(*axes, **fields).settings.levels


# What they stand for


def test_nine_rates_from_a_ten_thousandth_to_one_are_the_half_decades():
    axis = RangeAxis(field="learning_rate", low=1e-4, high=1, count=9, scale="log")

    assert axis.grid == pytest.approx([10 ** (-4 + at / 2) for at in range(9)], rel=1e-11, abs=0)
    assert axis.grid[::2] == [1e-4, 1e-3, 1e-2, 1e-1, 1.0]


def test_a_linear_range_is_even():
    axis = RangeAxis(field="learning_rate", low=0.1, high=0.5, count=5)

    assert axis.grid == [0.1, 0.2, 0.3, 0.4, 0.5]


@examples(60)
@given(
    st.floats(1e-300, 1e300),
    st.floats(1e-300, 1e300),
    st.integers(2, 50),
    st.sampled_from(("linear", "log")),
)
def test_both_ends_are_exact_and_everything_is_between_them(one, other, count, scale):
    low, high = sorted((one, max(other, math.nextafter(one, INF))))
    axis = RangeAxis(field="learning_rate", low=low, high=high, count=count, scale=scale)

    assert (axis.grid[0], axis.grid[-1]) == (low, high)
    assert axis.grid == sorted(axis.grid)
    assert all(low <= value <= high for value in axis.at(np.linspace(0, 1, 7)))


def test_a_range_of_whole_numbers_is_rounded():
    assert levels(ranged("batch_size", 1, 256, 9, scale="log")) == [
        [1, 2, 4, 8, 16, 32, 64, 128, 256]
    ]
    assert levels(ranged("batch_size", 1, 4, 3)) == [[1, 2, 4]]  # 2.5 is rounded to the even one
    assert levels(ranged("data_seed", 0, 10, 4)) == [[0, 3, 7, 10]]
    assert {type(value) for value in levels(ranged("data_seed", 0, 10, 4))[0]} == {int}


def test_a_range_of_numbers_stays_one_where_they_are_whole():
    (rates,) = levels(ranged("learning_rate", 1, 3, 3))

    assert rates == [1.0, 2.0, 3.0]
    assert {type(rate) for rate in rates} == {float}


@pytest.mark.parametrize(
    ("axis", "meant"),
    [
        (listed("optimizer", "adam"), []),
        (listed("problem.dataset", "xor"), [[{"name": "xor", "rows": 300, "noise": 0.1}]]),
        (listed("problem.dataset", {"name": "iris"}), [[{"name": "iris"}]]),
        (listed("problem.start", "zeros", "he"), [["zeros", "he"]]),
        (listed("batch_size", "all", 8), [["all", 8]]),
        (listed("problem.hidden", [], [8], (8, 8)), [[[], [8], [8, 8]]]),
        (listed("problem.standardize", *BOTH), [[True, False]]),
        (listed("record_every", None, 7), [[None, 7]]),
        (listed("learning_rate", 1), [[1.0]]),
        (
            listed("schedule", "constant"),
            [[{"name": "constant", "warm_up": 0.0, "unit": "updates"}]],
        ),
        (
            listed("clipping", None, "norm", {"name": "value", "threshold": 2}),
            [[None, {"name": "norm", "threshold": 1.0}, {"name": "value", "threshold": 2.0}]],
        ),
    ],
    ids=lambda value: value["field"] if isinstance(value, dict) else "",
)
def test_values_are_those_of_a_file_and_a_name_stands_for_its_defaults(axis, meant):
    base = Experiment(problem={"kind": "network", "loss": "cross_entropy"})

    assert levels(axis, experiment=base) == meant


def test_a_name_stands_for_a_test_function_or_another_kind_of_problem():
    run = {**SGD_RUN, "batch_size": "all"}
    functions = {"problem": {"kind": "function"}, "runs": [run]}

    assert levels(listed("problem.function", "beale"), experiment=functions) == [
        [{"name": "beale"}]
    ]
    both = levels(listed("problem", "function", "network"), experiment={"runs": [run]})
    assert [value["kind"] for value in both[0]] == ["function", "network"]


def test_the_name_of_a_rule_stands_for_it_with_its_defaults():
    spec = sweep(listed("optimizer", "adam", "sgd"), experiment={"runs": [MOMENTUM_RUN]})

    rules = [spec.settings.run(index)["optimizer"] for index in range(2)]
    assert rules == [
        {"name": "adam", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        {"name": "sgd"},
    ]


# Which runs have them


def test_an_axis_with_rules_is_for_their_runs_alone():
    spec = sweep(listed("learning_rate", 1.0, 2.0, rules=["sgd"]))

    varied = [variant.run["optimizer"]["name"] for variant in spec.settings.variants]
    assert sorted(varied) == sorted(OF_THE_BASE)
    sizes = {v.run["optimizer"]["name"]: v.size for v in spec.settings.variants}
    assert sizes == dict.fromkeys(OF_THE_BASE, 1) | {"sgd": 2}


def test_an_axis_of_a_hyperparameter_is_for_the_rules_that_have_it():
    spec = sweep(listed("optimizer.beta1", 0.5, 0.9))

    sizes = {v.run["optimizer"]["name"]: v.size for v in spec.settings.variants}
    assert sizes == dict.fromkeys(OF_THE_BASE, 1) | {"adam": 2, "adamw": 2}


def test_rules_of_an_axis_of_rules_are_those_of_the_base():
    spec = sweep(
        listed("optimizer", "adam", "adagrad", rules=["sgd"]),
        experiment={"runs": [SGD_RUN, MOMENTUM_RUN]},
    )

    names = [spec.settings.run(index)["optimizer"]["name"] for index in range(len(spec.settings))]
    assert names == ["adam", "adagrad", "momentum"]


def test_a_value_may_suit_another_axis_and_not_the_base():
    """The base has two classes and their loss; what is swept has three, and its own."""
    spec = sweep(
        listed("problem.dataset", "iris", "digits"), listed("problem.loss", "cross_entropy")
    )
    assert spec.settings.experiment(0)["problem"]["loss"] == "cross_entropy"

    spec = sweep(listed("budget.amount", 50_000), listed("budget.unit", "iterations"))
    assert spec.settings.experiment(0)["budget"] == {"amount": 50_000, "unit": "iterations"}

    measured = {"problem": {"kind": "network", "dataset": {"name": "breast_cancer"}}}
    spec = sweep(
        listed("problem.dataset.noise", 0.1, 0.2),
        listed("problem.dataset", "two_moons", "xor"),
        experiment=measured,
    )
    first = [spec.settings.experiment(at)["problem"]["dataset"] for at in range(4)]
    assert [(data["noise"], data["name"]) for data in first] == [
        (0.1, "two_moons"),
        (0.1, "xor"),
        (0.2, "two_moons"),
        (0.2, "xor"),
    ]


# How they are written in a line


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (
            "learning_rate=log:1e-4:1:9",
            {"field": "learning_rate", "low": 1e-4, "high": 1, "count": 9, "scale": "log"},
        ),
        (
            "problem.l2=linear:0:0.1:3",
            {"field": "problem.l2", "low": 0, "high": 0.1, "count": 3, "scale": "linear"},
        ),
        ("batch_size=1,8,32,all", listed("batch_size", 1, 8, 32, "all")),
        ("learning_rate=0.1", listed("learning_rate", 0.1)),
        ("optimizer=adam,sgd", listed("optimizer", "adam", "sgd")),
        ("problem.hidden=[8],[8,8]", listed("problem.hidden", [8], [8, 8])),
        ("problem.standardize=true,false", listed("problem.standardize", *BOTH)),
        ("stopping.patience=null,5", listed("stopping.patience", None, 5)),
        ('optimizer={"name": "adam", "beta1": 0.5}', listed("optimizer", Adam(beta1=0.5))),
        (
            'optimizer={"name": "adam", "beta1": 0.5},sgd',
            listed("optimizer", {"name": "adam", "beta1": 0.5}, "sgd"),
        ),
        ("problem.dataset=xor", listed("problem.dataset", "xor")),
        ("batch_size=", listed("batch_size")),
    ],
)
def test_an_axis_can_be_written_in_a_line(line, fields):
    given = read_axis(line)
    if isinstance(fields.get("values"), tuple):
        fields = {**fields, "values": list(fields["values"])}
        if fields["values"] == [Adam(beta1=0.5)]:
            fields["values"] = [{"name": "adam", "beta1": 0.5}]

    assert given == fields


def test_what_a_line_says_is_an_axis():
    lines = ["learning_rate=log:1e-4:1:9", "batch_size=1,8,32,all", "optimizer=adam,sgd"]

    assert sweep(*map(read_axis, lines)).lanes == 9 * 4 * 2


@pytest.mark.parametrize(
    "line",
    [
        "learning_rate",
        "",
        "learning_rate=log",
        "learning_rate=log:1:2",
        "learning_rate=log:1:2:3:4",
        "learning_rate=linear:a:2:3",
        "learning_rate=linear:1:2:",
    ],
)
def test_a_line_that_is_no_axis_is_refused(line):
    with pytest.raises(InvalidInput) as caught:
        read_axis(line)

    error = caught.value
    assert (error.code, error.field, error.value) == ("wrong_type", "axes", line)
    assert error.limits == "axis"


# What is refused


RATES = listed("learning_rate", 0.1, 0.2)
REFUSED = {
    "no values": (
        [listed("learning_rate")],
        "wrong_length",
        "axes.0.values",
        LIMITS["axis_values"],
    ),
    "too many values": (
        [listed("learning_rate", *range(1, 1_002))],
        "wrong_length",
        "axes.0.values",
        LIMITS["axis_values"],
    ),
    "neither values nor ends": ([{"field": "learning_rate"}], "missing", "axes.0.values", None),
    "one end": ([{"field": "learning_rate", "low": 1.0}], "missing", "axes.0.high", None),
    "both values and ends": (
        [{**RATES, "low": 1.0, "high": 2.0}],
        "unknown_field",
        "axes.0.low",
        None,
    ),
    "no field": ([{"values": [1.0]}], "missing", "axes.0.field", None),
    "a text": ([RATES, "batch_size=1"], "wrong_type", "axes.1", "object"),
    "more axes than primes": (
        [listed("learning_rate", 0.1)] * 13,
        "wrong_length",
        "axes",
        LIMITS["axes"],
    ),
    "a reversed range": (
        [ranged("learning_rate", 1.0, 0.1)],
        "out_of_range",
        "axes.0.high",
        Interval(1.0, INF, open_low=True, open_high=True),
    ),
    "a range of one point": (
        [ranged("learning_rate", 1.0, 1.0)],
        "out_of_range",
        "axes.0.high",
        Interval(1.0, INF, open_low=True, open_high=True),
    ),
    "an infinite end": ([ranged("learning_rate", 1.0, INF)], "wrong_type", "axes.0.high", "number"),
    "a count of 0": (
        [ranged("learning_rate", 0.1, 1.0, 0)],
        "out_of_range",
        "axes.0.count",
        Interval(2, 1_000),
    ),
    "a count of 1": (
        [ranged("learning_rate", 0.1, 1.0, 1)],
        "out_of_range",
        "axes.0.count",
        Interval(2, 1_000),
    ),
    "a logarithm of 0": (
        [ranged("learning_rate", 0, 1.0, scale="log")],
        "out_of_range",
        "axes.0.low",
        ABOVE_0,
    ),
    "an unknown scale": (
        [ranged("learning_rate", 0.1, 1.0, scale="square")],
        "unknown_choice",
        "axes.0.scale",
        ("linear", "log"),
    ),
    "a field of nothing": (
        [listed("colour", "red")],
        "unknown_choice",
        "axes.0.field",
        (*RUN_FIELDS, *PROBLEM_FIELDS),
    ),
    "the seeds, which are no axis": (
        [listed("seeds", [1])],
        "unknown_choice",
        "axes.0.field",
        (*RUN_FIELDS, *PROBLEM_FIELDS),
    ),
    "an unknown clipping": (
        [listed("clipping", None, "length")],
        "unknown_choice",
        "axes.0.values.1.name",
        ("norm", "value", "null"),
    ),
    "a threshold of no run": (
        [listed("clipping.threshold", 1.0)],
        "unknown_field",
        "axes.0.field",
        None,
    ),
    "a field that no rule has": (
        [listed("optimizer.colour", 1)],
        "unknown_field",
        "axes.0.field",
        None,
    ),
    "a field within a number of a run": (
        [listed("learning_rate.x", 1)],
        "unknown_field",
        "axes.0.field",
        None,
    ),
    "a field that the problem has not": (
        [RATES, listed("problem.function", "beale")],
        "unknown_field",
        "axes.1.field",
        None,
    ),
    "a field that the data set has not": (
        [listed("problem.dataset.classes", 2)],
        "unknown_field",
        "axes.0.field",
        None,
    ),
    "a field within a number": (
        [listed("budget.amount.x", 1)],
        "unknown_field",
        "axes.0.field",
        None,
    ),
    "a field within nothing": (
        [listed("record_every.x", 1)],
        "unknown_field",
        "axes.0.field",
        None,
    ),
    "a value out of range": (
        [listed("learning_rate", 0.1, 0.2, 1e8)],
        "out_of_range",
        "axes.0.values.2",
        LIMITS["learning_rate"],
    ),
    "a value of the problem out of range": (
        [RATES, listed("problem.l2", 0.0, 11.0)],
        "out_of_range",
        "axes.1.values.1",
        Interval(0, 10, symbol=r"\lambda"),
    ),
    "a value within a value": (
        [listed("problem.hidden", [8], [8, 0])],
        "out_of_range",
        "axes.0.values.1.1",
        LIMITS["units"],
    ),
    "a hyperparameter out of range": (
        [listed("optimizer", "sgd", {"name": "momentum", "momentum": 2.0})],
        "out_of_range",
        "axes.0.values.1.momentum",
        ...,
    ),
    "a value of another axis out of range": (
        [listed("problem.l2", 0.1), listed("problem.dataset", {"name": "xor", "rows": 1})],
        "out_of_range",
        "axes.1.values.0.rows",
        LIMITS["rows"],
    ),
    "the lower end out of range": (
        [ranged("learning_rate", 0.0, 1.0)],
        "out_of_range",
        "axes.0.low",
        LIMITS["learning_rate"],
    ),
    "the upper end out of range": (
        [ranged("batch_size", 1, 1e6)],
        "out_of_range",
        "axes.0.high",
        LIMITS["batch_size"],
    ),
    "a word for a number": (
        [listed("learning_rate", "fast")],
        "wrong_type",
        "axes.0.values.0",
        "number",
    ),
    "a number that is not whole": (
        [listed("batch_size", 8, 8.5)],
        "wrong_type",
        "axes.0.values.1",
        "integer",
    ),
    "no number": (
        [listed("learning_rate", 0.1, NAN)],
        "not_finite",
        "axes.0.values.1",
        LIMITS["learning_rate"],
    ),
    "a range of words": ([ranged("sampling", 0, 1)], "unknown_choice", "axes.0.low", ...),
    "a range of rules": ([ranged("optimizer", 0, 1)], "missing", "axes.0.values", None),
    "the name of no rule": (
        [listed("optimizer", "sgd", "nope")],
        "unknown_choice",
        "axes.0.values.1.name",
        RULE_NAMES[:-1],
    ),
    "the name of no data set": (
        [listed("problem.dataset", "nope")],
        "unknown_choice",
        "axes.0.values.0.name",
        ...,
    ),
    "more rows in a batch than there are": (
        [listed("batch_size", 8, 301)],
        "out_of_range",
        "batch_size",
        Interval(1, 300),
    ),
    "more rows in a batch than the smallest data set has": (
        [listed("batch_size", 8, 32), listed("problem.dataset.rows", 400, 40)],
        "out_of_range",
        "batch_size",
        Interval(1, 30),
    ),
    "more rows in the base's batches than a data set has": (
        [listed("problem.dataset.rows", 400, 40)],
        "out_of_range",
        "batch_size",
        Interval(1, 30),
    ),
    "a value twice": ([listed("learning_rate", 0.1, 0.2, 0.1)], "duplicate", "axes.0.values", None),
    "a value twice, written in two ways": (
        [listed("learning_rate", 1, 1.0)],
        "duplicate",
        "axes.0.values",
        None,
    ),
    "a rule twice": (
        [listed("optimizer", "sgd", {"name": "sgd"})],
        "duplicate",
        "axes.0.values",
        None,
    ),
    "whole numbers closer than one": (
        [ranged("batch_size", 1, 4, 5)],
        "out_of_range",
        "axes.0.count",
        Interval(2, 4),
    ),
    "a field twice": ([RATES, RATES], "duplicate", "axes.1.field", None),
    "a field twice for one of its rules": (
        [
            listed("learning_rate", 0.1, rules=["adam", "sgd"]),
            listed("learning_rate", 0.2, rules=["sgd"]),
        ],
        "duplicate",
        "axes.1.field",
        None,
    ),
    "rules twice": (
        [listed("optimizer", "adam"), listed("optimizer", "sgd")],
        "duplicate",
        "axes.1.field",
        None,
    ),
    "a field of the problem twice": (
        [listed("data_seed", 1), listed("data_seed", 2)],
        "duplicate",
        "axes.1.field",
        None,
    ),
    "a rule that does not exist": (
        [listed("learning_rate", 0.1, rules=["sgd", "nope"])],
        "unknown_choice",
        "axes.0.rules.1",
        RULE_NAMES,
    ),
    "rules for a field of the problem": (
        [listed("data_seed", 1, rules=["sgd"])],
        "conflict",
        "axes.0.rules",
        ("field", "data_seed"),
    ),
    "a loss that does not suit the data": (
        [listed("problem.dataset", "two_moons", "iris")],
        "conflict",
        "problem.loss",
        ("dataset", "iris"),
    ),
    "losses of which one does not suit one data set": (
        [
            listed("problem.dataset", "two_moons", "iris"),
            listed("problem.loss", "cross_entropy", "binary_cross_entropy"),
        ],
        "conflict",
        "problem.loss",
        ("dataset", "iris"),
    ),
    "noise for data that were measured": (
        [listed("problem.dataset", "xor", "breast_cancer"), listed("problem.dataset.noise", 0.1)],
        "unknown_field",
        "axes.0.values.1.noise",
        None,
    ),
    "patience without validation rows": (
        [listed("stopping.patience", 3), listed("problem.validation_share", 0.25, 0.0)],
        "conflict",
        "stopping.patience",
        ("validation_share", 0.0),
    ),
}


def refused(make):
    with pytest.raises(InvalidInput) as caught:
        make()
    return caught.value


@pytest.mark.parametrize(("axes", "code", "field", "limits"), REFUSED.values(), ids=REFUSED)
def test_an_axis_is_refused_with_code_field_and_limits(axes, code, field, limits):
    error = refused(lambda: sweep(*axes))

    assert (error.code, error.field) == (code, field)
    if limits is not ...:
        assert error.limits == limits


def test_a_rule_that_no_run_has_is_refused_with_those_that_have_runs():
    for field, value in (("learning_rate", 0.1), ("optimizer", "adam")):
        axis = listed(field, value, rules=["adam"])
        error = refused(lambda axis=axis: sweep(axis, experiment={"runs": [SGD_RUN]}))

        assert (error.code, error.field) == ("unknown_choice", "axes.0.rules.0")
        assert (error.value, error.limits) == ("adam", ("sgd",))


@pytest.mark.parametrize(
    ("axes", "schedule", "field"),
    [
        # Alone each goes with the run, but not both together.
        (
            [listed("schedule.length", 0.5, 1.0), listed("schedule.end", 0.0, 0.1)],
            {"name": "cosine", "end": 0.1},
            "runs.1.schedule.end",
        ),
        (
            [listed("schedule.length", 0.2, 1.0), listed("schedule.warm_up", 0.0, 0.5)],
            {"name": "cosine", "end": 0.1},
            "schedule.warm_up",
        ),
        # A schedule falls to 0 on a longer budget.
        (
            [listed("budget.amount", 2, 9_000)],
            {"name": "step", "every": 1.0},
            "runs.1.schedule.decay",
        ),
        ([listed("problem.validation_share", 0.25, 0.0)], {"name": "plateau"}, "runs.1.schedule"),
    ],
)
def test_schedules_that_runs_cannot_have_are_refused_before_anything_is_trained(
    axes, schedule, field
):
    base = {"runs": [SGD_RUN, SGD_RUN | {"schedule": schedule}]}
    error = refused(lambda: sweep(*axes, experiment=base))

    assert error.field == field


def test_networks_that_are_alike_to_a_schedule_are_checked_once(monkeypatch):
    asked = []
    monkeypatch.setattr("sweeps.settings._check_schedule", lambda *given: asked.append(given))
    base = {"runs": [SGD_RUN | {"schedule": {"name": "cosine", "end": 0.1}}]}
    ends = listed("schedule.end", 0.1, 0.2, 0.3)

    len(sweep(ends, experiment=base).settings)
    once = len(asked)
    len(
        sweep(
            ends, listed("problem.l2", 0.0, 0.1), listed("data_seed", 0, 1, 2), experiment=base
        ).settings
    )
    assert once == 3
    assert len(asked) == 2 * once

    len(sweep(ends, listed("budget.amount", 5, 6), experiment=base).settings)
    assert len(asked) == 4 * once


def test_a_part_that_may_be_left_out_and_what_is_inside_it_are_not_swept_both():
    clipped = {"runs": [SGD_RUN | {"clipping": {"name": "norm"}}]}
    inside = listed("clipping.threshold", 1.0, 2.0)
    error = refused(lambda: sweep(listed("clipping", None, "norm"), inside, experiment=clipped))

    assert (error.code, error.field, error.limits) == (
        "conflict",
        "axes.1.field",
        ("field", "clipping"),
    )
    assert levels(inside, experiment=clipped) == [[1.0, 2.0]]


def test_a_field_that_the_rules_of_no_run_have_is_refused():
    error = refused(
        lambda: sweep(listed("optimizer.momentum", 0.5), experiment={"runs": [SGD_RUN]})
    )

    assert (error.code, error.field, error.value) == (
        "unknown_field",
        "axes.0.field",
        "optimizer.momentum",
    )


def test_a_refused_problem_costs_no_rows():
    """Data sets are told apart by their descriptions; none is made."""
    datasets = [TwoMoons(rows=60_000), BreastCancer(), Digits()]
    error = refused(lambda: sweep(listed("problem.dataset", *datasets)))

    assert (error.code, error.limits) == ("conflict", ("dataset", "digits"))


def test_the_runs_of_a_base_may_be_descriptions_too():
    runs = [{"optimizer": rule, "learning_rate": 0.1} for rule in (SGD(), Momentum())]

    assert sweep(RATES, experiment={"runs": runs}).lanes == 4
