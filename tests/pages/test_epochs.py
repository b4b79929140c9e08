"""The Epochs page, driven without a browser."""

import json

import numpy as np
import pytest

import ui.shell.driver
import ui.shell.training
from comparison.document import Document, View
from comparison.link import from_link, to_link
from comparison.pages import EpochsPage
from engine import Budget, Experiment, InvalidInput, Network, Plan, Run, batch_size_runs, fit
from engine.problems.datasets import Line, SingleRow, TwoMoons
from engine.rules import SGD, Adam
from language import LANGUAGES, set_language
from tests.driven import first_run, run, told
from ui.epochs.plans import EXAMPLES

pytestmark = pytest.mark.usefixtures("nothing_waits")
TABS = ("count", "batches", "rows", "noise", "overfitting", "map")
# Iterations per epoch, last batch, epochs, iterations in all of every example's settings.
FIGURES = {
    "thousand": [(1, 1_000, 50, 50), (10, 100, 50, 500), (1_000, 1, 50, 50_000)],
    "sixty-thousand": [(600, 100, 1, 600), (60_000, 1, 1, 60_000)],
    "two-thousand": [(10, 200, 50, 500)],
    "hundred": [(2, 50, 50, 100)],
    "remainder": [(4, 100, 10, 40), (3, 300, 10, 30)],
    "million": [(5_005, 143, 90, 450_450)],
    "sixty-thousand-remainder": [(469, 96, 20, 9_380), (468, 128, 20, 9_360)],
}
SMALL = Experiment(
    problem=Network(dataset=TwoMoons(rows=40, noise=0.2), hidden=(3,)),
    runs=(
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=10),
        Run(optimizer=Adam(), learning_rate=0.05, batch_size=10),
    ),
    budget=Budget(amount=4),
)
STRAIGHT = SMALL.model_copy(
    update={"problem": Network(dataset=Line(rows=20), hidden=(), loss="mean_squared_error")}
)


def opened(experiment=SMALL, locale="en-US", **settings):
    """The page after its first run, with these settings of it."""
    runs = len(experiment.runs)
    page = EpochsPage.model_validate({"sizes": ("all", 10, 1), **settings})
    view = View(names=("",) * runs, numbers=tuple(range(runs)), page=page)
    return linked(Document(experiment=experiment, view=view), locale)


def linked(document, locale="en-US"):
    """The page after its first run, opened by a comparison's link."""
    return first_run(link=to_link(document), locale=locale)


def settings(at):
    return at.session_state["page-settings"]["epochs"]


def experiment_of(at):
    return at.session_state["document"].experiment


def counted(at):
    """Iterations per epoch, last batch, epochs and iterations in all, as the table shows them."""
    table = at.dataframe[0].value
    columns = ["Iterations per epoch", "Last batch", "Epochs", "Iterations in all"]
    return [tuple(row) for row in table[columns].to_numpy().tolist()]


def charts(at):
    """The figures on the page without the sidebar's picture of the data."""
    return [
        json.loads(element.proto.spec)
        for element in at.get("plotly_chart")
        if "data-picture" not in element.proto.id
    ]


def formula(at):
    return "; ".join(one.value.strip("$\n") for one in at.main.latex).replace("{,}", ",")


def test_the_first_change_says_that_compare_shows_this_comparison_too():
    shown = {"page-settings": {"epochs": EpochsPage(tab="batches")}}
    at = first_run("pages/compare/epochs.py", session=shown)
    run(at.number_input(key="epochs-learning-rate-number").set_value(0.05))
    assert "The Compare page shows this comparison, too" in told(at)

    run(at.number_input(key="epochs-learning-rate-number").set_value(0.04))
    assert "The Compare page" not in told(at)


# The count


