"""The data sets: sizes, shapes, noise, what is known about the measured ones, golden hashes."""

import hashlib
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval
from engine.problems.datasets import (
    DATASETS,
    RETIRED,
    Airfoil,
    Blobs,
    BreastCancer,
    Chebyshev,
    Circles,
    Dataset,
    Digits,
    Iris,
    Line,
    OwnTable,
    Penguins,
    Polynomial,
    Sine,
    SingleRow,
    Source,
    Spirals,
    ThreePoints,
    TwoMoons,
    Xor,
    generate,
    real,
)
from engine.problems.datasets.toy import Toy
from engine.spec import Spec
from tests.work import FEW_CALLS, calls

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

TOYS = [dataset for dataset in DATASETS if issubclass(dataset, Toy)]
CLASSIFICATION = [dataset for dataset in DATASETS if dataset.task == "classification"]
EVERY_DATASET = pytest.mark.parametrize("dataset", [d() for d in DATASETS], ids=lambda d: d.name)
EVERY_TOY = pytest.mark.parametrize("toy", TOYS, ids=lambda d: d().name)

# SHA-256 of shape and values of the default rows at data_seed 0, rounded to 9 decimals: the last
# bits of sine and cosine differ between processors. Recorded with NumPy 2.4.6 on Python 3.11; a
# change here means that old links and files show other rows.
GOLDEN = {
    "three_points": "df428b80b718aa4b",
    "single_row": "27f07295afdd7a6d",
    "line": "b8b5b790fa4d7308",
    "sine": "2e9a419f35a36bb2",
    "polynomial": "8fdb7cf006137dc9",
    "chebyshev": "46cb0d7edd0cac82",
    "blobs": "d8526167068aec21",
    "two_moons": "62cb9fba1d8bdf8f",
    "circles": "56fd8f9041d7744d",
    "xor": "4f92d0abe30ac752",
    "spirals": "7f4ee0936442e08e",
    "iris": "80d1a3bddc61d39b",
    "breast_cancer": "f8298b83e68e97bf",
    "digits": "82a971aaf66d8774",
    "penguins": "914fb62d5344bfb1",
    "airfoil": "5b152faacab61e5e",
}


class Holder(Spec):
    """Stands for the experiment: a field that can hold any data set."""

    dataset: Dataset


def fingerprint(*arrays):
    digest = hashlib.sha256()
    for array in arrays:
        rounded = np.round(array.astype("<f8"), 9) + 0.0  # -0.0 becomes 0.0
        digest.update(repr(array.shape).encode() + rounded.tobytes())
    return digest.hexdigest()[:16]


def concrete(source):
    for subclass in source.__subclasses__():
        yield from concrete(subclass)
        if subclass.__module__.startswith("engine.") and "name" in subclass.__annotations__:
            yield subclass


def refused(make):
    """Return what was refused, and check that it took little work."""

    def refusal():
        nonlocal caught
        with pytest.raises(InvalidInput) as caught:
            make()

    caught = None
    assert calls(refusal) < FEW_CALLS
    return caught.value


# What all have in common


def test_every_data_set_is_registered_and_in_the_union():
    assert set(concrete(Source)) == {*DATASETS, OwnTable}
    assert get_args(get_args(Dataset)[0]) == (*DATASETS, OwnTable)


@EVERY_DATASET
def test_golden_hash(dataset):
    assert GOLDEN[dataset.name] == fingerprint(*generate(dataset, 0))


@EVERY_DATASET
def test_sizes_are_known_before_the_rows(dataset):
    inputs, targets = generate(dataset, 3)

    assert inputs.shape == (dataset.n_rows, dataset.n_features)
    assert inputs.dtype == np.float64
    assert len(dataset.feature_names) == dataset.n_features
    assert len(set(dataset.feature_names)) == dataset.n_features
    assert len(dataset.target_names) == dataset.n_outputs
    if dataset.task == "regression":
        assert targets.shape == (dataset.n_rows, dataset.n_outputs)
        assert targets.dtype == np.float64
        assert dataset.n_classes == 0
    else:
        assert targets.shape == (dataset.n_rows,)
        assert targets.dtype == np.int64
        assert dataset.n_outputs == 0
        assert dataset.n_classes == len(dataset.class_names) >= 2
        assert set(targets.tolist()) == set(range(dataset.n_classes))


