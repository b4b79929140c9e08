"""Sharpness along a training: measured exactly, without touching the training it measures."""

from itertools import pairwise

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
    Run,
    Stopping,
    estimate_sharpness,
    fit,
    inspect,
    largest_eigenvalues,
    measure_sharpness,
    measuring_sharpness,
    minimize,
    theory,
    training_gradients,
)
from engine.analysis.sharpness import measured_steps, usual_every
from engine.problems.datasets import Chebyshev, Line, TwoMoons
from engine.problems.functions import Bowl, Ravine, Twin
from engine.rules import RULES, SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSprop
from engine.rules.clipping import ClipNorm
from engine.training.loop import problem_of
from engine.work import Task, finish
from tests.engine.contract import Listed
from tests.strategies import small_experiments
from tests.work import FEW_CALLS, calls

MOONS = Network(dataset=TwoMoons(rows=40, noise=0.2), hidden=(4,))


def run(rule, rate=0.1, **fields):
    return Run(optimizer=rule, learning_rate=rate, **{"batch_size": "all"} | fields)


def on(problem, *runs, amount=30, **fields):
    unit = "iterations" if problem.kind == "function" else "epochs"
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=amount, unit=unit), **fields)


def bowl(*runs, condition=9.0, start=(1.0, 1.0), **fields):
    return on(Function(function=Bowl(condition=condition), start=start), *runs, **fields)


def losses_at(history, position, steps):
    """The training losses of a history at some of its steps, ``(points, seeds)``."""
    series = history.runs[position].training_loss
    return series.last[:, np.searchsorted(series.steps, steps)].T


# The training is the one that is always trained


@pytest.mark.parametrize("batch_size", ["all", 7])
def test_what_is_measured_trains_to_the_same_bits(batch_size):
    runs = [run(rule(), 0.05, batch_size=batch_size) for rule in (SGD, Adagrad, Adam, AdamW)]
    experiment = on(MOONS, *runs, seeds=(3, 8))

    measured, history = measure_sharpness(experiment, 4), fit(experiment)

    for position, one in enumerate(measured.runs):
        np.testing.assert_array_equal(one.training_loss, losses_at(history, position, one.steps))
        assert one.last_step.tolist() == history.runs[position].last_step.tolist()
        assert one.status == history.runs[position].status


@settings(max_examples=25, deadline=None)
@given(small_experiments(), st.integers(1, 5))
def test_whatever_is_measured_trains_to_the_same_bits(experiment, every):
    measured, history = measure_sharpness(experiment, every), fit(experiment)

    for position, one in enumerate(measured.runs):
        assert one.status == history.runs[position].status
        assert one.last_step.tolist() == history.runs[position].last_step.tolist()
        there = losses_at(history, position, one.steps)
        reached = one.steps[:, None] <= one.last_step
        np.testing.assert_array_equal(one.training_loss[reached], there[reached])
        assert np.isnan(one.values[~reached]).all()


def test_a_run_is_measured_alone_to_the_same_bits():
    runs = (run(SGD(), 0.5, batch_size=9), run(Adam(), 0.05), run(Momentum(0.9), 0.1), run(SGD()))
    together = measure_sharpness(on(MOONS, *runs, seeds=(0, 1)), 5)

    for one, of_all in zip(runs, together.runs, strict=True):
        (alone,) = measure_sharpness(on(MOONS, one, seeds=(0, 1)), 5).runs
        for name in ("steps", "values", "shares", "residuals", "training_loss"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(of_all, name))


def test_a_run_that_ends_early_leaves_the_others_as_they_are():
    stopping = Stopping(target_loss=0.4)
    fast, slow = run(Adam(), 0.3), run(SGD(), 0.05)

    both = measure_sharpness(on(MOONS, fast, slow, stopping=stopping), 3)

    assert both.runs[0].status == ("target_loss",)
    assert both.runs[0].steps[-1] <= both.runs[0].last_step[0] < 30
    (alone,) = measure_sharpness(on(MOONS, slow, stopping=stopping), 3).runs
    np.testing.assert_array_equal(alone.values, both.runs[1].values)


