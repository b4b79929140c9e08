"""Descriptions: what is refused, and before anything is allocated; JSON; keys."""

import itertools
import json
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine import (
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Run,
    Stopping,
    errors,
    fit,
    rate_sweep,
)
from engine.limits import LIMITS, Interval
from engine.problems.activations import ACTIVATIONS
from engine.problems.datasets import Blobs, BreastCancer, Line, SingleRow, TwoMoons
from engine.problems.functions import EVERY_FUNCTION
from engine.problems.losses import LOSSES
from engine.problems.specs import ActivationName, LossName
from engine.rules import RULES, SGD, Adam, Momentum
from engine.rules.schedules import SCHEDULES, Constant, Schedule
from tests.engine.contract import Listed, run_of
from tests.strategies import examples, experiments
from tests.work import FEW_CALLS, calls

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

NAN, INF = float("nan"), float("inf")
RUN = {"optimizer": SGD(), "learning_rate": 0.1}


def refusal(make):
    """What ``make`` raises: with little work and without memory."""

    def refused():
        with pytest.raises(InvalidInput):
            make()

    assert calls(refused) < FEW_CALLS
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput) as caught:
            make()
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()
    assert caught.value.code in errors.CODES
    return caught.value


# How a field of each description is set within an experiment, and the path that names it.


def of_experiment(field, value):
    return field, lambda: Experiment(**{field: value})


def of_run(field, value):
    return f"runs.1.{field}", lambda: Experiment(runs=[RUN, {**RUN, field: value}])


def of_network(field, value):
    return f"problem.{field}", lambda: Experiment(problem={"kind": "network", field: value})


def of_function(field, value):
    return f"problem.{field}", lambda: Experiment(problem={"kind": "function", field: value})


def of_budget(field, value):
    return f"budget.{field}", lambda: Experiment(budget={field: value})


def of_stopping(field, value):
    return f"stopping.{field}", lambda: Experiment(stopping={field: value})


NUMBERS = {  # field: its interval; None is allowed where the comment says so
    (of_run, "learning_rate"): LIMITS["learning_rate"],
    (of_network, "validation_share"): Interval(0, 0.9),
    (of_network, "l2"): Interval(0, 10),
    (of_stopping, "target_loss"): Interval(-1e12, 1e12),  # None
    (of_stopping, "gradient_norm"): Interval(0, 1e12),  # None
}
INTEGERS = {
    (of_run, "batch_size"): Interval(1, 60_000),
    (of_budget, "amount"): LIMITS["epochs"],  # the default unit
    (of_stopping, "patience"): LIMITS["epochs"],  # None
    (of_experiment, "record_every"): LIMITS["iterations"],  # None
    (of_experiment, "data_seed"): Interval(0, 2**32 - 1),
}
CHOICES = {
    (of_run, "sampling"): ("shuffled", "replacement"),
    (of_run, "last_batch"): ("kept", "dropped"),
    (of_network, "activation"): tuple(ACTIVATIONS),
    (of_network, "output_activation"): tuple(ACTIVATIONS),
    (of_network, "loss"): tuple(LOSSES),
    (of_budget, "unit"): ("epochs", "iterations", "rows_seen", "gradients"),
}
BOOLEANS = [
    (of_network, "standardize"),
    (of_network, "standardize_targets"),
    (of_network, "bias"),
]
TUPLES = {
    (of_experiment, "runs"): None,
    (of_experiment, "seeds"): LIMITS["seeds"],
    (of_network, "hidden"): LIMITS["hidden_layers"],
    (of_network, "start"): LIMITS["start_values"],
    (of_function, "start"): Interval(2, 2),
}
PARTS = [
    (of_experiment, "problem"),
    (of_experiment, "budget"),
    (of_experiment, "stopping"),
    (of_run, "optimizer"),
    (of_network, "dataset"),
    (of_function, "function"),
]
NO_NUMBER = (True, False, "1", "", b"1", [1], (), {}, {1}, 1j, np.True_, object())


