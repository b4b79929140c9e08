"""What is known of each rule with a rate per parameter, of its formula and of its words."""

import numpy as np
import pytest

from engine.arrays import Layout
from engine.rules import (
    AdaBelief,
    Adadelta,
    Adam,
    Adamax,
    Adan,
    AMSGrad,
    NAdam,
    RAdam,
    Yogi,
)
from tests.engine.contract import directions, moment_of, zeros

BELOW_1 = np.nextafter(1.0, 0.0)


def constant(rule, steps, gradient=1.0):
    """Directions of a rule while the gradient stays the same."""
    return directions(rule, np.full((steps, 1), gradient))[:, 0]


def states(rule, stream):
    """What a rule remembers after each gradient of ``(steps, n_params)``, by step and slot."""
    state, seen = zeros(rule, Layout((stream.shape[1], 1), bias=False)), []
    for step, grads in enumerate(stream, start=1):
        _, state = rule.direction(moment_of(grads[None], step=step), state)
        seen.append([slot[0].copy() for slot in state])
    return seen


# AMSGrad


def test_amsgrad_is_adam_while_gradients_never_get_smaller():
    rng = np.random.default_rng(0)
    stream = np.sort(rng.uniform(0.1, 10, (60, 4)), axis=0) * rng.choice([-1, 1], (60, 4))

    assert np.array_equal(directions(AMSGrad(), stream), directions(Adam(), stream))
    assert not np.array_equal(directions(AMSGrad(), stream[::-1]), directions(Adam(), stream[::-1]))


def test_amsgrad_never_forgets_a_steep_slope():
    """After it, Adam's steps are back at the rate; those of AMSGrad stay 1 / 100 of it."""
    stream = np.ones((300, 1))
    stream[50] = np.sqrt(10_000 / 0.1)  # (1 - beta2) g^2 = 10,000

    assert directions(Adam(beta2=0.9), stream)[-1, 0] == pytest.approx(1, rel=1e-3)
    assert directions(AMSGrad(beta2=0.9), stream)[-1, 0] == pytest.approx(0.01, rel=1e-3)


# NAdam


def test_constant_gradient_drives_nadam_from_above_to_below_to_the_sign():
    actual = constant(NAdam(), 500, -3.0)

    assert actual[0] == pytest.approx(-1.0564518, rel=1e-7)
    assert actual[3:5] == pytest.approx([-0.731, -0.746], abs=5e-4)
    assert np.argmax(actual) == 3
    assert actual[-1] == pytest.approx(-1, rel=1e-3)


def test_momentum_of_nadam_is_half_way_up_after_4200_updates_and_in_keras_after_17():
    for rule, step in ((NAdam(), 4_245), (NAdam(momentum_decay=1.0), 17)):
        assert rule.mu(step) == pytest.approx(0.75 * 0.9, rel=1e-3)
    assert NAdam(momentum_decay=1.0).mu(100) == pytest.approx(0.9, rel=0.01)


def test_weight_that_the_momentum_of_nadam_gathers_is_one_less_the_product():
    rule = NAdam(momentum_decay=0.1)
    product = np.cumprod([rule.mu(step) for step in range(1, 31)])

    actual = [state[2][0] for state in states(rule, np.ones((30, 1)))]

    np.testing.assert_allclose(actual, 1 - product, rtol=1e-14)


# RAdam


@pytest.mark.parametrize("beta2", [0.9, 0.99, 0.999, 1 - 1e-12, BELOW_1])
def test_first_rectified_step_of_radam_is_the_sixth(beta2):
    actual = constant(RAdam(beta2=beta2, epsilon=1e-16), 6, 1e4)

    np.testing.assert_allclose(actual[:5], 1e4, rtol=1e-12)
    assert actual[5] < 1


@pytest.mark.parametrize(("beta2", "r"), [(0.999, 0.0258211), (0.99, 0.0816792)])
def test_radam_begins_with_a_small_share_of_adam(beta2, r):
    assert constant(RAdam(beta2=beta2, epsilon=1e-16), 6)[5] == pytest.approx(r, abs=5e-8)


def test_radam_ends_at_adam():
    assert constant(RAdam(beta2=0.99), 3_000, -3.0)[-1] == pytest.approx(-1, rel=1e-6)


@pytest.mark.parametrize("beta2", [0.0, 0.3, 0.5, 0.6, 2 / 3])
def test_radam_never_rectifies_where_the_average_is_short(beta2):
    np.testing.assert_allclose(constant(RAdam(beta2=beta2), 300, 7.0), 7, rtol=1e-12)


