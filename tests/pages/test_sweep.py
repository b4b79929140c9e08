"""The Sweep page, driven without a browser."""

import errno
import json
import shutil

import pytest

import ui.sweep.server
from comparison.document import with_default_view
from comparison.pages import SweepPage
from comparison.sweep.plan import sweep_of
from engine import Budget, Experiment, Function, Network, Run, fit
from engine.problems.datasets import Line
from engine.rules import LBFGS, SGD, Adam, Momentum, Newton
from engine.training.chunks import train_chunk
from language import LANGUAGES
from storage.lock import locked
from sweeps.chunking import Chunking, Size
from sweeps.lanes import Watch
from sweeps.runner import Runner
from sweeps.store import opened as held
from tests.driven import captions, chart, first_run, linked, plain, run, told
from tests.sweeps.small import Here, result_bytes, swept
from ui.sweep.server import shelf

pytestmark = pytest.mark.usefixtures("nothing_waits", "own_shelf")
TABS = ("map", "curves", "parallel", "table", "scores", "range")
BASE = Experiment(
    problem=Network(dataset=Line(rows=40), hidden=(3,), loss="mean_squared_error"),
    runs=(
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=10),
        Run(optimizer=Adam(), learning_rate=0.05, batch_size=10),
    ),
    budget=Budget(amount=4),
)
AXES = (
    {"field": "learning_rate", "values": (0.01, 0.1, 1e6)},
    {"field": "batch_size", "values": (8, "all")},
)


def page(**fields):
    return SweepPage.model_validate({"axes": AXES, "targets": (0.5,), "seeds": 3, **fields})


def planned(shown):
    """The sweep that a page plans."""
    return sweep_of(with_default_view(BASE).on_page(shown))


@pytest.fixture(scope="module")
def own_shelf(no_keeper, tmp_path_factory):  # noqa: ARG001 - what waits must stay so
    """A shelf for the tests of this file, whatever other files have begun."""
    cached = (ui.sweep.server.shelf, ui.sweep.server.watches)
    for one in cached:
        one.clear()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DESCENT_LAB_SWEEPS", str(tmp_path_factory.mktemp("shelf")))
        yield
    for one in cached:
        one.clear()


@pytest.fixture(scope="module")
def trained(own_shelf):  # noqa: ARG001 - where it is put
    """The id of a sweep that is trained."""
    name = shelf().add(planned(page()))
    swept(shelf().folder(name), spec=planned(page()))
    return name


@pytest.fixture(scope="module")
def half_trained(own_shelf):  # noqa: ARG001 - where it is put
    """The id of a sweep that was stopped when its first chunk was trained."""
    spec = planned(page(seeds=2))
    name = shelf().add(spec)
    with held(shelf().folder(name), spec) as folder:
        states = Runner(folder, Chunking(spec), Here(at_once=1), folder.found().done).states()
        assert 0 < next(states).done < spec.lanes
        states.close()
    shelf().stop(name)
    return name


def opened(shown=None, locale="en-US"):
    return first_run(link=linked(BASE, shown or page()), locale=locale)


def settings(at):
    return at.session_state["page-settings"]["sweep"]


# The plan


@pytest.mark.parametrize(
    "shown",
    [
        Experiment(
            problem=Function(), runs=[Run(optimizer=Newton(), learning_rate=1.0, batch_size="all")]
        ),
        Experiment(runs=[Run(optimizer=LBFGS(), learning_rate=0.5, batch_size="all")]),
    ],
)
def test_the_first_axes_are_those_that_the_runs_can_have(shown):
    at = first_run(link=linked(shown, SweepPage()))

    assert [
        axis.field for axis in sweep_of(with_default_view(shown).on_page(SweepPage())).axes
    ] == ["learning_rate"]
    assert not at.warning
    assert not at.exception


def test_the_first_view_can_be_started_with_one_click():
    at = first_run("pages/compare/sweep.py")

    assert not at.button(key="sweep-start").disabled
    assert "settings × 12 seeds = " in plain(captions(at))


