"""What may be said about runs: as much as their seeds, their budgets and a guess allow."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Budget, Experiment, Network, Run, claim, fit
from engine.analysis.claims import (
    CHANCE,
    FEWEST_SEEDS,
    is_no_better_than_guessing,
    is_told_apart,
    seeds_in_order,
)
from engine.analysis.statistics import PairedDifference
from engine.problems.datasets import Line, TwoMoons
from engine.problems.problem import Guess
from engine.rules import SGD
from engine.training.history import Series


def difference(better, worse, equal=0):
    return PairedDifference(0.0, 0.0, 0.0, better, worse, 0, better + worse + equal)


def history_of(*finals, guess=None, start=2.0, **fields):
    """A training whose runs ended with these losses, one for each seed."""
    runs = [
        Run(optimizer=SGD(), learning_rate=0.1 + place, batch_size="all")
        for place in range(len(finals))
    ]
    problem = Network(dataset=TwoMoons(rows=20), hidden=(), validation_share=0, **fields)
    seeds = range(len(finals[0]))
    experiment = Experiment(problem=problem, runs=runs, budget=Budget(amount=1), seeds=seeds)
    history = fit(experiment)
    made = [ended(run, losses, start) for run, losses in zip(history.runs, finals, strict=True)]
    return dataclasses.replace(history, runs=tuple(made), guess=guess)


def ended(run, finals, start):
    values = np.array([[start, final] for final in finals])
    series = Series(np.array([0, 1]), values, values, values, values, values, 1)
    status = tuple("budget" if math.isfinite(final) else "diverged" for final in finals)
    return dataclasses.replace(run, training_loss=series, validation_loss=None, status=status)


def test_with_few_seeds_one_is_lowest_and_none_best():
    for seeds in range(1, FEWEST_SEEDS):
        assert claim(history_of([0.1] * seeds, [0.9] * seeds)).verdict == "lowest"
    assert claim(history_of([0.1] * FEWEST_SEEDS, [0.9] * FEWEST_SEEDS)).verdict == "best"


def test_best_is_worse_than_no_other_in_more_seeds_than_chance_explains():
    made = claim(history_of([0.1] * 5, [0.2] * 5, [0.3] * 4 + [0.05]))

    assert (made.verdict, made.lowest, made.level) == ("level", (0,), (2,))
    assert [made.holds_for(position) for position in range(3)] == [True, False, True]


def test_an_order_holds_in_the_seeds_in_which_no_run_is_out_of_it():
    first, second, third = [0.1, 0.1, 0.3, 0.1, 0.1], [0.2, 0.05, 0.3, 0.2, 0.2], [0.9] * 5
    assert seeds_in_order(history_of(third, first, second)) == 4  # a tie is in order
    assert seeds_in_order(history_of(first, third, [0.95, 0.8, 0.95, 0.8, math.inf])) == 3
    assert seeds_in_order(history_of([math.inf] * 2, [math.inf] * 2)) == 2


def test_a_tie_is_level():
    made = claim(history_of([0.2] * 5, [0.1] * 5, [0.1] * 5))

    assert (made.verdict, made.lowest, made.level) == ("level", (1, 2), ())


def test_a_seed_that_diverged_counts_as_worse():
    made = claim(history_of([0.1] * 5, [0.05, 0.2, 0.2, 0.2, math.inf]))

    assert (made.verdict, made.level) == ("level", (1,))
    assert claim(history_of([math.inf] * 5, [math.inf] * 5)) is None


def test_none_is_named_where_even_the_lowest_is_above_its_start_or_a_guess():
    guess = Guess(0.5, None, 0.5, None)
    for finals, known in (([0.9], guess), ([2.5], None)):
        made = claim(history_of(finals * 5, [3.0] * 5, guess=known))
        assert made.verdict == "useless"
        assert not made.holds_for(0)


@given(better=st.integers(0, 6), worse=st.integers(0, 6), equal=st.integers(0, 5))
def test_runs_are_told_apart_by_the_sign_test(better, worse, equal):
    """Against all ways in which coins can fall."""
    heads = np.array([fall.bit_count() for fall in range(2 ** (better + worse))])

    expected = np.mean(heads <= better) <= CHANCE
    assert is_told_apart(difference(better, worse, equal)) == expected


@pytest.mark.parametrize(("seeds", "worse"), [(5, 5), (6, 6), (8, 7), (10, 9), (30, 20)])
def test_so_many_seeds_must_agree(seeds, worse):
    assert is_told_apart(difference(seeds - worse, worse))
    assert not is_told_apart(difference(seeds - worse + 1, worse - 1))


def test_the_penalty_of_l2_is_no_part_of_what_a_guess_is_compared_with():
    guess = Guess(0.5, None, 0.5, None)
    history = history_of([0.6], [0.6], guess=guess, l2=1.0)
    far, near = (np.full((1, 1, 3), size) for size in (0.3, 0.1))
    runs = [dataclasses.replace(history.runs[0], params=params) for params in (far, near)]
    history = dataclasses.replace(history, runs=tuple(runs))

    assert not is_no_better_than_guessing(history, 0)  # 0.6 - 1/2 (3 x 0.09)
    assert is_no_better_than_guessing(history, 1)


def test_both_losses_must_be_below_a_guess():
    guess = Guess(0.5, 0.5, 0.5, 0.5)
    history = history_of([0.1], [0.6], guess=guess)
    low, high = (run.training_loss for run in history.runs)
    runs = [
        dataclasses.replace(history.runs[0], training_loss=training, validation_loss=validation)
        for training, validation in ((low, low), (low, high), (high, low))
    ]
    history = dataclasses.replace(history, runs=tuple(runs))

    told = [is_no_better_than_guessing(history, position) for position in range(3)]
    assert told == [False, True, True]


def test_a_network_that_cannot_learn_is_no_better_than_its_guess():
    """A line without a slope to find: full batches end at the mean, which is the guess."""
    run = Run(optimizer=SGD(), learning_rate=0.4, batch_size="all")
    problem = Network(
        dataset=Line(rows=40, noise=0.0),
        hidden=(1,),
        activation="relu",
        start=(-1.0, -50.0, 1.0, 0.0),
        loss="mean_squared_error",
    )
    history = fit(Experiment(problem=problem, runs=[run], budget=Budget(amount=200)))

    assert history.runs[0].training_loss.final[0] == pytest.approx(history.guess.training_loss)
    assert history.runs[0].training_score.final[0] == pytest.approx(0)
    assert history.guess.training_score == pytest.approx(0)
