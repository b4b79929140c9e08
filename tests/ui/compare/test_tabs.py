"""What the tabs show and do, what is taken away and what is brought back."""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

import ui.compare.tabs
import ui.shell.training
from charts.fits import fit_panels
from charts.theme import RunStyle
from comparison.catalogue import params_at
from comparison.document import Document, View, with_default_view
from comparison.link import to_link
from comparison.pages import TrainingPage
from comparison.presets import FIRST_VIEWS
from engine import (
    LIMITS,
    Budget,
    Experiment,
    Function,
    Interval,
    InvalidInput,
    Network,
    Run,
    data,
    estimate,
    fit,
    rate_sweep,
    score,
    scoring,
)
from engine.problems.datasets import Digits, Line, SingleRow
from engine.rules import SGD, Adam, Momentum
from language import set_language
from ui.compare.tabs import SWEPT_RATES, TITLES, best_swept_rates
from ui.shell.training import Pending

PAGE = str(Path(__file__).parents[3] / "pages" / "compare" / "training.py")
HOSTILE = "![x](https://example.org/x.png) <b>&=~%</b> $z$"
NO_ROWS = {
    "problem": Function(),
    "runs": [Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")],
}


@pytest.fixture(autouse=True)
def english():
    set_language("en")


@pytest.fixture
def show(monkeypatch):
    """Function that says which tab a page is opened with."""
    return lambda name: monkeypatch.setitem(
        FIRST_VIEWS, "training", Document(view=View(page=TrainingPage(tab=name)))
    )


def page(shown=None, link=None, session=None):
    """The Compare page after its first run."""
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.context["locale"] = "en-US"
    at.context["url"] = "http://127.0.0.1:1/?old=1"
    for key, values in (link or {}).items():
        at.query_params[key] = values
    for key, value in (session or {}).items():
        at.session_state[key] = value
    if shown is not None:
        opened = with_default_view(shown) if isinstance(shown, Experiment) else shown
        at.session_state["document"] = opened
    return run(at)


def run(page_or_widget):
    at = page_or_widget.run()
    assert not at.exception
    return at


def small(**fields):
    """A comparison of two runs that trains in no time."""
    runs = [Run(optimizer=SGD(), learning_rate=0.5), Run(optimizer=Adam(), learning_rate=0.01)]
    return Experiment(**{"runs": runs, "budget": Budget(amount=5), **fields})


def document(at):
    return at.session_state["document"]


def chart(at, key):
    """A chart's figure as the browser gets it."""
    (found,) = [one for one in at.get("plotly_chart") if one.key == f"chart-{key}"]
    return json.loads(found.proto.spec)


def drawn(figure):
    """All numbers that a figure draws, trace by trace, as they are sent."""
    return [[trace.get(axis) for axis in ("x", "y", "z")] for trace in figure["data"]]


def told(at):
    return " ".join(box.value for box in (*at.warning, *at.error, *at.info))


def captions(at):
    return " ".join(caption.value for caption in at.caption)


@pytest.mark.parametrize("name", TITLES)
def test_a_tab_that_is_closed_is_not_computed(name, show, monkeypatch):
    filled = []

    def note(other):
        return lambda *_: filled.append(other)

    monkeypatch.setattr(ui.compare.tabs, "loss_tab", note("loss"))
    for other in ui.compare.tabs.FILL:
        monkeypatch.setitem(ui.compare.tabs.FILL, other, note(other))
    show(name)
    page(small())

    assert filled == [name]


@pytest.mark.parametrize("fields", [{}, NO_ROWS], ids=["network", "function"])
@pytest.mark.parametrize("name", TITLES)
def test_every_tab_has_something_to_show_for_every_problem(name, fields, show):
    show(name)
    at = page(small(**fields))

    charts = [one.key for one in at.get("plotly_chart") if one.key.startswith("chart-")]
    assert charts or len(at.dataframe) or len(at.info)
    assert (len(at.info) == 1) == (bool(fields) and name in {"score", "fits"})


@pytest.mark.parametrize(
    "problem",
    [
        Network(dataset=SingleRow(), hidden=(2,), loss="mean_squared_error", validation_share=0.0),
        Network(dataset=Digits(), hidden=(2,), loss="cross_entropy"),
    ],
    ids=["two targets", "many features"],
)
def test_what_has_no_picture_is_explained(problem, show):
    runs = [Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")]
    show("fits")
    at = page(small(problem=problem, runs=runs, budget=Budget(amount=1)))

    assert "one or two features" in told(at)


@pytest.mark.parametrize("seeds", [(0,), (7, 3)], ids=["one seed", "two seeds"])
def test_the_slider_moves_all_panels(seeds, show):
    compared = small(seeds=seeds)
    history = fit(compared)
    show("fits")
    at = page(compared)
    styles = [RunStyle("SGD", 0), RunStyle("Adam", 1)]

    assert at.select_slider(key="fit-epoch").value == 5
    seen = []
    for epoch in (5, 0, 2):
        run(at.select_slider(key="fit-epoch").set_value(epoch))
        params = [
            one.params[0, list(one.params_steps).index(epoch * one.per_epoch)]
            for one in history.runs
        ]
        expected = fit_panels(compared.problem, data(compared), params, styles, "")
        shown = drawn(chart(at, "fits"))
        assert shown == drawn(json.loads(expected.figure.to_json()))
        # The slider tells the epoch; which seed it is needs a word.
        assert (f"epoch {epoch}, seed 7" in captions(at)) == (len(seeds) > 1)
        seen.append(shown)

    for number in (0, 2):  # the maps
        assert len({str(shown[number]) for shown in seen}) == len(seen)


@pytest.mark.parametrize(("typed", "shown"), [(2, 2), (3.4, 3), (0, 0)])
def test_a_number_typed_moves_the_slider_of_fits_to_the_nearest_epoch(typed, shown, show):
    show("fits")
    at = page(small())
    run(at.number_input(key="fit-number").set_value(typed))

    assert at.select_slider(key="fit-epoch").value == shown
    assert at.number_input(key="fit-number").value == shown
    assert at.number_input(key="fit-number").step == 1
    assert {at.select_slider(key="fit-epoch").label, at.number_input(key="fit-number").label} == {
        "Epoch"
    }


def test_a_run_is_shown_until_it_diverges():
    line = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=4) for rate in (3.0, 0.05)]
    compared = Experiment(problem=line, runs=runs, budget=Budget(amount=400))
    history = fit(compared)
    past, _ = history.runs
    ended = history.divergence(0, 0).step
    assert past.status == ("diverged",)

    steps = [int(step) for step in past.params_steps if step % past.per_epoch == 0]
    before = max(step for step in steps if step < ended)
    first = params_at(history, 0, 0)
    np.testing.assert_array_equal(first, past.params[0, 0])
    alive = params_at(history, 0, before // past.per_epoch)
    np.testing.assert_array_equal(alive, past.params[0, list(past.params_steps).index(before)])
    assert np.isfinite(alive).all()
    assert params_at(history, 0, ended / past.per_epoch) is None
    assert params_at(history, 0, 400) is None


def test_a_run_that_stopped_early_is_shown_where_it_ended():
    history = fit(small())
    np.testing.assert_array_equal(params_at(history, 0, 1_000), history.runs[0].params[0, -1])


def test_the_slider_fits_a_shorter_budget(show):
    show("fits")
    at = page(small())
    run(at.select_slider(key="fit-epoch").set_value(4))
    run(at.number_input(key="budget-epochs-number").set_value(3))

    assert at.select_slider(key="fit-epoch").value == 3


@pytest.mark.parametrize("amount", [5, 35])  # of 10 iterations an epoch
def test_the_end_of_a_training_within_an_epoch_is_shown(amount, show):
    compared = small(budget=Budget(amount=amount, unit="iterations"))
    show("fits")
    at = page(compared)
    styles = [RunStyle("SGD", 0), RunStyle("Adam", 1)]
    params = [one.params[0, -1] for one in fit(compared).runs]
    expected = fit_panels(compared.problem, data(compared), params, styles, "")

    assert drawn(chart(at, "fits")) == drawn(json.loads(expected.figure.to_json()))


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
    assert "learning rates: each rule's best of 9" in captions(at)


@pytest.mark.parametrize("repeated", [True, False])
def test_best_rates_are_offered_where_every_run_has_a_rule_of_its_own(repeated, show):
    """What is best for momentum 0 is bad for 0.99: it would be no fair comparison."""
    runs = [
        Run(optimizer=Momentum(share), learning_rate=0.1) for share in (0.0, 0.99)[: 1 + repeated]
    ]
    show("rates")
    button = page(small(runs=[*runs, *small().runs])).button(key="use-best")

    assert button.disabled is repeated
    assert bool(button.help) is repeated


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
    work = scoring(sweep)
    pending = Pending(
        f"scores () {sweep.key}",
        work,
        30.0,
        progress=next(progress for progress in work if progress.updates),
        paused=True,
        so_far=lambda progress: progress.scores(),
    )
    show("rates")
    at = page(compared, session={"sweep": pending})

    assert "Stopped by you at" in captions(at)
    assert "not been trained to the end" in at.button(key="use-best").help

    run(at.button(key="sweep-stop").click())
    assert "Stopped by you at" not in captions(at)
    assert not at.button(key="use-best").disabled


def test_a_rule_that_diverged_at_every_rate_has_no_best_one():
    compared = small(budget=Budget(amount=1))
    sweep = score(rate_sweep(compared, SWEPT_RATES))
    gone = [replace(one, status=("diverged",)) for one in sweep.runs[:9]]
    best = best_swept_rates(replace(sweep, runs=(*gone, *sweep.runs[9:])))

    assert list(best) == ["adam"]


def test_best_rates_are_not_offered_where_a_rule_has_none(show, monkeypatch):
    """The contract could not say that every rule has its best."""
    monkeypatch.setattr(ui.compare.tabs, "SWEPT_RATES", (3.0, 10.0))
    line = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")
    runs = [one.model_copy(update={"batch_size": 4}) for one in small().runs]
    compared = small(problem=line, runs=runs, budget=Budget(amount=50))
    ends = [one.status for one in score(rate_sweep(compared, (3.0, 10.0))).runs]
    assert ends == [("diverged",)] * 2 + [("budget",)] * 2
    show("rates")
    button = page(compared).button(key="use-best")

    assert button.disabled
    assert "no best one" in button.help


def test_best_rates_of_a_stopped_sweep_are_not_offered(show, monkeypatch):
    def stopped(experiment, _slot):
        first, *others = fit(experiment).runs
        return replace(fit(experiment), runs=(replace(first, status=("",)), *others))

    monkeypatch.setattr(ui.compare.tabs, "SWEPT_RATES", (0.1, 0.2))
    monkeypatch.setattr(ui.compare.tabs, "scored", stopped)
    show("rates")
    button = page(small()).button(key="use-best")

    assert button.disabled
    assert "not been trained to the end" in button.help


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

    assert "each rule's best of 9" in captions(tuned)


CHANGES = {
    "rate": lambda at: at.number_input(key="learning_rate-number").set_value(0.123),
    "batch size": lambda at: at.number_input(key="batch_size-number").set_value(16),
    "optimizer": lambda at: at.selectbox(key="optimizer").select_index(1),
    "budget": lambda at: at.number_input(key="budget-epochs-number").set_value(4),
    "data seed": lambda at: at.number_input(key="data_seed-number").set_value(5),
    "data set": lambda at: at.selectbox(key="dataset").select_index(7),
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
    assert "each rule's best of 9" in captions(tuned)


def test_a_run_less_leaves_the_others_their_best_rates(tuned):
    run(tuned.button(key="remove").click())

    assert "each rule's best of 9" in captions(tuned)


def test_a_link_cannot_claim_what_nobody_computed():
    at = page(link={"tuned": ["1"], "run": ["sgd~0.00001~32", "adam~3~32"], "budget": ["5"]})

    assert "learning rates as set" in captions(at)
    assert told(at) == ""  # the key once had a meaning


def test_a_link_to_settings_that_were_swept_here_may_claim_it(tuned):
    reopened = page(link=to_link(document(tuned)))

    assert document(reopened).experiment == document(tuned).experiment
    assert "each rule's best of 9" in captions(reopened)


@pytest.mark.parametrize("order", [1, -1], ids=["the best first", "the best last"])
def test_paired_differences_stand_in_the_details_of_several_seeds(order, show):
    compared = small(runs=small().runs[::order], seeds=(0, 1, 2))
    names = ["SGD", "Adam"][::order]
    show("details")
    at = page(compared)
    losses = np.array([past.validation_loss.final for past in fit(compared).runs])
    best = int(np.median(losses, axis=1).argmin())
    differences = losses[1 - best] - losses[best]

    assert len(at.dataframe) == 2
    (row,) = at.dataframe[1].value.to_dict("records")
    assert row == {
        "Run": names[1 - best],
        "Median difference": np.median(differences),
        "Smallest": differences.min(),
        "Largest": differences.max(),
        "Better in": f"{(differences < 0).sum()} / 3",
        "Worse in": f"{(differences > 0).sum()} / 3",
        "Equal in": "0 / 3",
    }
    said = captions(at).replace("\\", "")
    assert "Final validation loss minus that of " + names[best] in said
    assert "over the same 3 seeds: above 0 is worse." in said
    assert "infinite" not in said  # no seed diverged


def test_the_details_ask_for_the_seconds_of_every_run(show, monkeypatch):
    def time_alone(history):
        yield
        runs = [replace(run, seconds_per_update=1e-3, seconds_spread=1e-4) for run in history.runs]
        return replace(history, runs=tuple(runs), is_timed=True)

    monkeypatch.setattr(ui.shell.training, "time_alone", time_alone)
    show("details")
    shown = page(small(data_seed=4_000_011)).dataframe[0].value

    assert shown["Seconds alone"].tolist() == pytest.approx([0.05, 0.05])  # 5 epochs of 10 updates
    assert shown["± s"].tolist() == pytest.approx([0.005, 0.005])


def test_a_single_seed_has_no_paired_differences(show):
    show("details")
    assert len(page(small()).dataframe) == 1


def unusual():
    """A comparison that differs from the first view in all that a reader sees."""
    return Document(
        experiment=small(
            problem=Network(hidden=(3,), activation="relu", l2=0.001),
            data_seed=4,
            seeds=(9, 2),
        ),
        view=View(
            names=(HOSTILE, ""),
            numbers=(5, 2),
            selected=1,
            quantity="validation_loss",
            axis="rows_seen",
            log=False,
        ),
    )


def test_the_shown_link_opens_the_same_comparison():
    first = page(unusual())
    (address,) = [block.value for block in first.code]
    assert address.startswith("http://127.0.0.1:1/?")
    second = page(link=parse_qs(urlsplit(address).query, keep_blank_values=True))

    assert document(second) == unusual()
    assert told(second) == ""
    np.testing.assert_array_equal(
        first.dataframe[0].value.select_dtypes("number"),
        second.dataframe[0].value.select_dtypes("number"),
    )


def test_the_link_follows_the_comparison():
    at = page(small())
    (before,) = [block.value for block in at.code]
    run(at.number_input(key="learning_rate-number").set_value(0.123))

    (after,) = [block.value for block in at.code]
    assert "sgd~0.123~" in after
    assert "sgd~0.123~" not in before


def test_a_comparison_too_long_for_a_link_is_still_a_file():
    runs = [Run(optimizer=SGD(), learning_rate=0.5 + number) for number in range(12)]
    view = View(names=tuple("한" * 60 + str(one) for one in range(12)), numbers=tuple(range(12)))
    at = page(Document(experiment=small(runs=runs), view=view))

    assert len(at.code) == 0
    assert "Save it as a file instead" in captions(at)
    assert "Save experiment" in [button.label for button in at.download_button]


@pytest.fixture
def saved(monkeypatch):
    """Function that returns what "Save experiment" would write on the shown page."""
    button, written = streamlit.download_button, []

    def note(title, content, **options):
        if options["file_name"].endswith(".json"):
            written.append((options["file_name"], content))
        return button(title, content, **options)

    monkeypatch.setattr(streamlit, "download_button", note)
    return lambda: written[-1]


def test_a_saved_comparison_is_opened_as_it_was(saved):
    first = page(unusual())
    name, content = saved()
    assert name.endswith(".json")
    second = page(small())
    opened = run(second.file_uploader(key="opened-file").upload(name, content.encode()))

    assert document(opened) == unusual()
    assert told(opened) == ""
    np.testing.assert_array_equal(
        first.dataframe[0].value.select_dtypes("number"),
        opened.dataframe[0].value.select_dtypes("number"),
    )


def test_an_opened_comparison_can_be_changed_while_its_file_stays(saved):
    page(unusual())
    name, content = saved()
    at = run(page(small()).file_uploader(key="opened-file").upload(name, content.encode()))
    run(at.number_input(key="learning_rate-number").set_value(0.123))
    run(at)

    assert document(at).experiment.runs[1].learning_rate == 0.123
    run(at.file_uploader(key="opened-file").clear())
    assert document(at).experiment.runs[1].learning_rate == 0.123


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"runs": []}', b"\xff\xfe", b'{"format": 99, "experiment": {}}'],
    ids=["empty", "half", "list", "no runs", "no text", "other format"],
)
def test_a_file_that_is_none_is_explained_and_nothing_is_lost(content):
    at = page(small())
    run(at.file_uploader(key="opened-file").upload("other.json", content))

    assert document(at) == with_default_view(small())
    assert told(at) != ""
    assert len(at.dataframe[0].value) == 2
