"""Numbers that scores are computed from: infinity is one of them, NaN is refused."""

import numpy as np
import pytest

from engine import Interval, InvalidInput
from engine.analysis.samples import LOSSES, TIMES, pair, sample, table

INF = np.inf


def refusal_of(call, *arguments):
    with pytest.raises(InvalidInput) as caught:
        call(*arguments)
    error = caught.value
    return error.code, error.field, error.value, str(error.limits)


def test_infinity_is_a_value_and_the_numbers_are_a_copy():
    given = np.array([1.0, INF])

    found = sample("losses", given, LOSSES)
    given[0] = 7

    assert found.tolist() == [1, INF]
    assert sample("losses", (1, True + 1), LOSSES).dtype == np.float64


@pytest.mark.parametrize(
    ("values", "code", "field", "value"),
    [
        ([1.0, np.nan], "not_finite", "times.1", np.nan),
        ([1.0, -INF], "not_finite", "times.1", -INF),
        ([-0.5, 1.0], "out_of_range", "times.0", -0.5),
        ([], "wrong_length", "times", 0),
        ("12", "wrong_type", "times", "12"),
        ([1, None], "wrong_type", "times", [1, None]),
        ([True, False], "wrong_type", "times", [True, False]),
        (3.0, "wrong_type", "times", 3.0),
        ([[1.0]], "wrong_type", "times", [[1.0]]),
    ],
)
def test_a_refusal_names_the_place_and_the_value(values, code, field, value):
    found = refusal_of(sample, "times", values, TIMES)

    assert found[:2] == (code, field)
    np.testing.assert_equal(found[2], value)  # NaN is NaN here


def test_a_refusal_tells_what_is_allowed():
    assert refusal_of(sample, "times", [-1.0], TIMES)[3] == "[0, inf]"
    assert refusal_of(sample, "losses", [np.nan], LOSSES)[3] == "(-inf, inf]"
    assert refusal_of(sample, "losses", [1.0] * 4, LOSSES, Interval(1, 3))[2:] == (4, "[1, 3]")


@pytest.mark.parametrize(
    ("rows", "code", "field"),
    [
        ([[1.0, 2.0], [3.0]], "wrong_length", "times.1"),
        ([[1.0, 2.0], [3.0, np.nan]], "not_finite", "times.1.1"),
        ([[1.0], [-1.0]], "out_of_range", "times.1.0"),
        ([], "wrong_length", "times"),
        ([[]], "wrong_length", "times.0"),
        ([1.0, 2.0], "wrong_type", "times.0"),
        (iter([[1.0]]), "wrong_type", "times"),
    ],
)
def test_a_table_has_rows_of_one_length(rows, code, field):
    assert refusal_of(table, "times", rows, TIMES)[:2] == (code, field)


def test_a_table_may_be_an_array_or_lists():
    given = [[1, 2, INF], [4, 5, 6]]

    assert table("times", given, TIMES).tolist() == given
    assert table("times", np.array(given), TIMES).tolist() == given


def test_a_pair_is_of_one_length():
    fields, both = ("losses", "reference"), (LOSSES, LOSSES)

    found = refusal_of(pair, fields, ([1.0, 2.0], [1.0]), both)
    assert found == ("wrong_length", "reference", 1, "[2, 2]")
    assert [list(one) for one in pair(fields, ([1], [INF]), both)] == [[1], [INF]]
