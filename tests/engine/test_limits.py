"""Intervals, lengths and the one table of limits."""

import math
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Interval, InvalidInput
from engine.limits import Length
from engine.spec import Spec

CLOSED, OPEN = Interval(0, 1), Interval(0, 1, open_low=True, open_high=True)


class Holder(Spec):
    """Stands for any description."""

    share: Annotated[float, Interval(0, 1, open_high=True)] = 0.5
    count: Annotated[int, Interval(1, 10)] = 1
    counts: Annotated[tuple[int, ...], Length(Interval(1, 3))] = (1,)


def test_an_infinite_end_is_no_bound():
    """Where something else decides, that names its limit, not the integers of a machine."""

    class Anything(Spec):
        number: Annotated[int, Interval(-math.inf, math.inf)] = 0

    for number in (10**30, -(10**30)):
        assert Anything(number=number).number == number
    for wrong in (True, 1.0, "1", math.inf):
        with pytest.raises(InvalidInput) as caught:
            Anything(number=wrong)
        assert (caught.value.code, caught.value.limits) == ("wrong_type", "integer")


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (CLOSED, "[0, 1]"),
        (OPEN, "(0, 1)"),
        (Interval(0, 1, open_high=True), "[0, 1)"),
        (Interval(1e-8, 1e7), "[1e-08, 1e+07]"),
    ],
)
def test_interval_is_written_as_in_mathematics(interval, text):
    assert str(interval) == text


def test_ends_belong_to_a_closed_interval_only():
    assert 0 in CLOSED
    assert 1 in CLOSED
    assert 0 not in OPEN
    assert 1 not in OPEN
    assert 0.5 in OPEN


@given(st.floats())
def test_membership_is_that_of_numbers(value):
    assert (value in CLOSED) == (not math.isnan(value) and 0 <= value <= 1)
    assert (value in OPEN) == (not math.isnan(value) and 0 < value < 1)


def refusal(**fields):
    """The code with which a field is refused; None where it is accepted."""
    try:
        Holder(**fields)
    except InvalidInput as error:
        return error.code
    return None


@given(st.floats())
def test_a_field_accepts_exactly_its_interval(value):
    outside = "out_of_range" if math.isfinite(value) else "not_finite"

    assert refusal(share=value) == (None if 0 <= value < 1 else outside)


@given(st.integers())
def test_an_integer_field_accepts_exactly_its_interval(value):
    assert refusal(count=value) == (None if 1 <= value <= 10 else "out_of_range")


def test_numbers_keep_their_type():
    assert type(Holder(share=0).share) is float
    assert type(Holder(count=3).count) is int


@pytest.mark.parametrize(
    ("items", "fits"), [([], False), ([1], True), ([1, 2, 3], True), ([1] * 4, False)]
)
def test_length(items, fits):
    if fits:
        assert Holder(counts=items).counts == tuple(items)
        return
    with pytest.raises(InvalidInput) as caught:
        Holder(counts=items)
    assert (caught.value.code, caught.value.value) == ("wrong_length", len(items))
    assert caught.value.limits == Interval(1, 3)


def test_more_items_than_a_machine_can_count_are_too_many():
    assert refusal(counts=range(10**30)) == "wrong_length"
