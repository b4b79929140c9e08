"""Splitting and standardising: a partition, in order, by numbers from the training rows only."""

from dataclasses import fields
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.problems.datasets import (
    DATASETS,
    Blobs,
    BreastCancer,
    Digits,
    Iris,
    Line,
    Penguins,
    SingleRow,
    TwoMoons,
    generate,
)
from engine.problems.datasets.preparation import prepare
from engine.problems.datasets.source import Source, Task, validation_rows

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

EVERY_DATASET = pytest.mark.parametrize("dataset", [d() for d in DATASETS], ids=lambda d: d.name)
SHARES = st.floats(0, 0.9)
SEEDS = st.integers(0, 2**32 - 1)


class Table(Source):
    """Regression on given columns; the last one is the target."""

    name: Literal["table"] = "table"
    task: ClassVar[Task] = "regression"
    columns: tuple[tuple[float, ...], ...]

    @property
    def n_rows(self):
        return len(self.columns[0])

    @property
    def n_features(self):
        return len(self.columns) - 1

    def draw(self, rng):  # noqa: ARG002 - nothing here is random
        *inputs, target = np.array(self.columns)
        return np.column_stack(inputs), target[:, np.newaxis]


def standardized(dataset, share=0.25, seed=0):
    return prepare(
        dataset,
        seed,
        share,
        standardize=True,
        standardize_targets=dataset.task == "regression",
    )


def untouched(dataset, share=0.25, seed=0):
    return prepare(dataset, seed, share, standardize=False, standardize_targets=False)


# The number of validation rows


@pytest.mark.parametrize(
    ("n_rows", "share", "expected"),
    [
        (1, 0.9, 0),
        (2, 0.9, 1),
        (3, 0.1, 0),
        (10, 0.0, 0),
        (10, 0.25, 3),
        (10, 0.05, 1),
        (150, 0.2, 30),
        (1797, 0.2, 359),
        (60_000, 0.9, 54_000),
    ],
)
def test_validation_rows_round_half_up(n_rows, share, expected):
    assert validation_rows(n_rows, share) == expected


@given(n_rows=st.integers(1, 60_000), share=SHARES)
def test_validation_rows_are_nearest_to_the_share_and_leave_one(n_rows, share):
    count = validation_rows(n_rows, share)

    assert 0 <= count <= n_rows - 1
    if count < n_rows - 1:
        assert abs(count - Fraction(share) * n_rows) <= Fraction(1, 2) + Fraction(1, 10**9)


# The split


@UNTRACED
@given(rows=st.integers(2, 200), share=SHARES, seed=SEEDS)
def test_split_is_a_partition_of_the_generated_rows(rows, share, seed):
    dataset = TwoMoons(rows=rows)
    inputs, targets = generate(dataset, seed)
    data = untouched(dataset, share, seed)

    together = np.concatenate([data.training_indices, data.validation_indices])
    assert sorted(together.tolist()) == list(range(rows))
    assert len(data.validation_indices) == validation_rows(rows, share)
    assert (np.diff(data.training_indices) > 0).all()
    assert (np.diff(data.validation_indices) > 0).all()
    np.testing.assert_array_equal(inputs[data.training_indices], data.training_inputs)
    np.testing.assert_array_equal(targets[data.training_indices], data.training_targets)
    np.testing.assert_array_equal(inputs[data.validation_indices], data.validation_inputs)
    np.testing.assert_array_equal(targets[data.validation_indices], data.validation_targets)


@EVERY_DATASET
def test_share_zero_keeps_every_row_in_its_place(dataset):
    inputs, targets = generate(dataset, 4)
    data = untouched(dataset, share=0.0, seed=4)

    np.testing.assert_array_equal(inputs, data.training_inputs)
    np.testing.assert_array_equal(targets, data.training_targets)
    assert data.validation_inputs.shape == (0, dataset.n_features)
    assert len(data.validation_targets) == 0
    assert data.training_indices.tolist() == list(range(dataset.n_rows))


@given(shares=st.tuples(SHARES, SHARES), seed=SEEDS)
def test_larger_share_holds_back_the_same_rows_and_more(shares, seed):
    few, many = (untouched(Line(), share, seed).validation_indices for share in sorted(shares))

    assert set(few.tolist()) <= set(many.tolist())


def test_split_depends_on_the_seed_and_not_on_the_rows():
    iris, moons = (untouched(d, seed=3) for d in (Iris(), TwoMoons(rows=150)))

    np.testing.assert_array_equal(iris.validation_indices, moons.validation_indices)
    assert not np.array_equal(untouched(Iris(), seed=4).validation_indices, iris.validation_indices)


