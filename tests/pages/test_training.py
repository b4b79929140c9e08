"""The Compare page, driven without a browser."""

import json
import re
from dataclasses import replace
from io import BytesIO
from urllib.parse import urlencode
from zipfile import ZipFile

import numpy as np
import pytest

import ui.shell.driver
from charts.theme import COLOURS
from comparison.document import with_default_view
from comparison.pages import TrainingPage
from comparison.presets import COMPARE_PRESETS, OPENING
from comparison.words.rules import RULE_WORDS, UPDATE
from engine import Budget, Experiment, Function, Run, fit, train
from engine.problems.datasets import DATASETS
from engine.problems.functions import FUNCTIONS
from engine.rules import RULES, SGD, Momentum, Nesterov, choices, hyperparameters
from engine.rules.clipping import ClipNorm
from engine.rules.schedules import Cosine
from engine.work import Task
from language import LANGUAGES
from tests.driven import (
    ROOT,
    ROUTER,
    captions,
    chart,
    charts,
    first_run,
    linked,
    plain,
    run,
    small,
    told,
)
from ui.shell.driver import Pending

pytestmark = pytest.mark.usefixtures("nothing_waits")
OF_NETWORKS = [rule for rule in RULES if "hessian" not in rule.needs]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").rglob("*.py"))
# Markdown that would draw a picture, a link or a formula, unless a backslash takes its meaning.
ACTIVE = re.compile(r"(?<!\\)(!\[|\]\(|<|\$)")
HOSTILE = '![x](https://example.org/x.png) <img src="https://example.org/y.png"> $z$'


TABS = {
    "loss": "Loss",
    "score": "Score",
    "norms": "Norms",
    "fits": "Fits",
    "rates": "Learning-rate sensitivity",
    "find": "Find settings",
    "details": "Details",
}
CHARTS = {
    "loss": ["chart-loss"],
    "score": ["chart-score"],
    "norms": ["chart-update_norm"],
    "fits": [],  # on canvases of the clock's own
    "rates": ["chart-rates"],
    "find": [],
    "details": [],
}


def opened(script=ROUTER, experiment=None, locale="en-US", link=None, session=None):
    """A page after its first run."""
    shown = {} if experiment is None else {"document": with_default_view(experiment)}
    return first_run(script, link, shown | (session or {}), locale=locale)


def experiment(at):
    return at.session_state["document"].experiment


def table(at):
    return at.dataframe[0].value


def numbers(at):
    """Where the runs ended, without what they were trained with."""
    shown = table(at)
    first = next(
        place for place, name in enumerate(shown) if name in {"Training loss", "훈련 손실"}
    )
    return shown.iloc[:, first:].select_dtypes("number").to_numpy()


def bundle_of(offered):
    """The manifest of the bundle that is on offer."""
    with ZipFile(BytesIO(offered["descent-lab-bundle.zip"]())) as archive:
        return json.loads(archive.read("manifest.json"))


def options(slider):
    """The numbers at which a slider stops."""
    read = type(slider.value)
    return [read(text.replace(",", "")) for text in slider.options]


@pytest.fixture
def nothing_may_train(monkeypatch):
    """From now on a training is a mistake: what is shown must come from the cache."""

    def forbid():
        def train(_experiment):
            pytest.fail("trained again")

        monkeypatch.setattr(ui.shell.training, "train", train)

    return forbid


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("script", ["dashboard.py", *PAGES])
def test_a_page_runs_alone_and_through_the_router(script, locale):
    at = opened(script, locale=locale)

    assert len(at.title) == 1


def test_the_first_view_is_a_finished_comparison_of_four_tuned_runs():
    at = opened()

    assert experiment(at) == OPENING.experiment
    assert len(at.pills[0].options) == 4
    assert list(table(at)["Run"]) == ["SGD", "Momentum", "Adagrad", "Adam"]
    assert np.isfinite(numbers(at)).all()
    assert list(table(at)["Status"]).count("best") == 1
    assert "each run's best of 9 tried" in captions(at)
    assert told(at) == ""


def test_the_table_has_the_settings_of_the_runs():
    runs = [
        Run(optimizer=Momentum(share), learning_rate=0.1, batch_size=size, sampling=sampling)
        for share, size, sampling in ((0.5, 16, "shuffled"), (0.9, "all", "replacement"))
    ]
    shown = table(opened(experiment=small(runs=runs)))

    assert shown["Learning rate"].tolist() == [0.1, 0.1]
    assert shown["Batch size"].tolist() == [16, 300]
    assert shown["μ"].tolist() == [0.5, 0.9]
    assert shown["Sampling"].tolist() == ["Shuffled pass", "Drawn with replacement"]


