"""The verdict of a sweep follows from its numbers, of sweeps whose answer is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.words.scores import loss_answer
from comparison.words.verdict import verdict_words
from sweeps.scoring import scoring
from tests.strategies import examples
from tests.sweeps.made import made, spec

INF = math.inf
NAMES = ["SGD", "Momentum", "Nesterov"]
RATES = (0.01, 0.1, 1.0)
BOWL = {"kind": "function", "function": {"name": "bowl"}}
MIDDLE = (0.9, 0.3, 0.9)


def verdict(*ends, seeds=12, apart=0.001, choosing=0, base=None):
    """The verdict of runs whose settings end at these losses, each seed a little higher."""
    rows = np.concatenate([np.array(own)[:, None] + apart * np.arange(seeds) for own in ends])
    sweep = spec(runs=len(ends), rates=RATES, seeds=seeds, **({"problem": base} if base else {}))
    return verdict_words(scoring(made(sweep, rows), choosing), 0, NAMES[: len(ends)])


def test_with_enough_seeds_the_answer_is_all_there_is_to_say():
    assert verdict(MIDDLE, (0.9, 0.5, 0.9)) == [
        "SGD ends lowest, told apart over 6 seeds from Momentum."
    ]


@pytest.mark.parametrize(
    ("seeds", "choosing", "advice"),
    [
        (1, 0, "here 1 does. Sweep with 10 seeds, half of which choose."),
        (3, 0, "here 2 do. Sweep with 10 seeds, half of which choose."),
        (5, 0, "here 3 do. Sweep with 10 seeds, half of which choose."),
        (6, 0, "here 3 do. On the tab Scores let 1 of the 6 seeds choose."),
        (8, 0, "here 4 do. On the tab Scores let 3 of the 8 seeds choose."),
        (12, 9, "here 3 do. On the tab Scores let 7 of the 12 seeds choose."),
    ],
)
def test_with_few_seeds_no_run_is_ahead_and_what_to_do_is_said(seeds, choosing, advice):
    answer, *rest = verdict(MIDDLE, (0.9, 0.5, 0.9), seeds=seeds, choosing=choosing)

    assert "cannot be told apart by their final losses with" in answer
    assert " ".join(rest) == (f"5 seeds must report before runs can be told apart, and {advice}")


@pytest.mark.parametrize(("seeds", "choosing"), [(9, 4), (10, 0), (6, 1), (8, 3), (12, 7)])
def test_what_is_advised_is_enough(seeds, choosing):
    (said,) = verdict(MIDDLE, (0.9, 0.5, 0.9), seeds=seeds, choosing=choosing)

    assert said.startswith("SGD ends lowest, told apart over")


def test_a_choice_at_an_end_of_what_was_tried_is_told_for_each_end():
    said = verdict((0.3, 0.9, 0.9), (0.5, 0.9, 0.9), (0.9, 0.9, 0.7))

    assert said[1:] == [
        (
            "Learning rate: what was chosen for SGD and Momentum is at the low end of what was"
            " tried, and a lower one may do better."
        ),
        (
            "Learning rate: what was chosen for Nesterov is at the high end of what was tried, and"
            " a higher one may do better."
        ),
    ]


def test_a_run_alone_is_compared_with_nothing():
    (said,) = verdict(MIDDLE, seeds=2, apart=0.0)

    assert said == "SGD: chosen was η 0.1; final validation loss 0.3."


def test_a_run_alone_that_diverged_or_learnt_nothing_is_said_to():
    assert verdict((INF,) * 3)[0].startswith("At its best setting every run diverged")
    assert verdict((5.0, 4.0, 5.0))[0].startswith("No run learnt anything")


def test_where_nothing_is_random_one_seed_is_enough():
    said = verdict(MIDDLE, (0.9, 0.5, 0.9), seeds=1, base=BOWL)

    assert said == ["SGD ends lowest, below Momentum; nothing here is random."]


def test_of_several_problems_the_one_that_is_meant_is_named():
    sweep = spec(rates=(0.1,), seeds=12, problems=2)
    rows = np.array([0.3, 0.5, 0.5, 0.3])[:, None] + np.zeros(12)
    found = scoring(made(sweep, rows), 0)

    first, second = (verdict_words(found, problem, NAMES[:2]) for problem in (0, 1))

    assert first[0].startswith("SGD ends lowest")
    assert second[0].startswith("Momentum ends lowest")
    assert second[-1] == (
        "This is about one problem of 2, L2 penalty: 0.01; the tab Scores has the others."
    )


@given(
    losses=st.lists(
        st.lists(st.sampled_from((0.1, 0.2, 0.3, INF)), min_size=6, max_size=6),
        min_size=12,
        max_size=12,
    ),
    choosing=st.integers(0, 5),
)
@examples(60)
def test_the_verdict_says_what_the_tab_says_and_never_the_word_best(losses, choosing):
    sweep = spec(runs=3, rates=(0.01, 0.1, 1.0, 2.0), seeds=6)
    found = scoring(made(sweep, losses), choosing)

    said = verdict_words(found, 0, NAMES)

    assert said[0] == loss_answer(found, 0, NAMES)[0]
    assert " best " not in " ".join(said[1:])
    if choosing != 1:  # fewer than five report
        assert "told apart over" not in " ".join(said)