def fields(table):
    return pytest.mark.parametrize(
        ("place", "field"), table, ids=lambda v: v if isinstance(v, str) else v.__name__[3:]
    )


def check(place, field, value, code, limits=...):
    path, make = place(field, value)
    error = refusal(make)
    assert (error.code, error.field) == (code, path), value
    assert error.value is value or error.value == value or error.value != error.value  # NaN
    if limits is not ...:
        assert error.limits == limits
    assert path in str(error)


@fields(NUMBERS)
def test_number_of_a_wrong_kind_is_refused(place, field):
    for value in NO_NUMBER:
        check(place, field, value, "wrong_type", "number")


@fields(INTEGERS)
def test_integer_of_a_wrong_kind_is_refused(place, field):
    for value in (*NO_NUMBER, 1.5, 2.0, np.int64(2)):
        if isinstance(value, str) and field == "batch_size":
            check(place, field, value, "unknown_choice", ("all",))
        else:
            check(place, field, value, "wrong_type", "integer")


@fields([*NUMBERS, *INTEGERS])
def test_number_that_is_not_finite_is_refused(place, field):
    for value in (NAN, INF, -INF):
        path, make = place(field, value)
        error = refusal(make)
        assert repr(error.value) == repr(value)
        if place is of_budget:  # the unit knows the interval
            assert (error.code, error.field, error.limits) == ("wrong_type", path, "integer")
            continue
        assert (error.code, error.field) == ("not_finite", path)
        assert isinstance(error.limits, Interval)


@fields(NUMBERS)
def test_number_outside_its_interval_is_refused(place, field):
    interval = NUMBERS[place, field]
    for value in (
        np.nextafter(interval.low, -INF),
        np.nextafter(interval.high, INF),
        1e300,
        -1e300,
    ):
        path, make = place(field, float(value))
        error = refusal(make)
        assert (error.code, error.field, error.value) == ("out_of_range", path, float(value))
        assert (error.limits.low, error.limits.high) == (interval.low, interval.high)


@fields(INTEGERS)
def test_integer_outside_its_interval_is_refused(place, field):
    interval = INTEGERS[place, field]
    near = (int(interval.low) - 1, int(interval.high) + 1)
    for value in (*near, 10**400, -(10**400)):
        path, make = place(field, value)
        error = refusal(make)
        assert (error.code, error.field, error.value) == ("out_of_range", path, value)
        if value in near:
            assert (error.limits.low, error.limits.high) == (interval.low, interval.high)


@fields([*CHOICES])
def test_unknown_choice_is_refused_with_the_choices(place, field):
    for value in ("nope", "", "SHUFFLED", 1, True, None, NAN, ["kept"], {}, object()):
        check(place, field, value, "unknown_choice", CHOICES[place, field])


@fields(BOOLEANS)
def test_only_true_and_false_are_booleans(place, field):
    for value in (0, 1, "true", "yes", None, 1.0, []):
        check(place, field, value, "wrong_type", "bool")


@fields(TUPLES)
def test_what_is_no_tuple_is_refused(place, field):
    for value in (True, 5, NAN, None, object(), itertools.count(), np.array(1.0)):
        if value is None and place is of_function:
            continue  # its own start
        check(place, field, value, "wrong_type", "tuple")


