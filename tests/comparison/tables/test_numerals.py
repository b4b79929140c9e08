"""Which cells are numbers: exactly those of a small grammar, with the value that Python gives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.tables.numerals import MISSING, decimal_of, look, number, parsed, rounded

CELLS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers().map(str),
    st.sampled_from(sorted(MISSING)),
    st.text(st.sampled_from("0123456789.,eE+- \u2212x"), max_size=8),
)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_exactly(value):
    assert number(repr(value)) == value
    assert number(f" {value!r} ".replace(".", ","), ",") == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1e3", 1000.0),
        ("+1", 1.0),
        (" 1 ", 1.0),
        ("−1", -1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("007", 7.0),
    ],
)
def test_a_number_may_be_written_in_these_ways(cell, value):
    assert number(cell) == value


@pytest.mark.parametrize(
    "cell", ["", " ", "NA", "n/a", "NaN", "null", "None", "-", ".", "?", "없음", "결측"]
)
def test_these_are_missing_numbers(cell):
    assert math.isnan(number(cell))


@pytest.mark.parametrize(
    "cell",
    [
        "x",
        "1,5",
        "1 2",
        "1_000",
        "１２",
        "٣",
        "inf",
        "-Infinity",
        "1e999",
        "0x10",
        "1e",
        "--1",
        "true",
        "1.2.3",
    ],
)
def test_these_are_no_numbers(cell):
    assert number(cell) is None
    assert parsed([cell, "1"], ".")[1] == [0]


def test_a_point_is_no_decimal_sign_where_a_comma_is():
    assert number("1.5", ",") is None
    assert number("1.234,5", ",") is None
    assert number("1,5", ",") == 1.5


@given(st.lists(CELLS), st.sampled_from(".,"))
def test_a_column_is_read_as_its_cells_are(cells, decimal):
    values, odd = parsed(cells, decimal)
    alone = [number(cell, decimal) for cell in cells]

    assert odd == [place for place, value in enumerate(alone) if value is None]
    expected = [math.nan if value is None else value for value in alone]
    np.testing.assert_array_equal(values, np.array(expected, dtype=float))


@pytest.mark.parametrize(
    ("columns", "decimal"),
    [
        ([["1,5", "2"], ["x", "y"]], ","),
        ([["1.5", "2"], ["1,25", "3"], ["2.5", "4"]], "."),
        ([["1", "2"]], "."),
        ([["1,234", "5,678"]], "."),  # thousands or decimals: nobody knows
        ([["1,234", "1,5"]], ","),
        ([["Kim, Lee", "1, 2"]], "."),
    ],
)
def test_a_decimal_comma_is_found_where_it_can_be_nothing_else(columns, decimal):
    assert decimal_of(columns) == decimal


def test_integers_that_lose_digits_are_counted():
    cells = ["9007199254740993", "-9007199254740993", "9007199254740994", "1e300", "3"]
    cells += ["0" * 5_000 + "9007199254740993"]
    values, _odd = parsed(cells, ".")

    assert rounded(cells, values) == 3


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1,234", "grouped"),
        ("1.234.567,5", "grouped"),
        ("1,5", "decimal"),
        ("12 %", "percent"),
        ("$5", "money"),
        ("3,000원", "money"),
        ("2024-01-02", "date"),
        ("inf", "infinite"),
        ("setosa", ""),
        ("9" * 100_000, ""),
    ],
)
def test_what_people_take_for_a_number_is_recognised(cell, expected):
    assert look(cell) == expected
