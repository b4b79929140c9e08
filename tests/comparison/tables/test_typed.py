"""Rows that are typed: the four corners of a truth table, and what a spreadsheet's cells hold."""

import pytest

from comparison.tables.typed import typed
from engine import InvalidInput
from tests.comparison.tables.files import values


def test_a_truth_table_is_typed():
    corners = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]

    understood = typed(["x1", "x2", "y"], corners)

    assert values(understood.table) == {"x1": [0, 0, 1, 1], "x2": [0, 1, 0, 1], "y": [0, 1, 1, 0]}
    assert understood.how.header


def test_cells_may_be_texts_numbers_or_missing():
    understood = typed(["a", "b"], [[1.5, 'say "x"\t1'], [None, "y"], [None, None], ["-2", ""]])

    assert values(understood.table) == {"a": [1.5, None, -2], "b": ['say "x" 1', "y", None]}
    assert understood.blank == 0


def test_decimal_commas_are_typed_too():
    assert values(typed(["a"], [["1,5"], ["2,5"]]).table) == {"a": [1.5, 2.5]}


@pytest.mark.parametrize("rows", [[], [[1]], [[1]] * 51, [[1], [None], [""]]])
def test_two_to_fifty_rows_are_typed(rows):
    with pytest.raises(InvalidInput) as caught:
        typed(["a"], rows)

    assert (caught.value.code, caught.value.field) == ("wrong_length", "rows")