@fields(TUPLES)
def test_tuple_of_a_wrong_length_is_refused_before_its_items_are_seen(place, field):
    interval = TUPLES[place, field] or LIMITS["runs"]
    wrong = [range(10**9), ["x"] * (int(interval.high) + 1)]
    wrong += [[]] if interval.low > 0 else []
    for value in wrong:
        path, make = place(field, value)
        error = refusal(make)
        assert (error.code, error.field) == ("wrong_length", path)
        assert error.value == len(value)
        assert isinstance(error.limits, Interval)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda v: Experiment(seeds=[1, v]), "seeds.1"),
        (lambda v: Experiment(problem={"kind": "network", "hidden": [3, v]}), "problem.hidden.1"),
        (lambda v: Experiment(problem={"kind": "network", "start": [1.0, v]}), "problem.start.1"),
        (lambda v: Experiment(problem={"kind": "function", "start": [1.0, v]}), "problem.start.1"),
        (
            lambda v: Experiment(runs=[{**RUN, "optimizer": {"name": "adam", "beta1": v}}]),
            "runs.0.optimizer.beta1",
        ),
        (
            lambda v: Experiment(runs=[{**RUN, "optimizer": {"name": "momentum", "momentum": v}}]),
            "runs.0.optimizer.momentum",
        ),
        (
            lambda v: Experiment(runs=[{**RUN, "optimizer": Adam(beta1=v)}]),
            "runs.0.optimizer.beta1",
        ),
        (
            lambda v: Experiment(
                problem={"kind": "function", "function": {"name": "bowl", "condition": v}}
            ),
            "problem.function.condition",
        ),
        (
            lambda v: Experiment(
                problem={"kind": "network", "dataset": {"name": "blobs", "rows": v}}
            ),
            "problem.dataset.rows",
        ),
    ],
)
def test_error_within_a_part_names_the_whole_path(make, path):
    for value, code in (
        (NAN, "not_finite"),
        (-1e300, None),
        ("1", "wrong_type"),
        (True, "wrong_type"),
    ):
        error = refusal(lambda value=value: make(value))
        assert error.field == path
        assert error.code == (code or error.code)
        assert error.code in {"not_finite", "out_of_range", "wrong_type"}


@fields(PARTS)
def test_part_of_a_wrong_kind_is_refused(place, field):
    for value in (5, "adam", True, None, NAN, ["x"], object()):
        path, make = place(field, value)
        error = refusal(make)
        assert error.field == path
        assert error.code == "wrong_type"