def test_where_a_run_has_diverged_there_is_nothing_to_measure():
    (measured,) = measure_sharpness(bowl(run(SGD(), 100.0)), 1).runs

    assert measured.status == ("diverged",)
    gone = int(measured.last_step[0])
    assert np.isfinite(measured.values[measured.steps < gone]).all()
    assert np.isnan(measured.values[measured.steps >= gone]).all()


# What is measured


def test_it_is_the_largest_curvature_of_the_loss_at_the_parameters():
    experiment = on(MOONS, run(SGD(), 0.5, batch_size=10), run(Nesterov(0.9), 0.05), seeds=(0, 4))

    measured, history = measure_sharpness(experiment, 10), fit(experiment)

    for one, trained in zip(measured.runs, history.runs, strict=True):
        for seed in range(2):
            there = trained.params[seed, np.searchsorted(trained.params_steps, one.steps)]
            exact = largest_eigenvalues(experiment, there).values
            np.testing.assert_allclose(one.values[:, seed], exact, rtol=1e-5)


def test_on_a_bowl_every_rule_without_a_preconditioner_sees_its_curvature():
    rules = [SGD(), Momentum(0.9), Nesterov(0.9), Adagrad(), AdamW()]

    measured = measure_sharpness(bowl(*(run(rule) for rule in rules)), 6)

    for one in measured.runs:
        assert not one.is_preconditioned
        np.testing.assert_allclose(one.values, 9.0, rtol=1e-8)


@pytest.mark.parametrize("rule", [RMSprop(decay=0.8), Adam(beta2=0.9)], ids=lambda rule: rule.name)
def test_a_preconditioned_rule_is_measured_in_its_own_coordinates(rule):
    """P^(-1/2) H P^(-1/2) is diagonal on a bowl: its largest entry is that of H / P."""
    experiment = bowl(run(rule, 0.01))

    (measured,) = measure_sharpness(experiment, 5).runs

    assert measured.is_preconditioned
    assert np.isnan(measured.values[0, 0])  # before the first update there is no P
    for step, value, share in zip(
        measured.steps[1:], measured.values[1:, 0], measured.shares[1:, 0], strict=True
    ):
        taken = inspect(experiment, 0, 0, int(step))
        inverse = taken.effective_learning_rate / 0.01
        bent = np.array([1.0, 9.0]) * inverse
        assert value == pytest.approx(bent.max(), rel=1e-7)
        squares = taken.update**2 / inverse
        assert share == pytest.approx(squares[bent.argmax()] / squares.sum(), rel=1e-6)


def test_the_share_is_that_of_the_last_update_along_the_steepest_direction():
    experiment = bowl(run(SGD(), 0.05), start=(4.0, 1.0))

    (measured,) = measure_sharpness(experiment, 1).runs

    steps = np.arange(30)
    along, across = 9 * 0.55**steps, 4 * 0.95**steps  # the gradients, in y and in x
    np.testing.assert_allclose(measured.shares[1:, 0], along**2 / (along**2 + across**2), rtol=1e-6)
    assert np.isnan(measured.shares[0, 0])  # no update has led to the start


def test_l2_is_part_of_the_loss():
    rows = Network(dataset=Line(), hidden=(), loss="mean_squared_error", validation_share=0.0)
    without, with_it = (
        measure_sharpness(on(rows.model_copy(update={"l2": l2}), run(SGD())), 30).runs[0]
        for l2 in (0.0, 0.5)
    )
    np.testing.assert_allclose(with_it.values - without.values, 0.5, rtol=1e-6)


# Thresholds


def test_the_threshold_is_that_of_theory_at_the_rate():
    rules = [SGD(), Momentum(0.8), Nesterov(0.8), Adam(beta1=0.8), RMSprop()]

    measured = measure_sharpness(bowl(*(run(rule, 0.01) for rule in rules)), 10)

    for rule, one in zip(rules, measured.runs, strict=True):
        np.testing.assert_array_equal(one.thresholds, theory.sharpness_threshold(rule, 0.01))
        np.testing.assert_array_equal(one.ratios, one.values / one.thresholds[:, None])