def test_the_first_view_trains_nothing(monkeypatch):
    monkeypatch.setattr(ui.shell.training, "train", lambda _experiment: pytest.fail("trained"))
    at = opened()

    assert counted(at) == [
        (1, 1_000, 50, 50),
        (10, 100, 50, 500),
        (1_000, 1, 50, 50_000),
        (4, 100, 50, 200),
        (3, 300, 50, 150),
    ]
    assert told(at) == ""


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_shows_the_figures_of_the_lessons(name):
    at = run(opened().menu_button(key="epochs-example").click(name))

    assert counted(at) == FIGURES[name]
    per_epoch, in_all = charts(at)[0]["data"]
    assert per_epoch["text"] == [f"{figures[0]:,}" for figures in FIGURES[name]]
    assert in_all["text"] == [f"{figures[3]:,}" for figures in FIGURES[name]]
    each, _last, epochs, total = FIGURES[name][0]
    assert f"= {each:,}" in formula(at)
    assert rf"{each:,} \times {epochs} = {total:,}" in formula(at)


def test_the_formula_has_the_numbers_put_in():
    at = opened(plans=(Plan(rows=1_000, batch_size=300, epochs=10),), plan=0)

    assert r"\tfrac{1,000}{300}" in formula(at)
    assert "= 3 + 1 = 4" in formula(at)
    assert r"1,000 - 3 \times 300 = 100" in formula(at)
    assert r"\text{Iterations per epoch}" in formula(at)
    assert r"\text{Iterations in all}" in formula(at)
    assert r"1,000 \times 10 = 10,000" in formula(at)


@pytest.mark.parametrize(
    ("iterations", "words"),
    [
        (120_000, r"\tfrac{120,000}{150} = 800"),
        (120_007, r"\tfrac{120,007}{150} = 800 + \tfrac{7}{150} \approx 800.0467"),
        (15, r"\tfrac{15}{150} = 0 + \tfrac{15}{150} = 0.1"),
        (10**9, "= 6,666,666 + "),
    ],
)
def test_iterations_are_turned_into_epochs(iterations, words):
    at = opened(plans=(Plan(rows=1_200, batch_size=8, epochs=3),), plan=0)
    assert at.number_input("epochs-iterations-number").value == 450
    assert r"\text{Epochs} = \tfrac{450}{150} = 3" in formula(at)

    run(at.number_input("epochs-iterations-number").set_value(iterations))
    assert settings(at).iterations == iterations
    assert words in formula(at)


@pytest.mark.parametrize(
    ("sampling", "pass_"), [("shuffled", "is one pass"), ("replacement", "drawn")]
)
def test_the_page_says_what_batch_iteration_and_epoch_are(sampling, pass_):
    plan = Plan(rows=1_000, batch_size=300, sampling=sampling)
    at = opened(plans=(plan,), plan=0)
    (said,) = [text.value for text in at.markdown if "**epoch**" in text.value]

    assert "**batch** is the 300 rows" in said
    assert "**iteration** is one update" in said
    assert pass_ in said
    assert "1,000 training rows" in said
    assert "4" in said


def test_the_formula_of_a_dropped_batch_rounds_down():
    plan = Plan(rows=1_000, batch_size=300, epochs=10, last_batch="dropped")
    at = opened(plans=(plan,), plan=0)

    assert r"\lfloor" in formula(at)
    assert r"\lceil" not in formula(at)
    assert r"\text{Rows dropped every epoch} = 1,000 - 3 \times 300 = 100" in formula(at)
    assert r"900 \times 10 = 9,000" in formula(at)


def test_activations_are_those_of_the_comparisons_network():
    """Three hidden units and an output: 2 x 100 x 4."""
    at = opened()

    assert at.dataframe[0].value["Activations held"].tolist() == [8_000, 800, 8, 2_400, 2_400]
    assert any("2 × 100 × 4 = 800 numbers (6.4 kB)" in caption.value for caption in at.caption)


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        (
            "epochs-batch-size-number",
            1_001,
            "Batch size is 1001. It must be in the range [1 … 1,000].",
        ),
        ("epochs-rows-number", 0, "Rows is 0. It must be in the range [1 … 1,000,000,000]."),
        (
            "epochs-rows-number",
            10**9 + 1,
            "Rows is 1000000001. It must be in the range [1 … 1,000,000,000].",
        ),
        ("epochs-rows-number", 99, "Batch size is 100. It must be in the range [1 … 99]."),
        (
            "epochs-epochs-number",
            10**9,
            "Epochs is 1000000000. It must be in the range [1 … 10,000].",
        ),
        ("epochs-epochs-number", 0, "Epochs is 0. It must be in the range [1 … 10,000]."),
        (
            "epochs-iterations-number",
            0,
            "Iterations is 0. It must be in the range [1 … 1,000,000,000].",
        ),
    ],
)
@pytest.mark.parametrize("last_batch", ["kept", "dropped"])
def test_what_cannot_be_counted_is_refused_by_its_field(key, value, field, last_batch):
    at = opened(plans=(Plan(rows=1_000, batch_size=100, last_batch=last_batch),), plan=0)
    before = counted(at)
    run(at.number_input(key).set_value(value))

    assert field in told(at)
    assert counted(at) == before
    assert at.number_input(key).value != value


