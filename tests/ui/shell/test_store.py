"""The session's comparison: its changes, what is said of them, and its versions."""

import pytest
import streamlit

from comparison.document import Document
from comparison.edits import (
    add_run,
    apply_to_all,
    change,
    change_problem,
    change_run,
    change_view,
    demonstrate,
    duplicate_run,
    move_start,
    remove_run,
    rename_run,
    use_preset,
    use_runs_preset,
)
from comparison.pages import EpochsPage, SurfacesPage
from comparison.presets import COMPARE_PRESETS, FIRST_VIEWS, RUNS_PRESETS
from engine import Budget, Experiment
from engine.rules import Adam
from ui.shell.navigation import open_edited, open_first_view, work_on
from ui.shell.store import (
    begun_with,
    bring_back,
    current_page,
    document,
    edit,
    is_first_view,
    notices,
    redo,
    set_page,
    show_version,
    styles,
    undo,
    version_name,
    versions,
    whole_document,
    works,
)
from ui.shell.undo import change_words

ACTIONS = {
    "add": lambda: edit(add_run),
    "duplicate": lambda: edit(duplicate_run),
    "remove": lambda: edit(remove_run),
    "reset": open_first_view,
    **{f"preset {name}": lambda name=name: edit(use_runs_preset, name) for name in RUNS_PRESETS},
    **{
        f"apply {field}": lambda field=field: edit(apply_to_all, field)
        for field in ("learning_rate", "batch_size", "optimizer")
    },
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """A session of its own with the seven runs of a bare document."""
    monkeypatch.setattr(streamlit, "session_state", {"document": Document()})


def experiment():
    return document().experiment


def select(position):
    edit(change_view, selected=position)


def lines():
    return [(style.colour, style.dash) for style in styles()]


def is_valid():
    return type(document()).model_validate(document().model_dump()) == document()


@pytest.fixture
def bare(monkeypatch):
    """A session of its own, without a link."""
    monkeypatch.setattr(streamlit, "session_state", {})


@pytest.mark.usefixtures("bare")
def test_a_session_begins_with_the_first_view_of_its_page():
    for page in ("training", "epochs", "backpropagation", "surfaces", "training"):
        work_on(page)

        assert is_first_view()
        assert notices() == []
    assert [style.name for style in styles()] == ["SGD", "Momentum", "Adagrad", "Adam"]


@pytest.mark.usefixtures("bare")
def test_what_was_changed_on_one_page_is_on_the_others_and_its_first_view_comes_back():
    work_on("training")
    work_on("epochs")
    edit(change, budget=Budget(amount=7))
    work_on("training")
    assert experiment().budget.amount == 7
    assert begun_with().experiment == FIRST_VIEWS["epochs"].experiment

    undo()
    assert experiment() == FIRST_VIEWS["epochs"].experiment
    work_on("training")
    assert is_first_view()
    redo()
    assert experiment().budget.amount == 7


def test_a_comparison_remembers_with_what_it_began():
    work_on("training")
    open_edited(use_preset, "momentum")
    edit(change_run, 0, learning_rate=0.5)
    edit(add_run)
    assert begun_with() == COMPARE_PRESETS["momentum"].document

    open_edited(use_preset, "sizes")
    assert begun_with() == COMPARE_PRESETS["sizes"].document
    undo()
    assert begun_with() == COMPARE_PRESETS["momentum"].document


@pytest.mark.parametrize(
    ("do", "parts"),
    [
        (lambda: edit(change_run, 0, sampling="none"), ["Sampling of run 1", "none"]),
        (lambda: edit(change_run, 0, batch_size=301), ["Batch size of run 1", "301", "[1 … 300]"]),
        (
            lambda: edit(change_run, 1, learning_rate=-1.0),
            ["Learning rate of run 2", "-1", "1e-08"],
        ),
        (
            lambda: edit(change_run, 0, learning_rate=float("nan")),
            ["Learning rate of run 1", "nan"],
        ),
        (lambda: edit(change_run, 0, batch_size=0), ["Batch size of run 1", "is 0", "[1 … 300]"]),
        (lambda: edit(change_problem, hidden=(8, 257)), ["257", "[1 … 256]"]),
        (lambda: edit(change_problem, validation_share=0.95), ["0.95", "[0 … 0.9]"]),
        (lambda: edit(change, data_seed=-1), ["-1", "[0 … 4,294,967,295]"]),
        (lambda: edit(change, runs=()), ["0", "[1 … 12]"]),
        (lambda: edit(change, seeds=(3, 3)), ["3, 3"]),
    ],
)
def test_a_refused_change_is_explained_and_nothing_is_lost(do, parts):
    edit(change, budget=Budget(amount=7))
    edit(change_view, axis="iterations")
    before = document()
    do()

    assert document() == before
    (notice,) = notices()
    assert [part for part in parts if part not in notice] == []


def test_a_notice_is_gone_with_the_next_change():
    edit(change_run, 0, batch_size=0)
    edit(change_view, log=False)

    assert notices() == []


@pytest.mark.parametrize(
    "changes",
    [{"quantity": "batch_loss"}, {"axis": "rows_seen"}, {"log": False}, {"selected": 3}],
)
def test_looking_changes_nothing_that_is_computed(changes):
    key = experiment().key
    edit(change_view, **changes)

    (name, value), *_ = changes.items()
    assert getattr(document().view, name) == value
    assert experiment().key == key


def test_a_run_that_is_added_takes_a_look_that_nobody_has():
    before = lines()
    edit(add_run)

    assert lines()[:7] == before
    assert lines()[7] not in before
    assert document().view.selected == 7


def test_a_run_that_is_removed_recolours_no_other():
    before = lines()
    select(2)
    edit(remove_run)

    assert lines() == before[:2] + before[3:]
    first_view = Experiment().runs
    assert experiment().runs == first_view[:2] + first_view[3:]


def test_a_duplicate_is_equal_and_has_a_name_and_a_look_of_its_own():
    select(5)
    edit(duplicate_run)

    assert experiment().runs[7] == experiment().runs[5]
    names = [style.name for style in styles()]
    assert len(set(names)) == 8
    assert len(set(lines())) == 8


@pytest.mark.parametrize("field", ["learning_rate", "batch_size", "optimizer"])
def test_a_field_is_given_to_all_runs_and_no_other_is(field):
    edit(change_run, 4, learning_rate=0.123, batch_size=17)
    select(4)
    before = experiment().runs
    edit(apply_to_all, field)

    given_one = getattr(before[4], field)
    expected = tuple(run.model_copy(update={field: given_one}) for run in before)
    assert experiment().runs == expected


def test_a_preset_keeps_data_network_and_budget():
    edit(change, budget=Budget(amount=9))
    edit(change_problem, hidden=(3,))
    for name in RUNS_PRESETS:
        edit(use_runs_preset, name)

        assert experiment().budget.amount == 9
        assert experiment().problem.hidden == (3,)
        assert notices() == []


def test_presets_compare_what_they_say():
    select([run.optimizer for run in Experiment().runs].index(Adam()))
    edit(use_runs_preset, "rates")
    assert len({run.learning_rate for run in experiment().runs}) == 5
    assert {run.optimizer for run in experiment().runs} == {Adam()}

    edit(use_runs_preset, "batches")
    assert [run.batch_size for run in experiment().runs] == ["all", 32, 1]

    edit(use_runs_preset, "momenta")
    assert [run.optimizer.momentum for run in experiment().runs] == [0, 0.5, 0.9, 0.99]

    edit(use_runs_preset, "optimizers")
    assert experiment().runs == Experiment().runs


def test_a_given_name_counts_and_an_empty_one_is_automatic():
    edit(rename_run, 1, "  mine ")
    assert styles()[1].name == "mine"

    edit(rename_run, 1, " ")
    assert styles()[1].name == "Momentum"


def test_pages_share_one_comparison_but_for_the_surfaces_own_function():
    work_on("training")
    edit(change, budget=Budget(amount=7))
    work_on("epochs")
    assert document().experiment.budget.amount == 7

    work_on("surfaces")
    assert document().experiment.problem.kind == "function"
    edit(change, budget=Budget(amount=9, unit="iterations"))
    set_page(surface="network")
    assert document().experiment.budget.amount == 7
    set_page(surface="function")
    assert document().experiment.budget.amount == 9

    work_on("training")
    assert document().experiment.budget.amount == 7


def test_a_pages_settings_wait_until_it_is_entered_again():
    work_on("surfaces")
    set_page(surface="network")
    work_on("epochs")
    assert current_page() == EpochsPage()
    work_on("surfaces")
    assert current_page().surface == "network"


def test_a_pages_setting_that_is_no_setting_is_refused_and_the_old_one_stays():
    work_on("surfaces")
    before = current_page()
    set_page(surface="moon")

    assert current_page() == before
    assert "moon" in notices()[0]


def test_what_is_shared_is_the_comparison_with_this_pages_settings():
    work_on("surfaces")
    set_page(surface="network")

    whole = whole_document()
    assert isinstance(whole.view.page, SurfacesPage)
    assert whole.view.page.surface == "network"
    assert whole.experiment == document().experiment


# Undo and redo


def start_anew():
    work_on("training")
    edit(change, budget=Budget(amount=7))
    return whole_document()


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_taken_back_and_made_again(name):
    before = start_anew()
    edit(change_view, selected=2)
    before = whole_document()
    ACTIONS[name]()
    after = whole_document()
    if after == before:
        return  # all runs had that batch size already
    assert change_words(versions().shown.change) != "setting"  # what there are no words for
    undo()
    assert whole_document() == before
    redo()
    assert whole_document() == after


def test_undo_brings_the_runs_back_that_a_demonstration_of_another_page_replaced(monkeypatch):
    monkeypatch.setattr(streamlit, "switch_page", list)
    work_on("training")
    edit(use_runs_preset, "rates")
    before = document()
    work_on("epochs")
    alone = Experiment(runs=before.experiment.runs[:1])
    open_edited(demonstrate, alone, "Replaced.", patience=50)
    work_on("training")
    undo()

    assert document() == before
    work_on("epochs")
    assert current_page() == EpochsPage()


def test_consecutive_changes_of_one_control_are_taken_back_at_once():
    before = start_anew()
    for rate in (0.1, 0.2, 0.3):
        edit(change_run, 0, learning_rate=rate)
    edit(change_run, 1, learning_rate=0.4)
    undo()
    assert experiment().runs[0].learning_rate == 0.3
    undo()
    assert whole_document() == before


def test_how_it_is_looked_at_is_no_version_and_comes_back_with_its_own():
    start_anew()
    edit(change_view, axis="iterations")
    set_page(tab="fits")
    edit(use_runs_preset, "rates")
    edit(change_view, axis="rows_seen")
    undo()

    assert (document().view.axis, current_page().tab) == ("iterations", "fits")
    undo()
    assert experiment() == Experiment()


def test_a_surface_of_its_own_and_an_example_have_versions_of_their_own():
    start_anew()
    work_on("surfaces")
    edit(move_start, 1.0, 2.0)
    work_on("backpropagation")
    set_page(example="own", formula="y = 2*x", values=(3.0,))
    undo()
    assert current_page().example == "apples"
    redo()
    assert current_page().formula == "y = 2*x"

    work_on("surfaces")
    undo()
    assert experiment().problem.start is None
    assert not versions().has_older
    work_on("training")
    assert experiment().budget.amount == 7
    undo()
    assert experiment() == Experiment()


def test_every_click_on_a_surface_is_taken_back_alone():
    work_on("surfaces")
    for x in (1.0, 2.0):
        edit(move_start, x, 0.0)
    undo()

    assert experiment().problem.start == (1.0, 0.0)


def test_reset_is_the_first_view_in_the_settings_of_the_page_as_well(monkeypatch):
    monkeypatch.setattr(streamlit, "switch_page", list)
    work_on("surfaces")
    edit(change_run, 0, learning_rate=0.5)
    set_page(step=17.0, window=(0.0, 1.0, 0.0, 1.0))
    open_first_view()
    assert is_first_view()

    undo()
    assert current_page().step == 17.0


def test_a_refused_change_is_no_version():
    start_anew()
    shown = versions().shown
    edit(change_run, 0, batch_size=0)

    assert versions().shown == shown


def test_a_version_is_found_by_its_name_in_its_own_session_alone():
    start_anew()
    name = version_name()
    edit(use_runs_preset, "rates")
    work_on("surfaces")
    edit(move_start, 1.0, 2.0)

    assert show_version(name)
    work_on("training")
    assert len(experiment().runs) == 7
    assert not show_version("")
    assert not show_version("another" + name)
    assert not show_version(f"{name}999")


@pytest.mark.parametrize("path", ["problem.dataset.name", "runs.0.learning_rate", "names.1", "x.y"])
def test_every_change_has_words(path):
    words = {
        "problem.dataset.name": "Data set",
        "runs.0.learning_rate": "Learning rate",
        "names.1": "Name",
        "x.y": "setting",
    }
    assert change_words(path) == words[path]


def test_what_the_other_pages_work_on_is_brought_back_to_a_new_session(monkeypatch):
    start_anew()
    set_page(tab="fits")
    work_on("surfaces")
    edit(move_start, 1.0, 2.0)
    work_on("epochs")
    set_page(sizes=("all", 4))
    work_on("backpropagation")
    set_page(example="own", formula="y = 2*x", values=(3.0,))
    kept = works()

    monkeypatch.setattr(streamlit, "session_state", {})
    work_on("surfaces")
    edit(change_run, 0, learning_rate=0.3)
    bring_back(kept)
    assert experiment().runs[0].learning_rate == 0.3  # this page was opened with something else
    undo()
    assert is_first_view()
    work_on("training")
    assert (experiment().budget.amount, current_page().tab) == (7, "fits")
    assert not versions().has_older
    work_on("epochs")
    assert current_page().sizes == ("all", 4)
    work_on("backpropagation")
    assert current_page().formula == "y = 2*x"