@EVERY_DATASET
def test_rows_are_contiguous_and_read_only(dataset):
    for array in generate(dataset, 0):
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@EVERY_DATASET
def test_same_seed_gives_the_same_rows(dataset):
    first, again = generate(dataset, 5), generate(dataset, 5)

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@EVERY_DATASET
def test_another_seed_changes_generated_rows_only(dataset):
    """But for a data set whose inputs are equally spaced: only its noise is drawn."""
    first, second = generate(dataset, 0), generate(dataset, 1)
    same = [np.array_equal(*pair) for pair in zip(first, second, strict=True)]

    if isinstance(dataset, Chebyshev):
        noisy = [generate(Chebyshev(noise=0.1), seed)[1] for seed in (0, 1)]
        assert same == [True, True]
        assert not np.array_equal(*noisy)
    else:
        assert same[0] == (not isinstance(dataset, Toy))


@EVERY_DATASET
def test_survives_json(dataset):
    held = Holder(dataset=dataset)

    assert held == Holder.model_validate_json(held.model_dump_json())
    assert hash(held) == hash(Holder(dataset=dataset))


@EVERY_TOY
@given(rows=st.integers(2, 300), noise=st.floats(0, 10), seed=st.integers(0, 2**32 - 1))
def test_any_rows_and_noise_give_finite_rows(toy, rows, noise, seed):
    inputs, targets = generate(toy(rows=rows, noise=noise), seed)

    assert inputs.shape == (rows, toy().n_features)
    assert np.isfinite(inputs).all()
    assert np.isfinite(targets).all()


@pytest.mark.parametrize("toy", [d for d in TOYS if d.task == "classification"])
@given(rows=st.integers(2, 300))
def test_classes_differ_by_one_row_at_most(toy, rows):
    dataset = toy(rows=rows)
    counts = np.bincount(generate(dataset, 0)[1], minlength=dataset.n_classes)

    assert counts.sum() == rows
    assert np.ptp(counts) <= 1


@EVERY_TOY
def test_defaults_are_scaled_for_training_as_they_are(toy):
    inputs, _ = generate(toy(), 0)

    assert (np.abs(inputs) < 4).all()
    assert (inputs.std(axis=0) > 0.45).all()
    assert (inputs.std(axis=0) < 2).all()


# Noise


@EVERY_TOY
def test_more_noise_moves_the_same_rows_further(toy):
    still, little, much = (
        np.hstack([inputs, targets.reshape(len(inputs), -1)])
        for inputs, targets in (generate(toy(noise=noise), 7) for noise in (0.0, 0.1, 0.4))
    )

    np.testing.assert_allclose(4 * (little - still), much - still, rtol=0, atol=1e-13)
    assert not np.array_equal(still, little)


@EVERY_TOY
def test_noise_is_the_standard_deviation(toy):
    still, noisy = (generate(toy(rows=20_000, noise=noise), 1) for noise in (0.0, 0.3))
    part = 1 if toy.task == "regression" else 0

    # 5 standard errors of a standard deviation of 20,000 normal numbers
    np.testing.assert_allclose((noisy[part] - still[part]).std(axis=0), 0.3, rtol=5 / 200)
    np.testing.assert_array_equal(still[1 - part], noisy[1 - part])


def test_line_without_noise_is_straight():
    x, y = generate(Line(noise=0.0, slope=-3.0, intercept=0.5), 0)

    np.testing.assert_allclose(0.5 - 3 * x, y, rtol=0, atol=1e-15)
    assert (np.abs(x) <= 1).all()
    assert np.ptp(x) > 1.9


def test_line_is_two_x_plus_one_by_default():
    x, y = generate(Line(noise=0.0), 0)

    np.testing.assert_allclose(np.polynomial.polynomial.polyfit(x[:, 0], y[:, 0], 1), [1, 2])


@pytest.mark.parametrize("frequency", [1.0, 2.5])
def test_sine_without_noise_is_a_sine(frequency):
    x, y = generate(Sine(noise=0.0, frequency=frequency), 0)

    np.testing.assert_allclose(np.exp(1j * frequency * x).imag, y, rtol=0, atol=1e-14)
    assert (np.abs(x) <= np.pi).all()
    assert np.ptp(x) > 6