def test_a_setting_is_edited_added_and_removed():
    at = opened()
    run(at.number_input("epochs-batch-size-number").set_value(7))
    assert counted(at)[1] == (143, 6, 50, 7_150)
    run(at.selectbox("epochs-last-batch").set_value("dropped"))
    assert counted(at)[1] == (142, 7, 50, 7_100)
    run(at.button("epochs-add").click())
    assert (len(counted(at)), settings(at).plan) == (6, 5)
    assert at.button("epochs-add").disabled
    run(at.button("epochs-remove").click())
    assert len(counted(at)) == 5


def test_the_comparisons_own_runs_are_counted():
    at = run(opened().menu_button(key="epochs-example").click("own"))

    assert counted(at) == [(3, 10, 4, 12)]
    history = fit(SMALL).runs[0]
    assert (history.per_epoch, int(history.last_step[0])) == (3, 12)
    assert told(at) == ""


def test_a_budget_of_less_than_an_epoch_is_said_to_be_counted_as_one():
    at = opened(SMALL.model_copy(update={"budget": Budget(amount=2, unit="iterations")}))
    run(at.menu_button(key="epochs-example").click("own"))

    assert counted(at) == [(3, 10, 1, 3)]
    assert "the nearest allowed number of epochs is used" in told(at)


def test_more_than_six_different_runs_are_not_left_out_in_silence():
    runs = tuple(SMALL.runs[0].model_copy(update={"batch_size": size}) for size in range(1, 9))
    at = run(
        opened(SMALL.model_copy(update={"runs": runs})).menu_button("epochs-example").click("own")
    )

    assert len(counted(at)) == 6
    assert "only the first ones are counted" in told(at)


def test_a_test_function_cannot_be_counted():
    at = opened(Experiment.model_validate({"problem": {"kind": "function"}}))
    before = counted(at)
    run(at.menu_button(key="epochs-example").click("own"))

    assert counted(at) == before
    assert "A test function has no rows" in told(at)
    assert any("Activations are only counted for a network" in one.value for one in at.main.caption)


# All tabs


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_from_a_link_in_every_language(tab, locale):
    at = opened(tab=tab, locale=locale)

    assert settings(at).tab == tab
    assert charts(at)
    assert told(at) == ""


@pytest.mark.parametrize("tab", TABS[1:])
def test_a_test_function_has_no_rows(tab):
    at = opened(Experiment.model_validate({"problem": {"kind": "function"}}), tab=tab)

    assert told(at) or tab == "rows"


