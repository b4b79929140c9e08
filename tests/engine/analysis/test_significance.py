"""Differences over seeds: paired, with what their number allows to say."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import (
    InvalidInput,
    bootstrap_interval,
    holm,
    interquartile_mean,
    loss_differences,
    mean_interval,
    median_interval,
    paired_difference,
    sign_flip_p,
)
from engine.analysis.significance import student_t

INF = math.inf
Y = np.array([0.30, 0.42, 0.55, 0.61, 0.78, 0.90])
X = Y - np.array([0.02, 0.03, 0.01, 0.04, 0.02, 0.05])
APART = loss_differences(Y, X)

differences = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=8)
diverging = st.lists(
    st.integers(-5, 5).map(float) | st.sampled_from([INF, -INF]), min_size=1, max_size=8
)


def resampled(values, statistic):
    """Ends of the percentile bootstrap over all n^n resamples."""
    n = len(values)
    drawn = np.array(list(itertools.product(range(n), repeat=n)))
    found = np.sort(statistic(values[drawn], axis=1))
    return [found[math.ceil(len(found) * share) - 1] for share in (0.025, 0.975)]


def test_mean_difference_and_its_t_interval():
    made = mean_interval(APART)

    assert made.estimate == pytest.approx(0.0283333, abs=5e-8)
    assert (made.low, made.high) == pytest.approx((0.0128861, 0.0437806), abs=5e-8)
    assert (made.n, made.coverage, made.method) == (6, 0.95, "student_t")
    deviation = (made.high - made.low) / 2 / student_t(0.05, 5) * math.sqrt(6)
    assert deviation == pytest.approx(0.0147196, abs=5e-8)


def test_median_difference_and_its_interval_with_the_coverage_it_has():
    made = median_interval(APART)

    assert (made.estimate, made.low, made.high) == pytest.approx((0.025, 0.01, 0.05))
    assert (made.n, made.coverage, made.method) == (6, 0.96875, "order_statistics")


@pytest.mark.parametrize(
    ("statistic", "of", "ends"),
    [("mean", np.mean, (0.0183333, 0.04)), ("median", np.median, (0.015, 0.045))],
)
def test_the_bootstrap_of_few_values_is_that_of_all_resamples_and_too_narrow(statistic, of, ends):
    exact = resampled(APART, of)
    made = bootstrap_interval(APART[:, None], statistic, 0)

    assert exact == pytest.approx(ends, abs=5e-8)
    assert (made.low, made.high) == pytest.approx(exact, abs=1e-12)
    assert (made.n, made.method) == (6, "percentile_bootstrap")
    if statistic == "mean":
        wide = mean_interval(APART)
        assert (made.high - made.low) / (wide.high - wide.low) == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize(
    ("n", "p"),
    [
        (1, 1),
        (2, 0.5),
        (3, 0.25),
        (4, 0.125),
        (5, 0.0625),
        (6, 0.03125),
        (8, 0.0078125),
        (10, 0.001953125),
        (16, 2**-15),
    ],
)
def test_smallest_p_of_so_many_seeds(n, p):
    assert sign_flip_p(np.arange(1.0, n + 1)) == p
    assert sign_flip_p([-1.0] * n) == p


def test_p_of_six_seeds_that_agree():
    assert sign_flip_p(APART) == 0.03125
    assert sign_flip_p(-APART) == 0.03125


def test_what_is_paired_is_seen_where_it_is_drowned_between_seeds():
    made = paired_difference(X, Y)

    assert (made.better, made.worse, made.equal, made.improvement) == (6, 0, 0, 1.0)
    assert np.mean(X[:, None] < Y) == pytest.approx(0.583333, abs=5e-7)  # of unrelated seeds


def test_a_seed_that_diverged_in_both_is_a_tie_and_ties_are_half_an_improvement():
    x, y = [0.1, 0.2, INF, 0.3, INF], [0.2, INF, 0.4, 0.3, INF]
    made = paired_difference(x, y)

    assert (made.better, made.worse, made.equal, made.both_diverged) == (2, 1, 2, 1)
    assert (made.improvement, made.seeds) == (0.6, 5)
    assert loss_differences(x, y).tolist() == [-0.1, -INF, INF, 0, 0]
    assert (made.median, made.low, made.high) == (0, -INF, INF)


@given(st.lists(st.tuples(*[st.integers(0, 3) | st.just(INF)] * 2), min_size=1, max_size=8))
def test_what_one_run_wins_the_other_loses(both):
    x, y = zip(*both, strict=True)
    there, back = paired_difference(x, y), paired_difference(y, x)

    assert there.improvement + back.improvement == pytest.approx(1)
    assert (there.better, there.equal, there.worse) == (back.worse, back.equal, back.better)
    assert there.median == -back.median
    worse = paired_difference([INF, *x[1:]], y)
    assert worse.improvement <= there.improvement
    assert worse.median >= there.median


def misses(n, k):
    """How often the k-th lowest to the k-th highest of n values leave the median out."""
    below = np.array([fall.bit_count() for fall in range(2**n)])
    return np.mean((below < k) | (below > n - k))


@given(diverging)
def test_the_median_leaves_its_interval_as_seldom_as_coins_fall_to_one_side(values):
    """Against all ways in which coins can fall."""
    ordered, n = sorted(values), len(values)
    k = max(1, sum(misses(n, rank) <= 0.05 for rank in range(1, n + 1)))

    made = median_interval(values)
    assert (made.low, made.high) == (ordered[k - 1], ordered[n - k])
    assert made.coverage == 1 - misses(n, k)
    assert made.estimate == -median_interval([-value for value in values]).estimate


@pytest.mark.parametrize(
    ("n", "rank", "coverage"), [(5, 1, 0.9375), (6, 1, 0.96875), (9, 2, 0.9609)]
)
def test_coverage_of_the_interval_around_a_median_as_printed_in_tables(n, rank, coverage):
    made = median_interval(np.arange(1.0, n + 1))

    assert (made.low, made.high) == (rank, n + 1 - rank)
    assert made.coverage == pytest.approx(coverage, abs=5e-5)


def test_coverage_is_how_often_the_interval_holds_the_median():
    """Of a skewed distribution whose median is log 2."""
    drawn = np.random.default_rng(0).exponential(size=(4000, 9))

    held = [one.low <= math.log(2) <= one.high for one in map(median_interval, drawn)]
    assert np.mean(held) == pytest.approx(median_interval(drawn[0]).coverage, abs=0.01)


def test_one_value_has_no_interval_and_says_so():
    made = median_interval([0.3])

    assert (made.estimate, made.low, made.high, made.coverage) == (0.3, 0.3, 0.3, 0)


def test_many_differences_have_an_interval_at_once():
    made = median_interval(np.arange(10_000.0))

    assert made.estimate == 4999.5
    assert made.high - made.low == pytest.approx(1.96 * math.sqrt(10_000), rel=0.02)
    assert 0.95 <= made.coverage < 0.9525  # one rank further in it is below


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 6, 29, 30, 999, 9998])
@pytest.mark.parametrize("chance", [0.5, 0.05, 0.001])
def test_student_t_is_that_of_the_incomplete_beta_function(chance, freedom):
    t = student_t(chance, freedom)

    share = freedom / (freedom + mpmath.mpf(t) ** 2)
    tails = mpmath.betainc(freedom / 2, 0.5, 0, share, regularized=True)
    assert float(tails) == pytest.approx(chance, rel=1e-11)


@given(differences, st.sampled_from([0.5, 8.0]), st.integers(-3, 3))
def test_a_mean_moves_and_grows_with_its_values(values, factor, shift):
    assume(len(values) > 1)
    made, moved = mean_interval(values), mean_interval(factor * np.array(values) + shift)

    for name in ("estimate", "low", "high"):
        expected = factor * getattr(made, name) + shift
        assert getattr(moved, name) == pytest.approx(expected, abs=1e-9)


@given(diverging)
def test_p_is_the_share_of_all_signs_that_end_as_far_from_0(values):
    """One sum at a time; an infinite difference is larger than all others together."""
    sizes = [math.copysign(10**6, value) if math.isinf(value) else value for value in values]
    sums = [
        abs(sum(sign * size for sign, size in zip(signs, sizes, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(sizes))
    ]

    assert sign_flip_p(values) == np.mean(np.array(sums) >= abs(sum(sizes)))


@given(differences, st.randoms(), st.sampled_from([0.1, 1 / 3, 1e-9, 1e9]))
def test_p_knows_no_order_no_unit_and_no_direction(values, random, factor):
    p = sign_flip_p(values)

    assert sign_flip_p([factor * value for value in values]) == p
    assert sign_flip_p([-value for value in values]) == p
    random.shuffle(values)
    assert sign_flip_p(values) == p


def test_sums_that_differ_by_rounding_are_a_tie():
    """0.1 + 0.2 is not quite 0.3: the four sums of size 0 are equal to one that is found."""
    assert sign_flip_p([0.1, 0.2, -0.3]) == 1


def test_seeds_that_tie_have_a_p_of_1():
    assert sign_flip_p(loss_differences([INF, 0.5], [INF, 0.5])) == 1


def test_p_values_are_adjusted_in_the_order_given():
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]).tolist() == [1, 1]
    assert holm([0.04]).tolist() == [0.04]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7), st.floats(0.001, 0.2))
def test_an_adjusted_p_value_rejects_what_the_steps_of_holm_reject(p_values, level):
    """From the lowest on, each against the level by the number left, until one is above it."""
    left, rejected = sorted(range(len(p_values)), key=p_values.__getitem__), set()
    while left and p_values[left[0]] * len(left) <= level:
        rejected.add(left.pop(0))

    adjusted = holm(p_values)
    assert {place for place, value in enumerate(adjusted) if value <= level} == rejected
    assert (adjusted >= p_values).all()


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([1, 2, 3, 4, 100], 3),
        ([1, 2, 3, 4, 5, 6, 7, INF], 4.5),
        ([1, 2, 3, 4, 5, INF, INF, INF], INF),
        ([0, 0, 0, 1, 2, 3, 4, 5, 6, 90, 90, 90], 3.5),
        ([1, 2, 6], 3),
        ([7], 7),
    ],
)
def test_interquartile_mean(values, mean):
    assert interquartile_mean([values]) == mean
    assert interquartile_mean([[value] for value in values[::-1]]) == mean


@given(st.lists(st.floats(-9, 9) | st.just(INF), min_size=1, max_size=9), st.integers(0, 8))
def test_a_value_that_diverges_never_improves_an_interquartile_mean(values, place):
    assume(place < len(values))
    before = interquartile_mean([values])
    values[place] = INF

    assert interquartile_mean([values]) >= before - 1e-12


def test_problems_are_resampled_apart():
    """Every draw has as many values of each problem: a mean of two levels stays between them."""
    values = np.array([[0.0, 100.0], [1.0, 101.0], [2.0, 102.0]])

    made = bootstrap_interval(values, "mean", 3)
    assert made.estimate == pytest.approx(51)
    assert 50 <= made.low < made.estimate < made.high <= 52
    assert made.n == 6


def test_each_problem_draws_its_own_runs():
    """Drawn together, opposite problems would cancel in every draw."""
    values = np.array([[0.0, 3.0], [1.0, 2.0], [2.0, 1.0], [3.0, 0.0]])

    made = bootstrap_interval(values, "mean", 0)
    assert made.low < 1.5 < made.high


def test_a_seed_gives_the_same_interval_and_another_one_a_similar_one():
    values = np.random.default_rng(1).normal(size=(20, 3))
    first, again, other = (
        bootstrap_interval(values, "interquartile_mean", seed) for seed in (5, 5, 2**255)
    )

    assert first == again
    assert first.estimate == interquartile_mean(values) == other.estimate
    assert (first.low, first.high) != (other.low, other.high)
    assert (first.low, first.high) == pytest.approx((other.low, other.high), abs=0.05)


def test_the_interval_of_a_known_distribution_is_about_as_wide_as_theory_has_it():
    values = np.random.default_rng(2).normal(size=(400, 1))

    made = bootstrap_interval(values, "mean", 0)
    assert made.high - made.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)


def test_what_diverged_may_make_an_end_infinite():
    made = bootstrap_interval([[1.0], [2.0], [3.0], [INF]], "median", 0)

    assert (made.estimate, made.high) == (2.5, INF)
    assert made.low < 2
    assert bootstrap_interval([[-INF], [INF]], "median", 0).estimate == 0


def test_many_values_are_resampled_in_blocks_as_all_others(monkeypatch):
    values = np.random.default_rng(1).normal(size=(30, 4))
    whole = bootstrap_interval(values, "median", 0)
    monkeypatch.setattr("engine.analysis.significance._BLOCK", 120 * 64)

    assert bootstrap_interval(values, "median", 0) == whole


@pytest.mark.parametrize(
    ("call", "arguments", "code", "field"),
    [
        (median_interval, ([],), "wrong_length", "differences"),
        (median_interval, ([1.0, math.nan],), "not_finite", "differences.1"),
        (median_interval, ([1.0] * 10_001,), "wrong_length", "differences"),
        (mean_interval, ([1.0],), "wrong_length", "differences"),
        (mean_interval, ([1.0, INF],), "not_finite", "differences.1"),
        (sign_flip_p, ([1.0] * 17,), "wrong_length", "differences"),
        (sign_flip_p, ([math.nan],), "not_finite", "differences.0"),
        (holm, ([],), "wrong_length", "p_values"),
        (holm, ([0.5, 1.5],), "out_of_range", "p_values.1"),
        (interquartile_mean, ([[1.0, 2.0], [3.0]],), "wrong_length", "losses.1"),
        (interquartile_mean, ([[-INF]],), "not_finite", "losses.0.0"),
        (interquartile_mean, ([],), "wrong_length", "losses"),
        (bootstrap_interval, ([[1.0]], "mode", 0), "unknown_choice", "statistic"),
        (bootstrap_interval, ([[1.0]], ["mean"], 0), "unknown_choice", "statistic"),
        (bootstrap_interval, ([[-INF]], "mean", 0), "not_finite", "values.0.0"),
        (bootstrap_interval, ([[1.0]], "mean", -1), "out_of_range", "seed"),
        (bootstrap_interval, ([[1.0]], "mean", 0.5), "wrong_type", "seed"),
        (bootstrap_interval, ([[1.0] * 5001] * 2, "mean", 0), "wrong_length", "values"),
        (paired_difference, ([1.0, 2.0], [1.0]), "wrong_length", "reference"),
        (paired_difference, ([1.0], [math.nan]), "not_finite", "reference.0"),
        (loss_differences, ([-INF], [1.0]), "not_finite", "losses.0"),
    ],
)
def test_what_means_nothing_is_refused(call, arguments, code, field):
    with pytest.raises(InvalidInput) as caught:
        call(*arguments)

    assert (caught.value.code, caught.value.field) == (code, field)