def test_size_and_time_are_said_before_the_start():
    at = opened()

    said = captions(at)
    assert "12 settings × 3 seeds = 36 lanes, " in said
    assert "on the disk" in said
    assert "about 1 s with" in said


def test_an_axis_can_be_added_changed_and_removed():
    at = opened()
    at.session_state["axis-add"] = "optimizer.momentum"

    run(at.number_input(key="sweep-seeds").set_value(5))
    run(at.text_input(key="axis-list-1-batch_size").set_value("4, 8; 16, all"))

    assert settings(at).seeds == 5
    assert settings(at).axes[1].values == (4, 8, 16, "all")
    run(at.button(key="axis-remove-1").click())
    assert [axis.field for axis in settings(at).axes] == ["learning_rate"]


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("axis-list-0-learning_rate", "0.1, 0.1", "0.1"),
        ("axis-list-0-learning_rate", "-1, 2", "A value of axis 1 is -1"),
        ("axis-list-0-learning_rate", "fast", "fast"),
        ("axis-list-1-batch_size", "0", "A value of axis 2 is 0"),
        ("axis-list-1-batch_size", "100", "Batch size"),
        ("sweep-targets", "low", "Target"),
    ],
)
def test_what_does_not_fit_is_explained_and_nothing_is_lost(key, text, words):
    at = opened()

    run(at.text_input(key=key).set_value(text))

    assert words in told(at)
    assert not [button for button in at.button if button.key == "sweep-start"] or (
        settings(at) == page()
    )


def test_values_that_a_range_leaves_out_are_told():
    at = opened()

    run(at.selectbox(key="axis-scale-1-batch_size").set_value("log"))

    assert "no place for some values of the list" in told(at)
    assert settings(at).axes[1].low == settings(at).axes[1].high / 10 == 8


def test_what_is_too_large_for_the_server_is_not_started(monkeypatch):
    size = Size(settings=1, lanes=1, updates=1, seconds=1e5, bytes=1)
    monkeypatch.setattr("sweeps.chunking.Chunking.size", property(lambda _self: size))
    at = opened(page(seeds=7))

    assert at.button(key="sweep-start").disabled
    assert "on this server it may take" in told(at)


def test_starting_puts_the_sweep_on_the_shelf_and_remembers_its_id():
    at = opened(page(seeds=4))

    run(at.button(key="sweep-start").click())

    name = settings(at).sweep
    assert shelf().spec(name).key == planned(page(seeds=4)).key
    assert at.session_state["own-sweeps"] == [name]
    assert shelf().status(name).kind == "waiting"
    run(at.button(key="sweep-stop").click())
    assert shelf().status(name).kind == "stopped"
    run(at.button(key="sweep-resume").click())
    assert shelf().status(name).kind == "waiting"


def test_the_sidebar_offers_what_the_plan_depends_on_and_no_more():
    at = opened()

    keys = {one.key for one in (*at.sidebar.number_input, *at.sidebar.selectbox)}
    assert {"dataset", "budget-epochs-number", "first-seed-number"} <= keys
    assert "seeds-number" not in keys  # the plan has seeds of its own


# The results


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_tab_shows_the_results(trained, tab, locale):
    at = opened(page(sweep=trained, tab=tab), locale)

    assert not at.error
    assert not [button for button in at.button if button.key == "sweep-start"]


def test_the_map_shows_the_lanes_of_the_folder(trained):
    at = opened(page(sweep=trained, across="learning_rate", upwards="batch_size"))

    lanes = Watch(shelf().folder(trained), planned(page())).look()
    (tiles, *_others) = chart(at, "sweep-map")["data"]
    assert lanes.is_whole
    assert tiles["type"] == "heatmap"
    assert "12 diverged" not in plain(captions(at))
    assert "best of its settings, up to 2" in plain(captions(at))