def test_settings_of_the_page_go_through_a_link():
    page = EpochsPage(
        tab="map",
        plans=(Plan(rows=500, batch_size=50, epochs=3, sampling="replacement"),),
        plan=0,
        sizes=("all", 100, 7),
        charts="seconds",
        epoch=12,
        parameters=(3, 1),
        target=0.25,
        shown="iterations_to_target",
    )
    document = Document(view=View(page=page))

    opened_again, unknown = from_link(to_link(document))
    assert (opened_again, unknown) == (document, [])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sizes": (8,)}, "sizes"),
        ({"sizes": (1, 2, 3, 4, 5, 6, 7)}, "sizes"),
        ({"sizes": (1, 1)}, "sizes"),
        ({"plans": ()}, "plans"),
        ({"plans": ({"rows": 10, "batch_size": 11},)}, "plans.0.batch_size"),
        ({"plan": 5}, "plan"),
        ({"epochs_shown": 6}, "epochs_shown"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_their_field(fields, field):
    with pytest.raises(InvalidInput) as refused:
        EpochsPage.model_validate(fields)
    assert refused.value.field == field


# Batch, mini-batch, stochastic


def test_batch_sizes_train_side_by_side():
    at = opened(tab="batches")
    (figure,) = charts(at)

    names = [trace["name"] for trace in figure["data"] if trace.get("showlegend")]
    assert names == ["B all", "B 10", "B 1"]
    assert {trace["xaxis"] for trace in figure["data"]} == {"x", "x2", "x3", "x4"}
    assert "Equal epochs favour small batches" in at.main.markdown[0].value
    assert "30 times as many updates" in at.main.markdown[0].value


@pytest.mark.parametrize(
    ("unit", "favoured"),
    [("iterations", "Equal iterations favour large"), ("rows_seen", "Equal rows favour small")],
)
def test_another_equal_budget_favours_others(unit, favoured):
    at = opened(tab="batches")
    run(at.main.segmented_control(key="epochs-unit").set_value(unit))

    assert experiment_of(at).budget.unit == unit
    assert favoured in at.main.markdown[0].value
    assert "30 times" in at.main.markdown[0].value


@pytest.mark.parametrize("axis", ["iterations", "epochs", "rows_seen", "seconds"])
def test_one_large_chart_instead_of_four(axis):
    (figure,) = charts(opened(tab="batches", charts=axis))

    assert "xaxis2" not in figure["layout"]


@pytest.mark.parametrize(
    ("rows", "names"), [(40, ["B all", "B 1"]), (80, ["B all", "B 32", "B 1"])]
)
def test_nothing_chosen_is_all_rows_32_and_1_as_far_as_they_fit(rows, names):
    dataset = TwoMoons(rows=rows, noise=0.2)
    problem = SMALL.problem.model_copy(update={"dataset": dataset})
    (figure,) = charts(
        opened(SMALL.model_copy(update={"problem": problem}), "en-US", tab="batches", sizes=())
    )

    assert [trace["name"] for trace in figure["data"] if trace.get("showlegend")] == names


def test_a_batch_size_can_be_typed():
    at = opened(tab="batches")
    run(at.multiselect("epochs-sizes").set_value(["all", "10", "7"]))

    assert settings(at).sizes == ("all", 10, 7)


def test_a_batch_size_that_no_longer_fits_the_data_is_left_out_and_named():
    at = opened(tab="batches", sizes=("all", 31, 4))

    assert "There are only 30 training rows, so these batch sizes were left out: 31." in told(at)
    (figure,) = charts(at)
    assert [t["name"] for t in figure["data"] if t.get("showlegend")] == ["B all", "B 4"]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("many", "Batch size is “many”. It must be a whole number."),
        ("-3", "Batch size is -3. It must be in the range [1 … 30]."),
        ("1.5", "Batch size is “1.5”. It must be a whole number."),
        ("0", "Batch size is 0. It must be in the range [1 … 30]."),
        ("31", "Batch size is 31. It must be in the range [1 … 30]."),
        ("9" * 30, "It must be in the range [1 … 30]."),
    ],
)
def test_what_is_no_batch_size_is_refused_with_the_range(typed, answer):
    at = opened(tab="batches")
    run(at.multiselect("epochs-sizes").set_value(["all", typed]))

    assert settings(at).sizes == ("all", 10, 1)
    assert answer in told(at)
    assert charts(at)


def test_a_single_batch_size_is_not_compared():
    at = opened(tab="batches")
    run(at.multiselect("epochs-sizes").set_value(["all"]))

    assert "Batch sizes has 1 entries. It must have [2 … 6]." in told(at)
    assert settings(at).sizes == ("all", 10, 1)


def test_a_large_ratio_is_written_out():
    many = SMALL.problem.model_copy(update={"dataset": TwoMoons(rows=2_000)})
    experiment = SMALL.model_copy(update={"problem": many, "budget": Budget(amount=1)})

    assert "1,500 times as many updates" in opened(experiment, tab="batches").main.markdown[0].value


