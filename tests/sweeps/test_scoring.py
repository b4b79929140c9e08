"""Scores of a sweep: chosen on some seeds, reported on others, with numbers known beforehand."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.claims import CHANCE
from sweeps.choosing import choose, is_without_chance, problems, split
from sweeps.lanes import Watch
from sweeps.scoring import (
    differences,
    fewest_for_interval,
    loss_standing,
    lowest_p,
    price_of_tuning,
    profile,
    scoring,
    settings_needed,
    speedups,
    target_times,
    time_standing,
)
from sweeps.spec import SweepSpec
from sweeps.standing import standing
from tests.strategies import examples
from tests.sweeps.made import BUDGET, made, spec
from tests.sweeps.small import SPEC, swept

INF, NAN = math.inf, math.nan
LOSSES = st.sampled_from((0.1, 0.2, 0.3, 0.5, 0.9, INF, NAN))

# Which seeds choose


@pytest.mark.parametrize(
    ("seeds", "choosing", "expected"),
    [(2, 0, 1), (5, 0, 2), (6, 0, 3), (6, 1, 1), (6, 5, 5), (6, 29, 5)],
)
def test_the_first_seeds_choose_and_all_others_report(seeds, choosing, expected):
    parts = split(spec(seeds=seeds), choosing)

    assert parts.choosing == tuple(range(expected))
    assert parts.reporting == tuple(range(expected, seeds))
    assert parts.is_apart


def test_a_single_seed_does_both():
    parts = split(spec(seeds=1), 0)

    assert (parts.choosing, parts.reporting) == ((0,), (0,))
    assert not parts.is_apart


@pytest.mark.parametrize(("noise", "expected"), [(0.0, True), (0.5, False)])
def test_where_nothing_is_random_one_seed_says_all(noise, expected):
    problem = {"kind": "function", "function": {"name": "bowl"}, "noise": noise}
    sweep = spec(problem=problem)

    assert is_without_chance(sweep) is expected
    assert (split(sweep, 0).reporting == (0,)) is expected


# Which setting is chosen


@given(st.data())
def test_the_lowest_median_is_chosen_of_settings_with_all_seeds_that_choose(data):
    sweep = spec(runs=2, rates=(0.01, 0.1, 1.0), seeds=4, problems=2)
    losses = np.array(
        data.draw(st.lists(st.lists(LOSSES, min_size=4, max_size=4), min_size=12, max_size=12))
    )

    rows = choose(sweep, losses, (0, 1))

    for problem, run in np.ndindex(2, 2):
        own = [
            n for n in range(12) if sweep.settings.experiment(n)["problem"]["l2"] == problem / 100
        ]
        own = [n for n in own if sweep.settings.variants_of(np.array([n]))[0] == run]
        whole = [n for n in own if not any(map(math.isnan, losses[n, :2]))]
        finite = [n for n in whole if math.isfinite(losses[n, 0] + losses[n, 1])]
        best = min(finite, key=lambda n: (losses[n, 0] + losses[n, 1], n), default=-1)
        chosen = rows[problem][run]
        assert (chosen.problem, chosen.run) == (problem, run)
        assert (chosen.tried, chosen.among) == (len(own), len(whole))
        assert chosen.is_known is bool(whole)
        assert chosen.all_diverged is (bool(whole) and not finite)
        if best < 0:
            assert chosen.setting == -1
        else:  # equal medians are rounded alike, so the first of them wins
            assert np.median(losses[chosen.setting, :2]) == np.median(losses[best, :2])


def test_what_is_reported_are_the_losses_of_the_other_seeds():
    lanes = made(spec(runs=1, seeds=4), [[0.1, 0.1, 0.9, 0.8], [0.2, 0.2, 0.3, 0.3]])

    ((report,),) = scoring(lanes, 2).reports

    assert report.chosen.setting == 0
    assert report.losses.tolist() == [0.9, 0.8]
    assert report.median == pytest.approx(0.85)


def test_the_best_of_an_inner_rate_lies_at_no_edge():
    sweep = spec(runs=1, rates=(0.01, 0.1, 1.0), seeds=2)
    at_edge, inside = ([[0.5] * 2, [0.5] * 2, [0.5] * 2] for _ in range(2))
    at_edge[2], inside[1] = [0.1] * 2, [0.1] * 2

    found = [scoring(made(sweep, losses), 1).reports[0][0] for losses in (at_edge, inside)]

    assert [one.chosen.edges for one in found] == [("learning_rate",), ()]


def test_a_run_that_diverged_at_every_setting_is_worst_and_misses_every_target():
    sweep = spec(runs=2, seeds=4, targets=(0.5,))
    losses = [[INF] * 4, [INF] * 4, [0.1] * 4, [0.2] * 4]
    found = scoring(made(sweep, losses, times=[[7] * 4] * 4), 2)

    first, second = found.reports[0]

    assert first.losses.tolist() == [INF, INF]
    assert target_times(first, "epochs", 0).met == 0
    assert second.losses.tolist() == [0.1, 0.1]
    assert differences(found, 0, 1)[0].difference.worse == 2


def test_where_nothing_is_trained_nothing_is_known():
    found = scoring(made(spec(targets=(0.5,)), np.full((4, 6), NAN)), 0)

    assert [report.chosen.is_known for report in found.reports[0]] == [False, False]
    assert target_times(found.reports[0][0], "updates", 0) is None
    assert differences(found, 0, 0) == [None, None]
    assert loss_standing(found, 0).seeds == 0
    assert profile(found, 0).ratios is None
    assert speedups(found, 0, 0) == [None, None]


# Problems


def test_every_combination_of_values_of_the_axes_of_the_problem_is_one():
    sweep = spec(runs=2, problems=3)
    known = problems(sweep)

    assert known.fields == tuple({"problem.l2": l2} for l2 in (0.0, 0.01, 0.02))
    for setting, problem in enumerate(known.of.tolist()):
        assert (
            sweep.settings.experiment(setting)["problem"]["l2"]
            == known.fields[problem]["problem.l2"]
        )
    assert [known.of.tolist().index(problem) for problem in range(3)] == list(known.firsts)


def test_quasi_random_points_have_the_problems_that_they_fall_on():
    whole = spec(runs=2, seeds=2, problems=3).model_dump()
    design = {"kind": "quasi_random", "settings": 7}
    sweep = SweepSpec.model_validate(whole | {"design": design})
    known = problems(sweep)

    assert len(known.of) == 14
    for setting, problem in enumerate(known.of.tolist()):
        l2 = sweep.settings.experiment(setting)["problem"]["l2"]
        assert known.fields[problem] == {"problem.l2": l2}
    rows = scoring(made(sweep, np.full((14, 2), 0.1)), 0).reports
    assert sum(report.chosen.tried for row in rows for report in row) == 14


def test_without_such_an_axis_there_is_one():
    assert len(problems(spec())) == 1


# Times


def timed(times, runs=1, **fields):
    """Scores of one setting a run and problem, ``(..., seeds)``; one more seed chooses."""
    times = np.array(times, dtype=float)
    seeds = 1 + times.shape[-1]
    sweep = spec(runs=runs, rates=(0.1,), seeds=seeds, targets=(0.5,), **fields)
    rows = times.reshape(-1, times.shape[-1])
    rows = np.column_stack([np.ones(len(rows)), rows])
    return scoring(made(sweep, np.full(rows.shape, 0.1), times=rows), 1)


def test_the_published_times_have_a_share_and_an_expected_running_time():
    found = timed([12, 18, INF, 25, INF])

    (report,) = found.reports[0]
    for unit in ("epochs", "updates"):  # there is one update an epoch
        time = target_times(report, unit, 0)
        assert report.budgets[unit] == BUDGET
        assert (time.met, time.runs, time.median) == (3, 5, 25)
        assert time.share == pytest.approx(0.6)
        assert time.expected == pytest.approx(155 / 3)


def test_a_lane_that_diverged_has_not_reached_its_target():
    sweep = spec(runs=1, rates=(0.1,), seeds=3, targets=(0.5,))
    found = scoring(made(sweep, [[0.1, 0.1, INF]], times=[[5, 6, 7]]), 1)

    assert target_times(found.reports[0][0], "epochs", 0).met == 1


# Published times of rules on four problems.
TABLE = {
    "A": (10, 20, 30, 40),
    "B": (20, 10, 60, INF),
    "C": (10, 100, 15, 50),
    "D": (INF, INF, INF, INF),
}


def table(rules, **fields):
    """Scores of rules with one time on each problem."""
    times = np.array(list(rules.values()), dtype=float)[:, :, None]
    if not fields:
        fields = {"problems": times.shape[1], "budget": {"amount": 100}}
    return timed(times, runs=len(rules), **fields)


def naive_share(times, rule, factor):
    """The share of problems that a rule solves within a factor, by its definition."""
    columns = list(zip(*times, strict=True))
    solved = [
        math.isfinite(column[rule]) and column[rule] <= factor * min(column) for column in columns
    ]
    return sum(solved) / len(columns)


def test_the_profile_of_a_sweep_is_that_of_its_times():
    shown = profile(table(TABLE), 0)

    times = list(TABLE.values())
    for rule, own in enumerate(shown.ratios.profiles):
        for factor in (1, 1.5, 2, 4, 100):
            assert own.at(factor) == naive_share(times, rule, factor)
    assert shown.problems == (0, 1, 2, 3)
    assert shown.ratios.scores == pytest.approx([0.833333, 0.416667, 0.729167, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("rules", "scores"),
    [
        ({"A": (4, 4, 4), "B": (2, 6, 12)}, (0.888889, 0.722222)),
        ({"A": (4, 4, 4), "B": (2, 6, 12), "C": (1, 11, 1)}, (0.333333, 0.5)),
    ],
)
def test_a_third_run_turns_round_the_order_of_two(rules, scores):
    shown = profile(table(rules), 0)

    assert shown.ratios.scores[:2] == pytest.approx(scores, abs=1e-6)


def test_the_pair_of_two_runs_does_not_depend_on_a_third():
    rules = {"A": (4, 4, 4), "B": (2, 6, 12), "C": (1, 11, 1)}
    pair = {name: rules[name] for name in "AB"}
    alone, beside = (speedups(table(some), 0, 1)[0].ratio for some in (pair, rules))

    assert alone == beside == pytest.approx((2 / 4 * 6 / 4 * 12 / 4) ** (1 / 3))


def test_the_published_pair_of_rules_with_a_budget_for_each_problem():
    rules = {"a": (10, INF, 30), "b": (20, 40, 15)}

    own, reference = speedups(table(rules, budgets=(50, 60, 70)), 0, 1)

    assert own.ratio == pytest.approx(0.868780, abs=1e-6)
    assert (own.missed, own.reference_missed) == ((1,), ())
    assert reference.ratio == 1


def test_a_problem_whose_target_was_there_at_the_start_is_void():
    found = table({"A": (10, 0, 7), "B": (20, 5, 14)})

    shown = profile(found, 0)

    assert (shown.void, shown.ratios.scored) == ((1,), (0, 2))
    assert shown.ratios.scores == pytest.approx([1, 2 / 3])
    assert profile(table({"A": (0, 0)}), 0).ratios is None


def test_problems_that_are_not_trained_for_all_runs_are_left_out():
    sweep = spec(runs=2, rates=(0.1,), seeds=2, problems=2, targets=(0.5,))
    losses = [[0.1, 0.1], [0.1, NAN], [0.1, 0.1], [0.1, 0.1]]
    times = [[5, 5], [5, NAN], [5, 5], [5, 5]]

    shown = profile(scoring(made(sweep, losses, times), 1), 0)

    assert shown.problems == (0,)


# Differences

Y = np.array([0.30, 0.42, 0.55, 0.61, 0.78, 0.90])
X = Y - (0.02, 0.03, 0.01, 0.04, 0.02, 0.05)
SHIFTS = np.array([0.01, -0.02, 0.03, 0.01, 0.02, 0.04])


def compared(x, y, *, tested=False, others=()):
    """Scores of runs whose first seed chooses; y is the last run and the reference."""
    rows = np.array([x, *others, y])
    sweep = spec(runs=len(rows), rates=(0.1,), seeds=1 + rows.shape[1])
    lanes = made(sweep, np.column_stack([np.full(len(rows), 0.1), rows]))
    return differences(scoring(lanes, 1), 0, len(rows) - 1, tested=tested)


def test_the_published_losses_differ_in_all_six_seeds():
    found, none = compared(X, Y, tested=True)

    assert none is None
    assert found.difference.median == pytest.approx(-0.025)
    assert (found.difference.better, found.difference.worse) == (6, 0)
    assert found.difference.improvement == 1
    assert (found.interval.low, found.interval.high) == pytest.approx((-0.05, -0.01))
    assert found.has_interval
    assert found.p == found.adjusted == 0.03125


def test_diverged_seeds_are_wins_losses_and_ties():
    (found, _) = compared([0.1, 0.2, INF, 0.3, INF], [0.2, INF, 0.4, 0.3, INF])

    one = found.difference
    assert (one.better, one.worse, one.equal, one.seeds) == (2, 1, 2, 5)
    assert one.improvement == pytest.approx(0.6)


def test_p_is_there_only_on_request():
    assert compared(X, Y)[0].p is None


def test_holm_is_over_all_runs_that_are_tested():
    found = compared(X, Y, others=[Y + SHIFTS], tested=True)

    ps = [one.p for one in found[:2]]
    assert ps[0] < ps[1]
    assert [one.adjusted for one in found[:2]] == pytest.approx([2 * ps[0], max(2 * ps[0], ps[1])])


@pytest.mark.parametrize("seeds", range(1, 13))
def test_five_seeds_never_reach_the_usual_level(seeds):
    found = compared(np.full(seeds, 0.1), np.full(seeds, 0.2), tested=True)[0]

    assert found.p == lowest_p(seeds) == 2 / 2**seeds
    assert (found.p <= CHANCE) is found.has_interval is (seeds >= 6)
    assert fewest_for_interval() == 6


def test_more_seeds_than_the_exact_test_takes_have_no_p():
    many = np.linspace(0.1, 0.9, 17)

    found = compared(many, many + 0.1, tested=True)[0]

    assert (found.p, found.adjusted, found.difference.better) == (None, None, 17)


def test_only_seeds_that_both_runs_have_are_compared():
    found = compared([0.1, NAN, 0.3], [0.2, 0.1, 0.2])[0]

    assert found.difference.seeds == 2


# Who is first


def test_runs_that_many_seeds_tell_apart_are_higher_and_others_tie():
    place = standing([Y, X, X + 1e-9, np.full(6, INF), np.full(6, NAN)], is_exact=False)

    assert (place.first, place.higher) == ((1,), (2, 0))
    assert (place.lost, place.unknown, place.seeds) == ((3,), (4,), 6)


def test_few_seeds_tell_nothing_apart_unless_nothing_is_random():
    rows = [np.array([0.1]), np.array([0.9])]

    assert standing(rows, is_exact=False).first == (0, 1)
    assert standing(rows, is_exact=True).higher == (1,)


def test_mixed_seeds_are_a_tie():
    place = standing(
        [np.array([1, 4, 1, 4, 1, 4.0]), np.array([2, 3, 2, 3, 2, 3.0])], is_exact=False
    )

    assert set(place.first) == {0, 1}


def test_runs_stand_by_their_times_as_by_their_losses():
    found = timed([[[5, 6, 5, 6, 5]], [[9, 9, 9, 9, INF]], [[INF] * 5]], runs=3)

    place = time_standing(found, 0, 0)

    assert (place.first, place.higher, place.lost) == ((0,), (1,), (2,))


# The price of tuning


def priced(losses, seeds=1):
    sweep = spec(runs=1, rates=tuple(np.linspace(0.1, 1, len(losses))), seeds=seeds)
    steps = price_of_tuning(made(sweep, [[loss] * seeds for loss in losses]), 0, 0)
    return {one.drawn: one for one in steps}


def test_the_published_losses_have_the_published_means_and_medians():
    whole, half = priced([0.1, 0.2, 0.3, 0.4, 1.0]), priced([0.1, 0.2, 0.3, INF, INF])

    assert [whole[k].mean for k in (1, 2, 3, 5)] == pytest.approx([0.4, 0.2, 0.15, 0.1])
    assert [half[k].mean for k in (1, 2, 3, 5)] == pytest.approx([INF, INF, 0.15, 0.1])
    assert [half[k].median for k in (1, 2, 3, 4)] == pytest.approx([0.3, 0.2, 0.1, 0.1])
    assert half[2].all_diverged == pytest.approx(0.1)


@given(st.lists(st.sampled_from((0.1, 0.2, 0.5, 0.7, INF)), min_size=2, max_size=6))
def test_the_price_is_that_of_all_draws_listed_one_by_one(losses):
    for drawn, one in priced(losses).items():
        lowest = [min(some) for some in combinations(losses, drawn)]
        assert one.median == pytest.approx(float(np.median(lowest)))
        assert one.all_diverged == pytest.approx(lowest.count(INF) / len(lowest))
        assert one.tried == len(losses)


def test_the_price_is_for_few_numbers_from_one_to_all():
    drawn = list(priced(np.linspace(0.1, 1, 500)))

    assert (drawn[0], drawn[-1]) == (1, 500)
    assert drawn == sorted(set(drawn))
    assert len(drawn) < 30


def test_a_setting_of_which_a_seed_is_missing_has_no_price():
    sweep = spec(runs=1, seeds=2)

    (one,) = price_of_tuning(made(sweep, [[0.1, NAN], [0.2, 0.4]]), 0, 0)

    assert (one.tried, one.median) == (1, pytest.approx(0.3))
    assert price_of_tuning(made(sweep, np.full((2, 2), NAN)), 0, 0) == []
    assert settings_needed(made(sweep, np.full((2, 2), NAN)), 0, 0) is None


@given(
    losses=st.lists(st.one_of(st.floats(-5, 5), st.just(INF)), min_size=1, max_size=6, unique=True)
)
@examples(80)
def test_so_many_settings_are_needed_as_half_of_all_draws_need(losses):
    rates = tuple((at + 1) / 10 for at in range(len(losses)))
    sweep = spec(runs=1, rates=rates, seeds=1)

    needed = settings_needed(made(sweep, np.array(losses)[:, None]), 0, 0)

    if min(losses) == INF:
        assert needed is None
        return
    near = min(losses) + 0.1 * abs(min(losses))
    ends = {
        drawn: np.median([min(draw) for draw in combinations(losses, drawn)])
        for drawn in range(1, len(losses) + 1)
    }
    assert needed == min(drawn for drawn, median in ends.items() if median <= near)


def test_the_same_lanes_are_scored_once_until_other_seeds_choose():
    lanes = made(spec(seeds=6), np.full((4, 6), 0.1))
    first = scoring(lanes, 2)

    assert scoring(lanes, 2) is first
    assert scoring(lanes, 3).split.choosing == (0, 1, 2)
    assert scoring(lanes, 2).split.choosing == (0, 1)


def test_a_run_that_does_not_apply_to_a_problem_is_in_no_denominator_there(monkeypatch):
    """Momentum stands for a rule of layers; the second problem is a test function."""
    monkeypatch.setattr("engine.rules.Momentum.needs", frozenset({"layers"}))
    axes = [{"field": "learning_rate", "values": [0.1, 1.0]}]
    axes.append({"field": "problem", "values": ["network", {"kind": "function", "noise": 0.1}]})
    sweep = SweepSpec.model_validate(spec(runs=2).model_dump() | {"axes": axes, "targets": [0.2]})
    losses = [[0.3] * 6, [0.4] * 6, [0.1] * 6, [0.2] * 6, [0.5] * 6, [0.6] * 6]

    found = scoring(made(sweep, losses, [[[10.0] * 6] * 6]), 2)

    network, function = (row[1] for row in found.reports)
    assert (network.chosen.tried, network.median) == (2, 0.5)
    assert (function.chosen.tried, function.chosen.setting) == (0, -1)
    assert np.isnan(function.median)
    assert not function.chosen.all_diverged
    assert loss_standing(found, 1).unknown == (1,)
    assert loss_standing(found, 1).first == (0,)
    assert differences(found, 1, 0) == [None, None]
    assert profile(found, 0).problems == (0,)
    assert price_of_tuning(made(sweep, losses), 1, 1) == []


# A sweep that was trained


def test_a_trained_sweep_is_chosen_on_its_first_seed_and_reported_on_the_others(tmp_path):
    swept(tmp_path)
    table = pd.read_parquet(tmp_path / "results.parquet").sort_values(["setting", "seed"])

    found = scoring(Watch(tmp_path, SPEC).look(), 0)

    choosing, *reporting = SPEC.experiment.seeds
    first = table[table["seed"] == choosing].set_index("setting")
    for run, rule in enumerate(("sgd", "adam")):
        losses = first[first["rule"] == rule]["validation_loss_final"]
        (row,) = found.reports
        best = row[run]
        assert best.chosen.setting == losses.idxmin()
        assert best.chosen.among == best.chosen.tried == 6
        own = table[table["setting"] == best.chosen.setting].set_index("seed").loc[reporting]
        assert best.losses.tolist() == own["validation_loss_final"].tolist()
        steps = own["first_step_1"].fillna(INF)
        assert best.times["updates"][0].tolist() == steps.tolist()
        size = own["batch_size"].iloc[0]
        per_epoch = 1 if size == "all" else math.ceil(30 / int(size))
        updates = 4 * per_epoch  # with a gradient each
        assert best.budgets == {"epochs": 4, "updates": updates, "gradients": updates}
        assert best.times["epochs"][0].tolist() == (steps / per_epoch).tolist()