def test_the_table_leaves_out_settings_that_nobody_made():
    shown = table(opened(experiment=Experiment(budget=Budget(amount=1))))

    assert list(shown.columns) == [
        "",
        "Run",
        "Learning rate",
        "Batch size",
        "Training loss",
        "Validation loss",
        "Accuracy",
        "Status",
    ]


def test_a_link_without_runs_opens_the_seven():
    at = opened(link={"format": "1"})

    assert experiment(at) == Experiment()
    assert list(table(at)["Run"]) == [run.optimizer.title for run in Experiment().runs]
    assert list(table(at)["Status"]).count("lowest here") == 1  # of one seed


def text_of_preset(at):
    """The text of a preset, as far as the page shows one."""
    titles = tuple(f"**{preset.title}." for preset in COMPARE_PRESETS.values())
    return " ".join(text.value for text in at.markdown if text.value.startswith(titles))


@pytest.mark.parametrize("name", COMPARE_PRESETS)
def test_a_preset_is_one_click_and_says_what_to_look_at(name):
    preset = COMPARE_PRESETS[name]
    at = opened(experiment=small())
    assert text_of_preset(at) == ""

    run(at.menu_button(key="preset").click(name))
    assert experiment(at) == preset.experiment
    assert preset.text in text_of_preset(at)
    assert "You have changed" not in text_of_preset(at)

    run(at.number_input(key="learning_rate-number").set_value(0.123))
    assert preset.text in text_of_preset(at)
    assert "You have changed something since: not all" in text_of_preset(at)
    run(at.selectbox(key="dataset").set_value("xor"))
    assert text_of_preset(at) == ""
    run(at.button(key="undo").click())
    run(at.button(key="undo").click())
    run(at.button(key="undo").click())
    assert experiment(at) == small()
    assert text_of_preset(at) == ""


def test_a_sentence_beside_the_title_says_what_this_is():
    at = opened()

    assert at.title[0].value == "Descent Lab"
    assert "Same network, same start, same order of rows" in captions(at)


@pytest.mark.usefixtures("nothing_drawn")
def test_rates_of_other_data_are_told_and_their_tuning_is_offered(offered):
    at = opened(experiment=small(data_seed=4_000_020))
    assert "tune-rates" not in {button.key for button in at.button}

    run(at.selectbox(key="dataset").set_value("circles"))
    claim = "learning rates as set for two moons"
    assert claim in captions(at)
    made = bundle_of(offered)
    assert claim in made["contract"]["equal"]

    run(at.button(key="tune-rates").click())
    assert at.session_state["page-settings"]["training"].tab == "rates"
    assert "tune-rates" not in {button.key for button in at.button}
    assert claim in captions(at)

    run(at.button(key="undo").click())
    assert "learning rates as set" in captions(at)
    assert claim not in captions(at)


def test_a_rate_set_for_the_new_data_is_as_set():
    at = opened(experiment=small(runs=small().runs[:1]))
    run(at.selectbox(key="dataset").set_value("circles"))
    assert "learning rates as set for two moons" in captions(at)

    run(at.number_input(key="learning_rate-number").set_value(0.25))
    assert "learning rates as set for" not in captions(at)
    assert "learning rates as set" in captions(at)


def test_a_link_to_default_rates_on_other_data_is_told():
    at = first_run(link={"data": ["circles"], "budget": ["1"]})

    assert "learning rates as set for two moons" in captions(at)


def test_the_table_shows_what_the_engine_computes():
    at = opened(experiment=small())
    history = fit(small())

    shown = table(at)
    for position, past in enumerate(history.runs):
        row = shown.iloc[position]
        assert row["Training loss"] == past.training_loss.final[0]
        assert row["Validation loss"] == past.validation_loss.final[0]
        assert row["Accuracy"] == past.validation_score.final[0]
    assert (list(shown["Status"]).index("lowest here"),) == history.lowest