def test_where_all_make_as_many_updates_none_is_favoured():
    dropping = SMALL.runs[0].model_copy(update={"last_batch": "dropped"})
    at = opened(SMALL.model_copy(update={"runs": (dropping,)}), tab="batches", sizes=("all", 16))

    assert "make the same number of updates here" in at.main.markdown[0].value
    assert any("some runs drop rows" in caption.value for caption in at.main.caption)


def test_values_of_bins_are_said_to_be_so():
    long = SMALL.model_copy(update={"budget": Budget(amount=410)})
    page = EpochsPage(tab="batches", sizes=("all", 1))
    (width,) = {
        run_.batch_loss.width for run_ in fit(batch_size_runs(long, 0, page.sizes)).runs
    } - {1}

    for quantity, is_binned in (("training_loss", False), ("batch_loss", True)):
        view = View(names=("", ""), numbers=(0, 1), quantity=quantity, page=page)
        captions = linked(Document(experiment=long, view=view)).main.caption
        assert any(f"up to {width} updates" in one.value for one in captions) == is_binned


def test_the_straight_line_has_its_paths_on_the_surface():
    at = opened(STRAIGHT, tab="batches")
    curves, surface = charts(at)

    assert curves["data"]
    assert "contour" in {trace["type"] for trace in surface["data"]}
    titles = [surface["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis")]
    assert titles == ["w", "b"]
    assert any("every update of every path" in caption.value for caption in at.caption)


def test_the_straight_line_can_be_taken_and_says_what_it_replaces():
    """From a rate and batch sizes that suit other data, which would diverge or not fit."""
    steep = SMALL.model_copy(
        update={"runs": (Run(optimizer=SGD(), learning_rate=50.0, batch_size=10),)}
    )
    at = opened(steep, tab="batches", sizes=("all", 30))
    button = at.button("epochs-line")
    said = " ".join(caption.value for caption in at.caption)
    assert "Replaces the data, network, runs and budget" in said
    run(button.click())

    now = experiment_of(at)
    assert now.problem.dataset.name == "line"
    assert now.problem.training_rows == 75
    assert "a straight line with 75 training rows" in told(at)
    assert len(charts(at)) == 2
    history = fit(batch_size_runs(now, 0, ("all", 32, 1)))
    assert [run_.status for run_ in history.runs] == [("budget",)] * 3
    assert max(run_.training_loss.last[0, -1] for run_ in history.runs) < 0.2

    run(at.button("undo").click())
    assert experiment_of(at) == steep
    assert settings(at).sizes == ("all", 30)


def test_what_is_refused_is_explained_in_the_readers_language():
    at = opened(locale="ko-KR", plans=(Plan(rows=1_000, batch_size=100),), plan=0)
    set_language("ko")  # of this thread, which reads the widgets; a script runs in its own
    run(at.number_input("epochs-batch-size-number").set_value(1_001))

    assert "1001" in told(at)
    assert "must be in the range" not in told(at)


# Which rows, when


def test_rows_follow_the_chosen_setting():
    plans = (
        Plan(rows=50, batch_size=10, epochs=2),
        Plan(rows=50, batch_size=10, epochs=2, sampling="replacement"),
    )
    at = opened(tab="rows", plans=plans, plan=0)
    assert any("exactly once in every epoch" in caption.value for caption in at.caption)
    _timeline, times = charts(at)
    assert times["data"][2]["text"] == ["0", "100.0%", "0"]

    run(at.pills(key="epochs-plan").set_value(1))
    assert formula(at) == (
        r"\left(1 - \tfrac{1}{N}\right)^{D} = \left(1 - \tfrac{1}{50}\right)^{50} = 36.4\,\%"
    )


@pytest.mark.parametrize(
    ("last_batch", "sentence"),
    [("kept", "exactly once in every epoch"), ("dropped", "except those of a dropped last batch")],
)
def test_a_short_batch_is_left_out_only_where_it_is_dropped(last_batch, sentence):
    plans = (Plan(rows=50, batch_size=15, last_batch=last_batch),)
    at = opened(tab="rows", plans=plans, plan=0)

    assert any(sentence in caption.value for caption in at.caption)


