"""Test functions: values, exact gradients and Hessians, where they are lowest, what noise does."""

from typing import get_args

import numpy as np
import pytest

from engine import Budget, Experiment, Function, Run, batches, fit, minimize
from engine.problems.functions import (
    EVERY_FUNCTION,
    FUNCTIONS,
    AnyFunction,
    Beale,
    Bends,
    Booth,
    Bowl,
    Dip,
    Himmelblau,
    Matyas,
    Plateau,
    Rastrigin,
    Ravine,
    Rosenbrock,
    Saddle,
    StyblinskiTang,
    ThreeHumpCamel,
    Tug,
    Twin,
)
from engine.rules import SGD, Adam, Momentum

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

LISTED = pytest.mark.parametrize(
    "function", [f() for f in FUNCTIONS if f.stationary_points], ids=lambda f: f.name
)
EVERY = pytest.mark.parametrize("function", [f() for f in FUNCTIONS], ids=lambda f: f.name)
POINTS = np.random.default_rng(0).normal(scale=3, size=(50, 2))


def coordinates(points):
    """Coordinates of stationary points as lanes."""
    return np.array([[point.x, point.y] for point in points]).reshape(-1, 2)


def seen(function, size=201):
    """A grid over the window, as lanes."""
    axes = [np.linspace(*side, size) for side in function.window]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)


def test_every_function_is_in_the_union():
    assert get_args(get_args(AnyFunction)[0]) == EVERY_FUNCTION


# Derivatives


@EVERY
def test_gradient_by_complex_step(function):
    step = 1e-30
    for axis in range(2):
        moved = POINTS + 1j * step * np.eye(2)[axis]

        np.testing.assert_allclose(
            function.gradient(POINTS)[:, axis],
            function.value(moved).imag / step,
            rtol=1e-13,
            atol=1e-13,
        )


@EVERY
def test_hessian_by_complex_step(function):
    step = 1e-30
    for axis in range(2):
        moved = POINTS + 1j * step * np.eye(2)[axis]

        np.testing.assert_allclose(
            function.hessian(POINTS)[:, :, axis],
            function.gradient(moved).imag / step,
            rtol=1e-12,
            atol=1e-12,
        )


@EVERY
def test_the_hessian_takes_complex_points(function):
    np.testing.assert_allclose(function.hessian(POINTS + 0j), function.hessian(POINTS), rtol=1e-13)


@EVERY
def test_shapes(function):
    assert function.value(POINTS).shape == (50,)
    assert function.gradient(POINTS).shape == (50, 2)
    assert function.hessian(POINTS).shape == (50, 2, 2)


@EVERY
def test_points_are_lanes(function):
    for i in range(3):
        point = POINTS[i : i + 1]
        assert function.value(point)[0] == function.value(POINTS)[i]
        assert np.array_equal(function.gradient(point)[0], function.gradient(POINTS)[i])
        assert np.array_equal(function.hessian(point)[0], function.hessian(POINTS)[i])