def test_every_slider_changes_the_experiment_and_the_results():
    at = opened(experiment=small())
    for key in [slider.key for slider in at.select_slider]:
        slider, before, shown = at.select_slider(key=key), experiment(at), numbers(at)
        stops = options(slider)
        place = stops.index(slider.value)
        chosen = stops[place + 1] if place + 1 < len(stops) else stops[place - 1]
        run(slider.set_value(chosen))

        assert experiment(at) != before, key
        assert not np.array_equal(numbers(at), shown), key
        assert at.select_slider(key=key).value == chosen, key
        field = key.removesuffix("slider") + "number"
        assert at.number_input(key=field).value == chosen, key


def test_every_slider_has_a_field_beside_it_that_takes_what_lies_between_its_stops():
    at = opened(experiment=small())
    for key in [slider.key for slider in at.select_slider]:
        stops = options(at.select_slider(key=key))
        field = at.number_input(key=key.removesuffix("slider") + "number")
        between = 0.00123 if isinstance(field.value, float) else max(stops[0], 1) + 2
        before = experiment(at)
        run(field.set_value(between))

        assert experiment(at) != before, key
        assert at.select_slider(key=key).value == between, key
        assert at.number_input(key=field.key).value == between, key


@pytest.mark.parametrize(
    ("key", "count"),
    [("optimizer", len(OF_NETWORKS)), ("activation", 5), ("start", 4), ("loss", 5)],
)
def test_every_choice_trains(key, count):
    at = opened(experiment=small())
    texts = at.selectbox(key=key).options
    keys = set()
    for position in range(len(texts)):
        run(at.selectbox(key=key).select_index(position))
        keys.add(experiment(at).key)
        assert len(table(at)) == 2

    assert len(texts) == (len(RULES) if key == "optimizer" else count)
    assert len(keys) == count


def test_every_data_set_can_be_chosen():
    at = opened(experiment=small())
    names = []
    for position in range(len(DATASETS)):
        run(at.selectbox(key="dataset").select_index(position))
        names.append(experiment(at).problem.dataset.name)
        assert len(table(at)) == 2

    assert names == [dataset().name for dataset in DATASETS]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function().name)
def test_a_test_function_is_trained_without_data(function):
    runs = [one.model_copy(update={"batch_size": "all"}) for one in small().runs]
    at = opened(experiment=small(problem=Function(function=function()), runs=runs))
    for slider in ("start-x-slider", "start-y-slider"):
        shown = numbers(at)
        run(at.select_slider(key=slider).set_value(2.5))  # where none starts
        assert not np.array_equal(numbers(at), shown)

    assert experiment(at).problem.start == (2.5, 2.5)
    assert "Validation loss" not in table(at)
    assert told(at) == ""


def of_a_function(**fields):
    runs = [one.model_copy(update={"batch_size": "all"}) for one in small().runs]
    return small(problem=Function(), runs=runs, **fields)


def test_what_takes_rows_is_not_offered_for_a_test_function():
    keys = {"sampling", "last_batch", "data_seed-slider", "batch_size-slider"}

    def offered(at):
        found = {one.key for one in (*at.selectbox, *at.select_slider)}
        menus = [*at.menu_button(key="this-run").options, *at.menu_button(key="preset").options]
        axes, units = at.segmented_control(key="axis"), at.selectbox(key="budget-unit")
        return keys & found, menus, axes.options, units.options

    found, menus, axes, units = offered(opened(experiment=small()))
    assert found == keys
    assert {"Give all runs its batch size", "On this data: three batch sizes"} <= set(menus)
    assert "Rows seen" in axes
    assert "Rows seen" in units

    found, menus, axes, units = offered(opened(experiment=of_a_function()))
    assert found == set()
    assert not {"Batch size", "On this data: three batch sizes"} & set(menus)
    assert axes == ["Epochs", "Iterations", "Seconds if trained alone"]
    assert units == ["Epochs", "Iterations"]


def test_rows_that_a_link_counts_for_a_test_function_are_shown_as_the_link_says():
    link = {"problem": "function", "run": "sgd~0.1~all", "axis": "rows_seen", "unit": "rows_seen"}
    at = opened(link=link)

    assert at.segmented_control(key="axis").value == "rows_seen"
    assert at.selectbox(key="budget-unit").value == "rows_seen"
    assert told(at) == ""


def helpless(at):
    """The sidebar's controls that say nothing of what they do."""
    offered = (*at.sidebar.selectbox, *at.sidebar.select_slider, *at.sidebar.toggle)
    assert offered
    return [one.key for one in offered if not one.help]


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset().name)
def test_every_control_of_the_sidebar_says_what_it_does(dataset):
    at = opened(experiment=small())
    run(at.selectbox(key="dataset").select_index(DATASETS.index(dataset)))
    run(at.selectbox(key="loss").select_index(0))  # one with an output activation

    assert "output_activation" in [one.key for one in at.sidebar.selectbox]
    assert helpless(at) == []


