"""What a schedule is in words: every schedule has them, and what they claim holds."""

import re

import numpy as np
import pytest

from comparison.words.mathml import mathml
from comparison.words.schedules import SCHEDULE_WORDS, SCHEDULED, WARM_UP, WARM_UP_WORDS
from engine.counts import Counts
from engine.rules.schedules import SCHEDULES, Cosine, MultiStep, Plateau, Polynomial, Watched
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


def test_the_end_value_would_be_that_of_the_update_after_the_last():
    for schedule in (Cosine(0.2, 8, unit="updates"), Polynomial(1.0, 0.2, 8, unit="updates")):
        assert factors(schedule, 10)[7] > 0.2
        assert factors(schedule, 10)[8:].tolist() == [0.2, 0.2]


def test_a_milestone_counts_from_the_update_after_it():
    assert factors(MultiStep((3,), 0.5, unit="updates"), 5).tolist() == [1, 1, 1, 0.5, 0.5]


def test_the_epoch_after_the_last_that_is_borne_lowers_the_rate():
    watched, actual = Watched(), []
    for _epoch in range(5):
        watched = Plateau(0.5, patience=2).watch(watched, 1.0)
        actual.append(watched.factor)

    assert actual == [1, 1, 1, 0.5, 0.5]  # 1 is the best one, 2 and 3 are borne
