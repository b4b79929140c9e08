"""The rules: what all must do, what each does first and in the limit, and what others answer."""

import tracemalloc
from dataclasses import FrozenInstanceError, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import InvalidInput, minimize
from engine.limits import Interval
from engine.problems.functions import Bowl, Ravine, Rosenbrock
from engine.rules import (
    RULES,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    AnyRule,
    Momentum,
    Nesterov,
    RMSprop,
    Rule,
    TypedRule,
    choices,
    hyperparameters,
    stack,
    structure,
    validated,
)
from tests.engine.contract import directions, ends, follow, run_of, take, updates_of
from tests.engine.rules.facts import facts
from tests.reference.gradient_stream import LEARNING_RATE, SHA256, START, fingerprint, gradients
from tests.strategies import rules

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

EVERY_RULE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
EVERY_FIELD = pytest.mark.parametrize(
    ("rule", "field"),
    [(rule, field) for rule in RULES for field in hyperparameters(rule)],
    ids=lambda v: v if isinstance(v, str) else v.name,
)
BY_HAND = [rule for rule in RULES if facts(rule).by_hand]
ON_STREAM = [rule for rule in RULES if facts(rule).on_stream]
ON_RAVINE = [rule for rule in RULES if facts(rule).on_ravine]


# What other libraries answer


def test_the_stream_is_the_recorded_one():
    assert fingerprint(gradients()) == SHA256


@pytest.mark.parametrize("rule", ON_STREAM, ids=lambda rule: rule.name)
def test_fixed_stream_as_in_another_library(rule):
    answer = facts(rule).on_stream

    actual = follow([answer.rule], gradients()[:, None], [START], LEARNING_RATE)

    for step, expected in answer.params.items():
        np.testing.assert_allclose(actual[step, 0], expected, rtol=1e-13, atol=0, err_msg=str(step))


@pytest.mark.parametrize("rule", ON_RAVINE, ids=lambda rule: rule.name)
def test_closed_loop_on_a_ravine_as_in_another_library(rule):
    answer = facts(rule).on_ravine
    steps = len(answer.iterates) - 1

    actual = minimize(Ravine().gradient, [-7.0, 2.0], answer.rule, answer.learning_rate, steps)

    np.testing.assert_allclose(actual, answer.iterates, rtol=1e-12, atol=0)


# Contract


def test_every_rule_has_its_file_of_facts_and_no_other_is_there():
    files = {path.stem for path in (Path(__file__).parent / "data").glob("*.py")}

    assert files == {rule.name for rule in RULES}


def another(rule, field):
    """A value that is not the default."""
    default = getattr(rule(), field)
    if field in choices(rule):
        return next(word for word in choices(rule)[field] if word != default)
    if isinstance(default, int):
        return default + 1
    return 0.5 if default != 0.5 else 0.25


def subclasses(cls):
    return {s for direct in cls.__subclasses__() for s in {direct, *subclasses(direct)}}


def test_every_rule_is_registered_and_in_the_union():
    written = {rule for rule in subclasses(Rule) if "engine.rules." in rule.__module__}
    written -= {TypedRule, *subclasses(TypedRule)}  # which readers write

    assert written == set(RULES)
    assert get_args(get_args(AnyRule)[0]) == RULES


def test_no_rule_inherits_from_a_rule():
    assert {rule.__bases__ for rule in RULES} == {(Rule,)}


def test_ids_and_titles_are_unique():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert len({rule.title for rule in RULES}) == len(RULES)


@EVERY_RULE
def test_rule_is_frozen_hashable_and_equal_by_value(rule):
    assert rule() == rule()
    assert hash(rule()) == hash(rule())
    for field in (*hyperparameters(rule), *choices(rule)):
        with pytest.raises(FrozenInstanceError):
            setattr(rule(), field, another(rule, field))
        assert replace(rule(), **{field: another(rule, field)}) != rule()


def test_rules_of_two_classes_differ_even_with_equal_fields():
    assert Momentum(momentum=0.9) != Nesterov(momentum=0.9)


