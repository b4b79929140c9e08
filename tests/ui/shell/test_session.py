"""The session's comparison: always valid; what does not fit is refused and explained."""

import pytest
import streamlit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comparison.document import Document, View
from comparison.pages import EpochsPage, SurfacesPage
from engine import Budget, Experiment, Function, Network, Run
from engine.limits import LIMITS
from engine.problems.datasets import DATASETS, Iris, Line, SingleRow, TwoMoons
from engine.rules import SGD, Adam
from language import set_language
from tests.strategies import examples
from ui.shell import session
from ui.shell.session import (
    change,
    change_problem,
    change_run,
    change_view,
    document,
    notices,
    styles,
)
from ui.shell.undo import change_words

NAMES = [dataset().name for dataset in DATASETS]
MOST_RUNS = int(LIMITS["runs"].high)
ACTIONS = {
    "add": session.add_run,
    "duplicate": session.duplicate_run,
    "remove": session.remove_run,
    "reset": session.reset,
    **{f"preset {name}": lambda name=name: session.use_preset(name) for name in session.PRESETS},
    **{
        f"apply {field}": lambda field=field: session.apply_to_all(field)
        for field in ("learning_rate", "batch_size", "optimizer")
    },
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """A session of its own, without a link."""
    set_language("en")
    monkeypatch.setattr(streamlit, "session_state", {})


@pytest.fixture
def linked(monkeypatch):
    """Function that starts the session anew from a link."""

    class Query(dict):
        def get_all(self, key):
            return self[key]

    def open_with(at="training", **query):
        monkeypatch.setattr(streamlit, "session_state", {})
        monkeypatch.setattr(streamlit, "query_params", Query(query))
        session.work_on(at)
        return document()

    return open_with


def experiment():
    return document().experiment


def select(position):
    change_view(selected=position)


def lines():
    return [(style.colour, style.dash) for style in styles()]


def is_valid():
    return type(document()).model_validate(document().model_dump()) == document()


def test_a_session_begins_with_the_first_view():
    assert experiment() == Experiment()
    assert [style.name for style in styles()] == [run.optimizer.title for run in Experiment().runs]
    assert notices() == []


def test_a_change_is_taken_and_changes_nothing_else():
    before = experiment()
    change(budget=Budget(amount=5))

    assert experiment() == before.model_copy(update={"budget": Budget(amount=5)})
    assert notices() == []


def test_a_run_is_changed_alone():
    before = experiment()
    change_run(2, learning_rate=0.00123, batch_size=300)

    assert (experiment().runs[2].learning_rate, experiment().runs[2].batch_size) == (0.00123, 300)
    assert experiment().runs[:2] + experiment().runs[3:] == before.runs[:2] + before.runs[3:]


@pytest.mark.parametrize(
    ("do", "parts"),
    [
        (lambda: change_run(0, sampling="none"), ["Sampling of run 1", "none"]),
        (lambda: change_run(0, batch_size=301), ["Batch size of run 1", "301", "[1 … 300]"]),
        (lambda: change_run(1, learning_rate=-1.0), ["Learning rate of run 2", "-1", "1e-08"]),
        (lambda: change_run(0, learning_rate=float("nan")), ["Learning rate of run 1", "nan"]),
        (lambda: change_run(0, batch_size=0), ["Batch size of run 1", "is 0", "[1 … 300]"]),
        (lambda: change_problem(hidden=(8, 257)), ["257", "[1 … 256]"]),
        (lambda: change_problem(validation_share=0.95), ["0.95", "[0 … 0.9]"]),
        (lambda: change(data_seed=-1), ["-1", "[0 … 4,294,967,295]"]),
        (lambda: change(runs=()), ["0", "[1 … 12]"]),
        (lambda: change(seeds=(3, 3)), ["3, 3"]),
    ],
)
def test_a_refused_change_is_explained_and_nothing_is_lost(do, parts):
    change(budget=Budget(amount=7))
    change_view(axis="iterations")
    before = document()
    do()

    assert document() == before
    (notice,) = notices()
    assert [part for part in parts if part not in notice] == []


def test_a_notice_is_gone_with_the_next_change():
    change_run(0, batch_size=0)
    change_view(log=False)

    assert notices() == []


@pytest.mark.parametrize("start", NAMES)
def test_every_data_set_follows_on_every_other(start):
    specs = {dataset().name: dataset for dataset in DATASETS}
    for name in NAMES:
        change_problem(dataset=specs[start]())
        change_problem(dataset=specs[name]())

        assert experiment().problem.dataset.name == name
        assert is_valid()


@pytest.mark.parametrize(
    ("dataset", "loss"),
    [
        (Iris(), "cross_entropy"),
        (Line(), "mean_squared_error"),
        (TwoMoons(), "binary_cross_entropy"),
    ],
)
def test_a_loss_that_does_not_fit_the_data_is_changed_with_a_notice(dataset, loss):
    change_problem(dataset=dataset)

    assert experiment().problem.loss == loss
    assert ("loss" in " ".join(notices())) == (loss != Experiment().problem.loss)


def test_where_rows_are_gone_larger_batch_sizes_become_all_and_are_named():
    change_run(0, batch_size=1)
    change_run(1, batch_size=300)
    change_problem(dataset=TwoMoons(rows=40, noise=0.2))
    sizes = [run.batch_size for run in experiment().runs]

    assert sizes == [1, *["all"] * 6]
    assert notices() == ["There are only 30 training rows. Batch sizes set to all rows: 32, 300."]


def test_of_one_row_it_is_said_in_the_singular():
    change_problem(dataset=SingleRow(), loss="half_sum_of_squares", hidden=(), validation_share=0.0)

    assert notices() == ["There is only 1 training row. Batch sizes set to all rows: 32."]


def test_parts_of_a_link_that_mean_nothing_are_named_and_counted(linked):
    linked(**{f"key{number}": ["1"] for number in range(60)})

    (notice,) = notices()
    assert "left out: key0, key1, key2, key3, key4 and 55 more." in notice


def test_a_batch_size_that_all_rows_allow_stays_where_rows_are_gone():
    change_problem(validation_share=0.9)

    assert experiment().problem.training_rows == 40
    assert {run.batch_size for run in experiment().runs} == {32}
    assert notices() == []


def test_without_validation_rows_the_training_loss_is_drawn_with_a_notice():
    change_view(quantity="validation_loss")
    change_problem(validation_share=0.0)

    assert document().view.quantity == "training_loss"
    assert notices() == ["There are no validation rows: the training loss is drawn."]


def test_who_looked_at_the_training_loss_need_not_be_told():
    change_problem(validation_share=0.0)

    assert notices() == []


def test_start_values_of_another_network_are_dropped_with_a_notice():
    change_problem(start=(0.0,) * experiment().problem.n_params)
    assert isinstance(experiment().problem.start, tuple)
    change_problem(hidden=(3,))

    assert isinstance(experiment().problem.start, str)
    assert len(notices()) == 1


@pytest.mark.parametrize(
    "changes",
    [{"quantity": "batch_loss"}, {"axis": "rows_seen"}, {"log": False}, {"selected": 3}],
)
def test_looking_changes_nothing_that_is_computed(changes):
    key = experiment().key
    change_view(**changes)

    (name, value), *_ = changes.items()
    assert getattr(document().view, name) == value
    assert experiment().key == key


def test_a_run_that_is_added_takes_a_look_that_nobody_has():
    before = lines()
    session.add_run()

    assert lines()[:7] == before
    assert lines()[7] not in before
    assert document().view.selected == 7


def test_a_run_that_is_removed_recolours_no_other():
    before = lines()
    select(2)
    session.remove_run()

    assert lines() == before[:2] + before[3:]
    first_view = Experiment().runs
    assert experiment().runs == first_view[:2] + first_view[3:]


def test_a_duplicate_is_equal_and_has_a_name_and_a_look_of_its_own():
    select(5)
    session.duplicate_run()

    assert experiment().runs[7] == experiment().runs[5]
    names = [style.name for style in styles()]
    assert len(set(names)) == 8
    assert len(set(lines())) == 8


def test_the_last_run_stays():
    for _press in range(9):
        session.remove_run()

    assert len(experiment().runs) == 1
    assert is_valid()


def test_there_are_never_more_runs_than_allowed():
    for _press in range(MOST_RUNS):
        session.duplicate_run()

    assert len(experiment().runs) == MOST_RUNS
    assert "[1 … 12]" in notices()[0]


@pytest.mark.parametrize("field", ["learning_rate", "batch_size", "optimizer"])
def test_a_field_is_given_to_all_runs_and_no_other_is(field):
    change_run(4, learning_rate=0.123, batch_size=17)
    select(4)
    before = experiment().runs
    session.apply_to_all(field)

    given_one = getattr(before[4], field)
    expected = tuple(run.model_copy(update={field: given_one}) for run in before)
    assert experiment().runs == expected


def test_a_preset_keeps_data_network_and_budget():
    change(budget=Budget(amount=9))
    change_problem(hidden=(3,))
    for name in session.PRESETS:
        session.use_preset(name)

        assert experiment().budget.amount == 9
        assert experiment().problem.hidden == (3,)
        assert notices() == []


def test_presets_compare_what_they_say():
    select([run.optimizer for run in Experiment().runs].index(Adam()))
    session.use_preset("rates")
    assert len({run.learning_rate for run in experiment().runs}) == 5
    assert {run.optimizer for run in experiment().runs} == {Adam()}

    session.use_preset("batches")
    assert [run.batch_size for run in experiment().runs] == ["all", 32, 1]

    session.use_preset("momenta")
    assert [run.optimizer.momentum for run in experiment().runs] == [0, 0.5, 0.9, 0.99]

    session.use_preset("optimizers")
    assert experiment().runs == Experiment().runs


@pytest.mark.parametrize(
    ("rows", "mini_batch"), [(2_000, 32), (64, 32), (63, 32), (40, 16), (30, 8), (4, 2), (3, 2)]
)
def test_a_mini_batch_lies_between_one_row_and_all(rows, mini_batch):
    change_run(0, batch_size=1)
    session.apply_to_all("batch_size")
    change_problem(dataset=Line(rows=rows), loss="mean_squared_error", validation_share=0.0)
    session.use_preset("batches")

    assert [run.batch_size for run in experiment().runs] == ["all", mini_batch, 1]
    assert 1 < mini_batch < rows
    assert notices() == []


@pytest.mark.parametrize(
    "problem", [Function(), Network(dataset=Line(rows=2), loss="mean_squared_error")]
)
def test_without_three_rows_there_is_nothing_to_cut_into_mini_batches(problem):
    change(problem=problem)

    assert list(session.offered_presets()) == ["optimizers", "rates", "momenta"]
    for name in session.offered_presets():
        session.use_preset(name)
        assert len(experiment().runs) == {"optimizers": 7, "rates": 5, "momenta": 4}[name]
        assert notices() == []


def test_all_presets_are_offered_where_there_are_rows():
    assert session.offered_presets() == session.PRESETS


@pytest.mark.parametrize("rate", [LIMITS["learning_rate"].low, LIMITS["learning_rate"].high])
def test_five_rates_lie_around_the_rules_own_whatever_the_run_has(rate):
    change_run(0, learning_rate=rate)
    session.use_preset("rates")

    assert notices() == []
    assert [run.learning_rate for run in experiment().runs] == [0.06, 0.2, 0.6, 2.0, 6.0]


def test_a_given_name_counts_and_an_empty_one_is_automatic():
    session.rename_run(1, "  mine ")
    assert styles()[1].name == "mine"

    session.rename_run(1, " ")
    assert styles()[1].name == "Momentum"


@given(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=20), st.integers(0, 11))
@settings(examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_pressed_the_comparison_stays_valid(pressed, position):
    session.reset()
    select(min(position, len(experiment().runs) - 1))
    for name in pressed:
        ACTIONS[name]()

    assert is_valid()
    numbers = [style.number for style in styles()]
    names = [style.name for style in styles()]
    assert len(set(numbers)) == len(set(names)) == len(experiment().runs)


def test_a_link_is_opened(linked):
    opened = linked(run=["adam~0.00123~300"], budget=["7"])

    assert opened.experiment.runs == (Run(optimizer=Adam(), learning_rate=0.00123, batch_size=300),)
    assert opened.experiment.budget == Budget(amount=7)
    assert notices() == []


def test_a_link_to_a_loss_that_there_is_not_shows_another_and_says_so(linked):
    opened = linked(show=["validation_loss"], validation=["0.0"])

    assert opened.view.quantity == "training_loss"
    assert notices() == ["There are no validation rows: the training loss is drawn."]


def test_a_broken_link_opens_the_first_view_and_says_what_was_wrong(linked):
    opened = linked(run=["sgd~-1.0~32"])

    assert opened.experiment == Experiment()
    assert "-1" in notices()[0]
    assert "Learning rate of run 1" in notices()[0]


def test_parts_of_a_link_that_mean_nothing_are_named(linked):
    opened = linked(run=["sgd~0.5~32"], utm_source=["mail"])

    assert opened.experiment.runs == (Run(optimizer=SGD(), learning_rate=0.5),)
    assert "utm_source" in notices()[0]


def test_what_no_longer_fits_is_named_with_what_took_its_place():
    change_problem(dataset=Line())

    assert notices() == [
        "The loss was changed from binary cross-entropy to mean squared error, which fits the data."
    ]


class LedElsewhereError(Exception):
    """Streamlit ends the script here and runs another page's."""


@pytest.fixture
def switched(monkeypatch):
    """The scripts that the session was led to."""
    scripts = []

    def switch(script):
        scripts.append(script)
        raise LedElsewhereError

    monkeypatch.setattr(streamlit, "switch_page", switch)
    return scripts


def test_pages_share_one_comparison_but_for_the_surfaces_own_function():
    session.work_on("training")
    change(budget=Budget(amount=7))
    session.work_on("epochs")
    assert document().experiment.budget.amount == 7

    session.work_on("surfaces")
    assert document().experiment.problem.kind == "function"
    change(budget=Budget(amount=9, unit="iterations"))
    session.set_page(surface="network")
    assert document().experiment.budget.amount == 7
    session.set_page(surface="function")
    assert document().experiment.budget.amount == 9

    session.work_on("training")
    assert document().experiment.budget.amount == 7


def test_a_pages_settings_wait_until_it_is_entered_again():
    session.work_on("surfaces")
    session.set_page(surface="network")
    session.work_on("epochs")
    assert session.settings() == EpochsPage()
    session.work_on("surfaces")
    assert session.settings().surface == "network"


def test_a_pages_setting_that_is_no_setting_is_refused_and_the_old_one_stays():
    session.work_on("surfaces")
    before = session.settings()
    session.set_page(surface="moon")

    assert session.settings() == before
    assert "moon" in notices()[0]


def test_what_is_shared_is_the_comparison_with_this_pages_settings():
    session.work_on("surfaces")
    session.set_page(surface="network")

    whole = session.whole_document()
    assert isinstance(whole.view.page, SurfacesPage)
    assert whole.view.page.surface == "network"
    assert whole.experiment == document().experiment


def test_an_opened_comparison_leads_to_its_page(switched):
    session.work_on("training")
    document()
    opened = Document(view=View(page=EpochsPage()), experiment=Experiment(data_seed=5))
    session.open_document(opened)

    with pytest.raises(LedElsewhereError):
        session.work_on("training")
    assert switched == ["pages/compare/epochs.py"]
    session.work_on("epochs")
    assert document().experiment.data_seed == 5


def test_a_link_leads_to_its_page(linked, switched):
    with pytest.raises(LedElsewhereError):
        linked(page=["surfaces"])
    assert switched == ["pages/compare/surfaces.py"]


def test_a_link_that_names_no_page_is_for_the_page_at_its_address(linked):
    linked(at="epochs", data_seed=["5"])

    assert document().experiment.data_seed == 5
    assert session.settings() == EpochsPage()


class RerunError(Exception):
    """Streamlit ends the script and begins it anew."""


@pytest.fixture
def fragment_rerun(monkeypatch):
    """Function that runs the page with a fragment, does something, and reruns the fragment alone.

    Returns whether the fragment asked for the whole page, and how often it was filled.
    """

    def rerun():
        raise RerunError

    def drive(page, around, do):
        parts, filled = [], []

        def note(part):
            def begin(*args):
                parts.append(lambda: part(*args))
                part(*args)

            return begin

        monkeypatch.setattr(streamlit, "fragment", note)
        monkeypatch.setattr(streamlit, "rerun", rerun)
        monkeypatch.setattr(streamlit, "switch_page", list)
        session.work_on(page)
        session.fragment(around)(lambda: filled.append(True))()
        do()
        try:
            parts[-1]()
        except RerunError:
            return True, len(filled)
        return False, len(filled)

    return drive


@pytest.mark.parametrize(
    ("page", "do"),
    [
        ("epochs", lambda: change(budget=Budget(amount=7, unit="iterations"))),
        ("training", lambda: change(data_seed=3)),
        ("training", lambda: change_problem(hidden=(3,))),
        ("training", session.reset),
        ("training", lambda: session.open_document(Document(view=View(page=EpochsPage())))),
        ("surfaces", lambda: session.move_start(1.0, 2.0)),
        ("surfaces", lambda: session.set_page(surface="network")),
        ("backpropagation", lambda: session.set_page(example="one_weight")),
        ("backpropagation", lambda: session.set_page(values=(1.0, 2.0, 3.0))),
    ],
)
def test_what_the_sidebar_shows_is_never_changed_without_it(fragment_rerun, page, do):
    assert fragment_rerun(page, session.in_sidebar, do) == (True, 1)


@pytest.mark.parametrize(
    ("page", "do"),
    [
        ("training", lambda: change_run(0, learning_rate=0.5)),
        ("training", lambda: change_view(axis="iterations")),
        ("training", lambda: session.set_page(tab="fits")),
        ("surfaces", lambda: session.set_page(step=3.0)),
        ("backpropagation", lambda: session.set_page(tab="chain")),
    ],
)
def test_what_the_sidebar_does_not_show_leaves_it_alone(fragment_rerun, page, do):
    assert fragment_rerun(page, session.in_sidebar, do) == (False, 2)


def test_a_part_of_a_fragment_may_change_its_own_settings_alone(fragment_rerun):
    around = session.all_but("step")

    assert fragment_rerun("surfaces", around, lambda: session.set_page(step=3.0)) == (False, 2)
    assert fragment_rerun("surfaces", around, lambda: session.set_page(relief=True)) == (True, 1)
    assert fragment_rerun("surfaces", around, lambda: change_view(log=False)) == (True, 1)


# Undo and redo


def start_anew():
    session.work_on("training")
    change(budget=Budget(amount=7))
    return session.whole_document()


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_taken_back_and_made_again(name):
    before = start_anew()
    change_view(selected=2)
    before = session.whole_document()
    ACTIONS[name]()
    after = session.whole_document()
    if after == before:
        return  # all runs had that batch size already
    session.undo()
    assert session.whole_document() == before
    session.redo()
    assert session.whole_document() == after


def test_undo_brings_the_runs_back_that_a_demonstration_of_another_page_replaced(monkeypatch):
    monkeypatch.setattr(streamlit, "switch_page", list)
    session.work_on("training")
    session.use_preset("rates")
    before = document()
    session.work_on("epochs")
    view = View(names=("",), numbers=(0,), page=EpochsPage(patience=50))
    session.open_document(
        Document(experiment=Experiment(runs=before.experiment.runs[:1]), view=view), "demonstration"
    )
    session.work_on("training")
    session.undo()

    assert document() == before
    session.work_on("epochs")
    assert session.settings() == EpochsPage()


def test_consecutive_changes_of_one_control_are_taken_back_at_once():
    before = start_anew()
    for rate in (0.1, 0.2, 0.3):
        change_run(0, learning_rate=rate)
    change_run(1, learning_rate=0.4)
    session.undo()
    assert experiment().runs[0].learning_rate == 0.3
    session.undo()
    assert session.whole_document() == before


def test_how_it_is_looked_at_is_no_version_and_comes_back_with_its_own():
    start_anew()
    change_view(axis="iterations")
    session.set_page(tab="fits")
    session.use_preset("rates")
    change_view(axis="rows_seen")
    session.undo()

    assert (document().view.axis, session.settings().tab) == ("iterations", "fits")
    session.undo()
    assert experiment() == Experiment()


def test_a_surface_of_its_own_and_an_example_have_versions_of_their_own():
    start_anew()
    session.work_on("surfaces")
    session.move_start(1.0, 2.0)
    session.work_on("backpropagation")
    session.set_page(example="own", formula="y = 2*x", values=(3.0,))
    session.undo()
    assert session.settings().example == "apples"
    session.redo()
    assert session.settings().formula == "y = 2*x"

    session.work_on("surfaces")
    session.undo()
    assert experiment().problem.start is None
    assert not session.versions().has_older
    session.work_on("training")
    assert experiment().budget.amount == 7
    session.undo()
    assert experiment() == Experiment()


def test_every_click_on_a_surface_is_taken_back_alone():
    session.work_on("surfaces")
    for x in (1.0, 2.0):
        session.move_start(x, 0.0)
    session.undo()

    assert experiment().problem.start == (1.0, 0.0)


def test_reset_is_the_first_view_in_the_settings_of_the_page_as_well(monkeypatch):
    monkeypatch.setattr(streamlit, "switch_page", list)
    session.work_on("surfaces")
    change_run(0, learning_rate=0.5)
    session.set_page(step=17.0, window=(0.0, 1.0, 0.0, 1.0))
    session.reset()
    assert session.is_first_view()

    session.undo()
    assert session.settings().step == 17.0


def test_a_refused_change_is_no_version():
    start_anew()
    shown = session.versions().shown
    change_run(0, batch_size=0)

    assert session.versions().shown == shown


def test_a_version_is_found_by_its_name_in_its_own_session_alone():
    start_anew()
    name = session.version_name()
    session.use_preset("rates")
    session.work_on("surfaces")
    session.move_start(1.0, 2.0)

    assert session.show_version(name)
    session.work_on("training")
    assert len(experiment().runs) == 7
    assert not session.show_version("")
    assert not session.show_version("another" + name)
    assert not session.show_version(f"{name}999")


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
    session.set_page(tab="fits")
    session.work_on("surfaces")
    session.move_start(1.0, 2.0)
    session.work_on("epochs")
    session.set_page(sizes=("all", 4))
    session.work_on("backpropagation")
    session.set_page(example="own", formula="y = 2*x", values=(3.0,))
    kept = session.works()

    monkeypatch.setattr(streamlit, "session_state", {})
    session.work_on("surfaces")
    session.change_run(0, learning_rate=0.3)
    session.bring_back(kept)
    assert experiment().runs[0].learning_rate == 0.3  # this page was opened with something else
    session.undo()
    assert session.is_first_view()
    session.work_on("training")
    assert (experiment().budget.amount, session.settings().tab) == (7, "fits")
    assert not session.versions().has_older
    session.work_on("epochs")
    assert session.settings().sizes == ("all", 4)
    session.work_on("backpropagation")
    assert session.settings().formula == "y = 2*x"