def test_every_control_of_a_test_function_says_what_it_does():
    at = opened(experiment=of_a_function())
    for position in range(len(FUNCTIONS)):
        run(at.selectbox(key="function").select_index(position))
        assert helpless(at) == []


@pytest.mark.parametrize(("size", "allowed"), [(301, False), (0, False), (300, True)])
def test_a_batch_size_lies_between_one_and_all_training_rows(size, allowed):
    at = opened(experiment=small())
    run(at.number_input(key="batch_size-number").set_value(size))

    assert experiment(at).runs[0].batch_size == ("all" if allowed else 32)
    assert at.number_input(key="batch_size-number").value == (300 if allowed else 32)
    assert ("[1 … 300]" in told(at)) is not allowed
    assert ("60,000" in told(at)) is False


@pytest.mark.parametrize("key", ["sampling", "last_batch"])
def test_how_batches_are_made_is_a_matter_of_the_run(key):
    at = opened(experiment=small(runs=small().runs[:1] * 2))
    run(at.selectbox(key=key).select_index(1))

    first, second = experiment(at).runs
    assert getattr(first, key) != getattr(second, key)
    assert any("**" in caption.value for caption in at.caption)  # what breaks fairness is in bold


@pytest.mark.parametrize("unit", ["iterations", "rows_seen"])
def test_the_budget_counted_otherwise_is_as_long(unit):
    at = opened(experiment=small())
    before = experiment(at)
    units = at.selectbox(key="budget-unit")
    run(units.select_index(["epochs", "iterations", "rows_seen"].index(unit)))

    after = experiment(at)
    assert after.budget.unit == unit
    assert [after.iterations(one) for one in after.runs] == [
        before.iterations(one) for one in before.runs
    ]


def test_a_budget_that_is_too_long_in_another_unit_is_refused():
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")]
    budget = Budget(amount=10_001, unit="iterations")
    long = Experiment(problem=Function(), runs=runs, budget=budget)
    at = opened(experiment=long)
    run(at.selectbox(key="budget-unit").select_index(0))

    assert experiment(at) == long
    assert "[1 … 10,000]" in told(at)


def test_looking_differently_trains_nothing_and_keeps_the_numbers(nothing_may_train):
    at = opened(experiment=small())
    before, shown = experiment(at), numbers(at)
    nothing_may_train()
    for style in (
        lambda: at.pills(key="selected-run").set_value(1),
        lambda: at.segmented_control(key="quantity").set_value("batch_loss"),
        lambda: at.segmented_control(key="axis").set_value("rows_seen"),
        lambda: at.selectbox(key="smoothing").set_value(20),
        lambda: at.menu_button(key="this-run").click("Hide from the charts"),
        lambda: at.toggle(key="log").set_value(False),
        lambda: at.segmented_control(key="language-switch").set_value("ko"),
    ):
        run(style())

        assert experiment(at) == before
        np.testing.assert_array_equal(shown, numbers(at))


def faint(at):
    """The lines before the last change, by colour."""
    traces = charts(at)[0]["data"]
    return [one["line"]["color"] for one in traces if one.get("opacity") and one["mode"] == "lines"]


def test_the_line_of_a_changed_run_stays_until_it_is_dismissed():
    at = opened(experiment=small())
    assert faint(at) == []

    for rate in (0.25, 0.1):
        run(at.number_input(key="learning_rate-number").set_value(rate))
        assert faint(at) == [COLOURS[0]]
        assert "Faint: before the change." in plain(captions(at))

    run(at.button(key="forget").click())
    assert faint(at) == []
    run(at.number_input(key="learning_rate-number").set_value(0.5))
    assert faint(at) == [COLOURS[0]]


def test_a_change_that_is_undone_leaves_no_line_behind():
    at = opened(experiment=small())
    run(at.number_input(key="learning_rate-number").set_value(0.1))
    run(at.button(key="forget").click())
    run(at.button(key="undo").click())
    assert faint(at) == []

    run(at.button(key="redo").click())
    assert faint(at) == [COLOURS[0]]
    run(at.button(key="undo").click())
    assert faint(at) == []


def test_there_is_no_line_from_before_of_other_data():
    at = opened(experiment=small())
    run(at.selectbox(key="dataset").set_value("circles"))

    assert faint(at) == []


