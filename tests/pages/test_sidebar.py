"""Each control of the sidebar changes something of what the open tab shows, or is not there."""

import json

import pytest

from comparison.document import with_default_view
from comparison.pages import EpochsPage, TrainingPage
from engine import Budget, Experiment, Function, Network, Run
from engine.problems.datasets import ThreePoints, TwoMoons
from engine.problems.functions import Bowl
from engine.rules import SGD, Adam
from tests.driven import captions, first_run, run, told
from ui.shell.navigation import MENU

pytestmark = pytest.mark.usefixtures("nothing_waits")
MOONS = Experiment(
    problem=Network(dataset=TwoMoons(rows=24), hidden=(2,)),
    runs=(Run(optimizer=SGD(), learning_rate=2.0, batch_size=4),),
    budget=Budget(amount=6),
)
BOWL = Experiment(
    problem=Function(function=Bowl()),
    runs=(Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),),
    budget=Budget(amount=5, unit="iterations"),
)
PROBLEM = {
    *("dataset", "two_moons-rows-number", "two_moons-noise-number", "validation_share-number"),
    *("hidden-layers-number", "units-0-number", "activation", "loss", "l2-number"),
    *("start", "bias", "standardize", "budget-epochs-number", "budget-unit", "data_seed-number"),
    "first-seed-number",
}
STOPPING = {"target_loss-on", "gradient_norm-on", "patience-on"}
REPEATS = {"seeds-number"}
OFFERED = {
    "count": set(),
    "rows": {"first-seed-number"},
    "batches": PROBLEM | STOPPING | REPEATS,
    "noise": PROBLEM | STOPPING,
    "overfitting": PROBLEM,
    "map": PROBLEM | REPEATS,
}
# What ends these short runs early.
ENDING = {"target_loss": 100.0, "gradient_norm": 1000.0, "patience": 1}
# The unit alone leaves the first run as long as it was; other data have other controls.
NOT_ALONE = {"budget-unit", "dataset"}


def opened(experiment, page):
    """A page with these settings, in a session of its own."""
    session = {"document": with_default_view(experiment), "page-settings": {page.name: page}}
    return first_run(MENU[page.name].script, session=session)


def offered(at):
    """The keys of the sidebar's controls; a slider and its number are one."""
    kinds = (at.sidebar.selectbox, at.sidebar.number_input, at.sidebar.toggle)
    return {control.key for kind in kinds for control in kind}


def shown(at):
    """What a tab shows: its charts, tables and sentences, and how far its controls reach."""
    return [
        *(json.loads(chart.proto.spec)["data"] for chart in at.main.get("plotly_chart")),
        *(table.value.to_csv() for table in at.main.dataframe),
        *(slider.options for slider in at.main.select_slider),
        *(text.value for text in at.main.markdown),
    ]


def change(at, key):
    """Give a control another value; one of those that end a run early takes one that does."""
    if key.endswith("-on"):
        name = key.removesuffix("-on")
        run(at.toggle(key=key).set_value(True))
        return run(at.number_input(key=f"{name}-number").set_value(ENDING[name]))
    if key.endswith("-number"):
        field = at.number_input(key=key)
        value = field.value + 1 if field.step >= 1 else field.value / 2 + 0.3
        return run(field.set_value(value))
    if key in {one.key for one in at.toggle}:
        return run(at.toggle(key=key).set_value(not at.toggle(key=key).value))
    choice = at.selectbox(key=key)
    return run(choice.select_index((choice.index + 1) % len(choice.options)))


@pytest.mark.parametrize("tab", OFFERED)
def test_a_tab_of_epochs_has_the_controls_that_act_on_it(tab):
    page = EpochsPage(tab=tab, sizes=("all", 2), epoch=2.0)
    at = opened(MOONS, page)
    assert offered(at) == OFFERED[tab]

    for key in sorted(OFFERED[tab] - NOT_ALONE, key=lambda key: (key == "start", key)):
        before = shown(at)
        change(at, key)
        assert shown(at) != before, key
        if key in STOPPING:
            run(at.toggle(key=key).set_value(False))
    assert told(at) == ""


def test_a_tab_with_settings_of_its_own_says_so():
    for tab, words in (("count", "settings of its own"), ("rows", "only the first seed")):
        at = opened(MOONS, EpochsPage(tab=tab))

        assert words in " ".join(one.value for one in at.sidebar.caption)


@pytest.mark.parametrize("tab", [tab for tab in OFFERED if tab != "rows"])
def test_epochs_of_a_function_offer_the_way_back_to_data(tab):
    at = opened(BOWL, EpochsPage(tab=tab))
    assert offered(at) == set()
    assert [button.key for button in at.sidebar.button] == ["to-network"]

    run(at.button(key="to-network").click())
    assert at.session_state["document"].experiment.problem == Network()


def test_a_function_has_no_controls_of_rows_and_chance():
    at = opened(BOWL, TrainingPage())
    expected = {"function", "bowl-condition-number", "start-x-number", "start-y-number"}
    expected |= {"budget-iterations-number", "target_loss-on", "gradient_norm-on"}
    assert offered(at) - NOT_ALONE == expected

    for key in sorted(expected - {"function"}):
        before = shown(at)
        change(at, key)
        assert shown(at) != before, key
        if key in STOPPING:
            run(at.toggle(key=key).set_value(False))


def test_chance_is_offered_where_there_is_some():
    noisy = BOWL.model_copy(update={"problem": Function(function=Bowl(), noise=0.1)})
    several = BOWL.model_copy(update={"seeds": (0, 1)})

    assert {"seeds-number", "first-seed-number"} <= offered(opened(noisy, TrainingPage()))
    assert "seeds-number" in offered(opened(several, TrainingPage()))
    assert "first-seed-number" not in offered(opened(several, TrainingPage()))


def test_what_has_no_effect_is_not_offered_for_data_either():
    points = Network(
        dataset=ThreePoints(), hidden=(), loss="mean_squared_error", validation_share=0.0
    )
    runs = (Run(optimizer=Adam(), learning_rate=0.1, batch_size="all"),)
    at = opened(MOONS.model_copy(update={"problem": points, "runs": runs}), TrainingPage())

    assert not {"activation", "patience-on", "data_seed-number"} & offered(at)


@pytest.mark.parametrize("tab", OFFERED)
def test_every_tab_of_epochs_states_what_its_charts_carry(tab):
    at = opened(MOONS, EpochsPage(tab=tab, sizes=("all", 2)))
    expected = {
        "count": "nothing was trained",
        "rows": "row order of seed 0 · nothing was trained",
        "map": "learning rates as shown on the axis",
    }.get(tab, "learning rates as set")

    assert expected in " ".join(one.value for one in at.main.caption)
    assert captions(at).count(expected) == 1