@pytest.mark.parametrize(
    ("place", "field", "tag", "choices"),
    [
        (of_run, "optimizer", "name", tuple(rule.name for rule in RULES)),
        (of_experiment, "problem", "kind", ("network", "function")),
        (of_function, "function", "name", tuple(one().name for one in EVERY_FUNCTION)),
        (of_network, "dataset", "name", None),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_unknown_member_of_a_family_is_refused_with_the_family(place, field, tag, choices):
    path, make = place(field, {tag: "nope"})
    error = refusal(make)

    assert (error.code, error.field, error.value) == ("unknown_choice", f"{path}.{tag}", "nope")
    assert choices in {None, error.limits}
    assert refusal(place(field, {})[1]).code == "missing"
    assert refusal(place(field, {})[1]).field == path


@pytest.mark.parametrize("description", [Experiment, Run, Network, Function, Budget, Stopping])
def test_unknown_field_is_refused(description):
    error = refusal(lambda: description(**({**RUN} if description is Run else {}), colour="red"))

    assert (error.code, error.field, error.value) == ("unknown_field", "colour", "red")


def test_missing_field_is_refused():
    for field in RUN:
        rest = {name: value for name, value in RUN.items() if name != field}
        assert refusal(lambda rest=rest: Run(**rest)).field == field
        error = refusal(lambda rest=rest: Experiment(runs=[RUN, rest]))
        assert (error.code, error.field) == ("missing", f"runs.1.{field}")


def test_hyperparameter_of_another_rule_is_refused():
    error = refusal(lambda: Run(optimizer={"name": "sgd", "momentum": 0.9}, learning_rate=0.1))

    assert (error.code, error.field, error.value) == ("unknown_field", "optimizer.momentum", 0.9)


@pytest.mark.parametrize(
    ("make", "code", "field", "value", "limits"),
    [
        (lambda: Run(**RUN, batch_size=0), "out_of_range", "batch_size", 0, Interval(1, 60_000)),
        (
            lambda: Experiment(runs=[Run(**RUN, batch_size=301)]),
            "out_of_range",
            "runs.0.batch_size",
            301,
            Interval(1, 300),
        ),
        (
            lambda: Experiment(problem=Function(), runs=[Run(**RUN, batch_size=2)]),
            "out_of_range",
            "runs.0.batch_size",
            2,
            Interval(1, 1),
        ),
        (
            lambda: Run(**{**RUN, "learning_rate": -1}),
            "out_of_range",
            "learning_rate",
            -1,
            LIMITS["learning_rate"],
        ),
        (lambda: Budget(amount=10**9), "out_of_range", "amount", 10**9, LIMITS["epochs"]),
        (lambda: Budget(amount=10_001), "out_of_range", "amount", 10_001, LIMITS["epochs"]),
        (lambda: Budget(amount=10**20), "out_of_range", "amount", 10**20, LIMITS["epochs"]),
        (lambda: Budget(amount=-(10**20)), "out_of_range", "amount", -(10**20), LIMITS["epochs"]),
        (
            lambda: Budget.model_validate_json('{"amount": 99999999999999999999}'),
            "out_of_range",
            "amount",
            99999999999999999999,
            LIMITS["epochs"],
        ),
        (
            lambda: Run(optimizer="nope", learning_rate=0.1),
            "unknown_choice",
            "optimizer",
            "nope",
            tuple(rule.name for rule in RULES),
        ),
        (
            lambda: Experiment(runs=[{"optimizer": "nope", "learning_rate": 0.1}]),
            "unknown_choice",
            "runs.0.optimizer",
            "nope",
            tuple(rule.name for rule in RULES),
        ),
        (lambda: Run(optimizer="adam", learning_rate=0.1), "wrong_type", "optimizer", "adam", ...),
        (
            lambda: Experiment(stopping=Stopping(patience=3), problem=Function()),
            "conflict",
            "stopping.patience",
            3,
            ("problem", "function"),
        ),
        (
            lambda: Experiment(budget={"amount": 10_001}),
            "out_of_range",
            "budget.amount",
            10_001,
            LIMITS["epochs"],
        ),
        (lambda: Network(hidden=[10**6]), "out_of_range", "hidden.0", 10**6, LIMITS["units"]),
        (
            lambda: Experiment(problem={"kind": "network", "hidden": [10**6]}),
            "out_of_range",
            "problem.hidden.0",
            10**6,
            LIMITS["units"],
        ),
        (lambda: Network(hidden=[1] * 5), "wrong_length", "hidden", 5, LIMITS["hidden_layers"]),
        (lambda: Experiment(runs=[]), "wrong_length", "runs", 0, ...),
        (lambda: Experiment(seeds=[]), "wrong_length", "seeds", 0, LIMITS["seeds"]),
        (lambda: Experiment(seeds=[1, 2, 1]), "duplicate", "seeds", (1, 2, 1), None),
        (lambda: Experiment(seeds=range(31)), "wrong_length", "seeds", 31, LIMITS["seeds"]),
        (lambda: Blobs(classes=1), "out_of_range", "classes", 1, LIMITS["classes"]),
        (lambda: TwoMoons(rows=1), "out_of_range", "rows", 1, LIMITS["rows"]),
        (lambda: TwoMoons(rows=10**9), "out_of_range", "rows", 10**9, LIMITS["rows"]),
        (
            lambda: Network(dataset=Blobs(features=784), hidden=[256] * 4, loss="cross_entropy"),
            "out_of_range",
            "parameters",
            784 * 256 + 256 + 3 * 257 * 256 + 257 * 3,
            LIMITS["parameters"],
        ),
        (
            lambda: Network(dataset=Line()),
            "conflict",
            "loss",
            "binary_cross_entropy",
            ("dataset", "line"),
        ),
        (
            lambda: Network(dataset=Blobs(classes=3)),
            "conflict",
            "loss",
            "binary_cross_entropy",
            ("dataset", "blobs"),
        ),
        (
            lambda: Network(dataset=Line(), loss="cross_entropy"),
            "conflict",
            "loss",
            "cross_entropy",
            ("dataset", "line"),
        ),
        (
            lambda: Network(output_activation="sigmoid"),
            "conflict",
            "output_activation",
            "sigmoid",
            ("loss", "binary_cross_entropy"),
        ),
        (
            lambda: Network(standardize_targets=True),
            "conflict",
            "standardize_targets",
            True,
            ("dataset", "two_moons"),
        ),
        (
            lambda: Experiment(problem={"kind": "network", "standardize_targets": True}),
            "conflict",
            "problem.standardize_targets",
            True,
            ("dataset", "two_moons"),
        ),
        (
            lambda: Network(hidden=[], start=[1.0, 2.0]),
            "wrong_length",
            "start",
            (1.0, 2.0),
            Interval(3, 3),
        ),
        (
            lambda: Experiment(stopping=Stopping(patience=3), problem=Network(validation_share=0)),
            "conflict",
            "stopping.patience",
            3,
            ("validation_share", 0.0),
        ),
        (
            lambda: Experiment(
                stopping=Stopping(patience=3),
                problem=Network(dataset=SingleRow(), loss="mean_squared_error"),
                runs=[Run(**RUN, batch_size=1)],
            ),
            "conflict",
            "stopping.patience",
            3,
            ("validation_share", 0.25),
        ),
    ],
)
def test_refusal_carries_code_field_value_and_limits(make, code, field, value, limits):
    error = refusal(make)

    assert (error.code, error.field, error.value) == (code, field, value)
    if limits is not ...:
        assert error.limits == limits


def test_a_broken_part_of_a_valid_object_is_seen_again():
    """An instance changed behind the back of its validation does not pass as a part."""
    broken = Network().model_copy(update={"l2": -1.0})

    assert refusal(lambda: Experiment(problem=broken)).field == "problem.l2"


def test_fields_cannot_be_changed():
    experiment = Experiment()

    for description, field in (
        (experiment, "data_seed"),
        (experiment.problem, "l2"),
        (experiment.runs[0], "learning_rate"),
        (experiment.budget, "amount"),
        (experiment.stopping, "patience"),
    ):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(description, field, 1)


# The tables agree


def test_names_of_losses_and_activations_are_those_of_the_registries():
    assert LossName.__args__ == tuple(LOSSES)
    assert ActivationName.__args__ == tuple(ACTIVATIONS)


def test_an_experiment_without_runs_has_the_seven_of_format_1():
    """Written out: later defaults of these rules, and later rules, change nothing here."""
    assert [vars(run.optimizer) | {"rate": run.learning_rate} for run in Experiment().runs] == [
        {"name": "sgd", "rate": 2.0},
        {"name": "momentum", "momentum": 0.9, "rate": 0.1},
        {"name": "nesterov", "momentum": 0.9, "rate": 0.1},
        {"name": "adagrad", "epsilon": 1e-10, "rate": 0.5},
        {"name": "rmsprop", "decay": 0.9, "epsilon": 1e-8, "rate": 0.01},
        {"name": "adam", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "rate": 0.05},
        {
            "name": "adamw",
            "beta1": 0.9,
            "beta2": 0.999,
            "epsilon": 1e-8,
            "weight_decay": 0.01,
            "rate": 0.05,
        },
    ]
    assert {run.batch_size for run in Experiment().runs} == {32}


@pytest.mark.parametrize(("rows", "size"), [(31, "all"), (32, 32)])
def test_where_rows_are_fewer_than_a_batch_the_runs_of_format_1_take_all(rows, size):
    problem = Network(dataset=TwoMoons(rows=rows), validation_share=0.0)

    assert {run.batch_size for run in Experiment(problem=problem).runs} == {size}


# JSON


@UNTRACED
@examples(80)
@given(experiments())
def test_json_there_and_back(experiment):
    again = Experiment.model_validate_json(experiment.model_dump_json())

    assert again == experiment
    assert hash(again) == hash(experiment)
    assert again.key == experiment.key
    assert (
        Experiment.model_validate_json(json.dumps(json.loads(experiment.key)["experiment"]))
        == again
    )
    assert Experiment.model_validate(experiment) == experiment
    assert Experiment.model_validate(experiment.model_dump()) == experiment


@UNTRACED
@settings(max_examples=30)
@given(experiments(), experiments())
def test_equal_experiments_and_only_they_have_equal_keys(one, other):
    assert (one == other) == (one.key == other.key)


def test_equal_numbers_have_equal_keys():
    """An integer for a float, or the other zero, is no other experiment."""
    runs = [Run(optimizer=Momentum(momentum=0), learning_rate=1, batch_size=1)]
    same = [Run(optimizer=Momentum(momentum=-0.0), learning_rate=1.0, batch_size=1)]

    one = Experiment(runs=runs, problem=Function(start=(0, -0.0)))
    other = Experiment(runs=same, problem=Function(start=(-0.0, 0)))

    assert one == other
    assert one.key == other.key


def test_key_is_canonical_and_stable():
    """Recorded once; a change means that links, files and caches of this format no longer fit."""
    experiment = Experiment(
        problem=Function(), runs=[Run(optimizer=Adam(), learning_rate=0.1, batch_size=1)]
    )

    assert experiment.key == (
        '{"experiment":{"budget":{"amount":60,"unit":"epochs"},"data_seed":0,"problem":{"function":'
        '{"name":"ravine"},"kind":"function","noise":0.0,"noise_seed":0,"start":null},'
        '"record_every":null,"runs":[{"batch_size":1,"last_batch":"kept","learning_rate":0.1,'
        '"optimizer":{"beta1":0.9,"beta2":0.999,"epsilon":1e-08,"name":"adam"},'
        '"sampling":"shuffled"}],"seeds":[0],"stopping":{"gradient_norm":null,'
        '"patience":null,"target_loss":null}},"format":1}'
    )


def test_the_default_schedule_may_be_given_and_stays_out_of_json_and_key():
    """What was made before there were schedules is bit for bit the same."""
    run = {"optimizer": {"name": "adam"}, "learning_rate": 0.1, "batch_size": 1}
    plain = Experiment(runs=[run])
    given = Experiment(runs=[{**run, "schedule": {"name": "constant"}}])

    assert given == plain
    assert hash(given) == hash(plain)
    assert given.runs[0].schedule == Constant()
    assert given.key == plain.key
    assert "schedule" not in given.key + given.model_dump_json() + repr(given.model_dump())
    assert Experiment.model_validate(given.model_dump()) == given


def test_another_schedule_goes_into_json_and_key():
    run = Run(optimizer=SGD(), learning_rate=0.1)
    scheduled = run_of(SGD(), 0.1, Listed((1.0, 0.5)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is not registered
        written = scheduled.model_dump(mode="json")

    assert written.keys() - run.model_dump().keys() == {"schedule"}
    assert written["schedule"]["name"] == "listed"


@pytest.mark.parametrize(
    ("value", "code", "field"),
    [
        ({"name": "spiral"}, "unknown_choice", "schedule.name"),
        ({"name": "constant", "end": 0.1}, "unknown_field", "schedule.end"),
        ("constant", "wrong_type", "schedule"),
        (None, "wrong_type", "schedule"),
    ],
)
def test_a_schedule_that_there_is_not_is_refused(value, code, field):
    error = refusal(lambda: Run(optimizer=SGD(), learning_rate=0.1, schedule=value))

    assert (error.code, error.field) == (code, field)


def test_every_schedule_is_registered():
    written = {kind for kind in Schedule.__subclasses__() if kind.__module__.startswith("engine.")}

    assert written == set(SCHEDULES)
    assert len({kind().name for kind in SCHEDULES}) == len(SCHEDULES) == 12


def test_two_rules_with_equal_fields_have_two_keys():
    run = {"learning_rate": 0.1, "batch_size": 8}
    momentum = Experiment(runs=[{**run, "optimizer": {"name": "momentum", "momentum": 0.9}}])
    nesterov = Experiment(runs=[{**run, "optimizer": {"name": "nesterov", "momentum": 0.9}}])

    assert momentum != nesterov
    assert momentum.key != nesterov.key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'seeds': [1]}",
        "[" * 100_000,
        b"\xff\xfe",
        "\ud800",
        '{"seeds": [1' + "0" * 10_000 + "]}",
        "{}{}",
        "# comment",
    ],
    ids=lambda text: repr(text)[:20],
)
def test_what_is_no_json_is_refused(text):
    error = refusal(lambda: Experiment.model_validate_json(text))

    assert (error.code, error.field) == ("not_json", "")
    assert len(error.value) <= 80


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("[]", "wrong_type", ""),
        ("null", "wrong_type", ""),
        ("NaN", "wrong_type", ""),
        ('{"seeds": [NaN]}', "not_finite", "seeds.0"),
        ('{"stopping": {"target_loss": -Infinity}}', "not_finite", "stopping.target_loss"),
        ('{"seeds": [1e999]}', "not_finite", "seeds.0"),
        ('{"budget": {"amount": 1}, "budget": {"amount": 7}}', "duplicate_key", "budget"),
        ('{"budget": {"amount": 1, "amount": 1}}', "duplicate_key", "amount"),
        ('"x"', "wrong_type", ""),
        ("3", "wrong_type", ""),
        ('{"colour": 1}', "unknown_field", "colour"),
        ('{"problem": {"kind": "network", "colour": 1}}', "unknown_field", "problem.colour"),
        ('{"data_seed": 1e999}', "not_finite", "data_seed"),
        ('{"data_seed": true}', "wrong_type", "data_seed"),
        ('{"data_seed": 1.0}', "wrong_type", "data_seed"),
        ('{"data_seed": "1"}', "wrong_type", "data_seed"),
        ('{"runs": {"0": 1}}', "wrong_type", "runs"),
        ('{"runs": [{"optimizer": {"name": "adam"}}]}', "missing", "runs.0.learning_rate"),
        ('{"seeds": []}', "wrong_length", "seeds"),
    ],
)
def test_json_of_something_else_is_refused(text, code, field):
    error = refusal(lambda: Experiment.model_validate_json(text))

    assert (error.code, error.field) == (code, field)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def accepted_or_refused(tree):
    """The experiment, or the code of its refusal."""
    try:
        return Experiment.model_validate(tree)
    except InvalidInput as error:
        return error.code