@pytest.fixture
def asked_for(monkeypatch):
    """The experiments whose runs were timed, each update in a thousandth of a second."""
    asked = []

    def time_alone(history):
        asked.append(history.experiment)
        yield
        runs = [replace(run, seconds_per_update=1e-3, seconds_spread=1e-5) for run in history.runs]
        return replace(history, runs=tuple(runs), is_timed=True)

    monkeypatch.setattr(ui.shell.training, "time_alone", time_alone)
    return asked


def test_seconds_are_measured_when_their_axis_is_asked_for_and_once(asked_for):
    at = opened(experiment=small(data_seed=4_000_010))
    assert asked_for == []

    run(at.segmented_control(key="axis").set_value("seconds"))
    assert asked_for == [experiment(at)]
    assert any("accurate to ± 1%" in caption.value.replace("\\", "") for caption in at.caption)

    run(at.segmented_control(key="axis").set_value("epochs"))
    run(at.segmented_control(key="axis").set_value("seconds"))
    assert asked_for == [experiment(at)]


def test_the_editor_shows_the_selected_run():
    at = opened()
    for position, one in enumerate(experiment(at).runs):
        run(at.pills(key="selected-run").set_value(position))

        assert at.selectbox(key="optimizer").value == one.optimizer.name
        assert at.number_input(key="learning_rate-number").value == one.learning_rate
        for equation in one.optimizer.formula.replace(r"\\", r"\qquad").split(r"\qquad"):
            assert equation.strip() in at.latex[0].value
        assert UPDATE in at.latex[0].value
        assert RULE_WORDS[type(one.optimizer)].idea in at.main.markdown[0].value


def test_every_hyperparameter_of_every_rule_can_be_set():
    at = opened(experiment=small())
    for rule in OF_NETWORKS:
        run(at.selectbox(key="optimizer").set_value(rule.name))
        expected = {name: words[-1] for name, words in choices(rule).items()}
        for name, word in expected.items():
            at.selectbox(key=f"{rule.name}-{name}").set_value(word)
        for name, interval in hyperparameters(rule).items():
            value = 3 if isinstance(getattr(rule, name), int) else 0.25
            expected[name] = value if value in interval else getattr(rule, name) * 1.25
            at.number_input(key=f"{rule.name}-{name}-number").set_value(expected[name])
        at.run()

        assert not at.exception
        assert experiment(at).runs[0].optimizer == rule(**expected)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("add", 3),
        ("reset", 4),
    ],
)
def test_every_button_does_what_it_says_and_shows_its_results(key, expected):
    at = opened(experiment=small())
    run(at.button(key=key).click())

    assert len(experiment(at).runs) == expected
    assert len(table(at)) == expected
    assert len(set(table(at)["Run"])) == expected


@pytest.mark.parametrize(
    ("key", "choice", "expected"),
    [
        ("preset", "optimizers", 7),
        ("preset", "rates", 5),
        ("preset", "batches", 3),
        ("preset", "momenta", 4),
        ("this-run", "Duplicate", 3),
        ("this-run", "Remove", 1),
        ("this-run", "Give all runs its learning rate", 2),
        ("this-run", "Give all runs its batch size", 2),
        ("this-run", "Give all runs its optimizer", 2),
    ],
)
def test_every_choice_of_a_menu_does_what_it_says_and_shows_its_results(key, choice, expected):
    at = opened(experiment=small())
    run(at.menu_button(key=key).click(choice))

    assert len(experiment(at).runs) == expected
    assert len(table(at)) == expected
    assert len(set(table(at)["Run"])) == expected


def test_a_preset_can_be_chosen_while_a_later_run_is_selected():
    at = opened(experiment=Experiment())
    run(at.pills(key="selected-run").set_value(6))
    run(at.menu_button(key="preset").click("batches"))

    assert len(table(at)) == 3
    assert at.pills(key="selected-run").value == 0


@pytest.mark.parametrize("name", ["target_loss", "gradient_norm", "patience"])
def test_a_stopping_rule_is_switched_on_and_off(name):
    at = opened(experiment=small())
    run(at.toggle(key=f"{name}-on").set_value(True))
    assert getattr(experiment(at).stopping, name) is not None

    run(at.number_input(key=f"{name}-number").set_value(2))
    assert getattr(experiment(at).stopping, name) == 2

    run(at.toggle(key=f"{name}-on").set_value(False))
    assert experiment(at) == small()