@EVERY_RULE
def test_every_field_but_the_name_is_a_choice_or_has_an_interval_and_a_legal_default(rule):
    actual, words = hyperparameters(rule), choices(rule)

    assert {*actual, *words, "name"} == {field.name for field in fields(rule)}
    for name, options in words.items():
        assert getattr(rule(), name) in options
    for name, interval in actual.items():
        assert isinstance(interval, Interval)
        assert getattr(rule(), name) in interval
        assert interval.symbol


@EVERY_RULE
def test_symbol_of_every_hyperparameter_and_the_direction_stand_in_the_formula(rule):
    assert all(interval.symbol in rule.formula for interval in hyperparameters(rule).values())
    assert "d_t =" in rule.formula
    assert rule.source


@EVERY_RULE
def test_docstring_explains_every_hyperparameter_and_names_the_source(rule):
    assert all(f"{name}:" in rule.__doc__ for name in (*hyperparameters(rule), *choices(rule)))
    assert "Source:" in rule.__doc__
    assert "d_t" in rule.__doc__


@EVERY_RULE
def test_zero_gradient_gives_zero_direction_from_zero_state(rule):
    assert not directions(rule(), np.zeros((5, 3))).any()


@EVERY_RULE
def test_first_step_goes_downhill(rule):
    """SOAP takes none at all."""
    stream = np.array([[1e-3, -2.0, 50.0]])

    assert (directions(rule(), stream) * stream >= 0).all()


@UNTRACED
@given(st.lists(rules(), min_size=1, max_size=6), st.integers(0, 100))
def test_stacked_lanes_are_bit_equal_to_solo_lanes(mixture, seed):
    mixture.sort(key=lambda rule: RULES.index(type(rule)))
    rng = np.random.default_rng(seed)
    start = rng.normal(size=(len(mixture), 3)) * 10.0 ** rng.integers(-6, 3, (len(mixture), 1))

    together = start.copy()
    take(updates_of([run_of(rule) for rule in mixture], together), 6)

    for lane, rule in enumerate(mixture):
        single = start[lane : lane + 1].copy()
        take(updates_of([run_of(rule)], single), 6)
        assert np.array_equal(together[lane], single[0], equal_nan=True)


def real_numbers(rule):
    """The hyperparameters that become columns."""
    return [name for name in hyperparameters(rule) if isinstance(getattr(rule(), name), float)]


@EVERY_RULE
def test_stack_makes_a_column_per_real_hyperparameter_or_one_number_that_all_share(rule):
    for name in real_numbers(rule):
        single, other = rule(), replace(rule(), **{name: another(rule, name)})
        columns = stack([single, other, single])

        assert type(columns) is rule
        assert getattr(columns, name).tolist() == [
            [getattr(single, name)],
            [another(rule, name)],
            [getattr(single, name)],
        ]
        assert all(
            getattr(columns, shared).tolist() == [[getattr(single, shared)]]
            for shared in real_numbers(rule)
            if shared != name
        )


@EVERY_RULE
def test_choices_and_whole_numbers_part_lanes_and_stay_as_they_are_in_a_stack(rule):
    for name in {*hyperparameters(rule), *choices(rule)} - set(real_numbers(rule)):
        other = replace(rule(), **{name: another(rule, name)})

        assert structure(other) != structure(rule())
        assert getattr(stack([other, other]), name) == getattr(other, name)
    assert structure(rule()) == structure(rule())


def without_decay(rule):
    """Weight decay pulls away from a minimum that is not zero."""
    return rule(weight_decay=0.0) if "weight_decay" in hyperparameters(rule) else rule()


@EVERY_RULE
def test_first_direction_has_closed_form(rule):
    assert directions(rule(), np.ones((1, 1)))[0, 0] == pytest.approx(facts(rule).first, rel=1e-6)


@EVERY_RULE
def test_solves_a_bowl(rule):
    rate, steps = facts(rule).bowl
    bowl = Bowl(condition=10)

    path = minimize(bowl.gradient, [-3.0, 2.0], rule(), rate, steps, hessian=bowl.hessian)

    assert np.abs(path[-1]).max() < 0.01


