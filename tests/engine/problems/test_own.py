"""Data sets of readers' tables: what is read of a table, and which rows are held back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, InvalidInput, Network, Run, data, train
from engine.problems.datasets import OwnTable, generate
from engine.problems.datasets.own import own_table
from engine.problems.datasets.splits import LastRows, MarkedRows, RandomRows, StratifiedRows
from engine.problems.datasets.table import TABLES, table
from engine.rules import SGD
from engine.work import finish

HEIGHTS = [1.47, 1.5, 1.52, 1.55, 1.57, 1.6, 1.63, 1.65, 1.68, 1.7, 1.73, 1.75, 1.78, 1.8, 1.83]
MASSES = [
    *(52.21, 53.12, 54.48, 55.84, 57.2, 58.57, 59.93, 61.29, 63.11, 64.47, 66.28, 68.1),
    *(69.92, 72.19, 74.46),
]
PEOPLE = table(
    ["height", "sex", "mass", "part"],
    [
        [1.6, 1.7, None, 1.8, 1.5, 1.9],
        ["f", "m", "f", "m", "", "x"],
        [55.0, 70.0, 60.0, 80.0, 50.0, 90.0],
        ["train", "test", "train", "train", "test", "test"],
    ],
)


@pytest.fixture(autouse=True)
def kept():
    TABLES.keep("test", PEOPLE)
    yield
    TABLES.forget("test")


def test_texts_become_one_input_each_and_rows_without_a_value_are_left_out():
    people = own_table(PEOPLE, "people.csv", (0, 1), 2, "regression")
    inputs, targets = generate(people, 0)
    assert people.feature_names == ("height", "sex: f", "sex: m", "sex: x")
    assert people.target_names == ("mass",)
    assert inputs.tolist() == [[1.6, 1, 0, 0], [1.7, 0, 1, 0], [1.8, 0, 1, 0], [1.9, 0, 0, 1]]
    assert targets.tolist() == [[55], [70], [80], [90]]
    assert (people.rows, people.width) == (4, 4)


def test_a_row_counts_as_soon_as_it_has_all_that_is_used():
    assert own_table(PEOPLE, "", (0,), 2, "regression").rows == 5
    assert own_table(PEOPLE, "", (2,), 3, "classification").rows == 6


def test_classes_are_numbered_in_order_of_appearance():
    people = own_table(PEOPLE, "", (2,), 1, "classification")
    assert people.classes == ("f", "m", "x")
    assert generate(people, 0)[1].tolist() == [0, 1, 0, 1, 2]
    corners = table(["a", "b", "y"], [[0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 1]])
    TABLES.keep("test", corners)
    logic = own_table(corners, "", (0, 1), 2, "classification")
    assert logic.classes == ("1", "0")
    assert generate(logic, 0)[1].tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("columns", "target", "task", "code", "field"),
    [
        ((0, 2), 2, "regression", "conflict", "target_column"),
        ((2, 0), 1, "classification", "duplicate", "columns"),
        ((0, 9), 2, "regression", "out_of_range", "columns"),
        ((0,), 9, "regression", "out_of_range", "columns"),
        ((0,), 1, "regression", "conflict", "task"),
        ((), 2, "regression", "wrong_length", "columns"),
    ],
)
def test_what_does_not_fit_the_table_is_refused(columns, target, task, code, field):
    with pytest.raises(InvalidInput) as refused:
        own_table(PEOPLE, "", columns, target, task)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_one_class_is_none_and_eleven_are_too_many():
    same = table(["x", "y"], [[1.0, 2.0], ["a", "a"]])
    many = table(["x", "y"], [list(range(11)), [f"c{number}" for number in range(11)]])
    for one, count in ((same, 1), (many, 11)):
        with pytest.raises(InvalidInput) as refused:
            own_table(one, "", (0,), 1, "classification")
        assert (refused.value.code, refused.value.value) == ("wrong_length", count)


def test_another_description_of_the_same_table_is_refused_when_rows_are_drawn():
    people = own_table(PEOPLE, "", (0, 1), 2, "regression")
    for field, value in (("rows", 5), ("width", 3), ("kinds", "ntnn"), ("kinds", "ntntt")):
        wrong = OwnTable.model_validate(people.model_dump() | {field: value})
        for use in (wrong.check, lambda wrong=wrong: generate(wrong, 0)):
            with pytest.raises(InvalidInput) as refused:
                use()
            assert refused.value.field == field


def test_numbers_are_the_first_inputs():
    people = own_table(PEOPLE, "", (0, 1, 3), 2, "regression")
    swapped = table(
        ["sex", "mass", "height"], [PEOPLE.columns[place].head() for place in (1, 2, 0)]
    )
    TABLES.keep("test", swapped)
    assert people.feature_names[0] == "height"
    other = own_table(swapped, "", (0, 2), 1, "regression")
    assert other.feature_names == ("height", "sex: f", "sex: m", "sex: x")
    assert generate(other, 0)[0][0].tolist() == [1.6, 1, 0, 0]


def test_without_its_table_a_data_set_says_what_it_was_called():
    people = own_table(PEOPLE, "people.csv", (0,), 2, "regression")
    TABLES.forget("test")
    with pytest.raises(InvalidInput) as refused:
        generate(people, 0)
    assert (refused.value.code, refused.value.value[0]) == ("not_here", "people.csv")


def of(split, share=0.4, *, task="classification", seed=0):
    dataset = own_table(PEOPLE, "", (2,), 3 if task == "regression" else 1, task, split)
    problem = Network(dataset=dataset, validation_share=share, loss="cross_entropy")
    return data(Experiment(problem=problem, data_seed=seed)).validation_indices.tolist()


def test_marked_rows_are_held_back_whatever_the_share():
    marked = MarkedRows(column=3, value="test", rows=1)
    assert of(marked, 0.0) == of(marked, 0.9) == [1, 4]  # of the five rows with a class


def test_the_last_rows_are_held_back():
    assert of(LastRows()) == [3, 4]


def test_random_rows_are_those_of_every_other_data_set():
    shuffled = np.random.default_rng([7, 1]).permutation(5)
    assert of(RandomRows(), seed=7) == sorted(shuffled[:2].tolist())


@given(
    st.lists(st.integers(2, 40), min_size=2, max_size=5),
    st.floats(0.0, 0.9),
    st.integers(0, 2**32 - 1),
)
def test_a_stratified_split_has_the_same_share_of_each_class(sizes, share, seed):
    classes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    one = table(["x", "y"], [list(range(len(classes))), [f"c{number}" for number in classes]])
    TABLES.keep("stratified", one)
    try:
        dataset = own_table(one, "", (0,), 1, "classification", StratifiedRows())
        problem = Network(dataset=dataset, validation_share=share, loss="cross_entropy")
        held_back = data(Experiment(problem=problem, data_seed=seed)).validation_targets
    finally:
        TABLES.forget("stratified")
    n = dataset.n_validation(share)
    counts = np.bincount(held_back, minlength=len(sizes))
    exact = np.bincount(generate_classes(one)) * n / len(classes)
    assert counts.sum() == n
    assert (np.abs(counts - exact) < 1).all()


def generate_classes(one):
    return one.columns[1].codes


def test_heights_and_masses_go_where_the_published_run_went():
    """FINDINGS: start (0, 0), 40 full-batch steps at 0.01, mean squared error."""
    one = table(["h", "m"], [HEIGHTS, MASSES])
    TABLES.keep("test", one)
    problem = Network(
        dataset=own_table(one, "", (0,), 1, "regression"),
        validation_share=0.0,
        hidden=(),
        loss="mean_squared_error",
        start=(0.0, 0.0),
    )
    run = Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")
    experiment = Experiment(problem=problem, runs=(run,), budget={"amount": 40, "unit": "epochs"})
    history = finish(train(experiment))
    run = history.runs[0]
    assert run.params[0, -1].tolist() == pytest.approx([26.46471, 15.78220], abs=5e-6)
    assert run.training_loss.final[0] == pytest.approx(22.07496, abs=5e-6)


def test_the_same_rows_train_to_the_same_bits_as_a_data_set_of_the_house():
    iris = Experiment(problem=Network(dataset={"name": "iris"}, loss="cross_entropy"))
    inputs, targets = generate(iris.problem.dataset, 0)
    names = [f"x{place}" for place in range(4)]
    classes = [f"c{number}" for number in targets]
    one = table([*names, "y"], [*inputs.T.tolist(), classes])
    TABLES.keep("test", one)
    dataset = own_table(one, "", (0, 1, 2, 3), 4, "classification")
    own = iris.model_copy(update={"problem": iris.problem.model_copy(update={"dataset": dataset})})
    short = {"budget": {"amount": 2, "unit": "epochs"}}
    first, second = (
        finish(train(Experiment.model_validate(one.model_dump() | short))) for one in (iris, own)
    )
    for run, other in zip(first.runs, second.runs, strict=True):
        assert (run.params[-1] == other.params[-1]).all()
