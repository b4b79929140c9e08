"""What is said of scores, of sweeps whose answer is known."""

import math

import numpy as np
import pytest

from comparison.words.fields import field_title, value_words
from comparison.words.scores import (
    choosing_words,
    chosen_rows,
    columns_help,
    difference_rows,
    difference_words,
    loss_answer,
    no_targets_words,
    price_words,
    problem_names,
    ratio_rows,
    ratio_words,
    setting_words,
    split_words,
    time_rows,
    time_words,
    timing_words,
    why_no_profile,
)
from sweeps.choosing import problems
from sweeps.scoring import price_of_tuning, profile, scoring, settings_needed
from sweeps.spec import SweepSpec
from tests.sweeps.made import made, spec

INF, NAN = math.inf, math.nan
NAMES = ["SGD", "Momentum", "Nesterov"]
Y = np.array([0.30, 0.42, 0.55, 0.61, 0.78, 0.90])
X = Y - (0.02, 0.03, 0.01, 0.04, 0.02, 0.05)
TURNS = np.array([-0.01, 0.01, -0.01, 0.01, -0.01, 0.01])
BOWL = {"kind": "function", "function": {"name": "bowl"}}


def found(*losses, times=None, start=1.0, **fields):
    """Scores of runs with one setting each; a first seed chooses, these losses are reported."""
    rows = np.array(losses, dtype=float)
    sweep = spec(runs=len(rows), rates=(0.1,), seeds=1 + rows.shape[1], **fields)
    first = np.full((len(rows), 1), 0.1)
    if times is not None:
        times = np.hstack([np.ones((len(rows), 1)), np.array(times, dtype=float)])
    return scoring(made(sweep, np.hstack([first, rows]), times, start), 1)


def timed(*times):
    return found(*np.full((len(times), len(times[0])), 0.1), times=times, targets=(0.5,))


def answer(*losses, **fields):
    return " ".join(loss_answer(found(*losses, **fields), 0, NAMES))


# Which run ends lowest


def test_a_run_that_is_lower_in_every_seed_is_told_apart():
    assert answer(X, Y) == "SGD ends lowest, told apart over 6 seeds from Momentum."


def test_a_tie_is_named_as_one():
    mixed = Y + 10 * TURNS

    assert answer(Y, mixed) == (
        "SGD and Momentum cannot be told apart by their final losses with 6 seeds."
    )


def test_who_is_told_apart_from_those_that_tie_is_named():
    mixed = Y + TURNS

    assert answer(mixed, Y, Y + 0.1) == (
        "SGD and Momentum cannot be told apart by their final losses with 6 seeds. Nesterov: told"
        " apart from SGD, and higher."
    )


def test_few_seeds_tell_nothing_apart_and_it_is_said_how_many_do():
    assert answer([0.1], [0.9]) == (
        "SGD and Momentum cannot be told apart by their final losses with 1 seed. From 5 seeds"
        " that report on, runs can be told apart."
    )


def test_runs_that_diverged_are_never_lowest():
    assert answer(X, np.full(6, INF)) == (
        "SGD ends lowest. Diverged in at least half of the seeds: Momentum."
    )
    assert answer([INF] * 6, [INF] * 6).startswith("At its best setting every run diverged")


def test_a_run_that_learnt_nothing_is_not_praised():
    assert answer(X, Y, start=0.05) == (
        "No run learnt anything: even SGD does not end below its start."
    )


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((0.1, 0.2), "SGD ends lowest, below Momentum; nothing here is random."),
        ((0.1, 0.1), "SGD and Momentum end equally low."),
    ],
)
def test_where_nothing_is_random_any_difference_is_one(losses, said):
    sweep = spec(rates=(0.1,), seeds=3, problem=BOWL)
    scores = scoring(made(sweep, [[loss] * 3 for loss in losses]), 0)

    assert loss_answer(scores, 0, NAMES) == [said]
    assert split_words(scores) == ["Nothing is random here: one seed says all."]
    assert choosing_words(sweep) == []


def test_before_seeds_report_that_is_said():
    assert answer([NAN], [NAN]) == "No seed that reports has been trained for all runs yet."