@pytest.mark.parametrize(
    ("function", "point", "value"),
    [
        (Ravine(), (-7, 2), 49 / 20 + 4),
        (Bowl(condition=3), (-7, 2), (49 + 12) / 2),
        (Booth(), (1, 1), (3 - 7) ** 2 + (3 - 5) ** 2),
        (Matyas(), (1, 2), 0.26 * 5 - 0.96),
        (Saddle(), (3, 2), 5),
        (Plateau(), (0, 0), 0),
        (Plateau(), (2, 1), 1 - np.exp(-1)),
        (Dip(), (-3, 0), 9 / 20 - 0.35),
        (Bends(), (0.5, 0), 25 / 8),
        (Bends(), (1.5, 0), 1.5**2 / 2 + 24 * 1.5 - 12),
        (Bends(), (3, 1), 12.5 * 9 - 24 * 3 + 36 + 5),
        (Tug(), (0.6, 2), 0.2 + 2),
        (Tug(), (-2, 0), -2 / 3 + 5),
        (Tug(), (3, 0), 1 + 20),
        (Rosenbrock(), (-7, 2), 64 + 100 * 47**2),
        (Beale(), (1, 2), (1.5 + 1) ** 2 + (2.25 + 3) ** 2 + (2.625 + 7) ** 2),
        (Himmelblau(), (1, 2), 8**2 + 2**2),
        (ThreeHumpCamel(), (1, 2), 2 - 1.05 + 1 / 6 + 2 + 4),
        (StyblinskiTang(), (1, 2), (1 - 16 + 5) / 2 + (16 - 64 + 10) / 2),
        (Rastrigin(), (0.5, 1), 20 + 0.25 + 10 + 1 - 10),
        (Twin(), (2, 3), 35**2 / 2),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_values_by_hand(function, point, value):
    assert function.value(np.array([point], dtype=float))[0] == pytest.approx(value, abs=1e-14)


# Where the gradient vanishes


@LISTED
def test_stationary_points_are_what_they_say(function):
    points = coordinates(function.stationary_points)
    curvatures = np.linalg.eigvalsh(function.hessian(points))
    kinds = {(True, True): "minimum", (False, True): "saddle", (False, False): "maximum"}

    largest = np.abs(np.linalg.eigvalsh(function.hessian(points))).max()
    assert np.abs(function.gradient(points)).max() < 1e-14 * largest
    assert np.abs(curvatures).min() > 1e-3  # none is degenerate
    assert [kinds[tuple(pair)] for pair in (curvatures > 0).tolist()] == [
        point.kind for point in function.stationary_points
    ]


@LISTED
def test_all_stationary_points_of_the_window_are_listed(function):
    """Newton's method from everywhere ends at these and at no others."""
    (left, right), (low, high) = function.window
    ends = seen(function, 46)
    with np.errstate(all="ignore"):
        for _ in range(40):
            gradient, (xx, xy, _, yy) = (
                function.gradient(ends).T,
                function.hessian(ends).reshape(-1, 4).T,
            )
            step = np.stack(
                [yy * gradient[0] - xy * gradient[1], xx * gradient[1] - xy * gradient[0]]
            )
            ends = ends - np.clip((step / (xx * yy - xy**2)).T, -0.5, 0.5)
        inside = (ends >= [left, low]).all(axis=1) & (ends <= [right, high]).all(axis=1)
        actual = ends[inside & (np.abs(function.gradient(ends)) < 1e-9).all(axis=1)]
        # Far out on the plateau the gradient is tiny, though not zero.
        actual = actual[np.abs(np.linalg.eigvalsh(function.hessian(actual))).min(axis=1) > 1e-6]
    listed = coordinates(function.stationary_points)

    gaps = np.abs(actual[:, None] - listed[None]).max(axis=2)
    assert gaps.min(axis=1).max() < 1e-6
    assert set(gaps.argmin(axis=1)) == set(range(len(listed)))


@LISTED
def test_global_minima_are_lowest_of_all_that_is_seen(function):
    best = coordinates(function.minima)
    everywhere = np.concatenate([seen(function), coordinates(function.stationary_points)])
    if not function.bounded:
        assert function.minima == ()
        return

    values = function.value(best)
    assert np.ptp(values) < 1e-12
    assert (function.value(everywhere) >= values.max() - 1e-12).all()
    assert all(point.kind == "minimum" for point in function.minima)
    others = [p for p in function.stationary_points if p.kind == "minimum" and not p.is_global]
    assert (function.value(coordinates(others)) > values.max() + 1e-3).all()


def test_only_the_twin_has_no_stationary_point_that_is_alone():
    """Its minima are the curves x y = 1 and x y = -1, where the sharpest way is across them."""
    assert [function for function in FUNCTIONS if not function.stationary_points] == [Twin]
    x = np.array([-3, -1, 0.5, 2.180206, 4])
    for side in (1, -1):
        valley = np.stack([x, side / x], axis=1)
        curvatures = np.linalg.eigvalsh(Twin().hessian(valley))

        np.testing.assert_allclose(Twin().value(valley), 0, atol=1e-30)
        np.testing.assert_allclose(Twin().gradient(valley), 0, atol=1e-14)
        np.testing.assert_allclose(curvatures[:, 0], 0, atol=1e-13)
        np.testing.assert_allclose(curvatures[:, 1], 4 * (x**2 + 1 / x**2), rtol=1e-13)
    np.testing.assert_array_equal(Twin().gradient(np.array([[5.0, 0.0], [0.0, 2.0]])), 0)


def test_a_function_that_is_not_bounded_has_no_lowest_value():
    unbounded = [function() for function in FUNCTIONS if not function.bounded]
    far = np.array([[0, 1e3], [0, 1e6], [0, 1e9]])

    assert unbounded == [Saddle()]
    assert (np.diff(Saddle().value(far)) < 0).all()


@EVERY
def test_start_and_stationary_points_lie_in_the_window(function):
    (left, right), (low, high) = function.window
    for x, y in [function.start, *coordinates(function.stationary_points)]:
        assert left < x < right
        assert low < y < high
    assert np.linalg.norm(function.gradient(np.array([function.start]))) > 1e-3


# Reference minima: tables of the literature, computed anew with 40 digits.
@pytest.mark.parametrize(
    ("function", "minimum", "value", "curvatures"),
    [
        (Ravine(), (0, 0), 0, [0.1, 2]),
        (Bowl(condition=1), (0, 0), 0, [1, 1]),
        (Bowl(condition=1000), (0, 0), 0, [1, 1000]),
        (Rosenbrock(), (1, 1), 0, [0.3994, 1001.6]),
        (Beale(), (3, 0.5), 0, [0.3015, 48.98]),
        (Himmelblau(), (3, 2), 0, [25.7157, 82.2843]),
        (Himmelblau(), (-2.805118, 3.131313), 0, None),
        (Himmelblau(), (-3.779310, -3.283186), 0, None),
        (Himmelblau(), (3.584428, -1.848127), 0, None),
        (Booth(), (1, 3), 0, [2, 18]),
        (Matyas(), (0, 0), 0, [0.04, 1]),
        (Rastrigin(), (0, 0), 0, [396.784, 396.784]),
        (StyblinskiTang(), (-2.903534, -2.903534), -78.332331, None),
        (ThreeHumpCamel(), (0, 0), 0, [3 - 2**0.5, 3 + 2**0.5]),
        (Plateau(), (0, 0), 0, [0.25, 1]),
    ],
)
def test_reference_minima(function, minimum, value, curvatures):
    (actual,) = [
        point for point in coordinates(function.minima) if np.abs(point - minimum).max() < 1e-6
    ]

    assert function.value(actual[None])[0] == pytest.approx(value, abs=5e-7)
    if curvatures is not None:
        own = np.linalg.eigvalsh(function.hessian(actual[None]))[0]
        np.testing.assert_allclose(own, curvatures, rtol=2e-4)


@pytest.mark.parametrize(
    ("function", "counts"),
    [
        (Himmelblau(), {"minimum": 4, "saddle": 4, "maximum": 1}),
        (ThreeHumpCamel(), {"minimum": 3, "saddle": 2}),
        (StyblinskiTang(), {"minimum": 4, "saddle": 4, "maximum": 1}),
        (Rastrigin(), {"minimum": 25, "saddle": 40, "maximum": 16}),
        (Dip(), {"minimum": 2, "saddle": 1}),
        (Beale(), {"minimum": 1, "saddle": 2}),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_how_many_stationary_points_there_are(function, counts):
    kinds = [point.kind for point in function.stationary_points]

    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == dict(sorted(counts.items()))


# What each is there to show


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3, 0.8])
def test_sgd_stops_in_the_dip_and_momentum_rolls_through(rate):
    dip, bottom = (-2.7814047560285133, 0), (0, 0)

    stopped = minimize(Dip().gradient, Dip.start, SGD(), rate, 1_500)
    through = minimize(Dip().gradient, Dip.start, Momentum(momentum=0.9), rate, 1_500)

    np.testing.assert_allclose(stopped[-1], dip, atol=1e-6)
    np.testing.assert_allclose(through[-1], bottom, atol=1e-6)
    closest = np.linalg.norm(through - dip, axis=1).min()
    assert closest < 1  # through the dip, not around it


def test_on_the_plateau_sgd_hardly_moves_and_adam_walks_off():
    crawling = minimize(Plateau().gradient, Plateau.start, SGD(), 0.1, 200)
    walking = minimize(Plateau().gradient, Plateau.start, Adam(), 0.1, 200)

    assert np.linalg.norm(crawling[-1] - crawling[0]) < 0.2
    assert np.linalg.norm(walking[-1]) < 0.1


def test_from_beside_the_ridge_descent_lingers_at_the_saddle_and_leaves():
    path = minimize(Saddle().gradient, Saddle.start, SGD(), 0.1, 60)
    distances = np.linalg.norm(path, axis=1)

    assert distances.min() < 0.06
    assert 10 < distances.argmin() < 30
    assert distances[-1] > distances[0]
    np.testing.assert_allclose(path[:, 0], -1.5 * 0.8 ** np.arange(61), rtol=1e-9)
    np.testing.assert_allclose(path[:, 1], 0.001 * 1.2 ** np.arange(61), rtol=1e-9)


@pytest.mark.parametrize("condition", [1.0, 10.0, 1000.0])
def test_gradient_descent_at_its_best_rate_converges_as_theory_says(condition):
    """At rate 2 / (1 + kappa) every step shrinks the error by (kappa - 1) / (kappa + 1)."""
    rate = 2 / (1 + condition)

    path = minimize(Bowl(condition=condition).gradient, [1.0, 1.0], SGD(), rate, 100)

    shrink = (condition - 1) / (condition + 1)
    np.testing.assert_allclose(np.abs(path[-1]), shrink**100, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("share", "ends"), [(0.99, True), (1.01, False)])
def test_gradient_descent_is_stable_up_to_two_over_the_curvature(share, ends):
    path = minimize(Bowl(condition=50).gradient, [1.0, 1.0], SGD(), share * 2 / 50, 3000)

    assert (np.abs(path[-1, 1]) < 1) == ends


@pytest.mark.parametrize(("share", "ends"), [(0.99, True), (1.01, False)])
def test_heavy_ball_is_stable_up_to_two_plus_two_mu_over_the_curvature(share, ends):
    rate = share * (2 + 2 * 0.9) / 50

    path = minimize(Bowl(condition=50).gradient, [1.0, 1.0], Momentum(momentum=0.9), rate, 3000)

    assert (np.abs(path[-1, 1]) < 1) == ends


def test_heavy_ball_turns_at_the_root_of_mu():
    """Where its roots are complex the error shrinks by sqrt(mu) a step, not 2 sqrt(mu)."""
    path = minimize(lambda points: points, [1.0], Momentum(momentum=0.81), 0.1, 400)

    envelope = np.abs(path[300:400]).max() / np.abs(path[200:300]).max()
    assert envelope ** (1 / 100) == pytest.approx(0.9, rel=0.01)


def test_a_function_starts_where_it_is_told():
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)

    own = fit(Experiment(problem=Function(), runs=(run,))).runs[0]
    given = fit(Experiment(problem=Function(start=(1.0, -2.0)), runs=(run,))).runs[0]

    assert own.params[0, 0].tolist() == [-7, 2]
    assert given.params[0, 0].tolist() == [1, -2]
    assert given.training_loss.first[0, 0] == 1 / 20 + 4


# Nothing is best where nothing is lowest


@pytest.mark.parametrize(("function", "lowest"), [(Ravine(), (1,)), (Saddle(), ())])
def test_no_run_is_lowest_on_a_function_without_a_lowest_value(function, lowest):
    runs = [
        Run(optimizer=SGD(), learning_rate=rate, batch_size="all", sampling=sampling)
        for rate, sampling in ((0.01, "shuffled"), (0.1, "replacement"))
    ]

    history = fit(
        Experiment(problem=Function(function=function), runs=runs, budget=Budget(amount=20))
    )

    assert history.lowest == lowest


# Noise


def noisy(noise=0.5, **fields):
    """SGD and Momentum of two rates each in groups of their own, two seeds."""
    runs = [
        Run(optimizer=rule, learning_rate=rate, batch_size="all", sampling=sampling)
        for rule in (SGD(), Momentum())
        for rate, sampling in ((0.05, "shuffled"), (0.01, "replacement"))
    ]
    problem = Function(noise=noise, **fields)
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=200), seeds=(4, 9))


