"""What a search for settings says: sentences that follow from the numbers, and no more."""

import math
from dataclasses import replace

import numpy as np
import pytest

from charts.theme import RunStyle
from comparison.words.settings import (
    answer_words,
    caution,
    columns_help,
    edge_words,
    listed,
    loss_words,
    plan_rows,
    plan_words,
    question,
    rows_so_far,
    setting_words,
    settings_rows,
    standings,
    time_words,
    why_not_again,
    why_not_take,
)
from engine import Budget, Experiment, Function, Network, Run, Stopping, fit, score
from engine.analysis.settings import Answer, Found, first_sweep, found, reporting, searched
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam, Momentum
from engine.rules.clipping import ClipNorm
from engine.rules.schedules import Cosine
from language import LANGUAGES, set_language

NAMES = ("Adam", "Nesterov", "SGD")
LOSSES = (0.1, 0.11, 0.3)
MOONS = Experiment(
    problem=Network(dataset=TwoMoons(rows=20), hidden=(2,)),
    runs=[Run(optimizer=rule(), learning_rate=0.5, batch_size=4) for rule in (SGD, Adam)],
    budget=Budget(amount=1),
    seeds=(7,),
)
BOWL = Experiment(
    problem=Function(),
    runs=[Run(optimizer=SGD(), learning_rate=0.5, batch_size="all")],
    budget=Budget(amount=9, unit="iterations"),
)
# Adam is lowest, Nesterov ties, SGD ends above in all three seeds and takes four times as long.
KNOWN = Answer(
    best=0,
    level=(1,),
    higher=(2,),
    diverged=(),
    times={2: 4.0},
    has_learnt=True,
    seeds=3,
    is_exact=False,
)


def said(answer, names=NAMES, losses=LOSSES, experiment=MOONS):
    return " ".join(answer_words(answer, names, losses, experiment))


def test_ties_are_named_as_ties_and_how_much_longer_another_takes():
    assert said(KNOWN) == (
        "On this data Adam and Nesterov cannot be told apart with 3 seeds."
        " SGD ends above Adam in each of 3 seeds."
        " SGD needs 4 × as many epochs as Adam to reach its final loss of 0.3."
    )


@pytest.mark.parametrize(
    ("unit", "words"), [("iterations", "as many iterations as"), ("rows_seen", "as many rows as")]
)
def test_what_is_counted_is_the_unit_of_the_budget(unit, words):
    counted = MOONS.model_copy(update={"budget": Budget(amount=9, unit=unit)})

    assert words in said(KNOWN, experiment=counted)


def test_one_that_is_lowest_in_every_seed_is_not_called_proven():
    alone = replace(KNOWN, level=(), higher=(1, 2), times={})

    assert said(alone) == (
        "On this data Adam ends lowest: below Nesterov and SGD in each of 3 seeds."
    )
    assert "3 seeds prove no difference" in caution(alone)[0]
    assert "5 seeds or more" in caution(alone)[0]


def test_from_five_seeds_on_runs_are_told_apart():
    sure = replace(KNOWN, level=(), higher=(1, 2), times={}, seeds=5)
    tie = replace(KNOWN, seeds=5)

    assert "told apart over 5 seeds from Nesterov and SGD" in said(sure)
    assert "SGD ends above Adam, told apart over 5 seeds." in said(tie)
    assert caution(sure) == caution(tie) == []


def test_if_all_tie_nobody_is_higher():
    tie = replace(KNOWN, level=(1, 2), higher=(), times={})

    assert said(tie) == "On this data Adam, Nesterov and SGD cannot be told apart with 3 seeds."


def test_where_nothing_is_random_the_lowest_is_the_lowest():
    exact = replace(KNOWN, is_exact=True, seeds=1, level=(), higher=(1, 2), times={})
    tie = replace(KNOWN, is_exact=True, seeds=1, times={})

    assert said(exact, experiment=BOWL) == (
        "On this function Adam ends lowest; nothing here is random."
    )
    assert said(tie, experiment=BOWL) == (
        "On this function Adam and Nesterov end equally low; nothing here is random."
        " SGD ends higher."
    )
    assert caution(exact) == []


def test_a_lone_run_is_compared_with_none():
    alone = Answer(0, (), (), (), {}, has_learnt=True, seeds=3, is_exact=False)

    assert said(alone, ["SGD"], [0.25]) == ("SGD ends at a loss of 0.25, the median of 3 seeds.")
    exact = replace(alone, is_exact=True, seeds=1)
    assert said(exact, ["SGD"], [0.25], BOWL) == "SGD ends at a loss of 0.25."


