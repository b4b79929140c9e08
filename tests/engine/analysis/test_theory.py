"""What theory says about the rules, against closed forms, published figures and the rules at work.

Figures without another source: Polyak (1964), Goh (2017, "Why momentum really works"), Cohen et al.
(2021), each computed anew.
"""

import numpy as np
import pytest

from engine import Budget, Experiment, Function, InvalidInput, Run, fit, minimize
from engine.analysis.theory import (
    best_setting,
    convergence_rate,
    curvatures,
    edge_formula,
    has_preconditioned_threshold,
    largest_stable_rate,
    measured_rate,
    sharpness_threshold,
    stationary_variance,
)
from engine.arrays import Layout
from engine.problems.functions import FUNCTIONS, Bowl, Saddle
from engine.rules import RULES, SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSprop, Rule
from tests.engine.contract import moment_of

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

LINEAR = (SGD(), Momentum(momentum=0.9), Momentum(momentum=0.5), Nesterov(momentum=0.9))
OTHERS = [Adagrad(), RMSprop(), Adam(), AdamW()]
SPREAD = (0.01, 0.1, 1.0)  # condition number 100


def path_on(values, optimizer, learning_rate, steps, start=1.0):
    """The iterates on the quadratic with these curvatures along its axes."""
    values = np.array(values)
    return minimize(
        lambda points: values * points, np.full(len(values), start), optimizer, learning_rate, steps
    )


def with_best_momentum(rule, values):
    setting = best_setting(rule, values)
    return (rule() if setting.momentum is None else rule(momentum=setting.momentum)), setting


# Stability


@pytest.mark.parametrize(
    ("optimizer", "threshold"),
    [
        (SGD(), 20),
        (Momentum(momentum=0.9), 38),
        (Nesterov(momentum=0.9), 13.571),
        (Adam(beta1=0.9), 380),
        (Adam(beta1=0.0), 20),
        (RMSprop(), 20),
        (Adagrad(), None),
        (AdamW(), None),
    ],
)
def test_sharpness_thresholds_at_a_rate_of_a_tenth(optimizer, threshold):
    actual = sharpness_threshold(optimizer, 0.1)

    assert actual == (None if threshold is None else pytest.approx(threshold, rel=1e-4))


def test_only_thresholds_of_rules_that_scale_are_about_the_preconditioned_hessian():
    """A rule that scales and has a threshold for the plain Hessian would be compared wrongly."""
    with_threshold = [rule for rule in RULES if sharpness_threshold(rule(), 0.1) is not None]
    scaling = [rule for rule in with_threshold if rule.scale is not Rule.scale]

    assert [rule for rule in with_threshold if has_preconditioned_threshold(rule())] == scaling
    assert {Adam, RMSprop} <= set(scaling)
    assert not has_preconditioned_threshold(AdamW())


@pytest.mark.parametrize("optimizer", LINEAR, ids=repr)
def test_the_edge_of_stability_is_where_paths_begin_to_grow(optimizer):
    edge = largest_stable_rate(optimizer, SPREAD)

    assert np.abs(path_on(SPREAD, optimizer, 0.98 * edge, 3_000)[-1, 2]) < 1e-6
    assert np.abs(path_on(SPREAD, optimizer, 1.02 * edge, 3_000)[-1, 2]) > 1e6
    assert convergence_rate(optimizer, edge, SPREAD) == pytest.approx(1, abs=1e-7)
    assert sharpness_threshold(optimizer, edge) == pytest.approx(max(SPREAD))


@pytest.mark.parametrize(("share", "stays"), [(0.99, True), (1.01, False)])
def test_adam_with_a_frozen_preconditioner_is_stable_up_to_its_threshold(share, stays):
    """v is put back to 1 before every step, so that the preconditioned curvature is curvature."""
    rule, rate = Adam(beta1=0.9, beta2=1 - 1e-12, epsilon=1e-16), 0.1
    curvature = share * sharpness_threshold(rule, rate)
    x, m = np.array([[1e-3]]), np.zeros((1, 1))
    step = 10**15  # bias corrections of one
    for _ in range(3_000):
        moment = moment_of(curvature * x, step=step)
        direction, (m, _) = rule.direction(moment, (m, np.ones((1, 1))))
        x = x - rate * direction

    assert (np.abs(x[0, 0]) < 1e-3) == stays