@pytest.mark.parametrize(
    ("prepare", "key", "value", "parts"),
    [
        (
            lambda at: at.toggle(key="gradient_norm-on").set_value(True),
            "gradient_norm-number",
            -1.0,
            ["Gradient norm", "-1", "[0 … "],
        ),
        (
            lambda at: at.toggle(key="patience-on").set_value(True),
            "patience-number",
            0,
            ["Patience", "0", "[1 … 10,000]"],
        ),
        (
            lambda at: at.selectbox(key="optimizer").select_index(1),
            "momentum-momentum-number",
            1.0,
            ["Momentum of run 1", "1", "[0 … 1)"],
        ),
    ],
    ids=["gradient norm", "patience", "momentum"],
)
def test_an_invalid_value_is_explained_and_nothing_is_lost(prepare, key, value, parts):
    at = opened(experiment=small())
    run(prepare(at))
    before, shown = experiment(at), numbers(at)
    run(at.number_input(key=key).set_value(value))

    assert experiment(at) == before
    assert [part for part in parts if part not in told(at)] == []
    np.testing.assert_array_equal(shown, numbers(at))
    assert at.number_input(key=key).value != value


def test_a_change_that_makes_another_setting_impossible_is_explained():
    at = opened(experiment=small())
    run(at.toggle(key="patience-on").set_value(True))
    run(at.number_input(key="validation_share-number").set_value(0.0))

    assert experiment(at).problem.validation_share == small().problem.validation_share
    assert "Patience" in told(at)


def test_a_diverged_run_is_a_result():
    runs = [*small().runs, Run(optimizer=SGD(), learning_rate=1e7)]
    at = opened(experiment=small(runs=runs))

    assert "diverged" in table(at)["Status"].iloc[2]
    assert table(at)["Training loss"].iloc[2] == np.inf
    assert np.isnan(table(at)["Accuracy"].iloc[2])
    assert told(at) == ""


def test_runs_that_differ_only_in_the_rules_class_do_not_share_a_result():
    shown = []
    for rule in (Momentum, Nesterov):
        one = small(runs=[Run(optimizer=rule(0.9), learning_rate=0.1)])
        shown.append(numbers(opened(experiment=one)))
        np.testing.assert_array_equal(fit(one).runs[0].training_loss.final[0], shown[-1][0, 0])

    assert not np.array_equal(*shown)


def test_a_long_training_waits_for_a_click(monkeypatch):
    monkeypatch.setattr(ui.shell.driver, "AT_ONCE_SECONDS", 0.0)
    long = small(data_seed=4_000_001)
    at = opened(experiment=long)
    assert len(at.dataframe) == 0

    run(at.button(key="training-begin").click())
    assert table(at)["Training loss"].iloc[0] == fit(long).runs[0].training_loss.final[0]


def stopped(compared, updates):
    """A training that its reader stopped after some updates."""
    training = Task(train(compared))
    while training.go_on() and training.progress.updates < updates:
        pass
    return Pending(compared.key, training, 30.0, paused=True)


def test_a_stopped_training_says_how_far_it_came_and_can_be_gone_on_with():
    long = small(budget=Budget(amount=1_000), data_seed=4_000_003)
    pending = stopped(long, updates=2_000)
    share = pending.task.progress.updates / pending.task.progress.total
    assert 0 < share < 1
    at = opened(experiment=long, session={"training": pending})

    assert at.button(key="training-stop").label == "Resume"
    sentence = f"You stopped the training at {share:.0%}. These are the results so far."
    assert sentence in [one.value for one in at.caption]
    assert set(table(at)["Status"]) == {"stopped by you"}

    run(at.button(key="training-stop").click())
    assert "You stopped" not in " ".join(one.value for one in at.caption)
    assert table(at)["Training loss"].iloc[0] == fit(long).runs[0].training_loss.final[0]


def test_a_training_that_was_stopped_before_it_reached_anything_claims_nothing():
    long = small(data_seed=4_000_004)
    pending = Pending(long.key, Task(train(long)), 30.0, paused=True)
    at = opened(experiment=long, session={"training": pending})

    assert at.button(key="training-stop").label == "Resume"
    assert "You stopped" not in " ".join(one.value for one in at.caption)
    assert len(at.dataframe) == 0


