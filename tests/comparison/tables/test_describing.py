"""What a table may be used for: a first choice that can be trained, and inputs that are answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.tables.describing import giveaways, suggest, task_of
from comparison.tables.reading import read
from engine.problems.datasets.table import Table, numbers, texts
from tests.comparison.tables.files import KOREAN, refusal


def table(**columns):
    made = [
        texts(values) if any(isinstance(value, str) for value in values) else numbers(values)
        for values in columns.values()
    ]
    return Table(tuple(columns), tuple(made))


IRREGULAR = [3.0, 1.0, 4.0, 1.5, 9.0, 2.0, 6.0, 5.0]
SEX = list("mfmmffmf")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (list("ab"), "classification"),
        ([f"{number}" + "x" for number in range(10)], "classification"),
        ([f"{number}" + "x" for number in range(11)], None),
        (list("aa"), None),
        ([0.5, 0.5], None),
        ([np.nan, np.nan], None),
        ([0.5, 1.5, 0.5], "classification"),
        ([0, 1, 2] * 10, "classification"),
        ([0, 1, 2] * 9, "regression"),
        ([0, 1, 2.5] * 10, "regression"),
        (IRREGULAR, "regression"),
    ],
)
def test_the_target_decides_the_task(values, task):
    assert task_of(table(y=values).columns[0]) == task


def test_the_last_column_is_the_target_and_others_the_inputs():
    assert suggest(read(KOREAN.encode()).table) == ((0, 1), 2, "classification")


def test_names_of_rows_and_constants_are_neither():
    made = table(
        row=list(range(1, 9)),
        name=[f"patient {row}" for row in range(8)],
        height=IRREGULAR,
        sex=SEX,
        mass=IRREGULAR[::-1],
        unit=["kg"] * 8,
        number=list(range(8, 0, -1)),
    )

    assert suggest(made) == ((2, 3), 4, "regression")


def test_a_count_is_an_input_where_there_is_no_other():
    assert suggest(table(x=range(8), y=IRREGULAR)) == ((0,), 1, "regression")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"a": [1, 1], "b": list("aa")}, "no_target"),
        ({"a": [1, 1], "b": [1, 2]}, "no_features"),
        ({"b": IRREGULAR}, "no_features"),
    ],
)
def test_a_table_without_target_or_inputs_is_refused(columns, reason):
    assert refusal(suggest, table(**columns))[2] == reason


@pytest.mark.parametrize(
    ("column", "target", "why"),
    [
        (SEX, SEX, "equal"),
        (IRREGULAR, IRREGULAR, "equal"),
        ([0.0 if sex == "f" else 1.0 for sex in SEX], SEX, "one_to_one"),
        ([f"is {sex}" for sex in SEX], SEX, "one_to_one"),
        ([-2.54 * value + 1 for value in IRREGULAR], IRREGULAR, "straight"),
        ([1e300 * value for value in IRREGULAR], IRREGULAR, "straight"),
        ([1e9 + 1e-3 * value for value in IRREGULAR], IRREGULAR, "straight"),
        ([value + 0.1 * (-1) ** row for row, value in enumerate(IRREGULAR)], IRREGULAR, ""),
        ([value**2 for value in IRREGULAR], IRREGULAR, ""),
        (list(range(8)), SEX, "counting"),
        ([f"patient {row}" for row in range(8)], SEX, "all_different"),
        ([row + 0.5 for row in range(8)], SEX, ""),
        ([-1e308, 1e308, *range(6)], SEX, ""),
        ([7.0] * 8, IRREGULAR, ""),
        ([np.nan] * 8, IRREGULAR, ""),
        ([3.0, np.nan, 4.0, 1.5, 9.0, 2.0, 6.0, 5.0], IRREGULAR, "equal"),
    ],
)
def test_a_column_that_gives_the_target_away_is_told(column, target, why):
    made = table(x=column, other=IRREGULAR[::-1], y=target)

    assert giveaways(made, (0, 1), 2) == ([(0, why)] if why else [])


def test_the_corners_of_a_truth_table_give_nothing_away():
    assert giveaways(table(x1=[0, 0, 1, 1], x2=[0, 1, 0, 1], y=[0, 1, 1, 0]), (0, 1), 2) == []


CELLS = st.sampled_from([1.0, 2.0, 3.0, np.nan]) | st.floats(allow_infinity=False)


@given(st.lists(st.tuples(CELLS, CELLS, st.sampled_from("ab")), min_size=2, max_size=12))
def test_what_is_told_does_not_depend_on_the_order_of_rows(rows):
    def told(rows):
        first, second, label = zip(*rows, strict=True)
        return giveaways(table(first=first, second=second, label=label), (0, 2), 1)

    assert told(rows) == told(rows[::-1])