@pytest.mark.parametrize("optimizer", OTHERS, ids=repr)
def test_rules_that_are_not_linear_have_no_theory(optimizer):
    assert largest_stable_rate(optimizer, SPREAD) is None
    assert best_setting(type(optimizer), SPREAD) is None
    assert convergence_rate(optimizer, 0.1, SPREAD) is None
    assert stationary_variance(optimizer, 0.1, 2.0, 1.0) is None


@pytest.mark.parametrize("optimizer", [rule() for rule in RULES], ids=repr)
def test_a_rule_with_theory_is_linear(optimizer):
    """Twice the gradients and state give twice the direction, at any step, or there is none."""
    generator = np.random.default_rng(0)
    grads = generator.normal(size=(1, 4))
    layout = Layout((4, 1), bias=False)
    state = [generator.uniform(1, 2, size=(1, slot.numbers(layout))) for slot in optimizer.slots]
    params = np.ones((1, 4))

    def direction(factor, step):
        slots = tuple(factor * slot for slot in state)
        return optimizer.direction(moment_of(factor * grads, params, step), slots)[0]

    is_linear = np.allclose(direction(2, 1), 2 * direction(1, 9))
    assert is_linear or convergence_rate(optimizer, 0.1, SPREAD) is None


@pytest.mark.parametrize("values", [(0.0, 1.0), (-1.0, 1.0), (float("nan"),)])
def test_without_a_minimum_there_is_no_theory(values):
    calls = (
        lambda: largest_stable_rate(SGD(), values),
        lambda: best_setting(SGD, values),
        lambda: convergence_rate(SGD(), 0.1, values),
        lambda: stationary_variance(SGD(), 0.1, values[0], 1.0),
    )
    for call in calls:
        with pytest.raises(InvalidInput) as refused:
            call()
        assert refused.value.field == "curvatures"


def test_curvatures_of_a_function():
    assert curvatures(Bowl(condition=7.0), Bowl.stationary_points[0]).tolist() == [1, 7]
    assert curvatures(Saddle(), Saddle.stationary_points[0]).tolist() == [-2, 2]


# Best settings


def test_best_settings_at_condition_number_100():
    gradient_descent, heavy_ball = best_setting(SGD, SPREAD), best_setting(Momentum, SPREAD)

    assert gradient_descent.learning_rate == pytest.approx(1.980198, abs=5e-7)
    assert gradient_descent.momentum is None
    assert gradient_descent.convergence_rate == pytest.approx(0.980198, abs=5e-7)
    assert heavy_ball.learning_rate == pytest.approx(3.305785, abs=5e-7)
    assert heavy_ball.momentum == pytest.approx(0.669421, abs=5e-7)
    assert heavy_ball.convergence_rate == pytest.approx(9 / 11, rel=1e-12)


@pytest.mark.parametrize(("rule", "iterations"), [(SGD, 709), (Momentum, 95)])
def test_iterations_to_a_millionth_at_the_best_setting(rule, iterations):
    optimizer, setting = with_best_momentum(rule, SPREAD)

    path = path_on(SPREAD, optimizer, setting.learning_rate, 800)

    assert np.argmax(np.linalg.norm(path, axis=1) < 1e-6) == iterations


@pytest.mark.parametrize("rule", [SGD, Momentum, Nesterov])
@pytest.mark.parametrize("values", [SPREAD, (1.0, 10.0), (0.3, 0.3)])
def test_no_setting_is_faster_than_the_best(rule, values):
    optimizer, best = with_best_momentum(rule, values)

    actual = convergence_rate(optimizer, best.learning_rate, values)
    assert actual == pytest.approx(best.convergence_rate, abs=2e-7)
    momenta = [None] if rule is SGD else np.linspace(0, 0.99, 23)
    for momentum in momenta:
        tried = rule() if momentum is None else rule(momentum=float(momentum))
        for rate in np.linspace(0.02, 0.999, 24) * largest_stable_rate(tried, values):
            assert convergence_rate(tried, rate, values) >= best.convergence_rate - 1e-9


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_critical_damping_is_the_fastest_momentum_of_a_rate(share):
    """At mu = (1 - sqrt(eta lambda))^2 both roots meet; above it the rate is sqrt(mu)."""
    critical = (1 - share**0.5) ** 2

    def rate(momentum):
        return convergence_rate(Momentum(momentum=momentum), share, [1.0])

    assert rate(critical) == pytest.approx(critical**0.5, abs=1e-6)
    assert rate(critical + 0.05) == pytest.approx((critical + 0.05) ** 0.5, rel=1e-9)
    for other in (critical - 0.05, critical + 0.05):
        assert rate(max(other, 0.0)) > rate(critical) + 1e-3


