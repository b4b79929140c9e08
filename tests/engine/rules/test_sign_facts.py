"""What Lion, Signum and Rprop are known for."""

import numpy as np
import pytest

from engine import Experiment, Function, InvalidInput, Network, Run
from engine.rules import Lion, Rprop, Signum
from tests.engine.contract import directions, follow, moment_of, zeros

STREAM = np.random.default_rng(0).normal(size=(40, 5)) * 10.0 ** np.arange(-3, 2)


@pytest.mark.parametrize("rule", [Lion(), Lion(beta1=0.0, beta2=0.5), Signum(), Signum(momentum=0)])
def test_every_parameter_moves_by_the_learning_rate(rule):
    assert np.array_equal(np.abs(directions(rule, STREAM)), np.ones_like(STREAM))


@pytest.mark.parametrize("rule", [Lion(), Signum()])
def test_the_scale_of_all_gradients_does_not_matter(rule):
    assert np.array_equal(directions(rule, 1024 * STREAM), directions(rule, STREAM))


def test_signum_without_momentum_is_the_sign():
    assert np.array_equal(directions(Signum(momentum=0.0), STREAM), np.sign(STREAM))


def test_lion_with_one_decay_for_both_is_signum():
    actual = directions(Lion(beta1=0.8, beta2=0.8), STREAM)

    assert np.array_equal(actual, directions(Signum(momentum=0.8), STREAM))


def test_lion_keeps_the_newest_gradient_less_than_it_follows_it():
    """After many gradients of 1, one of -10 turns the step; the mean that is kept stays above 0."""
    actual = directions(Lion(beta1=0.9, beta2=0.99), np.array([[1.0]] * 500 + [[-10.0], [0.0]]))

    assert actual[-3:, 0].tolist() == [1, -1, 1]


def test_decay_of_lion_is_a_share_of_the_parameters_in_the_direction():
    grads, params = STREAM[:1], np.array([[3.0, -2.0, 0.5, 0.0, 1e3]])
    moment = moment_of(grads, params)

    plain, _ = Lion().direction(moment, zeros(Lion, moment.layout))
    decayed, _ = Lion(weight_decay=0.1).direction(moment, zeros(Lion, moment.layout))

    np.testing.assert_allclose(decayed - plain, 0.1 * params, rtol=1e-12, atol=1e-15)


def test_signs_follow_the_majority_of_gradients_and_not_their_mean():
    """The gradients of Reddi, Kale and Kumar (2018), section 3: 1010 once, then -10 100 times."""
    stream = np.array([[1010.0], *[[-10.0]] * 100] * 10)

    assert stream.sum() > 0
    for rule in (Signum(momentum=0.0), Signum(), Lion()):
        assert directions(rule, stream).sum() < 0


# Rprop

RATE = 0.1  # of ``directions``


def test_rprop_sees_nothing_but_signs():
    sizes = 10.0 ** np.random.default_rng(1).uniform(-200, 200, STREAM.shape)

    actual = directions(Rprop(), np.sign(STREAM) * sizes)

    assert np.array_equal(actual, directions(Rprop(), STREAM))


@pytest.mark.parametrize("grow", [1.2, 1.5, 2.0])
def test_a_constant_gradient_makes_the_step_of_rprop_grow_to_the_longest(grow):
    actual = directions(Rprop(grow=grow, largest=50.0), np.full((60, 1), -3.0))[:, 0]

    expected = -np.minimum(grow ** np.arange(60.0), 50 / RATE)
    np.testing.assert_allclose(actual, expected, rtol=1e-13)


def test_a_parameter_of_rprop_rests_once_when_its_gradient_turns():
    stream = np.array([[1.0], [1.0], [-1.0], [-1.0], [-1.0], [0.0], [1.0]])

    actual = directions(Rprop(), stream)[:, 0]

    np.testing.assert_allclose(actual, [1, 1.2, 0, -0.6, -0.72, 0, 0.72], rtol=1e-15)


def test_a_gradient_that_keeps_turning_leaves_rprop_the_shortest_step():
    stream = np.array([[1.0], [-1.0]] * 40)

    actual = np.abs(directions(Rprop(smallest=1e-4), stream)[:, 0])

    assert actual.max() == 1
    assert set(actual[-2:]) == {0.0, 1e-4 / RATE}


def test_a_first_step_beyond_the_bounds_is_a_bound():
    for rule, step in ((Rprop(largest=0.01), 0.01), (Rprop(smallest=3.0), 3.0)):
        assert RATE * directions(rule, np.ones((1, 1)))[0, 0] == pytest.approx(step)


def test_the_longest_step_of_rprop_wins_over_a_shortest_one_that_is_longer():
    assert RATE * directions(Rprop(smallest=3.0, largest=2.0), np.ones((1, 1))) == pytest.approx(2)


def test_steps_of_rprop_scale_with_the_rate():
    rates = np.geomspace(0.1, 0.01, len(STREAM))

    actual = follow([Rprop()], STREAM[:, None], np.zeros((1, 5)), rates)[:, 0]

    expected = rates[:, None] * directions(Rprop(), STREAM)
    np.testing.assert_allclose(-np.diff(actual, axis=0), expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(
    ("problem", "cut", "cause"),
    [
        (Network(), {"batch_size": 32}, ("batch_size", 32)),
        (Network(), {"batch_size": "all", "sampling": "replacement"}, ("sampling", "replacement")),
        (Function(noise=0.5), {"batch_size": "all"}, ("noise", 0.5)),
    ],
)
def test_rprop_is_refused_where_updates_follow_a_part_of_the_rows_or_noise(problem, cut, cause):
    with pytest.raises(InvalidInput) as caught:
        Experiment(problem=problem, runs=[Run(optimizer=Rprop(), learning_rate=0.1, **cut)])

    error = caught.value
    assert (error.code, error.field, error.value) == ("conflict", "runs.0.optimizer", "rprop")
    assert error.limits == cause