# What was chosen


def test_the_seeds_that_choose_and_those_that_report_are_named():
    sweep = spec(seeds=4)
    said = split_words(scoring(made(sweep, np.full((4, 4), 0.1)), 0))

    assert said == [
        (
            "Each run's best setting was chosen on seeds 10, 11 and is reported on seeds 12, 13,"
            " which had no say in it."
        )
    ]
    assert choosing_words(sweep) == ["half of them (2)", "1", "2", "3"]


def test_one_seed_that_does_both_is_owned_up_to():
    (said,) = split_words(scoring(made(spec(seeds=1), np.full((4, 1), 0.1)), 0))

    assert said.startswith("Seed 10 both chose the settings and reports them, which flatters")


def test_a_single_seed_on_a_side_is_called_a_seed():
    (said,) = split_words(scoring(made(spec(seeds=2), np.full((4, 2), 0.1)), 0))

    assert "chosen on seed 10 and is reported on seed 11, which" in said


def test_many_seeds_are_told_by_the_first_and_the_last():
    (said,) = split_words(scoring(made(spec(seeds=12), np.full((4, 12), 0.1)), 0))

    assert "chosen on seeds 10–15 and is reported on seeds 16–21, which" in said


def test_unequal_numbers_of_settings_are_told():
    whole = spec(seeds=2).model_dump()
    whole["axes"] = [
        {"field": "learning_rate", "values": [0.1, 1.0]},
        {"field": "optimizer.momentum", "values": [0.5, 0.8, 0.9]},
    ]
    sweep = SweepSpec.model_validate(whole)

    said = split_words(scoring(made(sweep, np.full((8, 2), 0.1)), 0))

    assert said[1] == "The runs had unequal numbers of settings, 2 to 6: more flatter a run."


def test_each_run_has_a_row_with_what_its_best_setting_rests_on():
    sweep = spec(runs=2, rates=(0.01, 0.1, 1.0), seeds=4)
    losses = [
        [0.9] * 4,
        [0.2, 0.2, 0.4, INF],
        [0.9] * 4,
        [0.9] * 4,
        [0.9, NAN, NAN, NAN],
        [0.3] * 4,
    ]

    first, second = chosen_rows(scoring(made(sweep, losses), 2), 0, NAMES[:2])

    assert first["Best setting"] == "η 0.1"
    assert (first["Diverged"], first["Chosen among"], first["Edge"]) == ("1 / 2", "3", "none")
    assert second["Best setting"] == "η 1"
    assert (second["Chosen among"], second["Edge"]) == ("2 of 3", "Learning rate")
    assert second["Final loss"] == "0.3 (0.3 to 0.3)"


def test_standings_are_the_words_of_the_answer():
    rows = chosen_rows(found(X, Y, np.full(6, INF)), 0, NAMES)

    assert [row["Standing"] for row in rows] == ["lowest", "higher", "diverged"]
    tie = chosen_rows(found(Y, Y), 0, NAMES[:2])
    assert [row["Standing"] for row in tie] == ["tie", "tie"]


@pytest.mark.parametrize(("seeds", "word"), [(1, "open"), (4, "open"), (5, "tie"), (6, "tie")])
def test_the_standing_is_open_until_enough_seeds_report_to_tell_runs_apart(seeds, word):
    rows = chosen_rows(found(Y[:seeds], Y[:seeds]), 0, NAMES[:2])

    assert [row["Standing"] for row in rows] == [word] * 2


def test_where_nothing_is_random_equal_runs_tie_with_one_seed():
    sweep = spec(rates=(0.1,), seeds=1, problem=BOWL)
    rows = chosen_rows(scoring(made(sweep, [[0.1], [0.1]]), 0), 0, NAMES[:2])

    assert [row["Standing"] for row in rows] == ["tie"] * 2


def test_what_is_not_trained_is_a_dash():
    rows = chosen_rows(scoring(made(spec(), np.full((4, 6), NAN)), 0), 0, NAMES[:2])

    for row in rows:
        assert [row[name] for name in ("Standing", "Best setting", "Final loss")] == ["–"] * 3
        assert (row["Diverged"], row["Chosen among"]) == ("0 / 0", "0 of 2")


