"""A table as CSV comes back as the same, and no other file is taken for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.tables.known import read_known, written
from comparison.tables.reading import read
from engine import InvalidInput
from engine.problems.datasets.table import Table, numbers, texts
from tests.comparison.tables.files import KOREAN

SPECIAL = [
    "1",
    "1,5",
    "NA",
    "None",
    "",
    None,
    '"',
    "a\nb",
    "a\r\nb",
    " a",
    "a ",
    "=1+1",
    "'=1",
    "'",
    "가",
    "\0",
]
TEXTS = st.sampled_from(SPECIAL) | st.none() | st.text(st.characters(codec="utf-8"), max_size=6)
NUMBERS = st.floats(allow_infinity=False) | st.sampled_from(
    [-0.0, 1e-310, 1e308, 2.0**53, 1e16, 3.0]
)


@st.composite
def tables(draw):
    """Any table of a few rows and columns."""
    kinds = draw(st.text(st.sampled_from("nt"), min_size=1, max_size=4))
    rows = draw(st.integers(2, 5))
    names = draw(
        st.lists(
            st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["=x", "1", "a,b"]),
            min_size=len(kinds),
            max_size=len(kinds),
            unique=True,
        )
    )
    columns = []
    for kind in kinds:
        made, cells = (numbers, NUMBERS) if kind == "n" else (texts, TEXTS)
        columns.append(made(draw(st.lists(cells, min_size=rows, max_size=rows))))
    return Table(tuple(names), tuple(columns))


@given(tables())
def test_a_table_comes_back(table):
    back = read_known(written(table), table.kinds, table.digest)

    assert back.as_json() == table.as_json()


def test_a_table_is_written_for_any_program():
    table = Table(("x", "=label"), (numbers([1.0, 0.1, np.nan]), texts(["a,b", "=1+1", None])))

    assert written(table).decode() == "\ufeffx,'=label\r\n1,\"a,b\"\r\n0.1,'=1+1\r\n,\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        KOREAN.encode("cp949"),
        KOREAN.replace(",", "\t").encode("utf-16"),
        KOREAN.replace(",", ";").replace(".", ",").encode(),
        KOREAN.replace("남", "\u202e남 ").encode(),
    ],
)
def test_a_table_is_found_in_the_file_it_was_read_from(raw):
    table = read(KOREAN.encode()).table

    assert read_known(raw, table.kinds, table.digest).as_json() == table.as_json()


@pytest.mark.parametrize(
    ("raw", "table"),
    [
        (b"7\n1\n2\n", Table(("7",), (numbers([1, 2]),))),  # names that look like values
        (b"a\nb\nc\n", Table(("x1",), (texts("abc"),))),  # values that look like names
        (
            b"x\ty\n1,234\t1\n2,345\t2\n",
            Table(("x", "y"), (numbers([1.234, 2.345]), numbers([1, 2]))),
        ),
        (b"x\n1\n2\n", Table(("x",), (texts("12"),))),
        (b"x\n1\n?\nabout 3\n", Table(("x",), (numbers([1, np.nan, np.nan]),))),
    ],
)
def test_a_table_is_found_however_its_reader_had_corrected_the_reading(raw, table):
    assert read_known(raw, table.kinds, table.digest).as_json() == table.as_json()


def test_other_values_are_refused_with_both_digests():
    table = read(KOREAN.encode()).table
    other = KOREAN.replace("170.5", "170.6").encode()

    with pytest.raises(InvalidInput) as caught:
        read_known(other, table.kinds, table.digest)

    error = caught.value
    assert error.code == "other_values"
    assert (error.value, error.limits) == (read(other).table.digest, table.digest)


@pytest.mark.parametrize("raw", [b"", b"a,b\n1,2\n3,4,5\n", b"PK\x03\x04"])
def test_what_is_no_table_is_refused_as_such(raw):
    with pytest.raises(InvalidInput) as caught:
        read_known(raw, "nn", "0" * 64)

    assert caught.value.code == "not_a_table"


def test_a_table_of_other_columns_is_another():
    with pytest.raises(InvalidInput) as caught:
        read_known(b"a,b\n1,2\n3,4\n", "nnn", "0" * 64)

    assert caught.value.code == "other_values"