def test_split_of_iris_is_golden():
    # Recorded with NumPy 2.4.6; a change means that old links and files validate on other rows.
    expected = [38, 40, 41, 46, 48, 54, 57, 89, 94, 108, 109, 117, 139, 142, 149]

    assert untouched(Iris(), share=0.1).validation_indices.tolist() == expected


# Standardising


@EVERY_DATASET
def test_arrays_are_contiguous_read_only_and_typed(dataset):
    data = standardized(dataset)

    for field in fields(data):
        array = getattr(data, field.name)
        assert array.flags.c_contiguous
        assert not array.flags.writeable
        whole = "indices" in field.name or (
            field.name.endswith("_targets") and dataset.task == "classification"
        )
        assert array.dtype == (np.int64 if whole else np.float64)
    assert data.input_mean.shape == data.input_scale.shape == (dataset.n_features,)
    assert data.target_mean.shape == data.target_scale.shape == (dataset.n_outputs,)


@EVERY_DATASET
def test_same_arguments_give_the_same_data(dataset):
    first, again = standardized(dataset), standardized(dataset)

    for field in fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(again, field.name))


@EVERY_DATASET
def test_without_standardising_mean_is_0_and_scale_is_1(dataset):
    data = untouched(dataset)

    for mean in (data.input_mean, data.target_mean):
        assert (mean == 0).all()
    for scale in (data.input_scale, data.target_scale):
        assert (scale == 1).all()


@EVERY_DATASET
def test_training_columns_have_mean_0_and_deviation_1(dataset):
    data = standardized(dataset)
    changing = np.ptp(data.training_inputs, axis=0) > 0

    np.testing.assert_allclose(data.training_inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.training_inputs[:, changing].std(axis=0), 1, rtol=1e-12)
    assert (data.training_inputs[:, ~changing] == 0).all()
    if dataset.task == "regression" and dataset.n_rows > 1:
        np.testing.assert_allclose(data.training_targets.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(data.training_targets.std(axis=0), 1, rtol=1e-12)


@EVERY_DATASET
def test_validation_rows_use_the_numbers_of_the_training_rows(dataset):
    plain, data = untouched(dataset), standardized(dataset)

    np.testing.assert_array_equal(
        (plain.validation_inputs - data.input_mean) / data.input_scale, data.validation_inputs
    )
    np.testing.assert_allclose(
        plain.training_inputs.mean(axis=0), data.input_mean, rtol=1e-12, atol=1e-14
    )
    np.testing.assert_array_equal(plain.training_indices, data.training_indices)


@EVERY_DATASET
def test_original_values_come_back(dataset):
    plain, data = untouched(dataset), standardized(dataset)

    for part in ("training", "validation"):
        original = getattr(plain, f"{part}_inputs")
        back = getattr(data, f"{part}_inputs") * data.input_scale + data.input_mean
        size = np.abs(plain.training_inputs).max(axis=0, initial=0)
        assert (np.abs(back - original) <= 1e-12 * size).all()
        if dataset.task == "regression":
            original = getattr(plain, f"{part}_targets")
            back = getattr(data, f"{part}_targets") * data.target_scale + data.target_mean
            np.testing.assert_allclose(back, original, rtol=1e-12, atol=1e-14)


def test_classes_are_never_standardised():
    np.testing.assert_array_equal(
        untouched(Iris()).training_targets, standardized(Iris()).training_targets
    )


def test_targets_stay_as_they_are_unless_asked():
    inputs_only = prepare(Penguins(), 0, 0.25, standardize=True, standardize_targets=False)
    targets_only = prepare(Penguins(), 0, 0.25, standardize=False, standardize_targets=True)
    plain, both = untouched(Penguins()), standardized(Penguins())

    np.testing.assert_array_equal(plain.training_targets, inputs_only.training_targets)
    np.testing.assert_array_equal(both.training_inputs, inputs_only.training_inputs)
    np.testing.assert_array_equal(plain.training_inputs, targets_only.training_inputs)
    np.testing.assert_array_equal(both.training_targets, targets_only.training_targets)


def test_blank_pixels_of_digits_scale_by_1():
    data = standardized(Digits(), share=0.0)

    # Pixels (0, 0), (4, 0) and (4, 7) are blank in all 1,797 images.
    assert np.flatnonzero(np.ptp(data.training_inputs, axis=0) == 0).tolist() == [0, 32, 39]
    assert data.input_scale[[0, 32, 39]].tolist() == [1, 1, 1]


@given(
    value=st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-12),
    rows=st.integers(2, 400),
)
def test_constant_column_becomes_0_and_scales_by_1(value, rows):
    data = standardized(Table(columns=((value,) * rows, tuple(range(rows)))), share=0.0)

    assert data.input_scale.tolist() == [1]
    np.testing.assert_allclose(data.input_mean, value, rtol=1e-15)
    np.testing.assert_allclose(data.training_inputs, 0, atol=1e-15 * abs(value))


