"""What is said of sharpness follows from its numbers, and nothing is claimed beyond them."""

from dataclasses import replace

import numpy as np
import pytest

from charts.theme import RunStyle
from comparison.words.sharpness import (
    NEAR,
    every_words,
    limits_of_claims,
    price_words,
    sharpness_words,
)
from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Run,
    RunSharpness,
    Sharpness,
    estimate_sharpness,
)
from engine.problems.datasets import Line, TwoMoons
from engine.rules import SGD, Adagrad, Adam
from engine.rules.clipping import ClipNorm
from language import LANGUAGES, set_language
from tests.engine.contract import Listed

LINE = Network(dataset=Line(rows=40), hidden=(3,), loss="mean_squared_error")
MOONS = Network(dataset=TwoMoons(rows=40), hidden=(3,))
WHOLE = Run(optimizer=SGD(), learning_rate=0.2, batch_size="all")


def measured(values, edge=10.0, run=WHOLE, problem=LINE, status=("budget",)):
    """A measurement of one run, with these values at 0, 10, 20, ... of each of its seeds."""
    values = np.repeat(np.array(values, dtype=float)[:, None], len(status), axis=1)
    steps = 10 * np.arange(len(values))
    one = RunSharpness(
        steps=steps,
        values=values,
        residuals=np.zeros_like(values),
        shares=np.zeros_like(values),
        training_loss=np.ones_like(values),
        thresholds=None if edge is None else np.broadcast_to(edge, len(steps)).astype(float),
        is_preconditioned=False,
        last_step=np.array([steps[-1]] * len(status)),
        status=status,
        per_epoch=1,
    )
    budget = Budget(amount=int(max(steps[-1], 1)))
    experiment = Experiment(problem=problem, runs=(WHOLE,), budget=budget)
    experiment = experiment.model_copy(update={"runs": (run,)})  # its schedule may be any
    return Sharpness(experiment, 10, (one,))


def said(*args, **fields):
    (sentence,) = sharpness_words(measured(*args, **fields), [RunStyle("SGD", 0)])
    return sentence


def test_a_run_that_rises_to_its_edge_and_stays_there_hovers():
    assert said([4, 6, 8, 11, 10.1, 9.9, 10, 10.2, 10]) == (
        "SGD: sharpness rises from 4 to the edge at 10 and hovers there, at 1.000 times the edge"
        " over the later half."
    )


def test_a_run_that_begins_above_its_edge_falls_to_it():
    assert said([13, 11, 10, 10.1, 10.1, 10.1]) == (
        "SGD: sharpness begins at 13, above the edge, falls to the edge at 10 and hovers there, at"
        " 1.010 times the edge over the later half."
    )


def test_a_run_that_was_there_from_the_start_stays():
    assert said([10, 10, 10, 10, 10, 10]).startswith("SGD: sharpness stays at the edge at 10")


def test_a_run_that_converges_before_its_edge_stays_below():
    assert said([1, 2, 4, 4, 4.2, 4.2]) == (
        "SGD: sharpness goes from 1 to 4.2 and stays below the edge at 10, at 0.420 times the edge"
        " over the later half."
    )


def test_a_run_that_was_above_and_came_down_says_so():
    assert said([4, 14, 8, 7, 6, 6]) == (
        "SGD: sharpness was above the edge at 10 and stays below it in the later half, at 0.600"
        " times the edge."
    )


def test_a_run_above_its_edge_has_not_settled():
    assert "has not settled at a minimum" in said([12, 12, 12, 12, 12, 12])


@pytest.mark.parametrize(
    ("share", "hovers"),
    [(1 - 1.1 * NEAR, False), (1 - 0.9 * NEAR, True), (1 + 0.9 * NEAR, True), (1.1, False)],
)
def test_near_is_five_per_cent(share, hovers):
    assert ("hovers" in said([4, *[10 * share] * 8])) == hovers


def test_two_measurements_do_not_show_where_a_run_stays():
    assert "too few measurements" in said([4, 10])


def test_the_edge_that_is_said_is_the_last_one_and_ratios_are_to_the_edge_of_their_time():
    edges = np.linspace(10, 50, 9)
    falling = WHOLE.model_copy(update={"schedule": Listed((1.0,) * 90)})

    text = said(edges, edge=edges, run=falling)

    assert "at the edge at 50: 1.000 times" in text