def test_sixty_thousand_rows_are_a_window_that_is_said():
    plans = (Plan(rows=60_000, batch_size=1, epochs=1),)
    at = opened(tab="rows", plans=plans, plan=0, first_row=60_000)

    assert any("Rows 59,961 to 60,000 of 60,000" in caption.value for caption in at.caption)


def test_more_rows_than_can_be_drawn_are_counted_and_no_timeline_is_tried():
    plans = (Plan(rows=1_281_167, batch_size=256), Plan(rows=100, batch_size=10))
    at = opened(tab="rows", plans=plans, plan=0)

    assert "This setting has 1,281,167 rows, and at most 60,000 can be drawn" in told(at)
    assert charts(at) == []
    run(at.pills(key="epochs-plan").set_value(1))
    assert len(charts(at)) == 2


@pytest.mark.parametrize(("rows", "has_choice"), [(40, False), (41, True)])
def test_a_first_row_is_chosen_only_where_not_all_rows_are_shown(rows, has_choice):
    at = opened(tab="rows", plans=(Plan(rows=rows, batch_size=10),), plan=0, epochs_shown=1)

    assert ("First row shown" in {field.label for field in at.main.number_input}) is has_choice
    assert any("epochs shown: 1." in caption.value for caption in at.caption)


# Gradient noise


def test_noise_is_that_of_the_chosen_point():
    at = opened(tab="noise", epoch=2)
    assert at.select_slider("epochs-point").value == 2.0
    cloud, variances, angles = charts(at)
    assert {trace["name"] for trace in cloud["data"]} >= {"full gradient", "batches of 8"}
    assert "shuffled: S²(N − B) / (B(N − 1))" in {trace.get("name") for trace in variances["data"]}
    assert angles["data"]

    run(at.select_slider("epochs-point").set_value(0.0))
    assert settings(at).epoch == 0
    assert charts(at)[0]["data"] != cloud["data"]


def test_a_point_between_epochs_is_reached():
    at = opened(
        SMALL.model_copy(update={"budget": Budget(amount=4, unit="iterations")}), tab="noise"
    )
    *_others, last = at.select_slider("epochs-point").options
    assert last == "1.33333"
    run(at.select_slider("epochs-point").set_value(4 / 3))

    assert settings(at).epoch == 4 / 3
    assert at.select_slider("epochs-point").value == 4 / 3


def test_a_single_row_has_no_noise_and_no_error():
    problem = Network(dataset=SingleRow(), hidden=(2,), loss="mean_squared_error")
    runs = (SMALL.runs[0].model_copy(update={"batch_size": "all"}),)
    at = opened(SMALL.model_copy(update={"problem": problem, "runs": runs}), tab="noise")

    assert len(charts(at)) == 3


def test_two_parameters_are_chosen():
    at = opened(tab="noise", parameters=(0, 4))
    layout = charts(at)[0]["layout"]
    first, second = (layout[axis]["title"]["text"] for axis in ("xaxis", "yaxis"))
    assert first != second

    run(at.selectbox("epochs-parameter-0").set_value(5))
    assert settings(at).parameters == (5, 4)
    assert charts(at)[0]["layout"]["xaxis"]["title"]["text"] not in {first, second}


# Too few, too many epochs


def test_the_example_overfits_and_patience_would_have_helped():
    at = run(opened(tab="overfitting").button("epochs-overfits").click())
    words = " ".join(text.value for text in at.main.markdown)

    assert settings(at).tab == "overfitting"
    assert "**Too many epochs.**" in words
    assert "A patience of 50 epochs would have stopped it at epoch" in words
    (figure,) = charts(at)
    names = [note["text"] for note in figure["layout"]["annotations"]]
    assert {"overfitting", "underfitting"} <= set(names)


def test_taking_the_run_that_overfits_says_what_it_replaces_before_and_after():
    at = opened(tab="overfitting")
    button = at.button("epochs-overfits")
    said = " ".join(caption.value for caption in at.caption)
    assert "Replaces the data, network, runs and budget" in said
    assert told(at) == ""

    run(button.click())
    assert "fifty noisy training rows" in told(at)
    assert "on the Compare page as well" in told(at)
    now = experiment_of(at)
    assert now.problem.training_rows == 50
    assert [run_.optimizer.title for run_ in now.runs] == ["Adam"]
    assert (now.budget.amount, now.budget.unit) == (500, "epochs")

    run(at.button("undo").click())
    assert experiment_of(at) == SMALL