@pytest.mark.parametrize("beta2", [0.0, 0.5, 0.9, 0.999])
def test_length_of_radam_s_average_is_the_paper_s(beta2):
    steps = np.arange(1, 2_001)
    power = beta2**steps

    actual = [state[3][0] for state in states(RAdam(beta2=beta2), np.ones((len(steps), 1)))]

    expected = 2 / (1 - beta2) - 1 - 2 * steps * power / (1 - power)
    np.testing.assert_allclose(actual, expected, rtol=1e-9)
    assert actual[0] == 1


def test_length_of_radam_s_average_holds_where_the_paper_s_difference_has_no_digits():
    """An average that forgets nothing is as long as what it has seen."""
    actual = [state[3][0] for state in states(RAdam(beta2=BELOW_1), np.ones((500, 1)))]

    np.testing.assert_allclose(actual, np.arange(1, 501), rtol=1e-11)


def test_only_the_first_five_updates_of_radam_follow_the_scale_of_the_gradient():
    stream = np.random.default_rng(1).normal(size=(40, 5))

    plain, steep = (directions(RAdam(epsilon=1e-16), scale * stream) for scale in (1, 1e4))

    np.testing.assert_allclose(steep[:5], 1e4 * plain[:5], rtol=1e-12)
    np.testing.assert_allclose(steep[5:], plain[5:], rtol=1e-9)


# Adamax


@pytest.mark.parametrize("gradient", [-3.0, 1e-4, 1e-8])
def test_constant_gradient_gives_adamax_the_sign_but_for_epsilon_at_every_step(gradient):
    expected = np.sign(gradient) / (1 + 1e-8 / abs(gradient))

    np.testing.assert_allclose(constant(Adamax(), 2_000, gradient), expected, rtol=1e-10)


def test_a_large_gradient_counts_half_as_much_in_adamax_after_700_updates():
    stream = np.r_[[[1.0]], np.full((693, 1), 1e-6)]

    assert states(Adamax(), stream)[-1][1] == pytest.approx(0.5, rel=1e-3)


# Adadelta


def test_epsilon_sets_the_pace_of_adadelta():
    steps = {1: 3.1622777e-3, 10: 0.003511, 100: 0.004659, 1_000: 0.01057, 10_000: 0.0318}

    actual = np.abs(constant(Adadelta(), 10_000, -1e4))

    assert actual[0] == pytest.approx(steps[1], rel=1e-7)
    for step, expected in steps.items():
        assert actual[step - 1] == pytest.approx(expected, rel=2e-3)
    slower = np.abs(constant(Adadelta(epsilon=1e-10), 1_000, -1e4))
    np.testing.assert_allclose(slower, actual[:1_000] / 100, rtol=1e-9)


def test_scale_of_the_loss_does_not_matter_to_adadelta():
    stream = np.random.default_rng(2).normal(size=(60, 5))

    actual = directions(Adadelta(epsilon=1e-16), 1000 * stream)

    np.testing.assert_allclose(actual, directions(Adadelta(epsilon=1e-16), stream), rtol=1e-7)


def test_scale_of_adadelta_is_found_in_what_it_remembers():
    rng = np.random.default_rng(3)
    for decay in (0.0, 0.5, 0.9, BELOW_1):
        rule = Adadelta(decay=decay)
        state = zeros(rule, Layout((4, 1), bias=False))
        for step in range(1, 20):
            moment = moment_of(rng.normal(size=(1, 4)), step=step)
            direction, state = rule.direction(moment, state)
            np.testing.assert_allclose(
                rule.scale(moment, state) * moment.grads, direction, rtol=1e-12
            )


# AdaBelief


def test_steps_of_adabelief_grow_while_the_gradient_stays_the_same():
    actual = constant(AdaBelief(), 1_000, 5.0)

    assert actual[0] == pytest.approx(1 / 0.9, rel=1e-9)
    for step, expected in {2: 1.168, 10: 1.635, 100: 4.955, 1_000: 20.03}.items():
        assert actual[step - 1] == pytest.approx(expected, rel=5e-4)


def test_adabelief_takes_short_steps_where_gradients_contradict_each_other():
    turning = np.array([[1.0], [-1.0]] * 100)

    assert np.abs(directions(AdaBelief(), turning))[100:].max() < 0.1


# Yogi


def test_first_step_of_yogi_is_that_of_adam():
    stream = np.array([[1e-4, -0.3, 7.0, -2e3]])

    actual = directions(Yogi(epsilon=1e-8), stream)

    np.testing.assert_allclose(actual, directions(Adam(epsilon=1e-8), stream), rtol=1e-14)


