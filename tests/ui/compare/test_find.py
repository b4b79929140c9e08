"""Find settings: one button, its answer, what is taken of it, and what may be claimed then."""

import pytest

import ui.compare.find
from comparison.link import to_link
from engine import (
    LIMITS,
    Budget,
    Function,
    Interval,
    Network,
    Run,
    Stopping,
    fit,
    score,
    scoring,
)
from engine.analysis.settings import first_sweep, found, next_sweep, reporting
from engine.problems.datasets import Line, TwoMoons
from engine.problems.functions import Bowl, Saddle
from engine.rules import SGD, Momentum
from engine.work import Task
from tests.driven import captions, plain, run, small, told
from tests.ui.compare.driven import document, page
from ui.shell.driver import Pending
from ui.shell.tuning import best_rates

MOONS = Network(dataset=TwoMoons(rows=40), hidden=(2,))


def compared(**fields):
    """SGD and Adam on few rows, with batches that these rows allow."""
    runs = [one.model_copy(update={"batch_size": 5}) for one in small().runs]
    return small(**{"problem": MOONS, "runs": runs, "seeds": (0, 1, 2, 3, 4), **fields})


def searched(experiment):
    """All that a search finds, without a page."""
    sweeps = [score(first_sweep(experiment))]
    while (beyond := next_sweep(experiment, sweeps)) and len(sweeps) <= 3:
        sweeps.append(score(beyond))
    return found(experiment, sweeps)


def settings(at):
    return [(one.learning_rate, one.batch_size) for one in document(at).experiment.runs]


def table(at):
    return at.dataframe[-1].value


def answered(at):
    """The sentence in bold that is the answer."""
    return plain(at.markdown[-1].value).strip("*")


@pytest.fixture
def open_tab(show):
    """Function that opens the tab with a comparison."""
    show("find")
    return lambda experiment=None, **fields: page(experiment or compared(**fields))


@pytest.fixture
def asked(open_tab, monkeypatch):
    """The page after the click on its one button, whatever other tests have trained."""
    monkeypatch.setattr(ui.compare.find, "are_scored", lambda _experiment: False)
    at = open_tab()
    return run(at.button(key="find").click())


def test_before_the_click_nothing_is_trained_and_plan_and_time_are_told(open_tab, monkeypatch):
    monkeypatch.setattr(ui.compare.find, "scored", lambda *_given, **_named: pytest.fail("trained"))
    at = open_tab(data_seed=4_000_201)

    assert at.button(key="find").label == (
        "Which optimizer, which rate, which batch size for this data?"
    )
    assert "About 1 s." in captions(at)
    assert "on seeds 1000, 1001" in captions(at)
    assert "reported on seeds 0, 1, 2" in captions(at)
    assert list(table(at)["Run"]) == ["SGD", "Adam"]
    assert list(table(at)["Tried"]) == ["14", "14"]


def test_one_click_gives_the_answer_and_its_numbers(asked):
    every = searched(compared())
    history = fit(reporting(compared(), every))

    assert list(table(asked)["Best rate"]) == [f"{one.setting.learning_rate:g}" for one in every]
    assert list(table(asked)["Best batch"]) == [str(one.setting.batch_size) for one in every]
    assert list(table(asked)["Tried"]) == [str(one.tried) for one in every]
    medians = [f"{one.median_loss:.3g}" for one in history.runs]
    assert [cell.split()[0] for cell in table(asked)["Final loss"]] == medians
    assert set(table(asked)["Standing"]) <= {"lowest", "higher", "tie"}
    assert answered(asked).startswith("On this data")
    assert {"SGD", "Adam"} <= set(answered(asked).replace(",", "").replace(".", "").split())
    assert not told(asked)


def test_take_all_takes_the_settings_of_the_table_and_the_contract_says_so(asked):
    every = searched(compared())
    run(asked.button(key="find-take-all").click())

    assert settings(asked) == [(one.setting.learning_rate, one.setting.batch_size) for one in every]
    assert document(asked).experiment.seeds == (0, 1, 2, 3, 4)
    counts = sorted({one.tried for one in every})
    tried = "–".join(map(str, counts))
    claim = f"each run's best of {tried} settings, chosen on seeds 1000, 1001"
    assert claim in captions(asked)
    assert "Best settings taken: SGD" in told(asked)
    assert all(
        asked.button(key=key).disabled for key in ("find-take-all", "find-take-0", "find-take-1")
    )
    assert list(table(asked)["Run"]) == ["SGD", "Adam"]  # and the answer stays