def test_what_diverged_is_named():
    gone = replace(KNOWN, level=(), higher=(1,), diverged=(2,), times={})
    only = replace(KNOWN, level=(), higher=(), diverged=(1, 2), times={})

    assert said(gone).endswith("Diverged in at least half of the seeds: SGD.")
    assert said(only) == (
        "On this data Adam ends lowest. Diverged in at least half of the seeds: Nesterov and SGD."
    )


def test_nothing_is_best_where_nothing_was_learnt_or_all_diverged():
    idle = replace(KNOWN, has_learnt=False)
    gone = Answer(None, (), (), (0, 1, 2), {}, has_learnt=False, seeds=3, is_exact=False)

    assert said(idle) == (
        "No run learnt anything: even Adam does not end below its start and a guess."
    )
    assert said(gone, losses=(math.inf,) * 3).startswith("At its best setting every run diverged")
    assert caution(idle) == caution(gone) == []


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed(names, text):
    assert listed(names) == text


# The table


@pytest.fixture(scope="module")
def every():
    return found(MOONS, [score(first_sweep(MOONS))])


STYLES = [RunStyle("first", 0), RunStyle("second", 1)]


def test_a_row_holds_the_numbers_of_the_report(every):
    history = fit(reporting(MOONS, every))
    rows = settings_rows(every, STYLES, history, has_rows=True)

    for row, one, run in zip(rows, every, history.runs, strict=True):
        low, median, high = np.sort(run.final_loss)
        assert row["Final loss"] == f"{median:.3g} ({low:.3g} to {high:.3g})"
        assert row["Best rate"] == f"{one.setting.learning_rate:g}"
        assert row["Best batch"] == str(one.setting.batch_size)
        assert (row["Diverged"], row["Tried"]) == ("0 / 3", "14")
    assert [row["Run"] for row in rows] == ["first", "second"]


def test_before_the_report_there_are_settings_alone(every):
    rows = rows_so_far(every, STYLES, has_rows=True)

    assert [row["Run"] for row in rows] == ["first", "second"]
    for row, one in zip(rows, every, strict=True):
        assert list(row) == ["Run", "Best rate", "Best batch", "Tried"]
        assert row["Best rate"] == f"{one.setting.learning_rate:g}"


def test_without_rows_there_are_no_batch_sizes():
    every = found(BOWL, [score(first_sweep(BOWL))])
    (row,) = settings_rows(every, STYLES[:1], fit(reporting(BOWL, every)), has_rows=False)

    assert not {"Best batch", "Good batches"} & set(row)
    assert "Best batch" not in rows_so_far(every, STYLES[:1], has_rows=False)[0]


def test_ties_are_named_as_ties_in_the_table():
    gone = replace(KNOWN, higher=(), diverged=(2,), times={})

    assert standings(KNOWN) == ["tie", "tie", "higher"]
    assert standings(replace(KNOWN, level=(), higher=(1, 2))) == ["lowest", "higher", "higher"]
    assert standings(gone) == ["tie", "tie", "diverged"]


def test_a_run_without_a_best_setting_takes_no_other_runs_numbers(every):
    gone = [
        replace(curve, scores=tuple(replace(one, status=("diverged",) * 2) for one in curve.scores))
        for curve in every[0].curves
    ]
    some = [Found(every[0].run, tuple(gone), every[0].rows), every[1]]
    history = fit(reporting(MOONS, some))
    first, second = settings_rows(some, STYLES, history, has_rows=True)

    assert (first["Final loss"], first["Edge"]) == ("–", "diverged at every setting")
    assert (first["Standing"], second["Standing"]) == ("–", "lowest")
    assert second["Final loss"] == loss_words(history.runs[0].final_loss)


def test_edges_are_named():
    every = found(BOWL, [score(first_sweep(BOWL))])
    assert edge_words(every[0]) == "none"

    (curve,) = every[0].curves
    best = curve.best
    low = replace(curve, rates=curve.rates[best:], scores=curve.scores[best:])
    high = replace(curve, rates=curve.rates[: best + 1], scores=curve.scores[: best + 1])
    assert edge_words(replace(every[0], curves=(low,))) == "lowest rate"
    assert edge_words(replace(every[0], curves=(high,))) == "highest rate"
    assert edge_words(replace(every[0], curves=(curve,), rows=4)) == "smallest batch"
    assert edge_words(replace(every[0], curves=(low,), rows=4)) == "lowest rate, smallest batch"