def test_polynomial_without_noise_has_its_coefficients():
    x, y = generate(Polynomial(noise=0.0, constant=4.0, linear=3.0, quadratic=-2.0, cubic=1.0), 0)

    np.testing.assert_allclose(
        np.polynomial.polynomial.polyfit(x[:, 0], y[:, 0], 3), [4, 3, -2, 1], rtol=1e-12
    )
    assert (np.abs(x) <= 2).all()


@pytest.mark.parametrize("degree", range(1, 11))
def test_chebyshev_without_noise_is_the_cosine_of_a_multiple_of_the_angle(degree):
    x, y = generate(Chebyshev(rows=101, degree=degree), 0)

    np.testing.assert_allclose(x[:, 0], np.linspace(-1, 1, 101), rtol=0, atol=0)
    np.testing.assert_allclose(y, np.cos(degree * np.arccos(x)), rtol=0, atol=1e-13)


def test_circles_without_noise_have_their_radii():
    inputs, inner = generate(Circles(noise=0.0, factor=0.3), 0)
    radius = np.hypot(*inputs.T)

    np.testing.assert_allclose(radius[inner == 0], 1, rtol=1e-15)
    np.testing.assert_allclose(radius[inner == 1], 0.3, rtol=1e-15)
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-15)


def test_moons_without_noise_are_half_circles():
    inputs, lower = generate(TwoMoons(noise=0.0), 0)
    from_upper, from_lower = inputs[lower == 0], inputs[lower == 1] - [1, 0.5]

    np.testing.assert_allclose(np.hypot(*from_upper.T), 1, rtol=1e-15)
    np.testing.assert_allclose(np.hypot(*from_lower.T), 1, rtol=1e-15)
    assert (from_upper[:, 1] > 0).all()
    assert (from_lower[:, 1] < 0).all()


def test_xor_without_noise_is_the_sign_of_the_product():
    inputs, targets = generate(Xor(noise=0.0, rows=400), 0)

    np.testing.assert_array_equal(inputs[:, 0] * inputs[:, 1] < 0, targets == 1)
    assert np.abs(inputs).min() >= 0.1
    assert np.abs(inputs).max() <= 1.5
    squares, counts = np.unique(np.sign(inputs), axis=0, return_counts=True)
    assert len(squares) == 4
    assert counts.tolist() == [100] * 4


@pytest.mark.parametrize("arms", [2, 3, 4])
def test_spiral_arms_are_turned_copies_of_the_first(arms):
    inputs, targets = generate(Spirals(noise=0.0, arms=arms, rows=120), 0)
    points = inputs @ [1, 1j]

    assert len(set(targets.tolist())) == arms
    for arm in range(arms):
        turned = points[targets == 0] * np.exp(2j * np.pi * arm / arms)
        np.testing.assert_allclose(turned, points[targets == arm], rtol=0, atol=1e-14)


def test_spiral_winds_out_evenly_as_often_as_asked():
    inputs, targets = generate(Spirals(noise=0.0, turns=1.25, rows=2000), 0)
    arm = inputs[targets == 0] @ [1, 1j]
    angle = np.unwrap(np.angle(arm))

    np.testing.assert_allclose(np.diff(np.abs(arm)), 3 / 1000, rtol=1e-9)
    np.testing.assert_allclose(np.ptp(angle), 1.25 * 2 * np.pi * 999 / 1000, rtol=1e-9)


@given(
    classes=st.integers(2, 10),
    features=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
)
def test_blobs_without_noise_sit_on_separate_centres(classes, features, seed):
    dataset = Blobs(noise=0.0, rows=30, classes=classes, features=features)
    inputs, targets = generate(dataset, seed)
    centres = inputs[:classes]

    np.testing.assert_array_equal(centres[targets], inputs)
    assert np.abs(centres).max() <= 2
    apart = np.linalg.norm(centres[:, np.newaxis] - centres, axis=2)[~np.eye(classes, dtype=bool)]
    assert apart.min() > 0.05 * np.sqrt(features)


@UNTRACED
def test_largest_blobs_are_made_without_a_loop_over_their_rows():
    def make():
        nonlocal inputs, targets
        inputs, targets = generate(Blobs(rows=60_000, features=784, classes=10), 0)

    inputs = targets = None

    assert calls(make) < 1_000
    assert inputs.shape == (60_000, 784)
    assert np.bincount(targets).tolist() == [6000] * 10


# The two tiny sets


def test_three_points_are_twice_their_x():
    inputs, targets = generate(ThreePoints(), 0)

    assert inputs.tolist() == [[1], [2], [3]]
    assert targets.tolist() == [[2], [4], [6]]