def test_a_row_is_taken_alone_and_claims_nothing_of_the_others(asked):
    before = settings(asked)
    run(asked.button(key="find-take-1").click())
    (first, second) = searched(compared())

    assert settings(asked) == [
        before[0],
        (second.setting.learning_rate, second.setting.batch_size),
    ]
    assert "learning rates as set" in captions(asked)
    run(asked.button(key="find-take-0").click())
    assert settings(asked)[0] == (first.setting.learning_rate, first.setting.batch_size)
    assert "chosen on seeds 1000, 1001" in captions(asked)


def test_what_was_taken_is_taken_back_and_the_claim_with_it(asked):
    before = settings(asked)
    run(asked.button(key="find-take-all").click())
    assert "best settings" in asked.button(key="undo").help
    run(asked.button(key="undo").click())

    assert settings(asked) == before
    assert "chosen on seeds" not in captions(asked)
    run(asked.button(key="redo").click())
    assert "chosen on seeds" in captions(asked)


@pytest.mark.parametrize(
    "change",
    [
        lambda at: at.number_input(key="learning_rate-number").set_value(0.123),
        lambda at: at.number_input(key="batch_size-number").set_value(7),
        lambda at: at.number_input(key="budget-epochs-number").set_value(4),
        lambda at: at.number_input(key="data_seed-number").set_value(5),
        lambda at: at.toggle(key="patience-on").set_value(True),
    ],
    ids=["rate", "batch size", "budget", "data seed", "patience"],
)
def test_a_later_change_takes_the_claim_back(change, asked):
    run(asked.button(key="find-take-all").click())
    run(change(asked))

    assert "chosen on seeds" not in captions(asked)


def test_another_number_of_seeds_leaves_claim_and_answer(asked):
    run(asked.button(key="find-take-all").click())
    run(asked.number_input(key="seeds-number").set_value(7))

    assert "chosen on seeds 1000, 1001" in captions(asked)
    assert "find-take-all" in {button.key for button in asked.button}


def test_a_link_claims_what_was_found_here_and_cannot_make_it_up(asked):
    assert "chosen on seeds" not in captions(page(link={"tuned": ["1"], "budget": ["5"]}))
    run(asked.button(key="find-take-all").click())

    assert "chosen on seeds" in captions(page(link=to_link(document(asked))))


def test_another_comparison_is_asked_for_anew_and_the_first_is_kept(asked):
    run(asked.number_input(key="data_seed-number").set_value(4_000_202))
    assert "find" in {button.key for button in asked.button}

    run(asked.button(key="undo").click())
    assert "find" not in {button.key for button in asked.button}
    assert answered(asked).startswith("On this data")


def test_on_a_bowl_the_known_rate_wins_and_equal_rules_tie(open_tab):
    """On x²/2 + y²/2 a step of rate 1 lands in the minimum; no momentum is SGD."""
    runs = [
        Run(optimizer=rule, learning_rate=0.1, batch_size="all")
        for rule in (SGD(), Momentum(momentum=0.0))
    ]
    problem = Function(function=Bowl(condition=1.0))
    bowl = small(problem=problem, runs=runs, budget=Budget(amount=5, unit="iterations"))
    at = open_tab(bowl)
    run(at.button(key="find").click())

    assert list(table(at)["Best rate"]) == ["1", "1"]
    assert "Best batch" not in table(at)
    assert list(table(at)["Standing"]) == ["tie", "tie"]
    assert answered(at) == (
        "On this function SGD and Momentum μ 0 end equally low; nothing here is random."
    )
    run(at.button(key="find-take-all").click())
    assert [one.learning_rate for one in document(at).experiment.runs] == [1.0, 1.0]
    assert "learning rates: each run's best of 7 tried" in captions(at)


def test_a_function_that_falls_for_ever_is_not_searched(open_tab):
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")]
    at = open_tab(problem=Function(function=Saddle()), runs=runs)

    assert "no lowest value" in told(at)
    assert "find" not in {button.key for button in at.button}


def test_without_validation_rows_the_training_loss_decides_and_this_is_said(open_tab):
    problem = Network(
        dataset=Line(rows=32, noise=0.0),
        validation_share=0.0,
        hidden=(),
        loss="mean_squared_error",
    )
    at = open_tab(problem=problem, budget=Budget(amount=2))
    run(at.button(key="find").click())

    assert "so the training loss decides" in captions(at)
    assert answered(at).startswith("On this data")