def test_settings_and_problems_are_called_by_symbols_and_labels():
    axes = [
        {"field": "learning_rate", "values": [0.1]},
        {"field": "batch_size", "values": ["all"]},
        {"field": "optimizer.momentum", "values": [0.5]},
        {"field": "sampling", "values": ["replacement"]},
        {"field": "problem.dataset", "values": ["line", "sine"]},
        {"field": "problem.hidden", "values": [[], [4, 3]]},
        {"field": "problem.bias", "values": [True, False]},
    ]
    experiment = spec(runs=2, seeds=1).experiment.model_dump()
    sweep = SweepSpec.model_validate({"experiment": experiment, "axes": axes})
    lanes = made(sweep, np.full((len(sweep.settings), 1), 0.1))

    names = problem_names(problems(sweep))

    assert len(set(names)) == 8
    assert "Data set: Straight line, Hidden layers: none, Biases: yes" in names
    assert "Data set: Sine, Hidden layers: 4-3, Biases: no" in names
    chosen = scoring(lanes, 0).reports[0][1].chosen
    assert setting_words(sweep, chosen) == "η 0.1, B all, μ 0.5, Sampling: Drawn with replacement"


def test_problems_with_equal_names_are_numbered():
    values = [0.12341, 0.12342]  # in three digits they are one
    whole = spec(seeds=1).model_dump() | {"axes": [{"field": "problem.l2", "values": values}]}

    names = problem_names(problems(SweepSpec.model_validate(whole)))

    assert names == ["L2 penalty: 0.123", "L2 penalty: 0.123 (2)"]


def test_parts_of_an_experiment_are_called_as_on_the_other_tabs():
    axes = [
        {"field": "problem.dataset", "values": ["line", {"name": "line", "noise": 0.7}]},
        {"field": "budget", "values": [{"amount": 3}, {"amount": 90, "unit": "iterations"}]},
    ]
    whole = spec(seeds=1).model_dump() | {"axes": axes}
    sweep = SweepSpec.model_validate(whole)

    names = problem_names(problems(sweep))

    assert not [name for name in names if "{" in name]
    for field, values in (one.values() for one in axes):
        for value in values:
            part = f"{field_title(field)}: {value_words(field, value)}"
            assert sum(part in name for name in names) >= 2


# Differences


def test_the_published_differences_stand_in_the_table():
    (row,) = difference_rows(found(X, Y), 0, 1, NAMES[:2], tested=True)

    assert row["Run"] == "SGD"
    assert row["Median difference"] == pytest.approx(-0.025)
    assert row["Interval"] == "-0.05 to -0.01"
    assert [row[name] for name in ("Better", "Equal", "Worse", "Seeds")] == [6, 0, 0, 6]
    assert row["Chance to be better"] == "100%"
    assert row["p"] == row["p after Holm"] == 0.03125


@pytest.mark.parametrize(("seeds", "said"), [(1, "1 of 1 seed"), (4, "4 of 4 seeds"), (5, "100%")])
def test_the_chance_to_be_better_of_few_seeds_is_a_count(seeds, said):
    (row,) = difference_rows(found(X[:seeds], Y[:seeds]), 0, 1, NAMES[:2], tested=False)
    (other,) = difference_rows(found(X[:seeds], Y[:seeds]), 0, 0, NAMES[:2], tested=False)

    assert row["Chance to be better"] == said
    assert other["Chance to be better"].startswith("0")


def test_p_values_have_no_column_unless_they_are_asked_for():
    (row,) = difference_rows(found(X, Y), 0, 1, NAMES[:2], tested=False)

    assert {"p", "p after Holm"} & set(row) == set()


def test_why_there_is_no_interval_and_no_small_p_is_said():
    scores = found(X[:5], Y[:5])

    (row,) = difference_rows(scores, 0, 1, NAMES[:2], tested=True)
    said = " ".join(difference_words(scores, 0, 1, NAMES, tested=True))

    assert row["Interval"] == "–"
    assert "No interval: 6 seeds or more that report are needed for one of 95%, and here" in said
    assert "With 5 seeds p cannot fall below 0.0625: no difference can reach 0.05." in said