@UNTRACED
@examples(60)
@given(experiments(), st.data())
def test_any_value_anywhere_is_accepted_or_refused_and_nothing_else(experiment, data):
    """Replace one node of valid JSON by anything: an experiment comes out, or one kind of error."""
    tree = json.loads(experiment.model_dump_json())
    node = tree
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        deeper = isinstance(node[key], (dict, list)) and node[key] and data.draw(st.booleans())
        if not deeper:
            break
        node = node[key]
    node[key] = data.draw(JSON)

    actual = accepted_or_refused(tree)

    if isinstance(actual, Experiment):
        assert Experiment.model_validate_json(actual.model_dump_json()) == actual
    else:
        assert actual in errors.CODES


# Sweeps


def test_a_sweep_has_every_run_at_every_rate_and_runs_that_differ_in_it_alone_once():
    runs = [
        Run(optimizer=Adam(beta1=0.5), learning_rate=0.1, batch_size=8),
        Run(optimizer=SGD(), learning_rate=0.2, batch_size=4),
        Run(optimizer=Adam(), learning_rate=0.3, batch_size=8),
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=4),
    ]
    experiment = Experiment(runs=runs, budget=Budget(amount=2), seeds=(1, 2), data_seed=3)

    sweep = rate_sweep(experiment, (0.01, 0.1))

    assert [(run.optimizer, run.learning_rate, run.batch_size) for run in sweep.runs] == [
        (Adam(beta1=0.5), 0.01, 8),
        (Adam(beta1=0.5), 0.1, 8),
        (SGD(), 0.01, 4),
        (SGD(), 0.1, 4),
        (Adam(), 0.01, 8),
        (Adam(), 0.1, 8),
    ]
    others = {"runs": None}
    assert sweep.model_dump() | others == experiment.model_dump() | others


