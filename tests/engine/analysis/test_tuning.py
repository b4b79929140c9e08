"""The best of k settings: against every choice of k of them."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import InvalidInput, best_of

INF = math.inf
LOSSES = [0.1, 0.2, 0.3, 0.4, 1.0]
SCORES = [0.5, 0.6, 0.7, 0.8, 0.9]

losses = st.lists(st.floats(-10, 10) | st.just(INF), min_size=1, max_size=9)


@pytest.mark.parametrize(("k", "mean"), [(1, 0.4), (2, 0.2), (3, 0.15), (5, 0.1)])
def test_mean_of_the_lowest_loss(k, mean):
    assert best_of(LOSSES, k).mean == pytest.approx(mean, rel=1e-14)


@pytest.mark.parametrize(("k", "mean"), [(1, 0.7), (2, 0.8), (3, 0.85), (5, 0.9)])
def test_mean_of_the_highest_score(k, mean):
    assert -best_of([-score for score in SCORES], k).mean == pytest.approx(mean, rel=1e-14)


@pytest.mark.parametrize(
    ("k", "loss", "score"),
    [(1, 0.4, 0.7), (2, 0.24, 0.78), (3, 0.184, 0.82), (5, 0.14176, 0.8584)],
)
def test_draws_with_replacement_would_make_tuning_look_dearer(k, loss, score):
    """The older estimate, from all draws that hold a setting several times or not."""
    lowest = np.mean([min(drawn) for drawn in itertools.product(LOSSES, repeat=k)])
    highest = np.mean([max(drawn) for drawn in itertools.product(SCORES, repeat=k)])

    assert (lowest, highest) == (pytest.approx(loss, abs=5e-6), pytest.approx(score, abs=5e-5))
    assert best_of(LOSSES, k).mean <= lowest + 1e-12


@pytest.mark.parametrize(
    ("k", "mean", "median"),
    [(1, INF, 0.3), (2, INF, 0.2), (3, 0.15, 0.1), (4, 0.12, 0.1), (5, 0.1, 0.1)],
)
def test_a_setting_that_diverged_makes_the_mean_infinite_and_leaves_the_median(k, mean, median):
    made = best_of([0.1, INF, 0.2, INF, 0.3], k)

    assert (made.drawn, made.tried, made.diverged) == (k, 5, 2)
    assert made.mean == pytest.approx(mean, rel=1e-14)
    assert made.median == median


@pytest.mark.parametrize(("k", "chance"), [(1, 0.4), (2, 0.1), (3, 0)])
def test_probability_that_all_diverged(k, chance):
    assert best_of([0.1, 0.2, 0.3, INF, INF], k).all_diverged == chance


def test_where_everything_diverged_no_choice_helps():
    made = best_of([INF] * 4, 3)

    assert (made.mean, made.low, made.median, made.high) == (INF,) * 4
    assert made.all_diverged == 1


def test_one_setting_has_the_quartiles_of_the_settings_and_all_have_the_best_one():
    one, every = best_of(LOSSES, 1), best_of(LOSSES, 5)

    assert (one.low, one.median, one.high) == (0.2, 0.3, 0.4)
    assert (every.mean, every.low, every.median, every.high) == (0.1,) * 4


@given(losses)
def test_one_setting_has_the_spread_of_the_settings(values):
    """The same quartiles as those of a band over seeds, and the same median."""
    ordered, last = sorted(values), len(values) - 1

    made = best_of(values, 1)
    assert (made.low, made.high) == (ordered[last // 4], ordered[-(-3 * last // 4)])
    assert made.median == np.median(values)


@given(losses, st.data())
def test_every_number_is_that_of_all_choices(values, data):
    k = data.draw(st.integers(1, len(values)))
    lowest = sorted(min(drawn) for drawn in itertools.combinations(values, k))

    made = best_of(values, k)
    assert made.mean == pytest.approx(np.mean(lowest), rel=1e-12, abs=1e-12)
    assert made.median == np.median(lowest)
    last = len(lowest) - 1  # quartiles as those of a band over seeds
    assert (made.low, made.high) == (lowest[last // 4], lowest[-(-3 * last // 4)])
    assert made.all_diverged == pytest.approx(np.mean(np.isinf(lowest)), abs=1e-15)


@given(losses, st.data(), st.randoms())
def test_a_diverged_setting_more_never_improves_and_the_order_says_nothing(values, data, random):
    k = data.draw(st.integers(1, len(values)))
    before, after = best_of(values, k), best_of([*values, INF], k)

    for name in ("mean", "low", "median", "high", "all_diverged"):
        assert getattr(after, name) >= getattr(before, name) - 1e-12
    random.shuffle(values)
    assert best_of(values, k) == before


@given(st.lists(st.floats(0, 10), min_size=2, max_size=30), st.sampled_from([0.5, 4.0]))
def test_more_draws_never_hurt_and_losses_have_no_unit(values, factor):
    curve = [best_of(values, k) for k in range(1, len(values) + 1)]

    for name in ("mean", "low", "median", "high"):
        along = [getattr(point, name) for point in curve]
        assert all(b <= a * (1 + 1e-14) for a, b in itertools.pairwise(along))
    scaled = best_of([factor * value for value in values], 2)
    assert scaled.mean == pytest.approx(factor * curve[1].mean)


@pytest.mark.parametrize("k", [1, 2, 7, 1000, 1993, 2000])
def test_two_thousand_settings_are_exact(k):
    """Against the sum of the formula in fractions."""
    n = 2000
    rising = [math.sqrt(i) for i in range(1, n + 1)]

    ways = sum(Fraction(loss) * math.comb(n - i, k - 1) for i, loss in enumerate(rising, 1))
    exact = float(ways / math.comb(n, k))
    assert best_of(rising[::-1], k).mean == pytest.approx(exact, rel=1e-15, abs=0)


@pytest.mark.parametrize("k", [1, 3, 10, 50, 700, 1999])
def test_quartiles_of_two_thousand_settings_are_where_the_draws_divide(k):
    """Ranks as losses: all but C(N - i, k) of the draws hold one of the first i."""
    n = 2000
    shares = [1 - Fraction(math.comb(n - i, k), math.comb(n, k)) for i in range(1, n + 1)]

    made = best_of(range(1, n + 1), k)
    assert made.low == 1 + sum(share < Fraction(1, 4) for share in shares)
    assert made.high == 1 + sum(share <= Fraction(3, 4) for share in shares)
    below, upto = (sum(share < 0.5 for share in shares), sum(share <= 0.5 for share in shares))
    assert made.median == 1 + (below + upto) / 2


def test_the_mean_of_ranks_has_a_closed_form_for_any_number_of_settings():
    """The lowest of k ranks of n is (n + 1) / (k + 1) on average."""
    n = 100_000

    for k in (1, 10, 1000, 99_999):
        made = best_of(np.arange(1, n + 1), k)
        assert made.mean == pytest.approx((n + 1) / (k + 1), rel=1e-12)


def test_a_probability_too_small_for_a_factorial_is_exact():
    made = best_of([0.0] * 1000 + [INF] * 1000, 30)

    exact = math.prod(Fraction(1000 - i, 2000 - i) for i in range(30))
    assert made.all_diverged == float(exact)
    assert made.mean == INF
    assert (made.low, made.median, made.high) == (0, 0, 0)


@pytest.mark.parametrize(
    ("values", "k", "code", "field"),
    [
        ([], 1, "wrong_length", "losses"),
        ([1.0, math.nan], 1, "not_finite", "losses.1"),
        ([1.0, -INF], 1, "not_finite", "losses.1"),
        ([[1.0], [2.0]], 1, "wrong_type", "losses"),
        ([1.0, 2.0], 3, "out_of_range", "drawn"),
        ([1.0, 2.0], 0, "out_of_range", "drawn"),
        ([1.0, 2.0], 1.0, "wrong_type", "drawn"),
        ([1.0, 2.0], True, "wrong_type", "drawn"),
    ],
)
def test_more_settings_than_were_tried_are_refused(values, k, code, field):
    with pytest.raises(InvalidInput) as caught:
        best_of(values, k)

    assert (caught.value.code, caught.value.field) == (code, field)
