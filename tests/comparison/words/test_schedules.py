"""What a schedule is in words: every schedule has them, and what they claim holds."""

import re

import numpy as np
import pytest

from comparison.words.errors import explain
from comparison.words.mathml import mathml
from comparison.words.schedules import SCHEDULE_WORDS, SCHEDULED, WARM_UP, WARM_UP_WORDS
from engine import Experiment, InvalidInput
from engine.counts import Counts
from engine.rules.schedules import (
    SCHEDULES,
    Cosine,
    MultiStep,
    PolynomialDecay,
    ReduceOnPlateau,
    Watched,
)
from language.labels import LABELS

every_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda one: one.name)


def factors(schedule, total):
    return schedule.factors(np.arange(1, total + 1), Counts(1, 1), total)


def test_every_schedule_is_told():
    assert list(SCHEDULE_WORDS) == list(SCHEDULES)


@every_schedule
def test_it_is_told_in_one_to_three_sentences(schedule):
    for words in (SCHEDULE_WORDS[schedule], WARM_UP_WORDS):
        assert 1 <= len(re.findall(r"\.(?= [A-Z]|$)", words.idea)) <= 3


@every_schedule
def test_its_words_hold_nothing_that_markdown_would_draw(schedule):
    for words in (SCHEDULE_WORDS[schedule], WARM_UP_WORDS):
        for sentence in (words.idea, *words.forms):
            assert not set("*_`$[]<>#~") & set(sentence)


@every_schedule
def test_it_and_its_fields_have_labels(schedule):
    assert schedule.name in LABELS["schedule"]
    assert vars(schedule()).keys() - {"name"} <= LABELS["schedule_field"].keys()


def test_what_is_done_with_a_factor_can_be_drawn():
    assert mathml(SCHEDULED)
    assert mathml(WARM_UP).count("<mtr>") == 2


@pytest.mark.parametrize(
    ("problem", "schedule", "words"),
    [
        (
            {"kind": "function"},
            {"name": "plateau"},
            (
                "Schedule of run 1 is “Reduce on plateau”, but a test function has no validation"
                " rows. Choose another schedule, or train a network on data."
            ),
        ),
        (
            {"kind": "network", "validation_share": 0.0},
            {"name": "plateau"},
            (
                "Schedule of run 1 is Reduce on plateau, which does not work with Validation share"
                " = 0. Change either one."
            ),
        ),
        (
            {"kind": "network"},
            {"name": "cosine", "length": 0.5},
            (
                "End value of run 1 is 0, and the schedule gets there before the run ends: its last"
                " updates would do nothing. Choose a higher end value, or a longer schedule."
            ),
        ),
        (
            {"kind": "network"},
            {"name": "multi_step", "milestones": [3, 2]},
            "Milestones of run 1 is 2. It must be in the range (3 … 10,000].",
        ),
    ],
)
def test_a_refusal_names_the_schedule_and_the_way_out(problem, schedule, words):
    optimizer = {"name": "sgd"}
    run = {"optimizer": optimizer, "learning_rate": 0.1, "batch_size": "all", "schedule": schedule}
    with pytest.raises(InvalidInput) as caught:
        Experiment.model_validate({"problem": problem, "runs": [run]})

    assert explain(caught.value) == words


def test_the_end_value_would_be_that_of_the_update_after_the_last():
    for schedule in (Cosine(0.2, 8, unit="updates"), PolynomialDecay(1.0, 0.2, 8, unit="updates")):
        assert factors(schedule, 10)[7] > 0.2
        assert factors(schedule, 10)[8:].tolist() == [0.2, 0.2]


def test_a_milestone_counts_from_the_update_after_it():
    assert factors(MultiStep((3,), 0.5, unit="updates"), 5).tolist() == [1, 1, 1, 0.5, 0.5]


def test_the_epoch_after_the_last_that_is_borne_lowers_the_rate():
    watched, actual = Watched(), []
    for _epoch in range(5):
        watched = ReduceOnPlateau(0.5, patience=2).watch(watched, 1.0)
        actual.append(watched.factor)

    assert actual == [1, 1, 1, 0.5, 0.5]  # 1 is the best one, 2 and 3 are borne