# Rates


@pytest.mark.parametrize("optimizer", LINEAR, ids=repr)
@pytest.mark.parametrize("share", [0.2, 0.4, 0.8])
@pytest.mark.parametrize(
    "function", [f() for f in FUNCTIONS if f().minima], ids=lambda function: function.name
)
def test_predicted_rates_come_out_within_one_per_cent(function, optimizer, share):
    """From near a minimum, along no axis: every function is a quadratic there.

    Away from critical damping, where a path comes near its rate too slowly to be measured.
    """
    minimum = function.minima[0]
    values = curvatures(function, minimum)
    rate = share * largest_stable_rate(optimizer, values)
    start = [minimum.x + 1e-4, minimum.y + 0.7e-4]

    path = minimize(function.gradient, start, optimizer, rate, 700)

    predicted = convergence_rate(optimizer, rate, values)
    assert measured_rate(path, minimum[:2]) == pytest.approx(predicted, rel=0.01)


@pytest.mark.parametrize("optimizer", LINEAR, ids=repr)
def test_the_rate_of_a_diverging_path_is_above_one_and_predicted_too(optimizer):
    rate = 1.1 * largest_stable_rate(optimizer, SPREAD)

    path = path_on(SPREAD, optimizer, rate, 20_000)

    assert not np.isfinite(path[-1]).all()
    predicted = convergence_rate(optimizer, rate, SPREAD)
    assert predicted > 1
    assert measured_rate(path, np.zeros(3)) == pytest.approx(predicted, rel=0.01)


def test_a_path_of_known_rate_is_measured_up_to_rounding_alone():
    path = np.array([3.0, -1.0]) + 0.9 ** np.arange(1_000)[:, None] * [1, 2]

    assert measured_rate(path, [3, -1]) == pytest.approx(0.9, rel=1e-4)
    assert measured_rate(path[:11], [3, -1]) == pytest.approx(0.9, rel=1e-9)
    assert measured_rate(path[:10], [3, -1]) is None
    assert measured_rate(np.full((50, 2), [3.0, -1.0]), [3, -1]) is None


# Noise


@pytest.mark.parametrize(
    ("optimizer", "variance"), [(SGD(), 0.0277778), (Momentum(momentum=0.9), 0.2638889)]
)
def test_stationary_variances_have_closed_forms(optimizer, variance):
    assert stationary_variance(optimizer, 0.1, 2.0, 1.0) == pytest.approx(variance, abs=5e-8)
    assert stationary_variance(optimizer, 0.1, 2.0, 3.0) == pytest.approx(9 * variance, rel=1e-5)
    for rate, curvature in ((0.01, 5.0), (0.5, 1.0)):
        mu = getattr(optimizer, "momentum", 0.0)
        closed = rate * (1 + mu) / (curvature * (1 - mu) * (2 * (1 + mu) - rate * curvature))
        assert stationary_variance(optimizer, rate, curvature, 1.0) == pytest.approx(closed)


def test_an_unstable_rule_has_no_finite_variance():
    assert stationary_variance(SGD(), 1.01, 2.0, 1.0) == np.inf
    assert np.isfinite(stationary_variance(SGD(), 0.99, 2.0, 1.0))