def test_single_row_has_two_inputs_and_two_targets():
    inputs, targets = generate(SingleRow(), 0)

    assert inputs.tolist() == [[0.2, 0.5]]
    assert targets.tolist() == [[0.2, 0.4]]


# The measured sets: facts from their descriptions


def test_iris_has_its_known_counts_and_means():
    inputs, species = generate(Iris(), 0)

    assert np.bincount(species).tolist() == [50, 50, 50]
    np.testing.assert_allclose(inputs.mean(axis=0), [5.8433333, 3.0573333, 3.758, 1.1993333])
    assert inputs.min(axis=0).tolist() == [4.3, 2.0, 1.0, 0.1]
    assert inputs.max(axis=0).tolist() == [7.9, 4.4, 6.9, 2.5]
    assert Iris().feature_names == ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert Iris().class_names == ("setosa", "versicolor", "virginica")


def test_iris_follows_the_paper_in_rows_35_and_38():
    inputs, _ = generate(Iris(), 0)

    assert inputs[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert inputs[37].tolist() == [4.9, 3.6, 1.4, 0.1]


def test_breast_cancer_has_its_known_counts_and_ranges():
    inputs, diagnosis = generate(BreastCancer(), 0)
    names = BreastCancer().feature_names

    assert BreastCancer().class_names == ("malignant", "benign")
    assert np.bincount(diagnosis).tolist() == [212, 357]
    assert names[0] == "mean_radius"
    assert inputs[:, 0].min() == 6.981
    assert inputs[:, 0].max() == 28.11
    assert inputs[:, names.index("worst_area")].max() == 4254
    # Malignant tumours are the larger ones: the two classes are not swapped.
    assert inputs[diagnosis == 0, 0].mean() > inputs[diagnosis == 1, 0].mean()


def test_digits_have_their_known_counts_and_range():
    inputs, digit = generate(Digits(), 0)

    assert np.bincount(digit).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (inputs.min(), inputs.max()) == (0, 16)
    assert (inputs == np.round(inputs)).all()
    assert inputs.sum() == 561718
    # The first image is a round zero: dark rim, empty middle.
    assert digit[0] == 0
    assert inputs[0].reshape(8, 8)[2:6, 3:5].sum() < inputs[0].reshape(8, 8)[2:6, [2, 5]].sum()


def test_penguins_have_their_known_means_and_ranges():
    """As R's ``summary(palmerpenguins::penguins)`` tells them."""
    inputs, mass = generate(Penguins(), 0)

    np.testing.assert_allclose(inputs.mean(axis=0), [43.92, 17.15, 200.9], atol=0.05)
    assert np.median(inputs, axis=0).tolist() == [44.45, 17.3, 197.0]
    assert inputs.min(axis=0).tolist() == [32.1, 13.1, 172.0]
    assert inputs.max(axis=0).tolist() == [59.6, 21.5, 231.0]
    assert (mass.min(), np.median(mass), mass.max()) == (2700, 4050, 6300)
    np.testing.assert_allclose(mass.mean(), 4202, atol=0.5)
    assert inputs[0].tolist() == [39.1, 18.7, 181.0]
    assert Penguins().feature_names == ("bill_length", "bill_depth", "flipper_length")
    assert Penguins().target_names == ("body_mass",)


def test_airfoil_has_its_known_mean_and_ranges():
    inputs, level = generate(Airfoil(), 0)

    np.testing.assert_allclose(level.mean(), 124.835943, atol=5e-7)
    assert (level.min(), level.max()) == (103.38, 140.987)
    assert inputs.min(axis=0).tolist() == [200, 0, 0.0254, 31.7, 0.000400682]
    assert inputs.max(axis=0).tolist() == [20_000, 22.2, 0.3048, 71.3, 0.0584113]
    assert inputs[0].tolist() == [800, 0, 0.3048, 71.3, 0.00266337]
    assert Airfoil().feature_names == ("frequency", "angle", "chord", "velocity", "thickness")
    assert Airfoil().target_names == ("sound_level",)


# What is no longer here


@pytest.mark.parametrize(("name", "successor"), RETIRED.items())
def test_a_retired_data_set_names_its_successor(name, successor):
    error = refused(lambda: Holder(dataset={"name": name, "rows": 12}))

    assert (error.code, error.field, error.value, error.limits) == (
        "retired",
        "dataset.name",
        name,
        successor,
    )
    assert name not in {dataset().name for dataset in DATASETS}
    assert Holder(dataset={"name": successor}).dataset.name == successor


# Bad input


def test_every_number_of_every_toy_refuses_what_no_number_is():
    for toy in TOYS:
        for field, info in toy.model_fields.items():
            if field == "name":
                continue
            (limits,) = info.metadata
            kind = "integer" if info.annotation is int else "number"
            for value in (True, "1", None, [1], 1j):
                error = refused(lambda toy=toy, field=field, value=value: toy(**{field: value}))
                assert (error.code, error.field, error.limits) == ("wrong_type", field, kind)
                assert error.value is value
            for value in (float("nan"), float("inf"), -float("inf")):
                error = refused(lambda toy=toy, field=field, value=value: toy(**{field: value}))
                assert (error.code, error.field, error.limits) == ("not_finite", field, limits)
                assert error.value is value


def beyond(toy):
    for field, info in toy.model_fields.items():
        for limits in info.metadata:
            step = 1 if info.annotation is int else 1e-9
            low = limits.low if limits.open_low else limits.low - step
            yield field, info.annotation(low), limits
            yield field, info.annotation(limits.high + step), limits


@pytest.mark.parametrize(
    ("toy", "field", "value", "limits"),
    [(toy, *case) for toy in TOYS for case in beyond(toy)],
)
def test_just_outside_the_interval_is_refused(toy, field, value, limits):
    error = refused(lambda: toy(**{field: value}))

    assert (error.code, error.field, error.value, error.limits) == (
        "out_of_range",
        field,
        value,
        limits,
    )


@pytest.mark.parametrize(
    ("dataset", "field", "value", "limits"),
    [
        (Blobs, "classes", 1, LIMITS["classes"]),
        (Blobs, "features", 785, LIMITS["features"]),
        (Blobs, "rows", 1, LIMITS["rows"]),
        (Blobs, "rows", 10**9, LIMITS["rows"]),
        (Spirals, "arms", 5, Interval(2, 4)),
        (Line, "noise", -0.1, Interval(0, 10)),
    ],
)
def test_issue_examples_are_refused_with_their_limits(dataset, field, value, limits):
    error = refused(lambda: dataset(**{field: value}))

    assert (error.code, error.field, error.value, error.limits) == (
        "out_of_range",
        field,
        value,
        limits,
    )


@pytest.mark.parametrize(
    ("seed", "code"),
    [(-1, "out_of_range"), (2**32, "out_of_range"), (1.0, "wrong_type"), (True, "wrong_type")],
)
def test_what_is_no_seed_makes_no_rows(seed, code):
    with pytest.raises(InvalidInput) as caught:
        generate(Line(), seed)

    assert (caught.value.code, caught.value.field, caught.value.value) == (code, "data_seed", seed)


def test_error_inside_an_experiment_names_the_path():
    error = refused(lambda: Holder(dataset={"name": "spirals", "arms": 1}))

    assert (error.code, error.field, error.value) == ("out_of_range", "dataset.arms", 1)


def test_unknown_data_set_is_refused_with_the_choices():
    error = refused(lambda: Holder(dataset={"name": "mnist"}))

    assert (error.code, error.field, error.value) == ("unknown_choice", "dataset.name", "mnist")
    assert error.limits == (*(dataset().name for dataset in DATASETS), "own")


@pytest.mark.parametrize(
    ("given_fields", "code", "field"),
    [
        ({"name": "iris", "rows": 10}, "unknown_field", "dataset.rows"),
        ({"rows": 10}, "missing", "dataset"),
        ("iris", "wrong_type", "dataset"),
    ],
)
def test_other_bad_data_sets_are_refused(given_fields: Any, code, field):
    error = refused(lambda: Holder(dataset=given_fields))

    assert (error.code, error.field) == (code, field)


def test_measured_rows_are_locked_where_they_are_shared():
    real._read.cache_clear()

    assert not any(array.flags.writeable for array in Iris().draw(np.random.default_rng(0)))


def test_measured_sets_are_read_in_few_calls_and_once():
    real._read.cache_clear()

    assert calls(lambda: generate(Digits(), 0)) < 2_000  # and not one for each of 1,797 rows
    assert generate(Digits(), 0)[0] is generate(Digits(), 0)[0]
