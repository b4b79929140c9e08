"""From text to cells: the delimiter is found, and no row has more or fewer cells than the first."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.tables.cells import split
from engine import LIMITS, InvalidInput
from tests.comparison.tables.files import refusal


@pytest.mark.parametrize(
    ("text", "delimiter", "rows"),
    [
        ("a,b\n1,2\n", ",", [["a", "b"], ["1", "2"]]),
        ("1,5;2,5\n3,5;4,5\n", ";", [["1,5", "2,5"], ["3,5", "4,5"]]),
        ("x\ty\n1,5\t2\n", "\t", [["x", "y"], ["1,5", "2"]]),
        ("1,a;b,2\n3,c;d,4\n", ",", [["1", "a;b", "2"], ["3", "c;d", "4"]]),
        ("1.0  2\n3.5   4\n", " ", [["1.0", "2"], ["3.5", "4"]]),
        ("New York\nLos Angeles\n", ",", [["New York"], ["Los Angeles"]]),
        ("word\none, two\nthree\n", ";", [["word"], ["one, two"], ["three"]]),
        ("sep=;\na;b\n1,5;2\n", ";", [["a", "b"], ["1,5", "2"]]),
        ('a, b\n1, "x, y"\n', ",", [["a", "b"], ["1", "x, y"]]),
        ('a,b\n"x ""y"", z","1\n2"\n', ",", [["a", "b"], ['x "y", z', "1\n2"]]),
        ('n,size\n1,5" disk\n', ",", [["n", "size"], ["1", '5" disk']]),
        ("a,b\r1,2\r", ",", [["a", "b"], ["1", "2"]]),
        ("a,b\r\n1,2", ",", [["a", "b"], ["1", "2"]]),
    ],
)
def test_a_delimiter_is_found(text, delimiter, rows):
    found = split(text)

    assert (found.delimiter, found.rows) == (delimiter, rows)


def test_a_delimiter_can_be_chosen():
    assert split("a;b,c\n1;2,3\n", ",").rows == [["a;b", "c"], ["1;2", "3"]]

    with pytest.raises(InvalidInput) as caught:
        split("a|b\n1|2\n", "|")
    assert (caught.value.code, caught.value.field) == ("unknown_choice", "delimiter")


def test_rows_know_the_lines_of_the_file():
    cells = split('sep=,\n\na,b\n"1\n\n2",3\n\n4,5\n')

    assert cells.lines == [3, 4, 8]
    assert cells.blank == 2


def test_blank_lines_are_skipped_in_one_go(monkeypatch):
    handed = []

    def reader(lines, real=csv.reader, **options):
        return real((handed.append(line) or line for line in lines), **options)

    monkeypatch.setattr(csv, "reader", reader)
    many = 200_000  # more than what the delimiter is found in
    cells = split("\n" * many + 'a,b\r\n"1\n\n2",3' + "\r\n" * many + "4,5\r" + "\r" * many)

    assert cells.rows == [["a", "b"], ["1\n\n2", "3"], ["4", "5"]]
    assert cells.lines == [many + 1, many + 2, 2 * many + 4]
    assert (cells.delimiter, cells.blank) == (",", 3 * many - 1)
    assert len(handed) < 100


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.text(st.sampled_from('ab,;"\n\r 1')), min_size=width, max_size=width),
            min_size=1,
        )
    )
)
def test_what_is_quoted_comes_back(rows):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)

    assert split(text.getvalue(), ",").rows == rows


@pytest.mark.parametrize(
    ("text", "place", "reason", "facts"),
    [
        ("a,b\n1,2\n3,4,5\n", (3, 0), "cells", {"cells": 3, "expected": 2}),
        ("a,b\n1,2\n3\n", (3, 0), "cells", {"cells": 1, "expected": 2}),
        ('a,b\n"1\n1",2\n\n3,4,5\n', (5, 0), "cells", {"cells": 3, "expected": 2}),
        ("a,b\n1,2,\n3,4,\n", (1, 0), "first_cells", {"cells": 2, "next_cells": 3}),
        ("Heights\nh,w\n1,2\n3,4\n", (1, 0), "first_cells", {"cells": 1, "next_cells": 2}),
        ('a,b\n1,2\n3,"4\n5,6\n', (3, 2), "open_quote", {}),
        ('a,b\n1,2\n"3"x,4\n', (3, 1), "after_quote", {}),
        ('a,b\n1,"' + "x" * 10**6 + '"\n', (2, 0), "long_cell", {"most": csv.field_size_limit()}),
    ],
)
def test_a_row_that_does_not_fit_is_refused_with_its_place(text, place, reason, facts):
    assert refusal(split, text) == (*place, reason, facts)


def test_too_many_columns_or_rows_are_refused_before_they_are_kept():
    columns, rows = int(LIMITS["table_columns"].high), int(LIMITS["rows"].high)

    assert refusal(split, "a," * 100_000 + "\n")[2:] == (
        "columns",
        {"columns": 100_001, "most": columns},
    )
    assert refusal(split, "1\n" * 10**6) == (rows + 2, 0, "rows", {"most": rows})