@UNTRACED
def test_trainings_under_noise_settle_at_the_stationary_variance():
    """Bowl of curvatures 1 and 2, noise 1: mean over 30 seeds, within 4 standard errors."""
    rules = (SGD(), Momentum(momentum=0.9), Nesterov(momentum=0.9))
    runs = [Run(optimizer=rule, learning_rate=0.1, batch_size="all") for rule in rules]
    problem = Function(function=Bowl(condition=2.0), start=(0.0, 0.0), noise=1.0)
    experiment = Experiment(
        problem=problem, runs=runs, budget=Budget(amount=1_500), seeds=tuple(range(30))
    )

    for rule, run in zip(rules, fit(experiment).runs, strict=True):
        settled = run.params[:, 300:]  # a momentum of 0.9 forgets in 100 steps
        assert settled.shape == (30, 1_201, 2)
        of_seeds = (settled**2).mean(axis=1)
        error = of_seeds.std(axis=0, ddof=1) / np.sqrt(30)
        expected = [stationary_variance(rule, 0.1, curvature, 1.0) for curvature in (1.0, 2.0)]
        assert (error < 0.07 * np.array(expected)).all()  # or the comparison would say nothing
        assert (np.abs(of_seeds.mean(axis=0) - expected) < 4 * error).all()


# Published counter-examples


@pytest.mark.parametrize(
    ("start", "cycles"), [(3.06, False), (3.07, True), (3.3, True), (3.46, True), (3.47, False)]
)
def test_heavy_ball_cycles_on_a_convex_function(start, cycles):
    """Lessard, Recht and Packard (2016), arXiv:1408.3595, section 4.6: strongly convex, no end."""

    def slope(x):
        return np.where(x < 1, 25 * x, np.where(x < 2, x + 24, 25 * x - 24))

    path = minimize(slope, [start], Momentum(momentum=4 / 9), 1 / 9, 600)[:, 0]

    if cycles:
        cycle = np.array([792, -2208, 2592]) / 1225
        np.testing.assert_allclose(np.sort(path[-3:]), np.sort(cycle), rtol=1e-10)
        np.testing.assert_allclose(path[-3:], path[-6:-3], rtol=1e-10)
    else:
        assert np.abs(path[-3:]).max() < 1e-12


def reddi(direction_at, steps=10_000):
    """Follow f_t = 1010 x at every 101st step, -10 x at others, on [-1, 1], rate 0.5 / sqrt(t)."""
    x = 0.0
    for t in range(1, steps + 1):
        slope = 1010.0 if t % 101 == 1 else -10.0
        x = min(1.0, max(-1.0, x - 0.5 / t**0.5 * direction_at(slope, t)))
    return x


@pytest.mark.parametrize(
    # The paper's Adam has no bias correction; with it the beginning is forgotten later.
    ("late", "end"),
    [(10**6, 0.9964), (0, 0.9476)],
    ids=["as published", "bias-corrected"],
)
def test_adam_ends_at_the_worst_point(late, end):
    """Reddi, Kale and Kumar (2018), On the convergence of Adam and beyond; the best is -1."""
    rule, state = Adam(beta1=0.9, beta2=0.99), (np.zeros((1, 1)), np.zeros((1, 1)))

    def direction_at(slope, t):
        nonlocal state
        direction, state = rule.direction(moment_of(np.array([[slope]]), step=t + late), state)
        return direction[0, 0]

    assert reddi(direction_at) == pytest.approx(end, abs=5e-5)


def test_a_second_moment_that_never_falls_mends_the_counter_example():
    m = v = largest = 0.0

    def direction_at(slope, _t):
        nonlocal m, v, largest
        m, v = 0.9 * m + 0.1 * slope, 0.99 * v + 0.01 * slope**2
        largest = max(largest, v)
        return m / largest**0.5

    assert reddi(direction_at) == pytest.approx(-0.8009, abs=5e-5)


@pytest.mark.parametrize("optimizer", [rule() for rule in RULES], ids=repr)
def test_the_edge_in_symbols_is_the_edge_in_numbers(optimizer):
    formula = edge_formula(type(optimizer))
    edge = largest_stable_rate(optimizer, [0.5, 4.0])

    if formula is None:
        assert edge is None
    else:
        formula = formula.replace("2(", "2*(").replace("2μ", "2*μ").replace(") λ", ")*λ")
        values = {"λmax": 4.0, "μ": getattr(optimizer, "momentum", None)}
        assert eval(formula, values) == pytest.approx(edge)  # noqa: S307 - own text