def test_a_range_test_says_and_lets_choose_of_which_settings_it_is(trained):
    at = opened(page(sweep=trained, tab="range"))

    assert at.selectbox(key="range-run").value == "SGD"
    assert at.selectbox(key="sweep-held-batch_size").options == ["best over all", "8", "all"]
    run(at.selectbox(key="sweep-held-batch_size").set_value(0))
    assert "Batch size: 8" in plain(captions(at))


def test_a_cell_leads_to_its_setting_and_that_to_compare(trained):
    spec = planned(page())
    at = opened(page(sweep=trained, setting=1))

    run(at.button(key="sweep-open").click())

    shown = at.session_state["document"].experiment
    assert [one.model_dump(mode="json") for one in shown.runs] == [spec.settings.run(1)]
    assert shown.seeds == spec.experiment.seeds
    lanes = Watch(shelf().folder(trained), spec).look()
    losses = fit(shown).runs[0].final_loss
    assert losses.tolist() == lanes.run_scores(1).final_loss.tolist()


def test_the_best_of_each_run_is_one_click_away(trained):
    at = opened(page(sweep=trained))

    run(at.button(key="sweep-use-best").click())

    shown = at.session_state["document"].experiment
    assert [run.optimizer.name for run in shown.runs] == ["sgd", "adam"]
    assert shown.seeds == (3, 4, 5, 6, 7)
    assert at.session_state["document"].view.quantity == "validation_loss"
    assert "Chosen on seeds 0–2; shown here on seeds 3–7" in told(at)


def test_the_scores_offer_the_settings_of_their_table(trained):
    at = opened(page(sweep=trained, tab="scores"))
    table = next(one.value for one in at.dataframe if "Best setting" in one.value)

    button = at.button(key="sweep-use-best")
    assert button.label == "Use the settings chosen here"
    run(button.click())

    shown = at.session_state["document"].experiment
    assert shown.seeds == (1, 2)
    assert list(table["Best setting"]) == [
        f"η {run_.learning_rate:g}, B {run_.batch_size}" for run_ in shown.runs
    ]
    assert "Chosen on seed 0; shown here on seeds 1, 2" in told(at)


@pytest.mark.parametrize("tab", TABS)
def test_the_verdict_of_a_whole_sweep_stands_above_every_tab(trained, tab):
    said = plain(" ".join(one.value for one in opened(page(sweep=trained, tab=tab)).markdown))

    assert "cannot be told apart by their final losses with 2 seeds.**" in said
    assert "Sweep with 10 seeds, half of which choose." in said


def test_other_axes_leave_the_results_and_lead_back_to_them(trained):
    at = opened(page(sweep=trained))

    run(at.number_input(key="sweep-seeds").set_value(6))
    assert not at.button(key="sweep-start").disabled
    run(at.number_input(key="sweep-seeds").set_value(3))

    assert not [button for button in at.button if button.key == "sweep-start"]


def test_a_stopped_sweep_says_how_far_it_is_and_may_not_be_used_yet(half_trained):
    at = opened(page(seeds=2, sweep=half_trained))

    (bar,) = at.get("progress")
    assert bar.proto.text == "stopped · 6 of 24 lanes, 2 diverged"
    assert at.button(key="sweep-use-best").disabled
    run(at.button(key="sweep-resume").click())
    assert shelf().status(half_trained).kind == "waiting"


def test_an_id_that_this_server_does_not_have_is_said():
    at = opened(page(sweep="A" * 22, seeds=9))

    assert "This server does not have the sweep of this link" in told(at)
    assert not at.button(key="sweep-start").disabled


@pytest.mark.parametrize("name", ["../../etc", "/", "con", "\0", "x" * 64])
def test_a_text_that_is_no_id_is_none(name):
    at = opened(page(sweep=name, seeds=9))

    assert not at.button(key="sweep-start").disabled


