"""What a reader makes of a table: another target, task, split; and what is said of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.tables.drafts import (
    begun,
    first_rows,
    marking,
    of_problem,
    read_as,
    splits,
    tasks,
    values,
    with_mark,
    with_split,
    with_target,
    with_task,
)
from comparison.tables.reading import read
from comparison.words.drafts import column_rows, dataset_words
from engine import InvalidInput, Network
from engine.problems.datasets.table import TABLES, table

CSV = b"height,sex,mass,part\n1.6,f,55,a\n1.7,m,70,a\n1.5,f,,a\n1.8,m,80,b\n1.65,f,61,b\n"


@pytest.fixture
def draft():
    return read_as(CSV, "people.csv")


def test_at_first_the_last_usable_column_is_predicted_from_all_others(draft):
    assert (draft.columns, draft.target, draft.task) == ((0, 1, 2), 3, "classification")
    assert draft.dataset.classes == ("a", "b")
    assert draft.left_out == 1  # without a mass
    assert draft.share == 0.0  # of so few rows


def test_a_title_is_cut_and_has_nothing_that_cannot_be_seen(draft):
    again = begun(draft.table, "\u202egnp.\n" + "x" * 300)

    assert again.title == "gnp. " + "x" * 75


def test_another_target_leaves_the_inputs_and_the_one_before_joins_them(draft):
    mass = with_target(draft, 2)

    assert (mass.columns, mass.target, mass.task) == ((0, 1, 3), 2, "regression")
    assert mass.standardize_targets
    assert tasks(mass) == ("regression", "classification")
    back = with_target(mass, 3)
    assert (back.columns, back.task, back.standardize_targets) == (
        (0, 1, 2),
        "classification",
        False,
    )
    assert tasks(back) == ("classification",)


def test_numbers_may_be_classes_where_there_are_few(draft):
    mass = with_task(with_target(draft, 2), "classification")

    assert mass.dataset.classes == ("55", "70", "80", "61")


def test_only_classes_can_be_stratified(draft):
    stratified = with_split(draft, "stratified")

    assert "stratified" in splits(stratified)
    mass = with_target(stratified, 2)
    assert mass.split.name == "random"
    assert "stratified" not in splits(mass)


def test_a_column_that_is_not_used_may_mark_the_validation_rows(draft):
    mass = with_target(draft, 2)
    assert marking(mass) == (0, 1, 3)
    assert values(mass, 3) == ("a", "b")
    marked = with_mark(mass, 3)  # the rarest value, of whole rows or not
    assert (marked.columns, marked.split.value) == ((0, 1), "b")
    assert marked.dataset.split.rows == 2
    other = with_mark(marked, 3, "a")
    assert other.dataset.split.rows == 2  # the third has no mass


@pytest.mark.parametrize("word", ["test", "Val", "validation", "검증", "hold-out"])
def test_a_column_that_says_which_rows_are_for_validation_is_taken_at_its_word(word):
    lines = [f"{row * 5 % 12 / 2},{row * row},{word if row % 3 else 'train'}" for row in range(12)]
    draft = begun(read("\n".join(["x,y,part", *lines]).encode()).table, "")
    mass = with_target(draft, 1)

    marked = with_split(mass, "marked")

    assert (marked.split.column, marked.split.value) == (2, word)
    assert marked.columns == (0,)
    assert marked.dataset.split.rows == 8


def test_texts_that_hardly_repeat_are_no_inputs_at_first():
    names = [f"name {row // 2}" for row in range(20)]
    lines = [f"{name},{row % 7},{row % 3},{row}.5" for row, name in enumerate(names)]
    draft = begun(read("\n".join(["name,x,kind,y", *lines]).encode()).table, "")

    assert draft.columns == (1, 2)


@given(st.permutations([0, 1, 2, 3]), st.data())
def test_any_change_leaves_the_target_out_of_the_inputs(order, data):
    draft = begun(read(CSV).table, "")
    for place in order:
        draft = with_target(draft, place)
        draft = with_split(draft, data.draw(st.sampled_from(splits(draft))))
        draft = with_task(draft, data.draw(st.sampled_from(tasks(draft))))
        assert draft.target == place
        assert draft.target not in draft.columns


def test_what_is_compared_can_be_taken_up_again(draft):
    TABLES.keep("test", draft.table)
    try:
        problem = Network(dataset=draft.dataset, validation_share=0.4, loss="cross_entropy")
        again = of_problem(problem, problem.dataset)
        assert again.dataset == draft.dataset
        assert (again.share, again.standardize) == (0.4, False)
    finally:
        TABLES.forget("test")


def test_rows_counts_and_classes_are_told(draft):
    first, second = dataset_words(draft, draft.dataset)

    assert "4 training rows and 0 validation rows" in first
    assert "4 inputs, 2 classes in order of appearance: a and b" in first
    assert second == "1 row is left out, for it lacks one of these values."


def test_a_row_of_the_list_of_columns_says_what_it_holds(draft):
    height, sex, mass, _part = column_rows(draft.understood.columns)

    assert height["Values"] == "1.5 to 1.8, median 1.65"
    assert sex["Values"] == "f (3), m (2)"
    assert (mass["Missing"], mass["Different"]) == (1, 4)


def test_what_cannot_be_learnt_is_refused(draft):
    with pytest.raises(InvalidInput) as refused:
        replace(draft, columns=()).dataset  # noqa: B018 - is computed
    assert refused.value.code == "wrong_length"


def test_the_first_rows_are_those_of_the_table():
    one = table(["x", "t"], [[1.0, None, 3.0], ["a", "b", None]])

    assert first_rows(one, 2) == ([1.0, None], ["a", "b"])
    assert first_rows(one, 9) == ([1.0, None, 3.0], ["a", "b", None])