@UNTRACED
@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if facts(rule).rosenbrock], ids=lambda rule: rule.name
)
def test_solves_rosenbrock(rule):
    rate, steps = facts(rule).rosenbrock
    gradient, hessian = Rosenbrock().gradient, Rosenbrock().hessian

    path = minimize(gradient, [-1.2, 1.0], without_decay(rule), rate, steps, hessian=hessian)

    np.testing.assert_allclose(path[-1], [1, 1], atol=0.01)


@EVERY_FIELD
def test_value_outside_its_interval_is_refused_by_name(rule, field):
    interval = hyperparameters(rule)[field]
    outside = [interval.low - 0.1, interval.high + 0.1, float("nan"), float("inf"), -float("inf")]
    outside += [interval.low] * interval.open_low + [interval.high] * interval.open_high
    for value in [*outside, True, "0.5", None, [0.5], 1j]:
        with pytest.raises(InvalidInput) as caught:
            validated(rule(**{field: value}))
        assert caught.value.field == field
        assert repr(caught.value.value) == repr(value)


@EVERY_FIELD
def test_ends_of_the_interval_are_accepted_where_closed_and_else_the_numbers_next_to_them(
    rule, field
):
    interval = hyperparameters(rule)[field]
    low, high = interval.low, interval.high
    low = float(np.nextafter(low, high)) if interval.open_low else low
    high = float(np.nextafter(high, low)) if interval.open_high else high

    for end in (low, high):
        assert getattr(validated(rule(**{field: end})), field) == end


# Closed forms

STEEP = np.array([[1e-4, -0.3, 7.0, -2e3]])


def test_sgd_is_the_gradient():
    assert np.array_equal(directions(SGD(), STEEP), STEEP)


@pytest.mark.parametrize("rule", [Momentum(), Momentum(momentum=0.5)])
def test_first_step_of_momentum_is_the_gradient(rule):
    assert np.array_equal(directions(rule, STEEP), STEEP)


def test_first_step_of_nesterov_is_the_gradient_and_its_share():
    actual = directions(Nesterov(momentum=0.9), STEEP)

    np.testing.assert_allclose(actual, 1.9 * STEEP, rtol=1e-15)


@pytest.mark.parametrize("rule", [Adagrad(epsilon=1e-16), Adam(epsilon=1e-16)])
def test_first_step_of_adagrad_and_adam_is_the_sign(rule):
    np.testing.assert_allclose(directions(rule, STEEP), np.sign(STEEP), rtol=1e-11)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.99])
def test_first_step_of_rmsprop_is_the_sign_over_the_root_of_what_is_new(decay):
    actual = directions(RMSprop(decay=decay, epsilon=1e-16), STEEP)

    np.testing.assert_allclose(actual, np.sign(STEEP) / np.sqrt(1 - decay), rtol=1e-11)


@pytest.mark.parametrize("rule", [Momentum(momentum=0.9), Nesterov(momentum=0.9)])
def test_constant_gradient_drives_momentum_to_ten_times_it(rule):
    actual = directions(rule, np.full((400, 1), 0.7))

    assert actual[-1, 0] == pytest.approx(7.0, rel=1e-12)


def test_constant_gradient_gives_adagrad_one_over_root_of_step():
    actual = directions(Adagrad(), np.full((100, 1), -3.0))

    np.testing.assert_allclose(actual[:, 0], -1 / np.sqrt(np.arange(1, 101)), rtol=1e-9)


def test_constant_gradient_drives_rmsprop_to_the_sign():
    assert directions(RMSprop(), np.full((500, 1), -3.0))[-1, 0] == pytest.approx(-1, rel=1e-8)


def test_constant_gradient_gives_adam_the_sign_at_every_step():
    actual = directions(Adam(), np.full((3000, 1), -3.0))

    np.testing.assert_allclose(actual, -1, rtol=1e-8)


@pytest.mark.parametrize("rule", [Momentum(momentum=0.0), Nesterov(momentum=0.0)])
def test_no_momentum_is_sgd(rule):
    stream = np.random.default_rng(2).normal(size=(10, 4))

    assert np.array_equal(directions(rule, stream), directions(SGD(), stream))