def test_a_run_of_a_sweep_is_bit_equal_to_the_same_run_alone():
    experiment = Experiment(
        problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)),
        runs=[Run(optimizer=rule(), learning_rate=1, batch_size=9) for rule in (Adam, SGD)],
        budget=Budget(amount=2),
    )
    rates = tuple(10.0**power for power in range(-6, 7))

    swept = fit(rate_sweep(experiment, rates)).runs

    for position, (rule, rate) in enumerate(itertools.product((Adam, SGD), rates)):
        run = Run(optimizer=rule(), learning_rate=rate, batch_size=9)
        alone = fit(experiment.model_copy(update={"runs": (run,)})).runs[0]
        assert swept[position].digest() == alone.digest()


def test_a_sweep_is_limited_in_lanes():
    experiment = Experiment(seeds=range(30))
    too_many = tuple(1e-3 + i * 1e-6 for i in range(10))

    error = refusal(lambda: rate_sweep(experiment, too_many))

    assert (error.code, error.field, error.value) == ("out_of_range", "runs", 2100)
    assert error.limits == LIMITS["lanes"]
    assert refusal(lambda: rate_sweep(experiment, (0.1, -1.0))).field == "runs.1.learning_rate"
    for rates in ((), range(10**9)):
        error = refusal(lambda rates=rates: rate_sweep(experiment, rates))
        assert (error.code, error.field, error.value) == ("wrong_length", "rates", len(rates))
    assert refusal(lambda: rate_sweep(experiment, 0.1)).code == "wrong_type"