def test_the_list_of_sweeps_is_that_of_the_browser(trained):
    at = first_run("pages/compare/sweep.py", session={"own-sweeps": [trained, "B" * 22]})

    run(at.button(key=f"open-sweep-{trained}").click())

    assert settings(at).sweep == trained
    assert at.session_state["document"].experiment.runs == BASE.runs
    assert json.loads(json.dumps([axis.field for axis in settings(at).axes])) == [
        "learning_rate",
        "batch_size",
    ]


def test_a_removed_sweep_is_gone_from_the_shelf_and_the_list():
    name = shelf().add(planned(page(seeds=8)))
    shelf().stop(name)
    at = first_run("pages/compare/sweep.py", session={"own-sweeps": [name]})

    run(at.button(key=f"remove-sweep-{name}").click())
    assert shelf().has(name)  # it asks first
    run(at.button(key=f"really-remove-{name}").click())

    assert not shelf().has(name)
    assert at.session_state["own-sweeps"] == []


def test_a_sweep_that_is_kept_after_all_is_asked_about_no_longer(trained):
    at = first_run("pages/compare/sweep.py", session={"own-sweeps": [trained]})

    run(at.button(key=f"remove-sweep-{trained}").click())
    run(at.button(key=f"keep-sweep-{trained}").click())

    assert not [one for one in at.button if one.key == f"really-remove-{trained}"]
    assert shelf().has(trained)


# What goes wrong with a sweep


def test_a_sweep_that_is_trained_meanwhile_is_not_removed():
    name = shelf().add(planned(page(seeds=11)))
    shelf().folder(name).mkdir()
    at = first_run("pages/compare/sweep.py", session={"own-sweeps": [name]})
    run(at.button(key=f"remove-sweep-{name}").click())

    with locked(shelf().folder(name)):
        run(at.button(key=f"really-remove-{name}").click())

    assert "A process is still at work on this sweep." in told(at)
    assert shelf().has(name)
    assert at.session_state["own-sweeps"] == [name]


@pytest.mark.parametrize("is_on_show", [True, False])
def test_a_sweep_whose_folder_was_removed_is_only_gone(is_on_show):
    name = shelf().add(planned(page(seeds=12)))
    at = opened(page(seeds=12, sweep=name))
    assert [one for one in at.button if one.key == "sweep-stop"]
    shutil.rmtree(shelf().folder(name).parent)

    again = first_run(
        link=linked(BASE, page(seeds=12, sweep=name if is_on_show else "")),
        session={"own-sweeps": [name]},
    )

    assert ("This server does not have the sweep of this link" in told(again)) is is_on_show
    assert not again.button(key="sweep-start").disabled
    assert not [one for one in again.button if one.key == f"open-sweep-{name}"]
    run(at)  # the page that was open
    assert "This server does not have the sweep of this link" in told(at)


def test_a_finished_sweep_that_cannot_be_read_says_so_and_goes_on():
    spec = planned(page(seeds=4))
    name = shelf().add(spec)
    folder = shelf().folder(name)
    swept(folder, spec=spec)
    whole = result_bytes(folder)
    for file in (*folder.glob("rows/*.parquet"), folder / "results.parquet"):
        file.write_bytes(file.read_bytes()[:100])
    at = opened(page(seeds=4, sweep=name))
    assert "results.parquet, 000001.parquet cannot be read" in told(at)
    assert at.button(key="sweep-use-best").disabled

    run(at.button(key="sweep-resume").click())
    assert shelf().status(name).kind == "waiting"
    swept(folder, spec=spec)  # as the command does
    run(at)

    assert result_bytes(folder) == whole
    assert "cannot be read" not in told(at)
    assert not [one for one in at.button if one.key == "sweep-resume"]


def test_a_stopped_sweep_names_the_rows_that_cannot_be_read():
    spec = planned(page(seeds=5))
    name = shelf().add(spec)
    folder = shelf().folder(name)
    swept(folder, spec=spec)
    for file in (*folder.glob("*.parquet"), *folder.glob("rows/*.parquet")):
        file.unlink() if file.parent == folder else file.write_bytes(b"PAR1")
    shelf().stop(name)
    at = opened(page(seeds=5, sweep=name))

    assert "000001.parquet cannot be read" in told(at)
    run(at.button(key="sweep-resume").click())
    assert shelf().status(name).kind == "waiting"