def test_while_a_long_training_waits_the_last_result_stays(monkeypatch):
    at = opened(experiment=small())
    shown = numbers(at)
    monkeypatch.setattr(ui.shell.driver, "AT_ONCE_SECONDS", 0.0)
    run(at.number_input(key="data_seed-number").set_value(4_000_002))

    assert at.button(key="training-begin").label.startswith("Train")
    np.testing.assert_array_equal(shown, numbers(at))


def test_a_training_beyond_the_limit_is_refused_with_the_limit():
    sizes = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)] * 12
    seeds = tuple(range(30))
    at = opened(experiment=Experiment(runs=sizes, budget=Budget(amount=10_000), seeds=seeds))

    assert "the limit is 60 s" in told(at)
    assert len(at.dataframe) == 0


def test_korean_is_spoken_to_a_korean_browser():
    at = opened(experiment=small(), locale="ko-KR")

    assert list(table(at).columns)[-4:] == ["훈련 손실", "검증 손실", "정확도", "상태"]
    assert at.select_slider(key="budget-epochs-slider").label == "에포크"
    assert at.selectbox(key="optimizer").label == "옵티마이저"
    texts = " ".join(one.value for one in (*at.subheader, *at.caption[-1:]))
    assert re.search("[가-힣]", texts)
    assert "epoch" not in texts


def test_a_language_that_is_not_there_is_english():
    assert opened(locale="fr-FR").selectbox(key="optimizer").label == "Optimizer"


def test_a_link_shows_its_values_exactly():
    at = opened(link={"run": ["adam~0.00123~299", "sgd~7.7~all"], "budget": "7"})

    assert at.number_input(key="learning_rate-number").value == 0.00123
    assert at.select_slider(key="learning_rate-slider").value == 0.00123
    assert at.number_input(key="batch_size-number").value == 299
    assert list(table(at)["Run"]) == ["Adam", "SGD"]


@pytest.mark.parametrize(
    "link",
    [{"run": "sgd~fast~32"}, {"budget": "0"}, {"data": "nothing"}, {"format": "99"}, {"log": "?"}],
    ids=str,
)
def test_a_broken_link_opens_the_first_view_and_says_so(link):
    at = opened(link=link)

    assert experiment(at) == OPENING.experiment
    assert len(table(at)) == 4
    assert "could not be opened" in told(at)


@pytest.mark.parametrize(
    "link",
    [
        {"name": [HOSTILE], "run": ["sgd~0.5~32"], "budget": "3"},
        {"data": HOSTILE},
        {"loss": HOSTILE},
        {"run": [HOSTILE]},
        {"run": [f"{HOSTILE}~1~1"]},
        {"budget": HOSTILE},
        {"format": HOSTILE},
        {HOSTILE[:33]: "1"},
    ],
    ids=lambda link: "-".join(link)[:9],
)
def test_nothing_in_a_link_becomes_markup(link):
    at = opened(link=link)

    marked = [*at.markdown, *at.caption, *at.warning, *at.error, *at.info, *at.title]
    for text in [one.value for one in marked]:
        assert not ACTIVE.search(text), text
    for chip in at.pills(key="selected-run").options:
        _picture, _, name = chip.partition(") ")
        assert not ACTIVE.search(name), chip


def test_a_hostile_name_is_a_name():
    at = opened(experiment=small())
    run(at.text_input(key="run-name").set_value(HOSTILE[:80]))

    assert table(at)["Run"].iloc[0] == HOSTILE[:80]
    assert experiment(at) == small()


def test_every_chip_tells_rate_and_batch_size_once_and_in_one_form():
    """0.5 is the momentum as well as the rate of a run, and sets runs of its rule apart."""
    compared = small(
        runs=(
            Run(optimizer=Momentum(0.5), learning_rate=0.5, batch_size=32),
            Run(optimizer=Momentum(0.9), learning_rate=0.5, batch_size=32),
            Run(optimizer=SGD(), learning_rate=0.1, batch_size=32),
            Run(optimizer=SGD(), learning_rate=0.2, batch_size="all"),
        )
    )
    chips = opened(experiment=compared).pills(key="selected-run").options

    told = [chip.partition(") ")[2].replace("\\", "") for chip in chips]
    assert told == [
        "Momentum μ 0.5 · η 0.5 · B 32",
        "Momentum μ 0.9 · η 0.5 · B 32",
        "SGD · η 0.1 · B 32",
        "SGD · η 0.2 · B all",
    ]


def names_drawn(at):
    return [line["name"] for line in chart(at, "loss")["data"] if line.get("name")]