def test_stopping_rules_are_left_out_and_this_is_said(open_tab):
    at = open_tab(stopping=Stopping(target_loss=0.01))

    assert "Stopping rules are left out" in captions(at)


def test_settings_are_not_taken_where_runs_would_become_the_same(open_tab):
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=size) for size in (5, 10)]
    at = open_tab(runs=runs)
    run(at.button(key="find").click())

    assert len(table(at)) == 1
    assert at.button(key="find-take-all").disabled
    assert "would be the same" in at.button(key="find-take-all").help


def test_a_search_beyond_the_limits_is_refused_before_it_begins(open_tab, monkeypatch):
    monkeypatch.setitem(LIMITS, "seconds", Interval(0, 0.01))
    at = open_tab(data_seed=4_000_203)

    assert told(at).startswith("This training would take about")
    assert told(at).count("the limit is") == 1
    assert "find" not in {button.key for button in at.button}


def test_a_long_search_needs_no_second_click(open_tab, monkeypatch):
    monkeypatch.setattr("ui.shell.driver.AT_ONCE_SECONDS", 0.0)
    at = open_tab(data_seed=4_000_204)
    run(at.button(key="find").click())

    assert answered(at).startswith("On this data")


def test_a_stopped_search_shows_what_it_reached_and_takes_nothing(show, monkeypatch):
    monkeypatch.setattr("engine.training.loop.PAUSE_SECONDS", 1e-12)
    experiment = compared(data_seed=4_000_205)
    sweep = first_sweep(experiment)
    work = Task(scoring(sweep))
    while work.go_on() and not work.progress.updates:
        pass
    pending = Pending(f"scores () {sweep.key}", work, 30.0, paused=True)
    show("find")
    at = page(experiment, session={"find-first": pending})
    run(at.button(key="find").click())

    assert "You stopped the training at" in captions(at)
    assert list(table(at)) == ["", "Run", "Best rate", "Best batch", "Tried"]
    assert "not finished" in at.button(key="find-take-all").help

    run(at.button(key="find-first-stop").click())
    assert "You stopped the training at" not in captions(at)
    assert not at.button(key="find-take-all").disabled


def test_while_it_trains_the_table_grows(open_tab, monkeypatch):
    seen = []
    monkeypatch.setattr("engine.training.loop.PAUSE_SECONDS", 1e-12)
    monkeypatch.setattr("ui.shell.training._UNSEEN_SECONDS", -1.0)
    monkeypatch.setattr("ui.shell.training._DRAW_SECONDS", -1.0)
    drawn = ui.compare.find.rows_so_far
    monkeypatch.setattr(
        ui.compare.find,
        "rows_so_far",
        lambda *given, **named: seen.append(drawn(*given, **named)) or seen[-1],
    )
    at = open_tab(data_seed=4_000_206)
    run(at.button(key="find").click())

    assert len(seen) > 1
    assert [row["Run"] for row in seen[0]] == list(table(at)["Run"])
    assert [row["Best rate"] for row in seen[-1]] == list(table(at)["Best rate"])


def test_another_session_of_this_server_finds_the_answer_there(open_tab):
    fields = {"data_seed": 4_000_207}
    first = open_tab(**fields)
    run(first.button(key="find").click())
    second = open_tab(**fields)

    assert "find" not in {button.key for button in second.button}
    assert answered(second) == answered(first)


def test_settings_of_which_rates_alone_were_known_are_taken_for_both(open_tab, monkeypatch):
    """That the comparison has them already is no reason, as long as the contract says less."""
    monkeypatch.setattr(ui.compare.find, "are_scored", lambda _experiment: False)
    fields = {"data_seed": 4_000_212}
    every = searched(compared(**fields))
    best = compared(**fields).model_copy(update={"runs": tuple(one.setting for one in every)})
    about = best.model_copy(update={"seeds": (9,)})
    best_rates().remember(about, [one.best for one in every])
    at = open_tab(best)
    assert "learning rates: each run's best of 7 tried with 1 seed" in captions(at)
    run(at.button(key="find").click())
    run(at.button(key="find-take-all").click())

    assert "chosen on seeds 1000, 1001" in captions(at)
    assert at.button(key="find-take-all").disabled
