"""Schedules in short: what is not usual is told, and what tells runs apart."""

import pytest

from comparison.words.scheduled import length_words, schedule_sign
from engine.rules.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    MultiStep,
    OneCycle,
    ReduceOnPlateau,
    Step,
)
from language import LANGUAGES, set_language


@pytest.mark.parametrize(
    ("schedule", "sign"),
    [
        (Constant(), "constant"),
        (Constant(warm_up=100.0), "warm-up 100 updates"),
        (Cosine(), "cosine"),
        (Cosine(end=0.1, warm_up=0.05), "cosine e 0.1 warm-up 5%"),
        (Step(every=5.0), "step n 5 epochs"),
        (Step(every=1.0), "step n 1 epoch"),
        (Step(every=20.0, unit="updates"), "step n 20 updates"),
        (Exponential(unit="updates"), "exponential updates"),
        (MultiStep(milestones=(10.0, 20.0)), "several steps m 10, 20 epochs"),
        (OneCycle(curve="linear"), "one cycle straight line"),
        (ReduceOnPlateau(patience=3, decay=0.5), "plateau q 0.5 P 3"),
    ],
)
def test_what_is_not_the_default_is_told(schedule, sign):
    assert schedule_sign(schedule) == sign


def test_what_tells_schedules_of_a_kind_apart_is_told_of_all():
    usual, other = Step(), Step(every=5.0)

    assert schedule_sign(usual, [other]) == "step n 20 epochs"
    assert schedule_sign(Cosine(), [other]) == "cosine"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", SCHEDULES, ids=lambda kind: kind.name)
def test_every_schedule_has_a_sign_without_an_id(kind, language):
    set_language(language)

    assert schedule_sign(kind())
    assert not set(schedule_sign(kind())) & set("_{}")


def test_lengths_are_told_in_their_unit():
    assert length_words(0.125, "share") == "12.5%"
    assert length_words((0.5, 0.75), "share") == "50%, 75%"
    assert length_words(1.0, "updates") == "1 update"
    assert length_words(2.5, "epochs") == "2.5 epochs"