def test_adam_without_beta1_is_rmsprop_with_corrected_start():
    stream = np.random.default_rng(3).normal(size=(50, 4))
    steps = np.arange(1, 51)[:, None]

    actual = directions(Adam(beta1=0.0, beta2=0.9, epsilon=1e-16), stream)

    expected = directions(RMSprop(decay=0.9, epsilon=1e-16), stream) * np.sqrt(1 - 0.9**steps)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


def test_adamw_without_decay_is_adam():
    stream = np.random.default_rng(4).normal(size=(30, 2, 4))
    start = np.ones((2, 4))

    actual = follow([AdamW(weight_decay=0.0)] * 2, stream, start, 0.1)

    assert np.array_equal(actual, follow([Adam()] * 2, stream, start, 0.1))


def test_decay_of_adamw_shrinks_parameters_by_its_share_alone():
    """Without gradients nothing else moves: theta (1 - rate x decay)^t."""
    actual = follow([AdamW(weight_decay=0.1)], np.zeros((20, 1, 1)), [[5.0]], 0.5)

    np.testing.assert_allclose(actual[:, 0, 0], 5 * 0.95 ** np.arange(21), rtol=1e-14)


def test_adamw_is_not_adam_on_a_loss_with_l2():
    """Inside the gradient a decay is divided by its own size: here it does nothing at all."""
    gradient, l2 = Ravine().gradient, 0.01
    start = [-7.0, 2.0]

    plain = minimize(gradient, start, Adam(), 0.3, 10)
    inside = minimize(lambda points: gradient(points) + l2 * points, start, Adam(), 0.3, 10)
    decoupled = minimize(gradient, start, AdamW(weight_decay=l2), 0.3, 10)

    np.testing.assert_allclose(inside, plain, rtol=1e-6)
    assert np.abs(decoupled[-1] - plain[-1]).max() > 0.01


@pytest.mark.parametrize(
    "rule", [Adagrad(epsilon=1e-16), RMSprop(epsilon=1e-16), Adam(epsilon=1e-16)]
)
def test_scale_of_the_gradient_does_not_matter_as_epsilon_vanishes(rule):
    stream = np.random.default_rng(5).normal(size=(40, 6))

    actual = directions(rule, 1000 * stream)

    np.testing.assert_allclose(actual, directions(rule, stream), rtol=1e-9)


@pytest.mark.parametrize("rule", [Adagrad, RMSprop, Adam])
def test_epsilon_stands_outside_the_root_and_damps_tiny_gradients(rule):
    """With g = epsilon at first the root is g: half of the undamped step is left."""
    tiny = np.array([[1e-8]])

    damped = directions(rule(epsilon=1e-8), tiny)
    free = directions(rule(epsilon=1e-16), tiny)

    root = {Adagrad: 1.0, RMSprop: np.sqrt(0.1), Adam: 1.0}[rule]
    assert damped[0, 0] / free[0, 0] == pytest.approx(root / (root + 1), rel=1e-6)


# One slow oracle: the papers' formulas in plain Python numbers, one file per rule


@given(rules(BY_HAND))
def test_ten_steps_by_hand(rule):
    stream = 10 ** np.random.default_rng(6).uniform(-6, 3, size=10)

    actual = directions(rule, stream[:, None])[:, 0]

    expected = list(facts(type(rule)).by_hand(rule, stream.tolist()))
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


