"""Times to a target: a miss is infinite and counted, a target met at the start measures nothing."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import InvalidInput, performance_ratios, speedup, time_to_target
from engine.analysis.profiles import MOST

INF = math.inf
A, B, C, D = [10, 20, 30, 40], [20, 10, 60, INF], [10, 100, 15, 50], [INF] * 4

times = st.integers(1, 200) | st.just(INF)
problems = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(times, min_size=n, max_size=n), min_size=1, max_size=5)
)


def table_of(rules):
    """Ratios as their definition has them, in plain Python."""
    best = [min(column) for column in zip(*rules, strict=True)]
    return [
        [INF if time == INF else time / least for time, least in zip(rule, best, strict=True)]
        for rule in rules
    ]


@pytest.mark.parametrize(
    ("rule", "shares", "score"),
    [
        (0, [0.5, 0.5, 1, 1], 0.833333),
        (1, [0.25, 0.25, 0.5, 0.75], 0.416667),
        (2, [0.5, 0.75, 0.75, 0.75], 0.729167),
        (3, [0, 0, 0, 0], 0),
    ],
    ids="ABCD",
)
def test_profiles_and_scores_of_four_rules(rule, shares, score):
    made = performance_ratios([A, B, C, D])

    assert [made.profiles[rule].at(ratio) for ratio in (1, 1.5, 2, 4)] == shares
    assert made.scores[rule] == pytest.approx(score, abs=5e-7)


def test_scores_depend_on_who_is_compared():
    made = performance_ratios([A, B])
    assert made.scores == pytest.approx([0.916667, 0.583333], abs=5e-7)

    first, second, third = [4, 4, 4], [2, 6, 12], [1, 11, 1]
    two = performance_ratios([first, second]).scores
    three = performance_ratios([first, second, third]).scores
    assert two == pytest.approx([0.888889, 0.722222], abs=5e-7)
    assert three[:2] == pytest.approx([0.333333, 0.5], abs=5e-7)


def test_a_profile_is_a_step_function_that_rises_where_a_ratio_is():
    profile = performance_ratios([A, B, C, D]).profiles[0]

    assert profile.ratios.tolist() == [1, 2]
    assert profile.shares.tolist() == [0.5, 1]
    assert [profile.at(ratio) for ratio in (1.0, np.nextafter(2, 1), 2.0, INF)] == [0.5, 0.5, 1, 1]


def test_every_rule_that_ties_is_a_fastest_one():
    made = performance_ratios([[5, 7], [5, INF], [6, 7]])

    assert made.ratios[:, 0].tolist() == [1, 1, 1.2]
    assert sum(profile.at(1) for profile in made.profiles) == 2  # above 1


def test_a_problem_that_all_missed_is_missed_by_each_and_stays_in_the_denominator():
    made = performance_ratios([[INF, 10], [INF, 20]])

    assert made.ratios.tolist() == [[INF, 1], [INF, 2]]
    assert (made.scored, made.missed, made.void) == ((0, 1), (0,), ())
    assert [profile.at(INF) for profile in made.profiles] == [0.5, 0.5]
    assert made.scores == pytest.approx([0.5, 1 / 3])


def test_a_rule_that_solves_nothing_has_a_profile_of_nothing():
    profile = performance_ratios([A, D]).profiles[1]

    assert (profile.ratios.size, profile.shares.size) == (0, 0)
    assert profile.at(INF) == 0


def test_a_problem_solved_before_the_first_update_is_void_and_named():
    made = performance_ratios([[0, 10, INF, 30], [0, 20, INF, 0], [INF, 10, INF, 30]])

    assert (made.void, made.scored, made.missed) == ((0, 3), (1, 2), (2,))
    assert made.ratios.tolist() == [[1, INF], [2, INF], [1, INF]]
    assert [profile.at(INF) for profile in made.profiles] == [0.5] * 3


@given(problems, st.lists(st.floats(1, 300), min_size=1, max_size=5))
def test_ratios_and_shares_are_those_of_the_definition(rules, ratios):
    made = performance_ratios(rules)

    expected = table_of(rules)
    assert made.ratios.tolist() == expected
    for profile, row in zip(made.profiles, expected, strict=True):
        for ratio in [*ratios, *filter(math.isfinite, row)]:
            share = sum(one <= ratio for one in row) / len(row)
            assert profile.at(ratio) == pytest.approx(share, abs=1e-15)


@given(problems)
def test_a_score_is_the_mean_height_of_the_profile(rules):
    """The integral of a step function, step by step."""
    made = performance_ratios(rules)

    for profile, score in zip(made.profiles, made.scores, strict=True):
        edges = [1.0, *(float(r) for r in profile.ratios if 1 < r < MOST), MOST]
        area = sum(profile.at(low) * (high - low) for low, high in pairwise(edges))
        assert score == pytest.approx(area / (MOST - 1), abs=1e-12)


@given(problems, st.randoms())
def test_the_order_of_problems_and_of_rules_changes_no_score(rules, random):
    columns = list(zip(*rules, strict=True))
    random.shuffle(columns)
    scores = performance_ratios(rules).scores

    assert performance_ratios(list(zip(*columns, strict=True))).scores == pytest.approx(scores)
    assert performance_ratios(rules[::-1]).scores.tolist() == scores[::-1].tolist()


@given(problems, st.sampled_from([0.25, 2.0, 64.0]))
def test_the_unit_of_time_changes_nothing(rules, factor):
    scaled = performance_ratios(np.array(rules) * factor)

    assert scaled.ratios.tolist() == performance_ratios(rules).ratios.tolist()


@given(problems, st.integers(1, 200))
def test_another_miss_never_improves_a_score(rules, seed):
    rule, problem = seed % len(rules), seed % len(rules[0])
    missed = [list(row) for row in rules]
    missed[rule][problem] = INF

    before, after = performance_ratios(rules), performance_ratios(missed)
    assert after.scores[rule] <= before.scores[rule]
    assert after.profiles[rule].at(INF) <= before.profiles[rule].at(INF)


@given(problems)
def test_a_problem_that_all_miss_lowers_every_score_that_was_above_0(rules):
    before = performance_ratios(rules).scores
    after = performance_ratios([[*row, INF] for row in rules]).scores

    assert after == pytest.approx(before * len(rules[0]) / (len(rules[0]) + 1))


@pytest.mark.parametrize(
    ("given_times", "code", "field"),
    [
        ([], "wrong_length", "times"),
        ([[]], "wrong_length", "times.0"),
        ([[1, 2], [1]], "wrong_length", "times.1"),
        ([[1, math.nan]], "not_finite", "times.0.1"),
        ([[1, -2]], "out_of_range", "times.0.1"),
        ([1, 2], "wrong_type", "times.0"),
        ([[0, 1], [2, 0]], "out_of_range", "times"),  # every problem is void
    ],
)
def test_times_that_mean_nothing_are_refused(given_times, code, field):
    with pytest.raises(InvalidInput) as caught:
        performance_ratios(given_times)

    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize("ratio", [0.5, math.nan])
def test_a_profile_has_no_value_below_a_ratio_of_1(ratio):
    with pytest.raises(InvalidInput):
        performance_ratios([A]).profiles[0].at(ratio)


def test_a_speedup_is_a_geometric_mean_in_which_a_miss_is_one_above_the_budget():
    made = speedup((10, INF, 30), (20, 40, 15), (50, 60, 70))

    assert made.ratio == pytest.approx(0.868780, abs=5e-7)
    assert made.ratio == pytest.approx((20 / 10 * 40 / 61 * 15 / 30) ** (1 / 3))
    assert (made.missed, made.reference_missed, made.void) == ((1,), (), ())

    turned = speedup((20, 40, 15), (10, INF, 30), (50, 60, 70))
    assert turned.ratio == pytest.approx(1.151039, abs=5e-7)
    assert (turned.missed, turned.reference_missed) == ((), (1,))


def test_where_both_missed_neither_is_faster():
    made = speedup((INF, 10), (INF, 40), (50, 50))

    assert made.ratio == pytest.approx(2)  # of 1 and 4
    assert (made.missed, made.reference_missed) == ((0,), (0,))


def test_a_void_problem_has_no_part_in_a_speedup():
    made = speedup((0, 10, INF), (0, 40, 0), (50, 50, 50))

    assert made.ratio == pytest.approx(4)
    assert (made.scored, made.void, made.missed) == ((1,), (0, 2), ())


pairs = st.lists(st.tuples(times, times), min_size=1, max_size=6)


@given(pairs, st.sampled_from([0.5, 3.0]))
def test_the_inverse_of_a_speedup_is_that_of_the_other_rule(both, factor):
    own, other = (list(row) for row in zip(*both, strict=True))
    budgets = [200] * len(own)

    there, back = speedup(own, other, budgets), speedup(other, own, budgets)
    assert there.ratio * back.ratio == pytest.approx(1)
    assert speedup(own, own, budgets).ratio == 1
    assert speedup(other, own, budgets).missed == there.reference_missed
    if INF not in own + other:  # what a miss counts as has a unit
        scaled = speedup(*np.array([own, other, budgets]) * factor)
        assert scaled.ratio == pytest.approx(there.ratio)


@given(pairs, st.integers(0, 5))
def test_a_miss_more_never_makes_a_rule_faster(both, place):
    assume(place < len(both))
    own, other = (list(row) for row in zip(*both, strict=True))
    budgets = [200] * len(own)
    before = speedup(own, other, budgets).ratio
    own[place] = INF

    assert speedup(own, other, budgets).ratio <= before * (1 + 1e-12)


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (([1, 2], [1], [5, 5]), "wrong_length", "reference"),
        (([1], [1], [5, 5]), "wrong_length", "budgets"),
        (([6], [1], [5]), "out_of_range", "times.0"),
        (([1, 1], [1, 6], [5, 5]), "out_of_range", "reference.1"),
        (([1], [1], [0]), "out_of_range", "budgets.0"),
        (([1], [1], [INF]), "not_finite", "budgets.0"),
        (([math.nan], [1], [5]), "not_finite", "times.0"),
        (([0], [1], [5]), "out_of_range", "times"),
        (([], [], []), "wrong_length", "times"),
    ],
)
def test_a_speedup_of_what_cannot_be_compared_is_refused(arguments, code, field):
    with pytest.raises(InvalidInput) as caught:
        speedup(*arguments)

    assert (caught.value.code, caught.value.field) == (code, field)


def test_misses_are_in_the_share_in_the_median_and_in_the_expected_time():
    made = time_to_target([12, 18, INF, 25, INF], 50)

    assert (made.met, made.runs, made.share) == (3, 5, 0.6)
    assert made.median == 25
    assert made.expected == pytest.approx(155 / 3)
    assert made.expected > np.mean([12, 18, 25])  # which hides two misses


def test_a_target_that_no_run_reaches_takes_for_ever():
    made = time_to_target([INF, INF], 50)

    assert (made.met, made.share, made.median, made.expected) == (0, 0, INF, INF)


@given(st.lists(st.integers(0, 50) | st.just(INF), min_size=1, max_size=9), st.randoms())
def test_a_miss_more_never_shortens_the_expected_time(runs, random):
    before, place = time_to_target(runs, 50), random.randrange(len(runs))
    worse = time_to_target([*runs[:place], INF, *runs[place + 1 :]], 50)

    assert worse.expected >= before.expected
    assert worse.median >= before.median
    assert worse.share <= before.share
    random.shuffle(runs)
    assert time_to_target(runs, 50) == before


def test_runs_until_one_succeeds_take_the_expected_time():
    """Simulated: a run is drawn after each miss until one reaches the target."""
    runs, random = np.array([12, 18, INF, 25, INF]), np.random.default_rng(0)
    drawn = random.choice(runs, size=200_000)

    spent = np.minimum(drawn, 50).sum() / np.isfinite(drawn).sum()
    assert time_to_target(runs, 50).expected == pytest.approx(spent, rel=0.01)


@pytest.mark.parametrize(
    ("runs", "budget", "code", "field"),
    [
        ([], 5, "wrong_length", "times"),
        ([math.nan], 5, "not_finite", "times.0"),
        ([-1], 5, "out_of_range", "times.0"),
        ([1, 6], 5, "out_of_range", "times.1"),
        ([1], 0, "out_of_range", "budget.0"),
        ([1], math.nan, "not_finite", "budget.0"),
        ([1], "5", "wrong_type", "budget"),
    ],
)
def test_a_time_beyond_the_budget_is_refused(runs, budget, code, field):
    with pytest.raises(InvalidInput) as caught:
        time_to_target(runs, budget)

    assert (caught.value.code, caught.value.field) == (code, field)