def test_runs_are_hidden_from_the_charts_and_shown_again_and_stay_in_the_table():
    at = opened(experiment=small(seeds=(0, 1)))

    for choice, drawn in (
        ("Hide from the charts", ["Adam"]),
        ("Show in the charts", ["SGD", "Adam"]),
        ("Show only this run", ["SGD"]),
        ("Show all runs", ["SGD", "Adam"]),
    ):
        run(at.menu_button(key="this-run").click(choice))

        assert names_drawn(at) == drawn
        hidden = {"SGD", "Adam"} - set(drawn)
        assert [f"Hidden: {name}." in plain(captions(at)) for name in ("SGD", "Adam")] == [
            name in hidden for name in ("SGD", "Adam")
        ]
        struck = [chip for chip in at.pills(key="selected-run").options if "~~" in chip]
        assert len(struck) == len(hidden)
        assert list(table(at)["Run"]) == ["SGD", "Adam"]


def test_nothing_is_offered_to_hide_a_lone_run_or_one_on_a_page_that_shows_all():
    alone = small(runs=[Run(optimizer=SGD(), learning_rate=0.1)])
    pages = opened(experiment=alone), opened("pages/compare/surfaces.py")

    for at in pages:
        offered = at.menu_button(key="this-run").options
        assert "Duplicate" in offered
        assert not [choice for choice in offered if "Hide" in choice or "Show" in choice]


def test_the_batch_loss_can_be_smoothed_and_no_other():
    at = opened(experiment=small())
    assert "smoothing" not in [choice.key for choice in at.selectbox]

    run(at.segmented_control(key="quantity").set_value("batch_loss"))
    run(at.selectbox(key="smoothing").set_value(5))

    title = chart(at, "loss")["layout"]["yaxis"]["title"]["text"]
    assert title == "Batch loss<br>mean of the last 5 iterations"
    assert "Each point is the mean of the last 5 iterations" in captions(at)
    run(at.segmented_control(key="quantity").set_value("training_loss"))
    assert chart(at, "loss")["layout"]["yaxis"]["title"]["text"] == "Training loss"


@pytest.mark.parametrize("tab", ["loss", "score", "norms", "fits", "rates", "find", "details"])
def test_a_reload_of_every_tab_shows_the_same(tab):
    page = TrainingPage(tab=tab, norm="update_norm", epoch=2.0)
    link = linked(small(), page)
    at = opened(link=link)

    assert at.session_state["page-settings"]["training"] == page
    assert at.session_state["compare-tab"] == TABS[tab]
    shown_charts = [one.key for one in at.get("plotly_chart") if one.key.startswith("chart-")]
    assert shown_charts == CHARTS[tab]
    (address,) = [
        json.loads(part.proto.json)
        for part in at.get("bidi_component")
        if "query" in json.loads(part.proto.json)
    ]
    assert address["query"] == f"?{urlencode(link, doseq=True)}"


def test_another_page_leaves_the_tab_as_it_was():
    at = opened("dashboard.py")
    at.session_state["page-settings"] = {"training": TrainingPage(tab="details")}
    run(at)
    run(at.switch_page("pages/compare/epochs.py"))
    run(at.switch_page("pages/compare/training.py"))

    assert at.session_state["compare-tab"] == "Details"


def test_a_run_is_given_a_schedule_and_clipping_and_the_page_says_so():
    run_of = Run(optimizer=SGD(), learning_rate=0.5, batch_size=10)
    at = opened(experiment=small(runs=(run_of, run_of), budget=Budget(amount=3)))
    run(at.selectbox(key="schedule").select("cosine"))
    run(at.selectbox(key="schedule-unit").select("epochs"))
    run(at.number_input(key="schedule-cosine-warm_up-number").set_value(1.0))
    run(at.selectbox(key="clipping").select("norm"))
    run(at.number_input(key="clipping-threshold-number").set_value(0.25))

    changed, other = experiment(at).runs
    assert changed.schedule == Cosine(length=3.0, warm_up=1.0, unit="epochs")
    assert (changed.clipping, other) == (ClipNorm(0.25), run_of)
    assert "schedules differ" in captions(at)
    assert len(chart(at, "schedule-preview")["data"]) == 1
    below = [trace for trace in chart(at, "loss")["data"] if trace.get("yaxis") == "y2"]
    assert len(below) == 2
    run(at.selectbox(key="clipping").select("none"))
    run(at.selectbox(key="schedule").select("constant"))
    assert experiment(at).runs == (run_of, run_of)