def added(history, run, seed):
    """The noise of every iteration of an SGD run, from its path: -update / rate - gradient."""
    params = history.runs[run].params[seed]
    rate = history.experiment.runs[run].learning_rate
    return -np.diff(params, axis=0) / rate - Ravine().gradient(params[:-1])


def test_all_runs_of_a_seed_meet_the_same_noise_and_other_seeds_another():
    history = fit(noisy())

    one, other = added(history, 0, 0), added(history, 1, 0)
    np.testing.assert_allclose(one, other, atol=1e-11)  # though they sample apart
    assert np.abs(one - added(history, 0, 1)).min() > 1e-7
    assert np.abs(one[1:] - one[:-1]).min() > 1e-7


def test_noise_is_gaussian_with_its_standard_deviation_and_independent():
    history = fit(noisy())
    noise = np.concatenate([added(history, 0, seed) for seed in range(2)])
    count = len(noise)

    spread = 4 / np.sqrt(2 * count)  # four standard errors of a standard deviation
    np.testing.assert_allclose(noise.std(axis=0), 0.5, rtol=spread)
    assert np.abs(noise.mean(axis=0)).max() < 4 * 0.5 / np.sqrt(count)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 4 / np.sqrt(count)
    inside = (np.abs(noise) < 0.5).mean()
    assert inside == pytest.approx(0.6827, abs=4 * np.sqrt(0.68 * 0.32 / noise.size))