def test_second_moment_of_yogi_moves_by_the_share_of_the_newest_square():
    stream = 10 ** np.random.default_rng(4).uniform(-3, 3, (300, 4))
    rule = Yogi(beta2=0.9)

    v = np.array([np.zeros(4), *(state[1] for state in states(rule, stream))])

    toward = np.sign(stream**2 - v[:-1])
    expected = 0.1 * stream**2
    moved = np.diff(v, axis=0)
    known = expected > 1e-9 * v[:-1]  # the last digits of a large v
    np.testing.assert_allclose(moved[known], (toward * expected)[known], rtol=1e-6)
    assert (np.abs(moved) <= expected + 1e-15 * v[:-1]).all()
    assert (v >= 0).all()


def test_constant_gradient_gives_yogi_a_dip_until_it_has_gathered_a_whole_square():
    steps = np.arange(1, 1_001)

    actual = constant(Yogi(epsilon=1e-16), 1_000, -3.0)

    expected = -np.sqrt((1 - 0.999**steps) / (steps * 0.001))
    np.testing.assert_allclose(actual, expected, rtol=1e-9)
    assert actual[-1] == pytest.approx(-0.795, abs=1e-3)


def test_yogi_stays_slow_for_longer_than_adam_after_a_huge_gradient():
    stream = np.r_[np.ones((100, 1)), [[100.0]], np.ones((200, 1))]

    yogi, adam = (directions(rule(beta2=0.95), stream)[-1, 0] for rule in (Yogi, Adam))

    assert yogi < 0.05
    assert adam > 0.9


# Adan


def test_constant_gradient_gives_adan_the_sign_at_every_step():
    np.testing.assert_allclose(constant(Adan(), 2_000, -3.0), -1, rtol=1e-7)


def test_adan_takes_the_expected_change_along():
    """While gradients grow evenly, the mean lags behind by 49 updates; beta2 is one ahead."""
    stream = np.arange(1.0, 3_001.0)[:, None]
    (m, v, n, _last) = states(Adan(), stream)[-1]

    assert m[0] == pytest.approx(3_000 - 0.98 / 0.02, rel=1e-9)
    assert v[0] == pytest.approx(1, rel=1e-9)
    ahead = 3_000.92 - np.arange(3_000.0)
    assert n[0] == pytest.approx(0.01 * (0.99 ** np.arange(3_000) * ahead**2).sum(), rel=1e-6)


# What they have in common

ADAM_LIKE = [AMSGrad(), NAdam(), Adamax(), AdaBelief(), Yogi(epsilon=1e-16), Adan()]


@pytest.mark.parametrize("rule", ADAM_LIKE, ids=lambda rule: rule.name)
def test_scale_of_the_gradient_does_not_matter_as_epsilon_vanishes(rule):
    stream = np.random.default_rng(5).normal(size=(40, 6))

    actual = directions(type(rule)(epsilon=1e-16), 1000 * stream)

    np.testing.assert_allclose(
        actual, directions(type(rule)(epsilon=1e-16), stream), rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("rule", [Adamax(0.0, 0.0, 1e-16), Adan(0.0, 0.0, 0.0, 1e-16)])
def test_a_rule_that_keeps_nothing_steps_by_the_sign(rule):
    stream = np.random.default_rng(6).normal(size=(20, 4))

    np.testing.assert_allclose(directions(rule, stream), np.sign(stream), rtol=1e-10)


def test_adabelief_that_remembers_no_mean_has_epsilon_alone_to_divide_by():
    stream = np.array([[0.5], [-2.0]])

    actual = directions(AdaBelief(beta1=0.0, beta2=0.0, epsilon=1e-4), stream)

    np.testing.assert_allclose(actual, stream / (1e-2 + 1e-4), rtol=1e-12)


def test_yogi_that_keeps_nothing_adds_and_takes_off_whole_squares():
    actual = states(Yogi(beta2=0.0), np.array([[1.0], [2.0], [1.0], [2.0]]))

    assert [state[1][0] for state in actual] == [1.0, 5.0, 4.0, 4.0]


def test_adadelta_without_memory_follows_the_size_of_its_last_step():
    actual = directions(Adadelta(decay=0.0), np.array([[7.0], [3.0]]))[:, 0]

    first = 7 * np.sqrt(1e-6 / (49 + 1e-6))
    np.testing.assert_allclose(
        actual, [first, 3 * np.sqrt((first**2 + 1e-6) / (9 + 1e-6))], rtol=1e-12
    )