def test_patience_is_set():
    at = run(opened(tab="overfitting").number_input("epochs-patience-number").set_value(2))

    assert settings(at).patience == 2
    assert any("A patience of 2 epochs would" in text.value for text in at.main.markdown)


def test_a_noisy_run_is_not_said_to_have_had_enough():
    """The first view: spikes up to sixteen times the lowest loss."""
    at = opened(Experiment(), tab="overfitting")
    (words,) = [text.value for text in at.main.markdown if "validation loss" in text.value][:1]

    assert words.startswith("**Up and down.** From epoch 21 on")
    assert "lowest value, 0.08043 at epoch 43, is partly luck; at epoch 60 it is 0.1235" in words
    assert any("running median of 7 epochs" in caption.value for caption in at.caption)


def test_a_run_that_gets_worse_is_not_said_to_overfit():
    run_ = Run(optimizer=SGD(), learning_rate=20.0, batch_size=32)
    experiment = Experiment().model_copy(update={"runs": (run_,)})
    at = opened(experiment, tab="overfitting")

    assert any("**Getting worse.**" in text.value for text in at.main.markdown)


def test_a_few_epochs_of_a_slow_run_underfit():
    run_ = Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")
    at = opened(STRAIGHT.model_copy(update={"runs": (run_,)}), tab="overfitting")

    assert any("**Too few epochs.**" in text.value for text in at.main.markdown)


def test_without_validation_rows_nothing_can_be_said():
    problem = SMALL.problem.model_copy(update={"validation_share": 0.0})
    at = opened(SMALL.model_copy(update={"problem": problem}), tab="overfitting")

    assert "Validation share is 0" in told(at)


# The map


def test_the_map_has_every_size_at_every_rate_and_marks_divergence():
    experiment = STRAIGHT.model_copy(update={"budget": Budget(amount=200)})
    at = opened(experiment, tab="map")
    (figure,) = charts(at)

    assert figure["layout"]["yaxis"]["ticktext"] == ["1", "4", "all"]
    assert len(figure["layout"]["xaxis"]["ticktext"]) == 7
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert len(texts) == 21
    assert "✕" in texts
    assert sum("★" in text for text in texts) == 1


def test_the_map_shows_iterations_to_a_target():
    at = opened(tab="map")
    run(at.selectbox("epochs-shown").set_value("iterations_to_target"))
    run(at.number_input("epochs-target-number").set_value(1e6))

    (figure,) = charts(at)
    values = {note["text"].strip("<b>/★ ") for note in figure["layout"]["annotations"]}
    assert values <= {"0", "✕"}


# Long trainings


@pytest.mark.parametrize("tab", ["batches", "noise", "overfitting", "map"])
def test_a_long_training_waits_for_a_click(tab, monkeypatch):
    monkeypatch.setattr(ui.shell.driver, "AT_ONCE_SECONDS", 0.0)
    experiment = SMALL.model_copy(update={"data_seed": 1_000 + TABS.index(tab)})
    at = opened(experiment, tab=tab)
    assert charts(at) == []

    (begin,) = [button for button in at.button if "Train" in button.label]
    run(begin.click())
    assert charts(at)


def test_numbers_of_the_table_are_plain():
    table = opened().dataframe[0].value

    assert table["Rows seen"].tolist() == [50_000, 50_000, 50_000, 50_000, 45_000]
    assert np.issubdtype(table["Rows seen"].dtype, np.integer)


def test_batches_of_runs_that_end_where_they_start_are_said_to_have_no_batch_loss():
    """Such a link is made by an ordinary path: a target that is met already, and *Batch loss*."""
    link = {"show": "batch_loss", "target": "1.0", "page": "epochs", "page.tab": "batches"}
    at = first_run(link=link | {"format": "1", "run": "sgd~0.1~32"})

    assert any("ended where they began" in one.value for one in at.caption)