def test_the_norm_of_the_batch_gradient_has_the_noise_and_the_losses_have_not():
    history = fit(noisy())
    run, noise = history.runs[0], added(history, 0, 0)
    params = run.params[0]

    seen_by_the_rule = np.linalg.norm(Ravine().gradient(params[:-1]) + noise, axis=1)
    np.testing.assert_allclose(run.batch_gradient_norm.last[0], seen_by_the_rule, rtol=1e-9)
    np.testing.assert_array_equal(run.batch_loss.last[0], Ravine().value(params[:-1]))
    np.testing.assert_array_equal(run.training_loss.last[0], Ravine().value(params))


@UNTRACED
def test_a_noisy_run_trained_alone_is_bit_equal():
    together = fit(noisy())

    for position, run in enumerate(together.experiment.runs):
        for point, seed in enumerate((4, 9)):
            alone = together.experiment.model_copy(update={"runs": (run,), "seeds": (seed,)})
            params = fit(alone).runs[0].params[0]
            assert np.array_equal(params, together.runs[position].params[point])


@UNTRACED
def test_noise_has_a_seed_of_its_own_and_repeats():
    assert fit(noisy()).digest() == fit(noisy()).digest()
    assert fit(noisy()).digest() != fit(noisy(noise_seed=1)).digest()
    assert fit(noisy(noise=0.0)).digest() == fit(noisy(noise=0.0, noise_seed=1)).digest()