def test_a_run_without_an_edge_has_its_numbers_alone():
    adagrad = WHOLE.model_copy(update={"optimizer": Adagrad()})

    assert said([4, 5, 6, 7], edge=None, run=adagrad) == (
        "SGD: sharpness went from 4 to 7; no edge is known for it."
    )


def test_of_mini_batches_only_the_numbers_are_said():
    mini = WHOLE.model_copy(update={"batch_size": 8})

    text = said([4, 6, 8, 10, 10, 10], run=mini)

    assert text == (
        "SGD: sharpness goes from 4 to 10; over the later half it is 1.000 times the edge of"
        " full-batch descent."
    )
    (claims,) = (limits_of_claims(measured([1, 1], run=run).experiment) for run in [mini])
    assert any(
        "mini-batches" in sentence and "nothing is claimed" in sentence for sentence in claims
    )


def test_of_noisy_gradients_likewise():
    noisy = Function(noise=0.1)

    assert "edge of descent without noise" in said([4, 6, 8, 9, 9], problem=noisy)
    claims = " ".join(limits_of_claims(measured([1, 1], problem=noisy).experiment))
    assert "With noisy gradients, nothing is claimed" in claims


def test_a_run_that_diverged_is_said_to_have():
    text = said([4, 9, 30, np.nan], status=("diverged",))
    assert text == (
        "SGD: diverged; its sharpness was 30 when it was measured last, beside an edge at 10."
    )
    assert said([np.nan], status=("diverged",)) == "SGD: diverged before it was measured."


def test_seeds_that_diverged_are_counted():
    few = said([4, 8, 10, 10, 10, 10], status=("budget", "diverged", "budget"))
    most = said([4, 8, 10, 10], status=("budget", "diverged", "diverged"))

    assert few.endswith("1 of 3 seeds diverged.")
    assert "hovers" in few
    assert most.startswith("SGD: diverged")
    assert most.endswith("2 of 3 seeds diverged.")


def test_a_hidden_run_is_not_spoken_of():
    assert sharpness_words(measured([1, 2]), [RunStyle("SGD", 0, hidden=True)]) == []


# What is not claimed


def claims(problem=LINE, **fields):
    return " ".join(
        limits_of_claims(
            measured([1, 1], run=WHOLE.model_copy(update=fields), problem=problem).experiment
        )
    )


def test_no_comparison_is_told_that_every_run_comes_to_its_edge():
    assert "nothing is claimed of trainings that are not shown" in claims()
    assert not any(
        word in claims() for word in ("mini-batch", "schedule", "clipped", "Adam", "entropy")
    )


def test_what_limits_a_claim_is_said_where_it_does():
    assert "the edge moves with it" in claims(schedule=Listed((1.0,) * 10))
    assert "clipped has no edge" in claims(clipping=ClipNorm(threshold=1.0))
    assert "preconditioner that stands still" in claims(optimizer=Adam())
    assert "falls again" in claims(problem=MOONS)
    assert "falls again" not in claims(problem=Function())


# Its price


def test_the_price_is_that_of_the_estimate():
    experiment = Experiment(problem=LINE, runs=(WHOLE,), budget=Budget(amount=40))
    price = estimate_sharpness(experiment, 10)
    quick = replace(price, cost=replace(price.cost, seconds=0.04))

    assert price_words(quick) == (
        "5 measurements take 100 gradients of all training rows, beside the 40 of the training"
        " itself: about 0.1 s in all."
    )
    assert every_words(experiment, 10) == "every 10 epochs"
    function = Experiment(problem=Function(), runs=(WHOLE,), budget=Budget(amount=4))
    assert every_words(function, 1) == "every 1 iteration"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said_in_every_language(language):
    set_language(language)
    try:
        for values in ([4, 10, 10, 10, 10], [1, 1, 1, 1, 1], [20, 20, 20, 20, 20], [1]):
            assert "{" not in said(values)
        assert "{" not in claims(problem=MOONS, batch_size=8)
    finally:
        set_language("en")
