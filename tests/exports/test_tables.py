"""Tables as CSV and Parquet: every number comes back, and no spreadsheet runs a name."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.maps import batch_rate_map
from exports.tables import read_csv, to_csv, to_parquet

# Lone surrogates are no text that could be written.
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.floats(allow_nan=False) | st.integers(-(10**18), 10**18)


@given(st.lists(st.tuples(TEXT, NUMBERS), max_size=8))
def test_a_table_comes_back(rows):
    names, values = [name for name, _ in rows], [value for _, value in rows]

    back = read_csv(to_csv({"run": names, "=loss": values}), text=["run"])

    assert back == {"run": names, "=loss": values}


def test_every_digit_and_what_is_not_finite():
    values = np.array([0.1, 1 / 3, 5e-324, -0.0, np.inf, -np.inf, np.nan, 1e308])

    content = to_csv({"loss": values})
    (back,) = read_csv(content).values()

    np.testing.assert_array_equal(np.array(back, dtype=float), values)
    assert content.decode().splitlines()[5:8] == ["inf", "-inf", '""']


def test_numbers_stay_numbers_for_a_spreadsheet():
    assert to_csv({"x": [-1.5]}) == b"\xef\xbb\xbfx\r\n-1.5\r\n"


def test_a_table_says_its_encoding_and_every_reader_finds_the_names():
    names = ["SGD η 0.107143", "학습률 β₁"]
    content = to_csv({"run": names, "손실": [0.5, np.inf]})

    assert content[:3] == b"\xef\xbb\xbf"  # what Excel looks for
    assert read_csv(content, text=["run"]) == {"run": names, "손실": [0.5, np.inf]}
    frame = pd.read_csv(io.BytesIO(content))
    assert {name: list(frame[name]) for name in frame} == {"run": names, "손실": [0.5, np.inf]}


@pytest.mark.parametrize(
    "column", [[True, False], np.array([True, False]), list(np.array([True, False]))]
)
def test_true_and_false_are_numbers(column):
    assert read_csv(to_csv({"diverged": column})) == {"diverged": [1, 0]}


def test_the_table_of_a_map_comes_back():
    """Every column of a map's numbers: labels, numbers, and whether a run diverged."""
    values = np.array([[0.5, np.inf], [0.125, 3.0]])
    went = np.array([[False, True], [False, False]])
    chart = batch_rate_map(values, went, ("1", "all"), (0.01, 0.1), "final_loss")
    back = read_csv(to_csv(chart.numbers), text=["batch_size"])

    assert list(back) == list(chart.numbers)
    assert back["diverged"] == [0, 1, 0, 0]
    for name, column in chart.numbers.items():
        np.testing.assert_array_equal(back[name], column)


@pytest.mark.parametrize("content", [b"a,b\n1\n", b"a\nx\n", b"a\n1,2\n"])
def test_a_broken_table_is_refused(content):
    with pytest.raises(ValueError, match=r"."):
        read_csv(content)


def test_missing_numbers_are_not_a_number():
    assert math.isnan(read_csv(b"a,b\n1,\n")["b"][0])


def test_parquet_has_every_bit():
    columns = {
        "run": np.array(["=x", "<b>", "한"]),
        "loss": np.array([np.nan, np.inf, 1 / 3]),
        "step": np.array([1, 2, 3]),
    }

    back = pd.read_parquet(io.BytesIO(to_parquet(columns)))

    assert list(back.columns) == list(columns)
    for name, column in columns.items():
        np.testing.assert_array_equal(back[name].to_numpy(), column)