def test_larger_noise_goes_the_same_ways_further():
    small, large = added(fit(noisy(noise=0.5)), 0, 0), added(fit(noisy(noise=2.0)), 0, 0)

    np.testing.assert_allclose(large, 4 * small, rtol=1e-6, atol=1e-10)


def test_the_rows_of_a_function_are_its_only_one_with_noise_too():
    experiment = noisy().model_copy(update={"budget": Budget(amount=3)})

    assert [rows.tolist() for rows in batches(experiment, 0, 4)] == [[0], [0], [0]]


def test_heavy_ball_with_the_best_setting_of_a_quadratic_runs_in_a_circle_of_three():
    """Lessard, Recht and Packard (2016), equation 4.11: from 3.07 to 3.46, and not beside it."""
    rate, momentum = 1 / 9, Momentum(momentum=4 / 9)

    for start, cycles in ((3.1, True), (3.3, True), (3.44, True), (3.0, False), (3.6, False)):
        path = minimize(Bends().gradient, [start, 1.0], momentum, rate, 600)[:, 0]

        assert (np.abs(path[-3:]).max() > 0.5) == cycles
        assert np.allclose(path[-3:], path[-6:-3], rtol=1e-9, atol=1e-9)
    quadratic = minimize(lambda p: p * [25, 1], [3.3, 1.0], momentum, rate, 600)
    assert np.abs(quadratic[-1]).max() < 1e-12
    plain = minimize(Bends().gradient, [3.3, 1.0], SGD(), 2 / 26, 600)
    assert np.abs(plain[-1]).max() < 1e-12


def pulled(rule, rate, steps):
    """The path of x on the tug of war, whose gradients are taken one after another."""
    run = Run(optimizer=rule, learning_rate=rate, batch_size="all")
    budget = Budget(amount=steps, unit="iterations")
    (ended,) = fit(Experiment(problem=Function(function=Tug()), runs=[run], budget=budget)).runs
    return ended.params[0, :, 0]


def test_pushes_add_up_to_nothing_and_come_in_turn():
    for function in FUNCTIONS:
        np.testing.assert_allclose(np.sum(function().pushes, axis=0), 0.0, atol=1e-15)

    path = pulled(SGD(), 0.01, 7)

    np.testing.assert_allclose(path[:-1] - path[1:], 0.01 * np.array([3, -1, -1, 3, -1, -1, 3]))


def test_adam_with_a_short_memory_loses_the_tug_of_war_and_sgd_wins_it():
    """Reddi, Kale and Kumar (2018), theorem 1, with C = 3: beta1 = 0, beta2 = 1 / 10."""
    short = pulled(Adam(beta1=0.0, beta2=0.1), 0.02, 600)

    assert short[-1] > 1
    assert pulled(SGD(), 0.02, 600)[-1] < -1
    assert pulled(Adam(), 0.02, 600)[-1] < -1