@pytest.mark.parametrize("rule", BY_HAND, ids=lambda rule: rule.name)
def test_fixed_stream_at_the_ends_of_every_interval_with_more_digits(rule):
    """There 1 - beta^t is exact, so that nothing is lost but the last digits of sums.

    Differences of gradients are of gradients from 1 to 1.5, for they would keep the last digits of
    the largest one.
    """
    lanes = ends(rule)
    stream = gradients()
    if facts(rule).differs:
        stream = 1.25 + np.arctan(stream) / (2 * np.pi)
    stream = np.repeat(stream[:, None], len(lanes), axis=1)
    columns = stack(lanes)
    precise = {name: np.longdouble(getattr(columns, name)) for name in real_numbers(rule)}

    actual = follow(lanes, stream, [START] * len(lanes), 0.01)

    params = np.tile(np.longdouble(START), (len(lanes), 1))
    by_rule = facts(rule).by_hand(replace(columns, **precise), stream.astype(np.longdouble))
    for step, direction in enumerate(by_rule, start=1):
        params -= np.longdouble(0.01) * (direction + precise.get("weight_decay", 0) * params)
        np.testing.assert_allclose(actual[step], params, rtol=1e-13, atol=1e-13, err_msg=str(step))


# A steep slope, then a flat one: the mean square must forget the first at once.
CLIFF = np.array([[100.0], [5e-7]])


@pytest.mark.parametrize(
    ("rule", "first", "second"),
    [
        (RMSprop(decay=0.0), 1 / (1 + 1e-10), 1 / 1.02),
        (Adam(beta1=0.0, beta2=0.0), 1 / (1 + 1e-10), 1 / 1.02),
        (AdamW(beta1=0.0, beta2=0.0), 1 / (1 + 1e-10), 1 / 1.02),
        (Adam(beta1=0.9, beta2=0.0), 1 / (1 + 1e-10), (9 + 5e-8) / 0.19 / 5.1e-7),
        (Adam(beta1=0.0, beta2=0.999), 1 / (1 + 1e-10), 5e-7 / (9.99 / 0.001999) ** 0.5),
    ],
)
def test_an_average_that_keeps_nothing_forgets_a_steep_slope(rule, first, second):
    np.testing.assert_allclose(directions(rule, CLIFF)[:, 0], [first, second], rtol=1e-9)


# Schedules: the loop owns the rate


def rate_inside(stream, rates, momentum):
    """Keras and scikit-learn: v = mu v - rate g; params += v."""
    velocity, params = np.zeros(stream.shape[1]), [np.zeros(stream.shape[1])]
    for grads, rate in zip(stream, rates, strict=True):
        velocity = momentum * velocity - rate * grads
        params.append(params[-1] + velocity)
    return np.array(params)


def test_momentum_with_the_rate_inside_is_the_same_path_at_a_constant_rate():
    stream = np.random.default_rng(7).normal(size=(30, 3))

    actual = follow([Momentum()], stream[:, None], np.zeros((1, 3)), 0.1)[:, 0]

    np.testing.assert_allclose(actual, rate_inside(stream, [0.1] * 30, 0.9), rtol=1e-12, atol=1e-13)


def test_momentum_with_the_rate_inside_is_another_path_under_a_schedule():
    stream = np.full((30, 1), 1.0)
    schedule = np.where(np.arange(30) < 15, 0.1, 0.01)

    actual = follow([Momentum()], stream[:, None], np.zeros((1, 1)), schedule)[:, 0]

    # Outside, the velocity of the past is scaled by the new rate too; inside it rolls on.
    velocity = (1 - 0.9 ** np.arange(1, 31)) / 0.1
    np.testing.assert_allclose(actual[1:, 0], -np.cumsum(schedule * velocity), rtol=1e-12)
    assert np.abs(actual - rate_inside(stream, schedule, 0.9)).max() > 1


@pytest.mark.parametrize("rule", BY_HAND, ids=lambda rule: rule.name)
def test_update_is_the_rate_of_this_step_times_the_direction(rule):
    stream = np.random.default_rng(8).normal(size=(12, 4))
    schedule = np.geomspace(1, 1e-3, 12)
    rule = without_decay(rule)

    actual = follow([rule], stream[:, None], np.zeros((1, 4)), schedule)[:, 0]

    updates = np.array([before - after for before, after in pairwise(actual)])
    np.testing.assert_allclose(
        updates, schedule[:, None] * directions(rule, stream), rtol=1e-9, atol=1e-12
    )


# minimize


def test_minimize_returns_every_iterate_step_0_first():
    path = minimize(lambda points: points, [1.0, -2.0, 4.0], SGD(), 0.5, 3)

    assert path.tolist() == [[1, -2, 4], [0.5, -1, 2], [0.25, -0.5, 1], [0.125, -0.25, 0.5]]


