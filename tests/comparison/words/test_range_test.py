"""What is said of a range test follows from its numbers."""

from dataclasses import replace

import numpy as np
import pytest

from comparison.words.range_test import range_test_words, replaced_words
from engine import Budget, Experiment, Function, Run, range_test, rate_curves, rate_sweep, score
from engine.analysis.range_test import RangeTest
from engine.problems.functions import Bowl
from engine.rules import SGD
from engine.rules.schedules import Cosine
from language import LANGUAGES, set_language

RUN = Run(optimizer=SGD(), learning_rate=1.0, batch_size="all")
# (w, 0) on a bowl: w^2 / 2, whose largest stable rate is 2, and whose best rate is 1
SQUARE = Experiment(
    problem=Function(function=Bowl(condition=1.0), start=(1.0, 0.0)),
    runs=(RUN,),
    budget=Budget(amount=20),
)
RATES = (0.01, 0.1, 0.8, 10.0)


def test_a_schedule_that_is_left_aside_is_named():
    scheduled = RUN.model_copy(update={"schedule": Cosine()})

    assert replaced_words(RUN) == []
    (said,) = replaced_words(scheduled)
    assert said.startswith("The run's schedule (cosine) is left aside here")


def swept(rates=RATES):
    (curve,) = rate_curves([score(rate_sweep(SQUARE, rates))])
    return curve


def made(losses, rates, diverged_at=None):
    """A test of one seed, or of several with equal losses."""
    at = np.array([np.nan] if diverged_at is None else diverged_at, dtype=float)
    values = np.repeat(np.array(losses, dtype=float)[:, None], len(at), axis=1)
    return RangeTest(RUN, np.array(rates), values, at, 1)


def test_half_a_square_is_told_with_its_known_numbers():
    """The worked example: the loss is lowest before the update at 2.06, for 2 is the bound."""
    test = range_test(SQUARE, 0, 1e-3, 10.0, 100)
    falls, lowest, breaks, concluded = range_test_words(test, swept())
    # By hand: |1 - rate| multiplies the error, which has become so small that it stays below 1.
    assert np.abs(np.prod(1 - test.rates[:-1])) < 1

    assert falls.startswith("Along the range test, the loss falls fastest around 0.045")
    assert lowest == "It is lowest at 2.06."
    assert breaks == "At 10, it is still no higher than at first."
    assert concluded == (
        "A range test alone would have suggested about 0.045; whole trainings were lowest at 0.8."
    )


def test_the_steepest_fall_is_the_suggestion_wherever_the_test_breaks():
    test = made([5, 4, 1, 2, 6, 9], [0.1, 0.2, 0.4, 0.8, 6.4, 12.8])
    falls, lowest, breaks, concluded = range_test_words(test, swept())

    assert falls == "Along the range test, the loss falls fastest around 0.2."
    assert lowest == "It is lowest at 0.4."
    assert breaks == "From 6.4 on, it stays above its first value."
    assert concluded == (
        "A range test alone would have suggested about 0.2; whole trainings were lowest at 0.8."
    )


@pytest.mark.parametrize("steepest", [0.77, 0.8, 0.83])
def test_a_suggestion_that_is_right_is_told(steepest):
    test = made([5, 1, 6], [steepest, 1.0, 2.0])

    assert test.steepest == steepest
    assert range_test_words(test, swept())[-1] == (
        f"A range test alone would have suggested about {steepest:.2g},"
        " and whole trainings were lowest there, too."
    )


def test_a_best_rate_at_the_edge_is_told():
    test = made([5, 4, 6], [0.02, 0.2, 0.4])

    assert range_test_words(test, swept((0.01, 0.1)))[-1] == (
        "A range test alone would have suggested about 0.02; whole trainings were lowest at 0.1."
        " That is the edge of what was tried."
    )


@pytest.mark.parametrize(
    ("losses", "suggested"),
    [
        ([5, 4, 6], "A range test alone would have suggested about 0.1; whole"),
        ([5, 6, 7], "A range test alone suggests no rate, and whole"),
    ],
)
def test_a_sweep_without_a_best_rate_is_told(losses, suggested):
    test = made(losses, [0.1, 0.2, 0.4])

    assert range_test_words(test, swept((1e3, 1e4)))[-1] == (
        f"{suggested} trainings diverged at every rate."
    )


def test_a_loss_that_only_falls_is_lowest_at_the_highest_rates_and_does_not_break():
    _falls, lowest, breaks, _concluded = range_test_words(made([3, 2, 1], [0.1, 0.2, 0.4]), swept())

    assert lowest == "It is lowest at the highest rates, up to 0.4."
    assert breaks == "At 0.4, it is still no higher than at first."


def test_a_loss_that_never_falls_suggests_nothing():
    falls, lowest, *_rest, concluded = range_test_words(made([1, 2, 3], [0.1, 0.2, 0.4]), swept())

    assert falls == "Along the range test, no fall of the loss stands out."
    assert lowest == "It is lowest at 0.1."
    assert concluded == ("A range test alone suggests no rate; whole trainings were lowest at 0.8.")


@pytest.mark.parametrize(
    ("diverged_at", "words"),
    [
        ([0.4], "It diverged at 0.4."),
        ([0.4, np.nan, np.nan], "1 of 3 seeds diverged, at 0.4."),
        ([0.4, 0.2, np.nan], "2 of 3 seeds diverged, at 0.2 to 0.4."),
    ],
)
def test_the_seeds_that_diverged_are_counted(diverged_at, words):
    assert words in range_test_words(made([5, 4, 6], [0.1, 0.2, 0.4], diverged_at), swept())


def test_before_any_window_is_whole_only_the_break_is_told():
    test = replace(made([1, np.inf], [0.1, 0.2], [0.2]), window=11)
    falls, breaks, diverged, _concluded = range_test_words(test, swept())

    assert falls == "Along the range test, no fall of the loss stands out."
    assert breaks == "From 0.2 on, it stays above its first value."
    assert diverged == "It diverged at 0.2."


@pytest.mark.parametrize("seeds_diverged", [[np.nan], [0.4], [0.4, 0.2, np.nan]])
def test_no_sentence_is_joined_to_another_by_a_colon(seeds_diverged):
    test = made([5, 4, 6], [0.1, 0.2, 0.4], seeds_diverged)

    assert ":" not in " ".join(range_test_words(test, swept()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_left_in_any_language(language):
    set_language(language)

    for test in (made([5, 4, 6], [0.1, 0.2, 0.4], [0.4, 0.2, np.nan]), made([1, 1], [0.1, 0.2])):
        said = range_test_words(test, swept())
        assert "{" not in " ".join(said)
        assert "nan" not in " ".join(said)