# Numbers that follow from a description


def test_sizes_are_known_without_data():
    network = Network(dataset=BreastCancer(), validation_share=0.25, hidden=(5,))

    assert network.training_rows == 427
    assert network.layout.units == (30, 5, 1)
    assert network.n_params == 31 * 5 + 6
    assert Function().n_params == 2
    assert Function().training_rows == 1


def test_counts_and_iterations_of_a_run():
    experiment = Experiment(
        runs=[
            {**RUN, "batch_size": 32},
            {**RUN, "batch_size": 32, "last_batch": "dropped"},
            {**RUN, "batch_size": "all"},
        ],
        budget=Budget(amount=3),
    )

    assert [experiment.counts(run).batch_size for run in experiment.runs] == [32, 32, 300]
    assert [experiment.iterations(run) for run in experiment.runs] == [30, 27, 3]


@pytest.mark.parametrize(
    ("changes", "full"),
    [
        ({"batch_size": "all"}, True),
        ({"batch_size": 6}, True),
        ({"batch_size": 5}, False),
        ({"batch_size": 1}, False),
        ({"batch_size": "all", "sampling": "replacement"}, False),
    ],
)
def test_a_run_is_full_batch_where_every_update_has_every_row_once(changes, full):
    problem = Network(dataset=Line(rows=8), loss="mean_squared_error", validation_share=0.25)
    run = Run(optimizer=SGD(), learning_rate=0.1, **changes)

    assert Experiment(problem=problem, runs=[run]).is_full_batch(run) is full


@pytest.mark.parametrize(("noise", "full"), [(0.0, True), (0.1, False)])
def test_on_a_function_it_is_so_without_noise(noise, full):
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")

    assert Experiment(problem=Function(noise=noise), runs=[run]).is_full_batch(run) is full
