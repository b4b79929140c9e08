"""Learning-rate sensitivity: the sweep, its best rates, and what may be claimed of them."""

from dataclasses import replace

import numpy as np
import pytest

import ui.compare.rates
from comparison.link import to_link
from engine import (
    LIMITS,
    Budget,
    Interval,
    InvalidInput,
    Network,
    Run,
    estimate,
    fit,
    rate_sweep,
    score,
    scoring,
)
from engine.problems.datasets import Line
from engine.rules import Momentum
from engine.work import Task
from tests.driven import captions, chart, run, small, told
from tests.ui.compare.driven import document, page
from ui.compare.rates import SWEPT_RATES
from ui.shell.driver import Pending


def best_rates(compared):
    """Of every run's rule, from trainings one by one."""
    best = []
    for one in compared.runs:
        runs = [one.model_copy(update={"learning_rate": rate}) for rate in SWEPT_RATES]
        losses = [
            np.median(past.final_loss)
            for past in fit(compared.model_copy(update={"runs": runs})).runs
        ]
        best.append(SWEPT_RATES[int(np.argmin(losses))])
    return best


@pytest.fixture
def tuned(show):
    """The page after its rates were set to the best of the sweep."""
    show("rates")
    at = page(small())
    return run(at.button(key="use-best").click())


def test_the_swept_rates_are_nine_half_a_power_of_ten_apart():
    assert len(SWEPT_RATES) == 9
    np.testing.assert_allclose(np.diff(np.log10(SWEPT_RATES)), 0.5, atol=1e-3)


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)], ids=["one seed", "three seeds"])
def test_every_run_takes_its_rules_best_rate(seeds, show):
    compared = small(problem=Network(activation="relu"), seeds=seeds)
    assert len(set(best_rates(compared))) == 2
    show("rates")
    at = page(compared)
    assert "learning rates as set" in captions(at)
    assert chart(at, "rates")["data"]

    run(at.button(key="use-best").click())
    runs = document(at).experiment.runs
    assert [one.learning_rate for one in runs] == best_rates(compared)
    assert runs != compared.runs
    plain = {"learning_rate": 1.0}
    assert [one.model_copy(update=plain) for one in runs] == [
        one.model_copy(update=plain) for one in compared.runs
    ]
    assert "learning rates: each run's best of" in captions(at)


def test_runs_of_one_rule_have_a_line_and_a_best_rate_of_their_own(show):
    """What is best for momentum 0 is bad for 0.99."""
    runs = [Run(optimizer=Momentum(share), learning_rate=0.1) for share in (0.0, 0.99)]
    show("rates")
    at = page(small(runs=runs))

    names = [line["name"] for line in chart(at, "rates")["data"] if "name" in line]
    assert names == ["Momentum μ 0", "Momentum μ 0.99"]
    run(at.button(key="use-best").click())
    first, second = document(at).experiment.runs
    assert first.learning_rate > second.learning_rate


def test_best_rates_are_not_offered_where_runs_differ_in_them_alone(show):
    runs = [Run(optimizer=Momentum(), learning_rate=rate) for rate in (0.1, 0.2)]
    show("rates")
    button = page(small(runs=runs)).button(key="use-best")

    assert button.disabled
    assert "differ in their learning rate alone" in button.help


def test_a_run_whose_best_rate_lies_at_the_edge_is_tried_beyond_it(show):
    """Weights so small that SGD still gains at 3.16, the largest of the nine."""
    compared = small(
        problem=Network(activation="sigmoid", start="uniform"), budget=Budget(amount=60)
    )
    show("rates")
    at = page(compared)
    sgd, adam = (line for line in chart(at, "rates")["data"] if "name" in line)
    table = at.dataframe[-1].value

    assert max(sgd["x"]) == 31.6
    assert max(adam["x"]) == 3.16
    assert table["Best rate"][0] == "3.16"  # of which it is now known
    assert list(table["Note"]) == ["the best of 11", "the best of 9"]
    run(at.button(key="use-best").click())
    assert "learning rates: each run's best of 9 tried" in captions(at)


def test_a_best_rate_that_stays_at_the_edge_is_said_to_be_there_and_claims_nothing(
    show, monkeypatch
):
    monkeypatch.setattr(ui.compare.rates, "_FURTHER", 0)
    compared = small(
        data_seed=4,
        problem=Network(activation="sigmoid", start="uniform"),
        budget=Budget(amount=60),
    )
    show("rates")
    at = page(compared)

    assert "at the edge of what was tried" in at.dataframe[-1].value["Note"][0]
    run(at.button(key="use-best").click())
    assert "learning rates as set" in captions(at)


def test_a_sweep_is_drawn_whose_history_would_be_refused(show, monkeypatch):
    compared = small(data_seed=4_000_101)
    most = Interval(0, estimate(compared).history_bytes)
    monkeypatch.setitem(LIMITS, "history_bytes", most)
    with pytest.raises(InvalidInput):
        estimate(rate_sweep(compared, SWEPT_RATES))
    show("rates")
    at = page(compared)

    assert [line["name"] for line in chart(at, "rates")["data"] if "name" in line] == [
        "SGD",
        "Adam",
    ]