def test_it_moves_with_a_schedule():
    """It belongs to the rate of the last update; at the start to that of the first."""
    factors = tuple(np.linspace(1, 0.1, 30).tolist())
    falling = run(SGD()).model_copy(update={"schedule": Listed(factors)})
    constant = bowl(run(SGD()))

    experiment = constant.model_copy(update={"runs": (falling,)})
    (measured,) = measure_sharpness(experiment, 10).runs

    assert measured.steps.tolist() == [0, 10, 20, 30]
    rates = 0.1 * np.array(factors)[[0, 9, 19, 29]]
    np.testing.assert_allclose(measured.thresholds, 2 / rates, rtol=1e-12)


@pytest.mark.parametrize(
    "without", [run(Adagrad()), run(AdamW()), run(SGD(), clipping=ClipNorm(threshold=1.0))]
)
def test_there_is_none_where_none_is_known(without):
    (measured,) = measure_sharpness(bowl(without), 10).runs

    assert measured.thresholds is None
    assert measured.ratios is None
    assert np.isfinite(measured.values).all()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_can_be_measured(rule):
    problem = MOONS if "layers" in rule.needs else Function(function=Ravine())

    (measured,) = measure_sharpness(on(problem, run(rule(), 0.01), amount=4), 2).runs

    assert np.isfinite(measured.values[1:]).all()


# When


def test_it_is_measured_every_so_many_epochs_and_at_the_end():
    experiment = on(MOONS, run(SGD(), batch_size=9), amount=10)  # 4 updates an epoch

    assert list(measured_steps(experiment, experiment.runs[0], 4)) == [0, 16, 32, 40]
    assert measure_sharpness(experiment, 4).runs[0].steps.tolist() == [0, 16, 32, 40]


def test_a_very_long_run_is_priced_or_refused_at_once():
    longest = bowl(run(SGD()), amount=600_000_000)

    def too_often():
        with pytest.raises(InvalidInput) as caught:
            measuring_sharpness(longest, 1)
        assert caught.value.code == "too_expensive"

    assert estimate_sharpness(longest, 10_000).measurements == 60_001
    assert calls(too_often) < FEW_CALLS
    assert calls(lambda: estimate_sharpness(longest, 10_000)) < FEW_CALLS


def test_a_test_function_is_measured_every_so_many_iterations():
    experiment = bowl(run(SGD()), amount=7)

    assert list(measured_steps(experiment, experiment.runs[0], 3)) == [0, 3, 6, 7]