def test_minimize_gives_the_gradient_one_lane_and_leaves_the_start():
    shapes, start = [], np.array([1, 2])

    def gradient(points):
        shapes.append(points.shape)
        return points

    minimize(gradient, start, Adam(), 0.1, 2)

    assert shapes == [(1, 2), (1, 2)]
    assert start.tolist() == [1, 2]


def test_minimize_of_no_steps_is_the_start():
    assert minimize(lambda points: points, [1.0], SGD(), 0.5, 0).tolist() == [[1.0]]


def test_minimize_follows_a_diverging_path_silently():
    path = minimize(Rosenbrock().gradient, [-1.2, 1.0], SGD(), 1.0, 30)

    assert np.isfinite(path[3]).all()
    assert not np.isfinite(path[-1]).any()


@pytest.mark.parametrize(
    ("optimizer", "rate", "field"),
    [
        (Adam(beta1=1.0), 0.1, "beta1"),
        (Momentum(momentum=-0.1), 0.1, "momentum"),
        (SGD(), -1.0, "learning_rate"),
        (SGD(), float("nan"), "learning_rate"),
        (SGD(), True, "learning_rate"),
        (Adam(beta1=iter(())), 0.1, "beta1"),
    ],
)
def test_minimize_refuses_what_a_run_would(optimizer, rate, field):
    with pytest.raises(InvalidInput) as caught:
        minimize(lambda points: points, [1.0], optimizer, rate, 3)

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"steps": -1}, "out_of_range"),
        ({"steps": 10**12}, "out_of_range"),
        ({"steps": 1.5}, "wrong_type"),
        ({"steps": "a"}, "wrong_type"),
        ({"steps": None}, "wrong_type"),
        ({"steps": True}, "wrong_type"),
        ({"start": [float("nan")]}, "not_finite"),
        ({"start": [1.0, float("inf")]}, "not_finite"),
        ({"start": []}, "wrong_length"),
        ({"start": range(10**9)}, "wrong_length"),
        ({"start": [[1.0, 2.0]]}, "wrong_type"),
        ({"start": [[1.0], [1.0, 2.0]]}, "wrong_type"),
        ({"start": "abc"}, "wrong_type"),
        ({"start": ["x"]}, "wrong_type"),
        ({"start": None}, "wrong_type"),
        ({"start": 3.0}, "wrong_type"),
        ({"optimizer": SGD}, "unknown_choice"),
        ({"optimizer": "sgd"}, "unknown_choice"),
        ({"optimizer": None}, "unknown_choice"),
    ],
)
def test_minimize_names_what_it_cannot_take(given, code):
    arguments = {"start": [1.0], "optimizer": SGD(), "learning_rate": 0.1, "steps": 3}

    with pytest.raises(InvalidInput) as caught:
        minimize(lambda points: points, **(arguments | given))

    ((field, value),) = given.items()
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.value is value or caught.value.value == len(value)
    assert caught.value.limits is not None


@pytest.mark.parametrize("actual", [1.0, [1.0], [1.0, 2.0], [[1.0]], [[1.0, 2.0, 3.0]]])
def test_minimize_refuses_a_gradient_of_another_shape(actual):
    """NumPy would spread most of these over both parameters."""
    with pytest.raises(InvalidInput) as caught:
        minimize(lambda _points: np.array(actual), [1.0, 2.0], SGD(), 0.1, 3)

    error = caught.value
    assert (error.code, error.field) == ("wrong_type", "gradient")
    assert (error.value, error.limits) == (np.shape(actual), "array (1, 2)")


def test_minimize_refuses_iterates_beyond_the_memory_before_it_allocates():
    tracemalloc.start()
    with pytest.raises(InvalidInput) as caught:
        minimize(lambda points: points, np.zeros(1000), SGD(), 0.1, 10**6)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (caught.value.code, caught.value.field) == ("too_expensive", "bytes")
    assert caught.value.value > caught.value.limits.high
    assert peak < 1e6
