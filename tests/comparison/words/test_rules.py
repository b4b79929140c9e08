"""What a rule is in words: every rule has them, and what they claim holds."""

import re

import numpy as np
import pytest

from comparison.words.rules import RULE_WORDS
from engine import minimize
from engine.rules import RULES, SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSprop
from language import LANGUAGES, _, set_language

STEPS = 60
CURVATURES = np.array([0.1, 2.0])  # of the ravine x²/20 + y²
START = np.array([-7.0, 2.0])

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.title)


def ours(rule, rate, steps=STEPS, scale=1.0):
    return minimize(lambda params: scale * CURVATURES * params, START, rule, rate, steps)


def theirs(step, steps=STEPS):
    """The path of another form: ``step`` takes params and gradient, and returns the params."""
    path = [START]
    for _turn in range(steps):
        path.append(step(path[-1], CURVATURES * path[-1]))
    return np.array(path)


@every_rule
def test_every_rule_is_told_in_one_to_three_sentences(rule):
    sentences = re.findall(r"\.(?= [A-Z]|$)", RULE_WORDS[rule].idea)

    assert 1 <= len(sentences) <= 3


@every_rule
def test_every_rule_says_who_has_it_in_this_form(rule):
    assert RULE_WORDS[rule].forms[0].startswith("PyTorch")
    assert "Keras" in " ".join(RULE_WORDS[rule].forms)


@pytest.mark.parametrize("code", LANGUAGES)
def test_words_hold_nothing_that_markdown_would_draw(code):
    set_language(code)
    for words in RULE_WORDS.values():
        for sentence in (words.idea, *words.forms):
            assert not set("*_`$[]<>#~") & set(_(sentence))


def test_a_batch_that_is_added_up_has_the_rate_over_its_rows():
    rows = 32

    assert np.allclose(ours(SGD(), 0.1 / rows, scale=rows), ours(SGD(), 0.1), rtol=1e-12)


def test_momentum_with_the_rate_inside_is_the_same_path_until_the_rate_changes():
    def walk(rates):
        inside, outside, v_in, v_out = START, START, 0.0, 0.0
        for rate in rates:
            v_in = 0.9 * v_in - rate * CURVATURES * inside
            v_out = 0.9 * v_out + CURVATURES * outside
            inside, outside = inside + v_in, outside - rate * v_out
        return inside, outside

    constant, changed = walk([0.1] * STEPS), walk([0.1] * 30 + [0.05] * 30)
    assert np.allclose(ours(Momentum(0.9), 0.1)[-1], constant[0], rtol=1e-9)
    assert np.allclose(*constant, rtol=1e-9)
    assert not np.allclose(*changed, rtol=1e-2)


def test_averaging_momentum_needs_ten_times_the_rate():
    velocity = np.zeros(2)

    def step(params, gradient):
        velocity[:] = 0.9 * velocity + 0.1 * gradient
        return params - 1.0 * velocity

    assert np.allclose(ours(Momentum(0.9), 0.1), theirs(step), rtol=1e-9, atol=1e-12)


def test_nesterov_is_ahead_of_the_point_of_sutskever():
    behind, v = START, np.zeros(2)
    ahead = ours(Nesterov(0.9), 0.1)
    for turn in range(STEPS):
        assert np.allclose(ahead[turn], behind - 0.1 * 0.9 * v, rtol=1e-9, atol=1e-12)
        v = 0.9 * v + CURVATURES * (behind - 0.1 * 0.9 * v)
        behind = behind - 0.1 * v


def test_nesterov_with_the_velocity_of_the_wrong_step_is_another_path():
    """As in ``common/optimizer.py`` of the book: μ² of the new velocity, where the old one fits."""
    slipped, right = np.zeros(2), np.zeros(2)

    def wrong_step(params, gradient):
        slipped[:] = 0.9 * slipped - 0.1 * gradient
        return params + 0.81 * slipped - 1.9 * 0.1 * gradient

    def right_step(params, gradient):
        moved = params + 0.81 * right - 1.9 * 0.1 * gradient
        right[:] = 0.9 * right - 0.1 * gradient
        return moved

    path = ours(Nesterov(0.9), 0.1)
    assert np.allclose(path, theirs(right_step), rtol=1e-9, atol=1e-12)
    assert not np.allclose(path[-1], theirs(wrong_step)[-1], rtol=1e-2)


def test_adagrad_that_starts_at_a_tenth_takes_shorter_first_steps():
    gradients = np.array([[1e-3, 1.0, 100.0]])
    here = minimize(lambda _params: gradients, np.zeros(3), Adagrad(), 1.0, 1)[1]
    there = -gradients / np.sqrt(0.1 + gradients**2 + 1e-7)

    assert np.allclose(here, -1.0, rtol=1e-6)
    assert (np.diff(np.abs(there)) > 0).all()
    assert (np.abs(there) < 1).all()


def test_the_first_step_of_rmsprop_is_too_long():
    assert abs(ours(RMSprop(0.9), 0.1, steps=1)[1] - START) == pytest.approx(0.1 / 0.1**0.5)


def test_epsilon_hat_counts_32_times_as_much_in_the_first_step():
    gradient = np.array([[1e-7]])
    m, v = 0.1 * gradient, 0.001 * gradient**2
    hat = np.sqrt(1 - 0.999) / (1 - 0.9) * m / (np.sqrt(v) + 1e-8)
    converted = Adam(epsilon=1e-8 / np.sqrt(1 - 0.999))
    here = minimize(lambda _params: gradient, np.zeros(1), converted, 1.0, 1)[1]

    assert -here == pytest.approx(hat[0], rel=1e-9)
    assert round(converted.epsilon / 1e-8) == 32


def test_adamw_takes_its_share_off_every_parameter_whatever_the_gradients():
    decay = AdamW(weight_decay=0.1)
    without = ours(Adam(), 0.01, steps=1)[1]

    assert ours(decay, 0.01, steps=1)[1] == pytest.approx(without - 0.01 * 0.1 * START)