def test_an_epoch_that_ends_between_two_recorded_steps_counts_at_the_second():
    run_of_7 = run(SGD(), batch_size=7)  # 5 updates an epoch, a record every 3
    experiment = Experiment(
        problem=MOONS, runs=(run_of_7,), budget=Budget(amount=600, unit="iterations")
    )
    steps = list(measured_steps(experiment, run_of_7, 1))

    assert steps[:4] == [0, 6, 12, 15]
    assert all(before // 5 < step // 5 for before, step in pairwise(steps))


def test_about_forty_measurements_are_usual():
    for amount, every in [(1, 1), (40, 1), (41, 2), (4_000, 100)]:
        assert usual_every(on(MOONS, run(SGD()), amount=amount)) == every
    assert usual_every(bowl(run(SGD()), amount=400)) == 10


# The work


def test_its_price_is_known_before():
    experiment = on(MOONS, run(SGD()), run(Adam()), amount=20, seeds=(0, 1))

    price = estimate_sharpness(experiment, 5)

    assert price.measurements == 2 * 2 * 5  # at 0, 5, 10, 15, 20
    assert price.gradients == 20 * 20  # ten products of two gradients
    assert price.training_gradients == 2 * 2 * 20
    measured = measure_sharpness(experiment, 5)
    assert sum(one.values.size for one in measured.runs) == price.measurements
    assert measured.nbytes <= price.cost.history_bytes + 16 * 4 * 5


def test_more_measurements_cost_more():
    experiment = on(MOONS, run(SGD()), amount=200)
    seldom, often = (estimate_sharpness(experiment, every).cost.seconds for every in (100, 1))

    assert often > 2 * seldom


@pytest.mark.parametrize("every", [0, 10_001, 2.5])
def test_how_often_must_make_sense(every):
    with pytest.raises(InvalidInput):
        measuring_sharpness(on(MOONS, run(SGD())), every)


def test_what_takes_too_much_memory_is_refused_before_it_begins():
    wide = MOONS.model_copy(update={"hidden": (256, 256, 256)})
    experiment = on(wide, *(run(SGD(), 0.1 / (1 + i)) for i in range(12)), seeds=tuple(range(8)))

    with pytest.raises(InvalidInput) as caught:
        measuring_sharpness(experiment, 1)
    assert (caught.value.code, caught.value.field) == ("too_expensive", "bytes")


def test_it_can_be_stopped_with_what_it_has_and_closed():
    experiment = on(MOONS, run(SGD()), amount=5_000)
    task = Task(measuring_sharpness(experiment, 1))
    task.go_on()
    while task.progress.updates < 100:
        task.go_on()
    so_far = task.progress.sharpness()
    while task.go_on("stop"):
        pass

    (reached,), (before,) = task.result.runs, so_far.runs
    assert reached.status == ("stopped",)
    assert 100 <= reached.steps[-1] <= reached.last_step[0] < 5_000
    np.testing.assert_array_equal(before.values, reached.values[: len(before.values)])
    dropped = Task(measuring_sharpness(experiment, 1))
    dropped.go_on()
    dropped.close()


def test_what_is_measured_cannot_be_changed():
    (measured,) = measure_sharpness(bowl(run(SGD())), 10).runs

    for name in ("steps", "values", "shares", "residuals", "training_loss", "thresholds"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(measured, name)[...] = 0


# The edge of stability: a tanh network of 321 parameters on 20 rows of a Chebyshev polynomial


def deep_start():
    """Weights N(0, 1 / units in) from one generator, layer by layer, and biases of zero."""
    rng = np.random.default_rng(0)
    layers = [
        np.hstack([rng.normal(size=(n_in, out)).T / np.sqrt(n_in), np.zeros((out, 1))])
        for n_in, out in ((1, 16), (16, 16), (16, 1))
    ]
    return tuple(np.concatenate([layer.ravel() for layer in layers]).tolist())


DEEP = Network(
    dataset=Chebyshev(),
    validation_share=0.0,
    hidden=(16, 16),
    loss="half_mean_squared_error",
    start=deep_start(),
)


def deep(*runs, steps):
    budget = Budget(amount=steps, unit="iterations")
    return Experiment(problem=DEEP, runs=runs, budget=budget)


def late_ratio(one, steps):
    """The median of value / threshold in the later half of so many steps."""
    return np.median(one.ratios[(2 * one.steps > steps) & (one.steps <= steps)])


def test_the_reference_network_starts_as_it_was_written_down():
    experiment = deep(run(SGD()), steps=1)
    params = np.array([DEEP.start])

    assert DEEP.n_params == 321
    assert largest_eigenvalues(experiment, params).values[0] == pytest.approx(4.390004, abs=1e-6)
    lowest = np.linalg.eigvalsh(hessian(experiment, params[0]))[0]
    assert lowest == pytest.approx(-0.598658, abs=1e-6)


def hessian(experiment, params):
    step, size = 1e-5, len(params)
    moved = params + step * np.concatenate([np.eye(size), -np.eye(size)])
    ahead, behind = np.split(training_gradients(experiment, moved), 2)
    return (ahead - behind) / (2 * step)


@pytest.mark.no_cover
def test_gradient_descent_and_nesterov_end_at_the_edge():
    """Within 2 % of the threshold: median over the later half of 3,000 to 12,000 steps."""
    rates = {0.1: 12_000, 0.2: 8_000, 0.4: 4_000, 0.6: 3_000}
    nesterov = {0.05: 8_000, 0.1: 6_000}
    runs = [run(SGD(), rate) for rate in rates] + [run(Nesterov(0.9), rate) for rate in nesterov]

    measured = measure_sharpness(deep(*runs, steps=12_000), 240)

    for one, steps in zip(measured.runs, [*rates.values(), *nesterov.values()], strict=True):
        assert late_ratio(one, steps) == pytest.approx(1, abs=0.02)
    started_below, *_, started_above = measured.runs[:4]
    assert started_below.ratios[0, 0] == pytest.approx(4.390004 / 20, rel=1e-6)
    assert started_above.ratios[0, 0] == pytest.approx(1.32, abs=0.005)


@pytest.mark.no_cover
def test_a_run_may_converge_below_the_edge_and_adam_comes_near_its_own():
    measured = measure_sharpness(
        deep(run(Momentum(0.9), 0.2), run(Adam(), 1e-3), run(Adam(), 3e-3), steps=6_000), 150
    )
    heavy_ball, *adams = measured.runs

    assert late_ratio(heavy_ball, 4_000) == pytest.approx(0.826, abs=0.01)
    assert heavy_ball.training_loss[-1, 0] < 1e-5
    for one in adams:
        assert 0.9 < late_ratio(one, 6_000) < 1.03


@pytest.mark.no_cover
def test_at_the_edge_the_loss_goes_up_and_down_and_yet_falls():
    experiment = deep(run(SGD(), 0.4), run(SGD(), 1.0), steps=4_000)

    at_edge, beyond = fit(experiment).runs

    loss = at_edge.batch_loss.last[0]  # of all rows, before every update
    assert np.mean(np.diff(loss[-1_000:]) > 0) == pytest.approx(0.55, abs=0.1)
    assert loss[1_000] == pytest.approx(9.7e-3, rel=0.1)
    assert at_edge.training_loss.final[0] < 6e-4
    assert beyond.status == ("diverged",)
    assert changes_of_side(experiment, at_edge.params[0, -1:], 0.4) > 0.98


def changes_of_side(experiment, params, rate):
    """The share of further updates that point to the other side than the one before.

    Along the eigenvector of the largest curvature where they begin.
    """
    params, sides = params.copy(), []
    evaluator = problem_of(experiment).evaluator(params)
    steepest = largest_eigenvalues(experiment, params).vectors[0]
    for _ in range(300):
        gradient = finish(evaluator.gradient())
        sides.append(gradient[0] @ steepest > 0)
        params -= rate * gradient
    return np.mean(np.diff(sides))


# The twin with two parameters


@pytest.mark.parametrize(
    ("rate", "start", "steps", "end", "sharpness"),
    [
        (0.1, (2.6, 0.2), 4_000, (2.180206, 0.458672), 19.854720),
        (0.1, (2.4, 0.35), 4_000, (2.180206, 0.458672), 19.854720),
        (0.05, (3.5, 0.1), 8_000, None, 39.907700),
        (0.05, (2.0, 0.1), 2_000, None, 17.771661),
        (0.2, (1.6, 0.5), 3_000, None, 9.911162),
    ],
)
def test_the_twin_ends_just_below_the_edge_or_where_it_never_came_near(
    rate, start, steps, end, sharpness
):
    last = minimize(Twin().gradient, start, SGD(), rate, steps)[-1]

    assert Twin().value(last[None])[0] < 1e-26
    assert 4 * (last @ last) == pytest.approx(sharpness, abs=1e-6)
    assert 4 * (last @ last) < 2 / rate
    if end is not None:
        np.testing.assert_allclose(last, end, atol=1e-6)


def test_the_sharpness_of_the_twin_is_measured_along_its_way():
    problem = Function(function=Twin(), start=(2.6, 0.2))

    (measured,) = measure_sharpness(on(problem, run(SGD(), 0.1), amount=1_200), 40).runs

    assert measured.thresholds[0] == pytest.approx(20)
    assert measured.values[-1, 0] == pytest.approx(19.854720, abs=1e-5)
    # From above 20, where gradient flow would have come to rest, it is driven below.
    assert measured.ratios.max() > 1
    assert (measured.ratios[-5:] < 1).all()