def test_six_seeds_need_no_such_words():
    said = difference_words(found(X, Y), 0, 1, NAMES, tested=True)

    assert said == [
        (
            "Final validation loss minus that of Momentum in the same seed, each at its best"
            " setting: below 0 is better."
        ),
        "The interval holds the median difference in at least 95% of cases.",
        (
            "p: exact two-sided test that flips the signs of the differences; Holm: adjusted for 1"
            " run."
        ),
    ]


def test_more_seeds_than_the_exact_test_takes_are_told():
    many = np.linspace(0.1, 0.9, 17)

    said = " ".join(difference_words(found(many, many + 1), 0, 1, NAMES, tested=True))

    assert "The exact test takes up to 16 seeds; let more of them choose." in said


def test_seeds_that_diverged_in_both_runs_are_equal():
    said = difference_words(found([0.1, INF], [0.2, INF]), 0, 1, NAMES, tested=False)

    assert "A seed that diverged in both runs counts as equal." in said


def test_without_a_common_seed_there_is_nothing_to_subtract():
    scores = found([0.1, NAN], [NAN, 0.1])

    (row,) = difference_rows(scores, 0, 1, NAMES[:2], tested=True)

    assert (row["Median difference"], row["p"], row["Interval"]) == (None, None, "–")
    assert len(difference_words(scores, 0, 1, NAMES, tested=True)) == 1


# Times


def test_the_published_times_stand_in_the_table_with_the_share_beside_them():
    (row,) = time_rows(timed([12, 18, INF, 25, INF]), 0, 0, NAMES[:1])

    assert row["Reached by"] == "3 / 5"
    assert row["Expected epochs"] == pytest.approx(155 / 3)
    assert row["Median epochs"] == row["Median updates"] == 25
    assert row["Setting"] == "η 0.1"


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (
            ([5] * 6, [9] * 6),
            "SGD reaches a training loss of 0.5 soonest, told apart over 6 seeds from Momentum.",
        ),
        (
            ([5, 9] * 3, [9, 5] * 3),
            (
                "SGD and Momentum cannot be told apart by their times to a training loss of 0.5"
                " with 6 seeds."
            ),
        ),
        (
            ([5, 9] * 3, [9, 5] * 3, [10] * 6),
            (
                "SGD and Momentum cannot be told apart by their times to a training loss of 0.5"
                " with 6 seeds. Nesterov: told apart from SGD, and later."
            ),
        ),
        (
            ([5] * 6, [INF] * 6),
            (
                "SGD reaches a training loss of 0.5 first. Not in more than half of the seeds:"
                " Momentum."
            ),
        ),
        (
            ([INF] * 6, [INF] * 6),
            "No run reaches a training loss of 0.5 in more than half of the seeds.",
        ),
        (([NAN], [NAN]), "No seed that reports has been trained for all runs yet."),
    ],
)
def test_who_is_soonest_follows_from_the_times(times, said):
    scores = timed(*times)
    if np.isnan(times[0][0]):
        scores = found(*times, times=times, targets=(0.5,))

    assert " ".join(time_words(scores, 0, 0, NAMES)) == said


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ((5, 9), "SGD reaches a training loss of 0.5 before Momentum."),
        ((5, 5), "SGD and Momentum reach a training loss of 0.5 equally soon."),
    ],
)
def test_times_are_exact_where_nothing_is_random(times, said):
    sweep = spec(rates=(0.1,), seeds=1, targets=(0.5,), problem=BOWL)
    steps = np.array(times, dtype=float)[:, None]

    assert time_words(scoring(made(sweep, [[0.1], [0.1]], steps), 0), 0, 0, NAMES) == [said]


def test_a_target_that_was_there_at_the_start_is_called_too_easy():
    assert len(timing_words(timed([5, 6]), 0, 0)) == 2
    assert timing_words(timed([0, 6]), 0, 0)[-1].startswith("Some seeds were there before")


