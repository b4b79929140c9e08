"""Planes: exact where they are exact, orthonormal, scaled unit by unit, honest about the rest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Plane,
    Run,
    Window,
    default_window,
    exact_plane,
    fit,
    initial_params,
    layers,
    parameter_names,
    principal_plane,
    random_plane,
    recorded_params,
    weights_plane,
)
from engine.landscape import planes
from engine.problems.datasets import Blobs, Line
from engine.problems.functions import Ravine
from engine.rules import SGD, Adam, Momentum
from tests.strategies import examples

RUNS = (
    Run(optimizer=SGD(), learning_rate=0.1),
    Run(optimizer=Momentum(), learning_rate=0.05),
    Run(optimizer=Adam(), learning_rate=0.01, batch_size="all"),
)
NETWORK = Network(hidden=(4, 3))
ONE_NEURON = Network(dataset=Blobs(classes=2, features=1), hidden=())


@pytest.fixture(scope="module")
def history():
    return fit(Experiment(problem=NETWORK, runs=RUNS, budget=Budget(amount=6), seeds=(0, 1)))


@pytest.fixture(scope="module")
def history_with_diverged():
    """On the ravine, SGD beyond 2 / 2 = 1 diverges in y."""
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=1) for rate in (0.1, 1.2)]
    actual = fit(
        Experiment(
            problem=Function(function=Ravine()), runs=runs, budget=Budget(amount=60), data_seed=0
        )
    )
    assert [run.status[0] for run in actual.runs] == ["budget", "diverged"]
    return actual


@pytest.fixture
def growing_line():
    """A straight line of which only the last run ends above its start."""
    problem = Network(
        dataset=Line(rows=40, noise=0.3),
        validation_share=0.0,
        hidden=(),
        loss="mean_squared_error",
        start=(-2.0, 3.0),
    )
    rules = ((SGD(), 0.1), (Momentum(), 0.1), (SGD(), 1.05))
    runs = [Run(optimizer=rule, learning_rate=rate, batch_size="all") for rule, rate in rules]
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=60, unit="iterations"))


def skewed(n_params=6, seed=0):
    """A plane whose directions are neither of length 1 nor orthogonal."""
    rng = np.random.default_rng(seed)
    return Plane(rng.normal(size=n_params), rng.normal(size=(2, n_params)) * [[3.0], [0.2]])


# Coordinates and distances


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(0, 1000), st.floats(-50, 50), st.floats(-50, 50))
def test_a_point_of_the_plane_has_its_coordinates_and_no_distance(n_params, seed, x, y):
    rng = np.random.default_rng(seed)
    orthogonal = np.linalg.qr(rng.normal(size=(n_params, 2)))[0].T
    first, second = orthogonal
    plane = Plane(rng.normal(size=n_params), np.array([3 * first, 0.5 * second + first]))

    params = plane.params(np.array([[x, y]]))

    np.testing.assert_allclose(plane.coordinates(params), [[x, y]], atol=1e-11)
    np.testing.assert_allclose(plane.distances(params), 0, atol=1e-11)


def test_params_are_origin_and_steps_along_the_directions():
    plane = skewed()
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-2.0, 0.5]])

    actual = plane.params(points)

    for lane, (x, y) in zip(actual, points, strict=True):
        for i in range(6):
            expected = plane.origin[i] + x * plane.directions[0, i] + y * plane.directions[1, i]
            assert lane[i] == pytest.approx(expected, rel=1e-14)


def test_distance_is_the_shortest_way_to_the_plane():
    plane = skewed()
    params = np.random.default_rng(1).normal(size=(3, 4, 6))

    coordinates, distances = plane.coordinates(params), plane.distances(params)

    assert coordinates.shape == (3, 4, 2)
    for index in np.ndindex(3, 4):
        best, residual, *_ = np.linalg.lstsq(
            plane.directions.T, params[index] - plane.origin, rcond=None
        )
        np.testing.assert_allclose(coordinates[index], best, rtol=1e-10)
        assert distances[index] == pytest.approx(np.sqrt(residual[0]), rel=1e-10)
        around = best + np.random.default_rng(2).normal(scale=0.1, size=(500, 2))
        others = np.linalg.norm(plane.params(around) - params[index], axis=1)
        assert distances[index] < others.min()


def test_arrays_are_read_only_copies():
    origin = np.zeros(3)
    plane = Plane(origin, np.eye(3)[:2])
    origin[0] = 9

    assert plane.origin[0] == 0
    for array in (plane.origin, plane.directions):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    "directions",
    [[[1, 2, 3], [2, 4, 6]], [[1, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]],
    ids=["parallel", "one is zero", "both are zero"],
)
def test_directions_that_span_no_plane_are_refused(directions):
    with pytest.raises(InvalidInput) as caught:
        Plane(np.zeros(3), np.array(directions, dtype=float))

    assert (caught.value.code, caught.value.field) == ("out_of_range", "plane.directions")


@pytest.mark.parametrize("field", ["origin", "directions"])
def test_a_plane_through_nowhere_is_refused(field):
    arrays = {"origin": np.zeros(3), "directions": np.eye(3)[:2]}
    arrays[field] = arrays[field].copy()
    arrays[field].flat[0] = np.nan

    with pytest.raises(InvalidInput) as caught:
        Plane(**arrays)

    assert (caught.value.code, caught.value.field) == ("not_finite", f"plane.{field}")


# Exact planes and planes of two weights


@pytest.mark.parametrize(
    "problem",
    [Function(), ONE_NEURON, Network(dataset=Line(), hidden=(), loss="half_sum_of_squares")],
)
def test_with_two_parameters_the_coordinates_are_the_parameters(problem):
    plane = exact_plane(problem)
    params = np.random.default_rng(0).normal(scale=1e3, size=(50, 2))

    assert np.array_equal(plane.coordinates(params), params)
    assert np.array_equal(plane.params(params), params)
    assert not plane.distances(params).any()


def test_other_numbers_of_parameters_have_no_exact_plane():
    with pytest.raises(InvalidInput) as caught:
        exact_plane(NETWORK)

    assert (caught.value.field, caught.value.value) == ("n_params", NETWORK.n_params)


def test_a_plane_of_two_weights_moves_these_alone():
    origin = np.arange(6.0)
    plane = weights_plane(origin, 4, 1)

    actual = plane.params(np.array([[4.0, 1.0], [7.5, -2.0]]))

    assert np.array_equal(actual[0], origin)
    assert np.array_equal(actual[1], [0, -2, 2, 3, 7.5, 5])
    assert np.array_equal(plane.coordinates(actual), [[4, 1], [7.5, -2]])
    assert plane.distances(np.array([9.0, 1, 2, 3, 7, 9]))[()] == pytest.approx(np.hypot(9, 4))


@pytest.mark.parametrize(
    ("first", "second", "code", "field"),
    [
        (6, 0, "out_of_range", "plane.first"),
        (0, -1, "out_of_range", "plane.second"),
        (2, 2, "duplicate", "plane.second"),
    ],
)
def test_wrong_weights_are_refused(first, second, code, field):
    with pytest.raises(InvalidInput) as caught:
        weights_plane(np.zeros(6), first, second)

    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize("bias", [True, False])
def test_a_name_is_the_place_in_the_layers(bias):
    network = Network(hidden=(4, 3), bias=bias)
    params = np.random.default_rng(0).normal(size=network.n_params)
    stack = layers(Experiment(problem=network), params)

    names = parameter_names(network)

    assert len(names) == len(set(names)) == network.n_params
    for layer, (weights, biases) in enumerate(stack, start=1):
        for unit, source in np.ndindex(*weights.shape):
            position = names.index(f"W{layer}[{unit},{source}]")
            assert params[position] == weights[unit, source]
        for unit in range(len(biases) * bias):
            assert params[names.index(f"b{layer}[{unit}]")] == biases[unit]


def test_names_of_few_parameters_are_those_of_the_textbook():
    assert parameter_names(Function()) == ("x", "y")
    assert parameter_names(ONE_NEURON) == ("w", "b")
    no_bias = Network(dataset=Line(), hidden=(), loss="mean_squared_error", bias=False)
    assert parameter_names(no_bias) == ("w",)


# Random planes


@pytest.mark.parametrize("bias", [True, False])
def test_random_directions_have_the_norm_of_every_unit(bias):
    """The definition of Li et al. (2018), written as a plain loop over units."""
    network = Network(hidden=(4, 3), bias=bias, start="uniform")
    experiment = Experiment(problem=network)
    origin = initial_params(experiment, 3)

    plane = random_plane(network, origin, seed=7)

    drawn = np.random.default_rng([7, 5]).normal(size=(2, network.n_params))
    for actual, raw in zip(plane.directions, drawn, strict=True):
        for (weights, biases), (d, d_biases), (r, _) in zip(
            *(layers(experiment, part) for part in (origin, actual, raw)), strict=True
        ):
            assert not d_biases.any()
            assert not bias or biases.any()
            for unit in range(len(weights)):
                expected = r[unit] / np.linalg.norm(r[unit]) * np.linalg.norm(weights[unit])
                np.testing.assert_allclose(d[unit], expected, rtol=1e-13)
    assert np.array_equal(plane.origin, origin)


def test_a_random_plane_is_that_of_its_seed():
    origin = initial_params(Experiment(problem=NETWORK), 0)
    once, again, other = (random_plane(NETWORK, origin, seed) for seed in (1, 1, 2))

    assert np.array_equal(once.directions, again.directions)
    assert not np.allclose(once.directions, other.directions)


def test_a_random_plane_needs_a_seed_and_weights():
    origin = initial_params(Experiment(problem=NETWORK), 0)
    with pytest.raises(InvalidInput) as caught:
        random_plane(NETWORK, origin, -1)
    assert (caught.value.code, caught.value.field) == ("out_of_range", "seed")

    for network, start in ((NETWORK, np.zeros_like(origin)), (ONE_NEURON, np.ones(2))):
        with pytest.raises(InvalidInput) as caught:
            random_plane(network, start, 0)
        assert caught.value.field == "plane.directions"


# Principal planes


def points_of(history, seed):
    return np.concatenate([run.params[seed] for run in history.runs])


@pytest.mark.parametrize("seed", [0, 1])
def test_principal_directions_are_those_of_an_independent_decomposition(history, seed):
    points = points_of(history, seed)
    covariance = np.cov(points.T)
    values, vectors = np.linalg.eigh(covariance)

    plane = principal_plane(history, seed)

    np.testing.assert_allclose(plane.explained, values[[-1, -2]] / np.trace(covariance), atol=1e-12)
    np.testing.assert_allclose(
        np.abs(plane.directions @ vectors[:, [-1, -2]]), np.eye(2), atol=1e-9
    )
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-14)
    np.testing.assert_allclose(plane.origin, points.mean(axis=0), rtol=1e-13)
    assert (plane.n_points, plane.every, plane.left_out) == (len(points), 1, ())
    for direction in plane.directions:
        assert direction[np.abs(direction).argmax()] > 0


@pytest.mark.parametrize("shape", [(9, 4), (4, 9)])
def test_directions_point_to_where_their_largest_component_is_positive(shape):
    for seed in range(10):
        directions, _ = planes._leading(np.random.default_rng(seed).normal(size=shape))
        largest = np.abs(directions).argmax(axis=1)
        assert (directions[[0, 1], largest] > 0).all()


def test_explained_variance_is_what_the_distances_leave(history):
    points = points_of(history, 0)
    plane = principal_plane(history)

    left = np.square(plane.distances(points)).sum()
    total = np.square(points - points.mean(axis=0)).sum()

    assert 1 - left / total == pytest.approx(plane.explained.sum(), abs=1e-12)


def test_more_parameters_than_points_are_decomposed_alike():
    wide = fit(Experiment(problem=Network(hidden=(20,)), runs=RUNS[:2], budget=Budget(amount=4)))
    points = points_of(wide, 0)
    assert len(points) < points.shape[1]

    plane = principal_plane(wide)

    values = np.square(np.linalg.svd(points - points.mean(axis=0), compute_uv=False))
    np.testing.assert_allclose(plane.explained, values[:2] / values.sum(), atol=1e-12)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-14)


def test_too_many_points_are_thinned_and_it_says_so(history, monkeypatch):
    monkeypatch.setattr(planes, "_MOST_POINTS", 10)

    plane = principal_plane(history)

    n_all = len(points_of(history, 0))
    assert plane.every == -(-n_all // 10) > 1
    kept = [run.params[0] for run in history.runs]
    kept = [np.concatenate([path[:-1][:: plane.every], path[-1:]]) for path in kept]
    assert plane.n_points == sum(map(len, kept)) < n_all
    np.testing.assert_allclose(plane.origin, np.concatenate(kept).mean(axis=0), rtol=1e-13)


def test_a_path_along_a_line_still_gives_a_plane():
    """A single run of two points has one component; the second direction is any orthogonal one."""
    runs = [Run(optimizer=SGD(), learning_rate=0.1)]
    plane = principal_plane(
        fit(Experiment(problem=NETWORK, runs=runs, budget=Budget(amount=1, unit="iterations")))
    )

    np.testing.assert_allclose(plane.explained, [1, 0], atol=1e-15)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-14)


def test_what_never_moved_explains_nothing():
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)]
    problem = Function(function=Ravine(), start=(0.0, 0.0))
    plane = principal_plane(fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=3))))

    assert plane.explained.tolist() == [0, 0]


def test_a_diverged_run_does_not_decide_the_plane(history_with_diverged):
    plane = principal_plane(history_with_diverged)

    calm = history_with_diverged.runs[0].params[0]
    assert plane.left_out == (1,)
    assert plane.n_points == len(calm)
    np.testing.assert_allclose(plane.origin, calm.mean(axis=0), rtol=1e-13)


def test_a_plane_of_diverged_runs_alone_is_refused(history_with_diverged):
    only = fit(
        history_with_diverged.experiment.model_copy(
            update={"runs": history_with_diverged.experiment.runs[1:]}
        )
    )
    with pytest.raises(InvalidInput) as caught:
        principal_plane(only)

    assert (caught.value.code, caught.value.limits) == ("conflict", ("status", "diverged"))


def test_wrong_seeds_and_too_few_parameters_are_refused(history):
    with pytest.raises(InvalidInput) as caught:
        principal_plane(history, 2)
    assert (caught.value.field, caught.value.value) == ("seed", 2)

    problem = Network(dataset=Line(), hidden=(), loss="mean_squared_error", bias=False)
    with pytest.raises(InvalidInput) as caught:
        principal_plane(fit(Experiment(problem=problem, budget=Budget(amount=1))))
    assert caught.value.field == "n_params"


# Windows


def test_the_window_holds_every_path_and_a_margin(history):
    plane = principal_plane(history)
    window = default_window(plane, history)

    points = plane.coordinates(points_of(history, 0))
    for axis, (low, high) in enumerate((window.x, window.y)):
        first, last = points[:, axis].min(), points[:, axis].max()
        assert first - low == pytest.approx(0.15 * (last - first))
        assert high - last == pytest.approx(0.15 * (last - first))


def test_a_diverged_run_does_not_change_the_window(history_with_diverged):
    plane = exact_plane(history_with_diverged.experiment.problem)
    calm = fit(
        history_with_diverged.experiment.model_copy(
            update={"runs": history_with_diverged.experiment.runs[:1]}
        )
    )

    assert default_window(plane, history_with_diverged) == default_window(plane, calm)


def test_a_run_that_ends_above_its_start_does_not_change_the_window(growing_line):
    """Above 2 / lambda_max a path on a quadratic grows, long before it counts as diverged."""
    plane = exact_plane(growing_line.problem)
    calm = growing_line.model_copy(update={"runs": growing_line.runs[:2]})
    actual = fit(growing_line)

    assert actual.runs[2].status == ("budget",)
    assert default_window(plane, actual) == default_window(plane, fit(calm))


def test_where_all_end_above_their_start_the_window_holds_them(growing_line):
    only = fit(growing_line.model_copy(update={"runs": growing_line.runs[2:]}))
    window = default_window(exact_plane(growing_line.problem), only)

    (_, points) = recorded_params(only.runs[0])
    for axis, (low, high) in enumerate((window.x, window.y)):
        assert low < points[:, axis].min() < points[:, axis].max() < high


def test_where_all_diverged_the_window_is_around_their_start(history_with_diverged):
    plane = exact_plane(history_with_diverged.experiment.problem)
    only = fit(
        history_with_diverged.experiment.model_copy(
            update={"runs": history_with_diverged.experiment.runs[1:]}
        )
    )

    assert default_window(plane, only) == Window((-8, -6), (1, 3))


def test_an_axis_without_movement_has_some_width():
    """From (-7, 0) the ravine leads along x alone."""
    problem = Function(function=Ravine(), start=(-7.0, 0.0))
    runs = [Run(optimizer=SGD(), learning_rate=1.0, batch_size=1)]
    actual = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=20)))

    window = default_window(exact_plane(problem), actual)

    width = window.x[1] - window.x[0]
    assert window.y == pytest.approx((-width / 40, width / 40))


@pytest.mark.parametrize(
    ("x", "code"),
    [
        ((0.0, np.nan), "not_finite"),
        ((-np.inf, 0.0), "not_finite"),
        ((0.0, 1e16), "out_of_range"),
        ((1.0, 1.0), "out_of_range"),
        ((2.0, 1.0), "out_of_range"),
    ],
)
def test_a_window_must_be_a_rectangle(x, code):
    for fields, name in ((((x), (0.0, 1.0)), "window.x"), (((0.0, 1.0), x), "window.y")):
        with pytest.raises(InvalidInput) as caught:
            Window(*fields)
        assert (caught.value.code, caught.value.field) == (code, name)


@examples(50)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 121))
def test_every_second_point_of_the_finer_axes_is_the_same_number(low, width, size):
    window = Window((low, low + width), (0.0, 1.0))

    for coarse, fine in zip(window.axes(size), window.axes(2 * size - 1), strict=True):
        assert np.array_equal(coarse, fine[::2])
        assert (np.diff(fine) > 0).all()


def test_recorded_params_are_the_finite_ones(history_with_diverged):
    run = history_with_diverged.runs[1]
    steps, params = recorded_params(run)

    assert np.isfinite(params).all()
    assert len(steps) == len(params)
    for step, point in zip(steps, params, strict=True):
        position = list(run.params_steps).index(step)
        assert np.array_equal(run.params[0, position], point)