def test_quartiles_are_observed_and_a_diverged_seed_is_infinite():
    assert loss_words(np.array([3.0, 1.0, 2.0])) == "2 (1 to 3)"
    assert loss_words(np.array([0.5, math.inf, math.inf])) == "∞ (0.5 to ∞)"
    assert loss_words(np.array([0.25])) == "0.25"


# Before the search


def test_the_plan_is_what_is_trained():
    (row, _second) = plan_rows(MOONS, searched(MOONS).runs, ["first", "second"])

    assert row == {
        "Run": "first",
        "Learning rates": "7 from 0.0316 to 31.6",
        "Batch sizes": "8, all",
        "Tried": "14",
    }
    assert len(first_sweep(MOONS).runs) == 2 * 14


def test_seeds_of_choice_and_report_are_named():
    (text,) = plan_words(MOONS)

    assert "on seeds 1000, 1001" in text
    assert "reported on seeds 7, 0, 1" in text
    assert plan_words(BOWL) == ["Nothing is random here: every setting is trained once."]


def test_what_decides_without_validation_rows_and_what_is_left_out_is_told():
    trained = MOONS.problem.model_copy(update={"validation_share": 0.0})
    changed = {"problem": trained, "stopping": Stopping(target_loss=0.1)}
    _seeds, loss, stopping = plan_words(MOONS.model_copy(update=changed))

    assert "the training loss decides" in loss
    assert "Stopping rules are left out" in stopping
    assert "training loss" in columns_help(MOONS.model_copy(update=changed))["Final loss"]
    assert "validation loss" in columns_help(MOONS)["Final loss"]


def test_schedules_and_clipping_are_said_to_be_kept():
    first, *others = MOONS.runs
    runs = (first.model_copy(update={"schedule": Cosine(), "clipping": ClipNorm()}), *others)
    _seeds, schedule, clipping = plan_words(MOONS.model_copy(update={"runs": runs}))

    assert "keeps its schedule" in schedule
    assert "clip their gradients" in clipping


def test_the_time_and_the_question_are_told():
    assert time_words(16.2).startswith("About 16 s.")
    assert "up to about 26 s" in time_words(16.2)
    assert "About 1 s." in time_words(0.1)
    assert question(MOONS) == "Which optimizer, which rate, which batch size for this data?"
    assert "function" in question(BOWL)


# Taking


def test_a_setting_is_named_by_rate_and_batch_size():
    assert setting_words(MOONS, MOONS.runs[0]) == "η 0.5, B 4"
    assert setting_words(BOWL, BOWL.runs[0]) == "η 0.5"


def test_settings_are_not_taken_where_runs_would_be_the_same_or_the_search_has_not_ended(every):
    run = MOONS.runs[0]
    alike = MOONS.model_copy(update={"runs": (run, run.model_copy(update={"batch_size": 5}))})

    assert why_not_take(MOONS, every, is_whole=True) is None
    assert "not finished" in why_not_take(MOONS, every, is_whole=False)
    assert "would be the same" in why_not_take(alike, every[:1], is_whole=True)


def test_settings_that_are_there_are_not_taken_again():
    other = MOONS.runs[1].model_copy(update={"learning_rate": 0.6})
    all_rows = Run(optimizer=Momentum(), learning_rate=0.5, batch_size="all")
    by_number = all_rows.model_copy(update={"batch_size": MOONS.problem.training_rows})
    now = MOONS.model_copy(update={"runs": (*MOONS.runs, by_number)})

    assert "has these settings already" in why_not_again(now, {0: MOONS.runs[0], 2: all_rows})
    assert why_not_again(now, {0: MOONS.runs[0], 1: other}) is None
    assert why_not_again(now, {1: MOONS.runs[1].model_copy(update={"batch_size": 5})}) is None
    assert "has no best one" in why_not_again(now, {})


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_sentence_keeps_a_placeholder(code, every):
    set_language(code)
    rows = settings_rows(every, STYLES, fit(reporting(MOONS, every)), has_rows=True)
    texts = [said(KNOWN), *caution(KNOWN), *plan_words(MOONS), time_words(3.0)]
    texts += [
        cell for row in (*rows, *plan_rows(MOONS, MOONS.runs, NAMES[:2])) for cell in row.values()
    ]
    texts += columns_help(MOONS).values()

    assert not set("{}") & set("".join(texts))