# Over problems


def over_problems(*rows):
    """Scores of runs with one time on each problem."""
    times = np.array(rows, dtype=float).reshape(-1, 1)
    sweep = spec(runs=len(rows), rates=(0.1,), seeds=2, problems=len(rows[0]), targets=(0.5,))
    losses = np.where(np.isnan(times), NAN, 0.1)
    return scoring(
        made(sweep, np.hstack([np.full_like(times, 0.1), losses]), np.hstack([times, times])), 1
    )


def test_scores_and_ratios_of_two_runs_stand_side_by_side():
    scores = over_problems((4, 4, 4), (2, 6, 12))

    first, second = ratio_rows(scores, profile(scores, 0), 0, 0, NAMES[:2])

    assert first["Score"] == pytest.approx(0.888889, abs=1e-6)
    assert second["Score"] == pytest.approx(0.722222, abs=1e-6)
    assert second["Times as fast as SGD"] == pytest.approx((4 / 2 * 4 / 6 * 4 / 12) ** (1 / 3))
    assert (first["Fastest in"], first["Solved"], first["Missed"]) == ("67%", "100%", "0 / 3")


@pytest.mark.parametrize(("rows", "ties"), [(((4, 4), (4, 9)), True), (((4, 4), (5, 3)), False)])
def test_that_a_tie_counts_for_each_run_is_said_where_there_is_one(rows, ties):
    said = ratio_words(profile(over_problems(*rows), 0), ["one", "two"])

    assert ("Runs that tie are each counted as fastest." in said) == ties


def test_problems_that_say_nothing_are_named():
    scores = over_problems((4, 0, 4), (2, 6, NAN))
    names = problem_names(scores.problems)

    said = " ".join(ratio_words(profile(scores, 0), names))

    assert f"before the first update: {names[1]}." in said
    assert "1 problem is not trained for all runs yet." in said


def test_why_there_is_no_profile_is_said():
    one, none, some = over_problems((4,)), over_problems((NAN, NAN)), over_problems((4, 5))

    assert why_no_profile(one, profile(one, 0)).startswith("There is one problem here.")
    assert why_no_profile(none, profile(none, 0)).startswith("No problem with a target to reach")
    assert why_no_profile(some, profile(some, 0)) is None
    assert no_targets_words().startswith("This sweep has no target")


# The price of tuning


def test_the_price_says_what_it_rests_on():
    lanes = made(spec(seeds=4), np.full((4, 4), 0.1))
    scores = scoring(lanes, 0)

    prices = [price_of_tuning(lanes, run, 0) for run in range(2)]

    said, needed = price_words(scores, prices, [1, 2], NAMES[:2])

    assert said.startswith("If you could afford only so many settings, picked at random")
    assert "its median over all 4 seeds, which flatters the winner" in said
    assert needed == (
        "Settings it takes to come within 10% of a run's own lowest, in the median of such picks:"
        " SGD 1 of 2, Momentum 2 of 2."
    )
    assert price_words(scores, [[], []], [None, None], NAMES[:2]) == [
        "No run has a setting of which all seeds are trained yet."
    ]


def test_a_run_that_always_diverged_has_no_price():
    lanes = made(spec(seeds=1), [[0.1], [0.2], [INF], [INF]])
    prices = [price_of_tuning(lanes, run, 0) for run in range(2)]
    needed = [settings_needed(lanes, run, 0) for run in range(2)]

    said = price_words(scoring(lanes, 0), prices, needed, NAMES[:2])

    assert needed == [2, None]
    assert said[-1].endswith(": SGD 2 of 2.")


def test_what_is_helped_with_is_a_column():
    scores = over_problems((4, 4), (2, 6))
    tables = [
        *chosen_rows(scores, 0, NAMES[:2]),
        *difference_rows(scores, 0, 0, NAMES[:2], tested=True),
        *time_rows(scores, 0, 0, NAMES[:2]),
        *ratio_rows(scores, profile(scores, 0), 0, 0, NAMES[:2]),
    ]

    assert set(columns_help()) <= {title for row in tables for title in row}
