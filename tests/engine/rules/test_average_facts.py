"""What QHM, Schedule-Free and averaged SGD are known for."""

import numpy as np
import pytest

from engine.rules import (
    QHM,
    SGD,
    Adam,
    AveragedSGD,
    Momentum,
    Nesterov,
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
)
from tests.engine.contract import (
    Listed,
    Stream,
    directions,
    ends,
    follow,
    run_of,
    take,
    updates_of,
)

STREAM = np.random.default_rng(0).normal(size=(40, 5))
START = np.array([3.0, -2.0, 0.5, 0.0, 10.0])
CONSTANT = np.full((30, 1), -3.0)
RISING_AND_FALLING = np.concatenate([np.geomspace(0.01, 0.3, 10), np.geomspace(0.3, 1e-3, 30)])
SCHEDULE_FREE = pytest.mark.parametrize("rule", [ScheduleFreeSGD, ScheduleFreeAdamW])


def paths(rule, stream, start, rates):
    """Where gradients are taken, and what is evaluated, step 0 first: ``(steps + 1, n_params)``."""
    params = np.array(start, dtype=float)[None]
    run = run_of(rule, 1.0, Listed(tuple(np.broadcast_to(rates, len(stream)))))
    updates = updates_of([run], params, lambda _params, grads: Stream(stream[:, None], grads))
    taken, reported = [params[0].copy()], [updates.points[0].copy()]
    for _ in stream:
        take(updates)
        list(updates.report())
        taken.append(params[0].copy())
        reported.append(updates.points[0].copy())
    return np.array(taken), np.array(reported)


# QHM


@pytest.mark.parametrize(
    ("rule", "share", "other"),
    [
        (QHM(nu=0.0), 1.0, SGD()),
        (QHM(momentum=0.0), 1.0, SGD()),
        (QHM(momentum=0.9, nu=1.0), 0.1, Momentum(momentum=0.9)),
        (QHM(momentum=0.9, nu=0.9), 0.1, Nesterov(momentum=0.9)),
        (QHM(momentum=0.6, nu=0.6), 0.4, Nesterov(momentum=0.6)),
    ],
)
def test_qhm_is_sgd_momentum_and_nesterov(rule, share, other):
    expected = share * directions(other, STREAM)

    np.testing.assert_allclose(directions(rule, STREAM), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("momentum", "nu"), [(0.9, 0.7), (0.5, 0.2), (0.999, 1.0)])
def test_a_constant_gradient_grows_on_qhm(momentum, nu):
    actual = directions(QHM(momentum=momentum, nu=nu), CONSTANT)[:, 0]

    steps = np.arange(1, 31)
    np.testing.assert_allclose(actual, -3 * (1 - nu * momentum**steps), rtol=1e-12)


# Schedule-Free


@SCHEDULE_FREE
def test_the_first_step_of_schedule_free_is_that_of_its_base(rule):
    base = {ScheduleFreeSGD: SGD(), ScheduleFreeAdamW: Adam(beta1=0.0)}[rule]

    assert np.array_equal(directions(rule(), STREAM[:1]), directions(base, STREAM[:1]))


@pytest.mark.parametrize("momentum", [0.1, 0.5, 0.9, 0.99])
def test_a_constant_gradient_is_shortened_by_half_of_beta_from_step_two(momentum):
    actual = directions(ScheduleFreeSGD(momentum=momentum), CONSTANT)[:, 0]

    assert actual[0] == -3
    np.testing.assert_allclose(actual[1:], -3 * (1 - momentum / 2), rtol=1e-13)


@pytest.mark.parametrize("rule", [ScheduleFreeSGD(), ScheduleFreeSGD(momentum=0.3), AveragedSGD()])
def test_the_mean_of_a_constant_gradient_moves_at_half_the_speed(rule):
    _, reported = paths(rule, CONSTANT, [5.0], 0.1)

    steps = np.arange(1, 31)
    np.testing.assert_allclose(reported[1:, 0], 5 + 0.1 * (steps + 1) * 3 / 2, rtol=1e-13)


def three_sequences(rule, stream, start, rates, scaled):
    """The paper's own form: a base z, its weighted mean x, and y between them; returns y and x."""
    z = x = np.array(start)
    weights, largest, path = 0.0, 0.0, [(z, x)]
    for step, (g, rate) in enumerate(zip(stream, rates, strict=True), 1):
        y = (1 - rule.momentum) * z + rule.momentum * x
        z = z - rate * (scaled(g, step) + rule.weight_decay * y)
        largest = max(largest, rate)
        weights += largest**2
        c = largest**2 / weights
        x = (1 - c) * x + c * z
        path.append(((1 - rule.momentum) * z + rule.momentum * x, x))
    return np.array(path).transpose(1, 0, 2)


@pytest.mark.parametrize("rates", [np.full(40, 0.1), RISING_AND_FALLING], ids=["constant", "not"])
@pytest.mark.parametrize("momentum", [0.05, 0.9, 0.99])
@pytest.mark.parametrize("decay", [0.0, 0.3])
@SCHEDULE_FREE
def test_schedule_free_is_the_three_sequences_of_its_paper(rule, decay, momentum, rates):
    one = rule(momentum=momentum, weight_decay=decay)
    expected = directions(Adam(beta1=0.0), STREAM) if rule is ScheduleFreeAdamW else STREAM

    actual = paths(one, STREAM, START, rates)

    truth = three_sequences(one, STREAM, START, rates, lambda _g, step: expected[step - 1])
    np.testing.assert_allclose(actual, truth, rtol=1e-12, atol=1e-13)


@SCHEDULE_FREE
def test_at_the_ends_of_every_interval_the_mean_is_a_number(rule):
    for one in ends(rule):
        assert np.isfinite(paths(one, STREAM, START, 0.1)).all()


# Averaged SGD


@pytest.mark.parametrize("rates", [np.full(40, 0.1), RISING_AND_FALLING], ids=["constant", "not"])
def test_averaged_sgd_reports_the_mean_of_the_iterates_of_sgd_whatever_the_rates(rates):
    iterates = follow([SGD()], STREAM[:, None], START[None], rates)[:, 0]

    taken, reported = paths(AveragedSGD(), STREAM, START, rates)

    assert np.array_equal(taken, iterates)
    means = np.cumsum(iterates[1:], axis=0) / np.arange(1, 41)[:, None]
    np.testing.assert_allclose(reported[1:], means, rtol=1e-12, atol=1e-13)
    assert np.array_equal(reported[0], START)