def test_a_stopped_sweep_shows_what_it_reached(show, monkeypatch):
    monkeypatch.setattr("engine.training.loop.PAUSE_SECONDS", 1e-12)
    compared = small(data_seed=4_000_102)
    sweep = rate_sweep(compared, SWEPT_RATES)
    work = Task(scoring(sweep))
    while work.go_on() and not work.progress.updates:
        pass
    pending = Pending(f"scores () {sweep.key}", work, 30.0, paused=True)
    show("rates")
    at = page(compared, session={"sweep": pending})

    assert "You stopped the training at" in captions(at)
    assert "has not finished" in at.button(key="use-best").help

    run(at.button(key="sweep-stop").click())
    assert "You stopped the training at" not in captions(at)
    assert not at.button(key="use-best").disabled


def test_best_rates_are_not_offered_where_a_run_has_none(show, monkeypatch):
    """The contract could not say that every rule has its best."""
    monkeypatch.setattr(ui.compare.rates, "SWEPT_RATES", (3.0, 10.0))
    line = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")
    runs = [one.model_copy(update={"batch_size": 4}) for one in small().runs]
    compared = small(problem=line, runs=runs, budget=Budget(amount=50))
    ends = [one.status for one in score(rate_sweep(compared, (3.0, 10.0))).runs]
    assert ends == [("diverged",)] * 2 + [("budget",)] * 2
    show("rates")
    button = page(compared).button(key="use-best")

    assert button.disabled
    assert "has no best one" in button.help


def test_best_rates_of_a_stopped_sweep_are_not_offered(show, monkeypatch):
    asked = []

    def stopped(experiment, slot):
        asked.append(slot)
        first, *others = fit(experiment).runs
        return replace(fit(experiment), runs=(replace(first, status=("",)), *others))

    monkeypatch.setattr(ui.compare.rates, "SWEPT_RATES", (0.1, 0.2))
    monkeypatch.setattr(ui.compare.rates, "scored", stopped)
    show("rates")
    button = page(small()).button(key="use-best")

    assert button.disabled
    assert "has not finished" in button.help
    assert asked == ["sweep"]  # and nothing is tried beyond an edge


@pytest.mark.parametrize(
    "change",
    [
        lambda at: at.pills(key="selected-run").set_value(1),
        lambda at: at.text_input(key="run-name").set_value("mine"),
    ],
    ids=["another run", "a name"],
)
def test_looking_differently_keeps_the_claim(change, tuned):
    run(change(tuned))

    assert "each run's best of" in captions(tuned)


CHANGES = {
    "rate": lambda at: at.number_input(key="learning_rate-number").set_value(0.123),
    "batch size": lambda at: at.number_input(key="batch_size-number").set_value(16),
    "optimizer": lambda at: at.selectbox(key="optimizer").select_index(1),
    "budget": lambda at: at.number_input(key="budget-epochs-number").set_value(4),
    "data seed": lambda at: at.number_input(key="data_seed-number").set_value(5),
    "data set": lambda at: at.selectbox(key="dataset").select_index(8),
    "activation": lambda at: at.selectbox(key="activation").select_index(3),
    "start": lambda at: at.selectbox(key="start").select_index(0),
    "reset": lambda at: at.button(key="reset").click(),
}
FORGOTTEN = {
    "add": lambda at: at.button(key="add").click(),
    "five rates": lambda at: at.menu_button(key="preset").click("rates"),
    "seven optimizers": lambda at: at.menu_button(key="preset").click("optimizers"),
}


def assert_claim_is_taken_back(at, change):
    before = document(at).experiment
    run(change(at))

    assert document(at).experiment != before
    assert "learning rates as set" in captions(at)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_later_change_takes_the_claim_back(change, tuned):
    assert_claim_is_taken_back(tuned, change)


@pytest.mark.parametrize("change", FORGOTTEN.values(), ids=FORGOTTEN)
def test_other_runs_take_the_claim_back(change, tuned):
    assert_claim_is_taken_back(tuned, change)


def test_settings_that_were_swept_are_known_when_they_come_back(tuned):
    """The claim is of settings, so whatever leads back to them brings it back."""
    patience = tuned.toggle(key="patience-on")
    run(patience.set_value(True))
    assert "learning rates as set" in captions(tuned)

    run(tuned.toggle(key="patience-on").set_value(False))
    assert "each run's best of" in captions(tuned)


def test_a_run_less_leaves_the_others_their_best_rates(tuned):
    run(tuned.menu_button(key="this-run").click("Remove"))

    assert "each run's best of" in captions(tuned)


def test_a_link_cannot_claim_what_nobody_computed():
    at = page(link={"tuned": ["1"], "run": ["sgd~0.00001~32", "adam~3~32"], "budget": ["5"]})

    assert "learning rates as set" in captions(at)
    assert told(at) == ""  # the key once had a meaning


def test_a_link_to_settings_that_were_swept_here_may_claim_it(tuned):
    reopened = page(link=to_link(document(tuned)))

    assert document(reopened).experiment == document(tuned).experiment
    assert "each run's best of" in captions(reopened)