def test_lanes_that_could_not_be_trained_are_counted_and_tried_again():
    def fails(text):
        if '"batch_size":"all"' in text:
            raise MemoryError("no more")
        return train_chunk(text)

    spec = planned(page(seeds=1))
    name = shelf().add(spec)
    swept(shelf().folder(name), Here(fails), spec=spec)
    at = opened(page(seeds=1, sweep=name))
    assert "6 lanes could not be trained. 6 lanes: MemoryError: no more." in told(at)
    assert "has not finished" not in told(at)

    run(at.button(key="sweep-retry").click())
    assert shelf().status(name).is_retried
    assert shelf().status(name).kind == "waiting"
    swept(shelf().folder(name), spec=spec, retry=True)  # as the command does
    run(at)

    assert "could not be trained" not in told(at)
    assert not [one for one in at.button if one.key == "sweep-retry"]


def test_where_nothing_can_be_written_a_start_is_refused_in_words(monkeypatch):
    at = opened(page(seeds=13))
    monkeypatch.setattr("sweeps.shelf.write", full_disk)

    run(at.button(key="sweep-start").click())

    assert "the server cannot write to the folder of its sweeps (No space left" in told(at)
    assert settings(at) == page(seeds=13)


def test_where_nothing_can_be_written_a_sweep_is_not_stopped_and_that_is_said(monkeypatch):
    name = shelf().add(planned(page(seeds=14)))
    at = opened(page(seeds=14, sweep=name))
    monkeypatch.setattr("sweeps.shelf.write", full_disk)

    run(at.button(key="sweep-stop").click())

    assert told(at).count("No space left on device") == 1
    run(at.button(key="sweep-stop").click())
    assert told(at).count("No space left on device") == 1


def full_disk(_path, _content):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("DESCENT_LAB_SWEEP_MINUTES", "abc", "DESCENT_LAB_SWEEP_MINUTES is “abc”. It must be a"),
        ("DESCENT_LAB_SWEEP_WORKERS", "0", "must be in the range [1 … 1,024]"),
    ],
)
@pytest.mark.parametrize("name", ["", "A" * 22])
def test_a_wrong_variable_of_the_server_is_named_and_the_plan_works(
    monkeypatch, variable, text, words, name
):
    monkeypatch.setenv(variable, text)
    shelf.clear()
    try:
        at = opened(page(seeds=15, sweep=name))
        assert words in told(at)
        assert not [one for one in at.button if one.key == "sweep-start"]

        run(at.number_input(key="sweep-seeds").set_value(6))
        assert settings(at).seeds == 6
    finally:
        shelf.clear()


def test_a_sweep_that_is_trained_says_how_long_that_still_takes(monkeypatch):
    monkeypatch.setattr("ui.sweep.server.Paces.seconds_left", lambda *_given: 90.2)
    name = shelf().add(planned(page(seeds=16)))
    shelf().folder(name).mkdir()

    with locked(shelf().folder(name)):
        at = opened(page(seeds=16, sweep=name))

    (bar,) = [one.proto for one in at.get("progress")]
    assert bar.text.endswith(" of 192 lanes · about 90 s left")


def test_three_optimizers_that_share_no_field_are_swept_alike():
    base = replace_runs(BASE, Run(optimizer=Momentum(), learning_rate=0.1, batch_size=10))
    at = first_run(
        link=linked(base, page(axes=[*AXES, {"field": "optimizer.momentum", "values": [0.5, 0.9]}]))
    )

    assert "18 settings" in captions(at) or "24 settings" in plain(captions(at))


def replace_runs(experiment, run_):
    return experiment.model_copy(update={"runs": (*experiment.runs, run_)})