def test_long_constant_column_becomes_exactly_0():
    # Adding up 0.1 so often misses the mean by 1e-12, unless what is left over is taken off too.
    rows = 60_000
    data = standardized(Table(columns=((0.1,) * rows, tuple(range(rows)))), share=0.0)

    assert (data.training_inputs == 0).all()
    assert data.input_mean.tolist() == [0.1]


def test_column_that_is_constant_but_for_rounding_scales_by_1():
    almost = (0.3, 0.1 + 0.2) * 50
    data = standardized(Table(columns=(almost, tuple(range(100)))), share=0.0)

    assert len(set(almost)) == 2
    assert data.input_scale.tolist() == [1]
    assert np.abs(data.training_inputs).max() < 1e-15


def test_small_but_real_differences_are_not_taken_for_rounding():
    column = tuple(1 + 1e-9 * row for row in range(100))
    data = standardized(Table(columns=(column, tuple(range(100)))), share=0.0)

    np.testing.assert_allclose(data.input_scale, 1e-9 * np.arange(100).std(), rtol=1e-6)


@pytest.mark.parametrize("size", [1e-310, 1e-170, 1e160, 1e307])
def test_columns_of_any_size_are_scaled(size):
    column = tuple(size * value for value in (-4.0, 1.0, 2.0, 3.0))
    data = standardized(Table(columns=(column, column)), share=0.0)

    for scaled in (data.training_inputs, data.training_targets):
        np.testing.assert_allclose(scaled[:, 0].std(), 1, rtol=1e-12)
    np.testing.assert_allclose(data.input_scale / size, np.sqrt(7.25), rtol=1e-12)


def test_numbers_whose_deviation_is_no_number_stay_as_they_are():
    data = standardized(Table(columns=((0.0, 5e-324), (0.0, 1.0))), share=0.0)

    assert data.input_scale.tolist() == [1]


def test_column_constant_in_the_training_rows_only_is_shifted_alone():
    plain = untouched(Table(columns=((0.0,) * 20, tuple(range(20)))), share=0.25)
    column = np.zeros(20)
    column[plain.validation_indices] = 7.0
    data = standardized(Table(columns=(tuple(column), tuple(range(20)))), share=0.25)

    assert (data.training_inputs == 0).all()
    assert (data.validation_inputs == 7).all()


def test_variance_far_from_zero_is_taken_in_two_passes():
    # The mean of squares less the square of the mean would give 0 or a negative number here.
    column = tuple(1e9 + value for value in (4.0, 7.0, 13.0, 16.0))
    data = standardized(Table(columns=(column, (0.0, 1.0, 2.0, 3.0))), share=0.0)

    assert data.input_mean.tolist() == [1e9 + 10]
    np.testing.assert_allclose(data.input_scale, np.sqrt(22.5), rtol=1e-15)


def test_single_row_is_shifted_to_0():
    data = standardized(SingleRow(), share=0.9)

    assert data.training_inputs.tolist() == [[0, 0]]
    assert data.input_mean.tolist() == [0.2, 0.5]
    assert data.input_scale.tolist() == [1, 1]


def test_shared_rows_of_a_file_stay_as_they_were():
    before = generate(BreastCancer(), 0)[0].copy()
    standardized(BreastCancer(), share=0.0)

    np.testing.assert_array_equal(before, generate(BreastCancer(), 0)[0])


@pytest.mark.parametrize("dataset", [Iris(), Blobs(), TwoMoons()], ids=lambda d: d.name)
def test_standardising_classes_is_refused(dataset):
    with pytest.raises(InvalidInput) as caught:
        prepare(dataset, 0, 0.2, standardize=True, standardize_targets=True)

    error = caught.value
    assert (error.code, error.field, error.value) == ("conflict", "standardize_targets", True)
    assert error.limits == ("dataset", dataset.name)
