"""What is shown of a typed rule: two updates by hand, first directions, likenesses."""

import numpy as np
import pytest

from engine import rules as house
from engine.analysis.proofs import SAME, SIZES, first_directions, likenesses, two_updates
from engine.rules import typed_rule
from tests.engine.rules import own


def rule(text, **constants):
    return typed_rule("Mine", text)(**constants)


def test_two_updates_of_momentum_are_those_by_hand():
    first, second = two_updates(rule(own.MOMENTUM))

    assert first.gradient.tolist() == [0.5, -2.0]
    assert first.before["v"].tolist() == [0.0, 0.0]
    assert first.lines["v"].tolist() == first.lines["direction"].tolist() == [0.5, -2.0]
    assert second.gradient.tolist() == [1.0, 0.0]
    assert second.before["v"].tolist() == [0.5, -2.0]
    np.testing.assert_allclose(second.lines["direction"], [0.9 * 0.5 + 1, 0.9 * -2])


def test_the_second_update_is_where_the_first_one_led():
    first, second = two_updates(rule("direction = params*g"))

    assert first.lines["direction"].tolist() == [0.5, 2.0]
    assert second.lines["direction"].tolist() == [0.5, -0.0]


def test_a_line_of_one_number_is_that_for_both_parameters():
    first, _ = two_updates(rule("c = 1 - 0.5^t\ndirection = g*c"))

    assert first.lines["c"].tolist() == [0.5, 0.5]


def test_first_directions_show_that_adam_forgets_sizes_and_sgd_does_not():
    assert first_directions(rule(own.SGD)) == list(SIZES)
    adam = first_directions(rule(own.ADAM))
    assert adam[0] == 0
    np.testing.assert_allclose(adam[-3:], 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "kind", "shared"),
    [
        (own.SGD, house.SGD, ()),
        (own.MOMENTUM, house.Momentum, ("momentum",)),
        (own.RMSPROP, house.RMSprop, ("decay", "epsilon")),
        (own.ADAM, house.Adam, ("beta1", "beta2", "epsilon")),
        (own.ADABELIEF, house.AdaBelief, ("beta1", "beta2", "epsilon")),
    ],
)
def test_a_rule_that_is_built_in_is_recognised(text, kind, shared):
    (found,) = likenesses(rule(text))

    assert type(found.rule) is kind
    assert found.shared == shared
    assert found.is_same
    assert found.difference <= SAME


def test_constants_of_equal_names_are_compared_at_equal_values():
    (found,) = likenesses(rule(own.ADAM, beta1=0.5))

    assert found.is_same
    assert found.rule.beta1 == 0.5


def test_adam_with_the_wrong_correction_parts_from_adam_at_once_by_a_length():
    mistaken = own.ADAM.replace("sqrt(v/(1 - beta2^t))", "sqrt(v/(1 - beta1^t))")
    (found,) = likenesses(rule(mistaken))

    assert (type(found.rule), found.is_same, found.parts_at) == (house.Adam, False, (1, 0))
    assert found.points_the_same_way
    np.testing.assert_allclose(np.abs(found.directions), [10, 1], rtol=1e-6)


def test_a_rule_that_parts_late_is_told_from_when_on():
    late = "momentum = 0.9 in [0, 1)\nv = momentum*v + g*min(1, 20/t)\ndirection = v"
    (found,) = likenesses(rule(late))

    assert type(found.rule) is house.Momentum
    assert found.parts_at[0] == 21


@pytest.mark.parametrize(
    "text",
    [
        own.MANY,
        "direction = -10000*g",
        "direction = g^9",
        "direction = 0*g",
        "direction = params/t",
    ],
)
def test_any_rule_has_a_likeness(text):
    found = likenesses(rule(text))

    assert len(found) == 1
    assert found[0].difference >= 0
    assert found[0].parts_at is not None
    assert len(found[0].directions) == 2


def test_the_stream_ends_before_a_rule_that_diverges_is_not_finite():
    (found,) = likenesses(rule("direction = exp(abs(g)) - 1"))

    assert np.isfinite(found.directions).all()
